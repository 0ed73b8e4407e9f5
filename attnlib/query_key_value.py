"""A dictionary read by resemblance: the exact match of ``dict`` and its soft, differentiable relative."""

from jaxtyping import Float

from attnlib.arrays import (
    Array,
    cast,
    check_key_and_value,
    check_positive,
    check_query_and_key,
    float_namespace,
    widen,
)
from attnlib.attention import attend
from attnlib.dot_product import dot_product_scores


def match_scores(query: Float[Array, "*#B L d"], key: Float[Array, "*#B S d"]) -> Float[Array, "... L S"]:
    r"""Score 0 where query and key are equal in every number, −inf where they are not.

    .. math:: s_{ij} = \begin{cases} 0 & q_i = k_j \\ -\infty & \text{otherwise} \end{cases}

    With these scores ``attend`` is a dictionary look-up. It differs from Python's ``dict`` at two edges: equal keys
    share the read evenly (a dict keeps the last), and a missing key reads zeros (a dict raises ``KeyError``).

    Raises
    ------
    TypeError, ValueError
        If query and key cannot be compared.

    Examples
    --------
    >>> match_scores(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [0.9, 0.1]]))
    array([[  0., -inf]])
    """
    xp = float_namespace(query=query, key=key)
    check_query_and_key(query, key)
    equal = xp.all(query[..., :, None, :] == key[..., None, :, :], axis=-1)
    return xp.where(equal, xp.zeros_like(equal, dtype=query.dtype), -xp.inf)


def soft_lookup(
    query: Float[Array, "*#B L d"],
    key: Float[Array, "*#B S d"],
    value: Float[Array, "*#B S d_v"],
    *,
    sharpness: float = 1.0,
) -> tuple[Float[Array, "... L d_v"], Float[Array, "... L S"]]:
    r"""Read every value at once, each in proportion to how well its key matches.

    .. math:: \text{output}_i = \sum_j \operatorname{softmax}_j(\beta\, q_i \cdot k_j)\, v_j

    Parameters
    ----------
    query : array (…, L, d)
    key : array (…, S, d)
    value : array (…, S, d_v)
        Need not resemble the keys, nor have their size.
    sharpness : float
        The factor β, positive: the inverse of a temperature. Near 0 every value is read alike, towards infinity only
        the best match is read.

    Returns
    -------
    output : array (…, L, d_v)
        Never outside the convex hull of the values.
    weights : array (…, L, S)

    Raises
    ------
    TypeError, ValueError
        If query, key and value do not fit each other, or `sharpness` is not positive.

    References
    ----------
    Ramsauer et al. (2021), equation (3), where the values are the keys themselves.

    Examples
    --------
    >>> key, value = np.eye(2), np.array([[10.0], [20.0]])
    >>> output, weights = soft_lookup(key[:1], key, value, sharpness=np.log(4.0))
    >>> weights
    array([[0.8, 0.2]])
    >>> output
    array([[12.]])
    """
    xp = float_namespace(query=query, key=key, value=value)
    sharpness = check_positive("sharpness", sharpness)
    check_query_and_key(query, key)
    check_key_and_value(key, value)
    wide_query, wide_key, wide_value = widen(xp, query, key, value)
    output, weights = attend(dot_product_scores(wide_query, wide_key, scale=sharpness), wide_value)
    return cast(xp, value.dtype, output, weights)
