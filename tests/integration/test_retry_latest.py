"""`hub delivery retry --latest`: a dead delivery is mapped anew with the files in force."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from plant import Plant
from test_bundle_swap import files, keep, told

from hub.flow import replay
from hub.mapping import Bundle, read_bundle
from hub.store import tables as t

REFUSED = "error_in_200"


async def dead(plant: Plant, bundle: Bundle, fault: str = REFUSED) -> Any:
    """Let the WMS refuse an order mapped with this bundle; return its delivery."""
    await keep(plant, bundle)
    plant.wms.inject(fault, "create")
    plant.approve_all(plant.save())
    await plant.work()
    (row,) = plant.deliveries()
    return row


async def retry(plant: Plant, row: Any, *, latest: bool = True) -> str:
    return await plant.store.write(replay.retry, plant.flow, row.id, "os:anna", latest=latest)


async def test_it_is_mapped_anew_under_a_new_key(plant: Plant) -> None:
    one, other = files("one"), files("other")
    row = await dead(plant, one)
    assert (row.state, told(plant, row)) == ("dead", "one one")
    await keep(plant, other)
    assert await retry(plant, row) == "ready"
    await plant.work()
    (done,) = plant.deliveries()
    assert (done.id, done.state, done.bundle) == (row.id, "delivered", other.sha)
    assert told(plant, done) == "one other"
    assert done.key != row.key
    query = sa.select(t.ledger).where(t.ledger.c.kind == "delivery.retried")
    (entry,) = plant.store.read_now(lambda tx: tx.execute(query).all())
    assert (entry.actor, entry.facts["latest"]) == ("os:anna", True)


async def test_without_it_the_stored_document_goes_again_under_its_key(plant: Plant) -> None:
    row = await dead(plant, files("one"))
    await keep(plant, files("other"))
    await retry(plant, row, latest=False)
    await plant.work()
    (done,) = plant.deliveries()
    assert (done.state, done.bundle, done.payload) == ("delivered", row.bundle, row.payload)
    assert done.key == row.key


async def test_a_row_that_may_have_been_applied_is_not_mapped_anew(plant: Plant) -> None:
    row = await dead(plant, files("one"))
    unsure = sa.update(t.delivery).where(t.delivery.c.id == row.id).values(unsure=True)
    plant.store.write_now(lambda tx: tx.execute(unsure).rowcount)
    with pytest.raises(replay.Refused, match="could apply both"):
        await retry(plant, row)
    assert plant.deliveries()[0].payload == row.payload


async def test_files_that_have_the_mapping_no_more_are_refused_and_change_nothing(
    plant: Plant,
) -> None:
    row = await dead(plant, files("one"))
    kept = {"shipped/routes/commitment.yaml", "shipped/qimen/commitment-to-wms.yaml"}
    rest = {name: data for name, data in files("one").files.items() if name not in kept}
    await keep(plant, read_bundle(rest))
    with pytest.raises(replay.Refused, match="no commitment-to-wms"):
        await retry(plant, row)
    (same,) = plant.deliveries()
    assert (same.state, same.bundle, same.payload) == ("dead", row.bundle, row.payload)
