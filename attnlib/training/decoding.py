"""From logits to sentences: greedy and beam search, and where a translator looks, for every translator of the book."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from attnlib.arrays import as_numpy, check_count
from attnlib.corpora.batches import make_batch, pad
from attnlib.corpora.vocabulary import BEGIN, END, Vocabulary, check_sentences, check_vocabulary
from attnlib.models.seq2seq import Encoded, check_translator, mute_padding_and_begin


class Translation(NamedTuple):
    """A translated sentence.

    Examples
    --------
    >>> Translation(("je", "dors"), -0.25, None).tokens
    ('je', 'dors')
    """

    tokens: tuple[str, ...]
    log_probability: float
    """Of all tokens and of ending after them, in nats."""
    weights: np.ndarray | None
    """(tokens + 1, source tokens), the last row for the end; None where the model does not attend."""


class _Beginning(NamedTuple):
    """A translation that a beam search has begun: its tokens so far, their log-probability, a row of weights each."""

    tokens: tuple[int, ...] = ()
    total: float = 0.0
    rows: tuple[Tensor, ...] = ()

    def mean(self) -> float:
        return self.total / len(self.tokens)


@torch.no_grad()
def greedy(
    model: nn.Module,
    sentences: Sequence[Sequence[str]],
    source_words: Vocabulary,
    target_words: Vocabulary,
    *,
    max_length: int = 60,
) -> list[Translation]:
    """Translate sentences together, each next word the likeliest, until all have ended or are `max_length` long.

    Raises
    ------
    TypeError, ValueError
        If `model` is no translator, `sentences` no list of sentences, one of them is empty or has an unknown token, or
        `max_length` is not a whole number of 1 or more.

    Examples
    --------
    >>> from attnlib.models.seq2seq import FixedVector
    >>> words = Vocabulary([("I", "sleep")])
    >>> found = greedy(FixedVector(5, 5), [("I",), ("I", "sleep")], words, words, max_length=3)
    >>> len(found), all(len(one.tokens) <= 3 for one in found)
    (2, True)
    """
    check_count("max_length", max_length, least=1)
    check_sentences("sentences", sentences)
    encoded = _encode(model, sentences, source_words, target_words)
    tokens, total = [], torch.zeros(len(sentences))
    ended = torch.zeros(len(sentences), dtype=torch.bool)

    def likeliest(logits, position):
        best, token = _word_log_probabilities(logits, position == max_length).max(-1)
        tokens.append(token)  # what follows the end of a sentence is not looked at
        total.add_(torch.where(ended, 0, best))
        ended.logical_or_(token == END)
        return None if ended.all() else token

    _, weights = model.unroll(encoded, torch.full((len(sentences),), BEGIN), max_length + 1, likeliest)
    found = [target_words.decode(numbers) for numbers in torch.stack(tokens, 1).tolist()]
    maps = [None] * len(found)
    if weights is not None:
        weights, lengths = as_numpy(weights), encoded.lengths.tolist()
        maps = [w[: len(words) + 1, :length] for w, words, length in zip(weights, found, lengths)]
    return list(map(Translation, found, total.tolist(), maps))


@torch.no_grad()
def beam_search(
    model: nn.Module,
    sentence: Sequence[str],
    source_words: Vocabulary,
    target_words: Vocabulary,
    *,
    beam: int = 4,
    max_length: int = 60,
) -> list[Translation]:
    """Keep the `beam` likeliest beginnings at each word; return up to `beam` ended translations, the best first.

    They are compared by the mean log-probability of their tokens, since a bare sum prefers short ones. A beam of 1 is
    the greedy search.

    Raises
    ------
    TypeError, ValueError
        If `model` is no translator, `sentence` is empty, has an unknown token or is a list of sentences, or `beam` or
        `max_length` is not a whole number of 1 or more.

    References
    ----------
    Sutskever et al. (2014), section 3.2, without the division by the length.

    Examples
    --------
    >>> from attnlib.models.seq2seq import FixedVector
    >>> words = Vocabulary([("I", "sleep")])
    >>> found = beam_search(FixedVector(5, 5), ("I", "sleep"), words, words, beam=3, max_length=2)
    >>> means = [one.log_probability / (len(one.tokens) + 1) for one in found]
    >>> len(found), means == sorted(means, reverse=True)
    (3, True)
    """
    check_count("beam", beam, least=1)
    check_count("max_length", max_length, least=1)
    encoded = _encode(model, [sentence], source_words, target_words)
    state, beginnings, ended = model.start(encoded), [_Beginning()], []
    for position in range(max_length + 1):
        last = torch.tensor([one.tokens[-1] if one.tokens else BEGIN for one in beginnings])
        repeated = type(encoded)(*(part.expand(len(last), *part.shape[1:]) for part in encoded))
        logits, state, rows = model.step(last, state, repeated, position)
        grown = _grow(beginnings, _word_log_probabilities(logits, position == max_length), rows, beam)
        ended += [one for _, one in grown if one.tokens[-1] == END]
        alive = [(parent, one) for parent, one in grown if one.tokens[-1] != END]
        if len(ended) >= beam or not alive:
            break
        parents, beginnings = map(list, zip(*alive))
        state = tuple(part[parents] for part in state)
    ended.sort(key=_Beginning.mean, reverse=True)
    return [_translation(one, target_words) for one in ended[:beam]]


def _grow(beginnings, log_probabilities, rows, beam) -> list[tuple[int, _Beginning]]:
    """Return the `beam` likeliest beginnings that are a word longer, the likeliest first, each with its parent."""
    totals = torch.tensor([one.total for one in beginnings])[:, None] + log_probabilities
    best, where = totals.flatten().topk(min(beam, totals.numel()))
    grown = []
    for total, place in zip(best.tolist(), where.tolist()):
        parent, word = divmod(place, totals.shape[1])
        one, row = beginnings[parent], () if rows is None else (rows[parent],)
        if total > -torch.inf:
            grown.append((parent, _Beginning((*one.tokens, word), total, (*one.rows, *row))))
    return grown


def _encode(model, sentences, source_words, target_words) -> Encoded:
    check_translator("model", model)
    check_vocabulary("source_words", source_words)
    check_vocabulary("target_words", target_words)
    model.eval()
    source, lengths = map(torch.from_numpy, pad([source_words.encode(sentence) for sentence in sentences]))
    return model.encode(source, lengths)


def _word_log_probabilities(logits: Tensor, is_last: bool) -> Tensor:
    """Return the log-probabilities of the next word, where there is no room for another only that of the end."""
    words = mute_padding_and_begin(logits).log_softmax(-1)
    if is_last:
        words = torch.where(torch.arange(words.shape[-1]) == END, words, -torch.inf)
    return words


def _translation(one: _Beginning, target_words: Vocabulary) -> Translation:
    return Translation(
        target_words.decode(one.tokens), one.total, as_numpy(torch.stack(one.rows)) if one.rows else None
    )


@torch.no_grad()
def forced_weights(
    model: nn.Module, pairs: Sequence, source_words: Vocabulary, target_words: Vocabulary
) -> list[np.ndarray]:
    """Return where the model looks while it is made to write each pair's own target: (tokens + 1, source tokens).

    Raises
    ------
    TypeError, ValueError
        If `pairs` cannot be made a batch, or `model` is no translator or does not attend.

    Examples
    --------
    >>> from attnlib.corpora.grammar import Clause, translate
    >>> from attnlib.models.attention import Attention, DotProduct
    >>> from attnlib.models.decoders import LuongDecoder
    >>> pair = translate(Clause("she", "sleep"), "french")
    >>> words = Vocabulary([pair.source]), Vocabulary([pair.target])
    >>> (weights,) = forced_weights(LuongDecoder(6, 6, Attention(DotProduct())), [pair], *words)
    >>> len(pair.source), len(pair.target), weights.shape
    (3, 3, (4, 3))
    """
    check_translator("model", model)
    source, lengths, target, _ = map(torch.from_numpy, make_batch(pairs, source_words, target_words))
    model.eval()
    _, weights = model(source, lengths, target)
    if weights is None:
        raise ValueError(f"{type(model).__name__} does not attend: it has no weights")
    return [w[: len(pair.target) + 1, : len(pair.source)] for w, pair in zip(as_numpy(weights), pairs)]
