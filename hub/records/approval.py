"""An approval that arrives by itself, from a workflow product rather than inside the form."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from hub.records.base import Code, Instant, Record, Text
from hub.records.commitment import Decision


class Approval(Record):
    """One level's decision about one revision of another record."""

    kind_name: ClassVar[str] = "approval"
    outside_content: ClassVar[frozenset[str]] = frozenset({"modified_at"})
    personal: ClassVar[dict[str, str]] = {"person": "name"}

    #: Kind and number of the record it is about.
    about: Code = "commitment"
    about_number: Code
    about_revision: Annotated[int, Field(ge=1)] = 1
    level: Code
    person: Code
    decision: Decision = Decision.APPROVED
    decided_at: Instant | None = None
    role: Code | None = None
    auto_passed: bool = False
    comment: Text = ""
