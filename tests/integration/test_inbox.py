"""The inbox takes each message once, whatever comes together with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.store import engine, inbox
from hub.store import tables as t
from hub.store.engine import Store
from hub.testing import FixedClock

CLOCK = FixedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        store = engine.connect(f"sqlite:///{tmp_path}/hub.db")
    else:
        store = engine.connect(request.getfixturevalue("postgres_url"))
    t.metadata.create_all(store.engine)
    store.open()
    yield store
    store.close()


def told(store: Store, *items: tuple[str, bytes]) -> list[str]:
    """Return what becomes of messages (external id, item) that come in one transaction."""
    incoming = [
        inbox.Incoming(CLOCK.new_id(), "crm", "form", one, item, {}, "c", CLOCK.now())
        for one, item in items
    ]
    return store.write_now(inbox.store, incoming)


def test_new_known_and_changed_messages_are_told_apart_within_one_commit(store: Store) -> None:
    assert told(store, ("a", b"1"), ("b", b"1")) == ["stored", "stored"]
    mixed = told(store, ("a", b"1"), ("c", b"1"), ("b", b"2"), ("c", b"1"), ("d", b"1"))
    assert mixed == ["duplicate", "stored", "conflict", "duplicate", "stored"]
    assert told(store, ("a", b"1")) == ["duplicate"]
    query = sa.select(t.message.c.external_id).order_by(t.message.c.external_id)
    ids = store.read_now(lambda tx: tx.scalars(query).all())
    assert ids == ["a", "b", "c", "d"]
