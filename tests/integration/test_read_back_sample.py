"""Where reading costs, a share of the objects is read back, always the same ones."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from plant import Plant

from hub.connector import ReadBack

MINUTE = timedelta(minutes=1)


def sample(plant: Plant, share: float) -> None:
    wms = plant.flow.connections["wms"]
    sampled = dataclasses.replace(wms, read_back=ReadBack.SAMPLE, read_back_share=share)
    plant.flow.connections = {**plant.flow.connections, "wms": sampled}


async def verdicts(plant: Plant, numbers: range) -> dict[str, str | None]:
    """Let promises be delivered; return number → verdict of the warehouse's read-back."""
    for number in numbers:
        plant.approve_all(plant.save(f"CM-2026-{number:06d}", order_no=f"SO-{number}"))
    await plant.work()
    await plant.pass_time(MINUTE, MINUTE)
    rows = [row for row in plant.deliveries() if row.connection == "wms"]
    assert {row.state for row in rows} == {"delivered"}
    return {row.handle: row.confirm for row in rows}


async def test_a_sample_of_the_objects_is_read_back(plant: Plant) -> None:
    sample(plant, 0.5)
    found = await verdicts(plant, range(1, 13))
    assert set(found.values()) == {None, "confirmed"}


async def test_a_share_of_nothing_reads_nothing_and_of_all_reads_all(plant: Plant) -> None:
    sample(plant, 0)
    assert set((await verdicts(plant, range(1, 4))).values()) == {None}
    sample(plant, 1)
    assert [value for value in (await verdicts(plant, range(4, 7))).values() if value] == [
        "confirmed"
    ] * 3
