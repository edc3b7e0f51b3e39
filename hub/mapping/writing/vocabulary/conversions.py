"""Words that make a value of a type, look it up, and keep personal data in the company."""

from __future__ import annotations

from hub.mapping.data.redaction import REDACTIONS
from hub.mapping.writing.vocabulary.terms import (
    AnyOf,
    Choice,
    Example,
    Named,
    Object,
    Part,
    Simple,
    Term,
    Whole,
)

#: Types that have places, and all that are numbers.
_AMOUNTS = ("decimal", "money", "quantity")
NUMBERS = ("integer", *_AMOUNTS)

TYPES: tuple[Term, ...] = (
    Term(
        "as",
        "type",
        Choice(
            (
                *("text", "integer", "decimal", "money", "quantity"),
                *("date", "datetime", "boolean", "email"),
            )
        ),
        "the type the value must have; text stays text without it",
        "取值的类型；不写则文本仍是文本",
        examples=(
            Example("quantity: {from: qty, as: integer}", 'qty: "12"', "quantity: 12"),
            Example("quantity: {from: qty, as: integer}", 'qty: "1.5"', "E208"),
            Example(
                "gift: {from: is_gift, map: {是: true, 否: false}, as: boolean}",
                "is_gift: 是",
                "gift: true",
            ),
            Example(
                "mail: {from: mail, as: email}",
                "mail: sales@example.com",
                "mail: sales@example.com",
            ),
            Example("mail: {from: mail, as: email}", "mail: sales.example.com", "E220"),
        ),
    ),
    Term(
        "thousands",
        "type",
        Simple.TEXT,
        "the sign between thousands in the source's numbers",
        "来源数字的千位分隔符",
        types=NUMBERS,
        examples=(
            Example(
                'amount: {from: amount, as: decimal, thousands: ","}',
                'amount: "1,200.00"',
                "amount: 1200.00",
            ),
        ),
    ),
    Term(
        "places",
        "type",
        Whole(20),
        "digits after the point; rounded",
        "小数位数；按位数取整",
        types=_AMOUNTS,
        examples=(
            Example(
                "price: {from: price, as: decimal, places: 2}", 'price: "113.055"', "price: 113.06"
            ),
        ),
    ),
    Term(
        "round",
        "type",
        Choice(("half-up", "half-even", "down")),
        "how places are rounded; half-up without it",
        "取整方式；默认 half-up（四舍五入），half-even 为四舍六入五成双，down 为舍去",
        types=_AMOUNTS,
        examples=(
            Example(
                "price: {from: price, as: decimal, places: 2, round: half-even}",
                'price: "113.045"',
                "price: 113.04",
            ),
            Example(
                "price: {from: price, as: decimal, places: 2, round: down}",
                'price: "113.059"',
                "price: 113.05",
            ),
        ),
    ),
    Term(
        "currency",
        "type",
        Simple.RULE,
        "whose money it is: a path, a rule, or three capital letters of ISO 4217",
        "币种：路径、规则，或 ISO 4217 的三个大写字母",
        types=("money",),
        required=True,
        examples=(
            Example(
                "price: {from: amount, as: money, currency: currency}",
                'amount: "1999.9"\ncurrency: CNY',
                "price: {amount: 1999.90, currency: CNY}",
            ),
            Example(
                "price: {from: amount, as: money, currency: JPY}",
                'amount: "1500.4"',
                "price: {amount: 1500, currency: JPY}",
            ),
        ),
    ),
    Term(
        "unit",
        "type",
        Simple.RULE,
        "what is counted: a path or a rule",
        "计量单位：路径或规则",
        types=("quantity",),
        required=True,
        examples=(
            Example(
                "weight: {from: net, as: quantity, unit: {from: unit, map: {千克: KGM}}}",
                'net: "12.5"\nunit: 千克',
                "weight: {amount: 12.5, unit: KGM}",
            ),
        ),
    ),
    Term(
        "zone",
        "type",
        Simple.TEXT,
        "the time zone a time without an offset is meant in, and is written in",
        "未带时差的时间所属的时区，也用于写出",
        types=("date", "datetime"),
        examples=(
            Example(
                "approved_at: {from: approved_at, as: datetime, zone: Asia/Shanghai}",
                'approved_at: "2026-05-06 09:30:00"',
                'approved_at: "2026-05-06T09:30:00+08:00"',
            ),
            Example(
                "day: {from: at, as: date, zone: Asia/Shanghai}",
                'at: "2026-05-31T16:00:00Z"',
                "day: 2026-06-01",
            ),
        ),
    ),
    Term(
        "format",
        "type",
        Simple.TEXT,
        "how a date or time is written, from YYYY YY MM M DD D HH mm ss and other signs",
        "日期时间的写法，由 YYYY YY MM M DD D HH mm ss 与其他字符组成",
        types=("date", "datetime"),
        examples=(
            Example(
                "ship_on: {from: promised_date, as: date, format: YYYYMMDD}",
                "promised_date: 2026-06-01",
                'ship_on: "20260601"',
            ),
        ),
    ),
)

#: What a table may be: entries, or a file beside the mapping.
TABLE = AnyOf(
    (
        Object(
            (
                Part(
                    "file", Simple.TEXT, "a CSV or YAML file beside this one", "旁边的 CSV 或 YAML"
                ),
                Part("key", Simple.TEXT, "column of the keys (CSV)", "键所在列（CSV）", False),
                Part("value", Simple.TEXT, "column of the values (CSV)", "值所在列（CSV）", False),
            )
        ),
        Named(Simple.CONSTANT),
    )
)

LOOK_UPS: tuple[Term, ...] = (
    Term(
        "map",
        "look-up",
        AnyOf((Simple.TEXT, TABLE)),
        "a table, by its name or written here; a null entry gives nothing",
        "对照表：写表名，或直接写在此处；值为 null 的条目视为空",
        refuses=("lookup",),
        examples=(
            Example(
                "order_type: {from: kind, map: order_type}",
                "kind: gift",
                "order_type: GIFT",
                before="tables:\n  order_type: {gift: GIFT, expedite: RUSH}",
            ),
            Example("order_type: {from: kind, map: {gift: GIFT}}", "kind: price", "E201"),
        ),
    ),
    Term(
        "lookup",
        "look-up",
        Simple.LINK,
        "the id another connection has for the same object, or a fact such as a rate",
        "同一对象在另一连接中的编号，或汇率等事实",
        examples=(
            Example(
                "owner: {from: customer.code, lookup: crm.customer -> wms.owner}",
                "customer: {code: C-1042}",
                "owner: OW7",
                lookups="crm.customer -> wms.owner: {C-1042: OW7}",
            ),
            Example(
                "owner: {from: customer.code, lookup: crm.customer -> wms.owner}",
                "customer: {code: C-1042}",
                "E217",
            ),
            Example(
                "owner: {from: customer.code, lookup: crm.customer -> wms.owner, else: keep}",
                "customer: {code: C-1042}",
                "owner: C-1042",
            ),
        ),
    ),
    Term(
        "at",
        "look-up",
        Simple.PATH,
        "the day whose fact is meant",
        "取哪一天的事实",
        beside=("lookup",),
        examples=(
            Example(
                'rate: {from: currency, lookup: "rate: -> CNY", at: approved_on, as: decimal}',
                "currency: USD\napproved_on: 2026-05-06",
                "rate: 7.1234",
                lookups='"rate: -> CNY": {USD@2026-05-06: "7.1234"}',
            ),
        ),
    ),
)

_FROM_COMMITMENT = "from: {record: commitment}"

PRIVACY: tuple[Term, ...] = (
    Term(
        "redact",
        "privacy",
        Choice(REDACTIONS),
        "masks a personal value before it leaves the company",
        "个人信息送出公司之前的遮盖方式",
        examples=(
            Example(
                "consignee: {from: customer.contact.name, redact: name}",
                "customer: {contact: {name: 收货人}}",
                "consignee: 收**",
                before=_FROM_COMMITMENT,
            ),
            Example(
                "phone: {from: customer.contact.phone, redact: phone}",
                'customer: {contact: {phone: "13000000001"}}',
                "phone: 130****0001",
                before=_FROM_COMMITMENT,
            ),
            Example(
                "consignee: customer.contact.name",
                "customer: {contact: {name: 收货人}}",
                "E301",
                before=_FROM_COMMITMENT,
            ),
        ),
    ),
    Term(
        "allow_personal",
        "privacy",
        Simple.TEXT,
        "why a personal value may leave as it is; shown to whoever answers for data",
        "个人信息可原样送出的理由；供数据负责人查看",
        examples=(
            Example(
                "phone: {from: customer.contact.phone, allow_personal: 承运商派送需要}",
                'customer: {contact: {phone: "13000000001"}}',
                'phone: "13000000001"',
                before=_FROM_COMMITMENT,
            ),
        ),
    ),
)
