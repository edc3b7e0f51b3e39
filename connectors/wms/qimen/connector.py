"""Warehouses that speak the Qimen protocol (奇门): orders out, confirms in.

    receive   deliveryorder.confirm, stockout.confirm, orderprocess.report
    deliver   create_order: deliveryorder.create, order.cancel
    find      deliveryorder.query by our own order code

Our key is the order's code (`deliveryOrderCode`), so a warehouse can hold it only once. What a
single warehouse system does differently is in `profile.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from connectors.wms.qimen.callbacks import (
    MAX_BODY,
    check_time,
    event_of,
    receipt,
    reply,
    wall_clock,
)
from connectors.wms.qimen.client import Client, Order
from connectors.wms.qimen.order import create_request, differences, entries, told_in_our_lines
from connectors.wms.qimen.profile import Kind, read_profile
from connectors.wms.qimen.replies import Answer
from connectors.wms.qimen.settings import QimenSettings
from connectors.wms.qimen.signing import verify
from connectors.wms.qimen.spec import SPEC
from connectors.wms.qimen.wire import objects_of, text_of
from hub import (
    Action,
    BadRequest,
    Command,
    Connector,
    ConnectorError,
    ConnectorSettings,
    Context,
    Found,
    Outcome,
    Progress,
    Receipt,
    Received,
    Reply,
    SignatureInvalid,
    Spec,
    WebhookRequest,
)


class QimenConnector(Connector):
    """One warehouse that speaks the Qimen protocol."""

    Settings: ClassVar[type[ConnectorSettings]] = QimenSettings
    spec: ClassVar[Spec] = SPEC

    settings: QimenSettings

    def __init__(self, settings: QimenSettings, context: Context) -> None:
        super().__init__(settings, context)
        self.profile = read_profile(settings.profile)
        self.zone = ZoneInfo(settings.zone)
        self.client = Client(settings, context, self.profile, self.zone)

    @classmethod
    def check_profile(cls, settings: Any) -> None:
        """Raise `ConfigError` that names every word of the profile that cannot work."""
        read_profile(settings.profile)

    # ---- in

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and read one callback of the warehouse."""
        if request.method != "POST":
            raise BadRequest(f"{request.method} is not part of this protocol; send POST")
        if len(request.body) > MAX_BODY:
            raise BadRequest(f"the body has more than {MAX_BODY} bytes")
        params = self._verified(request)
        method = params.get("method", "").removeprefix("taobao.qimen.")
        stream = self.profile.inbound.get(method)
        if stream is None:
            known = ", ".join(self.profile.inbound)
            raise BadRequest(f"method {method[:60]!r} is not taken here; taken: {known}")
        event = event_of(method, stream, request.body, self.profile)
        stored = reply("success", "0", "ok")
        return Received([event], stored, reply("failure", "not-stored", "not stored, send again"))

    def refuse(self, error: SignatureInvalid | BadRequest) -> Reply:
        """Return the reply to a callback that `receive` refused: HTTP 200, flag failure."""
        if isinstance(error, SignatureInvalid):
            return reply("failure", "sign-check-failure", "Illegal request")
        return reply("failure", "invalid-request", str(error))

    def _verified(self, request: WebhookRequest) -> dict[str, str]:
        secret = self.settings.secret.get_secret_value()
        if not verify(secret, request.query, request.body, self.settings.sign_wrap):
            raise SignatureInvalid(
                f"{self.context.connection}: the sign does not fit; compare secret and sign_wrap"
                " with the warehouse"
            )
        params = dict(request.query)
        skew = timedelta(seconds=self.settings.max_skew_seconds)
        check_time(params.get("timestamp", ""), request.received_at, self.zone, skew)
        # one secret may serve several merchants, each with a connection of its own
        if params.get("customerId") != self.settings.customer_id:
            raise BadRequest("customerId is not that of this connection")
        return params

    # ---- out

    async def deliver(self, command: Command, progress: Progress) -> Receipt:
        """Create or cancel the order whose code is the command's key."""
        match command.action:
            case Action.CREATE:
                return await self._create(command)
            case Action.CANCEL:
                return await self._cancel(command)
            case _:
                raise ConnectorError(
                    Outcome.REJECTED,
                    f"order {command.key}: this protocol cannot change an order;"
                    " use on_revision: cancel_then_create in the route",
                )

    async def find(self, command: Command) -> Found | None:
        """Ask for the order by our code.

        For a create it is ours when its lines are and the warehouse has not given it up; for a
        cancel, when it is cancelled or not found.
        """
        order = await self.client.query(command)
        if command.action is Action.CANCEL:
            gone = order is None or order.status in self.profile.cancelled
            return _found(command, order, mine=gone)
        if order is None:
            return None
        same = not differences(entries(command.document, "orderLines"), order.lines)
        return _found(command, order, mine=same and order.status not in self.profile.void)

    async def check(self) -> str:
        """Ask for the stock of an item that does not exist: credentials and address are right.

        A refusal proves the address alone: it is told, and an error where its words are about
        the signature, rights or our settings.
        """
        criteria = {
            "warehouseCode": self.settings.warehouse_code,
            "ownerCode": self.settings.owner_code,
            "itemCode": "HUB-CHECK-NO-SUCH-ITEM",
        }
        content = {"criteriaList": [criteria]}
        answer = await self.client.call("inventory.query", content, effect=False)
        host = urlsplit(self.settings.base_url).hostname
        line = f"{host} answers for {self.settings.customer_id}, {self.settings.warehouse_code}"
        return line if answer.meaning is None else f"{line}, and refuses: {self._refusal(answer)}"

    def _refusal(self, answer: Answer) -> str:
        told = f"code {answer.code or 'none'}, {answer.words[:200] or 'no words'}"
        for part, outcome in self.profile.check_words.items():
            if part in answer.words:
                raise ConnectorError(
                    outcome,
                    f"{self.context.connection}: the warehouse refuses the call: {told}; compare"
                    " secret, sign_wrap, customer_id, owner_code and warehouse_code with it",
                    code=answer.code or None,
                    words=answer.words,
                    answer=answer.raw,
                )
        return told

    async def _create(self, command: Command) -> Receipt:
        now = wall_clock(self.context.clock.now(), self.zone)
        stamps = {"warehouseCode": self.settings.warehouse_code}
        stamps |= dict.fromkeys(("createTime", "placeOrderTime", "operateTime"), now)
        content = create_request(
            command.document, command.key, self.profile, stamps, self.settings.owner_code
        )
        answer = await self.client.call("deliveryorder.create", content, effect=True)
        if answer.meaning is None:
            return receipt(command.key, _order_ids(answer.content), answer=answer.raw)
        if answer.meaning is Kind.DUPLICATE:
            return await self._adopt(command, answer)
        raise self.client.error("deliveryorder.create", answer)

    async def _adopt(self, command: Command, answer: Answer) -> Receipt:
        """A duplicate counts as done only when the order that is there is ours."""
        order = await self.client.query(command)
        if order is None:
            raise ConnectorError(
                Outcome.UNKNOWN,
                f"order {command.key}: the warehouse says it exists and does not show it",
                code=answer.code,
                words=answer.words,
                answer=answer.raw,
            )
        unlike = differences(entries(command.document, "orderLines"), order.lines)
        if order.status in self.profile.void:
            unlike.append(f"it stands at {order.status} and will not be shipped")
        if unlike:
            raise ConnectorError(
                Outcome.REJECTED,
                f"order {command.key} exists at the warehouse and is not this one:"
                f" {'; '.join(unlike)}; nothing was overwritten, compare both with the warehouse",
                code=answer.code,
                words=f"wms_order_differs: {answer.words}",
                answer=order.answer,
            )
        return receipt(command.key, order.ids, answer=order.answer, already=True)

    async def _cancel(self, command: Command) -> Receipt:
        header = command.document.get("deliveryOrder") or {}
        content = {
            "warehouseCode": header.get("warehouseCode") or self.settings.warehouse_code,
            "ownerCode": self.settings.owner_code,
            "orderCode": command.key,
            "orderId": _their_id(command),
            "orderType": header.get("orderType")
            or self.profile.defaults["deliveryOrder"].get("orderType"),
            "cancelReason": self.profile.cancel_reason,
        }
        answer = await self.client.call("order.cancel", content, effect=True)
        if answer.meaning is None:
            return receipt(command.key, _their_ids(command), answer=answer.raw)
        # a failure may mean: too late, cancelled before, or never created
        order = await self.client.query(command)
        if order is None or order.status in self.profile.cancelled:
            return receipt(command.key, _their_ids(command), answer=answer.raw, already=True)
        raise ConnectorError(
            Outcome.REJECTED,
            f"order {command.key} was not cancelled and stands at {order.status or 'no status'};"
            " ask the warehouse to stop it by hand",
            code=answer.code,
            words=answer.words,
            answer=answer.raw,
        )


def _their_id(command: Command) -> str | None:
    return command.external_id if command.external_id != command.key else None


def _their_ids(command: Command) -> list[str]:
    return [command.external_id] if command.external_id else []


def _order_ids(content: Mapping[str, Any]) -> list[str]:
    """All ids at the warehouse; more than one when it split the order."""
    split = [text_of(order, "deliveryOrderId") for order in objects_of(content, "deliveryOrders")]
    ids = (text_of(content, "deliveryOrderId"), *split)
    return list(dict.fromkeys(code for code in ids if code))


def _found(command: Command, order: Order | None, *, mine: bool) -> Found:
    if order is None:
        return Found(mine=mine)
    told = receipt(command.key, order.ids)
    lines = told_in_our_lines(entries(command.document, "orderLines"), order.lines)
    return Found(
        mine=mine,
        external_id=told.external_id,
        document={"deliveryOrder": dict(order.header), "orderLines": lines},
        answer=order.answer,
        values=told.values,
    )
