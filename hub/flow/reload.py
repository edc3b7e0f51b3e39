"""Mapping files come into force as a whole, and only good ones.

What is in force stands in the store. A process takes other files over in one of two ways: it
watches its folder, or somebody applied them (`hub map apply`) and it takes what the store has.
Wrong files change nothing; they are noted in the store, in the figures and once in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub import logs, registry
from hub.errors import Fault, MappingError
from hub.flow import checks, vetting
from hub.flow.in_force import Kept, activate, has_own, kept, kept_in, put
from hub.flow.parts import Flow
from hub.language import say
from hub.mapping.bundle import Bundle, read_bundle
from hub.mapping.compared.meaning import difference
from hub.settings import Settings
from hub.store import bundles
from hub.store.bundles import Overtaken

log = logs.get_logger(__name__)

#: How often the folder is looked at, and how long it must have been still, in seconds.
_LOOK = 0.5
_STILL = 0.3
#: How often the store is asked what is in force.
_FOLLOW = 1.0
#: After so long a folder that is never still is told.
_NEVER_STILL = timedelta(seconds=10)
#: A check that came to no end is made again after 2, 4, 8 … seconds, at the latest after so many.
_LATEST_TRY = 300


# ---- at the start ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Start:
    """The mapping files a process begins with."""

    bundle: Bundle
    #: What is wrong with those in the folder, where the last good ones stand in for them.
    faults: tuple[Fault, ...] = ()
    #: What the folder looked like before it was read.
    seen: vetting.Stamp = ()
    #: Address of what was in force by the store when this was read.
    before: str | None = None


def starting(settings: Settings) -> Start:
    """Return the files of the folder or, where they are wrong, the last good ones of the store.

    A process that does not watch its folder begins with those of the store where there are some.
    Raises `MappingError` where neither can be used, `StoreError` where the store cannot be asked.
    """
    stored, seen = kept(settings), vetting.stamp(settings)
    before = stored.bundle.sha if stored is not None else None
    if stored is not None and not settings.watches_mappings:
        _require_usable(settings, stored)
        return Start(stored.bundle, seen=seen, before=before)
    own = stored is not None and has_own(stored.bundle)
    found = vetting.look(settings, needs_folder=own, needs_files=own)
    if not found.faults:
        return Start(read_bundle(found.files, checks.schema), seen=seen, before=before)
    if stored is None or stored.why is not None or _misfits(settings, stored.bundle):
        raise MappingError(faults=found.faults)
    return Start(stored.bundle, found.faults, seen, before)


def _misfits(settings: Settings, bundle: Bundle) -> tuple[Fault, ...]:
    """Return what of the bundle does not fit the connections, and what is wrong with those."""
    return (*registry.check(settings), *checks.fitting(settings, bundle)[0])


def _require_usable(settings: Settings, stored: Kept) -> None:
    if stored.why is not None:
        message = say(
            "The mapping files in force cannot be read any more: {reason} "
            "Put those of the folder in force: hub map apply",
            reason=stored.why.faults[0] if stored.why.faults else stored.why.args[0],
        )
        raise MappingError(message)
    _require_fitting(settings, stored.bundle)


def _require_fitting(settings: Settings, bundle: Bundle) -> None:
    faults = _misfits(settings, bundle)
    if faults:
        raise MappingError(faults=faults)


# ---- while the daemon runs -------------------------------------------------------------------


class Reload:
    """Takes other mapping files over while a daemon runs."""

    def __init__(self, settings: Settings, flow: Flow, start: Start) -> None:
        self.settings = settings
        self.flow = flow
        self._start = start
        #: What the folder looked like when it was read, and when it was last looked at.
        self._seen = self._last = start.seen
        #: What was wrong with it when it was read, and what was in force.
        self._found, self._under = start.faults, start.bundle.sha
        #: Since when it has not been as it was read, or None.
        self._moving: datetime | None = None
        #: Checks in a row that came to no end, and when the next one is due.
        self._tries = 0
        self._again_at: datetime | None = None
        #: A bundle of the store that does not fit here.
        self._refused = ""
        #: Place → what is wrong there; as it is told.
        self._wrong: dict[str, Sequence[Fault]] = {}
        self._folder = bundles.place_of(flow.worker, settings.mappings_folder.as_posix())
        self._others = bundles.place_of(flow.worker, "store")

    async def begin(self) -> None:
        """Put in force what the process begins with, and tell what is wrong with the folder.

        What came into force meanwhile stays; raises `MappingError` where it does not fit here.
        """
        if self._start.before is None or self.settings.watches_mappings:
            try:
                await self._put_first()
            except Overtaken:
                await self._take_over()
        else:
            # only `hub map apply` puts others in force
            await self._take_over()
        await self._tell(self._folder, self._start.faults)

    async def _put_first(self) -> None:
        flow, bundle, before = self.flow, self._start.bundle, self._start.before
        if before == bundle.sha:
            facts = {}
        else:
            old = await flow.store.read(kept_in)
            readable = old is not None and old.why is None
            facts = difference(old.bundle, bundle).facts() if old and readable else {}
        if await flow.store.write(put, flow, bundle, "system", facts, before):
            log.info("mapping.activated", bundle=bundle.sha, before=before, **facts)

    async def watch(self) -> float:
        """Take the folder over once it has changed and is still again; a stage of the daemon."""
        stamp = await asyncio.to_thread(vetting.stamp, self.settings)
        if stamp == self._seen and not self._may_have_mended():
            self._last, self._moving = stamp, None
            await self._tell(self._folder, self._found)
            return _LOOK
        if stamp != self._last:
            self._last = stamp
            await self._tell_if_never_still()
            return _STILL
        # before the files are read: what comes into force later may be newer than they are
        stored = await self.flow.store.read(kept_in, self.flow.bundles.get)
        before = stored.bundle if stored is not None else self.flow.bundles.active
        own = has_own(before)
        found = await asyncio.to_thread(
            vetting.vet, self.settings, needs_folder=own, needs_files=own
        )
        if await asyncio.to_thread(vetting.stamp, self.settings) != stamp:
            return _STILL  # it changed while it was read: nothing of it counts
        if not await self._take(found, before):
            return _STILL
        self._seen, self._found, self._moving = stamp, found.faults, None
        self._under = self.flow.bundles.active.sha
        self._plan_another_try(unfinished=found.unfinished)
        return _LOOK

    def _may_have_mended(self) -> bool:
        """Say whether a check may find other faults although no file has changed."""
        if self._again_at is not None:
            return self.flow.clock.now() >= self._again_at
        # an empty folder is right once `hub map apply` took its files out of force
        return bool(self._found) and self._under != self.flow.bundles.active.sha

    def _plan_another_try(self, *, unfinished: bool) -> None:
        """Let a check be made again that only came to no end: that says nothing of the files."""
        self._tries = self._tries + 1 if unfinished else 0
        pause = timedelta(seconds=min(2**self._tries, _LATEST_TRY))
        self._again_at = self.flow.clock.now() + pause if unfinished else None

    async def _tell_if_never_still(self) -> None:
        now = self.flow.clock.now()
        self._moving = self._moving or now
        if now - self._moving >= _NEVER_STILL:
            message = say(
                "The folder has been changing for {seconds} s; "
                "nothing of it is taken over before it is still.",
                seconds=int(_NEVER_STILL.total_seconds()),
            )
            fault = Fault("E005", message, self.settings.mappings_folder.as_posix())
            await self._tell(self._folder, (fault,))

    async def _take(self, found: vetting.Vetted, before: Bundle) -> bool:
        """Put vetted files in force; return False where others came into force meanwhile."""
        if not found.faults:
            bundle = await asyncio.to_thread(read_bundle, found.files, checks.schema)
            try:
                if bundle.sha != self.flow.bundles.active.sha:
                    await activate(self.flow, bundle, before=before)
            except Overtaken:
                await self.follow()
                return False
        await self._tell(self._folder, found.faults)
        return True

    async def follow(self) -> float:
        """Take over what somebody else put in force in the store; a stage of the daemon."""
        sha = await self.flow.store.read(bundles.active)
        if sha is None or sha == self._refused:
            return _FOLLOW
        try:
            await self._take_over()
        except MappingError as error:
            faults = error.faults or (Fault("E105", error.args[0]),)
            await self._tell(self._others, faults)
            self._refused = sha
            return _FOLLOW
        self._refused = ""
        await self._tell(self._others, ())
        return _FOLLOW

    async def _take_over(self) -> None:
        """Work with what the store has in force; `MappingError` where it does not fit here."""
        flow = self.flow
        sha = await flow.store.read(bundles.active)
        if sha is None or sha == flow.bundles.active.sha:
            return
        bundle = await flow.store.read(flow.bundles.get, sha)
        await asyncio.to_thread(_require_fitting, self.settings, bundle)
        flow.bundles.activate(bundle)
        log.info("mapping.taken_over", bundle=sha)

    async def _tell(self, place: str, faults: Sequence[Fault]) -> None:
        """Note in the store, the figures and the log what is wrong, or that it is mended; once."""
        if self._wrong.get(place) == faults:
            return
        flow, wrong = self.flow, {**self._wrong, place: faults}
        flow.metrics.mappings_are(fault.file for of_one in wrong.values() for fault in of_one)
        if faults:
            await flow.store.write(bundles.note_broken, place, faults, flow.clock.now())
            log.error("mapping.broken", place=place, faults=[str(fault) for fault in faults[:20]],
                      in_force=flow.bundles.active.sha)  # fmt: skip
        elif await flow.store.write(bundles.note_mended, place):
            log.info("mapping.mended", place=place, in_force=flow.bundles.active.sha)
        self._wrong = wrong
