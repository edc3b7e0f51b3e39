"""Mapping files that come into force while messages and deliveries are on their way."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from plant import Plant

from hub.errors import MappingError
from hub.flow import in_force
from hub.flow.parts import Bundles
from hub.flow.route import route
from hub.mapping import Bundle, load_bundle, read_bundle
from hub.mapping.shipped import shipped_folder
from hub.store import bundles, payloads
from hub.store import tables as t

ROUTE = """\
route: {name}
when: {{record: commitment, from: crm, if: status == "approved"}}
deliver:
  - {{to: wms, operation: create_order, map: commitment-to-wms}}
"""


#: What of the shipped files bears the name of a bundle: the record, the order, and its key.
MARKED = (
    ("shipped/lowcode/lowcode-to-commitment.yaml", "  text: .*", "  text: {{value: {name}}}"),
    ("shipped/qimen/commitment-to-wms.yaml", "sellerMessage: .*",
     'sellerMessage: {{text: "{{text}} {name}"}}'),
    ("shipped/qimen/commitment-to-wms.yaml", 'key: "{number}"', 'key: "{{number}}-{name}"'),
)  # fmt: skip


def files(name: str) -> Bundle:
    """Return the shipped files with this name in every step from the form to the order."""
    found = dict(load_bundle(shipped_folder()).files)
    found["shipped/routes/commitment.yaml"] = ROUTE.format(name=name).encode()
    for path, old, new in MARKED:
        head = found[path].decode().partition("\ntests:")[0] + "\n"
        text, changed = re.subn(old, new.format(name=name), head)
        assert changed == 1
        found[path] = text.encode()
    return read_bundle(found)


async def keep(plant: Plant, bundle: Bundle) -> None:
    """Put files in the store and in force."""
    await plant.store.write(bundles.put, bundle.sha, bundle.files, plant.clock.now(),
                            after=plant.store.read_now(bundles.active))  # fmt: skip
    plant.flow.bundles.activate(bundle)


def told(plant: Plant, row: Any) -> Any:
    """Return what the order of a delivery says of the files it was mapped with."""
    content = plant.store.read_now(payloads.get, [row.payload])[row.payload]
    return payloads.parse(content)["deliveryOrder"]["sellerMessage"]


class Restless(Bundles):
    """Every look finds other files in force."""

    def __init__(self, *wanted: Bundle) -> None:
        self.wanted = wanted
        self.chance = random.Random(7)
        super().__init__(wanted[0])

    @property
    def active(self) -> Bundle:
        return self.chance.choice(self.wanted)

    @active.setter
    def active(self, bundle: Bundle) -> None:
        """Keep to the wanted ones."""


async def test_one_plan_is_made_with_one_bundle_whatever_comes_into_force(plant: Plant) -> None:
    one, other = files("one"), files("other")
    for bundle in (one, other):
        await keep(plant, bundle)
    plant.flow.bundles = Restless(one, other)
    for number in range(6):
        plant.approve_all(plant.save(f"CM-2026-00010{number}"))
        await plant.work()
    rows = plant.deliveries()
    names = {one.sha: "one", other.sha: "other"}
    assert len(rows) == 6
    assert {row.route for row in rows} == {"one", "other"}
    for row in rows:
        assert row.state == "delivered", row.words
        assert names[row.bundle] == row.route == row.handle.rpartition("-")[2]
        assert told(plant, row) == f"{row.route} {row.route}"


async def test_a_delivery_keeps_the_files_it_was_planned_with(plant: Plant) -> None:
    one, other = files("one"), files("other")
    await keep(plant, one)
    plant.approve_all(plant.save())
    await plant.arrive()
    while await route(plant.flow):
        pass
    (planned,) = plant.deliveries()
    assert (planned.bundle, planned.payload) == (one.sha, None)
    await keep(plant, other)
    await plant.work()
    (done,) = plant.deliveries()
    assert (done.state, done.bundle) == ("delivered", one.sha)
    assert told(plant, done) == "one one"


async def test_a_worker_that_lacks_a_bundle_takes_it_from_the_store(plant: Plant) -> None:
    one, other = files("one"), files("other")
    await keep(plant, one)
    plant.approve_all(plant.save())
    await plant.arrive()
    while await route(plant.flow):
        pass
    await keep(plant, other)
    plant.start()
    plant.flow.bundles = Bundles(other)
    await plant.work()
    (done,) = plant.deliveries()
    assert (done.state, told(plant, done)) == ("delivered", "one one")


async def test_a_bundle_the_store_has_not_stops_its_delivery_and_no_other(plant: Plant) -> None:
    plant.flow.bundles.activate(files("one"))
    plant.approve_all(plant.save())
    await plant.arrive()
    while await route(plant.flow):
        pass
    other = files("other")
    await keep(plant, other)
    plant.start()
    plant.flow.bundles = Bundles(other)
    plant.approve_all(plant.save("CM-2026-000002"))
    await plant.work()
    first, second = plant.deliveries()
    assert (first.state, first.reason) == ("dead", "mapping")
    assert "no mapping files" in first.words
    assert second.state == "delivered"


def strict(bundle: Bundle) -> Mapping[str, bytes]:
    """Return its files as they were before personal data needed a reason: refused today."""
    found = dict(bundle.files)
    path = "shipped/qimen/commitment-to-wms.yaml"
    found[path] = re.sub(rb", allow_personal: [^,}]*", b"", found[path])
    with pytest.raises(MappingError, match="E301"):
        read_bundle(found)
    return found


async def planned_with(plant: Plant, bundle: Bundle, kept: Mapping[str, bytes]) -> None:
    """Plan an order with a bundle, then let a new program find these files under its address."""
    await keep(plant, bundle)
    plant.approve_all(plant.save())
    await plant.arrive()
    while await route(plant.flow):
        pass
    texts = {name: data.decode() for name, data in kept.items()}
    b = t.bundle
    change = sa.update(b).where(b.c.sha == bundle.sha).values(files=texts)
    plant.store.write_now(lambda tx: tx.execute(change).rowcount)
    plant.start()


async def test_files_that_would_be_refused_today_still_map_what_was_planned_with_them(
    plant: Plant,
) -> None:
    one = files("one")
    await planned_with(plant, one, strict(one))
    await plant.work()
    (done,) = plant.deliveries()
    assert (done.state, done.bundle, told(plant, done)) == ("delivered", one.sha, "one one")


async def test_files_that_cannot_be_read_are_read_once(plant: Plant) -> None:
    one = files("one")
    await planned_with(plant, one, {**one.files, "own/x.yaml": b"mapping: x\nbogus: 1\n"})
    get = plant.flow.bundles.get
    with pytest.raises(MappingError, match="E102"):
        plant.store.read_now(get, one.sha)
    plant.store.write_now(lambda tx: tx.execute(sa.delete(t.bundle)).rowcount)
    with pytest.raises(MappingError, match="E102"):
        plant.store.read_now(get, one.sha)


async def test_what_comes_into_force_is_in_the_ledger_with_names_and_counts(plant: Plant) -> None:
    one, other = files("one"), files("other")
    await keep(plant, one)
    await in_force.activate(plant.flow, other, "os:anna", before=one)
    (entry,) = plant.store.read_now(lambda tx: tx.execute(sa.select(t.ledger)).all())
    assert entry.actor == "os:anna"
    assert entry.facts == {
        "bundle": other.sha, "before": one.sha, "files": len(other.files),
        "added": ["route other"], "removed": ["route one"],
        "changed": {"mapping commitment-to-wms": 2, "mapping lowcode-to-commitment": 1},
    }  # fmt: skip
    assert plant.flow.bundles.active is other
