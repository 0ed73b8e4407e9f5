"""The psychology of Part I as small models, imported by name: ``from attnlib.psychology.filter import spill_over``."""

from typing import Any

import numpy as np

from attnlib.arrays import dtype_name, is_tensor


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
