"""How good is a translation, and how good an alignment? Exact match, BLEU, alignment error rate."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from jaxtyping import Float

from attnlib.arrays import Array
from attnlib.corpora.batches import check_tokens

Links = Collection[tuple[int, int]]
"""Pairs (target position, source position), the cells of a matrix of weights."""


def exact_match(answers: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """Return the share of answers that equal their reference in every token.

    Examples
    --------
    >>> exact_match([("je", "t'", "aime"), ("je", "aime")], [("je", "t'", "aime"), ("je", "l'", "aime")])
    0.5
    """
    _check_sentences(answers, references)
    return sum(tuple(a) == tuple(r) for a, r in zip(answers, references)) / len(references)


def bleu(answers: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """Return the corpus BLEU of tokenised answers, from 0 to 100, as sacrebleu computes it.

    References
    ----------
    Papineni et al. (2002); Post (2018), whose ``sacrebleu`` does the counting. The tokens are taken as they are.
    """
    import sacrebleu  # not at the top: most chapters do without

    _check_sentences(answers, references)
    lines, truth = ([" ".join(sentence) for sentence in corpus] for corpus in (answers, references))
    return sacrebleu.corpus_bleu(lines, [truth], tokenize="none", force=True).score


def links_from(weights: Float[Array, "T S"]) -> set[tuple[int, int]]:
    """Link each target position to the source position with the largest weight. A row of zeros gets no link.

    Examples
    --------
    >>> sorted(links_from(np.array([[0.9, 0.1], [0.2, 0.8], [0.0, 0.0]])))
    [(0, 0), (1, 1)]
    """
    weights = np.asarray(weights.detach() if hasattr(weights, "detach") else weights)
    return {(row, int(w.argmax())) for row, w in enumerate(weights) if w.any()}


def alignment_error_rate(
    found: Iterable[Links], sure: Iterable[Links], possible: Iterable[Links] | None = None
) -> float:
    r"""Return how far the links that were found are from those that are known, over a whole corpus.

    .. math:: \text{AER} = 1 - \frac{|A \cap S| + |A \cap P|}{|A| + |S|}

    Parameters
    ----------
    found : iterable of collections of (target position, source position)
        A, one collection for each sentence.
    sure : the same
        S, links that must be there.
    possible : the same, optional
        P, links that may be there; S is counted in. Without it P = S, and the rate is 1 minus the F-measure.

    Returns
    -------
    rate : float
        From 0, every link right, to 1, none.

    References
    ----------
    Och & Ney (2003).

    Examples
    --------
    >>> alignment_error_rate([{(0, 0), (1, 0)}], [{(0, 0), (1, 1)}])
    0.5
    """
    found, sure = [set(links) for links in found], [set(links) for links in sure]
    possible = sure if possible is None else [set(links) for links in possible]
    _check_pairs("found", found, "sure", sure), _check_pairs("possible", possible, "sure", sure)
    hits = sum(len(a & s) + len(a & (s | p)) for a, s, p in zip(found, sure, possible))
    total = sum(map(len, found)) + sum(map(len, sure))
    if not total:
        raise ValueError("found and sure hold no link at all: there is nothing to compare")
    return 1 - hits / total


def _check_sentences(answers: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> None:
    _check_pairs("answers", answers, "references", references)
    for name, sentences in (("an answer", answers), ("a reference", references)):
        for sentence in sentences:
            check_tokens(name, sentence)


def _check_pairs(name: str, one: Sequence, other_name: str, other: Sequence) -> None:
    if len(one) != len(other) or not other:
        raise ValueError(
            f"{name} has {len(one)} sentences, {other_name} {len(other)}: expected as many, and at least one"
        )
