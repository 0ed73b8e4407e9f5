"""Classic wrong answers to the exercises of chapter 1: each must be refused by its check."""

import numpy as np

from attnlib.psychology.selection import allocate_bits, distortion

HINTS = {
    "ask_questions__everything_to_the_worst": "look anew before each question",
    "ask_questions__in_turn": "dials do not take turns",
    "ask_questions__half_the_square": "a question quarters the square",
    "ask_questions__changes_the_list": "the caller's list was changed: work on a copy",
    "ask_questions__rounded_water": "shares are whole, not rounded",
    "ask_questions__smallest_first": "ask the largest, not the smallest",
    "ask_questions__last_of_equals": "of equals, not the last",
    "ask_questions__sorted": "keep the order of the dials",
    "ask_questions__tie_to_the_larger_square": "of equals, not the larger at first",
    "ask_questions__tie_to_the_less_asked": "of equals, not the less asked",
    "ask_questions__whole_numbers": "a quarter of 6 is 1.5",
    "ask_questions__takes_a_quarter_away": "a quarter is left, not taken away",
    "captured_error__ignores_the_capture": "you divide the whole capacity as if nothing had been grabbed",
    "captured_error__whole_capacity_again": "what was grabbed is gone from the capacity",
    "captured_error__grabber_shut_out": "the grabber may get more if it deserves more",
    "captured_error__grabber_forgotten": "the grabber's own error belongs to the sum",
    "captured_error__halves_the_square": "one bit halves the error, and quarters its square",
    "captured_error__bits_as_if_not_grabbed": "divide the rest knowing what the grabber has already",
    "captured_error__changes_the_array": "the caller's importance was changed: work on a copy",
    "captured_error__rest_evenly": "the rest is divided by need, not evenly",
    "captured_error__mean_for_sum": "the total error is a sum, not a mean",
    "captured_error__rest_to_the_worst": "you give all the rest to one item: divide it by `allocate_bits`",
    "captured_error__rest_in_proportion": "the rest is not divided in proportion to the importance",
}
"""The words by which the check rejects each of them."""

SAME_VALUE = {
    "ask_questions__changes_the_list": "the text forbids it",
    "captured_error__changes_the_array": "the text forbids it",
}
"""Right in their value, and wrong all the same."""


def ask_questions__everything_to_the_worst(squares, num_questions):
    """Looks once, and asks the same dial every time."""
    asked = [0] * len(squares)
    asked[squares.index(max(squares))] = num_questions
    return asked


def ask_questions__in_turn(squares, num_questions):
    """One dial after the other, whatever they are worth."""
    return [num_questions // len(squares) + (i < num_questions % len(squares)) for i in range(len(squares))]


def ask_questions__half_the_square(squares, num_questions):
    """A question halves the error; here it halves the square."""
    bill, asked = list(squares), [0] * len(squares)
    for _ in range(num_questions):
        worst = bill.index(max(bill))
        asked[worst] += 1
        bill[worst] /= 2
    return asked


def ask_questions__changes_the_list(squares, num_questions):
    """Keeps its books in the caller's list."""
    asked = [0] * len(squares)
    for _ in range(num_questions):
        worst = squares.index(max(squares))
        asked[worst] += 1
        squares[worst] /= 4
    return asked


def ask_questions__rounded_water(squares, num_questions):
    """Divides exactly, then rounds: the questions need not add up."""
    return [int(bits) for bits in allocate_bits(np.array(squares, dtype=float), float(num_questions)).round()]


def ask_questions__smallest_first(squares, num_questions):
    """Asks where the error is least."""
    bill, asked = list(squares), [0] * len(squares)
    for _ in range(num_questions):
        best = bill.index(min(bill))
        asked[best] += 1
        bill[best] /= 4
    return asked


def ask_questions__last_of_equals(squares, num_questions):
    """Of equals, asks the last."""
    bill, asked = list(squares), [0] * len(squares)
    for _ in range(num_questions):
        worst = max(range(len(bill)), key=lambda i: (bill[i], i))
        asked[worst] += 1
        bill[worst] /= 4
    return asked


def ask_questions__sorted(squares, num_questions):
    """Sorts the dials and forgets where they stood."""
    bill, asked = sorted(squares, reverse=True), [0] * len(squares)
    for _ in range(num_questions):
        worst = bill.index(max(bill))
        asked[worst] += 1
        bill[worst] /= 4
    return asked


def captured_error__ignores_the_capture(importance, capacity, grabber, grabbed):
    """Divides the whole capacity as if nothing had rung."""
    return distortion(allocate_bits(importance, capacity), importance).sum()


def captured_error__whole_capacity_again(importance, capacity, grabber, grabbed):
    """The grabbed bits are given out a second time."""
    left = importance.copy()
    left[grabber] *= 4**-grabbed
    return distortion(allocate_bits(left, capacity), left).sum()


def captured_error__grabber_shut_out(importance, capacity, grabber, grabbed):
    """The grabber may not share in the rest."""
    others = np.delete(importance, grabber)
    rest = distortion(allocate_bits(others, capacity - grabbed), others).sum()
    return rest + importance[grabber] * 4**-grabbed


def captured_error__grabber_forgotten(importance, capacity, grabber, grabbed):
    """The error of the grabber itself is missing from the sum."""
    others = np.delete(importance, grabber)
    return distortion(allocate_bits(others, capacity - grabbed), others).sum()


def captured_error__halves_the_square(importance, capacity, grabber, grabbed):
    """One bit halves the error; here it halves the square."""
    left = importance.copy()
    left[grabber] *= 2**-grabbed
    return distortion(allocate_bits(left, capacity - grabbed), left).sum()


def captured_error__bits_as_if_not_grabbed(importance, capacity, grabber, grabbed):
    """The rest is divided as if the grabber still had all its error, and its grabbed bits are then added."""
    bits = allocate_bits(importance, capacity - grabbed)
    bits[grabber] += grabbed
    return distortion(bits, importance).sum()


def captured_error__changes_the_array(importance, capacity, grabber, grabbed):
    """Writes the smaller error into the caller's array."""
    importance[grabber] *= 4**-grabbed
    return distortion(allocate_bits(importance, capacity - grabbed), importance).sum()


def captured_error__rest_evenly(importance, capacity, grabber, grabbed):
    """The rest is shared evenly."""
    bits = np.full(len(importance), (capacity - grabbed) / len(importance))
    bits[grabber] += grabbed
    return distortion(bits, importance).sum()


def _greedy(squares, num_questions, shrink=lambda bill: bill / 4, tie=lambda i, bill, asked: -i):
    bill, asked = list(squares), [0] * len(squares)
    for _ in range(num_questions):
        worst = max(range(len(bill)), key=lambda i: (bill[i], tie(i, squares, asked)))
        asked[worst] += 1
        bill[worst] = shrink(bill[worst])
    return asked


def ask_questions__tie_to_the_larger_square(squares, num_questions):
    """Of equals, asks the dial that was larger at first."""
    return _greedy(squares, num_questions, tie=lambda i, squares, asked: (squares[i], -i))


def ask_questions__tie_to_the_less_asked(squares, num_questions):
    """Of equals, asks the dial that was asked less."""
    return _greedy(squares, num_questions, tie=lambda i, squares, asked: (-asked[i], -i))


def ask_questions__whole_numbers(squares, num_questions):
    """Divides by 4 and drops the remainder."""
    return _greedy(squares, num_questions, shrink=lambda bill: bill // 4)


def ask_questions__takes_a_quarter_away(squares, num_questions):
    """A question leaves one quarter; here it takes one quarter."""
    return _greedy(squares, num_questions, shrink=lambda bill: bill * 0.75)


def captured_error__mean_for_sum(importance, capacity, grabber, grabbed):
    """The mean of the errors."""
    left = importance.copy()
    left[grabber] *= 4**-grabbed
    return distortion(allocate_bits(left, capacity - grabbed), left).mean()


def captured_error__rest_to_the_worst(importance, capacity, grabber, grabbed):
    """All that is left goes to the item with the largest error."""
    left = importance.copy()
    left[grabber] *= 4**-grabbed
    left[left.argmax()] *= 4 ** -(capacity - grabbed)
    return left.sum()


def captured_error__rest_in_proportion(importance, capacity, grabber, grabbed):
    """The rest is shared in proportion to the importance."""
    bits = (capacity - grabbed) * importance / importance.sum()
    bits[grabber] += grabbed
    return distortion(bits, importance).sum()
