"""The meaning of a sentence: clauses and the phrases in them, read from English words."""

from dataclasses import dataclass

from attnlib.arrays import check_word
from attnlib.corpora.grammar.lexicon import ADJECTIVES, FRENCH_DETERMINERS, NOUNS, PRONOUNS, VERBS

Words = list[tuple[str, tuple[str, ...]]]  # each word with the parts of the meaning that it expresses


@dataclass(frozen=True)
class NounPhrase:
    """A determiner ("the", "a", "my", "this"), up to two adjectives, and a noun. `noun` is always singular.

    French puts one adjective before the noun and one after it. English says them in the same order.

    Raises
    ------
    TypeError, ValueError
        If a word is not in the table, the words do not make a phrase, or `plural` is not True or False.

    Examples
    --------
    >>> NounPhrase("owl", "this", ("old",), plural=True) == Clause("these old owls", "sleep").subject
    True
    """

    noun: str
    determiner: str = "the"
    adjectives: tuple[str, ...] = ()
    plural: bool = False

    def __post_init__(self) -> None:
        """Check each word, and that the words agree."""
        check_word("the noun", self.noun, NOUNS)
        check_word("the determiner", self.determiner, FRENCH_DETERMINERS)
        if not isinstance(self.adjectives, tuple):
            raise TypeError(f"adjectives is {self.adjectives!r}, expected a tuple of words: ('small',)")
        if not isinstance(self.plural, bool):
            raise TypeError(f"plural is {self.plural!r}, expected True or False")
        for word in self.adjectives:
            check_word("the adjective", word, ADJECTIVES)
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
    TypeError, ValueError
        If a word is not in the table, the words do not make a clause, or `negated` is not True or False.

    Examples
    --------
    >>> from attnlib.corpora.grammar import translate
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
        check_word("verb", self.verb, VERBS)
        if not isinstance(self.negated, bool):
            raise TypeError(f"negated is {self.negated!r}, expected True or False (a place is place='the garden')")
        for role, pronouns in (("subject", SUBJECTS), ("object", OBJECTS), ("place", {})):
            phrase = getattr(self, role)
            if isinstance(phrase, str) and phrase not in pronouns:
                object.__setattr__(self, role, _read_phrase(role, phrase, pronouns))
            elif not isinstance(phrase, (str, NounPhrase)) and (role == "subject" or phrase is not None):
                raise TypeError(f"{role} is {phrase!r}, expected words such as 'the small cats', or a NounPhrase")
        if self.object is not None and not VERBS[self.verb].objects:
            raise ValueError(f"object is {head_of(self.object)!r}, but {self.verb!r} takes no object")
        if self.object is None and VERBS[self.verb].objects:
            raise ValueError(f"object is None, but {self.verb!r} needs one: whom, or what?")
        if is_reflexive(self.subject, self.object):
            raise ValueError(f"'{self.subject} … {self.object}' is reflexive (myself …), which this grammar leaves out")


SUBJECTS = {pronoun.english[0]: pronoun for pronoun in PRONOUNS.values()}
OBJECTS = {pronoun.english[1]: pronoun for pronoun in PRONOUNS.values()}


def english_phrase(phrase: str | NounPhrase | None, role: str) -> Words:
    """Say a pronoun or a phrase in English; each word carries the part of the meaning it expresses.

    Examples
    --------
    >>> english_phrase(NounPhrase("owl", "a"), "subject")
    [('an', ('subject.determiner',)), ('owl', ('subject.noun',))]
    """
    if not isinstance(phrase, NounPhrase):
        return [(phrase, (f"{role}.noun",))] if phrase else []
    words = [*phrase.adjectives, NOUNS[phrase.noun].english[phrase.plural]]
    determiner = {("a", False): "an" if words[0][0] in "aeiou" else "a", ("this", True): "these"}
    determiner = determiner.get((phrase.determiner, phrase.plural), phrase.determiner)
    keys = ["determiner", *phrase.adjectives, "noun"]
    return [(word, (f"{role}.{key}",)) for word, key in zip([determiner, *words], keys)]


def head_of(phrase: str | NounPhrase | None) -> str:
    """Return the noun of a phrase, a pronoun itself, or "" for nothing.

    Examples
    --------
    >>> head_of(NounPhrase("owl", "a")), head_of("she"), head_of(None)
    ('owl', 'she', '')
    """
    return phrase.noun if isinstance(phrase, NounPhrase) else phrase or ""


def _read_phrase(role: str, phrase: str, pronouns) -> NounPhrase:
    """Read "the small black cats" or "an owl"."""
    singular = {form: word for word, entry in NOUNS.items() for form in entry.english}
    if len(phrase.split()) < 2:
        known = [*pronouns, *(f"the {form}" for form in singular)]
        check_word(role, phrase, known, ", ".join([*pronouns, "a phrase such as 'the small cats'"]))
    determiner, *adjectives, noun = phrase.split()
    check_word(f"the noun of the {role}", noun, singular)
    determiner = {"an": "a", "these": "this"}.get(determiner, determiner)
    read = NounPhrase(singular[noun], determiner, tuple(adjectives), noun != singular[noun])
    meant = " ".join(word for word, _ in english_phrase(read, role))
    if meant != phrase:
        raise ValueError(f"{role} is {phrase!r}, did you mean {meant!r}?")
    return read


def is_reflexive(subject, object) -> bool:
    """Tell whether the same person is meant twice (I see me, I see us). "He sees him" can be two people.

    Examples
    --------
    >>> is_reflexive("I", "us"), is_reflexive("he", "him")
    (True, False)
    """
    subject, object = (words.get(word) for words, word in ((SUBJECTS, subject), (OBJECTS, object)))
    return bool(subject and object) and {subject.row, object.row} in ({0}, {1}, {3}, {0, 3})
