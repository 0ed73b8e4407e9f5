"""A small synchronous grammar: English sentences with their French or Korean translation and the true alignment.

A `Clause` is a meaning. English, French and Korean each spell it out as words that carry keys, the parts of the meaning
which they express ("subject.noun", "verb", "negation" …). A target word is aligned with the source words that share a
key, so the alignment is never guessed:

- a noun, adjective, verb, pronoun or determiner links to its counterpart, wherever it stands; *t'* to "you";
- *ne* and *pas* both link to "not", and "do" or "does" has no counterpart; 읽지 links to "read", 않습니다 to "not";
- *écoute* links to both words of "listen to"; 모릅니다 (not to know) links to "not" and "know";
- a Korean particle (은, 를, 에서 …) and the plural 들 link to their noun, but 에서 links to "in";
- Korean has no articles, so "the" and "a" stay unaligned there;
- "and" is *et* in French and the ending -고 in Korean: 읽고 links to "read" and "and";
- "." links to ".".

Every target word has at least one link. A source word may have none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from attnlib.arrays import check_count, check_word
from attnlib.corpora.grammar.clauses import Clause
from attnlib.corpora.grammar.drawing import Skeleton, draw_clause, how_many, skeleton_of
from attnlib.corpora.grammar.spelling import LANGUAGES, spell
from attnlib.corpora.split import check_part


@dataclass(frozen=True)
class SentencePair:
    """An English sentence, its translation, and which words belong together.

    Parameters
    ----------
    source, target : tuple of str
        The words, each ending with ".".
    alignment : frozenset of (int, int)
        Pairs (target position, source position): the cells of a matrix of weights whose rows are target words.
    structure : tuple of (subject, verb, object)
        The head words of each clause, by which training and test sentences are kept apart.

    Examples
    --------
    >>> translate(Clause("the small cats", "sleep"), "korean").structure
    (('cat', 'sleep', ''),)
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: frozenset[tuple[int, int]]
    structure: tuple[Skeleton, ...]


def translate(clauses: Clause | Sequence[Clause], language: str) -> SentencePair:
    """Say one clause, or several joined by "and", in English and in `language`, with the alignment.

    Parameters
    ----------
    clauses : Clause or sequence of Clause
    language : "french" or "korean"

    Raises
    ------
    TypeError, ValueError
        If the language is another, or there is no clause, or something that is none.

    Examples
    --------
    >>> pair = translate(Clause("I", "love", "you"), "french")
    >>> pair.source, pair.target
    (('I', 'love', 'you', '.'), ('je', "t'", 'aime', '.'))
    >>> sorted(pair.alignment)
    [(0, 0), (1, 2), (2, 1), (3, 3)]
    """
    check_word("language", language, LANGUAGES)
    if not isinstance(clauses, Clause | Iterable):
        raise TypeError(f"clauses is {clauses!r}, expected Clause('I', 'love', 'you') or a list of such")
    clauses = [clauses] if isinstance(clauses, Clause) else list(clauses)
    if not clauses:
        raise ValueError("clauses is empty, expected at least one Clause")
    for clause in clauses:
        if not isinstance(clause, Clause):
            raise TypeError(f"clauses holds {clause!r}, expected Clause('I', 'love', 'you')")
    source, target = spell(clauses, "english"), spell(clauses, language)
    places: dict[str, list[int]] = {}
    for j, (_, keys) in enumerate(source):
        for key in keys:
            places.setdefault(key, []).append(j)
    alignment = {(i, j) for i, (_, keys) in enumerate(target) for key in keys for j in places[key]}
    words = [tuple(word for word, _ in sentence) for sentence in (source, target)]
    return SentencePair(*words, frozenset(alignment), tuple(map(skeleton_of, clauses)))


def sentence_pairs(
    language: str, count: int, *, seed: int = 0, part: str = "train", clauses: tuple[int, int] = (1, 1)
) -> list[SentencePair]:
    """Draw `count` sentence pairs, no two of them alike.

    The heads (subject, verb, object) of a clause belong either to training or to test, about one in ten to test, so a
    test sentence is never a training sentence with another adjective, number, article or negation. Where the verb takes
    no object, the place stands in for it. "I love you" is a test sentence. In a sentence of several clauses, all
    of them belong to the same part. The English sentences are the same for both languages.

    Parameters
    ----------
    language : "french" or "korean"
    count : int
    seed : int
        The same seed gives the same sentences everywhere.
    part : "train" or "test"
    clauses : (int, int)
        The least and the most clauses that "and" joins in a sentence.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range, or fewer than `count` such sentences exist.

    Examples
    --------
    >>> pairs = sentence_pairs("korean", 3, clauses=(2, 2))
    >>> [pair.source.count("and") for pair in pairs]
    [1, 1, 1]
    """
    check_word("language", language, LANGUAGES)
    check_part(part)
    check_count("count", count, least=1)
    check_count("seed", seed)
    least, most = _check_clauses(clauses)
    existing = sum(how_many(part) ** number for number in range(least, most + 1))
    if count > existing:
        raise ValueError(f"count is {count}, but only {existing} different {part} sentences of {clauses} clauses exist")
    rng = np.random.default_rng(seed)
    drawn: dict[tuple[Clause, ...], None] = {}
    while len(drawn) < count:
        number = int(rng.integers(least, most + 1))
        drawn[tuple(draw_clause(part, rng) for _ in range(number))] = None
    return [translate(sentence, language) for sentence in drawn]


def _check_clauses(clauses: tuple[int, int]) -> tuple[int, int]:
    if not isinstance(clauses, Sequence) or len(clauses) != 2:
        raise TypeError(f"clauses is {clauses!r}, expected two whole numbers, the least and the most: (1, 3)")
    check_count("clauses[0]", clauses[0], least=1)
    check_count("clauses[1]", clauses[1], least=1)
    if clauses[0] > clauses[1]:
        raise ValueError(f"clauses is {clauses}, expected the least first: ({clauses[1]}, {clauses[0]})")
    return clauses
