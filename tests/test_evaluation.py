import math
from collections import Counter

import numpy as np
import pytest
import sacrebleu
import torch
from hypothesis import given
from hypothesis import strategies as st

from attnlib.corpora.grammar import Clause, translate
from attnlib.corpora.vocabulary import Vocabulary
from attnlib.models.attention import Attention, DotProduct
from attnlib.models.decoders import LuongDecoder
from attnlib.training.decoding import forced_weights, greedy
from attnlib.training.evaluation import (
    accuracy,
    alignment_error,
    alignment_error_rate,
    bleu,
    exact_match,
    forced_links,
    links_from,
    sentence_bleu,
)

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


def counted(pairs, effective):
    """Count BLEU as Papineni et al. define it, n-gram by n-gram; an order without a hit is smoothed to 1/2, 1/4 …"""
    hits, all_grams, smooth, logs = [0] * 4, [0] * 4, 1, []
    for answer, reference in pairs:
        for n in range(4):
            ours, theirs = (
                Counter(tuple(words[i : i + n + 1]) for i in range(len(words) - n)) for words in (answer, reference)
            )
            hits[n] += sum(min(count, theirs[gram]) for gram, count in ours.items())
            all_grams[n] += ours.total()
    if not any(hits):
        return 0
    for hit, number in zip(hits, all_grams):
        if not number:
            if not effective:
                return 0
            break
        smooth *= 1 if hit else 2
        logs.append(math.log((hit or 1 / smooth) / number))
    ours, theirs = (sum(len(pair[side]) for pair in pairs) for side in (0, 1))
    return 100 * min(1, math.exp(1 - theirs / ours)) * math.exp(sum(logs) / len(logs))


@given(pairs=st.lists(st.tuples(SENTENCE, SENTENCE), min_size=1, max_size=5))
def test_bleu_is_that_of_n_grams_counted_one_by_one(pairs):
    assert bleu(*zip(*pairs)) == pytest.approx(counted(pairs, effective=False))
    for answer, reference in pairs:
        assert sentence_bleu(answer, reference) == pytest.approx(counted([(answer, reference)], effective=True))


def test_a_short_answer_that_is_right_has_no_corpus_bleu_and_all_of_its_own():
    for words in (("je",), ("je", "dors"), ("je", "t'", "aime")):
        assert bleu([words], [words]) == 0
        assert sentence_bleu(words, words) == pytest.approx(100)
    longer = ("je", "t'", "aime", "!")
    assert bleu([("je",), longer], [("je",), longer]) == pytest.approx(100), "one of four words mends the corpus"


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


def love():
    """Return an untrained translator, a pair of three words and one more, and the vocabularies."""
    pairs = [translate(Clause("I", "love", "you"), "french"), translate(Clause("she", "sleep"), "french")]
    words = Vocabulary(pair.source for pair in pairs), Vocabulary(pair.target for pair in pairs)
    torch.manual_seed(0)
    return LuongDecoder(*map(len, words), Attention(DotProduct()), embedding=5, hidden=14), pairs, words


def test_accuracy_is_the_exact_match_of_greedy_translations():
    model, pairs, words = love()
    said = [one.tokens for one in greedy(model, [pair.source for pair in pairs], *words, max_length=5)]
    assert accuracy(model, pairs, *words, max_length=5) == 0
    right, wrong = (
        pairs[0].__class__(pair.source, target, pair.alignment, pair.structure)
        for pair, target in ((pairs[0], said[0]), (pairs[1], ("je",) * 5))
    )
    assert accuracy(model, [right, wrong], *words, max_length=5) == 0.5
    cut = max(1, len(said[0]) - 1)
    assert accuracy(model, [right], *words, max_length=cut) == (len(said[0]) <= cut)


def test_alignment_error_is_that_of_the_largest_weight_of_each_word_and_not_of_the_end():
    model, pairs, words = love()
    found = [{(row, int(np.argmax(w))) for row, w in enumerate(m[:-1])} for m in forced_weights(model, pairs, *words)]
    assert [len(links) for links in found] == [4, 3]
    assert forced_links(model, pairs, *words) == found
    hits = sum(len(links & pair.alignment) for links, pair in zip(found, pairs))
    known = sum(len(pair.alignment) for pair in pairs)
    assert alignment_error(model, pairs, *words) == pytest.approx(1 - 2 * hits / (7 + known))


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


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
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
@pytest.mark.parametrize(("name", "place"), [("answers", 0), ("references", 1)])
def test_a_string_is_no_sentence(measure, name, place):
    corpora = [[("je", "dors"), ("va",)], [("je", "dors"), ("va",)]]
    corpora[place][1] = "va !"
    with pytest.raises(
        TypeError, match=rf"^{name}\[1\] is the string 'va !', expected a sequence of tokens: 'va !'\.sp"
    ):
        measure(*corpora)
    corpora[place][1] = ["va", "!"]
    assert measure(*corpora) < 100


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("measure", [exact_match, bleu])
def test_a_list_of_strings_is_no_list_of_sentences_and_the_mends_work(measure):
    answers, references = ["je dors .", "va !"], [["je", "dors", "."], ["va", "!"]]
    with pytest.raises(TypeError, match=r"^answers holds strings, .*: \[sentence.split\(\) for sentence in answers\]$"):
        measure(answers, references)
    assert measure([sentence.split() for sentence in answers], references) == measure(references, references)
    answers, references = ["je", "dors"], [["je", "dors"]]
    with pytest.raises(TypeError, match=r"^answers holds strings, .*, expected .* tokens: \[answers\]$"):
        measure(answers, references)
    assert measure([answers], references) == measure(references, references)
    with pytest.raises(TypeError, match=r"^references is 5, expected a list of sentences: "):
        measure([answers], 5)


@pytest.mark.usefixtures("plain_errors")
def test_one_sentence_is_a_sequence_of_tokens():
    with pytest.raises(
        TypeError, match=r"^answer is the string 'va !', expected a sequence of tokens: 'va !'.split\(\)$"
    ):
        sentence_bleu("va !", ("va", "!"))
    with pytest.raises(TypeError, match=r"^reference holds \['va', '!'\], expected tokens: .* is reference\[0\]$"):
        sentence_bleu(("va", "!"), [["va", "!"]])
    assert sentence_bleu(["va", "!"], [["va", "!"]][0]) == pytest.approx(100)


@pytest.mark.usefixtures("plain_errors")
def test_weights_with_other_axes_or_no_numbers_are_named():
    with pytest.raises(ValueError, match=r"^weights has shape \(2, 3, 5\), expected \(targets, sources\)$"):
        links_from(np.ones((2, 3, 5)))
    with pytest.raises(TypeError, match=r"^weights is a list"):
        links_from([[0.5, 0.5]])
    with pytest.raises(TypeError, match=r"^weights is an array of int64"):
        links_from(np.ones((2, 3), dtype=int))


@pytest.mark.usefixtures("plain_errors")
def test_links_of_one_sentence_are_no_corpus_and_the_mend_works():
    found, sure = {(0, 0), (1, 0)}, {(0, 0), (1, 1)}
    with pytest.raises(
        TypeError, match=r"^found holds the link \(\d, 0\), expected a collection for each sentence: \[found\]$"
    ):
        alignment_error_rate(found, [sure])
    with pytest.raises(
        TypeError, match=r"^sure holds the link \(\d, \d\), expected a collection for each sentence: \[sure\]$"
    ):
        alignment_error_rate([found], sure)
    assert alignment_error_rate([found], [sure]) == 0.5
    with pytest.raises(TypeError, match=r"^found is 5, expected one collection of links for each sentence"):
        alignment_error_rate(5, [sure])
    with pytest.raises(
        TypeError, match=r"^possible holds \{\(0, 1, 2\)\}, expected links: a set of \(target position, sou"
    ):
        alignment_error_rate([found], [sure], [{(0, 1, 2)}])
    with pytest.raises(TypeError, match=r"^found holds array\("):
        alignment_error_rate([np.eye(2)], [sure])


@pytest.mark.usefixtures("plain_errors")
def test_what_is_no_list_of_pairs_is_named():
    model, pairs, words = love()
    with pytest.raises(TypeError, match=r"^pairs is one pair, expected a list of them: \[pairs\]$"):
        accuracy(model, pairs[0], *words)
    assert accuracy(model, [pairs[0]], *words) == 0
    with pytest.raises(
        TypeError, match=r"^pairs holds \(\('I',\), \('je',\)\), which has no source: expected pairs with so"
    ):
        accuracy(model, [(("I",), ("je",))], *words)
    with pytest.raises(ValueError, match=r"^pairs holds no pair, expected at least one$"):
        alignment_error(model, [], *words)
