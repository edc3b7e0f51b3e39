"""Says what a reconciliation must find, with dictionaries and exact decimals: plain, not fast.

    reconcile_oracle.py FOLDER

A finding is (canonical key, side, kind, field): `missing` where another side has the key,
`duplicate` where several objects of the side have it, `differs` for a field or the revision. The
first side is the authority. Sides with exactly one object of a key are compared with the first of
them, in the order of the sides; one that has several is compared with none.

It shares no code with what it judges.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from reconcile_steps import Steps

#: Canonical key, side, kind, field; empty: the finding is of the whole object.
Finding: TypeAlias = tuple[str, str, str, str]
Items: TypeAlias = Iterable[Mapping[str, Any]]

#: Raises rather than rounds.
_EXACT = Context(prec=200, traps=[Inexact, InvalidOperation])
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Row:
    """What counts of an item."""

    key: str
    modified: datetime
    #: In the order of `FIELDS`; None where nothing stands.
    values: tuple[Any, ...]


# ---- canonical form ----------------------------------------------------------------------------


def canonical_key(value: Any) -> str:
    """Return a key as it is the same on all sides; empty: it is none."""
    text = unicodedata.normalize("NFKC", str(value or ""))
    return re.sub(r"[\s\-_/]", "", _UNSEEN.sub("", text).strip().upper())


def _number(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    number = Decimal(repr(value) if isinstance(value, float) else value)
    if not number.is_finite():
        raise ValueError(f"{value!r} is no number")
    return number


@lru_cache(100_000)
def _day(value: str | None) -> int | None:
    return date.fromisoformat(value).toordinal() if value else None


@lru_cache(100_000)
def _text(value: str | None) -> str | None:
    text = unicodedata.normalize("NFKC", value or "")
    return _UNSEEN.sub("", text).strip() or None


def _instant(value: str | None) -> datetime:
    moment = datetime.fromisoformat(value or "0001-01-01")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


#: Field → its form, and how far apart two values may be; None: texts, which may not.
FIELDS: Mapping[str, tuple[Callable[[Any], Any], Decimal | None]] = {
    "rev": (_number, Decimal(0)),
    "amount": (_number, Decimal("0.01")),
    "tax": (_number, Decimal(0)),
    "qty": (_number, Decimal(0)),
    "due": (_day, Decimal(3)),
    "signed": (_day, Decimal(0)),
    "customer": (_text, None),
    "currency": (_text, None),
    "status": (_text, None),
}


# ---- findings ----------------------------------------------------------------------------------


def findings(sides: Mapping[str, Items]) -> set[Finding]:
    """Return everything there is to find between the items of two or more sides.

    The first side of the mapping is the authority. Items have the names `reconcile_data` gives
    them; one without a usable key is none, and one of several with the same `id` counts: that
    with the latest `modified`, of equal ones the last. Raises `ValueError` and `InvalidOperation`
    of what is no number or no day.
    """
    landed = {side: _by_key(items) for side, items in sides.items()}
    keys = set().union(*landed.values())
    return {finding for key in keys for finding in _of_key(key, landed)}


def _by_key(items: Items) -> dict[str, list[Row]]:
    newest: dict[str, Row] = {}
    for item in items:
        row = _row(item)
        known = newest.get(item["id"])
        if known is None or row.modified >= known.modified:
            newest[item["id"]] = row
    found: dict[str, list[Row]] = {}
    for row in newest.values():
        if row.key:
            found.setdefault(row.key, []).append(row)
    return found


def _row(item: Mapping[str, Any]) -> Row:
    values = tuple(form(item.get(name)) for name, (form, _) in FIELDS.items())
    return Row(canonical_key(item.get("number")), _instant(item.get("modified")), values)


def _of_key(key: str, landed: Mapping[str, Mapping[str, list[Row]]]) -> Iterator[Finding]:
    single: list[tuple[str, Row]] = []
    for side, rows in landed.items():
        match rows.get(key, []):
            case []:
                yield key, side, "missing", ""
            case [row]:
                single.append((side, row))
            case _:
                yield key, side, "duplicate", ""
    for side, row in single[1:]:
        for name in _differing(single[0][1], row):
            yield key, side, "differs", name


def _differing(expected: Row, actual: Row) -> Iterator[str]:
    for (name, (_, tolerance)), one, other in zip(
        FIELDS.items(), expected.values, actual.values, strict=True
    ):
        if _differ(one, other, tolerance):
            yield name


def _differ(one: Any, other: Any, tolerance: Decimal | None) -> bool:
    if one is None or other is None:
        return one is not other
    if tolerance is None:
        return bool(one != other)
    return abs(_EXACT.subtract(Decimal(one), Decimal(other))) > tolerance


def digest(found: Iterable[Finding]) -> str:
    """Return what is the same for the same findings, in whatever order they come."""
    lines = sorted("\t".join(finding) for finding in found)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the items of a file of pages."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield from json.loads(line, parse_float=Decimal)


if __name__ == "__main__":
    _steps = Steps()
    _folder = Path(sys.argv[1])
    _paths = [
        path for name in ("crm", "erp", "fin") if (path := _folder / f"{name}.jsonl").exists()
    ]
    with _steps("compare"):
        _found = findings({path.stem: read(path) for path in _paths})
    print(_steps.line(len(_found), digest(_found), "reading and canonical form included"))
