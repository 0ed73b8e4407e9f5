import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from attnlib.corpora.vocabulary import PAD
from attnlib.models.seq2seq import Encoder, EncoderDecoder, FixedVector
from tests import translators
from tests.translators import gru, numbers

B, S, EMBEDDING, HIDDEN, SOURCE, TARGET = 3, 7, 5, 22, 13, 17
SIZES = {"embedding": EMBEDDING, "hidden": HIDDEN}
LENGTHS = torch.tensor([4, 7, 1])


def encoder(**options):
    torch.manual_seed(2014)
    return Encoder(SOURCE, **SIZES | options).double().eval()


def sentences(lengths):
    return translators.sentences(lengths, vocabulary=SOURCE)


def fixed(**options):
    torch.manual_seed(2014)
    return FixedVector(SOURCE, TARGET, **SIZES | options).double().eval()


def read(p, suffix, vectors, size):
    states = [np.zeros(size)]
    for x in vectors:
        states.append(gru(p, x, states[-1], suffix))
    return states[1:]


# by hand


def test_the_mask_is_true_for_words():
    encoded = encoder()(sentences([4, 7, 1]), LENGTHS)
    assert encoded.mask.int().tolist() == [[[1, 1, 1, 1, 0, 0, 0]], [[1] * 7], [[1, 0, 0, 0, 0, 0, 0]]]
    assert encoded.annotations.shape == (B, S, HIDDEN)
    assert encoded.summary.shape == (B, HIDDEN)
    assert not encoded.annotations[~encoded.mask[:, 0]].any()


# reference


@pytest.mark.parametrize("both", [True, False])
def test_the_reader_is_a_loop_of_gated_units_over_the_real_words(both):
    model, source = encoder(bidirectional=both), sentences([4, 7, 1])
    encoded = model(source, LENGTHS)
    p, size = numbers(model.rnn), HIDDEN // (1 + both)
    for b, length in enumerate(LENGTHS.tolist()):
        vectors = model.embed(source[b, :length]).detach().numpy()
        ways = [read(p, "_l0", vectors, size)]
        last = [ways[0][-1]]
        if both:
            ways.append(read(p, "_l0_reverse", vectors[::-1], size)[::-1])
            last.append(ways[1][0])
        expected = np.stack([np.concatenate(states) for states in zip(*ways)])
        assert_allclose(encoded.annotations[b, :length].detach(), expected, atol=1e-12)
        layer = numbers(model.summarize)
        summary = np.tanh(layer["weight"] @ np.concatenate(last) + layer["bias"])
        assert_allclose(encoded.summary[b].detach(), summary, atol=1e-12)


def test_the_fixed_vector_reaches_every_step_and_every_prediction():
    model, source = fixed(), sentences([4, 7, 1])
    target = torch.tensor([[1, 5, 16], [1, 4, 4], [1, 9, 0]])
    with torch.no_grad():
        logits, weights = model(source, LENGTHS, target)
        summary = model.encode(source, LENGTHS).summary.numpy()
    assert weights is None
    assert logits.shape == (B, 3, TARGET)
    cell, readout, embed = numbers(model.cell), numbers(model.readout), numbers(model.embed)["weight"]
    for b in range(B):
        state = summary[b]
        for t, token in enumerate(target[b].tolist()):
            state = gru(cell, np.concatenate([embed[token], summary[b]]), state)
            joined = np.concatenate([state, summary[b], embed[token]])
            assert_allclose(logits[b, t], readout["weight"] @ joined + readout["bias"], atol=1e-12)


# invariant


@given(lengths=st.lists(st.integers(1, S), min_size=1, max_size=4), more=st.integers(0, 3), filler=st.integers(0, 12))
def test_padding_of_any_amount_and_kind_changes_nothing(lengths, more, filler):
    model, source = encoder(), sentences(lengths)
    wider = torch.full((len(lengths), source.shape[1] + more), filler)
    for row, sentence, length in zip(wider, source, lengths):
        row[:length] = sentence[:length]
    with torch.no_grad():
        encoded = model(wider, torch.tensor(lengths))
        for b, length in enumerate(lengths):
            alone = model(source[b : b + 1, :length], torch.tensor([length]))
            assert_allclose(encoded.annotations[b, :length], alone.annotations[0], atol=1e-12)
            assert_allclose(encoded.summary[b], alone.summary[0], atol=1e-12)
    assert not encoded.annotations[~encoded.mask[:, 0]].any()


def test_two_readers_see_what_follows_and_one_does_not():
    source = sentences([7])
    other = source.clone()
    other[0, -1] = 3 + (other[0, -1] - 2) % (SOURCE - 3)
    for both in (True, False):
        model = encoder(bidirectional=both)
        with torch.no_grad():
            one, two = (model(s, torch.tensor([7])).annotations[0, 0] for s in (source, other))
        assert torch.equal(one, two) != both


def test_padding_has_a_vector_of_zeros_that_is_not_trained():
    model = fixed()
    logits, _ = model(sentences([4, 7, 1]), LENGTHS, torch.tensor([[1, 5, 0]] * 3))
    logits.square().sum().backward()
    for embed in (model.encoder.embed, model.embed):
        assert not embed.weight[PAD].any()
        assert not embed.weight.grad[PAD].any()
        assert embed.weight.grad.any()


# edge


def test_a_sentence_of_one_word_and_a_translation_of_one():
    logits, _ = fixed()(torch.tensor([[3]]), torch.tensor([1]), torch.tensor([[1]]))
    assert logits.shape == (1, 1, TARGET)
    assert logits.isfinite().all()


def test_one_reader_may_have_an_odd_size():
    encoded = encoder(hidden=3, bidirectional=False)(sentences([2]), torch.tensor([2]))
    assert encoded.annotations.shape == (1, 2, 3)


def test_a_wiring_may_keep_more_than_one_state():
    class Count(EncoderDecoder):
        def start(self, encoded):
            return encoded.summary[:, :1] * 0, encoded.summary

        def step(self, token, state, encoded, position):
            assert state[0].eq(position).all()
            return nn.functional.one_hot(token, TARGET).double(), (state[0] + 1, state[1]), None

    target = torch.tensor([[1, 5, 3]])
    logits, weights = Count(SOURCE, TARGET, **SIZES).double()(torch.tensor([[3]]), torch.tensor([1]), target)
    assert_array_equal(logits.argmax(-1), target)
    assert weights is None


def test_a_choice_of_none_ends_the_loop_and_choices_are_what_is_fed():
    model, fed = fixed(), []
    encoded = model.encode(sentences([4, 7, 1]), LENGTHS)
    model.cell.register_forward_pre_hook(lambda _module, inputs: fed.append(inputs[0][:, :EMBEDDING]))

    def two_after_this(logits, position):
        assert logits.shape == (B, TARGET)
        return torch.full((B,), 10 + position) if position < 2 else None

    with torch.no_grad():
        logits, weights = model.unroll(encoded, torch.ones(B, dtype=torch.long), 99, two_after_this)
        assert_array_equal(torch.stack(fed), model.embed(torch.tensor([[1] * B, [10] * B, [11] * B])))
        as_forced, _ = model(sentences([4, 7, 1]), LENGTHS, torch.tensor([[1, 10, 11]] * B))
    assert weights is None
    assert_array_equal(logits, as_forced)
    logits, _ = model.unroll(encoded, torch.ones(B, dtype=torch.long), 2, lambda logits, position: logits.argmax(-1))
    assert logits.shape == (B, 2, TARGET)


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("lengths", [[0, 7, 1], [4, 8, 1], [-1, 7, 1]])
def test_lengths_lie_between_one_and_the_width(lengths):
    said = rf"^lengths reach from {min(lengths)} to {max(lengths)}, expected 1 to 7, the width of source: an empty sent"
    with pytest.raises(ValueError, match=said):
        encoder()(sentences([4, 7, 1]), torch.tensor(lengths))


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("sizes", "error", "said"),
    [
        ({"hidden": 21}, ValueError, "hidden is 21, expected an even number: each direction has half of it"),
        ({"hidden": 0}, ValueError, "hidden is 0, expected 1 or more"),
        ({"embedding": 1.5}, TypeError, "embedding is 1.5, expected a whole number"),
        ({"source_vocabulary": 0}, ValueError, "source_vocabulary is 0, expected 1 or more"),
        ({"target_vocabulary": "17"}, TypeError, "target_vocabulary is '17', expected a whole number"),
    ],
)
def test_sizes_that_cannot_be_are_named(sizes, error, said):
    with pytest.raises(error, match=f"^{said}$"):
        FixedVector(**{"source_vocabulary": SOURCE, "target_vocabulary": TARGET, **SIZES, **sizes})


def test_a_decoder_without_a_wiring_says_so():
    model = EncoderDecoder(SOURCE, TARGET, **SIZES)
    with pytest.raises(NotImplementedError, match=r"^EncoderDecoder has no step: a wiring says how a word is written$"):
        model(torch.tensor([[3]]), torch.tensor([1]), torch.tensor([[1]]))


@pytest.mark.usefixtures("plain_errors")
def test_what_is_no_sentence_of_numbers_is_named_and_its_mend_works():
    model, source, target = fixed(), sentences([4, 7, 1]), torch.tensor([[1, 5, 16]] * B)
    expected, _ = model(source, LENGTHS, target)
    with pytest.raises(
        TypeError, match=r"^source is a ndarray, expected a torch tensor of whole numbers: torch.as_ten"
    ):
        model(source.numpy(), LENGTHS, target)
    assert_array_equal(model(torch.as_tensor(source.numpy()), LENGTHS, target)[0].detach(), expected.detach())
    with pytest.raises(TypeError, match=r"^target is a tensor of float64, expected whole numbers: target.long\(\)$"):
        model(source, LENGTHS, target.double())
    assert_array_equal(model(source, LENGTHS, target.double().long())[0].detach(), expected.detach())
    for error, said, arguments in (
        (ValueError, r"source has shape \(7,\), expected \(sentences, tokens\)", (source[0], LENGTHS, target)),
        (
            ValueError,
            "target has numbers from 1 to 17, expected 0 to 16: was it",
            (source, LENGTHS, target + target // 16),
        ),
        (ValueError, "source has 3 sentences, lengths 2: each sentence has one", (source, LENGTHS[:2], target)),
        (ValueError, "source has 3 sentences, target 2: expected as many", (source, LENGTHS, target[:2])),
        (ValueError, r"target has shape \(3, 0\): expected at least one", (source, LENGTHS, target[:, :0])),
        (
            TypeError,
            r"lengths is a list, expected a torch tensor .*: torch.as_tensor\(lengths\)",
            (source, [4, 7, 1], target),
        ),
    ):
        with pytest.raises(error, match=f"^{said}"):
            model(*arguments)


@pytest.mark.usefixtures("plain_errors")
def test_a_loop_takes_at_least_one_step():
    model = fixed()
    encoded = model.encode(sentences([4, 7, 1]), LENGTHS)
    for steps, error, said in (
        (0, ValueError, "steps is 0, expected 1"),
        (1.5, TypeError, "steps is 1.5, expected a whole"),
    ):
        with pytest.raises(error, match=f"^{said}"):
            model.unroll(encoded, torch.ones(B, dtype=torch.long), steps, lambda logits, position: None)
    token, encoded_by = torch.ones(B, dtype=torch.long), r"expected what model.encode\(source, lengths\) returns"
    with pytest.raises(TypeError, match=rf"^encoded is 5, {encoded_by}$"):
        model.unroll(5, token, 3, lambda logits, position: None)
    with pytest.raises(TypeError, match=r"^token is a int, expected a torch tensor of whole numbers: torch.as_tensor"):
        model.unroll(encoded, 1, 3, lambda logits, position: None)
    with pytest.raises(TypeError, match=r"^choose returned 7, expected a tensor of token numbers, or None to stop$"):
        model.unroll(encoded, token, 3, lambda logits, position: 7)
    with pytest.raises(TypeError, match=r"^choose is None, expected a function of the logits and the position$"):
        model.unroll(encoded, torch.ones(B, dtype=torch.long), 3, None)
