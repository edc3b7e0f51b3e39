"""What is said when something did not come in time, and when that is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.language import Language, Message, say, told
from hub.mapping.watch import Watch
from hub.records import Notice, NoticeEvent
from hub.store import bundles
from hub.store.watches import Row


def notice(watch: Watch, row: Row, event: NoticeEvent, now: datetime, cause: str) -> Notice:
    """Return what is told of a row, as a record that a connection can deliver."""
    deadline = row.deadline or now
    late = max(0, int((now - deadline).total_seconds()) // 60)
    words = sentence(watch, row, event, late)
    return Notice(
        number=cause.removeprefix("watch:"),
        company=row.company,
        event=event,
        watch=watch.name,
        title=watch.title,
        about=watch.when.record,
        key=row.key,
        missing=watch.unless.record,
        since=row.armed_at or now,
        deadline=deadline,
        late_minutes=late,
        count=row.step + 1 if event is NoticeEvent.LATE else max(1, row.step),
        text=told(words, Language.ZH),
        text_en=told(words, Language.EN),
    )


def sentence(watch: Watch, row: Row, event: NoticeEvent, late: int) -> Message:
    """Return the sentence a person reads."""
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


def facts(watch: Watch, row: Row, told_so: Notice) -> dict[str, Any]:
    """Return what a notice to people keeps: codes, numbers, times, and the sentence as data."""
    words = sentence(watch, row, told_so.event, told_so.late_minutes)
    return {
        "watch": row.watch, "key": row.key, "record": told_so.about, "missing": told_so.missing,
        "deadline": told_so.deadline.isoformat(), "late_minutes": told_so.late_minutes,
        "count": told_so.count, "state": row.state, "record_id": row.record_id,
        "correlation_id": row.correlation_id, "sentence": bundles.sentence_as_data(words),
        "command": f"hub watch show {row.id}",
    }  # fmt: skip
