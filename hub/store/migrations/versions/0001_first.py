"""The first schema: inbox, records, outbox, links, ledger.

Revision ID: 0001
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

#: An aware time: microseconds since 1970 on SQLite.
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Create all tables and indexes."""
    _inbox()
    _records()
    _outbox()
    _around_deliveries()
    _workings()
    _ledger()


def _inbox() -> None:
    """What came in: messages, their dedupe keys, and the bytes of everything."""
    op.create_table(
        "payload",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.Column("erased_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(64), nullable=False),
        sa.Column("external_id", sa.String(255), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("wake_key", sa.String(300), nullable=True),
        sa.Column("payload", sa.String(64), nullable=False),
        sa.Column("event", JSON, nullable=False),
        sa.Column("correlation_id", sa.String(32), nullable=False),
        sa.Column("record_id", sa.String(32), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("message_by_state", "message", ["state", "id"])
    _index_where("due_at IS NOT NULL", "message_due", "message", ["due_at", "id"])
    _index_where("lease_until IS NOT NULL", "message_leased", "message", ["lease_until"])
    op.create_index("message_of_record", "message", ["record_id"])
    op.create_index("message_of_stream", "message", ["connection", "stream", "id"])
    _index_where("wake_key IS NOT NULL", "message_waiting", "message", ["wake_key"])
    op.create_table(
        "message_key",
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("external_id", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("connection", "external_id"),
    )


def _records() -> None:
    """What the messages say: records, revisions, decisions."""
    op.create_table(
        "record",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("company", sa.String(100), nullable=True),
        sa.Column("owner", sa.String(100), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("standing", JSON, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("record_by_number", "record", ["number"])
    _index_where("owner IS NOT NULL", "record_by_owner", "record", ["owner"])
    op.create_index("record_number", "record", ["kind", "connection", "number"], unique=True)
    op.create_table(
        "record_revision",
        sa.Column("record_id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("schema", sa.String(60), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("modified_at", INSTANT, nullable=True),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("correlation_id", sa.String(32), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("record_id", "revision"),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("record_id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(100), nullable=False),
        sa.Column("person", sa.String(100), nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("auto_passed", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(100), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("approval_of", "approval", ["record_id", "revision"])
    op.create_table(
        "revocation",
        sa.Column("record_id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("stored_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("record_id", "revision"),
    )


def _outbox() -> None:
    """What goes out, row by row."""
    op.create_table(
        "lane",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("handle", sa.String(255), nullable=False),
        sa.Column("next_seat", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("lane_handle", "lane", ["connection", "handle"], unique=True)
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("record_id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(32), nullable=False),
        sa.Column("correlation_id", sa.String(32), nullable=False),
        sa.Column("route", sa.String(100), nullable=False),
        sa.Column("step", sa.String(100), nullable=False),
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("mapping", sa.String(100), nullable=True),
        sa.Column("bundle", sa.String(64), nullable=False),
        sa.Column("intent", sa.String(12), nullable=False),
        sa.Column("action", sa.String(8), nullable=True),
        sa.Column("target", sa.String(32), nullable=True),
        sa.Column("traits", JSON, nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(40), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("lane_id", sa.String(32), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=True),
        sa.Column("holds_lane", sa.Boolean(), nullable=False),
        sa.Column("waits", sa.Integer(), nullable=False),
        sa.Column("handle", sa.String(255), nullable=False),
        sa.Column("key", sa.String(255), nullable=True),
        sa.Column("payload", sa.String(64), nullable=True),
        sa.Column("external_id", sa.String(255), nullable=True),
        sa.Column("results", JSON, nullable=True),
        sa.Column("progress", JSON, nullable=True),
        sa.Column("ticket", sa.String(255), nullable=True),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("worker", sa.String(40), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("rescues", sa.Integer(), nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("first_sent_at", INSTANT, nullable=True),
        sa.Column("settles_at", INSTANT, nullable=True),
        sa.Column("gives_up_at", INSTANT, nullable=True),
        sa.Column("deadline", INSTANT, nullable=False),
        sa.Column("confirm", sa.String(12), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("delivery_by_key", "delivery", ["connection", "key"])
    op.create_index("delivery_by_state", "delivery", ["state", "id"])
    _index_where("ticket IS NOT NULL", "delivery_by_ticket", "delivery", ["connection", "ticket"])
    _index_where("due_at IS NOT NULL", "delivery_due", "delivery", ["connection", "due_at", "id"])
    op.create_index("delivery_lane", "delivery", ["lane_id", "seat"])
    _index_where("confirm IN ('differs', 'unreadable')", "delivery_unconfirmed", "delivery", ["id"])
    _index_where("lease_until IS NOT NULL", "delivery_leased", "delivery", ["lease_until"])
    _index_where(
        "holds_lane AND settles_at IS NOT NULL", "delivery_settling", "delivery", ["settles_at"]
    )
    op.create_index("delivery_of_record", "delivery", ["record_id", "id"])


def _around_deliveries() -> None:
    """What belongs to a delivery: waits, keys, attempts, links."""
    op.create_table(
        "delivery_wait",
        sa.Column("delivery_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("on_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "kind", "on_id"),
    )
    op.create_index("delivery_wait_on", "delivery_wait", ["on_id"])
    _index_where("kind = 'link'", "delivery_wait_link", "delivery_wait", ["on_id"])
    op.create_table(
        "delivery_key",
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("handle", sa.String(255), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("delivery_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("connection", "handle", "generation"),
    )
    op.create_table(
        "attempt",
        sa.Column("delivery_id", sa.String(32), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("outcome", sa.String(24), nullable=False),
        sa.Column("code", sa.String(100), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("answer", sa.String(64), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
    )
    op.create_index("attempt_of", "attempt", ["delivery_id", "fence"])
    op.create_table(
        "link",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("handle", sa.String(255), nullable=False),
        sa.Column("record_id", sa.String(32), nullable=True),
        sa.Column("step", sa.String(100), nullable=True),
        sa.Column("delivery_id", sa.String(32), nullable=True),
        sa.Column("key", sa.String(255), nullable=True),
        sa.Column("external_id", sa.String(255), nullable=True),
        sa.Column("results", JSON, nullable=True),
        sa.Column("document_hash", sa.String(64), nullable=True),
        sa.Column("alive", sa.Boolean(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("link_by_handle", "link", ["handle"])
    op.create_index("link_external", "link", ["connection", "external_id"])
    op.create_index("link_handle", "link", ["connection", "kind", "handle"])
    op.create_index("link_of_record", "link", ["record_id", "step"])
    _index_where("record_id IS NULL", "link_wanted", "link", ["handle"])


def _workings() -> None:
    """What the processes share."""
    op.create_table(
        "cursor",
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("moved_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("connection", "stream"),
    )
    op.create_table(
        "connection_state",
        sa.Column("connection", sa.String(64), nullable=False),
        sa.Column("paused_at", INSTANT, nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("paused_by", sa.String(100), nullable=True),
        sa.Column("not_before", INSTANT, nullable=True),
        sa.Column("observed_at", INSTANT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("budgets", JSON, nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.create_table(
        "bundle",
        sa.Column("sha", sa.String(64), nullable=False),
        sa.Column("files", JSON, nullable=False),
        sa.Column("active_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("sha"),
    )
    op.create_index("bundle_active", "bundle", ["active_at", "sha"])
    op.create_table(
        "broken",
        sa.Column("place", sa.String(255), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("faults", JSON, nullable=False),
        sa.PrimaryKeyConstraint("place"),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "singleton",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("worker", sa.String(40), nullable=False),
        sa.Column("lease_until", INSTANT, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _ledger() -> None:
    """The facts, for ever."""
    op.create_table(
        "ledger",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("correlation_id", sa.String(32), nullable=True),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("chain", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ledger_correlated", "ledger", ["correlation_id", "id"])
    op.create_index("ledger_of", "ledger", ["subject", "id"])
    op.create_index("ledger_seq", "ledger", ["seq"], unique=True)
    _index_where("seq IS NULL", "ledger_unsealed", "ledger", ["id"])
    _index_where("kind LIKE 'todo.%'", "ledger_todo", "ledger", ["id"])


def _index_where(where: str, name: str, table: str, columns: list[str]) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
