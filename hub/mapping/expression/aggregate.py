"""Functions over lists: sum, min, max, count, any, all, join."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hub.language import say
from hub.mapping.data.measures import Operand, amounts, calculated
from hub.mapping.data.values import EXACT, absent, is_list, is_nothing, out_of_reach
from hub.mapping.expression.tree import Aggregate, Path
from hub.mapping.faults import Absent, Stop
from hub.mapping.rule.site import Site, is_personal, item_shape, resolve
from hub.mapping.running.paths import describe, label
from hub.mapping.running.run import Frame, Produce
from hub.yamlfile import Place

#: Of these a missing list is the same as an empty one; a sum over nothing would be a guess.
_EMPTY_WHEN_MISSING = frozenset({"count", "any", "all"})


def items_site(tree: Aggregate, site: Site, place: Place) -> Site:
    """Return the site of the condition and body, after checking that the source is a list."""
    shape = resolve(tree.source, site, place, through=True)
    if shape is not None and shape.type != "list" and len(tree.source.segments) == 1:
        message = say(
            "{name}(…) needs a list, and {path} is none.", name=tree.name, path=tree.source
        )
        site.faults.add("E108", place, message)
    inner = site.into_items(item_shape(shape), tree.source)
    return replace(inner, hidden=is_personal(tree.source, site))


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
            raise Stop("E205", say("is no list: {name}(…) needs one", name=name)).about(*subject)
        if name in _EMPTY_WHEN_MISSING:
            return ()
        raise absent(found).about(*subject)


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
            where = say("{path}", path=inner.where())
            stop.about(where, where)
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
            return frame.run.wrote(separator(frame).join(values))
        return _number(name, list(values), items.path, frame)

    return run


def _number(name: str, values: list[Operand], path: Path, frame: Frame) -> Operand:
    if name == "sum":
        return _total(values)
    if not values:
        source = say("{path}", path=label(path, frame))
        message = say("has no items to take the {name} of", name=name)
        raise Absent("E203", message, subject=source, source=source)
    found = values[0]
    for value in values[1:]:
        one, other = amounts(found, value)
        if (other > one) if name == "max" else (other < one):
            found = value
    return found


def _total(values: list[Operand]) -> Operand:
    if not values:
        return Decimal(0)
    total = values[0]
    try:
        for value in values[1:]:
            total = calculated("+", EXACT.add, total, value)
    except ArithmeticError:
        raise out_of_reach() from None
    return total
