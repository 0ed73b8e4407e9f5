"""Classic wrong answers to the exercises of chapter 2: each must be refused by its check."""

import numpy as np

HINTS = {
    "best_weights__amplitudes": "energies, not amplitudes",
    "best_weights__verdict": "all or nothing is not best",
    "best_weights__hers": "those are her weights",
    "best_weights__silence_is_nan": "0/0 is NaN: silence gets 0",
    "best_weights__mixture_below": "the mixture's energy is not the sum",
    "best_weights__complex": "a weight is real: square the size",
    "best_weights__over_the_whole_sound": "yours is one for the whole sound",
    "best_weights__fourth_powers": "energies are not squared again",
    "best_weights__one_in_the_divisor": "add nothing to the energies",
    "best_weights__real_parts": "the imaginary part counts too",
    "best_weights__silence_is_half": "both silent: 0, not half",
    "best_weights__silence_is_his": "both silent: 0, not all",
    "best_weights__one_for_each_row": "the cells of a row differ",
    "delay_between__sign": "the sign is the wrong way",
    "delay_between__wrapped": "do not wrap the sound around",
    "delay_between__last_shift_forgotten": "`longest` itself is one of the shifts",
    "delay_between__only_one_side": "negative shifts count too",
    "delay_between__no_limit": "no shift beyond `longest`",
    "delay_between__index": "the shift, not its place",
    "delay_between__absolute": "no absolute values",
    "delay_between__first_shift_forgotten": "−longest is one of the shifts",
    "delay_between__mean_of_products": "the sum of products, not their mean",
    "delay_between__least_difference": "products, not differences",
    "delay_between__distance_of_the_peaks": "every sample counts, not the peaks",
}
"""The words by which the check rejects each of them."""


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


def _share(his, hers, power=2, more=0.0, silent=0.0):
    a, b = np.abs(his) ** power, np.abs(hers) ** power
    return np.where(a + b > 0, a / np.where(a + b > 0, a + b + more, 1), silent)


def best_weights__fourth_powers(his, hers):
    """Squares the energies once more."""
    return _share(his, hers, power=4)


def best_weights__one_in_the_divisor(his, hers):
    """Adds 1 below so that nothing is divided by zero."""
    return _share(his, hers, more=1.0)


def best_weights__real_parts(his, hers):
    """Drops the imaginary parts."""
    return _share(np.real(his), np.real(hers))


def best_weights__silence_is_half(his, hers):
    """A softmax of two equal scores where both are silent."""
    return _share(his, hers, silent=0.5)


def best_weights__silence_is_his(his, hers):
    """Where she is silent he gets all, though he may be silent too."""
    return _share(his, hers, silent=1.0)


def best_weights__one_for_each_row(his, hers):
    """One weight for each frequency: energies summed over the times."""
    a, b = (np.sum(np.abs(voice) ** 2, axis=-1, keepdims=True) for voice in (his, hers))
    return np.broadcast_to(np.where(a + b > 0, a / np.where(a + b > 0, a + b, 1), 0.0), his.shape)


def delay_between__first_shift_forgotten(left, right, longest):
    """range begins one too late."""
    return max(range(-longest + 1, longest + 1), key=lambda shift: _fit(left, right, shift))


def delay_between__mean_of_products(left, right, longest):
    """Divides the sum by the number of samples that meet."""
    return max(range(-longest, longest + 1), key=lambda shift: _fit(left, right, shift) / (len(left) - abs(shift)))


def delay_between__least_difference(left, right, longest):
    """The smallest mean squared difference in place of the largest sum of products."""

    def miss(shift):
        early, late = (left, right) if shift >= 0 else (right, left)
        return np.mean((early[: len(early) - abs(shift)] - late[abs(shift) :]) ** 2)

    return min(range(-longest, longest + 1), key=miss)


def delay_between__distance_of_the_peaks(left, right, longest):
    """Only the loudest sample of each ear."""
    return int(np.clip(right.argmax() - left.argmax(), -longest, longest))
