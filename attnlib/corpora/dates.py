"""Dates as people write them in many languages, and in ISO 8601: a known alignment, from CLDR through Babel."""

import bisect
import datetime
import random
from collections.abc import Collection, Sequence
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from attnlib.arrays import check_count
from attnlib.corpora.date_forms import YEARS, Form, align_date, usable_forms, write_date
from attnlib.corpora.grammar import SentencePair
from attnlib.corpora.split import check_part, part_of

LOCALES = (
    *("en_US", "en_GB", "fr", "de", "es", "es_PR", "it", "pt", "nl", "sv", "fi", "hu", "tr", "vi", "id"),
    *("pl", "cs", "ru", "uk", "el", "he", "ar", "hi", "th", "ko", "ja", "zh_Hans"),
)


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
        A calendar day belongs to one part in all its forms, by ``part_of`` its ISO date; one in ten is a test day.
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
    check_part(part)
    days = _days(part)
    forms, weekly = usable_forms(_checked_locales(locales))
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


@lru_cache
def _days(part: str) -> tuple[datetime.date, ...]:
    first, last = datetime.date(YEARS[0], 1, 1).toordinal(), datetime.date(YEARS[-1], 12, 31).toordinal()
    days = map(datetime.date.fromordinal, range(first, last + 1))
    return tuple(day for day in days if part_of(day.isoformat()) == part)


def _checked_locales(locales: Sequence[str] | None) -> tuple[str, ...]:
    if isinstance(locales, str) or not (locales is None or isinstance(locales, Collection)):
        mend = f"[{locales!r}]" if isinstance(locales, str) else "['ko', 'fr']"
        raise TypeError(f"locales is {locales!r}, expected a list of names: {mend}")
    locales = LOCALES if locales is None else tuple(locales)
    if not locales:
        raise ValueError("locales is empty, expected at least one name, such as 'ko'")
    for name in locales:
        if not isinstance(name, str):
            raise TypeError(f"locales has {name!r}, expected names, which are strings: 'ko'")
        try:
            Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            known = "names look like 'ko' or 'en_US', babel.localedata.locale_identifiers() lists them"
            raise ValueError(f"locales has {name!r}, which Babel does not know: {known}") from None
    return locales


def _pair(form: Form, day: datetime.date) -> SentencePair:
    numbers = {"year": day.year, "month": day.month, "day": day.day, "weekday": day.weekday()}
    text, spans = write_date(form, numbers)
    structure = ((form.locale, form.style, day.isoformat()),)
    return SentencePair(tuple(text), tuple(day.isoformat()), align_date(text, spans), structure)
