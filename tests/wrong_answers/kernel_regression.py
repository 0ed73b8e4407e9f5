"""Classic wrong answers to the exercises of chapter 7: each must be refused by its check."""

import numpy as np

from attnlib import attend, gaussian_scores


def epanechnikov_scores__triangular_kernel(query, key, *, bandwidth=1.0):
    """1 − u, as a well-known textbook prints it."""
    distance = np.sqrt(-2 * gaussian_scores(query, key, bandwidth=bandwidth))
    return np.log(np.maximum(1 - distance, 0))


def epanechnikov_scores__kernel_without_logarithm(query, key, *, bandwidth=1.0):
    """The kernel itself: the softmax will take its exponential."""
    return np.maximum(1 + 2 * gaussian_scores(query, key, bandwidth=bandwidth), 0)


def epanechnikov_scores__small_number_for_zero(query, key, *, bandwidth=1.0):
    """Clipped to 1e-9 so that the logarithm stays finite: keys out of reach leak, and alone they share everything."""
    return np.log(np.maximum(1 + 2 * gaussian_scores(query, key, bandwidth=bandwidth), 1e-9))


def epanechnikov_scores__no_bandwidth(query, key, *, bandwidth=1.0):
    """The bandwidth is ignored."""
    return np.log(np.maximum(1 + 2 * gaussian_scores(query, key), 0))


def epanechnikov_scores__bandwidth_not_squared(query, key, *, bandwidth=1.0):
    """Divides the squared distance by h."""
    return np.log(np.maximum(1 + 2 * gaussian_scores(query, key) / bandwidth, 0))


def epanechnikov_scores__half_the_square(query, key, *, bandwidth=1.0):
    """1 − u²/2: the half of the Gaussian score was kept."""
    return np.log(np.maximum(1 + gaussian_scores(query, key, bandwidth=bandwidth), 0))


def epanechnikov_scores__no_clipping(query, key, *, bandwidth=1.0):
    """The logarithm of a negative number is NaN."""
    return np.log(1 + 2 * gaussian_scores(query, key, bandwidth=bandwidth))


def epanechnikov_scores__each_coordinate_alone(query, key, *, bandwidth=1.0):
    """A product over coordinates, which is another kernel when there are several."""
    u = (query[:, None, :] - key[None, :, :]) / bandwidth
    return np.log(np.maximum(1 - u**2, 0)).sum(axis=-1)


def epanechnikov_scores__swapped(query, key, *, bandwidth=1.0):
    """Keys as rows, queries as columns."""
    return np.log(np.maximum(1 + 2 * gaussian_scores(key, query, bandwidth=bandwidth), 0))


def epanechnikov_scores__boxcar(query, key, *, bandwidth=1.0):
    """Everyone in reach speaks equally loud."""
    return np.where(-2 * gaussian_scores(query, key, bandwidth=bandwidth) < 1, 0.0, -np.inf)


def _choose(key, value, bandwidths, mask, pick=np.argmin):
    outputs = [attend(gaussian_scores(key, key, bandwidth=h), value, mask)[0] for h in bandwidths]
    return bandwidths[int(pick([np.mean((output - value) ** 2) for output in outputs]))]


def choose_bandwidth__training_error(key, value, bandwidths):
    """No point is left out, so the narrowest bandwidth wins."""
    return _choose(key, value, bandwidths, None)


def choose_bandwidth__inverted_mask(key, value, bandwidths):
    """Each point sees only itself."""
    return _choose(key, value, bandwidths, np.eye(len(key), dtype=bool))


def choose_bandwidth__shifted_diagonal(key, value, bandwidths):
    """Leaves out the next point in place of the point itself."""
    return _choose(key, value, bandwidths, ~np.eye(len(key), k=1, dtype=bool))


def choose_bandwidth__worst(key, value, bandwidths):
    """The largest error wins."""
    return _choose(key, value, bandwidths, ~np.eye(len(key), dtype=bool), np.argmax)


def choose_bandwidth__index(key, value, bandwidths):
    """Returns the place in the list."""
    return bandwidths.index(_choose(key, value, bandwidths, ~np.eye(len(key), dtype=bool)))


def choose_bandwidth__first(key, value, bandwidths):
    """Whatever comes first."""
    return bandwidths[0]


def choose_bandwidth__widest(key, value, bandwidths):
    """The smoothest curve."""
    return max(bandwidths)


def choose_bandwidth__weights_zeroed_after(key, value, bandwidths):
    """The diagonal is removed after the softmax, so the weights no longer sum to 1."""
    errors = []
    for h in bandwidths:
        _, weights = attend(gaussian_scores(key, key, bandwidth=h), value)
        errors.append(np.mean(((weights * (1 - np.eye(len(key)))) @ value - value) ** 2))
    return bandwidths[int(np.argmin(errors))]


def choose_bandwidth__zero_scores_on_the_diagonal(key, value, bandwidths):
    """The score of a point with itself is set to 0, which it was already."""
    errors = []
    for h in bandwidths:
        output, _ = attend(gaussian_scores(key, key, bandwidth=h) * (1 - np.eye(len(key))), value)
        errors.append(np.mean((output - value) ** 2))
    return bandwidths[int(np.argmin(errors))]


def leave_one_out_errors__fit(weights, value):
    """The errors with everyone present."""
    return value - weights @ value


def leave_one_out_errors__multiplied(weights, value):
    """Multiplies by 1 − w in place of dividing."""
    return (value - weights @ value) * (1 - np.diag(weights))[:, None]


def leave_one_out_errors__divided_by_own_weight(weights, value):
    """Divides by w."""
    return (value - weights @ value) / np.diag(weights)[:, None]


def leave_one_out_errors__wrong_axis(weights, value):
    """The divisor lies along the columns: three points with one value give a 3 × 3 table."""
    missing = 1 - np.diag(weights)
    return (value - weights @ value) / (missing if value.shape[1] == 1 else missing[:, None])


def leave_one_out_errors__mean_diagonal(weights, value):
    """Divides by the mean of 1 − w: that is generalised cross-validation."""
    return (value - weights @ value) / (1 - np.mean(np.diag(weights)))


def leave_one_out_errors__prediction_minus_value(weights, value):
    """The sign is turned round."""
    return (weights @ value - value) / (1 - np.diag(weights))[:, None]


def leave_one_out_errors__not_shared_out_again(weights, value):
    """The diagonal is set to 0 and the rest does not sum to 1."""
    return value - (weights * (1 - np.eye(len(value)))) @ value


def leave_one_out_errors__columns_share(weights, value):
    """The rest is made to sum to 1 along the columns."""
    rest = weights * (1 - np.eye(len(value)))
    return value - (rest / rest.sum(axis=0, keepdims=True)) @ value


def leave_one_out_errors__in_place(weights, value):
    """Right, but the caller's weights are overwritten."""
    np.fill_diagonal(weights, 0)
    weights /= weights.sum(axis=1, keepdims=True)
    return value - weights @ value
