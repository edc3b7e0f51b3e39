"""The far ends of a running demo, as the demo speaks to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import httpx

from hub.demo import texts
from hub.demo.story import Fault


class FarEnds:
    """Tells people at the far ends what to do, makes things go wrong, reads what took effect."""

    def __init__(self, addresses: Mapping[str, str], real: Sequence[str] = ()) -> None:
        #: Connections behind which the real product runs: nothing can be injected there.
        self.real = frozenset(real)
        self._addresses = addresses
        self._http = httpx.AsyncClient(timeout=30, trust_env=False)

    @property
    def simulated(self) -> list[str]:
        """Return the connections that a simulator plays."""
        return [name for name in self._addresses if name not in self.real]

    async def do(self, connection: str, act: str, **arguments: Any) -> Any:
        """Let somebody at a far end do something; return what came of it."""
        answer = await self._call("POST", connection, "/_demo/do", {"do": act, "with": arguments})
        return answer["said"]

    async def inject(self, fault: Fault) -> None:
        """Let the next matching requests meet a fault."""
        given = asdict(fault)
        await self._call("POST", given.pop("connection"), "/_sim/faults", given)

    async def effects(self) -> dict[str, list[dict[str, Any]]]:
        """Return connection → everything that took effect there, in order."""
        return {name: await self._call("GET", name, "/_sim/effects") for name in self.simulated}

    async def calls(self) -> list[dict[str, Any]]:
        """Return every webhook that was sent to the hub, with whether it was taken."""
        found = [await self._call("GET", name, "/_demo/calls") for name in self.simulated]
        return [call for calls in found for call in calls]

    async def notices(self, connection: str) -> list[dict[str, Any]]:
        """Return every notice the hub has sent to the people who sit at a far end."""
        found: list[dict[str, Any]] = await self._call("GET", connection, "/_demo/notices")
        return found

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _call(self, method: str, connection: str, path: str, body: Any = None) -> Any:
        url = self._addresses[connection] + path
        try:
            response = await self._http.request(method, url, json=body)
        except httpx.HTTPError as exc:
            problem = type(exc).__name__
            raise texts.error("far_end.gone", name=connection, url=url, problem=problem) from exc
        if not response.is_success:
            status = response.status_code
            raise texts.error("far_end.refused", name=connection, status=status, path=path)
        return response.json()
