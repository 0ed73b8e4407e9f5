"""Where a token stands: sines added to the input, and rotated queries and keys."""

from jaxtyping import Float, Real

from attnlib.arrays import (
    Array,
    cast,
    check_count,
    check_has_positions,
    check_positive,
    check_word,
    dtype_name,
    float_namespace,
    floats_like,
    shared_namespace,
    widen,
)

PAIRINGS = ("interleaved", "half")


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
    xp, dtype, wide, device = floats_like(like)
    angles = _angles(xp, xp.arange(length, dtype=wide, **device), d_model, 10_000.0)
    return cast(xp, dtype, xp.reshape(xp.stack([xp.sin(angles), xp.cos(angles)], axis=-1), (length, d_model)))


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
