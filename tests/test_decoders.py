import functools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from attnlib.corpora.batches import PAD, Vocabulary
from attnlib.models.decoders import CurrentState, PreviousState
from attnlib.training.decoding import greedy
from attnlib.models.attention import (
    Additive,
    Attention,
    Concat,
    DotProduct,
    General,
    LocalMonotonic,
    LocalPredictive,
    Location,
)
from attnlib.models.seq2seq import FixedVector

B, S, T, EMBEDDING, HIDDEN, D_A, SOURCE, TARGET = 3, 11, 7, 5, 26, 23, 17, 19
SIZES = {"embedding": EMBEDDING, "hidden": HIDDEN}
LENGTHS = torch.tensor([4, 11, 1])

SCORES = {
    "dot": DotProduct,
    "scaled": lambda: DotProduct(scale=None),
    "general": lambda: General(HIDDEN, HIDDEN),
    "additive": lambda: Additive(HIDDEN, HIDDEN, D_A),
    "concat": lambda: Concat(HIDDEN, HIDDEN, D_A),
    "location": lambda: Location(HIDDEN, 13),
}
WINDOWS = {
    "global": Attention,
    "local-m": functools.partial(LocalMonotonic, width=2),
    "local-p": functools.partial(LocalPredictive, d_query=HIDDEN, width=3.0),
}
WIRINGS = {
    "previous": PreviousState,
    "current": CurrentState,
    "feeding": functools.partial(CurrentState, input_feeding=True),
}
TRANSLATORS = [  # each score once, and each window in each wiring, for the position and the query come from there
    *("previous global additive", "previous local-m location", "previous local-p additive"),
    *("current global general", "current global location", "current local-m dot", "current local-p dot"),
    *("feeding global concat", "feeding global scaled", "feeding local-m dot", "feeding local-p general"),
]
EVERY = pytest.mark.parametrize("kind", ["fixed two-way", "fixed one-way", "previous one-way", *TRANSLATORS])


def make(kind, seed=2015):
    torch.manual_seed(seed)
    if kind.endswith("way"):
        sizes, wiring = SIZES | {"bidirectional": kind.endswith("two-way")}, kind.split()[0]
        if wiring == "fixed":
            return FixedVector(SOURCE, TARGET, **sizes).double().eval()
        return PreviousState(SOURCE, TARGET, Attention(DotProduct()), **sizes).double().eval()
    wiring, window, score = kind.split()
    attention = WINDOWS[window](SCORES[score]())
    return WIRINGS[wiring](SOURCE, TARGET, attention, **SIZES).double().eval()


def batch(seed=1):
    """Return source, lengths and target, where the padding of the source is PAD."""
    generator = torch.Generator().manual_seed(seed)
    source = torch.randint(3, SOURCE, (B, S), generator=generator)
    source = torch.where(torch.arange(S) < LENGTHS[:, None], source, PAD)
    return source, LENGTHS, torch.randint(1, TARGET, (B, T), generator=generator)


def embedded(embed):
    """Make `embed` keep what it returns, and the gradients of that."""
    kept = []

    def keep(_module, _inputs, output):
        output = output.detach().requires_grad_()
        kept.append(output)
        return output

    embed.register_forward_hook(keep)
    return kept


# by hand


def test_parameters_of_the_wirings_can_be_counted():
    def count(model):
        return sum(p.numel() for p in model.parameters())

    e, h = EMBEDDING, HIDDEN
    one_way = 3 * (h // 2) * (e + h // 2 + 2)  # three gates, each with two matrices and two biases
    shared = SOURCE * e + TARGET * e + 2 * one_way + h * h + h
    readout = TARGET * h + TARGET
    assert count(make("previous global dot")) == shared + 3 * h * (e + h + h + 2) + h * (2 * h + e) + h + readout
    assert count(make("current global dot")) == shared + 3 * h * (e + h + 2) + h * 2 * h + h + readout
    assert count(make("feeding global dot")) == shared + 3 * h * (e + h + h + 2) + h * 2 * h + h + readout
    for kind, more in [("general", h * h), ("additive", (2 * h + 1) * D_A), ("concat", (2 * h + 1) * D_A)]:
        assert count(make(f"current global {kind}")) == count(make("current global dot")) + more
    assert count(make("current local-p dot")) == count(make("current global dot")) + h * h + h
    assert count(make("current local-m dot")) == count(make("current global dot"))


# reference


def numbers(module):
    return {name: p.detach().numpy() for name, p in module.named_parameters()}


def gru(cell, x, h):
    """Update one state with the formulas of the paper, a gate at a time."""
    p, size = numbers(cell), len(h)
    from_x, from_h = p["weight_ih"] @ x + p["bias_ih"], p["weight_hh"] @ h + p["bias_hh"]
    reset, update = (1 / (1 + np.exp(-(from_x + from_h)[i : i + size])) for i in (0, size))
    candidate = np.tanh(from_x[2 * size :] + reset * from_h[2 * size :])
    return (1 - update) * candidate + update * h


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
        if kind == "previous":
            context, weights = look(model.attention, state, annotations)
            state = gru(model.write, np.concatenate([word, context]), state)
            mixed = np.tanh(linear(model.mix, state, context, word))
        else:
            state = gru(model.write, np.concatenate([word, mixed]) if kind == "feeding" else word, state)
            context, weights = look(model.attention, state, annotations)
            mixed = np.tanh(linear(model.mix, context, state))
        yield linear(model.readout, mixed), weights


@pytest.mark.parametrize("kind", WIRINGS)
def test_each_step_is_that_of_its_formulas_written_out(kind):
    model, (source, lengths, target) = make(f"{kind} global additive"), batch()
    with torch.no_grad():
        logits, weights = model(source, lengths, target)
        memory = model.encode(source, lengths)
    for b, length in enumerate(lengths):
        annotations, summary = memory.annotations[b, :length].numpy(), memory.summary[b].numpy()
        steps = written_out(model, kind, annotations, summary, target[b].tolist())
        for t, (expected, expected_weights) in enumerate(steps):
            assert_allclose(logits[b, t], expected, atol=1e-12)
            assert_allclose(weights[b, t, :length], expected_weights, atol=1e-12)


@pytest.mark.parametrize("kind", WIRINGS)
def test_the_query_is_the_state_before_the_update_or_after_it(kind):
    model, (source, lengths, target) = make(f"{kind} global dot"), batch()
    queries = []
    model.attention.register_forward_pre_hook(lambda _module, inputs: queries.append(inputs[0]))
    with torch.no_grad():
        memory = model.encode(source, lengths)
        state = model.start(memory)
        for position in range(3):
            before = state[0]
            _, state, _ = model.step(target[:, position], state, memory, position)
            assert_array_equal(queries[position], before if kind == "previous" else state[0])
            assert not torch.allclose(before, state[0])


# invariant: what holds for every translator


@EVERY
def test_an_untrained_translator_is_as_surprised_as_a_die(kind):
    losses = []
    for seed in range(3):
        source, lengths, target = batch(seed)
        with torch.no_grad():
            logits, _ = make(kind, seed)(source, lengths, target)
        goal = torch.randint(0, TARGET, (B, T), generator=torch.Generator().manual_seed(seed + 100))
        losses.append(F.cross_entropy(logits.flatten(0, 1), goal.flatten()).item())
    assert np.mean(losses) == pytest.approx(math.log(TARGET), rel=0.1)


@EVERY
def test_no_gradient_comes_from_padding_and_all_words_have_one(kind):
    model, (source, lengths, target) = make(kind), batch()
    kept = embedded(model.encoder.embed)
    logits, weights = model(source, lengths, target)
    total = logits.square().sum() + (0 if weights is None else weights.square().sum())
    (gradient,) = torch.autograd.grad(total, kept)
    assert_array_equal((gradient != 0).any(-1), torch.arange(S) < lengths[:, None])


@EVERY
def test_what_stands_in_the_padding_changes_nothing(kind):
    model, (source, lengths, target) = make(kind), batch()
    other = torch.where(torch.arange(S) < lengths[:, None], source, 3)
    with torch.no_grad():
        for expected, found in zip(model(source, lengths, target), model(other, lengths, target)):
            if expected is not None:
                assert_array_equal(expected, found)


@EVERY
def test_the_future_is_not_seen(kind):
    model, (source, lengths, target) = make(kind), batch()
    kept = embedded(model.embed)
    logits, _ = model(source, lengths, target)
    for t in range(T):
        gradients = torch.autograd.grad(logits[:, t].square().sum(), kept, allow_unused=True, retain_graph=True)
        assert all(g is None or not g.any() for g in gradients[t + 1 :])
        assert all(g is not None and (g != 0).any(-1).all() for g in gradients[: t + 1])
    changed = target.clone()
    changed[:, 4:] = 1 + target[:, 4:] % (TARGET - 1)
    with torch.no_grad():
        other, _ = model(source, lengths, changed)
    assert_array_equal(other[:, :4], logits[:, :4].detach())


@EVERY
def test_sentences_translated_together_are_those_translated_apart(kind):
    model, (source, lengths, target) = make(kind), batch()
    with torch.no_grad():
        logits, weights = model(source, lengths, target)
        for b, length in enumerate(lengths.tolist()):
            alone, own = model(source[b : b + 1, :length], lengths[b : b + 1], target[b : b + 1])
            assert_allclose(alone[0], logits[b], atol=1e-12)
            if weights is not None:
                assert_allclose(own[0], weights[b, :, :length], atol=1e-12)
    source_words, target_words = (Vocabulary([[str(n) for n in range(10, 7 + size)]]) for size in (SOURCE, TARGET))
    sentences = [source_words.decode(row) for row in source.tolist()]
    together = greedy(model, sentences, source_words, target_words, max_length=5)
    for sentence, expected in zip(sentences, together, strict=True):
        (found,) = greedy(model, [sentence], source_words, target_words, max_length=5)
        assert found.tokens == expected.tokens
        assert found.log_probability == pytest.approx(expected.log_probability, rel=1e-5)
        if found.weights is not None:
            assert_allclose(found.weights, expected.weights, atol=1e-12)


@pytest.mark.parametrize("kind", ["previous one-way", *TRANSLATORS])
def test_weights_are_shares_and_padding_has_none(kind):
    model, (source, lengths, target) = make(kind), batch()
    with torch.no_grad():
        _, weights = model(source, lengths, target)
    assert weights.shape == (B, T, S)
    assert (weights >= 0).all()
    assert not weights[(torch.arange(S) >= lengths[:, None])[:, None].expand(B, T, S)].any()
    sums = weights.sum(-1)
    if "local-m" in kind:
        expected = torch.arange(T) - 2 < lengths[:, None]
        assert_allclose(sums, expected.double(), atol=1e-12)
        assert (~expected).any(), "a window beyond the end of the sentence"
    elif "local-p" in kind:
        assert (sums <= 1 + 1e-12).all()
        assert (sums > 0).all()
        assert (sums < 0.999).any()
    else:
        assert_allclose(sums, np.ones((B, T)), atol=1e-12)


# edge


@pytest.mark.parametrize("kind", WIRINGS)
def test_a_word_that_looks_beyond_the_sentence_reads_zeros_and_has_gradients(kind):
    model = make(f"{kind} local-m general")
    source, lengths, target = batch()
    logits, weights = model(source[2:, :1], lengths[2:], target[2:])  # one word, seven steps, two to either side
    assert_array_equal(weights[0, :, 0].detach(), [1, 1, 1, 0, 0, 0, 0])
    logits.square().sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
    assert logits.isfinite().all()


def test_without_input_feeding_where_it_looked_is_forgotten():
    source, lengths, target = batch()
    for kind, matters in [("current", False), ("feeding", True)]:
        model = make(f"{kind} global dot")
        with torch.no_grad():
            memory = model.encode(source, lengths)
            hidden, mixed = model.start(memory)
            assert_array_equal(hidden, memory.summary)
            assert not mixed.any()
            one, (_, h), _ = model.step(target[:, 0], (hidden, mixed), memory, 0)
            other, _, _ = model.step(target[:, 0], (hidden, mixed + 1), memory, 0)
        assert (not torch.equal(one, other)) == matters
        assert (h.abs() < 1).all(), "h̃ has gone through its tanh"


@pytest.mark.parametrize("kind", WIRINGS)
def test_two_translators_of_one_seed_are_the_same_and_the_class_passes_sizes_on(kind):
    one, same, other = make(f"{kind} global general"), make(f"{kind} global general"), make(f"{kind} global general", 1)
    for p, q, r in zip(one.parameters(), same.parameters(), other.parameters()):
        assert_array_equal(p.detach(), q.detach())
        assert not torch.equal(p, r)
    small = WIRINGS[kind](SOURCE, TARGET, Attention(DotProduct()), embedding=2, hidden=3, bidirectional=False)
    logits, weights = small(torch.tensor([[3, 4]]), torch.tensor([2]), torch.tensor([[1]]))
    assert (logits.shape, weights.shape) == ((1, 1, TARGET), (1, 1, 2))


@pytest.mark.parametrize("wiring", WIRINGS)
def test_any_module_may_be_the_attention(wiring):
    class LastWord(nn.Module):
        def forward(self, query, memory, position):
            weights = F.one_hot(memory.mask.sum((-1, -2)) - 1, memory.mask.shape[-1]).to(query.dtype)
            return (weights[:, None] @ memory.annotations)[:, 0], weights

    torch.manual_seed(0)
    model, (source, lengths, target) = WIRINGS[wiring](SOURCE, TARGET, LastWord(), **SIZES), batch()
    logits, weights = model(source, lengths, target)
    assert logits.isfinite().all()
    assert (weights.argmax(-1) == lengths[:, None] - 1).all()


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("kind", WIRINGS)
def test_scores_of_another_width_than_the_states_are_named(kind):
    model = WIRINGS[kind](SOURCE, TARGET, Attention(General(HIDDEN + 1, HIDDEN)), **SIZES)
    source, lengths, target = batch()
    with pytest.raises(ValueError, match=r"^W has shape \(27, 26\), expected \(26, 26\): query's last axis × key"):
        model(source, lengths, target)
