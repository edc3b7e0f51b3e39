"""CSV files open in Excel as they are, and nothing in them is worked out."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_report import NOW, finding, report

from hub.language import Language
from hub.reconcile.report import csv_files
from hub.reconcile.report.csv_files import guarded
from hub.reconcile.report.value import SignOff

#: What a spreadsheet begins to work out, or splits a cell at.
WORKED_OUT = tuple("=+-@\t\r\n＝＋－＠")


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@given(st.text())
def test_no_text_is_worked_out(text: str) -> None:
    found = guarded(text)
    assert not found.startswith(WORKED_OUT)
    # nothing but the guard and pictures of control characters comes in
    assert len(found) - len(text) == text.startswith(WORKED_OUT)


@given(st.sampled_from(WORKED_OUT), st.text())
def test_a_guarded_text_says_what_it_is(sign: str, text: str) -> None:
    assert guarded(sign + text).startswith(f"'{sign}")


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1))
def test_other_texts_stay_as_they_are(text: str) -> None:
    if not text.startswith(WORKED_OUT):
        assert guarded(text) == text


def test_control_characters_are_shown_as_pictures() -> None:
    assert guarded("a\x00b\x1b\x7f") == "a␀b␛␡"
    assert guarded("two\tcells\r\ntwo lines") == "two\tcells\r\ntwo lines"


def test_there_is_a_file_for_each_sheet(tmp_path: Path) -> None:
    csv_files.write(report([finding(1)]), tmp_path / "new" / "folder", Language.ZH)
    assert {one.name for one in (tmp_path / "new" / "folder").iterdir()} == {
        f"{name}.csv" for name in (
            "overview", "totals", "ageing", "findings", "in_flight", "within", "waived",
            "not_compared", "rules", "sign_offs",
        )
    }  # fmt: skip


def test_files_are_as_excel_in_china_reads_them(tmp_path: Path) -> None:
    csv_files.write(report([finding(1)]), tmp_path, Language.ZH)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        assert data.count(b"\n") == data.count(b"\r\n")
    assert cells(tmp_path / "findings.csv")[0][:3] == ["差异号", "编号", "差异方"]


def test_amounts_are_plain_and_days_iso(tmp_path: Path) -> None:
    one = finding(1, amount=Decimal("1E+6"), key="00012345678901234567")
    signed = SignOff("preparer", "李会计", NOW, "valid", "e" * 64)
    csv_files.write(report([one], sign_offs=(signed,)), tmp_path, Language.EN)
    row = dict(zip(*cells(tmp_path / "findings.csv"), strict=False))
    assert (row["Amount"], row["First seen"], row["Key"]) == (
        "1000000", "2026-11-27", "00012345678901234567",
    )  # fmt: skip
    assert cells(tmp_path / "sign_offs.csv")[1][2] == "2026-11-27 12:00:00"


def test_a_text_of_several_lines_is_one_cell(tmp_path: Path) -> None:
    csv_files.write(report([finding(1, words='a "b", c\r\nd')]), tmp_path, Language.EN)
    assert cells(tmp_path / "findings.csv")[1][17] == 'a "b", c\r\nd'


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_half_a_character_does_not_stop_a_report(tmp_path: Path, text: str) -> None:
    csv_files.write(replace(report([finding(1)]), title=text), tmp_path, Language.EN)
    assert cells(tmp_path / "overview.csv")[1][0] == text.encode("utf-8", "replace").decode()
