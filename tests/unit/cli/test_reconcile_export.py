"""A report that cannot be written to its end leaves what was there before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sample_report import finding, report

from hub.cli import reconcile_files
from hub.cli.reconcile import Format
from hub.cli.session import Session
from hub.language import Language
from hub.reconcile.report.value import Finding

HERE = Session(None, Language.EN)
WHOLE = report([finding(at) for at in range(20)])


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def breaking_off() -> Iterator[Finding]:
    yield finding(1, key="NEW-1")
    raise OSError("the disk is gone")


@pytest.mark.parametrize(
    ("format_", "changes"),
    [
        *((one, {"findings": breaking_off}) for one in Format),
        # the findings come before them
        (Format.CSV, {"findings": lambda: iter([finding(1)]), "not_compared": breaking_off}),
        (Format.JSON, {"findings": lambda: iter([finding(1)]), "not_compared": breaking_off}),
    ],
)
def test_an_export_that_breaks_off_keeps_the_files_of_the_last_one(
    tmp_path: Path, format_: Format, changes: dict[str, Any]
) -> None:
    reconcile_files.write_all(HERE, WHOLE, tmp_path, [format_], quiet=True)
    before = contents(tmp_path)
    assert before
    broken = replace(WHOLE, title="NEW", **changes)
    with pytest.raises(OSError, match="disk is gone"):
        reconcile_files.write_all(HERE, broken, tmp_path, [format_], quiet=True)
    assert contents(tmp_path) == before
