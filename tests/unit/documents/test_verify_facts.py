"""What the public page shows to compare says the same as the paper."""

from __future__ import annotations

from typing import Any

import papers
import pytest

from hub.documents.register import Registered, RegisteredCopy
from hub.documents.verdict import Check, Verdict
from hub.flow.checking import masked
from hub.language import Language
from hub.web.verify.facts import Facts


def facts(opens: bool = True, **promised: Any) -> Facts:
    content = papers.content(document=papers.promise(**promised))
    copy = RegisteredCopy(1, "customer", "苏州恒远", "d" * 64, 1000, 2, "kid", papers.ISSUED)
    found = Registered(
        papers.NUMBER, "commitment", "CM-1", 2, "issued", papers.hash_of(content), content,
        papers.ISSUED, (copy,),
    )  # fmt: skip
    check = Check("code", Verdict.RECORD_ONLY, papers.NUMBER, 1, 1, found, opens=opens)
    return Facts(check, papers.settings(), Language.EN)


def test_lines_are_told_as_they_are_printed() -> None:
    lines = [papers.line(1), papers.line(2, gift=True, unit_price="0", note="先发")]
    assert list(facts(lines=lines).lines()) == [
        ("1", "六角螺栓 M1 · A-0001", "1,200 件", "12.50"),
        ("2", "六角螺栓 M2（gift） · A-0002 · 先发", "1,200 件", "—"),
    ]


@pytest.mark.parametrize(
    "fact",
    [("Promised date", "2026-12-08"), ("Ships at the latest", "2026-12-06 18:00 +08:00"),
     ("Payment days", "60"), ("Amount", "CNY 90,000.00")],
    ids=["promised date", "latest shipment", "payment days", "amount"],
)  # fmt: skip
def test_all_that_was_promised_is_there_to_compare(fact: tuple[str, str]) -> None:
    assert fact in facts(amount="90000").rows()
    assert fact[0] not in dict(facts(opens=False, amount="90000").rows())


@pytest.mark.parametrize(
    ("name", "told"),
    [("", ""), ("王", "王*"), ("王芳", "王*"), ("财务部", "财**"), ("欧阳小明", "欧***"),
     ("Li Wei", "Li***i"), ("苏州恒力精密机械有限公司", "苏州******司")],
)  # fmt: skip
def test_a_masked_name_hides_at_least_half_of_it(name: str, told: str) -> None:
    assert masked(name) == told
    assert sum(one != "*" for one in told) <= max(1, len(name) / 2)
