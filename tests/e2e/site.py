"""A whole site as processes of its own: far ends, the daemon, and the CRM's pushes to it.

Everything is real but the products behind the connections: HTTP, processes, signals, the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
import yaml

from connectors.crm.lowcode import simulator as crm
from hub.demo import folder as folders
from hub.store import engine, payloads
from hub.store import tables as t

#: Longest anything may take that should come by itself, in seconds.
PATIENCE = 40.0
#: No approvals, so that one push leads to deliveries at once.
ROUTE = """\
route: approved-commitment
when: {{record: commitment, from: crm, if: status == "approved"}}
{document}deliver:
{steps}
"""
STEPS: Mapping[str, str] = {
    "erp": "{to: erp, operation: add_commitment, map: commitment-to-erp,"
    " on_confirmed: supplementary_order}",
    "wms": "{to: wms, operation: create_order, map: commitment-to-wms}",
    "crm": "{to: crm, operation: update_record, map: commitment-to-lowcode, after: [wms]}",
}


def form(number: str, **changes: Any) -> dict[str, Any]:
    """Return an approved commitment as the CRM's form holds it."""
    line = {
        "line_no": "1", "sku": "P-300", "name": "电控柜 300型", "quantity": 1, "unit": "台",
        "unit_price": 8900, "is_gift": "否", "note": "",
    }  # fmt: skip
    return {
        "commitment_no": number, "revision": 1, "kind": "加急", "status": "已批准",
        "customer_code": "KH0001", "customer_name": "苏州恒力精密机械有限公司",
        "contact_name": "收货人", "contact_phone": "13000000001", "province": "江苏省",
        "city": "苏州市", "district": "吴中区", "street": "样本街2号", "contract_no": "HT-2026-001",
        "order_no": number.replace("CM", "SO"), "currency": "CNY", "amount": 8900,
        "promise_text": "加急生产",
        "promised_date": "2027-06-26", "payment_days": None, "warehouse": "WH-NB-01",
        "salesperson": "王芳", "lines": [line], "approvals": [], **changes,
    }  # fmt: skip


async def until(
    condition: Callable[[], Any], what: str, seconds: float = PATIENCE, every: float = 0.05
) -> Any:
    """Wait for something to hold, and return it; `what` is told when it does not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(every)
    raise AssertionError(f"within {seconds:.0f} s it did not come: {what}")


# ---- the folder ------------------------------------------------------------------------------


@dataclass
class Site:
    """A folder with settings and the processes that belong to it."""

    folder: Path
    #: Connection → address of its far end.
    addresses: Mapping[str, str]
    hub_url: str
    store_url: str
    #: Number of a commitment → its record at the CRM.
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    _store: engine.Store | None = field(default=None, init=False, repr=False)

    @property
    def settings(self) -> Path:
        return self.folder / "hub.yaml"

    def log(self) -> str:
        """Return the end of the daemon's log."""
        path = self.folder / "logs" / "hub.log"
        return path.read_text("utf-8")[-4000:] if path.exists() else ""

    # -- the store, read beside the daemon

    def read(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return what a function reads; the store stays open for the next time."""
        if self._store is None:
            self._store = engine.connect(self.store_url)
        return self._store.read_now(function, *args)

    def close(self) -> None:
        """Close the store; whoever reads again opens it again."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def rows(self, query: Any) -> Sequence[Any]:
        found: Sequence[Any] = self.read(lambda tx: tx.execute(query).all())
        return found

    def messages(self) -> Sequence[Any]:
        return self.rows(sa.select(t.message).order_by(t.message.c.id))

    def deliveries(self, connection: str | None = None) -> Sequence[Any]:
        d = t.delivery
        query = sa.select(d).order_by(d.c.id)
        return self.rows(query if connection is None else query.where(d.c.connection == connection))

    def ledger(self, kind: str) -> Sequence[Any]:
        return self.rows(sa.select(t.ledger).where(t.ledger.c.kind == kind))

    def stored(self, sha256: str) -> bytes:
        """Return a payload as it was stored."""
        return bytes(self.read(payloads.get, [sha256])[sha256])

    # -- the far ends

    def control(self, method: str, connection: str, path: str, body: Any = None) -> Any:
        url = f"{self.addresses[connection]}{path}"
        response = httpx.request(method, url, json=body, timeout=30, trust_env=False, verify=False)
        response.raise_for_status()
        return response.json()

    def inject(self, connection: str, kind: str, match: str = "", **more: Any) -> None:
        """Let the next matching requests at a far end meet a fault."""
        self.control("POST", connection, "/_sim/faults", {"kind": kind, "match": match, **more})

    def heal(self, connection: str) -> None:
        self.control("DELETE", connection, "/_sim/faults")

    def effects(self, connection: str) -> list[dict[str, Any]]:
        """Return what took effect at a far end: its `key` and `what`."""
        found: list[dict[str, Any]] = self.control("GET", connection, "/_sim/effects")
        return found

    def write_down(self, number: str, **changes: Any) -> dict[str, Any]:
        """Put a commitment into the CRM as an import does, which pushes nothing."""
        values = {name: {"value": value} for name, value in form(number, **changes).items()}
        body = {"app_id": crm.APP_ID, "entry_id": crm.ENTRY_IDS["commitment"], "data": values}
        response = httpx.post(
            f"{self.addresses['crm']}/api/v5/app/entry/data/create", json=body,
            headers={"Authorization": f"Bearer {crm.API_KEY}"}, trust_env=False, verify=False,
        )  # fmt: skip
        self.records[number] = response.raise_for_status().json()["data"]
        return self.records[number]

    # -- webhooks

    def push(self, number: str) -> httpx.Request:
        """Return the CRM's push of a record; the same id and body every time, signed now."""
        return signed(self.hub_url, push_body(self.records[number]), f"push-{number}")


def push_body(record: Mapping[str, Any]) -> bytes:
    """Return what the CRM pushes when a record was created."""
    body = {"op": "data_create", "opTime": 1_780_000_000_000, "data": record}
    return json.dumps(body, ensure_ascii=False).encode()


def signed(
    hub_url: str, body: bytes, deliver_id: str, at: datetime | None = None, name: str = "crm"
) -> httpx.Request:
    """Return a push to the hub, signed as the CRM does."""
    url = f"{hub_url}/webhooks/{name}"
    return crm.signed_push(url, body, at or datetime.now(UTC), deliver_id)


def make(
    folder: Path, *steps: str, store: str | None = None, transport: str | None = None,
    poll: bool = False, options: Mapping[str, Mapping[str, Any]] | None = None,
    document: bool = False,
) -> Site:  # fmt: skip
    """Write a site whose route has these steps; far ends are those of the steps, and the CRM.

    `options` are more words of connections. With a document an annex is issued first.
    """
    written = yaml.safe_load(folders.make(folder).read_text("utf-8"))
    # whoever starts the commands may do everything
    (folder / "people.yaml").unlink()
    wanted = {"crm", *steps}
    written["connections"] = {
        name: one for name, one in written["connections"].items() if name in wanted
    }
    # what comes in is what a test sends, unless it says otherwise
    for one in written["connections"].values():
        one.pop("poll", None)
    written["connections"]["crm"]["reread"] = False
    if poll:
        written["connections"]["crm"]["poll"] = {"every": "1s", "streams": ["commitment"]}
    written["retry"] = {"schedule": ["1s"], "jitter": 0}
    for name, more in (options or {}).items():
        written["connections"][name] |= more
    written |= {"store": store} if store else {}
    written |= {"transport": transport} if transport else {}
    (folder / "hub.yaml").write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    route = ROUTE.format(
        document="document: commitment-annex\n" if document else "",
        steps="\n".join(f"  - {STEPS[name]}" for name in steps),
    )
    (folder / "mappings" / "route.yaml").write_text(route, "utf-8")
    settings = folders.read(folder)
    hub_url = f"http://127.0.0.1:{settings.web.port}"
    return Site(folder, folders.addresses(settings), hub_url, settings.store)


# ---- the processes ---------------------------------------------------------------------------


class Hub:
    """One life of the daemon."""

    def __init__(self, site: Site, process: subprocess.Popen[bytes]) -> None:
        self.site = site
        self.process = process

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    async def ready(self) -> None:
        """Wait until it takes webhooks."""
        assert await self.ready_unless_it_ends(), f"the daemon ended:\n{self.site.log()}"

    async def ready_unless_it_ends(self) -> bool:
        """Wait until it takes webhooks; return False where it ended before."""
        await until(lambda: self.ended or self._answers(), "the daemon is ready")
        return not self.ended

    async def dies(self, seconds: float = PATIENCE) -> int:
        """Wait until it ends by itself; return its exit code."""
        await until(lambda: self.ended, "the daemon ends", seconds)
        return int(self.process.returncode)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it with SIGTERM; return its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def _answers(self) -> bool:
        try:
            url = f"{self.site.hub_url}/readyz"
            return httpx.get(url, trust_env=False, verify=False, timeout=5).status_code == 200
        except httpx.TransportError:
            return False


@contextlib.contextmanager
def running(site: Site, fail: str = "", before: Callable[[], None] | None = None) -> Iterator[Hub]:
    """Start the daemon; `fail` is where it kills itself, `before` runs in the new process."""
    command = [sys.executable, "-m", "hub", "--config", str(site.settings), "run"]
    with (site.folder / "logs" / "hub.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, "HUB_FAIL": fail}, preexec_fn=before,  # noqa: PLW1509
        )  # fmt: skip
    hub = Hub(site, process)
    try:
        yield hub
    finally:
        hub.kill()
        site.close()


@contextlib.asynccontextmanager
async def far_ends(site: Site) -> AsyncIterator[Site]:
    """Run the simulators of a site."""
    with (site.folder / "logs" / "far-ends.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub.demo.servers", str(site.folder)],
            stdin=subprocess.PIPE, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        await until(lambda: all(map(_listens, site.addresses.values())), "the far ends answer")
        yield site
    finally:
        site.close()
        # the end of its input ends it
        await asyncio.to_thread(process.communicate, timeout=PATIENCE)


def _listens(address: str) -> bool:
    try:
        return httpx.get(f"{address}/_sim/calls", trust_env=False, verify=False).is_success
    except httpx.TransportError:
        return False


# ---- whoever sends ---------------------------------------------------------------------------


async def send(request: httpx.Request) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10, trust_env=False, verify=False) as client:
        return await client.send(request)


async def send_until_taken(site: Site, number: str, seconds: float = 6 * PATIENCE) -> None:
    """Push one commitment again and again until the hub says 2xx."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(httpx.TransportError):
            if (await send(site.push(number))).is_success:
                return
        await asyncio.sleep(0.2)
    raise AssertionError(f"{number} was never taken:\n{site.log()}")


async def all_delivered(site: Site, connection: str, count: int, seconds: float = PATIENCE) -> None:
    """Wait until a connection has so many deliveries, every one of them delivered."""

    def done() -> bool:
        states = [row.state for row in site.deliveries(connection)]
        return len(states) >= count and set(states) == {"delivered"}

    try:
        await until(done, f"{count} deliveries to {connection}", seconds, every=0.1)
    except AssertionError as error:
        found = [(row.handle, row.state, row.reason, row.words)
                 for row in site.deliveries(connection) if row.state != "delivered"]  # fmt: skip
        waiting = [(row.state, row.reason, row.external_id, row.lease_until)
                   for row in site.messages() if row.finished_at is None]  # fmt: skip
        raise AssertionError(f"{error}\n{found}\n{waiting}\n{site.log()}") from None
