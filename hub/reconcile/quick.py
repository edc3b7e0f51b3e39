"""Two spreadsheets, compared: what `hub reconcile quick` does, without a store or a connection.

The columns become a reconciliation file like any other, which can be saved and made the first one
of a company.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from hub.compare import forms
from hub.compare.fields import Result
from hub.compare.forms import Problem
from hub.errors import ConfigError
from hub.language import Language, say, told
from hub.mapping.bundle import read_bundle
from hub.mapping.reconciliation.definition import Reconciliation
from hub.nearest import suggestion
from hub.reconcile.clusters import labelled
from hub.reconcile.collect import land_file
from hub.reconcile.engine import Engine
from hub.reconcile.matches import Matches
from hub.reconcile.present import Presenter
from hub.reconcile.report.spool import FINDING, WITHIN, Spool
from hub.reconcile.report.value import Carried, Report, SideReport, Verdict
from hub.reconcile.tally import Tally
from hub.reconcile.wording import rule_of, rules
from hub.store.snapshots import Snapshot
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
    kinds = [
        _kind(pair, [*columns[LEFT][pair.left], *columns[RIGHT][pair.right]]) for pair in compared
    ]
    summed = ", ".join(f"field_{at}" for at, kind in enumerate(kinds, 1) if kind == "number")
    lines = [
        "format: 1",
        "reconciliation: quick",
        f"title: {_quoted(title)}",
        "sides:",
        *(_side(one, table, name) for one, table, name in (
            (LEFT, left, key.left), (RIGHT, right, key.right))),
        "compare:",
        *(_field(at, pair, kind)
          for at, (pair, kind) in enumerate(zip(compared, kinds, strict=True), 1)),
        f"totals: [{summed}]",
    ]  # fmt: skip
    text = "\n".join(lines) + "\n"
    bundle = read_bundle({"own/quick.yaml": text.encode()})
    return bundle.reconciliations["quick"], text


def _side(name: str, table: Table, key: str) -> str:
    return (
        f"  {name}: {{title: {_quoted(table.name)}, connection: {name}, stream: row, "
        f"key: {_path(key)}}}"
    )


def _field(at: int, pair: Pair, kind: str) -> str:
    closely = f", tolerance: {_quoted(pair.tolerance)}" if pair.tolerance else ""
    title = pair.left if pair.left == pair.right else f"{pair.left} = {pair.right}"
    return (
        f"  field_{at}: {{title: {_quoted(title)}, as: {kind}{closely}, "
        f"{LEFT}: {_path(pair.left)}, {RIGHT}: {_path(pair.right)}}}"
    )


def _path(column: str) -> str:
    """Return the path of a column: a quoted name; `ConfigError` where it cannot be quoted."""
    mark = "'" if '"' in column else '"'
    if mark in column:
        raise ConfigError(
            say("The column {column!r} has both kinds of quotes in its name; rename it.",
                column=column)
        )  # fmt: skip
    return _quoted(f"{mark}{column}{mark}")


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


def compare(
    left: Table, right: Table, reconciliation: Reconciliation, spool: Spool, snapshot: Snapshot,
    now: datetime, language: Language,
) -> Report:  # fmt: skip
    """Compare two files; return the report, whose rows are in the spool.

    There is no ledger: what is seen has no cause.
    """
    engine = Engine(reconciliation, snapshot)
    tables = {LEFT: left, RIGHT: right}
    for side, table in tables.items():
        land_file(engine, side, table, now)
        engine.close(side)
    tally, present = (
        Tally(engine),
        Presenter(reconciliation, engine.layout, language, {LEFT: left.name, RIGHT: right.name}),
    )
    opinions, matches = engine.opinions(now), Matches()
    while batch := list(islice(opinions, _SAMPLE)):
        rows = [
            (FINDING, present.finding(seen, one, now, cause=""))
            for one in batch
            for seen in one.seen
        ]
        within = [
            (WITHIN, present.within(one, name, side, judged, now))
            for one in batch for name, side, judged in one.judged
            if judged.result is Result.WITHIN
        ]  # fmt: skip
        spool.add([*rows, *within])
        for _, finding in rows:
            matches.add(finding)
        spool.record(present.record(one) for one in batch if one.seen)
        for one in batch:
            tally.add(one, differing=not one.agrees)
    standing, likely = spool.count(FINDING), matches.told(language)
    return Report(
        name=reconciliation.name, title=reconciliation.title, version=reconciliation.version,
        definition_hash="", run="", mode="quick",
        verdict=Verdict.FINDINGS if standing else Verdict.AGREED, reasons=(), as_of=now,
        started=now, ended=now, zone=str(reconciliation.zone), counts=tally.counts(),
        sides=tuple(
            _side_report(engine, side, table, language) for side, table in tables.items()
        ),
        fields=tally.fields({
            name: told(rule_of(one), language) for name, one in engine.layout.fields.items()
        }),
        totals=tally.totals(), ageing=reconciliation.ageing,
        findings=lambda: labelled(spool.rows(FINDING), (), likely), likely=likely,
        within=lambda: spool.rows(WITHIN),
        record=spool.find, carried=Carried(new=standing),
        rules=rules(reconciliation, None, language),
    )  # fmt: skip


def _side_report(engine: Engine, side: str, table: Table, language: Language) -> SideReport:
    progress = engine.progress[side]
    return SideReport(
        name=side, title=table.name, source=table.name, state="complete", read="full",
        authority=side == engine.definition.authority, pages=progress.pages, rows=progress.rows,
        keys=engine.keys(side), rejected=progress.rejected, started=progress.first_read,
        ended=progress.last_read,
        notes=(*(told(one, language) for one in table.notes), *progress.reasons),
    )  # fmt: skip
