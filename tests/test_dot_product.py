import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import attend, dot_product_scores, scaled_dot_product_attention, softcap

B, H, L, S, D_K, D_V = 2, 3, 5, 7, 11, 13
QUERY = arrays(float, (L, 3), elements=st.floats(-50, 50))
KEY = arrays(float, (S, 3), elements=st.floats(-50, 50))


# by hand


def test_nine_equal_numbers_of_2_and_5_score_thirty(array):
    query, key = array([[2] * 9, [0] * 9]), array([[5] * 9, [-1] * 9, [0] * 9])
    assert_allclose(dot_product_scores(query, key), [[30, -6, 0], [0, 0, 0]])
    assert_allclose(dot_product_scores(query, key, scale=1.0), [[90, -18, 0], [0, 0, 0]])


def test_a_score_of_half_the_cap_bends_to_tanh_of_a_half(array):
    bent = 50 * math.tanh(0.5)
    assert_allclose(softcap(array([[25, -25, 1e9]]), 50.0), [[bent, -bent, 50]])


# reference


@pytest.mark.parametrize("mask_shape", [None, (L, S), (B, 1, 1, S)])
def test_output_and_gradients_are_those_of_torch(mask_shape):
    generator = torch.Generator().manual_seed(2017)
    shapes = (B, H, L, D_K), (B, H, S, D_K), (B, H, S, D_V)
    ours = [torch.randn(s, dtype=torch.float64, generator=generator, requires_grad=True) for s in shapes]
    theirs = [x.detach().clone().requires_grad_() for x in ours]
    mask = mask_shape and torch.rand(mask_shape, generator=generator) < 0.6
    output, _ = scaled_dot_product_attention(*ours, mask)
    expected = F.scaled_dot_product_attention(*theirs, attn_mask=mask)
    assert_allclose(output.detach(), expected.detach(), atol=1e-12)
    upstream = torch.randn(output.shape, dtype=torch.float64, generator=generator)
    for x, y in zip(torch.autograd.grad(output, ours, upstream), torch.autograd.grad(expected, theirs, upstream)):
        assert_allclose(x, y, atol=1e-12)


def test_in_numpy_too_each_score_is_one_sum_of_products(array, normal):
    query, key, value = normal(B, H, L, D_K), normal(B, H, S, D_K), normal(B, H, S, D_V)
    scores = dot_product_scores(query, key)
    for b, h, i, j in np.ndindex(B, H, L, S):
        products = (float(query[b, h, i, k]) * float(key[b, h, j, k]) for k in range(D_K))
        assert math.isclose(scores[b, h, i, j], math.fsum(products) / D_K**0.5, rel_tol=1e-12, abs_tol=1e-13)
    mask = array(np.arange(S) < 4)
    for ours, expected in zip(scaled_dot_product_attention(query, key, value, mask), attend(scores, value, mask)):
        assert_array_equal(ours, expected)


# invariant


@given(query=QUERY, key=KEY, angle=st.floats(0, 2 * math.pi), factor=st.floats(-10, 10))
def test_a_turn_of_both_spaces_changes_no_score_and_a_longer_query_stretches_its_row(array, query, key, angle, factor):
    scores = np.asarray(dot_product_scores(array(query), array(key)))
    turn = np.eye(3)
    turn[:2, :2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    assert_allclose(dot_product_scores(array(query @ turn), array(key @ turn)), scores, atol=1e-10)
    assert_allclose(dot_product_scores(array(query * factor), array(key)), scores * factor, atol=1e-10)
    assert_allclose(dot_product_scores(array(key), array(query)), scores.T, atol=1e-10)


@pytest.mark.parametrize("size", [5, 53, 509])
def test_the_spread_of_the_scores_does_not_grow_with_the_vectors(array, size):
    rng = np.random.default_rng(2017)
    scores = dot_product_scores(array(rng.standard_normal((199, size))), array(rng.standard_normal((211, size))))
    assert abs(np.asarray(scores).std() - 1) < 0.1


@given(scores=arrays(float, (L, S), elements=st.floats(-1e4, 1e4)), cap=st.floats(1, 100))
def test_a_soft_cap_bounds_keeps_order_and_sign_and_spares_small_scores(array, scores, cap):
    capped = np.asarray(softcap(array(scores), cap))
    assert (np.abs(capped) <= np.minimum(cap, np.abs(scores)) + 1e-12).all()
    assert_array_equal(softcap(array(-scores), cap), -capped)
    assert (np.diff(capped.ravel()[np.argsort(scores, axis=None)]) >= 0).all()
    assert_allclose(softcap(array(scores * 1e-9), cap), scores * 1e-9, rtol=1e-9, atol=1e-20)


# edge


@pytest.mark.parametrize(("length", "keys", "size"), [(0, S, D_K), (L, 0, D_K), (L, S, 0), (1, 1, 1)])
def test_empty_axes_and_a_single_token_are_no_special_cases(array, length, keys, size):
    query, key, value = (array(np.ones((B, H, *shape))) for shape in ((length, size), (keys, size), (keys, D_V)))
    output, weights = scaled_dot_product_attention(query, key, value)
    assert weights.shape == (B, H, length, keys)
    assert_allclose(output, np.full((B, H, length, D_V), float(keys > 0)))


def test_leading_axes_broadcast_and_memory_may_lie_in_any_order(array, normal):
    query, key, value = normal(B, 1, L, D_K), normal(H, S, D_K), normal(S, D_V)
    output, _ = scaled_dot_product_attention(query, key, value)
    assert output.shape == (B, H, L, D_V)
    key = array(np.swapaxes(np.asarray(key), -1, -2).copy()).swapaxes(-1, -2)
    query = array(np.repeat(np.asarray(query), 2, axis=-1))[..., ::2]
    for b, h in np.ndindex(B, H):
        assert_allclose(scaled_dot_product_attention(query[b, 0], key[h], value)[0], output[b, h])


@pytest.mark.parametrize("scale", [None, 1, 0.5, np.float64(0.5)])
def test_no_scale_and_no_cap_widens_the_dtype(narrow, normal, plain_errors, scale):
    make, eps = narrow
    query, key = make(normal(L, 4)), make(normal(S, 4))
    scores = dot_product_scores(query, key, scale=scale)
    capped = softcap(scores, np.float64(50.0))
    assert scores.dtype == capped.dtype == query.dtype
    query, key = (torch.as_tensor(x).double() for x in (query, key))
    assert_allclose(torch.as_tensor(scores).double(), dot_product_scores(query, key, scale=scale), atol=16 * eps)


def test_the_query_is_scaled_first_so_that_half_precision_overflows_later(narrow):
    make, _ = narrow
    long = make(np.full((1, 256), 32.0))
    assert float(dot_product_scores(long, long)[0, 0]) == 32 * 32 * 256 / 16 < 65504 < 32 * 32 * 256


def test_gradients_of_a_soft_cap_are_right():
    scores = torch.linspace(-300, 300, S, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: softcap(x, 50.0), scores)


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("cap", [0, -50, math.nan, math.inf])
def test_a_cap_must_be_positive(normal, cap):
    with pytest.raises(ValueError, match=f"^cap is {cap}, expected a positive, finite number$"):
        softcap(normal(L, S), cap)
