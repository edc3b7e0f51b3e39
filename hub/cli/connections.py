"""`hub connection`: the configured accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Session

if TYPE_CHECKING:
    from hub.settings import Settings
    from hub.store.connections import State

app = typer.Typer(
    name="connection", no_args_is_help=True, help="Connections: the configured accounts."
)

_COLUMNS = ("name", "connector", "mode", "state", "reason")
_Name = Annotated[str, typer.Argument(help="Name of the connection.")]


@app.command("list")
def list_connections(ctx: typer.Context, json: Json = False) -> None:
    """List the connections, and which of them are paused or held."""
    here = session.of(ctx)
    settings = here.settings()
    output.listing(here.language, _COLUMNS, rows(here, settings), json=json)


def rows(here: Session, settings: Settings) -> list[dict[str, Any]]:
    """Return what is known of each connection; of a hub that never ran, its settings."""
    from hub.store import connections

    path = session.sqlite_path(settings.store)
    fresh = path is not None and not path.exists()
    states: Mapping[str, State] = {} if fresh else here.read(connections.read)
    now = datetime.now(UTC)
    return [
        {"name": name, "connector": one.connector, "mode": one.mode}
        | _standing(here, states.get(name), now)
        for name, one in settings.connections.items()
    ]


def _standing(here: Session, state: State | None, now: datetime) -> dict[str, Any]:
    if state is None:
        return {"state": "open", "reason": None}
    told = {
        "paused_at": state.paused_at, "paused_by": state.paused_by,
        "not_before": state.not_before, "failures": state.failures,
    }  # fmt: skip
    if state.paused_at is not None:
        return {"state": "paused", "reason": state.pause_reason, **told}
    if state.not_before is not None and state.not_before > now:
        until = output.cell("", state.not_before)
        return {"state": "held", "reason": here.text("status.held", until=until), **told}
    return {"state": "open", "reason": None, **told}


@app.command()
def check(
    ctx: typer.Context,
    name: _Name,
    timeout: Annotated[float, typer.Option(min=1, max=300, help="Seconds to wait.")] = 15,
    json: Json = False,
) -> None:
    """Ask the far end whether it can be reached with these settings; it changes nothing there."""
    import asyncio

    from hub.cli.probe import probe

    here = session.of(ctx)
    settings, connection = here.settings(), here.connection(name)
    late = here.text("doctor.timeout", seconds=timeout)
    words = asyncio.run(probe(settings, connection, timeout, late))
    if json:
        output.as_json({"connection": name, "words": words})
    else:
        here.say("connection.fine", name=name, words=words)


@app.command()
def pause(
    ctx: typer.Context,
    name: _Name,
    reason: Annotated[str | None, typer.Option(help="Why; whoever looks sees it.")] = None,
) -> None:
    """Send and poll nothing until it is resumed; deadlines stand still."""
    here = session.of(ctx)
    done = here.act("connection.pause", name=here.connection(name).name, reason=reason)
    here.say("connection.paused" if done else "connection.was_paused", name=name)


@app.command()
def resume(ctx: typer.Context, name: _Name) -> None:
    """Let a paused connection go on."""
    here = session.of(ctx)
    done = here.act("connection.resume", name=here.connection(name).name)
    here.say("connection.resumed" if done else "connection.was_open", name=name)
