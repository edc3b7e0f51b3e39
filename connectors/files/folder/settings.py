"""Options of a connection to a folder."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from hub import ConnectorSettings

_DURATION = re.compile(r"(\d{1,9}) ?(ms|s|m|h|d)")
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def _duration(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value)
    if found is None:
        raise ValueError(f"{value!r} is no time; write a number and ms, s, m, h or d: 10s")
    return int(found[1]) * _UNITS[found[2]]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+ ?(ms|s|m|h|d)$", "examples": ["10s"]}),
]
_Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class FolderSettings(ConnectorSettings):
    """Options of one folder."""

    #: The folder, meant from the folder of `hub.yaml`; it must be there. What belongs into it is
    #: made when it is needed: `inbox/`, `archive/`, `quarantine/`, `out/`.
    folder: Path
    #: Which files of `inbox/` are read; upper and lower case are alike.
    pattern: str = Field(default="*.csv", min_length=1)
    #: Column, or list of columns, that names the object of a row.
    key: Annotated[_Names, Field(min_length=1)]
    #: Sheet of a workbook; none: the first one that holds something.
    sheet: str | None = None
    #: Line in which the columns are named, where the guess is wrong.
    header: Annotated[int, Field(ge=1)] | None = None
    #: Columns that must be there, besides the key.
    columns: _Names = ()
    #: A file that changed within this time is left alone until the next poll: it may still grow.
    settled_after: _Duration = timedelta(seconds=10)

    @property
    def base_url(self) -> str:
        """An address that leads nowhere: every connection has a client, and this one calls none."""
        return "http://folder.invalid"

    @field_validator("folder")
    @classmethod
    def _from_the_file(cls, value: Path, given: ValidationInfo) -> Path:
        base = (given.context or {}).get("folder")
        return value if base is None else Path(base) / value

    @field_validator("pattern")
    @classmethod
    def _of_one_folder(cls, value: str) -> str:
        if "/" in value or "\\" in value:
            raise ValueError("must be the name of a file, such as *.csv: inbox/ has no folders")
        return value
