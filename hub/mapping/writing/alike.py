"""Names that belong together: the fields of one document that may fill those of another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from hub.mapping.data.shape import Shape
from hub.mapping.expression.expressions import parse_path
from hub.mapping.expression.lexer import ExpressionError
from hub.mapping.expression.tree import Path

#: Words of a name: `orderLineNo`, `order_line_no` and `OrderLineNO` have the same three.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
#: What products write → the word it stands for.
_SHORT = {
    "qty": "quantity", "no": "number", "num": "number", "amt": "amount", "addr": "address",
    "tel": "phone", "mobile": "phone", "zip": "post", "postcode": "post",
}  # fmt: skip
#: Words that say how something is known, not what it is.
_GENERAL = frozenset({"number", "code", "id", "name", "type", "time", "date", "at", "is", "to"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value or a list of the document at hand."""

    #: Names from the document at hand.
    way: tuple[str, ...]
    shape: Shape

    @property
    def path(self) -> str:
        """Return the path as a rule writes it."""
        return ".".join(name if _is_plain(name) else f'"{name}"' for name in self.way)


@dataclass(frozen=True, slots=True)
class Level:
    """The document at hand: the whole one, or an item of a list in it."""

    leaves: tuple[Leaf, ...]
    lists: tuple[Leaf, ...]
    #: Names from the whole document, `[]` after a list.
    above: tuple[str, ...] = ()
    outer: Level | None = None
    #: Fields that are about the document, not about anything in it: only their own place fits.
    own: Collection[str] = ()


def level_of(
    shape: Shape | None,
    above: tuple[str, ...] = (),
    outer: Level | None = None,
    own: Collection[str] = (),
) -> Level:
    """Return the fields of a document that rules can read."""
    found = [] if shape is None else list(_leaves(shape, ()))
    lists = tuple(leaf for leaf in found if leaf.shape.type == "list")
    return Level(tuple(leaf for leaf in found if leaf.shape.single), lists, above, outer, own)


def _leaves(shape: Shape, way: tuple[str, ...]) -> Iterator[Leaf]:
    for name, inner in shape.fields.items():
        # no path can name it
        if '"' in name:
            continue
        if inner.type == "object":
            yield from _leaves(inner, (*way, name))
        else:
            yield Leaf((*way, name), inner)


def same(way: tuple[str, ...], leaves: Sequence[Leaf], own: Collection[str] = ()) -> Leaf | None:
    """Return the one leaf of the same name, by as much of the way as tells them apart."""
    wanted = _words(way)
    exact = next((leaf for leaf in leaves if leaf.way == way), None)
    if exact is not None or not wanted:
        return exact
    elsewhere = [leaf for leaf in leaves if len(way) == 1 or leaf.way[-1] not in own]
    for candidates in (
        [leaf for leaf in leaves if _words(leaf.way) == wanted],
        [leaf for leaf in elsewhere if _ends(wanted, _words(leaf.way))],
        [leaf for leaf in elsewhere if _ends(_words(leaf.way), wanted)],
        [leaf for leaf in elsewhere if _words(leaf.way[-1:]) == _words(way[-1:])],
    ):
        if len(candidates) == 1:
            return candidates[0]
    return None


def same_meaning(way: tuple[str, ...], leaves: Sequence[Leaf]) -> Leaf | None:
    """Return the first leaf whose name says the same in other words: `orderNo`, `order_number`."""
    wanted = _meant(way)
    return next((leaf for leaf in leaves if _meant(leaf.way) == wanted), None)


def near(way: tuple[str, ...], leaves: Sequence[Leaf], *, within: bool) -> Leaf | None:
    """Return the leaf whose name shares the most words with a name, if it says the same thing.

    `within` an item of a list a general word such as `name` says enough by itself.
    """
    wanted, last = _meant(way), _meant(way[-1:])
    best, most = None, 0.0
    for leaf in leaves:
        whole, own = _meant(leaf.way), _meant(leaf.way[-1:])
        shared = wanted & whole
        fits = own <= last or last <= whole or own <= wanted
        told = shared - _GENERAL or (shared and (within or own == last))
        score = len(shared) / len(wanted | whole)
        if fits and told and score > most:
            best, most = leaf, score
    return best


def _is_plain(name: str) -> bool:
    """Say whether a path can name it without quotes: no signs, no word of the language."""
    try:
        return parse_path(name) == Path("item", (name,))
    except ExpressionError:
        return False


def _words(way: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.lower() for name in way for word in _WORD.findall(name))


def _meant(way: Sequence[str]) -> frozenset[str]:
    return frozenset(_SHORT.get(word, word) for word in _words(way))


def _ends(whole: tuple[str, ...], part: tuple[str, ...]) -> bool:
    """Say whether a name ends with another of two words or more."""
    return len(part) > 1 and whole[-len(part) :] == part
