"""Words of a gate file."""

from __future__ import annotations

from typing import get_args

from hub.mapping.gate import Action, Then
from hub.mapping.verdict import Answer
from hub.mapping.writing.vocabulary.terms import (
    AnyOf,
    Choice,
    ListOf,
    Object,
    Part,
    Simple,
    Term,
    Whole,
)

_ANSWERS = Choice(get_args(Answer))
_IF = Part("if", Simple.EXPRESSION, "a condition about the record", "对单据的条件", False)
_WHEN = Object(
    (
        Part("record", Simple.TEXT, "kind of the record", "标准单据的种类"),
        Part("from", Simple.TEXTS, "connections; none: any", "来源连接；不写则不限", False),
        Part(
            "action",
            Choice(get_args(Action)),
            "what a person does; none: what routes name it for",
            "人员的操作；不写则由路由引用",
            False,
        ),
        _IF,
    )
)
_NEED = Object(
    (
        Part("levels", Simple.TEXTS, "levels that must all approve", "必须全部批准的层级", False),
        Part("approvals", Whole(20, 1), "how many persons must approve", "须批准的人数", False),
        Part("roles", Simple.TEXTS, "who counts; none: anybody", "计入的角色；不写则不限", False),
        Part(
            "distinct",
            Simple.BOOLEAN,
            "each by another person; true without it",
            "每次须为不同的人；默认 true",
            False,
        ),
        Part(
            "accept_auto_passed",
            Simple.BOOLEAN,
            "what the workflow passed by itself counts; false without it",
            "工作流自动通过的也算；默认 false",
            False,
        ),
        _IF,
    )
)  # fmt: skip
_TOLD = Object(
    (
        Part("zh", Simple.TEXT, "in Chinese", "中文", False),
        Part("en", Simple.TEXT, "in English", "英文", False),
    )
)
_CHECK = Object(
    (
        Part("if", Simple.EXPRESSION, "what must not hold", "不得成立的条件"),
        Part(
            "then",
            Choice(get_args(Then)),
            "hold: somebody may release it; deny: nobody",
            "hold：可放行；deny：不可放行；默认 hold",
            False,
        ),
        Part("reason", AnyOf((Simple.TEXT, _TOLD)), "what people are told", "告诉人的理由"),
        Part("fields", Simple.PATHS, "fields at fault", "有问题的字段", False),
    )
)
_RELEASE = Object(
    (
        Part("roles", Simple.TEXTS, "who may release", "可放行的角色"),
        Part(
            "valid",
            Simple.TEXT,
            "how long that counts: 30 minutes, 12 hours, 7 days; none: always",
            "放行的有效期：30 minutes、12 hours、7 days；不写则一直有效",
            False,
        ),
    )
)
_APPROVAL = Object(
    (
        Part("level", Simple.TEXT, "its level", "层级", False),
        Part("person", Simple.TEXT, "who decided", "审批人"),
        Part("role", Simple.TEXT, "the role stated", "所示角色", False),
        Part("decision", Simple.TEXT, "approved without it", "默认 approved", False),
        Part("auto_passed", Simple.BOOLEAN, "passed by the workflow", "工作流自动通过", False),
    )
)
_TEST = Object(
    (
        Part("name", Simple.TEXT, "what it shows; each name once", "说明什么；名称不可重复"),
        Part("given", Simple.DOCUMENT, "the record, or a part of it", "单据或其一部分"),
        Part("approvals", ListOf(_APPROVAL), "what was decided", "已有的审批", False),
        Part("expect", _ANSWERS, "the answer", "应得的结果"),
        Part("reasons", Simple.TEXTS, "parts of reasons", "理由中应有的文字", False),
    )
)

GATES: tuple[Term, ...] = (
    Term("gate", "gate", Simple.TEXT, "its name", "名称", required=True),
    Term("title", "gate", Simple.TEXT, "what it is for", "用途"),
    Term("when", "gate", _WHEN, "what it is about", "适用于什么", required=True),
    Term("needs", "gate", ListOf(_NEED), "approvals that must be there", "必须齐备的审批"),
    Term("checks", "gate", ListOf(_CHECK), "what stops the record", "拦下单据的情形"),
    Term("release", "gate", _RELEASE, "who may let it pass; else nobody", "谁可放行；默认无人"),
    Term(
        "unavailable",
        "gate",
        _ANSWERS,
        "the answer to a question that cannot be decided in time; hold without it",
        "询问无法及时判断时的回答；默认 hold",
    ),
    Term("tests", "gate", ListOf(_TEST), "examples", "示例"),
)
