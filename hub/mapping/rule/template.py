"""Texts with paths in braces: `"{number}-R{revision}"`; `{{` and `}}` stand for braces."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from hub.language import say
from hub.mapping.data.values import absent, is_nothing, source_text, text
from hub.mapping.expression.expressions import parse_path
from hub.mapping.expression.lexer import ExpressionError
from hub.mapping.expression.tree import Path
from hub.mapping.faults import Stop
from hub.mapping.rule.site import Site, is_personal, resolve
from hub.mapping.running.paths import describe, quick_reader, reader
from hub.mapping.running.quick import Constant, Quick, Variable, always, code, strict_of
from hub.mapping.running.run import Frame, Produce
from hub.yamlfile import Node, Place, Scalar

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")

_Piece = Callable[[Frame], str]


def template(node: Node, site: Site, parts: Mapping[str, Produce]) -> Produce | None:
    """Return what writes the text; None after a fault.

    A name of `parts` stands for that part's value, anything else is a path. What is missing
    or null stops the text (`Absent`), so that no text is silently incomplete.
    """
    if not isinstance(node, Scalar) or node.null:
        message = say('A text is needed, in quotes where it has braces: "{{number}}-R{{revision}}"')
        site.faults.add("E106", node.place, message)
        return None
    pieces: list[_Piece] = []
    for match in _PIECE.finditer(node.text):
        piece = _piece(match, node, site, parts)
        if piece is None:
            return None
        pieces.append(piece)
    strict = [strict_of(piece) for piece in pieces]
    holes = {f"piece{number}": piece for number, piece in enumerate(pieces)}
    listed = ", ".join(f"{{{name}}}" for name in holes)
    quick = code(f"frame.run.wrote({{join}}([{listed}]))", join=Constant("".join), **holes)
    return Quick(lambda frame: frame.run.wrote("".join([piece(frame) for piece in strict])), quick)


def names_a_path(node: Node) -> bool:
    """Return whether the text differs from document to document."""
    found = _PIECE.finditer(node.text) if isinstance(node, Scalar) else ()
    return any(match.group(1) is not None for match in found)


def _piece(
    match: re.Match[str], node: Scalar, site: Site, parts: Mapping[str, Produce]
) -> _Piece | None:
    inner = match.group(1)
    if inner is None:
        return _literal(match, node, site)
    if inner in parts:
        return _part(inner, parts[inner], node.at(match.start(1), len(inner)))
    place = node.at(match.start(1), len(inner))
    try:
        path = parse_path(inner)
    except ExpressionError as error:
        message = say("In {{{text}}}: {problem}.", text=inner, problem=error.message)
        at = match.start(1) + error.at
        site.faults.add(error.code, node.at(at, error.width), message)
        return None
    resolve(path, site, place)
    return _path(path, place, hidden=is_personal(path, site))


def _literal(match: re.Match[str], node: Scalar, site: Site) -> _Piece | None:
    found = match.group()
    if found in {"{", "}"}:
        message = say(
            "A single {brace}: write {{path}}, or {double} for the brace itself.",
            brace=found,
            double=found * 2,
        )
        site.faults.add("E107", node.at(match.start(), 1), message)
        return None
    words = found[0] if found in {"{{", "}}"} else found
    return always(words)


def _part(name: str, produce: Produce, place: Place) -> _Piece:
    def write(frame: Frame) -> str:
        value = produce(frame)
        if is_nothing(value):
            stop = absent(value).about(say("the part {name}", name=name))
            stop.place = place
            raise stop
        return text(value)

    return _quick_text(write, produce)


def _path(path: Path, place: Place, *, hidden: bool) -> _Piece:
    read = reader(path)
    write: Callable[[Any], str] = text if path.root == "let" else source_text

    def run(frame: Frame) -> str:
        value = read(frame)
        try:
            if is_nothing(value):
                raise absent(value)
            return write(value)
        except Stop as stop:
            stop.about(*describe(path, frame, value, hidden=hidden))
            stop.place = stop.place or place
            raise

    return _quick_text(run, quick_reader(path))


def _quick_text(strict: Produce, value: Produce) -> Quick:
    pattern = "{text} if type({text} := {value}) is str else {strict}(frame)"
    return Quick(strict, code(pattern, text=Variable(), value=value, strict=Constant(strict)))
