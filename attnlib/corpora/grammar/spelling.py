"""How English, French and Korean say a clause: words in order, each with the parts of the meaning it expresses."""

from collections.abc import Sequence

from attnlib.corpora.grammar.clauses import OBJECTS, SUBJECTS, Clause, NounPhrase, Words, english_phrase
from attnlib.corpora.grammar.lexicon import (
    ADJECTIVES,
    FRENCH_DETERMINERS,
    KOREAN_DETERMINERS,
    KOREAN_NEGATIVE,
    KOREAN_SUPPLETIVE,
    NOUNS,
    VERBS,
    begins_with_vowel,
    final_consonant,
    honorific,
    polite,
)

ELIDED = {"je", "me", "te", "le", "la", "ne", "de"}


def spell(clauses: Sequence[Clause], language: str) -> Words:
    """Say clauses joined by "and" in a language; the keys of each clause are its own.

    Examples
    --------
    >>> spell([Clause("I", "sleep")], "french")
    [('je', ('0.subject.noun',)), ('dors', ('0.verb',)), ('.', ('stop',))]
    """
    words: Words = []
    for number, clause in enumerate(clauses):
        said = _SPEAKERS[language](clause, number == len(clauses) - 1)
        words += [(word, tuple(f"{number}.{key}" for key in keys)) for word, keys in said]
    words.append((".", ("stop",)))
    return _elide(words) if language == "french" else words


def _english(clause: Clause, final: bool) -> Words:
    subject = clause.subject
    third = subject in ("he", "she") or (isinstance(subject, NounPhrase) and not subject.plural)
    words = english_phrase(subject, "subject")
    if clause.negated:
        words += [("does" if third else "do", ()), ("not", ("negation",))]
    words += [(word, ("verb",)) for word in VERBS[clause.verb].english[third and not clause.negated]]
    words += english_phrase(clause.object, "object")
    if clause.place:
        words += [("in", ("in",)), *english_phrase(clause.place, "place")]
    return words if final else [*words, ("and", ("and",))]


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


_SPEAKERS = {"english": _english, "french": _french, "korean": _korean}
LANGUAGES = tuple(_SPEAKERS)[1:]
