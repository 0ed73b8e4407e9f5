import math
from itertools import count, islice, product, repeat
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from attnlib.corpora.batches import Vocabulary, batches, make_batch
from attnlib.models.decoders import CurrentState
from attnlib.training.decoding import greedy
from attnlib.models.attention import Attention, DotProduct
from attnlib.training.train import History, train, translation_loss


class Pair(NamedTuple):
    source: tuple
    target: tuple


class Slope(nn.Module):
    """One number, of which the loss is a multiple."""

    def __init__(self):
        super().__init__()
        self.place = nn.Parameter(torch.zeros(()))


def downhill(model, slope):
    return -slope * model.place


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


# by hand


def test_twenty_steps_warm_up_for_two_and_then_follow_a_cosine():
    model, places = Slope(), [0.0]

    def loss(model, slope):
        places.append(model.place.item())
        return downhill(model, slope)

    train(model, loss, repeat(0.5), steps=20, learning_rate=0.1)
    places = np.array([*places[2:], model.place.item()]), np.array(places[1:])
    moved = (places[0] - places[1]) + 0.1 * 0.01 * places[1]  # AdamW's decay is small, the step on a slope is the rate
    expected = [0.05, *(0.1 * (0.5 + 0.5 * math.cos(math.pi * n / 20)) for n in range(1, 20))]
    np.testing.assert_allclose(moved, expected, rtol=0.02, atol=1e-3)


@pytest.mark.parametrize(("slope", "expected"), [(1000.0, 1.0), (0.25, 0.25)])
def test_a_long_gradient_is_cut_to_one_and_a_short_one_neither_stretched_nor_summed(slope, expected):
    model = Slope()
    train(model, downhill, repeat(slope), steps=3)
    assert abs(model.place.grad.item()) == pytest.approx(expected, rel=1e-4)


def test_the_loss_is_the_mean_over_real_tokens():
    class Die(nn.Module):
        def forward(self, source, lengths, target):
            assert (source.shape, lengths.tolist(), target.shape) == ((2, 3), [3, 1], (2, 5))
            logits = torch.zeros(2, 5, 7)
            logits[1, :, 3] = math.log(9)  # one face is nine times as likely
            return logits, None

    target = Vocabulary([("a", "b", "c", "d")])
    pairs = [Pair(("a", "b", "c"), ("a", "b", "c", "d")), Pair(("a",), ("a",))]
    batch = make_batch(pairs, target, target)
    first, second = 5 * math.log(7), (math.log(15) - math.log(9)) + math.log(15)
    assert translation_loss(Die(), batch).item() == pytest.approx((first + second) / 7)


# reference


def test_a_translator_s_loss_is_counted_token_by_token():
    torch.manual_seed(0)
    words = Vocabulary([("a", "b", "c")])
    model = CurrentState(6, 6, Attention(DotProduct()), embedding=5, hidden=14)
    batch = make_batch([Pair(("a", "b"), ("c",)), Pair(("c",), ("a", "b", "a"))], words, words)
    with torch.no_grad():
        logits, _ = model(*map(torch.from_numpy, batch[:3]))
        shares = logits.softmax(-1)
        loss = translation_loss(model, batch).item()
    real = [(b, t) for b in range(2) for t in range(4) if batch.goal[b, t]]
    assert len(real) == 6
    assert loss == pytest.approx(-np.mean([math.log(shares[b, t, batch.goal[b, t]]) for b, t in real]), rel=1e-5)


# invariant


def copying(seed):
    """Train a small translator to copy one to three letters; return the history, the model, the words and the pairs."""
    sentences = [letters for length in (1, 2, 3) for letters in product("abc", repeat=length)]
    pairs = [Pair(s, s) for s in sentences]
    words = Vocabulary(pair.source for pair in pairs)
    torch.manual_seed(seed)
    model = CurrentState(len(words), len(words), Attention(DotProduct()), input_feeding=True, embedding=11, hidden=26)

    def check(model):
        found = greedy(model, [pair.source for pair in pairs], words, words, max_length=5)
        return sum(f.tokens == pair.target for f, pair in zip(found, pairs)) / len(pairs)

    return model, pairs, words, check


def test_copying_three_letters_is_learnt_without_an_error_and_training_stops_there():
    model, pairs, words, check = copying(seed=7)
    data = batches(pairs, words, words, size=13)
    history = train(model, translation_loss, data, steps=400, learning_rate=0.02, check=check, every=25, enough=1.0)
    assert history.checks[-1] == (history.steps, 1.0)
    assert history.steps < 400
    assert all(accuracy < 1 for _, accuracy in history.checks[:-1])
    assert history.losses[0] == pytest.approx(math.log(6), rel=0.25)
    assert history.losses[-1] < 0.3


def test_two_runs_of_one_seed_are_the_same_number_for_number():
    runs = []
    for seed in (7, 7, 11):
        model, pairs, words, _ = copying(seed)
        history = train(model, translation_loss, batches(pairs, words, words, size=13), steps=7)
        runs.append((history.losses, model.readout.weight.tolist()))
    assert runs[0] == runs[1] != runs[2]


def test_the_model_learns_in_training_mode_on_one_thread_and_is_checked_in_evaluation_mode_without_gradients():
    seen = []

    def loss(model, slope):
        seen.append(("loss", model.training, torch.is_grad_enabled(), torch.get_num_threads()))
        return downhill(model, slope)

    def check(model):
        seen.append(("check", model.training, torch.is_grad_enabled(), torch.get_num_threads()))
        return 0.5

    model = Slope().eval()
    history = train(model, loss, repeat(1.0), steps=5, check=check, every=2)
    learns, looks = ("loss", True, True, 1), ("check", False, False, 1)
    assert seen == [learns, learns, looks, learns, learns, looks, learns, looks]
    assert history.checks == [(2, 0.5), (4, 0.5), (5, 0.5)], "the last step is checked too"
    assert history.steps == len(history.losses) == 5
    assert not model.training


def test_as_many_batches_are_taken_as_steps_are_made():
    data = count(1)
    history = train(Slope(), lambda model, n: model.place * 0 + n, (float(n) for n in data), steps=5)
    assert history.losses == [1, 2, 3, 4, 5]
    assert next(data) == 6
    answers = iter([0.5, 0.75, 0.9])
    history = train(Slope(), downhill, repeat(1.0), steps=9, check=lambda _: next(answers), every=2, enough=0.75)
    assert history.checks == [(2, 0.5), (4, 0.75)]
    assert history.steps == 4


# edge


def test_one_step_is_a_run_and_a_new_history_is_empty():
    model = Slope()
    assert train(model, downhill, [0.5], steps=1, learning_rate=0.125).losses == [0.0]
    assert model.place.item() == pytest.approx(0.125)
    assert History() == History([], [])
    assert History().steps == 0
    assert History().losses is not History().losses


def test_progress_is_printed_in_steps_and_percent(capsys):
    train(Slope(), downhill, repeat(1.0), steps=3, check=lambda _: 0.125)
    printed = capsys.readouterr()
    assert "3/3 steps, accuracy 12.5%" in printed.out
    assert not printed.err


@pytest.mark.parametrize("broken", [ZeroDivisionError, KeyboardInterrupt])
def test_threads_and_mode_are_restored_when_a_run_breaks_off(broken):
    def loss(model, _):
        assert torch.get_num_threads() == 1
        raise broken

    model = Slope()
    with pytest.raises(broken):
        train(model, loss, repeat(1.0), steps=3)
    assert torch.get_num_threads() == 2
    assert not model.training
    train(model, downhill, repeat(1.0), steps=1)
    assert torch.get_num_threads() == 2


# error


def test_data_that_end_too_early_are_named():
    with pytest.raises(ValueError, match=r"^data ended before the last step: give a longer iterable, or fewer steps$"):
        train(Slope(), downhill, islice(repeat(1.0), 2), steps=3)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("plain_errors")
def test_data_that_are_no_data_leave_the_threads_as_they_were():
    with pytest.raises(TypeError, match="'int' object is not iterable"):
        train(Slope(), downhill, 7, steps=3)
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_stops_before_it_spoils_the_model(number):
    model = Slope()
    with pytest.raises(ValueError, match=f"^the loss is {number}: check the data, or lower learning_rate$"):
        train(model, lambda model, slope: model.place + slope, [number], steps=3)
    assert model.place.item() == 0


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"steps": 0}, ValueError, "steps is 0, expected 1 or more"),
        ({"steps": 1.5}, TypeError, "steps is 1.5, expected a whole number"),
        ({"steps": 3, "every": 0}, ValueError, "every is 0, expected 1 or more"),
        ({"steps": 3, "learning_rate": 0}, ValueError, "learning_rate is 0, expected a positive, finite number"),
        ({"steps": 3, "learning_rate": -1e-3}, ValueError, "learning_rate is -0.001, expected a positive, finite num"),
    ],
)
def test_numbers_out_of_range_are_named(options, error, said):
    with pytest.raises(error, match=f"^{said}"):
        train(Slope(), downhill, repeat(1.0), **options)
