"""How the contract suite uses a case: one step each.

Every step takes a new connector, as after a restart: nothing may live in its memory only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any

import pytest

from hub.connector import Accepted, Action, Command, Event, Page, Receipt, Received, WebhookRequest
from hub.errors import ConnectorError, SignatureInvalid
from hub.testing.case import Case, MemoryProgress, Webhooks, as_webhook
from hub.testing.simulator import FaultKind, count_effects

#: Rounds after which something that should come to an end never will.
PATIENCE = 50


def connected(case: Case) -> Any:
    """Return a new connector; untyped, for the suite has checked what it can do."""
    return case.connect()


def repeated(case: Case) -> list[tuple[str, int]]:
    """Return what took effect more than once, and how often."""
    return list(count_effects([*case.simulator.effects]))


# ---- delivering ------------------------------------------------------------------------------


async def send(case: Case, command: Command) -> Receipt | Accepted:
    """Deliver one command."""
    answer: Receipt | Accepted = await connected(case).deliver(command, MemoryProgress())
    return answer


async def create(case: Case, operation: str) -> Receipt:
    """Deliver the operation's example, and expect its receipt at once."""
    receipt = await send(case, case.exercises[operation].command)
    assert isinstance(receipt, Receipt)
    return receipt


async def refusal(call: Awaitable[Any]) -> ConnectorError:
    """Return the error that a call ends with."""
    with pytest.raises(ConnectorError) as caught:
        await call
    return caught.value


async def fail(case: Case, operation: str, fault: FaultKind) -> ConnectorError:
    """Deliver the operation's example under a fault, and return the error."""
    case.simulator.inject(fault, case.exercises[operation].call)
    return await refusal(create(case, operation))


async def find(case: Case, command: Command) -> Any:
    """Look for a command's object, once the far end has had the time it asks for."""
    operation = case.connect().spec.operation(command.operation)
    case.clock.advance(operation.settle + operation.read_back_after)
    return await connected(case).find(command)


def cancel_of(case: Case, operation: str, receipt: Receipt) -> Command:
    """Return the command that cancels what the operation's example created."""
    exercise = case.exercises[operation]
    document = exercise.command.document if exercise.cancel is None else exercise.cancel
    return dataclasses.replace(
        exercise.command, action=Action.CANCEL, external_id=receipt.external_id, document=document
    )


async def accept(case: Case, operation: str) -> Accepted:
    """Deliver the operation's example and let it be answered later."""
    case.simulator.inject("accepted", case.exercises[operation].call)
    accepted = await send(case, case.exercises[operation].command)
    assert isinstance(accepted, Accepted)
    return accepted


async def ask(case: Case, operation: str, accepted: Accepted) -> Receipt:
    """Ask for the result, each time when it was said to, until it is there."""
    answer: Receipt | Accepted = accepted
    for _ in range(PATIENCE):
        if isinstance(answer, Receipt):
            return answer
        case.clock.advance(answer.ask_at - case.clock.now())
        answer = await connected(case).result(case.exercises[operation].command, answer.ticket)
    raise AssertionError(f"{operation} was accepted and has no result after {PATIENCE} questions")


# ---- receiving -------------------------------------------------------------------------------


def webhooks_of(case: Case) -> Webhooks:
    """Return how the product signs."""
    assert case.webhooks is not None, "the connector receives: say in the case how it is signed"
    return case.webhooks


def signed(case: Case) -> WebhookRequest:
    """Return the example webhook, signed now."""
    webhooks = webhooks_of(case)
    return webhooks.sign(webhooks.body, case.clock.now())


def events_of(case: Case, request: WebhookRequest) -> Sequence[Event]:
    """Return what a webhook says."""
    received = connected(case).receive(request)
    assert isinstance(received, Received)
    return received.events


def called_back(case: Case) -> list[Event]:
    """Return what the simulator's callbacks say so far."""
    calls = [as_webhook(call, case.clock.now()) for call in case.simulator.outgoing]
    return [event for call in calls for event in events_of(case, call)]


def refuse(case: Case, request: WebhookRequest) -> None:
    """Expect that a webhook is not believed."""
    with pytest.raises(SignatureInvalid):
        connected(case).receive(request)


def resigned(request: WebhookRequest, name: str, signature: str | None) -> WebhookRequest:
    """Return the request with another signature, wherever it is carried; None: without one."""
    headers = {key: value for key, value in request.headers.items() if key != name}
    query = [(key, value) for key, value in request.query if key != name]
    carried = (len(headers), len(query)) != (len(request.headers), len(request.query))
    assert carried, f"no header and no query parameter is named {name}"
    if signature is not None and name in request.headers:
        headers[name] = signature
    elif signature is not None:
        query.append((name, signature))
    return dataclasses.replace(request, headers=headers, query=query)


# ---- reading ---------------------------------------------------------------------------------


def change(case: Case) -> str:
    """Let somebody change an object at the far end; return its id."""
    assert case.change is not None, "the connector reads: say in the case how an object is changed"
    return case.change()


async def poll(case: Case, cursor: str | None) -> tuple[list[Event], str]:
    """Poll one round, with a new connector for every page."""
    events: list[Event] = []
    for _ in range(PATIENCE):
        page: Page = await connected(case).poll(case.stream, cursor)
        events.extend(page.events)
        cursor = page.cursor
        if not page.more:
            return events, cursor
    raise AssertionError(f"the poll still says `more` after {PATIENCE} pages; cursor {cursor!r}")


# ---- secrets ---------------------------------------------------------------------------------


async def complaints(case: Case, operation: str, faults: Sequence[FaultKind]) -> AsyncIterator[str]:
    """Yield every text of the errors that the faults lead to, with their causes."""
    for fault in faults:
        case.simulator.inject(fault, case.exercises[operation].call)
        try:
            await send(case, case.exercises[operation].command)
        except ConnectorError as exc:
            for error in _chain(exc):
                yield f"{error} {error!r}"
            yield f"{exc.words} {exc.code}"
        case.simulator.faults.clear()


def _chain(error: BaseException | None) -> list[BaseException]:
    errors = []
    while error is not None:
        errors.append(error)
        error = error.__cause__ or error.__context__
    return errors
