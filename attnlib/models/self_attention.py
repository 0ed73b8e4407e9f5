"""Self-attention with weights that are learned, and a reader of it that says which noun a pronoun stands for."""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.arrays import check_count
from attnlib.corpora.coreference import NOUNS, VOCABULARY, CoreferenceBatch
from attnlib.masking import padding_mask
from attnlib.self_attention import self_attention

LONGEST = 14


class SelfAttention(nn.Module):
    r"""One layer: each token adds to itself what it reads in the sentence.

    .. math:: X' = X + \operatorname{self\_attention}(\operatorname{norm}(X), W_q, W_k, W_v)

    Parameters
    ----------
    width : int
        Numbers in the vector of a token, 1 or more. One head needs no W_o: the product W_v W_o would be one matrix.

    References
    ----------
    Vaswani et al. (2017), section 3.1, with the layer normalisation before the attention and not behind it.
    """

    def __init__(self, width: int):
        super().__init__()
        check_count("width", width, least=1)
        self.norm = nn.LayerNorm(width)
        self.W_q, self.W_k, self.W_v = (nn.Parameter(torch.randn(width, width) / (3 * width) ** 0.5) for _ in "qkv")

    def forward(
        self, x: Float[Tensor, "B L d"], mask: Bool[Tensor, "B 1 L"]
    ) -> tuple[Float[Tensor, "B L d"], Float[Tensor, "B L L"]]:
        """Return new vectors, and the map: weights with queries as rows and keys as columns."""
        output, weights = self_attention(self.norm(x), self.W_q, self.W_k, self.W_v, mask)
        return x + output, weights

    def read(self, x: Float[Tensor, "B L d"], weights: Float[Tensor, "B L L"]) -> Float[Tensor, "B L d"]:
        """Return the new vectors that another map would give, with the same values."""
        return x + weights @ (self.norm(x) @ self.W_v)


class Resolver(nn.Module):
    """Say which noun *it* stands for: words and positions, layers of self-attention, and an answer read off at *it*.

    Parameters
    ----------
    layers : int
        How many layers of self-attention. With none, the answer is read off the mean of all words.
    width : int
        Numbers in the vector of a token.
    """

    def __init__(self, layers: int, *, width: int = 32):
        super().__init__()
        check_count("layers", layers)
        self.embed = nn.Embedding(len(VOCABULARY), width, padding_idx=0)
        self.places = nn.Parameter(torch.randn(LONGEST, width))
        self.layers = nn.ModuleList(SelfAttention(width) for _ in range(layers))
        self.answer = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, len(NOUNS)))

    def forward(
        self, words: Int[Tensor, "B L"], lengths: Int[Tensor, "B"], it: Int[Tensor, "B"], last_row=None
    ) -> tuple[Float[Tensor, "B nouns"], list[Float[Tensor, "B L L"]]]:
        """Return logits over NOUNS and the map of each layer; `last_row` replaces the row of *it* in the last map."""
        mask, rows = padding_mask(lengths, words.shape[1], like=words)[:, 0], torch.arange(len(words))
        x, maps = self.embed(words) + self.places[: words.shape[1]], []
        if not self.layers:
            return self.answer(mask.to(x.dtype) @ x / lengths[:, None, None])[:, 0], maps
        for layer in self.layers:
            before, (x, weights) = x, layer(x, mask)
            maps.append(weights)
        if last_row is not None:
            maps[-1] = weights.index_put((rows, it), last_row)
            x = layer.read(before, maps[-1])
        return self.answer(x[rows, it]), maps


def coreference_loss(model: nn.Module, batch: CoreferenceBatch) -> Tensor:
    """Return the mean cross-entropy of a batch in nats."""
    words, lengths, it, _, _, answer = map(torch.from_numpy, batch)
    return F.cross_entropy(model(words, lengths, it)[0], answer)


def slices(batch: CoreferenceBatch, size: int, *, seed: int = 0) -> Iterator[CoreferenceBatch]:
    """Draw rows of a large batch at random, `size` at a time, without end.

    Raises
    ------
    TypeError, ValueError
        If `size` is not a whole number, 1 or more.
    """
    check_count("size", size, least=1)
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.integers(len(batch.words), size=size)
        yield CoreferenceBatch(*(array[rows] for array in batch))
