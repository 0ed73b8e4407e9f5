"""Score functions that are trained, each a thin layer over a formula, and the attentions that a decoder calls."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.additive import additive_scores
from attnlib.arrays import check_count, check_positive
from attnlib.attention import attend, softmax
from attnlib.dot_product import dot_product_scores, scaled_dot_product_attention
from attnlib.masking import window_mask
from attnlib.models.seq2seq import Encoded
from attnlib.multiplicative import concat_scores, gaussian_window, general_scores, location_scores


def new_matrix(**axes: int) -> nn.Parameter:
    """Draw a matrix whose products have about the variance of what is multiplied: normal numbers over √(rows).

    Raises
    ------
    TypeError, ValueError
        If a named axis is not a whole number of 1 or more.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> W = new_matrix(d_query=400, d_hidden=300)
    >>> tuple(W.shape), round(W.std().item() * 400**0.5, 2)
    ((400, 300), 1.0)
    """
    for name, length in axes.items():
        check_count(name, length, least=1)
    shape = tuple(axes.values())
    return nn.Parameter(torch.randn(shape) / shape[0] ** 0.5)


def check_module(name: str, module: Any, such_as: str) -> None:
    """Check that a part of a model is a torch module, and was made: ``DotProduct()``, not ``DotProduct``.

    Raises
    ------
    TypeError
        If it is a class, or anything else that is no module.
    """
    if isinstance(module, type):
        raise TypeError(f"{name} is the class {module.__name__}, expected a module made from it, such as {such_as}")
    if not isinstance(module, nn.Module):
        raise TypeError(f"{name} is {module!r}, expected a torch module, such as {such_as}")


class DotProduct(nn.Module):
    """The bare product, or the scaled one with ``scale=None``. No parameters; query and key have the same length.

    Examples
    --------
    >>> query, key = torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[2.0, 0.0], [1.0, 1.0], [0.0, -1.0]]])
    >>> DotProduct()(query, key)
    tensor([[[ 2., 3., -2.]]])
    """

    def __init__(self, *, scale: float | None = 1.0):
        super().__init__()
        self.scale = scale

    def forward(self, query: Float[Tensor, "B L d"], key: Float[Tensor, "B S d"]) -> Float[Tensor, "B L S"]:
        r"""Score each pair, :math:`s_{ij} = \text{scale} \cdot q_i^\top k_j`, as ``dot_product_scores`` does."""
        return dot_product_scores(query, key, scale=self.scale)


class General(nn.Module):
    """A matrix between query and key.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more.

    References
    ----------
    Luong, Pham & Manning (2015), section 3.1, "general".
    """

    def __init__(self, d_query: int, d_key: int):
        super().__init__()
        self.W = new_matrix(d_query=d_query, d_key=d_key)

    def forward(self, query: Float[Tensor, "B L d_q"], key: Float[Tensor, "B S d_k"]) -> Float[Tensor, "B L S"]:
        r"""Score each pair, :math:`s_{ij} = q_i^\top W k_j`; refuses what ``general_scores`` refuses."""
        return general_scores(query, key, self.W)


class Additive(nn.Module):
    """A hidden layer of `d_hidden` units between query and key.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more.

    References
    ----------
    Bahdanau, Cho & Bengio (2015), appendix A.1.2.
    """

    def __init__(self, d_query: int, d_key: int, d_hidden: int):
        super().__init__()
        self.W_q = new_matrix(d_query=d_query, d_hidden=d_hidden)
        self.W_k = new_matrix(d_key=d_key, d_hidden=d_hidden)
        self.w_v = new_matrix(d_hidden=d_hidden)

    def forward(self, query: Float[Tensor, "B L d_q"], key: Float[Tensor, "B S d_k"]) -> Float[Tensor, "B L S"]:
        r"""Score each pair, :math:`s_{ij} = w_v^\top \tanh(W_q^\top q_i + W_k^\top k_j)`: ``additive_scores``."""
        return additive_scores(query, key, self.W_q, self.W_k, self.w_v)


class Concat(nn.Module):
    """The same hidden layer with its two matrices in one.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more.

    References
    ----------
    Luong, Pham & Manning (2015), section 3.1, "concat".
    """

    def __init__(self, d_query: int, d_key: int, d_hidden: int):
        super().__init__()
        check_count("d_query", d_query, least=1)
        check_count("d_key", d_key, least=1)
        self.W, self.w_v = new_matrix(joined=d_query + d_key, d_hidden=d_hidden), new_matrix(d_hidden=d_hidden)

    def forward(self, query: Float[Tensor, "B L d_q"], key: Float[Tensor, "B S d_k"]) -> Float[Tensor, "B L S"]:
        r"""Score each pair, :math:`s_{ij} = w_v^\top \tanh(W^\top [q_i; k_j])`, as ``concat_scores`` does."""
        return concat_scores(query, key, self.W, self.w_v)


class Location(nn.Module):
    """One column for each position up to `max_length`; the keys are not looked at.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more.

    References
    ----------
    Luong, Pham & Manning (2015), section 3.1, equation (8).
    """

    def __init__(self, d_query: int, max_length: int):
        super().__init__()
        self.W = new_matrix(d_query=d_query, max_length=max_length)

    def forward(self, query: Float[Tensor, "B L d_q"], key: Float[Tensor, "B S d_k"]) -> Float[Tensor, "B L S"]:
        r"""Score each position, :math:`s_{ij} = (W^\top q_i)_j`.

        Raises
        ------
        ValueError
            If `key` has more than `max_length` positions.
        """
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

    Raises
    ------
    TypeError
        If `scores` is no module.

    References
    ----------
    Luong, Pham & Manning (2015), section 3.1; ``attend`` does the reading.

    Examples
    --------
    >>> annotations = torch.tensor([[[3.0, 0.0], [0.0, 0.0], [1.0, 1.0]]])
    >>> encoded = Encoded(annotations, torch.tensor([[[True, True, False]]]), annotations[:, 0])
    >>> Attention(DotProduct())(torch.zeros(1, 2), encoded, 0)  # two tokens and padding: half each
    (tensor([[1.5000, 0.0000]]), tensor([[0.5000, 0.5000, 0.0000]]))
    """

    def __init__(self, scores: nn.Module):
        super().__init__()
        check_module("scores", scores, "DotProduct()")
        self.scores = scores

    def forward(
        self, query: Float[Tensor, "B d_q"], encoded: Encoded, position: int
    ) -> tuple[Float[Tensor, "B d"], Float[Tensor, "B S"]]:
        r"""Return the context :math:`c = \sum_j w_j h_j` and the weights for one query of each sentence."""
        query = query[:, None]
        mask, normalize = self.mask_and_normalizer(query, encoded, position)
        scores = self.scores(query, encoded.annotations)
        context, weights = attend(scores, encoded.annotations, mask, normalize=normalize)
        return context[:, 0], weights[:, 0]

    def mask_and_normalizer(self, query: Float[Tensor, "B 1 d_q"], encoded: Encoded, position: int):
        """Return which keys may be looked at, and the normalizer. Global attention looks at every token.

        Examples
        --------
        >>> encoded = Encoded(torch.zeros(1, 2, 3), torch.tensor([[[True, False]]]), torch.zeros(1, 3))
        >>> mask, normalize = Attention(DotProduct()).mask_and_normalizer(torch.zeros(1, 1, 3), encoded, 0)
        >>> mask.tolist(), normalize.__name__
        ([[[True, False]]], 'softmax')
        """
        return encoded.mask, softmax


class LocalMonotonic(Attention):
    """local-m: word t of the translation looks at source positions t − `width` to t + `width`.

    Raises
    ------
    TypeError, ValueError
        If `width` is not a whole number of 0 or more, or `scores` is no module.

    References
    ----------
    Luong, Pham & Manning (2015), section 3.2.
    """

    def __init__(self, scores: nn.Module, *, width: int):
        super().__init__(scores)
        check_count("width", width)
        self.width = width

    def mask_and_normalizer(self, query, encoded, position):
        """Allow the positions around that of the word being written.

        Examples
        --------
        >>> encoded = Encoded(torch.zeros(1, 5, 3), torch.ones(1, 1, 5, dtype=torch.bool), torch.zeros(1, 3))
        >>> mask, _ = LocalMonotonic(DotProduct(), width=1).mask_and_normalizer(torch.zeros(1, 1, 3), encoded, 3)
        >>> mask.int().tolist()
        [[[0, 0, 1, 1, 1]]]
        """
        near = window_mask(
            1, encoded.mask.shape[-1], left=self.width, right=self.width, offset=position, like=encoded.mask
        )
        return encoded.mask & near, softmax


class LocalPredictive(Attention):
    r"""local-p: the query predicts where to look, :math:`p = S\,\sigma(v_p^\top \tanh(W_p^\top q))`.

    Raises
    ------
    TypeError, ValueError
        If `width` is not a positive, finite number, `d_query` not a whole one, or `scores` is no module.

    References
    ----------
    Luong, Pham & Manning (2015), section 3.2. S is the length of the sentence, not of the padded batch.
    """

    def __init__(self, scores: nn.Module, *, d_query: int, width: float):
        super().__init__(scores)
        self.width = check_positive("width", width, " of positions")
        self.W_p, self.v_p = new_matrix(d_query=d_query, d_hidden=d_query), new_matrix(d_hidden=d_query)

    def centers(self, query: Float[Tensor, "B L d_q"], lengths: Float[Tensor, "B"]) -> Float[Tensor, "B L"]:
        """Predict the centre of each query's window, from 0 to the length of its sentence.

        Examples
        --------
        >>> LocalPredictive(DotProduct(), d_query=3, width=2.0).centers(torch.zeros(1, 1, 3), torch.tensor([6.0]))
        tensor([[3.]], grad_fn=<MulBackward0>)
        """
        return lengths[:, None] * torch.sigmoid(torch.tanh(query @ self.W_p) @ self.v_p)

    def mask_and_normalizer(self, query, encoded, position):
        """Allow the positions around the predicted centre, and prefer the near ones.

        References
        ----------
        Luong, Pham & Manning (2015), equations (9) and (10).
        """
        centers = self.centers(query, encoded.lengths.to(query.dtype))
        window = gaussian_window(centers, encoded.mask.shape[-1], width=self.width)
        return encoded.mask & (window > 0), lambda scores: softmax(scores) * window


class QueryKeyValue(nn.Module):
    r"""Attention through three matrices of `hidden` × `hidden`, for a query that comes from anywhere.

    .. math:: c = \operatorname{softmax}\!\left(\frac{(q W_q)(H W_k)^\top}{\sqrt d}\right) H W_v

    Raises
    ------
    TypeError, ValueError
        If `hidden` is not a whole number of 1 or more.

    References
    ----------
    Vaswani et al. (2017), equation (1) and section 3.2.3, with one head.
    """

    def __init__(self, hidden: int):
        super().__init__()
        self.W_q, self.W_k, self.W_v = (new_matrix(hidden=hidden, d_model=hidden) for _ in range(3))

    def forward(
        self, query: Float[Tensor, "B d"], encoded: Encoded, position: int
    ) -> tuple[Float[Tensor, "B d"], Float[Tensor, "B S"]]:
        """Return the context and the weights for one query of each sentence, by the equation of the class.

        References
        ----------
        Vaswani et al. (2017), equation (1).
        """
        query = (query @ self.W_q)[:, None]
        key, value = encoded.annotations @ self.W_k, encoded.annotations @ self.W_v
        context, weights = scaled_dot_product_attention(query, key, value, encoded.mask)
        return context[:, 0], weights[:, 0]


class EncoderOnly(nn.Module):
    r"""Ask with annotation t where word t is written: the decoder's own query is thrown away.

    All steps together are the rows of softmax(H Hᵀ) H, the annotations attending to one another, and step t reads
    row t. A sentence of S tokens has S rows: from step S on, context and weights are zeros.
    `attention` says how annotations are compared.

    Raises
    ------
    TypeError
        If `attention` is no module.

    Examples
    --------
    >>> annotations = torch.tensor([[[9.0, 0.0], [0.0, 9.0]]])
    >>> encoded = Encoded(annotations, torch.tensor([[[True, True]]]), annotations[:, 0])
    >>> attention = EncoderOnly(Attention(DotProduct()))
    >>> [attention(torch.zeros(1, 2), encoded, position)[1].round().tolist() for position in range(3)]
    [[[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]]
    """

    def __init__(self, attention: nn.Module):
        super().__init__()
        check_module("attention", attention, "Attention(DotProduct())")
        self.attention = attention

    def forward(
        self, query: Float[Tensor, "B d"], encoded: Encoded, position: int
    ) -> tuple[Float[Tensor, "B d"], Float[Tensor, "B S"]]:
        r"""Return row `position` of the annotations' attention to one another; `query` is not looked at.

        .. math:: c_t = \operatorname{softmax}(h_t H^\top) H
        """
        annotations, mask = encoded.annotations, encoded.mask[:, 0]
        if position >= mask.shape[1]:
            return torch.zeros_like(query), torch.zeros_like(mask, dtype=query.dtype)
        context, weights = self.attention(annotations[:, position], encoded, position)
        has_row = mask[:, position, None]
        return torch.where(has_row, context, 0), torch.where(has_row, weights, 0)
