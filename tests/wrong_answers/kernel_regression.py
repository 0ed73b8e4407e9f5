"""Classic wrong answers to the exercises of chapter 7."""

import numpy as np

from attnlib import attend, gaussian_scores

HINTS = {
    "epanechnikov_scores__triangular_kernel": "1 − u is the triangular kernel",
    "epanechnikov_scores__kernel_without_logarithm": "softmax takes exponentials: return log K",
    "epanechnikov_scores__small_number_for_zero": "expected exactly 0",
    "epanechnikov_scores__no_bandwidth": "divide by the bandwidth",
    "epanechnikov_scores__bandwidth_not_squared": "the bandwidth is squared too",
    "epanechnikov_scores__half_the_square": "1 − u²/2 halves the square",
    "epanechnikov_scores__no_clipping": "a negative number has no logarithm",
    "epanechnikov_scores__each_coordinate_alone": "u is one length; you have a kernel for each number",
    "epanechnikov_scores__swapped": "a row for each query: yours has shape (3, 1), expected (1, 3)",
    "epanechnikov_scores__boxcar": "K falls from 1 to 0 as u grows",
    "epanechnikov_scores__mean_of_the_squares": "add up the squares, don't average them",
    "epanechnikov_scores__zero_for_out_of_reach": "out of reach is no score of 0, but no voice",
    "epanechnikov_scores__lowest_number_for_minus_infinity": "expected zeros: all scores −∞",
    "choose_bandwidth__training_error": "where each point sees itself, the narrowest wins",
    "choose_bandwidth__inverted_mask": "True means may look: here each point sees itself alone",
    "choose_bandwidth__shifted_diagonal": "each point leaves out the next one, and not itself",
    "choose_bandwidth__worst": "that is the largest error",
    "choose_bandwidth__index": "expected one of the bandwidths",
    "choose_bandwidth__widest": "the widest is not always the best",
    "choose_bandwidth__absolute_errors": "square the errors",
    "choose_bandwidth__first_column": "all columns of the values count, not the first alone",
    "choose_bandwidth__twins_left_out_too": "leave out the point itself, not all points at its place",
    "choose_bandwidth__weights_zeroed_after": "weights set to 0 after the softmax no longer sum to 1",
    "leave_one_out_errors__fit": "everyone was present",
    "leave_one_out_errors__multiplied": "divide by 1 − w, don't multiply",
    "leave_one_out_errors__divided_by_own_weight": "expected 4.444: 1 − w, not w",
    "leave_one_out_errors__wrong_axis": "a row for each point: yours has shape (3, 3)",
    "leave_one_out_errors__mean_diagonal": "each point has a divisor of its own",
    "leave_one_out_errors__prediction_minus_value": "value minus prediction, not the reverse",
    "leave_one_out_errors__not_shared_out_again": "without one of them the weights must sum to 1 again",
    "leave_one_out_errors__columns_share": "it is rows that sum to 1",
    "leave_one_out_errors__largest_weight": "w is the own weight",
    "leave_one_out_errors__absolute": "an error has a sign",
    "leave_one_out_errors__prediction": "that is the prediction",
    "leave_one_out_errors__transposed": "your weights are transposed",
}
"""The words by which the check rejects each of them."""


def epanechnikov_scores__triangular_kernel(query, key, bandwidth):
    """1 − u, as a well-known textbook prints it."""
    distance = np.sqrt(-2 * gaussian_scores(query, key, bandwidth=bandwidth))
    return np.log(np.maximum(1 - distance, 0))


def epanechnikov_scores__kernel_without_logarithm(query, key, bandwidth):
    """The kernel itself: the softmax will take its exponential."""
    return np.maximum(1 + 2 * gaussian_scores(query, key, bandwidth=bandwidth), 0)


def epanechnikov_scores__small_number_for_zero(query, key, bandwidth):
    """Clipped to 1e-9 so that the logarithm stays finite: keys out of reach leak, and alone they share everything."""
    return np.log(np.maximum(1 + 2 * gaussian_scores(query, key, bandwidth=bandwidth), 1e-9))


def epanechnikov_scores__no_bandwidth(query, key, bandwidth):
    """The bandwidth is ignored."""
    return np.log(np.maximum(1 + 2 * gaussian_scores(query, key), 0))


def epanechnikov_scores__bandwidth_not_squared(query, key, bandwidth):
    """Divides the squared distance by h."""
    return np.log(np.maximum(1 + 2 * gaussian_scores(query, key) / bandwidth, 0))


def epanechnikov_scores__half_the_square(query, key, bandwidth):
    """1 − u²/2: the half of the Gaussian score was kept."""
    return np.log(np.maximum(1 + gaussian_scores(query, key, bandwidth=bandwidth), 0))


def epanechnikov_scores__no_clipping(query, key, bandwidth):
    """The logarithm of a negative number is NaN."""
    return np.log(1 + 2 * gaussian_scores(query, key, bandwidth=bandwidth))


def epanechnikov_scores__each_coordinate_alone(query, key, bandwidth):
    """A product over coordinates, which is another kernel when there are several."""
    u = (query[:, None, :] - key[None, :, :]) / bandwidth
    return np.log(np.maximum(1 - u**2, 0)).sum(axis=-1)


def epanechnikov_scores__swapped(query, key, bandwidth):
    """Keys as rows, queries as columns."""
    return np.log(np.maximum(1 + 2 * gaussian_scores(key, query, bandwidth=bandwidth), 0))


def epanechnikov_scores__boxcar(query, key, bandwidth):
    """Everyone in reach speaks equally loud."""
    return np.where(-2 * gaussian_scores(query, key, bandwidth=bandwidth) < 1, 0.0, -np.inf)


def epanechnikov_scores__mean_of_the_squares(query, key, bandwidth):
    """Averages over the coordinates where a length adds them up."""
    return np.log(np.maximum(1 + 2 * gaussian_scores(query, key, bandwidth=bandwidth) / query.shape[1], 0))


def epanechnikov_scores__zero_for_out_of_reach(query, key, bandwidth):
    """A score of 0 is a voice of 1, the loudest there is."""
    voice = 1 + 2 * gaussian_scores(query, key, bandwidth=bandwidth)
    return np.log(np.where(voice > 0, voice, 1))


def epanechnikov_scores__lowest_number_for_minus_infinity(query, key, bandwidth):
    """Keys out of reach get 0 beside others; where nobody is in reach they share everything."""
    return np.nan_to_num(np.log(np.maximum(1 + 2 * gaussian_scores(query, key, bandwidth=bandwidth), 0)))


def _choose(key, value, bandwidths, mask, pick=np.argmin, size=np.square):
    outputs = [attend(gaussian_scores(key, key, bandwidth=h), value, mask)[0] for h in bandwidths]
    return bandwidths[int(pick([np.mean(size(output - value)) for output in outputs]))]


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


def choose_bandwidth__widest(key, value, bandwidths):
    """The smoothest curve."""
    return max(bandwidths)


def choose_bandwidth__absolute_errors(key, value, bandwidths):
    """The mean absolute error is another judge."""
    return _choose(key, value, bandwidths, ~np.eye(len(key), dtype=bool), size=np.abs)


def choose_bandwidth__first_column(key, value, bandwidths):
    """Looks at the first of several values."""
    return _choose(key, value[:, :1], bandwidths, ~np.eye(len(key), dtype=bool))


def choose_bandwidth__twins_left_out_too(key, value, bandwidths):
    """Leaves out whatever lies at distance 0, another measurement at the same place too."""
    return _choose(key, value, bandwidths, gaussian_scores(key, key) < 0)


def choose_bandwidth__weights_zeroed_after(key, value, bandwidths):
    """The diagonal is removed after the softmax, so the weights no longer sum to 1."""
    errors = []
    for h in bandwidths:
        _, weights = attend(gaussian_scores(key, key, bandwidth=h), value)
        errors.append(np.mean(((weights * (1 - np.eye(len(key)))) @ value - value) ** 2))
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


def leave_one_out_errors__largest_weight(weights, value):
    """Takes the largest weight of a row for the own one: true of distances, not of weights in general."""
    return (value - weights @ value) / (1 - weights.max(axis=1, keepdims=True))


def leave_one_out_errors__absolute(weights, value):
    """An error without its sign."""
    return abs((value - weights @ value) / (1 - np.diag(weights))[:, None])


def leave_one_out_errors__prediction(weights, value):
    """Returns the prediction and not its error."""
    return value - (value - weights @ value) / (1 - np.diag(weights))[:, None]


def leave_one_out_errors__transposed(weights, value):
    """Columns for rows: who listens to me."""
    return (value - weights.T @ value) / (1 - np.diag(weights))[:, None]
