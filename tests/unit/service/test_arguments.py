"""Whatever is written to the socket, an action is done and noted, or refused in words."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from hub.errors import ConfigError, HubError
from hub.flow.parts import Flow
from hub.language import Language, told
from hub.people import Actor, Person
from hub.service.actions import ACTIONS, act
from hub.store import alerts

ADMIN = Actor(Person("an", "安", ("admin",)), {"admin": None}, None, "os:hub", "hub")
NO_TEXT = "\udcff"
NAMES = (
    "id", "name", "number", "handle", "gate", "person", "kind", "connection", "external_id",
    "reason", "version", "decision", "since", "until", "sha256", "channel", "label", "os_user",
    "text", "seconds", "keep_days", "dry_run", "latest", "own", "streams", "groups", "document",
    "choice",
)  # fmt: skip


async def test_whatever_an_action_is_given_it_is_done_or_refused_in_words(flow: Flow) -> None:
    common = dict.fromkeys(("id", "name", "number", "reason", "connection", "kind"), "x")
    for action in ACTIONS:
        for name in NAMES:
            for value in (10**30, [NO_TEXT]):
                with contextlib.suppress(HubError):
                    await act(flow, action, {**common, name: value}, ADMIN)
        with contextlib.suppress(HubError):
            await act(flow, action, dict.fromkeys(NAMES), ADMIN)


@pytest.mark.parametrize(
    "given",
    [{"dry_run": float("inf")}, {"person": []}, {"id": NO_TEXT}, {"name": "a\0b"}],
    ids=["a number as a flag", "a list as a person", "no UTF-8", "NUL"],
)
async def test_nothing_is_done_that_the_ledger_could_not_keep(
    flow: Flow, given: dict[str, Any], entries: Callable[..., list[Any]]
) -> None:
    with pytest.raises(ConfigError):
        await act(flow, "ledger.seal", given, ADMIN)
    assert entries("action.done") == []
    assert await act(flow, "ledger.seal", {}, ADMIN) == 0


async def test_an_argument_that_is_refused_is_named_in_two_languages(flow: Flow) -> None:
    with pytest.raises(ConfigError) as refused:
        await act(flow, "person.revoke", {"id": NO_TEXT}, ADMIN)
    sentence = refused.value.args[0]
    assert str(sentence).startswith("id holds a character that cannot be kept")
    assert told(sentence, Language.ZH).startswith("id 中含有无法保存的字符")


@pytest.mark.parametrize("days", [-5, 0, 10**9])
async def test_what_is_younger_than_a_day_is_never_pruned(flow: Flow, days: int) -> None:
    await flow.store.write(
        lambda tx: alerts.open(tx, "disk", "here", {}, flow.clock.now(), flow.clock.new_id)
    )
    await flow.store.write(alerts.clear, "disk", "here", flow.clock.now())
    await act(flow, "store.prune", {"keep_days": days}, ADMIN)
    assert len(await flow.store.read(alerts.newest)) == 1
