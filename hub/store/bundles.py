"""Bundles: all mapping files of one moment, kept for whatever was mapped with them.

The one that was activated last is in force. Files that could not come into force are noted beside
it, so that every process can tell.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from hub.errors import Fault, HubError
from hub.language import Message
from hub.store import singletons
from hub.store import tables as t
from hub.store.inserts import insert_missing

#: Faults that are kept of one place.
_MOST = 50
_FIELDS = tuple(one.name for one in dataclasses.fields(Fault))


class Overtaken(HubError):
    """Other mapping files came into force meanwhile. Look at what they changed, then try again."""


def put(
    tx: Connection, sha: str, files: Mapping[str, bytes], now: datetime, *, after: str | None = None
) -> bool:
    """Make a bundle the active one; return False when it was active already.

    `after` is the one it was compared with; raises `Overtaken` where another one is active. The
    first one is compared with nothing.
    """
    singletons.lock(tx, "bundle")
    last = _last(tx)
    if last is not None and last.sha == sha:
        return False
    if last is not None and last.sha != after:
        raise Overtaken
    b = t.bundle.c
    # whoever comes later is the active one, even by a clock that is behind
    at = now if last is None else max(now, last.active_at + timedelta(microseconds=1))
    if tx.execute(sa.update(t.bundle).where(b.sha == sha).values(active_at=at)).rowcount == 0:
        kept = {name: _kept(content) for name, content in files.items()}
        tx.execute(sa.insert(t.bundle).values(sha=sha, files=kept, active_at=at))
    return True


def _last(tx: Connection) -> sa.Row[str, datetime] | None:
    b = t.bundle.c
    query = sa.select(b.sha, b.active_at).order_by(b.active_at.desc(), b.sha.desc()).limit(1)
    return tx.execute(query).first()


def active(tx: Connection) -> str | None:
    """Return the address of the bundle that was activated last."""
    last = _last(tx)
    return None if last is None else str(last.sha)


def in_force(tx: Connection) -> Mapping[str, Any] | None:
    """Return `sha` and `active_at` of the bundle in force; None before the first one."""
    last = _last(tx)
    return None if last is None else dict(last._mapping)


def named(tx: Connection, beginning: str) -> str | None:
    """Return the one address that begins so; None where there is none, or several are."""
    b = t.bundle.c
    query = sa.select(b.sha).where(b.sha.startswith(beginning, autoescape=True)).limit(2)
    found = tx.scalars(query).all()
    return found[0] if len(found) == 1 else None


def files(tx: Connection, sha: str) -> Mapping[str, bytes]:
    """Return the files of a bundle; none where the store has no such bundle."""
    kept = tx.scalar(sa.select(t.bundle.c.files).where(t.bundle.c.sha == sha)) or {}
    return {name: _read(content) for name, content in kept.items()}


def _kept(content: bytes) -> Any:
    """Return text as text; a table may stand in another encoding."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    # no database keeps this character in a JSON document
    return {"base64": base64.b64encode(content).decode()} if "\0" in text else text


def _read(kept: Any) -> bytes:
    return kept.encode() if isinstance(kept, str) else base64.b64decode(kept["base64"])


# ---- files that could not come into force ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Broken:
    """Mapping files that are wrong, while others stay in force."""

    #: Process and folder.
    place: str
    since: datetime
    faults: tuple[Fault, ...]


def note_broken(tx: Connection, place: str, faults: Sequence[Fault], now: datetime) -> None:
    """Keep what is wrong at a place; since when stays what it was until it is mended."""
    b, kept = t.broken.c, [fault_as_data(fault) for fault in faults[:_MOST]]
    insert_missing(tx, t.broken, [{"place": place, "since": now, "faults": kept}])
    tx.execute(sa.update(t.broken).where(b.place == place).values(faults=kept))


def note_mended(tx: Connection, place: str) -> bool:
    """Forget what was wrong at a place; return whether anything was."""
    return tx.execute(sa.delete(t.broken).where(t.broken.c.place == place)).rowcount > 0


def place_of(worker: str, folder: str) -> str:
    """Return where files are wrong: as one process sees it, and only as long as it works."""
    return f"{worker}: {folder}"[:255]


def forget_places(tx: Connection, workers: Sequence[str]) -> None:
    """Forget what these processes noted; others note what is still wrong by themselves."""
    theirs = (
        t.broken.c.place.startswith(place_of(worker, ""), autoescape=True) for worker in workers
    )
    tx.execute(sa.delete(t.broken).where(sa.or_(sa.false(), *theirs)))


def broken(tx: Connection) -> list[Broken]:
    """Return what is wrong, by place."""
    query = sa.select(t.broken).order_by(t.broken.c.place).limit(100)
    return [
        Broken(row.place, row.since, tuple(fault_of_data(one) for one in row.faults))
        for row in tx.execute(query)
    ]


def fault_as_data(fault: Fault) -> dict[str, Any]:
    """Return a fault as plain data that `fault_of_data` makes the same fault of, in any process."""
    return {name: sentence_as_data(getattr(fault, name)) for name in _FIELDS}


def sentence_as_data(value: Any) -> Any:
    """Return a sentence as its template and values, so that it can be told in any language."""
    if isinstance(value, Message):
        values = {name: sentence_as_data(one) for name, one in value.values.items()}
        return {"say": value.template, "values": values}
    return value if isinstance(value, int) else str(value).replace("\0", "\ufffd")


def fault_of_data(kept: Mapping[str, Any]) -> Fault:
    """Return the fault that `fault_as_data` was given; its sentences know their languages."""
    return Fault(**{name: sentence_of_data(kept[name]) for name in _FIELDS if name in kept})


def sentence_of_data(kept: Any) -> Any:
    """Return the sentence that `sentence_as_data` was given."""
    if isinstance(kept, dict):
        return Message(
            kept["say"], {name: sentence_of_data(one) for name, one in kept["values"].items()}
        )
    return kept
