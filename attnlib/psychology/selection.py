"""A narrow channel and how to divide it: before the formula of attention, the reason for having it."""

import numpy as np
from jaxtyping import Float

from attnlib.arrays import Array, check_number, float_namespace


def transmitted_bits(counts: Float[Array, "S R"]) -> Float[Array, ""]:
    r"""Measure how much of what was shown got through, from a table of what was shown (rows) and said (columns).

    .. math:: I = \sum_{sr} p_{sr} \log_2 \frac{p_{sr}}{p_s\, p_r}

    One bit settles one question that can equally well be answered yes or no. Estimated from few trials the number is
    a little too high: chance agreement looks like information.

    Raises
    ------
    TypeError, ValueError
        The message names the argument, what it was, what was expected and how to mend it.

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
    if counts.ndim != 2:
        raise ValueError(f"counts has shape {tuple(counts.shape)}, expected a table (shown, said)")
    _check_amounts(xp, "counts", counts)
    total = xp.sum(counts)
    if not total > 0:
        raise ValueError("counts is empty: with no trial nothing can be said about the channel")
    joint = counts / total
    by_chance = xp.sum(joint, axis=1, keepdims=True) * xp.sum(joint, axis=0, keepdims=True)
    seen = joint > 0
    ratio = xp.where(seen, joint, 1) / xp.where(seen, by_chance, 1)
    return xp.sum(joint * xp.log2(ratio))


def distortion(bits: Float[Array, "..."], variance: Float[Array, "..."]) -> Float[Array, "..."]:
    r"""Return the mean squared error that remains when each number is sent with so many bits.

    .. math:: D = \sigma^2\, 4^{-b}

    Every bit halves the typical error, and so quarters its square. No channel can do better for normal numbers. The two
    arrays broadcast; the result has the unit of the variance.

    Raises
    ------
    TypeError, ValueError
        The message names the argument, what it was, what was expected and how to mend it.

    References
    ----------
    Cover & Thomas (2006), chapter 10.

    Examples
    --------
    >>> distortion(np.array([0.0, 1.0, 2.0]), np.array([64.0, 64.0, 64.0]))
    array([64., 16.,  4.])
    """
    xp = float_namespace(bits=bits, variance=variance)
    _check_amounts(xp, "bits", bits)
    _check_amounts(xp, "variance", variance)
    return variance * 4 ** (-bits)


def transmit(
    signal: Float[Array, "... N"],
    bits: Float[Array, "..."],
    variance: Float[Array, "..."],
    rng: np.random.Generator,
) -> Float[Array, "... N"]:
    r"""Send numbers through a noisy channel of so many bits each, and return the receiver's best guess.

    .. math:: \hat x = a x + \sqrt{a (1 - a)}\, \sigma \varepsilon, \qquad a = 1 - 4^{-b}

    With numbers of mean 0 the expected squared error is that of ``distortion``. With 0 bits the guess is 0, whatever
    was sent.

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
        The message names the argument, what it was, what was expected and how to mend it.
    """
    xp = float_namespace(signal=signal, bits=bits, variance=variance)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is a {type(rng).__name__}, expected a generator: np.random.default_rng(1890) makes one")
    lost = distortion(bits, variance)
    kept = 1 - 4 ** (-bits)
    noise = xp.asarray(rng.standard_normal(tuple(signal.shape)), dtype=signal.dtype)
    return kept * signal + xp.sqrt(kept * lost) * noise


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
        The message names the argument, what it was, what was expected and how to mend it.

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
    _check_division(xp, importance, capacity)
    some = importance > 0
    height = xp.where(some, xp.log2(xp.where(some, importance, 1)), -xp.inf)
    ranked = xp.sort(height, axis=-1, descending=True)
    served = xp.cumulative_sum(xp.ones_like(ranked), axis=-1)
    levels = (xp.cumulative_sum(ranked, axis=-1) - 2 * check_number("capacity", capacity)) / served
    level = xp.max(levels, axis=-1, keepdims=True)
    return xp.where(height > level, (height - xp.where(level > -xp.inf, level, 0)) / 2, 0)


def _check_division(xp, importance: Array, capacity: float) -> None:
    if importance.ndim == 0 or importance.shape[-1] == 0:
        raise ValueError(
            f"importance has shape {tuple(importance.shape)}: there is no item to divide the capacity among, "
            "expected one number for each item"
        )
    _check_amounts(xp, "importance", importance)
    if not 0 <= capacity < np.inf:
        raise ValueError(f"capacity is {capacity}, expected zero or more bits, and finite")


def _check_amounts(xp, name: str, amounts: Array) -> None:
    if not bool(xp.all((amounts >= 0) & (amounts < xp.inf))):
        raise ValueError(f"{name} has a negative, infinite or missing number, expected zero or more throughout")
