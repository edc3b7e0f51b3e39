"""When two documents say the same, and where they do not."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import FieldSpec
from hub.compare import Difference, compare

SHANGHAI = ZoneInfo("Asia/Shanghai")


def shown(kind: str = "text", **more: Any) -> FieldSpec:
    return FieldSpec(kind, readable=True, **more)


LINES = {
    "lines": FieldSpec(
        "list",
        fields={"line_no": shown(), "quantity": shown("decimal"), "note": FieldSpec()},
    )
}


def paths(found: list[Difference]) -> list[str]:
    return [difference.path for difference in found]


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("decimal", "12", Decimal("12.00")),
        ("decimal", 12, " 12.0 "),
        ("decimal", 12.5, "12.50"),
        ("decimal", "-0", "0"),
        ("integer", 7, "007"),
        ("text", "e\u0301", "\u00e9"),
        ("text", " 北京 ", "北京"),
        ("text", 981, "981"),
        ("text", "", None),
        ("text", "   ", None),
        ("boolean", True, "true"),
        ("boolean", False, "0"),
        ("date", date(2026, 6, 1), "2026-06-01"),
        ("date", "2026-06-01", "2026-06-01 00:00:00"),
        ("date", "2026-06-01", datetime(2026, 5, 31, 16, tzinfo=UTC)),
        ("datetime", "2026-06-01T09:00:00+08:00", "2026-06-01T01:00:00Z"),
        ("datetime", "2026-06-01 09:00:00", datetime(2026, 6, 1, 1, tzinfo=UTC)),
        ("list", [], None),
        ("list", ["a "], ("a",)),
        ("object", {}, None),
        ("text", "not a number", "not a number"),
        ("decimal", "n/a", "n/a"),
        ("decimal", "NaN", "NaN"),
        ("date", "0000-00-00", "0000-00-00"),
        ("datetime", "0001-01-01 00:00:00", "0001-01-01 00:00:00"),
        ("something new", "a", "a"),
    ],
)
def test_what_means_the_same_is_equal(kind: str, left: Any, right: Any) -> None:
    fields = {"field": shown(kind)}
    assert compare({"field": left}, {"field": right}, fields, zone=SHANGHAI) == []
    assert compare({"field": right}, {"field": left}, fields, zone=SHANGHAI) == []


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("decimal", "12", "12.01"),
        ("decimal", "1,200", "1200"),
        ("decimal", "0", None),
        ("text", "007", "7"),
        ("text", "a", "A"),
        ("text", "a", None),
        ("boolean", True, False),
        ("boolean", False, None),
        ("date", "2026-06-01", "2026-06-02"),
        ("date", "2026-06-01", datetime(2026, 6, 1, 16, tzinfo=UTC)),
        ("datetime", "2026-06-01T09:00:00+08:00", "2026-06-01T09:00:00Z"),
        ("list", ["a", "b"], ["b", "a"]),
        ("list", ["a"], ["a", "b"]),
    ],
)
def test_what_means_something_else_is_a_difference(kind: str, left: Any, right: Any) -> None:
    fields = {"field": shown(kind)}
    found = compare({"field": left}, {"field": right}, fields, zone=SHANGHAI)
    assert found == [Difference("field", left, right)]


def test_a_field_the_far_end_does_not_show_is_not_compared() -> None:
    fields = {"hidden": FieldSpec(), "seen": shown()}
    assert compare({"hidden": "a", "seen": "s"}, {"seen": "s"}, fields) == []


def test_missing_and_null_are_equal_on_either_side() -> None:
    fields = {"a": shown(), "b": shown("decimal"), "c": shown("list")}
    assert compare({"a": None}, {"b": None, "c": []}, fields) == []


def test_a_field_nobody_described_is_not_looked_at() -> None:
    assert compare({"extra": 1}, {"extra": 2}, {}) == []


def test_differences_come_in_the_order_of_the_fields() -> None:
    fields = {"b": shown(), "a": shown()}
    assert paths(compare({"a": "1", "b": "1"}, {}, fields)) == ["b", "a"]


def test_an_object_inside_is_compared_field_by_field() -> None:
    fields = {"to": FieldSpec("object", fields={"city": shown(), "street": shown()})}
    found = compare({"to": {"city": "沪", "street": "1"}}, {"to": {"city": "京"}}, fields)
    assert found == [Difference("to.city", "沪", "京"), Difference("to.street", "1", None)]


def test_lines_are_matched_by_their_number_whatever_their_order() -> None:
    ours = {"lines": [{"line_no": 1, "quantity": "1"}, {"line_no": 2, "quantity": "2"}]}
    theirs = {"lines": [{"line_no": "2", "quantity": "3"}, {"line_no": "1", "quantity": "1.0"}]}
    assert compare(ours, theirs, LINES) == [Difference("lines[line_no=2].quantity", "2", "3")]


def test_a_line_on_one_side_only_is_one_difference() -> None:
    ours = {"lines": [{"line_no": "1", "quantity": "1"}]}
    theirs = {"lines": [{"line_no": "1", "quantity": "1"}, {"line_no": "2", "quantity": "2"}]}
    assert paths(compare(ours, theirs, LINES)) == ["lines[line_no=2]"]
    assert paths(compare(theirs, ours, LINES)) == ["lines[line_no=2]"]
    assert paths(compare({}, ours, LINES)) == ["lines[line_no=1]"]


@pytest.mark.parametrize(
    "numbers", [(None, None), ("1", "1")], ids=["without a number", "a number twice"]
)
def test_lines_without_a_number_of_their_own_are_matched_by_order(
    numbers: tuple[str | None, ...],
) -> None:
    def lines(*quantities: str) -> dict[str, Any]:
        pairs = zip(numbers, quantities, strict=True)
        return {"lines": [{"line_no": number, "quantity": q} for number, q in pairs]}

    assert paths(compare(lines("1", "2"), lines("1", "3"), LINES)) == ["lines[1].quantity"]


def test_another_name_can_be_the_number_of_a_line() -> None:
    fields = {"rows": FieldSpec("list", fields={"sku": shown(), "qty": shown("decimal")})}
    ours = {"rows": [{"sku": "A", "qty": 1}, {"sku": "B", "qty": 2}]}
    theirs = {"rows": [{"sku": "B", "qty": 2}, {"sku": "A", "qty": 5}]}
    assert paths(compare(ours, theirs, fields, line_key="sku")) == ["rows[sku=A].qty"]


@pytest.mark.parametrize("wrong", ["text", ["text"], {"line_no": "1"}, 5])
def test_a_list_that_is_none_is_a_difference_and_no_crash(wrong: Any) -> None:
    ours = {"lines": [{"line_no": "1", "quantity": "1"}]}
    assert paths(compare(ours, {"lines": wrong}, LINES)) == ["lines"]


def test_personal_values_are_not_shown() -> None:
    fields = {"phone": shown(personal="phone"), "city": shown()}
    phone, city = compare({"phone": "13800000000", "city": "沪"}, {}, fields)
    assert str(phone) == "phone: differs (phone, not shown)"
    assert "138" not in repr(phone)
    assert str(city) == "city: expected 沪, found nothing"


def test_a_missing_line_with_personal_data_is_not_shown() -> None:
    fields = {"to": FieldSpec("list", fields={"name": shown(personal="name")})}
    (found,) = compare({"to": [{"name": "张三"}]}, {}, fields)
    assert "张三" not in str(found)


documents = st.fixed_dictionaries(
    {
        "text": st.text(),
        "number": st.decimals(allow_nan=False, allow_infinity=False, places=2),
        "at": st.datetimes(timezones=st.just(UTC)),
        "lines": st.lists(
            st.fixed_dictionaries({"line_no": st.integers(1, 99), "quantity": st.integers()}),
            unique_by=lambda line: line["line_no"],
        ),
    }
)
FIELDS = {"text": shown(), "number": shown("decimal"), "at": shown("datetime"), **LINES}


@given(documents)
def test_a_document_equals_itself_written_another_way(document: dict[str, Any]) -> None:
    offset = timezone(timedelta(hours=8))
    at = document["at"]
    other = {
        "text": f" {document['text']} ",
        "number": f"{document['number']}0",
        "at": at.astimezone(offset).isoformat() if 1 < at.year < 9999 else at,
        "lines": random.Random(0).sample(document["lines"], len(document["lines"])),
        "extra": None,
    }
    assert compare(document, other, FIELDS) == []


@given(documents, documents)
def test_the_same_fields_differ_from_either_side(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert sorted(paths(compare(a, b, FIELDS))) == sorted(paths(compare(b, a, FIELDS)))


def test_files_are_compared_whole_and_told_by_their_hash_only() -> None:
    fields = {"content": shown("file")}
    assert compare({"content": "JVBERg=="}, {"content": "JVBERg=="}, fields) == []
    (found,) = compare({"content": "JVBERg=="}, {"content": "JVBERh=="}, fields)
    (gone,) = compare({"content": "JVBERg=="}, {"content": None}, fields)
    assert "JVBER" not in str(found)
    assert str(found).count("sha256 ") == 2
    assert str(gone).endswith("found nothing")
