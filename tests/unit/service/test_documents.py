"""A document changed by hand: read with each fault at its place, and nothing changed on the way."""

from __future__ import annotations

from typing import Any

import pytest

from hub.connector import FieldSpec
from hub.language import Language, told
from hub.service import documents

FIELDS = {
    "number": FieldSpec(required=True),
    "amount": FieldSpec("decimal"),
    "count": FieldSpec("integer"),
    "urgent": FieldSpec("boolean"),
    "receiver": FieldSpec("object", fields={"name": FieldSpec(required=True)}),
    "lines": FieldSpec("list", fields={"sku": FieldSpec(required=True), "note": FieldSpec()}),
    "free": FieldSpec("object"),
}


FILE = {"content": FieldSpec("file")}
SHA = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"


def wrong(text: str) -> documents.Wrong:
    with pytest.raises(documents.Unreadable) as caught:
        documents.parse(text)
    return caught.value.wrong


def faults(document: dict[str, Any]) -> list[str]:
    return [str(one.message) for one in documents.faults(document, FIELDS)]


def test_numbers_that_are_not_whole_stay_as_they_were_written() -> None:
    read = documents.parse('{"a": 1.10, "b": 12345678901234567890, "c": 1e3, "d": null}')
    assert read == {"a": "1.10", "b": 12345678901234567890, "c": "1e3", "d": None}


@pytest.mark.parametrize(
    ("text", "line", "column", "zh"),
    [
        ('{\n "a": 1\n "b": 2}', 3, 2, "缺少逗号或右括号"),
        ('{"a": }', 1, 7, "缺少值"),
        ("{} {}", 1, 4, "结尾之后还有内容"),
        ('{"a": "b', 1, 7, "文本缺少右引号"),
        ("[1]", 0, 0, "必须是 JSON 对象"),
        ('{"a": {"b": 1, "b": 2}}', 0, 0, "b 在同一对象中出现两次"),
        ('{"a": -Infinity}', 0, 0, "-Infinity 不是 JSON 数字"),
        ("[" * 100_000 + "]" * 100_000, 0, 0, "嵌套过深"),
        ("{" + '"a": {' * 1000 + "}" * 1001, 0, 0, "嵌套过深"),
    ],
    ids=["comma", "value", "behind", "quote", "list", "twice", "infinity", "deep", "deep objects"],
)  # fmt: skip
def test_what_cannot_be_read_names_its_place_in_both_languages(
    text: str, line: int, column: int, zh: str
) -> None:
    found = wrong(text)
    assert (found.line, found.column) == (line, column)
    assert zh in told(found.message, Language.ZH)


def test_every_fault_is_told_at_once_with_the_way_to_it() -> None:
    document = {
        "amount": "12x", "count": 1.5, "urgent": "yes", "receiver": [], "lines": [{"sku": ""}, {}],
        "numbr": 1,
    }  # fmt: skip
    assert faults(document) == [
        "number is required.",
        "amount must be a number.",
        "count must be a whole number.",
        "urgent must be true or false.",
        "receiver must be an object: { … }.",
        "lines.1.sku is required.",
        "lines.2.sku is required.",
        "numbr is not known. Did you mean number?",
    ]


def test_what_fits_has_no_fault() -> None:
    document = {
        "number": "N-1", "amount": "12.50", "count": "3", "urgent": False,
        "receiver": {"name": "x"}, "lines": [{"sku": "a", "note": None}],
        "free": {"whatever": [1, {"deep": True}]},
    }  # fmt: skip
    assert faults(document) == []


@pytest.mark.parametrize("amount", ["NaN", "Infinity", True, [], {}, "1,5"], ids=str)
def test_what_is_no_number_does_not_pass_for_one(amount: object) -> None:
    assert faults({"number": "1", "amount": amount}) == ["amount must be a number."]


def test_a_mask_is_found_wherever_it_is_and_whatever_is_known_of_the_document() -> None:
    document = {"a": [{"b": "***"}], "c": "***"}
    found = documents.faults(document, None)
    assert [(one.field, one.barred) for one in found] == [("a.1.b", True), ("c", True)]


@pytest.mark.parametrize(
    "text", ["https://u:***@host", "x?token=***&y=1", "Authorization: Bearer ***"]
)
def test_what_is_masked_inside_a_text_is_found_too(text: str) -> None:
    assert [one.barred for one in documents.faults({"a": text}, None)] == [True]


@pytest.mark.parametrize("text", ["*** urgent ***", "2***3", "** *"])
def test_stars_a_person_wrote_are_no_mask(text: str) -> None:
    assert documents.faults({"a": text}, None) == []


def test_nobody_insists_on_a_document_that_goes_too_deep() -> None:
    document: dict[str, Any] = {}
    for _ in range(45):
        document = {"a": document}
    (found,) = documents.faults(document, FIELDS)
    assert (found.barred, str(found.message)) == (True, "The document goes too deep.")


def test_a_number_no_program_reads_is_said_to_be_too_long() -> None:
    assert str(wrong(f'{{"a": {"1" * 5000}}}').message) == (
        "The document holds a number that is too long."
    )


def test_no_more_is_told_than_anybody_reads() -> None:
    assert len(faults({"number": "1", **{f"x{number}": 1 for number in range(500)}})) == 100


@pytest.mark.parametrize(
    "value",
    ["JVBERi0=", f"payload:{SHA[1:]}", f"payload:{SHA.upper()}", f"payload:{SHA}\n", SHA, 1, True],
    ids=["content", "short", "capitals", "line", "bare", "number", "boolean"],
)
def test_nothing_else_stands_for_a_file_even_if_a_person_insists(value: Any) -> None:
    (found,) = documents.faults({"content": value}, FILE)
    assert found.barred
    assert "payload:" in found.message
    assert told(found.message, Language.ZH).endswith("须为中枢的文件：payload: 加其 SHA-256。")


@pytest.mark.parametrize("value", [f"payload:{SHA}", None, ""], ids=["a file", "null", "empty"])
def test_a_reference_or_nothing_may_stand_for_a_file(value: str | None) -> None:
    assert documents.faults({"content": value}, FILE) == []
