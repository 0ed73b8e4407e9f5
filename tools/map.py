"""Write what follows from chapters.yml and from the chapters: `make map`.

Contents (_toc.yml), the map in intro.md, the table in README.md, questions.md, the head line of each chapter, and the
style inside each diagram. Only what stands between the marks is written; the rest of a file is left as it is.
"""

import re
from pathlib import Path

import nbformat

from tools.book import HEAD_LINE, ROOT, Book, Chapter, head_line, load
from tools.notebooks import cell_id

BEGIN, END = "written by `make map`", "end of what `make map` writes"
QUESTION = re.compile(r"^\((question-[^)]*)\)=[ \t]*\n+([^\n]*)", re.M)


def between_marks(text: str, made: str, name: str) -> str:
    """Return the text with `made` between its marks."""
    mended, count = re.subn(
        rf"(?<={re.escape(BEGIN)})([^\n]*\n).*?(\n[^\n]*{re.escape(END)})",
        lambda match: f"{match[1]}{made}{match[2]}",
        text,
        flags=re.S,
    )
    if count != 1:
        raise ValueError(
            f"{name} has {count} places to write to, expected one: a line with {BEGIN!r}, one with {END!r}"
        )
    return mended


def contents(book: Book) -> str:
    lines = []
    for part, chapters in book.parts.items():
        files = [f"      - file: chapters/{chapter.name}" for chapter in chapters if book.is_finished(chapter)]
        if files:
            lines += [f'  - caption: "{part}"', "    chapters:", *files]
    return "\n".join(lines)


def titled(book: Book, chapter: Chapter, number: str = "") -> str:
    title = number + chapter.title
    return f"[{title}]({chapter.path})" if book.is_finished(chapter) else title


def front_map(book: Book) -> str:
    lines = [
        "",
        f"{len(book.finished)} of {len(book.chapters)} chapters are finished: those with a link.",
        "",
        "| | chapter | changes | how |",
        "| --- | --- | --- | --- |",
    ]
    for part, chapters in book.parts.items():
        lines.append(f"| | **{part}** | | |")
        lines += [f"| {one.number} | {titled(book, one)} | {one.verb} | {one.how} |" for one in chapters]
    return "\n".join([*lines, ""])


def readme_table(book: Book) -> str:
    lines = [
        "",
        f"{len(book.finished)} of {len(book.chapters)} chapters are finished: those with a link.",
        "",
        "| part | chapters |",
        "| --- | --- |",
    ]
    for part, chapters in book.parts.items():
        names = " · ".join(titled(book, one, f"{one.number} ") for one in chapters)
        lines.append(f"| {part.removeprefix('Part ')} | {names} |")
    return "\n".join([*lines, ""])


def questions(book: Book) -> str:
    lines, seen = [], {}
    for chapter in book.finished:
        found = []
        for name, first in asked(book.root / chapter.path):
            question = re.match(r"\*\*(.+?\?)\*\*", first)
            if not question:
                raise ValueError(f"{chapter.path}: ({name})= stands before {first[:40]!r}, expected **A question?**")
            if name in seen:
                raise ValueError(f"{chapter.path}: ({name})= stands in {seen[name]} already")
            seen[name] = chapter.path
            found.append(f"- [{question[1]}](#{name})")
        if found:
            lines += ["", f"## {chapter.number} · {chapter.title}", "", *found]
    return "\n".join([*lines, ""])


def asked(path: Path) -> list[tuple[str, str]]:
    cells = nbformat.read(path, 4).cells
    return [pair for cell in cells if cell.cell_type == "markdown" for pair in QUESTION.findall(cell.source)]


def headed(book: Book, chapter: Chapter) -> str:
    """Return the chapter's notebook with the head line that it should have; the rest stays, to the byte."""
    notebook = nbformat.read(book.root / chapter.path, 4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
    line = head_line(book, chapter, notebook)
    text = HEAD_LINE.sub(line, first.source) if HEAD_LINE.search(first.source) else f"{first.source}\n\n{line}"
    if text != first.source:
        first.source, first.id = text, cell_id(text)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def styled(svg: str, style: str, name: str) -> str:
    mended, count = re.subn(r"(?<=<style>\n).*?(?=  </style>)", lambda _: style, svg, flags=re.S)
    if count != 1:
        raise ValueError(f"{name} has {count} places for the style of diagrams, expected one: <style>, </style>")
    return mended


def everything(root: Path = ROOT) -> dict[Path, str]:
    """Return each file that `make map` writes to, with the text that it should have."""
    book = load(root)
    pieces = {"_toc.yml": contents, "intro.md": front_map, "README.md": readme_table, "questions.md": questions}
    made = {
        root / name: between_marks((root / name).read_text(encoding="utf-8"), piece(book), name)
        for name, piece in pieces.items()
    }
    made |= {root / chapter.path: headed(book, chapter) for chapter in book.finished}
    diagrams = root / "site/diagrams"
    style = "".join(f"    {line}\n" for line in (diagrams / "diagram.css").read_text(encoding="utf-8").splitlines())
    return made | {
        path: styled(path.read_text(encoding="utf-8"), style, path.name) for path in sorted(diagrams.glob("*.svg"))
    }


def write(root: Path = ROOT) -> list[Path]:
    changed = [path for path, text in everything(root).items() if path.read_text(encoding="utf-8") != text]
    for path, text in everything(root).items():
        if path in changed:
            path.write_text(text, encoding="utf-8")
    return changed


if __name__ == "__main__":
    try:
        for path in write():
            print(f"wrote {path.relative_to(ROOT)}")
    except ValueError as error:
        raise SystemExit(str(error)) from None
