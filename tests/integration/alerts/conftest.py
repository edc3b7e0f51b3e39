"""A mail server, a webhook receiver, and hubs that tell them things."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from alert_bench import Bench, MailServer, OnAnyPort, Receiver, certificate

from hub.flow.parts import Bundles, Flow
from hub.mapping import read_bundle
from hub.settings import Settings
from hub.store import engine, upkeep
from hub.store.rows import Policy
from hub.testing import FixedClock


@contextlib.asynccontextmanager
async def serving(handler: MailServer, **options: Any) -> AsyncIterator[MailServer]:
    server = OnAnyPort(handler, "127.0.0.1", 0, loop=asyncio.get_running_loop(), **options)
    server.server = await server._create_server()
    handler.port = server.bound
    yield handler
    server.server.close()
    await server.server.wait_closed()


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with serving(MailServer()) as handler:
        yield handler


@pytest.fixture(params=["starttls", "implicit"])
async def encrypted(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[str, Path, MailServer]]:
    """A mail server that takes mails of the user `hub` over an encrypted line only."""
    path = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)

    def known(*given: Any) -> AuthResult:
        login = given[-1]
        right = (login.login, login.password) == (b"hub", b"right")
        return AuthResult(success=right, handled=right)

    line: dict[str, Any] = {"ssl_context": context, "auth_require_tls": False}
    if request.param == "starttls":
        line = {"tls_context": context, "require_starttls": True, "auth_required": True}
    async with serving(MailServer(), authenticator=known, **line) as handler:
        yield request.param, path, handler


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    found.goes_on.set()
    server = await asyncio.start_server(found, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    found.goes_on.set()
    server.close()
    await server.wait_closed()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "hub.db"
    store = engine.connect(f"sqlite:///{path}")
    upkeep.prepare(store.engine)
    store.close()
    return path


@pytest.fixture
def hub_with(prepared: Path, tmp_path: Path) -> Iterator[Any]:
    """Make a bench of what hub.yaml says beside tenant and store."""
    opened: list[Bench] = []

    def make(url: str = "", clock: FixedClock | None = None, **words: Any) -> Bench:
        if not url:
            url = f"sqlite:///{tmp_path / 'hub.db'}"
            shutil.copy(prepared, tmp_path / "hub.db")
        settings = Settings.model_validate({"tenant": "ACME", "store": url, **words})
        clock = clock or FixedClock()
        store = engine.connect(url)
        upkeep.prepare(store.engine)
        store.open()
        flow = Flow(store, clock, {}, Bundles(read_bundle({})), Policy(), "w1", settings=settings)
        bench = Bench(flow, clock)
        opened.append(bench)
        return bench

    yield make
    for bench in opened:
        bench.flow.store.close()
