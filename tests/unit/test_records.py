"""Canonical records: exact, refused where wrong, and equal bytes for equal facts."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, ClassVar

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub import records
from hub.errors import ConfigError
from hub.records import KINDS, Commitment, Order, canonical, digest, plain, upcast
from hub.records.base import CURRENCIES, Record, Upcaster


def commitment(**changes: Any) -> Commitment:
    return Commitment.model_validate(
        {
            "number": "CMT-1",
            "kind": "gift",
            "status": "approved",
            "customer": {"code": "C-1", "name": "Acme"},
            "lines": [{"line_no": "1", "sku": "A-1", "quantity": "2"}],
            **changes,
        }
    )


def refused(**changes: Any) -> list[tuple[str, str]]:
    """Return (path, message) of every fault."""
    with pytest.raises(ValidationError) as caught:
        commitment(**changes)
    return [
        (".".join(str(step) for step in error["loc"]), error["msg"])
        for error in caught.value.errors()
    ]


# ---- canonical JSON


@pytest.mark.parametrize(
    "amount", [12, "12", "12.00", Decimal("12.0"), Decimal("1.2E1"), " 12 "], ids=repr
)
def test_one_amount_written_in_any_way_gives_one_hash(amount: object) -> None:
    assert commitment(amount=amount).content_hash() == commitment(amount="12").content_hash()


def test_another_amount_gives_another_hash() -> None:
    assert commitment(amount="12").content_hash() != commitment(amount="12.01").content_hash()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12.50", "12.5"), ("1E+3", "1000"), ("100", "100"), ("0.00", "0"), ("-0", "0"),
        ("1E-7", "0.0000001"), ("-3.10", "-3.1"), ("12345678901234567890.12", None),
    ],
)  # fmt: skip
def test_decimals_are_in_plain_notation(value: str, text: str | None) -> None:
    assert plain(Decimal(value)) == (text or value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b"null"),
        (True, b"true"),
        (7, b"7"),
        (2**53, b'"9007199254740992"'),
        (-(2**60), b'"-1152921504606846976"'),
        (Decimal("1.50"), b'"1.5"'),
        ("é", '"é"'.encode()),
        (date(2026, 6, 1), b'"2026-06-01"'),
        (datetime(2026, 6, 1, 9, tzinfo=timezone(timedelta(hours=8))), b'"2026-06-01T01:00:00Z"'),
        ((1, [2]), b"[1,[2]]"),
        ({"b": 1, "a": {"d": 1, "c": 2}}, b'{"a":{"c":2,"d":1},"b":1}'),
    ],
)
def test_every_kind_of_value_has_one_form(value: object, expected: bytes) -> None:
    assert canonical(value) == expected


@pytest.mark.parametrize("value", [1.5, math.nan, b"x", {1}, object()])
def test_what_is_not_exact_or_not_plain_has_no_canonical_form(value: object) -> None:
    with pytest.raises(TypeError, match=f"{type(value).__name__} has no canonical JSON form"):
        canonical({"inside": [value]})


def test_a_digest_is_the_sha256_in_hex() -> None:
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcé中"), inner),
    max_leaves=15,
)


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: shuffled(value[name], chance) for name in names}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@given(values, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_count(value: Any, chance: random.Random) -> None:
    assert canonical(shuffled(value, chance)) == canonical(value)


#: Plain JSON, with texts and keys on both sides of the surrogates, where the orders differ.
plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text('aé中\ue000\uffff😀\x00"\\\x7f'), inner)
    ),
    max_leaves=15,
)


@given(plain_json)
@example({"\uffff": 1, "😀": 2, "b": {"中": "\u2028\x7f"}})
def test_canonical_json_is_what_rfc_8785_says(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(values)
def test_canonical_json_read_again_is_the_same(value: Any) -> None:
    once = canonical(value)
    assert canonical(json.loads(once)) == once


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_plain_notation_is_the_same_number_without_an_exponent(value: Decimal) -> None:
    assert Decimal(plain(value)) == value
    assert "E" not in plain(value)
    assert plain(Decimal(plain(value))) == plain(value)


# ---- content, revision, kinds


def test_an_approval_or_a_time_stamp_does_not_change_the_content() -> None:
    later = commitment(
        revision=1,
        modified_at="2026-06-02T00:00:00Z",
        status="pending",
        approvals=[{"level": "coo", "person": "p-1"}],
    )
    assert later.content_hash() == commitment().content_hash()


def test_another_quantity_changes_the_content() -> None:
    other = commitment(lines=[{"line_no": "1", "sku": "A-1", "quantity": "3"}])
    assert other.content_hash() != commitment().content_hash()


def test_equal_names_in_two_unicode_forms_are_one_content() -> None:
    decomposed = commitment(customer={"code": "C-1", "name": "Cafe\u0301"})
    composed = commitment(customer={"code": "C-1", "name": "Caf\u00e9"})
    assert decomposed.content_hash() == composed.content_hash()


def test_one_instant_in_two_zones_is_one_content() -> None:
    here = commitment(latest_ship_at="2026-06-01T09:00:00+08:00")
    there = commitment(latest_ship_at="2026-06-01T01:00:00Z")
    assert here.content_hash() == there.content_hash()
    assert here.latest_ship_at == datetime(2026, 6, 1, 1, tzinfo=UTC)


def test_a_record_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        commitment().number = "CMT-2"


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_is_found_by_its_name(name: str) -> None:
    assert records.kind(name).kind_name == name
    assert records.kind(name).name_at_version() == f"{name}@{records.kind(name).version}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("comitment", "Did you mean commitment?"), ("zzz", "Known: approval, bom, commitment")],
)
def test_an_unknown_kind_is_answered_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        records.kind(name)
    assert hint in str(caught.value)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_personal_paths_lead_to_fields(name: str) -> None:
    for path in records.kind(name).personal:
        schema: Any = records.kind(name).model_json_schema()
        definitions = schema.get("$defs", {})
        for step in path.split("."):
            inner = json.dumps(schema)
            while "properties" not in schema:
                found = [key for key in definitions if f"#/$defs/{key}" in inner]
                schema = definitions[found[0]]
            assert step in schema["properties"]
            schema = schema["properties"][step]


# ---- upcasting


class Parcel(Record):
    """A kind that has grown twice."""

    kind_name: ClassVar[str] = "parcel"
    version: ClassVar[int] = 3
    upcasters: ClassVar[Mapping[int, Upcaster]] = {
        1: lambda old: {**{k: v for k, v in old.items() if k != "kg"}, "grams": old["kg"] * 1000},
        2: lambda old: {**old, "fragile": False},
    }

    grams: int
    fragile: bool


@pytest.mark.parametrize(
    ("version", "document"),
    [
        (1, {"number": "P", "kg": 2}),
        (2, {"number": "P", "grams": 2000}),
        (3, {"number": "P", "grams": 2000, "fragile": False}),
    ],
)
def test_a_document_of_any_version_is_read_as_the_current_one(
    version: int, document: dict[str, Any]
) -> None:
    before = dict(document)
    assert Parcel.read(document, version) == Parcel(number="P", grams=2000, fragile=False)
    assert document == before


def test_a_stored_record_is_read_back_as_it_was() -> None:
    record = commitment(amount="12.50", promised_date="2026-07-01", revision=3)
    assert upcast(record.name_at_version(), json.loads(canonical(record))) == record


# ---- what is refused


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"amount": 12.0}, "amount", "a float is not exact"),
        ({"amount": math.nan}, "amount", "a float is not exact"),
        ({"amount": "NaN"}, "amount", "finite number"),
        ({"amount": "Infinity"}, "amount", "finite number"),
        ({"amount": True}, "amount", "a boolean is not a number"),
        ({"amount": "1,200"}, "amount", "valid decimal"),
        ({"amount": "1E31"}, "amount", "more than 30 places"),
        ({"amount": "1." + "0" * 31}, "amount", "more than 30 places"),
        ({"amount": "-1"}, "amount", "greater than or equal to 0"),
        ({"currency": "RMB"}, "currency", "'RMB' is no ISO 4217 currency code"),
        ({"currency": "cny"}, "currency", "no ISO 4217"),
        ({"text": "a\x00b"}, "text", "must not hold the NUL character"),
        ({"number": ""}, "number", "at least 1"),
        ({"number": "  "}, "number", "at least 1"),
        ({"number": "x" * 101}, "number", "at most 100"),
        ({"revision": 0}, "revision", "greater than or equal to 1"),
        ({"modified_at": "2026-06-01T01:00:00"}, "modified_at", "needs a time zone"),
        ({"kind": "bribe"}, "kind", "Input should be 'gift'"),
        ({"payment_days": -1}, "payment_days", "greater than or equal to 0"),
        ({"colour": "red"}, "colour", "Extra inputs are not permitted"),
        ({"customer": {"code": "C", "nmae": "x"}}, "customer.nmae", "Extra inputs"),
        ({"customer": {"code": "C", "contact": {"name": "\x00"}}}, "customer.contact.name", "NUL"),
    ],
)
def test_a_wrong_field_is_refused_with_its_path(
    changes: dict[str, Any], path: str, words: str
) -> None:
    ((where, message),) = refused(**changes)
    assert where == path
    assert words in message


@pytest.mark.parametrize("quantity", ["0", "-1", "-0.001"])
def test_a_quantity_that_is_not_positive_is_refused_with_its_line(quantity: str) -> None:
    good = {"line_no": "1", "sku": "A", "quantity": "1"}
    bad = {"line_no": "2", "sku": "B", "quantity": quantity}
    ((where, message),) = refused(lines=[good, bad])
    assert where == "lines.1.quantity"
    assert "greater than 0" in message


def test_all_wrong_fields_are_named_at_once() -> None:
    assert [where for where, _ in refused(amount=1.5, currency="RMB", text="\x00")] == [
        "currency",
        "amount",
        "text",
    ]


def test_a_returned_quantity_is_allowed_where_the_erp_writes_one() -> None:
    order = Order.model_validate(
        {
            "number": "SO-1",
            "status": "draft",
            "customer": {"code": "C"},
            "lines": [{"line_no": "1", "quantity": "-2"}],
        }
    )
    assert order.lines[0].quantity == Decimal(-2)


@pytest.mark.parametrize("code", sorted(CURRENCIES))
def test_a_currency_code_is_three_capitals(code: str) -> None:
    assert len(code) == 3
    assert code.isascii()
    assert code.isupper()


@given(st.text(max_size=20))
def test_text_is_taken_clean_or_refused(text: str) -> None:
    try:
        taken = commitment(text=text).text
    except ValidationError:
        assert "\x00" in text or any(0xD800 <= ord(char) <= 0xDFFF for char in text)
    else:
        assert commitment(text=taken).text == taken
