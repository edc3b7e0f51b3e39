"""Connector for Example: orders out; changed orders and late results in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx
import msgspec
from pydantic import SecretStr

from hub import (
    Accepted,
    Action,
    BadRequest,
    Command,
    Connector,
    ConnectorError,
    ConnectorSettings,
    Context,
    Document,
    Event,
    FieldSpec,
    Found,
    Idempotency,
    Operation,
    Outcome,
    Page,
    Progress,
    Receipt,
    Received,
    Report,
    Spec,
    Stream,
    WebhookRequest,
    load_profile,
    retry_after,
)

from .signing import verify
from .wire import Answer, Notice, Order, parse_answer, parse_notice, write_body

_ORDER_FIELDS: Mapping[str, FieldSpec] = {
    "customer": FieldSpec("text", required=True, readable=True, title="Customer's number"),
    "lines": FieldSpec(
        "list",
        required=True,
        readable=True,
        fields={
            "item": FieldSpec("text", required=True, readable=True, title="Item's number"),
            "quantity": FieldSpec("decimal", required=True, readable=True, title="Quantity"),
        },
    ),
    "note": FieldSpec("text", readable=True, title="Note on the order"),
}


class ExampleSettings(ConnectorSettings):
    """How to reach one Example account."""

    #: Address of the API, such as `https://api.example.test`.
    base_url: str
    #: Id of the application that Example gave us.
    app_id: str
    #: Secret of the application.
    app_secret: SecretStr
    #: Secret that Example signs webhooks with.
    webhook_secret: SecretStr


class ExampleConnector(Connector):
    """One Example account."""

    Settings = ExampleSettings
    spec = Spec(
        name="example",
        title="Example",
        title_zh="Example 订单系统",
        streams=(
            Stream("order", "Changed orders", fields=_ORDER_FIELDS, polled=True),
            Stream("job", "Results of accepted orders"),
        ),
        operations=(
            Operation(
                "create_order",
                "Create, change and cancel an order",
                Idempotency.KEY,
                fields=_ORDER_FIELDS,
                full_state=True,
                acceptance_window=timedelta(minutes=5),
            ),
        ),
        cannot=("A cancelled order cannot be opened again.",),
        simulator="hub.testing.example.simulator:ExampleSimulator",
    )

    def __init__(self, settings: ExampleSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._profile = load_profile(__file__, settings.profile)

    # -- in

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and parse one webhook."""
        verify(
            self.settings.webhook_secret.get_secret_value(),
            request.headers.get("x-example-time", ""),
            request.headers.get("x-example-signature", ""),
            request.body,
            now=request.received_at,
            window=timedelta(seconds=int(self._profile["webhook_window"])),
        )
        try:
            notice = parse_notice(request.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            raise BadRequest(f"{self.context.connection}: the webhook cannot be read") from exc
        return Received(events=(self._event(notice),))

    def _event(self, notice: Notice) -> Event:
        if notice.order is not None:
            return self._changed(notice.order)
        if notice.job is None or notice.type not in ("job.done", "job.refused"):
            raise BadRequest(
                f"{self.context.connection}: a webhook of type {notice.type!r} is not known;"
                " switch it off in the product or tell the connector's author"
            )
        return _reported(notice, notice.job)

    def _changed(self, order: Order) -> Event:
        return Event(
            stream="order",
            external_id=f"{order.id}:{order.version}",
            item=msgspec.to_builtins(order),
            object_id=order.id,
            echo=order.by == self.settings.app_id,
        )

    async def poll(self, stream: str, cursor: str | None) -> Page:
        """Return one page of changed orders.

        The cursor is "modified|id" inside a round and "modified" between two rounds: only a
        new round steps back by the overlap, otherwise paging would never end.
        """
        since, _, after = (cursor or "").partition("|")
        if since and not after:
            overlap = self.spec.stream(stream).overlap
            since = (datetime.fromisoformat(since) - overlap).isoformat()
        query = {"since": since, "after": after, "limit": self._profile["page_size"]}
        answer = await self._call("GET", "/changes", params=query)
        if not answer.orders:
            return Page(events=(), cursor=(cursor or "").partition("|")[0])
        last = answer.orders[-1]
        return Page(
            events=[self._changed(order) for order in answer.orders],
            cursor=f"{last.modified}|{last.id}" if answer.more else last.modified,
            more=answer.more,
        )

    async def fetch(self, stream: str, object_id: str) -> Document | None:
        """Return one order whole, None when there is none of that id."""
        self.spec.stream(stream)
        answer = await self._call("GET", "/orders", params={"id": object_id})
        return msgspec.to_builtins(answer.orders[0]) if answer.orders else None

    # -- out

    async def deliver(self, command: Command, progress: Progress) -> Receipt | Accepted:
        """Create, change or cancel an order."""
        body = {"key": command.key, "revision": command.revision, **command.document}
        match command.action:
            case Action.CREATE:
                if self.context.public_url:
                    path = f"/webhooks/{self.context.connection}"
                    body["reply_to"] = f"{self.context.public_url}{path}"
                answer = await self._call("POST", "/orders", body=body)
            case Action.UPDATE:
                order_id = await self._order_id(command)
                answer = await self._call("PUT", f"/orders/{order_id}", body=body)
            case Action.CANCEL:
                order_id = await self._order_id(command)
                answer = await self._call("POST", f"/orders/{order_id}/cancel", body={})
        if answer.job is not None:
            return self._accepted(answer.job)
        return Receipt(external_id=answer.id, already=answer.repeated)

    async def _order_id(self, command: Command) -> str:
        if command.external_id:
            return command.external_id
        order = await self._standing(command.key)
        if order is None:
            raise ConnectorError(
                Outcome.REJECTED,
                f"{self.context.connection}: no order has our key {command.key};"
                f" it must exist before it can be changed: create it first",
            )
        return order.id

    def _accepted(self, job: str) -> Accepted:
        now = self.context.clock.now()
        return Accepted(
            ticket=job,
            ask_at=now + timedelta(seconds=int(self._profile["ask_every"])),
            give_up_at=now + timedelta(seconds=int(self._profile["give_up_after"])),
        )

    async def result(self, command: Command, ticket: str) -> Receipt | Accepted:
        """Ask what became of an accepted order."""
        answer = await self._call("GET", f"/jobs/{ticket}")
        match answer.state:
            case "done":
                return Receipt(external_id=answer.id)
            case "refused":
                raise ConnectorError(
                    Outcome.REJECTED,
                    f"{self.context.connection}: order {command.key} was refused after it was"
                    f" accepted: {answer.message}",
                    words=answer.message,
                )
            case _:
                return self._accepted(ticket)

    async def find(self, command: Command) -> Found | None:
        """Return the order under our key; for a cancel, whether it is gone."""
        order = await self._standing(command.key)
        if command.action is Action.CANCEL:
            gone = order is None or order.state == "cancelled"
            return Found(mine=gone, external_id=order.id if order else None)
        if order is None:
            return None
        return Found(
            mine=order.state == "open" and order.revision == command.revision,
            external_id=order.id,
            document={"customer": order.customer, "lines": order.lines, "note": order.note},
        )

    async def _standing(self, key: str) -> Order | None:
        answer = await self._call("GET", "/orders", params={"key": key})
        return answer.orders[0] if answer.orders else None

    async def check(self) -> str:
        """Log in and ask who we are."""
        answer = await self._call("GET", "/me")
        return f"logged in as {answer.id}"

    # -- the wire

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Document | None = None,
    ) -> Answer:
        in_doubt = Outcome.UNAVAILABLE_NOT_APPLIED if method == "GET" else Outcome.UNKNOWN
        token = await self.context.tokens.get("access", self._log_in)
        response = await self._send(method, path, token, params, body)
        if self._is_stale(response):
            # A refused token is refused before anything is processed: sending again is safe.
            token = await self.context.tokens.get("access", self._log_in, stale=token)
            response = await self._send(method, path, token, params, body)
        return self._read(response, in_doubt)

    async def _send(
        self,
        method: str,
        path: str,
        token: str,
        params: Mapping[str, str] | None,
        body: Document | None,
    ) -> httpx.Response:
        return await self.context.http.request(
            method,
            path,
            effect=method != "GET",
            params=params,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            content=None if body is None else write_body(body),
        )

    async def _log_in(self) -> tuple[str, timedelta]:
        response = await self.context.http.request(
            "POST",
            "/token",
            effect=False,
            json={
                "app_id": self.settings.app_id,
                "app_secret": self.settings.app_secret.get_secret_value(),
            },
        )
        # Whatever goes wrong here, the call that needed the token was not sent.
        answer = self._read(response, Outcome.UNAVAILABLE_NOT_APPLIED)
        return answer.token, timedelta(seconds=answer.expires_in)

    def _is_stale(self, response: httpx.Response) -> bool:
        if response.status_code != 401:
            return False
        answer = parse_answer(response.content, Outcome.NOT_AUTHORIZED)
        return bool(answer.code == self._profile["stale_token"])

    def _read(self, response: httpx.Response, in_doubt: Outcome) -> Answer:
        """Return a successful answer, or raise what the tables in `profile.yaml` make of it."""
        status = response.status_code
        answer = Answer(ok=False)
        if status < 500 and status != 404:
            answer = parse_answer(response.content, in_doubt)
        if answer.ok and response.is_success:
            return answer
        raise ConnectorError(
            self._outcome(status, answer, in_doubt),
            f"{self.context.connection}: HTTP {status} {answer.code} {answer.message}".rstrip(),
            code=answer.code or None,
            words=answer.message or None,
            status=status,
            retry_after=retry_after(response, self.context.clock.now()),
            answer=response.content,
        )

    def _outcome(self, status: int, answer: Answer, in_doubt: Outcome) -> Outcome:
        codes, statuses = self._profile["codes"], self._profile["statuses"]
        named = codes.get(answer.code) or statuses.get(str(status))
        if named:
            return Outcome(named)
        return Outcome.REJECTED if answer.code else in_doubt


def _reported(notice: Notice, job: str) -> Event:
    done = notice.type == "job.done"
    return Event(
        stream="job",
        external_id=f"{job}:{notice.type}",
        item=msgspec.to_builtins(notice),
        object_id=notice.id,
        report=Report(
            ticket=job,
            key=notice.key,
            receipt=Receipt(external_id=notice.id) if done else None,
            refused=None if done else notice.message,
        ),
    )
