"""YAML with positions: scalars stay text, and what surprises people is refused.

Built on libyaml's events, never on constructors: no implicit numbers, dates or booleans,
no aliases (so no alias bombs), no tags, one document, no duplicate keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from hub.mapping.faults import Faults, Place

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000

#: Punctuation of Chinese input methods → what the file needs.
FULL_WIDTH: Mapping[str, str] = {
    "：": ": and a space",
    "（": "(",
    "）": ")",
    "，": ",",
    "、": ",",
    "；": ";",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "＂": '"',
    "【": "[",
    "】": "]",
    "［": "[",
    "］": "]",
    "｛": "{",
    "｝": "}",
    "＝": "=",
    "＞": ">",
    "＜": "<",
    "！": "!",
    "＋": "+",
    "－": "-",
    "×": "*",
    "＊": "*",
    "÷": "/",
    "／": "/",
    "．": ".",
    "。": ".",
    "＄": "$",
    "\u3000": "a plain space",
}

#: Part of libyaml's message → the same in plain words.
_PLAIN_WORDS: tuple[tuple[str, str], ...] = (
    ("did not find expected ',' or '}'", "text with { }, [ ] or , inside {…} must stand in quotes"),
    ("did not find expected ',' or ']'", "text with [ ] or , inside […] must stand in quotes"),
    ("mapping values are not allowed", "a second ': ' in one line: put the text in quotes"),
    ("could not find expected ':'", "a line without ': ' where a word and its value are expected"),
    ("did not find expected key", "the indentation does not fit the lines above"),
    ("found character that cannot start", "a text that starts with @, ` or % must stand in quotes"),
    ("unexpected end of stream", "a quote or bracket is not closed"),
    ("found unexpected ':'", "a ':' inside {…} needs a space after it, or quotes around the text"),
    ("found unknown escape", "a backslash in \"…\" has its own meaning: use '…' instead"),
    ("found undefined tag", "tags (!) are not allowed"),
    ("block sequence entries are not allowed", "a list entry (-) must start its own line"),
)


@dataclass(frozen=True, slots=True)
class Scalar:
    """One text. `plain` is true when it stands without quotes."""

    text: str
    place: Place
    plain: bool = True

    @property
    def null(self) -> bool:
        """Return whether the file says nothing here: `null`, `~` or no text at all."""
        return self.plain and self.text in {"", "null", "~"}

    def at(self, offset: int) -> Place:
        """Return the place of a character of the text."""
        return self.place.right(offset if self.plain else offset + 1)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nodes: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Entries:
    """Words with their values, in the order of the file."""

    pairs: tuple[tuple[Scalar, Node], ...]
    place: Place


Node: TypeAlias = Scalar | Items | Entries


class _Refused(Exception):
    """The rest of the file cannot be read."""


def parse(file: str, data: bytes, faults: Faults) -> Node | None:
    """Return the file's content; None when faults were found that make it unreadable."""
    text = _decoded(file, data, faults)
    if text is None or _has_tabs(file, text, faults):
        return None
    try:
        return _Parser(file, text, faults).document()
    except yaml.YAMLError as problem:
        _add_syntax_fault(file, text, problem, faults)
    except _Refused:
        pass
    return None


def _decoded(file: str, data: bytes, faults: Faults) -> str | None:
    if len(data) > MAX_BYTES:
        faults.add("E005", Place(file), f"The file has {len(data)} bytes; {MAX_BYTES} are allowed.")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        faults.add("E001", Place(file, line), "The file is not UTF-8. Save it as UTF-8.")
        return None


def _has_tabs(file: str, text: str, faults: Faults) -> bool:
    if "\t" not in text:
        return False
    for number, line in enumerate(text.split("\n"), 1):
        column = line.find("\t") + 1
        if column:
            faults.add("E004", Place(file, number, column), "A tab. Use spaces.")
    return True


def _add_syntax_fault(file: str, text: str, problem: yaml.YAMLError, faults: Faults) -> None:
    mark = getattr(problem, "problem_mark", None)
    words = str(getattr(problem, "problem", None) or problem)
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    lines = text.split("\n")
    nearby = lines[max(0, place.line - 2) : place.line]
    if any("：" in line for line in nearby):
        faults.add(
            "E003", place, "Near here is the Chinese colon ：, the file needs : and a space."
        )
        return
    plain = next((ours for theirs, ours in _PLAIN_WORDS if theirs in words), words)
    faults.add("E001", place, f"This is no YAML: {plain}.")


class _Parser:
    """Turns libyaml's events into nodes."""

    def __init__(self, file: str, text: str, faults: Faults) -> None:
        self.file = file
        self.faults = faults
        self.nodes = 0
        # CSafeLoader only lends its parser: no constructor ever runs
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))

    def document(self) -> Node | None:
        node: Node | None = None
        for event in self.events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if node is not None:
                place = self._place(event)
                self.faults.add("E004", place, "A second document (---). One file, one document.")
                raise _Refused
            node = self._node(next(self.events), 0)
        if node is None:
            message = "The file is empty. Write a mapping or a route into it, or delete it."
            self.faults.add("E105", Place(self.file), message)
        return node

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _node(self, event: Any, depth: int) -> Node:
        place = self._place(event)
        self._check(event, place, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(tuple(self._until(yaml.SequenceEndEvent, depth)), place)
        if isinstance(event, yaml.MappingStartEvent):
            flat = list(self._until(yaml.MappingEndEvent, depth))
            return Entries(self._pairs(flat), place)
        if isinstance(event, yaml.AliasEvent):
            return Scalar("", place)
        return Scalar(event.value, place, not event.style)

    def _until(self, end: type, depth: int) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, end):
                return
            yield self._node(event, depth + 1)

    def _check(self, event: Any, place: Place, depth: int) -> None:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            what = f"nested deeper than {MAX_DEPTH}" if depth > MAX_DEPTH else "too many entries"
            self.faults.add("E005", place, f"The file is {what}.")
            raise _Refused
        if isinstance(event, yaml.AliasEvent):
            self.faults.add("E004", place, f"An alias (*{event.anchor}). Write the value out.")
        elif event.anchor is not None:
            self.faults.add("E004", place, f"An anchor (&{event.anchor}). Write the value out.")
        if getattr(event, "tag", None) is not None:
            self.faults.add("E004", place, f"A tag ({event.tag}). Leave it out.")

    def _pairs(self, flat: list[Node]) -> tuple[tuple[Scalar, Node], ...]:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            if not isinstance(key, Scalar):
                self.faults.add("E004", key.place, "A list or object as a word. Use text.")
                continue
            first = pairs.get(key.text)
            if first is not None:
                line = first[0].place.line
                self.faults.add("E002", key.place, f"{key.text} stands already in line {line}.")
                continue
            pairs[key.text] = (key, value)
        return tuple(pairs.values())
