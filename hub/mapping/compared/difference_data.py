"""What differs between two bundles as plain data: one shape for processes, programs and people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.mapping.compared.meaning import Change, Differing, Rule

#: File as a bundle names it → as whoever reads the data knows it.
_Named = Callable[[str], str]


def as_data(one: Differing, named: _Named = str) -> dict[str, Any]:
    """Return a mapping or route that differs, with each of its parts and where they stand."""
    return {
        "what": one.what, "name": one.name, "kind": one.kind, "same_version": one.same_version,
        "changes": [_change(change, named) for change in one.changes],
    }  # fmt: skip


def _change(change: Change, named: _Named) -> dict[str, Any]:
    sides = {"old": _rule(change.old, named), "new": _rule(change.new, named)}
    return {"part": change.part, "name": change.name, "kind": change.kind, **sides}


def _rule(rule: Rule | None, named: _Named) -> dict[str, Any] | None:
    if rule is None:
        return None
    place = rule.place
    file = named(place.file)
    return {"text": rule.text, "file": file, "line": place.line, "column": place.column}
