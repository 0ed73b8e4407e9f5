"""What the site adds to Sphinx: address, offline MathJax, native folds, inlined diagrams, chapter numbers, keywords."""

import dataclasses
import functools
import re
import shutil
import struct
from html import escape
from importlib.metadata import distribution
from pathlib import Path

import yaml
from docutils import nodes
from pybtex.plugin import find_plugin, register_plugin
from sphinx import addnodes
from sphinx.environment.collectors.toctree import TocTreeCollector
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_external_toc.collectors import disable_builtin_toctree_collector
from sphinxcontrib.bibtex.plugin import register_plugin as register_reference_style
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

NUMBERED = re.compile(r"(\d+) · ")  # a chapter's title: "7 · Kernel regression"
BRANCH = "main"
MATHJAX_PARTS = ("startup", "core", "input/tex", "output/chtml", "output/chtml/fonts/tex", "a11y/assistive-mml")
MATHJAX_FONTS = "output/chtml/fonts/woff-v2"
# Half of the theme's CSS: two thousand icons (ours are masks in book.css) and the parts of Bootstrap that no page has.
UNUSED = re.compile(
    r"\.(fa[brs]?|sd|carousel|accordion|offcanvas|toast|modal|popover|tooltip|progress|spinner|list-group|pagination|card"
    r"|alert|badge|input-group|placeholder|ratio|col|row|g[xy]?|dropdown)(?![a-z])"
)
MENDS = [
    # A bibliography entry has no such role outside a doc-bibliography section, and a list needs list items.
    (r' role="doc-biblioentry"|(?<=<div) role="list"(?= class="citation-list")', ""),
    # A label on a summary hides its words.
    (r' aria-label="Toggle hidden content"', ""),
    # The lines of a long signature are no list of definitions.
    (r"<dl>\n(?=<dd><em)|(?<=</dd>\n)</dl>(?=\n\n<span class=\"sig-paren)", ""),
    (r'<dd>(<em class="sig-param">.*?)</dd>', r'<span class="sig-line">\1</span>'),
    # As attributes they keep the place of an image that is still to come, and its proportions on a phone.
    (r'style="width: (\d+)px; height: (\d+)px;"', r'width="\1" height="\2"'),
]


# --- the address ------------------------------------------------------------------------------------------------------


def published_at(repository: str) -> str:
    """Return where GitHub Pages serves a repository: https://OWNER.github.io/REPO/."""
    owner, name = repository.rstrip("/").removeprefix("https://github.com/").split("/")
    return f"https://{owner.lower()}.github.io/{name}/"


def set_address(app, config):
    if config.book_address:
        config.html_baseurl = published_at(config.book_address)


def page_links(config, source: str, download: str) -> list[tuple[str, str]]:
    """Return what a reader can do with a page, as (words, link); only the download needs no address."""
    is_notebook = source.endswith(".ipynb")
    links = [("Download notebook" if is_notebook else "Download source", download)]
    if config.book_address:
        slug = config.book_address.rstrip("/").removeprefix("https://github.com/")
        if is_notebook:
            links += [
                ("Open in Colab", f"https://colab.research.google.com/github/{slug}/blob/{BRANCH}/{source}"),
                ("Open in Binder", f"https://mybinder.org/v2/gh/{slug}/{BRANCH}?urlpath=lab/tree/{source}"),
            ]
        links += [
            ("Suggest an edit", f"https://github.com/{slug}/edit/{BRANCH}/{source}"),
            ("Source on GitHub", f"https://github.com/{slug}"),
        ]
    return links


def write_sitemap(app):
    urls = "".join(f"<url><loc>{page_url(app, page)}</loc></url>" for page in sorted(app.env.found_docs))
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    Path(app.outdir, "sitemap.xml").write_text(f"{head}{urls}</urlset>\n", encoding="utf-8")


def page_url(app, page: str) -> str:
    return app.config.html_baseurl + ("" if page == app.config.root_doc else f"{page}.html")


# --- what each page is given ------------------------------------------------------------------------------------------


def complete_page(app, page, template, context, doctree):
    """Give the templates what they ask for, and mend what axe finds in the body."""
    context["page_links"] = []
    if doctree:
        source = Path(app.env.doc2path(page)).relative_to(app.srcdir).as_posix()
        context["page_links"] = page_links(app.config, source, context["pathto"](f"_sources/{source}", 1))
        context["description"] = description(doctree)
        if app.config.html_baseurl:
            context["pageurl"] = page_url(app, page)
            context["social_image"] = app.config.html_baseurl + "_static/social.png"
        for pattern, mended in MENDS:
            context["body"] = re.sub(pattern, mended, context["body"], flags=re.DOTALL)
        context["body"] = re.sub(rf"(?<=<h1>){NUMBERED.pattern}", mark_number, context["body"])
    else:
        context["pageurl"] = None
    toctree = context["generate_toctree_html"]
    context["generate_toctree_html"] = lambda **options: NUMBERED.sub(mark_number, str(toctree(**options)))
    for neighbour in filter(None, (context.get("prev"), context.get("next"))):
        neighbour["title"] = NUMBERED.sub(mark_number, neighbour["title"])


def mark_number(match: re.Match) -> str:
    return f'<span class="chapter-number">{match[1]}</span> '


def description(doctree, limit: int = 200) -> str:
    """Return the page's first paragraph, cut at a word."""
    paragraphs = (p.astext() for p in doctree.findall(nodes.paragraph) if isinstance(p.parent, nodes.section))
    words = next(paragraphs, "").split()
    text = ""
    while words and len(text) + len(words[0]) < limit:
        text += " " + words.pop(0)
    return (text + " …" if words else text).strip()


# --- the document tree ------------------------------------------------------------------------------------------------


class details(nodes.General, nodes.Element):
    pass


class summary(nodes.General, nodes.TextElement):
    pass


def open_tag(translator, node):
    translator.body.append(translator.starttag(node, node.tagname, ""))


def close_tag(translator, node):
    translator.body.append(f"</{node.tagname}>\n")


class FoldDropdowns(SphinxPostTransform):
    """Turn each admonition of class dropdown into <details>: it opens by keyboard, by search, and without a script."""

    default_priority = 900  # after sphinx-exercise has made its titles
    formats = ("html",)

    def run(self):
        for title in list(self.document.findall(nodes.title)):
            node = title.parent
            if "dropdown" not in node["classes"]:
                continue
            for link in list(title.findall(nodes.reference)):  # a link in a summary could not be told from the summary
                link.replace_self(link.children)
            fold = details("", summary("", "", *title.children, classes=["admonition-title"]), *node[1:])
            fold["classes"] = ["admonition", *node["classes"]]
            fold["ids"] = node["ids"]
            node.replace_self(fold)


class PlaceImages(SphinxPostTransform):
    """Write our own SVG diagrams into the page, where its colours reach them; show figures as large as drawn."""

    default_priority = 900
    formats = ("html",)

    def run(self):
        for image in list(self.document.findall(nodes.image)):
            path = Path(self.app.srcdir, image["uri"])
            if re.fullmatch(r"site/diagrams/\w+\.svg", image["uri"]):
                svg = re.sub(r"<title>.*?</title>\s*", "", path.read_text(encoding="utf-8"))  # a tooltip, in a page
                named = f'<svg role="img" aria-label="{escape(image["alt"])}"'
                image.replace_self(nodes.raw("", svg.replace("<svg", named, 1), format="html"))
            elif path.suffix == ".png":
                image["loading"] = "lazy"
                image["width"], image["height"] = (str(side) for side in drawn_size(path.read_bytes()[:4096]))


def drawn_size(png: bytes) -> tuple[int, int]:
    """Return a PNG's size in CSS pixels, 96 to the inch: the letters of all figures come out alike."""
    size, physical = struct.unpack(">2I", png[16:24]), png.find(b"pHYs")
    dots_per_inch = 96 if physical < 0 else struct.unpack(">I", png[physical + 4 : physical + 8])[0] * 0.0254
    return tuple(round(side * 96 / dots_per_inch) for side in size)


class LinkTheLibrary(SphinxPostTransform):
    """Turn `attend` in running text into a link to its entry in the API, so that a notebook need say no more."""

    default_priority = 900
    formats = ("html",)

    def run(self):
        objects = self.env.get_domain("py").objects.items()
        entries = {name.rpartition(".")[2]: (entry, name) for name, entry in objects if entry.objtype == "function"}
        for literal in list(self.document.findall(nodes.literal)):
            entry, name = entries.get(literal.astext().removesuffix("()"), (None, None))
            if (
                entry
                and entry.docname != self.env.docname
                and isinstance(literal.parent, nodes.paragraph | nodes.entry)
            ):
                page = self.app.builder.get_relative_uri(self.env.docname, entry.docname)
                link = nodes.reference("", "", refuri=f"{page}#{entry.node_id}", reftitle=name, internal=True)
                literal.replace_self(link)
                link.append(literal)


def round_brackets():
    return BracketStyle("(", ")")


@dataclasses.dataclass
class RoundBrackets(AuthorYearReferenceStyle):
    """Cite as Watson (1964), where the standard style has Watson [1964]."""

    bracket_parenthetical: BracketStyle = dataclasses.field(default_factory=round_brackets)
    bracket_textual: BracketStyle = dataclasses.field(default_factory=round_brackets)


class ChapterNumbers(TocTreeCollector):
    """Number figures, equations and exercises within their chapter, by the number in the chapter's title."""

    def assign_figure_numbers(self, env):
        titles = {page: NUMBERED.match(title.astext()) for page, title in env.titles.items()}
        env.toc_secnumbers = {page: {"": (int(match[1]),)} for page, match in titles.items() if match}
        changed = super().assign_figure_numbers(env)
        env.toc_secnumbers = {}  # the headings themselves carry no number
        return changed


# --- what the search knows of a page, and the other pages show of it --------------------------------------------------


def add_keywords(app, doctree):
    """Give a chapter the words of its row in chapters.yml: Sphinx indexes them, and a search for QKV finds it."""
    if not app.env.docname.startswith("chapters/"):
        return
    rows = Path(app.srcdir, "chapters.yml")
    app.env.note_dependency(str(rows))
    keywords = chapter_keywords(rows, rows.stat().st_mtime_ns).get(app.env.docname)
    if keywords:
        doctree.insert(0, nodes.meta(name="keywords", content=keywords))


@functools.lru_cache(maxsize=1)
def chapter_keywords(rows: Path, _changed: int) -> dict[str, str]:
    """Return the words of each chapter, each once and by itself: a search asks for words and not for phrases."""
    parts = yaml.safe_load(rows.read_text(encoding="utf-8"))["parts"]
    return {
        f"chapters/{row['number']:02}_{row['slug']}": ", ".join(dict.fromkeys(re.findall(r"\w+", row["keywords"])))
        for part in parts
        for row in part["chapters"]
    }


def pages_with_an_old_frame(app, env):
    """Name every page to be written again if the sidebar has changed: Sphinx rewrites those alone whose source did."""
    titles = {page: title.astext() for page, title in env.titles.items()}
    trees = {
        page: [(tree["caption"], tree["entries"]) for tree in toc.findall(addnodes.toctree)]
        for page, toc in env.tocs.items()
    }
    before, env.book_frame = getattr(env, "book_frame", None), (titles, trees)
    return [] if before in (None, env.book_frame) else sorted(env.found_docs)


# --- after the build --------------------------------------------------------------------------------------------------


def finish(app, exception):
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    copy_mathjax(out / "_static" / "mathjax")
    css = out / "_static" / "styles" / "pydata-sphinx-theme.css"
    used = re.sub(r"([^{}]+)\{[^{}]*\}", without_unused_rules, css.read_text(encoding="utf-8"))
    css.write_text(used, encoding="utf-8")
    shutil.copy(out / f"{app.config.root_doc}.html", out / "index.html")  # instead of a redirect
    if app.config.book_address:
        write_sitemap(app)


def without_unused_rules(rule: re.Match) -> str:
    return "" if all(UNUSED.search(selector) for selector in rule[1].split(",")) else rule[0]


def copy_mathjax(target: Path):
    """Write MathJax as one file of the parts we need: without its menu and speech engine it is 100 kB gzip lighter."""
    if (target / "mathjax.js").exists():
        return
    source = Path(distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline/static/mathjax"))
    shutil.copytree(source / MATHJAX_FONTS, target / MATHJAX_FONTS, dirs_exist_ok=True)
    # The start-up part only announces itself; it sets to work when this whole script has run.
    parts = ((source / f"{part}.js").read_text(encoding="utf-8") for part in MATHJAX_PARTS)
    (target / "mathjax.js").write_text("\n".join(parts), encoding="utf-8")


def setup(app):
    app.add_config_value("book_address", "", "html")
    app.add_config_value("comments_config", {}, "")  # jupyter-book always passes it
    for node in (details, summary):
        app.add_node(node, html=(open_tag, close_tag))
    for name in ("docutils", "plaintext"):  # else pybtex searches all installed packages for them at each citation
        register_plugin("pybtex.backends", name, find_plugin("pybtex.backends", name), force=True)
    register_reference_style("sphinxcontrib.bibtex.style.referencing", "author_year_round", RoundBrackets, force=True)
    disable_builtin_toctree_collector(app)
    app.add_env_collector(ChapterNumbers)
    app.add_post_transform(FoldDropdowns)
    app.add_post_transform(PlaceImages)
    app.add_post_transform(LinkTheLibrary)
    app.connect("config-inited", set_address)
    app.connect("doctree-read", add_keywords)
    app.connect("env-updated", pages_with_an_old_frame, priority=900)
    app.connect("html-page-context", complete_page, priority=900)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
