"""Half precision cannot count: what is added up in it stops growing, at 2048 in float16 and at 256 in bfloat16.

Every sum of the library is made in float32 and given back in the dtype of the arguments. The sizes here are those at
which a sum in half precision is wrong in the first digit.
"""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

import attnlib
from attnlib import attend, causal_mask, log_sum_exp, scaled_dot_product_attention, softmax

MANY = 4096


@pytest.fixture(params=["numpy float16", "torch float16", "torch bfloat16"])
def half(request):
    """Return a function that turns numbers into a half-precision array, and the spacing of that dtype at 1."""
    library, dtype = request.param.split()
    dtype = getattr(torch, dtype)

    def make(numbers):
        tensor = torch.tensor(np.asarray(numbers, dtype=float)).to(dtype)
        return tensor.numpy() if library == "numpy" else tensor

    return make, torch.finfo(dtype).eps


def wide(array):
    return torch.as_tensor(array).double().numpy()


@pytest.mark.parametrize("axis", [0, -1])
def test_many_equal_scores_share_one(half, axis):
    make, eps = half
    weights = softmax(make(np.zeros((MANY, MANY // 2048))), axis=axis)
    assert_allclose(wide(weights).sum(axis), 1, rtol=eps)


def test_the_logarithm_of_many_exponentials_is_right(half):
    make, eps = half
    for axis, shape in ((0, (MANY, 2)), (-1, (2, MANY))):
        assert_allclose(wide(log_sum_exp(make(np.zeros(shape)), axis=axis)), math.log(MANY), rtol=eps)


def test_seventy_thousand_equal_keys_are_read_in_full(half):
    make, eps = half
    scores, value = make(np.zeros((1, 70_000))), make(np.ones((70_000, 1)))
    output, weights = attend(scores, value)
    assert_allclose(wide(output), 1, rtol=eps)
    assert_allclose(wide(weights).sum(), 1, rtol=0.01)  # each weight is rounded to half precision
    ones = make(np.ones((70_000, 8)))
    assert_allclose(wide(scaled_dot_product_attention(ones[:1], ones, value)[0]), 1, rtol=eps)


def test_the_order_in_memory_changes_nothing(half):
    make, _ = half
    rng = np.random.default_rng(16)
    scores, value = make(rng.normal(size=(8, MANY))), make(rng.normal(size=(MANY, 3)) + 1)
    crossed = make(np.asarray(wide(value)).T.copy()).T
    assert_array_equal(wide(attend(scores, value)[0]), wide(attend(scores, crossed)[0]))


def test_products_beyond_the_largest_half_are_scored(half):
    make, _ = half
    query = make(np.full((2, 64), 100.0))
    output, weights = scaled_dot_product_attention(query, query, query, causal_mask(2, like=query))
    assert_array_equal(wide(output), 100)
    assert_array_equal(wide(weights), [[1, 0], [0.5, 0.5]])
    output, _ = attnlib.soft_lookup(query, query, query, sharpness=2.0)
    assert_array_equal(wide(output), 100)


def test_attention_is_as_right_as_torchs_own(half):
    make, eps = half
    rng = np.random.default_rng(17)
    arrays = [make(rng.normal(size=(2, MANY, 16))) for _ in range(3)]
    exact = torch.nn.functional.scaled_dot_product_attention(*(torch.as_tensor(wide(a)) for a in arrays)).numpy()
    output, _ = scaled_dot_product_attention(*arrays)
    assert np.abs(wide(output) - exact).max() <= eps


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda ones: attnlib.dot_product_scores(ones[:1], ones[:1], scale=1.0), MANY),
        (lambda ones: attnlib.general_scores(ones[:1], ones[:1, :1], ones.T[:, :1]), MANY),
        (lambda ones: attnlib.location_scores(ones[:1], ones.T[:, :1]), MANY),
        (lambda ones: attnlib.gaussian_scores(ones[:1], 0 * ones[:1]), -MANY / 2),
        (lambda ones: attnlib.additive_scores(100 * ones[:1, :1], ones[:1, :1], ones[:1], ones[:1], ones[0]), MANY),
        (lambda ones: attnlib.concat_scores(100 * ones[:1, :1], ones[:1, :1], ones, ones[0]), MANY),
        (lambda ones: attnlib.structured_scores(100 * ones[:1, :1], ones[:1], ones.T[:, :1]), MANY),
        (lambda ones: attnlib.recall(ones.T[:, :1], ones[:1]), MANY),
        (lambda ones: attnlib.write(0 * ones[:1, :1], ones.T[:, :1], ones.T[:, :1]), MANY),
        (lambda ones: attnlib.redundancy(ones[:1] / 32), (MANY / 1024 - 1) ** 2),
        (lambda ones: attnlib.sigma_pi(ones[0, :1], [(0,)] * MANY, ones[0]), MANY),
        (lambda ones: attnlib.delta_write(0 * ones.T[:, :1], ones[:1], ones[:1, :1]), 1 / MANY),
    ],
)
def test_a_sum_over_thousands_of_numbers_is_right(half, call, expected):
    make, eps = half
    ones = make(np.ones((2, MANY)))
    result = call(ones)
    assert result.dtype == ones.dtype
    assert_allclose(wide(result), expected, rtol=eps)


def test_an_lstmn_keeps_its_dtype_and_the_digits_that_it_has(half):
    make, eps = half
    rng = np.random.default_rng(18)
    shapes = (9, 3), (8, 4), (5, 4), (4,), (8, 20)
    arguments = [rng.normal(size=shape) / 2 for shape in shapes]
    found, exact = attnlib.lstmn(*map(make, arguments)), attnlib.lstmn(*(wide(make(a)) for a in arguments))
    for part, right in zip(found, exact):
        assert part.dtype == make([1.0]).dtype
        assert_allclose(wide(part), right, atol=4 * eps)
