"""`hub link`: which object at a connection is which of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Limit, Session
from hub.errors import ConfigError

app = typer.Typer(
    name="link", no_args_is_help=True, help="Links: our handle of an object and their id of it."
)

#: Warnings that are printed one by one.
_MOST = 50
_COLUMNS = ("connection", "kind", "handle", "external_id", "alive", "changed_at")


@app.command("list")
def list_links(
    ctx: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only of this connection.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    handle: Annotated[str | None, typer.Option(help="Only of our number.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List links, the last changed first."""
    from hub.flow import privacy
    from hub.store import views

    here = session.of(ctx)
    rows = here.read(views.links, connection=connection, kind=kind, handle=handle, limit=limit)
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
    before = here.act("link.set", **given)["before"]
    if before in (None, external_id):
        here.say("link.set", **given)
    else:
        here.say("link.changed", **given, before=before)


@app.command("import")
def import_links(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(help="CSV or XLSX with the columns connection, kind, handle, external_id."),
    ],
    connection: Annotated[
        str | None, typer.Option(help="Connection of all rows; the column may be left out.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Kind of all rows; the column may be left out.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would change.")
    ] = False,
    json: Json = False,
) -> None:
    """Set all links of a table at once; one fault in it, and none is written."""
    from hub.cli import link_table
    from hub.flow import link_survey
    from hub.sheet import read_sheet

    here = session.of(ctx)
    if connection is not None:
        here.connection(connection)
    data = _bytes(here, file)
    given = link_table.Given(connection, kind)
    groups = link_table.read(read_sheet(data, str(file)), given, here.settings().connections.keys())
    shared = here.read(link_survey.shared, groups)
    _warn(here, shared)
    done = here.act(
        "link.import",
        groups=[[*name, list(links.items())] for name, links in groups.items()],
        sha256=hashlib.sha256(data).hexdigest(), dry_run=dry_run,
    )  # fmt: skip
    if json:
        output.as_json({**done, "shared": shared, "dry_run": dry_run})
        return
    for one in done["changed"]:
        here.say("link.changed", **one)
    here.say("link.would_import" if dry_run else "link.imported", **done["counts"])


def _warn(here: Session, shared: Sequence[Mapping[str, Any]]) -> None:
    """Say which ids several handles would have, before anything is written."""
    for one in shared[:_MOST]:
        words = here.text("link.shared", **{**one, "handles": ", ".join(one["handles"])})
        output.line(words, error=True)
    if len(shared) > _MOST:
        output.line(here.text("link.shared_more", count=len(shared) - _MOST), error=True)


def _bytes(here: Session, file: Path) -> bytes:
    from hub.sheet import MAX_BYTES

    try:
        with file.open("rb") as opened:
            # one more than may be tells that it is too large
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise ConfigError(here.text("edit.unreadable", path=file, problem=problem)) from None
