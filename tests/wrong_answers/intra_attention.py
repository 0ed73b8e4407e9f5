"""Classic wrong answers to the exercises of chapter 13."""

import numpy as np

HINTS = {
    "split_penalty__the_other_way_round": "spread comes first",
    "split_penalty__each_pair_once": "(a, b) and (b, a) both count",
    "split_penalty__words_instead_of_hops": "compare hops, A Aᵀ, not words, AᵀA",
    "split_penalty__forgets_the_identity": "subtract the identity first",
    "split_penalty__spread_without_a_square": "square the differences",
    "split_penalty__overlap_without_a_square": "square the overlaps",
    "split_penalty__means": "add them up, no mean",
    "split_penalty__the_whole_and_a_part": "the diagonal is no part of the overlap",
    "split_penalty__all_sentences_together": "one number for each sentence",
    "add_distances__left_is_right": "i − j, not j − i",
    "add_distances__without_a_sign": "a distance has a sign",
    "add_distances__without_a_clip": "clip, don't wrap",
    "add_distances__clips_too_early": "clip at D, not at D − 1",
    "add_distances__nothing_beyond": "beyond D the outermost bias counts",
    "add_distances__forgets_to_shift": "−D is index 0: shift",
    "add_distances__subtracts": "add, don't subtract",
    "add_distances__biases_alone": "add the biases to the scores",
    "add_distances__first_sentence_only": "a table for each sentence",
    "add_distances__in_place": "the caller's scores have changed",
}
"""The words by which the check rejects each of them."""

SAME_VALUE = {"add_distances__in_place": "the caller's scores are overwritten"}
"""What is wrong all the same."""


def _table(weights):
    return weights @ np.swapaxes(weights, -1, -2)


def split_penalty__the_other_way_round(weights):
    """Returns overlap, spread."""
    table = _table(weights)
    diagonal = np.diagonal(table, axis1=-2, axis2=-1)
    spread = ((diagonal - 1) ** 2).sum(-1)
    return (table**2).sum((-2, -1)) - (diagonal**2).sum(-1), spread


def split_penalty__each_pair_once(weights):
    """Counts hops a and b once, where the matrix has (a, b) and (b, a)."""
    table = _table(weights)
    diagonal = np.diagonal(table, axis1=-2, axis2=-1)
    return ((diagonal - 1) ** 2).sum(-1), ((table**2).sum((-2, -1)) - (diagonal**2).sum(-1)) / 2


def split_penalty__words_instead_of_hops(weights):
    """A transposed times A: compares words."""
    table = _table(np.swapaxes(weights, -1, -2))
    diagonal = np.diagonal(table, axis1=-2, axis2=-1)
    return ((diagonal - 1) ** 2).sum(-1), (table**2).sum((-2, -1)) - (diagonal**2).sum(-1)


def split_penalty__forgets_the_identity(weights):
    """Takes the squares of the diagonal itself."""
    table = _table(weights)
    diagonal = np.diagonal(table, axis1=-2, axis2=-1)
    return (diagonal**2).sum(-1), (table**2).sum((-2, -1)) - (diagonal**2).sum(-1)


def split_penalty__all_sentences_together(weights):
    """Sums over the batch."""
    table = _table(weights)
    diagonal = np.diagonal(table, axis1=-2, axis2=-1)
    return ((diagonal - 1) ** 2).sum(), (table**2).sum() - (diagonal**2).sum()


def split_penalty__spread_without_a_square(weights):
    """Adds up how far each row is from sharp."""
    table = _table(weights)
    diagonal = np.diagonal(table, axis1=-2, axis2=-1)
    return (1 - diagonal).sum(-1), (table**2).sum((-2, -1)) - (diagonal**2).sum(-1)


def split_penalty__overlap_without_a_square(weights):
    """Adds up the overlaps themselves."""
    table = _table(weights)
    diagonal = np.diagonal(table, axis1=-2, axis2=-1)
    return ((diagonal - 1) ** 2).sum(-1), table.sum((-2, -1)) - diagonal.sum(-1)


def split_penalty__means(weights):
    """Means in place of sums."""
    table, hops = _table(weights), weights.shape[-2]
    diagonal = np.diagonal(table, axis1=-2, axis2=-1)
    overlap = (table**2).sum((-2, -1)) - (diagonal**2).sum(-1)
    return ((diagonal - 1) ** 2).mean(-1), overlap / max(hops * (hops - 1), 1)


def split_penalty__the_whole_and_a_part(weights):
    """Returns the spread, and the whole penalty."""
    diagonal = np.diagonal(_table(weights), axis1=-2, axis2=-1)
    return ((diagonal - 1) ** 2).sum(-1), ((_table(weights) - np.eye(weights.shape[-2])) ** 2).sum((-2, -1))


def _add(scores, biases, sign=1, absolute=False):
    position, farthest = np.arange(scores.shape[-1]), len(biases) // 2
    distance = sign * (position[:, None] - position)
    distance = np.abs(distance) if absolute else distance
    return scores + biases[np.clip(distance, -farthest, farthest) + farthest]


def add_distances__left_is_right(scores, biases):
    """Takes j − i."""
    return _add(scores, biases, sign=-1)


def add_distances__without_a_sign(scores, biases):
    """Takes |i − j|."""
    return _add(scores, biases, absolute=True)


def add_distances__without_a_clip(scores, biases):
    """Distances beyond D wrap round to the other end."""
    position, farthest = np.arange(scores.shape[-1]), len(biases) // 2
    return scores + biases[(position[:, None] - position + farthest) % len(biases)]


def add_distances__forgets_to_shift(scores, biases):
    """Distance −1 finds the last bias, distance 0 the first."""
    position, farthest = np.arange(scores.shape[-1]), len(biases) // 2
    return scores + biases[np.clip(position[:, None] - position, -farthest, farthest)]


def add_distances__in_place(scores, biases):
    """Writes into the caller's scores."""
    scores += _add(np.zeros_like(scores), biases)
    return scores


def add_distances__clips_too_early(scores, biases):
    """The outermost biases are never used."""
    position, farthest = np.arange(scores.shape[-1]), len(biases) // 2
    distance = np.clip(position[:, None] - position, -max(farthest - 1, 0), max(farthest - 1, 0))
    return scores + biases[distance + farthest]


def add_distances__nothing_beyond(scores, biases):
    """Beyond D there is no bias."""
    position, farthest = np.arange(scores.shape[-1]), len(biases) // 2
    near = np.abs(position[:, None] - position) <= farthest
    return np.where(near, _add(scores, biases), scores)


def add_distances__subtracts(scores, biases):
    """A penalty in place of a bias."""
    return _add(scores, -biases)


def add_distances__biases_alone(scores, biases):
    """Returns what should be added."""
    return _add(np.zeros_like(scores), biases)


def add_distances__first_sentence_only(scores, biases):
    """Forgets the leading axes."""
    return _add(scores.reshape(-1, *scores.shape[-2:])[0], biases)
