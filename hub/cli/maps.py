"""`hub map`: mappings and routes in force."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import cases, map_apply, map_tools, output, reports, session
from hub.cli.fault_formats import Case, Format, Report, Source
from hub.cli.session import Json
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.flow.overlay import Checked, Overlay
    from hub.mapping import Bundle, FieldMapping
    from hub.mapping.examples.inline import Result
    from hub.settings import Settings

app = typer.Typer(name="map", no_args_is_help=True, help="Mappings and routes.")
app.add_typer(map_tools.app)
app.add_typer(map_apply.app)

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILES",
        help="Files or folders, laid over all others; otherwise the folder of hub.yaml.",
        show_default=False,
    ),
]
As = Annotated[Format, typer.Option("--format", help="human, json, github or junit.")]

_COLUMNS = (
    *("kind", "name", "origin", "version", "tests", "direction"),
    *("source", "target", "title", "file"),
)
#: So many of them have room on a terminal.
_NARROW = 5


@app.command("list")
def list_maps(
    ctx: typer.Context,
    wide: Annotated[bool, typer.Option("--wide", help="All columns, on a terminal too.")] = False,
    json: Json = False,
) -> None:
    """List mappings and routes, with where each comes from."""
    from hub.flow.overlay import known_as, what_it_is
    from hub.mapping.bundle import origin_of

    here = session.of(ctx)
    bundle = cases.files_of(here)
    shipped = {what_it_is(data) for name, data in bundle.files.items() if _is_shipped(name)}
    rows: list[dict[str, object]] = [
        {
            "kind": "mapping", "name": one.name, "title": one.title, "file": one.file,
            "source": _end(one.source), "target": _end(one.target),
            "version": one.version, "tests": len(one.tests),
            "direction": "two-way" if getattr(one, "back", None) else "one-way",
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
    rows += [
        {
            "kind": "gate", "name": one.name, "title": one.title, "file": one.file,
            "source": f"{one.record} ({', '.join(one.sources) or '*'})",
            "target": one.action or "", "tests": len(one.tests),
        }
        for one in bundle.gates.values()
    ]  # fmt: skip
    labels = {one.file: one.place.file for one in bundle.mappings.values()}
    rows += [
        {
            "kind": "watch", "name": one.name, "title": one.title, "file": one.file,
            "source": f"{one.when.record} ({', '.join(one.when.sources) or '*'})",
            "target": one.unless.record, "tests": len(one.tests),
        }
        for one in bundle.watches.values()
    ]  # fmt: skip
    rows += [
        {
            "kind": "document", "name": one.name, "file": one.file,
            "title": one.title_en if here.language == "en" else one.title_zh,
            "source": one.record, "target": ", ".join(copy.name for copy in one.copies),
            "tests": len(one.tests),
        }
        for one in bundle.documents.values()
    ]  # fmt: skip
    rows += [
        {
            "kind": "reconciliation", "name": one.name, "title": one.title, "file": one.file,
            "source": one.sides[one.authority].source,
            "target": ", ".join(
                side.source for side in one.sides.values() if side.name != one.authority
            ),
            "version": one.version, "tests": len(one.tests),
        }
        for one in bundle.reconciliations.values()
    ]  # fmt: skip
    labels.update({one.file: one.place.file for one in bundle.reconciliations.values()})
    labels.update({one.file: one.place.file for one in bundle.gates.values()})
    labels.update({one.file: one.place.file for one in bundle.documents.values()})
    labels.update({one.file: one.place.file for one in bundle.watches.values()})
    labels.update({one.file: one.place.file for one in bundle.routes.values()})
    for row in rows:
        file = str(row["file"])
        row["origin"], row["file"] = origin_of(file), known_as(labels[file])
        row["overrides_shipped"] = row["origin"] == "own" and (row["kind"], row["name"]) in shipped
    if not json:
        rows = [_worded(here, row) for row in rows]
    columns = _COLUMNS if wide or not output.on_terminal() else _COLUMNS[:_NARROW]
    output.listing(here.language, columns, rows, json=json)


@app.command()
def check(
    ctx: typer.Context,
    files: Files = None,
    form: As = Format.HUMAN,
    json: Json = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Repair what is safe to repair, and show what changed.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are faults too.")] = False,
) -> None:
    """Check the mapping files, then run their tests; every fault with its place.

    Exit code 1 where there is a fault.
    """
    from hub.flow import overlay

    here = session.of(ctx)
    form = Format.JSON if json else form
    settings = here.settings_for_files()
    chosen = overlay.collect(settings, files or ())
    if fix and _fix(here, chosen, form):
        chosen = overlay.collect(settings, files or ())
    found = overlay.check(chosen, settings)
    results = _results(found, chosen, whole=not files)
    report = _report(found, chosen, results, strict=strict)
    source = reports.source_of(chosen)
    reports.show(here, report, form, source)
    if form is Format.HUMAN:
        _close(here, found, report, source, None if files else settings)
    if report.wrong():
        raise typer.Exit(1)


@app.command("test")
def run_examples(
    ctx: typer.Context,
    files: Files = None,
    name: Annotated[
        str, typer.Option("-k", metavar="NAME", help="Only tests with this in their name.")
    ] = "",
    form: As = Format.HUMAN,
    json: Json = False,
    update: Annotated[
        bool, typer.Option("--update", help="Make the tests expect what the mappings make.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Update without asking.")] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="List the rules and table entries no test touches.")
    ] = False,
) -> None:
    """Run the examples that stand in the mapping files; exit code 1 where one fails."""
    from hub.flow import overlay

    here = session.of(ctx)
    form = Format.JSON if json else form
    settings = here.settings_for_files()
    chosen = overlay.collect(settings, files or ())
    found = overlay.check(chosen, settings)
    results = _results(found, chosen, whole=not files, wanted=name)
    if update and _update(here, chosen, results, form, yes=yes):
        chosen = overlay.collect(settings, files or ())
        found = overlay.check(chosen, settings)
        results = _results(found, chosen, whole=not files, wanted=name)
    if name and found.bundle is not None and not results:
        raise ConfigError(here.text("map.no_test", given=name))
    # warnings are told by `check`
    report = _report(found if found.bundle is None else replace(found, faults=()), chosen, results)
    if form is Format.HUMAN and found.bundle is not None:
        reports.show_failures(here, results)
        failed = sum(bool(one.faults) for one in results)
        here.say("map.failed" if failed else "map.tested", failed=failed, count=len(results))
    else:
        reports.show(here, report, form, reports.source_of(chosen))
    if coverage and found.bundle is not None:
        reports.show_coverage(here, _mappings(found.bundle, chosen, whole=not files), chosen, form)
    if report.wrong():
        raise typer.Exit(1)


@app.command()
def schema(
    ctx: typer.Context,
    target: Annotated[
        Path | None, typer.Option("--output", help="File to write it to; otherwise it is printed.")
    ] = None,
    route: Annotated[bool, typer.Option("--route", help="That of routes.")] = False,
    gate: Annotated[bool, typer.Option("--gate", help="That of gates.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="That of watches.")] = False,
    document: Annotated[bool, typer.Option("--document", help="That of documents.")] = False,
    reconciliation: Annotated[
        bool, typer.Option("--reconciliation", help="That of reconciliations.")
    ] = False,
) -> None:
    """Print the JSON Schema of mapping files: editors complete and check by it."""
    from hub.mapping.writing import schema as schemas

    here = session.of(ctx)
    asked = {
        schemas.route_schema: route, schemas.gate_schema: gate, schemas.watch_schema: watch,
        schemas.document_schema: document, schemas.reconciliation_schema: reconciliation,
    }  # fmt: skip
    make = next((one for one, wanted in asked.items() if wanted), schemas.json_schema)
    found = schemas.text(make())
    if target is None:
        output.line(found.rstrip())
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(found, "utf-8")
    except OSError as error:
        path, problem = error.filename or target, error.strerror
        raise ConfigError(here.text("init.unwritable", path=path, problem=problem)) from error
    here.say("init.written", path=target)


def _results(
    found: Checked, chosen: Overlay, *, whole: bool, wanted: str = ""
) -> tuple[Result, ...]:
    """Run the tests of the asked files, or of all of them; none where a file is wrong."""
    from hub.mapping.examples.document_tests import document_results
    from hub.mapping.examples.gate_tests import gate_results
    from hub.mapping.examples.inline import results
    from hub.mapping.examples.reconcile_tests import reconcile_results
    from hub.mapping.examples.watch_tests import watch_results

    if found.bundle is None:
        return ()
    asked = _mappings(found.bundle, chosen, whole=whole)
    gates = [one for one in found.bundle.gates.values() if whole or one.file in chosen.asked]
    watches = [one for one in found.bundle.watches.values() if whole or one.file in chosen.asked]
    papers = [one for one in found.bundle.documents.values() if whole or one.file in chosen.asked]
    agreed = found.bundle.reconciliations.values()
    reconciled = [one for one in agreed if whole or one.file in chosen.asked]
    return (
        *(result for mapping in asked for result in results(mapping, wanted)),
        *(result for gate in gates for result in gate_results(gate, wanted)),
        *(result for watch in watches for result in watch_results(watch, wanted)),
        *(result for paper in papers for result in document_results(paper, wanted)),
        *(result for one in reconciled for result in reconcile_results(one, wanted)),
    )


def _mappings(bundle: Bundle, chosen: Overlay, *, whole: bool) -> list[FieldMapping]:
    """Return the mappings of the asked files, or all of them."""
    return [one for one in bundle.mappings.values() if whole or one.file in chosen.asked]


def _report(
    found: Checked, chosen: Overlay, results: tuple[Result, ...], *, strict: bool = False
) -> Report:
    from hub.flow.overlay import known_as, named

    ran = (
        Case(
            known_as(one.test.place.file),
            f"{one.mapping}: {one.test.name}",
            tuple(named(fault) for fault in one.faults),
        )
        for one in results
    )
    return Report(found.faults, tuple(ran), tuple(map(known_as, chosen.asked)), strict)


def _update(
    here: session.Session,
    chosen: Overlay,
    results: tuple[Result, ...],
    form: Format,
    *,
    yes: bool,
) -> bool:
    """Show what failing tests would expect, ask, and write it; return whether it was written."""
    from hub.flow import repair
    from hub.flow.overlay import known_as
    from hub.mapping.examples.expectations import updated

    better = {}
    for name in chosen.asked:
        ours = [one for one in results if one.test.place.file == name]
        data = repair.in_text(chosen.files[name], partial(updated, results=ours))
        if data != chosen.files[name]:
            better[name] = data
            reports.show_change(known_as(name), chosen.files[name], data, form)
    if not better or not (yes or typer.confirm(here.text("map.update"), err=True)):
        return False
    for name, data in better.items():
        repair.write(Path(name), data, chosen.files[name])
    return True


def _fix(here: session.Session, chosen: Overlay, form: Format) -> bool:
    """Repair the asked files and show how they differ; return whether any was repaired."""
    from hub.flow import repair
    from hub.flow.overlay import known_as

    repaired = repair.repaired(chosen)
    for name, data in repaired.items():
        repair.write(Path(name), data, chosen.files[name])
        reports.show_change(known_as(name), chosen.files[name], data, form)
    if form is Format.HUMAN:
        here.say("map.fixed" if repaired else "map.not_fixed", count=len(repaired))
    return bool(repaired)


def _close(
    here: session.Session,
    found: Checked,
    report: Report,
    source: Source,
    settings: Settings | None,
) -> None:
    """Print the last line: how much is wrong, and what stays in force meanwhile."""
    wrong = report.wrong()
    if not wrong and found.bundle is not None:
        bundle = found.bundle
        here.say("map.fine", mappings=len(bundle.mappings), routes=len(bundle.routes))
        here.say("map.tested", count=len(report.cases))
    else:
        files = len({fault.file for fault in wrong})
        here.say("map.wrong", count=len(wrong), files=files)
    if reports.repairable(report, source):
        here.say("map.repairable")
    warnings = len(report.all()) - len(wrong)
    if warnings:
        here.say("map.warnings", count=warnings)
    sha = reports.in_force(here, settings) if wrong and settings else None
    if sha:
        here.say("map.stays", sha=sha[:12])


def _worded(here: session.Session, row: dict[str, object]) -> dict[str, object]:
    """Return a row with its origin and direction as a person reads them."""
    origin = "overrides" if row["overrides_shipped"] else row["origin"]
    words = {"origin": here.text(f"map.{origin}")}
    if "direction" in row:
        words["direction"] = here.text(f"map.{row['direction']}")
    return row | words


def _is_shipped(name: str) -> bool:
    from hub.mapping.bundle import origin_of

    return origin_of(name) == "shipped"


def _end(end: object) -> str:
    return ".".join(end) if isinstance(end, tuple) else str(end)
