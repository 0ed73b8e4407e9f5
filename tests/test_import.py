import inspect
import subprocess
import sys

import jaxtyping
import numpy as np
import pytest

import attnlib

HEAVY = {"torch", "matplotlib", "IPython", "scipy", "pandas", "jax"}


def test_the_library_and_numpy_attention_load_nothing_that_only_some_readers_need():
    code = """
import sys, numpy as np, attnlib
attnlib.scaled_dot_product_attention(*3 * [np.ones((2, 2))], attnlib.causal_mask(2))
print(*sys.modules)
"""
    loaded = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert "attnlib.masking" in loaded.stdout.split()
    assert not HEAVY & set(loaded.stdout.split())


@pytest.mark.parametrize("name", attnlib.__all__)
def test_every_public_function_says_what_it_takes_gives_and_does(name):
    function = getattr(attnlib, name)
    signature = inspect.signature(function)
    assert all(parameter.annotation is not parameter.empty for parameter in signature.parameters.values())
    assert signature.return_annotation is not signature.empty
    assert ">>> " in inspect.getdoc(function) or "References" in inspect.getdoc(function)


def test_the_shapes_in_the_signatures_are_enforced_here():
    with pytest.raises(jaxtyping.TypeCheckError, match="'key'"):
        attnlib.dot_product_scores(np.ones((5, 3)), np.ones((3, 7)))
    with pytest.raises(jaxtyping.TypeCheckError, match="return value"):
        attnlib.attend(np.ones((5, 7)), np.ones((7, 2)), normalize=lambda scores: scores > 0)
