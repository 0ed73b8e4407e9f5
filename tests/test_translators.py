"""One contract for every translator of the book; the list stands in translators.py."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose, assert_array_equal
from torch.testing import assert_close

from attnlib.corpora.vocabulary import Vocabulary
from attnlib.training.decoding import greedy
from tests.translators import LENGTHS, SOURCE, TARGET, TRANSLATORS, B, S, T, batch, make

EVERY = pytest.mark.parametrize("kind", TRANSLATORS)
THAT_ATTEND = pytest.mark.parametrize("kind", [name for name, one in TRANSLATORS.items() if one.sums])


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


@EVERY
def test_parameters_can_be_counted(kind):
    assert sum(p.numel() for p in make(kind).parameters()) == TRANSLATORS[kind].parameters


# invariant


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
def test_every_parameter_learns(kind):
    model = make(kind)
    logits, _ = model(*batch())
    F.cross_entropy(logits.flatten(0, 1), torch.arange(B * T) % TARGET).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()] == []
    assert all(p.grad.isfinite().all() for p in model.parameters())


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
        if len(kept) == 1:  # all words were embedded at once
            gradients = gradients[0].unbind(1)
        assert all(g is None or not g.any() for g in gradients[t + 1 :])
        assert all(g is not None and g.any() for g in gradients[: t + 1])  # a ReLU may be deaf to a word, not to all
    changed = target.clone()
    changed[:, 4:] = 1 + target[:, 4:] % (TARGET - 1)
    with torch.no_grad():
        other, _ = model(source, lengths, changed)
    assert_array_equal(other[:, :4], logits[:, :4].detach())
    assert (other[:, 4] != logits[:, 4]).any()


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


@EVERY
def test_greedy_translations_together_are_those_apart_also_beyond_the_last_source_word(kind):
    model, source = make(kind), batch()[0]
    source_words, target_words = (Vocabulary([[str(n) for n in range(10, 7 + size)]]) for size in (SOURCE, TARGET))
    sentences = [source_words.decode(row) for row in source.tolist()]
    assert list(map(len, sentences)) == LENGTHS.tolist()
    together = greedy(model, sentences, source_words, target_words, max_length=9)
    for sentence, expected in zip(sentences, together, strict=True):
        (found,) = greedy(model, [sentence], source_words, target_words, max_length=9)
        assert found.tokens == expected.tokens
        assert found.log_probability == pytest.approx(expected.log_probability, rel=1e-5)
        if found.weights is not None:
            assert_allclose(found.weights, expected.weights, atol=1e-12)


@THAT_ATTEND
def test_weights_are_shares_and_padding_has_none(kind):
    with torch.no_grad():
        _, weights = make(kind)(*batch())
    assert weights.shape == (B, T, S)
    assert (weights >= 0).all()
    assert not weights[(torch.arange(S) >= LENGTHS[:, None])[:, None].expand(B, T, S)].any()
    least, most = np.array(
        [[TRANSLATORS[kind].sums(t, length) for t in range(T)] for length in LENGTHS.tolist()]
    ).transpose(2, 0, 1)
    sums = weights.sum(-1).numpy()
    assert (sums >= least - 1e-12).all()
    assert (sums <= most + 1e-12).all()


# edge


@EVERY
def test_one_source_word_is_enough_and_has_all_the_weight(kind):
    logits, weights = make(kind)(torch.tensor([[4]]), torch.tensor([1]), torch.tensor([[1]]))
    assert logits.isfinite().all()
    if weights is not None and "local-p" not in kind:  # its window stands between two words
        assert_array_equal(weights.detach(), [[[1.0]]])


@EVERY
def test_under_autocast_logits_are_those_of_float32_but_for_rounding(kind):
    model = make(kind).float()
    with torch.no_grad():
        expected, _ = model(*batch())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found, _ = model(*batch())
    assert found.isfinite().all()
    assert_close(found.float(), expected, atol=0.05, rtol=0.05)
