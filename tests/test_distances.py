import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import (
    alibi_bias,
    alibi_slopes,
    attend,
    causal_mask,
    distance_bias,
    dot_product_scores,
    relative_output,
    relative_scores,
)

B, H, L, S, D, D_V = 2, 3, 5, 7, 11, 13


# by hand


def test_eight_heads_have_the_slopes_of_the_paper_and_twelve_those_of_its_code(array):
    assert_allclose(alibi_slopes(8, like=array([0])), [1 / 2**h for h in range(1, 9)])
    between = [2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5]
    assert_allclose(alibi_slopes(12, like=array([0])), [1 / 2**h for h in range(1, 9)] + between)
    assert_allclose(alibi_slopes(1), [2**-8])


def test_the_last_query_stands_at_the_last_key(array):
    like = array([0])
    assert_allclose(alibi_bias(8, 2, 4, like=like)[0], [[-1, -0.5, 0, -0.5], [-1.5, -1, -0.5, 0]])
    query, table = array([[1], [10]]), array([[7], [0], [3]])
    assert_allclose(relative_scores(query, table, 4), [[7, 7, 0, 3], [70, 70, 70, 0]])


def test_what_is_read_of_the_distances_is_their_share(array):
    weights, table = array([[0.5, 0.25, 0.25], [0, 1, 0], [0.75, 0.25, 0]]), array([[1, 100], [0, 0], [3, 300]])
    assert_allclose(relative_output(weights, table), [[1.5, 150], [0, 0], [1, 100]])


# reference


def test_the_two_sums_of_shaw_are_those_of_a_loop_over_all_pairs(array, normal):
    query, key, value = normal(B, H, L, D), normal(B, H, S, D), normal(B, H, S, D_V)
    for_keys, for_values = normal(5, D), normal(5, D_V)
    scores = dot_product_scores(query, key) + relative_scores(query, for_keys, S)
    output, weights = attend(scores, value)
    output = output + relative_output(weights, for_values)
    row = np.clip(np.arange(S) - np.arange(L)[:, None] - (S - L), -2, 2) + 2
    for b, h, i in np.ndindex(B, H, L):
        keys = np.asarray(key)[b, h] + np.asarray(for_keys)[row[i]]
        assert_allclose(scores[b, h, i], keys @ np.asarray(query)[b, h, i] / D**0.5, atol=1e-12)
        values = np.asarray(value)[b, h] + np.asarray(for_values)[row[i]]
        assert_allclose(output[b, h, i], np.asarray(weights)[b, h, i] @ values, atol=1e-12)


def test_a_query_that_is_always_one_makes_of_shaws_table_a_bias_for_each_distance(array, normal):
    table = normal(5, 1)
    found = relative_scores(array(np.ones((S, 1))), table)
    assert_allclose(found, distance_bias(table[:, 0], S).T)


# invariant


@given(heads=st.integers(1, 40), length=st.integers(0, 7), keys=st.integers(0, 7))
def test_a_bias_is_never_above_zero_and_falls_alike_on_both_sides(array, heads, length, keys):
    bias, slopes = np.asarray(alibi_bias(heads, length, keys, like=array([0]))), np.asarray(alibi_slopes(heads))
    assert bias.shape == (heads, length, keys)
    assert ((slopes > 0) & (slopes < 1)).all()
    assert len(set(slopes.tolist())) == heads
    for i, j in np.ndindex(length, keys):
        assert_allclose(bias[:, i, j], -slopes * abs(i + keys - length - j))


def test_among_equal_contents_the_weights_of_alibi_fall_with_the_distance(array):
    like, mask = array([0]), causal_mask(S)
    _, weights = attend(alibi_bias(H, S, like=like), array(np.ones((S, 1))), array(mask))
    rows = np.asarray(weights)[:, -1]
    assert (np.diff(rows, axis=-1) > 0).all()


@pytest.mark.parametrize("start", [0, 3])
def test_one_token_at_a_time_is_scored_as_all_at_once(array, normal, start):
    query, table = normal(H, S, D), normal(5, D)
    rest = query[:, start:]
    assert_allclose(relative_scores(rest, table, S), relative_scores(query, table)[:, start:])
    like = array([0])
    assert_array_equal(alibi_bias(H, S - start, S, like=like), alibi_bias(H, S, like=like)[:, start:])


# edge


@pytest.mark.parametrize(("length", "width"), [(0, D), (L, 0), (1, 2)])
def test_empty_axes_are_no_special_cases(array, length, width):
    x = array(np.ones((B, length, width)))
    assert relative_scores(x, array(np.ones((1, width))), S).shape == (B, length, S)
    assert relative_output(array(np.ones((0, length, S))), array(np.ones((3, D)))).shape == (0, length, D)


@pytest.mark.parametrize("length", [300, 3000])
def test_a_bias_in_half_precision_is_right_far_beyond_what_it_can_count(narrow, length):
    make, eps = narrow
    bias = alibi_bias(8, 1, length, like=make(np.ones(1)))
    assert bias.dtype == make(np.ones(1)).dtype
    assert_allclose(torch.as_tensor(bias).double(), alibi_bias(8, 1, length), rtol=eps)


def test_gradients_reach_queries_weights_and_tables():
    generator = torch.Generator().manual_seed(2018)
    x, table, weights = (
        torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)
        for shape in ((2, 3, 4), (5, 4), (2, 3, 4))
    )
    assert torch.autograd.gradcheck(relative_scores, (x, table))
    assert torch.autograd.gradcheck(relative_output, (weights, table))


# error


def floats(*shape):
    return np.ones(shape)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: alibi_slopes(0), ValueError, "num_heads is 0, expected 1 or more"),
        (lambda: alibi_bias(2, 3, -1), ValueError, "num_keys is -1, expected 0 or more"),
        (lambda: alibi_bias(2.5, 3), TypeError, "num_heads is 2.5, expected a whole number"),
        (
            lambda: relative_scores(floats(5, 8), floats(4, 8)),
            ValueError,
            "table has 4 rows, expected an odd number: one for each distance from −k to k",
        ),
        (
            lambda: relative_scores(floats(5, 8), floats(3, 7)),
            ValueError,
            "table has shape (3, 7), expected (3, 8): rows as query's last axis",
        ),
        (lambda: relative_output(floats(5, 8), floats(3)), ValueError, "table has shape (3,), expected (2 k + 1, fea"),
        (
            lambda: relative_output(floats(5, 8), floats(3, 2).astype("float32")),
            TypeError,
            "weights is float64, table is float32: convert them to one dtype",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, error, said):
    with pytest.raises(error) as told:
        call()
    assert str(told.value).startswith(said)
