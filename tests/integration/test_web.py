"""What the web application serves, and what it does not."""

from __future__ import annotations

import httpx
from plant import Plant

from hub.web.app import build

NOWHERE = (
    *("/webhooks/x/crm", "/webhooks/crm/crm", "/webhooks/crm/", "/webhooks//crm"),
    *("/webhooks/webhooks/crm", "/webhooks/%2Fcrm", "/webhooks/", "/crm", "/x/webhooks/crm"),
)


async def ask(plant: Plant, *paths: str) -> dict[str, int]:
    """Return path → status of a call to it."""
    transport = httpx.ASGITransport(build(plant.flow, 1024 * 1024))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        return {path: (await client.post(path, content=b"{}")).status_code for path in paths}


async def test_a_connection_answers_at_its_address_and_nowhere_else(plant: Plant) -> None:
    assert await ask(plant, "/webhooks/crm") == {"/webhooks/crm": 401}
    assert await ask(plant, *NOWHERE) == dict.fromkeys(NOWHERE, 404)
    assert plant.messages() == []
