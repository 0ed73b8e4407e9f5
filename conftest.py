"""Every test and doctest runs with the shapes in attnlib's signatures enforced."""

import jaxtyping
import numpy as np
import pytest

jaxtyping.install_import_hook("attnlib", "beartype.beartype")


@pytest.fixture(autouse=True)
def _numpy_is_np_in_doctests(doctest_namespace):
    doctest_namespace["np"] = np


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A notebook cell that was skipped, or given up because its kernel died, was not checked: that is a failure."""
    report = yield
    if item.path.suffix == ".ipynb" and (report.skipped or hasattr(report, "wasxfail")):
        report.outcome, report.longrepr = "failed", "this cell was not checked (skipped, or its kernel died)"
        vars(report).pop("wasxfail", None)
    return report
