"""What the store keeps of mapping files: those in force, those before, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.errors import Fault
from hub.language import Message, say
from hub.store import bundles, engine, upkeep, workers
from hub.store.engine import Store

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
FILES = {"own/a.yaml": b"one"}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/hub.db" if sqlite else request.getfixturevalue("postgres_url")
    store = engine.connect(url)
    upkeep.prepare(store.engine)
    store.open()
    yield store
    store.close()


def test_the_bundle_that_was_activated_last_is_in_force(store: Store) -> None:
    assert store.read_now(bundles.active) is None
    assert store.write_now(bundles.put, "a" * 64, FILES, NOW, after=None)
    assert store.write_now(bundles.put, "b" * 64, FILES, NOW, after="a" * 64)
    assert store.read_now(bundles.active) == "b" * 64
    assert store.write_now(bundles.put, "a" * 64, FILES, NOW, after="b" * 64)
    assert store.read_now(bundles.active) == "a" * 64


def test_activating_what_is_in_force_already_is_nothing(store: Store) -> None:
    store.write_now(bundles.put, "a" * 64, FILES, NOW)
    assert not store.write_now(bundles.put, "a" * 64, FILES, NOW, after="b" * 64)


def test_whoever_comes_later_wins_even_by_a_clock_that_is_behind(store: Store) -> None:
    store.write_now(bundles.put, "b" * 64, FILES, NOW)
    store.write_now(bundles.put, "a" * 64, FILES, NOW - timedelta(hours=1), after="b" * 64)
    assert store.read_now(bundles.active) == "a" * 64


def test_files_compared_with_others_than_those_in_force_are_refused(store: Store) -> None:
    store.write_now(bundles.put, "a" * 64, FILES, NOW)
    store.write_now(bundles.put, "b" * 64, FILES, NOW, after="a" * 64)
    with pytest.raises(bundles.Overtaken):
        store.write_now(bundles.put, "c" * 64, FILES, NOW, after="a" * 64)
    assert store.read_now(bundles.active) == "b" * 64
    assert not store.read_now(bundles.files, "c" * 64)


@pytest.mark.parametrize(
    "content",
    ["单位,代码\n吨,t\n".encode("gb18030"), b"\xef\xbb\xbfa,b\n", b"PK\x03\x04\x00\xff", b"a\0b"],
    ids=["gb18030", "bom", "zip", "nul"],
)
def test_tables_in_any_encoding_come_back_byte_by_byte(store: Store, content: bytes) -> None:
    files = {**FILES, "own/uom.csv": content}
    store.write_now(bundles.put, "a" * 64, files, NOW)
    assert store.read_now(bundles.files, "a" * 64) == files


def fault(name: str) -> Fault:
    hint = say(" Did you mean {name}?", name="fields")
    return Fault("E102", say("{what} has no word {name}.{hint}", what=say("A rule"), name=name,
                             hint=hint), "mappings/a.yaml", 3, 5)  # fmt: skip


def test_since_when_files_are_wrong_stays_until_they_are_mended(store: Store) -> None:
    store.write_now(bundles.note_broken, "here", [fault("feilds")], NOW)
    store.write_now(bundles.note_broken, "here", [fault("fileds")], NOW + timedelta(hours=1))
    (found,) = store.read_now(bundles.broken)
    assert (found.place, found.since) == ("here", NOW)
    assert found.faults == (fault("fileds"),)
    assert store.write_now(bundles.note_mended, "here")
    assert not store.write_now(bundles.note_mended, "here")
    assert store.read_now(bundles.broken) == []


def test_each_place_has_its_own_faults(store: Store) -> None:
    for place in ("one", "two"):
        store.write_now(bundles.note_broken, place, [fault("feilds")], NOW)
    store.write_now(bundles.note_mended, "one")
    assert [found.place for found in store.read_now(bundles.broken)] == ["two"]


def test_what_a_process_noted_goes_with_it(store: Store) -> None:
    for worker in ("web1-1-a", "web1-2-b"):
        place = bundles.place_of(worker, "/etc/hub/mappings")
        store.write_now(bundles.note_broken, place, [fault("feilds")], NOW)
        store.write_now(workers.register, worker, "web1", NOW)
    store.write_now(workers.leave, ["web1-1-a"])
    assert [found.place for found in store.read_now(bundles.broken)] == [
        "web1-2-b: /etc/hub/mappings"
    ]


def test_a_sentence_that_was_kept_still_knows_its_parts(store: Store) -> None:
    store.write_now(bundles.note_broken, "here", [fault("feilds")], NOW)
    (message,) = [one.message for found in store.read_now(bundles.broken) for one in found.faults]
    assert message == "A rule has no word feilds. Did you mean fields?"
    assert isinstance(message, Message)
    assert message.template == "{what} has no word {name}.{hint}"
    assert isinstance(message.values["hint"], Message)
