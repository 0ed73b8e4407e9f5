"""Every chapter has the form that STYLE asks for, and shows the outputs of the code as it stands."""

import re
import statistics
from pathlib import Path

import nbformat
import numpy as np
import pytest
import yaml

from attnlib import attend
from tools.notebooks import is_current, set_colab_cell

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
PAGES = sorted(ROOT.glob("*.md"))
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


def test_every_chapter_is_in_the_table_of_contents_and_has_its_module_and_its_tests():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = [entry["file"] for part in contents["parts"] for entry in part["chapters"]]
    assert [f"chapters/{path.stem}" for path in CHAPTERS] == [name for name in listed if name.startswith("chapters/")]
    for path in CHAPTERS:
        slug = path.stem.split("_", 1)[1]
        assert (ROOT / f"attnlib/{slug}.py").exists() or (ROOT / f"attnlib/models/{slug}.py").exists(), slug
        assert (ROOT / f"tests/test_{slug}.py").exists(), slug


def test_the_outputs_are_those_of_the_code_as_it_stands(chapter):
    counts = [cell.execution_count for cell in chapter.code]
    assert counts == list(range(1, len(counts) + 1)), "cells not run from top to bottom: `make notebooks`"
    assert is_current(chapter), "code, outputs or the book's address changed after the last run: `make notebooks`"


def test_the_chapter_opens_with_its_promise_and_asks_before_it_gives_a_formula(chapter):
    number = chapter.path.stem.split("_")[0]
    opening = chapter.prose[0]
    assert opening.startswith(f"# {int(number)} · "), f"the title must begin with '# {int(number)} · '"
    assert "**After this chapter you can**" in opening
    assert 3 <= len(re.findall(r"^- ", opening, re.M)) <= 5, "three to five things the reader can do afterwards"
    assert re.search(r"\d+ minutes", opening), "how long to read"
    first_number = next(i for i, cell in enumerate(chapter.cells) if cell.cell_type == "code" and any(printed(cell)))
    first_formula = next(
        i for i, cell in enumerate(chapter.cells) if re.search(r"\$\$.+?\$\$ *\(eq-", cell.source, re.S)
    )
    first_source = next(i for i, cell in enumerate(chapter.cells) if "show_source(" in cell.source)
    assert first_number < first_formula < first_source, "numbers first, then the formula, then the library's version"


def test_each_prediction_comes_before_what_it_predicts_and_each_chapter_mends_an_error(chapter):
    assert ":class: predict" in chapter.text
    assert ":class: in-circulation" in chapter.text
    questions = [i for i, cell in enumerate(chapter.cells) if ":class: predict" in cell.source]
    figures = [i for i, cell in enumerate(chapter.cells) if cell.cell_type == "code" and images(cell)]
    assert figures, "no figure"
    assert figures[-1] > questions[0]
    assert all(":class: dropdown" in chapter.cells[i].source for i in questions), "commit to an answer before the run"


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
    asserts = sum(len(re.findall(r"^\s*assert\b|assert_allclose|assert_array", cell.source, re.M)) for cell in told)
    assert asserts >= sum(bool(images(cell)) for cell in told), "at least one assert for each figure"


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
