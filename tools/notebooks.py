"""Execute chapters in place and stamp each with a digest of its code cells.

python tools/notebooks.py            those that were edited since they were last run
python tools/notebooks.py --all      every chapter
python tools/notebooks.py PATH …     these chapters
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import nbformat
import yaml
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).parents[1]
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
COLAB = "on-colab"


def digest(notebook) -> str:
    """Return a fingerprint of every code cell: what it says and what it printed."""
    cells = [(cell.source, cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()[:16]


def is_current(notebook) -> bool:
    """Tell whether the outputs are those of the code as it stands, and the cell for Colab is there if it should be."""
    for_colab = any(COLAB in cell.metadata.get("tags", []) for cell in notebook.cells)
    return notebook.metadata.get("book", {}).get("digest") == digest(notebook) and for_colab == bool(book_address())


def book_address() -> str:
    """Return the repository's public address from ``_config.yml``, or "" while the book has none."""
    return yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]["book_address"]


def set_colab_cell(notebook, address: str) -> None:
    """Put first the cell that installs the library on Colab, or take it away while the book has no address."""
    notebook.cells = [cell for cell in notebook.cells if COLAB not in cell.metadata.get("tags", [])]
    if address:
        source = (
            f'import sys\n\nif "google.colab" in sys.modules:\n    %pip install -q "attnlib[notebooks] @ git+{address}"'
        )
        tags = [COLAB, "remove-cell"]  # nbval runs it: elsewhere it does nothing
        notebook.cells.insert(0, nbformat.v4.new_code_cell(source, metadata={"tags": tags}))


def execute(path: Path) -> None:
    """Run one chapter from top to bottom, keep its outputs, and stamp it."""
    notebook = nbformat.read(path, 4)
    set_colab_cell(notebook, book_address())
    options = {"kernel_name": "python3", "timeout": 600, "record_timing": False, "coalesce_streams": True}
    NotebookClient(notebook, **options).execute(cwd=str(path.parent))
    tidy_cells(notebook)
    notebook.metadata = {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
        "book": {"digest": digest(notebook)},
    }
    nbformat.write(notebook, path)


def tidy_cells(notebook) -> None:
    """Make each cell's id from its text, so that a second run changes no line; fold checks and solutions in Jupyter."""
    seen = set()
    for cell in notebook.cells:
        text = cell.source
        while (name := cell_id(text)) in seen:
            text += "\n"
        seen.add(name)
        cell.id = name
        if {"check", "solution"} & set(cell.metadata.get("tags", [])):
            cell.metadata["jupyter"] = {"source_hidden": True}


def cell_id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def run_all(paths: list[Path]) -> list[str]:
    """Run these chapters, and return which failed and how; a chapter that fails is left as it was."""
    failures = []
    for path in paths:
        print(f"running {path.name}", flush=True)
        try:
            execute(path.resolve())
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failures.append(f"{path.name}: {str(error).strip().splitlines()[-1]}")
    return failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="chapters to run, edited or not")
    parser.add_argument("--all", action="store_true", help="run every chapter")
    arguments = parser.parse_args()
    given = bool(arguments.paths) or arguments.all
    paths = arguments.paths or sorted((ROOT / "chapters").glob("*.ipynb"))
    failures = run_all([path for path in paths if given or not is_current(nbformat.read(path, 4))])
    if failures:
        sys.exit("\n".join(["these chapters raised, and are as they were before:", *failures]))


if __name__ == "__main__":
    main()
