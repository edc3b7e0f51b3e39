"""`hub person`: who may act, and by which tokens."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Session
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.people import People

app = typer.Typer(
    name="person", no_args_is_help=True, help="Persons of people.yaml, and their tokens."
)

_PERSONS = ("person", "name", "roles", "stands_in_for", "team", "scope", "left", "tokens")
_TOKENS = ("id", "person", "label", "os_user", "made_by", "made_at", "expires_at", "used_at",
           "state")  # fmt: skip


@app.command("list")
def list_persons(
    ctx: typer.Context,
    tokens: Annotated[bool, typer.Option("--tokens", help="Show tokens instead.")] = False,
    json: Json = False,
) -> None:
    """List persons with the roles they have now, or their tokens; never what proves them."""
    here = session.of(ctx)
    if tokens:
        output.listing(here.language, _TOKENS, _tokens(here), json=json)
        return
    people = people_of(here)
    living = Counter(one["person"] for one in _tokens(here) if one["state"] == "live")
    rows = _rows(people, living, datetime.now(UTC))
    output.listing(here.language, _PERSONS, rows, json=json)


def people_of(here: Session) -> People:
    """Return everybody in the people.yaml of this hub."""
    from zoneinfo import ZoneInfo

    from hub import people_file

    settings = here.settings()
    zone = ZoneInfo(settings.calendar.zone)
    return people_file.load(settings.people, settings.connections, zone)


def _rows(people: People, living: Counter[str], now: datetime) -> list[dict[str, Any]]:
    rows = []
    for one in people.persons.values():
        roles = people.roles_of(one, now)
        rows.append(
            {"person": one.id, "name": one.name, "roles": sorted(roles), "team": one.team,
             "scope": one.scope, "left": one.left, "tokens": living[one.id],
             "stands_in_for": sorted({giver for giver in roles.values() if giver is not None})}
        )  # fmt: skip
    return rows


def _tokens(here: Session) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from hub.store import people as tokens

    now = datetime.now(UTC)
    rows = []
    for one in here.read(tokens.listed):
        state = "revoked" if one.revoked_at else "live" if one.lives(now) else "expired"
        row = {**asdict(one), "state": state}
        # of no use to anybody who reads it here
        del row["hash"]
        rows.append(row)
    return rows


@app.command()
def token(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="Id of the person; otherwise whoever asks.")
    ] = None,
    label: Annotated[str, typer.Option(help="What it is used for.")] = "",
    expires: Annotated[str, typer.Option(help="How long it counts, such as 90d; at most 366d.")] = (
        "90d"
    ),
    os_user: Annotated[
        str | None,
        typer.Option(
            help="The one user of the operating system who may show it on a command line."
        ),
    ] = None,
    save: Annotated[
        bool, typer.Option("--save", help="Keep it for this user's commands; do not print it.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a token that proves a person. It is shown once, and only its hash is kept."""
    from hub.cli import token_file

    here = session.of(ctx)
    made = here.act(
        "person.token", person=name, label=label, seconds=_seconds(here, expires),
        os_user=os_user, own=save,
    )  # fmt: skip
    if save:
        made["path"] = str(token_file.save(made.pop("token"), os.environ))
    if json:
        output.as_json(made)
        return
    here.say("token.made", **made)
    if save:
        here.say("token.saved", path=made["path"])
    else:
        here.say("token.keep")
        output.line(made["token"])


def _seconds(here: Session, words: str) -> int:
    from hub.settings import duration

    try:
        found = duration(words)
    except ValueError:
        raise ConfigError(here.text("token.expires", given=words)) from None
    assert isinstance(found, timedelta)  # noqa: S101 (a text gives a time)
    return max(1, int(found.total_seconds()))


@app.command()
def revoke(
    ctx: typer.Context,
    token_id: Annotated[str, typer.Argument(help="Its id, or an ending of 6 or more characters.")],
) -> None:
    """End a token at once."""
    here = session.of(ctx)
    done = here.act("person.revoke", id=token_id)
    here.say("token.revoked" if done["revoked"] else "token.was_revoked", **done)
    if done["others"]:
        here.say("token.others", **done)


@app.command()
def erase(
    ctx: typer.Context,
    reason: Annotated[str, typer.Option(help="Why, such as the number of the request.")],
    person: Annotated[str | None, typer.Option(help="Id of a person of people.yaml.")] = None,
    text: Annotated[
        str | None,
        typer.Option(
            help="A text as it is stored, such as a name; - reads it from standard input."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would change.")
    ] = False,
    json: Json = False,
) -> None:
    """Erase somebody's personal text from what is stored. This cannot be undone."""
    here = session.of(ctx)
    if (person is None) == (text is None):
        raise ConfigError(here.text("erase.one"))
    if text == "-":
        text = sys.stdin.readline().removesuffix("\n")
    done = here.act("person.erase", person=person, text=text, reason=reason, dry_run=dry_run)
    if json:
        output.as_json({**done, "dry_run": dry_run})
        return
    here.say("erase.would" if dry_run else "erase.done", what=_counts(done["counts"]))
    if done["left"]:
        here.say("erase.left", what=_counts(done["left"]))


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(found.items()) if count) or "0"
