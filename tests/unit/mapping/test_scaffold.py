"""The beginning of a mapping file: what names say about each other, and what is left to do."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from yaml import safe_load

from hub.errors import MappingError
from hub.flow import checks
from hub.mapping import read_bundle, run_tests
from hub.mapping.data.shape import Shape, of_fields, of_record
from hub.mapping.field_mapping import End
from hub.mapping.writing.alike import Leaf, near, same
from hub.mapping.writing.drafts import Ends
from hub.mapping.writing.quoting import scalar
from hub.mapping.writing.sample import yaml
from hub.mapping.writing.scaffold import Scaffold, scaffold
from hub.records import KINDS
from hub.yamlreader import parse

IN, OUT = ("there", "things"), ("here", "put")


def made(source: Mapping[str, Shape], target: Mapping[str, Shape], to: End = OUT) -> Scaffold:
    ends = Ends(IN, to, Shape("object", fields=source), Shape("object", fields=target))
    return scaffold("probe", ends, "schema/mapping-1.json")


def lines(made: Scaffold) -> list[str]:
    """Return the lines below `fields:`, up to the next word of the file."""
    after = made.text.split("\nfields:", 1)[1].splitlines()[1:]
    end = next((at for at, line in enumerate(after) if not line.startswith(" ")), len(after))
    return [line.strip() for line in after[:end]]


def leaf(path: str, **shape: object) -> Leaf:
    return Leaf(tuple(path.split(".")), Shape(**shape))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("orderNo", "order_no"),
        ("customer_code", "customer.code"),
        ("customer.code", "customer_code"),
        ("customer.contact.name", "contact_name"),
        ("receiver.city", "customer.contact.city"),
    ],
)
def test_a_name_is_the_same_however_it_is_written(target: str, source: str) -> None:
    found = same(tuple(target.split(".")), [leaf("other"), leaf(source)])
    assert found is not None
    assert found.path == source


def test_a_name_that_several_fields_have_is_nobodys() -> None:
    assert same(("receiver", "name"), [leaf("customer.name"), leaf("contact.name")]) is None


def test_what_is_said_of_the_document_fills_only_its_own_place() -> None:
    leaves = [leaf("company")]
    assert same(("receiver", "company"), leaves, own={"company"}) is None
    assert same(("company",), leaves, own={"company"}) is not None


@pytest.mark.parametrize(
    ("target", "source", "within"),
    [
        ("planQty", "quantity", False),
        ("totalAmount", "amount", False),
        ("mobile", "contact.phone", False),
        ("itemName", "name", True),
    ],
)
def test_a_near_name_shares_a_word_that_means_something(
    target: str, source: str, within: bool
) -> None:
    found = near((target,), [leaf("other"), leaf(source)], within=within)
    assert found is not None
    assert found.path == source


@pytest.mark.parametrize(
    ("target", "source"),
    [("expressCode", "postcode"), ("serviceCode", "customer.code"), ("orderType", "order_no")],
)
def test_names_that_only_look_alike_are_not_near(target: str, source: str) -> None:
    assert near((target,), [leaf(source)], within=False) is None


def test_values_are_converted_to_what_the_target_needs() -> None:
    texts = {name: Shape() for name in ("amount", "count", "day", "note")}
    target = {
        "amount": Shape("decimal"), "count": Shape("integer", required=True),
        "day": Shape("date"), "note": Shape(),
    }  # fmt: skip
    assert lines(made(texts, target)) == [
        "amount: {from: amount, as: decimal}",
        "count: {from: count, as: integer, required: true}",
        "day: {from: day, as: date, zone: Asia/Shanghai}",
        "note: note",
    ]


def test_what_nothing_fills_is_left_as_todo_and_the_check_names_it() -> None:
    target = {"note": Shape(), "number": Shape(required=True)}
    found = made({"note": Shape()}, target)
    assert found.todo == ("number",)
    assert "# number: TODO   # required, text" in lines(found)


def test_a_near_name_is_offered_as_a_comment_once() -> None:
    target = {name: Shape("decimal") for name in ("totalAmount", "itemAmount")}
    found = lines(made({"amount": Shape("decimal"), "x": Shape()}, {**target, "x": Shape()}))
    assert found[0].startswith("# totalAmount: amount   # ")
    assert found[-1] == "# also takes: itemAmount"


def test_objects_and_lists_are_filled_from_within() -> None:
    item = Shape("list", fields={"sku": Shape(), "qty": Shape("decimal")})
    source = {"customer": Shape("object", fields={"code": Shape()}), "lines": item, "no": Shape()}
    line = Shape("list", required=True, fields={"sku": Shape(), "no": Shape()})
    target = {"customer": Shape("object", fields={"code": Shape()}), "lines": line}
    assert lines(made(source, target)) == [
        "customer:", "fields:", "code: customer.code",
        "lines:", "each: lines", "fields:", "sku: sku", '"no": ..no',
    ]  # fmt: skip


def test_an_object_nothing_fills_is_one_todo_not_many() -> None:
    inner = {"street": Shape(required=True), "city": Shape(required=True)}
    target = {"x": Shape(), "address": Shape("object", required=True, fields=inner)}
    assert made({"x": Shape()}, target).todo == ("address",)


def test_personal_data_that_leaves_is_marked() -> None:
    fields = {"phone": Shape(personal="phone")}
    (line,) = lines(made(fields, {"phone": Shape()}))
    assert line.startswith("phone: phone   # TODO personal: redact: phone,")
    (line,) = lines(made(fields, {"phone": Shape()}, to="commitment"))
    assert line == "phone: phone"


def test_the_number_of_a_record_is_what_products_name_after_its_kind() -> None:
    order = of_record(KINDS["order"])
    ends = Ends(IN, "order", Shape("object", fields={"orderNo": Shape()}), order)
    assert any("# number: orderNo" in line or "number: {from: orderNo" in line
               for line in lines(scaffold("probe", ends, "s")))  # fmt: skip


def test_what_no_rule_reads_is_ignored_in_words() -> None:
    source = {
        "a": Shape(), "b": Shape(), "c": Shape("object", fields={"d": Shape()}),
        "lines": Shape("list", fields={"a": Shape(), "e": Shape()}),
    }  # fmt: skip
    target = {"a": Shape(), "lines": Shape("list", fields={"a": Shape()})}
    assert "\nignore: [b, c, lines.e]\n" in made(source, target).text


def test_hostile_names_become_a_file_that_loads() -> None:
    names = ["no", "a: b", "x}", "true", "订单 号", "#1", "it's", "a.b", "{{", "1"]
    fields = {name: Shape() for name in names}
    text = made(fields, fields).text
    mapping = read_bundle({"own/probe.yaml": text.encode()}).mappings["probe"]
    assert mapping.apply(dict.fromkeys(names, "v")) == dict.fromkeys(names, "v")


def test_ends_nobody_described_still_give_a_file_that_loads() -> None:
    text = scaffold("probe", Ends(IN, OUT, None, None), "s").text
    assert read_bundle({"own/probe.yaml": text.encode()}).mappings["probe"].apply({}) == {}


PAIRS: list[tuple[End, End]] = [
    ("commitment", ("qimen", "create_order")),
    ("commitment", ("tryton", "add_commitment")),
    ("order", ("lowcode", "update_record")),
    (("lowcode", "commitment"), "commitment"),
    (("lowcode", "contract"), "contract"),
    (("tryton", "order"), "order"),
    (("tryton", "shipment"), "shipment"),
    (("tryton", "bom"), "bom"),
    (("qimen", "shipment"), "shipment"),
]


def shape(end: End) -> Shape:
    return of_record(KINDS[end]) if isinstance(end, str) else of_fields(checks.schema(*end) or {})


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
def test_between_real_ends_only_what_is_left_to_do_is_wrong(source: End, target: End) -> None:
    found = scaffold("probe", Ends(source, target, shape(source), shape(target)), "s")
    files = {"own/probe.yaml": found.text.encode()}
    try:
        bundle = read_bundle(files, checks.schema)
    except MappingError as error:
        codes = {fault.code for fault in error.faults if not fault.code.startswith("W")}
        assert codes <= {"E104", "E301"}
        assert found.todo or "E301" in codes
    else:
        assert found.todo == ()
        assert run_tests(bundle) == []
    assert max(map(len, found.text.splitlines())) < 130


@pytest.mark.parametrize(
    ("source", "target"), [pair for pair in PAIRS if pair[0] != "order"], ids=str
)
def test_the_sample_gives_what_the_test_expects(source: End, target: End) -> None:
    found = scaffold("probe", Ends(source, target, shape(source), shape(target)), "s").text
    assert "\ntests:\n" in found
    bare = "".join(
        f"{word}: {{connector: any, {other}: any}}\n"
        for word, other in (("from", "stream"), ("to", "operation"))
    )
    kept = [line for line in found.splitlines() if not line.startswith(("from:", "to:"))]
    assert run_tests(read_bundle({"own/p.yaml": (bare + "\n".join(kept)).encode()})) == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"), ("两个 字", "两个 字"), ("12", '"12"'), ("true", '"true"'),
        ("a: b", '"a: b"'), ("", '""'), ("..no", "..no"), ("a,b", '"a,b"'), ("x #y", '"x #y"'),
        # what older readers of YAML, or the words of a file, take for something else
        ("no", '"no"'), ("Y", '"Y"'), ("off", '"off"'), ("keep", '"keep"'), ("~", '"~"'),
        ("2026-06-30", '"2026-06-30"'), (".inf", '".inf"'), ("-x", '"-x"'), ("=", '"="'),
        ('"a" \\d', "'\"a\" \\d'"), ("it's", '"it\'s"'),
        ("a\n'\"\\\u2028\x85", '"a\\n\'\\"\\\\\\u2028\\u0085"'),
    ],
)  # fmt: skip
def test_texts_are_quoted_only_where_they_need_it(text: str, written: str) -> None:
    assert scalar(text) == written
    assert parse(f"[{written}]".encode()).content == [text]
    for line in (f"k: {written}", f"{{k: {written}}}"):
        assert safe_load(line) == {"k": text}


def test_what_does_not_fit_a_line_is_broken_into_parts() -> None:
    value = {
        f"name{number}": [{"a": "x" * 30, "b": "y" * 30, "c": "z" * 30}] for number in range(3)
    }
    text = "\n".join(yaml("given", value, ""))
    assert max(map(len, text.splitlines())) <= 100
    assert parse(text.encode()).content == {"given": value}
