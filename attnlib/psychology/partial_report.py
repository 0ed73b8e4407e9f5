"""Partial report: ask about one row after the letters are gone, and estimate how many were still there."""

import math
from typing import Any

import array_api_compat
import numpy as np
from jaxtyping import Bool, Float, Integer

from attnlib.arrays import Array, check_count, check_positive, dtype_name, float_namespace, integer_namespace
from attnlib.attention import attend


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
        The message names the argument, what it was and what was expected.

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
    check_positive("half_life", half_life, ", in the unit of the delay")
    _check_letters(lasting=lasting, fading=fading)
    if not bool(xp.all(delay >= 0)):
        raise ValueError("a delay is negative or NaN: the cue comes when the display has ended, at 0 or later")
    return float(lasting) + float(fading) * xp.exp(-math.log(2) * delay / float(half_life))


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
        raise ValueError(f"a sheet of {num_rows} rows and {num_columns} columns has no letters")
    if rows.shape[1] > num_rows:
        raise ValueError(f"each cue names {rows.shape[1]} rows, the sheet has {num_rows}")
    if not bool(xp.all((rows >= 0) & (rows < num_rows))):
        raise ValueError(
            f"a cue names a row from {int(xp.min(rows))} to {int(xp.max(rows))}, expected 0 to {num_rows - 1}"
        )
    row_of_letter = xp.arange(num_rows * num_columns, device=rows.device) // num_columns
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

    References
    ----------
    Sperling (1960), who multiplied the letters reported from a row by the number of rows.

    Examples
    --------
    >>> held = np.array([True, True, True, False])
    >>> estimate_held(held, row_mask(np.array([0, 1]), 2, 2))
    array([4., 2.])
    """
    _check_sample(held, mask)
    xp = array_api_compat.array_namespace(held, mask)
    scores, value = xp.zeros_like(mask, dtype=xp.float64), xp.astype(held[..., None], xp.float64)
    output, _ = attend(scores, value, mask)
    return mask.shape[-1] * output[..., 0]


def slip_places(
    letters: Integer[np.ndarray, "*B S"], keeps_place: Bool[np.ndarray, "*B S"], *, rng: np.random.Generator
) -> Integer[np.ndarray, "*B S"]:
    """Shuffle, on each sheet, the letters that have lost their place. No letter is lost; only where it stood.

    A shuffle of any number of letters leaves one in its place on average, so one more letter than `keeps_place`
    counts will be found right.

    Examples
    --------
    >>> keeps = np.array([True, False, True, False])
    >>> sorted(int(x) for x in slip_places(np.array([5, 6, 7, 8]), keeps, rng=np.random.default_rng(0)))
    [5, 6, 7, 8]
    """
    integer_namespace(letters=letters)
    if keeps_place.dtype != bool or keeps_place.shape != letters.shape:
        raise ValueError(
            f"keeps_place is {keeps_place.dtype} of shape {keeps_place.shape}, expected booleans of shape "
            f"{letters.shape}: one for each letter"
        )
    source = np.argsort(np.where(keeps_place, 2.0, rng.random(letters.shape)), axis=-1, kind="stable")
    target = np.argsort(keeps_place, axis=-1, kind="stable")
    slipped = np.empty_like(letters)
    np.put_along_axis(slipped, target, np.take_along_axis(letters, source, axis=-1), axis=-1)
    return slipped


def _check_sample(held: Any, mask: Any) -> None:
    for name, array in (("held", held), ("mask", mask)):
        if not hasattr(array, "dtype") or dtype_name(array) != "bool":
            kind = dtype_name(array) if hasattr(array, "dtype") else type(array).__name__
            raise TypeError(f"{name} is {kind}, expected an array of booleans: {name} == 1 makes it of zeros and ones")
    if held.ndim < 1 or mask.ndim < 2 or held.shape[-1] != mask.shape[-1]:
        raise ValueError(
            f"held has shape {tuple(held.shape)}, mask {tuple(mask.shape)}, expected (…, letters) and "
            "(…, cues, letters)"
        )
    if not bool(mask.any(-1).all()):
        raise ValueError("a cue asks for no letter: nothing can be estimated from an empty sample")


def _check_letters(**numbers: float) -> None:
    for name, number in numbers.items():
        if not 0 <= number < math.inf:
            raise ValueError(f"{name} is {number}, expected a number of letters, 0 or more")
