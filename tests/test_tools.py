"""What makes the book: rows are checked, times counted, pages written, chapters laid out and run."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from tools import map as make_map
from tools import notebooks, outputs
from tools.book import Book, head_line, load, parse, stale_mentions, times
from tools.outputs import Outputs

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "site"))
from preview import mirror  # noqa: E402

ROWS = """
parts:
  - title: Part I · Begin
    chapters:
      - {number: 1, slug: first, title: First, verb: score, how: by hand, room: none, budget: 5,
         keywords: "QKV, softmax"}
      - {number: 2, slug: second, title: Second, verb: none, how: again, room: [a, models/a], budget: 7, keywords: x,
         builds_on: [first], needs: patience}
      - {number: 3, slug: third, title: Third, verb: all, how: later, room: c, budget: 9, keywords: y}
"""


@pytest.fixture
def book(tmp_path):
    """Three rows, of which two are finished."""
    (tmp_path / "chapters").mkdir()
    for name in ("01_first", "02_second"):
        text = f"# {int(name[:2])} · {name[3:].title()}\n\nA promise."
        nbformat.write(v4.new_notebook(cells=[v4.new_markdown_cell(text)]), tmp_path / f"chapters/{name}.ipynb")
    return Book(parse(ROWS), tmp_path)


# --- the rows ---------------------------------------------------------------------------------------------------------


def test_a_row_is_read_as_it_is_written(book):
    first, second, third = book.chapters
    assert (first.rooms, first.keywords, first.path) == ((), ("QKV", "softmax"), "chapters/01_first.ipynb")
    assert (second.rooms, second.builds_on, second.h1) == (("a", "models/a"), ("first",), "# 2 · Second")
    assert book.finished == [first, second]
    assert book.parts == {"Part I · Begin": [first, second, third]}


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("verb: score", "verb: scoring", "row 1 (first): verb is 'scoring', expected one of score, mask, normalize"),
        ("number: 2", "number: 4", "row 2 (second): number is 4, expected 2"),
        ("number: 2", "number: two", "row 2 (second): number is 'two', expected"),
        ("builds_on: [first]", "builds_on: [fist]", "row 2 (second): builds_on names 'fist'"),
        ("builds_on: [first]", "builds_on: [third]", "row 2 (second): builds_on names 'third'"),
        ("builds_on: [first]", "builds_on: first", "row 2 (second): builds_on is 'first', expected a list"),
        ("slug: third", "slug: first", "row 3 (first): slug stands in row 1 already"),
        ("slug: third", "slug: Third", "row 3 (Third): slug is 'Third', expected small letters"),
        ("slug: third, ", "", "row 3 (no slug): no slug"),
        ("room: c,", "room: [c, toys/c],", "row 3 (third): room is 'toys/c', expected a module, alone or in one of"),
        ("room: c,", "room: c.py,", "row 3 (third): room is 'c.py', expected a module"),
        ("room: c, ", "", "row 3 (third): no room, say `none`"),
        ("how: later", "howto: later", "row 3 (third): unknown key 'howto'"),
        ("budget: 9", "budget: 0", "row 3 (third): budget is 0, expected CPU seconds"),
        ("budget: 9", "budget: 1589", "budget: together 1601 CPU seconds, at most 1600"),
    ],
)
def test_a_slip_is_named_by_its_row_and_its_key(right, wrong, says):
    assert right in ROWS
    with pytest.raises(ValueError, match=re.escape(says)):
        parse(ROWS.replace(right, wrong, 1))


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("see [chapter 1](01_first.ipynb), and chapter 3, still to come", []),
        ("chapters [1](01_first.ipynb) to [2](02_second.ipynb)", []),
        ("Chapter 3 is planned; {cite:t}`hastie2009`, chapter 6, is not ours", []),
        ("write `chapter 1, still to come`, never `chapter 1`", []),
        ("see chapter 1", ["'chapter 1': no link; write [chapter 1](01_first.ipynb)"]),
        ("see [chapter 1](02_second.ipynb)", ["'chapter 1](02_second.ipynb)': no link; write [chapter 1]"]),
        ("In chapters 1 to 2, still to come, we", ["chapter 1 is finished", "chapter 2 is finished"]),
        ("[Chapter 2](02_second.ipynb), still to come", ["chapter 2 is finished"]),
        ("chapters 1 and 3, still to come", ["chapter 1 is finished"]),
        ("the bottleneck of chapter 3", ["'chapter 3': not written yet; write chapter 3, still to come"]),
        ("as chapter 12 has it", ["there is no chapter 12"]),
    ],
)
def test_a_chapter_that_prose_names_is_a_link_or_still_to_come(book, text, complaints):
    found = stale_mentions(book, text)
    assert len(found) == len(complaints), found
    assert all(words in one for words, one in zip(complaints, found)), found


def test_a_chapter_may_name_itself_without_a_link(book):
    assert not stale_mentions(book, "chapter 1", own=1)


# --- the times --------------------------------------------------------------------------------------------------------


def test_times_are_counted_from_words_lines_and_tasks(book):
    exercise = (
        ":::{{exercise}} T\n:label: ex-{0}\n\nDo it.\n:::\n\n:::{{solution}} ex-{0}\n\n" + "word " * 999 + "\n:::"
    )
    cells = [
        v4.new_markdown_cell("# 1 · First\n\n" + "word " * 1996),  # with # 1 · First 2000 words: 10 minutes
        v4.new_code_cell("x = 1\n" * 150),  # 150 lines: 10 minutes
        v4.new_code_cell("x = 1\n" * 500, metadata={"tags": ["hide-input"]}),
        v4.new_markdown_cell(":::{admonition} P\n:class: predict\n:::"),  # 2 minutes
        v4.new_markdown_cell(exercise.format(1)),  # on paper: 6 minutes
        v4.new_markdown_cell(exercise.format(2)),
        v4.new_code_cell("x = 1\n" * 90, metadata={"tags": ["exercise"]}),  # with a check, in two cells: 12 minutes
        v4.new_code_cell("x = 1\n" * 90, metadata={"tags": ["check", "hide-input"]}),
        v4.new_code_cell("x = 1\n" * 90, metadata={"tags": ["check", "hide-input"]}),
        v4.new_markdown_cell("::::{solution-start} ex-2\n::::\n\n" + "word " * 2000),
        v4.new_code_cell("x = 1\n" * 90, metadata={"tags": ["solution"]}),
        v4.new_markdown_cell("::::{solution-end}\n::::"),
    ]
    takes = times(v4.new_notebook(cells=cells))
    assert (takes.reading, takes.doing) == (20, 20)


def test_the_head_line_says_how_long_it_takes_and_what_it_builds_on(book):
    first, second, _ = (head_line(book, chapter, v4.new_notebook()) for chapter in book.chapters)
    assert first == "*Reading 5 min · predictions and exercises 5 min · runs in about 5 s · builds on nothing*"
    assert second.endswith("runs in about 7 s · builds on [chapter 1](01_first.ipynb), and on patience*")


# --- what is written from them ----------------------------------------------------------------------------------------

MARKED = f"before\n<!-- {make_map.BEGIN} -->\nold\n<!-- {make_map.END} -->\nafter\n"


def test_only_what_stands_between_the_marks_is_written():
    made = make_map.between_marks(MARKED, r"new \1", "intro.md")
    assert made == MARKED.replace("old", r"new \1")
    assert make_map.between_marks(made, r"new \1", "intro.md") == made


@pytest.mark.parametrize(("text", "count"), [("no marks", 0), (MARKED * 2, 2)])
def test_a_file_without_its_marks_is_refused(text, count):
    with pytest.raises(ValueError, match=f"intro.md has {count} places to write to, expected one"):
        make_map.between_marks(text, "new", "intro.md")


def test_a_finished_chapter_is_a_link_and_the_others_are_not(book):
    assert "| 2 | [Second](chapters/02_second.ipynb) | none | again |" in make_map.front_map(book)
    assert "| 3 | Third | all | later |" in make_map.front_map(book)
    assert "2 of 3 chapters are finished" in make_map.readme_table(book)
    assert make_map.contents(book).count("file: ") == 2


def test_a_chapter_gets_its_head_line_once(book):
    chapter = book.chapters[1]
    path = book.root / chapter.path
    path.write_text(make_map.headed(book, chapter), encoding="utf-8")
    once = path.read_text(encoding="utf-8")
    assert "A promise.\\n" in once
    assert once.count("runs in about 7 s") == 1
    assert make_map.headed(book, chapter) == once


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        ("(question-why)=\n\nNo question here.", r"\(question-why\)= stands before 'No question here.', expected"),
        ("(question-a)=\n\n**A?** b\n\n(question-a)=\n\n**A?** b", r"\(question-a\)= stands in .*01_first.* already"),
    ],
)
def test_a_marker_stands_before_a_question_and_only_once(book, marker, says):
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell(marker)])
    nbformat.write(notebook, book.root / book.chapters[0].path)
    with pytest.raises(ValueError, match=says):
        make_map.questions(book)


def test_a_diagram_gets_the_one_style_and_one_without_a_place_for_it_is_refused():
    svg = "<svg>\n  <style>\n  </style>\n</svg>\n"
    once = make_map.styled(svg, "    .diagram {}\n", "a.svg")
    assert once == "<svg>\n  <style>\n    .diagram {}\n  </style>\n</svg>\n"
    assert make_map.styled(once, "    .diagram {}\n", "a.svg") == once
    with pytest.raises(ValueError, match=r"a\.svg has 0 places for the style"):
        make_map.styled("<svg></svg>", "", "a.svg")


# --- running ----------------------------------------------------------------------------------------------------------


def chapter_of(path, *sources):
    cells = [v4.new_code_cell(source) for source in sources]
    cells[-1].metadata["tags"] = ["check"]
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


def test_cells_get_their_names_from_their_text_and_checks_are_folded():
    notebook = v4.new_notebook(cells=[v4.new_code_cell("1"), v4.new_code_cell("1", metadata={"tags": ["check"]})])
    notebooks.tidy_cells(notebook)
    first, second = notebook.cells
    names = first.id, second.id
    assert first.id == notebooks.cell_id("1") != second.id
    assert second.metadata.jupyter.source_hidden
    assert "jupyter" not in first.metadata
    notebooks.tidy_cells(notebook)
    assert names == (first.id, second.id)


FILES = {
    "attnlib/__init__.py": "from attnlib.formula import attend",
    "attnlib/formula.py": '"""Attend."""\n\ndef attend(scores):\n    """Read."""\n    return scores',
    "attnlib/figures.py": "def plot():\n    import attnlib.models.loop",
    "attnlib/models/__init__.py": "",
    "attnlib/models/loop.py": "from attnlib.models import rate",
    "attnlib/models/rate.py": "def rate(step, warm_up=100):\n    return step",
    "attnlib/corpora/__init__.py": "",
    "attnlib/corpora/book.py": 'PLACE = "book.txt"',
    "attnlib/corpora/book.txt": "Chapter I",
    "attnlib/book.mplstyle": "lines.linewidth: 1",
    "benchmarks/times.csv": "1,2",
    "elsewhere/kernels/python3/kernel.json": '{"argv": ["false"], "display_name": "Python 3", "language": "python"}',
    "_config.yml": 'sphinx: {config: {book_address: ""}}',
    "chapters.yml": """
parts:
  - title: Part I
    chapters:
      - {number: 1, slug: good, title: A, verb: score, how: a, room: none, budget: 5, keywords: a}
      - {number: 2, slug: bad, title: B, verb: score, how: b, room: none, budget: 5, keywords: b}
      - {number: 3, slug: last, title: C, verb: score, how: c, room: none, budget: 5, keywords: c}
""",
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A small book without chapters, which `make notebooks` takes for its own, where `python3` is a broken kernel."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "chapters").mkdir()
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "elsewhere"))
    return tmp_path


def call_notebooks(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["notebooks", *map(str, arguments)])
    notebooks.main()


def test_a_chapter_that_raises_is_left_alone_and_the_others_run(root, monkeypatch):
    good = chapter_of(root / "chapters/01_good.ipynb", "x = 2", "print(x * 3)")
    bad = chapter_of(root / "chapters/02_bad.ipynb", "print('so far')", "raise ValueError('three keys, two values')")
    last = chapter_of(root / "chapters/03_last.ipynb", "print(7)")
    before = bad.read_bytes()
    with pytest.raises(SystemExit) as stopped:
        call_notebooks(monkeypatch)
    assert "02_bad.ipynb: " in stopped.value.code
    assert "three keys, two values" in stopped.value.code
    assert "good" not in stopped.value.code
    assert bad.read_bytes() == before
    assert [notebooks.why_stale(path, Outputs(root)) for path in (good, bad, last)] == [
        "",
        "02_bad has no line in outputs.lock",
        "",
    ]
    assert nbformat.read(good, 4).cells[1].outputs[0].text == "6\n"
    assert nbformat.read(last, 4).cells[0].outputs[0].text == "7\n"
    once = good.read_bytes()
    notebooks.execute(good)
    assert good.read_bytes() == once, "a second run changes no byte"


def test_what_is_current_is_not_run_again_and_scratch_paper_is_left_alone(root, monkeypatch, capsys):
    chapter_of(root / "chapters/01_good.ipynb", "print(6)")
    scratch = chapter_of(root / "chapters/Untitled.ipynb", "raise ValueError")
    before = scratch.read_bytes()
    call_notebooks(monkeypatch)
    assert capsys.readouterr().out.splitlines() == [
        "Untitled.ipynb is left alone: chapters.yml has no row for it",
        "01_good has no line in outputs.lock",
        "running 01_good.ipynb",
    ]
    call_notebooks(monkeypatch)
    assert capsys.readouterr().out == "Untitled.ipynb is left alone: chapters.yml has no row for it\n"
    assert scratch.read_bytes() == before


# --- what an output depends on ----------------------------------------------------------------------------------------

CELLS = {
    "formula": "from attnlib import attend",
    "training": "%matplotlib inline\nfrom attnlib.models.loop import rate",
    "module": "from attnlib.models import rate",
    "hidden": "from attnlib.figures import plot",  # it imports attnlib inside a function, and so all of it
    "whole": "import attnlib",
    "data": "from attnlib.corpora.book import PLACE",
    "table": 'open("../benchmarks/times.csv")',
    "none": "import numpy",
}
EVERY = set(CELLS)
WHOLE = {"hidden", "whole"}


@pytest.fixture
def chapters(root):
    made = {name: v4.new_notebook(cells=[v4.new_code_cell(source)]) for name, source in CELLS.items()}
    for name, notebook in made.items():
        Outputs(root).record(name, notebook)
    assert not stale_ones(root, made)
    return made


def stale_ones(root, chapters):
    """Return why each chapter is stale, of those that are."""
    reasons = {name: Outputs(root).why_stale(name, notebook) for name, notebook in chapters.items()}
    return {name: reason for name, reason in reasons.items() if reason}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("attnlib/book.mplstyle", "1", "2", EVERY),
        ("attnlib/models/rate.py", "100", "200", {"training", "module"} | WHOLE),
        ("attnlib/formula.py", "return scores", "return -scores", {"formula"} | WHOLE),
        ("attnlib/formula.py", "Read", "Look up", set()),
        ("attnlib/formula.py", "Attend", "Look up", set()),
        ("attnlib/formula.py", "return", "# a comment\n    return", set()),
        ("attnlib/models/__init__.py", "", "import math", {"training", "module"} | WHOLE),
        ("attnlib/corpora/book.txt", "I", "II", {"data"} | WHOLE),
        ("benchmarks/times.csv", "2", "3", {"table"}),
    ],
)
def test_a_chapter_is_stale_when_what_it_depends_on_has_changed_and_only_then(root, chapters, file, old, new, expected):
    text = (root / file).read_text(encoding="utf-8")
    (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    found = stale_ones(root, chapters)
    assert set(found) == expected
    for name, reason in found.items():
        assert reason.startswith(f"{name} is stale: changed after its last run: what it depends on")


def test_a_changed_cell_and_a_changed_output_make_their_own_chapter_stale(root, chapters):
    chapters["none"].cells[0].outputs = [v4.new_output("stream", text="7")]
    chapters["formula"].cells[0].source += "  # as before"
    reason = "{} is stale: changed after its last run: its own cells or outputs"
    assert stale_ones(root, chapters) == {name: reason.format(name) for name in ("formula", "none")}


@pytest.mark.parametrize("package", ["numpy", "torch", "matplotlib"])
def test_another_version_makes_every_chapter_stale_and_another_build_of_the_same_none(
    root, chapters, monkeypatch, package
):
    real = outputs.version
    monkeypatch.setattr(outputs, "version", lambda name: real(name).split("+")[0] + "+cu130")
    assert not stale_ones(root, chapters)
    monkeypatch.setattr(outputs, "version", lambda name: "99.0" if name == package else real(name))
    assert set(stale_ones(root, chapters)) == EVERY


# --- other people's machines ------------------------------------------------------------------------------------------


def test_every_text_file_ends_its_lines_as_the_repository_says():
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout")
    listed = subprocess.run(["git", "ls-files", "--eol"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert len(listed.stdout.splitlines()) > 100
    assert not re.findall(r"^.*\b[iw]/(?:crlf|mixed).*$", listed.stdout, re.M), "`git add --renormalize .`"


def opened_in_an_unknown_encoding(code):
    """Yield what opens text without its encoding, which then is that of the machine."""
    for call in (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        words = ast.unparse(call)
        if name in ("read_text", "write_text", "open") and not re.search(r"encoding=|'[rwx]b'|^wave\.", words):
            yield words


def test_text_is_read_and_written_in_utf_8_on_every_machine():
    files = [
        path for room in ("attnlib", "benchmarks", "site", "tests", "tools") for path in ROOT.glob(f"{room}/**/*.py")
    ]
    found = {str(path): list(opened_in_an_unknown_encoding(path.read_text(encoding="utf-8"))) for path in files}
    assert not {path: words for path, words in found.items() if words}
    assert list(opened_in_an_unknown_encoding("open('a')\nopen('a', 'rb')\np.read_text()")) == [
        "open('a')",
        "p.read_text()",
    ]


# --- a new chapter ----------------------------------------------------------------------------------------------------

COPIED = "chapters chapters.yml attnlib tests tools site api _toc.yml intro.md README.md questions.md outputs.lock"


def run_in(folder, *command):
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONUTF8": "1"}
    words = [word.encode() for word in command]  # an ASCII locale has no “
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The book in another folder, with two new chapters: one that chapters.yml plans, one that it does not know."""
    folder = mirror(tmp_path_factory.mktemp("book"), *COPIED.split(), "pyproject.toml", "conftest.py")
    book = load()
    planned = next(one for one in book.chapters if not book.is_finished(one) and one.rooms)
    scratch = f"{len(book.chapters) + 1}_scratch"
    for command in ([planned.name], [scratch, "--title", "Scratch: a “quoted” title"]):
        done = run_in(folder, "-m", "tools.new_chapter", *command)
        assert done.returncode == 0, done.stderr
    return folder, planned.name, scratch


def test_a_new_chapter_is_green_but_for_its_content(copy):
    folder, *names = copy
    files = [f"chapters/{name}.ipynb" for name in names]
    done = run_in(folder, "-m", "tools.notebooks", *files)
    assert done.returncode == 0, done.stderr
    assert run_in(folder, "-m", "tools.map").stdout == "", "nothing was left to write"
    slugs = [name.split("_", 1)[1] for name in names]
    tests = ["tests/test_chapters.py", "tests/test_exercises.py", "tests/test_import.py"]
    tests += [*(f"tests/test_{slug}.py" for slug in slugs)]
    chosen = " or ".join([*names, *slugs, "stands_in", "finished_one", "chapters_yml", "waits", "diagram", "exported"])
    options = ["-q", "-p", "no:cacheprovider", "-k", chosen, "--tb=short"]
    done = run_in(folder, "-m", "pytest", *options, *tests, *files)
    failed = re.findall(r"^FAILED \S+::(\S+)", done.stdout, re.M)
    assert sorted(failed) == sorted(f"test_nothing_of_the_scaffold_is_left[{name}]" for name in names), done.stdout
    assert "still to write:" in done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 80
    ruff = Path(sys.executable).with_name("ruff")
    new = [*files, *(f"tests/test_{slug}.py" for slug in slugs), *(f"tests/wrong_answers/{slug}.py" for slug in slugs)]
    for job in (["check"], ["format", "--check"]):
        assert subprocess.run([ruff, *job, *new], cwd=folder, capture_output=True).returncode == 0


def test_a_second_call_refuses_and_loses_nothing(copy):
    folder, planned, scratch = copy
    before = {path: path.read_bytes() for path in folder.glob("chapters/*")} | {folder / "chapters.yml": b""}
    before[folder / "chapters.yml"] = (folder / "chapters.yml").read_bytes()
    for command in ([planned], [scratch, "--title", "Scratch: a “quoted” title"]):
        done = run_in(folder, "-m", "tools.new_chapter", *command)
        assert done.returncode == 1
        assert f"chapters/{command[0]}.ipynb" in done.stderr
        assert "exist already; nothing was written" in done.stderr
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["normalizers"], "NAME is 'normalizers', expected two digits and a slug"),
        (["16_Normalizers"], "NAME is '16_Normalizers', expected"),
        (["14_dot_products"], "chapters.yml has no 14_dot_products, but 14_dot_product: mend the name, or the row"),
        (["20_masking", "--title", "M"], "chapters.yml has no 20_masking, but 20_positions"),
        (["88_far_off", "--title", "Far off"], "the next number is"),
        (["14_dot_product", "--title", "Other"], "chapters.yml calls 14_dot_product 'Scaled dot product', not 'Other'"),
        (["47_new"], "the next number is"),
    ],
)
def test_a_name_that_cannot_be_laid_out_says_why(copy, command, says):
    done = run_in(copy[0], "-m", "tools.new_chapter", *command)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_without_a_row_or_a_title_is_told_the_row_to_write(copy):
    done = run_in(copy[0], "-m", "tools.new_chapter", f"{int(copy[2][:2]) + 1}_unknown")
    assert 'Say TITLE="…", or add its row where it belongs' in done.stderr
    assert "slug: unknown" in done.stderr
