"""Classic wrong answers to the exercises of `06_fast_weights`. Each must fail its check."""

import numpy as np

HINTS = {
    "route__levers_swapped": "lever a is the coarse one",
    "route__levers_rounded": "a lever halfway must mix, not jump",
    "route__sum_of_weighted_inputs": "a sum cannot choose: multiply",
    "route__upside_down": "1 opens, 0 closes",
    "route__sums_over_the_rows": "sum along the last axis",
    "route__in_place": "you changed x",
    "route__first_row_for_all": "each row has lines of its own",
    "route__leaks": "each line needs both levers",
    "route__mean_for_sum": "the sum, not the mean",
    "route__by_place": "two levers are two mixtures, and not one place 2a + b",
    "delta_attention__adds_without_looking": "write the difference",
    "delta_attention__reads_before_it_writes": "write first, then read",
    "delta_attention__corrects_what_the_query_says": "correct what the key reads",
    "delta_attention__sees_the_future": "later tokens write later",
    "delta_attention__fades_instead": "correct, do not fade",
    "delta_attention__softmax": "no softmax",
    "delta_attention__memory_only": "one row for each token",
    "delta_attention__half_corrections": "all of it, not half",
    "delta_attention__only_the_last": "earlier pairs stay",
    "delta_attention__unit_queries": "queries keep their length",
    "delta_attention__unlike_the_value_before": "subtract what the memory says",
    "delta_attention__last_output": "each token's own output",
}
"""The words by which the check rejects each of them."""

SAME_VALUE = {
    "route__in_place": "the text forbids it",
}
"""Right in their value, and wrong all the same."""


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


def route__first_row_for_all(x, a, b):
    """Take the four lines from the first row."""
    lines = np.reshape(x, (-1, 4))[0]
    shares = np.stack([(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b], axis=-1)
    return (lines * shares).sum(axis=-1)


def route__leaks(x, a, b):
    """Forget to close line 1 by lever a, and line 2 by lever b."""
    return (1 - a) * (1 - b) * x[..., 0] + b * x[..., 1] + a * x[..., 2] + a * b * x[..., 3]


def route__mean_for_sum(x, a, b):
    """Average the four products."""
    shares = np.stack([(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b], axis=-1)
    return (x * shares).mean(axis=-1)


def route__by_place(x, a, b):
    """Walk along the lines to place 2a + b, and mix the two neighbours only."""
    place = np.asarray(2 * a + b)[..., None]
    return (x * np.maximum(1 - np.abs(np.arange(4) - place), 0)).sum(axis=-1)


def delta_attention__half_corrections(query, key, value):
    """Write half of the difference."""
    return _stream(query, key, value / 2, correct=0.5)


def delta_attention__only_the_last(query, key, value):
    """Keep the last pair and nothing else."""
    return _stream(query, key, value, correct=False, fade=0.0)


def delta_attention__unit_queries(query, key, value):
    """Give the queries length 1, as the keys have."""
    return _stream(query / np.linalg.norm(query, axis=1, keepdims=True), key, value)


def delta_attention__unlike_the_value_before(query, key, value):
    """Subtract the value before, not what the memory says."""
    change = np.diff(value, axis=0, prepend=np.zeros((1, value.shape[1])))
    return _stream(query, key, change, correct=False)


def delta_attention__last_output(query, key, value):
    """Return the last output alone, for each token."""
    return np.broadcast_to(_stream(query, key, value)[-1], value.shape)
