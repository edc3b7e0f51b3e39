"""What the warehouse tells by itself: confirms and steps, from verified bytes to events."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.wms.qimen.profile import Profile
from connectors.wms.qimen.wire import WireError, parse, text_of, write
from hub import BadRequest, Event, Receipt, Reply, Report, SignatureInvalid

#: A confirm is a few kilobytes; this bounds what a sender can make the hub read.
MAX_BODY = 2 * 1024 * 1024

_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def wall_clock(instant: datetime, zone: ZoneInfo) -> str:
    """Return the instant as the protocol writes times, in the warehouse's zone."""
    return instant.astimezone(zone).strftime(_TIME_FORMAT)


def check_time(stamp: str, now: datetime, zone: ZoneInfo, skew: timedelta) -> None:
    """Refuse a call that is older than the allowed difference, or from the future."""
    try:
        sent = datetime.strptime(stamp, _TIME_FORMAT).replace(tzinfo=zone)
    except ValueError:
        raise BadRequest("timestamp must be like 2026-11-20 10:00:00") from None
    if abs(now - sent) > skew:
        raise SignatureInvalid(
            f"timestamp {stamp} is more than {int(skew.total_seconds())} s off;"
            " compare the clocks and the time zone of both sides"
        )


def event_of(method: str, stream: str, body: bytes, profile: Profile) -> Event:
    """Return the event of one callback; `BadRequest` where it cannot be used.

    Its id is `outBizCode`, which the protocol defines for this, else the SHA-256 of the body. The
    item has two fields more than the vendor's: `method`, and `eventId` for that id.
    """
    item = _read(body)
    head = "order" if stream == "progress" else "deliveryOrder"
    code = text_of(item, head, "deliveryOrderCode") or text_of(item, head, "orderCode")
    if not code:
        raise BadRequest(f"{method}: {head}.deliveryOrderCode is missing")
    event_id = text_of(item, head, "outBizCode")
    if not 0 < len(event_id) <= 100:
        event_id = hashlib.sha256(body).hexdigest()
    return Event(
        stream=stream,
        external_id=event_id,
        item={**item, "method": method, "eventId": event_id},
        object_id=code,
        report=_report(item, head, code, profile),
    )


def _read(body: bytes) -> dict[str, Any]:
    try:
        root, item = parse(body)
    except WireError as exc:
        raise BadRequest(f"the body {exc}") from None
    if root != "request":
        raise BadRequest("the root element must be request")
    return item


def _report(item: Mapping[str, Any], head: str, code: str, profile: Profile) -> Report | None:
    status = text_of(item, head, "status") or text_of(item, "process", "processStatus")
    if status in profile.refused:
        words = text_of(item, "process", "operateInfo") or text_of(item, head, "remark")
        return Report(key=code, refused=f"{status} {words}".strip())
    if status in profile.alive:
        order_id = text_of(item, head, "deliveryOrderId") or text_of(item, head, "orderId")
        return Report(key=code, receipt=receipt(code, [order_id] if order_id else []))
    # a cancelled order tells of a cancel, not of the create that has the same key
    return None


def receipt(code: str, ids: list[str], *, answer: bytes = b"", already: bool = False) -> Receipt:
    """Return the receipt of an order: its id at the warehouse, all ids where it was split.

    A warehouse that gives no id of its own is asked by our code ever after.
    """
    first = ids[0] if ids else code
    return Receipt(
        external_id=first,
        answer=answer,
        already=already,
        values={"external_id": first, "delivery_order_ids": ids or [code]},
    )


def reply(flag: str, code: str, message: str) -> Reply:
    """Return a reply in the protocol's form: always HTTP 200, only the flag decides."""
    body = write("response", {"flag": flag, "code": code, "message": message})
    return Reply(status=200, body=body, media_type="text/xml;charset=utf-8")
