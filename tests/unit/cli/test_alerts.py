"""`hub alert`, and what other commands say of alerts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.store import alerts, engine, notices
from hub.store import tables as t

Hub = Callable[..., Any]
AT = datetime(2026, 6, 1, tzinfo=UTC)
ALERT, OTHER = f"{'0' * 26}aaaaaa", f"{'0' * 26}bbbbbb"


@pytest.fixture
def alarmed(filled: Path) -> Path:
    """A hub with an open alert whose notice no channel has taken yet."""
    store = engine.connect(f"sqlite:///{filled / 'hub.db'}")
    store.open()
    ids = iter([ALERT, f"{1:032x}", OTHER, f"{2:032x}", f"{3:032x}"])
    facts = {"connection": "wms", "reason": "rejected", "count": 2}
    new_id = lambda: next(ids)  # noqa: E731
    store.write_now(alerts.open, "dead_letter", "wms/rejected", facts, AT, new_id)
    store.write_now(alerts.open, "disk", "here", {"free": 9}, AT, new_id)
    store.write_now(alerts.clear, "disk", "here", AT)
    store.write_now(notices.queue, "c", "alert", {"alert": ALERT}, (), AT, new_id, "ops")
    store.write_now(lambda tx: tx.execute(
        sa.update(t.notice).where(t.notice.c.cause == "c").values(tries=2, words="SMTP 451")
    ))  # fmt: skip
    store.close()
    return filled


def test_open_alerts_are_listed_with_what_helps(hub: Hub, alarmed: Path) -> None:
    ran = hub("alert", "list")
    assert ran.code == 0
    assert "2 deliveries of wms are dead: rejected." in ran.out
    assert "hub delivery list --state dead --connection wms" in ran.out
    assert "9 MiB" not in ran.out
    assert "wms 有 2 笔投递成为死信：rejected。" in hub("--lang", "zh", "alert", "list").out


def test_all_alerts_are_listed_with_the_page_that_tells_more(hub: Hub, alarmed: Path) -> None:
    rows = [json.loads(line) for line in hub("alert", "list", "--all", "--json").out.splitlines()]
    assert [(row["kind"], row["state"], row["page"]) for row in rows] == [
        ("disk", "cleared", "docs/operations/alerts.md"),
        ("dead_letter", "open", "docs/operations/dead-letters/rejected.md"),
    ]


def test_whoever_acknowledges_an_alert_is_shown_and_kept_in_the_ledger(
    hub: Hub, alarmed: Path
) -> None:
    ran = hub("alert", "acknowledge", "aaaaaa")
    assert (ran.code, "dead_letter wms/rejected" in ran.out) == (0, True)
    (row,) = [json.loads(line) for line in hub("alert", "list", "--json").out.splitlines()]
    assert row["acknowledged_by"].startswith("os:")
    entries = hub("ledger", "list", "--kind", "alert", "--json").out
    assert "alert.acknowledged" in entries


@pytest.mark.parametrize(
    ("given", "words"),
    [("aaaaaa", "looks after alert"), ("bbbbbb", "not one open alert"), ("zz", "not one open")],
    ids=["already", "over", "no id"],
)
def test_an_alert_is_acknowledged_once_and_only_while_it_is_open(
    hub: Hub, alarmed: Path, given: str, words: str
) -> None:
    hub("alert", "acknowledge", "aaaaaa")
    ran = hub("alert", "acknowledge", given)
    assert ran.code == 1
    assert words in ran.err


def test_status_shows_open_alerts_and_what_no_channel_has_taken(hub: Hub, alarmed: Path) -> None:
    shown = hub("status").out
    assert "Open alerts: 1" in shown
    assert "The channel ops has not taken 1 notice(s)" in shown
    assert "SMTP 451" in shown
    told = json.loads(hub("status", "--json").out)
    assert told["alerts"]["open"] == 1
    assert told["alerts"]["unsent"][0]["channel"] == "ops"


def test_check_warns_where_nobody_is_told(hub: Hub, filled: Path) -> None:
    ran = hub("check")
    assert ran.code == 0
    assert "names nobody who is told" in ran.out
    _tell(filled, "127.0.0.1")
    assert "names nobody who is told" not in hub("check").out


def test_a_test_without_a_channel_says_what_to_write(hub: Hub, filled: Path) -> None:
    ran = hub("alert", "test")
    assert ran.code == 2
    assert "Write email: or webhook: under alerts:" in ran.err


def test_a_test_that_is_not_taken_says_so_by_its_code(hub: Hub, filled: Path) -> None:
    _tell(filled, "127.0.0.1")
    ran = hub("alert", "test", "--json")
    assert ran.code == 1
    assert json.loads(ran.out) == {"channel": "email", "result": "ConnectionRefusedError"}


def _tell(folder: Path, host: str) -> None:
    own = f"{{host: {host}, port: 9, tls: off, from: a@b.example, to: [c@d.example]}}"
    with (folder / "hub.yaml").open("a", encoding="utf-8") as file:
        file.write(f"alerts: {{email: {own}}}\n")


def test_a_dead_delivery_and_a_failed_message_name_their_pages(hub: Hub, filled: Path) -> None:
    (dead,) = _rows(hub, "delivery", "list", "--state", "dead")
    page = f"docs/operations/dead-letters/{dead['reason']}.md"
    assert page in hub("delivery", "show", dead["id"]).out
    assert page in hub("trace", dead["number"]).out
    (failed,) = _rows(hub, "message", "list", "--state", "failed")
    shown = hub("message", "show", failed["id"]).out
    assert "docs/operations/dead-letters/failed-messages.md" in shown


def _rows(hub: Hub, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in hub(*arguments, "--json").out.splitlines()]
