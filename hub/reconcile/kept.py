"""Reports of runs that have ended, as they were kept in the store."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hub.errors import HubError
from hub.language import say
from hub.reconcile.report.spool import Spool
from hub.reconcile.report.stored import report_of as rebuilt
from hub.reconcile.report.value import Report, SignOff
from hub.store import payloads, reconciliations
from hub.store.engine import Store
from hub.store.reconciliations import Run


def run_of(store: Store, given: str) -> Run:
    """Return the run of an id, of a unique ending of it, or the last one of a reconciliation."""
    found = store.read_now(reconciliations.run, given)
    if found is None:
        raise HubError(
            say("There is no run {given}. `hub reconcile list` shows those there are.", given=given)
        )
    return found


@contextlib.contextmanager
def report_of(store: Store, run: Run) -> Iterator[Report]:
    """Open the report of a run; `HubError` where it has none (yet, or any more)."""
    if run.ended_at is None:
        raise HubError(say("{run} is still running ({state}).", run=run.id[-12:], state=run.state))
    shas = store.read_now(reconciliations.parts, run.id)
    if not shas:
        reasons = "; ".join(map(str, run.reasons))
        raise HubError(
            say("{run} ended {state} and has no report. {reasons}",
                run=run.id[-12:], state=run.state, reasons=reasons)
        )  # fmt: skip
    signed = [
        SignOff(one["role"], one["person"], one["at"], one["state"], one["hash"],
                one["reason"] or "")
        for one in store.read_now(reconciliations.sign_offs, run.id)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="hub-report-") as folder:
        spool = Spool(Path(folder) / "report.db")
        try:
            # part by part: a report may be larger than what one wants in memory
            head, *others = shas
            for sha in others:
                spool.fill(_part(store, run, sha))
            yield rebuilt(_part(store, run, head), spool, signed)
        finally:
            spool.close()


def _part(store: Store, run: Run, sha: str) -> bytes:
    found = store.read_now(payloads.get, [sha]).get(sha)
    if found is None:
        raise HubError(
            say("A part of the report of {run} was erased. Run it again.", run=run.id[-12:])
        )
    return found
