"""`hub status` and `hub doctor`: how it goes, and what is wrong."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from hub.cli import alerts, connections, output, persons, session
from hub.cli.session import Json, Session
from hub.errors import ConfigError, ConnectorError, Fault, HubError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from hub.mapping import Bundle
    from hub.settings import Settings

_T = TypeVar("_T")

#: Less free space than this is a finding, in MiB.
_LITTLE_SPACE = 512
#: Faults that are told; `hub check` tells them all.
_FAULTS_SHOWN = 20
#: A clock further off than this is a finding, in seconds.
_FAR_OFF = 2.0
#: Exit codes of findings, the one that counts most first.
_WORST_FIRST = (2, 4, 3, 1)


# ---- status ----------------------------------------------------------------------------------


def status(ctx: typer.Context, json: Json = False) -> None:
    """Show how many are in which state; exit code 1 where something waits for a person."""
    from hub.service import todo
    from hub.store import views

    here = session.of(ctx)
    settings, now = here.settings(), datetime.now(UTC)
    with here.store() as store:
        told: dict[str, Any] = store.read_now(views.overview)
        told["todo"] = store.read_now(todo.counts, settings, now)
        told["noted"] = store.read_now(views.todos, now - todo.NOTED_FOR)
        told["mappings"] = store.read_now(_mappings)
    told["connections"] = connections.rows(here, settings)
    told["alerts"] = alerts.state(here)
    if json:
        output.as_json(told)
    else:
        _draw(here, told)
    if told["todo"]:
        raise typer.Exit(1)


def _mappings(tx: Connection) -> dict[str, Any]:
    """Return what is in force, and what is wrong with files that could not come into force."""
    from hub.store import bundles

    in_force = bundles.in_force(tx) or {"sha": None, "active_at": None}
    return {**in_force, "broken": [asdict(one) for one in bundles.broken(tx)]}


def _draw(here: Session, told: Mapping[str, Any]) -> None:
    for group in ("messages", "deliveries", "read_back"):
        counts = ", ".join(f"{state} {count}" for state, count in told[group].items())
        output.line(f"{here.text(f'status.{group}')}: {counts or 0}")
    output.line(f"{here.text('status.unsealed')}: {told['unsealed']}")
    if told["oldest_due"]:
        output.line(f"{here.text('status.oldest_due')}: {output.cell('', told['oldest_due'])}")
    _draw_mappings(here, told["mappings"])
    alerts.draw(here, told["alerts"])
    for group, columns in (
        ("wanted_links", ("connection", "kind", "handle", "external_id", "count")),
        ("connections", ("name", "connector", "mode", "state", "reason")),
        ("workers", ("id", "host", "pid", "seen_at")),
        ("cursors", ("connection", "stream", "value", "moved_at")),
    ):
        if told[group]:
            output.line(f"\n{here.text(f'status.{group}')}")
            output.listing(here.language, columns, told[group], json=False)
    output.line()
    _draw_todo(here, told)


def _draw_todo(here: Session, told: Mapping[str, Any]) -> None:
    from hub.service import todo
    from hub.web.console.words import word

    if told["noted"]:
        counts = ", ".join(f"{what} {count}" for what, count in told["noted"].items())
        here.say("status.noted", days=todo.NOTED_FOR.days, counts=counts)
    if not told["todo"]:
        here.say("status.nothing")
        return
    counts = ", ".join(
        f"{word(here.language, 'todo', kind)} {count}{'+' * (count >= todo.MOST)}"
        for kind, count in told["todo"].items()
    )
    here.say("status.todo", counts=counts)


def _draw_mappings(here: Session, told: Mapping[str, Any]) -> None:
    from hub.language import told_fault

    name = here.text("status.mappings")
    if told["sha"]:
        at = output.cell("", told["active_at"])
        output.line(f"{name}: {here.text('status.in_force', sha=told['sha'][:12], at=at)}")
    for one in told["broken"]:
        since = output.cell("", one["since"])
        output.line(f"{name}: {here.text('status.broken', place=one['place'], since=since)}")
        for fault in one["faults"][:_FAULTS_SHOWN]:
            output.line(f"  {told_fault(Fault(**fault), here.language)}")


# ---- doctor ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What one look found."""

    check: str
    #: Exit code this alone would have; see `hub.cli`.
    code: int
    words: str


def doctor(
    ctx: typer.Context,
    timeout: Annotated[
        float, typer.Option(min=1, max=300, help="Seconds to wait for each connection.")
    ] = 10,
    json: Json = False,
) -> None:
    """Look at settings, key, mappings, store, disk, clock, people, alerts, every connection.

    Exit code 0 fine, 1 findings, 2 wrong configuration, 4 something cannot be reached.
    """
    here = session.of(ctx)
    found = list(_examine(here, timeout))
    rows = [{**asdict(one), "result": "ok" if one.code == 0 else "!"} for one in found]
    output.listing(here.language, ("result", "check", "words"), rows, json=json)
    codes = {one.code for one in found}
    worst = next((code for code in _WORST_FIRST if code in codes), 0)
    if worst:
        raise typer.Exit(worst)


def _examine(here: Session, timeout: float) -> Iterator[Diagnosis]:
    import asyncio

    from hub.flow import checks, schedules

    try:
        settings = here.settings()
    except ConfigError as error:
        yield Diagnosis(here.text("doctor.settings"), 2, str(error))
        return
    yield Diagnosis(here.text("doctor.settings"), 0, str(here.config_path))
    yield _key(here, settings.keys)
    found = checks.check(settings)
    scheduled = schedules.faults(settings, datetime.now(UTC), found.bundle)
    yield _files(here, (*found.faults, *scheduled), found.bundle)
    yield from _store(here, settings, found.bundle)
    yield _people(here, settings)
    yield _channels(here, settings)
    yield from asyncio.run(_far_ends(here, settings, timeout))


def _key(here: Session, path: Path) -> Diagnosis:
    check = here.text("doctor.key")
    if not path.is_file():
        return Diagnosis(check, 2, here.text("doctor.no_key", path=path))
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Diagnosis(check, 1, here.text("doctor.mode", path=path, mode=f"{mode:04o}"))
    return Diagnosis(check, 0, f"{mode:04o}")


def _people(here: Session, settings: Settings) -> Diagnosis:
    """Return who may act; a finding where there are persons and none of them can be the admin."""
    from hub.store import people as tokens

    check, path, now = here.text("doctor.people"), settings.people, datetime.now(UTC)
    try:
        people = persons.people_of(here)
    except ConfigError as error:
        return Diagnosis(check, 2, _told_faults(here, error.faults) or str(error))
    if not people:
        return Diagnosis(check, 0, here.text("doctor.nobody", path=path))
    admins = people.with_role("admin", now)
    own = [person for person, giver in admins.items() if giver is None]
    if not own:
        return Diagnosis(check, 1, here.text("doctor.no_admin", path=path))
    living = _kept(settings, here, tokens.living, admins, now)
    if living == []:
        return Diagnosis(check, 1, here.text("doctor.no_token", name=own[0]))
    return Diagnosis(check, 0, here.text("doctor.persons", count=len(people.persons)))


def _channels(here: Session, settings: Settings) -> Diagnosis:
    """Return who is told of alerts, and what was not taken; `hub alert test` tries them."""
    from hub.store import notices

    # no finding where there is none: some are told by their own monitoring
    names = ", ".join(settings.ways_to_people) or here.text("doctor.no_channel")
    unsent = _kept(settings, here, notices.unsent) or []
    words = "\n".join([names, *(alerts.not_taken(here, one) for one in unsent)])
    return Diagnosis(here.text("doctor.channels"), int(bool(unsent)), words)


def _kept(settings: Settings, here: Session, function: Callable[..., _T], *args: Any) -> _T | None:
    """Return what a query finds; None where the store cannot be read, which has its own line."""
    try:
        with session.reading(settings.store, here.language) as store:
            return store.read_now(function, *args)
    except HubError:
        return None


def _files(here: Session, faults: Sequence[Fault], bundle: Bundle | None) -> Diagnosis:
    check = here.text("doctor.mappings")
    if faults:
        return Diagnosis(check, 2, _told_faults(here, faults))
    return Diagnosis(check, 0, bundle.sha[:12] if bundle else "")


def _told_faults(here: Session, faults: Sequence[Fault]) -> str:
    from hub.language import told_fault

    return "\n".join(told_fault(fault, here.language) for fault in faults[:_FAULTS_SHOWN])


def _store(here: Session, settings: Settings, bundle: Bundle | None) -> Iterator[Diagnosis]:
    from hub.store import bundles, views

    check = here.text("doctor.store")
    path = session.sqlite_path(settings.store)
    if path is not None:
        yield _space(here, path.parent)
    try:
        with session.reading(settings.store, here.language) as store:
            theirs = store.read_now(views.database_time)
            active = store.read_now(bundles.active)
    except HubError as error:
        yield Diagnosis(check, 4 if isinstance(error, StoreError) else 1, str(error))
        return
    yield Diagnosis(check, 0, here.text("doctor.current"))
    if bundle is not None and active not in (None, bundle.sha):
        words = here.text("doctor.differs", folder=bundle.sha[:12], sha=str(active)[:12])
        # a daemon that watches its folder takes it over by itself
        yield Diagnosis(here.text("doctor.in_force"), int(not settings.watches_mappings), words)
    if theirs is not None:
        seconds = abs((datetime.now(UTC) - theirs).total_seconds())
        words = here.text("doctor.offset", seconds=f"{seconds:.1f}")
        yield Diagnosis(here.text("doctor.clock"), int(seconds > _FAR_OFF), words)


def _space(here: Session, folder: Path) -> Diagnosis:
    free = shutil.disk_usage(folder).free // 1024**2 if folder.is_dir() else 0
    words = here.text("doctor.free", free=free)
    return Diagnosis(here.text("doctor.disk"), int(free < _LITTLE_SPACE), words)


async def _far_ends(here: Session, settings: Settings, timeout: float) -> list[Diagnosis]:
    import asyncio

    names = list(settings.connections)
    return list(await asyncio.gather(*(_far_end(here, settings, name, timeout) for name in names)))


async def _far_end(here: Session, settings: Settings, name: str, timeout: float) -> Diagnosis:
    from hub.cli.exits import exit_code
    from hub.cli.probe import probe

    check = here.text("doctor.connection", name=name)
    late = here.text("doctor.timeout", seconds=timeout)
    try:
        words = await probe(settings, settings.connections[name], timeout, late)
    except (ConnectorError, ConfigError) as error:
        return Diagnosis(check, exit_code(error), str(error))
    return Diagnosis(check, 0, words)
