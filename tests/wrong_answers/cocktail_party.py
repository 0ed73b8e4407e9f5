"""Classic wrong answers to the exercises of chapter 2: each must be refused by its check."""

import numpy as np


def best_weights__amplitudes(his, hers):
    """Shares of the amplitudes, not of the energies."""
    a, b = np.abs(his), np.abs(hers)
    return np.where(a + b > 0, a / np.where(a + b > 0, a + b, 1), 0.0)


def best_weights__verdict(his, hers):
    """All or nothing: the ideal binary mask."""
    return np.where(np.abs(his) > np.abs(hers), 1.0, 0.0)


def best_weights__hers(his, hers):
    """The weights for her."""
    a, b = np.abs(his) ** 2, np.abs(hers) ** 2
    return np.where(a + b > 0, b / np.where(a + b > 0, a + b, 1), 0.0)


def best_weights__silence_is_nan(his, hers):
    """0/0 where both are silent."""
    a, b = np.abs(his) ** 2, np.abs(hers) ** 2
    return a / (a + b)


def best_weights__mixture_below(his, hers):
    """Divides by the energy of the sum, so that cancellation makes weights above 1."""
    a, total = np.abs(his) ** 2, np.abs(his + hers) ** 2
    return np.where(total > 0, a / np.where(total > 0, total, 1), 0.0)


def best_weights__complex(his, hers):
    """Squares the complex numbers without taking their size."""
    total = his**2 + hers**2
    return np.where(total != 0, his**2 / np.where(total != 0, total, 1), 0)


def best_weights__over_the_whole_sound(his, hers):
    """One weight for all cells: his share of the total energy."""
    a, b = np.sum(np.abs(his) ** 2), np.sum(np.abs(hers) ** 2)
    return np.full(his.shape, a / (a + b) if a + b else 0.0)


def _fit(left, right, shift):
    early, late = (left, right) if shift >= 0 else (right, left)
    return early[: len(early) - abs(shift)] @ late[abs(shift) :]


def delay_between__sign(left, right, longest):
    """Positive when the left ear is late."""
    return -max(range(-longest, longest + 1), key=lambda shift: _fit(left, right, shift))


def delay_between__wrapped(left, right, longest):
    """np.roll joins the end of the sound to its beginning."""
    return max(range(-longest, longest + 1), key=lambda shift: left @ np.roll(right, -shift))


def delay_between__last_shift_forgotten(left, right, longest):
    """range stops before its end."""
    return max(range(-longest, longest), key=lambda shift: _fit(left, right, shift))


def delay_between__only_one_side(left, right, longest):
    """Tries only sounds from the left."""
    return max(range(longest + 1), key=lambda shift: _fit(left, right, shift))


def delay_between__no_limit(left, right, longest):
    """The best shift of all, however long."""
    return int(np.argmax(np.correlate(right, left, "full"))) - (len(left) - 1)


def delay_between__index(left, right, longest):
    """The place in the list of shifts, not the shift."""
    return int(np.argmax([_fit(left, right, shift) for shift in range(-longest, longest + 1)]))


def delay_between__absolute(left, right, longest):
    """Takes a sound upside down for a match."""
    return max(range(-longest, longest + 1), key=lambda shift: abs(_fit(left, right, shift)))
