"""From sentences to padded arrays of numbers: a vocabulary, a batch, and batches of like length."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from attnlib.arrays import check_count

PAD, BEGIN, END = 0, 1, 2
SPECIAL = ("<pad>", "<begin>", "<end>")


def check_tokens(name: str, sentence: Sequence[str]) -> None:
    """Check that a sentence is not one string, whose tokens would be its letters."""
    if isinstance(sentence, str):
        raise TypeError(f"{name} is the string {sentence!r}, expected a sequence of tokens: {sentence!r}.split()")


class Vocabulary:
    """The tokens of a language, numbered: first padding, begin and end, then all others in alphabetical order.

    Parameters
    ----------
    sentences : iterable of sequences of str
        Every token in them gets a number.

    Examples
    --------
    >>> words = Vocabulary([("I", "love", "you")])
    >>> words.encode(("you", "love", "I"))
    [5, 4, 3]
    >>> words.decode([1, 5, 4, 3, 2, 0, 0])
    ('you', 'love', 'I')
    >>> len(words)
    6
    """

    def __init__(self, sentences: Iterable[Sequence[str]]):
        sentences = list(sentences)
        for sentence in sentences:
            check_tokens("a sentence", sentence)
        tokens = sorted({token for sentence in sentences for token in sentence})
        if not tokens:
            raise ValueError("sentences has no token: a vocabulary needs at least one")
        self.tokens = (*SPECIAL, *tokens)
        self.numbers = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        """Count the tokens, the three special ones included."""
        return len(self.tokens)

    def encode(self, sentence: Sequence[str]) -> list[int]:
        """Turn tokens into numbers.

        Raises
        ------
        ValueError
            If the sentence is empty, or has a token that is not in the vocabulary.
        """
        check_tokens("sentence", sentence)
        if len(sentence) == 0:
            raise ValueError("sentence is empty, expected at least one token")
        for token in sentence:
            if token not in self.numbers:
                near = difflib.get_close_matches(token, self.tokens, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"it knows {len(self) - len(SPECIAL)} tokens"
                raise ValueError(f"token {token!r} is not in the vocabulary: {hint}")
        return [self.numbers[token] for token in sentence]

    def decode(self, numbers: Iterable) -> tuple[str, ...]:
        """Turn numbers into tokens, up to the first end; padding and begin are left out."""
        found = []
        for number in map(int, numbers):
            if number == END:
                break
            if not 0 <= number < len(self):
                raise ValueError(f"a token has the number {number}, expected 0 to {len(self) - 1}")
            if number not in (PAD, BEGIN):
                found.append(self.tokens[number])
        return tuple(found)


class Batch(NamedTuple):
    """Sentence pairs as numbers. The shorter ones are filled with PAD = 0 on the right."""

    source: Int[np.ndarray, "B S"]
    source_lengths: Int[np.ndarray, "B"]
    target: Int[np.ndarray, "B T"]
    """What a decoder is fed: BEGIN, then the target's tokens."""
    goal: Int[np.ndarray, "B T"]
    """What it should answer: the target's tokens, then END."""


def pad(sentences: Sequence[Sequence[int]]) -> tuple[Int[np.ndarray, "B S"], Int[np.ndarray, "B"]]:
    """Stack sentences of numbers into one array, filled with PAD on the right, and return their lengths too.

    Examples
    --------
    >>> pad([[5, 4], [3]])
    (array([[5, 4],
           [3, 0]]), array([2, 1]))
    """
    lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
    if not lengths.size or not lengths.all():
        raise ValueError("sentences holds no sentence, or an empty one: each needs at least one token")
    filled = np.full((len(lengths), lengths.max()), PAD, dtype=np.int64)
    for row, sentence in zip(filled, sentences, strict=True):
        row[: len(sentence)] = sentence
    return filled, lengths


def make_batch(pairs: Sequence, source_words: Vocabulary, target_words: Vocabulary) -> Batch:
    """Encode pairs, anything with a ``source`` and a ``target``, for a decoder that is fed what it should say."""
    targets = [target_words.encode(pair.target) for pair in pairs]
    target, _ = pad([[BEGIN, *numbers] for numbers in targets])
    goal, _ = pad([[*numbers, END] for numbers in targets])
    return Batch(*pad([source_words.encode(pair.source) for pair in pairs]), target, goal)


def batches(
    pairs: Sequence, source_words: Vocabulary, target_words: Vocabulary, *, size: int, seed: int = 0
) -> Iterator[Batch]:
    """Draw batches of like length without end, each epoch in a new order, the same for the same seed.

    Sentences are shuffled, sorted by length within runs of 20 batches, so that little is padding, and the batches
    shuffled again. The few pairs that do not fill a batch, others in each epoch, are left out of it.
    """
    check_count("size", size, least=1)
    if size > len(pairs):
        raise ValueError(f"size is {size}, but there are only {len(pairs)} pairs: a batch cannot be larger than that")
    rng, pool = np.random.default_rng(seed), 20 * size
    while True:
        order = rng.permutation(len(pairs))[: len(pairs) // size * size]
        for start in range(0, len(order), pool):
            run = sorted(order[start : start + pool], key=lambda n: (len(pairs[n].source), len(pairs[n].target)))
            chosen = [run[i : i + size] for i in range(0, len(run), size)]
            for n in rng.permutation(len(chosen)):
                yield make_batch([pairs[m] for m in chosen[n]], source_words, target_words)
