"""Words of the tests in a mapping file."""

from __future__ import annotations

from hub.mapping.writing.vocabulary.terms import Example, Named, Object, Part, Simple, Term


def _test(rule: str, *lines: str) -> Example:
    return Example(rule, before="\n".join(("tests:", *(f"  {line}" for line in lines))))


_UNIT = "unit: {from: unit, map: {台: SET}}"
_KNOWN = ("- name: known", "  given: {unit: 台}", "  expect: {unit: SET}")

TESTS: tuple[Term, ...] = (
    Term(
        "name",
        "test",
        Simple.TEXT,
        "what it shows; each name once",
        "说明什么；名称不可重复",
        examples=(_test(_UNIT, *_KNOWN),),
        required=True,
    ),
    Term(
        "given",
        "test",
        Simple.DOCUMENT,
        "the source document",
        "来源单据",
        examples=(_test(_UNIT, *_KNOWN),),
    ),
    Term(
        "base",
        "test",
        Simple.TEXT,
        "an earlier test whose document this one begins with",
        "以前面某个示例的单据为基础",
        examples=(
            _test(
                _UNIT,
                *_KNOWN,
                "- name: unknown",
                "  base: known",
                "  change: {unit: 箱}",
                "  expect_error: {code: E201, field: unit}",
            ),
        ),
    ),
    Term(
        "change",
        "test",
        Simple.DOCUMENT,
        "fields laid over it; a list is replaced whole",
        "在其上修改的字段；列表整个替换",
        beside=("base",),
        examples=(
            _test(
                "city: customer.city",
                "- name: Suzhou",
                "  given: {customer: {code: C-1042, city: 苏州}}",
                "  expect: {city: 苏州}",
                "- name: Ningbo",
                "  base: Suzhou",
                "  change: {customer: {city: 宁波}}",
                "  expect: {city: 宁波}",
            ),
        ),
    ),
    Term(
        "links",
        "test",
        Simple.DOCUMENT,
        "what $links.NAME gives",
        "$links.名称 的取值",
        examples=(
            _test(
                "_id: $links.crm",
                "- name: the form's own id",
                "  given: {}",
                "  links: {crm: 65f100000000000000000009}",
                "  expect: {_id: 65f100000000000000000009}",
            ),
        ),
    ),
    Term(
        "results",
        "test",
        Simple.DOCUMENT,
        "what $results.STEP gives",
        "$results.步骤 的取值",
        examples=(
            _test(
                "erp_number: $results.erp.sale_number",
                "- name: the number of the ERP",
                "  given: {}",
                "  results: {erp: {sale_number: SO-2026-0456-A}}",
                "  expect: {erp_number: SO-2026-0456-A}",
            ),
        ),
    ),
    Term(
        "delivery",
        "test",
        Simple.DOCUMENT,
        "what $delivery gives",
        "$delivery 的取值",
        examples=(
            _test(
                "watermark: $delivery.watermark",
                "- name: a watermark",
                "  given: {}",
                "  delivery: {watermark: WM-7F3A-22}",
                "  expect: {watermark: WM-7F3A-22}",
            ),
        ),
    ),
    Term(
        "document",
        "test",
        Simple.DOCUMENT,
        "what $document gives",
        "$document 的取值",
        examples=(
            _test(
                "annex: $document.number",
                "- name: the number of the copy",
                "  given: {}",
                "  document: {number: HX-2611-4837-2059-1864-10/C1}",
                "  expect: {annex: HX-2611-4837-2059-1864-10/C1}",
            ),
        ),
    ),
    Term(
        "lookups",
        "test",
        Named(Named(Simple.CONSTANT)),
        "what look-ups answer; a fact of a day is written VALUE@DAY",
        "对照查询的结果；某天的事实写作 取值@日期",
        examples=(
            _test(
                "owner: {from: code, lookup: crm.customer -> wms.owner}",
                "- name: a known customer",
                "  given: {code: C-1042}",
                '  lookups: {"crm.customer -> wms.owner": {C-1042: OW7}}',
                "  expect: {owner: OW7}",
            ),
        ),
    ),
    Term(
        "expect",
        "test",
        Simple.DOCUMENT,
        "a part of the mapped document; lists whole",
        "映射结果的一部分；列表须完整",
        examples=(_test(_UNIT, *_KNOWN),),
    ),
    Term(
        "expect_error",
        "test",
        Object(
            (
                Part("code", Simple.TEXT, "code or name of the fault", "错误代码或名称", False),
                Part("field", Simple.TEXT, "target field it stops", "所在目标字段", False),
            )
        ),
        "a fault that must come",
        "必须出现的错误",
        examples=(
            _test(
                _UNIT,
                "- name: unknown",
                "  given: {unit: 箱}",
                "  expect_error: {code: value-not-in-table, field: unit}",
            ),
        ),
    ),
    Term(
        "expect_skip",
        "test",
        Simple.BOOLEAN,
        "the document is not mapped, as when says",
        "按 when 不映射该单据",
        examples=(
            Example(
                "number: number",
                before='when: status == "approved"\n'
                "tests:\n"
                "  - name: a draft\n"
                "    given: {number: SO-1, status: draft}\n"
                "    expect_skip: true",
            ),
        ),
    ),
    Term(
        "round_trip",
        "test",
        Simple.BOOLEAN,
        "mapping back gives the document again; in two-way files unless false",
        "反向映射还原该单据；双向文件默认检查，写 false 则不检查",
        examples=(
            Example(
                _UNIT,
                before="direction: two-way\n"
                "tests:\n"
                "  - name: there and back\n"
                "    given: {unit: 台}\n"
                "    expect: {unit: SET}\n"
                "    round_trip: true",
            ),
        ),
    ),
)

#: A test has exactly one word of each of these.
ONE_OF: tuple[tuple[str, ...], ...] = (
    ("given", "base"),
    ("expect", "expect_error", "expect_skip"),
)
