"""Classic wrong answers to the exercises of `06_fast_weights`. Each must fail its check."""

import numpy as np


def route__levers_swapped(x, a, b):
    """Take lever a for the fine one."""
    shares = np.stack([(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b], axis=-1)
    return (x * shares).sum(axis=-1)


def route__levers_rounded(x, a, b):
    """Choose by index, so that a lever halfway does not mix."""
    place = (2 * np.round(a) + np.round(b)).astype(int)
    return np.take_along_axis(x, np.asarray(place)[..., None], axis=-1)[..., 0]


def route__sum_of_weighted_inputs(x, a, b):
    """Give each line a fixed quarter and add the levers: a sum cannot choose."""
    return x.sum(axis=-1) / 4 + a + b


def route__upside_down(x, a, b):
    """Take 1 for closed."""
    shares = np.stack([a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)], axis=-1)
    return (x * shares).sum(axis=-1)


def route__sums_over_the_rows(x, a, b):
    """Sum along the wrong axis."""
    shares = np.stack([(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b], axis=-1)
    return (x * shares).sum(axis=0) if np.ndim(x) > 1 else (x * shares).sum()


def route__in_place(x, a, b):
    """Overwrite the lines that were handed in."""
    x *= np.stack([(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b], axis=-1)
    return x.sum(axis=-1)


def _stream(query, key, value, *, correct=True, read_first=False, fade=1.0):
    memory, outputs = np.zeros((key.shape[1], value.shape[1])), []
    for q, k, v in zip(query, key, value):
        if read_first:
            outputs.append(q @ memory)
        memory = fade * memory + np.outer(k, v - correct * (k @ memory))
        if not read_first:
            outputs.append(q @ memory)
    return np.array(outputs)


def delta_attention__adds_without_looking(query, key, value):
    """Write plain outer products."""
    return _stream(query, key, value, correct=False)


def delta_attention__reads_before_it_writes(query, key, value):
    """Read first, so that no token sees its own pair."""
    return _stream(query, key, value, read_first=True)


def delta_attention__corrects_what_the_query_says(query, key, value):
    """Subtract what is read with the query in place of the key."""
    memory, outputs = np.zeros((key.shape[1], value.shape[1])), []
    for q, k, v in zip(query, key, value):
        memory = memory + np.outer(k, v - q @ memory)
        outputs.append(q @ memory)
    return np.array(outputs)


def delta_attention__sees_the_future(query, key, value):
    """Write everything first, then read."""
    memory = np.zeros((key.shape[1], value.shape[1]))
    for k, v in zip(key, value):
        memory = memory + np.outer(k, v - k @ memory)
    return query @ memory


def delta_attention__fades_instead(query, key, value):
    """Halve the memory before each write."""
    return _stream(query, key, value, correct=False, fade=0.5)


def delta_attention__softmax(query, key, value):
    """Normalise out of habit."""
    scores = np.where(np.tri(len(query), dtype=bool), query @ key.T, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ value


def delta_attention__memory_only(query, key, value):
    """Return the final memory in place of the outputs."""
    return np.linalg.pinv(key) @ value
