"""The schemas editors use: they take what the hub takes, and refuse the commonest mistakes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hub.mapping.shipped import shipped_folder
from hub.mapping.writing import schema, vocabulary
from hub.mapping.writing.vocabulary import Example
from hub.yamlfile import Entries, Items, Node, Scalar
from hub.yamlreader import parse
from tests.unit.mapping.test_reconciliation_file import FILE, SHORT

MAPPING = Draft202012Validator(schema.json_schema())
ROUTE = Draft202012Validator(schema.route_schema())
#: Folder of shipped files → name of their schema, where they are no mappings.
SCHEMAS = {
    "routes": "route-1.json",
    "gates": "gate-1.json",
    "watches": "watch-1.json",
    "documents": "document-1.json",
    "reconcile": "reconciliation-1.json",
}
SHIPPED = sorted(shipped_folder().glob("*/*.yaml"))
HEAD = """\
mapping: probe
from: {record: commitment}
to: {connector: qimen, operation: create_order}
"""


def _as_an_editor_reads(text: str) -> Any:
    """Return the content with the types YAML 1.2 gives to scalars without quotes."""
    file = parse(text.encode(), "probe")
    assert not file.faults
    assert file.root is not None
    return _typed(file.root)


def _typed(node: Node) -> Any:
    match node:
        case Entries():
            return {key.text: _typed(value) for key, value in node.pairs}
        case Items():
            return [_typed(item) for item in node.nodes]
        case Scalar():
            return _scalar(node)


def _scalar(node: Scalar) -> Any:
    if node.null:
        return None
    if not node.plain:
        return node.text
    if node.text in {"true", "false"}:
        return node.text == "true"
    if re.fullmatch(r"[-+]?[0-9]+", node.text):
        return int(node.text)
    return float(node.text) if re.fullmatch(r"[-+]?[0-9]*\.[0-9]+", node.text) else node.text


def _is_mapping(text: str) -> bool:
    return bool(MAPPING.is_valid(_as_an_editor_reads(text)))


def _fits(rule: str, before: str = "") -> bool:
    return _is_mapping(f"{HEAD}{before}\nfields:\n  probe: {rule}\n")


# ---- what it takes ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", schema.SHIPPED)
def test_the_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema.SHIPPED[name]())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_file_fits(path: Path) -> None:
    made = schema.SHIPPED[SCHEMAS.get(path.parent.name, "mapping-1.json")]()
    validator = Draft202012Validator(made)
    content = _as_an_editor_reads(path.read_text("utf-8"))
    assert [error.message for error in validator.iter_errors(content)] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_file_names_its_schema_in_the_first_line(path: Path) -> None:
    first = path.read_text("utf-8").partition("\n")[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert found is not None
    named = (path.parent / found[1]).resolve()
    name = SCHEMAS.get(path.parent.name, "mapping-1.json")
    assert named == shipped_folder() / "schema" / name


@pytest.mark.parametrize("text", [FILE, SHORT, SHORT + "key_rules: trim\nageing: 7 days\n"])
def test_a_reconciliation_fits(text: str) -> None:
    validator = Draft202012Validator(schema.reconciliation_schema())
    found = validator.iter_errors(_as_an_editor_reads(text))
    assert [error.message for error in found] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("settle: 0", "setle: 0"),
        ("as: money", "as: mony"),
        ("  crm: {title: CRM,", "  crm: {titel: CRM,"),
        ("held: release", "held: relese"),
        ("then: critical", "then: crital"),
        ("reconciliation: orders\n", ""),
    ],
)
def test_a_wrong_reconciliation_does_not_fit(old: str, new: str) -> None:
    assert old in FILE
    validator = Draft202012Validator(schema.reconciliation_schema())
    assert not validator.is_valid(_as_an_editor_reads(FILE.replace(old, new, 1)))


def _whole(example: Example) -> str:
    words = {line.partition(":")[0] for line in example.before.splitlines()}
    head = "".join(f"{line}\n" for line in HEAD.splitlines() if line.partition(":")[0] not in words)
    rule = "\n".join(f"  {line}" for line in example.rule.splitlines())
    return f"{head}{example.before}\nfields:\n{rule}\n"


@pytest.mark.parametrize("term", [*vocabulary.RULES, *vocabulary.FILES, *vocabulary.TESTS])
def test_every_example_of_a_word_fits(term: vocabulary.Term) -> None:
    for example in term.examples:
        content = _as_an_editor_reads(_whole(example))
        assert [error.message for error in MAPPING.iter_errors(content)] == []


@pytest.mark.parametrize(
    "rule",
    [
        "{value: 5}",
        "{value: true}",
        "{from: a, default: 0}",
        "{from: a, empty: [0, 1.5]}",
        "{from: a, map: {1: 2, yes: true}}",
        "{when: a, then: 1, else: 0.5}",
        '{from: a, as: decimal, places: "2"}',
        "{from: a, as: decimal, scale: 0.01}",
        '{from: a, as: decimal, scale: "0.01"}',
    ],
)
def test_a_text_may_look_like_a_number_to_an_editor(rule: str) -> None:
    assert _fits(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "a.b",
        "{each: lines, from: sku, where: gift, join: ','}",
        "{each: lines, fields: {a: b}, default: []}",
        "{each: tags}",
        "{each: lines, when: gift, then: G, else: {from: sku}}",
        "{fields: {a: {fields: {b: c}}}}",
        "{when: a, then: {when: b, then: c}}",
        "{from: a, lookup: 'rate: -> CNY', at: day}",
        "{from: a, lookup: u8.item <-> hub.item, else: park}",
        "{from: a, check: ['> 0', {that: $value < 5, says: 'too many: {a}'}]}",
    ],
)
def test_a_rule_the_language_has_fits(rule: str) -> None:
    assert _fits(rule)


# ---- what it refuses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param("{form: a}", id="a-misspelt-word"),
        pytest.param("{from: a, value: b}", id="two-sources"),
        pytest.param("{each: a, from: b, calc: c}", id="two-sources-for-an-item"),
        pytest.param("{as: text}", id="no-source"),
        pytest.param("{from: a, places: 2}", id="places-without-as"),
        pytest.param("{from: a, as: text, places: 2}", id="places-of-a-text"),
        pytest.param("{from: a, as: decimal, format: YYYY}", id="format-of-a-number"),
        pytest.param("{when: a}", id="when-without-then"),
        pytest.param("{from: a, then: b}", id="then-without-when"),
        pytest.param("{from: a, else: b}", id="else-without-a-question"),
        pytest.param("{from: a, parts: {b: c}}", id="parts-without-text"),
        pytest.param("{from: a, cut: true}", id="cut-without-max-length"),
        pytest.param("{from: a, join: ','}", id="join-without-each"),
        pytest.param("{from: a, as: number}", id="an-unknown-type"),
        pytest.param("{from: a, as: money}", id="money-without-currency"),
        pytest.param("{from: a, required: yes}", id="yes-instead-of-true"),
        pytest.param("{from: a, required: true, default: b}", id="required-and-default"),
        pytest.param("{from: a, redact: nickname}", id="an-unknown-redaction"),
        pytest.param("{from: a, lookup: crm.customer}", id="half-a-lookup"),
        pytest.param("{from: a, at: day}", id="at-without-lookup"),
        pytest.param("{when: a, then: b, map: c}", id="map-beside-when"),
        pytest.param("{choose: [{when: a}]}", id="a-choice-without-then"),
        pytest.param("[a, b]", id="a-list"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_mistake_in_a_rule_is_underlined(rule: str) -> None:
    assert not _fits(rule)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("from: {record: commitment}", "", id="from-is-missing"),
        pytest.param("{record: commitment}", "{record: commitmnt}", id="an-unknown-record"),
        pytest.param("{record: commitment}", "{connector: erp}", id="half-an-end"),
        pytest.param("operation", "stream", id="a-stream-as-target"),
        pytest.param("fields:", "felds:", id="a-misspelt-word"),
        pytest.param("fields:", "direction: both\nfields:", id="an-unknown-direction"),
        pytest.param("fields:", "format: 2\nfields:", id="an-unknown-format"),
        pytest.param("fields:", "checks: [{that: a > 0}]\nfields:", id="a-check-without-words"),
    ],
)
def test_a_mistake_in_a_file_is_underlined(right: str, wrong: str) -> None:
    text = f"{HEAD}fields:\n  probe: a\n"
    assert _is_mapping(text)
    assert right in text
    assert not _is_mapping(text.replace(right, wrong))


@pytest.mark.parametrize(
    ("test", "fits"),
    [
        pytest.param("{name: a, given: {b: 1}, expect: {c: 2}}", True, id="right"),
        pytest.param("{name: a, base: b, change: {c: 1}, expect_skip: true}", True, id="change"),
        pytest.param("{given: {}, expect: {}}", False, id="no-name"),
        pytest.param("{name: a, given: {}}", False, id="nothing-expected"),
        pytest.param("{name: a, given: {}, base: b, expect: {}}", False, id="given-and-base"),
        pytest.param("{name: a, given: {}, change: {}, expect: {}}", False, id="change-of-nothing"),
        pytest.param("{name: a, given: {}, expected: {}}", False, id="a-misspelt-word"),
        pytest.param("{name: a, given: {}, expect: {}, expect_skip: true}", False, id="two-ends"),
    ],
)
def test_a_mistake_in_a_test_is_underlined(test: str, fits: bool) -> None:
    assert _fits("a", f"tests: [{test}]") == fits


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("deliver:", "delivers:", id="a-misspelt-word"),
        pytest.param("operation: add, ", "", id="a-step-without-operation"),
        pytest.param("on_revoke: person", "on_revoke: nobody", id="an-unknown-choice"),
        pytest.param("{to: erp,", "{to: erp, After: [crm],", id="a-word-with-capitals"),
        pytest.param("levels", "level", id="a-misspelt-level"),
        pytest.param("record: commitment, ", "", id="no-record"),
        pytest.param("distinct: true", 'distinct: "true"', id="true-in-quotes"),
    ],
)
def test_a_mistake_in_a_route_is_underlined(right: str, wrong: str) -> None:
    text = (
        "route: probe\n"
        "when: {record: commitment, from: crm, if: status == 1}\n"
        "require: {approvals: {levels: [coo], distinct: true}}\n"
        "deliver: [{to: erp, operation: add, on_revoke: person, on_confirmed: order}]\n"
    )
    assert ROUTE.is_valid(_as_an_editor_reads(text))
    assert right in text
    assert not ROUTE.is_valid(_as_an_editor_reads(text.replace(right, wrong)))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("then: deny", "then: refuse"),
        ("roles: [coo], valid", "valid"),
        ("unavailable: hold", "unavailable: maybe"),
        ("approvals: 2", "approvals: 0"),
        ("gate: big", "gat: big"),
        ("expect: hold", "expect: held"),
    ],
)
def test_the_schema_of_gates_refuses_what_the_checker_refuses(right: str, wrong: str) -> None:
    text = (
        "gate: big\nwhen: {record: contract}\nneeds: [{approvals: 2}]\n"
        "checks: [{if: amount > 1, then: deny, reason: x}]\n"
        "release: {roles: [coo], valid: 7 days}\nunavailable: hold\n"
        "tests: [{name: x, given: {amount: 1}, expect: hold}]\n"
    )
    gate = Draft202012Validator(schema.gate_schema())
    assert gate.is_valid(_as_an_editor_reads(text))
    assert right in text
    assert not gate.is_valid(_as_an_editor_reads(text.replace(right, wrong)))


# ---- what an editor shows --------------------------------------------------------------------


def test_every_word_is_told_in_english_and_chinese() -> None:
    for name, one in schema.json_schema()["$defs"].items():
        if name.startswith(("word-", "file-", "test-")):
            english, _, chinese = one["description"].partition("\n\n")
            assert english.isascii()
            assert re.search(r"[\u4e00-\u9fff]", chinese)


def test_an_editor_offers_the_types_of_as() -> None:
    offered = schema.json_schema()["$defs"]["word-as"]["enum"]
    assert set(offered) >= {"text", "decimal", "money", "quantity", "date", "email"}


# ---- the files -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", schema.SHIPPED)
def test_the_shipped_schema_is_current(name: str) -> None:
    path = shipped_folder() / "schema" / name
    assert path.is_file(), "run: python docs/generate.py"
    assert path.read_text("utf-8") == schema.text(schema.SHIPPED[name]()), "run: docs/generate.py"


def test_no_shipped_schema_is_left_over() -> None:
    assert {path.name for path in (shipped_folder() / "schema").iterdir()} == set(schema.SHIPPED)
