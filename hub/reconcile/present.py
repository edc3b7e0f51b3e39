"""Turns what was seen of a key into the rows and record pages of a report."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hub.compare import forms
from hub.compare.fields import Field, FieldType, Judged, Result
from hub.compare.forms import Form, Problem
from hub.language import Language, told
from hub.mapping.faults import MappingFault
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.judge import Opinion, Seen
from hub.mapping.reconciliation.rows import Layout, Row
from hub.mapping.route import Condition
from hub.reconcile.report.value import (
    FieldValues,
    Finding,
    Moment,
    Record,
    Severity,
    SideValue,
)
from hub.reconcile.wording import rule_of

#: Kind → severity of what no file grades.
_OF_KIND: Mapping[str, Severity] = {
    "duplicate": Severity.CRITICAL,
    "unapproved": Severity.CRITICAL,
    "missing": Severity.HIGH,
    "extra": Severity.HIGH,
    "stale": Severity.HIGH,
    "key_collision": Severity.HIGH,
    "unmapped_status": Severity.MEDIUM,
    "not_comparable": Severity.MEDIUM,
}


@dataclass(frozen=True, slots=True)
class Stake:
    """What is at stake in a finding."""

    amount: Decimal | None = None
    currency: str = ""


class Presenter:
    """Words and figures of findings, in the order and language of one run."""

    def __init__(
        self, definition: Reconciliation, layout: Layout, language: Language = Language.EN,
        files: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.definition, self._layout, self._language = definition, layout, language
        #: Side → the file it was read from, where it was one.
        self._files = files or {}
        self._money = [
            name for name, field in layout.fields.items()
            if field.type is FieldType.MONEY or name in definition.totals
        ]  # fmt: skip

    # -- one finding

    def finding(
        self, seen: Seen, opinion: Opinion, now: datetime, *, cause: str = "unknown",
        words: str = "", kind: str = "",
    ) -> Finding:  # fmt: skip
        """Return what was seen as a row of a report; it is new and open."""
        kind = kind or seen.kind
        field = self._layout.fields.get(seen.field)
        stake = self.stake(seen, opinion)
        return Finding(
            id=fingerprint(self.definition.name, seen.side, seen.key, kind, seen.field),
            key=seen.original or seen.key,
            side=seen.side,
            kind=kind,
            cause=cause,
            severity=self._severity(seen, kind, cause, stake),
            state="open",
            first_seen=now,
            age=0,
            canonical=seen.key,
            field=seen.field,
            field_title=field.title if field is not None else "",
            expected=field.shown(seen.expected) if field is not None else None,
            actual=field.shown(seen.actual) if field is not None else None,
            difference=_difference(seen, field),
            amount=stake.amount,
            currency=stake.currency,
            customer=self._customer(opinion),
            owner=self.definition.owner,
            words=words or self._why(seen),
            new=True,
        )

    def within(
        self, opinion: Opinion, name: str, side: str, judged: Judged, now: datetime
    ) -> Finding:
        """Return what differs within its tolerance as a row of a report: no finding."""
        rows = opinion.rows
        owners = self._layout.owners[name]
        base = self.definition.authority
        against = base if base in rows and base in owners else next(
            one for one in rows if one in owners
        )  # fmt: skip
        seen = Seen(
            "differs", side, opinion.key, rows[against].original, name, against,
            rows[against].values.get(name), rows[side].values.get(name), judged,
        )  # fmt: skip
        return self.finding(seen, opinion, now)

    def _why(self, seen: Seen) -> str:
        if seen.judged.why is not None:
            return told(seen.judged.why, self._language)
        return ", ".join(seen.refs) if seen.kind in ("duplicate", "key_collision", "extra") else ""

    def _severity(self, seen: Seen, kind: str, cause: str, stake: Stake) -> Severity:
        asked = {
            "kind": kind, "cause": cause, "field": seen.field, "side": seen.side,
            "amount": stake.amount, "currency": stake.currency,
        }  # fmt: skip
        for grade in self.definition.policy.grades:
            if _holds(grade.when, asked):
                return Severity(grade.severity)
        least = self.definition.policy.materiality.get(stake.currency)
        if least is not None and stake.amount is not None and stake.amount < least:
            return Severity.LOW
        found = _OF_KIND.get(kind)
        if found is not None:
            return found
        compared = self.definition.fields.get(seen.field)
        return Severity(compared.severity) if compared is not None else Severity.HIGH

    def stake(self, seen: Seen, opinion: Opinion) -> Stake:
        """Return by how much two amounts differ, or what a whole record is worth."""
        field = self._layout.fields.get(seen.field)
        if field is not None:
            if seen.field in self._money and seen.judged.difference is not None:
                _, unit = _amount(seen.actual)
                return Stake(abs(forms.unscaled(seen.judged.difference)), unit)
            return Stake()
        for name in self._money:
            for row in _rows(opinion, seen.side, self.definition.authority):
                number, unit = _amount(row.values.get(name))
                if number is not None:
                    return Stake(abs(forms.unscaled(number)), unit)
        return Stake()

    def _customer(self, opinion: Opinion) -> str:
        field = self._layout.fields.get(self.definition.customer)
        if field is None:
            return ""
        values = (row.values.get(field.name) for row in opinion.rows.values())
        return next((field.shown(one) or "" for one in values if one is not None), "")

    # -- one record

    def record(self, opinion: Opinion, timeline: Sequence[Moment] = ()) -> Record:
        """Return what all sides say of a key, and what happened to it."""
        results = {(name, side): judged.result for name, side, judged in opinion.judged}
        authority = next(iter(opinion.rows.values()), None)
        original = opinion.rows.get(self.definition.authority, authority)
        return Record(
            key=original.original if original is not None else opinion.key,
            canonical=opinion.key,
            fields=tuple(
                self._values(name, field, opinion, results)
                for name, field in self._layout.fields.items()
            ),
            timeline=tuple(timeline),
        )

    def _values(
        self, name: str, field: Field, opinion: Opinion, results: Mapping[tuple[str, str], Result]
    ) -> FieldValues:
        values = []
        for side in self._layout.owners[name]:
            row = opinion.rows.get(side)
            if row is not None:
                value = row.values[name]
                original = value.value if isinstance(value, Problem) else None
                values.append(
                    SideValue(side, field.shown(value), original, self._source(side, row))
                )
        found = [results[name, side] for side in self._layout.owners[name]
                 if (name, side) in results]  # fmt: skip
        return FieldValues(
            name, field.title, tuple(values),
            str(max(found, key=list(Result).index)) if found else str(Result.EQUAL),
            told(rule_of(field), self._language),
        )  # fmt: skip

    def _source(self, side: str, row: Row) -> str:
        file = self._files.get(side)
        if file is not None:
            return f"{file}:{row.source}"
        return f"{self.definition.sides[side].source} {row.ref}".strip()


def fingerprint(name: str, side: str, key: str, kind: str, field: str) -> str:
    """Return what tells a finding from others, whatever its values: a changed one keeps its age."""
    group = "differs" if kind in ("differs", "stale", "not_comparable", "unmapped_status") else kind
    text = "\n".join((name, side, key, group, field))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _holds(when: Condition, asked: Mapping[str, object]) -> bool:
    """Say whether a grade is about a finding; none that asks for an amount is where none is."""
    try:
        return when.holds(asked)
    except MappingFault:
        return False


def _rows(opinion: Opinion, *sides: str) -> list[Row]:
    return [row for side in sides for row in opinion.all.get(side, ())]


def _amount(value: Form) -> tuple[int | None, str]:
    if isinstance(value, int):
        return value, ""
    if isinstance(value, tuple) and isinstance(value[0], int):
        return value[0], str(value[1])
    return None, ""


def _difference(seen: Seen, field: Field | None) -> str:
    if field is None:
        return ""
    return field.shown_difference(seen.judged, _amount(seen.actual)[1])
