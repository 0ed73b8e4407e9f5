import math
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import attnlib
from attnlib import attention_pool, causal_mask, cross_attention, padding_mask, self_attention, window_mask

B, L, S, D_X, D_Y, D_K, D_V, R = 2, 5, 7, 11, 13, 3, 17, 2


@pytest.fixture
def matrices(normal):
    """Return W_q and W_k of one size, W_v of another, for x of D_X numbers."""
    return normal(D_X, D_K), normal(D_X, D_K), normal(D_X, D_V)


# by hand


def test_three_tokens_read_each_other_as_on_paper(array):
    x = array([[1, 0], [0, 1], [1, 1]])
    ask, offer, say = array([[1], [0]]), array([[0], [math.log(3)]]), array([[4], [8]])
    output, weights = self_attention(x, ask, offer, say)
    assert_allclose(weights, [[1 / 7, 3 / 7, 3 / 7], [1 / 3] * 3, [1 / 7, 3 / 7, 3 / 7]], atol=1e-12)
    assert_allclose(output, [[64 / 7], [8], [64 / 7]], atol=1e-12)


def test_a_query_from_one_side_finds_keys_and_values_of_the_other(array):
    x, y = array([[1]]), array([[0, 1], [1, 2]])
    output, weights = cross_attention(x, y, array([[math.log(3)]]), array([[1], [0]]), array([[0], [4]]))
    assert_allclose(weights, [[0.25, 0.75]])
    assert_allclose(output, [[7]])


def test_a_seed_of_zero_takes_the_mean_of_the_set(array):
    output, weights = attention_pool(array([[0], [4], [2]]), array([[0]]), array([[5]]), array([[3]]))
    assert_allclose(weights, [[1 / 3] * 3])
    assert_allclose(output, [[6]])


# reference


def test_three_loops_over_queries_keys_and_numbers_agree(normal, matrices):
    x, y = normal(L, D_X), normal(S, D_X)
    output, weights = cross_attention(x, y, *matrices)
    x, y, W_q, W_k, W_v = map(np.asarray, (x, y, *matrices))
    for i in range(L):
        exponentials = [
            math.exp(sum((x[i] @ W_q)[m] * (y[j] @ W_k)[m] for m in range(D_K)) / D_K**0.5) for j in range(S)
        ]
        shares = [one / sum(exponentials) for one in exponentials]
        assert_allclose(weights[i], shares, atol=1e-12)
        assert_allclose(output[i], sum(share * (row @ W_v) for share, row in zip(shares, y)), atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_one_head_of_torchs_multi_head_attention_is_ours(causal):
    torch.manual_seed(18)
    layer = torch.nn.MultiheadAttention(D_X, 1, bias=False, batch_first=True, dtype=torch.float64)
    x, mask = torch.randn(B, L, D_X, dtype=torch.float64), causal_mask(L, like=torch.ones(1)) if causal else None
    W_q, W_k, W_v = (W.T for W in layer.in_proj_weight.chunk(3))
    output, weights = self_attention(x, W_q, W_k, W_v, mask)
    expected, map_of_torch = layer(x, x, x, attn_mask=None if mask is None else ~mask)  # True = blocked, there
    assert_allclose((output @ layer.out_proj.weight.T).detach(), expected.detach(), atol=1e-12)
    assert_allclose(weights.detach(), map_of_torch.detach(), atol=1e-12)


def test_self_attention_is_cross_attention_with_itself_and_a_pool_is_one_with_seeds(array, normal, matrices):
    x, seeds = normal(B, L, D_X), normal(R, D_K)
    for ours, expected in zip(self_attention(x, *matrices), cross_attention(x, x, *matrices)):
        assert_array_equal(ours, expected)
    pooled = attention_pool(x, seeds, *matrices[1:])
    for ours, expected in zip(pooled, cross_attention(seeds, x, array(np.eye(D_K)), *matrices[1:])):
        assert_allclose(ours, expected, atol=1e-12)


# invariant


@given(order=st.permutations(range(L)), seed=st.integers(0, 2**32 - 1))
def test_rows_in_another_order_give_the_same_rows_in_that_order(array, order, seed):
    rng = np.random.default_rng(seed)
    x, W_q, W_k, W_v = (rng.normal(size=shape) for shape in ((L, D_X), (D_X, D_K), (D_X, D_K), (D_X, D_V)))
    output, weights = self_attention(*map(array, (x, W_q, W_k, W_v)))
    moved, moved_weights = self_attention(*map(array, (x[order], W_q, W_k, W_v)))
    assert_allclose(moved, np.asarray(output)[order], atol=1e-10)
    assert_allclose(moved_weights, np.asarray(weights)[np.ix_(order, order)], atol=1e-10)


@given(order=st.permutations(range(S)), queries=st.permutations(range(L)), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_those_who_answer_is_never_seen_and_a_pool_is_invariant(array, order, queries, seed):
    rng = np.random.default_rng(seed)
    x, y, W_q, W_k, W_v = (rng.normal(size=s) for s in ((L, D_X), (S, D_Y), (D_X, D_K), (D_Y, D_K), (D_Y, D_V)))
    output, _ = cross_attention(*map(array, (x, y, W_q, W_k, W_v)))
    moved, _ = cross_attention(*map(array, (x[queries], y[order], W_q, W_k, W_v)))
    assert_allclose(moved, np.asarray(output)[queries], atol=1e-10)
    seeds = rng.normal(size=(R, D_K))
    pooled, _ = attention_pool(*map(array, (y, seeds, W_k, W_v)))
    assert_allclose(attention_pool(*map(array, (y[order], seeds, W_k, W_v)))[0], pooled, atol=1e-10)


@pytest.mark.parametrize(
    ("mask", "survive"),
    [(causal_mask(L), 1), (window_mask(L, left=1, right=1), 2), (np.ones((L, L), bool), 120), (np.eye(L) > 0, 120)],
)
def test_exactly_those_permutations_survive_a_mask_that_leave_the_mask_as_it_is(array, normal, matrices, mask, survive):
    x, count = np.asarray(normal(L, D_X)) / 4, 0  # scores so mild that no weight is lost to rounding
    output = np.asarray(self_attention(array(x), *matrices, array(mask))[0])
    for order in permutations(range(L)):
        moved = np.asarray(self_attention(array(x[list(order)]), *matrices, array(mask))[0])
        equivariant = np.allclose(moved, output[list(order)], atol=1e-9)
        assert equivariant == np.array_equal(mask[np.ix_(order, order)], mask)
        count += equivariant
    assert count == survive


@given(seed=st.integers(0, 2**32 - 1))
def test_the_ratio_of_two_weights_depends_on_the_query_and_those_two_tokens_alone(array, seed):
    rng = np.random.default_rng(seed)
    x, *projections = (rng.normal(size=s) for s in ((L, D_X), (D_X, D_K), (D_X, D_K), (D_X, D_V)))
    other = x.copy()
    other[-1] = rng.normal(size=D_X)
    before, after = (np.asarray(self_attention(*map(array, (one, *projections)))[1]) for one in (x, other))
    assert_allclose(before[0, 1] * after[0, 2], before[0, 2] * after[0, 1], rtol=1e-9, atol=1e-300)


# edge


@pytest.mark.parametrize("length", [0, 1])
def test_no_token_and_a_single_token_are_no_special_cases(array, normal, matrices, length):
    x = normal(B, length, D_X)
    output, weights = self_attention(x, *matrices)
    assert weights.shape == (B, length, length)
    assert_allclose(output, np.asarray(x) @ np.asarray(matrices[2]), atol=1e-12)


def test_an_empty_set_is_pooled_to_zeros_and_padding_is_not_read(array, normal, matrices):
    seeds = normal(R, D_K)
    assert_array_equal(attention_pool(normal(0, D_X), seeds, *matrices[1:])[0], np.zeros((R, D_V)))
    x = normal(B, S, D_X)
    mask = array(padding_mask([0, 3], S)[:, 0])
    output, weights = attention_pool(x, seeds, *matrices[1:], mask)
    assert_array_equal(output[0], np.zeros((R, D_V)))
    assert_allclose(output[1], attention_pool(x[1, :3], seeds, *matrices[1:])[0], atol=1e-12)
    assert_allclose(np.asarray(weights).sum(-1), [[0, 0], [1, 1]], atol=1e-12)


def test_leading_axes_broadcast(normal, matrices):
    x, y = normal(B, 1, L, D_X), normal(3, S, D_X)
    output, _ = cross_attention(x, y, *matrices)
    assert output.shape == (B, 3, L, D_V)
    assert_allclose(output[1, 2], cross_attention(x[1, 0], y[2], *matrices)[0], atol=1e-12)


def test_half_precision_holds_queries_and_keys_beyond_its_largest_number(narrow, plain_errors):
    make, eps = narrow
    x, large, small = (
        make(np.full(shape, number)) for shape, number in (((3, 64), 64), ((64, 2), 64), ((64, 1), 1 / 64))
    )
    seed = make([[30_000.0, 30_000.0]])  # 64 · 64 · 64 = 262,144 in each query and key: infinite in float16
    for call in (
        lambda: self_attention(x, large, large, small),
        lambda: cross_attention(x, x, large, large, small),
        lambda: attention_pool(x, seed, large, small),
    ):
        output, weights = call()
        assert output.dtype == weights.dtype == x.dtype
        assert_allclose(torch.as_tensor(weights).double(), 1 / 3, rtol=eps)
        assert_allclose(torch.as_tensor(output).double(), 64, rtol=eps)


def test_gradients_are_right():
    generator = torch.Generator().manual_seed(18)
    shapes = (L, D_X), (D_X, D_K), (D_X, D_K), (D_X, 2)
    leaves = [torch.randn(s, dtype=torch.float64, generator=generator, requires_grad=True) for s in shapes]
    assert torch.autograd.gradcheck(lambda *tensors: self_attention(*tensors)[0], leaves)


# error

WRONG = [
    ({"W_q": (D_V, D_K)}, r"^W_q has shape \(17, 3\), expected \(11, 3\): x's last axis × d_k$"),
    ({"W_k": (D_X, D_V)}, r"^W_k has shape \(11, 17\), expected \(11, 3\): the shape of W_q$"),
    ({"W_v": (D_V, D_X)}, r"^W_v has shape \(17, 11\), expected \(11, 11\): x's last axis × d_v$"),
    ({"W_v": (D_V,)}, r"^W_v has shape \(17,\), expected \(features in, features out\)$"),
    ({"x": (D_X,)}, r"^x has shape \(11,\), expected at least two axes \(positions, features\)"),
    ({"mask": (S, S)}, r"^mask has shape \(7, 7\), scores \(2, 5, 5\)"),
]


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(("wrong", "words"), WRONG)
def test_a_matrix_or_a_mask_that_does_not_fit_is_named(array, wrong, words):
    shapes = {"x": (B, L, D_X), "W_q": (D_X, D_K), "W_k": (D_X, D_K), "W_v": (D_X, D_V), "mask": (L, L), **wrong}
    arrays = {name: array(np.ones(shape), bool if name == "mask" else None) for name, shape in shapes.items()}
    with pytest.raises(ValueError, match=words):
        self_attention(**arrays)


@pytest.mark.usefixtures("plain_errors")
def test_a_matrix_of_the_other_sequence_is_told_whose_axis_it_should_have(array):
    x, y, ones = array(np.ones((L, D_X))), array(np.ones((S, D_Y))), lambda *shape: array(np.ones(shape))
    with pytest.raises(
        ValueError, match=r"^W_k has shape \(11, 3\), expected \(13, 3\): y's last axis × the columns of"
    ):
        cross_attention(x, y, ones(D_X, D_K), ones(D_X, D_K), ones(D_Y, D_V))
    with pytest.raises(
        ValueError, match=r"^W_k has shape \(13, 2\), expected \(13, 3\): x's last axis × the last axis"
    ):
        attention_pool(y, ones(R, D_K), ones(D_Y, 2), ones(D_Y, D_V))
    with pytest.raises(TypeError, match="seeds is an array of int64, expected floats"):
        attention_pool(y, array(np.ones((R, D_K)), int), ones(D_Y, D_K), ones(D_Y, D_V))


def test_the_function_and_its_module_share_a_name_and_both_can_be_imported():
    from attnlib.self_attention import self_attention as from_module

    assert attnlib.self_attention is from_module
