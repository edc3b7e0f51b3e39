"""What people do in the demo: they ask, approve, change their minds; the warehouse ships."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from hub.demo.far_ends import FarEnds
from hub.demo.story import APPROVERS, FAULTS, Commitment, Twist

#: Told of everything that is done: key of `hub.demo.texts`, number of the commitment.
Tell = Callable[[str, str], None]

_LEVELS = list(APPROVERS)
#: Orders the warehouse ships at the end.
_SHIPPED = 3


class Players:
    """The people of the demo's company."""

    def __init__(self, far_ends: FarEnds, tell: Tell, pause: float = 0.0) -> None:
        self._far_ends = far_ends
        self._tell = tell
        #: Seconds between two things they do.
        self._pause = pause
        #: Number of a commitment → id of its form.
        self.forms: dict[str, str] = {}
        #: Numbers of the commitments whose orders were shipped.
        self.shipped: set[str] = set()

    async def ask(self, story: Sequence[Commitment]) -> None:
        """Fill in every form and let the levels decide."""
        for commitment in story:
            await self._prepare(commitment)
            await self._save(commitment, dict(commitment.form))
            await self._approve(commitment)
            self._tell(f"asked.{commitment.twist}", commitment.number)

    async def change(self, story: Sequence[Commitment]) -> None:
        """Change, take back and decide late what was delivered or left waiting before."""
        for commitment in story:
            match commitment.twist:
                case Twist.REVISED:
                    await self._save(commitment, commitment.revised())
                    await self._approve(commitment)
                case Twist.REVOKED:
                    await self._decide(commitment, "revoke", person=APPROVERS[_LEVELS[-1]])
                case Twist.LATE_LEVEL:
                    await self._decide_at(commitment, _LEVELS[-1])
                case _:
                    continue
            self._tell(f"changed.{commitment.twist}", commitment.number)

    async def ship(self, story: Sequence[Commitment]) -> None:
        """Let the warehouse ship some of the orders it has, and confirm them."""
        there = {effect["key"] for effect in (await self._far_ends.effects())["wms"]}
        plain = [one.number for one in story if one.twist is Twist.PLAIN and one.number in there]
        for number in plain[:_SHIPPED]:
            await self._far_ends.do("wms", "ship", code=number)
            self.shipped.add(number)
            self._tell("shipped", number)

    async def form(self, number: str) -> dict[str, Any]:
        """Return the form of a commitment as it stands."""
        form: dict[str, Any] = await self._far_ends.do("crm", "record", data_id=self.forms[number])
        return form

    async def _prepare(self, commitment: Commitment) -> None:
        for fault in FAULTS.get(commitment.twist, ()):
            if fault.connection not in self._far_ends.real:
                await self._far_ends.inject(fault)
        if commitment.twist is Twist.SHIPPED_EARLY:
            await self._far_ends.do("wms", "ship", code=commitment.number, before_reply=True)

    async def _save(self, commitment: Commitment, data: dict[str, Any]) -> None:
        data_id = self.forms.get(commitment.number)
        self.forms[commitment.number] = await self._far_ends.do(
            "crm", "save_form", data=data, data_id=data_id
        )
        await asyncio.sleep(self._pause)

    async def _approve(self, commitment: Commitment) -> None:
        late = commitment.twist is Twist.LATE_LEVEL
        for level in _LEVELS[:-1] if late else _LEVELS:
            auto = commitment.twist is Twist.AUTO_PASSED and level == _LEVELS[-1]
            await self._decide_at(commitment, level, auto_passed=auto)

    async def _decide_at(
        self, commitment: Commitment, level: str, *, auto_passed: bool = False
    ) -> None:
        await self._decide(
            commitment, "approve", level=level, person=APPROVERS[level], auto_passed=auto_passed
        )

    async def _decide(self, commitment: Commitment, act: str, **given: Any) -> None:
        await self._far_ends.do("crm", act, data_id=self.forms[commitment.number], **given)
        await asyncio.sleep(self._pause)
