"""Tell which chapters show outputs that are not those of the code as it stands, and why.

`outputs.lock` has a line for each chapter, written when it is run: its name, a digest of its code cells and what they
show, and a digest of what that depends on: the modules of attnlib that the cells import, followed from one to the next
(comments and docstrings left out), the data files that either names, the style of the figures, and the versions of
numpy, torch and matplotlib.
"""

import ast
import dataclasses
import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
LOCK, STYLE = "outputs.lock", "attnlib/book.mplstyle"
PACKAGES = ("numpy", "torch", "matplotlib")
WHOLE = "attnlib"  # imported by itself, it stands for every module in it


@dataclasses.dataclass(frozen=True)
class Module:
    """What counts of a module: the digest of its code and data, and the modules that it imports."""

    digest: str
    imports: frozenset[str]


class Library:
    """The modules of attnlib under one root, each read once."""

    def __init__(self, root: Path):
        self.root = root
        self.style = (root / STYLE).read_text(encoding="utf-8")
        self.versions = [version(name).split("+")[0] for name in PACKAGES]  # 2.13.0+cpu draws what 2.13.0 draws
        paths = {module_name(path, root): path for path in sorted(root.glob("attnlib/**/*.py"))}
        trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in paths.items()}
        self.names = set(trees)
        self.exports = {
            alias.asname or alias.name: node.module
            for node in trees[WHOLE].body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        self.modules = {name: self.read(tree, paths[name].parent) for name, tree in trees.items()}

    def read(self, tree: ast.Module, folder: Path) -> Module:
        nodes = list(ast.walk(tree))
        return Module(digest(shape(tree), data(nodes, folder)), frozenset(self.imported(nodes)))

    def imported(self, nodes: list[ast.AST]) -> set[str]:
        """Return the modules of attnlib that a piece of code imports, also those that it imports inside a function."""
        found = set()
        for node in nodes:
            if isinstance(node, ast.Import):
                found |= {WHOLE for alias in node.names if alias.name.split(".")[0] == WHOLE}
            elif isinstance(node, ast.ImportFrom) and (node.level or node.module.split(".")[0] == WHOLE):
                found |= {WHOLE if node.level else self.home(node.module, alias.name) for alias in node.names}
        return found

    def home(self, module: str, name: str) -> str:
        """Return the module that `from module import name` takes a name from."""
        if module == WHOLE and name in self.exports:
            return self.exports[name]
        inner = f"{module}.{name}"
        return inner if inner in self.names else module if module in self.names else WHOLE

    def followed(self, names: set[str]) -> set[str]:
        """Return these modules, the packages that they stand in, and all that they import."""
        seen, waiting = set(), set(names)
        while waiting - seen:
            name = (waiting - seen).pop()
            seen.add(name)
            package = name.rpartition(".")[0]
            waiting |= self.modules[name].imports | ({package} - {WHOLE, ""})
        return self.names if WHOLE in seen else seen

    def needs(self, notebook: nbformat.NotebookNode) -> str:
        """Return the digest of what a chapter's outputs depend on besides its own cells."""
        code = "\n".join(cell.source for cell in code_cells(notebook))
        nodes = list(ast.walk(ast.parse(re.sub(r"^( *)[%!]\w.*", r"\1pass", code, flags=re.M))))  # %pip is no Python
        modules = sorted((name, self.modules[name].digest) for name in self.followed(self.imported(nodes)))
        return digest(modules, data(nodes, self.root / "chapters"), self.style, self.versions)


def module_name(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def shape(node: object) -> object:
    """Return a syntax tree as lists, without docstrings and without what only some versions of Python write down."""
    if isinstance(node, list):
        return [shape(one) for one in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
        fields["body"] = node.body[1:]
    return [type(node).__name__, *([name, shape(value)] for name, value in fields.items() if value not in (None, []))]


def data(nodes: list[ast.AST], folder: Path) -> list[str]:
    """Return the digests of the files that a piece of code names by their path from its own folder."""
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    files = (folder / text for text in sorted(strings) if re.fullmatch(r"[\w./-]+\.\w+", text))
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()]


def digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


class Outputs:
    """The chapters under one root, their outputs, and the lines of outputs.lock."""

    def __init__(self, root: Path = ROOT):
        self.library, self.lock = Library(root), root / LOCK

    def line(self, notebook: nbformat.NotebookNode) -> list[str]:
        own = digest(*((cell.source, cell.outputs) for cell in code_cells(notebook)))
        return [own, self.library.needs(notebook)]

    def lines(self) -> dict[str, list[str]]:
        text = self.lock.read_text(encoding="utf-8") if self.lock.exists() else ""
        return {name: digests for name, *digests in map(str.split, text.splitlines())}

    def why_stale(self, name: str, notebook: nbformat.NotebookNode) -> str:
        """Return what changed after a chapter's last run, or "" if its outputs are those of the code as it stands."""
        if name not in self.lines():
            return f"{name} has no line in {LOCK}"
        own, needs = (old == new for old, new in zip(self.lines()[name], self.line(notebook), strict=True))
        reasons = ["" if own else "its own cells or outputs"]
        reasons += ["" if needs else f"what it depends on (attnlib, data, style, or {', '.join(PACKAGES)})"]
        changed = " and ".join(filter(None, reasons))
        return f"{name} is stale: changed after its last run: {changed}" if changed else ""

    def record(self, name: str, notebook: nbformat.NotebookNode) -> None:
        """Write that these are the outputs of the code as it stands."""
        lines = self.lines() | {name: self.line(notebook)}
        self.lock.write_text("".join(f"{'  '.join([key, *lines[key]])}\n" for key in sorted(lines)), encoding="utf-8")
