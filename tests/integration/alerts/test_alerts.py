"""What opens an alert, what ends it, and that it is told once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from alert_bench import Bench, MailServer, email

from hub import registry
from hub.flow.alert_words import KINDS, sentence
from hub.flow.alerts import LOOKED_FOR
from hub.flow.parts import Connection
from hub.language import Language, told
from hub.people_file import PeopleFile
from hub.store import alerts, bundles, connections
from hub.store import tables as t

MINUTE = timedelta(minutes=1)
Make = Callable[..., Bench]
DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def hub(hub_with: Make, mail: MailServer) -> Bench:
    return hub_with(alerts={"email": email(mail), "language": "en", "disk_free": "1 B"})


# ---- dead letters ----------------------------------------------------------------------------


async def test_dead_letters_of_one_cause_are_one_notice(hub: Bench, mail: MailServer) -> None:
    for number in range(1, 15):
        await hub.kill(number)
    await hub.work()
    assert mail.taken == []  # they are gathered first
    for number in range(15, 18):
        await hub.kill(number)
    await hub.work(MINUTE)
    await hub.work(5 * MINUTE)
    assert mail.titles == ["[ACME] 17 deliveries of wms are dead: rejected."]


async def test_each_cause_has_an_alert_of_its_own(hub: Bench) -> None:
    for number, (connection, reason) in enumerate(
        [("wms", "rejected"), ("wms", "mapping"), ("erp", "rejected")], 1
    ):
        await hub.kill(number, connection, reason)
    await hub.work()
    assert hub.alerts() == [
        ("dead_letter", "erp/rejected", "open"),
        ("dead_letter", "wms/mapping", "open"),
        ("dead_letter", "wms/rejected", "open"),
    ]


async def test_an_alert_that_goes_on_is_told_once_however_often_it_is_looked_at(
    hub: Bench, mail: MailServer
) -> None:
    await hub.kill(1)
    for _ in range(10):
        await hub.work(MINUTE)
    hub.restart()
    await hub.work(60 * MINUTE)
    assert mail.titles == ["[ACME] A delivery of wms is dead: rejected."]
    assert hub.alerts() == [("dead_letter", "wms/rejected", "open")]


async def test_dead_letters_that_come_later_are_told_too(hub: Bench, mail: MailServer) -> None:
    await hub.kill(1)
    await hub.work()
    await hub.work(6 * MINUTE)
    for number in (2, 3, 4):
        await hub.kill(number)
        await hub.work(MINUTE)
    for _ in range(10):
        await hub.work(MINUTE)
    assert mail.titles == [
        "[ACME] A delivery of wms is dead: rejected.",
        "[ACME] 4 deliveries of wms are dead: rejected.",
    ]


async def test_a_new_dead_letter_is_told_although_others_were_decided(
    hub: Bench, mail: MailServer
) -> None:
    for number in (1, 2, 3):
        await hub.kill(number)
    await hub.work()
    await hub.work(6 * MINUTE)
    await hub.revive(1, 2)
    await hub.work(MINUTE)
    await hub.kill(4)
    await hub.work(MINUTE)
    await hub.work(6 * MINUTE)
    assert mail.titles[1:] == ["[ACME] 2 deliveries of wms are dead: rejected."]


async def test_nothing_more_is_told_of_what_somebody_looks_after(
    hub: Bench, mail: MailServer
) -> None:
    await hub.kill(1)
    await hub.work()
    await hub.work(6 * MINUTE)
    (row,) = hub.rows(t.alert)
    await hub.flow.store.write(alerts.acknowledge, row["id"], "person:li.na", hub.clock.now())
    await hub.kill(2)
    await hub.work(MINUTE)
    await hub.work(6 * MINUTE)
    assert len(mail.taken) == 1


# ---- its end ---------------------------------------------------------------------------------


async def test_the_end_of_what_was_told_is_told_once(hub: Bench, mail: MailServer) -> None:
    await hub.kill(1)
    await hub.work()
    await hub.work(6 * MINUTE)
    await hub.revive(1)
    for _ in range(3):
        await hub.work(MINUTE)
    assert mail.titles == [
        "[ACME] A delivery of wms is dead: rejected.",
        "[ACME] It is over: A delivery of wms is dead: rejected.",
    ]
    assert hub.alerts() == [("dead_letter", "wms/rejected", "cleared")]


async def test_what_was_over_before_it_was_told_is_not_told_at_all(
    hub: Bench, mail: MailServer
) -> None:
    await hub.kill(1)
    await hub.work()
    await hub.revive(1)
    await hub.work(MINUTE)
    await hub.work(10 * MINUTE)
    assert mail.taken == []
    assert hub.notices("queued") == []


async def test_what_begins_again_is_told_again(hub: Bench, mail: MailServer) -> None:
    for number in (1, 2):
        await hub.kill(number)
        await hub.work()
        await hub.work(6 * MINUTE)
        await hub.revive(number)
        await hub.work(MINUTE)
    assert len(mail.taken) == 4
    assert [state for *_, state in hub.alerts()] == ["cleared", "cleared"]


async def test_alerts_that_others_opened_are_left_to_them(hub: Bench) -> None:
    await hub.flow.store.write(
        alerts.open, "watch_cannot_tell", "late", {}, hub.clock.now(), hub.clock.new_id
    )
    await hub.work(MINUTE)
    assert hub.alerts() == [("watch_cannot_tell", "late", "open")]
    assert await hub.flow.store.write(alerts.clear, "watch_cannot_tell", "late", hub.clock.now())
    assert not await hub.flow.store.write(
        alerts.clear, "watch_cannot_tell", "late", hub.clock.now()
    )


# ---- every kind that is looked for -----------------------------------------------------------


async def test_messages_that_failed_are_told_by_stream(hub: Bench, mail: MailServer) -> None:
    await _message(hub, "failed")
    await hub.work()
    await hub.work(6 * MINUTE)
    assert mail.titles == ["[ACME] A message of crm (commitment) failed."]


async def _message(hub: Bench, state: str, **changes: object) -> None:
    values = {
        "id": "m1", "connection": "crm", "stream": "commitment", "external_id": "1", "state": state,
        "reason": "mapping: 王芳 13800000000", "payload": "p", "event": {}, "correlation_id": "c",
        "received_at": hub.clock.now(),
    }  # fmt: skip
    await hub.put(t.message, **{**values, **changes})


async def test_a_connection_the_hub_paused_is_told_at_once(hub: Bench) -> None:
    await hub.flow.store.write(
        connections.pause, "erp", "401 for user 王芳", "system", hub.clock.now()
    )
    await hub.work()
    assert hub.alerts() == [("paused", "erp", "open")]
    await hub.flow.store.write(connections.resume, "erp", hub.clock.now())
    await hub.work()
    assert hub.alerts() == [("paused", "erp", "cleared")]


async def test_a_connection_a_person_paused_is_told_when_it_may_be_forgotten(hub: Bench) -> None:
    await hub.flow.store.write(
        connections.pause, "erp", "stocktaking", "person:li.na", hub.clock.now()
    )
    await hub.work(59 * MINUTE)
    assert hub.alerts() == []
    await hub.work(2 * MINUTE)
    assert hub.alerts() == [("paused", "erp", "open")]


async def test_a_far_end_that_stays_away_is_told_and_its_return_too(hub: Bench) -> None:
    await hub.put(t.connection_state, connection="erp", failures=7, opened=2, budgets={})
    await hub.work()
    assert hub.alerts() == []
    await hub.change(t.connection_state, opened=3)
    await hub.work()
    assert hub.alerts() == [("unreachable", "erp", "open")]
    await hub.change(t.connection_state, opened=0, failures=0)
    await hub.work()
    assert hub.alerts() == [("unreachable", "erp", "cleared")]


async def test_lanes_behind_a_dead_delivery_are_told_after_a_time(hub: Bench) -> None:
    await hub.kill(1)
    await hub.kill(2)
    await hub.change_delivery(2, state="blocked", reason=None)
    await hub.put(t.delivery_wait, delivery_id=f"{2:032x}", kind="lane", on_id=f"{1:032x}")
    await hub.work(59 * MINUTE)
    assert ("stuck_lane", "wms", "open") not in hub.alerts()
    await hub.work(2 * MINUTE)
    assert ("stuck_lane", "wms", "open") in hub.alerts()


async def test_messages_nobody_takes_up_are_told(hub: Bench) -> None:
    await _message(hub, "received", due_at=hub.clock.now())
    await hub.work(61 * MINUTE)
    assert hub.alerts() == [("store_behind", "messages", "open")]


async def test_mapping_files_that_are_wrong_are_told_until_they_are_mended(hub: Bench) -> None:
    now = hub.clock.now()
    await hub.flow.store.write(bundles.note_broken, "w1: mappings", [_fault(), _fault()], now)
    await hub.work()
    (row,) = hub.rows(t.alert)
    assert (row["kind"], row["facts"]) == ("broken_mapping", {"faults": 2})
    await hub.flow.store.write(bundles.note_mended, "w1: mappings")
    await hub.work()
    assert hub.alerts() == [("broken_mapping", "mappings", "cleared")]


def _fault() -> bundles.Fault:
    return bundles.Fault("E101", "wrong")


async def test_little_space_beside_the_store_is_told(hub_with: Make, mail: MailServer) -> None:
    hub = hub_with(alerts={"email": email(mail), "disk_free": "999999999 GiB"})
    await hub.work()
    assert [kind for kind, *_ in hub.alerts()] == ["disk"]


@pytest.fixture
def polling(hub_with: Make, mail: MailServer) -> Bench:
    """A hub that polls a CRM, its forms of one kind."""
    crm = {
        "name": "crm", "connector": "lowcode", "poll": {"every": "5m"},
        "settings": {"base_url": "http://127.0.0.1:9/api", "api_key": "k", "app_id": "a",
                     "forms": {"commitment": {"entry_id": "form"}}},
    }  # fmt: skip
    own = {"email": email(mail), "language": "en", "disk_free": "1 B"}
    hub = hub_with(connections={"crm": crm}, alerts=own)
    settings = hub.flow.settings.connections["crm"]
    hub.flow.connections = {"crm": Connection("crm", registry.build(settings, hub.clock))}
    return hub


async def test_a_stream_that_cannot_be_read_is_told_and_that_it_is_read_again(
    polling: Bench,
) -> None:
    hub = polling
    await hub.work(timedelta(days=1))
    assert hub.alerts() == []
    await hub.work(MINUTE)
    assert hub.alerts() == [("silent_source", "crm/commitment", "open")]
    await hub.put(
        t.cursor, connection="crm", stream="commitment", value="1", moved_at=hub.clock.now(),
        read_at=hub.clock.now(),
    )  # fmt: skip
    await hub.work()
    assert hub.alerts() == [("silent_source", "crm/commitment", "cleared")]
    await hub.work(timedelta(days=2))
    assert hub.alerts()[1:] == [("silent_source", "crm/commitment", "open")]


async def test_deliveries_that_are_due_and_do_not_move_are_told_unless_their_connection_is_paused(
    polling: Bench,
) -> None:
    hub = polling
    await hub.kill(1, "crm")
    await hub.change_delivery(1, state="ready", reason=None, due_at=hub.clock.now())
    await hub.work(59 * MINUTE)
    assert hub.alerts() == []
    await hub.work(2 * MINUTE)
    assert hub.alerts() == [("overdue", "crm", "open")]
    await hub.flow.store.write(connections.pause, "crm", "x", "system", hub.clock.now())
    await hub.work()
    assert ("overdue", "crm", "cleared") in hub.alerts()


async def test_a_people_yaml_that_is_wrong_is_told_until_it_is_mended(
    hub: Bench, tmp_path: Path
) -> None:
    path = tmp_path / "people.yaml"
    path.write_text("people: {li.na: {name: Li}}", "utf-8")
    file = hub.flow.people_file = PeopleFile(path, {})
    hub.flow.people = file.first()
    path.write_text("people: {li.na: {nmae: Li}}\n", "utf-8")
    file.changed(hub.flow.people)
    await hub.work()
    assert hub.alerts() == [("broken_people", "people.yaml", "open")]
    path.write_text("people: {li.na: {name: Li Na}}\n\n", "utf-8")
    file.changed(hub.flow.people)
    await hub.work()
    assert hub.alerts() == [("broken_people", "people.yaml", "cleared")]


async def test_a_source_that_brings_nothing_any_more_is_told_where_it_was_asked_for(
    hub_with: Make,
) -> None:
    hub = hub_with(alerts={"silent": {"crm": "2d"}, "disk_free": "1 B"})
    await _message(hub, "routed")
    await hub.work(timedelta(days=2))
    assert hub.alerts() == []
    await hub.work(MINUTE)
    assert hub.alerts() == [("quiet_source", "crm", "open")]


# ---- what it says ----------------------------------------------------------------------------


async def test_no_notice_holds_what_a_far_end_or_a_person_wrote(
    hub: Bench, mail: MailServer
) -> None:
    await hub.kill(1)
    await _message(hub, "failed")
    await hub.flow.store.write(
        connections.pause, "erp", "401 for user 王芳", "system", hub.clock.now()
    )
    await hub.work()
    await hub.work(6 * MINUTE)
    assert len(mail.taken) == 3
    for one in mail.mails:
        assert not re.search("王芳|1380|401", one.as_string() + one.get_content())


async def test_a_notice_names_the_command_and_the_page_that_help(
    hub: Bench, mail: MailServer
) -> None:
    await hub.kill(1, reason="period_closed")
    await hub.work()
    await hub.work(6 * MINUTE)
    text = mail.mails[0].get_content()
    assert "hub delivery list --state dead --connection wms" in text
    assert "docs/operations/dead-letters/period_closed.md" in text


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_alert_is_told_in_two_languages_and_explained(kind: str) -> None:
    for count in (1, 2):
        said = sentence(kind, "it", {"count": count})
        assert told(said, Language.ZH) != said
    assert f"`{kind}`" in (DOCS / "operations" / "alerts.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("no_source", "nothing that is configured brings"),
        ("not_polled", "erp (order) is not polled"),
        ("not_read", "erp (order) was not read"),
        ("unread_messages", "--connection erp`; replay or ignore"),
    ],
)
def test_why_a_watch_cannot_tell_is_said_with_the_way_out(reason: str, words: str) -> None:
    about = {"connection": "erp", "stream": "order", "reason": reason}
    said = sentence("watch_cannot_tell", "late", about)
    assert words in told(said, Language.EN)
    assert told(said, Language.ZH) not in (said, told(said, Language.EN))


def test_every_kind_that_is_looked_for_has_its_words() -> None:
    assert KINDS.keys() > LOOKED_FOR


# ---- the daily summary -----------------------------------------------------------------------


async def test_the_daily_summary_comes_once_a_day_however_often_the_hub_restarts(
    hub_with: Make, mail: MailServer
) -> None:
    own = {"email": email(mail), "language": "en", "digest": "09:30", "disk_free": "1 B"}
    hub = hub_with(alerts=own)  # its clock stands at 09:00 in Shanghai
    await hub.work()
    assert mail.taken == []
    await hub.work(30 * MINUTE)
    hub.restart()
    await hub.work(MINUTE)
    hub.clock.advance(-60 * MINUTE)
    await hub.work(60 * MINUTE)
    assert mail.titles == ["[ACME] Summary of 2026-06-01: 0 alerts are open."]
    await hub.work(timedelta(days=1))
    assert len(mail.taken) == 2


async def test_the_summary_counts_by_state_and_connection_and_names_open_alerts(
    hub_with: Make, mail: MailServer
) -> None:
    own = {"email": email(mail), "language": "en", "digest": "08:00", "disk_free": "1 B"}
    hub = hub_with(alerts=own)
    await hub.kill(1)
    await hub.work()
    text = mail.mails[0].get_content()
    assert "A delivery of wms is dead: rejected." in text
    assert "Unfinished at wms: dead 1" in text
    assert "Deliveries: dead 1" in text
