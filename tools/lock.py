"""Write requirements.lock: the newest versions that fit the ranges of requirements.txt, all that they need included.

Made with the oldest Python of `requires-python`. It is a list of constraints, so what one system does not need it does
not install. Without hashes: torch's wheel is another one for each system and index, and pip wants all hashes or none.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
WANTED = ("-r", "requirements.txt", "-e", ".[lab]")
OF_ONE_SYSTEM = re.compile(r"nvidia-|cuda-|triton|appnope|pywin")
HEAD = "# Written by `make lock`. To install: pip install -r requirements.txt -c requirements.lock\n"


def resolve() -> dict:
    """Ask pip what it would install into an empty environment; nothing is installed."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    done = subprocess.run([*command, *WANTED], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def constraints(report: dict) -> str:
    """Return a line for each package of pip's report, but the book's own and those that only one system needs."""
    found = [
        (re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(), item["metadata"]["version"].split("+")[0])
        for item in report["install"]
        if not item["download_info"].get("dir_info", {}).get("editable")
    ]
    return "".join(f"{name}=={version}\n" for name, version in sorted(found) if not OF_ONE_SYSTEM.match(name))


if __name__ == "__main__":
    text = HEAD + constraints(resolve())
    (ROOT / "requirements.lock").write_text(text, encoding="utf-8")
