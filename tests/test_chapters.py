"""Every chapter has the form that STYLE asks for, and shows the outputs of the code as it stands."""

import re
import statistics
from pathlib import Path

import nbformat
import numpy as np
import pytest

import attnlib
from attnlib import attend
from tools.book import load, module_file, stale_mentions, unit_tests
from tools.map import everything
from tools.notebooks import set_colab_cell, why_stale
from tools.outputs import Outputs

ROOT = Path(__file__).parents[1]
BOOK = load(ROOT)
OUTPUTS = Outputs(ROOT)
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("api/*.md")])
DIAGRAMS = sorted((ROOT / "site/diagrams").glob("*.svg"))
TAGS = {"exercise", "check", "solution", "hide-input", "hide-output", "remove-cell", "raises-exception", "on-colab"}
TAGS |= {"nbval-ignore-output"}
BANNED = (
    r"crucial|powerful|delve|leverag|seamless|revolutioni[sz]|simply|obviously|as we can see|worth noting|vital role"
)


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    notebook = nbformat.read(request.param, 4)
    nbformat.validate(notebook)
    notebook.path = request.param
    notebook.code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    notebook.text = "\n\n".join(cell.source for cell in notebook.cells)
    return notebook


def tags(cell):
    return set(cell.metadata.get("tags", []))


def images(cell):
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


def printed(cell):
    for output in cell.outputs:
        yield output.get("text", "") or output.get("data", {}).get("text/plain", "")


def test_every_chapter_has_its_row_and_every_finished_one_its_rooms_with_their_tests():
    assert [chapter.name for chapter in BOOK.finished] == [path.stem for path in CHAPTERS], "rows of chapters.yml"
    for chapter in BOOK.finished:
        for room in chapter.rooms:
            assert module_file(room), f"{chapter.name}: its room attnlib/{room}.py does not exist"
            assert (ROOT / unit_tests(room)).exists(), f"{chapter.name}: attnlib/{room} has no {unit_tests(room)}"


def test_what_waits_for_a_chapter_is_there_and_the_chapter_is_not():
    for chapter in BOOK.chapters:
        for name in chapter.waiting:
            assert module_file(name) or hasattr(attnlib, name), f"{chapter.name}: waiting names {name}: no such thing"
            assert not BOOK.is_finished(chapter), f"{chapter.name} is finished: {name} waits no longer"


def test_contents_maps_head_lines_and_questions_are_those_of_chapters_yml():
    stale = [path.name for path, text in everything(ROOT).items() if path.read_text(encoding="utf-8") != text]
    assert not stale, f"`make map` would change {', '.join(stale)}"


def test_every_module_stands_in_the_api():
    pages = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("api/*.md"))
    listed = set(re.findall(r"automodule:: (\S+)", pages))
    missing = []
    for path in sorted((ROOT / "attnlib").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        folders = {".".join(parts[:i]) for i in range(2, len(parts) + 1)}  # a folder speaks for what it holds
        if path.name != "__init__.py" and not folders & listed:
            missing.append(".".join(parts))
    assert not missing, f"no page of api/ has {', '.join(missing)}"


@pytest.mark.parametrize("path", CHAPTERS + PAGES, ids=lambda path: path.stem)
def test_prose_knows_which_chapters_are_finished(path):
    if path.suffix == ".ipynb":
        cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]
        text, folder, own = "\n\n".join(cells), "", int(path.stem[:2])
    else:
        text, folder, own = path.read_text(encoding="utf-8"), "../" * (path.parent != ROOT) + "chapters/", None
    assert not stale_mentions(BOOK, text, folder, own)


def test_nothing_of_the_scaffold_is_left(chapter):
    slug = chapter.path.stem.split("_", 1)[1]
    row = BOOK.by_slug[slug]
    files = [chapter.path, ROOT / f"tests/wrong_answers/{slug}.py", ROOT / f"site/diagrams/{slug}.svg"]
    files += [path for room in row.rooms for path in (module_file(room), ROOT / unit_tests(room)) if path]
    left = [
        f"{path.relative_to(ROOT)}: {found.strip()}"
        for path in files
        if path.exists()
        for found in re.findall("✎.{0,50}", path.read_text(encoding="utf-8"))
    ]
    left += [f"chapters.yml, {row.name}: {words}" for words in (row.how, *row.keywords) if "✎" in words]
    assert not left, "still to write:\n" + "\n".join(left)


def test_the_outputs_are_those_of_the_code_as_it_stands(chapter):
    counts = [cell.execution_count for cell in chapter.code]
    assert counts == list(range(1, len(counts) + 1)), "cells not run from top to bottom: `make notebooks`"
    reason = why_stale(chapter.path, OUTPUTS)
    assert not reason, f"{reason}: `make notebooks`"


def test_the_chapter_opens_with_its_promise_and_asks_before_it_gives_a_formula(chapter):
    opening = chapter.prose[0]
    title = BOOK.by_slug[chapter.path.stem.split("_", 1)[1]].h1
    assert opening.splitlines()[0] == title, "the title is not that of chapters.yml"
    assert "**After this chapter you can**" in opening
    assert 3 <= len(re.findall(r"^- ", opening, re.M)) <= 5, "three to five things the reader can do afterwards"
    first_number = next(i for i, cell in enumerate(chapter.cells) if cell.cell_type == "code" and any(printed(cell)))
    first_formula = next(
        i for i, cell in enumerate(chapter.cells) if re.search(r"\$\$.+?\$\$ *\(eq-", cell.source, re.S)
    )
    first_source = next(i for i, cell in enumerate(chapter.cells) if "show_source(" in cell.source)
    assert first_number < first_formula < first_source, "numbers first, then the formula, then the library's version"


def test_each_prediction_comes_before_what_it_predicts_and_each_chapter_mends_an_error(chapter):
    assert ":class: in-circulation" in chapter.text
    assert any(images(cell) for cell in chapter.code), "no figure"
    questions = [i for i, cell in enumerate(chapter.cells) if ":class: predict" in cell.source]
    exercises = next(i for i, cell in enumerate(chapter.cells) if re.search(r"^## Exercises", cell.source, re.M))
    assert questions, "no prediction"
    for question, following in zip(questions, [*questions[1:], exercises], strict=True):
        text = chapter.cells[question].source
        assert text.count(":class: predict") == 1, f"two predictions before one look: {text[:80]}"
        assert ":class: dropdown" in text, "commit to an answer before the run"
        looked = [cell for cell in chapter.cells[question + 1 : following] if cell.get("outputs")]
        assert looked, f"nothing is shown after the prediction {text[:120]!r}"


def test_the_chapter_ends_with_exercises_a_summary_and_further_reading(chapter):
    exercises = [i for i, text in enumerate(chapter.prose) if re.search(r"^:::+\{exercise", text, re.M)]
    summary = next(i for i, text in enumerate(chapter.prose) if ":class: in-short" in text)
    reading = next(i for i, text in enumerate(chapter.prose) if "## Further reading" in text)
    assert 3 <= len(re.findall(r"^:::+\{exercise", chapter.text, re.M)) <= 6
    assert len(re.findall(r"^:::+\{solution", chapter.text, re.M)) >= len(exercises)
    assert exercises[-1] < summary <= reading


def test_cells_are_short_and_prose_outweighs_code(chapter):
    lengths = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in chapter.code]
    assert max(lengths) <= 20
    assert statistics.median(lengths) <= 5
    words = len(re.sub(r"\$[^$]*\$", " ", "\n".join(chapter.prose)).split())
    assert 8 <= words / sum(lengths) <= 18, (
        "8 to 15 words of prose for each line of code, a little more where it is told"
    )


def test_claims_are_asserted(chapter):
    told = [cell for cell in chapter.code if not tags(cell) & {"exercise", "check", "solution"}]
    asserts = [bool(re.search(r"^\s*assert\b|assert_allclose|assert_array", cell.source, re.M)) for cell in told]
    for i, cell in enumerate(told):
        if images(cell):
            near = asserts[max(i - 1, 0) : i + 3]
            assert any(near), f"no assert one cell before this figure or up to two after it: {cell.source[:80]!r}"


def test_a_caption_has_a_name_of_its_own(chapter):
    figures = [cell.metadata.get("mystnb", {}).get("figure", {}) for cell in chapter.code]
    captions = [figure["caption"] for figure in figures if "caption" in figure]
    names = [figure.get("name", "") for figure in figures if figure]
    prefix = f"fig-{chapter.path.stem.split('_', 1)[1].replace('_', '-')}-"
    assert len(captions) == len(names) == len(set(names)) == len(set(captions)), "each its caption, each its name"
    assert all(name.startswith(prefix) for name in names), f"a figure's name begins with {prefix}"
    referred = set(re.findall(r"\{numref\}`(?:[^<`]*<)?(fig-[\w-]+)", "\n".join(chapter.prose)))
    assert referred <= set(names), "a reference to a figure that is not here"


def test_every_figure_says_what_is_seen(chapter):
    for cell in chapter.code:
        if images(cell):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 60, f"alt text of {cell.source[:60]!r} is {alt!r}"


def test_outputs_are_fit_to_print(chapter):
    for cell in chapter.code:
        kinds = {output.output_type for output in cell.outputs}
        assert "raises-exception" in tags(cell) or "error" not in kinds, cell.source
        assert not any(output.get("name") == "stderr" for output in cell.outputs), cell.source
        for text in printed(cell):
            assert not re.search(r"\d\.\d{7,}", text), f"round what is printed: {text[:80]}"
            assert not re.search(r"<(?!Figure size|IPython)\w+", text), (
                f"an object's repr, end the cell with plt.show(): {text[:80]}"
            )
            assert not re.fullmatch(r"(np\.)?(True|False)_?", text), f"a comparison, no assert: {cell.source[-60:]}"
            assert not re.search(r"/(home|root|tmp|Users|work)/", text), f"a path of one machine: {text[:80]}"


def test_tags_are_known_and_an_ignored_output_is_followed_by_an_assert(chapter):
    for cell, following in zip(chapter.code, [*chapter.code[1:], None], strict=True):
        assert tags(cell) <= TAGS, tags(cell) - TAGS
        if "nbval-ignore-output" in tags(cell):
            assert following is not None, "an ignored output ends the chapter"
            assert "assert" in following.source, f"nothing asserts what this cell shows: {cell.source[:80]}"


@pytest.mark.parametrize("path", CHAPTERS + PAGES, ids=lambda path: path.stem)
def test_no_word_that_adds_nothing(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown")
    assert not re.findall(rf"\b(?:{BANNED})\w*", text, re.I)


@pytest.mark.parametrize(
    ("diagram", "scores", "values"),
    [("four_verbs", [1, 0, 2, -np.inf], [10, 40, 20, 30]), ("query_meets_keys", [0, 2, 3, 1], [10, 20, 40, 30])],
)
def test_the_numbers_in_a_diagram_are_those_of_the_library(diagram, scores, values):
    drawn = re.findall(r">([^<>]+)</", (ROOT / f"site/diagrams/{diagram}.svg").read_text(encoding="utf-8"))
    output, weights = attend(np.array([scores], dtype=float), np.array(values, dtype=float)[:, None])
    assert {f"{weight:.2f}" for weight in weights[0] if weight} <= set(drawn)
    assert {str(value) for value in values} | {f"{output[0, 0]:.1f}"} <= set(drawn)


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_a_diagram_is_drawn_in_the_houses_one_style(path):
    svg, style = path.read_text(encoding="utf-8"), (path.parent / "diagram.css").read_text(encoding="utf-8")
    drawn = re.sub(r"<style>.*?</style>", "", svg, flags=re.S)
    assert re.search(r'<svg [^>]*class="diagram" viewBox="', svg), "no class diagram, or a fixed size"
    assert re.search(r"<title>[^<]{5,}</title>", drawn), "no title"
    assert re.search(r"<desc>[^<]{40,}</desc>", drawn), "no description of what is seen"
    used = {name for names in re.findall(r'class="([^"]*)"', drawn) for name in names.split()} - {"diagram"}
    assert used <= set(re.findall(r"\.diagram \.([\w-]+)", style)), "classes that diagram.css does not have"
    assert not re.findall(r'(?:fill|stroke|color|style|font-\w+)="[^"]*"|#[0-9a-fA-F]{3,6}\b', drawn), (
        "say it by a class"
    )


def test_a_diagram_by_itself_has_the_colours_of_the_book():
    def colours(css):
        return dict(re.findall(r"--([\w-]+): (#\w+)", css))

    light, dark = re.findall(r"^html(?:\[data-theme=\"dark\"\])? \{\n  --paper.*?^\}", book_css(), re.M | re.S)
    drawn = (ROOT / "site/diagrams/diagram.css").read_text(encoding="utf-8").splitlines()
    for tokens, line in ((colours(light), drawn[0]), (colours(dark), drawn[1])):
        tokens["line"] = tokens["line-2"]  # thin lines want the stronger hairline
        assert colours(line).items() <= tokens.items()


def book_css():
    return (ROOT / "site/static/book.css").read_text(encoding="utf-8")


def test_with_an_address_a_notebook_begins_by_installing_the_library_on_colab_and_nowhere_else():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    for _ in range(2):  # the second time must not add a second cell
        set_colab_cell(notebook, "https://github.com/Some-Owner/some-book")
    install, original = notebook.cells
    assert 'if "google.colab" in sys.modules:' in install.source
    assert "git+https://github.com/Some-Owner/some-book" in install.source
    assert "remove-cell" in install.metadata.tags
    set_colab_cell(notebook, "")
    assert notebook.cells == [original]


def test_every_reference_is_cited_and_every_citation_has_its_reference():
    keys = re.findall(r"^@\w+\{([^,]+),", (ROOT / "references.bib").read_text(encoding="utf-8"), re.M)
    text = "\n".join(path.read_text(encoding="utf-8") for path in CHAPTERS + PAGES)
    cited = {key.strip() for group in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text) for key in group.split(",")}
    assert len(keys) == len(set(keys))
    assert set(keys) == cited
