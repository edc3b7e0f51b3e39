"""Sources that read one value: a path, a constant, an expression."""

from __future__ import annotations

from typing import Any

from hub.language import say
from hub.mapping import reading
from hub.mapping.data.values import MISSING, single
from hub.mapping.expression.expressions import parse_path
from hub.mapping.expression.lexer import ExpressionError
from hub.mapping.expression.tree import Path
from hub.mapping.faults import Stop
from hub.mapping.reading import Words
from hub.mapping.rule.site import Site, is_personal, resolve
from hub.mapping.running.paths import describe, reader
from hub.mapping.running.run import Frame, Produce
from hub.yamlfile import Node, Scalar

#: The path of an item that is itself a single value.
ITSELF = Path("item", ())


def from_word(words: Words, site: Site) -> Produce | None:
    """`from: customer.code`."""
    node = words["from"].node
    if isinstance(node, Scalar):
        return from_path(node, site)
    site.faults.add("E106", node.place, say("from: needs a path such as customer.code"))
    return None


def from_path(node: Scalar, site: Site) -> Produce | None:
    """Return what reads one value; lists and objects are faults."""
    path = path_of(node, site)
    if path is None:
        return None
    shape = resolve(path, site, node.place)
    if shape is not None and not shape.single:
        message = (
            say("{path} is a list: use each.", path=path)
            if shape.type == "list"
            else say("{path} is an object: name a field.", path=path)
        )
        site.faults.add("E108", node.place, message)
    if path.root == "let" and len(path.segments) == 1:
        # what a rule of this file made is plain data, whatever it is
        read = reader(path)
        return lambda frame: _copied(read(frame))
    return checked(reader(path), path, hidden=is_personal(path, site))


def _copied(value: Any) -> Any:
    """Return plain data of its own, so that no two fields share a list or object."""
    if type(value) is dict:
        return {name: _copied(inner) for name, inner in value.items()}
    return [_copied(inner) for inner in value] if type(value) is list else value


def checked(read: Produce, path: Path, *, hidden: bool) -> Produce:
    """Return the value as plain data, missing for null; what is not single stops the rule."""

    def run(frame: Frame) -> Any:
        value = read(frame)
        if type(value) is str:
            return value
        try:
            return single(value)
        except Stop as stop:
            stop.about(*describe(path, frame, value, hidden=hidden))
            raise

    return run


def path_of(node: Scalar, site: Site) -> Path | None:
    """Return the path a text names; None after a fault."""
    if node.null:
        site.faults.add("E106", node.place, say("A path is needed here, such as customer.code"))
        return None
    try:
        return parse_path(node.text)
    except ExpressionError as error:
        message = say("{text!r} is no path: {problem}.", text=node.text, problem=error.message)
        site.faults.add(error.code, node.at(error.at, error.width), message)
        return None


def constant_of(node: Node, words: Words, site: Site) -> Produce | None:
    """Return what gives the same text for every document; null gives nothing."""
    if not isinstance(node, Scalar):
        site.faults.add("E106", node.place, say("A single text is needed here."))
        return None
    value = constant(node, words)
    return lambda _frame: value


def constant(node: Scalar, words: Words) -> Any:
    """Return the text; `true` and `false` are booleans only where the rule says `as: boolean`."""
    if node.null:
        return MISSING
    kind = words["as"].node if "as" in words else None
    asked = isinstance(kind, Scalar) and kind.text == "boolean"
    return reading.data(node) if asked else node.text
