"""What a wrong call is told, with the shape checks of the tests off: the words that a reader meets.

Each mend is code. Here it is run on the very arrays that were refused, in NumPy and torch, until the call goes through.
"""

import inspect
import re
import warnings

import numpy as np
import pytest
import torch

import attnlib
from attnlib import arrays, attend, causal_mask, document_mask, dot_product_scores, gaussian_scores, softmax
from attnlib import scaled_dot_product_attention as attention

pytestmark = pytest.mark.usefixtures("plain_errors")

B, H, L, S, D = 2, 3, 5, 7, 11


def ones(*shape):
    return np.ones(shape)


# --- shapes: the call, its arguments, the words; and the names of those that the reader has to mend -------------------

SHAPES = [
    (attention, {"query": (L, D), "key": (S, D), "value": (L, D)}, "key has 7 positions, value has 5: each key needs"),
    (attend, {"scores": (L, S), "value": (L, D)}, "scores has 7 keys on its last axis, value has 5 positions: each"),
    (dot_product_scores, {"query": (L, D), "key": (S, 5)}, "query's last axis is 11, key's is 5: they must match"),
    (gaussian_scores, {"query": (L, D), "key": (S, 5)}, "query's last axis is 11, key's is 5: they must match"),
    (attnlib.match_scores, {"query": (L, D), "key": (S, 5)}, "query's last axis is 11, key's is 5: they must match"),
    (attnlib.soft_lookup, {"query": (L, D), "key": (S, D), "value": (L, 1)}, "key has 7 positions, value has 5: each"),
    (dot_product_scores, {"query": (B, 6, L, D), "key": (B, 4, S, D)}, "query has 6 heads, key 4: 6 is not a multiple"),
    (dot_product_scores, {"query": (B, 5, L, D), "key": (B, 0, S, D)}, "query has 5 heads, key 0: 5 is not a multiple"),
    (
        dot_product_scores,
        {"query": (2, L, D), "key": (3, S, D)},
        "query has shape (2, 5, 11), key (3, 7, 11): the axes",
    ),
    (attend, {"scores": (2, L, S), "value": (3, S, D)}, "value (3, 7, 11): the axes before the last two must be equal"),
    (
        dot_product_scores,
        {"query": (S,), "key": (L, D)},
        "query has shape (7,), expected at least two axes (positions,",
    ),
    (
        document_mask,
        {"documents": (2, L), "key_documents": (4, L)},
        "documents has shape (2, 5), key_documents (4, 5):",
    ),
]

MENDABLE = [
    ("value", attend, {"scores": (L, S), "value": (S,)}, "numbers, one at each position, are value[:, None]"),
    ("value", attend, {"scores": (L, 1), "value": (D,)}, "a single vector is value[None, :]"),
    ("scores", attend, {"scores": (S,), "value": (S, D)}, "the scores of a single query are scores[None, :]"),
    (
        "scores value",
        attend,
        {"scores": (S,), "value": (S,)},
        "scores has shape (7,), expected at least two axes (quer",
    ),
    ("query", dot_product_scores, {"query": (D,), "key": (S, D)}, "query has shape (11,), expected at least two axes"),
    (
        "query",
        dot_product_scores,
        {"query": (D,), "key": (S, D)},
        "(positions, features): a single vector is query[Non",
    ),
    ("query", gaussian_scores, {"query": (L,), "key": (S, 1)}, "numbers, one at each position, are query[:, None]"),
    ("query key", gaussian_scores, {"query": (L,), "key": (S,)}, "numbers, one at each position, are query[:, None]"),
    ("query", gaussian_scores, {"query": (), "key": (S, 1)}, "a single number is query[None, None]"),
    ("key", attention, {"query": (L, D), "key": (D,), "value": (1, D)}, "a single vector is key[None, :]"),
    ("query key value", attention, {"query": (L,), "key": (S,), "value": (S,)}, "one at each position, are query[:, N"),
    ("key", dot_product_scores, {"query": (L, D), "key": (D, S)}, "key looks transposed: key.swapaxes(-1, -2)"),
    ("key", dot_product_scores, {"query": (B, 6, L, D), "key": (B, 3, S, D)}, "query has 6 heads, key 3: for grouped"),
    ("key value", attention, {"query": (B, 6, L, D), "key": (B, 3, S, D), "value": (B, 3, S, D)}, "head 2 times first"),
    ("query key", dot_product_scores, {"query": (B, 5, H, D), "key": (B, 3, H, D)}, "query and key have different hea"),
    (
        "query key value",
        attention,
        {"query": (B, 5, H, D), "key": (B, 7, H, D), "value": (B, 7, H, D)},
        "(5 and 7): is the layout (batch, length, heads, dim)? transpose axes 1 and 2",
    ),
    (
        "query key value",
        attention,
        {"query": (L, B, D), "key": (S, B, D), "value": (S, B, D)},
        "is the layout (length, batch, features)?",
    ),
    ("key", dot_product_scores, {"query": (B, L, D), "key": (S, B, D)}, "the layout of key (length, batch, features)?"),
    ("query", dot_product_scores, {"query": (L, B, D), "key": (B, S, D)}, "the layout of query (length, batch, featu"),
    ("key", dot_product_scores, {"query": (B, H, L, D), "key": (B, S, D)}, "key[:, None] adds a heads axis"),
    ("value", attend, {"scores": (B, L, S), "value": (S, B, D)}, "positions stand one axis too far left: value.swapax"),
    ("value", attend, {"scores": (B, 6, L, S), "value": (B, 3, S, D)}, "repeat each value head 2 times first"),
    ("query", attnlib.additive_scores, {"query": (D,), "key": (S, 2), "W_q": (D, 4), "W_k": (2, 4), "w_v": (4,)}, ""),
    ("query key", attnlib.additive_scores, {"query": (L,), "key": (S,), "W_q": (1, 4), "W_k": (1, 4), "w_v": (4,)}, ""),
    ("query key", attnlib.general_scores, {"query": (D,), "key": (S,), "W": (D, 1)}, "a single vector is query[None,"),
    ("query key", attnlib.concat_scores, {"query": (L,), "key": (S,), "W": (2, 4), "w_v": (4,)}, "are query[:, None]"),
    ("query", attnlib.location_scores, {"query": (D,), "W": (D, S)}, "a single vector is query[None, :]"),
    ("memory", attnlib.recall, {"memory": (D,), "query": (L, D)}, "memory has shape (11,), expected (…, d_k, d_v)"),
    ("query", attnlib.recall, {"memory": (D, 2), "query": (D,)}, "a single vector is query[None, :]"),
    ("memory", attnlib.write, {"memory": (B, D, 2), "key": (B, H, S, D), "value": (B, H, S, 2)}, "adds a heads axis"),
    ("key", attnlib.structured_scores, {"key": (D,), "W_k": (D, 2), "W_hops": (2, 3)}, "a single vector is key[None"),
    ("weights", attnlib.redundancy, {"weights": (S,)}, "a single vector is weights[None, :]"),
    (
        "W_k W_v",
        attnlib.multi_head_attention,
        {name: (B, S, D) for name in ("query", "key", "value")}
        | {"W_q": (D, 12), "W_k": (D, 4), "W_v": (D, 2), "W_o": (6, D), "num_heads": 6},
        "it has 2 of 6 heads: for grouped queries repeat each, merge_heads(repeat_heads(split_heads(W_k, 2), 3))",
    ),
    ("x", attnlib.merge_heads, {"x": (L, D)}, "(heads, positions, features): a single head is x[None]"),
    ("x", attnlib.sigma_pi, {"x": (), "conjuncts": [(0,)], "coefficients": (1,)}, "x is a single number, expected at"),
]

# --- masks: what is true of the mask, the scores ----------------------------------------------------------------------

SCORES = {2: (L, S), 3: (B, L, S), 4: (B, H, L, S)}
PADDING, CAUSAL = np.arange(S) < np.array([[4], [6]]), np.tri(L, S, 2) > 0
MASKS = [
    (CAUSAL.T, 2, "mask has shape (7, 5), expected (5, 7): it looks transposed, mask.T"),
    (np.broadcast_to(CAUSAL.T, (B, S, L)), 3, "it looks transposed, mask.swapaxes(-1, -2)"),
    (PADDING, 4, "mask has shape (2, 7), scores (2, 3, 5, 7): a key-padding mask needs the shape (2, 1, 1, 7); see"),
    (
        PADDING,
        3,
        "mask has shape (2, 7), scores (2, 5, 7): a key-padding mask needs the shape (2, 1, 7); see `padding_",
    ),
    (PADDING[:, None, None], 3, "mask has shape (2, 1, 1, 7), scores (2, 5, 7): for scores without a heads axis, mask"),
    (PADDING[:, None] & CAUSAL, 4, "each axis of the mask must be 1 or equal, counted from the last; mask[:, None] ad"),
    (PADDING[:, :L], 4, "counted from the last; mask[:, None, :, None] fits"),
    (CAUSAL[:, 1], 4, "counted from the last; mask[:, None] masks queries"),
    (PADDING.astype(int), 4, "mask is int64: masks are boolean, True = may look; ones and zeros become mask."),
    (CAUSAL.astype(int), 4, "mask is int64: masks are boolean, True = may look; ones and zeros become mask."),
    (CAUSAL.astype(int), 2, "True = may look; ones and zeros become mask."),
    (CAUSAL.astype("uint8").T, 2, "mask is uint8: masks are boolean, True = may look; ones and zeros become mask."),
    (
        CAUSAL.astype(float),
        4,
        "mask is float with only 0 and 1: a float is added to the scores as a bias; did you mean",
    ),
    (PADDING.astype("float32"), 3, "did you mean `mask."),
    (np.where(CAUSAL, 0, -np.inf), 4, "a bias is added before, attend(scores + bias, value); if 0 means that a query"),
    (np.where(PADDING, 0, -1e9), 4, "if 0 means that a query may look, (mask == 0)[:, None, None, :]"),
]


def make(library, shape, *, grad=False):
    """Draw an array of a shape; anything that is no shape of numbers stays as it is."""
    if not (isinstance(shape, tuple) and all(isinstance(n, int) for n in shape)):
        return shape
    drawn = np.random.default_rng(8).standard_normal(shape)
    return drawn if library == "numpy" else torch.tensor(drawn, requires_grad=grad)


def mend(message, names):
    """Return the code that a message proposes for each argument: the first, where it proposes several."""
    found = {}
    for name in names:
        calls = rf"(?:\w+\()*(?:(?:np|torch)\.)?\w+\({name}(?:, [^()]*)?\)(?:, \d+\))*\)*"
        tail = r"(?:\.T\b|\.real\b|\.\w+\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\])"
        code = re.search(rf"{calls}|\({name} == 0\){tail}*|(?<![\w.]){name}{tail}+", message)
        if code:
            found[name] = code[0]
    return found


def follow(call, arguments):
    """Do what the messages say until the call goes through; return its result and the names that were mended."""
    arguments, mended = dict(arguments), set()
    for _ in range(6):
        try:
            return call(**arguments), mended
        except (TypeError, ValueError) as told:
            words = str(told)
        code = mend(words, arguments)
        assert code, f"no mend in: {words}"
        for name, expression in code.items():
            arguments[name] = eval(expression, {"np": np, "torch": torch, **vars(attnlib), name: arguments[name]})
        mended |= set(code)
    raise AssertionError(f"six mends did not help: {words}")


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize(("call", "shapes", "words"), SHAPES, ids=lambda value: getattr(value, "__name__", None))
def test_a_wrong_shape_is_told_in_words_and_no_mend_is_proposed_where_none_helps(library, call, shapes, words):
    integers = call is document_mask
    arguments = {name: make(library, shape) for name, shape in shapes.items()}
    arguments = {name: arrays.as_numpy(a).astype(int) if integers else a for name, a in arguments.items()}
    with pytest.raises(ValueError) as told:  # noqa: PT011
        call(**arguments)
    assert words in str(told.value)
    assert not mend(str(told.value), shapes)


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize(("names", "call", "shapes", "words"), MENDABLE)
def test_the_mend_of_a_shape_runs_on_the_very_arrays_that_were_refused(library, names, call, shapes, words):
    arguments = {name: make(library, shape, grad=True) for name, shape in shapes.items()}
    with pytest.raises(ValueError) as told:  # noqa: PT011
        call(**arguments)
    assert words in str(told.value)
    result, mended = follow(call, arguments)
    assert mended == set(names.split())
    if library == "torch":
        result = result[0] if isinstance(result, tuple) else result
        result.sum().backward()
        assert all(x.grad is not None for x in arguments.values() if isinstance(x, torch.Tensor))


def test_the_mends_of_a_regression_lead_to_the_regression_and_not_to_its_data(array):
    x, y = array(np.linspace(0, 6, S)), array(np.arange(S) % 2)

    def regression(query, key, value):
        return attend(gaussian_scores(query, key), value)

    (output, weights), mended = follow(regression, {"query": x, "key": x, "value": y})
    assert mended == {"query", "key", "value"}
    assert weights.shape == (S, S)
    smooth = np.exp(-((np.asarray(x)[:, None] - np.asarray(x)) ** 2) / 2)
    np.testing.assert_allclose(output[:, 0], smooth @ np.asarray(y) / smooth.sum(1))


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize(("mask", "axes", "words"), MASKS)
def test_the_mend_of_a_mask_runs_on_the_very_mask_and_hides_what_it_meant_to_hide(library, mask, axes, words):
    scores = make(library, SCORES[axes], grad=True)
    value = make(library, (S, D))
    given = np.ascontiguousarray(mask) if library == "numpy" else torch.tensor(mask)
    with pytest.raises((TypeError, ValueError)) as told:
        attend(scores, value, given)
    assert words in str(told.value)
    (output, weights), mended = follow(attend, {"scores": scores, "value": value, "mask": given})
    assert mended == {"mask"}
    visible = mask == 0 if (mask.dtype.kind == "f" and (mask < 0).any()) else mask != 0
    count = (arrays.as_numpy(weights) > 0).sum()
    assert count == visible.mean() * np.prod(SCORES[axes])
    if library == "torch":
        output.sum().backward()
        assert scores.grad is not None


# --- kinds: what is no array, or an array of something else -----------------------------------------------------------

FLOATS, TENSOR = ones(S, D), torch.ones(S, D)
with warnings.catch_warnings():  # prototypes, as torch says of both
    warnings.simplefilter("ignore")
    HIDDEN = torch.masked.masked_tensor(TENSOR, TENSOR > 0)
    JAGGED = torch.nested.nested_tensor([TENSOR, TENSOR[:2]], layout=torch.jagged)
KINDS = [
    (
        dot_product_scores,
        {"query": ones(L, D).astype(int), "key": FLOATS},
        "query is an array of int64, expected floats",
    ),
    (dot_product_scores, {"query": torch.ones(L, D, dtype=int), "key": TENSOR}, "token ids must be embedded first"),
    (dot_product_scores, {"query": ones(L, D) > 0, "key": FLOATS}, "query is an array of bool, expected floats"),
    (dot_product_scores, {"query": ones(L, D) * 1j, "key": FLOATS}, "query is an array of complex128, expected floats"),
    (
        dot_product_scores,
        {"query": ones(L, D).astype("float16"), "key": FLOATS},
        "query is float16, key is float64: con",
    ),
    (
        dot_product_scores,
        {"query": TENSOR.half(), "key": TENSOR.bfloat16()},
        "query is float16, key is bfloat16: conver",
    ),
    (
        dot_product_scores,
        {"query": TENSOR, "key": TENSOR.double()},
        "query is float32, key is float64: convert them to",
    ),
    (
        dot_product_scores,
        {"query": FLOATS, "key": TENSOR.double()},
        "query is NumPy, key is torch: convert with torch.f",
    ),
    (dot_product_scores, {"query": FLOATS, "key": TENSOR}, "convert with torch.from_numpy(x) or x.numpy()"),
    (
        dot_product_scores,
        {"query": [[1.0, 2.0]], "key": ones(S, 2)},
        "query is a list, expected an array: np.asarray(q",
    ),
    (
        dot_product_scores,
        {"query": [[1.0, 2.0]], "key": torch.ones(S, 2)},
        "an array: torch.as_tensor(query) makes one",
    ),
    (attend, {"scores": ones(L, 1), "value": 3}, "value is a int, expected an array: np.asarray(value) makes one"),
    (attend, {"scores": ones(L, 1), "value": [[3]]}, "value is a list, expected an array: np.asarray(value) makes one"),
    (attend, {"scores": TENSOR, "value": ones(D, 2), "mask": ones(S, D) > 0}, "value is NumPy"),
    (attend, {"scores": FLOATS, "value": ones(D, 2), "mask": [[True] * D] * S}, "mask is a list, expected an array"),
    (
        dot_product_scores,
        {"query": FLOATS.astype(">f8"), "key": FLOATS},
        "query is big-endian (>f8), expected this mach",
    ),
    (
        dot_product_scores,
        {"query": np.ma.array(FLOATS), "key": FLOATS},
        "query is a masked array, expected a plain one:",
    ),
    (dot_product_scores, {"query": FLOATS.view(np.matrix), "key": FLOATS}, "query is a np.matrix, expected an array"),
    (dot_product_scores, {"query": TENSOR.to_sparse(), "key": TENSOR}, "of layout torch.sparse_coo, expected a dense"),
    (dot_product_scores, {"query": HIDDEN, "key": TENSOR}, "query is a MaskedTensor of layout torch.strided, expected"),
    (
        dot_product_scores,
        {"query": JAGGED, "key": TENSOR},
        "query is a NestedTensor of layout torch.jagged, expected a",
    ),
    (document_mask, {"documents": ones(L)}, "documents is an array of float64, expected whole numbers"),
]
NO_MEND = [
    (lambda: attend(ones(L, S), None), TypeError, "value is a NoneType, expected an array"),
    (lambda: softmax("scores"), TypeError, "scores is a str, expected an array"),
    (lambda: softmax([[1.0], [2.0, 3.0]]), TypeError, "its rows have different lengths, pad them first"),
    (lambda: softmax(np.array([None])), TypeError, "scores is an array of object, expected floats"),
    (lambda: softmax(ones(L, S), axis=5), ValueError, "axis is 5, but scores has shape (5, 7): expected -2 to 1"),
    (lambda: softmax(ones(L, S), axis=-3), ValueError, "axis is -3, but scores has shape (5, 7): expected -2 to 1"),
    (lambda: softmax(ones(L, S), axis=(0, 1)), TypeError, "axis is (0, 1), expected a whole number"),
    (lambda: softmax(ones(L, S), axis=None), TypeError, "axis is None, expected a whole number"),
    (lambda: softmax(ones()), ValueError, "axis is -1, but scores has shape (): expected an array with at least one"),
    (lambda: attnlib.log_sum_exp(ones(L), axis=1), ValueError, "axis is 1, but scores has shape (5,): expected -1 to"),
    (lambda: dot_product_scores(FLOATS, FLOATS, scale="0.5"), TypeError, "scale is '0.5', expected a finite number"),
    (lambda: dot_product_scores(FLOATS, FLOATS, scale=ones(D)), TypeError, "expected a finite number"),
    (lambda: dot_product_scores(FLOATS, FLOATS, scale=np.nan), ValueError, "scale is nan, expected a finite number"),
    (lambda: dot_product_scores(FLOATS, FLOATS, scale=True), TypeError, "scale is True, expected a finite number"),
    (lambda: attnlib.softcap(FLOATS, None), TypeError, "cap is None, expected a positive, finite number"),
    (
        lambda: gaussian_scores(FLOATS, FLOATS, bandwidth=[1]),
        TypeError,
        "bandwidth is [1], expected a positive, finite",
    ),
    (lambda: attend(ones(L, S), FLOATS, normalize=None), TypeError, "normalize is None, expected a function of scores"),
    (
        lambda: attend(ones(L, S), FLOATS, normalize=lambda s: None),
        TypeError,
        "weights is a NoneType, expected an array",
    ),
    (
        lambda: attend(ones(L, S), FLOATS, normalize=lambda s: s > 0),
        TypeError,
        "weights is an array of bool, expected floats",
    ),
    (
        lambda: attend(ones(L, S), FLOATS, normalize=lambda s: s.sum(-1)),
        ValueError,
        "normalize returned weights of shape (5,) for scores of shape (5, 7): expected one weight for each score",
    ),
    (
        lambda: attend(ones(L, S), FLOATS, ones(B, L, L) > 0),
        ValueError,
        "mask has shape (2, 5, 5), scores (5, 7): each",
    ),
    (
        lambda: attend(FLOATS.astype("float16"), ones(D, 1).astype("float16"), np.full((S, D), -1e9)),
        TypeError,
        "overflo",
    ),
    (lambda: attend(FLOATS, ones(D, 1), np.full((S, D), -2.5)), TypeError, "a bias is added before, attend(scores + b"),
    (lambda: attnlib.padding_mask(3, 3), TypeError, "lengths is 3, expected a list or an array with one length for"),
    (lambda: attnlib.padding_mask("ab", 3), TypeError, "lengths is 'ab', expected a list or an array"),
    (lambda: attnlib.padding_mask([[1], [1, 2]], 3), TypeError, "lengths is [[1], [1, 2]], expected a list"),
    (lambda: document_mask(np.array(3)), ValueError, "documents is a single number, expected one for each position"),
    (lambda: attnlib.sigma_pi(ones(3), 5, ones(1)), TypeError, "conjuncts is 5, expected lists of places"),
    (
        lambda: attnlib.sigma_pi(ones(3), "ab", ones(2)),
        TypeError,
        "a place in conjuncts is 'a', expected a whole number",
    ),
    (lambda: causal_mask(torch.tensor(3.0)), TypeError, "num_queries is tensor(3.), expected a whole number"),
    (lambda: attend(FLOATS, ones(D, 1), np.full((S, D), "x")), TypeError, "mask is <U1: masks are boolean, True = may"),
    (lambda: causal_mask("3"), TypeError, "num_queries is '3', expected a whole number"),
]


@pytest.mark.parametrize(("call", "arguments", "words"), KINDS)
def test_the_mend_of_a_kind_runs_on_the_very_arrays_that_were_refused(call, arguments, words):
    with pytest.raises(TypeError) as told:
        call(**arguments)
    assert words in str(told.value)
    follow(call, arguments)


@pytest.mark.parametrize(("call", "error", "words"), NO_MEND)
def test_no_bare_error_reaches_a_reader(call, error, words):
    with pytest.raises(error) as told:
        call()
    assert words in str(told.value)


ODD = {
    "a list": [1.0, 2.0],
    "nothing": None,
    "a word": "0.5",
    "a number": 3,
    "another rank": ones(2, 3, 5, 7, 11),
    "a vector": ones(4),
    "no axis": ones(),
    "other dtype": np.ones((4, 4), "float16"),
    "whole numbers": np.ones((4, 4), int),
    "a tensor": torch.ones(4, 4),
    "empty": ones(0, 0),
    "objects": np.array([[None]]),
}
OURS = re.compile(r"expected|must|did you mean|each key|convert|different heads|multiple of|masks are|x has only")


@pytest.mark.parametrize("library", [np.asarray, torch.tensor], ids=["numpy", "torch"])
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", attnlib.__all__)
def test_whatever_one_argument_is_the_answer_is_a_result_or_a_sentence(name, odd, library):
    function = getattr(attnlib, name)
    given = {"conjuncts": [(0, 1)], "axis": -1, "num_queries": 4, "num_keys": 4, "prefix": 2, "width": 2.0, "cap": 2.0}
    given |= {"lengths": np.array([2, 3]), "documents": np.zeros(4, int), "num_positions": 4, "biases": ones(3)}
    given |= {"num_heads": 2, "num_groups": 2, "x": ones(3, 4, 4) if name.endswith("_heads") else ones(4, 4)}
    given |= {"w_v": ones(4), "coefficients": ones(1), "W_q": ones(4, 4), "W_k": ones(4, 4), "W_gates": ones(4, 4)}
    given |= {"length": 4, "d_model": 4, "num_heads": 4, "positions": np.arange(4), "table": ones(3, 4)}
    if name == "lstmn":
        given |= {"W_q": ones(8, 4), "W_gates": ones(8, 16)}
    if name == "concat_scores":
        given["W"] = ones(8, 4)
    if name == "flash_attention_backward":
        given["logsumexp"] = ones(4)
    if name == "fast_flash_attention":
        library = np.asarray  # tensors have their own, in attnlib.models
    given |= {"d": 4, "sram": 99} | {part: (library(ones(4, 4)), library(ones(4))) for part in ("partial", "other")}
    parameters = inspect.signature(function).parameters
    needed = {n: given.get(n, ones(4, 4)) for n, p in parameters.items() if p.default is p.empty}
    needed = {n: library(value) if isinstance(value, np.ndarray) else value for n, value in needed.items()}
    function(**needed)
    for parameter in parameters:
        words = ""
        try:
            function(**{**needed, parameter: ODD[odd]})
        except (TypeError, ValueError) as told:
            words = str(told)
        assert not words or OURS.search(words), f"{parameter}: {words}"


# --- the checks themselves --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zero_d", [np.array(0.5), np.float64(0.5), np.array(0.5, "float16"), np.array(1)])
def test_a_number_in_an_array_does_not_widen_float32(zero_d):
    query = np.ones((2, 4), "float32")
    assert dot_product_scores(query, query, scale=zero_d).dtype == np.float32
    assert gaussian_scores(query, query, bandwidth=zero_d).dtype == np.float32
    assert attnlib.softcap(query, zero_d).dtype == np.float32
    assert attnlib.soft_lookup(query, query, query, sharpness=zero_d)[0].dtype == np.float32
    assert attnlib.gaussian_window(query[0], 3, width=zero_d).dtype == np.float32
    assert attnlib.write(query, query[:, :2], query, keep=zero_d).dtype == np.float32


@pytest.mark.parametrize("three", [3, np.int64(3), np.array(3), torch.tensor(3)])
def test_a_count_may_be_a_number_of_any_library(three):
    assert causal_mask(three).shape == causal_mask(2, three).shape[1:] * 2 == (3, 3)
    assert attnlib.padding_mask([1, 2], three).shape == (2, 1, 1, 3)
    assert attnlib.distance_bias(ones(3), three).shape == attnlib.gaussian_window(ones(3), three, width=1.0).shape


def test_a_number_that_is_a_tensor_keeps_its_gradient():
    scale = torch.tensor(0.5, requires_grad=True)
    dot_product_scores(TENSOR, TENSOR, scale=scale).sum().backward()
    assert scale.grad == S * S * D


def test_an_unknown_word_is_told_the_nearest_known_one():
    for word, error, words in (
        ("grean", ValueError, "colour is 'grean', did you mean 'green'?"),
        ("x", ValueError, "colour is 'x', expected one of red, green"),
        (5, TypeError, "colour is 5, expected one of red, green"),
    ):
        with pytest.raises(error, match=re.escape(words)):
            arrays.check_word("colour", word, ("red", "green"))
    arrays.check_word("colour", "red", ("red", "green"))


@pytest.mark.parametrize(
    ("check", "good", "bad", "words"),
    [
        (arrays.check_share, (0, 0.5, 1), (-0.1, 1.1, np.nan), "expected a number from 0 to 1"),
        (arrays.check_amount, (0, 7), (-1, np.inf, np.nan), "expected a finite number, 0 or more"),
        (arrays.check_positive, (1e-9, 7), (0, -1, np.inf, np.nan), "expected a positive, finite number"),
        (arrays.check_number, (-1, 0, 7.5), (np.inf, -np.inf, np.nan), "expected a finite number"),
    ],
)
def test_a_number_is_returned_or_refused(check, good, bad, words):
    assert [check("it", number) for number in good] == list(good)
    for number in bad:
        with pytest.raises(ValueError, match=f"^it is {number}, {words}$"):
            check("it", number)


def test_arrays_of_amounts_and_arrays_that_broadcast(array):
    arrays.check_amounts(one=array([0, 1]), two=array([]))
    arrays.check_broadcast(one=array(ones(2, 1)), two=array(ones(3)))
    with pytest.raises(ValueError, match=r"^two has a negative, infinite or missing number"):
        arrays.check_amounts(one=array([0]), two=array([1, np.nan]))
    with pytest.raises(ValueError, match=r"^one has shape \(2, 3\), two \(2,\): counted from the last"):
        arrays.check_broadcast(one=array(ones(2, 3)), two=array(ones(2)))


def test_a_tensor_from_anywhere_can_be_drawn_or_counted():
    tensor = torch.ones(2, 2, dtype=torch.bfloat16, requires_grad=True)
    assert arrays.as_numpy(tensor).dtype == np.float32
    assert arrays.as_numpy(torch.ones(2, dtype=bool)).dtype == bool
    assert arrays.as_numpy([1, 2]).shape == (2,)
