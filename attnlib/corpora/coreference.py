"""Which noun does *it* stand for? Sentences whose last word decides, so that the right antecedent is known.

``the robot picked up the wrench because it was heavy``: the wrench. ``because it was strong``: the robot. An adjective
suits either the one who acts, the *agent*, or the one acted upon, the *patient*. Who is which depends on the voice:
``the wrench was picked up by the robot``.
"""

import random
from typing import NamedTuple

import numpy as np

from attnlib.arrays import check_count, check_word
from attnlib.corpora.batches import pad
from attnlib.corpora.vocabulary import Vocabulary

MOVERS = ("robot", "cat", "dog", "horse", "monkey", "bear", "goat", "elephant")
THINGS = ("wrench", "mat", "box", "chair", "pillow", "crate", "sack", "rug")
NOUNS = MOVERS + THINGS
ADJECTIVES = {  # of the agent, of the patient
    "lift": (("strong", "helpful", "curious"), ("heavy", "broken", "small")),
    "rest": (("tired", "sleepy", "lazy"), ("soft", "warm", "flat")),
}
VERBS = {"picked up": "lift", "carried": "lift", "dragged": "lift", "sat on": "rest", "leaned against": "rest"}
KINDS = ("kind", "role")


class Sentence(NamedTuple):
    """Who does what to whom, in which voice, and the adjective that says for whom *it* stands."""

    agent: str
    verb: str
    patient: str
    adjective: str
    passive: bool = False
    yesterday: bool = False

    def words(self) -> tuple[str, ...]:
        """Return the sentence as it is written.

        Examples
        --------
        >>> " ".join(Sentence("cat", "sat on", "mat", "soft").words())
        'the cat sat on the mat because it was soft'
        >>> " ".join(Sentence("cat", "sat on", "mat", "tired", passive=True).words())
        'the mat was sat on by the cat because it was tired'
        """
        first, verb, second = self.agent, self.verb.split(), self.patient
        if self.passive:
            first, verb, second = second, ["was", *verb, "by"], first
        opening = ["yesterday"] * self.yesterday
        return (*opening, "the", first, *verb, "the", second, "because", "it", "was", self.adjective)

    def antecedent(self) -> str:
        """Return the noun that *it* stands for."""
        of_agent = self.adjective in ADJECTIVES[VERBS[self.verb]][0]
        return self.agent if of_agent else self.patient

    def exchanged(self) -> "Sentence":
        """Return the sentence with its two nouns exchanged: the same words in another order, and another antecedent."""
        return self._replace(agent=self.patient, patient=self.agent)


def is_held_out(sentence: Sentence) -> bool:
    """Tell whether the sentence's two nouns, in either order, are kept for testing: a quarter of all pairs."""
    return (NOUNS.index(sentence.agent) + NOUNS.index(sentence.patient)) % 4 == 0


def draw_sentence(rng: random.Random, kind: str, *, held_out: bool) -> Sentence:
    """Draw a sentence; of kind ``"kind"`` a mover acts on a thing, of kind ``"role"`` one mover acts on another.

    Raises
    ------
    TypeError, ValueError
        If `kind` is neither.
    """
    check_word("kind", kind, KINDS)
    while True:
        agent, patient = (rng.choice(MOVERS), rng.choice(THINGS)) if kind == "kind" else rng.sample(MOVERS, 2)
        verb = rng.choice(list(VERBS))
        adjective = rng.choice(rng.choice(ADJECTIVES[VERBS[verb]]))
        sentence = Sentence(agent, verb, patient, adjective, rng.random() < 0.5, rng.random() < 0.5)
        if is_held_out(sentence) == held_out:
            return sentence


def draw_training(number: int, *, seed: int = 0) -> list[Sentence]:
    """Draw sentences of both kinds, half and half, none of them held out.

    Raises
    ------
    TypeError, ValueError
        If `number` is not a whole number, 0 or more.
    """
    check_count("number", number)
    rng = random.Random(seed)
    return [draw_sentence(rng, KINDS[n % 2], held_out=False) for n in range(number)]


def draw_twins(number: int, kind: str, *, seed: int = 0) -> list[Sentence]:
    """Draw held-out sentences, each beside its twin, which differs in the last word and in the antecedent.

    Raises
    ------
    TypeError, ValueError
        If `number` is not a whole number, 0 or more, or `kind` is neither "kind" nor "role".
    """
    check_count("number", number)
    rng, found = random.Random(seed), []
    for _ in range(number):
        sentence = draw_sentence(rng, kind, held_out=True)
        found += [sentence._replace(adjective=rng.choice(group)) for group in ADJECTIVES[VERBS[sentence.verb]]]
    return found


VOCABULARY = Vocabulary(
    [
        Sentence(noun, verb, noun, adjective, True, True).words()
        for noun in NOUNS
        for verb, sort in VERBS.items()
        for group in ADJECTIVES[sort]
        for adjective in group
    ]
)


class CoreferenceBatch(NamedTuple):
    """Sentences as numbers, padded on the right, and where three of their words stand."""

    words: np.ndarray
    lengths: np.ndarray
    it: np.ndarray
    """The position of *it*."""
    antecedent: np.ndarray
    """The position of the noun that *it* stands for."""
    other: np.ndarray
    """The position of the other noun."""
    answer: np.ndarray
    """The antecedent's place in NOUNS."""


def make_batch(sentences: list[Sentence], *, shuffle: random.Random | None = None) -> CoreferenceBatch:
    """Turn sentences into arrays of numbers; with `shuffle`, the words of each in a random order."""
    rows, places = [], []
    for sentence in sentences:
        words = list(sentence.words())
        if shuffle is not None:
            shuffle.shuffle(words)
        right = sentence.antecedent()
        wrong = sentence.agent if right == sentence.patient else sentence.patient
        rows.append(VOCABULARY.encode(words))
        places.append([*(words.index(word) for word in ("it", right, wrong)), NOUNS.index(right)])
    return CoreferenceBatch(*pad(rows), *np.array(places, dtype=np.int64).T)
