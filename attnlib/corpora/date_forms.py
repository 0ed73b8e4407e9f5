"""The patterns in which a locale writes a date, taken apart: which of its characters say year, month and day."""

import datetime
import itertools
import re
from functools import lru_cache
from typing import NamedTuple

from babel.dates import format_date, get_date_format

YEARS = range(1950, 2050)
STYLES = ("full", "long", "medium", "short")
ISO_POSITIONS = {"year": (0, 1, 2, 3), "month": (5, 6), "day": (8, 9)}

_TOKEN = re.compile(r"'((?:[^']|'')*)'|(([A-Za-z])\3*)|([^A-Za-z']+)")
_ROLES = {"y": "year", "M": "month", "L": "month", "d": "day", "E": "weekday", "c": "weekday", "G": "era"}
_SAMPLES = {
    "month": {month: datetime.date(2001, month, 1) for month in range(1, 13)},
    "day": {day: datetime.date(2001, 1, day) for day in range(1, 32)},
    "weekday": {weekday: datetime.date(2001, 1, weekday + 1) for weekday in range(7)},
    "era": {None: datetime.date(2001, 1, 1)},
}


class Form(NamedTuple):
    """One locale's pattern: its pieces in order, each with what it stands for and its text for each number.

    Examples
    --------
    >>> [role for role, _ in form_of("fr", "long").pieces]
    ['day', 'text', 'month', 'text', 'year']
    """

    locale: str
    style: str
    pieces: tuple[tuple[str, dict], ...]


def form_of(locale: str, style: str) -> Form | None:
    """Take a pattern apart. None if it has a two-digit year or a field other than day, month, year, weekday, era.

    Examples
    --------
    >>> form_of("ko", "short") is None, form_of("ko", "long").pieces[1]
    (True, ('text', {None: '년 '}))
    """
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
    return Form(locale, style, tuple(pieces)) if {"year", "month", "day"} <= {role for role, _ in pieces} else None


def write_date(form: Form, numbers: dict[str, int | None]) -> tuple[str, tuple[tuple[str, int, int], ...]]:
    """Write a date in this form; return the text, and where in it the year, month and day begin and end.

    Examples
    --------
    >>> write_date(form_of("ko", "long"), {"year": 1990, "month": 5, "day": 8})
    ('1990년 5월 8일', (('year', 0, 4), ('month', 6, 8), ('day', 9, 10)))
    """
    text, spans = "", []
    for role, texts in form.pieces:
        piece = texts[numbers.get(role)]
        if role in ISO_POSITIONS:
            spans.append((role, len(text), len(text) + len(piece)))
        text += piece
    return text, tuple(spans)


def align_date(text: str, spans: tuple[tuple[str, int, int], ...]) -> frozenset[tuple[int, int]]:
    """Link each ISO digit to its digit in the text, or to every character of a name that has no digits.

    Examples
    --------
    >>> sorted(align_date("8. Mai", (("month", 3, 6), ("day", 0, 1))))
    [(5, 3), (5, 4), (5, 5), (6, 3), (6, 4), (6, 5), (8, 0), (9, 0)]
    """
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
def usable_forms(locales: tuple[str, ...]) -> tuple[dict, dict]:
    """Find the forms that write each day unambiguously: by (month, day), and with a weekday by (month, day, weekday).

    The year need not be tried: it is the only number of four digits in a text.

    Examples
    --------
    In the fourth of March both digits stand for different things in London and San Juan, so no short form is left:

    >>> plain, _ = usable_forms(("en_GB", "es_PR"))
    >>> [(form.locale, form.style) for form in plain[3, 4]]
    [('en_GB', 'long'), ('en_GB', 'medium'), ('es_PR', 'long')]
    """
    forms = [form for locale in locales for style in STYLES if (form := form_of(locale, style))]
    readings, writers = {}, {}
    leap_year = map(datetime.date.fromordinal, range(730_120, 730_486))  # the days of 2000
    for day, form in itertools.product(leap_year, forms):
        has_weekday = any(role == "weekday" for role, _ in form.pieces)
        for weekday in range(7) if has_weekday else (None,):
            text, spans = write_date(form, {"year": 2000, "month": day.month, "day": day.day, "weekday": weekday})
            readings.setdefault(text, set()).add((day, spans))
            writers.setdefault(text, (form, day, weekday))
    plain = {(day.month, day.day): [] for _, day, _ in writers.values()}
    weekly = {(*key, weekday): [] for key in plain for weekday in range(7)}
    for text, (form, day, weekday) in writers.items():
        if len(readings[text]) == 1:
            key = (day.month, day.day)
            (plain[key] if weekday is None else weekly[*key, weekday]).append(form)
    return plain, weekly
