"""`hub document`: annexes that anybody can check, issued, copied, revoked, shown and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli import document_files, output, session, verifying
from hub.cli.session import Json, Limit, Personal, Session
from hub.cli.states import DocumentState

app = typer.Typer(
    name="document", no_args_is_help=True, help="Documents: annexes that anybody can check."
)
_COLUMNS = (
    *("document", "state", "kind", "record_number", "revision", "connection", "issued_at"),
    "superseded_by",
)
_COPIES = ("document", "role", "recipient", "pages", "kid", "issued_at", "issued_by", "sha256")
_CHECKS = ("serial", "checked_at", "given", "verdict", "copy", "actor")
_SENT = ("id", "step", "connection", "operation", "state", "confirm", "external_id")
_KEYS = ("kid", "generation", "use", "public_key")
_Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="Its number, such as HX-2611-4837-2059-1864-10.")
]
_Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Write the PDF into this folder as well.")
]


@app.command()
def issue(
    ctx: typer.Context,
    commitment: Annotated[str, typer.Argument(help="Its business number.")],
    revision: Annotated[int | None, typer.Option(min=1, help="Otherwise the newest.")] = None,
    recipient: Annotated[
        str | None, typer.Option(help="Make a further copy, for this recipient.")
    ] = None,
    connection: Annotated[
        str | None, typer.Option(help="Where it comes from, if several brought that number.")
    ] = None,
    out: _Out = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say whether it could be issued.")
    ] = False,
    json: Json = False,
) -> None:
    """Issue the document of an approved commitment, or say which one was issued."""
    here = session.of(ctx)
    folder = document_files.folder(here, out)
    done = here.act(
        "document.issue", number=commitment, revision=revision, recipient=recipient,
        connection=connection, dry_run=dry_run,
    )  # fmt: skip
    _tell(here, {**done, "commitment": commitment}, dry_run=dry_run, json=json)
    if folder is not None and not dry_run:
        only = done["copy"] if recipient is not None else None
        document_files.write(here, done["number"], only, folder, quiet=json)


app.command()(verifying.verify)


@app.command()
def reissue(
    ctx: typer.Context,
    number: _Number,
    recipient: Annotated[str, typer.Option(help="Whose copy it is, as it is printed.")],
    out: _Out = None,
    json: Json = False,
) -> None:
    """Make a further copy of a document in force, for another recipient."""
    here = session.of(ctx)
    given = document_files.number_of(number).text
    folder = document_files.folder(here, out)
    done = here.act("document.reissue", number=given, recipient=recipient)
    _tell(here, done, dry_run=False, json=json)
    if folder is not None:
        document_files.write(here, done["number"], done["copy"], folder, quiet=json)


def _tell(here: Session, done: Mapping[str, Any], *, dry_run: bool, json: bool) -> None:
    if json:
        output.as_json({**done, "dry_run": dry_run})
    elif done["number"] is None:
        here.say("document.would", **done)
    else:
        here.say("document.issued" if done["fresh"] else "document.there", **done)


@app.command()
def revoke(
    ctx: typer.Context,
    number: _Number,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the document.")],
) -> None:
    """Take a document out of force, all its copies with it. This is final."""
    here = session.of(ctx)
    found, copy = document_files.parsed(number)
    # with a copy behind it, the service says why not
    given = found.text if copy is None else found.with_copy(copy)
    done = here.act("document.revoke", number=given, reason=reason)
    here.say("document.revoked", **done)


@app.command("list")
def list_documents(
    ctx: typer.Context,
    record: Annotated[str | None, typer.Option(help="Only the documents of this record.")] = None,
    state: Annotated[DocumentState | None, typer.Option(help="Only in this state.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List documents, the newest first."""
    from hub.service import annexes
    from hub.store import pages

    here = session.of(ctx)
    rows = here.read(
        pages.documents, pages.Page(limit), state=state and str(state), record_number=record
    )
    shown = [annexes.told(row) for row in rows]
    output.listing(here.language, _COLUMNS, _named(shown, json=json), json=json)


@app.command()
def show(
    ctx: typer.Context,
    number: _Number,
    out: _Out = None,
    json: Json = False,
    personal: Personal = False,
) -> None:
    """Show a document: its copies, where it went, and who checked it.

    With `--out` the PDF of each copy is written, or of the copy that the number names.
    """
    from hub.service import annexes

    here = session.of(ctx)
    found, copy = document_files.parsed(number)
    folder = document_files.folder(here, out)

    def tell(tx: Any) -> dict[str, Any]:
        return annexes.whole(tx, annexes.found(tx, found.text), personal=personal)

    told = here.read(tell)
    if json:
        output.as_json(told)
    else:
        _show(here, told)
        if not personal:
            here.say("masked")
    if folder is not None:
        document_files.write(here, told["number"], copy, folder, quiet=json)


def _show(here: Session, told: Mapping[str, Any]) -> None:
    parts = ("copies", "deliveries", "checks")
    output.fields({name: value for name, value in told.items() if name not in parts})
    for name, columns in zip(parts, (_COPIES, _SENT, _CHECKS), strict=True):
        if told[name]:
            here.say(f"document.{name}")
            rows = _named(told[name], json=False) if name == "copies" else told[name]
            output.listing(here.language, columns, rows, json=False)


def _named(rows: list[dict[str, Any]], *, json: bool) -> list[dict[str, Any]]:
    """Return rows under the names of columns: elsewhere a number is that of a record."""
    return rows if json else [{**row, "document": row["number"]} for row in rows]


@app.command()
def keys(ctx: typer.Context, json: Json = False) -> None:
    """List the keys of codes and seals, none of them secret, and say how to change them."""
    from hub.documents.keys import DocumentKeys

    here = session.of(ctx)
    known = DocumentKeys.load(here.settings())
    rows = [{**one, "generation": known.all[one["kid"]].generation} for one in known.public()]
    output.listing(here.language, _KEYS, rows, json=json)
    if not json:
        here.say("document.rotate", next=known.current.generation + 1)
