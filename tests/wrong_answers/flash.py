"""Classic wrong answers to the exercises of chapter 24."""

import numpy as np

HINTS = {
    "online_read__without_a_maximum": "subtract the largest",
    "online_read__shrinks_the_sum_alone": "what was read must shrink too",
    "online_read__shrinks_the_read_alone": "the sum must shrink too",
    "online_read__never_shrinks": "sum and read must shrink when the largest grows",
    "online_read__shrinks_the_wrong_way": "shrink by exp(old − new), not by exp(new − old)",
    "online_read__forgets_the_maximum_so_far": "keep the largest so far",
    "online_read__mean_of_the_tiles": "you take the mean of the tiles' outputs",
    "online_read__drops_the_short_tile": "you leave the shorter last tile out",
    "online_read__begins_at_zero": "the largest so far begins at −∞",
    "online_read__divides_after_each_tile": "divide once, at the end, and not after each tile",
    "online_read__fills_the_last_tile_with_zeros": "zeros that fill up the last tile count as keys",
    "online_read__never_divides": "divide by the sum of exponentials",
    "online_read__shifts_by_the_first_score": "more may follow than the largest of the first tile",
    "online_read__begins_anew_when_the_largest_grows": "what was read before is lost",
    "online_read__the_whole_row": "yours takes all",
    "online_read__looks_twice": "yours goes back, expected one look at each key",
    "grad_scores__without_delta": "D is not subtracted",
    "grad_scores__a_softmax_of_the_tile": "your weight is 1: a softmax of this tile, or none",
    "grad_scores__delta_of_the_tile": "D is the sum over this tile",
    "grad_scores__delta_is_the_output": "D is dO · o, not o",
    "grad_scores__adds_delta": "D is added",
    "grad_scores__subtracts_delta_from_the_product": "P multiplies D too",
    "grad_scores__wrong_sign": "dP − D, not D − dP",
    "grad_scores__mean_for_delta": "D is a sum over the numbers of a value, not a mean",
    "grad_scores__one_delta_for_all": "your D is one number, and each query has one of its own",
    "grad_scores__transposed": "a row for each query",
}
"""The words by which the check rejects each of them."""

SAME_VALUE = {
    "online_read__the_whole_row": "a tile at a time, says the text",
    "online_read__looks_twice": "once, from front to back, says the text",
}
"""Right in value, and wrong all the same."""


def online_read__without_a_maximum(scores, value, size):
    """Sums of bare exponentials: right until one overflows."""
    total, read = 0.0, 0.0
    for start in range(0, len(scores), size):
        exponentials = np.exp(scores[start : start + size])
        total, read = total + exponentials.sum(), read + exponentials @ value[start : start + size]
    return read / total


def _walk(scores, value, size, *, shrink_sum=True, shrink_read=True, invert=False, keep=max, begin=-np.inf):
    largest, total, read = begin, 0.0, 0.0
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


def online_read__begins_at_zero(scores, value, size):
    """Takes 0 for the largest of no scores: where all are far below, every exponential vanishes."""
    return _walk(scores, value, size, begin=0.0)


def online_read__divides_after_each_tile(scores, value, size):
    """Divides what was read so far, and goes on with it as if it were not divided."""
    largest, total, read = -np.inf, 0.0, 0.0
    for start in range(0, len(scores), size):
        tile = scores[start : start + size]
        new = max(largest, tile.max())
        shrink, exponentials = np.exp(largest - new), np.exp(tile - new)
        total = total * shrink + exponentials.sum()
        read = (read * shrink + exponentials @ value[start : start + size]) / total
        largest = new
    return read


def online_read__fills_the_last_tile_with_zeros(scores, value, size):
    """A score of 0 is a key like any other."""
    missing = -len(scores) % size
    return _walk(np.pad(scores, (0, missing)), np.pad(value, ((0, missing), (0, 0))), size)


def online_read__never_divides(scores, value, size):
    """Returns the read and forgets the sum."""
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.max() @ value


def online_read__shifts_by_the_first_score(scores, value, size):
    """Takes the first score for the largest: it overflows where scores rise."""
    total, read, first = 0.0, 0.0, scores[:1]
    for start in range(0, len(scores), size):
        exponentials = np.exp(scores[start : start + size] - first)
        total, read = total + exponentials.sum(), read + exponentials @ value[start : start + size]
    return read / total


def online_read__begins_anew_when_the_largest_grows(scores, value, size):
    """Forgets sum and read where they should shrink."""
    largest, total, read = -np.inf, 0.0, 0.0
    for start in range(0, len(scores), size):
        tile = scores[start : start + size]
        if tile.max() > largest:
            largest, total, read = tile.max(), 0.0, 0.0
        exponentials = np.exp(tile - largest)
        total, read = total + exponentials.sum(), read + exponentials @ value[start : start + size]
    return read / total


def online_read__looks_twice(scores, value, size):
    """First the largest of all tiles, then the sums."""
    starts = range(0, len(scores), size)
    largest = max(scores[start : start + size].max() for start in starts)
    tiles = [(np.exp(scores[start : start + size] - largest), value[start : start + size]) for start in starts]
    return sum(tile @ part for tile, part in tiles) / sum(tile.sum() for tile, _ in tiles)


def online_read__the_whole_row(scores, value, size):
    """A textbook softmax: all scores at once."""
    exponentials = np.exp(scores - scores.max())
    return exponentials @ value / exponentials.sum()


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


def grad_scores__delta_is_the_output(scores, value, output, logsumexp, grad_output):
    """Sums o in place of dO · o."""
    weights = np.exp(scores - logsumexp[:, None])
    return weights * (grad_output @ value.T - output.sum(axis=1, keepdims=True))


def grad_scores__adds_delta(scores, value, output, logsumexp, grad_output):
    """The wrong sign."""
    return _grad(scores, value, output, logsumexp, grad_output, sign=-1)


def grad_scores__subtracts_delta_from_the_product(scores, value, output, logsumexp, grad_output):
    """Brackets that are missing: P dP − D."""
    weights = np.exp(scores - logsumexp[:, None])
    return weights * (grad_output @ value.T) - (grad_output * output).sum(axis=1, keepdims=True)


def grad_scores__wrong_sign(scores, value, output, logsumexp, grad_output):
    """D − dP."""
    return -_grad(scores, value, output, logsumexp, grad_output)


def grad_scores__mean_for_delta(scores, value, output, logsumexp, grad_output):
    """Averages over the numbers of a value where a product sums."""
    weights = np.exp(scores - logsumexp[:, None])
    return weights * (grad_output @ value.T - (grad_output * output).mean(axis=1, keepdims=True))


def grad_scores__one_delta_for_all(scores, value, output, logsumexp, grad_output):
    """Sums over the queries too."""
    weights = np.exp(scores - logsumexp[:, None])
    return weights * (grad_output @ value.T - (grad_output * output).sum())


def grad_scores__transposed(scores, value, output, logsumexp, grad_output):
    """Keys as rows."""
    return _grad(scores, value, output, logsumexp, grad_output).T
