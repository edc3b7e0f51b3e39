"""A document that was read twice, as it changed meanwhile, counts as it stood last."""

from __future__ import annotations

import pytest

from hub.mapping.bundle import read_bundle
from hub.mapping.reconciliation.rows import Layout, Row, counting

TEXT = """\
reconciliation: two
sides:
  crm: {connection: crm, stream: o, key: number, modified: at}
  erp: {connection: erp, stream: o, each: lines, key: no, many: true}
compare:
  amount: {as: number, crm: amount, erp: amount}
"""
ONE = read_bundle({"own/r.yaml": TEXT.encode()}).reconciliations["two"]
LAYOUT = Layout(ONE)


def row(number: int, modified: str, amount: int = 0) -> Row:
    return Row("CM1", "CM-1", "7", "7", number, modified, 1, {"amount": amount})


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-11-27T08:00:00Z", "2026-11-27T08:00:00.500Z"),
        ("2026-11-27T16:00:00+08:00", "2026-11-27T09:00:00Z"),
        ("2026-11-27 08:00:00", "2026-11-27 08:00:00.5"),
        ("999", "1000"),
        ("", "2026-11-27"),
    ],
)
def test_the_later_change_counts_however_its_time_is_written(earlier: str, later: str) -> None:
    for rows in ([row(1, earlier), row(2, later)], [row(2, later), row(9, earlier)]):
        assert [one.modified for one in counting(rows, LAYOUT, ONE.sides["crm"])] == [later]


def test_of_equal_times_the_one_read_last_counts() -> None:
    rows = [row(2, "2026-11-27T08:00:00Z"), row(1, "2026-11-27T16:00:00+08:00")]
    assert [one.number for one in counting(rows, LAYOUT, ONE.sides["crm"])] == [2]


def test_all_lines_of_the_document_read_last_count_whichever_changed() -> None:
    rows = [row(1, "2026-11-26", 5), row(2, "2026-11-27", 2), row(2, "2026-11-20", 4)]
    (found,) = counting(rows, LAYOUT, ONE.sides["erp"])
    assert found.values == {"amount": 6}
