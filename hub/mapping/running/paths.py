"""Reading a path from a running document."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from hub.language import Message, say
from hub.mapping.data.values import MISSING, is_list, is_nothing, is_object, shown
from hub.mapping.expression.tree import End, Path
from hub.mapping.faults import Stop
from hub.mapping.running.quick import Constant, Quick, Variable, code
from hub.mapping.running.run import Frame, Produce

#: Names in a path that still becomes one expression.
MAX_QUICK = 6


def reader(path: Path) -> Produce:
    """Return what reads the path: the value, null, or missing."""
    if path.root == "item" and not path.up and len(path.segments) == 1:
        return _simple(path)
    start, segments = _start(path)
    if not segments:
        return start

    def read(frame: Frame) -> Any:
        value = start(frame)
        for segment in segments:
            # a dictionary has no key that is an `End`
            if type(value) is dict and segment in value:
                value = value[segment]
            else:
                return _read_slowly(path, segments, start(frame), frame)
        return value

    return read


def quick_reader(path: Path) -> Produce:
    """Return what reads the path, in a quick form too where it goes through plain objects."""
    read, start = reader(path), _quick_start(path)
    names = [segment for segment in path.segments if isinstance(segment, str)]
    if start is None or names != [*path.segments] or not 0 < len(names) <= MAX_QUICK:
        return read
    value = code(start)
    for name in names[:-1]:
        step = "{object}.get({name}) if type({object} := {value}) is dict else None"
        value = code(step, object=Variable(), value=value, name=Constant(name))
    if start == "item" and len(names) == 1:
        found = code("item.get({name}, MISSING)", name=Constant(names[-1]))
    else:
        step = "{object}.get({name}, MISSING) if type({object} := {value}) is dict"
        found = code(
            step + " else {read}(frame)",
            object=Variable(), value=value, name=Constant(names[-1]), read=Constant(read),
        )  # fmt: skip
    return Quick(read, found)


def _quick_start(path: Path) -> str | None:
    """Return where a path starts, as Python."""
    if path.root == "item":
        return "frame" + ".outer" * path.up + ".item" if path.up else "item"
    return None if path.root in {"let", "value"} else f"frame.run.scope.{path.root}"


def _read_slowly(path: Path, segments: tuple[str | End, ...], value: Any, frame: Frame) -> Any:
    for number, segment in enumerate(segments):
        try:
            value = _step(value, segment)
        except Stop as stop:
            stop.about(*_before(path, segments[:number], frame))
            raise
    return value


def _simple(path: Path) -> Produce:
    name = path.segments[0]

    def read_one(frame: Frame) -> Any:
        item = frame.item
        if type(item) is dict:
            return item.get(name, MISSING)
        try:
            return _step(item, name)
        except Stop as stop:
            stop.about(*_document(frame))
            raise

    return read_one


def _start(path: Path) -> tuple[Produce, tuple[str | End, ...]]:
    if path.root == "let":
        name = str(path.segments[0])
        return (lambda frame: frame.let(name)), path.segments[1:]
    if path.root == "value":
        return operator.attrgetter("value"), path.segments
    if path.root == "links":
        return (lambda frame: frame.run.scope.links), path.segments
    if path.root == "results":
        return (lambda frame: frame.run.scope.results), path.segments
    if path.root == "delivery":
        return (lambda frame: frame.run.scope.delivery), path.segments
    if path.root == "document":
        return (lambda frame: frame.run.scope.document), path.segments
    if not path.up:
        return operator.attrgetter("item"), path.segments
    return (lambda frame: enclosing(frame, path.up).item), path.segments


def enclosing(frame: Frame, levels: int) -> Frame:
    """Return the frame that many levels further out."""
    for _ in range(levels):
        frame = frame.outer or frame
    return frame


def _step(value: Any, segment: str | End) -> Any:
    if is_object(value) and not isinstance(segment, End):
        return value.get(segment, MISSING)
    if is_nothing(value):
        return MISSING
    if isinstance(segment, End):
        return _end(value, segment)
    if is_list(value):
        raise Stop("E205", say("is a list: use each, or [first] or [last]"))
    raise Stop("E211", say("is a single value and has no field {name}", name=segment))


def _end(value: Any, segment: End) -> Any:
    if not is_list(value):
        raise Stop("E205", say("is no list"))
    if not value:
        return MISSING
    return value[0] if segment is End.FIRST else value[-1]


def _before(path: Path, segments: tuple[str | End, ...], frame: Frame) -> tuple[Message, str]:
    """Return what a path had led to when it could go no further: its name and its source path."""
    if path.root == "let":
        return say("${name}", name=path.segments[0]), f"${path.segments[0]}"
    if not segments and path.root == "item":
        return _document(enclosing(frame, path.up))
    source = label(Path(path.root, segments, path.up), frame)
    return say("{path}", path=source), source


def _document(frame: Frame) -> tuple[Message, str]:
    where = frame.where()
    return (say("{path}", path=where) if where else say("the document")), where


def label(path: Path, frame: Frame) -> str:
    """Return the path from the whole document, with list indexes from 0."""
    if path.root != "item":
        return str(path)
    where = enclosing(frame, path.up).where()
    own = str(Path("item", path.segments))
    return f"{where}.{own}" if where and own else where or own


def describe(
    path: Path, frame: Frame, value: Any, *, hidden: bool
) -> tuple[Message, Message, Message]:
    """Return `path = value` for an error, then path and value; personal values are not shown."""
    source, seen = say("{path}", path=label(path, frame)), shown(value, hidden=hidden)
    if is_nothing(value):
        return source, source, seen
    return say("{path} = {value}", path=source, value=seen), source, seen


def projected(path: Path) -> Callable[[Frame], Any]:
    """Return what reads a list, going through lists on the way: `lines.sku` gives all of them."""
    start, segments = _start(path)

    def read(frame: Frame) -> Any:
        value = start(frame)
        for segment in segments:
            value = _project(value, segment) if is_list(value) else _step(value, segment)
        return value

    return read


def _project(items: list[Any] | tuple[Any, ...], segment: str | End) -> Any:
    if isinstance(segment, End):
        return _end(items, segment)
    found: list[Any] = []
    for item in items:
        value = _step(item, segment)
        if is_list(value):
            found.extend(value)
        elif not is_nothing(value):
            found.append(value)
    return found
