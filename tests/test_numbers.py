"""A number in a chapter's prose or captions stands in its cells or in what they print, or has a reason in numbers.yml.

Left aside: small whole numbers, years, formulas, sentences that do the sum themselves (with = or ≈), and paragraphs
that cite a source. A rounded or a percent form counts: 0.6065 in a cell covers 61 % in the prose.
"""

import math
import re
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
REASONS = yaml.safe_load((ROOT / "tests/numbers.yml").read_text(encoding="utf-8"))
SOURCE = "SOURCE"
ASIDE = [
    (r"!\[.*?\]\([^)]*\)", " "),  # a diagram: tests/test_house.py
    (r"\{cite[^`]*`[^`]*`|\]\(http[^)]*\)", SOURCE),
    (r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", " "),
    (r"(?i)\b(?:chapters?|sections?|footnotes?|tables?|figures?|equations?|pages?|appendix|issue|request)\s[\d.]+", ""),
    (r"(?m)^:[^\n]*$|^\*Reading[^\n]*$|^#[^\n]*$", ""),
    (r"\]\([^)]*\)|[a-z:]+://\S+", ""),
]
NUMBER = r"(?<![\w.^-])\d[\d,\u202f\u00a0]*(?:\.\d+)?(?:\s?%)?(?![\w}])"
SMALL = 12


def digits(text: str) -> str:
    return re.sub(r"[,_%\s\u202f\u00a0]", "", text)


def said(notebook) -> set[str]:
    """Return the numbers of all code cells and of what they print."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            texts.append(cell.source)
            for output in cell.outputs:
                texts.append(output.get("text", ""))
                texts += [str(data) for kind, data in output.get("data", {}).items() if kind.startswith("text/")]
    return {digits(number) for text in texts for number in re.findall(r"\d[\d,_]*(?:\.\d+)?", text)}


def told(prose: str) -> list[str]:
    """Return the numbers that a cell of prose claims by itself."""
    for pattern, instead in ASIDE:
        prose = re.sub(pattern, instead, prose, flags=re.S)
    numbers = []
    for paragraph in re.split(r"\n\s*\n|\n(?=- )", prose):
        if SOURCE not in paragraph:
            for sentence in re.split(r"(?<=[.!?:;|])\s+", paragraph):
                if not re.search("[=≈]", sentence):
                    numbers += re.findall(NUMBER, sentence)
    return numbers


def is_founded(number: str, known: set[str]) -> bool:
    plain = digits(number)
    value, decimals = float(plain), len(plain.partition(".")[2])
    if "%" not in number and value == int(value) and (value <= SMALL or 1800 <= value <= 2030):
        return True
    forms = (float(one) * factor for one in known for factor in (1, 100))
    return plain in known or any(f"{form:.{decimals}f}" == plain for form in forms)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_number_of_the_prose_comes_from_a_cell_or_has_its_reason(path):
    notebook, reasons = nbformat.read(path, 4), REASONS.get(path.stem, {})
    known = said(notebook)
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    prose += [cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "") for cell in notebook.cells]
    unfounded = {number.strip(" ,") for text in prose for number in told(text) if not is_founded(number, known)}
    assert unfounded == set(reasons), "a cell should print it, or tests/numbers.yml say where it comes from"


SUMS = [(name, number, sums[1:]) for name, rows in REASONS.items() for number, sums in rows.items() if sums[0] == "="]


@pytest.mark.parametrize(("name", "number", "sum_"), SUMS)
def test_a_reason_that_is_a_sum_gives_the_number(name, number, sum_):
    value, plain = eval(sum_, vars(math)), digits(number)
    assert f"{value:.{len(plain.partition('.')[2])}f}" == plain


def test_every_reason_is_a_sum_or_words():
    for name, rows in REASONS.items():
        assert (ROOT / f"chapters/{name}.ipynb").exists()
        assert all(re.match(r"= .|(?:given|source|bound): .{8}", reason) for reason in rows.values()), name
