"""What a run writes down while it works, and what one that died left of it.

Beside a SQLite store that is a file of rows and one of the report; with PostgreSQL the rows are in
tables of the database, and the report is in the working folder. A run that was left can be gone on
with, for a day or until the next one of its name begins. Then it has failed, and what it wrote is
removed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from hub import logs
from hub.errors import StoreError
from hub.flow.parts import Flow
from hub.reconcile.report.spool import Spool
from hub.reconcile.threads import in_thread
from hub.store import reconciliations
from hub.store.snapshots import Keeping, Snapshot, postgres, translated
from hub.store.snapshots.postgres import PostgresSnapshot
from hub.store.snapshots.sqlite import SqliteSnapshot

log = logs.get_logger(__name__)

#: How long a run that nobody works on waits for somebody to go on with it.
_LEFT_FOR = timedelta(days=1)
_KEPT = re.compile(r"kept-(.+?)\.db(?:-wal|-shm|-journal)?")
_FILE = re.compile(r"(?:reconcile|report)-([0-9a-f]{32})\.db(?:-wal|-shm|-journal)?")


def open_snapshot(flow: Flow, run_id: str, sides: int) -> Snapshot:
    """Open what the sides of a run show, with what was landed before."""
    url = flow.store.engine.url
    if url.get_backend_name() == "postgresql":
        return PostgresSnapshot(_plain(url), run_id, sides)
    return SqliteSnapshot(_beside(url, f"reconcile-{run_id}.db"), sides)


def open_kept(flow: Flow, name: str, sides: int, keeping: Keeping) -> Snapshot:
    """Open what all runs of a reconciliation know of the sides of which only changes are read.

    Raises `SnapshotInUse` where another process has it.
    """
    url = flow.store.engine.url
    if url.get_backend_name() == "postgresql":
        return PostgresSnapshot(_plain(url), _short(name), sides, keeping)
    return SqliteSnapshot(_beside(url, f"kept-{name}.db"), sides, keeping)


def _short(name: str) -> str:
    """Return what the tables of a reconciliation are called, of whose sides something is kept."""
    return f"kept_{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def open_spool(flow: Flow, run_id: str) -> Spool:
    """Open the rows of the report of a run, without those of an earlier life."""
    path = _beside(flow.store.engine.url, f"report-{run_id}.db")
    path.unlink(missing_ok=True)
    return Spool(path)


def _plain(url: sa.URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _beside(url: sa.URL, name: str) -> Path:
    """Return a path beside the store; in the working folder where that is a server."""
    if url.get_backend_name() == "sqlite" and url.database:
        path = Path(url.database)
        return path.with_name(f"{path.stem}.{name}")
    return Path(f".hub-{name}")


# ---- what is left ------------------------------------------------------------------------------


async def tidy(flow: Flow) -> int:
    """Fail the runs that nobody has gone on with, remove what ended runs left; return of how many.

    What belongs to a run that goes on or may be gone on with stays, and so does what belongs to no
    run of this store: another one may have its files in the same folder. What was kept for the next
    run of a reconciliation goes with its file.
    """
    now = flow.clock.now()
    try:
        await flow.store.write(reconciliations.give_up, now - _LEFT_FOR, now)
        left = await in_thread(flow, _left, flow.store.engine.url)
        ended = await flow.store.read(reconciliations.ended, sorted(left))
        for run_id in ended:
            await in_thread(flow, _remove, flow.store.engine.url, run_id, left[run_id])
        known = frozenset(flow.bundles.active.reconciliations)
        await in_thread(flow, _forget, flow.store.engine.url, known)
    except (OSError, StoreError) as error:
        # it is only untidy: the next time will do
        log.warning("reconcile.left_behind", error=str(error))
        return 0
    if ended:
        log.info("reconcile.tidied", runs=ended)
    return len(ended)


def _left(url: sa.URL) -> dict[str, list[Path]]:
    """Return run → files it has beside the store; none where it has tables only."""
    found: dict[str, list[Path]] = {}
    for run_id, path in _files(url):
        found.setdefault(run_id, []).append(path)
    if url.get_backend_name() == "postgresql":
        with translated():
            for run_id in postgres.runs(_plain(url)):
                found.setdefault(run_id, [])
    return found


def _files(url: sa.URL, name: re.Pattern[str] = _FILE) -> Iterator[tuple[str, Path]]:
    example = _beside(url, "")
    for path in example.absolute().parent.iterdir():
        match = name.fullmatch(path.name.removeprefix(example.name))
        if match is not None and path.name.startswith(example.name):
            yield match[1], path


def _forget(url: sa.URL, known: Collection[str]) -> None:
    """Remove what was kept of the sides of reconciliations that are not there any more."""
    for name, path in _files(url, _KEPT):
        if name not in known:
            path.unlink(missing_ok=True)
    if url.get_backend_name() == "postgresql":
        with translated():
            for short in set(postgres.kept(_plain(url))) - set(map(_short, known)):
                postgres.remove(_plain(url), short)


def _remove(url: sa.URL, run_id: str, files: list[Path]) -> None:
    for path in files:
        path.unlink(missing_ok=True)
    if url.get_backend_name() == "postgresql":
        with translated():
            postgres.remove(_plain(url), run_id)
