"""Every default and every constant of the library stands in tests/defaults.txt, so that none changes unnoticed.

Where something is long, its digest stands there. `python tests/test_defaults.py` writes the table anew, and `git diff`
shows what became of it.
"""

import ast
import hashlib
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

TABLE = Path(__file__).with_name("defaults.txt")
ROOT = TABLE.parents[1]
LONG = 80


def words(value) -> str:
    """Return a value as it would be typed: functions by name, sets in order."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{words(key)}: {words(one)}" for key, one in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(words, value)) + ")"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(words, value))) + "}"
    return getattr(value, "__qualname__", " ".join(repr(value).split()))


def shortened(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG // 2]} … {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def settings(module) -> Iterator[tuple[str, object]]:
    """Yield the names and values of a module's constants, and of the defaults of its functions and methods."""
    statements = ast.parse(inspect.getsource(module)).body
    targets = [node for one in statements if isinstance(one, ast.Assign | ast.AnnAssign) for node in ast.walk(one)]
    assigned = {node.id for node in targets if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for name, thing in vars(module).items():
        if name in assigned and name.isupper() and name[0] != "_" and " at 0x" not in repr(thing):
            yield name, thing
        if getattr(thing, "__module__", None) != module.__name__:
            continue
        for member, function in vars(thing).items() if inspect.isclass(thing) else [("", thing)]:
            function = getattr(function, "__func__", function)
            if inspect.isfunction(function):
                for parameter in inspect.signature(function).parameters.values():
                    if parameter.default is not inspect.Parameter.empty:
                        yield f"{name}{'.' * bool(member)}{member}({parameter.name})", parameter.default


def table() -> list[str]:
    paths = (path for path in sorted((ROOT / "attnlib").rglob("*.py")) if path.name != "__init__.py")
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    found = (
        (name.removeprefix("attnlib."), *pair) for name in names for pair in settings(importlib.import_module(name))
    )
    return [f"{module}.{name} = {shortened(words(value))}" for module, name, value in found]


def test_defaults_and_constants_are_those_of_the_table():
    pinned, now = TABLE.read_text(encoding="utf-8").splitlines(), table()
    changed = [f"− {line}" for line in pinned if line not in now] + [f"+ {line}" for line in now if line not in pinned]
    assert not changed, "if this is meant, `python tests/test_defaults.py` writes it:\n" + "\n".join(changed)
    assert len(pinned) == len(set(pinned)) > 100


if __name__ == "__main__":
    TABLE.write_text("\n".join(table()) + "\n", encoding="utf-8")
