"""Words of a reconciliation file."""

from __future__ import annotations

from hub.compare import forms
from hub.compare.fields import FieldType, Several
from hub.mapping.reconciliation.fields import SEVERITIES
from hub.mapping.reconciliation.policy import ACTIONS, CAUSES
from hub.mapping.reconciliation.sides import READS
from hub.mapping.reconciliation.slices.periods import FISCAL, NATURAL
from hub.mapping.writing.vocabulary.terms import (
    AnyOf,
    Choice,
    ListOf,
    Named,
    Object,
    Part,
    Simple,
    Takes,
    Term,
    Whole,
)

_AMOUNTS = Named(Simple.NUMBER)
_SPAN = "15 minutes, 4 hours, 1 day"
_RULE = AnyOf((
    Choice(tuple(forms.TEXT_RULES)),
    Object((Part("drop", Simple.TEXT, "a regular expression of what goes", "要去掉的正则表达式"),)),
    Simple.TEXT,
))  # fmt: skip
_RULES = AnyOf((_RULE, ListOf(_RULE)))


def _part(word: str, takes: Takes, title: str, title_zh: str) -> Part:
    return Part(word, takes, title, title_zh, required=False)


SIDE: tuple[Part, ...] = (
    _part("title", Simple.TEXT, "what people call it", "名称"),
    _part("record", Simple.TEXT, "kind of the hub's own records; instead of connection",
          "中枢自己的标准单据；与 connection 二选一"),
    _part("connection", Simple.TEXT, "connection that is read", "读取的连接"),
    _part("stream", Simple.TEXT, "stream that is read whole", "全量读取的数据流"),
    _part("operation", Simple.TEXT,
          "operation whose deliveries are asked for by key; instead of stream",
          "按编号回查其投递的操作；与 stream 二选一"),
    _part("delivered_by", Simple.TEXT, "operation whose deliveries explain what stands there",
          "用哪个操作的投递说明其来历"),
    _part("map", Simple.TEXT, "mapping that makes records of the items; none: items as they are",
          "把条目映射为标准单据的映射；不写则按原样"),
    _part("read", Choice(READS), "how it is read", "读取方式"),
    _part("full_every", Simple.TEXT, "of incremental: how often everything is read",
          "增量时多久全量一次"),
    _part("only", Simple.EXPRESSION, "which rows count", "哪些行计入"),
    _part("each", Simple.PATH, "a list whose items are the rows", "以列表各项为行"),
    _part("key", AnyOf((Simple.PATH, Simple.DOCUMENT)),
          "what a row is known by: a path or a rule, with find: a pattern in it, and otherwise: a "
          "rule where nothing is found",
          "行的编号：路径或规则，可用 find: 从中取出，取不到时用 otherwise: 的规则"),
    _part("id", Simple.RULE, "the object's own id there", "对方的对象编号"),
    _part("revision", Simple.RULE, "its revision", "版本"),
    _part("modified", Simple.RULE, "when it was changed last", "最近修改时间"),
    _part("approved", Simple.RULE, "of the side that is right: when it was approved",
          "权威方：何时批准"),
    _part("made", Simple.RULE, "of another side: since when it is there; earlier is unapproved",
          "其他方：何时建立；早于批准即为未经批准"),
    _part("many", Simple.BOOLEAN, "several rows of one key are added up", "同一编号的多行相加"),
    _part("unique", Simple.BOOLEAN, "those rows must be of one object; with each by itself",
          "这些行须属同一对象；用 each 时默认如此"),
    _part("lines", Simple.RULE, "number of lines, for tolerances a line", "行数，用于每行容差"),
    _part("rows", Object((
        _part("min", Whole(1_000_000_000), "fewer make the side partial", "少于此数则不完整"),
        _part("max_drop", Simple.TEXT, "share it may shrink: 20%", "可减少的比例：20%"),
        _part("max_rejected", Whole(1_000_000_000), "rows that may be unusable", "可不可用的行数"),
    )), "when the side is believed to be whole", "何时认定读取完整"),
    _part("expected_when", Simple.EXPRESSION,
          "about the authority's record: whether it must be here",
          "对权威方单据的条件：是否须在此存在"),
    _part("expected_from", Simple.TEXT, "from when on: ordered_on + 3 working days",
          "自何时起须存在：ordered_on + 3 working days"),
)  # fmt: skip
FIELD: tuple[Part, ...] = (
    _part("as", Choice(tuple(FieldType)), "what it holds", "字段类型"),
    _part("title", Simple.TEXT, "what people call it", "名称"),
    _part("tolerance", AnyOf((Simple.TEXT, Object((
        _part("absolute", Simple.NUMBER, "so much more or less", "可多可少的数额"),
        _part("below", Simple.TEXT, "so much less, or earlier", "可少的数额或可早的天数"),
        _part("above", Simple.TEXT, "so much more, or later", "可多的数额或可晚的天数"),
        _part("percent", Simple.TEXT, "share of the larger amount", "较大数额的比例"),
        _part("per_line", Simple.NUMBER, "so much for each line", "每行的数额"),
    )))), "how far apart is no finding: 0.01, 0.1%, 3 days, 3 working days",
          "多大差别不算差异：0.01、0.1%、3 days、3 working days"),
    _part("rules", _RULES, "how texts are folded before they are compared; [] does not",
          "文本比较前的处理；[] 为不处理"),
    _part("empty", Simple.TEXTS, "texts that mean nothing stands there", "表示“无”的文本"),
    _part("units", Named(Named(Simple.NUMBER)),
          "units and how many of another one each is: {t: {kg: 1000}, kg: {g: 1000}}",
          "单位换算，可逐级：{t: {kg: 1000}, kg: {g: 1000}}"),
    _part("several", Choice(tuple(Several)), "what several rows of one key say together",
          "同一编号的多行合起来取何值"),
    _part("convert", Object((
        Part("to", Simple.TEXT, "currency", "币种"),
        Part("rates", _AMOUNTS, "what one of each currency is", "各币种的汇率"),
        Part("source", Simple.TEXT, "where the rates are from, and of which day", "汇率来源与日期"),
    )), "one currency for all", "折算为同一币种"),
    _part("severity", Choice(SEVERITIES), "how much a difference matters", "差异的严重度"),
)  # fmt: skip
_TEST = Object((
    Part("name", Simple.TEXT, "what it shows; each name once", "说明什么；名称不可重复"),
    Part("given", Named(AnyOf((Simple.DOCUMENT, ListOf(Simple.DOCUMENT)))),
         "documents of each side", "各方的单据"),
    Part("expect", ListOf(Object(tuple(
        _part(word, Simple.TEXT, title, title_zh)
        for word, title, title_zh in (
            ("key", "canonical key", "规范编号"), ("side", "side", "差异方"),
            ("kind", "kind", "类型"), ("field", "field", "字段"),
            ("difference", "by how much: +4 d", "差多少：+4 d"),
        )
    ))), "all findings, each or a part of it", "应有的全部差异"),
    _part("as_of", Simple.TEXT, "with expect_slices: the day of the run: 2026-03-31",
          "与 expect_slices 同用：运行日期，如 2026-03-31"),
    _part("expect_slices", ListOf(Object(tuple(
        _part(word, Simple.TEXT, title, title_zh)
        for word, title, title_zh in (
            ("state", "a state", "状态"), ("rate", "or a rate", "或比率"),
            ("view", "cash or cohort; cash without it", "cash 或 cohort；默认 cash"),
            ("period", "2026-03; all without it", "期间，如 2026-03；默认全部"),
            ("currency", "currency, where there are several", "币种（多币种时）"),
            ("amount", "of a state: its amount", "状态的金额"),
            ("value", "of a rate: 83.33%, none", "比率的值：83.33%、none"),
            ("agreed", "part of the amount whose keys agree", "其中一致的金额"),
            ("within", "part within tolerance", "其中容差内的金额"),
            ("open", "part with a finding", "其中有差异的金额"),
        )
    ), Simple.TEXT)), "some cells of the slices; a subject by its name: seller: 张三",
          "切片中的若干格；主体按其名称：seller: 张三"),
))  # fmt: skip
_SLICES = Object((
    Part("states", Named(Object((
        _part("title", Simple.TEXT, "what people call it", "名称"),
        Part("side", Simple.TEXT, "the side whose rows are in it", "由哪一方的行构成"),
        _part("only", Simple.EXPRESSION, "which of its rows count", "哪些行计入"),
        Part("on", Simple.RULE, "the day it was reached", "达到该状态的日期"),
        Part("amount", Simple.RULE, "its amount: {from: amount, currency: currency}",
             "金额：{from: amount, currency: currency}"),
    ))), "stages of one key, in their order; the first makes the cohorts",
         "同一编号的各阶段，按先后；首个状态决定分批"),
    _part("by", Named(Object((
        _part("title", Simple.TEXT, "what people call it", "名称"),
    ), Simple.RULE)), "subjects, and which side says them where", "主体及其取值"),
    _part("periods", ListOf(AnyOf((Choice(tuple(NATURAL)), Object((
        *(_part(word, Whole(12, 1), "first month of the year", "年度的首月") for word in FISCAL),
        _part("rolling", Simple.TEXT, "so many days up to the run: 90 days",
              "至运行日为止的天数：90 days"),
    ))))), "how time is cut; month without it", "期间；默认 month"),
    _part("targets", Named(Object((
        _part("title", Simple.TEXT, "what people call it", "名称"),
        Part("file", Simple.TEXT, "a CSV file beside this one", "同目录的 CSV 文件"),
        _part("by", Simple.TEXT, "the subject whose targets they are; none: of all together",
              "按哪个主体；不写则为总体"),
        _part("subject", Simple.TEXT, "column of the subject; an empty cell: all together",
              "主体所在列；空格为总体"),
        Part("period", Simple.TEXT, "column of the period: 2026-03, 2026-Q1, 2026, 2026-04/2027-03",
             "期间所在列：2026-03、2026-Q1、2026、2026-04/2027-03"),
        Part("amount", Simple.TEXT, "column of the amount", "金额所在列"),
        Part("currency", Simple.TEXT, "a currency, or its column", "币种，或币种所在列"),
    ))), "what should be reached", "目标"),
    _part("rates", Named(Object((
        _part("title", Simple.TEXT, "what people call it", "名称"),
        Part("of", Simple.TEXT, "a state", "状态"),
        Part("against", Simple.TEXT, "a state (by the day of the first one) or a target (by its "
             "own day)", "另一状态（按首个状态的日期）或目标（按本状态的日期）"),
    ))), "ratios that are told", "比率"),
))  # fmt: skip

RECONCILIATIONS: tuple[Term, ...] = (
    Term("format", "reconciliation", Whole(1, 1), "always 1", "固定为 1"),
    Term("reconciliation", "reconciliation", Simple.TEXT, "its name", "名称", required=True),
    Term("version", "reconciliation", Whole(1_000_000, 1), "raised when its meaning changes",
         "含义变更时加一"),
    Term("title", "reconciliation", Simple.TEXT, "what it is for", "用途"),
    Term("owner", "reconciliation", Simple.TEXT, "whose findings are: role:NAME, person:ID",
         "差异归谁：role:角色、person:人员"),
    Term("zone", "reconciliation", Simple.TEXT, "time zone of its days", "日期所用时区"),
    Term("authority", "reconciliation", Simple.TEXT, "the side that is right; the first without it",
         "以哪一方为准；默认第一方"),
    Term("cut_off", "reconciliation", Object((
        _part("settle", Simple.TEXT, f"what changed less long ago is left alone: 0, {_SPAN}",
              f"此前多久内的变动不计：0、{_SPAN}"),
        _part("in_flight_for", Simple.TEXT, "how long a delivery may be underway",
              "投递在途多久不算差异"),
    )), "what is too fresh to be compared", "过新的不比较"),
    Term("sides", "reconciliation", Named(Object(SIDE)), "the systems that must agree", "各方",
         required=True),
    Term("key_rules", "reconciliation", _RULES, "how keys are folded before they are matched",
         "编号匹配前的处理"),
    Term("compare", "reconciliation", Named(Object(FIELD, Simple.RULE)),
         "fields, and where each side says them", "字段及各方取值", required=True),
    Term("totals", "reconciliation", Simple.TEXTS, "fields whose sums must be explained",
         "合计须能解释的字段"),
    Term("severity", "reconciliation", ListOf(Object((
        Part("if", Simple.EXPRESSION, "a condition about the finding", "对差异的条件"),
        Part("then", Choice(SEVERITIES), "its severity", "严重度"),
    ))), "what matters how much; the first that fits", "严重度；首个符合者为准"),
    Term("materiality", "reconciliation", _AMOUNTS, "below it a finding is low, by currency",
         "各币种低于此额为低"),
    Term("ageing", "reconciliation", Simple.TEXTS, "buckets of age: 1 day, 7 days",
         "账龄分段：1 day、7 days"),
    Term("customer", "reconciliation", Simple.TEXT, "the field that names the customer",
         "表示客户的字段"),
    Term("repair", "reconciliation", Object((
        *(_part(cause, AnyOf((Choice(ACTIONS), ListOf(Choice(ACTIONS)))), "what may be done",
                "可作的处理") for cause in CAUSES),
        _part("second_person_above", _AMOUNTS, "above it another person applies it",
              "超过此额须另一人执行"),
        _part("max_per_run", Whole(10_000), "more at once are none", "一次超过此数则都不做"),
    )), "what repairs which cause", "各原因的处理"),
    Term("waive", "reconciliation", Object((
        _part("roles", Simple.TEXTS, "who may", "谁可豁免"),
        _part("max", _AMOUNTS, "up to which amount", "金额上限"),
        _part("days", Whole(366), "for how long", "最长天数"),
        _part("reasons", Simple.TEXTS, "for which reasons; none: any", "可用理由；不写则不限"),
    )), "who may accept a finding", "豁免规则"),
    Term("sign_off", "reconciliation", Object((
        _part("preparer", Simple.TEXTS, "roles that prepare", "编制的角色"),
        _part("reviewer", Simple.TEXTS, "roles that review", "复核的角色"),
    )), "who signs a run", "签核规则"),
    Term("slices", "reconciliation", _SLICES, "amounts by period, subject and state, with targets",
         "按期间、主体、状态的金额与目标"),
    Term("tests", "reconciliation", ListOf(_TEST), "examples", "示例"),
)  # fmt: skip
