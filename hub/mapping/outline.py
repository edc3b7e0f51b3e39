"""Which target fields a mapping file fills, and what it says of personal data, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub.yamlfile import Entries, Items, Node, Place, Scalar

#: Words that decide about personal data.
_PERSONAL = ("redact", "allow_personal")


@dataclass(frozen=True, slots=True)
class Filled:
    """One target field, or a `let`, and the rule that makes it."""

    #: Target path, `[]` standing for the index of a list; `$name` for a `let`.
    target: str
    rule: Node


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule decides about personal data."""

    target: str
    #: `redact` or `allow_personal`.
    word: str
    #: How it is masked, or the reason why it is not.
    says: str
    place: Place


def filled(root: Node | None) -> tuple[Filled, ...]:
    """Return every target field a mapping file fills, what is inside objects and lists too."""
    words = _words(root)
    lets = (Filled(f"${name}", rule) for name, rule in _words(words.get("let")).items())
    return (*lets, *_inside(words.get("fields"), ""))


def decisions(root: Node | None) -> tuple[Decision, ...]:
    """Return every `redact` and `allow_personal` of a mapping file, in its order."""
    return tuple(decision for one in filled(root) for decision in _decisions(one.rule, one.target))


def _words(node: Node | None) -> Mapping[str, Node]:
    return {key.text: value for key, value in node.pairs} if isinstance(node, Entries) else {}


def _inside(node: Node | None, above: str) -> Iterator[Filled]:
    for name, rule in _words(node).items():
        target = f"{above}.{name}" if above else name
        yield Filled(target, rule)
        words = _words(rule)
        yield from _inside(words.get("fields"), f"{target}[]" if "each" in words else target)


def _decisions(node: Node, target: str) -> Iterator[Decision]:
    if isinstance(node, Items):
        for item in node.nodes:
            yield from _decisions(item, target)
    if not isinstance(node, Entries):
        return
    for key, value in node.pairs:
        if key.text in _PERSONAL:
            says = value.text if isinstance(value, Scalar) else ""
            yield Decision(target, key.text, says, key.place)
        elif key.text != "fields":
            # the fields inside have entries of their own
            yield from _decisions(value, target)
