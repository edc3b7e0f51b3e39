"""What differs from one warehouse system to the next, as data from `profile.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from hub import ConfigError, Outcome, load_profile


class Kind(StrEnum):
    """Failures that are no outcome by themselves: the order is asked for first."""

    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"


#: What a failure means.
Meaning = Kind | Outcome


class Profile(BaseModel):
    """The words of `profile.yaml`; each is explained there."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    method_prefix: str
    version: str
    content_type: str
    inbound: Mapping[str, str]
    status: Mapping[str, Outcome]
    codes: Mapping[str, Meaning]
    words: Mapping[str, Meaning]
    gateway: Mapping[str, Outcome]
    sub_codes: Mapping[str, Outcome]
    cancelled: frozenset[str]
    refused: frozenset[str]
    alive: frozenset[str]
    cut: Mapping[str, int]
    refuse: Mapping[str, int]
    defaults: Mapping[str, Mapping[str, Any]]
    required: Mapping[str, Sequence[str]]
    cancel_reason: str
    element_order: Mapping[str, Sequence[str]]


def read_profile(overrides: Mapping[str, Any]) -> Profile:
    """Return the profile with a connection's overrides; `ConfigError` names every wrong one."""
    try:
        return Profile.model_validate(load_profile(__file__, overrides))
    except ValidationError as exc:
        faults = "; ".join(
            f"profile.{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
            for error in exc.errors()
        )
        raise ConfigError(f"qimen: {faults}") from None
