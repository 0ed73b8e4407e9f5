"""Classic wrong answers to the exercises of chapter 12."""

import numpy as np

from attnlib import softmax

HINTS = {
    "encoder_only__stops_with_the_source": "4 steps, 3 annotations: yours has 3 rows",
    "encoder_only__repeats_the_last_row": "don't repeat the last row",
    "encoder_only__scaled": "no scale: the bare product",
    "encoder_only__softmax_down_the_columns": "a sum of 1 for each row, not for each column",
    "encoder_only__no_softmax": "no softmax",
    "encoder_only__softmax_of_zeros": "a query of zeros is still a query",
    "encoder_only__reads_the_annotation_itself": "the weights are unused",
    "encoder_only__reads_by_column": "weights @ annotations, without a transpose",
    "encoder_only__leaves_out_later_annotations": "step 1 sees all annotations",
    "encoder_only__not_itself": "an annotation sees itself too",
    "encoder_only__weights_first": "expected (2, 3) as second",
    "fold__no_scale": "where is the scale?",
    "fold__scale_of_the_model": "√r, for the projected length, not √d",
    "fold__scale_twice": "divide by √r, once",
    "fold__multiplies_by_the_scale": "divide by √r, don't multiply",
    "fold__scale_on_both": "the scale belongs to W alone",
    "fold__keys_ask": "query and key have changed places",
    "fold__queries_meet_queries": "W_k is unused",
    "fold__leaves_the_values": "contexts of 3 numbers, now unprojected: your W_c is (2, 1)",
    "fold__multiplies_the_short_way": "queries and keys of 3 numbers: yours has shape (4, 4)",
}
"""The words by which the check rejects each of them."""


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


def encoder_only__no_softmax(annotations, num_steps):
    """Reads by the scores."""
    weights = annotations @ annotations.T
    return _padded(weights @ annotations, num_steps), _padded(weights, num_steps)


def encoder_only__reads_by_column(annotations, num_steps):
    """Reads by the transposed weights."""
    weights = softmax(annotations @ annotations.T)
    return _padded(weights.T @ annotations, num_steps), _padded(weights, num_steps)


def encoder_only__leaves_out_later_annotations(annotations, num_steps):
    """With fewer steps than annotations, cuts the keys too."""
    first = annotations[:num_steps]
    weights = softmax(first @ first.T)
    wide = np.pad(weights, ((0, 0), (0, len(annotations) - len(first))))
    return _padded(weights @ first, num_steps), _padded(wide, num_steps)


def encoder_only__not_itself(annotations, num_steps):
    """An annotation may not read itself."""
    weights = softmax(np.where(np.eye(len(annotations)), -np.inf, annotations @ annotations.T))
    return _padded(weights @ annotations, num_steps), _padded(weights, num_steps)


def encoder_only__weights_first(annotations, num_steps):
    """The right arrays in the wrong order."""
    weights = softmax(annotations @ annotations.T)
    return _padded(weights, num_steps), _padded(weights @ annotations, num_steps)


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


def fold__scale_twice(W_q, W_k, W_v, W_c):
    """Divides by r: the root for the query and for the key."""
    return W_q @ W_k.T / W_q.shape[1], W_v @ W_c


def fold__multiplies_by_the_scale(W_q, W_k, W_v, W_c):
    """Multiplies by the root."""
    return W_q @ W_k.T * np.sqrt(W_q.shape[1]), W_v @ W_c


def fold__scale_on_both(W_q, W_k, W_v, W_c):
    """Divides what is read, too."""
    return W_q @ W_k.T / np.sqrt(W_q.shape[1]), W_v @ W_c / np.sqrt(W_q.shape[1])


def fold__queries_meet_queries(W_q, W_k, W_v, W_c):
    """Takes the matrix of the queries twice."""
    return W_q @ W_q.T / np.sqrt(W_q.shape[1]), W_v @ W_c
