"""Faults of mapping files: stable codes, a collector, and how a running rule stops.

E0xx  the file is no YAML we take      E2xx  a document does not fit the mapping
E1xx  a word, path or name is wrong    E3xx  personal data would leave
E4xx  an inline test failed            W1xx  a warning: the file is loaded all the same
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Self

from hub.errors import Fault, MappingError
from hub.language import Message, say
from hub.mapping.running.lookups import MissingLink
from hub.nearest import nearest as nearest
from hub.nearest import suggestion as suggestion
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
    "E114": "type-clash",
    "E115": "cannot-turn-round",
    "E116": "table-file",
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
    "E214": "check-failed",
    "E215": "duplicate-item",
    "E216": "mixed-units",
    "E217": "link-missing",
    "E218": "fact-missing",
    "E219": "number-of-items",
    "E220": "not-an-email",
    "E221": "not-a-currency",
    "E222": "no-key",
    "E301": "personal-data",
    "E401": "test-failed",
    "W101": "unmapped-source-field",
    "W102": "unused-name",
    "W103": "version-not-raised",
    "W104": "unknown-schema",
    "W105": "nothing-brings-it",
}


@dataclass(frozen=True, slots=True)
class RuleFault(Fault):
    """A fault of a document that was mapped, with the field it would have filled."""

    #: Target field with list indexes counted from 0, such as `lines[2].qty`.
    target: str = ""
    #: Source path with list indexes counted from 0; empty where no single one is to blame.
    source: str = ""
    #: The source's value as messages show it; personal ones are not shown.
    value: str = ""


class MappingFault(MappingError):
    """The document does not fit the mapping; nothing was sent. `faults` has all of it."""


class UnknownEnd(Exception):
    """A connector has no stream or operation of that name; `known` are those it has."""

    def __init__(self, known: Iterable[str]) -> None:
        super().__init__("unknown stream or operation")
        self.known = tuple(known)


class Faults:
    """Collects everything wrong, so that all of it is reported at once."""

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.warnings: list[Fault] = []

    def add(self, code: str, place: Place, message: Message, *, hint: str = "") -> None:
        """Keep one fault; `hint` is a sentence of its own that says what to do."""
        self.found.append(place.fault(code, message, hint))

    def warn(self, code: str, place: Place, message: Message, *, hint: str = "") -> None:
        """Keep one warning: the file is loaded all the same."""
        self.warnings.append(place.fault(code, message, hint))

    def ordered(self) -> list[Fault]:
        """Return each fault once, by file, line and column."""
        unique = dict.fromkeys(self.found)
        return sorted(unique, key=lambda fault: (fault.file, fault.line, fault.column, fault.code))


def either(words: Iterable[str]) -> str:
    """Return words of which one is meant: `date or datetime`."""
    return reduce(lambda one, other: say("{one} or {other}", one=one, other=other), words)


class Stop(Exception):
    """A rule cannot go on with this value. Caught where the field is filled.

    `text` is what follows the subject: "is not in table uom".
    """

    def __init__(
        self,
        code: str,
        text: Message,
        *,
        subject: Message | None = None,
        source: str = "",
        value: str = "",
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.subject = subject
        #: Source path with list indexes, and its value as messages show it; empty where unknown.
        self.source = source
        self.value = value
        self.place: Place | None = None

    def about(self, subject: Message, source: str = "", value: str = "") -> Self:
        """Say what stopped the rule, unless something nearer to it already did."""
        if not self.subject:
            self.subject, self.source, self.value = subject, source, value
        return self

    def message(self, target: str) -> Message:
        """Return the sentence a person reads."""
        if not self.subject:
            return say("{target}: {text}", target=target, text=self.text) if target else self.text
        whole = say("{subject} {text}", subject=self.subject, text=self.text)
        return say("{target}: {text}", target=target, text=whole) if target else whole


class Absent(Stop):
    """A value that a text or an expression needs is missing or null; `default:` helps."""


class Parked(Stop):
    """A link is missing, and the rule says `else: park`: the delivery waits for it."""

    def __init__(self, link: MissingLink) -> None:
        super().__init__("E217", say("waits for a link"))
        self.link = link
