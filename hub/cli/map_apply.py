"""`hub map apply`: put the mapping files of the folder in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Session
from hub.errors import MappingError
from hub.language import told_fault

app = typer.Typer()

#: Characters of an address that a person is shown, and types again.
_SHORT = 12
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@app.command()
def apply(
    ctx: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check, test and show what would change.")
    ] = False,
    since: Annotated[
        str, typer.Option(metavar="SHA", help="Only where these mapping files are still in force.")
    ] = "",
    json: Json = False,
) -> None:
    """Check and test the mapping files, and put them in force for all processes of the hub.

    Exit code 1 where others came into force meanwhile, 2 where a file is wrong.
    """
    from hub.flow.apply import faults_of

    here = session.of(ctx)
    told = _named(here, here.act("map.apply", dry_run=dry_run, since=since))
    if faults := faults_of(told):
        if not json:
            raise MappingError(faults=faults)
        output.faults(faults, here.language)
        raise typer.Exit(2)
    if json:
        output.as_json(_as_object(here, told))
    elif "overtaken" in told:
        _draw_overtaken(here, told["overtaken"])
    else:
        _draw(here, told, dry_run=dry_run)
        for warning in faults_of(told, "warnings"):
            output.line(told_fault(warning, here.language))
    if "overtaken" in told:
        raise typer.Exit(1)


def _named(here: Session, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what came of it, each file named so that a person can open it."""
    from hub.flow.overlay import in_folder

    settings = here.settings_for_files()
    if settings is None:
        return dict(told)

    def named(part: Any) -> Any:
        if isinstance(part, list):
            return [named(one) for one in part]
        if not isinstance(part, Mapping):
            return part
        files = (
            {"file": in_folder(part["file"], settings)}
            if isinstance(part.get("file"), str) and part["file"]
            else {}
        )
        return {name: named(value) for name, value in part.items()} | files

    found: dict[str, Any] = named(told)
    return found


def _as_object(here: Session, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what came of it as JSON says it, its sentences in the language of the session."""
    from hub.cli.fault_formats import as_object
    from hub.flow.apply import faults_of

    if "warnings" not in told:
        return dict(told)
    warnings = [as_object(fault, here.language) for fault in faults_of(told, "warnings")]
    return {**told, "warnings": warnings}


def _draw(here: Session, told: Mapping[str, Any], *, dry_run: bool) -> None:
    for line in _lines(here, told["changes"]):
        output.line(line)
    new, old = told["bundle"][:_SHORT], told["before"][:_SHORT]
    if told["applied"]:
        here.say("apply.done" if old else "apply.first", new=new, old=old)
    elif told["bundle"] == told["before"]:
        here.say("apply.same", new=new)
    elif dry_run:
        here.say("apply.dry" if old else "apply.dry_first", new=new, old=old)


def _draw_overtaken(here: Session, told: Mapping[str, Any]) -> None:
    at = output.cell("at", told["at"])
    here.say("apply.overtaken", new=told["bundle"][:_SHORT], by=told["by"] or "?", at=at)
    if told["changes"] is None:
        here.say("apply.unknown")
    for line in _lines(here, told["changes"] or ()):
        output.line(line)
    here.say("apply.again", new=told["bundle"][:_SHORT])


def _lines(here: Session, changes: Any) -> Iterator[str]:
    """Yield a line for each mapping and route that differs, and one for each of its parts."""
    for one in changes:
        what = here.text(f"apply.{one['what']}", name=one["name"])
        yield f"{_SIGNS[one['kind']]} {what}"
        for change in one["changes"]:
            yield f"    {_SIGNS[change['kind']]} {_part(change)}: {_from_to(change)}"


def _part(change: Mapping[str, Any]) -> str:
    name = str(change["name"])
    return f"let {name}" if change["part"] == "let" else name


def _from_to(change: Mapping[str, Any]) -> str:
    sides = [change[side]["text"] for side in ("old", "new") if change[side]]
    place = change["new"] or change["old"]
    return f"{' → '.join(sides)}    {place['file']}:{place['line']}"
