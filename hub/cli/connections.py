"""`hub connection`: the configured accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Session
from hub.errors import ConfigError

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
    if state.observed_at is not None:
        since = output.cell("", state.observed_at)
        told |= {"observed_at": state.observed_at}
        return {"state": "observed", "reason": here.text("status.observed", since=since), **told}
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


@app.command("go-live")
def go_live(
    ctx: typer.Context,
    name: _Name,
    send: Annotated[
        bool, typer.Option("--send-waiting", help="Send what was planned meanwhile.")
    ] = False,
    drop: Annotated[
        bool,
        typer.Option("--drop-waiting", help="Cancel it, with the steps that come after it."),
    ] = False,
    json: Json = False,
) -> None:
    """Let a connection send that was in mode observe, once hub.yaml has it live.

    Without a decision it shows how many deliveries wait, by operation, and changes nothing.
    """
    here = session.of(ctx)
    if send and drop:
        raise ConfigError(here.text("connection.one_of_them"))
    decision = "send" if send else "drop" if drop else None
    told = here.act("connection.go_live", name=here.connection(name).name, decision=decision)
    if json:
        output.as_json({"connection": name, **told})
    else:
        _draw_waiting(here, name, told, decision)
    if told["done"] is None:
        raise typer.Exit(1)


def _draw_waiting(here: Session, name: str, told: Mapping[str, Any], decision: str | None) -> None:
    rows = [{"operation": one, "count": count} for one, count in told["waiting"].items()]
    if rows:
        output.listing(here.language, ("operation", "count"), rows, json=False)
    if told["done"] is None:
        here.say("connection.decide", name=name, count=sum(told["waiting"].values()))
    else:
        key = f"connection.{decision}" if rows else "connection.live"
        here.say(key, name=name, count=told["done"])


@app.command()
def resume(ctx: typer.Context, name: _Name) -> None:
    """Let a paused connection go on."""
    here = session.of(ctx)
    done = here.act("connection.resume", name=here.connection(name).name)
    here.say("connection.resumed" if done else "connection.was_open", name=name)
