"""`hub store`: care of the database."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json

app = typer.Typer(name="store", no_args_is_help=True, help="The database: schema, size, pruning.")


@app.command()
def upgrade(ctx: typer.Context) -> None:
    """Make the store, or bring its schema up to this version. Stop the hub first."""
    from hub.store import engine, upkeep

    here = session.of(ctx)
    store = engine.connect(here.settings().store)
    # opening takes the lock of a SQLite file: never under a running hub
    store.open()
    try:
        missing = upkeep.upgrade(store.engine)
    finally:
        store.close()
    if missing:
        here.say("store.upgraded", versions=", ".join(missing))
    else:
        here.say("store.current")


@app.command()
def stats(ctx: typer.Context, json: Json = False) -> None:
    """Show how much is stored."""
    from hub.store import upkeep

    here = session.of(ctx)
    found: dict[str, Any] = {**here.read(upkeep.stats)}
    if json:
        output.as_json(found)
        return
    for table, count in found.pop("rows").items():
        output.line(f"{table}: {count}")
    output.line()
    output.fields(found)


@app.command()
def prune(
    ctx: typer.Context,
    keep_days: Annotated[int, typer.Option(min=1, help="Keep what is younger.")] = 90,
    json: Json = False,
) -> None:
    """Remove what is finished and old. The ledger and the dedupe keys stay."""
    here = session.of(ctx)
    removed: Counter[str] = Counter()
    # one call is one short transaction, so that a running hub is not held up
    while any((batch := here.act("store.prune", keep_days=keep_days)).values()):
        removed.update(batch)
    if json:
        output.as_json(removed)
        return
    what = ", ".join(f"{table} {count}" for table, count in sorted(removed.items()) if count)
    here.say("store.pruned", what=what or 0)
