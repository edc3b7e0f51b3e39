"""Two-way mappings: what went there comes back."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.connector import FieldSpec
from hub.errors import MappingError
from hub.mapping import FieldMapping, MappingFault, Scope, read_bundle
from hub.mapping.running.lookups import MissingLink, Namespace
from hub.mapping.two_way.round_trip import losses

Read = Callable[..., FieldMapping]

HEAD = """\
mapping: probe
from: {connector: there, stream: things}
to: {connector: here, operation: put}
"""
TWO_WAY = "direction: two-way"
UOM = "tables:\n  uom: {千克: KGM, 克: GRM}\n"


class Links:
    """Links as the store has them: our handle is I- and the number."""

    def link(self, source: Namespace, target: Namespace, value: str) -> str | MissingLink:
        """Return the other system's id."""
        return f"{target.connection}-{value.removeprefix(f'{source.connection}-')}"

    def fact(self, kind: str, subject: str, target: str, at: date | None) -> Decimal | str | None:
        """Return nothing."""
        return None


SCOPE = Scope(lookups=Links())

#: What the rule is about → its fields, a document, and what the way forward makes of it.
THERE_AND_BACK: Mapping[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a path": ("sku: code", {"code": "00981"}, {"sku": "00981"}),
    "a path into an object": (
        "sku: product.code", {"product": {"code": "P-1"}}, {"sku": "P-1"},
    ),
    "two fields of one object": (
        "sku: product.code\nname: product.name",
        {"product": {"code": "P-1", "name": "泵"}},
        {"sku": "P-1", "name": "泵"},
    ),
    "an object of the target": (
        "valid: {fields: {from: start, until: end}}",
        {"start": "a", "end": "b"},
        {"valid": {"from": "a", "until": "b"}},
    ),
    "names that need quotes": (
        'is set: \'"物料 编码".x\'\n"in": b',
        {"物料 编码": {"x": "1"}, "b": "2"},
        {"is set": "1", "in": "2"},
    ),
    "a table": (
        "unit: {from: u, map: uom}", {"u": "克"}, {"unit": "GRM"},
    ),
    "a table of booleans": (
        "status: {from: active, map: {true: released, false: obsolete}}",
        {"active": False},
        {"status": "obsolete"},
    ),
    "a table that gives booleans": (
        'phantom: {from: type, map: {"1": true, "3": false}}', {"type": "3"}, {"phantom": False},
    ),
    "a table that gives numbers": (
        'level: {from: grade, map: {A: "1.0", B: "2.0"}, as: decimal}',
        {"grade": "B"},
        {"level": Decimal(2)},
    ),
    "a link": (
        "item: {from: code, lookup: u8.item <-> hub.item}", {"code": "u8-7"}, {"item": "hub-7"},
    ),
    "an exact number": (
        "quantity: {from: qty, as: decimal}", {"qty": "0.250000"}, {"quantity": Decimal("0.25")},
    ),
    "a whole number": ("position: {from: pos, as: integer}", {"pos": "10"}, {"position": 10}),
    "a boolean": ("gift: {from: free, as: boolean}", {"free": True}, {"gift": True}),
    "a text": ("code: {from: id, as: text}", {"id": 12}, {"code": "12"}),
    "an address": ("mail: {from: m, as: email}", {"m": "a@b.cn"}, {"mail": "a@b.cn"}),
    "a number with a scale": (
        "scrap: {from: percent, as: decimal, scale: 0.01}",
        {"percent": "2.5"},
        {"scrap": Decimal("0.025")},
    ),
    "a day written otherwise": (
        "due: {from: d, as: date, format: YYYYMMDD}", {"d": "2026-06-01"}, {"due": "20260601"},
    ),
    "a time written otherwise": (
        'at: {from: t, as: datetime, zone: Asia/Shanghai, format: "YYYY/MM/DD HH:mm:ss"}',
        {"t": "2026-06-01T01:30:00Z"},
        {"at": "2026/06/01 09:30:00"},
    ),
    "a time without a zone": (
        "at: {from: t, as: datetime, zone: Asia/Shanghai}",
        {"t": "2026-06-01 09:30:00"},
        {"at": "2026-06-01T09:30:00+08:00"},
    ),
    "a text that means nothing": (
        'until: {from: end, as: date, empty: ["2099-12-31", ""]}', {"end": "2099-12-31"}, {},
    ),
    "a number's text that means nothing": (
        'quantity: {from: qty, as: decimal, empty: [""]}', {"qty": ""}, {},
    ),
    "a boolean that means nothing": (
        'gift: {from: free, as: boolean, empty: ["false"]}', {"free": False}, {},
    ),
    "a default that was not needed": (
        'note: {from: remark, default: "-"}', {"remark": "急"}, {"note": "急"},
    ),
    "a default that no entry of the table gives": (
        'unit: {from: u, map: uom, default: "-"}', {}, {"unit": "-"},
    ),
    "a number as such a default": (
        "kind: {from: k, map: {a: 1, b: 2}, as: integer, default: 9}", {}, {"kind": 9},
    ),
    "such a default for a text that means nothing": (
        'unit: {from: u, map: uom, empty: [""], default: "-"}', {"u": ""}, {"unit": "-"},
    ),
    "a default that an entry of the table gives": (
        "unit: {from: u, map: uom, default: KGM}", {"u": "千克"}, {"unit": "KGM"},
    ),
    "a list": (
        "lines: {each: rows, order_by: no, fields: {sku: item.code, n: {from: no, as: integer}}}",
        {"rows": [{"item": {"code": "A"}, "no": 1}, {"item": {"code": "B"}, "no": 2}]},
        {"lines": [{"sku": "A", "n": 1}, {"sku": "B", "n": 2}]},
    ),
    "a list in an object": (
        "lines: {each: order.rows, fields: {sku: code}}",
        {"order": {"rows": [{"code": "A"}]}},
        {"lines": [{"sku": "A"}]},
    ),
    "a list in an object of the target": (
        "body: {fields: {lines: {each: rows, fields: {sku: code}}}}",
        {"rows": [{"code": "A"}]},
        {"body": {"lines": [{"sku": "A"}]}},
    ),
    "a list in each item": (
        "lines: {each: rows, fields: {parts: {each: inner, fields: {sku: code}}}}",
        {"rows": [{"inner": [{"code": "A"}, {"code": "B"}]}, {"inner": []}]},
        {"lines": [{"parts": [{"sku": "A"}, {"sku": "B"}]}, {"parts": []}]},
    ),
    "a list of values": (
        "units: {each: us, map: uom}", {"us": ["克", "千克"]}, {"units": ["GRM", "KGM"]},
    ),
    "a list that is empty": ("units: {each: us}", {"us": []}, {"units": []}),
    "money": (
        "price: {from: amount, as: money, currency: cur}",
        {"amount": "12.50", "cur": "USD"},
        {"price": {"amount": Decimal("12.50"), "currency": "USD"}},
    ),
    "money of one currency": (
        "price: {from: cents, as: money, currency: CNY, scale: 0.01}",
        {"cents": 1250},
        {"price": {"amount": Decimal("12.50"), "currency": "CNY"}},
    ),
    "a list of money": (
        "prices: {each: amounts, as: money, currency: CNY}",
        {"amounts": ["1.00", "2.50"]},
        {
            "prices": [
                {"amount": Decimal("1.00"), "currency": "CNY"},
                {"amount": Decimal("2.50"), "currency": "CNY"},
            ]
        },
    ),
    "a quantity": (
        "qty: {from: n, as: quantity, places: 6, unit: {from: u, map: uom}}",
        {"n": "0.25", "u": "千克"},
        {"qty": {"amount": Decimal("0.250000"), "unit": "KGM"}},
    ),
    "a quantity of one unit": (
        "qty: {from: n, as: quantity, unit: {value: PCS}}",
        {"n": "2"},
        {"qty": {"amount": Decimal(2), "unit": "PCS"}},
    ),
    "a rule with its own way back": (
        'status: {when: active, then: released, else: obsolete,'
        ' back: {active: {calc: status == "released"}}}',
        {"active": True},
        {"status": "released"},
    ),
    "a rule that tells nothing": (
        'sku: code\nlabel: {text: "{code}!", back: {}}',
        {"code": "A"},
        {"sku": "A", "label": "A!"},
    ),
    "a rule that tells two things": (
        'title: {text: "{code}-{version}", back: {code: {calc: "left(title, 3)"},'
        ' version: {calc: "right(title, 1)"}}}',
        {"code": "P-1", "version": "3"},
        {"title": "P-1-3"},
    ),
    "items with their own way back": (
        "lines: {each: rows, where: not gift, fields: {sku: code},"
        " back: {rows: {each: lines, fields: {code: sku}}}}",
        {"rows": [{"code": "A"}]},
        {"lines": [{"sku": "A"}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "document", "mapped"), THERE_AND_BACK.values(), ids=THERE_AND_BACK
)
def test_what_went_there_comes_back(
    read: Read, fields: str, document: dict[str, Any], mapped: dict[str, Any]
) -> None:
    mapping = read(fields, f"{TWO_WAY}\n{UOM}")
    assert mapping.apply(document, SCOPE) == mapped
    assert mapping.back is not None
    assert [*losses(document, mapping.back.apply(mapped, SCOPE))] == []


def test_nothing_comes_back_as_nothing(read: Read) -> None:
    mapping = read("sku: product.code\nqty: {from: n, as: decimal}", TWO_WAY)
    assert mapping.back is not None
    assert mapping.back.apply({}) == {}


def test_items_that_tell_nothing_do_not_come_back(read: Read) -> None:
    mapping = read("sku: code\nlines: {each: rows, fields: {x: {value: A, back: {}}}}", TWO_WAY)
    assert mapping.back is not None
    assert mapping.back.apply({"sku": "1", "lines": [{"x": "A"}]}) == {"code": "1"}


def test_numbers_and_booleans_come_back_as_the_connector_holds_them() -> None:
    mapping = _with_schema(
        'level: {from: level, map: {"1": low, "2": high}}\n'
        "id: {from: id, as: text}\n"
        'on: {from: on, map: {"true": A, "false": B}}\n'
        'n: {from: n, as: integer, empty: ["0"]}\n'
        "m: m"
    )
    document = {"level": 2, "id": 7, "on": True, "n": 0, "m": 5}
    mapped = mapping.apply(document)
    assert mapped == {"level": "high", "id": "7", "on": "A", "m": 5}
    assert mapping.back is not None
    returned = mapping.back.apply({**mapped, "m": "5"})
    assert returned == document
    assert [type(value) for value in returned.values()] == [int, int, bool, int, int]


def test_a_day_cannot_bring_back_an_instant() -> None:
    with pytest.raises(MappingError, match="E115 as: date of a datetime cannot be turned round"):
        _with_schema("day: {from: at, as: date, zone: UTC}")


def _with_schema(fields: str) -> FieldMapping:
    types = {
        "level": "integer",
        "id": "integer",
        "on": "boolean",
        "n": "integer",
        "m": "integer",
        "at": "datetime",
    }
    specs = {name: FieldSpec(kind) for name, kind in types.items()}
    specs["phone"] = FieldSpec(personal="phone")
    specs["made_by_them"] = FieldSpec(required=True)
    text = f"{HEAD}direction: two-way\nfields:\n" + textwrap.indent(fields, "  ")

    def schemas(connector: str, name: str) -> Mapping[str, Any] | None:
        return specs if connector == "there" else None

    return read_bundle({"own/probe.yaml": text.encode()}, schemas).mappings["probe"]


def test_a_personal_value_is_not_shown_on_the_way_back_either() -> None:
    mapping = _with_schema("f: {from: phone, as: integer, allow_personal: 供承运人联系}")
    assert mapping.back is not None
    with pytest.raises(MappingFault) as caught:
        mapping.back.apply({"f": "138x"})
    assert "138x" not in str(caught.value)


# ---- any document ----------------------------------------------------------------------------

_EVERYTHING = """\
mapping: everything
direction: two-way
from: {connector: there, stream: things}
to: {connector: here, operation: put}
tables:
  uom: {千克: KGM, 克: GRM, "true": T, "1.50": X}
fields:
  number: {from: no, required: true}
  sku: {from: product.code, lookup: u8.item <-> hub.item}
  name: product."名 称"
  status: {from: active, map: {true: released, false: obsolete}}
  phantom: {from: wip, map: {"1": true, "3": false}}
  level: {from: grade, map: {A: "1.0", B: "2.50"}, as: decimal}
  valid:
    fields:
      from: {from: start, as: date, format: YYYYMMDD}
      until: {from: end, as: date, empty: ["2099-12-31"]}
      at: {from: at, as: datetime, zone: Asia/Shanghai, format: "YYYY-MM-DD HH:mm:ss"}
  mail: {from: mail, as: email}
  gift: {from: free, as: boolean}
  lines:
    each: order.lines
    fields:
      position: {from: pos, as: integer}
      price: {from: price, as: money, currency: cur, places: 6}
      weight: {from: weight, as: quantity, unit: {from: u, map: uom}, scale: 0.001}
      scrap: {from: percent, as: decimal, scale: 0.01}
      tags: {each: tags}
      units: {each: us, map: uom}
"""
_ZONE = ZoneInfo("Asia/Shanghai")
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_decimals = st.decimals(-(10**9), 10**9, places=6)
_numbers = _decimals | _decimals.map(lambda number: format(number, "f"))
_days = st.dates(date(1990, 1, 1), date(2098, 1, 1))
_moments = st.datetimes(datetime(1992, 1, 1), datetime(2098, 1, 1)).map(  # noqa: DTZ001
    lambda found: found.replace(microsecond=0, tzinfo=_ZONE)
)
_units = st.sampled_from(["千克", "克", "true", "1.50"])
_LINES = {
    "pos": st.integers(-(10**12), 10**12),
    "price": _numbers,
    "cur": st.sampled_from(["CNY", "JPY", "KWD"]),
    "weight": _numbers,
    "u": _units,
    "percent": _numbers,
    "tags": st.lists(_texts, max_size=3),
    "us": st.lists(_units, max_size=3),
}
_AMOUNTS = {"price": "cur", "weight": "u"}


def _whole(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line in which amounts and what they are of are there together."""
    for amount, of in _AMOUNTS.items():
        if (amount in line) != (of in line):
            line.pop(amount, None)
            line.pop(of, None)
    return line


_lines = st.fixed_dictionaries({}, optional=_LINES).map(_whole)
_documents = st.fixed_dictionaries(
    {"no": _texts, "end": st.just("2099-12-31") | _days.map(str)},
    optional={
        "product": st.fixed_dictionaries(
            {}, optional={"code": st.integers(0, 99).map(lambda n: f"u8-{n}"), "名 称": _texts}
        ),
        "active": st.booleans(),
        "wip": st.sampled_from("13"),
        "grade": st.sampled_from("AB"),
        "start": _days.map(str) | _days.map(lambda day: f"{day:%Y/%m/%d}"),
        "at": _moments.map(datetime.isoformat),
        "mail": st.just("a@example.com") | st.none(),
        "free": st.booleans() | st.none(),
        "order": st.fixed_dictionaries({"lines": st.lists(_lines, max_size=4)}),
    },
)


@settings(max_examples=200, deadline=timedelta(seconds=5))
@given(document=_documents)
def test_any_document_survives_there_and_back(document: dict[str, Any]) -> None:
    mapping = _everything()
    assert mapping.back is not None
    mapped = mapping.apply(document, SCOPE)
    assert [*losses(document, mapping.back.apply(mapped, SCOPE))] == []


@cache
def _everything() -> FieldMapping:
    return read_bundle({"own/everything.yaml": _EVERYTHING.encode()}).mappings["everything"]
