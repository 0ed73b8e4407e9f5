"""Products that route: units that multiply their inputs, and weights that are written while they are read."""

import itertools
from collections.abc import Sequence

from jaxtyping import Float

from attnlib import mends
from attnlib.arrays import (
    Array,
    cast,
    check_count,
    check_key_and_value,
    check_parameter,
    check_share,
    float_namespace,
    widen,
)


def sigma_pi(
    x: Float[Array, "*B n"], conjuncts: Sequence[Sequence[int]], coefficients: Float[Array, "m"]
) -> Float[Array, "*B"]:
    r"""Add up products of inputs, where an ordinary unit adds up inputs.

    .. math:: y = \sum_j c_j \prod_{i \in S_j} x_i

    Parameters
    ----------
    x : array (…, n)
        The inputs.
    conjuncts : m lists of places
        Which inputs each product multiplies: ``[(0, 1), (2,)]`` is x₀x₁ and x₂. An empty one is the constant 1.
    coefficients : array (m,)
        One for each product.

    Raises
    ------
    TypeError, ValueError
        If a conjunct names an input that does not exist, or there is not one coefficient for each product.

    References
    ----------
    Rumelhart, Hinton & McClelland (1986), chapter 2 of *Parallel Distributed Processing*, volume 1.

    Examples
    --------
    >>> sigma_pi(np.array([1.0, 5.0, 9.0]), [(0, 1), (2,), (0, 2)], np.array([1.0, 1.0, -1.0]))  # x₀ ? x₁ : x₂
    array(5.)
    """
    xp = float_namespace(x=x, coefficients=coefficients)
    if x.ndim == 0:
        raise ValueError("x is a single number, expected at least one axis: its inputs, x[None]")
    conjuncts = _check_conjuncts(conjuncts, x.shape[-1])
    check_parameter("coefficients", coefficients, (len(conjuncts),), "one for each product")
    dtype, (x, coefficients) = x.dtype, widen(xp, x, coefficients)
    total = xp.zeros_like(x[..., :1])
    for conjunct, coefficient in zip(conjuncts, coefficients):
        product = xp.ones_like(x[..., :1])
        for place in conjunct:
            product = product * x[..., place : place + 1]
        total = total + coefficient * product
    return cast(xp, dtype, xp.squeeze(total, axis=-1))


def write(
    memory: Float[Array, "*#B d_k d_v"],
    key: Float[Array, "*#B S d_k"],
    value: Float[Array, "*#B S d_v"],
    *,
    keep: float = 1.0,
) -> Float[Array, "... d_k d_v"]:
    r"""Add the outer product of each key and its value to the memory.

    .. math:: M' = \lambda M + \sum_j k_j\, v_j^\top

    The order of the pairs does not matter. What is written twice under one key adds up.

    Parameters
    ----------
    memory : array (…, d_k, d_v)
        Zeros for an empty one. It is not changed; a new one is returned.
    key : array (…, S, d_k)
    value : array (…, S, d_v)
    keep : float
        The factor λ from 0 to 1 that is left of the old memory.

    Raises
    ------
    TypeError, ValueError
        If memory, keys and values do not fit each other, or `keep` is not from 0 to 1.

    References
    ----------
    Kohonen (1972) and Anderson (1972), with λ = 1; Ba et al. (2016) for the decay λ.

    Examples
    --------
    >>> write(np.zeros((2, 1)), np.eye(2), np.array([[5.0], [7.0]]))
    array([[5.],
           [7.]])
    """
    xp = float_namespace(memory=memory, key=key, value=value)
    _check_pairs(memory, key, value)
    keep = check_share("keep", keep)
    wide_memory, wide_key, wide_value = widen(xp, memory, key, value)
    return cast(xp, memory.dtype, keep * wide_memory + xp.matrix_transpose(wide_key) @ wide_value)


def delta_write(
    memory: Float[Array, "*#B d_k d_v"],
    key: Float[Array, "*#B S d_k"],
    value: Float[Array, "*#B S d_v"],
    *,
    rate: float = 1.0,
) -> Float[Array, "... d_k d_v"]:
    r"""Write the pairs one after the other, each time only the difference from what the memory already says.

    .. math:: M' = M + \beta\, \frac{k\,(v - M^\top k)^\top}{\lVert k \rVert^2}

    The order matters: with rate 1 the last pair is recalled exactly. A key of zeros writes nothing.

    Parameters
    ----------
    memory, key, value : arrays
        As for `write`.
    rate : float
        The factor β from 0 to 1: how much of the difference is written.

    Raises
    ------
    TypeError, ValueError
        If memory, keys and values do not fit each other, or `rate` is not from 0 to 1.

    References
    ----------
    Widrow & Hoff (1960); as fast weights Schlag, Irie & Schmidhuber (2021). Dividing by ‖k‖² is ours: with keys of
    length 1 nothing changes, with others rate 1 still replaces exactly.

    Examples
    --------
    >>> twice = np.array([[2.0, 0.0], [2.0, 0.0]])
    >>> delta_write(np.zeros((2, 1)), twice, np.array([[5.0], [7.0]]))
    array([[3.5],
           [0. ]])
    """
    xp = float_namespace(memory=memory, key=key, value=value)
    _check_pairs(memory, key, value)
    rate = check_share("rate", rate)
    dtype, (memory, key, value) = memory.dtype, widen(xp, memory, key, value)
    for j in range(key.shape[-2]):
        k, v = key[..., j : j + 1, :], value[..., j : j + 1, :]
        length = xp.sum(k * k, axis=-1, keepdims=True)
        error = (v - k @ memory) / xp.where(length == 0, 1, length)
        memory = memory + rate * (xp.matrix_transpose(k) @ error)
    return cast(xp, dtype, memory)


def recall(memory: Float[Array, "*#B d_k d_v"], query: Float[Array, "*#B L d_k"]) -> Float[Array, "... L d_v"]:
    r"""Read the memory with each query: one product of matrices, with no score and no softmax.

    .. math:: o_i = M^\top q_i

    Raises
    ------
    TypeError, ValueError
        If the memory has not one row for each number of a query.

    Examples
    --------
    >>> recall(np.array([[5.0], [7.0]]), np.array([[0.0, 1.0], [1.0, 1.0]]))
    array([[ 7.],
           [12.]])
    """
    xp = float_namespace(memory=memory, query=query)
    _check_memory(memory, "query", query)
    wide_query, wide_memory = widen(xp, query, memory)
    return cast(xp, query.dtype, wide_query @ wide_memory)


def unnormalized(scores: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    r"""Take the scores themselves as weights, and 0 where a key is forbidden. For ``attend(normalize=unnormalized)``.

    A mask puts −∞ where a query may not look. The softmax makes it 0, as e^{−∞}; without an exponential it must be
    said. The weights may be negative and need not sum to 1, so the output may leave the hull of the values.

    Raises
    ------
    TypeError, ValueError
        If `scores` is not an array of floats.

    Examples
    --------
    >>> unnormalized(np.array([2.0, -1.0, -np.inf]))
    array([ 2., -1.,  0.])
    """
    xp = float_namespace(scores=scores)
    return xp.where(scores == -xp.inf, 0, scores)


def _check_conjuncts(conjuncts, num_inputs):
    try:
        conjuncts = [list(conjunct) for conjunct in conjuncts]
    except TypeError:
        raise TypeError(f"conjuncts is {conjuncts!r}, expected lists of places, as in [(0, 1), (2,)]") from None
    for place in itertools.chain(*conjuncts):
        check_count("a place in conjuncts", place)
        if place >= num_inputs:
            raise ValueError(f"a conjunct names input {place}, x has only {num_inputs}, counted from 0")
    return conjuncts


def _check_pairs(memory, key, value):
    _check_memory(memory, "key", key)
    check_key_and_value(key, value)
    columns, size = memory.shape[-1], value.shape[-1]
    if columns != size:
        raise ValueError(f"memory has {columns} columns, value's last axis is {size}: they must match")


def _check_memory(memory, name, array):
    if memory.ndim < 2:
        column = ", memory[:, None] if d_v is 1" if memory.ndim else ""
        raise ValueError(f"memory has shape {tuple(memory.shape)}, expected (…, d_k, d_v){column}")
    if array.ndim < 2:
        raise ValueError(mends.about_positions(name, {name: array}, memory.shape[-2:-1]))
    if memory.shape[-2] != array.shape[-1]:
        raise ValueError(
            f"memory has {memory.shape[-2]} rows, {name}'s last axis is {array.shape[-1]}: they must match; "
            f"an empty memory is zeros of shape ({array.shape[-1]}, d_v)"
        )
    if not mends.broadcasts(memory.shape[:-2], array.shape[:-2]):
        raise ValueError(mends.about_leading_axes({"memory": memory, name: array}))
