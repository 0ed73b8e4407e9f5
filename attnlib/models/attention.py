"""Score functions that are trained, each a thin layer over a formula, and the attention that a decoder calls."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.additive import additive_scores
from attnlib.arrays import check_count, check_positive
from attnlib.attention import attend, softmax
from attnlib.dot_product import dot_product_scores
from attnlib.masking import window_mask
from attnlib.models.seq2seq import Memory
from attnlib.multiplicative import concat_scores, gaussian_window, general_scores, location_scores


def new_matrix(*shape: int) -> nn.Parameter:
    """Draw a matrix whose products have about the variance of what is multiplied."""
    return nn.Parameter(torch.randn(shape) / shape[0] ** 0.5)


class DotProduct(nn.Module):
    """The bare product, or the scaled one with ``scale=None``. No parameters; query and key have the same length."""

    def __init__(self, *, scale: float | None = 1.0):
        super().__init__()
        self.scale = scale

    def forward(self, query: Float[Tensor, "B L d"], key: Float[Tensor, "B S d"]) -> Float[Tensor, "B L S"]:
        """Score each pair."""
        return dot_product_scores(query, key, scale=self.scale)


class General(nn.Module):
    """A matrix between query and key."""

    def __init__(self, d_query: int, d_key: int):
        super().__init__()
        self.W = new_matrix(d_query, d_key)

    def forward(self, query: Float[Tensor, "B L d_q"], key: Float[Tensor, "B S d_k"]) -> Float[Tensor, "B L S"]:
        """Score each pair."""
        return general_scores(query, key, self.W)


class Additive(nn.Module):
    """A hidden layer of `d_hidden` units between query and key."""

    def __init__(self, d_query: int, d_key: int, d_hidden: int):
        super().__init__()
        self.W_q, self.W_k, self.w_v = new_matrix(d_query, d_hidden), new_matrix(d_key, d_hidden), new_matrix(d_hidden)

    def forward(self, query: Float[Tensor, "B L d_q"], key: Float[Tensor, "B S d_k"]) -> Float[Tensor, "B L S"]:
        """Score each pair."""
        return additive_scores(query, key, self.W_q, self.W_k, self.w_v)


class Concat(nn.Module):
    """The same hidden layer with its two matrices in one."""

    def __init__(self, d_query: int, d_key: int, d_hidden: int):
        super().__init__()
        self.W, self.w_v = new_matrix(d_query + d_key, d_hidden), new_matrix(d_hidden)

    def forward(self, query: Float[Tensor, "B L d_q"], key: Float[Tensor, "B S d_k"]) -> Float[Tensor, "B L S"]:
        """Score each pair."""
        return concat_scores(query, key, self.W, self.w_v)


class Location(nn.Module):
    """One column for each position up to `max_length`; the keys are not looked at."""

    def __init__(self, d_query: int, max_length: int):
        super().__init__()
        self.W = new_matrix(d_query, max_length)

    def forward(self, query: Float[Tensor, "B L d_q"], key: Float[Tensor, "B S d_k"]) -> Float[Tensor, "B L S"]:
        """Score each position."""
        length, most = key.shape[-2], self.W.shape[1]
        if length > most:
            raise ValueError(f"key has {length} positions, expected at most max_length = {most}: make the layer wider")
        return location_scores(query, self.W[:, :length])


class Attention(nn.Module):
    """Global attention: score every annotation of a sentence, share out by softmax, read.

    Parameters
    ----------
    scores : module
        Takes query (B, 1, d_q) and key (B, S, d_k), returns scores (B, 1, S).
    """

    def __init__(self, scores: nn.Module):
        super().__init__()
        self.scores = scores

    def forward(
        self, query: Float[Tensor, "B d_q"], memory: Memory, position: int
    ) -> tuple[Float[Tensor, "B d"], Float[Tensor, "B S"]]:
        """Return the context and the weights for one query of each sentence."""
        query = query[:, None]
        mask, normalize = self.window(query, memory, position)
        scores = self.scores(query, memory.annotations)
        context, weights = attend(scores, memory.annotations, mask, normalize=normalize)
        return context[:, 0], weights[:, 0]

    def window(self, query: Float[Tensor, "B 1 d_q"], memory: Memory, position: int):
        """Return which keys may be looked at, and the normalizer. Global attention looks at every token."""
        return memory.mask, softmax


class LocalMonotonic(Attention):
    """local-m: word t of the translation looks at source positions t − `width` to t + `width`.

    References
    ----------
    Luong, Pham & Manning (2015), section 3.2.
    """

    def __init__(self, scores: nn.Module, *, width: int):
        super().__init__(scores)
        check_count("width", width)
        self.width = width

    def window(self, query, memory, position):
        """Allow the positions around that of the word being written."""
        near = window_mask(
            1, memory.mask.shape[-1], left=self.width, right=self.width, offset=position, like=memory.mask
        )
        return memory.mask & near, softmax


class LocalPredictive(Attention):
    r"""local-p: the query predicts where to look, :math:`p = S\,\sigma(v_p^\top \tanh(W_p^\top q))`.

    References
    ----------
    Luong, Pham & Manning (2015), section 3.2. S is the length of the sentence, not of the padded batch.
    """

    def __init__(self, scores: nn.Module, *, d_query: int, width: float):
        super().__init__(scores)
        check_positive("width", width, " of positions")
        self.width, self.W_p, self.v_p = width, new_matrix(d_query, d_query), new_matrix(d_query)

    def centers(self, query: Float[Tensor, "B L d_q"], lengths: Float[Tensor, "B"]) -> Float[Tensor, "B L"]:
        """Predict the centre of each query's window, from 0 to the length of its sentence."""
        return lengths[:, None] * torch.sigmoid(torch.tanh(query @ self.W_p) @ self.v_p)

    def window(self, query, memory, position):
        """Allow the positions around the predicted centre, and prefer the near ones."""
        centers = self.centers(query, memory.lengths.to(query.dtype))
        window = gaussian_window(centers, memory.mask.shape[-1], width=self.width)
        return memory.mask & (window > 0), lambda scores: softmax(scores) * window
