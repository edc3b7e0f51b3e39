"""Low-code CRM: polling and fetching."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.crm.lowcode import simulator
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.crm.lowcode.settings import LowcodeSettings
from connectors.crm.lowcode.simulator import LowcodeSimulator
from hub import ConnectorError, Context, Event, Outcome
from hub.http import connect
from hub.testing import FixedClock
from hub.testing.case import simulated_context
from hub.tokens import TokenCache

URL = "http://crm.test/api"


class FarEnd:
    """An account and a connector that reads two records a page."""

    def __init__(self, **options: Any) -> None:
        self.clock = FixedClock()
        self.simulator = LowcodeSimulator(clock=self.clock)
        self.options = {"profile": {"page_size": 2}} | options

    def connect(self) -> LowcodeConnector:
        given_ = LowcodeSettings.model_validate(simulator.options(URL) | self.options)
        context = simulated_context("crm", URL, self.simulator, self.clock)
        return LowcodeConnector(given_, context)

    def save(self, number: str, data_id: str | None = None) -> str:
        return self.simulator.save_form({"commitment_no": number}, data_id=data_id)

    async def round(self, cursor: str | None) -> tuple[list[Event], str]:
        events: list[Event] = []
        while True:
            page = await self.connect().poll("commitment", cursor)
            events, cursor = [*events, *page.events], page.cursor
            if not page.more:
                return events, cursor


def numbers(events: list[Event]) -> list[str]:
    return [event.item["commitment_no"] for event in events]


async def test_the_first_poll_brings_everything_whole() -> None:
    far_end = FarEnd()
    for number in "ABCDE":
        far_end.save(number)
    events, _ = await far_end.round(None)
    assert numbers(events) == list("ABCDE")
    assert not any(event.hint or event.echo for event in events)


async def test_a_change_is_named_by_its_record_and_time() -> None:
    far_end = FarEnd()
    data_id = far_end.save("A")
    ((event,), _) = await far_end.round(None)
    assert event.external_id == f"{data_id}@2026-06-01T01:00:00.000Z"
    assert event.object_id == data_id


async def test_a_poll_goes_on_after_each_page_with_a_new_connector() -> None:
    far_end = FarEnd()
    for number in "ABC":
        far_end.save(number)
    page = await far_end.connect().poll("commitment", None)
    assert page.more
    assert numbers(list(page.events)) == ["A", "B"]
    again = await far_end.connect().poll("commitment", page.cursor)
    assert not again.more
    assert numbers(list(again.events)) == ["C"]


async def test_the_next_round_brings_only_changes() -> None:
    far_end = FarEnd()
    first = far_end.save("A")
    far_end.save("B")
    far_end.clock.advance(timedelta(hours=1))
    far_end.save("C")
    _, cursor = await far_end.round(None)
    far_end.clock.advance(timedelta(hours=1))
    far_end.save("A2", first)
    events, _ = await far_end.round(cursor)
    assert numbers(events) == ["C", "A2"]


async def test_two_records_of_one_instant_are_both_seen() -> None:
    far_end = FarEnd()
    far_end.save("A")
    _, cursor = await far_end.round(None)
    far_end.save("B")
    events, _ = await far_end.round(cursor)
    assert "B" in numbers(events)


async def test_a_record_changed_behind_the_rounds_back_is_in_the_next_round() -> None:
    far_end = FarEnd()
    first = far_end.save("A")
    for number in "BC":
        far_end.save(number)
    page = await far_end.connect().poll("commitment", None)
    far_end.clock.advance(timedelta(hours=1))
    far_end.save("A2", first)
    far_end.save("D")
    events, cursor = await far_end.round(page.cursor)
    assert "A2" not in numbers(events)
    events, _ = await far_end.round(cursor)
    assert "A2" in numbers(events)


async def test_an_empty_account_keeps_the_cursor_usable() -> None:
    far_end = FarEnd()
    events, cursor = await far_end.round(None)
    assert events == []
    far_end.save("A")
    assert numbers((await far_end.round(cursor))[0]) == ["A"]


async def test_each_form_feeds_its_own_stream() -> None:
    far_end = FarEnd()
    far_end.save("A")
    far_end.simulator.save_form({"contract_no": "HT-1"}, form="contract")
    page = await far_end.connect().poll("contract", None)
    assert [event.item["contract_no"] for event in page.events] == ["HT-1"]


@settings(max_examples=25, deadline=None)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["save", "change", "wait", "page"]), st.integers(0, 400)),
        max_size=25,
    )
)
async def test_no_order_of_changes_and_pages_loses_a_last_state(
    acts: list[tuple[str, int]],
) -> None:
    far_end, cursor = FarEnd(), None
    ids: list[str] = []
    seen: set[tuple[str | None, str]] = set()
    for act, number in acts:
        if act == "save" or (act == "change" and not ids):
            ids.append(far_end.save(f"N{number}"))
        elif act == "change":
            far_end.save(f"M{number}", ids[number % len(ids)])
        elif act == "wait":
            far_end.clock.advance(timedelta(seconds=number))
        else:
            page = await far_end.connect().poll("commitment", cursor)
            seen |= {(event.object_id, event.item["commitment_no"]) for event in page.events}
            cursor = page.cursor
    for _ in range(2):
        events, cursor = await far_end.round(cursor)
        seen |= {(event.object_id, event.item["commitment_no"]) for event in events}
    last = {(data_id, far_end.simulator.record(data_id)["commitment_no"]) for data_id in ids}
    assert last <= seen


async def test_a_list_that_does_not_go_on_is_an_error_not_an_endless_round() -> None:
    row = {"_id": "7", "updateTime": "2026-06-01T01:00:00.000Z"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": [row]}))
    clock = FixedClock()
    http = connect("crm", URL, clock=clock, transport=transport)
    options = simulator.options(URL) | {"profile": {"page_size": 1}}
    connector = LowcodeConnector(
        LowcodeSettings.model_validate(options), Context("crm", http, clock, TokenCache(clock))
    )
    page = await connector.poll("commitment", None)
    assert page.more
    with pytest.raises(ConnectorError, match="does not go on"):
        await connector.poll("commitment", page.cursor)


def listed(rows: list[dict[str, Any]], most: int, **options: Any) -> LowcodeConnector:
    """A platform that orders ids its own way, and gives at most so many rows whatever is asked."""

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        ids = [str(row["_id"]) for row in rows]
        start = ids.index(body["data_id"]) + 1 if "data_id" in body else 0
        page = rows[start : start + min(most, body["limit"])]
        return httpx.Response(200, json={"code": 0, "data": page})

    clock = FixedClock()
    http = connect("crm", URL, clock=clock, transport=httpx.MockTransport(answer))
    settings_ = LowcodeSettings.model_validate(simulator.options(URL) | options)
    return LowcodeConnector(settings_, Context("crm", http, clock, TokenCache(clock)))


async def polled(connector: LowcodeConnector) -> list[Event]:
    events: list[Event] = []
    cursor, more = None, True
    while more:
        page = await connector.poll("commitment", cursor)
        events, cursor, more = [*events, *page.events], page.cursor, page.more
    return events


def row(number: object, **fields: object) -> dict[str, Any]:
    return {"_id": number, "updateTime": "2026-06-01T01:00:00.000Z", **fields}


@pytest.mark.parametrize("flavour", ["jiandaoyun", "generic"])
async def test_ids_of_different_length_are_all_read(flavour: str) -> None:
    rows = [row(number) for number in ("8", "9", "10", "11")]
    connector = listed(rows, 2, flavour=flavour, profile={"page_size": 2})
    assert {event.object_id for event in await polled(connector)} == {"8", "9", "10", "11"}


async def test_ids_that_are_whole_numbers_are_taken_as_text() -> None:
    events = await polled(listed([row(9), row(10)], 1, flavour="generic"))
    assert [(event.object_id, event.item["_id"]) for event in events] == [("9", "9"), ("10", "10")]


async def test_fewer_rows_than_asked_for_do_not_end_a_round_of_a_generic_platform() -> None:
    rows = [row(f"{number:04d}") for number in range(120)]
    assert len(await polled(listed(rows, 50, flavour="generic"))) == 120


async def test_a_round_ends_at_a_short_page_where_the_profile_says_so() -> None:
    connector = listed([row("1")], 50, flavour="generic", profile={"last_page": "short"})
    assert not (await connector.poll("commitment", None)).more


async def test_a_record_that_comes_twice_in_a_page_is_two_events_of_one_name() -> None:
    rows = [row("1", lines=[{"a": 1}]), row("1", lines=[{"a": 2}], more={})]
    first, second = await polled(listed(rows, 50))
    assert first.external_id == second.external_id


async def test_a_cursor_nobody_can_read_says_what_to_do() -> None:
    with pytest.raises(ConnectorError, match="from the beginning"):
        await FarEnd().connect().poll("commitment", "page 7")


async def test_a_record_without_its_time_names_the_field() -> None:
    far_end = FarEnd(profile={"system": {"modified": "changed_at"}})
    far_end.save("A")
    with pytest.raises(ConnectorError, match="'changed_at'") as caught:
        await far_end.connect().poll("commitment", None)
    assert caught.value.outcome is Outcome.MISCONFIGURED


async def test_a_stream_without_a_form_is_misconfigured() -> None:
    far_end = FarEnd(forms={"contract": {"entry_id": "c2"}})
    with pytest.raises(ConnectorError, match="no form feeds 'commitment'") as caught:
        await far_end.connect().poll("commitment", None)
    assert caught.value.outcome is Outcome.MISCONFIGURED


@pytest.mark.parametrize("fault", ["unavailable", "error_500", "html", "malformed", "dropped"])
async def test_a_failed_read_is_an_error_and_never_no_news(fault: Any) -> None:
    far_end = FarEnd()
    far_end.save("A")
    far_end.simulator.inject(fault, times=9)
    with pytest.raises(ConnectorError) as caught:
        await far_end.connect().poll("commitment", None)
    assert caught.value.outcome is Outcome.UNAVAILABLE_NOT_APPLIED


async def test_fetching_shows_the_record_as_it_stands_now() -> None:
    far_end = FarEnd(approved_when={"status": ["已批准"]})
    data_id = far_end.save("A")
    far_end.save("A2", data_id)
    item = await far_end.connect().fetch("commitment", data_id)
    assert item is not None
    assert item["commitment_no"] == "A2"
    assert item["_approved"] is False


async def test_fetching_what_is_gone_gives_none() -> None:
    far_end = FarEnd()
    data_id = far_end.save("A")
    far_end.simulator.remove(data_id)
    assert await far_end.connect().fetch("commitment", data_id) is None


async def test_the_check_reads_every_form() -> None:
    far_end = FarEnd()
    assert await far_end.connect().check() == "crm: can read commitment, contract"
    far_end.options["forms"] = {"commitment": {"entry_id": "wrong"}}
    with pytest.raises(ConnectorError) as caught:
        await far_end.connect().check()
    assert caught.value.outcome is Outcome.MISCONFIGURED


async def test_polling_may_begin_at_any_instant() -> None:
    far_end = FarEnd()
    far_end.save("A")
    far_end.clock.advance(timedelta(days=2))
    since = (far_end.clock.now() - timedelta(days=1)).isoformat()
    far_end.save("B")
    assert numbers((await far_end.round(since))[0]) == ["B"]
    assert numbers((await far_end.round("1970-01-01T00:00:00+00:00"))[0]) == ["A", "B"]


def test_only_streams_with_a_form_are_polled() -> None:
    options = simulator.options(URL)
    given_ = LowcodeSettings.model_validate(options)
    assert [one.name for one in LowcodeConnector.polled_streams(given_)] == [
        "commitment",
        "contract",
    ]
    options["forms"] = {"commitment": options["forms"]["commitment"]}
    given_ = LowcodeSettings.model_validate(options)
    assert [one.name for one in LowcodeConnector.polled_streams(given_)] == ["commitment"]
