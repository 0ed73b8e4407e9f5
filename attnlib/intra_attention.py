"""Attention inside one sequence, or between two read side by side, as it was before the transformer."""

from functools import partial

from jaxtyping import Bool, Float

from attnlib.additive import additive_scores
from attnlib.arrays import (
    Array,
    cast,
    check_axes,
    check_count,
    check_has_positions,
    check_mask,
    check_parameter,
    check_scores_and_value,
    float_namespace,
    widen,
)
from attnlib.attention import attend


def lstmn(
    x: Float[Array, "*B L d_x"],
    W_q: Float[Array, "d_xh d_a"],
    W_k: Float[Array, "d d_a"],
    w_v: Float[Array, "d_a"],
    W_gates: Float[Array, "d_xh 4*d"],
) -> tuple[Float[Array, "*B L d"], Float[Array, "*B L L"]]:
    r"""Read a sequence with an LSTM that looks back at all its earlier states, not only at the last one.

    .. math:: s_{ti} &= w_v^\top \tanh(W_q^\top [x_t; \tilde h_{t-1}] + W_k^\top h_i), \quad i < t \\
        [\tilde h_t; \tilde c_t] &= \textstyle\sum_i w_{ti}\, [h_i; c_i] \\
        c_t &= f_t \odot \tilde c_t + i_t \odot \hat c_t, \qquad h_t = o_t \odot \tanh c_t

    The gates i, f, o and the candidate ĉ come from :math:`W_\text{gates}^\top [x_t; \tilde h_t]`, in this order. The
    first token has nothing to look back at: its summaries are 0, as is the output of any query that sees no key.

    Parameters
    ----------
    x : array (…, L, d_x)
    W_q : array (d_x + d, d_a)
        The paper's :math:`W_x` above its :math:`W_{\tilde h}`.
    W_k : array (d, d_a)
        The paper's :math:`W_h`.
    w_v : array (d_a,)
    W_gates : array (d_x + d, 4 d)

    Returns
    -------
    hidden : array (…, L, d)
        h, one row for each token.
    weights : array (…, L, L)
        Zero on and above the diagonal: a token looks at those before it.

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, or a matrix does not fit x and the others.

    References
    ----------
    Cheng, Dong & Lapata (2016), section 3.1, without bias vectors.

    Examples
    --------
    >>> zeros = [np.zeros(shape) for shape in ((3, 2), (1, 2), (2,), (3, 4))]
    >>> _, weights = lstmn(np.ones((3, 2)), *zeros)  # equal scores: each token looks evenly at those before it
    >>> weights
    array([[0. , 0. , 0. ],
           [1. , 0. , 0. ],
           [0.5, 0.5, 0. ]])
    """
    xp = float_namespace(x=x, W_q=W_q, W_k=W_k, w_v=w_v, W_gates=W_gates)
    check_has_positions(x=x)
    check_axes("W_k", W_k, "d", "d_a")
    check_axes("w_v", w_v, "d_a")
    dtype, lead, (length, d_x), d, d_a = x.dtype, x.shape[:-2], x.shape[-2:], W_k.shape[0], w_v.shape[0]
    check_parameter("W_gates", W_gates, (d_x + d, 4 * d), "x's last axis + d, × 4 d, where W_k has d rows")
    check_parameter("W_q", W_q, (d_x + d, d_a), "x's last axis + the rows of W_k, × the length of w_v")
    check_parameter("W_k", W_k, (d, d_a), "d × the length of w_v")
    x, W_q, W_k, w_v, W_gates = widen(xp, x, W_q, W_k, w_v, W_gates)
    zeros = partial(xp.zeros, dtype=x.dtype, device=x.device)
    tape, summary, rows = zeros((*lead, 0, 2 * d)), zeros((*lead, 1, d)), [zeros((*lead, 0, length))]
    for t in range(length):
        token = x[..., t : t + 1, :]
        scores = additive_scores(xp.concat([token, summary], axis=-1), tape[..., :d], W_q, W_k, w_v)
        read, weights = attend(scores, tape)
        summary, old_cell = read[..., :d], read[..., d:]
        gates = xp.concat([token, summary], axis=-1) @ W_gates
        i, f, o = ((1 + xp.tanh(gates[..., n * d : (n + 1) * d] / 2)) / 2 for n in range(3))  # sigmoids
        cell = f * old_cell + i * xp.tanh(gates[..., 3 * d :])
        tape = xp.concat([tape, xp.concat([o * xp.tanh(cell), cell], axis=-1)], axis=-2)
        rows.append(xp.concat([weights, zeros((*lead, 1, length - t))], axis=-1))
    return cast(xp, dtype, tape[..., :d], xp.concat(rows, axis=-2))


def structured_scores(
    key: Float[Array, "*B S d"], W_k: Float[Array, "d d_a"], W_hops: Float[Array, "d_a r"]
) -> Float[Array, "*B r S"]:
    r"""Score each position of a sentence for each of r learned questions, or hops.

    .. math:: s_{aj} = w_a^\top \tanh(W_k^\top k_j)

    Additive scores in which nothing is asked of the moment: a column w_a of W_hops is both question and w_v.

    Parameters
    ----------
    key : array (…, S, d)
    W_k : array (d, d_a)
    W_hops : array (d_a, r)

    Returns
    -------
    scores : array (…, r, S)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, or a matrix does not fit the keys and the other.

    References
    ----------
    Lin et al. (2017), equation (6), where the two matrices are :math:`W_{s1}^\top` and :math:`W_{s2}^\top`.

    Examples
    --------
    >>> structured_scores(np.array([[1.0], [0.0]]), np.ones((1, 1)), np.array([[10.0, -10.0]])).round(1)
    array([[ 7.6,  0. ],
           [-7.6,  0. ]])
    """
    xp = float_namespace(key=key, W_k=W_k, W_hops=W_hops)
    check_has_positions(key=key)
    check_axes("W_hops", W_hops, "d_a", "r")
    check_parameter("W_k", W_k, (key.shape[-1], W_hops.shape[0]), "key's last axis × the rows of W_hops")
    wide_key, wide_W_k, wide_W_hops = widen(xp, key, W_k, W_hops)
    return cast(xp, key.dtype, xp.matrix_transpose(xp.tanh(wide_key @ wide_W_k) @ wide_W_hops))


def redundancy(weights: Float[Array, "*B r S"]) -> Float[Array, "*B"]:
    r"""Measure how much r rows of weights repeat each other and spread out.

    .. math:: \lVert A A^\top - I \rVert_F^2

    It is 0 only if each row holds a single weight of 1, and no two rows hold it at the same place.

    Raises
    ------
    TypeError, ValueError
        If `weights` is not an array of floats with at least two axes.

    References
    ----------
    Lin et al. (2017), equation (8), the penalty of the loss.

    Examples
    --------
    >>> redundancy(np.array([[1.0, 0.0], [0.0, 1.0]])).round(2), redundancy(np.array([[1.0, 0.0], [1.0, 0.0]])).round(2)
    (np.float64(0.0), np.float64(2.0))
    """
    xp = float_namespace(weights=weights)
    check_has_positions(weights=weights)
    (wide,) = widen(xp, weights)
    identity = xp.eye(weights.shape[-2], dtype=wide.dtype, device=wide.device)
    return cast(xp, weights.dtype, xp.sum((wide @ xp.matrix_transpose(wide) - identity) ** 2, axis=(-2, -1)))


def align_both(
    scores: Float[Array, "*#B L S"],
    first: Float[Array, "*#B L d_1"],
    second: Float[Array, "*#B S d_2"],
    first_mask: Bool[Array, "*#B 1 L"] | None = None,
    second_mask: Bool[Array, "*#B 1 S"] | None = None,
) -> tuple[tuple[Float[Array, "... L d_2"], Float[Array, "... L S"]], tuple[Array, Array]]:
    r"""Let two sequences attend to each other with one table of scores, read by rows and by columns.

    .. math:: \beta_i = \sum_j \operatorname{softmax}_j(s_{ij})\, b_j, \qquad
        \alpha_j = \sum_i \operatorname{softmax}_i(s_{ij})\, a_i

    Parameters
    ----------
    scores : array (…, L, S)
        Of each position of the first sequence with each of the second.
    first : array (…, L, d_1)
        a.
    second : array (…, S, d_2)
        b.
    first_mask, second_mask : boolean array, optional
        (…, 1, L) and (…, 1, S), True = a real token.

    Returns
    -------
    (beta, weights) : arrays (…, L, d_2) and (…, L, S)
        What the first sequence reads in the second.
    (alpha, weights) : arrays (…, S, d_1) and (…, S, L)
        What the second reads in the first.

    Raises
    ------
    TypeError, ValueError
        If the scores are not (…, L, S) for sequences of L and S vectors, or a mask does not fit its sequence.

    References
    ----------
    Parikh et al. (2016), equation (2).

    Examples
    --------
    >>> scores = np.log(np.array([[3.0, 1.0]]))
    >>> (beta, weights), (alpha, _) = align_both(scores, np.array([[7.0]]), np.array([[4.0], [8.0]]))
    >>> beta.round(2).tolist(), weights.round(2).tolist(), alpha.tolist()
    ([[5.0]], [[0.75, 0.25]], [[7.0], [7.0]])
    """
    xp = float_namespace(scores=scores, first=first, second=second)
    check_has_positions(scores=scores)
    by_column = xp.matrix_transpose(scores)
    _check_side(scores, "second", second, second_mask)
    _check_side(by_column, "first", first, first_mask)
    return attend(scores, second, second_mask), attend(by_column, first, first_mask)


def _check_side(scores, name, value, mask):
    check_scores_and_value(scores, value, name=name)
    if mask is not None:
        check_mask(mask, scores, name=f"{name}_mask")


def distance_bias(biases: Float[Array, "n"], num_positions: int) -> Float[Array, "L L"]:
    r"""Look up one bias for each distance, so that order counts; the farthest ones share theirs.

    .. math:: d_{ij} = b_{\operatorname{clip}(i - j,\, -D,\, D)}

    Parameters
    ----------
    biases : array (2 D + 1,)
        For the distances −D … D of a query i from a key j. All longer ones use the ends.
    num_positions : int

    Returns
    -------
    bias : array (L, L)
        To be added to the scores.

    Raises
    ------
    TypeError, ValueError
        If `biases` is not an odd number of floats, or `num_positions` is not a whole number, 0 or more.

    References
    ----------
    Parikh et al. (2016), equation (7), with D = 10.

    Examples
    --------
    >>> distance_bias(np.array([-1.0, 0.0, 5.0]), 3)
    array([[ 0., -1., -1.],
           [ 5.,  0., -1.],
           [ 5.,  5.,  0.]])
    """
    xp = float_namespace(biases=biases)
    num_positions = check_count("num_positions", num_positions)
    if biases.ndim != 1 or biases.shape[0] % 2 == 0:
        raise ValueError(f"biases has shape {tuple(biases.shape)}, expected (2 D + 1,): an odd number of distances")
    position, farthest = xp.arange(num_positions, device=biases.device), biases.shape[0] // 2
    distance = position[:, None] - position
    distance = xp.where(distance > farthest, farthest, xp.where(distance < -farthest, -farthest, distance))
    return biases[distance + farthest]
