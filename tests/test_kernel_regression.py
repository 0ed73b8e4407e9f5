import math
from statistics import NormalDist

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import attend, gaussian_scores

B, H, L, S, D = 2, 3, 5, 7, 11
QUERY = arrays(float, (L, 2), elements=st.floats(-50, 50))
KEY = arrays(float, (S, 2), elements=st.floats(-50, 50))
BANDWIDTH = st.floats(0.1, 10)


# by hand


def test_a_key_five_bandwidths_away_scores_minus_twelve_and_a_half(array):
    query, key = array([[0, 0]]), array([[3, 4], [0, 0], [-1, 0]])
    assert_allclose(gaussian_scores(query, key), [[-12.5, 0, -0.5]])
    assert_allclose(gaussian_scores(query, key, bandwidth=5.0), [[-0.5, 0, -0.02]])
    assert_allclose(gaussian_scores(query, key, bandwidth=0.5), [[-50, 0, -2]])


def test_between_two_measurements_the_curve_is_their_mean_and_at_one_of_them_it_leans_to_it(array):
    seen_at, seen = array([[0], [2]]), array([[10], [20]])
    curve, _ = attend(gaussian_scores(array([[1], [0]]), seen_at), seen)
    assert_allclose(curve, [[15], [10 + 10 / (1 + math.e**2)]])


# reference


@pytest.mark.parametrize("bandwidth", [0.3, 1.0, 2.5])
def test_attend_is_the_ratio_of_kernel_sums_of_nadaraya_and_watson(normal, bandwidth):
    query, key, value = normal(L, 1), normal(S, 1), normal(S, 1)
    curve, _ = attend(gaussian_scores(query, key, bandwidth=bandwidth), value)
    kernel = NormalDist(sigma=bandwidth).pdf
    for i in range(L):
        kernels = [kernel(float(query[i, 0] - key[j, 0])) for j in range(S)]
        assert_allclose(curve[i, 0], sum(k * float(value[j, 0]) for j, k in enumerate(kernels)) / sum(kernels))


def test_the_scores_are_those_of_the_squared_distances_of_torch(normal):
    query, key = normal(B, H, L, D), normal(B, H, S, D)
    distances = torch.cdist(*(torch.tensor(np.asarray(x)) for x in (query, key)))
    assert_allclose(gaussian_scores(query, key, bandwidth=3.0), -(distances**2) / 18)


# invariant


@given(query=QUERY, key=KEY, bandwidth=BANDWIDTH, shift=st.floats(-50, 50), unit=st.floats(0.1, 10))
def test_neither_the_origin_nor_the_unit_of_the_axis_matters(array, query, key, bandwidth, shift, unit):
    scores = gaussian_scores(array(query), array(key), bandwidth=bandwidth)
    assert (scores <= 0).all()
    elsewhere = array(unit * (query + shift)), array(unit * (key + shift))
    assert_allclose(gaussian_scores(*elsewhere, bandwidth=unit * bandwidth), scores, rtol=1e-6, atol=1e-6)


@given(query=QUERY, key=KEY, bandwidth=BANDWIDTH)
def test_distance_has_no_direction(array, query, key, bandwidth):
    there = gaussian_scores(array(query), array(key), bandwidth=bandwidth)
    assert_array_equal(there, np.asarray(gaussian_scores(array(key), array(query), bandwidth=bandwidth)).T)
    assert_array_equal(gaussian_scores(array(key), array(key), bandwidth=bandwidth).diagonal(), np.zeros(S))


# edge


def test_a_narrow_kernel_reads_the_nearest_value_and_a_wide_one_the_mean(normal):
    query, key, value = normal(L, D), normal(S, D), normal(S, 1)
    nearest = np.argmax(np.asarray(gaussian_scores(query, key)), axis=-1)
    assert_allclose(attend(gaussian_scores(query, key, bandwidth=1e-3), value)[0], np.asarray(value)[nearest])
    mean = np.asarray(value).mean()
    assert_allclose(attend(gaussian_scores(query, key, bandwidth=1e6), value)[0], np.full((L, 1), mean), atol=1e-9)


def test_a_query_so_far_away_that_every_kernel_is_0_still_reads_the_nearest_value(array):
    assert math.exp(-(1e4**2) / 2) == 0
    curve, _ = attend(gaussian_scores(array([[1e4], [1e150]]), array([[0], [1]])), array([[10], [20]]))
    assert_allclose(curve, [[20], [15]])


@pytest.mark.parametrize(("length", "keys", "size"), [(0, S, D), (L, 0, D), (L, S, 0), (1, 1, 1)])
def test_empty_axes_and_a_single_token_have_scores_of_the_right_shape(array, length, keys, size):
    scores = gaussian_scores(array(np.ones((B, length, size))), array(np.ones((B, keys, size))))
    assert_array_equal(scores, np.zeros((B, length, keys)))


def test_leading_axes_broadcast(normal):
    query, key = normal(B, 1, L, D), normal(H, S, D)
    scores = gaussian_scores(query, key)
    assert scores.shape == (B, H, L, S)
    for b, h in np.ndindex(B, H):
        assert_allclose(scores[b, h], gaussian_scores(query[b, 0], key[h]))


@pytest.mark.parametrize("bandwidth", [2, 0.5, np.float64(2.0), np.int64(2)])
def test_no_bandwidth_widens_the_dtype(narrow, normal, plain_errors, bandwidth):
    make, eps = narrow
    query, key = make(normal(L, 2)), make(normal(S, 2))
    scores = gaussian_scores(query, key, bandwidth=bandwidth)
    assert scores.dtype == query.dtype
    query, key = (torch.as_tensor(x).double() for x in (query, key))
    assert_allclose(
        torch.as_tensor(scores).double(), gaussian_scores(query, key, bandwidth=bandwidth), rtol=8 * eps, atol=8 * eps
    )


def test_gradients_are_right_also_where_query_and_key_coincide():
    query = torch.randn(L, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1964), requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: gaussian_scores(x, x, bandwidth=0.7), query)


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("bandwidth", [0, -1.5, math.nan, math.inf])
def test_a_bandwidth_must_be_positive(normal, bandwidth):
    with pytest.raises(ValueError, match=f"^bandwidth is {bandwidth}, expected a positive, finite number, in"):
        gaussian_scores(normal(L, D), normal(S, D), bandwidth=bandwidth)
