"""`hub init`, `run`, `check` and `backup`."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import alerts, initial, output, session
from hub.cli.session import Json, Session
from hub.errors import ConfigError, HubError

if TYPE_CHECKING:
    from hub.errors import Fault
    from hub.flow.checks import Checked
    from hub.mapping.bundle import Bundle
    from hub.settings import Settings


def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to write; made if need be.")] = Path(),
    tenant: Annotated[
        str, typer.Option(help="Short name of the company: 1 to 12 of A-Z and 0-9.")
    ] = "HUB",
    example: Annotated[
        bool, typer.Option("--example", help="With connections to a CRM, an ERP and a WMS.")
    ] = False,
) -> None:
    """Write hub.yaml, the master key and a folder for mappings. Nothing is overwritten."""
    here = session.of(ctx)
    if not re.fullmatch(r"[A-Z0-9]{1,12}", tenant):
        raise ConfigError(here.text("init.tenant", given=repr(tenant)))
    try:
        _write(here, folder, tenant, example)
    except OSError as error:
        path, problem = error.filename or folder, error.strerror
        raise ConfigError(here.text("init.unwritable", path=path, problem=problem)) from error


def _write(here: Session, folder: Path, tenant: str, example: bool) -> None:
    settings, key = folder / "hub.yaml", folder / "hub.key"
    for path in (settings, key):
        if path.exists():
            raise HubError(here.text("init.there", path=path))
    connections = initial.EXAMPLE_CONNECTIONS if example else initial.NO_CONNECTIONS
    readme = folder / "mappings" / "README.md"
    readme.parent.mkdir(parents=True, exist_ok=True)
    _write_key(key)
    settings.write_text(initial.SETTINGS.format(tenant=tenant, connections=connections), "utf-8")
    if not readme.exists():
        readme.write_text(initial.README, "utf-8")
    for path in (settings, key, readme):
        here.say("init.written", path=path)
    here.say("init.key", path=key)
    here.say("init.next", path=settings)


def _write_key(path: Path) -> None:
    """Write a fresh key that only this user can read, from the first moment on."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")


def run(ctx: typer.Context) -> None:
    """Run the hub: take webhooks, poll, route, deliver, read back, seal."""
    from hub import daemon

    raise typer.Exit(daemon.main(session.of(ctx).config_path))


def check(ctx: typer.Context, json: Json = False) -> None:
    """Check settings, connections, mappings and routes; every fault with its place."""
    from hub import people_file
    from hub.flow import checks, schedules

    here = session.of(ctx)
    try:
        settings = here.settings()
        found = checks.check(settings)
        scheduled = schedules.faults(settings, datetime.now(UTC), found.bundle)
        people = people_file.faults(settings.people, settings.connections)
        papers = _papers(here, settings, found)
        found = replace(found, faults=(*found.faults, *scheduled, *people, *papers))
    except ConfigError as error:
        if not json or not error.faults:
            raise
        found = checks.Checked(error.faults, None)
    if json:
        output.faults(found.faults, here.language)
    elif found.faults:
        raise ConfigError(faults=found.faults)
    elif found.bundle is not None:
        for route in found.asleep:
            here.say("check.asleep", route=route.name, sources=", ".join(route.sources))
        for name, lacking in checks.sleeping(settings, found.bundle):
            here.say("check.sleeping", name=name, lacking=", ".join(lacking))
        here.say(
            "check.fine",
            connections=len(here.settings().connections),
            mappings=len(found.bundle.mappings),
            routes=len(found.bundle.routes),
        )
        if not people_file.load(settings.people, settings.connections):
            here.say("check.no_people", path=settings.people)
        for year in settings.calendar.of(None).unknown_years(datetime.now(UTC).date()):
            here.say("check.year", year=year)
        alerts.warn(here, settings)
        _warn_nameless(here, settings, found.bundle)
    if found.faults:
        raise typer.Exit(2)


def _papers(here: Session, settings: Settings, found: Checked) -> list[Fault]:
    """Return what keeps documents from being issued, as far as the routes are known."""
    from hub import yamlreader
    from hub.flow import document_checks

    if found.bundle is None:
        return []
    file = yamlreader.read(here.config_path)
    return list(document_checks.faults(settings, found.bundle, file))


def _warn_nameless(here: Session, settings: Settings, bundle: Bundle) -> None:
    """Say so where documents are issued in the name of nobody but the short name of the company."""
    from hub.flow import document_checks

    routes = document_checks.issuing(settings, bundle)
    if routes and settings.documents.issuer is None:
        here.say("check.no_issuer", path=here.config_path, tenant=settings.tenant,
                 routes=", ".join(routes))  # fmt: skip


def backup(
    ctx: typer.Context,
    target: Annotated[Path, typer.Argument(help="File to write; it must not exist yet.")],
) -> None:
    """Copy the store, also while the hub runs."""
    from hub.store import upkeep

    here = session.of(ctx)
    if target.exists():
        raise HubError(here.text("backup.there", path=target))
    upkeep.backup(here.settings().store, target)
    here.say("backup.done", path=target)
