import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import causal_mask, scaled_dot_product_attention, sinusoidal_positions, window_mask
from attnlib.corpora.places import VOCABULARY, draw_places
from attnlib.models.positions import (
    AlibiPositions,
    FactorizedPositionalScores,
    LearnedPositions,
    NoPositions,
    PositionalScores,
    Reader,
    RelativePositions,
    RotaryPositions,
    SinusoidalPositions,
)

B, H, L, S, D = 2, 3, 5, 7, 4
D_MODEL = H * D
SCHEMES = {
    "none": NoPositions,
    "sinusoidal": SinusoidalPositions,
    "learned": lambda: LearnedPositions(11, D_MODEL),
    "rotary": RotaryPositions,
    "half": lambda: RotaryPositions(pairing="half", base=500.0),
    "alibi": AlibiPositions,
    "relative": lambda: RelativePositions(2, D),
    "positional": lambda: PositionalScores(11),
    "factorized": lambda: FactorizedPositionalScores(11, 2),
}


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(20), dtype=torch.float64)


def reader(name):
    torch.manual_seed(2)
    return Reader(len(VOCABULARY), 3, 8, SCHEMES[name](), d_model=D_MODEL, num_heads=H).double().eval()


def tokens(length=S):
    drawn, _ = draw_places(np.random.default_rng(3), B, length)
    return torch.from_numpy(drawn)


# by hand


def test_each_scheme_changes_only_the_doors_that_it_is_known_for():
    x, heads, scores = normal(B, L, D_MODEL), normal(B, H, L, D), normal(B, H, L, L)
    mask = causal_mask(L, like=x)
    plain = NoPositions()
    doors = {
        "enter": lambda scheme: scheme.enter(x),
        "turn": lambda scheme: scheme.turn(heads),
        "scores": lambda scheme: scheme.scores(heads, heads),
        "read": lambda scheme: scheme.read(scores, heads, mask)[0],
    }
    changed = {}
    for name in SCHEMES:
        scheme = SCHEMES[name]().double()
        changed[name] = [door for door, call in doors.items() if not torch.equal(call(scheme), call(plain))]
    assert changed == {
        "none": [],
        "sinusoidal": ["enter"],
        "learned": ["enter"],
        "rotary": ["turn"],
        "half": ["turn"],
        "alibi": ["scores"],
        "relative": ["scores", "read"],
        "positional": ["scores"],
        "factorized": ["scores"],
    }


def test_a_learned_table_starts_at_its_first_row():
    scheme = LearnedPositions(11, D).double()
    assert_array_equal(scheme.enter(torch.zeros(B, L, D)).detach(), scheme.table[:L].detach().expand(B, L, D))


def test_on_a_circle_two_numbers_a_position_are_enough_for_a_reversal():
    scheme, angles = FactorizedPositionalScores(S, 2).double(), 2 * torch.pi * torch.arange(S) / S
    circle = torch.stack([angles.cos(), angles.sin()], dim=-1).double()
    scheme.for_queries.data, scheme.for_keys.data = 100 * circle.flip(0), circle
    scores = scheme.scores(normal(B, H, S, D), normal(B, H, S, D))
    assert_array_equal(scores.argmax(-1)[1, 2].detach(), np.arange(S)[::-1])


# reference


def test_without_positions_a_reader_is_one_layer_of_attention():
    model, x = reader("none"), tokens()
    scores, weights = model(x)
    embedded = model.embed(x)
    normed = model.norm(embedded)
    query, key, value = (W(normed).unflatten(-1, (H, D)).transpose(1, 2) for W in (model.W_q, model.W_k, model.W_v))
    output, expected = scaled_dot_product_attention(query, key, value, causal_mask(S, like=embedded))
    assert_allclose(weights.detach(), expected.detach(), atol=1e-12)
    joined = embedded + model.W_o(output.transpose(1, 2).flatten(-2))
    assert_allclose(scores.detach(), model.answer(joined).reshape(B, S, 3, 8).detach(), atol=1e-12)


def test_sinusoids_are_those_of_the_formula():
    x = normal(B, L, D_MODEL)
    assert_array_equal(SinusoidalPositions().enter(x), x + sinusoidal_positions(L, D_MODEL, like=x))


# invariant


@pytest.mark.parametrize("name", SCHEMES)
def test_what_was_read_so_far_decides_and_nothing_later(name):
    model, x = reader(name), tokens()
    assert_allclose(model(x)[0][:, :L].detach(), model(x[:, :L])[0].detach(), atol=1e-12)


@pytest.mark.parametrize("name", SCHEMES)
def test_only_without_positions_a_layer_does_not_notice_another_order(name):
    model, x = reader(name), tokens()
    other = x[:, [3, 0, 4, 2, 5, 1, 6]]
    same = torch.allclose(model(x)[0][:, -1], model(other)[0][:, -1], atol=1e-9)
    assert same == (name == "none")


@pytest.mark.parametrize("name", ["rotary", "half", "alibi", "relative", "none"])
def test_behind_a_window_a_relative_scheme_answers_alike_wherever_the_window_stands(name):
    model, x = reader(name), tokens(11)
    mask = window_mask(11, left=3, right=0, like=x)
    late = model(x, mask)[0][:, -1]
    alone = model(x[:, -4:])[0][:, -1]
    assert_allclose(late.detach(), alone.detach(), atol=1e-9)


@pytest.mark.parametrize("name", ["sinusoidal", "learned", "positional", "factorized"])
def test_behind_a_window_an_absolute_scheme_does_not(name):
    model, x = reader(name), tokens(11)
    late = model(x, window_mask(11, left=3, right=0, like=x))[0][:, -1]
    assert (late - model(x[:, -4:])[0][:, -1]).abs().max() > 1e-3


@pytest.mark.parametrize("name", SCHEMES)
def test_every_parameter_is_trained(name):
    model = reader(name)
    model(tokens(11))[0].square().sum().backward()
    unused = {"W_q.weight", "W_q.bias", "W_k.weight", "W_k.bias"} if name in ("positional", "factorized") else set()
    untouched = {n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()}
    # a bias that all keys share moves all scores of a row alike, which a softmax does not see
    assert untouched - {"W_k.bias"} == unused - {"W_k.bias"}


# edge


def test_a_table_may_be_used_to_its_last_row():
    for name in ("learned", "positional", "factorized"):
        assert reader(name)(tokens(11))[0].shape == (B, 11, 3, 8)


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (
            lambda: LearnedPositions(4, D).enter(torch.ones(B, L, D)),
            ValueError,
            "x has 5 positions, expected at most max_length = 4: make the table longer before training",
        ),
        (
            lambda: PositionalScores(4).scores(torch.ones(B, H, 4, D), torch.ones(B, H, L, D)),
            ValueError,
            "key has 5 positions, expected at most max_length = 4",
        ),
        (
            lambda: FactorizedPositionalScores(4, 2).scores(torch.ones(B, H, L, D), torch.ones(B, H, 4, D)),
            ValueError,
            "query has 5 positions, expected at most max_length = 4",
        ),
        (lambda: LearnedPositions(0, D), ValueError, "max_length is 0, expected 1 or more"),
        (lambda: FactorizedPositionalScores(4, 0), ValueError, "rank is 0, expected 1 or more"),
        (lambda: RelativePositions(-1, D), ValueError, "farthest is -1, expected 0 or more"),
        (lambda: RotaryPositions(pairing="halves"), ValueError, "pairing is 'halves', did you mean 'half'?"),
        (lambda: RotaryPositions(base=-1.0), ValueError, "base is -1.0, expected a positive, finite number"),
    ],
)
def test_what_does_not_fit_is_named(call, error, said):
    with pytest.raises(error) as told:
        call()
    assert str(told.value).startswith(said)
