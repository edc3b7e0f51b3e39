"""Fixtures many tests share: real services where they run, skipped with the reason elsewhere."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import NoReturn

import pytest
import sqlalchemy as sa

from hub.store import upkeep
from hub.store.tables import metadata

POSTGRES = os.environ.get("HUB_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
RABBITMQ = os.environ.get("HUB_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//")


def missing(what: str) -> NoReturn:
    """Skip for want of a service; fail instead where the machine promises to have it."""
    if os.environ.get("HUB_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what}, and HUB_REQUIRE_SERVICES=1 says it must be there")
    pytest.skip(what)


@pytest.fixture(scope="session")
def postgres_server() -> str:
    engine = sa.create_engine(POSTGRES)
    try:
        with engine.connect():
            return POSTGRES
    except sa.exc.OperationalError:
        missing("no PostgreSQL server (HUB_TEST_POSTGRES)")
    finally:
        engine.dispose()


@pytest.fixture(scope="session")
def prepared_database(postgres_server: str) -> Iterator[sa.Engine]:
    """A database with the hub's tables, for test after test: making one takes two seconds."""
    for url in _database(postgres_server):
        engine = sa.create_engine(url)
        upkeep.prepare(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def postgres_url(prepared_database: sa.Engine) -> str:
    """A database on the real server, in which the hub's tables are empty."""
    _empty(prepared_database)
    return prepared_database.url.render_as_string(hide_password=False)


@pytest.fixture
def new_postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of its own on the real server, without any table."""
    yield from _database(postgres_server)


@pytest.fixture(scope="module")
def postgres_url_of_module(postgres_server: str) -> Iterator[str]:
    """A database for all tests of a file, without any table at first."""
    yield from _database(postgres_server)


def _empty(engine: sa.Engine) -> None:
    """Take away what an earlier test left, and whoever is still connected."""
    tables = list(reversed(metadata.sorted_tables))
    with engine.begin() as tx:
        tx.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with engine.begin() as tx:
        for name in {*sa.inspect(tx).get_table_names()} - {*metadata.tables, "alembic_version"}:
            tx.exec_driver_sql(f'DROP TABLE "{name}" CASCADE')
        filled = " UNION ALL ".join(
            f"SELECT '{one.name}' WHERE EXISTS (SELECT 1 FROM \"{one.name}\")" for one in tables
        )
        names = set(tx.exec_driver_sql(filled).scalars())
        for one in tables:
            if one.name in names:
                tx.execute(sa.delete(one))


def _database(postgres_server: str) -> Iterator[str]:
    name = f"hub_test_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        # only a crash of the server itself loses anything
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    yield sa.make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.dispose()
