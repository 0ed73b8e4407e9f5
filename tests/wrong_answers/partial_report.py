"""Classic wrong answers to the exercises of `04_partial_report`. Each must fail its check."""

import numpy as np


def known_letters__no_correction(right, asked, letters, alphabet):
    """Take every right answer for knowledge."""
    return letters * right / asked


def known_letters__luck_subtracted_and_not_rescaled(right, asked, letters, alphabet):
    """Subtract the luck as if every place had been guessed."""
    return letters * (right / asked - 1 / alphabet)


def known_letters__a_guess_among_the_others(right, asked, letters, alphabet):
    """Draw the guess from one letter fewer."""
    luck = 1 / (alphabet - 1)
    return letters * (right / asked - luck) / max(1 - luck, 1e-9)


def known_letters__of_the_sample_only(right, asked, letters, alphabet):
    """Correct the places asked and forget the rest of the card."""
    luck = 1 / alphabet
    return asked * (right / asked - luck) / (1 - luck)


def known_letters__rounded(right, asked, letters, alphabet):
    """Insist on whole letters."""
    luck = 1 / alphabet
    return round(letters * (right / asked - luck) / (1 - luck))


def known_letters__guesses_from_the_card(right, asked, letters, alphabet):
    """Take the card for the alphabet."""
    luck = 1 / letters
    return letters * (right / asked - luck) / (1 - luck)


def half_life_from__the_floor_forgotten(delays, available, lasting):
    """Let everything fade, also what lasts."""
    return (delays[1] - delays[0]) / np.log2(available[0] / available[1])


def half_life_from__time_constant(delays, available, lasting):
    """Use the natural logarithm: the time to 37 %."""
    return (delays[1] - delays[0]) / np.log((available[0] - lasting) / (available[1] - lasting))


def half_life_from__upside_down(delays, available, lasting):
    """Divide the halvings by the time."""
    return np.log2((available[0] - lasting) / (available[1] - lasting)) / (delays[1] - delays[0])


def half_life_from__wrong_sign(delays, available, lasting):
    """Take later over earlier."""
    return (delays[1] - delays[0]) / np.log2((available[1] - lasting) / (available[0] - lasting))


def half_life_from__measured_from_zero(delays, available, lasting):
    """Take the second delay for the time that passed."""
    return delays[1] / np.log2((available[0] - lasting) / (available[1] - lasting))


def half_life_from__order_assumed(delays, available, lasting):
    """Make the time between positive and leave the ratio as it comes."""
    return abs(delays[1] - delays[0]) / np.log2((available[0] - lasting) / (available[1] - lasting))


def half_life_from__straight_line(delays, available, lasting):
    """Let the letters fall along a line to the middle."""
    slope = (available[1] - available[0]) / (delays[1] - delays[0])
    return -(available[0] - lasting) / 2 / slope


def fair_estimate__times_the_rows(held, row, chance):
    """Trust the coin."""
    return held[row].sum() * len(held)


def fair_estimate__multiplied_by_the_chance(held, row, chance):
    """Weigh a row up because it is asked often."""
    return held[row].sum() * chance[row] * len(held) ** 2


def fair_estimate__peeks(held, row, chance):
    """Count the whole card."""
    return held.sum()


def fair_estimate__by_columns(held, row, chance):
    """Read a column for the row."""
    return held[:, row % held.shape[1]].sum() / chance[row]


def fair_estimate__fraction(held, row, chance):
    """Use the fraction of the row, not the count."""
    return held[row].mean() / chance[row]


def fair_estimate__divided_by_the_others(held, row, chance):
    """Divide by the chance that the row is not asked."""
    return 2 * held[row].sum() / (1 - chance[row])
