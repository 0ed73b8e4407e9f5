import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import attend
from attnlib.psychology.filter import binomial_interval, estimate_gate, notice_probability, share_capacity, spill_over

B, N, M = 3, 5, 7
STRENGTH = st.floats(0, 20)
THRESHOLD = st.floats(-20, 20)
SHARE = st.floats(0.01, 0.99)


# by hand


def test_an_81_fold_word_against_odds_of_9_to_1_is_noticed_nine_times_in_ten(array):
    signal, threshold = array([math.log(81), 0]), array([math.log(9)] * 2)
    assert_allclose(notice_probability(signal, threshold), [0.9, 0.1])
    assert_allclose(notice_probability(signal, threshold, gate=0.5), [0.5, 0.1])
    assert_allclose(notice_probability(signal, threshold, gate=0.0), [0.1, 0.1])


def test_half_a_gate_takes_the_square_root_of_the_odds_that_a_voice_adds():
    assert math.isclose(estimate_gate(0.9, 0.5, 0.1), 0.5)
    assert math.isclose(estimate_gate(0.9, 0.9, 0.1), 1.0)
    assert math.isclose(estimate_gate(0.9, 0.1, 0.1), 0.0, abs_tol=1e-12)


def test_what_is_heard_less_often_than_silence_gives_a_gate_below_0():
    assert math.isclose(estimate_gate(0.9, 0.1, 0.5), -1.0)


def test_three_messages_share_a_capacity_of_two_and_two_need_not_share(array):
    assert_allclose(share_capacity(array([1, 1, 1]), 2.0), [2 / 3] * 3)
    assert_allclose(share_capacity(array([1, 0.5]), 2.0), [1, 0.5])
    assert_allclose(share_capacity(array([[1, 1], [3, 1]]), 2.0), [[1, 1], [1.5, 0.5]])


def test_the_rejected_messages_get_what_the_task_leaves_over():
    assert [spill_over(load, 4, capacity=3.0) for load in (0.0, 1.0, 2.0, 3.0, 9.0)] == [0.75, 0.5, 0.25, 0.0, 0.0]
    assert spill_over(0.5, 1, capacity=8.0) == 1.0


def test_none_in_twelve_and_twelve_in_twelve_have_limits_that_a_root_gives():
    assert_allclose(binomial_interval(0, 12), (0, 1 - 0.025 ** (1 / 12)))
    assert_allclose(binomial_interval(12, 12), (0.025 ** (1 / 12), 1))


# reference


@pytest.mark.parametrize("gate", [0.0, 0.3, 1.0])
def test_being_noticed_is_a_softmax_between_the_word_and_its_threshold(normal, gate):
    signal, threshold = abs(normal(B, N)), normal(B, N)
    scores = torch.tensor(np.stack([gate * np.asarray(signal), np.asarray(threshold)], axis=-1))
    assert_allclose(notice_probability(signal, threshold, gate=gate), torch.softmax(scores, dim=-1)[..., 0])


def test_one_listener_at_a_time_with_logistic_noise_notices_as_often():
    rng = np.random.default_rng(1959)
    heard = 0.4 * 3.0 + rng.logistic(size=200_000) > 1.7
    expected = notice_probability(np.array([3.0]), np.array([1.7]), gate=0.4)[0]
    assert abs(heard.mean() - expected) < 0.005


def test_gate_0_is_a_mask_and_a_gate_between_is_its_logarithm_added_to_the_scores():
    voices, gates = np.array([[1.0], [5.0]]), np.array([1.0, 0.25])
    _, weights = attend(np.log(gates)[None, :], voices)
    assert_allclose(weights, [gates / gates.sum()])
    _, masked = attend(np.zeros((1, 2)), voices, np.array([[True, False]]))
    with np.errstate(divide="ignore"):
        _, shut = attend(np.log(np.array([[1.0, 0.0]])), voices)
    assert_array_equal(shut, masked)


@pytest.mark.parametrize(("hits", "trials"), [(4, 12), (20, 39), (1, 36), (9, 26)])
def test_at_each_limit_of_the_interval_the_tail_is_exactly_two_and_a_half_percent(hits, trials):
    low, high = binomial_interval(hits, trials)
    rng = np.random.default_rng(1934)
    assert abs((rng.binomial(trials, low, 400_000) >= hits).mean() - 0.025) < 0.002
    assert abs((rng.binomial(trials, high, 400_000) <= hits).mean() - 0.025) < 0.002


# invariant


@given(signal=STRENGTH, threshold=THRESHOLD, gate=st.floats(0, 1))
def test_a_gate_and_a_threshold_raised_by_what_it_takes_away_cannot_be_told_apart_by_hits(signal, threshold, gate):
    signal, threshold = np.array([signal]), np.array([threshold])
    raised = threshold + (1 - gate) * signal
    assert_allclose(
        notice_probability(signal, threshold, gate=gate), notice_probability(signal, raised), rtol=1e-9, atol=1e-12
    )


@given(signal=st.floats(0.5, 12), threshold=st.floats(-8, 8), gate=st.floats(0, 1))
def test_the_gate_is_recovered_from_three_shares(signal, threshold, gate):
    silence, said, threshold = np.array([0.0]), np.array([signal]), np.array([threshold])
    attended, rejected = (float(notice_probability(said, threshold, gate=g)[0]) for g in (1.0, gate))
    false_alarms = float(notice_probability(silence, threshold, gate=gate)[0])
    assert math.isclose(estimate_gate(attended, rejected, false_alarms), gate, abs_tol=1e-6)


@given(st.lists(st.floats(0, 50), min_size=1, max_size=6), st.floats(0, 20))
def test_shared_capacity_is_never_exceeded_and_keeps_proportions(demand, capacity):
    shared = share_capacity(np.array(demand), capacity)
    assert shared.sum() <= max(capacity, 0) * (1 + 1e-9) + 1e-12
    assert (shared <= np.array(demand)).all()
    if sum(demand) > 1e-6:
        assert_allclose(shared * sum(demand), np.array(demand) * shared.sum(), rtol=1e-9, atol=1e-9)


@given(st.integers(1, 40), st.data())
def test_the_interval_holds_the_share_that_was_seen_and_mirrors(trials, data):
    hits = data.draw(st.integers(0, trials))
    low, high = binomial_interval(hits, trials)
    assert low <= hits / trials <= high
    assert_allclose(binomial_interval(trials - hits, trials), (1 - high, 1 - low), atol=1e-12)


# edge


def test_a_word_that_was_not_said_does_not_care_about_the_gate(array):
    threshold = array([-2, 0, 3])
    shares = [notice_probability(array([0]), threshold, gate=gate) for gate in (0.0, 0.4, 1.0)]
    assert_array_equal(shares[0], shares[1])
    assert_array_equal(shares[0], shares[2])


def test_huge_strengths_and_impossible_thresholds_stay_shares(array):
    assert_array_equal(notice_probability(array([1e6, 0, 0]), array([0, 1e6, math.inf])), [1, 0, 0])


def test_leading_axes_broadcast_and_no_words_give_no_shares(array, normal):
    shares = notice_probability(abs(normal(B, 1, N)), normal(M, 1))
    assert shares.shape == (B, M, N)
    assert notice_probability(array([]), array([])).shape == (0,)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("gate", [1, 0.5, np.float64(0.5)])
def test_no_gate_and_no_capacity_widens_the_dtype(narrow, gate):
    make, _ = narrow
    words = make(np.array([1.0, 2.0]))
    assert notice_probability(words, words, gate=gate).dtype == words.dtype
    assert share_capacity(words, gate).dtype == words.dtype


def test_nothing_demanded_and_nothing_to_share_give_zeros(array):
    assert_array_equal(share_capacity(array([0, 0]), 0.0), [0, 0])
    assert_array_equal(share_capacity(array([1, 3]), 0.0), [0, 0])
    assert_array_equal(share_capacity(array([1, 3, 0]), math.inf), [1, 3, 0])
    assert spill_over(5.0, 2, capacity=math.inf) == 1.0


def test_more_trials_or_less_certainty_narrow_the_interval():
    widths = [high - low for low, high in (binomial_interval(n, 3 * n) for n in (2, 4, 8, 16))]
    assert all(wide > narrow for wide, narrow in pairwise(widths))
    low, high = binomial_interval(4, 12, level=0.5)
    assert high - low < widths[1]


def test_gradients_flow_through_signal_and_threshold():
    generator = torch.Generator().manual_seed(3)
    signal = torch.rand(N, dtype=torch.float64, generator=generator, requires_grad=True)
    threshold = torch.rand(N, dtype=torch.float64, generator=generator, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s, t: notice_probability(s, t, gate=0.3), (signal, threshold))


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: notice_probability(np.ones(2), np.ones(2), gate=1.5),
            r"^gate is 1.5, expected a number from 0 to 1, shut to open$",
        ),
        (lambda: notice_probability(np.ones(2), np.ones(2), gate=-0.1), "^gate is -0.1, expected"),
        (lambda: notice_probability(np.ones(2), np.ones(2), gate=math.nan), "^gate is nan, expected"),
        (lambda: notice_probability(np.ones(5), np.ones(4)), r"^signal has shape \(5,\), threshold \(4,\): counted"),
        (lambda: notice_probability(np.array([1.0, -1.0]), np.ones(2)), "^signal has a negative, infinite or"),
        (lambda: notice_probability(np.array([math.nan]), np.ones(1)), "^signal has a negative, infinite or"),
        (lambda: estimate_gate(1.0, 0.5, 0.1), "^attended is 1.0, expected a number from 0 to 1, and neither"),
        (lambda: estimate_gate(0.9, 0.5, 0.0), "^false_alarms is 0.0, expected a number from 0 to 1, and neither of"),
        (lambda: estimate_gate(0.9, 50, 0.1), "^rejected is 50, expected a number from 0 to 1, and neither of them"),
        (lambda: estimate_gate(0.3, 0.5, 0.3), "^attended and false_alarms are both 0.3: there is no strength"),
        (lambda: share_capacity(np.ones(3), -1.0), "^capacity is -1.0, expected a finite number, 0 or more, in mess"),
        (lambda: share_capacity(np.ones(3), math.nan), "^capacity is nan"),
        (lambda: share_capacity(np.array([1.0, -2.0]), 1.0), "^demand has a negative, infinite or missing number"),
        (lambda: spill_over(-1.0, 2), "^load is -1.0, expected a finite number, 0 or more, in messages"),
        (lambda: spill_over(1.0, 2, capacity=-3.0), "^capacity is -3.0"),
        (lambda: spill_over(1.0, 0), "^num_rejected is 0, expected 1 or more"),
        (lambda: binomial_interval(5, 4), "^hits is 5, trials 4: there cannot be more hits than trials"),
        (lambda: binomial_interval(0, 0), "^trials is 0, expected 1 or more"),
        (lambda: binomial_interval(-1, 4), "^hits is -1, expected 0 or more"),
        (lambda: binomial_interval(1, 4, level=95), "^level is 95, expected a number from 0 to 1, such as 0.95"),
    ],
)
def test_a_number_that_makes_no_sense_is_named_in_plain_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.usefixtures("plain_errors")
def test_whole_numbers_and_lists_are_named_in_plain_words():
    with pytest.raises(TypeError, match=r"^signal is an array of int64, expected floats"):
        notice_probability(np.array([1, 2]), np.ones(2))
    with pytest.raises(TypeError, match=r"^threshold is a list, expected an array"):
        notice_probability(np.ones(2), [1.0, 2.0])
    with pytest.raises(TypeError, match=r"^hits is 4.0, expected a whole number"):
        binomial_interval(4.0, 12)
