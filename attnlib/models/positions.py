"""Schemes for positions, each a thin layer over a formula, and a small model in which they can be exchanged."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.arrays import check_count, check_positive, check_word
from attnlib.attention import attend
from attnlib.distances import alibi_bias, relative_output, relative_scores
from attnlib.dot_product import dot_product_scores
from attnlib.masking import causal_mask
from attnlib.multi_head import merge_heads, split_heads
from attnlib.positions import PAIRINGS, rotate, sinusoidal_positions


class NoPositions(nn.Module):
    """The four places at which a scheme can enter, all of them left as they are. Every scheme changes one or two."""

    def enter(self, x: Float[Tensor, "B L d_model"]) -> Float[Tensor, "B L d_model"]:
        """Change the vectors of the tokens, before anything else."""
        return x

    def turn(self, x: Float[Tensor, "B H L d_k"]) -> Float[Tensor, "B H L d_k"]:
        """Change the queries, and the keys in the same way."""
        return x

    def scores(self, query: Float[Tensor, "B H L d_k"], key: Float[Tensor, "B H S d_k"]) -> Float[Tensor, "..."]:
        """Score each pair."""
        return dot_product_scores(query, key)

    def read(self, scores: Float[Tensor, "..."], value: Float[Tensor, "B H S d_v"], mask: Bool[Tensor, "..."]):
        """Return the output and the weights."""
        return attend(scores, value, mask)


class SinusoidalPositions(NoPositions):
    """Sines and cosines are added to the vectors of the tokens. No parameters."""

    def enter(self, x):
        """Add them."""
        return x + sinusoidal_positions(*x.shape[-2:], like=x)


class LearnedPositions(NoPositions):
    """A table with one vector for each position is learned, and added to the vectors of the tokens.

    Parameters
    ----------
    max_length : int
        How many positions the table has. Beyond it there is nothing to look up.
    d_model : int

    Raises
    ------
    TypeError, ValueError
        If a number is not whole and positive, or a sequence is longer than the table.

    References
    ----------
    Gehring et al. (2017), section 3.1.
    """

    def __init__(self, max_length: int, d_model: int):
        super().__init__()
        check_count("max_length", max_length, least=1), check_count("d_model", d_model, least=1)
        self.table = nn.Parameter(torch.randn(max_length, d_model))

    def enter(self, x):
        """Add them."""
        return x + self.table[: _length_within(self.table.shape[0], x=x)]


class RotaryPositions(NoPositions):
    """Queries and keys are rotated (RoPE). No parameters.

    Raises
    ------
    TypeError, ValueError
        If the pairing is unknown, or `base` is not positive.

    References
    ----------
    Su et al. (2024), section 3.2.
    """

    def __init__(self, *, base: float = 10_000.0, pairing: str = "interleaved"):
        super().__init__()
        check_word("pairing", pairing, PAIRINGS)
        self.base, self.pairing = check_positive("base", base), pairing

    def turn(self, x):
        """Rotate them."""
        positions = torch.arange(x.shape[-2], device=x.device)
        return rotate(x, positions, base=self.base, pairing=self.pairing)


class AlibiPositions(NoPositions):
    """A bias is added to the scores that falls with distance, at another slope in each head. No parameters."""

    def scores(self, query, key):
        """Score each pair."""
        bias = alibi_bias(query.shape[-3], query.shape[-2], key.shape[-2], like=query)
        return dot_product_scores(query, key) + bias


class RelativePositions(NoPositions):
    """A vector for each distance up to `farthest` is added to the keys and another to the values, shared by all heads.

    References
    ----------
    Shaw, Uszkoreit & Vaswani (2018), section 3.2.
    """

    def __init__(self, farthest: int, d_head: int):
        super().__init__()
        check_count("farthest", farthest), check_count("d_head", d_head, least=1)
        self.for_keys = nn.Parameter(torch.randn(2 * farthest + 1, d_head))
        self.for_values = nn.Parameter(torch.randn(2 * farthest + 1, d_head) / 10)

    def scores(self, query, key):
        """Score each pair."""
        return dot_product_scores(query, key) + relative_scores(query, self.for_keys, key.shape[-2])

    def read(self, scores, value, mask):
        """Return the output and the weights."""
        output, weights = attend(scores, value, mask)
        return output + relative_output(weights, self.for_values), weights


class PositionalScores(NoPositions):
    """Positional attention: the scores are parameters, one for each pair of positions. Nobody looks at the tokens.

    Raises
    ------
    TypeError, ValueError
        If `max_length` is not whole and positive, or there are more queries or keys than that.

    References
    ----------
    Tay et al. (2021), section 3.2, the *random synthesizer*.
    """

    def __init__(self, max_length: int):
        super().__init__()
        check_count("max_length", max_length, least=1)
        self.table = nn.Parameter(torch.randn(max_length, max_length) / max_length**0.5)

    def scores(self, query, key):
        """Look the scores up."""
        most = self.table.shape[0]
        scores = self.table[: _length_within(most, query=query), : _length_within(most, key=key)]
        return scores.expand(*query.shape[:-2], *scores.shape)


class FactorizedPositionalScores(NoPositions):
    """Factorised positional attention: the scores are products of two learned tables with `rank` numbers a position.

    Raises
    ------
    TypeError, ValueError
        If a number is not whole and positive, or there are more queries or keys than `max_length`.

    References
    ----------
    Tay et al. (2021), section 3.3, the *factorized random synthesizer*.
    """

    def __init__(self, max_length: int, rank: int):
        super().__init__()
        check_count("max_length", max_length, least=1), check_count("rank", rank, least=1)
        self.for_queries = nn.Parameter(torch.randn(max_length, rank))
        self.for_keys = nn.Parameter(torch.randn(max_length, rank))

    def scores(self, query, key):
        """Multiply what stands for the position of the query by what stands for that of the key."""
        most = self.for_keys.shape[0]
        for_queries = self.for_queries[: _length_within(most, query=query)]
        scores = dot_product_scores(for_queries, self.for_keys[: _length_within(most, key=key)])
        return scores.expand(*query.shape[:-2], *scores.shape)


def _length_within(most, **arrays):
    ((name, array),) = arrays.items()
    if array.shape[-2] > most:
        raise ValueError(
            f"{name} has {array.shape[-2]} positions, expected at most max_length = {most}: "
            "make the table longer before training, since a row that was never trained says nothing"
        )
    return array.shape[-2]


class Reader(nn.Module):
    """One layer of causal attention that answers several questions at each position of what it has read so far.

    Parameters
    ----------
    vocabulary, questions, answers : int
        How many tokens, questions, and possible answers to each question there are.
    positions : module
        A scheme of this module.
    d_model, num_heads : int
        The width, and a divisor of it.

    Raises
    ------
    TypeError, ValueError
        If the heads do not divide the width, or the scheme does not fit the tokens.
    """

    def __init__(
        self,
        vocabulary: int,
        questions: int,
        answers: int,
        positions: NoPositions,
        *,
        d_model: int = 64,
        num_heads: int = 8,
    ):
        super().__init__()
        self.num_heads, self.questions, self.positions = num_heads, questions, positions
        self.embed, self.norm = nn.Embedding(vocabulary, d_model), nn.LayerNorm(d_model)
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))
        for linear in (self.W_q, self.W_k):
            nn.init.normal_(linear.bias)  # the part of queries and keys that asks for a place, whatever the token
        self.answer = nn.Sequential(nn.LayerNorm(d_model), nn.Linear(d_model, questions * answers))

    def forward(
        self, tokens: Int[Tensor, "B L"], mask: Bool[Tensor, "L L"] | None = None
    ) -> tuple[Float[Tensor, "B L questions answers"], Float[Tensor, "B H L L"]]:
        """Return a score for each answer, and the weights. Without a mask it is causal."""
        x = self.positions.enter(self.embed(tokens))
        query, key, value = (split_heads(W(self.norm(x)), self.num_heads) for W in (self.W_q, self.W_k, self.W_v))
        scores = self.positions.scores(self.positions.turn(query), self.positions.turn(key))
        mask = causal_mask(tokens.shape[-1], like=tokens) if mask is None else mask
        output, weights = self.positions.read(scores, value, mask)
        return self.answer(x + self.W_o(merge_heads(output))).unflatten(-1, (self.questions, -1)), weights
