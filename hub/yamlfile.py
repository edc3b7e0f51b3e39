"""Reads a YAML file an administrator wrote: plain text values, each with its place.

Text stays text: `00981` is no number and `no` no boolean. Refused, because they surprise:
duplicate keys, anchors and aliases, tags, keys that are not plain text, full-width punctuation
where YAML needs its own, and a second document. Every such fault is reported, not the first only;
only a syntax error hides what stands behind it.

    E001 not YAML, or unreadable   E003 full-width character
    E002 duplicate key             E004 not allowed (alias, tag, …)   E005 nested too deeply

A `Resolver` puts in what `${env:NAME}` and `${file:PATH}` stand for (E504 where they lead nowhere).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from hub.errors import ConfigError, Fault

#: Way to a value from the top of the file: keys and list indexes.
Place: TypeAlias = tuple[str | int, ...]

#: No file a person writes goes deeper; a deeper one is an attack or an accident.
MAX_DEPTH = 40

#: Full-width punctuation that an input method leaves where YAML needs its own.
FULL_WIDTH = "：，［］｛｝＃－"

#: `${kind:name}`, and what was meant to be one.
_REFERENCE = re.compile(r"\$\{(?:(env|file):([^}]+)\})?")


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file as it was read: what it says, where it says so, and what is wrong with it."""

    #: Name of the file as the administrator knows it.
    name: str
    #: Dictionaries, lists and text; None for an empty value.
    content: Any = None
    #: Way to a value → its line and column, counted from 1.
    values: dict[Place, tuple[int, int]] = field(default_factory=dict)
    #: Way to a value → line and column of its key.
    keys: dict[Place, tuple[int, int]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def at(self, place: Place) -> Any:
        """Return the value at a place; None where there is none."""
        value = self.content
        for step in place:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def fault(self, code: str, message: str, place: Place = (), *, key: bool = False) -> Fault:
        """Return a fault at a value or, with `key`, at its key; at the nearest thing around it."""
        positions = self.keys if key else self.values
        for length in range(len(place), -1, -1):
            found = positions.get(place[:length]) or self.values.get(place[:length])
            if found:
                return Fault(code, message, self.name, *found)
        return Fault(code, message, self.name)


def read(path: Path, name: str | None = None) -> YamlFile:
    """Return the file; one that cannot be opened or is not UTF-8 is a fault like any other."""
    name = name or str(path)
    try:
        return parse(path.read_text("utf-8-sig"), name)
    except OSError as exc:
        fault = Fault("E001", f"The file cannot be read: {exc.strerror}.", name)
    except UnicodeDecodeError as exc:
        line = path.read_bytes()[: exc.start].count(b"\n") + 1
        fault = Fault("E001", "This is not UTF-8; save the file as UTF-8.", name, line)
    return YamlFile(name, faults=(fault,))


def parse(text: str, name: str = "") -> YamlFile:
    """Return what a text says; its faults are in the result, nothing is raised."""
    reader = _Reader(name)
    try:
        reader.file(yaml.parse(text, yaml.CSafeLoader))
    except yaml.MarkedYAMLError as exc:
        reader.syntax(exc, text)
    except yaml.reader.ReaderError as exc:
        message = f"The character U+{exc.character:04X} is not allowed in YAML."
        reader.faults.append(Fault("E001", message, name, text[: exc.position].count("\n") + 1))
    faults = sorted(reader.faults, key=lambda fault: (fault.line, fault.column))
    return YamlFile(name, reader.content, reader.values, reader.keys, tuple(faults))


def require(file: YamlFile) -> YamlFile:
    """Return the file when it has no faults; raise them all as a `ConfigError` otherwise."""
    if file.faults:
        raise ConfigError(faults=file.faults)
    return file


def dotted(place: Place) -> str:
    """Return a place as a person writes it: `connections.crm.hosts[0]`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


def texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every text of a content with its place, in the order of the file."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from texts(item, (*place, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*place, index))
    elif isinstance(value, str):
        yield place, value


class Resolver:
    """Puts in what references stand for; notes where they stood and which lead nowhere.

    A reference may be a part of a text: `amqp://hub:${env:MQ_PASSWORD}@mq`. What it stands for
    is put in as it is, so a password inside a URL must be percent-encoded at its origin.
    """

    def __init__(self, file: YamlFile, folder: Path, environ: Mapping[str, str]) -> None:
        self.file = file
        #: Folder that `${file:…}` is meant from.
        self.folder = folder
        self.environ = environ
        self.references: set[Place] = set()
        self.faults: list[Fault] = []

    def resolve(self, value: Any, place: Place = ()) -> Any:
        """Return the value with every reference in it replaced."""
        if isinstance(value, dict):
            return {name: self.resolve(item, (*place, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item, (*place, index)) for index, item in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            self.references.add(place)
            return _REFERENCE.sub(lambda match: self._look_up(match[1], match[2], place), value)
        return value

    def _look_up(self, kind: str | None, name: str, place: Place) -> str:
        if kind == "env":
            return self.environ.get(name) or self._miss(
                f"{name} is not set in the environment, or empty.", place
            )
        if kind == "file":
            try:
                return (self.folder / name).read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError, ValueError):
                return self._miss(f"The file {name} cannot be read.", place)
        return self._miss("No reference; write ${env:NAME} or ${file:PATH}.", place)

    def _miss(self, message: str, place: Place) -> str:
        self.faults.append(self.file.fault("E504", f"{dotted(place)}: {message}", place))
        return ""


class _Reader:
    """Builds content and positions from the parser's events, in one pass."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.content: Any = None
        self.values: dict[Place, tuple[int, int]] = {}
        self.keys: dict[Place, tuple[int, int]] = {}
        self.faults: list[Fault] = []

    def file(self, events: Iterator[Any]) -> None:
        seen = False
        for event in events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if seen:
                self.refuse("E004", "A second document starts here; keep one in a file.", event)
                return
            seen = True
            self.content = self.node(next(events), events, ())

    def node(self, event: Any, events: Iterator[Any], place: Place) -> Any:
        self.values.setdefault(place, _position(event))
        self.check(event)
        match event:
            case yaml.ScalarEvent():
                plain = event.implicit[0]
                return None if plain and event.value == "" else event.value
            case yaml.AliasEvent():
                return None
        if len(place) >= MAX_DEPTH:
            self.refuse("E005", f"Nested more than {MAX_DEPTH} deep.", event)
            _skip(events)
            return None
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, place)
        return self.mapping(events, place)

    def sequence(self, events: Iterator[Any], place: Place) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self.node(event, events, (*place, len(items))))
        return items

    def mapping(self, events: Iterator[Any], place: Place) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self.key(event, events)
            there = (*place, key)
            if key in items:
                self.duplicate(event, there)
            else:
                self.keys[there] = _position(event)
            value = self.node(next(events), events, there)
            items.setdefault(key, value)
        return items

    def key(self, event: Any, events: Iterator[Any]) -> str:
        self.check(event)
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse("E004", "A key must be plain text, not a list or a mapping.", event)
            if isinstance(event, yaml.CollectionStartEvent):
                _skip(events)
            return ""
        wrong = next((char for char in event.value if char in FULL_WIDTH), None)
        if wrong and event.implicit[0]:
            self.refuse("E003", f"The key holds {wrong}, full-width punctuation.", event)
        return str(event.value)

    def check(self, event: Any) -> None:
        if event.anchor is not None:
            what = f"*{event.anchor}" if isinstance(event, yaml.AliasEvent) else f"&{event.anchor}"
            self.refuse("E004", f"Anchors and aliases are not used here ({what}).", event)
        if getattr(event, "tag", None) is not None:
            self.refuse("E004", f"Tags are not used here ({event.tag}); values are text.", event)

    def duplicate(self, event: Any, place: Place) -> None:
        line, _ = self.keys[place]
        message = f"{event.value!r} stands here a second time; the first is in line {line}."
        self.refuse("E002", message, event)

    def refuse(self, code: str, message: str, event: Any) -> None:
        self.faults.append(Fault(code, message, self.name, *_position(event)))

    def syntax(self, error: yaml.MarkedYAMLError, text: str) -> None:
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else 0
        column = mark.column if mark else 0
        near = _full_width(text, line)
        if near:
            line, column, char = near
            message = (
                f"{char} is full-width punctuation; YAML needs the half-width one and a space."
            )
            self.faults.append(Fault("E003", message, self.name, line + 1, column + 1))
            return
        message = f"Not YAML: {error.problem or error.context}."
        self.faults.append(Fault("E001", message, self.name, line + 1, column + 1))


def _position(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _skip(events: Iterator[Any]) -> None:
    """Pass over the rest of a collection that has just begun."""
    depth = 1
    while depth:
        event = next(events)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)


def _full_width(text: str, line: int) -> tuple[int, int, str] | None:
    """Return line, column and character of a full-width colon at or just before a syntax error.

    `port：8080` is text to YAML, so the parser complains only in the line after it.
    """
    lines = text.splitlines()
    for number in (line, line - 1):
        if 0 <= number < len(lines):
            head = lines[number].partition("#")[0]
            for column, char in enumerate(head):
                if char in FULL_WIDTH and not _quoted(head[:column]):
                    return number, column, char
    return None


def _quoted(head: str) -> bool:
    return head.count('"') % 2 == 1 or head.count("'") % 2 == 1
