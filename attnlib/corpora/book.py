"""This book's own text: what a small language model can be trained on without a download."""

from importlib.resources import files

from attnlib.corpora.split import check_part, part_of


def paragraphs(part: str = "train") -> list[str]:
    """Return the paragraphs of a part, "train" or "test": about one in ten is for testing.

    They are those of the first chapters as they stood on 25 November 2026, a fixed copy, so that whoever counts gets
    the same numbers. Formulas, tables, code and rare signs are left out, with the paragraphs that lean on them, and all
    letters are small.

    Raises
    ------
    TypeError, ValueError
        If `part` is another word.

    Examples
    --------
    >>> paragraphs()[0][:55]
    'a mind that could take in everything would never have t'
    """
    check_part(part)
    text = files("attnlib.corpora").joinpath("book.txt").read_text(encoding="utf-8")
    return [paragraph for paragraph in text.splitlines() if part_of(paragraph) == part]
