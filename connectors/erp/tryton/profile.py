"""What differs from one Tryton to the next, as data from `profile.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hub import ConfigError, load_profile

#: Words a text may hold in braces.
TEXT_WORDS = (
    *("commitment_no", "reference", "revision", "title", "text"),
    *("watermark", "content_sha256"),
)
_DRAWING_GROUPS = frozenset({"drawing_no", "drawing_version"})


def _known_words(text: str) -> str:
    try:
        text.format_map(dict.fromkeys(TEXT_WORDS, ""))
    except (KeyError, ValueError, IndexError, AttributeError) as exc:
        raise ValueError(f"wrong word {exc}; known words: {', '.join(TEXT_WORDS)}") from exc
    return text


def _named_groups(pattern: re.Pattern[str]) -> re.Pattern[str]:
    if not set(pattern.groupindex) >= _DRAWING_GROUPS:
        raise ValueError(f"it needs the groups {' and '.join(sorted(_DRAWING_GROUPS))}")
    return pattern


#: Name of a field of Tryton; empty: there is none.
FieldName = Annotated[str, BeforeValidator(lambda name: "" if name is None else name)]
Text = Annotated[str, AfterValidator(_known_words)]
SaleState = Literal["draft", "quotation", "confirmed"]


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Texts(_Words):
    """Texts we write into Tryton."""

    note: Text
    promise: Text
    origin: Text


class Profile(_Words):
    """The words of `profile.yaml`; each is explained there."""

    accepted_warnings: frozenset[str]
    new_sale_state: SaleState
    supplementary_state: SaleState
    shipping_date_field: FieldName
    texts: Texts
    bom_code_field: FieldName
    bom_drawing: Annotated[re.Pattern[str], AfterValidator(_named_groups)]
    page_size: Annotated[int, BeforeValidator(str), Field(ge=1, le=1000)]


def read_profile(overrides: Mapping[str, Any]) -> Profile:
    """Return the profile with a connection's overrides; `ConfigError` names every wrong one."""
    try:
        return Profile.model_validate(load_profile(__file__, overrides))
    except ValidationError as exc:
        faults = "; ".join(
            f"profile.{'.'.join(str(part) for part in error['loc'])} is {error['input']!r}:"
            f" {error['msg']}"
            for error in exc.errors()
        )
        raise ConfigError(
            f"tryton: {faults}. Correct it below `profile` of the connection."
        ) from None
