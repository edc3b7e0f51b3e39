"""The reconciliations that ship: each finds what was planted at its systems, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from plant import Plant

from connectors.crm.lowcode import simulator as crm
from connectors.crm.lowcode.connector import LowcodeConnector
from connectors.files.folder.connector import FolderConnector
from connectors.files.folder.settings import FolderSettings
from hub.errors import ConfigError
from hub.flow.parts import Bundles, Connection
from hub.language import Language
from hub.mapping import load_bundle, read_bundle
from hub.mapping.shipped import shipped_folder
from hub.reconcile import kept
from hub.reconcile.plan import Plan
from hub.reconcile.run import run
from hub.store import reconciliations
from hub.store.reconciliations import Run
from hub.table_file import open_table
from hub.testing.case import simulated_context

DAY = timedelta(days=1)

Rows = list[dict[str, Any]]
Told = set[tuple[str, str, str, str]]


async def reconciled(
    plant: Plant, name: str, files: Mapping[str, Path] | None = None
) -> tuple[Run, Told]:
    """Run a shipped reconciliation without the time to settle; return key, side, kind, field."""
    plant.clock.advance(timedelta(minutes=1))
    bundle = plant.flow.bundles.active
    definition = dataclasses.replace(bundle.reconciliations[name], settle=timedelta(0))
    tables = {side: open_table(path) for side, path in (files or {}).items()}
    done = await run(
        plant.flow, Plan(definition, bundle, "person:accountant", tables, language=Language.EN)
    )
    found = plant.store.read_now(reconciliations.findings, name)
    return done, {(one["key"], one["side"], one["kind"], one["field"]) for one in found}


def connect(plant: Plant, name: str, connector: Any) -> None:
    connections: Any = plant.flow.connections
    connections[name] = Connection(name, connector)


# ---- sales orders --------------------------------------------------------------------------------

#: What an administrator writes so that the hub gives sales orders to the warehouse.
OWN_FORM = """\
mapping: lowcode-to-contract
from:
  connector: lowcode
  stream: contract
  fields:
    promised_date: date
    warehouse: text
    lines: {type: list, fields: {line_no: text, sku: text, quantity: decimal}}
to: {record: order}
when: warehouse is set and warehouse != ""
fields:
  number: {from: contract_no, required: true}
  status: status
  customer: {fields: {code: customer_code}}
  currency: {from: currency, empty: [""], default: CNY}
  lines:
    each: lines
    fields: {line_no: line_no, sku: sku, quantity: {from: quantity, as: decimal}}
"""
OWN_ORDER = """\
mapping: order-to-wms
from: {record: order}
to: {connector: qimen, operation: create_order}
key: "{number}"
fields:
  deliveryOrder:
    fields:
      receiverInfo:
        fields: {name: {value: 收货人}, mobile: {value: "13000000001"}, province: {value: 江苏省},
                 city: {value: 苏州市}, detailAddress: {value: 样本街2号}}
  orderLines:
    each: lines
    fields:
      orderLineNo: line_no
      itemCode: sku
      planQty: {from: quantity, as: integer}
      actualPrice: {value: "0.00"}
"""
OWN_ROUTE = """\
route: orders-to-warehouse
when: {record: order, from: crm, if: status == "已签订"}
deliver:
  - {to: wms, operation: create_order, map: order-to-wms}
"""


@dataclasses.dataclass
class Orders:
    """Sales orders that stand in all three systems."""

    plant: Plant
    ids: dict[str, str]

    def change(self, number: str, **values: Any) -> None:
        """Change a form at the CRM, without a word to the hub."""
        self.plant.crm.save_form(values, form="contract", data_id=self.ids[number])
        self.plant.crm.outgoing.clear()

    def write(self, number: str, **values: Any) -> None:
        """Change a sale at the ERP."""
        records = self.plant.erp.records
        (sale,) = records.where("sale.sale", reference=number)
        records.write("sale.sale", sale["id"], values)

    def line(self, number: str, **values: Any) -> None:
        """Change the line of a sale at the ERP."""
        records = self.plant.erp.records
        (sale,) = records.where("sale.sale", reference=number)
        (line,) = records.where("sale.line", sale=sale["id"])
        records.write("sale.line", line["id"], values)

    def code(self, number: str) -> str:
        """Return the code of an order at the warehouse."""
        (code,) = (
            one.key for one in self.plant.deliveries()
            if one.connection == "wms" and one.key.startswith(number)
        )  # fmt: skip
        return str(code)


def order_form(number: str, warehouse: str = "WH-NB-01", **changes: Any) -> dict[str, Any]:
    return {
        "contract_no": number, "status": "已签订", "customer_code": "KH0002",
        "customer_name": "宁波东海泵业股份有限公司", "signed_on": "2026-05-31T16:00:00.000Z",
        "currency": "CNY", "amount": 25600, "promised_date": "2026-06-25T16:00:00.000Z",
        "warehouse": warehouse, "lines": [{"line_no": "1", "sku": "P-100", "quantity": 2}],
        **changes,
    }  # fmt: skip


async def ordered(plant: Plant) -> Orders:
    """Enter three orders at CRM and ERP, two of them for the warehouse, and let a week pass."""
    files = load_bundle(shipped_folder()).files
    own = {"own/form.yaml": OWN_FORM, "own/order.yaml": OWN_ORDER, "own/route.yaml": OWN_ROUTE}
    bundle = read_bundle({**files, **{name: text.encode() for name, text in own.items()}})
    plant.flow.bundles = Bundles(bundle)
    for sale in plant.erp.records.all("sale.sale"):
        plant.erp.delete_order(sale["reference"])
    orders = Orders(plant, {})
    for number, warehouse in (("SO-1", "WH-NB-01"), ("SO-2", "WH-NB-01"), ("SO-3", "")):
        orders.ids[number] = plant.crm.save_form(order_form(number, warehouse), form="contract")
        plant.erp.enter_order(number)
        orders.write(number, shipping_date=date(2026, 6, 24))
    await plant.work()
    await plant.pass_time(timedelta(minutes=1), 7 * DAY)
    assert [one.state for one in plant.deliveries()] == ["delivered"] * 2
    return orders


async def test_sales_orders_that_are_right_agree(plant: Plant) -> None:
    await ordered(plant)
    done, found = await reconciled(plant, "sales-orders")
    assert (done.verdict, done.reasons, found) == ("agreed", [], set())
    assert done.figures["agreed"] == 3
    with kept.report_of(plant.store, done) as report:
        assert {(one.field, one.right_side, str(one.left), str(one.right), one.rest)
                for one in report.totals} == {
            ("amount", "erp", "76800", "76800", 0), ("quantity", "erp", "6", "6", 0),
            ("quantity", "wms", "6", "4", 0),
        }  # fmt: skip


def _party(orders: Orders) -> None:
    (party,) = orders.plant.erp.records.where("party.party", code="KH0001")
    orders.write("SO-1", party=party["id"])


def _currency(orders: Orders) -> None:
    (usd,) = orders.plant.erp.records.where("currency.currency", code="USD")
    orders.write("SO-1", currency=usd["id"])


#: What somebody did → side, kind and field of what must be found of SO-1.
PLANTED: Mapping[str, tuple[Callable[[Orders], object], Sequence[tuple[str, str, str]]]] = {
    "another customer at the ERP": (_party, [("erp", "differs", "customer")]),
    "another currency at the ERP": (_currency, [("erp", "not_comparable", "amount")]),
    "a price at the ERP": (
        lambda orders: orders.line("SO-1", unit_price=Decimal("12800.01")),
        [("erp", "differs", "amount")],
    ),
    "a cent": (lambda orders: orders.change("SO-1", amount=25600.01), []),
    "three working days later at the ERP": (
        lambda orders: orders.write("SO-1", shipping_date=date(2026, 7, 1)),
        [("erp", "differs", "promised_on")],
    ),
    "two working days later, over a weekend": (
        lambda orders: orders.write("SO-1", shipping_date=date(2026, 6, 30)),
        [],
    ),
    "no date at the ERP": (
        lambda orders: orders.write("SO-1", shipping_date=None),
        [("erp", "differs", "promised_on")],
    ),
    "cancelled at the ERP": (
        lambda orders: orders.write("SO-1", state="cancelled"),
        [("erp", "differs", "state")],
    ),
    "deleted at the ERP": (
        lambda orders: orders.plant.erp.delete_order("SO-1"),
        [("erp", "missing", "")],
    ),
    "copied at the ERP": (
        lambda orders: orders.plant.erp.copy_order("SO-1"),
        [("erp", "duplicate", "")],
    ),
    "a quantity at the warehouse": (
        lambda orders: orders.plant.wms.change_quantity(orders.code("SO-1"), 3),
        [("wms", "differs", "quantity")],
    ),
    "cancelled at the warehouse": (
        lambda orders: orders.plant.wms.report(orders.code("SO-1"), "CANCELED"),
        [("wms", "differs", "state")],
    ),
    "a status nobody knows at the warehouse": (
        lambda orders: orders.plant.wms.report(orders.code("SO-1"), "LOST"),
        [("wms", "unmapped_status", "state")],
    ),
    "removed at the warehouse": (
        lambda orders: orders.plant.wms.remove(orders.code("SO-1")),
        [("wms", "missing", "")],
    ),
    "entered twice at the CRM": (
        lambda orders: orders.plant.crm.save_form(order_form("so 1"), form="contract"),
        [("crm", "key_collision", "")],
    ),
    "words where the amount is": (
        lambda orders: orders.change("SO-1", amount="面议"),
        [("erp", "not_comparable", "amount")],
    ),
    "no lines at the CRM": (
        lambda orders: orders.change("SO-1", lines=None),
        [("erp", "not_comparable", "quantity"), ("wms", "not_comparable", "quantity")],
    ),
    "a draft again": (
        lambda orders: orders.change("SO-1", status="草稿"),
        [("erp", "extra", "")],
    ),
}


@pytest.mark.parametrize("what", PLANTED)
async def test_what_is_wrong_with_a_sales_order_is_found_and_nothing_else(
    plant: Plant, what: str
) -> None:
    orders = await ordered(plant)
    change, expected = PLANTED[what]
    change(orders)
    done, found = await reconciled(plant, "sales-orders")
    assert found == {("SO1", *one) for one in expected}
    assert (done.state, done.reasons) == ("complete", [])


async def test_why_an_order_differs_at_the_warehouse_is_known_from_the_ledger(
    plant: Plant,
) -> None:
    orders = await ordered(plant)
    plant.wms.change_quantity(orders.code("SO-1"), 3)
    plant.wms.remove(orders.code("SO-2"))
    plant.erp.delete_order("SO-3")
    await reconciled(plant, "sales-orders")
    found = plant.store.read_now(reconciliations.findings, "sales-orders")
    assert {(one["key"], one["side"], one["cause"]) for one in found} == {
        ("SO1", "wms", "changed_at_target"), ("SO2", "wms", "deleted_at_target"),
        # the hub enters no orders there, so it knows nothing of them
        ("SO3", "erp", "unknown"),
    }  # fmt: skip


async def test_an_order_need_not_be_at_erp_and_warehouse_before_its_time(plant: Plant) -> None:
    await ordered(plant)
    # Monday evening in Shanghai; the shipped route takes no order of this status
    signed = "2026-06-08T10:00:00.000Z"
    form = order_form("SO-9", signed_on=signed)
    assert plant.clock.now().date() == date(2026, 6, 8)
    plant.clock.advance(timedelta(hours=10))
    plant.crm.save_form(form, form="contract")
    plant.crm.outgoing.clear()
    done, found = await reconciled(plant, "sales-orders")
    assert (found, done.figures["in_flight"]) == (set(), 1)
    plant.clock.advance(2 * DAY)
    _, found = await reconciled(plant, "sales-orders")
    assert found == {("SO9", "erp", "missing", "")}
    plant.clock.advance(DAY)
    _, found = await reconciled(plant, "sales-orders")
    assert found == {("SO9", "erp", "missing", ""), ("SO9", "wms", "missing", "")}


# ---- drawings and their parts lists --------------------------------------------------------------

LINES = [
    {"position": "10", "part": "M-001", "quantity": 1, "unit": "件"},
    {"position": "20", "part": "M-002", "quantity": "1", "unit": "PCS"},
    {"position": "30", "part": "M-003", "quantity": "0.25", "unit": "kg"},
]
EXPORTED = [
    {"物料编码": "P-100", "位置号": "0010", "子件编码": "M-001", "数量": "1", "单位": "PCS"},
    {"物料编码": "P-100", "位置号": "0020", "子件编码": "M-002", "数量": "1.0", "单位": "u"},
    {"物料编码": "P-100", "位置号": "0030", "子件编码": "M-003", "数量": "250000", "单位": "mg"},
]
COLUMNS = ("物料编码", "位置号", "子件编码", "数量", "单位", "状态")


def write(path: Path, columns: Sequence[str], rows: Rows) -> Path:
    """Write a file as people do: a workbook with numbers and dates, or CSV in GB18030."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [list(columns), *([row.get(name) for name in columns] for row in rows)]
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        assert book.active is not None
        for line in cells:
            book.active.append(line)
        book.save(path)
    else:
        texts = ("\t".join("" if cell is None else str(cell) for cell in line) for line in cells)
        path.write_text("\n".join(texts) + "\n", "gb18030")
    return path


def folder(plant: Plant, name: str, key: Sequence[str], columns: Sequence[str]) -> Path:
    """Connect a folder as its comments say; return where files are put."""
    root = plant.folder / name
    root.mkdir()
    settings = FolderSettings(
        folder=root, pattern="*.*", key=tuple(key), columns=tuple(columns),
        settled_after=timedelta(0),
    )  # fmt: skip
    context = simulated_context(name, "http://folder.invalid", plant.crm, plant.clock)
    connect(plant, name, FolderConnector(settings, context))
    return root / "inbox"


class Drawings:
    """The form of confirmed drawings, the BOM in Tryton, and the export of its lines."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.records = plant.erp.records
        settings = LowcodeConnector.Settings(**crm.options("http://crm"))
        context = simulated_context("crm_drawings", "http://crm", plant.crm, plant.clock)
        connect(plant, "crm_drawings", LowcodeConnector(settings, context))
        self.inbox = folder(plant, "erp_boms", COLUMNS[:2], COLUMNS[2:])
        self.form = {
            "item_code": "P-100", "drawing_no": "DWG-P100", "drawing_version": "Rev. 3",
            "status": "已确认", "lines": LINES,
        }  # fmt: skip
        self.id = plant.crm.save_form(self.form, form="contract")
        for code in ("DWG-P200-V1", "DWG-P300-B"):
            self.bom(code, active=False)
        self.export()

    def confirm(self, **changes: Any) -> None:
        """Change the form at the CRM."""
        self.plant.crm.save_form(changes, form="contract", data_id=self.id)

    def bom(self, now: str, **values: Any) -> None:
        """Change a BOM in Tryton, given its code."""
        (bom,) = self.records.where("production.bom", code=now)
        self.records.write("production.bom", bom["id"], values)

    def copy(self, code: str) -> None:
        """Copy a BOM in Tryton under another code, lines and all."""
        (bom,) = self.records.where("production.bom", code="DWG-P100-V3")
        made = self.records.create("production.bom", {"name": code, "code": code, "active": True})
        for model in ("production.bom.input", "production.bom.output"):
            for line in self.records.where(model, bom=bom["id"]):
                own = {name: line[name] for name in ("product", "quantity", "unit")}
                self.records.create(model, {**own, "bom": made})

    def drop_input(self) -> None:
        """Take a part out of the BOM in Tryton."""
        (bom,) = self.records.where("production.bom", code="DWG-P100-V3")
        line = self.records.where("production.bom.input", bom=bom["id"])[0]
        self.records.delete("production.bom.input", line["id"])

    def export(self, rows: Rows | None = None, columns: Sequence[str] = COLUMNS) -> None:
        """Write the parts list as the ERP exports it."""
        lines = [{"状态": "生效", **row} for row in (EXPORTED if rows is None else rows)]
        write(self.inbox / "bom.csv", columns, lines)


VERSIONS: Mapping[str, tuple[Callable[[Drawings], object], Told]] = {
    "nothing": (lambda here: None, set()),
    "an older drawing in production": (
        lambda here: here.bom("DWG-P100-V3", code="DWG-P100-V2"),
        {("P100", "erp", "differs", "drawing_version")},
    ),
    "another drawing in production": (
        lambda here: here.bom("DWG-P100-V3", code="DWG-P101-V3"),
        {("P100", "erp", "differs", "drawing_no")},
    ),
    "both drawings in force": (
        lambda here: here.copy("DWG-P100-V2"),
        {("P100", "erp", "duplicate", "")},
    ),
    "a part less": (lambda here: here.drop_input(), {("P100", "erp", "differs", "parts")}),
    "out of use": (
        lambda here: (here.bom("DWG-P100-V3", active=False), here.bom("DWG-P300-B", active=True)),
        {("P100", "erp", "missing", ""), ("P300", "erp", "extra", "")},
    ),
    "confirmed twice": (
        lambda here: here.plant.crm.save_form(here.form, form="contract"),
        {("P100", "crm", "duplicate", "")},
    ),
}


@pytest.mark.parametrize("what", VERSIONS)
async def test_a_drawing_that_is_not_the_promised_one_is_found_and_nothing_else(
    plant: Plant, what: str
) -> None:
    change, expected = VERSIONS[what]
    change(Drawings(plant))
    done, found = await reconciled(plant, "bom-versions")
    assert (found, done.reasons) == (expected, [])
    assert done.verdict == ("findings" if expected else "agreed")


async def test_no_confirmed_drawing_at_all_is_not_believed(plant: Plant) -> None:
    Drawings(plant).confirm(item_code="")
    done, found = await reconciled(plant, "bom-versions")
    assert (done.verdict, found) == ("incomplete", set())
    assert "no key" in done.reasons[0]


def _changed(at: int, **values: str) -> Callable[[Drawings], None]:
    rows = [{**row, **values} if number == at else row for number, row in enumerate(EXPORTED)]
    return lambda here: here.export(rows)


PARTS: Mapping[str, tuple[Callable[[Drawings], object], Told]] = {
    "nothing": (lambda here: None, set()),
    "another part": (
        _changed(0, 子件编码="M-009"),
        {("P-100@10", "erp", "differs", "part")},
    ),
    "a milligram more": (
        _changed(2, 数量="250001"),
        {("P-100@30", "erp", "differs", "quantity")},
    ),
    "a unit nobody knows": (
        _changed(0, 单位="卷"),
        {("P-100@10", "erp", "not_comparable", "quantity")},
    ),
    "words where the quantity is": (
        _changed(0, 数量="若干"),
        {("P-100@10", "erp", "not_comparable", "quantity")},
    ),
    "another position": (
        _changed(0, 位置号="0015"),
        {("P-100@10", "erp", "missing", ""), ("P-100@15", "erp", "extra", "")},
    ),
    "a line less": (lambda here: here.export(EXPORTED[:2]), {("P-100@30", "erp", "missing", "")}),
    "a line that is out of use": (
        _changed(2, 状态="失效"),
        {("P-100@30", "erp", "missing", "")},
    ),
    "a line twice": (
        lambda here: here.export([*EXPORTED, EXPORTED[0]]),
        {("P-100@10", "erp", "duplicate", "")},
    ),
    "a line less at the CRM": (
        lambda here: here.confirm(lines=LINES[1:]),
        {("P-100@10", "erp", "extra", "")},
    ),
}


@pytest.mark.parametrize("what", PARTS)
async def test_a_line_that_is_not_the_promised_one_is_found_and_nothing_else(
    plant: Plant, what: str
) -> None:
    change, expected = PARTS[what]
    change(Drawings(plant))
    done, found = await reconciled(plant, "bom-lines")
    assert (found, done.reasons) == (expected, [])


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        pytest.param(EXPORTED, COLUMNS[:-1], "状态", id="a column less"),
        pytest.param([], COLUMNS, "0 read", id="no row"),
        pytest.param([{**EXPORTED[0], "位置号": ""}], COLUMNS, "位置号", id="no position"),
    ],
)
async def test_an_export_that_cannot_be_used_says_nothing_of_the_parts(
    plant: Plant, rows: Rows, columns: Sequence[str], words: str
) -> None:
    Drawings(plant).export(rows, columns)
    done, found = await reconciled(plant, "bom-lines")
    assert (done.verdict, found) == ("incomplete", set())
    assert words in done.reasons[0]


# ---- two files -----------------------------------------------------------------------------------

BANK = ("流水号", "交易日期", "贷方发生额", "币种", "摘要")
DUE = ("单据号", "客户", "应收金额", "币种", "到期日")


def receipt(number: str, on: str, amount: str, text: str, currency: str = "CNY") -> dict[str, Any]:
    return dict(zip(BANK, (number, on, amount, currency, text), strict=True))


def due(number: str, amount: str, on: str = "2026-06-10") -> dict[str, Any]:
    return dict(zip(DUE, (number, "宁波东海泵业", amount, "CNY", on), strict=True))


RECEIPTS = [
    receipt("T1", "2026-06-01", "400.00", "货款 YS-2026-0001 第一笔"),
    receipt("T2", "2026-06-13", "600.02", "YS-2026-0001 尾款", ""),
    receipt("T3", "2026-06-10", "1,130.50", "付YS-2026-0002货款"),
    receipt("T4", "2026-06-10", "0.00", "支出"),
]
RECEIVABLES = [
    due("YS-2026-0001", "1,000.00"), due("YS-2026-0002", "1130.50"),
    # not due before 13 June
    due("YS-2026-0003", "77.00", "2026-06-20"),
]  # fmt: skip


class Books:
    """A bank's statement and the receivables, in two folders."""

    def __init__(self, plant: Plant, ending: str = "csv") -> None:
        self.ending = ending
        self.bank = folder(plant, "bank", ["流水号"], ["交易日期", "贷方发生额", "摘要"])
        self.owed = folder(plant, "receivables", ["单据号"], ["应收金额", "到期日"])
        plant.clock.advance(timedelta(days=13))
        self.receipts()
        self.receivables()

    def receipts(self, rows: Rows | None = None, columns: Sequence[str] = BANK) -> Path:
        """Write the bank's statement."""
        return write(self.bank / f"a.{self.ending}", columns, RECEIPTS if rows is None else rows)

    def receivables(self, rows: Rows | None = None, columns: Sequence[str] = DUE) -> Path:
        """Write the receivables."""
        return write(self.owed / f"b.{self.ending}", columns, RECEIVABLES if rows is None else rows)


def _receipts(*more: dict[str, Any], without: int = 0) -> Callable[[Books], object]:
    return lambda books: books.receipts([*RECEIPTS[without:], *more])


BOOKED: Mapping[str, tuple[Callable[[Books], object], Told]] = {
    "nothing": (lambda books: None, set()),
    "a cent more than one for each receipt": (
        _receipts(receipt("T9", "2026-06-13", "0.02", "YS-2026-0001 补差")),
        {("YS20260001", "a", "differs", "amount")},
    ),
    "a receipt less": (
        _receipts(without=1),
        {("YS20260001", "a", "differs", "amount")},
    ),
    "four days late": (
        _receipts(receipt("T9", "2026-06-14", "0.00001", "YS-2026-0001 尾款")),
        {("YS20260001", "a", "differs", "paid_on")},
    ),
    "another currency": (
        lambda books: books.receipts(
            [*RECEIPTS[:2], receipt("T3", "2026-06-10", "1130.50", "YS-2026-0002", "USD")]
        ),
        {("YS20260002", "a", "not_comparable", "amount")},
    ),
    "a receipt for nothing": (
        _receipts(receipt("T9", "2026-06-13", "5.00", "利息")),
        {("T9", "a", "extra", "")},
    ),
    "a receipt without any text": (
        _receipts(receipt("T9", "2026-06-13", "5.00", "")),
        {("T9", "a", "extra", "")},
    ),
    "words where the amount is": (
        _receipts(receipt("T9", "2026-06-13", "待查", "YS-2026-0002")),
        {("YS20260002", "a", "not_comparable", "amount")},
    ),
    "words where the day is": (
        _receipts(receipt("T9", "昨天", "0.001", "YS-2026-0002")),
        {("YS20260002", "a", "not_comparable", "paid_on")},
    ),
    "never paid": (
        lambda books: books.receivables([*RECEIVABLES, due("YS-2026-0009", "8.00")]),
        {("YS20260009", "a", "missing", "")},
    ),
    "a receivable twice": (
        lambda books: books.receivables([*RECEIVABLES, RECEIVABLES[1]]),
        {("YS20260002", "b", "duplicate", "")},
    ),
}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("what", BOOKED)
async def test_what_is_wrong_between_two_folders_is_found_and_nothing_else(
    plant: Plant, what: str, ending: str
) -> None:
    change, expected = BOOKED[what]
    change(Books(plant, ending))
    done, found = await reconciled(plant, "two-files")
    assert (found, done.reasons) == (expected, [])
    assert done.figures["in_flight"] == 1
    with kept.report_of(plant.store, done) as report:
        assert [one.rest for one in report.totals] == [0] * len(report.totals)


async def test_two_files_take_the_place_of_the_folders(plant: Plant) -> None:
    plant.clock.advance(timedelta(days=13))
    columns = ("流水号", "交易日期", "贷方发生额", "摘要")
    a = write(plant.folder / "bank.xlsx", columns, [*RECEIPTS[:3]])
    b = write(plant.folder / "owed.csv", DUE, [*RECEIVABLES, due("YS-2026-0009", "8.00")])
    done, found = await reconciled(plant, "two-files", {"a": a, "b": b})
    assert (found, done.reasons) == ({("YS20260009", "a", "missing", "")}, [])


async def test_a_file_without_a_column_is_refused_and_the_nearest_one_named(plant: Plant) -> None:
    columns = ("流水号", "交易日期", "贷方发生额", "币种", "摘 要")
    a = write(plant.folder / "bank.csv", columns, RECEIPTS)
    b = write(plant.folder / "owed.csv", DUE, RECEIVABLES)
    with pytest.raises(ConfigError, match=r"bank\.csv has no column '摘要'.*Did you mean 摘 要"):
        await reconciled(plant, "two-files", {"a": a, "b": b})
    b = write(plant.folder / "owed.csv", DUE[:-1], RECEIVABLES)
    a = write(plant.folder / "bank.csv", BANK, RECEIPTS)
    with pytest.raises(ConfigError, match=r"owed\.csv has no column '到期日'"):
        await reconciled(plant, "two-files", {"a": a, "b": b})
    assert plant.store.read_now(reconciliations.runs, "two-files") == []


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        pytest.param([], BANK, "0 read", id="no row"),
        pytest.param(RECEIPTS, BANK[:-1], "摘要", id="a column less"),
        pytest.param([receipt("", "2026-06-01", "1", "YS-2026-0001")], BANK, "流水号", id="no key"),
    ],
)
async def test_a_file_that_cannot_be_used_says_nothing_of_the_other(
    plant: Plant, rows: Rows, columns: Sequence[str], words: str
) -> None:
    books = Books(plant)
    books.receipts(rows, columns)
    done, found = await reconciled(plant, "two-files")
    assert (done.verdict, found) == ("incomplete", set())
    assert words in done.reasons[0]


async def test_an_empty_folder_is_no_empty_statement(plant: Plant) -> None:
    books = Books(plant)
    (books.bank / "a.csv").unlink()
    done, found = await reconciled(plant, "two-files")
    assert (done.verdict, found) == ("incomplete", set())
    assert "no file" in done.reasons[0]
    (books.bank / "a.csv").write_bytes(b"")
    done, found = await reconciled(plant, "two-files")
    assert (done.verdict, found) == ("incomplete", set())
    assert "empty" in done.reasons[0]
