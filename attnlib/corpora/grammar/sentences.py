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

import hashlib
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from attnlib.arrays import check_count
from attnlib.corpora.grammar.clauses import OBJECTS, SUBJECTS, Clause, NounPhrase, check_word, head_of, is_reflexive
from attnlib.corpora.grammar.lexicon import ADJECTIVES, NOUNS, VERBS
from attnlib.corpora.grammar.spelling import LANGUAGES, spell

__all__ = ["Clause", "NounPhrase", "SentencePair", "sentence_pairs", "translate"]

Skeleton = tuple[str, str, str]  # the heads of subject, verb and object

TEST_SHARE = 0.1
SPLIT = "281"  # this one leaves every form of every verb to training, and makes "I love you" a test sentence
COLOURS = {"black", "white", "red", "blue"}


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

    Examples
    --------
    >>> pair = translate(Clause("I", "love", "you"), "french")
    >>> pair.source, pair.target
    (('I', 'love', 'you', '.'), ('je', "t'", 'aime', '.'))
    >>> sorted(pair.alignment)
    [(0, 0), (1, 2), (2, 1), (3, 3)]
    """
    check_word("language", language, LANGUAGES)
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
    return SentencePair(*words, frozenset(alignment), tuple(map(_skeleton, clauses)))


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
    ValueError
        If an argument is out of range, or fewer than `count` such sentences exist.

    Examples
    --------
    >>> pairs = sentence_pairs("korean", 3, clauses=(2, 2))
    >>> [pair.source.count("and") for pair in pairs]
    [1, 1, 1]
    """
    check_word("language", language, LANGUAGES)
    check_word("part", part, ("train", "test"))
    check_count("count", count, least=1)
    check_count("seed", seed)
    least, most = _check_clauses(clauses)
    existing = sum(_how_many(part) ** number for number in range(least, most + 1))
    if count > existing:
        raise ValueError(f"count is {count}, but only {existing} different {part} sentences of {clauses} clauses exist")
    rng = np.random.default_rng(seed)
    drawn: dict[tuple[Clause, ...], None] = {}
    while len(drawn) < count:
        number = int(rng.integers(least, most + 1))
        drawn[tuple(_draw_clause(part, rng) for _ in range(number))] = None
    return [translate(sentence, language) for sentence in drawn]


def _check_clauses(clauses: tuple[int, int]) -> tuple[int, int]:
    if not isinstance(clauses, Sequence) or len(clauses) != 2:
        raise TypeError(f"clauses is {clauses!r}, expected two whole numbers, the least and the most: (1, 3)")
    check_count("clauses[0]", clauses[0], least=1)
    check_count("clauses[1]", clauses[1], least=1)
    if clauses[0] > clauses[1]:
        raise ValueError(f"clauses is {clauses}, expected the least first: ({clauses[1]}, {clauses[0]})")
    return clauses


def _skeleton(clause: Clause) -> Skeleton:
    return head_of(clause.subject), clause.verb, head_of(clause.object or clause.place)


def _is_test(skeleton: Skeleton) -> bool:
    digest = hashlib.sha256(" / ".join((SPLIT, *skeleton)).encode()).digest()
    return int.from_bytes(digest[:4], "big") < TEST_SHARE * 2**32


@cache
def _skeletons(part: str) -> dict[str, list[Skeleton]]:
    """List by verb the skeletons of a part that make sense. Those with pronouns are listed more than once."""
    found: dict[str, list[Skeleton]] = {verb: [] for verb in VERBS}
    for verb, entry in VERBS.items():
        subjects = [*SUBJECTS, *_nouns(entry.subjects)]
        objects = [*_nouns(entry.objects), *(OBJECTS if "person" in entry.objects else ())]
        for subject, object in itertools.product(subjects, objects or ["", *_nouns(("place",))]):
            skeleton = (subject, verb, object)
            if subject != object and not is_reflexive(subject, object) and _is_test(skeleton) == (part == "test"):
                found[verb] += [skeleton] * (1 + 2 * (subject in SUBJECTS) + 2 * (object in OBJECTS))
    return found


def _nouns(sorts: tuple[str, ...]) -> list[str]:
    return [word for word, noun in NOUNS.items() if noun.sort in sorts]


@cache
def _ways(head: str, role: str) -> tuple[list[tuple[str, bool]], list[list[tuple[str, ...]]]]:
    """List the determiners with number, and the choices of no, one and two adjectives, that make sense with a noun."""
    entry = NOUNS[head]
    barred = {"a"} if len(entry.english) == 1 or role == "patient" else set()
    barred |= {"my"} if entry.sort == "person" else set()
    kinds = [(determiner, False) for determiner in ("the", "the", "a", "a", "my", "this")]
    kinds += [(determiner, True) for determiner in ("the", "my", "this") if len(entry.english) == 2 and role != "place"]
    fitting = [word for word, adjective in ADJECTIVES.items() if entry.sort in adjective.sorts]
    both = itertools.product([word for word in fitting if ADJECTIVES[word].before], COLOURS & set(fitting))
    some = [[()], [(word,) for word in fitting], sorted(both)]
    return [kind for kind in kinds if kind[0] not in barred], [choices for choices in some if choices]


def _roles(skeleton: Skeleton) -> tuple[str, str]:
    """Name what the first and the last word of a skeleton are. The object of a state is a patient: never "a cat"."""
    verb = VERBS[skeleton[1]]
    return "subject", ("object" if verb.is_event else "patient") if verb.objects else "place"


def _places(skeleton: Skeleton) -> list[str]:
    """List the places where a clause with an object can happen."""
    verb = VERBS[skeleton[1]]
    places = _nouns(("place",)) if verb.is_event and verb.objects else []
    return [place for place in places if place not in skeleton]


@cache
def _how_many(part: str) -> int:
    """Count the clauses of a part."""

    def number(head: str, role: str) -> int:
        kinds, adjectives = _ways(head, role) if head in NOUNS else ([()], [[()]])
        return len(set(kinds)) * sum(map(len, adjectives))

    total = 0
    for skeleton in {skeleton for some in _skeletons(part).values() for skeleton in some}:
        heads = math.prod(number(head, role) for head, role in zip(skeleton[::2], _roles(skeleton)))
        total += 2 * heads * (1 + sum(number(place, "place") for place in _places(skeleton)))
    return total


def _draw_clause(part: str, rng: np.random.Generator) -> Clause:
    skeleton = _one_of(_skeletons(part)[_one_of(list(VERBS), rng)], rng)
    subject, last = (_draw_phrase(head, role, rng) for head, role in zip(skeleton[::2], _roles(skeleton)))
    negated, places = bool(rng.random() < 0.25), _places(skeleton)
    if not VERBS[skeleton[1]].objects:
        return Clause(subject, skeleton[1], None, negated, last)
    place = _draw_phrase(_one_of(places, rng), "place", rng) if places and rng.random() < 0.2 else None
    return Clause(subject, skeleton[1], last, negated, place)


def _draw_phrase(head: str, role: str, rng: np.random.Generator) -> str | NounPhrase | None:
    if head not in NOUNS:
        return head or None
    kinds, some = _ways(head, role)
    (determiner, plural), chance = _one_of(kinds, rng), rng.random()
    adjectives = _one_of(some[min(int(chance > 0.6) + int(chance > 0.9), len(some) - 1)], rng)
    return NounPhrase(head, determiner, adjectives, plural)


def _one_of(choices: Sequence, rng: np.random.Generator):
    return choices[int(rng.integers(len(choices)))]
