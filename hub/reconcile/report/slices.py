"""The slices of a report in tables: wide ones to read, long ones to filter and add up.

Rates say by which date they are: against a target by the date of their own state, against another
state by that of the first one. How sure a figure is stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hub.errors import ConfigError
from hub.language import Language, say
from hub.mapping.reconciliation.slices import tables
from hub.mapping.reconciliation.slices.definition import QUALITIES, Rate
from hub.mapping.reconciliation.slices.periods import (
    EARLIER,
    LATER,
    UNDATED,
    WHOLE,
    Periods,
    number_of,
)
from hub.mapping.reconciliation.slices.tables import Rated, Who
from hub.mapping.reconciliation.slices.value import CASH, COHORT, Sliced, View
from hub.nearest import suggestion
from hub.reconcile.report.plain.cells import NONE, percent
from hub.reconcile.report.plain.value import Chart, Column, Figure, Page, Pages, Row, Table
from hub.reconcile.report.summary import figure
from hub.reconcile.report.texts import text
from hub.reconcile.report.value import Report

SCHEMA = "hub/reconciliation-slices@1"
#: Currencies of which the rates of the period of the run are told as figures.
_FIGURES = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see."""

    #: Subject; empty: all together.
    by: str
    periods: Periods
    view: View = CASH


def asked(sliced: Sliced, by: str, period: str, view: str) -> Asked:
    """Return what a person asks for; `ConfigError` with the names there are otherwise."""
    subjects = [one.name for one in sliced.subjects]
    if by and by not in subjects:
        raise ConfigError(
            say("There is no subject {name}. {hint}", name=by, hint=suggestion(by, subjects))
        )
    periods = tables.periods_of(sliced, period)
    if periods is None:
        names = [one.name for one in sliced.periods]
        raise ConfigError(
            say("There are no periods {name}. {hint}", name=period, hint=suggestion(period, names))
        )
    return Asked(by, periods, CASH if view == CASH else COHORT)


def pages(report: Report, sliced: Sliced, asked: Asked, language: Language) -> Pages:
    """Return a report of what was asked for."""
    writer = _Writer(report, sliced, language)
    return Pages(
        SCHEMA, f"{report.name}-slices", f"{report.title} · {writer.text('slices.title')}",
        report.ended, report.zone, (writer.page(asked, [asked.periods], [asked.by], [asked.view]),),
        about=writer.about(),
        asked={"run": report.run, "by": asked.by, "period": asked.periods.name,
               "view": asked.view},
        listed="slices_amount_rows",
    )  # fmt: skip


def whole(report: Report, sliced: Sliced, language: Language) -> Pages:
    """Return the part of the report of a run: all together to read, and everything in rows."""
    writer = _Writer(report, sliced, language)
    subjects = ["", *(one.name for one in sliced.subjects)]
    page = writer.page(Asked("", sliced.periods[0]), sliced.periods, subjects, (CASH, COHORT))
    return Pages(SCHEMA, f"{report.name}-slices", report.title, report.ended, report.zone, (page,),
                 about=writer.about())  # fmt: skip


def read_first(report: Report, sliced: Sliced, language: Language) -> tuple[Table, ...]:
    """Return the tables a page shows: rates and amounts of all together, rates of a subject."""
    writer = _Writer(report, sliced, language)
    asked = Asked("", sliced.periods[0])
    subjects = [Asked(one.name, sliced.periods[0]) for one in sliced.subjects[:1]]
    return writer.wide(asked, *subjects)


def sentences(report: Report, sliced: Sliced, language: Language) -> Iterator[str]:
    """Yield what is told first: the rates of the period of the run, and what is not in them."""
    writer = _Writer(report, sliced, language)
    for one in writer.figures(Asked("", sliced.periods[0])):
        yield f"{one.title}: {percent(one.value) if isinstance(one.value, Decimal) else NONE}" + (
            f" · {one.words}" if one.words else ""
        )
    yield from writer.about()


def document(report: Report, sliced: Sliced) -> Mapping[str, object]:
    """Return the slices as plain data: what was added up, and every amount and rate."""
    writer = _Writer(report, sliced, Language.EN)
    subjects = ["", *(one.name for one in sliced.subjects)]
    rates, amounts = writer.rows(sliced.periods, subjects, (CASH, COHORT))
    return {
        "day": sliced.day, "states": sliced.states, "subjects": sliced.subjects,
        "periods": sliced.periods, "targets": sliced.targets, "rates": sliced.rates,
        "amount_rows": _plain(amounts), "rate_rows": _plain(rates),
    }  # fmt: skip


def _plain(table: Table) -> list[dict[str, object]]:
    names = [one.name for one in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows()]


class _Writer:
    def __init__(self, report: Report, sliced: Sliced, language: Language) -> None:
        self._report, self._sliced, self._language = report, sliced, language
        self._states = {one.name: one.title for one in sliced.states}
        self._targets = {one.name: one.title for one in sliced.targets}
        self._subjects = {one.name: one.title for one in sliced.subjects}
        self._sides = {one.name: one.title for one in report.sides}

    def text(self, key: str, **values: object) -> str:
        return text(self._language, key, **values)

    # -- sentences

    def about(self) -> tuple[str, ...]:
        """Return what must be known of the figures: what is not in them, and by which date."""
        return (*self._gaps(), *map(self._meaning, self._sliced.rates))

    def _meaning(self, rate: Rate) -> str:
        view = self._sliced.view_of(rate)
        against = self._targets.get(rate.against) or self._states[rate.against]
        return self.text(
            f"slices.rate_{view}", rate=rate.title, of=self._states[rate.of], against=against,
            first=self._sliced.states[0].title,
        )  # fmt: skip

    def _gaps(self) -> Iterator[str]:
        for state in self._sliced.states:
            if not state.whole:
                side = self._sides.get(state.side, state.side)
                yield self.text("slices.partial", side=side, state=state.title)
            for name in ("no_date", "no_amount", "empty", "unreadable", "no_cohort"):
                count = getattr(state, name)
                if count:
                    yield self.text(f"slices.{name}", state=state.title, count=f"{count:,}",
                                    first=self._sliced.states[0].title)  # fmt: skip
        for subject in self._sliced.subjects:
            for name in ("unsaid", "several", "others"):
                count = getattr(subject, name)
                if count:
                    yield self.text(f"slices.{name}", subject=subject.title, count=f"{count:,}")

    # -- figures

    def figures(self, asked: Asked) -> tuple[Figure, ...]:
        """Return the rates of everybody together in the period of the run."""
        now = self._now(asked.periods)
        found = [
            one for one in tables.rates(self._sliced, asked.periods, "")
            if one.period == now and (one.against is not None or one.of)
        ]  # fmt: skip
        titles = {one.name: one.title for one in self._sliced.rates}
        currencies = list(dict.fromkeys(one.currency for one in found))[:_FIGURES]
        return tuple(
            Figure(
                f"{one.rate}_{one.currency}".rstrip("_").lower(),
                f"{titles[one.rate]} {now} {one.currency}".rstrip(), one.value, "share",
                self._made_of(one),
            )
            for one in found if one.currency in currencies
        )  # fmt: skip

    def _now(self, periods: Periods) -> str:
        window = self._sliced.window
        if not periods.months:
            return window.rolling_name(periods.days)
        return periods.label(periods.begin(number_of(window.day)))

    def _made_of(self, one: Rated) -> str:
        parts = [
            self.text("slices.of", of=figure(one.of),
                      against=NONE if one.against is None else figure(one.against))
        ]  # fmt: skip
        parts += [
            self.text("slices.share", quality=self.text(f"quality.{name}"),
                      share=percent(one.shares[name]))
            for name in QUALITIES[2:] if one.shares.get(name)
        ]  # fmt: skip
        if not one.whole:
            parts.append(self.text("slices.not_whole"))
        return " · ".join(parts)

    # -- the page

    def page(
        self, asked: Asked, periods: Iterable[Periods], subjects: Sequence[str],
        views: Sequence[View],
    ) -> Page:  # fmt: skip
        """Return wide tables of what was asked for, and long ones of as much as is wanted."""
        rates, amounts = self.rows(periods, subjects, views)
        rows = (rates, amounts) if self._sliced.rates else (amounts,)
        return Page(
            "slices", self.text("slices.title"), self._notes(asked), self.figures(asked),
            self._charts(asked), (*self.wide(asked), *rows),
        )  # fmt: skip

    def wide(self, asked: Asked, *more: Asked) -> tuple[Table, ...]:
        """Return rates and amounts to read; of whatever else is asked for, the rates."""
        amounts = self._amounts(asked)
        if not self._sliced.rates:
            return (amounts,)
        return self._rates(asked), amounts, *map(self._rates, more)

    def _notes(self, asked: Asked) -> tuple[str, ...]:
        first = self._sliced.states[0].title
        return (
            self.text(f"slices.view_{asked.view}", first=first),
            self.text("slices.sure"),
        )

    def _charts(self, asked: Asked) -> tuple[Chart, ...]:
        """Return the line of the rates over time, where it is one line each."""
        found = tables.rates(self._sliced, asked.periods, asked.by)
        if asked.by or not asked.periods.months or len({one.currency for one in found}) != 1:
            return ()
        names = tuple(one.name for one in self._sliced.rates)
        return (Chart(self.text("slices.rates"), "line", "slices_rates", "period", names),)

    def _heads(self, by: str, *, long: bool = False) -> list[Column]:
        words = {
            name: self.text(f"slices.{name}_period") for name in (EARLIER, LATER, UNDATED, WHOLE)
        }
        heads = [Column("period", self.text("slices.period"), "code", words)]
        if by or long:
            title = self.text("slices.subject") if long else self._subjects[by]
            heads.append(Column("subject", title))
        return [*heads, Column("currency", self.text("column.currency"))]

    def _whose(self, who: Who) -> str:
        return who.name if who.kind == "value" else self.text(f"slices.{who.kind}_who")

    def _wide(
        self, cells: Mapping[tuple[str, Who, str], Mapping[str, Decimal | None]], by: str,
        names: Sequence[str],
    ) -> Callable[[], Iterator[Row]]:  # fmt: skip
        def rows() -> Iterator[Row]:
            for (period, who, currency), found in cells.items():
                named = (self._whose(who),) if by else ()
                yield (period, *named, currency, *(found.get(name) for name in names))

        return rows

    def _rates(self, asked: Asked) -> Table:
        titles = {one.name: one.title for one in self._sliced.rates}
        cells: dict[tuple[str, Who, str], dict[str, Decimal | None]] = {}
        for one in tables.rates(self._sliced, asked.periods, asked.by):
            found = cells.setdefault((one.period, one.who, one.currency), {})
            found[one.rate] = one.value
            found[f"{one.rate}_open"] = one.shares.get("open", Decimal(0)) if one.shares else None
        columns = self._heads(asked.by)
        for name, title in titles.items():
            columns += (
                Column(name, title, "share"),
                Column(f"{name}_open", self.text("slices.open_of", title=title), "share"),
            )
        names = [one.name for one in columns if one.kind == "share"]
        return Table(
            "slices_rates", self.text("slices.rates"), tuple(columns),
            self._wide(cells, asked.by, names), tuple(map(self._meaning, self._sliced.rates)),
            count=len(cells),
        )  # fmt: skip

    def _amounts(self, asked: Asked) -> Table:
        cells: dict[tuple[str, Who, str], dict[str, Decimal | None]] = {}
        for one in tables.amounts(self._sliced, asked.periods, asked.by, asked.view):
            found = cells.setdefault((one.period, one.who, one.currency), {})
            found[one.state] = one.amount
        columns = [
            *self._heads(asked.by),
            *(Column(name, title, "amount") for name, title in self._states.items()),
        ]
        return Table(
            "slices_amounts", self.text(f"slices.amounts_{asked.view}"), tuple(columns),
            self._wide(cells, asked.by, list(self._states)), count=len(cells),
        )  # fmt: skip

    # -- everything in rows

    def rows(
        self, periods: Iterable[Periods], subjects: Sequence[str], views: Sequence[View]
    ) -> tuple[Table, Table]:
        """Return the long tables: rates, and amounts, each with how sure it is."""
        kinds = list(periods)
        return self._rate_rows(kinds, subjects), self._amount_rows(kinds, subjects, views)

    def _long(self, own: Sequence[Column]) -> tuple[Column, ...]:
        whose = {name: self.text(f"slices.{name}_who") for name in ("total", "unsaid", "others")}
        period, subject, currency = self._heads("", long=True)
        return (
            period, Column("who", self.text("slices.who"), "code", {**whose, "value": ""}),
            subject, currency, *own,
            *(Column(name, self.text(f"quality.{name}"), "share", spare=5) for name in QUALITIES),
            Column("whole", self.text("slices.whole"), "code",
                   {"yes": "", "no": self.text("slices.not_whole")}, {"no": "warn"}),
            Column("by", self.text("slices.by"), "code", {**self._subjects, "": ""}, spare=7),
            Column("periods", self.text("slices.periods"), "code", self._kinds(), spare=8),
        )  # fmt: skip

    def _kinds(self) -> Mapping[str, str]:
        return {
            one.name: self.text("slices.rolling", days=one.days) if not one.months
            else self.text(f"slices.{one.name}")
            for one in self._sliced.periods
        }  # fmt: skip

    def _views(self) -> Mapping[str, str]:
        return {view: self.text(f"slices.{view}") for view in (CASH, COHORT)}

    def _rate_rows(self, periods: Sequence[Periods], subjects: Sequence[str]) -> Table:
        own = (
            Column("rate", self.text("slices.rate"), "code",
                   {one.name: one.title for one in self._sliced.rates}),
            Column("view", self.text("slices.view"), "code", self._views(), spare=6),
            Column("of", self.text("slices.counted"), "amount"),
            Column("against", self.text("slices.against"), "amount"),
            Column("value", self.text("slices.rate"), "share"),
            Column("untargeted", self.text("slices.untargeted"), "amount", spare=4),
        )  # fmt: skip

        def rows() -> Iterator[Row]:
            for kind, by in _each(periods, subjects):
                for one in tables.rates(self._sliced, kind, by):
                    yield (
                        one.period, *self._named(one.who), one.currency, one.rate, one.view,
                        one.of, one.against, one.value, one.untargeted,
                        *_shares(one.shares), "yes" if one.whole else "no", by, kind.name,
                    )  # fmt: skip

        return Table("slices_rate_rows", self.text("slices.rate_rows"), self._long(own), rows,
                     count=sum(1 for _ in rows()), long=True)  # fmt: skip

    def _amount_rows(
        self, periods: Sequence[Periods], subjects: Sequence[str], views: Sequence[View]
    ) -> Table:
        own = (
            Column("state", self.text("column.state"), "code", self._states),
            Column("view", self.text("slices.view"), "code", self._views(), spare=6),
            Column("amount", self.text("slices.amount"), "amount"),
            Column("rows", self.text("slices.rows"), "number", spare=4),
        )

        def rows() -> Iterator[Row]:
            for kind, by in _each(periods, subjects):
                for view in views:
                    for one in tables.amounts(self._sliced, kind, by, view):
                        yield (
                            one.period, *self._named(one.who), one.currency, one.state, view,
                            one.amount, one.rows, *_shares(one.shares),
                            "yes" if one.whole else "no", by, kind.name,
                        )  # fmt: skip

        return Table("slices_amount_rows", self.text("slices.amount_rows"), self._long(own), rows,
                     count=sum(1 for _ in rows()), long=True)  # fmt: skip

    def _named(self, who: Who) -> tuple[str, str]:
        return who.kind, who.name


def _each(periods: Sequence[Periods], subjects: Sequence[str]) -> Iterator[tuple[Periods, str]]:
    return ((kind, by) for kind in periods for by in subjects)


def _shares(shares: Mapping[str, Decimal]) -> Iterator[Decimal | None]:
    return (shares.get(name, Decimal(0)) if shares else None for name in QUALITIES)
