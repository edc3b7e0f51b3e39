"""The port through which a mapping looks things up: links of the store, and facts.

A mapping stays pure: what it may look up is handed to it with its `Scope`, and the answers are
those of one moment. Whoever maps for real answers from the store, an inline test from its file.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from hub.errors import HubError

#: The namespace of the hub's own handles, as in `lookup: hub.item -> erp.item`.
HUB = "hub"
#: Characters of a name that are told.
_LONGEST_WORD = 255
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,30})?")


@dataclass(frozen=True, slots=True)
class Namespace:
    """Whose ids: a connection (or `hub` for our own handles) and the kind of the object."""

    connection: str
    kind: str

    def __str__(self) -> str:
        return f"{self.connection}.{self.kind}"


@dataclass(frozen=True, slots=True, order=True)
class MissingLink:
    """The link a look-up found missing: once it is written, the look-up has an answer."""

    connection: str
    kind: str
    #: Our handle of the object; where `theirs`, the connection's id, and our handle is missing.
    handle: str
    theirs: bool = False

    def __str__(self) -> str:
        """Return it in the order `hub link set` takes."""
        name = _word(self.handle)
        return f"{self.connection} {self.kind} {f'OUR_HANDLE {name}' if self.theirs else name}"

    @property
    def command(self) -> str:
        """Return the command that writes it, once its last unknown word is filled in."""
        return f"hub link set {self}" if self.theirs else f"hub link set {self} ID"


def _word(name: str) -> str:
    """Return a name as one word of a command."""
    known = name if len(name) <= _LONGEST_WORD else f"{name[:_LONGEST_WORD]}…"
    return shlex.quote(known) if known.isprintable() else repr(known)


def missing(source: Namespace, target: Namespace, value: str) -> MissingLink:
    """Return the link that lacks where the target namespace has nothing for a value."""
    if target.connection == HUB:
        return MissingLink(source.connection, source.kind, value, theirs=True)
    return MissingLink(target.connection, target.kind, value)


class LookUps(Protocol):
    """Answers look-ups as things stand at one moment."""

    def link(self, source: Namespace, target: Namespace, value: str) -> str | MissingLink:
        """Return the id the target namespace has for what the source namespace calls `value`."""
        ...

    def fact(self, kind: str, subject: str, target: str, at: date | None) -> Decimal | str | None:
        """Return a fact such as the `rate` of USD to CNY on a day; None where it is not known."""
        ...


class NoLookUps:
    """Knows nothing; every link is missing."""

    def link(self, source: Namespace, target: Namespace, value: str) -> str | MissingLink:
        """Return that the link is missing."""
        return missing(source, target, value)

    def fact(self, kind: str, subject: str, target: str, at: date | None) -> Decimal | str | None:
        """Return None."""
        return None


class LinksMissing(HubError):
    """The document needs links nobody has written yet, and its rules say `else: park`."""

    def __init__(self, links: tuple[MissingLink, ...]) -> None:
        names = ", ".join(str(one) for one in links)
        super().__init__(f"waits for the link of: {names}")
        self.links = links


class GivenLookUps:
    """Answers from a table a person wrote: look-up → value → answer, as inline tests have it."""

    def __init__(self, given: Mapping[str, Mapping[str, Any]]) -> None:
        self._given = {" ".join(name.split()): answers for name, answers in given.items()}

    def link(self, source: Namespace, target: Namespace, value: str) -> str | MissingLink:
        """Return the given answer; a `<->` table is read from both ends."""
        found = self._given.get(f"{source} -> {target}", {}).get(value)
        found = found or self._given.get(f"{source} <-> {target}", {}).get(value)
        back = self._given.get(f"{target} <-> {source}", {})
        found = found or next((key for key, answer in back.items() if answer == value), None)
        return missing(source, target, value) if found is None else str(found)

    def fact(self, kind: str, subject: str, target: str, at: date | None) -> Decimal | str | None:
        """Return the given answer, under `USD@2026-05-06` or, for any day, under `USD`."""
        answers = self._given.get(f"{kind}: -> {target}", {})
        found = answers.get(f"{subject}@{at}") if at is not None else None
        found = answers.get(subject) if found is None else found
        return Decimal(found) if isinstance(found, str) and _NUMBER.fullmatch(found) else found
