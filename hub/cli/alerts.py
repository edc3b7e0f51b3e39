"""`hub alert`: what needs a person, and the ways they are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Limit, Session
from hub.errors import HubError

if TYPE_CHECKING:
    from hub.settings import Settings

app = typer.Typer(
    name="alert", no_args_is_help=True, help="Alerts: what needs a person, and who is told."
)

_COLUMNS = ("id", "opened_at", "words", "acknowledged_by", "command")
_ALL_COLUMNS = ("id", "state", "opened_at", "cleared_at", "words", "acknowledged_by", "page")


@app.command("list")
def list_alerts(
    ctx: typer.Context,
    every: Annotated[
        bool, typer.Option("--all", help="Those that are over too, the newest first.")
    ] = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List the open alerts, the oldest first, each with the command that helps."""
    from hub.store import alerts

    here = session.of(ctx)
    found = here.read(alerts.newest if every else alerts.list_open, limit)
    rows = [{**row, **_told(here, row)} for row in found]
    output.listing(here.language, _ALL_COLUMNS if every else _COLUMNS, rows, json=json)


def _told(here: Session, row: Mapping[str, Any]) -> dict[str, str]:
    from hub.flow import alert_words
    from hub.language import told

    kind, facts = row["kind"], row["facts"]
    return {
        "words": told(alert_words.sentence(kind, row["subject"], facts), here.language),
        "command": alert_words.command(kind, facts),
        "page": alert_words.page(kind, facts),
    }


@app.command()
def acknowledge(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(help="Its id, or an ending of 6 or more characters.")],
) -> None:
    """Say that you look after an alert: no further notice of it until it is over."""
    here = session.of(ctx)
    done = here.act("alert.acknowledge", id=id.strip().lower())
    here.say("alert.acknowledged", kind=done["kind"], subject=done["subject"])


@app.command("test")
def try_out(
    ctx: typer.Context,
    channel: Annotated[str | None, typer.Argument(help="Name of one; otherwise all.")] = None,
    json: Json = False,
) -> None:
    """Send a test through every channel; exit code 1 where one does not take it."""
    here = session.of(ctx)
    codes = here.act("alert.test", channel=channel)
    rows = [{"channel": name, "result": code} for name, code in codes.items()]
    output.listing(here.language, ("channel", "result"), rows, json=json)
    if any(code != "ok" for code in codes.values()):
        raise HubError(here.text("alert.not_taken"))


# ---- for `hub status`, `check` and `doctor` --------------------------------------------------


def state(here: Session) -> dict[str, Any]:
    """Return how many alerts are open, and what no channel has taken."""
    from hub.store import alerts, notices

    return {"open": len(here.read(alerts.list_open, 1000)), "unsent": here.read(notices.unsent)}


def draw(here: Session, told: Mapping[str, Any]) -> None:
    """Print that."""
    output.line(f"{here.text('status.alerts')}: {told['open']}")
    for one in told["unsent"]:
        output.line(not_taken(here, one))


def not_taken(here: Session, one: Mapping[str, Any]) -> str:
    """Return what a channel has not taken, and why."""
    return here.text(
        f"status.notices_{one['state']}", channel=one["channel"], count=one["count"],
        since=output.cell("", one["since"]), code=one["words"] or "?",
    )  # fmt: skip


def warn(here: Session, settings: Settings) -> None:
    """Say so where nobody is told of alerts."""
    if not settings.ways_to_people:
        here.say("check.no_channel", path=here.config_path)
