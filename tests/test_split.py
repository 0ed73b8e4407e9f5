import hashlib
import re

import pytest

from attnlib.corpora.split import PARTS, check_part, part_of

pytestmark = pytest.mark.usefixtures("plain_errors")

# by hand


def test_the_first_four_bytes_of_a_digest_decide():
    assert hashlib.sha256(b"2026-11-27").hexdigest()[:8] == "1630c263", "below 19999999, a tenth of 2 to the 32"
    assert part_of("2026-11-27") == "test"
    assert hashlib.sha256(b"2026-11-28").hexdigest()[:8] == "4c0d617c"
    assert part_of("2026-11-28") == "train"


# reference


def test_the_part_is_that_of_the_digest_written_in_hexadecimal():
    for key in ("2026-11-21", "Seoul", "서울", "", *map(str, range(499))):
        share = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 16**8
        assert part_of(key) == ("test" if share < 0.1 else "train")


# invariant


def test_one_key_in_ten_is_for_the_test():
    parts = [part_of(f"key {n}") for n in range(9973)]
    assert set(parts) == set(PARTS) == {"train", "test"}
    assert 0.09 < parts.count("test") / len(parts) < 0.11


# error


@pytest.mark.parametrize("part", PARTS)
def test_both_parts_exist(part):
    assert check_part(part) is None


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: check_part("dev"), ValueError, "part is 'dev', expected 'train' or 'test'"),
        (lambda: check_part("tests"), ValueError, "part is 'tests', did you mean 'test'?"),
        (lambda: check_part(["test"]), TypeError, "part is ['test'], expected 'train' or 'test'"),
        (lambda: part_of(5), TypeError, "key is 5, expected a string"),
        (lambda: part_of(("I", "love", "you")), TypeError, "key is ('I', 'love', 'you'), expected a string"),
    ],
)
def test_a_wrong_call_is_told_in_words(call, error, words):
    with pytest.raises(error, match=f"^{re.escape(words)}$"):
        call()
