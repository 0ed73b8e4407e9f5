"""The parts of which transformers are built: words with positions, feed-forward, sum and norm, two kinds of layer."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.arrays import check_count, check_share, check_word
from attnlib.corpora.vocabulary import PAD
from attnlib.masking import causal_mask
from attnlib.models.multi_head import MultiHeadAttention
from attnlib.positions import sinusoidal_positions

KeyValue = tuple[Float[Tensor, "B H _ d_k"], Float[Tensor, "B H _ d_k"]]
"""Key heads and value heads of a sequence: made once, and read as often as needed."""


class FeedForward(nn.Module):
    r"""Two matrices with a bend between them, the same for each position, which sees no other.

    .. math:: \operatorname{FFN}(x) = \max(0,\, x W_1 + b_1)\, W_2 + b_2

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more.

    References
    ----------
    Vaswani et al. (2017), equation (2).

    Examples
    --------
    >>> layer = FeedForward(4, 16)
    >>> tuple(layer(torch.zeros(2, 3, 4)).shape), sum(p.numel() for p in layer.parameters())
    ((2, 3, 4), 148)
    """

    def __init__(self, d_model: int, d_ff: int):
        super().__init__()
        check_count("d_model", d_model, least=1)
        check_count("d_ff", d_ff, least=1)
        self.W_1, self.W_2 = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)

    def forward(self, x: Float[Tensor, "B L d_model"]) -> Float[Tensor, "B L d_model"]:
        """Return the update of each position, by the equation of the class."""
        return self.W_2(torch.relu(self.W_1(x)))


class AddAndNorm(nn.Module):
    r"""Add what a sublayer found to what it was given, and keep the size of the sum in bounds.

    .. math:: \text{post: } \operatorname{LayerNorm}(x + \operatorname{Sublayer}(x)), \qquad
        \text{pre: } x + \operatorname{Sublayer}(\operatorname{LayerNorm}(x))

    Parameters
    ----------
    d_model : int
    norm : "post" or "pre"
        Whether the norm stands after the sum, as in the paper, or before the sublayer.
    dropout : float
        Share of the update's numbers that are set to 0 in training.

    Raises
    ------
    TypeError, ValueError
        If `d_model` is not a whole number of 1 or more, `norm` is another word, or `dropout` is not from 0 to 1.

    References
    ----------
    Vaswani et al. (2017), sections 3.1 and 5.4, for "post"; Xiong et al. (2020) compare both.

    Examples
    --------
    >>> x, update = torch.tensor([[[3.0, 5.0]]]), torch.tensor([[[1.0, 1.0]]])
    >>> AddAndNorm(2, "pre").after(x, update).tolist()
    [[[4.0, 6.0]]]
    >>> AddAndNorm(2, "post").after(x, update).round().tolist()
    [[[-1.0, 1.0]]]
    """

    def __init__(self, d_model: int, norm: str = "post", dropout: float = 0.0):
        super().__init__()
        check_count("d_model", d_model, least=1)
        check_word("norm", norm, ("post", "pre"))
        check_share("dropout", dropout)
        self.is_pre, self.normalize, self.dropout = norm == "pre", nn.LayerNorm(d_model), nn.Dropout(dropout)

    def before(self, x: Float[Tensor, "B L d_model"]) -> Float[Tensor, "B L d_model"]:
        """Return what the sublayer is given."""
        return self.normalize(x) if self.is_pre else x

    def after(
        self, x: Float[Tensor, "B L d_model"], update: Float[Tensor, "B L d_model"]
    ) -> Float[Tensor, "B L d_model"]:
        """Return what the next sublayer is given: the sum, and its norm if that comes last."""
        total = x + self.dropout(update)
        return total if self.is_pre else self.normalize(total)


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward. With a causal mask it is the layer of a decoder-only transformer.

    References
    ----------
    Vaswani et al. (2017), section 3.1, "Encoder".

    Examples
    --------
    >>> x, weights = EncoderLayer(4, 2, 16)(torch.zeros(1, 3, 4))
    >>> tuple(x.shape), tuple(weights.shape)
    ((1, 3, 4), (1, 2, 3, 3))
    """

    def __init__(self, d_model: int, num_heads: int, d_ff: int, *, norm: str = "post", dropout: float = 0.0):
        super().__init__()
        self.attention, self.feed_forward = MultiHeadAttention(d_model, num_heads), FeedForward(d_model, d_ff)
        self.add_1, self.add_2 = (AddAndNorm(d_model, norm, dropout) for _ in range(2))

    def forward(
        self, x: Float[Tensor, "B L d_model"], mask: Bool[Tensor, "..."] | None = None
    ) -> tuple[Float[Tensor, "B L d_model"], Float[Tensor, "B H L L"]]:
        """Return the new vectors and the weights with which each position read the others."""
        update, weights = self.attention(self.add_1.before(x), mask=mask)
        x = self.add_1.after(x, update)
        return self.add_2.after(x, self.feed_forward(self.add_2.before(x))), weights


class DecoderLayer(nn.Module):
    """Masked self-attention, then cross-attention to the source, then feed-forward.

    References
    ----------
    Vaswani et al. (2017), section 3.1, "Decoder", and section 3.2.3.

    Examples
    --------
    >>> layer = DecoderLayer(4, 2, 16)
    >>> source, past = layer.read_source(torch.zeros(1, 5, 4)), layer.no_past(torch.zeros(1, 5, 4))
    >>> x, past, own, cross = layer(torch.zeros(1, 3, 4), past, source, None)
    >>> tuple(x.shape), tuple(past[0].shape), tuple(own.shape), tuple(cross.shape)
    ((1, 3, 4), (1, 2, 3, 2), (1, 2, 3, 3), (1, 2, 3, 5))
    """

    def __init__(self, d_model: int, num_heads: int, d_ff: int, *, norm: str = "post", dropout: float = 0.0):
        super().__init__()
        self.self_attention, self.cross_attention = (MultiHeadAttention(d_model, num_heads) for _ in range(2))
        self.feed_forward = FeedForward(d_model, d_ff)
        self.add_1, self.add_2, self.add_3 = (AddAndNorm(d_model, norm, dropout) for _ in range(3))

    def read_source(self, annotations: Float[Tensor, "B S d_model"]) -> KeyValue:
        """Return keys and values of the source, which stay the same for every word that is written."""
        return self.cross_attention.keys_and_values(annotations, annotations)

    def no_past(self, annotations: Float[Tensor, "B S d_model"]) -> KeyValue:
        """Return keys and values of nothing, before the first word."""
        return self.self_attention.keys_and_values(annotations[:, :0], annotations[:, :0])

    def forward(
        self,
        x: Float[Tensor, "B L d_model"],
        past: KeyValue,
        source: KeyValue,
        source_mask: Bool[Tensor, "B 1 1 S"] | None,
    ) -> tuple[Float[Tensor, "B L d_model"], KeyValue, Float[Tensor, "B H L P"], Float[Tensor, "B H L S"]]:
        """Read `x`, the words since `past`, all of them or one; return vectors, new past, own and cross weights."""
        query = self.add_1.before(x)
        new = self.self_attention.keys_and_values(query, query)
        past = tuple(torch.cat(old_and_new, -2) for old_and_new in zip(past, new))
        mask = causal_mask(x.shape[1], past[0].shape[-2], like=x)
        update, own = self.self_attention.read(query, *past, mask)
        x = self.add_1.after(x, update)
        update, cross = self.cross_attention.read(self.add_2.before(x), *source, source_mask)
        x = self.add_2.after(x, update)
        return self.add_3.after(x, self.feed_forward(self.add_3.before(x))), past, own, cross


class WordsAndPositions(nn.Module):
    r"""Turn token numbers into vectors that say which word stands there, and where.

    .. math:: x_i = \sqrt{d_\text{model}}\; E_{w_i} + PE_i

    The entries of E are drawn with variance 1/d_model, so that those of the first term have variance 1.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more, or `d_model` is odd.

    References
    ----------
    Vaswani et al. (2017), sections 3.4 and 3.5. The variance stands in the authors' code, tensor2tensor.

    Examples
    --------
    >>> layer = WordsAndPositions(9, 4)
    >>> _ = nn.init.constant_(layer.words.weight, 0.5)
    >>> layer(torch.tensor([[5, 5]])).detach()  # √4 · 0.5, and sines and cosines of 0 and 1
    tensor([[[1.0000, 2.0000, 1.0000, 2.0000],
             [1.8415, 1.5403, 1.0100, 1.9999]]])
    """

    def __init__(self, vocabulary: int, d_model: int):
        super().__init__()
        check_count("vocabulary", vocabulary, least=1)
        check_count("d_model", d_model, least=1)
        self.words, self.scale = nn.Embedding(vocabulary, d_model, padding_idx=PAD), d_model**0.5
        self.words.weight.data /= self.scale  # was drawn with variance 1; padding stays 0
        sinusoidal_positions(0, d_model)  # refuses an odd width

    def forward(self, tokens: Int[Tensor, "B L"], position: int = 0) -> Float[Tensor, "B L d_model"]:
        """Return the vectors of `tokens`, the first of which stands at `position`."""
        words = self.words(tokens) * self.scale
        return words + self.positions(position, position + tokens.shape[1], like=words)

    @staticmethod
    def positions(start: int, stop: int, *, like: Tensor) -> Float[Tensor, "L d_model"]:
        """Return the vectors of the positions from `start` to `stop`, without `stop`, as wide as those of `like`."""
        return sinusoidal_positions(stop, like.shape[-1], like=like)[start:]
