"""Commitment health over a planted ledger: states, figures and times as counted by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from plant import PEOPLE, Plant, form
from test_reconcile_run import reconciled

from hub.language import Language
from hub.reconcile.health import gather, timeline
from hub.reconcile.health.figures import Figures
from hub.reconcile.health.pages import Builder
from hub.reconcile.health.spool import Spool
from hub.reconcile.health.value import Asked, Commitment, State
from hub.reconcile.report.plain import json_files
from hub.reconcile.report.plain.value import Pages
from hub.store import bundles
from hub.store import tables as t

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def asked(plant: Plant, **changes: Any) -> Asked:
    now = plant.clock.now()
    return Asked(**{
        "kind": "commitment", "since": now - 30 * DAY, "until": now + DAY, "limit": DAY,
        "now": now, "zone": "Asia/Shanghai", **changes,
    })  # fmt: skip


def looked_at(plant: Plant, folder: Path, **changes: Any) -> tuple[Figures, dict[str, Commitment]]:
    active = plant.flow.bundles.active
    plant.store.write_now(bundles.put, active.sha, active.files, plant.clock.now())
    folder.mkdir(exist_ok=True)
    (folder / "c.db").unlink(missing_ok=True)
    spool = Spool(folder / "c.db")
    figures = plant.store.read_now(gather.gather, asked(plant, **changes), spool)
    rows = {one.number: one for one in spool.rows()}
    spool.close()
    return figures, rows


async def sent(plant: Plant, number: int, **changes: Any) -> str:
    one = plant.save(f"CM-2026-{number:06d}", order_no=f"SO-{number}", **changes)
    plant.approve_all(one)
    await plant.work()
    return one


async def whole_life(plant: Plant) -> None:
    """Let one commitment end in each state: 1–2 fulfilled, 3 broken, 4 stopped, 5 late,
    6 underway, 7 revoked, 8 not approved, 9 rejected at its source."""
    for number in (1, 2, 3):
        await sent(plant, number)
    await plant.pass_time(MINUTE)
    seventh = await sent(plant, 7)
    await plant.pass_time(MINUTE)
    plant.crm.revoke(seventh, PEOPLE[2])
    await plant.work()
    await plant.pass_time(MINUTE)
    await sent(plant, 4, lines=[{**form("x")["lines"][0], "sku": "NONE"}])
    plant.wms.change_quantity("CM-2026-000003", 9)
    await reconciled(plant)
    plant.erp.inject("unavailable", times=500)
    await sent(plant, 5)
    plant.clock.advance(30 * HOUR)
    await sent(plant, 6)


async def test_each_commitment_is_in_the_state_it_ended_in(plant: Plant, tmp_path: Path) -> None:
    await whole_life(plant)
    figures, rows = looked_at(plant, tmp_path / "spool")
    assert {number[-1]: one.state for number, one in rows.items()} == {
        "1": State.FULFILLED, "2": State.FULFILLED, "3": State.BROKEN, "4": State.STOPPED,
        "5": State.LATE, "6": State.UNDERWAY, "7": State.REVOKED,
    }  # fmt: skip
    assert list(rows) == [f"CM-2026-{number:06d}" for number in (3, 4, 5, 6, 1, 2, 7)]
    assert figures.states == Counter(one.state for one in rows.values())
    # due: two fulfilled, one broken, stopped, late; not revoked: six
    assert (figures.due, figures.standing, figures.count) == (5, 6, 7)
    assert (str(figures.rate), str(figures.strict_rate)) == ("0.4", "0.3333")
    # at least a day here: 1 to 5
    assert (figures.in_time, figures.matured, str(figures.in_time_rate)) == (2, 5, "0.4")
    causes = {number[-1]: (one.cause, one.where) for number, one in rows.items()}
    assert causes["3"] == ("found.changed_at_target", "wms")
    assert causes["4"] == ("dead", "erp")
    assert causes["5"][0] == causes["6"][0] == "retrying"
    assert causes["1"] == causes["7"] == ("", "")


async def test_times_are_those_of_the_ledger(plant: Plant, tmp_path: Path) -> None:
    """Received at 0; approved after 2 h; the ERP is down until the next tries; then WMS, CRM."""
    one = plant.save("CM-2026-000001", order_no="SO-1")
    await plant.work()
    plant.clock.advance(2 * HOUR)
    plant.erp.inject("unavailable", times=1)
    plant.approve_all(one)
    await plant.work()
    await plant.pass_time(*[MINUTE] * 5)
    figures, rows = looked_at(plant, tmp_path / "spool")
    (found,) = rows.values()
    assert found.state is State.FULFILLED
    ended = {row.step: row.finished_at for row in plant.deliveries()}
    steps = {step.step: step for step in found.steps}
    for name, step in steps.items():
        assert step.total == int((ended[name] - found.received).total_seconds())
        assert step.total == step.waited + step.tried
    assert steps["erp"].approving == 2 * 3600
    assert steps["erp"].tried >= 60
    assert steps["erp"].own == steps["erp"].total
    # those that follow wait for the ERP, and their own time begins when it ended
    assert steps["wms"].preceding == steps["erp"].tried
    assert steps["wms"].own == steps["wms"].total - steps["erp"].total
    assert figures.times.median == max(ended.values()) - found.received


async def test_a_repair_that_delivers_again_makes_nothing_slower(
    plant: Plant, tmp_path: Path
) -> None:
    await sent(plant, 1)
    await plant.pass_time(MINUTE)
    before = looked_at(plant, tmp_path / "spool")[1]["CM-2026-000001"]
    plant.clock.advance(DAY)
    row = plant.deliveries()[0]
    copy = {**row._mapping, "id": plant.clock.new_id(), "created_at": plant.clock.now(),
            "finished_at": plant.clock.now()}  # fmt: skip
    plant.store.write_now(lambda tx: tx.execute(sa.insert(t.delivery).values(copy)))
    after = looked_at(plant, tmp_path / "spool")[1]["CM-2026-000001"]
    assert after.state is State.FULFILLED
    assert (after.delivered, after.steps) == (before.delivered, before.steps)


async def test_what_waits_for_approval_is_underway_then_late(plant: Plant, tmp_path: Path) -> None:
    plant.save("CM-2026-000001", status="已批准")
    plant.save("CM-2026-000002")
    await plant.work()
    states = {number: one.state for number, one in looked_at(plant, tmp_path / "s")[1].items()}
    # what is still a draft at its source is taken by no route
    assert states == {"CM-2026-000001": State.UNDERWAY, "CM-2026-000002": State.NOT_PLANNED}
    plant.clock.advance(4 * DAY)
    figures, later = looked_at(plant, tmp_path / "s")
    assert later["CM-2026-000001"].state is State.LATE
    assert later["CM-2026-000001"].cause == "approval"
    assert (figures.due, figures.standing, str(figures.rate)) == (1, 2, "0")


async def test_the_period_counts_days_and_the_source(plant: Plant, tmp_path: Path) -> None:
    await sent(plant, 1)
    plant.clock.advance(10 * DAY)
    await sent(plant, 2)
    now = plant.clock.now()
    folder = tmp_path / "spool"
    assert sorted(looked_at(plant, folder)[1]) == ["CM-2026-000001", "CM-2026-000002"]
    assert list(looked_at(plant, folder, since=now - DAY)[1]) == ["CM-2026-000002"]
    assert list(looked_at(plant, folder, until=now - DAY)[1]) == ["CM-2026-000001"]
    assert looked_at(plant, folder, connection="crm")[0].count == 2
    assert looked_at(plant, folder, connection="erp")[0].count == 0
    assert looked_at(plant, folder, kind="order")[0].count == 0


async def test_more_than_a_batch_is_read_whole_and_once(plant: Plant, tmp_path: Path) -> None:
    """Records of the same moment stand on both sides of the end of a batch."""
    await sent(plant, 1)
    record = plant._all(sa.select(t.record))[0]
    revision = plant._all(sa.select(t.record_revision))[0]
    ids = [f"f{at:031x}" for at in range(1, 1_003)]
    records = [{**record._mapping, "id": one, "number": f"N-{one}", "planned": 0} for one in ids]
    revisions = [{**revision._mapping, "record_id": one} for one in ids]

    def put(tx: Any) -> None:
        tx.execute(sa.insert(t.record), records)
        tx.execute(sa.insert(t.record_revision), revisions)

    plant.store.write_now(put)
    figures, rows = looked_at(plant, tmp_path / "spool")
    assert figures.count == len(rows) == 1_003
    assert figures.states[State.NOT_PLANNED] == 1_002


def pages_of(plant: Plant, spool: Spool, figures: Figures, language: Language) -> Pages:
    found = Builder(
        asked(plant), language,
        lambda numbers: plant.store.read_now(timeline.of, numbers, language), shows_owner=False,
    )  # fmt: skip
    return found.whole(figures, spool)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "pages.db")
    yield made
    made.close()


@pytest.mark.parametrize("language", list(Language), ids=str)
async def test_the_report_tells_the_same_as_the_figures(
    plant: Plant, spool: Spool, language: Language
) -> None:
    await whole_life(plant)
    figures = plant.store.read_now(gather.gather, asked(plant), spool)
    found = json_files.document(pages_of(plant, spool, figures, language))
    assert found["schema"] == "hub/commitment-health@1"
    assert found["figures"]["rate"] == "0.4"
    assert {one["state"]: one["count"] for one in found["tables"]["states"]} == {
        "broken": 1, "stopped": 1, "late": 1, "underway": 1, "not_planned": 0, "fulfilled": 2,
        "revoked": 1,
    }  # fmt: skip
    assert sum(one["count"] for one in found["tables"]["trend"]) == 7
    assert sum(one["count"] for one in found["tables"]["causes"]) == 4
    assert [one["state"] for one in found["tables"]["commitments"]][:4] == [
        "broken", "stopped", "late", "underway",
    ]  # fmt: skip
    # the salesperson is personal
    assert "owner" not in found["tables"]["commitments"][0]
    assert "王芳" not in str(found)
    assert not [text for text in strings(found) if text.startswith(("state.", "what.", "column."))]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


async def test_one_commitment_is_told_from_receipt_to_repair(plant: Plant) -> None:
    await whole_life(plant)
    (found,) = plant.store.read_now(gather.numbered, "CM-2026-000003", asked(plant))
    rows = plant.store.read_now(timeline.of, {found.record_id: found.number}, Language.ZH)
    story = rows[found.record_id]
    moments: list[Any] = [row[0] for row in story]
    assert moments == sorted(moments)
    told = [row[1] for row in story]
    assert told[0] == "received"
    assert told.count("approved") == 3
    assert told.count("planned") == told.count("done") == 3
    assert {"attempt", "read", "finding"} <= set(told)
    assert ("wms", "不符 · 对方已改 · 未决") in {(row[2], row[3]) for row in story}
    # nobody is named
    assert not any(person in str(story) for person in PEOPLE)


async def test_a_finding_of_another_record_of_that_key_breaks_nothing(
    plant: Plant, tmp_path: Path
) -> None:
    await whole_life(plant)
    other = {"record": "0" * 32}
    plant.store.write_now(lambda tx: tx.execute(sa.update(t.finding).values(evidence=other)))
    _, rows = looked_at(plant, tmp_path / "spool")
    assert rows["CM-2026-000003"].state is State.FULFILLED


async def test_a_waived_finding_breaks_nothing(plant: Plant, tmp_path: Path) -> None:
    await whole_life(plant)
    plant.store.write_now(lambda tx: tx.execute(sa.update(t.finding).values(state="waived")))
    assert looked_at(plant, tmp_path / "spool")[1]["CM-2026-000003"].state is State.FULFILLED


async def test_an_empty_store_has_no_rate(plant: Plant, spool: Spool) -> None:
    figures = plant.store.read_now(gather.gather, asked(plant), spool)
    found = json_files.document(pages_of(plant, spool, figures, Language.ZH))
    assert found["figures"] == {
        "rate": None, "strict_rate": None, "in_time_rate": None, "count": 0, "median": None,
        "p90": None, "longest": None,
    }  # fmt: skip
    assert found["tables"]["commitments"] == []
