"""Sample documents, and plain data as a person writes it in a mapping file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.mapping.writing.quoting import flow, scalar

#: Characters of a line that still fit a screen.
WIDTH = 100

_STEP = "  "

_SAMPLES: Mapping[str, Any] = {
    "integer": "2",
    "decimal": "12.50",
    "boolean": True,
    "date": "2026-06-30",
    "datetime": "2026-06-30T01:30:00Z",
    "email": "buyer@example.com",
}


def document(ways: Mapping[tuple[str, ...], str]) -> dict[str, Any]:
    """Return a document with a value of its type at each way; `[]` is the one item of a list."""
    found: dict[str, Any] = {}
    for way, kind in ways.items():
        name = [part for part in way if part != "[]"][-1]
        text = "CNY" if name.lower() == "currency" else f"{name} 1"
        _put(found, way, _SAMPLES.get(kind, text))
    return found


def _put(owner: dict[str, Any], way: tuple[str, ...], value: Any) -> None:
    name, *rest = way
    if not rest:
        owner[name] = value
    elif rest == ["[]"]:
        owner[name] = [value]
    elif rest[0] == "[]":
        _put(owner.setdefault(name, [{}])[0], tuple(rest[1:]), value)
    else:
        _put(owner.setdefault(name, {}), tuple(rest), value)


def yaml(name: str, value: Any, indent: str) -> list[str]:
    """Return a name with its value: in one line where that fits, else a line for each part."""
    line = f"{indent}{scalar(name)}: {flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, Mapping | list) or not value:
        return [line]
    lines = [f"{indent}{scalar(name)}:"]
    if isinstance(value, Mapping):
        for inner, item in value.items():
            lines += yaml(inner, item, f"{indent}{_STEP}")
        return lines
    for item in value:
        lines += _item(item, f"{indent}{_STEP}")
    return lines


def _item(value: Any, indent: str) -> list[str]:
    line = f"{indent}- {flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, Mapping):
        return [line]
    lines = [part for name, item in value.items() for part in yaml(name, item, f"{indent}{_STEP}")]
    return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]
