import random
from collections import Counter
from itertools import product

import numpy as np
import pytest

from attnlib.corpora.coreference import (
    ADJECTIVES,
    MOVERS,
    NOUNS,
    THINGS,
    VERBS,
    VOCABULARY,
    Sentence,
    draw_sentence,
    draw_training,
    draw_twins,
    is_held_out,
    make_batch,
)

TRAINING = draw_training(3001, seed=7)
FAMOUS = Sentence("robot", "picked up", "wrench", "heavy")


# by hand


@pytest.mark.parametrize(
    ("sentence", "written", "antecedent"),
    [
        (FAMOUS, "the robot picked up the wrench because it was heavy", "wrench"),
        (FAMOUS._replace(adjective="strong"), "the robot picked up the wrench because it was strong", "robot"),
        (Sentence("cat", "sat on", "mat", "tired"), "the cat sat on the mat because it was tired", "cat"),
        (Sentence("cat", "sat on", "mat", "soft", True), "the mat was sat on by the cat because it was soft", "mat"),
        (Sentence("dog", "carried", "goat", "strong", True, True), "yesterday the goat was carried by the dog because "
         "it was strong", "dog"),
    ],
)  # fmt: skip
def test_a_sentence_is_written_and_its_antecedent_known(sentence, written, antecedent):
    assert " ".join(sentence.words()) == written
    assert sentence.antecedent() == antecedent


def test_a_batch_knows_where_it_and_the_two_nouns_stand():
    batch = make_batch([FAMOUS, Sentence("dog", "carried", "goat", "strong", True, True)])
    assert batch.lengths.tolist() == [10, 12]
    assert batch.it.tolist() == [7, 9]
    assert batch.antecedent.tolist() == [5, 7]
    assert batch.other.tolist() == [1, 2]
    assert [NOUNS[answer] for answer in batch.answer] == ["wrench", "dog"]
    assert VOCABULARY.decode(batch.words[0]) == FAMOUS.words()


# reference


def test_reading_the_words_alone_gives_the_same_antecedent():
    """A second opinion from the written sentence: who stands before the verb, and is there a "by"?"""
    of_agent = {word for agents, _ in ADJECTIVES.values() for word in agents}
    for sentence in TRAINING:
        words = sentence.words()
        first, second = (word for word in words if word in NOUNS)
        agent, patient = (second, first) if "by" in words else (first, second)
        assert sentence.antecedent() == (agent if words[-1] in of_agent else patient)


# invariant


def test_exchanged_nouns_are_the_same_bag_of_words_with_another_answer():
    for sentence in TRAINING:
        other = sentence.exchanged()
        assert sorted(other.words()) == sorted(sentence.words())
        assert {other.antecedent(), sentence.antecedent()} == {sentence.agent, sentence.patient}


@pytest.mark.parametrize("kind", ["kind", "role"])
def test_twins_differ_in_the_last_word_and_in_the_answer(kind):
    drawn = draw_twins(211, kind, seed=3)
    for one, other in zip(drawn[::2], drawn[1::2], strict=True):
        assert one.words()[:-1] == other.words()[:-1]
        assert {one.antecedent(), other.antecedent()} == {one.agent, one.patient}
        assert is_held_out(one)
        assert is_held_out(one.exchanged())
        assert one.agent in MOVERS
        assert one.patient in (THINGS if kind == "kind" else MOVERS)


def test_training_has_both_kinds_and_no_held_out_pair_and_no_answer_that_the_place_gives_away():
    assert not any(map(is_held_out, TRAINING))
    assert sum(sentence.patient in THINGS for sentence in TRAINING) == 1501
    batch = make_batch(TRAINING)
    assert 0.45 < np.mean(batch.antecedent < batch.other) < 0.55
    roles = Counter((s.passive, s.yesterday, s.antecedent() == s.agent) for s in TRAINING)
    assert min(roles.values()) > 300


def test_a_quarter_of_the_pairs_is_held_out_and_every_noun_is_met_in_training():
    pairs = [(a, b) for a, b in product(NOUNS, NOUNS) if a != b]
    held = [is_held_out(Sentence(a, "carried", b, "strong")) for a, b in pairs]
    assert 0.15 < np.mean(held) < 0.3
    assert {s.antecedent() for s in TRAINING} == set(NOUNS)


def test_no_adjective_belongs_to_both_roles_and_each_verb_has_its_own():
    words = [word for groups in ADJECTIVES.values() for group in groups for word in group]
    assert len(words) == len(set(words)) == 12
    assert set(VERBS.values()) == set(ADJECTIVES)
    assert len(VOCABULARY) == 3 + len(set(NOUNS)) + len(words) + 14


def test_shuffled_words_keep_their_places_known_and_the_draw_is_the_same_for_the_same_seed():
    batch = make_batch(TRAINING[:97], shuffle=random.Random(1))
    for n, sentence in enumerate(TRAINING[:97]):
        words = VOCABULARY.decode(batch.words[n])
        assert sorted(words) == sorted(sentence.words())
        assert words[batch.it[n]] == "it"
        assert words[batch.antecedent[n]] == sentence.antecedent()
    assert draw_training(31, seed=5) == draw_training(31, seed=5) != draw_training(31, seed=6)


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: draw_twins(3, "rolle"), ValueError, "kind is 'rolle', did you mean 'role'"),
        (lambda: draw_sentence(random.Random(0), None, held_out=True), TypeError, "kind is None, expected one of kind"),
        (lambda: draw_training(-1), ValueError, "number is -1, expected 0 or more"),
        (lambda: draw_twins(2.5, "kind"), TypeError, "number is 2.5, expected a whole number"),
        (lambda: make_batch([]), ValueError, "expected at least one"),
    ],
)
def test_a_wrong_call_is_told_what_it_was(call, error, words):
    with pytest.raises(error, match=words):
        call()
