"""Reads a YAML file a person wrote, every text with its place, and reports every fault at once.

Refused, because they surprise: duplicate keys, full-width punctuation in unquoted keys, keys that
are no text, anchors and aliases (so no alias bombs), tags, tabs, and a second document. Only a
syntax error, a tab and a file that is too large hide what else is wrong.

    E001 not YAML, or unreadable   E003 full-width character
    E002 duplicate key             E004 not allowed (alias, tag, …)   E005 too large
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from hub.errors import ConfigError, Fault
from hub.language import Message, say
from hub.yamlfile import Entries, Items, Node, Place, Scalar, YamlFile, full_width_message

#: No file a person writes is larger or goes deeper; such a one is an attack or an accident.
MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000

#: Full-width punctuation where YAML needs its own: the likely cause of a syntax error.
_FULL_WIDTH_SIGNS = "：，［］｛｝＃－"

#: Part of libyaml's message → the same in plain words.
_PLAIN_WORDS: tuple[tuple[str, Message], ...] = (
    (
        "did not find expected ',' or '}'",
        say("text with {{ }}, [ ] or , inside {{…}} must stand in quotes"),
    ),
    (
        "did not find expected ',' or ']'",
        say("text with [ ] or , inside […] must stand in quotes"),
    ),
    (
        "mapping values are not allowed",
        say("a second ': ' in one line: put the text in quotes"),
    ),
    (
        "could not find expected ':'",
        say("a line without ': ' where a word and its value are expected"),
    ),
    ("did not find expected key", say("the indentation does not fit the lines above")),
    (
        "found character that cannot start",
        say("a text that starts with @, ` or % must stand in quotes"),
    ),
    ("unexpected end of stream", say("a quote or bracket is not closed")),
    (
        "found unexpected ':'",
        say("a ':' inside {{…}} needs a space after it, or quotes around the text"),
    ),
    ("found unknown escape", say("a backslash in \"…\" has its own meaning: use '…' instead")),
    ("found undefined tag", say("tags (!) are not allowed")),
    ("block sequence entries are not allowed", say("a list entry (-) must start its own line")),
)


def read(path: Path) -> YamlFile:
    """Return the file; one that cannot be opened is a fault like any other."""
    try:
        return parse(read_bytes(path), str(path))
    except OSError as exc:
        return YamlFile(str(path), faults=(unreadable(str(path), exc),))


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file, of one that is too large just enough to tell."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def unreadable(name: str, error: OSError) -> Fault:
    """Return the fault of a file that cannot be opened."""
    message = say("The file cannot be read: {problem}.", problem=error.strerror)
    return Fault("E001", message, name)


def parse(data: bytes, name: str = "") -> YamlFile:
    """Return what the bytes of a file say; its faults are in the result, nothing is raised."""
    reader = _Reader(name)
    root = reader.file(data)
    faults = sorted(reader.faults, key=lambda fault: (fault.line, fault.column))
    return YamlFile(name, root, tuple(faults))


def require(file: YamlFile) -> YamlFile:
    """Return the file when it has no faults; raise them all as a `ConfigError` otherwise."""
    if file.faults:
        raise ConfigError(faults=file.faults)
    return file


class _TooLarge(Exception):
    """The rest of the file is not read."""


class _Reader:
    """Turns libyaml's events into nodes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self.nodes = 0
        self.events: Iterator[Any] = iter(())

    def file(self, data: bytes) -> Node | None:
        text = self.text(data)
        if text is None or self.tabs(text):
            return None
        try:
            # CSafeLoader only lends its parser: no constructor ever runs
            self.events = yaml.parse(text, yaml.CSafeLoader)
            return self.document()
        except yaml.MarkedYAMLError as exc:
            self.syntax(exc, text)
        except yaml.reader.ReaderError as exc:
            # libyaml counts bytes here
            line = text.encode()[: exc.position].count(b"\n") + 1
            code = f"U+{exc.character:04X}"
            message = say("The character {code} is not allowed in YAML.", code=code)
            self.refuse("E001", message, Place(self.name, line))
        except _TooLarge as exc:
            self.faults.append(exc.args[0])
        return None

    def refuse(self, code: str, message: Message, place: Place) -> None:
        self.faults.append(place.fault(code, message))

    def text(self, data: bytes) -> str | None:
        if len(data) > MAX_BYTES:
            message = say("The file has more than {most} bytes.", most=MAX_BYTES)
            self.refuse("E005", message, Place(self.name))
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as exc:
            line = data.count(b"\n", 0, exc.start) + 1
            message = say("The file is not UTF-8. Save it as UTF-8.")
            self.refuse("E001", message, Place(self.name, line))
            return None

    def tabs(self, text: str) -> bool:
        for number, line in enumerate(text.split("\n"), 1):
            column = line.find("\t") + 1
            if column:
                place = Place(self.name, number, column, 1)
                self.refuse("E004", say("A tab. Use spaces."), place)
        return "\t" in text

    def document(self) -> Node | None:
        root: Node | None = None
        for event in self.events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if root is not None:
                message = say("A second document (---). One file, one document.")
                self.refuse("E004", message, self.place(event))
                break
            root = self.node(next(self.events), 0)
        return root

    def place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        one_line = isinstance(event, yaml.ScalarEvent) and start.line == end.line
        width = end.column - start.column if one_line else 0
        return Place(self.name, start.line + 1, start.column + 1, width)

    def node(self, event: Any, depth: int) -> Node:
        place = self.place(event)
        self.check_size(place, depth)
        self.check_words(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(tuple(self.until(yaml.SequenceEndEvent, depth)), place)
        if isinstance(event, yaml.MappingStartEvent):
            return Entries(self.pairs(depth), place)
        if isinstance(event, yaml.AliasEvent):
            return Scalar("", place)
        return Scalar(event.value, place, not event.style)

    def until(self, end: type, depth: int) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, end):
                return
            yield self.node(event, depth + 1)

    def check_size(self, place: Place, depth: int) -> None:
        self.nodes += 1
        if depth > MAX_DEPTH:
            message = say("The file is nested deeper than {most}.", most=MAX_DEPTH)
            raise _TooLarge(place.fault("E005", message))
        if self.nodes > MAX_NODES:
            message = say("The file has more than {most} entries.", most=MAX_NODES)
            raise _TooLarge(place.fault("E005", message))

    def check_words(self, event: Any, place: Place) -> None:
        if isinstance(event, yaml.AliasEvent):
            message = say("An alias (*{name}). Write the value out.", name=event.anchor)
            self.refuse("E004", message, place)
        elif event.anchor is not None:
            message = say("An anchor (&{name}). Write the value out.", name=event.anchor)
            self.refuse("E004", message, place)
        if getattr(event, "tag", None) is not None:
            self.refuse("E004", say("A tag ({tag}). Leave it out.", tag=event.tag), place)

    def pairs(self, depth: int) -> tuple[tuple[Scalar, Node], ...]:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        nodes = self.until(yaml.MappingEndEvent, depth)
        for key in nodes:
            self.check_key(key, pairs)
            value = next(nodes)
            if isinstance(key, Scalar):
                pairs.setdefault(key.text, (key, value))
        return tuple(pairs.values())

    def check_key(self, key: Node, earlier: Mapping[str, tuple[Scalar, Node]]) -> None:
        if not isinstance(key, Scalar):
            self.refuse("E004", say("A list or object as a word. Use text."), key.place)
        elif key.text in earlier:
            line = earlier[key.text][0].place.line
            message = say("{word} stands already in line {line}.", word=key.text, line=line)
            self.refuse("E002", message, key.place)
        elif key.full_width is not None:
            self.refuse_sign(key.text[key.full_width], key.at(key.full_width, 1))

    def refuse_sign(self, sign: str, place: Place) -> None:
        message = say("{problem}. In quotes it may stay.", problem=full_width_message(sign))
        self.refuse("E003", message, place)

    def syntax(self, error: yaml.MarkedYAMLError, text: str) -> None:
        mark = error.problem_mark or error.context_mark
        place = Place(self.name, mark.line + 1, mark.column + 1) if mark else Place(self.name)
        sign = self.full_width_sign(text, place.line)
        if sign:
            self.refuse_sign(*sign)
            return
        words = str(error.problem or error.context)
        plain = next((ours for theirs, ours in _PLAIN_WORDS if theirs in words), words)
        self.refuse("E001", say("This is no YAML: {reason}.", reason=plain), place)

    def full_width_sign(self, text: str, line: int) -> tuple[str, Place] | None:
        """Return the full-width sign that is the likely cause of a syntax error in a line.

        `port：8080` is text to YAML, so the parser complains only in the line after it.
        """
        lines = text.splitlines()
        # a sign refused in a key was read before the error: it is not the cause
        read = {(fault.line, fault.column) for fault in self.faults}
        for number in (line, line - 1):
            words = lines[number - 1].partition("#")[0] if 1 <= number <= len(lines) else ""
            for at, sign in enumerate(words):
                unread = sign in _FULL_WIDTH_SIGNS and (number, at + 1) not in read
                if unread and not _is_text(words[:at]):
                    return sign, Place(self.name, number, at + 1, 1)
        return None


def _is_text(before: str) -> bool:
    """Say whether a sign is part of a text, by what stands before it in its line."""
    quoted = before.count('"') % 2 == 1 or before.count("'") % 2 == 1
    return quoted or (": " in before and not set("[{") & set(before))
