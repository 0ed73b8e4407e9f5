"""A synchronous grammar of English, French and Korean: sentence pairs whose word alignment is known.

``sentences`` draws and aligns, ``spelling`` says a clause in each language, ``clauses`` holds meanings, ``lexicon`` the
words.
"""

from attnlib.corpora.grammar.clauses import Clause, NounPhrase
from attnlib.corpora.grammar.sentences import SentencePair, sentence_pairs, translate

__all__ = ["Clause", "NounPhrase", "SentencePair", "sentence_pairs", "translate"]
