"""Says which side is wrong, and why: what was seen of a key, against what the ledger knows.

The first line that fits wins; what nobody can explain is `unknown`, never guessed. What is underway
is no finding, and what a route does not send need not be there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.compare.fields import Result
from hub.language import Message, say
from hub.mapping.reconciliation.definition import REVISION
from hub.mapping.reconciliation.judge import Opinion, Seen
from hub.mapping.reconciliation.rows import Layout, Row
from hub.store.evidence import Evidence

#: States of a delivery that goes on by itself or waits for something.
_UNDERWAY = ("blocked", "ready", "sending", "accepted")
#: What a blocked delivery waits for when only a person can help.
_HELD = {"hold", "gate", "observe"}


@dataclass(frozen=True, slots=True)
class Classified:
    """A disagreement with its cause."""

    seen: Seen
    kind: str
    cause: str
    words: Message | str = ""
    #: Underway: no finding.
    in_flight: bool = False
    #: Right as it is: no finding.
    agreed: bool = False
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What must be known besides the key."""

    now: datetime
    in_flight_for: timedelta
    #: When the reading of each side began.
    began: Mapping[str, datetime]
    layout: Layout
    #: Sides of which the ledger can tell what was sent there.
    told_of: Collection[str]
    #: Evidence and revision → what the authority said in it, None where that is not kept.
    said: Callable[[Evidence, int], Row | None]


def classify(
    seen: Seen, opinion: Opinion, known: Evidence | None, around: Circumstances
) -> Classified:
    """Return a disagreement with its cause; `known` is what the ledger says of record and side."""
    if opinion.moving:
        return Classified(seen, seen.kind, "moving", in_flight=True)
    match seen.kind:
        case "duplicate":
            return _duplicate(seen, known)
        case "extra":
            return _extra(seen, known)
        case "unapproved":
            return _late(seen, opinion)
        case "missing":
            return _missing(seen, opinion, known, around)
        case "key_collision" | "unmapped_status" | "not_comparable":
            return Classified(seen, seen.kind, "mapping" if seen.kind != "key_collision" else
                              "unknown", _because(seen))  # fmt: skip
    return _differs(seen, opinion, known, around)


def _because(seen: Seen) -> Message | str:
    return seen.judged.why or ""


def _duplicate(seen: Seen, known: Evidence | None) -> Classified:
    ours = {str(link.external_id) for link in known.links} if known is not None else set()
    theirs = [ref for ref in seen.refs if ref not in ours]
    sent = [one for one in known.deliveries if one.unsure] if known is not None else []
    if sent:
        words = say("the answer of an attempt was lost, and another one was made; stray: {refs}",
                    refs=", ".join(theirs) or "-")  # fmt: skip
        return Classified(seen, "duplicate", "resent", words, evidence=_of(sent[-1]))
    words = say("{refs}: not made by the hub", refs=", ".join(theirs or seen.refs))
    return Classified(seen, "duplicate", "outside_hub", words)


def _late(seen: Seen, opinion: Opinion) -> Classified:
    words = say("it is there since {made}, and was approved {approved}",
                made=opinion.rows[seen.side].moment,
                approved=opinion.rows[seen.against].moment)  # fmt: skip
    return Classified(seen, "unapproved", "late", words)


def _extra(seen: Seen, known: Evidence | None) -> Classified:
    if known is None:
        words = say("nobody here knows of it: {refs}", refs=", ".join(seen.refs) or seen.key)
        return Classified(seen, "extra", "outside_hub", words)
    delivered = [one for one in known.deliveries if one.state == "delivered"]
    evidence = _of(delivered[-1] if delivered else None)
    if known.revision in known.revoked:
        words = say("revision {revision} was revoked after it was delivered",
                    revision=known.revision)  # fmt: skip
        return Classified(
            seen,
            "unapproved",
            "withdrawn",
            words,
            evidence=_of(delivered[-1] if delivered else None),
        )
    if known.planned < known.revision and not delivered:
        words = say("it stands there, and nobody has approved it")
        return Classified(seen, "unapproved", "outside_hub", words)
    return Classified(seen, "extra", "unknown", evidence=evidence)


def _missing(
    seen: Seen, opinion: Opinion, known: Evidence | None, around: Circumstances
) -> Classified:
    row = opinion.rows.get(seen.against)
    if seen.side not in around.told_of:
        # the hub carries nothing between these two
        return Classified(seen, "missing", "unknown")
    if known is None:
        words = say("the hub never received it")
        return Classified(seen, "missing", "never_sent", words)
    last = _last(known)
    if last is None:
        return _not_sent(seen, known, row)
    if last.state in _UNDERWAY or last.state in ("in_doubt", "dead"):
        return _open(seen, "missing", last, known, around)
    by_hand = last.state == "skipped" and last.external_id
    if last.state != "delivered" and not by_hand:
        return Classified(seen, "missing", "unknown", evidence=_of(last))
    if last.finished_at is not None and last.finished_at >= around.began[seen.side]:
        return Classified(seen, "missing", "in_flight", in_flight=True, evidence=_of(last))
    words = say("delivered {at} as {id}, and no longer there",
                at=_at(last.finished_at), id=last.external_id or last.key or "?")  # fmt: skip
    return Classified(seen, "missing", "deleted_at_target", words, evidence=_of(last))


def _not_sent(seen: Seen, known: Evidence, row: Row | None) -> Classified:
    """Return why a record the hub knows has no delivery to this side."""
    if known.planned >= known.revision:
        # the route decided that this side needs nothing of it
        return Classified(seen, "missing", "not_due", agreed=True)
    state, reason = known.message or ("", "")
    if state in ("received", "fetching"):
        return Classified(seen, "missing", "in_flight", in_flight=True)
    if state == "waiting":
        words = say("it waits: {reason}", reason=reason)
        return Classified(seen, "missing", "held", words)
    if state == "failed":
        words = say("its message failed: {reason}", reason=reason)
        return Classified(seen, "missing", "send_failed", words)
    return Classified(seen, "missing", "never_sent", say("no route has taken it"))


def _open(seen: Seen, kind: str, last: Any, known: Evidence, around: Circumstances) -> Classified:
    """Return what an unfinished delivery says, or the one it can only wait for in vain."""
    if last.state == "blocked":
        last = _stopped(known, last) or last
    evidence = _of(last)
    if last.state == "dead":
        words = say("{reason}: {words}", reason=last.reason or "dead", words=last.words or "-")
        return Classified(seen, kind, "send_failed", words, evidence=evidence)
    if last.state == "in_doubt":
        words = say("nobody knows whether it was applied: {words}", words=last.words or "-")
        return Classified(seen, kind, "in_doubt", words, evidence=evidence)
    if around.now - last.created_at < around.in_flight_for:
        return Classified(seen, kind, "in_flight", in_flight=True, evidence=evidence)
    held = known.waits.get(last.id, set()) & _HELD
    words = say("underway since {at}: {state} {words}", at=_at(last.created_at),
                state=last.state, words=last.words or ", ".join(sorted(held)))  # fmt: skip
    return Classified(seen, kind, "held" if held else "stuck", words, evidence=evidence)


def _differs(
    seen: Seen, opinion: Opinion, known: Evidence | None, around: Circumstances
) -> Classified:
    last = _last(known) if known is not None else None
    if known is None or last is None:
        return Classified(seen, seen.kind, "unknown")
    if last.state in _UNDERWAY or last.state in ("in_doubt", "dead"):
        kind = "stale" if seen.kind in ("stale", "differs") else seen.kind
        return _open(seen, kind, last, known, around)
    if last.state != "delivered":
        return Classified(seen, seen.kind, "unknown", evidence=_of(last))
    if last.finished_at is not None and last.finished_at >= around.began[seen.side]:
        return Classified(seen, seen.kind, "in_flight", in_flight=True, evidence=_of(last))
    return _changed(seen, opinion, known, last, around)


def _changed(
    seen: Seen, opinion: Opinion, known: Evidence, last: Any, around: Circumstances
) -> Classified:
    """Return who changed what: the far end, somebody there, or the source without a revision."""
    theirs = opinion.rows.get(seen.side)
    evidence = _of(last)
    if theirs is not None:
        delivered = around.said(known, last.revision)
        if delivered is not None and _same(theirs, delivered, around.layout):
            if last.revision < known.revision:
                words = say("revision {revision} is not delivered yet", revision=known.revision)
                return Classified(seen, "stale", "never_sent", words, evidence=evidence)
            words = say("there stands what was delivered; the source changed without a revision")
            return Classified(seen, "differs", "changed_at_source", words, evidence=evidence)
        for revision in sorted({one.revision for one in known.deliveries}, reverse=True):
            earlier = around.said(known, revision) if revision < last.revision else None
            if earlier is not None and _same(theirs, earlier, around.layout):
                words = say("revision {new} was delivered {at}, and {old} stands there again",
                            new=last.revision, at=_at(last.finished_at), old=revision)  # fmt: skip
                return Classified(seen, "stale", "rolled_back_at_target", words, evidence=evidence)
    if last.confirm == "confirmed":
        words = say("read back as delivered {at}; somebody changed it there since",
                    at=_at(last.finished_at))  # fmt: skip
        return Classified(seen, seen.kind, "changed_at_target", words, evidence=evidence)
    if last.confirm == "differs":
        words = say("it never stood there as delivered: {words}", words=last.words or "-")
        return Classified(seen, seen.kind, "mapping", words, evidence=evidence)
    words = say("delivered {at}, never read back", at=_at(last.finished_at))
    return Classified(seen, seen.kind, "changed_at_target", words, evidence=evidence)


def _same(theirs: Row, said: Row, layout: Layout) -> bool:
    """Say whether a side holds, in all fields it has, what the authority said then."""
    compared = False
    for name, field_ in layout.fields.items():
        if name == REVISION or name not in theirs.values or name not in said.values:
            continue
        compared = True
        judged = field_.judge(said.values[name], theirs.values[name], max(said.lines, theirs.lines))
        if judged.result not in (Result.EQUAL, Result.WITHIN):
            return False
    return compared


def _last(known: Evidence) -> Any | None:
    """Return the newest delivery that still says something."""
    counting = [
        one for one in known.deliveries
        if one.state not in ("superseded", "cancelled") and one.intent != "compensate"
    ]  # fmt: skip
    return counting[-1] if counting else None


def _stopped(known: Evidence, blocked: Any) -> Any | None:
    """Return the delivery that stops a blocked one: what was planned with it or since is dead."""
    stopped = [
        one for one in known.deliveries
        if one.state in ("dead", "in_doubt") and one.created_at >= blocked.created_at
    ]  # fmt: skip
    return stopped[-1] if stopped else None


def _of(delivery: Any | None) -> dict[str, Any]:
    if delivery is None:
        return {}
    return {
        "delivery": delivery.id, "state": delivery.state, "revision": delivery.revision,
        "mapping": delivery.mapping, "bundle": delivery.bundle, "payload": delivery.payload,
        "external_id": delivery.external_id, "record": delivery.record_id,
        "delivered_at": delivery.finished_at and delivery.finished_at.isoformat(),
        "correlation": delivery.correlation_id,
    }  # fmt: skip


def _at(moment: datetime | None) -> str:
    return moment.isoformat(" ", "minutes") if moment is not None else "?"
