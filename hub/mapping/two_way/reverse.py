"""The words that change a value, turned round: what they made becomes what they were given.

forward   source → empty → map / lookup → default → as, scale → format → target
back      target → map / lookup → as, scale → the first text of empty → source
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Context, Decimal, DivisionByZero, Inexact
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.language import Message, say
from hub.mapping.data import dates, values
from hub.mapping.data.shape import Shape
from hub.mapping.faults import Faults, Stop
from hub.mapping.reading import Word, Words
from hub.mapping.rule.convert import is_currency
from hub.mapping.rule.site import Site, Table
from hub.mapping.rule.tables import read_table
from hub.yamlfile import Entries, Items, Node, Place, Scalar

#: A word of the way back and what it says.
Pair: TypeAlias = tuple[Scalar, Node]

_MEASURES = {"money": "currency", "quantity": "unit"}
_NUMBERS = frozenset({"integer", "decimal"})
#: Type made of a value → types of source fields it can be put into again.
_RETURNS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"text", "integer", "decimal", "date", "datetime"}),
    "email": frozenset({"text"}),
    "integer": frozenset({"text", *_NUMBERS}),
    "decimal": frozenset({"text", *_NUMBERS}),
    "date": frozenset({"text", "date"}),
    "datetime": frozenset({"text", "datetime"}),
    "boolean": frozenset({"boolean"}),
}
#: Moments of which no other order or width of their parts reads alike.
_PROBES = (datetime(2021, 11, 22, 13, 14, tzinfo=UTC), datetime(2021, 1, 2, 3, 4, tzinfo=UTC))
_INVERSE = Context(prec=values.MAX_DIGITS, traps=[Inexact, DivisionByZero])


class OneWay(Exception):
    """A word of a rule cannot be turned round; caught where the rule stands."""

    def __init__(self, place: Place, message: Message) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


def measured(words: Words) -> bool:
    """Return whether the rule makes an amount of something."""
    return _kind(words) in _MEASURES


def unit_of(words: Words) -> Word | None:
    """Return the word that reads a currency or unit from the source; None where none does."""
    word = words.get(_MEASURES.get(_kind(words), ""))
    return None if word is None or is_currency(word) else word


def turned(
    words: Words,
    read: Scalar | None,
    place: Place,
    shape: Shape | None,
    tables: Mapping[str, Table],
) -> Entries:
    """Return the rule that makes of a target value what the words of a rule were given.

    `read` is its path; without one it is an item that is itself a value. `shape` is that of
    the source field. Raises `OneWay`.
    """
    kind = "decimal" if measured(words) else _kind(words)
    pairs: list[Pair] = []
    if read is not None:
        pairs.append((_key("from", read.place), read))
    pairs += _translation(words, kind, shape, tables)
    pairs += _conversion(words, kind, shape)
    rule = Entries(tuple(pairs), place)
    return rule if read is None or "empty" not in words else _emptied(words, rule, read, shape)


def _kind(words: Words) -> str:
    return getattr(words["as"].node, "text", "") if "as" in words else ""


def _key(text: str, place: Place) -> Scalar:
    return Scalar(text, place)


def _text(text: str, place: Place) -> Scalar:
    return Scalar(text, place, plain=False)


# ---- tables and links ------------------------------------------------------------------------


def _translation(
    words: Words, kind: str, shape: Shape | None, tables: Mapping[str, Table]
) -> Iterator[Pair]:
    name = next((name for name in ("map", "lookup") if name in words), None)
    if name is None:
        return
    word = words[name]
    _refuse_conversion(words, kind, name)
    _refuse_otherwise(words, name)
    if name == "lookup":
        yield _key("lookup", word.place), _link(word)
        if "else" in words:
            yield _key("else", words["else"].place), words["else"].node
        return
    table = _table(word, tables)
    if table is not None:
        inverted = _inverted(table, word.place, kind, shape)
        yield _key("map", word.place), _with_default(inverted, words, kind, shape)


def _refuse_conversion(words: Words, kind: str, name: str) -> None:
    if kind not in {"", "text", "boolean", *_NUMBERS} or "scale" in words or measured(words):
        message = say(
            "{word}: and as: {kind} cannot be turned round.", word=name, kind=_kind(words)
        )
        raise OneWay(words.get("as", words[name]).place, message)


def _refuse_otherwise(words: Words, name: str) -> None:
    word = words.get("else")
    plain = word is not None and isinstance(word.node, Scalar) and word.node.plain
    allowed = {"error", "park"} if name == "lookup" else {"error"}
    if word is not None and not (plain and getattr(word.node, "text", "") in allowed):
        message = say("else: cannot be turned round: several values may have become one.")
        raise OneWay(word.place, message)


def _link(word: Word) -> Scalar:
    text = getattr(word.node, "text", "")
    one, sign, other = text.partition("<->")
    if sign:
        return Scalar(f"{other.strip()} <-> {one.strip()}", word.node.place)
    message = say("lookup: goes one way; A <-> B can be turned round.")
    raise OneWay(word.place, message)


def _table(word: Word, tables: Mapping[str, Table]) -> Table | None:
    if isinstance(word.node, Entries):
        return read_table(say("the table"), word, Site(Faults(), ()))
    return tables.get(getattr(word.node, "text", ""))


def _inverted(table: Table, place: Place, kind: str, shape: Shape | None) -> Entries:
    keys: dict[str, str] = {}
    for key, value in table.entries.items():
        if isinstance(value, (list, dict)):
            continue  # the way forward says so
        made = _made(value, kind)
        if made is None:
            message = say("{table} gives nothing for {key}.", table=table.name, key=key)
            raise OneWay(place, message)
        if made in keys:
            message = say(
                "{table} gives {value} for both {one} and {other}.",
                table=table.name, value=made, one=keys[made], other=key,
            )  # fmt: skip
            raise OneWay(place, message)
        keys[made] = key
    booleans = {"true", "false"}.issuperset(keys.values())
    booleans = booleans if shape is None else shape.type == "boolean"
    pairs = ((_text(made, place), Scalar(key, place, booleans)) for made, key in keys.items())
    return Entries(tuple(pairs), place)


def _with_default(inverted: Entries, words: Words, kind: str, shape: Shape | None) -> Entries:
    """Return the table with the default, which stands for nothing unless the table makes it too."""
    word = words.get("default")
    if word is None or not isinstance(word.node, Scalar) or word.node.null:
        return inverted
    made = _made(word.node.text, kind)
    if made is None or any(key.text == made for key, _ in inverted.pairs):
        return inverted
    nothing: Scalar = Scalar("null", word.place)
    first = _first_empty(words)
    if first is not None and (shape is None or shape.type == "text"):
        nothing = _text(first.text, first.place)
    return Entries((*inverted.pairs, (_text(made, word.place), nothing)), inverted.place)


def _made(value: object, kind: str) -> str | None:
    """Return the text by which a target value is found again; None for nothing."""
    if value is None:
        return None
    number = kind in _NUMBERS and values.is_decimal_text(value)
    return values.source_text(values.decimal(value) if number else value)


# ---- types -----------------------------------------------------------------------------------


def _conversion(words: Words, kind: str, shape: Shape | None) -> Iterator[Pair]:
    wanted = shape.type if shape is not None and shape.single else ""
    translated = "map" in words or "lookup" in words
    if translated or not kind:
        # what was put in as it was may have become text on the way
        if wanted in (_NUMBERS if translated else {"date", *_NUMBERS}):
            yield _as(wanted, _first(words))
        return
    place = words["as"].place
    if wanted and kind in _RETURNS and wanted not in _RETURNS[kind]:
        message = say("as: {kind} of a {type} cannot be turned round.", kind=kind, type=wanted)
        raise OneWay(place, message)
    if kind in {"date", "datetime"}:
        _check_format(words, kind)
    scaled = "scale" in words
    kind = "decimal" if scaled else kind
    kind = wanted if wanted not in {"", "text"} else kind
    yield _as(kind, place)
    if scaled:
        yield from _scale(words["scale"])
    if "zone" in words and kind in {"date", "datetime"}:
        yield _key("zone", words["zone"].place), words["zone"].node


def _first(words: Words) -> Place:
    return next(iter(words.values())).place


def _as(kind: str, place: Place) -> Pair:
    return _key("as", place), Scalar(kind, place)


def _scale(word: Word) -> Iterator[Pair]:
    text = getattr(word.node, "text", "")
    if not values.is_decimal_text(text) or not Decimal(text):
        return  # the way forward says so
    try:
        inverse = _INVERSE.divide(Decimal(1), Decimal(text)).normalize(_INVERSE)
    except Inexact:
        inverse = None
    if inverse is None or inverse.adjusted() < -values.MAX_EXPONENT:
        message = say("scale: {scale} cannot be turned round exactly.", scale=text)
        raise OneWay(word.place, message)
    yield _key("scale", word.place), _text(format(inverse, "f"), word.node.place)


def _check_format(words: Words, kind: str) -> None:
    word = words.get("format")
    pattern = getattr(word.node, "text", "") if word is not None else ""
    if word is not None and pattern and not _read_again(pattern, kind, words.get("zone")):
        message = say(
            "format: {pattern} is no way of writing that can be read again.", pattern=pattern
        )
        raise OneWay(word.place, message)


def _read_again(pattern: str, kind: str, zone: Word | None) -> bool:
    """Return whether what the pattern writes means the same when read; True for no pattern."""
    if kind == "date" and dates.has_time(pattern):
        return True  # the way forward says what is wrong
    try:
        write = dates.formatter(pattern)
        place = ZoneInfo(getattr(zone.node, "text", "")) if zone is not None else None
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return True
    moments = [moment.astimezone(place or UTC) for moment in _PROBES]
    try:
        if kind == "date":
            return all(dates.day(write(one.date()), None) == one.date() for one in moments)
        return place is not None and all(dates.instant(write(one), place) == one for one in moments)
    except Stop:
        return False


# ---- nothing ---------------------------------------------------------------------------------


def _emptied(words: Words, rule: Entries, read: Scalar, shape: Shape | None) -> Entries:
    """Return the rule with the first text of `empty:` for what is missing or null."""
    word, first = words["empty"], _first_empty(words)
    if first is None:
        return rule
    pairs = (
        (_key("when", word.place), Scalar(f"{read.text} is set", read.place)),
        (_key("then", word.place), rule),
        (_key("else", word.place), _nothing(first, _kind(words), shape)),
    )
    return Entries(pairs, rule.place)


def _first_empty(words: Words) -> Scalar | None:
    """Return the first text that counts as nothing; None where none does."""
    node = words["empty"].node if "empty" in words else None
    first = node.nodes[0] if isinstance(node, Items) and node.nodes else node
    return first if isinstance(first, Scalar) else None


def _nothing(first: Scalar, kind: str, shape: Shape | None) -> Node:
    kind = shape.type if shape is not None else kind
    number = kind in _NUMBERS and values.is_decimal_text(first.text)
    if not number and not (kind == "boolean" and first.text in {"true", "false"}):
        return _text(first.text, first.place)
    value = _key("value", first.place), Scalar(first.text, first.place)
    return Entries((value, _as(kind, first.place)), first.place)
