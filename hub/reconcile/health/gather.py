"""Reads the commitments of a period from the store: one walk, in batches, at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from hub import records
from hub.compare import forms
from hub.reconcile.health.edges import Edges
from hub.reconcile.health.figures import Figures
from hub.reconcile.health.spool import Spool
from hub.reconcile.health.states import judge
from hub.reconcile.health.value import Asked, Commitment
from hub.store import health
from hub.store.health import Known
from hub.store.queries import see_one_moment

#: Where a record says whose it is. Marked as personal, it is in no report.
_OWNERS = frozenset({"owner", "salesperson"})
_fold = forms.folder(forms.KEY_RULES)


def gather(tx: Connection, asked: Asked, spool: Spool) -> Figures:
    """Put the commitments of the period into a spool; return their figures."""
    see_one_moment(tx)
    figures = Figures(asked)
    edges = Edges(tx)
    wanted = health.Wanted(asked.kind, asked.since, asked.until, asked.connection)
    for batch in health.batches(tx, wanted):
        found = list(judged(tx, batch, asked, edges))
        for one in found:
            figures.add(one)
        spool.add(found)
    spool.sort()
    return figures


def numbered(tx: Connection, number: str, asked: Asked) -> list[Commitment]:
    """Return the commitments of a number, whenever they came."""
    found = health.numbered(tx, asked.kind, number, asked.connection)
    return list(judged(tx, found, asked, Edges(tx)))


def judged(
    tx: Connection, batch: Iterable[Known], asked: Asked, edges: Edges
) -> Iterator[Commitment]:
    """Yield what became of each record of a batch."""
    known = list(batch)
    found = health.findings(tx, [key_of(one.number) for one in known])
    shows = shows_owner(asked.kind)
    for one in known:
        one.findings = [
            finding for finding in found.get(key_of(one.number), ())
            if finding.evidence.get("record") in (None, one.record_id)
        ]  # fmt: skip
        yield judge(one, asked, edges.before, shows_owner=shows)


def key_of(number: str) -> str:
    """Return the key findings of a record have."""
    return _fold(number)[:200]


def shows_owner(kind: str) -> bool:
    """Say whether a report may name whose a record is."""
    return not _OWNERS & records.kind(kind).personal.keys()
