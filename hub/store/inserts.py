"""The one statement the two databases word differently."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite


def insert_missing(tx: Connection, table: sa.Table[Any], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, leaving those whose key is there already as they are."""
    tx.execute(missing(tx.dialect.name, table), list(rows))


def insert_new(tx: Connection, table: sa.Table[Any], row: dict[str, Any]) -> bool:
    """Insert a row; False where its key is there already, and the row stays as it is."""
    told = {"preserve_rowcount": True}
    return tx.execute(missing(tx.dialect.name, table), row, execution_options=told).rowcount == 1


@functools.cache
def missing(dialect: str, table: sa.Table[Any]) -> Any:
    """Return the statement that inserts a row unless its key is there."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()
