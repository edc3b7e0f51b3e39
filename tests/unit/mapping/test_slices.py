"""`slices:` of a reconciliation file: what is read, what is wrong with its place, and examples."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from hub.compare import forms
from hub.errors import Fault, MappingError
from hub.language import Language, told_fault
from hub.mapping import Bundle, read_bundle, run_tests
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.slices import tables
from hub.mapping.reconciliation.slices.add_up import Slicer
from hub.mapping.reconciliation.slices.cuts import Cut
from hub.mapping.reconciliation.slices.definition import Slices
from hub.mapping.reconciliation.slices.periods import Periods, Window, months_of
from hub.mapping.reconciliation.slices.value import CASH, COHORT, Sliced

FILE = """\
reconciliation: sales
sides:
  crm: {title: CRM, connection: crm, stream: o, key: number}
  finance: {connection: fin, stream: p, key: contract, many: true, unique: false}
compare:
  amount:
    as: money
    tolerance: {below: "100000"}
    crm: {from: amount, currency: currency}
    finance: {from: received, currency: CNY}
slices:
  states:
    signed: {title: 签约, side: crm, on: signed_on, amount: {from: amount, currency: currency}}
    paid:
      {title: 回款, side: finance, only: booked, on: paid_on,
       amount: {from: received, currency: CNY}}
  by:
    seller: {title: 销售, crm: owner.name, finance: seller}
    customer: {crm: customer}
  periods: [month, quarter, {fiscal_year: 4}, {rolling: 90 days}]
  targets:
    plan:
      {title: 目标, file: ../tables/plan.csv, by: seller, subject: 销售, period: 期间, amount: 金额,
       currency: CNY}
  rates:
    reached: {title: 达成率, of: signed, against: plan}
    collected: {title: 回款率, of: paid, against: signed}
tests:
  - name: paid in part
    given:
      crm:
        {number: HT-1, owner: {name: 张三}, signed_on: "2026-03-02", amount: "120.00",
         currency: CNY}
      finance:
        - {contract: HT-1, booked: true, paid_on: "2026-04-01", received: "60.00"}
        - {contract: HT-1, booked: true, paid_on: "2026-05-01", received: "40.00"}
    expect: []
    as_of: "2026-05-31"
    expect_slices:
      - {state: signed, amount: "120"}
      - {state: paid, period: 2026-04, amount: "60.00", within: "60"}
      - {state: paid, view: cohort, period: 2026-03, seller: 张三, amount: "100.00", open: "0"}
      - {rate: collected, period: 2026-Q1, value: 83.33%}
      - {rate: reached, period: 2026-03, seller: 张三, value: 102%}
      - {rate: reached, period: 2026-Q1, value: none}
"""
PLAN = "销售,期间,金额\n张三,2026-03,117.65\n李四,2026-03,0\n"


def bundle(text: str = FILE, plan: str = PLAN) -> Bundle:
    return read_bundle(
        {"own/reconcile/r.yaml": text.encode(), "own/tables/plan.csv": plan.encode()}
    )


def reconciliation(text: str = FILE, plan: str = PLAN) -> Reconciliation:
    return bundle(text, plan).reconciliations["sales"]


def slices(text: str = FILE, plan: str = PLAN) -> Slices:
    found = reconciliation(text, plan).slices
    assert found is not None
    return found


def faults(text: str = FILE, plan: str = PLAN) -> list[Fault]:
    with pytest.raises(MappingError) as caught:
        bundle(text, plan)
    return list(caught.value.faults)


def with_changes(old: str, new: str) -> str:
    assert old in FILE
    return FILE.replace(old, new, 1)


# ---- what is read ------------------------------------------------------------------------------


def test_slices_are_read_whole() -> None:
    found = slices()
    assert {name: (one.side, one.title) for name, one in found.states.items()} == {
        "signed": ("crm", "签约"), "paid": ("finance", "回款"),
    }  # fmt: skip
    assert found.first == "signed"
    assert found.states["paid"].only is not None
    assert set(found.subjects["seller"].sides) == {"crm", "finance"}
    assert found.periods == (
        Periods("month", 1), Periods("quarter", 3), Periods("fiscal_year", 12, 4),
        Periods("rolling_90_days", 0, days=90),
    )  # fmt: skip
    assert found.rates["reached"].against == "plan"
    assert (found.asks("crm"), found.asks("finance"), found.asks("erp")) == (True, True, False)


def test_periods_are_months_where_nothing_is_said() -> None:
    said = "  periods: [month, quarter, {fiscal_year: 4}, {rolling: 90 days}]\n"
    assert slices(with_changes(said, "")).periods == (Periods("month", 1),)


def test_a_file_of_targets_belongs_to_the_bundle() -> None:
    assert set(bundle().files) == {"own/reconcile/r.yaml", "own/tables/plan.csv"}
    assert bundle().sha != bundle(plan=PLAN.replace("117", "118")).sha


def test_the_examples_of_the_file_pass() -> None:
    assert run_tests(bundle()) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('period: 2026-04, amount: "60.00"', 'period: 2026-05, amount: "60.00"', "amount: 40"),
        ('within: "60"', 'within: "50"', "within: 60"),
        ('open: "0"', 'open: "1"', "open: 0"),
        ("value: 83.33%", "value: 83.34%", "value: 0.8333"),
        ("value: none", "value: 1", "value: none"),
        ("value: 102%", "value: none", "value: 1.0200"),
        ("view: cohort, period: 2026-03", "period: 2026-03", "amount: 0"),
        ("seller: 张三, value", "seller: 李四, value", "value: none"),
    ],
)
def test_an_example_that_comes_out_otherwise_is_a_fault(old: str, new: str, told: str) -> None:
    (fault,) = run_tests(bundle(with_changes(old, new)))
    assert told in str(fault)


# ---- what is wrong -----------------------------------------------------------------------------

#: What is replaced and by what; code; the text at which the fault begins; words of it.
WRONG = [
    ("  states:\n", "  sates:\n", "E102", "sates:", "Did you mean states?"),
    ("title: 签约, side", "titel: 签约, side", "E102", "titel:", "Did you mean title?"),
    ("side: crm, on", "side: cmr, on", "E111", "cmr,", "Did you mean crm?"),
    ("on: signed_on, ", "", "E105", "signed: {title", "on: is missing"),
    (", amount: {from: amount, currency: currency}}\n    paid", "}\n    paid", "E105",
     "signed: {title", "amount: is missing"),
    ("    signed: {", "    Signed: {", "E106", "Signed:", "cannot be a name"),
    ("amount: {from: amount, currency: currency}}\n", "amount: {form: amount}}\n", "E102",
     "form:", "no word 'form'"),
    ("only: booked", "only: booked ==", "E107", ", on: paid_on", "a field name"),
    ("    seller: {title", "    state: {title", "E106", "state: {title", "none of"),
    ("crm: owner.name, finance: seller", "cmr: owner.name", "E102", "cmr:", "Did you mean crm?"),
    ("{crm: customer}", "{title: x}", "E105", "customer: {title", "no side says it"),
    ("[month, quarter,", "[monat, quarter,", "E106", "monat", "Did you mean month?"),
    ("[month, quarter,", "[month, month,", "E112", "month, {", "twice"),
    ("{fiscal_year: 4}", "{fiscal_yaer: 4}", "E102", "fiscal_yaer", "Did you mean fiscal_year?"),
    ("{fiscal_year: 4}", "{fiscal_year: 13}", "E106", "fiscal_year: 13", "whole number"),
    ("{fiscal_year: 4}", "{fiscal_year: 0}", "E106", "0}", "1 to 12"),
    ("{fiscal_year: 4}", "{fiscal_year: 4, rolling: 9 days}", "E106", "{fiscal_year", "one of a"),
    ("90 days", "3 months", "E106", "3 months", "write 90 days"),
    ("90 days", "5 working days", "E106", "5 working days", "write 90 days"),
    ("[month, quarter, {fiscal_year: 4}, {rolling: 90 days}]", "[]", "E105", "periods: []",
     "write month"),
    ("plan.csv", "plna.csv", "E116", "../tables/plna.csv", "Did you mean ../tables/plan.csv?"),
    ("by: seller, ", "by: sellr, ", "E111", "sellr,", "Did you mean seller?"),
    ("by: seller, ", "", "E110", "subject: 销售", "goes with by:"),
    (",\n       currency: CNY}\n  rates", "}\n  rates", "E105", "plan:\n", "currency: is missing"),
    ("    plan:\n", "    paid:\n", "E112", "paid:\n      {title: 目标", "name of a state"),
    ("of: signed, against: plan", "of: singed, against: plan", "E111", "singed",
     "Did you mean signed?"),
    ("against: plan", "against: paln", "E111", "paln", "Did you mean plan?"),
    ("against: plan", "agianst: plan", "E102", "agianst", "Did you mean against?"),
    # examples
    ('as_of: "2026-05-31"\n', 'as_of: "May"\n', "E106", '"May"', "write 2026-03-31"),
    ('    as_of: "2026-05-31"\n', "", "E105", "expect_slices:", "as_of: is missing"),
    ("{state: signed, amount", "{state: singed, amount", "E111", "singed,",
     "Did you mean signed?"),
    ("{state: signed, amount", "{stat: signed, amount", "E102", "stat:", "Did you mean state?"),
    ("view: cohort", "view: cohorts", "E111", "cohorts", "Did you mean cohort?"),
    ("value: 83.33%", "value: much", "E106", "much", "is no number"),
    ("value: 83.33%", 'amount: "1"', "E110", 'amount: "1"}', "does not go with rate:"),
    ('{state: signed, amount: "120"}', "{state: signed}", "E105", "{state: signed}", "amount:"),
    ("seller: 张三, value", "selller: 张三, value", "E102", "selller:", "Did you mean seller?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "at", "words"), WRONG)
def test_what_is_wrong_is_told_with_its_place_and_what_to_do(
    old: str, new: str, code: str, at: str, words: str
) -> None:
    text = with_changes(old, new)
    before = text[: text.index(at)]
    place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    found = [
        (fault.code, (fault.line, fault.column), f"{fault.message} {fault.hint}")
        for fault in faults(text)
    ]
    assert [one for one in found if one[:2] == (code, place) and words in one[2]], (place, found)


@pytest.mark.parametrize(("old", "new", "code", "at", "words"), WRONG)
def test_what_is_wrong_is_told_in_chinese_too(
    old: str, new: str, code: str, at: str, words: str
) -> None:
    for fault in faults(with_changes(old, new)):
        told = told_fault(fault, Language.ZH).partition(fault.code)[2]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in told), told


@pytest.mark.parametrize(
    ("plan", "place", "words"),
    [
        ("销售,期间,额\n张三,2026-03,1\n", (1, 0), "The column 金额 is missing."),
        ("销售,期间,金额\n张三,March,1\n", (2, 2), "This is no period"),
        ("销售,期间,金额\n张三,2026-13,1\n", (2, 2), "This is no period"),
        ("销售,期间,金额\n张三,2026-03,much\n", (2, 3), "This is no amount."),
        ("销售,期间,金额\n张三,2026-03,1\n张三 ,2026-03,2\n", (3, 2), "already in line 2"),
    ],
)
def test_what_is_wrong_in_a_file_of_targets_is_told_with_its_cell(
    plan: str, place: tuple[int, int], words: str
) -> None:
    (fault,) = faults(plan=plan)
    assert (fault.code, fault.file, (fault.line, fault.column)) == (
        "E116", "own/tables/plan.csv", place,
    )  # fmt: skip
    assert words in str(fault.message)


# ---- periods -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("periods", "day", "expected"),
    [
        (Periods("month", 1), "2026-03-31", "2026-03"),
        (Periods("quarter", 3), "2026-03-31", "2026-Q1"),
        (Periods("quarter", 3), "2026-04-01", "2026-Q2"),
        (Periods("year", 12), "2025-12-31", "2025"),
        (Periods("fiscal_year", 12, 4), "2026-03-31", "2025-04/2026-03"),
        (Periods("fiscal_year", 12, 4), "2026-04-01", "2026-04/2027-03"),
        (Periods("fiscal_quarter", 3, 2), "2026-01-31", "2025-11/2026-01"),
        (Periods("fiscal_quarter", 3, 2), "2026-02-01", "2026-02/2026-04"),
        (Periods("rolling_90_days", 0, days=90), "2026-01-31", "earlier"),
        (Periods("rolling_90_days", 0, days=90), "2026-02-01", "2026-02-01/2026-05-01"),
        (Periods("rolling_90_days", 0, days=90), "2026-05-01", "2026-02-01/2026-05-01"),
        (Periods("rolling_90_days", 0, days=90), "2026-05-02", "later"),
        (Periods("month", 1), "2016-04-30", "earlier"),
        (Periods("month", 1), "2016-05-01", "2016-05"),
        # a year of which the first months are cut off is not told as if it were whole
        (Periods("year", 12), "2016-12-31", "earlier"),
        (Periods("year", 12), "2017-01-01", "2017"),
    ],
)
def test_a_day_is_in_one_period_of_a_kind(periods: Periods, day: str, expected: str) -> None:
    window = Window(date(2026, 5, 1))
    piece = window.piece(periods, date.fromisoformat(day).toordinal())
    assert window.period(periods, piece) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("2026-03", "2026-03"), ("2026-Q2", "2026-Q2"), ("2026Q2", "2026-Q2"), ("2026", "2026"),
     ("2026-04/2027-03", "2026-04/2027-03"), ("2026-00", None), ("2026-Q5", None),
     ("2026/2027-03", None), ("2027-04/2027-03", None), ("FY26", None)],
)  # fmt: skip
def test_a_period_a_person_writes_is_the_one_that_is_told(name: str, expected: str | None) -> None:
    months = months_of(name)
    if expected is None or months is None:
        assert (months, expected) == (None, None)
        return
    kind = {1: Periods("month", 1), 3: Periods("quarter", 3)}.get(months[1] - months[0] + 1)
    kind = kind or (Periods("year", 12) if "/" not in name else Periods("fiscal_year", 12, 4))
    assert kind.label(months[0]) == expected


def test_a_moment_is_a_day_in_the_zone_of_the_file() -> None:
    at = '"2026-03-31T16:00:00Z"'
    text = with_changes('signed_on: "2026-03-02"', f"signed_on: {at}")
    assert any("amount: 0" in str(fault) for fault in run_tests(bundle(text)))
    april = text.replace("view: cohort, period: 2026-03", "view: cohort, period: 2026-04")
    berlin = april.replace("reconciliation: sales", "reconciliation: sales\nzone: Europe/London")
    assert not [fault for fault in run_tests(bundle(april)) if "view: cohort" in str(fault)]
    assert [fault for fault in run_tests(bundle(berlin)) if "view: cohort" in str(fault)]


# ---- targets -----------------------------------------------------------------------------------


def amount_of(plan: str, subject: str, period: str) -> Decimal | None:
    months = months_of(period)
    assert months is not None
    found = slices(plan=f"销售,期间,金额\n{plan}").targets["plan"].amount(subject, months, "CNY")
    return None if found is None else forms.unscaled(found)


def test_a_target_is_as_it_is_written_before_it_is_a_sum() -> None:
    months = "".join(f"张三,2026-{month:02},10\n" for month in (1, 2, 3))
    assert amount_of(months, "张三", "2026-Q1") == 30
    assert amount_of(f"{months}张三,2026-Q1,99\n", "张三", "2026-Q1") == 99
    quarters = "".join(f"张三,2026-Q{at},5\n" for at in (1, 2, 3, 4))
    assert amount_of(quarters, "张三", "2026") == 20


def test_half_a_target_is_none() -> None:
    months = "".join(f"张三,2026-{month:02},10\n" for month in (1, 3))
    assert amount_of(months, "张三", "2026-Q1") is None
    assert amount_of(months, "李四", "2026-01") is None


def rated(sliced: Sliced, by: str, period: str) -> dict[str, tuple[str, ...]]:
    month = sliced.periods[0]
    return {
        one.who.name or one.who.kind: tuple(map(str, (one.of, one.against, one.value,
                                                      one.untargeted)))
        for one in tables.rates(sliced, month, by)
        if one.rate == "reached" and one.period == period
    }  # fmt: skip


def signed(*entries: tuple[str, str, str]) -> Sliced:
    """Return the slices of contracts: seller, day, amount in CNY."""
    one = reconciliation(plan="销售,期间,金额\n张三,2026-03,100\n李四,2026-03,50\n")
    assert one.slices is not None
    slicer = Slicer(one, one.slices, date(2026, 5, 31))
    for seller, day, amount in entries:
        at = date.fromisoformat(day).toordinal()
        entry = (at, forms.scaled(Decimal(amount)), "CNY", False)
        slicer.add({"crm": Cut({"signed": [entry]}, {"seller": [seller]})}, "agreed")
    return slicer.sliced({"crm": True, "finance": True})


def test_a_seller_without_a_contract_has_reached_nothing_and_one_without_a_target_is_told() -> None:
    found = signed(("张三", "2026-03-01", "102"), ("王五", "2026-03-02", "7"))
    assert rated(found, "seller", "2026-03") == {
        "total": ("109", "150", "0.7267", "7"),
        "张三": ("102", "100", "1.0200", "0"),
        "李四": ("0", "50", "0.0000", "0"),
        "王五": ("7", "None", "None", "0"),
    }
    assert rated(found, "customer", "2026-03")["total"] == ("109", "150", "0.7267", "7")


def test_a_refund_is_taken_off_and_makes_nothing_look_surer() -> None:
    one = reconciliation()
    assert one.slices is not None
    slicer = Slicer(one, one.slices, date(2026, 5, 31))
    at = date(2026, 3, 1).toordinal()
    for amount, quality in ((100, "agreed"), (-50, "open"), (-30, "open"), (20, "open")):
        entry = (at, amount * forms.SCALE, "CNY", False)
        slicer.add({"crm": Cut({"signed": [entry]})}, quality)
    found = slicer.sliced({})
    (march, _) = tables.amounts(found, found.periods[0], "", CASH)
    assert (march.amount, march.parts) == (40, {"agreed": 100, "open": -60})
    assert march.shares == {"agreed": Decimal("0.5"), "open": Decimal("0.5")}
    assert not march.whole


@pytest.mark.parametrize("unread", ["crm", "finance"])
def test_a_rate_is_not_whole_where_either_side_was_not_read(unread: str) -> None:
    one = reconciliation()
    assert one.slices is not None
    slicer = Slicer(one, one.slices, date(2026, 5, 31))
    at = date(2026, 3, 1).toordinal()
    slicer.add({"crm": Cut({"signed": [(at, forms.SCALE, "CNY", False)]})}, "agreed")
    found = slicer.sliced({side: side != unread for side in ("crm", "finance")})
    whole = {one.rate: one.whole for one in tables.rates(found, found.periods[0], "")}
    assert whole == {"reached": unread != "crm", "collected": False}


# ---- bounds ------------------------------------------------------------------------------------


def many_sellers(count: int, most_values: int = 5_000, most_cells: int = 200_000) -> Sliced:
    one = reconciliation(plan="销售,期间,金额\ns0,2026-03,1\n")
    assert one.slices is not None
    slicer = Slicer(one, one.slices, date(2026, 5, 31), most_values, most_cells)
    for number in range(count):
        # the first of them have the most keys
        for key in range(1 + (number < 3) * 2):
            day = date(2026, 1 + number % 5, 1 + key).toordinal()
            cut = Cut({"signed": [(day, forms.SCALE, "CNY", False)]}, {"seller": [f"s{number}"]})
            slicer.add({"crm": cut}, "agreed")
    return slicer.sliced({})


@pytest.mark.parametrize("bounds", [(5, 200_000), (5_000, 60)])
def test_too_many_values_are_told_together_and_nothing_is_lost(bounds: tuple[int, int]) -> None:
    found = many_sellers(40, *bounds)
    (seller,) = [one for one in found.subjects if one.name == "seller"]
    rows = tables.amounts(found, found.periods[0], "seller", COHORT)
    whole = {one.who: one.amount for one in rows if one.period == "all"}
    by_kind = {
        kind: sum(amount for who, amount in whole.items() if who.kind == kind)
        for kind in ("total", "value", "others")
    }
    assert by_kind["total"] == 46 == by_kind["value"] + by_kind["others"]
    assert by_kind["others"] == seller.others > 0
    # whose target is known is always told
    assert whole[tables.Who("value", "s0")] == 3
    # of what is told by itself, all is told
    for who, amount in whole.items():
        if who.kind == "value":
            assert amount == (3 if int(who.name[1:]) < 3 else 1)


def test_the_cells_stay_bounded() -> None:
    assert len(many_sellers(400, most_cells=100).cells) <= 100 + 2 * 4
