"""`each`: one result for every item of a list, as a list or joined into one text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from hub.mapping import reading
from hub.mapping.convert import Change, Words, shortening
from hub.mapping.evaluate import condition
from hub.mapping.faults import Stop
from hub.mapping.paths import describe, reader
from hub.mapping.pipeline import otherwise_of
from hub.mapping.quick import function_of, in_two_forms, strict_of
from hub.mapping.run import Frame, Produce
from hub.mapping.shape import Shape
from hub.mapping.site import MAX_EACH, Site, item_shape, resolve
from hub.mapping.sources import path_of
from hub.mapping.tree import Path
from hub.mapping.values import MISSING, is_list, is_nothing, is_object, shown, text
from hub.yamlfile import Items, Place, Scalar

#: Words beside `each` that are about the list; all others are about each item.
_LIST_WORDS = frozenset({"each", "where", "join", "required", "default"})
_JOINED_WORDS = _LIST_WORDS | {"max_length", "cut"}

#: Compiles the rule of one item.
ItemRule: TypeAlias = Callable[[Words, Place, Site], Produce | None]


def each_word(words: Words, place: Place, site: Site, item_rule: ItemRule) -> Produce | None:
    """`each: lines` with `fields` or another rule for each item, `where` and `join`."""
    node = words["each"].node
    if not isinstance(node, Scalar):
        site.faults.add("E106", node.place, "each: needs the path of a list, such as lines")
        return None
    path = path_of(node, site)
    if path is None:
        return None
    shape = _checked_list(path, node.place, site)
    joined = "join" in words
    inner = _item_site(site, item_shape(shape), joined=joined)
    kept: Produce | None = condition(words["where"].node, inner) if "where" in words else None
    about_list = _JOINED_WORDS if joined else _LIST_WORDS
    item_words = {name: word for name, word in words.items() if name not in about_list}
    item = item_rule(item_words, place, inner)
    if item is None or ("where" in words and kept is None):
        return None
    finish = _joining(words, site) if joined else None
    otherwise = _otherwise(words, site, joined=joined)

    def listed(form: Callable[[Produce], Produce]) -> Produce:
        each = _Each(path, form(item), kept and form(kept), "fields" in words, str(path))
        return _listed(each, finish, otherwise, hidden=site.hidden)

    return in_two_forms(listed(strict_of), listed(function_of))


def _checked_list(path: Path, place: Place, site: Site) -> Shape | None:
    if len(site.shapes) > MAX_EACH:
        site.faults.add("E005", place, f"each is nested deeper than {MAX_EACH}.")
    shape = resolve(path, site, place)
    if shape is not None and shape.type != "list":
        site.faults.add("E108", place, f"{path} is no list: each needs one.")
    return shape


def _item_site(site: Site, item: Shape | None, *, joined: bool) -> Site:
    inner = site.into_items(item)
    if joined:
        return replace(inner, shape=None)
    return replace(inner, target=f"{site.target}[]", shape=item_shape(site.shape))


@dataclass(frozen=True, slots=True)
class _Each:
    path: Path
    item: Produce
    kept: Produce | None
    objects: bool
    via: str

    def results(self, frame: Frame, found: Any) -> list[Any]:
        run, item, kept, via = frame.run, self.item, self.kept, self.via
        run.walk(len(found))
        results: list[Any] = []
        for index, entry in enumerate(found):
            inner = Frame(entry, run, frame, via, index, len(results))
            if self.objects and not is_object(entry):
                subject = f"{inner.where()} = {shown(entry)}"
                raise Stop("E211", "is no object, as fields: needs", subject=subject)
            if kept is None or kept(inner):
                value = item(inner)
                if value is MISSING:
                    text = "gives nothing; leave it out with where: … is set"
                    raise Stop("E203", text, subject=inner.where())
                results.append(value)
        return results


def _listed(
    each: _Each, finish: Change | None, otherwise: Produce | None, *, hidden: bool
) -> Produce:
    read = reader(each.path)
    absence = otherwise or (lambda _frame: MISSING)

    def run(frame: Frame) -> Any:
        found = read(frame)
        if is_list(found):
            results = each.results(frame, found)
            return results if finish is None else finish(results)
        if is_nothing(found):
            return absence(frame)
        subject = describe(each.path, frame, found, hidden=hidden)
        raise Stop("E205", "is no list, as each: needs", subject=subject)

    return run


def _joining(words: Words, site: Site) -> Change:
    separator = reading.data(words["join"].node)
    if not isinstance(separator, str):
        site.faults.add("E106", words["join"].place, 'join: needs a text, such as ", "')
    shorten = shortening(words, site)

    def finish(results: list[Any]) -> str:
        whole = str(separator).join([text(value) for value in results])
        return whole if shorten is None else shorten(whole)

    return finish


def _otherwise(words: Words, site: Site, *, joined: bool) -> Produce | None:
    node = words["default"].node if "default" in words else None
    if isinstance(node, Items) and not node.nodes and not joined:
        return lambda _frame: []
    if node is not None and not joined and not (isinstance(node, Scalar) and node.null):
        site.faults.add("E106", node.place, "The default of a list is [] or null.")
        return None
    return otherwise_of((), words, site)
