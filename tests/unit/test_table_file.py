"""Exports are read as tables: what is guessed is told, what cannot be read is refused in words."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.table_file import TableFault, open_table


def text_file(folder: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def workbook(folder: Path, *rows: Sequence[Any], sheet: str = "S") -> Path:
    path = folder / "t.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet(sheet)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for line, row in enumerate(rows):
        for at, value in enumerate(row):
            if isinstance(value, dt.date):
                page.write_datetime(line, at, value, day)
            elif isinstance(value, str):
                page.write_string(line, at, value)
            elif value is not None:
                page.write(line, at, value)
    book.close()
    return path


def cells(path: Path, **how: Any) -> list[tuple[Any, ...]]:
    return [row.cells for row in open_table(path, **how).rows()]


def notes(path: Path) -> str:
    return " ".join(map(str, open_table(path).notes))


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("gb18030", b""), ("utf-16", b"")],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_encoding_and_separator_is_found(
    tmp_path: Path, encoding: str, mark: bytes, separator: str
) -> None:
    text = f"合同号{separator}金额\r\nHT-1{separator}12.50\r\n"
    table = open_table(text_file(tmp_path, mark + text.encode(encoding)))
    assert table.columns == ("合同号", "金额")
    assert [row.cells for row in table.rows()] == [("HT-1", "12.50")]


def test_titles_above_totals_below_and_repeated_headers_are_left_out_and_told(
    tmp_path: Path,
) -> None:
    path = text_file(
        tmp_path, "销售报表,,\n\n编号,金额,备注\nA,1,x\n编号,金额,备注\nB,2,\n合计,3,\n"
    )
    table = open_table(path)
    assert table.header_line == 3
    assert [(row.line, row.cells) for row in table.rows()] == [
        (4, ("A", "1", "x")),
        (6, ("B", "2", None)),
    ]
    assert "above the header: 1" in notes(path)
    assert "repeats the header: line 5" in notes(path)
    assert "totals: line 7" in notes(path)


def test_a_header_of_two_lines_is_joined(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, ["编号", "金额", None, "日期"], [None, "含税", "不含税", None],
        ["A", 113, 100, dt.date(2026, 7, 1)],
    )  # fmt: skip
    table = open_table(path)
    assert table.columns == ("编号", "金额/含税", "金额/不含税", "日期")
    assert [row.cells for row in table.rows()] == [
        ("A", Decimal(113), Decimal(100), dt.date(2026, 7, 1))
    ]


def test_names_that_are_missing_or_twice_are_made_and_told(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a,,a\n1,2,3\n")
    assert open_table(path, header=1).columns == ("a", "column 2", "a (2)")
    assert "column 2" in str(open_table(path, header=1).notes)


def test_hostile_cells_are_texts_and_nothing_else(tmp_path: Path) -> None:
    hostile = '=HYPERLINK("http://x")', "<script>alert(1)</script>", "@SUM(A1)"
    path = workbook(tmp_path, ["a", "b", "c"], hostile)
    assert cells(path) == [hostile]


def test_a_guarded_number_keeps_its_zeros(tmp_path: Path) -> None:
    assert cells(text_file(tmp_path, 'no,x\n="00123",1\n')) == [("00123", "1")]


def test_numbers_are_exact(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a", "b"], [0.1, 1e6])
    assert cells(path) == [(Decimal("0.1"), Decimal(1000000))]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xd0\xcf\x11\xe0rest", "old or protected"),
        (b"PK\x03\x04rest", "cannot be read as a workbook"),
        (b"a,b\n\x00,1\n", "line 2: a zero byte"),
        (b"a,b\n\xff\xff\xff,1\n", "neither UTF-8 nor GB18030"),
        (b'a,b\n"1,2\n', "line 2: the row cannot be read"),
        (b"a,b\n1,2,3\n", "line 2: 3 cells, the header names 2"),
        (b"1,2\n3,4\n", "no line that names its columns"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(TableFault, match=said):
        open_table(text_file(tmp_path, content))


def test_a_file_or_sheet_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableFault, match="No such file"):
        open_table(tmp_path / "gone.csv")
    path = workbook(tmp_path, ["a", "b"], ["1", "2"], sheet="应收")
    with pytest.raises(TableFault, match="no sheet 应付; it has: 应收"):
        open_table(path, sheet="应付")
    with pytest.raises(TableFault, match="nothing in line 9"):
        open_table(path, header=9)


def test_more_rows_than_a_spreadsheet_has_are_refused(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a,b\n" + "1,2\n" * 1_048_576)
    with pytest.raises(TableFault, match="more than 1048576 rows"):
        open_table(path)


_PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=8)


@settings(
    deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(rows=st.lists(st.tuples(_PLAIN, _PLAIN, _PLAIN), min_size=1, max_size=6))
def test_what_was_written_is_read(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    path = tmp_path / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("alpha", "beta", "gamma"), *(("=", *row[1:]) for row in rows)])
    found = cells(path, header=1)
    guarded = [("=", *(cell or None for cell in row[1:])) for row in rows]
    plain = [one for one in guarded if not any(str(cell).startswith('="') for cell in one)]
    assert [one for one in found if one in plain] == plain
