"""Words of a mapping file."""

from __future__ import annotations

from hub.mapping.vocabulary.conversions import TABLE
from hub.mapping.vocabulary.shapes import CHECK
from hub.mapping.vocabulary.terms import (
    AnyOf,
    Choice,
    Example,
    ListOf,
    Named,
    Object,
    Part,
    Simple,
    Term,
    Whole,
)
from hub.records import KINDS

_KIND = Choice(tuple(sorted(KINDS)))
_RECORD = Object((Part("record", _KIND, "kind of the hub's record", "标准单据的种类"),))
_CONNECTOR = Part("connector", Simple.TEXT, "name of the connector", "连接器名称")
_STREAM = Part("stream", Simple.TEXT, "what its stream brings", "其数据流的名称")
_OPERATION = Part("operation", Simple.TEXT, "what is done there", "在对方执行的操作")
_NUMBER = Example("number: number", "number: CM-2026-000123", "number: CM-2026-000123")

FILES: tuple[Term, ...] = (
    Term(
        "format",
        "file",
        Choice(("1",)),
        "version of the language",
        "语言版本",
        examples=(Example("number: number", "number: SO-1", "number: SO-1", before="format: 1"),),
    ),
    Term(
        "mapping",
        "file",
        Simple.TEXT,
        "its name; your file takes the place of a shipped one of the same name",
        "名称；与随附映射同名时取而代之",
        examples=(
            Example(
                "number: number",
                "number: CM-2026-000123",
                "number: CM-2026-000123",
                before="format: 1\n"
                "mapping: commitment-to-label\n"
                "version: 1\n"
                "title: 已批准承诺 → 货签\n"
                "from: {record: commitment}\n"
                "to: {connector: printer, operation: print}",
            ),
        ),
        required=True,
    ),
    Term(
        "version",
        "file",
        Whole(1_000_000),
        "a number you count up at every change of meaning",
        "含义每次改变时加一的版本号",
        examples=(Example("number: number", "number: SO-1", "number: SO-1", before="version: 3"),),
    ),
    Term(
        "title",
        "file",
        Simple.TEXT,
        "what it is for",
        "用途",
        examples=(
            Example(
                "number: number",
                "number: SO-1",
                "number: SO-1",
                before="title: 已批准承诺 → 出库单",
            ),
        ),
    ),
    Term(
        "from",
        "file",
        AnyOf((_RECORD, Object((_CONNECTOR, _STREAM)))),
        "what is mapped: {record: KIND}, or {connector: NAME, stream: NAME}",
        "来源：{record: 种类}，或 {connector: 名称, stream: 名称}",
        examples=(
            Example(
                "number: number",
                "number: CM-2026-000123",
                "number: CM-2026-000123",
                before="from: {record: commitment}",
            ),
            Example(
                "number: numbr",
                "number: CM-2026-000123",
                "E101",
                before="from: {record: commitment}",
            ),
        ),
        required=True,
    ),
    Term(
        "to",
        "file",
        AnyOf((_RECORD, Object((_CONNECTOR, _OPERATION)))),
        "what is made: {record: KIND}, or {connector: NAME, operation: NAME}",
        "目标：{record: 种类}，或 {connector: 名称, operation: 名称}",
        examples=(
            Example("order_number: so_no", "so_no: SO-1", "E103", before="to: {record: order}"),
        ),
        required=True,
    ),
    Term(
        "direction",
        "file",
        Choice(("one-way", "two-way")),
        "two-way: every rule can also be turned round",
        "two-way：每条规则都能反向",
        examples=(
            Example(
                "unit: {from: unit, map: {台: SET, 个: PCS}}",
                "unit: 台",
                "unit: SET",
                before="direction: two-way",
            ),
            Example(
                'name: {text: "{code} {title}"}', "code: P-1", "E115", before="direction: two-way"
            ),
        ),
    ),
    Term(
        "key",
        "file",
        Simple.TEMPLATE,
        "the object's handle at the far end; without it, the record's number",
        "对象在对方的唯一标识；不写则用单据编号",
        examples=(
            Example(
                "kind: kind",
                'number: CM-2026-000123\nrevision: "2"\nkind: gift',
                "kind: gift",
                before='key: "{number}-R{revision}"',
                handle="CM-2026-000123-R2",
            ),
        ),
    ),
    Term(
        "lane",
        "file",
        Simple.TEMPLATE,
        "what goes one after the other; without it, the operation's lane or the key",
        "须依次送达的通道；不写则用操作的通道或标识",
        examples=(
            Example(
                "kind: kind",
                "order_no: SO-2026-0456\nkind: gift",
                "kind: gift",
                before='lane: "{order_no}"',
                handle="SO-2026-0456",
            ),
        ),
    ),
    Term(
        "when",
        "file",
        Simple.EXPRESSION,
        "a document for which it does not hold is not mapped",
        "条件不成立的单据不映射",
        examples=(
            Example(
                "number: number",
                "number: SO-1\nstatus: draft",
                "skipped",
                before='when: status == "approved"',
            ),
        ),
    ),
    Term(
        "tables",
        "file",
        Named(TABLE),
        "tables by name: values to values, here or in a file",
        "对照表：名称与条目，写在此处或文件中",
        examples=(
            Example(
                "unit: {from: unit, map: uom}",
                "unit: 套",
                "unit: ST",
                before="tables:\n  uom: {个: EA, 套: ST}",
            ),
        ),
    ),
    Term(
        "let",
        "file",
        Simple.RULES,
        "rules with a name, used as $name below",
        "命名的规则，下文写 $名称 引用",
        examples=(
            Example(
                'title: {text: "{$kind} {number}"}',
                "kind: gift\nnumber: CM-2026-000123",
                "title: 赠品 CM-2026-000123",
                before="let:\n  kind: {from: kind, map: {gift: 赠品, expedite: 加急}}",
            ),
        ),
    ),
    Term(
        "fields",
        "file",
        Simple.RULES,
        "target fields with their rules",
        "目标字段与规则",
        examples=(_NUMBER,),
        required=True,
    ),
    Term(
        "checks",
        "file",
        ListOf(CHECK),
        "what must hold of the mapped document, with the words to say otherwise",
        "映射结果必须满足的条件，以及不满足时的提示",
        examples=(
            Example(
                "lines: {each: lines, fields: {item: sku}}",
                "number: BOM-1\nlines: []",
                "E214",
                before="checks:\n  - {that: count(lines) > 0, says: 没有子件}",
            ),
        ),
    ),
    Term(
        "ignore",
        "file",
        Simple.PATHS,
        "source paths left out on purpose, with all below them",
        "有意不映射的来源路径，含其下全部字段",
        examples=(
            Example(
                "number: number",
                "number: CM-2026-000123\nsalesperson: S-07",
                "number: CM-2026-000123",
                before="ignore: [salesperson, approvals]",
            ),
        ),
    ),
    Term(
        "tests",
        "file",
        ListOf(Simple.TEST),
        "examples; they run whenever the file is loaded",
        "示例；每次加载都会运行",
        examples=(
            Example(
                "unit: {from: unit, map: {台: SET}}",
                before="tests:\n"
                "  - name: a known unit\n"
                "    given: {unit: 台}\n"
                "    expect: {unit: SET}",
            ),
        ),
    ),
)
