"""Two spreadsheets, compared: what `hub reconcile quick` does, without a store or a connection.

The columns become a reconciliation file like any other, which can be saved and made the first one
of a company.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from hub.compare import forms
from hub.compare.forms import Problem
from hub.errors import ConfigError
from hub.language import say
from hub.mapping.bundle import read_bundle
from hub.mapping.reconciliation.definition import Reconciliation
from hub.nearest import suggestion
from hub.table_file import Table

LEFT, RIGHT = "left", "right"
#: Rows that are looked at to see what a column holds.
_SAMPLE = 1_000
#: Share of the values of a column that must fit its type.
_MOST = Decimal("0.95")
#: Digits from which on a number is a name: an invoice, a bank account.
_NAME_DIGITS = 16
_FIELD = re.compile(r"(?P<left>[^=~]+?)(?:=(?P<right>[^=~]+?))?(?:~(?P<tolerance>[^=~]+))?")
_LIKELY_KEYS = re.compile(r"号|编码|编号|代码|单据|(?i:\bno\b|number|code|\bid\b|key)")


@dataclass(frozen=True, slots=True)
class Pair:
    """A column of the left file and its counterpart in the right one."""

    left: str
    right: str
    #: As `--compare` says it, such as `0.01` or `3d`; empty: exactly.
    tolerance: str = ""


def pairs(text: str, left: Table, right: Table) -> list[Pair]:
    """Return what `--compare` names: `金额~0.01,日期~3d,客户=客户名称`.

    Raises `ConfigError` with the columns there are.
    """
    found = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        match = _FIELD.fullmatch(part)
        if match is None:
            raise ConfigError(
                say("{part!r} is no field; write COLUMN, COLUMN~TOLERANCE or LEFT=RIGHT", part=part)
            )
        ours = _column(match["left"].strip(), left)
        theirs = _column((match["right"] or match["left"]).strip(), right)
        found.append(Pair(ours, theirs, (match["tolerance"] or "").strip()))
    return found


def key_pair(text: str, left: Table, right: Table) -> Pair:
    """Return the columns of the key; `ConfigError` where there are none of that name."""
    ours, _, theirs = text.partition("=")
    return Pair(_column(ours.strip(), left), _column((theirs or ours).strip(), right))


def likely_keys(left: Table, right: Table) -> list[str]:
    """Return columns of both files that may be the key, the likeliest first."""
    both = [name for name in left.columns if name in right.columns]
    likely = [name for name in both if _LIKELY_KEYS.search(name)]
    return [*likely, *(name for name in both if name not in likely)]


def _column(name: str, table: Table) -> str:
    fold = forms.folder(("nfkc", "drop_spaces", "lower"))
    found = {fold(one): one for one in table.columns}.get(fold(name))
    if found is None:
        known = ", ".join(table.columns)
        raise ConfigError(
            say("{file} has no column {column!r}; it has: {known}. {hint}",
                file=table.name, column=name, known=known,
                hint=suggestion(name, table.columns))
        )  # fmt: skip
    return str(found)


def definition(
    left: Table, right: Table, key: Pair, compared: Sequence[Pair], title: str
) -> tuple[Reconciliation, str]:
    """Return the reconciliation of two files and the text of its file.

    Without `compared` all columns of the same name are; what a column holds is taken from its
    values.
    """
    if not compared:
        compared = [
            Pair(name, name) for name in left.columns
            if name in right.columns and name != key.left
        ]  # fmt: skip
    if not compared:
        raise ConfigError(
            say("{left} and {right} have no column of the same name to compare; "
                "say which: --compare {example}",
                left=left.name, right=right.name,
                example=f"{left.columns[-1]}={right.columns[-1]}")
        )  # fmt: skip
    columns = {one: _values(table, names) for one, table, names in (
        (LEFT, left, [pair.left for pair in compared]),
        (RIGHT, right, [pair.right for pair in compared]),
    )}  # fmt: skip
    lines = [
        "format: 1",
        "reconciliation: quick",
        f"title: {_quoted(title)}",
        "sides:",
        *(_side(one, table, name) for one, table, name in (
            (LEFT, left, key.left), (RIGHT, right, key.right))),
        "compare:",
        *(_field(at, pair, columns[LEFT][pair.left], columns[RIGHT][pair.right])
          for at, pair in enumerate(compared, 1)),
    ]  # fmt: skip
    text = "\n".join(lines) + "\n"
    bundle = read_bundle({"own/quick.yaml": text.encode()})
    return bundle.reconciliations["quick"], text


def _side(name: str, table: Table, key: str) -> str:
    return (
        f"  {name}: {{title: {_quoted(table.name)}, connection: {name}, stream: row, "
        f"key: {_path(key)}}}"
    )


def _field(at: int, pair: Pair, left: Sequence[Any], right: Sequence[Any]) -> str:
    kind = _kind(pair, [*left, *right])
    closely = f", tolerance: {_quoted(pair.tolerance)}" if pair.tolerance else ""
    title = pair.left if pair.left == pair.right else f"{pair.left} = {pair.right}"
    return (
        f"  field_{at}: {{title: {_quoted(title)}, as: {kind}{closely}, "
        f"{LEFT}: {_path(pair.left)}, {RIGHT}: {_path(pair.right)}}}"
    )


def _path(column: str) -> str:
    """Return the path of a column: a quoted name, so that any name is one."""
    mark = "'" if '"' in column else '"'
    return _quoted(f"{mark}{column.replace(mark, '')}{mark}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _values(table: Table, names: Sequence[str]) -> Mapping[str, list[Any]]:
    at = {name: table.columns.index(name) for name in names}
    rows = list(islice(table.rows(), _SAMPLE))
    return {
        name: [row.cells[position] for row in rows if row.cells[position] is not None]
        for name, position in at.items()
    }


def _kind(pair: Pair, values: Sequence[Any]) -> str:
    """Return what a column holds: number, date or text."""
    if re.search(r"\d ?(d|wd|days?|working days?)$", pair.tolerance):
        return "date"
    if pair.tolerance:
        return "number"
    if not values:
        return "text"
    for kind, fits in (("date", _is_date), ("number", _is_number)):
        if sum(map(fits, values)) >= _MOST * len(values):
            return kind
    return "text"


def _is_date(value: Any) -> bool:
    if isinstance(value, date):
        return True
    if not isinstance(value, str) or re.fullmatch(r"\d+", value.strip()):
        return False
    return not isinstance(forms.day(value), Problem)


def _is_number(value: Any) -> bool:
    if isinstance(value, Decimal):
        return True
    if not isinstance(value, str):
        return False
    text = value.strip()
    # 00981 and 24312000000012345678 are names
    named = re.fullmatch(r"0\d+|\d+", text)
    if named and ((text.startswith("0") and len(text) > 1) or len(text) >= _NAME_DIGITS):
        return False
    return not isinstance(forms.number(text), Problem)


def documents(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield line and content of each row of a file."""
    names = [name.replace('"', "") if '"' in name and "'" in name else name
             for name in table.columns]  # fmt: skip
    for row in table.rows():
        cells = (one.isoformat() if isinstance(one, date | datetime) else one for one in row.cells)
        yield str(row.line), dict(zip(names, cells, strict=True))
