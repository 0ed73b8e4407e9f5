import math
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from attnlib import additive, additive_scores

B, H, L, S, D_Q, D_K, D_A = 2, 3, 5, 7, 11, 13, 17
NUMBER = st.floats(-50, 50)
QUERY, KEY = arrays(float, (L, 3), elements=NUMBER), arrays(float, (S, 2), elements=NUMBER)


def drawn(normal, *lead, length=L, keys=S):
    return [normal(*lead, length, D_Q), normal(*lead, keys, D_K), normal(D_Q, D_A), normal(D_K, D_A), normal(D_A)]


# by hand


def test_two_hidden_units_are_bent_one_by_one_and_then_weighed(array):
    query, key = array([[1], [0]]), array([[1, 0], [0, 2]])
    W_q, W_k, w_v = array([[1, 0]]), array([[0, 1], [1, 0]]), array([10, -1])
    one, two, three = math.tanh(1), math.tanh(2), math.tanh(3)
    scores = additive_scores(query, key, W_q, W_k, w_v)
    assert_allclose(scores, [[10 * one - one, 10 * three], [-one, 10 * two]])


def test_a_query_that_is_the_negative_of_its_key_scores_zero(array):
    ones = array([[1]])
    assert_allclose(additive_scores(array([[-3]]), array([[3], [4]]), ones, ones, array([2])), [[0, 2 * math.tanh(1)]])


def test_each_matrix_belongs_to_its_own_side(array):
    query, key = array([[1, 0]]), array([[0, 1]])
    W_q, W_k = array([[1], [7]]), array([[5], [-1]])
    assert_allclose(additive_scores(query, key, W_q, W_k, array([2])), [[0]])  # 1 from the query, −1 from the key
    assert_allclose(additive_scores(query, key, W_k, W_q, array([2])), [[2 * math.tanh(12)]])


# reference


def test_each_score_is_a_loop_over_hidden_units(array, normal):
    query, key, W_q, W_k, w_v = drawn(normal, B, H)
    scores = additive_scores(query, key, W_q, W_k, w_v)
    assert scores.shape == (B, H, L, S)
    query, key, W_q, W_k, w_v = (np.asarray(x).tolist() for x in (query, key, W_q, W_k, w_v))
    for b, h, i, j in np.ndindex(B, H, L, S):
        total = 0.0
        for a in range(D_A):
            inside = sum(query[b][h][i][n] * W_q[n][a] for n in range(D_Q))
            inside += sum(key[b][h][j][n] * W_k[n][a] for n in range(D_K))
            total += w_v[a] * math.tanh(inside)
        assert math.isclose(scores[b, h, i, j], total, rel_tol=1e-12, abs_tol=1e-12)


@pytest.mark.parametrize("numbers_at_once", [1, 2**20])
def test_scores_and_gradients_are_those_of_a_network_of_torch(monkeypatch, numbers_at_once):
    monkeypatch.setattr(additive, "NUMBERS_AT_ONCE", numbers_at_once)
    generator = torch.Generator().manual_seed(2015)
    shapes = (B, L, D_Q), (B, S, D_K), (D_Q, D_A), (D_K, D_A), (D_A,)
    ours = [torch.randn(s, dtype=torch.float64, generator=generator, requires_grad=True) for s in shapes]
    query, key, W_q, W_k, w_v = (x.detach().clone() for x in ours)
    net = nn.Sequential(nn.Linear(D_Q + D_K, D_A, bias=False), nn.Tanh(), nn.Linear(D_A, 1, bias=False)).double()
    net[0].weight.data, net[2].weight.data = torch.cat([W_q, W_k]).T.contiguous(), w_v[None]
    query.requires_grad_()
    key.requires_grad_()
    pairs = torch.cat([query[:, :, None].expand(-1, -1, S, -1), key[:, None].expand(-1, L, -1, -1)], dim=-1)
    scores, expected = additive_scores(*ours), net(pairs)[..., 0]
    assert_allclose(scores.detach(), expected.detach(), atol=1e-12)
    upstream = torch.randn(B, L, S, dtype=torch.float64, generator=generator)
    ours = torch.autograd.grad(scores, ours, upstream)
    to_query, to_key, to_W, to_w = torch.autograd.grad(expected, [query, key, net[0].weight, net[2].weight], upstream)
    for x, y in zip(ours, (to_query, to_key, to_W.T[:D_Q], to_W.T[D_Q:], to_w[0])):
        assert_allclose(x, y, atol=1e-11)


# invariant


@given(query=QUERY, key=KEY, W_k=arrays(float, (2, 3), elements=NUMBER), order=st.permutations(range(S)), i=NUMBER)
def test_keys_carry_their_scores_along_and_only_the_sum_of_both_parts_counts(array, query, key, W_k, order, i):
    W_q, w_v = np.eye(3), np.array([1.0, -2.0, 3.0])

    def score(query, key):
        return np.asarray(additive_scores(*map(array, (query, key, W_q, W_k, w_v))))

    scores = score(query, key)
    assert_allclose(score(query, key[order]), scores[:, order], atol=1e-12)
    assert_allclose(score(query[::-1], key), scores[::-1], atol=1e-12)
    assert (np.abs(scores) <= np.abs(w_v).sum() + 1e-12).all(), "no score passes the sum of |w_v|"
    shift = np.array([i, -1.0])
    assert_allclose(score(query + shift @ W_k, key - shift), scores, atol=1e-9)
    assert_allclose(score(-query, -key), -scores, atol=1e-12)


@given(query=QUERY, key=KEY, order=st.permutations(range(3)), flips=st.lists(st.sampled_from([-1, 1]), min_size=3))
def test_hidden_units_may_be_reordered_and_their_signs_flipped_twice(array, query, key, order, flips):
    W_q, W_k = np.array([[1.0, 2, 3], [4, 5, -6], [0, 1, 0]]) / 9, np.array([[1.0, -1, 0], [2, 0, 1]]) / 9
    w_v, flips = np.array([1.0, -2.0, 3.0]), np.array(flips[:3])
    same = array(query), array(key)
    scores = additive_scores(*same, array(W_q), array(W_k), array(w_v))
    parameters = (x[..., order] * flips for x in (W_q, W_k, w_v))
    assert_allclose(additive_scores(*same, *map(array, parameters)), scores, atol=1e-12)


@given(numbers_at_once=st.integers(1, 3000), length=st.integers(0, 13), keys=st.integers(0, 5))
def test_how_many_queries_are_taken_at_a_time_changes_nothing(array, numbers_at_once, length, keys):
    rng = np.random.default_rng(2015)
    arguments = [array(x) for x in drawn(lambda *s: rng.standard_normal(s), B, length=length, keys=keys)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(additive, "NUMBERS_AT_ONCE", 2**40)
        whole = additive_scores(*arguments)
        patch.setattr(additive, "NUMBERS_AT_ONCE", numbers_at_once)
        chunked = additive_scores(*arguments)
    assert chunked.shape == (B, length, keys)
    assert_allclose(chunked, whole, atol=1e-12)


# edge


def test_no_more_hidden_numbers_are_held_than_stated(monkeypatch):
    rng = np.random.default_rng(2015)
    arguments = drawn(lambda *shape: rng.standard_normal(shape), length=509, keys=53)
    peaks = []
    for numbers in (2**14, 2**30):
        monkeypatch.setattr(additive, "NUMBERS_AT_ONCE", numbers)
        tracemalloc.start()
        additive_scores(*arguments)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    hidden, scores = 8 * 509 * 53 * D_A, 8 * 509 * 53
    assert peaks[0] < 3 * scores + 4 * 8 * 2**14 < hidden < peaks[1]


@pytest.mark.parametrize("numbers_at_once", [1, 2**20])
@pytest.mark.parametrize(
    ("length", "keys", "size", "hidden"), [(0, S, 2, 3), (L, 0, 2, 3), (L, S, 0, 3), (L, S, 2, 0), (1, 1, 1, 1)]
)
def test_empty_axes_and_a_single_token_are_no_special_cases(
    array, monkeypatch, numbers_at_once, length, keys, size, hidden
):
    monkeypatch.setattr(additive, "NUMBERS_AT_ONCE", numbers_at_once)
    shapes = (B, length, size), (B, keys, size), (size, hidden), (size, hidden), (hidden,)
    scores = additive_scores(*(array(np.ones(shape)) for shape in shapes))
    assert_allclose(scores, np.full((B, length, keys), hidden * math.tanh(2 * size)))
    none = additive_scores(*(array(np.ones(shape)) for shape in ((0, L, size), (0, S, size), *shapes[2:])))
    assert none.shape == (0, L, S)


@pytest.mark.parametrize("numbers_at_once", [1, 2**20])
def test_leading_axes_broadcast_and_memory_may_lie_in_any_order(array, normal, monkeypatch, numbers_at_once):
    monkeypatch.setattr(additive, "NUMBERS_AT_ONCE", numbers_at_once)
    query, key, W_q, W_k, w_v = normal(B, 1, L, D_Q), normal(H, S, D_K), normal(D_Q, D_A), normal(D_K, D_A), normal(D_A)
    scores = additive_scores(query, key, W_q, W_k, w_v)
    assert scores.shape == (B, H, L, S)
    query = array(np.repeat(np.asarray(query), 2, axis=-1))[..., ::2]
    key, W_q, W_k = (array(np.asarray(x).swapaxes(-1, -2).copy()).swapaxes(-1, -2) for x in (key, W_q, W_k))
    for b, h in np.ndindex(B, H):
        assert_allclose(additive_scores(query[b, 0], key[h], W_q, W_k, w_v), scores[b, h], atol=1e-12)


def test_huge_inputs_give_the_signs_of_w_v_and_no_warning(array):
    huge, ones = array([[1e300], [-1e300]]), array([[1, 1]])
    scores = additive_scores(huge, array([[1e299], [0]]), ones, ones, array([2, -5]))
    assert_array_equal(scores, [[-3, -3], [3, 3]])


def test_no_dtype_is_widened(narrow, normal):
    make, eps = narrow
    arguments = [make(np.asarray(x) / 4) for x in drawn(normal, B)]
    scores = additive_scores(*arguments)
    assert scores.dtype == arguments[0].dtype
    exact = additive_scores(*(torch.as_tensor(x).double() for x in arguments))
    assert_allclose(torch.as_tensor(scores).double(), exact, atol=D_A * eps)


@pytest.mark.parametrize("numbers_at_once", [1, 2**20])
def test_gradients_are_right(monkeypatch, numbers_at_once):
    monkeypatch.setattr(additive, "NUMBERS_AT_ONCE", numbers_at_once)
    generator = torch.Generator().manual_seed(2015)
    shapes = (3, 2), (2, 5), (2, 3), (5, 3), (3,)
    arguments = [torch.randn(s, dtype=torch.float64, generator=generator, requires_grad=True) for s in shapes]
    assert torch.autograd.gradcheck(additive_scores, arguments)


# error


def ones(*shape):
    return np.ones(shape)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (
            {"W_q": ones(D_K, D_A), "W_k": ones(D_Q, D_A)},
            ValueError,
            "W_q has shape (13, 17), expected (11, 17): query's last axis × the length of w_v",
        ),
        ({"W_q": ones(D_A, D_Q)}, ValueError, "W_q has shape (17, 11), expected (11, 17)"),
        (
            {"W_k": ones(D_A, D_K)},
            ValueError,
            "W_k has shape (17, 13), expected (13, 17): key's last axis × the length of w_v",
        ),
        ({"W_k": ones(B, D_K, D_A)}, ValueError, "W_k has shape (2, 13, 17), expected (13, 17)"),
        ({"w_v": ones(D_A, 1)}, ValueError, "w_v has shape (17, 1), expected (d_a,)"),
        ({"w_v": np.array(1.0)}, ValueError, "w_v has shape (), expected (d_a,)"),
        ({"w_v": ones(D_A + 2)}, ValueError, "W_q has shape (11, 17), expected (11, 19)"),
        ({"query": ones(D_Q)}, ValueError, "query has shape (11,), expected at least two axes (positions, features)"),
        ({"key": ones(D_K)}, ValueError, "a single vector is key[None, :]"),
        (
            {"query": ones(B, L, D_Q), "key": ones(H, S, D_K)},
            ValueError,
            "query has shape (2, 5, 11), key (3, 7, 13): the axes before the last two must be equal or 1",
        ),
        ({"w_v": torch.ones(D_A).double()}, TypeError, "w_v is torch: convert with torch.from_numpy(x) or x.numpy()"),
        ({"W_k": [[1.0]]}, TypeError, "W_k is a list, expected an array: np.asarray(W_k) makes one"),
        ({"key": ones(S, D_K).astype(int)}, TypeError, "key is an array of int64, expected floats"),
        ({"W_q": ones(D_Q, D_A).astype("float32")}, TypeError, "W_q is float32, W_k is float64"),
    ],
)
def test_a_wrong_argument_is_told_in_words(change, error, words):
    right = {"query": ones(L, D_Q), "key": ones(S, D_K), "W_q": ones(D_Q, D_A), "W_k": ones(D_K, D_A), "w_v": ones(D_A)}
    with pytest.raises(error) as told:
        additive_scores(**{**right, **change})
    assert words in str(told.value)
