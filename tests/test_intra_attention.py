import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from attnlib import additive, additive_scores, attend
from attnlib.intra_attention import align_both, distance_bias, lstmn, redundancy, structured_scores

B, H, L, S, D_X, D, D_A, R = 2, 3, 5, 7, 11, 13, 17, 19


def reader(draw, *lead, length=L, d_x=D_X, d=D, d_a=D_A):
    """Draw the arguments of `lstmn`: x, W_q, W_k, w_v and W_gates."""
    return [draw(*shape) for shape in ((*lead, length, d_x), (d_x + d, d_a), (d, d_a), (d_a,), (d_x + d, 4 * d))]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def read_slowly(x, W_q, W_k, w_v, W_gates):
    """Read one sequence, number by number, as the three equations say."""
    d, hidden, cells, table, summary = len(W_k), [], [], [], [0.0] * len(W_k)

    def through(row, matrix):
        return [sum(r * w[n] for r, w in zip(row, matrix)) for n in range(len(matrix[0]))]

    for token in x:
        asked = through([*token, *summary], W_q)
        scores = [sum(v * math.tanh(a + b) for v, a, b in zip(w_v, asked, through(h, W_k))) for h in hidden]
        shares = [math.exp(s) for s in scores]
        weights = [s / sum(shares) for s in shares]
        summary = [sum(w * h[n] for w, h in zip(weights, hidden)) for n in range(d)]
        memory = [sum(w * c[n] for w, c in zip(weights, cells)) for n in range(d)]
        gates = through([*token, *summary], W_gates)
        i, f, o = ([sigmoid(g) for g in gates[n * d : (n + 1) * d]] for n in range(3))
        cells.append([f[n] * memory[n] + i[n] * math.tanh(gates[3 * d + n]) for n in range(d)])
        hidden.append([o[n] * math.tanh(cells[-1][n]) for n in range(d)])
        table.append(weights + [0.0] * (len(x) - len(weights)))
    return hidden, table


# by hand


def test_a_reader_of_ones_adds_up_its_cell(array):
    """Input 0 opens all gates half way; one number of memory, and a candidate that is always tanh(1)."""
    x, W_gates = array([[1], [1], [1]]), array([[0, 0, 0, 1], [0, 0, 0, 0]])
    hidden, weights = lstmn(x, array([[0], [0]]), array([[0]]), array([1]), W_gates)
    first = math.tanh(1) / 2
    second = first / 2 + first
    third = (first + second) / 2 / 2 + first
    assert_allclose(weights, [[0, 0, 0], [1, 0, 0], [0.5, 0.5, 0]])
    assert_allclose(hidden, [[math.tanh(cell) / 2] for cell in (first, second, third)])


def test_each_hop_is_a_row_of_scores(array):
    key, W_k, W_hops = array([[1, 0], [0, 2], [0, 0]]), array([[1, 0], [0, 1]]), array([[1, 10, 0], [0, 100, -1]])
    one, two = math.tanh(1), math.tanh(2)
    assert_allclose(structured_scores(key, W_k, W_hops), [[one, 0, 0], [10 * one, 100 * two, 0], [0, -two, 0]])


def test_two_hops_that_agree_and_one_that_spreads_are_redundant(array):
    assert_allclose(redundancy(array([[0, 1, 0], [1, 0, 0]])), 0)
    assert_allclose(redundancy(array([[0, 1, 0], [0, 1, 0]])), 2)
    assert_allclose(redundancy(array([[0.5, 0.5, 0]])), 0.25)
    assert_allclose(redundancy(array([[0, 1, 0], [0.5, 0.5, 0]])), 0.25 + 2 * 0.25)


def test_one_table_is_read_by_rows_and_by_columns(array):
    scores = array([[0, math.log(3)], [0, 0], [0, math.log(2)]])
    first, second = array([[1], [10], [100]]), array([[4], [8]])
    (beta, rows), (alpha, columns) = align_both(scores, first, second)
    assert_allclose(rows, [[1 / 4, 3 / 4], [1 / 2, 1 / 2], [1 / 3, 2 / 3]])
    assert_allclose(beta, [[7], [6], [20 / 3]])
    assert_allclose(columns, [[1 / 3, 1 / 3, 1 / 3], [3 / 6, 1 / 6, 2 / 6]])
    assert_allclose(alpha, [[37], [(3 + 10 + 200) / 6]])


def test_keys_that_come_before_the_query_have_the_positive_distances(array):
    bias = distance_bias(array([-20, -10, 0, 1, 2]), 4)
    assert_array_equal(bias, [[0, -10, -20, -20], [1, 0, -10, -20], [2, 1, 0, -10], [2, 2, 1, 0]])


# reference


@pytest.mark.parametrize("numbers_at_once", [1, 2**20])
def test_a_reader_agrees_with_one_that_reads_number_by_number(array, normal, monkeypatch, numbers_at_once):
    monkeypatch.setattr(additive, "NUMBERS_AT_ONCE", numbers_at_once)
    arguments = reader(lambda *shape: array(np.asarray(normal(*shape)) / 2), B)
    hidden, weights = lstmn(*arguments)
    assert (hidden.shape, weights.shape) == ((B, L, D), (B, L, L))
    x, *parameters = (np.asarray(a).tolist() for a in arguments)
    for b in range(B):
        expected, table = read_slowly(x[b], *parameters)
        assert_allclose(hidden[b], expected, atol=1e-12)
        assert_allclose(weights[b], table, atol=1e-12)


def test_gates_and_cell_are_those_of_torch_where_there_is_one_state_to_look_back_at():
    """Two tokens: the second reads all of the first, which is an LSTM. torch orders the gates i, f, candidate, o."""
    generator = torch.Generator().manual_seed(2016)
    x, W_q, W_k, w_v, W_gates = reader(lambda *s: torch.randn(s, dtype=torch.float64, generator=generator), B, length=2)
    lstm = torch.nn.LSTM(D_X, D, batch_first=True, bias=False).double()
    i, f, o, candidate = W_gates.split(D, dim=1)
    weight = torch.cat([i, f, candidate, o], dim=1).T
    lstm.weight_ih_l0.data, lstm.weight_hh_l0.data = weight[:, :D_X].contiguous(), weight[:, D_X:].contiguous()
    assert_allclose(lstmn(x, W_q, W_k, w_v, W_gates)[0], lstm(x)[0].detach(), atol=1e-12)


def test_hops_are_a_network_of_torch(normal):
    key, W_k, W_hops = (torch.as_tensor(np.asarray(normal(*s)).copy()) for s in ((B, H, S, D), (D, D_A), (D_A, R)))
    net = torch.nn.Sequential(torch.nn.Linear(D, D_A, False), torch.nn.Tanh(), torch.nn.Linear(D_A, R, False)).double()
    net[0].weight.data, net[2].weight.data = W_k.T.contiguous(), W_hops.T.contiguous()
    expected = torch.einsum("bhsr->bhrs", net(key)).detach()
    assert_allclose(structured_scores(key, W_k, W_hops), expected, atol=1e-12)


def test_redundancy_is_the_norm_of_frobenius_squared(array, normal):
    weights = normal(B, H, R, S)
    found = redundancy(weights)
    assert found.shape == (B, H)
    for b, h in np.ndindex(B, H):
        A = np.asarray(weights)[b, h]
        assert math.isclose(found[b, h], np.linalg.norm(A @ A.T - np.eye(R), "fro") ** 2, rel_tol=1e-12)


def test_two_sequences_align_as_torch_would_align_them(array, normal):
    scores, first, second = normal(B, L, S), normal(B, L, 2), normal(B, S, 3)
    first_mask, second_mask = np.arange(L) < np.array([[[2]], [[L]]]), np.arange(S) < np.array([[[6]], [[3]]])
    found = align_both(scores, first, second, array(first_mask), array(second_mask))
    table, a, b = (torch.as_tensor(np.asarray(x).copy()) for x in (scores, first, second))
    rows = table.masked_fill(~torch.tensor(second_mask), -math.inf).softmax(2)
    columns = table.masked_fill(~torch.tensor(first_mask).mT, -math.inf).softmax(1).mT
    for (output, weights), expected, value in zip(found, (rows, columns), (b, a)):
        assert_allclose(weights, expected, atol=1e-12)
        assert_allclose(output, expected @ value, atol=1e-12)


@given(farthest=st.integers(0, 6), length=st.integers(0, 13))
def test_each_bias_is_looked_up_by_its_distance(array, farthest, length):
    biases = np.arange(2.0 * farthest + 1) ** 2 + 1
    bias = distance_bias(array(biases), length)
    assert bias.shape == (length, length)
    for i, j in np.ndindex(length, length):
        distance = i - j
        assert bias[i, j] == biases[farthest + (max(-farthest, distance) if distance < 0 else min(farthest, distance))]


# invariant


@pytest.mark.parametrize("changed", range(L))
def test_a_reader_looks_only_back_and_a_changed_token_is_felt_by_all_that_follow(array, normal, changed):
    x, *parameters = reader(normal)
    hidden, weights = lstmn(x, *parameters)
    assert_array_equal(np.asarray(weights) > 0, np.tri(L, k=-1, dtype=bool))
    assert_allclose(weights.sum(-1), [0] + [1] * (L - 1))
    x = np.asarray(x).copy()
    x[changed] += 1
    other, other_weights = lstmn(array(x), *parameters)
    assert_array_equal((np.asarray(hidden) != np.asarray(other)).any(-1), np.arange(L) >= changed)
    # The first token asks nothing; the second has one state to look at, whatever it asks.
    asks_otherwise = (np.asarray(weights) != np.asarray(other_weights)).any(-1)
    assert_array_equal(asks_otherwise, np.arange(L) >= max(changed, 2))
    begun, begun_weights = lstmn(array(x)[:changed], *parameters)
    assert_allclose(begun, other[:changed], atol=1e-12)
    assert_allclose(begun_weights, other_weights[:changed, :changed], atol=1e-12)


@given(
    key=arrays(float, (S, 2), elements=st.floats(-9, 9)),
    order=st.permutations(range(S)),
    hops=st.permutations([0, 1, 2]),
)
def test_positions_and_hops_carry_their_scores_along_and_each_hop_is_additive_without_a_query(array, key, order, hops):
    W_k, W_hops = np.array([[1.0, 2, 3, -4], [0.5, 0, -1, 1]]), np.arange(12.0).reshape(4, 3) - 5
    scores = np.asarray(structured_scores(array(key), array(W_k), array(W_hops)))
    moved = structured_scores(array(key[order]), array(W_k), array(W_hops[:, hops]))
    assert_allclose(moved, scores[hops][:, order], atol=1e-12)
    for hop in hops:
        nothing = array(np.zeros((1, 1))), array(key), array(np.zeros((1, 4)))
        assert_allclose(additive_scores(*nothing, array(W_k), array(W_hops[:, hop])), scores[[hop]], atol=1e-12)


@given(
    weights=arrays(float, (R, S), elements=st.floats(0, 1)),
    order=st.permutations(range(S)),
    hops=st.permutations(range(R)),
)
def test_redundancy_is_never_negative_and_knows_no_order(array, weights, order, hops):
    found = float(redundancy(array(weights)))
    assert found >= 0
    assert math.isclose(redundancy(array(weights[hops][:, order])), found, rel_tol=1e-9, abs_tol=1e-9)


@given(scores=arrays(float, (L, S), elements=st.floats(-50, 50)), masked=st.integers(0, L), hidden=st.integers(0, S))
def test_the_two_sequences_may_change_places(array, scores, masked, hidden):
    rng = np.random.default_rng(2016)
    first, second = array(rng.standard_normal((L, 2))), array(rng.standard_normal((S, 3)))
    masks = array(np.arange(L)[None] >= masked), array(np.arange(S)[None] >= hidden)
    one, other = align_both(array(scores), first, second, *masks)
    exchanged = align_both(array(scores.T), second, first, *masks[::-1])
    for (output, weights), (same_output, same_weights) in zip((one, other), exchanged[::-1]):
        assert_allclose(weights, same_weights, atol=1e-12)
        assert_allclose(output, same_output, atol=1e-12)
    assert_array_equal(np.asarray(one[1]).sum(0)[:hidden], np.zeros(hidden))
    assert_array_equal(np.asarray(other[1]).sum(0)[:masked], np.zeros(masked))
    assert_allclose(one[1].sum(-1), [float(hidden < S)] * L)
    assert_allclose(other[1].sum(-1), [float(masked < L)] * S)


@given(biases=st.lists(st.integers(-9, 9), min_size=7, max_size=7), length=st.integers(1, 13))
def test_bias_depends_on_distance_only_and_turning_the_biases_round_transposes_it(array, biases, length):
    bias = np.asarray(distance_bias(array(biases), length))
    assert_array_equal(bias[1:, 1:], bias[:-1, :-1])
    assert_array_equal(distance_bias(array(biases[::-1]), length), bias.T)
    assert_array_equal(distance_bias(array(biases), 13)[:length, :length], bias)


# edge


def test_reading_nothing_or_one_token_is_no_special_case(array, normal):
    x, *parameters = reader(normal, B, H)
    for length in (0, 1):
        hidden, weights = lstmn(x[..., :length, :], *parameters)
        assert (hidden.shape, weights.shape) == ((B, H, length, D), (B, H, length, length))
        assert_array_equal(weights, np.zeros((B, H, length, length)))
    single, _ = lstmn(x[..., :1, :], *parameters)
    gates = np.asarray(x)[..., :1, :] @ np.asarray(parameters[-1])[:D_X]
    i, _, o, candidate = np.split(gates, 4, axis=-1)
    cell = np.tanh(candidate) / (1 + np.exp(-i))
    assert_allclose(single, np.tanh(cell) / (1 + np.exp(-o)), atol=1e-12)


def test_each_sequence_of_a_batch_is_read_alone_and_memory_may_lie_in_any_order(array, normal):
    x, *parameters = reader(normal, B, H)
    hidden, weights = lstmn(x, *parameters)
    x, *matrices = (
        array(np.asarray(a).swapaxes(-1, -2).copy()).swapaxes(-1, -2) for a in (x, *parameters[:2], parameters[3])
    )
    for b, h in np.ndindex(B, H):
        alone, its_weights = lstmn(x[b, h], *matrices[:2], parameters[2], matrices[2])
        assert_allclose(alone, hidden[b, h], atol=1e-12)
        assert_allclose(its_weights, weights[b, h], atol=1e-12)


@pytest.mark.parametrize(("length", "keys"), [(0, S), (L, 0), (0, 0), (1, 1)])
def test_empty_sentences_and_single_tokens_align(array, length, keys):
    arguments = (array(np.ones((B, *shape))) for shape in ((length, keys), (length, 2), (keys, 3)))
    (beta, rows), (alpha, columns) = align_both(*arguments)
    assert (rows.shape, columns.shape) == ((B, length, keys), (B, keys, length))
    assert_array_equal(beta, np.full((B, length, 3), float(keys > 0)))
    assert_array_equal(alpha, np.full((B, keys, 2), float(length > 0)))


def test_no_position_no_hop_and_no_distance_are_no_special_cases(array):
    assert structured_scores(array(np.ones((B, 0, D))), array(np.ones((D, 2))), array(np.ones((2, R)))).shape == (
        B,
        R,
        0,
    )
    assert structured_scores(array(np.ones((S, D))), array(np.ones((D, 2))), array(np.ones((2, 0)))).shape == (0, S)
    assert_array_equal(redundancy(array(np.ones((B, 0, S)))), [0, 0])
    assert_array_equal(redundancy(array(np.ones((B, R, 0)))), [R, R])
    assert_array_equal(distance_bias(array([4]), 3), np.full((3, 3), 4))
    assert distance_bias(array([1, 2, 3]), 0).shape == (0, 0)


def test_leading_axes_of_an_alignment_broadcast(array, normal):
    scores, first, second = normal(B, H, L, S), normal(H, L, 2), normal(B, 1, S, 3)
    mask = np.arange(S) < np.array([6, 4])[:, None, None, None]
    (beta, rows), (alpha, columns) = align_both(scores, first, second, None, array(mask))
    assert (beta.shape, alpha.shape) == ((B, H, L, 3), (B, H, S, 2))
    for b, h in np.ndindex(B, H):
        one, other = align_both(scores[b, h], first[h], second[b, 0], None, array(mask[b, 0]))
        for found, expected in zip((beta, rows, alpha, columns), (*one, *other)):
            assert_allclose(found[b, h], expected, atol=1e-12)


def test_huge_inputs_saturate_gates_and_scores_without_a_warning(array):
    x, huge = array([[1e100], [-1e100]]), array(np.full((2, 4), 1e100))
    hidden, weights = lstmn(x, array([[1e100], [1]]), array([[1]]), array([1e100]), huge)
    assert_allclose(hidden, [[math.tanh(1)], [0]])
    assert_array_equal(weights, [[0, 0], [1, 0]])
    scores = structured_scores(array([[1e200], [-1e200]]), array([[1e100]]), array([[3, -5]]))
    assert_array_equal(scores, [[3, -3], [-5, 5]])
    (beta, _), (alpha, _) = align_both(array([[1e300, -1e300]]), array([[2]]), array([[3], [5]]))
    assert_array_equal(beta, [[3]])
    assert_array_equal(alpha, [[2], [2]])


def test_no_dtype_is_widened(narrow, normal):
    make, eps = narrow
    arguments = [make(np.asarray(a) / 4) for a in reader(normal, B)]
    key, W_k, W_hops = (make(np.asarray(normal(*shape)) / 4) for shape in ((B, S, D), (D, D_A), (D_A, R)))
    weights, biases = make(np.eye(R, S)[None] / 2), make(np.arange(5.0))
    scores, first, second = (make(np.asarray(normal(*shape)) / 4) for shape in ((L, S), (L, 2), (S, 3)))

    def aligned(*arguments):
        one, other = align_both(*arguments)
        return *one, *other

    for formula, inputs in (
        (lstmn, arguments),
        (lambda *a: (structured_scores(*a),), (key, W_k, W_hops)),
        (lambda *a: (redundancy(*a),), (weights,)),
        (lambda *a: (distance_bias(*a, S),), (biases,)),
        (aligned, (scores, first, second)),
    ):
        exact = formula(*(torch.as_tensor(x).double() for x in inputs))
        for found, expected in zip(formula(*inputs), exact, strict=True):
            assert found.dtype == key.dtype
            assert_allclose(torch.as_tensor(found).double(), expected, atol=D_A * eps)


def test_gradients_are_right():
    generator = torch.Generator().manual_seed(2016)

    def draw(*shape):
        return torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True)

    assert torch.autograd.gradcheck(lstmn, reader(draw, length=3, d_x=2, d=2, d_a=3))
    assert torch.autograd.gradcheck(structured_scores, (draw(3, 2), draw(2, 5), draw(5, 2)))
    assert torch.autograd.gradcheck(redundancy, (draw(2, 3),))
    assert torch.autograd.gradcheck(lambda biases: distance_bias(biases, 5), (draw(7),))
    mask = torch.tensor([[True, False, True]])
    assert torch.autograd.gradcheck(
        lambda *arguments: sum(align_both(*arguments, None, mask), ()), (draw(2, 3), draw(2, 1), draw(3, 2))
    )


def test_a_sentence_that_may_not_be_seen_reads_as_zeros_and_the_other_way_round_nothing_changes(array, normal):
    scores, first, second = normal(L, S), normal(L, 2), normal(S, 3)
    (beta, rows), other = align_both(scores, first, second, None, array(np.zeros((1, S), bool)))
    assert_array_equal(beta, np.zeros((L, 3)))
    assert_array_equal(rows, np.zeros((L, S)))
    for found, expected in zip(other, attend(scores.T, first)):
        assert_array_equal(found, expected)


# error


def ones(*shape):
    return np.ones(shape)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"W_gates": ones(D_X, 4 * D)}, ValueError, "W_gates has shape (11, 52), expected (24, 52): x's last axis + d"),
        ({"W_gates": ones(D_X + D, 3 * D)}, ValueError, "W_gates has shape (24, 39), expected (24, 52)"),
        ({"W_q": ones(D, D_A)}, ValueError, "W_q has shape (13, 17), expected (24, 17)"),
        ({"W_k": ones(D, D_A + 2)}, ValueError, "W_k has shape (13, 19), expected (13, 17)"),
        ({"w_v": ones(D_A, 1)}, ValueError, "w_v has shape (17, 1), expected (d_a,)"),
        ({"x": ones(D_X)}, ValueError, "x has shape (11,), expected at least two axes"),
        ({"W_k": ones()}, ValueError, "W_k has shape (), expected (d, d_a)"),
        ({"x": torch.ones(L, D_X)}, TypeError, "x is torch, W_q is NumPy"),
        ({"x": ones(L, D_X).astype(int)}, TypeError, "x is an array of int64, expected floats"),
        ({"W_gates": ones(D_X + D, 4 * D).astype("float32")}, TypeError, "W_gates is float32: convert them to one"),
    ],
)
def test_a_wrong_argument_of_a_reader_is_told_in_words(change, error, words):
    right = dict(zip(("x", "W_q", "W_k", "w_v", "W_gates"), reader(ones)))
    with pytest.raises(error) as told:
        lstmn(**{**right, **change})
    assert words in str(told.value)


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: structured_scores(ones(S, D), ones(D_A, D), ones(D_A, R)),
            ValueError,
            "W_k has shape (17, 13), expected (13, 17): key's last axis × the rows of W_hops",
        ),
        (lambda: structured_scores(ones(S, D), ones(D, D_A), ones(R, D_A)), ValueError, "expected (13, 19)"),
        (lambda: structured_scores(ones(S, D), ones(D, 2), torch.ones(2, R)), TypeError, "W_hops is torch"),
        (lambda: redundancy(ones(R, S).astype(int)), TypeError, "weights is an array of int64, expected floats"),
        (lambda: align_both(ones(L, S), ones(S, 2), ones(L, 3)), ValueError, "scores has 7 keys on its last axis"),
        (lambda: align_both(ones(L, S), ones(S, 2), ones(S, 3)), ValueError, "scores has 5 keys on its last axis"),
        (lambda: align_both(ones(L, S), ones(L, 2), torch.ones(S, 3)), TypeError, "second is torch: convert with"),
        (
            lambda: align_both(ones(L, S), ones(L, 2), ones(S, 3), np.ones((1, S), bool)),
            ValueError,
            "mask has shape (1, 7), scores (7, 5)",
        ),
        (
            lambda: align_both(ones(L, S), ones(L, 2), ones(S, 3), None, np.ones((1, L), bool)),
            ValueError,
            "mask has shape (1, 5), scores (5, 7)",
        ),
        (
            lambda: align_both(ones(L, S), ones(L, 2), ones(S, 3), None, ones(1, S)),
            TypeError,
            "mask is float with only 0 and 1",
        ),
        (
            lambda: distance_bias(ones(4), 3),
            ValueError,
            "biases has shape (4,), expected (2 D + 1,): an odd number of distances",
        ),
        (lambda: distance_bias(ones(0), 3), ValueError, "biases has shape (0,), expected (2 D + 1,)"),
        (lambda: distance_bias(ones(3, 3), 3), ValueError, "biases has shape (3, 3), expected (2 D + 1,)"),
        (lambda: distance_bias(np.array([1, 2, 3]), 3), TypeError, "biases is an array of int64, expected floats"),
        (lambda: distance_bias([1.0], 3), TypeError, "biases is a list, expected an array"),
        (lambda: distance_bias(ones(3), 3.0), TypeError, "num_positions is 3.0, expected a whole number"),
        (lambda: distance_bias(ones(3), -2), ValueError, "num_positions is -2, expected 0 or more"),
    ],
)
def test_a_wrong_argument_is_told_in_words(call, error, words):
    with pytest.raises(error) as told:
        call()
    assert words in str(told.value)
