"""`lookup:` an id in another system's words, or a fact such as an exchange rate."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from hub.language import say
from hub.mapping import reading
from hub.mapping.data import dates, values
from hub.mapping.faults import Parked, Stop
from hub.mapping.reading import Words
from hub.mapping.rule.site import Site
from hub.mapping.rule.steps import Step
from hub.mapping.rule.tables import Otherwise, otherwise
from hub.mapping.running.lookups import MissingLink, Namespace
from hub.mapping.running.run import Frame, Produce

_LINK = re.compile(r"([\w-]+)\.([\w-]+) *(?:->|<->) *([\w-]+)\.([\w-]+)")
_FACT = re.compile(r"(\w+): *-> *(\S+)")


def look_up_step(words: Words, at: Produce | None, site: Site) -> Step | None:
    """Return the step of `lookup:`; None after a fault. `at` gives the day of a fact."""
    word = words["lookup"]
    found = reading.text(word, site.faults, "lookup")
    if found is None:
        return None
    link, fact = _LINK.fullmatch(found), _FACT.fullmatch(found)
    unknown = otherwise(words, site)
    if link is not None:
        _check_link(words, site)
        source, target = Namespace(link[1], link[2]), Namespace(link[3], link[4])
        change = _link(source, target, unknown, hidden=site.hidden)
        return Step("lookup", word.place, change, framed=True, about=found)
    if fact is not None:
        if unknown.park:
            message = say("else: park goes with a link, not with a fact.")
            site.faults.add("E110", words["else"].place, message)
        change = _fact(fact[1], fact[2], at, unknown)
        return Step("lookup", word.place, change, framed=True, about=found)
    message = say(
        'lookup: {text!r} is neither a link, such as crm.customer -> wms.owner, nor a fact, '
        'such as "rate: -> CNY".',
        text=found,
    )  # fmt: skip
    site.faults.add("E106", word.node.place, message)
    return None


def _check_link(words: Words, site: Site) -> None:
    if "at" in words:
        message = say("at: goes with a fact, not with a link.")
        site.faults.add("E110", words["at"].place, message)


def _link(
    source: Namespace, target: Namespace, unknown: Otherwise, *, hidden: bool
) -> Callable[..., Any]:
    def run(value: Any, frame: Frame) -> Any:
        found = frame.run.scope.lookups.link(source, target, values.source_text(value))
        if not isinstance(found, MissingLink):
            return found
        if unknown.park:
            raise Parked(found)
        if not unknown.refuse:
            return value if unknown.keep else unknown.value
        named = dataclasses.replace(found, handle="VALUE" if found.theirs else "HANDLE")
        command = (named if hidden else found).command
        raise Stop("E217", say("has no link: {command}, or say else: park", command=command))

    return run


def _day(moment: Any) -> date:
    try:
        if values.is_nothing(moment):
            raise values.absent(moment)
        return dates.day(moment, None)
    except Stop as stop:
        raise stop.about(say("{word}:", word="at")) from None


def _fact(kind: str, target: str, at: Produce | None, unknown: Otherwise) -> Callable[..., Any]:
    def run(value: Any, frame: Frame) -> Any:
        subject = values.source_text(value)
        if subject == target:
            return Decimal(1)
        day = None
        if at is not None:
            moment = at(frame)
            day = _day(moment)
        found = frame.run.scope.lookups.fact(kind, subject, target, day)
        if found is not None:
            return found
        if not unknown.refuse:
            return value if unknown.keep else unknown.value
        on = say(" on {day}", day=day.isoformat()) if day else ""
        text = say(
            "has no {kind} to {target}{on} that the hub knows", kind=kind, target=target, on=on
        )
        raise Stop("E218", text)

    return run
