"""What is said when something did not come in time, and when that is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.language import Language, Message, say, told
from hub.mapping.watch import Watch
from hub.records import Notice, NoticeEvent
from hub.store import bundles
from hub.store.watches import Row


def facts(watch: Watch, row: Row, event: NoticeEvent, now: datetime) -> dict[str, Any]:
    """Return what a notice to people keeps: codes, numbers, times, and the sentence as data."""
    late = _late_minutes(row, now)
    return {
        "watch": row.watch, "key": row.key, "record": watch.when.record,
        "missing": watch.unless.record, "deadline": (row.deadline or now).isoformat(),
        "late_minutes": late, "count": _count(row, event), "state": row.state,
        "record_id": row.record_id, "correlation_id": row.correlation_id,
        "sentence": bundles.sentence_as_data(_sentence(watch, row, event, late)),
        "command": f"hub watch show {row.id}",
    }  # fmt: skip


def notice(watch: Watch, row: Row, event: NoticeEvent, now: datetime, number: str) -> Notice:
    """Return the same as a record that a connection can deliver."""
    late = _late_minutes(row, now)
    words = _sentence(watch, row, event, late)
    return Notice(
        number=number,
        company=row.company,
        event=event,
        watch=watch.name,
        title=watch.title,
        about=watch.when.record,
        key=row.key,
        missing=watch.unless.record,
        since=row.armed_at or now,
        deadline=row.deadline or now,
        late_minutes=late,
        count=_count(row, event),
        text=told(words, Language.ZH),
        text_en=told(words, Language.EN),
    )


def _late_minutes(row: Row, now: datetime) -> int:
    return max(0, int((now - (row.deadline or now)).total_seconds()) // 60)


def _count(row: Row, event: NoticeEvent) -> int:
    return row.step + 1 if event is NoticeEvent.LATE else max(1, row.step)


def _sentence(watch: Watch, row: Row, event: NoticeEvent, late: int) -> Message:
    names: dict[str, Any] = {
        "title": watch.title, "about": watch.when.record, "key": row.key,
        "missing": watch.unless.record,
    }  # fmt: skip
    if event is NoticeEvent.LATE:
        return say(
            "{title}: {about} {key} is here, and its {missing} is not; {minutes} minutes late.",
            **names, minutes=late,
        )  # fmt: skip
    if row.state == "cleared":
        return say("{title}: the {missing} of {about} {key} is here by now.", **names)
    return say("{title}: nothing is waited for any more because of {about} {key}.", **names)
