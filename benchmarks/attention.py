"""Attention five ways, side by side in one run: seconds against torch's fused kernel, and peak memory.

fused     F.scaled_dot_product_attention as torch chooses it: FlashAttention in C++
math      the same with its plain path, SDPBackend.MATH
textbook  softmax(query @ key.T / √d) @ value, in torch
numpy     attnlib.fast_flash_attention
torch     attnlib.models.flash.flash_attention

Each case is a process of its own, on one thread, in float32, d = 64, 8192 // length heads and at least one. Inside it
the case and the fused kernel take turns, and the smallest CPU time of each counts: neighbours take time from both.
Memory is the peak of one call above what was held before it, as Linux tells it. Causal lengths are equal, where all
corners are one.

python benchmarks/attention.py          prints the table and writes it to benchmarks/attention.csv
python benchmarks/attention.py quick    up to 2048
"""

import csv
import datetime
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from machine import machine

WAYS = ("fused", "math", "textbook", "numpy", "torch")
LENGTHS = (512, 1024, 2048, 4096, 8192, 16384)
WHOLE = {"math", "textbook"}  # hold the whole matrix: up to 8192
CSV = Path(__file__).with_suffix(".csv")


def call(way: str, query, key, value, causal: bool):
    """Attend once, in one of the five ways."""
    import torch
    import torch.nn.functional as F

    if way == "numpy":
        from attnlib import fast_flash_attention

        return fast_flash_attention(*(array.numpy() for array in (query, key, value)), causal=causal)[0]
    if way == "torch":
        from attnlib.models.flash import flash_attention

        return flash_attention(query, key, value, causal=causal)
    if way == "textbook":
        scores = query @ key.mT / query.shape[-1] ** 0.5
        if causal:
            scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -torch.inf)
        return torch.softmax(scores, dim=-1) @ value
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with sdpa_kernel(SDPBackend.MATH if way == "math" else SDPBackend.FLASH_ATTENTION):
        return F.scaled_dot_product_attention(query, key, value, is_causal=causal)


def measure(way: str, length: int, heads: int, causal: bool, backward: bool, repeats: int) -> None:
    """Print the seconds of one case, those of the fused kernel beside it, and its peak memory in MiB."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(24)
    arrays = [torch.randn(1, heads, length, 64).requires_grad_(backward) for _ in range(3)]
    upstream = torch.randn(1, heads, length, 64)

    def run(way, arrays=arrays, upstream=upstream):
        output = call(way, *arrays, causal)
        return torch.autograd.grad(output, arrays, upstream) if backward else output

    small = [array.detach()[:, :1, :513].clone().requires_grad_(backward) for array in arrays]
    run(way, small, upstream[:, :1, :513])  # so that code is loaded before anything is measured
    held = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # from here on the peak is counted anew
    result = run(way)
    memory = status("VmHWM") - held
    del result
    best = {}
    for _ in range(repeats):
        for each in dict.fromkeys(("fused", way)):
            start = time.process_time()
            run(each)
            best[each] = min(best.get(each, float("inf")), time.process_time() - start)
    print(json.dumps([best[way], best["fused"], memory]))


def status(name: str) -> float:
    """Return a line of this process's status, in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def start(*arguments) -> tuple[float, float, float]:
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main(lengths: tuple[int, ...]) -> None:
    named, today = machine("numpy", "torch"), datetime.date.today().isoformat()
    print(f"{named}, {today}\none thread, float32, d = 64\n")
    rows = []
    for passes in ("forward", "forward + backward"):
        for causal in (False, True):
            print(f"{passes}{', causal' * causal}: time as a multiple of the fused kernel's, and peak extra memory")
            print(f"{'length':>8}{'heads':>6}{'fused':>10}" + "".join(f"{way:>20}" for way in WAYS[1:]))
            for length in lengths:
                heads, cells = max(1, 8192 // length), []
                for way in WAYS:
                    if (way == "numpy" and passes != "forward") or (way in WHOLE and length > 8192):
                        cells.append("–")
                        continue
                    repeats = 3 if length > 4096 else 7
                    found = start(way, length, heads, int(causal), int(passes != "forward"), repeats)
                    seconds, fused, memory = found
                    rows.append([passes, causal, length, heads, way, seconds, seconds / fused, memory])
                    time_or_ratio = f"{seconds * 1000:6.1f} ms" if way == "fused" else f"{seconds / fused:5.2f}x"
                    cells.append(f"{time_or_ratio} {memory:5.0f} MiB"[: None if way != "fused" else 9])
                print(f"{length:8}{heads:6}{cells[0]:>10}" + "".join(f"{cell:>20}" for cell in cells[1:]), flush=True)
            print()
    memories = {way: start(way, 8192, 8, 0, 0, 1)[2] for way in WAYS if way != "math"}
    print("8192 tokens, 8 heads, forward, peak extra memory:", end=" ")
    print(", ".join(f"{way} {memory:.1f} MiB" for way, memory in memories.items()))
    rows += [["forward", False, 8192, 8, way, "", "", memory] for way, memory in memories.items()]
    with CSV.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# {named}, {today}, one thread, float32, d = 64\n")
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["passes", "causal", "length", "heads", "way", "seconds", "times_fused", "extra_mib"])
        table.writerows([[f"{cell:.4g}" if isinstance(cell, float) else cell for cell in row] for row in rows])


if __name__ == "__main__":
    if len(sys.argv) < 3:
        main(LENGTHS[:3] if "quick" in sys.argv else LENGTHS)
    else:
        way, *numbers = sys.argv[1:]
        length, heads, causal, backward, repeats = map(int, numbers)
        measure(way, length, heads, bool(causal), bool(backward), repeats)
