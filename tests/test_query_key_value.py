import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import attend, match_scores, soft_lookup

B, H, L, S, D, D_V = 2, 3, 5, 7, 11, 13


# by hand


def test_equal_keys_share_the_read_and_a_missing_key_reads_zeros(array):
    key, value = array([[1, 0], [0, 1], [1, 0]]), array([[2], [3], [8]])
    output, weights = attend(match_scores(array([[1, 0], [0, 1], [1, 1]]), key), value)
    assert_array_equal(weights, [[0.5, 0, 0.5], [0, 1, 0], [0, 0, 0]])
    assert_array_equal(output, [[5], [3], [0]])


def test_a_query_that_leans_towards_a_key_reads_it_more_the_sharper_the_look_up(array):
    query, key, value = array([[2, 1]]), array([[1, 0], [0, 1]]), array([[10], [20]])
    output, weights = soft_lookup(query, key, value, sharpness=math.log(3))
    assert_allclose(weights, [[0.75, 0.25]])
    assert_allclose(output, [[12.5]])
    assert_allclose(soft_lookup(query, key, value, sharpness=2 * math.log(3))[0], [[11]])


# reference


@given(
    entries=st.dictionaries(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), st.integers(-99, 99), min_size=1),
    asked=st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1),
)
def test_with_matching_scores_attend_reads_what_a_dict_reads(array, entries, asked):
    key, value = array(list(entries)), array([[v] for v in entries.values()])
    output, _ = attend(match_scores(array(asked), key), value)
    assert_array_equal(output, [[entries.get(pair, 0)] for pair in asked])


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 4.0])
def test_a_soft_look_up_is_the_attention_of_torch_with_that_scale(normal, sharpness):
    query, key, value = normal(B, H, L, D), normal(B, H, S, D), normal(B, H, S, D_V)
    output, _ = soft_lookup(query, key, value, sharpness=sharpness)
    tensors = (torch.tensor(np.asarray(x)) for x in (query, key, value))
    assert_allclose(output, F.scaled_dot_product_attention(*tensors, scale=sharpness), rtol=1e-6, atol=1e-12)


# invariant


@given(
    value=arrays(float, (S, D_V), elements=st.floats(-50, 50)),
    key=arrays(float, (S, 2), elements=st.floats(-5, 5)),
    query=arrays(float, (L, 2), elements=st.floats(-5, 5)),
    sharpness=st.floats(0.01, 100),
)
def test_the_read_stays_among_the_values_and_follows_them(array, value, key, query, sharpness):
    output, weights = soft_lookup(array(query), array(key), array(value), sharpness=sharpness)
    assert (np.asarray(output) <= value.max(0) + 1e-11).all()
    assert (np.asarray(output) >= value.min(0) - 1e-11).all()
    moved, same = soft_lookup(array(query), array(key), array(3 * value + 7), sharpness=sharpness)
    assert_array_equal(same, weights)
    assert_allclose(moved, 3 * np.asarray(output) + 7, atol=1e-10)


# edge


def test_a_sharp_look_up_reads_the_best_match_and_a_blunt_one_reads_all_alike(array, normal):
    query, key, value = normal(L, D), normal(S, D), normal(S, D_V)
    best = np.argmax(np.asarray(query) @ np.asarray(key).T, axis=-1)
    assert_allclose(soft_lookup(query, key, value, sharpness=1e6)[0], np.asarray(value)[best])
    mean = np.broadcast_to(np.asarray(value).mean(0), (L, D_V))
    assert_allclose(soft_lookup(query, key, value, sharpness=1e-12)[0], mean, atol=1e-9)


@pytest.mark.parametrize(("length", "keys", "size"), [(0, S, D), (L, 0, D), (L, S, 0), (1, 1, 1)])
def test_empty_axes_and_a_single_token_can_be_looked_up(array, length, keys, size):
    query, key, value = (array(np.ones(shape)) for shape in ((H, length, size), (keys, size), (B, H, keys, D_V)))
    read = np.full((B, H, length, D_V), float(keys > 0))
    assert_allclose(soft_lookup(query, key, value)[0], read)
    assert_allclose(attend(match_scores(query, key), value)[0], read)


@pytest.mark.parametrize("sharpness", [4, np.float64(2.5)])
def test_neither_look_up_widens_the_dtype(narrow, normal, plain_errors, sharpness):
    make, _ = narrow
    query, value = make(normal(L, 2)), make(normal(L, D_V))
    output, weights = soft_lookup(query, query, value, sharpness=sharpness)
    exact, _ = attend(match_scores(query, query), value)
    assert output.dtype == weights.dtype == exact.dtype == query.dtype
    assert (exact == value).all()


def test_gradients_reach_query_key_and_value_and_through_an_exact_match_the_value():
    generator = torch.Generator().manual_seed(1964)
    shapes = (L, 2), (S, 2), (S, 3)
    tensors = [torch.randn(s, dtype=torch.float64, generator=generator, requires_grad=True) for s in shapes]
    assert torch.autograd.gradcheck(lambda *x: soft_lookup(*x, sharpness=2.0), tensors, fast_mode=True)
    query, key, value = tensors
    attend(match_scores(key[2:3].detach(), key), value)[0].sum().backward()
    assert_array_equal(value.grad, np.eye(S)[2][:, None] * np.ones(3))
    assert query.grad is None


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("sharpness", [0, -2, math.nan, math.inf])
def test_a_sharpness_must_be_positive(normal, sharpness):
    with pytest.raises(ValueError, match=f"^sharpness is {sharpness}, expected a positive, finite number$"):
        soft_lookup(normal(L, D), normal(S, D), normal(S, D_V), sharpness=sharpness)
