"""The only place that validates: which library an array belongs to, and what a wrong call is told."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import array_api_compat
import numpy as np
from array_api_compat import is_array_api_obj, is_numpy_array


@runtime_checkable
class Array(Protocol):
    """A NumPy array or a torch tensor. The formulas are written once and run on both."""

    shape: tuple[int, ...]
    dtype: Any


def float_namespace(**arrays: Any):
    """Return the array library that all the named arrays share, or say which of them does not fit."""
    xp = _shared_namespace(**arrays)
    dtypes = {name: dtype_name(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if not xp.isdtype(array.dtype, "real floating"):
            raise TypeError(
                f"{name} is an array of {dtypes[name]}, expected floats: numbers can be cast ({name}.astype(float), "
                f"{name}.float()), token ids must be embedded first"
            )
    if len(set(dtypes.values())) > 1:
        found = ", ".join(f"{name} is {dtype}" for name, dtype in dtypes.items())
        raise TypeError(f"{found}: convert them to one dtype")
    return xp


def _shared_namespace(**arrays: Any):
    for name, array in arrays.items():
        if not is_array_api_obj(array):
            raise TypeError(f"{name} is a {type(array).__name__}, expected an array: np.asarray({name}) makes one")
    libraries = {name: "NumPy" if is_numpy_array(array) else "torch" for name, array in arrays.items()}
    if len(set(libraries.values())) > 1:
        found = ", ".join(f"{name} is {library}" for name, library in libraries.items())
        raise TypeError(f"{found}: convert with torch.from_numpy(x) or x.numpy()")
    return array_api_compat.array_namespace(*arrays.values())


def dtype_name(array: Array) -> str:
    """Name a dtype alike in every library: ``float32``, ``bool``."""
    return str(array.dtype).removeprefix("torch.")


def creation_namespace(like: Array | None):
    """Return the library in which a mask is to be made, and its device argument. NumPy unless `like` says otherwise."""
    if like is None:
        return array_api_compat.array_namespace(np.empty(0)), {}
    return _shared_namespace(like=like), {"device": array_api_compat.device(like)}


def integer_namespace(**arrays: Any):
    """Return the array library that arrays of lengths or ids share, or say which of them is not whole numbers."""
    xp = _shared_namespace(**arrays)
    for name, array in arrays.items():
        if not xp.isdtype(array.dtype, "integral"):
            raise TypeError(f"{name} is an array of {dtype_name(array)}, expected whole numbers")
    return xp


def check_query_and_key(query: Array, key: Array) -> None:
    """Check that every query can be compared with every key: equal last axes, leading axes that broadcast."""
    check_has_positions(query=query, key=key)
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(f"query's last axis is {query.shape[-1]}, key's is {key.shape[-1]}: they must match")
    check_pairs(query, key)


def check_pairs(query: Array, key: Array) -> None:
    """Check that queries and keys, whose last axes may differ, can be paired: leading axes that broadcast."""
    check_has_positions(query=query, key=key)
    if query.ndim > 3 and key.ndim > 3 and not _broadcasts(query.shape[-3:-2], key.shape[-3:-2]):
        raise ValueError(_about_heads(query.shape, key.shape))
    _check_leading_axes("query", query.shape, "key", key.shape)


def check_key_and_value(key: Array, value: Array) -> None:
    """Check that each key has its value."""
    check_has_positions(key=key, value=value)
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(f"key has {key.shape[-2]} positions, value has {value.shape[-2]}: each key needs one value")
    _check_leading_axes("key", key.shape, "value", value.shape)


def check_scores_and_value(scores: Array, value: Array) -> None:
    """Check that the scores have one column for each value."""
    check_has_positions(scores=scores, value=value)
    if scores.shape[-1] != value.shape[-2]:
        raise ValueError(
            f"scores has {scores.shape[-1]} keys on its last axis, value has {value.shape[-2]} positions: "
            "each key needs one value"
        )
    _check_leading_axes("scores", scores.shape, "value", value.shape)


def check_mask(mask: Any, scores: Array) -> None:
    """Check that `mask` is boolean, lives beside `scores` and has one place, or one row, for each score."""
    _shared_namespace(scores=scores, mask=mask)
    kind = dtype_name(mask)
    if kind.startswith(("float", "bfloat")):
        raise TypeError(_about_a_float_mask(mask, scores))
    if kind != "bool":
        raise TypeError(
            f"mask is {kind}: masks are boolean, True = may look. A padding mask of 0 and 1 for each token becomes "
            "attention_mask.bool()[:, None, None, :]"
        )
    shape, expected = tuple(mask.shape), tuple(scores.shape)
    each = zip(reversed(shape[-2:]), reversed(expected[-2:]))
    fits = all(m in (1, s) for m, s in each) and _broadcasts(shape[:-2], expected[:-2])
    if not fits or 2 < len(expected) < len(shape):
        raise ValueError(_about_a_mask_shape(shape, expected))


def check_axes(name: str, parameter: Array, *axes: str) -> None:
    """Check that a matrix or vector of parameters has as many axes as are named."""
    if parameter.ndim != len(axes):
        expected = ", ".join(axes) + "," * (len(axes) == 1)
        raise ValueError(f"{name} has shape {tuple(parameter.shape)}, expected ({expected})")


def check_parameter(name: str, parameter: Array, shape: tuple[int, ...], axes: str) -> None:
    """Check that a matrix or vector of parameters has the shape that the arrays beside it ask for."""
    if tuple(parameter.shape) != shape:
        raise ValueError(f"{name} has shape {tuple(parameter.shape)}, expected {shape}: {axes}")


def check_positive(name: str, number: float, unit: str = "") -> None:
    """Check that a width, bandwidth or cap is above zero, and finite."""
    if not 0 < number < np.inf:
        raise ValueError(f"{name} is {number}, expected a positive, finite number{unit}")


def plain_number(number: Any) -> Any:
    """Return a NumPy number as a Python one, which does not widen float32 arrays. A tensor keeps its gradient."""
    return number.item() if isinstance(number, np.generic) else number


def check_count(name: str, number: Any, *, least: int | float = 0) -> None:
    """Check that a length or a distance is a whole number and not too small."""
    if isinstance(number, bool) or not hasattr(number, "__index__") or getattr(number, "ndim", 0):
        raise TypeError(f"{name} is {number!r}, expected a whole number")
    if number < least:
        raise ValueError(f"{name} is {number}, expected {least} or more")


def check_has_positions(**arrays: Array) -> None:
    """Check that each array has at least the two axes (positions, features)."""
    for name, array in arrays.items():
        if array.ndim < 2:
            raise ValueError(
                f"{name} has shape {tuple(array.shape)}, expected at least two axes (positions, features): "
                f"a single vector is {name}[None, :]"
            )


def _check_leading_axes(name: str, shape: Sequence[int], other: str, other_shape: Sequence[int]) -> None:
    if not _broadcasts(shape[:-2], other_shape[:-2]):
        raise ValueError(
            f"{name} has shape {tuple(shape)}, {other} {tuple(other_shape)}: "
            "the axes before the last two must be equal or 1"
        )


def _broadcasts(shape: Sequence[int], other: Sequence[int]) -> bool:
    return all(a == b or 1 in (a, b) for a, b in zip(reversed(shape), reversed(other)))


def _about_heads(query: Sequence[int], key: Sequence[int]) -> str:
    heads, key_heads = query[-3], key[-3]
    layout = "is the layout (batch, length, heads, dim)? transpose axes 1 and 2" if query[-2] == key[-2] else ""
    if 0 < key_heads < heads and heads % key_heads == 0:
        return (
            f"query has {heads} heads, key {key_heads}: for grouped queries repeat each key and value head "
            f"{heads // key_heads} times first, np.repeat(key, {heads // key_heads}, axis=-3)"
        ) + (layout and f"; or {layout}")
    if layout:
        return f"query and key have different heads ({heads} and {key_heads}): {layout}"
    return f"query has {heads} heads, key {key_heads}: {heads} is not a multiple of {key_heads}"


def _about_a_float_mask(mask: Array, scores: Array) -> str:
    xp = array_api_compat.array_namespace(mask)
    if bool(xp.all((mask == 0) | (mask == 1))):
        return (
            "mask is float with only 0 and 1: a float is added to the scores as a bias; "
            "did you mean `mask.astype(bool)` / `mask.bool()`?"
        )
    smallest = float(xp.min(mask))
    if dtype_name(scores) == "float16" and -np.inf < smallest < -float(np.finfo(np.float16).max):
        return f"mask is float: a bias of {smallest:.0e} overflows float16: use a boolean mask, True = may look"
    return "mask is float: masks are boolean, True = may look; a bias is added before, attend(scores + bias, value)"


def _about_a_mask_shape(shape: tuple[int, ...], expected: tuple[int, ...]) -> str:
    found = f"mask has shape {shape}, scores {expected}"
    if 2 < len(expected) < len(shape):
        return f"{found}: for scores without a heads axis, mask[:, 0]"
    if shape[-2:] == expected[:-3:-1] != expected[-2:]:
        return f"mask has shape {shape}, expected {expected[-2:]}: it looks transposed"
    if len(shape) == 2 < len(expected) and shape == (expected[0], expected[-1]):
        row = (shape[0],) + (1,) * (len(expected) - 2) + (shape[1],)
        return f"{found}: a key-padding mask needs the shape {row}; see `padding_mask`"
    return f"{found}: each axis of the mask must be 1 or equal, counted from the last; mask[:, None] adds a heads axis"
