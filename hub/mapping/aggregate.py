"""Functions over lists: sum, min, max, count, any, all, join."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hub.mapping.faults import Absent, Stop
from hub.mapping.paths import describe, label
from hub.mapping.run import Frame, Produce
from hub.mapping.site import Site, item_shape, resolve
from hub.mapping.tree import Aggregate, Path
from hub.mapping.values import EXACT, absent, is_list, is_nothing, within_reach
from hub.yamlfile import Place

#: Of these a missing list is the same as an empty one; a sum over nothing would be a guess.
_EMPTY_WHEN_MISSING = frozenset({"count", "any", "all"})


def items_site(tree: Aggregate, site: Site, place: Place) -> Site:
    """Return the site of the condition and body, after checking that the source is a list."""
    shape = resolve(tree.source, site, place, through=True)
    if shape is not None and shape.type != "list" and len(tree.source.segments) == 1:
        message = f"{tree.name}(…) needs a list, and {tree.source} is none."
        site.faults.add("E108", place, message)
    return site.into_items(item_shape(shape))


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a source list that a condition keeps."""

    path: Path
    read: Produce
    kept: Callable[[Frame], bool] | None
    via: str

    def frames(self, frame: Frame, name: str) -> Iterator[Frame]:
        """Yield a frame for each kept item."""
        found, via = self._list(frame, name), self.via
        kept, run = self.kept, frame.run
        run.walk(len(found))
        for index, item in enumerate(found):
            inner = Frame(item, run, frame, via, index)
            if kept is None or kept(inner):
                yield inner

    def _list(self, frame: Frame, name: str) -> Any:
        found = self.read(frame)
        if is_list(found):
            return found
        subject = describe(self.path, frame, found, hidden=True)
        if not is_nothing(found):
            raise Stop("E205", f"is no list: {name}(…) needs one", subject=subject)
        if name in _EMPTY_WHEN_MISSING:
            return ()
        stop = absent(found)
        stop.subject = subject
        raise stop


def over_values(
    name: str,
    items: Items,
    convert: Callable[[Any], Any],
    separator: Callable[[Frame], str] | None,
) -> Produce:
    """Return the function over the items themselves."""
    if name == "count":
        return lambda frame: sum(1 for _ in items.frames(frame, name))

    def body(inner: Frame) -> Any:
        try:
            return convert(inner.item)
        except Stop as stop:
            stop.subject = stop.subject or inner.where()
            raise

    return over_bodies(name, items, body, separator)


def over_bodies(
    name: str,
    items: Items,
    body: Callable[[Frame], Any],
    separator: Callable[[Frame], str] | None,
) -> Produce:
    """Return the function over an expression that is worked out for each item."""

    def run(frame: Frame) -> Any:
        values = (body(inner) for inner in items.frames(frame, name))
        if name == "any":
            return any(values)
        if name == "all":
            return all(values)
        if separator is not None:
            return separator(frame).join(values)
        return _number(name, list(values), items.path, frame)

    return run


def _number(name: str, values: list[Decimal], path: Path, frame: Frame) -> Decimal:
    if name == "sum":
        total = Decimal(0)
        for value in values:
            total = EXACT.add(total, value)
        return within_reach(total)
    if not values:
        text = f"has no items to take the {name} of"
        raise Absent("E203", text, subject=label(path, frame))
    return max(values) if name == "max" else min(values)
