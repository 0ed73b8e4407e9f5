import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import attend, log_sum_exp, softmax

B, H, L, S, D_V = 2, 3, 5, 7, 11
SCORES = arrays(float, (L, S), elements=st.floats(-50, 50))
VALUE = arrays(float, (S, D_V), elements=st.floats(-50, 50))
MASK = arrays(bool, (L, S))


# by hand


def test_scores_that_are_logarithms_of_1_2_5_become_eighths(array):
    scores = array(np.log([[1.0, 2.0, 5.0]]))
    assert_allclose(softmax(scores), [[1 / 8, 2 / 8, 5 / 8]])
    assert_allclose(log_sum_exp(scores), [math.log(8)])
    output, weights = attend(scores, array([[8, 0], [16, 0], [24, 80]]))
    assert_allclose(output, [[1 + 4 + 15, 50]])
    assert_allclose(weights, softmax(scores))


def test_a_hidden_key_leaves_its_share_to_the_others(array):
    scores, mask = array(np.log([[1.0, 2.0, 5.0]])), array([[True, True, False]])
    output, weights = attend(scores, array([[3], [6], [1000]]), mask)
    assert_allclose(weights, [[1 / 3, 2 / 3, 0]])
    assert_allclose(output, [[5]])


# reference


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_softmax_and_log_sum_exp_are_those_of_torch_on_every_axis(array, normal, axis):
    scores = array(3 * np.asarray(normal(L, S, D_V)))
    assert_allclose(softmax(scores, axis=axis), torch.softmax(torch.tensor(np.asarray(scores)), axis), rtol=1e-12)
    assert_allclose(log_sum_exp(scores, axis=axis), torch.logsumexp(torch.tensor(np.asarray(scores)), axis), rtol=1e-12)


@given(scores=SCORES, value=VALUE, mask=MASK)
def test_attend_is_a_weighted_average_written_as_a_loop(array, scores, value, mask):
    output, weights = attend(array(scores), array(value), array(mask))
    for i in range(L):
        shares = [math.exp(scores[i, j]) if mask[i, j] else 0.0 for j in range(S)]
        expected = [share / (math.fsum(shares) or 1) for share in shares]
        assert_allclose(weights[i], expected, atol=1e-14)
        for column in range(D_V):
            read = math.fsum(share * value[j, column] for j, share in enumerate(expected))
            assert_allclose(output[i, column], read, atol=1e-11)


# invariant


@given(scores=SCORES, shift=st.floats(-1e6, 1e6))
def test_a_constant_added_to_all_scores_changes_no_share_and_moves_the_log_sum(array, scores, shift):
    assert_allclose(softmax(array(scores + shift)), softmax(array(scores)), atol=1e-8)
    assert_allclose(log_sum_exp(array(scores + shift)), log_sum_exp(array(scores)) + shift, atol=1e-8)


@given(scores=SCORES)
def test_shares_are_positive_sum_to_1_and_are_exponentials_of_score_minus_log_sum(array, scores):
    shares = softmax(array(scores))
    assert (shares > 0).all()
    assert_allclose(shares.sum(-1), np.ones(L))
    assert_allclose(shares, np.exp(scores - np.asarray(log_sum_exp(array(scores)))[:, None]))


@given(scores=SCORES, value=VALUE, mask=MASK, order=st.permutations(range(S)))
def test_the_order_of_the_keys_does_not_matter_and_no_output_leaves_the_values(array, scores, value, mask, order):
    mask[:, 0] = True
    output, weights = attend(array(scores), array(value), array(mask))
    again, moved = attend(array(scores[:, order]), array(value[order]), array(mask[:, order]))
    assert_allclose(again, output, atol=1e-12)
    assert_allclose(moved, weights[:, order], atol=1e-15)
    for i in range(L):
        visible = value[mask[i]]
        assert (np.asarray(output[i]) <= visible.max(0) + 1e-12).all()
        assert (np.asarray(output[i]) >= visible.min(0) - 1e-12).all()


# edge


def test_a_query_that_sees_no_key_gets_zeros(array, normal):
    mask = np.ones((L, S), bool)
    mask[2] = False
    output, weights = attend(normal(B, H, L, S), normal(B, H, S, D_V), array(mask))
    assert_array_equal(weights[:, :, 2], np.zeros((B, H, S)))
    assert_array_equal(output[:, :, 2], np.zeros((B, H, D_V)))
    assert_allclose(weights[:, :, [0, 1, 3, 4]].sum(-1), np.ones((B, H, 4)))
    assert_array_equal(log_sum_exp(array(np.where(mask, 0, -np.inf)))[2], -np.inf)


@pytest.mark.parametrize("shape", [(0, S), (L, 0), (0, 0), (1, 1)])
def test_no_query_no_key_and_a_single_token_are_no_special_cases(array, shape):
    scores = array(np.zeros((B, *shape)))
    output, weights = attend(scores, array(np.ones((shape[1], D_V))))
    assert weights.shape == (B, *shape)
    assert_array_equal(output, np.ones((B, shape[0], D_V)) * min(shape[1], 1))
    assert_array_equal(log_sum_exp(scores), np.full((B, shape[0]), 0.0 if shape[1] else -np.inf))


@pytest.mark.parametrize("size", [1e4, 1e150])
def test_huge_scores_neither_overflow_nor_vanish(array, size):
    scores = array([[size, size, -size, -np.inf], [-size, -size, -2 * size, -np.inf]])
    assert_array_equal(softmax(scores), [[0.5, 0.5, 0, 0]] * 2)
    assert_allclose(log_sum_exp(scores), [size + math.log(2), -size + math.log(2)])


def test_each_precision_keeps_its_dtype_and_is_right_to_its_last_digits(narrow, normal):
    make, eps = narrow
    scores, value = make(normal(L, S)), make(normal(S, D_V))
    mask = scores[:, :1] == scores[:, :1]
    output, weights = attend(scores, value, mask)
    assert output.dtype == weights.dtype == softmax(scores).dtype == log_sum_exp(scores).dtype == scores.dtype
    wide = [torch.as_tensor(x).double() for x in (scores, value)]
    assert_allclose(torch.as_tensor(output).double(), attend(*wide)[0], atol=8 * eps)


def test_leading_axes_broadcast_and_memory_may_lie_in_any_order(array, normal):
    scores, value, keys = normal(B, 1, L, S), normal(H, S, D_V), array(np.arange(S) != 3)
    output, weights = attend(scores, value, keys)
    assert output.shape == (B, H, L, D_V)
    assert weights.shape == (B, 1, L, S)
    crossed = array(np.swapaxes(np.asarray(scores), -1, -2).copy()).swapaxes(-1, -2)
    every_second = array(np.repeat(np.asarray(value), 2, axis=-1))[..., ::2]
    assert_allclose(attend(crossed, every_second, keys)[0], output)
    for b, h in np.ndindex(B, H):
        assert_allclose(attend(scores[b, 0], value[h], keys)[0], output[b, h])


@pytest.mark.parametrize("shape", [(), (S,), (1, S), (L, 1), (H, 1, S), (B, 1, 1, S), (1, H, L, 1), (B, H, L, S)])
def test_a_mask_may_have_any_shape_that_fits_the_scores(array, normal, shape):
    mask = np.arange(math.prod(shape)).reshape(shape) % 3 != 0
    scores, value = normal(B, H, L, S), normal(S, D_V)
    whole = array(np.broadcast_to(mask, (B, H, L, S)))
    assert_allclose(attend(scores, value, array(mask))[0], attend(scores, value, whole)[0], atol=1e-14)


def test_a_nan_in_a_hidden_value_poisons_the_output_and_in_a_hidden_score_does_not(array):
    mask = array([[True, False]])
    assert np.isnan(np.asarray(attend(array([[0, 0]]), array([[1], [np.nan]]), mask)[0])).all()
    assert_array_equal(attend(array([[0, np.nan]]), array([[1], [5]]), mask)[0], [[1]])


def test_any_function_of_the_masked_scores_can_normalize(array):
    def hardmax(scores):
        return array(np.asarray(scores) == np.asarray(scores).max(-1, keepdims=True), dtype=float)

    output, _ = attend(array([[1, 9, 4]]), array([[1], [2], [3]]), array([[True, False, True]]), normalize=hardmax)
    assert_array_equal(output, [[3]])


def test_gradients_are_right_and_finite_where_a_query_sees_no_key():
    generator = torch.Generator().manual_seed(1964)
    scores = torch.randn(B, L, S, dtype=torch.float64, generator=generator, requires_grad=True)
    value = torch.randn(S, D_V, dtype=torch.float64, generator=generator, requires_grad=True)
    mask = torch.rand(L, S, generator=generator) < 0.6
    mask[2] = False
    assert torch.autograd.gradcheck(lambda scores, value: attend(scores, value, mask), (scores, value), fast_mode=True)
    log_sum_exp(scores.masked_fill(~mask, -torch.inf)).exp().sum().backward()
    assert_allclose(scores.grad, torch.where(mask, scores.exp(), 0).detach())
