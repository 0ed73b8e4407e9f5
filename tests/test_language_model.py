import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose

from attnlib.models.language_model import DecoderOnly, next_token_loss

V, D, D_FF, N, B, L = 29, 26, 31, 3, 5, 11


def made(seed=2018, **options):
    torch.manual_seed(seed)
    return DecoderOnly(V, d_model=D, num_heads=2, d_ff=D_FF, num_layers=N, **options).double().eval()


def drawn(*shape):
    return torch.randint(0, V, shape, generator=torch.Generator().manual_seed(7))


# by hand


def test_it_has_the_parameters_of_one_stack():
    forward, norm = 2 * D * D_FF + D_FF + D, 2 * D
    layers = N * (4 * D * D + forward + 2 * norm) + norm
    assert sum(p.numel() for p in made().parameters()) == V * D + layers + (D + 1) * V


def test_the_loss_is_the_mean_over_all_tokens_but_the_first():
    model, tokens = made(), drawn(B, L)
    with torch.no_grad():
        shares = model(tokens).softmax(-1)
        nats = [-math.log(shares[b, t, tokens[b, t + 1]]) for b in range(B) for t in range(L - 1)]
        assert_allclose(next_token_loss(model, tokens), np.mean(nats), rtol=1e-12)


def test_without_sizes_it_is_two_layers_of_128_numbers():
    model = DecoderOnly(V)
    assert len(model.stack.layers) == 2
    layer = model.stack.layers[0]
    assert (model.readout.in_features, layer.feed_forward.W_1.out_features, layer.attention.num_heads) == (128, 512, 4)


# reference


def test_it_is_the_encoder_of_torch_under_a_causal_mask():
    model, tokens = made(), drawn(B, L)
    layer = torch.nn.TransformerEncoderLayer(D, 2, D_FF, 0.0, batch_first=True, norm_first=True, dtype=torch.float64)
    theirs = torch.nn.TransformerEncoder(layer, N, torch.nn.LayerNorm(D, dtype=torch.float64), False)
    with torch.no_grad():
        for ours, other in zip(model.stack.layers, theirs.layers):
            matrices = [matrix.weight for matrix in (ours.attention.W_q, ours.attention.W_k, ours.attention.W_v)]
            other.self_attn.in_proj_weight.copy_(torch.cat(matrices))
            other.self_attn.out_proj.weight.copy_(ours.attention.W_o.weight)
            for name, part in (("linear1", ours.feed_forward.W_1), ("linear2", ours.feed_forward.W_2)):
                getattr(other, name).load_state_dict(part.state_dict())
        x = model.stack.embed(tokens)
        blocked = torch.nn.Transformer.generate_square_subsequent_mask(L, dtype=torch.float64)
        assert_allclose(model(tokens), model.readout(theirs(x, blocked)), atol=1e-12)


# invariant


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_no_token_sees_a_later_one(norm):
    model, tokens = made(norm=norm), drawn(1, L)
    changed = tokens.clone()
    changed[0, 6] = (changed[0, 6] + 1) % V
    with torch.no_grad():
        before, after = model(tokens), model(changed)
    assert_allclose(before[:, :6], after[:, :6], atol=1e-12)
    assert (before[:, 6:] - after[:, 6:]).abs().amax(-1).min() > 1e-6


def test_writing_draws_each_token_from_the_shares_after_the_last_window():
    model, start = made(), drawn(4)
    text = model.write(start, 9, window=6, generator=torch.Generator().manual_seed(3))
    assert len(text) == 13
    assert text[:4].equal(start)
    generator = torch.Generator().manual_seed(3)
    for t in range(4, 13):
        with torch.no_grad():
            shares = F.softmax(model(text[None, max(0, t - 6) : t])[0, -1], -1)
        assert text[t] == torch.multinomial(shares, 1, generator=generator)[0]


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DecoderOnly(0), "vocabulary is 0, expected"),
        (lambda: made()(torch.tensor([[V]])), "tokens has numbers from 29 to 29, expected 0 to 28"),
        (lambda: made()([[1]]), "tokens is a list, expected a torch tensor"),
        (lambda: made().write(drawn(4), 0, window=3, generator=torch.Generator()), "count is 0"),
        (lambda: made().write(drawn(4), 3, window=0, generator=torch.Generator()), "window is 0"),
        (lambda: made().write(drawn(1, 4), 3, window=3, generator=torch.Generator()), "tokens has shape"),
        (lambda: next_token_loss(made(), drawn(4, 1)), "tokens has shape .*at least two"),
    ],
)
def test_a_mistake_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
