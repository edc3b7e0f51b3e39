"""Which target fields a mapping file fills, and what it says of personal data, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hub.yamlfile import Entries, Items, Node, Place, Scalar, words_of

#: Words of a rule whose values are rules for the same field, or hold such rules.
_BRANCHES = frozenset({"then", "else", "choose"})
#: Words of a rule whose values are rules for a part of its value.
_PARTS = frozenset({"currency", "unit", "at"})
#: Words of a rule with named rules that fill no field of the target.
_NAMED = frozenset({"parts", "back"})
#: Words that decide about personal data.
_PERSONAL = frozenset({"redact", "allow_personal"})


@dataclass(frozen=True, slots=True)
class Filled:
    """One target field, or a `let`, and the rule that makes it."""

    #: The word of the file it stands below.
    word: Literal["let", "fields"]
    #: Target path, `[]` standing for the index of a list; `$name` for a `let`.
    target: str
    place: Place
    rule: Node
    #: It stands in `then`, `else` or `choose` of an object around it, so others may fill it too.
    branch: bool
    #: Rules of fields make it, each of them an entry of its own.
    whole: bool


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
    words = words_of(root)
    lets = _filled(words.get("let"), "let", "$", branch=False)
    return (*lets, *_filled(words.get("fields"), "fields", "", branch=False))


def decisions(root: Node | None) -> tuple[Decision, ...]:
    """Return every `redact` and `allow_personal` of a mapping file, in its order."""
    found = [decision for one in filled(root) for decision in _decisions(one.rule, one.target)]
    return tuple(sorted(found, key=lambda one: (one.place.line, one.place.column)))


# ---- fields ----------------------------------------------------------------------------------


def _filled(
    node: Node | None, word: Literal["let", "fields"], above: str, *, branch: bool
) -> Iterator[Filled]:
    for key, rule in node.pairs if isinstance(node, Entries) else ():
        target = f"{above}{key.text}"
        inner = list(_inside(rule, word, target, branch=branch))
        yield Filled(word, target, key.place, rule, branch, whole=bool(inner))
        yield from inner


def _inside(
    node: Node, word: Literal["let", "fields"], target: str, *, branch: bool
) -> Iterator[Filled]:
    """Yield the fields of the objects that a rule makes, in its branches too."""
    for item in node.nodes if isinstance(node, Items) else ():
        yield from _inside(item, word, target, branch=branch)
    words = words_of(node)
    path = f"{target}[]" if "each" in words else target
    yield from _filled(words.get("fields"), word, f"{path}.", branch=branch)
    for name, inner in words.items():
        if name in _BRANCHES:
            yield from _inside(inner, word, path, branch=True)


# ---- personal data ---------------------------------------------------------------------------


def _decisions(node: Node, target: str, *, named: bool = False) -> Iterator[Decision]:
    """Yield the decisions of a rule; fields inside have entries of their own, but below a name."""
    for item in node.nodes if isinstance(node, Items) else ():
        yield from _decisions(item, target, named=named)
    for key, value in node.pairs if isinstance(node, Entries) else ():
        if key.text in _PERSONAL:
            says = value.text if isinstance(value, Scalar) else ""
            yield Decision(target, key.text, says, key.place)
        elif key.text in _BRANCHES or key.text in _PARTS:
            yield from _decisions(value, target, named=named)
        elif key.text in _NAMED or (named and key.text == "fields"):
            for rule in words_of(value).values():
                yield from _decisions(rule, target, named=True)
