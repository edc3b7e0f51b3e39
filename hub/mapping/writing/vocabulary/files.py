"""Words of a mapping file."""

from __future__ import annotations

from hub.mapping.data.shape import PERSONAL_KINDS, TYPES
from hub.mapping.writing.vocabulary.conversions import TABLE
from hub.mapping.writing.vocabulary.shapes import CHECK
from hub.mapping.writing.vocabulary.terms import (
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
_OWN_FIELDS = Part(
    "fields",
    Simple.FIELDS,
    "fields of yours that the connector does not name, such as {sign_date: date}",
    "连接器未列出的自有字段，如 {sign_date: date}",
    required=False,
)
_NUMBER = Example("number: number", "number: CM-2026-000123", "number: CM-2026-000123")

#: What is said of one declared field where its type alone is not enough.
DECLARED = Object(
    (
        Part(
            "type", Choice(TYPES), "its type; text where none is said", "类型；不写为 text", False
        ),
        Part(
            "personal",
            Choice(PERSONAL_KINDS),
            "kind of personal data in it: it leaves the company only masked or for a reason",
            "所含个人信息的种类：只能遮盖后，或写明理由后送出公司",
            required=False,
        ),
        Part(
            "required",
            Simple.BOOLEAN,
            "the far end cannot do without it; under to: only",
            "对方必填；只用于 to:",
            required=False,
        ),
        Part(
            "fields",
            Simple.FIELDS,
            "fields of an object, or of each item of a list",
            "对象的字段，或列表每一项的字段",
            required=False,
        ),
    )
)

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
        AnyOf((_RECORD, Object((_CONNECTOR, _STREAM, _OWN_FIELDS)))),
        "what is mapped: {record: KIND}, or {connector: NAME, stream: NAME}; fields: declares"
        " what a form has besides, each with its type, or {type, personal, fields}",
        "来源：{record: 种类}，或 {connector: 名称, stream: 名称}；fields: 声明表单另有的字段，"
        "写类型，或 {type, personal, fields}",
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
            Example(
                "signed_on: {from: sign_date, as: date}",
                "sign_date: 2026-06-01",
                "signed_on: 2026-06-01",
                before="from: {connector: lowcode, stream: contract, fields: {sign_date: text}}",
            ),
        ),
        required=True,
    ),
    Term(
        "to",
        "file",
        AnyOf((_RECORD, Object((_CONNECTOR, _OPERATION, _OWN_FIELDS)))),
        "what is made: {record: KIND}, or {connector: NAME, operation: NAME}; fields: declares"
        " what can be written besides, each with its type, or {type, personal, required, fields}",
        "目标：{record: 种类}，或 {connector: 名称, operation: 名称}；fields: 声明另可写入的字段，"
        "写类型，或 {type, personal, required, fields}",
        examples=(
            Example("order_number: so_no", "so_no: SO-1", "E103", before="to: {record: order}"),
            Example(
                "shop_order: so_no",
                "so_no: SO-1",
                "shop_order: SO-1",
                before="to: {connector: lowcode, operation: update_record,"
                " fields: {shop_order: {type: text, required: true}}}",
            ),
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
