"""How each target field of one document came about, to be shown: masked, beside what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hub.cli import output
from hub.cli.cases import Chosen
from hub.cli.fault_formats import width
from hub.cli.session import Session
from hub.language import Language, told

if TYPE_CHECKING:
    from hub.mapping.running.trace import Explanation, Note
    from hub.yamlfile import Place

_INDEX = re.compile(r"\[\d*\]")
_LET = re.compile(r"\$\w+")
#: Stands for a value that is not there, where null is a value.
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Block:
    """One target field: what it became and how."""

    target: str
    #: As messages show values; empty where the field is left out.
    value: str
    notes: Sequence[Note]
    #: The value was refused.
    faulty: bool = False
    #: The same of what was stored to be sent; None where nothing is known of that.
    sent: str | None = None
    same: bool | None = None


def plain(target: str) -> str:
    """Return a target path without its indexes."""
    return _INDEX.sub("", target)


def blocks_of(chosen: Chosen, explanation: Explanation, field: str | None) -> Iterator[Block]:
    """Yield each target field in the order of its notes; of one field also the `let`s it uses."""
    by_target: dict[str, list[Note]] = {}
    for note in explanation.trace.notes:
        if note.word != "fields":
            by_target.setdefault(note.target, []).append(note)
    wanted = [target for target in by_target if field is None or _covers(field, target)]
    if field is not None:
        used = {let for target in wanted for note in by_target[target] for let in _lets(note)}
        wanted += [let for let in by_target if let in used and let not in wanted]
    faulty = {getattr(fault, "target", "") for fault in explanation.faults}
    made = _Made(chosen, explanation)
    for target in wanted:
        notes = [made.masked_note(note) for note in by_target[target]]
        value, (sent, same) = made.value(target, notes[-1]), made.sent(target)
        yield Block(target, value, notes, target in faulty, sent, same)


def _covers(field: str, target: str) -> bool:
    """Say whether a target is the field or inside it; a list without an index is all its items."""
    steps = [re.escape(part) for part in re.split(r"\[\]", field)]
    pattern = r"\[\d+\]".join(steps).replace(r"\.", r"(?:\[\d+\])?\.")
    return re.match(rf"{pattern}(?:$|[.\[])", target) is not None


def _lets(note: Note) -> Iterator[str]:
    yield from _LET.findall(note.about)


class _Made:
    """What the mapping made, and what was stored to be sent, masked alike."""

    def __init__(self, chosen: Chosen, explanation: Explanation) -> None:
        from hub.cli import masking
        from hub.store import payloads

        mapping = chosen.mapping
        self.described = mapping.personal is not None
        self.veiled = masking.read_unknowing(mapping)
        self.document: Any = _NOTHING
        self.plain: Any = _NOTHING
        self.stored: Any = _NOTHING
        if explanation.document is not None:
            self.document = masking.made(mapping, explanation.document)
            self.plain = payloads.parse(payloads.encode(explanation.document))
        if chosen.sent is not None and chosen.sent.document is not None:
            self.stored = chosen.sent.document
            self.masked = masking.made(mapping, self.stored)

    def masked_note(self, note: Note) -> Note:
        """Return the note; its value masked where the rules were read without any marks."""
        from hub.logs import MASK

        return replace(note, value=MASK) if self.veiled else note

    def value(self, target: str, last: Note) -> str:
        from hub.mapping.data.values import shown

        if self.document is _NOTHING or not self.described or target.startswith("$"):
            return last.value
        found = _at(self.document, target)
        return "" if found is _NOTHING else shown(found)

    def sent(self, target: str) -> tuple[str | None, bool | None]:
        """Return what was sent there and whether it is what comes out now."""
        from hub.mapping.data.values import shown

        if self.stored is _NOTHING or target.startswith("$"):
            return None, None
        stored, now = _at(self.stored, target), _at(self.plain, target)
        masked = _at(self.masked, target)
        if _is_rows(stored) and _is_rows(now):
            # what is in them is compared field by field
            return shown(masked), len(stored) == len(now)
        return ("" if masked is _NOTHING else shown(masked)), bool(stored == now)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _at(document: Any, target: str) -> Any:
    """Return what stands at a target path with indexes."""
    for step in re.findall(r"[^.\[\]]+", target):
        if isinstance(document, Mapping) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return _NOTHING
    return document


# ---- showing ---------------------------------------------------------------------------------


def lines(here: Session, block: Block) -> Iterator[str]:
    """Yield a field with a line for each step, in columns."""
    yield output.clean(f"{block.target} {_becomes(here, block)}")
    rows = [(note.word, note.about, told(note.value, here.language)) for note in block.notes]
    if block.sent is not None:
        shown = told(block.sent, here.language) or here.text("explain.left_out")
        mark = here.text("explain.same" if block.same else "explain.differs")
        rows.append((here.text("explain.sent"), "", f"{shown}  {mark}"))
    rows = [tuple(map(output.clean, row)) for row in rows]  # type: ignore[misc]
    wide = [max(width(row[at]) for row in rows) for at in range(3)]
    places = [where(note.place) for note in block.notes]
    for row, place in zip(rows, [*places, ""], strict=False):
        cells = (cell + " " * (wide[at] - width(cell)) for at, cell in enumerate(row))
        yield f"  {'   '.join((*cells, place))}".rstrip()


def _becomes(here: Session, block: Block) -> str:
    if block.faulty:
        return here.text("explain.faulty")
    return f"= {told(block.value, here.language)}" if block.value else here.text("explain.left_out")


def where(place: Place) -> str:
    """Return a place as a person finds it from here."""
    from hub.flow import overlay

    return f"{overlay.known_as(place.file)}:{place.line}:{place.column}"


def as_object(block: Block, language: Language) -> dict[str, Any]:
    """Return a field with its steps as JSON says it."""
    steps = [
        {"word": note.word, "about": note.about, "value": told(note.value, language),
         "file": note.place.file, "line": note.place.line, "column": note.place.column}
        for note in block.notes
    ]  # fmt: skip
    value = None if block.faulty else told(block.value, language) or None
    found = {"target": block.target, "value": value, "faulty": block.faulty, "steps": steps}
    if block.sent is None:
        return found
    return {**found, "sent": told(block.sent, language) or None, "same": block.same}
