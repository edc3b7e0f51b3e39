"""Frozen content: exact, the same bytes every time, and refused where no document may be issued."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from papers import APPROVALS, ISSUER, NUMBER, content, hash_of, line, promise, spec

from hub.documents.codes import sealed_amount
from hub.documents.content import Approved, total_of
from hub.documents.errors import DocumentError
from hub.records.base import canonical
from hub.settings import Issuer

DECIDED = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def refusal(**changes: Any) -> DocumentError:
    with pytest.raises(DocumentError) as raised:
        content(**changes)
    return raised.value


# ---- what is frozen --------------------------------------------------------------------------


def test_a_content_says_what_was_approved() -> None:
    frozen = content()

    assert frozen["schema"] == "accord-hub/annex/1"
    assert frozen["number"] == "HX-2611-4837-2059-1864-10"
    assert frozen["record"] == {"kind": "commitment", "number": "CM-2026-000418", "revision": 2}
    assert frozen["customer"] == {"code": "C-1042", "name": "苏州恒远精密机械有限公司"}
    assert frozen["promise"]["promised_date"] == "2026-12-08"
    assert [one["title"] for one in frozen["approvals"]] == ["销售主管", "财务总监"]
    assert frozen["terms"][0] == "本附件为编号 HT-2026-00217 的合同的附件。"
    assert frozen["approved_at"] == "2026-11-20T08:45:00Z"
    assert frozen["issued_at"] == "2026-11-21T08:31:00Z"


def test_a_content_comes_back_from_its_bytes_unchanged() -> None:
    frozen = content()

    assert canonical(json.loads(canonical(frozen))) == canonical(frozen)


def test_freezing_twice_gives_the_same_hash() -> None:
    assert hash_of(content()) == hash_of(content())


@pytest.mark.parametrize(
    "changes",
    [
        {"document": promise(text="第二批由 15 个工作日缩短为 8 个工作日。")},
        {"document": promise(revision=3)},
        {"document": promise(3)},
        {"approvals": APPROVALS[:1]},
        {"issuer": Issuer(name="另一家公司")},
        {"spec": spec(language="both")},
        {"supersedes": NUMBER},
        {"template": ("annex.typ", "1" * 64)},
    ],
    ids=["text", "revision", "line", "approval", "issuer", "language", "supersedes", "template"],
)
def test_whatever_changes_changes_the_hash(changes: dict[str, Any]) -> None:
    assert hash_of(content(**changes)) != hash_of(content())


def test_free_text_is_kept_exactly() -> None:
    text = "好 \U0001f44d\n第二行 \u202eabc #read()"
    lines = [line(1, name=text, note=text)]

    frozen = content(document=promise(lines, text=text))

    assert frozen["promise"]["text"] == text
    assert (frozen["lines"][0]["name"], frozen["lines"][0]["note"]) == (text, text)


def test_a_promise_without_contract_and_lines_is_frozen() -> None:
    document = promise(0, contract_no=None, order_no=None)

    frozen = content(document=document, contract=None, spec=spec(terms="[按约定履行。]"))

    assert (frozen["contract"], frozen["lines"]) == (None, [])
    assert frozen["terms"] == ["按约定履行。"]


# ---- what it is worth ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"amount": "18600.5"}, Decimal("18600.5")),
        ({}, Decimal(30000)),
        ({"lines": [line(1), line(2, gift=True)]}, Decimal(15000)),
        ({"lines": [line(1, quantity="0.3", unit_price="0.1")]}, Decimal("0.03")),
        ({"lines": [line(1, unit_price=None)]}, None),
        ({"lines": 0}, None),
    ],
    ids=["amount", "lines", "gifts are free", "exact", "no price", "no lines"],
)
def test_the_total_is_the_amount_or_what_the_lines_come_to(
    changes: dict[str, Any], expected: Decimal | None
) -> None:
    assert total_of(content(document=promise(**changes))) == expected


@given(
    st.lists(
        st.tuples(
            st.decimals("0.001", "99999999999999", places=3), st.decimals(0, 10**14 - 1, places=4)
        ),
        min_size=1,
        max_size=5,
    )
)
def test_every_total_that_is_frozen_has_room_in_a_seal(amounts: list[tuple[Decimal, ...]]) -> None:
    lines = [
        line(place, quantity=str(quantity), unit_price=str(price))
        for place, (quantity, price) in enumerate(amounts, 1)
    ]
    document = promise(lines)
    if sum(quantity * price for quantity, price in amounts) >= 10**14:
        assert refusal(document=document).code == "E_DOC_TOO_LONG"
    else:
        assert sealed_amount(total_of(content(document=document)) or Decimal(0)) >= 0


# ---- what is refused -------------------------------------------------------------------------


def _decided(*hours: int | None) -> list[Approved]:
    return [
        Approved(
            f"level-{place}", f"第{place}级", "王磊", "",
            None if hour is None else DECIDED + timedelta(hours=hour),
        )
        for place, hour in enumerate(hours, 1)
    ]  # fmt: skip


@pytest.mark.parametrize("hours", [(1, 0), (0, 2, 1), (1, None, 0)], ids=str)
def test_a_level_that_decided_before_an_earlier_one_is_refused(
    hours: tuple[int | None, ...],
) -> None:
    error = refusal(approvals=_decided(*hours))

    assert error.code == "E_DOC_APPROVALS_ORDER"
    assert "第1级" in str(error) or "第2级" in str(error)


@pytest.mark.parametrize("hours", [(0, 0), (0, None, 1), ()], ids=str)
def test_levels_in_order_are_frozen(hours: tuple[int | None, ...]) -> None:
    assert len(content(approvals=_decided(*hours))["approvals"]) == len(hours)


def test_a_document_file_may_let_levels_decide_in_any_order() -> None:
    assert content(approvals=_decided(1, 0), spec=spec(approval_order="false"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"document": promise(customer={"code": "C", "name": "好\U0001f44d"})}, "customer.name"),
        ({"document": promise(number="CM\u202e1")}, "record.number"),
        ({"document": promise(order_no="SO\U0001f44d")}, "order_no"),
        ({"document": promise([line(1), line(2, sku="A\u200b")])}, "lines.2.sku"),
        ({"contract": {"number": "HTש", "files": []}}, "contract_no"),
        ({"issuer": ISSUER.model_copy(update={"address": "\u2066"})}, "issuer.address"),
        ({"approvals": [Approved("a", "级", "王\u202e磊", "", None)]}, "approvals.1.person"),
    ],
    ids=["customer", "number", "order", "sku", "contract", "issuer", "person"],
)
def test_a_name_or_number_that_cannot_be_printed_is_refused_with_its_place(
    changes: dict[str, Any], field: str
) -> None:
    error = refusal(**changes)

    assert error.code == "E_DOC_CHARACTER"
    assert str(error).startswith(f"{field} ")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (promise(2001), "2001 lines"),
        (promise(text="字" * 20_001), "promise.text has 20001"),
        (promise([line(1, note="字" * 20_001)]), "lines.1.note has 20001"),
        (promise([line(place, note="字" * 101) for place in range(2000)]), "together"),
        (promise(amount="1" + "0" * 14), "amount is"),
        (promise(amount="1E+30"), "amount is 1E+30"),
        (promise([line(1, quantity="9" * 10, unit_price="9" * 10)]), "total is"),
    ],
    ids=["lines", "text", "note", "together", "15 digits", "exponent", "total"],
)
def test_what_a_document_has_no_room_for_is_refused(document: dict[str, Any], told: str) -> None:
    error = refusal(document=document)

    assert error.code == "E_DOC_TOO_LONG"
    assert told in str(error)


def test_the_most_there_is_room_for_is_frozen() -> None:
    frozen = content(document=promise(2000, text="字" * 20_000, amount="9" * 14 + ".9999"))

    assert len(frozen["lines"]) == 2000
