"""Amounts and rates of slices as people ask for them: by a subject, over periods, in a view.

Everything is worked out in whole numbers; a rate and a share are rounded once, to a hundredth of a
percent. Amounts of two currencies are never added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal, TypeAlias

from hub.compare import forms
from hub.mapping.reconciliation.slices.definition import QUALITIES, Rate
from hub.mapping.reconciliation.slices.periods import WHOLE, Periods, order_of
from hub.mapping.reconciliation.slices.targets import Target
from hub.mapping.reconciliation.slices.value import CASH, Sliced, View

_WIDE = Context(prec=120)
_SHARE = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Who:
    """Whose amounts: everybody's together, one value's, those nobody names, those not told."""

    kind: Literal["total", "value", "unsaid", "others"]
    name: str = ""


TOTAL = Who("total")
#: Currency of a table, whose: in the order in which they are told.
_PLACE = {kind: place for place, kind in enumerate(("total", "value", "others", "unsaid"))}


@dataclass(frozen=True, slots=True)
class Amount:
    """What is in a state, and how sure it is."""

    period: str
    who: Who
    currency: str
    state: str
    amount: Decimal
    #: Parts of the amount by quality; together they are the amount.
    parts: Mapping[str, Decimal]
    #: Shares of the absolute amounts by quality; together 1, unless there is nothing.
    shares: Mapping[str, Decimal]
    rows: int
    #: The side was read to its end.
    whole: bool


@dataclass(frozen=True, slots=True)
class Rated:
    """A rate of a period."""

    rate: str
    view: View
    period: str
    who: Who
    currency: str
    of: Decimal
    #: None: there is no target.
    against: Decimal | None
    #: `of / against`; None: there is nothing above 0 to hold it against.
    value: Decimal | None
    #: How sure: shares of the absolute amounts of both states by quality.
    shares: Mapping[str, Decimal]
    #: Part of `of`, of everybody together, of those who have no target for the period.
    untargeted: Decimal
    #: The sides of both states were read to their end.
    whole: bool


@dataclass(slots=True)
class _Sum:
    amount: int = 0
    gross: int = 0
    rows: int = 0


_Key: TypeAlias = tuple[str, Who, str, str]
_Sums: TypeAlias = Mapping[_Key, Mapping[str, _Sum]]


def amounts(sliced: Sliced, periods: Periods, by: str, view: View) -> list[Amount]:
    """Return the amounts of each state by period and subject; empty `by`: of all together.

    Each period has a line for all together, and the last lines are of all periods.
    """
    sums = _sums(sliced, periods, by, view)
    whole = {one.name: one.whole for one in sliced.states}
    found = [
        Amount(
            period, who, currency, state,
            forms.unscaled(sum(one.amount for one in parts.values())),
            {name: forms.unscaled(parts[name].amount) for name in QUALITIES if name in parts},
            _shares(parts), sum(one.rows for one in parts.values()), whole[state],
        )
        for (period, who, currency, state), parts in sums.items()
    ]  # fmt: skip
    place = {one.name: at for at, one in enumerate(sliced.states)}
    return sorted(found, key=lambda one: (
        *_order(one.period, one.currency, one.who), place[one.state]))  # fmt: skip


def rates(sliced: Sliced, periods: Periods, by: str) -> list[Rated]:
    """Return the rates by period and subject; empty `by`: of all together."""
    sums = {
        view: _sums(sliced, periods, by, view)
        for view in {sliced.view_of(rate) for rate in sliced.rates}
    }
    found = [
        one for rate in sliced.rates
        for one in _rates(sliced, rate, periods, by, sums[sliced.view_of(rate)])
    ]  # fmt: skip
    place = {one.name: at for at, one in enumerate(sliced.rates)}
    return sorted(found, key=lambda one: (
        *_order(one.period, one.currency, one.who), place[one.rate]))  # fmt: skip


def periods_of(sliced: Sliced, name: str) -> Periods | None:
    """Return the periods of a name; of an empty one the first; None where there are none."""
    if not name:
        return sliced.periods[0]
    return next((one for one in sliced.periods if one.name == name), None)


def _order(period: str, currency: str, who: Who) -> tuple[object, ...]:
    return *order_of(period), currency, _PLACE[who.kind], who.name


# ---- sums --------------------------------------------------------------------------------------


def _sums(sliced: Sliced, periods: Periods, by: str, view: View) -> _Sums:
    """Return the sums of each period, subject, currency and state by quality."""
    # everybody's amounts are in the cells of each subject
    asked = by or next((one.name for one in sliced.subjects), "")
    window = sliced.window
    sums: dict[_Key, dict[str, _Sum]] = defaultdict(dict)
    for cell in sliced.cells:
        if cell.view != view or cell.grain != periods.grain or cell.by != asked:
            continue
        amount, gross = forms.scaled(cell.amount), forms.scaled(cell.gross)
        who = {TOTAL, _who(cell.value)} if by else {TOTAL}
        for period in (window.period(periods, cell.period), WHOLE):
            for one in who:
                parts = sums[period, one, cell.currency, cell.state]
                part = parts.setdefault(cell.quality, _Sum())
                part.amount += amount
                part.gross += gross
                part.rows += cell.rows
    return sums


def _who(value: str | None) -> Who:
    if value is None:
        return Who("others")
    return Who("value", value) if value else Who("unsaid")


def _shares(*some: Mapping[str, _Sum]) -> Mapping[str, Decimal]:
    gross = {name: sum(parts[name].gross for parts in some if name in parts) for name in QUALITIES}
    whole = sum(gross.values())
    return {name: _share(part, whole) for name, part in gross.items() if part} if whole else {}


def _share(part: int, whole: int) -> Decimal:
    return _WIDE.divide(Decimal(part), Decimal(whole)).quantize(
        _SHARE, ROUND_HALF_EVEN, context=_WIDE
    )


# ---- rates -------------------------------------------------------------------------------------


def _rates(sliced: Sliced, rate: Rate, periods: Periods, by: str, sums: _Sums) -> Iterator[Rated]:
    view = sliced.view_of(rate)
    whole = {one.name: one.whole for one in sliced.states}
    target = next((one.target() for one in sliced.targets if one.name == rate.against), None)
    goals = {} if target is None else _goals(sliced, target, periods, by)
    beyond = {} if target is None else _untargeted(sliced, target, periods, rate.of)
    there = {at[:3] for at in sums if at[3] in (rate.of, rate.against)}
    for at in there | goals.keys():
        period, who, currency = at
        of = sums.get((*at, rate.of), {})
        amount = sum(one.amount for one in of.values())
        made = Rated(
            rate.name, view, period, who, currency, forms.unscaled(amount), None, None,
            _shares(of), Decimal(0), whole[rate.of],
        )  # fmt: skip
        if target is not None:
            goal = goals.get(at)
            missing = beyond.get((period, currency), 0) if goal is not None and who == TOTAL else 0
            yield replace(
                made, against=None if goal is None else forms.unscaled(goal),
                value=_ratio(amount, goal), untargeted=forms.unscaled(missing),
            )  # fmt: skip
            continue
        against = sums.get((*at, rate.against), {})
        base = sum(one.amount for one in against.values())
        yield replace(
            made, against=forms.unscaled(base), value=_ratio(amount, base),
            shares=_shares(of, against), whole=whole[rate.of] and whole[rate.against],
        )  # fmt: skip


def _ratio(of: int, against: int | None) -> Decimal | None:
    return _share(of, against) if against is not None and against > 0 else None


def _goals(
    sliced: Sliced, target: Target, periods: Periods, by: str
) -> Mapping[tuple[str, Who, str], int]:
    """Return the target of each period, subject and currency that has one."""
    if not periods.months:
        return {}
    first, last = sliced.window.months
    asked: set[tuple[str, int, str]] = set()
    for subject, begin, _, currency in target.amounts:
        start = periods.begin(begin)
        if first <= start and start + periods.months - 1 <= last:
            asked.add((subject, start, currency))
    goals: dict[tuple[str, Who, str], int] = {}
    sums: dict[tuple[str, Who, str], int] = defaultdict(int)
    for subject, start, currency in asked:
        amount = target.amount(subject, (start, start + periods.months - 1), currency)
        if amount is None:
            continue
        label = periods.label(start)
        if not subject:
            goals[label, TOTAL, currency] = amount
            continue
        sums[label, TOTAL, currency] += amount
        if by == target.by:
            goals[label, Who("value", subject), currency] = amount
    # what is written for all together counts before what adds up to it
    return {**sums, **goals}


def _untargeted(
    sliced: Sliced, target: Target, periods: Periods, state: str
) -> Mapping[tuple[str, str], int]:
    """Return period and currency → how much is of those without a target for it."""
    if not target.by or any(not subject for subject, *_ in target.amounts):
        return {}
    goals = _goals(sliced, target, periods, target.by)
    found: dict[tuple[str, str], int] = defaultdict(int)
    for (period, who, currency, one), parts in _sums(sliced, periods, target.by, CASH).items():
        if one == state and who != TOTAL and (period, who, currency) not in goals:
            found[period, currency] += sum(part.amount for part in parts.values())
    return found
