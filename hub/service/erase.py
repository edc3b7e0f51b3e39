"""Erases what somebody is called from what is stored, for whoever asks to be forgotten.

Payloads that hold it keep only their hash. Personal fields of records that hold it say "[erased]",
and so do the places in what far ends answered. Hashes stay as they are, and the ledger, which holds
no such text. Nothing is erased while a delivery or message on its way still needs it.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import sqlalchemy as sa

from hub.errors import ConfigError
from hub.flow import privacy
from hub.flow.parts import Flow
from hub.flow.replay import Refused
from hub.language import say
from hub.nearest import suggestion
from hub.people import Actor
from hub.store import erasure, ledger
from hub.store.erasure import Place, Row

ERASED = "[erased]"
#: Shorter texts stand in everything.
_SHORTEST = 2
#: Shorter ids are numbers of everything: a quantity of 7 is not the person 7.
_SHORTEST_ID = 4
#: Columns that hold one name and nothing else.
_NAMES = frozenset({"owner", "person"})
#: Columns that are empty once what they held is erased.
_EMPTIED = frozenset({"recipient"})
#: Parts of an event that lead to other rows.
_KEPT = frozenset({"raw", "object_id"})
#: Rows told as the reason why nothing is erased.
_TOLD = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be erased."""

    #: Erased wherever they stand.
    texts: tuple[str, ...]
    #: Erased where they stand by themselves: `u-1` is no part of `u-10`.
    ids: tuple[str, ...] = ()
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        forms = {
            unicodedata.normalize(form, one) for form in ("NFC", "NFD") for one in self.texts
        } | set(self.texts)
        alone = [rf"(?<![A-Za-z0-9_.-]){re.escape(one)}(?![A-Za-z0-9_-])" for one in self.ids]
        texts = [re.escape(one) for one in sorted(forms, key=lambda one: (-len(one), one))]
        object.__setattr__(self, "texts", tuple(sorted(forms)))
        object.__setattr__(self, "pattern", re.compile("|".join([*texts, *alone])))

    def stands_in(self, content: bytes) -> bool:
        """Say whether bytes hold it, in one of the ways text is written in messages."""
        return any(self.pattern.search(one) for one in _readings(content))


@dataclass(slots=True)
class _Found:
    """What one look, or one bite, came to."""

    #: Table → rows, of all but payloads.
    counts: Counter[str] = field(default_factory=Counter)
    #: Payloads by hash, as one is found in several ways.
    payloads: set[str] = field(default_factory=set)
    #: Fields that hold it and are not marked personal → how often.
    left: Counter[str] = field(default_factory=Counter)
    #: What still needs it.
    needed: list[str] = field(default_factory=list)

    def add(self, other: _Found) -> None:
        self.counts += other.counts
        self.payloads |= other.payloads
        self.left += other.left
        self.needed += other.needed


async def erase(flow: Flow, given: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Erase a person of people.yaml, or a text; return how many rows, and what was left.

    Raises `Refused`, and erases nothing, while something unfinished needs it. It goes on in short
    transactions; broken off, it is simply done again. `dry_run` only looks.
    """
    wanted, subject = _wanted(flow, given), str(given.get("person") or "text")
    reason = str(given.get("reason") or "").strip()
    if not 0 < len(reason) <= 100 or wanted.pattern.search(reason):
        raise ConfigError(
            say("--reason needs 1 to 100 characters, such as the number of the request, and not "
                "what is to be erased: it is kept for ever.")
        )  # fmt: skip
    found = await _walk(flow, wanted, change=False)
    if found.needed:
        raise _still_needed(found.needed)
    if not given.get("dry_run"):
        await _note(flow, "erase.begun", subject, actor, {"reason": reason})
        found = await _walk(flow, wanted, change=True)
        facts = {**found.counts, **{f"left {name}": count for name, count in found.left.items()}}
        await _note(flow, "erase.done", subject, actor, facts)
    found.left += _short_ids(flow, given.get("person"))
    return {"counts": dict(found.counts), "left": dict(found.left)}


async def _note(
    flow: Flow, what: str, subject: str, actor: Actor, facts: Mapping[str, Any]
) -> None:
    entry = ledger.entry(flow.clock.new_id(), flow.clock.now(), what, subject, actor=str(actor),
                         facts=facts)  # fmt: skip
    await flow.store.write(ledger.append, [entry])


def _wanted(flow: Flow, given: Mapping[str, Any]) -> Wanted:
    text, name = given.get("text"), given.get("person")
    if (text is None) == (name is None):
        raise ConfigError(say("Name either a person or a text."))
    if text is not None:
        if len(str(text).strip()) < _SHORTEST:
            raise ConfigError(say("The text to erase needs at least {least} characters.",
                                  least=_SHORTEST))  # fmt: skip
        return Wanted((str(text).strip(),))
    person = flow.people.persons.get(str(name))
    if person is None:
        hint = suggestion(str(name), flow.people.persons)
        raise ConfigError(say("There is no person {name}. {hint}", name=name, hint=hint))
    ids = {one for ids in person.ids.values() for one in ids if _tells_apart(one)}
    texts = [one for one in (person.name, person.email) if one and len(one) >= _SHORTEST]
    return Wanted(tuple(texts), (*sorted(ids), person.id))


def _tells_apart(id: str) -> bool:
    return len(id) >= _SHORTEST_ID or not id.isascii()


def _short_ids(flow: Flow, name: str | None) -> Counter[str]:
    """Return the connections that call a person by ids which stay, as they tell nobody apart."""
    person = flow.people.persons.get(name or "")
    named = person.ids.items() if person is not None else ()
    short = {f"ids.{one}": sum(not _tells_apart(id) for id in ids) for one, ids in named}
    return +Counter(short)


def _still_needed(needed: Sequence[str]) -> Refused:
    told = ", ".join(dict.fromkeys(needed[:_TOLD])) + (" …" if len(needed) > _TOLD else "")
    return Refused(
        say("Nothing is erased while these need it: {needed}. Let them end, or cancel or skip the "
            "deliveries; then do it again.", needed=told)
    )  # fmt: skip


# ---- place by place --------------------------------------------------------------------------


async def _walk(flow: Flow, wanted: Wanted, *, change: bool) -> _Found:
    """Look through every place, and erase there what is found if it is to be changed."""
    whole = _Found()
    for place in erasure.PLACES:
        async for rows in _pages(flow, place, wanted):
            if change:
                keys = [place.key(row) for row in rows]
                whole.add(await flow.store.write(_change, flow, place, keys, wanted))
            else:
                whole.add(await flow.store.read(_look, place, rows, wanted))
    async for shas in _payloads(flow, wanted):
        if change:
            whole.add(await flow.store.write(_change_payloads, flow, shas))
        else:
            whole.add(await flow.store.read(_look_at_payloads, shas))
    whole.counts += Counter(payload=len(whole.payloads))
    return whole


async def _pages(flow: Flow, place: Place, wanted: Wanted) -> AsyncIterator[Sequence[Row]]:
    after = None
    texts = (*wanted.texts, *wanted.ids)
    while rows := await flow.store.read(erasure.holding, place, texts, after):
        yield rows
        after = place.key(rows[-1])


async def _payloads(flow: Flow, wanted: Wanted) -> AsyncIterator[Sequence[str]]:
    after = ""
    while page := await flow.store.read(erasure.contents, after):
        after = max(page)
        shas = [sha for sha, content in page.items() if wanted.stands_in(content)]
        if shas:
            yield shas


def _look(tx: sa.Connection, place: Place, rows: Sequence[Row], wanted: Wanted) -> _Found:
    return _changes(tx, place, rows, wanted)[0]


def _change(
    tx: sa.Connection, flow: Flow, place: Place, keys: Sequence[erasure.Key], wanted: Wanted
) -> _Found:
    rows = erasure.locked(tx, place, keys)
    if place.record is not None:
        erasure.lock_records(tx, [row[place.record] for row in rows])
    found, changes = _changes(tx, place, rows, wanted)
    if found.needed:
        raise _still_needed(found.needed)
    for key, values in changes.items():
        erasure.rewrite(tx, place, key, values)
    # at once, as what stood there is all that leads to them
    erasure.erase_payloads(tx, found.payloads, flow.clock.now())
    return found


def _look_at_payloads(tx: sa.Connection, shas: Sequence[str]) -> _Found:
    """Return payloads, with the files of documents made of them, and what needs them."""
    files = erasure.files_with(tx, shas)
    needed = erasure.needing_payloads(tx, shas)
    return _Found(payloads=erasure.unerased(tx, {*shas, *files}), needed=needed)


def _change_payloads(tx: sa.Connection, flow: Flow, shas: Sequence[str]) -> _Found:
    found = _look_at_payloads(tx, shas)
    if found.needed:
        raise _still_needed(found.needed)
    return _Found(payloads=erasure.erase_payloads(tx, found.payloads, flow.clock.now()))


def _changes(
    tx: sa.Connection, place: Place, rows: Sequence[Row], wanted: Wanted
) -> tuple[_Found, dict[erasure.Key, dict[str, Any]]]:
    """Return what would change: the new values by the rows' keys."""
    found, changes, records, files = _Found(), {}, [], []
    for row in rows:
        marks = privacy.of_record(row[place.schema]) if place.schema else None
        cut = {name: _cut(row[name], marks, name, wanted, found.left) for name in place.columns}
        values = {name: value for name, value in cut.items() if value != row[name]}
        if values:
            changes[place.key(row)] = values
            records += [row[place.record]] if place.record else []
            files += [row[place.file]] if place.file else []
    found.counts[place.table.name] = len(changes)
    found.payloads = erasure.unerased(tx, files) if files else set()
    found.needed = erasure.needing_records(tx, records) if records else []
    return found, changes


# ---- values ----------------------------------------------------------------------------------


def _cut(value: Any, marks: privacy.Marks, column: str, wanted: Wanted, left: Counter[str]) -> Any:
    """Return a column's value without what is wanted.

    Of a record only its personal fields change: others are codes and numbers things depend on.
    """
    if column in _EMPTIED:
        return None if value is not None and wanted.pattern.search(value) else value
    if column in _NAMES:
        return ERASED if value is not None and wanted.pattern.search(value) else value
    if marks is None:
        return _cut_words(value, wanted)
    return _cut_marked(value, marks, (), wanted, left)


def _cut_words(value: Any, wanted: Wanted) -> Any:
    if isinstance(value, str):
        return wanted.pattern.sub(ERASED, value)
    if isinstance(value, Mapping):
        return {
            name: item if name in _KEPT else _cut_words(item, wanted)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_cut_words(item, wanted) for item in value]
    return value


def _cut_marked(
    value: Any, marks: frozenset[tuple[str, ...]], way: tuple[str, ...], wanted: Wanted,
    left: Counter[str],
) -> Any:  # fmt: skip
    if isinstance(value, Mapping):
        return {
            name: _cut_marked(item, marks, (*way, name), wanted, left)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_cut_marked(item, marks, way, wanted, left) for item in value]
    if not isinstance(value, str) or not wanted.pattern.search(value):
        return value
    if way in marks:
        return ERASED
    left[".".join(way)] += 1
    return value


def _readings(content: bytes) -> Iterator[str]:
    """Yield the text of bytes as it stands, and with each kind of escape taken back."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    yield text
    if "&" in text:
        yield html.unescape(text)
    if "%" in text:
        yield unquote_plus(text)
    if "\\" in text:
        try:
            yield json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError:
            return
