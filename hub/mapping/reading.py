"""Reading words, texts and plain data from positioned nodes, with a fault for each surprise."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from hub.errors import ConfigError
from hub.language import say
from hub.mapping.data.shape import Shape, of_record
from hub.mapping.faults import Faults, suggestion
from hub.records import KINDS, kind
from hub.yamlfile import Entries, Items, Node, Place, Scalar, content_of


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the file: where it stands and what it says."""

    place: Place
    node: Node


#: The words of one rule or file.
Words: TypeAlias = Mapping[str, Word]


def placed(node: Entries) -> Words:
    """Return the entries of an object as they stand there, nothing checked."""
    return {key.text: Word(key.place, value) for key, value in node.pairs}


def entries(node: Node, faults: Faults, what: str) -> Mapping[str, Word]:
    """Return the entries of an object, whatever their names; full-width ones were refused."""
    if not isinstance(node, Entries):
        message = say("{what} needs words with values, such as name: value.", what=what)
        faults.add("E106", node.place, message)
        return {}
    found: dict[str, Word] = {}
    for key, value in node.pairs:
        if key.full_width is None:
            found[key.text] = Word(key.place, value)
    return found


def words(node: Node, known: Collection[str], faults: Faults, what: str) -> Mapping[str, Word]:
    """Return the entries of an object that may hold only the known words."""
    found = entries(node, faults, what)
    for name, word in found.items():
        if name not in known:
            message = say("{what} has no word {name!r}.", what=what, name=name)
            faults.add("E102", word.place, message, hint=suggestion(name, known))
    return {name: word for name, word in found.items() if name in known}


def text(word: Word | None, faults: Faults, what: str) -> str | None:
    """Return the word's text; None when it is not there or not a text."""
    if word is None:
        return None
    if isinstance(word.node, Scalar) and not word.node.null:
        return word.node.text
    faults.add("E106", word.place, say("{what} needs a text.", what=what))
    return None


def required_text(found: Mapping[str, Word], name: str, place: Place, faults: Faults) -> str:
    """Return the text of a word that must be there; the empty text after a fault."""
    if name not in found:
        faults.add("E105", place, say("The word {name}: is missing.", name=name))
        return ""
    return text(found[name], faults, name) or ""


def texts(word: Word | None, faults: Faults, what: str) -> tuple[str, ...]:
    """Return a list of texts; a single text is a list of one."""
    if word is None:
        return ()
    nodes = word.node.nodes if isinstance(word.node, Items) else (word.node,)
    found = [node.text for node in nodes if isinstance(node, Scalar) and not node.null]
    if len(found) != len(nodes):
        faults.add("E106", word.place, say("{what} needs a list of texts.", what=what))
    return tuple(found)


def items(word: Word | None, what: str, faults: Faults) -> tuple[Node, ...]:
    """Return the entries of a list, whatever they are."""
    if word is None:
        return ()
    if isinstance(word.node, Items):
        return word.node.nodes
    faults.add("E106", word.place, say("{what}: needs a list, each starting with -", what=what))
    return ()


def boolean(word: Word | None, faults: Faults, what: str, *, default: bool) -> bool:
    """Return true or false, written so and without quotes."""
    if word is None:
        return default
    node = word.node
    if isinstance(node, Scalar) and node.plain and node.text in {"true", "false"}:
        return node.text == "true"
    faults.add("E106", word.place, say("{what} needs true or false.", what=what))
    return default


def whole_number(word: Word | None, faults: Faults, what: str, most: int) -> int | None:
    """Return a whole number from 0 to `most`."""
    if word is None:
        return None
    node = word.node
    if isinstance(node, Scalar) and node.text.isascii() and node.text.isdigit():
        number = int(node.text[:12])
        if number <= most:
            return number
    message = say("{what} needs a whole number from 0 to {most}.", what=what, most=most)
    faults.add("E106", word.place, message)
    return None


def check_format(found: Words, faults: Faults) -> None:
    """Find the fault of a file that a later version wrote."""
    number = whole_number(found.get("format"), faults, "format", 1000)
    if number is not None and number != 1:
        message = say(
            "Format {number} is not known to this version; it reads format 1.", number=number
        )
        faults.add("E106", found["format"].place, message)


def choice(word: Word | None, allowed: Collection[str], faults: Faults, what: str) -> str | None:
    """Return one of the allowed texts."""
    found = text(word, faults, what)
    if found is None or word is None or found in allowed:
        return found
    message = say("{what} cannot be {found!r}.", what=what, found=found)
    faults.add("E106", word.place, message, hint=suggestion(found, allowed))
    return None


def record_shape(name: str, place: Place, faults: Faults) -> Shape | None:
    """Return what a record of a kind may hold; None after a fault."""
    try:
        return of_record(kind(name))
    except ConfigError:
        message = say("There is no record kind {name!r}.", name=name)
        faults.add("E111", place, message, hint=suggestion(name, KINDS))
        return None


def data(node: Node) -> Any:
    """Return plain data: text, null, true and false where unquoted, lists, objects."""
    return content_of(node, _value)


def _value(scalar: Scalar) -> str | bool | None:
    if scalar.null:
        return None
    if scalar.plain and scalar.text in {"true", "false"}:
        return scalar.text == "true"
    return scalar.text
