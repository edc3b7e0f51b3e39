"""Words that say where a value comes from, and what stands for one that is not there."""

from __future__ import annotations

from hub.mapping.writing.vocabulary.terms import AnyOf, Example, ListOf, Object, Part, Simple, Term

#: A text or a rule, as after `then:`.
_RESULT = AnyOf((Simple.CONSTANT, Simple.RULE))

_CHOICE = Object(
    (
        Part("when", Simple.EXPRESSION, "a condition", "条件"),
        Part("then", _RESULT, "the value, a text or a rule", "取值：文本或规则"),
    )
)

SOURCES: tuple[Term, ...] = (
    Term(
        "from",
        "source",
        Simple.PATH,
        "a path of the source; a bare path is short for it",
        "来源的路径；只写路径是它的简写",
        examples=(
            Example(
                "buyer: {from: customer.name}",
                "customer: {name: 苏州远景精密机械有限公司}",
                "buyer: 苏州远景精密机械有限公司",
            ),
            Example("buyer: customer.name", "customer: {name: 宁波海川}", "buyer: 宁波海川"),
        ),
    ),
    Term(
        "value",
        "source",
        Simple.CONSTANT,
        "the same text for every document",
        "每张单据都相同的文本",
        examples=(Example("source: {value: CRM}", "{}", "source: CRM"),),
    ),
    Term(
        "text",
        "source",
        Simple.TEMPLATE,
        "a text with paths in braces; something missing is a fault",
        "花括号中写路径的文本；缺少其中一个即报错",
        examples=(
            Example(
                'order_no: {text: "{number}-R{revision}"}',
                'number: CM-2026-000123\nrevision: "2"',
                "order_no: CM-2026-000123-R2",
            ),
            Example('order_no: {text: "{number}-R{revision}"}', "number: CM-2026-000123", "E203"),
        ),
    ),
    Term(
        "parts",
        "source",
        Simple.RULES,
        "names for braces that need a rule of their own",
        "给花括号起名，并为其单独写规则",
        beside=("text",),
        examples=(
            Example(
                'remark: {text: "{number}：{due}", parts: {due: '
                "{from: promised_date, as: date, format: YYYY年M月D日}}}",
                "number: CM-2026-000123\npromised_date: 2026-06-01",
                "remark: CM-2026-000123：2026年6月1日",
            ),
        ),
    ),
    Term(
        "calc",
        "source",
        Simple.EXPRESSION,
        "an expression; numbers are exact",
        "表达式；数字精确计算",
        examples=(
            Example(
                "amount: {calc: 'round(quantity * unit_price, 2)'}",
                'quantity: "12"\nunit_price: "129.555"',
                "amount: 1554.66",
            ),
        ),
    ),
    Term(
        "when",
        "source",
        Simple.EXPRESSION,
        "a condition; nothing counts as false",
        "条件；空值视为不成立",
        refuses=("map", "lookup"),
        examples=(
            Example(
                'priority: {when: kind == "expedite", then: "1", else: "5"}',
                "kind: expedite",
                'priority: "1"',
            ),
        ),
    ),
    Term(
        "then",
        "source",
        _RESULT,
        "the value where the condition holds: a text or a rule",
        "条件成立时的取值：文本或规则",
        beside=("when",),
        required=True,
        examples=(
            Example(
                "shipped_on: {when: final, then: {from: confirmed_at, as: date}}",
                "final: true\nconfirmed_at: 2026-11-24",
                "shipped_on: 2026-11-24",
            ),
            Example(
                "shipped_on: {when: final, then: {from: confirmed_at, as: date}}",
                "final: false\nconfirmed_at: 2026-11-24",
                "{}",
            ),
        ),
    ),
    Term(
        "choose",
        "source",
        ListOf(_CHOICE, least=1),
        "the first entry whose condition holds; without one, else, or nothing",
        "取第一个条件成立的条目；都不成立时取 else，否则省略",
        refuses=("map", "lookup"),
        examples=(
            Example(
                "carrier:\n"
                "  choose:\n"
                "    - {when: expedite, then: SF}\n"
                '    - {when: weight > 500, then: {text: "LTL-{city}"}}\n'
                "  else: ZTO",
                'expedite: false\nweight: "820"\ncity: 苏州',
                "carrier: LTL-苏州",
            ),
        ),
    ),
    Term(
        "else",
        "source",
        _RESULT,
        "otherwise: a text or a rule; after a look-up: error (default), keep, park or a text",
        "否则：文本或规则；用于对照时可写 error（默认）、keep 保留原值、park 等待，或一个文本",
        beside=("when", "choose", "map", "lookup"),
        examples=(
            Example(
                "mode: {when: final, then: CLOSED, else: {from: state}}",
                "final: false\nstate: OPEN",
                "mode: OPEN",
            ),
            Example("unit: {from: unit, map: {台: SET}, else: keep}", "unit: 箱", "unit: 箱"),
            Example("unit: {from: unit, map: {台: SET}, else: PCS}", "unit: 箱", "unit: PCS"),
        ),
    ),
    Term(
        "count",
        "source",
        Simple.PATH,
        "how many items a list has; missing counts 0",
        "列表的条数；缺少时为 0",
        examples=(
            Example(
                "positions: {count: lines}",
                "lines: [{sku: BRG-6201}, {sku: BRG-6205}]",
                "positions: 2",
            ),
            Example("positions: {count: lines}", "{}", "positions: 0"),
        ),
    ),
    Term(
        "fields",
        "source",
        Simple.RULES,
        "an object; left out when nothing in it is filled",
        "对象；内部都为空时整个省略",
        refuses=(
            *("as", "map", "lookup", "empty", "split"),
            *("check", "redact", "max_length", "default"),
        ),
        examples=(
            Example(
                "consignee: {fields: {city: customer.city, company: customer.name}}",
                "customer: {name: 苏州远景精密机械有限公司, city: 苏州市}",
                "consignee: {city: 苏州市, company: 苏州远景精密机械有限公司}",
            ),
        ),
    ),
    Term(
        "each",
        "source",
        Simple.PATH,
        "one result for every item of a list, by the fields or another rule beside it",
        "列表的每一条各得一个结果，由旁边的 fields 或其他规则决定",
        examples=(
            Example(
                "lines: {each: lines, fields: {item: sku, order_no: ..number}}",
                "number: SO-2026-0456\nlines: [{sku: BRG-6201}, {sku: BRG-6205}]",
                "lines: [{item: BRG-6201, order_no: SO-2026-0456}, "
                "{item: BRG-6205, order_no: SO-2026-0456}]",
            ),
            Example(
                "items: {each: lines, from: sku}",
                "lines: [{sku: BRG-6201}, {sku: BRG-6205}]",
                "items: [BRG-6201, BRG-6205]",
            ),
        ),
    ),
)

ABSENCE: tuple[Term, ...] = (
    Term(
        "empty",
        "absence",
        Simple.TEXTS,
        "texts that count as nothing",
        "视为空的文本",
        examples=(
            Example('warehouse: {from: warehouse, empty: [""]}', 'warehouse: ""', "{}"),
            Example(
                'valid_to: {from: end, empty: ["2099-12-31", ""], as: date}',
                "end: 2099-12-31",
                "{}",
            ),
        ),
    ),
    Term(
        "default",
        "absence",
        AnyOf((Simple.CONSTANT, ListOf(Simple.CONSTANT))),
        "the value for what is missing, or null; [] for lists",
        "缺少时的取值，或 null；列表写 []",
        refuses=("required",),
        examples=(
            Example("currency: {from: currency, default: CNY}", "{}", "currency: CNY"),
            Example("closed_at: {from: closed_at, default: null}", "{}", "closed_at: null"),
            Example("gifts: {each: gifts, from: sku, default: []}", "{}", "gifts: []"),
        ),
    ),
    Term(
        "required",
        "absence",
        Simple.BOOLEAN,
        "what is missing is a fault",
        "缺少即报错",
        examples=(Example("order_no: {from: order_no, required: true}", "order_no: null", "E203"),),
    ),
)
