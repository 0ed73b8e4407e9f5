"""Data with a known right answer, imported by name: ``from attnlib.corpora.grammar import translate``."""
