"""Low-code CRM: the contract suite, and the simulator as a server of its own."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import uvicorn

from connectors.crm.lowcode import simulator as platform
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.crm.lowcode.settings import LowcodeSettings
from connectors.crm.lowcode.simulator import LowcodeSimulator, signed_push
from hub import Action, Command, Connector, Context, Received, Reply, WebhookRequest
from hub.clock import SystemClock
from hub.http import connect
from hub.testing import FixedClock
from hub.testing.case import Case, Exercise, MemoryProgress, Webhooks, as_webhook, simulated_context
from hub.testing.contract import ConnectorContract
from hub.tokens import TokenCache

URL = "http://crm.test/api"
SAMPLES = Path(platform.__file__).with_name("samples")


def sign(body: bytes, at: datetime) -> WebhookRequest:
    return as_webhook(signed_push("http://hub.test/webhooks/crm", body, at, "d-1"), at)


class TestLowcode(ConnectorContract):
    """Takes no tokens, and everything it takes it does at once."""

    connector = LowcodeConnector
    samples = SAMPLES
    unspoken = frozenset({"accepted"})

    def make_case(self, clock: FixedClock) -> Case:
        far_end = LowcodeSimulator(clock=clock)
        options = platform.options(URL) | {"profile": {"page_size": 2}}
        settings = LowcodeSettings.model_validate(options)
        data_id = far_end.save_form({"commitment_no": "CM-1"})
        file = {"name": "a.pdf", "content": base64.b64encode(b"pdf").decode()}
        update = Command("update_record", Action.UPDATE, {"hub_status": "x"}, "CM-1-1", data_id)
        attach = Command("attach_annex", Action.CREATE, {"file": file}, "CM-1-1", data_id)
        return Case(
            simulator=far_end,
            clock=clock,
            connect=lambda: LowcodeConnector(
                settings, simulated_context("crm", URL, far_end, clock)
            ),
            secrets=(platform.API_KEY, platform.WEBHOOK_SECRET),
            exercises={
                "update_record": Exercise(update, "data/update", {"hub_status": "已撤销"}),
                "attach_annex": Exercise(attach, "data/update", {"watermark": "HX-1 已撤销"}),
            },
            webhooks=Webhooks(
                body=(SAMPLES / "push_data_create.json").read_bytes(),
                sign=sign,
                signature="x-jdy-signature",
            ),
            change=lambda: far_end.save_form({"commitment_no": "CM-2"}),
            stream="commitment",
            refusal="字段值不合法",
        )

    def read_sample(self, connector: Connector, sample: Path) -> None:
        content = sample.read_bytes()
        if sample.name.startswith("push_"):
            assert isinstance(connector, LowcodeConnector)
            received = connector.receive(sign(content, FixedClock().now()))
            assert isinstance(received, Received | Reply)
        else:
            assert json.loads(content)


@asynccontextmanager
async def served(far_end: LowcodeSimulator) -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(far_end, host="127.0.0.1", port=port, log_level="critical", ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}/api"
    finally:
        server.should_exit = True
        await task


async def test_the_simulator_serves_over_the_network_and_keeps_its_state(tmp_path: Path) -> None:
    clock = SystemClock()
    far_end = LowcodeSimulator(tmp_path, clock)
    data_id = far_end.save_form({"commitment_no": "CM-1"})
    file = {"name": "附件.pdf", "content": base64.b64encode(b"pdf").decode()}
    async with served(far_end) as url:
        http = connect("crm", url, clock=clock)
        connector = LowcodeConnector(
            LowcodeSettings.model_validate(platform.options(url)),
            Context("crm", http, clock, TokenCache(clock)),
        )
        command = Command("attach_annex", Action.CREATE, {"file": file}, "CM-1-1", data_id)
        await connector.deliver(command, MemoryProgress())
        await http.aclose()
    far_end.state.close()
    restarted = LowcodeSimulator(tmp_path, clock)
    assert restarted.record(data_id)["annex"][0]["name"] == "附件.pdf"
    restarted.state.close()


@pytest.mark.parametrize("again", [False, True], ids=["once", "again"])
async def test_a_batch_adds_only_the_rows_that_failed(again: bool) -> None:
    far_end = LowcodeSimulator(clock=FixedClock())
    body = {
        "app_id": platform.APP_ID,
        "entry_id": platform.ENTRY_IDS["commitment"],
        "transaction_id": "t-1",
        "data_list": [{"commitment_no": {"value": "A"}}, None],
    }
    headers = {"Authorization": f"Bearer {platform.API_KEY}"}
    transport = httpx.ASGITransport(app=far_end)
    async with httpx.AsyncClient(transport=transport, headers=headers) as client:
        path = f"{URL}/v5/app/entry/data/batch_create"
        answer = (await client.post(path, json=body)).json()
        assert answer["success_count"] == 1
        if again:
            body["data_list"] = [
                {"commitment_no": {"value": "A"}},
                {"commitment_no": {"value": "B"}},
            ]
            assert (await client.post(path, json=body)).json()["success_count"] == 1
    assert len(far_end.effects) == (2 if again else 1)
    far_end.state.close()
