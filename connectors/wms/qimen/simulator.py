"""Plays a warehouse that speaks the Qimen protocol, for tests and the demo.

It checks signatures and required fields, refuses a second order of one code, cancels until
picking starts, and calls back with signed confirms. Its bad manners are those of the field: every
refusal is a HTTP 200, and an order may be shipped before the reply to its creation has arrived.

    simulator.ship("CM-1-1")                      all of it, final
    simulator.ship("CM-1-1", partial=True)        half of every paid line; the rest next time
    simulator.ship("CM-1-1", missing_gift=True)   the gifts stay behind
    simulator.ship("CM-1-1", before_reply=True)   as soon as it is created, before the reply
    simulator.report("CM-1-1", "PICK")            a step; from then on it is too late to cancel
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from starlette.requests import Request
from starlette.responses import Response

from connectors.wms.qimen.callbacks import wall_clock
from connectors.wms.qimen.signing import Wrap, sign, verify
from connectors.wms.qimen.wire import WireError, objects_of, parse, text_of, write
from hub.clock import Clock
from hub.testing import Fault, Simulator

_PREFIX = "taobao.qimen."
_ZONE = ZoneInfo("Asia/Shanghai")
_XML = "text/xml;charset=utf-8"

#: Header fields the protocol demands.
_REQUIRED = (
    "deliveryOrderCode", "orderType", "warehouseCode", "createTime", "placeOrderTime",
    "operateTime", "shopNick", "logisticsCode",
)  # fmt: skip
_RECEIVER = ("name", "mobile", "province", "city", "detailAddress")
_LINE = ("ownerCode", "itemCode", "planQty", "actualPrice")
_CANCELLABLE = frozenset({"NEW", "ACCEPT"})


class Refused(Exception):
    """The warehouse says no, inside a HTTP 200."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class QimenSimulator(Simulator):
    """A warehouse with one owner and one secret."""

    name = "qimen"

    def __init__(
        self,
        directory: Path | None = None,
        clock: Clock | None = None,
        *,
        app_key: str = "demo-app",
        secret: str = "demo-secret",
        customer_id: str = "demo-customer",
        sign_wrap: Wrap = "both",
        webhook_url: str | None = "http://127.0.0.1:8080/webhooks/wms",
    ) -> None:
        super().__init__(directory, clock, webhook_url=webhook_url)
        self.app_key = app_key
        self.secret = secret
        self.customer_id = customer_id
        self.sign_wrap = sign_wrap
        #: How long a new order is not shown to `deliveryorder.query`.
        self.query_lag = timedelta(0)

    def name_of(self, request: Request) -> str:
        return request.query_params.get("method", request.url.path).removeprefix(_PREFIX)

    def say(self, fault: Fault, request: Request) -> Response:
        match fault.kind:
            case "rate_limited":
                return _gateway(
                    "7", "App Call Limited", "accesscontrol.limited-by-app-access-count"
                )
            case "unauthorized":
                return _failure("sign-check-failure", "Illegal request")
            case "token_expired":
                return _gateway("27", "Invalid session", "isv.invalid-session")
            case "error_in_200":
                words = fault.detail.get("message", "系统校验失败")
                return _failure(fault.detail.get("code", "B0021"), words)
            case _:
                return super().say(fault, request)

    def refused(self, response: httpx.Response) -> bool:
        return b"<flag>success</flag>" not in response.content

    # ---- what it is asked

    async def handle(self, request: Request) -> Response:
        body = await request.body()
        params = request.query_params.multi_items()
        if not verify(self.secret, params, body, self.sign_wrap):
            return _failure("sign-check-failure", "Illegal request")
        if dict(params).get("app_key") != self.app_key:
            return _gateway("29", "Invalid app Key", "isv.appkey-not-exists")
        try:
            _, content = parse(body)
            return _success(self._answer(self.name_of(request), content))
        except WireError as exc:
            return _failure("S001", f"报文错误 {exc}")
        except Refused as exc:
            return _failure(exc.code, exc.words)

    def _answer(self, method: str, content: Mapping[str, Any]) -> dict[str, Any]:
        match method:
            case "deliveryorder.create":
                return self._create(content)
            case "deliveryorder.query":
                return self._query(content)
            case "order.cancel":
                return self._cancel(content)
            case "inventory.query":
                return self._inventory(content)
            case _:
                raise Refused("S002", f"不支持的方法 {method}")

    def _create(self, content: Mapping[str, Any]) -> dict[str, Any]:
        header = content.get("deliveryOrder") or {}
        lines = objects_of(content, "orderLines")
        _demand(header, _REQUIRED, "deliveryOrder")
        _demand(header.get("receiverInfo") or {}, _RECEIVER, "receiverInfo")
        if not lines:
            raise Refused("S001", "orderLines 不能为空")
        for line in lines:
            _demand(line, _LINE, "orderLine")
            if not text_of(line, "planQty").isdecimal():
                raise Refused("S001", "planQty 必须为整数")
        code = text_of(header, "deliveryOrderCode")
        if self.state.get("order", code):
            raise Refused("S003", f"出库单号{code}已存在")
        order = {
            "code": code,
            "id": f"WMS-{88001 + self.state.count('order')}",
            "status": "ACCEPT",
            "created_at": self.clock.now().isoformat(),
            "content": content,
            "shipped": {},
        }
        self.state.put("order", code, order)
        self.effect(code, "deliveryorder.create")
        if early := self.state.get("early", code):
            self.state.delete("early", code)
            self.ship(code, **early)
        return {"createTime": self._now(), "deliveryOrderId": order["id"]}

    def _query(self, content: Mapping[str, Any]) -> dict[str, Any]:
        order = self._order(text_of(content, "orderCode"))
        created = datetime.fromisoformat(order["created_at"])
        if self.clock.now() - created < self.query_lag:
            raise Refused("S004", "单据不存在")
        page, size = (int(text_of(content, name) or "1") for name in ("page", "pageSize"))
        lines = order["content"]["orderLines"]
        shown = [
            {**line, "actualQty": order["shipped"].get(str(number), 0)}
            for number, line in enumerate(lines)
        ]
        return {
            "deliveryOrder": self._head(order),
            "orderLines": shown[(page - 1) * size : page * size],
            "totalLines": len(lines),
        }

    def _cancel(self, content: Mapping[str, Any]) -> dict[str, Any]:
        order = self._order(text_of(content, "orderCode"))
        if order["status"] == "CANCELED":
            raise Refused("S006", "订单已取消")
        if order["status"] not in _CANCELLABLE:
            raise Refused("S005", f"订单状态{order['status']}，不能取消")
        self.state.put("order", order["code"], {**order, "status": "CANCELED"})
        self.effect(order["code"], "order.cancel")
        return {}

    def _inventory(self, content: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {text_of(item, "itemCode") for item in objects_of(content, "criteriaList")}
        rows = [row for row in self.state.all("stock") if row["itemCode"] in wanted]
        return {"items": rows}

    def _order(self, code: str) -> dict[str, Any]:
        order = self.state.get("order", code)
        if order is None:
            raise Refused("S004", "单据不存在")
        return order

    # ---- what it does by itself

    def stock(self, item: str, quantity: int, locked: int = 0) -> None:
        """Put an item into the warehouse."""
        row = {
            "itemCode": item,
            "inventoryType": "ZP",
            "quantity": quantity,
            "lockQuantity": locked,
        }
        self.state.put("stock", item, row)

    def ship(
        self,
        code: str,
        *,
        partial: bool = False,
        missing_gift: bool = False,
        before_reply: bool = False,
    ) -> None:
        """Ship what is left of an order and confirm it."""
        if before_reply:
            how = {"partial": partial, "missing_gift": missing_gift}
            self.state.put("early", code, how)
            return
        order = self._order(code)
        sent: list[dict[str, Any]] = []
        for number, line in enumerate(order["content"]["orderLines"]):
            gift = text_of(line, "orderLineNo").startswith("G")
            left = int(line["planQty"]) - order["shipped"].get(str(number), 0)
            now = 0 if gift and (partial or missing_gift) else -(-left // 2) if partial else left
            if partial and not now:
                continue
            order["shipped"][str(number)] = order["shipped"].get(str(number), 0) + now
            sent.append({**line, "actualQty": now})
        order["status"] = "PARTDELIVERED" if partial else "DELIVERED"
        self.state.put("order", code, order)
        self._call_back("deliveryorder.confirm", self._confirm(order, sent, final=not partial))

    def change_quantity(self, code: str, quantity: int, line: int = 0) -> None:
        """Change a line of an order by hand, as a person at the warehouse does."""
        order = self._order(code)
        order["content"]["orderLines"][line]["planQty"] = str(quantity)
        self.state.put("order", code, order)

    def remove(self, code: str) -> None:
        """Remove an order by hand, without a trace."""
        self.state.delete("order", code)

    def report(self, code: str, step: str) -> None:
        """Report one step of the work on an order, which becomes its status."""
        order = {**self._order(code), "status": step}
        self.state.put("order", code, order)
        head = {"orderCode": code, "orderId": order["id"], "orderType": self._type(order)}
        process = {"processStatus": step, "operateTime": self._now(), "operatorName": "仓库员"}
        self._call_back("orderprocess.report", {"order": head, "process": process})

    def _confirm(
        self, order: Mapping[str, Any], lines: list[dict[str, Any]], *, final: bool
    ) -> dict[str, Any]:
        serial = self.state.count("confirm") + 1
        self.state.put("confirm", str(serial), {"code": order["code"]})
        items = [
            {
                "itemCode": line["itemCode"],
                "quantity": line["actualQty"],
                "orderLineNo": text_of(line, "orderLineNo"),
            }
            for line in lines
            if line["actualQty"]
        ]
        parcel = {"logisticsCode": "SF", "expressCode": f"SF{10**12 + serial}", "items": items}
        shown = ("orderLineNo", "ownerCode", "itemCode", "planQty", "actualQty")
        return {
            "deliveryOrder": {
                **self._head(order),
                "outBizCode": f"OB-{900000 + serial}",
                "confirmType": "0" if final else "1",
                "orderConfirmTime": self._now(),
                "operateTime": self._now(),
            },
            "packages": [parcel],
            "orderLines": [{name: line.get(name) for name in shown} for line in lines],
        }

    def _head(self, order: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "deliveryOrderCode": order["code"],
            "deliveryOrderId": order["id"],
            "warehouseCode": text_of(order["content"], "deliveryOrder", "warehouseCode"),
            "orderType": self._type(order),
            "status": order["status"],
        }

    @staticmethod
    def _type(order: Mapping[str, Any]) -> str:
        return text_of(order["content"], "deliveryOrder", "orderType")

    def _now(self) -> str:
        return wall_clock(self.clock.now(), _ZONE)

    def _call_back(self, method: str, content: Mapping[str, Any]) -> None:
        if self.webhook_url is None:
            return
        body = write("request", content)
        params = [
            ("method", method),
            ("timestamp", self._now()),
            ("format", "xml"),
            ("app_key", self.app_key),
            ("v", "2.0"),
            ("sign_method", "hmac" if self.sign_wrap == "hmac_md5" else "md5"),
            ("customerId", self.customer_id),
        ]
        params.append(("sign", sign(self.secret, params, body, self.sign_wrap)))
        headers = {"Content-Type": _XML}
        self.call_back(
            httpx.Request(
                "POST", self.webhook_url, params=dict(params), content=body, headers=headers
            )
        )


def _demand(given: Mapping[str, Any], names: tuple[str, ...], place: str) -> None:
    for name in names:
        if not given.get(name):
            raise Refused("S001", f"{place}.{name} 不能为空")


def _success(content: Mapping[str, Any]) -> Response:
    body = write("response", {"flag": "success", "code": "0", "message": "ok", **content})
    return Response(body, media_type=_XML)


def _failure(code: str, words: str) -> Response:
    body = write("response", {"flag": "failure", "code": code, "message": words})
    return Response(body, media_type=_XML)


def _gateway(code: str, words: str, sub_code: str) -> Response:
    content = {"code": code, "msg": words, "sub_code": sub_code}
    return Response(write("error_response", content), media_type=_XML)
