"""Build the site, serve it, open it in Chromium: what the tests and the benchmark share."""

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def build(output: Path, source: Path = ROOT, *, strict: bool = True) -> Path:
    """Build the book as `make book` does, warnings being errors if `strict`, and return the folder with its pages."""
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    strictness = ["-W", "--keep-going"] if strict else []
    command = [jupyter_book, "build", *strictness, "--quiet", "--path-output", output, source]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the book does not build:\n{done.stderr}")
    return Path(output, "_build", "html")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


def mirror(target: Path, *copied: str) -> Path:
    """Lay out the book's sources in another folder: links to the files here, and real copies of those to be changed."""
    for path in ROOT.iterdir():
        if path.name not in ("_build", "conf.py", *(name.split("/")[0] for name in copied)):
            (target / path.name).symlink_to(path)
    for name in copied:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, target / name)
    return target


@contextlib.contextmanager
def served(folder: Path):
    """Serve a folder on this machine alone, and yield its address."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def find_chromium() -> str | None:
    """Return the path of a Chromium: $CHROMIUM, one that is installed, or Playwright's own."""
    installed = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    playwrights = Path.home().glob(".cache/ms-playwright/chromium-*/chrome-*/chrome")
    return next(filter(None, (os.environ.get("CHROMIUM"), *installed, *map(str, playwrights))), None)


@contextlib.contextmanager
def chromium():
    """Open a Chromium that stays at home."""
    from playwright.sync_api import sync_playwright

    quiet = "--disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
    arguments = [*quiet.split(), "--no-sandbox", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        yield browser
        browser.close()
