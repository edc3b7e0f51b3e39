"""The daemon is killed at every named place and at random: nothing is lost, nothing done twice."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest

from hub import admin
from hub import settings as hub_settings
from hub.failpoints import POINTS
from hub.store import tables as t
from hub.testing.simulator import count_effects
from tests.e2e.site import (
    PATIENCE,
    Site,
    all_delivered,
    far_ends,
    make,
    running,
    send_until_taken,
    until,
)

#: Runs at random per store; `make faults` takes a hundred.
RUNS = int(os.environ.get("HUB_KILL_RUNS", "4"))
KILLS = 10
COMMITMENTS = 20
#: Places that polling passes; there the CRM pushes nothing.
POLLED = frozenset({"poll.before_commit", "poll.committed"})
#: Places behind an answer that did not come.
ASKED = frozenset({"ask.claimed", "ask.answered"})


def repeated(site: Site) -> dict[str, list[tuple[str, int]]]:
    """Return connection → what took effect there more than once."""
    return {name: list(count_effects([*site.effects(name)])) for name in site.addresses}


def arrived(site: Site, connection: str, what: str) -> set[str]:
    return {one["key"] for one in site.effects(connection) if one["what"] == what}


# ---- at every named place --------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("point", sorted(POINTS))
async def test_a_kill_at_this_place_loses_nothing_and_repeats_nothing(
    point: str, tmp_path: Path
) -> None:
    numbers = [f"CM-{n}" for n in range(1, 4)]
    async with far_ends(make(tmp_path, "erp", "wms", "crm", poll=point in POLLED)) as site:
        for number in numbers:
            site.write_down(number)
        if point in ASKED:
            site.inject("wms", "answer_lost", "deliveryorder.create")
        pushed = [] if point in POLLED else numbers
        sending = asyncio.gather(*(send_until_taken(site, number) for number in pushed))
        with running(site, fail=f"{point}:1") as hub:
            assert await hub.dies() == -9
        with running(site):
            await sending
            await finished(site, len(numbers))
        assert {row.external_id for row in site.messages()} >= {f"push-{one}" for one in pushed}
        assert set(repeated(site)["wms"] + repeated(site)["erp"] + repeated(site)["crm"]) == set()
        assert arrived(site, "wms", "deliveryorder.create") == set(numbers)


async def finished(site: Site, count: int) -> None:
    for connection in sorted(site.addresses):
        await all_delivered(site, connection, count)
    await until(
        lambda: {row.confirm for row in site.deliveries("erp")} == {"confirmed"}
        if "erp" in site.addresses
        else True,
        "the ERP's deliveries are read back",
    )
