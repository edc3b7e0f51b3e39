"""`hub watch`: what is waited for, as a person sees it and decides about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.mapping.shipped import shipped_folder
from hub.store import engine, watches
from hub.store import tables as t
from hub.store.watches import Row

Hub = Callable[..., Any]

NOW = datetime.now(UTC)
ARMED = Row("a" * 32, "no-shipment", "SO-1", "armed", armed_at=NOW, deadline=NOW, due_at=NOW)
FIRED = Row("b" * 32, "no-shipment", "SO-2", "fired", armed_at=NOW, deadline=NOW, step=1)
UNREAD = Row("c" * 32, "no-shipment", "SO-3", "cannot_tell", due_at=NOW + timedelta(days=1),
             reason="not_read wms shipment")  # fmt: skip
OVER = Row("d" * 32, "no-shipment", "SO-4", "cleared", cleared_at=NOW)
FILE = """\
watch: no-shipment
when: {record: commitment, if: status == "approved"}
key: order_no
unless: {record: shipment, key: order_no, within: 1 working day}
then: [{notify: role:coo}]
tests:
  - name: approved
    given: {order_no: SO-1, status: approved}
    expect: armed
"""


@pytest.fixture
def watched(filled: Path) -> Path:
    """A hub with four things that are or were waited for."""
    store = engine.connect(f"sqlite:///{filled / 'hub.db'}")
    store.open()
    store.write_now(watches.add, [ARMED, FIRED, UNREAD, OVER])
    notice = {"id": "n1", "cause": f"watch:{FIRED.id}:0", "channel": "", "to": ["role:coo"],
              "kind": "watch", "facts": {}, "state": "sent", "queued_at": NOW}  # fmt: skip
    store.write_now(lambda tx: tx.execute(sa.insert(t.notice).values(notice)))
    store.close()
    (filled / "mappings" / "watch.yaml").write_text(FILE, "utf-8")
    return filled


def listed(hub: Hub, *options: str) -> list[str]:
    out = hub("watch", "list", "--json", *options).out
    return [json.loads(line)["key"] for line in out.splitlines()]


def test_what_still_waits_is_listed_the_newest_first(hub: Hub, watched: Path) -> None:
    assert listed(hub) == ["SO-3", "SO-2", "SO-1"]
    assert listed(hub, "--state", "cleared") == ["SO-4"]
    assert listed(hub, "--watch", "another") == []
    assert listed(hub, "--limit", "1") == ["SO-3"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [("en", "wms.shipment was not read past the time in question"),
     ("zh", "wms.shipment 尚未读到该时刻之后")],
)  # fmt: skip
def test_why_it_cannot_be_told_is_a_sentence(
    hub: Hub, watched: Path, lang: str, words: str
) -> None:
    assert words in hub("--lang", lang, "watch", "list").out


@pytest.mark.parametrize("name", ["SO-2", "b" * 32, "b" * 6])
def test_one_is_shown_by_id_ending_or_key_with_what_was_told(
    hub: Hub, watched: Path, name: str
) -> None:
    shown = json.loads(hub("watch", "show", name, "--json").out)
    assert (shown["id"], [one["to"] for one in shown["told"]]) == (FIRED.id, [["role:coo"]])
    assert "to role:coo (sent)" in hub("--lang", "en", "watch", "show", name).out


def test_what_was_told_shows_what_became_of_it_at_each_channel(hub: Hub, watched: Path) -> None:
    store = engine.connect(f"sqlite:///{watched / 'hub.db'}")
    store.open()
    cause = f"watch:{FIRED.id}:0"
    of_all = {"to": ["role:coo"], "kind": "watch", "facts": {}, "queued_at": NOW}
    copies = [
        {"id": f"n{state}", "cause": f"{cause}@{channel}", "channel": channel, "state": state}
        for channel, state in (("email", "sent"), ("person:li.na", "failed"))
    ]
    given = {"state": "folded", "words": "email, person:li.na"}
    store.write_now(lambda tx: tx.execute(sa.update(t.notice).values(given)))
    store.write_now(lambda tx: tx.execute(sa.insert(t.notice), [{**of_all, **c} for c in copies]))
    store.close()
    out = hub("--lang", "en", "watch", "show", "SO-2").out
    assert "to role:coo → email (sent)" in out
    assert "to role:coo → person:li.na (failed)" in out
    assert "folded" not in out


@pytest.mark.parametrize("name", ["SO-9", "abc", "", "%", "f" * 32])
def test_what_is_not_watched_says_where_to_look(hub: Hub, watched: Path, name: str) -> None:
    ran = hub("--lang", "en", "watch", "show", name)
    assert ran.code != 0
    assert "hub watch list" in ran.err


def test_a_person_snoozes_and_acknowledges_with_a_reason(hub: Hub, watched: Path) -> None:
    snoozed = hub("--lang", "en", "watch", "snooze", "SO-1", "--for", "3 days", "--reason", "x")
    assert (snoozed.code, "is quiet until" in snoozed.out) == (0, True)
    assert hub("watch", "acknowledge", "SO-2", "--reason", "called").code == 0
    shown = {
        name: json.loads(hub("watch", "show", name, "--json").out) for name in ("SO-1", "SO-2")
    }
    assert datetime.fromisoformat(shown["SO-1"]["due_at"]) > NOW + timedelta(days=2)
    assert shown["SO-2"]["acknowledged_by"].startswith("os:")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("snooze", "SO-1", "--for", "a while", "--reason", "x"), "2 working hours"),
        (("snooze", "SO-4", "--for", "1 day", "--reason", "x"), "is cleared"),
        (("acknowledge", "SO-1", "--reason", "x"), "not late"),
        (("acknowledge", "SO-2", "--reason", " "), "Say why"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_changes(
    hub: Hub, watched: Path, arguments: tuple[str, ...], words: str
) -> None:
    before = hub("watch", "list", "--json").out
    ran = hub("--lang", "en", "watch", *arguments)
    assert ran.code != 0
    assert words in ran.err
    assert hub("watch", "list", "--json").out == before


def test_examples_of_watch_files_are_run(hub: Hub, watched: Path) -> None:
    assert "1 test(s) pass" in hub("--lang", "en", "watch", "test", watched / "mappings").out
    (watched / "mappings" / "watch.yaml").write_text(
        FILE.replace("expect: armed", "expect: nothing"), "utf-8"
    )
    ran = hub("--lang", "en", "watch", "test")
    assert ran.code != 0
    assert "expected nothing, got armed" in ran.err


def test_mapping_tools_know_watches(hub: Hub, watched: Path) -> None:
    rows = [json.loads(line) for line in hub("map", "list", "--json").out.splitlines()]
    found = {row["name"]: row["origin"] for row in rows if row["kind"] == "watch"}
    assert found == {"delivery-not-started": "shipped", "no-shipment": "own"}
    assert hub("map", "check").code == 0
    assert '"watch"' in hub("map", "schema", "--watch").out


def test_what_a_watch_of_ones_own_says_otherwise_than_the_shipped_one_is_shown(
    hub: Hub, watched: Path
) -> None:
    shipped = (shipped_folder() / "watches" / "delivery-not-started.yaml").read_text("utf-8")
    own = watched / "mappings" / "own.yaml"
    own.write_text(shipped.replace("within: 2 working hours", "within: 1 working hour"), "utf-8")
    shown = hub("--lang", "en", "map", "diff", "--shipped").out
    assert "~ watch delivery-not-started" in shown
    assert "~ unless.within" in shown


def test_a_watch_that_nothing_configured_can_clear_is_warned_of(hub: Hub, watched: Path) -> None:
    file = watched / "mappings" / "watch.yaml"
    file.write_text(FILE.replace("record: shipment, key: order_no", "record: bom, key: sku"))
    ran = hub("--lang", "en", "map", "check")
    assert "W105" in ran.out + ran.err
    assert "brings bom with sku" in ran.out + ran.err


def test_a_connection_that_is_not_there_yet_is_no_fault_of_a_watch(hub: Hub, watched: Path) -> None:
    file = watched / "mappings" / "watch.yaml"
    file.write_text(FILE.replace("record: shipment", "record: shipment, from: later"), "utf-8")
    ran = hub("--lang", "en", "map", "check")
    assert ran.code == 0
    assert "W105" in ran.out + ran.err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{notify: role:coo}", "{to: chat, operation: x, map: m}", "no connection chat"),
        ("key: order_no\n", "key: order_no\ncalendar: SZ\n", "no calendar of SZ"),
        ("record: commitment", "record: commitment, from: [crm, crn]", "no connection crn"),
    ],
)
def test_what_does_not_fit_the_settings_is_a_fault(
    hub: Hub, watched: Path, old: str, new: str, words: str
) -> None:
    mapping = (
        "mapping: m\nfrom: {record: notice}\nto: {connector: c, operation: x}\nfields: {t: text}\n"
    )
    (watched / "mappings" / "m.yaml").write_text(mapping, "utf-8")
    (watched / "mappings" / "watch.yaml").write_text(FILE.replace(old, new, 1), "utf-8")
    ran = hub("--lang", "en", "map", "check")
    assert ran.code == 1
    assert words in ran.out + ran.err
