"""What a chapter needs beside formulas and pictures: showing source, trying an answer, hearing a sound."""

import ast
import base64
import html
import inspect
import io
import textwrap
import wave
from collections.abc import Callable

import numpy as np
from IPython.display import HTML, Markdown
from jaxtyping import Float

from attnlib.arrays import Array, as_numpy, check_count, float_namespace


def show_source(function: Callable) -> Markdown:
    """Show a function as it stands in the library, its docstring cut to the first line.

    Raises
    ------
    TypeError
        If `function` is not a function or a class, or its source is not in a file.
    """
    try:
        source = textwrap.dedent(inspect.getsource(function))
        (definition,) = ast.parse(source).body
        docstring = ast.get_docstring(definition)
    except (TypeError, OSError, SyntaxError, ValueError) as error:  # ints, functions in C, typed code, lambdas
        raise TypeError(
            f"function is {function!r}, expected one that is defined in a file with def or class"
        ) from error
    lines = source.splitlines()
    if docstring:
        first = definition.body[0]
        lines[first.lineno - 1 : first.end_lineno] = [f'    """{docstring.splitlines()[0]}"""']
    return Markdown("```python\n" + "\n".join(lines) + "\n```")


def attempt(check: Callable, answer: Callable) -> None:
    """Run an exercise's check on an answer and say in one line how it went.

    A check is a function that takes the reader's function and asserts, with a message that says what is wrong.
    Any other exception in the answer is reported too, so that a half-written answer never stops the notebook.

    Raises
    ------
    TypeError
        If `check` is not a function.
    """
    if not callable(check):
        raise TypeError(f"check is {check!r}, expected a function: its name, without brackets behind it")
    if not callable(answer):
        print(f"Not yet: your answer is {answer!r}, expected a function: its name, without brackets behind it")
        return
    try:
        check(answer)
    except AssertionError as wrong:
        print(f"Not yet: {wrong}")
    except Exception as error:
        name = getattr(answer, "__name__", "your answer")
        print(f"Not yet: {name} stopped with {type(error).__name__}: {error}")
    else:
        print("Correct.")


def listen(sound: Float[Array, "*B T"], label: str, *, rate: int = 8000):
    """Put a sound into the page as a player: one row of samples for mono, two rows (left, right) for stereo.

    The loudest sample is set to 0.9 of full scale. The sound travels inside the page, so that it needs no server.

    Raises
    ------
    TypeError, ValueError
        If `sound` is not an array of finite floats for one or two ears, `label` no string or `rate` no whole number.
    """
    check_count("rate", rate, least=1)
    if not isinstance(label, str):
        raise TypeError(f"label is {label!r}, expected a string: what is heard, and for how long")
    float_namespace(sound=sound)
    sound = as_numpy(sound).astype(float)
    if sound.shape[-1:] in ((), (0,)) or sound.ndim > 2 or (sound.ndim == 2 and sound.shape[0] != 2):
        raise ValueError(f"sound has shape {sound.shape}, expected (samples,) for mono or (2, samples) for stereo")
    if not np.isfinite(sound).all():
        raise ValueError("sound has samples that are NaN or infinite")
    loudest = np.abs(sound).max() or 1.0
    samples = np.round(128 + 0.9 * 127 * sound / loudest).astype(np.uint8)  # 8 bits: half the weight of 16
    with io.BytesIO() as file:
        with wave.open(file, "wb") as player:
            player.setparams((sound.ndim, 1, rate, 0, "NONE", ""))
            player.writeframes(samples.T.tobytes())
        data = base64.b64encode(file.getvalue()).decode()
    label = html.escape(label)
    return HTML(
        f'<figure style="margin:0"><figcaption>{label}</figcaption>'
        f'<audio controls preload="metadata" aria-label="{label}" src="data:audio/wav;base64,{data}"></audio></figure>'
    )
