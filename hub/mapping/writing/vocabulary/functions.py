"""Functions and operators of expressions, and the forms of a path."""

from __future__ import annotations

from hub.mapping.writing.vocabulary.terms import Example, Function

_LINES = (
    'lines: [{sku: BRG-6201, quantity: "12", price: "10", gift: false},'
    ' {sku: SEAL-KIT, quantity: "2", price: "3", gift: true}]'
)


def _calc(expression: str, given: str, result: str) -> Example:
    return Example(f"result: {{calc: '{expression}'}}", given, f"result: {result}")


FUNCTIONS: tuple[Function, ...] = (
    Function(
        "round",
        "round(number, places)",
        "rounds half up; whole without places; around every /",
        "四舍五入；不写位数则取整；除法外面必须有它",
        _calc("round(amount / months, 2)", 'amount: "100"\nmonths: "3"', "33.33"),
    ),
    Function(
        "len",
        "len(text)",
        "how many characters",
        "字符数",
        _calc("len(uscc)", "uscc: 91320594MA1X2Y3Z4K", "18"),
    ),
    Function(
        "upper",
        "upper(text)",
        "capital letters",
        "转为大写",
        _calc("upper(sku)", "sku: brg", "BRG"),
    ),
    Function(
        "lower", "lower(text)", "small letters", "转为小写", _calc("lower(sku)", "sku: BRG", "brg")
    ),
    Function(
        "trim",
        "trim(text)",
        "without blanks at both ends",
        "去掉首尾空白",
        _calc("trim(name)", 'name: " 阀门 "', "阀门"),
    ),
    Function(
        "left",
        "left(text, count)",
        "the first characters",
        "左起若干字符",
        _calc("left(sku, 3)", "sku: BRG-6201", "BRG"),
    ),
    Function(
        "right",
        "right(text, count)",
        "the last characters",
        "右起若干字符",
        _calc("right(sku, 4)", "sku: BRG-6201", '"6201"'),
    ),
    Function(
        "days",
        "days(date, count)",
        "the date that many calendar days later",
        "若干自然日之后的日期",
        _calc("days(signed_on, 60)", "signed_on: 2026-05-06", "2026-07-05"),
    ),
    Function(
        "matches",
        "matches(text, pattern)",
        "whether the whole text fits an RE2 pattern of at most 200 characters",
        "整个文本是否符合 RE2 模式（最多 200 字符）",
        _calc('matches(sku, "[A-Z]{3}-[0-9]+")', "sku: BRG-6201", "true"),
    ),
    Function(
        "sum",
        "sum(list where condition: expression)",
        "the sum over the items; where and the expression may be left out",
        "各条之和；where 与表达式均可省略",
        _calc("sum(lines where not gift: quantity * price)", _LINES, "120"),
    ),
    Function(
        "min",
        "min(list where condition: expression)",
        "the least over the items",
        "各条的最小值",
        _calc("min(lines: price)", _LINES, "3"),
    ),
    Function(
        "max",
        "max(list where condition: expression)",
        "the greatest over the items",
        "各条的最大值",
        _calc("max(lines: price)", _LINES, "10"),
    ),
    Function(
        "count",
        "count(list where condition)",
        "how many items; a missing list counts 0",
        "条数；列表缺少时为 0",
        _calc("count(lines where gift)", _LINES, "1"),
    ),
    Function(
        "any",
        "any(list: condition)",
        "whether it holds for an item",
        "是否有一条成立",
        _calc("any(lines: gift)", _LINES, "true"),
    ),
    Function(
        "all",
        "all(list: condition)",
        "whether it holds for every item",
        "是否每条都成立",
        _calc("all(lines: gift)", _LINES, "false"),
    ),
    Function(
        "join",
        "join(list where condition: expression, separator)",
        "one text of the items",
        "各条连成一个文本",
        _calc('join(lines: sku, "/")', _LINES, "BRG-6201/SEAL-KIT"),
    ),
)

OPERATORS: tuple[Function, ...] = (
    Function(
        "and",
        "a and b",
        "both hold",
        "两者都成立",
        _calc("final and not gift", "final: true\ngift: false", "true"),
    ),
    Function(
        "or",
        "a or b",
        "at least one holds",
        "至少一个成立",
        _calc('kind == "gift" or kind == "price"', "kind: price", "true"),
    ),
    Function(
        "not", "not a", "it does not hold", "不成立", _calc("not gift", "gift: false", "true")
    ),
    Function(
        "==",
        "a == b",
        "equal; numbers by value, texts by their letters",
        "相等；数字按数值，文本按字符",
        _calc("quantity == 12", 'quantity: "12.00"', "true"),
    ),
    Function("!=", "a != b", "not equal", "不相等", _calc('unit != ""', "unit: 台", "true")),
    Function(
        "<",
        "a < b",
        "less, or earlier",
        "小于或早于",
        _calc('due < "2026-07-01"', "due: 2026-06-01", "true"),
    ),
    Function(
        "<=", "a <= b", "less or equal", "小于或等于", _calc("rate <= 0.13", 'rate: "0.13"', "true")
    ),
    Function(
        ">",
        "a > b",
        "greater, or later",
        "大于或晚于",
        _calc("weight > 500", 'weight: "82"', "false"),
    ),
    Function(
        ">=", "a >= b", "greater or equal", "大于或等于", _calc("days >= 30", 'days: "30"', "true")
    ),
    Function(
        "in",
        "a in [b, c]",
        "one of these; not in: none of these",
        "其中之一；not in 为都不是",
        _calc('kind in ["gift", "price"]', "kind: gift", "true"),
    ),
    Function(
        "is set",
        "a is set",
        "neither missing nor null; is not set: one of both",
        "既不缺少也不是 null；is not set 为反义",
        _calc("shipped_at is not set", "shipped_at: null", "true"),
    ),
    Function(
        "+", "a + b", "plus", "加", _calc("net + tax", 'net: "100.00"\ntax: "13.00"', "113.00")
    ),
    Function("-", "a - b", "minus", "减", _calc("gross - tax", 'gross: "113"\ntax: "13"', "100")),
    Function(
        "*", "a * b", "times", "乘", _calc("quantity * price", 'quantity: "3"\nprice: "1.5"', "4.5")
    ),
    Function(
        "/",
        "round(a / b, places)",
        "divided by; only inside round",
        "除；只能写在 round 里",
        _calc("round(done / planned, 4)", 'done: "6"\nplanned: "9"', "0.6667"),
    ),
)

_NESTED = "customer: {code: C-1042, 开户 行: 工商银行}\nlines: [{sku: BRG-6201}, {sku: BRG-6205}]"


def _delivery(rule: str, *words: str) -> Example:
    lines = ("tests:", "  - name: $ paths", "    given: {number: SO-1}", *words)
    return Example(rule, before="\n".join(lines))


PATHS: tuple[Function, ...] = (
    Function(
        "a.b",
        "customer.code",
        "a field of an object",
        "对象的字段",
        Example("owner: customer.code", _NESTED, "owner: C-1042"),
    ),
    Function(
        '"a b"',
        'customer."开户 行"',
        "a field whose name has blanks or signs",
        "名称含空格或符号的字段",
        Example("bank: 'customer.\"开户 行\"'", _NESTED, "bank: 工商银行"),
    ),
    Function(
        "..a",
        "..number",
        "inside a list: the enclosing document",
        "在列表内：外层单据的字段",
        Example(
            "lines: {each: lines, fields: {customer: ..customer.code, item: sku}}",
            _NESTED,
            "lines: [{customer: C-1042, item: BRG-6201}, {customer: C-1042, item: BRG-6205}]",
        ),
    ),
    Function(
        "[first]",
        "lines[first].sku",
        "the first item",
        "第一条",
        Example("lead: 'lines[first].sku'", _NESTED, "lead: BRG-6201"),
    ),
    Function(
        "[last]",
        "lines[last].sku",
        "the last item",
        "最后一条",
        Example("tail: 'lines[last].sku'", _NESTED, "tail: BRG-6205"),
    ),
    Function(
        "$name",
        "$kind",
        "a rule of let",
        "let 中命名的规则",
        Example(
            "title: $kind",
            "kind: gift",
            "title: 赠品",
            before="let:\n  kind: {from: kind, map: {gift: 赠品}}",
        ),
    ),
    Function(
        "$links",
        "$links.crm",
        "the id the record has at that connection",
        "该单据在某连接中的编号",
        _delivery("_id: $links.crm", "    links: {crm: 65f1}", "    expect: {_id: 65f1}"),
    ),
    Function(
        "$results",
        "$results.erp.external_id",
        "what an earlier step learned: external_id, key, what its connector says",
        "前面步骤得到的结果：external_id、key 以及连接器给出的内容",
        _delivery(
            "erp: $results.erp.external_id",
            '    results: {erp: {external_id: "88"}}',
            '    expect: {erp: "88"}',
        ),
    ),
    Function(
        "$delivery",
        "$delivery.revision",
        "of this delivery: key, revision, action, watermark",
        "本次投递的 key、revision、action、watermark",
        _delivery(
            "revision: $delivery.revision",
            '    delivery: {revision: "2"}',
            '    expect: {revision: "2"}',
        ),
    ),
    Function(
        "$document",
        "$document.number",
        "of the copy of the route's document: number, name, media_type, file, sha256,"
        " content_sha256, url, revision",
        "路由文书副本的 number、name、media_type、file、sha256、content_sha256、url、revision",
        _delivery(
            "annex: $document.number",
            "    document: {number: HX-2611-4837-2059-1864-10/C1}",
            "    expect: {annex: HX-2611-4837-2059-1864-10/C1}",
        ),
    ),
)
