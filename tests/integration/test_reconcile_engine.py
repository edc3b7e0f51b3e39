"""Whatever database finds the candidates, the findings are those of looking at every key."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.compare import forms
from hub.compare.fields import Result
from hub.mapping.bundle import read_bundle
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.judge import Opinion
from hub.reconcile.engine import Engine
from hub.reconcile.tally import Tally
from hub.store.snapshots import Landed, Snapshot
from hub.store.snapshots.postgres import PostgresSnapshot
from hub.store.snapshots.sqlite import SqliteSnapshot

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
#: Fields on all sides, on some two of them, and an authority that is not the first of the file.
THREE = """\
reconciliation: three
authority: a
sides:
  b: {connection: b, stream: o, key: k}
  a: {connection: a, stream: o, key: k, revision: r}
  c: {connection: c, stream: o, key: k, revision: r}
compare:
  all: {as: number, a: n, b: n, c: n, tolerance: {below: "1", above: "2"}}
  ab: {as: text, a: t, b: t}
  ac: {as: money, a: {from: m, currency: u}, c: {from: m, currency: u}, tolerance: "0.01"}
  bc: {as: date, b: d, c: d, tolerance: 1 day}
  status: {as: status, b: {from: s, map: {N: new, D: done}}, c: {from: s, map: {N: new, D: done}}}
totals: [all, ac]
"""
TWO = """\
reconciliation: two
sides:
  a: {connection: a, stream: o, key: k}
  b: {connection: b, stream: o, key: k}
compare:
  all: {as: number, a: n, b: n, tolerance: "1"}
  ab: {as: text, a: t, b: t}
  ac: {as: money, a: {from: m, currency: u}, b: {from: m, currency: u}, tolerance: "0.01"}
totals: [all, ac]
"""
#: Where a status stands for several words, equal rows prove nothing and all are judged.
WORDS = TWO.replace("totals:", """\
  status:
    as: status
    a: {from: s, map: {N: new, D: done}}
    b: {from: s, map: {N: [new, done], D: done}}
totals:""")  # fmt: skip
#: Several rows of one side are one, added up.
MANY = TWO.replace("connection: b, stream: o,", "connection: b, stream: o, many: true,")


# ---- what is compared, and what it means -------------------------------------------------------

#: What cannot be compared.
PROBLEM = object()
#: Name in a document → as it may be written, and what that means.
VALUES: Mapping[str, Sequence[tuple[Any, Any]]] = {
    "n": [("5", 5), (5, 5), ("5.00", 5), ("6", 6), ("7", 7), ("7.01", Decimal("7.01")), ("4", 4),
          ("3.99", Decimal("3.99")), (None, None), ("", None), ("0", 0), ("?", PROBLEM)],
    "t": [("x", "x"), (" ｘ\u200b", "x"), ("y", "y"), (None, None)],
    "m": [("10.00", Decimal(10)), ("10.01", Decimal("10.01")), ("10.02", Decimal("10.02")),
          ("99999999999999.99", Decimal("99999999999999.99")), (None, None), ("?", PROBLEM)],
    "u": [("CNY", "CNY"), ("cny", "CNY"), ("USD", "USD")],
    "d": [("2026-01-31", date(2026, 1, 31)), ("2026-01-31T16:00:00Z", date(2026, 2, 1)),
          ("2026/2/2", date(2026, 2, 2)), (None, None), ("2026-02-30", PROBLEM)],
    "s": [("N", "new"), ("D", "done"), (None, None), ("?", PROBLEM)],
    "r": [(1, 1), ("1", 1), (2, 2)],
}  # fmt: skip
WRITTEN: Sequence[Callable[[int], str]] = (
    lambda n: f"K-{n}", lambda n: f"k{n}", lambda n: f"Ｋ\u00a0{n}",
)  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """An object of a side: its document, and what that means."""

    id: str
    key: str
    document: Mapping[str, Any]
    means: Mapping[str, Any]


def thing(id_: str, number: int, changes: Mapping[str, int]) -> Thing:
    """Return an object that is like all others but for some changes."""
    written = WRITTEN[changes.get("k", 0) % len(WRITTEN)](number)
    chosen = {name: some[changes.get(name, 0) % len(some)] for name, some in VALUES.items()}
    document = {name: value for name, (value, _) in chosen.items()}
    means = {name: meaning for name, (_, meaning) in chosen.items()}
    return Thing(id_, f"K{number}", {"k": written, **document}, means)


World = Mapping[str, Sequence[Thing]]
Pages = Mapping[str, Sequence[Sequence[Thing]]]


def worlds(sides: str) -> st.SearchStrategy[World]:
    """Draw up to 30 keys; most objects are there once and agree, in whatever they say."""
    return st.builds(world_of, st.just(sides), st.integers(0, 30), st.integers(0, 2**32))


def world_of(sides: str, keys: int, seed: int) -> World:
    chance = random.Random(seed)

    def change(share: float) -> dict[str, int]:
        if chance.random() > share:
            return {}
        return {chance.choice(["k", *VALUES]): chance.randrange(12) for _ in range(3)}

    world: dict[str, list[Thing]] = {side: [] for side in sides}
    for number in range(keys):
        common = change(0.4)
        for side, things in world.items():
            (count,) = chance.choices((1, 0, 2), (8, 1, 1))
            things += [
                thing(f"{side}{number}.{copy}", number, {**common, **change(0.3)})
                for copy in range(count)
            ]
    return world


# ---- looking at every key, by other means than the engine's ------------------------------------


@dataclass(frozen=True)
class Rule:
    """What is compared: name in the documents, the sides that have it, and what is close enough."""

    name: str
    sides: str
    below: Any = 0
    above: Any = 0


RULES_OF_TWO = {
    "all": Rule("n", "ab", 1, 1), "ab": Rule("t", "ab"),
    "ac": Rule("m", "ab", Decimal("0.01"), Decimal("0.01")),
}  # fmt: skip
RULES_OF_THREE = {
    "all": Rule("n", "abc", 1, 2), "ab": Rule("t", "ab"),
    "ac": Rule("m", "ac", Decimal("0.01"), Decimal("0.01")),
    "bc": Rule("d", "bc", timedelta(1), timedelta(1)), "status": Rule("s", "bc"),
    "revision": Rule("r", "ac"),
}  # fmt: skip
RULES_OF_WORDS = {**RULES_OF_TWO, "status": Rule("s", "ab")}

#: Kind, side, key, field, and by how much.
Told = tuple[str, str, str, str, Any]


@dataclass
class Outcome:
    """What came of a comparison."""

    seen: set[Told] = field(default_factory=set)
    within: set[Told] = field(default_factory=set)
    keys: int = 0
    differing: int = 0
    #: Field → pairs of values that were equal, and all of them.
    pairs: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: Field, other side, unit → sums of the two sides, unless both are 0.
    sums: dict[tuple[str, str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)
    #: Differences of sums that no row explains.
    rest: list[Any] = field(default_factory=list)


def looked_at(
    world: World, rules: Mapping[str, Rule], *, many: str = "", several: str = ""
) -> Outcome:
    """Return what must come of it.

    The first side is the authority. Several objects of `many` are one where they write their key
    alike; on the side `several`, the status `new` stands for `done` too.
    """
    outcome = Outcome()
    authority, *_ = sides = list(world)
    by_key: dict[str, dict[str, list[Thing]]] = defaultdict(dict)
    for side, things in world.items():
        for one in things:
            by_key[one.key].setdefault(side, []).append(one)
    outcome.keys = len(by_key)
    pairs: dict[str, list[int]] = {name: [0, 0] for name in rules}
    for key, there in by_key.items():
        before = len(outcome.seen)
        means: dict[str, Mapping[str, Any]] = {}
        for side, things in there.items():
            alike = len({one.document["k"] for one in things}) == 1
            if len(things) == 1:
                means[side] = things[0].means
            elif side == many and alike:
                means[side] = _together(things)
            else:
                kind = "duplicate" if alike else "key_collision"
                outcome.seen.add((kind, side, key, "", None))
        if authority in there:
            absent = [side for side in sides if side not in there]
            outcome.seen |= {("missing", side, key, "", None) for side in absent}
        else:
            outcome.seen |= {("extra", side, key, "", None) for side in there}
        for name, rule in rules.items():
            base, *others = [side for side in sides if side in rule.sides and side in means] or [""]
            for side in others:
                result, apart = _compared(rule, means[base], means[side], side == several)
                pairs[name][0] += result == "equal"
                pairs[name][1] += 1
                if result == "within":
                    outcome.within.add((result, side, key, name, apart))
                elif result != "equal":
                    stale = name == "revision" and apart is not None and apart < 0
                    kind = "stale" if stale else result
                    outcome.seen.add((kind, side, key, name, apart))
        outcome.differing += len(outcome.seen) > before
    outcome.pairs = {name: (equal, whole) for name, (equal, whole) in pairs.items()}
    outcome.sums = dict(_sums(world, rules, many))
    return outcome


def _together(things: Sequence[Thing]) -> Mapping[str, Any]:
    """Return what several objects mean together: amounts are added up, the rest must be one."""
    means = {}
    for name in VALUES:
        values = [one.means[name] for one in things]
        there = [one for one in values if one is not None]
        if PROBLEM in values:
            means[name] = PROBLEM
        elif not there:
            means[name] = None
        elif name == "n":
            means[name] = sum(there)
        elif name == "m":
            units = {one.means["u"] for one in things if one.means["m"] is not None}
            same = len(units) == 1
            means[name] = sum(there) if same else PROBLEM
            means["of m"] = units.pop() if same else None
        else:
            means[name] = there[0] if values == [there[0]] * len(values) else PROBLEM
    means["u"] = means.get("of m", means["u"])
    return means


def _compared(
    rule: Rule, ours: Mapping[str, Any], theirs: Mapping[str, Any], several: bool
) -> tuple[str, Any]:
    left, right = ours[rule.name], theirs[rule.name]
    if left is PROBLEM or right is PROBLEM:
        return ("unmapped_status" if rule.name == "s" else "not_comparable"), None
    if left is None or right is None:
        return ("equal" if left is right else "differs"), None
    if rule.name == "m" and ours["u"] != theirs["u"]:
        return "not_comparable", None
    if left == right or (several and right == "new" and left == "done"):
        return "equal", None
    if isinstance(left, str):
        return "differs", None
    apart = right - left
    result = "within" if -rule.below <= apart <= rule.above else "differs"
    return result, apart.days if isinstance(apart, timedelta) else Decimal(apart)


def _sums(
    world: World, rules: Mapping[str, Rule], many: str
) -> Iterator[tuple[tuple[str, str, str], tuple[Decimal, Decimal]]]:
    authority, *others = world
    for name, rule in rules.items():
        if rule.name not in ("n", "m") or authority not in rule.sides:
            continue
        sums = {side: _summed(world[side], rule.name, side == many) for side in world}
        for side in others:
            for unit in sums[authority].keys() | sums[side].keys():
                left, right = (sums[one].get(unit, Decimal(0)) for one in (authority, side))
                if side in rule.sides and (left or right):
                    yield (name, side, unit), (left, right)


def _summed(things: Sequence[Thing], name: str, many: bool) -> dict[str, Decimal]:
    by_key: dict[Any, list[Thing]] = defaultdict(list)
    for one in things:
        by_key[one.key, one.document["k"]].append(one)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for some in by_key.values():
        counted = [_together(some)] if many and len(some) > 1 else [one.means for one in some]
        for means in counted:
            value = means[name]
            if value is not None and value is not PROBLEM:
                sums[means["u"] if name == "m" else ""] += value
    return dict(sums)


# ---- the engine on a database ------------------------------------------------------------------


@dataclass(frozen=True)
class Database:
    """Where snapshots are made."""

    #: Number of sides, and a name; the same name opens what was landed before.
    open: Callable[[int, str], Snapshot]
    #: As many examples as take some seconds.
    examples: int

    def of(self, sides: int) -> Snapshot:
        """Make an empty snapshot."""
        return self.open(sides, new_name())


_names = itertools.count()


def new_name() -> str:
    return f"run{next(_names)}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return Database(lambda sides, name: SqliteSnapshot(tmp_path / f"{name}.db", sides), 60)
    return postgres(request.getfixturevalue("postgres_url_of_module"))


def postgres(url: str) -> Database:
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return Database(lambda sides, name: PostgresSnapshot(plain, name, sides), 15)


def examples(count: int) -> settings:
    return settings(
        max_examples=count, deadline=None, database=None, derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip


def definition(text: str) -> Reconciliation:
    return next(iter(read_bundle({"own/r.yaml": text.encode()}).reconciliations.values()))


ONE_OF = {text: definition(text) for text in (TWO, THREE, WORDS, MANY)}


def paged(world: World, size: int = 7) -> Pages:
    return {
        side: [things[at : at + size] for at in range(0, len(things), size)] or [[]]
        for side, things in world.items()
    }


def land(engine: Engine, side: str, pages: Sequence[Sequence[Thing]], first: int = 0) -> None:
    """Land the pages of a side from one of them on; the cursor is the number of the next."""
    for at, page in enumerate(pages[first:], first + 1):
        documents = [(one.id, one.document) for one in page]
        engine.land(side, documents, NOW, cursor=str(at), whole=at == len(pages))


def compared(one: Reconciliation, pages: Pages, snapshot: Snapshot) -> Outcome:
    engine = Engine(one, snapshot)
    for side, some in pages.items():
        land(engine, side, some)
    outcome = judged(engine)
    snapshot.drop()
    return outcome


def judged(engine: Engine) -> Outcome:
    """Close the sides, and return what came of it."""
    for side in engine.sides:
        engine.close(side)
    outcome, tally = Outcome(), Tally(engine)
    told: set[str] = set()
    close: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for opinion in engine.opinions(NOW):
        assert opinion.key not in told, "a key is judged once"
        told.add(opinion.key)
        tally.add(opinion, differing=not opinion.agrees)
        outcome.seen |= {
            (one.kind, one.side, one.key, one.field, _apart(one.field, one.judged.difference))
            for one in opinion.seen
        }
        outcome.within |= {
            ("within", side, opinion.key, name, _apart(name, one.difference))
            for name, side, one in opinion.judged
            if one.result is Result.WITHIN
        }
        for name, side, one in opinion.judged:
            if one.result is Result.WITHIN and engine.definition.authority in opinion.rows:
                close[name, side] -= forms.unscaled(one.difference or 0)
    counts = tally.counts()
    outcome.keys, outcome.differing = counts.keys, counts.differing
    assert counts.agreed == counts.keys - counts.differing
    assert outcome.within or not counts.within
    for one in tally.fields({}):
        every = one.equal + one.within + one.differs + one.not_comparable
        outcome.pairs[one.name] = one.equal, every
    for total in tally.totals():
        close[total.field, total.right_side] -= total.within
        if total.left or total.right:
            outcome.sums[total.field, total.right_side, total.unit] = total.left, total.right
        explained = (
            total.findings + total.in_flight + total.within + total.not_expected
            + total.not_compared
        )  # fmt: skip
        if total.rest or explained != total.left - total.right:
            outcome.rest.append(total)
    # what is within tolerance explains as much as its differences are
    outcome.rest += [at for at, rest in close.items() if rest and at[0] in engine.definition.totals]
    return outcome


def _apart(name: str, difference: int | None) -> Any:
    if difference is None:
        return None
    return difference if name == "bc" else forms.unscaled(difference)


# ---- properties --------------------------------------------------------------------------------


def test_three_sides_are_judged_as_by_looking_at_every_key(database: Database) -> None:
    @examples(database.examples)
    @given(worlds("abc"))
    def holds(world: World) -> None:
        found = compared(ONE_OF[THREE], paged(world), database.of(3))
        assert found == looked_at(world, RULES_OF_THREE)

    holds()


@pytest.mark.parametrize(
    ("text", "rules", "how"),
    [
        pytest.param(TWO, RULES_OF_TWO, {}, id="by-hashes"),
        pytest.param(WORDS, RULES_OF_WORDS, {"several": "b"}, id="a-word-for-several"),
        pytest.param(MANY, RULES_OF_TWO, {"many": "b"}, id="several-rows-of-a-key"),
    ],
)
def test_two_sides_are_judged_as_by_looking_at_every_key(
    database: Database, text: str, rules: Mapping[str, Rule], how: dict[str, str]
) -> None:
    @examples(database.examples)
    @given(worlds("ab"))
    def holds(world: World) -> None:
        found = compared(ONE_OF[text], paged(world), database.of(2))
        assert found == looked_at(world, rules, **how)

    holds()


@pytest.mark.parametrize("text", [TWO, MANY], ids=["objects", "rows-of-objects"])
def test_both_databases_say_the_same_of_each_key(
    postgres_url_of_module: str, tmp_path: Path, text: str
) -> None:
    far = postgres(postgres_url_of_module)

    def all_of(snapshot: Snapshot, world: World) -> dict[str, Opinion]:
        engine = Engine(ONE_OF[text], snapshot)
        for side, pages in paged(world).items():
            land(engine, side, pages)
            engine.close(side)
        found = {opinion.key: opinion for opinion in engine.opinions(NOW)}
        snapshot.drop()
        return found

    @examples(far.examples)
    @given(worlds("ab"))
    def holds(world: World) -> None:
        near = SqliteSnapshot(tmp_path / f"{new_name()}.db", 2)
        assert all_of(near, world) == all_of(far.of(2), world)

    holds()


def read_otherwise(world: World, seed: int) -> Pages:
    """Return the objects in other pages and another order, some read twice or once before."""
    chance = random.Random(seed)
    pages: dict[str, list[list[Thing]]] = {}
    for side, things in world.items():
        order = chance.sample(things, len(things))
        for one in chance.choices(order, k=3) if order else ():
            # as it stands now, or as it stood before it changed
            again = one if chance.random() < 0.5 else thing(one.id, int(one.key[1:]), {"n": 4})
            order.insert(chance.randint(0, order.index(one)), again)
        cuts = sorted(chance.randint(0, len(order)) for _ in range(chance.randint(0, 5)))
        bounds = itertools.pairwise([0, *cuts, len(order)])
        pages[side] = [order[start:end] for start, end in bounds]
    return pages


@pytest.mark.parametrize("text", [THREE, MANY], ids=["objects", "rows-of-objects"])
def test_order_and_size_of_pages_and_what_is_read_twice_change_nothing(
    database: Database, text: str
) -> None:
    one = ONE_OF[text]
    sides = "abc"[: len(one.sides)]

    @examples(database.examples)
    @given(worlds(sides), st.integers(0, 10**6))
    def holds(world: World, seed: int) -> None:
        found = compared(one, paged(world), database.of(len(sides)))
        assert compared(one, read_otherwise(world, seed), database.of(len(sides))) == found
        assert found.rest == []

    holds()


def test_a_constant_on_all_sides_changes_no_finding(database: Database) -> None:
    def more(one: Thing, constant: Decimal) -> Thing:
        document = dict(one.document)
        for name in ("n", "m"):
            if isinstance(one.means[name], int | Decimal):
                document[name] = str(one.means[name] + constant)
        return Thing(one.id, one.key, document, one.means)

    @examples(database.examples)
    @given(worlds("abc"), st.decimals("-1e13", "1e13", places=8))
    def holds(world: World, constant: Decimal) -> None:
        moved = {side: [more(one, constant) for one in some] for side, some in world.items()}
        found = compared(ONE_OF[THREE], paged(world), database.of(3))
        other = compared(ONE_OF[THREE], paged(moved), database.of(3))
        assert (other.seen, other.within) == (found.seen, found.within)
        assert (other.pairs, other.rest) == (found.pairs, [])

    holds()


def test_swapped_sides_lack_what_the_other_had_too_much(database: Database) -> None:
    swapped = {"a": "b", "b": "a"}

    def mirrored(told: Told) -> Told:
        kind, side, key, name, apart = told
        if kind in ("missing", "extra"):
            return ("extra" if kind == "missing" else "missing"), side, key, name, apart
        turned = swapped[side] if not name else side
        return kind, turned, key, name, -apart if apart is not None else None

    @examples(database.examples)
    @given(worlds("ab"))
    def holds(world: World) -> None:
        there = compared(ONE_OF[TWO], paged(world), database.of(2))
        back = compared(ONE_OF[TWO], paged({"a": world["b"], "b": world["a"]}), database.of(2))
        assert back.seen == {mirrored(one) for one in there.seen}
        assert back.within == {mirrored(one) for one in there.within}
        assert back.sums == {at: (right, left) for at, (left, right) in there.sums.items()}
        assert (back.keys, back.differing, back.pairs) == (
            there.keys, there.differing, there.pairs,
        )  # fmt: skip

    holds()


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        pytest.param({"n": "?"}, "not_comparable", id="no-number"),
        pytest.param({"m": "?"}, "not_comparable", id="no-amount"),
        pytest.param({"n": {"value": 1}}, "not_comparable", id="unreadable"),
        pytest.param({"s": "?"}, "unmapped_status", id="unmapped"),
    ],
)
def test_what_cannot_be_compared_is_found_though_all_sides_say_it(
    database: Database, document: Mapping[str, Any], kind: str
) -> None:
    engine = Engine(ONE_OF[WORDS if "s" in document else TWO], database.of(2))
    for side in engine.sides:
        engine.land(side, [("1", {"k": "K1", **document})], NOW, whole=True)
    found = judged(engine)
    engine.snapshot.drop()
    assert [(one[0], one[2]) for one in found.seen] == [(kind, "K1")]


def test_each_side_is_explained_by_what_was_found_there(tmp_path: Path) -> None:
    engine = Engine(ONE_OF[THREE], SqliteSnapshot(tmp_path / "rows.db", 3))
    for side, amount in (("a", 10), ("b", 11), ("c", 20)):
        engine.land(side, [("1", {"k": "K1", "n": amount, "r": 1})], NOW, whole=True)
        engine.close(side)
    tally = Tally(engine)
    (opinion,) = engine.opinions(NOW)
    tally.add(opinion, differing=not opinion.agrees)
    parts = {one.right_side: (one.findings, one.within, one.rest) for one in tally.totals()}
    assert parts == {"b": (0, -1, 0), "c": (-10, 0, 0)}


def test_what_stands_beyond_the_keys_that_were_asked_for_is_not_within_tolerance(
    tmp_path: Path,
) -> None:
    by_key = TWO.replace("b: {connection: b, stream: o", "b: {connection: b, operation: put")
    engine = Engine(definition(by_key), SqliteSnapshot(tmp_path / "rows.db", 2))
    engine.land("a", [], NOW, whole=True)
    engine.land("b", [("1", {"k": "K1", "n": 10})], NOW, whole=True)
    for side in ("a", "b"):
        engine.close(side)
    tally = Tally(engine)
    (opinion,) = engine.opinions(NOW)
    tally.add(opinion, differing=not opinion.agrees)
    (total,) = tally.totals()
    assert opinion.agrees
    assert (total.within, total.not_expected, total.rest) == (0, -10, 0)


# ---- runs that were interrupted ----------------------------------------------------------------


class Killed(Exception):
    """The process ended here."""


def test_a_run_that_was_interrupted_goes_on_and_finds_the_same(database: Database) -> None:
    @examples(max(database.examples // 2, 10))
    @given(worlds("ab"), st.integers(0, 10**6), st.integers(0, 6), st.integers(0, 6), st.booleans())
    def holds(world: World, seed: int, first: int, second: int, closed: bool) -> None:
        pages, name = read_otherwise(world, seed), new_name()
        before = Engine(ONE_OF[MANY], database.open(2, name))
        for side, count in (("a", first), ("b", second)):
            for at, page in enumerate(pages[side][:count], 1):
                whole = at == len(pages[side])
                documents = [(one.id, one.document) for one in page]
                before.land(side, documents, NOW, cursor=str(at), whole=whole)
            if closed and before.progress[side].whole:
                before.close(side)
        before.snapshot.close()
        after = Engine(ONE_OF[MANY], database.open(2, name))
        for side, count in (("a", first), ("b", second)):
            landed = min(count, len(pages[side]))
            assert after.progress[side].pages == landed
            assert after.progress[side].cursor == (str(landed) if landed else None)
            land(after, side, pages[side], landed)
            assert after.progress[side].whole
        found = judged(after)
        after.snapshot.drop()
        assert found == compared(ONE_OF[MANY], pages, database.of(2))

    holds()


def test_a_page_that_ends_in_the_middle_is_not_there_at_all(database: Database) -> None:
    name = new_name()

    def half() -> Iterator[tuple[str, Mapping[str, Any]]]:
        yield "a2", {"k": "K2", "n": "1"}
        raise Killed

    before = Engine(ONE_OF[TWO], database.open(2, name))
    before.land("a", [("a1", {"k": "K1", "n": "1"})], NOW, cursor="1")
    with pytest.raises(Killed):
        before.land("a", half(), NOW, cursor="2", whole=True)
    before.snapshot.close()
    after = Engine(ONE_OF[TWO], database.open(2, name))
    progress = after.progress["a"]
    assert (progress.cursor, progress.rows, progress.whole) == ("1", 1, False)
    after.land("a", [("a2", {"k": "K2", "n": "1"})], NOW, cursor="2", whole=True)
    after.land("b", [("b1", {"k": "K1", "n": "1"})], NOW, whole=True)
    found = judged(after)
    after.snapshot.drop()
    assert found.seen == {("missing", "b", "K2", "", None)}
    assert found.sums["all", "b", ""] == (2, 1)


def test_a_side_that_was_half_closed_is_summed_up_once(tmp_path: Path) -> None:
    class Short(SqliteSnapshot):
        def settle(self, *args: Any, **more: Any) -> None:
            super().settle(*args, **more)
            raise Killed

    document = {"k": "K1", "n": "10"}
    before = Engine(ONE_OF[TWO], Short(tmp_path / "rows.db", 2))
    before.land("a", [("a1", document), ("a1", document)], NOW, whole=True)
    before.land("b", [("b1", document)], NOW, whole=True)
    with pytest.raises(Killed):
        before.close("a")
    before.snapshot.close()
    found = judged(Engine(ONE_OF[TWO], SqliteSnapshot(tmp_path / "rows.db", 2)))
    assert (found.sums["all", "b", ""], found.rest) == ((10, 10), [])


def test_what_moved_between_two_reads_is_explained(tmp_path: Path) -> None:
    engine = Engine(ONE_OF[TWO], SqliteSnapshot(tmp_path / "rows.db", 2))
    engine.land("a", [("a1", {"k": "K1", "n": "10"})], NOW, whole=True)
    engine.land("b", [("b1", {"k": "K1", "n": "20"})], NOW, whole=True)
    for side in ("a", "b"):
        engine.close(side)
    tally = Tally(engine)
    (opinion,) = engine.opinions(NOW)
    fresh = {"a": engine.rows("a", "K1", [("a1", {"k": "K1", "n": "20"})]),
             "b": opinion.all["b"]}  # fmt: skip
    tally.add(engine.judged("K1", fresh, NOW, opinion.all), differing=False)
    assert [(one.left, one.right, one.rest) for one in tally.totals()] == [(20, 20, 0)]


# ---- what need not be there yet ----------------------------------------------------------------


DUE = TWO.replace("b, stream: o,", "b, stream: o, expected_from: on + 2 days,")
MOVING = TWO.replace("key: k}", "key: k, modified: at}")


@pytest.mark.parametrize(
    ("on", "missing"),
    [
        pytest.param("2026-11-25T12:00:00Z", True, id="due-now"),
        pytest.param("2026-11-25T12:00:01Z", False, id="due-in-a-second"),
        pytest.param("2026-11-25T20:00:00", True, id="in-the-zone-of-the-definition"),
        pytest.param("2026-11-25T20:00:01", False, id="a-second-later-in-that-zone"),
        pytest.param(None, True, id="at-any-time"),
        pytest.param("soon", True, id="no-time"),
    ],
)
def test_what_is_not_due_yet_is_not_missing(tmp_path: Path, on: str | None, missing: bool) -> None:
    engine = Engine(definition(DUE), SqliteSnapshot(tmp_path / "rows.db", 2))
    engine.land("a", [("a1", {"k": "K1", "n": "10", "on": on})], NOW, whole=True)
    engine.land("b", [], NOW, whole=True)
    for side in ("a", "b"):
        engine.close(side)
    tally = Tally(engine)
    (opinion,) = engine.opinions(NOW)
    tally.add(opinion, differing=not opinion.agrees)
    assert [one.kind for one in opinion.seen] == (["missing"] if missing else [])
    assert opinion.not_due == (() if missing else ("b",))
    (total,) = tally.totals()
    assert (total.findings, total.in_flight, total.rest) == ((10, 0, 0) if missing else (0, 10, 0))


@pytest.mark.parametrize(
    ("at", "moving"),
    [
        ("2026-11-27T12:00:00Z", False),
        ("2026-11-27T12:00:00.5Z", True),
        ("2026-11-27T20:00:01+08:00", True),
        ("2026-11-27T19:00:00+08:00", False),
        (None, False),
        ("1764244800", False),
    ],
)
def test_what_changed_after_the_cut_off_is_moving(
    tmp_path: Path, at: str | None, moving: bool
) -> None:
    engine = Engine(definition(MOVING), SqliteSnapshot(tmp_path / "rows.db", 2))
    engine.land("a", [("a1", {"k": "K1", "n": "10"})], NOW, whole=True)
    engine.land("b", [("b1", {"k": "K1", "n": "20", "at": at})], NOW, whole=True)
    for side in ("a", "b"):
        engine.close(side)
    (opinion,) = engine.opinions(NOW)
    assert (opinion.moving, opinion.agrees) == (moving, False)


def test_rows_without_a_key_are_rejected_and_counted(database: Database) -> None:
    engine = Engine(ONE_OF[TWO], database.of(2))
    rows = [("a1", {"k": "K1"}), ("a2", {"k": " - "}), ("a3", {}), ("a4", {"k": ["K1"]})]
    progress = engine.land("a", rows, NOW, whole=True)
    assert (progress.documents, progress.rows, progress.rejected) == (4, 4, 3)
    assert progress.reasons[0] == "a2: no key in ' - '"
    engine.snapshot.drop()


HALF = "\ud83d"


def test_half_a_character_is_shown_as_its_number_and_stops_nothing(database: Database) -> None:
    engine = Engine(ONE_OF[TWO], database.of(2))
    for side, text in (("a", HALF), ("b", "x")):
        documents = [
            (f"{side}{HALF}", {"k": f"K{HALF}", "n": HALF, "t": text}), (f"{side}2", {"k": "K2"}),
            (HALF, {"k": HALF[:0], "t": HALF}),
        ]  # fmt: skip
        engine.land(side, documents, NOW, whole=True)
        engine.close(side)
    (opinion,) = engine.opinions(NOW)
    assert opinion.key == "K\\ud83d"
    row = opinion.rows["a"]
    assert (row.original, row.source, row.values["ab"]) == ("K\\ud83d", "a\\ud83d", "\\ud83d")
    assert {one.field: one.kind for one in opinion.seen} == {
        "all": "not_comparable", "ab": "differs",
    }  # fmt: skip
    assert engine.progress["a"].reasons == ["\\ud83d: no key in ''"]
    again = engine.rows("a", opinion.key, [("a1", {"k": f"K{HALF}", "t": HALF})])
    assert [one.values["ab"] for one in again] == ["\\ud83d"]
    engine.snapshot.drop()


# ---- how the candidates are found --------------------------------------------------------------


@pytest.mark.parametrize("everything", [False, True], ids=["by-hashes", "all-keys"])
@pytest.mark.parametrize(
    ("sides", "groups"),
    [
        pytest.param(2, [[0, 1]], id="two-sides"),
        pytest.param(3, [[0, 1, 2]], id="three-sides-one-group"),
        pytest.param(3, [[0, 1, 2], [0, 1], [1, 2]], id="three-sides"),
        pytest.param(6, [[0, 5], [1, 2, 3], [0, 4]], id="six-sides"),
    ],
)
def test_candidates_are_looked_for_in_the_indexes_only(
    tmp_path: Path, sides: int, groups: list[list[int]], everything: bool
) -> None:
    taken = SqliteSnapshot(tmp_path / "rows.db", sides)
    for side in range(sides):
        rows: list[Landed] = [
            (f"k{n}".encode(), bytes(16 * len(groups)), b"row") for n in range(50)
        ]
        taken.land(side, rows, b"{}")
        taken.index(side)
    statements = list(taken._statements(groups, everything=everything))
    assert len(statements) == sides
    for statement in statements:
        plan = [row[3] for row in taken._db.execute(f"EXPLAIN QUERY PLAN {statement}")]
        steps = [line for line in plan if line.startswith(("SCAN", "SEARCH"))]
        # one side is gone through, and each of the others is looked up by key
        assert [line.startswith("SCAN") for line in steps] == [True] + [False] * (sides - 1), plan
        assert all("INDEX i" in line for line in steps), plan
        assert all("(key=?)" in line for line in steps[1:]), plan
        assert not any("TEMP B-TREE" in line or "AUTOMATIC" in line for line in plan), plan
        absent = [line for at, line in enumerate(plan) if "SUBQUERY" in plan[at - 1]]
        assert all("COVERING INDEX" in line for line in absent), plan
    taken.drop()


def test_keys_a_side_has_twice_are_looked_for_in_its_index_only(tmp_path: Path) -> None:
    taken = SqliteSnapshot(tmp_path / "rows.db", 1)
    taken.land(0, [(b"k", bytes(16), b"row")] * 2, b"{}")
    taken.index(0)
    asked: list[str] = []
    taken._db.set_trace_callback(asked.append)
    assert list(taken.several(0)) == [(b"k", [b"row", b"row"])]
    taken._db.set_trace_callback(None)
    (grouping,) = [one for one in asked if "GROUP BY" in one]
    select = grouping[grouping.index("SELECT") :]
    plan = [row[3] for row in taken._db.execute(f"EXPLAIN QUERY PLAN {select}")]
    assert plan == ["SCAN r0 USING COVERING INDEX i0"]
    taken.drop()
