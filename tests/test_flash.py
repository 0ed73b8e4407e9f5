import itertools
import math
import random
import re
from functools import reduce
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

import attnlib.flash as module
from attnlib import (
    causal_mask,
    dot_product_scores,
    fast_flash_attention,
    flash_attention,
    flash_attention_backward,
    hbm_accesses,
    log_sum_exp,
    merge,
    scaled_dot_product_attention,
    softmax,
)

B, H, L, S, D_K, D_V = 2, 3, 11, 13, 7, 5
BLOCKS = [1, 2, 3, 5, 7, 100]
LENGTHS = [(L, L), (5, S), (S, 5), (1, S), (S, 1)]


def nothing_seen(array):
    return array(np.zeros((3, 2))), array(np.full(3, -np.inf))


def dense(query, key, value, causal):
    """Return output and logsumexp from the whole matrix of scores."""
    query, key, value = (torch.tensor(np.asarray(array)).double() for array in (query, key, value))
    mask = causal_mask(query.shape[-2], key.shape[-2], like=query) if causal else None
    scores = dot_product_scores(query, key)
    logsumexp = log_sum_exp(scores if mask is None else torch.where(mask, scores, -torch.inf))
    return scaled_dot_product_attention(query, key, value, mask)[0].numpy(), logsumexp.numpy()


def dense_gradients(query, key, value, grad_output, causal):
    leaves = [torch.tensor(np.asarray(array), dtype=torch.float64, requires_grad=True) for array in (query, key, value)]
    mask = causal_mask(query.shape[-2], key.shape[-2], like=leaves[0]) if causal else None
    output, _ = scaled_dot_product_attention(*leaves, mask)
    return torch.autograd.grad(output, leaves, torch.tensor(np.asarray(grad_output)))


@pytest.fixture
def small_tiles(monkeypatch):
    """Let the fast version cut short sequences into many tiles."""
    return lambda block_q, block_k: (
        monkeypatch.setattr(module, "BLOCK_Q", block_q),
        monkeypatch.setattr(module, "BLOCK_K", block_k),
    )


# by hand


def test_three_keys_with_exponentials_1_1_and_2_in_two_tiles(array):
    query, key, value = array([[1]]), array(np.log([[1], [1], [2]])), array([[4], [8], [10]])
    for call in (lambda: flash_attention(query, key, value, block_k=2), lambda: flash_attention(query, key, value)):
        output, logsumexp = call()
        assert_allclose(output, [[8]])
        assert_allclose(np.exp(np.asarray(logsumexp)), [4])


def test_one_part_with_one_exponential_and_one_with_three(array):
    output, logsumexp = merge((array([[0]]), array(np.log([1]))), (array([[8]]), array(np.log([3]))))
    assert_allclose(output, [[6]])
    assert_allclose(np.exp(np.asarray(logsumexp)), [4])


def test_accesses_of_four_queries_and_three_keys():
    assert hbm_accesses(4, 3, 2, sram=18) == (44, 76)
    assert hbm_accesses(4, 3, 2, sram=10**6) == (8 + 12 + 12, 76)  # all queries at once: every number is moved once
    assert hbm_accesses(0, 3, 2, sram=18).flash == 0


# reference


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("length", "keys"), LENGTHS)
def test_output_logsumexp_and_gradients_are_those_of_the_whole_matrix_for_every_block_size(
    array, normal, length, keys, causal
):
    query, key, value = normal(B, 1, length, D_K), normal(H, keys, D_K), normal(H, keys, D_V)
    expected = dense(query, key, value, causal)
    grad_output = normal(*expected[0].shape)
    gradients = dense_gradients(query, key, value, grad_output, causal)
    for block_q, block_k in itertools.product(BLOCKS, BLOCKS):
        sizes = {"causal": causal, "block_q": block_q, "block_k": block_k}
        found = flash_attention(query, key, value, **sizes)
        for ours, theirs in zip(found, expected):
            assert_allclose(ours, theirs, rtol=0, atol=1e-12)
        for ours, theirs in zip(flash_attention_backward(query, key, value, *found, grad_output, **sizes), gradients):
            assert ours.shape == theirs.shape
            assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("length", "keys"), LENGTHS)
@pytest.mark.parametrize("size", [1, 30], ids=["calm", "with the running maximum"])
def test_the_fast_version_is_the_whole_matrix_too(small_tiles, length, keys, causal, size):
    rng = np.random.default_rng(24)
    shapes = (B, 1, length, D_K), (H, keys, D_K), (H, keys, D_V)
    query, key, value = (size**0.5 * rng.normal(size=shape) for shape in shapes)
    expected = dense(query, key, value, causal)
    for block_q, block_k in itertools.product(BLOCKS, BLOCKS):
        small_tiles(block_q, block_k)
        assert module._is_calm(query, np.broadcast_to(key, (B, *key.shape)), value).all() == (size == 1)
        for ours, theirs in zip(fast_flash_attention(query, key, value, causal=causal), expected):
            assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_one_head_may_be_calm_and_the_next_not():
    rng = np.random.default_rng(25)
    query, key, value = rng.normal(size=(3, 2, 600, D_K))
    query[1] *= 300
    for ours, theirs in zip(fast_flash_attention(query, key, value), dense(query, key, value, False)):
        assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_the_saved_logsumexp_is_that_of_torchs_fused_kernel(causal):
    query, key, value = torch.randn(3, B, H, L, D_K, dtype=torch.float64, generator=torch.Generator().manual_seed(8))
    theirs = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(query, key, value, 0.0, causal)
    arrays = [array.numpy() for array in (query, key, value)]
    for ours in (
        flash_attention(query, key, value, causal=causal, block_k=5),
        fast_flash_attention(*arrays, causal=causal),
    ):
        assert_allclose(ours[0], theirs[0], rtol=0, atol=1e-12)
        assert_allclose(ours[1], theirs[1], rtol=0, atol=1e-12)


def test_torch_differentiates_the_tiles_to_the_same_gradients(normal):
    leaves = [torch.tensor(np.asarray(normal(*shape)), requires_grad=True) for shape in ((L, D_K), (S, D_K), (S, D_V))]
    output, logsumexp = flash_attention(*leaves, causal=True, block_q=3, block_k=5)
    upstream = torch.tensor(np.asarray(normal(L, D_V)))
    by_torch = torch.autograd.grad(output, leaves, upstream)
    for ours, theirs in zip(flash_attention_backward(*leaves, output, logsumexp, upstream, causal=True), by_torch):
        assert_allclose(ours.detach(), theirs, rtol=0, atol=1e-12)


class Slow:
    """Slow memory: an array that counts the numbers taken out of it and put into it."""

    moved = 0

    def __init__(self, array):
        self.array = array

    def __getitem__(self, place):
        Slow.moved += self.array[place].size
        return self.array[place].copy()

    def __setitem__(self, place, numbers):
        Slow.moved += self.array[place].size
        self.array[place] = numbers


def instrumented(query, key, value, sram):
    """Attend with a block of queries in fast memory, and one key and one value at a time beside it."""
    (length, d), keys = query.array.shape, len(key.array)
    output, logsumexp = Slow(np.zeros((length, d))), Slow(np.zeros(length))
    block = 1
    while (block + 1) * (2 * d + 3) + 2 * d <= sram:
        block += 1
    for i in range(0, length, block):
        q = query[i : i + block]
        seen = np.zeros(q.shape), np.full(len(q), -np.inf)
        for j in range(keys):
            k, v = key[j], value[j]
            seen = merge(seen, (np.tile(v, (len(q), 1)), q @ k / math.sqrt(d)))
        output[i : i + block], logsumexp[i : i + block] = seen
    return output.array


def test_accesses_are_those_of_an_instrumented_run():
    rng = np.random.default_rng(30)
    for length, keys, d, sram in [(11, 13, 7, 31), (11, 13, 7, 100), (13, 11, 2, 11), (7, 5, 3, 1000)]:
        arrays = [rng.normal(size=shape) for shape in ((length, d), (keys, d), (keys, d))]
        Slow.moved = 0
        assert_allclose(instrumented(*map(Slow, arrays), sram), dense(*arrays, False)[0], atol=1e-12)
        assert Slow.moved == hbm_accesses(length, keys, d, sram).flash
        query, key, value = map(Slow, arrays)
        scores, weights, output = (Slow(np.zeros(shape)) for shape in ((length, keys), (length, keys), (length, d)))
        Slow.moved = 0
        scores[:] = query[:] @ key[:].T / math.sqrt(d)
        weights[:] = softmax(scores[:])
        output[:] = weights[:] @ value[:]
        assert Slow.moved == hbm_accesses(length, keys, d, sram).standard


def test_more_fast_memory_never_costs_more_and_the_constant_is_four():
    counts = [hbm_accesses(4096, 4096, 64, sram).flash for sram in range(259, 10**6, 997)]
    assert sorted(counts, reverse=True) == counts
    assert counts[-1] >= 4 * 4096 * 64
    assert 4.0 < hbm_accesses(2**15, 2**15, 64, 2**15).flash / (2**30 * 64**2 / 2**15) < 4.2


# invariant


@given(
    scores=arrays(float, (3, 8), elements=st.floats(-700, 700) | st.just(-np.inf)),
    value=arrays(float, (8, 2), elements=st.floats(-100, 100)),
    cuts=st.sets(st.integers(0, 8)),
    seed=st.integers(0, 99),
)
def test_parts_merge_to_the_whole_in_any_order_and_grouping(array, scores, value, cuts, seed):
    expected = softmax(scores) @ value
    bounds = [0, *sorted(cuts), 8]
    parts = [
        (array(softmax(scores[:, i:j]) @ value[i:j]), log_sum_exp(array(scores[:, i:j])))
        for i, j in itertools.pairwise(bounds)
    ]
    chance = random.Random(seed)
    while len(parts) > 1:  # take any two, put their merger back
        chance.shuffle(parts)
        parts.append(merge(parts.pop(), parts.pop()))
    assert_allclose(parts[0][0], expected, rtol=1e-10, atol=1e-9)
    assert_allclose(parts[0][1], log_sum_exp(scores), rtol=1e-12, atol=1e-12)


def test_a_part_over_no_keys_is_neutral_on_both_sides_and_two_of_them_stay_one(array, normal):
    part = normal(3, 2), normal(3)
    for pair in ((part, nothing_seen(array)), (nothing_seen(array), part)):
        for merged, same in zip(merge(*pair), part):
            assert_allclose(merged, same, rtol=1e-15)
    for merged, empty in zip(merge(nothing_seen(array), nothing_seen(array)), nothing_seen(array)):
        assert_array_equal(merged, empty)
    assert reduce(merge, [nothing_seen(array)] * 5)[0].shape == (3, 2)


def test_merging_parts_of_no_queries_gives_no_queries(array):
    nothing = array(np.zeros((0, 2))), array(np.zeros(0))
    assert [part.shape for part in merge(nothing, nothing)] == [(0, 2), (0,)]


@pytest.mark.parametrize("shift", [-1e4, -3.5, 0, 7, 1e4])
def test_a_shift_of_all_scores_moves_the_logsumexp_and_not_the_output(array, normal, shift):
    query, key, value = normal(L, D_K), normal(S, D_K), normal(S, D_V)
    one = np.ones((L, 1)), np.full((S, 1), shift * math.sqrt(D_K + 1))
    grow = math.sqrt((D_K + 1) / D_K)
    longer = [array(np.hstack([np.asarray(query) * grow, one[0]])), array(np.hstack([np.asarray(key), one[1]]))]
    output, logsumexp = flash_attention(query, key, value, block_k=3)
    moved = flash_attention(*longer, value, block_k=3)
    assert_allclose(moved[0], output, atol=1e-9)
    assert_allclose(moved[1], np.asarray(logsumexp) + shift, atol=1e-9)


# edge


@pytest.mark.parametrize(("length", "keys"), [(0, S), (L, 0), (0, 0), (1, 1)])
@pytest.mark.parametrize("causal", [False, True])
def test_empty_axes_and_a_single_token_are_no_special_cases(array, length, keys, causal):
    query, key, value = (array(np.ones((B, n, d))) for n, d in ((length, D_K), (keys, D_K), (keys, D_V)))
    found = flash_attention(query, key, value, causal=causal)
    assert_allclose(found[0], np.full((B, length, D_V), float(keys > 0)))
    assert found[1].shape == (B, length)
    assert keys or (np.asarray(found[1]) == -np.inf).all()
    gradients = flash_attention_backward(query, key, value, *found, found[0], causal=causal)
    assert [gradient.shape for gradient in gradients] == [query.shape, key.shape, value.shape]
    if isinstance(query, np.ndarray):
        for ours, same in zip(fast_flash_attention(query, key, value, causal=causal), found):
            assert_allclose(ours, same)


def test_queries_before_the_first_key_read_nothing_and_get_finite_gradients(array, normal):
    query, key, value = normal(7, D_K), normal(3, D_K), normal(3, D_V)
    output, logsumexp = flash_attention(query, key, value, causal=True, block_q=2, block_k=2)
    assert_array_equal(output[:4], 0)
    assert (np.asarray(logsumexp[:4]) == -np.inf).all()
    gradients = flash_attention_backward(query, key, value, output, logsumexp, normal(7, D_V), causal=True, block_q=2)
    assert_array_equal(gradients[0][:4], 0)
    assert all(np.isfinite(np.asarray(gradient)).all() for gradient in gradients)
    leaves = [torch.tensor(np.asarray(x), requires_grad=True) for x in (query, key, value)]
    for gradient in torch.autograd.grad(flash_attention(*leaves, causal=True, block_q=2)[0].sum(), leaves):
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("size", [1e2, 1e4])
def test_huge_scores_neither_overflow_nor_vanish(array, normal, size):
    query, key, value = normal(L, D_K), array(np.asarray(normal(S, D_K)) * size), normal(S, D_V)
    expected = dense(query, key, value, False)
    for found in (
        flash_attention(query, key, value, block_k=3),
        fast_flash_attention(*map(np.asarray, (query, key, value))),
    ):
        assert_allclose(found[0], expected[0], atol=1e-9)
        assert_allclose(found[1], expected[1], rtol=1e-12)


@pytest.mark.parametrize("size", [1e30, 1e-30])
def test_huge_and_tiny_values_in_float32_are_read_as_they_are(size):
    rng = np.random.default_rng(5)
    query, key, value = rng.normal(size=(3, 600, 64)).astype(np.float32)
    output, _ = fast_flash_attention(8 * query, key, value)
    scaled, _ = fast_flash_attention(8 * query, key, value * np.float32(size))
    assert_allclose(scaled / np.float32(size), output, rtol=1e-3, atol=1e-5)


def test_what_a_hidden_key_scores_does_not_matter(array, normal):
    query, key, value = (np.array(np.asarray(normal(9, D_K))) for _ in range(3))
    output = flash_attention(array(query), array(key), array(value), causal=True, block_k=2)[0]
    key[-1] *= 1e6
    for found in (
        flash_attention(array(query), array(key), array(value), causal=True, block_k=2)[0],
        fast_flash_attention(query, key, value, causal=True)[0],
    ):
        assert_allclose(found[:-1], output[:-1], rtol=0, atol=1e-12)


def test_a_nan_in_a_hidden_value_poisons_only_its_tile_and_one_that_is_seen_its_row(array, normal):
    query, key, value = normal(6, D_K), normal(6, D_K), np.array(np.asarray(normal(6, D_V)))
    value[4] = np.nan
    output = flash_attention(query, key, array(value), causal=True, block_q=2, block_k=2)[0]
    assert np.isfinite(np.asarray(output[:4])).all()
    assert np.isnan(np.asarray(output[4:])).all()


def test_memory_in_any_order(normal):
    query, key, value = (np.asarray(normal(B, L, H, D_K)).swapaxes(1, 2) for _ in range(3))
    packed = [np.ascontiguousarray(array) for array in (query, key, value)]
    for call in (flash_attention, fast_flash_attention):
        for ours, theirs in zip(call(query, key, value), call(*packed)):
            assert_allclose(ours, theirs, atol=1e-14)


# half precision, by FlashAttention's own rule: at most twice the error of the whole matrix in that precision


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_in_half_precision_over_4099_keys_the_error_is_at_most_twice_that_of_the_low_reference(dtype, causal):
    generator = torch.Generator().manual_seed(4099)
    query, key, value, grad = (torch.randn(1, 4099, 16, generator=generator).to(dtype) for _ in range(4))
    query, grad = query[:, -512:] * 2, grad[:, -512:]
    mask = causal_mask(512, 4099, like=query) if causal else torch.ones(512, 4099, dtype=torch.bool)

    def reference(dtype):
        leaves = [array.to(dtype, copy=True).requires_grad_() for array in (query, key, value)]
        scores = leaves[0] @ leaves[1].mT / 4
        output = torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=-1) @ leaves[2]
        return [output.detach(), *torch.autograd.grad(output, leaves, grad.to(dtype))]

    exact, low = reference(torch.float64), reference(dtype)
    forward = flash_attention(query, key, value, causal=causal)
    assert forward[0].dtype == dtype
    assert forward[1].dtype == torch.float32
    backward = flash_attention_backward(query, key, value, *forward, grad, causal=causal)
    for ours, theirs, right in zip([forward[0], *backward], low, exact):
        assert ours.dtype == dtype
        assert (ours - right).abs().max() <= 2 * (theirs - right).abs().max()


def test_numpy_halves_are_summed_in_float32():
    ones = np.ones((4099, 8), np.float16)
    for call in (flash_attention, fast_flash_attention):
        output, logsumexp = call(ones[:3], ones, ones)
        assert output.dtype == np.float16
        assert_array_equal(output, 1)
        assert_allclose(logsumexp, math.log(4099) + math.sqrt(8), rtol=1e-6)
    part = ones[:3], np.zeros(3, np.float32)
    assert merge(part, part)[0].dtype == np.float16
    assert merge(part, part)[1].dtype == np.float32


@pytest.mark.parametrize("call", [flash_attention, fast_flash_attention])
def test_float32_is_right_to_a_few_units_in_the_last_place(call):
    query, key, value = np.random.default_rng(3).normal(size=(3, 1031, 64)).astype(np.float32)
    output, logsumexp = call(query, key, value, causal=True)
    expected = dense(query, key, value, True)
    assert_allclose(output, expected[0], atol=3e-6)
    assert_allclose(logsumexp, expected[1], rtol=1e-6)
    assert output.dtype == logsumexp.dtype == np.float32


# the chapter's walk


def test_the_numbers_in_the_walk_through_four_tiles_are_those_of_the_library():
    drawn = re.findall(r">([^<>]+)</text>", Path("site/diagrams/flash_walk.svg").read_text(encoding="utf-8"))
    rows = {name: i for i, name in enumerate(drawn)}
    cells = {name: drawn[i + 1 :] for name, i in rows.items()}
    multiples, values = (np.array(cells[name][:8], dtype=float) for name in ("scores / ln 2", "values"))
    query, key, value = np.ones((1, 1)), np.log(2) * multiples[:, None], values[:, None]
    for tile in range(4):
        seen = slice(0, 2 * tile + 2)
        output, logsumexp = flash_attention(query, key[seen], value[seen], block_k=2)
        largest = max(multiples[seen])
        total = np.exp(logsumexp[0]) / 2**largest
        before = max(multiples[: 2 * tile], default=largest)
        found = {"maximum": largest, "sum": total, "read": output[0, 0] * total, "output": output[0, 0]}
        for name, number in found.items():
            assert math.isclose(float(cells[name][tile]), number), (name, tile)
        assert cells["shrink by"][tile] == ("–" if tile == 0 else f"× {2 ** (before - largest):g}")


# memory and work, counted


def test_no_array_is_larger_than_a_tile_or_a_block(monkeypatch):
    sizes = []
    real = np.matmul
    monkeypatch.setattr(np, "matmul", lambda *a, **k: sizes.append(real(*a, **k).size) or real(*a, **k))
    rng = np.random.default_rng(1)
    fast_flash_attention(*rng.normal(size=(3, 2048, 8)), causal=False)
    assert max(sizes) == module.BLOCK_Q * module.BLOCK_K < 2048**2 / 16


def test_tiles_above_the_diagonal_are_not_computed(monkeypatch):
    done = []
    real = module._attend_tile
    monkeypatch.setattr(module, "_attend_tile", lambda *a: done.append(a[2].shape[-2]) or real(*a))
    ones = np.ones((8, 2))
    flash_attention(ones, ones, ones, causal=True, block_q=2, block_k=2)
    assert sum(size > 0 for size in done) == 10  # 1 + 2 + 3 + 4 of 16


# error


@pytest.mark.usefixtures("plain_errors")
class TestWords:
    @pytest.fixture
    def arrays(self, normal):
        return {"query": normal(L, D_K), "key": normal(S, D_K), "value": normal(S, D_V)}

    def told(self, error, words, call, *args, **kwargs):
        with pytest.raises(error) as told:
            call(*args, **kwargs)
        assert words in str(told.value), str(told.value)

    @pytest.mark.parametrize("name", ["block_q", "block_k"])
    def test_a_block_has_at_least_one(self, arrays, name):
        self.told(ValueError, f"{name} is 0, expected 1 or more", flash_attention, **arrays, **{name: 0})
        self.told(ValueError, f"{name} is -3, expected 1 or more", flash_attention, **arrays, **{name: -3})
        self.told(TypeError, f"{name} is 2.5, expected a whole number", flash_attention, **arrays, **{name: 2.5})

    def test_causal_is_true_or_false_and_a_mask_belongs_elsewhere(self, arrays):
        words = "causal is a ndarray, expected True or False; for any other mask, scaled_dot_product_attention(query"
        self.told(TypeError, words, flash_attention, **arrays, causal=causal_mask(L, S))
        self.told(TypeError, "causal is a int, expected True or False", flash_attention, **arrays, causal=1)

    def test_arrays_that_do_not_fit(self, arrays, normal):
        self.told(ValueError, "key has 13 positions, value has 5", flash_attention, **arrays | {"value": normal(5, 2)})
        self.told(ValueError, "query's last axis is 7, key's is 3", flash_attention, **arrays | {"key": normal(S, 3)})
        wrong = {"query": normal(2, L, D_K), "key": normal(1, S, D_K), "value": normal(3, S, D_V)}
        self.told(ValueError, "query has shape (2, 11, 7), value (3, 13, 5): the axes before", flash_attention, **wrong)

    def test_a_logsumexp_that_is_not_that_of_the_arrays(self, array, arrays, normal):
        output, logsumexp = flash_attention(**arrays)
        right = arrays | {"output": output, "logsumexp": logsumexp, "grad_output": output}
        for wrong, words in (
            (
                {"logsumexp": normal(S)},
                "logsumexp has shape (13,), expected (11,), as `flash_attention` returns it for",
            ),
            ({"logsumexp": normal(L, 1)}, "for this query, key and value: logsumexp[..., 0]"),
            ({"output": normal(L, 7)}, "output has shape (11, 7), expected (11, 5)"),
            ({"grad_output": normal(S, 5)}, "grad_output has shape (13, 5), expected (11, 5)"),
        ):
            self.told(ValueError, words, flash_attention_backward, **right | wrong)
        narrow = {"logsumexp": array(np.zeros(L, np.float32), np.float32)}
        words = "logsumexp is float32, query is float64: expected float64"
        self.told(TypeError, words, flash_attention_backward, **right | narrow)

    def test_partials_are_pairs_that_fit(self, array, normal):
        part = normal(3, 2), normal(3)
        self.told(TypeError, "other is a NoneType, expected a pair (output, logsumexp)", merge, part, None)
        self.told(TypeError, "partial is a tuple of 0, expected a pair (output, logsumexp)", merge, (), part)
        words = (
            "partial has an output of shape (3, 2) and a logsumexp of shape (2,), expected (3,): one number for each"
        )
        self.told(ValueError, words, merge, (normal(3, 2), normal(2)), part)
        words = "partial has an output of shape (3, 2), other of (4, 2): they must be about the same queries"
        self.told(ValueError, words, merge, part, (normal(4, 2), normal(4)))
        self.told(
            TypeError,
            "other[1] is an array of int64, expected floats",
            merge,
            part,
            (normal(3, 2), array(np.zeros(3), int)),
        )

    def test_fast_memory_holds_at_least_one_of_each(self):
        self.told(ValueError, "sram is 10, expected 259 or more", hbm_accesses, 8, 8, 64, 10)
        self.told(ValueError, "d is 0, expected 1 or more", hbm_accesses, 8, 8, 0, 100)
        self.told(TypeError, "num_keys is 8.0, expected a whole number", hbm_accesses, 8, 8.0, 1, 100)

    def test_the_fast_version_sends_tensors_to_where_they_are_taken(self, arrays):
        words = "query is torch, expected NumPy: attnlib.models.flash.flash_attention takes tensors"
        tensors = {name: torch.tensor(np.asarray(array)) for name, array in arrays.items()}
        self.told(TypeError, words, fast_flash_attention, **tensors)
