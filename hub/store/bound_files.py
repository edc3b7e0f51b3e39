"""Files from outside, such as contracts, bound to a record by their hash."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.store import tables as t
from hub.store.inserts import insert_new

_f, _r = t.bound_file.c, t.record.c


def add(tx: Connection, row: dict[str, Any]) -> bool:
    """Bind a file to a record; False where it is bound already, and stays as it is."""
    return insert_new(tx, t.bound_file, row)


def by_hash(tx: Connection, sha256: str) -> Any:
    """Return the row of the file of this hash, with kind and number of its record.

    Of several the one bound first; None where none is.
    """
    query = (
        sa.select(t.bound_file, _r.kind, _r.number)
        .join(t.record, _r.id == _f.record_id)
        .where(_f.sha256 == sha256)
        .order_by(_f.bound_at, _f.record_id)
        .limit(1)
    )
    return tx.execute(query).first()


def of_contract(tx: Connection, number: str, connection: str) -> list[dict[str, Any]]:
    """Return name, sha256, pages and origin of the files the newest revision of a contract has.

    Of contracts with the same number that of this connection counts, else the one changed last.
    """
    query = (
        sa.select(t.record_revision.c.document)
        .join(t.record, sa.and_(_r.id == t.record_revision.c.record_id,
                                _r.revision == t.record_revision.c.revision))
        .where(_r.kind == "contract", _r.number == number)
        .order_by(
            sa.case((_r.connection == connection, 0), else_=1), _r.changed_at.desc(), _r.id
        )
        .limit(1)
    )  # fmt: skip
    document = tx.scalar(query) or {}
    names = ("name", "sha256", "pages", "origin")
    return [{name: one.get(name) for name in names} for one in document.get("files") or ()]
