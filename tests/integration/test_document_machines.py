"""Several machines issue documents from one store: every commitment has one number of its own."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from hub.clock import SystemClock
from hub.documents.number import draw
from hub.store import documents, engine, inbox, upkeep
from hub.store import tables as t
from hub.store.documents import Document
from hub.store.engine import Store
from hub.store.inbox import Incoming
from tests.e2e.site import form, make

MACHINES = 4
#: HUB_DOCUMENTS=2000 for a long look.
DOCUMENTS = int(os.environ.get("HUB_DOCUMENTS", "120"))
SCRIPT = Path(__file__).with_name("issue_documents.py")
NOW = datetime(2026, 11, 21, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.postgres
def test_four_machines_issue_each_document_once(postgres_url: str, tmp_path: Path) -> None:
    site = make(tmp_path / "site", "wms", store=postgres_url, document=True)
    with _opened(postgres_url) as store:
        store.write_now(inbox.store, [_message(number) for number in range(DOCUMENTS)])
    machines = [
        subprocess.Popen([sys.executable, str(SCRIPT), str(site.settings)], stdout=subprocess.PIPE)
        for _ in range(MACHINES)
    ]
    taken = [int(one.communicate(timeout=280)[0]) for one in machines]
    assert sum(taken) >= DOCUMENTS
    with _opened(postgres_url) as store:
        rows = store.read_now(lambda tx: tx.execute(sa.select(t.document)).all())
    assert len(rows) == len({one.number for one in rows}) == DOCUMENTS
    assert {one.state for one in rows} == {"issued"}


@pytest.mark.parametrize(
    "store_of", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_numbers_that_are_taken_are_drawn_again_until_one_is_free(
    store_of: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = secrets.SystemRandom()
    monkeypatch.setattr(secrets, "randbelow", lambda _: few.randrange(500))
    url = f"sqlite:///{tmp_path}/hub.db"
    if store_of == "postgresql":
        url = request.getfixturevalue("postgres_url")
    with _opened(url) as store:
        clients = [
            threading.Thread(target=_draw, args=(store, client)) for client in range(MACHINES)
        ]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        numbers = store.read_now(lambda tx: tx.scalars(sa.select(t.document.c.number)).all())
    assert len(numbers) == len(set(numbers)) == 4 * 100


def _draw(store: Store, client: int) -> None:
    """Draw a hundred numbers, of which few are free, as the flow draws them."""
    for at in range(100):
        taken = True
        while taken:
            one = Document(
                id=f"{client:016}{at:016}", number=draw("HX", NOW, ZONE).text,
                record_id=f"{client:016}{at:016}", revision=1, name="commitment-annex",
                state="drawn", content="", drawn_at=NOW, correlation_id="c",
            )  # fmt: skip
            taken = not store.write_now(documents.add, one)


def _message(number: int) -> Incoming:
    clock = SystemClock()
    message_id = clock.new_id()
    item = {**form(f"CM-{number:05}"), "_id": f"{number:024x}"}
    return Incoming(
        id=message_id, connection="crm", stream="commitment", external_id=f"push-{number}",
        item=json.dumps(item).encode(), event={"object_id": f"{number:024x}"},
        correlation_id=message_id, received_at=clock.now(),
    )  # fmt: skip


class _opened:  # noqa: N801 (reads as what it does)
    def __init__(self, url: str) -> None:
        self._store = engine.connect(url)

    def __enter__(self) -> Store:
        upkeep.prepare(self._store.engine)
        self._store.open()
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close()
