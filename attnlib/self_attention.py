"""Queries, keys and values made by three matrices: from one sequence, from two, or from a set and learned seeds."""

from jaxtyping import Bool, Float

from attnlib.arrays import Array, cast, check_axes, check_has_positions, check_parameter, float_namespace, widen
from attnlib.dot_product import scaled_dot_product_attention


def cross_attention(
    x: Float[Array, "*#B L d_x"],
    y: Float[Array, "*#B S d_y"],
    W_q: Float[Array, "d_x d_k"],
    W_k: Float[Array, "d_y d_k"],
    W_v: Float[Array, "d_y d_v"],
    mask: Bool[Array, "..."] | None = None,
) -> tuple[Float[Array, "... L d_v"], Float[Array, "... L S"]]:
    r"""Let each vector of one sequence ask a question, and all vectors of another be found and read.

    .. math:: Q = X W_q, \quad K = Y W_k, \quad V = Y W_v, \qquad
        \text{output} = \operatorname{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right) V

    Parameters
    ----------
    x : array (…, L, d_x)
        Who asks: the queries are made from it.
    y : array (…, S, d_y)
        Who answers: keys and values are made from it.
    W_q : array (d_x, d_k)
    W_k : array (d_y, d_k)
    W_v : array (d_y, d_v)
    mask : boolean array, optional
        True = may look; see `attend`.

    Returns
    -------
    output : array (…, L, d_v)
        One row for each row of x, whatever S is.
    weights : array (…, L, S)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, a matrix does not fit x, y and the others, or the mask
        does not fit the scores.

    References
    ----------
    Vaswani et al. (2017), section 3.2.3, "encoder-decoder attention", here with one head and without W_o.

    Examples
    --------
    >>> one = np.ones((1, 1))
    >>> output, weights = cross_attention(np.log(np.array([[3.0]])), np.array([[1.0], [0.0]]), one, one, 8 * one)
    >>> output.round(12), weights.round(12)
    (array([[6.]]), array([[0.75, 0.25]]))
    """
    xp = float_namespace(x=x, y=y, W_q=W_q, W_k=W_k, W_v=W_v)
    check_has_positions(x=x, y=y)
    _check_matrices(W_q=W_q, W_k=W_k, W_v=W_v)
    check_parameter("W_q", W_q, (x.shape[-1], W_q.shape[-1]), "x's last axis × d_k")
    check_parameter("W_k", W_k, (y.shape[-1], W_q.shape[-1]), "y's last axis × the columns of W_q")
    check_parameter("W_v", W_v, (y.shape[-1], W_v.shape[-1]), "y's last axis × d_v")
    dtype, (x, y, W_q, W_k, W_v) = x.dtype, widen(xp, x, y, W_q, W_k, W_v)
    return cast(xp, dtype, *scaled_dot_product_attention(x @ W_q, y @ W_k, y @ W_v, mask))


def self_attention(
    x: Float[Array, "*B L d_x"],
    W_q: Float[Array, "d_x d_k"],
    W_k: Float[Array, "d_x d_k"],
    W_v: Float[Array, "d_x d_v"],
    mask: Bool[Array, "..."] | None = None,
) -> tuple[Float[Array, "... L d_v"], Float[Array, "... L L"]]:
    r"""Let each vector of a sequence ask all vectors of the same sequence, its own among them.

    .. math:: Q = X W_q, \quad K = X W_k, \quad V = X W_v, \qquad
        \text{output} = \operatorname{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right) V

    Without a mask it is permutation-equivariant: rows of x in another order give the same rows in that order.

    Parameters
    ----------
    x : array (…, L, d_x)
    W_q, W_k : arrays (d_x, d_k)
    W_v : array (d_x, d_v)
    mask : boolean array, optional
        True = may look; see `attend`. `causal_mask` makes it the self-attention of a decoder.

    Returns
    -------
    output : array (…, L, d_v)
    weights : array (…, L, L)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, a matrix does not fit x and the others, or the mask does
        not fit the scores.

    References
    ----------
    Vaswani et al. (2017), sections 3.2.1 and 3.2.3, here with one head and without W_o.

    Examples
    --------
    >>> x, zero, one = np.array([[0.0], [4.0]]), np.zeros((1, 1)), np.ones((1, 1))
    >>> output, weights = self_attention(x, zero, one, 3 * one)
    >>> output, weights
    (array([[6.],
           [6.]]), array([[0.5, 0.5],
           [0.5, 0.5]]))
    """
    float_namespace(x=x, W_q=W_q, W_k=W_k, W_v=W_v)
    check_has_positions(x=x)
    _check_matrices(W_q=W_q, W_k=W_k, W_v=W_v)
    check_parameter("W_q", W_q, (x.shape[-1], W_q.shape[-1]), "x's last axis × d_k")
    check_parameter("W_k", W_k, tuple(W_q.shape), "the shape of W_q")
    check_parameter("W_v", W_v, (x.shape[-1], W_v.shape[-1]), "x's last axis × d_v")
    return cross_attention(x, x, W_q, W_k, W_v, mask)


def attention_pool(
    x: Float[Array, "*B S d_x"],
    seeds: Float[Array, "r d_k"],
    W_k: Float[Array, "d_x d_k"],
    W_v: Float[Array, "d_x d_v"],
    mask: Bool[Array, "..."] | None = None,
) -> tuple[Float[Array, "... r d_v"], Float[Array, "... r S"]]:
    r"""Summarise a set of any size by r vectors: the queries are learned seeds, and no member of the set asks.

    .. math:: K = X W_k, \quad V = X W_v, \qquad
        \text{output} = \operatorname{softmax}\!\left(\frac{\text{seeds}\, K^\top}{\sqrt{d_k}}\right) V

    It is permutation-invariant: the order of the rows of x changes nothing.

    Parameters
    ----------
    x : array (…, S, d_x)
    seeds : array (r, d_k)
        The queries themselves. A matrix in front of them could be learned as part of them.
    W_k : array (d_x, d_k)
    W_v : array (d_x, d_v)
    mask : boolean array, optional
        True = belongs to the set; see `attend`.

    Returns
    -------
    output : array (…, r, d_v)
    weights : array (…, r, S)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, a matrix does not fit x and the seeds, or the mask does
        not fit the scores.

    References
    ----------
    Lee et al. (2019), equation (11), "pooling by multihead attention", here with one head and without the residual
    connection, the layer normalisation and the feed-forward layers around it.

    Examples
    --------
    >>> x, one = np.array([[0.0], [4.0], [2.0]]), np.ones((1, 1))
    >>> attention_pool(x, 0 * one, one, 3 * one)[0].round(12)
    array([[6.]])
    """
    xp = float_namespace(x=x, seeds=seeds, W_k=W_k, W_v=W_v)
    check_has_positions(x=x, seeds=seeds)
    _check_matrices(W_k=W_k, W_v=W_v)
    check_parameter("W_k", W_k, (x.shape[-1], seeds.shape[-1]), "x's last axis × the last axis of seeds")
    check_parameter("W_v", W_v, (x.shape[-1], W_v.shape[-1]), "x's last axis × d_v")
    dtype, (x, seeds, W_k, W_v) = x.dtype, widen(xp, x, seeds, W_k, W_v)
    return cast(xp, dtype, *scaled_dot_product_attention(seeds, x @ W_k, x @ W_v, mask))


def _check_matrices(**matrices):
    for name, matrix in matrices.items():
        check_axes(name, matrix, "features in", "features out")
