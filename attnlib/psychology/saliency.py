"""Where would an eye look first? The saliency map of Itti, Koch & Niebur, and the scan path read off it."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Int
from scipy import ndimage

from attnlib.arrays import check_amount, check_count, check_positive, check_word
from attnlib.psychology.checks import check_image, check_map

ANGLES = {"horizontal": 90, "rising": 45, "vertical": 0, "falling": 135}  # of the wave across the stripes, y downwards
CHANNELS = (("intensity",), ("red", "green", "blue", "yellow"), tuple(ANGLES))
FLAT = 1e-6  # of an image that runs from 0 to 1; what differs by less is rounding
BINOMIAL = np.array([1, 4, 6, 4, 1]) / 16


def gaussian_pyramid(image: Float[np.ndarray, "h w"], num_levels: int) -> list[Float[np.ndarray, "..."]]:
    r"""Blur with 1-4-6-4-1 and keep every second pixel, again and again.

    Level k has a pixel for every :math:`2^k` of the image, which is mirrored beyond its edge.

    Raises
    ------
    TypeError, ValueError
        If `image` is not one map of finite floats, or there is to be no level.

    Examples
    --------
    >>> [level.round(3).tolist() for level in gaussian_pyramid(np.array([[0.0, 0.0, 16.0, 0.0, 0.0]]), 2)]
    [[[0.0, 0.0, 16.0, 0.0, 0.0]], [[1.0, 6.0, 1.0]]]
    """
    check_map("image", image)
    check_count("num_levels", num_levels, least=1)
    levels = [image.astype(float)]
    while len(levels) < num_levels:
        levels.append(_filter(levels[-1], BINOMIAL, BINOMIAL)[::2, ::2])
    return [level.astype(image.dtype) for level in levels]


def rescale(feature_map: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Shift and stretch a map so that it runs from 0 to 1. A flat map becomes 0 everywhere.

    Raises
    ------
    TypeError, ValueError
        If `feature_map` is not one map of finite floats.

    Examples
    --------
    >>> rescale(np.array([[2.0, 3.0, 6.0]]))
    array([[0.  , 0.25, 1.  ]])
    """
    check_map("feature_map", feature_map)
    x = feature_map.astype(float)
    low, high = x.min(), x.max()
    x = (x - low) / (high - low) if high - low > FLAT else np.zeros_like(x)
    return x.astype(feature_map.dtype)


def promote(feature_map: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    r"""Let a map speak up if it has one peak, and fall silent if it has many alike.

    .. math:: N(x) = (1 - \bar m)^2\, x

    x runs from 0 to 1 (`rescale`), and :math:`\bar m` is the mean of its local maxima except the highest. A local
    maximum is above 0.1 and no smaller than its eight neighbours; two equal neighbours count once.

    Raises
    ------
    TypeError, ValueError
        If `feature_map` is not one map of finite floats.

    References
    ----------
    Itti, Koch & Niebur (1998). The limit of 0.1 is that of Walther's SaliencyToolbox, not theirs.

    Examples
    --------
    >>> promote(np.array([[0.0, 8.0, 0.0, 4.0, 0.0]]))
    array([[0.   , 0.25 , 0.   , 0.125, 0.   ]])
    """
    x = rescale(feature_map).astype(float)
    framed = np.pad(x.round(9), 1, constant_values=-np.inf)  # rounding errors make no ridge into peaks
    nine = np.lib.stride_tricks.sliding_window_view(framed, (3, 3)).reshape(*x.shape, 9)
    before, here, after = nine[..., :4].max(axis=-1), nine[..., 4], nine[..., 5:].max(axis=-1)
    is_peak = (here > 0.1) & (here > before) & (here >= after)
    others = np.sort(x[is_peak])[:-1]
    x = x * (1 - (others.mean() if others.size else 0.0)) ** 2
    return x.astype(feature_map.dtype)


def feature_maps(image: Float[np.ndarray, "H W 3"], *, finest: int = 1) -> dict[str, list[Float[np.ndarray, "h w"]]]:
    r"""Compare each place with its surroundings, in nine features and at six pairs of scales.

    .. math:: F(c, s) = | F(c) \ominus F(s) |, \quad s = c + 3 \text{ or } c + 4

    F(c) is the feature at level c of a `gaussian_pyramid`; ⊖ enlarges the coarser level and subtracts. The centres c
    are `finest` and the next two levels. Colours keep their sign: "red" is what is redder than its surroundings.

    Raises
    ------
    TypeError, ValueError
        If `image` is not (height, width, 3) with floats from 0 to 1, or a side is under :math:`2^{\text{finest} + 6}`.

    References
    ----------
    Itti, Koch & Niebur (1998), with ``finest=2`` for 640 × 480 pixels. Their red–green, as printed, does not vanish on
    a uniformly red image; here it is one map, (red − green) / brightest, compared with itself.
    """
    check_image(image, finest)
    dtype, image, num_levels = image.dtype, image.astype(float), finest + 7
    brightest, (red, green, blue) = image.max(axis=-1), np.moveaxis(image, -1, 0)
    lit = np.where(brightest > 0.1, brightest, np.inf)  # in the dark, no colours
    grey = gaussian_pyramid(image.mean(axis=-1), num_levels)
    red_green = gaussian_pyramid((red - green) / lit, num_levels)
    blue_yellow = gaussian_pyramid((blue - np.minimum(red, green)) / lit, num_levels)
    maps = {"intensity": _contrasts(grey, finest)}
    colours = {"red": (1, red_green), "green": (-1, red_green), "blue": (1, blue_yellow), "yellow": (-1, blue_yellow)}
    for name, (sign, levels) in colours.items():
        maps[name] = [np.maximum(sign * contrast, 0) for contrast in _contrasts(levels, finest)]
    for name, angle in ANGLES.items():
        stripes = [_stripes(level, np.deg2rad(angle)) if k >= finest else level for k, level in enumerate(grey)]
        maps[name] = _contrasts(stripes, finest)
    return {name: [np.abs(contrast).astype(dtype) for contrast in contrasts] for name, contrasts in maps.items()}


def saliency_map(
    image: Float[np.ndarray, "H W 3"],
    *,
    gain: Mapping[str, float] | None = None,
    finest: int = 1,
    normalize: Callable[[np.ndarray], np.ndarray] = promote,
) -> Float[np.ndarray, "h w"]:
    r"""Say how much each place differs from its surroundings: one map for all features.

    .. math:: S = \sum_{\text{channel}} N\Big(\sum_{f \in \text{channel}} g_f \sum_{c, s} N(F_f(c, s))\Big)

    The map has a pixel for every :math:`2^{\text{finest} + 2}` of the image. `gain` maps names of features to
    :math:`g_f`; a feature it does not name counts 0. N is `promote`, or `rescale` to do without competition.

    Raises
    ------
    TypeError, ValueError
        If `image` is not as `feature_maps` takes it, `gain` names something else than features and factors, or
        `normalize` is no function from maps to maps.

    Examples
    --------
    >>> saliency_map(np.full((128, 128, 3), 0.3)).any()
    np.False_
    """
    maps = feature_maps(image, finest=finest)
    gain = dict.fromkeys(maps, 1.0) if gain is None else _check_gain(gain, maps)
    if not callable(normalize):
        raise TypeError(f"normalize is {normalize!r}, expected a function of a map, such as promote")
    saliency = np.zeros_like(maps["intensity"][-1])
    for channel in CHANNELS:
        total = np.zeros_like(saliency)
        for feature in (name for name in channel if gain.get(name, 0)):
            for k, each in enumerate(maps[feature]):  # two maps a centre, all reduced to the coarsest centre
                total += gain[feature] * gaussian_pyramid(normalize(each), 3 - k // 2)[-1]
        saliency += normalize(total)
    return saliency


def scan_path(saliency: Float[np.ndarray, "h w"], num_fixations: int, *, radius: float = 3.0) -> Int[np.ndarray, "n 2"]:
    """Look at the highest place, forbid everything within `radius` of it, look at the highest that is left.

    The path, rows and columns, ends where nothing above zero is left. Of equal places the first to be read wins.

    Raises
    ------
    TypeError, ValueError
        If `saliency` is not one map of finite floats, `num_fixations` not a whole number, or `radius` not positive.

    Examples
    --------
    >>> scan_path(np.array([[0.0, 0.9, 1.0, 0.0, 0.5]]), 4, radius=1.5)
    array([[0, 2],
           [0, 4]])
    """
    check_map("saliency", saliency)
    check_count("num_fixations", num_fixations)
    radius = check_positive("radius", radius, ", in pixels of the map")
    rows, columns = np.indices(saliency.shape)
    may_look, path = np.ones(saliency.shape, dtype=bool), []
    while len(path) < num_fixations and (saliency > 0)[may_look].any():
        row, column = np.unravel_index(np.where(may_look, saliency, -np.inf).argmax(), saliency.shape)
        path.append((row, column))
        may_look &= (rows - row) ** 2 + (columns - column) ** 2 > radius**2
    return np.array(path, dtype=int).reshape(-1, 2)


def _filter(x: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    return ndimage.correlate1d(ndimage.correlate1d(x, down, axis=0), across, axis=1)  # mirrored beyond the edge


def _stripes(x: np.ndarray, angle: float) -> np.ndarray:
    """Measure stripes with a Gabor wave, five pixels long, whose mean is taken off: an even wall has no stripes."""
    at = np.arange(-4, 5)
    bell = np.exp(-(at**2) / 8) / np.exp(-(at**2) / 8).sum()
    down, across = (bell * np.exp(2j * np.pi / 5 * at * step) for step in (np.sin(angle), np.cos(angle)))
    return np.abs(_filter(x, down, across) - down.sum() * across.sum() * _filter(x, bell, bell))


def _contrasts(levels: list[np.ndarray], finest: int) -> list[np.ndarray]:
    pairs = [(c, c + delta) for c in range(finest, finest + 3) for delta in (3, 4)]
    return [levels[c] - _enlarge(levels[s], levels[c].shape, 2 ** (s - c)) for c, s in pairs]


def _enlarge(x: np.ndarray, shape: tuple[int, int], factor: int) -> np.ndarray:
    """Draw straight lines between the coarse pixels; beyond the last one the map goes on as it ends."""
    return ndimage.affine_transform(x, [1 / factor, 1 / factor], output_shape=shape, order=1, mode="nearest")


def _check_gain(gain: Mapping[str, float], features: Mapping[str, list]) -> dict[str, float]:
    if not isinstance(gain, Mapping):
        raise TypeError(f"gain is {gain!r}, expected features and their factors, such as {{'blue': 1.0}}")
    for name in gain:
        check_word("a feature in gain", name, features)
    return {name: check_amount(f"gain of {name!r}", factor) for name, factor in gain.items()}
