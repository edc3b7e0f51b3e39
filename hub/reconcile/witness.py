"""What the ledger knows of the keys of a run: what was sent, what became of it, what was said."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.flow import privacy
from hub.flow.parts import Flow
from hub.mapping.reconciliation.judge import Opinion, Seen
from hub.mapping.reconciliation.rows import Row, SideReader
from hub.reconcile.classify import Circumstances, Classified, classify
from hub.reconcile.engine import Engine
from hub.reconcile.plan import Plan
from hub.reconcile.report.value import Moment
from hub.store import evidence, payloads
from hub.store.evidence import Evidence

#: Side and number → what is known of the record and of its deliveries there.
Known = Mapping[tuple[str, str], Evidence]


@dataclasses.dataclass(frozen=True, slots=True)
class Testimony:
    """What is known of the keys of a batch."""

    known: Known
    around: Circumstances
    authority: str

    def classified(self, opinion: Opinion) -> list[Classified]:
        """Return each disagreement about a key with its cause."""
        return [
            classify(seen, opinion, self._of(seen, opinion), self.around) for seen in opinion.seen
        ]

    def _of(self, seen: Seen, opinion: Opinion) -> Evidence | None:
        right = opinion.rows.get(self.authority)
        number = right.original if right is not None else seen.original
        return self.known.get((seen.side, number))


class Witness:
    """Asks the store on behalf of one run."""

    def __init__(self, flow: Flow, plan: Plan, engine: Engine) -> None:
        self._flow, self._plan, self._engine = flow, plan, engine
        self._definition = plan.definition
        self._readers: dict[str, SideReader] = {}
        self._masking: dict[str, privacy.Marks] = {}

    async def of(self, batch: Sequence[Opinion], now: datetime) -> Testimony:
        """Return what is known of the keys of a batch; `now` is when the run began."""
        kind, source = self._record_kind()
        known: dict[tuple[str, str], Evidence] = {}
        sides = {seen.side for opinion in batch for seen in opinion.seen}
        numbers = {
            row.original for opinion in batch for rows in opinion.all.values() for row in rows
        }
        told_of = {
            name for name, side in self._definition.sides.items() if kind or side.by_key
        }  # fmt: skip
        for name in sides & told_of:
            side = self._definition.sides[name]
            found = await self._flow.store.read(
                evidence.known, kind, source, numbers, side.connection,
                side.delivered_by,
            )  # fmt: skip
            known.update({(name, number): one for number, one in found.items()})
        # what the authority said then is only known where its items are records
        wanted = {
            (one.record_id, delivery.revision)
            for one in known.values() for delivery in one.deliveries if kind
        }  # fmt: skip
        said = await self._flow.store.read(evidence.said, wanted) if wanted else {}
        around = Circumstances(
            now=self._flow.clock.now(), in_flight_for=self._definition.in_flight_for,
            began={name: one.first_read or now for name, one in self._engine.progress.items()},
            layout=self._engine.layout, told_of=told_of,
            said=lambda one, revision: self._row_said(said.get((one.record_id, revision))),
        )  # fmt: skip
        return Testimony(known, around, self._definition.authority)

    async def strange(self, numbers: Sequence[str]) -> list[str]:
        """Return those of some numbers of which the hub has no record."""
        kind, source = self._record_kind()
        known = await self._flow.store.read(
            evidence.known, kind, source, numbers, "", ""
        )  # fmt: skip
        return [one for one in numbers if one not in known]

    async def stories(self, keys: Iterable[tuple[str, Classified]]) -> Mapping[str, list[Moment]]:
        """Return key → what was delivered for it, attempt by attempt, with what was answered.

        Of an answer the beginning is told, secrets and personal data masked.
        """
        deliveries = {
            str(one.evidence["delivery"]): key for key, one in keys if one.evidence.get("delivery")
        }
        found = await self._flow.store.read(evidence.attempts, list(deliveries))
        answers = await self._flow.store.read(
            payloads.get, [row.answer for row in found if row.answer]
        )
        stories: dict[str, list[Moment]] = {}
        for row in found:
            code = f" {row.code}" if row.code else ""
            words = f"{row.step} → {row.connection} r{row.revision}: {row.kind} {row.outcome}{code}"
            raw = privacy.answer(answers.get(row.answer or ""), self._marks(row.connection)) or ""
            stories.setdefault(deliveries[row.delivery_id], []).append(
                Moment(row.ended_at, words, raw)
            )
        return stories

    def _marks(self, connection: str) -> privacy.Marks:
        """Return the marks of what a connection may answer."""
        settings = self._flow.settings
        if settings is None:
            return None
        if connection not in self._masking:
            self._masking[connection] = privacy.of_answers(settings, connection)
        return self._masking[connection]

    def _record_kind(self) -> tuple[str, str]:
        """Return kind and connection of the records the keys are numbers of.

        Empty where the authority's items are no records. What is read by key was delivered all
        the same, as whatever record has the number.
        """
        side = self._definition.sides[self._definition.authority]
        if side.mapping:
            return str(self._plan.bundle.mappings[side.mapping].target), side.connection
        return side.record, side.connection

    def _row_said(self, document: Mapping[str, Any] | None) -> Row | None:
        if document is None:
            return None
        name = self._definition.authority
        if name not in self._readers:
            # what was approved once may be out of scope by now
            side = dataclasses.replace(self._definition.sides[name], only=None)
            sides = {**self._definition.sides, name: side}
            definition = dataclasses.replace(self._definition, sides=sides)
            self._readers[name] = SideReader(definition, name, self._engine.layout)
        return next(iter(self._readers[name].rows(document)), None)
