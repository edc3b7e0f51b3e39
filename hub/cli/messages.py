"""`hub message`: the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import output, session
from hub.cli.session import Json, Limit, Personal
from hub.cli.states import MessageState

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.views import Row

app = typer.Typer(name="message", no_args_is_help=True, help="The inbox: facts as received.")

_COLUMNS = ("id", "received_at", "connection", "stream", "external_id", "state", "reason")
_Id = Annotated[str, typer.Argument(help="Its id, or an ending of 6 or more characters.")]


@app.command("list")
def list_messages(
    ctx: typer.Context,
    state: Annotated[MessageState | None, typer.Option(help="Only in this state.")] = None,
    connection: Annotated[str | None, typer.Option(help="Only of this connection.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List messages, the newest first."""
    from hub.flow import privacy
    from hub.service import reasons
    from hub.store import views

    here = session.of(ctx)
    rows = here.read(views.messages, state=state, connection=connection, limit=limit)
    for row in rows:
        row["reason"] = privacy.words(row["reason"])
        # programs are told what is stored, whatever language people read
        if not json:
            row["reason"] = reasons.tell(row["reason"], here.language)
    output.listing(here.language, _COLUMNS, rows, json=json)


@app.command()
def show(ctx: typer.Context, id: _Id, json: Json = False, personal: Personal = False) -> None:
    """Show one message with what it brought."""
    from hub.service import reasons
    from hub.service.story import Teller
    from hub.store import views

    here = session.of(ctx)
    with here.store() as store:

        def tell(tx: Connection) -> Row:
            row = views.message(tx, views.resolve_id(tx, "message", id))
            return Teller(tx, here.settings(), personal=personal).message(row)

        told = store.read_now(tell)
    if json:
        output.as_json(told)
        return
    told["reason"] = reasons.tell(told["reason"], here.language)
    output.fields({name: value for name, value in told.items() if name != "item"})
    output.line(output.pretty(told["item"]["document"]))
    if not personal:
        here.say("masked")


@app.command()
def replay(ctx: typer.Context, id: _Id) -> None:
    """Take a failed, ignored or waiting message up again, with the mappings in force."""
    from hub.store import views

    here = session.of(ctx)
    full = here.read(views.resolve_id, "message", id)
    here.say("message.now", id=full, state=here.act("message.replay", id=full))


@app.command()
def ignore(
    ctx: typer.Context,
    id: _Id,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the message.")],
) -> None:
    """Set a failed message aside that nobody can mend; watches no longer wait for it."""
    from hub.store import views

    here = session.of(ctx)
    full = here.read(views.resolve_id, "message", id)
    done = here.act("message.ignore", id=full, reason=reason)
    here.say("message.now", id=full, state=done)
