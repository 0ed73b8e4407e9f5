"""Letters in a row, and three questions whose answers depend on where a letter stands and not only on which it is."""

import numpy as np
from jaxtyping import Int

from attnlib.arrays import check_count, check_share

LETTERS = "abcdefgh"
VOCABULARY = LETTERS + LETTERS.upper()
"""The tokens: eight small letters, then the same eight as capitals."""
QUESTIONS = ("three places back", "the latest capital", "the first capital")
NO_ANSWER = -100
"""What stands where a question has no answer yet: the index that `torch.nn.functional.cross_entropy` leaves out."""


def draw_places(
    rng: np.random.Generator, num_sequences: int, length: int, *, capitals: float = 0.15
) -> tuple[Int[np.ndarray, "N L"], Int[np.ndarray, "N L 3"]]:
    """Draw rows of letters, and the right answers to the three questions at each position.

    The questions are asked at every position of what has been read so far: which letter stood three places back, which
    was the latest capital, which was the first. A capital counts as soon as it is read.

    Parameters
    ----------
    capitals : float
        The share of letters that are capitals.

    Returns
    -------
    tokens : array (num_sequences, length)
        From 0 to 15, as in `VOCABULARY`.
    answers : array (num_sequences, length, 3)
        A letter from 0 to 7, whether small or capital, or `NO_ANSWER`.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole or negative, or `capitals` is not a share.

    Examples
    --------
    >>> tokens, answers = draw_places(np.random.default_rng(8), 1, 6, capitals=0.5)
    >>> spell(tokens[0])
    'fcBHBC'
    >>> [spell(row[row >= 0]) for row in answers[0].T]  # three places back, the latest capital, the first
    ['fcb', 'bhbc', 'bbbb']
    """
    check_count("num_sequences", num_sequences)
    check_count("length", length)
    capitals = check_share("capitals", capitals)
    letters = rng.integers(len(LETTERS), size=(num_sequences, length))
    is_capital = rng.random((num_sequences, length)) < capitals
    answers = np.full((num_sequences, length, len(QUESTIONS)), NO_ANSWER)
    answers[:, 3:, 0] = letters[:, :-3]
    places = np.arange(length)
    latest = np.maximum.accumulate(np.where(is_capital, places, -1), axis=1)
    first = np.maximum.accumulate(np.where(is_capital & (np.cumsum(is_capital, axis=1) == 1), places, -1), axis=1)
    for question, place in ((1, latest), (2, first)):
        found = np.take_along_axis(letters, np.maximum(place, 0), axis=1)
        answers[..., question] = np.where(place >= 0, found, NO_ANSWER)
    return letters + len(LETTERS) * is_capital, answers


def spell(tokens: Int[np.ndarray, "L"]) -> str:
    """Write tokens as letters.

    Examples
    --------
    >>> spell(np.array([0, 9, 2]))
    'aBc'
    """
    return "".join(VOCABULARY[token] for token in tokens)
