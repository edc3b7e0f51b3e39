"""The error tree, and what an author of a connector imports."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

import hub
from hub import errors
from hub.errors import (
    APPLIED_OUTCOMES,
    NOT_APPLIED_OUTCOMES,
    ConfigError,
    ConnectorError,
    Fault,
    HubError,
    Outcome,
)


def tree(top: type[HubError]) -> Iterator[type[HubError]]:
    yield top
    for child in top.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


PLAIN = [error for error in tree(HubError) if error is not ConnectorError]


@pytest.mark.parametrize("error", PLAIN, ids=lambda error: error.__name__)
def test_the_docstring_is_the_default_message(error: type[HubError]) -> None:
    assert str(error()) == (error.__doc__ or "").strip()
    assert str(error("said")) == "said"


@pytest.mark.parametrize("error", list(tree(HubError)), ids=lambda error: error.__name__)
def test_every_error_says_something(error: type[HubError]) -> None:
    assert error.__doc__
    assert error.__doc__.strip()[0].isupper()


def test_the_drawing_shows_every_error() -> None:
    drawn = re.findall(r"^[ │├└─]{4,}(\w+)", errors.__doc__ or "", re.MULTILINE)
    assert drawn == [error.__name__ for error in tree(HubError)]


def test_every_outcome_but_unknown_proves_something() -> None:
    assert not APPLIED_OUTCOMES & NOT_APPLIED_OUTCOMES
    assert set(Outcome) - APPLIED_OUTCOMES - NOT_APPLIED_OUTCOMES == {Outcome.UNKNOWN}


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("E1", "no.", "a.yaml", 3, 7), "a.yaml:3:7  E1 no."),
        (Fault("E1", "no.", "a.yaml", 3), "a.yaml:3  E1 no."),
        (Fault("E1", "no.", "a.yaml"), "a.yaml  E1 no."),
        (Fault("E1", "no."), "E1 no."),
    ],
    ids=["column", "line", "file", "nowhere"],
)
def test_a_fault_is_shown_with_its_place(fault: Fault, text: str) -> None:
    assert str(fault) == text


def test_a_config_error_shows_all_its_faults() -> None:
    error = ConfigError(faults=[Fault("E1", "one."), Fault("E2", "two.")])
    assert str(error) == "E1 one.\nE2 two."
    assert [fault.code for fault in error.faults] == ["E1", "E2"]


def test_a_connector_error_keeps_what_the_vendor_said() -> None:
    error = ConnectorError(
        Outcome.REJECTED, "wms: order refused", code="S001", words="库存不足", status=200
    )
    assert str(error) == "wms: order refused"
    assert (error.outcome, error.code, error.words) == (Outcome.REJECTED, "S001", "库存不足")


def test_all_is_sorted_and_complete() -> None:
    assert hub.__all__ == sorted(hub.__all__)
    assert len(hub.__all__) == len(set(hub.__all__))
    assert all(getattr(hub, name) is not None for name in hub.__all__)
    with pytest.raises(AttributeError, match="no attribute 'deliver'"):
        hub.deliver  # noqa: B018 (the look-up is what is tested)
