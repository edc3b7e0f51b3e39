"""What a connector keeps in its `profile.yaml`: words of the product that may change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub import yamlreader
from hub.errors import ConfigError


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
