import math

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from attnlib.corpora.entailment import VOCABULARY, draw_pairs, make_pair_batch, parse, twins
from attnlib.models.decomposable import Decomposable, DistanceAware, UnsignedDistance, pair_accuracy, pair_loss

KINDS = (Decomposable, DistanceAware, UnsignedDistance)
V, WIDTH = 23, 7


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def model(request):
    torch.manual_seed(3)
    return request.param(V, 3, width=WIDTH).double()


def ask(model, premise, hypothesis):
    """Ask about one pair of lists of numbers."""
    sides = [item for side in (premise, hypothesis) for item in (torch.tensor([side]), torch.tensor([len(side)]))]
    return model(*sides)


# by hand


def test_the_first_loss_is_the_logarithm_of_the_number_of_answers():
    batch = make_pair_batch(draw_pairs(50))
    for kind in KINDS:
        torch.manual_seed(0)
        assert abs(pair_loss(kind(len(VOCABULARY)), batch).item() - math.log(3)) < 0.1


def test_accuracy_is_the_share_of_labels_found():
    batch = make_pair_batch(list(twins(parse("dogs chase girls"))))
    torch.manual_seed(0)
    model = Decomposable(len(VOCABULARY))
    shares = [
        pair_accuracy(model, batch._replace(label=np.array(labels))) for labels in ([0, 0], [1, 1], [2, 2], [0, 1])
    ]
    assert sorted(shares[:3]) == [0, 0, 1], "both twins are one question to it, with one answer"
    assert shares[3] in (0, 0.5)


def test_a_word_begins_by_looking_to_its_left():
    assert DistanceAware(V, farthest=5).distances.tolist() == [-3, -3, -3, -2, -1, 0, 1, 2, 3, 3, 3]


# reference


def test_the_model_is_the_formula_written_word_by_word():
    torch.manual_seed(1)
    model = Decomposable(V, 3, width=WIDTH).double()
    premise, hypothesis = [3, 5, 4], [6, 3]
    a, b = model.embed.weight[premise], model.embed.weight[hypothesis]
    scores = [[model.project(x) @ model.project(y) for y in b] for x in a]
    rows = [torch.softmax(torch.stack(row), 0) for row in scores]
    columns = [torch.softmax(torch.stack([row[j] for row in scores]), 0) for j in range(2)]
    first = sum(model.compare(torch.cat([a[i], sum(w * y for w, y in zip(rows[i], b))])) for i in range(3))
    second = sum(model.compare(torch.cat([b[j], sum(w * x for w, x in zip(columns[j], a))])) for j in range(2))
    logits, (on_second, on_first) = ask(model, premise, hypothesis)
    assert_close(logits[0], model.aggregate(torch.cat([first, second])))
    assert_close(on_second[0], torch.stack(rows))
    assert_close(on_first[0], torch.stack(columns))


@pytest.mark.parametrize("kind", [DistanceAware, UnsignedDistance])
def test_a_word_brings_what_it_reads_in_its_own_sentence(kind):
    torch.manual_seed(1)
    model = kind(V, width=WIDTH, farthest=2).double()
    words = [3, 5, 4, 3]
    x, found = model.embed.weight[words], []
    for i in range(4):
        steps = [max(-2, min(2, i - j)) for j in range(4)]
        steps = [abs(step) for step in steps] if kind is UnsignedDistance else steps
        scores = [model.intra(x[i]) @ model.intra(x[j]) + model.distances[2 + steps[j]] for j in range(4)]
        found.append(torch.softmax(torch.stack(scores), 0) @ x)
    represented = model.represent(torch.tensor([words]), torch.ones(1, 1, 4, dtype=torch.bool))
    assert_close(represented[0], torch.cat([x, torch.stack(found)], -1))


# invariant


def test_without_places_the_order_of_either_sentence_changes_nothing():
    torch.manual_seed(2)
    model = Decomposable(V, width=WIDTH).double()
    expected, (weights, _) = ask(model, [3, 4, 5, 6, 7], [8, 3, 9])
    order = [2, 0, 4, 1, 3]
    found, (shuffled, _) = ask(model, [5, 3, 7, 4, 6], [9, 8, 3])
    assert_close(found, expected, atol=1e-12, rtol=0)
    assert_close(shuffled[0], weights[0][order][:, [2, 0, 1]])


def test_with_places_an_exchange_of_two_words_changes_the_answer(model):
    changed = (ask(model, [3, 4, 5, 6], [7, 8])[0] - ask(model, [4, 3, 5, 6], [7, 8])[0]).abs().max().item()
    assert changed < 1e-12 if type(model) is Decomposable else changed > 1e-6


def test_without_a_sign_a_mirror_image_changes_nothing_until_one_token_stands_in_front():
    torch.manual_seed(4)
    unsigned, signed = UnsignedDistance(V, width=WIDTH).double(), DistanceAware(V, width=WIDTH).double()
    there, back, question = [3, 4, 5, 6, 7], [7, 6, 5, 4, 3], [8, 9]
    assert_close(ask(unsigned, there, question)[0], ask(unsigned, back, question)[0], atol=1e-12, rtol=0)
    assert (ask(signed, there, question)[0] - ask(signed, back, question)[0]).abs().max() > 1e-6
    assert (ask(unsigned, [1, *there], question)[0] - ask(unsigned, [1, *back], question)[0]).abs().max() > 1e-6


def test_together_is_as_apart(model):
    batch = make_pair_batch(draw_pairs(11, seed=4))
    sides = list(map(torch.from_numpy, batch[:4]))
    together, (on_second, on_first) = model(*sides)
    for n in range(11):
        length, other = batch.premise_lengths[n], batch.hypothesis_lengths[n]
        apart, (alone, back) = ask(model, batch.premise[n, :length].tolist(), batch.hypothesis[n, :other].tolist())
        assert_close(together[n], apart[0])
        assert_close(on_second[n, :length, :other], alone[0])
        assert_close(on_first[n, :other, :length], back[0])


def test_weights_are_shares_and_padding_gets_none(model):
    batch = make_pair_batch(draw_pairs(11, seed=5))
    _, (on_second, on_first) = model(*map(torch.from_numpy, batch[:4]))
    assert_close(on_second.sum(-1), torch.ones(on_second.shape[:-1], dtype=torch.float64))
    for weights, lengths in ((on_second, batch.hypothesis_lengths), (on_first, batch.premise_lengths)):
        for row, length in zip(weights, lengths):
            assert not row[:, length:].any()


def test_no_gradient_comes_from_padding_and_its_numbers_do_not_matter(model):
    premise, lengths = torch.tensor([[3, 4, 9, 9], [5, 6, 7, 8]]), torch.tensor([2, 4])
    other, other_lengths = torch.tensor([[3, 10, 10], [5, 6, 7]]), torch.tensor([1, 3])
    logits, _ = model(premise, lengths, other, other_lengths)
    logits.square().sum().backward()
    assert not model.embed.weight.grad[[9, 10]].any()
    assert model.embed.weight.grad[3:9].any(-1).all()
    replaced, _ = model(premise.where(premise != 9, 11), lengths, other.where(other != 10, 12), other_lengths)
    assert_close(replaced, logits)


# edge


def test_sentences_of_one_word_can_be_asked_about(model):
    logits, (weights, _) = ask(model, [3], [4])
    assert torch.isfinite(logits).all()
    assert weights.tolist() == [[[1.0]]]


# error


@pytest.mark.parametrize(
    ("arguments", "sizes", "words"),
    [
        ((1,), {}, "vocabulary is 1, expected 2 or more"),
        ((V, 1), {}, "labels is 1, expected 2 or more"),
        ((V,), {"width": 0}, "width is 0, expected 1 or more"),
        ((V,), {"farthest": 0}, "farthest is 0, expected 1 or more"),
    ],
)
@pytest.mark.usefixtures("plain_errors")
def test_sizes_out_of_range_are_refused(arguments, sizes, words):
    with pytest.raises(ValueError, match=words):
        DistanceAware(*arguments, **sizes)


@pytest.mark.usefixtures("plain_errors")
def test_what_is_no_batch_and_no_sentence_of_numbers_is_named(model):
    for measure in (pair_loss, pair_accuracy):
        with pytest.raises(
            TypeError, match=r"^batch is a list, expected a PairBatch: make_pair_batch\(pairs\) makes one$"
        ):
            measure(model, draw_pairs(2))
        assert measure(model, make_pair_batch(draw_pairs(2))) >= 0
        with pytest.raises(TypeError, match=r"^model is 5, expected a torch module, such as Decomposable\(20\)$"):
            measure(5, make_pair_batch(draw_pairs(2)))
    numbers, lengths = torch.tensor([[3, 4]]), torch.tensor([2])
    with pytest.raises(TypeError, match=r"^premise is a ndarray, expected a torch tensor of whole numbers"):
        model(numbers.numpy(), lengths, numbers, lengths)
    with pytest.raises(
        ValueError, match=r"^hypothesis has numbers from 3 to 23, expected 0 to 22: was it encoded with"
    ):
        model(numbers, lengths, torch.tensor([[3, 23]]), lengths)
    with pytest.raises(TypeError, match=r"^hypothesis_lengths is a list, expected a torch tensor of whole numbers"):
        model(numbers, lengths, numbers, [2])
    with pytest.raises(ValueError, match=r"^premise has 1 sentences, hypothesis_lengths 2: each sentence has one$"):
        model(numbers, lengths, numbers, torch.tensor([2, 2]))
    with pytest.raises(ValueError, match=r"^a length is 3, expected 0 to num_keys = 2"):
        model(numbers, torch.tensor([3]), numbers, lengths)
