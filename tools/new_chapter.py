"""Lay out a chapter, so that only its content is missing: make chapter NAME=16_normalizers.

Title, rooms and what it builds on come from its row in chapters.yml. A name that has no row is added at the end when it
comes with a title. Whatever is still to write carries a pencil, ✎, and the gate asks for each of them by name.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from nbformat import v4, writes

from tools import map as make_map
from tools.book import ROOT, Book, Chapter, load, module_file, unit_tests

TEMPLATES = Path(__file__).parent / "templates"
ALT = (
    "✎ Say what is seen, with its numbers: the largest of three weights against the length of the query, from one "
    "third at length 0 in a curve that rises towards 1."
)
CAPTION = "✎ The finding in one sentence: the longer the query, the larger its largest weight."
DIAGRAM = (
    "✎ A query and three keys give three scores, the scores give three weights, and the weights read three values."
)


def new_row(number: int, slug: str, title: str) -> str:
    return f"""      - number: {number}
        slug: {slug}
        title: {json.dumps(title, ensure_ascii=False)}
        verb: none
        how: "✎ in a few words"
        room: {slug}
        budget: 1
        keywords: "✎ what a reader would type to find it, synonyms and abbreviations included"
"""


def find_row(book: Book, name: str, title: str | None) -> tuple[Chapter | None, str]:
    """Return the chapter of that name, or None and the row to add; ValueError says what to do instead."""
    if not re.fullmatch(r"\d\d_[a-z][a-z0-9_]*", name):
        raise ValueError(f"NAME is {name!r}, expected two digits and a slug, as in 16_normalizers")
    number, slug = int(name[:2]), name[3:]
    found = next((one for one in book.chapters if one.name == name), None)
    if found and title not in (None, found.title):
        raise ValueError(f"chapters.yml calls {name} {found.title!r}, not {title!r}: change its title there")
    if found:
        return found, ""
    row = new_row(number, slug, title or "Its title")
    for taken in (book.by_number.get(number), book.by_slug.get(slug)):
        if taken:
            raise ValueError(f"chapters.yml has no {name}, but {taken.name}: mend the name, or the row")
    if number != len(book.chapters) + 1:
        raise ValueError(f"chapters.yml ends with {len(book.chapters)}: the next number is {len(book.chapters) + 1}")
    if title is None:
        raise ValueError(f'chapters.yml has no {name}. Say TITLE="…", or add its row where it belongs:\n\n{row}')
    return None, row


def fill(text: str, chapter: Chapter, module: str | None) -> str:
    """Put a chapter's own words into a template; without a module of its own it shows the dot product's."""
    own = f"{chapter.slug}_scores" if module else "dot_product_scores"
    imports = f"from attnlib import attend\nfrom attnlib.{module} import {own}"
    words = {
        "IMPORTS": imports if module else "from attnlib import attend, dot_product_scores",
        "FUNCTION": own,
        "ASSERTED": "scores" if module else "np.array(scores) * 2 / np.sqrt(2)",
        "NUMBER": str(chapter.number),
        "SLUG": chapter.slug,
        "DASHED": chapter.slug.replace("_", "-"),
        "TITLE": chapter.title,
        "MODULE": module or "",
        "VERB": "no verb" if chapter.verb == "none" else chapter.verb,
        "HOW": chapter.how,
        "DIAGRAM": DIAGRAM,
    }
    return re.sub("|".join(words), lambda match: words[match[0]], text)


def notebook(chapter: Chapter, module: str | None) -> str:
    cells = []
    template = fill((TEMPLATES / "chapter.txt").read_text(encoding="utf-8"), chapter, module)
    for kind, tags, source in re.findall(r"^%% (\w+)(.*)\n((?:(?!%% ).*\n)+)", template, re.M):
        metadata = {"tags": tags.split()} if tags else {}
        if kind == "figure":
            name = f"fig-{chapter.slug.replace('_', '-')}-finding"
            metadata["mystnb"] = {"figure": {"caption": CAPTION, "name": name}, "image": {"alt": ALT}}
        make = v4.new_markdown_cell if kind == "markdown" else v4.new_code_cell
        cells.append(make(source.strip(), metadata=metadata))
    return writes(v4.new_notebook(cells=cells)).rstrip("\n") + "\n"


def lay_out(chapter: Chapter, root: Path) -> dict[Path, str]:
    """Return the files of a new chapter: notebook, wrong answers, diagram, and the rooms that are not there yet."""

    def template(name: str, module: str | None) -> str:
        return fill((TEMPLATES / name).read_text(encoding="utf-8"), chapter, module)

    new_rooms = [room for room in chapter.rooms if not module_file(room, root)]
    modules = [room.replace("/", ".") for room in new_rooms]
    module = modules[0] if modules else None
    files = {
        root / chapter.path: notebook(chapter, module),
        root / f"tests/wrong_answers/{chapter.slug}.py": template("wrong_answers.txt", module),
        root / f"site/diagrams/{chapter.slug}.svg": template("diagram.svg", module),
    }
    for room, name in zip(new_rooms, modules):
        files[root / f"attnlib/{room}.py"] = template("module.txt", name)
        files[root / unit_tests(room, [*new_rooms, *chapter.rooms], root)] = template("test.txt", name)
    return files


def add_to_api(chapter: Chapter, room: str, root: Path) -> Path:
    page = root / "api" / f"{room.rpartition('/')[0] or 'mechanism'}.md"
    module = room.replace("/", ".")
    entry = f"\n## {chapter.title}\n\n```{{eval-rst}}\n.. automodule:: attnlib.{module}\n   :members:\n```\n"
    page.write_text(page.read_text(encoding="utf-8") + entry, encoding="utf-8")
    return page


def export(room: str, function: str, root: Path) -> list[Path]:
    """Give a formula of the mechanism a name in `attnlib` itself; a room in a folder is imported by its own name."""
    if "/" in room:
        return []
    path = root / "attnlib/__init__.py"
    head, names = path.read_text(encoding="utf-8").split("__all__ = [\n")
    imports = re.findall(r"^from attnlib\.(?:[^(\n]+|[^)]+\))\n", head, re.M)
    ordered = "".join(sorted([*imports, f"from attnlib.{room} import {function}\n"]))
    exported = sorted([*re.findall(r'"(\w+)"', names), function])
    listed = "".join(f'    "{name}",\n' for name in exported)
    path.write_text(f"{head.replace(''.join(imports), ordered)}__all__ = [\n{listed}]\n", encoding="utf-8")
    return [path]


def make(name: str, title: str | None = None, root: Path = ROOT) -> list[Path]:
    """Lay out a chapter and bring contents and maps up to date; return the files that were written."""
    chapter, row = find_row(load(root), name, title)
    rows = root / "chapters.yml"
    before = rows.read_text(encoding="utf-8")
    if chapter is None:
        rows.write_text(before.rstrip("\n") + "\n" + row, encoding="utf-8")
        try:
            chapter = load(root).chapters[-1]
        except ValueError:
            rows.write_text(before, encoding="utf-8")
            raise
    new_rooms = [room for room in chapter.rooms if not module_file(room, root)]
    files = lay_out(chapter, root)
    taken = [path.relative_to(root).as_posix() for path in files if path.exists()]
    if taken:
        rows.write_text(before, encoding="utf-8")
        raise ValueError(f"{', '.join(taken)} exist already; nothing was written")
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    pages = [add_to_api(chapter, room, root) for room in new_rooms]
    pages += [path for room in new_rooms for path in export(room, f"{chapter.slug}_scores", root)]
    return [*files, *dict.fromkeys(pages), *make_map.write(root)]


def main() -> None:
    sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that has no pencil shows \u270e
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="number and slug, as in 16_normalizers")
    parser.add_argument("--title", help="for a chapter that has no row in chapters.yml yet")
    arguments = parser.parse_args()
    try:
        written = make(arguments.name, arguments.title or None)
    except ValueError as error:
        sys.exit(str(error))
    print("Laid out", *dict.fromkeys(path.relative_to(ROOT).as_posix() for path in written), sep="\n  ")
    print("Next: make notebooks, make lab, and look for ✎.")


if __name__ == "__main__":
    main()
