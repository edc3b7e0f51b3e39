"""Words of a document file."""

from __future__ import annotations

from typing import get_args

from hub.mapping.document import Approvers, PaperLanguage
from hub.mapping.writing.vocabulary.terms import (
    AnyOf,
    Choice,
    ListOf,
    Named,
    Object,
    Part,
    Simple,
    Term,
)

_TITLE = AnyOf(
    (
        Object(
            (
                Part("zh", Simple.TEXT, "in Chinese", "中文", False),
                Part("en", Simple.TEXT, "in English", "英文", False),
            )
        ),
        Simple.TEXT,
    )
)
_WRITTEN = Object((Part("text", Simple.TEMPLATE, "a text with paths in braces", "含路径的文字"),))
_COPY = Object(
    (
        Part("copy", Simple.TEXT, "its name, which steps use", "名称，供步骤引用"),
        Part("to", AnyOf((Simple.PATH, _WRITTEN)), "whose it is, as printed", "接收方，印在副本上"),
    )
)
_TERM = Object(
    (
        Part("text", Simple.TEMPLATE, "a text with paths in braces", "含路径的文字"),
        Part("if", Simple.EXPRESSION, "printed only where it holds", "条件成立时才印", False),
    )
)
_TEST = Object(
    (
        Part("name", Simple.TEXT, "what it shows; each name once", "说明什么；名称不可重复"),
        Part("given", Simple.DOCUMENT, "the record, or a part of it", "单据或其一部分"),
        Part("copies", Named(Simple.TEXT), "whose each copy is", "各副本的接收方", False),
        Part("terms", Simple.TEXTS, "all terms that are printed", "印出的全部条款", False),
        Part("expect_error", Simple.TEXT, "a fault that must come", "必须出现的错误", False),
    )
)

DOCUMENTS: tuple[Term, ...] = (
    Term("document", "document", Simple.TEXT, "its name", "名称", required=True),
    Term("title", "document", _TITLE, "the heading", "标题"),
    Term("record", "document", Simple.TEXT, "kind of the record", "标准单据的种类", required=True),
    Term(
        "language",
        "document",
        Choice(get_args(PaperLanguage)),
        "what its words are in; zh without it",
        "版面文字的语言；默认 zh",
    ),
    Term(
        "levels",
        "document",
        Named(Simple.TEXT),
        "what approval levels are called in print",
        "审批层级在文书上的名称",
    ),
    Term(
        "approvers",
        "document",
        Choice(get_args(Approvers)),
        "names without it; roles: persons are not printed",
        "默认 names 印姓名；roles 不印姓名",
    ),
    Term(
        "approval_order",
        "document",
        Simple.BOOLEAN,
        "a level must not have decided before an earlier one; false without it",
        "后一级不得早于前一级决定；默认 false",
    ),
    Term(
        "copies",
        "document",
        ListOf(_COPY, 1),
        "a copy for each recipient",
        "每个接收方一份副本",
        required=True,
    ),
    Term("terms", "document", ListOf(AnyOf((_TERM, Simple.TEMPLATE))), "what stands below", "条款"),
    Term("tests", "document", ListOf(_TEST), "examples", "示例"),
)
