"""Wirings of a decoder with attention: ask before the state is updated, after it, or never; five of them by name."""

import torch
from torch import Tensor, nn

from attnlib.arrays import check_count, check_word
from attnlib.attention import attend
from attnlib.models.attention import Attention, DotProduct, EncoderOnly, Location, QueryKeyValue, check_module
from attnlib.models.seq2seq import Encoded, EncoderDecoder

WIRINGS = ("encoder–decoder dot", "encoder–decoder QKV", "encoder-only dot", "encoder-only QKV", "tutorial")
"""What ``wire`` builds, after the figure in the English Wikipedia's article on attention in machine learning."""


class BahdanauDecoder(EncoderDecoder):
    r"""Ask with the state before the update: the context is an input of the recurrent step.

    .. math:: c_t = \operatorname{attend}(s_{t-1}), \qquad s_t = \operatorname{GRU}([y_{t-1}; c_t],\, s_{t-1}), \qquad
        p(y_t) = \operatorname{softmax}(W \tanh(U [s_t; c_t; y_{t-1}]))

    Parameters
    ----------
    source_vocabulary, target_vocabulary : int
    attention : module
        An Attention, or any module called alike; its scores take queries and keys of `hidden` numbers.
    **sizes
        As for EncoderDecoder.

    Raises
    ------
    TypeError, ValueError
        If `attention` is no module, or a size is none that EncoderDecoder takes.

    References
    ----------
    Bahdanau, Cho & Bengio (2015), section 3.1. A tanh layer stands for their maxout, which in appendix A.2.2 is given
    :math:`s_{t-1}` in place of :math:`s_t`.
    """

    def __init__(self, source_vocabulary: int, target_vocabulary: int, attention: nn.Module, **sizes):
        super().__init__(source_vocabulary, target_vocabulary, **sizes)
        check_module("attention", attention, "Attention(DotProduct())")
        width, hidden = self.embed.embedding_dim, self.encoder.summarize.out_features
        self.attention = attention
        self.cell = nn.GRUCell(width + hidden, hidden)
        self.mix = nn.Linear(2 * hidden + width, hidden)
        self.readout = nn.Linear(hidden, target_vocabulary)

    def step(self, token, state, encoded, position):
        """Look with the old state, then write.

        References
        ----------
        Bahdanau, Cho & Bengio (2015), equations (4) to (6).
        """
        word = self.embed(token)
        (hidden,) = state
        context, weights = self.attention(hidden, encoded, position)
        hidden = self.cell(torch.cat([word, context], -1), hidden)
        mixed = torch.tanh(self.mix(torch.cat([hidden, context, word], -1)))
        return self.readout(mixed), (hidden,), weights


class LuongDecoder(EncoderDecoder):
    r"""Ask with the state after the update: context and state are mixed into h̃, which predicts the word.

    .. math:: s_t = \operatorname{GRU}(y_{t-1},\, s_{t-1}), \qquad c_t = \operatorname{attend}(s_t), \qquad
        \tilde h_t = \tanh(W_c [c_t; s_t]), \qquad p(y_t) = \operatorname{softmax}(W \tilde h_t)

    With `input_feeding` the step is :math:`s_t = \operatorname{GRU}([y_{t-1}; \tilde h_{t-1}], s_{t-1})`: without it
    the decoder never learns where it has looked.

    Raises
    ------
    TypeError, ValueError
        If `attention` is no module, or a size is none that EncoderDecoder takes.

    References
    ----------
    Luong, Pham & Manning (2015), equations (5) and (6) and section 3.3, with a GRU for their stacked LSTM.
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        attention: nn.Module,
        *,
        input_feeding: bool = False,
        **sizes,
    ):
        super().__init__(source_vocabulary, target_vocabulary, **sizes)
        check_module("attention", attention, "Attention(DotProduct())")
        width, hidden = self.embed.embedding_dim, self.encoder.summarize.out_features
        if not isinstance(input_feeding, bool):
            raise TypeError(f"input_feeding is {input_feeding!r}, expected True or False")
        self.attention, self.input_feeding = attention, input_feeding
        self.cell = nn.GRUCell(width + hidden * input_feeding, hidden)
        self.mix = nn.Linear(2 * hidden, hidden)
        self.readout = nn.Linear(hidden, target_vocabulary)

    def start(self, encoded: Encoded) -> tuple[Tensor, ...]:
        """Begin with the summary, and with an h̃ of zeros.

        Examples
        --------
        >>> model = LuongDecoder(9, 7, Attention(DotProduct()), hidden=4)
        >>> _, mixed = model.start(model.encode(torch.tensor([[5, 3]]), torch.tensor([2])))
        >>> mixed
        tensor([[0., 0., 0., 0.]])
        """
        return encoded.summary, torch.zeros_like(encoded.summary)

    def step(self, token, state, encoded, position):
        """Write, then look with the new state.

        References
        ----------
        Luong, Pham & Manning (2015), equations (5) and (6).
        """
        hidden, mixed = state
        word = self.embed(token)
        hidden = self.cell(torch.cat([word, mixed], -1) if self.input_feeding else word, hidden)
        context, weights = self.attention(hidden, encoded, position)
        mixed = torch.tanh(self.mix(torch.cat([context, hidden], -1)))
        return self.readout(mixed), (hidden, mixed), weights


class Tutorial(EncoderDecoder):
    r"""The wiring of a tutorial: one linear layer turns the last word and the state into a weight for each position.

    .. math:: w_t = \operatorname{softmax}(W^\top [y_{t-1}; s_{t-1}]), \qquad c_t = \textstyle\sum_j w_{tj} h_j, \qquad
        s_t = \operatorname{GRU}(\operatorname{ReLU}(U [y_{t-1}; c_t]),\, s_{t-1})

    The annotations are read, but never compared with anything. No sentence may have more than `max_length` tokens.

    Raises
    ------
    TypeError, ValueError
        If `max_length` is not a whole number of 1 or more, or a size is none that EncoderDecoder takes.

    References
    ----------
    "Translation with a sequence to sequence network and attention", pytorch.org, 2017 to 2023, class AttnDecoderRNN.
    We leave out its dropout and the bias of its layer, and mask padding, which it does not.
    """

    def __init__(self, source_vocabulary: int, target_vocabulary: int, *, max_length: int, **sizes):
        check_count("max_length", max_length, least=1)
        super().__init__(source_vocabulary, target_vocabulary, **sizes)
        width, hidden = self.embed.embedding_dim, self.encoder.summarize.out_features
        self.locate = Location(width + hidden, max_length)
        self.mix = nn.Linear(width + hidden, width)
        self.cell = nn.GRUCell(width, hidden)
        self.readout = nn.Linear(hidden, target_vocabulary)

    def step(self, token, state, encoded, position):
        """Choose positions, read what stands there, then write, by the equations of the class.

        Raises
        ------
        ValueError
            If the source has more than `max_length` tokens.

        References
        ----------
        The tutorial of the class, ``AttnDecoderRNN.forward``.
        """
        word = self.embed(token)
        (hidden,) = state
        scores = self.locate(torch.cat([word, hidden], -1)[:, None], encoded.annotations)
        context, weights = attend(scores, encoded.annotations, encoded.mask)
        mixed = torch.relu(self.mix(torch.cat([word, context[:, 0]], -1)))
        hidden = self.cell(mixed, hidden)
        return self.readout(hidden), (hidden,), weights[:, 0]


def wire(
    name: str, source_vocabulary: int, target_vocabulary: int, *, hidden: int = 128, max_length: int = 60, **sizes
) -> EncoderDecoder:
    """Build one of the five WIRINGS by its name. Only the tutorial's needs `max_length`, the longest source.

    Raises
    ------
    TypeError, ValueError
        If the name is none of WIRINGS, or a size is not a whole number of 1 or more.

    Examples
    --------
    >>> model = wire("encoder-only dot", 9, 7, hidden=4)
    >>> type(model).__name__, type(model.attention).__name__
    ('LuongDecoder', 'EncoderOnly')
    """
    check_word("name", name, WIRINGS)
    vocabularies, sizes = (source_vocabulary, target_vocabulary), {"hidden": hidden, **sizes}
    if name == "tutorial":
        return Tutorial(*vocabularies, max_length=max_length, **sizes)
    attention = QueryKeyValue(hidden) if name.endswith("QKV") else Attention(DotProduct())
    return LuongDecoder(*vocabularies, EncoderOnly(attention) if "only" in name else attention, **sizes)
