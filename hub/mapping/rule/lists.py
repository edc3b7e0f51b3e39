"""`each`: one result for every item of a list, as a list or joined into one text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from hub.language import say
from hub.mapping.data.shape import Shape
from hub.mapping.data.values import MISSING, is_list, is_nothing, is_object, shown
from hub.mapping.expression.evaluate import condition
from hub.mapping.expression.tree import Path
from hub.mapping.faults import Parked, Stop
from hub.mapping.reading import Words
from hub.mapping.rule.absence import otherwise_of
from hub.mapping.rule.site import MAX_EACH, Site, item_shape, resolve
from hub.mapping.rule.sources import path_of
from hub.mapping.rule.whole_lists import (
    LIST_ONLY,
    Whole,
    finishing,
    only_texts,
    ordering,
    sortable,
)
from hub.mapping.running.paths import describe, reader
from hub.mapping.running.quick import in_forms
from hub.mapping.running.run import Frame, Produce
from hub.mapping.running.trace import Mark
from hub.yamlfile import Items, Node, Place, Scalar

#: Words beside `each` that are about the list; all others are about each item.
_LIST_WORDS = frozenset({"each", *LIST_ONLY, "required", "default"})
_JOINED_WORDS = _LIST_WORDS | {"max_length", "cut"}

#: Compiles the rule of one item.
ItemRule: TypeAlias = Callable[[Words, Place, Site], Produce | None]


def each_word(words: Words, place: Place, site: Site, item_rule: ItemRule) -> Produce | None:
    """`each: lines` with `fields` or another rule for each item, `where` and `join`."""
    node = words["each"].node
    if not isinstance(node, Scalar):
        message = say("each: needs the path of a list, such as lines")
        site.faults.add("E106", node.place, message)
        return None
    path = path_of(node, site)
    if path is None:
        return None
    reads = site.reading()
    shape = _checked_list(path, node.place, reads)
    joined = "join" in words
    hidden = site.hidden or bool(reads.personal)
    veiled = hidden or (shape is not None and shape.holds_personal)
    inner = replace(_item_site(site, path, _item_shape(shape, reads), joined=joined), hidden=hidden)
    kept: Produce | None = condition(words["where"].node, inner) if "where" in words else None
    about_list = _JOINED_WORDS if joined else _LIST_WORDS
    item_words = {name: word for name, word in words.items() if name not in about_list}
    item = item_rule(item_words, place, inner)
    if item is None or ("where" in words and kept is None):
        return None
    order = ordering(words.get("order_by"), inner)
    whole = finishing(words, site, joined=joined)
    otherwise = _otherwise(words, site, joined=joined)
    mark = Mark(site.target, "each", words["each"].place, lambda _frame: str(path), hidden)

    bare = not item_words and kept is None and not order

    def listed(form: Callable[[Produce], Produce]) -> Produce:
        keys = tuple(form(key) for key in order)
        objects, via = "fields" in words, str(path)
        each = _Each(path, form(item), kept and form(kept), keys, objects, via, bare, veiled)
        return _listed(each, whole, otherwise, mark)

    return in_forms(listed)


def _checked_list(path: Path, place: Place, site: Site) -> Shape | None:
    if len(site.shapes) > MAX_EACH:
        site.faults.add("E005", place, say("each is nested deeper than {most}.", most=MAX_EACH))
    shape = resolve(path, site, place)
    if shape is not None and shape.type != "list":
        site.faults.add("E108", place, say("{path} is no list: each needs one.", path=path))
    return shape


def _item_shape(shape: Shape | None, reads: Site) -> Shape | None:
    # what a let holds has no shape, and may be personal all the same
    kinds = [read.kind for read in reads.personal if not read.allowed]
    return item_shape(shape) or (Shape("object", personal=kinds[0]) if kinds else None)


def _item_site(site: Site, path: Path, item: Shape | None, *, joined: bool) -> Site:
    inner = site.into_items(item, path)
    if joined:
        return replace(inner, shape=None)
    return replace(inner, target=f"{site.target}[]", shape=item_shape(site.shape))


def count_word(node: Node, site: Site) -> Produce | None:
    """`count: lines`: how many items; none where there is no list."""
    path = path_of(node, site) if isinstance(node, Scalar) else None
    if path is None:
        if not isinstance(node, Scalar):
            message = say("count: needs the path of a list, such as lines")
            site.faults.add("E106", node.place, message)
        return None
    shape = resolve(path, site.asking(), node.place)
    if shape is not None and shape.type != "list":
        site.faults.add("E108", node.place, say("{path} is no list: count needs one.", path=path))
    read = reader(path)

    def count(frame: Frame) -> int:
        found = read(frame)
        if is_list(found):
            return len(found)
        if is_nothing(found):
            return 0
        subject = describe(path, frame, found, hidden=True)
        raise Stop("E205", say("is no list, as count: needs")).about(*subject)

    return count


@dataclass(frozen=True, slots=True)
class _Each:
    path: Path
    item: Produce
    kept: Produce | None
    #: What the items are put in order by.
    order: tuple[Produce, ...]
    objects: bool
    via: str
    #: Nothing is said of the items, so texts are taken as they are.
    bare: bool
    #: Something in the items is personal.
    hidden: bool

    def results(self, frame: Frame, found: Any) -> list[Any]:
        run, kept, via = frame.run, self.kept, self.via
        run.walk(len(found))
        if self.bare and only_texts(found):
            return [*found]
        results: list[Any] = []
        for index, entry in self.ordered(frame, found):
            inner = Frame(entry, run, frame, via, index, len(results))
            if kept is None or kept(inner):
                if self.objects and type(entry) is not dict and not is_object(entry):
                    raise self.no_object(inner, entry)
                value = self.waiting(inner)
                if value is MISSING:
                    source = say("{path}", path=inner.where())
                    message = say("gives nothing; leave it out with where: … is set")
                    raise Stop("E203", message, subject=source, source=source)
                results.append(value)
        return results

    def no_object(self, inner: Frame, entry: Any) -> Stop:
        source, seen = say("{path}", path=inner.where()), shown(entry, hidden=self.hidden)
        subject = say("{path} = {value}", path=source, value=seen)
        return Stop("E211", say("is no object, as fields: needs")).about(subject, source, seen)

    def waiting(self, inner: Frame) -> Any:
        """Return the item's result; every link that is missing is collected, not the first only."""
        try:
            return self.item(inner)
        except Parked as stop:
            inner.run.missing.add(stop.link)
            return None

    def ordered(self, frame: Frame, found: Any) -> Iterable[tuple[int, Any]]:
        """Return the items with their indexes, as `order_by:` puts them."""
        if not self.order:
            return enumerate(found)
        inners = [
            Frame(entry, frame.run, frame, self.via, index) for index, entry in enumerate(found)
        ]
        # what is left out has no say in how the others are compared
        kept = [inner for inner in inners if self.kept is None or self.kept(inner)]
        columns = [sortable([key(inner) for inner in kept]) for key in self.order]
        ranks = list(zip(*columns, strict=True))
        places = sorted(range(len(kept)), key=ranks.__getitem__)
        return [(kept[place].index, kept[place].item) for place in places]


def _listed(each: _Each, whole: Whole, otherwise: Produce | None, mark: Mark) -> Produce:
    read = reader(each.path)
    absence = otherwise or (lambda _frame: MISSING)
    plain = not whole.checks and whole.join is None

    def run(frame: Frame) -> Any:
        found = read(frame)
        if is_list(found):
            if frame.run.trace is not None:
                mark.see(frame, found)
            results = each.results(frame, found)
            if plain:
                return results
            finished = whole.finished(results)
            return frame.run.wrote(finished) if type(finished) is str else finished
        if is_nothing(found):
            whole.check([])
            return absence(frame)
        subject = describe(each.path, frame, found, hidden=each.hidden)
        raise Stop("E205", say("is no list, as each: needs")).about(*subject)

    return run


def _otherwise(words: Words, site: Site, *, joined: bool) -> Produce | None:
    node = words["default"].node if "default" in words else None
    if isinstance(node, Items) and not node.nodes and not joined:
        return lambda _frame: []
    if node is not None and not joined and not (isinstance(node, Scalar) and node.null):
        site.faults.add("E106", node.place, say("The default of a list is [] or null."))
        return None
    return otherwise_of((), words, site)
