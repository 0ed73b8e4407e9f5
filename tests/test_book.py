import pytest

from attnlib.corpora.book import paragraphs


def test_the_paragraphs_of_the_book_are_parted_and_hold_no_formula():
    known, unseen = paragraphs(), paragraphs("test")
    assert not set(known) & set(unseen)
    assert 0.05 < len(unseen) / (len(known) + len(unseen)) < 0.15
    text = "".join(known + unseen)
    assert set("".join(unseen)) <= set("".join(known))
    assert text == text.lower()
    assert not set(text) & set("$\\{}`*\n")


def test_a_part_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match=r"^part is 'dev', expected 'train' or 'test'"):
        paragraphs("dev")
