"""Personal data leaves only where a rule masks it or gives the reason why it may."""

from __future__ import annotations

from dataclasses import replace

from hub.language import say
from hub.mapping import reading
from hub.mapping.reading import Words
from hub.mapping.site import Site


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
        site.reads.filled[site.target.replace("[]", "")] = found[0].kind
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


_MASKED = frozenset({"name", "phone", "id_card", "email", "bank"})
