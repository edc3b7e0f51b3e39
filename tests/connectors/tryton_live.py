"""A plant whose ERP is a real Tryton, the line to it, and a clerk who works in it by hand."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from plant import Plant, form
from pydantic import SecretStr

from connectors.erp.tryton import server
from connectors.erp.tryton.connector import TrytonConnector, TrytonSettings
from hub import Context
from hub.clock import Clock
from hub.flow.deliver import Deliverer
from hub.flow.parts import Connection, Flow
from hub.http import connect
from hub.testing import FixedClock
from hub.tokens import TokenCache

#: Call a page begins with; it asks twice, for what was changed and for what never was.
READ_SALES = b'"model.sale.sale.search_read"'
CLERK, CLERK_PASSWORD = "clerk", "accord-clerk-1"


class NetworkClock(FixedClock):
    """Time that goes on while the network is waited for, without keeping the processor busy."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        # whoever looks again every second would do so all the time
        await asyncio.sleep(0.02)


class Line:
    """The network between the hub and Tryton, which goes down at a chosen call.

    What the hub sees then is what it sees of a server that was killed: connections end without an
    answer, and new ones are refused.
    """

    def __init__(self, url: str) -> None:
        self._far = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._breaks_at: tuple[bytes, int] | None = None
        self.port = 0

    async def up(self) -> None:
        """Let connections through, on the same port each time."""
        self._breaks_at = None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def break_at(self, words: bytes, times: int) -> None:
        """Go down before the call with these words passes for so many times."""
        self._breaks_at = words, times

    async def down(self) -> None:
        """End all connections and refuse new ones."""
        self._refuse()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        far, ask = await asyncio.open_connection(self._far.hostname, self._far.port)
        self._open |= {answer, ask}
        back = asyncio.create_task(self._carry(far, answer))
        await self._carry(near, ask, counted=True)
        await back
        self._open -= {answer, ask}

    async def _carry(
        self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, counted: bool = False
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while part := await source.read(65536):
                if counted and self._breaks(part):
                    self._refuse()
                    return
                to.write(part)
                await to.drain()
        to.close()

    def _breaks(self, part: bytes) -> bool:
        if self._breaks_at is None or self._breaks_at[0] not in part:
            return False
        words, times = self._breaks_at
        self._breaks_at = words, times - 1
        return times <= 1


def connector_as(
    username: str, password: str, url: str, clock: Clock, page_size: int = 100
) -> TrytonConnector:
    """Return a connector that works in Tryton as a user."""
    settings = TrytonSettings(
        base_url=url, database=server.DATABASE, username=username,
        password=SecretStr(password), profile={"page_size": page_size},
    )  # fmt: skip
    http = connect("erp", url, clock=clock)
    return TrytonConnector(settings, Context("erp", http, clock, TokenCache(clock)))


@dataclass
class LivePlant(Plant):
    """A plant that keeps its orders in a real Tryton."""

    #: Address of Tryton, as the hub is told it.
    erp_url: str = ""
    #: Orders a page of Tryton holds.
    page_size: int = 100

    def start(self) -> Flow:
        flow = super().start()
        self.tryton = connector_as(
            server.USER, server.PASSWORD, self.erp_url, self.clock, self.page_size
        )
        parts: Any = flow.connections
        parts["erp"] = Connection("erp", self.tryton)
        self.deliverer = Deliverer(flow)
        return flow


@dataclass
class Clerk:
    """Somebody with an account of their own, who works in Tryton without the hub."""

    connector: TrytonConnector

    @classmethod
    async def at(cls, url: str, clock: FixedClock) -> Clerk:
        """Return the clerk, whose account the administrator makes where there is none."""
        admin = connector_as(server.USER, server.PASSWORD, url, clock)
        try:
            rpc = admin._rpc
            known = await rpc.call("res.user", "search", [["login", "=", CLERK]], 0, 1, None)
            if not known:
                groups = await rpc.call(
                    "res.group", "search", [["name", "in", ["Sales", "Sales Administrator"]]],
                    0, None, None,
                )  # fmt: skip
                company = (await rpc.preferences())["company"]
                await rpc.change("res.user", "create", [{
                    "name": "陈静", "login": CLERK, "password": CLERK_PASSWORD,
                    "groups": [["add", groups]], "companies": [["add", [company]]],
                    "company": company,
                }])  # fmt: skip
        finally:
            await admin.context.http.aclose()
        return cls(connector_as(CLERK, CLERK_PASSWORD, url, clock))

    async def sales(self, domain: list[Any]) -> list[dict[str, Any]]:
        """Return sales, the oldest first, with who made and who changed them last."""
        found: list[dict[str, Any]] = await self._call(
            "search_read", domain, 0, None, [["id", "ASC"]],
            ["state", "lines", "reference", "create_uid", "write_uid"],
        )  # fmt: skip
        return found

    async def sale(self, reference: str) -> dict[str, Any]:
        """Return the oldest sale of a reference."""
        return (await self.sales([["reference", "=", reference]]))[0]

    async def change_quantity(self, reference: str, quantity: float) -> None:
        """Take a quotation back, change its only line, and quote it again."""
        sale = await self.sale(reference)
        (line,) = sale["lines"]
        await self._do("draft", [sale["id"]])
        lines = {"lines": [["write", [line], {"quantity": quantity}]]}
        await self._do("write", [sale["id"]], lines)
        await self._do("quote", [sale["id"]])

    async def delete_line(self, reference: str) -> None:
        """Take a quotation back and delete its last line."""
        sale = await self.sale(reference)
        await self._do("draft", [sale["id"]])
        await self._do("write", [sale["id"]], {"lines": [["delete", sale["lines"][-1:]]]})

    async def delete(self, reference: str) -> None:
        """Cancel the sales of a reference and delete them."""
        await self._delete(await self.sales([["reference", "=", reference]]))

    async def delete_copy(self, copy: str) -> None:
        """Cancel the sale of an id and delete it."""
        number = int(copy.removeprefix("sale.sale,"))
        await self._delete(await self.sales([["id", "=", number]]))

    async def copy(self, reference: str) -> str:
        """Duplicate a sale as the action of its form does, which empties the reference.

        Return the copy's id.
        """
        sale = await self.sale(reference)
        (made,) = await self._do("copy", [sale["id"]])
        return f"sale.sale,{made}"

    async def clear(self) -> None:
        """Delete all sales that hold a promise: the server is used by other tests as well."""
        await self._delete(await self.sales([["lines.description", "like", "%CM-____-______%"]]))
        await self.connector.context.http.aclose()

    async def _delete(self, sales: list[dict[str, Any]]) -> None:
        ids = [sale["id"] for sale in sales]
        back = [sale["id"] for sale in sales if sale["state"] in ("quotation", "confirmed")]
        if back:
            await self._do("draft", back)
        if ids:
            await self._do("cancel", ids)
            await self._do("delete", ids)

    async def _call(self, method: str, *params: Any) -> Any:
        return await self.connector._rpc.call("sale.sale", method, *params)

    async def _do(self, method: str, *params: Any) -> Any:
        return await self.connector._rpc.change("sale.sale", method, *params)


def goods(sku: str = "P-300") -> list[dict[str, Any]]:
    """Return the lines of a promise of something Tryton sells."""
    return [{**form("x")["lines"][0], "sku": sku, "unit": "台"}]
