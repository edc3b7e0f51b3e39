"""Plays a Tryton server with the demo company: the JSON-RPC calls the connector makes.

Sales have Tryton's states and refuse what Tryton refuses in them, in its words. A confirmed
sale waits to be processed, as at a company with a worker process; `process` does it by hand.
Each call is checked as a whole before anything is stored: a refused one changes nothing.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connectors.erp.tryton import marks, wire
from connectors.erp.tryton.simulated_records import Records, Refused, Row, timestamp
from hub.clock import Clock
from hub.testing.simulator import Fault, Simulator

#: Button → states it may be pressed in, state it leads to.
_BUTTONS = {
    "draft": ({"quotation", "confirmed", "cancelled"}, "draft"),
    "quote": ({"draft"}, "quotation"),
    "confirm": ({"quotation"}, "confirmed"),
    "process": ({"confirmed", "processing"}, "processing"),
    "cancel": ({"draft", "quotation"}, "cancelled"),
}
#: Failed logins after which the user has to wait.
_MAX_FAILURES = 6


class TrytonSimulator(Simulator):
    """One Tryton server with one database."""

    name = "tryton"
    #: 7.0 has another path, answers a login with two items and lacks some fields.
    series = "8.0"
    database = "demo"
    user = "admin"
    password = "accord-demo-1"

    def __init__(self, directory: Path | None = None, clock: Clock | None = None) -> None:
        super().__init__(directory, clock)
        self.records = Records(self.state, self.clock, self.series)
        if not self.state.count("company.company"):
            _fill(self)

    def enter_order(self, reference: str, customer: str = "KH0002") -> None:
        """Enter an order by hand, as a person at the ERP does."""
        products = {row["code"]: row["id"] for row in self.records.all("product.product")}
        parties = {row["code"]: row["id"] for row in self.records.all("party.party")}
        row = {"product": "P-100", "quantity": "2", "customer": customer, "reference": reference,
               "date": self.clock.now().date().isoformat(), "buttons": ["quote"]}  # fmt: skip
        _fill_sale(self, row, products | parties)

    def delete_order(self, reference: str) -> None:
        """Delete the orders of a reference by hand, with their lines."""
        for sale in self.records.where("sale.sale", reference=reference):
            for line in self.records.where("sale.line", sale=sale["id"]):
                self.records.delete("sale.line", line["id"])
            self.records.delete("sale.sale", sale["id"])

    def copy_order(self, reference: str) -> None:
        """Copy an order by hand, as the button of the sale's form does."""
        sale = self.records.where("sale.sale", reference=reference)[0]
        lines = self.records.where("sale.line", sale=sale["id"])
        made = self.records.create("sale.sale", {**_without_id(sale), "state": "draft"})
        for line in lines:
            self.records.create("sale.line", {**_without_id(line), "sale": made})

    def delete_copy(self, reference: str) -> None:
        """Delete the youngest order of a reference by hand: somebody saw that it is a copy."""
        sale = self.records.where("sale.sale", reference=reference)[-1]
        for line in self.records.where("sale.line", sale=sale["id"]):
            self.records.delete("sale.line", line["id"])
        self.records.delete("sale.sale", sale["id"])

    def change_quantities(self, reference: str, quantities: Sequence[float]) -> None:
        """Change the quantities of an order's lines by hand."""
        for sale in self.records.where("sale.sale", reference=reference):
            lines = self.records.where("sale.line", sale=sale["id"], type="line")
            for line, quantity in zip(lines, quantities, strict=False):
                self.records.write("sale.line", line["id"], {"quantity": quantity})
            self.records.write("sale.sale", sale["id"], {"state": sale["state"]})

    def change_sale_date(self, reference: str, day: dt.date) -> None:
        """Write another day of sale by hand."""
        for sale in self.records.where("sale.sale", reference=reference):
            self.records.write("sale.sale", sale["id"], {"sale_date": day})

    def change_texts(self, reference: str, old: str, new: str) -> None:
        """Put another text in the place of one in the descriptions of an order's lines."""
        for sale in self.records.where("sale.sale", reference=reference):
            for line in self.records.where("sale.line", sale=sale["id"], type="line"):
                text = str(line["description"] or "").replace(old, new)
                self.records.write("sale.line", line["id"], {"description": text})
            self.records.write("sale.sale", sale["id"], {"state": sale["state"]})

    def name_of(self, request: Request) -> str:
        method = str(_body(request).get("method", request.url.path))
        return method.removeprefix("model.")

    def say(self, fault: Fault, request: Request) -> Response:
        if fault.kind == "rate_limited":
            return _html(429)
        if fault.kind == "unauthorized":
            return _html(401)
        if fault.kind == "token_expired":
            self.state.delete("session", _session_of(request)[2])
            return Response(status_code=401, media_type="text/plain")
        refusal = ["UserError", ["The simulator was told to refuse.", "", None]]
        return _answer(_body(request), error=fault.detail.get("error", refusal))

    async def handle(self, request: Request) -> Response:
        body = _body(request)
        if set(body) != {"id", "method", "params"}:
            return _html(400)
        method, params = body["method"], wire.typed(body["params"])
        server, inside = ("/rpc/", "rpc/") if self.series != "7.0" else ("/", "")
        if request.url.path == server and method == "common.server.version":
            return _answer(body, result=self.series)
        if request.url.path != f"/{self.database}/{inside}":
            return _html(404)
        if method == "common.db.login":
            return self._log_in(body, params)
        if not self._knows(request):
            return Response(status_code=401, media_type="text/plain")
        try:
            return _answer(body, result=self._call(method.removeprefix("model."), params))
        except Refused as refused:
            return _answer(body, error=refused.error)

    # -- sessions

    def _log_in(self, body: Mapping[str, Any], params: Sequence[Any]) -> Response:
        login, secrets = params[0], params[1]
        failures = self.state.get("failures", login) or {"count": 0}
        if failures["count"] >= _MAX_FAILURES:
            return _html(429)
        if login != self.user or secrets.get("password") != self.password:
            self.state.put("failures", login, {"count": failures["count"] + 1})
            return _html(401)
        token = f"{self.records.next('session'):032x}"
        self.state.put("session", token, {"user": 1})
        return _answer(body, result=[1, token] if self.series == "7.0" else [1, token, None])

    def _knows(self, request: Request) -> bool:
        login, user, token = _session_of(request)
        return (login, user) == (self.user, "1") and self.state.get("session", token) is not None

    # -- calls

    def _call(self, name: str, params: Sequence[Any]) -> Any:
        model, _, method = name.rpartition(".")
        *arguments, context = params
        if model == "res.user" and method == "get_preferences":
            return {"company": 1, "company_filter": "one", "language": "en"}
        if model == "sale.sale" and method in _BUTTONS:
            return self._press(method, arguments[0])
        special = getattr(self, f"_{model.replace('.', '_')}_{method}", None)
        if special is not None:
            return special(*arguments, context)
        generic = getattr(self, f"_any_{method}", None)
        if generic is None:
            raise Refused(f"'{method}'", "")
        return generic(model, *arguments)

    def _any_search_read(
        self, model: str, domain: Any, offset: int, limit: int | None, order: Any, fields: Any
    ) -> list[Row]:
        rows = self.records.search(model, domain, order)[offset:]
        return [self.records.shown(model, row, fields) for row in rows[:limit]]

    def _any_search_count(self, model: str, domain: Any) -> int:
        return len(self.records.search(model, domain, None))

    def _any_read(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Row]:
        return [self.records.shown(model, self.records.get(model, i), fields) for i in ids]

    def _any_create(self, model: str, rows: Sequence[Row]) -> list[int]:
        return [self.records.create(model, row) for row in rows]

    def _any_write(self, model: str, ids: Sequence[int], values: Row) -> None:
        for record in ids:
            self.records.write(model, record, values)

    def _any_delete(self, model: str, ids: Sequence[int]) -> None:
        for record in ids:
            self.records.delete(model, record)

    # -- sales

    def _sale_sale_on_change_party(self, values: Row, _: Row) -> Row:
        party = self.records.get("party.party", values["party"])
        return {
            "party": party["id"], "invoice_address": party["id"], "shipment_address": party["id"],
            "payment_term": party["payment_term"], "currency": 1, "invoice_method": "order",
            "shipment_method": "order", "party.": {"rec_name": party["name"]},
        }  # fmt: skip

    def _sale_line_on_change_product(self, values: Row, _: Row) -> Row:
        product = self.records.get("product.product", values["product"])
        return {"unit": product["sale_uom"], "unit_price": product["list_price"], "taxes": []}

    def _sale_sale_create(self, rows: Sequence[Row], _: Row) -> list[int]:
        made = []
        for row in rows:
            lines = row.get("lines", [])
            _check_lines(lines)
            plain = {name: value for name, value in row.items() if name != "lines"}
            defaults = {"state": "draft", "company": 1, "currency": 1}
            made.append(self.records.create("sale.sale", {**defaults, **plain}))
            self._change_lines(made[-1], lines)
        return made

    def _sale_sale_write(self, ids: Sequence[int], values: Row, context: Row) -> None:
        lines = values.get("lines", [])
        _check_lines(lines)
        for record in ids:
            sale = self.records.get("sale.sale", record)
            seen = context.get("_timestamp", {}).get(f"sale.sale,{record}")
            if seen not in (None, timestamp(sale)):
                raise Refused("ConcurrencyException", "Records were modified in the meanwhile")
            self._check_open(sale, {order[0] for order in lines})
            _check_date({**sale, **values})
        for record in ids:
            plain = {name: value for name, value in values.items() if name != "lines"}
            self.records.write("sale.sale", record, plain)
            self._change_lines(record, lines)

    def _check_open(self, sale: Row, orders: set[str]) -> None:
        name = f'"{sale["number"] or sale["id"]} [{sale["reference"]}]"'
        if "create" in orders and sale["state"] != "draft":
            words = f"You cannot add lines to sale {name} because it is no longer in a draft state."
            raise Refused("UserError", words, "", None)
        if "delete" in orders and sale["state"] not in ("draft", "cancelled"):
            words = f"You cannot delete lines of sale {name}: it must be cancelled or draft."
            raise Refused("UserError", words, "", None)

    def _change_lines(self, sale: int, orders: Sequence[Any]) -> None:
        written: list[str] = []
        for order, *arguments in orders:
            match order:
                case "create":
                    for line in arguments[0]:
                        plain = {name: line[name] for name in line if name != "taxes"}
                        self.records.create("sale.line", {**plain, "sale": sale})
                        written += marks.keys(line.get("note"))
                case "write":
                    self._any_write("sale.line", *arguments)
                case "delete":
                    self._any_delete("sale.line", arguments[0])
        for key in dict.fromkeys(written):
            self.effect(key, "commitment_lines")

    def _press(self, button: str, ids: Sequence[int]) -> None:
        allowed, state = _BUTTONS[button]
        for record in ids:
            sale = self.records.get("sale.sale", record)
            lines = self.records.where("sale.line", sale=record)
            if sale["state"] not in allowed or (button == "quote" and not lines):
                name = f"{sale['number'] or sale['id']} [{sale['reference']}]"
                words = f'You can not call "{button}" on "{name}" of "Sale".'
                raise Refused("UserError", words, "", None)
            if button == "confirm":
                _check_date({**sale, "sale_date": sale["sale_date"] or self.clock.now().date()})
        for record in ids:
            values: Row = {"state": state}
            if button == "confirm" and not self.records.get("sale.sale", record)["sale_date"]:
                values["sale_date"] = self.clock.now().date()
            if button == "quote" and not self.records.get("sale.sale", record)["number"]:
                values["number"] = str(self.records.next("sale"))
            self.records.write("sale.sale", record, values)
            if button == "process":
                self._ship(record)

    def _ship(self, sale_id: int) -> None:
        sale = self.records.get("sale.sale", sale_id)
        number = str(self.records.next("shipment"))
        values = {"number": number, "state": "waiting", "customer": sale["party"]}
        shipment = self.records.create("stock.shipment.out", values)
        for line in self.records.where("sale.line", sale=sale_id, type="line"):
            move = {name: line[name] for name in ("product", "quantity", "unit")}
            origin = {"shipment": shipment, "state": "draft", "origin": f"sale.line,{line['id']}"}
            self.records.create("stock.move", {**move, **origin})


def _without_id(row: Row) -> Row:
    own = ("id", "create_date", "write_date", "number")
    return {name: value for name, value in row.items() if name not in own}


def _check_date(sale: Row) -> None:
    """Refuse a shipping date before the sale's own, which confirming sets to today."""
    if sale["shipping_date"] and sale["sale_date"] and sale["shipping_date"] < sale["sale_date"]:
        words = f'The value "{sale["shipping_date"]}" for field "Shipping Date" in record'
        words += f' "[{sale["reference"]}]" of "Sale" is not valid according to its domain.'
        raise Refused("UserError", words, "", [["shipping_date", ">=", sale["sale_date"]]])


def _check_lines(orders: Sequence[Any]) -> None:
    """Refuse what Tryton refuses of a new line."""
    for line in (line for order, *rest in orders if order == "create" for line in rest[0]):
        price = line.get("unit_price")
        if isinstance(price, Decimal) and round(price, 4) != price:
            words = f'The number of digits in the value "{price}" for field "Unit Price" exceeds'
            raise Refused("UserError", f'{words} the limit of "4".', "", None)


def _body(request: Request) -> dict[str, Any]:
    """Return the parsed body; the base class has read it already."""
    try:
        body = json.loads(request._body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _session_of(request: Request) -> tuple[str, str, str]:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind != "Session":
        return "", "", ""
    login, _, rest = base64.b64decode(secret).decode().partition(":")
    user, _, token = rest.partition(":")
    return login, user, token


def _answer(body: Mapping[str, Any], **content: Any) -> Response:
    text = json.dumps({"id": body.get("id"), **wire.encode(content)}, ensure_ascii=False)
    return Response(text, media_type="application/json")


def _html(status: int) -> Response:
    return Response("<!doctype html><title>Error</title>", status, media_type="text/html")


def _fill(simulator: TrytonSimulator) -> None:
    """Store the demo company, the same the real server starts with."""
    demo = json.loads(Path(__file__).with_name("samples").joinpath("demo.json").read_text("utf-8"))
    records = simulator.records
    unit = records.create("product.uom", {"name": "Unit", "symbol": "u"})
    for row in demo["currencies"]:
        records.create("currency.currency", {"code": row["code"], "name": row["name"]})
    party = records.create("party.party", {"code": "COMPANY", "name": demo["company"]})
    records.create("company.company", {"party": party, "currency": 1})
    codes: dict[str, int] = {}
    for row in demo["products"]:
        values = {"code": row["code"], "name": row["name"], "sale_uom": unit}
        price = Decimal(row["price"])
        codes[row["code"]] = records.create("product.product", {**values, "list_price": price})
    for row in demo["boms"]:
        _fill_bom(records, row, codes, unit)
    for row in demo["customers"]:
        values = {"code": row["code"], "name": row["name"], "payment_term": row["days"]}
        codes[row["code"]] = records.create("party.party", values)
    for row in demo["sales"]:
        _fill_sale(simulator, row, codes)


def _fill_bom(records: Records, row: Row, codes: Mapping[str, int], unit: int) -> None:
    values = {"name": f"{row['product']} {row['code']}", "code": row["code"], "active": True}
    bom = records.create("production.bom", values)
    for code, quantity in row["inputs"].items():
        line = {"bom": bom, "product": codes[code], "quantity": float(quantity), "unit": unit}
        records.create("production.bom.input", line)
    line = {"bom": bom, "product": codes[row["product"]], "quantity": 1.0, "unit": unit}
    records.create("production.bom.output", line)


def _fill_sale(simulator: TrytonSimulator, row: Row, codes: Mapping[str, int]) -> None:
    product = codes[row["product"]]
    values = simulator._sale_line_on_change_product({"product": product}, {})
    line = {**values, "type": "line", "product": product, "quantity": float(row["quantity"])}
    party = codes[row["customer"]]
    sale = simulator._sale_sale_on_change_party({"party": party}, {})
    sale = {name: value for name, value in sale.items() if name[-1] != "."}
    sale |= {"reference": row["reference"], "sale_date": dt.date.fromisoformat(row["date"])}
    (made,) = simulator._sale_sale_create([{**sale, "lines": [["create", [line]]]}], {})
    for button in row["buttons"]:
        simulator._press(button, [made])
