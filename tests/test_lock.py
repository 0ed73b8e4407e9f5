"""What is installed is locked, inside the ranges of requirements.txt and pyproject.toml."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name):
    found = re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text_of(name), re.M)
    assert len(dict(found)) == len(found), f"{name} has two versions of a package"
    return dict(found)


LINES = [re.sub(r"\s#.*|^[#-].*", "", line).strip() for line in text_of("requirements.txt").splitlines()]
GATE = [*filter(None, LINES), *PROJECT["project"]["dependencies"], *EXTRAS["notebooks"]]
LAB = [line for line in EXTRAS["lab"] if not line.startswith("attnlib")]
CASES = [*(("requirements.lock", line) for line in GATE), *(("lab.lock", line) for line in GATE + LAB)]


@pytest.mark.parametrize(("lock", "line"), CASES)
def test_every_requirement_is_locked_inside_its_range(lock, line):
    wanted = Requirement(line)
    torch = {"torch": Requirement(next(line for line in GATE if line.startswith("torch=="))).specifier}
    locked = pins(lock) | {name: str(pin).removeprefix("==") for name, pin in torch.items()}
    name = canonicalize_name(wanted.name)
    assert name in locked, f"{lock} has no {name}: `make lock`"
    assert locked[name] in wanted.specifier, (
        f"{lock} has {name} {locked[name]}, expected {wanted.specifier}: `make lock`"
    )


def test_the_class_gets_the_versions_of_the_gate():
    gate, lab = pins("requirements.lock"), pins("lab.lock")
    assert {name: lab.get(name) for name in gate} == gate


@pytest.mark.parametrize("lock", ["requirements.lock", "lab.lock"])
def test_a_lock_has_hashes_and_neither_addresses_nor_paths(lock):
    packages = re.split(r"\n(?=\w)", text_of(lock).strip())
    assert all("--hash=sha256:" in package for package in packages)
    assert not re.search(r"://|file:|@|^-", text_of(lock), re.M)
    assert not {"torch", "triton", "attnlib"} & set(pins(lock))
    assert not [name for name in pins(lock) if name.startswith(("nvidia", "cuda"))], "torch pins these itself"


def test_what_draws_and_computes_here_is_what_is_locked():
    locked = pins("requirements.lock") | {"torch": re.search(r"^torch==(\S+)", text_of("requirements.txt"), re.M)[1]}
    for name in ("numpy", "matplotlib", "torch", "ruff"):
        assert version(name).partition("+")[0] == locked[name], f"{name}: remove .venv and make it again"


def test_the_hooks_before_a_commit_run_the_locked_ruff():
    hooks = text_of(".pre-commit-config.yaml")
    assert set(re.findall(r"^ *repo: (\S+)|^ *- repo: (\S+)", hooks, re.M)) == {("", "local")}
    assert all(entry.startswith(".venv/bin/ruff ") for entry in re.findall(r"entry: (.+)", hooks))
