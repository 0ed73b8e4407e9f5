"""Small slips in a function's source, one at a time: what a test or a check should notice."""

import ast
import copy
from collections.abc import Iterator

SWAPS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "argmax": "argmin", "argmin": "argmax"}
NAMES |= {"sum": "mean", "mean": "sum", "zeros": "ones", "ones": "zeros", "triu": "tril", "tril": "triu"}
NAMES |= {"exp": "expm1", "log": "log1p", "floor": "ceil", "ceil": "floor", "any": "all", "all": "any"}


def mutants(function: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield each mutant of a function with the words of its one slip."""
    original = ast.unparse(function).splitlines()
    count = sum(len(list(_slips(node))) for node in ast.walk(function))
    for index in range(count):
        mutant = copy.deepcopy(function)
        slips = [slip for node in ast.walk(mutant) for slip in _slips(node)]
        slips[index]()
        lines = ast.unparse(mutant).splitlines()
        changed = next((new for old, new in zip(original, lines) if old != new), None)
        if changed is not None:  # a slip in an annotation or the like may leave no trace
            yield changed.strip(), mutant


def _slips(node):
    """Yield functions of nothing, each of which changes one thing about this node."""
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) and type(node.op) in SWAPS:
        yield lambda: setattr(node, "op", SWAPS[type(node.op)]())
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield lambda: node.ops.__setitem__(0, SWAPS[type(node.ops[0])]())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield lambda: setattr(node, "op", ast.UAdd()) if isinstance(node.op, ast.USub) else _drop_not(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda: setattr(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield lambda: setattr(node, "value", node.value + 1)
    if isinstance(node, ast.Name) and node.id in NAMES:
        yield lambda: setattr(node, "id", NAMES[node.id])
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield lambda: setattr(node, "attr", NAMES[node.attr])
    if isinstance(node, ast.Call):
        for index in range(len(node.keywords)):
            yield lambda index=index: node.keywords.pop(index)
        if len(node.args) == 2 and not any(isinstance(argument, ast.Starred) for argument in node.args):
            yield node.args.reverse


def _drop_not(node):
    """Turn ``not x`` into ``not not x`` and ``~x`` into ``~~x``."""
    node.operand = ast.UnaryOp(type(node.op)(), node.operand)
