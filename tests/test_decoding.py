import inspect
import itertools
import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from attnlib.corpora.batches import make_batch
from attnlib.corpora.vocabulary import BEGIN, END, PAD, Vocabulary
from attnlib.models.attention import Attention, DotProduct, LocalPredictive
from attnlib.models.decoders import BahdanauDecoder, LuongDecoder
from attnlib.models.seq2seq import EncoderDecoder, FixedVector
from attnlib.training.decoding import beam_search, forced_weights, greedy
from tests.translators import Pair, encoded

SOURCE = Vocabulary([("I", "love", "you", "so")])
TARGET = Vocabulary([("je", "t'", "aime")])
AIME, JE, T = (TARGET.numbers[word] for word in ("aime", "je", "t'"))
SENTENCES = [("I", "love", "you"), ("so",), ("you", "love", "I", "so", "love")]


class Table(nn.Module):
    """A translator whose next word depends on the last word and the position: ``odds[position, last]``."""

    def __init__(self, odds):
        super().__init__()
        self.logits = torch.as_tensor(odds).log()

    unroll = EncoderDecoder.unroll

    def encode(self, source, lengths):
        return encoded(torch.zeros(*source.shape, 2), lengths.tolist())

    def start(self, encoded):
        return (encoded.summary,)

    def step(self, token, state, encoded, position):
        weights = encoded.mask[:, 0] / encoded.mask.sum(-1)
        return self.logits[min(position, len(self.logits) - 1), token], state, weights


def chain(**odds):
    """Return a table without positions: what follows each token, as {next: odds}."""
    table = torch.full((1, len(TARGET), len(TARGET)), 1e-9)
    for last, following in odds.items():
        for word, number in following.items():
            table[0, TARGET.numbers[f"<{last}>" if last == "begin" else last], TARGET.numbers[word]] = number
    return Table(table)


def make(kind, seed):
    torch.manual_seed(seed)
    sizes = {"embedding": 5, "hidden": 14}
    if kind == "fixed":
        model = FixedVector(len(SOURCE), len(TARGET), **sizes)
    elif kind == "bahdanau":
        model = BahdanauDecoder(len(SOURCE), len(TARGET), LocalPredictive(DotProduct(), d_query=14, width=2.0), **sizes)
    else:
        model = LuongDecoder(len(SOURCE), len(TARGET), Attention(DotProduct()), input_feeding=True, **sizes)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 2  # surer of itself than a new model
    return model


def forced(model, source, target):
    """Return the log-probability of `target` and its end, and the weights, as ``forward`` counts them."""
    source, lengths, fed, goal = map(torch.from_numpy, make_batch([Pair(source, target)], SOURCE, TARGET))
    with torch.no_grad():
        logits, weights = model.eval()(source, lengths, fed)
    logits[..., [PAD, BEGIN]] = -torch.inf  # nobody may say them
    return logits.log_softmax(-1).gather(-1, goal[..., None]).sum().item(), weights


KINDS = pytest.mark.parametrize("kind", ["fixed", "bahdanau", "feeding"])


# by hand


def test_the_likeliest_first_word_is_not_the_likeliest_sentence():
    model = chain(
        begin={"je": 0.6, "t'": 0.4},
        je={"aime": 0.5, "<end>": 0.5},
        **{"t'": {"<end>": 1.0}},
        aime={"<end>": 1.0},
    )
    (found,) = greedy(model, [("I",)], SOURCE, TARGET)
    assert found.tokens in {("je",), ("je", "aime")}
    assert found.log_probability == pytest.approx(math.log(0.6 * 0.5), abs=1e-5)
    beams = beam_search(model, ("I",), SOURCE, TARGET, beam=3)
    assert [one.tokens for one in beams] == [("je", "aime"), ("t'",), ("je",)], "by the mean over tokens and end"
    shares = [0.6 * 0.5, 0.4, 0.6 * 0.5]
    assert_allclose([one.log_probability for one in beams], np.log(shares), atol=1e-5)


def test_a_sentence_that_ends_at_once_has_no_token_and_one_row_of_weights():
    model = chain(begin={"<end>": 0.75, "je": 0.25}, je={"<end>": 1.0})
    (found,) = greedy(model, [("I", "love")], SOURCE, TARGET)
    beams = beam_search(model, ("I", "love"), SOURCE, TARGET, beam=2)
    for one in (found, next(one for one in beams if one.tokens == ())):
        assert one.tokens == ()
        assert one.log_probability == pytest.approx(math.log(0.75), abs=1e-5)
        assert_allclose(one.weights, [[0.5, 0.5]])


def test_a_sentence_that_never_ends_is_cut_and_its_end_is_counted():
    model = chain(begin={"je": 0.9, "<end>": 0.1}, je={"je": 0.9, "<end>": 0.1})
    (found,) = greedy(model, [("I",)], SOURCE, TARGET, max_length=3)
    assert found.tokens == ("je",) * 3
    assert found.log_probability == pytest.approx(math.log(0.9**3 * 0.1), abs=1e-5)
    assert found.weights.shape == (4, 1)
    beams = beam_search(model, ("I",), SOURCE, TARGET, beam=2, max_length=3)
    assert all(len(one.tokens) <= 3 for one in beams)
    assert len({one.tokens for one in beams}) == len(beams), "each translation once"


def test_padding_and_begin_are_never_said_however_likely():
    table = torch.full((1, 6, 6), 0.01)
    table[..., PAD] = table[..., BEGIN] = 100
    table[..., JE] = 0.05
    (narrow,) = beam_search(Table(table), ("I",), SOURCE, TARGET, beam=1, max_length=5)
    for found in (narrow, *greedy(Table(table), SENTENCES, SOURCE, TARGET, max_length=5)):
        assert found.tokens == ("je",) * 5
        assert found.log_probability == pytest.approx(math.log((5 / 8) ** 5 * (1 / 8)), abs=1e-4)


# reference


@pytest.mark.parametrize("seed", range(7))
def test_a_beam_as_wide_as_the_space_finds_the_best_of_all_translations(seed):
    odds = torch.rand(4, 6, 6, generator=torch.Generator().manual_seed(seed)) ** 3 + 1e-3
    shares = odds.clone()
    shares[..., [PAD, BEGIN]] = 0
    shares = (shares / shares.sum(-1, keepdim=True)).double().log().numpy()
    every = {}
    for length in range(4):
        for words in itertools.product((AIME, JE, T), repeat=length):
            path = [BEGIN, *words, END]
            every[TARGET.decode(words)] = sum(shares[n, path[n], path[n + 1]] for n in range(length + 1))
    ranked = sorted(every, key=lambda words: every[words] / (len(words) + 1), reverse=True)
    found = beam_search(Table(odds), ("I",), SOURCE, TARGET, beam=101, max_length=3)
    assert [one.tokens for one in found] == ranked
    assert len(ranked) == 1 + 3 + 9 + 27
    assert_allclose([one.log_probability for one in found], [every[words] for words in ranked], rtol=1e-4)


@KINDS
@pytest.mark.parametrize("seed", [0, 2])
def test_log_probability_and_weights_are_those_of_a_forced_run(kind, seed):
    model = make(kind, seed)
    for sentence, one in zip(SENTENCES, greedy(model, SENTENCES, SOURCE, TARGET, max_length=5)):
        for found in (one, *beam_search(model, sentence, SOURCE, TARGET, beam=3, max_length=5)):
            assert len(found.tokens) <= 5
            if not found.tokens:
                continue
            expected, weights = forced(model, sentence, found.tokens)
            assert found.log_probability == pytest.approx(expected, rel=1e-4, abs=1e-5)
            if kind == "fixed":
                assert found.weights is None
            else:
                assert found.weights.shape == (len(found.tokens) + 1, len(sentence))
                assert_allclose(found.weights, weights[0], atol=1e-5)


# invariant


@KINDS
@pytest.mark.parametrize("seed", range(3))
def test_a_beam_of_one_is_the_greedy_search_and_a_batch_is_its_sentences(kind, seed):
    model = make(kind, seed)
    for sentence, expected in zip(SENTENCES, greedy(model, SENTENCES, SOURCE, TARGET, max_length=7), strict=True):
        (narrow,) = beam_search(model, sentence, SOURCE, TARGET, beam=1, max_length=7)
        (alone,) = greedy(model, [sentence], SOURCE, TARGET, max_length=7)
        assert narrow.tokens == alone.tokens == expected.tokens
        assert narrow.log_probability == pytest.approx(expected.log_probability, rel=1e-4)
        if expected.weights is not None:
            assert_allclose(narrow.weights, expected.weights, atol=1e-5)


def test_four_beginnings_are_kept_unless_another_number_is_asked_for():
    assert inspect.signature(beam_search).parameters["beam"].default == 4
    assert len(beam_search(make("feeding", 3), SENTENCES[0], SOURCE, TARGET, max_length=2)) == 4


@KINDS
@pytest.mark.parametrize("beam", [2, 5, 97])
def test_beams_come_best_first_each_once_and_none_is_impossible(kind, beam):
    found = beam_search(make(kind, 3), SENTENCES[0], SOURCE, TARGET, beam=beam, max_length=2)
    assert 1 <= len(found) <= min(beam, 13)
    means = [one.log_probability / (len(one.tokens) + 1) for one in found]
    assert means == sorted(means, reverse=True)
    assert len({one.tokens for one in found}) == len(found)
    assert np.isfinite(means).all()


def test_forced_weights_are_those_of_forward_cut_to_the_sentences():
    model = make("feeding", 1)
    pairs = [Pair(("I", "love", "you"), ("je", "t'", "aime")), Pair(("so",), ("je",))]
    found = forced_weights(model.train(), pairs, SOURCE, TARGET)
    assert [w.shape for w in found] == [(4, 3), (2, 1)]
    for pair, weights in zip(pairs, found):
        assert_allclose(weights, forced(model, *pair)[1][0], atol=1e-6)
        assert_allclose(weights.sum(-1), np.ones(len(weights)), atol=1e-6)


@pytest.mark.parametrize("search", [lambda *a: greedy(a[0], [a[1]], *a[2:]), beam_search])
def test_searching_needs_no_gradient_and_no_dropout(search):
    model = make("feeding", 1).train()
    search(model, ("I",), SOURCE, TARGET)
    assert not model.training
    assert all(p.grad is None for p in model.parameters())


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("sentence", "options", "error", "said"),
    [
        ((), {}, ValueError, "sentence is empty, expected at least one token"),
        (("I", "lov"), {}, ValueError, "token is 'lov', did you mean 'love'"),
        (("I",), {"max_length": 0}, ValueError, "max_length is 0, expected 1 or more"),
        (("I",), {"max_length": 2.5}, TypeError, "max_length is 2.5, expected a whole number"),
        (("I",), {"beam": 0}, ValueError, "beam is 0, expected 1 or more"),
        (("I",), {"beam": 1.5}, TypeError, "beam is 1.5, expected a whole number"),
    ],
)
def test_what_cannot_be_translated_is_named(sentence, options, error, said):
    model = make("feeding", 1)
    with pytest.raises(error, match=f"^{said}"):
        beam_search(model, sentence, SOURCE, TARGET, **options)
    if "beam" not in options:
        with pytest.raises(error, match=f"^{said}"):
            greedy(model, [("I",), sentence], SOURCE, TARGET, **options)


@pytest.mark.usefixtures("plain_errors")
def test_a_sentence_is_not_a_list_of_sentences_nor_text_and_the_mends_work():
    model, (one,) = make("feeding", 1), beam_search(make("feeding", 1), ("I", "love"), SOURCE, TARGET, beam=1)
    with pytest.raises(
        TypeError, match=r"^sentence is the string 'I love', expected a sequence of tokens: 'I love'.split"
    ):
        beam_search(model, "I love", SOURCE, TARGET)
    assert beam_search(model, ["I", "love"], SOURCE, TARGET, beam=1)[0].tokens == one.tokens
    sentence = [["I", "love"]]
    said = (
        r"^sentence holds \['I', 'love'\], expected tokens: if it is a list of sentences, one of them is sentence\[0\]$"
    )
    with pytest.raises(TypeError, match=said):
        beam_search(model, sentence, SOURCE, TARGET)
    assert beam_search(model, sentence[0], SOURCE, TARGET, beam=1)[0].tokens == one.tokens


@pytest.mark.usefixtures("plain_errors")
def test_a_list_of_sentences_is_neither_one_sentence_nor_text_and_the_mends_work():
    model, (one,) = make("feeding", 1), greedy(make("feeding", 1), [("I", "love")], SOURCE, TARGET)
    sentences = ["I", "love"]
    with pytest.raises(
        TypeError, match=r"^sentences holds strings, \['I', 'love'\], expected .* of tokens: \[sentences\]$"
    ):
        greedy(model, sentences, SOURCE, TARGET)
    assert greedy(model, [sentences], SOURCE, TARGET)[0].tokens == one.tokens
    sentences = ["I love"]
    with pytest.raises(TypeError, match=r" of tokens: \[sentence.split\(\) for sentence in sentences\]$"):
        greedy(model, sentences, SOURCE, TARGET)
    assert greedy(model, [sentence.split() for sentence in sentences], SOURCE, TARGET)[0].tokens == one.tokens
    sentences = "I love"
    with pytest.raises(
        TypeError, match=r"^sentences is the string 'I love', expected a list .*: \[sentences.split\(\)\]$"
    ):
        greedy(model, sentences, SOURCE, TARGET)
    assert greedy(model, [sentences.split()], SOURCE, TARGET)[0].tokens == one.tokens
    with pytest.raises(
        TypeError, match=r"^sentences is <generator .*, expected a list of sentences: list\(sentences\)$"
    ):
        greedy(model, (words for words in [("I", "love")]), SOURCE, TARGET)
    with pytest.raises(
        TypeError, match=r"^sentences\[1\] is the string 'I love', expected a sequence of tokens: 'I love'"
    ):
        greedy(model, [("I",), "I love"], SOURCE, TARGET)
    with pytest.raises(TypeError, match=r"^sentences\[0\] holds 5, expected tokens, which are strings$"):
        greedy(model, [(5,)], SOURCE, TARGET)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("search", [greedy, beam_search, forced_weights])
def test_what_is_no_translator_and_no_vocabulary_is_named(search):
    what = [Pair(("I",), ("je",))] if search is forced_weights else [("I",)] if search is greedy else ("I",)
    with pytest.raises(
        TypeError, match=r"^model is a Linear, expected a translator that was made, such as FixedVector"
    ):
        search(nn.Linear(2, 3), what, SOURCE, TARGET)
    with pytest.raises(
        TypeError, match=r"^model is the class FixedVector, expected a translator that was made, such as"
    ):
        search(FixedVector, what, SOURCE, TARGET)
    with pytest.raises(
        TypeError, match=r"^target_words is a tuple, expected a Vocabulary: Vocabulary\(sentences\) makes"
    ):
        search(make("fixed", 1), what, SOURCE, TARGET.tokens)


@pytest.mark.usefixtures("plain_errors")
def test_no_sentences_are_no_batch_and_a_model_that_does_not_attend_has_no_weights():
    with pytest.raises(ValueError, match=r"^sentences holds no sentence"):
        greedy(make("fixed", 1), [], SOURCE, TARGET)
    with pytest.raises(ValueError, match=r"^FixedVector does not attend: it has no weights$"):
        forced_weights(make("fixed", 1), [Pair(("I",), ("je",))], SOURCE, TARGET)
