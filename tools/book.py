"""Read chapters.yml: one row a chapter, checked so that a slip is named by its row and its key.

How long a chapter takes is computed (`Times`), from what its notebook holds. The reading: 200 words of prose a minute,
"Our answer" included, and 4 seconds for a line of code or of a formula that is not folded away. Then 2 minutes for each
prediction, 6 for an exercise on paper and 12 for one with a check, since it is written and tried. Folded solutions are
not counted. Both sums are rounded to 5 minutes, so that a mended sentence changes no head line. The run is the budget.
"""

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parents[1]
VERBS = ("score", "mask", "normalize", "read", "none", "all")
FOLDERS = ("psychology", "models", "training", "corpora")
MOST_SECONDS = 1600
WORDS_A_MINUTE, SECONDS_A_LINE = 200, 4
MINUTES_A_PREDICTION, MINUTES_ON_PAPER, MINUTES_WITH_A_CHECK = 2, 6, 12
NEEDED = {"number": int, "slug": str, "title": str, "verb": str, "how": str, "room": (str, list), "budget": int}
OPTIONAL = {"builds_on": list, "needs": str, "note": str, "waiting": list}
NEEDED |= {"keywords": str}


@dataclasses.dataclass(frozen=True)
class Chapter:
    """One row. `rooms` are modules as in psychology/filter; `part` is the title of the part that it stands in."""

    part: str
    number: int
    slug: str
    title: str
    verb: str
    how: str
    rooms: tuple[str, ...]
    budget: int
    keywords: tuple[str, ...]
    builds_on: tuple[str, ...] = ()
    needs: str = ""
    note: str = ""
    waiting: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.number:02}_{self.slug}"

    @property
    def path(self) -> str:
        return f"chapters/{self.name}.ipynb"

    @property
    def h1(self) -> str:
        return f"# {self.number} · {self.title}"


class Book:
    """All rows, in order, and which of them are finished: those whose notebook exists."""

    def __init__(self, chapters: list[Chapter], root: Path = ROOT):
        self.chapters, self.root = chapters, root
        self.by_slug = {chapter.slug: chapter for chapter in chapters}
        self.by_number = {chapter.number: chapter for chapter in chapters}
        self.parts: dict[str, list[Chapter]] = {}
        for chapter in chapters:
            self.parts.setdefault(chapter.part, []).append(chapter)

    def is_finished(self, chapter: Chapter) -> bool:
        return (self.root / chapter.path).exists()

    @property
    def finished(self) -> list[Chapter]:
        return [chapter for chapter in self.chapters if self.is_finished(chapter)]

    def mention(self, chapter: Chapter, folder: str = "") -> str:
        """Return how prose names a chapter: as a link, or with the words that it is not there yet."""
        words = f"chapter {chapter.number}"
        return f"[{words}]({folder}{chapter.name}.ipynb)" if self.is_finished(chapter) else f"{words}, still to come"


def load(root: Path = ROOT) -> Book:
    """Return the book that chapters.yml describes; ValueError names the row and the key that are wrong."""
    return Book(parse((root / "chapters.yml").read_text(encoding="utf-8")), root)


def parse(text: str) -> list[Chapter]:
    chapters, seen = [], {}
    for part in yaml.safe_load(text)["parts"]:
        for row in part["chapters"]:
            where = f"chapters.yml, row {len(chapters) + 1} ({row.get('slug', 'no slug')})"
            check_row(row, where, len(chapters) + 1, seen)
            rooms = [row["room"]] if isinstance(row["room"], str) else row["room"]
            chapter = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
            del chapter["room"]
            chapter["rooms"] = () if rooms == ["none"] else tuple(rooms)
            chapter["keywords"] = tuple(word.strip() for word in row["keywords"].split(","))
            chapters.append(Chapter(part["title"], **chapter))
            seen[row["slug"]] = chapters[-1]
    total = sum(chapter.budget for chapter in chapters)
    if total > MOST_SECONDS:
        raise ValueError(f"chapters.yml, budget: together {total} CPU seconds, at most {MOST_SECONDS}")
    return chapters


def check_row(row: dict, where: str, number: int, seen: dict) -> None:
    for key in row:
        if key not in NEEDED | OPTIONAL:
            raise ValueError(f"{where}: unknown key {key!r}, expected one of {', '.join(NEEDED | OPTIONAL)}")
    for key, kind in (NEEDED | OPTIONAL).items():
        if key in NEEDED and row.get(key) in (None, ""):
            raise ValueError(f"{where}: no {key}" + (", say `none` if there is none" if key == "room" else ""))
        if key in row and not isinstance(row[key], kind):
            raise ValueError(f"{where}: {key} is {row[key]!r}, expected {'a list' if kind is list else 'a value'}")
    if row["number"] != number:
        raise ValueError(f"{where}: number is {row['number']}, expected {number}: rows stand in reading order")
    if row["verb"] not in VERBS:
        raise ValueError(f"{where}: verb is {row['verb']!r}, expected one of {', '.join(VERBS)}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", row["slug"]):
        raise ValueError(f"{where}: slug is {row['slug']!r}, expected small letters and _, as in fast_weights")
    if row["slug"] in seen:
        raise ValueError(f"{where}: slug stands in row {seen[row['slug']].number} already")
    if row["budget"] <= 0:
        raise ValueError(f"{where}: budget is {row['budget']}, expected CPU seconds")
    for room in [row["room"]] if isinstance(row["room"], str) else row["room"]:
        if not re.fullmatch(rf"(?:(?:{'|'.join(FOLDERS)})/)?[a-z][a-z0-9_]*", room):
            raise ValueError(f"{where}: room is {room!r}, expected a module, alone or in one of {', '.join(FOLDERS)}")
    for slug in row.get("builds_on", []):
        if slug not in seen:
            raise ValueError(f"{where}: builds_on names {slug!r}, which is the slug of no chapter before it")


def module_file(room: str, root: Path = ROOT) -> Path | None:
    """Return the file of a room, as in psychology/filter, or of the folder that it is; None if there is none."""
    places = root / f"attnlib/{room}.py", root / f"attnlib/{room}/__init__.py"
    return next((place for place in places if place.exists()), None)


def unit_tests(room: str, others: Iterable[str] = (), root: Path = ROOT) -> str:
    """Return where a room's tests stand: with its folder in the name where another room has the same name."""
    folder, _, name = room.rpartition("/")
    found = (path.relative_to(root / "attnlib").with_suffix("").as_posix() for path in root.glob("attnlib/**/*.py"))
    same = {other for other in (*found, *others) if other != room and other.rpartition("/")[2] == name}
    return f"tests/test_{folder}_{name}.py" if folder and same else f"tests/test_{name}.py"


@dataclasses.dataclass(frozen=True)
class Times:
    """Minutes to read, minutes for predictions and exercises: see the head of this file."""

    reading: int
    doing: int


def times(notebook: nbformat.NotebookNode) -> Times:
    words = lines = tasks = checks = 0
    solution = False
    for cell in notebook.cells:
        tags, text = set(cell.metadata.get("tags", [])), cell.source
        checks += "exercise" in tags  # its stub: a check may take several cells
        if cell.cell_type == "markdown":
            solution |= "{solution-start}" in text
            tasks += len(re.findall(r"^:::+\{exercise\}", text, re.M))
            told = re.sub(r"^:::+\{(exercise|solution)\}.*?^:::+\s*$", " ", text, flags=re.M | re.S)
            told = re.sub(r"^:::+.*$|^:\w+:.*$", " ", told, flags=re.M)
            lines += sum(len(found.split("\\\\")) for found in re.findall(r"\$\$(.+?)\$\$", told, re.S))
            if not solution:
                words += len(re.sub(r"\$\$.+?\$\$", " ", told, flags=re.S).split())
            solution &= "{solution-end}" not in text
        elif not tags & {"exercise", "check", "solution", "hide-input", "remove-cell"}:
            lines += sum(bool(line.strip()) for line in text.splitlines())
    predictions = sum(cell.source.count(":class: predict") for cell in notebook.cells)
    on_paper = max(tasks - checks, 0)
    doing = predictions * MINUTES_A_PREDICTION + on_paper * MINUTES_ON_PAPER + checks * MINUTES_WITH_A_CHECK
    return Times(to_five(words / WORDS_A_MINUTE + lines * SECONDS_A_LINE / 60), to_five(doing))


def to_five(minutes: float) -> int:
    return max(5, 5 * round(minutes / 5))


HEAD_LINE = re.compile(r"^\*(?:About )?(?:Reading \d+ min|\d+ minutes).*\*$", re.M)


def head_line(book: Book, chapter: Chapter, notebook: nbformat.NotebookNode) -> str:
    """Return the line under a chapter's goals: how long it takes, and what it builds on."""
    takes = times(notebook)
    links = [book.mention(book.by_slug[slug]) for slug in chapter.builds_on]
    known = ", ".join(links[:-1]) + " and " * (len(links) > 1) + "".join(links[-1:])
    builds_on = f"builds on {known}" if known else "builds on nothing" + " but" * bool(chapter.needs)
    builds_on += (", and on " if known else " ") * bool(chapter.needs) + chapter.needs
    parts = [
        f"Reading {takes.reading} min",
        f"predictions and exercises {takes.doing} min",
        f"runs in about {chapter.budget} s",
        *([chapter.note] if chapter.note else []),
        builds_on,
    ]
    return f"*{' · '.join(parts)}*"


MENTION = re.compile(r"\b[Cc]hapters? (\d+(?:(?:, | and | to |–)\d+)*)(?:\]\(([^)\s]*)\))?")
TO_COME = re.compile(r"(?:'s\b|’s\b)?,? (?:(?:which )?(?:is|are) )?(?:still to come|planned)\b")


def stale_mentions(book: Book, text: str, folder: str = "", own: int | None = None) -> list[str]:
    """Return what is wrong with the chapters that a text names, each with its mend; `own` may name itself."""
    text = re.sub(r"(\{cite[^`]*`[^`]*`, )chapter \d+", r"\1", text)  # a chapter of another book
    text = re.sub(r"(?<!`)`[^`\n]+`", "", text)  # what is quoted as code
    wrong = []
    for match in MENTION.finditer(text):
        to_come = TO_COME.match(text, match.end())
        for number in numbers_of(match[1]):
            chapter = book.by_number.get(number)
            if chapter is None:
                wrong.append(f"{match[0]!r}: there is no chapter {number}")
            elif book.is_finished(chapter) and to_come:
                wrong.append(f"{match[0] + to_come[0]!r}: chapter {number} is finished")
            elif book.is_finished(chapter) and number != own and match[2] != f"{folder}{chapter.name}.ipynb":
                wrong.append(f"{match[0]!r}: no link; write {book.mention(chapter, folder)}")
            elif not book.is_finished(chapter) and not to_come:
                wrong.append(f"{match[0]!r}: not written yet; write {book.mention(chapter, folder)}")
    return wrong


def numbers_of(words: str) -> list[int]:
    """Return the numbers in '9, 10', '9 and 10', '9 to 13' or '9–13'."""
    numbers = []
    for word, number in re.findall(r"(^|, | and | to |–)(\d+)", words):
        span = word in (" to ", "–")
        numbers += range(numbers[-1] + 1, int(number) + 1) if span else [int(number)]
    return numbers
