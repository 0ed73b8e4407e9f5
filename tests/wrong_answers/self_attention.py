"""Classic wrong answers to the exercises of chapter 18."""

import numpy as np

from attnlib import cross_attention

HINTS = {
    "attend_alone__no_scale": "your scores are not divided by the root of d_k",
    "attend_alone__root_of_d_model": "you divide by the root of 7, the width of x",
    "attend_alone__divides_by_d_k": "you divide by d_k, here 3: its root is meant",
    "attend_alone__multiplies_by_the_root": "you multiply by the root of d_k: divide",
    "attend_alone__softmax_over_the_queries": "the weights of each query sum to 1",
    "attend_alone__keys_ask_queries": "rows are queries and columns keys",
    "attend_alone__reads_the_tokens_themselves": "values are x @ W_v",
    "attend_alone__one_matrix_for_both": "your keys come from W_q",
    "attend_alone__root_of_the_length": "you divide by the root of 5, the length",
    "attend_alone__root_of_d_v": "you divide by the root of 4, the width of a value",
    "attend_alone__mixes_the_batch": "each sequence by itself",
    "induced__the_set_asks_first": "yours lets the points ask in the second step",
    "induced__the_triples_exchanged": "`first` is for the points that read the set",
    "induced__the_first_triple_twice": "your second step uses `first` again",
    "induced__stops_after_the_summary": "this is the summary: now let the members read it",
    "induced__plain_self_attention": "the points should matter",
    "induced__returns_the_pair": "return the output alone",
    "induced__reads_the_points": "x reads the points themselves",
    "induced__reads_the_set": "x reads itself",
    "induced__adds_the_set": "return what was read, without x",
    "survives__always": "a causal mask lets no order but the identity through",
    "survives__only_the_identity": "without a mask every order survives",
    "survives__moves_rows_only": "columns move too, not rows alone",
    "survives__moves_columns_only": "rows move too, not columns alone",
    "survives__compares_the_lower_triangle": "compare what is above the diagonal too",
    "survives__counts_what_each_row_sees": "a ring of arrows turned round runs backwards",
    "survives__moves_both_ways": "a ring turned by one place is the same ring",
}
"""The words by which the check rejects each of them."""


def _attend(x, W_q, W_k, W_v, *, divisor=None, axis=-1, turned=False, raw=False):
    query, key, value = x @ W_q, x @ W_k, x @ W_v
    scores = query @ np.swapaxes(key, -1, -2) / (np.sqrt(query.shape[-1]) if divisor is None else divisor)
    scores = np.swapaxes(scores, -1, -2) if turned else scores
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    weights = exponentials / exponentials.sum(axis=axis, keepdims=True)
    return weights @ (x if raw else value), weights


def attend_alone__no_scale(x, W_q, W_k, W_v):
    """The bare product."""
    return _attend(x, W_q, W_k, W_v, divisor=1)


def attend_alone__root_of_d_model(x, W_q, W_k, W_v):
    """Divides by the root of the tokens' width instead of the queries'."""
    return _attend(x, W_q, W_k, W_v, divisor=np.sqrt(x.shape[-1]))


def attend_alone__divides_by_d_k(x, W_q, W_k, W_v):
    """Forgets the root."""
    return _attend(x, W_q, W_k, W_v, divisor=W_q.shape[-1])


def attend_alone__multiplies_by_the_root(x, W_q, W_k, W_v):
    """Scales the wrong way."""
    return _attend(x, W_q, W_k, W_v, divisor=1 / np.sqrt(W_q.shape[-1]))


def attend_alone__softmax_over_the_queries(x, W_q, W_k, W_v):
    """Normalizes along the wrong axis: columns sum to 1."""
    return _attend(x, W_q, W_k, W_v, axis=-2)


def attend_alone__keys_ask_queries(x, W_q, W_k, W_v):
    """Rows are keys: K Qᵀ."""
    return _attend(x, W_q, W_k, W_v, turned=True)


def attend_alone__reads_the_tokens_themselves(x, W_q, W_k, W_v):
    """Mixes x instead of x W_v."""
    return _attend(x, W_q, W_k, W_v, raw=True)


def attend_alone__one_matrix_for_both(x, W_q, W_k, W_v):
    """Uses W_q for the keys too."""
    return _attend(x, W_q, W_q, W_v)


def attend_alone__root_of_the_length(x, W_q, W_k, W_v):
    """Divides by the root of the number of tokens."""
    return _attend(x, W_q, W_k, W_v, divisor=np.sqrt(x.shape[-2]))


def attend_alone__root_of_d_v(x, W_q, W_k, W_v):
    """Divides by the root of the values' width."""
    return _attend(x, W_q, W_k, W_v, divisor=np.sqrt(W_v.shape[-1]))


def attend_alone__mixes_the_batch(x, W_q, W_k, W_v):
    """One long sequence: tokens read those of other sequences too."""
    output, weights = _attend(x.reshape(-1, x.shape[-1]), W_q, W_k, W_v)
    return output.reshape(*x.shape[:-1], -1), weights


def induced__the_set_asks_first(x, points, first, second):
    """x reads the points, and the points read that: m rows."""
    return cross_attention(points, cross_attention(x, points, *first)[0], *second)[0]


def induced__the_triples_exchanged(x, points, first, second):
    """Uses `second` in the first step."""
    return cross_attention(x, cross_attention(points, x, *second)[0], *first)[0]


def induced__the_first_triple_twice(x, points, first, second):
    """Never uses `second`."""
    return cross_attention(x, cross_attention(points, x, *first)[0], *first)[0]


def induced__stops_after_the_summary(x, points, first, second):
    """Returns what the points have read."""
    return cross_attention(points, x, *first)[0]


def induced__plain_self_attention(x, points, first, second):
    """Leaves the points out: L × L weights twice."""
    return cross_attention(x, cross_attention(x, x, *first)[0], *second)[0]


def induced__returns_the_pair(x, points, first, second):
    """Output and weights."""
    return cross_attention(x, cross_attention(points, x, *first)[0], *second)


def induced__reads_the_points(x, points, first, second):
    """The members read the points as they are, before those have read anything."""
    return cross_attention(x, points, *second)[0]


def induced__reads_the_set(x, points, first, second):
    """The members read one another: L × L weights, and no summary."""
    return cross_attention(x, x, *second)[0]


def induced__adds_the_set(x, points, first, second):
    """A residual connection, as in the paper's block, that nobody asked for."""
    return x + cross_attention(x, cross_attention(points, x, *first)[0], *second)[0]


def survives__always(mask, order):
    """Forgets the mask."""
    return True


def survives__only_the_identity(mask, order):
    """Takes every mask for a causal one."""
    return list(order) == sorted(order)


def survives__moves_rows_only(mask, order):
    """The queries move, the keys stay."""
    return np.array_equal(mask[list(order)], mask)


def survives__moves_columns_only(mask, order):
    """The keys move, the queries stay."""
    return np.array_equal(mask[:, list(order)], mask)


def survives__compares_the_lower_triangle(mask, order):
    """Takes the mask for a symmetric one."""
    return np.array_equal(np.tril(mask[np.ix_(order, order)]), np.tril(mask))


def survives__counts_what_each_row_sees(mask, order):
    """The same number of visible keys is not the same keys."""
    return np.array_equal(mask.sum(axis=1)[list(order)], mask.sum(axis=1))


def survives__moves_both_ways(mask, order):
    """Rows by the order, columns by its inverse."""
    return np.array_equal(mask[np.ix_(list(order), np.argsort(order))], mask)
