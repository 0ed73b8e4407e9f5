"""The transformer: an encoder of self-attention, and a decoder that reads what the encoder leaves behind."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.arrays import check_count, check_share
from attnlib.masking import padding_mask
from attnlib.models.blocks import DecoderLayer, EncoderLayer, WordsAndPositions
from attnlib.models.seq2seq import Encoded, EncoderDecoder, check_lengths, check_token_numbers


class Maps(NamedTuple):
    """The weights of all N layers and H heads: who looks where among S source tokens and T of the target.

    Examples
    --------
    >>> model = Transformer(9, 7, d_model=4, num_heads=2, d_ff=8, num_layers=3)
    >>> maps = model.maps(torch.tensor([[5, 3]]), torch.tensor([2]), torch.tensor([[1, 4, 3, 5]]))
    >>> [tuple(part.shape) for part in maps]
    [(1, 3, 2, 2, 2), (1, 3, 2, 4, 4), (1, 3, 2, 4, 2)]
    """

    encoder: Float[Tensor, "B N H S S"]
    """Source tokens among themselves."""
    decoder: Float[Tensor, "B N H T T"]
    """Target tokens among themselves, each seeing itself and what is before it."""
    cross: Float[Tensor, "B N H T S"]
    """Target tokens to source tokens."""


class TransformerEncoder(nn.Module):
    """Words with positions, then N layers of self-attention and feed-forward.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more, `d_model` is odd, or `num_heads` does not divide it.

    References
    ----------
    Vaswani et al. (2017), section 3.1, "Encoder".
    """

    def __init__(self, vocabulary: int, num_layers: int, *sizes: int, norm: str = "post", dropout: float = 0.0):
        super().__init__()
        check_count("num_layers", num_layers, least=1)
        check_share("dropout", dropout)
        self.embed, self.dropout = WordsAndPositions(vocabulary, sizes[0]), nn.Dropout(dropout)
        self.layers = nn.ModuleList(EncoderLayer(*sizes, norm=norm, dropout=dropout) for _ in range(num_layers))
        self.finish = last_norm(norm, sizes[0])

    def forward(
        self, source: Int[Tensor, "B S"], mask: Bool[Tensor, "..."] | None
    ) -> tuple[Float[Tensor, "B S d_model"], Float[Tensor, "B N H S S"]]:
        """Return one vector for each token, and the weights of each layer. With a causal mask nobody looks ahead."""
        x, maps = self.dropout(self.embed(source)), []
        for layer in self.layers:
            x, weights = layer(x, mask)
            maps.append(weights)
        return self.finish(x), torch.stack(maps, 1)


class Transformer(EncoderDecoder):
    r"""The encoder–decoder of "Attention is all you need".

    .. math:: H = \operatorname{Encoder}(x_1 \dots x_S), \qquad
        p(y_t) = \operatorname{softmax}(W\, \operatorname{Decoder}(y_0 \dots y_{t-1};\, H))

    The decoder's state is a cache: for each layer the keys and values of the words so far, and those of the source.
    Training passes a whole target through ``decode`` at once, and ``step`` passes one word through the same function.
    The weights that it returns as a translator are those of the last cross-attention, the mean over heads.

    Parameters
    ----------
    source_vocabulary, target_vocabulary : int
        How many tokens each language has, the special ones included.
    d_model, num_heads, d_ff, num_layers : int
        Width, heads, width of the feed-forward's hidden layer, and layers in encoder and decoder each.
    norm : "post" or "pre"
        LayerNorm after each sum, as in the paper, or before each sublayer and once at the end.
    dropout : float
        As in the paper: on every update before it is added, and on the sums of words and positions.
    tied : bool
        Whether the output matrix is the matrix of the target's words, as in the paper, where source and target share
        one vocabulary and the source's words are tied too. Otherwise it is a matrix with a bias of its own.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more, `d_model` is odd, `num_heads` does not divide it, `norm` is
        another word, or `dropout` is not from 0 to 1.

    References
    ----------
    Vaswani et al. (2017), section 3.
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        *,
        d_model: int = 128,
        num_heads: int = 4,
        d_ff: int = 256,
        num_layers: int = 2,
        norm: str = "post",
        dropout: float = 0.0,
        tied: bool = False,
    ):
        nn.Module.__init__(self)  # the parts of EncoderDecoder are recurrent: only its methods are wanted
        sizes, options = (d_model, num_heads, d_ff), {"norm": norm, "dropout": dropout}
        self.encoder = TransformerEncoder(source_vocabulary, num_layers, *sizes, **options)
        self.embed, self.dropout = WordsAndPositions(target_vocabulary, d_model), nn.Dropout(dropout)
        self.layers = nn.ModuleList(DecoderLayer(*sizes, **options) for _ in range(num_layers))
        self.finish = last_norm(norm, d_model)
        self.readout = nn.Linear(d_model, target_vocabulary, bias=not tied)
        if tied:
            self.readout.weight = self.embed.words.weight

    def encode(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, "B"]) -> Encoded:
        """Read the source sentences. The summary has no numbers: no vector stands for a whole sentence.

        Examples
        --------
        >>> encoded = Transformer(9, 7, d_model=4).encode(torch.tensor([[5, 3, 0]]), torch.tensor([2]))
        >>> tuple(encoded.annotations.shape), tuple(encoded.summary.shape), encoded.lengths
        ((1, 3, 4), (1, 0), tensor([2]))
        """
        return self._encode(source, lengths)[0]

    def _encode(self, source, lengths):
        check_token_numbers("source", source, self.encoder.embed.words.num_embeddings)
        check_lengths(lengths, source)
        mask = padding_mask(lengths, source.shape[1], like=source)
        annotations, maps = self.encoder(source, mask)
        return Encoded(annotations, mask[:, 0], annotations.new_empty(len(source), 0)), maps

    def start(self, encoded: Encoded) -> tuple[Tensor, ...]:
        """Return the cache before the first word: in each layer no past, and the keys and values of the source.

        Examples
        --------
        >>> model = Transformer(9, 7, d_model=4, num_heads=2, num_layers=1)
        >>> [tuple(part.shape) for part in model.start(model.encode(torch.tensor([[5, 3, 8]]), torch.tensor([3])))]
        [(1, 2, 0, 2), (1, 2, 0, 2), (1, 2, 3, 2), (1, 2, 3, 2)]
        """
        found = encoded.annotations
        return tuple(
            part for layer in self.layers for pair in (layer.no_past, layer.read_source) for part in pair(found)
        )

    def decode(
        self, tokens: Int[Tensor, "B L"], state: tuple[Tensor, ...], encoded: Encoded, position: int
    ) -> tuple[Float[Tensor, "B L V"], tuple[Tensor, ...], list[tuple[Tensor, Tensor]]]:
        """Read `tokens`, the first of which stands at `position`: one word, or a whole target at once.

        Returns the logits after each of them, the longer cache, and own and cross weights of each layer.
        """
        x, new_state, maps = self.dropout(self.embed(tokens, position)), [], []
        for n, layer in enumerate(self.layers):
            past, source = state[4 * n : 4 * n + 2], state[4 * n + 2 : 4 * n + 4]
            x, past, own, cross = layer(x, past, source, encoded.mask[:, None])
            new_state += [*past, *source]
            maps.append((own, cross))
        return self.readout(self.finish(x)), tuple(new_state), maps

    def step(self, token, state, encoded, position):
        """Take the last word and the cache; return the next word's logits, the longer cache and the weights."""
        logits, state, maps = self.decode(token[:, None], state, encoded, position)
        return logits[:, 0], state, maps[-1][1].mean(1)[:, 0]

    def forward(self, source, lengths, target):
        """Predict each next word of `target` from the words before it, all at once; return logits and weights.

        Raises
        ------
        TypeError, ValueError
            If `source` or `target` does not hold numbers of its vocabulary, or a length is not from 1 to S.
        """
        logits, _, maps = self._teach(source, lengths, target)
        return logits, maps[-1][1].mean(1)

    @torch.no_grad()
    def maps(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, "B"], target: Int[Tensor, "B T"]) -> Maps:
        """Return where every head of every layer looks while the decoder is made to write `target`."""
        _, encoder, found = self._teach(source, lengths, target)
        return Maps(encoder, *(torch.stack(layers, 1) for layers in zip(*found)))

    def _teach(self, source, lengths, target):
        encoded, maps = self._encode(source, lengths)
        check_token_numbers("target", target, self.embed.words.num_embeddings)
        if len(target) != len(source):
            raise ValueError(f"source has {len(source)} sentences, target {len(target)}: expected as many")
        logits, _, found = self.decode(target, self.start(encoded), encoded, 0)
        return logits, maps, found


def last_norm(norm: str, d_model: int) -> nn.Module:
    """Return the norm after the last layer: with "pre" the sums have none yet, with "post" they have.

    Examples
    --------
    >>> [type(last_norm(norm, 4)).__name__ for norm in ("post", "pre")]
    ['Identity', 'LayerNorm']
    """
    return nn.LayerNorm(d_model) if norm == "pre" else nn.Identity()
