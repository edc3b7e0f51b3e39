"""What stands for a value that is not there: `default`, `required`, or nothing."""

from __future__ import annotations

from typing import Any

from hub.language import Message, say
from hub.mapping import reading
from hub.mapping.data.values import MISSING, shown
from hub.mapping.expression.expressions import parse_path
from hub.mapping.expression.lexer import ExpressionError
from hub.mapping.expression.tree import Path
from hub.mapping.faults import Stop
from hub.mapping.reading import Word, Words
from hub.mapping.rule.site import Site
from hub.mapping.rule.sources import constant
from hub.mapping.rule.steps import Step
from hub.mapping.running.paths import label, reader
from hub.mapping.running.quick import always
from hub.mapping.running.run import Frame, Produce
from hub.yamlfile import Items, Scalar


def source_path(words: Words) -> Path | None:
    """Return the one path a rule reads, None where it reads none or several."""
    word = words.get("from") or words.get("each") or words.get("count")
    if word is None or not isinstance(word.node, Scalar):
        return None
    try:
        return parse_path(word.node.text)
    except ExpressionError:
        return None


def otherwise_of(steps: tuple[Step, ...], words: Words, site: Site) -> Produce | None:
    """Return what stands for a missing value; None: the field is left out."""
    required = reading.boolean(words.get("required"), site.faults, "required", default=False)
    if "default" not in words:
        return _required(words, site) if required else None
    if required:
        message = say("required: and default: do not go together.")
        site.faults.add("E110", words["default"].place, message)
    return _default(words["default"], steps, words, site)


def _default(word: Word, steps: tuple[Step, ...], words: Words, site: Site) -> Produce:
    if not isinstance(word.node, Scalar):
        message = say("default: needs a single text or null.")
        site.faults.add("E106", word.node.place, message)
        return always(MISSING)
    if word.node.null:
        return always(None)
    value = constant(word.node, words)
    if any(step.framed for step in steps):
        return lambda frame: _through(steps, value, frame)
    try:
        for step in steps:
            value = step.change(value)
    except Stop as stop:
        message = say("default: {text!r} {problem}.", text=word.node.text, problem=stop.text)
        site.faults.add("E106", word.node.place, message)
    return always(value)


def _through(steps: tuple[Step, ...], value: Any, frame: Frame) -> Any:
    for step in steps:
        value = step.change(value, frame) if step.framed else step.change(value)
    return value


def _required(words: Words, site: Site) -> Produce:
    place, path = words["required"].place, source_path(words)
    read = reader(path) if path is not None else None
    hidden = site.hidden

    def run(frame: Frame) -> Any:
        value = read(frame) if read is not None else MISSING
        stop = Stop("E203", _kind_of_nothing(value))
        if path is None:
            stop.about(say("the value"))
        else:
            source = say("{path}", path=label(path, frame))
            stop.about(source, source, shown(value, hidden=hidden))
        stop.place = place
        raise stop

    return run


def _kind_of_nothing(value: Any) -> Message:
    if value is MISSING:
        return say("is missing, but required")
    if value is None:
        return say("is null, but required")
    return say("is what empty: or a table counts as nothing, but required")


def listed_default(words: Words, site: Site) -> Produce | None:
    """Return what stands for a list that is missing; None: the field is left out."""
    node = words["default"].node if "default" in words else None
    if node is None:
        return otherwise_of((), words, site)
    if isinstance(node, Items) and not node.nodes:
        return lambda _frame: []
    if isinstance(node, Scalar) and node.null:
        return lambda _frame: None
    site.faults.add("E106", node.place, say("The default of a list is [] or null."))
    return None
