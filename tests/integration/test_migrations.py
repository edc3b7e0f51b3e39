"""The schema's versions lead to exactly the tables the code knows; backups hold all of them."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from hub.errors import StoreError
from hub.store import bundles, ledger, upkeep
from hub.store import engine as engines
from hub.store import tables as t

NOW = datetime(2026, 6, 1, tzinfo=UTC)

SECOND = '''
"""A change of a later release."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table("novelty", sa.Column("id", sa.Integer(), primary_key=True))
'''


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Makes engines of one database, empty at first."""
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("new_postgres_url")
    made: list[Engine] = []

    def make() -> Engine:
        made.append(engines.connect(url).engine)
        return made[-1]

    yield make
    for one in made:
        one.dispose()


@pytest.fixture
def engine(new_engine: Callable[[], Engine]) -> Engine:
    return new_engine()


@pytest.fixture
def later_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Adds a version to those this program knows, as the next release will."""

    def add(text: str) -> None:
        folder = tmp_path / "100%_migrations"
        shutil.copytree(upkeep._MIGRATIONS, folder)
        (folder / "versions" / "0005_later.py").write_text(text)
        monkeypatch.setattr(upkeep, "_MIGRATIONS", folder)

    return add


def table_names(engine: Engine) -> set[str]:
    with engine.connect() as tx:
        return set(sa.inspect(tx).get_table_names())


def schema(engine: Engine) -> list[tuple[object, ...]]:
    """Return the whole schema as the database itself words it, without Alembic's own table."""
    queries = {
        "sqlite": "SELECT name, sql FROM sqlite_master ORDER BY name",
        "postgresql": """
            SELECT table_name, column_name, data_type, udt_name, character_maximum_length::text,
                   is_nullable, column_default, ordinal_position::text
            FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL
            SELECT tablename, indexname, indexdef, '', '', '', '', '' FROM pg_indexes
            WHERE schemaname = 'public'
            ORDER BY 1, 2""",
    }
    with engine.connect() as tx:
        rows = tx.exec_driver_sql(queries[engine.dialect.name]).all()
    return [tuple(row) for row in rows if "alembic_version" not in str(row)]


# ---- the versions and the code ---------------------------------------------------------------


def test_upgrading_from_nothing_gives_exactly_the_tables_of_the_code(engine: Engine) -> None:
    assert upkeep.upgrade(engine) == upkeep.versions()
    with engine.connect() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, t.metadata) == []


def test_the_database_words_the_upgraded_schema_as_it_words_the_codes(engine: Engine) -> None:
    upkeep.upgrade(engine)
    upgraded = schema(engine)
    t.metadata.drop_all(engine)
    t.metadata.create_all(engine)
    assert upgraded == schema(engine)


def test_the_file_names_tell_the_versions_in_order() -> None:
    script = ScriptDirectory(str(upkeep._MIGRATIONS))
    known = [one.revision for one in script.walk_revisions()]
    assert list(reversed(known)) == upkeep.versions()


# ---- upgrading -------------------------------------------------------------------------------


def test_upgrading_twice_does_nothing_the_second_time(engine: Engine) -> None:
    upkeep.upgrade(engine)
    assert upkeep.upgrade(engine) == []


def test_only_what_is_missing_is_applied_and_rows_stay(
    engine: Engine, later_release: Callable[[str], None]
) -> None:
    upkeep.upgrade(engine)
    with engine.begin() as tx:
        tx.execute(sa.insert(t.lane).values(id="l1", connection="erp", handle="C-1", next_seat=2))
    later_release(SECOND)
    assert upkeep.upgrade(engine) == ["0005"]
    assert "novelty" in table_names(engine)
    with engine.connect() as tx:
        assert tx.scalar(sa.select(t.lane.c.handle)) == "C-1"


def test_an_upgrade_that_fails_half_way_leaves_the_schema_as_it_was(
    engine: Engine, later_release: Callable[[str], None]
) -> None:
    upkeep.upgrade(engine)
    later_release(SECOND + '    op.drop_column("lane", "no_such_column")\n')
    with pytest.raises(StoreError):
        upkeep.upgrade(engine)
    assert "novelty" not in table_names(engine)
    with pytest.raises(StoreError, match="lacks schema version 0005"):
        upkeep.check_schema(engine)


@pytest.mark.postgres
def test_two_processes_that_upgrade_at_once_do_it_once(new_postgres_url: str) -> None:
    done: list[list[str]] = []
    stores = [engines.connect(new_postgres_url).engine for _ in range(2)]
    together = threading.Barrier(2)

    def run(engine: Engine) -> None:
        together.wait()
        done.append(upkeep.upgrade(engine))

    threads = [threading.Thread(target=run, args=[one]) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in stores:
        one.dispose()
    assert sorted(done) == [[], upkeep.versions()]


# ---- checking --------------------------------------------------------------------------------


def test_an_empty_database_is_prepared_at_once(engine: Engine) -> None:
    upkeep.prepare(engine)
    upkeep.check_schema(engine)
    upkeep.prepare(engine)


def test_an_empty_database_does_not_pass_the_check(engine: Engine) -> None:
    with pytest.raises(StoreError, match="hub store upgrade"):
        upkeep.check_schema(engine)


def test_an_old_schema_is_refused_not_changed(
    engine: Engine, later_release: Callable[[str], None]
) -> None:
    upkeep.prepare(engine)
    later_release(SECOND)
    with pytest.raises(StoreError, match=r"0005.*hub backup.*hub store upgrade"):
        upkeep.prepare(engine)
    assert "novelty" not in table_names(engine)


@pytest.mark.parametrize("use", [upkeep.prepare, upkeep.check_schema, upkeep.upgrade])
def test_a_schema_of_a_newer_release_is_refused(
    engine: Engine, use: Callable[[Engine], object]
) -> None:
    upkeep.upgrade(engine)
    with engine.begin() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"9999, newer than .*hub store upgrade"):
        use(engine)


@pytest.mark.parametrize("use", [upkeep.prepare, upkeep.check_schema, upkeep.upgrade])
def test_a_database_of_something_else_is_refused(
    engine: Engine, use: Callable[[Engine], object]
) -> None:
    with engine.begin() as tx:
        tx.exec_driver_sql("CREATE TABLE invoices (id INTEGER)")
    with pytest.raises(StoreError, match=r"invoices.*hub store upgrade"):
        use(engine)
    assert table_names(engine) == {"invoices"}


def test_a_schema_that_lacks_a_table_is_refused_and_the_table_named(engine: Engine) -> None:
    upkeep.upgrade(engine)
    with engine.begin() as tx:
        tx.exec_driver_sql("DROP TABLE broken")
    with pytest.raises(StoreError, match="lacks the table broken"):
        upkeep.prepare(engine)


# ---- backup ----------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[engines.Store]:
    """An open SQLite store with the schema and nothing else."""
    one = engines.connect(f"sqlite:///{tmp_path / 'hub 100%.db'}")
    one.open()
    upkeep.prepare(one.engine)
    yield one
    one.close()


def url(store: engines.Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)


def test_a_backup_is_one_complete_file_for_its_owner_only(
    store: engines.Store, tmp_path: Path
) -> None:
    store.write_now(bundles.put, "b1", {"a.yaml": b"a: 1"}, NOW)
    folder = tmp_path / "backups"
    folder.mkdir()
    upkeep.backup(url(store), folder / "hub.db")
    assert [path.name for path in folder.iterdir()] == ["hub.db"]
    assert stat.S_IMODE((folder / "hub.db").stat().st_mode) == 0o600
    copy = engines.connect(f"sqlite:///{folder / 'hub.db'}")
    upkeep.check_schema(copy.engine)
    assert copy.read_now(bundles.files, "b1") == {"a.yaml": b"a: 1"}
    copy.close()


def test_a_store_nobody_has_open_can_be_backed_up(store: engines.Store, tmp_path: Path) -> None:
    address = url(store)
    store.close()
    upkeep.backup(address, tmp_path / "copy.db")
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("SELECT count(*) FROM delivery").fetchone() == (0,)
    copy.close()


def test_a_backup_taken_while_somebody_writes_is_a_moment_between_transactions(
    store: engines.Store, tmp_path: Path
) -> None:
    def two_entries(tx: Connection, number: int) -> None:
        pair = [ledger.entry(f"{number}-{part}", NOW, "test.pair", "s") for part in "ab"]
        ledger.append(tx, pair)

    enough, stop = threading.Event(), threading.Event()

    def write() -> None:
        for number in itertools.takewhile(lambda _: not stop.is_set(), itertools.count()):
            store.write_now(two_entries, number)
            if number == 20:
                enough.set()

    writer = threading.Thread(target=write)
    writer.start()
    enough.wait(30)
    try:
        copies = [tmp_path / f"copy-{number}.db" for number in range(5)]
        for copy in copies:
            upkeep.backup(url(store), copy)
    finally:
        stop.set()
        writer.join()
    counts = [_entries_in(copy) for copy in copies]
    assert all(count >= 40 and count % 2 == 0 for count in counts)
    assert counts == sorted(counts)


def _entries_in(path: Path) -> int:
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT count(*) FROM ledger").fetchone()
    connection.close()
    return int(count)


def test_a_backup_never_replaces_a_file(store: engines.Store, tmp_path: Path) -> None:
    target = tmp_path / "precious.db"
    target.write_text("precious")
    with pytest.raises(StoreError, match=r"precious\.db exists"):
        upkeep.backup(url(store), target)
    assert target.read_text() == "precious"


@pytest.mark.parametrize("content", [None, b"this is no database" * 100], ids=["absent", "broken"])
def test_a_backup_that_fails_says_why_and_leaves_no_file(
    content: bytes | None, tmp_path: Path
) -> None:
    source, folder = tmp_path / "hub.db", tmp_path / "backups"
    folder.mkdir()
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(StoreError, match=r"hub\.db"):
        upkeep.backup(f"sqlite:///{source}", folder / "copy.db")
    assert list(folder.iterdir()) == []


def test_a_backup_into_a_folder_that_is_not_there_says_so(
    store: engines.Store, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        upkeep.backup(url(store), tmp_path / "nowhere" / "copy.db")


@pytest.mark.postgres
def test_postgresql_is_backed_up_with_its_own_program(
    new_postgres_url: str, tmp_path: Path
) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    engine = engines.connect(new_postgres_url).engine
    upkeep.prepare(engine)
    engine.dispose()
    upkeep.backup(new_postgres_url, tmp_path / "hub.dump")
    assert (tmp_path / "hub.dump").read_bytes().startswith(b"PGDMP")
    assert stat.S_IMODE((tmp_path / "hub.dump").stat().st_mode) == 0o600


@pytest.mark.postgres
def test_what_pg_dump_says_is_passed_on(new_postgres_url: str, tmp_path: Path) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    absent = sa.make_url(new_postgres_url).set(database="no_such_database", password="hunter2")
    address = absent.render_as_string(hide_password=False)
    with pytest.raises(StoreError, match="no_such_database") as caught:
        upkeep.backup(address, tmp_path / "hub.dump")
    assert "hunter2" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_without_pg_dump_the_command_to_run_elsewhere_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match=r"pg_dump --format=custom .*hub@db/accord") as caught:
        upkeep.backup("postgresql+psycopg://hub:hunter2@db/accord", tmp_path / "hub.dump")
    assert "hunter2" not in str(caught.value)
