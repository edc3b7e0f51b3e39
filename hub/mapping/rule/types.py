"""The type of what a rule gives, as far as its words and the schemas show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hub.mapping import reading
from hub.mapping.expression.expressions import parse_expression, parse_path
from hub.mapping.expression.lexer import ExpressionError
from hub.mapping.expression.tree import Aggregate, Binary, Call, IsSet, Literal, Path, Tree, Unary
from hub.mapping.faults import Faults
from hub.mapping.rule.site import Reads, Site, resolve
from hub.yamlfile import Entries, Items, Node, Place, Scalar

_AS: Mapping[str, str] = {"money": "object", "quantity": "object", "email": "text"}
#: Words that make text of whatever they are given.
WRITING = ("redact", "max_length", "format")
_COMPARING = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "and", "or"})
_BOOLEAN_FUNCTIONS = frozenset({"any", "all", "matches"})


def made(node: Node, site: Site) -> str | None:
    """Return the type of a rule's value, None where it cannot be told before a document comes."""
    if isinstance(node, Scalar):
        return _of_path(node.text, site)
    if not isinstance(node, Entries):
        return None
    words = node.words
    if "each" in words:
        return "text" if "join" in words else "list"
    if "split" in words:
        return "list"
    if words.keys() & set(WRITING):
        return "text"
    if "as" in words:
        name = _text(words["as"])
        return _AS.get(name, name)
    return _looked_up(words, site) if words.keys() & {"map", "lookup"} else _of_source(words, site)


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _looked_up(words: Mapping[str, Node], site: Site) -> str | None:
    if "lookup" in words or "else" in words:
        return None
    node = words["map"]
    if isinstance(node, Entries):
        values = [reading.data(value) for _, value in node.pairs]
    elif _text(node) in site.tables:
        values = [*site.tables[_text(node)].entries.values()]
    else:
        return None
    kinds = {type(value) for value in values if value is not None}
    return {frozenset({bool}): "boolean", frozenset({str}): "text"}.get(frozenset(kinds))


def _of_source(words: Mapping[str, Node], site: Site) -> str | None:
    if "from" in words:
        return _of_path(_text(words["from"]), site)
    if "count" in words:
        return "integer"
    if "fields" in words:
        return "object"
    if "text" in words:
        return "text"
    if "value" in words:
        return _constant(words["value"])
    if "calc" in words:
        return _of_expression(_text(words["calc"]), site)
    return _of_branches(words, site)


def _constant(node: Node) -> str | None:
    return None if isinstance(node, Scalar) and node.null else "text"


def _of_branches(words: Mapping[str, Node], site: Site) -> str | None:
    branches = [words[name] for name in ("then", "else") if name in words]
    cases = words.get("choose")
    for case in cases.nodes if isinstance(cases, Items) else ():
        branches += [value for key, value in getattr(case, "pairs", ()) if key.text == "then"]
    kinds = {
        made(branch, site) if isinstance(branch, Entries) else _constant(branch)
        for branch in branches
    }
    return kinds.pop() if len(kinds) == 1 else None


def _of_path(text: str, site: Site) -> str | None:
    try:
        return _of_tree(parse_path(text), site)
    except ExpressionError:
        return None


def _of_expression(text: str, site: Site) -> str | None:
    try:
        return _of_tree(parse_expression(text), site)
    except ExpressionError:
        return None


def _of_tree(tree: Tree, site: Site) -> str | None:
    match tree:
        case Path(root="document", segments=("file",)):
            return "file"
        case Path():
            quiet = replace(site, faults=Faults(), personal=[], reads=Reads())
            shape = resolve(tree, quiet, Place(""))
            return None if shape is None else shape.type
        case Literal():
            names = {bool: "boolean", str: "text"}
            return names.get(type(tree.value), "decimal")
        case IsSet():
            return "boolean"
        case Unary():
            return "boolean" if tree.sign == "not" else None
        case Binary():
            return "boolean" if tree.sign in _COMPARING else None
        case Aggregate():
            if tree.name in _BOOLEAN_FUNCTIONS:
                return "boolean"
            return {"count": "integer", "join": "text"}.get(tree.name)
        case Call():
            return _of_call(tree)
    return None


def _of_call(tree: Call) -> str | None:
    if tree.name in _BOOLEAN_FUNCTIONS:
        return "boolean"
    known = {"len": "integer", "days": "date", "round": None}
    return known.get(tree.name, "text")
