"""`hub gate`: what is held, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import cases, output, persons, session
from hub.cli.session import Json, Limit, Session
from hub.cli.states import HoldState
from hub.cli.texts import WordedConfig, text
from hub.language import Language

if TYPE_CHECKING:
    from hub.mapping.gate import Gate

app = typer.Typer(
    name="gate", no_args_is_help=True, help="Gates: what is held until it is approved or released."
)

_COLUMNS = (
    *("id", "gate", "number", "revision", "action", "state", "words", "roles"),
    *("requested_by", "held_at"),
)
_Id = Annotated[str, typer.Argument(help="Its id, or an ending of 6 or more characters.")]
_Reason = Annotated[str, typer.Option(help="Why; it is kept with the decision.")]


@app.command("list")
def list_holds(
    ctx: typer.Context,
    state: Annotated[HoldState, typer.Option(help="Only in this state.")] = HoldState.HELD,
    gate: Annotated[str | None, typer.Option(help="Only of this gate.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List what gates hold, the newest first: why, for whom, and who may release it."""
    from hub.store import pages

    here = session.of(ctx)
    page = pages.Page(limit)
    rows = here.read(pages.holds, page, state=str(state), gate=gate)
    output.listing(here.language, _COLUMNS, [_worded(row, here.language) for row in rows],
                   json=json)  # fmt: skip


def _worded(row: Mapping[str, Any], language: Language) -> dict[str, Any]:
    reasons = "; ".join(one[str(language)] for one in row["reasons"])
    return {**row, "words": reasons, "roles": ", ".join(row["roles"])}


@app.command()
def show(ctx: typer.Context, id: _Id, json: Json = False) -> None:
    """Show one hold: what is missing, who may release it, who decided."""
    from hub.store import holds

    here = session.of(ctx)
    row = here.read(holds.shown, _full(here, id))
    if json:
        output.as_json(row)
        return
    output.fields(_worded(row, here.language) | {"reasons": None})


@app.command()
def release(ctx: typer.Context, id: _Id, reason: _Reason) -> None:
    """Let what is held go on although something is missing; only the roles of the gate may."""
    _decide(session.of(ctx), "gate.release", id, reason)


@app.command()
def refuse(ctx: typer.Context, id: _Id, reason: _Reason) -> None:
    """Say no: the record is not planned, the step cancelled, the edit taken back."""
    _decide(session.of(ctx), "gate.refuse", id, reason)


@app.command()
def approve(ctx: typer.Context, id: _Id, reason: _Reason) -> None:
    """Approve the held revision at the hub, as one of those the gate asks for."""
    _decide(session.of(ctx), "gate.approve", id, reason)


@app.command()
def hold(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="Its business number.")],
    reason: _Reason,
    kind: Annotated[
        str | None, typer.Option(help="Kind of the record, where several have the number.")
    ] = None,
) -> None:
    """Hold a record by hand: nothing of it that was not yet sent goes out until released."""
    here = session.of(ctx)
    done = here.act("gate.hold", number=number, kind=kind, reason=reason)
    here.say("gate.by_hand", id=done["id"], number=number, deliveries=done["deliveries"])


@app.command("test")
def try_gate(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the gate.")],
    number: Annotated[str, typer.Argument(help="Its business number.")],
    json: Json = False,
) -> None:
    """Say what a gate, as its file stands now, would answer for a stored record."""
    from hub.flow import judging
    from hub.mapping.verdict import Verdict
    from hub.store import holds

    here = session.of(ctx)
    gate = _gate(here, name)
    people = persons.people_of(here)

    def judge(tx: Any) -> dict[str, Verdict]:
        rows = holds.numbered(tx, gate.record, number)
        now = datetime.now(UTC)
        return {row.connection: judging.trial(tx, gate, people, row, now) for row in rows}

    found = here.read(judge)
    if not found:
        raise _refused("missing.record", given=number)
    for connection, verdict in found.items():
        _tell(here, connection, verdict, json=json)


def _tell(here: Session, connection: str, verdict: Any, *, json: bool) -> None:
    from hub.flow.judging import as_data

    reasons = as_data(verdict)
    if json:
        output.as_json({"connection": connection, "answer": verdict.answer, "reasons": reasons})
        return
    here.say(f"gate.{verdict.answer}", connection=connection)
    for one in reasons:
        output.line(f"   {one[str(here.language)]}")


def _gate(here: Session, name: str) -> Gate:
    from hub.nearest import suggestion

    gates = cases.files_of(here).gates
    if name not in gates:
        raise _refused("gate.unknown", name=name, hint=suggestion(name, gates))
    return gates[name]


def _refused(key: str, **values: object) -> WordedConfig:
    return WordedConfig(lambda language: text(language, key, **values))


def _full(here: Session, given: str) -> str:
    from hub.store import views

    return here.read(views.resolve_id, "hold", given)


def _decide(here: Session, action: str, given: str, reason: str) -> None:
    full = _full(here, given)
    here.say("gate.now", id=full, state=here.act(action, id=full, reason=reason))
