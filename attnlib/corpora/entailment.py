"""Does one sentence follow from another? Pairs drawn from a small language whose logic is known.

``dogs chase cats`` is read as *at least one dog chases at least one cat*, ``dogs never chase cats`` as *none does*.
So a statement follows from narrower ones, and a denial from broader ones: the direction flips under ``never``.
"""

import random
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from attnlib.arrays import check_count
from attnlib.corpora.batches import check_corpus, pad
from attnlib.corpora.vocabulary import Vocabulary

LABELS = ("entailment", "contradiction", "neutral")
ANIMALS, PEOPLE = ("dogs", "cats", "horses", "birds"), ("girls", "boys", "women", "men")
BROADER = {**dict.fromkeys(ANIMALS, "animals"), **dict.fromkeys(PEOPLE, "people"), "chase": "follow"}
NOUNS = (*ANIMALS, "animals", *PEOPLE, "people")
VERBS = ("chase", "follow", "meet")
SYMMETRIC = ("meet",)
SIZES = ("", "small", "large")
HELD_OUT = tuple(map(frozenset, (("dogs", "girls"), ("cats", "boys"), ("animals", "boys"))))
VOCABULARY = Vocabulary([(*SIZES[1:], *NOUNS, "never", *VERBS)])


class Sentence(NamedTuple):
    """Who does what to whom, or never does; subject and object are (size, noun), and the size may be "".

    Examples
    --------
    >>> Sentence(("small", "dogs"), "chase", ("", "cats")).words()
    ('small', 'dogs', 'chase', 'cats')
    """

    subject: tuple[str, str]
    verb: str
    object: tuple[str, str]
    negative: bool = False

    def slots(self) -> tuple[str, ...]:
        """Return six words, "" where there is none: size, noun, never, verb, size, noun.

        Examples
        --------
        >>> parse("small dogs chase cats").slots()
        ('small', 'dogs', '', 'chase', '', 'cats')
        """
        return (*self.subject, "never" if self.negative else "", self.verb, *self.object)

    def words(self) -> tuple[str, ...]:
        """Return the sentence as it is written.

        Examples
        --------
        >>> Sentence(("small", "dogs"), "chase", ("", "cats"), True).words()
        ('small', 'dogs', 'never', 'chase', 'cats')
        """
        return tuple(filter(None, self.slots()))

    def swapped(self) -> "Sentence":
        """Return the same words with subject and object exchanged.

        Examples
        --------
        >>> parse("small dogs chase cats").swapped().words()
        ('cats', 'chase', 'small', 'dogs')
        """
        return self._replace(subject=self.object, object=self.subject)


class Pair(NamedTuple):
    """Two sentences, a label of LABELS, and links: positions (in premise, in hypothesis) of corresponding words.

    Examples
    --------
    >>> pair = make_pair(parse("small dogs chase cats"), parse("dogs chase cats"))
    >>> pair.label, sorted(pair.links)
    ('entailment', [(1, 0), (2, 1), (3, 2)])
    """

    premise: tuple[str, ...]
    hypothesis: tuple[str, ...]
    label: str
    links: frozenset[tuple[int, int]]


def parse(text: str) -> Sentence:
    """Read a written sentence.

    Raises
    ------
    TypeError, ValueError
        If `text` is no string, or not of the language.

    Examples
    --------
    >>> parse("dogs never chase small cats")
    Sentence(subject=('', 'dogs'), verb='chase', object=('small', 'cats'), negative=True)
    """
    if not isinstance(text, str):
        raise TypeError(f"text is {text!r}, expected a string: {_as_text(text)!r}")
    rest, slots = text.split(), []
    for choices in (SIZES[1:], NOUNS, ("never",), VERBS, SIZES[1:], NOUNS):
        slots.append(rest.pop(0) if rest and rest[0] in choices else "")
    if rest or not (slots[1] and slots[3] and slots[5]):
        raise ValueError(f"text is {text!r}, expected [size] noun [never] verb [size] noun, of {VOCABULARY.tokens[3:]}")
    return Sentence((slots[0], slots[1]), slots[3], (slots[4], slots[5]), bool(slots[2]))


def judge(premise: Sentence, hypothesis: Sentence) -> str:
    """Return the label of a pair.

    Raises
    ------
    TypeError
        If premise or hypothesis is no Sentence.

    Examples
    --------
    >>> judge(parse("small dogs chase cats"), parse("dogs follow animals"))
    'entailment'
    >>> judge(parse("dogs never chase cats"), parse("small dogs chase cats"))
    'contradiction'
    >>> judge(parse("dogs chase cats"), parse("cats chase dogs"))
    'neutral'
    """
    _check_parsed(premise=premise, hypothesis=hypothesis)
    if not (_covers(premise, hypothesis) if premise.negative else _covers(hypothesis, premise)):
        return "neutral"
    return "entailment" if premise.negative == hypothesis.negative else "contradiction"


def _covers(broad: Sentence, narrow: Sentence) -> bool:
    if broad.verb not in (narrow.verb, BROADER.get(narrow.verb)):
        return False
    ways = (narrow, narrow.swapped()) if narrow.verb in SYMMETRIC else (narrow,)
    return any(_is_a(way.subject, broad.subject) and _is_a(way.object, broad.object) for way in ways)


def _is_a(narrow: tuple[str, str], broad: tuple[str, str]) -> bool:
    return broad[0] in ("", narrow[0]) and broad[1] in (narrow[1], BROADER.get(narrow[1]))


def make_pair(premise: Sentence, hypothesis: Sentence, *, crosswise: bool = False) -> Pair:
    """Judge two sentences and link their words slot by slot, or ``crosswise``: subject with object.

    Raises
    ------
    TypeError
        If premise or hypothesis is no Sentence.

    Examples
    --------
    >>> pair = make_pair(parse("dogs meet cats"), parse("cats meet dogs"), crosswise=True)
    >>> pair.label, sorted(pair.links)
    ('entailment', [(0, 2), (1, 1), (2, 0)])
    """
    _check_parsed(premise=premise, hypothesis=hypothesis)
    order = (4, 5, 2, 3, 0, 1) if crosswise else range(6)
    here, there = ([sum(map(bool, s.slots()[:n])) for n in range(6)] for s in (premise, hypothesis))
    pairs = [(i, j) for j, i in enumerate(order) if premise.slots()[i] and hypothesis.slots()[j]]
    links = frozenset((here[i], there[j]) for i, j in pairs)
    return Pair(premise.words(), hypothesis.words(), judge(premise, hypothesis), links)


def twins(sentence: Sentence) -> tuple[Pair, Pair]:
    """Return two pairs that only order tells apart: a sentence after itself, and after itself with nouns exchanged.

    Raises
    ------
    TypeError, ValueError
        If `sentence` is no Sentence, or its verb is symmetric.

    Examples
    --------
    >>> [(" ".join(pair.premise), pair.label) for pair in twins(parse("dogs chase girls"))]
    [('dogs chase girls', 'entailment'), ('girls chase dogs', 'neutral')]
    """
    _check_parsed(sentence=sentence)
    if sentence.verb in SYMMETRIC:
        raise ValueError(f"the verb {sentence.verb!r} is symmetric: order decides nothing, choose another")
    return make_pair(sentence, sentence), make_pair(sentence.swapped(), sentence, crosswise=True)


def is_held_out(sentence: Sentence) -> bool:
    """Tell whether the sentence's two nouns, in either order, are kept for testing.

    Raises
    ------
    TypeError
        If `sentence` is no Sentence.

    Examples
    --------
    >>> [is_held_out(parse(text)) for text in ("girls meet dogs", "girls meet cats")]
    [True, False]
    """
    _check_parsed(sentence=sentence)
    return {sentence.subject[1], sentence.object[1]} in HELD_OUT


def draw_sentence(rng: random.Random, *, held_out: bool) -> Sentence:
    """Draw any sentence of two different nouns that is held out, or any that is not.

    Raises
    ------
    TypeError
        If `rng` is no random.Random.

    Examples
    --------
    >>> is_held_out(draw_sentence(random.Random(0), held_out=True))
    True
    """
    if not isinstance(rng, random.Random):
        raise TypeError(f"rng is {rng!r}, expected a random.Random, such as random.Random(0)")
    while True:
        nouns, sizes = rng.sample(NOUNS, 2), rng.choices(SIZES, k=2)
        sentence = Sentence((sizes[0], nouns[0]), rng.choice(VERBS), (sizes[1], nouns[1]), rng.random() < 0.5)
        if is_held_out(sentence) == held_out:
            return sentence


def draw_pairs(number: int, *, held_out: bool = False, seed: int = 0) -> list[Pair]:
    """Draw pairs so that neither the hypothesis alone nor the number of shared words tells the label.

    The hypothesis is drawn first, then a label, then how many of its words to change (0, 1 or 2, where that can be).
    With ``held_out`` every hypothesis has held-out nouns; without, no sentence at all has.

    Raises
    ------
    TypeError, ValueError
        If `number` is not a whole number of 1 or more, or `seed` not one of 0 or more.

    Examples
    --------
    >>> pairs = draw_pairs(300)
    >>> [sum(pair.label == label for pair in pairs) > 80 for label in LABELS]
    [True, True, True]
    """
    check_count("number", number, least=1)
    check_count("seed", seed)
    rng, pairs = random.Random(seed), []
    for _ in range(number):
        hypothesis, label, changes = draw_sentence(rng, held_out=held_out), rng.choice(LABELS), 0
        for attempt in count():
            changes = changes if attempt % 20 else rng.randrange(3)  # not every number fits: draw again after a while
            premise, crosswise = _change(hypothesis, changes, label, rng), rng.random() < 0.4
            written = premise.swapped() if crosswise else premise
            fits = premise.subject[1] != premise.object[1] and (held_out or not is_held_out(premise))
            if fits and judge(written, hypothesis) == label:
                break
        pairs.append(make_pair(written, hypothesis, crosswise=crosswise))
    return pairs


def _change(sentence: Sentence, changes: int, label: str, rng: random.Random) -> Sentence:
    """Change so many slots: a size at random, a noun to one of its family, the verb to any; deny as the label asks."""
    slots = list(sentence.slots())
    for slot in rng.sample((0, 1, 3, 4, 5), changes):
        family = BROADER.get(slots[slot], slots[slot])
        kin = [noun for noun in NOUNS if family in (noun, BROADER.get(noun))]
        choices = VERBS if slot == 3 else kin if slot in (1, 5) else SIZES
        slots[slot] = rng.choice([word for word in choices if word != slots[slot]])
    negative = {"entailment": sentence.negative, "contradiction": not sentence.negative}.get(label, rng.random() < 0.5)
    return Sentence((slots[0], slots[1]), slots[3], (slots[4], slots[5]), negative)


class PairBatch(NamedTuple):
    """Pairs as numbers, padded on the right.

    Examples
    --------
    >>> make_pair_batch(twins(parse("small dogs chase girls"))).hypothesis_lengths
    array([4, 4])
    """

    premise: np.ndarray
    premise_lengths: np.ndarray
    hypothesis: np.ndarray
    hypothesis_lengths: np.ndarray
    label: np.ndarray


def make_pair_batch(pairs: Sequence[Pair], *, first: tuple[int, ...] = ()) -> PairBatch:
    """Turn pairs into arrays of numbers; the numbers of ``first`` are written before each sentence.

    Raises
    ------
    TypeError, ValueError
        If `pairs` is no list of pairs or has none, or a word is not of the language.

    Examples
    --------
    >>> batch = make_pair_batch(twins(parse("dogs chase girls")))
    >>> [VOCABULARY.decode(row) for row in batch.premise], batch.premise_lengths.tolist(), batch.label.tolist()
    ([('dogs', 'chase', 'girls'), ('girls', 'chase', 'dogs')], [3, 3], [0, 2])
    """
    check_corpus("pairs", pairs, "premise", "hypothesis", "label")
    if not isinstance(first, Sequence):
        raise TypeError(f"first is {first!r}, expected the numbers of tokens: (1,)")
    sides = [pad([[*first, *VOCABULARY.encode(pair[side])] for pair in pairs]) for side in (0, 1)]
    return PairBatch(*sides[0], *sides[1], np.array([LABELS.index(pair.label) for pair in pairs]))


def _check_parsed(**sentences: Any) -> None:
    for name, sentence in sentences.items():
        if not isinstance(sentence, Sentence):
            raise TypeError(f"{name} is {sentence!r}, expected a Sentence: parse({_as_text(sentence)!r})")


def _as_text(words: Any) -> str:
    """Return what ``parse`` takes in place of words, for a message that says so; an example where there are none."""
    words = words.split() if isinstance(words, str) else words
    is_text = isinstance(words, tuple | list) and words and all(isinstance(word, str) for word in words)
    return " ".join(words) if is_text else "dogs chase cats"
