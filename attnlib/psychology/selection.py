"""A narrow channel and how to divide it: before the formula of attention, the reason for having it."""

import numpy as np
from jaxtyping import Float

from attnlib.arrays import (
    Array,
    cast,
    check_amount,
    check_amounts,
    check_axes,
    check_broadcast,
    float_namespace,
    holds,
    widen,
)
from attnlib.psychology.checks import check_generator


def transmitted_bits(counts: Float[Array, "S R"]) -> Float[Array, ""]:
    r"""Measure how much of what was shown got through, from a table of what was shown (rows) and said (columns).

    .. math:: I = \sum_{sr} p_{sr} \log_2 \frac{p_{sr}}{p_s\, p_r}

    One bit settles one question that can equally well be answered yes or no. Estimated from few trials the number is
    a little too high: chance agreement looks like information.

    Raises
    ------
    TypeError, ValueError
        If `counts` is not a table of floats, has a negative or infinite number, or is all zeros.

    References
    ----------
    Miller (1956), who calls it transmitted information.

    Examples
    --------
    >>> transmitted_bits(np.array([[5.0, 0.0], [0.0, 5.0]])).item()  # two things, never confused
    1.0
    >>> transmitted_bits(np.array([[5.0, 5.0], [5.0, 5.0]])).item()  # a guess that ignores what is shown
    0.0
    """
    xp = float_namespace(counts=counts)
    check_axes("counts", counts, "shown", "said")
    check_amounts(counts=counts)
    (wide_counts,) = widen(xp, counts)
    total = xp.sum(wide_counts)
    if not holds(total > 0):
        raise ValueError("counts is empty: with no trial nothing can be said about the channel")
    joint = wide_counts / total
    by_chance = xp.sum(joint, axis=1, keepdims=True) * xp.sum(joint, axis=0, keepdims=True)
    seen = joint > 0
    ratio = xp.where(seen, joint, 1) / xp.where(seen, by_chance, 1)
    return cast(xp, counts.dtype, xp.sum(joint * xp.log2(ratio)))


def distortion(bits: Float[Array, "..."], variance: Float[Array, "..."]) -> Float[Array, "..."]:
    r"""Return the mean squared error that remains when each number is sent with so many bits.

    .. math:: D = \sigma^2\, 4^{-b}

    Every bit halves the typical error, and so quarters its square. No channel can do better for normal numbers. The two
    arrays broadcast; the result has the unit of the variance.

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats that broadcast, or have a negative, infinite or missing number.

    References
    ----------
    Cover & Thomas (2006), chapter 10.

    Examples
    --------
    >>> distortion(np.array([0.0, 1.0, 2.0]), np.array([64.0, 64.0, 64.0]))
    array([64., 16.,  4.])
    """
    xp = float_namespace(bits=bits, variance=variance)
    check_broadcast(bits=bits, variance=variance)
    check_amounts(bits=bits, variance=variance)
    wide_bits, wide_variance = widen(xp, bits, variance)
    return cast(xp, variance.dtype, wide_variance * 4 ** (-wide_bits))


def transmit(
    signal: Float[Array, "... N"],
    bits: Float[Array, "..."],
    variance: Float[Array, "..."],
    rng: np.random.Generator,
) -> Float[Array, "... N"]:
    r"""Send numbers through a noisy channel of so many bits each, and return the receiver's best guess.

    .. math:: \hat x = a x + \sqrt{a (1 - a)}\, \sigma \varepsilon, \qquad a = 1 - 4^{-b}

    With numbers of mean 0 the expected squared error is that of ``distortion``. With 0 bits the guess is 0, whatever
    was sent. The noise is NumPy's, so ``torch.compile`` is not supported, and under ``torch.vmap`` all copies of a
    signal hear the same noise.

    Parameters
    ----------
    signal : array (…, N)
        What is sent.
    bits, variance : arrays that broadcast against `signal`
        The capacity given to each number, and how much it varies.
    rng : numpy.random.Generator
        Draws the noise ε.

    Returns
    -------
    guess : array (…, N)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats, `bits` and `variance` are negative or do not broadcast to the shape of `signal`,
        or `rng` is no generator.

    References
    ----------
    Cover & Thomas (2006), chapter 10: the test channel of the normal distribution, read from the receiver's end.

    Examples
    --------
    >>> signal, one = np.array([8.0, 8.0]), np.array([1.0, 1.0])
    >>> transmit(signal, np.array([0.0, 40.0]), one, np.random.default_rng(1890))  # nothing, and all of it
    array([0., 8.])
    """
    xp = float_namespace(signal=signal, bits=bits, variance=variance)
    check_generator(rng)
    check_broadcast(signal=signal, bits=bits, variance=variance)
    wide_signal, wide_bits, wide_variance = widen(xp, signal, bits, variance)
    lost = distortion(wide_bits, wide_variance)
    kept = 1 - 4 ** (-wide_bits)
    _check_receiver(signal, lost)
    noise = xp.asarray(rng.standard_normal(tuple(signal.shape)), dtype=wide_signal.dtype, device=signal.device)
    return cast(xp, signal.dtype, kept * wide_signal + xp.sqrt(kept * lost) * noise)


def allocate_bits(importance: Float[Array, "*B N"], capacity: float) -> Float[Array, "*B N"]:
    r"""Divide a capacity so that the errors, each in proportion to its importance, have the smallest sum.

    .. math:: b_j = \max\left(0,\ \tfrac12 \log_2 \frac{u_j}{\theta}\right), \qquad \sum_j b_j = C

    The level θ is the error that every item with any bits ends up with. An item whose importance lies below the level
    gets nothing at all. This is reverse water-filling.

    Parameters
    ----------
    importance : array (…, N)
        The cost u of reading nothing of an item: its variance, times what a squared error there costs.
    capacity : float
        The bits C to be divided, zero or more.

    Returns
    -------
    bits : array (…, N)
        Sums to the capacity along the last axis. Where nothing has any importance, all are 0.

    Raises
    ------
    TypeError, ValueError
        If there is no item, or `importance` or `capacity` is negative, infinite or missing.

    References
    ----------
    Kolmogorov (1956); Cover & Thomas (2006), chapter 10. They minimise the bits for a given error; we, the error
    for given bits. The curve is the same.

    Examples
    --------
    >>> allocate_bits(np.array([64.0, 16.0, 4.0, 1.0]), 3.0)
    array([2., 1., 0., 0.])
    """
    xp = float_namespace(importance=importance)
    capacity = check_amount("capacity", capacity, ", in bits")
    _check_items(importance)
    (wide_importance,) = widen(xp, importance)
    some = wide_importance > 0
    height = xp.where(some, xp.log2(xp.where(some, wide_importance, 1)), -xp.inf)
    ranked = xp.sort(height, axis=-1, descending=True)
    served = xp.cumulative_sum(xp.ones_like(ranked), axis=-1)
    levels = (xp.cumulative_sum(ranked, axis=-1) - 2 * capacity) / served
    level = xp.max(levels, axis=-1, keepdims=True)
    bits = xp.where(height > level, (height - xp.where(level > -xp.inf, level, 0)) / 2, 0)
    return cast(xp, importance.dtype, bits)


def _check_receiver(signal: Array, lost: Array) -> None:
    if np.broadcast_shapes(tuple(signal.shape), tuple(lost.shape)) != tuple(signal.shape):
        raise ValueError(
            f"signal has shape {tuple(signal.shape)}, bits and variance together {tuple(lost.shape)}: "
            f"the signal must have every axis, signal + 0 * bits + 0 * variance"
        )


def _check_items(importance: Array) -> None:
    if importance.ndim == 0 or importance.shape[-1] == 0:
        one = ", importance[None]" if importance.ndim == 0 else ""
        raise ValueError(
            f"importance has shape {tuple(importance.shape)}: there is no item to divide the capacity among, "
            f"expected one number for each item{one}"
        )
    check_amounts(importance=importance)
