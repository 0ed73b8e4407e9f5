"""What a call costs beside its arithmetic: four tokens of four numbers, ours against the same four lines unchecked."""

import math
import timeit

import numpy as np
import torch
from machine import machine

from attnlib import attend, dot_product_scores, scaled_dot_product_attention, softmax


def plain(query, key, value):
    scores = query @ key.T / math.sqrt(query.shape[-1])
    exponentials = np.exp(scores - scores.max(-1, keepdims=True))
    weights = exponentials / exponentials.sum(-1, keepdims=True)
    return weights @ value, weights


def plain_torch(query, key, value):
    weights = torch.softmax(query @ key.T / math.sqrt(query.shape[-1]), -1)
    return weights @ value, weights


def microseconds(function, *arguments) -> float:
    return min(timeit.repeat(lambda: function(*arguments), number=2000, repeat=7)) / 2000 * 1e6


def main() -> None:
    print(machine("numpy", "torch"), "\n")
    torch.set_num_threads(1)
    arrays = list(np.random.default_rng(0).normal(size=(3, 4, 4)))
    tensors, scores = [torch.tensor(array) for array in arrays], arrays[0] @ arrays[1].T
    for name, function, arguments in (
        ("numpy, four plain lines", plain, arrays),
        ("numpy, scaled_dot_product_attention", scaled_dot_product_attention, arrays),
        ("numpy, dot_product_scores", dot_product_scores, arrays[:2]),
        ("numpy, softmax", softmax, [scores]),
        ("numpy, attend", attend, [scores, arrays[2]]),
        ("torch, two plain lines", plain_torch, tensors),
        ("torch, scaled_dot_product_attention", scaled_dot_product_attention, tensors),
    ):
        print(f"{name:38}{microseconds(function, *arguments):8.1f} µs")


if __name__ == "__main__":
    main()
