"""Classic wrong answers to the exercises of chapter 3: each must be refused by its check."""

import numpy as np

HINTS = {
    "find_threshold__gate_forgotten": "the gate weakens the strength",
    "find_threshold__sign_turned": "high odds of noticing mean a low threshold",
    "find_threshold__odds_not_logarithm": "subtract the logarithm of the odds",
    "find_threshold__logarithm_of_the_share": "a share is not its odds",
    "find_threshold__decimal_logarithm": "natural logarithms, not decimal ones",
    "find_threshold__gate_on_the_threshold": "the gate acts on the strength alone",
    "find_threshold__returns_the_factor": "return the logarithm of the factor",
    "find_threshold__one_for_all": "one threshold for each share",
    "find_threshold__divides_by_the_gate": "nothing is divided by the gate",
    "find_threshold__never_negative": "a threshold may be below 0",
    "find_threshold__logarithm_to_base_2": "natural logarithms, not bits",
    "split_dials__hits_only": "false alarms count too",
    "split_dials__false_alarms_subtracted": "take odds, do not subtract shares",
    "split_dials__one_false_alarm_rate": "each ear has its own silence",
    "split_dials__ears_swapped": "the ears are swapped",
    "split_dials__raised_with_the_wrong_sign": "the sign of raised is turned",
    "split_dials__threshold_from_the_hits": "compare silences, not hits",
    "split_dials__odds_without_logarithm": "the gate compares logarithms",
    "split_dials__order_of_results": "first the gate, then raised",
    "split_dials__raised_never_negative": "raised may be below 0",
    "split_dials__threshold_itself": "the difference, not the threshold",
    "split_dials__raised_as_a_factor": "a logarithm, not a factor",
    "split_dials__logarithms_of_the_shares": "odds, not shares",
    "split_dials__gate_as_a_difference": "divide the strengths",
}
"""The words by which the check rejects each of them."""


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


def find_threshold__divides_by_the_gate(share, signal, gate):
    """Takes the gate for a factor of everything."""
    return signal - _logit(share) / max(gate, 0.01)


def find_threshold__never_negative(share, signal, gate):
    """Takes a threshold below zero for a mistake."""
    return np.maximum(gate * signal - _logit(share), 0)


def find_threshold__logarithm_to_base_2(share, signal, gate):
    """Bits in place of natural logarithms."""
    return gate * signal - _logit(share) / np.log(2)


def split_dials__raised_never_negative(followed, rejected):
    """Takes a lower threshold for none."""
    gate = (_logit(rejected[0]) - _logit(rejected[1])) / (_logit(followed[0]) - _logit(followed[1]))
    return gate, max(_logit(followed[1]) - _logit(rejected[1]), 0.0)


def split_dials__threshold_itself(followed, rejected):
    """The threshold of the rejected ear, not by how much it is higher."""
    gate = (_logit(rejected[0]) - _logit(rejected[1])) / (_logit(followed[0]) - _logit(followed[1]))
    return gate, -_logit(rejected[1])


def split_dials__raised_as_a_factor(followed, rejected):
    """A factor in the odds in place of its logarithm."""
    gate = (_logit(rejected[0]) - _logit(rejected[1])) / (_logit(followed[0]) - _logit(followed[1]))
    return gate, np.exp(_logit(followed[1]) - _logit(rejected[1]))


def split_dials__logarithms_of_the_shares(followed, rejected):
    """Takes the shares for their odds."""
    (said, unsaid), (faint, faint_unsaid) = np.log(followed), np.log(rejected)
    return (faint - faint_unsaid) / (said - unsaid), unsaid - faint_unsaid


def split_dials__gate_as_a_difference(followed, rejected):
    """Subtracts the strengths in place of dividing."""
    lost = (_logit(followed[0]) - _logit(followed[1])) - (_logit(rejected[0]) - _logit(rejected[1]))
    return lost, _logit(followed[1]) - _logit(rejected[1])
