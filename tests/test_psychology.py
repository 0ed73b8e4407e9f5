"""The models of Part I in one table: each way in which torch can run them, half precision, and mends that mend."""

import math
import re

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from attnlib.notebook import listen
from attnlib.psychology.cocktail_party import kept_share, level_difference, resynthesize, selection_gain, spectrogram
from attnlib.psychology.filter import notice_probability, share_capacity
from attnlib.psychology.partial_report import estimate_held, letters_available, row_mask, slip_places
from attnlib.psychology.saliency import feature_maps, gaussian_pyramid, promote, rescale, saliency_map, scan_path
from attnlib.psychology.selection import allocate_bits, distortion, transmit, transmitted_bits

pytestmark = pytest.mark.usefixtures("plain_errors")

MANY = 4096


def amounts(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(math.prod(shape))) + 0.5


# --- each way in which torch can run a formula ------------------------------------------------------------------------

FORMULAS = {  # name: (a call of tensors alone, the tensors)
    "allocate_bits": (lambda importance: allocate_bits(importance, 3.0), amounts(2, 7)),
    "distortion": (distortion, amounts(5, 1), amounts(7)),
    "estimate_held": (estimate_held, amounts(2, 6) > 1, torch.eye(6, dtype=torch.bool)[:5] | (amounts(5, 6) > 1)),
    "letters_available": (lambda t: letters_available(t, lasting=4.0, fading=8.0, half_life=0.5), amounts(2, 5)),
    "notice_probability": (lambda s, t: notice_probability(s, t, gate=0.3), amounts(5, 1), amounts(7)),
    "row_mask": (lambda rows: row_mask(rows, 3, 5), torch.tensor([[0, 2], [1, 1]])),
    "share_capacity": (lambda demand: share_capacity(demand, 2.0), amounts(2, 7)),
    "transmitted_bits": (transmitted_bits, amounts(5, 7)),
}
NO_SLOPE = {"estimate_held", "row_mask"}  # of booleans and rows


@pytest.fixture(params=FORMULAS)
def formula(request):
    call, *tensors = FORMULAS[request.param]
    return request.param, call, tensors, call(*tensors)


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`")  # in array-api-compat
def test_compiled_into_one_graph(formula, dynamic):
    _, call, tensors, expected = formula
    torch._dynamo.reset()
    found = torch.compile(call, fullgraph=True, backend="eager", dynamic=dynamic)(*tensors)
    torch.testing.assert_close(found, expected)


def test_mapped_over_any_of_its_arguments(formula):
    _, call, tensors, expected = formula
    for mapped in range(len(tensors)):
        dims = tuple(0 if n == mapped else None for n in range(len(tensors)))
        two = [torch.stack([each, each.flip(0)]) if n == mapped else each for n, each in enumerate(tensors)]
        found = torch.func.vmap(call, in_dims=dims)(*two)
        torch.testing.assert_close(found[0], expected)
        flipped = [each.flip(0) if n == mapped else each for n, each in enumerate(tensors)]
        torch.testing.assert_close(found[1], call(*flipped))


def test_differentiated_by_a_function(formula):
    name, call, tensors, _ = formula
    if name in NO_SLOPE:
        return
    everything = tuple(range(len(tensors)))
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    expected = torch.autograd.grad((call(*leaves) ** 2).sum(), leaves)
    assert all(gradient.isfinite().all() and gradient.any() for gradient in expected)
    found = torch.func.grad(lambda *each: (call(*each) ** 2).sum(), argnums=everything)(*tensors)
    torch.testing.assert_close(found, expected)


def test_under_autocast_and_in_inference_mode_the_result_is_the_same(formula):
    _, call, tensors, expected = formula
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(call(*tensors), expected)
    with torch.inference_mode():
        torch.testing.assert_close(call(*tensors), expected)


def test_on_the_meta_device_shapes_and_dtypes_are_right(formula):
    _, call, tensors, expected = formula
    found = call(*(tensor.to("meta") for tensor in tensors))
    assert (found.shape, found.dtype, found.device.type) == (expected.shape, expected.dtype, "meta")


# --- half precision ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda ones: transmitted_bits(ones[:2] / 64), 0),
        (lambda ones: transmitted_bits((ones[:2].T @ ones[:2]) * 0 + ones[0] * 8), 0),
        (lambda ones: transmitted_bits(make_like(np.eye(300), ones)), math.log2(300)),
        (lambda ones: share_capacity(ones[0], MANY / 2), 0.5),
        (lambda ones: allocate_bits(ones[0], 2.0 * MANY), 2),
        (lambda ones: distortion(13 * ones[0], 4096 * ones[0]), 4.0**-7),
        (lambda ones: estimate_held(ones > 0, ones[:1] > 0), MANY),
        (lambda ones: letters_available(ones[0], lasting=4.0, fading=8.0, half_life=1.0), 8),
        (lambda ones: notice_probability(ones[0] * math.log(81), ones[0] * math.log(9), gate=1.0), 0.9),
    ],
)
def test_half_precision_counts_thousands(narrow, call, expected):
    make, eps = narrow
    ones = make(np.ones((2, MANY)))
    assert_allclose(torch.as_tensor(call(ones)).double(), expected, rtol=4 * eps, atol=4 * eps)


def make_like(numbers, like):
    return torch.tensor(numbers, dtype=like.dtype) if isinstance(like, torch.Tensor) else numbers.astype(like.dtype)


def test_seventy_thousand_numbers_in_half_precision_are_more_than_it_can_count(narrow):
    make, eps = narrow
    ones = make(np.ones(70_000))
    for found in (share_capacity(ones, 35_000.0), allocate_bits(ones, 35_000.0)):
        assert found.dtype == ones.dtype
        assert_allclose(torch.as_tensor(found).double(), 0.5, rtol=4 * eps)
    table = make(np.ones((2, 35_000)))
    assert transmitted_bits(table).dtype == table.dtype
    assert abs(float(transmitted_bits(table))) < 4 * eps


# --- what a wrong call is told, and what comes of following it --------------------------------------------------------

GREY, STACK, CELLS = np.full((64, 67), 0.3), np.full((3, 64, 67), 0.3), np.full((2, 1, 1), 3.0)
GENERATOR = np.random.default_rng(0)
MENDABLE = [  # the argument to be mended, the call, what was given, and a word of the message
    ("importance", lambda importance: allocate_bits(importance, 1.0), np.array(2.0), "no item to divide"),
    ("importance", lambda importance: allocate_bits(importance, 1.0), torch.tensor(2.0), "no item to divide"),
    ("importance", lambda importance: allocate_bits(importance, 1.0), [2.0, 1.0], "is a list"),
    ("counts", transmitted_bits, np.array([[2, 1]]), "is an array of int64"),
    ("demand", lambda demand: share_capacity(demand, 1.0), np.array(2.0), "single number"),
    ("demand", lambda demand: share_capacity(demand, 1.0), torch.tensor(2.0), "single number"),
    ("signal", lambda signal: notice_probability(signal, np.ones(2)), np.ma.ones(2), "is a masked array"),
    ("signal", lambda signal: notice_probability(signal, torch.ones(2)), np.ones(2, "float32"), "signal is NumPy"),
    ("delay", lambda delay: letters_available(delay, lasting=1, fading=1, half_life=1), [0.0], "is a list"),
    ("rows", lambda rows: row_mask(rows, 3, 5), [0, 1], "is a list"),
    ("rows", lambda rows: row_mask(rows, 3, 5), torch.tensor([0.0, 1.0]), "expected whole numbers"),
    (
        "held",
        lambda held: estimate_held(held, np.ones((1, 5), bool)),
        np.ones(5),
        "is float64, expected an array of bo",
    ),
    ("letters", lambda letters: slip_places(letters, KEEPS, rng=GENERATOR), torch.arange(2), "is a torch tensor"),
    ("letters", lambda letters: slip_places(letters, KEEPS, rng=GENERATOR), [5, 6], "is a list"),
    (
        "keeps",
        lambda keeps: slip_places(np.array(5)[None], keeps, rng=GENERATOR),
        np.ones(1),
        "expected an array of bo",
    ),
    ("rng", lambda rng: slip_places(np.arange(2), KEEPS, rng=rng), 7, "is a int, expected a generator"),
    ("rng", lambda rng: transmit(*3 * [np.ones(2)], rng), None, "is a NoneType, expected a generator"),
    ("sound", spectrogram, [0.0, 1.0], "is a list"),
    ("sound", spectrogram, torch.ones(5, requires_grad=True), "is a torch tensor"),
    ("sound", spectrogram, torch.ones(5, dtype=torch.bfloat16), "is a torch tensor"),
    ("sound", lambda sound: listen(sound, "one"), [0.0, 1.0], "is a list"),
    ("cells", lambda cells: resynthesize(cells, 3), np.zeros((257, 4)), "expected complex cells"),
    ("ears", level_difference, CELLS, "expected complex cells"),
    ("ears", level_difference, torch.tensor(CELLS) + 0j, "is a torch tensor"),
    ("weights", lambda weights: kept_share(weights, CELLS + 0j), CELLS > 1, "is an array of bool"),
    ("weights", lambda weights: selection_gain(weights, CELLS + 0j, CELLS + 1j), torch.tensor(CELLS), "torch tensor"),
    ("cells", lambda cells: kept_share(CELLS, cells), CELLS, "expected complex cells"),
    ("image", lambda image: gaussian_pyramid(image, 2), torch.tensor(GREY), "is a torch tensor"),
    ("image", lambda image: gaussian_pyramid(image, 2), np.array([[1.0, np.nan]]), "infinite or missing"),
    ("feature_map", rescale, [[1.0, 2.0]], "is a list"),
    ("feature_map", promote, np.array([[1.0, np.nan, 0.0]]), "infinite or missing"),
    ("saliency", lambda saliency: scan_path(saliency, 2), torch.tensor(GREY), "is a torch tensor"),
    ("image", lambda image: saliency_map(image, finest=0), GREY, "makes three of grey"),
    ("image", lambda image: saliency_map(image, finest=0), STACK, "puts the colours last"),
    ("image", lambda image: saliency_map(image, finest=0), np.full((64, 67, 4), 0.3), "drops a fourth channel"),
    ("image", lambda image: feature_maps(image, finest=0), np.full((64, 67, 3), 200.0), "from 200 to 200, expected 0"),
    ("image", lambda image: feature_maps(image, finest=0), np.full((64, 67, 3), -1.0), "from -1 to -1, expected 0"),
    ("image", lambda image: feature_maps(image, finest=0), np.full((64, 67, 3), np.nan), "from nan to nan"),
    ("image", lambda image: feature_maps(image, finest=0), np.full((9, 67, 3), 0.3), "np.kron"),
]
KEEPS = np.ones(2, dtype=bool)


def mend(message, name):
    """Find the code in a message: what begins with a library or with the argument's own name."""
    inside = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"  # brackets in brackets in brackets
    function = rf"(?:np|torch)\.\w[\w.]*{inside}(?:\.clip{inside})?"
    method, operation = rf"\b{name}(?:\[[^\]]*\]|\.\w+{inside})+", rf"\b{name} (?:==|/) \d+"
    found = re.findall(f"{function}|{method}|{operation}", message)
    return next(code for code in found if not re.search(r"\bx\b", code))  # x stands for any array


@pytest.mark.parametrize(("name", "call", "given", "words"), MENDABLE)
def test_the_mend_that_a_message_names_mends(name, call, given, words):
    with pytest.raises((TypeError, ValueError)) as told:
        call(given)
    assert words in str(told.value)
    name = {"keeps": "keeps_place"}.get(name, name)
    assert name in str(told.value)
    call(eval(mend(str(told.value), name), {"np": np, "torch": torch, name: given}))


@pytest.mark.parametrize(
    "call",
    [
        lambda two: transmitted_bits(np.ma.array(two)),
        lambda two: distortion(two, torch.tensor(two)),
        lambda two: transmit(torch.tensor(two), two, two, GENERATOR),
        lambda two: estimate_held(two > 0, torch.tensor(two) > 0),
        lambda two: slip_places(np.ma.array([1, 2]), KEEPS, rng=GENERATOR),
        lambda two: slip_places(np.array([1, 2]), torch.tensor(KEEPS), rng=GENERATOR),
        lambda two: spectrogram(np.ma.array(two)),
        lambda two: level_difference(np.ma.array(CELLS + 0j)),
        lambda two: kept_share(torch.tensor(two), two + 0j),
        lambda two: scan_path(np.ma.array(two), 1),
        lambda two: saliency_map(np.ma.ones((64, 64, 3)), finest=0),
        lambda two: listen(np.ma.array(two), "two"),
    ],
)
def test_masked_arrays_and_mixed_libraries_are_named(call):
    with pytest.raises(TypeError, match=r"is a masked array, expected a plain one|is a torch tensor|is torch|is NumPy"):
        call(np.ones((1, 2)))


@pytest.mark.parametrize("number", ["4", None, [4.0], True, np.ones(2)])
def test_a_number_that_is_none_is_named(number):
    ones = np.ones(2)
    for call, name in [
        (lambda: letters_available(ones, lasting=number, fading=1, half_life=1), "lasting"),
        (lambda: letters_available(ones, lasting=1, fading=number, half_life=1), "fading"),
        (lambda: letters_available(ones, lasting=1, fading=1, half_life=number), "half_life"),
        (lambda: notice_probability(ones, ones, gate=number), "gate"),
        (lambda: share_capacity(ones, number), "capacity"),
        (lambda: allocate_bits(ones, number), "capacity"),
    ]:
        with pytest.raises(TypeError, match=f"^{name} is {re.escape(repr(number))}, expected a"):
            call()
