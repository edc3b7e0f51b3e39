"""The page of a report: what stands in the file, whoever opens it."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from report_samples import sample

from hub.language import Language
from hub.reconcile.report import charts, html
from hub.reconcile.report.value import Finding, Report


def written(report: Report, path: Path, language: Language = Language.ZH) -> str:
    html.write(report, path / "r.html", language)
    return (path / "r.html").read_text("utf-8")


def data_of(page: str) -> Any:
    found = re.search(r'id="data">([^<]*)<', page)
    assert found
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


def of(report: Report, *findings: Finding) -> Report:
    return replace(report, findings=lambda: iter(findings))


def test_the_same_report_is_the_same_file(tmp_path: Path) -> None:
    assert written(sample(60), tmp_path) == written(sample(60), tmp_path)


@pytest.mark.parametrize("language", list(Language), ids=str)
@pytest.mark.parametrize("state", ["agreed", "findings", "incomplete", "failed"])
def test_every_verdict_is_written(tmp_path: Path, state: Any, language: Language) -> None:
    page = written(sample(30, state), tmp_path, language)
    assert f'class="verdict {state}"' in page
    assert "default-src 'none'" in page


def test_an_incomplete_run_names_system_page_and_error_and_no_share(tmp_path: Path) -> None:
    bar = written(sample(5, "incomplete"), tmp_path).partition('role="status">')[2]
    bar = bar.partition("</div>")[0]
    assert "qimen-sz）第 7 页，共 12 页：HTTP 503" in bar
    assert "一致率" not in bar


def test_a_side_that_was_not_read_whole_has_no_control_total(tmp_path: Path) -> None:
    part = written(sample(5, "incomplete"), tmp_path).partition("控制合计")[2]
    rows = [row.partition("</tr>")[0] for row in part.partition("</section>")[0].split("<tr>")[2:]]
    assert [row.count("未知") for row in rows] == [0, 4]
    assert "90,000.00" not in rows[1]


def test_figures_of_a_bar_do_not_run_into_its_amount(tmp_path: Path) -> None:
    page = written(sample(40), tmp_path)
    assert re.search(r'class="figure">\d+ 条 · [\d,]+\.\d\d CNY', page)


def test_bars_of_amounts_are_as_long_as_amounts_in_one_currency(tmp_path: Path) -> None:
    base = next(sample(1).findings())
    page = written(of(
        sample(1),
        replace(base, customer="少而大", amount=Decimal(900), currency="CNY"),
        *(replace(base, customer="多而小", amount=Decimal(30), currency="CNY", kind="extra")
          for _ in range(3)),
        replace(base, customer="外币", amount=Decimal(5_000), currency="USD"),
    ), tmp_path)  # fmt: skip
    part = page.partition("按客户的涉及金额")[2].partition("</section>")[0]
    bars = re.findall(r'class="name">(\S+?)</bdi>.*?width="(\d+)%"', part)
    assert bars == [("少而大", "100"), ("多而小", "10"), ("外币", "0")]


@pytest.mark.parametrize(("size", "most", "share"), [(0, 0, 0), (1, 1_000, 1), (-5, 10, 0)])
def test_a_bar_is_never_wider_than_the_longest(size: int, most: int, share: int) -> None:
    assert f'width="{share}%"' in charts.bars([("a", size, ""), ("b", most, "")])


def test_ageing_has_counts_and_amounts_that_foot(tmp_path: Path) -> None:
    report = sample(60)
    page = written(report, tmp_path)
    last = page.partition('class="total"')[2].partition("</tr>")[0]
    cells = re.findall(r'<td class="n">(\d*)', last)
    assert sum(int(cell or 0) for cell in cells[:-1]) == int(cells[-1]) == 60
    worth = sum((one.amount or 0 for one in report.findings() if one.currency == "CNY"), Decimal())
    assert f"{worth:,.2f} CNY" in last


def test_a_finding_of_today_shows_its_age_without_scripts(tmp_path: Path) -> None:
    base = next(sample(1).findings())
    page = written(of(sample(1), replace(base, age=0)), tmp_path)
    assert '<td data-name="账龄（天）" class="n"><bdi>0</bdi></td>' in page


@pytest.mark.parametrize("state", ["open", "proposed", "repairing", "explained"])
def test_every_state_of_a_finding_has_its_word(tmp_path: Path, state: str) -> None:
    base = next(sample(1).findings())
    page = written(of(sample(1), replace(base, state=state)), tmp_path)
    assert f"<bdi>{state}</bdi>" not in page


def test_moments_of_a_record_are_in_the_zone_of_the_report(tmp_path: Path) -> None:
    records = data_of(written(sample(1), tmp_path))["records"]
    (record,) = records.values()
    assert record["timeline"][0]["at"] == "2026-11-18 10:00+08:00"


def test_a_pattern_is_told_with_its_keys_amount_and_mapping(tmp_path: Path) -> None:
    part = written(sample(20), tmp_path).partition("同因聚类")[2].partition("</section>")[0]
    for words in ("214", "182,400.00 CNY", "price_list v7", "2026-11-21"):
        assert words in part


def test_hostile_names_end_nothing(tmp_path: Path) -> None:
    page = written(sample(60, hostile=True), tmp_path)
    body = page.partition("<body>")[2]
    assert body.count("<script") == body.count("</script>") == 3
    assert "<img" not in page
    assert "{{ 7*7 }}" in body


@pytest.mark.slow
def test_many_findings_stay_within_bounds_and_it_says_what_is_left_out(tmp_path: Path) -> None:
    page = written(sample(21_500), tmp_path)
    assert len(page.encode()) <= 3_000_000
    assert "本页含最严重的 20,000 条；另有 1,500 条见 XLSX 与 CSV 文件。" in page
    data = data_of(page)
    assert (data["size"], len(data["records"])) == (20_000, 5_000)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    path.write_text("before")

    def broken() -> Any:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        html.write(replace(sample(1), findings=broken), path, Language.ZH)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
