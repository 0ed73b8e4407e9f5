"""Five ways to wire attention between an encoder and a decoder, and training on the model's own words.

Wiring 1 is ``CurrentState`` with ``Attention(DotProduct())``. The others are built here.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from attnlib.arrays import check_count
from attnlib.attention import attend
from attnlib.corpora.batches import BEGIN, PAD, Batch
from attnlib.dot_product import scaled_dot_product_attention
from attnlib.models.decoders import CurrentState
from attnlib.models.attention import Attention, DotProduct, Location, new_matrix
from attnlib.models.seq2seq import EncoderDecoder, Memory


class QueryKeyValue(nn.Module):
    r"""Attention through three matrices of `hidden` × `hidden`, for a query that comes from anywhere.

    .. math:: c = \operatorname{softmax}\!\left(\frac{(q W_q)(H W_k)^\top}{\sqrt d}\right) H W_v

    References
    ----------
    Vaswani et al. (2017), equation (1) and section 3.2.3, with one head.
    """

    def __init__(self, hidden: int):
        super().__init__()
        check_count("hidden", hidden, least=1)
        self.W_q, self.W_k, self.W_v = (new_matrix(hidden, hidden) for _ in range(3))

    def forward(
        self, query: Float[Tensor, "B d"], memory: Memory, position: int
    ) -> tuple[Float[Tensor, "B d"], Float[Tensor, "B S"]]:
        """Return the context and the weights for one query of each sentence."""
        query = (query @ self.W_q)[:, None]
        key, value = memory.annotations @ self.W_k, memory.annotations @ self.W_v
        context, weights = scaled_dot_product_attention(query, key, value, memory.mask)
        return context[:, 0], weights[:, 0]


class EncoderOnly(nn.Module):
    r"""Ask with annotation t where word t is written: the decoder's own query is thrown away.

    All steps together are the rows of softmax(H Hᵀ) H, the annotations attending to one another, and step t reads
    row t. A sentence of S tokens has S rows: from step S on, context and weights are zeros.
    `attention` says how annotations are compared.
    """

    def __init__(self, attention: nn.Module):
        super().__init__()
        self.attention = attention

    def forward(
        self, query: Float[Tensor, "B d"], memory: Memory, position: int
    ) -> tuple[Float[Tensor, "B d"], Float[Tensor, "B S"]]:
        """Return row `position` of the annotations' attention to one another; `query` is not looked at."""
        annotations, mask = memory.annotations, memory.mask[:, 0]
        if position >= mask.shape[1]:
            return torch.zeros_like(query), torch.zeros_like(mask, dtype=query.dtype)
        context, weights = self.attention(annotations[:, position], memory, position)
        has_row = mask[:, position, None]
        return torch.where(has_row, context, 0), torch.where(has_row, weights, 0)


class Tutorial(EncoderDecoder):
    r"""The wiring of a tutorial: one linear layer turns the last word and the state into a weight for each position.

    .. math:: w_t = \operatorname{softmax}(W^\top [y_{t-1}; s_{t-1}]), \qquad c_t = \textstyle\sum_j w_{tj} h_j, \qquad
        s_t = \operatorname{GRU}(\operatorname{ReLU}(U [y_{t-1}; c_t]),\, s_{t-1})

    The annotations are read, but never compared with anything. No sentence may have more than `max_length` tokens.

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
        self.write = nn.GRUCell(width, hidden)
        self.readout = nn.Linear(hidden, target_vocabulary)

    def step(self, token, state, memory, position):
        """Choose positions, read what stands there, then write."""
        word = self.embed(token)
        (hidden,) = state
        scores = self.locate(torch.cat([word, hidden], -1)[:, None], memory.annotations)
        context, weights = attend(scores, memory.annotations, memory.mask)
        mixed = torch.relu(self.mix(torch.cat([word, context[:, 0]], -1)))
        hidden = self.write(mixed, hidden)
        return self.readout(hidden), (hidden,), weights[:, 0]


WIRINGS = ("encoder–decoder dot", "encoder–decoder QKV", "encoder-only dot", "encoder-only QKV", "tutorial")


def wire(
    name: str, source_vocabulary: int, target_vocabulary: int, *, hidden: int = 128, max_length: int = 60, **sizes
) -> EncoderDecoder:
    """Build one of the five WIRINGS by its name. Only the tutorial's needs `max_length`, the longest source."""
    if name not in WIRINGS:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(map(repr, WIRINGS))}")
    vocabularies, sizes = (source_vocabulary, target_vocabulary), {"hidden": hidden, **sizes}
    if name == "tutorial":
        return Tutorial(*vocabularies, max_length=max_length, **sizes)
    attention = QueryKeyValue(hidden) if name.endswith("QKV") else Attention(DotProduct())
    return CurrentState(*vocabularies, EncoderOnly(attention) if "only" in name else attention, **sizes)


def sampled_loss(
    model: EncoderDecoder,
    batch: Batch,
    *,
    own_words: float,
    generator: torch.Generator,
    whole_sentences: bool = False,
) -> Tensor:
    """Return the mean cross-entropy when a share of the words that are fed are the model's own.

    Parameters
    ----------
    own_words : float
        The probability that the word fed is the one the model just found likeliest, in place of the true one.
        0 is ``translation_loss``, 1 never shows a true word. No gradient flows through the choice.
    generator : torch.Generator
        Tosses the coins.
    whole_sentences : bool
        Toss once for each sentence, as the tutorial does for each training example, instead of at each word.

    References
    ----------
    Bengio, Vinyals, Jaitly & Shazeer (2015), section 2.4, "scheduled sampling": there `own_words` grows in training.
    """
    if not 0 <= own_words <= 1:
        raise ValueError(f"own_words is {own_words}, expected a probability from 0 to 1")
    source, lengths, target, goal = map(torch.from_numpy, batch)
    coins = torch.rand(len(target), 1 if whole_sentences else target.shape[1], generator=generator)
    own = (coins < own_words).expand_as(target)
    memory = model.encode(source, lengths)
    state, token, steps = model.start(memory), target[:, 0], []
    for position in range(target.shape[1]):
        logits, state, _ = model.step(token, state, memory, position)
        steps.append(logits)
        if position + 1 < target.shape[1]:
            said = logits.detach().index_fill(-1, torch.tensor([PAD, BEGIN]), -torch.inf).argmax(-1)
            token = torch.where(own[:, position + 1], said, target[:, position + 1])
    return F.cross_entropy(torch.stack(steps, 1).flatten(0, 1), goal.flatten(), ignore_index=PAD)
