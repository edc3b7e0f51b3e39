"""Document files: copies, terms, titles, examples, and how they fit to routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.connector import FieldSpec
from hub.errors import Fault, MappingError
from hub.mapping import Bundle, MappingFault, read_bundle, run_tests
from hub.mapping.bundle import kind_and_name
from hub.mapping.compared.meaning import difference
from hub.mapping.document import DocumentFile
from hub.yamlreader import parse

HEAD = "document: annex\nrecord: commitment\n"
OTHER = HEAD.replace("commitment", "contract")
COPIES = "copies: [{copy: customer, to: customer.name}]\n"
MAP = """\
mapping: attach
from: {record: commitment}
to: {connector: erp, operation: put}
fields:
"""
ROUTE = "route: approved\nwhen: {record: commitment}\n"
MANY = [f"{{copy: c{at}, to: number}}" for at in range(21)]
STEPS = "deliver: [{to: erp, operation: put, map: attach%s}]\n"
OPERATION = {"name": FieldSpec(), "content": FieldSpec("file")}


def bundle(**files: str) -> Bundle:
    data = {f"own/{name}.yaml": text.encode() for name, text in files.items()}
    return read_bundle(data, lambda _connector, name: OPERATION if name == "put" else None)


def document(more: str = "", head: str = HEAD + COPIES) -> DocumentFile:
    return bundle(annex=head + more).documents["annex"]


def faults(**files: str) -> list[Fault]:
    with pytest.raises(MappingError) as caught:
        bundle(**files)
    return list(caught.value.faults)


def says(**files: str) -> list[tuple[str, int, str]]:
    return [(one.code, one.line, f"{one.message} {one.hint}") for one in faults(**files)]


# ---- what it says of a record ------------------------------------------------------------------


def test_each_copy_names_its_recipient_in_one_line() -> None:
    one = document(
        head=HEAD + "copies:\n"
        "  - {copy: customer, to: customer.name}\n"
        '  - {copy: agent, to: {text: "{customer.name} / {number}"}}\n'
    )
    record = {"number": "CM-1", "customer": {"name": " 示例\n采购 "}}
    assert one.recipients(record) == (("customer", "示例 采购"), ("agent", "示例 采购 / CM-1"))


@pytest.mark.parametrize("customer", [{"name": ""}, {"name": " \n"}, {"name": None}, {}], ids=str)
def test_a_recipient_the_record_does_not_tell_is_a_fault(customer: Mapping[str, Any]) -> None:
    with pytest.raises(MappingFault) as caught:
        document().recipients({"customer": customer})
    (fault,) = caught.value.faults
    assert (fault.code, fault.line) == ("E203", 3)
    assert "copies.customer" in fault.message


def test_every_recipient_that_is_missing_is_told_at_once() -> None:
    one = document(head=HEAD + "copies: [{copy: a, to: contract_no}, {copy: b, to: order_no}]\n")
    with pytest.raises(MappingFault) as caught:
        one.recipients({})
    assert len(caught.value.faults) == 2


def test_a_term_stands_only_where_its_condition_holds() -> None:
    one = document(
        'terms: [always, {text: "of {contract_no}", if: contract_no is set},'
        " {text: of the contract, if: contract_no is not set}]\n"
    )
    assert one.terms_for({"contract_no": "HT-1"}) == ("always", "of HT-1")
    assert one.terms_for({}) == ("always", "of the contract")


def test_a_term_that_cannot_be_written_is_a_fault_with_its_place() -> None:
    with pytest.raises(MappingFault) as caught:
        document('terms: ["of {contract_no}"]\n').terms_for({})
    (fault,) = caught.value.faults
    assert (fault.code, fault.line) == ("E203", 4)


@given(st.text(), st.text())
def test_whatever_a_record_holds_stands_in_the_term_as_text(number: str, name: str) -> None:
    one = document('terms: ["<{number}> {{x}} <{customer.name}>"]\n')
    (term,) = one.terms_for({"number": number, "customer": {"name": name}})
    assert term == " ".join(f"<{number}> {{x}} <{name}>".split())


@pytest.mark.parametrize(
    ("title", "zh", "en"),
    [
        ("", "annex", "annex"),
        ("title: 附件\n", "附件", "附件"),
        ("title: {zh: 附件}\n", "附件", "附件"),
        ("title: {en: Annex}\n", "Annex", "Annex"),
        ("title: {zh: 附件, en: Annex}\n", "附件", "Annex"),
    ],
    ids=["none", "one", "Chinese", "English", "both"],
)
def test_one_title_serves_both_languages(title: str, zh: str, en: str) -> None:
    one = document(title)
    assert (one.title_zh, one.title_en) == (zh, en)


def test_what_is_not_said_is_the_usual() -> None:
    one = document()
    assert (one.language, one.approvers, one.approval_order) == ("zh", "names", False)
    assert (one.levels, one.terms, one.record) == ({}, (), "commitment")


# ---- what is wrong in a file -------------------------------------------------------------------


def test_everything_wrong_in_a_file_is_told_at_once_with_the_nearest_names() -> None:
    found = says(
        annex="document: annex\nrecord: comitment\nlangage: zh\nlanguage: cn\n"
        "copies: [{copy: A b, to: name}, {copy: c}]\nterms: [{if: x}]\n"
    )
    assert [(code, line) for code, line, _ in found] == [
        ("E111", 2), ("E102", 3), ("E106", 4), ("E106", 5), ("E105", 5), ("E105", 6),
    ]  # fmt: skip
    assert "commitment" in found[0][2]
    assert "language" in found[1][2]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HEAD, "E105"),
        (HEAD + "copies: []\n", "E105"),
        (HEAD + "copies: [{copy: a, to: customer.nme}]\n", "E101"),
        (HEAD + "copies: [{copy: a, to: customer}]\n", "E108"),
        (HEAD + "copies: [{copy: a, to: [x]}]\n", "E106"),
        (HEAD + "copies: [{copy: a, to: {txt: x}}]\n", "E102"),
        (HEAD + "copies: [{copy: a, to: number}, {copy: a, to: number}]\n", "E112"),
        (HEAD + f"copies: [{', '.join(MANY)}]", "E005"),
        (HEAD + COPIES + "terms: [{text: \"{nmber}\"}]\n", "E101"),
        (HEAD + COPIES + "terms: [{text: x, if: nmber == 1}]\n", "E101"),
        (HEAD + COPIES + "terms: [\"{$delivery.watermark}\"]\n", "E101"),
        (HEAD + COPIES + f"terms: [{', '.join('x' * 51)}]\n", "E005"),
        (HEAD + COPIES + "approval_order: sometimes\n", "E106"),
        (HEAD + COPIES + "levels: [coo]\n", "E106"),
        (HEAD.replace("annex", "x" * 91) + COPIES, "E005"),
        (COPIES + "document: annex\n", "E105"),
        (HEAD + COPIES + "tests: [{name: a, given: {}}]\n", "E105"),
        (HEAD + COPIES + "tests: [{name: a, given: {}, terms: [], expect_error: E203}]\n", "E105"),
        (HEAD + COPIES + "tests: [{name: a, given: {}, expect_error: E2O3}]\n", "E106"),
    ],
    ids=[
        "no copies", "empty copies", "unknown path", "object", "list", "misspelt text", "twice",
        "too many copies", "term path", "condition", "delivery in a term", "too many terms",
        "boolean", "levels", "long name", "no record", "test asks nothing", "test asks both",
        "unknown code",
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused(text: str, code: str) -> None:
    assert code in [one.code for one in faults(annex=text)]


# ---- tests in the file -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "failing"),
    [
        ("copies: {customer: 甲}", 0),
        ("copies: {customer: 乙}", 1),
        ("terms: [x]", 0),
        ("terms: []", 1),
        ("expect_error: E203", 1),
    ],
    ids=["copy", "wrong copy", "terms", "wrong terms", "no fault comes"],
)
def test_the_examples_of_a_file_are_run(test: str, failing: int) -> None:
    text = f"terms: [x]\ntests: [{{name: a, given: {{customer: {{name: 甲}}}}, {test}}}]\n"
    assert len(run_tests(bundle(annex=HEAD + COPIES + text))) == failing


@pytest.mark.parametrize(("code", "failing"), [("E203", 0), ("missing-value", 0), ("E201", 1)])
def test_an_example_may_expect_a_fault(code: str, failing: int) -> None:
    text = f"tests: [{{name: a, given: {{}}, expect_error: {code}}}]\n"
    assert len(run_tests(bundle(annex=HEAD + COPIES + text))) == failing


# ---- routes ------------------------------------------------------------------------------------

FILE = MAP + "  content: $document.file\n"


def test_a_route_names_its_document_and_each_step_its_copy() -> None:
    route = ROUTE + "document: annex\n" + STEPS % ", copy: customer"
    found = bundle(annex=HEAD + COPIES, attach=FILE, route=route).routes["approved"]
    assert found.document == "annex"
    assert found.steps[0].copy == "customer"
    assert not found.steps[0].options


@pytest.mark.parametrize(
    ("head", "route", "code", "hint"),
    [
        (HEAD, "document: anex\n" + STEPS % "", "E111", "annex"),
        (HEAD, "document: annex\n" + STEPS % ", copy: custmer", "E111", "customer"),
        (HEAD, STEPS % ", copy: customer", "E110", "erp takes a copy along"),
        (OTHER, "document: annex\n" + STEPS % "", "E106", "contract"),
        (HEAD, STEPS % "", "E110", "sends the file"),
    ],
    ids=["no document", "no copy", "copy of none", "another kind", "file of none"],
)  # fmt: skip
def test_a_route_that_does_not_fit_is_refused(head: str, route: str, code: str, hint: str) -> None:
    found = says(annex=head + COPIES, attach=FILE, route=ROUTE + route)
    assert [one[0] for one in found if hint in one[2]] == [code]


def test_a_route_is_told_from_a_document_wherever_the_word_stands() -> None:
    route = parse(("document: annex\n" + ROUTE).encode(), "r.yaml").root
    assert kind_and_name(route) == ("route", "approved")
    assert kind_and_name(parse(HEAD.encode(), "d.yaml").root) == ("document", "annex")


def test_an_own_mapping_that_reads_an_empty_document_is_warned_of() -> None:
    files = {"attach": MAP + "  name: $document.number\n", "annex": HEAD + COPIES}
    without = bundle(**files, route=ROUTE + STEPS % "").warnings
    with_one = bundle(**files, route=ROUTE + "document: annex\n" + STEPS % "").warnings
    assert [one.code for one in without if "$document" in one.message] == ["W105"]
    assert [one for one in with_one if "$document" in one.message] == []


def test_an_own_document_takes_the_place_of_the_shipped_one() -> None:
    files = {"shipped/a.yaml": HEAD + COPIES + "title: 甲\n", "own/b.yaml": HEAD + COPIES}
    found = read_bundle({name: text.encode() for name, text in files.items()})
    assert found.documents["annex"].title_zh == "annex"


def test_what_a_document_says_now_is_told_as_a_difference() -> None:
    old = bundle(annex=HEAD + COPIES + "terms: [x]\n")
    new = bundle(annex=HEAD + COPIES + "terms: [y]   # a remark\n")
    (one,) = difference(old, new).found
    assert (one.what, one.name, [change.name for change in one.changes]) == (
        "document", "annex", ["terms"],
    )  # fmt: skip
