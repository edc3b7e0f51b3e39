"""Our marks: short texts in notes that prove which delivery a line or a note came from.

    [hub:KEY:rREVISION#LINE]         in the note of an order line: our line LINE
    [hub:KEY:rREVISION]              in the comment of a sale: a promise without items
    [hub:KEY:rREVISION>STATE]        in the comment: our work on this sale is not finished
                                     before it stands in STATE again; it is written before
                                     the sale is touched, and taken off at the end
    [hub:…|DATE]                     the sale's shipping date before ours, empty for none

Tryton keeps notes as they are and shows them to whoever opens the line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

_MARK = re.compile(
    r"\[hub:(?P<key>[^\s\[\]:#>|\\]+):r(?P<revision>\d+)"
    r"(?:#(?P<line>[^\s\[\]:#>|\\]*))?(?:>(?P<until>[a-z]+))?(?:\|(?P<before>[\d-]*))?\]"
)
#: Characters with a meaning in a mark, or in a `like` search (all but `_`, which only widens it).
_SPECIAL = re.compile(r"[\s\[\]:#>|\\%]")


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark, read or to be written."""

    key: str
    revision: int
    line_no: str | None = None
    #: State in which the work is finished; None: it is.
    until: str | None = None
    #: Shipping date before ours; "" when there was none, None when we did not set one.
    before: str | None = None

    def __str__(self) -> str:
        line = "" if self.line_no is None else f"#{_escaped(self.line_no)}"
        until = f">{self.until}" if self.until else ""
        before = "" if self.before is None else f"|{self.before}"
        return f"[hub:{_escaped(self.key)}:r{self.revision}{line}{until}{before}]"


def find(text: str | None, key: str) -> Mark | None:
    """Return the first mark of this key in a text."""
    return next(iter(find_all(text, key)), None)


def find_all(text: str | None, key: str) -> list[Mark]:
    """Return the marks of this key in a text."""
    return [mark for mark in _marks(text) if mark.key == key]


def unfinished(text: str | None, key: str) -> Mark | None:
    """Return the mark of this key that says our work is not finished."""
    return next((mark for mark in find_all(text, key) if mark.until), None)


def keys(text: str | None) -> list[str]:
    """Return the keys of all marks in a text."""
    return [mark.key for mark in _marks(text)]


def pattern(key: str) -> str:
    """Return a `like` pattern that matches at least every note with a mark of this key."""
    return f"%[hub:{_escaped(key)}:r%"


def with_note(comment: str | None, key: str, note: str | None) -> str:
    """Return a comment in which the lines with our marks are replaced by the note, or removed."""
    kept = [line for line in (comment or "").split("\n") if find(line, key) is None]
    return _joined(kept, note)


def with_work(comment: str | None, key: str, mark: Mark | None) -> str:
    """Return a comment with this mark of unfinished work and no other; our note stays."""
    kept = [line for line in (comment or "").split("\n") if unfinished(line, key) is None]
    return _joined(kept, None if mark is None else str(mark))


def _joined(kept: list[str], last: str | None) -> str:
    while last is not None and kept and not kept[-1].strip():
        kept.pop()
    return "\n".join([*kept, last] if last is not None else kept)


def _marks(text: str | None) -> list[Mark]:
    return [
        Mark(
            unquote(match["key"]),
            int(match["revision"]),
            None if match["line"] is None else unquote(match["line"]),
            match["until"],
            match["before"],
        )
        for match in _MARK.finditer(text or "")
    ]


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: quote(match[0], safe=""), text)
