"""Documents as people see them, and what a person may do with them.

Whose copy something is counts as personal data and is masked, as the reason of a revocation is;
a file holds both and is handed out only to the roles that may see them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub import logs
from hub.documents.number import Number, parse
from hub.errors import ConfigError
from hub.flow import checking, documents, privacy
from hub.flow.documents import Issued
from hub.flow.parts import Flow
from hub.language import Language, say
from hub.language import told as told_in
from hub.people import Actor
from hub.service.authority import owners_seen
from hub.store import documents as stored
from hub.store import pages
from hub.store.views import NotFound, Row

#: Who may issue a document by hand, and give somebody a further copy.
ISSUERS = ("operator",)
#: Who may take one out of force.
REVOKERS = ("reviewer",)
#: Who may take a file, with all that stands in it.
READERS = ("operator", "accountant", "reviewer")

#: What has annexes, as far as a person names it by its number alone.
COMMITMENT = "commitment"
#: What is told to whoever has only a number, of a record they may not see.
_FOR_ANYBODY = (
    *("serial", "verdict", "given", "reasons", "unread", "number", "copy", "page", "sha256"),
    *("state", "issued_at", "ended_at", "customer"),
)
#: Checks and deliveries that are told of one document.
_TOLD = 50
#: As many characters of a name as a page has room for.
LONGEST_RECIPIENT = 80


# ---- what a person does ----------------------------------------------------------------------


async def issue(flow: Flow, given: Mapping[str, Any], actor: Actor) -> Row:
    """Issue the document of a record's revision, or return the one that was issued."""
    number, recipient = _text(given, "number"), given.get("recipient")
    issued = await documents.issue(
        flow, given.get("kind") or COMMITMENT, number, actor=str(actor),
        revision=given.get("revision"), connection=given.get("connection"),
        recipient=None if recipient is None else _recipient(given), key=given.get("key"),
        dry_run=bool(given.get("dry_run")),
    )  # fmt: skip
    return _issued(issued)


async def reissue(flow: Flow, given: Mapping[str, Any], actor: Actor) -> Row:
    """Give a further recipient a copy of a document in force."""
    number, _ = parse(_text(given, "number"))
    recipient = _recipient(given)
    key = given.get("key")
    return _issued(await documents.reissue(flow, number, recipient, actor=str(actor), key=key))


async def revoke(flow: Flow, given: Mapping[str, Any], actor: Actor) -> Row:
    """Take a document out of force, all its copies with it."""
    number, copy = parse(_text(given, "number"))
    if copy is not None:
        raise ConfigError(
            say(
                "A document is revoked as a whole, not one copy of it. Leave out /C{copy} if that "
                "is meant.",
                copy=copy,
            )
        )
    await documents.revoke(flow, number, actor=str(actor), reason=_text(given, "reason"))
    return {"number": str(number), "state": "revoked"}


async def hand_out(flow: Flow, given: Mapping[str, Any], actor: Actor) -> None:
    """Do nothing but be noted: whoever asked is given the file of a copy."""
    _text(given, "number")


async def check(flow: Flow, given: Mapping[str, Any], actor: Actor) -> Row:
    """Say what a number, the text of a code or a file proves."""
    content = given.get("content")
    what = _text(given, "given") if content is None else _bytes(content)
    found = await checking.check_anything(flow, what, str(actor))
    said = checking.as_data(found)
    if not found.opens and not await flow.store.read(_is_seen, flow, actor, found.number):
        said = {name: said[name] for name in _FOR_ANYBODY if name in said}
    words = {one.value: told_in(found.words, one) for one in Language} if found.words else None
    return {**{name: _plain(value) for name, value in said.items()}, "words": words}


def _plain(value: Any) -> Any:
    # it may go through a socket as JSON, where a moment is text
    return value.isoformat() if isinstance(value, datetime) else value


def _is_seen(tx: Connection, flow: Flow, actor: Actor, number: Number | None) -> bool:
    row = None if number is None else pages.document(tx, number.text)
    return row is None or pages.is_seen(tx, row["record_id"], owners_seen(flow.people, actor))


def _issued(issued: Issued) -> Row:
    copy = issued.copy
    told: Row = {"revision": issued.revision, "fresh": issued.fresh, "number": None, "copy": None}
    if issued.number is None or copy is None:
        return told
    return {
        **told, "number": str(issued.number), "copy": copy.copy,
        "copy_number": issued.number.with_copy(copy.copy), "role": copy.role,
        "sha256": copy.pdf_sha256, "size": copy.size, "pages": copy.pages,
    }  # fmt: skip


def _text(given: Mapping[str, Any], name: str) -> str:
    text = str(given.get(name) or "").strip()
    if not text:
        raise ConfigError(say("This needs {name!r}, and not an empty one.", name=name))
    return text


def _recipient(given: Mapping[str, Any]) -> str:
    name = _text(given, "recipient")
    if len(name) > LONGEST_RECIPIENT:
        raise ConfigError(
            say(
                "A recipient has at most {most} characters, and this one {count}. Shorten it.",
                most=LONGEST_RECIPIENT, count=len(name),
            )
        )  # fmt: skip
    return name


def _bytes(content: bytes | str) -> bytes:
    """Return the bytes of a file; whoever asks by a line of text sends them in base64."""
    if isinstance(content, bytes):
        return content
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(say("content is no base64.")) from None


# ---- what a person sees ----------------------------------------------------------------------


def found(tx: Connection, given: str, owners: frozenset[str] | None = None) -> Row:
    """Return the row of the document somebody names.

    Raises `BadNumber` where that is no number, `NotFound` where there is no such document, or it
    is of a record of nobody among `owners`.
    """
    number, _ = parse(given)
    row = pages.document(tx, number.text)
    if row is None or not pages.is_seen(tx, row["record_id"], owners):
        raise NotFound("document", str(number))
    return row


def told(row: Mapping[str, Any]) -> Row:
    """Return a row of a list."""
    after = row["superseded_by"]
    return {
        **{name: row[name] for name in ("id", "state", "name", "revision")},
        "number": str(Number(row["number"])),
        "content_sha256": row["content"],
        **{name: row[name] for name in ("issued_at", "issued_by", "ended_at")},
        "superseded_by": str(Number(after)) if after else None,
        **{name: row[name] for name in _RECORD if name in row},
    }


_RECORD = ("kind", "record_number", "connection", "company")


def with_copies(row: Mapping[str, Any], copies: Iterable[Any], *, personal: bool) -> Row:
    """Return a row with its copies and why it was revoked, as far as it is not masked."""
    words = row["words"] if personal else privacy.words(row["words"])
    number = Number(row["number"])
    shown = [_copy(number, copy, personal=personal) for copy in copies]
    return {**told(row), "reason": words, "copies": shown}


def _copy(number: Number, copy: Mapping[str, Any], *, personal: bool) -> Row:
    name = copy["recipient"]
    return {
        "copy": copy["copy"],
        "number": number.with_copy(copy["copy"]),
        "recipient": name if personal or not name else logs.MASK,
        "sha256": copy["pdf"],
        **{one: copy[one] for one in ("role", "size", "pages", "kid", "issued_at", "issued_by")},
    }


def whole(tx: Connection, row: Mapping[str, Any], *, personal: bool) -> Row:
    """Return a document with its copies, where it went, and the last checks of it."""
    copies = pages.copies(tx, row["id"])
    sent = pages.revision_deliveries(tx, row["record_id"], row["revision"], _TOLD)
    return {
        **with_copies(row, copies, personal=personal),
        "deliveries": sent,
        "checks": [_check(one) for one in stored.checks(tx, row["number"], _TOLD)],
    }


def _check(row: Any) -> Row:
    names = ("serial", "checked_at", "given", "verdict", "copy", "actor")
    return {name: getattr(row, name) for name in names}
