"""What becomes of the voice you ignore: three theories as two dials, a gate for a voice and a threshold for a word."""

import math

from jaxtyping import Float

from attnlib.arrays import (
    Array,
    cast,
    check_amount,
    check_amounts,
    check_broadcast,
    check_count,
    check_share,
    float_namespace,
    widen,
)


def notice_probability(
    signal: Float[Array, "..."], threshold: Float[Array, "..."], *, gate: float = 1.0
) -> Float[Array, "..."]:
    r"""Return the share of occasions on which each word is noticed: its gated strength against its threshold.

    .. math:: P = \frac{e^{g s}}{e^{g s} + e^{\theta}}

    Strengths are in logits: a unit multiplies the odds of being noticed by e. A word that was not said has strength 0.

    Parameters
    ----------
    signal, threshold : arrays that broadcast
        The strength s ≥ 0 with which each word arrives, and the threshold θ it has to beat.
    gate : float
        0 is Broadbent's filter, between 0 and 1 Treisman's attenuator, 1 lets everything through.

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats that broadcast, a strength is negative or infinite, or `gate` is not from 0 to 1.

    References
    ----------
    Broadbent (1958), Treisman (1960, 1964). The logistic noise is ours: neither wrote this equation.

    Examples
    --------
    >>> notice_probability(np.log([81.0, 1.0]), np.log([9.0, 9.0]))  # said, and not said
    array([0.9, 0.1])
    >>> notice_probability(np.log([81.0, 1.0]), np.log([9.0, 9.0]), gate=0.5)
    array([0.5, 0.1])
    """
    xp = float_namespace(signal=signal, threshold=threshold)
    gate = check_share("gate", gate, ", shut to open")
    check_broadcast(signal=signal, threshold=threshold)
    check_amounts(signal=signal)
    wide_signal, wide_threshold = widen(xp, signal, threshold)
    against = wide_threshold - gate * wide_signal
    return cast(xp, signal.dtype, xp.exp(-xp.logaddexp(xp.zeros_like(against), against)))


def estimate_gate(attended: float, rejected: float, false_alarms: float) -> float:
    r"""Return the gate that turns the share noticed on the attended side into the share noticed on the rejected side.

    .. math:: g = \frac{\ell(r) - \ell(f)}{\ell(a) - \ell(f)}, \qquad \ell(p) = \ln\frac{p}{1 - p}

    The false alarms are the share "noticed" where nothing was said. A gate below 0 or above 1 is returned as it is: it
    says that no gate fits, apart from chance.

    Raises
    ------
    TypeError, ValueError
        If a share does not lie between 0 and 1, or the attended side is noticed as often as silence.

    Examples
    --------
    >>> round(estimate_gate(0.9, 0.5, 0.1), 6)
    0.5
    """
    said, unsaid = _logit("attended", attended), _logit("false_alarms", false_alarms)
    ignored = _logit("rejected", rejected)
    if said == unsaid:
        raise ValueError(f"attended and false_alarms are both {attended}: there is no strength for a gate to weaken")
    return (ignored - unsaid) / (said - unsaid)


def share_capacity(demand: Float[Array, "*B N"], capacity: float) -> Float[Array, "*B N"]:
    r"""Scale all demands down alike when together they exceed the capacity; leave them as they are when they do not.

    .. math:: d_i \cdot \min\left(1, C / \textstyle\sum_j d_j\right)

    One unit of capacity analyses one message completely.

    Raises
    ------
    TypeError, ValueError
        If `demand` is a single number, negative, infinite or missing, or `capacity` is negative.

    Examples
    --------
    >>> share_capacity(np.array([1.0, 1.0, 2.0]), 2.0)
    array([0.5, 0.5, 1. ])
    """
    xp = float_namespace(demand=demand)
    capacity = _capacity(capacity)
    if demand.ndim == 0:
        raise ValueError("demand is a single number, expected one for each message: demand[None]")
    check_amounts(demand=demand)
    (wide_demand,) = widen(xp, demand)
    total = xp.sum(wide_demand, axis=-1, keepdims=True)
    crowded = total > capacity
    shared = wide_demand * xp.where(crowded, capacity / xp.where(crowded, total, 1), 1)
    return cast(xp, demand.dtype, shared)


def spill_over(load: float, num_rejected: int, *, capacity: float = 1.0) -> float:
    r"""Return the gate of each rejected message when they get what the task leaves over: perceptual load theory.

    .. math:: g = \min\left(1, \max(0, C - \text{load}) / n\right)

    Raises
    ------
    TypeError, ValueError
        If `load` or `capacity` is negative, or there is no rejected message.

    References
    ----------
    Lavie & Tsal (1994) say it in words; the straight line is ours.

    Examples
    --------
    >>> [spill_over(load, 2, capacity=2.0) for load in (0.0, 1.0, 2.0, 3.0)]
    [1.0, 0.5, 0.0, 0.0]
    """
    load = check_amount("load", load, ", in messages")
    capacity = _capacity(capacity)
    check_count("num_rejected", num_rejected, least=1)
    return min(1.0, max(0.0, capacity - load) / num_rejected)


def _capacity(capacity):
    """Infinite capacity is a theory too: nothing is scarce."""
    return (
        capacity
        if isinstance(capacity, float) and capacity == math.inf
        else check_amount("capacity", capacity, ", in messages")
    )


def binomial_interval(hits: int, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    r"""Return the shares that do not make the count surprising: neither tail below (1 − level) / 2.

    Raises
    ------
    TypeError, ValueError
        If `hits` and `trials` are not whole numbers, there are more hits than trials, or `level` is not from 0 to 1.

    References
    ----------
    Clopper & Pearson (1934), as computed by :func:`scipy.stats.binomtest`.

    Examples
    --------
    >>> [round(limit, 3) for limit in binomial_interval(0, 1)]
    [0.0, 0.975]
    """
    check_count("trials", trials, least=1)
    check_count("hits", hits)
    if hits > trials:
        raise ValueError(f"hits is {hits}, trials {trials}: there cannot be more hits than trials")
    level = check_share("level", level, ", such as 0.95")
    from scipy.stats import binomtest  # only here: loading it takes longer than the rest of the chapter's imports

    low, high = binomtest(int(hits), int(trials)).proportion_ci(confidence_level=level, method="exact")
    return float(low), float(high)


def _logit(name: str, share: float) -> float:
    expected = ", and neither of them: we need its odds"
    share = check_share(name, share, expected)
    if share in (0, 1):
        raise ValueError(f"{name} is {share}, expected a number from 0 to 1{expected}")
    return math.log(share) - math.log1p(-share)
