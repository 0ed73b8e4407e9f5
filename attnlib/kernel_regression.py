"""Nadaraya–Watson regression: an average of what was seen, weighted by nearness. Attention before the name."""

from jaxtyping import Float

from attnlib.arrays import Array, cast, check_positive, check_query_and_key, float_namespace, widen


def gaussian_scores(
    query: Float[Array, "*#B L d"],
    key: Float[Array, "*#B S d"],
    *,
    bandwidth: float = 1.0,
) -> Float[Array, "... L S"]:
    r"""Score each pair by its squared distance: the logarithm of an unnormalised Gaussian.

    .. math:: s_{ij} = -\frac{\lVert q_i - k_j \rVert^2}{2h^2}

    With these scores ``attend`` is the Nadaraya–Watson estimator with a Gaussian kernel. The bandwidth h has the unit
    of the keys: at distance h from the query a key has e^{−1/2} ≈ 61 % of the share it would have at distance 0.

    Parameters
    ----------
    query : array (…, L, d)
        Where the curve is wanted.
    key : array (…, S, d)
        Where it was measured. The measurements themselves are the values.
    bandwidth : float
        The width h of the kernel, positive.

    Returns
    -------
    scores : array (…, L, S)
        Zero where query and key coincide, negative elsewhere.

    Raises
    ------
    TypeError, ValueError
        If query and key cannot be compared, or `bandwidth` is not positive.

    References
    ----------
    Nadaraya (1964) and Watson (1964). Neither takes a logarithm: they divide one sum of kernels by another.

    Examples
    --------
    >>> gaussian_scores(np.array([[0.0]]), np.array([[1.0], [2.0]]))
    array([[-0.5, -2. ]])
    """
    xp = float_namespace(query=query, key=key)
    check_query_and_key(query, key)
    bandwidth = check_positive("bandwidth", bandwidth, ", in the unit of the keys")
    wide_query, wide_key = widen(xp, query, key)
    difference = (wide_query[..., :, None, :] - wide_key[..., None, :, :]) / bandwidth
    return cast(xp, query.dtype, -xp.sum(difference**2, axis=-1) / 2)
