"""Additive scores all at once (naive) against a few queries at a time (the library): seconds and peak memory.

Every row is measured in a process of its own. Memory is the peak above what the process held before the call.
"""

import json
import os
import resource
import subprocess
import sys
import time

import numpy as np
from machine import machine

from attnlib.additive import additive_scores

CASES = {
    "numpy": ["naive", "frugal"],
    "torch forward": ["naive", "frugal"],
    "torch forward + backward": ["naive", "frugal", "checkpointed"],
}
SIZES = [(128, 512), (256, 512), (512, 512)]  # L = S, d_a; the largest naive array has 512 MiB in float32


def naive(query, key, W_q, W_k, w_v):
    """Hold the hidden numbers of all pairs at once, an array (L, S, d_a)."""
    pairs = (query @ W_q)[:, None, :] + (key @ W_k)[None, :, :]
    tanh = np.tanh if isinstance(pairs, np.ndarray) else pairs.__class__.tanh
    return tanh(pairs) @ w_v


def checkpointed(query, key, W_q, W_k, w_v, rows=8):
    """Forget the hidden numbers of each chunk, and make them again on the way back."""
    import torch
    from torch.utils.checkpoint import checkpoint

    chunks = [
        checkpoint(additive_scores, part, key, W_q, W_k, w_v, use_reentrant=False) for part in query.split(rows, -2)
    ]
    return torch.cat(chunks, -2)


def measure(library: str, name: str, num_keys: int, d_hidden: int) -> None:
    """Run one case in this process and print its seconds and its peak memory in MiB."""
    rng = np.random.default_rng(10)
    shapes = [(num_keys, 64), (num_keys, 64), (64, d_hidden), (64, d_hidden), (d_hidden,)]
    arrays = [rng.normal(size=shape).astype(np.float32) / shape[-1] ** 0.5 for shape in shapes]
    if library != "numpy":
        import torch

        torch.set_num_threads(1)
        arrays = [torch.tensor(array, requires_grad="backward" in library) for array in arrays]
    run = {"naive": naive, "frugal": additive_scores, "checkpointed": checkpointed}[name]
    small = [arrays[0][:4], arrays[1][:4], *arrays[2:]]  # a first call, so that code is loaded before the clock runs
    for inputs in (small, arrays):
        before, start = peak(), time.perf_counter()
        scores = run(*inputs)
        if "backward" in library:
            scores.sum().backward()
        took = time.perf_counter() - start
    print(json.dumps([took, peak() - before]))


def peak() -> float:
    """Return the most memory that this process has held so far, in MiB."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    print(machine("numpy", "torch"))
    print("one thread, float32\n")
    print(f"{'':38}{'L = S':>6}{'d_a':>6}{'seconds':>9}{'MiB':>7}{'time':>7}{'memory':>8}  of naive")
    for library, names in CASES.items():
        for num_keys, d_hidden in SIZES:
            for name in names:
                command = [sys.executable, __file__, library, name, str(num_keys), str(d_hidden)]
                env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
                done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
                took, held = json.loads(done.stdout)
                first = (took, held) if name == "naive" else first
                ratios = f"{took / first[0]:6.2f}x{held / first[1]:7.3f}x"
                print(f"{library + ', ' + name:38}{num_keys:6}{d_hidden:6}{took:9.3f}{held:7.0f}{ratios}")


if __name__ == "__main__":
    main() if len(sys.argv) == 1 else measure(*sys.argv[1:3], *map(int, sys.argv[3:]))
