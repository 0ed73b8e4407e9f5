"""Which library an array belongs to, in which precision sums are made, and what a wrong call is told."""

import difflib
import math
import sys
from collections.abc import Iterable
from numbers import Real
from typing import Any, Protocol, runtime_checkable

import array_api_compat.numpy
import numpy as np

from attnlib import mends


@runtime_checkable
class Array(Protocol):
    """A NumPy array or a torch tensor. The formulas are written once and run on both."""

    shape: tuple[int, ...]
    dtype: Any


# --- libraries and dtypes ---------------------------------------------------------------------------------------------

NUMPY, NOT_PLAIN = (np.ndarray, np.generic), (np.ma.MaskedArray, np.matrix)
NUMBERS = (int, float, Real)  # as tuples, since torch.compile knows no X | Y here
KINDS = ("real floating", "integral", "bool", "complex floating")
_SEEN: dict[tuple, tuple] = {}  # (type, dtype, layout) of each array met: (its library, its dtype, its kind of number)


def float_namespace(**arrays: Any):
    """Return the array library that all the named arrays share, or say which of them does not fit.

    Inside ``torch.autocast`` the dtypes may differ: torch casts what it multiplies.
    """
    return _namespace("real floating", arrays)


def integer_namespace(**arrays: Any):
    """Return the array library that arrays of lengths or ids share, or say which of them is not whole numbers."""
    return _namespace("integral", arrays)


def boolean_namespace(**arrays: Any):
    """Return the array library that arrays of True and False share, or say which of them is something else."""
    return _namespace("bool", arrays)


def _namespace(kind, arrays):
    found = {_SEEN.get(_look(array)) for array in arrays.values()}
    if len(found) == 1:  # the usual case, found in about a microsecond: one library, one dtype, met before
        (seen,) = found
        if seen is not None and seen[2] == kind:
            return seen[0]
    xp = shared_namespace(**arrays)
    for name, array in arrays.items():
        if _SEEN[_look(array)][2] != kind:
            raise TypeError(mends.about_a_kind(name, kind, arrays))
    if kind == "real floating" and len({array.dtype for array in arrays.values()}) > 1 and not _autocasts(arrays):
        raise TypeError(mends.about_mixed_dtypes(arrays))
    return xp


def _look(array):
    return type(array), getattr(array, "dtype", None), getattr(array, "layout", None)


def shared_namespace(**arrays: Any):
    """Return the array library that all the named arrays share, whatever is in them."""
    libraries = []
    for name, array in arrays.items():
        if _look(array) not in _SEEN:
            xp = _library(name, array, arrays)
            kind = next((kind for kind in KINDS if xp.isdtype(array.dtype, kind)), "other")
            _SEEN[_look(array)] = (xp, array.dtype, kind)
        libraries.append(_SEEN[_look(array)][0])
    if any(xp is not libraries[0] for xp in libraries):
        raise TypeError(mends.about_mixed_libraries(arrays))
    return libraries[0]


def _library(name, array, arrays):
    if is_tensor(array) and str(array.layout) == "torch.strided" and type(array).__name__ != "MaskedTensor":
        from array_api_compat import torch as xp  # only here, since it imports torch

        return xp
    plain = isinstance(array, NUMPY) and not isinstance(array, NOT_PLAIN)
    if plain and array.dtype.isnative:
        return array_api_compat.numpy
    if not is_tensor(array) and not isinstance(array, np.ndarray) and array_api_compat.is_array_api_obj(array):
        return array_api_compat.array_namespace(array)
    raise TypeError(mends.about_no_array(name, arrays))


def is_tensor(thing: Any) -> bool:
    """Tell whether something is a torch tensor, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(thing, torch.Tensor)


def _autocasts(arrays) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and any(is_tensor(a) and torch.is_autocast_enabled(a.device.type) for a in arrays.values())


def creation_namespace(like: Array | None):
    """Return the library in which a mask is to be made, and its device argument. NumPy unless `like` says otherwise."""
    if like is None:
        return array_api_compat.numpy, {}
    return shared_namespace(like=like), {"device": like.device}


def floats_like(like):
    """Return library, dtype, dtype to compute in, device argument: NumPy, float64 unless `like` says otherwise."""
    xp, device = creation_namespace(like)
    if like is None:
        return xp, xp.float64, xp.float64, device
    float_namespace(like=like)
    return xp, like.dtype, xp.float32 if like.dtype.itemsize < 4 else like.dtype, device


def dtype_name(array: Array) -> str:
    """Name a dtype alike in every library: ``float32``, ``bool``."""
    return str(array.dtype).removeprefix("torch.")


def widen(xp, *arrays: Array) -> list[Array]:
    """Return half-precision arrays as float32, in which sums are made, and all others as they are."""
    return [xp.astype(array, xp.float32) if array.dtype.itemsize < 4 else array for array in arrays]


def cast(xp, dtype, *arrays: Array) -> Any:
    """Return results in the dtype of the caller's arrays: one array as it is, several as a tuple."""
    arrays = tuple(array if array.dtype == dtype else xp.astype(array, dtype) for array in arrays)
    return arrays if len(arrays) > 1 else arrays[0]


def as_numpy(array: Any) -> np.ndarray:
    """Return an array from anywhere as NumPy, to be drawn or counted: without gradient, bfloat16 as float32."""
    if is_tensor(array):
        array = array.detach().cpu()
        array = array.float() if dtype_name(array) == "bfloat16" else array
    return np.asarray(array)


# --- numbers ----------------------------------------------------------------------------------------------------------


def holds(condition: Any, *, unseen: bool = True) -> bool:
    """Tell whether a condition on numbers holds.

    Numbers that cannot be seen, while torch compiles or maps and on the ``meta`` device, are taken to be right, or as
    `unseen` says.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.compiler.is_compiling():
        return unseen
    try:
        return bool(condition)
    except RuntimeError:
        return unseen


def check_number(name: str, number: Any, unit: str = "") -> Any:
    """Return a finite number as Python's own, which does not widen float32 arrays. A tensor keeps its gradient."""
    return _checked(name, number, "a finite number" + unit, lambda x: (-math.inf < x) & (x < math.inf))


def check_positive(name: str, number: Any, unit: str = "") -> Any:
    """Return a width, bandwidth or cap, as `check_number` does, if it is above zero and finite."""
    return _checked(name, number, "a positive, finite number" + unit, lambda x: (x > 0) & (x < math.inf))


def check_share(name: str, number: Any, unit: str = "") -> Any:
    """Return a number from 0 to 1, as `check_number` does."""
    return _checked(name, number, "a number from 0 to 1" + unit, lambda x: (x >= 0) & (x <= 1))


def check_amount(name: str, number: Any, unit: str = "") -> Any:
    """Return a finite number that is not negative, as `check_number` does."""
    return _checked(name, number, "a finite number, 0 or more" + unit, lambda x: (x >= 0) & (x < math.inf))


def _checked(name, number, expected, fits):
    if isinstance(number, NUMPY) and number.ndim == 0:
        number = number.item()
    scalar = number.ndim == 0 if is_tensor(number) else isinstance(number, NUMBERS)
    if not scalar or isinstance(number, bool):
        raise TypeError(f"{name} is {number!r}, expected {expected}")
    if not holds(fits(number)):
        raise ValueError(f"{name} is {number}, expected {expected}")
    return number


def check_count(name: str, number: Any, *, least: int | None = 0) -> int:
    """Return a length or a distance as a Python number, if it is whole and not less than `least`."""
    if isinstance(number, bool) or not (isinstance(number, int) or _is_whole(number)):
        raise TypeError(f"{name} is {number!r}, expected a whole number")
    number = number if isinstance(number, int) else int(number)
    if least is not None and number < least:
        raise ValueError(f"{name} is {number}, expected {least} or more")
    return number


def _is_whole(number):
    kind = str(getattr(number, "dtype", ""))
    return (
        hasattr(number, "__index__") and not getattr(number, "ndim", 0) and "float" not in kind and "bool" not in kind
    )


def check_amounts(**arrays: Array) -> None:
    """Check that no number in the arrays is negative, infinite or missing."""
    for name, array in arrays.items():
        if not holds(((array >= 0) & (array < math.inf)).all()):
            raise ValueError(f"{name} has a negative, infinite or missing number, expected zero or more throughout")


def check_word(name: str, word: Any, known: Iterable[str], expected: str = "") -> None:
    """Check that a word is known, or name the nearest one that is."""
    known = list(known)
    if isinstance(word, str) and word in known:
        return
    near = difflib.get_close_matches(word, known, n=1) if isinstance(word, str) else []
    expected = f"did you mean {near[0]!r}?" if near else f"expected {expected or 'one of ' + ', '.join(known)}"
    raise (ValueError if isinstance(word, str) else TypeError)(f"{name} is {word!r}, {expected}")


# --- shapes -----------------------------------------------------------------------------------------------------------


def check_axes(name: str, array: Array, *axes: str) -> None:
    """Check that an array has exactly the axes that are named."""
    if array.ndim != len(axes):
        expected = ", ".join(axes) + "," * (len(axes) == 1)
        raise ValueError(f"{name} has shape {tuple(array.shape)}, expected ({expected})")


def check_axis(name: str, array: Array, axis: Any) -> None:
    """Check that an array has the axis that is asked for."""
    check_count("axis", axis, least=None)
    if not -array.ndim <= axis < array.ndim:
        axes = f"{-array.ndim} to {array.ndim - 1}" if array.ndim else f"an array with at least one axis: {name}[None]"
        raise ValueError(f"axis is {axis}, but {name} has shape {tuple(array.shape)}: expected {axes}")


def check_broadcast(**arrays: Array) -> None:
    """Check that arrays, taken whole, broadcast: counted from the last, their axes are equal or 1."""
    (first, one), *others = arrays.items()
    for name, other in others:
        if not mends.broadcasts(one.shape, other.shape):
            raise ValueError(
                f"{first} has shape {tuple(one.shape)}, {name} {tuple(other.shape)}: "
                "counted from the last, their axes must be equal or 1"
            )


def check_parameter(name: str, parameter: Array, shape: tuple[int, ...], axes: str) -> None:
    """Check that a matrix or vector of parameters has the shape that the arrays beside it ask for."""
    if tuple(parameter.shape) != shape:
        raise ValueError(f"{name} has shape {tuple(parameter.shape)}, expected {shape}: {axes}")


def check_has_positions(**arrays: Array) -> None:
    """Check that each array has at least the two axes (positions, features)."""
    for name, array in arrays.items():
        if array.ndim < 2:
            raise ValueError(mends.about_positions(name, arrays))


def check_has_heads(**arrays: Array) -> None:
    """Check that each array has at least the three axes (heads, positions, features)."""
    for name, array in arrays.items():
        if array.ndim < 3:
            one = f": a single head is {name}[None]" if array.ndim == 2 else ""
            raise ValueError(
                f"{name} has shape {tuple(array.shape)}, expected at least three axes (heads, positions, features){one}"
            )


def check_num_heads(num_heads: Any, what: str, width: int, *, name: str = "num_heads") -> int:
    """Return a number of heads as a Python number, if it is whole, 1 or more, and divides what the heads share."""
    num_heads = check_count(name, num_heads, least=1)
    if width % num_heads:
        raise ValueError(f"{name} {num_heads} does not divide {what} {width}: {mends.about_divisors(num_heads, width)}")
    return num_heads


def check_head_columns(name: str, W: Array, shape: tuple[int, int], num_heads: int, axes: str) -> None:
    """Check that a matrix of keys or values has the columns of every head."""
    if tuple(W.shape) != shape:
        repeat = mends.about_grouped_columns(name, tuple(W.shape), shape, num_heads)
        raise ValueError(f"{name} has shape {tuple(W.shape)}, expected {shape}: {axes}{repeat}")


def check_query_and_key(query: Array, key: Array) -> None:
    """Check that every query can be compared with every key: equal last axes, leading axes that broadcast."""
    check_has_positions(query=query, key=key)
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"query's last axis is {query.shape[-1]}, key's is {key.shape[-1]}: they must match"
            + mends.about_last_axes(query.shape, key.shape)
        )
    check_leading_axes(query=query, key=key)


def check_pairs(query: Array, key: Array, *features: tuple[int, ...]) -> None:
    """Check that queries and keys, whose last axes may differ, can be paired: leading axes that broadcast.

    `features` are the shapes (d_q,) and (d_k,) that the parameters beside them ask for.
    """
    for name, array, shape in zip(("query", "key"), (query, key), features):
        if array.ndim < 2:
            raise ValueError(mends.about_positions(name, {name: array}, shape))
    check_leading_axes(query=query, key=key)


def check_key_and_value(key: Array, value: Array) -> None:
    """Check that each key has its value."""
    check_has_positions(key=key, value=value)
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"key has {key.shape[-2]} positions, value has {value.shape[-2]}: each key needs one value"
            + mends.about_missing_values("value", key.shape[-2], value.shape)
        )
    check_leading_axes(key=key, value=value)


def check_scores_and_value(scores: Array, value: Array, *, name: str = "value") -> None:
    """Check that the scores have one column for each value."""
    check_has_positions(**{"scores": scores, name: value})
    if scores.shape[-1] != value.shape[-2]:
        raise ValueError(
            f"scores has {scores.shape[-1]} keys on its last axis, {name} has {value.shape[-2]} positions: "
            "each key needs one value" + mends.about_missing_values(name, scores.shape[-1], value.shape)
        )
    check_leading_axes(**{"scores": scores, name: value})


def check_leading_axes(**two: Array) -> None:
    """Check that the axes before the last two of two arrays broadcast."""
    one, other = two.values()
    if not mends.broadcasts(one.shape[:-2], other.shape[:-2]):
        raise ValueError(mends.about_leading_axes(two))


def check_mask(mask: Any, scores: Array, *, name: str = "mask") -> None:
    """Check that a mask is boolean, lives beside the scores and has one place, or one row, for each of them."""
    shared_namespace(**{"scores": scores, name: mask})
    if _SEEN[_look(mask)][2] != "bool":
        raise TypeError(mends.about_a_mask_kind(name, mask, scores))
    if not mends.fits_scores(mask.shape, scores.shape):
        raise ValueError(mends.about_a_mask_shape(name, tuple(mask.shape), tuple(scores.shape)))


def check_heads_mask(mask: Any, axes: int, num_heads: int) -> None:
    """Check that a mask of more than (L, S), against weights of so many axes, has one for the batch and one for heads.

    Else a mask of the batch would be taken for one of the heads wherever both are as many.
    """
    if mask is not None and 2 < getattr(mask, "ndim", 0) < axes and mask.shape[-3] != 1:
        raise ValueError(mends.about_no_heads_axis(tuple(mask.shape), num_heads, axes))
