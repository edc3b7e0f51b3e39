"""Mapping files come into force as a whole, and only good ones.

What is in force stands in the store. A process takes other files over in one of two ways: it
watches its folder, or somebody applied them (`hub map apply`) and it takes what the store has.
Wrong files change nothing; they are noted in the store, in the figures and once in the log.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub import logs, registry
from hub.errors import Fault, MappingError, StoreError
from hub.flow import checks, vetting
from hub.flow.parts import Flow, stored_bundle
from hub.mapping.bundle import Bundle, read_bundle
from hub.mapping.meaning import Difference, difference
from hub.settings import Settings
from hub.store import bundles, engine, ledger
from hub.store.bundles import Overtaken

log = logs.get_logger(__name__)

#: How often the folder is looked at, and how long it must have been still, in seconds.
_LOOK = 0.5
_STILL = 0.3
#: How often the store is asked what is in force.
_FOLLOW = 1.0
_HOST = socket.gethostname()


# ---- at the start ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Start:
    """The mapping files a process begins with."""

    bundle: Bundle
    #: What is wrong with those in the folder, where the last good ones stand in for them.
    faults: tuple[Fault, ...] = ()
    #: What the folder looked like before it was read.
    seen: vetting.Stamp = ()


def starting(settings: Settings) -> Start:
    """Return the files of the folder or, where they are wrong, the last good ones of the store.

    A process that does not watch its folder begins with those of the store where there are some.
    Raises `MappingError` where neither can be used.
    """
    stored, seen = last_good(settings), vetting.stamp(settings)
    if stored is not None and not settings.watches_mappings:
        _require_fitting(settings, stored)
        return Start(stored, seen=seen)
    found = vetting.look(settings, needs_folder=stored is not None and has_own(stored))
    if not found.faults:
        return Start(read_bundle(found.files, checks.schema), seen=seen)
    if stored is None or _misfits(settings, stored):
        raise MappingError(faults=found.faults)
    return Start(stored, found.faults, seen)


def last_good(settings: Settings) -> Bundle | None:
    """Return the files in force by the store; None where it has none or cannot be asked."""
    url = sa.make_url(settings.store)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None
    store = engine.connect(settings.store)
    try:
        return store.read_now(_stored)
    except (StoreError, MappingError):
        return None
    finally:
        store.close()


def _stored(tx: sa.Connection) -> Bundle | None:
    sha = bundles.active(tx)
    return None if sha is None else stored_bundle(tx, sha)


def has_own(bundle: Bundle) -> bool:
    """Say whether any of the files came from the administrator's folder."""
    return "own" in bundle.origins.values()


def _misfits(settings: Settings, bundle: Bundle) -> tuple[Fault, ...]:
    """Return what of the bundle does not fit the connections, and what is wrong with those."""
    return (*registry.check(settings), *checks.fitting(settings, bundle)[0])


def _require_fitting(settings: Settings, bundle: Bundle) -> None:
    faults = _misfits(settings, bundle)
    if faults:
        raise MappingError(faults=faults)


# ---- putting in force ------------------------------------------------------------------------


async def activate(flow: Flow, bundle: Bundle, actor: str = "system") -> Difference:
    """Put a bundle in force, here and in the store, and wake the others; return what changes.

    Raises `Overtaken` where the store has another one in force than this process. Deliveries that
    were planned already keep the files they were planned with.
    """
    before = flow.bundles.active
    found = await asyncio.to_thread(difference, before, bundle)
    changed = await flow.store.write(_put, flow, bundle, actor, found.facts(), before.sha)
    # in the store first: no delivery may name files that are not kept
    flow.bundles.activate(bundle)
    if changed:
        log.info("mapping.activated", bundle=bundle.sha, before=before.sha, actor=actor,
                 **found.facts())  # fmt: skip
        flow.bell.ring("mappings")
    return found


def _put(
    tx: sa.Connection, flow: Flow, bundle: Bundle, actor: str, facts: Mapping[str, Any],
    after: str | None,
) -> bool:  # fmt: skip
    now = flow.clock.now()
    if not bundles.put(tx, bundle.sha, bundle.files, now, after=after):
        return False
    kept = {"bundle": bundle.sha, "before": after, "files": len(bundle.files), **facts}
    ledger.append(tx, [ledger.entry(flow.clock.new_id(), now, "mapping.activated",
                                    bundle.sha[:32], actor=actor, facts=kept)])  # fmt: skip
    return True


# ---- while the daemon runs -------------------------------------------------------------------


class Reload:
    """Takes other mapping files over while a daemon runs."""

    def __init__(self, settings: Settings, flow: Flow, start: Start) -> None:
        self.settings = settings
        self.flow = flow
        self._start = start
        #: What the folder looked like when it was read, and when it was last looked at.
        self._seen = self._last = start.seen
        #: A bundle of the store that does not fit here.
        self._refused = ""
        #: Place → what is wrong there.
        self._wrong: dict[str, Sequence[Fault]] = {}

    @property
    def _folder(self) -> str:
        return f"{_HOST}: {self.settings.mappings_folder}"[:255]

    @property
    def _others(self) -> str:
        return f"{_HOST}: store"[:255]

    async def begin(self) -> None:
        """Put in force what the process begins with, and tell what is wrong with the folder."""
        flow, bundle = self.flow, self._start.bundle
        before = await flow.store.read(bundles.active)
        if before != bundle.sha:
            old = await flow.store.read(_stored_or_none) if before else None
            facts = difference(old, bundle).facts() if old is not None else {}
            await flow.store.write(_put, flow, bundle, "system", facts, before)
            log.info("mapping.activated", bundle=bundle.sha, before=before, **facts)
        await self._tell(self._folder, self._start.faults)

    async def watch(self) -> float:
        """Take the folder over once it has changed and is still again; a stage of the daemon."""
        stamp = await asyncio.to_thread(vetting.stamp, self.settings)
        if stamp == self._seen:
            self._last = stamp
            return _LOOK
        if stamp != self._last:
            self._last = stamp
            return _STILL
        own = has_own(self.flow.bundles.active)
        found = await asyncio.to_thread(vetting.vet, self.settings, needs_folder=own)
        if await asyncio.to_thread(vetting.stamp, self.settings) != stamp:
            return _STILL  # it changed while it was read: nothing of it counts
        if not await self._take(found):
            return _STILL
        self._seen = stamp
        return _LOOK

    async def _take(self, found: vetting.Vetted) -> bool:
        """Put vetted files in force; return False where others came into force meanwhile."""
        if not found.faults:
            bundle = await asyncio.to_thread(read_bundle, found.files, checks.schema)
            try:
                if bundle.sha != self.flow.bundles.active.sha:
                    await activate(self.flow, bundle)
            except Overtaken:
                await self.follow()
                return False
        await self._tell(self._folder, found.faults)
        return True

    async def follow(self) -> float:
        """Take over what somebody else put in force in the store; a stage of the daemon."""
        flow = self.flow
        sha = await flow.store.read(bundles.active)
        if sha is None or sha in (flow.bundles.active.sha, self._refused):
            return _FOLLOW
        try:
            bundle = await flow.store.read(flow.bundles.get, sha)
            await asyncio.to_thread(_require_fitting, self.settings, bundle)
        except MappingError as error:
            self._refused = sha
            faults = error.faults or (Fault("E105", error.args[0]),)
            await self._tell(self._others, faults)
            return _FOLLOW
        flow.bundles.activate(bundle)
        log.info("mapping.taken_over", bundle=sha)
        await self._tell(self._others, ())
        return _FOLLOW

    async def _tell(self, place: str, faults: Sequence[Fault]) -> None:
        """Note in the store, the figures and the log what is wrong, or that it is mended."""
        flow, self._wrong[place] = self.flow, faults
        wrong = [fault for all_of_one in self._wrong.values() for fault in all_of_one]
        flow.metrics.mappings_are(fault.file for fault in wrong)
        if faults:
            await flow.store.write(bundles.note_broken, place, faults, flow.clock.now())
            log.error("mapping.broken", place=place, faults=[str(fault) for fault in faults[:20]],
                      in_force=flow.bundles.active.sha)  # fmt: skip
        elif await flow.store.write(bundles.note_mended, place):
            log.info("mapping.mended", place=place, in_force=flow.bundles.active.sha)


def _stored_or_none(tx: sa.Connection) -> Bundle | None:
    try:
        return _stored(tx)
    except MappingError:
        return None
