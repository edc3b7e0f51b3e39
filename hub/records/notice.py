"""Words of the hub to people, as a connection delivers them: a chat message, a task in a form."""

from __future__ import annotations

import enum
from typing import Annotated, ClassVar

from pydantic import Field

from hub.records.base import Code, Instant, Record, Text


class NoticeEvent(enum.StrEnum):
    """What it tells."""

    #: What was waited for did not come in time.
    LATE = "late"
    #: It has come by now, or is no longer waited for.
    OVER = "over"


class Notice(Record):
    """One notice of a watch; the hub makes it, and a step of the watch delivers it."""

    kind_name: ClassVar[str] = "notice"

    event: NoticeEvent
    #: Name and title of the watch.
    watch: Code
    title: Text
    #: Kind of the record that something was to follow, and what both are known by.
    about: Code
    key: Text
    #: Kind of the record that was to come.
    missing: Code
    #: When the first one came, and until when the other one was to come.
    since: Instant
    deadline: Instant
    late_minutes: Annotated[int, Field(ge=0)] = 0
    #: Notices of this watch about this key so far, this one counted.
    count: Annotated[int, Field(ge=1)] = 1
    #: All of it as a sentence, in Chinese and in English.
    text: Text
    text_en: Text
