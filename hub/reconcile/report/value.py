"""What a report says, whatever it is written as: figures in all formats are those of one value.

It holds codes, names, numbers and texts; each format words them in its language. Money and
quantities are exact `Decimal`s. Rows that may be many are functions that yield them anew.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from hub.mapping.reconciliation.slices.value import Sliced

SCHEMA = "hub/reconciliation-report@1"


class Verdict(enum.StrEnum):
    """What a run may say of the systems."""

    #: Everything was read, and nothing is open.
    AGREED = "agreed"
    #: Everything was read, and there are findings.
    FINDINGS = "findings"
    #: A side could not be read wholly: what was found counts, nothing is said of the rest.
    INCOMPLETE = "incomplete"
    #: Nothing can be said.
    FAILED = "failed"


class Severity(enum.StrEnum):
    """How much a finding matters, the most first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class SideReport:
    """One side, and how far it could be read."""

    name: str
    title: str
    #: Where it was read: a connection with its stream or operation, records of the hub, a file.
    source: str
    #: complete, partial, failed.
    state: str
    #: full, incremental, by_key. By key, nothing is said of what stands there beyond the keys.
    read: str
    #: The side whose values are right where nothing else is said.
    authority: bool = False
    #: Why it is not complete, with page and error; empty otherwise.
    reason: str = ""
    pages: int = 0
    rows: int = 0
    keys: int = 0
    #: Rows that have no usable key or value.
    rejected: int = 0
    #: What the system said it holds, before and after it was read.
    declared_before: int | None = None
    declared_after: int | None = None
    started: datetime | None = None
    ended: datetime | None = None
    #: What was guessed or left out while reading, a sentence each.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldReport:
    """How the values of one field agree, over all keys and sides that have it."""

    name: str
    title: str
    #: money, quantity, date …
    type: str
    #: Its tolerance and rules in words.
    rule: str
    #: Sides that have the field.
    sides: tuple[str, ...]
    equal: int = 0
    within: int = 0
    differs: int = 0
    not_comparable: int = 0


@dataclass(frozen=True, slots=True)
class Total:
    """A control total: what one side has more than the other, explained to the last cent."""

    field: str
    title: str
    #: Currency or unit; empty where there is none.
    unit: str
    #: The authority's side, and the one compared with it.
    left_side: str
    right_side: str
    left: Decimal
    right: Decimal
    #: Parts of `left - right`.
    findings: Decimal
    in_flight: Decimal
    within: Decimal
    #: What no row explains; anything but 0 makes the run incomplete.
    rest: Decimal
    #: Of records that need not be on the right side, or are beyond the keys asked for there.
    not_expected: Decimal = Decimal(0)
    #: Of records a side was not read for.
    not_compared: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """Return by how much the left side has more."""
        return self.left - self.right


@dataclass(frozen=True, slots=True)
class SideValue:
    """What one side says of a field."""

    side: str
    #: As it was compared; None: it says nothing.
    value: str | None
    #: As the system gave it, where that reads otherwise.
    original: str | None = None
    #: Where it comes from: mapping and line, file and row, page.
    source: str = ""


@dataclass(frozen=True, slots=True)
class FieldValues:
    """One field of one key on all sides."""

    field: str
    title: str
    values: tuple[SideValue, ...]
    #: equal, within, differs, not_comparable.
    result: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a record, as the ledger tells it."""

    at: datetime
    words: str
    #: Raw answer of a far end, shortened; empty where there is none.
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One key with everything that is known of it."""

    #: As the authority writes it.
    key: str
    #: As it was compared.
    canonical: str
    fields: tuple[FieldValues, ...]
    timeline: tuple[Moment, ...] = ()
    #: Number and state of the annex; empty where there is none.
    annex: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement."""

    id: str
    key: str
    #: Side that lacks it, has it too much or says something else.
    side: str
    #: missing, extra, differs, stale, duplicate, unapproved, key_collision, unkeyed,
    #: not_comparable, unmapped_status.
    kind: str
    #: never_sent, send_failed, changed_at_target …, `unknown` where nobody can tell.
    cause: str
    severity: Severity
    #: open, proposed, repairing, explained, waived, resolved, out_of_scope.
    state: str
    first_seen: datetime
    #: Days since it was seen first.
    age: int
    #: The key as it was compared.
    canonical: str = ""
    #: Where it differs; empty for a whole row.
    field: str = ""
    field_title: str = ""
    #: What the authority says, and what the side says, as they were compared.
    expected: str | None = None
    actual: str | None = None
    #: `actual - expected` in words of the field: an amount, days.
    difference: str = ""
    #: What is at stake, and its currency; None where nobody can tell.
    amount: Decimal | None = None
    currency: str = ""
    customer: str = ""
    owner: str = ""
    #: Name of the pattern it belongs to; empty: alone.
    cluster: str = ""
    #: Why, in a sentence with the evidence: delivery, mapping, far end's words.
    words: str = ""
    #: redeliver, adopt, link, release, task, waive; empty: nothing is proposed.
    proposal: str = ""
    #: Seen in this run for the first time.
    new: bool = False
    #: Reason, person and end of a waiver, or what explains it.
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Findings with one cause: one thing to put right."""

    name: str
    cause: str
    #: The pattern in a sentence: `214 of 230 share: price list mapping v7`.
    words: str
    keys: int
    amount: Decimal | None = None
    currency: str = ""
    #: First delivery that shows it, and the mapping it was made with.
    since: datetime | None = None
    mapping: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """One earlier run, for the line over time."""

    run: str
    ended: datetime
    verdict: Verdict
    open: int
    #: Currency → what is at stake.
    value: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Carried:
    """How findings came and went since the last complete run."""

    new: int = 0
    carried: int = 0
    resolved: int = 0
    waived: int = 0
    reopened: int = 0
    out_of_scope: int = 0
    #: Seen first, agreed at the second look: moved while it was read.
    moved: int = 0


@dataclass(frozen=True, slots=True)
class SignOff:
    """A person's word that the run was prepared, or looked at."""

    #: preparer, reviewer.
    role: str
    person: str
    at: datetime
    #: valid, lapsed.
    state: str
    #: SHA-256 of what was signed.
    hash: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Keys by what was found."""

    #: Keys on any side.
    keys: int = 0
    #: Agree on all sides, those within tolerance too.
    agreed: int = 0
    within: int = 0
    #: Underway by an open delivery, or not yet due.
    in_flight: int = 0
    #: A side was not read for them.
    not_compared: int = 0
    #: Keys with at least one finding that is not waived.
    differing: int = 0
    #: Keys whose findings are all waived: they do not agree, and nobody minds for now.
    waived: int = 0

    @property
    def agreement(self) -> Decimal | None:
        """Return the share of compared keys that agree, from 0 to 1; None: none was compared."""
        compared = self.agreed + self.differing + self.waived
        return Decimal(self.agreed) / compared if compared else None


#: Yields rows that may be many, anew each time it is called.
Rows: TypeAlias = Callable[[], Iterator[Finding]]


def no_rows() -> Iterator[Finding]:
    """Yield nothing."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Report:
    """A run of a reconciliation, whole."""

    #: Name and title of the definition.
    name: str
    title: str
    version: int
    definition_hash: str
    #: Empty for two files that were compared without a store.
    run: str
    #: full, incremental, recheck, quick.
    mode: str
    verdict: Verdict
    #: Why the run is incomplete or failed: each side with page and error; empty otherwise.
    reasons: tuple[str, ...]
    #: Records changed after this were left alone.
    as_of: datetime
    started: datetime
    ended: datetime
    #: IANA zone of the dates in it.
    zone: str
    counts: Counts
    sides: tuple[SideReport, ...]
    fields: tuple[FieldReport, ...]
    totals: tuple[Total, ...] = ()
    #: Ageing buckets in days, ascending: (1, 3, 7, 30) makes ≤1, ≤3, ≤7, ≤30 and older.
    ageing: tuple[int, ...] = (1, 3, 7, 30)
    #: Findings that are not waived or resolved, the gravest and largest first.
    findings: Rows = no_rows
    waived: Rows = no_rows
    #: Not findings: underway, and inside their tolerance.
    in_flight: Rows = no_rows
    within: Rows = no_rows
    #: Keys a side was not read for.
    not_compared: Rows = no_rows
    #: Canonical key → the record page; of those findings that have one.
    record: Callable[[str], Record | None] = lambda key: None
    clusters: tuple[Cluster, ...] = ()
    #: Finding → which rows it may be under another number: suggested, never taken for the same.
    likely: Mapping[str, str] = field(default_factory=dict)
    trend: tuple[Trend, ...] = ()
    carried: Carried = Carried()
    sign_offs: tuple[SignOff, ...] = ()
    #: Below it a finding is low and raises no alarm, by currency.
    materiality: Mapping[str, Decimal] = field(default_factory=dict)
    #: Definition in words: scope, cut-off, keys, tolerances, what a side cannot show.
    rules: tuple[tuple[str, str], ...] = ()
    #: SHA-256 over definition, sides, findings and totals: what a signature is for.
    hash: str = ""
    #: Amounts by state, period and subject; None: the definition asks for none.
    slices: Sliced | None = None
