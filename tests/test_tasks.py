import pytest

from attnlib.corpora.grammar import Clause
from attnlib.corpora.grammar.lexicon import ADJECTIVES
from attnlib.corpora.tasks import BAD, GOOD, TASKS, examples, review, story, summary

# by hand


def test_a_summary_says_an_owl_where_the_small_owl_was_a_small_owl():
    example = summary([Clause("a small owl", "see", "an old book")])
    assert example.target == ("an", "owl", "sees", "a", "book", ".")
    assert [example.source[place] for place in sorted(example.evidence)] == ["a", "owl", "sees", "an", "book", "."]


def test_the_latest_sentence_about_somebody_counts_and_no_later_one():
    events = [("omar", "park"), ("omar", "office"), ("jun", "school")]
    example = story(events, "omar")
    assert example.target == ("omar", "is", "in", "the", "office", ".")
    assert example.evidence == {7, 11}
    assert (example.kind, story(events, "jun").kind) == ("earlier sentence", "last sentence")


@pytest.mark.parametrize(
    ("joint", "answer", "evidence"),
    [("and", "bad", {4, 5}), ("but", "good", {10}), ("although", "bad", {4, 5})],
)
def test_but_gives_the_second_half_the_word_and_although_the_first(joint, answer, evidence):
    example = review([("film", "", "good", True), ("cast", "", "funny", False)], joint)
    assert example.source[:11] == tuple(f"judge the film is not good {joint} the cast is funny".split())
    assert (example.target, example.evidence) == ((answer,), evidence)


# reference


def summarised(words):
    """Delete adjectives, and what follows *in* up to the end of the clause; then choose *a* or *an*."""
    kept, is_place = [], False
    for word in words:
        is_place = (is_place or word == "in") and word not in ("and", ".")
        if not is_place and word not in ADJECTIVES:
            kept.append(word)
    article = {True: "an", False: "a"}
    following = [*kept[1:], ""]
    return tuple(article[after[0] in "aeiou"] if word in ("a", "an") else word for word, after in zip(kept, following))


def answered(words):
    asked = words[-2]
    found = [where for who, where in zip(words, words[4:]) if who == asked]
    return (asked, "is", "in", "the", found[-1], ".")


def judged(words):
    halves, joint = [[]], ""
    for word in words[:-1]:
        if word in ("and", "but", "although"):
            halves.append([])
            joint = word
        halves[-1].append(word)
    half = halves[1 if joint == "but" else 0]
    praise = sum(word in GOOD for word in half) - sum(word in BAD for word in half)
    return ("good" if (praise > 0) != ("not" in half) else "bad",)


@pytest.mark.parametrize(("task", "rule"), list(zip(TASKS, (summarised, answered, judged))))
def test_the_answers_are_those_of_a_rule_that_reads_the_words(task, rule):
    for example in examples(task, 500, seed=17):
        assert example.source[0] == task
        assert example.target == rule(example.source[1:])


# invariant


@pytest.mark.parametrize("task", TASKS)
def test_no_source_is_drawn_twice_and_none_is_in_both_parts(task):
    known, unseen = examples(task, 3000, seed=3), examples(task, 300, seed=3, part="test")
    sources = [example.source for example in known + unseen]
    assert len(set(sources)) == 3300
    assert examples(task, 300, seed=3, part="test") == unseen
    assert examples(task, 300, seed=4, part="test") != unseen


@pytest.mark.parametrize("task", TASKS)
def test_every_word_of_a_test_is_known_from_training(task):
    known = {word for example in examples(task, 3000) for word in example.source + example.target}
    assert {word for example in examples(task, 500, part="test") for word in example.source + example.target} <= known


def test_half_of_the_answers_come_from_the_last_sentence_and_half_of_the_reviews_are_good():
    stories, reviews = examples("answer", 2000), examples("judge", 2000)
    assert 0.45 < sum(example.kind == "last sentence" for example in stories) / 2000 < 0.6
    assert 0.45 < sum(example.target == ("good",) for example in reviews) / 2000 < 0.55


def test_halves_agree_after_and_and_disagree_after_but_and_although():
    for example in examples("judge", 500):
        words = example.source[1:-1]
        joint = next((word for word in words if word in ("and", "but", "although")), None)
        if joint:
            place = words.index(joint)
            first, second = (judged((*half, ".")) for half in (words[:place], words[place + 1 :]))
            assert (first == second) == (joint == "and")


def test_two_reviews_in_five_say_not_where_it_decides():
    reviews = examples("judge", 2000)
    assert 0.35 < sum("not" in review.kind for review in reviews) / 2000 < 0.45


# error


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: examples("translate", 3), "task is 'translate', expected .*summarise"),
        (lambda: examples("judge", 0), "count is 0, expected"),
        (lambda: examples("judge", 10_001), "count is 10001, expected at most 10000"),
        (lambda: examples("judge", 3, part="dev"), "part is 'dev', expected 'train' or 'test'"),
        (lambda: summary([]), "clauses is empty"),
        (lambda: summary(["I sleep"]), r"clauses is \['I sleep'\], expected a list of them"),
        (lambda: story([("jun", "park")], "omar"), "asked is 'omar', of whom the events tell nothing"),
        (lambda: review([("film", "", "good", False)] * 3), "halves holds 3, expected one or two"),
        (lambda: review([("film", "", "good", False)], "or"), "joint is 'or', expected"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
