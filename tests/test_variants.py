import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose, assert_array_equal

from attnlib.corpora.batches import PAD, Batch, Vocabulary
from attnlib.training.decoding import greedy
from attnlib.models.attention import Attention, DotProduct, General
from attnlib.models.seq2seq import Memory
from attnlib.training.train import translation_loss
from attnlib.models.variants import WIRINGS, EncoderOnly, QueryKeyValue, sampled_loss, wire

B, S, T, EMBEDDING, HIDDEN, SOURCE, TARGET = 3, 11, 13, 5, 26, 17, 19
LENGTHS = torch.tensor([4, 11, 1])
EVERY = pytest.mark.parametrize("name", WIRINGS)


def make(name, seed=2015):
    torch.manual_seed(seed)
    return wire(name, SOURCE, TARGET, hidden=HIDDEN, embedding=EMBEDDING, max_length=S).double().eval()


def sentences(seed=1):
    """Return source, lengths and target, where both are filled with PAD behind each sentence's end."""
    generator = torch.Generator().manual_seed(seed)
    source = torch.randint(3, SOURCE, (B, S), generator=generator)
    source = torch.where(torch.arange(S) < LENGTHS[:, None], source, PAD)
    return source, LENGTHS, torch.randint(1, TARGET, (B, T), generator=generator)


def training_batch(seed=2):
    source, lengths, target = (part.numpy().copy() for part in sentences(seed))
    target[:, 0], goal = 1, np.concatenate([target[:, 1:], np.full((B, 1), 2)], 1)
    target[0, 5:], goal[0, 5:] = PAD, PAD
    return Batch(source, lengths, target, goal)


def memory(annotations, lengths=None):
    annotations = torch.tensor(annotations, dtype=torch.float64)
    lengths = torch.tensor(lengths or [annotations.shape[1]] * len(annotations))
    mask = torch.arange(annotations.shape[1]) < lengths[:, None]
    return Memory(annotations, mask[:, None], annotations[:, 0])


# by hand


def test_the_encoder_only_wiring_asks_with_the_annotation_at_the_step():
    attend = EncoderOnly(Attention(DotProduct()))
    kept = memory([[[math.log(3), 0], [1, 0]]])
    for query in (torch.zeros(1, 2), torch.full((1, 2), 9.0)):  # the decoder's own query changes nothing
        context, weights = attend(query.double(), kept, 1)
        assert_allclose(weights, [[3 ** (1), math.e] / np.array(3 + math.e)])
        assert_allclose(context[0, 0], (3 * math.log(3) + math.e) / (3 + math.e))


def test_beyond_the_last_source_word_the_encoder_only_wiring_reads_zeros():
    attend = EncoderOnly(Attention(DotProduct()))
    kept = memory([[[1, 2], [3, 4], [0, 0]], [[1, 2], [3, 4], [5, 6]]], [2, 3])
    context, weights = attend(torch.ones(2, 2).double(), kept, 2)
    assert_array_equal(context[0], [0, 0]), assert_array_equal(weights[0], [0, 0, 0])
    assert_allclose(weights[1].sum(), 1)
    context, weights = attend(torch.ones(2, 2).double(), kept, 3)
    assert_array_equal(context, np.zeros((2, 2))), assert_array_equal(weights, np.zeros((2, 3)))


def test_three_matrices_can_be_followed_on_paper():
    attend = QueryKeyValue(1).double()
    attend.W_q.data, attend.W_k.data, attend.W_v.data = (torch.tensor([[n]]).double() for n in (2.0, 0.5, 10.0))
    with torch.no_grad():
        context, weights = attend(torch.tensor([[1.0]]).double(), memory([[[math.log(3)], [0]]]), 0)
    assert_allclose(weights, [[0.75, 0.25]])
    assert_allclose(context, [[0.75 * 10 * math.log(3)]])


def test_parameters_of_the_wirings_can_be_counted():
    count = {name: sum(p.numel() for p in make(name).parameters()) for name in WIRINGS}
    e, h = EMBEDDING, HIDDEN
    dot = count["encoder–decoder dot"]
    assert count["encoder–decoder QKV"] == count["encoder-only QKV"] == dot + 3 * h * h
    assert count["encoder-only dot"] == dot
    assert count["tutorial"] == dot - (2 * h * h + h) + (e + h) * S + (e + h + 1) * e


# reference


@pytest.mark.parametrize("bare", [True, False])
def test_all_steps_together_are_attention_of_the_annotations_to_one_another(bare):
    model = make("encoder-only dot" if bare else "encoder-only QKV")
    source, lengths, target = sentences()
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
    for ours, theirs in zip(model(*sentences()), twin(*sentences())):
        assert_allclose(ours.detach(), theirs.detach(), atol=1e-12)


def test_the_tutorial_is_one_linear_layer_from_word_and_state_to_positions():
    model = make("tutorial")
    source, lengths, target = sentences()
    kept = model.encode(source, lengths)
    logits, (state,), weights = model.step(target[:, 0], (kept.summary,), kept, 0)
    joined = torch.cat([model.embed(target[:, 0]), kept.summary], -1)
    for n, length in enumerate(lengths):
        shares = torch.softmax((joined[n] @ model.locate.W)[:length], -1)
        context = shares @ kept.annotations[n, :length]
        mixed = F.relu(model.mix(torch.cat([model.embed(target[n, 0]), context])))
        expected = model.write(mixed[None], kept.summary[n : n + 1])[0]
        assert_allclose(weights[n, :length].detach(), shares.detach())
        assert_allclose(state[n].detach(), expected.detach())
        assert_allclose(logits[n].detach(), model.readout(expected).detach())


@pytest.mark.parametrize("name", WIRINGS[1:])
def test_no_word_of_its_own_is_exactly_teacher_forcing(name):
    model, batch = make(name), training_batch()
    for whole in (True, False):
        generator = torch.Generator().manual_seed(0)
        sampled = sampled_loss(model, batch, own_words=0.0, generator=generator, whole_sentences=whole)
        assert sampled.item() == translation_loss(model, batch).item()


def test_only_its_own_words_is_the_loss_of_a_free_run():
    model, batch = make("encoder–decoder dot"), training_batch()
    source, lengths, target, goal = map(torch.from_numpy, batch)
    kept = model.encode(source, lengths)
    state, token, total = model.start(kept), target[:, 0], 0.0
    for t in range(T):
        logits, state, _ = model.step(token, state, kept, t)
        total += F.cross_entropy(logits, goal[:, t], ignore_index=PAD, reduction="sum")
        allowed = [n for n in range(TARGET) if n not in (0, 1)]
        token = torch.tensor([max(allowed, key=lambda n: row[n]) for row in logits])
    sampled = sampled_loss(model, batch, own_words=1.0, generator=torch.Generator())
    assert_allclose(sampled.item(), total.item() / (goal != PAD).sum().item())


def fed(model, batch, **options):
    """Return the words that a model was fed, (B, T), and what it would have said itself."""
    tokens, said, step = [], [], model.step

    def spy(token, *rest):
        result = step(token, *rest)
        tokens.append(token), said.append(result[0].detach()[:, 2:].argmax(-1) + 2)
        return result

    model.step = spy
    sampled_loss(model, batch, generator=torch.Generator().manual_seed(7), **options)
    del model.step
    return torch.stack(tokens, 1), torch.stack(said, 1)


def test_about_the_asked_share_of_words_is_its_own_and_each_is_the_last_one_it_found_likeliest():
    model, batch = make("encoder–decoder dot"), training_batch()
    big = Batch(*(np.repeat(part, 100, axis=0) for part in batch))
    target = torch.from_numpy(big.target)
    tokens, said = fed(model, big, own_words=0.3)
    own = tokens != target
    assert not own[:, 0].any(), "every sentence begins with BEGIN"
    assert (tokens[:, 1:] == said[:, :-1])[own[:, 1:]].all()
    differ = said[:, :-1] != target[:, 1:]
    assert 0.26 < own[:, 1:][differ].double().mean() < 0.34
    mixed = own[:, 1:].any(1) & (differ & ~own[:, 1:]).any(1)
    assert mixed.double().mean() > 0.9, "a coin at each word mixes true and own words within a sentence"


@pytest.mark.parametrize("silent", [PAD, 1])
def test_padding_and_begin_are_never_its_own_words_however_likely(silent):
    model = make("encoder–decoder dot")
    model.readout.bias.data[silent] += 99
    tokens, said = fed(model, training_batch(), own_words=1.0)
    assert_array_equal(tokens[:, 1:], said[:, :-1])


def test_a_coin_for_whole_sentences_never_mixes():
    model, batch = make("encoder–decoder dot"), training_batch()
    big = Batch(*(np.repeat(part, 50, axis=0) for part in batch))
    tokens, said = fed(model, big, own_words=0.5, whole_sentences=True)
    target = torch.from_numpy(big.target)
    forced, free = (tokens == target).all(1), (tokens[:, 1:] == said[:, :-1]).all(1)
    assert (forced | free).all()
    assert 0.35 < free.double().mean() < 0.65


def test_the_generator_alone_decides_the_coins():
    model, batch = make("tutorial"), training_batch()
    losses = [
        sampled_loss(model, batch, own_words=0.5, generator=torch.Generator().manual_seed(n)).item() for n in (3, 3, 4)
    ]
    assert losses[0] == losses[1] != losses[2]


# invariant


@EVERY
def test_the_first_loss_is_that_of_a_guess_among_all_words(name):
    losses = []
    for seed in range(3):
        torch.manual_seed(seed)
        model = wire(name, SOURCE, 211, hidden=HIDDEN, embedding=EMBEDDING, max_length=S)
        batch = training_batch(seed)
        losses.append(translation_loss(model, batch).item())
    assert_allclose(np.mean(losses), math.log(211), rtol=0.05)


@EVERY
def test_each_row_of_the_map_sums_to_1_and_padding_gets_nothing(name):
    source, lengths, target = sentences()
    _, weights = make(name)(source, lengths, target)
    past_the_end = torch.arange(T) >= lengths[:, None] if "only" in name else torch.zeros(B, T, dtype=torch.bool)
    assert weights.shape == (B, T, S)
    assert_allclose(weights.detach().sum(-1), np.where(past_the_end, 0, 1))
    assert (weights[(source == PAD)[:, None].expand(B, T, S)] == 0).all()


@EVERY
def test_only_a_wiring_that_asks_from_the_decoder_looks_elsewhere_when_the_words_change(name):
    model, (source, lengths, target) = make(name), sentences()
    _, weights = model(source, lengths, target)
    _, other = model(source, lengths, target.flip(1))
    assert torch.equal(weights, other) == ("only" in name)


@EVERY
def test_only_the_tutorial_looks_at_the_same_places_whatever_stands_there(name):
    model, (source, lengths, target) = make(name), sentences()
    kept = model.encode(source, lengths)
    state = model.start(kept)
    shuffled = kept._replace(annotations=kept.annotations.flip(1) * kept.mask[:, 0, :, None])
    weights, other = (model.step(target[:, 0], state, m, 0)[2] for m in (kept, shuffled))
    assert torch.equal(weights, other) == (name == "tutorial")


@EVERY
def test_padding_has_no_gradient_and_does_not_matter(name):
    model, (source, lengths, target) = make(name), sentences()
    kept = []
    model.encoder.embed.register_forward_hook(lambda *args: kept.append(args[2]) or kept[-1].retain_grad())
    logits, _ = model(source, lengths, target)
    logits.square().sum().backward()
    gradients = kept[0].grad.abs().sum(-1)
    assert (gradients[source == PAD] == 0).all()
    assert (gradients[1] > 0).all(), "every word of the longest sentence matters"
    filled = torch.where(source == PAD, 5, source)
    assert_allclose(model(filled, lengths, target)[0].detach(), logits.detach(), atol=1e-12)


@EVERY
def test_a_word_depends_on_no_later_word_of_the_target(name):
    model, (source, lengths, target) = make(name), sentences()
    changed = target.clone()
    changed[:, 6:] = (changed[:, 6:] + 1) % TARGET
    before, after = (model(source, lengths, words)[0].detach() for words in (target, changed))
    assert_array_equal(before[:, :6], after[:, :6])
    assert not torch.equal(before[:, 6], after[:, 6])


@EVERY
def test_sentences_translated_together_are_translated_as_apart(name):
    model, (source, lengths, target) = make(name), sentences()
    logits, weights = model(source, lengths, target)
    for n, length in enumerate(lengths):
        alone, map_alone = model(source[n : n + 1, :length], lengths[n : n + 1], target[n : n + 1])
        assert_allclose(logits[n].detach(), alone[0].detach(), atol=1e-12)
        assert_allclose(weights[n, :, :length].detach(), map_alone[0].detach(), atol=1e-12)


WORDS = [Vocabulary([[f"{n:02d}" for n in range(3, size)]]) for size in (SOURCE, TARGET)]


@EVERY
def test_greedy_decoding_runs_past_the_last_source_word(name):
    both = [("03", "04", "05", "06"), ("07",)]
    together = greedy(make(name), both, *WORDS, max_length=9)
    apart = [greedy(make(name), [sentence], *WORDS, max_length=9)[0] for sentence in both]
    for one, other in zip(together, apart):
        assert one.tokens == other.tokens
        assert_allclose(one.weights, other.weights, atol=1e-12)


# edge


@EVERY
def test_one_source_word_takes_all_the_weight(name):
    _, weights = make(name)(torch.tensor([[4]]), torch.tensor([1]), torch.tensor([[1]]))
    assert_array_equal(weights.detach(), [[[1.0]]])


@EVERY
def test_every_parameter_learns(name):
    model = make(name)
    translation_loss(model, training_batch()).backward()
    for label, parameter in model.named_parameters():
        assert parameter.grad is not None, label
        assert parameter.grad.abs().sum() > 0, label


def test_no_gradient_flows_through_the_choice_of_a_word():
    model, batch = make("encoder–decoder dot"), training_batch()
    sampled_loss(model, batch, own_words=1.0, generator=torch.Generator()).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


# error


def test_a_sentence_longer_than_the_tutorials_layer_is_refused_in_words(plain_errors):
    model = make("tutorial")
    with pytest.raises(ValueError, match=r"13 positions, expected at most max_length = 11: make the layer wider"):
        model(torch.full((1, 13), 3), torch.tensor([13]), torch.tensor([[1]]))


@pytest.mark.parametrize("own_words", [-0.1, 1.1, math.nan])
def test_a_probability_outside_0_to_1_is_refused_in_words(own_words):
    with pytest.raises(ValueError, match=r"own_words is (-0.1|1.1|nan), expected a probability from 0 to 1"):
        sampled_loss(make("tutorial"), training_batch(), own_words=own_words, generator=torch.Generator())


def test_an_unknown_wiring_is_refused_with_the_known_ones(plain_errors):
    with pytest.raises(ValueError, match=r"name is 'decoder-only', expected one of 'encoder–decoder dot', .*'tut"):
        wire("decoder-only", SOURCE, TARGET)


def test_sizes_of_zero_are_refused_in_words(plain_errors):
    with pytest.raises(ValueError, match="hidden is 0"):
        QueryKeyValue(0)
    with pytest.raises(ValueError, match="max_length is 0"):
        wire("tutorial", SOURCE, TARGET, max_length=0)
