"""Findings that share a pattern: one thing to put right, not two hundred.

A pattern is what is the same about how values differ (everything 1.13 times as much, CNY where USD
was meant), or what a far end said of deliveries that failed. It is told from so many keys on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from hub.compare.fields import Field, FieldType
from hub.compare.forms import Form
from hub.language import Language, Message, say, told
from hub.mapping.reconciliation.judge import Seen
from hub.reconcile.report.value import Cluster, Finding

#: A pattern has at least so many keys, or this share of the keys of its side and a few.
_KEYS, _SHARE, _FEW = 20, 0.05, 3
#: Patterns that are counted, and clusters that are told.
_MOST, _TOLD = 5_000, 20
#: Causes whose words say what a far end, or a gate, said of all of them alike.
_SAYING = frozenset({"send_failed", "in_doubt", "held"})
_APART = "\n"


@dataclass(slots=True)
class _Pattern:
    side: str
    #: Of the field; empty where whole rows are missing.
    title: str
    words: Message | str
    #: Worked out the same way: patterns of two ways would count the same findings twice.
    way: str
    keys: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    mappings: Counter[str] = field(default_factory=Counter)
    amounts: dict[str, Decimal] = field(default_factory=dict)
    since: datetime | None = None


class Clusters:
    """Counts patterns as findings come."""

    def __init__(self) -> None:
        self._patterns: dict[str, _Pattern] = {}
        self._all: Counter[tuple[str, str]] = Counter()

    def add(
        self, finding: Finding, seen: Seen, field_: Field | None, evidence: Mapping[str, Any]
    ) -> str:
        """Count a finding; return the names of the patterns it may belong to, for `labelled`."""
        names = []
        self._all[finding.side, finding.field_title] += 1
        for way, sign, words in _patterns(finding, seen, field_):
            name = f"{finding.side}.{finding.field or finding.kind} {way} {sign}"[:100]
            found = self._patterns.get(name)
            if found is None:
                if len(self._patterns) >= _MOST:
                    continue
                found = self._patterns[name] = _Pattern(
                    finding.side, finding.field_title, words, way
                )
            _count(found, finding, evidence)
            names.append(name)
        return _APART.join(names)

    def told(self, keys: Mapping[str, int], language: Language) -> tuple[Cluster, ...]:
        """Return the patterns that many keys share, the largest first; `keys` of each side."""
        large = {
            name: one for name, one in self._patterns.items()
            if one.keys >= _KEYS or one.keys >= max(keys.get(one.side, 0) * _SHARE, _FEW)
        }  # fmt: skip
        ways: Counter[tuple[str, str, str]] = Counter()
        for one in large.values():
            ways[one.side, one.title, one.way] += one.keys
        best: dict[tuple[str, str], str] = {}
        for (side, title, way), _ in ways.most_common():
            best.setdefault((side, title), way)
        chosen = [
            (name, one) for name, one in large.items() if best[one.side, one.title] == one.way
        ]
        chosen.sort(key=lambda item: (-item[1].keys, item[0]))
        return tuple(self._cluster(name, one, language) for name, one in chosen[:_TOLD])

    def _cluster(self, name: str, one: _Pattern, language: Language) -> Cluster:
        currency, amount = max(
            one.amounts.items(), key=lambda item: (item[1], item[0]), default=("", None)
        )
        mapping, count = one.mappings.most_common(1)[0] if one.mappings else ("", 0)
        words = say("{keys} of {all} share: {pattern}", keys=one.keys,
                    all=self._all[one.side, one.title], pattern=one.words)  # fmt: skip
        return Cluster(
            name=name, cause=one.causes.most_common(1)[0][0], words=told(words, language),
            keys=one.keys, amount=amount, currency=currency, since=one.since,
            mapping=mapping if count == one.keys else "",
        )  # fmt: skip


def labelled(
    rows: Iterable[Finding], names: Collection[str], likely: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield findings with the name of the cluster they belong to, instead of all they may.

    Their words say what they are likely to be, where somebody knows.
    """
    for one in rows:
        words, cluster = one.words, one.cluster
        if cluster:
            cluster = next((name for name in cluster.split(_APART) if name in names), "")
        if one.id in likely:
            words = "; ".join(filter(None, (words, likely[one.id])))
        changed = (words, cluster) != (one.words, one.cluster)
        yield replace(one, words=words, cluster=cluster) if changed else one


def _count(found: _Pattern, finding: Finding, evidence: Mapping[str, Any]) -> None:
    found.keys += 1
    found.causes[finding.cause] += 1
    if evidence.get("mapping"):
        found.mappings[f"{evidence['mapping']} ({evidence['bundle'][:8]})"] += 1
    if finding.amount is not None:
        before = found.amounts.get(finding.currency, Decimal(0))
        found.amounts[finding.currency] = before + finding.amount
    delivered = evidence.get("delivered_at")
    if delivered is not None:
        at = datetime.fromisoformat(delivered)
        found.since = at if found.since is None else min(found.since, at)


def _patterns(
    finding: Finding, seen: Seen, field_: Field | None
) -> Iterator[tuple[str, str, Message | str]]:
    """Yield way, sign and words of each pattern a finding may belong to."""
    title = finding.field_title
    if field_ is None:
        if finding.cause in _SAYING and finding.words:
            yield "words", finding.words, finding.words
        return
    left, right = _number(seen.expected), _number(seen.actual)
    of_days = field_.type is FieldType.DATE
    if left is None or right is None:
        shown = f"{finding.expected or '–'} → {finding.actual or '–'}"
        yield "pair", shown, say("{field}: {pair}", field=title, pair=shown)
        return
    if left and right and not of_days:
        ratio = (Decimal(right) / left).quantize(Decimal("0.0001")).normalize()
        if ratio != 1:
            sign = format(ratio, "f")
            yield "ratio", sign, say("{field}: {ratio} times as much", field=title, ratio=sign)
    yield (
        "difference", finding.difference,
        say("{field}: apart by {difference}", field=title, difference=finding.difference),
    )  # fmt: skip


def _number(form: Form) -> int | None:
    """Return the number of an amount, or of a day."""
    if isinstance(form, tuple) and form and isinstance(form[0], int):
        return form[0]
    return form if isinstance(form, int) else None
