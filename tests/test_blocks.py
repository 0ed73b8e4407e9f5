import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from attnlib import causal_mask, sinusoidal_positions
from attnlib.models.blocks import AddAndNorm, DecoderLayer, EncoderLayer, FeedForward, WordsAndPositions
from attnlib.models.multi_head import MultiHeadAttention

B, L, S, D, H, D_FF, V = 3, 5, 7, 22, 2, 31, 17


def normal(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def made(kind, *sizes, seed=2017, **options):
    torch.manual_seed(seed)
    return kind(*sizes, **options).double().eval()


def shaken(module):
    """Move every parameter a little, so that no bias is 0 and no norm has weight 1."""
    for n, parameter in enumerate(module.parameters()):
        parameter.data += 0.1 * normal(*parameter.shape, seed=n)
    return module


# by hand


def test_a_feed_forward_can_be_followed_on_paper():
    layer = made(FeedForward, 1, 2)
    with torch.no_grad():
        layer.W_1.weight[:], layer.W_1.bias[:] = torch.tensor([[2.0], [-3.0]]), torch.tensor([1.0, 1.0])
        layer.W_2.weight[:], layer.W_2.bias[:] = torch.tensor([[10.0, 100.0]]), torch.tensor([0.5])
        found = layer(torch.tensor([[[1.0], [-1.0]]]).double())
    assert_allclose(found[0, :, 0], [10 * 3 + 0.5, 100 * 4 + 0.5])


def test_the_norm_stands_after_the_sum_or_before_the_sublayer():
    x, update = torch.tensor([[[3.0, 5.0]]]).double(), torch.tensor([[[2.0, 4.0]]]).double()
    post, pre = made(AddAndNorm, 2, "post"), made(AddAndNorm, 2, "pre")
    with torch.no_grad():
        assert_array_equal(post.before(x), x)
        assert_allclose(post.after(x, update), [[[-1, 1]]], atol=1e-5)
        assert_allclose(pre.before(x), [[[-1, 1]]], atol=1e-5)
        assert_array_equal(pre.after(x, update), [[[5, 9]]])


def test_a_word_is_scaled_by_the_root_of_the_width_before_its_position_is_added():
    layer = made(WordsAndPositions, V, 4)
    with torch.no_grad():
        layer.words.weight[5] = torch.tensor([0.5, 1.0, 0.0, -1.0])
        found = layer(torch.tensor([[5, 5]]), position=1)[0]
    for row, p in zip(found, (1, 2)):
        expected = [1 + math.sin(p), 2 + math.cos(p), math.sin(p / 100), -2 + math.cos(p / 100)]
        assert_allclose(row, expected, atol=1e-12)


def test_parameters_can_be_counted():
    forward, norm, square = 2 * D * D_FF + D_FF + D, 2 * D, D * D
    for kind, expected in (
        (EncoderLayer, 4 * square + forward + 2 * norm),
        (DecoderLayer, 8 * square + forward + 3 * norm),
    ):
        assert sum(p.numel() for p in made(kind, D, H, D_FF).parameters()) == expected


# reference


def copied(ours, theirs):
    """Copy the weights of our attention into torch's."""
    theirs.in_proj_weight.data = torch.cat([ours.W_q.weight, ours.W_k.weight, ours.W_v.weight])
    theirs.out_proj.weight.data = ours.W_o.weight.clone()
    for bias in (theirs.in_proj_bias, theirs.out_proj.bias):
        nn.init.zeros_(bias)


def copy_rest(ours, theirs, norms):
    for mine, other in ((ours.feed_forward.W_1, theirs.linear1), (ours.feed_forward.W_2, theirs.linear2)):
        other.load_state_dict(mine.state_dict())
    for n in range(1, norms + 1):
        getattr(theirs, f"norm{n}").load_state_dict(getattr(ours, f"add_{n}").normalize.state_dict())


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_an_encoder_layer_is_that_of_torch(norm):
    ours = shaken(made(EncoderLayer, D, H, D_FF, norm=norm))
    options = {"dropout": 0.0, "batch_first": True, "norm_first": norm == "pre", "dtype": torch.float64}
    theirs = nn.TransformerEncoderLayer(D, H, D_FF, **options)
    copied(ours.attention, theirs.self_attn)
    copy_rest(ours, theirs, 2)
    x, mask = normal(B, L, D), causal_mask(L, like=normal(1))
    assert_allclose(ours(x)[0].detach(), theirs(x).detach(), atol=1e-12)
    assert_allclose(ours(x, mask)[0].detach(), theirs(x, src_mask=~mask).detach(), atol=1e-12)


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_a_decoder_layer_is_that_of_torch(norm):
    ours = shaken(made(DecoderLayer, D, H, D_FF, norm=norm))
    options = {"dropout": 0.0, "batch_first": True, "norm_first": norm == "pre", "dtype": torch.float64}
    theirs = nn.TransformerDecoderLayer(D, H, D_FF, **options)
    copied(ours.self_attention, theirs.self_attn)
    copied(ours.cross_attention, theirs.multihead_attn)
    copy_rest(ours, theirs, 3)
    x, source = normal(B, L, D), normal(B, S, D, seed=2)
    keep = torch.arange(S) < torch.tensor([7, 2, 5])[:, None]
    found, *_ = ours(x, ours.no_past(source), ours.read_source(source), keep[:, None, None])
    hidden = {"tgt_mask": ~causal_mask(L, like=x), "memory_key_padding_mask": ~keep}
    assert_allclose(found.detach(), theirs(x, source, **hidden).detach(), atol=1e-12)


def test_positions_are_those_of_the_formula():
    layer, tokens = made(WordsAndPositions, V, D), torch.randint(V, (B, L))
    added = layer(tokens) - layer.words(tokens) * D**0.5
    assert_allclose(added.detach(), np.broadcast_to(sinusoidal_positions(L, D), (B, L, D)), atol=1e-12)


# invariant


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("pieces", [(1, 1, 1, 1, 1), (2, 3), (4, 1), (5,)])
def test_words_read_piece_by_piece_are_those_read_at_once(norm, pieces):
    layer, x, source = made(DecoderLayer, D, H, D_FF, norm=norm), normal(B, L, D), normal(B, S, D, seed=2)
    with torch.no_grad():
        past, read = layer.no_past(source), layer.read_source(source)
        at_once = layer(x, past, read, None)[0]
        found = []
        for piece in x.split(pieces, 1):
            output, past, own, cross = layer(piece, past, read, None)
            assert own.shape == (B, H, piece.shape[1], past[0].shape[-2])
            assert cross.shape == (B, H, piece.shape[1], S)
            found.append(output)
    assert_allclose(torch.cat(found, 1), at_once, atol=1e-12)


def test_no_word_of_the_target_sees_a_later_one():
    layer, x, source = made(DecoderLayer, D, H, D_FF), normal(B, L, D).requires_grad_(), normal(B, S, D, seed=2)
    output, _, own, _ = layer(x, layer.no_past(source), layer.read_source(source), None)
    for i in range(L):
        (gradient,) = torch.autograd.grad(output[:, i].square().sum(), x, retain_graph=True)
        assert not gradient[:, i + 1 :].any()
        assert gradient[:, : i + 1].any(-1).all()
    assert not own.triu(1).any()


def test_a_word_s_vector_has_variance_one_before_its_position_is_added():
    layer = made(WordsAndPositions, 997, 64)
    assert (layer.words.weight[1:] * 8).var().item() == pytest.approx(1, rel=0.02)
    assert not layer.words.weight[0].any()


def test_dropout_is_on_in_training_alone():
    layer, x = made(EncoderLayer, D, H, D_FF, dropout=0.5), normal(B, L, D)
    assert_array_equal(layer(x)[0].detach(), layer(x)[0].detach())
    layer.train()
    assert (layer(x)[0] != layer(x)[0]).any()


# edge


def test_a_layer_reads_one_token_and_none():
    layer = made(EncoderLayer, D, H, D_FF)
    for length in (1, 0):
        x, weights = layer(normal(B, length, D))
        assert x.shape == (B, length, D)
        assert_array_equal(weights.detach(), np.ones((B, H, length, length)))


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: FeedForward(0, 4), ValueError, "d_model is 0, expected 1 or more"),
        (lambda: FeedForward(4, 2.5), TypeError, "d_ff is 2.5, expected a whole number"),
        (lambda: AddAndNorm(4, "before"), ValueError, "norm is 'before', expected"),
        (lambda: AddAndNorm(4, "pre", 1.5), ValueError, "dropout is 1.5, expected"),
        (lambda: EncoderLayer(22, 3, 31), ValueError, "num_heads 3 does not divide d_model 22"),
        (lambda: DecoderLayer(22, 3, 31), ValueError, "num_heads 3 does not divide d_model 22"),
        (lambda: WordsAndPositions(9, 7), ValueError, "d_model is 7, expected an even number"),
        (lambda: WordsAndPositions(0, 8), ValueError, "vocabulary is 0, expected 1 or more"),
    ],
)
def test_what_does_not_fit_is_named(call, error, said):
    with pytest.raises(error, match=f"^{said}"):
        call()


def test_the_attention_inside_is_the_library_s():
    assert isinstance(EncoderLayer(D, H, D_FF).attention, MultiHeadAttention)
