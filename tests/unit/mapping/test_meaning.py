"""The difference of two bundles: of what they mean, not of how they are written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hub.mapping import Bundle, read_bundle
from hub.mapping.compared.canonical import canonical, one_line
from hub.mapping.compared.effects import OUTCOME
from hub.mapping.compared.meaning import Change, Document, difference, over_documents
from hub.mapping.data.shape import Shape
from hub.yamlreader import parse

MAPPING = """\
mapping: order
version: 1
from: {connector: there, stream: things}
to: {connector: here, operation: put}
key: "{number}"
when: status == "approved"
tables:
  uom: {吨: t, 千克: kg}
let: {day: approved_on}
fields:
  number: number
  buyer: {fields: {name: {from: buyer, required: true}, city: city}}
  lines:
    each: lines
    where: qty > 0
    fields:
      qty: {from: qty, as: decimal, places: 2}
      unit: {from: unit, map: uom}
"""
#: The same, written by somebody else.
REWRITTEN = """\
# an order as the warehouse wants it
to: {operation: put, connector: here}
from: {connector: there, stream: things}
mapping: order
version: 1
title: 订单
fields:
  lines:
    where: "qty > 0"
    fields:
      unit: {map: "uom", from: 'unit'}
      qty:
        as: decimal    # tonnes
        places: "2"
        from: qty
    each: lines
  buyer:
    fields:
      city: {from: city}
      name: {required: true, from: buyer}
  number: {from: number}
let:
  day: {from: "approved_on"}
when: 'status == "approved"'
key: "{number}"
tables:
  uom:
    千克: "kg"
    吨: t
"""
ROUTE = """\
route: approved
when: {record: commitment, from: crm, if: status == "approved"}
deliver:
  - {to: erp, operation: add_commitment}
  - {to: wms, operation: create_order, after: [erp]}
"""


def bundle(mapping: str = MAPPING, **more: str) -> Bundle:
    files = {"own/order.yaml": mapping, **{f"own/{name}.yaml": text for name, text in more.items()}}
    return read_bundle({name: text.encode() for name, text in files.items()})


def changes(old: str, new: str) -> dict[str, tuple[str | None, str | None]]:
    """Return part and name → old and new text, of a mapping that changed."""
    (one,) = difference(bundle(old), bundle(new)).found
    assert (one.what, one.name, one.kind) == ("mapping", "order", "changed")
    return {f"{c.part} {c.name}": (_text(c, "old"), _text(c, "new")) for c in one.changes}


def _text(change: Change, side: str) -> str | None:
    rule = getattr(change, side)
    return None if rule is None else rule.text


def test_another_way_to_write_the_same_is_no_difference() -> None:
    found = difference(bundle(MAPPING), bundle(REWRITTEN))
    assert found.old != found.new
    assert found.found == ()
    assert not found.warnings


def test_a_changed_rule_is_told_with_both_texts_and_their_places() -> None:
    new = MAPPING.replace("places: 2", "places: 3")
    (one,) = difference(bundle(), bundle(new)).found
    (change,) = one.changes
    assert (change.part, change.name, change.kind) == ("field", "lines[].qty", "changed")
    assert change.old is not None
    assert change.new is not None
    assert change.old.text == '{from: qty, as: decimal, places: "2"}'
    assert change.new.text == '{from: qty, as: decimal, places: "3"}'
    assert (change.new.place.file, change.new.place.line) == ("own/order.yaml", 17)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  number: number\n", "  number: no\n",
         {"field number": ("{from: number}", '{from: "no"}')}),
        ("  number: number\n", "", {"field number": ("{from: number}", None)}),
        ("  number: number\n", "  number: number\n  note: remark\n",
         {"field note": (None, "{from: remark}")}),
        ("city: city", "city: {value: Ulm}",
         {"field buyer.city": ("{from: city}", "{value: Ulm}")}),
        ("where: qty > 0", "where: qty > 1",
         {"field lines": ('{each: lines, where: "qty > 0"}', '{each: lines, where: "qty > 1"}')}),
        ("吨: t,", "吨: TNE,", {"table uom[吨]": ("t", "TNE")}),
        ("吨: t,", "吨: t, 克: g,", {"table uom[克]": (None, "g")}),
        ("吨: t, ", "", {"table uom[吨]": ("t", None)}),
        ("day: approved_on", "day: signed_on", {"let day": ("{from: approved_on}",
                                                            "{from: signed_on}")}),
        ("let: {day: approved_on}", "let: {day: approved_on, who: {fields: {a: city}}}",
         {"let who.a": (None, "{from: city}")}),
        ("city: city", 'city: {when: qty > 0, then: {fields: {a: city}}}',
         {"field buyer.city": ("{from: city}",
                               '{when: "qty > 0", then: {fields: {a: city}}}')}),
        ('key: "{number}"', 'key: "{number}-1"',
         {"word key": ('"{number}"', '"{number}-1"')}),
        ('status == "approved"', 'status == "new"',
         {"word when": ("'status == \"approved\"'", "'status == \"new\"'")}),
        ('key: "{number}"', 'key: "{number}"\nlane: "{buyer}"',
         {"word lane": (None, '"{buyer}"')}),
        ("stream: things", "stream: others",
         {"word from": ("{connector: there, stream: things}",
                        "{connector: there, stream: others}")}),
    ],
    ids=["rule", "removed", "added", "nested", "list", "table-changed", "table-added",
         "table-removed", "let", "field-of-let", "branch", "key", "when", "lane", "end"],
)  # fmt: skip
def test_each_part_of_a_mapping_is_compared_by_itself(
    old: str, new: str, expected: dict[str, tuple[str | None, str | None]]
) -> None:
    assert old in MAPPING
    assert changes(MAPPING, MAPPING.replace(old, new)) == expected


def with_table(table: str, file: str, data: str) -> Bundle:
    text = MAPPING.replace("{吨: t, 千克: kg}", table)
    return read_bundle({"own/order.yaml": text.encode(), f"own/{file}": data.encode()})


@pytest.mark.parametrize(
    ("table", "file", "rows"),
    [
        ("{file: uom.csv, key: 单位, value: 代码}", "uom.csv", "单位,代码\n吨,t\n千克,kg\n"),
        ("{file: uom.yaml}", "uom.yaml", "吨: t\n千克: 'kg'\n"),
    ],
    ids=["csv", "yaml"],
)
def test_a_table_in_a_file_is_compared_entry_by_entry(table: str, file: str, rows: str) -> None:
    in_file = with_table(table, file, rows)
    assert difference(bundle(), in_file).found == ()
    (one,) = difference(in_file, with_table(table, file, rows.replace("kg", "KGM"))).found
    (change,) = one.changes
    assert (change.part, change.name) == ("table", "uom[千克]")
    assert (_text(change, "old"), _text(change, "new")) == ("kg", "KGM")


def test_a_mapping_that_means_something_else_under_the_same_version_is_warned_of() -> None:
    (warning,) = difference(bundle(), bundle(MAPPING.replace("places: 2", "places: 3"))).warnings
    assert (warning.code, warning.file, warning.line) == ("W103", "own/order.yaml", 1)
    assert "order" in warning.message
    raised = MAPPING.replace("places: 2", "places: 3").replace("version: 1", "version: 2")
    assert not difference(bundle(), bundle(raised)).warnings


def test_mappings_that_came_and_went_are_told_by_name() -> None:
    other = MAPPING.replace("mapping: order", "mapping: other").replace("things", "others")
    found = difference(bundle(), bundle(other))
    assert [(one.what, one.name, one.kind) for one in found.found] == [
        ("mapping", "order", "removed"),
        ("mapping", "other", "added"),
    ]
    assert found.facts() == {"added": ["mapping other"], "removed": ["mapping order"]}


def test_an_own_file_that_says_what_the_shipped_one_said_is_no_difference() -> None:
    shipped = read_bundle({"shipped/order.yaml": MAPPING.encode()})
    both = {"shipped/order.yaml": MAPPING.encode(), "own/mine.yaml": REWRITTEN.encode()}
    assert difference(shipped, read_bundle(both)).found == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (", after: [erp]", "", ("step", "wms.after", "removed")),
        (", after: [erp]", ", after: erp", None),
        ("create_order", "cancel_order", ("step", "wms.operation", "changed")),
        ("from: crm", "from: crm2", ("word", "when.from", "changed")),
        ('status == "approved"', 'status == "new"', ("word", "when.if", "changed")),
        ("deliver:", "require: {may_change: [amount]}\ndeliver:",
         ("word", "require.may_change", "added")),
    ],
    ids=["after", "after-as-text", "operation", "from", "if", "require"],
)  # fmt: skip
def test_each_part_of_a_route_is_compared_by_itself(
    old: str, new: str, expected: tuple[str, str, str] | None
) -> None:
    assert old in ROUTE
    found = difference(bundle(route=ROUTE), bundle(route=ROUTE.replace(old, new))).found
    told = [(c.part, c.name, c.kind) for one in found for c in one.changes]
    assert told == ([expected] if expected else [])
    assert not any(one.same_version for one in found)


RECONCILIATION = """\
reconciliation: orders
version: 1
sides:
  crm: {connection: crm, stream: order, key: number}
  erp: {connection: erp, stream: order, key: {from: no, find: "[0-9]+"}}
key_rules: trim
compare:
  amount: {as: money, crm: {from: amount, currency: currency}, erp: net, tolerance: "0.01"}
cut_off: {settle: 1 hour}
waive: {roles: lead, days: 30}
"""
#: The same, written by somebody else.
RECONCILED_AGAIN = """\
# orders of two systems
title: 订单
version: 1
authority: crm
waive: {days: 30, roles: [lead]}
cut_off:
  settle: 1 hour
compare:
  amount:
    tolerance: 0.01
    erp: {from: net}
    as: money
    crm: {currency: {from: currency}, from: amount}
key_rules: [trim]
sides:
  crm: {stream: order, connection: crm, key: {from: number}}
  erp: {stream: order, connection: erp, key: {find: '[0-9]+', from: no}}
reconciliation: orders
tests: []
"""


def test_a_reconciliation_that_is_written_in_another_way_is_the_same() -> None:
    found = difference(bundle(agreed=RECONCILIATION), bundle(agreed=RECONCILED_AGAIN)).found
    assert found == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('tolerance: "0.01"', 'tolerance: "0.02"',
         ("compare.amount.tolerance", '0.01', '0.02')),
        (', tolerance: "0.01"', "", ("compare.amount.tolerance", '0.01', None)),
        ("erp: net", "erp: gross", ("compare.amount.erp.from", "net", "gross")),
        ("key: number", "key: no", ("sides.crm.key.from", "number", "no")),
        ("stream: order, key: number", "stream: order, key: number, rows: {min: 9}",
         ("sides.crm.rows.min", None, "9")),
        ("days: 30", "days: 60", ("waive.days", "30", "60")),
        ("settle: 1 hour", "settle: 0", ("cut_off.settle", "1 hour", "0")),
        ("key_rules: trim", "key_rules: [trim, upper]", ("key_rules", "[trim]", "[trim, upper]")),
        ("version: 1\n", "version: 1\nauthority: erp\n", ("authority", "crm", "erp")),
        ("version: 1\n", "version: 1\ntotals: []\n", ("totals", None, "[]")),
    ],
    ids=["tolerance", "exact", "path", "key", "rows", "policy", "cut-off", "rules", "authority",
         "totals"],
)  # fmt: skip
def test_each_part_of_a_reconciliation_is_compared_by_itself(
    old: str, new: str, expected: tuple[str, str | None, str | None]
) -> None:
    assert old in RECONCILIATION
    after = bundle(agreed=RECONCILIATION.replace(old, new, 1))
    (one,) = difference(bundle(agreed=RECONCILIATION), after).found
    (change,) = one.changes
    assert (one.what, one.name, one.kind, one.same_version) == ("reconciliation", "orders",
                                                                "changed", True)  # fmt: skip
    assert change.part == "word"
    old_text, new_text = (
        None if one is None else one.replace('"', "")
        for one in (_text(change, "old"), _text(change, "new"))
    )
    assert (change.name, old_text, new_text) == expected


def test_the_side_that_is_right_is_a_difference_where_it_is_the_first() -> None:
    crm, erp = RECONCILIATION.splitlines()[3:5]
    turned = RECONCILIATION.replace(f"{crm}\n{erp}\n", f"{erp}\n{crm}\n")
    (one,) = difference(bundle(agreed=RECONCILIATION), bundle(agreed=turned)).found
    assert [(change.name, _text(change, "new")) for change in one.changes] == [("authority", "erp")]


def test_a_reconciliation_that_came_is_told_by_name() -> None:
    found = difference(bundle(), bundle(agreed=RECONCILIATION)).facts()
    assert found == {"added": ["reconciliation orders"]}


def test_a_step_that_was_added_is_told_word_by_word() -> None:
    new = ROUTE + "  - {step: again, to: erp, operation: add_commitment}\n"
    (one,) = difference(bundle(route=ROUTE), bundle(route=new)).found
    assert [(c.name, c.kind) for c in one.changes] == [
        ("again.to", "added"),
        ("again.operation", "added"),
    ]


def test_facts_for_the_ledger_hold_names_and_counts_and_nothing_the_files_say() -> None:
    new = MAPPING.replace("places: 2", "places: 3").replace("city: city", "city: {value: Ulm}")
    assert difference(bundle(), bundle(new)).facts() == {"changed": {"mapping order": 2}}


def test_a_bare_path_is_a_short_rule_inside_other_rules_too() -> None:
    short, long = "text: '{a}', parts: {a: x}", "parts: {a: {from: x}}, text: '{a}'"
    texts = [MAPPING.replace("city: city", f"city: {{{rule}}}") for rule in (short, long)]
    assert difference(*map(bundle, texts)).found == ()


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("as: money, currency: unit", "as: money, currency: {from: unit}"),
        ("as: quantity, unit: unit", "as: quantity, unit: {from: unit}"),
        ("lookup: 'rate: -> CNY', at: day", "lookup: 'rate: -> CNY', at: {from: day}"),
        ('check: "> 0"', 'check: ["> 0"]'),
        ('check: {that: "> 0", says: no}', 'check: [{that: "> 0", says: no}]'),
    ],
    ids=["currency", "unit", "at", "check", "check-that-says"],
)
def test_the_short_form_of_a_word_means_what_the_long_one_does(short: str, long: str) -> None:
    texts = [
        MAPPING.replace("city: city", f"city: {{from: qty, {said}}}") for said in (short, long)
    ]
    assert difference(*map(bundle, texts)).found == ()


def test_a_currency_itself_is_no_path() -> None:
    said = ("currency: CNY", "currency: {from: CNY}")
    texts = [
        MAPPING.replace("city: city", f"city: {{from: qty, as: money, {one}}}") for one in said
    ]
    assert difference(*map(bundle, texts)).found


@pytest.mark.parametrize("text", ["true", '"true"', "null", '"null"', "~", '""', '"a: b"', "a b"])
def test_one_line_reads_back_as_what_it_was_made_of(text: str) -> None:
    root = parse(f"word: {text}\n".encode()).root
    assert root is not None
    again = parse(one_line(root).encode()).root
    assert again is not None
    assert canonical(again) == canonical(root)


@pytest.mark.parametrize(
    ("one", "other"), [("true", '"true"'), ("null", '"null"'), ("", '""'), ("keep", '"keep"')]
)
def test_quotes_that_change_what_a_text_means_are_a_difference(one: str, other: str) -> None:
    nodes = [parse(f"value: {text}\n".encode()).root for text in (one, other)]
    assert canonical(nodes[0]) != canonical(nodes[1])  # type: ignore[arg-type]


# ---- over documents --------------------------------------------------------------------------


def order(number: str, *quantities: str, **more: Any) -> Document:
    lines = [{"qty": quantity, "unit": "吨"} for quantity in quantities]
    data = {"number": number, "status": "approved", "buyer": "Anna Beispiel", "lines": lines}
    return Document(number, {**data, **more})


def effects(
    new: str, *documents: Document, old: str = MAPPING, schemas: Any = None, personal: bool = False
) -> dict[str, tuple[int, list[Any]]]:
    files = [{"own/order.yaml": text.encode()} for text in (old, new)]
    one, other = (read_bundle(file, schemas).mappings["order"] for file in files)
    found = over_documents(one, other, documents, personal=personal)
    assert found.documents == len(documents)
    return {
        effect.target: (
            effect.documents,
            [(s.document, s.target, s.old, s.new) for s in effect.samples],
        )
        for effect in found.fields
    }


def test_what_would_change_is_counted_by_document_with_a_sample_of_each() -> None:
    new = MAPPING.replace("places: 2", "places: 0")
    documents = [order("A-1", "1.25", "2.5"), order("A-2", "3"), order("A-3", "4.5")]
    assert effects(new, *documents, personal=True) == {
        "lines[].qty": (
            2,
            [("A-1", "lines[0].qty", "1.25", "1"), ("A-3", "lines[0].qty", "4.50", "5")],
        )
    }


def test_at_most_five_samples_are_kept_of_a_field() -> None:
    new = MAPPING.replace("吨: t", "吨: TNE")
    found = effects(new, *(order(f"A-{n}", "1") for n in range(9)), personal=True)
    count, samples = found["lines[].unit"]
    assert (count, len(samples)) == (9, 5)


def test_a_document_that_no_longer_fits_is_one_difference_and_not_one_for_each_field() -> None:
    new = MAPPING.replace("city: city", "city: {from: city, required: true}")
    assert effects(new, order("A-1", "1"), personal=True) == {
        OUTCOME: (1, [("A-1", OUTCOME, "a document", "E203 buyer.city")])
    }


def test_a_document_that_is_no_longer_mapped_says_so() -> None:
    new = MAPPING.replace('status == "approved"', 'status == "new"')
    assert effects(new, order("A-1", "1"))[OUTCOME][1] == [
        ("A-1", OUTCOME, "a document", "when: does not hold")
    ]


HIDDEN = "(personal, not shown)"
SHAPE = {
    "number": Shape(), "status": Shape(), "city": Shape(), "buyer": Shape(personal="name"),
    "born": Shape("date", personal="birthday"), "phone": Shape(personal="phone"),
    "email": Shape(personal="email"), "approved_on": Shape("date"),
    "lines": Shape("list", fields={"qty": Shape(), "unit": Shape()}),
}  # fmt: skip
#: Two rules for one personal value, which give other forms of it.
FORMS = [
    ("calc: upper(email)", "calc: lower(email)"),
    ("from: born, as: date, format: DD.MM.YYYY", "from: born, as: date, format: MM/DD/YYYY"),
    ('calc: "right(phone, 4)"', 'calc: "left(phone, 2)"'),
    ("from: buyer", "text: 'to {buyer}'"),
    ("from: $who", "from: $who, max_length: 2, cut: true"),
    ("when: city is set, then: {from: buyer}", "value: nobody"),
]
PERSON = {
    "buyer": "Anna Beispiel", "born": "1990-05-06", "phone": "13812345678",
    "email": "Anna@example.com", "city": "Ulm",
}  # fmt: skip


def _schemas(connector: str, name: str) -> dict[str, Any] | None:
    return dict(SHAPE) if connector == "there" else None


def _with_city(rule: str) -> str:
    text = MAPPING.replace("city: city", f"city: {{{rule}, allow_personal: why}}")
    text = text.replace("{from: buyer, required", "{from: buyer, allow_personal: why, required")
    return text.replace("{day: approved_on}", "{who: {from: buyer, allow_personal: why}}")


@pytest.mark.parametrize(("old", "new"), FORMS, ids=["case", "date", "end", "text", "let", "none"])
def test_no_form_of_a_personal_value_is_shown(old: str, new: str) -> None:
    found = effects(_with_city(new), order("A-1", "1", **PERSON), old=_with_city(old),
                    schemas=_schemas)  # fmt: skip
    assert found == {"buyer.city": (1, [("A-1", "buyer.city", HIDDEN, HIDDEN)])}


def test_what_a_mask_leaves_is_shown() -> None:
    new = _with_city("from: phone, redact: phone")
    document = order("A-1", "1", **PERSON)
    _, ((*_, made),) = effects(new, document, old=_with_city("value: x"), schemas=_schemas)[
        "buyer.city"
    ]
    assert made == '"138****5678"'


def test_a_handle_made_of_something_personal_is_not_shown() -> None:
    old = _with_city("value: x")
    new = old.replace('key: "{number}"', 'key: "{$who}"\nlane: "{$who}"')
    found = effects(new, order("A-1", "1", **PERSON), old=old, schemas=_schemas)
    assert found["key:"][1] == [("A-1", "key:", HIDDEN, HIDDEN)]
    assert found["lane:"][1] == [("A-1", "lane:", "(null)", HIDDEN)]


def test_a_field_its_target_calls_personal_is_not_shown() -> None:
    def schemas(connector: str, name: str) -> dict[str, Any] | None:
        target = {"lines": Shape("list", fields={"qty": Shape(personal="bank"), "unit": Shape()})}
        others = {"number": Shape(), "buyer": Shape("object", fields={"city": Shape()})}
        return dict(SHAPE) if connector == "there" else {**target, **others}

    name = "name: {from: buyer, allow_personal: why, required: true}, "
    old = _with_city("value: x").replace(name, "")
    found = effects(old.replace("places: 2", "places: 0"), order("A-1", "1.5"), old=old,
                    schemas=schemas)  # fmt: skip
    assert found["lines[].qty"][1] == [("A-1", "lines[0].qty", HIDDEN, HIDDEN)]


def test_what_is_not_personal_is_shown_beside_it() -> None:
    old = _with_city("value: x")
    new = old.replace("places: 2", "places: 0")
    found = effects(new, order("A-1", "1.5", **PERSON), old=old, schemas=_schemas)
    assert found["lines[].qty"][1] == [("A-1", "lines[0].qty", "1.50", "2")]


def test_nothing_is_shown_of_a_document_of_which_nothing_is_known() -> None:
    new = MAPPING.replace("places: 2", "places: 0")
    ((*_, made),) = effects(new, order("A-1", "1.5"))["lines[].qty"][1]
    assert made == "(personal, not shown)"


def test_numbers_that_are_equal_are_no_difference() -> None:
    new = MAPPING.replace("as: decimal, places: 2", "as: decimal")
    assert effects(new, order("A-1", "1"), personal=True) == {}
    assert Decimal("1.00") == Decimal(1)
