"""A table of links as a person hands it in, checked as a whole before anything is written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from hub.errors import ConfigError, Fault
from hub.language import Message, say
from hub.nearest import suggestion
from hub.sheet import Row, Sheet
from hub.store.links import LONGEST

_COLUMNS = ("connection", "kind", "handle", "external_id")
_KIND = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says for all rows, where the table does not."""

    connection: str | None = None
    kind: str | None = None

    def of(self, column: str) -> str | None:
        """Return what was given instead of a column."""
        return self.connection if column == "connection" else self.kind


#: Connection and kind → our handle → their id.
Groups = dict[tuple[str, str], dict[str, str]]


def read(sheet: Sheet, given: Given, connections: Collection[str]) -> Groups:
    """Return the links of a table; `ConfigError` with every fault of it."""
    needed = [name for name in _COLUMNS[:2] if given.of(name) is None]
    faults = [
        *sheet.faults_in(*_COLUMNS),
        *(sheet.missing(*needed, "handle", "external_id") if sheet.columns else ()),
    ]
    groups: Groups = {}
    lines: dict[tuple[str, str, str], int] = {}
    if not faults:
        for row in sheet.rows:
            found = _values(sheet, row, given)
            wrong = list(_faults(sheet, row, given, found, connections))
            faults += wrong
            if wrong:
                continue
            name = found["connection"], found["kind"], found["handle"]
            if name in lines:
                faults.append(_twice(sheet, row, found["handle"], lines[name]))
                continue
            lines[name] = row.line
            groups.setdefault(name[:2], {})[name[2]] = found["external_id"]
    if faults:
        raise ConfigError(faults=faults)
    return groups


def _values(sheet: Sheet, row: Row, given: Given) -> dict[str, str]:
    named = {name: sheet.cell(row, name) or given.of(name) or "" for name in ("connection", "kind")}
    return {**named, **{name: sheet.cell(row, name) for name in ("handle", "external_id")}}


def _faults(
    sheet: Sheet, row: Row, given: Given, found: Mapping[str, str], connections: Collection[str]
) -> Iterator[Fault]:
    for column, value in found.items():
        wanted = given.of(column) if column in ("connection", "kind") else None
        if not value:
            yield sheet.fault(row, column, say("{column} is empty.", column=column))
        elif wanted is not None and value != wanted:
            message = say("{column} is {value}, not {wanted} as the command says.",
                          column=column, value=value, wanted=wanted)  # fmt: skip
            yield sheet.fault(row, column, message)
        elif (problem := _problem(column, value)) is not None:
            yield sheet.fault(row, column, problem)
        elif column == "connection" and value not in connections:
            message = say("hub.yaml has no connection {name}.", name=value)
            yield sheet.fault(row, column, message, suggestion(value, connections))


def _problem(column: str, value: str) -> Message | None:
    longest = LONGEST.get(column)
    if longest is not None and len(value) > longest:
        return say("{column} has more than {most} characters.", column=column, most=longest)
    if column == "kind" and not _KIND.fullmatch(value):
        return say("{value} is no kind: use letters, digits, - and _.", value=value)
    return None


def _twice(sheet: Sheet, row: Row, handle: str, line: int) -> Fault:
    message = say("{handle} stands in line {line} already.", handle=handle, line=line)
    return sheet.fault(row, "handle", message, say("Remove one of the two."))
