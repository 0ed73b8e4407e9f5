"""Every test and doctest runs with the shapes in attnlib's signatures enforced."""

import base64
import io
import os
from pathlib import Path

import jaxtyping
import numpy as np
import pytest
from PIL import Image

from tools.book import load

jaxtyping.install_import_hook("attnlib", "beartype.beartype")

ROOT = Path(__file__).parent
LONG = {"test_site.py": 400, "test_exercises.py": 120, "test_faults.py": 90}  # seconds, about
NOWHERE = "http://127.0.0.1:9"
DIFFERENT = 6  # shades of 256, in a picture of 32 × 32


def pytest_configure():
    """Let whatever would reach out from a test or a chapter fail at once."""
    os.environ.update(http_proxy=NOWHERE, https_proxy=NOWHERE, no_proxy="127.0.0.1,localhost")


def pytest_collection_modifyitems(items):
    """Put the longest files first, so that no process waits for another one at the end."""
    seconds = {f"{chapter.name}.ipynb": chapter.budget for chapter in load(ROOT).finished}
    seconds |= LONG
    items.sort(key=lambda item: -seconds.get(item.path.name, 0))


@pytest.fixture(autouse=True)
def _numpy_is_np_in_doctests(doctest_namespace):
    doctest_namespace["np"] = np


def thumbnails(outputs):
    """Return the pictures of a cell, small and grey."""
    drawn = (output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {}))
    pictures = (Image.open(io.BytesIO(base64.b64decode(picture))) for picture in drawn)
    return [np.array(picture.convert("L").resize((32, 32), Image.Resampling.BOX), float) for picture in pictures]


def draws_alike_everywhere(item):
    """Tell whether nothing was trained before this cell: another processor trains another model, and draws it."""
    before = item.parent.nb.cells[: item.parent.nb.cells.index(item.cell) + 1]
    ignored = (cell.source for cell in before if "nbval-ignore-output" in cell.metadata.get("tags", []))
    return all("listen(" in source for source in ignored)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A notebook cell that was skipped, or given up because its kernel died, was not checked: that is a failure."""
    report = yield
    if item.path.suffix == ".ipynb" and (report.skipped or hasattr(report, "wasxfail")):
        report.outcome, report.longrepr = "failed", "this cell was not checked (skipped, or its kernel died)"
        vars(report).pop("wasxfail", None)
    if item.path.suffix == ".ipynb" and call.when == "call" and report.passed and draws_alike_everywhere(item):
        then, now = thumbnails(item.cell.outputs), thumbnails(item.test_outputs or [])
        if len(then) != len(now) or any(abs(old - new).max() > DIFFERENT for old, new in zip(then, now)):
            report.outcome, report.longrepr = "failed", "the code draws another picture: `make notebooks`"
    return report
