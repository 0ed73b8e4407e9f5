"""From logits to sentences: greedy and beam search, for any translator with ``encode``, ``start`` and ``step``."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from attnlib.arrays import check_count
from attnlib.corpora.batches import BEGIN, END, PAD, Vocabulary, make_batch, pad


class Translation(NamedTuple):
    """A translated sentence."""

    tokens: tuple[str, ...]
    log_probability: float
    """Of all tokens and of ending after them, in nats."""
    weights: np.ndarray | None
    """(tokens + 1, source tokens), the last row for the end; None where the model does not attend."""


@torch.no_grad()
def greedy(
    model: nn.Module,
    sentences: Sequence[Sequence[str]],
    source_words: Vocabulary,
    target_words: Vocabulary,
    *,
    max_length: int = 60,
) -> list[Translation]:
    """Translate sentences together, each next word the likeliest, until all have ended or are `max_length` long."""
    check_count("max_length", max_length, least=1)
    memory = _encode(model, sentences, source_words)
    state, token = model.start(memory), torch.full((len(sentences),), BEGIN)
    ended, total = torch.zeros(len(sentences), dtype=torch.bool), torch.zeros(len(sentences))
    tokens, weights = [], []
    for position in range(max_length + 1):
        logits, state, row = model.step(token, state, memory, position)
        best, token = _word_log_probabilities(logits, position == max_length).max(-1)
        token = torch.where(ended, PAD, token)
        total += torch.where(ended, 0, best)
        ended = ended | (token == END)
        tokens.append(token)
        weights.append(row)
        if ended.all():
            break
    tokens = torch.stack(tokens, 1)
    weights = None if weights[0] is None else torch.stack(weights, 1).numpy()
    lengths = memory.lengths
    return [
        Translation(
            words := target_words.decode(tokens[n].tolist()),
            total[n].item(),
            None if weights is None else weights[n, : len(words) + 1, : lengths[n]],
        )
        for n in range(len(sentences))
    ]


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
    """
    check_count("beam", beam, least=1), check_count("max_length", max_length, least=1)
    memory = _encode(model, [sentence], source_words)
    state, beginnings, ended = model.start(memory), [((), 0.0, ())], []
    for position in range(max_length + 1):
        last = torch.tensor([tokens[-1] if tokens else BEGIN for tokens, _, _ in beginnings])
        repeated = type(memory)(*(part.expand(len(last), *part.shape[1:]) for part in memory))
        logits, state, rows = model.step(last, state, repeated, position)
        totals = torch.tensor([total for _, total, _ in beginnings])[:, None] + _word_log_probabilities(
            logits, position == max_length
        )
        best, where = totals.flatten().topk(min(beam, totals.numel()))
        parents, words = where // totals.shape[1], where % totals.shape[1]
        grown = [
            (beginnings[p][0] + (w,), total, beginnings[p][2] + ((rows[p],) if rows is not None else ()))
            for p, w, total in zip(parents.tolist(), words.tolist(), best.tolist())
            if total > -torch.inf
        ]
        ended += [one for one in grown if one[0][-1] == END]
        alive = [n for n, one in enumerate(grown) if one[0][-1] != END]
        if len(ended) >= beam or not alive:
            break
        beginnings, state = [grown[n] for n in alive], tuple(part[parents[alive]] for part in state)
    ended.sort(key=lambda one: one[1] / len(one[0]), reverse=True)
    return [_translation(one, target_words) for one in ended[:beam]]


def _encode(model, sentences, source_words):
    model.eval()
    source, lengths = map(torch.from_numpy, pad([source_words.encode(sentence) for sentence in sentences]))
    return model.encode(source, lengths)


def _word_log_probabilities(logits, is_last):
    """Nobody may say padding or begin, and where there is no room for another word, only the end."""
    words = logits.index_fill(-1, torch.tensor([PAD, BEGIN]), -torch.inf).log_softmax(-1)
    if is_last:
        words = torch.where(torch.arange(words.shape[-1]) == END, words, -torch.inf)
    return words


def _translation(one, target_words) -> Translation:
    tokens, total, rows = one
    words = target_words.decode(tokens)
    return Translation(words, total, torch.stack(rows)[: len(words) + 1].numpy() if rows else None)


@torch.no_grad()
def forced_weights(
    model: nn.Module, pairs: Sequence, source_words: Vocabulary, target_words: Vocabulary
) -> list[np.ndarray]:
    """Return where the model looks while it is made to write each pair's own target: (tokens + 1, source tokens)."""
    model.eval()
    source, lengths, target, _ = map(torch.from_numpy, make_batch(pairs, source_words, target_words))
    _, weights = model(source, lengths, target)
    if weights is None:
        raise ValueError(f"{type(model).__name__} does not attend: it has no weights")
    return [w[: len(pair.target) + 1, : len(pair.source)].numpy() for w, pair in zip(weights, pairs)]
