"""What becomes of a value after it was read, in the language's own order.

    source → empty → map → default/required → as, places, zone, format → max_length, cut

A missing or null source without `default` or `required` leaves the field out: sources and
tables give `MISSING` for both, and `None` only stands where the file says `default: null`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hub.mapping import reading
from hub.mapping.convert import Change, Words, conversion, shortening, table_lookup
from hub.mapping.expressions import parse_path
from hub.mapping.faults import Absent, Faults, Stop
from hub.mapping.lexer import ExpressionError
from hub.mapping.paths import describe, label, reader
from hub.mapping.quick import Code, Constant, Quick, Variable, always, code, strict_of
from hub.mapping.reading import Word
from hub.mapping.run import Frame, Produce
from hub.mapping.site import Site, resolve
from hub.mapping.sources import constant
from hub.mapping.tree import Path
from hub.mapping.values import MISSING, shown, source_text
from hub.yamlfile import Place, Scalar


def pipeline(found: Produce, words: Words, place: Place, site: Site) -> Produce:
    """Return the source with everything the other words of the rule do to its value."""
    steps = _steps(words, site)
    empty = frozenset(reading.texts(words.get("empty"), site.faults, "empty"))
    look_up = table_lookup(words, site) if "map" in words else None
    otherwise = otherwise_of(steps, words, site)
    translate = _translation(empty, look_up)
    if translate is None and not steps and otherwise is None:
        return found
    source = strict_of(found)
    defaulted = otherwise if "default" in words else None
    subject = _subject(words, site)

    def run(frame: Frame) -> Any:
        value: Any = MISSING
        try:
            value = source(frame)
            if translate is not None and value is not MISSING:
                value = translate(value)
            if value is MISSING:
                return MISSING if otherwise is None else otherwise(frame)
            if value is None:
                return None
            for step in steps:
                value = step(value)
        except Absent as stop:
            if defaulted is not None:
                return defaulted(frame)
            stop.place = stop.place or place
            raise
        except Stop as stop:
            stop.subject = stop.subject or subject(frame, value)
            stop.place = stop.place or place
            raise
        return value

    if "default" in words and "from" not in words:
        # a default also stands for what is missing inside the source
        return run
    return Quick(run, _quick(found, translate, otherwise, steps))


def _quick(
    source: Produce | Code,
    translate: Change | None,
    otherwise: Produce | None,
    steps: tuple[Change, ...],
) -> Code:
    value = Variable()
    if translate is not None:
        pattern = "MISSING if ({value} := {source}) is MISSING else {translate}({value})"
        source = code(pattern, value=value, source=source, translate=Constant(translate))
    absence = always(MISSING) if otherwise is None else otherwise
    changed = code("{value}", value=value)
    for step in steps:
        changed = code("{step}({changed})", step=Constant(step), changed=changed)
    pattern = (
        "{absence} if ({value} := {source}) is MISSING else None if {value} is None else {changed}"
    )
    return code(pattern, absence=absence, value=value, source=source, changed=changed)


def _steps(words: Words, site: Site) -> tuple[Change, ...]:
    steps = [conversion(words, site), shortening(words, site)]
    return tuple(step for step in steps if step is not None)


def _translation(empty: frozenset[str], look_up: Change | None) -> Change | None:
    if not empty:
        return look_up

    def translate(value: Any) -> Any:
        if source_text(value) in empty:
            return MISSING
        return value if look_up is None else look_up(value)

    return translate


def _source_path(words: Words) -> Path | None:
    word = words.get("from") or words.get("each")
    if word is None or not isinstance(word.node, Scalar):
        return None
    try:
        return parse_path(word.node.text)
    except ExpressionError:
        return None


def _subject(words: Words, site: Site) -> Callable[[Frame, Any], str]:
    """Return what names the source and its value in an error."""
    path = _source_path(words)
    if path is None:
        return lambda _frame, value: "the value" if site.hidden else shown(value)
    shape = resolve(path, replace(site, faults=Faults()), Place(""))
    hidden = site.hidden or (shape is not None and shape.personal)
    read = reader(path)
    return lambda frame, _value: describe(path, frame, read(frame), hidden=hidden)


def otherwise_of(steps: tuple[Change, ...], words: Words, site: Site) -> Produce | None:
    """Return what stands for a missing value; None: the field is left out."""
    required = reading.boolean(words.get("required"), site.faults, "required", default=False)
    if "default" not in words:
        return _required(words) if required else None
    if required:
        message = "required: and default: do not go together."
        site.faults.add("E110", words["default"].place, message)
    return _default(words["default"], steps, words, site)


def _default(word: Word, steps: tuple[Change, ...], words: Words, site: Site) -> Produce:
    if not isinstance(word.node, Scalar):
        site.faults.add("E106", word.node.place, "default: needs a single text or null.")
        return lambda _frame: MISSING
    if word.node.null:
        return lambda _frame: None
    value = constant(word.node, words)
    try:
        for step in steps:
            value = step(value)
    except Stop as stop:
        site.faults.add("E106", word.node.place, f"default: {word.node.text!r} {stop.text}.")
    return lambda _frame: value


def _required(words: Words) -> Produce:
    place, path = words["required"].place, _source_path(words)
    read = reader(path) if path is not None else None

    def run(frame: Frame) -> Any:
        subject = label(path, frame) if path is not None else "the value"
        kind = _kind_of_nothing(read(frame) if read is not None else MISSING)
        stop = Stop("E203", f"is {kind}, but required", subject=subject)
        stop.place = place
        raise stop

    return run


def _kind_of_nothing(value: Any) -> str:
    if value is MISSING:
        return "missing"
    return "null" if value is None else "what empty: or a table counts as nothing"
