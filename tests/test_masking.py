import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import (
    causal_mask,
    document_mask,
    padding_mask,
    prefix_mask,
    scaled_dot_product_attention,
    window_mask,
)

B, H, L, S, D = 2, 3, 5, 7, 11
LENGTH = st.integers(0, 11)
REACH = st.none() | st.integers(0, 11)
OFFSET = st.none() | st.integers(-11, 11)


def drawn(mask):
    """Draw each row as text: x where the query may look, a dot where it may not."""
    return ["".join("x" if cell else "." for cell in row) for row in mask]


# by hand


def test_a_causal_query_sees_its_own_position_and_what_came_before():
    assert drawn(causal_mask(3)) == ["x..", "xx.", "xxx"]
    assert drawn(causal_mask(3, 5)) == ["xxx..", "xxxx.", "xxxxx"], "the last query sees every key"
    assert drawn(causal_mask(3, 5, offset=0)) == ["x....", "xx...", "xxx.."]
    assert drawn(causal_mask(3, 2)) == ["..", "x.", "xx"], "more queries than keys: the first sees none"


def test_a_window_counts_from_the_own_position_on_either_side():
    assert drawn(window_mask(4, left=1, right=0)) == ["x...", "xx..", ".xx.", "..xx"]
    assert drawn(window_mask(4, left=0, right=2)) == ["xxx.", ".xxx", "..xx", "...x"]
    assert drawn(window_mask(2, 4, left=1)) == [".xxx", "..xx"]
    assert drawn(window_mask(2, 4, left=1, right=1, offset=0)) == ["xx..", "xxx."]
    assert drawn(window_mask(2, 3)) == ["xxx", "xxx"]


def test_a_prefix_is_seen_by_all_and_the_rest_is_causal():
    assert drawn(prefix_mask(4, prefix=2)) == ["xx..", "xx..", "xxx.", "xxxx"]
    assert drawn(prefix_mask(2, 4, prefix=1, offset=0)) == ["x...", "xx.."]


def test_each_sequence_of_a_batch_is_cut_where_its_padding_begins(array):
    mask = padding_mask(array([2, 0, 3], dtype=int), 3)
    assert mask.shape == (3, 1, 1, 3)
    assert drawn(mask[:, 0, 0]) == ["xx.", "...", "xxx"]
    assert drawn(padding_mask([1, 2], 3)[:, 0, 0]) == ["x..", "xx."]


def test_documents_packed_into_one_row_do_not_see_each_other(array):
    mask = document_mask(array([[4, 4, 9], [9, 4, 9]], dtype=int))
    assert mask.shape == (2, 1, 3, 3)
    assert drawn(mask[0, 0]) == ["xx.", "xx.", "..x"]
    assert drawn(mask[1, 0]) == ["x.x", ".x.", "x.x"]
    assert drawn(document_mask(array([1, 2], dtype=int), array([2, 1, 1], dtype=int))) == [".xx", "x.."]


# reference


@given(queries=LENGTH, keys=LENGTH, left=REACH, right=REACH, offset=OFFSET)
def test_a_window_is_the_inequality_of_its_definition_tried_on_each_pair(queries, keys, left, right, offset):
    mask = window_mask(queries, keys, left=left, right=right, offset=offset)
    assert mask.shape == (queries, keys)
    for i, j in np.ndindex(queries, keys):
        own = i + (keys - queries if offset is None else offset)
        assert mask[i, j] == ((left is None or own - j <= left) and (right is None or j - own <= right))


# invariant


@given(queries=LENGTH, keys=LENGTH, left=REACH, right=REACH, offset=OFFSET, prefix=st.integers(0, 13))
def test_masks_combine_with_and_and_or(queries, keys, left, right, offset, prefix):
    def window(**limits):
        return window_mask(queries, keys, offset=offset, **limits)

    assert_array_equal(window(left=left) & window(right=right), window(left=left, right=right))
    assert (window(left=0) | window(right=0)).all(), "what is not before a query is at it or after it"
    causal = causal_mask(queries, keys, offset=offset)
    padding = padding_mask([min(prefix, keys)], keys)[0, 0]
    assert_array_equal(causal | padding, prefix_mask(queries, keys, prefix=prefix, offset=offset))


@given(keys=LENGTH, cached=LENGTH)
def test_decoding_with_a_cache_sees_the_last_rows_of_the_whole_mask(keys, cached):
    whole = window_mask(cached + keys, left=3, right=0)
    assert_array_equal(window_mask(keys, cached + keys, left=3, right=0), whole[cached:])


@given(documents=st.lists(st.integers(-3, 3), min_size=1, max_size=11))
def test_tokens_of_one_document_see_the_same_keys_and_each_token_itself(documents):
    mask = document_mask(np.array(documents))
    assert mask.diagonal().all()
    for i, j in zip(*np.nonzero(mask)):
        assert_array_equal(mask[i], mask[j])


@pytest.mark.parametrize("changed", range(S))
def test_what_a_mask_hides_has_no_influence_and_what_it_shows_has(array, normal, changed):
    query, key, value = normal(B, H, L, D), normal(B, H, S, D), normal(B, H, S, D)
    mask = causal_mask(L, S) & padding_mask([S, 4], S)
    before, _ = scaled_dot_product_attention(query, key, value, array(mask))
    key, value = np.asarray(key).copy(), np.asarray(value).copy()
    key[..., changed, :] += 1
    value[..., changed, :] -= 1
    after, _ = scaled_dot_product_attention(query, array(key), array(value), array(mask))
    moved = (np.asarray(before) != np.asarray(after)).any(-1)
    assert_array_equal(moved, np.broadcast_to(mask[..., changed], (B, H, L)))


# edge


def test_a_mask_lives_where_it_is_asked_to_and_otherwise_where_its_lengths_live(array):
    like = array([1.0])
    library, lengths = type(like), array([2, 0], dtype=int)
    for mask in (
        causal_mask(2, like=like),
        window_mask(2, left=1, like=like),
        prefix_mask(2, prefix=1, like=like),
        padding_mask([1], 2, like=like),
        padding_mask(lengths, 2),
        document_mask(lengths),
    ):
        assert isinstance(mask, library)
        assert str(mask.dtype).endswith("bool")
    assert causal_mask(2, like=torch.empty(0, device="meta")).device.type == "meta"
    assert isinstance(padding_mask(lengths, 2, like=np.empty(0)), np.ndarray)


@pytest.mark.parametrize(("queries", "keys"), [(0, 0), (0, S), (L, 0)])
def test_masks_of_nothing_have_their_shape(queries, keys):
    for mask in (causal_mask(queries, keys), window_mask(queries, keys, left=1), prefix_mask(queries, keys, prefix=0)):
        assert mask.shape == (queries, keys)
    assert padding_mask(np.zeros(queries, int), keys).shape == (queries, 1, 1, keys)
    nothing = np.zeros((B, queries), int), np.zeros((B, keys), int)
    assert document_mask(*nothing).shape == (B, 1, queries, keys)


def test_masks_of_different_makers_fit_one_call(normal):
    query, key, value = (torch.tensor(np.asarray(normal(B, H, n, D))) for n in (S, S, S))
    documents = torch.tensor([[0, 0, 0, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1, 1]])
    mask = document_mask(documents) & causal_mask(S, like=query) & padding_mask(torch.tensor([6, 5]), S)
    output, weights = scaled_dot_product_attention(query, key, value, mask)
    assert_allclose(output[:, :, 0], value[:, :, 0])
    assert_array_equal((weights > 0).sum(-1)[:, 0], [[1, 2, 3, 1, 2, 3, 3], [1, 1, 2, 3, 4, 4, 4]])


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: causal_mask(-1), ValueError, "num_queries is -1, expected 0 or more"),
        (lambda: causal_mask(3, -2), ValueError, "num_keys is -2, expected 0 or more"),
        (lambda: causal_mask(2.5), TypeError, "num_queries is 2.5, expected a whole number"),
        (lambda: causal_mask(True), TypeError, "num_queries is True, expected a whole number"),
        (lambda: causal_mask(np.array([2, 3])), TypeError, "num_queries is array([2, 3]), expected a whole number"),
        (lambda: causal_mask(3, offset=0.5), TypeError, "offset is 0.5, expected a whole number"),
        (lambda: window_mask(3, left=-1), ValueError, "left is -1, expected 0 or more"),
        (lambda: window_mask(3, right="1"), TypeError, "right is '1', expected a whole number"),
        (lambda: prefix_mask(3, prefix=-1), ValueError, "prefix is -1, expected 0 or more"),
        (lambda: padding_mask([1], -3), ValueError, "num_keys is -3, expected 0 or more"),
        (lambda: padding_mask([1, 4], 3), ValueError, "a length is 4, expected 0 to num_keys = 3"),
        (lambda: padding_mask([1, -1], 3), ValueError, "a length is -1, expected 0 to num_keys = 3"),
        (lambda: padding_mask([1.5], 3), TypeError, "lengths is an array of float64, expected whole numbers"),
        (lambda: padding_mask(np.ones(3, bool), 3), TypeError, "lengths is an array of bool, expected whole numbers"),
        (lambda: padding_mask(np.ones((2, 3), int), 3), ValueError, "lengths has shape (2, 3), expected (batch,)"),
        (lambda: document_mask(np.ones(3)), TypeError, "documents is an array of float64, expected whole numbers"),
        (
            lambda: document_mask(np.ones(3, int), torch.ones(3, dtype=torch.int)),
            TypeError,
            "documents is NumPy, key_documents is torch: convert with torch.from_numpy(x) or x.numpy()",
        ),
        (lambda: causal_mask(3, like=[1]), TypeError, "like is a list, expected an array: np.asarray(like) makes one"),
    ],
)
def test_a_wrong_length_is_told_in_words(call, error, words):
    with pytest.raises(error) as told:
        call()
    assert words in str(told.value)
