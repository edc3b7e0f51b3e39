"""What differs from one platform or tenant to the next, as data from `profile.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

import hub
from hub import Outcome

#: Where a request carries a value: `header:x-signature` or `query:timestamp`.
Place = Annotated[str, Field(pattern=r"^(header|query):\S+$")]


class Kind(StrEnum):
    """Failures that are no outcome by themselves: the record is looked at first."""

    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"


#: What a failure means.
Meaning = Kind | Outcome

#: What a profile can say of a failure, which never proves that something was done.
_MEANINGS: Mapping[str, Meaning] = {
    one.value: one
    for one in (*Outcome, *Kind)
    if one not in {Outcome.APPLIED, Outcome.ALREADY_APPLIED}
}


def _meaning(word: Any) -> Meaning:
    if isinstance(word, str) and word in _MEANINGS:
        return _MEANINGS[word]
    raise ValueError(f"must be one of {', '.join(_MEANINGS)}")


_Meaning = Annotated[Kind | Outcome, BeforeValidator(_meaning)]
_Path = Annotated[str, Field(pattern="^/")]
_Status = Annotated[str, Field(pattern="^[1-5][0-9]{2}$")]


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Paths(_Words):
    """Paths of the interfaces, below the base URL."""

    list: _Path
    get: _Path
    update: _Path
    upload_token: _Path


class Auth(_Words):
    """Header that carries the key."""

    header: str
    value: str


class Answers(_Words):
    """Dotted paths into an answer."""

    rows: str
    record: str
    uploads: str
    upload_key: str
    code: str
    words: str


class Success(_Words):
    """What a 2xx answer needs to be a success."""

    path: str
    values: Annotated[Sequence[str], Field(min_length=1)]
    required: bool


class System(_Words):
    """Names of the fields every record has."""

    id: str
    app: str
    entry: str
    modified: str
    writer: str
    deleted: str


class Challenge(_Words):
    """How the platform checks our address for the first time."""

    query: str
    body: str
    reply: Literal["plain", "json"]


class Webhook(_Words):
    """Shape of a push."""

    operation: str
    record: str
    moment: str
    deliver_id: Place
    identity: Sequence[Literal["deliver_id", "change", "body"]]
    operations: Mapping[str, Literal["changed", "removed", "ignored"]]
    challenge: Challenge


class Profile(_Words):
    """The words of `profile.yaml`; each is explained there."""

    paths: Paths
    auth: Auth
    page_size: Annotated[int, Field(ge=1, le=1000)]
    last_page: Literal["short", "empty"]
    start_trigger: bool
    answers: Answers
    success: Success
    upload_minutes: Annotated[int, Field(ge=1)]
    system: System
    webhook: Webhook
    codes: Mapping[str, _Meaning]
    statuses: Mapping[_Status, _Meaning]


def read_profile(flavour: str, overrides: Mapping[str, Any]) -> Profile:
    """Return a platform's profile with a connection's overrides.

    Raises `ConfigError` that names every wrong word.
    """
    beside = Path(__file__) if flavour == "jiandaoyun" else Path(__file__).parent / flavour / "-"
    return hub.read_profile("lowcode", Profile, str(beside), overrides)
