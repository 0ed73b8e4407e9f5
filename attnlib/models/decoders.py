"""Two wirings of a decoder with attention: ask before the state is updated, or after."""

import torch
from torch import Tensor, nn

from attnlib.models.seq2seq import EncoderDecoder, Memory


class PreviousState(EncoderDecoder):
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

    References
    ----------
    Bahdanau, Cho & Bengio (2015), section 3.1. A tanh layer stands for their maxout, which in appendix A.2.2 is given
    :math:`s_{t-1}` in place of :math:`s_t`.
    """

    def __init__(self, source_vocabulary: int, target_vocabulary: int, attention: nn.Module, **sizes):
        super().__init__(source_vocabulary, target_vocabulary, **sizes)
        width, hidden = self.embed.embedding_dim, self.encoder.summarize.out_features
        self.attention = attention
        self.write = nn.GRUCell(width + hidden, hidden)
        self.mix = nn.Linear(2 * hidden + width, hidden)
        self.readout = nn.Linear(hidden, target_vocabulary)

    def step(self, token, state, memory, position):
        """Look with the old state, then write."""
        word = self.embed(token)
        (hidden,) = state
        context, weights = self.attention(hidden, memory, position)
        hidden = self.write(torch.cat([word, context], -1), hidden)
        mixed = torch.tanh(self.mix(torch.cat([hidden, context, word], -1)))
        return self.readout(mixed), (hidden,), weights


class CurrentState(EncoderDecoder):
    r"""Ask with the state after the update: context and state are mixed into h̃, which predicts the word.

    .. math:: s_t = \operatorname{GRU}(y_{t-1},\, s_{t-1}), \qquad c_t = \operatorname{attend}(s_t), \qquad
        \tilde h_t = \tanh(W_c [c_t; s_t]), \qquad p(y_t) = \operatorname{softmax}(W \tilde h_t)

    With `input_feeding` the step is :math:`s_t = \operatorname{GRU}([y_{t-1}; \tilde h_{t-1}], s_{t-1})`: without it
    the decoder never learns where it has looked.

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
        width, hidden = self.embed.embedding_dim, self.encoder.summarize.out_features
        self.attention, self.input_feeding = attention, input_feeding
        self.write = nn.GRUCell(width + hidden * input_feeding, hidden)
        self.mix = nn.Linear(2 * hidden, hidden)
        self.readout = nn.Linear(hidden, target_vocabulary)

    def start(self, memory: Memory) -> tuple[Tensor, ...]:
        """Begin with the summary, and with an h̃ of zeros."""
        return memory.summary, torch.zeros_like(memory.summary)

    def step(self, token, state, memory, position):
        """Write, then look with the new state."""
        hidden, mixed = state
        word = self.embed(token)
        hidden = self.write(torch.cat([word, mixed], -1) if self.input_feeding else word, hidden)
        context, weights = self.attention(hidden, memory, position)
        mixed = torch.tanh(self.mix(torch.cat([context, hidden], -1)))
        return self.readout(mixed), (hidden, mixed), weights
