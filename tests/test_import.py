import ast
import graphlib
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
def test_every_public_name_is_documented_with_an_example_and_says_what_it_refuses(name):
    thing, text = PUBLIC[name], inspect.getdoc(PUBLIC[name]) or ""
    assert text
    if name.startswith(OWN_TALK) or ".check_" in name:
        return
    if inspect.isfunction(thing) and name in FORMULAS:
        parameters = inspect.signature(thing)
        assert all(parameter.annotation is not parameter.empty for parameter in parameters.parameters.values())
        if not name.startswith(("attnlib.figures.", "attnlib.notebook.")):
            assert ">>> " in text, "no example that a reader can check"
    if inspect.isfunction(thing) and CHECKS.search(inspect.getsource(thing).replace(thing.__doc__ or "", "")):
        holder = PUBLIC.get(name.rpartition(".")[0])
        assert "Raises" in text or "Raises" in (inspect.getdoc(holder) or ""), (
            "it checks, and does not say what it refuses"
        )


def test_every_public_function_of_the_mechanism_is_exported_so_that_files_can_move():
    inside = ("attnlib.arrays.", "attnlib.mends.", "attnlib.figures.", "attnlib.notebook.")
    formulas = {name.rpartition(".")[2] for name in FORMULAS if not name.startswith(inside)}
    assert formulas == set(attnlib.__all__)


ROOMS = {  # a room of the library: the rooms that it may import from, besides itself
    "mechanism": set(),
    "book": {"mechanism"},
    "psychology": {"mechanism"},
    "corpora": {"mechanism"},
    "models": {"mechanism", "corpora"},
    "training": {"mechanism", "corpora", "models"},
}


def room(name):
    inside = name.split(".")[1:]
    return (
        inside[0] if inside and inside[0] in ROOMS else "book" if inside in (["figures"], ["notebook"]) else "mechanism"
    )


def imported(module):
    """List the modules of the library that a module imports, also those that it imports inside a function."""
    names = {found.__name__ for found in MODULES}
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "attnlib":
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & names
            yield from inner or {node.module}


def test_the_arrows_between_rooms_point_one_way():
    back = [
        f"{module.__name__} imports {name}"
        for module in MODULES
        for name in imported(module)
        if room(name) not in {room(module.__name__), *ROOMS[room(module.__name__)]}
    ]
    assert not back


def test_no_module_imports_itself_by_a_detour():
    graph = {module.__name__: set(imported(module)) - {module.__name__} for module in MODULES}
    order = tuple(graphlib.TopologicalSorter(graph).static_order())  # a CycleError names the circle
    assert set(order) >= set(graph)


def test_the_shapes_in_the_signatures_are_enforced_here():
    with pytest.raises(jaxtyping.TypeCheckError, match="'key'"):
        attnlib.dot_product_scores(np.ones((5, 3)), np.ones((3, 7)))
    with pytest.raises(jaxtyping.TypeCheckError, match="'value'"):
        attnlib.attend(np.ones((5, 7)), np.ones((5, 2)))
