"""A manufacturer's reconciliation as it might look, as large as wanted: for tests and pictures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from hub.reconcile.report.value import (
    Carried,
    Cluster,
    Counts,
    FieldReport,
    FieldValues,
    Finding,
    Moment,
    Record,
    Report,
    Severity,
    SideReport,
    SideValue,
    SignOff,
    Total,
    Trend,
    Verdict,
)

NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
ZONE = "Asia/Shanghai"
HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><img src=http://evil.example/x onerror=\"document.title='owned'\">",
    '=HYPERLINK("http://evil.example","单据")',
    "\u202eevil\u202dtxt.exe",
    "长" * 300,
    "𠮷𡈽𩸽" * 20,
    "a\x00b\x07c",
    "{{ 7*7 }}{% raw %}",
    "' onmouseover='document.title=1",
    "]]><!--",
)
_CUSTOMERS = ("苏州恒力精密机械", "宁波永昌轴承", "东莞华锐电子", "青岛海川重工", "重庆巴山阀门",
              "无锡锡能锅炉", "佛山顺德五金", "沈阳北方机床", "温州瑞安汽配")  # fmt: skip
_OWNERS = ("role:应收会计", "role:销售运营", "role:仓储主管", "role:集成管理员")
_MAKES: tuple[tuple[str, str, Severity, str, str], ...] = (
    ("unapproved", "outside_hub", Severity.CRITICAL, "task", "ERP 有此单，审批系统无此单"),
    ("duplicate", "resent", Severity.CRITICAL, "task", "同一编号两张凭证，第一次下发超时"),
    ("missing", "never_sent", Severity.HIGH, "redeliver", "路由适用，但没有投递"),
    ("missing", "deleted_at_target", Severity.HIGH, "redeliver", "按对照读取：404"),
    ("stale", "rolled_back_at_target", Severity.HIGH, "redeliver", "第 3 版曾一致，现为第 2 版"),
    ("differs", "mapping", Severity.HIGH, "redeliver", "映射 price_list v7 起"),
    ("differs", "changed_at_target", Severity.MEDIUM, "adopt", "回读曾一致，之后对方有人修改"),
    ("missing", "rekeyed_at_target", Severity.MEDIUM, "link", "对照指向的单据改了编号"),
    ("extra", "outside_hub", Severity.MEDIUM, "link", "无对照，候选一张"),
    ("differs", "rate", Severity.LOW, "adopt", "所用汇率 7.1812，公布 7.1790"),
    ("differs", "unknown", Severity.LOW, "task", ""),
)  # fmt: skip
_FIELDS = (("amount", "含税金额", "money", "±0.01；每行 ±0.005"),
           ("due", "到期日", "date", "±3 天"),
           ("quantity", "数量", "quantity", "±0.5 %"), ("status", "状态", "status", "状态对照表"),
           ("customer", "客户", "text", "全半角、空格不计"))  # fmt: skip

State: TypeAlias = Literal["agreed", "findings", "incomplete", "failed"]


@dataclass(frozen=True, slots=True)
class _Maker:
    seed: int
    hostile: bool

    def name(self, at: int, plain: str) -> str:
        return f"{HOSTILE[at % len(HOSTILE)]} {at}" if self.hostile else plain

    def finding(self, at: int, count: int) -> Finding:
        dice = random.Random(f"{self.seed}:{at}")
        # the gravest first, and each severity the largest first
        kind, cause, severity, proposal, words = _MAKES[at * len(_MAKES) // max(count, 1)]
        place = Decimal(count - at) / count
        amount = (Decimal(dice.randint(1, 99)) / 100 + 48_000 * place * place).quantize(
            Decimal("0.01")
        )
        age = min(int(dice.expovariate(0.12)), 90)
        whole = kind != "differs"
        field, title, *_ = ("", "") if whole else _FIELDS[at % 3]
        key = self.name(at, f"HT-2026-{at:05d}")
        expected, actual, difference = (None if kind == "extra" else key, None, "")
        if not whole:
            expected, actual, difference = self._values(field, dice, amount)
        return Finding(
            id=f"{self.seed * 1_000_003 + at:032x}", key=key,
            side=("erp", "wms")[dice.random() < 0.3], kind=kind, cause=cause, severity=severity,
            state=("open", "open", "open", "proposed", "repairing", "explained")[at % 6],
            first_seen=NOW - timedelta(days=age), age=age, canonical=f"HT2026{at:05d}",
            field=field, field_title=title, expected=expected, actual=actual,
            difference=difference, amount=None if at % 17 == 13 else amount,
            currency="USD" if at % 23 == 5 else "CNY",
            customer=self.name(at + 1, dice.choice(_CUSTOMERS)), owner=dice.choice(_OWNERS),
            cluster="price_list-v7" if cause == "mapping" else "",
            words=self.name(at + 2, words), proposal=proposal, new=age == 0,
            note=self.name(at + 3, "") if self.hostile else "",
        )  # fmt: skip

    @staticmethod
    def _values(field: str, dice: random.Random, amount: Decimal) -> tuple[str, str, str]:
        if field == "due":
            day = NOW.date() + timedelta(days=dice.randint(1, 40))
            return str(day), str(day + timedelta(days=5)), "+5 天"
        if field == "quantity":
            return f"{dice.randint(10, 900)} pcs", f"{dice.randint(901, 999)} pcs", ""
        there = Decimal(dice.randint(100_000, 90_000_000)) / 100
        return f"{there:.2f} CNY", f"{there + amount:.2f} CNY", f"+{amount:.2f} CNY"

    def record(self, canonical: str) -> Record | None:
        at = int(canonical[6:])
        dice = random.Random(f"{self.seed}:r:{at}")
        there = Decimal(dice.randint(100_000, 90_000_000)) / 100
        name = self.name(at + 1, dice.choice(_CUSTOMERS))
        row, page = dice.randint(2, 9_000), dice.randint(1, 12)
        fields = (
            FieldValues("amount", "含税金额", (
                SideValue("crm", f"{there:.2f} CNY", f"¥{there:,.2f}", "crm.contract 第 3 版"),
                SideValue("erp", f"{there + 4:.2f} CNY", None, f"erp.sale 第 {page} 页 {row} 行"),
                SideValue("wms", None)), "differs", "±0.01"),
            FieldValues("customer", "客户", (
                SideValue("crm", name, None, "crm.contract"),
                SideValue("erp", name, f"　{name} ", "映射 customer.yaml:12"),
                SideValue("wms", name)), "equal", "全半角、空格不计"),
            FieldValues("due", "到期日", (
                SideValue("crm", "2026-12-10"), SideValue("erp", "2026-12-12"),
                SideValue("wms", "2026-12-10")), "within", "±3 天"),
        )  # fmt: skip
        timeline = (
            Moment(NOW - timedelta(days=9, hours=2), "审批通过，第 3 版"),
            Moment(NOW - timedelta(days=9), "下发至 ERP：已过账",
                   self.name(at + 4, f'{{"id": {40_000 + at}, "state": "posted"}}')),
            Moment(NOW - timedelta(days=8, hours=16), "回读一致"),
        )  # fmt: skip
        annex = f"AX-{at:06d} 有效" if at % 2 == 0 else ""
        return Record(self.name(at, f"HT-2026-{at:05d}"), canonical, fields, timeline, annex)


def sample(
    findings: int = 40, state: State = "findings", hostile: bool = False, seed: int = 1
) -> Report:
    """Return a report with so many findings; the same for the same arguments."""
    make = _Maker(seed, hostile)
    count = 0 if state in ("agreed", "failed") else findings
    broken = state in ("incomplete", "failed")

    def rows() -> Iterator[Finding]:
        return (make.finding(at, count) for at in range(count))

    worth = sum((one.amount or Decimal(0) for one in rows() if one.currency == "CNY"), Decimal(0))
    reason = make.name(1, "仓库系统（qimen-sz）第 7 页，共 12 页：HTTP 503 服务不可用")
    keys = 10_000 + count * 4
    left, within = Decimal("48210377.55"), Decimal("3.42")
    return Report(
        name="orders", title=make.name(2, "订单 · 合同与 ERP、仓库"), version=7,
        definition_hash="5f" * 32, run="0190a1b2c3d4e5f60718293a4b5c6d7e", mode="full",
        verdict=Verdict(state), reasons=(reason,) if broken else (), as_of=NOW,
        started=NOW - timedelta(minutes=4), ended=NOW, zone=ZONE,
        counts=Counts(keys, keys - count - 15, 121, 12, 340 if broken else 0, count, 3),
        sides=(
            SideReport("crm", make.name(3, "合同审批"), "记录 Commitment", "complete", "full", True,
                       "", 1, keys, keys, 0, keys, keys, NOW - timedelta(minutes=4),
                       NOW - timedelta(minutes=3, seconds=20)),
            SideReport("erp", make.name(4, "ERP 总账"), "连接 erp-sz · sale.order", "complete",
                       "full", False, "", 104, keys - 6, keys - 9, 3, keys, keys + 2,
                       NOW - timedelta(minutes=3), NOW - timedelta(minutes=1),
                       ("3 行没有编号，未比较",)),
            SideReport("wms", make.name(5, "仓库系统"), "连接 qimen-sz · order", "partial" if broken
                       else "complete", "by_key", False, reason if broken else "", 6 if broken
                       else 12, keys // 2 if broken else keys, keys // 2 if broken else keys),
        ),
        fields=tuple(
            FieldReport(name, title, type_, rule, ("crm", "erp", "wms"), keys - at * 31 - 40,
                        12 * at, 9 + at * 31, at % 2)
            for at, (name, title, type_, rule) in enumerate(_FIELDS)
        ),
        totals=(
            Total("amount", "含税金额", "CNY", "crm", "erp", left, left - worth - within - 8_000,
                  worth, Decimal(8_000), within, Decimal(0)),
            Total("quantity", "数量", "pcs", "crm", "wms", Decimal(90_120), Decimal(90_000),
                  Decimal(100), Decimal(20), Decimal(0), Decimal(340 if broken else 0)),
        ),
        findings=rows, record=make.record,
        clusters=(
            Cluster("price_list-v7", "mapping",
                    make.name(6, "含税金额：214 / 230 条同因，映射 price_list v7"),
                    214, Decimal("182400.00"), "CNY", NOW - timedelta(days=6), "price_list v7"),
        ) if count else (),
        trend=tuple(
            Trend(f"run{at:02d}", NOW - timedelta(days=29 - at),
                  Verdict.INCOMPLETE if at in (11, 22) else Verdict.FINDINGS,
                  max(count + (29 - at) * (2 + count // 60) - (at % 5) * (at < 29) * 3, 0),
                  {"CNY": Decimal(400_000 + (29 - at) * 12_000)})
            for at in range(30)
        ),
        carried=Carried(min(count, 6), max(count - 6, 0), 11, 3, 1, 0, 4),
        sign_offs=(
            SignOff("preparer", make.name(7, "王敏"), NOW, "valid", "ab" * 32),
            SignOff("reviewer", "李国强", NOW - timedelta(days=1), "lapsed", "cd" * 32, "新数据"),
        ),
        materiality={"CNY": Decimal(100)},
        rules=(("范围", "2026 年生效合同"), ("截止时点", "2026-11-27 12:00（Asia/Shanghai）"),
               ("编号", "合同号；全半角、大小写、连字符不计"),
               ("看不到", "仓库按编号读取，看不到多余单据")),
        hash="9e" * 32,
    )  # fmt: skip
