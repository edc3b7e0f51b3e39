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


def of_the_same_object(name: str, other: str) -> Bundle:
    """Return files of this name whose order is the same object as with the others."""
    found, path = dict(files(name).files), "shipped/qimen/commitment-to-wms.yaml"
    old, new = f'key: "{{number}}-{name}"', f'key: "{{number}}-{other}"'
    assert old in found[path].decode()
    return read_bundle({**found, path: found[path].decode().replace(old, new).encode()})


async def retry(plant: Plant, row: Any, *, latest: bool = True) -> str:
    return await plant.store.write(replay.retry, plant.flow, row.id, "os:anna", latest=latest)


async def test_it_is_mapped_anew_under_a_new_key(plant: Plant) -> None:
    one, other = files("one"), of_the_same_object("other", "one")
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


async def test_a_mapping_that_is_for_another_operation_by_now_is_refused(plant: Plant) -> None:
    row = await dead(plant, files("one"))
    other = dict(files("one").files)
    named = other["shipped/lowcode/commitment-to-lowcode.yaml"].decode().partition("\ntests:")[0]
    path = "shipped/qimen/commitment-to-wms.yaml"
    named = named.replace('key: "{number}"', 'key: "{number}-one"')
    other[path] = f"{named}\n".replace("commitment-to-lowcode", "commitment-to-wms").encode()
    other["shipped/routes/commitment.yaml"] = (
        b'route: one\nwhen: {record: commitment, from: crm, if: status == "approved"}\n'
        b"deliver:\n  - {to: crm, operation: update_record, map: commitment-to-wms}\n"
    )
    await keep(plant, read_bundle(other))
    await refused_as_it_was(plant, row)


@pytest.mark.parametrize("word", ["key", "lane"])
async def test_a_mapping_that_goes_to_another_object_or_lane_is_refused(
    plant: Plant, word: str
) -> None:
    row = await dead(plant, files("one"))
    other = dict(files("one").files)
    path = "shipped/qimen/commitment-to-wms.yaml"
    key = 'key: "{number}-one"'
    assert key in other[path].decode()
    changed = {
        "key": 'key: "other-{number}"\nlane: "{number}-one"',
        "lane": f'{key}\nlane: "other-{{number}}"',
    }
    other[path] = other[path].decode().replace(key, changed[word]).encode()
    await keep(plant, read_bundle(other))
    await refused_as_it_was(plant, row)


async def refused_as_it_was(plant: Plant, row: Any) -> None:
    with pytest.raises(replay.Refused, match="another operation, object or lane"):
        await retry(plant, row)
    (same,) = plant.deliveries()
    assert (same.state, same.bundle, same.payload) == ("dead", row.bundle, row.payload)


async def test_a_held_row_is_not_mapped_anew(plant: Plant) -> None:
    row = await dead(plant, files("one"))
    d, w = t.delivery, t.delivery_wait
    held = sa.update(d).where(d.c.id == row.id).values(state="blocked", reason=None, payload=None)
    wait = sa.insert(w).values(delivery_id=row.id, kind="hold", on_id="")
    plant.store.write_now(lambda tx: [tx.execute(one).rowcount for one in (held, wait)])
    with pytest.raises(replay.Refused, match="is held"):
        await retry(plant, row)
    assert plant.deliveries()[0].state == "blocked"
