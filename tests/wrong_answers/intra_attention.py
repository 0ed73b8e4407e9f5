"""Classic wrong answers to the exercises of chapter 13."""

import numpy as np


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
