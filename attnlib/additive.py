"""Additive scores: a small network with one hidden layer compares each query with each key."""

import math

import numpy as np
from jaxtyping import Float

from attnlib.arrays import Array, cast, check_axes, check_pairs, check_parameter, float_namespace, widen

NUMBERS_AT_ONCE = 2**20  # hidden numbers held at a time: 8 MiB in float64, which stays in a processor's cache


def additive_scores(
    query: Float[Array, "*#B L d_q"],
    key: Float[Array, "*#B S d_k"],
    W_q: Float[Array, "d_q d_a"],
    W_k: Float[Array, "d_k d_a"],
    w_v: Float[Array, "d_a"],
) -> Float[Array, "... L S"]:
    r"""Score each pair with a network of one hidden layer.

    .. math:: s_{ij} = w_v^\top \tanh(W_q^\top q_i + W_k^\top k_j)

    Query and key may differ in length, as W_q and W_k bring both to d_a hidden units; the vector w_v makes one number
    of them. Each pair has its own d_a hidden numbers. They are made for a few queries at a time and thrown away, so
    that the memory needed grows as B·S·d_a and not as B·L·S·d_a; only if gradients are wanted does torch keep them all.

    Parameters
    ----------
    query : array (…, L, d_q)
    key : array (…, S, d_k)
    W_q : array (d_q, d_a)
    W_k : array (d_k, d_a)
    w_v : array (d_a,)

    Returns
    -------
    scores : array (…, L, S)

    Raises
    ------
    TypeError, ValueError
        If the arrays are not floats of one library and dtype, or W_q, W_k and w_v do not fit query, key and each other.

    References
    ----------
    Bahdanau, Cho & Bengio (2015), appendix A.1.2, where the query is the *previous* decoder state.

    Examples
    --------
    >>> query, key = np.array([[1.0], [-1.0]]), np.array([[1.0, 1.0], [0.0, 1.0]])
    >>> additive_scores(query, key, np.ones((1, 1)), np.array([[1.0], [0.0]]), np.array([10.0])).round(1)
    array([[ 9.6,  7.6],
           [ 0. , -7.6]])
    """
    xp = float_namespace(query=query, key=key, W_q=W_q, W_k=W_k, w_v=w_v)
    check_pairs(query, key, W_q.shape[:1], W_k.shape[:1])
    check_axes("w_v", w_v, "d_a")
    check_parameter("W_q", W_q, (query.shape[-1], w_v.shape[0]), "query's last axis × the length of w_v")
    check_parameter("W_k", W_k, (key.shape[-1], w_v.shape[0]), "key's last axis × the length of w_v")
    dtype, (query, key, W_q, W_k, w_v) = query.dtype, widen(xp, query, key, W_q, W_k, w_v)
    from_query, from_key = (query @ W_q)[..., :, None, :], (key @ W_k)[..., None, :, :]
    shape = (*np.broadcast_shapes(query.shape[:-2], key.shape[:-2]), query.shape[-2], key.shape[-2])
    rows = max(1, NUMBERS_AT_ONCE // max(1, math.prod(shape) // max(1, shape[-2]) * w_v.shape[0]))
    if rows >= shape[-2]:
        return cast(xp, dtype, xp.tanh(from_query + from_key) @ w_v)
    # Filled, since a list of pieces scatters memory; made from all inputs, so that torch.vmap may map any of them.
    scores = xp.empty_like(xp.sum(from_query[..., :1], axis=-1) + xp.sum(from_key[..., :1], axis=-1) + xp.sum(w_v))
    for i in range(0, shape[-2], rows):
        scores[..., i : i + rows, :] = xp.tanh(from_query[..., i : i + rows, :, :] + from_key) @ w_v
    return cast(xp, dtype, scores)
