"""A hub with people and a store the real stages have filled, and browsers to look at it with."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from plant import LEVELS, Plant, form
from plant import PEOPLE as PEOPLE_OF_LEVELS

from hub.demo import folder as demo_folder
from hub.people_file import PeopleFile
from hub.service.identity import hashed, new_token
from hub.store import people as tokens
from hub.store import tables as t
from hub.testing import FixedClock
from hub.web import app

URL = "http://127.0.0.1:8080"
START = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)

PEOPLE = """\
people:
  chen.jing: {name: 陈静, roles: [admin], ids: {crm: [陈静]}}
  li.na: {name: 李娜, roles: [operator], ids: {crm: [李娜]}}
  zhao.min: {name: 赵敏, roles: [viewer]}
  wang.fang: {name: 王芳, roles: [viewer, operator], scope: own, ids: {crm: [王芳]}}
  liu.yang: {name: 刘洋, roles: [viewer, operator], scope: own, ids: {crm: [刘洋]}}
"""


#: What somebody who wishes us ill writes into a form: elements, handlers, addresses, the end of
#: whatever it may stand in, templates, and characters that turn the line around.
HOSTILE = (
    "\"'><xss-mark onpointerover=alert(1) data-xss=1></textarea></pre></title></style>"
    "<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>"
    '<a href="javascript:alert(1)">x</a><iframe srcdoc="<script>alert(1)</script>">'
    "{{7*7}}{% raw %}&lt;b&gt;\u202eevil\u202c\u2066\u200f"
)
#: A word no line can hold.
ENDLESS = "W" * 3000


class LaterClock(FixedClock):
    """Goes on where the clock that filled the store stopped: no id comes again."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.first = 0

    def new_id(self) -> str:
        return f"{self.first + int(super().new_id(), 16):032x}"


class Site:
    """One hub in a folder; `plant` has its stages and far ends."""

    def __init__(
        self, folder: Path, *, later: bool = False, people: str = PEOPLE, url: str = ""
    ) -> None:
        self.folder = folder
        if not (folder / "hub.yaml").exists():
            demo_folder.make(folder)
        (folder / "people.yaml").write_text(people, "utf-8")
        clock = LaterClock(START + timedelta(hours=1) if later else START)
        clock.first = 1_000_000 if later else 0
        self.plant = Plant(folder, url or f"sqlite:///{folder}/hub.db", clock)
        self.clock, self.flow = clock, self.plant.flow
        settings = demo_folder.read(folder).model_copy(update={"public_url": None})
        self.flow.settings = settings
        self.flow.people_file = PeopleFile(settings.people, settings.connections)
        self.flow.people = self.flow.people_file.first()

    async def fill(self, story: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Let commitments arrive: one delivered, one refused, one unmapped, one unapproved."""
        plant = self.plant
        data_id = plant.save("CM-2026-000001", **(story or {}).get("delivered", {}))
        for level, person in zip(LEVELS, PEOPLE_OF_LEVELS, strict=True):
            await plant.work()
            plant.clock.advance(timedelta(minutes=7))
            plant.crm.approve(data_id, level, person)
        await plant.work()
        await plant.pass_time(timedelta(minutes=3), timedelta(minutes=3))
        plant.wms.inject("error_in_200", detail={"message": "库存不足：M-003"}, times=1)
        plant.approve_all(plant.save("CM-2026-000002", salesperson="刘洋"))
        await plant.work()
        plant.save("CM-2026-000003", kind="未知种类")
        await plant.work()
        plant.clock.advance(timedelta(minutes=11))
        plant.crm.approve(plant.save("CM-2026-000004"), "销售主管", "李强")
        await plant.work()

    async def suffer(self) -> None:
        """Let a hostile value arrive in every field there is, and from everybody who answers."""
        plant = self.plant
        plant.wms.inject("error_in_200", detail={"message": HOSTILE + ENDLESS}, times=2)
        texts = ("customer_name", "promise_text")
        for number, one in (("CM-2026-000666", HOSTILE), ("CM-2026-000667", ENDLESS)):
            changes = dict.fromkeys(texts, one)
            plant.approve_all(plant.save(number, **changes))
        await plant.work()
        for index, name in enumerate(form("")):
            for one in (HOSTILE, ENDLESS, f"{HOSTILE}{index}"[-90:]):
                wrong = [{"sku": one, "name": one, "note": one}] if name == "lines" else one
                plant.save(f"CM-2026-0007{index:02}", **{name: wrong})
        for number in ("'\"><xss-mark data-xss=1>", "javascript:alert(1)", "a&lang=zh#<b>/../"):
            plant.approve_all(plant.save(number))
        await plant.work()

    def copied(self, folder: Path, **more: Any) -> Site:
        """Return a hub with the same store in another folder."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*.lock"))
        return Site(folder, later=True, **more)

    def close(self) -> None:
        self.plant.close()

    # -- people and their browsers

    async def token(self, person: str, **changes: Any) -> str:
        """Return a fresh token of a person."""
        secret = new_token()
        given: dict[str, Any] = {
            "id": self.clock.new_id(), "person": person, "hash": hashed(secret), "label": "",
            "os_user": None, "made_at": self.clock.now(), "made_by": "person:chen.jing",
            "expires_at": self.clock.now() + timedelta(days=90), **changes,
        }  # fmt: skip
        await self.flow.store.write(tokens.add, tokens.Token(**given))
        return secret

    def browser(self, url: str = URL, **more: Any) -> httpx.AsyncClient:
        """Return a browser that nobody is signed in with; it says where its forms come from."""
        headers = {"Accept-Language": "en", "Origin": url, **more.pop("headers", {})}
        transport = httpx.ASGITransport(app=app.build(self.flow, 5 * 1024**2), **more)
        return httpx.AsyncClient(transport=transport, base_url=url, headers=headers)

    async def signed_in(self, person: str = "li.na", url: str = URL) -> httpx.AsyncClient:
        """Return a browser that somebody is signed in with."""
        browser = self.browser(url)
        answer = await browser.post("/login", data={"token": await self.token(person)})
        assert answer.status_code == 303, answer.text
        return browser

    def ledger(self, kind: str) -> list[Any]:
        """Return the entries of a kind, the oldest first."""
        query = sa.select(t.ledger).where(t.ledger.c.kind == kind).order_by(t.ledger.c.id)
        return list(self.plant.store.read_now(lambda tx: tx.execute(query).all()))

    def delivery(self, state: str) -> Any:
        """Return the newest delivery in a state."""
        return next(row for row in reversed(self.plant.deliveries()) if row.state == state)

    def message(self, state: str) -> Any:
        return next(row for row in reversed(self.plant.messages()) if row.state == state)


class Parsed(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def csrf(page: str) -> str:
    """Return what the forms of a page hold against forgery."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


def field(page: str, name: str) -> str:
    """Return the first value of a hidden field."""
    for tag, attributes in Parsed(page).elements:
        if tag == "input" and attributes.get("name") == name:
            return attributes.get("value") or ""
    raise AssertionError(f"no field {name}")
