"""What the mapping tools of the command line know of reconciliation files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub.mapping.shipped import shipped_folder
from tests.unit.cli.conftest import Hub

FILE = """\
reconciliation: gifts
version: 3
title: Gifts in CRM and warehouse
sides:
  crm: {record: commitment, key: number}
  wms: {connection: wms, operation: create_order}
compare:
  owner: {crm: customer.code, wms: owner}
tests:
  - name: they agree
    given: {crm: {number: A, customer: {code: K}}, wms: {_number: a, owner: K}}
    expect: []
"""


@pytest.fixture
def own(filled: Path) -> Path:
    """Return a reconciliation of a hub's own, in its folder."""
    path = filled / "mappings" / "gifts.yaml"
    path.write_text(FILE, "utf-8")
    return path


def rows(hub: Hub, *arguments: object) -> list[dict[str, Any]]:
    out = hub(*arguments, "--json").out
    return [json.loads(line) for line in out.splitlines()]


def test_they_are_listed_with_what_they_compare(hub: Hub, own: Path) -> None:
    found = {
        row["name"]: row for row in rows(hub, "map", "list") if row["kind"] == "reconciliation"
    }
    shipped = {path.stem: "shipped" for path in (shipped_folder() / "reconcile").glob("*.yaml")}
    assert {"commitments", "sales-orders", "bom-versions", "two-files"} <= shipped.keys()
    assert {name: row["origin"] for name, row in found.items()} == {**shipped, "gifts": "own"}
    gifts = found["gifts"]
    assert (gifts["source"], gifts["target"]) == ("hub:commitment", "wms.create_order")
    assert (gifts["version"], gifts["tests"]) == (3, 1)
    assert gifts["file"].endswith("mappings/gifts.yaml")


def test_before_the_first_start_those_of_the_folder_are_listed_with_what_they_lack(
    hub: Hub, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_CONFIG", str(empty))
    own = empty.parent / "mappings" / "gifts.yaml"
    own.parent.mkdir(exist_ok=True)
    own.write_text(FILE.replace("wms", "depot"), "utf-8")
    assert hub("store", "upgrade").code == 0
    found = {row["name"]: row for row in rows(hub, "reconcile", "list")}
    gifts, files = found["gifts"], found["two-files"]
    assert (gifts["last_run"], gifts["open"], gifts["lacks"]) == (None, 0, ["depot"])
    assert files["lacks"] == ["bank", "receivables"]
    own.write_text(FILE.replace("compare:", "compere:"), "utf-8")
    refused = hub("--lang", "en", "reconcile", "list")
    assert refused.code == 2
    assert "gifts.yaml" in refused.err


def test_a_repair_is_applied_or_only_said(hub: Hub, filled: Path) -> None:
    refused = hub("--lang", "en", "reconcile", "repair", "x", "--apply", "3f9a2b1c", "--dry-run")
    assert refused.code == 2
    assert "Give --apply or --dry-run, not both." in refused.err
    none = hub("--lang", "en", "reconcile", "repair", "commitments", "--dry-run")
    assert (none.code, "commitments has no finished run" in none.err) == (1, True)


def test_they_are_checked_with_their_examples(hub: Hub, own: Path) -> None:
    assert hub("map", "check").code == 0
    assert "1 test(s) pass" in hub("--lang", "en", "map", "test", own).out
    own.write_text(FILE.replace("owner: K}", "owner: L}"), "utf-8")
    ran = hub("--lang", "en", "map", "test", own)
    assert ran.code == 1
    assert "{key: A, side: wms, kind: differs, field: owner}" in ran.out + ran.err


def test_a_failed_example_is_told_in_chinese(hub: Hub, own: Path) -> None:
    own.write_text(FILE.replace("expect: []", "expect: [{kind: extra}]"), "utf-8")
    ran = hub("--lang", "zh", "map", "test", own)
    assert ran.code == 1
    assert "应为 {kind: extra}，实为没有差异" in ran.out + ran.err


def test_examples_of_one_name_are_run(hub: Hub, own: Path) -> None:
    assert "1 test(s) pass" in hub("--lang", "en", "map", "test", "-k", "they agree").out


def test_an_operation_the_connection_does_not_have_is_a_fault_with_its_place(
    hub: Hub, own: Path
) -> None:
    own.write_text(FILE.replace("create_order", "create_ordr"), "utf-8")
    for command in (("map", "check"), ("check",)):
        (fault,) = rows(hub, *command)
        assert (fault["code"], fault["line"], fault["column"]) == ("E111", 6, 3)
        assert "create_order" in json.dumps(fault)


def test_one_that_sleeps_is_warned_of(hub: Hub, own: Path) -> None:
    own.write_text(FILE.replace("connection: wms", "connection: wmss"), "utf-8")
    ran = hub("--lang", "en", "map", "check")
    assert ran.code == 0
    assert "W105" in ran.out + ran.err
    assert "the reconciliation gifts sleeps" in ran.out + ran.err
    assert hub("map", "check", "--strict").code == 1


def test_one_that_sleeps_is_told_by_the_check_of_everything(hub: Hub, own: Path) -> None:
    own.write_text(FILE.replace("connection: wms", "connection: wmss"), "utf-8")
    ran = hub("--lang", "en", "check")
    assert ran.code == 0
    assert "Reconciliation gifts sleeps: hub.yaml has no connection wmss." in ran.out
    # the shipped one, as this hub has no ERP
    assert "Reconciliation commitments sleeps: hub.yaml has no connection erp." in ran.out
    own.write_text(FILE, "utf-8")
    assert "gifts" not in hub("--lang", "en", "check").out
    own.write_text(FILE.replace("connection: wms", "connection: wmss"), "utf-8")
    assert "对账 gifts 未启用" in hub("--lang", "zh", "check").out


def test_what_one_of_ones_own_says_otherwise_than_the_shipped_one_is_shown(
    hub: Hub, filled: Path
) -> None:
    shipped = (shipped_folder() / "reconcile" / "commitments.yaml").read_text("utf-8")
    own = filled / "mappings" / "own.yaml"
    own.write_text(shipped.replace("settle: 15 minutes", "settle: 1 hour"), "utf-8")
    ran = hub("--lang", "en", "map", "diff", "--shipped")
    assert ran.code == 1
    assert "~ reconciliation commitments" in ran.out
    assert "~ cut_off.settle" in ran.out
    assert "对账 commitments" in hub("--lang", "zh", "map", "diff", "--shipped").out
    listed = rows(hub, "map", "diff", "--shipped")
    (found,) = [one for one in listed if one["what"] == "reconciliation"]
    assert (found["name"], found["same_version"]) == ("commitments", True)


def test_the_schema_for_editors_is_printed(hub: Hub, filled: Path) -> None:
    found = json.loads(hub("map", "schema", "--reconciliation").out)
    assert "对账" in found["title"]
    shipped = shipped_folder() / "schema" / "reconciliation-1.json"
    assert found == json.loads(shipped.read_text("utf-8"))
