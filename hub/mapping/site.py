"""Where a rule is being compiled: what it may name, and where its faults go."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.mapping.faults import Faults, nearest
from hub.mapping.shape import Shape
from hub.mapping.tree import End, Path
from hub.yamlfile import Place

#: What `$delivery` knows.
DELIVERY_NAMES = ("key", "revision", "watermark")
MAX_RULES = 2_000
MAX_EACH = 3


@dataclass(frozen=True, slots=True)
class Table:
    """A translation of values."""

    name: str
    entries: Mapping[str, Any]
    place: Place


@dataclass(frozen=True, slots=True)
class Site:
    """The surroundings of a rule at check time."""

    faults: Faults
    #: Shapes of the document at hand and of its enclosing ones, innermost first; None: unknown.
    shapes: tuple[Shape | None, ...]
    tables: Mapping[str, Table] = field(default_factory=dict)
    #: Names of the `let`s a rule may use: those above it.
    lets: Collection[str] = ()
    #: Target path, `[]` standing for the index of a list.
    target: str = ""
    #: The target field, where its schema is known.
    shape: Shape | None = None
    #: The target holds personal data, so values never show in errors.
    hidden: bool = False
    #: One entry for each rule read so far.
    rules: list[None] = field(default_factory=list)

    def into_field(self, name: str, shape: Shape | None) -> Site:
        """Return the site of a field of the target object."""
        target = f"{self.target}.{name}" if self.target else name
        hidden = self.hidden or (shape is not None and shape.personal)
        return replace(self, target=target, shape=shape, hidden=hidden)

    def into_items(self, item: Shape | None) -> Site:
        """Return the site of a rule that runs for each item of a source list."""
        return replace(self, shapes=(item, *self.shapes))

    def count_rule(self, place: Place) -> None:
        """Count one rule; the first one too many is a fault."""
        self.rules.append(None)
        if len(self.rules) == MAX_RULES + 1:
            self.faults.add("E005", place, f"More than {MAX_RULES} rules in one file.")


def resolve(path: Path, site: Site, place: Place, *, through: bool = False) -> Shape | None:
    """Return what a path leads to, None where that is unknown; report a path that leads nowhere.

    `through` lets a path go through lists, as inside `sum(…)` or after `in`.
    """
    if path.root != "item":
        _check_rooted(path, site, place)
        return None
    if path.up >= len(site.shapes):
        site.faults.add("E101", place, f"{path}: there is no enclosing document here.")
        return None
    shape = site.shapes[path.up]
    for number, segment in enumerate(path.segments):
        if shape is None or (not shape.fields and not shape.single):
            return None
        known, shape = _step(shape, segment, through=through)
        if not known:
            _report(path, number, site.shapes[path.up], site, place)
            return None
    return shape


def _step(shape: Shape, segment: str | End, *, through: bool) -> tuple[bool, Shape | None]:
    if isinstance(segment, End):
        return shape.type == "list", item_shape(shape)
    if shape.type == "list" and not through:
        return False, None
    return segment in shape.fields, shape.fields.get(segment)


def item_shape(shape: Shape | None) -> Shape | None:
    """Return the shape of a list's items; None where that is unknown."""
    if shape is None or not shape.fields:
        return None
    return Shape("object", personal=shape.personal, fields=shape.fields)


def _report(path: Path, number: int, start: Shape | None, site: Site, place: Place) -> None:
    before = Path(path.root, path.segments[:number], path.up)
    parent = start
    for segment in path.segments[:number]:
        parent = parent and _step(parent, segment, through=True)[1]
    name = path.segments[number]
    if isinstance(name, End):
        site.faults.add("E108", place, f"{path}: {before} is no list.")
    elif parent is not None and parent.type == "list" and name in parent.fields:
        site.faults.add("E108", place, f"{path}: {before} is a list: use each, or [first].")
    else:
        known = [*parent.fields] if parent is not None else []
        owner = f"{before} has" if number else "the source has"
        site.faults.add("E101", place, f"{path}: {owner} no {name}.{nearest(name, known)}")


def _check_rooted(path: Path, site: Site, place: Place) -> None:
    names = [segment for segment in path.segments if isinstance(segment, str)]
    if path.root == "let" and names[0] not in site.lets:
        hint = nearest(names[0], [*site.lets, "links", "results", "delivery"])
        site.faults.add("E111", place, f"There is no let {names[0]} above this line.{hint}")
    elif path.root == "delivery" and (len(names) != 1 or names[0] not in DELIVERY_NAMES):
        hint = nearest(names[0] if names else "", DELIVERY_NAMES)
        site.faults.add("E101", place, f"{path} is not known.{hint}")
    elif path.root == "results" and len(names) < 2:
        site.faults.add("E101", place, f"{path}: write $results.STEP.NAME.")
    elif path.root == "links" and not names:
        site.faults.add("E101", place, f"{path}: write $links.CONNECTION.")
