"""The last words of a rule: check, redact, format, max_length, cut."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from hub.language import say
from hub.mapping import reading
from hub.mapping.data import dates, redaction, values
from hub.mapping.expression.evaluate import check_of
from hub.mapping.faults import Stop
from hub.mapping.reading import Word, Words
from hub.mapping.rule.site import Site
from hub.mapping.rule.steps import Change, Step
from hub.mapping.running.quick import strict_of
from hub.mapping.running.run import Frame
from hub.yamlfile import Entries, Items, Node, Scalar


def checks(words: Words, site: Site) -> tuple[Step, ...]:
    """Return a step for each condition of `check:`."""
    if "check" not in words:
        return ()
    node = words["check"].node
    nodes = node.nodes if isinstance(node, Items) else (node,)
    steps = [_check(one, site) for one in nodes]
    return tuple(step for step in steps if step is not None)


def _check(node: Node, site: Site) -> Step | None:
    says: str | None = None
    if isinstance(node, Entries):
        found = reading.words(node, ("that", "says"), site.faults, "check")
        says = reading.text(found.get("says"), site.faults, "says")
        if "that" not in found:
            site.faults.add("E105", node.place, say("The word {name}: is missing.", name="that"))
            return None
        node = found["that"].node
    condition = check_of(node, site)
    if condition is None or not isinstance(node, Scalar):
        return None
    holds, text = strict_of(condition), node.text

    def run(value: Any, frame: Frame) -> Any:
        if holds(frame.about(value)):
            return value
        told = (
            say("{text}", text=says) if says else say("does not pass the check {check}", check=text)
        )
        raise Stop("E214", told)

    return Step("check", node.place, run, framed=True, about=text)


def redacting(words: Words, site: Site) -> Step | None:
    """Return the step of `redact:`."""
    if "redact" not in words:
        return None
    word = words["redact"]
    kind = reading.choice(word, redaction.REDACTIONS, site.faults, "redact")
    if kind is None or kind not in redaction.REDACTIONS:
        return None
    if kind == "drop":
        return Step("redact", word.place, lambda _value: values.MISSING, about=kind, drops=True)
    if kind == "hash":
        return Step("redact", word.place, _hashed, framed=True, about=kind)
    mask = redaction.MASKS[kind]
    return Step("redact", word.place, lambda value: mask(values.text(value)), about=kind)


def _hashed(value: Any, frame: Frame) -> str:
    # equal numbers have equal hashes
    return redaction.keyed_hash(values.source_text(value), frame.run.scope.secret)


def writing(words: Words, site: Site) -> Step | None:
    """Return the step that writes a date or time as text, by `format:` or as ISO."""
    word = words.get("as")
    kind = getattr(word.node, "text", None) if word is not None else None
    if word is None or kind not in {"date", "datetime"}:
        return None
    write = _format(kind, words, site)
    pattern = words.get("format")
    about = getattr(pattern.node, "text", "") if pattern else "ISO 8601"
    return Step("format", (pattern or word).place, _only_dates(write), about=about)


def _only_dates(write: Callable[[date], str]) -> Change:
    # a default that is no date, and what `redact` made, are text already
    return lambda value: value if type(value) is str else write(value)


def _format(kind: str, words: Words, site: Site) -> dates.Format:
    word, zone = words.get("format"), words.get("zone")
    zoned = zone is not None
    utc = zone is not None and getattr(zone.node, "text", "") == "UTC"
    pattern = reading.text(word, site.faults, "format")
    if pattern is None or word is None:
        return dates.iso_text
    if kind == "datetime" and not zoned:
        message = say("format: of a time needs zone: beside it; the source's offset may change.")
        site.faults.add("E105", word.place, message)
        return dates.iso_text
    if "Z" in pattern and not utc:
        message = say("format: a Z at the end means UTC; it goes with zone: UTC only.")
        site.faults.add("E110", word.place, message)
        return dates.iso_text
    if kind == "date" and dates.has_time(pattern):
        message = say("A day has no time: use as: datetime, or leave HH, mm and ss out.")
        site.faults.add("E110", word.place, message)
        return dates.iso_text
    try:
        return dates.formatter(pattern)
    except ValueError as error:
        message = say("format {pattern!r}: {error}.", pattern=pattern, error=error.args[0])
        site.faults.add("E106", word.place, message)
        return dates.iso_text


def shortening(words: Words, site: Site) -> Step | None:
    """Return the step of `max_length: 200` or `{bytes: 230, encoding: gb18030}`, and of `cut:`."""
    if "max_length" not in words:
        if "cut" in words:
            message = say("cut: needs max_length: beside it.")
            site.faults.add("E110", words["cut"].place, message)
        return None
    limit, encoding = _limit(words["max_length"], site)
    cut = reading.boolean(words.get("cut"), site.faults, "cut", default=False)

    def shorten(value: Any) -> str:
        if type(value) is str and encoding is None and len(value) <= limit:
            return value
        return _shortened(value, limit, encoding, cut=cut)

    about = f"{limit}" if encoding is None else f"{limit} {encoding}"
    return Step("max_length", words["max_length"].place, shorten, about=about)


def _limit(word: Word, site: Site) -> tuple[int, str | None]:
    if not isinstance(word.node, Entries):
        return reading.whole_number(word, site.faults, "max_length", 1_000_000) or 0, None
    found = reading.words(word.node, ("bytes", "encoding"), site.faults, "max_length")
    limit = reading.whole_number(found.get("bytes"), site.faults, "bytes", 1_000_000)
    if "bytes" not in found:
        message = say("The word {name}: is missing.", name="bytes")
        site.faults.add("E105", word.place, message)
    encoding = reading.text(found.get("encoding"), site.faults, "encoding") or "utf-8"
    try:
        "".encode(encoding)
    except (LookupError, TypeError):
        message = say("There is no encoding {encoding!r}.", encoding=encoding)
        site.faults.add("E106", word.place, message)
    return limit or 0, encoding


def _shortened(value: Any, limit: int, encoding: str | None, *, cut: bool) -> str:
    if not isinstance(value, str):
        raise Stop("E212", say("is no text, as max_length needs; add as: text"))
    length = len(value) if encoding is None else len(_encoded(value, encoding))
    if length <= limit:
        return value
    if not cut:
        unit = (
            say("characters") if encoding is None else say("bytes in {encoding}", encoding=encoding)
        )
        text = say(
            "has {length} {unit}, {limit} are allowed; or say cut: true",
            length=length, unit=unit, limit=limit,
        )  # fmt: skip
        raise Stop("E204", text)
    if encoding is None:
        return value[:limit]
    # a character cut in half is dropped whole
    return _encoded(value, encoding)[:limit].decode(encoding, "ignore")


def _encoded(value: str, encoding: str) -> bytes:
    try:
        return value.encode(encoding)
    except UnicodeError:
        text = say("has a character that {encoding} cannot write", encoding=encoding)
        raise Stop("E212", text) from None
