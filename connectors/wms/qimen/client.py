"""Signed calls to the warehouse, and the one question everything rests on: is our order there?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.wms.qimen.callbacks import wall_clock
from connectors.wms.qimen.profile import Kind, Profile
from connectors.wms.qimen.replies import Answer, outcome_of, read_answer
from connectors.wms.qimen.settings import QimenSettings
from connectors.wms.qimen.signing import sign
from connectors.wms.qimen.wire import WireError, objects_of, text_of, write
from hub import Command, ConnectorError, Context, Outcome, retry_after

#: Lines per page of a query (the protocol's most), and pages read before giving up.
PAGE_SIZE, MAX_PAGES = 100, 50


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the warehouse shows it."""

    header: Mapping[str, Any]
    lines: list[Mapping[str, Any]]
    answer: bytes

    @property
    def status(self) -> str:
        """The warehouse's word for how far it is; empty when it says none."""
        return text_of(self.header, "status")

    @property
    def ids(self) -> list[str]:
        """The warehouse's id of the order, none when it gives none."""
        order_id = text_of(self.header, "deliveryOrderId")
        return [order_id] if order_id else []


class Client:
    """Calls of one connection."""

    def __init__(
        self, settings: QimenSettings, context: Context, profile: Profile, zone: ZoneInfo
    ) -> None:
        self.settings = settings
        self.context = context
        self.profile = profile
        self.zone = zone

    async def query(self, command: Command) -> Order | None:
        """Return the order of our code with all its lines; None when there surely is none.

        Only the answer "not found" says so: a success that shows no order proves nothing.
        """
        header: Mapping[str, Any] = {}
        lines: list[Mapping[str, Any]] = []
        for page in range(1, MAX_PAGES + 1):
            answer = await self.call(
                "deliveryorder.query", self._question(command, page), effect=False
            )
            if answer.meaning is Kind.NOT_FOUND and page == 1:
                return None
            if answer.meaning is not None:
                raise self.error("deliveryorder.query", answer, Outcome.UNKNOWN)
            # some warehouses show the header on the first page only
            header = answer.content.get("deliveryOrder") or header
            if text_of(header, "deliveryOrderCode") != command.key:
                raise self.error("deliveryorder.query: not our order", answer, Outcome.UNKNOWN)
            fresh = objects_of(answer.content, "orderLines")
            lines += fresh
            total = text_of(answer.content, "totalLines")
            if not total.isdecimal() or len(lines) >= int(total):
                return Order(header, lines, answer.raw)
            if not fresh:  # fewer than promised: what is shown is not all there is
                break
        raise self.error("deliveryorder.query: no end of lines", answer, Outcome.UNKNOWN)

    def _question(self, command: Command, page: int) -> dict[str, Any]:
        header = command.document.get("deliveryOrder") or {}
        return {
            "ownerCode": self.settings.owner_code,
            "warehouseCode": header.get("warehouseCode") or self.settings.warehouse_code,
            "orderCode": command.key,
            "page": page,
            "pageSize": PAGE_SIZE,
        }

    async def call(self, method: str, content: Mapping[str, Any], *, effect: bool) -> Answer:
        """Send one signed call.

        Returns success, duplicate, not found and rejected, about which the caller knows more;
        anything else is raised.
        """
        body = self._body(content)
        response = await self.context.http.request(
            "POST",
            self.settings.base_url,
            effect=effect,
            params=self._signed(method, body),
            headers={"Content-Type": self.profile.content_type},
            content=body,
        )
        answer = read_answer(response.status_code, response.content, self.profile, write=effect)
        if answer.meaning in {None, Outcome.REJECTED, *Kind}:
            return answer
        wait = retry_after(response, self.context.clock.now())
        raise self.error(method, answer, wait=wait)

    def _body(self, content: Mapping[str, Any]) -> bytes:
        try:
            return write("request", content, self.profile.element_order)
        except WireError as exc:
            raise ConnectorError(Outcome.REJECTED, f"the order was not sent: {exc}") from None

    def _signed(self, method: str, body: bytes) -> list[tuple[str, str]]:
        params = [
            ("method", self.profile.method_prefix + method),
            ("timestamp", wall_clock(self.context.clock.now(), self.zone)),
            ("format", "xml"),
            ("app_key", self.settings.app_key),
            ("v", self.profile.version),
            ("sign_method", "hmac" if self.settings.sign_wrap == "hmac_md5" else "md5"),
            ("customerId", self.settings.customer_id),
        ]
        # peers differ in how they sign an empty parameter, so none is sent
        params = [(name, value) for name, value in params if value]
        secret = self.settings.secret.get_secret_value()
        return [*params, ("sign", sign(secret, params, body, self.settings.sign_wrap))]

    def error(
        self,
        what: str,
        answer: Answer,
        outcome: Outcome | None = None,
        wait: timedelta | None = None,
    ) -> ConnectorError:
        """Return the error of a failed call; the vendor's words are kept apart from ours."""
        outcome = outcome or outcome_of(answer.meaning or Outcome.UNKNOWN)
        return ConnectorError(
            outcome,
            f"{self.context.connection}: {what} ended {outcome}, code {answer.code or 'none'}",
            code=answer.code or None,
            words=answer.words or None,
            status=answer.status,
            retry_after=wait,
            answer=answer.raw,
        )
