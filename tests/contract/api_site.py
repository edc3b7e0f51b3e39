"""A hub with people and a few commitments, copied for each test, and ways to call its API."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from plant import Plant

from hub import settings as settings_module
from hub.flow import sweep
from hub.flow.parts import Bell, Flow
from hub.people import People, Person
from hub.service import identity
from hub.settings import Settings
from hub.store import engine
from hub.store import people as tokens
from hub.store import tables as t
from hub.store.people import Token
from hub.testing import FixedClock
from hub.web.api import app as api_app

SETTINGS = """\
tenant: TEST
store: sqlite:///hub.db
connections:
  crm:
    connector: lowcode
    base_url: http://127.0.0.1:9/api
    api_key: ${env:SECRET}
    app_id: app
    forms:
      commitment: {entry_id: form}
  erp:
    connector: tryton
    base_url: http://127.0.0.1:9
    database: d
    username: u
    password: ${env:SECRET}
  wms:
    connector: qimen
    base_url: http://127.0.0.1:9/router
    app_key: demo-app
    secret: ${env:SECRET}
    customer_id: demo-customer
    owner_code: OWN01
    warehouse_code: WH-NB-01
"""
#: Person → roles; `own` sees the records of 王芳 only.
ROLES: Mapping[str, tuple[str, ...]] = {
    "ops": ("operator",),
    "mapper": ("mapper",),
    "viewer": ("viewer",),
    "own": ("operator",),
    "nobody": (),
}
PEOPLE = People(
    {
        name: Person(name, {"own": "王芳"}.get(name, name), roles,
                     scope="own" if name == "own" else "all")
        for name, roles in ROLES.items()
    }
)  # fmt: skip
#: Two dead letters at the ERP, the second one of 王芳; one behind them; one no route takes.
DEAD, ALSO_DEAD, BEHIND, ALONE = (f"CM-2026-00000{number}" for number in range(1, 5))
PHONE = "13000000001"
#: They take long to make, and know nothing of a hub.
ADDRESSES = api_app.described()


class LaterClock(FixedClock):
    """A clock whose ids come after those of the commitments."""

    def __init__(self, start: Any) -> None:
        super().__init__(start)
        self._later = itertools.count(0x1_0000_0000)

    def new_id(self) -> str:
        return f"{next(self._later):032x}"


@dataclass
class Site:
    """One hub and its API."""

    flow: Flow
    clock: FixedClock
    tokens: dict[str, str]
    app: Any = None

    def __post_init__(self) -> None:
        self.rebuild()

    def rebuild(self, **web: Any) -> None:
        """Make the API of a fresh process."""
        settings = self.flow.settings
        assert settings is not None
        web_settings = settings.web.model_copy(update=web)
        settings = settings.model_copy(update={"web": web_settings})
        self.app = api_app.build(self.flow, settings, ADDRESSES)

    async def call(
        self, method: str, path: str, person: str | None = "ops", *,
        headers: Mapping[str, str] | None = None, raise_errors: bool = True, **more: Any,
    ) -> httpx.Response:  # fmt: skip
        """Call the API in a person's name; a path such as `deliveries` is meant below /api/v1/."""
        given = dict(headers or {})
        if person is not None:
            given.setdefault("authorization", f"Bearer {self.tokens.get(person, person)}")
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=raise_errors)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.request(method, f"/api/v1/{path}", headers=given, **more)

    async def get(self, path: str, person: str | None = "ops", **more: Any) -> httpx.Response:
        return await self.call("GET", path, person, **more)

    async def post(
        self, path: str, json: Any = None, person: str | None = "ops", **more: Any
    ) -> httpx.Response:
        if json is not None:
            more["json"] = json
        return await self.call("POST", path, person, **more)

    def rows(self, table: Any, *conditions: Any) -> list[Any]:
        query = sa.select(table).where(*conditions).order_by(*table.primary_key.columns)
        return list(self.flow.store.read_now(lambda tx: tx.execute(query).all()))

    def change(self, statement: Any) -> None:
        self.flow.store.write_now(lambda tx: tx.execute(statement))

    def dead(self) -> list[str]:
        """Return the ids of the dead letters, the oldest first."""
        return [row.id for row in self.rows(t.delivery, t.delivery.c.state == "dead")]

    def delivery(self, delivery_id: str) -> Any:
        (row,) = self.rows(t.delivery, t.delivery.c.id == delivery_id)
        return row

    def entries(self, kind: str) -> list[Any]:
        return self.rows(t.ledger, t.ledger.c.kind == kind)


async def fill(plant: Plant) -> None:
    """Let the commitments come, and give them owners."""
    for number, order in ((DEAD, "SO-1001"), (ALSO_DEAD, "SO-1002"), (BEHIND, "SO-1001")):
        data_id = plant.save(number, order_no=order)
        line = plant.crm.record(data_id)["lines"][0]
        plant.crm.save_form({"lines": [{**line, "sku": "NO-SUCH-PRODUCT"}]}, data_id=data_id)
        plant.approve_all(data_id)
        await plant.work()
    plant.save(ALONE)
    await plant.work()
    await sweep.seal(plant.flow)
    whose = sa.case((t.record.c.number == ALSO_DEAD, "王芳"), else_="赵磊")
    await plant.store.write(lambda tx: tx.execute(sa.update(t.record).values(owner=whose)))


@dataclass
class Prepared:
    """A plant whose store each test gets a copy of."""

    plant: Plant
    database: Path
    settings: Settings
    #: Person → token.
    tokens: dict[str, str]


def make_tokens(plant: Plant) -> dict[str, str]:
    """Return a token for each person."""
    shown = {name: identity.new_token() for name in ROLES}
    for number, (name, token) in enumerate(shown.items(), 0xA0):
        kept = Token(
            f"{number:032x}", name, identity.hashed(token), "test", None, plant.clock.now(),
            "system", None,
        )  # fmt: skip
        plant.store.write_now(tokens.add, kept)
    return shown


def prepare(folder: Path) -> Prepared:
    """Make the plant, its people and their tokens."""
    plant = Plant(folder, f"sqlite:///{folder}/hub.db")
    asyncio.run(fill(plant))
    (folder / "hub.yaml").write_text(SETTINGS, "utf-8")
    settings = settings_module.load(folder / "hub.yaml", {"SECRET": "not-a-real-one"})
    shown = make_tokens(plant)
    plant.close()
    return Prepared(plant, folder / "hub.db", settings, shown)


@contextlib.contextmanager
def opened(prepared: Prepared, folder: Path) -> Iterator[Site]:
    """Open a copy."""
    shutil.copy(prepared.database, folder / "hub.db")
    store = engine.connect(f"sqlite:///{folder}/hub.db")
    store.open()
    plant = prepared.plant
    clock = LaterClock(plant.clock.now())
    flow = replace(
        plant.flow, store=store, clock=clock, bell=Bell(), people=PEOPLE,
        settings=prepared.settings,
    )  # fmt: skip
    yield Site(flow, clock, dict(prepared.tokens))
    store.close()
