"""Attend, compare, aggregate: sentence pairs judged word by word, and two ways to let order in."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from attnlib.arrays import check_count
from attnlib.attention import attend
from attnlib.corpora.entailment import PairBatch
from attnlib.dot_product import dot_product_scores
from attnlib.intra_attention import align_both, distance_bias
from attnlib.masking import padding_mask
from attnlib.models.attention import check_module
from attnlib.models.seq2seq import check_token_numbers


def feed_forward(d_in: int, d_hidden: int) -> nn.Sequential:
    """Return the small network that the model uses everywhere: two layers, a ReLU behind each.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of 1 or more.

    Examples
    --------
    >>> [tuple(p.shape) for p in feed_forward(3, 5).parameters()]
    [(5, 3), (5,), (5, 5), (5,)]
    """
    check_count("d_in", d_in, least=1)
    check_count("d_hidden", d_hidden, least=1)
    return nn.Sequential(nn.Linear(d_in, d_hidden), nn.ReLU(), nn.Linear(d_hidden, d_hidden), nn.ReLU())


class Decomposable(nn.Module):
    r"""Judge a pair from words aligned softly. No word knows its place, so no answer depends on order.

    .. math:: s_{ij} = F(a_i) \cdot F(b_j), \quad v_{1i} = G([a_i; \beta_i]), \quad v_{2j} = G([b_j; \alpha_j]), \quad
        y = H([\textstyle\sum_i v_{1i}; \sum_j v_{2j}])

    Parameters
    ----------
    vocabulary, labels : int
        How many words there are, padding (number 0) included, and how many answers.
    width : int
        Numbers in the vector of a word and in each hidden layer.

    Raises
    ------
    TypeError, ValueError
        If `vocabulary` or `labels` is not a whole number of 2 or more, or `width` not one of 1 or more.

    References
    ----------
    Parikh et al. (2016), section 3. They project word vectors that were trained elsewhere; ours are trained here.
    """

    ways = 1
    """How many vectors of `width` numbers represent a word."""

    def __init__(self, vocabulary: int, labels: int = 3, *, width: int = 48):
        super().__init__()
        for name, number in (("vocabulary", vocabulary), ("labels", labels)):
            check_count(name, number, least=2)
        check_count("width", width, least=1)
        self.embed = nn.Embedding(vocabulary, width, padding_idx=0)
        self.project = feed_forward(self.ways * width, width)
        self.compare = feed_forward(2 * self.ways * width, width)
        self.aggregate = nn.Sequential(feed_forward(2 * width, width), nn.Linear(width, labels))

    def represent(self, words: Int[Tensor, "B L"], mask: Bool[Tensor, "B 1 L"]) -> Float[Tensor, "B L d"]:
        """Return one vector for each word: what the word is, and nothing else.

        Examples
        --------
        >>> model = Decomposable(9, width=4)
        >>> words = torch.tensor([[3, 5, 3]])
        >>> vectors = model.represent(words, words[:, None] > 0)
        >>> torch.equal(vectors[0, 0], vectors[0, 2])
        True
        """
        return self.embed(words)

    def forward(
        self,
        premise: Int[Tensor, "B L"],
        premise_lengths: Int[Tensor, "B"],
        hypothesis: Int[Tensor, "B S"],
        hypothesis_lengths: Int[Tensor, "B"],
    ) -> tuple[Float[Tensor, "B labels"], tuple[Float[Tensor, "B L S"], Float[Tensor, "B S L"]]]:
        """Return logits, and the weights of the premise on the hypothesis and the other way round.

        Raises
        ------
        TypeError, ValueError
            If a sentence does not hold numbers of the vocabulary, or a length is not from 0 to the width of its array.

        References
        ----------
        Parikh et al. (2016), equations (1) to (5).
        """
        both = {"premise": (premise, premise_lengths), "hypothesis": (hypothesis, hypothesis_lengths)}
        for name, (words, lengths) in both.items():
            check_token_numbers(name, words, self.embed.num_embeddings)
            check_token_numbers(f"{name}_lengths", lengths, None, "sentences")
            if len(lengths) != len(premise):
                found = f"premise has {len(premise)} sentences, {name}_lengths {len(lengths)}"
                raise ValueError(f"{found}: each sentence has one")
        first_mask = padding_mask(premise_lengths, premise.shape[1], like=premise)[:, 0]
        second_mask = padding_mask(hypothesis_lengths, hypothesis.shape[1], like=hypothesis)[:, 0]
        first, second = self.represent(premise, first_mask), self.represent(hypothesis, second_mask)
        scores = dot_product_scores(self.project(first), self.project(second), scale=1.0)
        (beta, on_second), (alpha, on_first) = align_both(scores, first, second, first_mask, second_mask)
        sums = [  # as products with 0 and 1, so that a padded word adds nothing
            mask.to(first.dtype) @ self.compare(torch.cat([words, read], -1))
            for mask, words, read in ((first_mask, first, beta), (second_mask, second, alpha))
        ]
        return self.aggregate(torch.cat(sums, -1)[:, 0]), (on_second, on_first)


class DistanceAware(Decomposable):
    r"""The same, each word accompanied by what it reads in its own sentence, where distance counts, left and right.

    .. math:: s_{ij} = F_\text{intra}(a_i) \cdot F_\text{intra}(a_j) + d_{i-j}, \qquad
        \bar a_i = [a_i; \textstyle\sum_j \operatorname{softmax}_j(s_{ij})\, a_j]

    Parameters
    ----------
    farthest : int
        D: all distances of D or more on the same side share one bias.

    Raises
    ------
    TypeError, ValueError
        If `farthest` is not a whole number of 1 or more, or a size is none that Decomposable takes.

    References
    ----------
    Parikh et al. (2016), section 3.4 and equation (7). Ours begins by looking to the left: from random biases the loss
    often stays where it is, since a place helps only where the comparison already uses it.
    """

    ways = 2

    def __init__(self, vocabulary: int, labels: int = 3, *, width: int = 48, farthest: int = 10):
        super().__init__(vocabulary, labels, width=width)
        check_count("farthest", farthest, least=1)
        self.intra = feed_forward(width, width)
        slope = torch.arange(-farthest, farthest + 1.0)  # i − j > 0: the key stands on the left
        self.distances = nn.Parameter(slope.clamp(-3, 3))

    def biases(self) -> Float[Tensor, "n"]:
        """Return one bias for each distance from −D to D.

        Examples
        --------
        >>> DistanceAware(9, farthest=4).biases().tolist()
        [-3.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 3.0]
        """
        return self.distances

    def represent(self, words, mask):
        """Return two vectors for each word: the word, and what it reads around itself.

        References
        ----------
        Parikh et al. (2016), equation (7).
        """
        vectors = self.embed(words)
        hidden = self.intra(vectors)
        scores = dot_product_scores(hidden, hidden, scale=1.0) + distance_bias(self.biases(), words.shape[1])
        return torch.cat([vectors, attend(scores, vectors, mask)[0]], -1)


class UnsignedDistance(DistanceAware):
    """The same with distance only, ``|i − j|``, as if left were right.

    References
    ----------
    Parikh et al. (2016), equation (7), has :math:`d_{i-j}`; this is what its sign is measured against.
    """

    def biases(self):
        """Return the biases with those of negative distances replaced by those of positive ones.

        Examples
        --------
        >>> UnsignedDistance(9, farthest=2).biases().tolist()
        [2.0, 1.0, 0.0, 1.0, 2.0]
        """
        right = self.distances[self.distances.shape[0] // 2 :]
        return torch.cat([right.flip(0), right[1:]])


def pair_loss(model: nn.Module, batch: PairBatch) -> Tensor:
    """Return the mean cross-entropy of a batch in nats.

    Raises
    ------
    TypeError
        If `model` is no module, or `batch` no PairBatch.

    Examples
    --------
    >>> from attnlib.corpora.entailment import draw_pairs, make_pair_batch
    >>> _ = torch.manual_seed(0)
    >>> round(pair_loss(Decomposable(20), make_pair_batch(draw_pairs(50))).item(), 1)  # ln 3
    1.1
    """
    *sides, label = _tensors(model, batch)
    return F.cross_entropy(model(*sides)[0], label)


@torch.no_grad()
def pair_accuracy(model: nn.Module, batch: PairBatch) -> float:
    """Return the share of pairs that get their label.

    Raises
    ------
    TypeError
        If `model` is no module, or `batch` no PairBatch.

    Examples
    --------
    Twins are one question to a model that sees no order, and only one of their labels can be right:

    >>> from attnlib.corpora.entailment import make_pair_batch, parse, twins
    >>> batch = make_pair_batch(twins(parse("dogs chase girls")))
    >>> pair_accuracy(Decomposable(20), batch) <= 0.5
    True
    """
    *sides, label = _tensors(model, batch)
    return (model(*sides)[0].argmax(-1) == label).double().mean().item()


def _tensors(model: nn.Module, batch: PairBatch):
    check_module("model", model, "Decomposable(20)")
    if not isinstance(batch, PairBatch):
        raise TypeError(f"batch is a {type(batch).__name__}, expected a PairBatch: make_pair_batch(pairs) makes one")
    return map(torch.from_numpy, batch)
