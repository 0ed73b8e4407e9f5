"""One rule that parts what is trained on from what is tested on, for every corpus of the book."""

import hashlib

from attnlib.arrays import check_word

PARTS = ("train", "test")
TEST_SHARE = 0.1


def part_of(key: str) -> str:
    """Say which part a key belongs to, "train" or "test": about one in ten is "test", the same on every machine.

    The first four bytes of the key's SHA-256, read as a number, are below a tenth of all such numbers, or they are not.

    Raises
    ------
    TypeError
        If the key is no string.

    Examples
    --------
    >>> [hashlib.sha256(key.encode()).hexdigest()[:8] for key in ("2026-11-19", "2026-11-22")]
    ['089e3699', 'df8e3128']
    >>> hex(int(TEST_SHARE * 2**32)), part_of("2026-11-19"), part_of("2026-11-22")
    ('0x19999999', 'test', 'train')
    """
    if not isinstance(key, str):
        raise TypeError(f"key is {key!r}, expected a string")
    digest = hashlib.sha256(key.encode()).digest()
    return "test" if int.from_bytes(digest[:4], "big") < TEST_SHARE * 2**32 else "train"


def check_part(part: str) -> None:
    """Check that `part` is one of the two that exist.

    Raises
    ------
    ValueError
        If it is neither "train" nor "test".

    Examples
    --------
    >>> check_part("dev")
    Traceback (most recent call last):
    ValueError: part is 'dev', expected 'train' or 'test'
    """
    check_word("part", part, PARTS, "'train' or 'test'")
