"""The runs that chapter 21 records, three seeds each: one line a training run, as JSON.

python benchmarks/transformer.py seeds|norms|smoothing|parts|tasks|judge|book

`seeds` is the chapter's recipe in two languages: no training sentence comes twice, and a thousand unseen ones judge it.
`norms`, `smoothing` and `parts` train a smaller model on sentences of one clause, 2 + 2 layers of 64 numbers and 32
sentences a step, for some steps and for four times as many; the batches are the same with every seed. `parts` takes one
part out of every layer. `tasks` trains one such model on three tasks at once, and `judge` and `book` are the chapter's
judge of reviews and its language model.
"""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from attnlib.corpora.batches import PAD, Vocabulary, batches, make_batch
from attnlib.corpora.book import paragraphs
from attnlib.corpora.grammar import sentence_pairs
from attnlib.corpora.tasks import TASKS, examples
from attnlib.models.blocks import AddAndNorm
from attnlib.models.language_model import DecoderOnly, next_token_loss
from attnlib.models.transformer import Transformer
from attnlib.training.decoding import greedy
from attnlib.training.evaluation import accuracy, alignment_error
from attnlib.training.train import train, translation_loss

SMALL = {"d_model": 64, "num_heads": 4, "d_ff": 128}


def smoothed_loss(model, batch):
    source, lengths, target, goal = map(torch.from_numpy, batch)
    logits, _ = model(source, lengths, target)
    return F.cross_entropy(logits.flatten(0, 1), goal.flatten(), ignore_index=PAD, label_smoothing=0.1)


class NoWire(AddAndNorm):
    def after(self, x, update):
        return self.normalize(self.dropout(update))


class Silent(nn.Module):
    """An attention that finds nothing, though its weights are made and its keys can be kept."""

    def __init__(self, attention):
        super().__init__()
        self.attention, self.keys_and_values = attention, attention.keys_and_values

    def forward(self, *arguments, **named):
        update, weights = self.attention(*arguments, **named)
        return 0 * update, weights

    def read(self, *arguments):
        update, weights = self.attention.read(*arguments)
        return 0 * update, weights


class Nothing(nn.Module):
    def forward(self, x):
        return torch.zeros_like(x)


PARTS = (
    "nothing",
    "feed-forward",
    "wires",
    "norms",
    "W_v and W_o",
    "positions",
    "encoder self-attention",
    "decoder self-attention",
    "all heads but one",
)


def take_out(model, part):
    """Take one part out of every layer, in place."""
    for layer in (*model.encoder.layers, *model.layers):
        attentions = [child for name, child in layer.named_children() if "attention" in name]
        sums = [child for child in layer.children() if isinstance(child, AddAndNorm)]
        if part == "feed-forward":
            layer.feed_forward = Nothing()
        if part == "wires":
            for one in sums:
                one.__class__ = NoWire
        if part == "norms":
            for one in sums:
                one.normalize = nn.Identity()
        if part == "W_v and W_o":
            for attention in attentions:
                attention.W_v = attention.W_o = nn.Identity()
    if part == "encoder self-attention":
        for layer in model.encoder.layers:
            layer.attention = Silent(layer.attention)
    if part == "decoder self-attention":
        for layer in model.layers:
            layer.self_attention = Silent(layer.self_attention)
    if part == "positions":
        for embed in (model.embed, model.encoder.embed):
            embed.positions = lambda start, stop, like: 0


def taught(tasks, seed, steps):
    """Train one small model on eight thousand examples of each task; return it and its one vocabulary."""
    known = [example for task in tasks for example in examples(task, 8000)]
    words = Vocabulary(example.source + example.target for example in known)
    torch.manual_seed(seed)
    model = Transformer(len(words), len(words), **SMALL, norm="pre")
    data = batches(known, words, words, size=32, seed=seed)
    train(model, translation_loss, data, steps=steps, learning_rate=3e-3, progress=False)
    return model, words


def run_tasks(seed, steps):
    """One model, three tasks: exact match of each kind of case, three hundred unseen examples of each task."""
    model, words = taught(TASKS, seed, steps)
    found = {}
    for task in TASKS:
        unseen = examples(task, 300, seed=1, part="test")
        said = greedy(model, [example.source for example in unseen], words, words)
        right = [answer.tokens == example.target for answer, example in zip(said, unseen)]
        for kind in sorted({example.kind for example in unseen}):
            found[f"{task}, {kind}"] = np.mean([r for r, example in zip(right, unseen) if example.kind == kind])
    return {kind: round(float(share), 3) for kind, share in found.items()}


def run_judge(seed, steps):
    """The chapter's judge of reviews: how many it gets right, and how often each layer's look falls on what decides."""
    model, words = taught(["judge"], seed, steps)
    unseen = examples("judge", 300, seed=1, part="test")
    cross = model.maps(*map(torch.from_numpy, make_batch(unseen, words, words)[:3])).cross[:, :, :, 0].mean(2)
    looks = [[int(row.argmax()) in one.evidence for row, one in zip(cross[:, n], unseen)] for n in range(2)]
    return {"right": accuracy(model, unseen, words, words), "looks": np.mean(looks, 1).round(2).tolist()}


def run_book(seed, steps, window=64):
    """The language model of the chapter: nats a character on paragraphs that it has not seen."""
    known, unseen = ("\n".join(paragraphs(part)) for part in ("train", "test"))
    characters = Vocabulary([list(known)])
    known, unseen = (torch.tensor(characters.encode(list(text))) for text in (known, unseen))
    torch.manual_seed(seed)
    model, rng = DecoderOnly(len(characters), d_model=64, d_ff=256), np.random.default_rng(seed)
    data = (known[rng.integers(len(known) - window, size=(32, 1)) + np.arange(window + 1)] for _ in range(steps))
    history = train(model, next_token_loss, data, steps=steps, learning_rate=5e-3, progress=False)
    rows = unseen[: len(unseen) // (window + 1) * (window + 1)].view(-1, window + 1)
    with torch.no_grad():
        return {"known": np.mean(history.losses[-20:]), "unseen": next_token_loss(model, rows).item()}


def run(
    language,
    clauses,
    size,
    seed,
    *,
    order=0,
    loss=translation_loss,
    steps,
    learning_rate,
    warm_up=0.1,
    without="nothing",
    known=20_000,
    held_out=200,
    **options,
):
    pairs = sentence_pairs(language, known, clauses=clauses)
    words = Vocabulary(p.source for p in pairs), Vocabulary(p.target for p in pairs)
    kinds = sorted(set(clauses))
    tests = [sentence_pairs(language, held_out // len(kinds), part="test", clauses=(n, n), seed=1) for n in kinds]
    unseen = [pair for some in tests for pair in some]
    torch.manual_seed(seed)
    started, model = time.process_time(), Transformer(*map(len, words), **options)
    take_out(model, without)
    data = batches(pairs, *words, size=size, seed=order)
    history = train(model, loss, data, steps=steps, learning_rate=learning_rate, warm_up=warm_up, progress=False)
    curve = np.array(history.losses[: steps // 20 * 20]).reshape(20, -1).mean(1)
    found = {"exact": accuracy(model, unseen, *words), "error": alignment_error(model, unseen, *words)}
    found |= {"last loss": curve[-1], "curve": curve.round(3).tolist(), "seconds": time.process_time() - started}
    return {name: round(x, 4) if isinstance(x, float) else x for name, x in found.items()}


def show(name, **result):
    print(json.dumps({"run": name} | result), flush=True)


OTHERS = {"tasks": run_tasks, "judge": run_judge, "book": run_book}
STEPS = {"tasks": (2400, 9600), "judge": (600, 2400), "book": (400, 1600)}


def main(what):
    small = SMALL | {"learning_rate": 3e-3}
    for seed in range(3):
        if what == "seeds":
            for language in ("french", "korean"):
                options = {"steps": 800, "learning_rate": 3e-3, "num_heads": 8, "order": seed}
                options |= {"known": 800 * 48, "held_out": 1000}
                show(language, seed=seed, **run(language, (1, 2), 48, seed, **options))
        for steps in STEPS.get(what, (200, 800)):
            if what in OTHERS:
                show(what, seed=seed, steps=steps, **OTHERS[what](seed, steps))
            if what == "norms":
                for norm in ("post", "pre"):
                    for warm_up in (0.1, 0.0):
                        name = f"{norm} {'with' if warm_up else 'without'}"
                        found = run("french", (1, 1), 32, seed, steps=steps, norm=norm, warm_up=warm_up, **small)
                        show(name, seed=seed, steps=steps, **found)
            if what == "parts":
                for part in PARTS:
                    more = small | {"num_heads": 1} if part == "all heads but one" else small
                    found = run("french", (1, 1), 32, seed, steps=4 * steps, without=part, **more)
                    show(f"without {part}", seed=seed, steps=4 * steps, **found)
                more = small | {"learning_rate": 1e-3, "steps": 4 * steps}
                found = run("french", (1, 1), 32, seed, without="wires", **more)
                show("without wires, a third of the rate", seed=seed, steps=4 * steps, **found)
            if what == "smoothing":
                found = run("french", (1, 1), 32, seed, steps=steps, loss=smoothed_loss, **small)
                show("smoothed", seed=seed, steps=steps, **found)


if __name__ == "__main__":
    main(sys.argv[1])
