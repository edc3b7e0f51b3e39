"""What the connector says of itself. Field names and meanings: Qimen's delivery order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from hub import (
    FieldSpec,
    Idempotency,
    Limits,
    OnRevision,
    OnRevoke,
    Operation,
    ReadBack,
    Spec,
    Stream,
)


def _texts(*names: str) -> dict[str, FieldSpec]:
    return {name: FieldSpec() for name in names}


def _object(
    fields: Mapping[str, FieldSpec], *, required: bool = False, title: str = ""
) -> FieldSpec:
    return FieldSpec("object", required=required, fields=fields, title=title)


def _list(fields: Mapping[str, FieldSpec], *, required: bool = False, title: str = "") -> FieldSpec:
    return FieldSpec("list", required=required, fields=fields, title=title)


def _party(*, required: bool) -> dict[str, FieldSpec]:
    return {
        "company": FieldSpec(),
        "name": FieldSpec(required=required, personal="name"),
        "zipCode": FieldSpec(),
        "tel": FieldSpec(personal="phone"),
        "mobile": FieldSpec(required=required, personal="phone"),
        "email": FieldSpec(personal="email"),
        **_texts("countryCode", "area", "town"),
        "province": FieldSpec(required=required),
        "city": FieldSpec(required=required),
        "detailAddress": FieldSpec(required=required, personal="address"),
    }


_SCHEDULE = _texts(
    "scheduleType", "scheduleDay", "scheduleStartTime", "scheduleEndTime", "deliveryType"
)

_HEADER: Mapping[str, FieldSpec] = {
    **_texts(
        "orderType", "warehouseCode", "orderFlag", "sourcePlatformCode", "createTime",
        "placeOrderTime", "operateTime", "shopNick", "logisticsCode", "logisticsName",
        "expressCode", "latestCollectionTime", "latestDeliveryTime", "isUrgency", "buyerMessage",
        "sellerMessage", "serviceCode", "remark", "preDeliveryOrderCode", "preDeliveryOrderId",
    ),
    **{
        name: FieldSpec("decimal")
        for name in (
            "totalAmount", "itemAmount", "discountAmount", "freight", "arAmount", "gotAmount",
            "serviceFee",
        )
    },
    "deliveryRequirements": _object(_SCHEDULE),
    "senderInfo": _object(_party(required=False)),
    "receiverInfo": _object(_party(required=True), required=True),
}  # fmt: skip

_LINE: Mapping[str, FieldSpec] = {
    "orderLineNo": FieldSpec(readable=True),
    **_texts("sourceOrderCode", "subSourceOrderCode", "payNo", "ownerCode"),
    "itemCode": FieldSpec(required=True, readable=True),
    **_texts("itemId", "itemName", "extCode", "inventoryType"),
    "planQty": FieldSpec("integer", required=True, readable=True),
    "retailPrice": FieldSpec("decimal"),
    "actualPrice": FieldSpec("decimal", required=True),
    "discountAmount": FieldSpec("decimal"),
    **_texts("batchCode", "productDate", "expireDate", "produceCode", "remark"),
}

_SHIPPED: Mapping[str, FieldSpec] = {
    **_texts(
        "orderLineNo", "orderSourceCode", "subSourceCode", "itemCode", "itemId", "inventoryType",
        "ownerCode", "itemName", "batchCode",
    ),
    "planQty": FieldSpec("decimal"),
    "actualQty": FieldSpec("decimal"),
    "batchs": _list({"batchCode": FieldSpec(), "actualQty": FieldSpec("decimal")}),
}  # fmt: skip

_PARCEL: Mapping[str, FieldSpec] = {
    **_texts("logisticsCode", "logisticsName", "expressCode", "packageCode"),
    "weight": FieldSpec("decimal"),
    "items": _list(
        {**_texts("itemCode", "itemId", "orderLineNo"), "quantity": FieldSpec("decimal")}
    ),
}

_OURS = _texts("method", "eventId")

SHIPMENT = Stream(
    name="shipment",
    title="Shipment confirmations",
    title_zh="发货确认",
    fields={
        **_OURS,
        "deliveryOrder": _object(
            {
                **_texts(
                    "deliveryOrderCode", "deliveryOrderId", "warehouseCode", "orderType", "status",
                    "outBizCode", "confirmType", "orderConfirmTime", "operateTime", "operatorCode",
                    "remark",
                ),
                "operatorName": FieldSpec(personal="name"),
            }
        ),
        "packages": _list(_PARCEL),
        "orderLines": _list(_SHIPPED),
    },
)  # fmt: skip

PROGRESS = Stream(
    name="progress",
    title="Steps inside the warehouse",
    title_zh="作业进度",
    fields={
        **_OURS,
        "order": _object(_texts("orderCode", "orderId", "orderType", "warehouseCode")),
        "process": _object(
            {
                **_texts("processStatus", "operatorCode", "operateTime", "operateInfo", "remark"),
                "operatorName": FieldSpec(personal="name"),
            }
        ),
    },
)

CREATE_ORDER = Operation(
    name="create_order",
    title="Delivery order",
    title_zh="出库单",
    idempotency=Idempotency.NATURAL,
    fields={
        "deliveryOrder": _object(_HEADER, required=True),
        "orderLines": _list(_LINE, required=True),
        "extendProps": _object({}, title="free names, each with a text"),
    },
    on_revision=OnRevision.CANCEL_THEN_CREATE,
    on_revoke=OnRevoke.CANCEL,
    settle=timedelta(seconds=60),
    read_back=ReadBack.ALWAYS,
    read_back_after=timedelta(seconds=10),
)

SPEC = Spec(
    name="qimen",
    title="Qimen warehouse",
    title_zh="奇门仓储",
    streams=(SHIPMENT, PROGRESS),
    operations=(CREATE_ORDER,),
    limits=Limits(concurrency=4, per_second=10),
    zone="Asia/Shanghai",
    cannot=(
        "An order cannot be changed: a new revision cancels it and creates another.",
        "Quantities are whole numbers; an order with a fraction is not sent.",
        "A line has no gift mark: a gift is a line of price 0, named in extendProps.giftLines.",
        "Confirms come by callback only; without a public address they are not seen.",
        "Goods coming in (entryorder, returnorder), item master and stock are not carried.",
    ),
    cannot_zh=(
        "订单不能修改：新版本会先取消它，再另建一单。",
        "数量须为整数；含小数的订单不发送。",
        "行上没有赠品标志：赠品即单价为 0 的行，并在 extendProps.giftLines 中列明。",
        "确认只能由回调得知；没有公网地址则看不到。",
        "不处理入库（entryorder、returnorder）、商品资料与库存。",
    ),
    simulator="connectors.wms.qimen.simulator:QimenSimulator",
)
