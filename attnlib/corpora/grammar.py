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

import difflib
import hashlib
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from attnlib.arrays import check_count
from attnlib.corpora.lexicon import (
    ADJECTIVES,
    FRENCH_DETERMINERS,
    KOREAN_DETERMINERS,
    KOREAN_NEGATIVE,
    KOREAN_SUPPLETIVE,
    NOUNS,
    PRONOUNS,
    VERBS,
    begins_with_vowel,
    final_consonant,
    honorific,
    polite,
)

Skeleton = tuple[str, str, str]  # the heads of subject, verb and object
Words = list[tuple[str, tuple[str, ...]]]  # each word with the parts of the meaning that it expresses

ELIDED = {"je", "me", "te", "le", "la", "ne", "de"}
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


@dataclass(frozen=True)
class NounPhrase:
    """A determiner ("the", "a", "my", "this"), up to two adjectives, and a noun. `noun` is always singular.

    French puts one adjective before the noun and one after it. English says them in the same order.
    """

    noun: str
    determiner: str = "the"
    adjectives: tuple[str, ...] = ()
    plural: bool = False

    def __post_init__(self) -> None:
        """Check each word, and that the words agree."""
        _check_word("the noun", self.noun, NOUNS)
        _check_word("the determiner", self.determiner, FRENCH_DETERMINERS)
        if not isinstance(self.adjectives, tuple):
            raise TypeError(f"adjectives is {self.adjectives!r}, expected a tuple of words: ('small',)")
        for word in self.adjectives:
            _check_word("the adjective", word, ADJECTIVES)
        order = [ADJECTIVES[word].before for word in self.adjectives]
        if order not in ([], [True], [False], [True, False]):
            before = ", ".join(word for word, adjective in ADJECTIVES.items() if adjective.before)
            raise ValueError(
                f"adjectives is {self.adjectives}, expected one of {before}, then one of the others, or fewer"
            )
        if self.plural and self.determiner == "a":
            raise ValueError(f"'a' with a plural: {NOUNS[self.noun].english[-1]!r} needs 'the', 'my' or 'this'")
        if len(NOUNS[self.noun].english) == 1 and (self.plural or self.determiner == "a"):
            raise ValueError(f"{self.noun!r} is not counted here: no 'a' and no plural")


@dataclass(frozen=True)
class Clause:
    """Who does what, to whom, where.

    Parameters
    ----------
    subject : str or NounPhrase
        A pronoun ("I", "you", "he", "she", "we", "they") or a phrase such as "the small black cats".
    verb : str
        As in the infinitive: "love", "listen to".
    object : str or NounPhrase, optional
        A pronoun ("me", "you", "him", "her", "us", "them") or a phrase.
    negated : bool
        "does not".
    place : str or NounPhrase, optional
        The phrase after "in".

    Raises
    ------
    ValueError
        If a word is not in the table, or the words do not make a clause.

    Examples
    --------
    >>> " ".join(translate(Clause("a small owl", "see", "the horses", negated=True), "french").target)
    'un petit hibou ne voit pas les chevaux .'
    """

    subject: "str | NounPhrase"
    verb: str
    object: "str | NounPhrase | None" = None
    negated: bool = False
    place: "str | NounPhrase | None" = None

    def __post_init__(self) -> None:
        """Read phrases given as words, and check that they make a clause."""
        _check_word("verb", self.verb, VERBS)
        if not isinstance(self.negated, bool):
            raise TypeError(f"negated is {self.negated!r}, expected True or False (a place is place='the garden')")
        for role, pronouns in (("subject", SUBJECTS), ("object", OBJECTS), ("place", {})):
            phrase = getattr(self, role)
            if isinstance(phrase, str) and phrase not in pronouns:
                object.__setattr__(self, role, _read_phrase(role, phrase, pronouns))
            elif not isinstance(phrase, (str, NounPhrase)) and (role == "subject" or phrase is not None):
                raise TypeError(f"{role} is {phrase!r}, expected words such as 'the small cats', or a NounPhrase")
        if self.object is not None and not VERBS[self.verb].objects:
            raise ValueError(f"object is {_head(self.object)!r}, but {self.verb!r} takes no object")
        if self.object is None and VERBS[self.verb].objects:
            raise ValueError(f"object is None, but {self.verb!r} needs one: whom, or what?")
        if _is_reflexive(self.subject, self.object):
            raise ValueError(f"'{self.subject} … {self.object}' is reflexive (myself …), which this grammar leaves out")


SUBJECTS = {pronoun.english[0]: pronoun for pronoun in PRONOUNS.values()}
OBJECTS = {pronoun.english[1]: pronoun for pronoun in PRONOUNS.values()}


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
    _check_word("language", language, LANGUAGES)
    clauses = [clauses] if isinstance(clauses, Clause) else list(clauses)
    if not clauses:
        raise ValueError("clauses is empty, expected at least one Clause")
    for clause in clauses:
        if not isinstance(clause, Clause):
            raise TypeError(f"clauses holds {clause!r}, expected Clause('I', 'love', 'you')")
    source, target = _sentence(clauses, _english), _sentence(clauses, LANGUAGES[language])
    target = _elide(target) if language == "french" else target
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
    no object, the place stands in for it. "I love you" is a test sentence. In a sentence of several clauses, all of them
    belong to the same part. The English sentences are the same for both languages.

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
    _check_word("language", language, LANGUAGES)
    _check_word("part", part, ("train", "test"))
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


def _check_word(name: str, word: str, known, expected: str = "") -> None:
    if isinstance(word, str) and word in known:
        return
    near = difflib.get_close_matches(str(word), known, n=1)
    expected = expected or f"one of {', '.join(known)}"
    raise ValueError(f"{name} is {word!r}, " + (f"did you mean {near[0]!r}?" if near else f"expected {expected}"))


def _check_clauses(clauses: tuple[int, int]) -> tuple[int, int]:
    if not isinstance(clauses, Sequence) or len(clauses) != 2:
        raise TypeError(f"clauses is {clauses!r}, expected two whole numbers, the least and the most: (1, 3)")
    check_count("clauses[0]", clauses[0], least=1)
    check_count("clauses[1]", clauses[1], least=1)
    if clauses[0] > clauses[1]:
        raise ValueError(f"clauses is {clauses}, expected the least first: ({clauses[1]}, {clauses[0]})")
    return clauses


def _read_phrase(role: str, phrase: str, pronouns) -> NounPhrase:
    """Read "the small black cats" or "an owl"."""
    singular = {form: word for word, entry in NOUNS.items() for form in entry.english}
    if len(phrase.split()) < 2:
        known = [*pronouns, *(f"the {form}" for form in singular)]
        _check_word(role, phrase, known, ", ".join([*pronouns, "a phrase such as 'the small cats'"]))
    determiner, *adjectives, noun = phrase.split()
    _check_word(f"the noun of the {role}", noun, singular)
    determiner = {"an": "a", "these": "this"}.get(determiner, determiner)
    read = NounPhrase(singular[noun], determiner, tuple(adjectives), noun != singular[noun])
    meant = " ".join(word for word, _ in _english_phrase(read, role))
    if meant != phrase:
        raise ValueError(f"{role} is {phrase!r}, did you mean {meant!r}?")
    return read


# Spelling out a clause


def _sentence(clauses: Sequence[Clause], spell) -> Words:
    """Join the clauses, so that the keys of each are its own."""
    words: Words = []
    for number, clause in enumerate(clauses):
        final = number == len(clauses) - 1
        words += [(word, tuple(f"{number}.{key}" for key in keys)) for word, keys in spell(clause, final)]
    return [*words, (".", ("stop",))]


def _english(clause: Clause, final: bool) -> Words:
    subject = clause.subject
    third = subject in ("he", "she") or (isinstance(subject, NounPhrase) and not subject.plural)
    words = _english_phrase(subject, "subject")
    if clause.negated:
        words += [("does" if third else "do", ()), ("not", ("negation",))]
    words += [(word, ("verb",)) for word in VERBS[clause.verb].english[third and not clause.negated]]
    words += _english_phrase(clause.object, "object")
    if clause.place:
        words += [("in", ("in",)), *_english_phrase(clause.place, "place")]
    return words if final else [*words, ("and", ("and",))]


def _english_phrase(phrase: str | NounPhrase | None, role: str) -> Words:
    if not isinstance(phrase, NounPhrase):
        return [(phrase, (f"{role}.noun",))] if phrase else []
    words = [*phrase.adjectives, NOUNS[phrase.noun].english[phrase.plural]]
    determiner = {("a", False): "an" if words[0][0] in "aeiou" else "a", ("this", True): "these"}
    determiner = determiner.get((phrase.determiner, phrase.plural), phrase.determiner)
    keys = ["determiner", *phrase.adjectives, "noun"]
    return [(word, (f"{role}.{key}",)) for word, key in zip([determiner, *words], keys)]


def _french(clause: Clause, final: bool) -> Words:
    subject, clitic = SUBJECTS.get(clause.subject), OBJECTS.get(clause.object)
    row = subject.row if subject else (4 if clause.subject.plural else 2)
    verb = [(VERBS[clause.verb].french[row], ("verb",))]
    if clitic:
        verb = [(clitic.french[1], ("object.noun",)), *verb]
    if clause.negated:
        verb = [("ne", ("negation",)), *verb, ("pas", ("negation",))]
    words = [(subject.french[0], ("subject.noun",))] if subject else _french_phrase(clause.subject, "subject")
    words += verb
    if clause.object and not clitic:
        words += _french_phrase(clause.object, "object", none=clause.negated and VERBS[clause.verb].is_event)
    if clause.place:
        words += [("dans", ("in",)), *_french_phrase(clause.place, "place")]
    return words if final else [*words, ("et", ("and",))]


def _french_phrase(phrase: NounPhrase, role: str, none: bool = False) -> Words:
    """Put one adjective before the noun and the other behind it. With `none`, "a" is *de*: je ne vois pas de chat."""
    entry = NOUNS[phrase.noun]
    feminine, word = entry.gender == "f", entry.french[phrase.plural]
    words = [(word, (f"{role}.noun",))]
    for adjective in map(ADJECTIVES.get, phrase.adjectives):
        linked = adjective.before and not feminine and not phrase.plural and begins_with_vowel(word)
        form = adjective.french[4 if linked else feminine + 2 * phrase.plural]
        form = (form, (f"{role}.{adjective.english}",))
        words = [form, *words] if adjective.before else [*words, form]
    forms = FRENCH_DETERMINERS[phrase.determiner]
    linked = begins_with_vowel(words[0][0])
    determiner = forms[2] if phrase.plural else forms[feminine + 3 * linked]
    determiner = "de" if none and phrase.determiner == "a" else determiner
    return [(determiner, (f"{role}.determiner",)), *words]


def _elide(words: Words) -> Words:
    """Drop the vowel of je, te, le … before a vowel: je aime is j' aime."""
    following = [word for word, _ in words[1:]] + ["."]
    return [
        (f"{word[:-1]}'" if word in ELIDED and begins_with_vowel(after) else word, keys)
        for (word, keys), after in zip(words, following)
    ]


def _korean(clause: Clause, final: bool) -> Words:
    """Subject, place, object, verb. A known subject is the topic (은), a new one ("a cat") is not (이)."""
    subject = clause.subject
    honoured = isinstance(subject, NounPhrase) and NOUNS[subject.noun].sort == "elder"
    new = isinstance(subject, NounPhrase) and subject.determiner == "a"
    plain, honorifics = (("이", "가"), ("께서", "께서")) if new else (("은", "는"), ("께서는", "께서는"))
    words = _korean_phrase(subject, "subject", honorifics if honoured else plain)
    if clause.place:
        words += [*_korean_phrase(clause.place, "place"), ("에서", ("in",))]
    if clause.object:
        words += _korean_phrase(clause.object, "object", ("을", "를"))
    return words + _korean_verb(VERBS[clause.verb].korean, honoured, clause.negated, final)


def _korean_phrase(phrase: str | NounPhrase, role: str, particles: tuple[str, ...] = ()) -> Words:
    """Say a phrase with its particle: the first after a final consonant, the second after a vowel."""
    noun = (f"{role}.noun",)
    if isinstance(phrase, NounPhrase):
        entry, determiner = NOUNS[phrase.noun], KOREAN_DETERMINERS[phrase.determiner]
        words = [(determiner, (f"{role}.determiner",))] if determiner else []
        for adjective in map(ADJECTIVES.get, phrase.adjectives):
            living = entry.sort in ("person", "child", "animal")
            form = adjective.korean_living if living else adjective.korean
            words += [(form, (f"{role}.{adjective.english}",))]
        words += [(entry.korean, noun)] + [("들", noun)] * phrase.plural
    else:
        words = [({**SUBJECTS, **OBJECTS}[phrase].korean, noun)]
    if particles:
        words += [(particles[not final_consonant(words[-1][0])], noun)]
    return words


def _korean_verb(stem: str, honoured: bool, negated: bool, final: bool) -> Words:
    """End the clause with 합니다, with 하지 않습니다, or, where another clause follows, with 하고."""
    words, keys = [], ("verb",)
    if negated and stem in KOREAN_NEGATIVE:
        stem, keys = KOREAN_NEGATIVE[stem], ("verb", "negation")
    elif negated:
        lexical = honorific(stem) if honoured and stem in KOREAN_SUPPLETIVE else stem
        words, stem, keys = [(lexical + "지", keys)], "않", ("negation",)
    stem = honorific(stem) if honoured else stem
    return [*words, (polite(stem), keys) if final else (stem + "고", (*keys, "and"))]


LANGUAGES = {"french": _french, "korean": _korean}


# Drawing a clause


def _head(phrase: str | NounPhrase | None) -> str:
    return phrase.noun if isinstance(phrase, NounPhrase) else phrase or ""


def _skeleton(clause: Clause) -> Skeleton:
    return _head(clause.subject), clause.verb, _head(clause.object or clause.place)


def _is_reflexive(subject, object) -> bool:
    """Tell whether the same person is meant twice (I see me, I see us). "He sees him" can be two people."""
    subject, object = (words.get(word) for words, word in ((SUBJECTS, subject), (OBJECTS, object)))
    return bool(subject and object) and {subject.row, object.row} in ({0}, {1}, {3}, {0, 3})


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
            if subject != object and not _is_reflexive(subject, object) and _is_test(skeleton) == (part == "test"):
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
