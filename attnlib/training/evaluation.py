"""How good is a translation, and how good an alignment? Exact match, BLEU, alignment error rate."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import nn

from attnlib.arrays import Array, as_numpy, check_axes, float_namespace
from attnlib.corpora.batches import check_corpus
from attnlib.corpora.vocabulary import Vocabulary, check_sentences, check_tokens
from attnlib.training.decoding import forced_weights, greedy

Links = Collection[tuple[int, int]]
"""Pairs (target position, source position), the cells of a matrix of weights."""


def exact_match(answers: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """Return the share of answers that equal their reference in every token.

    Raises
    ------
    TypeError, ValueError
        If answers or references are no list of sentences, or there are not as many of both.

    Examples
    --------
    >>> exact_match([("je", "t'", "aime"), ("je", "aime")], [("je", "t'", "aime"), ("je", "l'", "aime")])
    0.5
    """
    _check_answers(answers, references)
    return sum(tuple(a) == tuple(r) for a, r in zip(answers, references)) / len(references)


def accuracy(
    model: nn.Module, pairs: Sequence, source_words: Vocabulary, target_words: Vocabulary, *, max_length: int = 60
) -> float:
    """Return the exact match of a model's greedy translations with the targets of `pairs`.

    Raises
    ------
    TypeError, ValueError
        If `pairs` holds anything without a source and a target, or for what ``greedy`` refuses.

    Examples
    --------
    A translator that has learned nothing:

    >>> import torch
    >>> from attnlib.corpora.grammar import Clause, translate
    >>> from attnlib.models.seq2seq import FixedVector
    >>> _, pair = torch.manual_seed(0), translate(Clause("I", "love", "you"), "french")
    >>> accuracy(FixedVector(7, 7), [pair], Vocabulary([pair.source]), Vocabulary([pair.target]))
    0.0
    """
    check_corpus("pairs", pairs)
    answers = greedy(model, [pair.source for pair in pairs], source_words, target_words, max_length=max_length)
    return exact_match([answer.tokens for answer in answers], [pair.target for pair in pairs])


def bleu(answers: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """Return the corpus BLEU of tokenised answers, from 0 to 100, as sacrebleu computes it.

    It counts n-grams of one to four tokens over the whole corpus. Where no answer has four tokens there is no
    4-gram to be right, and the score is 0, also for a perfect answer; ``sentence_bleu`` counts only those that exist.

    Raises
    ------
    TypeError, ValueError
        If answers or references are no list of sentences, or there are not as many of both.

    References
    ----------
    Papineni et al. (2002); Post (2018), whose ``sacrebleu`` does the counting. The tokens are taken as they are.

    Examples
    --------
    Four words of five with the right neighbours: 5/5, 4/4, 3/3, 2/2, and a brevity of exp(1 − 6/5).

    >>> reference = ("je", "ne", "le", "vois", "pas", ".")
    >>> round(bleu([reference[:5]], [reference]), 1)
    81.9
    >>> bleu([("je", "dors")], [("je", "dors")])
    0.0
    """
    import sacrebleu  # not at the top: most chapters do without

    _check_answers(answers, references)
    lines, truth = ([" ".join(sentence) for sentence in corpus] for corpus in (answers, references))
    return sacrebleu.corpus_bleu(lines, [truth], tokenize="none", force=True).score


def sentence_bleu(answer: Sequence[str], reference: Sequence[str]) -> float:
    """Return the BLEU of one tokenised answer, from 0 to 100, over the n-grams that it is long enough to have.

    Raises
    ------
    TypeError
        If the answer or the reference is no sequence of tokens.

    References
    ----------
    Post (2018): sacrebleu's ``sentence_bleu`` with ``use_effective_order``, and its smoothing: a first order without a
    hit counts half a hit, the next a quarter (Chen & Cherry 2014, technique 3).

    Examples
    --------
    >>> round(sentence_bleu(("je", "dors"), ("je", "dors")), 1)
    100.0
    >>> round(sentence_bleu(("je", "dors"), ("je", "lis")), 1)  # 1/2, and half a hit of one pair: √(1/2 · 1/2)
    50.0
    """
    import sacrebleu  # not at the top: most chapters do without

    check_tokens("answer", answer)
    check_tokens("reference", reference)
    line, truth = " ".join(answer), [" ".join(reference)]
    return sacrebleu.sentence_bleu(line, truth, tokenize="none", use_effective_order=True).score


def links_from(weights: Float[Array, "T S"]) -> set[tuple[int, int]]:
    """Link each target position to the source position with the largest weight. A row of zeros gets no link.

    Raises
    ------
    TypeError, ValueError
        If `weights` is no array of floats with two axes.

    Examples
    --------
    >>> sorted(links_from(np.array([[0.9, 0.1], [0.2, 0.8], [0.0, 0.0]])))
    [(0, 0), (1, 1)]
    """
    float_namespace(weights=weights)
    check_axes("weights", weights, "targets", "sources")
    return {(row, int(w.argmax())) for row, w in enumerate(as_numpy(weights)) if w.any()}


def forced_links(
    model: nn.Module, pairs: Sequence, source_words: Vocabulary, target_words: Vocabulary
) -> list[set[tuple[int, int]]]:
    """Return the links of the weights with which a model writes each pair's own target; the end has none.

    Raises
    ------
    TypeError, ValueError
        For what ``forced_weights`` refuses.

    References
    ----------
    Luong, Pham & Manning (2015), section 5.4: models are forced to write the references, and each word takes one link.
    """
    return [links_from(weights[:-1]) for weights in forced_weights(model, pairs, source_words, target_words)]


def alignment_error(model: nn.Module, pairs: Sequence, source_words: Vocabulary, target_words: Vocabulary) -> float:
    """Return the alignment error rate of a model's ``forced_links`` against the alignments of `pairs`.

    Raises
    ------
    TypeError, ValueError
        If `pairs` holds anything without an alignment, or for what ``forced_weights`` refuses.

    References
    ----------
    Luong, Pham & Manning (2015), section 5.4; ``alignment_error_rate``.
    """
    check_corpus("pairs", pairs, "source", "target", "alignment")
    return alignment_error_rate(
        forced_links(model, pairs, source_words, target_words), [pair.alignment for pair in pairs]
    )


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

    Raises
    ------
    TypeError, ValueError
        If an argument is not one collection of links for each sentence, as many in each, or there is no link at all.

    References
    ----------
    Och & Ney (2003).

    Examples
    --------
    >>> alignment_error_rate([{(0, 0), (1, 0)}], [{(0, 0), (1, 1)}])
    0.5
    """
    found, sure = _checked_links("found", found), _checked_links("sure", sure)
    possible = sure if possible is None else _checked_links("possible", possible)
    _check_as_many("found", found, "sure", sure)
    _check_as_many("possible", possible, "sure", sure)
    hits = sum(len(a & s) + len(a & (s | p)) for a, s, p in zip(found, sure, possible))
    total = sum(map(len, found)) + sum(map(len, sure))
    if not total:
        raise ValueError("found and sure hold no link at all: there is nothing to compare")
    return 1 - hits / total


def _checked_links(name: str, corpus: Any) -> list[set[tuple[int, int]]]:
    if not isinstance(corpus, Iterable) or isinstance(corpus, str):
        raise TypeError(f"{name} is {corpus!r}, expected one collection of links for each sentence: [{{(0, 0)}}]")
    corpus = list(corpus)
    if corpus and all(map(_is_link, corpus)):
        raise TypeError(f"{name} holds the link {corpus[0]!r}, expected a collection for each sentence: [{name}]")
    for links in corpus:
        if not isinstance(links, Collection) or not all(map(_is_link, links)):
            raise TypeError(f"{name} holds {links!r}, expected links: a set of (target position, source position)")
    return [set(map(tuple, links)) for links in corpus]


def _is_link(link: Any) -> bool:
    is_pair = isinstance(link, Sequence) and len(link) == 2
    return is_pair and all(isinstance(place, (int, np.integer)) for place in link)


def _check_answers(answers: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> None:
    check_sentences("answers", answers)
    check_sentences("references", references)
    _check_as_many("answers", answers, "references", references)


def _check_as_many(name: str, one: Sequence, other_name: str, other: Sequence) -> None:
    if len(one) != len(other) or not other:
        raise ValueError(
            f"{name} has {len(one)} sentences, {other_name} {len(other)}: expected as many, and at least one"
        )
