"""Look-ups: ids of other systems, facts of a day, and what happens where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hub.mapping import MappingFault, Scope
from hub.mapping.running.lookups import GivenLookUps, LinksMissing, MissingLink, Namespace

LINK = "crm.item -> wms.sku"


def scope(**given: Mapping[str, Any]) -> Scope:
    """Return a scope whose look-ups know these answers of the link and of the rate."""
    return Scope(lookups=GivenLookUps({LINK: given.get("link", {}),
                                       "rate: -> CNY": given.get("rate", {})}))  # fmt: skip


class Asked:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.facts: list[tuple[str, str, str, date | None]] = []

    def link(self, source: Namespace, target: Namespace, value: str) -> str | MissingLink:
        return f"{source}/{target}/{value}"

    def fact(self, kind: str, subject: str, target: str, at: date | None) -> Decimal | str | None:
        self.facts.append((kind, subject, target, at))
        return Decimal("7.1")


# ---- links -----------------------------------------------------------------------------------


def test_a_link_gives_the_id_the_other_system_knows(apply: Any) -> None:
    rule = f'x: {{from: a, lookup: "{LINK}"}}'
    assert apply(rule, {"a": "A1"}, scope=scope(link={"A1": "S1"})) == {"x": "S1"}


@pytest.mark.parametrize("value", [7, "7", Decimal("7.0")], ids=repr)
def test_an_id_is_looked_up_as_its_text(apply: Any, value: Any) -> None:
    assert apply(f'x: {{from: a, lookup: "{LINK}"}}', {"a": value}, scope=Scope(lookups=Asked())
                 ) == {"x": "crm.item/wms.sku/7"}  # fmt: skip


@pytest.mark.parametrize(
    ("otherwise", "expected"),
    [("keep", "A1"), ('"none"', "none"), ("null", None), ("true", True), ('"park"', "park"),
     ('"keep"', "keep")],
)  # fmt: skip
def test_else_says_what_stands_for_a_missing_link(
    apply: Any, otherwise: str, expected: Any
) -> None:
    rule = f'x: {{from: a, lookup: "{LINK}", else: {otherwise}}}'
    assert apply(rule, {"a": "A1"}, scope=scope()).get("x") == expected


@pytest.mark.parametrize("otherwise", ["", ", else: error"], ids=["none", "error"])
def test_without_a_value_a_missing_link_is_a_fault_that_says_how_to_set_it(
    run_faults: Any, otherwise: str
) -> None:
    (fault,) = run_faults(f'x: {{from: a, lookup: "{LINK}"{otherwise}}}', {"a": "A1"})
    assert fault.code == "E217"
    assert 'a = "A1" has no link: hub link set wms sku A1 ID' in fault.message


def test_all_missing_links_of_a_document_are_waited_for_at_once(apply: Any) -> None:
    rule = f"""
    x: {{from: a, lookup: "{LINK}", else: park}}
    lines:
      each: lines
      fields: {{sku: {{from: n, lookup: "{LINK}", else: park}}}}
    """
    document = {"a": "A1", "lines": [{"n": "B"}, {"n": "A1"}, {"n": "C"}, {"n": "D"}]}
    with pytest.raises(LinksMissing) as caught:
        apply(rule, document, scope=scope(link={"C": "c"}))
    assert caught.value.links == tuple(MissingLink("wms", "sku", id_) for id_ in ("A1", "B", "D"))


def test_a_fault_is_told_before_anything_is_waited_for(apply: Any) -> None:
    rule = f'x: {{from: a, lookup: "{LINK}", else: park}}\ny: {{from: a, as: integer}}'
    with pytest.raises(MappingFault) as caught:
        apply(rule, {"a": "A1"}, scope=scope())
    assert [fault.code for fault in caught.value.faults] == ["E202"]


def test_a_document_that_waits_is_not_checked(apply: Any) -> None:
    rule = f'x: {{from: a, lookup: "{LINK}", else: park}}'
    with pytest.raises(LinksMissing):
        apply(rule, {"a": "A1"}, "checks: [{that: x is set, says: no x}]", scope())


def test_what_a_let_waits_for_the_document_waits_for(apply: Any) -> None:
    before = f'let: {{sku: {{from: a, lookup: "{LINK}", else: park}}}}'
    with pytest.raises(LinksMissing):
        apply("x: $sku", {"a": "A1"}, before, scope())
    assert apply("x: b", {"a": "A1", "b": "B"}, before, scope()) == {"x": "B"}


def test_an_explanation_names_the_links_too(read: Any) -> None:
    told = read(f'x: {{from: a, lookup: "{LINK}", else: park}}').explain({"a": "A1"}, scope())
    assert (told.document, [*told.missing]) == (None, [MissingLink("wms", "sku", "A1")])


# ---- facts -----------------------------------------------------------------------------------

RATE = 'x: {from: a, lookup: "rate: -> CNY"AT}'


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("", None),
        (", at: day", date(2026, 5, 6)),
        (", at: time", date(2026, 5, 6)),
        (", at: {from: instant, as: date, zone: Asia/Shanghai}", date(2026, 5, 7)),
    ],
)
def test_a_fact_is_asked_of_the_day_it_says(apply: Any, at: str, day: date | None) -> None:
    asked = Asked()
    document = {
        "a": "USD", "day": "2026-05-06", "time": "2026-05-06 23:00", "missing": None,
        "instant": "2026-05-06T20:00:00Z",
    }  # fmt: skip
    found = apply(RATE.replace("AT", at), document, scope=Scope(lookups=asked))
    assert found == {"x": Decimal("7.1")}
    assert set(asked.facts) == {("rate", "USD", "CNY", day)}


def test_a_day_has_its_own_answer_and_any_other_the_general_one(apply: Any) -> None:
    answers = scope(rate={"USD@2026-05-06": "7.2", "USD": "7"})
    rule = RATE.replace("AT", ", at: day")
    for day, rate in (("2026-05-06", "7.2"), ("2026-05-07", "7")):
        assert apply(rule, {"a": "USD", "day": day}, scope=answers) == {"x": Decimal(rate)}


def test_the_same_currency_is_one_and_nobody_is_asked(apply: Any) -> None:
    asked = Asked()
    assert apply(RATE.replace("AT", ""), {"a": "CNY"}, scope=Scope(lookups=asked)) == {
        "x": Decimal(1)
    }
    assert not asked.facts


def test_an_unknown_fact_is_a_fault_with_its_day(run_faults: Any) -> None:
    (fault,) = run_faults(RATE.replace("AT", ", at: d"), {"a": "USD", "d": "2026-05-06"})
    assert fault.code == "E218"
    assert "has no rate to CNY on 2026-05-06 that the hub knows" in fault.message


def test_a_fact_may_have_another_value_instead(apply: Any) -> None:
    rule = RATE.replace("AT", ', else: "1", as: decimal')
    assert apply(rule, {"a": "USD"}, scope=scope()) == {"x": Decimal(1)}


@pytest.mark.parametrize("document", [{}, {"d": None}], ids=["missing", "null"])
def test_a_day_that_is_asked_for_must_be_there(run_faults: Any, document: dict[str, Any]) -> None:
    (fault,) = run_faults(RATE.replace("AT", ", at: d"), {"a": "USD", **document})
    assert fault.code == "E203"
    assert "at:" in fault.message


@pytest.mark.parametrize("day", ["soon", "2026-02-30", "2026-05-06T20:00:00Z", 20260506])
def test_a_day_that_is_none_is_a_fault(run_faults: Any, day: Any) -> None:
    (fault,) = run_faults(RATE.replace("AT", ", at: d"), {"a": "USD", "d": day})
    assert fault.code == "E206"


# ---- written wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("lookup: crm.item", "E106"),
        ('lookup: "crm -> wms"', "E106"),
        ('lookup: "crm.item - > wms.sku"', "E106"),
        ('lookup: "rate -> CNY"', "E106"),
        ('lookup: ["crm.a -> wms.b"]', "E106"),
        ('lookup: "crm.a -> wms.b", at: day', "E110"),
        ('lookup: "rate: -> CNY", else: park', "E110"),
        ('lookup: "crm.a -> wms.b", map: {a: b}', "E110"),
        ('lookup: "crm.a -> wms.b", else: [a]', "E106"),
        ("map: {a: b}, else: park", "E110"),
        ("at: day", "E110"),
    ],
)
def test_a_look_up_that_is_written_wrong_is_refused(
    check_faults: Any, words: str, code: str
) -> None:
    assert {fault.code for fault in check_faults(f"x: {{from: a, {words}}}")} == {code}
