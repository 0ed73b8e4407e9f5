"""One training loop for every model of the book."""

import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from attnlib.arrays import check_count, check_positive
from attnlib.corpora.batches import PAD, Batch


@dataclass
class History:
    """What happened in a training run."""

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
    loss: Callable[[nn.Module, object], Tensor],
    data: Iterable,
    *,
    steps: int,
    learning_rate: float = 5e-3,
    check: Callable[[nn.Module], float] | None = None,
    every: int = 50,
    enough: float = math.inf,
) -> History:
    """Train `model` in place with AdamW: gradients clipped to norm 1, a tenth of the steps to warm up, then a cosine.

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
    check : function, optional
        Takes the model, in evaluation mode and without gradients, and returns an accuracy.
    every : int
        How many steps lie between two checks.
    enough : float
        Stop as soon as a check returns this or more.

    Returns
    -------
    history : History

    Raises
    ------
    ValueError
        If a number is out of range, the data end too early, or the loss is no longer a number.
    """
    check_count("steps", steps, least=1), check_count("every", every, least=1)
    check_positive("learning_rate", learning_rate)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _warm_up_then_cosine(step, steps))
    history, data, layout = History(), iter(data), "{l_bar}{bar}| {n}/{total} steps{postfix}"
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tqdm(total=steps, file=sys.stdout, ncols=72, mininterval=0.5, bar_format=layout) as bar:
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


def _warm_up_then_cosine(step: int, steps: int) -> float:
    warm_up = max(1, steps // 10)
    return min((step + 1) / warm_up, 0.5 + 0.5 * math.cos(math.pi * step / steps))


def _one_step(model, loss, data, optimizer, schedule) -> float:
    model.train()
    try:
        batch = next(data)
    except StopIteration:
        raise ValueError("data ended before the last step: give a longer iterable, or fewer steps") from None
    value = loss(model, batch)
    if not math.isfinite(value.item()):
        raise ValueError(f"the loss is {value.item()}: check the data, or lower learning_rate")
    optimizer.zero_grad()
    value.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step(), schedule.step()
    return value.item()


@torch.no_grad()
def _checked(model, check) -> float:
    model.eval()
    return float(check(model))


def translation_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Return the mean cross-entropy, in nats per token, of a batch under teacher forcing. Padding does not count."""
    source, lengths, target, goal = map(torch.from_numpy, batch)
    logits, _ = model(source, lengths, target)
    return F.cross_entropy(logits.flatten(0, 1), goal.flatten(), ignore_index=PAD)
