"""The hub's side of `reconcile`: from landed pages to what differs.

    reconcile_hub.py FOLDER sqlite|postgresql [canonical|changes]

`load` reads the pages, makes rows of them in canonical form with their hashes, keeps them and makes
each side known by key; `compare` finds the candidates and judges them. Findings go to a file as
they come, as a run keeps them too. With `canonical` only rows are made, and nothing is kept.
With `changes` everything is read once, and then one page in a hundred of each side again, as a run
does of which the sides are `read: incremental`: that second run is what is measured.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec
import sides as processes
from reconcile_data import names
from reconcile_oracle import Finding
from reconcile_steps import Steps

from hub.mapping.bundle import read_bundle
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.judge import Opinion
from hub.mapping.reconciliation.rows import Layout, SideReader
from hub.reconcile.engine import Engine
from hub.store.snapshots import Keeping, Snapshot
from hub.store.snapshots.postgres import PostgresSnapshot
from hub.store.snapshots.sqlite import SqliteSnapshot

NOW = datetime(2026, 11, 27, tzinfo=UTC)
#: Field → how it is compared.
FIELDS = {
    "amount": 'as: number, tolerance: "0.01"', "tax": "as: number", "qty": "as: number",
    "due": "as: date, tolerance: 3 days", "signed": "as: date", "customer": "as: text",
    "currency": "as: text", "status": "as: text",
}  # fmt: skip
#: What the oracle calls otherwise.
_KINDS = {"stale": "differs", "key_collision": "duplicate"}
_NAMES = {"revision": "rev"}


def definition(sides: tuple[str, ...], *, read: str = "full") -> Reconciliation:
    """Return the reconciliation of the bench, as somebody would write it."""
    words = f"stream: order, read: {read}, key: number, id: id, revision: rev, modified: modified"
    lines = ["reconciliation: bench", "sides:"]
    lines += [f"  {side}: {{connection: {side}, {words}}}" for side in sides]
    lines.append("compare:")
    for field, how in FIELDS.items():
        lines.append(f"  {field}: {{{how}, {', '.join(f'{one}: {field}' for one in sides)}}}")
    bundle = read_bundle({"own/bench.yaml": "\n".join(lines).encode()})
    return bundle.reconciliations["bench"]


@contextmanager
def snapshot(store: str, count: int, keeping: Keeping | None = None) -> Iterator[Snapshot]:
    """Yield an empty snapshot, thrown away afterwards."""
    if store == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            taken: Snapshot = SqliteSnapshot(Path(folder) / "run.db", count, keeping)
            yield taken
            taken.close()
        return
    with processes.postgres() as url:
        taken = PostgresSnapshot(url, "bench", count, keeping)
        yield taken
        taken.drop()


def pages(folder: Path, side: str, every: int = 1) -> Iterator[list[dict[str, object]]]:
    """Yield the pages of a side, or one of so many."""
    with (folder / f"{side}.jsonl").open("rb") as file:
        yield from map(msgspec.json.decode, islice(file, 0, None, every))


def load(engine: Engine, folder: Path) -> int:
    """Land all sides; return how many items they had."""
    for side in engine.sides:
        for page in pages(folder, side):
            engine.land(side, [(str(item["id"]), item) for item in page], NOW)
        engine.close(side)
    return sum(one.documents for one in engine.progress.values())


def findings(opinion: Opinion, authority: str, sides: tuple[str, ...]) -> Iterator[Finding]:
    """Yield what an opinion says in the words of the oracle."""
    there = {side for side, rows in opinion.all.items() if rows}
    for one in opinion.seen:
        if one.kind != "extra":
            kind = _KINDS.get(one.kind, one.kind)
            yield one.key, one.side, kind, _NAMES.get(one.field, one.field)
    if authority not in there:
        # the oracle says of each side that lacks a key that it does
        for side in sides:
            if side not in there:
                yield opinion.key, side, "missing", ""


def compare(engine: Engine, to: IO[str]) -> int:
    """Write what differs, a line each; return how many candidates there were."""
    count, sides = 0, tuple(engine.sides)
    for opinion in engine.opinions(NOW):
        count += 1
        for one in findings(opinion, engine.definition.authority, sides):
            to.write("\t".join(one) + "\n")
    return count


def digest(path: Path) -> tuple[int, str]:
    """Return how many findings a file holds, and their digest; sorted outside this process."""
    ordered = path.with_suffix(".sorted")
    subprocess.run(["sort", "-o", ordered, path], check=True, env={**os.environ, "LC_ALL": "C"})
    hashed, count = hashlib.sha256(), 0
    with ordered.open("rb") as file:
        for count, line in enumerate(file, 1):
            hashed.update((b"\n" if count > 1 else b"") + line.rstrip(b"\n"))
    return count, hashed.hexdigest()


def canonical(folder: Path, one: Reconciliation) -> None:
    """Measure making rows, and nothing else."""
    layout, steps, rows = Layout(one), Steps(), 0
    readers = {name: SideReader(one, name, layout) for name in one.sides}
    everything = {name: list(pages(folder, name)) for name in one.sides}
    with steps("compare"):
        for name, reader in readers.items():
            for page in everything[name]:
                for item in page:
                    for _ in reader.rows(item, str(item["id"]), 1):
                        rows += 1
    print(steps.line(rows, ""))


def changes(folder: Path, store: str) -> None:
    """Measure a run that reads one page in a hundred of what the run before it read."""
    one, steps = definition(tuple(names(folder)), read="incremental"), Steps()
    keeping = Keeping(frozenset(range(len(one.sides))), b"bench")
    with (
        snapshot(store, len(one.sides), keeping) as taken,
        tempfile.TemporaryDirectory() as scratch,
    ):
        path = Path(scratch) / "findings"
        with path.open("w", encoding="utf-8") as file:
            read(Engine(one, taken, kept=tuple(one.sides)), folder, "first", 1)
            with steps("compare"):
                engine = Engine(one, taken, kept=tuple(one.sides))
                read(engine, folder, "second", 100)
                candidates = compare(engine, file)
        count, found = digest(path)
    print(steps.line(count, found, f"{candidates} candidates"))


def read(engine: Engine, folder: Path, run: str, every: int) -> None:
    """Read one page of so many of all sides; after the first time as what changed."""
    for side in engine.sides:
        engine.begin(side, run, NOW)
        for page in pages(folder, side, every):
            engine.land(side, [(str(item["id"]), item) for item in page], NOW)
        engine.land(side, [], NOW, whole=True, since="now")
        engine.held(side)
        engine.close(side)


def main(folder: Path, store: str, only: str = "") -> None:
    """Measure the steps."""
    if only == "changes":
        changes(folder, store)
        return
    one = definition(tuple(names(folder)))
    if only == "canonical":
        canonical(folder, one)
        return
    steps = Steps()
    with snapshot(store, len(one.sides)) as taken, tempfile.TemporaryDirectory() as scratch:
        engine = Engine(one, taken)
        with steps("load"):
            items = load(engine, folder)
        path = Path(scratch) / "findings"
        with path.open("w", encoding="utf-8") as file, steps("compare"):
            candidates = compare(engine, file)
        count, found = digest(path)
    print(steps.line(count, found, f"{items} items, {candidates} candidates"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
