"""What is wrong with a key: who lacks it, has it twice, or says something else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hub.compare import forms
from hub.mapping.bundle import read_bundle, run_tests
from hub.mapping.reconciliation.definition import Reconciliation
from hub.mapping.reconciliation.judge import Opinion
from hub.mapping.reconciliation.together import judged

TWO = """\
reconciliation: two
sides:
  crm: {connection: crm, stream: o, key: number, revision: rev}
  erp: {connection: erp, stream: o, key: no, revision: rev}
compare:
  amount: {as: number, crm: amount, erp: amount, tolerance: "0.01"}
"""


TIMES = TWO.replace("revision: rev}\n  erp", "revision: rev, approved: approved}\n  erp").replace(
    "key: no, revision: rev", "key: no, revision: rev, made: made"
)


def definition(text: str = TWO, **changes: str) -> Reconciliation:
    for old, new in changes.items():
        text = text.replace(old, new)
    return next(iter(read_bundle({"own/r.yaml": text.encode()}).reconciliations.values()))


def seen(one: Reconciliation, **given: Any) -> list[tuple[str, ...]]:
    documents = {name: [rows] if isinstance(rows, dict) else rows for name, rows in given.items()}
    return [
        (found.kind, found.side, found.key, found.field)
        for opinion in judged(one, documents) for found in opinion.seen
    ]  # fmt: skip


def crm(number: str = "CM-1", **values: Any) -> dict[str, Any]:
    return {"number": number, "rev": 1, "amount": "10", **values}


def erp(no: str = "CM-1", **values: Any) -> dict[str, Any]:
    return {"no": no, "rev": 1, "amount": "10", **values}


def opinions(one: Reconciliation, **given: Any) -> dict[str, Opinion]:
    documents = {name: [rows] if isinstance(rows, dict) else rows for name, rows in given.items()}
    return {opinion.key: opinion for opinion in judged(one, documents)}


def test_what_agrees_is_not_seen() -> None:
    assert seen(definition(), crm=crm(), erp=erp("ｃｍ１", amount="10.01")) == []


# ---- before it was approved --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("approved", "made", "early"),
    [
        ("2026-11-20T10:00:00+08:00", "2026-11-20T09:59:59+08:00", True),
        ("2026-11-20T10:00:00+08:00", "2026-11-20T10:00:00+08:00", False),
        ("2026-11-20T10:00:00+08:00", "2026-11-20T02:00:00Z", False),
        ("2026-11-20T10:00:00", "2026-11-20T01:59:00Z", True),
        ("2026-11-20T10:00:00+08:00", "2026-11-20", False),
        ("2026-11-20", "2026-11-20T00:00:00+08:00", False),
        ("2026-11-19T16:30:00Z", "2026-11-19", True),
        ("2026-11-20", "2026-11-19T15:59:00Z", True),
        ("", "2026-11-19", False),
        ("2026-11-20", "yesterday", False),
    ],
)
def test_what_was_there_before_it_was_approved_is_unapproved(
    approved: str, made: str, early: bool
) -> None:
    one = definition(TIMES)
    found = seen(one, crm=crm(approved=approved), erp=erp(made=made))
    assert found == ([("unapproved", "erp", "CM1", "")] if early else [])


def test_of_several_rows_the_earliest_counts() -> None:
    one = definition(TIMES.replace("made: made", "made: made, many: true"))
    rows = [erp(made="2026-11-21", amount="4"), erp(made="2026-11-18", amount="6")]
    assert seen(one, crm=crm(approved="2026-11-20"), erp=rows) == [("unapproved", "erp", "CM1", "")]


# ---- who has it --------------------------------------------------------------------------------


def test_who_lacks_it_and_who_has_more_is_told() -> None:
    found = seen(definition(), crm=[crm("A"), crm("B")], erp=[erp("B"), erp("C")])
    assert found == [("missing", "erp", "A", ""), ("extra", "erp", "C", "")]


THREE = """\
reconciliation: three
authority: crm
sides:
  erp: {connection: erp, stream: o, key: no, revision: rev}
  crm: {connection: crm, stream: o, key: number, revision: rev}
  wms: {connection: wms, operation: ship, key: no}
compare:
  amount: {as: number, erp: amount, crm: amount}
  customer: {as: text, erp: customer, crm: customer, wms: customer}
"""


@pytest.mark.parametrize(
    ("there", "found"),
    [
        pytest.param(["crm", "erp", "wms"], [], id="all-have-it"),
        pytest.param(["crm", "erp"], [("missing", "wms")], id="one-lacks-it"),
        pytest.param(["crm"], [("missing", "erp"), ("missing", "wms")], id="two-lack-it"),
        pytest.param(["erp"], [("extra", "erp")], id="one-has-more"),
        # only keys the hub delivered are asked for there, so a key alone says nothing
        pytest.param(["wms"], [], id="more-where-only-known-keys-are-asked"),
        pytest.param(["erp", "wms"], [("extra", "erp")], id="two-have-more"),
    ],
)
def test_the_authority_says_which_keys_there_are(
    there: list[str], found: list[tuple[str, str]]
) -> None:
    given = {"crm": crm(), "erp": erp(), "wms": erp()}
    told = seen(definition(THREE), **{name: given[name] for name in there})
    assert told == [(kind, side, "CM1", "") for kind, side in found]


def test_a_finding_shows_the_key_as_the_authority_writes_it() -> None:
    (missing,) = opinions(definition(), crm=crm("ＣＭ－１"), erp=[])["CM1"].seen
    assert (missing.original, missing.against) == ("ＣＭ－１", "crm")
    (extra,) = opinions(definition(), crm=[], erp=erp(" cm-1"))["CM1"].seen
    assert (extra.original, extra.against, extra.refs) == (" cm-1", "crm", ("1",))
    (differs,) = opinions(definition(), crm=crm("CM-1"), erp=erp("cm1", amount="11"))["CM1"].seen
    assert (differs.original, differs.refs) == ("CM-1", ("1",))


def test_values_are_compared_with_the_authority_wherever_it_stands_in_the_file() -> None:
    (found,) = opinions(definition(THREE), crm=crm(), erp=erp(amount="12"), wms=erp())["CM1"].seen
    assert (found.against, found.side, found.judged.difference) == ("crm", "erp", 2 * forms.SCALE)


def test_without_the_authority_the_others_are_compared_with_each_other() -> None:
    found = seen(definition(THREE), crm=[], erp=erp(customer="K"), wms=erp(customer="L"))
    assert found == [("extra", "erp", "CM1", ""), ("differs", "wms", "CM1", "customer")]


# ---- one key twice -----------------------------------------------------------------------------


def test_two_objects_with_one_key_are_a_duplicate_and_not_compared() -> None:
    one = definition(TWO.replace("key: no,", "key: no, id: id,"))
    opinion = opinions(one, crm=crm(), erp=[erp(id=7), erp(id=8, amount="99")])["CM1"]
    assert [(found.kind, found.side, found.refs) for found in opinion.seen] == [
        ("duplicate", "erp", ("7", "8"))
    ]
    assert opinion.judged == []


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(("CM-1", "C-M1"), id="separators"),
        pytest.param(("CM-1", "cm-1"), id="case"),
        pytest.param(("CM-1", "ＣＭ－１"), id="full-width"),
        pytest.param(("CM-1", "CM\u00a01"), id="no-break-space"),
        pytest.param(("CM-1", "CM-1\u200b"), id="zero-width-space"),
    ],
)
def test_two_keys_that_become_one_are_a_collision_and_not_compared(
    written: tuple[str, str],
) -> None:
    rows = [erp(written[0], amount="98"), erp(written[1], amount="99")]
    opinion = opinions(definition(), crm=crm(), erp=rows)["CM1"]
    assert [(found.kind, found.side) for found in opinion.seen] == [("key_collision", "erp")]
    assert all(one in opinion.seen[0].original for one in written)
    assert (opinion.seen[0].refs, opinion.judged) == (("1", "2"), [])


READ = TWO.replace("key: no,", "key: no, id: id, modified: at, only: open != false,")


@pytest.mark.parametrize(
    ("rows", "amount"),
    [
        ([erp(id=7, amount="9"), erp(id=7, amount="10")], "10"),
        ([erp(id=7, at="2026-11-27", amount="10"), erp(id=7, at="2026-11-26", amount="9")], "10"),
        # it got another number, or left what is compared, while the side was read
        ([erp("CM-2", id=7), erp(id=7)], "10"),
        ([erp("CM-2", id=7), erp(id=8), erp("CM-2", id=7, open=False)], "10"),
    ],
    ids=["read-last", "changed-last", "renumbered", "left"],
)
def test_an_object_that_is_read_twice_counts_once_as_it_stood_last(
    rows: list[dict[str, Any]], amount: str
) -> None:
    assert seen(definition(READ), crm=crm(amount=amount), erp=rows) == []


def test_objects_without_an_id_are_as_many_as_there_are() -> None:
    rows = [erp(amount="10"), erp(id=1, amount="10")]
    assert seen(definition(READ), crm=crm(), erp=rows) == [("duplicate", "erp", "CM1", "")]


def test_one_object_may_stand_under_several_keys_that_are_asked_for() -> None:
    one = definition(TWO.replace("erp, stream: o", "erp, operation: put"))
    rows = [erp("CM-1", _external_id="7"), erp("CM-2", _external_id="7")]
    assert seen(one, crm=[crm("CM-1"), crm("CM-2")], erp=rows) == []


ADDED = TWO.replace("key: no,", "key: no, id: id, many: true,")


@pytest.mark.parametrize("unique", ["false", "true"])
def test_keys_that_become_one_are_not_added_up(unique: str) -> None:
    one = definition(ADDED.replace("many: true", f"many: true, unique: {unique}"))
    rows = [erp("CM-1", id=7, amount="4"), erp("CM1", id=8, amount="6")]
    opinion = opinions(one, crm=crm(), erp=rows)["CM1"]
    assert [(found.kind, found.side) for found in opinion.seen] == [("key_collision", "erp")]
    assert opinion.seen[0].original == "CM-1 | CM1"


def test_rows_of_one_key_are_added_up() -> None:
    one = definition(ADDED.replace("many: true", "many: true, unique: false"))
    assert seen(one, crm=crm(), erp=[erp(id=7, amount="4"), erp(id=8, amount="6")]) == []


def test_letter_o_and_zero_are_two_keys() -> None:
    found = seen(definition(), crm=[crm("CMO"), crm("CM0")], erp=erp("CM0"))
    assert found == [("missing", "erp", "CMO", "")]


def test_the_authority_may_have_a_key_twice_too() -> None:
    found = seen(definition(), crm=[crm(), crm(amount="99")], erp=erp(amount="1"))
    assert found == [("duplicate", "crm", "CM1", "")]
    found = seen(definition(), crm=[crm(), crm()], erp=[])
    assert found == [("duplicate", "crm", "CM1", ""), ("missing", "erp", "CM1", "")]


# ---- revisions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "kinds"),
    [
        pytest.param(2, 2, [], id="same"),
        pytest.param(2, "2", [], id="as-text"),
        pytest.param(2, 1, ["stale"], id="lower"),
        pytest.param(1, 2, ["differs"], id="higher"),
        pytest.param(2, None, ["differs"], id="none"),
        pytest.param(2, "R2", ["not_comparable"], id="no-number"),
    ],
)
def test_a_lower_revision_is_stale_and_a_higher_one_differs(
    ours: Any, theirs: Any, kinds: list[str]
) -> None:
    found = seen(definition(), crm=crm(rev=ours), erp=erp(rev=theirs))
    assert found == [(kind, "erp", "CM1", "revision") for kind in kinds]


def test_what_is_stale_is_compared_all_the_same() -> None:
    found = seen(definition(), crm=crm(rev=2), erp=erp(amount="11"))
    assert [(kind, field) for kind, _, _, field in found] == [
        ("differs", "amount"), ("stale", "revision"),
    ]  # fmt: skip


# ---- several rows of one key -------------------------------------------------------------------


MANY = """\
reconciliation: many
sides:
  crm: {connection: crm, stream: o, key: number}
  erp: {connection: erp, stream: o, each: lines, key: no, id: ..ref, many: true}
compare:
  quantity: {as: number, crm: quantity, erp: quantity}
  customer: {as: text, crm: customer, erp: ..customer}
"""


def order(ref: str, *quantities: str, customer: str = "K") -> dict[str, Any]:
    lines = [{"no": "CM-1", "quantity": one} for one in quantities]
    return {"ref": ref, "customer": customer, "lines": lines}


PROMISE = {"number": "CM-1", "quantity": "5", "customer": "K"}


def test_lines_of_one_object_are_added_up() -> None:
    assert seen(definition(MANY), crm=PROMISE, erp=order("1", "2", "3")) == []


def test_lines_of_one_object_whose_keys_become_one_are_not_added_up() -> None:
    lines = [{"no": "CM-1", "quantity": "2"}, {"no": "CM1", "quantity": "3"}]
    rows = {"ref": "1", "customer": "K", "lines": lines}
    found = seen(definition(MANY), crm=PROMISE, erp=rows)
    assert found == [("key_collision", "erp", "CM1", "")]


def test_lines_of_two_objects_are_a_duplicate() -> None:
    found = seen(definition(MANY), crm=PROMISE, erp=[order("1", "5"), order("2", "5")])
    assert found == [("duplicate", "erp", "CM1", "")]


def test_several_objects_may_be_meant() -> None:
    one = definition(MANY.replace("many: true", "many: true, unique: false"))
    assert seen(one, crm=PROMISE, erp=[order("1", "2"), order("2", "3")]) == []


def test_what_the_rows_of_a_key_say_differently_cannot_be_compared() -> None:
    one = definition(MANY.replace("many: true", "many: true, unique: false"))
    rows = [order("1", "2"), order("2", "3", customer="L")]
    assert seen(one, crm=PROMISE, erp=rows) == [("not_comparable", "erp", "CM1", "customer")]


DATES = """\
reconciliation: dates
sides:
  crm: {connection: crm, stream: o, key: number}
  bank: {connection: bank, stream: o, key: number, many: true}
compare:
  paid_on: {as: date, several: latest, crm: on, bank: on}
  rate: {as: number, several: same, crm: rate, bank: rate}
"""


@pytest.mark.parametrize(
    ("several", "receipts", "kinds"),
    [
        ("latest", ["2026-06-01", "2026-06-30", None], []),
        ("latest", ["2026-06-30", "2026-07-01"], ["differs"]),
        ("earliest", ["2026-07-01", "2026-06-30"], []),
        ("earliest", ["2026-06-01", "2026-06-30"], ["differs"]),
        ("latest", [None, None], ["differs"]),
        ("latest", ["2026-06-30", "soon"], ["not_comparable"]),
        ("same", ["2026-06-30", "2026-06-30"], []),
        ("same", ["2026-06-30", "2026-07-01"], ["not_comparable"]),
    ],
)
def test_several_days_of_a_key_are_the_one_the_field_asks_for(
    several: str, receipts: list[str | None], kinds: list[str]
) -> None:
    one = definition(DATES.replace("latest", several))
    rows = [{"number": "F-1", "on": day, "rate": "13"} for day in receipts]
    found = seen(one, crm={"number": "F-1", "on": "2026-06-30", "rate": "13"}, bank=rows)
    assert [kind for kind, *_ in found] == kinds


def test_numbers_that_must_be_the_same_are_not_added_up() -> None:
    one = definition(DATES)
    rows = [{"number": "F-1", "on": "2026-06-30", "rate": rate} for rate in ("13", "9")]
    found = seen(one, crm={"number": "F-1", "on": "2026-06-30", "rate": "22"}, bank=rows)
    assert found == [("not_comparable", "bank", "F1", "rate")]


FOUND = """\
reconciliation: found
sides:
  crm: {connection: crm, stream: o, key: number}
  bank: {connection: bank, stream: o, key: {from: text, find: "F-[0-9]+", otherwise: id}}
compare:
  amount: {as: money, crm: {from: amount}, bank: {from: text, find: "([0-9.,]+) ?元"}}
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("F-1 货款 1,130.00元 已付", []),
        ("货款 1130元 F-1", []),
        ("F-1 货款 1131 元", [("differs", "bank", "F1", "amount")]),
        ("F-1 货款已付", [("differs", "bank", "F1", "amount")]),
        ("利息 3元", [("missing", "bank", "F1", ""), ("extra", "bank", "T7", "")]),
        ("", [("missing", "bank", "F1", ""), ("extra", "bank", "T7", "")]),
        (None, [("missing", "bank", "F1", ""), ("extra", "bank", "T7", "")]),
    ],
)
def test_key_and_amount_are_found_in_a_text(text: str | None, found: list[tuple[str, ...]]) -> None:
    rows = {"id": "T-7", "text": text}
    assert seen(definition(FOUND), crm={"number": "F-1", "amount": "1130"}, bank=rows) == found


MONEY = """\
reconciliation: money
sides:
  crm: {connection: crm, stream: o, key: number}
  fin: {connection: fin, stream: o, key: number, many: true, lines: n}
compare:
  amount:
    as: money
    crm: {from: amount, currency: currency}
    fin: {from: amount, currency: currency}
    tolerance: {per_line: "0.01"}
"""


def receipt(amount: Any, currency: str | None = "CNY", **more: Any) -> dict[str, Any]:
    return {"number": "F-1", "amount": amount, "currency": currency, **more}


@pytest.mark.parametrize(
    ("promised", "receipts", "kinds"),
    [
        pytest.param("113", [receipt("60"), receipt("53")], [], id="added-up"),
        pytest.param("113", [receipt("113"), receipt(None)], [], id="nothing-adds-nothing"),
        pytest.param("100", [receipt("113"), receipt("-13")], [], id="a-credit-note"),
        pytest.param("0", [receipt("13"), receipt("-13")], [], id="to-zero"),
        pytest.param("0", [receipt(None), receipt("")], ["differs"], id="nothing-is-not-zero"),
        pytest.param(None, [receipt(None), receipt("")], [], id="nothing-at-all"),
        pytest.param("113", [receipt("60"), receipt("53.03")], ["differs"], id="a-cent-too-much"),
        pytest.param("113", [receipt("60"), receipt("53.02")], [], id="a-cent-for-each-line"),
        pytest.param(
            "113", [receipt("60", n=3), receipt("53.04", n=1)], [], id="a-cent-for-each-of-theirs"
        ),
        pytest.param(
            "113", [receipt("60"), receipt("53", "USD")], ["not_comparable"], id="two-currencies"
        ),
        pytest.param(
            "113", [receipt("60"), receipt("?")], ["not_comparable"], id="one-is-no-number"
        ),
        pytest.param(
            "113", [receipt("60"), receipt("53", "USD"), receipt("?")], ["not_comparable"],
            id="one-is-no-number-and-two-currencies",
        ),
    ],
)  # fmt: skip
def test_amounts_of_one_key_are_added_up_in_one_currency(
    promised: Any, receipts: list[dict[str, Any]], kinds: list[str]
) -> None:
    found = seen(definition(MONEY), crm=receipt(promised), fin=receipts)
    assert found == [(kind, "fin", "F1", "amount") for kind in kinds]


# ---- what need not be there --------------------------------------------------------------------


GIFTS = TWO.replace("key: no,", 'key: no, expected_when: kind == "gift",')


def test_what_need_not_be_there_is_not_missing() -> None:
    one = definition(GIFTS)
    assert seen(one, crm=crm(kind="price"), erp=[]) == []
    assert opinions(one, crm=crm(kind="price"), erp=[])["CM1"].not_expected == ("erp",)
    assert seen(one, crm=crm(kind="gift"), erp=[]) == [("missing", "erp", "CM1", "")]


def test_what_need_not_be_there_is_compared_where_it_is() -> None:
    found = seen(definition(GIFTS), crm=crm(kind="price"), erp=erp(amount="11"))
    assert found == [("differs", "erp", "CM1", "amount")]


@pytest.mark.parametrize(
    ("kinds", "missing"),
    [
        pytest.param(("price", "price"), False, id="neither-need-be-there"),
        pytest.param(("price", "gift"), True, id="the-second-must"),
        pytest.param(("gift", "price"), True, id="the-first-must"),
    ],
)
def test_a_key_twice_must_be_there_where_one_of_them_must(
    kinds: tuple[str, str], missing: bool
) -> None:
    found = seen(definition(GIFTS), crm=[crm(kind=kind) for kind in kinds], erp=[])
    assert ("duplicate", "crm", "CM1", "") in found
    assert (("missing", "erp", "CM1", "") in found) is missing


# ---- which rows and keys -----------------------------------------------------------------------


def test_only_and_find_choose_rows_and_keys() -> None:
    text = TWO.replace(
        "key: no,", 'key: {from: text, find: "CM-[0-9]+"}, only: text is set and text != "",'
    )
    rows = [erp("x", text="赠品 CM-1 随货"), erp("y", text="")]
    assert seen(definition(text), crm=crm(), erp=rows) == []


SEVERAL = """\
reconciliation: several
sides:
  crm: {connection: crm, stream: o, key: number}
  bank: {connection: bank, stream: o, key: {each: numbers}, many: true}
compare:
  amount: {as: number, crm: amount, bank: amount}
"""


def test_a_row_with_several_keys_is_a_row_of_each() -> None:
    one = definition(SEVERAL)
    payment = {"numbers": ["CM-1", "CM-2"], "amount": "10"}
    assert seen(one, crm=[crm("CM-1"), crm("CM-2")], bank=payment) == []
    assert seen(one, crm=[crm("CM-1"), crm("CM-3")], bank=payment) == [
        ("extra", "bank", "CM2", ""), ("missing", "bank", "CM3", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("many", ["many: true", "many: false"])
@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param(["CM-1", "CM-1"], id="the-same"),
        pytest.param(["CM-1", "cm 1", "ＣＭ１"], id="written-otherwise"),
    ],
)
def test_a_row_that_names_a_key_twice_is_one_row_of_it(many: str, numbers: list[str]) -> None:
    one = definition(SEVERAL.replace("many: true", many))
    assert seen(one, crm=crm(), bank={"numbers": numbers, "amount": "10"}) == []


@pytest.mark.parametrize("numbers", [[], [""], ["", "  "], None])
def test_a_row_with_no_key_among_several_is_none(numbers: Any) -> None:
    assert seen(definition(SEVERAL), crm=[], bank={"numbers": numbers, "amount": "10"}) == []


# ---- values ------------------------------------------------------------------------------------


TAX = """\
reconciliation: tax
sides:
  crm: {connection: crm, stream: o, key: number}
  fin: {connection: fin, stream: o, key: number, lines: n}
compare:
  amount:
    as: money
    crm: {from: amount, currency: CNY}
    fin: {from: net, currency: currency, tax: exclusive, tax_rate: rate}
    tolerance: {per_line: "0.01"}
"""


@pytest.mark.parametrize(
    ("gross", "posted", "kinds"),
    [
        pytest.param("113.00", {"net": "100"}, [], id="exact"),
        pytest.param("113.00", {"net": 100, "rate": 13}, [], id="numbers-in-json"),
        pytest.param("113.00", {"net": "100", "rate": "13.00"}, [], id="rate-with-places"),
        pytest.param("100.00", {"net": "100", "rate": "0"}, [], id="no-tax"),
        # 33.33 + 33.33 + 33.34 at 13 %, each rounded to the cent, are 113.00; 100.02 net were not
        pytest.param("113.00", {"net": "100.02", "n": 3}, [], id="three-lines-of-rounding"),
        pytest.param("113.00", {"net": "100.03", "n": 3}, ["differs"], id="one-cent-more"),
        pytest.param("113.00", {"net": "99.98", "n": 3}, [], id="three-lines-the-other-way"),
        pytest.param("113.00", {"net": "99.97", "n": 3}, ["differs"], id="one-cent-less"),
        pytest.param("113.00", {"net": "100.02"}, ["differs"], id="one-line-has-one-cent"),
        pytest.param("113.00", {"net": "113.00"}, ["differs"], id="inclusive-after-all"),
        pytest.param("-113.00", {"net": "-100"}, [], id="a-credit-note"),
        pytest.param(None, {"net": None, "rate": "?"}, [], id="nothing-needs-no-rate"),
        pytest.param("0", {"net": None}, ["differs"], id="nothing-is-not-zero"),
        pytest.param("113.00", {"net": "100", "rate": "?"}, ["not_comparable"], id="no-rate"),
        pytest.param("113.00", {"net": "100", "rate": None}, ["not_comparable"], id="rate-missing"),
        pytest.param(
            "113.00", {"net": "100", "rate": {"percent": 13}}, ["not_comparable"],
            id="rate-unreadable",
        ),
        pytest.param(
            "113.00", {"net": "100", "currency": "USD"}, ["not_comparable"], id="other-currency"
        ),
        pytest.param(
            "113.00", {"net": "100", "currency": {"code": "CNY"}}, ["not_comparable"],
            id="currency-unreadable",
        ),
    ],
)  # fmt: skip
def test_exclusive_amounts_are_brought_to_inclusive_ones(
    gross: Any, posted: dict[str, Any], kinds: list[str]
) -> None:
    row = {"number": "1", "rate": "13", "currency": "CNY", **posted}
    found = seen(definition(TAX), crm={"number": "1", "amount": gross}, fin=row)
    assert found == [(kind, "fin", "1", "amount") for kind in kinds]


def test_a_currency_that_cannot_be_read_is_never_the_same_as_another() -> None:
    one = definition(MONEY)
    row = receipt("1", currency=None) | {"currency": ["CNY"]}
    assert seen(one, crm=row, fin=row) == [("not_comparable", "fin", "F1", "amount")]


RATES = """\
reconciliation: rates
sides:
  crm: {connection: crm, stream: o, key: number}
  fin: {connection: fin, stream: o, key: number}
compare:
  amount:
    as: money
    crm: {from: amount, currency: currency}
    fin: {from: amount, currency: currency}
    convert: {to: CNY, rates: {USD: "7.1", JPY: "0.0489"}, source: "BOC 2026-11-27"}
    tolerance: "0.01"
"""


@pytest.mark.parametrize(
    ("ours", "theirs", "kinds"),
    [
        pytest.param(("100", "USD"), ("710.00", "CNY"), [], id="at-the-rate"),
        pytest.param(("100", "USD"), ("710.01", "CNY"), [], id="one-cent-off"),
        pytest.param(("100", "USD"), ("710.02", "CNY"), ["differs"], id="two-cents-off"),
        pytest.param(("489", "JPY"), ("3.37", "USD"), ["differs"], id="two-foreign-ones"),
        pytest.param(("7100", "JPY"), ("48.9", "USD"), [], id="two-foreign-ones-that-agree"),
        pytest.param(("100", "EUR"), ("100", "CNY"), ["not_comparable"], id="no-rate"),
        pytest.param(("100", "EUR"), ("100", "EUR"), [], id="no-rate-needed"),
    ],
)
def test_currencies_are_converted_only_where_a_rate_is_given(
    ours: tuple[str, str], theirs: tuple[str, str], kinds: list[str]
) -> None:
    found = seen(definition(RATES), crm=receipt(*ours), fin=receipt(*theirs))
    assert found == [(kind, "fin", "F1", "amount") for kind in kinds]


BOM = """\
reconciliation: bom
sides:
  plm: {connection: plm, stream: bom, each: lines, key: {text: "{..item}@{..rev}#{part}"}}
  erp: {connection: erp, stream: bom, each: parts, key: {text: "{..item}@{..rev}#{no}"}}
compare:
  quantity:
    as: quantity
    units: {kg: {g: 1000}, km: {m: 1000}}
    plm: {from: quantity, unit: unit}
    erp: {from: amount, unit: unit}
"""


def bom(*lines: tuple[str, Any, str]) -> dict[str, Any]:
    return {"item": "A", "rev": 1, "lines": [
        {"part": part, "quantity": amount, "unit": unit} for part, amount, unit in lines
    ]}  # fmt: skip


def parts(*lines: tuple[str, Any, str]) -> dict[str, Any]:
    return {"item": "a", "rev": "1", "parts": [
        {"no": part, "amount": amount, "unit": unit} for part, amount, unit in lines
    ]}  # fmt: skip


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        pytest.param([("1", "250", "g"), ("2", 4, "pc")], [], id="in-another-unit"),
        pytest.param([("2", "4.0", "PC"), ("1", Decimal("0.25"), "KG")], [], id="reordered"),
        pytest.param(
            [("1", "251", "g"), ("2", 4, "pc")], [("differs", "A@1#1", "quantity")], id="more-of-it"
        ),
        pytest.param(
            [("1", "0.25", "箱"), ("2", 4, "pc")], [("not_comparable", "A@1#1", "quantity")],
            id="an-unknown-unit",
        ),
        pytest.param(
            [("1", "0.25", "m"), ("2", 4, "pc")], [("not_comparable", "A@1#1", "quantity")],
            id="a-length-is-no-weight",
        ),
        pytest.param([("1", "250", "g")], [("missing", "A@1#2", "")], id="a-part-less"),
        pytest.param(
            [("1", "250", "g"), ("2", 4, "pc"), ("3", 1, "pc")], [("extra", "A@1#3", "")],
            id="a-part-more",
        ),
    ],
)  # fmt: skip
def test_lines_of_a_bill_of_materials_are_compared_part_by_part(
    theirs: list[tuple[str, Any, str]], found: list[tuple[str, str, str]]
) -> None:
    ours = bom(("1", "0.25", "kg"), ("2", "4", "pc"))
    told = seen(definition(BOM), plm=ours, erp=parts(*theirs))
    assert told == [(kind, "erp", key, field) for kind, key, field in found]


EMPTY = """\
reconciliation: empty
sides:
  a: {connection: a, stream: o, key: k}
  b: {connection: b, stream: o, key: k}
compare:
  number: {as: number, a: n, b: n, empty: ["N/A", "9999999"]}
  day: {as: date, a: d, b: d, empty: ["2099-12-31", "1900-01-01"]}
  text: {as: text, a: t, b: t, empty: ["N/A"]}
"""


@pytest.mark.parametrize("field", ["n", "d", "t"])
@pytest.mark.parametrize(
    "there",
    [
        pytest.param([], id="missing"),
        pytest.param([None], id="null"),
        pytest.param([""], id="empty"),
        pytest.param([" "], id="blank"),
    ],
)
def test_missing_null_and_empty_are_one(field: str, there: list[Any]) -> None:
    row: dict[str, Any] = {"k": "1"}
    row.update((field, value) for value in there)
    assert seen(definition(EMPTY), a={"k": "1", field: None}, b=row) == []
    assert seen(definition(EMPTY), a={"k": "1"}, b=row) == []


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        pytest.param({"n": "N/A", "d": "2099-12-31", "t": "n/a"}, ["text"], id="case-of-a-text"),
        pytest.param({"n": 9999999, "d": "1900-01-01T00:00:00", "t": "N/A"}, [], id="all-empty"),
        pytest.param({"n": 0}, ["number"], id="zero"),
        pytest.param({"n": "0.00"}, ["number"], id="zero-as-text"),
        pytest.param({"d": "2099-12-30"}, ["day"], id="another-day"),
        pytest.param({"t": "2099-12-31"}, ["text"], id="empty-of-another-field"),
    ],
)
def test_only_what_its_field_calls_empty_is_nothing(row: dict[str, Any], fields: list[str]) -> None:
    found = seen(definition(EMPTY), a={"k": "1"}, b={"k": "1", **row})
    assert found == [("differs", "b", "1", field) for field in fields]


STATUS = """\
reconciliation: status
sides:
  crm: {connection: crm, stream: o, key: k}
  fin: {connection: fin, stream: o, key: k}
compare:
  status:
    as: status
    rules: [nfkc, trim, lower]
    crm: {from: s, map: {OPEN: open, Ready: Open, DONE: done, X: cancelled}}
    fin: {from: s, map: {有效: [Open, done], 作废: cancelled}}
"""


@pytest.mark.parametrize(
    ("ours", "theirs", "kinds"),
    [
        pytest.param("OPEN", "有效", [], id="one-of-several"),
        pytest.param("ready", "有效", [], id="folded-on-both-sides"),
        pytest.param("done", "作废", ["differs"], id="another"),
        pytest.param("X", "冻结", ["unmapped_status"], id="theirs-unmapped"),
        pytest.param("冻结", "作废", ["unmapped_status"], id="ours-unmapped"),
        pytest.param("冻结", "冻结", ["unmapped_status"], id="both-unmapped-and-the-same"),
        pytest.param(None, "作废", ["differs"], id="nothing"),
        pytest.param(None, " ", [], id="nothing-on-both-sides"),
        pytest.param({"a": 1}, "作废", ["not_comparable"], id="unreadable"),
    ],
)
def test_statuses_are_compared_by_the_words_they_stand_for(
    ours: Any, theirs: Any, kinds: list[str]
) -> None:
    found = seen(definition(STATUS), crm={"k": 1, "s": ours}, fin={"k": 1, "s": theirs})
    assert found == [(kind, "fin", "1", "status") for kind in kinds]


# ---- examples in the file ----------------------------------------------------------------------


def test_an_example_in_the_file_that_does_not_come_out_is_told() -> None:
    text = f"""{TWO}
tests:
  - name: gone
    given: {{crm: {{number: A, rev: 1, amount: "1"}}}}
    expect: []
"""
    (fault,) = run_tests(read_bundle({"own/r.yaml": text.encode()}))
    assert "missing" in str(fault)
    assert "gone" in str(fault)


@pytest.mark.parametrize("empty", ["", None, "   "])
def test_a_row_without_a_key_is_none(empty: Any) -> None:
    assert seen(definition(), crm=crm(), erp=[erp(), erp(empty)]) == []
