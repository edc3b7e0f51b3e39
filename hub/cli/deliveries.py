"""`hub delivery`: the outbox, and what a person decides about it."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import output, session, tree
from hub.cli.session import Json, Limit, Personal, Session
from hub.cli.states import DeliveryState
from hub.errors import ConfigError, HubError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.views import Row

app = typer.Typer(
    name="delivery", no_args_is_help=True, help="The outbox: what goes to the connections."
)

_COLUMNS = (
    *("id", "number", "revision", "step", "connection", "operation", "state", "reason"),
    *("confirm", "external_id", "tries", "words"),
)
_Id = Annotated[str, typer.Argument(help="Its id, or an ending of 6 or more characters.")]
_Reason = Annotated[str, typer.Option(help="Why; it is kept with the delivery.")]


@app.command("list")
def list_deliveries(
    ctx: typer.Context,
    state: Annotated[DeliveryState | None, typer.Option(help="Only in this state.")] = None,
    connection: Annotated[str | None, typer.Option(help="Only of this connection.")] = None,
    record: Annotated[str | None, typer.Option(help="Only of the record of this number.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List deliveries, the newest first."""
    from hub.flow import privacy
    from hub.store import views

    here = session.of(ctx)
    rows = here.read(
        views.deliveries, state=state, connection=connection, number=record, limit=limit
    )
    for row in rows:
        row["words"] = privacy.words(row["words"])
    output.listing(here.language, _COLUMNS, rows, json=json)


@app.command()
def show(
    ctx: typer.Context,
    id: _Id,
    json: Json = False,
    personal: Personal = False,
    document: Annotated[
        bool, typer.Option("--document", help="Only its document, as `edit --file` takes it.")
    ] = False,
) -> None:
    """Show one delivery: its document, its attempts, what was said and read back."""
    from hub.service.story import Teller
    from hub.store import views

    here = session.of(ctx)
    with here.store() as store:

        def tell(tx: Connection) -> Row:
            row = views.delivery(tx, views.resolve_id(tx, "delivery", id))
            told = Teller(tx, here.settings(), personal=personal).deliveries([row])[0]
            return {**told, "kind": row["kind"], "number": row["number"]}

        told = store.read_now(tell)
    if document:
        _print_document(here, told)
    elif json:
        output.as_json(told)
    else:
        output.draw(tree.of_delivery(told, here.text))
        if not personal:
            here.say("masked")


def _print_document(here: Session, told: Row) -> None:
    document = told["payload"]["document"]
    if document is None:
        raise HubError(here.text("delivery.no_payload", id=told["id"]))
    output.line(jsonlib.dumps(document, ensure_ascii=False, indent=2))


@app.command()
def retry(
    ctx: typer.Context,
    id: _Id,
    latest: Annotated[
        bool, typer.Option("--latest", help="Map it anew with the mappings in force.")
    ] = False,
) -> None:
    """Try a dead delivery again, or let one go that is held for a person."""
    _decide(session.of(ctx), "delivery.retry", id, latest=latest)


@app.command()
def edit(
    ctx: typer.Context,
    id: _Id,
    file: Annotated[Path, typer.Option(help="JSON file with the whole new document.")],
) -> None:
    """Replace the document of a dead delivery that was surely not applied, and try it again."""
    here = session.of(ctx)
    _decide(here, "delivery.edit", id, document=_document(here, file, id))


@app.command()
def skip(
    ctx: typer.Context,
    id: _Id,
    reason: _Reason,
    external_id: Annotated[
        str | None,
        typer.Option(
            help="Their id of what was made by hand; later revisions change it, a revocation"
            " takes it back."
        ),
    ] = None,
) -> None:
    """Count a delivery as done by hand: what waits for it goes on."""
    _decide(session.of(ctx), "delivery.skip", id, reason=reason, external_id=external_id)


@app.command()
def cancel(ctx: typer.Context, id: _Id, reason: _Reason) -> None:
    """Do not do it, nor the steps after it."""
    _decide(session.of(ctx), "delivery.cancel", id, reason=reason)


def _decide(here: Session, action: str, given: str, **arguments: Any) -> None:
    from hub.store import views

    full = here.read(views.resolve_id, "delivery", given)
    here.say("delivery.now", id=full, state=here.act(action, id=full, **arguments))


def _document(here: Session, path: Path, given: str) -> dict[str, Any]:
    """Return the document of a file; numbers that are not whole become text, exactly as written."""
    from hub.logs import MASK
    from hub.yamlfile import texts

    try:
        found = jsonlib.loads(
            path.read_text("utf-8-sig"), parse_float=str, parse_constant=_no_number
        )
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(here.text("edit.unreadable", path=path, problem=error)) from error
    except jsonlib.JSONDecodeError as error:
        words = here.text(
            "edit.not_json", path=path, line=error.lineno, problem=error.msg, id=given
        )
        raise ConfigError(words) from None
    except ValueError as error:
        words = here.text("edit.no_number", path=path, problem=error)
        raise ConfigError(words) from None
    if not isinstance(found, dict):
        raise ConfigError(here.text("edit.not_object", path=path))
    # a masked view edited and sent would write stars over a customer's address
    if any(value == MASK for _, value in texts(found)):
        raise ConfigError(here.text("edit.masked", path=path, mask=MASK))
    return found


def _no_number(word: str) -> None:
    """Refuse `NaN` and `Infinity`, which Python takes for JSON and no far end does."""
    raise ValueError(word)
