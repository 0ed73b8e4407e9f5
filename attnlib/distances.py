"""How far key and query are apart: a bias that falls with the distance, and a vector for each distance."""

import math

from jaxtyping import Float, Integer

from attnlib.arrays import (
    Array,
    cast,
    check_axes,
    check_count,
    check_has_positions,
    float_namespace,
    floats_like,
    widen,
)


def alibi_slopes(num_heads: int, *, like: Array | None = None) -> Float[Array, "H"]:
    r"""Give each head its own slope, by which the scores of ALiBi fall with distance.

    .. math:: m_h = 2^{-8h/H}, \qquad h = 1 \dots H, \quad H \text{ a power of two}

    For another H: the slopes of the next smaller power of two, then every second one of the next larger, as far as
    they are needed.

    Parameters
    ----------
    num_heads : int
        H, at least 1.
    like : array, optional
        Its library, device and dtype are used. Without it: NumPy, float64.

    Returns
    -------
    slopes : array (H,)

    Raises
    ------
    TypeError, ValueError
        If `num_heads` is not a whole number of at least 1, or `like` is not an array of floats.

    References
    ----------
    Press, Smith & Lewis (2022), section 3. The rule for other H stands in their code and not in the paper, whose
    formula would give other slopes there.

    Examples
    --------
    >>> alibi_slopes(4)
    array([0.25      , 0.0625    , 0.015625  , 0.00390625])
    >>> alibi_slopes(3)
    array([0.0625    , 0.00390625, 0.25      ])
    """
    num_heads = check_count("num_heads", num_heads, least=1)
    xp, dtype, _, device = floats_like(like)
    power = 2 ** (num_heads.bit_length() - 1)
    slopes = [2 ** (-8 * h / power) for h in range(1, power + 1)]
    between = [2 ** (-4 * h / power) for h in range(1, 2 * power, 2)]
    return xp.asarray((slopes + between)[:num_heads], dtype=dtype, **device)


def alibi_bias(
    num_heads: int, num_queries: int, num_keys: int | None = None, *, like: Array | None = None
) -> Float[Array, "H L S"]:
    r"""Lower each score in proportion to the distance of key and query: ``attend(scores + bias, value, mask)``.

    .. math:: b_{hij} = -m_h\, |\, i + (S - L) - j\, |

    The last query stands at the last key, as in `causal_mask`.

    Parameters
    ----------
    num_heads, num_queries, num_keys : int
        H, L and S. Without `num_keys` S is L.
    like : array, optional
        Its library, device and dtype are used. Without it: NumPy, float64.

    Returns
    -------
    bias : array (H, L, S)

    Raises
    ------
    TypeError, ValueError
        If a number is not whole, there is no head, a length is negative, or `like` is not an array of floats.

    References
    ----------
    Press, Smith & Lewis (2022), section 3. Their model is causal; to keys that come later we give the same bias as to
    earlier ones, and they are masked there.

    Examples
    --------
    >>> alibi_bias(8, 3)[0]
    array([[ 0. , -0.5, -1. ],
           [-0.5,  0. , -0.5],
           [-1. , -0.5,  0. ]])
    """
    num_queries = check_count("num_queries", num_queries)
    num_keys = num_queries if num_keys is None else check_count("num_keys", num_keys)
    slopes, (xp, dtype, wide, device) = alibi_slopes(num_heads, like=like), floats_like(like)
    nearness = xp.astype(-xp.abs(_distances(xp, num_queries, num_keys, **device)), wide)
    return cast(xp, dtype, xp.astype(slopes, wide)[:, None, None] * nearness)


def relative_scores(
    query: Float[Array, "*B L d_k"], table: Float[Array, "n d_k"], num_keys: int | None = None
) -> Float[Array, "*B L S"]:
    r"""Score each query with a vector that stands for its distance to the key: what is added to the scores.

    .. math:: r_{ij} = \frac{q_i \cdot a^K_{ij}}{\sqrt{d_k}}, \qquad
        a^K_{ij} = w^K_{\operatorname{clip}(j - i,\, -k,\, k)}

    ``dot_product_scores(query, key) + relative_scores(query, table, S)`` is the paper's equation (4). All distances
    beyond k share the vectors at the ends. The last query stands at the last key, as in `causal_mask`. Where the
    bias does not depend on the query, `distance_bias` has one number for each distance.

    Parameters
    ----------
    query : array (…, L, d_k)
    table : array (2 k + 1, d_k)
        For the distances −k … k of the key from the query: the first row is for keys that came k or more before.
    num_keys : int, optional
        S. Without it S is L.

    Returns
    -------
    scores : array (…, L, S)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, `table` has not an odd number of rows as long as a
        query, or `num_keys` is not a whole number.

    References
    ----------
    Shaw, Uszkoreit & Vaswani (2018), section 3.2 and equation (4).

    Examples
    --------
    >>> relative_scores(np.array([[1.0], [2.0], [3.0]]), np.array([[5.0], [0.0], [7.0]]))
    array([[ 0.,  7.,  7.],
           [10.,  0., 14.],
           [15., 15.,  0.]])
    """
    xp = float_namespace(query=query, table=table)
    check_has_positions(query=query)
    num_queries, width = query.shape[-2:]
    num_keys = num_queries if num_keys is None else check_count("num_keys", num_keys)
    _check_table(table, width, "query's last axis")
    wide_query, wide_table = widen(xp, query, table)
    vectors = wide_table[_rows_of(xp, table, num_queries, num_keys)]  # (L, S, d_k)
    scale = 1 / math.sqrt(max(width, 1))
    return cast(xp, query.dtype, _row_by_row(xp, wide_query * scale, xp.matrix_transpose(vectors)))


def relative_output(weights: Float[Array, "*B L S"], table: Float[Array, "n d_v"]) -> Float[Array, "*B L d_v"]:
    r"""Read with the same weights the vectors that stand for the distances of the keys: what is added to the output.

    .. math:: \sum_j w_{ij}\, a^V_{ij}, \qquad a^V_{ij} = w^V_{\operatorname{clip}(j - i,\, -k,\, k)}

    Parameters
    ----------
    weights : array (…, L, S)
    table : array (2 k + 1, d_v)
        As in `relative_scores`.

    Returns
    -------
    output : array (…, L, d_v)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, or `table` has not an odd number of rows.

    References
    ----------
    Shaw, Uszkoreit & Vaswani (2018), equation (3). The vectors are shared by all heads and sequences, as there.

    Examples
    --------
    >>> relative_output(np.array([[1.0, 0.0], [0.75, 0.25]]), np.array([[8.0], [0.0], [4.0]]))
    array([[0.],
           [6.]])
    """
    xp = float_namespace(weights=weights, table=table)
    check_has_positions(weights=weights)
    _check_table(table)
    wide_weights, wide_table = widen(xp, weights, table)
    vectors = wide_table[_rows_of(xp, table, *weights.shape[-2:])]  # (L, S, d_v)
    return cast(xp, weights.dtype, _row_by_row(xp, wide_weights, vectors))


def _row_by_row(xp, x, matrices):
    """Multiply row i of every x (…, L, a) by matrix i of (L, a, b): L products, however many sequences and heads."""
    lead, (length, width) = x.shape[:-2], x.shape[-2:]
    rows = xp.permute_dims(xp.reshape(x, (math.prod(lead), length, width)), (1, 0, 2))
    return xp.reshape(xp.permute_dims(rows @ matrices, (1, 0, 2)), (*lead, length, matrices.shape[-1]))


def _distances(xp, num_queries, num_keys, **device) -> Integer[Array, "L S"]:
    """Return j − i − (S − L): how far each key stands behind each query."""
    places = xp.arange(num_queries, **device) + (num_keys - num_queries)
    return xp.arange(num_keys, **device)[None, :] - places[:, None]


def _rows_of(xp, table, num_queries, num_keys):
    """Return for each pair the row of the table that stands for its distance."""
    farthest, distance = table.shape[0] // 2, _distances(xp, num_queries, num_keys, device=table.device)
    distance = xp.where(distance > farthest, farthest, xp.where(distance < -farthest, -farthest, distance))
    return distance + farthest


def _check_table(table, width=None, of=""):
    check_axes("table", table, "2 k + 1", "features")
    if table.shape[0] % 2 == 0:
        raise ValueError(f"table has {table.shape[0]} rows, expected an odd number: one for each distance from −k to k")
    if width is not None and table.shape[1] != width:
        raise ValueError(f"table has shape {tuple(table.shape)}, expected ({table.shape[0]}, {width}): rows as {of}")
