"""The SQL that SQLite and DuckDB share: it says of each key who lacks it and what differs.

A row of the result is a key and numbers whose bits are sides or fields: the sides that have the
key, those where several objects have it, and for each side but the first the fields that differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reconcile_canonical import COLUMNS, FIELDS, TEXTS, TOLERANCES


def declared(integer: str = "INTEGER", text: str = "TEXT") -> dict[str, str]:
    """Return column → type of the rows as they come."""
    return {name: text if name in TEXTS else integer for name in COLUMNS}


def folded(landed: str) -> str:
    """Return one row a key: the newest of it, and `objects`, how many objects have it.

    Both databases yield them as the outer partition sorts them, which is by key.
    """
    order = "ORDER BY modified DESC, ordinal DESC"
    return (
        f"SELECT key, {', '.join(FIELDS)}, objects FROM (SELECT *, count(*) OVER (PARTITION BY key)"
        f" AS objects, row_number() OVER (PARTITION BY key {order}) AS place FROM (SELECT *,"
        f" row_number() OVER (PARTITION BY key, id {order}) AS age FROM {landed}) WHERE age = 1)"
        " WHERE place = 1"
    )


def judged(sides: Sequence[str], unlike: str) -> list[str]:
    """Return the columns after the key, named; `unlike` is what compares NULL as a value."""
    masks = [f"{_mask(sides, at, unlike)} AS mask_{at}" for at in range(1, len(sides))]
    present = _bits(f"{side}.key IS NOT NULL" for side in sides)
    several = _bits(f"{side}.objects > 1" for side in sides)
    return [f"{present} AS present", f"{several} AS several", *masks]


def wanted(sides: Sequence[str]) -> str:
    """Return the condition on those columns that is true of findings."""
    masks = (f"mask_{at} <> 0" for at in range(1, len(sides)))
    return " OR ".join((f"present <> {2 ** len(sides) - 1}", "several <> 0", *masks))


def _mask(sides: Sequence[str], at: int, unlike: str) -> str:
    """Return what differs from the first side before that has one object of the key."""
    other = sides[at]
    bases = " ".join(
        f"WHEN {base}.objects = 1 THEN {_differing(base, other, unlike)}" for base in sides[:at]
    )
    return f"CASE WHEN {other}.key IS NULL OR {other}.objects > 1 THEN 0 {bases} ELSE 0 END"


def _differing(base: str, other: str, unlike: str) -> str:
    return _bits(_differs(f"{base}.{name}", f"{other}.{name}", name, unlike) for name in FIELDS)


def _differs(one: str, other: str, name: str, unlike: str) -> str:
    if name not in TOLERANCES:
        return f"{one} {unlike} {other}"
    return f"({one} IS NULL) <> ({other} IS NULL) OR abs({one} - {other}) > {TOLERANCES[name]}"


def _bits(conditions: Iterable[str]) -> str:
    each = (f"CASE WHEN {one} THEN {2**bit} ELSE 0 END" for bit, one in enumerate(conditions))
    return f"({' + '.join(each)})"


def findings(
    rows: Iterable[Sequence[Any]], sides: Sequence[str]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the findings of the rows, as the oracle words them."""
    for key, present, several, *masks in rows:
        for bit, side in enumerate(sides):
            if not present >> bit & 1:
                yield key, side, "missing", ""
            elif several >> bit & 1:
                yield key, side, "duplicate", ""
        for side, mask in zip(sides[1:], masks, strict=True):
            for bit, name in enumerate(FIELDS):
                if mask >> bit & 1:
                    yield key, side, "differs", name
