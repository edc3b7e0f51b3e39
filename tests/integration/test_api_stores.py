"""The API on both databases: two processes with one key, lists, and many decisions at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from api_site import PEOPLE, SETTINGS, Site, fill, make_tokens
from plant import Plant

from hub import settings as settings_module
from hub.store import engine, workers
from hub.store import tables as t
from hub.web.api import app as api_app


@pytest.fixture
def site(plant: Plant, tmp_path: Path) -> Site:
    """The API of a plant, on the plant's own store."""
    asyncio.run(fill(plant))
    (tmp_path / "hub.yaml").write_text(SETTINGS, "utf-8")
    plant.flow.settings = settings_module.load(tmp_path / "hub.yaml", {"SECRET": "s"})
    plant.flow.people = PEOPLE
    return Site(plant.flow, plant.clock, make_tokens(plant))


async def asked(app: Any, site: Site, path: str, body: Any) -> httpx.Response:
    """Ask one of several processes."""
    headers = {"authorization": f"Bearer {site.tokens['ops']}", "idempotency-key": "k"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        return await client.post(f"/api/v1/{path}", headers=headers, json=body)


async def test_every_list_and_filter_is_understood_by_the_database(site: Site) -> None:
    for path in ("messages", "deliveries", "records", "links", "gates", "watches", "alerts",
                 "documents"):  # fmt: skip
        for person in ("ops", "own"):
            assert (await site.get(path, person)).status_code == 200, path
    filters = {"state": "dead", "connection": "erp", "reason": "rejected",
               "since": "2026-01-01T00:00:00Z"}  # fmt: skip
    assert len((await site.get("deliveries", params=filters)).json()["items"]) == 2
    assert (await site.get("todo")).status_code == 200
    assert (await site.get("ledger")).text


async def test_of_many_those_that_are_refused_leave_the_others_done(site: Site) -> None:
    first, second = site.dead()
    body = {"decision": "retry", "ids": [first, second]}
    shown = (await site.post("deliveries/bulk", {**body, "preview": True})).json()
    await site.post(f"deliveries/{first}/cancel", {"reason": "r"})
    done = (await site.post("deliveries/bulk", {**body, "token": shown["token"]})).json()
    assert (done["done"], done["refused"]) == (1, 1)
    assert [site.delivery(one).state for one in (first, second)] == ["cancelled", "ready"]


async def test_two_edits_at_once_are_one(site: Site) -> None:
    one = site.dead()[0]
    shown = await site.get(f"deliveries/{one}", params={"personal": "true"})
    document = shown.json()["payload"]["document"]
    answers = await asyncio.gather(
        *(
            site.post(
                f"deliveries/{one}/edit", {"document": {**document, "title": title}},
                headers={"if-match": shown.headers["etag"]},
            )
            for title in "AB"
        )
    )  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200, 412]


@pytest.mark.parametrize("plant", ["postgresql"], indirect=True)
async def test_one_key_at_two_processes_is_one_call(site: Site, plant: Plant) -> None:
    store = engine.connect(plant.url)
    store.open()
    other = replace(site.flow, store=store, worker="worker-2")
    seen = site.clock.now()
    for name in (site.flow.worker, "worker-2"):
        store.write_now(workers.register, name, "host", seen)
    assert site.flow.settings is not None
    second = api_app.build(other, site.flow.settings, api_app.described())
    path = f"deliveries/{site.dead()[0]}/retry"
    try:
        answers = await asyncio.gather(
            *(asked(app, site, path, {}) for app in (site.app, second) * 4)
        )
    finally:
        store.close()
    done = [one for one in answers if one.status_code == 200]
    assert len(site.entries("delivery.retried")) == 1
    assert len({one.content for one in done}) == 1
    assert {one.status_code for one in answers} <= {200, 409}
    assert all(one.json()["type"].endswith("#key-in-use") for one in answers if one not in done)
    assert site.rows(t.idempotency, t.idempotency.c.status == sa.null()) == []
