"""Classic wrong answers to the exercises of `04_partial_report`. Each must fail its check."""

import numpy as np

HINTS = {
    "known_letters__no_correction": "not every right answer is knowledge",
    "known_letters__luck_subtracted_and_not_rescaled": "only what is not known is guessed: scale again",
    "known_letters__a_guess_among_the_others": "a guess is drawn from the whole alphabet",
    "known_letters__of_the_sample_only": "scale up to the whole card",
    "known_letters__rounded": "do not round",
    "known_letters__guesses_from_the_card": "guesses come from the alphabet, not from the card",
    "known_letters__not_below_zero": "a result below zero stays below zero",
    "known_letters__errors_over_the_alphabet": "one lucky guess for each alphabet − 1 errors",
    "known_letters__scaled_without_subtracting": "subtract the luck before you scale",
    "known_letters__a_share": "letters, not a share of them",
    "half_life_from__the_floor_forgotten": "take away what lasts",
    "half_life_from__time_constant": "natural logarithms give the time to 37 %",
    "half_life_from__upside_down": "time divided by halvings, not the reverse",
    "half_life_from__wrong_sign": "first over second, not second over first",
    "half_life_from__measured_from_zero": "time runs between the two delays",
    "half_life_from__order_assumed": "the points may come in either order",
    "half_life_from__straight_line": "the rest does not fall along a line",
    "half_life_from__decimal_logarithm": "logarithm to base 2, not to base 10",
    "half_life_from__half_the_ratio": "a factor of 8 is three halvings",
    "half_life_from__floor_from_one_point": "take what lasts from both counts",
    "fair_estimate__times_the_rows": "that trusts the coin",
    "fair_estimate__multiplied_by_the_chance": "a row asked often counts for less",
    "fair_estimate__peeks": "the letters of other rows may not be used",
    "fair_estimate__by_columns": "rows, not columns",
    "fair_estimate__fraction": "count the letters, no fraction",
    "fair_estimate__divided_by_the_others": "divide by the chance of being asked",
    "fair_estimate__not_weighed": "one row is not the card",
    "fair_estimate__shares_of_the_inverse": "dividing by the chance is enough, scale no more",
    "fair_estimate__the_largest_chance": "each row has its own chance",
}
"""The words by which the check rejects each of them."""


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


def known_letters__not_below_zero(right, asked, letters, alphabet):
    """Cut off below zero, which spoils the average."""
    luck = 1 / alphabet
    return max(letters * (right / asked - luck) / (1 - luck), 0.0)


def known_letters__errors_over_the_alphabet(right, asked, letters, alphabet):
    """Subtract one lucky guess for each `alphabet` errors; there are alphabet − 1 errors to a lucky guess."""
    return letters / asked * (right - (asked - right) / alphabet)


def known_letters__scaled_without_subtracting(right, asked, letters, alphabet):
    """Divide by 1 − luck and subtract nothing."""
    return letters * right / asked / (1 - 1 / alphabet)


def known_letters__a_share(right, asked, letters, alphabet):
    """Return the share that is known."""
    luck = 1 / alphabet
    return (right / asked - luck) / (1 - luck)


def half_life_from__decimal_logarithm(delays, available, lasting):
    """Use the logarithm to base 10."""
    return (delays[1] - delays[0]) / np.log10((available[0] - lasting) / (available[1] - lasting))


def half_life_from__half_the_ratio(delays, available, lasting):
    """Take half of the factor for the number of halvings: right for a factor of 2 and of 4 alone."""
    return (delays[1] - delays[0]) / ((available[0] - lasting) / (available[1] - lasting) / 2)


def half_life_from__floor_from_one_point(delays, available, lasting):
    """Take the lasting letters away from the first count only."""
    return (delays[1] - delays[0]) / np.log2((available[0] - lasting) / available[1])


def fair_estimate__not_weighed(held, row, chance):
    """Return the letters in the row."""
    return held[row].sum()


def fair_estimate__shares_of_the_inverse(held, row, chance):
    """Weigh rows by 1 / chance, and scale the weights so that their mean is the number of rows."""
    return held[row].sum() * len(held) ** 2 / chance[row] / (1 / chance).sum()


def fair_estimate__the_largest_chance(held, row, chance):
    """Divide every row by the largest chance."""
    return held[row].sum() / chance.max()
