"""Classic wrong answers to the exercises of chapter 1: each must be refused by its check."""

import numpy as np

from attnlib.psychology.selection import allocate_bits, distortion


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
