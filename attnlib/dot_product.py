"""Dot-product scores, scaled so that their spread does not grow with the size of the vectors."""

import math

from jaxtyping import Bool, Float

from attnlib.arrays import (
    Array,
    cast,
    check_key_and_value,
    check_number,
    check_positive,
    check_query_and_key,
    float_namespace,
    widen,
)
from attnlib.attention import attend


def dot_product_scores(
    query: Float[Array, "*#B L d_k"],
    key: Float[Array, "*#B S d_k"],
    *,
    scale: float | None = None,
) -> Float[Array, "... L S"]:
    r"""Score each pair by the product of its vectors.

    .. math:: s_{ij} = \frac{q_i \cdot k_j}{\sqrt{d_k}}

    If the entries of query and key are independent with mean 0 and variance 1, the bare product has variance d_k and
    the scaled one has variance 1. That is an assumption about initialisation; training need not keep it.

    A score above 65,504 is infinite in float16. `scaled_dot_product_attention` keeps its scores in float32.

    Parameters
    ----------
    query : array (…, L, d_k)
    key : array (…, S, d_k)
    scale : float, optional
        The factor before the product. The default is 1/√d_k; 1.0 gives the bare product of Luong et al. (2015).

    Returns
    -------
    scores : array (…, L, S)

    Raises
    ------
    TypeError, ValueError
        If query and key cannot be compared, or `scale` is not a finite number.

    References
    ----------
    Vaswani et al. (2017), equation (1) and footnote 4. We multiply the query rather than the product by the scale:
    the same number on paper, and fewer numbers to multiply.

    Examples
    --------
    >>> dot_product_scores(np.array([[1.0, 2.0, 0.0, 2.0]]), np.array([[1.0, 1.0, 5.0, 1.0]]))
    array([[2.5]])
    """
    xp = float_namespace(query=query, key=key)
    check_query_and_key(query, key)
    scale = 1 / math.sqrt(max(query.shape[-1], 1)) if scale is None else check_number("scale", scale)
    wide_query, wide_key = widen(xp, query, key)
    return cast(xp, query.dtype, (wide_query * scale) @ xp.matrix_transpose(wide_key))


def softcap(scores: Float[Array, "*shape"], cap: float) -> Float[Array, "*shape"]:
    r"""Bend scores smoothly so that none passes ±cap.

    .. math:: s' = c \tanh(s / c)

    Raises
    ------
    TypeError, ValueError
        If `scores` is not an array of floats, or `cap` is not positive.

    References
    ----------
    Gemma Team (2024), *Gemma 2*, section 2: c = 50 on the attention scores.

    Examples
    --------
    >>> softcap(np.array([0.0, 1.0, 1000.0]), 50.0).round(3)
    array([ 0.,  1., 50.])
    """
    xp = float_namespace(scores=scores)
    cap = check_positive("cap", cap)
    return cap * xp.tanh(scores / cap)


def scaled_dot_product_attention(
    query: Float[Array, "*#B L d_k"],
    key: Float[Array, "*#B S d_k"],
    value: Float[Array, "*#B S d_v"],
    mask: Bool[Array, "..."] | None = None,
) -> tuple[Float[Array, "... L d_v"], Float[Array, "... L S"]]:
    r"""Attend with scaled dot-product scores and a softmax: the formula of the transformer.

    .. math:: \operatorname{Attention}(Q, K, V) = \operatorname{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right) V

    Parameters
    ----------
    query : array (…, L, d_k)
    key : array (…, S, d_k)
    value : array (…, S, d_v)
    mask : boolean array, optional
        True = may look; see `attend`.

    Returns
    -------
    output : array (…, L, d_v)
    weights : array (…, L, S)

    Raises
    ------
    TypeError, ValueError
        If query, key and value do not fit each other, or the mask does not fit them.

    References
    ----------
    Vaswani et al. (2017), equation (1).

    Examples
    --------
    >>> query, key, value = np.array([[2.0]]), np.array([[0.0], [np.log(3.0) / 2]]), np.array([[0.0], [8.0]])
    >>> output, weights = scaled_dot_product_attention(query, key, value)
    >>> output.round(12), weights.round(12)
    (array([[6.]]), array([[0.25, 0.75]]))
    """
    xp = float_namespace(query=query, key=key, value=value)
    check_query_and_key(query, key)
    check_key_and_value(key, value)
    wide_query, wide_key, wide_value = widen(xp, query, key, value)
    output, weights = attend(dot_product_scores(wide_query, wide_key), wide_value, mask)
    return cast(xp, value.dtype, output, weights)
