import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import (
    additive_scores,
    concat_scores,
    dot_product_scores,
    gaussian_window,
    general_scores,
    location_scores,
)

B, H, L, S, D_Q, D_K, D_A = 2, 3, 5, 7, 11, 13, 17
NUMBER = st.floats(-50, 50)
QUERY, KEY = arrays(float, (L, 3), elements=NUMBER), arrays(float, (S, 2), elements=NUMBER)


# by hand


def test_a_matrix_lets_a_query_ask_for_something_other_than_itself(array):
    query, key = array([[1, 2]]), array([[3, 5, 7], [1, 0, 0]])
    W = array([[0, 1, 0], [0, 0, 10]])
    assert_allclose(general_scores(query, key, W), [[5 + 20 * 7, 0]])
    assert_allclose(general_scores(array([[1, 0]]), array([[0, 1]]), array([[0, -5], [7, 0]])), [[-5]])


def test_a_joined_vector_has_the_query_first(array):
    query, key = array([[1]]), array([[2, 0], [0, -1]])
    W = array([[1, 0], [0, 1], [3, 0]])
    scores = concat_scores(query, key, W, array([10, 1]))
    assert_allclose(scores, [[10 * math.tanh(1) + math.tanh(2), 10 * math.tanh(-2)]])


def test_a_place_is_scored_from_the_query_alone(array):
    scores = location_scores(array([[1, 10], [0, 1]]), array([[1, 2, 3], [4, 5, -6]]))
    assert_allclose(scores, [[41, 52, -57], [4, 5, -6]])


def test_a_window_of_width_two_has_a_standard_deviation_of_one(array):
    one, two, half, more = (math.exp(-(x**2) / 2) for x in (1, 2, 0.5, 1.5))
    window = gaussian_window(array([2, 0, 4.5]), 6, width=2.0)
    expected = [[two, one, 1, one, two, 0], [1, one, two, 0, 0, 0], [0, 0, 0, more, half, half]]
    assert_allclose(window, expected)


# reference


def test_scores_and_gradients_are_those_of_torch_bilinear():
    generator = torch.Generator().manual_seed(2015)
    shapes = (B, L, D_Q), (B, S, D_K), (D_Q, D_K)
    ours = [torch.randn(s, dtype=torch.float64, generator=generator, requires_grad=True) for s in shapes]
    query, key, W = (x.detach().clone().requires_grad_() for x in ours)
    pairs = query[:, :, None].expand(-1, -1, S, -1), key[:, None].expand(-1, L, -1, -1)
    expected = torch.nn.functional.bilinear(*(x.contiguous() for x in pairs), W[None])[..., 0]
    scores = general_scores(*ours)
    assert_allclose(scores.detach(), expected.detach(), atol=1e-11)
    upstream = torch.randn(B, L, S, dtype=torch.float64, generator=generator)
    for x, y in zip(
        torch.autograd.grad(scores, ours, upstream), torch.autograd.grad(expected, [query, key, W], upstream)
    ):
        assert_allclose(x, y, atol=1e-11)


def test_in_numpy_too_each_score_is_a_double_sum(array, normal):
    query, key, W = normal(B, H, L, D_Q), normal(B, H, S, D_K), normal(D_Q, D_K)
    scores = general_scores(query, key, W)
    assert_allclose(scores, np.einsum("bhlq,qk,bhsk->bhls", *map(np.asarray, (query, W, key))), atol=1e-12)


def test_a_joined_vector_is_joined_pair_by_pair(array, normal):
    query, key, W, w_v = normal(B, H, L, D_Q), normal(B, H, S, D_K), normal(D_Q + D_K, D_A), normal(D_A)
    scores = concat_scores(query, key, W, w_v)
    assert scores.shape == (B, H, L, S)
    query, key, W, w_v = map(np.asarray, (query, key, W, w_v))
    for b, h, i, j in np.ndindex(B, H, L, S):
        joined = [*query[b, h, i], *key[b, h, j]]
        hidden = [math.tanh(sum(x * row[a] for x, row in zip(joined, W))) for a in range(D_A)]
        assert math.isclose(scores[b, h, i, j], math.fsum(hidden * w_v), rel_tol=1e-11, abs_tol=1e-12)


def test_places_are_a_linear_layer_of_torch(normal):
    query, W = torch.as_tensor(np.ones((B, H, L, D_Q))), torch.as_tensor(np.arange(1.0, D_Q * S + 1).reshape(D_Q, S))
    query[0, 1, 2, 3] = -7
    assert_allclose(location_scores(query, W), torch.nn.functional.linear(query, W.T))


@given(centers=arrays(float, (B, L), elements=st.floats(-9, 16)), width=st.floats(1e-3, 20))
def test_a_window_is_its_definition_tried_on_each_position(array, centers, width):
    window = gaussian_window(array(centers), S, width=width)
    assert window.shape == (B, L, S)
    for b, i, j in np.ndindex(B, L, S):
        distance = j - centers[b, i]
        expected = math.exp(-(distance**2) / (2 * (width / 2) ** 2)) if abs(distance) <= width else 0
        assert math.isclose(window[b, i, j], expected, rel_tol=1e-12)


# invariant


@given(query=QUERY, key=KEY, other=QUERY, order=st.permutations(range(S)), factor=st.floats(-10, 10))
def test_general_scores_are_linear_in_each_argument_and_keys_carry_them_along(array, query, key, other, order, factor):
    W = np.array([[1.0, 2], [3, -4], [5, 6]])

    def score(query, key, W):
        return np.asarray(general_scores(*map(array, (query, key, W))))

    scores = score(query, key, W)
    assert_allclose(score(query + factor * other, key, W), scores + factor * score(other, key, W), atol=1e-8)
    assert_allclose(score(query, key, factor * W), factor * scores, atol=1e-8)
    assert_allclose(score(query, key[order], W), scores[:, order], atol=1e-10)
    assert_allclose(score(key, query, W.T), scores.T, atol=1e-10)
    assert_allclose(score(query @ W, key, np.eye(2)), scores, atol=1e-10)
    assert_allclose(dot_product_scores(array(query @ W), array(key), scale=1.0), scores, atol=1e-10)


@given(query=QUERY, key=KEY, W=arrays(float, (5, 3), elements=NUMBER))
def test_concat_is_additive_with_its_matrix_cut_where_the_query_ends(array, query, key, W):
    w_v = array([1, -2, 3])
    expected = additive_scores(array(query), array(key), array(W[:3]), array(W[3:]), w_v)
    assert_allclose(concat_scores(array(query), array(key), array(W), w_v), expected, atol=1e-12)


@given(query=QUERY, length=st.integers(1, S))
def test_a_shorter_sentence_takes_the_first_columns(array, query, length):
    W = np.arange(3.0 * S).reshape(3, S) ** 0.5
    assert_allclose(location_scores(array(query), array(W[:, :length])), (query @ W)[:, :length], rtol=1e-12, atol=1e-9)


@given(center=st.integers(0, 12), shift=st.integers(-5, 5), width=st.floats(0.1, 7))
def test_a_window_moves_with_its_centre_and_is_symmetric_about_it(array, center, shift, width):
    window, moved = np.asarray(gaussian_window(array([center, center + shift]), 25, width=width))
    assert_allclose(moved[5:20], window[5 - shift : 20 - shift])
    both = min(center, 24 - center)
    around = window[center - both : center + both + 1]
    assert_array_equal(around, around[::-1])
    assert window[center] == window.max() == 1
    assert (window > 0).sum() == min(center, math.floor(width)) + 1 + min(24 - center, math.floor(width))


# edge


def test_a_window_is_not_normalised_and_may_lie_outside_the_sentence(array):
    window = gaussian_window(array([-2, -2.5, 3, 8.5, 9, -math.inf, math.nan]), S, width=2.0)
    assert_allclose(window.sum(-1), [math.exp(-2), 0, 1 + 2 * math.exp(-0.5) + 2 * math.exp(-2), 0, 0, 0, 0])
    assert_array_equal(np.asarray(window)[0] > 0, np.arange(S) == 0)


@pytest.mark.parametrize(("width", "seen"), [(1.0, 3), (0.999, 1), (2.5, 5), (1e9, S)])
def test_a_key_exactly_at_the_width_is_seen(array, width, seen):
    assert (gaussian_window(array([[[3]]]), S, width=width) > 0).sum() == seen


@pytest.mark.parametrize(("length", "keys", "size"), [(0, S, 2), (L, 0, 2), (L, S, 0), (1, 1, 1)])
def test_empty_axes_and_a_single_token_are_no_special_cases(array, length, keys, size):
    query, key, w_v = (array(np.ones(shape)) for shape in ((B, length, size), (B, keys, size), (3,)))
    expected = np.ones((B, length, keys))
    assert_allclose(general_scores(query, key, array(np.ones((size, size)))), expected * size**2)
    assert_allclose(concat_scores(query, key, array(np.ones((2 * size, 3))), w_v), expected * 3 * math.tanh(2 * size))
    assert_allclose(location_scores(query, array(np.ones((size, keys)))), expected * size)
    assert gaussian_window(array(np.ones((B, length))), keys, width=1.0).shape == (B, length, keys)


def test_leading_axes_broadcast_and_memory_may_lie_in_any_order(array, normal):
    query, key, W = normal(B, 1, L, D_Q), normal(H, S, D_K), normal(D_Q, D_K)
    joined, w_v = normal(D_Q + D_K, D_A), normal(D_A)
    general, concat = general_scores(query, key, W), concat_scores(query, key, joined, w_v)
    assert general.shape == concat.shape == (B, H, L, S)
    key, W, joined = (array(np.asarray(x).swapaxes(-1, -2).copy()).swapaxes(-1, -2) for x in (key, W, joined))
    query = array(np.repeat(np.asarray(query), 2, axis=-1))[..., ::2]
    for b, h in np.ndindex(B, H):
        assert_allclose(general_scores(query[b, 0], key[h], W), general[b, h], atol=1e-12)
        assert_allclose(concat_scores(query[b, 0], key[h], joined, w_v), concat[b, h], atol=1e-12)


def test_no_dtype_is_widened(narrow, normal):
    make, eps = narrow
    query, key, W, joined, places, w_v = (
        make(np.asarray(normal(*shape)) / 4)
        for shape in ((B, L, D_Q), (B, S, D_K), (D_Q, D_K), (D_Q + D_K, D_A), (D_Q, S), (D_A,))
    )
    for formula, *arguments in (
        (general_scores, query, key, W),
        (concat_scores, query, key, joined, w_v),
        (location_scores, query, places),
    ):
        scores = formula(*arguments)
        assert scores.dtype == query.dtype
        exact = formula(*(torch.as_tensor(x).double() for x in arguments))
        assert_allclose(torch.as_tensor(scores).double(), exact, atol=D_A * eps)


@pytest.mark.parametrize("width", [2.0, 2.5])
def test_a_window_keeps_the_dtype_of_its_centres(narrow, width):
    make, eps = narrow
    window = gaussian_window(make([[2.0, 3.5]]), S, width=width)
    assert window.dtype == make([1.0]).dtype
    exact = gaussian_window(np.array([[2.0, 3.5]]), S, width=width)
    assert_allclose(torch.as_tensor(window).double(), exact, atol=4 * eps)


def test_far_from_the_centre_nothing_overflows_and_no_width_widens_the_dtype(narrow):
    make, _ = narrow
    window = gaussian_window(make([0.0]), 300, width=1.0)
    assert float(window[0, 0]) == 1
    assert float(window[0, 2:].sum()) == 0
    assert gaussian_window(make([0.0]), 3, width=float(np.float32(2))).dtype == make([1.0]).dtype


@pytest.mark.usefixtures("plain_errors")
def test_a_width_that_is_a_numpy_number_does_not_widen_the_window():
    assert gaussian_window(np.zeros(1, np.float32), 3, width=np.float64(2)).dtype == np.float32


def test_huge_inputs_saturate_a_concat_and_no_location_or_window_is_broken(array):
    query, key = array([[1e300], [-1e300]]), array([[1e299], [0]])
    assert_array_equal(concat_scores(query, key, array([[1, 1], [1, 1]]), array([2, -5])), [[-3, -3], [3, 3]])
    assert_array_equal(general_scores(query, key, array([[1e-300]])), [[1e299, 0], [-1e299, 0]])
    assert_array_equal(gaussian_window(array([1e100]), S, width=3.0), np.zeros((1, S)))


def test_gradients_are_right_and_the_slope_of_the_gaussian_moves_a_centre():
    generator = torch.Generator().manual_seed(2015)
    shapes = (3, 2), (5, 3), (2, 3), (5, 2), (2,)
    query, key, W, joined, w_v = (
        torch.randn(s, dtype=torch.float64, generator=generator, requires_grad=True) for s in shapes
    )
    assert torch.autograd.gradcheck(general_scores, (query, key, W))
    assert torch.autograd.gradcheck(concat_scores, (query, key, joined, w_v))
    assert torch.autograd.gradcheck(location_scores, (query, W))
    centers = torch.tensor([2.3, -0.7], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: gaussian_window(p, S, width=2.0), centers)


# error


def ones(*shape):
    return np.ones(shape)


QUERIES, KEYS = ones(L, D_Q), ones(S, D_K)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: general_scores(QUERIES, KEYS, ones(D_K, D_Q)),
            ValueError,
            "W has shape (13, 11), expected (11, 13): query's last axis × key's last axis",
        ),
        (lambda: location_scores(ones(D_Q), ones(D_Q, S)), ValueError, "a single vector is query[None, :]"),
        (lambda: location_scores(QUERIES, ones()), ValueError, "W has shape (), expected (d_q, positions)"),
        (
            lambda: concat_scores(QUERIES, KEYS, ones(D_Q + D_K, D_A), ones(D_A, 1)),
            ValueError,
            "w_v has shape (17, 1), expected (d_a,)",
        ),
        (lambda: general_scores(QUERIES, KEYS, ones(B, D_Q, D_K)), ValueError, "W has shape (2, 11, 13), expected"),
        (lambda: general_scores(ones(D_Q), KEYS, ones(D_Q, D_K)), ValueError, "a single vector is query[None, :]"),
        (
            lambda: general_scores(ones(B, L, D_Q), ones(H, S, D_K), ones(D_Q, D_K)),
            ValueError,
            "query has shape (2, 5, 11), key (3, 7, 13): the axes before the last two must be equal or 1",
        ),
        (lambda: general_scores(QUERIES, KEYS, torch.ones(D_Q, D_K).double()), TypeError, "key is NumPy, W is torch"),
        (lambda: general_scores(QUERIES, KEYS, ones(D_Q, D_K).astype("f")), TypeError, "W is float32: convert them"),
        (
            lambda: concat_scores(QUERIES, KEYS, ones(D_A, D_Q + D_K), ones(D_A)),
            ValueError,
            "W has shape (17, 24), expected (24, 17): query's last axis + key's last axis, × the length of w_v",
        ),
        (lambda: concat_scores(QUERIES, KEYS, ones(D_Q, D_A), ones(D_A)), ValueError, "W has shape (11, 17), expected"),
        (lambda: concat_scores(QUERIES, ones(D_K), ones(24, D_A), ones(D_A)), ValueError, "key[None, :]"),
        (lambda: concat_scores(QUERIES, KEYS, ones(24, D_A), torch.ones(D_A)), TypeError, "W is NumPy, w_v is torch"),
        (
            lambda: location_scores(QUERIES, ones(S, D_Q)),
            ValueError,
            "W has shape (7, 11), expected (11, 11): query's last axis × positions",
        ),
        (lambda: location_scores(QUERIES, torch.ones(D_Q, S)), TypeError, "query is NumPy, W is torch: convert with"),
        (
            lambda: gaussian_window(np.array([2]), S, width=1),
            TypeError,
            "centers is an array of int64, expected floats",
        ),
        (lambda: gaussian_window([2.0], S, width=1), TypeError, "centers is a list, expected an array"),
        (lambda: gaussian_window(ones(2), 7.0, width=1), TypeError, "num_keys is 7.0, expected a whole number"),
        (lambda: gaussian_window(ones(2), -1, width=1), ValueError, "num_keys is -1, expected 0 or more"),
        *(
            (
                lambda width=width: gaussian_window(ones(2), S, width=width),
                ValueError,
                f"width is {width}, expected a positive, finite number of positions",
            )
            for width in (0, -2, math.inf, math.nan)
        ),
    ],
)
def test_a_wrong_argument_is_told_in_words(call, error, words):
    with pytest.raises(error) as told:
        call()
    assert words in str(told.value)
