import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import (
    causal_mask,
    merge_heads,
    multi_head_attention,
    padding_mask,
    repeat_heads,
    scaled_dot_product_attention,
    split_heads,
)

B, H, L, S, D_K, D_V, D = 2, 3, 5, 7, 11, 13, 17
SIZES = st.tuples(*(st.integers(0, 4) for _ in range(2)), st.integers(1, 5), st.integers(0, 4))


def inputs(normal, *, batch=(B,), d_q=D, d_key=19, d_value=23):
    arrays = normal(*batch, L, d_q), normal(*batch, S, d_key), normal(*batch, S, d_value)
    return *arrays, normal(d_q, H * D_K), normal(d_key, H * D_K), normal(d_value, H * D_V), normal(H * D_V, D)


# by hand


def test_two_heads_of_two_tokens_and_back(array):
    x = array([[1, 2, 3, 4], [5, 6, 7, 8]])
    heads = split_heads(x, 2)
    assert_array_equal(heads, [[[1, 2], [5, 6]], [[3, 4], [7, 8]]])
    assert_array_equal(merge_heads(heads), x)


def test_neighbouring_query_heads_share_a_key_head(array):
    key = array([[[1, 2]], [[3, 4]]])
    assert_array_equal(np.asarray(repeat_heads(key, 3))[:, 0, 0], [1, 1, 1, 3, 3, 3])
    assert_array_equal(repeat_heads(key, 1), key)


def test_dog_bites_man_is_read_by_two_heads_and_blurred_by_one(array):
    dog_bites_man = array([[1, 0, 1, 0], [0, 1, 0, 1]])  # is a dog, is a man, acts, suffers
    man_bites_dog = array([[1, 0, 0, 1], [0, 1, 1, 0]])
    verb, far = array([[1.0]]), 40 * 2**0.5
    W_k, W_v = array([[0, 0], [0, 0], [1, 0], [0, 1]]), array([[1, 0, 1, 0], [0, 1, 0, 1], [0] * 4, [0] * 4])
    two = [
        multi_head_attention(verb, x, x, array([[far, far]]), W_k, W_v, array(np.eye(4)), num_heads=2)
        for x in (dog_bites_man, man_bites_dog)
    ]
    assert_allclose(np.stack([two[0][0], two[1][0]])[:, 0], [[1, 0, 0, 1], [0, 1, 1, 0]], atol=1e-12)
    assert_allclose(two[0][1][:, 0], [[1, 0], [0, 1]], atol=1e-12)
    one = [
        multi_head_attention(verb, x, x, array([[far, far]]), W_k, W_v, array(np.eye(4)), num_heads=1)
        for x in (dog_bites_man, man_bites_dog)
    ]
    assert_allclose(one[0][0], [[0.5, 0.5, 0.5, 0.5]], atol=1e-12)
    assert_allclose(one[1][0], one[0][0], atol=1e-12)


# reference


def test_each_head_is_an_attention_of_its_own_and_its_rows_of_the_last_matrix_are_added(array, normal):
    query, key, value, W_q, W_k, W_v, W_o = inputs(normal)
    mask = array(np.tri(L, S, 2) > 0)
    output, weights = multi_head_attention(query, key, value, W_q, W_k, W_v, W_o, num_heads=H, mask=mask)
    assert (output.shape, weights.shape) == ((B, L, D), (B, H, L, S))
    expected = 0
    for h in range(H):
        at, rows = slice(h * D_K, (h + 1) * D_K), slice(h * D_V, (h + 1) * D_V)
        read, one = scaled_dot_product_attention(query @ W_q[:, at], key @ W_k[:, at], value @ W_v[:, rows], mask)
        expected = expected + read @ W_o[rows]
        assert_allclose(weights[:, h], one, atol=1e-12)
    assert_allclose(output, expected, atol=1e-10)


def test_output_weights_and_gradients_are_those_of_torchs_function():
    generator = torch.Generator().manual_seed(2017)
    shapes = (L, B, 12), (S, B, 12), (S, B, 12), (12, 12), (12, 12), (12, 12), (12, 12)
    leaves = [torch.randn(s, dtype=torch.float64, generator=generator, requires_grad=True) for s in shapes]
    query, key, value, *matrices = leaves
    mask = torch.ones(L, S).tril(2).bool()
    expected = F.multi_head_attention_forward(
        *(query, key, value, 12, H),
        *(torch.cat([W.T for W in matrices[:3]]), None, None, None, False, 0.0, matrices[3].T, None),
        attn_mask=~mask,
        average_attn_weights=False,
    )
    ours = multi_head_attention(*(x.swapaxes(0, 1) for x in leaves[:3]), *matrices, num_heads=H, mask=mask)
    torch.testing.assert_close(ours[0].swapaxes(0, 1), expected[0])
    torch.testing.assert_close(ours[1], expected[1])
    upstream = torch.randn(L, B, 12, dtype=torch.float64, generator=generator)
    found = torch.autograd.grad(ours[0].swapaxes(0, 1), leaves, upstream)
    torch.testing.assert_close(found, torch.autograd.grad(expected[0], leaves, upstream))


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_repeated_heads_are_grouped_queries_as_torch_has_them_with_their_gradients(groups):
    generator = torch.Generator().manual_seed(2023)
    shapes = (B, 6, L, D_K), (B, 6 // groups, S, D_K), (B, 6 // groups, S, D_V)
    leaves = [torch.randn(s, dtype=torch.float64, generator=generator, requires_grad=True) for s in shapes]
    query, key, value = leaves
    output, _ = scaled_dot_product_attention(query, repeat_heads(key, groups), repeat_heads(value, groups))
    expected = F.scaled_dot_product_attention(query, key, value, enable_gqa=True)
    torch.testing.assert_close(output, expected)
    upstream = torch.randn(output.shape, dtype=torch.float64, generator=generator)
    torch.testing.assert_close(
        torch.autograd.grad(output, leaves, upstream), torch.autograd.grad(expected, leaves, upstream)
    )


# invariant


@given(sizes=SIZES, data=st.data())
def test_to_split_and_to_merge_undo_each_other_and_no_number_changes_its_position(array, sizes, data):
    batch, length, heads, features = sizes
    x = np.arange(batch * length * heads * features, dtype=float).reshape(batch, length, heads * features)
    split = split_heads(array(x), heads)
    assert split.shape == (batch, heads, length, features)
    assert_array_equal(merge_heads(split), x)
    if x.size:
        b, i, h, f = (data.draw(st.integers(0, n - 1)) for n in (batch, length, heads, features))
        assert split[b, h, i, f] == x[b, i, h * features + f]


@given(order=st.permutations(range(H)))
def test_heads_in_another_order_give_the_same_output(array, order):
    rng = np.random.default_rng(19)
    x, W_q, W_k, W_v, W_o = (rng.standard_normal(s) for s in ((L, D), *[(D, H * D_K)] * 2, (D, H * D_V), (H * D_V, D)))
    output, weights = multi_head_attention(*(array(a) for a in (x, x, x, W_q, W_k, W_v, W_o)), num_heads=H)
    W_q, W_k, W_v = (merge_heads(split_heads(W, H)[list(order)]) for W in (W_q, W_k, W_v))
    W_o = merge_heads(split_heads(W_o.T, H)[list(order)]).T
    other, turned = multi_head_attention(*(array(a) for a in (x, x, x, W_q, W_k, W_v, W_o)), num_heads=H)
    assert_allclose(other, output, atol=1e-10)
    assert_allclose(turned, np.asarray(weights)[list(order)], atol=1e-12)


def test_repeating_matrices_and_repeating_heads_are_the_same(array, normal):
    query, key, value, W_q, _, _, W_o = inputs(normal)
    narrow_k, narrow_v = normal(19, D_K), normal(23, D_V)
    W_k, W_v = (merge_heads(repeat_heads(split_heads(W, 1), H)) for W in (narrow_k, narrow_v))
    output, weights = multi_head_attention(query, key, value, W_q, W_k, W_v, W_o, num_heads=H)
    heads = (repeat_heads(split_heads(x @ W, 1), H) for x, W in ((key, narrow_k), (value, narrow_v)))
    read, expected = scaled_dot_product_attention(split_heads(query @ W_q, H), *heads)
    assert_allclose(output, merge_heads(read) @ W_o, atol=1e-10)
    assert_allclose(weights, expected, atol=1e-12)


# edge


@pytest.mark.parametrize("batch", [(), (0,), (B,), (B, 3)])
@pytest.mark.parametrize("keys", [0, 1, S])
def test_any_leading_axes_and_empty_batches_and_no_keys_at_all(array, normal, batch, keys):
    query, key, value, *matrices = inputs(normal, batch=batch)
    output, weights = multi_head_attention(query, key[..., :keys, :], value[..., :keys, :], *matrices, num_heads=H)
    assert (output.shape, weights.shape) == ((*batch, L, D), (*batch, H, L, keys))
    assert_allclose(np.asarray(weights).sum(-1), np.full((*batch, H, L), float(keys > 0)))
    if keys == 0:
        assert_array_equal(output, np.zeros((*batch, L, D)))


def test_a_sequence_without_a_visible_key_gets_zeros_and_the_mask_may_have_any_of_its_shapes(array, normal):
    arrays = inputs(normal)
    like = arrays[0]
    padding = padding_mask([0, 4], S, like=like)
    output, weights = multi_head_attention(*arrays, num_heads=H, mask=padding)
    assert_array_equal(output[0], np.zeros((L, D)))
    assert_array_equal(weights[0], np.zeros((H, L, S)))
    full = array(np.broadcast_to(np.asarray(padding), (B, H, L, S)))
    assert_allclose(multi_head_attention(*arrays, num_heads=H, mask=full)[0], output)
    causal = causal_mask(L, S, like=like)
    one_axis_each = [causal, causal[None], causal[None, None]]
    outputs = [multi_head_attention(*arrays, num_heads=H, mask=mask)[0] for mask in one_axis_each]
    assert_array_equal(outputs[0], outputs[1])
    assert_array_equal(outputs[0], outputs[2])


def test_no_step_widens_the_dtype_and_half_precision_loses_no_more_than_its_rounding(narrow, normal, plain_errors):
    make, eps = narrow
    arrays = [make(np.asarray(x) / 4) for x in inputs(normal)]
    found = multi_head_attention(*arrays, num_heads=H)
    exact = multi_head_attention(*(torch.as_tensor(x).double() for x in arrays), num_heads=H)
    assert {x.dtype for x in found} == {arrays[0].dtype}
    for ours, right in zip(found, exact):
        assert_allclose(torch.as_tensor(ours).double(), right, atol=32 * eps)
    for array in (split_heads(arrays[3], H), repeat_heads(arrays[0], 2)):
        assert array.dtype == arrays[0].dtype


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("heads", "error", "words"),
    [
        (4, ValueError, r"num_heads 4 does not divide x's last axis 6: expected a divisor, such as 3 or 6"),
        (7, ValueError, r"num_heads 7 does not divide x's last axis 6: expected a divisor, such as 6"),
        (0, ValueError, "num_heads is 0, expected 1 or more"),
        (2.0, TypeError, r"num_heads is 2\.0, expected a whole number"),
        (True, TypeError, "num_heads is True, expected a whole number"),
    ],
)
def test_a_number_of_heads_is_a_divisor(normal, heads, error, words):
    with pytest.raises(error, match=f"^{words}$"):
        split_heads(normal(L, 6), heads)


@pytest.mark.usefixtures("plain_errors")
def test_heads_need_their_axis_and_groups_are_counted(normal):
    for call in (merge_heads, lambda x: repeat_heads(x, 2)):
        with pytest.raises(
            ValueError, match=r"^x has shape \(5, 6\), expected at least three axes .*: a single head is"
        ):
            call(normal(L, 6))
    with pytest.raises(ValueError, match=r"^num_groups is 0, expected 1 or more$"):
        repeat_heads(normal(H, L, 6), 0)
    with pytest.raises(ValueError, match=r"^x has shape \(6,\), expected at least two axes"):
        split_heads(normal(6), 2)
    key = normal(H, L, 6)
    assert_array_equal(repeat_heads(key, np.int64(2)), repeat_heads(key, torch.tensor(2)))


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"W_k": (19, D_K)}, r"W_k has shape \(19, 11\), expected \(19, 33\): .* it has 1 of 3 heads: for grouped"),
        (
            {"W_k": (19, 2 * D_K)},
            r"W_k has shape \(19, 22\), expected \(19, 33\): key's last axis × the columns of W_q$",
        ),
        ({"W_v": (23, D_V)}, r"repeat each, merge_heads\(repeat_heads\(split_heads\(W_v, 1\), 3\)\)$"),
        ({"W_q": (D, 32)}, "num_heads 3 does not divide W_q's last axis 32: expected a divisor, such as 2 or 4"),
        ({"W_o": (38, D)}, "num_heads 3 does not divide W_o's first axis 38"),
        ({"W_q": (18, 33)}, r"W_q has shape \(18, 33\), expected \(17, 33\): query's last axis"),
        ({"W_v": (23, 36)}, r"W_v has shape \(23, 36\), expected \(23, 39\): value's last axis × the rows of W_o$"),
        ({"W_o": (H, D_V, D)}, r"W_o has shape \(3, 13, 17\), expected \(heads × features, features\)"),
        ({"value": (B, L, 23)}, "key has 7 positions, value has 5: each key needs one value"),
        ({"mask": (B, L, S)}, r"mask has shape \(2, 5, 7\), expected \(batch, heads or 1, queries, keys\) or"),
        ({"mask": (H, L, S)}, r"mask\[None\] where it is the 3 heads"),
        ({"mask": (B, S)}, r"a key-padding mask needs the shape \(2, 1, 1, 7\)"),
        ({"key": (3, S, 19), "value": (3, S, 23)}, r"query has shape \(2, 5, 17\), key \(3, 7, 19\)"),
    ],
)
def test_what_does_not_fit_is_told_in_words(array, normal, change, words):
    names = ["query", "key", "value", "W_q", "W_k", "W_v", "W_o"]
    arguments = dict(zip(names, inputs(normal)))
    for name, shape in change.items():
        arguments[name] = array(np.ones(shape, bool)) if name == "mask" else normal(*shape)
    with pytest.raises(ValueError, match=words):
        multi_head_attention(**arguments, num_heads=H)


@pytest.mark.usefixtures("plain_errors")
def test_a_mask_of_a_batch_is_not_taken_for_one_of_heads_where_both_are_as_many(array, normal):
    arrays = inputs(normal, batch=(H,))
    mask = array(np.arange(H * L * S).reshape(H, L, S) % 2 == 0)
    with pytest.raises(ValueError, match=r"mask\[:, None\] where the first axis is the batch, mask\[None\] where"):
        multi_head_attention(*arrays, num_heads=H, mask=mask)
    multi_head_attention(*arrays, num_heads=H, mask=mask[:, None])
    multi_head_attention(*(x[0] for x in arrays[:3]), *arrays[3:], num_heads=H, mask=mask)
