"""Words of a route file and of its steps."""

from __future__ import annotations

from typing import get_args

from hub.mapping.route import OnRevision, OnRevoke, OnUnknown
from hub.mapping.writing.vocabulary.terms import Choice, Object, Part, Simple, Term

_WHEN = Object(
    (
        Part("record", Simple.TEXT, "kind of the record", "标准单据的种类"),
        Part("from", Simple.TEXTS, "connections; none: any", "来源连接；不写则不限", False),
        Part("if", Simple.EXPRESSION, "a condition about the record", "对单据的条件", False),
    )
)
_APPROVALS = Object(
    (
        Part("levels", Simple.TEXTS, "levels that must all have approved", "必须全部批准的层级"),
        Part(
            "distinct",
            Simple.BOOLEAN,
            "each by another person; true without it",
            "每级须为不同的人；默认 true",
            False,
        ),
        Part(
            "accept_auto_passed",
            Simple.BOOLEAN,
            "levels the workflow passed by itself count; false without it",
            "工作流自动通过的层级也算；默认 false",
            False,
        ),
    )
)
_REQUIRE = Object(
    (
        Part("approvals", _APPROVALS, "who must have approved", "必须的审批", False),
        Part("gates", Simple.TEXTS, "gates it must pass", "必须通过的关卡", False),
        Part(
            "may_change",
            Simple.PATHS,
            "fields whose change keeps the approvals of the revision before",
            "修改后仍沿用上一版审批的字段",
            False,
        ),
    )
)

ROUTES: tuple[Term, ...] = (
    Term("route", "route", Simple.TEXT, "its name", "名称", required=True),
    Term("title", "route", Simple.TEXT, "what it is for", "用途"),
    Term("when", "route", _WHEN, "which records it takes", "适用的单据", required=True),
    Term("require", "route", _REQUIRE, "what a record needs to go out", "送出的前提"),
    Term(
        "document",
        "route",
        Simple.TEXT,
        "document issued before anything goes out",
        "送出之前出具的文书",
    ),
    Term("deliver", "route", Simple.STEPS, "the steps", "步骤", required=True),
)

STEPS: tuple[Term, ...] = (
    Term("to", "step", Simple.TEXT, "connection", "连接", required=True),
    Term("operation", "step", Simple.TEXT, "what to do there", "执行的操作", required=True),
    Term("map", "step", Simple.TEXT, "the mapping of its document", "所用映射"),
    Term("step", "step", Simple.TEXT, "its name; the connection without it", "名称；默认为连接名"),
    Term(
        "after",
        "step",
        Simple.TEXTS,
        "steps delivered first; confirmed(erp): read back first",
        "须先送达的步骤；confirmed(erp) 表示须先回读核对",
    ),
    Term("gates", "step", Simple.TEXTS, "gates this delivery must pass", "此投递须通过的关卡"),
    Term(
        "copy",
        "step",
        Simple.TEXT,
        "copy of the document it takes along; the first without it",
        "随附的文书副本；默认第一份",
    ),
    Term(
        "if", "step", Simple.EXPRESSION, "only records for which it holds", "只用于条件成立的单据"
    ),
    Term(
        "on_revision",
        "step",
        Choice(get_args(OnRevision)),
        "what a new revision does; else as the operation says",
        "新版本的处理方式；默认按操作的规定",
    ),
    Term(
        "on_revoke",
        "step",
        Choice(get_args(OnRevoke)),
        "what revoking does; else as the operation says",
        "撤销时的处理方式；默认按操作的规定",
    ),
    Term(
        "on_unknown",
        "step",
        Choice(get_args(OnUnknown)),
        "stop without it; resend where it may happen twice",
        "结果不明时：默认 stop；可接受重复时写 resend",
    ),
)
