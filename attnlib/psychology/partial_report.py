"""Partial report: ask about one row after the letters are gone, and estimate how many were still there."""

import math

import numpy as np
from jaxtyping import Bool, Float, Integer

from attnlib import mends
from attnlib.arrays import (
    Array,
    boolean_namespace,
    cast,
    check_amount,
    check_count,
    check_positive,
    float_namespace,
    holds,
    integer_namespace,
    widen,
)
from attnlib.attention import attend
from attnlib.psychology.checks import check_generator, check_numpy


def letters_available(
    delay: Float[Array, "*shape"], *, lasting: float, fading: float, half_life: float
) -> Float[Array, "*shape"]:
    r"""Add the letters that last to those that fade: what a cue can still reach after a delay.

    .. math:: n(t) = n_{\text{lasting}} + n_{\text{fading}}\, 2^{-t/h}

    Parameters
    ----------
    delay : array
        The time t between the end of the display and the cue, not negative, in the unit of the half-life.
    lasting : float
        Letters in the durable store: what a whole report contains, and what is left when t is infinite.
    fading : float
        Letters that only the image holds at t = 0.
    half_life : float
        The time h after which half of the fading letters are gone.

    Raises
    ------
    TypeError, ValueError
        If a delay is negative or missing, a number of letters is negative, or `half_life` is not positive.

    References
    ----------
    After Sperling (1960), who drew the curve. The exponential is ours, for convenience: Loftus, Duncan & Gehrig (1992)
    rejected it for six of eight observers.

    Examples
    --------
    >>> letters_available(np.array([0.0, 0.2, 0.4]), lasting=4.0, fading=6.0, half_life=0.2)
    array([10. ,  7. ,  5.5])
    """
    xp = float_namespace(delay=delay)
    lasting = check_amount("lasting", lasting, ", in letters")
    fading = check_amount("fading", fading, ", in letters")
    half_life = check_positive("half_life", half_life, ", in the unit of the delay")
    if not holds((delay >= 0).all()):
        raise ValueError(
            "delay has a negative or missing number: the cue comes when the display has ended, at 0 or later"
        )
    (wide_delay,) = widen(xp, delay)
    return cast(xp, delay.dtype, lasting + fading * xp.exp(-math.log(2) * wide_delay / half_life))


def row_mask(rows: Integer[Array, "L *C"], num_rows: int, num_columns: int) -> Bool[Array, "L S"]:
    r"""Let each cue see only the letters of its own row. The sheet is read row by row: S = num_rows · num_columns.

    Parameters
    ----------
    rows : integers (L,) or (L, C)
        The row that each cue names, from 0 at the top; with a second axis, the C rows that it names together.
        A cue that names every row asks for a whole report.
    num_rows, num_columns : int
        The shape of the sheet.

    Returns
    -------
    mask : boolean array (L, S)
        True = may look.

    Raises
    ------
    TypeError, ValueError
        If `rows` are not whole numbers, there is no cue or no letter, or a cue names a row that is not there.

    Examples
    --------
    >>> row_mask(np.array([0, 1]), 2, 3).astype(int)
    array([[1, 1, 1, 0, 0, 0],
           [0, 0, 0, 1, 1, 1]])
    """
    xp = integer_namespace(rows=rows)
    check_count("num_rows", num_rows)
    check_count("num_columns", num_columns)
    if rows.ndim not in (1, 2) or 0 in tuple(rows.shape):
        raise ValueError(
            f"rows has shape {tuple(rows.shape)}, expected (cues,) or (cues, rows in each cue) and at least one row: "
            "without a cue there is no partial report"
        )
    rows = rows[:, None] if rows.ndim == 1 else rows
    if num_rows * num_columns == 0:
        raise ValueError(f"num_rows is {num_rows}, num_columns {num_columns}: a sheet without letters")
    if rows.shape[1] > num_rows:
        raise ValueError(f"rows has {rows.shape[1]} rows in each cue, num_rows is {num_rows}")
    if not holds(((rows >= 0) & (rows < num_rows)).all()):
        raise ValueError(f"rows runs from {int(rows.min())} to {int(rows.max())}, expected 0 to {num_rows - 1}")
    row_of_letter = xp.arange(int(num_rows) * int(num_columns), device=rows.device) // int(num_columns)
    return xp.any(rows[:, :, None] == row_of_letter, axis=1)


def estimate_held(held: Bool[Array, "*#B S"], mask: Bool[Array, "*#B L S"]) -> Float[Array, "... L"]:
    r"""Estimate how many of the S letters are held from those that each cue asks about.

    .. math:: \hat n_i = S\, \frac{\sum_j m_{ij}\, h_j}{\sum_j m_{ij}}

    The fraction right in the sample, times the size of the sheet. It is ``attend`` with equal scores. If the cue is
    drawn at random so that each letter is asked for equally often, the mean over the cues is the number held.

    Parameters
    ----------
    held : boolean array (…, S)
        Which letters the observer can name.
    mask : boolean array (…, L, S)
        Which letters each of L cues asks for; see `row_mask`.

    Returns
    -------
    estimate : array (…, L)
        Any number from 0 to S, one for each cue.

    Raises
    ------
    TypeError, ValueError
        If `held` and `mask` are not booleans, their letters or leading axes do not fit, or a cue asks for no letter.

    References
    ----------
    Sperling (1960), who multiplied the letters reported from a row by the number of rows.

    Examples
    --------
    >>> held = np.array([True, True, True, False])
    >>> estimate_held(held, row_mask(np.array([0, 1]), 2, 2))
    array([4., 2.])
    """
    xp = boolean_namespace(held=held, mask=mask)
    _check_sample(held, mask)
    scores, value = xp.zeros_like(mask, dtype=xp.float64), xp.astype(held[..., None], xp.float64)
    output, _ = attend(scores, value, mask)
    return mask.shape[-1] * output[..., 0]


def slip_places(
    letters: Integer[np.ndarray, "*B S"], keeps_place: Bool[np.ndarray, "*B S"], *, rng: np.random.Generator
) -> Integer[np.ndarray, "*B S"]:
    """Shuffle, on each sheet, the letters that have lost their place. No letter is lost; only where it stood.

    A shuffle of any number of letters leaves one in its place on average, so one more letter than `keeps_place`
    counts will be found right.

    Raises
    ------
    TypeError, ValueError
        If the arrays are not NumPy's, `letters` are not whole numbers, `keeps_place` has not one boolean for each, or
        `rng` is no generator.

    Examples
    --------
    >>> keeps = np.array([True, False, True, False])
    >>> sorted(int(x) for x in slip_places(np.array([5, 6, 7, 8]), keeps, rng=np.random.default_rng(0)))
    [5, 6, 7, 8]
    """
    check_numpy(letters=letters, keeps_place=keeps_place)
    integer_namespace(letters=letters)
    boolean_namespace(keeps_place=keeps_place)
    check_generator(rng)
    if letters.ndim == 0:
        raise ValueError("letters is a single number, expected one for each place: letters[None]")
    if keeps_place.shape != letters.shape:
        raise ValueError(f"keeps_place has shape {keeps_place.shape}, letters {letters.shape}: one for each letter")
    source = np.argsort(np.where(keeps_place, 2.0, rng.random(letters.shape)), axis=-1, kind="stable")
    target = np.argsort(keeps_place, axis=-1, kind="stable")
    slipped = np.empty_like(letters)
    np.put_along_axis(slipped, target, np.take_along_axis(letters, source, axis=-1), axis=-1)
    return slipped


def _check_sample(held: Array, mask: Array) -> None:
    if held.ndim < 1 or mask.ndim < 2 or held.shape[-1] != mask.shape[-1]:
        raise ValueError(
            f"held has shape {tuple(held.shape)}, mask {tuple(mask.shape)}, expected (…, letters) and "
            "(…, cues, letters)"
        )
    if not mends.broadcasts(held.shape[:-1], mask.shape[:-2]):
        raise ValueError(
            f"held has shape {tuple(held.shape)}, mask {tuple(mask.shape)}: the axes before (letters,) and "
            "(cues, letters) must be equal or 1"
        )
    if not holds(mask.any(-1).all()):
        raise ValueError("mask has a cue that asks for no letter: nothing can be estimated from an empty sample")
