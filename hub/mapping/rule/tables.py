"""`map:` a value through a table of the file, or of a file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.language import Message, say
from hub.mapping import reading
from hub.mapping.data import values
from hub.mapping.faults import Stop, suggestion
from hub.mapping.reading import Word, Words
from hub.mapping.rule.site import Site, Table
from hub.mapping.rule.steps import Step
from hub.mapping.rule.table_files import entries_of, file_of
from hub.yamlfile import Entries, Scalar

#: Names of entries an error tells.
_MOST = 12


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What `else:` says of a value that a table or a link does not know."""

    #: It stays as it is.
    keep: bool = False
    #: It stops the rule.
    refuse: bool = True
    #: The delivery waits until it is known.
    park: bool = False
    #: What stands for it where it neither stays nor stops anything.
    value: Any = values.MISSING


def otherwise(words: Words, site: Site) -> Otherwise:
    """Return what `else:` says; without one, an error."""
    word = words.get("else")
    if word is None or _is(word, "error"):
        return Otherwise()
    if _is(word, "keep"):
        return Otherwise(keep=True, refuse=False)
    if _is(word, "park"):
        return Otherwise(park=True)
    if not isinstance(word.node, Scalar):
        site.faults.add("E106", word.node.place, say("A single text is needed here."))
        return Otherwise()
    found = reading.data(word.node)
    return Otherwise(refuse=False, value=values.MISSING if found is None else found)


def _is(word: Word, name: str) -> bool:
    return isinstance(word.node, Scalar) and word.node.plain and word.node.text == name


def table_step(words: Words, site: Site) -> Step | None:
    """Return the step of `map: TABLE`; None after a fault."""
    table = _table(words["map"], site)
    if table is None:
        return None
    entries, place, hidden = table.entries, words["map"].place, site.hidden
    unknown = otherwise(words, site)
    if unknown.park:
        message = say("else: park goes with lookup:, not with map:.")
        site.faults.add("E110", words["else"].place, message)

    def look_up(value: Any) -> Any:
        key = value if type(value) is str else values.source_text(value)
        if key in entries:
            found = entries[key]
            return values.MISSING if found is None else found
        if not unknown.refuse:
            return value if unknown.keep else unknown.value
        stop = Stop("E201", _unknown_value(table, hidden=hidden))
        stop.place = place
        raise stop

    return Step("map", place, look_up, about=table.name)


def _unknown_value(table: Table, *, hidden: bool) -> Message:
    if hidden:
        # what it knows is as personal as what it was asked
        return say(
            "is not in {table}. Add it at {place}, or say else: keep",
            table=table.name, place=_where(table),
        )  # fmt: skip
    names = [*table.entries]
    shown = ", ".join(names[:_MOST]) + (" …" if len(names) > _MOST else "")
    return say(
        "is not in {table}, which knows: {shown}. Add it at {place}, or say else: keep",
        table=table.name, shown=shown, place=_where(table),
    )  # fmt: skip


def _where(table: Table) -> str:
    return table.file or say("line {line}", line=table.place.line)


def read_table(name: Message, word: Word, site: Site) -> Table:
    """Return a table of the file; its values are single, and text unless true, false or null."""
    for entry in reading.entries(word.node, site.faults, name).values():
        if not isinstance(entry.node, Scalar):
            message = say("{name}: a table's value must be single.", name=name)
            site.faults.add("E106", entry.place, message)
    data = reading.data(word.node) if isinstance(word.node, Entries) else {}
    return Table(name, data, word.place)


def _table(word: Word, site: Site) -> Table | None:
    if isinstance(word.node, Entries):
        return read_table(say("the table"), word, site)
    name = reading.text(word, site.faults, "map")
    if name is None:
        return None
    if name in site.tables:
        site.reads.tables.add(name)
        return site.tables[name]
    message = say("There is no table {name}.", name=name)
    site.faults.add("E109", word.node.place, message, hint=suggestion(name, site.tables))
    return None


def named_tables(words: Mapping[str, Word], site: Site) -> Mapping[str, Table]:
    """Return the tables of a mapping file's `tables:`."""
    if "tables" not in words:
        return {}
    found = reading.entries(words["tables"].node, site.faults, "tables")
    return {name: _named_table(name, word, site) for name, word in found.items()}


def _named_table(name: str, word: Word, site: Site) -> Table:
    told = say("table {name}", name=name)
    if file_of(word.node) is None:
        return read_table(told, word, site)
    file, entries = entries_of(told, word, site.beside, site.faults)
    return Table(told, entries, word.place, file)
