"""What a wrong call is told, with the shape checks of the tests off: the words that a reader meets."""

import numpy as np
import pytest
import torch

from attnlib import attend, dot_product_scores, gaussian_scores, match_scores, soft_lookup, softmax
from attnlib import scaled_dot_product_attention as attention

pytestmark = pytest.mark.usefixtures("plain_errors")

B, H, L, S, D = 2, 3, 5, 7, 11
WHOLE, HALF, TENSOR = np.ones((S, D), int), np.ones((S, D), "float16"), torch.ones(S, D)
SCORES, VALUE = np.zeros((B, H, L, S)), np.zeros((S, D))


def ones(*shape):
    return np.ones(shape)


def masked(mask, scores=SCORES):
    return attend(scores, scores[..., :1, :].swapaxes(-1, -2), mask)


SHAPES = {
    "key has 7 positions, value has 5: each key needs one value": [
        lambda: attention(ones(L, D), ones(S, D), ones(L, D)),
        lambda: soft_lookup(ones(L, D), ones(S, D), ones(L, D)),
    ],
    "scores has 7 keys on its last axis, value has 5 positions: each key needs one value": [
        lambda: attend(ones(L, S), ones(L, D)),
    ],
    "query's last axis is 11, key's is 5: they must match": [
        lambda: dot_product_scores(ones(L, D), ones(S, 5)),
        lambda: gaussian_scores(ones(L, D), ones(S, 5)),
        lambda: match_scores(ones(L, D), ones(S, 5)),
        lambda: attention(ones(L, D), ones(S, 5), ones(S, D)),
    ],
    "query has 6 heads, key 4: 6 is not a multiple of 4": [
        lambda: attention(ones(B, 6, L, D), ones(B, 4, S, D), ones(B, 4, S, D)),
    ],
    "query has 5 heads, key 0: 5 is not a multiple of 0": [lambda: match_scores(ones(B, 5, L, D), ones(B, 0, S, D))],
    "query has 6 heads, key 3: for grouped queries repeat each key and value head 2 times first, "
    "np.repeat(key, 2, axis=-3)": [lambda: gaussian_scores(ones(B, 6, L, D), ones(B, 3, S, D))],
    "2 times first, np.repeat(key, 2, axis=-3); or is the layout (batch, length, heads, dim)? transpose axes 1 and 2": [
        lambda: dot_product_scores(ones(B, 6, S, D), ones(B, 3, S, D))
    ],
    "query and key have different heads (5 and 3): is the layout (batch, length, heads, dim)? transpose axes 1 and 2": [
        lambda: dot_product_scores(ones(B, 5, H, D), ones(B, 3, H, D))
    ],
    "query has shape (2, 5, 11), key (3, 7, 11): the axes before the last two must be equal or 1": [
        lambda: dot_product_scores(ones(2, L, D), ones(3, S, D))
    ],
    "key has shape (2, 7, 11), value (3, 7, 11): the axes before the last two must be equal or 1": [
        lambda: attention(ones(2, L, D), ones(2, S, D), ones(3, S, D))
    ],
    "scores has shape (2, 5, 7), value (3, 7, 11): the axes before the last two must be equal or 1": [
        lambda: attend(ones(2, L, S), ones(3, S, D))
    ],
    "query has shape (11,), expected at least two axes (positions, features): a single vector is query[None, :]": [
        lambda: dot_product_scores(ones(D), ones(S, D))
    ],
    "key has shape (11,), expected at least two axes": [lambda: attention(ones(L, D), ones(D), ones(S, D))],
    "value has shape (7,), expected at least two axes": [lambda: attend(ones(L, S), ones(S))],
    "mask has shape (7, 5), expected (5, 7): it looks transposed": [lambda: masked(ones(S, L) > 0)],
    "mask has shape (2, 7), scores (2, 3, 5, 7): a key-padding mask needs the shape (2, 1, 1, 7); see `padding_mask`": [
        lambda: masked(ones(B, S) > 0)
    ],
    "mask has shape (2, 7), scores (2, 5, 7): a key-padding mask needs the shape (2, 1, 7)": [
        lambda: masked(ones(B, S) > 0, SCORES[:, 0])
    ],
    "mask has shape (2, 1, 1, 7), scores (2, 5, 7): for scores without a heads axis, mask[:, 0]": [
        lambda: masked(ones(B, 1, 1, S) > 0, SCORES[:, 0])
    ],
    "mask has shape (2, 5, 7), scores (2, 3, 5, 7): each axis of the mask must be 1 or equal, counted from the last; "
    "mask[:, None] adds a heads axis": [lambda: masked(ones(B, L, S) > 0)],
    "mask has shape (2, 5, 5), scores (2, 3, 5, 5): each axis of the mask must be 1 or equal": [
        lambda: masked(ones(B, L, L) > 0, SCORES[..., :L])
    ],
    "mask has shape (5,), scores (2, 3, 5, 7): each axis of the mask must be 1 or equal": [lambda: masked(ones(L) > 0)],
}

KINDS = {
    "query is an array of int64, expected floats: numbers can be cast (query.astype(float), query.float()), "
    "token ids must be embedded first": [lambda: attention(WHOLE, VALUE, VALUE)],
    "value is an array of int64, expected floats": [
        lambda: attention(VALUE, VALUE, WHOLE),
        lambda: soft_lookup(VALUE, VALUE, WHOLE),
    ],
    "scores is an array of bool, expected floats": [lambda: softmax(ones(L, S) > 0)],
    "query is float16, key is float64: convert them to one dtype": [lambda: dot_product_scores(HALF, VALUE)],
    "scores is float64, value is float16: convert them to one dtype": [lambda: attend(ones(L, S), HALF)],
    "query is NumPy, key is torch: convert with torch.from_numpy(x) or x.numpy()": [
        lambda: dot_product_scores(VALUE, TENSOR)
    ],
    "scores is torch, mask is NumPy: convert with": [lambda: attend(TENSOR.T, TENSOR, ones(D, S) > 0)],
    "key is a list, expected an array: np.asarray(key) makes one": [lambda: match_scores(VALUE, [[1.0]])],
    "value is a NoneType, expected an array": [
        lambda: attend(ones(L, S), None),
        lambda: attention(VALUE, VALUE, None),
        lambda: soft_lookup(VALUE, VALUE, None),
    ],
    "mask is a list, expected an array": [lambda: masked([[True]])],
    "mask is int64: masks are boolean, True = may look. A padding mask of 0 and 1 for each token becomes "
    "attention_mask.bool()[:, None, None, :]": [lambda: masked(np.ones((B, S), int))],
    "mask is float with only 0 and 1: a float is added to the scores as a bias; did you mean "
    "`mask.astype(bool)` / `mask.bool()`?": [
        lambda: masked(np.tri(L, S)),
        lambda: masked(torch.ones(L, S, dtype=torch.bfloat16), torch.tensor(SCORES)),
    ],
    "mask is float: a bias of -1e+09 overflows float16: use a boolean mask, True = may look": [
        lambda: masked(np.full((L, S), -1e9), SCORES.astype("float16"))
    ],
    "mask is float: masks are boolean, True = may look; a bias is added before, attend(scores + bias, value)": [
        lambda: masked(np.full((L, S), -1e9)),
        lambda: masked(np.full((L, S), -6e4), SCORES.astype("float16")),
        lambda: masked(np.full((L, S), -np.inf), SCORES.astype("float16")),
    ],
}


@pytest.mark.parametrize(("words", "call"), [(words, call) for words, calls in SHAPES.items() for call in calls])
def test_a_wrong_shape_is_told_in_words(words, call):
    with pytest.raises(ValueError) as told:  # noqa: PT011
        call()
    assert words in str(told.value)


@pytest.mark.parametrize(("words", "call"), [(words, call) for words, calls in KINDS.items() for call in calls])
def test_a_wrong_kind_of_array_is_told_in_words(words, call):
    with pytest.raises(TypeError) as told:
        call()
    assert words in str(told.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: attention(ones(B, 6, L, D), *2 * [np.repeat(ones(B, 3, S, D), 2, axis=-3)]),
        lambda: attention(*(ones(B, n, H, D).swapaxes(1, 2) for n in (L, S, S))),
        lambda: attention(ones(D)[None, :], VALUE, VALUE),
        lambda: attention(*3 * [torch.from_numpy(VALUE)]),
        lambda: masked(np.tri(L, S).astype(bool)),
        lambda: masked(torch.ones(B, S, dtype=int).bool()[:, None, None, :], torch.tensor(SCORES)),
        lambda: masked((ones(B, L, S) > 0)[:, None]),
        lambda: masked((ones(B, 1, 1, S) > 0)[:, 0], SCORES[:, 0]),
        lambda: attend(SCORES + np.full((L, S), -1e9), VALUE),
    ],
)
def test_the_mend_that_a_message_names_is_accepted(call):
    output, _ = call()
    assert output.shape[-2:] in {(L, D), (1, D), (L, 1), (S, D)}
