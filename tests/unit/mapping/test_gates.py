"""Gates: what holds a document and why, and what is wrong in a gate file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from hub.errors import MappingError
from hub.mapping import read_bundle, run_tests
from hub.mapping.compared.meaning import difference
from hub.mapping.gate import Gate
from hub.mapping.verdict import Decided, Verdict, judge
from hub.people import Delegation, People, Person

NOW = datetime(2026, 6, 3, 8, tzinfo=UTC)
GATE = """\
gate: big
when: {record: contract, from: crm, if: amount >= 500000}
"""
ROUTE = """\
route: contracts
when: {record: contract}
require: {gates: [big]}
deliver:
  - {to: erp, operation: put, gates: [big]}
"""
PEOPLE = People(
    {
        one.id: one
        for one in (
            Person("li.na", roles=("director",)),
            Person("wang", roles=("sales",)),
            Person("gone", roles=("director",), left=date(2026, 6, 1)),
            Person(
                "away", roles=("director",),
                delegations=(Delegation("wang", date(2026, 6, 1), date(2026, 6, 2)),),
            ),
        )
    }
)  # fmt: skip


def gate(text: str = "", head: str = GATE) -> Gate:
    return next(iter(read_bundle({"own/g.yaml": (head + text).encode()}).gates.values()))


def by(person: str, level: str = "L", **more: Any) -> Decided:
    values: dict[str, Any] = {
        "decision": "approved", "role": None, "auto_passed": False, "at": NOW, **more,
    }  # fmt: skip
    return Decided(level, person, **values)


def asked(text: str, *decisions: Decided, people: People = PEOPLE, **document: Any) -> Verdict:
    document = {"amount": "600000", **document}
    return judge(gate(text), document, decisions, people, NOW)


def told(verdict: Verdict) -> list[str]:
    return [one.en for one in verdict.reasons]


# ---- whether it says anything ------------------------------------------------------------------

LEVELS = "needs: [{levels: [sales_supervisor, coo]}]\n"


def test_outside_its_condition_a_gate_says_nothing() -> None:
    assert asked(LEVELS, amount="499999.99") == Verdict("allow")


def test_what_is_missing_is_said_level_by_level_with_who_could_help() -> None:
    found = asked(LEVELS, by("a", "coo"))
    assert found.answer == "hold"
    assert told(found) == ["sales_supervisor has not decided"]
    assert found.reasons[0].zh == "sales_supervisor 尚未审批"
    assert found.reasons[0].roles == ("sales_supervisor",)


def test_a_condition_that_cannot_be_told_holds_and_says_why() -> None:
    found = asked("checks: [{if: payment_days > 90, then: deny, reason: late}]\n")
    assert found.answer == "hold"
    assert told(found)[0].startswith("it cannot be judged: if: 'payment_days > 90'")
    assert asked(LEVELS, amount=None).answer == "hold"


def test_a_gate_without_needs_and_checks_holds_until_released() -> None:
    found = asked("release: {roles: [coo]}\n")
    assert (found.answer, told(found)) == ("hold", ["held until somebody releases it"])


def test_a_gate_concerns_its_kind_and_its_connections_only() -> None:
    one = gate(LEVELS)
    assert one.concerns("contract", "crm")
    assert one.concerns("contract", None)
    assert not one.concerns("contract", "erp")
    assert not one.concerns("commitment", "crm")


# ---- levels ------------------------------------------------------------------------------------


def test_both_levels_by_different_persons_pass() -> None:
    assert asked(LEVELS, by("a", "sales_supervisor"), by("b", "coo")).answer == "allow"


def test_two_levels_need_two_persons_unless_the_file_says_otherwise() -> None:
    one = [by("a", "sales_supervisor"), by("a", "coo")]
    assert told(asked(LEVELS, *one)) == [
        "each level needs a person of its own: sales_supervisor, coo"
    ]
    free = "needs: [{levels: [sales_supervisor, coo], distinct: false}]\n"
    assert asked(free, *one).answer == "allow"


def test_a_level_the_workflow_passed_itself_counts_only_where_the_file_says_so() -> None:
    auto = [by("a", "sales_supervisor"), by("b", "coo", auto_passed=True)]
    assert told(asked(LEVELS, *auto)) == ["coo was passed by the workflow, not by a person"]
    free = "needs: [{levels: [sales_supervisor, coo], accept_auto_passed: true}]\n"
    assert asked(free, *auto).answer == "allow"


def test_the_last_word_of_a_level_counts() -> None:
    said = [by("a", "sales_supervisor"), by("b", "coo"), by("b", "coo", decision="rejected")]
    assert told(asked(LEVELS, *said)) == ["coo decided rejected"]


def test_an_approval_at_the_hub_counts_for_the_level_of_the_persons_role() -> None:
    needs = "needs: [{levels: [director, coo]}]\n"
    said = [by("b", "coo"), by("person:li.na", "gate:big")]
    assert asked(needs, *said).answer == "allow"
    assert told(asked(needs, by("b", "coo"), by("person:wang", "gate:big"))) == [
        "director has not decided"
    ]
    assert asked(needs, by("b", "coo"), by("person:li.na", "gate:other")).answer == "hold"


def test_levels_are_shared_out_so_that_each_has_a_person_where_that_is_possible() -> None:
    persons = (Person("both", roles=("director", "coo")), Person("one", roles=("director",)))
    people = People({one.id: one for one in persons})
    needs = "needs: [{levels: [director, coo]}]\n"
    both, one = by("person:both", "gate:big"), by("person:one", "gate:big")
    assert asked(needs, both, one, people=people).answer == "allow"
    assert asked(needs, one, both, people=people).answer == "allow"
    assert asked(needs, both, people=people).answer == "hold"


# ---- so many of a role -------------------------------------------------------------------------

TWO = "needs: [{approvals: 2, roles: [director]}]\n"


def test_persons_with_the_role_are_counted_by_people_yaml() -> None:
    assert told(asked(TWO, by("person:li.na"), by("person:wang"))) == [
        "1 of 2 approvals by director"
    ]


def test_one_person_who_approves_twice_counts_once() -> None:
    assert asked(TWO, by("person:li.na", "a"), by("person:li.na", "b")).answer == "hold"
    assert asked(TWO, by("person:li.na"), by("person:away")).answer == "allow"


def test_an_unknown_person_counts_with_the_role_the_source_states() -> None:
    assert asked(TWO, by("x", role="director"), by("y", role="director")).answer == "allow"
    assert asked(TWO, by("x", role="director"), by("y", role="clerk")).answer == "hold"


def test_a_known_person_does_not_count_with_a_role_the_source_states() -> None:
    said = [by("person:wang", role="director"), by("person:li.na")]
    assert asked(TWO, *said).answer == "hold"


def test_a_role_handed_over_counts_for_the_days_it_is_handed_over() -> None:
    on_the_second = datetime(2026, 6, 2, 8, tzinfo=UTC)
    said = [by("person:li.na"), by("person:wang", at=on_the_second)]
    assert asked(TWO, *said).answer == "allow"
    assert asked(TWO, by("person:li.na"), by("person:wang")).answer == "hold"


def test_who_has_left_counts_for_what_was_approved_before() -> None:
    before = datetime(2026, 6, 1, 8, tzinfo=UTC)
    assert asked(TWO, by("person:li.na"), by("person:gone", at=before)).answer == "allow"
    assert asked(TWO, by("person:li.na"), by("person:gone")).answer == "hold"


def test_a_source_whose_clock_is_ahead_brings_no_role_forward() -> None:
    people = People({
        "later": Person("later", delegations=()), "giver": Person(
            "giver", roles=("director",),
            delegations=(Delegation("later", date(2026, 6, 9), date(2026, 6, 10)),)),
    })  # fmt: skip
    ahead = datetime(2026, 6, 9, 8, tzinfo=UTC)
    needs = "needs: [{approvals: 1, roles: [director]}]\n"
    assert asked(needs, by("person:later", at=ahead), people=people).answer == "hold"


def test_the_last_word_of_a_person_counts_whatever_the_level() -> None:
    said = [by("x", "a", role="director"), by("y", "a", role="director"),
            by("x", "b", role="director", decision="rejected")]  # fmt: skip
    assert told(asked(TWO, *said)) == ["1 of 2 approvals by director"]


def test_a_need_counts_only_where_its_condition_holds() -> None:
    needs = "needs: [{approvals: 1, if: amount >= 2000000}]\n"
    assert asked(needs).answer == "allow"
    assert told(asked(needs, amount="2000000")) == ["0 of 1 approvals"]


# ---- checks ------------------------------------------------------------------------------------

CHECKS = """\
checks:
  - {if: payment_days > 90, then: deny, reason: {zh: 账期太长, en: too long}, fields: payment_days}
  - {if: payment_days > 60, reason: 请财务确认}
"""


def test_a_check_that_denies_is_stronger_than_one_that_holds() -> None:
    found = asked(CHECKS, payment_days="91")
    assert found.answer == "deny"
    assert (found.reasons[0].en, found.reasons[0].zh) == ("too long", "账期太长")
    assert found.reasons[0].fields == ("payment_days",)
    assert told(found)[1] == "请财务确认"


def test_a_check_holds_unless_it_says_deny() -> None:
    assert asked(CHECKS, payment_days="61").answer == "hold"
    assert asked(CHECKS, payment_days="60").answer == "allow"


# ---- what is wrong in a file -------------------------------------------------------------------


def faults(**files: str) -> list[tuple[str, str]]:
    """Return place and code of every fault."""
    with pytest.raises(MappingError) as caught:
        read_bundle({f"own/{name}.yaml": text.encode() for name, text in files.items()})
    found = caught.value.faults
    return [(f"{one.file.removeprefix('own/')}:{one.line}:{one.column}", one.code) for one in found]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("gat: big", 3, "E102"),
        ("needs: [{levels: [a], approvals: 2}]", 3, "E105"),
        ("needs: [{roles: [a]}]", 3, "E105"),
        ("needs: [{levels: [a], roles: [b]}]", 3, "E110"),
        ("needs: [{levels: [a, a]}]", 3, "E112"),
        ("needs: [{approvals: 0}]", 3, "E106"),
        ("needs: [{approvals: 21}]", 3, "E106"),
        ("needs: [{approvals: 1, role: x}]", 3, "E102"),
        ("needs: {approvals: 1}", 3, "E106"),
        ("needs: [{approvals: 1, if: amout > 1}]", 3, "E101"),
        ("checks: [{if: amount > 1}]", 3, "E105"),
        ("checks: [{reason: x}]", 3, "E105"),
        ("checks: [{if: amount > 1, reason: x, then: dny}]", 3, "E106"),
        ("checks: [{if: amount >, reason: x}]", 3, "E107"),
        ("checks: [{if: amount > 1, reason: {de: x}}]", 3, "E102"),
        ("checks: [{if: amount > 1, reason: {}}]", 3, "E105"),
        ("checks: [{if: amount > 1, reason: x, fields: [amout]}]", 3, "E101"),
        ("release: {valid: 7 days}", 3, "E105"),
        ("release: {roles: [a], valid: 7d}", 3, "E106"),
        ("release: {roles: [a], valid: 0 days}", 3, "E106"),
        ("release: {roles: [a]}\nunavailable: maybe", 4, "E106"),
        ("release: {roles: [a]}\ntests: [{name: x, given: {}}]", 4, "E105"),
        ("release: {roles: [a]}\ntests: [{name: x, given: 1, expect: hold}]", 4, "E106"),
        ("release: {roles: [a]}\ntests: [{name: x, given: {}, expect: yes}]", 4, "E106"),
        (
            "release: {roles: [a]}\ntests: [{name: x, given: {}, expect: hold, "
            "approvals: [{levl: a, person: b}]}]",
            4,
            "E102",
        ),
    ],
)
def test_a_fault_is_told_with_its_line_and_code(text: str, line: int, code: str) -> None:
    assert (line, code) in [(int(place.split(":")[1]), found) for place, found in
                            faults(g=GATE + text)]  # fmt: skip


def test_all_faults_of_a_file_are_told_at_once_with_the_nearest_name() -> None:
    with pytest.raises(MappingError) as caught:
        read_bundle({"own/g.yaml": b"gate: manual\nwhen: {record: contrat, action: delivery.edt}\n"
                                   b"needs: [{levls: [a]}]\nrelease: {role: [a]}\n"})  # fmt: skip
    text = str(caught.value)
    for wanted in ("contract", "delivery.edit", "levels", "roles", "by hand"):
        assert wanted in text


def test_what_could_never_pass_is_a_fault() -> None:
    assert faults(g=GATE) == [("g.yaml:1:1", "E105")]
    edit = "gate: e\nwhen: {record: contract, action: delivery.edit}\n"
    assert ("g.yaml:1:1", "E105") in faults(g=f"{edit}checks: [{{if: amount > 1, reason: x}}]\n")


def test_what_a_person_does_needs_a_second_one_and_no_approvals() -> None:
    edit = "gate: e\nwhen: {record: contract, action: delivery.edit}\nrelease: {roles: [a]}\n"
    assert faults(g=f"{edit}needs: [{{approvals: 1}}]\n") == [("g.yaml:4:1", "E110")]


def test_a_route_names_gates_there_are_for_its_records() -> None:
    assert faults(r=ROUTE) == [("r.yaml:3:19", "E111"), ("r.yaml:5:39", "E111")]
    other = "gate: big\nwhen: {record: commitment}\nrelease: {roles: [a]}\n"
    assert [code for _, code in faults(r=ROUTE, g=other)] == ["E106", "E106"]
    edit = "gate: big\nwhen: {record: contract, action: delivery.edit}\nrelease: {roles: [a]}\n"
    assert [code for _, code in faults(r=ROUTE, g=edit)] == ["E106", "E106"]


def test_a_route_keeps_the_gates_of_the_record_and_of_each_step() -> None:
    files = {"own/r.yaml": ROUTE.encode(), "own/g.yaml": (GATE + LEVELS).encode()}
    route = read_bundle(files).routes["contracts"]
    assert list(route.gates) == ["big"]
    assert list(route.steps[0].gates) == ["big"]


# ---- examples ----------------------------------------------------------------------------------


def examples(text: str) -> list[str]:
    bundle = read_bundle({"own/g.yaml": f"{GATE}{LEVELS}tests:\n{text}".encode()})
    return [one.message for one in run_tests(bundle)]


def test_an_example_passes_where_answer_and_reasons_are_as_it_says() -> None:
    assert examples(
        "  - name: nobody\n    given: {amount: 500000}\n    expect: hold\n"
        "    reasons: [coo has not, 尚未审批]\n"
        "  - name: both\n    given: {amount: 500000}\n    expect: allow\n"
        "    approvals: [{level: sales_supervisor, person: a}, {level: coo, person: b}]\n"
    ) == []  # fmt: skip


def test_an_example_that_fails_says_what_came_out() -> None:
    found = examples(
        "  - {name: wrong, given: {amount: 500000}, expect: allow, reasons: [director]}\n"
    )
    assert found == [
        "Test wrong of big: the answer is hold, expected allow",
        "Test wrong of big: no reason says 'director'",
    ]


# ---- what differs ------------------------------------------------------------------------------


def test_a_gate_that_means_something_else_is_a_difference() -> None:
    def bundle(text: str) -> Any:
        return read_bundle({"own/g.yaml": (GATE + text).encode()})

    old, new = bundle(LEVELS), bundle("needs: [{levels: [coo]}]\nrelease: {roles: [coo]}\n")
    (found,) = difference(old, new).found
    assert (found.what, found.name, found.kind) == ("gate", "big", "changed")
    assert [(one.name, one.kind) for one in found.changes] == [
        ("needs", "changed"),
        ("release.roles", "added"),
    ]
    assert difference(old, bundle(LEVELS + "tests: []\ntitle: x\n")).found == ()
