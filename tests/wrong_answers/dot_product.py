"""Classic wrong answers to the exercises of chapter 14."""

import numpy as np


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
    """Writes ones into the caller's weights where the weight is tiny."""
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


def attention_backward__no_scale_behind_the_softmax(query, key, value, grad_output):
    """Scales on the way forward and forgets it on the way back."""
    return _backward(query, key, value, grad_output, scales=(0, 0))


def attention_backward__scale_reaches_the_query_only(query, key, value, grad_output):
    """Believes that the scale belongs to the query."""
    return _backward(query, key, value, grad_output, scales=(1, 0))


def attention_backward__bare_forward(query, key, value, grad_output):
    """Weights from the bare product."""
    return _backward(query, key, value, grad_output, forward=1.0)


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
