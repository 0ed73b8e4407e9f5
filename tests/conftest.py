"""What the library's tests share: two array libraries, one way to draw numbers, and the library's own words."""

import jaxtyping
import matplotlib as mpl
import numpy as np
import pytest
import torch
from hypothesis import settings

mpl.use("Agg")
torch.set_num_threads(1)  # two threads on small tensors wait for each other more than they work
settings.register_profile("gate", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("gate")


@pytest.fixture(params=["numpy", "torch"], scope="session")
def array(request):
    """Return a function that turns numbers into an array of the library under test, whole numbers into float64.

    A NumPy array comes read-only: a formula that writes to its caller's array fails in any test.
    """

    def make(numbers, dtype=None):
        numbers = np.array(numbers, dtype=dtype)
        if dtype is None and numbers.dtype != bool:
            numbers = numbers.astype(float)
        numbers.flags.writeable = False
        return numbers if request.param == "numpy" else torch.tensor(numbers)

    return make


@pytest.fixture
def normal(array):
    """Return a function of a shape that draws normal numbers, the same in every run."""
    rng = np.random.default_rng(1964)
    return lambda *shape: array(rng.standard_normal(shape))


@pytest.fixture(params=["numpy float16", "numpy float32", "torch float16", "torch bfloat16", "torch float32"])
def narrow(request):
    """Return a function that turns float64 numbers into a narrower dtype, and the spacing of that dtype at 1."""
    library, dtype = request.param.split()
    dtype = getattr(torch, dtype)

    def make(numbers):
        tensor = torch.tensor(np.asarray(numbers)).to(dtype)
        return tensor.numpy() if library == "numpy" else tensor

    return make, torch.finfo(dtype).eps


@pytest.fixture
def plain_errors():
    """Switch the shape checks of the tests off, so that a wrong call meets the words that a reader meets."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
