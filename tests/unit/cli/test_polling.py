"""Polling by hand: which streams, from when, and what cannot be polled."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Hub = Callable[..., Any]

#: Answers every poll with the cursor it was given.
CODE = """
from hub import Connector, ConnectorSettings, Page, Spec, Stream

class Acme(Connector):
    class Settings(ConnectorSettings):
        base_url: str = "http://127.0.0.1:9"

    spec = Spec("acme", "Acme", "艾克米", streams=[
        Stream("order", "Orders", polled=True), Stream("bill", "Bills", polled=True),
        Stream("notice", "Notices")])

    async def poll(self, stream, cursor):
        return Page((), cursor or "the start")
"""


@pytest.fixture
def acme(
    hub: Hub, tmp_path: Path, install: Callable[[str, str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:  # fmt: skip
    """The settings of a hub with one connection that is polled."""
    install("acme", CODE, "Acme")
    config = tmp_path / "hub.yaml"
    config.write_text("tenant: A\nconnections:\n  shop:\n    connector: acme\n", "utf-8")
    monkeypatch.setenv("HUB_CONFIG", str(config))
    assert hub("store", "upgrade").code == 0
    return config


def cursors(hub: Hub) -> dict[str, str]:
    told = json.loads(hub("status", "--json").out)
    return {row["stream"]: row["value"] for row in told["cursors"]}


def test_all_streams_are_polled(hub: Hub, acme: Path) -> None:
    assert hub("poll", "shop").out == "order: 0 new\nbill: 0 new\n"
    assert cursors(hub) == {"order": "the start", "bill": "the start"}


def test_only_the_streams_of_the_settings_are_polled(hub: Hub, acme: Path) -> None:
    with acme.open("a", encoding="utf-8") as file:
        file.write("    poll: {streams: [bill]}\n")
    assert hub("poll", "shop").out == "bill: 0 new\n"
    assert hub("poll", "shop", "--stream", "order").out == "order: 0 new\n"


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01T08:00+08:00", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01T08:00:30Z", "2026-11-01T08:00:30+00:00"),
        ("1970-01-01", "1970-01-01T00:00:00+00:00"),
    ],
)
def test_a_date_or_time_is_where_polling_begins(
    hub: Hub, acme: Path, given: str, instant: str
) -> None:
    hub("poll", "shop")
    assert hub("poll", "shop", "--stream", "order", "--since", given).code == 0
    assert cursors(hub) == {"order": instant, "bill": "the start"}


@pytest.mark.parametrize(
    "given", ["yesterday", "2026-13-45", "2026-11-01T08:00", "0001-01-01T00:00+08:00", ""]
)
def test_what_is_no_date_or_time_with_a_zone_is_refused(hub: Hub, acme: Path, given: str) -> None:
    ran = hub("poll", "shop", "--since", given)
    assert (ran.code, ran.out) == (2, "")
    assert "shop: --since takes a date, such as 2026-11-01" in ran.err
    assert cursors(hub) == {}


@pytest.mark.parametrize("stream", [[], ["--stream", "shipment"]], ids=["all", "one"])
def test_a_connection_that_cannot_be_polled_says_so(
    hub: Hub, filled: Path, stream: list[str]
) -> None:
    ran = hub("poll", "wms", *stream)
    assert (ran.code, ran.out) == (2, "")
    assert "wms cannot be polled" in ran.err


def test_a_stream_that_cannot_be_polled_is_answered_with_those_that_can(
    hub: Hub, acme: Path
) -> None:
    ran = hub("poll", "shop", "--stream", "notice")
    assert (ran.code, ran.out) == (2, "")
    assert "notice" in ran.err
    assert "order, bill" in ran.err
