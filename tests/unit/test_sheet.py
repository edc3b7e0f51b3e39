"""Tables from spreadsheets: every encoding and separator, and every fault with its place."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter

from hub import sheet
from hub.sheet import Sheet, read_sheet

TABLE = "handle,external_id\nC-1042,77\nC-1043,78\n"


def texts(found: Sheet) -> list[tuple[str, ...]]:
    return [row.cells for row in found.rows]


def faults(data: bytes) -> list[str]:
    """Return the faults of a file, each in one line with its place."""
    return [str(fault) for fault in read_sheet(data, "t.csv").faults]


def workbook(fill: Callable[[Any, Any], object]) -> bytes:
    """Return a workbook that `fill(workbook, sheet)` writes."""
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True})
    fill(book, book.add_worksheet())
    book.close()
    return data.getvalue()


# ---- CSV -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_is_read_from_each_encoding_spreadsheets_save(encoding: str) -> None:
    found = read_sheet("客户,编号\n苏州恒力,77\n".encode(encoding), "t.csv")
    assert list(found.columns) == ["客户", "编号"]
    assert texts(found) == [("苏州恒力", "77")]
    assert found.faults == ()


@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_the_separator_is_found_from_the_header(separator: str, end: str) -> None:
    text = TABLE.replace(",", separator).replace("\n", end)
    assert texts(read_sheet(text.encode(), "t.csv")) == [("C-1042", "77"), ("C-1043", "78")]


def test_quotes_keep_separators_quotes_and_line_ends() -> None:
    found = read_sheet(b'a,b\n"x, ""y""\nz",1\nlast,2\n', "t.csv")
    assert [(row.line, row.cells) for row in found.rows] == [
        (2, ('x, "y"\nz', "1")),
        (4, ("last", "2")),
    ]


def test_a_cell_that_looks_like_a_formula_stays_text() -> None:
    found = read_sheet(b"a,b\n=cmd(),+1\n@SUM(A1),007\n", "t.csv")
    assert texts(found) == [("=cmd()", "+1"), ("@SUM(A1)", "007")]


def test_empty_rows_are_left_out_and_short_rows_are_filled_up() -> None:
    found = read_sheet(b"\n a , b \n\n,,\n  1 \n", "t.csv")
    assert list(found.columns) == ["a", "b"]
    assert [(row.line, row.cells) for row in found.rows] == [(5, ("1", ""))]
    assert found.faults == ()


def test_a_cell_is_found_by_the_name_of_its_column() -> None:
    found = read_sheet(TABLE.encode(), "t.csv")
    assert found.cell(found.rows[1], "external_id") == "78"
    assert found.cell(found.rows[1], "connection") == ""


# ---- faults ----------------------------------------------------------------------------------


def test_a_missing_column_is_said_with_the_one_that_was_meant() -> None:
    found = read_sheet(b"\nhandle,externalid\n", "t.csv")
    (fault,) = found.missing("handle", "external_id")
    assert str(fault) == (
        "t.csv:2  E116 The column external_id is missing. Did you mean externalid?"
    )


def test_every_fault_of_a_file_is_told_at_once() -> None:
    assert faults(b"a,,a,b\n1,2,3,4,5\n1,2\n,,,,,6\n") == [
        "t.csv:1:2  E116 Column 2 has no name. Name it, or remove the column.",
        "t.csv:1:3  E116 Two columns are named a. Give each its own name.",
        "t.csv:2:5  E116 The row has 5 cells, the header names 4 columns. "
        'Put a cell that holds the separator in quotes: "1,5".',
        "t.csv:4:5  E116 The row has 6 cells, the header names 4 columns. "
        'Put a cell that holds the separator in quotes: "1,5".',
    ]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "t.csv  E116 The table is empty."),
        (b"\n ,\n", "t.csv  E116 The table is empty."),
        (b"a,b\n1,2\n\xff\xfe,3\n", "t.csv:3  E116 The file is neither UTF-8 nor GB18030."),
        (b"\xef\xbb\xbfa\n\xd6\xd0\n", "t.csv:2  E116 The file is neither UTF-8 nor GB18030."),
        ("a,b\n1,2\n".encode("utf-16-le"), "t.csv:1  E116 The file is no text: it holds a zero"),
        (b'a,b\n1,2\n"x"y,2\n', "t.csv:3  E116 The row cannot be read"),
        (b'a,b\n1,"2\n3,4\n', "t.csv:2  E116 The row cannot be read"),
        (b"\xd0\xcf\x11\xe0rest", "t.csv  E116 The file is an old or protected workbook."),
        (b"PK\x03\x04 no archive", "t.csv  E116 The workbook cannot be read."),
        (b"a" * (sheet.MAX_BYTES + 1), "t.csv  E116 The file has more than 4194304 bytes."),
        (b"a\n" + b"1\n" * 50_001, "t.csv:50002  E116 The table has more than 50000 rows."),
        (b",".join(b"c%d" % n for n in range(65)), "t.csv:1:65  E116 The table has more than 64"),
    ],
    ids=[
        *("nothing", "blank", "bytes", "bytes-after-bom", "utf-16", "quotes", "open-quote"),
        *("old-excel", "no-workbook", "bytes-too-many", "rows-too-many", "columns-too-many"),
    ],
)
def test_what_cannot_be_read_is_one_fault_with_its_place(data: bytes, fault: str) -> None:
    found = faults(data)
    assert len(found) == 1
    assert found[0].startswith(fault)


# ---- XLSX ------------------------------------------------------------------------------------


def test_a_workbook_gives_what_a_person_sees_in_it() -> None:
    def fill(book: Any, page: Any) -> None:
        whole, words = (book.add_format({"num_format": form}) for form in ("0", "@"))
        page.write_row(0, 0, ["general", "part", "whole", "words", "text", "flag"])
        page.write_number(1, 0, 1042)
        page.write_number(1, 1, 0.1)
        page.write_number(1, 2, 1043, whole)
        page.write_number(1, 3, 1044, words)
        page.write_string(1, 4, "=cmd()")
        page.write_boolean(1, 5, True)

    found = read_sheet(workbook(fill), "t.xlsx")
    assert texts(found) == [("1042", "0.1", "1043", "1044", "=cmd()", "TRUE")]
    assert found.faults == ()


@pytest.mark.parametrize(
    "form", ["00000", "0.00", "#,##0", "yyyy-mm-dd", "0.00E+00", '"C-"0', "0%"]
)
def test_a_number_that_is_shown_in_another_way_is_a_fault_of_its_cell(form: str) -> None:
    def fill(book: Any, page: Any) -> None:
        page.write_row(0, 0, ["a", "b"])
        page.write_string(1, 0, "00042", book.add_format({"num_format": form}))
        page.write_number(1, 1, 42, book.add_format({"num_format": form, "bold": True}))

    (fault,) = read_sheet(workbook(fill), "t.xlsx").faults
    assert (fault.line, fault.column) == (2, 2)
    assert str(fault).endswith("Format the column as text and enter it again.")


def test_a_formula_is_a_fault_unless_it_shows_nothing() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_row(0, 0, ["a", "b"])
        page.write_formula(1, 0, "=A9+1", None, 77)
        page.write_formula(1, 1, '=IF(A9,"x","")', None, "x")
        page.write_formula(2, 1, '=IF(A9,"x","")', None, "")

    found = read_sheet(workbook(fill), "t.xlsx").faults
    assert [(one.line, one.column) for one in found] == [(2, 1), (2, 2)]
    assert "holds a formula" in found[0].message


def test_faults_of_cells_that_nobody_asks_for_can_be_left_out() -> None:
    def fill(book: Any, page: Any) -> None:
        page.write_row(0, 0, ["a", "day", ""])
        page.write_row(1, 0, [1, 2, 3], book.add_format({"num_format": "yyyy-mm-dd"}))

    found = read_sheet(workbook(fill), "t.xlsx")
    assert {(one.line, one.column) for one in found.faults_in("a")} == {(2, 1), (2, 3)}
    assert {(one.line, one.column) for one in found.faults_in("day")} == {(2, 2), (2, 3)}


def test_rows_of_a_workbook_have_the_numbers_a_person_sees() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_row(2, 0, ["a", "b"])
        page.write_row(4, 0, ["1", "2", "3"])

    found = read_sheet(workbook(fill), "t.xlsx")
    assert [str(fault).partition(" E116")[0] for fault in found.faults] == ["t.xlsx:5:3 "]


def test_only_the_first_sheet_counts() -> None:
    def fill(book: Any, page: Any) -> None:
        page.write_column(0, 0, ["a", "1"])
        book.add_worksheet().write_string(1_000_000, 0, "far away")

    assert texts(read_sheet(workbook(fill), "t.xlsx")) == [("1",)]


def test_a_number_the_spreadsheet_has_rounded_is_a_fault_of_its_cell() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_column(0, 0, ["a"])
        page.write_column(0, 1, ["b", 123456789012345678, 123456789012345, 10**15])

    found = read_sheet(workbook(fill), "t.xlsx")
    assert [(fault.line, fault.column) for fault in found.faults] == [(2, 2), (4, 2)]
    assert "rounded" in found.faults[0].message


@pytest.mark.parametrize(("row", "column"), [(1_048_575, 16_383), (60_000, 0), (0, 64)])
def test_a_cell_far_outside_the_table_is_refused_before_room_is_made(row: int, column: int) -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_column(0, 0, ["a", "1"])
        page.write_string(row, column, "x")

    (fault,) = read_sheet(workbook(fill), "t.xlsx").faults
    assert f"Row {row + 1}, column {column + 1} is used" in fault.message


def test_a_format_far_outside_the_table_is_no_cell_in_use() -> None:
    def fill(book: Any, page: Any) -> None:
        page.write_column(0, 0, ["a", "1"])
        page.write_blank(1_000_000, 100, None, book.add_format({"bold": True}))

    assert texts(read_sheet(workbook(fill), "t.xlsx")) == [("1",)]


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (65 * 1024 * 1024))
    (fault,) = read_sheet(packed.getvalue(), "t.xlsx").faults
    assert "holds more than" in fault.message


def test_a_workbook_that_declares_entities_is_refused() -> None:
    plain = workbook(lambda _book, page: page.write_column(0, 0, ["a", "1"]))
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as before, zipfile.ZipFile(packed, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            if name == "xl/workbook.xml":
                text = text.replace("<workbook", '<!DOCTYPE w [<!ENTITY x "xx">]><workbook', 1)
            after.writestr(name, text)
    (fault,) = read_sheet(packed.getvalue(), "t.xlsx").faults
    assert "cannot be read" in fault.message
