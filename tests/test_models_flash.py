import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose
from torch.nn.attention.bias import causal_lower_right

import attnlib
from attnlib.models import flash
from attnlib.models.flash import flash_attention

B, H, L, S, D_K, D_V = 2, 3, 11, 13, 7, 5
BLOCKS = [1, 2, 3, 5, 7, 100]
LENGTHS = [(L, L), (5, S), (S, 5), (1, S), (S, 1)]


def draw(*shapes, dtype=torch.float64, size=1.0):
    generator = torch.Generator().manual_seed(24)
    return [(size * torch.randn(s, dtype=dtype, generator=generator)).requires_grad_() for s in shapes]


def dense(query, key, value, causal):
    mask = attnlib.causal_mask(query.shape[-2], key.shape[-2], like=query) if causal else None
    return attnlib.scaled_dot_product_attention(query, key, value, mask)[0]


@pytest.fixture
def tiles(monkeypatch):
    """Let short sequences be cut into many tiles."""

    def cut(block_q, block_k):
        monkeypatch.setattr(flash, "BLOCK_Q", block_q)
        monkeypatch.setattr(flash, "BLOCK_K", block_k)

    return cut


# by hand


def test_a_query_between_two_keys_reads_the_mean_and_leans_to_the_smaller_value_s_side():
    query = torch.tensor([[0.0]], requires_grad=True)
    output = flash_attention(query, torch.tensor([[1.0], [-1.0]]), torch.tensor([[0.0], [4.0]]))
    assert output.item() == 2
    assert torch.autograd.grad(output, query)[0].item() == -2


# reference


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("length", "keys"), LENGTHS)
@pytest.mark.parametrize("size", [1, 5], ids=["calm", "with the running maximum"])
def test_output_and_gradients_are_those_of_the_whole_matrix_for_every_block_size(tiles, length, keys, causal, size):
    ours = draw((B, 1, length, D_K), (H, keys, D_K), (H, keys, D_V), size=size)
    expected = dense(*ours, causal)
    upstream = torch.randn(expected.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    gradients = torch.autograd.grad(expected, ours, upstream)
    for block_q, block_k in itertools.product(BLOCKS, BLOCKS):
        tiles(block_q, block_k)
        output = flash_attention(*ours, causal=causal)
        assert_allclose(output.detach(), expected.detach(), rtol=0, atol=1e-12)
        for one, other in zip(torch.autograd.grad(output, ours, upstream), gradients):
            assert_allclose(one, other, rtol=0, atol=1e-12 * size**2)


@pytest.mark.parametrize(("length", "keys", "causal"), [(L, L, True), (5, S, True), (L, S, False)])
def test_output_and_gradients_are_those_of_torchs_fused_attention(length, keys, causal):
    ours = draw((B, H, length, D_K), (B, H, keys, D_K), (B, H, keys, D_K))
    theirs = F.scaled_dot_product_attention(*ours, attn_mask=causal_lower_right(length, keys) if causal else None)
    output = flash_attention(*ours, causal=causal)
    assert_allclose(output.detach(), theirs.detach(), rtol=0, atol=1e-12)
    for one, other in zip(torch.autograd.grad(output.sum(), ours), torch.autograd.grad(theirs.sum(), ours)):
        assert_allclose(one, other, rtol=0, atol=1e-12)


def test_it_is_the_clear_version_and_its_gradients_are_those_that_numbers_have():
    arrays = draw((1, 5, 3), (1, 7, 3), (1, 7, 2))
    clear, _ = attnlib.flash_attention(*arrays, causal=True, block_q=2, block_k=3)
    assert_allclose(flash_attention(*arrays, causal=True).detach(), clear.detach(), rtol=0, atol=1e-12)
    assert torch.autograd.gradcheck(lambda *x: flash_attention(*x, causal=True), arrays)


# edge


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("length", "keys"), [(0, S), (L, 0), (0, 0), (1, 1)])
def test_empty_axes_and_a_single_token_are_no_special_cases(length, keys, causal):
    arrays = [torch.ones(B, n, d, requires_grad=True) for n, d in ((length, D_K), (keys, D_K), (keys, D_V))]
    output = flash_attention(*arrays, causal=causal)
    assert_allclose(output.detach(), np.full((B, length, D_V), float(keys > 0)))
    output.sum().backward()
    assert all(array.grad.shape == array.shape for array in arrays)


@pytest.mark.parametrize("loud", [0, 1], ids=["queries", "keys"])
def test_scores_of_hundreds_do_not_overflow_in_float32_whoever_is_loud(loud):
    arrays = [array.detach().float() for array in draw((S, D_K), (S, D_K), (S, D_V))]
    arrays[loud] = arrays[loud] * 300
    expected = torch.nn.functional.scaled_dot_product_attention(*arrays)
    assert_allclose(flash_attention(*arrays), expected, atol=1e-4)


def test_queries_before_the_first_key_read_nothing_and_get_gradients_of_zero():
    arrays = draw((S, D_K), (5, D_K), (5, D_V))
    output = flash_attention(*arrays, causal=True)
    assert (output[:8] == 0).all()
    gradients = torch.autograd.grad(output.sum(), arrays)
    assert (gradients[0][:8] == 0).all()
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_in_half_precision_over_4099_keys_the_error_is_at_most_twice_that_of_the_low_reference(dtype, causal):
    query, key, value, grad = (x.detach().to(dtype) for x in draw((512, 16), (4099, 16), (4099, 16), (512, 16)))
    mask = attnlib.causal_mask(512, 4099, like=query) if causal else torch.ones(512, 4099, dtype=torch.bool)

    def run(dtype, call):
        leaves = [array.to(dtype, copy=True).requires_grad_() for array in (query, key, value)]
        output = call(*leaves)
        return [output.detach(), *torch.autograd.grad(output, leaves, grad.to(dtype))]

    def whole(query, key, value):
        return torch.softmax((query @ key.mT / 4).masked_fill(~mask, -torch.inf), dim=-1) @ value

    ours = run(dtype, lambda *arrays: flash_attention(*arrays, causal=causal))
    for found, low, exact in zip(ours, run(dtype, whole), run(torch.float64, whole)):
        assert found.dtype == dtype
        assert (found - exact).abs().max() <= 2 * (low - exact).abs().max()


def test_under_autocast_the_sums_stay_wide():
    arrays = draw((300, 16), (300, 16), (300, 16), dtype=torch.float32)
    expected = flash_attention(*arrays)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = flash_attention(*arrays)
        gradients = torch.autograd.grad(output.sum(), arrays)
    assert_allclose(output.detach(), expected.detach(), atol=1e-6)
    for one, other in zip(gradients, torch.autograd.grad(expected.sum(), arrays)):
        assert_allclose(one, other, atol=1e-5)


def test_of_the_forward_pass_nothing_is_kept_that_grows_with_the_square():
    arrays = draw((1, 2, 512, 8), (1, 2, 512, 8), (1, 2, 512, 8))
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x.numel()) or x, lambda x: x):
        flash_attention(*arrays)
    assert sum(kept) == 4 * 2 * 512 * 8 + 2 * 512  # query, key, value, output, logsumexp


def test_one_training_step_lowers_the_loss():
    arrays = draw((B, H, L, D_K), (B, H, S, D_K), (B, H, S, D_V))
    target = torch.zeros(B, H, L, D_V, dtype=torch.float64)
    loss = F.mse_loss(flash_attention(*arrays, causal=True), target)
    gradients = torch.autograd.grad(loss, arrays)
    moved = [array - gradient for array, gradient in zip(arrays, gradients)]
    assert F.mse_loss(flash_attention(*moved, causal=True), target) < loss


# error


@pytest.mark.usefixtures("plain_errors")
def test_a_wrong_call_is_told_in_the_words_of_the_clear_version():
    query, key, value = draw((L, D_K), (S, D_K), (S, D_V))
    for arguments, words in (
        ((query, key, value[:3]), "key has 13 positions, value has 3: each key needs one value"),
        ((query, key[:, :3], value), "query's last axis is 7, key's is 3: they must match"),
        ((query.float(), key, value), "query is float32, key is float64"),
        ((query, key.detach().numpy(), value), "key is NumPy"),
    ):
        with pytest.raises((TypeError, ValueError)) as told:
            flash_attention(*arguments)
        assert words in str(told.value), str(told.value)
    with pytest.raises(TypeError, match="causal is a Tensor, expected True or False"):
        flash_attention(query, key, value, causal=torch.tensor(True))


def test_a_second_derivative_is_refused():
    arrays = draw((5, 3), (7, 3), (7, 2))
    (first,) = torch.autograd.grad(flash_attention(*arrays).sum(), arrays[0], create_graph=True)
    with pytest.raises(RuntimeError, match=r"does not require grad|once_differentiable"):
        first.sum().backward()
