"""Every exercise's check rejects the empty stub and each classic wrong answer, and accepts the solution."""

import ast
import itertools
import re
import runpy
from pathlib import Path

import matplotlib as mpl
import nbformat
import pytest

mpl.use("Agg")

ROOT = Path(__file__).parents[1]


def definitions(path):
    """Run a chapter's imports and definitions, and nothing else: a check must not lean on what happened to be run."""
    notebook = nbformat.read(path, 4)
    namespace, tagged = {}, {"exercise": [], "check": [], "solution": []}
    for cell in notebook.cells:
        if cell.cell_type != "code" or "on-colab" in cell.metadata.get("tags", []):
            continue
        tree = ast.parse(cell.source)
        keep = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)]
        exec(compile(ast.Module(keep, []), str(path), "exec"), namespace)
        for tag in set(tagged) & set(cell.metadata.get("tags", [])):
            tagged[tag] += [node.name for node in keep if isinstance(node, ast.FunctionDef)]
    return namespace, tagged


def wrong_answers(path):
    """Return a chapter's classic wrong answers by name, as in soft_read__no_scale, and the words that reject them."""
    module = runpy.run_path(str(ROOT / f"tests/wrong_answers/{path.stem.split('_', 1)[1]}.py"))
    answers = {name: value for name, value in module.items() if "__" in name.strip("_") and callable(value)}
    return answers, module.get("HINTS", {})


CHAPTERS = {path: definitions(path) for path in sorted((ROOT / "chapters").glob("*.ipynb"))}
CHECKS = [(path, name.removeprefix("check_")) for path, (_, tagged) in CHAPTERS.items() for name in tagged["check"]]
LISTED = {path: wrong_answers(path) for path in CHAPTERS}
WRONG = {(path, name): answer for path, (answers, _) in LISTED.items() for name, answer in answers.items()}
HINTS = {path: hints for path, (_, hints) in LISTED.items() if hints}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_coding_exercise_has_a_stub_a_check_a_solution_and_wrong_answers(path):
    _, tagged = CHAPTERS[path]
    names = [name.removeprefix("check_") for name in tagged["check"]]
    assert len(names) >= 2
    assert set(names) <= set(tagged["exercise"])
    assert {f"{name}_solution" for name in names} <= set(tagged["solution"])
    wrong = [name.split("__")[0] for chapter, name in WRONG if chapter == path]
    assert set(wrong) == set(names)
    assert min(map(wrong.count, names)) >= 3


@pytest.mark.parametrize(("path", "name"), CHECKS, ids=lambda value: getattr(value, "stem", value))
def test_the_check_rejects_the_stub_and_accepts_the_solution(path, name):
    namespace, _ = CHAPTERS[path]
    with pytest.raises((AssertionError, NotImplementedError)):
        namespace[f"check_{name}"](namespace[name])
    namespace[f"check_{name}"](namespace[f"{name}_solution"])


@pytest.mark.parametrize(("path", "wrong"), WRONG, ids=lambda value: getattr(value, "stem", value))
def test_the_check_rejects_a_classic_wrong_answer_in_words(path, wrong):
    namespace, _ = CHAPTERS[path]
    words = re.escape(HINTS[path][wrong]) if path in HINTS else r"\w+ \w+ \w+"
    with pytest.raises(AssertionError, match=words):
        namespace[f"check_{wrong.split('__')[0]}"](WRONG[path, wrong])


@pytest.mark.parametrize("path", HINTS, ids=lambda path: path.stem)
def test_where_hints_are_listed_each_wrong_answer_has_one_of_its_own(path):
    answers, hints = LISTED[path]
    assert set(hints) == set(answers)
    assert not [(one, other) for one, other in itertools.permutations(hints.values(), 2) if one in other]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_book_shows_the_stub_failing_and_the_solution_passing(path):
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        said = "".join(output.get("text", "") for output in cell.get("outputs", []))
        if re.search(r"^attempt\(", cell.source, re.M):
            expected = "Correct." if "solution" in cell.metadata.tags else "Not yet: "
            assert said.startswith(expected), cell.source
