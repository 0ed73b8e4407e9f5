import ast
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


def test_a_reader_can_stop_an_answer_that_does_not_end():
    def endless(number):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(check_double, endless)
