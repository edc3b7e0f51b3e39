"""Why messages and deliveries stand where they are: stored in English, told in any language.

What the stages store is taken apart by the templates below. The sentence that is found reads in
English exactly as it is stored; what no template fits stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import Formatter

from hub.language import Language, Message, say, told


def _shape(sentence: Message) -> tuple[re.Pattern[str], str]:
    """Return what finds the values of a sentence's template, and the template."""
    parts = [
        re.escape(text) + (f"(?P<{name}>.*?)" if name else "")
        for text, name, *_ in Formatter().parse(sentence.template)
    ]
    return re.compile("".join(parts), re.DOTALL), sentence.template


#: Reasons of deliveries.
_OF_DELIVERIES = (
    say("rejected"),
    say("conflict"),
    say("mapping"),
    say("configuration"),
    say("outcome_unknown"),
    say("period_closed"),
    say("poison"),
    say("deadline"),
    say("payload_erased"),
    say("gate_refused"),
)
#: What is missing of approvals; of two that fit the first counts.
_LACKING = (
    say("{levels} were decided by the same person", levels=""),
    say("{level} has not decided", level=""),
    say("{level} decided {decision}", level="", decision=""),
    say("{level} was passed by the workflow, not by a person", level=""),
)
#: Reasons of messages, of two that fit the first counts.
_OF_MESSAGES = (
    say("approval: {lacking}", lacking=""),
    say("gate {gate}: refused by {person}", gate="", person=""),
    say("gate {gate}: {reasons}", gate="", reasons=""),
    say("gate passed"),
    say("link missing: {commands}; and {count} more", commands="", count=""),
    say("link missing: {commands}", commands=""),
    say("reply_awaited: no delivery has this ticket or key yet"),
    say("duplicate: nothing new in it"),
    say("duplicate: already planned"),
    say("stale: a newer revision is here"),
    say("echo: we wrote this ourselves"),
    say("recorded: no route takes it"),
    say("revoked before it came"),
    say("revoked before approval"),
    say("revoked: revision {revision}", revision=""),
    say("revision_conflict: revision {revision} came again with other content", revision=""),
    say("before_since: the hub takes what changed since {since}", since=""),
    say("out_of_scope: no mapping takes it"),
    say("out_of_scope: the source no longer shows it"),
    say("out_of_scope: {mapping}", mapping=""),
    say("mapping: {problem}", problem=""),
    say("configuration: {problem}", problem=""),
    say("document: {problem}", problem=""),
    say("not fetched: {problem}", problem=""),
    say("payload: its content was erased or is damaged; let the source send it again"),
    say("set aside: {reason}", reason=""),
    say("{record} not yet here", record=""),
)
_PARTS = tuple(map(_shape, _LACKING))
_WHOLE = tuple(map(_shape, (*_OF_DELIVERIES, *_OF_MESSAGES)))


def tell(reason: str | None, language: Language) -> str:
    """Return a stored reason in a language, nothing where there is none."""
    return told(sentence(reason), language) if reason else ""


def sentence(reason: str) -> str:
    """Return a stored reason as a sentence that `hub.language.told` tells in any language."""
    found = _fitting(reason, _WHOLE)
    if not isinstance(found, Message) or "lacking" not in found.values:
        return found
    first, *others = (_fitting(one, _PARTS) for one in str(found.values["lacking"]).split("; "))
    for one in others:
        first = say("{one}; {other}", one=first, other=one)
    return Message(found.template, {"lacking": first})


def _fitting(reason: str, shapes: Iterable[tuple[re.Pattern[str], str]]) -> str:
    for shape, template in shapes:
        found = shape.fullmatch(reason)
        if found is not None:
            return Message(template, found.groupdict())
    return reason
