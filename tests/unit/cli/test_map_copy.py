"""`hub map copy`, and mapping commands beside a hub.yaml whose secrets are not there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.cli.map_copy import brought
from hub.mapping import load_bundle
from hub.mapping.shipped import shipped_folder

Hub = Callable[..., Any]

SHIPPED = shipped_folder()
LABEL = "qimen/commitment-to-wms.yaml"
TEST = "赠品加急并约定交期"
SECRETS = ("CRM_API_KEY", "CRM_WEBHOOK_SECRET", "ERP_PASSWORD", "WMS_SECRET")


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder without a hub."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def example(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a hub as `hub init --example` makes it, none of its secrets known."""
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "example"
    assert hub("init", folder, "--example").code == 0
    monkeypatch.chdir(folder)
    return folder


# ---- copy ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("commitment-to-wms", LABEL),
        (LABEL, LABEL),
        ("approved-commitment", "routes/commitment.yaml"),
    ],
    ids=["mapping", "path", "route"],
)
def test_a_shipped_file_is_copied_to_its_place(hub: Hub, alone: Path, name: str, file: str) -> None:
    ran = hub("map", "copy", name)
    assert ran.code == 0
    assert (alone / "mappings" / file).read_bytes() == (SHIPPED / file).read_bytes()
    assert f"mappings/{file}" in ran.out
    assert "hub map check" in ran.out
    assert ("version:" in ran.out) == (name != "approved-commitment")
    assert hub("map", "check").code == 0


def test_the_copy_takes_the_place_of_the_shipped_file(hub: Hub, alone: Path) -> None:
    hub("map", "copy", "commitment-to-wms")
    rows = [json.loads(line) for line in hub("map", "list", "--json").out.splitlines()]
    assert [row["name"] for row in rows if row["overrides_shipped"]] == ["commitment-to-wms"]


def test_a_hub_has_the_folder_its_settings_name(hub: Hub, example: Path) -> None:
    settings = example / "hub.yaml"
    text = re.sub("mappings_folder: .*\n", "", settings.read_text("utf-8"))
    settings.write_text(f"mappings_folder: rules\n{text}", "utf-8")
    assert hub("map", "copy", "commitment-to-wms").code == 0
    assert (example / "rules" / LABEL).is_file()


def test_a_file_may_be_named(hub: Hub, alone: Path) -> None:
    assert hub("map", "copy", "commitment-to-wms", "--output", "mappings/ours.yaml").code == 0
    assert (alone / "mappings" / "ours.yaml").read_bytes() == (SHIPPED / LABEL).read_bytes()


@pytest.mark.parametrize("output", [(), ("--output", f"mappings/{LABEL}")])
def test_a_file_that_is_there_stays(hub: Hub, alone: Path, output: tuple[str, ...]) -> None:
    own = alone / "mappings" / LABEL
    own.parent.mkdir(parents=True)
    own.write_text("mine", "utf-8")
    ran = hub("map", "copy", "commitment-to-wms", *output)
    assert ran.code == 2
    assert f"mappings/{LABEL}" in ran.err
    assert own.read_text("utf-8") == "mine"


def test_a_mapping_that_is_there_under_another_file_name_is_not_copied_beside_it(
    hub: Hub, alone: Path
) -> None:
    hub("map", "copy", "commitment-to-wms", "--output", "mappings/ours.yaml")
    ran = hub("map", "copy", "commitment-to-wms")
    assert ran.code == 2
    assert "mappings/ours.yaml" in ran.err
    assert not (alone / "mappings" / LABEL).exists()


@pytest.mark.parametrize(("language", "words"), [("en", "Did you mean"), ("zh", "是否应为")])
def test_an_unknown_name_tells_the_nearest(
    hub: Hub, alone: Path, language: str, words: str
) -> None:
    ran = hub("--lang", language, "map", "copy", "commitment-to-wns")
    assert ran.code == 2
    assert f"{words} commitment-to-wms" in ran.err
    assert not (alone / "mappings").exists()


def test_a_mapping_brings_the_tables_it_names_and_leaves_those_that_are_there(
    tmp_path: Path,
) -> None:
    source, own = "shipped/erp/order.yaml", tmp_path / "erp" / "order.yaml"
    files = {
        source: b"mapping: a\ntables: {uom: {file: uom.csv}, day: {file: ../days.yaml}}\n",
        "shipped/erp/uom.csv": b"a,b\n",
        "shipped/days.yaml": b"a: b\n",
        "shipped/other.csv": b"a,b\n",
    }
    assert [path.resolve() for path in brought(files, source, own).values()] == [
        tmp_path / "erp" / "uom.csv", tmp_path / "days.yaml", own,
    ]  # fmt: skip
    (tmp_path / "days.yaml").write_text("a: c\n", "utf-8")
    (tmp_path / "erp").mkdir()
    assert {*brought(files, source, own)} == {source, "shipped/erp/uom.csv"}


# ---- without the secrets ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("list",),
        ("test",),
        ("schema",),
        ("diff", "--shipped"),
        ("preview", "commitment-to-wms", "--test", TEST),
        ("preview", "commitment-to-wms", "--doc", "document.json"),
        ("explain", "commitment-to-wms", "--test", TEST),
        ("explain", "commitment-to-wms", "--doc", "document.json"),
        ("new", "own", "--from", "record:contract", "--to", "lowcode.update_record"),
        ("copy", "commitment-to-wms"),
    ],
    ids=" ".join,
)
def test_a_mapping_is_worked_on_without_the_secrets_of_connections(
    hub: Hub, example: Path, command: tuple[str, ...]
) -> None:
    mapping = load_bundle(SHIPPED).mappings["commitment-to-wms"]
    given = next(test.given for test in mapping.tests if test.name == TEST)
    (example / "document.json").write_text(json.dumps(given), "utf-8")
    ran = hub("map", *command)
    assert (ran.code, ran.err) == (0, "")


def test_the_whole_check_still_misses_the_secrets(hub: Hub, example: Path) -> None:
    ran = hub("check")
    assert ran.code == 2
    assert [name for name in SECRETS if f"{name} is not set" not in ran.err] == []
    assert ran.err.count("E504") == len(SECRETS)


def test_routes_are_checked_against_the_connections_without_their_secrets(
    hub: Hub, example: Path
) -> None:
    hub("map", "copy", "approved-commitment")
    route = example / "mappings" / "routes" / "commitment.yaml"
    route.write_text(route.read_text("utf-8").replace("to: wms", "step: wms, to: wns"), "utf-8")
    ran = hub("map", "check")
    assert ran.code == 1
    assert "hub.yaml has no connection wns" in ran.out


def test_a_file_that_cannot_be_read_and_a_reference_within_a_text_are_no_fault_either(
    hub: Hub, example: Path
) -> None:
    lines = [
        "tenant: ${env:NOT_SET}",
        "store: postgresql+psycopg://hub:${file:not-there}@db/hub",
        "connections:",
        "  erp: {connector: tryton, user: '${env:NOT_SET}'}",
        "  wms: {connector: qimen}",
        "  crm: {connector: lowcode, api_key: '${file:not-there}', hosts: ['${env:NOT_SET}']}",
    ]
    (example / "hub.yaml").write_text("\n".join(lines), "utf-8")
    assert hub("map", "check").code == 0
    assert hub("check").err.count("E504") == 5


def test_what_is_in_force_needs_the_address_of_the_store(hub: Hub, example: Path) -> None:
    settings = example / "hub.yaml"
    text = settings.read_text("utf-8").replace("store:", "# store:")
    settings.write_text(f"store: sqlite:///${{env:NOT_SET}}\n{text}", "utf-8")
    ran = hub("map", "diff")
    assert (ran.code, "NOT_SET" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("tenant: ACME\nstoer: x\n", "E501"),
        ("tenant: ${emv:NAME}\n", "E504"),
        ("tenant: too-long-for-a-name\n", "E503"),
        ("tenant: [\n", "E001"),
    ],
)
def test_a_settings_file_that_is_wrong_is_still_an_error(
    hub: Hub, example: Path, text: str, code: str
) -> None:
    (example / "hub.yaml").write_text(text, "utf-8")
    ran = hub("map", "check")
    assert (ran.code, code in ran.err) == (2, True)


# ---- what a connector's documents hold -------------------------------------------------------


def test_a_connector_lists_the_fields_of_its_documents(hub: Hub) -> None:
    told = json.loads(hub("connector", "describe", "lowcode", "--json").out)
    fields = {
        (end["name"], field["name"]): field
        for part in ("streams", "operations")
        for end in told[part]
        for field in end["fields"]
    }
    assert fields["commitment", "contact_phone"]["personal"] == "phone"
    assert fields["commitment", "lines[].quantity"]["type"] == "decimal"
    assert fields["commitment", "lines[].quantity"]["required"]
    assert not fields["update_record", "watermark"]["required"]


@pytest.mark.parametrize(
    ("language", "head", "yes"),
    [("en", "Fields of contract", "yes"), ("zh", "contract 的字段", "是")],
)
def test_the_fields_are_listed_for_people_too(hub: Hub, language: str, head: str, yes: str) -> None:
    out = hub("--lang", language, "connector", "describe", "lowcode").out
    _, found, after = out.partition(head)
    assert found
    (row,) = [line.split() for line in after.splitlines() if line.startswith("customer_code ")]
    assert row == ["customer_code", "text", yes]
    assert "contact_phone" in out.split("Fields of contract")[0]
    assert [line.split()[-1] for line in out.splitlines() if line.startswith("contact_phone ")] == [
        "phone"
    ]
