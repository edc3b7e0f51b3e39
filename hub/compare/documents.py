"""Compares what should stand somewhere with what does stand there, field by field.

Serves the read-back of a delivery. Equal is what means the same: `12` and `12.00`, one instant in
two zones, text in another Unicode form or with spaces around it; missing, null, empty text and an
empty list are all "nothing".
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

#: Words a far end writes a boolean with.
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Comparable(Protocol):
    """What must be known of a field to compare it; `hub.FieldSpec` knows it."""

    @property
    def type(self) -> str:
        """Return `text`, `decimal`, `date` …, as `hub.FieldSpec` names them."""
        ...

    @property
    def readable(self) -> bool:
        """Say whether the far end shows the field again."""
        ...

    @property
    def personal(self) -> str | None:
        """Return the kind of personal data it holds, None for none."""
        ...

    @property
    def fields(self) -> Mapping[str, Comparable]:
        """Return the fields of the objects in it, for `list` and `object`."""
        ...


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which two documents disagree."""

    #: Way to the field, such as `lines[line_no=2].quantity`.
    path: str
    #: The values as they came, None for nothing; not shown by `repr`, they may be personal.
    expected: Any = field(repr=False)
    actual: Any = field(repr=False)
    #: Kind of personal data in the values; they stay out of logs and messages then.
    personal: str | None = None

    def __str__(self) -> str:
        if self.personal:
            return f"{self.path}: differs ({self.personal}, not shown)"
        return f"{self.path}: expected {_show(self.expected)}, found {_show(self.actual)}"


def compare(
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    fields: Mapping[str, Comparable],
    *,
    zone: tzinfo = UTC,
    line_key: str = "line_no",
) -> list[Difference]:
    """Return the differences in the readable fields, in the order of `fields`.

    Times without an offset are meant in `zone`. The objects of two lists are matched by
    `line_key` where all have one and none twice, else by their order. A value that does not fit
    the type of its field is compared as text. Fields that are not in `fields` are not looked at.
    """
    return list(_Comparison(zone, line_key).objects(expected, actual, fields, ""))


@dataclass(frozen=True, slots=True)
class _Comparison:
    zone: tzinfo
    line_key: str

    def objects(
        self, left: Any, right: Any, fields: Mapping[str, Comparable], path: str
    ) -> Iterator[Difference]:
        ours = left if isinstance(left, Mapping) else {}
        theirs = right if isinstance(right, Mapping) else {}
        for name, spec in fields.items():
            way = f"{path}.{name}" if path else name
            yield from self.values(ours.get(name), theirs.get(name), spec, way)

    def values(self, left: Any, right: Any, spec: Comparable, path: str) -> Iterator[Difference]:
        if not _looked_at(spec):
            return
        if spec.type == "file":
            left, right = _fingerprint(left), _fingerprint(right)
        if spec.fields and _fits(left, spec) and _fits(right, spec):
            inside = self.lists if spec.type == "list" else self.objects
            yield from inside(left, right, spec.fields, path)
        elif self.meaning(left, spec.type) != self.meaning(right, spec.type):
            yield Difference(path, left, right, _personal(spec))

    def lists(
        self, left: Any, right: Any, fields: Mapping[str, Comparable], path: str
    ) -> Iterator[Difference]:
        for name, ours, theirs in self.pairs(left or (), right or ()):
            way = f"{path}[{name}]"
            if ours is None or theirs is None:
                personal = next(filter(None, map(_personal, fields.values())), None)
                yield Difference(way, ours, theirs, personal)
            else:
                yield from self.objects(ours, theirs, fields, way)

    def pairs(self, left: Sequence[Any], right: Sequence[Any]) -> Iterator[tuple[str, Any, Any]]:
        ours, theirs = self.by_key(left), self.by_key(right)
        if ours is not None and theirs is not None:
            for key in ours | theirs:
                yield f"{self.line_key}={key}", ours.get(key), theirs.get(key)
            return
        for index in range(max(len(left), len(right))):
            pair = [items[index] if index < len(items) else None for items in (left, right)]
            yield str(index), pair[0], pair[1]

    def by_key(self, items: Sequence[Any]) -> dict[str, Any] | None:
        keyed: dict[str, Any] = {}
        for item in items:
            key = item.get(self.line_key) if isinstance(item, Mapping) else None
            if key is None or str(key).strip() in keyed:
                return None
            keyed[str(key).strip()] = item
        return keyed

    def meaning(self, value: Any, kind: str) -> object:
        """Return what a value means: two values agree when their meanings are equal."""
        if (
            value is None
            or value == ""
            or (isinstance(value, list | tuple | Mapping) and not value)
        ):
            return None
        if isinstance(value, list | tuple):
            return tuple(self.meaning(item, "text") for item in value)
        try:
            return self.typed(value, kind)
        except (ValueError, KeyError, InvalidOperation, OverflowError):
            return _text(value)

    def typed(self, value: Any, kind: str) -> object:
        match kind:
            case "decimal" | "integer":
                number = Decimal(str(value).strip())
                return number if number.is_finite() else _text(value)
            case "boolean":
                return _BOOLEANS[str(value).strip().lower()]
            case "date":
                return self.day(value)
            case "datetime":
                return self.instant(value)
        return _text(value)

    def instant(self, value: Any) -> datetime:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(_iso(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)

    def day(self, value: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str) and len(value.strip()) <= len("2026-06-01"):
            return date.fromisoformat(value.strip())
        return self.instant(value).astimezone(self.zone).date()


def _iso(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _text(value: Any) -> str | None:
    return unicodedata.normalize("NFC", str(value)).strip() or None


def _fingerprint(content: Any) -> str | None:
    """Return what tells a file from others; files themselves stay out of messages."""
    if not content:
        return None
    return f"sha256 {hashlib.sha256(str(content).encode()).hexdigest()[:16]}"


def _fits(value: Any, spec: Comparable) -> bool:
    if value is None or value == "":
        return True
    if spec.type != "list":
        return isinstance(value, Mapping)
    return isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value)


def _looked_at(spec: Comparable) -> bool:
    return spec.readable if not spec.fields else any(map(_looked_at, spec.fields.values()))


def _personal(spec: Comparable) -> str | None:
    return spec.personal or next(filter(None, map(_personal, spec.fields.values())), None)


def _show(value: Any) -> str:
    return "nothing" if value is None else str(value)
