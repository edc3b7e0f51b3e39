"""Records the hub makes itself: words to people that a connection delivers.

Each is a message of the hub's own in the inbox, so it is made once, has a story, and goes out as
everything else does. One that cannot be planned is a failed message with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection as Transaction

from hub.errors import HubError
from hub.flow.inbound import Desk, Settled
from hub.flow.parts import Flow
from hub.mapping.bundle import Bundle
from hub.mapping.route import Route, Step
from hub.mapping.running.lookups import LinksMissing
from hub.mapping.watch import Watch
from hub.records import Notice, canonical
from hub.store import inbox
from hub.store.inbox import Incoming, Message
from hub.store.watches import Row

#: What messages of the hub's own name as their connection and stream.
CONNECTION, STREAM = "hub", "notice"


@dataclass(frozen=True, slots=True)
class _Issue:
    incoming: Incoming
    record: Notice
    route: Route


class Issues:
    """Notices of one transaction that connections deliver."""

    def __init__(self, flow: Flow, bundle: Bundle) -> None:
        self._flow, self._bundle = flow, bundle
        self._issues: list[_Issue] = []

    def add(self, record: Notice, step: Step, watch: Watch, cause: str, row: Row) -> None:
        """Let a step of a watch deliver a notice, once for each cause."""
        message_id = self._flow.clock.new_id()
        incoming = Incoming(
            id=message_id, connection=CONNECTION, stream=STREAM, external_id=cause,
            item=canonical(record), event={},
            correlation_id=row.correlation_id or message_id,
            received_at=self._flow.clock.now(),
        )  # fmt: skip
        route = Route(
            f"watch:{watch.name}"[:100], watch.title, record.kind_name, (), None, (step,), (),
            watch.file, step.place,
        )  # fmt: skip
        self._issues.append(_Issue(incoming, record, route))

    def save(self, tx: Transaction) -> None:
        """Store and plan what was added."""
        if not self._issues:
            return
        verdicts = inbox.store(tx, [one.incoming for one in self._issues])
        fresh = [
            (_message(one.incoming), one)
            for one, verdict in zip(self._issues, verdicts, strict=True)
            if verdict == inbox.STORED
        ]
        desk = Desk(tx, self._flow, self._flow.board(tx), self._bundle)
        desk.open((message, one.record) for message, one in fresh)
        settled = [(message, _issue(desk, message, one)) for message, one in fresh]
        desk.save()
        inbox.settle(tx, [
            {"message": message.id, "state": how.state, "reason": how.reason, "wake_key": None,
             "record_id": how.record_id, "revision": how.revision, "due_at": None,
             "finished_at": self._flow.clock.now()}
            for message, how in settled
        ])  # fmt: skip


def _message(one: Incoming) -> Message:
    return Message(one.id, one.connection, one.stream, one.external_id, "", one.event,
                   one.correlation_id, one.received_at, 0, 0)  # fmt: skip


def _issue(desk: Desk, message: Message, one: _Issue) -> Settled:
    try:
        return desk.issue(message, one.record, one.route)
    except LinksMissing as error:
        return Settled("failed", f"link missing: {'; '.join(map(str, error.links))}")
    except HubError as error:
        return Settled("failed", f"configuration: {error}")
