"""Why something stands where it does is stored in English and told in the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from hub.flow import approvals
from hub.language import Language, told
from hub.mapping.route import ApprovalRule
from hub.people import People
from hub.service.reasons import sentence


@pytest.mark.parametrize(
    ("stored", "chinese"),
    [
        ("rejected", "被对方拒绝"),
        ("duplicate: nothing new in it", "重复：没有新内容"),
        ("out_of_scope: gift-in", "不在范围：gift-in"),
        ("out_of_scope: no mapping takes it", "不在范围：没有映射处理"),
        ("contract HT-1 not yet here", "contract HT-1 尚未到达"),
        ("gate big: refused by person:li.na", "关卡 big：已由 person:li.na 拒绝"),
        ("gate big: too large; gate manual: audit", "关卡 big：too large; gate manual: audit"),
        ("mapping: a\nb: no number", "映射：a\nb: no number"),
        (
            "link missing: hub link set wms customer C-1 THEIRS; and 2 more",
            "缺少对照：hub link set wms customer C-1 THEIRS；另有 2 项",
        ),
        (
            "approval: coo has not decided; sales decided rejected",
            "审批：coo 尚未审批；sales 的决定为 rejected",
        ),
    ],
    ids=lambda value: value[:20],
)
def test_a_stored_reason_is_told_in_chinese_and_stays_as_it_is_in_english(
    stored: str, chinese: str
) -> None:
    assert told(sentence(stored), Language.ZH) == chinese
    assert told(sentence(stored), Language.EN) == stored


@pytest.mark.parametrize("stored", ["", "thing nobody wrote", "approval:", "{level} x {0}"])
def test_what_no_template_fits_stays_as_it_is(stored: str) -> None:
    assert [told(sentence(stored), language) for language in Language] == [stored, stored]


def test_braces_in_a_value_are_no_placeholders() -> None:
    assert told(sentence("mapping: {level} {"), Language.ZH) == "映射：{level} {"


@dataclass(frozen=True)
class Decided:
    level: str
    person: str
    decision: str
    auto_passed: bool = False
    connection: str = "crm"


def test_whatever_is_missing_of_approvals_is_told_in_chinese() -> None:
    rule = ApprovalRule(levels=("a1", "a2", "a3", "a4", "a5"), distinct=True)
    decisions = [
        Decided("a1", "p", "approved"), Decided("a2", "p", "approved"),
        Decided("a3", "q", "rejected"), Decided("a4", "r", "approved", auto_passed=True),
    ]  # fmt: skip
    missing = approvals.missing(rule, decisions, People())
    assert len(missing) == 4
    shown = told(sentence("approval: " + "; ".join(missing)), Language.ZH)
    left = re.sub(r"\ba\d\b|rejected|and", "", shown)
    assert re.search("[A-Za-z]", left) is None
