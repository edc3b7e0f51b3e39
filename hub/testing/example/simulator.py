"""Plays Example: login, orders under our key, results at once or later, webhooks.

The fault `accepted` makes the product take an order and answer it later. Its `seconds` say
when the order is worked on, its `detail` how we hear of it:

    {"report": "callback"}   one webhook, and whoever asks is told (the default)
    {"report": "twice"}      the webhook comes twice
    {"report": "early"}      the webhook comes before the answer that accepts the order
    {"report": "silent"}     no webhook; whoever asks is told
    {"report": "never"}      the order is made, and nobody is ever told
    {"report": "lost"}       the order is never made, and nobody is ever told
    {"refuse": "no stock"}   the order is refused in these words; together with any report
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from hub.testing import Fault, Simulator

from .signing import sign

APP_ID = "hub"
APP_SECRET = "simulated-app-secret"
WEBHOOK_SECRET = "simulated-webhook-secret"
TOKEN_LIFETIME = timedelta(hours=2)


class ExampleSimulator(Simulator):
    """One Example account."""

    name = "example"

    # -- requests

    def name_of(self, request: Request) -> str:
        match request.method, request.url.path.strip("/").split("/"):
            case "POST", ["token"]:
                return "login"
            case "GET", ["orders"]:
                return "find"
            case "POST", ["orders"]:
                return "create"
            case "PUT", ["orders", _]:
                return "update"
            case "POST", ["orders", _, "cancel"]:
                return "cancel"
            case "GET", ["jobs", _]:
                return "job"
            case "GET", ["changes" | "me" as name]:
                return name
            case _:
                return "unknown"

    async def handle(self, request: Request) -> Response:
        self.work()
        name = self.name_of(request)
        if name == "login":
            return self._login(await request.json())
        if not self._knows_token(request):
            return _refuse("token_expired", "the token has run out", 401)
        body = json.loads(await request.body() or b"{}")
        parts = request.url.path.strip("/").split("/")
        match name:
            case "me":
                return JSONResponse({"ok": True, "id": APP_ID})
            case "create":
                return JSONResponse(self._create(body))
            case "update":
                return JSONResponse(self._change(parts[1], body, APP_ID))
            case "cancel":
                return JSONResponse(self._cancel(parts[1]))
            case "find":
                return JSONResponse({"ok": True, "orders": self._find(request.query_params)})
            case "changes":
                return JSONResponse(self._changes(request.query_params))
            case "job":
                return self._show_job(parts[1])
            case _:
                return _refuse("no_such_call", "there is no such call", 404)

    def say(self, fault: Fault, request: Request) -> Response:
        match fault.kind:
            case "rate_limited":
                answer = _refuse("too_many_calls", "slow down", 429)
                answer.headers["Retry-After"] = str(fault.detail.get("retry_after", 20))
                return answer
            case "error_in_200":
                code = fault.detail.get("code", "customer_unknown")
                return _refuse(
                    code, fault.detail.get("message", "客户不存在 customer unknown"), 200
                )
            case "token_expired":
                return _refuse("token_expired", "the token has run out", 401)
            case "unauthorized":
                return _refuse("bad_credentials", "the application is not known", 401)
            case _:
                return _Later(lambda: self._accept(fault, request))

    # -- login

    def _login(self, body: dict[str, Any]) -> Response:
        if (body.get("app_id"), body.get("app_secret")) != (APP_ID, APP_SECRET):
            return _refuse("bad_credentials", "the application is not known", 401)
        token = f"token-{self.state.count('token') + 1:06d}"
        ends_at = self.clock.now() + TOKEN_LIFETIME
        self.state.put("token", token, {"ends_at": ends_at.isoformat()})
        seconds = int(TOKEN_LIFETIME.total_seconds())
        return JSONResponse({"ok": True, "token": token, "expires_in": seconds})

    def _knows_token(self, request: Request) -> bool:
        known = self.state.get("token", request.headers.get("authorization", "")[len("Bearer ") :])
        return known is not None and datetime.fromisoformat(known["ends_at"]) > self.clock.now()

    # -- orders

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        key = body["key"]
        if known := self._find({"key": key}):
            return {"ok": True, "id": known[0]["id"], "repeated": True}
        order_id = f"SO-{self.state.count('order') + 1:06d}"
        order = {"id": order_id, "key": key, "state": "open", "version": 0}
        self.effect(key, "create")
        self._store(order, body, APP_ID)
        return {"ok": True, "id": order_id}

    def _change(self, order_id: str, body: dict[str, Any], by: str) -> dict[str, Any]:
        order = self.state.get("order", order_id)
        if order is None or order["state"] == "cancelled":
            return {"ok": False, "code": "no_open_order", "message": f"{order_id} is not open"}
        if by == APP_ID and order["revision"] >= body["revision"]:
            return {"ok": True, "id": order_id, "repeated": True}
        if by == APP_ID:
            self.effect(order["key"], f"update {body['revision']}")
        self._store(order, body, by)
        return {"ok": True, "id": order_id}

    def _cancel(self, order_id: str) -> dict[str, Any]:
        order = self.state.get("order", order_id)
        if order is None:
            return {"ok": False, "code": "no_such_order", "message": f"{order_id} is not known"}
        if order["state"] == "cancelled":
            return {"ok": True, "id": order_id, "repeated": True}
        self.effect(order["key"], "cancel")
        self._store(order, {"state": "cancelled"}, APP_ID)
        return {"ok": True, "id": order_id}

    def _store(self, order: dict[str, Any], changes: dict[str, Any], by: str) -> None:
        known = ("customer", "lines", "note", "state", "revision", "reply_to")
        order.update({name: changes[name] for name in known if name in changes})
        order.update(version=order["version"] + 1, modified=self.clock.now().isoformat(), by=by)
        self.state.put("order", order["id"], order)

    def _find(self, query: Any) -> list[dict[str, Any]]:
        return [
            order
            for order in self.state.all("order")
            if order["key"] == query.get("key") or order["id"] == query.get("id")
        ]

    def _changes(self, query: Any) -> dict[str, Any]:
        start = (query.get("since") or "", query.get("after") or "")
        orders = sorted(self.state.all("order"), key=lambda order: (order["modified"], order["id"]))
        later = [order for order in orders if (order["modified"], order["id"]) > start]
        limit = int(query["limit"])
        return {"ok": True, "orders": later[:limit], "more": len(later) > limit}

    # -- what people do in the product

    def enter_order(self, customer: str, note: str = "") -> str:
        """Let a person enter an order, as a clerk would; return its id."""
        order_id = f"SO-{self.state.count('order') + 1:06d}"
        order = {"id": order_id, "key": "", "state": "open", "version": 0, "revision": 0}
        lines = [{"item": "A-1", "quantity": "1"}]
        self._store(order, {"customer": customer, "lines": lines, "note": note}, "clerk")
        self._report_order(order)
        return order_id

    def edit_order(self, order_id: str, **changes: Any) -> None:
        """Let a person change an order."""
        self._change(order_id, changes, "clerk")
        order = self.state.get("order", order_id)
        assert order is not None
        self._report_order(order)

    # -- orders that are answered later

    async def _accept(self, fault: Fault, request: Request) -> Response:
        if not self._knows_token(request):
            return _refuse("token_expired", "the token has run out", 401)
        body = await request.json()
        report = fault.detail.get("report", "callback")
        if report not in ("callback", "twice", "early", "silent", "never", "lost"):
            raise ValueError(f"{report!r} is no way to report an accepted order")
        seconds = 0.0 if report == "early" else fault.seconds
        job = {
            "id": f"job-{self.state.count('job') + 1:06d}",
            "body": body,
            "report": report,
            "refuse": fault.detail.get("refuse"),
            "due": (self.clock.now() + timedelta(seconds=seconds)).isoformat(),
            "state": "working",
        }
        self.state.put("job", job["id"], job)
        if report == "early":
            self.work()
            await self.callbacks_sent()
        elif self.caller is not None:
            self.later(seconds, self.work)
        return JSONResponse({"ok": True, "job": job["id"]}, status_code=202)

    def work(self) -> None:
        """Work on the accepted orders that are due, and report them."""
        now = self.clock.now()
        for job in self.state.all("job"):
            due = datetime.fromisoformat(job["due"]) <= now
            if due and job["state"] == "working" and job["report"] != "lost":
                self._work_on(job)

    def _work_on(self, job: dict[str, Any]) -> None:
        if job["refuse"]:
            job.update(state="refused", message=job["refuse"])
        else:
            job.update(state="done", order=self._create(job["body"])["id"])
        self.state.put("job", job["id"], job)
        url = job["body"].get("reply_to") or self.webhook_url
        if url is None or job["report"] in ("silent", "never"):
            return
        notice = {
            "type": f"job.{job['state']}",
            "job": job["id"],
            "key": job["body"]["key"],
            "id": job.get("order"),
            "message": job.get("message", ""),
        }
        for _ in range(2 if job["report"] == "twice" else 1):
            self.call_back(self.webhook(url, notice))

    def _show_job(self, job_id: str) -> Response:
        job = self.state.get("job", job_id)
        if job is None:
            return _refuse("no_such_job", f"{job_id} is not known", 200)
        state = "working" if job["report"] == "never" else job["state"]
        shown = {"ok": True, "job": job_id, "state": state}
        if state == "working":
            return JSONResponse(shown)
        return JSONResponse({**shown, "id": job.get("order"), "message": job.get("message", "")})

    # -- webhooks

    def _report_order(self, order: dict[str, Any]) -> None:
        if self.webhook_url is not None:
            notice = {"type": "order.changed", "order": order}
            self.call_back(self.webhook(self.webhook_url, notice))

    def webhook(self, url: str, notice: dict[str, Any]) -> httpx.Request:
        """Return a signed webhook."""
        body = json.dumps(notice, ensure_ascii=False).encode()
        return httpx.Request("POST", url, content=body, headers=signed(body, self.clock.now()))


def signed(body: bytes, at: datetime) -> dict[str, str]:
    """Return the headers the product signs a body with at that instant."""
    seconds = str(int(at.timestamp()))
    return {
        "content-type": "application/json",
        "x-example-time": seconds,
        "x-example-signature": sign(WEBHOOK_SECRET, seconds, body),
    }


class _Later(Response):
    """Works out the answer when it is sent: `say` itself cannot wait for the request's body."""

    def __init__(self, answer: Callable[[], Awaitable[Response]]) -> None:
        super().__init__()
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer()
        await response(scope, receive, send)


def _refuse(code: str, message: str, status: int) -> Response:
    return JSONResponse({"ok": False, "code": code, "message": message}, status_code=status)
