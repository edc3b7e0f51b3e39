"""Words about the form of a value and of lists, checks of a value, and the way back."""

from __future__ import annotations

from hub.mapping.writing.vocabulary.conversions import NUMBERS
from hub.mapping.writing.vocabulary.terms import (
    AnyOf,
    Example,
    ListOf,
    Object,
    Part,
    Simple,
    Term,
    Whole,
)

_EACH = ("each",)
_LONGEST = Whole(1_000_000)
_MOST_ITEMS = Whole(10_000)

_BYTES = Object(
    (
        Part("bytes", _LONGEST, "how many bytes at most", "最多多少字节"),
        Part(
            "encoding",
            Simple.TEXT,
            "in which encoding; utf-8 without it",
            "编码；默认 utf-8",
            False,
        ),
    )
)

SHAPES: tuple[Term, ...] = (
    Term(
        "scale",
        "shape",
        Simple.NUMBER,
        "multiplies the number, exactly",
        "数字乘以该数，精确计算",
        types=NUMBERS,
        examples=(
            Example(
                "scrap: {from: scrap_percent, as: decimal, scale: 0.01}",
                'scrap_percent: "2.5"',
                "scrap: 0.025",
            ),
        ),
    ),
    Term(
        "split",
        "shape",
        Simple.TEXT,
        "makes a list of a text with this separator",
        "按分隔符把文本拆成列表",
        examples=(
            Example(
                'certificates: {from: certificates, split: "、"}',
                "certificates: ISO9001、CE",
                "certificates: [ISO9001, CE]",
            ),
        ),
    ),
    Term(
        "max_length",
        "shape",
        AnyOf((_LONGEST, _BYTES)),
        "a longer text is a fault; characters, or {bytes, encoding}",
        "更长的文本报错；按字符数，或写 {bytes, encoding} 按字节数",
        examples=(
            Example("memo: {from: memo, max_length: 4}", "memo: 随单赠送电控柜", "E204"),
            Example(
                "memo: {from: memo, max_length: {bytes: 8, encoding: gb18030}}",
                "memo: 赠电控柜",
                "memo: 赠电控柜",
            ),
        ),
    ),
    Term(
        "cut",
        "shape",
        Simple.BOOLEAN,
        "a longer text is cut instead",
        "更长的文本改为截断",
        beside=("max_length",),
        examples=(
            Example(
                "memo: {from: memo, max_length: 4, cut: true}",
                "memo: 随单赠送电控柜",
                "memo: 随单赠送",
            ),
        ),
    ),
    Term(
        "where",
        "shape",
        Simple.EXPRESSION,
        "only items for which it holds",
        "只取条件成立的条目",
        beside=_EACH,
        examples=(
            Example(
                "gifts: {each: lines, where: gift, from: sku}",
                "lines: [{sku: BRG-6201, gift: false}, {sku: SEAL-KIT, gift: true}]",
                "gifts: [SEAL-KIT]",
            ),
        ),
    ),
    Term(
        "join",
        "shape",
        Simple.TEXT,
        "one text instead of a list, with this between the items",
        "用该分隔符连成一个文本，不再是列表",
        beside=_EACH,
        examples=(
            Example(
                'skus: {each: lines, from: sku, join: ","}',
                "lines: [{sku: BRG-6201}, {sku: BRG-6205}]",
                'skus: "BRG-6201,BRG-6205"',
            ),
        ),
    ),
    Term(
        "order_by",
        "shape",
        Simple.PATHS,
        "sorts the items by a path of theirs; numbers by size",
        "按条目的路径排序；数字按大小",
        beside=_EACH,
        examples=(
            Example(
                "skus: {each: lines, order_by: line_no, from: sku}",
                'lines: [{line_no: "10", sku: BRG-6205}, {line_no: "9", sku: BRG-6201}]',
                "skus: [BRG-6201, BRG-6205]",
            ),
        ),
    ),
    Term(
        "unique",
        "shape",
        Simple.TEXTS,
        "two items that agree in these target fields are a fault",
        "这些目标字段相同的两条视为重复，报错",
        beside=_EACH,
        examples=(
            Example(
                "lines: {each: lines, unique: [item], fields: {item: sku}}",
                "lines: [{sku: BRG-6201}, {sku: BRG-6201}]",
                "E215",
            ),
        ),
    ),
    Term(
        "min",
        "shape",
        _MOST_ITEMS,
        "fewer items are a fault",
        "条目少于该数即报错",
        beside=_EACH,
        examples=(
            Example("lines: {each: lines, min: 1, fields: {item: sku}}", "lines: []", "E219"),
        ),
    ),
    Term(
        "max",
        "shape",
        _MOST_ITEMS,
        "more items are a fault",
        "条目多于该数即报错",
        beside=_EACH,
        examples=(
            Example(
                "lines: {each: lines, max: 1, fields: {item: sku}}",
                "lines: [{sku: BRG-6201}, {sku: BRG-6205}]",
                "E219",
            ),
        ),
    ),
)

#: `{that, says}`, as checks of a rule and of a file write it.
CHECK = Object(
    (
        Part("that", Simple.EXPRESSION, "what must hold", "必须成立的条件"),
        Part("says", Simple.TEMPLATE, "what a person is told otherwise", "不成立时的提示"),
    )
)
_ONE_CHECK = AnyOf((Simple.EXPRESSION, CHECK))

CHECKS: tuple[Term, ...] = (
    Term(
        "check",
        "check",
        AnyOf((Simple.EXPRESSION, CHECK, ListOf(_ONE_CHECK, least=1))),
        "what must hold of the value: begins with a comparison or in, or names it $value",
        "取值必须满足的条件：以比较或 in 开头，或用 $value 指代取值",
        examples=(
            Example('quantity: {from: qty, as: decimal, check: "> 0"}', 'qty: "-3"', "E214"),
            Example(
                "code: {from: code, check: 'matches($value, \"[A-Z]{3}-[0-9]+\")'}",
                "code: BRG-6201",
                "code: BRG-6201",
            ),
            Example(
                "taxpayer:\n"
                "  from: uscc\n"
                "  check:\n"
                "    - {that: len($value) == 18, says: 统一社会信用代码应为 18 位}",
                "uscc: 91320594MA1X2Y3Z",
                "E214",
            ),
        ),
    ),
)

BACK: tuple[Term, ...] = (
    Term(
        "back",
        "back",
        Simple.RULES,
        "the way back where a rule cannot be turned round: source paths with rules over the"
        " target; {} tells the source nothing",
        "规则无法反向时的回程写法：来源路径与基于目标单据的规则；{} 表示不回写",
        examples=(
            Example(
                "status:\n"
                "  when: active\n"
                "  then: released\n"
                "  else: obsolete\n"
                '  back: {active: {calc: status == "released"}}',
                "active: true",
                "status: released",
                before="direction: two-way",
            ),
        ),
    ),
)
