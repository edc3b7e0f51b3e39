"""The database engine and the two threads that use it.

`Store.write` runs a plain function in one transaction on the writing thread, `Store.read` on the
reading thread. `Store.grouped` collects what many callers want to write at the same moment and
runs one function for all of them: one commit for a burst of webhooks.

A function handed in may run twice (deadlock, lost connection before commit), so it must have no
effect outside its transaction.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import fcntl
import functools
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event, exc

from hub.errors import ConfigError, StoreError, StoreFull, StoreLocked

_T = TypeVar("_T")
_Item = TypeVar("_Item")

#: SQLSTATEs after which the same transaction may simply be run again: it lost against another
#: one, or its process stood still for too long.
_RUN_AGAIN = frozenset({"40001", "40P01", "25P03"})
_RUNS = 8
#: How long PostgreSQL lets a process stand still in a transaction (a suspended machine, say)
#: before it gives the rows that are locked there to others.
STANDSTILL = "60s"
#: How many waiting items one grouped transaction takes.
_GROUP_LIMIT = 500


class Group(Generic[_Item, _T]):
    """A kind of write that is done for many callers in one transaction.

    `together` gets all waiting items and returns a result each. When it fails on data it is
    called again for each item in a transaction of its own, so one bad item harms no other.
    """

    def __init__(self, together: Callable[[Connection, Sequence[_Item]], Sequence[_T]]) -> None:
        self.together = together


class _Job:
    __slots__ = ("future", "group", "item", "loop", "run")

    def __init__(
        self,
        run: Callable[[Connection], Sequence[Any]],
        group: Group[Any, Any] | None = None,
        item: Any = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        #: Does this job alone.
        self.run = run
        self.group = group
        self.item = item
        #: Where somebody waits for the result; None: in a thread.
        self.loop = loop
        self.future: concurrent.futures.Future[Any] | asyncio.Future[Any] = (
            loop.create_future() if loop else concurrent.futures.Future()
        )

    def is_wanted(self) -> bool:
        """Say whether anybody still waits for it, now that it is its turn."""
        if isinstance(self.future, concurrent.futures.Future):
            return self.future.set_running_or_notify_cancel()
        return not self.future.cancelled()


class Store:
    """One database, with a thread that writes and a thread that reads."""

    def __init__(self, engine: Engine, *, lock: Path | None = None) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        self._lock_path = lock
        self._lock: Any = None
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._readers = concurrent.futures.ThreadPoolExecutor(1, "store-read")

    # -- life

    def open(self) -> None:
        """Take the right to write (SQLite: a file lock) and start the writing thread."""
        if self._writer is not None:
            return
        if self._lock_path is not None:
            self._lock = _take_lock(self._lock_path)
        self._writer = threading.Thread(target=self._work, name="store-write", daemon=True)
        self._writer.start()

    def close(self) -> None:
        """Finish what is queued, stop the threads and give the lock back."""
        if self._writer is not None:
            self._queue.put(None)
            self._writer.join()
            self._writer = None
        self._readers.shutdown()
        if self.dialect == "sqlite" and self._lock is not None:
            with contextlib.suppress(exc.OperationalError), self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self.engine.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # -- use from the event loop

    async def write(self, function: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        """Run `function(tx, …)` in one transaction; return its result once it is committed."""
        job = _Job(_alone(function, args, kwargs), loop=asyncio.get_running_loop())
        result: _T = await self._submit(job)
        return result

    async def grouped(self, group: Group[_Item, _T], item: _Item) -> _T:
        """Add an item to the group's next transaction; return its result once committed."""
        loop = asyncio.get_running_loop()
        job = _Job(lambda tx: group.together(tx, [item]), group, item, loop)
        result: _T = await self._submit(job)
        return result

    async def read(self, function: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        """Run `function(tx, …)` on the reading thread; nothing it writes is kept."""
        return await asyncio.wrap_future(self._readers.submit(self._read, function, args, kwargs))

    # -- use from plain code

    def write_now(self, function: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        """Do as `write` does, for callers without an event loop."""
        result: _T = self._submit(_Job(_alone(function, args, kwargs))).result()
        return result

    def read_now(self, function: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        """Do as `read` does, in the calling thread."""
        return self._read(function, args, kwargs)

    # -- threads

    def _submit(self, job: _Job) -> Any:
        """Queue a job; return its future."""
        if self._writer is None:
            raise StoreError("The store is not open for writing.")
        self._queue.put(job)
        return job.future

    def _read(self, function: Callable[..., _T], args: Sequence[Any], kwargs: dict[str, Any]) -> _T:
        return _repeated(self.engine.connect, lambda tx: function(tx, *args, **kwargs))

    def _work(self) -> None:
        left: _Job | None = None
        while True:
            job = left or self._queue.get()
            left = None
            if job is None:
                return
            if not job.is_wanted():
                continue  # whoever asked has gone
            if job.group is None:
                self._run([job], job.run)
                continue
            jobs, left = self._collect(job)
            items = [member.item for member in jobs]
            self._run(jobs, functools.partial(_together, job.group, items))

    def _collect(self, first: _Job) -> tuple[list[_Job], _Job | None]:
        """Return all queued jobs of the same group, and the first job that is of another."""
        jobs = [first]
        while len(jobs) < _GROUP_LIMIT:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return jobs, None
            if job is None:
                self._queue.put(None)
                return jobs, None
            if job.group is not first.group:
                return jobs, job
            if job.is_wanted():
                jobs.append(job)
        return jobs, None

    def _run(self, jobs: Sequence[_Job], body: Callable[[Connection], Sequence[Any]]) -> None:
        try:
            results = _repeated(self.engine.begin, body)
        except StoreError as error:
            if len(jobs) > 1 and not isinstance(error, StoreFull):
                for job in jobs:
                    self._run([job], job.run)
                return
            _answer(jobs, [None] * len(jobs), error)
        except BaseException as error:  # noqa: BLE001 (handed to whoever waits for the result)
            _answer(jobs, [None] * len(jobs), error)
        else:
            _answer(jobs, results)


def _repeated(
    transaction: Callable[[], contextlib.AbstractContextManager[Connection]],
    body: Callable[[Connection], _T],
) -> _T:
    """Run `body` in a transaction, and again where the database broke it off."""
    for run in range(_RUNS):
        try:
            with translated(), transaction() as tx:
                return body(tx)
        except _RunAgain as error:
            if run == _RUNS - 1:
                raise StoreError(str(error)) from error
    raise AssertionError("unreachable")


def _together(group: Group[Any, Any], items: Sequence[Any], tx: Connection) -> Sequence[Any]:
    return group.together(tx, items)


def _alone(
    function: Callable[..., _T], args: Sequence[Any], kwargs: dict[str, Any]
) -> Callable[[Connection], Sequence[_T]]:
    return lambda tx: [function(tx, *args, **kwargs)]


def _answer(
    jobs: Sequence[_Job], results: Sequence[Any], error: BaseException | None = None
) -> None:
    """Tell everybody who waits; an event loop is woken once for all of its jobs."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Any, Any]]] = {}
    for job, result in zip(jobs, results, strict=True):
        if job.loop is None:
            _settle([(job.future, result)], error)
        else:
            by_loop.setdefault(job.loop, []).append((job.future, result))
    for loop, settled in by_loop.items():
        # a loop that has been closed meanwhile has nobody waiting in it
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, settled, error)


def _settle(settled: Sequence[tuple[Any, Any]], error: BaseException | None) -> None:
    for future, result in settled:
        if future.done():
            continue  # whoever asked has gone meanwhile
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


class _RunAgain(Exception):
    """The transaction was broken off and may run again."""


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the database's errors into the hub's."""
    try:
        yield
    except exc.DBAPIError as error:
        raise translation(error.orig) from error


def translation(original: BaseException | None) -> Exception:
    """Return the hub's error for one of a database driver."""
    state = getattr(original, "sqlstate", None)
    # PostgreSQL's full text quotes the row, which may hold personal data
    text = getattr(getattr(original, "diag", None), "message_primary", None) or str(original)
    if state in _RUN_AGAIN:
        return _RunAgain(text)
    if state == "53100" or "disk is full" in text or "disk I/O error" in text:
        return StoreFull()
    if "database is locked" in text:
        return StoreLocked()
    return StoreError(f"The database refused: {text}")


# ---- making engines --------------------------------------------------------------------------


def connect(url: str) -> Store:
    """Return the store of a database URL: `sqlite:///path` or `postgresql+psycopg://…`."""
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError:
        raise ConfigError(f"store: {url!r} is no database URL") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return _postgres(parsed.set(drivername="postgresql+psycopg"))
    raise ConfigError(
        f"store: {parsed.get_backend_name()} is not supported; use sqlite:/// or postgresql+psycopg://"
    )


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _postgres(url: sa.URL) -> Store:
    engine = sa.create_engine(url, json_serializer=_json_text, pool_size=3, pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET idle_in_transaction_session_timeout = '{STANDSTILL}'")
        connection.autocommit = False

    return Store(engine)


def _sqlite(url: sa.URL) -> Store:
    if not url.database or url.database == ":memory:":
        raise ConfigError("store: SQLite needs a file, such as sqlite:///hub.db")
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, json_serializer=_json_text, connect_args={"timeout": 5.0})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy opens the transaction itself, as an immediate one: see `begin` below
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = threading.current_thread().name == "store-write"
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return Store(engine, lock=path.with_name(path.name + ".lock"))


def _take_lock(path: Path) -> Any:
    """Lock the file for this process; SQLite's WAL must have one writing process only."""
    handle = path.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        holder = handle.read().strip()
        handle.close()
        raise StoreLocked(
            f"Process {holder or 'unknown'} already writes this store ({path.name}). "
            "Stop it, or run the command while its daemon runs: then the daemon does the work."
        ) from None
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
