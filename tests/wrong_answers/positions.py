"""Classic wrong answers to the exercises of chapter 20."""

import numpy as np

HINTS = {
    "sinusoids__sine_and_cosine_exchanged": "the sine has the even column, sin 0 = 0",
    "sinusoids__all_sines_first": "all sines, then all cosines",
    "sinusoids__positions_from_one": "your first row is position 1: count positions from 0",
    "sinusoids__a_frequency_for_each_column": "each column has its own frequency",
    "sinusoids__half_the_exponent": "d, where i counts pairs",
    "sinusoids__reaches_ten_thousand": "your last pair reaches 1/10000: divide by d_model, not by pairs − 1",
    "sinusoids__base_1000": "yours raises 1000 to a power: it is 10000",
    "sinusoids__full_turns": "your angles are full turns",
    "sinusoids__d_of_one_example": "numbers, row and column",
    "sinusoids__in_degrees": "your angles are in degrees",
    "sinusoids__transposed": "5 positions of 6 numbers: yours has the shape (6, 5)",
    "sinusoids__the_column_for_the_pair": "yours takes the column for i",
    "sinusoids__multiplied": "the exponent of the frequency is negative",
    "to_half_pairing__unchanged": "put the even ones of each head first",
    "to_half_pairing__all_heads_at_once": "each head of 4 has halves of its own",
    "to_half_pairing__odd_first": "then each pair is turned the other way round",
    "to_half_pairing__way_back": "that is the way back, from half to interleaved",
    "to_half_pairing__rows": "the rows moved",
    "to_half_pairing__heads_of_four": "that is for heads of 4",
    "to_half_pairing__in_place": "your function wrote into the caller's matrix",
    "alibi_weights__the_far_ones_first": "the bias is minus slope times distance",
    "alibi_weights__mask_after_the_softmax": "mask before the softmax",
    "alibi_weights__no_mask": "later keys get 0",
    "alibi_weights__no_softmax": "that is the bias itself, the softmax is missing",
    "alibi_weights__slope_unused": "the slope is unused",
    "alibi_weights__squared": "your distance is squared",
    "alibi_weights__by_column": "your columns sum to 1: a row belongs to a query, and its weights sum to 1",
    "alibi_weights__falls_as_one_over_the_distance": "halves the weight with each step back",
    "alibi_weights__exponentials_alone": "divide the exponentials by their sum",
}
"""The words by which the check rejects each of them."""

SAME_VALUE = {"to_half_pairing__in_place": "the caller's matrix is overwritten"}
"""What is wrong all the same."""


def _sinusoids(length, d_model, *, start=0, exponent=None, swap=False):
    exponent = np.arange(0, d_model, 2) / d_model if exponent is None else exponent
    angles = np.outer(np.arange(start, start + length), 10000.0**-exponent)
    table = np.empty((length, d_model))
    table[:, swap::2], table[:, 1 - swap :: 2] = np.sin(angles), np.cos(angles)
    return table


def sinusoids__sine_and_cosine_exchanged(length, d_model):
    """The cosine in the even column."""
    return _sinusoids(length, d_model, swap=True)


def sinusoids__all_sines_first(length, d_model):
    """The order of the authors' code, and not of their paper."""
    table = _sinusoids(length, d_model)
    return np.concatenate([table[:, 0::2], table[:, 1::2]], axis=1)


def sinusoids__positions_from_one(length, d_model):
    """Counts as people do."""
    return _sinusoids(length, d_model, start=1)


def sinusoids__a_frequency_for_each_column(length, d_model):
    """The exponent of column 2i + 1 is (2i + 1) / d."""
    angles = np.outer(np.arange(length), 10000.0 ** (-np.arange(d_model) / d_model))
    return np.where(np.arange(d_model) % 2, np.cos(angles), np.sin(angles))


def sinusoids__half_the_exponent(length, d_model):
    """i / d instead of 2i / d."""
    return _sinusoids(length, d_model, exponent=np.arange(d_model // 2) / d_model)


def sinusoids__reaches_ten_thousand(length, d_model):
    """Divides by the last pair instead of by d / 2: the frequencies of the authors' code."""
    return _sinusoids(length, d_model, exponent=np.linspace(0, 1, d_model // 2))


def sinusoids__in_degrees(length, d_model):
    """Sines of degrees."""
    angles = np.deg2rad(np.outer(np.arange(length), 10000.0 ** (-np.arange(0, d_model, 2) / d_model)))
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, d_model)


def sinusoids__base_1000(length, d_model):
    """A zero too few."""
    return _sinusoids(length, d_model, exponent=0.75 * np.arange(0, d_model, 2) / d_model)


def sinusoids__full_turns(length, d_model):
    """A wave that returns after one position."""
    angles = 2 * np.pi * np.outer(np.arange(length), 10000.0 ** (-np.arange(0, d_model, 2) / d_model))
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, d_model)


def sinusoids__d_of_one_example(length, d_model):
    """Writes 6 into the code."""
    return _sinusoids(length, d_model, exponent=np.arange(0, d_model, 2) / 6)


def sinusoids__transposed(length, d_model):
    """One column for each position."""
    return _sinusoids(length, d_model).T


def sinusoids__the_column_for_the_pair(length, d_model):
    """Counts columns where the formula counts pairs: 2 · column / d."""
    angles = np.outer(np.arange(length), 10000.0 ** (-2 * np.arange(d_model) / d_model))
    return np.where(np.arange(d_model) % 2, np.cos(angles), np.sin(angles))


def sinusoids__multiplied(length, d_model):
    """Multiplies by the power instead of dividing."""
    return _sinusoids(length, d_model, exponent=-np.arange(0, d_model, 2) / d_model)


def to_half_pairing__unchanged(W, num_heads):
    """Believes that the order does not matter."""
    return W.copy()


def to_half_pairing__all_heads_at_once(W, num_heads):
    """Sorts even and odd columns across the heads."""
    return np.concatenate([W[:, 0::2], W[:, 1::2]], axis=1)


def to_half_pairing__odd_first(W, num_heads):
    """The second of each pair comes first."""
    heads = W.reshape(len(W), num_heads, -1)
    return np.concatenate([heads[..., 1::2], heads[..., 0::2]], axis=-1).reshape(W.shape)


def to_half_pairing__way_back(W, num_heads):
    """From half to interleaved."""
    return np.swapaxes(W.reshape(len(W), num_heads, 2, -1), -1, -2).reshape(W.shape)


def to_half_pairing__rows(W, num_heads):
    """Moves the rows, as for a matrix that is stored transposed."""
    return np.swapaxes(W.T.reshape(len(W), num_heads, -1, 2), -1, -2).reshape(W.shape).T


def to_half_pairing__heads_of_four(W, num_heads):
    """Writes the size of a head into the code."""
    size = min(4, W.shape[1])
    if W.shape[1] % size:
        return W.copy()
    return np.swapaxes(W.reshape(len(W), -1, size // 2, 2), -1, -2).reshape(W.shape)


def to_half_pairing__in_place(W, num_heads):
    """Writes into the caller's matrix."""
    W[:] = np.swapaxes(W.reshape(len(W), num_heads, -1, 2), -1, -2).reshape(W.shape)
    return W


def _weights(scores):
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _distance(length):
    return np.arange(length)[:, None] - np.arange(length)


def alibi_weights__the_far_ones_first(length, slope):
    """Adds slope times distance."""
    return _weights(np.where(_distance(length) >= 0, slope * _distance(length), -np.inf))


def alibi_weights__mask_after_the_softmax(length, slope):
    """Sets what comes later to zero when the shares are already given out."""
    return np.tril(_weights(-slope * np.abs(_distance(length))))


def alibi_weights__no_mask(length, slope):
    """Both sides."""
    return _weights(-slope * np.abs(_distance(length)))


def alibi_weights__no_softmax(length, slope):
    """Returns the bias."""
    return np.where(_distance(length) >= 0, -slope * _distance(length), 0.0)


def alibi_weights__squared(length, slope):
    """The distance squared."""
    return _weights(np.where(_distance(length) >= 0, -slope * _distance(length) ** 2, -np.inf))


def alibi_weights__by_column(length, slope):
    """Normalizes over the queries."""
    return _weights(np.where(_distance(length) >= 0, -slope * _distance(length), -np.inf).T).T


def alibi_weights__falls_as_one_over_the_distance(length, slope):
    """A power law instead of an exponential."""
    shares = np.where(_distance(length) >= 0, 1 / (1 + slope * np.abs(_distance(length))), 0)
    return shares / shares.sum(axis=-1, keepdims=True)


def alibi_weights__exponentials_alone(length, slope):
    """Nothing is divided by the sum."""
    return np.tril(np.exp(-slope * _distance(length)))


def alibi_weights__slope_unused(length, slope):
    """A slope of 1."""
    return _weights(np.where(_distance(length) >= 0, -1.0 * _distance(length), -np.inf))
