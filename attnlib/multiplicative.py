"""The scores of Luong, Pham and Manning beside the dot product, and the window of their local attention."""

from jaxtyping import Float

from attnlib.additive import additive_scores
from attnlib.arrays import (
    Array,
    cast,
    check_axes,
    check_count,
    check_has_positions,
    check_pairs,
    check_parameter,
    check_positive,
    float_namespace,
    widen,
)


def general_scores(
    query: Float[Array, "*#B L d_q"], key: Float[Array, "*#B S d_k"], W: Float[Array, "d_q d_k"]
) -> Float[Array, "... L S"]:
    r"""Score each pair by a dot product with one learned matrix between the two.

    .. math:: s_{ij} = q_i^\top W k_j

    Bilinear: no tanh, no scale. With the identity for W it is the bare dot product. The matrix lets a query ask for
    something other than itself, and query and key may differ in length.

    Parameters
    ----------
    query : array (…, L, d_q)
    key : array (…, S, d_k)
    W : array (d_q, d_k)

    Returns
    -------
    scores : array (…, L, S)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, or W is not (d_q, d_k).

    References
    ----------
    Luong, Pham & Manning (2015), section 3.1, "general", where the query is the *current* decoder state.

    Examples
    --------
    >>> query, key = np.array([[1.0, 2.0]]), np.array([[3.0, 5.0]])
    >>> general_scores(query, key, np.array([[0.0, 1.0], [0.0, 0.0]]))
    array([[5.]])
    """
    xp = float_namespace(query=query, key=key, W=W)
    check_pairs(query, key, W.shape[:1], W.shape[1:])
    check_parameter("W", W, (query.shape[-1], key.shape[-1]), "query's last axis × key's last axis")
    wide_query, wide_key, wide_W = widen(xp, query, key, W)
    return cast(xp, query.dtype, wide_query @ wide_W @ xp.matrix_transpose(wide_key))


def concat_scores(
    query: Float[Array, "*#B L d_q"],
    key: Float[Array, "*#B S d_k"],
    W: Float[Array, "d_qk d_a"],
    w_v: Float[Array, "d_a"],
) -> Float[Array, "... L S"]:
    r"""Score each pair by a network with one hidden layer that takes query and key joined together.

    .. math:: s_{ij} = w_v^\top \tanh(W^\top [q_i; k_j])

    A matrix times a joined vector is a sum of two products, so these are the additive scores under another name: the
    first d_q rows of W are ``W_q``, the others ``W_k``.

    Parameters
    ----------
    query : array (…, L, d_q)
    key : array (…, S, d_k)
    W : array (d_q + d_k, d_a)
    w_v : array (d_a,)

    Returns
    -------
    scores : array (…, L, S)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, or W is not (d_q + d_k, d_a).

    References
    ----------
    Luong, Pham & Manning (2015), section 3.1, "concat".

    Examples
    --------
    >>> W = np.array([[1.0], [1.0], [0.0]])
    >>> concat_scores(np.array([[1.0]]), np.array([[1.0, 1.0], [0.0, 1.0]]), W, np.array([10.0])).round(1)
    array([[9.6, 7.6]])
    """
    float_namespace(query=query, key=key, W=W, w_v=w_v)
    joined, d_q, d_k = (x.shape[axis] if x.ndim > 1 else 1 for x, axis in ((W, 0), (query, -1), (key, -1)))
    check_pairs(query, key, (joined - d_k,), (joined - d_q,))
    check_axes("w_v", w_v, "d_a")
    split = query.shape[-1]
    shape = (split + key.shape[-1], *w_v.shape)
    check_parameter("W", W, shape, "query's last axis + key's last axis, × the length of w_v")
    return additive_scores(query, key, W[:split], W[split:], w_v)


def location_scores(query: Float[Array, "*B L d_q"], W: Float[Array, "d_q S"]) -> Float[Array, "*B L S"]:
    r"""Score each position from the query alone, whatever stands there.

    .. math:: s_{ij} = (W^\top q_i)_j

    Keys are not looked at, so W has one column for each position, and no sentence may be longer than that. For a
    shorter one take the first columns.

    Parameters
    ----------
    query : array (…, L, d_q)
    W : array (d_q, S)

    Returns
    -------
    scores : array (…, L, S)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, or W has not d_q rows.

    References
    ----------
    Luong, Pham & Manning (2015), equation (8).

    Examples
    --------
    >>> location_scores(np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    array([[1., 2., 0.]])
    """
    xp = float_namespace(query=query, W=W)
    check_axes("W", W, "d_q", "positions")
    check_has_positions(query=query)
    check_parameter("W", W, (query.shape[-1], W.shape[-1]), "query's last axis × positions")
    wide_query, wide_W = widen(xp, query, W)
    return cast(xp, query.dtype, wide_query @ wide_W)


def gaussian_window(centers: Float[Array, "*B L"], num_keys: int, *, width: float) -> Float[Array, "*B L S"]:
    r"""Weigh positions down as they lie further from a centre, and forbid those beyond the width.

    .. math:: g_{ij} = e^{-(j - p_i)^2 / 2\sigma^2} \text{ where } |j - p_i| \le D, \quad 0 \text{ elsewhere},
        \qquad \sigma = D / 2

    In *local-p* attention the weights are multiplied by this window after the softmax, which runs over the window
    only. They are not normalised again, so they sum to less than 1. The cut at D has no gradient; what
    moves a centre is the slope of the Gaussian.

    Parameters
    ----------
    centers : array (…, L)
        p, in positions counted from 0; local-p predicts :math:`p_i = S\,\sigma(\cdot)` from the query. In half
        precision positions are rounded too, in bfloat16 beyond 256.
    num_keys : int
        S.
    width : float
        D, in positions. It is twice the standard deviation of the Gaussian.

    Returns
    -------
    window : array (…, L, S)
        From 0 to 1. ``window > 0`` is the mask.

    Raises
    ------
    TypeError, ValueError
        If `num_keys` is not a whole number, or `width` is not positive.

    References
    ----------
    Luong, Pham & Manning (2015), section 3.2, equations (9) and (10). They count positions from 1.

    Examples
    --------
    >>> gaussian_window(np.array([2.0]), 6, width=2.0).round(2)
    array([[0.14, 0.61, 1.  , 0.61, 0.14, 0.  ]])
    """
    xp = float_namespace(centers=centers)
    num_keys = check_count("num_keys", num_keys)
    width = check_positive("width", width, " of positions")
    (wide_centers,) = widen(xp, centers)
    distance = xp.arange(num_keys, dtype=wide_centers.dtype, device=centers.device) - wide_centers[..., None]
    inside = xp.abs(distance) <= width
    return cast(xp, centers.dtype, xp.where(inside, xp.exp(-2 * (xp.where(inside, distance, 0) / width) ** 2), 0))
