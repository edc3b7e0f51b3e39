"""One decision about many deliveries: first it is shown what it would meet, then it meets that.

What was shown is kept under a name, for its viewer alone, and can be acted on once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import ConfigError, HubError
from hub.flow import replay
from hub.flow.parts import Flow
from hub.language import say
from hub.people import Actor
from hub.records.base import digest
from hub.service.authority import may, owners_seen
from hub.store import idempotency, ledger, pages

#: The most deliveries one decision is about.
MOST = 10_000
#: Deliveries decided in one transaction: others write in between.
_BITE = 100
#: Decisions there are, and who may take them.
DECISIONS = ("retry", "skip", "cancel")
ROLES = ("operator",)


class TooMany(HubError):
    """More deliveries than one decision is about."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decides, and about which deliveries: those named, or those that are such."""

    decision: str
    ids: tuple[str, ...] | None = None
    such: pages.Wanted | None = None
    reason: str | None = None

    @property
    def digest(self) -> str:
        """Return what two choices have in common only if they are the same."""
        asked = asdict(self)
        if self.such is not None and self.such.since is not None:
            asked["such"]["since"] = self.such.since.isoformat()
        return digest(asked)


async def preview(flow: Flow, choice: Choice, actor: Actor) -> dict[str, Any]:
    """Return how many deliveries it would meet per connection and reason, and the name of it.

    `unknown` are ids of no delivery the actor sees. Raises `TooMany`, and `NotAllowed`.
    """
    may(actor, "delivery.bulk", ROLES)
    owners = owners_seen(flow.people, actor)
    rows = await flow.store.read(_met, choice, owners)
    name = flow.clock.new_id()
    kept = {"choice": choice.digest, "ids": [row.id for row in rows]}
    await flow.store.write(
        idempotency.keep_choice, str(actor), name, flow.worker, kept, flow.clock.now()
    )
    groups = Counter((row.connection, row.reason) for row in rows)
    unknown = set(choice.ids or ()) - {row.id for row in rows}
    return {
        "count": len(rows),
        "groups": [
            {"connection": connection, "reason": reason, "count": count}
            for (connection, reason), count in sorted(groups.items(), key=repr)
        ],
        "unknown": sorted(unknown),
        "token": name,
    }


def _met(tx: sa.Connection, choice: Choice, owners: frozenset[str] | None) -> Sequence[Any]:
    if choice.ids is not None:
        rows = pages.known_deliveries(tx, sorted(set(choice.ids)), owners)
    else:
        rows = pages.delivery_ids(tx, choice.such or pages.Wanted(), owners, MOST + 1)
    if len(set(choice.ids or ())) > MOST or len(rows) > MOST:
        raise TooMany(
            say("One decision is about {most} deliveries at most. Narrow the choice.", most=MOST)
        )
    return rows


async def decide(flow: Flow, given: Mapping[str, Any], actor: Actor) -> Any:
    """Decide as it was shown under `id`: `choice` is the same one; return what became of each row.

    A row that cannot take the decision is reported and stops no other.
    """
    choice, name = given.get("choice"), given.get("id")
    if choice is None or name is None:
        raise ConfigError(say("This needs a choice, and the token of its preview."))
    ids = await flow.store.write(_taken, name, choice, str(actor), flow.clock.now())
    owners = owners_seen(flow.people, actor)
    rows: list[dict[str, Any]] = []
    for start in range(0, len(ids), _BITE):
        bite = ids[start : start + _BITE]
        rows += await flow.store.write(_decide, flow, choice, bite, owners, str(actor))
    done = sum("state" in row for row in rows)
    await flow.store.write(_note, flow, name, choice, str(actor), done, len(rows) - done)
    flow.bell.ring("deliver")
    return {"done": done, "refused": len(rows) - done, "rows": rows}


def _taken(tx: sa.Connection, name: str, choice: Choice, actor: str, now: Any) -> list[str]:
    kept = idempotency.take_choice(tx, actor, name, now)
    if kept is None or kept["choice"] != choice.digest:
        # rolled back: the right call may still come
        raise replay.Refused(
            say(
                "{name} names no such choice of yours, or it was used, or is older than a day. "
                "Ask for a preview of the same call, and act on its token.",
                name=name,
            )
        )
    return list(kept["ids"])


def _decide(
    tx: sa.Connection, flow: Flow, choice: Choice, ids: list[str], owners: frozenset[str] | None,
    actor: str,
) -> list[dict[str, Any]]:  # fmt: skip
    seen = {row.id for row in pages.known_deliveries(tx, ids, owners)}
    return [
        _one(tx, flow, choice, one, actor)
        if one in seen
        else {"id": one, "refused": say("There is no such delivery any more.")}
        for one in ids
    ]


def _one(
    tx: sa.Connection, flow: Flow, choice: Choice, delivery_id: str, actor: str
) -> dict[str, Any]:
    try:
        with tx.begin_nested():
            state = _decided(tx, flow, choice, delivery_id, actor)
    except replay.Refused as error:
        return {"id": delivery_id, "refused": error.args[0]}
    return {"id": delivery_id, "state": state}


def _decided(tx: sa.Connection, flow: Flow, choice: Choice, delivery_id: str, actor: str) -> str:
    reason = choice.reason or ""
    match choice.decision:
        case "skip":
            return replay.skip(tx, flow, delivery_id, reason, actor)
        case "cancel":
            return replay.cancel(tx, flow, delivery_id, reason, actor)
    return replay.retry(tx, flow, delivery_id, actor)


def _note(
    tx: sa.Connection, flow: Flow, name: str, choice: Choice, actor: str, done: int, refused: int
) -> None:
    facts = {"decision": choice.decision, "done": done, "refused": refused}
    entry = ledger.entry(
        flow.clock.new_id(), flow.clock.now(), "delivery.bulk", name, actor=actor, facts=facts
    )
    ledger.append(tx, [entry])
