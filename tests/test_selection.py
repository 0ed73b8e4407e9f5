import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib.psychology.selection import allocate_bits, distortion, transmit, transmitted_bits

B, N = 3, 7
IMPORTANCE = arrays(float, N, elements=st.floats(0, 100).map(lambda u: u if u > 1e-3 else 0.0))
CAPACITY = st.floats(0, 30)


@pytest.fixture
def rng():
    return np.random.default_rng(1890)


# by hand


@pytest.mark.parametrize(
    ("capacity", "bits"),
    [
        (0, [0, 0, 0, 0]),
        (0.5, [0.5, 0, 0, 0]),
        (1, [1, 0, 0, 0]),
        (2, [1.5, 0.5, 0, 0]),
        (3, [2, 1, 0, 0]),
        (6, [3, 2, 1, 0]),
        (10, [4, 3, 2, 1]),
    ],
)
def test_four_dials_enter_one_after_the_other_at_0_1_3_and_6_bits(array, capacity, bits):
    assert_array_equal(allocate_bits(array([64, 16, 4, 1]), float(capacity)), bits)
    assert_array_equal(allocate_bits(array([1, 64, 4, 16]), float(capacity)), np.array(bits)[[3, 0, 2, 1]])


def test_each_bit_quarters_the_squared_error(array):
    assert_array_equal(distortion(array([0, 0.5, 1, 3]), array([64, 64, 64, 64])), [64, 32, 16, 1])


def test_two_things_never_confused_are_one_bit_and_a_guess_is_none(array):
    assert transmitted_bits(array([[5, 0], [0, 5]])) == 1
    assert transmitted_bits(array([[0, 3], [3, 0]])) == 1
    assert transmitted_bits(array([[1, 3], [2, 6]])) == 0
    assert_allclose(transmitted_bits(array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]])), 1.5)


# reference


@pytest.mark.parametrize("capacity", [0.3, 2.0, 9.0])
def test_the_division_is_that_of_a_spoon_that_serves_the_worst_first(normal, capacity):
    importance = np.exp2(2 * np.asarray(normal(N)))
    bits, spoon = np.zeros(N), 1e-3
    for _ in range(round(capacity / spoon)):
        bits[(importance * 4**-bits).argmax()] += spoon
    assert_allclose(allocate_bits(importance, capacity), bits, atol=2 * spoon)


@pytest.mark.parametrize("capacity", [0.1, 1.0, 7.0])
def test_the_shares_are_the_sparsemax_of_half_the_logarithms_over_the_capacity(normal, capacity):
    scores = np.asarray(normal(N)) / capacity
    low, high = scores.min() - 1, scores.max()
    for _ in range(100):  # bisection, where the library sorts
        level = (low + high) / 2
        low, high = (level, high) if np.maximum(scores - level, 0).sum() > 1 else (low, level)
    bits = allocate_bits(4 ** (capacity * scores), capacity)
    assert_allclose(bits / capacity, np.maximum(scores - level, 0), atol=1e-12)


def test_transmitted_bits_are_the_three_entropies_of_the_table(normal):
    table = np.abs(np.asarray(normal(5, N)))

    def entropy(counts):
        p = counts[counts > 0] / counts.sum()
        return -(p * np.log2(p)).sum()

    expected = entropy(table.sum(axis=1)) + entropy(table.sum(axis=0)) - entropy(table.ravel())
    assert_allclose(transmitted_bits(table), expected)


@pytest.mark.parametrize("bits", [0.0, 0.25, 1.0, 3.0])
def test_the_channel_loses_what_the_theory_says_and_noise_alone_tells_nothing(rng, bits):
    signal = 3 * rng.normal(size=100_000)
    heard = transmit(signal, np.full(1, bits), np.full(1, 9.0), rng)
    assert_allclose(((heard - signal) ** 2).mean(), 9 * 4**-bits, rtol=0.02)
    assert_allclose((heard**2).mean(), 9 - 9 * 4**-bits, rtol=0.02)
    assert abs(((heard - signal) * heard).mean()) < 0.05, "a best guess leaves no error that it could have foreseen"


# invariant


@given(importance=IMPORTANCE, capacity=CAPACITY, unit=st.floats(0.1, 10))
def test_all_is_given_out_none_is_negative_and_the_unit_does_not_matter(array, importance, capacity, unit):
    bits = np.asarray(allocate_bits(array(importance), capacity))
    assert (bits >= 0).all()
    assert (bits[importance == 0] == 0).all()
    assert_allclose(bits.sum(), capacity if importance.any() else 0, atol=1e-9)
    assert_allclose(allocate_bits(array(unit * importance), capacity), bits, atol=1e-9)


@given(importance=IMPORTANCE, capacity=CAPACITY, other=arrays(float, N, elements=st.floats(0.01, 1)))
def test_no_other_division_leaves_less_error(importance, capacity, other):
    best = distortion(allocate_bits(importance, capacity), importance).sum()
    assert best <= distortion(capacity * other / other.sum(), importance).sum() * (1 + 1e-9) + 1e-12


@given(importance=IMPORTANCE, capacity=CAPACITY, more=CAPACITY)
def test_with_more_capacity_nobody_gets_less(importance, capacity, more):
    assert (allocate_bits(importance, capacity + more) >= allocate_bits(importance, capacity) - 1e-9).all()


@given(importance=IMPORTANCE, capacity=CAPACITY)
def test_those_who_get_bits_end_level_and_the_others_below(importance, capacity):
    bits = allocate_bits(importance, capacity)
    left = distortion(bits, importance)
    if (bits > 0).any():
        level = left[bits > 0].max()
        assert_allclose(left[bits > 0], level)
        assert (left <= level * (1 + 1e-9)).all()


# edge


def test_equal_items_share_evenly_and_items_without_importance_get_nothing(array):
    assert_allclose(allocate_bits(array([5, 5, 5]), 2.0), [2 / 3] * 3)
    assert_array_equal(allocate_bits(array([0, 0, 0]), 2.0), [0, 0, 0])
    assert_array_equal(allocate_bits(array([0, 3]), 2.0), [0, 2])
    assert_array_equal(allocate_bits(array([3]), 2.0), [2])


def test_each_row_is_divided_by_itself(normal):
    importance = normal(B, N) ** 2
    bits = allocate_bits(importance, 2.5)
    assert bits.shape == (B, N)
    for row, expected in zip(importance, bits):
        assert_allclose(allocate_bits(row, 2.5), expected)


def test_huge_and_tiny_importances_neither_overflow_nor_lose_the_capacity(array):
    assert_allclose(allocate_bits(array([1e300, 1e-300]), 10.0), [10, 0])
    assert_allclose(allocate_bits(array([1e-300, 4e-300]), 3.0), [1, 2])


def test_the_dtype_stays(narrow, plain_errors):
    make, eps = narrow
    importance = make([64.0, 16.0, 4.0])
    for capacity in (2, np.float64(2.0)):
        bits = allocate_bits(importance, capacity)
        assert bits.dtype == importance.dtype
        assert_allclose(torch.as_tensor(bits).double(), [1.5, 0.5, 0], atol=8 * eps)
    assert distortion(importance / 64, importance).dtype == importance.dtype
    rng = np.random.default_rng(0)
    assert transmit(importance, importance / 64, importance, rng).dtype == importance.dtype


def test_without_bits_the_guess_is_zero_and_with_many_it_is_the_signal(array, rng):
    signal = array(rng.normal(size=(B, N)))
    one = array([1])
    assert_array_equal(transmit(signal, array([0]), one, rng), np.zeros((B, N)))
    assert_allclose(transmit(signal, array([40]), one, rng), signal, atol=1e-9)
    silence = transmit(array([0, 0]), array([0, 5]), array([0, 0]), rng)
    assert_array_equal(silence, [0, 0])


def test_the_same_generator_gives_the_same_noise(array):
    arguments = array([1, 2]), array([1, 1]), array([1, 1])
    first, again = (np.asarray(transmit(*arguments, np.random.default_rng(7))) for _ in range(2))
    assert_array_equal(first, again)
    assert (first != np.asarray(transmit(*arguments, np.random.default_rng(8)))).all()


def test_the_noise_stands_where_the_signal_stands():
    signal = torch.ones(B, N, device="meta", dtype=torch.float16)
    heard = transmit(signal, signal[0], signal[0], np.random.default_rng(0))
    assert (heard.device.type, heard.dtype, heard.shape) == ("meta", torch.float16, (B, N))


def test_every_number_has_noise_of_its_own(array, rng):
    zeros = array(np.zeros((B, N)))
    heard = np.asarray(transmit(zeros, array([1]), array([1]), rng))
    assert len(np.unique(heard)) == B * N


# error


@pytest.mark.usefixtures("plain_errors")
class TestErrors:
    @pytest.mark.parametrize("capacity", [-1, -0.5, math.nan, math.inf])
    def test_a_capacity_is_zero_or_more(self, array, capacity):
        with pytest.raises(ValueError, match=f"^capacity is {capacity}, expected a finite number, 0 or more, in bits$"):
            allocate_bits(array([1, 2]), capacity)

    @pytest.mark.parametrize("shape", [(0,), (3, 0), ()])
    def test_an_empty_load_cannot_be_served(self, array, shape):
        with pytest.raises(ValueError, match=r"^importance has shape \(.*\): there is no item to divide"):
            allocate_bits(array(np.ones(shape)), 1.0)

    @pytest.mark.parametrize("wrong", [-1, math.nan, math.inf])
    def test_amounts_are_not_negative_nor_missing(self, array, wrong):
        bad, good = array([1, wrong]), array([1, 1])
        words = "has a negative, infinite or missing number, expected zero or more throughout$"
        with pytest.raises(ValueError, match=f"^importance {words}"):
            allocate_bits(bad, 1.0)
        with pytest.raises(ValueError, match=f"^bits {words}"):
            distortion(bad, good)
        with pytest.raises(ValueError, match=f"^variance {words}"):
            distortion(good, bad)
        with pytest.raises(ValueError, match=f"^variance {words}"):
            transmit(good, good, bad, np.random.default_rng(0))
        with pytest.raises(ValueError, match=f"^counts {words}"):
            transmitted_bits(array([[1, wrong]]))

    def test_a_table_has_two_axes_and_at_least_one_trial(self, array):
        with pytest.raises(ValueError, match=r"^counts has shape \(2,\), expected \(shown, said\)$"):
            transmitted_bits(array([1, 2]))
        with pytest.raises(ValueError, match=r"^counts is empty: with no trial"):
            transmitted_bits(array([[0, 0], [0, 0]]))

    def test_the_noise_needs_a_generator(self, array):
        one = array([1])
        with pytest.raises(TypeError, match=r"^rng is a int, expected a generator: np.random.default_rng\(1890\)"):
            transmit(one, one, one, 7)

    def test_bits_and_variance_fit_each_other_and_the_signal(self, array, rng):
        three, four = array([1, 1, 1]), array([1, 1, 1, 1])
        words = r"axes must be equal or 1$"
        with pytest.raises(ValueError, match=rf"^bits has shape \(3,\), variance \(4,\): .*{words}"):
            distortion(three, four)
        with pytest.raises(ValueError, match=rf"^bits has shape \(3,\), variance \(4,\): .*{words}"):
            transmit(three[:1], three, four, rng)
        with pytest.raises(ValueError, match=rf"^signal has shape \(3,\), bits \(4,\): .*{words}"):
            transmit(three, four, four, rng)

    def test_a_signal_has_every_axis_of_its_bits(self, array, rng):
        signal, bits, variance = array([8]), array([1, 40, 0]), array([1])
        with pytest.raises(ValueError, match=r"^signal has shape \(1,\), bits and variance together \(3,\): ") as told:
            transmit(signal, bits, variance, rng)
        signal = eval(str(told.value).rpartition("every axis, ")[2])
        assert_allclose(np.asarray(transmit(signal, bits, variance, rng))[1:], [8, 0])

    def test_whole_numbers_are_named(self, array):
        with pytest.raises(TypeError, match=r"^importance is an array of int64, expected floats"):
            allocate_bits(array([64, 16], dtype="int64"), 1.0)
