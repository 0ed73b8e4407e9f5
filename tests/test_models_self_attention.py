import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from attnlib import padding_mask, self_attention
from attnlib.corpora.coreference import NOUNS, Sentence, draw_training, draw_twins, make_batch
from attnlib.models.self_attention import Resolver, SelfAttention, coreference_loss, slices

B, L, D = 3, 5, 7


@pytest.fixture
def layer():
    torch.manual_seed(18)
    return SelfAttention(D).double()


@pytest.fixture
def x():
    return torch.randn(B, L, D, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def batch():
    return make_batch(draw_training(17, seed=3))


def logits_and_maps(model, batch, last_row=None):
    with torch.no_grad():
        return model(*map(torch.from_numpy, batch[:3]), last_row)


# reference


def test_a_layer_adds_what_the_formula_reads_to_what_was_there(layer, x):
    mask = padding_mask([2, 5, 3], L, like=x)[:, 0]
    output, weights = layer(x, mask)
    read, expected = self_attention(layer.norm(x), layer.W_q, layer.W_k, layer.W_v, mask)
    torch.testing.assert_close(output, x + read)
    torch.testing.assert_close(weights, expected)


def test_reading_with_its_own_map_changes_nothing_and_with_another_one_something(layer, x):
    output, weights = layer(x, torch.ones(B, 1, L, dtype=bool))
    torch.testing.assert_close(layer.read(x, weights), output)
    assert not torch.allclose(layer.read(x, weights.flip(-1)), output)


def test_without_layers_the_answer_is_read_off_the_mean_of_the_words(batch):
    torch.manual_seed(0)
    model = Resolver(0)
    logits, maps = logits_and_maps(model, batch)
    assert maps == []
    for n, length in enumerate(batch.lengths):
        words = model.embed(torch.from_numpy(batch.words[n, :length])) + model.places[:length]
        torch.testing.assert_close(model.answer(words.mean(0)), logits[n], rtol=1e-4, atol=1e-5)


# invariant


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_padding_and_the_rest_of_the_batch_change_no_answer(batch, layers):
    torch.manual_seed(layers)
    model = Resolver(layers)
    together, _ = logits_and_maps(model, batch)
    for n, sentence in enumerate(draw_training(17, seed=3)):
        torch.testing.assert_close(
            logits_and_maps(model, make_batch([sentence]))[0][0], together[n], atol=1e-5, rtol=1e-4
        )


def test_in_the_first_layer_the_ratio_of_two_nouns_does_not_follow_the_adjective():
    torch.manual_seed(2)
    twins = make_batch(draw_twins(53, "role", seed=1))
    _, (first, second) = logits_and_maps(Resolver(2), twins)
    rows = np.arange(len(twins.it))
    gaps = [
        weights[rows, twins.it, twins.antecedent].log() - weights[rows, twins.it, twins.other].log()
        for weights in (first, second)
    ]
    assert_allclose(gaps[0][::2], -gaps[0][1::2], atol=1e-4)
    assert not np.allclose(gaps[1][::2], -gaps[1][1::2], atol=1e-3)


def test_another_row_replaces_the_one_of_it_in_the_last_map_alone(batch):
    torch.manual_seed(3)
    model, rows = Resolver(2), np.arange(17)
    logits, maps = logits_and_maps(model, batch)
    same, _ = logits_and_maps(model, batch, maps[-1][rows, batch.it])
    torch.testing.assert_close(same, logits)
    on_antecedent = torch.eye(batch.words.shape[1])[batch.antecedent]
    other, (first, second) = logits_and_maps(model, batch, on_antecedent)
    assert not torch.allclose(other, logits)
    torch.testing.assert_close(first, maps[0])
    changed = (second != maps[1]).any(-1)
    assert changed[rows, batch.it].all()
    assert changed.sum() == 17


# edge


def test_the_loss_before_training_is_that_of_a_guess_and_falls(batch):
    torch.manual_seed(4)
    model = Resolver(2)
    optimizer, losses = torch.optim.AdamW(model.parameters(), lr=1e-2), []
    for _ in range(60):
        losses.append(coreference_loss(model, batch))
        optimizer.zero_grad(), losses[-1].backward(), optimizer.step()
    assert abs(losses[0].item() - math.log(len(NOUNS))) < 1
    assert losses[-1] < 0.3 * losses[0]


def test_slices_are_rows_of_the_batch_and_the_same_for_the_same_seed(batch):
    drawn, again = next(slices(batch, 5, seed=1)), next(slices(batch, 5, seed=1))
    assert drawn.words.shape == (5, batch.words.shape[1])
    rows = {(*words, it) for words, it in zip(map(tuple, batch.words.tolist()), batch.it.tolist())}
    assert {(*words, it) for words, it in zip(map(tuple, drawn.words.tolist()), drawn.it.tolist())} <= rows
    assert all(np.array_equal(one, other) for one, other in zip(drawn, again))


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: SelfAttention(0), ValueError, "width is 0, expected 1 or more"),
        (lambda: Resolver(-1), ValueError, "layers is -1, expected 0 or more"),
        (lambda: Resolver(1.5), TypeError, "layers is 1.5, expected a whole number"),
        (lambda: next(slices(make_batch([Sentence("cat", "sat on", "mat", "soft")]), 0)), ValueError, "size is 0"),
    ],
)
def test_a_wrong_size_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
