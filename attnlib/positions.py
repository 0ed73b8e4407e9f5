"""Where a token stands: sines added to the input, rotated queries and keys, biases and vectors for distances."""

import math

from jaxtyping import Float, Integer, Real

from attnlib.arrays import (
    Array,
    cast,
    check_axes,
    check_count,
    check_has_positions,
    check_positive,
    check_word,
    creation_namespace,
    dtype_name,
    float_namespace,
    shared_namespace,
    widen,
)

PAIRINGS = ("interleaved", "half")

# --- absolute positions: added to the input ---------------------------------------------------------------------------


def sinusoidal_positions(length: int, d_model: int, *, like: Array | None = None) -> Float[Array, "L d_model"]:
    r"""Give each position a vector of sines and cosines, from fast to slow, to be added to the token's vector.

    .. math:: PE_{(pos,\, 2i)} = \sin\!\left(pos / 10000^{2i/d_\text{model}}\right), \qquad
        PE_{(pos,\, 2i+1)} = \cos\!\left(pos / 10000^{2i/d_\text{model}}\right)

    Parameters
    ----------
    length : int
        L. Positions are counted from 0. There is no longest one.
    d_model : int
        An even number.
    like : array, optional
        Its library, device and dtype are used; angles are computed in float32 at least. Without it: NumPy, float64.

    Returns
    -------
    positions : array (L, d_model)
        ``x + sinusoidal_positions(L, d_model, like=x)`` for x of shape (…, L, d_model).

    Raises
    ------
    TypeError, ValueError
        If a number is not whole, `length` is negative, `d_model` is odd, or `like` is not an array of floats.

    References
    ----------
    Vaswani et al. (2017), section 3.5.

    Examples
    --------
    >>> sinusoidal_positions(3, 4).round(2)
    array([[ 0.  ,  1.  ,  0.  ,  1.  ],
           [ 0.84,  0.54,  0.01,  1.  ],
           [ 0.91, -0.42,  0.02,  1.  ]])
    """
    length, d_model = check_count("length", length), check_count("d_model", d_model)
    _check_even("d_model", d_model)
    xp, dtype, wide, device = _floats_like(like)
    angles = _angles(xp, xp.arange(length, dtype=wide, **device), d_model, 10_000.0)
    return cast(xp, dtype, xp.reshape(xp.stack([xp.sin(angles), xp.cos(angles)], axis=-1), (length, d_model)))


# --- rotary positions: queries and keys are turned --------------------------------------------------------------------


def rotate(
    x: Float[Array, "*B L d"], positions: Real[Array, "..."], *, base: float = 10_000.0, pairing: str = "interleaved"
) -> Float[Array, "*B L d"]:
    r"""Turn each pair of coordinates by an angle that grows with the position (RoPE).

    .. math:: \begin{pmatrix} x'_{a} \\ x'_{b} \end{pmatrix} =
        \begin{pmatrix} \cos m\theta_i & -\sin m\theta_i \\ \sin m\theta_i & \cos m\theta_i \end{pmatrix}
        \begin{pmatrix} x_{a} \\ x_{b} \end{pmatrix}, \qquad \theta_i = \text{base}^{-2i/d}

    for a token at position m and pair i = 0 … d/2 − 1. Queries and keys are turned, values are not. Then a score
    depends on how far key and query are apart, and not on where they stand: (R_m q) · (R_n k) = q · (R_{n−m} k).

    Parameters
    ----------
    x : array (…, L, d)
        Queries or keys; d is even.
    positions : array (L,), or with one axis for each of x but the last, each equal or 1
        Whole numbers, or floats of 32 bits at least. For x of shape (B, H, L, d), (L,) or (B, 1, L).
    base : float
        The slowest pair needs nearly 2π · base positions for one turn.
    pairing : "interleaved" or "half"
        Coordinates (2i, 2i + 1), as in the paper, or (i, i + d/2), as where two halves of the vector are used.
        Weights trained with one pairing are wrong with the other.

    Returns
    -------
    rotated : array (…, L, d)
        Of the same lengths. Angles, sines and products are computed in float32 at least.

    Raises
    ------
    TypeError, ValueError
        If x is not an array of floats with positions and an even number of features, the positions do not fit it or
        are in half precision, `base` is not positive, or the pairing is unknown.

    References
    ----------
    Su et al. (2024), equations (14), (15) and (34).

    Examples
    --------
    >>> rotate(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0, 1])).round(2)
    array([[1.  , 0.  ],
           [0.54, 0.84]])
    """
    xp = float_namespace(x=x)
    check_has_positions(x=x)
    _check_even("x's last axis", x.shape[-1])
    _check_positions(positions, x)
    base = check_positive("base", base)
    check_word("pairing", pairing, PAIRINGS)
    (wide,) = widen(xp, x)
    angles = _angles(xp, xp.astype(positions, wide.dtype), x.shape[-1], base)
    if pairing == "interleaved":
        pairs = _turn(xp, wide[..., 0::2], wide[..., 1::2], angles)
        return cast(xp, x.dtype, xp.reshape(xp.stack(pairs, axis=-1), x.shape))
    half = x.shape[-1] // 2
    return cast(xp, x.dtype, xp.concat(_turn(xp, wide[..., :half], wide[..., half:], angles), axis=-1))


def _angles(xp, positions, width, base):
    """Return position · base^(−2i / width) for each position and each pair i of coordinates."""
    frequencies = base ** (-xp.arange(0, width, 2, dtype=positions.dtype, device=positions.device) / max(width, 1))
    return positions[..., None] * frequencies


def _turn(xp, first, second, angles):
    cos, sin = xp.cos(angles), xp.sin(angles)
    return [first * cos - second * sin, first * sin + second * cos]


# --- distances: a bias for the scores, or a vector for keys and values ------------------------------------------------


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
    xp, dtype, _, device = _floats_like(like)
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
    slopes, (xp, dtype, wide, device) = alibi_slopes(num_heads, like=like), _floats_like(like)
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


# --- dtypes and checks ------------------------------------------------------------------------------------------------


def _floats_like(like):
    """Return library, dtype, dtype to compute in, device argument: NumPy, float64 unless `like` says otherwise."""
    xp, device = creation_namespace(like)
    if like is None:
        return xp, xp.float64, xp.float64, device
    float_namespace(like=like)
    return xp, like.dtype, xp.float32 if like.dtype.itemsize < 4 else like.dtype, device


def _check_even(name, number):
    if number % 2:
        raise ValueError(f"{name} is {number}, expected an even number: each pair of coordinates has one frequency")


def _check_positions(positions, x):
    xp = shared_namespace(x=x, positions=positions)
    whole, kind = xp.isdtype(positions.dtype, "integral"), dtype_name(positions)
    if not whole and not xp.isdtype(positions.dtype, "real floating"):
        raise TypeError(f"positions is an array of {kind}, expected whole numbers or floats")
    if not whole and positions.dtype.itemsize < 4:
        most = 256 if kind == "bfloat16" else 2048
        raise TypeError(f"positions is {kind}, which cannot count beyond {most}: expected whole numbers or float32")
    shape, expected = tuple(positions.shape), tuple(x.shape[:-1])
    fits = all(n in (1, m) for n, m in zip(reversed(shape), reversed(expected)))
    if not fits or not shape or len(shape) not in (1, len(expected)):
        heads = x.ndim == 4 and shape == (x.shape[0], x.shape[2])
        raise ValueError(
            f"positions has shape {shape}, x {tuple(x.shape)}: expected ({x.shape[-2]},), one for each position"
            + ("; positions[:, None] adds a heads axis" if heads else f", or {expected}" * (x.ndim > 2))
        )


def _check_table(table, width=None, of=""):
    check_axes("table", table, "2 k + 1", "features")
    if table.shape[0] % 2 == 0:
        raise ValueError(f"table has {table.shape[0]} rows, expected an odd number: one for each distance from −k to k")
    if width is not None and table.shape[1] != width:
        raise ValueError(f"table has shape {tuple(table.shape)}, expected ({table.shape[0]}, {width}): rows as {of}")
