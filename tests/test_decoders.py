import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from attnlib.models.attention import Attention, DotProduct, General, QueryKeyValue
from attnlib.models.decoders import WIRINGS, BahdanauDecoder, LuongDecoder, Tutorial, wire
from tests.translators import DECODERS, HIDDEN, SIZES, SOURCE, TARGET, S, T, batch, gru, make, numbers

EVERY_WIRING = pytest.mark.parametrize("name", WIRINGS)
DECODER = {kind: decoder for kind, (decoder, _) in DECODERS.items()}


# by hand


def test_a_name_builds_its_wiring():
    kinds = {name: make(name) for name in WIRINGS}
    assert {name for name, model in kinds.items() if isinstance(model, LuongDecoder)} == set(WIRINGS[:4])
    assert isinstance(kinds["tutorial"], Tutorial)
    assert isinstance(kinds["encoder–decoder QKV"].attention, QueryKeyValue)
    assert isinstance(kinds["encoder-only QKV"].attention.attention, QueryKeyValue)
    assert isinstance(kinds["encoder–decoder dot"].attention.scores, DotProduct)
    assert isinstance(kinds["encoder-only dot"].attention.attention.scores, DotProduct)


# reference


def look(attention, query, keys):
    """Score a sentence with the additive formula, key by key, and read it."""
    p = numbers(attention.scores)
    scores = [math.fsum(p["w_v"] * np.tanh(query @ p["W_q"] + key @ p["W_k"])) for key in keys]
    shares = [math.exp(score - max(scores)) for score in scores]
    weights = np.array(shares) / sum(shares)
    return sum(w * key for w, key in zip(weights, keys)), weights


def linear(layer, *parts):
    p = numbers(layer)
    return p["weight"] @ np.concatenate(parts) + p["bias"]


def written_out(model, kind, annotations, summary, target):
    """Write one sentence by the formulas in the docstrings, each step a line."""
    state, mixed, embed = summary, np.zeros(HIDDEN), numbers(model.embed)["weight"]
    for token in target:
        word = embed[token]
        if kind == "bahdanau":
            context, weights = look(model.attention, state, annotations)
            state = gru(numbers(model.cell), np.concatenate([word, context]), state)
            mixed = np.tanh(linear(model.mix, state, context, word))
        else:
            state = gru(numbers(model.cell), np.concatenate([word, mixed]) if kind == "feeding" else word, state)
            context, weights = look(model.attention, state, annotations)
            mixed = np.tanh(linear(model.mix, context, state))
        yield linear(model.readout, mixed), weights


@pytest.mark.parametrize("kind", DECODER)
def test_each_step_is_that_of_its_formulas_written_out(kind):
    model, (source, lengths, target) = make(f"{kind} global additive"), batch()
    with torch.no_grad():
        logits, weights = model(source, lengths, target)
        encoded = model.encode(source, lengths)
    for b, length in enumerate(lengths):
        annotations, summary = encoded.annotations[b, :length].numpy(), encoded.summary[b].numpy()
        steps = written_out(model, kind, annotations, summary, target[b].tolist())
        for t, (expected, expected_weights) in enumerate(steps):
            assert_allclose(logits[b, t], expected, atol=1e-12)
            assert_allclose(weights[b, t, :length], expected_weights, atol=1e-12)


@pytest.mark.parametrize("kind", DECODER)
def test_the_query_is_the_state_before_the_update_or_after_it(kind):
    model, (source, lengths, target) = make(f"{kind} global dot"), batch()
    queries = []
    model.attention.register_forward_pre_hook(lambda _module, inputs: queries.append(inputs[0]))
    with torch.no_grad():
        encoded = model.encode(source, lengths)
        state = model.start(encoded)
        for position in range(3):
            before = state[0]
            _, state, _ = model.step(target[:, position], state, encoded, position)
            assert_array_equal(queries[position], before if kind == "bahdanau" else state[0])
            assert not torch.allclose(before, state[0])


@pytest.mark.parametrize("bare", [True, False])
def test_all_steps_together_are_attention_of_the_annotations_to_one_another(bare):
    model = make("encoder-only dot" if bare else "encoder-only QKV")
    source, lengths, target = batch()
    annotations = model.encode(source, lengths).annotations
    _, weights = model(source, lengths, target)
    for n, length in enumerate(lengths):
        X = annotations[n, :length]
        if bare:
            scores = X @ X.T
        else:
            inner = model.attention.attention
            scores = (X @ inner.W_q) @ (X @ inner.W_k).T / math.sqrt(HIDDEN)
        expected = torch.zeros(T, S).double()
        expected[:length, :length] = torch.softmax(scores, -1)[:T]
        assert_allclose(weights[n].detach(), expected.detach(), atol=1e-12)


def test_one_head_between_encoder_and_decoder_is_the_general_score_in_two_factors():
    model, twin = make("encoder–decoder QKV"), make("encoder–decoder dot")
    qkv = model.attention
    twin.attention = Attention(General(HIDDEN, HIDDEN).double())
    state = {name: p for name, p in model.state_dict().items() if not name.startswith("attention")}
    twin.load_state_dict(state, strict=False)
    twin.attention.scores.W.data = qkv.W_q.data @ qkv.W_k.data.T / math.sqrt(HIDDEN)
    mix = model.mix.weight.data
    twin.mix.weight.data = torch.cat([mix[:, :HIDDEN] @ qkv.W_v.data.T, mix[:, HIDDEN:]], 1)
    for ours, theirs in zip(model(*batch()), twin(*batch())):
        assert_allclose(ours.detach(), theirs.detach(), atol=1e-12)


def test_the_tutorial_is_one_linear_layer_from_word_and_state_to_positions():
    model = make("tutorial")
    source, lengths, target = batch()
    kept = model.encode(source, lengths)
    logits, (state,), weights = model.step(target[:, 0], (kept.summary,), kept, 0)
    joined = torch.cat([model.embed(target[:, 0]), kept.summary], -1)
    for n, length in enumerate(lengths):
        shares = torch.softmax((joined[n] @ model.locate.W)[:length], -1)
        context = shares @ kept.annotations[n, :length]
        mixed = F.relu(model.mix(torch.cat([model.embed(target[n, 0]), context])))
        expected = model.cell(mixed[None], kept.summary[n : n + 1])[0]
        assert_allclose(weights[n, :length].detach(), shares.detach())
        assert_allclose(state[n].detach(), expected.detach())
        assert_allclose(logits[n].detach(), model.readout(expected).detach())


# invariant


@EVERY_WIRING
def test_only_a_wiring_that_asks_from_the_decoder_looks_elsewhere_when_the_words_change(name):
    model, (source, lengths, target) = make(name), batch()
    _, weights = model(source, lengths, target)
    _, other = model(source, lengths, target.flip(1))
    assert torch.equal(weights, other) == ("only" in name)


@EVERY_WIRING
def test_only_the_tutorial_looks_at_the_same_places_whatever_stands_there(name):
    model, (source, lengths, target) = make(name), batch()
    kept = model.encode(source, lengths)
    state = model.start(kept)
    shuffled = kept._replace(annotations=kept.annotations.flip(1) * kept.mask[:, 0, :, None])
    weights, other = (model.step(target[:, 0], state, m, 0)[2] for m in (kept, shuffled))
    assert torch.equal(weights, other) == (name == "tutorial")


# edge


@pytest.mark.parametrize("kind", DECODER)
def test_a_word_that_looks_beyond_the_sentence_reads_zeros_and_has_gradients(kind):
    model = make(f"{kind} local-m general")
    source, lengths, target = batch()
    logits, weights = model(source[2:, :1], lengths[2:], target[2:])  # one word, many steps, two to either side
    assert_array_equal(weights[0, :, 0].detach(), [1, 1, 1] + [0] * (T - 3))
    logits.square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
    assert logits.isfinite().all()


def test_without_input_feeding_where_it_looked_is_forgotten():
    source, lengths, target = batch()
    for kind, matters in [("luong", False), ("feeding", True)]:
        model = make(f"{kind} global dot")
        with torch.no_grad():
            encoded = model.encode(source, lengths)
            hidden, mixed = model.start(encoded)
            assert_array_equal(hidden, encoded.summary)
            assert not mixed.any()
            one, (_, h), _ = model.step(target[:, 0], (hidden, mixed), encoded, 0)
            other, _, _ = model.step(target[:, 0], (hidden, mixed + 1), encoded, 0)
        assert (not torch.equal(one, other)) == matters
        assert (h.abs() < 1).all(), "h̃ has gone through its tanh"


@pytest.mark.parametrize("kind", DECODER)
def test_two_translators_of_one_seed_are_the_same_and_the_class_passes_sizes_on(kind):
    one, same, other = make(f"{kind} global general"), make(f"{kind} global general"), make(f"{kind} global general", 1)
    for p, q, r in zip(one.parameters(), same.parameters(), other.parameters()):
        assert_array_equal(p.detach(), q.detach())
        assert not torch.equal(p, r)
    small = DECODER[kind](SOURCE, TARGET, Attention(DotProduct()), embedding=2, hidden=3, bidirectional=False)
    logits, weights = small(torch.tensor([[3, 4]]), torch.tensor([2]), torch.tensor([[1]]))
    assert (logits.shape, weights.shape) == ((1, 1, TARGET), (1, 1, 2))


@pytest.mark.parametrize("wiring", DECODER)
def test_any_module_may_be_the_attention(wiring):
    class LastWord(nn.Module):
        def forward(self, query, encoded, position):
            weights = F.one_hot(encoded.mask.sum((-1, -2)) - 1, encoded.mask.shape[-1]).to(query.dtype)
            return (weights[:, None] @ encoded.annotations)[:, 0], weights

    torch.manual_seed(0)
    model, (source, lengths, target) = DECODER[wiring](SOURCE, TARGET, LastWord(), **SIZES), batch()
    logits, weights = model(source, lengths, target)
    assert logits.isfinite().all()
    assert (weights.argmax(-1) == lengths[:, None] - 1).all()


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("kind", DECODER)
def test_scores_of_another_width_than_the_states_are_named(kind):
    model = DECODER[kind](SOURCE, TARGET, Attention(General(HIDDEN + 1, HIDDEN)), **SIZES)
    source, lengths, target = batch()
    with pytest.raises(ValueError, match=r"^W has shape \(27, 26\), expected \(26, 26\): query's last axis × key"):
        model(source, lengths, target)


def test_a_sentence_longer_than_the_tutorials_layer_is_refused_in_words(plain_errors):
    model = make("tutorial")
    with pytest.raises(ValueError, match=r"13 positions, expected at most max_length = 11: make the layer wider"):
        model(torch.full((1, 13), 3), torch.tensor([13]), torch.tensor([[1]]))


def test_an_unknown_wiring_is_refused_with_the_known_ones(plain_errors):
    with pytest.raises(ValueError, match=r"^name is 'decoder-only', did you mean 'encoder-only dot'\?$"):
        wire("decoder-only", SOURCE, TARGET)
    assert wire("encoder-only dot", SOURCE, TARGET)
    with pytest.raises(ValueError, match=r"^name is 'pyramid', expected one of encoder–decoder dot, .*, tutorial$"):
        wire("pyramid", SOURCE, TARGET)


@pytest.mark.usefixtures("plain_errors")
def test_sizes_and_parts_that_cannot_be_are_named():
    with pytest.raises(ValueError, match=r"^max_length is 0, expected 1 or more$"):
        wire("tutorial", SOURCE, TARGET, max_length=0)
    with pytest.raises(TypeError, match=r"^name is 5, expected one of encoder–decoder dot, "):
        wire(5, SOURCE, TARGET)
    with pytest.raises(TypeError, match=r"^hidden is '26', expected a whole number$"):
        wire("encoder-only QKV", SOURCE, TARGET, hidden="26")
    with pytest.raises(TypeError, match=r"^input_feeding is 'yes', expected True or False$"):
        LuongDecoder(SOURCE, TARGET, Attention(DotProduct()), input_feeding="yes", **SIZES)
    for decoder in (BahdanauDecoder, LuongDecoder):
        with pytest.raises(
            TypeError, match=r"^attention is 5, expected a torch module, such as Attention\(DotProduct\("
        ):
            decoder(SOURCE, TARGET, 5, **SIZES)
        with pytest.raises(
            TypeError, match=r"^attention is the class Attention, expected a module made from it, such as"
        ):
            decoder(SOURCE, TARGET, Attention, **SIZES)
