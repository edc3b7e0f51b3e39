"""Kinds of values the API takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_EXAMPLE_ID = "0197a2b4c6d87e0f9a1b2c3d4e5f6071"
#: Id of a row, as lists give it.
Id: TypeAlias = Annotated[
    str, StringConstraints(pattern="^[0-9a-f]{32}$"), Field(examples=[_EXAMPLE_ID])
]
PathId: TypeAlias = Annotated[
    Id, Path(description="Its id, as lists give it. 列表中给出的编号。", examples=[_EXAMPLE_ID])
]
#: A name or number; no database takes a NUL in it.
Word: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]+$")
]
Reason: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]+$"),
    Field(description="Why; it is kept. 理由，会留存。", examples=["Booked by hand as V-118"]),
]
#: Whose copy a document is, as it is printed.
Recipient: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00]+$"),
    Field(description="Whose copy it is, as it is printed. 收件人，将印在副本上。"),
]
MessageState: TypeAlias = Literal["received", "fetching", "routed", "waiting", "ignored", "failed"]
DeliveryState: TypeAlias = Literal[
    "blocked",
    "ready",
    "sending",
    "accepted",
    "in_doubt",
    "delivered",
    "dead",
    "superseded",
    "cancelled",
    "skipped",
]


class Given(BaseModel):
    """What a caller sends; what is not known is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid")


class Told(BaseModel):
    """What a caller is told."""


class Sentences(Told):
    """One sentence in both languages."""

    en: str
    zh: str
