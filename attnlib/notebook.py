"""What a chapter needs beside formulas and pictures: showing the library's source, and trying an answer."""

import ast
import inspect
import textwrap
from collections.abc import Callable

from IPython.display import Markdown


def show_source(function: Callable) -> Markdown:
    """Show a function as it stands in the library, its docstring cut to the first line."""
    source = textwrap.dedent(inspect.getsource(function))
    docstring = ast.parse(source).body[0].body[0]
    lines = source.splitlines()
    lines[docstring.lineno - 1 : docstring.end_lineno] = [f'    """{inspect.getdoc(function).splitlines()[0]}"""']
    return Markdown("```python\n" + "\n".join(lines) + "\n```")


def attempt(check: Callable, answer: Callable) -> None:
    """Run an exercise's check on an answer and say in one line how it went.

    A check is a function that takes the reader's function and asserts, with a message that says what is wrong.
    Any other exception in the answer is reported too, so that a half-written answer never stops the notebook.
    """
    try:
        check(answer)
    except AssertionError as wrong:
        print(f"Not yet: {wrong}")
    except Exception as error:
        name = getattr(answer, "__name__", "your answer")
        print(f"Not yet: {name} stopped with {type(error).__name__}: {error}")
    else:
        print("Correct.")
