"""Two spreadsheets are compared in one command, and wrong input says what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LEFT = "合同号,客户,金额,到期日\nHT-001,恒力,1130.00,2026-10-01\nHT-002,东海,2260.50,2026-10-05\n"
RIGHT = "合同号,客户,金额,到期日\nht001,恒力,1130.01,2026-10-03\nHT-003,东海,1,2026-10-05\n"


def quick(folder: Path, *arguments: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub", "reconcile", "quick", *arguments],
        cwd=folder, env={**os.environ, "HUB_LANG": lang, "HUB_CONFIG": ""},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "left.csv").write_text(LEFT, "utf-8")
    (tmp_path / "right.csv").write_text(RIGHT, "gb18030")
    return tmp_path


def test_two_files_are_compared_and_reports_written(folder: Path) -> None:
    done = quick(folder, "left.csv", "right.csv", "--key", "合同号",
                 "--compare", "金额~0.01,到期日~3d,客户", lang="zh")  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert "'ht001' 按 HT001 比较" in done.stdout
    assert "缺失" in done.stdout
    assert "多余" in done.stdout
    assert "容差内" in done.stdout
    assert {path.suffix for path in folder.glob("quick-*")} == {".html", ".xlsx"}


def test_json_says_the_same_for_programs(folder: Path) -> None:
    done = quick(folder, "left.csv", "right.csv", "--key", "合同号", "--json", "--out", "reports")
    found = json.loads(done.stdout)
    assert found["schema"] == "hub/reconciliation-report@1"
    assert found["kinds"] == {"differs": 2, "extra": 1, "missing": 1}
    assert (folder / "reports").is_dir()


def test_a_row_that_may_stand_there_under_another_number_is_suggested(folder: Path) -> None:
    (folder / "right.csv").write_text(LEFT.replace("HT-001", "HT-OO1"), "utf-8")
    given = ("left.csv", "right.csv", "--key", "合同号", "--compare", "金额")
    assert "HT-001: may be there as HT-OO1, of the same amount" in quick(folder, *given).stdout
    assert "对方可能以 HT-OO1 入账" in quick(folder, *given, lang="zh").stdout
    found = json.loads(quick(folder, *given, "--json").stdout)
    assert {one["key"]: one["words"] for one in found["findings"]} == {
        "HT-001": "may be there as HT-OO1, of the same amount",
        # where it stands there
        "HT-OO1": "2; may be HT-001, of the same amount",
    }


def test_what_moves_between_systems_is_no_rule_of_two_files(folder: Path) -> None:
    done = quick(folder, "left.csv", "right.csv", "--key", "合同号", "--json")
    titles = [title for title, _ in json.loads(done.stdout)["rules"]]
    assert titles[:2] == ["Keys", "Authority"]
    assert not {"Cut-off", "Underway"} & set(titles)


def test_a_file_whose_name_is_no_text_is_compared(folder: Path) -> None:
    odd = os.fsdecode(b"left-\xff.csv")
    (folder / "left.csv").rename(folder / odd)
    done = quick(folder, odd, "right.csv", "--key", "合同号", "--format", "html", "--format", "csv")
    assert (done.returncode, done.stderr) == (1, "")
    assert "left-\\udcff.csv" in done.stdout


def test_files_that_agree_end_with_0(folder: Path) -> None:
    done = quick(folder, "left.csv", "left.csv", "--key", "合同号")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_comparison_is_kept_and_checked_as_a_file(folder: Path) -> None:
    kept = folder / "orders.yaml"
    quick(folder, "left.csv", "right.csv", "--key", "合同号", "--save", str(kept))
    assert kept.read_text("utf-8").startswith("format: 1")
    again = quick(folder, "left.csv", "right.csv", "--key", "合同号", "--save", str(kept))
    assert again.returncode == 2
    assert "nothing was written" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["left.csv", "right.csv"], "--key COLUMN. Likely: 合同号"),
        (["left.csv", "right.csv", "--key", "合同"], "has no column '合同'; it has: 合同号"),
        (["left.csv", "gone.csv", "--key", "合同号"], "gone.csv  E116 The file cannot be read"),
        (["left.csv", "right.csv", "--key", "合同号", "--compare", "金额~~1"], "is no field"),
        (["left.csv", "right.csv", "--key", "合同号", "--compare", "金额~abc"], "is no amount"),
        (["left.csv", "right.csv", "--key", "合同号", "--header", "x"], "LINE or LINE,LINE"),
    ],
    ids=["no key", "no such column", "no such file", "no field", "no tolerance", "no line"],
)
def test_wrong_input_ends_with_2_and_says_what_to_do(
    folder: Path, arguments: list[str], said: str
) -> None:
    done = quick(folder, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(folder.glob("quick-*")) == []
