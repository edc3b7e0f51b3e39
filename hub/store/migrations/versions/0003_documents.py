"""Watermarked documents: numbers, copies, checks, files bound by their hash.

Revision ID: 0003
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

#: An aware time: microseconds since 1970 on SQLite.
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Create all tables and indexes."""
    op.create_table(
        "document",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(22), nullable=False),
        sa.Column("record_id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("drawn_at", INSTANT, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=True),
        sa.Column("issued_by", sa.String(100), nullable=True),
        sa.Column("superseded_by", sa.String(22), nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("correlation_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index_where("state = 'drawn'", "document_drawn", "document", ["drawn_at"])
    op.create_index("document_number", "document", ["number"], unique=True)
    op.create_index("document_of_record", "document", ["record_id", "revision"], unique=True)
    op.create_table(
        "document_copy",
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("pdf", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("kid", sa.String(16), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("issued_by", sa.String(100), nullable=False),
        sa.Column("key", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("document_id", "copy"),
    )
    _index_where("key IS NOT NULL", "document_copy_key", "document_copy", ["key"], unique=True)
    op.create_index("document_copy_pdf", "document_copy", ["pdf"])
    op.create_table(
        "document_check",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("serial", sa.String(20), nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.Column("given", sa.String(8), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("number", sa.String(22), nullable=True),
        sa.Column("copy", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("document_check_age", "document_check", ["checked_at"])
    op.create_index("document_check_of", "document_check", ["number", "id"])
    op.create_index("document_check_serial", "document_check", ["serial"], unique=True)
    op.create_table(
        "bound_file",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("record_id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("bound_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", "record_id"),
    )
    op.create_index("bound_file_of", "bound_file", ["record_id"])


def _index_where(
    where: str, name: str, table: str, columns: list[str], *, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition
    )
