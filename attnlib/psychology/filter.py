"""What becomes of the voice you ignore: three theories as two dials, a gate for a voice and a threshold for a word."""

import math

from jaxtyping import Float

from attnlib.arrays import Array, check_count, float_namespace


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
        The message names the argument, what it was, what was expected and how to mend it.

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
    _check_gate(gate)
    if any(a != b and 1 not in (a, b) for a, b in zip(reversed(signal.shape), reversed(threshold.shape))):
        raise ValueError(
            f"threshold has shape {tuple(threshold.shape)}, signal {tuple(signal.shape)}: one threshold for each word"
        )
    if not bool(xp.all((signal >= 0) & (signal < math.inf))):
        raise ValueError("signal has a strength that is negative, infinite or NaN, expected 0 (silence) or more")
    against = threshold - float(gate) * signal
    return xp.exp(-xp.logaddexp(xp.zeros_like(against), against))


def estimate_gate(attended: float, rejected: float, false_alarms: float) -> float:
    r"""Return the gate that turns the share noticed on the attended side into the share noticed on the rejected side.

    .. math:: g = \frac{\ell(r) - \ell(f)}{\ell(a) - \ell(f)}, \qquad \ell(p) = \ln\frac{p}{1 - p}

    The false alarms are the share "noticed" where nothing was said. A gate below 0 or above 1 is returned as it is: it
    says that no gate fits, apart from chance.

    Examples
    --------
    >>> round(estimate_gate(0.9, 0.5, 0.1), 6)
    0.5
    """
    for name, share in {"attended": attended, "rejected": rejected, "false_alarms": false_alarms}.items():
        if not 0 < share < 1:
            raise ValueError(
                f"{name} is {share}, expected a share between 0 and 1, and neither of them: we need its odds"
            )
    if attended == false_alarms:
        raise ValueError(f"attended and false_alarms are both {attended}: there is no strength for a gate to weaken")
    return (_logit(rejected) - _logit(false_alarms)) / (_logit(attended) - _logit(false_alarms))


def share_capacity(demand: Float[Array, "*B N"], capacity: float) -> Float[Array, "*B N"]:
    r"""Scale all demands down alike when together they exceed the capacity; leave them as they are when they do not.

    .. math:: d_i \cdot \min\left(1, C / \textstyle\sum_j d_j\right)

    One unit of capacity analyses one message completely.

    Examples
    --------
    >>> share_capacity(np.array([1.0, 1.0, 2.0]), 2.0)
    array([0.5, 0.5, 1. ])
    """
    xp = float_namespace(demand=demand)
    _check_capacity(capacity)
    if not bool(xp.all((demand >= 0) & (demand < math.inf))):
        raise ValueError("demand has a number that is negative, infinite or NaN, expected 0 or more for each message")
    total = xp.sum(demand, axis=-1, keepdims=True)
    crowded = total > capacity
    return xp.where(crowded, demand * (float(capacity) / xp.where(crowded, total, xp.ones_like(total))), demand)


def spill_over(load: float, num_rejected: int, *, capacity: float = 1.0) -> float:
    r"""Return the gate of each rejected message when they get what the task leaves over: perceptual load theory.

    .. math:: g = \min\left(1, \max(0, C - \text{load}) / n\right)

    References
    ----------
    Lavie & Tsal (1994) say it in words; the straight line is ours.

    Examples
    --------
    >>> [spill_over(load, 2, capacity=2.0) for load in (0.0, 1.0, 2.0, 3.0)]
    [1.0, 0.5, 0.0, 0.0]
    """
    _check_capacity(capacity)
    check_count("num_rejected", num_rejected, least=1)
    if not 0 <= load < math.inf:
        raise ValueError(f"load is {load}, expected 0 or more, in messages")
    return min(1.0, max(0.0, capacity - load) / num_rejected)


def binomial_interval(hits: int, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    r"""Return the shares that do not make the count surprising: neither tail below (1 − level) / 2.

    References
    ----------
    Clopper & Pearson (1934). We find their limits by halving instead of from charts.

    Examples
    --------
    >>> [round(limit, 3) for limit in binomial_interval(0, 1)]
    [0.0, 0.975]
    """
    check_count("trials", trials, least=1)
    check_count("hits", hits)
    if hits > trials:
        raise ValueError(f"hits is {hits}, trials {trials}: there cannot be more hits than trials")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, expected a share between 0 and 1, such as 0.95")
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else _bisect(lambda p: _at_least(hits, trials, p) < tail)
    high = 1.0 if hits == trials else 1 - _bisect(lambda p: _at_least(trials - hits, trials, p) < tail)
    return low, high


def _at_least(hits: int, trials: int, share: float) -> float:
    return math.fsum(math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(hits, trials + 1))


def _bisect(is_below) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return low


def _logit(share: float) -> float:
    return math.log(share) - math.log1p(-share)


def _check_gate(gate: float) -> None:
    if not 0 <= gate <= 1:
        raise ValueError(f"gate is {gate}, expected a number from 0 (shut) to 1 (open)")


def _check_capacity(capacity: float) -> None:
    if not capacity >= 0:
        raise ValueError(f"capacity is {capacity}, expected 0 or more, in messages that can be analysed at once")
