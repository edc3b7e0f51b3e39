"""Was anything lost, was anything applied twice? The books of hub and far ends, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hub.demo import texts
from hub.demo.agreement import Agreed
from hub.demo.story import Commitment, Twist
from hub.demo.watch import Books
from hub.language import Language
from hub.store.views import Row
from hub.testing.simulator import count_effects

#: Says a line in a language.
Say: TypeAlias = Callable[[Language], str]

_DONE = frozenset({"delivered", "superseded", "cancelled", "skipped"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was written down on both sides when the story was over."""

    story: Sequence[Commitment]
    books: Books
    #: Webhooks sent to the hub: `sha256` of the body, `taken`.
    calls: Sequence[Mapping[str, Any]]
    #: Simulated connection → what took effect there: `key`, `what`.
    effects: Mapping[str, Sequence[Mapping[str, Any]]]
    #: Connection that runs the real product → key → how often it stands there.
    standing: Mapping[str, Mapping[str, int]]
    #: Number → form of the commitment at the end.
    forms: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a demo, as `--check --json` prints it."""

    accepted: int
    ignored_duplicates: int
    deliveries: int
    delivered: int
    confirmed: int
    dead: int
    #: Watermarked annexes that were issued.
    annexes: int
    lost: int
    applied_twice: int
    #: None where the demo did not come so far.
    reconciliation: Agreed | None
    seconds: float


def judge(
    evidence: Evidence,
    seconds: float,
    language: Language = Language.EN,
    annexes: int = 0,
    reconciliation: Agreed | None = None,
) -> tuple[Verdict, list[str]]:
    """Return the verdict, and one line for everything that is not as it should be."""
    taken = [call["sha256"] for call in evidence.calls if call["taken"]]
    rows = evidence.books.deliveries
    lost = [*_lost_messages(evidence.books, taken), *_lost_effects(evidence)]
    twice = list(_applied_twice(evidence))
    wrong = [*lost, *twice, *_unfinished(evidence.story, rows)]
    states = Counter(row["state"] for row in rows)
    verdict = Verdict(
        accepted=len(taken),
        ignored_duplicates=len(taken) - len(set(taken)),
        deliveries=len(rows),
        delivered=states["delivered"],
        confirmed=sum(row["confirm"] == "confirmed" for row in rows),
        dead=states["dead"],
        annexes=annexes,
        lost=len(lost),
        applied_twice=len(twice),
        reconciliation=reconciliation,
        seconds=round(seconds, 1),
    )
    return verdict, [say(language) for say in wrong]


def _line(key: str, **values: object) -> Say:
    return lambda language: texts.text(language, f"wrong.{key}", **values)


def _lost_messages(books: Books, taken: Sequence[str]) -> list[Say]:
    """Return a line for every webhook that was answered 2xx and is not in the inbox."""
    sent = set(taken)
    gone = [_line("not_stored", sha=sha) for sha in sorted(sent - books.stored)]
    return gone + [_line("no_message")] * (len(sent) - len(gone) - books.messages)


def _lost_effects(evidence: Evidence) -> Iterator[Say]:
    """Yield a line for every system that does not hold an approved commitment."""
    held = {
        **{name: {one["key"] for one in some} for name, some in evidence.effects.items()},
        **{name: set(keys) for name, keys in evidence.standing.items()},
    }
    rows = evidence.books.deliveries
    for commitment in evidence.story:
        if commitment.arrives:
            for name in ("erp", "wms") if commitment.has_goods else ("erp",):
                if not _holds(commitment, held[name], [r for r in rows if r["connection"] == name]):
                    yield _line("not_held", number=commitment.number, name=name)
            if not evidence.forms[commitment.number].get("hub_status"):
                yield _line("not_told", number=commitment.number)
        elif commitment.twist is Twist.REVOKED and not _taken_back(commitment, rows):
            yield _line("not_taken_back", number=commitment.number)


def _holds(commitment: Commitment, held: set[str], rows: Sequence[Row]) -> bool:
    return any(
        row["state"] == "delivered" and row["intent"] == "put" and row["key"] in held
        for row in rows
        if (row["number"], row["revision"]) == (commitment.number, commitment.last_revision)
    )


def _taken_back(commitment: Commitment, rows: Sequence[Row]) -> bool:
    ended = {
        row["connection"]
        for row in rows
        if row["number"] == commitment.number
        and row["intent"] == "compensate"
        and row["state"] == "delivered"
    }
    return {"erp", "wms"} <= ended


def _applied_twice(evidence: Evidence) -> Iterator[Say]:
    """Yield a line for every effect a far end shows more often than the hub meant it."""
    meant = Counter(
        (row["connection"], row["key"])
        for row in evidence.books.deliveries
        if row["action"] in ("create", "update") and row["tries"]
    )
    for name, effects in evidence.effects.items():
        for effect, times in count_effects(list(effects)):
            key = effect.partition(":")[2]
            if times > max(1, meant[name, key]):
                yield _line("twice", name=name, times=times, what=effect)
    for name, keys in evidence.standing.items():
        yield from (
            _line("twice", name=name, times=times, what=key)
            for key, times in keys.items()
            if times > 1
        )


def _unfinished(story: Sequence[Commitment], rows: Sequence[Row]) -> Iterator[Say]:
    """Yield a line for every delivery that is neither done nor rightly where it is."""
    twists = {one.number: one.twist for one in story}
    for row in rows:
        twist = twists[row["number"]]
        if twist is Twist.AUTO_PASSED:
            yield _line("unapproved", delivery=_name(row))
        elif row["state"] not in _DONE and not _rightly(row, twist):
            words = row["reason"] or row["words"] or ""
            yield _line("unfinished", delivery=_name(row), state=row["state"], words=words)


def _rightly(row: Row, twist: Twist) -> bool:
    """Say whether a delivery waits for a person as it should."""
    if twist in (Twist.REFUSED, Twist.CORRECTED):
        # refused by the ERP, and whatever comes after that step
        return row["state"] == "blocked" or (row["connection"], row["state"], row["reason"]) == (
            "erp", "dead", "rejected",
        )  # fmt: skip
    # the CRM's form is put right by hand: the platform cannot take a write back
    holds = [wait["kind"] for wait in row["waits_for"]] == ["hold"]
    return twist is Twist.REVOKED and row["state"] == "blocked" and holds


def _name(row: Row) -> str:
    return f"{row['number']} r{row['revision']} → {row['connection']}"
