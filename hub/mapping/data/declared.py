"""Fields that a mapping declares: what a far end has besides what its connector names.

Forms have fields of their own, and connectors such as that of low-code platforms pass them
through. Declared once, they are checked as the others are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hub.language import Message, say
from hub.mapping import reading
from hub.mapping.data.shape import PERSONAL_KINDS, TYPES, Shape
from hub.mapping.faults import Faults
from hub.mapping.reading import Word, Words
from hub.mapping.writing.quoting import scalar
from hub.yamlfile import Node, Scalar, words_of
from hub.yamlreader import parse

#: The words that may declare fields → what is named there beside the connector.
_ENDS = {"from": "stream", "to": "operation"}
_WORDS = ("type", "personal", "required", "fields")


def read(words: Words, end: str, faults: Faults) -> Mapping[str, Shape]:
    """Return the fields that `from:` or `to:` declares; none where it has no `fields:`."""
    return _fields(words["fields"], end, faults) if "fields" in words else {}


def _fields(word: Word, end: str, faults: Faults) -> Mapping[str, Shape]:
    found = reading.entries(word.node, faults, "fields")
    return {name: _field(name, one, end, faults) for name, one in found.items()}


def _field(name: str, word: Word, end: str, faults: Faults) -> Shape:
    if isinstance(word.node, Scalar):
        return Shape(reading.choice(word, TYPES, faults, name) or "text")
    words = reading.words(word.node, _WORDS, faults, name)
    type_ = reading.choice(words.get("type"), TYPES, faults, "type") or "text"
    if "fields" in words and type_ not in {"list", "object"}:
        message = say("{name}: only a list or an object has fields.", name=name)
        faults.add("E110", words["fields"].place, message, hint=say("Add type: list or object."))
    if "required" in words and end == "from":
        message = say("{name}: required: is a word of to:, of what the far end needs.", name=name)
        hint = say("Say required: true in the rule that reads it.")
        faults.add("E110", words["required"].place, message, hint=hint)
    return Shape(
        type_,
        reading.boolean(words.get("required"), faults, "required", default=False),
        reading.choice(words.get("personal"), PERSONAL_KINDS, faults, "personal") or "",
        read(words, end, faults),
    )


def over(known: Shape | None, own: Mapping[str, Shape]) -> Shape | None:
    """Return what a document may hold: what is known of it, and what is declared over that.

    Where nothing is known, the declared fields are all there are. What was personal or required
    stays so.
    """
    if not own:
        return known
    whole = known or Shape("object")
    laid = {name: _laid(whole.fields.get(name), shape) for name, shape in own.items()}
    return replace(whole, fields={**whole.fields, **laid})


def _laid(known: Shape | None, own: Shape) -> Shape:
    if known is None:
        return own
    inner = over(known, own.fields)
    fields = own.fields if inner is None or own.single else inner.fields
    required, personal = own.required or known.required, own.personal or known.personal
    if known.type != own.type:
        # another way of writing the same: whoever was in it is in it still
        personal = personal or known.first_personal
    return Shape(own.type, required, personal, fields)


def personal_ways(
    files: Mapping[str, bytes],
) -> Mapping[tuple[str, str], frozenset[tuple[str, ...]]]:
    """Return connector and stream or operation → ways to what mapping files mark as personal."""
    found: dict[tuple[str, str], frozenset[tuple[str, ...]]] = {}
    for path, data in files.items():
        # most files need not be parsed for it
        root = parse(data, path).root if b"personal:" in data else None
        for word, other in _ENDS.items():
            end = words_of(words_of(root).get(word))
            names = (_text(end.get("connector")), _text(end.get(other)))
            fields = end.get("fields")
            if fields is not None:
                own = _fields(Word(fields.place, fields), word, Faults())
                found[names] = found.get(names, frozenset()) | frozenset(_marked(own, ()))
    return found


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _marked(fields: Mapping[str, Shape], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, shape in fields.items():
        if shape.personal:
            yield (*above, name)
        yield from _marked(shape.fields, (*above, name))


def with_declaration(
    hint: Message, end: str, way: Sequence[str], document: Shape | None = None
) -> Message:
    """Return a hint that also says how a field nobody named is declared.

    `end` is the word that may declare it, empty where none may. A name on the way is a list where
    it ends in `[]`, or where the document has one of that name.
    """
    if not end or not way:
        return hint
    return say(
        "{hint} If the far end has it all the same, declare it: {end}: {{…, fields: {fields}}}",
        hint=hint, end=end, fields=_written(way, document),
    )  # fmt: skip


def _written(way: Sequence[str], above: Shape | None) -> str:
    name, *rest = way
    if not rest:
        return f"{{{scalar(name)}: text}}"
    owner = name.removesuffix("[]")
    shape = above.fields.get(owner) if above is not None else None
    listed = owner != name or (shape is not None and shape.type == "list")
    kind, inner = "list" if listed else "object", _written(rest, shape)
    return f"{{{scalar(owner)}: {{type: {kind}, fields: {inner}}}}}"
