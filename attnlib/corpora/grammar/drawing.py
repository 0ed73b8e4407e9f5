"""Drawing clauses at random: which words make sense together, and which clauses are kept for testing."""

import itertools
import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from attnlib.corpora.grammar.clauses import OBJECTS, SUBJECTS, Clause, NounPhrase, head_of, is_reflexive
from attnlib.corpora.grammar.lexicon import ADJECTIVES, NOUNS, VERBS
from attnlib.corpora.split import part_of

Skeleton = tuple[str, str, str]  # the heads of subject, verb and object

SPLIT = "281"  # this one leaves every form of every verb to training, and makes "I love you" a test sentence
COLOURS = {"black", "white", "red", "blue"}


def draw_clause(part: str, rng: np.random.Generator) -> Clause:
    """Draw a clause of a part, "train" or "test".

    Examples
    --------
    >>> clause = draw_clause("test", np.random.default_rng(0))
    >>> part_of(" / ".join((SPLIT, *skeleton_of(clause))))
    'test'
    """
    skeleton = _one_of(_skeletons(part)[_one_of(list(VERBS), rng)], rng)
    subject, last = (_draw_phrase(head, role, rng) for head, role in zip(skeleton[::2], _roles(skeleton)))
    negated, places = bool(rng.random() < 0.25), _places(skeleton)
    if not VERBS[skeleton[1]].objects:
        return Clause(subject, skeleton[1], None, negated, last)
    place = _draw_phrase(_one_of(places, rng), "place", rng) if places and rng.random() < 0.2 else None
    return Clause(subject, skeleton[1], last, negated, place)


@cache
def how_many(part: str) -> int:
    """Count the clauses of a part.

    Examples
    --------
    >>> 0.05 < how_many("test") / (how_many("train") + how_many("test")) < 0.15
    True
    """

    def number(head: str, role: str) -> int:
        kinds, adjectives = _ways(head, role) if head in NOUNS else ([()], [[()]])
        return len(set(kinds)) * sum(map(len, adjectives))

    total = 0
    for skeleton in {skeleton for some in _skeletons(part).values() for skeleton in some}:
        heads = math.prod(number(head, role) for head, role in zip(skeleton[::2], _roles(skeleton)))
        total += 2 * heads * (1 + sum(number(place, "place") for place in _places(skeleton)))
    return total


def skeleton_of(clause: Clause) -> Skeleton:
    """Return the heads by which a clause belongs to training or to test: subject, verb, object or else the place.

    Examples
    --------
    >>> skeleton_of(Clause("the small cats", "see", "a bird", place="the garden"))
    ('cat', 'see', 'bird')
    """
    return head_of(clause.subject), clause.verb, head_of(clause.object or clause.place)


def _part_of(skeleton: Skeleton) -> str:
    return part_of(" / ".join((SPLIT, *skeleton)))


@cache
def _skeletons(part: str) -> dict[str, list[Skeleton]]:
    """List by verb the skeletons of a part that make sense. Those with pronouns are listed more than once."""
    found: dict[str, list[Skeleton]] = {verb: [] for verb in VERBS}
    for verb, entry in VERBS.items():
        subjects = [*SUBJECTS, *_nouns(entry.subjects)]
        objects = [*_nouns(entry.objects), *(OBJECTS if "person" in entry.objects else ())]
        for subject, object in itertools.product(subjects, objects or ["", *_nouns(("place",))]):
            skeleton = (subject, verb, object)
            if subject != object and not is_reflexive(subject, object) and _part_of(skeleton) == part:
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


def _draw_phrase(head: str, role: str, rng: np.random.Generator) -> str | NounPhrase | None:
    if head not in NOUNS:
        return head or None
    kinds, some = _ways(head, role)
    (determiner, plural), chance = _one_of(kinds, rng), rng.random()
    adjectives = _one_of(some[min(int(chance > 0.6) + int(chance > 0.9), len(some) - 1)], rng)
    return NounPhrase(head, determiner, adjectives, plural)


def _one_of(choices: Sequence, rng: np.random.Generator):
    return choices[int(rng.integers(len(choices)))]
