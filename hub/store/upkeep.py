"""Upkeep of the store: its schema, its figures, what may be removed, and its backup."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from hub.errors import StoreError
from hub.store import documents, ledger, reconciliations, tables
from hub.store import tables as t
from hub.store.engine import translated
from hub.store.rows import FINAL

_MIGRATIONS = Path(__file__).with_name("migrations")
#: Where Alembic notes which version a database is at.
_VERSION_TABLE = sa.table("alembic_version", sa.column("version_num"))
#: PostgreSQL's advisory lock of whoever changes the schema.
_SCHEMA_LOCK = 0x6163636F7264
#: How long a document that was drawn and not issued is kept.
_DRAWN = timedelta(days=1)
#: Payloads removed in one batch, for each row the caller allows: they are cheaper than rows.
_PAYLOADS_PER_ROW = 20


# ---- schema ----------------------------------------------------------------------------------


def versions() -> list[str]:
    """Return the schema versions this program knows, oldest first."""
    # read off the file names: importing Alembic would cost every command 0.15 s
    return sorted(path.name[:4] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def upgrade(engine: Engine) -> list[str]:
    """Bring the schema up to date in one transaction; return the versions that were missing.

    Two processes cannot do it at once: on PostgreSQL a lock in the database sees to that, on
    SQLite the caller holds the store's file lock. Raises `StoreError` when the schema is newer
    than this program, or the database is not the hub's.
    """
    with translated(), engine.begin() as tx:
        if engine.dialect.name == "postgresql":
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        missing = _missing(tx)
        if missing:
            _run_alembic(tx)
    return missing


def check_schema(engine: Engine) -> None:
    """Raise `StoreError`, which tells what to do, unless the schema is this program's."""
    with translated(), engine.connect() as tx:
        missing = _missing(tx)
        present = sa.inspect(tx).get_table_names()
    if missing:
        raise StoreError(
            f"The store lacks schema version {', '.join(missing)}. "
            "Make a backup (`hub backup`), then run `hub store upgrade`."
        )
    lost = sorted(tables.metadata.tables.keys() - set(present))
    if lost:
        raise StoreError(
            f"The store lacks the table {', '.join(lost)}, although its schema is said to be "
            "current. Restore it from a backup, or name an empty database in `store:`."
        )


def is_empty(engine: Engine) -> bool:
    """Say whether the hub was never started on this database."""
    with translated(), engine.connect() as tx:
        return not sa.inspect(tx).get_table_names()


def prepare(engine: Engine) -> None:
    """Make the schema in an empty database; check it in any other.

    An old schema is never changed by merely starting: `check_schema` says what to do.
    """
    if is_empty(engine):
        upgrade(engine)
    else:
        check_schema(engine)


def _missing(tx: Connection) -> list[str]:
    """Return the versions a database lacks; all of them when it is empty."""
    present = set(sa.inspect(tx).get_table_names())
    if not present:
        return versions()
    at = tx.scalar(sa.select(_VERSION_TABLE.c.version_num)) if "alembic_version" in present else ""
    if at in versions():
        return [version for version in versions() if version > at]
    if at:
        raise StoreError(
            f"The store's schema is version {at}, newer than this program ({versions()[-1]}). "
            "Install the newer Accord Hub; `hub store upgrade` goes forwards only."
        )
    raise StoreError(
        f"The database has tables ({', '.join(sorted(present)[:3])} …) but no schema version of "
        "the hub. Name an empty database in `store:`; `hub store upgrade` fills it."
    )


def _run_alembic(tx: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": tx})
    # the percent sign is the option file's own
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")


# ---- figures ---------------------------------------------------------------------------------


class Stats(TypedDict):
    """What a store holds."""

    #: Table → number of rows.
    rows: dict[str, int]
    #: When the longest-waiting message or delivery became, or becomes, due.
    oldest_due: datetime | None
    #: Size of the database in bytes, without SQLite's write-ahead log.
    size_bytes: int
    #: Ledger entries that have no place in the chain yet.
    unsealed: int
    #: Deliveries a person must decide about.
    dead: int
    #: Messages a person must decide about.
    failed: int


def stats(tx: Connection) -> Stats:
    """Return what the store holds; it counts every row, so it takes seconds on a large one."""
    due = [_scalar(tx, sa.func.min(one.c.due_at), one) for one in (t.message, t.delivery)]
    return Stats(
        rows={name: _count(tx, one) for name, one in sorted(tables.metadata.tables.items())},
        oldest_due=min((moment for moment in due if moment is not None), default=None),
        size_bytes=_size(tx),
        unsealed=_count(tx, t.ledger, t.ledger.c.seq.is_(None)),
        dead=_count(tx, t.delivery, t.delivery.c.state == "dead"),
        failed=_count(tx, t.message, t.message.c.state == "failed"),
    )


def _scalar(tx: Connection, value: sa.ColumnElement[Any], table: Any) -> Any:
    return tx.scalar(sa.select(value).select_from(table).where(table.c.due_at.is_not(None)))


def _count(tx: Connection, table: Any, *where: sa.ColumnElement[bool]) -> int:
    return tx.scalar(sa.select(sa.func.count()).select_from(table).where(*where)) or 0


def _size(tx: Connection) -> int:
    if tx.dialect.name == "postgresql":
        return tx.scalar(sa.select(sa.func.pg_database_size(sa.func.current_database()))) or 0
    pages: int = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
    page_size: int = tx.exec_driver_sql("PRAGMA page_size").scalar_one()
    return pages * page_size


# ---- removing what is finished ---------------------------------------------------------------


def prune(
    tx: Connection, now: datetime, keep: timedelta, limit: int = 500, *, entry_id: str,
    keep_checks: timedelta,
) -> dict[str, int]:  # fmt: skip
    """Remove what was finished longer than `keep` ago, at most `limit` rows a table.

    Returns how many rows of each table went; call it until nothing does. Payloads are looked at
    once no row is left to remove, and on PostgreSQL nobody can store any meanwhile: seconds on a
    large store. `entry_id` is the id of the ledger entry that replaces what went. Checks of
    documents go after `keep_checks`, documents that were drawn and not issued after a day.

    Kept for ever: dedupe keys, keys given out, records with all revisions and decisions, links,
    documents with their files, and the ledger. Kept as long as something needs it: whatever
    belongs to a record, or lies behind something in a lane, that is not finished; what a live
    link was made by; the last delivery of each step, which a later revision updates and a
    revocation takes back; what nobody knows to be applied or not; messages that failed; mapping
    files in force, and those that a delivery was mapped with.
    """
    before = now - keep
    removed = {
        **_prune_deliveries(tx, before, limit),
        "message": _prune_messages(tx, before, limit),
        "notice": _prune_notices(tx, before, limit),
        "alert": _prune_alerts(tx, before, limit),
        "document": documents.forget_drawn(tx, now - _DRAWN, limit),
        "document_check": documents.forget_checks(tx, now - keep_checks, limit),
        "reconcile_report": reconciliations.forget_reports(tx, before, limit),
    }
    if not any(removed.values()):
        removed["bundle"] = _prune_bundles(tx, before, limit)
        removed["payload"] = _prune_payloads(tx, before, limit * _PAYLOADS_PER_ROW)
    if any(removed.values()):
        facts = {**removed, "before": before.isoformat()}
        ledger.append(tx, [ledger.entry(entry_id, now, "store.pruned", "store", facts=facts)])
    return removed


def _prune_deliveries(tx: Connection, before: datetime, limit: int) -> dict[str, int]:
    d = t.delivery.c
    ids = tx.scalars(
        sa.select(d.id)
        .where(
            d.state.in_(sorted(FINAL)),
            d.finished_at < before,
            d.holds_lane.is_(False),
            sa.or_(d.unsure.is_(False), d.state == "delivered"),
            sa.or_(d.settles_at.is_(None), d.settles_at < before),
            *_not_needed(),
        )
        .order_by(d.state, d.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return {
        "attempt": _delete(tx, t.attempt.c.delivery_id, ids),
        "delivery_wait": _delete(tx, t.delivery_wait.c.delivery_id, ids),
        "delivery": _delete(tx, d.id, ids),
    }


def _not_needed() -> Iterator[sa.ColumnElement[bool]]:
    """Yield what must hold so that nothing will ever ask for a finished delivery again."""
    d, w, link = t.delivery.c, t.delivery_wait.c, t.link.c
    other = t.delivery.alias("other")
    o = other.c
    yield ~_exists(other, o.record_id == d.record_id, _unfinished(o))
    yield ~_exists(other, o.lane_id == d.lane_id, o.holds_lane, o.seat < d.seat)
    # these close no lane, but whether something went on behind them is still asked
    yield d.lane_id.not_in(sa.select(o.lane_id).where(o.state == "dead"))
    yield d.lane_id.not_in(
        sa.select(o.lane_id).where(o.due_at.is_not(None), o.state.in_(sorted(FINAL)))
    )
    yield d.lane_id.not_in(sa.select(o.lane_id).where(o.lease_until.is_not(None)))
    yield ~_exists(t.delivery_wait, w.on_id == d.id)
    yield ~_exists(t.link, link.record_id == d.record_id, link.delivery_id == d.id, link.alive)
    newer = _exists(
        other,
        *(o.record_id == d.record_id, o.step == d.step, o.state == d.state),
        *(o.intent == "put", o.id > d.id, sa.or_(o.tries > 0, o.state == "skipped")),
    )
    yield sa.or_(d.intent != "put", d.state.not_in(("delivered", "skipped")), newer)


def _unfinished(columns: Any) -> sa.ColumnElement[bool]:
    return sa.or_(columns.state.not_in(sorted(FINAL)), columns.confirm.in_(("due", "reading")))


def _exists(table: Any, *where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists(sa.select(sa.literal(1)).select_from(table).where(*where))


def _prune_messages(tx: Connection, before: datetime, limit: int) -> int:
    m, d = t.message.c, t.delivery.c
    ids = tx.scalars(
        sa.select(m.id)
        .where(
            m.state.in_(("ignored", "routed")),
            m.finished_at < before,
            m.due_at.is_(None),
            m.lease_until.is_(None),
            ~_exists(t.delivery, d.record_id == m.record_id, d.message_id == m.id, _unfinished(d)),
        )
        .order_by(m.state, m.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return _delete(tx, m.id, ids)


def _prune_notices(tx: Connection, before: datetime, limit: int) -> int:
    n = t.notice.c
    old = sa.and_(n.state != "queued", n.queued_at < before)
    return _delete(
        tx, n.id, tx.scalars(sa.select(n.id).where(old).order_by(n.id).limit(limit)).all()
    )


def _prune_alerts(tx: Connection, before: datetime, limit: int) -> int:
    a = t.alert.c
    over = sa.and_(a.state == "cleared", a.cleared_at < before)
    return _delete(
        tx, a.id, tx.scalars(sa.select(a.id).where(over).order_by(a.id).limit(limit)).all()
    )


def _delete(tx: Connection, column: sa.ColumnElement[str], values: Sequence[str]) -> int:
    table: Any = column.table
    gone = 0
    for start in range(0, len(values), 500):
        gone += tx.execute(sa.delete(table).where(column.in_(values[start : start + 500]))).rowcount
    return gone


def _prune_bundles(tx: Connection, before: datetime, limit: int) -> int:
    b = t.bundle.c
    last = sa.select(b.sha).order_by(b.active_at.desc(), b.sha.desc()).limit(1).scalar_subquery()
    old = sa.and_(b.active_at < before, b.sha != last)
    shas = tx.scalars(sa.select(b.sha).where(old).order_by(b.active_at).limit(limit)).all()
    if not shas:
        return 0
    # no index tells which bundle a delivery names: all deliveries are read, once
    d = t.delivery.c
    used = set(tx.scalars(sa.select(d.bundle).where(d.bundle.in_(shas)).distinct()))
    unused = [one for one in shas if one not in used]
    # another process may have put one of them in force meanwhile
    return tx.execute(sa.delete(t.bundle).where(b.sha.in_(unused), b.active_at < before)).rowcount


def _prune_payloads(tx: Connection, before: datetime, limit: int) -> int:
    if tx.dialect.name == "postgresql":
        # a payload that is there already is not stored again, nor locked: without this, one
        # that another process has just come to need could go
        tx.exec_driver_sql("LOCK TABLE payload IN SHARE ROW EXCLUSIVE MODE")
    p = t.payload.c
    event: Any = sa.type_coerce(t.message.c.event, sa.JSON)
    # a set difference, as no column that names a payload is indexed: each is read once
    unused = sa.except_(
        sa.select(p.sha256).where(p.stored_at < before),
        sa.select(t.message.c.payload),
        sa.select(event["raw"].as_string()),
        sa.select(t.delivery.c.payload),
        sa.select(t.hold.c.before),
        sa.select(t.attempt.c.answer),
        sa.select(t.link.c.document_hash),
        sa.select(t.document.c.content),
        sa.select(t.document_copy.c.pdf),
        sa.select(t.reconcile_report.c.payload),
    ).subquery()
    shas = tx.scalars(sa.select(unused.c.sha256).order_by(unused.c.sha256).limit(limit)).all()
    return _delete(tx, p.sha256, shas)


# ---- backup ----------------------------------------------------------------------------------


def backup(store_url: str, target: Path) -> None:
    """Copy the whole store to a file while it is in use, and check the copy.

    SQLite gives a database file, PostgreSQL an archive for `pg_restore`. The file must not exist
    and is readable by its owner only. It holds everything in the database, mapping files too; not
    `hub.yaml` nor the master key. Raises `StoreError`; then no file is left.
    """
    url = sa.make_url(store_url)
    copy = _copy_postgresql if url.get_backend_name() == "postgresql" else _copy_sqlite
    with _claimed(target) as unfinished:
        copy(url, unfinished)


@contextmanager
def _claimed(target: Path) -> Iterator[Path]:
    """Reserve a file's name, and put what the block writes there once that is complete."""
    unfinished = target.with_name(target.name + ".partial")
    made: list[Path] = []
    try:
        for path in (target, unfinished):
            path.touch(mode=0o600, exist_ok=False)
            made.append(path)
        yield unfinished
        _sync(unfinished)
        unfinished.replace(target)
    except BaseException as error:
        for path in made:
            path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise StoreError(f"{error.filename} exists; a backup never replaces a file.") from error
        if isinstance(error, OSError):
            raise StoreError(f"The backup cannot be written to {target}: {error}") from error
        raise


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _copy_sqlite(url: sa.URL, target: Path) -> None:
    source = Path(url.database or "")
    if not source.is_file():
        raise StoreError(f"There is no database {source}; check `store:` in hub.yaml.")
    try:
        with closing(_open(source, "ro")) as store, closing(_open(target, "rw")) as copy:
            # all pages in one step: in several, every write meanwhile would begin it anew
            store.backup(copy, pages=-1)
            # one file without a write-ahead log beside it
            copy.execute("PRAGMA journal_mode = DELETE")
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise StoreError(f"The backup of {source} failed: {error}") from error
    if verdict != "ok":
        raise StoreError(f"The copy of {source} is damaged ({verdict}); run `hub doctor`.")


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode={mode}", uri=True)


def _copy_postgresql(url: sa.URL, target: Path) -> None:
    # a password among the arguments could be seen by everybody on the machine
    address = sa.URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    )
    arguments = ["--format=custom", f"--dbname={address.render_as_string()}"]
    program = shutil.which("pg_dump")
    if program is None:
        raise StoreError(
            "pg_dump is not installed here. Install PostgreSQL's client programs, or run where "
            f"they are: pg_dump {shlex.join(arguments)} --file=hub.dump"
        )
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603 (no shell, and the address is the administrator's own)
        [program, *arguments, f"--file={target}"],
        env={**os.environ, **password},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise StoreError(f"pg_dump gave up: {said}")
