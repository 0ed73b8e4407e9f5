"""The machine that a benchmark ran on, named in its first line."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine(*packages: str) -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    model = next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.processor())
    versions = "".join(f", {package} {version(package)}" for package in packages)
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}{versions}"
