"""Lay out an empty chapter, its module, its test and its wrong answers: python tools/new_chapter.py NN_slug "Title"."""

import argparse
import re
from pathlib import Path

from nbformat import v4, write

ROOT = Path(__file__).parents[1]

CELLS = '''%% markdown
# NUMBER · TITLE

The promise, in one sentence.

**After this chapter you can**

- explain …
- compute …
- build …

*About 20 minutes · builds on [chapter 8](08_query_key_value.ipynb)*
%% code
import numpy as np

from attnlib import attend
from attnlib.notebook import attempt, show_source
%% markdown
## A question with real numbers

Three to six tokens, or a person in an experiment. First by hand:
%% code
print("numbers that can be checked on paper")
%% markdown
## The formula

$$ y = f(x) $$ (eq-SLUG)
%% code
show_source(attend)
%% code
assert np.allclose(1.0, 1.0), "by hand and by the library, the same numbers"
%% markdown
:::{admonition} Predict, then look
:class: predict
Which of the two will it be?
:::

:::{admonition} Our answer
:class: dropdown
The first, because …
:::
%% markdown
## Where it fails

:::{admonition} In circulation
:class: in-circulation
The sentence that is nearly true.
:::
%% markdown
## Exercises

:::{exercise} Its title
:label: ex-SLUG-1

What the reader's function takes and returns.
:::
%% code exercise
def answer(x):
    """Return …"""
    raise NotImplementedError("your turn")
%% code check hide-input
def check_answer(answer):
    assert answer(2.0) == 4.0, "answer(2.0) should be 4.0"


attempt(check_answer, answer)
%% markdown
::::{solution-start} ex-SLUG-1
:class: dropdown
::::
%% code solution
def answer_solution(x):
    return 2 * x


attempt(check_answer, answer_solution)
%% markdown
::::{solution-end}
::::
%% markdown
:::{admonition} In short
:class: in-short
Five sentences at most.
:::

## Further reading

- Author (year): why.
'''
FILES = {
    "attnlib/SLUG.py": "TITLE: one sentence on which verb it changes.",
    "tests/test_SLUG.py": "TITLE: by hand, against a reference, by property, at the edges, errors by their words.",
    "tests/wrong_answers/SLUG.py": "Classic wrong answers to the exercises of chapter NUMBER.",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="number and slug, as in 16_normalizers")
    parser.add_argument("title")
    arguments = parser.parse_args()
    if not re.fullmatch(r"\d\d_[a-z][a-z_]*", arguments.name):
        parser.error(f"name is {arguments.name!r}, expected two digits and a slug, as in 16_normalizers")
    number, slug = arguments.name.split("_", 1)

    def fill(text: str) -> str:
        return text.replace("NUMBER", str(int(number))).replace("SLUG", slug).replace("TITLE", arguments.title)

    cells = []
    for kind, tags, source in re.findall(r"^%% (\w+)(.*)\n((?:(?!%%).*\n)+)", fill(CELLS), re.M):
        make = v4.new_code_cell if kind == "code" else v4.new_markdown_cell
        cells.append(make(source.strip(), metadata={"tags": tags.split()} if tags else {}))
    files = {fill(name): f'"""{fill(text)}"""\n' for name, text in FILES.items()}
    chapter = f"chapters/{arguments.name}.ipynb"
    for name in [chapter, *files]:
        if (ROOT / name).exists():
            parser.error(f"{name} exists already; nothing was written")
    write(v4.new_notebook(cells=cells), ROOT / chapter)
    for name, text in files.items():
        (ROOT / name).write_text(text, encoding="utf-8")
    print(f"Laid out {', '.join([chapter, *files])}.\nNext: make lab.")


if __name__ == "__main__":
    main()
