"""`hub schedule`: what the hub does by itself at its time."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json
from hub.language import told

app = typer.Typer(
    name="schedule", no_args_is_help=True, help="Schedules: what the hub does by itself."
)

_COLUMNS = ("name", "do", "rule", "next_at", "last_at", "words")


@app.command("list")
def list_schedules(ctx: typer.Context, json: Json = False) -> None:
    """List the schedules: when each runs next, when it ran last and how that ended."""
    from hub.flow import schedules
    from hub.store import schedules as stored

    here = session.of(ctx)
    kept = here.read(stored.read)
    rows: list[dict[str, Any]] = []
    for job in schedules.jobs(here.settings()):
        row = kept.get(job.name)
        # a rule that was just changed has no next turn before the daemon has seen it
        current = row is not None and row.rule == job.words
        rows.append(
            {"name": job.name, "do": job.do, "rule": job.words,
             "connection": job.connection or None, "streams": list(job.streams),
             "next_at": row.next_at if row and current else None,
             "last_at": row.last_at if row else None,
             "words": told(row.words, here.language) if row and row.words else None}
        )  # fmt: skip
    output.listing(here.language, _COLUMNS, rows, json=json)


@app.command()
def run(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name in hub.yaml; `poll NAME` for a poll.")],
) -> None:
    """Run a schedule now; its next turn stays when it is."""
    from hub.store.bundles import sentence_of_data

    here = session.of(ctx)
    words = sentence_of_data(here.act("schedule.run", name=name))
    here.say("schedule.ran", name=name, words=told(words, here.language))
