"""The site as a reader meets it: built once, each page opened in a real browser, each link followed."""

import dataclasses
import gzip
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import nbformat
import pytest
from axe_playwright_python.base import AXE_SCRIPT

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "site"))
from preview import build, chromium, find_chromium, mirror, served  # noqa: E402

from tools.notebooks import book_address  # noqa: E402

REPOSITORY, PUBLISHED = "https://github.com/Some-Owner/some-book", "https://some-owner.github.io/some-book/"
RUN_AXE = """async () => {
    const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
    const first = ({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`;
    return violations.map(({ id, nodes }) => `${nodes.length} × ${id}: ${first(nodes[0])}`);
}"""
# A page colours thousands of words of code and of signatures in a dozen ways: one of each is judged. Drawn formulas are
# aria-hidden.
THIN_OUT = """() => {
    document.querySelectorAll("details").forEach(fold => { fold.open = true });
    const seen = new Set();
    for (const word of document.querySelectorAll(".highlight span, .sig span, .sig em")) {
        const look = word.tagName + word.className + word.closest(".cell_output, .admonition, article")?.className;
        seen.has(look) ? word.replaceWith(...word.childNodes) : seen.add(look);
    }
    document.querySelectorAll("mjx-math").forEach(drawn => drawn.remove());
}"""
# The theme gives what scrolls a tab stop some 300 ms after the page has changed. If it never comes, axe complains.
TAB_STOPS_ARE_SET = """async () => {
    const boxes = [...document.querySelectorAll("pre, .pst-scrollable-table-container")];
    const waits = () => boxes.some(box => box.scrollWidth > box.clientWidth && box.tabIndex < 0);
    for (let tries = 0; tries < 30 && waits(); tries++) await new Promise(done => setTimeout(done, 100));
}"""
MATH_THAT_IS_NOT_RENDERED = r"""async () => {
    await window.MathJax?.startup?.promise;
    const errors = [...document.querySelectorAll("mjx-merror")].map(e => e.getAttribute("data-mjx-error"));
    const article = document.querySelector("article")?.cloneNode(true);
    article?.querySelectorAll("pre, code, mjx-container").forEach(e => e.remove());
    return errors.concat(article?.textContent.match(/\$\$|\\\(|\\\[|\\begin/g) ?? []);
}"""


# --- the builds -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("site"))


SMALL_TOC = """format: jb-book
root: intro
parts:
  - caption: The first part
    chapters:
      - file: chapters/07_kernel_regression
      - file: bibliography
"""


def small_book(folder: Path, toc: str, **pages: str) -> Path:
    """Lay out a book of a few pages in the house's frame: these, and what else its contents name."""
    mirror(folder, "_toc.yml", *(f"{name}.md" for name in pages if (ROOT / f"{name}.md").exists()))
    (folder / "_toc.yml").write_text(toc, encoding="utf-8")
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def addressed_site(tmp_path_factory):
    """Three pages with an address, built by plain Sphinx: the way out on the day Jupyter Book 1 ends."""
    source, output = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("addressed")
    small_book(source, SMALL_TOC, intro="# Paying Attention\n\nA weighted average.\n")
    here = Path(sys.executable).parent
    subprocess.run([here / "jupyter-book", "config", "sphinx", source], check=True)
    # the chapter links to others, which this book does not have
    settings = ["-D", f"book_address={REPOSITORY}", "-D", "suppress_warnings=myst.xref_missing"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "site"), os.environ.get("PYTHONPATH", "")])}
    subprocess.run([here / "sphinx-build", "-qW", *settings, source, output], env=environment, check=True)
    return output


class Page(HTMLParser):
    """What a page links to, what can be linked to in it, and how its images are named."""

    def __init__(self, html: str):
        super().__init__()
        self.links, self.anchors, self.names = [], set(), []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.links += [attributes[name] for name in ("href", "src") if name in attributes]
        self.anchors |= {attributes.get("id"), attributes.get("name")}
        if tag == "img":
            self.names.append(attributes.get("alt"))
        if tag == "svg" and attributes.get("role") == "img":
            self.names.append(attributes.get("aria-label"))


@pytest.fixture(scope="module")
def pages(site):
    """Every page but index.html, which is intro.html once more."""
    names = {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"index.html"}
    return {name: (site / name).read_text(encoding="utf-8") for name in names if not name.startswith("_static/")}


@pytest.fixture(scope="module")
def parsed(pages):
    return {name: Page(html) for name, html in pages.items()}


def test_the_names_of_the_style_sheets_stand_in_the_first_kibibyte(pages):
    last = {name: html.encode().rfind(b"layer(theme)") for name, html in pages.items()}
    assert min(last.values()) > 0
    assert max(last.values()) < 1024, "Chromium may cut a name in two there, and miss the sheet"


def test_every_internal_link_and_anchor_leads_somewhere(site, parsed):
    dead = []
    for name, page in parsed.items():
        for link in page.links:
            address = urlsplit(urljoin(f"file:///{name}", link))
            target = unquote(address.path).lstrip("/")
            if address.scheme != "file":
                continue
            if not (site / target).is_file() or (
                target in parsed and unquote(address.fragment) not in {"", *parsed[target].anchors}
            ):
                dead.append(f"{name} → {link}")
    assert not dead


def test_the_front_page_is_the_introduction_itself_and_no_redirect(site, pages):
    assert (site / "index.html").read_text(encoding="utf-8") == pages["intro.html"]


def test_every_image_says_what_is_seen(parsed):
    names = {name: page.names for name, page in parsed.items() if page.names}
    assert not {page: bad for page, all_ in names.items() if (bad := [n for n in all_ if not n or "_images/" in n])}


def test_diagrams_are_drawn_in_the_page_where_the_theme_reaches_them(pages):
    assert any('class="diagram"' in html for html in pages.values())
    assert not any("diagrams/" in html for html in pages.values())


def test_no_page_tells_where_it_was_built(site, pages):
    private = (str(ROOT), str(site), str(Path.home()) + "/", "site-packages")
    assert not [(name, place) for name, html in pages.items() for place in private if place in html]


def test_a_chapter_numbers_its_equations_and_exercises_by_its_own_number(pages):
    chapter = pages["chapters/07_kernel_regression.html"]
    assert "(7.1)" in chapter
    assert "Exercise 7.1" in chapter
    assert '<span class="section-number">' not in chapter


def test_a_captioned_figure_is_numbered_within_its_chapter_and_referred_to_by_its_number(pages):
    captions = {}
    for path in ROOT.glob("chapters/*.ipynb"):
        cells = nbformat.read(path, 4).cells
        figures = [cell.metadata.get("mystnb", {}).get("figure", {}) for cell in cells]
        captions[path.stem] = [figure["name"] for figure in figures if "caption" in figure]
    assert all(captions[name] for name in ("07_kernel_regression", "14_dot_product"))
    for name, figures in captions.items():
        page = pages[f"chapters/{name}.html"]
        for number, figure in enumerate(figures, 1):
            label = f"Figure {int(name[:2])}.{number}"
            drawn = re.search(rf'<figure [^>]*id="{figure}">(.*?)</figure>', page, re.S)
            assert drawn, f"{name} has no figure {figure}"
            assert f'<span class="caption-number">{label} </span>' in drawn[1]
            assert f'href="#{figure}"' in drawn[1], "a figure can be linked to"
            for words in re.findall(rf'href="#{figure}"><span class="std std-numref">(.*?)</span>', page):
                assert words == label
    assert 'class="std std-numref">Figure 14.1<' in pages["chapters/14_dot_product.html"]


def test_each_question_leads_to_the_paragraph_that_answers_it(pages):
    asked = re.findall(r'href="(chapters/[^"#]*)#(question-[^"]*)"', pages["questions.html"])
    assert len(asked) >= 8
    for page, anchor in asked:
        answer = re.search(rf'<p id="{anchor}"><strong>(.*?)</strong>', pages[page], re.S)
        assert answer, f"no question stands at {page}#{anchor}"
        assert answer[1].endswith("?")


def test_a_function_that_prose_names_leads_to_its_entry_in_its_room(pages):
    assert 'href="../api/mechanism.html#attnlib.attention.attend"' in pages["chapters/08_query_key_value.html"]
    assert 'id="attnlib.attention.attend"' in pages["api/mechanism.html"]


def test_the_words_of_chapters_yml_are_told_to_search_engines_too(pages):
    keywords = re.search(r'<meta content="([^"]*)" name="keywords"', pages["chapters/08_query_key_value.html"])
    assert "QKV" in keywords[1].split(", ")


@pytest.mark.skipif(bool(book_address()), reason="the book has an address")
def test_without_an_address_there_is_no_link_that_needs_one(site, pages):
    needy = ("colab.research", "mybinder.org", 'rel="canonical"', "og:url", "og:image", "/edit/main/")
    assert not [(name, word) for name, html in pages.items() for word in needy if word in html]
    assert not (site / "sitemap.xml").exists()


def test_with_an_address_each_page_has_its_buttons_and_its_canonical_form(addressed_site):
    chapter = (addressed_site / "chapters/07_kernel_regression.html").read_text(encoding="utf-8")
    notebook = "chapters/07_kernel_regression.ipynb"
    links = Page(chapter).links
    assert f"https://colab.research.google.com/github/Some-Owner/some-book/blob/main/{notebook}" in links
    assert f"https://mybinder.org/v2/gh/Some-Owner/some-book/main?urlpath=lab/tree/{notebook}" in links
    assert f"{REPOSITORY}/edit/main/{notebook}" in links
    assert REPOSITORY in links
    assert f'<link rel="canonical" href="{PUBLISHED}chapters/07_kernel_regression.html"' in chapter
    assert f'<meta property="og:url" content="{PUBLISHED}chapters/07_kernel_regression.html">' in chapter
    assert f'<meta property="og:image" content="{PUBLISHED}_static/social.png">' in chapter
    assert (addressed_site / "_static/social.png").is_file()


def test_with_an_address_the_sitemap_names_each_page_once(addressed_site):
    named = re.findall("<loc>(.*?)</loc>", (addressed_site / "sitemap.xml").read_text(encoding="utf-8"))
    assert sorted(named) == [
        PUBLISHED,
        PUBLISHED + "bibliography.html",
        PUBLISHED + "chapters/07_kernel_regression.html",
    ]


def test_after_a_new_title_no_page_keeps_the_old_sidebar_and_an_unchanged_book_is_not_written_again(tmp_path):
    source, output = tmp_path / "source", tmp_path / "output"
    source.mkdir()
    toc = SMALL_TOC.replace("chapters/07_kernel_regression", "notation").replace("bibliography", "glossary")
    texts = {name: f"# The {name}\n\nA page.\n" for name in ("intro", "notation", "glossary")}
    small_book(source, toc, **texts)
    names = [f"{name}.html" for name in texts]

    def built() -> dict[str, str]:
        site = build(output, source)
        return {name: (site / name).read_text(encoding="utf-8") for name in names}

    def written() -> list[int]:
        return [(output / "_build/html" / name).stat().st_mtime_ns for name in names]

    def sidebar(page: str) -> str:
        return re.search(r'<nav class="bd-links.*?</nav>', page, re.S)[0]

    assert all("The notation" in sidebar(page) for page in built().values())
    before = written()
    built()
    assert written() == before, "nothing had changed"
    (source / "notation.md").write_text("# Other words\n\nA page.\n", encoding="utf-8")
    pages = built()
    assert not [name for name, page in pages.items() if "Other words" not in sidebar(page)]
    assert not [name for name, page in pages.items() if "The notation" in sidebar(page)]
    (source / "_toc.yml").write_text(toc.replace("The first part", "Another part"), encoding="utf-8")
    assert not [name for name, page in built().items() if "Another part" not in sidebar(page)]


# --- in the browser ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    if not find_chromium():
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip)(
            "no Chromium found: install one, or name it in $CHROMIUM"
        )
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(site):
    with served(site) as address:
        yield address


@pytest.fixture
def reader(browser):
    """A fresh tab, as on a first visit."""
    context = browser.new_context(color_scheme="light")
    yield context.new_page()
    context.close()


@dataclasses.dataclass
class Visit:
    """What one page did on a first visit."""

    requests: list[str] = dataclasses.field(default_factory=list)
    first_view: list[str] = dataclasses.field(default_factory=list)
    troubles: list[str] = dataclasses.field(default_factory=list)
    unrendered: list[str] = dataclasses.field(default_factory=list)
    barriers: list[str] = dataclasses.field(default_factory=list)
    overflow: int = 0


def visit(browser, url: str, *, looks: tuple[tuple[int, str], ...] = ()) -> Visit:
    """Open a page for the first time; then judge it at each width and in each colour mode named in `looks`."""
    seen = Visit()
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme="light", reduced_motion="reduce"
    )
    tab = context.new_page()
    tab.on("request", lambda request: seen.requests.append(request.url))
    tab.on("requestfailed", lambda request: seen.troubles.append(f"failed: {request.url}"))
    tab.on("response", lambda reply: reply.status < 400 or seen.troubles.append(f"{reply.status}: {reply.url}"))
    tab.on("pageerror", lambda error: seen.troubles.append(str(error)))
    tab.on("console", lambda said: said.type in ("error", "warning") and seen.troubles.append(said.text))
    tab.goto(url)
    seen.unrendered = tab.evaluate(MATH_THAT_IS_NOT_RENDERED)
    seen.first_view = list(seen.requests)
    for width, theme in looks:
        tab.set_viewport_size({"width": width, "height": 900})
        tab.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        seen.overflow += tab.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        if (width, theme) == looks[0]:
            tab.evaluate(AXE_SCRIPT)
            tab.evaluate(THIN_OUT)
            tab.evaluate(TAB_STOPS_ARE_SET)
        seen.barriers += [f"{width} px, {theme}: {found}" for found in tab.evaluate(RUN_AXE)]
    context.close()
    return seen


@pytest.fixture(scope="module")
def visits(browser, address, pages):
    """Each page on a phone in light and on a desk in dark; the first also the other way round, for the shared frame."""
    looks, crossed = ((390, "light"), (1280, "dark")), ((390, "dark"), (1280, "light"))
    return {name: visit(browser, address + name, looks=looks + crossed * (name == "intro.html")) for name in pages}


@pytest.fixture(scope="module")
def visits_from_disk(browser, site, pages):
    return {name: visit(browser, (site / name).as_uri()) for name in pages}


def faults(visits, attribute):
    return {name: found for name, visit in visits.items() if (found := getattr(visit, attribute))}


def test_no_page_asks_a_third_party_for_anything(visits, visits_from_disk, address):
    asked = {url for visit in [*visits.values(), *visits_from_disk.values()] for url in visit.requests}
    assert not {url for url in asked if not url.startswith((address, "file:", "data:"))}


def test_no_page_logs_an_error_or_misses_a_file(visits):
    assert not faults(visits, "troubles")


def test_no_page_opened_from_disk_logs_an_error_or_misses_a_file(visits_from_disk):
    assert not faults(visits_from_disk, "troubles")


def test_all_mathematics_is_rendered(visits, visits_from_disk):
    assert not faults(visits, "unrendered")
    assert not faults(visits_from_disk, "unrendered")


def test_no_page_puts_a_barrier_in_anyones_way_in_light_dark_or_on_a_phone(visits):
    assert not faults(visits, "barriers")


def test_no_page_scrolls_sideways_on_a_phone(visits):
    assert not faults(visits, "overflow")


def test_a_first_view_is_light(visits, site, address):
    heavy = {}
    for name, visit in visits.items():
        files = {site / urlsplit(url).path.lstrip("/") for url in visit.first_view if url.startswith(address)}
        size = sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)
        if size > 450_000 or len(files) > 30:
            heavy[name] = (size, len(files))
    assert not heavy


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_a_word(reader, address, site, scheme):
    reader.goto((address if scheme == "http" else site.as_uri() + "/") + "intro.html")
    reader.keyboard.press("Control+k")
    reader.keyboard.type("bandwidth")
    reader.keyboard.press("Enter")
    reader.wait_for_selector("#search-results li a[href*='07_kernel_regression']")


@pytest.mark.parametrize(
    ("words", "chapter"),
    [("QKV", "08_query_key_value"), ("numerical stability", "14_dot_product")],
)
def test_search_finds_a_chapter_by_the_words_of_the_field(reader, address, words, chapter):
    reader.goto(f"{address}search.html?q={words}")
    reader.wait_for_selector(f"#search-results li a[href*='{chapter}']")


def test_the_colour_mode_is_chosen_by_a_button_and_remembered(reader, address):
    theme = "document.documentElement.dataset.theme"
    reader.goto(address + "intro.html")
    assert reader.evaluate(theme) == "light"
    reader.get_by_role("button", name="Colour mode").click()
    assert reader.evaluate(theme) == "dark"
    reader.goto(address + "glossary.html")
    assert reader.evaluate(theme) == "dark"


def test_a_folded_answer_opens_by_keyboard(reader, address):
    reader.goto(address + "chapters/07_kernel_regression.html")
    fold = reader.locator("details.dropdown").first
    assert fold.get_attribute("open") is None
    fold.locator("summary").focus()
    reader.keyboard.press("Enter")
    assert fold.get_attribute("open") is not None


def test_the_notebook_is_downloaded_from_its_page_by_keyboard(reader, address, site):
    reader.goto(address + "chapters/07_kernel_regression.html")
    reader.get_by_role("button", name="Notebook").focus()
    reader.keyboard.press("Enter")
    with reader.expect_download() as download:
        reader.get_by_role("link", name="Download notebook").press("Enter")
    assert download.value.suggested_filename == "07_kernel_regression.ipynb"
    assert Path(download.value.path()).read_bytes() == (ROOT / "chapters/07_kernel_regression.ipynb").read_bytes()


def test_previous_and_next_lead_through_the_book(reader, address):
    reader.goto(address + "chapters/07_kernel_regression.html")
    reader.locator("a.right-next").click()
    assert reader.url.endswith("chapters/08_query_key_value.html")
    reader.locator("a.left-prev").click()
    assert reader.url.endswith("chapters/07_kernel_regression.html")
