"""The shapes of Example, in its own names.

An answer that does not fit is no success.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from hub import ConnectorError, Document, Outcome


class Line(msgspec.Struct, frozen=True):
    """One line of an order; quantities travel as text or number, and are exact."""

    item: str
    quantity: Decimal


class Order(msgspec.Struct, frozen=True):
    """An order as the product shows it."""

    id: str
    key: str
    customer: str
    lines: list[Line]
    #: "open" or "cancelled".
    state: str
    #: Counted up by every change.
    version: int
    #: ISO 8601 in UTC.
    modified: str
    #: Who changed it last.
    by: str
    note: str = ""
    #: Our revision, as we sent it.
    revision: int = 0


class Answer(msgspec.Struct, frozen=True):
    """Any answer: `ok` is the success field, whatever the status says."""

    ok: bool
    id: str | None = None
    #: Set when the order was taken and is answered later.
    job: str | None = None
    #: Of a job: "working", "done" or "refused".
    state: str | None = None
    #: The product had done it before, under our key.
    repeated: bool = False
    code: str = ""
    message: str = ""
    orders: list[Order] = []
    more: bool = False
    #: Of a login.
    token: str = ""
    #: Seconds.
    expires_in: int = 0


class Notice(msgspec.Struct, frozen=True):
    """The body of a webhook."""

    #: "order.changed", "job.done" or "job.refused".
    type: str
    order: Order | None = None
    job: str | None = None
    key: str | None = None
    id: str | None = None
    message: str = ""


def parse_answer(body: bytes, in_doubt: Outcome) -> Answer:
    """Return the answer; `ConnectorError` with the outcome given when it cannot be read."""
    try:
        return msgspec.json.decode(body, type=Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise ConnectorError(
            in_doubt, f"the answer is not the JSON we know: {exc}", answer=body
        ) from exc


def parse_notice(body: bytes) -> Notice:
    """Return a webhook's body; raises `msgspec.MsgspecError` or `UnicodeDecodeError`."""
    return msgspec.json.decode(body, type=Notice)


def write_body(document: Document) -> bytes:
    """Return a request's body; decimals travel as text, exactly."""
    return msgspec.json.encode(document)
