"""The encoder–decoder: one recurrent network reads a sentence, another writes its translation."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attnlib.arrays import check_axes, check_count, dtype_name
from attnlib.corpora.vocabulary import BEGIN, PAD
from attnlib.masking import padding_mask


class Encoded(NamedTuple):
    """What the encoder leaves behind of a batch of sentences.

    Examples
    --------
    >>> mask = torch.tensor([[[True, True, False]], [[True, True, True]]])
    >>> Encoded(torch.zeros(2, 3, 4), mask, torch.zeros(2, 4)).lengths
    tensor([2, 3])
    """

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

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more, or `hidden` is odd and there are two directions.

    References
    ----------
    Cho et al. (2014), section 2.3, the gated unit; Schuster & Paliwal (1997), both directions.

    Examples
    --------
    >>> encoder = Encoder(10, embedding=3, hidden=8)
    >>> encoded = encoder(torch.tensor([[4, 5, 6], [7, 0, 0]]), torch.tensor([3, 1]))
    >>> tuple(encoded.annotations.shape), tuple(encoded.summary.shape), encoded.mask.int().tolist()
    ((2, 3, 8), (2, 8), [[[1, 1, 1]], [[1, 0, 0]]])
    """

    def __init__(self, vocabulary: int, *, embedding: int = 64, hidden: int = 128, bidirectional: bool = True):
        super().__init__()
        for name, size in (("vocabulary", vocabulary), ("embedding", embedding), ("hidden", hidden)):
            check_count(name, size, least=1)
        if bidirectional and hidden % 2:
            raise ValueError(f"hidden is {hidden}, expected an even number: each direction has half of it")
        self.embed = nn.Embedding(vocabulary, embedding, padding_idx=PAD)
        ways = 2 if bidirectional else 1
        self.rnn = nn.GRU(embedding, hidden // ways, batch_first=True, bidirectional=bidirectional)
        self.summarize = nn.Linear(hidden, hidden)

    def forward(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, "B"]) -> Encoded:
        r"""Read `source`, of which only the first `lengths` tokens are real; the summary is :math:`\tanh(W h_S + b)`.

        Raises
        ------
        TypeError, ValueError
            If `source` does not hold token numbers of the vocabulary, (B, S), or a length is not from 1 to S.

        References
        ----------
        Cho et al. (2014), appendix A.1.1.
        """
        check_token_numbers("source", source, self.embed.num_embeddings)
        check_lengths(lengths, source)
        packed = pack_padded_sequence(self.embed(source), lengths.cpu(), batch_first=True, enforce_sorted=False)
        annotations, last = self.rnn(packed)
        annotations, _ = pad_packed_sequence(annotations, batch_first=True, total_length=source.shape[1])
        mask = padding_mask(lengths, source.shape[1], like=source)[:, 0]
        last = last.transpose(0, 1).flatten(1)  # (directions, B, d) -> (B, directions · d)
        return Encoded(annotations, mask, torch.tanh(self.summarize(last)))


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

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more, or `hidden` is odd and the encoder reads both ways.

    References
    ----------
    Cho et al. (2014), section 2.2.
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
        check_count("source_vocabulary", source_vocabulary, least=1)
        check_count("target_vocabulary", target_vocabulary, least=1)
        self.encoder = Encoder(source_vocabulary, embedding=embedding, hidden=hidden, bidirectional=bidirectional)
        self.embed = nn.Embedding(target_vocabulary, embedding, padding_idx=PAD)

    def encode(self, source: Int[Tensor, "B S"], lengths: Int[Tensor, "B"]) -> Encoded:
        """Read the source sentences, as ``Encoder.forward`` does, and refuse what it refuses.

        Examples
        --------
        >>> model = FixedVector(9, 7, embedding=3, hidden=4)
        >>> model.encode(torch.tensor([[5, 3, 0]]), torch.tensor([2])).lengths
        tensor([2])
        """
        return self.encoder(source, lengths)

    def start(self, encoded: Encoded) -> tuple[Tensor, ...]:
        """Return the decoder's state before the first word, tensors whose first axis is the batch: s₀ is the summary.

        Examples
        --------
        >>> model = FixedVector(9, 7, embedding=3, hidden=4)
        >>> encoded = model.encode(torch.tensor([[5, 3]]), torch.tensor([2]))
        >>> torch.equal(model.start(encoded)[0], encoded.summary)
        True
        """
        return (encoded.summary,)

    def step(
        self, token: Int[Tensor, "B"], state: tuple[Tensor, ...], encoded: Encoded, position: int
    ) -> tuple[Float[Tensor, "B V"], tuple[Tensor, ...], Float[Tensor, "B S"] | None]:
        """Take the last word and the state; return the next word's logits, the next state and the weights.

        Raises
        ------
        NotImplementedError
            Unless a wiring says how a word is written: the equations stand in ``BahdanauDecoder`` and its sisters.
        """
        raise NotImplementedError(f"{type(self).__name__} has no step: a wiring says how a word is written")

    def unroll(
        self,
        encoded: Encoded,
        token: Int[Tensor, "B"],
        steps: int,
        choose: Callable[[Float[Tensor, "B V"], int], Int[Tensor, "B"] | None],
    ) -> tuple[Float[Tensor, "B T V"], Float[Tensor, "B T S"] | None]:
        """Feed a token, take a step, let `choose` say which token is fed next; return all logits and weights.

        Teacher forcing, scheduled sampling and a free run differ in `choose` alone.

        Parameters
        ----------
        encoded : Encoded
        token : integers (B,)
            What is fed first.
        steps : int
            The most steps to take, 1 or more.
        choose : function
            Takes the step's logits (B, V) and its position, returns the tokens to feed next (B,), or None to stop.

        Raises
        ------
        TypeError, ValueError
            If `steps` is not a whole number of 1 or more, `token` holds no numbers of tokens, `encoded` was not made by
            ``encode``, or `choose` is no function that returns a tensor or None.

        Examples
        --------
        The likeliest word is fed, until three words are written:

        >>> model = FixedVector(9, 7, embedding=3, hidden=4)
        >>> encoded = model.encode(torch.tensor([[5, 3]]), torch.tensor([2]))
        >>> logits, weights = model.unroll(encoded, torch.tensor([1]), 3, lambda logits, position: logits.argmax(-1))
        >>> tuple(logits.shape), weights
        ((1, 3, 7), None)
        """
        check_count("steps", steps, least=1)
        check_token_numbers("token", token, None, "sentences")
        if not isinstance(encoded, Encoded):
            raise TypeError(f"encoded is {encoded!r}, expected what model.encode(source, lengths) returns")
        if not callable(choose):
            raise TypeError(f"choose is {choose!r}, expected a function of the logits and the position")
        state, found = self.start(encoded), []
        for position in range(steps):
            logits, state, weights = self.step(token, state, encoded, position)
            found.append((logits, weights))
            token = choose(logits, position)
            if token is None:
                break
            if not isinstance(token, Tensor) or token.is_floating_point():
                raise TypeError(f"choose returned {token!r}, expected a tensor of token numbers, or None to stop")
        logits, weights = zip(*found)
        return torch.stack(logits, 1), None if weights[0] is None else torch.stack(weights, 1)

    def forward(
        self, source: Int[Tensor, "B S"], lengths: Int[Tensor, "B"], target: Int[Tensor, "B T"]
    ) -> tuple[Float[Tensor, "B T V"], Float[Tensor, "B T S"] | None]:
        """Predict each next word of `target` from the words before it (teacher forcing); return logits and weights.

        Raises
        ------
        TypeError, ValueError
            If `source` or `target` does not hold numbers of its vocabulary, or a length is not from 1 to S.

        References
        ----------
        Williams & Zipser (1989), "teacher forcing".
        """
        encoded = self.encode(source, lengths)
        check_token_numbers("target", target, self.embed.num_embeddings)
        if len(target) != len(source):
            raise ValueError(f"source has {len(source)} sentences, target {len(target)}: expected as many")
        steps = target.shape[1]

        def true_word(logits, position):
            return target[:, position + 1] if position + 1 < steps else None

        return self.unroll(encoded, target[:, 0], steps, true_word)


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
        self.cell = nn.GRUCell(width + hidden, hidden)
        self.readout = nn.Linear(2 * hidden + width, target_vocabulary)

    def step(self, token, state, encoded, position):
        """Write one word with the summary beside it, by the equations of the class. There are no weights.

        References
        ----------
        Cho et al. (2014), appendix A.1.2.
        """
        word = self.embed(token)
        (hidden,) = state
        hidden = self.cell(torch.cat([word, encoded.summary], -1), hidden)
        return self.readout(torch.cat([hidden, encoded.summary, word], -1)), (hidden,), None


def mute_padding_and_begin(logits: Float[Tensor, "*B V"]) -> Float[Tensor, "*B V"]:
    """Return logits with which nobody can say padding or begin: both are −inf.

    Examples
    --------
    >>> mute_padding_and_begin(torch.tensor([9.0, 8.0, 7.0, 6.0]))
    tensor([-inf, -inf, 7., 6.])
    """
    return logits.index_fill(-1, torch.tensor([PAD, BEGIN], device=logits.device), -torch.inf)


def check_translator(name: str, model: Any) -> None:
    """Check that `model` is a translator, and was made: ``FixedVector(20, 30)``, not ``FixedVector``.

    Raises
    ------
    TypeError
        If it is a class, or has no ``encode``, ``start``, ``step`` and ``unroll``.
    """
    if isinstance(model, type) or not all(hasattr(model, part) for part in ("encode", "start", "step", "unroll")):
        kind = f"the class {model.__name__}" if isinstance(model, type) else f"a {type(model).__name__}"
        raise TypeError(f"{name} is {kind}, expected a translator that was made, such as FixedVector(20, 30)")


def check_token_numbers(name: str, numbers: Tensor, vocabulary: int | None, *axes: str) -> None:
    """Check that `numbers` is a torch tensor of token numbers below `vocabulary`, (B, length) unless `axes` say else.

    Raises
    ------
    TypeError, ValueError
        If it is no tensor, not of whole numbers, has other axes, is empty, or has a number that no token has.
    """
    if not isinstance(numbers, Tensor):
        mend = f"torch.as_tensor({name}) makes one"
        raise TypeError(f"{name} is a {type(numbers).__name__}, expected a torch tensor of whole numbers: {mend}")
    if numbers.is_floating_point() or numbers.dtype == torch.bool:
        raise TypeError(f"{name} is a tensor of {dtype_name(numbers)}, expected whole numbers: {name}.long()")
    check_axes(name, numbers, *(axes or ("sentences", "tokens")))
    if not numbers.numel():
        raise ValueError(f"{name} has shape {tuple(numbers.shape)}: expected at least one sentence of one token")
    if vocabulary and not 0 <= int(numbers.min()) <= int(numbers.max()) < vocabulary:
        raise ValueError(
            f"{name} has numbers from {int(numbers.min())} to {int(numbers.max())}, expected 0 to {vocabulary - 1}: "
            "was it encoded with the vocabulary that the model was made for?"
        )


def check_lengths(lengths: Tensor, source: Tensor) -> None:
    """Check that `lengths` says for each sentence of `source` how many tokens it has: from 1 to S.

    Raises
    ------
    TypeError, ValueError
        If it is no tensor of whole numbers, has not one for each sentence, or one of them is out of range.
    """
    check_token_numbers("lengths", lengths, None, "B")
    if len(lengths) != len(source):
        raise ValueError(f"source has {len(source)} sentences, lengths {len(lengths)}: each sentence has one")
    if not 0 < int(lengths.min()) <= int(lengths.max()) <= source.shape[1]:
        raise ValueError(
            f"lengths reach from {int(lengths.min())} to {int(lengths.max())}, expected 1 to {source.shape[1]}, "
            "the width of source: an empty sentence has nothing to translate"
        )
