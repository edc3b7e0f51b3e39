"""The job both sides do: an order of about 600 bytes comes in, is mapped and posted.

The hub does it by mapping files and a connector, the other side by hand in `by_hand`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from hub import (
    Accepted,
    BadRequest,
    Command,
    Connector,
    ConnectorError,
    ConnectorSettings,
    Context,
    Event,
    Idempotency,
    Limits,
    Operation,
    Outcome,
    Progress,
    Receipt,
    Received,
    SignatureInvalid,
    Spec,
    Stream,
    WebhookRequest,
)
from hub.clock import SystemClock
from hub.flow.parts import Bundles, Connection, Flow
from hub.http import connect, decode
from hub.mapping import read_bundle
from hub.store import engine, upkeep
from hub.store.rows import Policy
from hub.tokens import TokenCache

SECRET = b"benchmark"
CONCURRENCY = 32
FILES = {
    "own/in.yaml": b"""
format: 1
mapping: promise-to-commitment
version: 1
from: {connector: bench, stream: promise}
to: {record: commitment}
fields:
  number: {from: number, required: true}
  kind: kind
  status: status
  order_no: order
  text: text
  promised_date: {from: promised, as: date}
  customer: {fields: {code: {from: buyer.code, required: true}, name: buyer.name}}
  lines:
    each: items
    fields:
      line_no: {from: line, as: text}
      sku: sku
      name: title
      quantity: {from: qty, as: decimal}
      unit_price: {from: price, as: decimal}
""",
    "own/out.yaml": b"""
format: 1
mapping: commitment-to-order
version: 1
from: {record: commitment}
to: {connector: bench, operation: create_order}
key: "{number}"
fields:
  reference: number
  order: order_no
  urgent: {when: kind == "expedite", then: Y, else: N}
  due: {from: promised_date, as: date, format: YYYYMMDD}
  remark: {from: text, max_length: 300, cut: true}
  buyer: {fields: {code: customer.code, name: customer.name}}
  lines:
    each: lines
    fields:
      no: line_no
      item: sku
      name: name
      quantity: quantity
      price: {from: unit_price, as: decimal, places: 2}
""",
    "own/route.yaml": b"""
route: benchmark
when: {record: commitment, from: crm, if: status == "approved"}
deliver:
  - {to: far, operation: create_order, map: commitment-to-order}
""",
}


def promise(number: int) -> dict[str, Any]:
    """Return what the source sends, about 600 bytes as JSON."""
    return {
        "id": f"E-{number:08}", "number": f"CM-2026-{number:08}", "kind": "expedite",
        "status": "approved", "order": f"SO-2026-{number:08}", "promised": "2026-11-26",
        "buyer": {"code": "C-1042", "name": "Example Trading Co., Ltd."},
        "items": [
            {"line": 1, "sku": "VALVE-50", "title": "Valve DN50", "qty": "10", "price": "113"},
            {"line": 2, "sku": "SEAL-KIT", "title": "Seal kit", "qty": "2", "price": "0.5"},
        ],
        "text": "Two seal kits free of charge; the whole order leaves one week early. " * 3,
    }  # fmt: skip


def by_hand(item: dict[str, Any]) -> bytes:
    """Return the document for the far end, as one would write it without a hub."""
    return json.dumps(
        {
            "reference": item["number"], "order": item["order"],
            "urgent": "Y" if item["kind"] == "expedite" else "N",
            "due": item["promised"].replace("-", ""), "remark": item["text"][:300],
            "buyer": {"code": item["buyer"]["code"], "name": item["buyer"]["name"]},
            "lines": [
                {"no": str(line["line"]), "item": line["sku"], "name": line["title"],
                 "quantity": line["qty"], "price": f"{float(line['price']):.2f}"}
                for line in item["items"]
            ],
        }
    ).encode()  # fmt: skip


def sign(body: bytes) -> str:
    """Return the signature of a webhook."""
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


class BenchConnector(Connector):
    """Takes signed webhooks, posts orders."""

    spec = Spec(
        name="bench",
        title="Benchmark",
        title_zh="基准",
        streams=(Stream("promise", "Promises"),),
        operations=(Operation("create_order", "Create an order", Idempotency.KEY),),
        limits=Limits(concurrency=CONCURRENCY),
        timeout=timedelta(seconds=10),
    )

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and parse one webhook."""
        if not hmac.compare_digest(sign(request.body), request.headers.get("x-signature", "")):
            raise SignatureInvalid(f"{self.context.connection}: the signature does not fit")
        try:
            item = msgspec.json.decode(request.body)
        except msgspec.DecodeError as exc:
            raise BadRequest(f"{self.context.connection}: the webhook is not JSON") from exc
        return Received((Event("promise", item["id"], item),))

    async def deliver(self, command: Command, progress: Progress) -> Receipt | Accepted:
        """Post one order."""
        response = await self.context.http.request(
            "POST", "/orders", effect=True, json=command.document,
            headers={"Idempotency-Key": command.key},
        )  # fmt: skip
        answer = decode(response.content)
        if not answer["ok"]:
            raise ConnectorError(Outcome.REJECTED, "the order was refused")
        return Receipt(external_id=answer["id"], answer=response.content)


def hub_flow(
    store_url: str,
    far_end: str,
    connections: Sequence[str] = ("crm", "far"),
    files: Mapping[str, bytes] = FILES,
) -> Flow:
    """Return the hub as its daemon would set it up; the store's tables are made where missing."""
    store, clock = engine.connect(store_url), SystemClock()
    store.open()
    upkeep.prepare(store.engine)
    return Flow(
        store=store,
        clock=clock,
        connections={name: _connection(name, far_end, clock) for name in connections},
        bundles=Bundles(read_bundle(files)),
        policy=Policy(),
        worker="bench",
    )


def _connection(name: str, far_end: str, clock: SystemClock) -> Connection:
    http = connect(name, far_end, concurrency=CONCURRENCY, clock=clock)
    context = Context(name, http, clock, TokenCache(clock))
    return Connection(name, BenchConnector(ConnectorSettings(), context))
