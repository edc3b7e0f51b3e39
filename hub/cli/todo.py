"""`hub todo`: what waits for a person."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Limit, Session
from hub.errors import ConfigError
from hub.language import told

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.people import People
    from hub.service.todo import Todo

_COLUMNS = ("since", "what", "who", "do")


def todo(
    ctx: typer.Context,
    whom: Annotated[
        str | None,
        typer.Option("--for", help="Only what is for this role or person; me: whose token it is."),
    ] = None,
    limit: Limit = 200,
    json: Json = False,
) -> None:
    """List what waits for a person: since when, for whom, and the command that settles it."""
    from hub.service.todo import meant_for
    from hub.service.todo import todo as read

    here = session.of(ctx)
    settings, now = here.settings(), datetime.now(UTC)

    def look(tx: Connection) -> list[Todo]:
        found = read(tx, settings, now, limit=limit)
        return found if whom is None else meant_for(found, _names(here, tx, whom, now))

    rows = [_row(here, one) for one in here.read(look)]
    output.listing(here.language, _COLUMNS, rows, json=json)


def _row(here: Session, one: Todo) -> dict[str, Any]:
    return {**asdict(one), "what": told(one.what, here.language), "who": list(one.who)}


def _names(here: Session, tx: Connection, whom: str, now: datetime) -> set[str]:
    """Return the names by which something may be for a role, a person, or whose token it is."""
    from hub.cli.persons import people_of

    people = people_of(here)
    person = _me(here, tx, people, now) if whom == "me" else whom
    if person in people.persons:
        roles = people.roles_of(people.persons[person], now)
        return {f"person:{person}", *(f"role:{role}" for role in roles)}
    return {f"role:{whom}"}


def _me(here: Session, tx: Connection, people: People, now: datetime) -> str:
    """Return the person whose token it is; `ConfigError` where it proves nobody."""
    from hub.cli import token_file
    from hub.service.identity import hashed
    from hub.store import people as tokens

    shown = token_file.shown(os.environ)
    token = tokens.by_hash(tx, hashed(shown)) if shown else None
    if token is None or not token.lives(now) or token.person not in people.persons:
        raise ConfigError(here.text("todo.nobody"))
    return token.person
