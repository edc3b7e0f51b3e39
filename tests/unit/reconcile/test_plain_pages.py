"""A report of figures and tables says the same in every format, and no name in it does anything."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sample_pages import pages

from hub.language import Language
from hub.reconcile.report.plain import csv_files, html, json_files, terminal, xlsx
from hub.reconcile.report.plain.cells import Words
from hub.reconcile.report.plain.value import Pages, Table, share
from hub.reconcile.report.terminal_tables import columns

HOSTILE = [
    "<script>alert(1)</script>", '=HYPERLINK("http://x")', "\x1b[2J\u202e", "<r>x</r>",
    "a\nb\r\nc", "'\"]]>--></style>", "{{ 7*7 }}", "\ud800", "@SUM(1)", "x" * 40_000,
]  # fmt: skip


def page_of(found: Pages, folder: Path, language: Language = Language.ZH) -> str:
    html.write(found, folder / "r.html", language)
    return (folder / "r.html").read_text("utf-8")


def book_of(found: Pages, folder: Path) -> Any:
    xlsx.write(found, folder / "r.xlsx", Language.ZH)
    return load_workbook(folder / "r.xlsx")


def csv_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_every_format_has_the_same_rows(tmp_path: Path) -> None:
    found = pages(30)
    document = json_files.document(found)
    json_files.write(found, tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text()) == json.loads(json.dumps(document))
    assert [json.loads(line) for line in json_files.lines(found)] == document["tables"]["rows"]
    csv_files.write(found, tmp_path, Language.ZH)
    listed = csv_of(tmp_path / "rows.csv")
    sheet = list(book_of(found, tmp_path)["清单"].iter_rows(values_only=True))
    page = page_of(found, tmp_path)
    for at, one in enumerate(document["tables"]["rows"]):
        number, state, lines, amount, part, age, day, moment = listed[at + 1]
        word = {"late": "逾期", "done": "已完成"}[one["state"]]
        assert (number, state, lines, amount) == (
            one["number"], word, str(one["lines"]), one["amount"],
        )  # fmt: skip
        assert (part, day) == (one["share"], one["day"])
        hours, minutes, seconds = map(int, age.split(":"))
        assert hours * 3600 + minutes * 60 + seconds == one["age"]
        cells = sheet[at + 1]
        assert cells[:5] == (number, word, int(lines), float(amount), float(part))
        assert f"{cells[7]:%Y-%m-%d %H:%M:%S}" == moment
        assert f"<bdi>{number}</bdi>" in page
    assert len(listed) == len(sheet) == 31


def test_a_length_of_time_in_a_workbook_is_a_number_of_days(tmp_path: Path) -> None:
    sheet = book_of(pages(30), tmp_path)["清单"]
    cell = sheet.cell(29, 6)
    assert cell.number_format == "[h]:mm:ss"
    assert cell.value.total_seconds() == 27 * 3600 + 7


def test_figures_agree_and_a_missing_one_is_no_zero(tmp_path: Path) -> None:
    found = pages()
    assert json_files.document(found)["figures"] == {"all": 30, "rate": "0.8750", "none": None}
    told = "\n".join(terminal.lines(found, Language.ZH, 100))
    assert "比率: 87.50 %" in told
    assert "无法计算: –" in told
    csv_files.write(found, tmp_path, Language.ZH)
    values = {row[0]: row[1] for row in csv_of(tmp_path / "figures.csv")}
    assert (values["总数"], values["比率"], values["无法计算"]) == ("30", "0.8750", "")
    front = book_of(found, tmp_path)["概览"]
    cells = {row[0]: row[1] for row in front.iter_rows(values_only=True)}
    assert (cells["总数"], cells["比率"], cells["无法计算"]) == (30, 0.875, "–")
    page = page_of(found, tmp_path)
    assert re.findall(r'class="value">([^<]*)<', page) == ["30", "87.50 %", "–"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_inert_in_every_format(name: str, tmp_path: Path) -> None:
    found = pages(4, name=name, title=name)
    page = page_of(found, tmp_path)
    assert page.count("<script") == 1
    assert page.count("</style>") == 1
    assert "style=" not in page
    csv_files.write(found, tmp_path, Language.ZH)
    for file in ("rows", "figures", "weeks"):
        for row in csv_of(tmp_path / f"{file}.csv"):
            assert not any(cell.startswith(tuple("=+-@\t\r")) for cell in row)
    for sheet in book_of(found, tmp_path):
        assert all(cell.data_type != "f" and cell.hyperlink is None
                   for row in sheet.iter_rows() for cell in row)  # fmt: skip
    for line in terminal.lines(found, Language.EN, 100):
        assert line.isprintable()


def test_a_list_in_the_page_holds_what_it_says_and_names_the_rest(tmp_path: Path) -> None:
    page = page_of(pages(2_100), tmp_path)
    assert page.count('<details class="row">') == 2_000
    assert "前 2,000 条，共 2,100 条" in page
    assert "共 2,000" not in page_of(pages(2_000), tmp_path)
    assert len(list(book_of(pages(2_100), tmp_path)["清单"].iter_rows())) == 2_101


def test_each_row_opens_into_its_own_rows(tmp_path: Path) -> None:
    page = page_of(pages(450), tmp_path)
    for at in (0, 199, 200, 449):
        row = page.partition(f"<bdi>CM-{at}</bdi>")[2].partition("</details>")[0]
        assert f"收到 CM-{at}<" in row


def test_the_page_allows_its_own_style_and_script_and_nothing_else(tmp_path: Path) -> None:
    policy = re.search(r'Policy" content="([^"]*)"', page_of(pages(), tmp_path))
    assert policy
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; "
        r"base-uri 'none'; form-action 'none'", policy[1],
    )  # fmt: skip


def test_lines_and_bars_are_drawn_of_the_rows_of_a_table(tmp_path: Path) -> None:
    page = page_of(pages(), tmp_path)
    bars = re.findall(r'<rect class="(bar[^"]*)"(?: x="(\d+)%")? width="(\d+)%"', page)
    # 2 h and 30 min, then 26 h 3 min alone: the longest is the whole
    assert bars[0][2] == "8"
    assert bars[1] == ("bar s1", "8", "2")
    assert bars[2][2] == "100"
    assert "50.00 %" in page.partition("line-chart")[2].partition("</svg>")[0]
    sheet = book_of(pages(), tmp_path)["概览"]
    assert len(sheet._charts) == 2


@given(st.text(), st.integers(20, 200))
def test_whatever_a_name_is_lines_fit_the_terminal(name: str, width: int) -> None:
    found = pages(3, name=name, title=name)
    found = replace(found, pages=tuple(
        replace(one, tables=tuple(of_names(table) for table in one.tables)) for one in found.pages
    ))  # fmt: skip
    for line in terminal.lines(found, Language.ZH, width):
        assert columns(line) <= width
        assert line.isprintable()


def of_names(table: Table) -> Table:
    """Return a table of its first two columns: a table of figures may be wider than 20 columns."""
    return replace(table, columns=table.columns[:2], rows=lambda: (row[:2] for row in table.rows()))


@pytest.mark.parametrize(("part", "whole", "found"), [
    (0, 0, None), (0, 3, "0"), (3, 3, "1"), (1, 3, "0.3333"), (2, 3, "0.6666"),
    (99_999, 100_000, "0.9999"),
])  # fmt: skip
def test_a_share_is_cut_and_that_of_nothing_is_unknown(part: int, whole: int, found: Any) -> None:
    assert share(part, whole) == (None if found is None else Decimal(found))


@pytest.mark.parametrize(("seconds", "en", "zh"), [
    (0, "0 s", "0 秒"), (59, "59 s", "59 秒"), (3_600, "1 h", "1 小时"), (86_400, "1 d", "1 天"),
    (90_061, "1 d 1 h", "1 天 1 小时"), (86_460, "1 d", "1 天"),
    (3_661, "1 h 1 min", "1 小时 1 分"),
])  # fmt: skip
def test_a_length_of_time_is_told_by_its_largest_parts(seconds: int, en: str, zh: str) -> None:
    value = timedelta(seconds=seconds)
    assert Words(Language.EN, "UTC").shown(value, "span") == en
    assert Words(Language.ZH, "UTC").shown(value, "span") == zh


def test_two_tables_of_one_name_are_refused() -> None:
    found = pages()
    with pytest.raises(ValueError, match="weeks"):
        replace(found, pages=(*found.pages, replace(found.pages[0], figures=())))


def test_an_empty_list_is_told_as_nothing(tmp_path: Path) -> None:
    found = pages(0)
    assert "  无" in list(terminal.lines(found, Language.ZH, 100))
    assert '<p class="soft">无</p>' in page_of(found, tmp_path)
    assert len(list(book_of(found, tmp_path)["清单"].iter_rows())) == 1
