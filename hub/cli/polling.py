"""`hub poll`: ask a connection now what changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated

import typer

from hub.cli import output, session
from hub.cli.session import Json, Session
from hub.errors import ConfigError


def poll(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the connection.")],
    stream: Annotated[str | None, typer.Option(help="Only this stream.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Begin at this date or time, not where polling has got to; 1970-01-01 brings all."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Ask a connection now what changed, and store it."""
    here = session.of(ctx)
    streams = _streams(here, name, stream)
    found = here.act("poll", name=name, streams=streams, since=_instant(here, name, since))
    for one, count in found.items():
        if json:
            output.as_json({"connection": name, "stream": one, "new": count})
        else:
            here.say("poll.done", stream=one, count=count)


def _streams(here: Session, name: str, wanted: str | None) -> list[str]:
    """Return the streams to poll: the one wanted, those of the settings, or all there are."""
    from hub import registry
    from hub.connector import capabilities

    connection = here.connection(name)
    connector, configured = registry.load(connection.connector), connection.poll
    polled = [one.name for one in connector.polled_streams(registry.options(connection))]
    if not polled or "polls" not in capabilities(connector):
        raise ConfigError(here.text("poll.never", name=name))
    if wanted is None:
        return list(configured.streams if configured and configured.streams else polled)
    if wanted not in polled:
        known = ", ".join(polled)
        raise ConfigError(here.text("poll.stream", name=name, given=wanted, known=known))
    return [wanted]


def _instant(here: Session, name: str, since: str | None) -> str | None:
    """Return the cursor of a date or a time, which every connector takes: its ISO instant."""
    if since is None:
        return None
    try:
        return _moment(since).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise ConfigError(here.text("poll.since", name=name, given=since)) from None


def _moment(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment
