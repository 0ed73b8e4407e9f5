"""Classic wrong answers to the exercises of chapter 14."""

import numpy as np

HINTS = {
    "stable_softmax__overflows": "exp(1000) is inf: subtract the largest score",
    "stable_softmax__one_maximum_for_all_rows": "each row has a largest score of its own",
    "stable_softmax__always_the_last_axis": "the sum is 1 along the axis that was asked for",
    "stable_softmax__forgets_keepdims": "maxima and sums line up with their rows with keepdims=True",
    "stable_softmax__sums_over_everything": "each row has a sum of its own",
    "stable_softmax__shifts_in_place": "work on a copy",
    "stable_softmax__subtracts_the_mean": "subtract 2000, not the mean",
    "stable_softmax__subtracts_the_minimum": "subtract 1000, not the smallest",
    "stable_softmax__hard": "in proportion to exponentials, not all to the largest",
    "stable_softmax__clips": "don't cut scores off: only differences count",
    "effective_keys__zero_times_infinity": "what is w ln w as w goes to 0?",
    "effective_keys__small_constant": "add nothing under the logarithm",
    "effective_keys__entropy": "that is the entropy H: take exp(H)",
    "effective_keys__in_bits": "nats with exp, bits with 2**",
    "effective_keys__two_to_the_nats": "e to the H, not 2 to the H",
    "effective_keys__mean_over_the_keys": "a sum, not a mean",
    "effective_keys__inverse_participation": "1 / Σ w² is another count",
    "effective_keys__wrong_axis": "sum along the last axis",
    "effective_keys__all_rows_together": "a count for each row",
    "effective_keys__mends_zeros_in_place": "small is not 0",
    "effective_keys__counts_the_visible": "a key of weight 1/4 counts less than one of 1/2",
    "attention_backward__without_the_mean": "the middle line is Jg: subtract w (w · g)",
    "attention_backward__diagonal_of_the_jacobian": "J has more than a diagonal",
    "attention_backward__no_scale_behind_the_softmax": "the scale counts going back too",
    "attention_backward__scale_reaches_the_query_only": "it has the scale too",
    "attention_backward__bare_forward": "scale the scores on the way forward",
    "attention_backward__scaled_twice": "you scale twice",
    "attention_backward__divides_by_d": "1/√d where you divide by d, here 9",
    "attention_backward__mean_over_the_queries": "sum over the keys, not the queries",
    "attention_backward__values_in_another_order": "the order is query, key, value",
    "attention_backward__query_and_key_swapped": "that is the key's",
    "attention_backward__wrong_sign": "not the step against it",
    "attention_backward__value_gets_the_output_s_gradient_evenly": "sums of weights",
    "attention_backward__sums_over_batch_and_heads": "leading axes stay",
}
"""The words by which the check rejects each of them."""

SAME_VALUE = {"stable_softmax__shifts_in_place": "the text asks for an answer that leaves the caller's array alone"}
"""Right in value, and wrong all the same."""


def stable_softmax__overflows(scores, axis=-1):
    """No shift: exp(1000) is inf, and inf / inf is NaN."""
    voices = np.exp(scores)
    return voices / voices.sum(axis=axis, keepdims=True)


def stable_softmax__one_maximum_for_all_rows(scores, axis=-1):
    """Subtracts the largest score of the whole array: rows far below it underflow to 0 / 0."""
    voices = np.exp(scores - scores.max())
    return voices / voices.sum(axis=axis, keepdims=True)


def stable_softmax__always_the_last_axis(scores, axis=-1):
    """Ignores the axis."""
    voices = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return voices / voices.sum(axis=-1, keepdims=True)


def stable_softmax__forgets_keepdims(scores, axis=-1):
    """The maxima do not line up with their rows."""
    voices = np.exp(scores - scores.max(axis=axis))
    return voices / voices.sum(axis=axis)


def stable_softmax__sums_over_everything(scores, axis=-1):
    """One total for the whole array."""
    voices = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return voices / voices.sum()


def stable_softmax__shifts_in_place(scores, axis=-1):
    """Writes into the caller's array."""
    scores -= scores.max(axis=axis, keepdims=True)
    voices = np.exp(scores)
    return voices / voices.sum(axis=axis, keepdims=True)


def stable_softmax__subtracts_the_mean(scores, axis=-1):
    """The mean instead of the largest score: still overflows when one score stands out."""
    voices = np.exp(scores - scores.mean(axis=axis, keepdims=True))
    return voices / voices.sum(axis=axis, keepdims=True)


def stable_softmax__subtracts_the_minimum(scores, axis=-1):
    """The smallest score: right as long as the row is narrow."""
    voices = np.exp(scores - scores.min(axis=axis, keepdims=True))
    return voices / voices.sum(axis=axis, keepdims=True)


def stable_softmax__hard(scores, axis=-1):
    """All to the largest."""
    return (scores == scores.max(axis=axis, keepdims=True)).astype(float)


def stable_softmax__clips(scores, axis=-1):
    """Cuts scores at ±30: no overflow, and wrong shares."""
    voices = np.exp(np.clip(scores, -30, 30))
    return voices / voices.sum(axis=axis, keepdims=True)


def effective_keys__zero_times_infinity(weights):
    """0 · ln 0 is NaN."""
    return np.exp(-(weights * np.log(weights)).sum(axis=-1))


def effective_keys__small_constant(weights):
    """Adds 0.001 under the logarithm: counts keys that are not there, and loses some that are."""
    return np.exp(-(weights * np.log(weights + 1e-3)).sum(axis=-1))


def effective_keys__entropy(weights):
    """Forgets the exponential."""
    return -(weights * np.log(np.where(weights > 0, weights, 1))).sum(axis=-1)


def effective_keys__in_bits(weights):
    """Bits inside, nats outside."""
    return np.exp(-(weights * np.log2(np.where(weights > 0, weights, 1))).sum(axis=-1))


def effective_keys__two_to_the_nats(weights):
    """Nats inside, bits outside."""
    return 2 ** -(weights * np.log(np.where(weights > 0, weights, 1))).sum(axis=-1)


def effective_keys__mean_over_the_keys(weights):
    """Averages over the keys where the entropy sums."""
    return np.exp(-(weights * np.log(np.where(weights > 0, weights, 1))).mean(axis=-1))


def effective_keys__inverse_participation(weights):
    """Another count: 1 / Σ w², the one that ecologists and physicists use."""
    return 1 / (weights**2).sum(axis=-1)


def effective_keys__wrong_axis(weights):
    """Sums over the queries."""
    return np.exp(-(weights * np.log(np.where(weights > 0, weights, 1))).sum(axis=0))


def effective_keys__all_rows_together(weights):
    """One number for all queries."""
    return np.exp(-(weights * np.log(np.where(weights > 0, weights, 1))).sum())


def effective_keys__mends_zeros_in_place(weights):
    """Takes tiny weights for 0, and loses the keys that have them."""
    weights[weights < 1e-3] = 1
    return np.exp(-(weights * np.log(weights)).sum(axis=-1))


def effective_keys__counts_the_visible(weights):
    """Counts the keys whose weight is not 0."""
    return (weights > 0).sum(axis=-1)


def _softmax(scores):
    voices = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return voices / voices.sum(axis=-1, keepdims=True)


def _backward(query, key, value, grad_output, *, centre=True, forward=None, scales=(1, 1), axis=-1):
    scale = query.shape[-1] ** -0.5
    weights = _softmax((scale if forward is None else forward) * query @ np.swapaxes(key, -1, -2))
    grad = grad_output @ np.swapaxes(value, -1, -2)
    grad = weights * (grad - centre * (weights * grad).sum(axis=axis, keepdims=True))
    grad_query, grad_key = grad @ key, np.swapaxes(grad, -1, -2) @ query
    scale_query, scale_key = (scale if use else 1 for use in scales)
    return scale_query * grad_query, scale_key * grad_key, np.swapaxes(weights, -1, -2) @ grad_output


def attention_backward__without_the_mean(query, key, value, grad_output):
    """Multiplies by the diagonal of the Jacobian only: w · g, without − w (w · g)."""
    return _backward(query, key, value, grad_output, centre=False)


def attention_backward__diagonal_of_the_jacobian(query, key, value, grad_output):
    """w (1 − w) g, as for a sigmoid: a key's score moves the other keys' weights too."""
    scale = query.shape[-1] ** -0.5
    weights = _softmax(scale * query @ np.swapaxes(key, -1, -2))
    grad = scale * weights * (1 - weights) * (grad_output @ np.swapaxes(value, -1, -2))
    return grad @ key, np.swapaxes(grad, -1, -2) @ query, np.swapaxes(weights, -1, -2) @ grad_output


def attention_backward__no_scale_behind_the_softmax(query, key, value, grad_output):
    """Scales on the way forward and forgets it on the way back."""
    return _backward(query, key, value, grad_output, scales=(0, 0))


def attention_backward__scale_reaches_the_query_only(query, key, value, grad_output):
    """Believes that the scale belongs to the query."""
    return _backward(query, key, value, grad_output, scales=(1, 0))


def attention_backward__bare_forward(query, key, value, grad_output):
    """Weights from the bare product."""
    return _backward(query, key, value, grad_output, forward=1.0)


def attention_backward__scaled_twice(query, key, value, grad_output):
    """Scales the gradient of the scores, and the query's and the key's once more."""
    scale = query.shape[-1] ** -0.5
    grad_query, grad_key, grad_value = _backward(query, key, value, grad_output)
    return scale * grad_query, scale * grad_key, grad_value


def attention_backward__divides_by_d(query, key, value, grad_output):
    """1 / d where 1 / √d is meant, in the weights."""
    return _backward(query, key, value, grad_output, forward=1 / query.shape[-1])


def attention_backward__mean_over_the_queries(query, key, value, grad_output):
    """Sums over the wrong axis."""
    return _backward(query, key, value, grad_output, axis=-2)


def attention_backward__values_in_another_order(query, key, value, grad_output):
    """Returns value, key, query."""
    return _backward(query, key, value, grad_output)[::-1]


def attention_backward__query_and_key_swapped(query, key, value, grad_output):
    """Gives the key's gradient to the query."""
    grad_query, grad_key, grad_value = _backward(query, key, value, grad_output)
    return grad_key, grad_query, grad_value


def attention_backward__wrong_sign(query, key, value, grad_output):
    """The step of descent instead of the gradient."""
    return tuple(-gradient for gradient in _backward(query, key, value, grad_output))


def attention_backward__value_gets_the_output_s_gradient_evenly(query, key, value, grad_output):
    """Forgets the weights on the way to the values."""
    grad_query, grad_key, _ = _backward(query, key, value, grad_output)
    return grad_query, grad_key, grad_output.mean(axis=-2, keepdims=True) * np.ones_like(value)


def attention_backward__sums_over_batch_and_heads(query, key, value, grad_output):
    """One gradient for the keys of all heads, as if all had the same keys."""
    grad_query, *others = _backward(query, key, value, grad_output)
    return grad_query, *(grad.sum(axis=tuple(range(grad.ndim - 2))) for grad in others)
