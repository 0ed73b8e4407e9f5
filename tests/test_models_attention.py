import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from attnlib.models.attention import (
    Additive,
    Attention,
    Concat,
    DotProduct,
    EncoderOnly,
    General,
    LocalMonotonic,
    LocalPredictive,
    Location,
    QueryKeyValue,
    new_matrix,
)
from tests.translators import encoded

B, L, S, D, D_A = 3, 5, 7, 11, 13


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def of_lengths(*lengths):
    """Return what an encoder leaves behind of sentences so long, padded to S."""
    generator = torch.Generator().manual_seed(0)
    return encoded(torch.randn(len(lengths), S, D, generator=generator, dtype=torch.float64), list(lengths))


def seen(weights):
    return ["".join("x" if w else "." for w in row) for row in weights]


# by hand


def test_a_monotonic_window_moves_with_the_word_and_ends_with_the_sentence():
    attention, both = LocalMonotonic(DotProduct(), width=2), of_lengths(7, 4)
    rows = [attention(torch.zeros(2, D, dtype=torch.float64), both, position) for position in range(8)]
    assert seen(torch.stack([weights[0] for _, weights in rows])) == [
        "xxx....",
        "xxxx...",
        "xxxxx..",
        ".xxxxx.",
        "..xxxxx",
        "...xxxx",
        "....xxx",
        ".....xx",
    ]
    assert seen(torch.stack([weights[1] for _, weights in rows]))[3:7] == [".xxx...", "..xx...", "...x...", "......."]
    context, weights = rows[6]
    assert_array_equal(context[1], np.zeros(D))
    assert_array_equal(weights[1], np.zeros(S))
    assert_allclose(rows[3][1][0], [0, 0.2, 0.2, 0.2, 0.2, 0.2, 0])


def test_a_predicted_window_stands_in_the_middle_of_each_sentence_until_it_is_trained():
    attention = LocalPredictive(DotProduct(), d_query=D, width=2.0).double()
    with torch.no_grad():
        attention.v_p.zero_()
    _, weights = attention(torch.zeros(2, D, dtype=torch.float64), of_lengths(6, 2), 0)
    one, two = math.exp(-1 / 2), math.exp(-4 / 2)  # sigma is 1: half the width
    weights = weights.detach()
    assert_allclose(weights[0], np.array([0, two, one, 1, one, two, 0])[:S] / 5 * (np.arange(S) < 6), atol=1e-12)
    assert_allclose(weights[1], [one / 2, 1 / 2, 0, 0, 0, 0, 0], atol=1e-12)


def test_a_new_matrix_keeps_the_spread_of_what_it_multiplies():
    torch.manual_seed(2015)
    for parameter in (General(199, 101).W, Additive(199, 3, 101).W_q, Additive(3, 199, 101).W_k, Location(199, 101).W):
        assert (normal(97, 199).float() @ parameter).std().item() == pytest.approx(1, rel=0.05)


def test_the_encoder_only_wiring_asks_with_the_annotation_at_the_step():
    attend = EncoderOnly(Attention(DotProduct()))
    kept = encoded([[[math.log(3), 0], [1, 0]]])
    for query in (torch.zeros(1, 2), torch.full((1, 2), 9.0)):  # the decoder's own query changes nothing
        context, weights = attend(query.double(), kept, 1)
        assert_allclose(weights, [[3, math.e] / np.array(3 + math.e)])
        assert_allclose(context[0, 0], (3 * math.log(3) + math.e) / (3 + math.e))


def test_beyond_the_last_source_word_the_encoder_only_wiring_reads_zeros():
    attend = EncoderOnly(Attention(DotProduct()))
    kept = encoded([[[1, 2], [3, 4], [0, 0]], [[1, 2], [3, 4], [5, 6]]], [2, 3])
    context, weights = attend(torch.ones(2, 2).double(), kept, 2)
    assert_array_equal(context[0], [0, 0])
    assert_array_equal(weights[0], [0, 0, 0])
    assert_allclose(weights[1].sum(), 1)
    context, weights = attend(torch.ones(2, 2).double(), kept, 3)
    assert_array_equal(context, np.zeros((2, 2)))
    assert_array_equal(weights, np.zeros((2, 3)))


def test_three_matrices_can_be_followed_on_paper():
    attend = QueryKeyValue(1).double()
    attend.W_q.data, attend.W_k.data, attend.W_v.data = (torch.tensor([[n]]).double() for n in (2.0, 0.5, 10.0))
    with torch.no_grad():
        context, weights = attend(torch.tensor([[1.0]]).double(), encoded([[[math.log(3)], [0]]]), 0)
    assert_allclose(weights, [[0.75, 0.25]])
    assert_allclose(context, [[0.75 * 10 * math.log(3)]])


# reference


def test_each_score_is_its_formula_with_its_own_parameters():
    torch.manual_seed(0)
    query, key = normal(B, L, D), normal(B, S, D + 2)
    general, additive, concat = General(D, D + 2), Additive(D, D + 2, D_A), Concat(D, D + 2, D_A)
    formulas = {
        general: lambda q, k: q @ general.W @ k,
        additive: lambda q, k: torch.tanh(q @ additive.W_q + k @ additive.W_k) @ additive.w_v,
        concat: lambda q, k: torch.tanh(torch.cat([q, k]) @ concat.W) @ concat.w_v,
    }
    for layer, formula in formulas.items():
        scores = layer.double()(query, key)
        assert scores.shape == (B, L, S)
        for b, i, j in np.ndindex(B, L, S):
            assert scores[b, i, j].item() == pytest.approx(formula(query[b, i], key[b, j]).item(), abs=1e-12)
    location = Location(D, 17).double()
    assert_allclose(location(query, key).detach(), torch.einsum("bld,ds->bls", query, location.W)[..., :S].detach())
    same = key[..., :D]
    bare = DotProduct()(query, same)
    assert_allclose(bare, torch.einsum("bld,bsd->bls", query, same), atol=1e-12)
    assert_allclose(DotProduct(scale=None)(query, same), bare / D**0.5, atol=1e-12)


def test_the_predicted_centre_is_the_formula_of_the_paper():
    torch.manual_seed(0)
    attention = LocalPredictive(DotProduct(), d_query=D, width=3.0).double()
    query, lengths = normal(B, L, D), torch.tensor([7.0, 2.0, 5.0], dtype=torch.float64)
    centers = attention.centers(query, lengths)
    W, v = attention.W_p.detach().numpy(), attention.v_p.detach().numpy()
    for b, i in np.ndindex(B, L):
        hidden = [math.tanh(x) for x in query[b, i].numpy() @ W]
        expected = lengths[b].item() / (1 + math.exp(-math.fsum(v * hidden)))
        assert centers[b, i].item() == pytest.approx(expected)


def test_predicted_weights_are_a_softmax_in_the_window_times_a_bell():
    torch.manual_seed(3)
    lengths, query = [7, 2, 5], normal(B, D)
    attention, sentences = LocalPredictive(General(D, D), d_query=D, width=2.5).double(), of_lengths(7, 2, 5)
    context, weights = attention(query, sentences, 0)
    centers = attention.centers(query[:, None], torch.tensor(lengths, dtype=torch.float64))[:, 0]
    scores = attention.scores(query[:, None], sentences.annotations)[:, 0].detach()
    for b, (length, center) in enumerate(zip(lengths, centers.tolist())):
        near = [j for j in range(length) if abs(j - center) <= 2.5]
        total = sum(math.exp(scores[b, j]) for j in near)
        expected = np.zeros(S)
        for j in near:
            expected[j] = math.exp(scores[b, j]) / total * math.exp(-((j - center) ** 2) / (2 * 1.25**2))
        assert_allclose(weights[b].detach(), expected, atol=1e-12)
        assert_allclose(context[b].detach(), (expected[:, None] * sentences.annotations[b].numpy()).sum(0), atol=1e-12)


def test_global_attention_reads_the_sentence_whatever_the_position():
    attention, sentences, query = Attention(DotProduct()), of_lengths(7, 2, 5), normal(B, D)
    context, weights = attention(query, sentences, 0)
    for b, length in enumerate([7, 2, 5]):
        expected = torch.softmax(sentences.annotations[b, :length] @ query[b], -1)
        assert_allclose(weights[b, :length], expected, atol=1e-12)
        assert not weights[b, length:].any()
        assert_allclose(context[b], expected @ sentences.annotations[b, :length], atol=1e-12)
    assert_array_equal(attention(query, sentences, 99)[1], weights)


# invariant


@pytest.mark.parametrize("kind", [General, Additive, Concat])
def test_every_parameter_is_trained(kind):
    layer = kind(*[D, D + 2, D_A][: 2 if kind is General else 3]).double()
    layer(normal(B, L, D), normal(B, S, D + 2)).square().sum().backward()
    assert all(p.grad.any() for p in layer.parameters())


def test_the_slope_of_the_bell_moves_the_predicted_centre():
    torch.manual_seed(3)
    attention = LocalPredictive(DotProduct(), d_query=D, width=3.0).double()
    context, _ = attention(normal(B, D), of_lengths(7, 2, 5), 0)
    context.square().sum().backward()
    for parameter in (attention.W_p, attention.v_p):
        assert parameter.grad.isfinite().all()
        assert parameter.grad.any()


# edge


def test_a_window_of_no_width_sees_its_own_position_and_none_beyond():
    attention, sentences, query = LocalMonotonic(DotProduct(), width=0), of_lengths(3), normal(1, D).requires_grad_()
    for position in range(S + 2):
        context, weights = attention(query, sentences, position)
        assert seen(weights) == ["".join("x" if j == position < 3 else "." for j in range(S))]
        assert torch.autograd.grad(context.sum(), query)[0].isfinite().all()


def test_as_many_positions_as_there_are_columns_have_a_score():
    assert Location(D, S).double()(normal(B, 1, D), normal(B, S, D)).shape == (B, 1, S)


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: LocalMonotonic(DotProduct(), width=-1), ValueError, "width is -1, expected 0 or more"),
        (lambda: LocalMonotonic(DotProduct(), width=1.5), TypeError, "width is 1.5, expected a whole number"),
        (lambda: LocalPredictive(DotProduct(), d_query=D, width=0), ValueError, "width is 0, expected a positive, fin"),
        (
            lambda: Location(D, S - 1).double()(normal(B, 1, D), normal(B, S, D)),
            ValueError,
            "key has 7 positions, expected at most max_length = 6: make the layer wider",
        ),
        (
            lambda: DotProduct()(normal(B, 1, D), normal(B, S, D + 2)),
            ValueError,
            "query's last axis is 11, key's is 13: they must match",
        ),
        (
            lambda: LocalPredictive(DotProduct(), d_query=D, width="3"),
            TypeError,
            "width is '3', expected a positive",
        ),
        (lambda: new_matrix(d_query=0, d_key=D), ValueError, "d_query is 0, expected 1 or more"),
        (lambda: General(D, 2.5), TypeError, "d_key is 2.5, expected a whole number"),
        (lambda: Additive(D, D, "13"), TypeError, "d_hidden is '13', expected a whole number"),
        (lambda: Concat("11", D, D_A), TypeError, "d_query is '11', expected a whole number"),
        (lambda: Location(D, 0), ValueError, "max_length is 0, expected 1 or more"),
        (lambda: QueryKeyValue(0), ValueError, "hidden is 0, expected 1 or more"),
        (lambda: Attention(5), TypeError, r"scores is 5, expected a torch module, such as DotProduct\(\)"),
        (
            lambda: Attention(DotProduct),
            TypeError,
            "scores is the class DotProduct, expected a module made",
        ),
        (
            lambda: EncoderOnly(DotProduct),
            TypeError,
            "attention is the class DotProduct, expected a module",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, error, said):
    with pytest.raises(error, match=f"^{said}"):
        call()
