"""The frozen content of an annex: what was approved, as canonical JSON (RFC 8785).

Its bytes are attached to the file as `annex.json`; their SHA-256 is the content's hash. Texts are
exact here, also those that cannot be printed. Amounts and quantities are text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hub.documents.errors import DocumentError
from hub.documents.number import Number
from hub.documents.printable import Printable
from hub.language import say
from hub.records.base import plain
from hub.settings import Issuer

if TYPE_CHECKING:
    from hub.mapping.document import DocumentFile

SCHEMA = "accord-hub/annex/1"
#: Lines a document may have, characters one text, and characters all of its texts together.
MOST_LINES, MOST_CHARACTERS, MOST_TOGETHER = 2_000, 20_000, 200_000
#: Digits of an amount; a seal has room for no more.
_MOST_DIGITS = 14
_LINE = ("line_no", "sku", "name", "quantity", "unit", "unit_price", "gift", "note")
_PROMISE = ("text", "promised_date", "latest_ship_at", "payment_days", "currency", "amount")


@dataclass(frozen=True, slots=True)
class Approved:
    """The decision of one level that counts."""

    level: str
    #: What the document calls the level.
    title: str
    #: Who decided, as printed; empty where persons are not named.
    person: str
    role: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Source:
    """Everything a content is made of."""

    number: Number
    tenant: str
    issuer: Issuer
    spec: DocumentFile
    #: The revision as it was approved.
    document: Mapping[str, Any]
    #: Kind of the record.
    kind: str
    approvals: Sequence[Approved]
    #: Number of the contract and its files; None without a contract.
    contract: Mapping[str, Any] | None
    #: Number of the document it takes the place of.
    supersedes: Number | None
    issued_at: datetime
    #: Name and SHA-256.
    template: tuple[str, str]
    font: tuple[str, str]
    #: Address of the mapping files.
    bundle: str


def freeze(source: Source, printable: Printable) -> dict[str, Any]:
    """Return the content of a document; `DocumentError` where it cannot be issued, with why."""
    if source.spec.approval_order:
        _require_order(source.approvals)
    content = _content(source)
    _require_size(content)
    for field, text in _names(content):
        printable.require(text, field)
    return content


def total_of(content: Mapping[str, Any]) -> Decimal | None:
    """Return what a promise is worth: its amount, else the sum of its lines that are no gifts."""
    promise = content["promise"]
    return Decimal(promise["amount"]) if promise["amount"] is not None else sum_of_lines(content)


def sum_of_lines(content: Mapping[str, Any]) -> Decimal | None:
    """Return what the lines that are no gifts come to; None where none has a price."""
    priced = [
        Decimal(line["quantity"]) * Decimal(line["unit_price"])
        for line in content["lines"]
        if line["unit_price"] is not None and not line["gift"]
    ]
    return sum(priced, Decimal()) if priced else None


def _content(source: Source) -> dict[str, Any]:
    spec, issuer, document = source.spec, source.issuer, source.document
    customer = document.get("customer") or {}
    decided = [one.decided_at for one in source.approvals if one.decided_at is not None]
    return {
        "schema": SCHEMA,
        "number": str(source.number),
        "tenant": source.tenant,
        "document": spec.name,
        "title": {"zh": spec.title_zh, "en": spec.title_en},
        "language": spec.language,
        "issuer": {
            "name": issuer.name, "name_en": issuer.name_en, "address": issuer.address,
            "phone": issuer.phone,
        },
        "record": {
            "kind": source.kind, "number": document["number"],
            "revision": int(document.get("revision") or 1),
        },
        "company": document.get("company"),
        "supersedes": str(source.supersedes) if source.supersedes else None,
        "contract": dict(source.contract) if source.contract else None,
        "order_no": document.get("order_no"),
        "customer": {"code": customer.get("code"), "name": customer.get("name") or ""},
        "promise": {
            "kind": document.get("kind"), **{name: _said(document.get(name)) for name in _PROMISE},
        },
        "lines": [
            {name: _said(line.get(name)) for name in _LINE} for line in document.get("lines") or ()
        ],
        "approvals": [
            {
                "level": one.level, "title": one.title, "person": one.person, "role": one.role,
                "decided_at": _said(one.decided_at),
            }
            for one in source.approvals
        ],
        "terms": list(spec.terms_for(document)),
        "approved_at": _said(max(decided)) if decided else None,
        "issued_at": _said(source.issued_at),
        "template": dict(zip(("name", "sha256"), source.template, strict=True)),
        "font": dict(zip(("name", "sha256"), source.font, strict=True)),
        "bundle": source.bundle,
    }  # fmt: skip


def _said(value: Any) -> Any:
    """Return a value as JSON has it: numbers that are not whole as text."""
    match value:
        case Decimal():
            return plain(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case None | str() | bool() | int():
            return value
        case _:
            return str(value)


# ---- what is refused -------------------------------------------------------------------------


def _require_order(approvals: Sequence[Approved]) -> None:
    dated = [one for one in approvals if one.decided_at is not None]
    for earlier, later in itertools.pairwise(dated):
        if earlier.decided_at is None or later.decided_at is None:
            continue
        if later.decided_at < earlier.decided_at:
            raise DocumentError(
                "E_DOC_APPROVALS_ORDER",
                say(
                    "{later} decided at {at}, before {earlier} did. Let {later} decide again, or "
                    "write approval_order: false into the document file.",
                    later=later.title, earlier=earlier.title, at=later.decided_at.isoformat(),
                ),
            )  # fmt: skip


def _require_size(content: Mapping[str, Any]) -> None:
    if len(content["lines"]) > MOST_LINES:
        raise _too_long(
            say(
                "The promise has {count} lines; a document has room for {most}. Divide it.",
                count=len(content["lines"]), most=MOST_LINES,
            )
        )  # fmt: skip
    together = 0
    for field, text in _texts(content, ""):
        together += len(text)
        if len(text) > MOST_CHARACTERS:
            raise _too_long(
                say(
                    "{field} has {count} characters; a document has room for {most}. Shorten it.",
                    field=field, count=len(text), most=MOST_CHARACTERS,
                )
            )  # fmt: skip
    if together > MOST_TOGETHER:
        raise _too_long(
            say(
                "The texts of the promise have {count} characters together; a document has room "
                "for {most}. Divide it.",
                count=together, most=MOST_TOGETHER,
            )
        )  # fmt: skip
    for field, number in _numbers(content):
        if number.adjusted() >= _MOST_DIGITS:
            raise _too_long(
                say(
                    "{field} is {number}, which is too large for a document. Correct it at its "
                    "source.",
                    field=field, number=str(number),
                )
            )  # fmt: skip


def _too_long(message: str) -> DocumentError:
    return DocumentError("E_DOC_TOO_LONG", message)


def _numbers(content: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    if content["promise"]["amount"] is not None:
        yield "amount", Decimal(content["promise"]["amount"])
    for at, line in enumerate(content["lines"], 1):
        for name in ("quantity", "unit_price"):
            if line[name] is not None:
                yield f"lines.{at}.{name}", Decimal(line[name])
    total = sum_of_lines(content)
    if total is not None:
        yield "total", total


def _texts(value: Any, way: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield way, value
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _texts(one, f"{way}.{name}" if way else name)
    elif isinstance(value, list):
        for at, one in enumerate(value, 1):
            yield from _texts(one, f"{way}.{at}")


def _names(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what must be printed as it is: names, codes and numbers."""
    for name in ("title", "issuer", "record", "customer", "supersedes", "order_no", "company"):
        yield from _texts(content[name], name)
    contract = content["contract"] or {"number": None}
    yield from _texts(contract["number"], "contract_no")
    yield from _texts(content["promise"]["currency"], "currency")
    for at, line in enumerate(content["lines"], 1):
        for name in ("line_no", "sku", "quantity", "unit", "unit_price"):
            yield from _texts(line[name], f"lines.{at}.{name}")
    for at, one in enumerate(content["approvals"], 1):
        for name in ("title", "person", "role"):
            yield from _texts(one[name], f"approvals.{at}.{name}")
