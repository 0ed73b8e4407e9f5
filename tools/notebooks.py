"""Execute chapters in place, and write into outputs.lock of which code their outputs are.

python -m tools.notebooks            those that are stale, as tools/outputs.py tells
python -m tools.notebooks --all      every chapter
python -m tools.notebooks PATH ...   these notebooks
"""

import argparse
import hashlib
import sys
from pathlib import Path

import nbformat
import yaml
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

from tools.book import load
from tools.outputs import Outputs

ROOT = Path(__file__).parents[1]
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
COLAB = "on-colab"


def why_stale(path: Path, outputs: Outputs) -> str:
    """Return why a chapter must run again, or "" if its outputs, and the cell for Colab, are as they should be."""
    notebook = nbformat.read(path, 4)
    for_colab = any(COLAB in cell.metadata.get("tags", []) for cell in notebook.cells)
    if for_colab != bool(book_address()):
        return f"{path.stem} is stale: book_address in _config.yml was set or cleared after its last run"
    return outputs.why_stale(path.stem, notebook)


def book_address() -> str:
    """Return the repository's public address from ``_config.yml``, or "" while the book has none."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]["book_address"]


def set_colab_cell(notebook, address: str) -> None:
    """Put first the cell that installs the library on Colab, or take it away while the book has no address."""
    notebook.cells = [cell for cell in notebook.cells if COLAB not in cell.metadata.get("tags", [])]
    if address:
        source = (
            f'import sys\n\nif "google.colab" in sys.modules:\n    %pip install -q "attnlib[notebooks] @ git+{address}"'
        )
        tags = [COLAB, "remove-cell"]  # nbval runs it: elsewhere it does nothing
        notebook.cells.insert(0, nbformat.v4.new_code_cell(source, metadata={"tags": tags}))


def execute(path: Path) -> nbformat.NotebookNode:
    """Run one notebook from top to bottom and keep its outputs."""
    notebook = nbformat.read(path, 4)
    set_colab_cell(notebook, book_address())
    # this interpreter's kernel, as in the gate, whatever else is called python3 on this machine
    kernel = AsyncKernelManager(kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager())
    options = {"km": kernel, "timeout": 600, "record_timing": False, "coalesce_streams": True}
    options["extra_arguments"] = ["--HistoryManager.hist_file=:memory:"]
    NotebookClient(notebook, **options).execute(cwd=str(path.parent), cleanup_kc=True)
    tidy_cells(notebook)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    nbformat.write(notebook, path)
    return notebook


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
    """Run these notebooks, and return which failed and how; one that fails is left as it was."""
    failures, outputs, ours = [], Outputs(ROOT), {path.resolve() for path in chapters()}
    for path in paths:
        print(f"running {path.name}", flush=True)
        try:
            notebook = execute(path.resolve())
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            failures.append(f"{path.name}: {str(error).strip().splitlines()[-1]}")
        else:
            if path.resolve() in ours:
                outputs.record(path.stem, notebook)
    return failures


def chapters() -> list[Path]:
    return [ROOT / chapter.path for chapter in load(ROOT).finished]


def stale() -> list[Path]:
    """Return the chapters whose outputs are not those of the code as it stands, and say why."""
    outputs = Outputs(ROOT)
    reasons = {path: why_stale(path, outputs) for path in chapters()}
    for path in sorted({*(ROOT / "chapters").glob("*.ipynb")} - {*reasons}):
        print(f"{path.name} is left alone: chapters.yml has no row for it")
    for reason in filter(None, reasons.values()):
        print(reason)
    return [path for path, reason in reasons.items() if reason]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="notebooks to run, stale or not")
    parser.add_argument("--all", action="store_true", help="run every chapter")
    arguments = parser.parse_args()
    failures = run_all(arguments.paths or (chapters() if arguments.all else stale()))
    if failures:
        sys.exit("\n".join(["these chapters raised, and are as they were before:", *failures]))


if __name__ == "__main__":
    main()
