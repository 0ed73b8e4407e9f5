"""One table: every formula of the library under each way in which torch can run it."""

import math

import numpy as np
import pytest
import torch

import attnlib
from attnlib import additive

B, H, L, S, D, D_V, D_A = 2, 3, 5, 7, 4, 6, 8


def shaped(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(math.prod(shape)))


FORMULAS = {  # name: (a call of tensors alone, the tensors)
    "additive_scores": (shaped(B, H, L, D), shaped(B, H, S, D_V), shaped(D, D_A), shaped(D_V, D_A), shaped(D_A)),
    "alibi_bias": (shaped(L, S),),
    "alibi_slopes": (shaped(H),),
    "align_both": (shaped(B, L, S), shaped(B, L, D), shaped(B, S, D_V)),
    "attend": (shaped(B, H, L, S), shaped(B, H, S, D_V)),
    "attention_pool": (shaped(B, S, D), shaped(3, D_A), shaped(D, D_A), shaped(D, D_V)),
    "causal_mask": (shaped(L, S),),
    "concat_scores": (shaped(B, H, L, D), shaped(B, H, S, D_V), shaped(D + D_V, D_A), shaped(D_A)),
    "cross_attention": (shaped(B, L, D), shaped(B, S, D_V), shaped(D, D_A), shaped(D_V, D_A), shaped(D_V, 3)),
    "delta_write": (shaped(B, D, D_V), shaped(B, S, D), shaped(B, S, D_V)),
    "distance_bias": (shaped(7),),
    "document_mask": (torch.tensor([[0, 0, 1], [0, 1, 1]]), torch.tensor([[0, 1], [1, 1]])),
    "dot_product_scores": (shaped(B, H, L, D), shaped(B, H, S, D)),
    "flash_attention": (shaped(B, H, L, D), shaped(B, H, S, D), shaped(B, H, S, D_V)),
    "flash_attention_backward": (
        *(shaped(B, H, L, D), shaped(B, H, S, D), shaped(B, H, S, D_V)),
        *(shaped(B, H, L, D_V), shaped(B, H, L), shaped(B, H, L, D_V)),
    ),
    "gaussian_scores": (shaped(B, H, L, D), shaped(B, H, S, D)),
    "gaussian_window": (shaped(B, L),),
    "general_scores": (shaped(B, H, L, D), shaped(B, H, S, D_V), shaped(D, D_V)),
    "location_scores": (shaped(B, L, D), shaped(D, S)),
    "log_sum_exp": (shaped(B, H, L, S),),
    "lstmn": (shaped(B, L, D), shaped(D + D_V, D_A), shaped(D_V, D_A), shaped(D_A), shaped(D + D_V, 4 * D_V)),
    "match_scores": (shaped(B, H, L, D), shaped(B, H, S, D)),
    "merge_heads": (shaped(B, H, L, D),),
    "multi_head_attention": (
        shaped(B, L, D),
        shaped(B, S, D_V),
        shaped(B, S, D),
        *(shaped(D, 2 * H), shaped(D_V, 2 * H), shaped(D, 5 * H), shaped(5 * H, D_A)),
    ),
    "merge": (shaped(B, L, D), shaped(B, L), shaped(B, 1, L, D), shaped(B, 1, L)),
    "padding_mask": (torch.tensor([3, 5]),),
    "prefix_mask": (shaped(L, S),),
    "recall": (shaped(B, D, D_V), shaped(B, L, D)),
    "redundancy": (shaped(B, 3, S),),
    "relative_output": (shaped(B, H, L, S), shaped(5, D_V)),
    "relative_scores": (shaped(B, H, L, D), shaped(5, D)),
    "rotate": (shaped(B, H, L, D), shaped(L)),
    "repeat_heads": (shaped(B, H, S, D),),
    "scaled_dot_product_attention": (shaped(B, H, L, D), shaped(B, H, S, D), shaped(B, H, S, D_V)),
    "self_attention": (shaped(B, L, D), shaped(D, D_A), shaped(D, D_A) / 2, shaped(D, D_V)),
    "sigma_pi": (shaped(B, 4), shaped(2)),
    "sinusoidal_positions": (shaped(L, D),),
    "soft_lookup": (shaped(B, H, L, D), shaped(B, H, S, D), shaped(B, H, S, D_V)),
    "softcap": (shaped(B, H, L, S),),
    "softmax": (shaped(B, H, L, S),),
    "split_heads": (shaped(B, L, D),),
    "structured_scores": (shaped(B, S, D), shaped(D, D_A), shaped(D_A, 3)),
    "unnormalized": (shaped(B, L, S),),
    "window_mask": (shaped(L, S),),
    "write": (shaped(B, D, D_V), shaped(B, S, D), shaped(B, S, D_V)),
}
CALLS = {  # what a formula takes besides tensors
    "alibi_bias": lambda x: attnlib.alibi_bias(H, *x.shape, like=x),
    "alibi_slopes": lambda x: attnlib.alibi_slopes(H, like=x),
    "attend": lambda scores, value: attnlib.attend(scores, value, attnlib.causal_mask(*scores.shape[-2:], like=scores)),
    "causal_mask": lambda x: attnlib.causal_mask(*x.shape, like=x),
    "distance_bias": lambda biases: attnlib.distance_bias(biases, L),
    "flash_attention": lambda *tensors: attnlib.flash_attention(*tensors, causal=True, block_q=2, block_k=3),
    "flash_attention_backward": lambda *tensors: attnlib.flash_attention_backward(*tensors, causal=True, block_q=2),
    "gaussian_window": lambda centers: attnlib.gaussian_window(centers, S, width=2.0),
    "multi_head_attention": lambda query, key, *others: attnlib.multi_head_attention(
        query,
        key,
        *others,
        num_heads=H,
        mask=attnlib.causal_mask(query.shape[-2], key.shape[-2], like=query),
    ),
    "merge": lambda one, its_lse, two, other_lse: attnlib.merge((one, its_lse), (two, other_lse)),
    "padding_mask": lambda lengths: attnlib.padding_mask(lengths, S),
    "prefix_mask": lambda x: attnlib.prefix_mask(*x.shape, prefix=2, like=x),
    "relative_scores": lambda query, table: attnlib.relative_scores(query, table, S),
    "repeat_heads": lambda x: attnlib.repeat_heads(x, 2),
    "sigma_pi": lambda x, coefficients: attnlib.sigma_pi(x, [(0, 1), (2,)], coefficients),
    "sinusoidal_positions": lambda x: attnlib.sinusoidal_positions(*x.shape, like=x),
    "softcap": lambda scores: attnlib.softcap(scores, 2.0),
    "split_heads": lambda x: attnlib.split_heads(x, 2),
    "window_mask": lambda x: attnlib.window_mask(*x.shape, left=1, right=2, like=x),
    "write": lambda *tensors: attnlib.write(*tensors, keep=0.5),
}
MASKS = {"causal_mask", "document_mask", "padding_mask", "prefix_mask", "window_mask"}
MADE = {"alibi_bias", "alibi_slopes", "sinusoidal_positions"}  # of lengths alone: a tensor only lends its library
NO_TENSORS = {"fast_flash_attention", "hbm_accesses"}  # NumPy alone, in place; whole numbers
IN_PIECES = {"additive_scores", "concat_scores", "lstmn"}  # what is done at once in small cases
CASES = [(name, False) for name in FORMULAS] + [(name, True) for name in sorted(IN_PIECES)]


def parts(result):
    """Flatten an output, a pair of output and weights, or two such pairs."""
    return [x for part in result for x in parts(part)] if isinstance(result, tuple) else [result]


@pytest.fixture(params=CASES, ids=lambda case: case[0] + ", in pieces" * case[1])
def formula(request, monkeypatch, plain_errors):
    """Return a formula, its tensors and what it gives in eager mode; large cases as a loop over pieces."""
    name, in_pieces = request.param
    if in_pieces:
        monkeypatch.setattr(additive, "NUMBERS_AT_ONCE", 1)
    call, tensors = CALLS.get(name, getattr(attnlib, name)), FORMULAS[name]
    return name, call, tensors, parts(call(*tensors))


def total(call):
    return lambda *tensors: sum(part.sum() for part in parts(call(*tensors)))


def test_every_public_formula_is_in_the_table():
    assert set(FORMULAS) == set(attnlib.__all__) - NO_TENSORS


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_compiled_into_one_graph(formula, dynamic):
    _, call, tensors, expected = formula
    torch._dynamo.reset()
    found = torch.compile(call, fullgraph=True, backend="eager", dynamic=dynamic)(*tensors)
    torch.testing.assert_close(parts(found), expected)


def test_mapped_over_any_of_its_arguments(formula):
    name, call, tensors, _ = formula
    for mapped in range(len(tensors) if name not in MASKS | MADE else 0):
        two = [*tensors[:mapped], torch.stack([tensors[mapped], tensors[mapped] / 2]), *tensors[mapped + 1 :]]
        dims = tuple(0 if n == mapped else None for n in range(len(tensors)))
        found = parts(torch.func.vmap(call, in_dims=dims)(*two))
        for each in range(2):
            one = [*tensors[:mapped], two[mapped][each], *tensors[mapped + 1 :]]
            torch.testing.assert_close([part[each] for part in found], parts(call(*one)), rtol=1e-5, atol=1e-5)


def test_differentiated_by_a_function_and_mapped_over_that(formula):
    name, call, tensors, _ = formula
    if name in MASKS | MADE | {"match_scores"}:  # True or False, equal or not, or of lengths: there is no slope
        return
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    expected = torch.autograd.grad(total(call)(*leaves), leaves)
    everything = tuple(range(len(tensors)))
    found = torch.func.grad(total(call), argnums=everything)(*tensors)
    torch.testing.assert_close(found, expected)
    twice = torch.func.vmap(torch.func.grad(total(call), argnums=everything))(*(torch.stack([t, t]) for t in tensors))
    torch.testing.assert_close([gradient[1] for gradient in twice], list(expected), rtol=1e-4, atol=1e-5)


def test_under_autocast_the_dtype_is_that_of_the_arguments(formula):
    _, call, tensors, expected = formula
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = parts(call(*tensors))
    assert [part.dtype for part in found] == [part.dtype for part in expected]
    torch.testing.assert_close(found, expected, rtol=0.1, atol=0.1)


def test_under_autocast_narrow_and_wide_arrays_meet():
    query, key, value = FORMULAS["scaled_dot_product_attention"]
    expected, _ = attnlib.scaled_dot_product_attention(query, key, value)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output, _ = attnlib.scaled_dot_product_attention(query.bfloat16(), key, value)
    torch.testing.assert_close(output, expected, rtol=0.1, atol=0.1)


def test_on_the_meta_device_shapes_and_dtypes_are_right(formula):
    _, call, tensors, expected = formula
    found = parts(call(*(tensor.to("meta") for tensor in tensors)))
    assert [(x.shape, x.dtype, x.device.type) for x in found] == [(x.shape, x.dtype, "meta") for x in expected]


def test_in_inference_mode_and_with_deterministic_algorithms(formula):
    _, call, tensors, expected = formula
    with torch.inference_mode():
        torch.testing.assert_close(parts(call(*tensors)), expected)
    torch.use_deterministic_algorithms(True)
    try:
        leaves = [tensor.clone().requires_grad_(tensor.is_floating_point()) for tensor in tensors]
        result = total(call)(*leaves)
        if result.requires_grad:
            result.backward()
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_a_row_without_a_visible_key_is_zero_also_where_no_number_can_be_seen(plain_errors):
    scores = torch.stack([torch.full((S,), -math.inf), torch.zeros(S)])
    torch._dynamo.reset()
    compiled = torch.compile(attnlib.softmax, fullgraph=True, backend="eager")
    for call in (attnlib.softmax, compiled, torch.func.vmap(attnlib.softmax)):
        torch.testing.assert_close(call(scores), torch.stack([torch.zeros(S), torch.full((S,), 1 / S)]))


def test_the_loop_over_pieces_gives_what_is_given_at_once(monkeypatch):
    tensors = FORMULAS["additive_scores"]
    at_once = attnlib.additive_scores(*tensors)
    monkeypatch.setattr(additive, "NUMBERS_AT_ONCE", 1)
    torch.testing.assert_close(attnlib.additive_scores(*tensors), at_once)
    np.testing.assert_allclose(attnlib.additive_scores(*(t.numpy() for t in tensors)), at_once, rtol=1e-5, atol=1e-6)
