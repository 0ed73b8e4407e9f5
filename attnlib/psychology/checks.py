"""What a wrong call to a model of Part I is told, where ``attnlib.arrays`` has no words for it."""

from typing import Any

import numpy as np

from attnlib.arrays import check_axes, check_count, dtype_name, float_namespace, is_tensor


def check_numpy(**arrays: Any) -> None:
    """Check that no array is a torch tensor, for models that are written for NumPy alone."""
    for name, array in arrays.items():
        if is_tensor(array):
            mend = f"{name}{'.float()' * (dtype_name(array) == 'bfloat16')}.numpy(force=True)"
            raise TypeError(f"{name} is a torch tensor, expected a NumPy array: {mend} makes one")


def check_generator(rng: Any) -> None:
    """Check that random numbers come from a generator of the caller's."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is a {type(rng).__name__}, expected a generator: np.random.default_rng(1890) makes one")


def check_map(name: str, feature_map: Any) -> None:
    """Check that something is one map of finite floats, and not empty."""
    check_numpy(**{name: feature_map})
    float_namespace(**{name: feature_map})
    check_axes(name, feature_map, "height", "width")
    if feature_map.size == 0:
        raise ValueError(f"{name} has shape {feature_map.shape}, expected at least one pixel")
    if not np.isfinite(feature_map).all():
        raise ValueError(f"{name} has a number that is infinite or missing: np.nan_to_num({name}) replaces it")


def check_image(image: Any, finest: int) -> None:
    """Check that something is a picture in three colours from 0 to 1, large enough for its coarsest level."""
    check_numpy(image=image)
    float_namespace(image=image)
    check_count("finest", finest)
    shape, least = image.shape, 2 ** (finest + 6)  # one pixel on the coarsest level
    if len(shape) != 3 or shape[-1] != 3:
        raise ValueError(f"image has shape {shape}, expected (height, width, 3){_about_colours(shape)}")
    if min(shape) == 0:
        raise ValueError(f"image has shape {shape}, expected {least} pixels a side or more")
    if min(shape[:2]) < least:
        times = -(-least // min(shape[:2]))
        mend = f"np.kron(image, np.ones(({times}, {times}, 1))) enlarges it, or lower finest"
        raise ValueError(f"image has shape {shape}, expected {least} pixels a side or more: {mend}")
    if not (image.min() >= 0 and image.max() <= 1):
        mend = "image / 255" if image.min() >= 0 and image.max() <= 255 else "np.nan_to_num(image).clip(0, 1)"
        raise ValueError(f"image reaches from {image.min():.3g} to {image.max():.3g}, expected 0 to 1: {mend}")


def _about_colours(shape):
    """Say how a grey picture, a fourth channel or colours on the first axis become three colours on the last."""
    if len(shape) == 2:
        return ": np.repeat(image[..., None], 3, axis=-1) makes three of grey"
    if len(shape) == 3 and shape[-1] == 4:
        return ": image[..., :3] drops a fourth channel"
    return ": np.moveaxis(image, 0, -1) puts the colours last" if len(shape) == 3 and shape[0] == 3 else ""
