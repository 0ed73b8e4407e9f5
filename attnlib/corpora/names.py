"""Names of places and languages in English and as another language writes them: real data, from CLDR via Babel."""

import re
import unicodedata
from collections.abc import Iterator

from babel import Locale
from rapidfuzz.distance import Levenshtein

from attnlib.arrays import check_word
from attnlib.corpora.grammar import SentencePair
from attnlib.corpora.split import check_part, part_of

LOCALES = {"korean": "ko", "french": "fr"}
MOST_DIFFERENT = 1 / 3

_NOT_PLACES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
_NOT_LANGUAGES = {"mis", "mul", "und", "zxx"}
_REMARK = re.compile(r"[,;(\[]")
_SYLLABLES = "[가-힣]"
# The class of each Hangul letter, in Unicode's order: P lips, T tongue tip, K throat, S hissing, M, N, L, - unheard.
_INITIALS = "KKNTTLMPPSS-SSSKTP-"
_FINALS = "-KKKNNNTLLLLLLLLMPPTTNTTKTP-"
_LATIN_GROUPS = (("tch|sch|sh|ch|dg(?=[eiy])|c(?=[eiy])", "s"), ("ph", "p"), ("th", "t"), ("x", "ks"))
_LATIN = str.maketrans("bcdfgjklmnpqrstvz", "PKTPKSKLMNPKLSTPS", "aeiouyhw")


def name_pairs(language: str, *, part: str = "train") -> list[SentencePair]:
    """Return English names of territories, cities and languages with their names in Korean or French.

    The tokens are characters. Nobody has said which letter became which syllable, so `alignment` is the empty set: it
    means "unknown" here, not "no links". The structure is ((kind, code, language),): kind is "territory",
    "city" or "language", and code what CLDR calls it: ("city", "Asia/Seoul", "korean").

    A Korean name is kept only if it sounds like the English one: `sound_distance` is at most 1/3. With Babel 2.18 (CLDR
    47) this keeps 999 of 1176 pairs and leaves out translations such as South Korea, 대한민국. It is a rule of thumb:
    it loses some true transliterations (Perth, 퍼스) and lets a few translations pass (Japan, 일본). The names of
    languages lose their last 어, "language". French names, 1017, are all kept: also translations (Germany, Allemagne)
    and the 93 that are spelt as in English. Both leave out names with a remark in brackets or after a comma.

    A name that is given twice (Guam is a territory and a city) keeps the first of territory, city, language. A city is
    there only if CLDR spells it out in that language.

    Parameters
    ----------
    language : {"korean", "french"}
    part : {"train", "test"}
        A name belongs to one part by ``part_of`` its English form, in both languages alike; one in ten is a test name.
        Parts of a name may be met in training: Guinea, Guinea-Bissau.

    Returns
    -------
    pairs : list of SentencePair
        All of them, by kind and CLDR's code.

    Raises
    ------
    ValueError
        If the language or part is unknown.

    References
    ----------
    Unicode Common Locale Data Repository (CLDR), "Locale Display Names" and exemplar cities of time zones.

    Examples
    --------
    >>> names = {"".join(pair.source): "".join(pair.target) for pair in name_pairs("korean")}
    >>> names["Paris"]
    '파리'
    """
    check_word("language", language, LOCALES, "'korean' or 'french'")
    check_part(part)
    first = {}
    for kind, code, english, name in _named(Locale.parse("en"), Locale.parse(LOCALES[language])):
        if language == "korean" and kind == "language":
            name = name.removesuffix("어")
        if not _REMARK.search(english + name):
            first.setdefault(english, (name, (kind, code, language)))
    return [
        SentencePair(source=tuple(english), target=tuple(name), alignment=frozenset(), structure=(entry,))
        for english, (name, entry) in first.items()
        if part_of(english) == part and (language != "korean" or sound_distance(english, name) <= MOST_DIFFERENT)
    ]


def sound_distance(english: str, korean: str) -> float:
    """Compare the consonants of an English and a Korean name: 0 if they agree, 1 if no two do.

    Vowels, h and w are left out, and consonants made in the same place count as equal, for Korean writes both p and f
    as ㅍ, both l and r as ㄹ. What is left is compared by edit distance, as a share of the longer one.

    Raises
    ------
    TypeError
        If a name is no string.

    References
    ----------
    Levenshtein (1966), whose distance ``rapidfuzz`` computes. The classes are ours.

    Examples
    --------
    >>> sound_distance("London", "런던"), sound_distance("Germany", "독일")  # LNTN, LNTN and KLMN, TKL
    (0.0, 0.75)
    """
    for name, text in (("english", english), ("korean", korean)):
        if not isinstance(text, str):
            raise TypeError(f"{name} is {text!r}, expected a string")
    ours, theirs = _latin_consonants(english), _hangul_consonants(korean)
    return Levenshtein.distance(ours, theirs) / max(len(ours), len(theirs), 1)


def _named(english: Locale, other: Locale) -> Iterator[tuple[str, str, str, str]]:
    """Go through (kind, code, English name, other name)."""
    for code in sorted(english.territories.keys() & other.territories.keys() - _NOT_PLACES):
        if code.isalpha():  # the others are numbers of regions: 142 is Asia
            yield "territory", code, english.territories[code], other.territories[code]
    for zone in sorted(other.time_zones):
        city = other.time_zones[zone].get("city")
        if city and not zone.startswith("Etc/"):
            plain = zone.rsplit("/", 1)[1].replace("_", " ")
            yield "city", zone, english.time_zones.get(zone, {}).get("city", plain), city
    for code in sorted(english.languages.keys() & other.languages.keys() - _NOT_LANGUAGES):
        yield "language", code, english.languages[code], other.languages[code]


def _latin_consonants(name: str) -> str:
    name = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if "a" <= c <= "z")
    for group, letters in _LATIN_GROUPS:
        name = re.sub(group, letters, name)
    return _without_repeats(name.translate(_LATIN))


def _hangul_consonants(name: str) -> str:
    places = [ord(syllable) - ord("가") for syllable in re.findall(_SYLLABLES, name)]
    classes = "".join(_INITIALS[place // (21 * 28)] + _FINALS[place % 28] for place in places)
    return _without_repeats(classes.replace("-", ""))


def _without_repeats(classes: str) -> str:
    return re.sub(r"(.)\1+", r"\1", classes)
