"""What a node says, whatever it looks like: for comparing, and as one line for a person.

Comments, the order of words, the style of quotes and the short form of a rule say nothing.
"""

from __future__ import annotations

from typing import Any

from hub.mapping.reading import Word
from hub.mapping.rule.convert import is_currency
from hub.mapping.writing.quoting import scalar
from hub.yamlfile import Entries, Items, Node, Scalar

#: Words that mean something else in quotes: there they are texts.
_BARE = frozenset({"true", "false", "keep", "error", "park"})
#: Words below which every value is a rule, so that a bare path stands for `{from: path}`.
_RULES_BELOW = frozenset({"fields", "parts", "back"})
#: Words whose value is a rule, so that a bare path stands for `{from: path}` too.
_RULES = frozenset({"unit", "at"})
#: Words that take a list or a single one.
_LISTS = frozenset(
    (
        *("empty", "check", "order_by", "unique", "after", "levels", "may_change"),
        *("key_rules", "rules", "totals", "ageing", "roles", "reasons", "preparer", "reviewer"),
    )
)


def canonical(node: Node) -> Any:
    """Return plain data that two nodes have in common exactly when they say the same."""
    if isinstance(node, Items):
        return [canonical(item) for item in node.nodes]
    if isinstance(node, Entries):
        return {key.text: canonical(normal(key.text, value)) for key, value in node.pairs}
    if node.null:
        return None
    return (node.text,) if node.plain and node.text in _BARE else node.text


def normal(word: str, value: Node) -> Node:
    """Return what stands after a word in the longer of the forms it may have."""
    if word in _RULES_BELOW and isinstance(value, Entries):
        return Entries(tuple((key, as_rule(one)) for key, one in value.pairs), value.place)
    if word in _RULES or (word == "currency" and not is_currency(Word(value.place, value))):
        return as_rule(value)
    if word in _LISTS and not isinstance(value, Items):
        return Items((value,), value.place)
    return value


def as_rule(node: Node) -> Node:
    """Return a rule with its words: a bare path is `{from: path}`."""
    if isinstance(node, Scalar):
        return Entries(((Scalar("from", node.place), node),), node.place)
    return node


def one_line(node: Node) -> str:
    """Return what the node says as YAML of one line."""
    if isinstance(node, Items):
        return f"[{', '.join(map(one_line, node.nodes))}]"
    if isinstance(node, Entries):
        pairs = (f"{one_line(key)}: {one_line(value)}" for key, value in node.pairs)
        return f"{{{', '.join(pairs)}}}"
    if node.null:
        return "null"
    return node.text if node.plain and node.text in _BARE else scalar(node.text)
