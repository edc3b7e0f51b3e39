"""Exports are read as tables: what is guessed is told, what cannot be read is refused in words."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import zipfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hub.table_file
from hub.chinese import CHINESE
from hub.language import Message
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
    assert open_table(path, header=1).columns == ("a", "column B", "a (2)")
    assert "column B" in str(open_table(path, header=1).notes)


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
        (b"", "t.csv  E116 The table is empty"),
        (b"\xef\xbb\xbf\n,,\n", "No line names the columns"),
        (b"\xd0\xcf\x11\xe0rest", "old or protected"),
        (b"PK\x03\x04rest", "The workbook cannot be read"),
        (b"a,b\n\x00,1\n", "t.csv:2  E116 The file is no text"),
        (b"a,b\n" + b"1,2\n" * 40_000 + b"\x00,1\n", "t.csv:40002  E116 The file is no text"),
        (b"a,b\n1,2\n\xff\xff\xff,1\n", "t.csv:3  E116 The file is neither UTF-8 nor GB18030"),
        (b"\xef\xbb\xbfa,b\n1,\xd6\xd0\n", "A character is not utf-8-sig"),
        (b'a,b\n1,2\n"1,2\n', "t.csv:3  E116 The row cannot be read"),
        (b"a,b\n1,2,3\n", "t.csv:2:3  E116 The row has 3 cells, the header names 2"),
        (b"1,2\n3,4\n", "No line names the columns"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(TableFault, match=said):
        open_table(text_file(tmp_path, content))


def test_a_file_or_sheet_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableFault, match="cannot be read: No such file"):
        open_table(tmp_path / "gone.csv")
    path = workbook(tmp_path, ["a", "b"], ["1", "2"], sheet="应收")
    with pytest.raises(TableFault, match="no sheet 应付; there are: 应收"):
        open_table(path, sheet="应付")
    with pytest.raises(TableFault, match="nothing in line 9"):
        open_table(path, header=9)


def test_more_rows_than_a_spreadsheet_has_are_refused(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a,b\n" + "1,2\n" * 1_048_576)
    with pytest.raises(
        TableFault, match=r"t\.csv:1048577  E116 The table has more than 1048576 rows"
    ):
        open_table(path)


# ---- headers ---------------------------------------------------------------------------------


def merged_workbook(folder: Path, lines: Sequence[Sequence[Any]], *ranges: str) -> Path:
    """Make a workbook whose ranges are merged; the first cell of each keeps its text."""
    path = folder / "merged.xlsx"
    book = openpyxl.Workbook()
    page = book.active
    for row in lines:
        page.append(row)
    for one in ranges:
        page.merge_cells(one)
    book.save(path)
    return path


def test_merged_headers_name_every_column_below_them(tmp_path: Path) -> None:
    path = merged_workbook(
        tmp_path,
        [
            ["七月应收", None, None, None],
            ["客户", None, "金额", None],
            ["编号", "名称", "含税", "不含税"],
            ["C-1", "甲", 113, 100],
        ],
        "A1:D1", "A2:B2", "C2:D2",
    )  # fmt: skip
    table = open_table(path)
    assert table.columns == ("客户/编号", "客户/名称", "金额/含税", "金额/不含税")
    assert (table.header_line, table.header_end) == (2, 3)
    assert [row.cells for row in table.rows()] == [("C-1", "甲", Decimal(113), Decimal(100))]


def test_cells_merged_downwards_leave_one_name(tmp_path: Path) -> None:
    path = merged_workbook(
        tmp_path,
        [["编号", "金额", None, "日期"], [None, "含税", "不含税", None], ["A", 113, 100, "x"]],
        "A1:A2", "B1:C1", "D1:D2",
    )  # fmt: skip
    assert open_table(path).columns == ("编号", "金额/含税", "金额/不含税", "日期")


def test_a_header_merged_over_two_columns_takes_no_row_of_texts_for_its_second_line(
    tmp_path: Path,
) -> None:
    lines: list[list[Any]] = [["编号", "地址", None], ["A", "江苏", "苏州"], ["B", "浙江", "宁波"]]
    table = open_table(merged_workbook(tmp_path, lines, "B1:C1"))
    assert table.columns == ("编号", "地址", "地址 (2)")
    assert len(list(table.rows())) == 2


def test_a_whole_second_line_of_a_header_is_known_by_the_numbers_below_it(tmp_path: Path) -> None:
    table = open_table(text_file(tmp_path, "客户,,金额,\n编号,名称,含税,不含税\nC-1,甲,113,100\n"))
    assert table.columns == ("客户/编号", "客户/名称", "金额/含税", "金额/不含税")


def test_lines_that_say_something_of_the_table_are_no_header(tmp_path: Path) -> None:
    path = text_file(tmp_path, "单位：甲厂,期间：7月,\n编号,金额(单位：元),小计\nA,1,2\n")
    table = open_table(path)
    assert table.columns == ("编号", "金额(单位：元)", "小计")
    assert table.count == 1


def test_a_table_may_begin_anywhere_in_a_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path, [], [], [None, None, "a", "b", None], [None, None, "x", 1])
    table = open_table(path)
    assert (table.header_line, table.columns, table.place(1)) == (3, ("a", "b"), 4)
    assert [(row.line, row.cells) for row in table.rows()] == [(4, ("x", Decimal(1)))]


def test_a_header_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a,b\n")
    assert (open_table(path).count, cells(path)) == (0, [])
    assert "no rows below the header" in notes(path)


def test_a_name_that_looks_like_a_total_stays_where_the_line_is_full(tmp_path: Path) -> None:
    path = text_file(tmp_path, "brand,litres,price\nTotal,1,2\nShell,3,4\nTotal:,4,\n")
    assert [row[0] for row in cells(path)] == ["Total", "Shell"]


# ---- cells -----------------------------------------------------------------------------------


def test_dates_are_dates_by_their_format_and_texts_as_typed(tmp_path: Path) -> None:
    path = tmp_path / "d.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    moment = dt.datetime.fromisoformat("2026-07-01T08:30")
    page.write_row(0, 0, ["text", "day", "moment", "share", "flag"])
    page.write_string(1, 0, "2026年7月1日")
    for at, form in ((1, "yyyy/m/d"), (2, "yyyy-mm-dd hh:mm")):
        page.write_datetime(1, at, moment, book.add_format(
            {"num_format": form}))  # fmt: skip
    page.write_number(1, 3, 0.13, book.add_format({"num_format": "0%"}))
    page.write_boolean(1, 4, True)
    book.close()
    assert cells(path) == [("2026年7月1日", moment, moment, Decimal("0.13"), True)]


def test_blanks_around_a_text_go_and_those_inside_stay(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a,b\n\u3000甲\u3000乙\u00a0, x\u00a0y \n")
    assert cells(path) == [("甲\u3000乙", "x\u00a0y")]


def test_a_number_that_a_spreadsheet_rounds_is_told_by_its_column(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, ["no", "id", "amount"], ["1234567890123456789", 1234567890123456789, 0.1 + 0.2]
    )
    table = open_table(path)
    assert table.rounded == {1}
    assert "column id holds numbers of more than 15 digits" in notes(path)
    assert cells(path)[0][0] == "1234567890123456789"


def formulas(folder: Path, *values: Any) -> Path:
    path = folder / "f.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    page.write_row(0, 0, ["no", "amount"])
    for line, value in enumerate(values, 1):
        page.write(line, 0, f"A-{line}")
        page.write_formula(line, 1, "=1+1", None, value)
    book.close()
    return path


def test_a_formula_is_the_value_that_was_saved_with_it(tmp_path: Path) -> None:
    path = formulas(tmp_path, 2, 3.5, "late")
    assert [row[1] for row in cells(path)] == [Decimal(2), Decimal("3.5"), "late"]
    assert notes(path).count("The column amount holds formulas") == 1


def test_a_cell_that_shows_an_error_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableFault, match="B3: The cell shows #N/A") as caught:
        open_table(formulas(tmp_path, 2, "#N/A"))
    assert (caught.value.line, caught.value.column) == (3, 2)
    assert "mend the cell" in caught.value.hint


def test_a_row_with_nothing_but_an_error_is_no_empty_row(tmp_path: Path) -> None:
    path = tmp_path / "e.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet()
    page.write_row(0, 0, ["no", "amount"])
    page.write_row(1, 0, ["A", 1])
    page.write_formula(2, 1, "=1/0", None, "#DIV/0!")
    book.close()
    with pytest.raises(TableFault, match="B3: The cell shows #DIV/0!"):
        open_table(path)


def test_a_text_that_looks_like_an_error_is_a_text(tmp_path: Path) -> None:
    assert cells(workbook(tmp_path, ["a", "b"], ["#N/A", "x"])) == [("#N/A", "x")]


def test_a_formula_that_was_saved_without_a_value_is_named(tmp_path: Path) -> None:
    path = merged_workbook(tmp_path, [["no", "amount"], ["A", "=1+1"]])
    with pytest.raises(TableFault, match="B2: The cell holds a formula, and no value"):
        open_table(path)


def test_an_error_in_a_line_of_totals_harms_nobody(tmp_path: Path) -> None:
    path = merged_workbook(tmp_path, [["no", "amount"], ["A", 1], ["合计", "=SUM(B2)"]])
    assert cells(path) == [("A", Decimal(1))]
    assert "formulas" not in notes(path)


# ---- sheets and archives ---------------------------------------------------------------------


def test_the_first_sheet_that_holds_something_is_read_and_told(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    book = xlsxwriter.Workbook(str(path))
    hidden = book.add_worksheet("hidden")
    book.add_worksheet("empty").activate()
    hidden.hide()
    hidden.write_row(0, 0, ["x", "y"])
    book.add_chartsheet("chart")
    for name in ("应收", "应付"):
        book.add_worksheet(name).write_row(0, 0, ["a", "b"])
    book.close()
    assert open_table(path).sheet == "应收"
    assert "Read: sheet 应收. Not read: empty, 应付, hidden." in notes(path)
    assert open_table(path, sheet="hidden").columns == ("x", "y")


def test_a_workbook_without_anything_in_it_is_empty(tmp_path: Path) -> None:
    with pytest.raises(TableFault, match="The table is empty"):
        open_table(workbook(tmp_path))


def with_part(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Return a copy of a workbook with one part of it changed."""
    made = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            new.writestr(one, change(old.read(one)) if one == part else old.read(one))
    return made


_SHEET = "xl/worksheets/sheet1.xml"


def test_a_cell_far_away_makes_no_room_for_all_before_it(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a", "b"], ["x", 1])
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    hostile = with_part(path, _SHEET, lambda data: data.replace(b"</sheetData>", far))
    with pytest.raises(TableFault, match="used down to XFD1048576"):
        open_table(hostile)


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.table_file.workbook.MAX_UNPACKED", 1_000)
    with pytest.raises(TableFault, match="more than 1000 bytes"):
        open_table(workbook(tmp_path, ["a", "b"], ["x", 1]))


def test_a_document_type_in_a_sheet_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a", "b"], ["x", 1])
    kind = b'<!DOCTYPE worksheet [<!ENTITY a "b">]><worksheet'
    hostile = with_part(path, _SHEET, lambda data: data.replace(b"<worksheet", kind, 1))
    with pytest.raises(TableFault, match="The workbook cannot be read"):
        open_table(hostile)


def test_a_file_may_be_no_larger_than_was_said(tmp_path: Path) -> None:
    with pytest.raises(TableFault, match="more than 4 bytes"):
        open_table(text_file(tmp_path, "a,b\n1,2\n"), max_bytes=4)


def test_a_file_that_changes_after_it_was_opened_is_not_read(tmp_path: Path) -> None:
    table = open_table(text_file(tmp_path, "a,b\n1,2\n"))
    text_file(tmp_path, "a,b\n1,2\n3,4\n")
    with pytest.raises(TableFault, match="has changed since it was opened"):
        list(table.rows())


def test_a_fault_is_told_in_parts(tmp_path: Path) -> None:
    path = text_file(tmp_path, 'a,b\n1,2\n"1,2\n')
    with pytest.raises(TableFault) as caught:
        open_table(path)
    fault = caught.value
    assert isinstance(fault.message, Message)
    assert (fault.line, fault.hint) == (
        3, "A quote inside quotes is written twice; each row closes its quotes.",
    )  # fmt: skip
    assert [one.file for one in fault.faults] == [str(path)]


def test_every_sentence_of_tables_has_its_chinese() -> None:
    known = CHINESE
    folder = Path(hub.table_file.__file__).parent
    calls = [
        node
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"
    ]
    said = {ast.literal_eval(node.args[0]) for node in calls}
    assert len(said) > 20
    assert [one for one in said if one not in known] == []


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
