"""Classic wrong answers to the exercises of chapter 3: each must be refused by its check."""

import numpy as np


def _logit(share):
    return np.log(np.divide(share, np.subtract(1, share)))


def find_threshold__gate_forgotten(share, signal, gate):
    """The strength arrives whole."""
    return signal - _logit(share)


def find_threshold__sign_turned(share, signal, gate):
    """Adds the odds for in place of taking them away."""
    return gate * signal + _logit(share)


def find_threshold__odds_not_logarithm(share, signal, gate):
    """Subtracts the odds themselves."""
    return gate * signal - share / (1 - share)


def find_threshold__logarithm_of_the_share(share, signal, gate):
    """Takes the share for its odds."""
    return gate * signal - np.log(share)


def find_threshold__decimal_logarithm(share, signal, gate):
    """log10 where the strengths are natural logarithms."""
    return gate * signal - np.log10(share / (1 - share))


def find_threshold__gate_on_the_threshold(share, signal, gate):
    """Weakens the result as a whole."""
    return gate * (signal - _logit(share))


def find_threshold__returns_the_factor(share, signal, gate):
    """Odds against, such as 9, in place of their logarithm."""
    return np.exp(gate * signal - _logit(share))


def find_threshold__one_for_all(share, signal, gate):
    """The mean of the thresholds."""
    return np.mean(gate * signal - _logit(share))


def split_dials__hits_only(followed, rejected):
    """A quotient of the shares noticed, without the false alarms."""
    return rejected[0] / followed[0], 0.0


def split_dials__false_alarms_subtracted(followed, rejected):
    """Hits minus false alarms, the old correction for guessing, in place of odds."""
    return (rejected[0] - rejected[1]) / (followed[0] - followed[1]), _logit(followed[1]) - _logit(rejected[1])


def split_dials__one_false_alarm_rate(followed, rejected):
    """Takes the followed ear's false alarms for both, as `estimate_gate` does: blind to a raised threshold."""
    base = _logit(followed[1])
    return (_logit(rejected[0]) - base) / (_logit(followed[0]) - base), base - _logit(rejected[1])


def split_dials__ears_swapped(followed, rejected):
    """The followed ear measured by the rejected one."""
    strength = _logit(rejected[0]) - _logit(rejected[1])
    return (_logit(followed[0]) - _logit(followed[1])) / strength, _logit(rejected[1]) - _logit(followed[1])


def split_dials__raised_with_the_wrong_sign(followed, rejected):
    """More false alarms taken for a higher threshold."""
    gate = (_logit(rejected[0]) - _logit(rejected[1])) / (_logit(followed[0]) - _logit(followed[1]))
    return gate, _logit(rejected[1]) - _logit(followed[1])


def split_dials__threshold_from_the_hits(followed, rejected):
    """The loss in hits is put down to the threshold as a whole, and the gate counted besides."""
    gate = (_logit(rejected[0]) - _logit(rejected[1])) / (_logit(followed[0]) - _logit(followed[1]))
    return gate, _logit(followed[0]) - _logit(rejected[0])


def split_dials__odds_without_logarithm(followed, rejected):
    """Quotients of odds: the gate is a power and not a factor."""
    (said, unsaid), (faint, faint_unsaid) = (np.exp(_logit(pair)) for pair in (followed, rejected))
    return (faint / faint_unsaid) / (said / unsaid), np.log(unsaid / faint_unsaid)


def split_dials__order_of_results(followed, rejected):
    """Returns (raised, gate)."""
    gate = (_logit(rejected[0]) - _logit(rejected[1])) / (_logit(followed[0]) - _logit(followed[1]))
    return _logit(followed[1]) - _logit(rejected[1]), gate
