import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attnlib.corpora.vocabulary import BEGIN, END, PAD, Vocabulary

TOKENS = st.text("abcdéß한 ", min_size=1, max_size=5)
SENTENCES = st.lists(st.lists(TOKENS, min_size=1, max_size=7), min_size=1, max_size=11)


# by hand


def test_a_decoded_sentence_stops_at_the_first_end():
    assert (PAD, BEGIN, END) == (0, 1, 2)
    vocabulary = Vocabulary([("a", "b")])
    assert vocabulary.decode([3, 0, 1, 4, 2, 3, 3]) == ("a", "b")
    assert vocabulary.decode([2, 3]) == vocabulary.decode([]) == ()
    assert vocabulary.decode(iter([4, 4])) == ("b", "b"), "without an end all of it is meant"
    assert vocabulary.decode(np.array([1, 4, 3, 2, 0])) == ("b", "a")


# invariant


@given(sentences=SENTENCES)
def test_what_is_encoded_is_decoded_again_and_every_number_is_used_once(sentences):
    vocabulary = Vocabulary(sentences)
    assert len(vocabulary) == len(vocabulary.tokens) == 3 + len({token for s in sentences for token in s})
    assert vocabulary.encode(vocabulary.tokens) == list(range(len(vocabulary)))
    for sentence in sentences:
        numbers = vocabulary.encode(sentence)
        assert min(numbers) > END
        assert vocabulary.decode([BEGIN, *numbers, END, PAD, *numbers]) == tuple(sentence)


# error


def test_an_unknown_token_is_named_with_its_near_miss():
    vocabulary = Vocabulary([("love", "you"), ("sleep",)])
    with pytest.raises(ValueError, match=r"^token is 'lov', did you mean 'love'\?$"):
        vocabulary.encode(("you", "lov"))
    with pytest.raises(ValueError, match=r"^token is '한국', expected one of the vocabulary's 3 tokens$"):
        vocabulary.encode(("한국",))


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("sentence", "error", "said"),
    [
        (
            "love you",
            TypeError,
            r"sentence is the string 'love you', expected a sequence of tokens: 'love you'.split\(\)",
        ),
        (5, TypeError, r"sentence is 5, expected a sequence of tokens, such as \('I', 'love', 'you'\)"),
        ((), ValueError, "sentence is empty, expected at least one token"),
        (
            [["love"], ["you"]],
            TypeError,
            r"sentence holds \['love'\], expected tokens: if it is .*, one of them is sentence",
        ),
        ([{"love": 1}], TypeError, r"sentence holds \{'love': 1\}, expected tokens"),
        ((3,), TypeError, "sentence holds 3, expected tokens, which are strings"),
    ],
)
def test_what_is_no_sentence_is_named(sentence, error, said):
    with pytest.raises(error, match=f"^{said}"):
        Vocabulary([("love", "you")]).encode(sentence)


def test_the_mends_of_a_sentence_work():
    vocabulary, sentence = Vocabulary([("love", "you")]), [["love"], ["you"]]
    assert vocabulary.encode(sentence[0]) == [3]
    assert vocabulary.encode(["love", "you"]) == [3, 4]


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("sentences", "error", "said"),
    [
        ((), ValueError, "sentences has no token: a vocabulary needs at least one"),
        ([()], ValueError, "sentences has no token: a vocabulary needs at least one"),
        (5, TypeError, "sentences is 5, expected a list of sentences: "),
        ("love you", TypeError, r"sentences is the string 'love you', expected a list .*: \[sentences.split\(\)\]$"),
        (["love", "you"], TypeError, r"sentences holds strings, .*, each a sequence of tokens: \[sentences\]$"),
        (["love you"], TypeError, r"sentences holds .*: \[sentence.split\(\) for sentence in sentences\]$"),
        (
            [("you",), "love you"],
            TypeError,
            r"sentences\[1\] is the string 'love you', expected a sequence of tokens: 'lo",
        ),
        ([("you",), 5], TypeError, r"sentences\[1\] is 5, expected a sequence of tokens, such as"),
        ([("you", 5)], TypeError, r"sentences\[0\] holds 5, expected tokens, which are strings"),
    ],
)
def test_a_vocabulary_is_made_of_sentences(sentences, error, said):
    with pytest.raises(error, match=f"^{said}"):
        Vocabulary(sentences)


def test_the_mends_of_a_vocabulary_work():
    expected = Vocabulary([("love", "you")]).tokens
    assert Vocabulary([sentence.split() for sentence in ["love you"]]).tokens == expected
    assert Vocabulary([["love", "you"]]).tokens == Vocabulary([["love", "you"]]).tokens == expected


@pytest.mark.parametrize("number", [5, 99])
def test_a_number_that_no_token_has_is_refused(number):
    with pytest.raises(ValueError, match=f"^the number of a token is {number}, expected 0 to 4$"):
        Vocabulary([("love", "you")]).decode([3, number])


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("numbers", "error", "said"),
    [
        (5, TypeError, "numbers is 5, expected those of one sentence, such as"),
        ("345", TypeError, "numbers is '345', expected those of one sentence, such as"),
        (np.zeros((2, 3), int), TypeError, "numbers is array"),
        ([-1], ValueError, "the number of a token is -1, expected 0 or more"),
        ([3.0], TypeError, "the number of a token is 3.0, expected a whole number"),
        ([[3]], TypeError, r"the number of a token is \[3\], expected a whole number"),
    ],
)
def test_what_is_no_row_of_numbers_is_named(numbers, error, said):
    with pytest.raises(error, match=f"^{said}"):
        Vocabulary([("love", "you")]).decode(numbers)


def test_a_long_text_is_not_printed_whole():
    with pytest.raises(TypeError, match=r"^sentences holds strings, \['word word wo\.\.\.") as caught:
        Vocabulary(["word " * 10_000])
    assert len(str(caught.value)) < 300
