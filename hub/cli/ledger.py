"""`hub ledger`: the chained record of everything that happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Limit

app = typer.Typer(name="ledger", no_args_is_help=True, help="The ledger: a chain of facts.")


@app.command("list")
def list_entries(
    ctx: typer.Context,
    kind: Annotated[
        str | None, typer.Option(help="Only this kind, or all before its dot: delivery.dead, todo.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=36500, help="Only of so many days.")] = 30,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List what was noted, the newest first. `--kind todo` is what a person should look at."""
    from hub.store import views

    here = session.of(ctx)
    since = datetime.now(UTC) - timedelta(days=days)
    rows = here.read(views.ledger_entries, kind, since, limit)
    if not json:
        rows = [{**row, "facts": _told(row["facts"])} for row in rows]
    output.listing(here.language, ("at", "kind", "subject", "actor", "facts"), rows, json=json)


def _told(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={output.cell('', value)}" for name, value in facts.items())


@app.command()
def verify(
    ctx: typer.Context,
    json: Json = False,
    seal: Annotated[
        bool, typer.Option("--seal", help="First give what is new its place in the chain.")
    ] = False,
) -> None:
    """Recompute the whole chain; exit code 1 where an entry does not fit."""
    from hub.store import ledger

    here = session.of(ctx)
    if seal:
        here.act("ledger.seal")
    verdict = here.read(ledger.verify)
    told = {
        "sealed": verdict.sealed,
        "unsealed": verdict.unsealed,
        "head": verdict.head,
        "broken": [{"seq": seq, "problem": problem} for seq, problem in verdict.broken],
    }
    if json:
        output.as_json(told)
    elif verdict.broken:
        for seq, problem in verdict.broken:
            here.say("ledger.entry", seq=seq, problem=problem)
        here.say("ledger.broken", **{**told, "count": len(verdict.broken)})
    else:
        here.say("ledger.fine", **told)
    if verdict.broken:
        raise typer.Exit(1)


@app.command()
def export(
    ctx: typer.Context,
    since: Annotated[int, typer.Option(min=0, help="Begin after this entry.")] = 0,
) -> None:
    """Print every sealed entry in order, one JSON object per line."""
    from hub.store import views

    with session.of(ctx).store() as store:
        while entries := store.read_now(views.sealed_entries, since):
            for entry in entries:
                output.as_json(entry)
            since = entries[-1]["seq"]
