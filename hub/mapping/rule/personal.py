"""Personal data leaves only where a rule masks it or gives the reason why it may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from hub.language import say
from hub.mapping import reading
from hub.mapping.data.shape import Shape
from hub.mapping.reading import Words
from hub.mapping.rule.site import Reads, Site

_INDEX = re.compile(r"\[\d*\]")


def check(source: str, words: Words, reads: Site, site: Site) -> None:
    """Report the personal values a rule lets out; those of an inner rule are its owner's."""
    reason = reading.text(words.get("allow_personal"), site.faults, "allow_personal")
    if "allow_personal" in words and not (reason or "").strip():
        message = say("allow_personal: needs the reason, which the data officer will read.")
        site.faults.add("E105", words["allow_personal"].place, message)
    if "redact" in words:
        return
    allowed = "allow_personal" in words
    found = [replace(read, allowed=True) if allowed else read for read in reads.personal]
    if site.inner:
        site.personal.extend(found)
        return
    if found and source != "fields":
        site.reads.filled[plain(site.target)] = found[0].kind
    if site.leaving and source != "fields":
        for read in (one for one in found if not one.allowed):
            message = say(
                "{path} is personal ({kind}), and {target} is outside the company.",
                path=read.path, kind=read.kind, target=site.target or say("the target"),
            )  # fmt: skip
            hint = say(
                'Mask it (redact: {kind}) or give the reason (allow_personal: "…").',
                kind=read.kind if read.kind in _MASKED else "hash",
            )
            site.faults.add("E301", read.place, message, hint=hint)


def check_handle(word: str, reads: Site) -> None:
    """Report the personal values that a handle is made of: it is written into logs."""
    for read in (one for one in reads.personal if not one.allowed):
        message = say(
            "{path} is personal ({kind}), and {word}: is written into logs and far ends.",
            path=read.path, kind=read.kind, word=word,
        )  # fmt: skip
        hint = say("Name another field, or a let with redact: hash.")
        reads.faults.add("E301", read.place, message, hint=hint)


def plain(target: str) -> str:
    """Return a target path without its indexes."""
    return _INDEX.sub("", target)


def known(source: Shape | None, target: Shape | None, reads: Reads) -> Mapping[str, str] | None:
    """Return target field, without indexes → kind of personal value in it; None: nobody knows.

    A rule put it there, or the target's schema marks the field. Nobody knows where the source
    was not described.
    """
    if source is None or not source.fields:
        return None
    marked = {} if target is None else dict(_marked(target, ""))
    return {**marked, **reads.filled}


def _marked(shape: Shape, above: str) -> Iterator[tuple[str, str]]:
    for name, inner in shape.fields.items():
        path = plain(f"{above}.{name}" if above else name)
        if inner.personal:
            yield path, inner.personal
        yield from _marked(inner, path)


_MASKED = frozenset({"name", "phone", "id_card", "email", "bank"})
