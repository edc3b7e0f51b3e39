"""What happened to a commitment, in order; without names of persons and the far ends' words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from hub.language import Language
from hub.reconcile.health.gather import key_of
from hub.reconcile.health.texts import codes, text
from hub.reconcile.report import texts as reports
from hub.reconcile.report.plain.value import Column, Row
from hub.store.health import Story, stories

#: Rows told of one commitment: its newest ones.
_MOST = 200
#: What comes first of what has the same moment.
_ORDER = {
    name: rank
    for rank, name in enumerate((
        *("received", "approved", "rejected", "approval_revoked", "held", "decided", "planned"),
        *("attempt", "done", "ended", "read", "revoked", "finding", "repair"),
    ))
}  # fmt: skip
_DECISIONS = {"approved": "approved", "rejected": "rejected", "revoked": "approval_revoked"}


class Event(NamedTuple):
    """One thing that happened."""

    at: datetime
    #: A code of `what.` in the texts.
    what: str
    #: System, step or gate.
    where: str
    words: str


def columns(language: Language) -> tuple[Column, ...]:
    """Return the columns of the rows that `of` makes."""
    titles = {name: text(language, f"column.{name}") for name in ("at", "what", "where", "words")}
    return (
        Column("at", titles["at"], "time"),
        Column("what", titles["what"], "code", words=codes(language, "what"),
               tones={"finding": "bad", "revoked": "warn", "done": "good"}),
        Column("where", titles["where"]),
        Column("words", titles["words"]),
    )  # fmt: skip


def of(tx: Connection, numbers: Mapping[str, str], language: Language) -> dict[str, list[Row]]:
    """Return record id → what happened to it; `numbers` is record id → number."""
    keys = {record_id: key_of(number) for record_id, number in numbers.items()}
    found = stories(tx, keys)
    return {record_id: _told(story, language) for record_id, story in found.items()}


def _told(story: Story, language: Language) -> list[Row]:
    events: Sequence[Event] = sorted(
        _events(story, language), key=lambda one: (one.at, _ORDER[one.what])
    )
    return [tuple(one) for one in events[-_MOST:]]


def _events(story: Story, language: Language) -> Iterator[Event]:
    for row in story.revisions:
        revision = text(language, "line.revision", revision=row.revision)
        yield Event(row.stored_at, "received", "", revision)
    for row in story.approvals:
        what = _DECISIONS.get(row.decision, "approved")
        yield Event(row.decided_at or row.stored_at, what, row.connection, row.level)
    for row in story.revocations:
        revision = text(language, "line.revision", revision=row.revision)
        yield Event(row.stored_at, "revoked", "", revision)
    for row in story.holds:
        yield Event(row.held_at, "held", row.gate, "")
        if row.decided_at is not None:
            yield Event(row.decided_at, "decided", row.gate, row.state)
    yield from _deliveries(story, language)
    for row in story.events:
        kind = reports.text(language, f"kind.{row.kind}")
        cause = reports.text(language, f"cause.{row.cause}")
        state = reports.text(language, f"state.{row.to_state}")
        yield Event(row.at, "finding", row.side, f"{kind} · {cause} · {state}")
    for row in story.repairs:
        yield Event(row.applied_at, "repair", row.side,
                    reports.text(language, f"proposal.{row.action}"))  # fmt: skip


def _deliveries(story: Story, language: Language) -> Iterator[Event]:
    steps = {}
    for row in story.deliveries:
        steps[row.id] = row.step
        revision = text(language, "line.revision", revision=row.revision)
        yield Event(row.created_at, "planned", row.step, revision)
        if row.finished_at is not None:
            done = row.state in ("delivered", "skipped")
            words = " · ".join(filter(None, (row.state, row.external_id or "")))
            yield Event(row.finished_at, "done" if done else "ended", row.step, words)
    for row in story.attempts:
        words = " ".join(filter(None, (row.kind, row.outcome, row.code or "")))
        what = "read" if row.kind == "read" else "attempt"
        yield Event(row.ended_at, what, steps[row.delivery_id], words)
