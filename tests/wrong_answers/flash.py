"""Classic wrong answers to the exercises of chapter 24."""

import numpy as np


def online_read__without_a_maximum(scores, value, size):
    """Sums of bare exponentials: right until one overflows."""
    total, read = 0.0, 0.0
    for start in range(0, len(scores), size):
        exponentials = np.exp(scores[start : start + size])
        total, read = total + exponentials.sum(), read + exponentials @ value[start : start + size]
    return read / total


def _walk(scores, value, size, *, shrink_sum=True, shrink_read=True, invert=False, keep=max):
    largest, total, read = -np.inf, 0.0, 0.0
    for start in range(0, len(scores), size):
        tile = scores[start : start + size]
        new = keep(largest, tile.max())
        shrink, exponentials = np.exp(largest - new), np.exp(tile - new)
        shrink = 1 / shrink if invert and start else shrink
        total = total * (shrink if shrink_sum else 1) + exponentials.sum()
        read = read * (shrink if shrink_read else 1) + exponentials @ value[start : start + size]
        largest = new
    return read / total


def online_read__shrinks_the_sum_alone(scores, value, size):
    """Forgets that what was read shrinks too."""
    return _walk(scores, value, size, shrink_read=False)


def online_read__shrinks_the_read_alone(scores, value, size):
    """Forgets that the sum shrinks too."""
    return _walk(scores, value, size, shrink_sum=False)


def online_read__never_shrinks(scores, value, size):
    """Subtracts another maximum from each tile and adds up what cannot be compared."""
    return _walk(scores, value, size, shrink_sum=False, shrink_read=False)


def online_read__shrinks_the_wrong_way(scores, value, size):
    """exp(new − old) where exp(old − new) is meant."""
    return _walk(scores, value, size, invert=True)


def online_read__forgets_the_maximum_so_far(scores, value, size):
    """Takes the maximum of the tile at hand: right in the end, but it overflows where scores fall far."""
    return _walk(scores, value, size, keep=lambda largest, new: new)


def online_read__mean_of_the_tiles(scores, value, size):
    """A softmax of each tile, then the mean."""
    parts = []
    for start in range(0, len(scores), size):
        exponentials = np.exp(scores[start : start + size] - scores[start : start + size].max())
        parts.append(exponentials @ value[start : start + size] / exponentials.sum())
    return np.mean(parts, axis=0)


def online_read__drops_the_short_tile(scores, value, size):
    """Only whole tiles."""
    whole = len(scores) // size * size
    return _walk(scores[:whole], value[:whole], size)


def _grad(scores, value, output, logsumexp, grad_output, *, delta=True, local=False, sign=1):
    weights = np.exp(scores - logsumexp[:, None])
    if local:
        weights = weights / weights.sum(axis=1, keepdims=True)
    grad = grad_output @ value.T
    row = (grad_output * output).sum(axis=1, keepdims=True)
    return weights * (grad - sign * row) if delta else weights * grad


def grad_scores__without_delta(scores, value, output, logsumexp, grad_output):
    """Multiplies by the diagonal of the Jacobian only."""
    return _grad(scores, value, output, logsumexp, grad_output, delta=False)


def grad_scores__a_softmax_of_the_tile(scores, value, output, logsumexp, grad_output):
    """Normalizes over the tile in place of the row."""
    return _grad(scores, value, output, logsumexp, grad_output, local=True)


def grad_scores__delta_of_the_tile(scores, value, output, logsumexp, grad_output):
    """Sums P · dP over the keys of the tile alone."""
    weights, grad = np.exp(scores - logsumexp[:, None]), grad_output @ value.T
    return weights * (grad - (weights * grad).sum(axis=1, keepdims=True))


def grad_scores__adds_delta(scores, value, output, logsumexp, grad_output):
    """The wrong sign."""
    return _grad(scores, value, output, logsumexp, grad_output, sign=-1)


def grad_scores__one_delta_for_all(scores, value, output, logsumexp, grad_output):
    """Sums over the queries too."""
    weights = np.exp(scores - logsumexp[:, None])
    return weights * (grad_output @ value.T - (grad_output * output).sum())


def grad_scores__transposed(scores, value, output, logsumexp, grad_output):
    """Keys as rows."""
    return _grad(scores, value, output, logsumexp, grad_output).T
