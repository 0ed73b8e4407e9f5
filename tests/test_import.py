import importlib
import inspect
import pkgutil
import re
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


MODULES = [importlib.import_module(found.name) for found in pkgutil.walk_packages(attnlib.__path__, "attnlib.")]
CHECKS = re.compile(r"\braise\b(?! NotImplementedError)|\b_?check_\w+\(|_namespace\(")


def is_ours(thing, module):
    return getattr(thing, "__module__", None) == module.__name__


def public(module):
    """List the public functions and classes that a module defines, and the public methods of those classes."""
    for name, thing in vars(module).items():
        if not name.startswith("_") and is_ours(thing, module) and (inspect.isroutine(thing) or inspect.isclass(thing)):
            yield name, thing
            for method, function in vars(thing).items() if inspect.isclass(thing) else ():
                if not method.startswith("_") and inspect.isfunction(function):
                    yield f"{name}.{method}", function


PUBLIC = {f"{module.__name__}.{name}": thing for module in MODULES for name, thing in public(module)}
FORMULAS = {name: thing for name, thing in PUBLIC.items() if name.count(".") == 2 and inspect.isfunction(thing)}
OWN_TALK = ("attnlib.arrays.", "attnlib.mends.")  # the checks themselves, and what they say


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented_with_an_example_or_its_source_and_says_what_it_refuses(name):
    thing, text = PUBLIC[name], inspect.getdoc(PUBLIC[name]) or ""
    assert text
    if name.startswith(OWN_TALK) or ".check_" in name:
        return
    if inspect.isfunction(thing) and name in FORMULAS:
        parameters = inspect.signature(thing)
        assert all(parameter.annotation is not parameter.empty for parameter in parameters.parameters.values())
        if not name.startswith(("attnlib.figures.", "attnlib.notebook.")):
            assert ">>> " in text or "References" in text, "neither an example nor a source"
    if inspect.isfunction(thing) and CHECKS.search(inspect.getsource(thing).replace(thing.__doc__ or "", "")):
        holder = PUBLIC.get(name.rpartition(".")[0])
        assert "Raises" in text or "Raises" in (inspect.getdoc(holder) or ""), (
            "it checks, and does not say what it refuses"
        )


def test_every_public_function_of_the_mechanism_is_exported_so_that_files_can_move():
    inside = ("attnlib.arrays.", "attnlib.mends.", "attnlib.figures.", "attnlib.notebook.")
    formulas = {name.rpartition(".")[2] for name in FORMULAS if not name.startswith(inside)}
    assert formulas == set(attnlib.__all__)


def test_the_shapes_in_the_signatures_are_enforced_here():
    with pytest.raises(jaxtyping.TypeCheckError, match="'key'"):
        attnlib.dot_product_scores(np.ones((5, 3)), np.ones((3, 7)))
    with pytest.raises(jaxtyping.TypeCheckError, match="'value'"):
        attnlib.attend(np.ones((5, 7)), np.ones((5, 2)))
