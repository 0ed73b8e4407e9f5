import os
import subprocess
import sys
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from attnlib.corpora.batches import batches, make_batch, pad
from attnlib.corpora.vocabulary import BEGIN, END, PAD, Vocabulary
from tests.translators import Pair

TOKENS = st.text("abcdéß한 ", min_size=1, max_size=5)
SENTENCES = st.lists(st.lists(TOKENS, min_size=1, max_size=7), min_size=1, max_size=11)


def numbered(count, longest=11):
    """Return pairs of which each is known by its first source token, of lengths from 1 to `longest`."""
    rng = np.random.default_rng(2014)
    lengths = rng.integers(1, longest + 1, (count, 2))
    return [Pair((f"s{n:03}", *["s"] * (i - 1)), (f"t{n:03}", *["t"] * (j - 1))) for n, (i, j) in enumerate(lengths)]


def words(pairs):
    return Vocabulary(pair.source for pair in pairs), Vocabulary(pair.target for pair in pairs)


def drawn(pairs, steps, **options):
    return list(islice(batches(pairs, *words(pairs), **options), steps))


# by hand


def test_two_pairs_become_four_arrays():
    pairs = [Pair(("I", "sleep"), ("je", "dors")), Pair(("go",), ("va", "t'", "en"))]
    source_words, target_words = words(pairs)
    assert source_words.tokens == ("<pad>", "<begin>", "<end>", "I", "go", "sleep")
    assert target_words.tokens[3:] == ("dors", "en", "je", "t'", "va")
    batch = make_batch(pairs, source_words, target_words)
    assert_array_equal(batch.source, [[3, 5], [4, 0]])
    assert_array_equal(batch.source_lengths, [2, 1])
    assert_array_equal(batch.target, [[1, 5, 3, 0], [1, 7, 6, 4]])
    assert_array_equal(batch.goal, [[5, 3, 2, 0], [7, 6, 4, 2]])


# invariant


@given(sentences=SENTENCES)
def test_padding_stands_right_of_the_length_and_nowhere_else(sentences):
    vocabulary = Vocabulary(sentences)
    pairs = [Pair(sentence, sentence[::-1] * 2) for sentence in sentences]
    batch = make_batch(pairs, vocabulary, vocabulary)
    most = max(map(len, sentences))
    assert batch.source.shape == (len(pairs), most)
    assert batch.target.shape == batch.goal.shape == (len(pairs), 2 * most + 1)
    for array in batch:
        assert array.dtype == np.int64
    for pair, source, length, target, goal in zip(pairs, *batch, strict=True):
        assert length == len(pair.source)
        assert source.tolist() == vocabulary.encode(pair.source) + [PAD] * (most - length)
        answer, rest = vocabulary.encode(pair.target), [PAD] * (2 * (most - length))
        assert target.tolist() == [BEGIN, *answer, *rest]
        assert goal.tolist() == [*answer, END, *rest]


@pytest.mark.parametrize(("count", "size"), [(39, 13), (143, 1), (301, 7)])
def test_every_pair_comes_once_an_epoch_and_the_order_is_new_each_time(count, size):
    pairs = numbered(count)
    source_words, _ = words(pairs)
    found = drawn(pairs, 3 * count // size, size=size)
    epochs = np.split(np.concatenate([batch.source[:, 0] for batch in found]), 3)
    firsts = sorted(source_words.encode([pair.source[0] for pair in pairs]))
    for epoch in epochs:
        assert sorted(epoch) == firsts
    assert (epochs[0] != epochs[1]).any()
    assert (epochs[1] != epochs[2]).any()


def test_no_pair_comes_twice_in_an_epoch_that_does_not_divide():
    found = drawn(numbered(100), 3 * 14, size=7)
    for epoch in (found[:14], found[14:28], found[28:]):
        assert max(Counter(n for batch in epoch for n in batch.source[:, 0]).values()) == 1


def test_what_is_left_out_of_an_epoch_is_another_in_the_next_whatever_its_length():
    found = drawn(numbered(100), 17, size=64)  # 17 epochs of one batch
    assert len({n for batch in found for n in batch.source[:, 0]}) == 100


def test_pairs_stay_together():
    pairs = numbered(101)
    source_words, target_words = words(pairs)
    for batch in drawn(pairs, 17, size=13):
        assert batch.source.shape[0] == 13
        for source, target, goal in zip(batch.source, batch.target, batch.goal):
            n = int(source_words.tokens[source[0]][1:])
            assert source_words.decode(source.tolist()) == pairs[n].source
            assert target_words.decode(target.tolist()) == target_words.decode(goal.tolist()) == pairs[n].target


def test_sentences_of_a_batch_are_of_like_length_and_batches_come_in_no_order_of_length():
    pairs = numbered(17 * 20 * 2, longest=17)
    found = drawn(pairs, 40, size=17)
    padding = np.mean([(batch.source == PAD).mean() for batch in found])
    vocabularies = words(pairs)
    mixed = [make_batch(pairs[n : n + 17], *vocabularies) for n in range(0, len(pairs), 17)]
    assert padding < 0.1 < 0.3 < np.mean([(batch.source == PAD).mean() for batch in mixed])
    alike = [Pair(pair.source[:1], pair.target) for pair in pairs]
    assert np.mean([(batch.goal == PAD).mean() for batch in drawn(alike, 20, size=17)]) < 0.1, "by target too"
    widths = np.array([batch.source.shape[1] for batch in found[:20]])
    assert (np.diff(widths) < 0).sum() > 4, "shortest first would be a curriculum that nobody asked for"


def test_the_same_seed_draws_the_same_and_another_seed_something_else():
    pairs = numbered(53)
    one, same, other = (drawn(pairs, 11, size=7, seed=seed) for seed in (3, 3, 5))
    for a, b in zip(one, same, strict=True):
        for x, y in zip(a, b, strict=True):
            assert_array_equal(x, y)
    assert any(a.source.shape != b.source.shape or (a.source != b.source).any() for a, b in zip(one, other))


def test_numbers_do_not_depend_on_how_python_hashes_strings():
    code = (
        "from itertools import islice; from types import SimpleNamespace as N\n"
        "from attnlib.corpora.batches import Vocabulary, batches\n"
        "pairs = [N(source=f'w{n % 7} w{n % 3}'.split()[: 1 + n % 2], target=[f'x{n % 5}']) for n in range(31)]\n"
        "words = [Vocabulary(p.source for p in pairs), Vocabulary(p.target for p in pairs)]\n"
        "print([w.tokens for w in words], [[x.tolist() for x in b] for b in islice(batches(pairs, *words, size=5), 7)])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert "'w6'" in runs.pop()


# edge


def test_one_pair_of_one_token_is_an_epoch():
    (first, second) = drawn([Pair(("a",), ("b",))], 2, size=1)
    for batch in (first, second):
        assert [array.tolist() for array in batch] == [[[3]], [1], [[1, 3]], [[3, 2]]]


def test_callers_sentences_are_not_written_to():
    sentences = [[5, 4], [3]]
    filled, _ = pad(sentences)
    filled[:] = 9
    assert sentences == [[5, 4], [3]]


# error


@pytest.mark.parametrize("sentences", [[], [[]], [[3], []]])
def test_nothing_cannot_be_padded(sentences):
    with pytest.raises(
        ValueError, match=r"^sentences holds no sentence, or an empty one: each needs at least one token$"
    ):
        pad(sentences)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(("sentences", "found"), [(5, "5"), ([5, 4], "5"), ([[1.5]], r"\[1.5\]"), (["ab"], "'ab'")])
def test_only_rows_of_whole_numbers_can_be_padded(sentences, found):
    with pytest.raises(
        TypeError, match=rf"^sentences holds {found}, expected sequences of whole numbers: \[\[5, 4\], "
    ):
        pad(sentences)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("pairs", "error", "said"),
    [
        ([], ValueError, "pairs holds no pair, expected at least one"),
        (5, TypeError, "pairs is 5, expected a list of pairs"),
        (iter([Pair(("a",), ("b",))]), TypeError, r"pairs is <.*itera.*>, expected a list of pairs: list\(pairs\)"),
        (Pair(("a",), ("b",)), TypeError, r"pairs is one pair, expected a list of them: \[pairs\]"),
        (
            [(("a",), ("b",))],
            TypeError,
            r"pairs holds \(\('a',\), \('b',\)\), which has no source: expected pairs with sou",
        ),
    ],
)
@pytest.mark.parametrize("make", [make_batch, lambda *arguments: batches(*arguments, size=1)])
def test_what_is_no_list_of_pairs_is_named(make, pairs, error, said):
    vocabulary = Vocabulary([("a", "b")])
    with pytest.raises(error, match=f"^{said}"):
        make(pairs, vocabulary, vocabulary)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("name", ["source_words", "target_words"])
def test_what_is_no_vocabulary_is_named(name):
    vocabularies = dict.fromkeys(("source_words", "target_words"), Vocabulary([("a", "b")])) | {name: ["a", "b"]}
    for make in (make_batch, lambda *arguments, **both: batches(*arguments, **both, size=1)):
        with pytest.raises(
            TypeError, match=rf"^{name} is a list, expected a Vocabulary: Vocabulary\(sentences\) makes one$"
        ):
            make([Pair(("a",), ("b",))], **vocabularies)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("options", "error", "words_said"),
    [
        ({"size": 0}, ValueError, "^size is 0, expected 1 or more$"),
        ({"size": 6}, ValueError, "^size is 6, but there are only 5 pairs: a batch cannot be larger than that$"),
        ({"size": 1.5}, TypeError, "^size is 1.5, expected a whole number$"),
        ({"size": "8"}, TypeError, "^size is '8', expected a whole number$"),
        ({"size": 2, "seed": "x"}, TypeError, "^seed is 'x', expected a whole number$"),
        ({"size": 2, "seed": -1}, ValueError, "^seed is -1, expected 0 or more$"),
    ],
)
def test_a_batch_has_a_whole_number_of_the_pairs_and_says_so_before_the_first_is_drawn(options, error, words_said):
    pairs = numbered(5)
    with pytest.raises(error, match=words_said):
        batches(pairs, *words(pairs), **options)
