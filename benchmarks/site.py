"""How long the book takes to build, and what a reader's first view of a page weighs."""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from machine import machine

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "site"))
from preview import build, chromium, mirror, served


def seconds(function, *arguments, **options) -> float:
    start = time.perf_counter()
    function(*arguments, **options)
    return time.perf_counter() - start


def build_times(folder: Path) -> dict[str, float]:
    """Time a cold build, a build after one chapter was edited, and what each chapter adds to a cold build."""
    source, output = folder / "source", folder / "output"
    source.mkdir()
    mirror(source, "_toc.yml", "chapters")
    chapters = sorted((source / "chapters").glob("*.ipynb"))
    cold = seconds(build, output, source)

    notebook = json.loads(chapters[0].read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] = [*notebook["cells"][0]["source"], "\n\nOne more sentence."]
    chapters[0].write_text(json.dumps(notebook), encoding="utf-8")
    edited = seconds(build, output, source)

    toc = yaml.safe_load((source / "_toc.yml").read_text(encoding="utf-8"))
    toc["parts"] = [part for part in toc["parts"] if not part["chapters"][0]["file"].startswith("chapters/")]
    (source / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    bare = seconds(build, folder / "bare", source, strict=False)  # the links to the chapters now lead nowhere
    return {
        f"cold build, {len(chapters)} chapters": cold,
        "build after editing one chapter": edited,
        "each chapter's part of a cold build": (cold - bare) / len(chapters),
    }


def import_time(module: str, repeats: int = 5) -> float:
    """Return the least time that `import module` adds to starting Python."""

    def start(code):
        return min(seconds(subprocess.run, [sys.executable, "-c", code], check=True) for _ in range(repeats))

    return start(f"import {module}") - start("pass")


def first_view(browser, address: str, site: Path, page: str) -> tuple[int, int, int]:
    """Count the requests of a first visit, their bytes, and their bytes under gzip."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab, asked = context.new_page(), []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(address + page)
    tab.evaluate("async () => { await window.MathJax?.startup?.promise; }")
    context.close()
    files = [(site / urlsplit(url).path.lstrip("/")).read_bytes() for url in asked]
    return len(files), sum(map(len, files)), sum(len(gzip.compress(file, 9)) for file in files)


def main():
    print(machine(), "\n")
    with tempfile.TemporaryDirectory() as folder:
        for name, took in build_times(Path(folder)).items():
            print(f"{name:36} {took:6.2f} s")
        print(f"{'import attnlib':36} {import_time('attnlib'):6.2f} s\n")

        site = Path(folder, "output/_build/html")
        pages = ["intro.html", *sorted(f"chapters/{path.name}" for path in (site / "chapters").glob("*.html"))]
        print(f"{'first view':36} {'requests':>8} {'kB':>8} {'kB gzip':>8}")
        with served(site) as address, chromium() as browser:
            for page in pages:
                requests, size, zipped = first_view(browser, address, site, page)
                print(f"{page:36} {requests:8} {size / 1000:8.0f} {zipped / 1000:8.0f}")


if __name__ == "__main__":
    main()
