"""What is said of a list as a whole: its order, its length, what must differ, how it is joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from hub.language import say
from hub.mapping import reading
from hub.mapping.data.values import (
    MISSING,
    decimal,
    is_decimal_text,
    is_list,
    is_nothing,
    is_object,
    source_text,
    text,
)
from hub.mapping.faults import Stop, suggestion
from hub.mapping.reading import Word, Words
from hub.mapping.rule.finish import shortening
from hub.mapping.rule.site import Site
from hub.mapping.rule.sources import from_path
from hub.mapping.rule.steps import Change
from hub.mapping.running.run import MAX_LIST, Produce
from hub.yamlfile import Entries, Items, Place, Scalar

#: Words that need `each:` beside them.
LIST_ONLY = ("where", "join", "order_by", "unique", "min", "max")


_TEXTS = {str}


def only_texts(items: Sequence[Any]) -> bool:
    """Return whether every item is a plain text."""
    return {*map(type, items)} <= _TEXTS


def ordering(word: Word | None, site: Site) -> tuple[Produce, ...]:
    """Return what reads the values a list is put in order by."""
    if word is None:
        return ()
    reading.texts(word, site.faults, "order_by")
    nodes = word.node.nodes if isinstance(word.node, Items) else (word.node,)
    found = [from_path(node, site.asking()) for node in nodes if isinstance(node, Scalar)]
    return tuple(one for one in found if one is not None)


def sortable(column: Sequence[Any]) -> list[Any]:
    """Return values that sort: by size where all are numbers, by text otherwise; nothing last."""
    present = [value for value in column if not is_nothing(value)]
    numbers = all(type(value) in {int, Decimal} or is_decimal_text(value) for value in present)
    change = decimal if numbers else text
    return [(1, 0) if is_nothing(value) else (0, change(value)) for value in column]


_Check: TypeAlias = Callable[[list[Any]], None]


@dataclass(frozen=True, slots=True)
class Whole:
    """What `min`, `max`, `unique` and `join` say of a list."""

    checks: tuple[_Check, ...]
    join: Change | None

    def check(self, results: list[Any]) -> None:
        """Refuse a list that is too short, too long, or says something twice."""
        for check in self.checks:
            check(results)

    def finished(self, results: list[Any]) -> Any:
        """Return the list or, where the rule says so, its items in one text."""
        if self.checks:
            self.check(results)
        return results if self.join is None else self.join(results)


def finishing(words: Words, site: Site, *, joined: bool) -> Whole:
    """Return what the words of a rule say of its list."""
    checks = [*_bounds(words, site)]
    if "unique" in words:
        checks.append(_unique(words, site))
    return Whole(tuple(checks), _joining(words, site) if joined else None)


def _bounds(words: Words, site: Site) -> Iterator[_Check]:
    least = reading.whole_number(words.get("min"), site.faults, "min", MAX_LIST)
    most = reading.whole_number(words.get("max"), site.faults, "max", MAX_LIST)
    if least is not None and most is not None and most < least:
        message = say("max: {most} is less than min: {least}.", most=most, least=least)
        site.faults.add("E106", words["max"].place, message)
    if least is not None:
        yield _bound(words["min"].place, lambda count: count >= least, say("at least"), least)
    if most is not None:
        yield _bound(words["max"].place, lambda count: count <= most, say("at most"), most)


def _bound(place: Place, fits: Callable[[int], bool], limit: str, number: int) -> _Check:
    def check(results: list[Any]) -> None:
        if not fits(len(results)):
            text = say(
                "has {count} items, and {limit} {number} are asked for",
                count=len(results), limit=limit, number=number,
            )  # fmt: skip
            stop = Stop("E219", text, subject=say("the list"))
            stop.place = place
            raise stop

    return check


def _unique(words: Words, site: Site) -> _Check:
    word = words["unique"]
    names = reading.texts(word, site.faults, "unique")
    filled = words["fields"].node if "fields" in words else None
    known = [key.text for key, _ in filled.pairs] if isinstance(filled, Entries) else []
    for name in names:
        if known and name not in known:
            message = say("unique: no rule fills {name}.", name=name)
            site.faults.add("E103", word.place, message, hint=suggestion(name, known))

    def check(results: list[Any]) -> None:
        seen: dict[tuple[Any, ...], int] = {}
        for index, item in enumerate(results):
            fields = item if is_object(item) else {"": item}
            key = tuple(_same(fields.get(name, MISSING)) for name in names or ("",))
            first = seen.setdefault(key, index)
            if first != index:
                text = say(
                    "has the same {names} in items {first} and {index}",
                    names=", ".join(names), first=first, index=index,
                )  # fmt: skip
                stop = Stop("E215", text, subject=say("the list"))
                stop.place = word.place
                raise stop

    return check


def _same(value: Any) -> Any:
    """Return what is equal for equal values; a text is no number, and true is not 1."""
    if is_object(value):
        return frozenset((name, _same(inner)) for name, inner in value.items())
    if is_list(value):
        return tuple(map(_same, value))
    return ("number", value) if type(value) in {int, Decimal} else (type(value), value)


def _joining(words: Words, site: Site) -> Change:
    separator = reading.data(words["join"].node)
    if not isinstance(separator, str):
        site.faults.add("E106", words["join"].place, say('join: needs a text, such as ", "'))
    shorten = shortening(words, site)
    # nothing was done to the items: equal numbers are equal texts, as in the document
    bare = not words.keys() - {"each", *LIST_ONLY, "required", "default", "max_length", "cut"}

    def finish(results: list[Any]) -> str:
        if not only_texts(results):
            write = source_text if bare else text
            results = [write(value) for value in results]
        whole = str(separator).join(results)
        return whole if shorten is None else shorten.change(whole)

    return finish
