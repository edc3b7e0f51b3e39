"""`hub link`: which object at a connection is which of ours."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import output, session
from hub.cli.session import Json, Limit

app = typer.Typer(
    name="link", no_args_is_help=True, help="Links: our handle of an object and their id of it."
)

_COLUMNS = ("connection", "kind", "handle", "external_id", "alive", "changed_at")


@app.command("list")
def list_links(
    ctx: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only of this connection.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List links, the last changed first."""
    from hub.cli import privacy
    from hub.store import views

    here = session.of(ctx)
    rows = here.read(views.links, connection=connection, kind=kind, limit=limit)
    for row in rows:
        row["results"] = privacy.document(row["results"], frozenset())
    output.listing(here.language, _COLUMNS, rows, json=json)


@app.command("set")
def set_link(
    ctx: typer.Context,
    connection: Annotated[str, typer.Argument(help="Name of the connection.")],
    kind: Annotated[str, typer.Argument(help="Kind of the object, such as customer.")],
    handle: Annotated[str, typer.Argument(help="Our number of it.")],
    external_id: Annotated[str, typer.Argument(help="The connection's own id of it.")],
) -> None:
    """Say which object at a connection is ours; deliveries that wait for it go on."""
    here = session.of(ctx)
    given = {
        "connection": here.connection(connection).name,
        "kind": kind, "handle": handle, "external_id": external_id,
    }  # fmt: skip
    here.act("link.set", **given)
    here.say("link.set", **given)
