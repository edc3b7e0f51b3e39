"""The second act of the demo: people in control.

A form asks whether it may be submitted. A contract is signed and no order follows within two
working hours, so somebody is told, then somebody else, until the order is there. A dead letter
above the limit is corrected by one person and goes out only when a second one has looked.
"""

from __future__ import annotations

import asyncio
import functools
import getpass
import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import httpx
import sqlalchemy as sa

from hub import admin
from hub.demo import clock, texts
from hub.demo import folder as folders
from hub.demo.console import Console
from hub.demo.far_ends import FarEnds
from hub.demo.play import Tell
from hub.demo.processes import Stage
from hub.demo.story import Commitment, Twist
from hub.language import Language
from hub.people import Caller
from hub.store import payloads
from hub.store import tables as t
from hub.store.engine import Store

_T = TypeVar("_T")

#: Who does what; people.yaml of the demo names them, see `hub.demo.folder`.
ADMIN, CLERK, CHECKER, FORM = "admin", "clerk", "checker", "crm-form"
#: The contract nobody enters an order for, and what the watch calls it.
CONTRACT = "HT-DEMO-900"
_WATCH = "order-after-contract"
_PATIENCE = 60.0


class Control:
    """Plays the act, and says what did not go as it should."""

    def __init__(self, stage: Stage, store: Store, tell: Tell, language: Language) -> None:
        self._stage = stage
        self._store = store
        self._tell = tell
        self._language = language
        self._tokens: dict[str, str] = {}
        #: A line for everything that is not as it should be.
        self.wrong: list[str] = []

    async def play(self, told: Sequence[Commitment]) -> None:
        """Play it."""
        await asyncio.to_thread(self._give_tokens)
        await self._ask_beforehand()
        await self._correct(told)
        await self._wait_for_the_order()

    def _give_tokens(self) -> None:
        """An admin is given the first token, and gives the others theirs."""
        caller = Caller(getpass.getuser())
        for person in (ADMIN, CLERK, CHECKER, FORM):
            made = admin.call(self._stage.settings, "person.token", {"person": person}, caller)
            self._tokens[person] = made["token"]
            folders.write_secret(folders.token_of(self._stage.folder, person), made["token"])
            caller = Caller(getpass.getuser(), self._tokens[ADMIN])

    # -- a form asks

    async def _ask_beforehand(self) -> None:
        for days, expected in ((60, "allow"), (150, "deny")):
            answer = await self._asked(days)
            self._expect(answer == expected, "asked", days=days, answer=answer)
            self._tell(f"control.{answer}", CONTRACT)

    async def _asked(self, days: int) -> str:
        form = _contract("草稿", payment_days=days)
        body = {"connection": "crm", "stream": "contract", "item": form}
        headers = {"Authorization": f"Bearer {self._tokens[FORM]}"}
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            url = f"{self._url}/api/v1/decisions/payment-terms"
            response = await http.post(url, json=body, headers=headers)
        found = response.json()
        return str(found.get("answer", f"{response.status_code} {found.get('title')}"))

    # -- a dead letter above the limit

    async def _correct(self, told: Sequence[Commitment]) -> None:
        wrong = next((one for one in told if one.twist is Twist.CORRECTED), None)
        if wrong is None:
            return
        row = await self._until(lambda: self._dead(wrong.number), "dead", wrong.number)
        if row is None:
            return
        path = f"/deliveries/{row}"
        document = self._store.read_now(_document, row)
        for line in document["lines"]:
            line["product_code"] = "P-100"
        async with Console(self._url, self._tokens[CLERK]) as clerk:
            await clerk.send(
                f"{path}/edit", path, document=json.dumps(document, ensure_ascii=False), anyway="1"
            )
            held = await self._until(lambda: self._store.read_now(_held, row), "held", row)
            if held is None:
                return
            self._tell("control.edited", wrong.number)
            again = await clerk.send(f"/gates/{held}/release", "/gates", reason="我自己看过")
            self._expect(again == 403, "released_alone", number=wrong.number)
        async with Console(self._url, self._tokens[CHECKER]) as checker:
            await checker.send(f"/gates/{held}/release", "/gates", reason="型号已与客户确认")
        self._tell("control.released", wrong.number)
        await self._until(lambda: self._delivered(row), "not_delivered", wrong.number)

    # -- what did not happen

    async def _wait_for_the_order(self) -> None:
        far_ends: FarEnds = self._stage.far_ends
        form = _contract("已签订", payment_days=60)
        await far_ends.do("crm", "save_form", data=form, form="contract")
        await self._until(lambda: self._watch("armed"), "armed", CONTRACT)
        self._tell("control.signed", CONTRACT)
        for count, key in ((1, "control.late"), (2, "control.escalated")):
            due = self._store.read_now(_watched)[2]
            if due is not None:
                clock.move_to(self._stage.folder, due)
            if await self._until(functools.partial(self._told, count), key, CONTRACT) is None:
                return
            self._tell(key, CONTRACT)
        if "erp" in far_ends.real:
            return  # nobody sits at the real one
        await far_ends.do("erp", "enter_order", reference=CONTRACT)
        await self._until(lambda: self._watch("cleared"), "cleared", CONTRACT)
        self._tell("control.cleared", CONTRACT)
        notices = await self._notices()
        self._expect(len(notices) == len(set(notices)), "told_twice", number=CONTRACT)

    async def _notices(self) -> list[str]:
        """Return what the demo's own receiver of notices was told of the watch."""
        found = await self._stage.far_ends.notices("crm")
        return [one["id"] for one in found if one["type"].endswith("watch")]

    # -- looking

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._stage.settings.web.port}"

    def _dead(self, number: str) -> str | None:
        return self._store.read_now(_dead_letter, number)

    def _delivered(self, delivery: str) -> bool | None:
        d = t.delivery.c
        query = sa.select(d.state).where(d.id == delivery)
        return self._store.read_now(lambda tx: tx.scalar(query)) == "delivered" or None

    def _watch(self, state: str) -> bool | None:
        return self._store.read_now(_watched)[0] == state or None

    def _told(self, least: int) -> bool | None:
        return self._store.read_now(_watched)[1] >= least or None

    async def _until(self, look: Callable[[], _T | None], wrong: str, number: str) -> _T | None:
        """Wait until something is there; note it as wrong where it does not come."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            found = look()
            if found is not None:
                return found
            await asyncio.sleep(0.1)
        self._expect(False, wrong, number=number)
        return None

    def _expect(self, right: bool, key: str, **values: object) -> None:
        if not right:
            name = key.removeprefix("control.")
            self.wrong.append(texts.text(self._language, f"wrong.control.{name}", **values))


def _contract(status: str, *, payment_days: int) -> dict[str, Any]:
    return {
        "contract_no": CONTRACT, "status": status, "customer_code": "KH0002",
        "customer_name": "宁波东海泵业股份有限公司", "signed_on": "", "currency": "CNY",
        "amount": 386000, "payment_days": payment_days, "title": "年度泵类采购合同",
    }  # fmt: skip


def _dead_letter(tx: sa.Connection, number: str) -> str | None:
    d, r = t.delivery.c, t.record.c
    return tx.scalar(
        sa.select(d.id)
        .join(t.record, r.id == d.record_id)
        .where(r.number == number, d.state == "dead")
        .order_by(d.id)
        .limit(1)
    )


def _document(tx: sa.Connection, delivery: str) -> dict[str, Any]:
    sha = tx.scalar(sa.select(t.delivery.c.payload).where(t.delivery.c.id == delivery))
    found: dict[str, Any] = payloads.parse(payloads.get(tx, [sha or ""])[sha or ""])
    return found


def _held(tx: sa.Connection, delivery: str) -> str | None:
    h = t.hold.c
    return tx.scalar(sa.select(h.id).where(h.delivery_id == delivery, h.state == "held").limit(1))


def _watched(tx: sa.Connection) -> tuple[str, int, datetime | None]:
    """Return the state of the demo's watch, how many notices it gave, when it is due next."""
    w = t.watch.c
    row = tx.execute(
        sa.select(w.state, w.step, w.due_at).where(w.watch == _WATCH, w.key == CONTRACT)
    ).first()
    return (row.state, row.step, row.due_at) if row else ("", 0, None)
