"""Words of a watch file."""

from __future__ import annotations

from hub.mapping.examples.watch_tests import OUTCOMES
from hub.mapping.writing.vocabulary.terms import Choice, ListOf, Object, Part, Simple, Term

_RECORD = Part("record", Simple.TEXT, "kind of the record", "标准单据的种类")
_FROM = Part("from", Simple.TEXTS, "connections; none: any", "来源连接；不写则不限", False)
_IF = Part("if", Simple.EXPRESSION, "a condition about the record", "对单据的条件", False)
_UNLESS = Object(
    (
        _RECORD,
        _FROM,
        Part("key", Simple.PATH, "the field that names the same", "与之对应的字段"),
        _IF,
        Part(
            "within",
            Simple.TEXT,
            "how long there is: 30 minutes, 2 working hours, 1 working day, 3 days",
            "时限：30 minutes、2 working hours、1 working day、3 days",
        ),
    )
)
_STEP = Object(
    (
        Part(
            "after",
            Simple.TEXT,
            "so long after the step before; of the first one, after the time was over",
            "距上一步多久；第一步则为超时之后多久",
            False,
        ),
        Part(
            "notify",
            Simple.TEXTS,
            "who is told: role:NAME, person:ID; instead of to",
            "通知谁：role:角色、person:人员；与 to 二选一",
            False,
        ),
        Part("to", Simple.TEXT, "connection that delivers it", "代为送达的连接", False),
        Part("operation", Simple.TEXT, "what to do there", "执行的操作", False),
        Part("map", Simple.TEXT, "mapping of a notice", "通知（notice）的映射", False),
    )
)
_TEST = Object(
    (
        Part("name", Simple.TEXT, "what it shows; each name once", "说明什么；名称不可重复"),
        Part("given", Simple.DOCUMENT, "the first record, or a part", "先到的单据或其一部分"),
        Part("arrives", Simple.DOCUMENT, "the other one", "后到的单据", False),
        Part("expect", Choice(OUTCOMES), "what comes of it", "应得的结果"),
        Part("at", Simple.TEXT, "when the first one comes", "先到的单据何时到", False),
        Part("deadline", Simple.TEXT, "until when the other one may", "后到的单据的期限", False),
    )
)  # fmt: skip

WATCHES: tuple[Term, ...] = (
    Term("watch", "watch", Simple.TEXT, "its name", "名称", required=True),
    Term("title", "watch", Simple.TEXT, "what it is for", "用途"),
    Term(
        "when",
        "watch",
        Object((_RECORD, _FROM, _IF)),
        "the records that must be followed by another one",
        "哪些单据之后必须有下文",
        required=True,
    ),
    Term(
        "key",
        "watch",
        Simple.PATH,
        "the field both are known by; number without it",
        "二者相认的字段；默认 number",
    ),
    Term(
        "unless", "watch", _UNLESS, "what must come, and until when", "须到的单据与时限",
        required=True,
    ),
    Term(
        "then",
        "watch",
        ListOf(_STEP, 1),
        "who is told that it did not come, one step after the other",
        "未到时依次通知谁",
        required=True,
    ),
    Term(
        "repeat",
        "watch",
        Simple.TEXT,
        "the last step again, so long after each time, until somebody is at it or it is over",
        "每隔多久重复最后一步，直到有人确认或已有下文",
    ),
    Term(
        "calendar",
        "watch",
        Simple.TEXT,
        "company whose working hours count; that of the record without it",
        "按哪家公司的工作时间计；默认按单据所属公司",
    ),
    Term("tests", "watch", ListOf(_TEST), "examples", "示例"),
)  # fmt: skip
