"""`$document`: what a mapping may read of it, and where its file may go."""

from __future__ import annotations

import pytest

from hub.connector import FieldSpec
from hub.errors import Fault, MappingError
from hub.language import Language, told
from hub.mapping import FieldMapping, MappingFault, Scope, read_bundle

MAP = """\
mapping: attach
from: {record: commitment}
to: {connector: erp, operation: put}
fields:
"""
OPERATION = {"name": FieldSpec(), "content": FieldSpec("file")}


def attach(text: str) -> FieldMapping:
    found = read_bundle({"own/attach.yaml": text.encode()}, lambda _connector, _name: OPERATION)
    return found.mappings["attach"]


def faults(text: str) -> list[Fault]:
    with pytest.raises(MappingError) as caught:
        attach(text)
    return list(caught.value.faults)


def test_a_mapping_reads_what_is_known_of_the_document() -> None:
    fields = MAP + '  name: {text: "{$document.name}"}\n  content: $document.file\n'
    known = {"name": "HX-1.pdf", "file": "payload:00"}
    mapped = attach(fields).apply({}, Scope(document=known))
    assert mapped == {"name": "HX-1.pdf", "content": "payload:00"}
    assert attach(MAP + "  name: $document.name\n").apply({}) == {}


def test_only_what_is_missing_of_the_document_is_a_fault() -> None:
    rules = (
        "name: {from: $document.name, required: true}\n"
        "  content: {from: $document.file, required: true}\n"
    )
    with pytest.raises(MappingFault) as caught:
        attach(f"{MAP}  {rules}").apply({}, Scope(document={"file": "payload:00"}))
    assert [(one.code, one.target) for one in caught.value.faults] == [("E203", "name")]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("content: number", "E114"),
        ("content: {value: x}", "E114"),
        ("content: {from: $document.file, default: x}", "E114"),
        ("content: {from: $document.file, redact: hash}", "E114"),
        ("content: {when: number is set, then: x, else: {from: $document.file}}", "E114"),
        ("content: $document.sha256", "E114"),
        ("name: $document.file", "E114"),
        ("name: $document.nmber", "E101"),
        ("name: $document", "E101"),
    ],
)
def test_only_the_file_of_a_document_goes_into_a_file(rule: str, code: str) -> None:
    assert [one.code for one in faults(f"{MAP}  {rule}\n")] == [code]


@pytest.mark.parametrize(
    "rule",
    [
        "{from: $document.file, required: true}",
        '{when: $delivery.action != "cancel", then: {from: $document.file}}',
        "{choose: [{when: number is set, then: {from: $document.file}}]}",
    ],
    ids=["required", "when", "choose"],
)
def test_a_file_may_be_sent_under_a_condition(rule: str) -> None:
    assert attach(f"{MAP}  content: {rule}\n").document.keys() == {"file"}


def test_a_let_cannot_take_the_name_of_the_document() -> None:
    text = MAP.replace("fields:", "let: {document: number}\nfields:") + "  name: $document.number\n"
    assert "E110" in [one.code for one in faults(text)]


def test_a_fault_is_told_in_chinese_too() -> None:
    (fault,) = faults(f"{MAP}  content: number\n")
    assert told(fault.message, Language.ZH).startswith("content 是文件。")
