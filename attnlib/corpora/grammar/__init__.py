"""A synchronous grammar of English, French and Korean: sentence pairs whose word alignment is known.

``sentences`` draws and aligns, ``drawing`` says what makes sense, ``spelling`` says a clause in each language,
``clauses`` holds meanings, ``lexicon`` the words.
"""

from attnlib.corpora.grammar.clauses import Clause, NounPhrase
from attnlib.corpora.grammar.lexicon import NOUNS
from attnlib.corpora.grammar.sentences import SentencePair, sentence_pairs, translate

__all__ = ["NOUNS", "Clause", "NounPhrase", "SentencePair", "sentence_pairs", "translate"]
