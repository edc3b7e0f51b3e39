"""Which tests of the contract suite a connector is asked: decided from its Spec and its suite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from hub.connector import Idempotency, Operation
from hub.testing.simulator import FaultKind

if TYPE_CHECKING:
    from hub.testing.contract import ConnectorContract

_Test = TypeVar("_Test", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Needs:
    """What a test asks of a connector before it is collected."""

    capabilities: Sequence[str]
    fault: str | None
    operations: Callable[[type[ConnectorContract], Operation], bool]
    when: Callable[[type[ConnectorContract]], bool]


def always(suite: type[ConnectorContract]) -> bool:
    """Any suite."""
    return True


def has_login(suite: type[ConnectorContract]) -> bool:
    """The product gives out tokens."""
    return bool(suite.login_call)


def has_signed_time(suite: type[ConnectorContract]) -> bool:
    """The product signs the time of its webhooks."""
    return suite.signs_time


def any_operation(suite: type[ConnectorContract], operation: Operation) -> bool:
    """Any operation."""
    return True


def keeps_one(suite: type[ConnectorContract], operation: Operation) -> bool:
    """The far end itself keeps a repeat from taking effect."""
    return operation.idempotency in (Idempotency.KEY, Idempotency.NATURAL)


def cancellable(suite: type[ConnectorContract], operation: Operation) -> bool:
    """The operation can be undone."""
    return operation.cancellable


def answered_later(suite: type[ConnectorContract], operation: Operation) -> bool:
    """The simulator can answer the operation later."""
    return operation.name in suite.later


def reported_later(suite: type[ConnectorContract], operation: Operation) -> bool:
    """The simulator calls back with the result of the operation."""
    return operation.name in suite.later and suite.calls_back


def needs(
    *names: str,
    fault: FaultKind | None = None,
    operations: Callable[[type[ConnectorContract], Operation], bool] = any_operation,
    when: Callable[[type[ConnectorContract]], bool] = always,
) -> Callable[[_Test], _Test]:
    """Mark a test that asks for these capabilities, this fault and such operations."""

    def mark(test: _Test) -> _Test:
        test.needs = Needs(names, fault, operations, when)  # type: ignore[attr-defined]
        return test

    return mark
