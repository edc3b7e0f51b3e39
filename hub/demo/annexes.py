"""The annexes of the demo: opened, kept as files, and checked as anybody would check them.

Everything is asked through the public page, with the files a customer would hold: the file itself,
the file with a byte changed, the number alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from hub.demo import texts
from hub.demo.play import Tell
from hub.demo.processes import Stage
from hub.demo.story import Commitment, Twist
from hub.documents.number import Number
from hub.language import Language
from hub.store import documents
from hub.store import tables as t
from hub.store.engine import Store

#: Folder of a demo its annexes are put into.
FOLDER = "annexes"
#: Annexes whose file, changed file and number are checked at the page.
_CHECKED = 3


@dataclass(frozen=True, slots=True)
class Annex:
    """A document the demo issued."""

    commitment: str
    revision: int
    number: Number
    state: str
    pdf: bytes


class Annexes:
    """Looks at every annex of a run, and says what is not as it should be."""

    def __init__(self, stage: Stage, store: Store, tell: Tell, language: Language) -> None:
        self._stage, self._store, self._tell, self._language = stage, store, tell, language
        #: Annexes that were issued.
        self.issued = 0
        #: A line for everything that is not as it should be.
        self.wrong: list[str] = []

    async def look(self, told: Sequence[Commitment]) -> None:
        """Keep the files, hold them against the story, and check some at the page."""
        found: list[Annex] = self._store.read_now(_all)
        self.issued = len(found)
        _keep(self._stage.folder / FOLDER, found)
        for commitment in told:
            self._compare(commitment, [one for one in found if one.commitment == commitment.number])
        standing = [one for one in found if one.state == "issued"]
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            for one in standing[:_CHECKED]:
                await self._check(http, one)

    def _compare(self, commitment: Commitment, found: Sequence[Annex]) -> None:
        """Every approved revision has one annex, and the newest one is in force."""
        states = [one.state for one in found]
        self._expect(states == _expected(commitment), "states", commitment.number,
                     states=", ".join(states) or "-")  # fmt: skip

    async def _check(self, http: httpx.AsyncClient, one: Annex) -> None:
        changed = one.pdf[:-40] + bytes([one.pdf[-40] ^ 1]) + one.pdf[-39:]
        for given, verdict in ((one.pdf, "genuine"), (changed, "altered")):
            answer = await http.post(
                f"{self._page}?format=json", files={"file": ("annex.pdf", given)}
            )
            found = answer.json().get("verdict", f"HTTP {answer.status_code}")
            self._expect(found == verdict, "verdict", one.commitment, verdict=found, should=verdict)
        answer = await http.get(f"{self._page}/{one.number.text}?format=json")
        found = answer.json().get("verdict", f"HTTP {answer.status_code}")
        self._expect(found == "record_only", "verdict", one.commitment, verdict=found,
                     should="record_only")  # fmt: skip
        self._tell("annex.checked", one.commitment)

    @property
    def _page(self) -> str:
        return f"http://127.0.0.1:{self._stage.settings.web.port}/v"

    def _expect(self, right: bool, key: str, number: str, **values: Any) -> None:
        if not right:
            line = texts.text(self._language, f"wrong.annex.{key}", number=number, **values)
            self.wrong.append(line)


def _expected(commitment: Commitment) -> list[str]:
    """Return the states of a commitment's annexes, oldest first."""
    ends: dict[Twist, list[str]] = {
        Twist.REVISED: ["superseded", "issued"],
        Twist.REVOKED: ["revoked"],
        Twist.AUTO_PASSED: [],
    }
    return ends.get(commitment.twist, ["issued"])


def _all(tx: sa.Connection) -> list[Annex]:
    r, d = t.record.c, t.document.c
    rows = tx.execute(
        sa.select(r.number.label("commitment"), d.revision, d.number, d.state)
        .join(t.record, r.id == d.record_id)
        .where(d.state != "drawn")
        .order_by(r.number, d.revision)
    ).all()
    return [
        Annex(row.commitment, row.revision, Number(row.number), row.state,
              documents.pdf(tx, row.number, 1) or b"")
        for row in rows
    ]  # fmt: skip


def _keep(folder: Path, found: Sequence[Annex]) -> None:
    folder.mkdir(exist_ok=True)
    for one in found:
        (folder / f"{one.commitment}-r{one.revision}-{one.number}.pdf").write_bytes(one.pdf)
