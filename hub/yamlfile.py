"""What a YAML file says and where it says so: nodes with places, and ways to them.

`hub.yamlreader` makes it. Text stays text: `00981` is no number and `no` no boolean. A `Resolver`
puts in what `${env:NAME}` and `${file:PATH}` stand for (E504 where they lead nowhere).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from hub.errors import Fault
from hub.language import Message, say

#: Punctuation of Chinese input methods → what the file needs.
FULL_WIDTH: Mapping[str, str] = {
    "：": say(": and a space"),
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
    "＃": "#",
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
    "\u3000": say("a plain space"),
}

#: `${kind:name}`, and what was meant to be one.
_REFERENCE = re.compile(r"\$\{(?:(env|file):([^}]+)\})?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; line and column count from 1."""

    file: str
    line: int = 0
    column: int = 0
    #: How many characters of the line are meant; 0 where that is unknown.
    width: int = 0

    def right(self, characters: int, width: int = 0) -> Place:
        """Return the place that many characters further on in the same line."""
        return Place(self.file, self.line, self.column + characters, width)

    @property
    def end_column(self) -> int:
        """Return the column behind the last character that is meant; 0 where that is unknown."""
        return self.column + self.width if self.width else 0

    def fault(self, code: str, message: str, hint: str = "") -> Fault:
        """Return a fault that stands here."""
        end = self.end_column
        return Fault(code, message, self.file, self.line, self.column, end, hint)


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

    @property
    def full_width(self) -> int | None:
        """Return the offset of full-width punctuation; None in quotes, where it is meant."""
        if not self.plain:
            return None
        return next((at for at, sign in enumerate(self.text) if sign in FULL_WIDTH), None)

    @property
    def to_the_letter(self) -> bool:
        """Return whether the text stands in one line of the file exactly as it reads."""
        # each escape, folded line and block makes what stands there longer than what it says
        return self.place.width == len(self.text) + (0 if self.plain else 2)

    def at(self, offset: int, width: int = 0) -> Place:
        """Return the place of a character of the text, or of as many as `width` says.

        Where the text does not stand in the file to the letter: where it begins.
        """
        if not self.to_the_letter:
            return replace(self.place, width=0)
        return self.place.right(offset if self.plain else offset + 1, width)


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

    @property
    def words(self) -> Mapping[str, Node]:
        """Return the value of each word."""
        return {key.text: value for key, value in self.pairs}


Node: TypeAlias = Scalar | Items | Entries

#: Way to a value from the top of the file: keys and list indexes.
Way: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file as it was read: what it says, where it says so, and what is wrong with it."""

    #: Name of the file as the administrator knows it.
    name: str
    #: None for an empty file and one that cannot be read to its end.
    root: Node | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def content(self) -> Any:
        """Return dictionaries, lists and text, `null` too; None for what is empty."""
        return self.at(())

    def at(self, way: Way) -> Any:
        """Return the content at the end of a way; None where it leads nowhere."""
        steps = list(self._along(way))
        if len(steps) < len(way):
            return None
        node = steps[-1][1] if steps else self.root
        return None if node is None else content_of(node, _text)

    def fault(self, code: str, message: str, way: Way = (), *, key: bool = False) -> Fault:
        """Return a fault at a value or, with `key`, at its key; at the nearest thing around it."""
        place = self.root.place if self.root else Place(self.name)
        for key_place, node in self._along(way):
            place = key_place if key else node.place
        return place.fault(code, message)

    def _along(self, way: Way) -> Iterator[tuple[Place, Node]]:
        """Yield the place of each step's key and its value, as far as the way leads."""
        node = self.root
        for step in way:
            found = _inside(node, step)
            if found is None:
                return
            yield found
            node = found[1]


def _inside(node: Node | None, step: str | int) -> tuple[Place, Node] | None:
    if isinstance(node, Entries):
        return next(((key.place, value) for key, value in node.pairs if key.text == step), None)
    if isinstance(node, Items) and isinstance(step, int) and step < len(node.nodes):
        return node.nodes[step].place, node.nodes[step]
    return None


def words_of(node: Node | None) -> Mapping[str, Node]:
    """Return the value of each word; none of what is no object."""
    return node.words if isinstance(node, Entries) else {}


def content_of(node: Node, read: Callable[[Scalar], Any]) -> Any:
    """Return dictionaries, lists and what `read` makes of each text."""
    if isinstance(node, Items):
        return [content_of(item, read) for item in node.nodes]
    if isinstance(node, Entries):
        return {key.text: content_of(item, read) for key, item in node.pairs}
    return read(node)


def _text(scalar: Scalar) -> str | None:
    return None if scalar.plain and not scalar.text else scalar.text


def full_width_message(character: str) -> Message:
    """Return what to type instead."""
    needed = FULL_WIDTH[character]
    return say(
        "This is the full-width {character}, the file needs {needed}",
        character=character,
        needed=needed,
    )


def dotted(way: Way) -> str:
    """Return a way as a person writes it: `connections.crm.hosts[0]`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)
    return text.removeprefix(".")


def texts(value: Any, way: Way = ()) -> Iterator[tuple[Way, str]]:
    """Yield every text of a content with the way to it, in the order of the file."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from texts(item, (*way, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*way, index))
    elif isinstance(value, str):
        yield way, value


# ---- references ------------------------------------------------------------------------------


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
        self.references: set[Way] = set()
        self.faults: list[Fault] = []
        #: Those of `faults` about a variable that is not set or a file that cannot be read → way.
        self.lacking: dict[Fault, Way] = {}

    def resolve(self, value: Any, way: Way = ()) -> Any:
        """Return the value with every reference in it replaced."""
        if isinstance(value, dict):
            return {name: self.resolve(item, (*way, name)) for name, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item, (*way, index)) for index, item in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            self.references.add(way)
            return _REFERENCE.sub(lambda match: self._look_up(match[1], match[2], way), value)
        return value

    def _look_up(self, kind: str | None, name: str, way: Way) -> str:
        if kind == "env":
            message = say("{name} is not set in the environment, or empty.", name=name)
            return self.environ.get(name) or self._lack(message, way)
        if kind == "file":
            try:
                return (self.folder / name).read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError, ValueError):
                return self._lack(say("The file {name} cannot be read.", name=name), way)
        return self._miss(say("No reference; write ${{env:NAME}} or ${{file:PATH}}."), way)

    def _lack(self, problem: Message, way: Way) -> str:
        self._miss(problem, way)
        self.lacking[self.faults[-1]] = way
        return ""

    def _miss(self, problem: Message, way: Way) -> str:
        message = say("{way}: {problem}", way=dotted(way), problem=problem)
        self.faults.append(self.file.fault("E504", message, way))
        return ""
