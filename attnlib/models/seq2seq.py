"""The encoder–decoder: one recurrent network reads a sentence, another writes its translation."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attnlib.arrays import check_count
from attnlib.corpora.batches import PAD


class Memory(NamedTuple):
    """What the encoder leaves behind of a batch of sentences."""

    annotations: Float[Tensor, "B S d"]
    """One vector for each source token."""
    mask: Bool[Tensor, "B 1 S"]
    """True = a token, False = padding."""
    summary: Float[Tensor, "B d"]
    """One vector for the whole sentence."""

    @property
    def lengths(self) -> Int[Tensor, "B"]:
        """How many tokens each sentence has, padding not counted."""
        return self.mask.sum((-1, -2))


class Encoder(nn.Module):
    """A GRU that reads a sentence, or two that read it in both directions, half as wide each.

    Parameters
    ----------
    vocabulary : int
        How many tokens there are, the special ones included.
    embedding, hidden : int
        Numbers in the vector of a token, and in its annotation. `hidden` is even if the reader goes both ways.
    """

    def __init__(self, vocabulary: int, *, embedding: int = 64, hidden: int = 128, bidirectional: bool = True):
        super().__init__()
        if bidirectional and hidden % 2:
            raise ValueError(f"hidden is {hidden}, expected an even number: each direction has half of it")
        self.embed = nn.Embedding(vocabulary, embedding, padding_idx=PAD)
        ways = 2 if bidirectional else 1
        self.read = nn.GRU(embedding, hidden // ways, batch_first=True, bidirectional=bidirectional)
        self.summarize = nn.Linear(hidden, hidden)

    def forward(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, "B"]) -> Memory:
        """Read `source`, of which only the first `lengths` tokens are real."""
        if not 0 < int(lengths.min()) <= int(lengths.max()) <= source.shape[1]:
            raise ValueError(
                f"lengths reach from {int(lengths.min())} to {int(lengths.max())}, expected 1 to {source.shape[1]}, "
                "the width of source: an empty sentence has nothing to translate"
            )
        packed = pack_padded_sequence(self.embed(source), lengths.cpu(), batch_first=True, enforce_sorted=False)
        annotations, last = self.read(packed)
        annotations, _ = pad_packed_sequence(annotations, batch_first=True, total_length=source.shape[1])
        mask = torch.arange(source.shape[1], device=source.device) < lengths[:, None]
        last = last.transpose(0, 1).flatten(1)  # (directions, B, d) -> (B, directions · d)
        return Memory(annotations, mask[:, None], torch.tanh(self.summarize(last)))


class EncoderDecoder(nn.Module):
    """What all translators of the book share; a wiring adds ``start`` and ``step``.

    Parameters
    ----------
    source_vocabulary, target_vocabulary : int
        How many tokens each language has, the special ones included.
    embedding, hidden : int
        Numbers in the vector of a token, and in a state of encoder and decoder alike.
    bidirectional : bool
        Whether the encoder reads both ways.
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        *,
        embedding: int = 64,
        hidden: int = 128,
        bidirectional: bool = True,
    ):
        super().__init__()
        for name, number in (("embedding", embedding), ("hidden", hidden)):
            check_count(name, number, least=1)
        self.encoder = Encoder(source_vocabulary, embedding=embedding, hidden=hidden, bidirectional=bidirectional)
        self.embed = nn.Embedding(target_vocabulary, embedding, padding_idx=PAD)

    def encode(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, "B"]) -> Memory:
        """Read the source sentences."""
        return self.encoder(source, lengths)

    def start(self, memory: Memory) -> tuple[Tensor, ...]:
        """Return the decoder's state before the first word: tensors whose first axis is the batch."""
        return (memory.summary,)

    def step(
        self, token: Int[Tensor, "B"], state: tuple[Tensor, ...], memory: Memory, position: int
    ) -> tuple[Float[Tensor, "B V"], tuple[Tensor, ...], Float[Tensor, "B S"] | None]:
        """Take the last word and the state; return the next word's logits, the next state and the weights."""
        raise NotImplementedError(f"{type(self).__name__} has no step: a wiring says how a word is written")

    def forward(
        self, source: Int[Tensor, "B S"], lengths: Int[Tensor, "B"], target: Int[Tensor, "B T"]
    ) -> tuple[Float[Tensor, "B T V"], Float[Tensor, "B T S"] | None]:
        """Predict each next word of `target` from the words before it (teacher forcing); return logits and weights."""
        memory = self.encode(source, lengths)
        state, steps = self.start(memory), []
        for position in range(target.shape[1]):
            logits, state, weights = self.step(target[:, position], state, memory, position)
            steps.append((logits, weights))
        logits, weights = zip(*steps)
        return torch.stack(logits, 1), None if weights[0] is None else torch.stack(weights, 1)


class FixedVector(EncoderDecoder):
    r"""The encoder–decoder without attention: one vector holds the sentence, whatever its length.

    .. math:: s_t = \operatorname{GRU}([y_{t-1}; c],\, s_{t-1}), \qquad
        p(y_t) = \operatorname{softmax}(W\, [s_t; c; y_{t-1}])

    References
    ----------
    Cho et al. (2014), section 2.2 and appendix A, where the summary c reaches every step and every prediction. In
    Sutskever et al. (2014) it is only the first state.
    """

    def __init__(self, source_vocabulary: int, target_vocabulary: int, **sizes):
        super().__init__(source_vocabulary, target_vocabulary, **sizes)
        width, hidden = self.embed.embedding_dim, self.encoder.summarize.out_features
        self.write = nn.GRUCell(width + hidden, hidden)
        self.readout = nn.Linear(2 * hidden + width, target_vocabulary)

    def step(self, token, state, memory, position):
        """Write one word with the summary beside it. There are no weights."""
        word = self.embed(token)
        (hidden,) = state
        hidden = self.write(torch.cat([word, memory.summary], -1), hidden)
        return self.readout(torch.cat([hidden, memory.summary, word], -1)), (hidden,), None
