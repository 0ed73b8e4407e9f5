import math

import numpy as np
import pytest
import sacrebleu
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnlib.training.evaluation import alignment_error_rate, bleu, exact_match, links_from

LINKS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=7)
CORPUS = st.lists(st.tuples(LINKS, LINKS, LINKS), min_size=1, max_size=2)
SENTENCE = st.lists(st.sampled_from(["je", "tu", "il", "t'", "aime", "dors", "!"]), min_size=1, max_size=7)


# by hand


def test_och_and_ney_count_sure_links_twice_and_possible_ones_once():
    sure, possible = [{(0, 0), (1, 1)}], [{(1, 2), (2, 2)}]
    assert alignment_error_rate([{(0, 0), (1, 1)}], sure, possible) == 0, "all sure links, and no more"
    assert alignment_error_rate([{(0, 0), (1, 1), (1, 2)}], sure, possible) == 0, "a possible link is no error"
    assert alignment_error_rate([{(0, 0), (1, 2), (2, 0)}], sure, possible) == pytest.approx(1 - (1 + 2) / (3 + 2))
    assert alignment_error_rate([set()], sure, possible) == 1
    assert alignment_error_rate([{(0, 0), (1, 2)}], sure) == pytest.approx(1 - (1 + 1) / (2 + 2)), "P = S"


def test_a_corpus_is_counted_as_a_whole_and_not_as_a_mean_of_sentences():
    found, sure = [{(0, 0)}, {(0, 1), (1, 1), (2, 1)}], [{(0, 0)}, {(0, 0), (1, 1), (2, 2)}]
    assert alignment_error_rate(found, sure) == pytest.approx(1 - 2 * (1 + 1) / (4 + 4))
    assert alignment_error_rate(iter(found), iter(sure), iter([set(), {(0, 1)}])) == pytest.approx(1 - (2 + 3) / 8)


def test_links_are_target_first_and_swapped_ones_do_not_pass():
    weights = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
    assert links_from(weights) == {(0, 2), (1, 0)}
    sure = {(0, 2), (1, 0)}
    assert alignment_error_rate([links_from(weights)], [sure]) == 0
    assert alignment_error_rate([{(s, t) for t, s in links_from(weights)}], [sure]) == 1


def test_an_answer_counts_only_if_each_token_is_right():
    references = [("je", "dors"), ("tu", "dors"), ("il", "dort"), ("va",)]
    answers = [["je", "dors"], ("tu", "dors", "!"), ("dort", "il"), ("va",)]
    assert exact_match(answers, references) == 0.5


def test_bleu_of_one_sentence_can_be_counted_with_a_pencil():
    reference = ["the", "cat", "sat", "on", "the", "mat"]
    answer = ["the", "cat", "sat", "on", "a", "mat"]
    precisions = 5 / 6, 3 / 5, 2 / 4, 1 / 3
    assert bleu([answer], [reference]) == pytest.approx(100 * math.prod(precisions) ** 0.25)
    assert bleu([reference[:5]], [reference]) == pytest.approx(100 * math.exp(1 - 6 / 5)), "brevity"
    assert bleu([reference], [reference]) == pytest.approx(100)


# reference


@given(pairs=st.lists(st.tuples(SENTENCE, SENTENCE), min_size=1, max_size=5))
def test_bleu_is_that_of_sacrebleu_without_its_tokenizer(pairs):
    answers, references = zip(*pairs)
    metric = sacrebleu.BLEU(tokenize="none", force=True)
    expected = metric.corpus_score([" ".join(a) for a in answers], [[" ".join(r) for r in references]])
    assert bleu(answers, references) == pytest.approx(expected.score)


def test_the_apostrophe_and_the_full_stop_are_no_tokens_of_their_own():
    answer, reference = ["je", "t'aime.", "bien", "trop"], ["je", "t'aime!", "bien", "trop"]
    ours = bleu([answer], [reference])
    assert ours != pytest.approx(sacrebleu.corpus_bleu([" ".join(answer)], [[" ".join(reference)]]).score)
    assert ours < 50


@given(corpus=CORPUS)
def test_the_error_rate_is_the_definition_tried_on_each_link(corpus):
    found, sure, possible = zip(*corpus)
    counts = dict.fromkeys(("A", "S", "A and S", "A and P"), 0)
    for a, s, p in corpus:
        for link in ((t, k) for t in range(5) for k in range(7)):
            counts["A"] += link in a
            counts["S"] += link in s
            counts["A and S"] += link in a and link in s
            counts["A and P"] += link in a and (link in p or link in s)
    if counts["A"] + counts["S"]:
        rate = alignment_error_rate(found, sure, possible)
        assert rate == pytest.approx(1 - (counts["A and S"] + counts["A and P"]) / (counts["A"] + counts["S"]))
        assert 0 <= rate <= 1


# invariant


@given(corpus=CORPUS)
def test_without_possible_links_the_rate_is_one_minus_the_f_measure(corpus):
    found, sure, _ = zip(*corpus)
    hits = sum(len(a & s) for a, s in zip(found, sure))
    if hits:
        precision, recall = hits / sum(map(len, found)), hits / sum(map(len, sure))
        f_measure = 2 * precision * recall / (precision + recall)
        assert alignment_error_rate(found, sure) == pytest.approx(1 - f_measure)
        assert alignment_error_rate(sure, found) == pytest.approx(1 - f_measure)


@given(corpus=CORPUS)
def test_callers_links_are_not_written_to_and_may_come_as_lists_with_repeats(corpus):
    found, sure, possible = (list(map(set, column)) for column in zip(*corpus))
    if any(found) or any(sure):
        before = [s.copy() for s in sure]
        rate = alignment_error_rate(found, sure, possible)
        assert sure == before
        assert alignment_error_rate([list(a) * 2 for a in found], sure, possible) == rate


# edge


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_links_come_from_tensors_with_gradients_too_and_a_row_of_zeros_has_none(dtype):
    weights = torch.tensor([[0.0, 0.0, 0.0], [0.25, 0.5, 0.25], [0.5, 0.5, 0.0]], dtype=dtype, requires_grad=True)
    assert links_from(weights) == {(1, 1), (2, 0)}
    assert links_from(np.zeros((0, 3))) == set()


def test_an_empty_answer_is_wrong_and_no_error():
    assert exact_match([()], [("va",)]) == 0
    assert bleu([()], [("va",)]) == 0


# error


@pytest.mark.parametrize("measure", [exact_match, bleu])
@pytest.mark.parametrize(
    ("answers", "references"), [([("a",)], []), ([], []), ([], [("a",)]), ([("a",)] * 2, [("a",)])]
)
def test_each_answer_needs_its_reference(measure, answers, references):
    said = f"^answers has {len(answers)} sentences, references {len(references)}: expected as many, and at least one$"
    with pytest.raises(ValueError, match=said):
        measure(answers, references)


def test_links_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match=r"^found has 2 sentences, sure 1: expected as many, and at least one$"):
        alignment_error_rate([{(0, 0)}] * 2, [{(0, 0)}])
    with pytest.raises(ValueError, match=r"^found has 0 sentences, sure 0: expected as many, and at least one$"):
        alignment_error_rate([], [])
    with pytest.raises(ValueError, match=r"^found and sure hold no link at all: there is nothing to compare$"):
        alignment_error_rate([set()], [set()], [{(0, 0)}])
    with pytest.raises(ValueError, match=r"^possible has 0 sentences, sure 1: expected as many, and at least one$"):
        alignment_error_rate([{(0, 0)}], [{(0, 0)}], [])


@pytest.mark.parametrize("measure", [exact_match, bleu])
@pytest.mark.parametrize(("name", "place"), [("an answer", 0), ("a reference", 1)])
def test_a_string_is_no_sentence(measure, name, place):
    corpora = [[("je", "dors"), ("va",)], [("je", "dors"), ("va",)]]
    corpora[place][1] = "va !"
    with pytest.raises(TypeError, match=rf"^{name} is the string 'va !', expected a sequence of tokens: 'va !'\.split"):
        measure(*corpora)
