"""The one statement the two databases word differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite


def insert_missing(tx: Connection, table: sa.Table[Any], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, leaving those whose key is there already as they are."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(insert(table).on_conflict_do_nothing(), list(rows))
