"""Faults of mapping files: stable codes, a collector, and how a running rule stops.

E0xx  the file is no YAML we take      E2xx  a document does not fit the mapping
E1xx  a word, path or name is wrong    E4xx  an inline test failed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import Fault, MappingError
from hub.nearest import nearest as nearest
from hub.yamlfile import Place

#: Code → the name it has in the docs and in `expect_error`.
CODES: Mapping[str, str] = {
    "E001": "yaml-syntax",
    "E002": "duplicate-key",
    "E003": "full-width-character",
    "E004": "yaml-not-allowed",
    "E005": "too-large",
    "E101": "unknown-path",
    "E102": "unknown-word",
    "E103": "unknown-field",
    "E104": "unfilled-field",
    "E105": "missing-word",
    "E106": "wrong-value",
    "E107": "bad-expression",
    "E108": "list-or-object",
    "E109": "unknown-table",
    "E110": "words-that-do-not-fit",
    "E111": "unknown-name",
    "E112": "duplicate-name",
    "E113": "cycle",
    "E201": "value-not-in-table",
    "E202": "not-a-decimal",
    "E203": "missing-value",
    "E204": "too-long",
    "E205": "not-a-list",
    "E206": "not-a-date",
    "E207": "not-a-boolean",
    "E208": "not-an-integer",
    "E209": "arithmetic",
    "E210": "not-comparable",
    "E211": "not-a-single-value",
    "E212": "not-text",
    "E213": "too-much-work",
    "E401": "test-failed",
}


@dataclass(frozen=True, slots=True)
class RuleFault(Fault):
    """A fault of a document that was mapped, with the field it would have filled."""

    #: Target field with list indexes counted from 0, such as `lines[2].qty`.
    target: str = ""


class MappingFault(MappingError):
    """The document does not fit the mapping; nothing was sent. `faults` has all of it."""


class Faults:
    """Collects everything wrong, so that all of it is reported at once."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, code: str, place: Place, message: str) -> None:
        """Keep one fault."""
        self.found.append(place.fault(code, message))

    def ordered(self) -> list[Fault]:
        """Return each fault once, by file, line and column."""
        unique = dict.fromkeys(self.found)
        return sorted(unique, key=lambda fault: (fault.file, fault.line, fault.column, fault.code))


class Stop(Exception):
    """A rule cannot go on with this value. Caught where the field is filled.

    `text` is what follows the subject: "is not in table uom".
    """

    def __init__(self, code: str, text: str, *, subject: str | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.subject = subject
        self.place: Place | None = None

    def message(self, target: str) -> str:
        """Return the sentence a person reads."""
        subject = f"{self.subject} " if self.subject else ""
        return f"{target}: {subject}{self.text}" if target else f"{subject}{self.text}"


class Absent(Stop):
    """A value that a text or an expression needs is missing or null; `default:` helps."""
