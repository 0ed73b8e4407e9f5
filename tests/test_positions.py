import math

import numpy as np
import onnx
import onnx.reference
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import (
    causal_mask,
    dot_product_scores,
    rotate,
    scaled_dot_product_attention,
    sinusoidal_positions,
)

B, H, L, S, D, D_V = 2, 3, 5, 7, 22, 13
PAIRINGS = ("interleaved", "half")
TO_HALF = [*range(0, D, 2), *range(1, D, 2)]  # where the numbers of the interleaved pairs stand in the other pairing
VECTORS = arrays(float, (L, 6), elements=st.floats(-10, 10))


# by hand


def test_a_quarter_turn_moves_the_first_axis_to_the_second(array):
    x = array([[3, 0, 5, 0], [3, 0, 5, 0], [3, 0, 5, 0]])
    quarter = array(np.array([0, 1, 2]) * math.pi / 2)
    assert_allclose(rotate(x, quarter, base=1.0)[:, :2], [[3, 0], [0, 3], [-3, 0]], atol=1e-15)
    assert_allclose(rotate(x, quarter, base=1.0)[1], [0, 3, 0, 5], atol=1e-15)
    assert_allclose(rotate(x, quarter, base=1.0, pairing="half")[1], [-5, 0, 3, 0], atol=1e-15)


def test_the_slower_pair_turns_a_hundred_times_less(array):
    x = array([[1, 0, 1, 0]])
    expected = [math.cos(2), math.sin(2), math.cos(0.02), math.sin(0.02)]
    assert_allclose(rotate(x, array([2])), [expected])
    assert_allclose(sinusoidal_positions(3, 4, like=x)[2], [expected[i] for i in (1, 0, 3, 2)])


# reference


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("base", [10_000.0, 500_000.0])
def test_both_pairings_are_those_of_the_onnx_operator(array, normal, pairing, base):
    x, positions = normal(B, H, L, D), np.array([[0, 1, 2, 3, 4], [907, 3, 3, 0, 12]])
    angles = np.arange(1000)[:, None] * base ** (-np.arange(0, D, 2) / D)
    node = onnx.helper.make_node(
        "RotaryEmbedding", ["x", "cos", "sin", "positions"], ["y"], interleaved=int(pairing == "interleaved")
    )
    operator = onnx.reference.ReferenceEvaluator(node, opsets={"": 23})
    expected = operator.run(
        None, {"x": np.asarray(x), "cos": np.cos(angles), "sin": np.sin(angles), "positions": positions}
    )
    found = rotate(x, array(positions[:, None], dtype=int), base=base, pairing=pairing)
    assert_allclose(found, expected[0], atol=1e-12)


def test_an_interleaved_pair_is_a_complex_number_that_is_turned(array, normal):
    x, positions = normal(B, L, D), np.array([0, 3, 1, 900, 7])
    turns = np.exp(1j * positions[:, None] * 10_000.0 ** (-np.arange(0, D, 2) / D))
    turned = (np.asarray(x)[..., 0::2] + 1j * np.asarray(x)[..., 1::2]) * turns
    assert_allclose(rotate(x, array(positions, dtype=int)), turned.view(float), atol=1e-12)


def test_each_sine_is_the_formula_of_the_paper(array):
    positions = sinusoidal_positions(L, D, like=array([0]))
    for pos, i in np.ndindex(L, D // 2):
        angle = pos / 10_000 ** (2 * i / D)
        assert_allclose(positions[pos, 2 * i : 2 * i + 2], [math.sin(angle), math.cos(angle)], rtol=1e-12)


# invariant


@given(x=VECTORS, shift=st.integers(-1000, 1000), pairing=st.sampled_from(PAIRINGS))
def test_rotation_keeps_lengths_and_is_undone_by_the_opposite_position(array, x, shift, pairing):
    positions = array(np.full(L, shift), dtype=int)
    turned = rotate(array(x), positions, pairing=pairing)
    assert_allclose(np.linalg.norm(np.asarray(turned), axis=-1), np.linalg.norm(x, axis=-1), atol=1e-9)
    assert_allclose(rotate(turned, -positions, pairing=pairing), x, atol=1e-9)


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_a_rotation_is_an_orthogonal_matrix(array, pairing):
    matrix = np.asarray(rotate(array(np.eye(D)), array(np.full(D, 17)), pairing=pairing))
    assert_allclose(matrix @ matrix.T, np.eye(D), atol=1e-14)
    assert_allclose(np.linalg.det(matrix), 1)


@given(query=VECTORS, key=VECTORS, shift=st.integers(0, 500), pairing=st.sampled_from(PAIRINGS))
def test_scores_depend_on_the_distance_only(array, query, key, shift, pairing):
    places = np.arange(L)
    here, there = (array(places + start, dtype=int) for start in (0, shift))
    scores = [
        dot_product_scores(rotate(array(query), p, pairing=pairing), rotate(array(key), p, pairing=pairing))
        for p in (here, there)
    ]
    assert_allclose(*scores, atol=1e-8)
    one_query, one_key = (np.repeat(x[:1], L, axis=0) for x in (query, key))
    scores = dot_product_scores(
        rotate(array(one_query), here, pairing=pairing), rotate(array(one_key), here, pairing=pairing)
    )
    scores = np.asarray(scores)
    assert_allclose(scores[1:, 1:], scores[:-1, :-1], atol=1e-8)


def test_the_pairings_are_one_rotation_in_another_order_and_mixed_they_are_none(array, normal):
    query, key, positions = normal(L, D), normal(L, D), array(np.arange(L), dtype=int)
    halves = rotate(query[:, TO_HALF], positions, pairing="half")
    assert_allclose(halves, rotate(query, positions)[:, TO_HALF])
    right = dot_product_scores(rotate(query, positions), rotate(key, positions))
    mixed = dot_product_scores(rotate(query, positions), rotate(key, positions, pairing="half"))
    other = dot_product_scores(*(rotate(x, positions, pairing="half") for x in (query, key)))
    assert np.abs(np.asarray(right - mixed)).max() > 0.5
    assert np.abs(np.asarray(right - other)).max() > 0.5


@given(position=st.integers(0, 500), shift=st.integers(0, 500))
def test_a_later_sinusoid_is_an_earlier_one_rotated(array, position, shift):
    table = np.asarray(sinusoidal_positions(1001, 8, like=array([0])))
    turns = np.asarray(rotate(array(np.eye(8)), array(np.full(8, -shift))))  # sine first: the other way round
    assert_allclose(table[position] @ turns, table[position + shift], atol=1e-10)
    assert_allclose(table[position] @ table[position + shift], table[0] @ table[shift], atol=1e-10)
    assert_allclose(table[position] @ table[position], 4)


# edge


@pytest.mark.parametrize(("length", "width"), [(0, D), (L, 0), (1, 2)])
def test_empty_axes_and_a_single_pair_are_no_special_cases(array, length, width):
    x = array(np.ones((B, length, width)))
    for pairing in PAIRINGS:
        assert rotate(x, array(np.arange(length), dtype=int), pairing=pairing).shape == x.shape
    assert sinusoidal_positions(length, width, like=x).shape == (length, width)


def test_positions_of_each_sequence_and_of_all_are_the_same_thing(array, normal):
    x, positions = normal(B, H, L, D), np.array([[0, 1, 2, 3, 4], [0, 0, 0, 1, 2]])
    each = rotate(x, array(positions[:, None], dtype=int))
    for b in range(B):
        assert_array_equal(each[b], rotate(x[b], array(positions[b], dtype=int)))
    assert_allclose(rotate(x, array(positions[:, None])), each)  # whole numbers as floats


def test_one_token_may_carry_any_position(array, normal):
    x = normal(B, H, 1, D)
    assert_array_equal(rotate(x, array([9], dtype=int)), rotate(array(np.asarray(x)), array([9])))


@pytest.mark.parametrize("length", [300, 3000])
def test_half_precision_is_right_far_beyond_what_it_can_count(narrow, length):
    make, eps = narrow
    x = make(np.ones((length, 4)))
    exact = np.asarray(rotate(np.ones((length, 4)), np.arange(length)))
    positions = np.arange(length) if isinstance(x, np.ndarray) else torch.arange(length)
    turned = rotate(x, positions)
    assert turned.dtype == x.dtype
    single = 2e-7 * length  # the rounding of an angle in float32
    assert_allclose(torch.as_tensor(turned).double(), exact, atol=2 * eps + single)
    sines = sinusoidal_positions(length, 4, like=x)
    assert sines.dtype == x.dtype
    assert_allclose(torch.as_tensor(sines).double(), sinusoidal_positions(length, 4), atol=eps + single)


def test_angles_that_are_computed_in_half_precision_are_wrong():
    places = torch.arange(3000)
    assert len(places.bfloat16().unique()) < 1200 < 2500 < len(places.half().unique()) < 3000
    wrong = torch.sin(places.bfloat16()).double() - torch.sin(places.double())
    assert wrong.abs().max() > 1


def test_gradients_reach_vectors_and_positions():
    generator = torch.Generator().manual_seed(2018)
    x = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    places = torch.tensor([0.5, 1.5, 7.0], dtype=torch.float64, requires_grad=True)
    for pairing in PAIRINGS:
        assert torch.autograd.gradcheck(lambda a, b: rotate(a, b, pairing=pairing), (x, places))  # noqa: B023


def test_rotated_queries_and_keys_plug_into_attention(array, normal):
    query, value, positions = normal(B, H, L, D), normal(B, H, L, D_V), array(np.arange(L), dtype=int)
    turned = rotate(query, positions)
    output, weights = scaled_dot_product_attention(turned, turned, value, array(causal_mask(L)))
    assert output.shape == (B, H, L, D_V)
    assert_allclose(np.asarray(weights).sum(-1), np.ones((B, H, L)))


# error


def floats(*shape):
    return np.ones(shape)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: rotate(floats(5, 7), np.arange(5)), ValueError, "x's last axis is 7, expected an even number"),
        (lambda: sinusoidal_positions(5, 7), ValueError, "d_model is 7, expected an even number: each pair"),
        (lambda: sinusoidal_positions(-1, 8), ValueError, "length is -1, expected 0 or more"),
        (lambda: sinusoidal_positions(2.0, 8), TypeError, "length is 2.0, expected a whole number"),
        (lambda: sinusoidal_positions(2, 8, like=np.arange(3)), TypeError, "like is an array of int64, expected fl"),
        (
            lambda: rotate(floats(5, 8), np.arange(5), pairing="interleave"),
            ValueError,
            "pairing is 'interleave', did you mean 'interleaved'?",
        ),
        (lambda: rotate(floats(5, 8), np.arange(5), pairing="halves"), ValueError, "pairing is 'halves', did you mean"),
        (
            lambda: rotate(floats(5, 8), np.arange(5), pairing="neox"),
            ValueError,
            "pairing is 'neox', expected one of interleaved, half",
        ),
        (lambda: rotate(floats(5, 8), np.arange(5), base=0), ValueError, "base is 0, expected a positive, finite num"),
        (
            lambda: rotate(floats(5, 8), np.arange(3)),
            ValueError,
            "positions has shape (3,), x (5, 8): expected (5,), one for each position",
        ),
        (
            lambda: rotate(floats(2, 5, 8), np.arange(2)),
            ValueError,
            "positions has shape (2,), x (2, 5, 8): expected (5,), one for each position, or (2, 5)",
        ),
        (
            lambda: rotate(floats(2, 3, 5, 8), np.zeros((2, 5), int)),
            ValueError,
            "positions has shape (2, 5), x (2, 3, 5, 8): expected (5,), one for each position; positions[:, None] adds",
        ),
        (
            lambda: rotate(floats(3, 3, 5, 8), np.zeros((3, 5), int)),  # it would broadcast, along the wrong axis
            ValueError,
            "positions has shape (3, 5), x (3, 3, 5, 8): expected (5,), one for each position; positions[:, None] adds",
        ),
        (lambda: rotate(floats(5, 8), np.array(3)), ValueError, "positions has shape (), x (5, 8): expected (5,)"),
        (lambda: rotate(floats(8), np.arange(1)), ValueError, "x has shape (8,), expected at least two axes"),
        (lambda: rotate(floats(5, 8), [0, 1, 2, 3, 4]), TypeError, "positions is a list, expected an array: np.asarr"),
        (lambda: rotate(floats(5, 8), torch.arange(5)), TypeError, "x is NumPy, positions is torch: convert"),
        (lambda: rotate(floats(5, 8), np.ones(5, bool)), TypeError, "positions is an array of bool, expected whole n"),
        (
            lambda: rotate(floats(5, 8), np.ones(5, "float16")),
            TypeError,
            "positions is float16, which cannot count beyond 2048: expected whole numbers or float32",
        ),
        (
            lambda: rotate(torch.ones(5, 8), torch.ones(5).bfloat16()),
            TypeError,
            "positions is bfloat16, which cannot count beyond 256: expected whole numbers or float32",
        ),
        (lambda: rotate(np.ones((5, 8), int), np.arange(5)), TypeError, "x is an array of int64, expected floats"),
    ],
)
def test_what_does_not_fit_is_named(call, error, said):
    with pytest.raises(error) as told:
        call()
    assert str(told.value).startswith(said)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("library", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_the_mend_of_positions_without_a_heads_axis_runs_on_the_very_arrays(library):
    x, positions = library(np.ones((2, 3, 5, 8))), library(np.zeros((2, 5), int))
    with pytest.raises(ValueError, match=r"positions\[:, None\] adds a heads axis$"):
        rotate(x, positions)
    assert rotate(x, positions[:, None]).shape == x.shape
