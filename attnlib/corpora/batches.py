"""From sentence pairs to padded arrays of numbers: a batch, and batches of like length."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from reprlib import repr as brief
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from attnlib.arrays import check_count
from attnlib.corpora.vocabulary import BEGIN, END, PAD, Vocabulary, check_vocabulary

__all__ = ["BEGIN", "END", "PAD", "Batch", "Vocabulary", "batches", "check_batch", "check_corpus", "make_batch", "pad"]


class Batch(NamedTuple):
    """Sentence pairs as numbers. The shorter ones are filled with PAD = 0 on the right.

    Examples
    --------
    >>> Batch(*pad([[4, 5], [4]]), *(pad([[1, 4], [1]])[0], pad([[4, 2], [2]])[0])).source.tolist()
    [[4, 5], [4, 0]]
    """

    source: Int[np.ndarray, "B S"]
    source_lengths: Int[np.ndarray, "B"]
    target: Int[np.ndarray, "B T"]
    """What a decoder is fed: BEGIN, then the target's tokens."""
    goal: Int[np.ndarray, "B T"]
    """What it should answer: the target's tokens, then END."""


def pad(sentences: Sequence[Sequence[int]]) -> tuple[Int[np.ndarray, "B S"], Int[np.ndarray, "B"]]:
    """Stack sentences of numbers into one array, filled with PAD on the right, and return their lengths too.

    Raises
    ------
    TypeError, ValueError
        If `sentences` are no sequences of whole numbers, or there is none, or one of them is empty.

    Examples
    --------
    >>> pad([[5, 4], [3]])
    (array([[5, 4],
           [3, 0]]), array([2, 1]))
    """
    for sentence in [sentences] if not isinstance(sentences, Collection) else sentences:
        if not isinstance(sentence, Collection) or not all(hasattr(number, "__index__") for number in sentence):
            raise TypeError(f"sentences holds {brief(sentence)}, expected sequences of whole numbers: [[5, 4], [3]]")
    lengths = np.array([len(sentence) for sentence in sentences], dtype=np.int64)
    if not lengths.size or not lengths.all():
        raise ValueError("sentences holds no sentence, or an empty one: each needs at least one token")
    filled = np.full((len(lengths), lengths.max()), PAD, dtype=np.int64)
    for row, sentence in zip(filled, sentences, strict=True):
        row[: len(sentence)] = sentence
    return filled, lengths


def make_batch(pairs: Sequence, source_words: Vocabulary, target_words: Vocabulary) -> Batch:
    """Encode pairs, anything with a ``source`` and a ``target``, for a decoder that is fed what it should say.

    Raises
    ------
    TypeError, ValueError
        If `pairs` is no list of pairs or has none, a vocabulary is none, or a token is not in it.

    Examples
    --------
    >>> from attnlib.corpora.grammar import Clause, translate
    >>> pair = translate(Clause("I", "sleep"), "french")
    >>> batch = make_batch([pair], Vocabulary([pair.source]), Vocabulary([pair.target]))
    >>> batch.source.tolist(), batch.target.tolist(), batch.goal.tolist()  # begin je dors . and je dors . end
    ([[4, 5, 3]], [[1, 5, 4, 3]], [[5, 4, 3, 2]])
    """
    check_corpus("pairs", pairs)
    check_vocabulary("source_words", source_words)
    check_vocabulary("target_words", target_words)
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

    Raises
    ------
    TypeError, ValueError
        If `size` is not from 1 to the number of pairs, `seed` is negative, or for what ``make_batch`` refuses.

    Examples
    --------
    >>> from attnlib.corpora.grammar import sentence_pairs
    >>> pairs = sentence_pairs("french", 100)
    >>> data = batches(pairs, Vocabulary(p.source for p in pairs), Vocabulary(p.target for p in pairs), size=8)
    >>> next(data).source_lengths.shape
    (8,)
    """
    check_corpus("pairs", pairs)
    check_vocabulary("source_words", source_words)
    check_vocabulary("target_words", target_words)
    check_count("size", size, least=1)
    check_count("seed", seed)
    if size > len(pairs):
        raise ValueError(f"size is {size}, but there are only {len(pairs)} pairs: a batch cannot be larger than that")
    return _drawn(pairs, source_words, target_words, size, seed)


def _drawn(pairs, source_words, target_words, size, seed) -> Iterator[Batch]:
    rng, pool = np.random.default_rng(seed), 20 * size
    while True:
        order = rng.permutation(len(pairs))[: len(pairs) // size * size]
        for start in range(0, len(order), pool):
            run = sorted(order[start : start + pool], key=lambda n: (len(pairs[n].source), len(pairs[n].target)))
            chosen = [run[i : i + size] for i in range(0, len(run), size)]
            for n in rng.permutation(len(chosen)):
                yield make_batch([pairs[m] for m in chosen[n]], source_words, target_words)


def check_corpus(name: str, pairs: Any, *parts: str) -> None:
    """Check that `pairs` is a list of at least one pair with the named parts, source and target unless others are.

    Raises
    ------
    TypeError, ValueError
        If it is one pair, no list, empty, or holds anything without one of the parts.
    """
    parts = parts or ("source", "target")
    if hasattr(pairs, parts[0]):
        raise TypeError(f"{name} is one pair, expected a list of them: [{name}]")
    if not isinstance(pairs, Collection):
        mend = f"list({name})" if isinstance(pairs, Iterable) else "one pair is a list of one, [pair]"
        raise TypeError(f"{name} is {brief(pairs)}, expected a list of pairs: {mend}")
    if not len(pairs):
        raise ValueError(f"{name} holds no pair, expected at least one")
    for pair in pairs:
        for part in parts:
            if not hasattr(pair, part):
                raise TypeError(f"{name} holds {pair!r}, which has no {part}: expected pairs with {', '.join(parts)}")


def check_batch(batch: Any) -> None:
    """Check that `batch` is a Batch.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if not isinstance(batch, Batch):
        mend = "make_batch(pairs, source_words, target_words) makes one"
        raise TypeError(f"batch is a {type(batch).__name__}, expected a Batch: {mend}")
