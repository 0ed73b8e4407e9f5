"""Every exercise's check rejects the empty stub and each classic wrong answer, and accepts the solution."""

import ast
import itertools
import re
import runpy
from pathlib import Path

import matplotlib as mpl
import nbformat
import numpy as np
import pytest

from tests.mutants import mutants

mpl.use("Agg")

ROOT = Path(__file__).parents[1]
DRAWN = 20


def definitions(path):
    """Run a chapter's imports and definitions, and nothing else: a check must not lean on what happened to be run."""
    notebook = nbformat.read(path, 4)
    namespace, tagged = {}, {"exercise": {}, "check": {}, "solution": {}}
    for cell in notebook.cells:
        if cell.cell_type != "code" or "on-colab" in cell.metadata.get("tags", []):
            continue
        tree = ast.parse(cell.source)
        keep = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)]
        exec(compile(ast.Module(keep, []), str(path), "exec"), namespace)
        for tag in set(tagged) & set(cell.metadata.get("tags", [])):
            tagged[tag] |= {node.name: node for node in keep if isinstance(node, ast.FunctionDef)}
    return namespace, tagged


def wrong_answers(path):
    """Return a chapter's classic wrong answers by name, as in soft_read__no_scale, the words that reject them,
    and those that are wrong in their way though not in their value.
    """
    module = runpy.run_path(str(ROOT / f"tests/wrong_answers/{path.stem.split('_', 1)[1]}.py"))
    answers = {name: value for name, value in module.items() if "__" in name.strip("_") and callable(value)}
    return answers, module["HINTS"], module.get("SAME_VALUE", {})


def returned(function, path, name):
    """Return what a function returns for each problem of an exercise, or the exception that it raised."""
    values = []
    for seed in range(DRAWN):
        problem = CHAPTERS[path][0][f"{name}_problem"](np.random.default_rng(seed))
        try:
            values.append(function(*problem))
        except Exception as error:
            values.append(error)
    return values


def same(one, other):
    """Tell whether two answers are equal up to rounding; an exception is equal to nothing."""
    if isinstance(one, Exception) or isinstance(other, Exception):
        return False
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    try:
        one, other = (
            np.asarray(getattr(value, "detach", lambda value=value: value)(), float) for value in (one, other)
        )
    except (TypeError, ValueError):
        return type(one) is type(other) and one == other
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True)


CHAPTERS = {path: definitions(path) for path in sorted((ROOT / "chapters").glob("*.ipynb"))}
CHECKS = [
    (path, name.removeprefix("check_"))
    for path, (_, tagged) in CHAPTERS.items()
    for name in tagged["check"]
    if name.startswith("check_")
]
LISTED = {path: wrong_answers(path) for path in CHAPTERS}
WRONG = {(path, name): answer for path, (answers, *_) in LISTED.items() for name, answer in answers.items()}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_coding_exercise_has_a_stub_a_check_a_solution_and_wrong_answers(path):
    _, tagged = CHAPTERS[path]
    names = [name for chapter, name in CHECKS if chapter == path]
    assert len(names) >= 2
    assert set(names) <= set(tagged["exercise"])
    assert {f"{name}_solution" for name in names} <= set(tagged["solution"])
    wrong = [name.split("__")[0] for chapter, name in WRONG if chapter == path]
    assert set(wrong) == set(names)
    assert min(map(wrong.count, names)) >= 3


EACH_CHECK = pytest.mark.parametrize(("path", "name"), CHECKS, ids=lambda value: getattr(value, "stem", value))
EACH_WRONG = pytest.mark.parametrize(("path", "wrong"), WRONG, ids=lambda value: getattr(value, "stem", value))


@EACH_CHECK
def test_the_check_rejects_the_stub_and_accepts_the_solution(path, name):
    namespace, _ = CHAPTERS[path]
    with pytest.raises((AssertionError, NotImplementedError)):
        namespace[f"check_{name}"](namespace[name])
    namespace[f"check_{name}"](namespace[f"{name}_solution"])


@EACH_CHECK
def test_the_check_draws_twenty_problems(path, name, monkeypatch):
    namespace, _ = CHAPTERS[path]
    problem, drawn = namespace[f"{name}_problem"], []
    monkeypatch.setitem(namespace, f"{name}_problem", lambda rng: drawn.append(problem(rng)) or drawn[-1])
    namespace[f"check_{name}"](namespace[f"{name}_solution"])
    assert len(drawn) >= DRAWN
    assert all(isinstance(one, tuple) for one in drawn)
    assert len({repr(one) for one in drawn}) > DRAWN // 2, "the same problem again and again"


@EACH_WRONG
@pytest.mark.filterwarnings("ignore")
def test_the_check_rejects_a_classic_wrong_answer_in_its_own_words(path, wrong):
    words = re.escape(LISTED[path][1][wrong])
    with pytest.raises(AssertionError, match=words):
        CHAPTERS[path][0][f"check_{wrong.split('__')[0]}"](WRONG[path, wrong])


@EACH_WRONG
@pytest.mark.filterwarnings("ignore")
def test_a_classic_wrong_answer_answers_and_is_wrong(path, wrong):
    name, namespace = wrong.split("__")[0], CHAPTERS[path][0]
    right, answers = (returned(one, path, name) for one in (namespace[f"{name}_solution"], WRONG[path, wrong]))
    assert not [value for value in right if isinstance(value, Exception)]
    given = [(a, b) for a, b in zip(answers, right) if not isinstance(a, Exception)]
    assert given, f"only raises: {answers[0]!r}"
    assert any(not same(a, b) for a, b in given) != (wrong in LISTED[path][2])


@EACH_CHECK
@pytest.mark.filterwarnings("ignore")
def test_the_check_rejects_every_slip_in_the_solution_that_shows(path, name):
    namespace, tagged = CHAPTERS[path]
    solution = tagged["solution"][f"{name}_solution"]
    right, accepted = returned(namespace[solution.name], path, name), []
    for slip, mutant in mutants(solution):
        scope = dict(namespace)
        exec(compile(ast.fix_missing_locations(ast.Module([mutant], [])), str(path), "exec"), scope)
        answers = returned(scope[solution.name], path, name)
        if all(map(same, answers, right)):
            continue
        try:
            namespace[f"check_{name}"](scope[solution.name])
        except Exception:
            continue
        accepted.append(slip)
    assert not accepted


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_wrong_answer_has_words_of_its_own(path):
    answers, hints, _ = LISTED[path]
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
