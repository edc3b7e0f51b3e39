"""A reconciliation over CRM, ERP and WMS finds what people did there, and says why."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from plant import Plant, form

from hub.cli import reconcile_files
from hub.cli.reconcile import Format
from hub.cli.session import Session
from hub.language import Language
from hub.logs import MASK
from hub.mapping import read_bundle
from hub.reconcile import kept
from hub.reconcile.plan import Plan, RunGoesOn
from hub.reconcile.report.value import Moment
from hub.reconcile.run import run
from hub.settings import Settings
from hub.store import reconciliations
from hub.store.reconciliations import Run

MINUTE = timedelta(minutes=1)


def commitments(plant: Plant, **changes: Any) -> Plan:
    """Return the shipped reconciliation, without the time to settle."""
    bundle = plant.flow.bundles.active
    definition = dataclasses.replace(
        bundle.reconciliations["commitments"], settle=timedelta(0), **changes
    )
    return Plan(definition, bundle, "person:accountant", language=Language.EN)


async def delivered(plant: Plant, count: int = 3) -> list[str]:
    """Deliver approved commitments; return their ids at the CRM."""
    ids = [plant.save(f"CM-2026-{n:06d}", order_no=f"SO-{n}") for n in range(1, count + 1)]
    for one in ids:
        plant.approve_all(one)
    await plant.work()
    await plant.pass_time(MINUTE)
    return ids


async def reconciled(plant: Plant, **changes: Any) -> tuple[Run, list[dict[str, Any]]]:
    plant.clock.advance(MINUTE)
    done = await run(plant.flow, commitments(plant, **changes))
    found = plant.store.read_now(reconciliations.findings, "commitments")
    return done, found


def told(found: list[dict[str, Any]]) -> set[tuple[str, ...]]:
    return {(one["key"], one["side"], one["kind"], one["cause"]) for one in found}


async def test_what_was_delivered_agrees(plant: Plant) -> None:
    await delivered(plant)
    done, found = await reconciled(plant)
    assert (done.state, done.verdict, done.reasons) == ("complete", "agreed", [])
    assert found == []
    assert done.figures["keys"] == done.figures["agreed"] == 3


async def test_a_quantity_changed_at_the_warehouse_is_found_with_its_cause(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    done, found = await reconciled(plant)
    assert done.verdict == "findings"
    assert told(found) == {("CM2026000002", "wms", "differs", "changed_at_target")}


async def test_an_order_deleted_at_the_erp_is_found_with_its_cause(plant: Plant) -> None:
    await delivered(plant)
    plant.erp.delete_order("SO-2")
    _, found = await reconciled(plant)
    assert told(found) == {("CM2026000002", "erp", "missing", "deleted_at_target")}


async def test_an_order_that_is_known_there_by_another_number_was_renamed(plant: Plant) -> None:
    await delivered(plant)
    plant.erp.change_texts("SO-2", "CM-2026-000002", "CM-2026-000777")
    _, found = await reconciled(plant)
    assert told(found) == {
        ("CM2026000002", "erp", "missing", "rekeyed_at_target"),
        ("CM2026000777", "erp", "extra", "outside_hub"),
    }
    renamed = next(one for one in found if one["kind"] == "missing")
    assert "CM-2026-000777" in renamed["row"]["words"]
    again = (await reconciled(plant))[1]
    assert told(again) == told(found)


async def test_an_order_made_by_hand_under_another_number_is_suggested(plant: Plant) -> None:
    await delivered(plant)
    plant.erp.copy_order("SO-2")
    plant.erp.change_texts("SO-2", "CM-2026-000002", "CM-2026-000777")
    records = plant.erp.records
    ours, _ = records.where("sale.sale", reference="SO-2")
    records.delete("sale.sale", ours["id"])
    for line in records.where("sale.line", sale=ours["id"]):
        records.delete("sale.line", line["id"])
    _, found = await reconciled(plant)
    assert told(found) == {
        ("CM2026000002", "erp", "missing", "deleted_at_target"),
        ("CM2026000777", "erp", "extra", "outside_hub"),
    }
    words = {one["kind"]: one["row"]["words"] for one in found}
    assert words["missing"].endswith("; may be there as CM-2026-000777, of the same amount")
    assert words["extra"].endswith("; may be CM-2026-000002, of the same amount")
    assert (await reconciled(plant))[1] == [
        {**one, "last_run": ANY, "last_seen": ANY, "row": ANY} for one in found
    ]


async def test_lines_that_are_gone_from_an_order_with_others_were_deleted(plant: Plant) -> None:
    for number in (1, 2):
        plant.approve_all(plant.save(f"CM-2026-{number:06d}", order_no="SO-1"))
    await plant.work()
    await plant.pass_time(MINUTE)
    plant.erp.change_texts("SO-1", "CM-2026-000002", "")
    _, found = await reconciled(plant)
    assert told(found) == {("CM2026000002", "erp", "missing", "deleted_at_target")}


async def test_an_order_that_is_older_than_its_approval_is_unapproved(plant: Plant) -> None:
    await delivered(plant)
    files = plant.flow.bundles.active.files
    path = "shipped/reconcile/commitments.yaml"
    text = files[path].decode()
    for old, new in (
        ("    modified: modified_at\n", "    modified: modified_at\n    approved: modified_at\n"),
        ("    many: true\n", "    many: true\n    made: ..sale_date\n"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    plant.flow.bundles.active = read_bundle({**files, path: text.encode()})
    assert (await reconciled(plant))[1] == []
    day = plant.clock.now().date() - timedelta(days=3)
    plant.erp.change_sale_date("SO-2", day)
    done, found = await reconciled(plant)
    assert told(found) == {("CM2026000002", "erp", "unapproved", "late")}
    assert f"since {day}" in found[0]["row"]["words"]
    assert done.reasons == []


async def test_an_order_copied_at_the_erp_is_a_duplicate_of_somebody_else(plant: Plant) -> None:
    await delivered(plant)
    plant.erp.copy_order("SO-2")
    _, found = await reconciled(plant)
    assert told(found) == {("CM2026000002", "erp", "duplicate", "outside_hub")}
    assert found[0]["severity"] == "critical"


async def test_an_older_revision_that_stands_there_again_is_stale(plant: Plant) -> None:
    first, *_ = await delivered(plant)
    lines = [{**form("x")["lines"][0], "quantity": 5}]
    plant.crm.save_form({"revision": 2, "lines": lines, "approvals": []}, data_id=first)
    plant.approve_all(first)
    await plant.work()
    await plant.pass_time(MINUTE)
    assert (await reconciled(plant))[1] == []
    plant.erp.change_quantities("SO-1", [1])
    _, found = await reconciled(plant)
    assert told(found) == {("CM2026000001", "erp", "stale", "rolled_back_at_target")}


async def test_a_commitment_the_erp_refused_is_told_with_its_words(plant: Plant) -> None:
    lines = [{**form("x")["lines"][0], "sku": "NONE"}]
    plant.approve_all(plant.save("CM-2026-000009", lines=lines))
    await plant.work()
    _, found = await reconciled(plant)
    assert ("CM2026000009", "erp", "missing", "send_failed") in told(found)


async def test_the_page_of_a_record_shows_what_far_ends_answered(plant: Plant) -> None:
    await delivered(plant)
    connectors = {"erp": "tryton", "wms": "qimen"}
    plant.flow.settings = Settings.model_validate({"tenant": "HX", "connections": {
        name: {"name": name, "connector": one} for name, one in connectors.items()
    }})  # fmt: skip
    plant.wms.change_quantity("CM-2026-000002", 9)
    sent, read = await story(plant, "CM2026000002")
    assert (sent.words, read.words) == (
        "wms → wms r1: send applied",
        "wms → wms r1: read confirmed",
    )
    assert "<deliveryOrderId>WMS-" in sent.raw
    # an answer that nobody described may hold anything
    plant.flow.settings = None
    sent, _ = await story(plant, "CM2026000002")
    assert sent.raw == MASK


async def story(plant: Plant, key: str) -> tuple[Moment, ...]:
    """Reconcile; return what the page of a record tells of its deliveries."""
    done, _ = await reconciled(plant)
    with kept.report_of(plant.store, done) as report:
        record = report.record(key)
    assert record is not None
    return record.timeline


async def test_a_delivery_underway_is_no_finding_until_it_takes_too_long(plant: Plant) -> None:
    await delivered(plant)
    plant.erp.inject("unavailable", times=50)
    plant.approve_all(plant.save("CM-2026-000007", order_no="SO-7"))
    await plant.work()
    plant.erp.faults.clear()
    done, found = await reconciled(plant)
    assert found == []
    assert done.figures["in_flight"] == 1
    plant.clock.advance(timedelta(hours=5))
    _, found = await reconciled(plant)
    assert {one[3] for one in told(found)} == {"stuck"}


async def test_what_was_put_right_is_resolved_by_the_next_run(plant: Plant) -> None:
    await delivered(plant)
    plant.wms.change_quantity("CM-2026-000002", 9)
    await reconciled(plant)
    plant.wms.change_quantity("CM-2026-000002", 1)
    done, found = await reconciled(plant)
    assert (done.verdict, found) == ("agreed", [])
    assert done.figures["resolved"] == 1


async def test_a_side_that_cannot_be_read_makes_the_run_incomplete_and_ends_nothing(
    plant: Plant,
) -> None:
    await delivered(plant)
    plant.erp.delete_order("SO-2")
    await reconciled(plant)
    plant.erp.inject("error_500", "sale.sale.search_read", times=50)
    done, found = await reconciled(plant)
    assert (done.state, done.verdict) == ("incomplete", "incomplete")
    assert "page 1" in done.reasons[0]
    assert told(found) == {("CM2026000002", "erp", "missing", "deleted_at_target")}


async def test_what_differs_alike_is_one_pattern(plant: Plant) -> None:
    await delivered(plant, 6)
    for number in range(1, 5):
        plant.wms.change_quantity(f"CM-2026-{number:06d}", 3)
    plant.wms.change_quantity("CM-2026-000005", 9)
    done, found = await reconciled(plant)
    with kept.report_of(plant.store, done) as report:
        (cluster,) = report.clusters
        labels = [one.cluster for one in report.findings()]
    assert (cluster.keys, cluster.cause) == (4, "changed_at_target")
    assert cluster.words == "4 of 5 share: 数量: 3 times as much"
    assert cluster.mapping.startswith("commitment-to-wms (")
    assert cluster.since is not None
    assert sorted(labels) == ["", *[cluster.name] * 4]
    assert sorted(one["cluster"] for one in found) == sorted(labels)


async def test_a_few_alike_are_no_pattern(plant: Plant) -> None:
    await delivered(plant, 6)
    for number in (1, 2):
        plant.wms.change_quantity(f"CM-2026-{number:06d}", 3)
    done, _ = await reconciled(plant)
    with kept.report_of(plant.store, done) as report:
        assert report.clusters == ()


async def test_the_page_at_which_a_side_stopped_is_named(plant: Plant) -> None:
    await delivered(plant, 5)
    erp: Any = plant.flow.connection("erp").connector
    erp._streams = dataclasses.replace(erp._streams, page_size=2)
    read, pages = erp.poll, 0

    async def stops(stream: str, cursor: str | None) -> Any:
        nonlocal pages
        pages += 1
        if pages == 3:
            plant.erp.inject("error_500", "search_read", times=50)
        return await read(stream, cursor)

    erp.poll = stops
    done, found = await reconciled(plant)
    assert done.state == "incomplete"
    assert "page 3: " in done.reasons[0]
    # some orders were never read: nothing is said to be missing
    assert found == []


async def test_a_side_that_shows_less_than_it_says_it_holds_is_not_believed(plant: Plant) -> None:
    await delivered(plant)
    erp: Any = plant.flow.connection("erp").connector
    counted = erp.count

    async def more(stream: str) -> int:
        return int(await counted(stream)) + 1

    erp.count = more
    done, found = await reconciled(plant)
    assert (done.state, found) == ("incomplete", [])
    assert "it holds" in done.reasons[0]


async def test_a_revoked_promise_that_still_stands_there_is_unapproved(plant: Plant) -> None:
    first, *_ = await delivered(plant)
    plant.crm.save_form({"status": "已撤销"}, data_id=first)
    plant.crm.outgoing.clear()
    _, found = await reconciled(plant)
    assert ("CM2026000001", "erp", "extra", "unknown") in told(found)


async def test_what_the_authority_was_not_read_for_does_not_agree(plant: Plant) -> None:
    await delivered(plant)
    # at the warehouse alone, which is read by key
    plant.erp.delete_order("SO-2")
    plant.crm.inject("error_500", "list", times=50)
    done, found = await reconciled(plant)
    assert (done.verdict, found) == ("incomplete", [])
    assert (done.figures["agreed"], done.figures["not_compared"]) == (0, 3)
    with kept.report_of(plant.store, done) as report:
        assert {(one.key, one.side) for one in report.not_compared()} >= {("CM-2026-000002", "wms")}


async def test_half_a_character_is_in_every_report_as_its_number(
    plant: Plant, tmp_path: Path
) -> None:
    await delivered(plant)
    erp: Any = plant.flow.connection("erp").connector
    poll, fetch = erp.poll, erp.fetch

    def broken(item: Any) -> Any:
        item["party"]["code"] = "KH\ud83d"
        return item

    async def polled(stream: str, cursor: str | None) -> Any:
        page = await poll(stream, cursor)
        for event in page.events:
            broken(event.item)
        return page

    async def fetched(stream: str, object_id: str) -> Any:
        return broken(await fetch(stream, object_id))

    erp.poll, erp.fetch = polled, fetched
    done, found = await reconciled(plant)
    assert (done.verdict, len(found)) == ("findings", 3)
    assert {one["row"]["actual"] for one in found} == {"KH\\ud83d"}
    with kept.report_of(plant.store, done) as report:
        here = Session(None, Language.EN)
        reconcile_files.write_all(here, report, tmp_path / "out", list(Format), quiet=True)
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {path.suffix for path in written} == {".html", ".xlsx", ".csv", ".json", ".jsonl"}
    (lines,) = (path for path in written if path.suffix == ".jsonl")
    assert "KH\\\\ud83d" in lines.read_text()


async def test_a_second_run_at_the_same_time_is_refused(plant: Plant) -> None:
    await delivered(plant, 1)
    plan = commitments(plant)
    now = plant.clock.now()
    fresh = Run(
        "f" * 32, "commitments", 1, "", "", "full", "reading", now, now, "system",
        plant.flow.worker,
        lease_until=now + MINUTE,
    )  # fmt: skip
    plant.store.write_now(reconciliations.begin, fresh)
    with pytest.raises(RunGoesOn):
        await run(plant.flow, plan)
