"""What a reconciliation does about findings: how much they matter, and what repairs them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hub.language import say
from hub.mapping import reading
from hub.mapping.data.shape import Shape
from hub.mapping.faults import Faults
from hub.mapping.reading import Word, Words
from hub.mapping.reconciliation.fields import SEVERITIES
from hub.mapping.route import Condition, read_condition
from hub.mapping.rule.site import Site
from hub.yamlfile import Items

#: What may be done about a finding.
ACTIONS = ("redeliver", "adopt", "link", "release", "task", "waive")
#: Kinds and causes that `repair:` may name.
CAUSES = (
    *("never_sent", "send_failed", "stuck", "in_doubt", "held", "deleted_at_target"),
    *("rekeyed_at_target", "outside_hub", "resent", "withdrawn", "late"),
    *("rolled_back_at_target", "changed_at_source", "changed_at_target", "mapping", "rate"),
    "unknown",
)
#: What is proposed where a file says nothing.
PROPOSED: Mapping[str, tuple[str, ...]] = {
    "never_sent": ("redeliver",),
    "send_failed": ("task", "redeliver", "link"),
    "stuck": ("release",),
    "held": ("release",),
    "in_doubt": ("task",),
    "deleted_at_target": ("redeliver",),
    "rolled_back_at_target": ("redeliver",),
    "changed_at_target": ("redeliver", "adopt"),
    "changed_at_source": ("task",),
}
#: What a condition of a severity may ask of a finding.
_FINDING = Shape("object", fields={
    **dict.fromkeys(("kind", "cause", "field", "side", "currency"), Shape()),
    "amount": Shape("decimal"),
})  # fmt: skip
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Grade:
    """A severity, and which findings have it."""

    when: Condition
    severity: str


@dataclass(frozen=True, slots=True)
class Policy:
    """How much findings matter, who may do what about them."""

    #: The first that holds decides; of a finding as `kind`, `cause`, `field`, `side`, `amount` …
    grades: tuple[Grade, ...] = ()
    #: Currency → below it a finding is low and raises no alarm.
    materiality: Mapping[str, Decimal] = field(default_factory=dict)
    #: Cause → what may be done, the first being proposed.
    proposals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Currency → above it a second person has to apply the repair.
    second_person_above: Mapping[str, Decimal] = field(default_factory=dict)
    #: More repairs than this are none: a person looks first.
    max_repairs: int = 200
    #: Roles that may waive, up to which amount, for how long, and for which reasons (empty: any).
    waivers: tuple[str, ...] = ("accountant",)
    waive_most: Mapping[str, Decimal] = field(default_factory=dict)
    waive_days: int = 90
    waive_reasons: tuple[str, ...] = ()
    #: Roles that prepare and that review a sign-off.
    preparers: tuple[str, ...] = ("accountant",)
    reviewers: tuple[str, ...] = ("reviewer",)

    def proposed(self, cause: str) -> tuple[str, ...]:
        """Return what may be done about a cause, the first being proposed."""
        return self.proposals.get(cause) or PROPOSED.get(cause) or ("task",)


def read_policy(words: Words, faults: Faults) -> Policy:
    """Return what the words `severity`, `materiality`, `repair`, `waive` and `sign_off` say."""
    repair = words.get("repair")
    known = (*CAUSES, "second_person_above", "max_per_run")
    found = reading.words(repair.node, known, faults, "repair") if repair is not None else {}
    waive = _part(words, "waive", ("roles", "max", "days", "reasons"), faults)
    sign = _part(words, "sign_off", ("preparer", "reviewer"), faults)
    standard = Policy()
    return Policy(
        grades=_grades(words.get("severity"), Site(faults, (_FINDING,), routing=True)),
        materiality=amounts(words.get("materiality"), "materiality", faults),
        proposals={one: _actions(one, found[one], faults) for one in CAUSES if one in found},
        second_person_above=amounts(
            found.get("second_person_above"), "second_person_above", faults
        ),
        max_repairs=_number(found, "max_per_run", standard.max_repairs, 10_000, faults),
        waivers=_roles(waive, "roles", standard.waivers, faults),
        waive_most=amounts(waive.get("max"), "max", faults),
        waive_days=_number(waive, "days", standard.waive_days, _MOST_DAYS, faults),
        waive_reasons=reading.texts(waive.get("reasons"), faults, "reasons"),
        preparers=_roles(sign, "preparer", standard.preparers, faults),
        reviewers=_roles(sign, "reviewer", standard.reviewers, faults),
    )


def _part(words: Words, name: str, known: tuple[str, ...], faults: Faults) -> Words:
    return reading.words(words[name].node, known, faults, name) if name in words else {}


def _number(words: Words, name: str, default: int, most: int, faults: Faults) -> int:
    found = reading.whole_number(words.get(name), faults, name, most)
    return default if found is None else found


def _roles(words: Words, name: str, standard: tuple[str, ...], faults: Faults) -> tuple[str, ...]:
    """Return roles; an empty list is a fault, lest those be meant that a file need not write."""
    if name not in words:
        return standard
    found = reading.texts(words[name], faults, name)
    if not found:
        faults.add("E105", words[name].place, say("{word}: names no role.", word=name))
    return found


def _grades(word: Word | None, site: Site) -> tuple[Grade, ...]:
    if word is None:
        return ()
    nodes = reading.items(word, "severity", site.faults)
    found = []
    for node in nodes:
        words = reading.words(node, ("if", "then"), site.faults, say("A severity"))
        when = read_condition(words.get("if"), site)
        severity = reading.choice(words.get("then"), SEVERITIES, site.faults, "then")
        if "if" not in words or "then" not in words:
            message = say("severity: needs if: with a condition and then: with a severity.")
            site.faults.add("E105", node.place, message)
        if when is not None and severity is not None:
            found.append(Grade(when, severity))
    return tuple(found)


def _actions(cause: str, word: Word, faults: Faults) -> tuple[str, ...]:
    nodes = word.node.nodes if isinstance(word.node, Items) else (word.node,)
    found = []
    for node in nodes:
        one = reading.choice(Word(node.place, node), ACTIONS, faults, "repair")
        if one is not None:
            found.append(one)
    if not nodes:
        message = say("{word}: names nothing to do; write task to have a person look.", word=cause)
        faults.add("E105", word.place, message)
    return tuple(found)


def amounts(word: Word | None, name: str, faults: Faults) -> Mapping[str, Decimal]:
    """Return currency → amount."""
    if word is None:
        return {}
    found = {}
    for currency, one in reading.entries(word.node, faults, name).items():
        text = getattr(one.node, "text", "")
        fits = re.fullmatch(r"\d{1,15}(\.\d{1,4})?", text)
        if not _CURRENCY.fullmatch(currency) or fits is None:
            message = say("{word}: write currency and amount, such as CNY: 1000.00", word=name)
            faults.add("E106", one.place, message)
        else:
            found[currency] = Decimal(text)
    return found
