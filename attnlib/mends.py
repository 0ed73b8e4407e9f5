"""What a wrong call is told. A mend is code that runs on the very arrays that were refused, in their own library."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Shape = Sequence[int]


def broadcasts(shape: Shape, other: Shape) -> bool:
    """Tell whether two shapes broadcast: counted from the last, their axes are equal or 1."""
    return all(a == b or 1 in (a, b) for a, b in zip(reversed(shape), reversed(other)))


# --- libraries and dtypes ---------------------------------------------------------------------------------------------


def about_no_array(name: str, arrays: Mapping[str, Any]) -> str:
    """Say what stands where a plain array should, and how to make one of it."""
    thing = arrays[name]
    if isinstance(thing, np.ma.MaskedArray):
        blocked = "its own mask, True = hidden, becomes mask=~np.ma.getmaskarray(x), True = may look"
        return f"{name} is a masked array, expected a plain one: {name}.filled(0); {blocked}"
    if isinstance(thing, np.matrix):
        return f"{name} is a np.matrix, expected an array: np.asarray({name}) makes one"
    if isinstance(thing, np.ndarray):
        return f"{name} is big-endian ({thing.dtype.str}), expected this machine's order: {_cast(name, thing)}"
    if hasattr(thing, "layout"):
        kind, layout = type(thing).__name__, str(thing.layout)
        dense = (
            "to_tensor(0)" if kind == "MaskedTensor" else "to_padded_tensor(0)" if "jagged" in layout else "to_dense()"
        )
        return f"{name} is a {kind} of layout {layout}, expected a dense tensor: {name}.{dense}"
    return f"{name} is a {type(thing).__name__}, expected an array" + _made_of(name, thing, arrays)


def _made_of(name, thing, arrays):
    if thing is None or isinstance(thing, str):
        return ""
    try:
        made = np.asarray(thing)
    except ValueError:
        return ": its rows have different lengths, pad them first"
    if made.dtype == object:
        return ""
    maker = "torch.as_tensor" if any(map(_is_torch, arrays.values())) else "np.asarray"
    return f": {maker}({name}) makes one"


def about_a_kind(name: str, kind: str, arrays: Mapping[str, Any]) -> str:
    """Say that an array holds another kind of number than it should."""
    array, dtype = arrays[name], _name(arrays[name].dtype)
    if kind == "bool":
        return f"{name} is {dtype}, expected an array of booleans: {name} == 1 makes it of zeros and ones"
    if kind == "integral":
        cast = "" if dtype.startswith(("complex", "object", "str", "<U")) else f": {_cast(name, array, 'int64')}"
        return f"{name} is an array of {dtype}, expected whole numbers{cast}"
    if dtype.startswith("complex"):
        return f"{name} is an array of {dtype}, expected floats: {name}.real drops the imaginary part"
    floats = [_name(a.dtype) for a in arrays.values() if "float" in _name(a.dtype)]
    cast = _cast(name, array, floats[0] if floats else "float32" if _is_torch(array) else "float64")
    return (
        f"{name} is an array of {dtype}, expected floats: numbers can be cast, {cast}; token ids must be embedded first"
    )


def about_mixed_dtypes(arrays: Mapping[str, Any]) -> str:
    """Say which float dtypes meet in one call, and cast the narrow ones to the widest."""
    found = ", ".join(f"{name} is {_name(array.dtype)}" for name, array in arrays.items())
    widest = max(arrays.values(), key=lambda array: array.dtype.itemsize).dtype
    tie = len({_name(a.dtype) for a in arrays.values() if a.dtype.itemsize == widest.itemsize}) > 1
    widest = "float32" if tie else _name(widest)
    mends = [_cast(name, array, widest) for name, array in arrays.items() if _name(array.dtype) != widest]
    return f"{found}: convert them to one dtype, {', '.join(mends)}"


def about_mixed_libraries(arrays: Mapping[str, Any]) -> str:
    """Say which arrays are NumPy and which torch."""
    libraries = {name: "torch" if _is_torch(array) else "NumPy" for name, array in arrays.items()}
    found = ", ".join(f"{name} is {library}" for name, library in libraries.items())
    mends = ", ".join(f"torch.from_numpy({name})" for name, library in libraries.items() if library == "NumPy")
    return f"{found}: convert with torch.from_numpy(x) or x.numpy(), here {mends}"


def _is_torch(thing) -> bool:
    return type(thing).__module__.partition(".")[0] == "torch"


def _name(dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _cast(name: str, array: Any, dtype: str = "") -> str:
    dtype = dtype or array.dtype.newbyteorder("=").name
    if dtype == "bool":
        return f"{name}.bool()" if _is_torch(array) else f"{name}.astype(bool)"
    return f"{name}.to(torch.{dtype})" if _is_torch(array) else f"{name}.astype('{dtype}')"


# --- shapes of queries, keys, values and scores -----------------------------------------------------------------------


def about_positions(name: str, arrays: Mapping[str, Any], features: tuple[int, ...] | None = None) -> str:
    """Say that an array lacks the axis of positions or the axis of features, and which of the two its numbers are.

    `features` is the shape of a single vector, where it is known from other arguments.
    """
    array, axes = arrays[name], "(queries, keys)" if name == "scores" else "(positions, features)"
    found = f"{name} has shape {tuple(array.shape)}, expected at least two axes {axes}"
    if array.ndim == 0:
        return f"{found}: a single number is {name}[None, None]"
    if name == "scores":
        return f"{found}: the scores of a single query are scores[None, :]"
    (length,), others = array.shape, [other for other in arrays if other != name]
    if features is not None:
        as_row, as_column = features == (length,), features == (1,)
    elif not others:
        as_row, as_column = True, False
    elif {name, *others} == {"query", "key"}:
        other = arrays[others[0]].shape
        as_row = other[-1] == length
        as_column = len(other) == 1 or other[-1] == 1  # two rows of numbers: positions, as in a regression
    else:  # each key needs one value
        other = arrays[others[0]].shape
        positions = other[-1] if others == ["scores"] else other[-2:][0]
        as_row, as_column = positions == 1, positions == length
    column = [f"numbers, one at each position, are {name}[:, None]"] * as_column
    row = [f"a single vector is {name}[None, :]"] * as_row
    return ": ".join([found, *["; ".join(column + row)] * (as_row or as_column)])


def about_last_axes(query: Shape, key: Shape) -> str:
    """Propose the transposed key where that would fit."""
    fits = key[-2] == query[-1] and broadcasts(query[:-2], key[:-2])
    return "; key looks transposed: key.swapaxes(-1, -2)" if fits else ""


def about_missing_values(name: str, keys: int, value: Shape) -> str:
    """Propose the value with two axes exchanged where its positions stand one axis to the left."""
    if len(value) > 2 and value[-3] == keys:
        return f"; its positions stand one axis too far left: {name}.swapaxes(-3, -2)"
    return ""


def about_leading_axes(arrays: Mapping[str, Any]) -> str:
    """Say what does not fit before the last two axes of two arrays: grouped heads, a layout, or any other axis."""
    (name, one), (other_name, other) = arrays.items()
    here, there = tuple(one.shape), tuple(other.shape)
    if min(one.ndim, other.ndim) > 3 and not broadcasts(here[-3:-2], there[-3:-2]):
        return _about_heads(name, here, other_name, other)
    found = f"{name} has shape {here}, {other_name} {there}: the axes before the last two must be equal or 1"
    if len(here) == len(there) == 3:
        if here[1] == there[1]:
            both = f"{name}.swapaxes(0, 1), {other_name}.swapaxes(0, 1)"
            return f"{found}; is the layout (length, batch, features)? {both}"
        for each, inside, outside in ((other_name, there, here), (name, here, there)):
            if inside[1] == outside[0]:
                return f"{found}; is the layout of {each} (length, batch, features)? {each}.swapaxes(0, 1)"
    for each, short, long in ((other_name, there, here), (name, here, there)):
        if len(short) + 1 == len(long) and short[0] == long[0]:
            return f"{found}; {each}[:, None] adds a heads axis"
    return found


def _about_heads(name: str, here: Shape, other_name: str, other: Any) -> str:
    there = tuple(other.shape)
    heads, key_heads = here[-3], there[-3]
    both = f"{name}.swapaxes(1, 2), {other_name}.swapaxes(1, 2)"
    question = f"is the layout (batch, length, heads, dim)? transpose axes 1 and 2: {both}"
    layout = question if name == "query" and here[-2] == there[-2] else ""
    if 0 < key_heads < heads and heads % key_heads == 0:
        times = heads // key_heads
        what = "key and value" if other_name == "key" else other_name
        return (
            f"{name} has {heads} heads, {other_name} {key_heads}: for grouped queries repeat each {what} head "
            f"{times} times first, repeat_heads({other_name}, {times})"
        ) + (layout and f"; or {layout}")
    if layout:
        return f"{name} and {other_name} have different heads ({heads} and {key_heads}): {layout}"
    return f"{name} has {heads} heads, {other_name} {key_heads}: {heads} is not a multiple of {key_heads}"


def about_divisors(number: int, width: int) -> str:
    """Name the nearest numbers of heads that do divide a width."""
    if width == 0:
        return "expected a width of 1 or more"
    below = next(n for n in range(min(number, width), 0, -1) if width % n == 0)
    above = next(n for n in range(min(number, width), width + 1) if width % n == 0)
    return f"expected a divisor, such as {below}" + f" or {above}" * (above != below)


def about_grouped_columns(name: str, found: Shape, expected: Shape, num_heads: int) -> str:
    """Propose to repeat the columns of each key head or value head, where there are fewer heads than of queries."""
    (rows, columns), (wanted, width) = found, expected
    size = width // num_heads
    key_heads, rest = divmod(columns, size) if size else (0, 1)
    if rows != wanted or rest or not 0 < key_heads < num_heads or num_heads % key_heads:
        return ""
    repeat = f"merge_heads(repeat_heads(split_heads({name}, {key_heads}), {num_heads // key_heads}))"
    return f"; it has {key_heads} of {num_heads} heads: for grouped queries repeat each, {repeat}"


# --- masks ------------------------------------------------------------------------------------------------------------


def fits_scores(shape: Shape, scores: Shape) -> bool:
    """Tell whether a mask of this shape has one place, or one row, for each score."""
    each = zip(reversed(shape[-2:]), reversed(scores[-2:]))
    fits = all(m in (1, s) for m, s in each) and broadcasts(shape[:-2], scores[:-2])
    return fits and not 2 < len(scores) < len(shape)


def _index(shape: tuple[int, ...], scores: tuple[int, ...]) -> str | None:
    """Return the indexing after which a mask fits the scores: "" if it does already, None if nothing simple helps."""
    if fits_scores(shape, scores):
        return ""
    between = (1,) * (len(scores) - 2)
    candidates = []
    if shape[-2:] == scores[-1:-3:-1]:
        candidates += [(".T" if len(shape) == 2 else ".swapaxes(-1, -2)", (*shape[:-2], *shape[:-3:-1]))]
    if len(shape) == 2:
        candidates += [
            ("[:, " + "None, " * len(between) + ":]", (shape[0], *between, shape[1])),
            ("[:, " + "None, " * len(between[1:]) + ":, None]", (shape[0], *between[1:], shape[1], 1)),
        ]
    elif len(shape) > 2:
        candidates += [("[:, 0]", (shape[0], *shape[2:]))] * (shape[1] == 1)
    candidates += [("[:, None]", (*shape[:1], 1, *shape[1:]))]
    return next((index for index, found in candidates if fits_scores(found, scores)), None)


def about_a_mask_shape(name: str, shape: tuple[int, ...], scores: tuple[int, ...]) -> str:
    """Say how a mask of a wrong shape becomes one that fits."""
    index, found = _index(shape, scores), f"{name} has shape {shape}, scores {scores}"
    if index in (".T", ".swapaxes(-1, -2)"):
        return f"{name} has shape {shape}, expected {scores[-2:]}: it looks transposed, {name}{index}"
    if index == "[:, 0]":
        return f"{found}: for scores without a heads axis, {name}[:, 0]"
    if index and index.endswith("None, :]"):
        row = (shape[0], *(1,) * (len(scores) - 2), shape[1])
        return f"{found}: a key-padding mask needs the shape {row}; see `padding_mask`, or {name}{index}"
    what = "masks queries" if len(shape) == 1 else "adds a heads axis" if index == "[:, None]" else "fits"
    mend = f"; {name}{index} {what}" if index else ""
    return f"{found}: each axis of the mask must be 1 or equal, counted from the last{mend}"


def about_a_mask_kind(name: str, mask: Any, scores: Any) -> str:
    """Say how a mask of whole numbers or floats becomes boolean, or that a bias is added to the scores instead."""
    kind, index = _name(mask.dtype), _index(tuple(mask.shape), tuple(scores.shape)) or ""
    boolean = _cast(name, mask, "bool") + index
    if "float" not in kind:
        mend = f"; ones and zeros become {boolean}" if "int" in kind else ""
        return f"{name} is {kind}: masks are boolean, True = may look{mend}"
    if bool(((mask == 0) | (mask == 1)).all()):
        bias = "a float is added to the scores as a bias"
        return f"{name} is float with only 0 and 1: {bias}; did you mean `{boolean}`?"
    smallest, opened = float(mask.min()), f"({name} == 0){index}"
    if _name(scores.dtype) == "float16" and -np.inf < smallest < -float(np.finfo(np.float16).max):
        found = f"{name} is float: a bias of {smallest:.0e} overflows float16"
        return f"{found}: use a boolean mask, True = may look, {opened}"
    about = f"{name} is float: masks are boolean, True = may look; a bias is added before, attend(scores + bias, value)"
    return (
        f"{about}; if 0 means that a query may look, {opened}" if bool(((mask == 0) | (mask <= -1e4)).all()) else about
    )


def about_no_heads_axis(shape: Shape, num_heads: int, axes: int) -> str:
    """Say which axis of a mask is missing, that of the heads or that of the batch."""
    both = f"mask[:, None] where the first axis is the batch, mask[None] where it is the {num_heads} heads"
    expected = "(batch, heads or 1, queries, keys)" if axes == 4 else f"{axes} axes"
    return f"mask has shape {shape}, expected {expected} or (queries, keys): {both}"
