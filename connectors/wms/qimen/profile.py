"""What differs from one warehouse system to the next, as data from `profile.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

import hub
from hub import Outcome


class Kind(StrEnum):
    """Failures that are no outcome by themselves: the order is asked for first."""

    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"


#: What a failure means.
Meaning = Kind | Outcome

#: Outcomes a profile can name: a failure never proves that something was done.
_OUTCOMES: Mapping[str, Outcome] = {
    one.value: one for one in Outcome if one not in {Outcome.APPLIED, Outcome.ALREADY_APPLIED}
}
_MEANINGS: Mapping[str, Meaning] = {**_OUTCOMES, **{one.value: one for one in Kind}}


def _one_of(known: Mapping[str, Meaning]) -> BeforeValidator:
    def read(word: Any) -> Meaning:
        if isinstance(word, str) and word in known:
            return known[word]
        raise ValueError(f"must be one of {', '.join(known)}")

    return BeforeValidator(read)


#: How the tables of the profile say what a failure means.
_Outcome = Annotated[Outcome, _one_of(_OUTCOMES)]
_Meaning = Annotated[Kind | Outcome, _one_of(_MEANINGS)]
_Status = Annotated[str, Field(pattern=r"^[1-5][0-9]{2}$")]
_Checked = Annotated[str, Field(pattern="^(deliveryOrder|receiverInfo|senderInfo|orderLine)$")]
_Text = Annotated[str, Field(min_length=1)]
_Length = Annotated[int, Field(ge=1)]


class Profile(BaseModel):
    """The words of `profile.yaml`; each is explained there."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    method_prefix: str
    version: str
    content_type: str
    inbound: Mapping[str, Literal["shipment", "progress"]]
    status: Mapping[_Status, _Outcome]
    codes: Mapping[str, _Meaning]
    words: Mapping[_Text, _Meaning]
    check_words: Mapping[_Text, _Outcome]
    gateway: Mapping[str, _Outcome]
    sub_codes: Mapping[_Text, _Outcome]
    cancelled: frozenset[str]
    refused: frozenset[str]
    alive: frozenset[str]
    cut: Mapping[str, _Length]
    refuse: Mapping[str, _Length]
    defaults: Mapping[Literal["deliveryOrder", "orderLine"], Mapping[str, Any]]
    required: Mapping[_Checked, Sequence[str]]
    cancel_reason: str
    element_order: Mapping[str, Sequence[str]]

    @property
    def void(self) -> frozenset[str]:
        """Statuses of an order that stands at the warehouse and will not be shipped."""
        return self.refused | self.cancelled


def read_profile(overrides: Mapping[str, Any]) -> Profile:
    """Return the profile with a connection's overrides; `ConfigError` names every wrong one."""
    return hub.read_profile("qimen", Profile, __file__, overrides)
