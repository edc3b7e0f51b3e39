"""The processes of a demo: far ends and hub, started one after the other, stopped in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from hub.demo import folder as folders
from hub.demo import texts
from hub.demo.far_ends import FarEnds
from hub.settings import Settings

_START_SECONDS = 30.0
#: The first start of a real product installs it.
_INSTALL_SECONDS = 600.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A running demo."""

    folder: Path
    settings: Settings
    far_ends: FarEnds


@contextlib.asynccontextmanager
async def staged(folder: Path, real: Sequence[str] = ()) -> AsyncIterator[Stage]:
    """Run far ends and hub of the demo in a folder.

    Raises `HubError` naming the log to read where one of them does not start.
    """
    settings = folders.read(folder)
    addresses = folders.addresses(settings)
    servers = [sys.executable, "-m", "hub.demo.servers", str(folder), *real]
    daemon = [sys.executable, "-m", "hub.demo.clock", str(folder)]
    with _process(servers, folder / "logs" / "far-ends.log") as process:
        seconds = _INSTALL_SECONDS if real else _START_SECONDS
        for address in addresses.values():
            await _answers(process, folder / "logs" / "far-ends.log", address, seconds)
        with _process(daemon, folder / "logs" / "hub.log") as process:
            ready = f"http://127.0.0.1:{settings.web.port}/readyz"
            await _answers(process, folder / "logs" / "hub.log", ready, _START_SECONDS)
            far_ends = FarEnds(addresses, real)
            try:
                yield Stage(folder, settings, far_ends)
            finally:
                await far_ends.close()


@contextlib.contextmanager
def _process(command: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for us; we stop the others in order
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


async def _answers(process: subprocess.Popen[bytes], log: Path, url: str, seconds: float) -> None:
    """Wait until a server answers anything below 500."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        while loop.time() < until:
            if process.poll() is not None:
                raise texts.error("process.ended", log=log)
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(url)).status_code < 500:
                    return
            await asyncio.sleep(0.1)
    raise texts.error("process.silent", url=url, seconds=f"{seconds:.0f}", log=log)
