"""A small report of figures, tables and charts, as the formats are tested with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hub.reconcile.report.plain.value import (
    Chart,
    Column,
    Detail,
    Figure,
    Page,
    Pages,
    Row,
    Table,
    share,
)

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
STATES = {"done": "已完成", "late": "逾期"}


def rows(count: int, **changes: Any) -> list[Row]:
    """Return rows of the list, the first ones late."""
    return [
        (
            changes.get("name", f"CM-{at}"), "late" if at < count / 4 else "done", at,
            Decimal("1234.50") + at, share(at, count), timedelta(hours=at, seconds=7),
            date(2026, 11, 1), NOW - timedelta(hours=at),
        )
        for at in range(count)
    ]  # fmt: skip


def pages(count: int = 30, **changes: Any) -> Pages:
    """Return a report with a page of figures and a list that opens."""
    listed = rows(count, **changes)
    name = changes.get("name", "")
    week = (
        Column("week", "周"), Column("waited", "等待", "span"), Column("worked", "处理", "span"),
        Column("share", "比率", "share"),
    )  # fmt: skip
    weeks: list[Row] = [
        (name or "2026-11-02", timedelta(hours=2), timedelta(minutes=30), Decimal("0.5")),
        ("2026-11-09", timedelta(days=1, hours=2, minutes=3), None, None),
    ]
    listing = (
        Column("number", "编号"),
        Column("state", "状态", "code", words=STATES, tones={"late": "bad"}),
        Column("lines", "行数", "number", spare=2), Column("amount", "金额", "amount"),
        Column("share", "比率", "share", spare=3), Column("age", "历时", "span"),
        Column("day", "日期", "date", spare=1), Column("at", "时间", "time", spare=4),
    )  # fmt: skip
    detail = Detail((Column("what", "经过"), Column("took", "用时", "span")), opened)
    return Pages(
        "hub/sample@1", "sample", changes.get("title", "样例报告"), NOW, "Asia/Shanghai",
        (
            Page(
                "overview", "概览", notes=(name,) if name else ("说明",),
                figures=(Figure("all", "总数", count, words=name or "三十"),
                         Figure("rate", "比率", Decimal("0.8750"), "share", tone="good"),
                         Figure("none", "无法计算", None, "share")),
                charts=(Chart("每周比率", "line", "weeks", "week", ("share",)),
                        Chart("等待与处理", "bars", "weeks", "week", ("waited", "worked"))),
                tables=(Table("weeks", "每周", week, lambda: iter(weeks)),),
            ),
            Page("list", "清单", tables=(
                Table("rows", "清单", listing, lambda: iter(listed), count=count, long=True,
                      detail=detail),
            )),
        ),
        about=("期间：2026-11", *((name,) if name else ())), asked={"limit": timedelta(days=3)},
        listed="rows",
    )  # fmt: skip


def opened(found: Sequence[Row]) -> Iterator[Any] | Any:
    """Return what each row opens into."""
    return [[(f"收到 {row[0]}", timedelta(minutes=1)), ("送达", None)] for row in found]
