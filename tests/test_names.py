import os
import re
import subprocess
import sys
import unicodedata
from functools import cache

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from attnlib.corpora.names import LOCALES, name_pairs, sound_distance
from attnlib.corpora.split import part_of

pytestmark = pytest.mark.usefixtures("plain_errors")  # no shapes here, and a thousand names
HANGUL = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=7)


@pytest.fixture(params=sorted(LOCALES))
def language(request):
    return request.param


@cache
def both_parts(language):
    return [pair for part in ("train", "test") for pair in name_pairs(language, part=part)]


def names(language):
    return {"".join(pair.source): "".join(pair.target) for pair in both_parts(language)}


# by hand


def test_well_known_names_are_there():
    korean, french = names("korean"), names("french")
    assert korean["Paris"] == "파리"
    assert korean["Seoul"] == "서울"
    assert korean["Basque"] == "바스크", "without 어, language"
    assert french["London"] == "Londres"
    assert french["Germany"] == "Allemagne"


def test_translations_are_not_among_the_korean_names():
    assert not {"South Korea", "Germany", "United Kingdom", "United States"} & names("korean").keys()
    assert "United States" in names("french")


def test_consonants_are_compared_by_where_they_are_made():
    assert sound_distance("London", "런던") == 0, "LNTN, LNTN"
    assert sound_distance("Philippines", "필리핀") == 1 / 5, "PLPNS, PLPN"
    assert sound_distance("Germany", "독일") == 3 / 4, "KLMN, TKL: nothing but one L in common"
    assert sound_distance("Chicago", "시카고") == 0, "SKK and SKK, each doubled letter once"
    assert sound_distance("Paris", "파리") == 1 / 3, "the last one that is kept"
    assert sound_distance("Mexico", "멕시코") == 0, "x is two consonants"
    assert sound_distance("Aoyeu", "아어") == 0, "no consonant at all"


# reference


def test_the_classes_of_the_hangul_letters_are_those_of_their_names_in_unicode():
    classes = dict.fromkeys(["G", "GG", "K", "N", "D", "DD", "T", "R", "M", "B", "BB", "P", "S", "SS", "J", "JJ", "C"])
    classes |= dict.fromkeys(["G", "GG", "K"], "k") | dict.fromkeys(["D", "DD", "T"], "t")
    classes |= dict.fromkeys(["B", "BB", "P"], "p") | dict.fromkeys(["S", "SS", "J", "JJ", "C"], "s")
    classes |= {"N": "n", "R": "l", "M": "m", "H": "", "": ""}
    for place in range(19):
        syllable = chr(0xAC00 + place * 21 * 28)  # the consonant with the vowel a
        consonant = unicodedata.name(syllable).removeprefix("HANGUL SYLLABLE ").removesuffix("A")
        assert sound_distance(classes[consonant], syllable) == 0, (syllable, consonant)
    finals = " gggnnndllllllllmbbttnttktp "
    for place, heard in enumerate(finals):
        # a cluster is heard by its first letter: 값 is "gap"
        assert sound_distance(heard, chr(0xAC00 + 11 * 21 * 28 + place)) == 0, place


def test_places_are_what_babel_calls_them(language):
    english, other = Locale.parse("en").territories, Locale.parse(LOCALES[language]).territories
    known = {(english[code], other[code]) for code in english.keys() & other.keys()}
    places = [pair for pair in both_parts(language) if pair.structure[0][0] == "territory"]
    assert {("".join(pair.source), "".join(pair.target)) for pair in places} <= known
    cities = {zone.get("city") for zone in Locale.parse(LOCALES[language]).time_zones.values()}
    found = ["".join(pair.target) for pair in both_parts(language) if pair.structure[0][0] == "city"]
    assert len(found) > 100
    assert set(found) <= cities


@given(a=st.text("PTKSMNL", max_size=7), b=st.text("PTKSMNL", max_size=7))
def test_the_edit_distance_is_the_fewest_changes_found_by_trying_all(a, b):
    @cache
    def fewest(i, j):
        if not i or not j:
            return i + j
        return min(fewest(i - 1, j) + 1, fewest(i, j - 1) + 1, fewest(i - 1, j - 1) + (a[i - 1] != b[j - 1]))

    syllables = dict(zip("PTKSMNL", "바다가사마나라"))  # each with the vowel a
    plain = [re.sub(r"(.)\1+", r"\1", word) for word in (a, b)]
    a, b = plain
    expected = fewest(len(a), len(b)) / max(len(a), len(b), 1)
    assert sound_distance("a".join(a), "".join(syllables[letter] for letter in b)) == expected


# invariant


def test_there_are_enough_names_and_one_in_ten_is_kept_for_the_test(language):
    train, test = name_pairs(language), name_pairs(language, part="test")
    assert len(train) + len(test) > 900
    assert 0.08 < len(test) / (len(train) + len(test)) < 0.14
    places = [pair for pair in train + test if pair.structure[0][0] != "language"]
    assert len(places) >= (500 if language == "korean" else 350)


def test_a_name_is_in_one_part_once_and_in_both_languages_alike(language):
    sources = [pair.source for pair in both_parts(language)]
    assert len(set(sources)) == len(sources)
    for part in ("train", "test"):
        assert all(part_of("".join(pair.source)) == part for pair in name_pairs(language, part=part))


def test_no_alignment_is_claimed_and_every_name_has_characters_and_no_remark(language):
    for pair in both_parts(language):
        assert pair.alignment == frozenset()
        assert pair.structure[0][0] in {"territory", "city", "language"}
        assert pair.source
        assert pair.target
        assert all(len(token) == 1 for token in pair.source + pair.target)
        assert not set("()[],;") & set(pair.source + pair.target)
        assert unicodedata.is_normalized("NFC", "".join(pair.source + pair.target))


def test_every_korean_name_is_in_hangul_and_sounds_like_the_english_one():
    for english, korean in names("korean").items():
        assert any("가" <= character <= "힣" for character in korean)
        assert not any(character.isascii() and character.isalpha() for character in korean)
        assert sound_distance(english, korean) <= 1 / 3


@given(english=st.text("abcdefghijklmnopqrstuvwxyz éÅ-", max_size=11), korean=HANGUL)
def test_a_distance_is_a_share_and_case_accents_and_spaces_do_not_change_it(english, korean):
    distance = sound_distance(english, korean)
    assert 0 <= distance <= 1
    plain = "".join(c for c in unicodedata.normalize("NFKD", english) if c.isascii()).replace("-", " ")
    assert sound_distance(plain.upper(), f" {korean}-") == distance


# edge


def test_a_second_call_is_a_new_list_with_the_same_names(language):
    once = name_pairs(language)
    once.clear()
    assert name_pairs(language)


def test_another_process_gives_the_same_names_in_the_same_order():
    code = "from attnlib.corpora.names import LOCALES, name_pairs as n; "
    code += "print(ascii([p.target for language in LOCALES for p in n(language)]))"
    environment = {**os.environ, "PYTHONHASHSEED": "1"}  # ours is drawn anew in each run
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    expected = [pair.target for language in LOCALES for pair in name_pairs(language)]
    assert run.stdout == f"{expected!a}\n".encode()


# error


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: name_pairs("german"), ValueError, "language is 'german', expected 'korean' or 'french'"),
        (lambda: name_pairs("ko"), ValueError, "language is 'ko', expected 'korean' or 'french'"),
        (lambda: name_pairs("Korean"), ValueError, r"language is 'Korean', did you mean 'korean'\?"),
        (lambda: name_pairs(["korean"]), TypeError, r"language is \['korean'\], expected 'korean' or 'french'"),
        (lambda: name_pairs("korean", part="dev"), ValueError, "part is 'dev', expected 'train' or 'test'"),
        (lambda: sound_distance(5, "런던"), TypeError, "english is 5, expected a string"),
        (lambda: sound_distance("London", None), TypeError, "korean is None, expected a string"),
    ],
)
def test_a_wrong_call_is_told_in_words(call, error, words):
    with pytest.raises(error, match=f"^{words}$"):
        call()
