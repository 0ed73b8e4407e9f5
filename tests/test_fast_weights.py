import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import attend, causal_mask, dot_product_scores
from attnlib.fast_weights import delta_write, recall, sigma_pi, unnormalized, write

B, H, L, S, D, D_V = 2, 3, 5, 7, 11, 13
NUMBERS = st.floats(-5, 5)


# by hand


def test_one_product_is_a_railway_switch(array):
    cases = list(np.ndindex(2, 2, 2))
    routed = sigma_pi(array(cases), [(0, 1), (2,), (0, 2)], array([1, 1, -1]))
    assert_array_equal(routed, [left if lever else right for lever, left, right in cases])


def test_an_empty_conjunct_is_a_constant_and_a_place_may_count_twice(array):
    assert_array_equal(sigma_pi(array([2, 3]), [(), (0, 0, 1)], array([10, 0.5])), 16)


def test_a_written_pair_is_read_where_keys_are_at_right_angles_and_shared_where_they_are_not(array):
    key, value = array([[0.6, 0.8], [0.8, -0.6]]), array([[10, 0], [0, 5]])
    memory = write(array(np.zeros((2, 2))), key, value)
    assert_allclose(memory, [[6, 4], [8, -3]])
    assert_allclose(recall(memory, key), value, atol=1e-12)
    assert_allclose(recall(memory, array([[1, 0], [3, 0]])), [[6, 4], [18, 12]])


def test_a_key_written_twice_adds_up_and_a_corrected_one_is_replaced(array):
    empty, key, value = array(np.zeros((2, 1))), array([[1, 0], [1, 0]]), array([[5], [7]])
    assert_array_equal(write(empty, key, value), [[12], [0]])
    assert_array_equal(delta_write(empty, key, value), [[7], [0]])
    assert_array_equal(delta_write(empty, key, value, rate=0.5), [[4.75], [0]])
    assert_array_equal(write(array([[8], [2]]), key[:1], value[:1], keep=0.25), [[7], [0.5]])


def test_the_last_of_two_overlapping_pairs_is_right(array):
    key, value, empty = array([[1, 0], [0.5, math.sqrt(0.75)]]), array([[8], [2]]), array(np.zeros((2, 1)))
    assert_allclose(recall(write(empty, key, value), key), [[9], [6]])
    assert_allclose(recall(delta_write(empty, key, value), key), [[7], [2]])
    backward = delta_write(delta_write(empty, key[1:], value[1:]), key[:1], value[:1])
    assert_allclose(recall(backward, key), [[8], [5.5]])


# reference


def test_a_stream_of_writes_and_reads_is_causal_attention_without_a_normalizer(array, normal):
    query, key, value = normal(B, H, S, D), normal(B, H, S, D), normal(B, H, S, D_V)
    scores = dot_product_scores(query, key, scale=1.0)
    output, weights = attend(scores, value, array(np.tri(S, dtype=bool), dtype=bool), normalize=unnormalized)
    assert_allclose(weights, np.tril(np.asarray(scores)))
    memory = array(np.zeros((D, D_V)))
    for i in range(S):
        memory = write(memory, key[..., i : i + 1, :], value[..., i : i + 1, :])
        read = recall(memory, query[..., i : i + 1, :])
        assert_allclose(read, output[..., i : i + 1, :], atol=1e-12)


def test_many_sweeps_of_the_delta_rule_solve_least_squares(array):
    rng = np.random.default_rng(1960)
    key, value = rng.standard_normal((S, D)), rng.standard_normal((S, D_V))
    memory = array(np.zeros((D, D_V)))
    for _ in range(400):
        memory = delta_write(memory, array(key), array(value))
    assert_allclose(memory, np.linalg.pinv(key) @ value, atol=1e-8)


def test_each_delta_write_is_a_step_down_the_gradient_of_half_the_squared_error():
    generator = torch.Generator().manual_seed(1960)
    memory, key, value = (torch.randn(s, generator=generator) for s in ((D, D_V), (1, D), (1, D_V)))
    key = key / torch.linalg.vector_norm(key)
    memory.requires_grad_()
    (0.5 * ((value - recall(memory, key)) ** 2).sum()).backward()
    assert_allclose(
        delta_write(memory, key, value, rate=0.3).detach(), (memory - 0.3 * memory.grad).detach(), atol=1e-6
    )


# invariant


@given(
    key=arrays(float, (S, 3), elements=NUMBERS),
    value=arrays(float, (S, 2), elements=NUMBERS),
    order=st.permutations(range(S)),
)
def test_the_order_of_plain_writes_does_not_matter(array, key, value, order):
    empty = array(np.zeros((3, 2)))
    assert_allclose(
        write(empty, array(key), array(value)), write(empty, array(key[order]), array(value[order])), atol=1e-9
    )


@given(
    memory=arrays(float, (3, 2), elements=NUMBERS),
    key=arrays(float, (1, 3), elements=NUMBERS).filter(lambda key: np.abs(key).max() > 0.1),
    value=arrays(float, (1, 2), elements=NUMBERS),
    rate=st.floats(0, 1),
)
def test_a_delta_write_mends_its_share_and_leaves_right_angles_alone(array, memory, key, value, rate):
    after = delta_write(array(memory), array(key), array(value), rate=rate)
    before = np.asarray(recall(array(memory), array(key)))
    assert_allclose(recall(after, array(key)), (1 - rate) * before + rate * value, atol=1e-9)
    aside = np.array([[-key[0, 1], key[0, 0], 0]])
    assert_allclose(recall(after, array(aside)), recall(array(memory), array(aside)), atol=1e-9)


# edge


def test_a_key_of_zeros_writes_nothing_and_an_empty_list_of_pairs_changes_nothing(array, normal):
    memory, value = normal(D, D_V), normal(S, D_V)
    for writer in (write, delta_write):
        assert_array_equal(writer(memory, array(np.zeros((S, D))), value), memory)
        assert_array_equal(writer(memory, array(np.ones((0, D))), value[:0]), memory)
    assert recall(memory, array(np.ones((0, D)))).shape == (0, D_V)


def test_a_query_that_may_see_no_key_reads_zeros_and_other_weights_are_the_scores(array):
    scores = array([[2, -1], [3, 4]])
    mask = array(np.array([[True, False], [False, False]]), dtype=bool)
    output, weights = attend(scores, array([[10], [20]]), mask, normalize=unnormalized)
    assert_array_equal(weights, [[2, 0], [0, 0]])
    assert_array_equal(output, [[20], [0]])
    assert_array_equal(unnormalized(scores), scores)


def test_leading_axes_are_separate_memories(normal):
    memory, key, value = normal(B, 1, D, D_V), normal(H, S, D), normal(B, H, S, D_V)
    for writer in (write, delta_write):
        after = writer(memory, key, value)
        assert after.shape == (B, H, D, D_V)
        assert_allclose(after[1, 2], writer(memory[1, 0], key[2], value[1, 2]), atol=1e-12)
        assert recall(after, key).shape == (B, H, S, D_V)
    assert sigma_pi(value, [(0, 12)], value[0, 0, 0, :1]).shape == (B, H, S)


@pytest.mark.parametrize("share", [1, np.float64(0.5)])
def test_no_write_widens_the_dtype(narrow, normal, plain_errors, share):
    make, _ = narrow
    memory, key, value = make(normal(D, 2)), make(normal(S, D)), make(normal(S, 2))
    for after in (write(memory, key, value, keep=share), delta_write(memory, key, value, rate=share)):
        assert after.dtype == memory.dtype
    assert sigma_pi(value, [(0, 1)], value[0, :1]).dtype == unnormalized(value).dtype == memory.dtype


def test_gradients_flow_through_the_writes_to_the_slow_weights():
    generator = torch.Generator().manual_seed(1992)
    shapes = (3, 2), (S, 3), (S, 2), (L, 3)
    tensors = [torch.randn(s, dtype=torch.float64, generator=generator, requires_grad=True) for s in shapes]
    for writer in (write, delta_write):
        assert torch.autograd.gradcheck(lambda m, k, v, q, w=writer: recall(w(m, k, v), q), tensors, fast_mode=True)


# error


@pytest.mark.usefixtures("plain_errors")
def test_a_memory_of_the_wrong_shape_is_told_which_one_is_right(normal):
    memory, key, value = normal(D, D_V), normal(S, D), normal(S, D_V)
    for writer in (write, delta_write):
        with pytest.raises(ValueError, match=r"^memory has 13 rows, key's last axis is 11: .*zeros of shape"):
            writer(normal(D_V, D), key, normal(S, D))
        with pytest.raises(ValueError, match=r"^memory has 13 columns, value's last axis is 2: they must match$"):
            writer(memory, key, normal(S, 2))
        with pytest.raises(ValueError, match=r"^key has 7 positions, value has 5: each key needs one value$"):
            writer(memory, key, value[:5])
        with pytest.raises(ValueError, match=r"^memory has shape \(11,\), expected \(…, d_k, d_v\), memory\[:, None\]"):
            writer(memory[:, 0], key, value)
    with pytest.raises(
        ValueError, match=r"^query has shape \(11,\), expected at least two axes .*: a single vector is query"
    ):
        recall(memory, key[0])
    with pytest.raises(ValueError, match=r"^memory has 11 rows, query's last axis is 13"):
        recall(memory, value)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("share", [-0.1, 1.5, math.nan, math.inf])
def test_a_share_is_between_0_and_1(normal, share):
    memory, key, value = normal(D, D_V), normal(S, D), normal(S, D_V)
    with pytest.raises(ValueError, match=f"^keep is {share}, expected a number from 0 to 1$"):
        write(memory, key, value, keep=share)
    with pytest.raises(ValueError, match=f"^rate is {share}, expected a number from 0 to 1$"):
        delta_write(memory, key, value, rate=share)


@pytest.mark.usefixtures("plain_errors")
def test_a_product_names_inputs_that_exist_and_has_one_coefficient(array):
    x = array([1, 2, 3])
    with pytest.raises(ValueError, match=r"^a conjunct names input 3, x has only 3, counted from 0$"):
        sigma_pi(x, [(0, 3)], array([1]))
    with pytest.raises(ValueError, match=r"^a place in conjuncts is -1, expected 0 or more$"):
        sigma_pi(x, [(-1,)], array([1]))
    with pytest.raises(TypeError, match=r"^a place in conjuncts is 0\.5, expected a whole number$"):
        sigma_pi(x, [(0.5,)], array([1]))
    with pytest.raises(ValueError, match=r"^coefficients has shape \(2,\), expected \(1,\): one for each product$"):
        sigma_pi(x, [(0, 1)], array([1, 2]))
    with pytest.raises(ValueError, match=r"^x is a single number"):
        sigma_pi(x[0] if not isinstance(x, np.ndarray) else np.array(1.0), [()], array([1]))
    with pytest.raises(TypeError, match=r"^x is an array of int64, expected floats"):
        sigma_pi(np.arange(3), [(0,)], np.ones(1))


def test_forgetting_to_say_what_no_means_is_seen_at_once(normal):
    scores, value = dot_product_scores(normal(S, D), normal(S, D)), normal(S, D_V)
    with np.errstate(invalid="ignore"):
        output, _ = attend(scores, value, causal_mask(S, like=scores), normalize=lambda scores: scores)
    assert not np.isfinite(np.asarray(output)[:-1]).any()
