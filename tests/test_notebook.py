import ast
import inspect
import re
from functools import partial

import pytest

from attnlib import attend
from attnlib.attention import _shifted_exponentials
from attnlib.notebook import attempt, show_source

# showing source


def test_the_source_shown_is_the_library_s_own_with_one_line_of_its_docstring():
    shown = show_source(attend).data
    assert shown.startswith("```python\ndef attend(\n")
    assert shown.endswith("\n```")
    (function,) = ast.parse(shown.removeprefix("```python").removesuffix("```")).body
    assert ast.get_docstring(function) == "Turn scores into weights, and read the values with them."
    assert "    weights = normalize(scores)" in shown.splitlines()


def test_a_docstring_of_one_line_is_shown_as_it_stands():
    lines = show_source(_shifted_exponentials).data.splitlines()
    assert lines[1] == "def _shifted_exponentials(xp, scores, axis):"
    assert lines[2].startswith('    """Return exp(scores − m), their sum and m')
    assert lines[3] == "    (scores,) = widen(xp, scores)"


def undocumented(x):
    while x < 5:
        x = x + 1
    return x


class Documented:
    """A class is shown too.

    And this is cut.
    """

    size = 3


def test_a_function_without_a_docstring_is_shown_whole_and_a_class_like_a_function():
    assert show_source(undocumented).data.splitlines()[1:-1] == inspect.getsource(undocumented).splitlines()
    shown = show_source(Documented).data.splitlines()
    assert shown[1:4] == ["class Documented:", '    """A class is shown too."""', ""]


@pytest.mark.usefixtures("plain_errors")
@pytest.mark.parametrize("thing", [5, "attend", len, None, eval("lambda x: x"), partial(pow, 2)])
def test_what_has_no_source_is_named(thing):
    with pytest.raises(
        TypeError, match=f"^function is {re.escape(repr(thing))}, expected one that is defined in a file"
    ):
        show_source(thing)


# trying an answer


def check_double(double):
    assert double(2) == 4, "two times 2 is 4"


def half_written(number):
    raise NotImplementedError("your turn")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda number: 2 * number, "Correct.\n"),
        (lambda number: number, "Not yet: two times 2 is 4"),
        (half_written, "Not yet: half_written stopped with NotImplementedError: your turn\n"),
        (partial(pow, "no"), "Not yet: your answer stopped with TypeError: "),
    ],
)
def test_an_answer_is_judged_in_one_line_and_never_stops_the_notebook(capsys, answer, said):
    attempt(check_double, answer)
    told = capsys.readouterr().out
    assert told.startswith(said)
    assert ("Correct" in told) == said.startswith("Correct")


@pytest.mark.usefixtures("plain_errors")
def test_a_check_or_an_answer_that_is_no_function_is_named(capsys):
    with pytest.raises(TypeError, match=r"^check is 5, expected a function: its name, without brackets behind it$"):
        attempt(5, check_double)
    attempt(check_double, 5)
    assert capsys.readouterr().out == (
        "Not yet: your answer is 5, expected a function: its name, without brackets behind it\n"
    )


def test_a_reader_can_stop_an_answer_that_does_not_end():
    def endless(number):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(check_double, endless)
