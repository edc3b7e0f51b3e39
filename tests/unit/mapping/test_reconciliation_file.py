"""Reconciliation files: what is read, and every fault of one with its place and what to do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from hub.calendars import Span
from hub.compare import forms
from hub.compare.fields import FieldType, Several, Tolerance
from hub.errors import Fault, MappingError
from hub.language import Language, told_fault
from hub.mapping import read_bundle, run_tests
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.together import judged

FILE = """\
format: 1
reconciliation: orders
version: 2
title: Orders of three systems
owner: role:accountant
zone: Europe/Berlin
authority: crm
cut_off: {settle: 0, in_flight_for: 2 hours}
sides:
  crm: {title: CRM, record: commitment, key: number, modified: modified_at}
  erp:
    connection: erp
    stream: order
    map: erp-to-order
    delivered_by: add_order
    each: lines
    only: quantity > 0
    key: {from: sku, find: "CM-([0-9]+)"}
    id: ..number
    revision: ..revision
    rows: {min: 5, max_drop: 20%, max_rejected: 3}
    expected_when: count(lines) > 0
    expected_from: modified_at + 3 working days
  wms: {connection: wms, operation: create_order, lines: rows}
key_rules: [nfkc, upper, {drop: "[-/]"}]
compare:
  amount:
    as: money
    title: Amount
    severity: high
    tolerance: {absolute: "0.02", below: "0", percent: 0.1%, per_line: "0.01"}
    convert: {to: CNY, rates: {USD: "7.1"}, source: PBOC 2026-06-30}
    crm: {from: amount, currency: currency}
    wms: {from: net, currency: CNY, tax: exclusive, tax_rate: rate}
  shipped: {as: date, crm: latest_ship_at, wms: sent, tolerance: {below: 1 day, above: 3 days}}
  state: {as: status, crm: status, wms: {from: state, map: {new: open, done: [approved, closed]}}}
  weight:
    as: quantity
    units: {kg: {g: 1000}}
    erp: {from: quantity, unit: {value: kg}}
    wms: {from: grams, unit: unit}
  buyer: {crm: customer.code, wms: owner, rules: [upper, {drop: "[ ]"}], empty: ["-", ""]}
totals: [weight]
severity:
  - {if: kind == "missing" and amount > 1000, then: critical}
materiality: {CNY: 50.00}
ageing: [1 day, 7 d]
customer: buyer
repair:
  changed_at_target: [adopt, redeliver]
  held: release
  second_person_above: {CNY: 5000}
  max_per_run: 20
waive: {roles: [lead], max: {CNY: 100}, days: 30, reasons: [rounding]}
sign_off: {preparer: clerk, reviewer: [lead, cfo]}
tests:
  - name: they agree
    given:
      crm: {number: 1, amount: 10, currency: CNY, lines: [{quantity: 2}], customer: {code: k 1}}
      wms: {_number: "1", net: 10, rate: 0, owner: K1}
    expect: [{side: erp, kind: missing, key: "1"}]
"""
ERP = """\
mapping: erp-to-order
from: {connector: tryton, stream: order}
to: {record: order}
fields: {number: no, status: {value: open}, customer: {fields: {code: party}}}
"""
SHORT = """\
reconciliation: two
sides:
  crm: {connection: crm, stream: o, key: number}
  erp: {connection: erp, stream: o, key: no}
compare:
  amount: {as: money, crm: amount, erp: amount}
  note: {crm: note, erp: note}
"""


def reconciliation(text: str = SHORT) -> Reconciliation:
    files = {"own/r.yaml": text.encode(), "own/erp.yaml": ERP.encode()}
    return next(iter(read_bundle(files).reconciliations.values()))


def faults(text: str) -> list[Fault]:
    files = {"own/r.yaml": text.encode(), "own/erp.yaml": ERP.encode()}
    with pytest.raises(MappingError) as caught:
        read_bundle(files)
    return [fault for fault in caught.value.faults if fault.file == "own/r.yaml"]


def with_changes(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


# ---- what is read ----------------------------------------------------------------------------


def test_a_reconciliation_is_read_whole() -> None:
    one = reconciliation(FILE)
    assert (one.name, one.version, one.title) == ("orders", 2, "Orders of three systems")
    assert (one.owner, one.zone) == ("role:accountant", ZoneInfo("Europe/Berlin"))
    assert (one.authority, tuple(one.sides)) == ("crm", ("crm", "erp", "wms"))
    assert (one.settle, one.in_flight_for) == (timedelta(0), timedelta(hours=2))
    assert one.key_rules == ("nfkc", "upper", "drop:[-/]")
    assert (one.totals, one.ageing, one.customer) == (("weight",), (1, 7), "buyer")


def test_a_side_is_read_whole() -> None:
    crm, erp, wms = reconciliation(FILE).sides.values()
    assert (crm.title, crm.record, crm.source, crm.read) == ("CRM", "commitment",
                                                            "hub:commitment", "full")  # fmt: skip
    assert (erp.connection, erp.stream, erp.mapping) == ("erp", "order", "erp-to-order")
    assert (erp.source, erp.delivered_by) == ("erp.order", "add_order")
    assert (erp.each, erp.unique, erp.many) == (("lines",), True, False)
    assert (erp.min_rows, erp.max_drop, erp.max_rejected) == (5, Decimal("0.2"), 3)
    assert erp.expected_from is not None
    assert erp.expected_from.after == Span(3, "days", working=True)
    # what is asked for by key is known by the number that was delivered
    assert (wms.source, wms.by_key, wms.delivered_by) == ("wms.create_order", True, "create_order")
    assert wms.key.text == "_number"
    assert (wms.min_rows, wms.max_drop, wms.max_rejected) == (1, None, 0)


def test_fields_are_read_whole() -> None:
    fields = {name: one.field for name, one in reconciliation(FILE).fields.items()}
    amount = fields["amount"]
    assert (amount.title, amount.type, amount.currency) == ("Amount", FieldType.MONEY, "CNY")
    assert amount.tolerance == Tolerance(0, 2 * forms.SCALE // 100, Decimal("0.001"),
                                         forms.SCALE // 100)  # fmt: skip
    assert amount.rates == {"USD": Decimal("7.1"), "CNY": Decimal(1)}
    assert amount.rate_source == "PBOC 2026-06-30"
    assert fields["shipped"].tolerance == Tolerance(1, 3)
    assert fields["weight"].units == {"kg": ("g", Decimal(1000)), "g": ("g", Decimal(1))}
    assert (fields["buyer"].rules, fields["buyer"].empty) == (("upper", "drop:[ ]"), ("-", ""))
    assert fields["buyer"].type is FieldType.TEXT


def test_a_unit_may_be_written_in_another_one_of_the_table() -> None:
    units = "{g: {MG: 1000}, t: {kg: 1000}, kg: {g: 1000}, lb: {kg: 0.45359237}, m: {mm: 1000}}"
    text = with_changes(FILE, "{kg: {g: 1000}}", units)
    assert reconciliation(text).fields["weight"].field.units == {
        "g": ("MG", Decimal(1000)), "MG": ("MG", Decimal(1)), "kg": ("MG", Decimal(10**6)),
        "t": ("MG", Decimal(10**9)), "lb": ("MG", Decimal("453592.37")),
        "m": ("mm", Decimal(1000)), "mm": ("mm", Decimal(1)),
    }  # fmt: skip


def test_what_several_rows_say_together_is_as_the_field_says() -> None:
    one = reconciliation(
        with_changes(FILE, "shipped: {as: date,", "shipped: {as: date, several: latest,")
    )
    assert one.fields["shipped"].field.several is Several.LATEST
    assert one.fields["amount"].field.several is None


def test_the_names_a_side_cannot_do_without_are_known() -> None:
    one = reconciliation(FILE)
    assert one.sides["crm"].columns == {"number", "modified_at"}
    # of the enclosing document, not of the row
    assert one.sides["erp"].columns == {"lines", "number", "revision"}
    assert one.sides["erp"].asks == {"lines", "modified_at"}
    # what the hub adds by itself is always there
    assert one.sides["wms"].columns == {"rows"}
    amount = one.fields["amount"].sides
    assert amount["crm"].columns == {"amount", "currency"}
    assert amount["wms"].columns == {"net", "rate"}
    # besides what the fields read, what the other sides ask of the one that is right
    assert one.columns("crm") == {
        "number", "modified_at", "amount", "currency", "latest_ship_at", "status", "customer",
        "lines",
    }  # fmt: skip
    assert "lines" not in one.columns("wms")
    text = with_changes(FILE, "wms: owner", "wms: {from: owner, default: nobody}")
    assert reconciliation(text).fields["buyer"].sides["wms"].columns == frozenset()


def test_a_side_says_a_field_in_its_own_way() -> None:
    fields = reconciliation(FILE).fields
    assert fields["amount"].severity == "high"
    assert fields["state"].severity == "medium"
    wms = fields["amount"].sides["wms"]
    assert (wms.unit, wms.tax_rate and wms.tax_rate.text) == ("CNY", "rate")
    assert fields["state"].sides["wms"].words == {"new": ("open",), "done": ("approved", "closed")}
    assert fields["weight"].sides["erp"].unit == "kg"
    assert set(fields["buyer"].sides) == {"crm", "wms"}


def test_a_policy_is_read_whole() -> None:
    policy = reconciliation(FILE).policy
    (grade,) = policy.grades
    assert (grade.severity, grade.when.text) == ("critical", 'kind == "missing" and amount > 1000')
    assert policy.materiality == {"CNY": Decimal(50)}
    assert policy.proposed("changed_at_target") == ("adopt", "redeliver")
    assert policy.proposed("held") == ("release",)
    assert (policy.second_person_above, policy.max_repairs) == ({"CNY": Decimal(5000)}, 20)
    assert (policy.waivers, policy.waive_most) == (("lead",), {"CNY": Decimal(100)})
    assert (policy.waive_days, policy.waive_reasons) == (30, ("rounding",))
    assert (policy.preparers, policy.reviewers) == (("clerk",), ("lead", "cfo"))


def test_what_is_not_written_has_its_default() -> None:
    one = reconciliation()
    assert (one.title, one.version, one.owner, one.authority) == ("two", 1, "", "crm")
    assert (one.settle, one.in_flight_for) == (timedelta(minutes=15), timedelta(hours=4))
    assert one.key_rules == forms.KEY_RULES
    # amounts of the authority are added up, texts are not
    assert (one.totals, one.ageing, one.customer) == (("amount",), (1, 3, 7, 30), "")
    assert one.fields["note"].field.rules == forms.PLAIN_RULES
    assert one.fields["note"].field.empty == forms.EMPTY
    assert one.fields["amount"].field.tolerance == Tolerance()
    policy = one.policy
    roles = policy.waivers, policy.preparers, policy.reviewers
    assert roles == (("accountant",), ("accountant",), ("reviewer",))
    assert policy.proposed("deleted_at_target") == ("redeliver",)
    assert policy.proposed("unknown") == ("task",)


@pytest.mark.parametrize(
    ("type_", "written", "expected"),
    [
        ("money", '"0.01"', Tolerance(forms.SCALE // 100, forms.SCALE // 100)),
        ("number", "0.1%", Tolerance(share=Decimal("0.001"))),
        ("number", "{percent: 5}", Tolerance(share=Decimal("0.05"))),
        ("number", "{absolute: 2, above: 0}", Tolerance(2 * forms.SCALE, 0)),
        ("number", "{above: 2}", Tolerance(0, 2 * forms.SCALE)),
        ("date", "3 days", Tolerance(3, 3)),
        ("date", "3 working days", Tolerance(3, 3, working=True)),
        ("date", "2wd", Tolerance(2, 2, working=True)),
        ("date", "{above: 1 day}", Tolerance(0, 1)),
    ],
)
def test_a_tolerance_is_written_in_several_ways(
    type_: str, written: str, expected: Tolerance
) -> None:
    text = with_changes(SHORT, "{as: money,", f"{{as: {type_}, tolerance: {written},")
    assert reconciliation(text).fields["amount"].field.tolerance == expected


def test_where_one_side_at_most_has_a_revision_a_field_may_be_called_so() -> None:
    text = with_changes(SHORT, "compare:\n", "compare:\n  revision: {crm: rev, erp: rev}\n")
    assert "revision" in reconciliation(text).fields


def test_no_rules_fold_nothing() -> None:
    one = reconciliation(with_changes(SHORT, "note: {", "note: {rules: [], ") + "key_rules: []\n")
    assert (one.key_rules, one.fields["note"].field.rules) == ((), ())


def test_a_condition_is_about_the_record_of_the_side_that_is_right() -> None:
    text = """\
reconciliation: two
authority: hub
sides:
  crm: {record: order, key: number}
  hub: {record: commitment, key: number}
  wms: {connection: wms, operation: put, expected_when: count(approvals) > 0}
compare: {currency: {crm: currency, hub: currency}}
"""
    assert reconciliation(text).sides["wms"].expected_when is not None
    (fault,) = faults(with_changes(text, "authority: hub", "authority: crm"))
    assert (fault.code, fault.line) == ("E101", 6)


def test_when_a_record_is_due_is_read_from_the_record_not_from_its_lines() -> None:
    text = """\
reconciliation: two
sides:
  crm: {connection: crm, stream: o, each: lines, key: no}
  erp: {connection: erp, stream: o, key: no, expected_from: ordered_on + 3 days}
compare: {amount: {as: number, crm: amount, erp: amount}}
"""
    document = {"ordered_on": "2026-06-01", "lines": [{"no": "A", "amount": "1"}]}
    (opinion,) = judged(reconciliation(text), {"crm": [document]})
    assert opinion.rows["crm"].due == {"erp": "2026-06-01"}


# ---- what is wrong ---------------------------------------------------------------------------

#: What is replaced and by what; code; the text at which the fault begins; words of it.
WRONG = [
    # the file
    ("format: 1", "format: 2", "E106", "format: 2", "reads format 1"),
    ("title:", "titel:", "E102", "titel:", "Did you mean title?"),
    ("reconciliation: orders", "reconciliation: Orders", "E106", "Orders", "small letters"),
    ("version: 2", "version: two", "E106", "version: two", "whole number"),
    ("role:accountant", "accountant", "E106", "accountant", "role:NAME"),
    ("Europe/Berlin", "Europe/Berlim", "E106", "Europe/Berlim", "Asia/Shanghai"),
    ("authority: crm", "authority: crn", "E106", "authority: crn", "Did you mean crm?"),
    ("authority: crm", "authority: wms", "E106", "wms", "read by key"),
    ("settle: 0", "settle: soon", "E106", "soon", "3 days"),
    ("settle: 0", "settle: 2 working hours", "E106", "2 working hours", "no sense"),
    ("settle: 0", "setle: 0", "E102", "setle:", "Did you mean settle?"),
    ("[nfkc, upper,", "[nfkc, uper,", "E106", "uper,", "Did you mean upper?"),
    ('"[-/]"', '"[-/"', "E106", '{drop: "[-/"}', "is no pattern"),
    ("[weight]", "[wieght]", "E111", "[wieght]", "Did you mean weight?"),
    ("[weight]", "[buyer]", "E106", "[buyer]", "has no sum"),
    ("[1 day, 7 d]", "[1 day, a week]", "E106", "[1 day, a week]", "write 7 days"),
    ("[1 day, 7 d]", "[7 days, 1 day]", "E106", "[7 days, 1 day]", "ascending"),
    ("customer: buyer", "customer: byer", "E111", "byer", "Did you mean buyer?"),
    # sides
    ("  crm: {title", "  Crm: {title", "E106", "Crm:", "cannot be the name of a side"),
    ("  wms: {conn", "  title: {conn", "E106", "title: {conn", "cannot be the name of a side"),
    ("connection: erp", "conection: erp", "E102", "conection:", "Did you mean connection?"),
    ("    stream: order\n", "", "E105", "erp:\n", "needs connection: with stream:"),
    ("operation: create_order", "operation: create_order, stream: orders", "E105",
     "wms: {connection", "needs connection: with stream:"),
    ("record: commitment", "record: commitment, connection: crm", "E105", "crm: {title",
     "or record:"),
    ("record: commitment", "record: comitment", "E106", "record: comitment",
     "Did you mean commitment?"),
    ("map: erp-to-order", "map: erp-to-ordr", "E111", "erp-to-ordr", "Did you mean erp-to-order?"),
    ("operation: create_order", "operation: create_order, map: erp-to-order", "E110",
     "map: erp-to-order, lines", "goes with stream:"),
    ("    delivered_by", "    read: by_key\n    delivered_by", "E106", "by_key",
     "needs operation:"),
    ("operation: create_order", "operation: create_order, read: full", "E106", "full,",
     "read by key"),
    ("modified: modified_at", "made: modified_at", "E110", "made:", "made: of the others"),
    ("    id: ..number\n", "    approved: ..number\n", "E110", "approved:", "is right"),
    ("record: commitment", "record: commitment, read: incremental", "E106", "incremental,",
     "always read whole"),
    ("    delivered_by", "    read: fully\n    delivered_by", "E106", "read: fully",
     "Did you mean full?"),
    ("each: lines", "each: linse", "E101", "linse", "Did you mean lines?"),
    ("each: lines", "each: number", "E106", "number\n    only", "the path of a list"),
    ("each: lines", "each: [lines]", "E106", "each: [lines]", "the path of a list"),
    ("only: quantity > 0", "only: quantty > 0", "E101", "quantty", "Did you mean quantity?"),
    ("key: number, modified", "modified", "E105", "crm: {title", "key: is missing"),
    ("key: number, ", "key: nummer, ", "E101", "nummer", "Did you mean number?"),
    ('"CM-([0-9]+)"', '"CM-([0-9]+"', "E106", '"CM-([0-9]+"', "is no pattern"),
    ('key: {from: sku, find: "CM-([0-9]+)"}', "key: {from: sku, otherwise: ..number}", "E110",
     "otherwise: ..number", "goes with find:"),
    ('find: "CM-([0-9]+)"}', 'find: "CM-([0-9]+)", otherwise: ..numbr}', "E101", "numbr}",
     "Did you mean number?"),
    ("modified: modified_at", "modified: modifid_at", "E101", "modifid_at",
     "Did you mean modified_at?"),
    ("min: 5", "min: many", "E106", "min: many", "whole number"),
    ("max_drop: 20%", "max_drop: 200%", "E106", "200%", "such as 20%"),
    ("max_drop: 20%", "max_drop: a fifth", "E106", "a fifth", "such as 20%"),
    ("max_drop: 20%", "max_dorp: 20%", "E102", "max_dorp", "Did you mean max_drop?"),
    ("    rows:", "    full_every: daily\n    rows:", "E106", "daily", "3 days"),
    ("    rows:", "    many: yes\n    rows:", "E106", "many: yes", "true or false"),
    ("expected_when: count(lines)", "expected_when: count(linse)", "E101", "count(linse)",
     "Did you mean lines?"),
    ("modified_at + 3 working days", "modified_at + 3 busy days", "E106",
     "modified_at + 3 busy days", "3 days"),
    ("modified_at + 3 working days", "+ 3 days", "E106", "+ 3 days", "a field and a time"),
    ("modified_at + 3 working days", "modifid_at", "E101", "modifid_at",
     "Did you mean modified_at?"),
    # fields
    ("as: money", "as: mony", "E106", "as: mony", "Did you mean money?"),
    ("buyer: {crm: customer.code, ", "buyer: {", "E105", "buyer: {", "for two sides at least"),
    ("wms: owner", "wsm: owner", "E102", "wsm:", "Did you mean wms?"),
    ("crm: customer.code", "crm: customer.cod", "E101", "cod,", "Did you mean code?"),
    ("currency: currency", "currency: curency", "E101", "curency", "Did you mean currency?"),
    ("severity: high", "severity: hihg", "E106", "severity: hihg", "Did you mean high?"),
    ("empty: [", "tolerance: 1, empty: [", "E110", "tolerance: 1, ", "use rules:"),
    ("rules: [upper,", "rules: [uper,", "E106", "uper,", "Did you mean upper?"),
    ('absolute: "0.02"', "absolute: a cent", "E106", "a cent", "such as 0.01"),
    ('absolute: "0.02"', "absolut: 1", "E102", "absolut:", "Did you mean absolute?"),
    ("percent: 0.1%", "percent: some", "E106", "some", "such as 0.1%"),
    ("{below: 1 day, above: 3 days}", "{absolute: 3 days}", "E102", "absolute: 3 days",
     "Did you mean above?"),
    ("{below: 1 day, above: 3 days}", "3 hours", "E106", "3 hours", "3 working days"),
    ("below: 1 day,", "below: 1 working day,", "E110", "tolerance: {below: 1 working",
     "count days alike"),
    ("tax: exclusive, tax_rate: rate", "tax: exclusive", "E105", "tax: exclusive", "tax_rate:"),
    ("tax: exclusive,", "tax: inclusive,", "E110", "tax_rate: rate", "goes with tax: exclusive"),
    ("tax: exclusive", "tax: without", "E106", "tax: without", "Known: exclusive, inclusive"),
    ("as: quantity", "as: number", "E110", "units:", "goes with as: quantity"),
    ("{kg: {g: 1000}}", "{kg: {g: 1000, t: 1}}", "E106", "kg: {g: 1000,", "one base unit"),
    ("{kg: {g: 1000}}", "{kg: {g: 0}}", "E106", "0}}", "no factor above 0"),
    ("{kg: {g: 1000}}", "{kg: {g: 1000}, g: {KG: 1}}", "E106", "kg: {g: 1000}, ", "kg → g → kg"),
    ("{kg: {g: 1000}}", "{kg: {kg: 1}}", "E106", "kg: {kg: 1}", "goes round in circles"),
    ("{kg: {g: 1000}}", "{kg: {g: 1000}, KG: {g: 1}}", "E112", "KG: {g: 1}", "one unit"),
    ("{kg: {g: 1000}}", "{t: {g: 1000000}, g: {ng: 1000000000}}", "E106", "t: {g: 1000000}",
     "one t is 1000000000000000 ng"),
    ("as: quantity", "as: quantity\n    several: latest", "E110", "several: latest",
     "no sense of a quantity"),
    ("as: date,", "as: date, several: sum,", "E110", "several: sum", "no sense of a date"),
    ("as: date,", "as: date, several: last,", "E106", "several: last", "latest"),
    ("{from: grams, unit: unit}", '{from: grams, find: "([0-9]+", unit: unit}', "E106",
     '"([0-9]+"', "is no pattern"),
    ("empty: [", "convert: {to: CNY, rates: {USD: 7}, source: x}, empty: [", "E110",
     "convert: {to: CNY, rates: {USD: 7}", "goes with as: money"),
    ("to: CNY, ", "", "E105", "convert:", "to: is missing"),
    ('rates: {USD: "7.1"}, ', "", "E105", "convert:", "rates: is missing"),
    (", source: PBOC 2026-06-30", "", "E105", "convert:", "source: is missing"),
    ('USD: "7.1"', "USD: -7", "E106", "-7", "no factor above 0"),
    # policy
    ('kind == "missing"', 'knid == "missing"', "E101", "knid", "Did you mean kind?"),
    (", then: critical", ", then: crital", "E106", "then: crital", "Did you mean critical?"),
    (", then: critical", "", "E105", "{if: kind", "then: with a severity"),
    ("{CNY: 50.00}", "{yuan: 50}", "E106", "yuan: 50", "such as CNY: 1000.00"),
    ("{CNY: 50.00}", "{CNY: -50}", "E106", "CNY: -50", "such as CNY: 1000.00"),
    ("{CNY: 50.00}", "{CNY: 0.00001}", "E106", "CNY: 0.00001", "such as CNY: 1000.00"),
    ("{CNY: 5000}", "{CNY: much}", "E106", "CNY: much", "second_person_above:"),
    ("{CNY: 100}", "{CN: 100}", "E106", "CN: 100", "max:"),
    ("  held:", "  hold:", "E102", "hold:", "Did you mean held?"),
    ("held: release", "held: relese", "E106", "relese", "Did you mean release?"),
    ("held: release", "held: []", "E105", "held: []", "names nothing to do"),
    ("max_per_run: 20", "max_per_run: all", "E106", "max_per_run: all", "whole number"),
    ("days: 30", "days: 400", "E106", "days: 400", "366"),
    ("roles: [lead]", "roles: []", "E105", "roles: []", "names no role"),
    ("preparer: clerk", "preparer: []", "E105", "preparer: []", "names no role"),
    ("reviewer: [lead, cfo]", "reviewr: lead", "E102", "reviewr:", "Did you mean reviewer?"),
    # tests
    ("      wms: {_number", "      wsm: {_number", "E102", "wsm:", "Did you mean wms?"),
    ("      wms: {_number", "      erp: nothing\n      wms: {_number", "E106", "erp: nothing",
     "fields with values"),
    ("kind: missing", "knid: missing", "E102", "knid:", "Did you mean kind?"),
    ("  - name: they agree\n    given:", "  - given:", "E105", "given:", "name: is missing"),
    ('    expect: [{side: erp, kind: missing, key: "1"}]\n', "", "E105", "name: they agree",
     "expect: is missing"),
    ("tests:\n", "tests:\n  - {name: they agree, given: {}, expect: []}\n", "E112",
     "name: they agree\n", "two tests named"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "at", "words"), WRONG)
def test_what_is_wrong_is_told_with_its_place_and_what_to_do(
    old: str, new: str, code: str, at: str, words: str
) -> None:
    text = with_changes(FILE, old, new)
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
    for fault in faults(with_changes(FILE, old, new)):
        told = told_fault(fault, Language.ZH).partition(fault.code)[2]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in told), told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reconciliation: x\n", ["sides: needs 2 to 6", "compare: needs at least one field"]),
        (SHORT.replace("  erp: {connection: erp, stream: o, key: no}\n", ""),
         ["sides: needs 2 to 6", "has no word 'erp'", "two sides at least",
          "has no word 'erp'", "two sides at least"]),
        (SHORT + "  wms: {as: text}\n", ["wms is compared with nothing"]),
        (SHORT.partition("compare:")[0] + "compare: {}\n", ["compare: needs at least one field"]),
        ("reconciliation: x\nsides: a\ncompare: b\n",
         ["sides: needs 2 to 6", "needs words with values", "compare: needs at least one field"]),
    ],
    ids=["nothing", "one-side", "a-field-of-no-side", "no-field", "texts"],
)  # fmt: skip
def test_a_file_that_lacks_something_says_all_of_it(text: str, expected: list[str]) -> None:
    found = sorted(faults(text), key=lambda fault: (fault.line, fault.column))
    told = " | ".join(str(fault.message) for fault in found)
    assert len(found) == len(expected), told
    assert all(words in told for words in expected), told


def test_no_field_takes_the_place_of_the_revisions_of_two_sides() -> None:
    text = with_changes(SHORT, "key: number}", "key: number, revision: rev}")
    text = with_changes(text, "key: no}", "key: no, revision: rev}")
    assert "revision" not in reconciliation(text).fields
    (fault,) = faults(with_changes(text, "  note:", "  revision:"))
    assert (fault.code, fault.line, fault.column) == ("E106", 7, 3)
    assert "crm, erp" in str(fault.message)


def test_there_are_bounds_to_sides_and_fields() -> None:
    sides = "".join(
        f"  s{at}: {{connection: c, stream: o, key: no}}\n" for at in range(7)
    )  # fmt: skip
    text = f"reconciliation: x\nsides:\n{sides}compare: {{a: {{s0: a, s1: a}}}}\n"
    (fault,) = faults(text)
    assert (fault.code, fault.line) == ("E105", 2)
    fields = "".join(f"  f{at}: {{crm: a, erp: a}}\n" for at in range(60))
    (fault,) = faults(SHORT + fields)
    assert (fault.code, fault.line, "60" in fault.message) == ("E106", 5, True)


def test_a_mapping_that_makes_no_records_maps_no_side() -> None:
    files = {
        "own/r.yaml": with_changes(SHORT, "o, key: no}", "o, map: out, key: no}").encode(),
        "own/out.yaml": b"mapping: out\nfrom: {record: order}\n"
                        b"to: {connector: a, operation: b}\nfields: {no: number}\n",
    }  # fmt: skip
    with pytest.raises(MappingError) as caught:
        read_bundle(files)
    (fault,) = caught.value.faults
    assert (fault.code, fault.line, fault.column) == ("E106", 4, 42)
    assert fault.message == "out makes no records."


# ---- tests in the file -------------------------------------------------------------------------


def failures(text: str) -> list[Fault]:
    return run_tests(
        read_bundle({"own/r.yaml": text.encode(), "own/erp.yaml": ERP.encode()})
    )  # fmt: skip


def test_examples_that_say_what_is_found_pass() -> None:
    assert failures(FILE) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("owner: K1", "owner: K2", "which was not expected"),
        ("kind: missing", "kind: extra", "expected {side: erp, kind: extra, key: 1}"),
        ('[{side: erp, kind: missing, key: "1"}]', "[]", "which was not expected"),
        ("net: 10", "net: 11", "difference: +1.00 CNY"),
        ("net: 10", "net: 9.9", "difference: -0.10 CNY"),
    ],
    ids=["text", "kind", "nothing", "more", "less"],
)
def test_an_example_that_says_something_else_fails_at_its_place(
    old: str, new: str, words: str
) -> None:
    text = with_changes(FILE, old, new)
    found = failures(text)
    assert any(words in str(fault.message) for fault in found), found
    line = text[: text.index("name: they agree")].count("\n") + 1
    assert {(fault.code, fault.file, fault.line) for fault in found} == {
        ("E401", "own/r.yaml", line)
    }
