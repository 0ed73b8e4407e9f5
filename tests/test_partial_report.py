import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib.psychology.partial_report import estimate_held, letters_available, row_mask, slip_places

T, ROWS, COLUMNS = 5, 3, 7
S = ROWS * COLUMNS


def curve(delay, **changed):
    return letters_available(delay, **{"lasting": 4.0, "fading": 8.0, "half_life": 0.5} | changed)


@pytest.fixture(scope="session")
def whole(array):
    """Return a function that turns whole numbers into an integer array of the library under test."""
    return lambda numbers: array(np.asarray(numbers), dtype=np.int64)


# by hand


def test_half_of_the_fading_letters_go_in_each_half_life(array):
    assert_allclose(curve(array([0, 0.5, 1, 1.5])), [12, 8, 6, 5])


def test_a_cue_sees_the_letters_of_its_row_and_a_cue_that_names_two_rows_sees_both(whole):
    assert_array_equal(row_mask(whole([2, 0]), 3, 2), [[0, 0, 0, 0, 1, 1], [1, 1, 0, 0, 0, 0]])
    assert_array_equal(row_mask(whole([[2, 0]]), 3, 2), [[1, 1, 0, 0, 1, 1]])


def test_three_of_four_letters_in_one_of_three_rows_stand_for_nine(array, whole):
    held = array(np.array([[1, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]).ravel(), dtype=bool)
    assert_allclose(estimate_held(held, row_mask(whole([0, 1, 2]), 3, 4)), [9, 3, 0])


def test_a_whole_report_counts_what_is_held(array, whole):
    held = array(np.arange(12) < 5, dtype=bool)
    assert_allclose(estimate_held(held, row_mask(whole([[0, 1, 2]]), 3, 4)), [5])


# reference


def test_the_estimate_is_the_count_in_the_row_times_the_number_of_rows(array, whole):
    rng = np.random.default_rng(1960)
    held, rows = rng.random((T, S)) < 0.6, rng.integers(ROWS, size=T)
    slow = [sum(sheet[row * COLUMNS + j] for j in range(COLUMNS)) * ROWS for sheet, row in zip(held, rows)]
    mask = row_mask(whole(rows), ROWS, COLUMNS)
    found = estimate_held(array(held, dtype=bool), mask[:, None])
    assert_allclose(found, np.array(slow, dtype=float)[:, None])


def test_the_curve_is_the_one_drawn_with_natural_exponentials(array):
    delay = np.linspace(0, 3, 11)
    assert_allclose(curve(array(delay)), 4 + 8 * np.e ** (-delay * math.log(2) / 0.5))


# invariant


def test_over_all_cues_each_choice_of_four_letters_is_estimated_as_four(array, whole):
    choices = np.array([np.isin(np.arange(12), some) for some in itertools.combinations(range(12), 4)])
    estimate = estimate_held(array(choices, dtype=bool), row_mask(whole([0, 1, 2]), 3, 4))
    assert tuple(estimate.shape) == (495, 3)
    assert_allclose(np.asarray(estimate).mean(axis=1), 4)


@given(held=arrays(bool, (T, S)), row=st.integers(0, ROWS - 1))
def test_an_estimate_lies_between_nothing_and_the_sheet_and_sees_no_other_row(array, whole, held, row):
    mask = row_mask(whole([row]), ROWS, COLUMNS)
    found = np.asarray(estimate_held(array(held, dtype=bool), mask))
    assert ((found >= 0) & (found <= S + 1e-9)).all()
    elsewhere = held ^ ~np.asarray(mask)
    assert_allclose(estimate_held(array(elsewhere, dtype=bool), mask), found)


@given(keeps=arrays(bool, (T, S)), seed=st.integers(0, 99))
def test_a_slip_loses_no_letter_and_moves_none_that_keeps_its_place(keeps, seed):
    letters = np.random.default_rng(seed).permuted(np.tile(np.arange(S), (T, 1)), axis=1)
    before = letters.copy()
    slipped = slip_places(letters, keeps, rng=np.random.default_rng(seed))
    assert_array_equal(np.sort(slipped, axis=-1), np.sort(letters, axis=-1))
    assert_array_equal(slipped[keeps], letters[keeps])
    assert_array_equal(letters, before)


@pytest.mark.parametrize("lost", [2, 5, S])
def test_a_shuffle_leaves_one_letter_in_its_place_on_average(lost):
    letters = np.tile(np.arange(S), (20_000, 1))
    slipped = slip_places(letters, letters >= lost, rng=np.random.default_rng(3))
    assert abs((slipped == letters)[:, :lost].sum(axis=1).mean() - 1) < 0.03


# edge


def test_a_cue_that_never_comes_finds_what_lasts(array):
    assert_allclose(curve(array([math.inf])), [4])
    assert_allclose(curve(array([0, 9]), fading=0.0), [4, 4])
    assert tuple(curve(array(np.empty((0, 2)))).shape) == (0, 2)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("half_life", [2, np.float64(0.3)])
def test_the_curve_keeps_its_dtype(narrow, half_life):
    make, eps = narrow
    found = curve(make([0.0, 0.25]), half_life=half_life)
    assert found.dtype == make([0.0]).dtype
    assert abs(float(found[0]) - 12) <= 12 * eps


@pytest.mark.parametrize("keeps", [True, False])
def test_one_letter_alone_can_only_stay(keeps):
    found = slip_places(np.array([7]), np.array([keeps]), rng=np.random.default_rng(0))
    assert_array_equal(found, [7])


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"half_life": 0}, "half_life is 0, expected a positive, finite number, in the unit of the delay"),
        ({"lasting": -1.0}, "lasting is -1.0, expected a finite number, 0 or more, in letters"),
        ({"fading": math.inf}, "fading is inf, expected a finite number, 0 or more, in letters"),
    ],
)
def test_a_curve_without_sense_is_refused(array, changed, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        curve(array([0.0]), **changed)


@pytest.mark.parametrize("delay", [-0.1, math.nan])
def test_a_cue_before_the_end_of_the_display_is_refused(array, delay):
    with pytest.raises(
        ValueError, match="delay has a negative or missing number: the cue comes when the display has ended"
    ):
        curve(array([0.0, delay]))


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("rows", "size", "words"),
    [
        ([], (3, 4), r"rows has shape \(0,\), expected .*: without a cue there is no partial report"),
        ([[], []], (3, 4), r"rows has shape \(2, 0\), expected .* at least one row"),
        ([[0, 1, 2, 0]], (3, 4), "rows has 4 rows in each cue, num_rows is 3"),
        ([0, 3], (3, 4), "rows runs from 0 to 3, expected 0 to 2"),
        ([-1], (3, 4), "rows runs from -1 to -1, expected 0 to 2"),
        ([0], (0, 4), "num_rows is 0, num_columns 4: a sheet without letters"),
        ([0], (3, -4), "num_columns is -4, expected 0 or more"),
    ],
)
def test_a_cue_that_points_nowhere_is_refused(whole, rows, size, words):
    with pytest.raises(ValueError, match=words):
        row_mask(whole(rows), *size)


@pytest.mark.usefixtures("plain_errors")
def test_an_estimate_needs_booleans_of_matching_shapes_and_a_sample(array, whole):
    held, mask = array(np.ones(12), dtype=bool), row_mask(whole([1]), 3, 4)
    with pytest.raises(TypeError, match="held is float64, expected an array of booleans: held == 1 makes it of"):
        estimate_held(array(np.ones(12)), mask)
    with pytest.raises(TypeError, match=r"mask is a list, expected an array"):
        estimate_held(held, [[True] * 12])
    with pytest.raises(ValueError, match=r"held has shape \(11,\), mask \(1, 12\), expected"):
        estimate_held(held[:11], mask)
    with pytest.raises(ValueError, match=r"held has shape \(12,\), mask \(12,\), expected"):
        estimate_held(held, mask[0])
    with pytest.raises(
        ValueError, match=r"held has shape \(2, 12\), mask \(3, 1, 12\): the axes before \(letters,\) and"
    ):
        estimate_held(array(np.ones((2, 12)), dtype=bool), array(np.ones((3, 1, 12)), dtype=bool))
    with pytest.raises(
        ValueError, match="mask has a cue that asks for no letter: nothing can be estimated from an empty sample"
    ):
        estimate_held(held, array(np.zeros((1, 12)), dtype=bool))
    with pytest.raises(TypeError, match="rows is an array of float64, expected whole numbers"):
        row_mask(array([0.0]), 3, 4)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"keeps_place": np.ones(3, bool)}, r"keeps_place has shape \(3,\), letters \(4,\): one for each letter"),
        ({"keeps_place": np.ones(4)}, "keeps_place is float64, expected an array of booleans: keeps_place == 1 makes"),
        (
            {"letters": np.arange(4.0)},
            r"letters is an array of float64, expected whole numbers: letters.astype\('int64",
        ),
        ({"letters": [5, 6, 7, 8]}, r"letters is a list, expected an array: np.asarray\(letters\) makes one"),
        ({"letters": np.array(5)}, r"letters is a single number, expected one for each place: letters\[None\]"),
        ({"rng": 0}, r"rng is a int, expected a generator: np.random.default_rng\(1890\) makes one"),
        ({"rng": None}, "rng is a NoneType, expected a generator"),
    ],
)
def test_a_slip_that_makes_no_sense_is_refused(changed, words):
    call = {"letters": np.arange(4), "keeps_place": np.ones(4, dtype=bool), "rng": np.random.default_rng(0)} | changed
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        slip_places(call["letters"], call["keeps_place"], rng=call["rng"])
