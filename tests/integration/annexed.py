"""Documents on file without printing any: rows as the flow leaves them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from hub.documents.number import Number, check_digits
from hub.store import documents, ledger, views
from hub.store.documents import Copy, Document

ISSUED_AT = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
RECIPIENT = "示例采购有限公司"


def number(index: int = 1) -> Number:
    """Return one of many numbers."""
    digits = f"2606{index:012}"
    return Number(f"TEST{digits}{check_digits('TEST', digits)}")


def file_of(one: Number, copy: int) -> bytes:
    """Return what stands for the file of a copy."""
    return f"%PDF-1.7 {one.with_copy(copy)}".encode()


def put(
    tx: Connection, record: str, index: int = 1, *, state: str = "issued", revision: int = 1,
    recipients: Sequence[str] = (RECIPIENT,), superseded_by: Number | None = None,
    words: str | None = None,
) -> Number:  # fmt: skip
    """Put a document of a record on file, a copy for each recipient; return its number."""
    row, one = views.records_numbered(tx, record)[0], number(index)
    at = ISSUED_AT + timedelta(minutes=index)
    content = documents.keep(tx, f'{{"number":"{one}"}}'.encode(), at)
    made = Document(
        f"{0xD0C0 + index:032x}", one.text, row["id"], revision, "commitment-annex", state,
        content, at, f"{0xC0 + index:032x}", at, "system",
        superseded_by and superseded_by.text, None if state == "issued" else at, words,
    )  # fmt: skip
    documents.add(tx, made)
    copies = [
        Copy(
            made.id, place, "customer" if place == 1 else "reissue", recipient,
            hashlib.sha256(file_of(one, place)).hexdigest(), len(file_of(one, place)), 2,
            "abcdefgh", at, "system",
        )
        for place, recipient in enumerate(recipients, 1)
    ]  # fmt: skip
    documents.add_copies(tx, copies, {copy.pdf: file_of(one, copy.copy) for copy in copies})
    entry = ledger.entry(
        f"{0x1ED0 + index:032x}", at, "document.issued", one.text,
        correlation_id=made.correlation_id,
        facts={"record": row["id"], "revision": revision, "name": made.name, "content": content,
               "copies": []},
    )  # fmt: skip
    ledger.append(tx, [entry])
    return one
