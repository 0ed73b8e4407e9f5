"""Dates as people write them in many languages, and in ISO 8601: a known alignment, from CLDR through Babel."""

import bisect
import datetime
import hashlib
import itertools
import random
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, get_date_format

from attnlib.arrays import check_count
from attnlib.corpora.grammar import SentencePair

YEARS = range(1950, 2050)
STYLES = ("full", "long", "medium", "short")
LOCALES = (
    *("en_US", "en_GB", "fr", "de", "es", "es_PR", "it", "pt", "nl", "sv", "fi", "hu", "tr", "vi", "id"),
    *("pl", "cs", "ru", "uk", "el", "he", "ar", "hi", "th", "ko", "ja", "zh_Hans"),
)
ISO_POSITIONS = {"year": (0, 1, 2, 3), "month": (5, 6), "day": (8, 9)}

_TOKEN = re.compile(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|([^A-Za-z']+)")
_ROLES = {"y": "year", "M": "month", "L": "month", "d": "day", "E": "weekday", "c": "weekday", "G": "era"}
_SAMPLES = {
    "month": {month: datetime.date(2001, month, 1) for month in range(1, 13)},
    "day": {day: datetime.date(2001, 1, day) for day in range(1, 32)},
    "weekday": {weekday: datetime.date(2001, 1, weekday + 1) for weekday in range(7)},
    "era": {None: datetime.date(2001, 1, 1)},
}


class _Form(NamedTuple):
    """One locale's pattern: its pieces in order, each with what it stands for and its text for each number."""

    locale: str
    style: str
    pieces: tuple[tuple[str, dict], ...]


def date_pairs(
    count: int, *, seed: int = 0, part: str = "train", locales: Sequence[str] | None = None
) -> list[SentencePair]:
    """Draw dates between 1950 and 2049, each in the pattern of some locale, with its ten ISO characters as target.

    The tokens are characters (Unicode code points), exactly those of ``babel.dates.format_date``. Babel counts in the
    Gregorian calendar and writes Latin digits everywhere, also where people use others (Arabic, Hindi, Thai).

    Alignment: where the source has a number, each ISO digit is linked to that digit of it, and a zero that fills up
    ("5" → "05") to the number's first digit. Where it has a month's name, both digits are linked to every character of
    the name. The two hyphens, target positions 4 and 7, have no link: nothing in the source says them. Weekdays, eras
    and punctuation are not linked either.

    A source has one target and one alignment: a text that two of the `locales` would read differently is left out. By
    default so are 03/04/2026, the third of April in London and the fourth of March in San Juan, and 03/03/2026, whose
    month London sees in the second place and San Juan in the first. Patterns with a two-digit year are left out too.

    Parameters
    ----------
    count : int
        How many pairs, all with different sources.
    seed : int
        The same seed gives the same pairs, for one release of Babel and its CLDR.
    part : {"train", "test"}
        A calendar day belongs to one part in all its forms; one day in ten is a test day.
    locales : sequence of str, optional
        Babel's names, `LOCALES` by default.

    Returns
    -------
    pairs : list of SentencePair
        The structure is ((locale, style, ISO date),), with the first locale in order of those that write this text.

    Raises
    ------
    TypeError, ValueError
        If a locale or part is unknown, or `count` is not from 1 to the number of texts that exist.

    References
    ----------
    Unicode Common Locale Data Repository (CLDR), "Dates"; ISO 8601.

    Examples
    --------
    >>> [pair] = date_pairs(1, locales=["ko"])
    >>> len(pair.target), pair.structure[0][0]
    (10, 'ko')
    >>> year = "".join(pair.source[place] for _, place in sorted(pair.alignment)[:4])
    >>> year == "".join(pair.target[:4])
    True
    """
    check_count("count", count, least=1)
    check_count("seed", seed)
    days = _days(part)
    forms, weekly = _usable_forms(_checked_locales(locales))
    ends = [0]
    for day in days:
        ends.append(ends[-1] + len(forms[day.month, day.day]) + len(weekly[day.month, day.day, day.weekday()]))
    if count > ends[-1]:
        raise ValueError(f"count is {count}, but these locales write only {ends[-1]} different texts in part {part!r}")
    pairs = []
    for index in random.Random(int(seed)).sample(range(ends[-1]), int(count)):
        place = bisect.bisect_right(ends, index) - 1
        day = days[place]
        choices = forms[day.month, day.day] + weekly[day.month, day.day, day.weekday()]
        pairs.append(_pair(choices[index - ends[place]], day))
    return pairs


def part_of(key: str) -> str:
    """Say which part a key belongs to, "train" or "test": one in ten is "test", the same on every machine.

    Examples
    --------
    >>> [part_of(f"2026-11-{day}") for day in (21, 22)]
    ['train', 'train']
    """
    return "test" if int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % 10 == 0 else "train"


def check_part(part: str) -> None:
    """Check that `part` is one of the two that exist."""
    if part not in ("train", "test"):
        raise ValueError(f"part is {part!r}, expected 'train' or 'test'")


@lru_cache
def _days(part: str) -> tuple[datetime.date, ...]:
    check_part(part)
    first, last = datetime.date(YEARS[0], 1, 1).toordinal(), datetime.date(YEARS[-1], 12, 31).toordinal()
    days = map(datetime.date.fromordinal, range(first, last + 1))
    return tuple(day for day in days if part_of(day.isoformat()) == part)


def _checked_locales(locales: Sequence[str] | None) -> tuple[str, ...]:
    if isinstance(locales, str):
        raise TypeError(f"locales is {locales!r}, expected a list of names: [{locales!r}]")
    locales = LOCALES if locales is None else tuple(locales)
    if not locales:
        raise ValueError("locales is empty, expected at least one name, such as 'ko'")
    for name in locales:
        try:
            Locale.parse(name)
        except (UnknownLocaleError, ValueError, TypeError):
            known = "names look like 'ko' or 'en_US', babel.localedata.locale_identifiers() lists them"
            raise ValueError(f"locales has {name!r}, which Babel does not know: {known}") from None
    return locales


def _form(locale: str, style: str) -> _Form | None:
    """Take a pattern apart. None if it has a two-digit year or a field other than day, month, year, weekday, era."""
    pieces = []
    for quoted, field, letter, plain in _TOKEN.findall(get_date_format(style, locale).pattern):
        role = _ROLES.get(letter)
        if not field:
            pieces.append(("text", {None: quoted.replace("''", "'") or plain or "'"}))
        elif role in _SAMPLES:
            texts = {number: format_date(date, field, locale) for number, date in _SAMPLES[role].items()}
            pieces.append((role, texts))
        elif field in ("y", "yyyy"):
            pieces.append(("year", {year: str(year) for year in YEARS}))
        else:
            return None
    return _Form(locale, style, tuple(pieces)) if {"year", "month", "day"} <= {role for role, _ in pieces} else None


def _write(form: _Form, numbers: dict[str, int | None]) -> tuple[str, tuple[tuple[str, int, int], ...]]:
    """Write a date in this form; return the text, and where in it the year, month and day begin and end."""
    text, spans = "", []
    for role, texts in form.pieces:
        piece = texts[numbers.get(role)]
        if role in ISO_POSITIONS:
            spans.append((role, len(text), len(text) + len(piece)))
        text += piece
    return text, tuple(spans)


def _align(text: str, spans: tuple[tuple[str, int, int], ...]) -> frozenset[tuple[int, int]]:
    """Link each ISO digit to its digit in the text, or to every character of a name that has no digits."""
    links = set()
    for role, start, stop in spans:
        iso = ISO_POSITIONS[role]
        digits = [i for i in range(start, stop) if text[i].isdigit()]
        if digits:
            links |= set(zip(iso, [digits[0]] * (len(iso) - len(digits)) + digits))
        else:
            links |= set(itertools.product(iso, range(start, stop)))
    return frozenset(links)


@lru_cache(maxsize=8)
def _usable_forms(locales: tuple[str, ...]) -> tuple[dict, dict]:
    """Find the forms that write each day unambiguously: by (month, day), and with a weekday by (month, day, weekday).

    The year need not be tried: it is the only number of four digits in a text.
    """
    forms = [form for locale in locales for style in STYLES if (form := _form(locale, style))]
    readings, writers = {}, {}
    leap_year = map(datetime.date.fromordinal, range(730_120, 730_486))  # the days of 2000
    for day, form in itertools.product(leap_year, forms):
        has_weekday = any(role == "weekday" for role, _ in form.pieces)
        for weekday in range(7) if has_weekday else (None,):
            text, spans = _write(form, {"year": 2000, "month": day.month, "day": day.day, "weekday": weekday})
            readings.setdefault(text, set()).add((day, spans))
            writers.setdefault(text, (form, day, weekday))
    plain = {(day.month, day.day): [] for _, day, _ in writers.values()}
    weekly = {(*key, weekday): [] for key in plain for weekday in range(7)}
    for text, (form, day, weekday) in writers.items():
        if len(readings[text]) == 1:
            key = (day.month, day.day)
            (plain[key] if weekday is None else weekly[*key, weekday]).append(form)
    return plain, weekly


def _pair(form: _Form, day: datetime.date) -> SentencePair:
    numbers = {"year": day.year, "month": day.month, "day": day.day, "weekday": day.weekday()}
    text, spans = _write(form, numbers)
    structure = ((form.locale, form.style, day.isoformat()),)
    return SentencePair(tuple(text), tuple(day.isoformat()), _align(text, spans), structure)
