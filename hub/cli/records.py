"""`hub record` and `hub trace`: records, and the whole story of one."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import output, session, tree
from hub.cli.session import Json, Limit, Personal

app = typer.Typer(name="record", no_args_is_help=True, help="Records: what the hub knows.")

_COLUMNS = ("kind", "number", "connection", "company", "revision", "planned", "changed_at")
_Number = Annotated[str, typer.Argument(help="Its business number.")]


@app.command("list")
def list_records(
    ctx: typer.Context,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    connection: Annotated[str | None, typer.Option(help="Only of this connection.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List records, the last changed first."""
    from hub import records
    from hub.flow import privacy
    from hub.store import views

    here = session.of(ctx)
    if kind is not None:
        records.kind(kind)
    rows = here.read(views.records, kind=kind, connection=connection, limit=limit)
    for row in rows:
        row["standing"] = privacy.document(row["standing"], privacy.of_record(row["kind"]))
    output.listing(here.language, _COLUMNS, rows, json=json)


@app.command()
def show(
    ctx: typer.Context, number: _Number, json: Json = False, personal: Personal = False
) -> None:
    """Show the records of a number with their latest revision."""
    from hub.service import story

    here = session.of(ctx)
    settings = here.settings()
    told = here.read(story.trace, settings, number, personal=personal)["records"]
    for record in told:
        latest = record["revisions"][-1] if record["revisions"] else {"document": None}
        shown = {name: record[name] for name in (*_COLUMNS, "id", "standing")}
        if json:
            more = {"documents": record["documents"], "document": latest["document"]}
            output.as_json({**shown, **more})
            continue
        issued = [
            f"{one['number']} r{one['revision']} {here.text('annex.' + one['state'])}"
            for one in record["documents"]
        ]
        output.fields({**shown, "documents": ", ".join(issued)})
        output.line(output.pretty(latest["document"]))
    if not (json or personal):
        here.say("masked")


def trace(
    ctx: typer.Context, number: _Number, json: Json = False, personal: Personal = False
) -> None:
    """Tell the whole story of a number: who asked and approved, what was sent, answered, read."""
    from hub.service import story

    here = session.of(ctx)
    settings = here.settings()
    told = here.read(story.trace, settings, number, personal=personal)
    if json:
        output.as_json(told)
        return
    for record in told["records"]:
        output.draw(tree.of_record(record, here.text, here.language))
    if not personal:
        here.say("masked")
