"""The Tryton that tests of its connector run against: the simulator, and a real server."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from connectors.erp.tryton import server
from connectors.erp.tryton.simulator import TrytonSimulator
from hub.clock import SystemClock
from hub.testing import FixedClock, SimulatorTransport
from tests.connectors.tryton_erp import Erp, connector_to

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def tryton_server() -> Iterator[server.Server]:
    default = "~/.cache/accord-hub/tryton"
    directory = Path(os.environ.get("HUB_TRYTON_CACHE", default)).expanduser()
    if os.environ.get("HUB_REQUIRE_SERVICES") != "1" and not server.is_built(directory):
        pytest.skip(f"no Tryton server in {directory}; HUB_REQUIRE_SERVICES=1 builds one")
    running = server.start(directory)
    yield running
    running.stop()


@pytest.fixture(params=["simulator", pytest.param("server", marks=pytest.mark.tryton)])
async def erp(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Erp]:
    reference = f"SO-{next(NUMBERS)}"
    if request.param == "simulator":
        clock = FixedClock()
        simulator = TrytonSimulator(tmp_path, clock)
        connector = connector_to("http://erp.test", clock, SimulatorTransport(simulator))
        yield Erp(connector, clock, reference)
        simulator.state.close()
        return
    running = request.getfixturevalue("tryton_server")
    connector = connector_to(running.url, SystemClock())
    yield Erp(connector, SystemClock(), reference)
    await connector.context.http.aclose()
