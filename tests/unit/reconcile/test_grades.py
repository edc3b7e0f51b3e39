"""How much a finding matters: the first severity of the file whose condition is about it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.mapping.bundle import read_bundle
from hub.mapping.reconciliation.rows import Layout
from hub.mapping.reconciliation.together import judged
from hub.reconcile.present import Presenter

FILE = """\
reconciliation: two
sides:
  crm: {connection: crm, stream: o, key: number}
  erp: {connection: erp, stream: o, key: no}
compare:
  amount: {as: money, severity: high, crm: amount, erp: amount}
  note: {severity: low, crm: note, erp: note}
severity:
  - {if: amount > 1000, then: critical}
  - {if: field == "note" and side == "erp", then: medium}
"""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"amount": "5000"}, {"amount": "critical"}),
        ({"amount": "11"}, {"amount": "high"}),
        # nothing is at stake in a note: whether that is over 1000 cannot be asked
        ({"note": "b"}, {"note": "medium"}),
        ({"amount": "5000", "note": "b"}, {"amount": "critical", "note": "medium"}),
    ],
    ids=["much", "little", "no-amount", "both"],
)
def test_a_severity_that_asks_for_an_amount_is_about_findings_with_one(
    changed: dict[str, str], expected: dict[str, str]
) -> None:
    definition = read_bundle({"own/r.yaml": FILE.encode()}).reconciliations["two"]
    crm = {"number": "A", "amount": "10", "note": "a"}
    erp = {"no": "A", "amount": "10", "note": "a", **changed}
    (opinion,) = judged(definition, {"crm": [crm], "erp": [erp]})
    present = Presenter(definition, Layout(definition))
    now = datetime(2026, 6, 1, tzinfo=UTC)
    found = [present.finding(seen, opinion, now) for seen in opinion.seen]
    assert {one.field: str(one.severity) for one in found} == expected
