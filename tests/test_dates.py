import datetime
import os
import re
import subprocess
import sys
from functools import cache

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from attnlib.corpora.date_forms import YEARS
from attnlib.corpora.dates import LOCALES, date_pairs
from attnlib.corpora.split import part_of

pytestmark = pytest.mark.usefixtures("plain_errors")  # no shapes here, and thousands of dates
ISO = {"year": (0, 4), "month": (5, 7), "day": (8, 10)}


def texts(pairs):
    return ["".join(pair.source) for pair in pairs]


def drawn(pair):
    """Write under each ISO digit the source characters that it is linked to, in order."""
    return ["".join(pair.source[j] for i, j in sorted(pair.alignment) if i == place) for place in range(10)]


@cache
def every_pair(part, *locales):
    """Return all pairs that there are: their number stands in the words that refuse one more."""
    with pytest.raises(ValueError, match="different texts") as told:
        date_pairs(10**9, part=part, locales=locales)
    return date_pairs(int(re.search(r"only (\d+)", str(told.value))[1]), part=part, locales=locales)


@cache
def sample():
    return date_pairs(1511) + date_pairs(503, part="test")


@pytest.fixture
def pairs(plain_errors):
    return sample()


# by hand


def test_digits_are_linked_to_their_digits_and_a_filling_zero_to_the_first():
    by_text = {"".join(pair.source): pair for pair in every_pair("test", "ko")}
    pair = by_text["1992년 5월 8일"]
    assert "".join(pair.target) == "1992-05-08"
    assert pair.alignment == {(0, 0), (1, 1), (2, 2), (3, 3), (5, 6), (6, 6), (8, 9), (9, 9)}
    assert by_text["1990. 10. 15."].alignment == {(0, 0), (1, 1), (2, 2), (3, 3), (5, 6), (6, 7), (8, 10), (9, 11)}


def test_both_digits_of_a_month_are_linked_to_every_letter_of_its_name():
    by_text = {"".join(pair.source): pair for pair in every_pair("test", "fr")}
    pair = by_text["samedi 19 novembre 1994"]
    assert "".join(pair.target) == "1994-11-19"
    assert drawn(pair) == ["1", "9", "9", "4", "", "novembre", "novembre", "", "1", "9"]
    assert {j for i, j in pair.alignment if i == 8} == {7}, "the 1 of 19, not of 1994"
    assert pair.structure == (("fr", "full", "1994-11-19"),)


# reference


def test_the_text_is_what_babel_writes(pairs):
    for pair in pairs:
        [(locale, style, iso)] = pair.structure
        assert "".join(pair.target) == iso
        day = datetime.date.fromisoformat(iso)
        assert "".join(pair.source) == format_date(day, style, locale)


# invariant


def test_linked_digits_are_equal_and_linked_names_are_whole(pairs):
    for pair in pairs:
        for place, linked in enumerate(drawn(pair)):
            digit, number = pair.target[place], any(map(str.isdigit, linked))
            if digit == "-":
                assert linked == ""
            elif number:
                assert linked == digit or (digit == "0" and linked == drawn(pair)[place + 1])
            else:
                assert place in (5, 6)
                assert len(linked) >= 2
                assert not any(character.isdigit() for character in linked)


def test_years_months_and_days_are_linked_to_different_characters(pairs):
    for pair in pairs:
        fields = [{j for i, j in pair.alignment if first <= i < end} for first, end in ISO.values()]
        assert len(fields[0]) == 4
        assert all(fields)
        assert sum(map(len, fields)) == len(set.union(*fields))


def test_the_same_month_has_the_same_linked_text_in_one_form_and_other_months_have_others(pairs):
    names = {}
    for pair in pairs:
        month = "".join(pair.source[j] for j in sorted({j for i, j in pair.alignment if i in (5, 6)}))
        names.setdefault((pair.structure[0][:2], month), set()).add(pair.target[5:7])
    assert len(names) > 12 * len(LOCALES)
    assert all(len(months) == 1 for months in names.values())


def test_one_source_never_has_two_targets():
    locales = ("en_GB", "es_PR")
    pairs = every_pair("test", *locales)
    assert len(set(texts(pairs))) == len(pairs)
    pairs, readings = [pair for pair in pairs if pair.target[:3] == ("1", "9", "9")], {}
    for locale in locales:
        for style in ("full", "long", "medium", "short"):
            for target in {pair.target for pair in pairs}:
                day = datetime.date.fromisoformat("".join(target))
                readings.setdefault(format_date(day, style, locale), set()).add(target)
    assert all(readings[text] == {pair.target} for text, pair in zip(texts(pairs), pairs))


def test_a_day_that_could_be_a_month_is_left_out_where_two_locales_differ():
    alone = texts(every_pair("test", "en_GB"))
    numeric = [text for text in alone if re.fullmatch(r"\d\d/\d\d/\d{4}", text)]
    both = [text for text in texts(every_pair("test", "en_GB", "es_PR")) if re.fullmatch(r"\d\d/\d\d/\d{4}", text)]
    assert min(int(text[:2]) for text in numeric) == 1
    assert both
    assert all(max(int(text[:2]), int(text[3:5])) > 12 for text in both), "also not 03/03/2026: its alignment is unsure"
    assert {int(text[:2]) > 12 for text in both} == {True, False}, "both orders are still there"


def test_no_test_day_is_met_in_training(pairs):
    parts = {part: {pair.target for pair in date_pairs(1511, part=part, seed=3)} for part in ("train", "test")}
    assert not parts["train"] & parts["test"]
    days = [datetime.date.fromordinal(n).isoformat() for n in range(700_000, 710_000)]
    assert 0.09 < sum(part_of(day) == "test" for day in days) / len(days) < 0.11
    for part, targets in parts.items():
        assert all(part_of("".join(target)) == part for target in targets)


@settings(max_examples=11)
@given(count=st.integers(1, 61), seed=st.integers(0, 1000))
def test_as_many_different_pairs_as_asked_and_the_same_for_the_same_seed(count, seed):
    pairs = date_pairs(count, seed=seed)
    assert len(set(texts(pairs))) == len(pairs) == count
    assert pairs == date_pairs(count, seed=seed)


def test_all_years_locales_and_styles_are_drawn(pairs):
    years = {int("".join(pair.target[:4])) for pair in pairs}
    assert years == set(YEARS)
    assert {pair.structure[0][0] for pair in pairs} == set(LOCALES)
    assert {pair.structure[0][1] for pair in pairs} == {"full", "long", "medium", "short"}
    assert date_pairs(31, seed=1) != date_pairs(31, seed=2)


# edge


def test_every_text_is_given_once_when_all_are_asked():
    pairs = every_pair("test", "ko")
    days = {pair.target for pair in pairs}
    assert len(pairs) == 3 * len(days), "full, long, medium; the short pattern has two digits of the year"
    assert len(every_pair("test", "ko", "ko")) == len(pairs)


def test_another_process_draws_the_same():
    locales = ("en_GB", "fr", "ko")
    code = "from attnlib.corpora.dates import date_pairs as draw; "
    code += f"print(ascii([p.source for p in draw(29, locales={locales})]))"
    environment = {**os.environ, "PYTHONHASHSEED": "1"}  # ours is drawn anew in each run
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert run.stdout == f"{[pair.source for pair in date_pairs(29, locales=locales)]!a}\n".encode()


def test_the_library_itself_does_not_load_babel_and_the_corpus_does_not_load_torch():
    code = "import sys, attnlib; print('babel' in sys.modules); import attnlib.corpora.dates, attnlib.corpora.names; "
    code += "print('torch' in sys.modules, 'babel' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False", "True"]


# error


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: date_pairs(0), ValueError, "count is 0, expected 1 or more"),
        (lambda: date_pairs(2.5), TypeError, "count is 2.5, expected a whole number"),
        (lambda: date_pairs(3, seed="x"), TypeError, "seed is 'x', expected a whole number"),
        (lambda: date_pairs(3, part="dev"), ValueError, "part is 'dev', expected 'train' or 'test'"),
        (lambda: date_pairs(3, part=["test"]), TypeError, "part is ['test'], expected 'train' or 'test'"),
        (lambda: date_pairs(3, locales="ko"), TypeError, "locales is 'ko', expected a list of names: ['ko']"),
        (lambda: date_pairs(3, locales=[]), ValueError, "locales is empty, expected at least one name, such as 'ko'"),
        (lambda: date_pairs(3, locales=["ko", "xx"]), ValueError, "locales has 'xx', which Babel does not know"),
        (lambda: date_pairs(3, locales=["en-US"]), ValueError, "names look like 'ko' or 'en_US'"),
        (lambda: date_pairs(3, locales=[5]), TypeError, "locales has 5, expected names, which are strings: 'ko'"),
        (lambda: date_pairs(3, locales=[["ko"]]), TypeError, "locales has ['ko'], expected names, which are strings"),
        (lambda: date_pairs(3, locales=5), TypeError, "locales is 5, expected a list of names: ['ko', 'fr']"),
        (lambda: date_pairs(10**8), ValueError, "count is 100000000, but these locales write only"),
    ],
)
def test_a_wrong_call_is_told_in_words(call, error, words):
    with pytest.raises(error) as told:
        call()
    assert words in str(told.value)
