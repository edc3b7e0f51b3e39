"""Whatever database finds the candidates, the findings are those of looking at every key."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.mapping.bundle import read_bundle
from hub.mapping.reconciliation.definition import Reconciliation
from hub.reconcile.engine import Engine
from hub.reconcile.tally import Tally
from hub.store.snapshots import Snapshot
from hub.store.snapshots.postgres import PostgresSnapshot
from hub.store.snapshots.sqlite import SqliteSnapshot

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
#: Fields on all sides, on the first and each other one, and on the two others only.
THREE = """\
reconciliation: three
sides:
  a: {connection: a, stream: o, key: k, id: id, revision: rev}
  b: {connection: b, stream: o, key: k, id: id}
  c: {connection: c, stream: o, key: k, id: id, revision: rev}
compare:
  all: {as: number, a: x, b: x, c: x, tolerance: "1"}
  ab: {as: text, a: y, b: y}
  ac: {as: money, a: {from: z, currency: CNY}, c: {from: z, currency: CNY}}
  bc: {as: date, b: d, c: d, tolerance: 1 day}
totals: [all, ac]
"""
TWO = """\
reconciliation: two
sides:
  a: {connection: a, stream: o, key: k, id: id}
  b: {connection: b, stream: o, key: k, id: id}
compare:
  all: {as: number, a: x, b: x, tolerance: "1"}
  text: {as: text, a: y, b: y}
totals: [all]
"""
_SMALL = settings(
    max_examples=40, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
_names = itertools.count()

Sides = Mapping[str, Sequence[Mapping[str, Any]]]
Found = set[tuple[str, str, str, str]]


def definition(text: str) -> Reconciliation:
    return next(iter(read_bundle({"own/r.yaml": text.encode()}).reconciliations.values()))


@pytest.fixture(params=["sqlite", "postgresql"])
def snapshot(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], Snapshot]:
    if request.param == "sqlite":
        return lambda sides: SqliteSnapshot(tmp_path / f"{next(_names)}.db", sides)
    url = sa.make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql")
    plain = url.render_as_string(hide_password=False)
    return lambda sides: PostgresSnapshot(plain, f"run{next(_names)}", sides)


def run(one: Reconciliation, sides: Sides, taken: Snapshot, page: int = 3) -> tuple[Found, Tally]:
    engine = Engine(one, taken)
    for name, rows in sides.items():
        for start in range(0, max(len(rows), 1), page):
            documents = [(str(row["id"]), row) for row in rows[start : start + page]]
            engine.land(name, documents, NOW, whole=start + page >= len(rows))
        engine.close(name)
    tally = Tally(engine)
    found: Found = set()
    for opinion in engine.opinions(NOW):
        found |= {(seen.kind, seen.side, seen.key, seen.field) for seen in opinion.seen}
        tally.add(opinion, differing=not opinion.agrees)
    return found, tally


# ---- looking at every key, without the engine's help -------------------------------------------


def expected(sides: Sides, fields: Mapping[str, tuple[str, Sequence[str], int]]) -> Found:
    """Say what must be found: field → (name in the row, sides that have it, tolerance)."""
    first = next(iter(sides))
    rows: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for side, all_rows in sides.items():
        last = {row["id"]: row for row in all_rows}
        for row in last.values():
            rows.setdefault(str(row["k"]).upper(), {}).setdefault(side, []).append(row)
    found: Found = set()
    for key, there in rows.items():
        for side, some in there.items():
            if len(some) > 1:
                found.add(("duplicate", side, key, ""))
        if first in there:
            found |= {("missing", side, key, "") for side in sides if side not in there}
        else:
            found |= {("extra", side, key, "") for side in there}
        single = {side: some[0] for side, some in there.items() if len(some) == 1}
        for name, (word, owners, tolerance) in fields.items():
            having = [side for side in sides if side in owners and side in single]
            for side in having[1:]:
                left, right = single[having[0]].get(word), single[side].get(word)
                if not _close(left, right, tolerance):
                    stale = name == "revision" and int(right) < int(left)
                    found.add(("stale" if stale else "differs", side, key, name))
    return found


def _close(left: Any, right: Any, tolerance: int) -> bool:
    if left is None or right is None or (isinstance(left, str) and "x" in left):
        return left == right
    if isinstance(left, str) and "-" in left:
        days = datetime.fromisoformat(right) - datetime.fromisoformat(left)
        return abs(days.days) <= tolerance
    return abs(int(left) - int(right)) <= tolerance if tolerance else left == right


FIELDS_OF_THREE = {
    "all": ("x", ("a", "b", "c"), 1), "ab": ("y", ("a", "b"), 0), "ac": ("z", ("a", "c"), 0),
    "bc": ("d", ("b", "c"), 1), "revision": ("rev", ("a", "c"), 0),
}  # fmt: skip
FIELDS_OF_TWO = {"all": ("x", ("a", "b"), 1), "text": ("y", ("a", "b"), 0)}


def rows_of(side: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = st.fixed_dictionaries(
        {
            "k": st.sampled_from([f"k{n}" for n in range(6)]),
            "id": st.integers(0, 9).map(lambda n: f"{side}{n}"),
            "x": st.one_of(st.none(), st.integers(0, 4)),
            "y": st.sampled_from([None, "x1", "x2"]),
            "z": st.integers(0, 2),
            "d": st.sampled_from(["2026-01-01", "2026-01-02", "2026-01-03"]),
            "rev": st.integers(1, 2),
        }
    )
    # an object has one key for good
    return st.lists(row, max_size=8).map(_with_one_key)


def _with_one_key(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    keys: dict[str, str] = {}
    return [{**row, "k": keys.setdefault(row["id"], row["k"])} for row in rows]


@_SMALL
@given(a=rows_of("a"), b=rows_of("b"), c=rows_of("c"))
def test_three_sides_are_judged_as_by_looking_at_every_key(
    snapshot: Callable[[int], Snapshot], a: Any, b: Any, c: Any
) -> None:
    sides = {"a": a, "b": b, "c": c}
    taken = snapshot(3)
    found, tally = run(definition(THREE), sides, taken)
    assert found == expected(sides, FIELDS_OF_THREE)
    assert [one for one in tally.totals() if one.rest] == []
    taken.drop()


@_SMALL
@given(a=rows_of("a"), b=rows_of("b"), seed=st.integers(0, 99), page=st.integers(1, 9))
def test_order_and_size_of_pages_and_what_is_read_twice_change_nothing(
    snapshot: Callable[[int], Snapshot], a: Any, b: Any, seed: int, page: int
) -> None:
    chance = random.Random(seed)
    # what an object said last is what counts, so only objects read once may change places
    once = {"a": list({row["id"]: row for row in a}.values()),
            "b": list({row["id"]: row for row in b}.values())}  # fmt: skip
    moved = {name: chance.sample(rows, len(rows)) + rows[:2] for name, rows in once.items()}
    first, second = snapshot(2), snapshot(2)
    assert run(definition(TWO), once, first)[0] == run(definition(TWO), moved, second, page)[0]
    first.drop()
    second.drop()


@_SMALL
@given(a=rows_of("a"), b=rows_of("b"))
def test_swapped_sides_lack_what_the_other_had_too_much(
    snapshot: Callable[[int], Snapshot], a: Any, b: Any
) -> None:
    first, second = snapshot(2), snapshot(2)
    found, _ = run(definition(TWO), {"a": a, "b": b}, first)
    assert found == expected({"a": a, "b": b}, FIELDS_OF_TWO)
    mirrored, _ = run(definition(TWO), {"a": b, "b": a}, second)
    turned = {"missing": "extra", "extra": "missing"}
    keys = {(turned.get(kind, kind), key, field) for kind, _, key, field in found}
    assert keys == {(kind, key, field) for kind, _, key, field in mirrored}
    first.drop()
    second.drop()


def test_a_run_that_was_interrupted_goes_on_where_it_was(tmp_path: Path) -> None:
    one = definition(TWO)
    rows = [{"k": f"k{n}", "id": str(n), "x": n, "y": None} for n in range(10)]
    path = tmp_path / "rows.db"
    first = Engine(one, SqliteSnapshot(path, 2))
    first.land("a", [(row["id"], row) for row in rows[:6]], NOW, cursor="after 6")
    first.snapshot.close()
    second = Engine(one, SqliteSnapshot(path, 2))
    assert (second.progress["a"].cursor, second.progress["a"].rows) == ("after 6", 6)
    second.land("a", [(row["id"], row) for row in rows[6:]], NOW, whole=True)
    second.land("b", [(row["id"], row) for row in rows], NOW, whole=True)
    for side in ("a", "b"):
        second.close(side)
    assert [one for one in second.opinions(NOW) if not one.agrees] == []
    assert (second.keys("a"), second.progress["a"].pages) == (10, 2)


def test_candidates_are_looked_for_in_the_indexes_only(tmp_path: Path) -> None:
    taken = SqliteSnapshot(tmp_path / "rows.db", 3)
    for side in range(3):
        taken.land(side, [(b"k", bytes(48), b"row")], b"{}")
        taken.index(side)
    for statement in taken._statements([[0, 1, 2], [0, 1], [1, 2]], everything=False):
        plan = [row[3] for row in taken._db.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert sum(line.startswith("SCAN") for line in plan) == 1, plan
        assert all("USING COVERING INDEX" in line or "USING INDEX" in line
                   for line in plan if line.startswith(("SCAN", "SEARCH")))  # fmt: skip
