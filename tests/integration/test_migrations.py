"""The schema's versions lead to exactly the tables the code knows, on both databases."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from hub.errors import StoreError
from hub.store import engine as engines
from hub.store import tables as t
from hub.store import upkeep

SECOND = '''
"""A change of a later release."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("novelty", sa.Column("id", sa.Integer(), primary_key=True))
'''


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Makes engines of one database, empty at first."""
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
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
        (folder / "versions" / "0002_later.py").write_text(text)
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
    assert upkeep.upgrade(engine) == ["0002"]
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
    with pytest.raises(StoreError, match="lacks schema version 0002"):
        upkeep.check_schema(engine)


@pytest.mark.postgres
def test_two_processes_that_upgrade_at_once_do_it_once(postgres_url: str) -> None:
    done: list[list[str]] = []
    stores = [engines.connect(postgres_url).engine for _ in range(2)]
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
    with pytest.raises(StoreError, match=r"0002.*hub backup.*hub store upgrade"):
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
