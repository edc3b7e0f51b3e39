"""People in control: tokens, gates, watches, schedules, alerts.

Revision ID: 0002
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

#: An aware time: microseconds since 1970 on SQLite.
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Create all tables and indexes."""
    _people()
    _gates()
    _watches()
    _alerts()


def _people() -> None:
    """Tokens that prove persons, and answers kept for repeated calls."""
    op.create_table(
        "token",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("os_user", sa.String(64), nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.String(100), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("token_hash", "token", ["hash"], unique=True)
    op.create_table(
        "idempotency",
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("worker", sa.String(40), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("actor", "key"),
    )
    op.create_index("idempotency_age", "idempotency", ["asked_at"])
    op.create_table(
        "session",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("token_id", sa.String(32), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("session_of_token", "session", ["token_id"])
    op.create_index("session_seen", "session", ["seen_at"])


def _gates() -> None:
    """What gates hold, and what they were asked beforehand."""
    op.create_table(
        "hold",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("gate", sa.String(100), nullable=False),
        sa.Column("record_id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.String(32), nullable=True),
        sa.Column("action", sa.String(40), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("requested_by", sa.String(100), nullable=True),
        sa.Column("before", sa.String(64), nullable=True),
        sa.Column("held_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", sa.String(100), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("valid_until", INSTANT, nullable=True),
        sa.Column("correlation_id", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    _index_where(
        "state = 'released' AND valid_until IS NOT NULL", "hold_ending", "hold", ["valid_until"]
    )
    _index_where("delivery_id IS NOT NULL", "hold_of_delivery", "hold", ["delivery_id"])
    op.create_index("hold_of_record", "hold", ["record_id", "revision"])
    _index_where("state = 'held'", "hold_open", "hold", ["id"])
    op.create_table(
        "decision",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("gate", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("connection", sa.String(64), nullable=True),
        sa.Column("number", sa.String(100), nullable=True),
        sa.Column("content_hash", sa.String(64), nullable=True),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("message_id", sa.String(32), nullable=True),
        sa.Column("same", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    _index_where("message_id IS NULL", "decision_asked", "decision", ["kind", "number"])


def _watches() -> None:
    """What is waited for, and what runs when."""
    op.create_table(
        "watch",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("watch", sa.String(100), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("record_id", sa.String(32), nullable=True),
        sa.Column("company", sa.String(100), nullable=True),
        sa.Column("correlation_id", sa.String(32), nullable=True),
        sa.Column("armed_at", INSTANT, nullable=True),
        sa.Column("deadline", INSTANT, nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("asked_at", INSTANT, nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("fired_at", INSTANT, nullable=True),
        sa.Column("cleared_at", INSTANT, nullable=True),
        sa.Column("cleared_by", sa.String(32), nullable=True),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("acknowledged_by", sa.String(100), nullable=True),
        sa.Column("snoozed_until", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("watch_by_state", "watch", ["state", "id"])
    _index_where("due_at IS NOT NULL", "watch_due", "watch", ["due_at", "id"])
    op.create_index("watch_key", "watch", ["key", "watch"], unique=True)
    _index_where("cleared_at IS NULL", "watch_open", "watch", ["watch", "id"])
    _index_where("record_id IS NOT NULL", "watch_of_record", "watch", ["record_id"])
    _index_where(
        "state = 'failed'", "message_failed", "message", ["connection", "stream", "received_at"]
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


def _alerts() -> None:
    """What needs a person, and the words to tell it."""
    op.create_table(
        "alert",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("cleared_at", INSTANT, nullable=True),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("acknowledged_by", sa.String(100), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alert_by_state", "alert", ["state", "id"])
    _index_where("state = 'open'", "alert_open", "alert", ["kind", "subject"], unique=True)
    op.create_table(
        "notice",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("cause", sa.String(300), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("to", JSON, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("queued_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("notice_cause", "notice", ["cause"], unique=True)
    _index_where("due_at IS NOT NULL", "notice_due", "notice", ["due_at", "id"])
    _index_where("state IN ('queued', 'failed')", "notice_unsent", "notice", ["channel", "id"])
    op.create_index("notice_queued", "notice", ["queued_at"])


def _index_where(
    where: str, name: str, table: str, columns: list[str], *, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition
    )
