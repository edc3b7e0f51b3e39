"""Whether reconciliation files fit the connections of a hub, and which of them sleep."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import settings
from hub.errors import Fault
from hub.flow import checks, overlay
from hub.language import Language, told_fault
from hub.mapping.bundle import read_bundle

CRM = """\
  crm:
    connector: lowcode
    base_url: http://127.0.0.1:9/api
    api_key: key
    app_id: app
    forms: {commitment: {entry_id: form}}
"""
ERP = """\
  erp:
    connector: tryton
    base_url: http://127.0.0.1:9
    database: demo
    username: admin
    password: secret
"""
WMS = """\
  wms:
    connector: qimen
    base_url: http://127.0.0.1:9/router
    app_key: app
    secret: secret
    customer_id: customer
    owner_code: OWN01
    warehouse_code: WH-NB-01
"""
FILE = """\
reconciliation: orders
sides:
  crm: {connection: crm, stream: commitment, map: in-crm, key: number}
  erp: {connection: erp, stream: order, key: no, delivered_by: add_commitment}
  wms: {connection: wms, operation: create_order}
compare:
  amount: {as: number, crm: amount, erp: amount, wms: amount}
"""
MAPPING = """\
mapping: in-crm
from: {connector: lowcode, stream: commitment}
to: {record: commitment}
fields: {number: a, kind: {value: gift}, status: {value: open}, customer: {fields: {code: b}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    return tmp_path


def loaded(folder: Path, *connections: str) -> settings.Settings:
    text = "tenant: TEST\nstore: sqlite:///hub.db\nconnections:\n" + "".join(connections)
    (folder / "hub.yaml").write_text(text, "utf-8")
    return settings.load(folder / "hub.yaml", {})


def found(folder: Path, text: str, *connections: str, mapping: str = MAPPING) -> list[Fault]:
    files = {"own/r.yaml": text.encode(), "own/m.yaml": mapping.encode()}
    config = loaded(folder, *connections)
    return list(checks.fitting(config, read_bundle(files))[0])


def test_what_fits_has_no_fault(folder: Path) -> None:
    assert found(folder, FILE, CRM, ERP, WMS) == []


def test_the_shipped_ones_fit_the_connectors_that_are_shipped(folder: Path) -> None:
    drawings = CRM.replace("crm:", "crm_drawings:").replace("commitment:", "contract:")
    folders = [
        f"  {name}: {{connector: folder, folder: {name}, key: no}}\n"
        for name in ("erp_boms", "bank", "receivables")
    ]
    config = loaded(folder, CRM, ERP, WMS, drawings, *folders)
    bundle = checks.load(config)
    assert len(bundle.reconciliations) == 5
    assert checks.fitting(config, bundle)[0] == ()
    assert list(checks.warnings(config, bundle)) == []


def test_the_shipped_ones_sleep_where_their_connections_are_not_there(folder: Path) -> None:
    config = loaded(folder, "  bank: {connector: folder, folder: bank, key: no}\n")
    bundle = checks.load(config)
    assert checks.fitting(config, bundle)[0] == ()
    asleep = {one.file for one in checks.warnings(config, bundle)}
    assert len(asleep) == 5


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "words"),
    [
        ("stream: order", "stream: ordr", "E111", 4,
         "stream: tryton has no stream ordr. Did you mean order?"),
        ("operation: create_order", "operation: creat_order", "E111", 5,
         "operation: qimen has no operation creat_order. Did you mean create_order?"),
        ("delivered_by: add_commitment", "delivered_by: add_comitment", "E111", 4,
         "delivered_by: tryton has no operation add_comitment. Did you mean add_commitment?"),
        ("operation: create_order", "operation: create_order, delivered_by: put", "E111", 5,
         "delivered_by: qimen has no operation put."),
        ("stream: commitment", "stream: contract", "E106", 3,
         "map: in-crm does not map from contract of lowcode. There are none."),
        ("stream: order, key: no,", "stream: order, map: in-crm, key: number,", "E106", 4,
         "map: in-crm does not map from order of tryton. There are none."),
    ],
    ids=["stream", "operation", "delivered-by", "delivered-by-of-a-key", "map", "map-of-another"],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_place_and_the_nearest_name(
    folder: Path, old: str, new: str, code: str, line: int, words: str
) -> None:
    assert old in FILE
    (fault,) = found(folder, FILE.replace(old, new, 1), CRM, ERP, WMS)
    assert (fault.code, fault.file, fault.line, fault.column) == (code, "own/r.yaml", line, 3)
    assert str(fault).endswith(f"{words}") or f"{words} " in str(fault)
    chinese = told_fault(fault, Language.ZH).partition(code)[2]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_a_mapping_of_the_same_name_that_hub_yaml_gives_the_stream_is_taken(folder: Path) -> None:
    text = FILE.replace("stream: order,", "stream: order, map: in-crm,")
    config = ERP + "    mappings: {order: in-crm}\n"
    assert found(folder, text.replace("key: no,", "key: number,"), CRM, config, WMS) == []


@pytest.mark.parametrize("there", [(CRM,), (CRM, WMS), (ERP, WMS)], ids=["one", "two", "others"])
def test_it_sleeps_until_all_its_connections_are_there(
    folder: Path, there: tuple[str, ...]
) -> None:
    wrong = FILE.replace("stream: commitment", "stream: nothing").replace("create_order", "put")
    assert found(folder, wrong, *there) == []


def test_own_records_wait_for_no_connection(folder: Path) -> None:
    text = """\
reconciliation: orders
sides:
  hub: {record: commitment, key: number}
  wms: {connection: wms, operation: put}
compare: {amount: {as: number, hub: amount, wms: amount}}
"""
    (fault,) = found(folder, text, WMS)
    assert (fault.code, fault.line) == ("E111", 4)


def test_an_own_one_that_sleeps_is_warned_of_and_no_fault(folder: Path) -> None:
    (folder / "mappings" / "r.yaml").write_text(FILE.replace("map: in-crm, ", ""), "utf-8")
    config = loaded(folder, ERP, WMS.replace("wms:", "wms2:"))
    result = overlay.check(overlay.collect(config), config)
    assert result.bundle is not None
    # shipped ones are not mentioned: nobody mends them
    told = [(one.code, Path(one.file).name, one.line, one.column) for one in result.faults]
    assert told == [("W105", "r.yaml", 3, 3), ("W105", "r.yaml", 5, 3)]
    first, second = result.faults
    assert first.message == "hub.yaml has no connection crm: the reconciliation orders sleeps."
    assert second.hint == "Did you mean wms2?"
    assert "处于休眠" in told_fault(first, Language.ZH)
