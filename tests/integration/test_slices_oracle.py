"""Slices are what adding everything up by hand gives, on whatever database the rows were."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.mapping.bundle import read_bundle
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.rows import cuts_of
from hub.mapping.reconciliation.slices import tables
from hub.mapping.reconciliation.slices.add_up import Slicer
from hub.mapping.reconciliation.slices.value import CASH, COHORT, Sliced
from hub.reconcile.engine import Engine
from hub.reconcile.tally import Tally
from hub.store.snapshots import Snapshot
from hub.store.snapshots.postgres import PostgresSnapshot
from hub.store.snapshots.sqlite import SqliteSnapshot

NOW = datetime(2026, 4, 15, 12, tzinfo=UTC)
DAY = date(2026, 4, 15)
SHANGHAI = ZoneInfo("Asia/Shanghai")
FILE = """\
reconciliation: sales
sides:
  a: {connection: a, stream: o, key: k}
  b: {connection: b, stream: p, key: k, many: true, unique: false}
compare:
  n: {as: number, tolerance: "1", a: n, b: n}
slices:
  states:
    signed: {side: a, on: at, amount: {from: amt, currency: cur}}
    paid: {side: b, only: kind == "pay", on: at, amount: {from: amt, currency: cur}}
  by:
    seller: {a: owner}
    region: {b: region, a: region}
  periods: [month, quarter, year, {fiscal_quarter: 2}, {fiscal_year: 4}, {rolling: 90 days}]
  rates:
    collected: {of: paid, against: signed}
"""
#: As a day or a moment may be written, and the day it is in Shanghai; None: none that counts.
DAYS: Sequence[tuple[Any, date | None]] = (
    ("2026-03-31", date(2026, 3, 31)),
    ("2026-03-31T15:59:59Z", date(2026, 3, 31)),
    ("2026-03-31T16:00:00Z", date(2026, 4, 1)),
    ("2026-01-16T00:00:00+08:00", date(2026, 1, 16)),
    ("2026-01-15T23:59:59+08:00", date(2026, 1, 15)),
    ("2026-04-15", DAY), ("2026-04-16", date(2026, 4, 16)), ("2025-12-31", date(2025, 12, 31)),
    ("2014-07-01", date(2014, 7, 1)), ("2099-01-01", date(2099, 1, 1)),
    (None, None), ("", None), ("2026-02-30", None),
)  # fmt: skip
AMOUNTS: Sequence[tuple[Any, Decimal | None]] = (
    ("100.00", Decimal(100)), ("-30.05", Decimal("-30.05")), ("0", Decimal(0)),
    ("99999999999999.99", Decimal("99999999999999.99")), ("0.00000001", Decimal("1e-8")),
    (None, None), ("?", None),
)  # fmt: skip
NAMES: Sequence[tuple[Any, str]] = (("张三", "张三"), (" 张三\u200b", "张三"), ("李四", "李四"),
                                    (None, ""), ("", ""))  # fmt: skip
_EXACT = Context(prec=60)


def definition() -> Reconciliation:
    return read_bundle({"own/r.yaml": FILE.encode()}).reconciliations["sales"]


DEFINITION = definition()
#: Documents of a key on each side, and what day, amount and subjects they mean.
Key = Mapping[str, Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]]
World = Mapping[str, Key]


def world(seed: int, keys: int) -> World:
    """Return keys most of which agree; a payment is in parts, some are refunds."""
    chance = random.Random(seed)

    def document(key: str, n: int) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        (at, day), (amt, amount) = chance.choice(DAYS), chance.choice(AMOUNTS)
        (owner, seller), (region, place) = chance.choice(NAMES), chance.choice(NAMES)
        currency, kind = chance.choice(("CNY", "CNY", "USD")), chance.choice(("pay", "pay", "x"))
        said = {"k": key, "n": n, "at": at, "amt": amt, "cur": currency, "owner": owner,
                "region": region, "kind": kind}  # fmt: skip
        return said, {"day": day, "amount": amount, "currency": currency, "seller": seller,
                      "region": place, "kind": kind, "n": n}  # fmt: skip

    found: dict[str, Key] = {}
    for number in range(keys):
        key = f"K{number}"
        n = chance.choice((4, 4, 4, 5, 7))
        (ours,) = chance.choices((1, 0, 2), (8, 1, 1))
        found[key] = {
            "a": [document(key, 4) for _ in range(ours)],
            "b": [document(key, part) for part in chance.choice(([n], [n - 2, 2], [n], []))],
        }
    return found


# ---- by hand -----------------------------------------------------------------------------------


def quality(key: Key) -> str:
    if len(key["a"]) != 1 or not key["b"]:
        return "open"
    apart = abs(sum(means["n"] for _, means in key["b"]) - key["a"][0][1]["n"])
    return "agreed" if apart == 0 else "within" if apart <= 1 else "open"


def period(name: str, day: date | None) -> str:
    """Return the name of a period, written out for each kind."""
    if day is None:
        return "undated"
    if name == "rolling_90_days":
        first = DAY - timedelta(days=89)
        return "later" if day > DAY else "earlier" if day < first else "2026-01-16/2026-04-15"
    begin, months = {
        "month": (day.month, 1), "quarter": ((day.month - 1) // 3 * 3 + 1, 3), "year": (1, 12),
        # quarters of a year that begins in February: Feb, May, Aug, Nov
        "fiscal_quarter": ({12: 11, 1: -1}.get(day.month, (day.month - 2) // 3 * 3 + 2), 3),
        "fiscal_year": (4 if day.month >= 4 else 4 - 12, 12),
    }[name]  # fmt: skip
    year, month = (day.year, begin) if begin > 0 else (day.year - 1, begin + 12)
    last = month + months - 1
    end = (year, last) if last <= 12 else (year + 1, last - 12)
    # ten years before and after the month of the run
    if (year, month) < (2016, 4):
        return "earlier"
    if end > (2036, 4):
        return "later"
    match name:
        case "month":
            return f"{year}-{month:02}"
        case "quarter":
            return f"{year}-Q{(month + 2) // 3}"
        case "year":
            return str(year)
    return f"{year}-{month:02}/{end[0]}-{end[1]:02}"


Sums = Mapping[tuple[str, str, str, str], Mapping[str, Decimal]]


def by_hand(some: World, name: str, by: str, view: str) -> Sums:
    """Return period, whose, currency and state → quality → amount."""
    sums: dict[tuple[str, str, str, str], dict[str, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    for key in some.values():
        rows = {
            "signed": [means for _, means in key["a"]],
            "paid": [means for _, means in key["b"] if means["kind"] == "pay"],
        }
        first = min((one["day"] for one in rows["signed"] if one["day"]), default=None)
        who = subject(key, by)
        for state, found in rows.items():
            for one in found:
                if one["amount"] is None:
                    continue
                when = period(name, one["day"] if view == "cash" else first)
                for at, whose in itertools.product((when, "all"), {"total", who}):
                    parts = sums[at, whose, one["currency"], state]
                    parts[quality(key)] = _EXACT.add(parts[quality(key)], one["amount"])
    return sums


def subject(key: Key, by: str) -> str:
    if not by:
        return "total"
    sides = ("a",) if by == "seller" else ("a", "b")
    for side in sides:
        for _, means in key[side]:
            if means[by]:
                return f"= {means[by]}"
    return "unsaid"


def told(sliced: Sliced, name: str, by: str, view: Any) -> Sums:
    kind = next(one for one in sliced.periods if one.name == name)
    found = {}
    for one in tables.amounts(sliced, kind, by, view):
        who = f"= {one.who.name}" if one.who.kind == "value" else one.who.kind
        parts = dict(one.parts)
        assert _sum(parts.values()) == one.amount
        found[one.period, who, one.currency, one.state] = parts
    return found


def _sum(values: Any) -> Decimal:
    whole = Decimal(0)
    for value in values:
        whole = _EXACT.add(whole, value)
    return whole


# ---- by the engine -----------------------------------------------------------------------------

_names = itertools.count()
Open = Callable[[], Snapshot]


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Open, int]:
    """Return what makes a snapshot, and how many examples take some seconds."""
    if request.param == "sqlite":
        return lambda: SqliteSnapshot(tmp_path / f"{next(_names)}.db", 2), 60
    url = sa.make_url(request.getfixturevalue("postgres_url_of_module"))
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return lambda: PostgresSnapshot(plain, f"slices{next(_names)}", 2), 12


def sliced(some: World, snapshot: Snapshot, one: Reconciliation = DEFINITION) -> Sliced:
    engine = Engine(one, snapshot)
    for side in engine.sides:
        documents = [
            (f"{side}{at}", document)
            for at, (document, _) in enumerate(
                itertools.chain.from_iterable(key[side] for key in some.values())
            )
        ]
        engine.land(side, documents, NOW, whole=True)
        engine.close(side)
    assert one.slices is not None
    slicer, tally, seen = Slicer(one, one.slices, DAY), Tally(engine), 0
    for opinion in engine.opinions(NOW):
        slicer.add(cuts_of(opinion.all), tally.add(opinion, differing=not opinion.agrees))
        seen += 1
    for cuts in engine.plain():
        slicer.add(cuts, "agreed")
        seen += 1
    # each key once, whether it was judged or is plainly equal
    assert seen == sum(1 for key in some.values() if key["a"] or key["b"])
    snapshot.drop()
    return slicer.sliced({"a": True, "b": True})


def combinations() -> Iterator[tuple[str, str, str]]:
    assert DEFINITION.slices is not None
    names = [one.name for one in DEFINITION.slices.periods]
    return itertools.product(names, ("", "seller", "region"), (CASH, COHORT))


def test_amounts_are_what_adding_them_up_by_hand_gives(opened: tuple[Open, int]) -> None:
    snapshot, count = opened

    @settings(max_examples=count, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.integers(0, 2**32), st.integers(0, 25))
    def holds(seed: int, keys: int) -> None:
        some = world(seed, keys)
        found = sliced(some, snapshot())
        for name, by, view in combinations():
            assert told(found, name, by, view) == by_hand(some, name, by, view), (name, by, view)

    holds()


def test_all_cells_of_a_kind_of_period_add_up_to_all_amounts(opened: tuple[Open, int]) -> None:
    snapshot, _ = opened
    some = world(7, 300)
    whole: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for key in some.values():
        for state, rows in (("signed", key["a"]), ("paid", key["b"])):
            for _, means in rows:
                if means["amount"] is not None and (state == "signed" or means["kind"] == "pay"):
                    at = state, means["currency"]
                    whole[at] = _EXACT.add(whole[at], means["amount"])
    found = sliced(some, snapshot())
    for name, by, view in combinations():
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for (when, who, currency, state), parts in told(found, name, by, view).items():
            if when != "all" and (who == "total") == (not by):
                sums[state, currency] = _EXACT.add(sums[state, currency], _sum(parts.values()))
        assert sums == whole, (name, by, view)


def test_a_rate_is_one_sum_over_the_other_in_the_period_of_the_first_state(
    opened: tuple[Open, int],
) -> None:
    snapshot, _ = opened
    some = world(11, 200)
    found = sliced(some, snapshot())
    rated = 0
    for name, by, _ in combinations():
        sums = by_hand(some, name, by, "cohort")
        kind = next(one for one in found.periods if one.name == name)
        for one in tables.rates(found, kind, by):
            who = f"= {one.who.name}" if one.who.kind == "value" else one.who.kind
            of, against = (
                _sum(sums.get((one.period, who, one.currency, state), {}).values())
                for state in ("paid", "signed")
            )
            assert (one.of, one.against) == (of, against)
            if against <= 0:
                assert one.value is None
                continue
            rated += 1
            exact = _EXACT.divide(of, against)
            assert one.value == exact.quantize(Decimal("0.0001"), ROUND_HALF_EVEN, _EXACT)
    assert rated > 50


def test_what_is_compared_has_the_same_hash_with_slices_and_without() -> None:
    plain = read_bundle({"own/r.yaml": FILE[: FILE.index("slices:")].encode()})
    without = Engine(plain.reconciliations["sales"], _Nothing())
    with_ = Engine(DEFINITION, _Nothing())
    document = {"k": "A", "n": 4, "at": "2026-01-01", "amt": "1", "cur": "CNY", "owner": "x"}
    (bare,), (cut,) = (one.rows("a", "A", [("1", document)]) for one in (without, with_))
    (hash_, packed), (other, more) = without.layout.pack(bare), with_.layout.pack(cut)
    assert hash_ == other
    assert more.startswith(packed)
    assert with_.layout.unpack("A", more) == cut
    assert bare.cut is None


class _Nothing:
    """A snapshot without rows."""

    def progress(self, side: int) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)
