"""Sends what is queued for people; a channel that is down delays its notices and nothing else.

T1  give out: a notice becomes one row for each person or channel it is for; a flood is folded
T2  claim: lease by `due_at`
…   no transaction open: the channel takes it, or says why not
T3  finish: sent, or due again later
"""

from __future__ import annotations

import asyncio
import functools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import Connection as Transaction

from hub import logs
from hub.failpoints import fail_at
from hub.flow import alert_words, channels
from hub.flow.channels import Channel, NotTaken
from hub.flow.parts import Flow
from hub.people import Person
from hub.settings import Alerts, Email, Settings
from hub.store import alerts, notices, singletons
from hub.store.notices import Notice

log = logs.get_logger(__name__)

#: Longer than a batch of one channel takes, however slow it is.
_LEASE = timedelta(minutes=10)
#: Pauses before each further try; the last one repeats.
_PAUSES = tuple(timedelta(seconds=one) for one in (30, 60, 300, 900, 3600))
#: What no channel took for so long is given up, and shown.
_GIVE_UP = timedelta(days=3)
_PERSON = "person:"
#: Kinds that are no flood themselves.
_CALM = ("digest", "flood", "test")


class Courier:
    """Hands notices to the channels of one hub."""

    def __init__(self, flow: Flow, network: httpx.AsyncBaseTransport | None = None) -> None:
        self._flow = flow
        self.settings: Settings | None = flow.settings
        self.channels: Mapping[str, Channel] = (
            channels.build(flow.settings, flow.clock, network) if flow.settings else {}
        )

    async def aclose(self) -> None:
        """Close the channels."""
        for channel in self.channels.values():
            await channel.aclose()

    async def step(self) -> bool:
        """Send what is due; say whether anything was."""
        flow = self._flow
        due = await flow.store.read(notices.next_due)
        if self.settings is None or due is None or due > flow.clock.now():
            return False
        await flow.store.write(_give_out, flow, self.settings)
        fail_at("notice.given_out")
        claimed = await flow.store.write(_claim, flow)
        fail_at("notice.claimed")
        by_channel: dict[str, list[tuple[Notice, Any]]] = {}
        for notice, alert in claimed:
            by_channel.setdefault(notice.channel, []).append((notice, alert))
        await asyncio.gather(*(self._send_all(given) for given in by_channel.values()))
        return bool(claimed)

    async def _send_all(self, given: Sequence[tuple[Notice, Any]]) -> None:
        """Send one channel's notices in turn; one that is down is asked once."""
        code = None
        for notice, alert in given:
            if code is None:
                code = await self._send(notice, alert)
            else:
                await self._later(notice, code)
        if code is not None:
            flow, now = self._flow, self._flow.clock.now()
            # however much waits for it, other channels wait for one call at most
            await flow.store.write(notices.put_off, given[0][0].channel, now, now + _PAUSES[0])

    async def _send(self, notice: Notice, alert: Any) -> str | None:
        """Send a notice; return the code of a channel that did not take it."""
        flow = self._flow
        try:
            partly = await self.hand_over(notice, alert)
        except NotTaken as error:
            await self._later(notice, str(error))
            return str(error)
        fail_at("notice.taken")
        await flow.store.write(notices.sent, notice.id, flow.clock.now(), partly)
        fail_at("notice.sent")
        return None

    async def hand_over(self, notice: Notice, alert: Any = None) -> str | None:
        """Give a notice to its channel now; raises `NotTaken`."""
        name, to = notice.channel, tuple[str, ...]()
        if notice.channel.startswith(_PERSON):
            name, to = self._mail_of(notice.channel.removeprefix(_PERSON))
        channel, settings = self.channels.get(name), self.settings
        if channel is None or settings is None:
            raise NotTaken("no channel")
        letter = alert_words.letter(
            notice, alert, tenant=settings.tenant, language=settings.alerts.language,
            zone=self._flow.people.zone, to=to,
        )  # fmt: skip
        return await channel.send(letter)

    def _mail_of(self, person_id: str) -> tuple[str, tuple[str, ...]]:
        """Return the channel and address of a person, who may have left meanwhile."""
        server = _mail_server(self.settings) if self.settings else None
        person = self._flow.people.persons.get(person_id)
        if server is None or person is None or not person.email:
            raise NotTaken("no address")
        return server, (person.email,)

    async def _later(self, notice: Notice, code: str) -> None:
        flow, now = self._flow, self._flow.clock.now()
        log.warning("notice.not_sent", channel=notice.channel, notice=notice.id, code=code)
        if now - notice.queued_at > _GIVE_UP:
            await flow.store.write(notices.failed, notice.id, code)
            return
        pause = _PAUSES[min(notice.tries, len(_PAUSES) - 1)]
        await flow.store.write(notices.again, notice.id, code, now + pause)


def _claim(tx: Transaction, flow: Flow) -> list[tuple[Notice, Any]]:
    """Return notices to send, each with its alert as it stands now."""
    claimed = notices.claim(tx, flow.clock.now(), _LEASE)
    about = alerts.by_ids(tx, [one.facts["alert"] for one in claimed if "alert" in one.facts])
    return [(one, about.get(one.facts.get("alert", ""))) for one in claimed]


# ---- giving out ------------------------------------------------------------------------------


def _give_out(tx: Transaction, flow: Flow, settings: Settings) -> None:
    """Make of each due notice one row for each channel or person it is for."""
    singletons.lock(tx, "notices")
    now = flow.clock.now()
    due = notices.to_give_out(tx, now)
    if not due:
        return
    given = Counter(notices.given_since(tx, now - settings.alerts.coalesce))
    queued: list[Notice] = []
    floods: defaultdict[str, list[Notice]] = defaultdict(list)
    gone: defaultdict[str, list[str]] = defaultdict(list)
    targets_of = functools.cache(lambda to: list(_targets(to, flow, settings)))
    for notice in due:
        targets = targets_of(_addressees(notice, settings))
        for channel, instead_of in targets:
            given[channel] += 1
            if given[channel] > settings.alerts.flood and notice.kind not in _CALM:
                floods[channel].append(notice)
            else:
                queued.append(_copy(notice, flow, channel, instead_of))
        gone[", ".join(channel for channel, _ in targets) or "no channel"].append(notice.id)
    notices.queue_all(tx, queued)
    for channel, some in floods.items():
        _fold(tx, flow, settings.alerts, some, channel)
    for names, ids in gone.items():
        notices.folded(tx, ids, names, now)


def _copy(notice: Notice, flow: Flow, channel: str, instead_of: Sequence[str]) -> Notice:
    facts = {**notice.facts, **({"instead_of": instead_of} if instead_of else {})}
    now, cause = flow.clock.now(), f"{notice.cause}@{channel}"
    return Notice(flow.clock.new_id(), cause, channel, notice.to, notice.kind, facts, now, now, 0)


def _addressees(notice: Notice, settings: Settings) -> tuple[str, ...]:
    # whoever else queues one names those it is for
    ours = "alert" in notice.facts or notice.kind == "digest"
    return notice.to or (settings.alerts.to if ours else ())


def _targets(
    to: Sequence[str], flow: Flow, settings: Settings
) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the channels that reach these, each with those of them it stands in for."""
    persons = {name: _with_mail(name, flow) for name in to} if _mail_server(settings) else {}
    found = {one.id: one for several in persons.values() for one in several}
    yield from ((f"{_PERSON}{one}", ()) for one in found)
    unheard = [name for name in to if not persons.get(name)]
    if unheard or not to:
        yield from ((name, unheard) for name in settings.ways_to_people)


def _with_mail(addressee: str, flow: Flow) -> list[Person]:
    """Return the persons of a role, or the one of that id, who are here and have an address."""
    people, now = flow.people, flow.clock.now()
    kind, _, name = addressee.partition(":")
    here = [one for one in people.persons.values() if one.email and not people.has_left(one, now)]
    if kind == "person":
        return [one for one in here if one.id == name]
    return [one for one in here if name in people.roles_of(one, now)]


def _mail_server(settings: Settings) -> str | None:
    """Return the first channel that sends mail."""
    ways = settings.ways_to_people.items()
    return next((name for name, way in ways if isinstance(way, Email)), None)


def _fold(
    tx: Transaction, flow: Flow, settings: Alerts, some: Sequence[Notice], channel: str
) -> None:
    """Count notices of a flood in the one that tells of it, which is sent when it is over."""
    waiting = notices.queued_folding(tx, channel)
    told: Mapping[str, Any] = waiting.facts if waiting else {"count": 0, "kinds": {}}
    kinds = Counter(told["kinds"]) + Counter(_kinds_of(tx, some))
    facts = {"count": told["count"] + len(some), "kinds": dict(kinds)}
    if waiting:
        notices.told_more(tx, waiting.id, facts)
        return
    now = flow.clock.now()
    notices.queue(tx, f"flood:{some[0].id}@{channel}", "flood", facts, (), now, flow.clock.new_id,
                  channel, due_at=now + settings.coalesce)  # fmt: skip


def _kinds_of(tx: Transaction, some: Sequence[Notice]) -> list[str]:
    found = alerts.by_ids(tx, [one.facts["alert"] for one in some if "alert" in one.facts])
    kinds = {alert_id: str(one["kind"]) for alert_id, one in found.items()}
    return [kinds.get(one.facts.get("alert", ""), one.kind) for one in some]


# ---- a test ----------------------------------------------------------------------------------


async def try_out(flow: Flow, only: str | None) -> Mapping[str, str]:
    """Send a test through every channel, or one, now; return the code of each: `ok` where taken."""
    courier = Courier(flow)
    now = flow.clock.now()
    notice = Notice(flow.clock.new_id(), "test", "", (), "test", {}, now, now, 0)
    told: dict[str, str] = {}
    try:
        for name in [only] if only is not None else sorted(courier.channels):
            try:
                told[name] = await courier.hand_over(replace(notice, channel=name)) or "ok"
            except NotTaken as error:
                told[name] = str(error)
    finally:
        await courier.aclose()
    return told
