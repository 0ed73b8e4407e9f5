"""What tests and cells may not do, and what must agree between files, in the whole repository."""

import ast
import re
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

from tools.notebooks import KERNEL

ROOT = Path(__file__).parents[1]
TESTS = sorted((ROOT / "tests").glob("test_*.py"))
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("api/*.md")])

# A test may assert through these words of pytest and of the browser, and through helpers that assert themselves.
ASSERTING = {"raises", "warns", "wait_for_selector"}
REACHES_OUT = {"requests", "urllib", "http", "socket", "subprocess", "ftplib", "shutil"}
WRITES = {"sleep", "urlopen", "urlretrieve", "write_text", "write_bytes", "savefig", "tofile", "mkdir", "unlink"}
SAVES = {("np", "save"), ("np", "savez"), ("np", "savetxt"), ("torch", "save"), ("torch", "hub")}


def name_of(call):
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def asserts(function, helpers):
    calls = {name_of(node) for node in ast.walk(function) if isinstance(node, ast.Call)}
    return (
        any(isinstance(node, ast.Assert) for node in ast.walk(function))
        or any(name.startswith("assert") for name in calls)
        or bool(calls & (ASSERTING | helpers))
    )


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_each_test_asserts_and_none_is_skipped_with_its_file(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    helpers = {one.name for one in functions if not one.name.startswith("test_") and asserts(one, set())}
    silent = [one.name for one in functions if one.name.startswith("test_") and not asserts(one, helpers)]
    assert not silent, f"tests that assert nothing: {silent}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            assert not isinstance(node.test, ast.Constant | ast.Tuple), f"line {node.lineno} is always true"
            alternatives = node.test.values if isinstance(node.test, ast.BoolOp) else []
            assert not any(isinstance(one, ast.Constant) for one in alternatives), f"line {node.lineno} has a constant"
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            assert not re.search(r"\b(skip|skipif|importorskip|xfail)\b", ast.unparse(node)), "a whole file is skipped"


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_no_relative_tolerance_is_absurd(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg in ("rtol", "rel") and isinstance(node.value, ast.Constant):
            assert node.value.value <= 0.25, f"line {node.value.lineno} accepts an error of {node.value.value:.0%}"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_cell_neither_sleeps_nor_reaches_out_nor_writes_and_hides_its_output_only_where_something_trains(path):
    notebook, trained = nbformat.read(path, 4), False
    assert notebook.metadata["kernelspec"] == KERNEL
    assert notebook.metadata["language_info"] == {"name": "python"}
    for cell in notebook.cells:
        if cell.cell_type != "code" or "on-colab" in cell.metadata.get("tags", []):
            continue
        trained |= bool(re.search(r"\btrain\(|\.backward\(|\blisten\(|\.step\(\)", cell.source))
        assert trained or "nbval-ignore-output" not in cell.metadata.get("tags", []), cell.source[:80]
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
                assert not {name.split(".")[0] for name in names} & REACHES_OUT, cell.source[:80]
            if isinstance(node, ast.Attribute):
                owner = getattr(node.value, "id", "")
                assert node.attr not in WRITES, cell.source[:80]
                assert (owner, node.attr) not in SAVES, cell.source[:80]
            if isinstance(node, ast.Call) and name_of(node) == "open":
                assert not re.search(r"""["'][wax]""", ast.unparse(node)), cell.source[:80]


@pytest.mark.parametrize("path", CHAPTERS + PAGES, ids=lambda path: path.stem)
def test_a_link_says_the_number_of_the_chapter_that_it_leads_to(path):
    links = re.findall(r"\[chapter (\d+)[^\]]*\]\([^)]*?(\d\d)_\w+", path.read_text(encoding="utf-8"), re.I)
    assert not [(said, to) for said, to in links if int(said) != int(to)]


@pytest.mark.parametrize("path", [ROOT / "intro.md", *CHAPTERS], ids=lambda path: path.stem)
def test_what_is_said_of_a_diagram_is_drawn_in_it(path):
    shown = r"!\[([^]]+?)\]\((?:\.\./)?site/diagrams/(\w+)\.svg\)"
    for said, name in re.findall(shown, path.read_text(encoding="utf-8")):
        svg = (ROOT / f"site/diagrams/{name}.svg").read_text(encoding="utf-8")
        drawn = " ".join(re.findall(r">([^<>]+)<", re.sub(r"<(style|title|desc)>.*?</\1>", "", svg, flags=re.S)))
        numbers, labels = (
            [set(re.findall(pattern, text.lower())) for text in (said, drawn)]
            for pattern in (r"\d+(?:\.\d+)?", r"[a-z]{4,}")
        )
        assert numbers[0] <= numbers[1], f"{name}: numbers that are not drawn"
        assert len(labels[0] & labels[1]) >= len(labels[1]) / 3, f"{name}: the labels are hardly named"


def test_the_key_of_a_reference_has_its_year():
    entries = re.findall(r"@\w+\{([^,]+),(.*?)\n\}", (ROOT / "references.bib").read_text(encoding="utf-8"), re.S)
    years = {key: re.search(r"\byear\s*=\s*\D?(\d{4})", entry)[1] for key, entry in entries}
    assert len(years) > 50
    assert not [key for key, year in years.items() if year not in key]


def test_the_citation_and_the_package_have_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == package["version"]
