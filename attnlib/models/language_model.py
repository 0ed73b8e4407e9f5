"""A language model: the transformer's encoder under a causal mask, which predicts each next token of one text."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from attnlib.arrays import check_count
from attnlib.masking import causal_mask
from attnlib.models.seq2seq import check_token_numbers
from attnlib.models.transformer import TransformerEncoder


class DecoderOnly(nn.Module):
    r"""One stack of self-attention and feed-forward in which each token sees itself and what stands before it.

    .. math:: p(x_{t+1}) = \operatorname{softmax}(W\, \operatorname{Encoder}(x_1 \dots x_t))

    It is called *decoder-only* because it is the decoder of Vaswani et al. (2017) without the cross-attention. That is
    their encoder layer with a causal mask.

    Parameters
    ----------
    vocabulary : int
        How many tokens there are.
    d_model, num_heads, d_ff, num_layers, norm, dropout
        As in ``Transformer``; but the norm stands before each sublayer unless another is asked for.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more, `d_model` is odd, `num_heads` does not divide it, `norm` is
        another word, or `dropout` is not from 0 to 1.

    References
    ----------
    Liu et al. (2018), section 4.2.3, dropped the encoder; Radford et al. (2019) moved the norm in GPT-2.

    Examples
    --------
    >>> model = DecoderOnly(84, d_model=8, num_heads=2, d_ff=16, num_layers=1)
    >>> tuple(model(torch.tensor([[5, 3, 8]])).shape)
    (1, 3, 84)
    """

    def __init__(
        self,
        vocabulary: int,
        *,
        d_model: int = 128,
        num_heads: int = 4,
        d_ff: int = 512,
        num_layers: int = 2,
        norm: str = "pre",
        dropout: float = 0.0,
    ):
        super().__init__()
        self.stack = TransformerEncoder(vocabulary, num_layers, d_model, num_heads, d_ff, norm=norm, dropout=dropout)
        self.readout = nn.Linear(d_model, vocabulary)

    def forward(self, tokens: Int[Tensor, "B L"]) -> Float[Tensor, "B L V"]:
        """Return the logits of the token after each.

        Raises
        ------
        TypeError, ValueError
            If `tokens` does not hold numbers of the vocabulary.
        """
        check_token_numbers("tokens", tokens, self.readout.out_features)
        mask = causal_mask(tokens.shape[1], like=self.readout.weight)
        return self.readout(self.stack(tokens, mask)[0])

    @torch.no_grad()
    def write(
        self, tokens: Int[Tensor, "L"], count: int, *, window: int, generator: torch.Generator
    ) -> Int[Tensor, "M"]:
        """Return `tokens` and `count` more, each drawn with the model's probabilities after the last `window` tokens.

        Raises
        ------
        TypeError, ValueError
            If `tokens` is empty or no row of token numbers, or `count` or `window` is not a whole number of 1 or more.

        Examples
        --------
        >>> model, start = DecoderOnly(84, d_model=8, num_heads=2, d_ff=16), torch.tensor([5, 3, 8])
        >>> model.write(start, 4, window=3, generator=torch.Generator().manual_seed(0)).shape
        torch.Size([7])
        """
        check_token_numbers("tokens", tokens, self.readout.out_features, "tokens")
        check_count("count", count, least=1)
        check_count("window", window, least=1)
        for _ in range(count):
            shares = self(tokens[None, -window:])[0, -1].softmax(-1)
            tokens = torch.cat([tokens, torch.multinomial(shares, 1, generator=generator)])
        return tokens


def next_token_loss(model: DecoderOnly, tokens: Int[Tensor, "B L"]) -> Float[Tensor, ""]:
    """Return the mean cross-entropy, in nats a token, of each token but the first, given those before it.

    Raises
    ------
    TypeError, ValueError
        If `tokens` does not hold numbers of the vocabulary, or rows of one token.

    Examples
    --------
    A new model guesses among all tokens:

    >>> _ = torch.manual_seed(0)
    >>> tokens = torch.arange(500).view(20, 25)
    >>> abs(next_token_loss(DecoderOnly(500), tokens).item() - 6.2) < 0.5  # ln 500 = 6.2
    True
    """
    check_token_numbers("tokens", tokens, None)
    if tokens.shape[1] < 2:
        raise ValueError(f"tokens has shape {tuple(tokens.shape)}: expected at least two tokens in each row")
    logits = model(tokens[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
