"""Tryton's account of itself: streams, operations, limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from hub import FieldSpec, Idempotency, Limits, Operation, ReadBack, Spec, Stream

_REQUIRED = FieldSpec(required=True)
_SHOWN = FieldSpec(required=True, readable=True)


def _object(**fields: FieldSpec) -> FieldSpec:
    return FieldSpec("object", fields=fields)


def _list(fields: Mapping[str, FieldSpec], *, readable: bool = False) -> FieldSpec:
    return FieldSpec("list", readable=readable, fields=fields)


_ID = FieldSpec("integer")
_DECIMAL = FieldSpec("decimal")
_PRODUCT = _object(id=_ID, code=FieldSpec(), name=FieldSpec())
_UNIT = _object(id=_ID, symbol=FieldSpec())
#: What every polled item has.
_COMMON = {
    "id": _ID,
    "ref": FieldSpec(title="model,id"),
    "modified": FieldSpec("datetime"),
}

ORDER = Stream(
    "order",
    "Sales (sale.sale)",
    title_zh="销售单（sale.sale）",
    polled=True,
    fields={
        **_COMMON,
        "number": FieldSpec(),
        "reference": FieldSpec(),
        "description": FieldSpec(),
        "state": FieldSpec(),
        "sale_date": FieldSpec("date"),
        "shipping_date": FieldSpec("date", title="When it is to be shipped"),
        "party": _object(id=_ID, code=FieldSpec(), name=FieldSpec()),
        "currency": _object(id=_ID, code=FieldSpec()),
        "total_amount": _DECIMAL,
        "lines": _list(
            {
                "id": _ID,
                "type": FieldSpec(),
                "product": _PRODUCT,
                "quantity": _DECIMAL,
                "unit": _UNIT,
                "unit_price": _DECIMAL,
                "description": FieldSpec(),
            }
        ),
    },
)
_SALE = _object(id=_ID, reference=FieldSpec(), number=FieldSpec())
SHIPMENT = Stream(
    "shipment",
    "Customer shipments (stock.shipment.out)",
    title_zh="客户发货单（stock.shipment.out）",
    polled=True,
    fields={
        **_COMMON,
        "number": FieldSpec(),
        "reference": FieldSpec(),
        "state": FieldSpec(),
        "customer": _object(id=_ID, code=FieldSpec()),
        "planned_date": FieldSpec("date"),
        "effective_date": FieldSpec("date"),
        "sale": _SALE,
        "sales": _list(_SALE.fields),
        "outgoing_moves": _list(
            {
                "id": _ID,
                "product": _object(id=_ID, code=FieldSpec()),
                "quantity": _DECIMAL,
                "unit": _UNIT,
                "state": FieldSpec(),
                "origin": FieldSpec(),
            }
        ),
    },
)
_BOM_LINES = {
    "id": _ID,
    "product": _PRODUCT,
    "quantity": _DECIMAL,
    "unit": _UNIT,
}
BOM = Stream(
    "bom",
    "Bills of materials (production.bom)",
    title_zh="物料清单（production.bom）",
    polled=True,
    fields={
        **_COMMON,
        "name": FieldSpec(),
        "code": FieldSpec(),
        "active": FieldSpec("boolean"),
        "product": _PRODUCT,
        "drawing_no": FieldSpec(),
        "drawing_version": FieldSpec(),
        "inputs": _list(_BOM_LINES),
        "outputs": _list(_BOM_LINES),
    },
)

ADD_COMMITMENT = Operation(
    "add_commitment",
    "Put a commitment into the sale it belongs to",
    Idempotency.LOOKUP,
    title_zh="把承诺写入其所属销售单",
    lane="order_no",
    read_back=ReadBack.ALWAYS,
    read_back_after=timedelta(0),
    # statements end after 60 s at the server ([database] timeout), repeated up to 5 times
    settle=timedelta(minutes=5),
    options={"on_confirmed": ("supplementary_order", "amend", "ask")},
    fields={
        "reference": _SHOWN,
        "commitment_no": _REQUIRED,
        "title": FieldSpec(),
        "text": FieldSpec(),
        "customer_code": _SHOWN,
        "currency": FieldSpec(),
        "promised_date": FieldSpec("date", readable=True),
        "watermark": FieldSpec(),
        "content_sha256": FieldSpec(title="Hash of what the annex promises"),
        "lines": _list(
            {
                "line_no": _SHOWN,
                "product_code": _SHOWN,
                "quantity": FieldSpec("decimal", required=True, readable=True),
                "unit_price": FieldSpec("decimal", readable=True),
                "description": FieldSpec(readable=True),
            },
            readable=True,
        ),
    },
)
ATTACH_DOCUMENT = Operation(
    "attach_document",
    "Attach a file to a sale",
    Idempotency.LOOKUP,
    title_zh="为销售单添加附件",
    lane="order_no",
    full_state=True,
    read_back=ReadBack.ALWAYS,
    read_back_after=timedelta(0),
    settle=timedelta(minutes=5),
    fields={
        "sale_id": FieldSpec("integer", required=True, readable=True),
        "name": _SHOWN,
        "content_base64": FieldSpec("file", required=True, readable=True),
    },
)

SPEC = Spec(
    "tryton",
    "Tryton ERP",
    "Tryton ERP",
    streams=(ORDER, SHIPMENT, BOM),
    operations=(ADD_COMMITMENT, ATTACH_DOCUMENT),
    # one process is busy with one call at a time: more parallel calls only wait longer
    limits=Limits(concurrency=4),
    zone="UTC",
    timeout=timedelta(seconds=60),
    cannot=(
        "Lines of a sale in processing cannot change (core modules): on_confirmed: amend is "
        "refused there for promises with items.",
        "Deleted records are not seen by polling, nor a line changed outside its sale.",
        "Who cancels a promise in a sale in processing has to act in Tryton.",
        "Lines entered by hand carry no mark of ours: a later revision adds its own beside them.",
    ),
    cannot_zh=(
        "处理中的销售单不能改行（核心模块）：对含物料的承诺，on_confirmed: amend 会被拒绝。",
        "轮询看不到已删除的记录，也看不到在销售单之外改动的行。",
        "要取消处理中销售单里的承诺，须由人工在 Tryton 中处理。",
        "人工录入的行没有我方标记：后续版本会在其旁新增自己的行。",
    ),
    simulator="connectors.erp.tryton.simulator:TrytonSimulator",
    server="connectors.erp.tryton.server:start",
)
