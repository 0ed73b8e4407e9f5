import numpy as np
import pytest
from numpy.testing import assert_array_equal

from attnlib.corpora.places import LETTERS, NO_ANSWER, QUESTIONS, VOCABULARY, draw_places, spell

# by hand


def test_the_tokens_are_eight_letters_twice():
    assert spell(np.arange(16)) == VOCABULARY == LETTERS + LETTERS.upper()


# reference


def test_the_answers_are_those_of_a_reader_who_goes_letter_by_letter():
    drawn, answers = draw_places(np.random.default_rng(5), 13, 17, capitals=0.3)
    for row, right in zip(drawn, answers):
        latest = first = NO_ANSWER
        for i, token in enumerate(row):
            if token >= 8:
                latest, first = token - 8, token - 8 if first == NO_ANSWER else first
            assert right[i].tolist() == [row[i - 3] % 8 if i >= 3 else NO_ANSWER, latest, first]
    assert len(QUESTIONS) == answers.shape[-1]


# invariant


def test_the_same_seed_draws_the_same_letters_and_every_letter_is_drawn():
    first, second = (draw_places(np.random.default_rng(7), 53, 31)[0] for _ in range(2))
    assert_array_equal(first, second)
    assert set(first.ravel().tolist()) == set(range(16))
    assert abs((first >= 8).mean() - 0.15) < 0.03


def test_a_capital_is_never_forgotten_and_the_first_never_changes():
    _, answers = draw_places(np.random.default_rng(11), 13, 29, capitals=0.2)
    for question in (1, 2):
        known = answers[..., question] != NO_ANSWER
        assert (np.diff(known.astype(int), axis=1) >= 0).all()
    first = np.where(answers[..., 2] == NO_ANSWER, -1, answers[..., 2])
    assert all(len(set(row.tolist()) - {-1}) <= 1 for row in first)


# edge


def test_with_no_letters_or_no_capitals_there_is_nothing_to_answer():
    drawn, answers = draw_places(np.random.default_rng(0), 3, 0)
    assert (drawn.shape, answers.shape) == ((3, 0), (3, 0, 3))
    _, answers = draw_places(np.random.default_rng(0), 3, 5, capitals=0.0)
    assert (answers[..., 1:] == NO_ANSWER).all()
    _, answers = draw_places(np.random.default_rng(0), 3, 2, capitals=1.0)
    assert (answers[..., 0] == NO_ANSWER).all()
    assert (answers[..., 1:] >= 0).all()


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: draw_places(np.random.default_rng(0), 2, 3, capitals=1.5), ValueError, "capitals is 1.5, expected a"),
        (lambda: draw_places(np.random.default_rng(0), 2, -3), ValueError, "length is -3, expected 0 or more"),
        (
            lambda: draw_places(np.random.default_rng(0), 2.0, 3),
            TypeError,
            "num_sequences is 2.0, expected a whole num",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, error, said):
    with pytest.raises(error) as told:
        call()
    assert str(told.value).startswith(said)
