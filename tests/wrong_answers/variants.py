"""Classic wrong answers to the exercises of chapter 12."""

import numpy as np

from attnlib import softmax


def _padded(rows, num_steps):
    out = np.zeros((num_steps, rows.shape[1]))
    n = min(num_steps, len(rows))
    out[:n] = rows[:n]
    return out


def encoder_only__stops_with_the_source(annotations, num_steps):
    """As many rows as there are annotations, at most: a longer target has no rows left."""
    weights = softmax(annotations @ annotations.T)[:num_steps]
    return weights @ annotations, weights


def encoder_only__repeats_the_last_row(annotations, num_steps):
    """Beyond the end, the last annotation asks again."""
    rows = np.minimum(np.arange(num_steps), len(annotations) - 1)
    weights = softmax(annotations @ annotations.T)[rows]
    return weights @ annotations, weights


def encoder_only__scaled(annotations, num_steps):
    """Divides by the root of the size."""
    weights = softmax(annotations @ annotations.T / np.sqrt(annotations.shape[1]))
    return _padded(weights @ annotations, num_steps), _padded(weights, num_steps)


def encoder_only__softmax_down_the_columns(annotations, num_steps):
    """Each key shares itself out among the queries."""
    weights = softmax(annotations @ annotations.T, axis=0)
    return _padded(weights @ annotations, num_steps), _padded(weights, num_steps)


def encoder_only__softmax_of_zeros(annotations, num_steps):
    """A query of zeros is no query: its weights are even, and it reads the mean."""
    query = _padded(annotations, num_steps)
    weights = softmax(query @ annotations.T)
    return weights @ annotations, weights


def encoder_only__reads_the_annotation_itself(annotations, num_steps):
    """The weights are right and not used."""
    return _padded(annotations, num_steps), _padded(softmax(annotations @ annotations.T), num_steps)


def fold__no_scale(W_q, W_k, W_v, W_c):
    """The bare product."""
    return W_q @ W_k.T, W_v @ W_c


def fold__scale_of_the_model(W_q, W_k, W_v, W_c):
    """Divides by the root of d, not of the projected length."""
    return W_q @ W_k.T / np.sqrt(W_q.shape[0]), W_v @ W_c


def fold__keys_ask(W_q, W_k, W_v, W_c):
    """Query and key changed places."""
    return W_k @ W_q.T / np.sqrt(W_q.shape[1]), W_v @ W_c


def fold__leaves_the_values(W_q, W_k, W_v, W_c):
    """Returns the old mixing matrix."""
    return W_q @ W_k.T / np.sqrt(W_q.shape[1]), W_c


def fold__multiplies_the_short_way(W_q, W_k, W_v, W_c):
    """The product of the projected spaces."""
    return W_q.T @ W_k / np.sqrt(W_q.shape[1]), W_v @ W_c
