"""Drafts of rules: each target field with the source field whose name says the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hub.language import Message, say
from hub.mapping.data.shape import Shape
from hub.mapping.field_mapping import End
from hub.mapping.writing import sample
from hub.mapping.writing.alike import Leaf, Level, level_of, near, same, same_meaning
from hub.mapping.writing.quoting import scalar

#: Types a rule converts into, with what it says for that.
_AS = {name: f"as: {name}" for name in ("integer", "decimal", "boolean", "date", "datetime")}
_ZONE = ", zone: Asia/Shanghai"
_STEP = "  "
#: Kinds of personal data that `redact` masks in a way of their own.
_MASKED = frozenset({"name", "phone", "id_card", "email", "bank"})

#: Puts a sentence into the language of whoever reads the file.
Tell = Callable[[Message], str]


@dataclass(frozen=True, slots=True)
class Ends:
    """What a mapping leads from and to."""

    source: End
    target: End
    #: None where nobody described the documents.
    source_shape: Shape | None
    target_shape: Shape | None


@dataclass(frozen=True, slots=True)
class _Spot:
    """A target field to write a rule for."""

    name: str
    shape: Shape
    #: Names from the target item of the list it is in, itself last.
    way: tuple[str, ...]
    #: The same from the whole target, as faults name it.
    path: str
    indent: str
    #: What its rule can read.
    level: Level

    @property
    def key(self) -> str:
        return f"{scalar(self.name)}:"


@dataclass(slots=True)
class Writer:
    """Writes rules, and keeps what they read and what is left to do."""

    tell: Tell
    ends: Ends
    #: Source fields that need not be offered: a rule reads them, or a comment named them.
    offered: set[tuple[str, ...]] = field(default_factory=set)
    #: Way from the whole document, `[]` after a list → type the rules need.
    used: dict[tuple[str, ...], str] = field(default_factory=dict)
    todo: list[str] = field(default_factory=list)

    def fields(
        self, target: Shape, level: Level, indent: str, way: tuple[str, ...] = (), path: str = ""
    ) -> list[str]:
        """Return the rules of an object, in the order of its fields."""
        lines: list[str] = []
        silent: list[str] = []
        for name, shape in target.fields.items():
            inner = f"{path}.{name}" if path else name
            rule = self._rule(_Spot(name, shape, (*way, name), inner, indent, level))
            lines += rule
            if not rule:
                silent.append(name)
        if silent:
            lines += wrapped(f"{self.tell(say('also takes:'))} ", silent, f"{indent}# ")
        return lines

    def _rule(self, spot: _Spot) -> list[str]:
        if spot.shape.single:
            return self._single(spot)
        if spot.shape.type == "list":
            return self._list(spot)
        before, self.todo = self.todo, []
        inner = self.fields(
            spot.shape, spot.level, f"{spot.indent}{_STEP * 2}", spot.way, spot.path
        )
        filled = fills(inner)
        # what an object needs is nobody's need where the whole object is left out
        self.todo = before + (self.todo if filled else [])
        head = [f"{spot.indent}{spot.key}", f"{spot.indent}{_STEP}fields:"]
        return [*head, *inner] if filled else self._unfilled(spot)

    def _single(self, spot: _Spot) -> list[str]:
        if spot.shape.type == "file":
            return [f"{spot.indent}{spot.key} $document.file"]
        level = spot.level
        found, up = same(spot.way, level.leaves, level.own), ""
        if found is None and level.outer is not None:
            found, up = same(spot.way, level.outer.leaves, level.outer.own), ".."
        if found is None:
            return self._offered(spot)
        owner = level.outer.above if up and level.outer is not None else level.above
        way = (*owner, *found.way)
        kind = spot.shape.type if spot.shape.type in _AS else found.shape.type
        self.used.setdefault(way, kind)
        self.offered.add(way)
        rule = f"{spot.indent}{spot.key} {_words(found, spot.shape, up + found.path)}"
        if found.shape.personal and isinstance(self.ends.target, tuple):
            kind = found.shape.personal if found.shape.personal in _MASKED else "hash"
            personal = say("TODO personal: redact: {kind}, or allow_personal: REASON", kind=kind)
            return [f"{rule}   # {self.tell(personal)}"]
        return [rule]

    def _list(self, spot: _Spot) -> list[str]:
        level, shape = spot.level, spot.shape
        exact = same(spot.way, level.lists)
        found = exact or near(spot.way, level.lists, within=False)
        # items that are objects on one side only have nothing to do with each other
        if found is None or bool(found.shape.fields) != bool(shape.fields):
            return self._unfilled(spot)
        above = (*level.above, *found.way, "[]")
        doubt = "" if exact else f"   # {self.tell(say('TODO the nearest name; is this it?'))}"
        head = [f"{spot.indent}{spot.key}", f"{spot.indent}{_STEP}each: {found.path}{doubt}"]
        if not shape.fields:
            self.used[above] = found.shape.type
            return head
        before, self.todo = self.todo, []
        items = level_of(Shape("object", fields=found.shape.fields), above, level)
        inner = self.fields(shape, items, f"{spot.indent}{_STEP * 2}", path=f"{spot.path}[]")
        filled = fills(inner)
        self.todo = before + (self.todo if filled else [])
        head.append(f"{spot.indent}{_STEP}fields:")
        return [*head, *inner] if filled else [*self._unfilled(spot), *_comments(head[1:]), *inner]

    def _offered(self, spot: _Spot) -> list[str]:
        """Return a comment with the nearest name, where there is one."""
        level = spot.level
        taken = self.used if spot.shape.required else self.offered
        left = [leaf for leaf in level.leaves if (*level.above, *leaf.way) not in taken]
        found = self._number(spot) or near(spot.way, left, within=level.outer is not None)
        if found is None:
            return self._unfilled(spot)
        self.offered.add((*level.above, *found.way))
        rule = f"{spot.indent}# {spot.key} {_words(found, spot.shape, found.path)}"
        if not spot.shape.required:
            return [f"{rule}   # {self.tell(say('the nearest name; is this it?'))}"]
        self.todo.append(spot.path)
        return [f"{rule}   # {self.tell(say('TODO required; the nearest name: is this it?'))}"]

    def _number(self, spot: _Spot) -> Leaf | None:
        """Return the number of a record, which products call by its kind: `order_no`."""
        source, target, leaves = self.ends.source, self.ends.target, spot.level.leaves
        if isinstance(target, str) and spot.path == "number":
            return same_meaning((target, "number"), leaves)
        if isinstance(source, str) and same_meaning((source, "number"), [Leaf(spot.way, Shape())]):
            return same_meaning(("number",), leaves)
        return None

    def _unfilled(self, spot: _Spot) -> list[str]:
        """Return the comment for a field that nothing fills; none where it may be left out."""
        if not spot.shape.required:
            return []
        self.todo.append(spot.path)
        needed = self.tell(say("required, {type}", type=spot.shape.type))
        return [f"{spot.indent}# {spot.key} TODO   # {needed}"]


def _words(found: Leaf, target: Shape, path: str) -> str:
    """Return the rule that reads a path as the target needs it."""
    words = [f"from: {scalar(path)}"]
    if target.type in _AS and target.type != found.shape.type:
        words.append(_AS[target.type])
        if target.type in {"date", "datetime"} and found.shape.type != "date":
            words[-1] += _ZONE
    if target.required and not found.shape.required:
        words.append("required: true")
    return scalar(path) if len(words) == 1 else f"{{{', '.join(words)}}}"


def fills(lines: list[str]) -> bool:
    """Say whether there is a rule among the lines."""
    return any(not line.lstrip().startswith("#") for line in lines)


def _comments(lines: list[str]) -> list[str]:
    """Return the lines as comments, where they stand."""
    return [f"{line[: len(line) - len(line.lstrip())]}# {line.lstrip()}" for line in lines]


def wrapped(start: str, names: list[str], indent: str, end: str = "") -> list[str]:
    """Return names after a word, in lines that fit a screen."""
    hanging = indent if indent.lstrip() else f"{indent}{_STEP * 2}"
    lines = [f"{indent}{start}{names[0]}"]
    for name in names[1:]:
        if len(lines[-1]) + len(name) + 4 > sample.WIDTH:
            lines[-1] += ","
            lines.append(f"{hanging}{name}")
        else:
            lines[-1] += f", {name}"
    lines[-1] += end
    return lines
