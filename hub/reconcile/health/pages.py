"""The report as pages: overview, times between departments, causes, commitments, definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub.language import Language
from hub.reconcile.health import timeline
from hub.reconcile.health.figures import MEASURES, PARTS, Figures, Kept
from hub.reconcile.health.spool import Spool
from hub.reconcile.health.texts import causes, codes, text
from hub.reconcile.health.value import SCHEMA, Asked, Commitment, State
from hub.reconcile.report.plain.cells import Words
from hub.reconcile.report.plain.value import (
    Chart,
    Column,
    Detail,
    Figure,
    Kind,
    Page,
    Pages,
    Row,
    Table,
    Tone,
    share,
)

#: Record id → number, for record id → what happened to it.
Timelines = Callable[[Mapping[str, str]], Mapping[str, Sequence[Row]]]

_TONES: Mapping[str, Tone] = {
    "broken": "bad", "stopped": "bad", "late": "warn", "fulfilled": "good",
}  # fmt: skip
_DEFINED = (
    *("rate", "strict_rate", "in_time_rate", "none", "fulfilled", "broken", "stopped", "late"),
    *("underway", "not_planned", "revoked", "time", "median", "own", "waited", "parts", "causes"),
)
#: Definition → the text that names it, where that is no state.
_NAMED = {
    "rate": "figure.rate", "strict_rate": "figure.strict_rate",
    "in_time_rate": "figure.in_time_rate", "none": "column.share", "time": "chart.times",
    "median": "column.median", "own": "measure.own", "waited": "column.measure",
    "parts": "table.parts", "causes": "column.cause",
}  # fmt: skip


class Builder:
    """Words the figures of one report in one language."""

    def __init__(
        self, asked: Asked, language: Language, timelines: Timelines, *, shows_owner: bool
    ) -> None:
        self._asked, self._language, self._timelines = asked, language, timelines
        self._words = Words(language, asked.zone)
        self._limit = self._words.shown(asked.limit, "span")
        self._shows_owner = shows_owner

    def _text(self, key: str, **values: object) -> str:
        return text(self._language, key, **values)

    def _column(self, name: str, kind: Kind = "text", **more: Any) -> Column:
        return Column(name, self._text(f"column.{name}"), kind, **more)

    def _state_column(self) -> Column:
        words = codes(self._language, "state")
        return self._column("state", "code", words=words, tones=_TONES)

    def whole(self, figures: Figures, spool: Spool) -> Pages:
        """Return the report over all commitments of the period."""
        kind = self._text(f"kind.{self._asked.kind}")
        return Pages(
            SCHEMA, f"{self._asked.kind}-health", self._text("title", kind=kind), self._asked.now,
            self._asked.zone,
            (
                self._overview(figures), self._steps(figures), self._causes(figures),
                self._commitments(figures, spool), self._definitions(),
            ),
            about=self._about(), asked=self._said(), listed="commitments",
        )  # fmt: skip

    def one(self, found: Sequence[Commitment]) -> Pages:
        """Return the report of the commitments of one number, with what happened to each."""
        number = found[0].number
        return Pages(
            SCHEMA, f"{self._asked.kind}-{_file_name(number)}",
            self._text("title.one", number=number), self._asked.now, self._asked.zone,
            tuple(self._single(one, at) for at, one in enumerate(found)),
            about=(self._text("about.limit", limit=self._limit),),
            asked={**self._said(), "number": number}, listed="timeline",
        )  # fmt: skip

    # -- the head

    def _days(self) -> tuple[str, str]:
        zone = ZoneInfo(self._asked.zone)
        last = self._asked.until - timedelta(microseconds=1)
        return tuple(f"{at.astimezone(zone):%Y-%m-%d}" for at in (self._asked.since, last))  # type: ignore[return-value]

    def _about(self) -> tuple[str, ...]:
        since, until = self._days()
        now = self._words.shown(self._asked.now, "time")
        period = self._text(
            "about.period", since=since, until=until, zone=self._asked.zone, now=now
        )
        only = self._asked.connection
        return (
            period, self._text("about.limit", limit=self._limit),
            *((self._text("about.connection", connection=only),) if only else ()),
        )  # fmt: skip

    def _said(self) -> dict[str, Any]:
        since, until = self._days()
        return {
            "record": self._asked.kind, "from": self._asked.connection, "since": since,
            "until": until, "limit_seconds": int(self._asked.limit.total_seconds()),
        }  # fmt: skip

    # -- overview

    def _overview(self, found: Figures) -> Page:
        fulfilled = found.states[State.FULFILLED]
        rates = (
            ("rate", found.rate, fulfilled, found.due, ""),
            ("strict_rate", found.strict_rate, fulfilled, found.standing, ""),
            ("in_time_rate", found.in_time_rate, found.in_time, found.matured, self._limit),
        )
        shown = [
            Figure(name, self._text(f"figure.{name}", limit=limit), rate, "share",
                   self._text("figure.of", part=f"{part:,}", whole=f"{whole:,}"))
            for name, rate, part, whole, limit in rates
        ]  # fmt: skip
        shown.append(Figure("count", self._text("figure.count"), found.count))
        times = self._text("figure.of_times", count=f"{len(found.times):,}")
        shown += [
            Figure(name, self._text(f"figure.{name}"), getattr(found.times, name), "span", times)
            for name in ("median", "p90", "longest")
        ]
        label = "week" if found.weekly else "day"
        return Page(
            "overview", self._text("page.overview"),
            figures=tuple(shown),
            charts=(
                Chart(self._text("chart.states"), "bars", "states", "state", ("count",)),
                Chart(self._text("chart.rate"), "line", "trend", label, ("rate",)),
                Chart(self._text("chart.times"), "line", "trend", label, ("median", "p90")),
            ),
            tables=(self._states(found), self._trend(found, label)),
        )  # fmt: skip

    def _states(self, found: Figures) -> Table:
        columns = (
            self._state_column(), self._column("count", "number"), self._column("share", "share"),
        )  # fmt: skip
        rows: list[Row] = [
            (str(state), found.states[state], share(found.states[state], found.count))
            for state in State
        ]
        return Table("states", self._text("table.states"), columns, lambda: iter(rows))

    def _trend(self, found: Figures, label: str) -> Table:
        columns = (
            self._column(label, "date"), self._column("count", "number"),
            self._column("due", "number"), self._column("fulfilled", "number"),
            self._column("rate", "share"), self._column("median", "span"),
            self._column("p90", "span"),
        )  # fmt: skip
        rows: list[Row] = [
            (
                day, one.count, one.due, one.fulfilled, share(one.fulfilled, one.due),
                one.times.median, one.times.p90,
            )
            for day, one in found.trend()
        ]  # fmt: skip
        title = self._text("table.trend_weekly" if found.weekly else "table.trend")
        return Table("trend", title, columns, lambda: iter(rows))

    # -- between departments

    def _steps(self, found: Figures) -> Page:
        measures = codes(self._language, "measure")
        # in the order in which they end
        steps = sorted(
            found.steps.items(), key=lambda item: (item[1].mean("preceding"), *item[0])
        )  # fmt: skip
        columns = (
            self._column("step"), self._column("connection"),
            self._column("measure", "code", words=measures), self._column("count", "number"),
            self._column("median", "span"), self._column("p90", "span"),
            self._column("longest", "span"), self._column("mean", "span", spare=1),
        )  # fmt: skip
        times: list[Row] = [
            (step, connection, name, len(spans), spans.median, spans.p90, spans.longest, spans.mean)
            for (step, connection), one in steps
            for name in MEASURES
            for spans in (one.measures[name],)
        ]
        parts: list[Row] = [
            (
                step, connection, len(one.measures["total"]), *(one.mean(name) for name in PARTS),
                one.measures["total"].mean,
            )
            for (step, connection), one in steps
        ]  # fmt: skip
        spent = (
            self._column("step"), self._column("connection", spare=1),
            self._column("count", "number"), *(self._column(name, "span") for name in PARTS),
            self._column("total", "span"),
        )  # fmt: skip
        return Page(
            "steps", self._text("page.steps"),
            notes=(self._text("define.own"), self._text("define.waited")),
            charts=(Chart(self._text("chart.parts"), "bars", "parts", "step", PARTS),),
            tables=(
                Table("steps", self._text("table.steps"), columns, lambda: iter(times)),
                Table("parts", self._text("table.parts"), spent, lambda: iter(parts)),
            ),
        )  # fmt: skip

    # -- what keeps them

    def _causes(self, found: Figures) -> Page:
        columns = (
            self._state_column(), self._cause_column(), self._column("where"),
            self._column("count", "number"), self._column("oldest", "time"),
        )  # fmt: skip
        order = list(State)

        def grave(item: tuple[tuple[State, str, str], Kept]) -> tuple[Any, ...]:
            return order.index(item[0][0]), -item[1].count, item[0][1:]

        rows: list[Row] = [
            (str(state), cause, where, one.count, one.oldest)
            for (state, cause, where), one in sorted(found.causes.items(), key=grave)
        ]
        table = Table("causes", self._text("table.causes"), columns, lambda: iter(rows))
        return Page("causes", self._text("page.causes"), tables=(table,))

    def _cause_column(self) -> Column:
        return self._column("cause", "code", words=causes(self._language))

    # -- the list

    def _commitments(self, found: Figures, spool: Spool) -> Page:
        owner = (self._column("owner", spare=3),) if self._shows_owner else ()
        columns = (
            self._column("number"), self._state_column(), self._cause_column(),
            self._column("where", spare=1), self._column("age", "span"),
            self._column("received", "time", spare=2), self._column("revision", "number", spare=5),
            self._column("done", "number", spare=4), self._column("planned", "number", spare=6),
            self._column("customer", spare=2), *owner, self._column("source", spare=7),
            self._column("next", whole=True),
        )  # fmt: skip
        ids: dict[str, str] = {}

        def rows() -> Iterator[Row]:
            for one in spool.rows():
                ids[_place(self._row(one))] = one.record_id
                if len(ids) > _REMEMBERED:
                    ids.pop(next(iter(ids)))
                yield self._row(one)

        def details(asked: Sequence[Row]) -> list[Sequence[Row]]:
            numbers = {ids[_place(row)]: str(row[0]) for row in asked}
            told = self._timelines(numbers)
            return [told[ids[_place(row)]] for row in asked]

        notes = () if self._shows_owner else (self._text("line.personal"),)
        return Page("commitments", self._text("page.commitments"), tables=(
            Table("commitments", self._text("table.commitments"), columns, rows, notes=notes,
                  count=found.count, long=True,
                  detail=Detail(timeline.columns(self._language), details)),
        ))  # fmt: skip

    def _row(self, one: Commitment) -> Row:
        owner = (one.owner,) if self._shows_owner else ()
        return (
            one.number, str(one.state), one.cause, one.where, one.age(self._asked.now),
            one.received, one.revision, one.done, one.planned, one.customer, *owner,
            one.connection, self._next(one),
        )  # fmt: skip

    def _next(self, one: Commitment) -> str:
        """Return what a person does about it; nothing where nothing need be done."""
        if one.state in (State.FULFILLED, State.REVOKED, State.UNDERWAY):
            return ""
        cause = "found" if one.cause.startswith("found.") else one.cause
        names = codes(self._language, "next")
        key = cause if cause in names else "late" if one.state is State.LATE else ""
        return self._text(
            f"next.{key}", number=one.number, ref=one.ref[-12:], where=one.where
        ) if key else ""  # fmt: skip

    # -- definitions

    def _definitions(self) -> Page:
        since, until = self._days()
        values = {
            "since": since, "until": until, "zone": self._asked.zone, "limit": self._limit,
        }  # fmt: skip
        rows: list[Row] = [(self._text("column.received"), self._text("define.period", **values))]
        for name in _DEFINED:
            key = _NAMED.get(name, f"state.{name}")
            rows.append((self._text(key, **values), self._text(f"define.{name}", **values)))
        columns = (self._column("term"), self._column("definition"))
        return Page("definitions", self._text("page.definitions"), tables=(
            Table("definitions", self._text("table.definitions"), columns, lambda: iter(rows)),
        ), explains=True)  # fmt: skip

    # -- one commitment

    def _single(self, one: Commitment, at: int) -> Page:
        """Return what became of a commitment, and all that happened to it."""
        suffix = f"_{at + 1}" if at else ""
        states, found = codes(self._language, "state"), causes(self._language)
        why = " · ".join(filter(None, (
            found.get(one.cause, one.cause), one.where, self._next(one)
        )))  # fmt: skip
        figures = (
            Figure(f"state{suffix}", self._text("figure.state"), states[one.state], "text", why,
                   _TONES.get(one.state, "")),
            Figure(f"age{suffix}", self._text("figure.age"), one.age(self._asked.now), "span"),
            Figure(f"delivered{suffix}", self._text("figure.steps"), one.done, "number",
                   self._text("figure.of", part=one.done, whole=one.planned)),
        )  # fmt: skip
        rows = self._timelines({one.record_id: one.number})[one.record_id]
        times = Table(f"timeline{suffix}", self._text("table.timeline"),
                      timeline.columns(self._language), lambda: iter(rows))  # fmt: skip
        title = " · ".join(filter(None, (one.number, one.connection, one.customer)))
        return Page(f"commitment{suffix}", title, figures=figures,
                    tables=(times, *self._single_steps(one, suffix)))  # fmt: skip

    def _single_steps(self, one: Commitment, suffix: str) -> tuple[Table, ...]:
        rows: list[Row] = [
            (
                step.step, step.connection,
                *(timedelta(seconds=getattr(step, name)) for name in PARTS),
                timedelta(seconds=step.total),
            )
            for step in one.steps
        ]  # fmt: skip
        columns = (
            self._column("step"), self._column("connection"),
            *(self._column(name, "span") for name in PARTS), self._column("total", "span"),
        )  # fmt: skip
        title = self._text("table.steps")
        return (Table(f"steps{suffix}", title, columns, lambda: iter(rows)),) if rows else ()


#: Rows whose record is remembered until their details are asked for.
_REMEMBERED = 5_000


def _place(row: Row) -> str:
    """Return what tells a row from others: its number and source."""
    return "\0".join((str(row[0]), str(row[-2])))


def _file_name(number: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in number)[:100]
