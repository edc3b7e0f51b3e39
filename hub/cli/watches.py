"""`hub watch`: what is waited for, what did not come, and what a person says to that."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Limit, Session
from hub.cli.states import WatchState
from hub.errors import ConfigError, HubError

if TYPE_CHECKING:
    from hub.flow.overlay import Checked, Overlay

app = typer.Typer(
    name="watch", no_args_is_help=True, help="Watches: what must follow, and did not yet."
)

_COLUMNS = (
    *("id", "watch", "key", "state", "deadline", "due_at", "step", "reason"),
    *("snoozed_until", "acknowledged_by"),
)
_Id = Annotated[str, typer.Argument(help="Its id, an ending of 6 or more characters, or its key.")]
_Reason = Annotated[str, typer.Option(help="Why; it is kept with the decision.")]


@app.command("list")
def list_watches(
    ctx: typer.Context,
    state: Annotated[
        WatchState | None, typer.Option(help="Only in this state; otherwise what still waits.")
    ] = None,
    watch: Annotated[str | None, typer.Option(help="Only of this watch.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List what is waited for, the newest first: until when, and what is told next."""
    from hub.store import watches

    here = session.of(ctx)
    rows = here.read(watches.listed, state=state and str(state), watch=watch, limit=limit)
    if not json:
        rows = [_worded(here, row) for row in rows]
    output.listing(here.language, _COLUMNS, rows, json=json)


@app.command()
def show(ctx: typer.Context, id: _Id, json: Json = False) -> None:
    """Show one thing that is waited for, and what was told of it."""
    from hub.store import watches

    here = session.of(ctx)
    row = here.read(watches.shown, id)
    if row is None:
        raise HubError(here.text("missing.watch", given=id))
    if json:
        output.as_json(row)
        return
    told = row.pop("told")
    output.fields(_worded(here, row))
    for one in told:
        at, to = output.cell("", one["queued_at"]), ", ".join(one["to"])
        to = f"{to} → {one['channel']}" if one["channel"] else to
        here.say("watch.told", at=at, to=to, kind=one["kind"], state=one["state"])


@app.command()
def snooze(
    ctx: typer.Context,
    id: _Id,
    until: Annotated[
        str,
        typer.Option(
            "--for", metavar="TIME",
            help="How long, such as `1 working day`, or until when, such as 2026-12-01.",
        ),
    ],
    reason: _Reason,
) -> None:  # fmt: skip
    """Be quiet about it for a while; if it is still late then, it is told then."""
    here = session.of(ctx)
    done = here.act("watch.snooze", id=id, until=until, reason=reason)
    here.say("watch.snoozed", id=done["id"], until=done["until"])


@app.command()
def acknowledge(ctx: typer.Context, id: _Id, reason: _Reason) -> None:
    """Say that somebody is at it: nobody is told again, but that it is over."""
    here = session.of(ctx)
    done = here.act("watch.acknowledge", id=id, reason=reason)
    here.say("watch.acknowledged", id=done["id"])


@app.command("test")
def run_examples(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILES",
            help="Files or folders, laid over all others; otherwise the folder of hub.yaml.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check watch files and run the examples in them; exit code 1 where one fails."""
    from hub.flow import overlay

    here = session.of(ctx)
    settings = here.settings_for_files()
    chosen = overlay.collect(settings, files or ())
    found = overlay.check(chosen, settings)
    if found.bundle is None:
        raise ConfigError(faults=found.faults)
    count, faults = _ran(found, chosen, whole=not files)
    if faults:
        raise ConfigError(faults=faults)
    here.say("map.tested", count=count)


def _ran(found: Checked, chosen: Overlay, *, whole: bool) -> tuple[int, list[Any]]:
    """Return how many examples of the asked files ran, and a fault for each that failed."""
    from hub.flow.overlay import named
    from hub.mapping.examples.watch_tests import watch_results

    assert found.bundle is not None  # noqa: S101 (the caller told its faults)
    asked = [one for one in found.bundle.watches.values() if whole or one.file in chosen.asked]
    results = [result for watch in asked for result in watch_results(watch)]
    return len(results), [named(fault) for result in results for fault in result.faults]


def _worded(here: Session, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its reason as a person reads it."""
    code, _, about = (row["reason"] or "").partition(" ")
    words = here.text(f"watch.why.{code}", about=about.replace(" ", ".")) if code else None
    return {**row, "reason": words}
