"""The example that `hub init` writes, filled in as an administrator does."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.crm.lowcode import simulator as crm
from hub.demo import folder as folders
from hub.store import connections
from tests.e2e.site import Site, far_ends, running, until

SECRETS = {
    "CRM_API_KEY": crm.API_KEY, "CRM_WEBHOOK_SECRET": "a-webhook-secret",
    "ERP_PASSWORD": "accord-demo-1", "WMS_SECRET": "demo-secret",
}  # fmt: skip


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A hub made by `hub init --example`, with what only its administrator knows."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "made"
    made = [sys.executable, "-m", "hub", "init", str(folder), "--example"]
    subprocess.run(made, check=True, capture_output=True)
    (folder / "logs").mkdir()
    file = folder / "hub.yaml"
    written = file.read_text("utf-8")
    own, crm_port, erp_port, wms_port = free_ports(4)
    for placeholder, value in {
        "port: 8080": f"port: {own}",
        "connector: lowcode": f"connector: lowcode\n    base_url: http://127.0.0.1:{crm_port}/api",
        "your-app-id": crm.APP_ID,
        "your-form-id": crm.ENTRY_IDS["commitment"],
        "every: 5m": "every: 1s",
        "http://127.0.0.1:8000": f"http://127.0.0.1:{erp_port}",
        "https://wms.example.com": f"http://127.0.0.1:{wms_port}",
    }.items():
        assert placeholder in written
        written = written.replace(placeholder, value)
    file.write_text(written, "utf-8")
    settings = folders.read(folder)
    return Site(folder, folders.addresses(settings), f"http://127.0.0.1:{own}", settings.store)


async def test_the_example_polls_again_and_again_and_pauses_nothing(site: Site) -> None:
    def came(number: str) -> bool:
        found = {str(one.external_id).partition("@")[0] for one in site.messages()}
        return site.records[number]["_id"] in found

    async with far_ends(site):
        with running(site) as hub:
            await hub.ready()
            for number in ("CM-2026-000801", "CM-2026-000802"):
                site.write_down(number)
                await until(lambda number=number: came(number), f"{number} is polled")
            states = site.read(connections.read)
            assert [name for name, one in states.items() if one.paused_at is not None] == []
