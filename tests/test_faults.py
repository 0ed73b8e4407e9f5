"""Classic mistakes, planted one at a time into a copy of the library, are caught by behaviour.

Every gate plants a sample, another one whenever the library changes. `make faults` plants them all, and
`make faults FAULTS=masking` those with this word.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.book import load, unit_tests

ROOT = Path(__file__).parents[1]
SAMPLE = 6
QUICK = 20  # seconds: in the sample, chapters that take longer are not run
ONLY_TESTS = "(tests)"
EVERYWHERE = "tests/test_half_precision.py", "tests/test_defaults.py"
LISTED = yaml.safe_load((ROOT / "tests/faults.yml").read_text(encoding="utf-8"))
LIBRARY = [
    pytest.param(module, fault, *texts, id=f"{module}: {fault}")
    for module, faults in LISTED["library"].items()
    for fault, texts in faults.items()
]
BOOK = [
    pytest.param(test, *texts, id=f"{Path(test).stem}: {fault}")
    for test, faults in LISTED["book"].items()
    for fault, texts in faults.items()
]
NOT_COPIED = shutil.ignore_patterns(".*", "_build", "__pycache__", "*.egg-info")

# Runs a chapter's cells. Those that show source are left out: they would print the fault, and catch nothing.
RUN_CELLS = """
import sys, warnings, matplotlib, nbformat
warnings.simplefilter("ignore")
matplotlib.use("Agg")
left_out = {"exercise", "check", "solution", "raises-exception", "on-colab"}
scope = {"__name__": "__main__"}
for cell in nbformat.read(sys.argv[1], 4).cells:
    if cell.cell_type == "code" and not left_out & set(cell.metadata.get("tags", [])):
        if "show_source(" not in cell.source:
            exec(compile(cell.source, "cell", "exec"), scope)
        elif "import" in cell.source:
            exec("\\n".join(line for line in cell.source.splitlines() if "import " in line), scope)
"""


def chosen(faults):
    """Return the faults that were asked for, or a sample: which ones, the library's own text decides."""
    if wanted := os.environ.get("FAULTS"):
        return [one for one in faults if re.search(wanted, one.id)]
    text = b"".join(path.read_bytes() for path in sorted((ROOT / "attnlib").rglob("*.py")))
    first = int(hashlib.sha256(text).hexdigest(), 16)
    return [faults[(first + n * len(faults) // SAMPLE) % len(faults)] for n in range(SAMPLE)]


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(ROOT, tmp_path / "book", ignore=NOT_COPIED)


def test_each_fault_changes_one_place():
    places = [(f"attnlib/{module}.py", *texts) for module, _, *texts in (one.values for one in LIBRARY)]
    places += [texts for _, *texts in (one.values for one in BOOK)]
    for path, was, becomes in places:
        count = (ROOT / path).read_text(encoding="utf-8").count(was)
        assert count == 1, f"{was!r} stands {count} times in {path}"
        assert was != becomes


@pytest.mark.parametrize(("module", "fault", "was", "becomes"), chosen(LIBRARY))
def test_a_fault_in_the_library_is_caught_by_unit_tests_and_by_the_asserts_of_its_chapter(
    copy, module, fault, was, becomes
):
    plant(copy / f"attnlib/{module}.py", was, becomes)
    tests = run(copy, "-m", "pytest", "-o", "addopts=", "-x", "-q", unit_tests(module), *EVERYWHERE)
    assert tests.returncode == 1, f"the unit tests do not notice:\n{tests.stdout[-1500:]}"
    if ONLY_TESTS in fault:
        return
    for chapter in load(ROOT).finished:
        if chapter.budget > QUICK and "FAULTS" not in os.environ:
            continue
        named = re.search(r"\(chapter (\d+)\)", fault)
        if chapter.number == int(named[1]) if named else module in chapter.rooms:
            cells = run(copy / "chapters", "-c", RUN_CELLS, f"{chapter.name}.ipynb")
            assert cells.returncode == 1, f"{chapter.name} does not notice"
            assert "ImportError" not in cells.stderr, cells.stderr


@pytest.mark.parametrize(("test", "path", "was", "becomes"), chosen(BOOK))
def test_a_fault_in_the_book_is_caught(copy, test, path, was, becomes):
    plant(copy / path, was, becomes)
    tests = run(copy, "-m", "pytest", "-o", "addopts=", "-x", "-q", test)
    assert tests.returncode == 1, tests.stdout[-1500:]


def plant(path, was, becomes):
    path.write_text(path.read_text(encoding="utf-8").replace(was, becomes), encoding="utf-8")


def run(folder, *arguments):
    root = next(one for one in (folder, folder.parent) if (one / "attnlib").exists())
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)
