"""`hub poll`: ask a connection now what changed."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import output, session
from hub.cli.session import Json


def poll(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the connection.")],
    stream: Annotated[str | None, typer.Option(help="Only this stream.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Begin at this cursor instead of the stored one.")
    ] = None,
    json: Json = False,
) -> None:
    """Ask a connection now what changed, and store it."""
    here = session.of(ctx)
    found = here.act("poll", name=name, stream=stream, since=since)
    for one, count in found.items():
        if json:
            output.as_json({"connection": name, "stream": one, "new": count})
        else:
            here.say("poll.done", stream=one, count=count)
