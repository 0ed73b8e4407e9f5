"""The few pictures that every chapter draws alike: weights, masks and labelled curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import AutoLocator

from attnlib.arrays import as_numpy


def plot_weights(
    weights: Any,
    queries: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    *,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw weights as a heat map: queries as rows, keys as columns, and always the scale from 0 to 1.

    Up to eight keys, each cell carries its number too. A darker cell is a larger share; no colour needs to be named.

    Raises
    ------
    ValueError
        If `weights` is not a matrix of numbers from 0 to 1, or a label list has not one label for each row or column.
    """
    weights = _matrix("weights", weights)
    if weights.size and not (weights.min() >= 0 and weights.max() <= 1 + 1e-6):
        raise ValueError(
            f"weights reach from {weights.min():.3g} to {weights.max():.3g}, expected 0 to 1: are these scores? "
            "normalize them first, softmax(scores)"
        )
    ax = ax or _new_axes(weights.shape)
    image = ax.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    _label_cells(ax, weights.shape, queries, keys, title)
    if weights.shape[1] <= 8:
        for (row, column), weight in np.ndenumerate(weights):
            ink = "white" if weight > 0.72 else "black"
            ax.text(column, row, f"{weight:.2f}", ha="center", va="center", color=ink, fontsize=9)
    else:
        ax.figure.colorbar(image, ax=ax, label="weight", ticks=[0, 0.5, 1])
    return ax


def plot_mask(
    mask: Any,
    queries: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
    *,
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw who may look at whom: a filled cell with a dot where query (row) may look at key (column), empty elsewhere.

    Raises
    ------
    ValueError
        If `mask` is not a boolean matrix, or a label list has not one label for each row or column.
    """
    mask = _matrix("mask", mask)
    if mask.dtype != bool:
        raise ValueError(f"mask is {mask.dtype}, expected booleans, True = may look")
    ax = ax or _new_axes(mask.shape)
    ax.imshow(np.where(mask, 0.45, 0.0), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    _label_cells(ax, mask.shape, queries, keys, title)
    rows, columns = np.nonzero(mask)
    ax.plot(columns, rows, "o", color="#08306b", markersize=4)
    return ax


def plot_curves(
    x: Any,
    curves: Mapping[str, Any],
    *,
    xlabel: str,
    ylabel: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw curves over one axis, each named at its right end in its own colour, so that no legend is needed.

    Raises
    ------
    ValueError
        If there is no x, or a curve has not one number for each x.
    """
    x = as_numpy(x)
    if x.ndim != 1 or not x.size:
        raise ValueError(f"x has shape {x.shape}, expected (points,) and at least one point")
    curves = {name: as_numpy(y) for name, y in curves.items()}
    ax = ax or plt.figure().add_subplot()
    for name, y in curves.items():
        if np.shape(y) != x.shape:
            raise ValueError(f"the curve {name!r} has shape {np.shape(y)}, x has {x.shape}: one number for each x")
        (line,) = ax.plot(x, y)
        ax.annotate(
            name, (x[-1], y[-1]), xytext=(6, 0), textcoords="offset points", va="center", color=line.get_color()
        )
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax


def _matrix(name: str, array: Any) -> np.ndarray:
    array = as_numpy(array)
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}, expected (queries, keys): choose one batch row and one head")
    return array


def _new_axes(shape: tuple[int, int]) -> Axes:
    rows, columns = shape
    width, height = min(5.4, 1.6 + 0.62 * columns), min(5.4, 1.1 + 0.42 * rows)
    return plt.figure(figsize=(width, height)).add_subplot()


def _label_cells(ax: Axes, shape: tuple[int, int], queries, keys, title: str) -> None:
    for name, labels, count in (("queries", queries, shape[0]), ("keys", keys, shape[1])):
        if labels is not None and len(labels) != count:
            raise ValueError(f"{name} has {len(labels)} labels, the matrix has {count}: one label for each")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(AutoLocator())
        axis.get_major_locator().set_params(integer=True, min_n_ticks=1)  # there is no query 0.5
    if queries is not None:
        ax.set_yticks(range(shape[0]), queries)
    if keys is not None:
        crowded = sum(map(len, keys)) > 36
        ax.set_xticks(range(shape[1]), keys, rotation=45 if crowded else 0, ha="right" if crowded else "center")
    if max(shape) <= 16:  # thin white lines between cells; in a larger matrix they would hide the pattern
        ax.hlines(np.arange(1, shape[0]) - 0.5, -0.5, shape[1] - 0.5, color="white", linewidth=1.5)
        ax.vlines(np.arange(1, shape[1]) - 0.5, -0.5, shape[0] - 0.5, color="white", linewidth=1.5)
    ax.set(xlabel="key", ylabel="query")
    ax.set_title(title)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
