"""A definition in words, for the page of a report that says how it came about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hub.compare import forms
from hub.compare.fields import Field, FieldType, Tolerance
from hub.language import Language, Message, say, told
from hub.mapping.reconciliation.definition import Reconciliation


def rule_of(field: Field) -> Message:
    """Return how closely a field is compared."""
    bound = _bound(field.type, field.tolerance)
    if field.rates:
        return say("{bound}; in {currency} by {source}", bound=bound, currency=field.currency,
                   source=field.rate_source)  # fmt: skip
    return bound


def _bound(type_: FieldType, tolerance: Tolerance) -> Message:
    if tolerance == Tolerance():
        return say("exactly")
    if type_ is FieldType.DATE:
        return (
            say("{below} working days before to {above} after",
                below=tolerance.below, above=tolerance.above)
            if tolerance.working
            else say("{below} days before to {above} after",
                     below=tolerance.below, above=tolerance.above)
        )  # fmt: skip
    parts = list(_amounts(tolerance))
    first, *others = parts
    for other in others:
        first = say("{one} or {other}", one=first, other=other)
    return first


def _amounts(tolerance: Tolerance) -> Iterator[Message]:
    below, above = tolerance.below, tolerance.above
    if below and below == above:
        yield say("within ±{amount}", amount=forms.written(below))
    elif below or above:
        yield say("from −{below} to +{above}", below=forms.written(below),
                  above=forms.written(above))  # fmt: skip
    if tolerance.share:
        yield say("within {share}%", share=f"{tolerance.share * 100:f}".rstrip("0").rstrip("."))
    if tolerance.per_line:
        yield say("within {amount} a line", amount=forms.written(tolerance.per_line))


def rules(
    definition: Reconciliation, as_of: datetime | None, language: Language
) -> tuple[tuple[str, str], ...]:
    """Return the definition in words: title and text of each rule.

    `as_of` None: two files stand still, and nothing is underway between them.
    """
    return tuple((told(title, language), told(words, language))
                 for title, words in _rules(definition, as_of))  # fmt: skip


def _rules(definition: Reconciliation, as_of: datetime | None) -> Iterator[tuple[str, Message]]:
    if as_of is not None:
        yield from _moments(definition, as_of)
    yield say("Keys"), say("compared after: {rules}", rules=", ".join(definition.key_rules))
    authority = definition.sides[definition.authority]
    yield say("Authority"), say("{side} is right where nothing else is said", side=authority.title)
    for side in definition.sides.values():
        if side.by_key:
            yield (
                side.title,
                say(
                    "read by key: what it lacks and what differs is seen, what it has beyond is not"
                ),
            )
        if side.expected_when is not None:
            yield (
                side.title,
                say(
                    "a record must be there only where {condition}",
                    condition=side.expected_when.text,
                ),
            )
        if side.expected_from is not None:
            after = side.expected_from.after
            yield side.title, say(
                "a record must be there from {event} + {span}",
                event=side.expected_from.at.text, span=after or "0",
            )  # fmt: skip
    for one in definition.fields.values():
        yield one.field.title, rule_of(one.field)
    for currency, amount in definition.policy.materiality.items():
        yield (
            say("Materiality"),
            say("below {amount} {currency} a finding is low", amount=amount, currency=currency),
        )


def _moments(definition: Reconciliation, as_of: datetime) -> Iterator[tuple[str, Message]]:
    """Yield the rules about what moves while systems are read."""
    yield (
        say("Cut-off"),
        say(
            "records as of {moment}; what changed less than {settle} before is left alone",
            moment=as_of.astimezone(definition.zone).isoformat(" ", "seconds"),
            settle=definition.settle,
        ),
    )
    yield (
        say("Underway"),
        say("an open delivery is no finding for {length}", length=definition.in_flight_for),
    )
