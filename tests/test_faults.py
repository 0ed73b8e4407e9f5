"""Classic mistakes, planted one at a time into a copy of the library, are caught by behaviour.

Every gate plants a sample, another one whenever the library changes. `make faults` plants them all.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.book import load, unit_tests

ROOT = Path(__file__).parents[1]
SAMPLE = 6
ONLY_TESTS = "(tests)"
FAULTS = [
    pytest.param(module, fault, *texts, id=f"{module}: {fault}")
    for module, faults in yaml.safe_load((ROOT / "tests/faults.yml").read_text(encoding="utf-8")).items()
    for fault, texts in faults.items()
]

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


def sample():
    """Return some faults: which ones, the library's own text decides."""
    text = b"".join(path.read_bytes() for path in sorted((ROOT / "attnlib").rglob("*.py")))
    return [FAULTS[(int(hashlib.sha256(text).hexdigest(), 16) + 23 * i) % len(FAULTS)] for i in range(SAMPLE)]


def pytest_generate_tests(metafunc):
    if "fault" in metafunc.fixturenames:
        chosen = FAULTS if os.environ.get("ALL_FAULTS") else sample()
        metafunc.parametrize(("module", "fault", "was", "becomes"), chosen)


@pytest.fixture
def copy(tmp_path):
    for folder in ("attnlib", "tests", "tools", "benchmarks", "chapters"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("conftest.py", "pyproject.toml", "chapters.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_each_fault_changes_one_place():
    for parameters in FAULTS:
        module, fault, was, becomes = parameters.values
        text = (ROOT / f"attnlib/{module}.py").read_text(encoding="utf-8")
        assert text.count(was) == 1, f"{module}, {fault}: {was!r} stands {text.count(was)} times in the module"
        assert was != becomes


def test_a_planted_fault_is_caught_by_unit_tests_and_by_the_asserts_of_its_chapter(copy, module, fault, was, becomes):
    path = copy / f"attnlib/{module}.py"
    path.write_text(path.read_text(encoding="utf-8").replace(was, becomes), encoding="utf-8")
    tests = run(copy, "-m", "pytest", "-o", "addopts=", "-x", "-q", str(copy / unit_tests(module)))
    assert tests.returncode == 1, f"the unit tests do not notice:\n{tests.stdout[-1500:]}"
    if ONLY_TESTS in fault:
        return
    for chapter in load(ROOT).finished:
        if module in chapter.rooms:
            cells = run(copy / "chapters", "-c", RUN_CELLS, str(copy / chapter.path))
            assert cells.returncode == 1, f"{chapter.name} does not notice"
            assert "ImportError" not in cells.stderr, cells.stderr


def run(folder, *arguments):
    root = folder if (folder / "attnlib").exists() else folder.parent
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)
