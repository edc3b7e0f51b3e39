"""Every word of the mapping language, once: the loader, the JSON Schema and the reference agree.

Data only. Each word has an example, and a test maps every one of them.
"""

from __future__ import annotations

from hub.mapping.writing.vocabulary.conversions import LOOK_UPS, PRIVACY, TYPES
from hub.mapping.writing.vocabulary.file_tests import ONE_OF, TESTS
from hub.mapping.writing.vocabulary.files import FILES
from hub.mapping.writing.vocabulary.functions import FUNCTIONS, OPERATORS, PATHS
from hub.mapping.writing.vocabulary.shapes import BACK, CHECKS, SHAPES
from hub.mapping.writing.vocabulary.sources import ABSENCE, SOURCES
from hub.mapping.writing.vocabulary.terms import Choice, Example, Function, Term

__all__ = [
    "FILES",
    "FILE_WORDS",
    "FUNCTIONS",
    "ONE_OF",
    "OPERATORS",
    "PATHS",
    "RULES",
    "RULE_WORDS",
    "SOURCE_WORDS",
    "TESTS",
    "TEST_WORDS",
    "Example",
    "Function",
    "Term",
    "choices",
    "owners",
    "types",
]

#: Words of a rule, in the order in which they work where they have one.
RULES: tuple[Term, ...] = (
    *SOURCES,
    *ABSENCE,
    *TYPES,
    *LOOK_UPS,
    *PRIVACY,
    *SHAPES,
    *CHECKS,
    *BACK,
)
_BY_WORD = {term.word: term for term in RULES}

RULE_WORDS: tuple[str, ...] = tuple(_BY_WORD)
#: A rule has exactly one of these; beside `each` one more says what becomes of an item.
SOURCE_WORDS: tuple[str, ...] = tuple(term.word for term in SOURCES if not term.beside)
FILE_WORDS: tuple[str, ...] = tuple(term.word for term in FILES)
TEST_WORDS: tuple[str, ...] = tuple(term.word for term in TESTS)


def owners(word: str) -> tuple[str, ...]:
    """Return the words of a rule one of which the word must stand beside; empty: none."""
    term = _BY_WORD[word]
    return ("as",) if term.types else term.beside


def types(word: str) -> tuple[str, ...]:
    """Return the types after `as:` one of which the word needs; empty: none."""
    return _BY_WORD[word].types


def choices(word: str) -> tuple[str, ...]:
    """Return the texts that may stand after a word of a rule; empty: any."""
    takes = _BY_WORD[word].takes
    return takes.values if isinstance(takes, Choice) else ()
