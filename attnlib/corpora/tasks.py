"""Three tasks beside translation, words in and words out, drawn so that the right answer is known.

The first word of the source names the task:

- ``summarise``: leave out what only describes. Adjectives and places go; who does what to whom stays;
- ``answer``: a story of who is where, and a question. The latest sentence about somebody says where that is;
- ``judge``: is a review good or bad? *not* turns one adjective round, and of two halves that disagree the one after
  *but* decides, and never the one after *although*.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from attnlib.arrays import check_count, check_word
from attnlib.corpora.grammar.clauses import Clause, NounPhrase
from attnlib.corpora.grammar.drawing import draw_clause
from attnlib.corpora.grammar.spelling import spell
from attnlib.corpora.split import check_part, part_of

TASKS = ("summarise", "answer", "judge")
SUBJECTS = ("film", "music", "story", "cast", "ending")
GOOD = ("good", "funny", "clever", "moving", "lovely", "exciting")
BAD = ("bad", "dull", "silly", "weak", "ugly", "boring")
DEGREES = ("", "very", "really")
MOST = 10_000  # a test set of reviews has not many more
PEOPLE = ("lucie", "omar", "jun", "mina", "paul")
PLACES = ("garden", "kitchen", "office", "park", "school", "station")


class Example(NamedTuple):
    """What a model is given, what it should say, which places of the source decide, and what kind of case it is.

    Examples
    --------
    >>> example = review([("film", "", "bad", True)])
    >>> " ".join(example.source), example.target
    ('judge the film is not bad .', ('good',))
    >>> [example.source[place] for place in sorted(example.evidence)]
    ['not', 'bad']
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    evidence: frozenset[int]
    kind: str


class Half(NamedTuple):
    """Half a review, or a whole one: ``the film is not very good``."""

    subject: str
    degree: str
    adjective: str
    negated: bool

    def words(self) -> tuple[str, ...]:
        """Return it as it is written."""
        return tuple(filter(None, ("the", self.subject, "is", "not" * self.negated, self.degree, self.adjective)))

    def is_good(self) -> bool:
        """Tell whether it praises."""
        return (self.adjective in GOOD) != self.negated


def summary(clauses: list[Clause]) -> Example:
    """Say clauses in English and leave out what only describes.

    Raises
    ------
    TypeError, ValueError
        If there is no clause, or something that is none.

    Examples
    --------
    >>> example = summary([Clause("an old teacher", "see", "the small cats", negated=True, place="the garden")])
    >>> " ".join(example.source)
    'summarise an old teacher does not see the small cats in the garden .'
    >>> " ".join(example.target)
    'a teacher does not see the cats .'
    """
    if not isinstance(clauses, list) or not all(isinstance(clause, Clause) for clause in clauses):
        raise TypeError(f"clauses is {clauses!r}, expected a list of them: [Clause('I', 'sleep')]")
    if not clauses:
        raise ValueError("clauses is empty, expected at least one Clause")
    bare = [_bare(clause) for clause in clauses]
    said, short = spell(clauses, "english"), spell(bare, "english")
    kept = {key for _, keys in short for key in keys}
    places = frozenset(place for place, (_, keys) in enumerate(said, 1) if kept & set(keys))
    source, target = (tuple(word for word, _ in words) for words in (said, short))
    return Example(("summarise", *source), target, places, f"{len(clauses)} clause" + "s" * (len(clauses) > 1))


def _bare(clause: Clause) -> Clause:
    return Clause(_without_adjectives(clause.subject), clause.verb, _without_adjectives(clause.object), clause.negated)


def _without_adjectives(phrase: str | NounPhrase | None) -> str | NounPhrase | None:
    return replace(phrase, adjectives=()) if isinstance(phrase, NounPhrase) else phrase


def story(events: list[tuple[str, str]], asked: str) -> Example:
    """Tell who is where, one after the other, and ask where somebody is.

    Raises
    ------
    ValueError
        If nothing is told of the one who is asked for.

    Examples
    --------
    >>> example = story([("lucie", "park"), ("omar", "office"), ("lucie", "garden")], "lucie")
    >>> " ".join(example.source)
    'answer lucie is in the park . omar is in the office . lucie is in the garden . where is lucie ?'
    >>> " ".join(example.target), [example.source[place] for place in sorted(example.evidence)]
    ('lucie is in the garden .', ['lucie', 'garden'])
    """
    if asked not in [who for who, _ in events]:
        raise ValueError(f"asked is {asked!r}, of whom the events tell nothing")
    source = ["answer"]
    for who, where in events:
        if who == asked:
            evidence, answer = frozenset({len(source), len(source) + 4}), where
        source += [who, "is", "in", "the", where, "."]
    kind = "last sentence" if events[-1][0] == asked else "earlier sentence"
    return Example((*source, "where", "is", asked, "?"), (asked, "is", "in", "the", answer, "."), evidence, kind)


def review(halves: list[tuple[str, str, str, bool]], joint: str = "and") -> Example:
    """Praise or blame, in one half or in two joined by "and", "but" or "although".

    Raises
    ------
    ValueError
        If there are not one or two halves, or they are joined by another word.

    Examples
    --------
    >>> film, music = ("film", "very", "good", False), ("music", "", "dull", False)
    >>> for joint in ("but", "although"):
    ...     print(*review([film, music], joint).source, "→", *review([film, music], joint).target)
    judge the film is very good but the music is dull . → bad
    judge the film is very good although the music is dull . → good
    """
    check_word("joint", joint, ("and", "but", "although"))
    if len(halves) not in (1, 2):
        raise ValueError(f"halves holds {len(halves)}, expected one or two")
    halves = [Half(*half) for half in halves]
    source, decides = ["judge"], 1 if joint == "but" and len(halves) == 2 else 0
    for number, half in enumerate(halves):
        source += [joint] if number else []
        start = len(source)
        source += half.words()
        if number == decides:
            deciding = frozenset(n for n in range(start, len(source)) if source[n] in ("not", half.adjective))
    kind = [["plain", "not"][halves[decides].negated], *([joint] if len(halves) == 2 else [])]
    target = ("good" if halves[decides].is_good() else "bad",)
    return Example((*source, "."), target, deciding, " + ".join(kind))


def examples(task: str, count: int, *, seed: int = 0, part: str = "train") -> list[Example]:
    """Draw `count` examples of a task, no two with the same source.

    A source belongs either to training or to test. Sentences to be summarised are parted as in
    ``attnlib.corpora.grammar``, by who does what to whom; stories and reviews by their whole text.

    Raises
    ------
    TypeError, ValueError
        If `task` or `part` is another word, or a number is not whole or too small.

    Examples
    --------
    >>> for task in TASKS:
    ...     print(*examples(task, 1)[0].source)
    summarise we do not listen to a song and my black bird listens to this new story in this garden .
    answer paul is in the school . mina is in the kitchen . mina is in the office . where is mina ?
    judge the story is really moving .
    """
    check_word("task", task, TASKS)
    check_count("count", count, least=1)
    check_count("seed", seed)
    check_part(part)
    if count > MOST:
        raise ValueError(f"count is {count}, expected at most {MOST}: not many more reviews are for testing")
    rng, found = np.random.default_rng(seed), {}
    while len(found) < count:
        if task == "summarise":
            example = summary([draw_clause(part, rng) for _ in range(rng.integers(1, 3))])
        else:
            example = _draw_story(rng) if task == "answer" else _draw_review(rng)
        if task == "summarise" or part_of(" ".join(example.source)) == part:
            found[example.source] = example
    return list(found.values())


def _draw_story(rng: np.random.Generator) -> Example:
    people = [str(who) for who in rng.permutation(PEOPLE)[:3]]
    events = [(people[rng.integers(3)], str(where)) for where in rng.permutation(PLACES)[: rng.integers(2, 5)]]
    return story(events, events[rng.integers(len(events))][0])


def _draw_review(rng: np.random.Generator) -> Example:
    (first, second), is_good = map(str, rng.permutation(SUBJECTS)[:2]), bool(rng.random() < 0.5)
    joint = str(rng.choice(["", "and", "but", "although"]))
    if not joint:
        return review([_draw_half(first, is_good, rng)])
    return review([_draw_half(first, is_good, rng), _draw_half(second, is_good == (joint == "and"), rng)], joint)


def _draw_half(subject: str, is_good: bool, rng: np.random.Generator) -> Half:
    negated = bool(rng.random() < 0.4)
    return Half(subject, str(rng.choice(DEGREES)), str(rng.choice(GOOD if is_good != negated else BAD)), negated)
