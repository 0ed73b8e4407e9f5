"""The runs that chapter 21 records: its recipe with three seeds in two languages, and what norm and smoothing do.

python benchmarks/transformer.py seeds|norms|smoothing

Each line is one training run, as JSON. `seeds` is the chapter's recipe. The others train a smaller model on sentences
of one clause: 2 + 2 layers of 64 numbers, 32 sentences a step, for 200 steps and for four times as many, and see the
same batches with every seed.
"""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from attnlib.corpora.batches import PAD, Vocabulary, batches
from attnlib.corpora.grammar import sentence_pairs
from attnlib.models.transformer import Transformer
from attnlib.training.evaluation import accuracy, alignment_error
from attnlib.training.train import train, translation_loss

SMALL = {"d_model": 64, "num_heads": 4, "d_ff": 128}


def smoothed_loss(model, batch):
    source, lengths, target, goal = map(torch.from_numpy, batch)
    logits, _ = model(source, lengths, target)
    return F.cross_entropy(logits.flatten(0, 1), goal.flatten(), ignore_index=PAD, label_smoothing=0.1)


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
    **options,
):
    pairs = sentence_pairs(language, 20_000, clauses=clauses)
    words = Vocabulary(p.source for p in pairs), Vocabulary(p.target for p in pairs)
    kinds = sorted(set(clauses))
    tests = [sentence_pairs(language, 200 // len(kinds), part="test", clauses=(n, n), seed=1) for n in kinds]
    unseen = [pair for some in tests for pair in some]
    torch.manual_seed(seed)
    started, model = time.process_time(), Transformer(*map(len, words), **options)
    data = batches(pairs, *words, size=size, seed=order)
    history = train(model, loss, data, steps=steps, learning_rate=learning_rate, warm_up=warm_up, progress=False)
    curve = np.array(history.losses[: steps // 20 * 20]).reshape(20, -1).mean(1)
    found = {"exact": accuracy(model, unseen, *words), "error": alignment_error(model, unseen, *words)}
    found |= {"last loss": curve[-1], "curve": curve.round(3).tolist(), "seconds": time.process_time() - started}
    return {name: round(x, 4) if isinstance(x, float) else x for name, x in found.items()}


def show(name, **result):
    print(json.dumps({"run": name} | result), flush=True)


def main(what):
    small = SMALL | {"learning_rate": 3e-3}
    for seed in range(3):
        if what == "seeds":
            for language, steps in (("french", 800), ("korean", 600)):
                options = {"steps": steps, "learning_rate": 3e-3, "num_heads": 8, "order": seed}
                show(language, seed=seed, **run(language, (1, 2), 64, seed, **options))
        for steps in (200, 800):
            if what == "norms":
                for norm in ("post", "pre"):
                    for warm_up in (0.1, 0.0):
                        name = f"{norm} {'with' if warm_up else 'without'}"
                        found = run("french", (1, 1), 32, seed, steps=steps, norm=norm, warm_up=warm_up, **small)
                        show(name, seed=seed, steps=steps, **found)
            if what == "smoothing":
                found = run("french", (1, 1), 32, seed, steps=steps, loss=smoothed_loss, **small)
                show("smoothed", seed=seed, steps=steps, **found)


if __name__ == "__main__":
    main(sys.argv[1])
