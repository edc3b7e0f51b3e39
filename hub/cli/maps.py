"""`hub map`: mappings and routes in force."""

from __future__ import annotations

import typer

from hub.cli import output, session
from hub.cli.session import Json
from hub.errors import MappingError

app = typer.Typer(name="map", no_args_is_help=True, help="Mappings and routes.")

_COLUMNS = ("kind", "name", "origin", "source", "target", "title", "file")


@app.command("list")
def list_maps(ctx: typer.Context, json: Json = False) -> None:
    """List mappings and routes, with where each comes from."""
    from hub.flow import checks
    from hub.mapping.bundle import origin_of

    here = session.of(ctx)
    bundle = checks.load(here.settings())
    rows = [
        {
            "kind": "mapping", "name": one.name, "title": one.title, "file": one.file,
            "source": _end(one.source), "target": _end(one.target),
            "version": one.version, "tests": len(one.tests),
        }
        for one in bundle.mappings.values()
    ]  # fmt: skip
    rows += [
        {
            "kind": "route", "name": one.name, "title": one.title, "file": one.file,
            "source": f"{one.record} ({', '.join(one.sources) or '*'})",
            "target": ", ".join(step.to for step in one.steps),
        }
        for one in bundle.routes.values()
    ]  # fmt: skip
    for row in rows:
        row["origin"] = origin_of(str(row["file"]))
    output.listing(here.language, _COLUMNS, rows, json=json)


@app.command()
def check(ctx: typer.Context, json: Json = False) -> None:
    """Check the mapping files; every fault with its place."""
    from hub.flow import checks

    here = session.of(ctx)
    try:
        bundle = checks.load(here.settings())
    except MappingError as error:
        if not json:
            raise
        output.faults(error.faults)
        raise typer.Exit(2) from None
    if not json:
        here.say("map.fine", mappings=len(bundle.mappings), routes=len(bundle.routes))


@app.command("test")
def run_examples(ctx: typer.Context, json: Json = False) -> None:
    """Run the examples that stand in the mapping files; exit code 1 where one fails."""
    from hub.flow import checks
    from hub.mapping import run_tests

    here = session.of(ctx)
    bundle = checks.load(here.settings())
    count = sum(len(one.tests) for one in bundle.mappings.values())
    failed = run_tests(bundle)
    if json:
        output.faults(failed)
    else:
        for fault in failed:
            output.line(str(fault))
        key = "map.failed" if failed else "map.tested"
        here.say(key, failed=len(failed), count=count)
    if failed:
        raise typer.Exit(1)


def _end(end: object) -> str:
    return ".".join(end) if isinstance(end, tuple) else str(end)
