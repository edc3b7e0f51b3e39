"""Rows that are missing at a side and may be there after all, under another number.

Only suggested, never taken for the same: a person knows. A pair is told where both have the same
amount, currency and customer and no other row has; several rows, where one customer has few, and
one sum of them alone is the amount.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations, islice

from hub.compare import forms
from hub.language import Language, say, told
from hub.reconcile.report.value import Finding

#: Findings that are kept, and suggestions that are told.
_MOST, _TOLD = 200_000, 2_000
#: Rows of one customer of which sums are made.
_SUMMED = 8
#: How names of customers are folded.
_fold = forms.folder(("nfkc", "trim", "one_space", "upper", "brackets"))


@dataclass(frozen=True, slots=True)
class _Row:
    finding: str
    key: str
    amount: Decimal
    #: The side's own ids of it.
    refs: tuple[str, ...]


@dataclass(slots=True)
class _Group:
    """What one side lacks of a customer in a currency, and what it has too much of."""

    missing: list[_Row] = field(default_factory=list)
    extra: list[_Row] = field(default_factory=list)


class Matches:
    """Looks for rows that may be the same, as findings come."""

    def __init__(self) -> None:
        self._groups: defaultdict[tuple[str, str, str], _Group] = defaultdict(_Group)
        self._count = 0

    def add(self, finding: Finding, refs: tuple[str, ...] = ()) -> None:
        """Keep a finding of a whole row; of more than can be kept, nothing is suggested."""
        if finding.kind not in ("missing", "extra") or not finding.amount:
            return
        if finding.cause == "rekeyed_at_target":
            # under which number is known
            return
        self._count += 1
        if self._count > _MOST:
            self._groups.clear()
            return
        group = self._groups[finding.side, finding.currency, _fold(finding.customer)]
        rows = group.missing if finding.kind == "missing" else group.extra
        rows.append(_Row(finding.id, finding.key, finding.amount, refs))

    def told(self, language: Language) -> Mapping[str, str]:
        """Return finding → what it may be, in a sentence."""
        found: dict[str, str] = {}
        for missing, extra in islice(self._matched(), _TOLD):
            found |= _sentences(missing, extra, language)
        return found

    def pairs(self) -> Mapping[str, tuple[str, str]]:
        """Return finding of a missing row → key and id of the only one that may be it."""
        return {
            missing[0].finding: (extra[0].key, extra[0].refs[0])
            for missing, extra in islice(self._matched(), _TOLD)
            if len(missing) == len(extra) == len(extra[0].refs) == 1
        }

    def _matched(self) -> Iterator[tuple[Sequence[_Row], Sequence[_Row]]]:
        for (_, _, customer), group in self._groups.items():
            yield from _matched(group, summed=bool(customer))


def _matched(group: _Group, *, summed: bool) -> Iterator[tuple[Sequence[_Row], Sequence[_Row]]]:
    """Yield the rows that are missing and those that are there in their place; one and several."""
    missing, extra = _by_amount(group.missing), _by_amount(group.extra)
    pairs = [
        (missing[amount], extra[amount]) for amount in missing.keys() & extra.keys()
        if len(missing[amount]) == len(extra[amount]) == 1
    ]  # fmt: skip
    yield from sorted(pairs, key=lambda pair: pair[0][0].key)
    if not summed:
        return
    paired = {row.finding for pair in pairs for rows in pair for row in rows}
    left = [row for row in group.missing if row.finding not in paired]
    over = [row for row in group.extra if row.finding not in paired]
    sums = [*_sums(left, over), *((lacks, has) for has, lacks in _sums(over, left))]
    used = Counter(row.finding for pair in sums for rows in pair for row in rows)
    yield from (
        pair for pair in sums if all(used[row.finding] == 1 for rows in pair for row in rows)
    )


def _by_amount(rows: Sequence[_Row]) -> Mapping[Decimal, list[_Row]]:
    found: defaultdict[Decimal, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row.amount].append(row)
    return found


def _sums(
    ones: Sequence[_Row], parts: Sequence[_Row]
) -> Iterator[tuple[Sequence[_Row], Sequence[_Row]]]:
    """Yield each row that one sum of others alone makes up."""
    if len(parts) > _SUMMED or len(ones) > _SUMMED:
        return
    sums: defaultdict[Decimal, list[Sequence[_Row]]] = defaultdict(list)
    for count in range(2, len(parts) + 1):
        for some in combinations(parts, count):
            sums[sum((row.amount for row in some), Decimal(0))].append(some)
    for one, *others in _by_amount(ones).values():
        if not others and len(sums.get(one.amount, ())) == 1:
            yield [one], sums[one.amount][0]


def _sentences(
    missing: Sequence[_Row], extra: Sequence[_Row], language: Language
) -> Mapping[str, str]:
    there, lacking = ", ".join(row.key for row in extra), ", ".join(row.key for row in missing)
    if len(missing) == len(extra) == 1:
        lacks = say("may be there as {keys}, of the same amount", keys=there)
        has = say("may be {keys}, of the same amount", keys=lacking)
    else:
        lacks = say("may be there as {keys}: together the same amount", keys=there)
        has = say("may be {keys}: together the same amount", keys=lacking)
    return {
        **{row.finding: told(lacks, language) for row in missing},
        **{row.finding: told(has, language) for row in extra},
    }
