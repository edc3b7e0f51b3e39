"""The third act of the demo: do all systems agree?

People change things by hand where nobody tells the hub: a quantity at the warehouse, an order that
is deleted at the ERP, one that is copied, an order set back to what an older revision said. The
reconciliation finds them with their causes, they are repaired, and everything is found agreed.
"""

from __future__ import annotations

import asyncio
import getpass
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from hub import admin
from hub.demo import folder as folders
from hub.demo import texts
from hub.demo.control import CHECKER, CLERK
from hub.demo.play import Tell
from hub.demo.processes import Stage
from hub.demo.story import Commitment, Twist
from hub.language import Language
from hub.people import Caller
from hub.store import reconciliations
from hub.store.engine import Store

NAME = "commitments"
ACCOUNTANT = "accountant"
_PATIENCE = 60.0
#: What people did, key → side, kind and cause it must be found as.
Expected = dict[str, tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the reconciliation of a demo came to, as `--check --json` prints it."""

    planted: int
    found: int
    cause_right: int
    #: Findings that are neither planted nor known to wait for a person.
    false: int
    open_after_repair: int


class Agreement:
    """Plays the act, and says what did not go as it should."""

    def __init__(self, stage: Stage, store: Store, tell: Tell, language: Language) -> None:
        self._stage, self._store, self._tell, self._language = stage, store, tell, language
        self.result: Agreed | None = None
        self._copied = ""
        #: A line for everything that is not as it should be.
        self.wrong: list[str] = []

    async def play(self, told: Sequence[Commitment], shipped: Collection[str]) -> None:
        """Play it; of the orders that were shipped the warehouse cancels none any more."""
        await asyncio.to_thread(self._give_tokens)
        waiting = {one.number for one in told if not one.arrives or one.twist is Twist.CORRECTED}
        planted = await self._plant(told, shipped)
        await asyncio.to_thread(self._run)
        found = self._findings()
        right = [one for one in found if planted.get(one["original"]) == _seen(one)]
        places = {(one["original"], one["side"]) for one in found}
        seen = [key for key, (side, _, _) in planted.items() if (key, side) in places]
        false = [one for one in found if one["original"] not in planted | dict.fromkeys(waiting)]
        for one in false:
            self._expect(False, "false", **_named(one))
        for key, expected in planted.items():
            self._expect(
                any(one["original"] == key and _seen(one) == expected for one in found),
                "not_found", number=key, expected=" ".join(expected),
            )  # fmt: skip
        self._tell("agreement.found", str(len(found)))
        await self._repair(found, planted)
        left = await self._until_agreed()
        self._tell("agreement.agreed" if not left else "agreement.left", str(len(left)))
        await asyncio.to_thread(self._sign)
        self.result = Agreed(len(planted), len(seen), len(right), len(false), len(left))

    # -- what people do by hand

    async def _plant(self, told: Sequence[Commitment], shipped: Collection[str]) -> Expected:
        """Change things behind the hub's back; return what must be found."""
        far_ends = self._stage.far_ends
        plain = [
            one for one in told
            if one.twist is Twist.PLAIN and one.has_goods and one.form["order_no"][:2] == "SO"
        ]  # fmt: skip
        revised = [one for one in told if one.twist is Twist.REVISED and one.has_goods]
        planted: Expected = {}
        there = [one for one in plain if one.number not in shipped]
        if there:
            one = there[-1]
            plain.remove(one)
            await far_ends.do("wms", "change_quantity", code=await self._code(one), quantity=99)
            planted[one.number] = ("wms", "differs", "changed_at_target")
        if revised:
            one = revised[0]
            for line, row in enumerate(one.form["lines"]):
                await far_ends.do("wms", "change_quantity", code=await self._code(one),
                                  quantity=row["quantity"], line=line)  # fmt: skip
            planted[one.number] = ("wms", "stale", "rolled_back_at_target")
        if "erp" not in far_ends.real:
            if plain:
                one = plain.pop()
                await far_ends.do("erp", "delete_order", reference=one.form["order_no"])
                planted[one.number] = ("erp", "missing", "deleted_at_target")
            if plain:
                one = plain.pop()
                await far_ends.do("erp", "copy_order", reference=one.form["order_no"])
                planted[one.number] = ("erp", "duplicate", "outside_hub")
                self._copied = one.form["order_no"]
        self._tell("agreement.planted", str(len(planted)))
        return planted

    async def _code(self, one: Commitment) -> str:
        """Return the order the warehouse has of a commitment: a revision gets one of its own."""
        effects = (await self._stage.far_ends.effects())["wms"]
        keys = [str(effect["key"]) for effect in effects
                if str(effect["key"]).startswith(one.number)]  # fmt: skip
        return keys[-1]

    # -- what the hub does

    def _give_tokens(self) -> None:
        token = self._token("admin")
        made = admin.call(
            self._stage.settings, "person.token", {"person": ACCOUNTANT}, self._caller(token)
        )
        folders.write_secret(folders.token_of(self._stage.folder, ACCOUNTANT), made["token"])

    def _token(self, person: str) -> str:
        return folders.token_of(self._stage.folder, person).read_text("ascii").strip()

    def _caller(self, token: str) -> Caller:
        return Caller(getpass.getuser(), token)

    def _act(self, person: str, action: str, **given: Any) -> Any:
        caller = self._caller(self._token(person))
        return admin.call(self._stage.settings, action, given, caller)

    def _run(self) -> Any:
        return self._act(ACCOUNTANT, "reconcile.run", name=NAME, settle="0",
                         language=str(self._language))  # fmt: skip

    def _findings(self) -> list[dict[str, Any]]:
        return self._store.read_now(reconciliations.findings, NAME)

    async def _repair(self, found: Sequence[dict[str, Any]], planted: Expected) -> None:
        """Repair what was planted; accept what waits for people who know of it."""
        mended = [one["id"] for one in found if one["original"] in planted
                  and one["kind"] != "duplicate"]  # fmt: skip
        if mended:
            plan = await asyncio.to_thread(
                self._act, ACCOUNTANT, "reconcile.plan", name=NAME, findings=mended
            )
            await asyncio.to_thread(self._act, CLERK, "reconcile.apply", plan=plan["plan"])
            self._tell("agreement.repaired", str(len(mended)))
        if any(kind == "duplicate" for _, kind, _ in planted.values()):
            await self._stage.far_ends.do("erp", "delete_copy", reference=self._copied)
            self._tell("agreement.copy_deleted", self._copied)
        for one in found:
            if one["original"] not in planted:
                await asyncio.to_thread(
                    self._act, ACCOUNTANT, "reconcile.waive", id=one["id"],
                    reason="等待人工处理", until="30 days",
                )  # fmt: skip
        if len(found) > len(planted):
            self._tell("agreement.waived", str(len(found) - len(planted)))

    async def _until_agreed(self) -> list[dict[str, Any]]:
        """Run again until everything agrees: what is sent again takes a moment to be there."""
        until = time.monotonic() + _PATIENCE
        while True:
            done = await asyncio.to_thread(self._run)
            left = self._findings()
            if (not left and not done["figures"]["in_flight"]) or time.monotonic() > until:
                return left
            await asyncio.sleep(1.0)

    def _sign(self) -> None:
        run = self._store.read_now(reconciliations.runs, NAME, 1)[0].id
        self._act(ACCOUNTANT, "reconcile.sign", run=run, role="preparer")
        self._act(CHECKER, "reconcile.sign", run=run, role="reviewer")
        self._tell("agreement.signed", run[-12:])

    def _expect(self, right: bool, key: str, **values: object) -> None:
        if not right:
            self.wrong.append(texts.text(self._language, f"wrong.agreement.{key}", **values))


def _seen(one: dict[str, Any]) -> tuple[str, str, str]:
    return one["side"], one["kind"], one["cause"]


def _named(one: dict[str, Any]) -> dict[str, str]:
    return {"number": one["original"], "found": " ".join(_seen(one))}
