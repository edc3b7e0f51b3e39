"""What a connector keeps in its `profile.yaml`: words of the product that may change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from hub import yamlreader
from hub.errors import ConfigError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_Model = TypeVar("_Model", bound=BaseModel)


def read_profile(
    connector: str, model: type[_Model], connector_file: str, overrides: Mapping[str, Any]
) -> _Model:
    """Return the profile with a connection's overrides; `ConfigError` names every wrong word."""
    try:
        return model.model_validate(load_profile(connector_file, overrides))
    except ValidationError as exc:
        faults = "; ".join(_fault(error) for error in exc.errors())
        raise ConfigError(
            f"{connector}: {faults}. Correct it under profile: of the connection; the connector's"
            " profile.yaml explains every word"
        ) from None


def _fault(error: ErrorDetails) -> str:
    word = ".".join(["profile", *(str(part) for part in error["loc"] if part != "[key]")])
    if error["type"] == "extra_forbidden":
        return f"{word}: there is no such word"
    return f"{word} is {error['input']!r:.80}: {error['msg'].removeprefix('Value error, ')}"


def load_profile(connector_file: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `profile.yaml` beside the connector, with a connection's overrides laid over it.

    A dictionary is merged, anything else replaced. Text stays text, as in an override: `100` and
    `no` too. A fault of the file is a `ConfigError`, and so is an override whose top word the
    profile does not know: a misspelt code must not pass in silence.
    """
    path = Path(connector_file).with_name("profile.yaml")
    profile: dict[str, Any] = yamlreader.require(yamlreader.read(path)).content
    unknown = sorted(set(overrides) - set(profile))
    if unknown:
        known = ", ".join(sorted(profile))
        raise ConfigError(f"profile: unknown {', '.join(unknown)}; known words: {known}")
    return _merged(profile, overrides)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        old = merged.get(name)
        merged[name] = (
            _merged(old, value)
            if isinstance(old, Mapping) and isinstance(value, Mapping)
            else value
        )
    return merged
