"""Every translator of the book in one list, small, for one contract; and what tests of translators share.

A new translator adds one line to TRANSLATORS: how it is built, how many parameters it has, counted by hand, and, where
its weights do not always sum to 1, between which two numbers their sum lies for word t of a sentence.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from attnlib.corpora.batches import PAD
from attnlib.models.attention import (
    Additive,
    Attention,
    Concat,
    DotProduct,
    General,
    LocalMonotonic,
    LocalPredictive,
    Location,
)
from attnlib.models.decoders import WIRINGS, BahdanauDecoder, LuongDecoder, wire
from attnlib.models.seq2seq import Encoded, EncoderDecoder, FixedVector
from attnlib.models.transformer import Transformer

B, S, T, EMBEDDING, HIDDEN, D_A, SOURCE, TARGET, D_FF = 3, 11, 13, 5, 26, 23, 17, 19, 31
SIZES = {"embedding": EMBEDDING, "hidden": HIDDEN}
LENGTHS = torch.tensor([4, 11, 1])


class Pair(NamedTuple):
    source: tuple
    target: tuple


class Translator(NamedTuple):
    build: Callable[[], EncoderDecoder]
    parameters: int
    sums: Callable[[int, int], tuple[float, float]] | None = lambda t, length: (1, 1)


def gru_size(width, hidden):
    """Three gates, each with two matrices and two biases."""
    return 3 * hidden * (width + hidden + 2)


def linear_size(width, hidden):
    return (width + 1) * hidden


def transformer_size(d_model, d_ff, num_layers, *, last_norms=0):
    """Twelve square matrices and two feed-forwards a pair of layers, five norms; word vectors and a readout."""
    forward, norm = linear_size(d_model, d_ff) + linear_size(d_ff, d_model), 2 * d_model
    layers = num_layers * (12 * d_model**2 + 2 * forward + 5 * norm) + last_norms * norm
    return (SOURCE + TARGET) * d_model + layers + linear_size(d_model, TARGET)


E, H = EMBEDDING, HIDDEN
WORDS = (SOURCE + TARGET) * E
TWO_WAY = WORDS + 2 * gru_size(E, H // 2) + linear_size(H, H)
ONE_WAY = WORDS + gru_size(E, H) + linear_size(H, H)
FIXED = gru_size(E + H, H) + linear_size(2 * H + E, TARGET)
BAHDANAU = gru_size(E + H, H) + linear_size(2 * H + E, H) + linear_size(H, TARGET)
LUONG = gru_size(E, H) + linear_size(2 * H, H) + linear_size(H, TARGET)
FEEDING = LUONG + 3 * H * H
TUTORIAL = (E + H) * S + linear_size(E + H, E) + gru_size(E, H) + linear_size(H, TARGET)

SCORES = {
    "dot": (DotProduct, 0),
    "scaled": (lambda: DotProduct(scale=None), 0),
    "general": (lambda: General(H, H), H * H),
    "additive": (lambda: Additive(H, H, D_A), (2 * H + 1) * D_A),
    "concat": (lambda: Concat(H, H, D_A), (2 * H + 1) * D_A),
    "location": (lambda: Location(H, T), H * T),
}
WINDOWS = {
    "global": (Attention, 0),
    "local-m": (functools.partial(LocalMonotonic, width=2), 0),
    "local-p": (functools.partial(LocalPredictive, d_query=H, width=3.0), H * H + H),
}
DECODERS = {
    "bahdanau": (BahdanauDecoder, BAHDANAU),
    "luong": (LuongDecoder, LUONG),
    "feeding": (functools.partial(LuongDecoder, input_feeding=True), FEEDING),
}
SUMS = {
    "global": lambda t, length: (1, 1),
    "local-m": lambda t, length: (1, 1) if t - 2 < length else (0, 0),
    "local-p": lambda t, length: (1e-6, 1),
    "only": lambda t, length: (1, 1) if t < length else (0, 0),
}


def attending(name):
    """Return the translator of a name such as "luong local-m dot"."""
    decoder, window, score = name.split()
    (decode, size), (attend, more), (compare, most) = DECODERS[decoder], WINDOWS[window], SCORES[score]

    def build():
        return decode(SOURCE, TARGET, attend(compare()), **SIZES)

    return Translator(build, TWO_WAY + size + more + most, SUMS[window])


def wired(name):
    """Return one of the five wirings."""
    size = TUTORIAL if name == "tutorial" else LUONG + 3 * H * H * name.endswith("QKV")
    build = functools.partial(wire, name, SOURCE, TARGET, max_length=S, **SIZES)
    return Translator(build, TWO_WAY + size, SUMS["only" if "only" in name else "global"])


def transformer(norm, **options):
    """Return what builds a transformer of two layers and two heads."""
    sizes = {"d_model": HIDDEN, "num_heads": 2, "d_ff": D_FF, "num_layers": 2}
    return functools.partial(Transformer, SOURCE, TARGET, **sizes, norm=norm, **options)


ATTENDING = (  # each score once, and each window in each decoder, for the position and the query come from there
    *("bahdanau global additive", "bahdanau local-m location", "bahdanau local-p additive"),
    *("luong global general", "luong global location", "luong local-m dot", "luong local-p dot"),
    *("feeding global concat", "feeding global scaled", "feeding local-m dot", "feeding local-p general"),
)
TRANSLATORS = {
    "fixed two-way": Translator(lambda: FixedVector(SOURCE, TARGET, **SIZES), TWO_WAY + FIXED, None),
    "fixed one-way": Translator(
        lambda: FixedVector(SOURCE, TARGET, **SIZES, bidirectional=False), ONE_WAY + FIXED, None
    ),
    "bahdanau one-way": Translator(
        lambda: BahdanauDecoder(SOURCE, TARGET, Attention(DotProduct()), **SIZES, bidirectional=False),
        ONE_WAY + BAHDANAU,
    ),
    **{name: attending(name) for name in ATTENDING},
    **{name: wired(name) for name in WIRINGS},
    "transformer": Translator(transformer("post"), transformer_size(H, D_FF, 2)),
    "transformer pre-norm": Translator(transformer("pre"), transformer_size(H, D_FF, 2, last_norms=2)),
}


def make(name, seed=2015):
    """Build a translator of the list, or any other that can be named alike, in float64."""
    torch.manual_seed(seed)
    return (TRANSLATORS.get(name) or attending(name)).build().double().eval()


def sentences(lengths=LENGTHS, seed=1, vocabulary=SOURCE):
    """Return the numbers of random words, filled with PAD behind each sentence's end."""
    lengths = torch.as_tensor(lengths)
    shape = (len(lengths), int(lengths.max()))
    source = torch.randint(3, vocabulary, shape, generator=torch.Generator().manual_seed(seed))
    return torch.where(torch.arange(shape[1]) < lengths[:, None], source, PAD)


def batch(seed=1):
    """Return source, lengths and target."""
    target = torch.randint(1, TARGET, (B, T), generator=torch.Generator().manual_seed(seed + 50))
    return sentences(seed=seed), LENGTHS, target


def encoded(annotations, lengths=None):
    """Return annotations as an encoder leaves them behind."""
    annotations = torch.as_tensor(annotations, dtype=torch.float64)
    lengths = torch.tensor(lengths or [annotations.shape[1]] * len(annotations))
    mask = torch.arange(annotations.shape[1]) < lengths[:, None]
    return Encoded(annotations, mask[:, None], annotations[:, 0])


def numbers(module):
    """Return a module's parameters as NumPy arrays by name."""
    return {name: p.detach().numpy() for name, p in module.named_parameters()}


def gru(p, x, h, suffix=""):
    """Update one state with the formulas of the gated unit, a gate at a time; `p` are its parameters by name."""
    size = len(h)
    from_x, from_h = (p[f"weight_{way}{suffix}"] @ v + p[f"bias_{way}{suffix}"] for way, v in (("ih", x), ("hh", h)))
    reset, update = (1 / (1 + np.exp(-(from_x + from_h)[i : i + size])) for i in (0, size))
    candidate = np.tanh(from_x[2 * size :] + reset * from_h[2 * size :])
    return (1 - update) * candidate + update * h
