"""What happens to a value after it was read: map, as, places, format, join, max_length, cut.

The order is the language's, not the file's: `ORDER` below.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.mapping import dates, reading, values
from hub.mapping.faults import Stop, nearest
from hub.mapping.reading import Word
from hub.mapping.site import Site, Table
from hub.yamlfile import Entries, Scalar

Change = Callable[[Any], Any]
Words = Mapping[str, Word]

AS = ("text", "integer", "decimal", "date", "datetime", "boolean")


def table_lookup(words: Words, site: Site) -> Change | None:
    """`map: table`, with `else: keep` or `else: VALUE` for what the table does not know."""
    table = _table(words["map"], site)
    if table is None:
        return None
    entries, place = table.entries, words["map"].place
    otherwise = words.get("else")
    keep = otherwise is not None and _is(otherwise, "keep")
    refuse = otherwise is None or _is(otherwise, "error")
    fallback = None if otherwise is None else reading.data(otherwise.node)
    fallback = values.MISSING if fallback is None else fallback

    def look_up(value: Any) -> Any:
        key = values.source_text(value)
        if key in entries:
            found = entries[key]
            return values.MISSING if found is None else found
        if not refuse:
            return value if keep else fallback
        stop = Stop("E201", _unknown_value(table))
        stop.place = place
        raise stop

    return look_up


def _is(word: Word, name: str) -> bool:
    return isinstance(word.node, Scalar) and word.node.plain and word.node.text == name


def _unknown_value(table: Table) -> str:
    shown = ", ".join([*table.entries][:12]) + (" …" if len(table.entries) > 12 else "")
    where = f"line {table.place.line}"
    return f"is not in {table.name}, which knows: {shown}. Add it at {where}, or say else: keep"


def read_table(name: str, word: Word, site: Site) -> Table:
    """Return a table of the file; its values are single, and text unless true, false or null."""
    for entry in reading.entries(word.node, site.faults, name).values():
        if not isinstance(entry.node, Scalar):
            site.faults.add("E106", entry.place, f"{name}: a table's value must be single.")
    data = reading.data(word.node) if isinstance(word.node, Entries) else {}
    return Table(name, data, word.place)


def _table(word: Word, site: Site) -> Table | None:
    if isinstance(word.node, Entries):
        return read_table("the table", word, site)
    name = reading.text(word, site.faults, "map")
    if name is None:
        return None
    if name in site.tables:
        return site.tables[name]
    hint = nearest(name, site.tables)
    site.faults.add("E109", word.node.place, f"There is no table {name}.{hint}")
    return None


def conversion(words: Words, site: Site) -> Change | None:
    """`as: TYPE` with `places`, `zone` and `format`."""
    kind = reading.choice(words["as"], AS, site.faults, "as") if "as" in words else None
    _check_companions(words, kind, site)
    if kind in {"date", "datetime"}:
        return _dated(kind, words, site)
    if kind == "decimal":
        places = reading.whole_number(words.get("places"), site.faults, "places", values.MAX_PLACES)
        if places is None:
            return values.decimal
        return lambda value: values.rounded(values.decimal(value), places)
    changes: Mapping[str, Change] = {
        "text": values.source_text,
        "integer": values.integer,
        "boolean": values.boolean,
    }
    return changes.get(kind or "")


def _check_companions(words: Words, kind: str | None, site: Site) -> None:
    needs = {
        "places": ("decimal",),
        "zone": ("date", "datetime"),
        "format": ("date", "datetime"),
    }
    for name, kinds in needs.items():
        if name in words and kind not in kinds:
            message = f"{name}: needs as: {' or '.join(kinds)} beside it."
            site.faults.add("E110", words[name].place, message)


def _dated(kind: str, words: Words, site: Site) -> Change:
    zone = _zone(words.get("zone"), site)
    write = _format(kind, words.get("format"), site)
    if kind == "date":
        return lambda value: write(dates.day(value, zone))
    return lambda value: write(dates.instant(value, zone))


def _zone(word: Word | None, site: Site) -> ZoneInfo | None:
    name = reading.text(word, site.faults, "zone")
    if name is None or word is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"There is no time zone {name!r}; write one such as Asia/Shanghai or UTC."
        site.faults.add("E106", word.place, message)
        return None


def _format(kind: str, word: Word | None, site: Site) -> dates.Format:
    pattern = reading.text(word, site.faults, "format")
    if pattern is None or word is None:
        return dates.iso_text
    if kind == "date" and dates.has_time(pattern):
        message = "A day has no time: use as: datetime, or leave HH, mm and ss out."
        site.faults.add("E110", word.place, message)
        return dates.iso_text
    try:
        return dates.formatter(pattern)
    except ValueError as error:
        site.faults.add("E106", word.place, f"format {pattern!r}: {error}.")
        return dates.iso_text


def shortening(words: Words, site: Site) -> Change | None:
    """`max_length: 200` or `{bytes: 230, encoding: gb18030}`; `cut: true` shortens the text."""
    if "max_length" not in words:
        if "cut" in words:
            site.faults.add("E110", words["cut"].place, "cut: needs max_length: beside it.")
        return None
    limit, encoding = _limit(words["max_length"], site)
    cut = reading.boolean(words.get("cut"), site.faults, "cut", default=False)

    def shorten(value: Any) -> str:
        if type(value) is str and encoding is None and len(value) <= limit:
            return value
        return _shortened(value, limit, encoding, cut=cut)

    return shorten


def _limit(word: Word, site: Site) -> tuple[int, str | None]:
    if not isinstance(word.node, Entries):
        return reading.whole_number(word, site.faults, "max_length", 1_000_000) or 0, None
    found = reading.words(word.node, ("bytes", "encoding"), site.faults, "max_length")
    limit = reading.whole_number(found.get("bytes"), site.faults, "bytes", 1_000_000)
    encoding = reading.text(found.get("encoding"), site.faults, "encoding") or "utf-8"
    try:
        codecs.lookup(encoding)
    except LookupError:
        site.faults.add("E106", word.place, f"There is no encoding {encoding!r}.")
    return limit or 0, encoding


def _shortened(value: Any, limit: int, encoding: str | None, *, cut: bool) -> str:
    if not isinstance(value, str):
        raise Stop("E212", "is no text, as max_length needs; add as: text")
    length = len(value) if encoding is None else len(_encoded(value, encoding))
    if length <= limit:
        return value
    unit = "characters" if encoding is None else f"bytes in {encoding}"
    if not cut:
        raise Stop("E204", f"has {length} {unit}, {limit} are allowed; or say cut: true")
    if encoding is None:
        return value[:limit]
    # a character cut in half is dropped whole
    return _encoded(value, encoding)[:limit].decode(encoding, "ignore")


def _encoded(value: str, encoding: str) -> bytes:
    try:
        return value.encode(encoding)
    except UnicodeError:
        raise Stop("E212", f"has a character that {encoding} cannot write") from None
