"""Tryton's wire format and our marks, which are pure."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.erp.tryton import attachments, marks, wire
from connectors.erp.tryton.marks import Mark
from connectors.erp.tryton.streams import Cursor
from hub import Action, Command, ConfigError, ConnectorError, Outcome

SAMPLES = Path(wire.__file__).with_name("samples")
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary()
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.decimals(allow_nan=False, allow_infinity=False, places=4),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(VALUES)
def test_a_value_comes_back_from_the_wire_as_it_went(value: Any) -> None:
    assert wire.typed(json.loads(json.dumps(wire.encode(value)))) == value


def test_a_call_has_the_three_keys_tryton_wants() -> None:
    assert set(json.loads(wire.envelope("common.db.list", []))) == {"id", "method", "params"}


def test_a_time_is_sent_in_utc() -> None:
    moment = datetime(2026, 6, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    assert wire.encode(moment)["hour"] == 1


def test_a_value_without_a_form_is_an_error() -> None:
    with pytest.raises(TypeError, match="set"):
        wire.encode({"x": {1}})


def test_a_read_value_becomes_a_plain_document() -> None:
    read = {"party": 2, "party.": {"code": "K", "id": 2}, "sale_date": date(2026, 6, 1)}
    assert wire.plain(read) == {"party": {"code": "K", "id": 2}, "sale_date": "2026-06-01"}


def test_a_quantity_a_float_cannot_hold_is_refused() -> None:
    assert wire.quantity(Decimal("0.1")) == 0.1
    with pytest.raises(ValueError, match="digits"):
        wire.quantity(Decimal("1.00000000000000000001"))


@pytest.mark.parametrize(
    ("body", "outcome", "words"),
    [
        ({"error": ["UserError", ["No.", "Why.", [["x"]]]]}, Outcome.REJECTED, "No. Why."),
        ({"error": ["UserWarning", ["n.x", "Sure?", ""]]}, Outcome.REJECTED, "Sure?"),
        ({"error": ["ConcurrencyException", "Modified"]}, Outcome.CONFLICT, "Modified"),
        ({"error": ["RateLimitException", ""]}, Outcome.RATE_LIMITED, ""),
        ({"error": ["'nofield'", "Traceback: secret"]}, Outcome.MISCONFIGURED, "'nofield'"),
        ({"error": ["'sale.nomodel'", ""]}, Outcome.MISCONFIGURED, "'sale.nomodel'"),
        ({"error": ["the connection is closed", ""]}, Outcome.UNKNOWN, "the connection is closed"),
        ({"error": ["'X' has no attribute 'y'"]}, Outcome.UNKNOWN, "'X' has no attribute 'y'"),
        ({"error": []}, Outcome.UNKNOWN, ""),
        ({"error": ["UserWarning"]}, Outcome.REJECTED, ""),
        ({"id": 1}, Outcome.UNKNOWN, None),
        ([], Outcome.UNKNOWN, None),
    ],
)
def test_an_error_inside_200_says_what_happened(
    body: Any, outcome: Outcome, words: str | None
) -> None:
    with pytest.raises(ConnectorError) as caught:
        wire.result("erp: x", 200, json.dumps(body).encode(), effect=True)
    assert (caught.value.outcome, caught.value.words) == (outcome, words)
    assert "secret" not in str(caught.value)


def test_a_read_that_the_server_could_not_finish_changed_nothing() -> None:
    body = json.dumps({"id": 1, "error": ["the connection is closed", ""]}).encode()
    with pytest.raises(ConnectorError) as caught:
        wire.result("erp: x", 200, body, effect=False)
    assert caught.value.outcome is Outcome.UNAVAILABLE_NOT_APPLIED


def test_recorded_answers_of_a_server_are_understood() -> None:
    (sale,) = wire.result("erp", 200, (SAMPLES / "sales.json").read_bytes(), effect=False)
    assert sale["party."]["code"] == "KH0001"
    assert sale["total_amount"] == Decimal("38400.00")
    for name, outcome in (
        ("user_error", Outcome.REJECTED),
        ("server_error", Outcome.MISCONFIGURED),
    ):
        with pytest.raises(ConnectorError) as caught:
            wire.result("erp", 200, (SAMPLES / f"{name}.json").read_bytes(), effect=True)
        assert caught.value.outcome is outcome


@given(TEXTS, st.integers(1, 10**6), TEXTS, TEXTS)
def test_a_mark_is_found_again_in_any_text(key: str, revision: int, line: str, around: str) -> None:
    mark = Mark(key, revision, line, None, "2026-05-01")
    text = f"{around.replace('[hub:', '')} {mark} {around}"
    assert marks.find(text, key) == mark


@given(TEXTS, TEXTS)
def test_a_mark_is_nobody_elses(key: str, other: str) -> None:
    found = marks.find(str(Mark(key, 1)), other)
    assert (found is not None) == (key == other)


@given(TEXTS, st.lists(st.text(st.characters(exclude_characters="\n[")), max_size=4))
def test_our_line_of_a_comment_leaves_the_others_alone(key: str, lines: list[str]) -> None:
    comment = "\n".join([*lines, "end"])
    written = marks.with_note(comment, key, f"promise {Mark(key, 1)}")
    again = marks.with_note(written, key, f"promise {Mark(key, 2)}")
    assert marks.find(again, key) == Mark(key, 2)
    assert marks.keys(again) == [key]
    assert marks.with_note(again, key, None) == comment


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0), st.booleans())
def test_a_cursor_comes_back_as_it_was_written(at: datetime, record: int, exact: bool) -> None:
    cursor = Cursor(at, record, exact)
    assert Cursor.read(str(cursor)) == cursor


def test_an_overlap_does_not_reach_before_all_times() -> None:
    cursor = Cursor.read("0001-01-01T00:00:00+00:00 7 overlap")
    assert cursor.start(timedelta(minutes=5)) == Cursor()


@pytest.mark.parametrize(
    "text", ["42", "2026-01-01T00:00:00 0 exact", "2026-01-01T00:00:00 0 overlap", "soon 0 exact"]
)
def test_a_cursor_nobody_gave_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="poll from the start"):
        Cursor.read(text)


# ---- documents -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"sale_id": "²"}, "sale_id is '²'"),
        ({"sale_id": ""}, "sale_id"),
        ({"name": ""}, "name"),
        ({"content_base64": "JVBERg="}, "content_base64"),
        ({"content_base64": "附件"}, "content_base64"),
    ],
    ids=["superscript", "no sale", "no name", "cut off", "not ascii"],
)
def test_a_file_that_cannot_be_right_is_refused_naming_the_field(
    change: dict[str, Any], named: str
) -> None:
    document = {"sale_id": 1, "name": "CMT-1.pdf", "content_base64": "JVBERg==", **change}
    with pytest.raises(ConnectorError, match=named) as caught:
        attachments.file_of(Command("attach_document", Action.CREATE, document, "k"))
    assert caught.value.outcome is Outcome.REJECTED
