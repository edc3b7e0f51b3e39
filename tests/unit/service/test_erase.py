"""Erasing: what is found, where it is looked for, and what is refused. Done: on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from hub.errors import ConfigError
from hub.flow.parts import Flow
from hub.people import SYSTEM, People, Person
from hub.service.actions import act
from hub.service.erase import Wanted
from hub.store import payloads
from hub.store import tables as t
from hub.store.erasure import PLACES


@pytest.mark.parametrize("reason", ["", " ", "x" * 101, "Forget 收货人"])
async def test_a_reason_that_cannot_be_kept_for_ever_is_refused(flow: Flow, reason: str) -> None:
    with pytest.raises(ConfigError, match="--reason needs 1 to 100 characters"):
        await act(flow, "person.erase", {"text": "收货人", "reason": reason}, SYSTEM)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"text": "王"}, "at least 2 characters"),
        ({"text": None}, "either a person or a text"),
        ({"text": "王芳", "person": "wf"}, "either a person or a text"),
        ({"text": None, "person": "wf"}, "There is no person wf"),
    ],
)
async def test_what_cannot_be_erased_is_refused(
    flow: Flow, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        await act(flow, "person.erase", {"reason": "GDPR-17", **given}, SYSTEM)


async def test_a_name_in_place_of_an_id_does_not_get_into_the_ledger(
    flow: Flow, entries: Callable[..., list[Any]]
) -> None:
    with pytest.raises(ConfigError):
        await act(flow, "person.erase", {"person": "张三", "reason": "GDPR-17"}, SYSTEM)
    (entry,) = entries("action.refused")
    assert (entry.subject, "张三" in str(entry.facts)) == ("hub", False)


# ---- finding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        '{"a": "张三"}'.encode(),
        rb'{"a": "\u5f20\u4e09"}',
        "<a>张三</a>".encode("gb18030"),
        b"<a>&#24352;&#19977;</a>",
        b"a=%E5%BC%A0%E4%B8%89",
        rb'{"a": "{\"b\": \"\u5f20\u4e09\"}"}',
    ],
    ids=["utf-8", "json-escapes", "gb18030", "xml-references", "percent", "json-in-json"],
)
def test_a_text_is_found_however_it_is_written(content: bytes) -> None:
    assert Wanted(("张三",)).stands_in(content)
    assert not Wanted(("李四",)).stands_in(content)


@pytest.mark.parametrize(
    ("content", "found"),
    [("由u-1批准", True), ('"u-1"', True), ("u-10", False), ("cu-1", False), ("u-1.", True)],
)
def test_an_id_is_found_only_by_itself(content: str, found: bool) -> None:
    assert Wanted((), ("u-1",)).stands_in(content.encode()) == found


async def test_an_id_that_could_be_any_number_stays_and_is_told(flow: Flow) -> None:
    kept = payloads.row(b'{"quantity": 7, "from": "u-1001"}', payloads.JSON, flow.clock.now())
    await flow.store.write(payloads.put, [kept])
    told = []
    for ids in ({"crm": ("7",), "im": ("bo-9",)}, {"crm": ("u-1001",)}):
        flow.people = People({"bo": Person("bo", ids=ids)})
        asked = {"person": "bo", "reason": "HR-1", "dry_run": True}
        told.append(await act(flow, "person.erase", asked, SYSTEM))
    assert [(one["counts"].get("payload", 0), one["left"]) for one in told] == [
        (0, {"ids.crm": 1}),
        (1, {}),
    ]


#: Texts and documents that hold names of things, codes and numbers.
NEVER_PERSONAL = {
    "alert.facts", "broken.faults", "bundle.files", "connection_state.budgets", "cursor.value",
    "delivery.options", "delivery.traits", "finding.evidence", "hold.roles", "ledger.facts",
    "notice.to", "reconcile_run.figures", "reconcile_run.title", "schedule.rule",
    "schedule.words",
}  # fmt: skip


def test_every_column_that_may_hold_words_or_a_document_is_looked_through() -> None:
    looked = {f"{place.table.name}.{name}" for place in PLACES for name in place.columns}
    texts = {
        f"{table.name}.{column.name}"
        for table in t.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.Text | sa.JSON) and not column.primary_key
    }
    assert texts - looked == NEVER_PERSONAL
