"""One training loop for every model of the book, and the two losses of a translator."""

import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from attnlib.arrays import check_count, check_number, check_positive, check_share
from attnlib.corpora.batches import Batch, check_batch
from attnlib.corpora.vocabulary import PAD
from attnlib.models.attention import check_module
from attnlib.models.seq2seq import EncoderDecoder, check_translator, mute_padding_and_begin

BAR = {"ncols": 72, "mininterval": 0.5, "bar_format": "{l_bar}{bar}| {n}/{total} steps{postfix}"}


@dataclass
class History:
    """What happened in a training run.

    Examples
    --------
    >>> History(losses=[1.5, 0.5], checks=[(2, 0.75)]).steps
    2
    """

    losses: list[float] = field(default_factory=list)
    """The loss of each step."""
    checks: list[tuple[int, float]] = field(default_factory=list)
    """(step, accuracy), each time it was checked."""

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return len(self.losses)


def train(
    model: nn.Module,
    loss: Callable[[nn.Module, Any], Tensor],
    data: Iterable,
    *,
    steps: int,
    learning_rate: float = 5e-3,
    warm_up: float = 0.1,
    check: Callable[[nn.Module], float] | None = None,
    every: int = 50,
    enough: float = math.inf,
    progress: bool | None = True,
) -> History:
    """Train `model` in place with AdamW: gradients clipped to norm 1, some steps to warm up, then a cosine.

    One thread is used, so that a run on a small model is fast, and the same each time on the same machine. Set
    ``torch.manual_seed`` before the model is made; the data bring their own seed.

    Parameters
    ----------
    loss : function
        Takes the model and one batch of `data`, returns a scalar.
    data : iterable
        Batches; the loop takes as many as it has steps.
    steps : int
        The most steps to make.
    warm_up : float
        Share of the steps in which the learning rate climbs. With 0 the first step has it all.
    check : function, optional
        Takes the model, in evaluation mode and without gradients, and returns an accuracy.
    every : int
        How many steps lie between two checks.
    enough : float
        Stop as soon as a check returns this or more.
    progress : bool
        Whether to print a bar. None is False.

    Returns
    -------
    history : History

    Raises
    ------
    TypeError
        If an argument is of the wrong kind, or `loss` does not return one number with a gradient.
    ValueError
        If a number is out of range, the data end too early, or the loss is no longer a number.

    Examples
    --------
    A straight line through (1, 2) and (2, 4):

    >>> _ = torch.manual_seed(0)
    >>> line, points = nn.Linear(1, 1), [(torch.tensor([[1.0], [2.0]]), torch.tensor([[2.0], [4.0]]))] * 300
    >>> def loss(line, xy):
    ...     return F.mse_loss(line(xy[0]), xy[1])
    >>> history = train(line, loss, points, steps=300, learning_rate=0.05, progress=False)
    >>> history.losses[-1] < history.losses[0] / 10
    True
    """
    _check_parts(model, loss, data, check)
    check_count("steps", steps, least=1)
    check_count("every", every, least=1)
    check_positive("learning_rate", learning_rate)
    check_share("warm_up", warm_up)
    if not (isinstance(enough, float) and enough == math.inf):
        check_number("enough", enough)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warm_up_then_cosine(step, steps, warm_up))
    history, data, threads = History(), iter(data), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tqdm(total=steps, disable=not progress, file=sys.stdout, **BAR) as bar:
            while history.steps < steps:
                history.losses.append(_one_step(model, loss, data, optimizer, schedule))
                bar.update()
                if check and (history.steps % every == 0 or history.steps == steps):
                    history.checks.append((history.steps, _checked(model, check)))
                    bar.set_postfix_str(f"accuracy {history.checks[-1][1]:.1%}")
                    if history.checks[-1][1] >= enough:
                        break
    finally:
        torch.set_num_threads(threads)
        model.eval()
    return history


def _check_parts(model, loss, data, check) -> None:
    check_module("model", model, "FixedVector(20, 30)")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(f"model is a {type(model).__name__} without a parameter to train")
    for name, function in (("loss", loss), ("check", check)):
        if not callable(function) and not (name == "check" and function is None):
            raise TypeError(f"{name} is {function!r}, expected a function of the model")
    if isinstance(data, Batch):
        raise TypeError("data is one Batch, expected an iterable of them: itertools.repeat(data) gives it at each step")
    if not isinstance(data, Iterable):
        raise TypeError(f"data is {data!r}, expected an iterable of batches, such as batches(pairs, …, size=64)")


def _warm_up_then_cosine(step: int, steps: int, share: float) -> float:
    warm_up = max(1, int(steps * share))
    return min((step + 1) / warm_up, 0.5 + 0.5 * math.cos(math.pi * step / steps))


def _one_step(model, loss, data, optimizer, schedule) -> float:
    model.train()
    try:
        batch = next(data)
    except StopIteration:
        raise ValueError("data ended before the last step: give a longer iterable, or fewer steps") from None
    value = loss(model, batch)
    if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
        found = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"{value!r}"
        raise TypeError(
            f"loss returned {found}, expected one number that depends on the model's parameters: the .mean() of a "
            "tensor, without .item() or .detach()"
        )
    if not math.isfinite(value.item()):
        raise ValueError(f"the loss is {value.item()}: check the data, or lower learning_rate")
    optimizer.zero_grad()
    value.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    return value.item()


@torch.no_grad()
def _checked(model, check) -> float:
    model.eval()
    return float(check(model))


def translation_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Return the mean cross-entropy, in nats per token, of a batch under teacher forcing. Padding does not count.

    Raises
    ------
    TypeError, ValueError
        If `model` is no module, `batch` no Batch, or its numbers are not of the model's vocabularies.

    Examples
    --------
    A new model guesses among all tokens of the target's language:

    >>> from attnlib.corpora.batches import Vocabulary, make_batch
    >>> from attnlib.corpora.grammar import Clause, translate
    >>> from attnlib.models.seq2seq import FixedVector
    >>> pair = translate(Clause("I", "love", "you"), "french")
    >>> batch = make_batch([pair], Vocabulary([pair.source]), Vocabulary([pair.target]))
    >>> _ = torch.manual_seed(0)
    >>> round(translation_loss(FixedVector(7, 1000), batch).item() / math.log(1000), 1)
    1.0
    """
    check_module("model", model, "FixedVector(20, 30)")
    check_batch(batch)
    source, lengths, target, goal = map(torch.from_numpy, batch)
    logits, _ = model(source, lengths, target)
    return _nats_per_token(logits, goal)


def scheduled_sampling_loss(
    model: EncoderDecoder,
    batch: Batch,
    *,
    own_words: float,
    generator: torch.Generator,
    whole_sentences: bool = False,
) -> Tensor:
    """Return the mean cross-entropy when a share of the words that are fed are the model's own.

    Parameters
    ----------
    own_words : float
        The probability that the word fed is the one the model just found likeliest, in place of the true one.
        0 is ``translation_loss``, 1 never shows a true word. No gradient flows through the choice.
    generator : torch.Generator
        Tosses the coins.
    whole_sentences : bool
        Toss once for each sentence, as the tutorial does for each training example, instead of at each word.

    Raises
    ------
    TypeError, ValueError
        If `model` is no translator, `batch` no Batch, `own_words` not from 0 to 1, or `generator` no torch.Generator.

    References
    ----------
    Bengio, Vinyals, Jaitly & Shazeer (2015), section 2.4, "scheduled sampling": there `own_words` grows in training.
    """
    check_translator("model", model)
    check_batch(batch)
    check_share("own_words", own_words)
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator is {generator!r}, expected torch.Generator().manual_seed(0) or the like")
    source, lengths, target, goal = map(torch.from_numpy, batch)
    coins = torch.rand(len(target), 1 if whole_sentences else target.shape[1], generator=generator)
    own = (coins < own_words).expand_as(target)

    def true_or_own(logits, position):
        if position + 1 == target.shape[1]:
            return None
        said = mute_padding_and_begin(logits.detach()).argmax(-1)
        return torch.where(own[:, position + 1], said, target[:, position + 1])

    logits, _ = model.unroll(model.encode(source, lengths), target[:, 0], target.shape[1], true_or_own)
    return _nats_per_token(logits, goal)


def _nats_per_token(logits: Tensor, goal: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, 1), goal.flatten(), ignore_index=PAD)
