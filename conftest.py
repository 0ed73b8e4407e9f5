"""Every test and doctest runs with the shapes in attnlib's signatures enforced."""

import jaxtyping
import numpy as np
import pytest

jaxtyping.install_import_hook("attnlib", "beartype.beartype")


@pytest.fixture(autouse=True)
def _numpy_is_np_in_doctests(doctest_namespace):
    doctest_namespace["np"] = np
