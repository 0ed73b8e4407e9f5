"""The tokens of a language and their numbers, and what a sentence is."""

from collections.abc import Collection, Iterable, Sequence
from reprlib import repr as brief
from typing import Any

from attnlib.arrays import check_count, check_word

PAD, BEGIN, END = 0, 1, 2
SPECIAL = ("<pad>", "<begin>", "<end>")


class Vocabulary:
    """The tokens of a language, numbered: first padding, begin and end, then all others in alphabetical order.

    Parameters
    ----------
    sentences : iterable of sequences of str
        Every token in them gets a number.

    Raises
    ------
    TypeError, ValueError
        If `sentences` are no sequences of strings, or hold no token at all.

    Examples
    --------
    >>> words = Vocabulary([("I", "love", "you")])
    >>> words.encode(("you", "love", "I"))
    [5, 4, 3]
    >>> words.decode([1, 5, 4, 3, 2, 0, 0])
    ('you', 'love', 'I')
    >>> len(words)
    6
    """

    def __init__(self, sentences: Iterable[Sequence[str]]):
        if isinstance(sentences, Iterable) and not isinstance(sentences, str):
            sentences = list(sentences)
        check_sentences("sentences", sentences)
        tokens = sorted({token for sentence in sentences for token in sentence})
        if not tokens:
            raise ValueError("sentences has no token: a vocabulary needs at least one")
        self.tokens = (*SPECIAL, *tokens)
        self.numbers = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        """Count the tokens, the three special ones included."""
        return len(self.tokens)

    def encode(self, sentence: Sequence[str]) -> list[int]:
        """Turn tokens into numbers.

        Raises
        ------
        TypeError, ValueError
            If the sentence is no sequence of tokens, is empty, or has a token that is not in the vocabulary.

        Examples
        --------
        >>> Vocabulary([("I", "love", "you")]).encode(("I", "love", "I"))
        [3, 4, 3]
        """
        check_tokens("sentence", sentence)
        if len(sentence) == 0:
            raise ValueError("sentence is empty, expected at least one token")
        for token in sentence:
            if token not in self.numbers:
                check_word("token", token, self.numbers, f"one of the vocabulary's {len(self) - len(SPECIAL)} tokens")
        return [self.numbers[token] for token in sentence]

    def decode(self, numbers: Iterable) -> tuple[str, ...]:
        """Turn numbers into tokens, up to the first end; padding and begin are left out.

        Raises
        ------
        TypeError, ValueError
            If `numbers` is no sequence of whole numbers, or one of them belongs to no token.

        Examples
        --------
        >>> Vocabulary([("I", "love", "you")]).decode([1, 3, 4, 2, 5])
        ('I', 'love')
        """
        if not isinstance(numbers, Iterable) or isinstance(numbers, str) or getattr(numbers, "ndim", 1) != 1:
            raise TypeError(f"numbers is {numbers!r}, expected those of one sentence, such as [3, 4, 2]")
        found = []
        for number in numbers:
            check_count("the number of a token", number)
            if number == END:
                break
            if number >= len(self):
                raise ValueError(f"the number of a token is {number}, expected 0 to {len(self) - 1}")
            if number not in (PAD, BEGIN):
                found.append(self.tokens[number])
        return tuple(found)


def check_tokens(name: str, sentence: Any) -> None:
    """Check that a sentence is a sequence of strings, and not one string, whose tokens would be its letters.

    Raises
    ------
    TypeError
        If it is a string, no sequence, or holds anything but strings.
    """
    if isinstance(sentence, str):
        raise TypeError(f"{name} is the string {sentence!r}, expected a sequence of tokens: {sentence!r}.split()")
    if not isinstance(sentence, Collection):
        raise TypeError(f"{name} is {sentence!r}, expected a sequence of tokens, such as ('I', 'love', 'you')")
    for token in sentence:
        if isinstance(token, Collection) and not isinstance(token, str):
            raise TypeError(
                f"{name} holds {token!r}, expected tokens: if it is a list of sentences, one of them is {name}[0]"
            )
        if not isinstance(token, str):
            raise TypeError(f"{name} holds {token!r}, expected tokens, which are strings")


def check_sentences(name: str, sentences: Any) -> None:
    """Check that `sentences` is a list of sequences of tokens, and neither one sentence nor text.

    Raises
    ------
    TypeError
        If it is a string, no list, or holds anything but sequences of strings.
    """
    if isinstance(sentences, str):
        raise TypeError(f"{name} is the string {brief(sentences)}, expected a list of sentences: [{name}.split()]")
    if not isinstance(sentences, Collection):
        mend = f"list({name})" if isinstance(sentences, Iterable) else "[('I', 'love', 'you')]"
        raise TypeError(f"{name} is {brief(sentences)}, expected a list of sentences: {mend}")
    if len(sentences) and all(isinstance(sentence, str) for sentence in sentences):
        texts = any(len(sentence.split()) > 1 for sentence in sentences)
        mend = f"[sentence.split() for sentence in {name}]" if texts else f"[{name}]"
        held = f"{name} holds strings, {brief(sentences)}"
        raise TypeError(f"{held}, expected sentences, each a sequence of tokens: {mend}")
    for place, sentence in enumerate(sentences):
        check_tokens(f"{name}[{place}]", sentence)


def check_vocabulary(name: str, words: Any) -> None:
    """Check that `words` is a Vocabulary.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if not isinstance(words, Vocabulary):
        raise TypeError(f"{name} is a {type(words).__name__}, expected a Vocabulary: Vocabulary(sentences) makes one")
