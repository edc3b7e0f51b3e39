"""`checks:` of a mapping file: what must hold of the mapped document as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hub.language import say
from hub.mapping import reading
from hub.mapping.expression.evaluate import condition
from hub.mapping.faults import Stop
from hub.mapping.reading import Word, Words
from hub.mapping.rule.site import RESULT, Site
from hub.mapping.rule.template import template
from hub.mapping.running.quick import in_forms
from hub.mapping.running.run import Frame, Produce
from hub.yamlfile import Items, Node, Place, Scalar


@dataclass(frozen=True, slots=True)
class _Check:
    holds: Produce
    says: Produce | None
    #: What is said where `says` cannot be written out.
    text: str
    place: Place


def checked(fill: Produce, words: Words, site: Site) -> Produce:
    """Return the rule that fills the document and then asks whether every check holds of it."""
    if "checks" not in words:
        return fill
    # paths name the mapped document; `..` leads to the one it was made of
    about = replace(
        site,
        shapes=(site.shape, *site.shapes),
        bases=((RESULT,), *site.bases),
        shape=None,
        leaving=False,
    )
    # a source has no marks where the hub first learns what is personal
    veiled = not site.leaving and site.shape is not None and site.shape.holds_personal
    checks = [_check(node, about, veiled=veiled) for node in _nodes(words["checks"], site)]
    whole = tuple(check for check in checks if check is not None)
    return in_forms(lambda form: _run(fill, whole, form))


def _nodes(word: Word, site: Site) -> tuple[Node, ...]:
    if isinstance(word.node, Items):
        return word.node.nodes
    message = say("checks: needs a list: - {{that: CONDITION, says: TEXT}}")
    site.faults.add("E106", word.node.place, message)
    return ()


def _check(node: Node, site: Site, *, veiled: bool) -> _Check | None:
    found = reading.words(node, ("that", "says"), site.faults, say("A check"))
    for name in ("that", "says"):
        if name not in found:
            site.faults.add("E105", node.place, say("The word {name}: is missing.", name=name))
    if "that" not in found or "says" not in found:
        return None
    holds = condition(found["that"].node, site)
    reads = site.reading()
    says = template(found["says"].node, reads, {})
    text = found["says"].node.text if isinstance(found["says"].node, Scalar) else ""
    if reads.personal or (veiled and "{.." in text):
        # nothing personal gets into an error
        says = None
    return None if holds is None else _Check(holds, says, text, found["that"].node.place)


def _run(fill: Produce, checks: tuple[_Check, ...], form: Callable[[Produce], Produce]) -> Produce:
    filled = form(fill)
    tests = [(form(check.holds), check) for check in checks]

    def run(frame: Frame) -> Any:
        document = filled(frame)
        if frame.run.faults or frame.run.missing:
            # what is not whole would fail for reasons that are told already
            return document
        inner = Frame(document, frame.run, frame)
        for holds, check in tests:
            try:
                if not holds(inner):
                    raise Stop("E214", say("{text}", text=_told(check, inner)))
            except Stop as stop:
                frame.run.record(frame, stop, "", check.place)
        return document

    return run


def _told(check: _Check, frame: Frame) -> str:
    if check.says is None:
        return check.text
    try:
        return str(check.says(frame))
    except Stop:
        return check.text
