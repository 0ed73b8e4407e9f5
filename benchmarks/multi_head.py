"""A multi-head layer, forward and one training step: ours, torch's own, and one with fused projections and SDPA.

The layers take turns, so that a busy machine slows all of them alike. Each round gives one ratio of CPU times; what is
printed is the median of the ratios, and the ratio of the fastest runs.
"""

import statistics
import sys
import time

import torch
import torch.nn.functional as F
from machine import machine
from torch import nn

from attnlib.models.multi_head import MultiHeadAttention

B, N, D_MODEL, H = 8, 128, 256, 8


class Fused(nn.Module):
    """One matrix for queries, keys and values, and torch's fused kernel. It returns no weights."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(D_MODEL, 3 * D_MODEL, bias=False), nn.Linear(D_MODEL, D_MODEL, bias=False)

    def forward(self, x):
        query, key, value = (part.view(B, N, H, D_MODEL // H).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1))
        output = F.scaled_dot_product_attention(query, key, value)
        return self.out(output.transpose(1, 2).reshape(B, N, D_MODEL))


class Torch(nn.MultiheadAttention):
    """torch's layer for self-attention, with the weights of each head or without weights."""

    def __init__(self, need_weights):
        super().__init__(D_MODEL, H, bias=False, batch_first=True)
        self.need_weights = need_weights

    def forward(self, x):
        return super().forward(x, x, x, need_weights=self.need_weights, average_attn_weights=False)[0]


class Ours(MultiHeadAttention):
    """The layer of the book, which returns the weights of each head too."""

    def forward(self, x):
        return super().forward(x)[0]


def forward(layer, x):
    with torch.no_grad():
        layer(x)


def step(layer, x):
    layer.zero_grad()
    layer(x).square().mean().backward()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter -= 0.01 * parameter.grad


def seconds(run, layer, x):
    start = time.process_time()
    run(layer, x)
    return time.process_time() - start


def main(rounds: int) -> None:
    print(machine("torch"))
    print(f"B = {B}, N = {N}, d_model = {D_MODEL}, H = {H}, float32, one thread, CPU time, {rounds} rounds\n")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.backends.mha.set_fastpath_enabled(False)
    x = torch.randn(B, N, D_MODEL)
    torch.empty(7 * 2**20)  # 28 MiB, made and freed: from here on malloc keeps what is freed, as in any larger program
    layers = {
        "fused projections + SDPA": Fused(),
        "ours, with weights": Ours(D_MODEL, H),
        "nn.MultiheadAttention, weights": Torch(True),
        "nn.MultiheadAttention, none": Torch(False),
    }
    print(f"{'':32}{'ms':>8}{'median ratio':>14}{'ratio of fastest':>18}")
    for name, run in (("forward", forward), ("training step", step)):
        for layer in layers.values():
            seconds(run, layer, x)
        times = {key: [] for key in layers}
        for _ in range(rounds):
            for key, layer in layers.items():
                times[key].append(seconds(run, layer, x))
        print(name)
        base = times["fused projections + SDPA"]
        for key, took in times.items():
            ratio = statistics.median(a / b for a, b in zip(took, base))
            print(f"  {key:30}{min(took) * 1e3:8.2f}{ratio:14.2f}{min(took) / min(base):18.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
