import math
from itertools import count, islice, product, repeat

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

from attnlib.corpora.batches import Batch, batches, make_batch
from attnlib.corpora.vocabulary import PAD, Vocabulary
from attnlib.models.attention import Attention, DotProduct
from attnlib.models.decoders import LuongDecoder
from attnlib.training.evaluation import accuracy
from attnlib.training.train import History, scheduled_sampling_loss, train, translation_loss
from tests.translators import TARGET, TRANSLATORS, B, Pair, T, sentences
from tests.translators import make as make_translator


class Slope(nn.Module):
    """One number, of which the loss is a multiple."""

    def __init__(self):
        super().__init__()
        self.place = nn.Parameter(torch.zeros(()))


def downhill(model, slope):
    return -slope * model.place


def training_batch(seed=2):
    """Return a batch of which the first sentence ends before the others."""
    target = torch.randint(1, TARGET, (B, T), generator=torch.Generator().manual_seed(seed)).numpy()
    target[:, 0], goal = 1, np.concatenate([target[:, 1:], np.full((B, 1), 2)], 1)
    target[0, 5:], goal[0, 5:] = PAD, PAD
    source = sentences(seed=seed)
    return Batch(source.numpy(), (source != PAD).sum(1).numpy(), target, goal)


def fed(model, batch, **options):
    """Return the words that a model was fed, (B, T), and what it would have said itself."""
    tokens, said, step = [], [], model.step

    def spy(token, *rest):
        result = step(token, *rest)
        tokens.append(token)
        said.append(result[0].detach()[:, 2:].argmax(-1) + 2)
        return result

    model.step = spy
    scheduled_sampling_loss(model, batch, generator=torch.Generator().manual_seed(7), **options)
    del model.step
    return torch.stack(tokens, 1), torch.stack(said, 1)


@pytest.fixture
def _two_threads():
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


@pytest.mark.parametrize(("warm_up", "moved"), [(0.0, 0.1), (0.04, 0.1), (0.1, 0.05), (1.0, 0.005)])
def test_the_share_of_steps_that_warm_up_says_how_far_the_first_one_goes(warm_up, moved):
    model, places = Slope(), []

    def loss(model, slope):
        places.append(model.place.item())
        return downhill(model, slope)

    train(model, loss, repeat(0.5), steps=20, learning_rate=0.1, warm_up=warm_up)
    assert places[1] - places[0] == pytest.approx(moved, rel=1e-3)


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
    model = LuongDecoder(6, 6, Attention(DotProduct()), embedding=5, hidden=14)
    batch = make_batch([Pair(("a", "b"), ("c",)), Pair(("c",), ("a", "b", "a"))], words, words)
    with torch.no_grad():
        logits, _ = model(*map(torch.from_numpy, batch[:3]))
        shares = logits.softmax(-1)
        loss = translation_loss(model, batch).item()
    real = [(b, t) for b in range(2) for t in range(4) if batch.goal[b, t]]
    assert len(real) == 6
    assert loss == pytest.approx(-np.mean([math.log(shares[b, t, batch.goal[b, t]]) for b, t in real]), rel=1e-5)


@pytest.mark.parametrize("name", TRANSLATORS)
def test_no_word_of_its_own_is_exactly_teacher_forcing(name):
    model, batch = make_translator(name), training_batch()
    for whole in (True, False):
        generator = torch.Generator().manual_seed(0)
        sampled = scheduled_sampling_loss(model, batch, own_words=0.0, generator=generator, whole_sentences=whole)
        assert sampled.item() == pytest.approx(
            translation_loss(model, batch).item(), rel=1e-14
        )  # a cache sums in pieces


def test_only_its_own_words_is_the_loss_of_a_free_run():
    model, batch = make_translator("encoder–decoder dot"), training_batch()
    source, lengths, target, goal = map(torch.from_numpy, batch)
    allowed = [n for n in range(TARGET) if n not in (0, 1)]

    def own_word(logits, position):
        return torch.tensor([max(allowed, key=lambda n: row[n]) for row in logits])

    logits, _ = model.unroll(model.encode(source, lengths), target[:, 0], T, own_word)
    total = sum(F.cross_entropy(logits[:, t], goal[:, t], ignore_index=PAD, reduction="sum") for t in range(T))
    sampled = scheduled_sampling_loss(model, batch, own_words=1.0, generator=torch.Generator())
    assert_allclose(sampled.item(), total.item() / (goal != PAD).sum().item())


# invariant


def copying(seed):
    """Train a small translator to copy one to three letters; return the history, the model, the words and the pairs."""
    sentences = [letters for length in (1, 2, 3) for letters in product("abc", repeat=length)]
    pairs = [Pair(s, s) for s in sentences]
    words = Vocabulary(pair.source for pair in pairs)
    torch.manual_seed(seed)
    model = LuongDecoder(len(words), len(words), Attention(DotProduct()), input_feeding=True, embedding=11, hidden=26)

    return model, pairs, words, lambda model: accuracy(model, pairs, words, words, max_length=5)


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


@pytest.mark.usefixtures("_two_threads")
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


def test_about_the_asked_share_of_words_is_its_own_and_each_is_the_last_one_it_found_likeliest():
    model, batch = make_translator("encoder–decoder dot"), training_batch()
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
    model = make_translator("encoder–decoder dot")
    model.readout.bias.data[silent] += 99
    tokens, said = fed(model, training_batch(), own_words=1.0)
    assert_array_equal(tokens[:, 1:], said[:, :-1])


def test_a_coin_for_whole_sentences_never_mixes():
    model, batch = make_translator("encoder–decoder dot"), training_batch()
    big = Batch(*(np.repeat(part, 50, axis=0) for part in batch))
    tokens, said = fed(model, big, own_words=0.5, whole_sentences=True)
    target = torch.from_numpy(big.target)
    forced, free = (tokens == target).all(1), (tokens[:, 1:] == said[:, :-1]).all(1)
    assert (forced | free).all()
    assert 0.35 < free.double().mean() < 0.65


def test_the_generator_alone_decides_the_coins():
    model, batch = make_translator("tutorial"), training_batch()
    losses = [
        scheduled_sampling_loss(model, batch, own_words=0.5, generator=torch.Generator().manual_seed(n)).item()
        for n in (3, 3, 4)
    ]
    assert losses[0] == losses[1] != losses[2]


def test_a_parameter_without_a_slope_decays_by_a_hundredth_of_the_rate():
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(model.weight)
    train(
        model, lambda model, _: 0 * model.weight.sum(), [None], steps=1, learning_rate=0.5, warm_up=0.0, progress=None
    )
    assert model.weight.item() == pytest.approx(1 - 0.5 * 0.01), "AdamW, not Adam"


# edge


def test_no_gradient_flows_through_the_choice_of_a_word():
    model, batch = make_translator("encoder–decoder dot"), training_batch()
    scheduled_sampling_loss(model, batch, own_words=1.0, generator=torch.Generator()).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


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


@pytest.mark.parametrize("progress", [False, None])
def test_a_run_may_be_silent(progress, capsys):
    history = train(Slope(), downhill, repeat(1.0), steps=3, check=lambda _: 0.125, progress=progress)
    assert history.checks == [(3, 0.125)]
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("_two_threads")
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


@pytest.mark.usefixtures("_two_threads")
def test_data_that_end_too_early_are_named():
    with pytest.raises(ValueError, match=r"^data ended before the last step: give a longer iterable, or fewer steps$"):
        train(Slope(), downhill, islice(repeat(1.0), 2), steps=3)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("_two_threads", "plain_errors")
def test_data_that_are_no_data_leave_the_threads_as_they_were():
    with pytest.raises(
        TypeError, match=r"^data is 7, expected an iterable of batches, such as batches\(pairs, …, size=64"
    ):
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
        ({"steps": 3, "warm_up": 1.5}, ValueError, "warm_up is 1.5, expected"),
        ({"steps": 3, "learning_rate": 0}, ValueError, "learning_rate is 0, expected a positive, finite number"),
        ({"steps": 3, "learning_rate": -1e-3}, ValueError, "learning_rate is -0.001, expected a positive, finite num"),
        ({"steps": 3, "learning_rate": "1e-3"}, TypeError, "learning_rate is '1e-3', expected a positive, finite num"),
        ({"steps": 3, "enough": "99 %"}, TypeError, "enough is '99 %', expected a finite number"),
        ({"steps": 3, "check": 0.99}, TypeError, "check is 0.99, expected a function of the model"),
    ],
)
def test_numbers_out_of_range_are_named(options, error, said):
    with pytest.raises(error, match=f"^{said}"):
        train(Slope(), downhill, repeat(1.0), **options)


@pytest.mark.usefixtures("plain_errors")
def test_one_batch_is_no_data_and_the_mend_works():
    model, data = make_translator("fixed two-way"), training_batch()
    with pytest.raises(
        TypeError, match=r"^data is one Batch, expected an iterable of them: itertools.repeat\(data\) gives"
    ):
        train(model, translation_loss, data, steps=2)
    assert train(model, translation_loss, repeat(data), steps=2).steps == 2


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (lambda model, _: model.place.item(), r"0\.0"),
        (lambda model, _: model.place * torch.ones(3), r"a tensor of shape \(3,\)"),
        (lambda model, _: model.place.detach(), r"a tensor of shape \(\)"),
    ],
)
def test_a_loss_is_one_number_with_a_gradient(loss, said):
    with pytest.raises(
        TypeError, match=rf"^loss returned {said}, expected one number that depends on the model's param"
    ):
        train(Slope(), loss, repeat(1.0), steps=3)
    train(Slope(), lambda model, _: (model.place * torch.ones(3)).mean(), repeat(1.0), steps=1)


@pytest.mark.usefixtures("plain_errors")
def test_what_cannot_be_trained_is_named():
    with pytest.raises(TypeError, match=r"^model is the class Slope, expected a module made from it, such as Fixed"):
        train(Slope, downhill, repeat(1.0), steps=3)
    with pytest.raises(TypeError, match=r"^loss is 0.5, expected a function of the model$"):
        train(Slope(), 0.5, repeat(1.0), steps=3)
    with pytest.raises(ValueError, match=r"^model is a ReLU without a parameter to train$"):
        train(nn.ReLU(), downhill, repeat(1.0), steps=3)


@pytest.mark.usefixtures("plain_errors")
def test_a_loss_is_that_of_a_model():
    with pytest.raises(TypeError, match=r"^model is 5, expected a torch module, such as FixedVector\(20, 30\)$"):
        translation_loss(5, training_batch())
    with pytest.raises(TypeError, match=r"^model is a Slope, expected a translator that was made, such as FixedVector"):
        scheduled_sampling_loss(Slope(), training_batch(), own_words=0.5, generator=torch.Generator())


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    "loss", [translation_loss, lambda *a: scheduled_sampling_loss(*a, own_words=1, generator=None)]
)
def test_pairs_are_no_batch(loss):
    with pytest.raises(
        TypeError, match=r"^batch is a list, expected a Batch: make_batch\(pairs, source_words, target_wor"
    ):
        loss(make_translator("tutorial"), [Pair(("I",), ("je",))])


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"own_words": -0.1}, ValueError, "own_words is -0.1, expected a number from 0 to 1"),
        ({"own_words": 1.1}, ValueError, "own_words is 1.1, expected a number from 0 to 1"),
        ({"own_words": math.nan}, ValueError, "own_words is nan, expected a number from 0 to 1"),
        ({"own_words": "half"}, TypeError, "own_words is 'half', expected a number from 0 to 1"),
        ({"generator": 7}, TypeError, r"generator is 7, expected torch.Generator\(\).manual_seed\(0\)"),
    ],
)
def test_a_coin_that_cannot_be_is_named(options, error, said):
    options = {"own_words": 0.5, "generator": torch.Generator()} | options
    with pytest.raises(error, match=f"^{said}"):
        scheduled_sampling_loss(make_translator("tutorial"), training_batch(), **options)
