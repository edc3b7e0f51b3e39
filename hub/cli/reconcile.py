"""`hub reconcile`: do all systems agree, which one is wrong, why, and what repairs it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Limit, Session
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.mapping.bundle import Bundle
    from hub.reconcile.report.value import Report
    from hub.settings import Settings

app = typer.Typer(
    name="reconcile", no_args_is_help=True,
    help="Reconciliations: do all systems agree, which is wrong, why, and what repairs it.",
)  # fmt: skip


class Format(enum.StrEnum):
    """What a report is written as."""

    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"


class View(enum.StrEnum):
    """By which date amounts are told."""

    CASH = "cash"
    COHORT = "cohort"


class FailOn(enum.StrEnum):
    """From which severity on findings make exit code 1."""

    CRITICAL = "critical"
    HIGH = "high"
    ANY = "any"
    NEVER = "never"


class Role(enum.StrEnum):
    """As what a run is signed."""

    PREPARER = "preparer"
    REVIEWER = "reviewer"


_LISTED = ("name", "title", "version", "sides", "last_run", "verdict", "open", "lacks")
_FINDINGS = (
    *("finding", "key", "side", "kind", "cause", "field", "expected", "actual", "difference"),
    *("severity", "state", "first_seen", "owner"),
)
_STEPS = ("key", "side", "cause", "action", "before", "after", "amount", "command")
_Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name, such as commitments.")]
_Run = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id or its ending, or a name: its last run.")
]
_Finding = Annotated[
    str, typer.Argument(metavar="FINDING", help="Its id, or the first 6 characters or more.")
]
_Reason = Annotated[str, typer.Option(help="Why; it is kept with the finding.")]
_Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Write reports into this folder.")]
_Formats = Annotated[
    list[Format] | None,
    typer.Option("--format", help="What to write; may be given several times. Otherwise all."),
]
_FailOn = Annotated[FailOn, typer.Option(help="From which severity on findings make exit code 1.")]


@app.command("list")
def list_reconciliations(ctx: typer.Context, json: Json = False) -> None:
    """List reconciliations with their last run and open findings."""
    from hub.flow import checks, in_force
    from hub.store import reconciliations

    here = session.of(ctx)
    settings = here.settings()
    with here.store() as store:
        kept = in_force.kept(settings)
        bundle = kept.bundle if kept is not None else _of_folder(settings)
        runs = {one.name: one for one in reversed(store.read_now(reconciliations.runs, None, 500))}
        counted: dict[str, int] = {}
        for name, _, state, count, _ in store.read_now(reconciliations.counted):
            counted[name] = counted.get(name, 0) + (count if state != "waived" else 0)
    lacking = dict(checks.sleeping(settings, bundle))
    rows = [
        {
            "name": one.name, "title": one.title, "version": one.version,
            "sides": [side.source for side in one.sides.values()],
            "last_run": runs[one.name].ended_at if one.name in runs else None,
            "verdict": runs[one.name].verdict if one.name in runs else None,
            "open": counted.get(one.name, 0), "lacks": list(lacking.get(one.name, ())),
        }
        for one in bundle.reconciliations.values()
    ]  # fmt: skip
    output.listing(here.language, _LISTED, rows, json=json)


def _of_folder(settings: Settings) -> Bundle:
    """Return the files that the hub puts in force when it runs for the first time."""
    from hub.flow import overlay

    found = overlay.check(overlay.collect(settings), settings)
    if found.bundle is None:
        raise ConfigError(faults=found.faults)
    return found.bundle


@app.command()
def check(
    ctx: typer.Context,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILES",
            help="Files or folders, laid over all others; otherwise the folder of hub.yaml.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check reconciliation files and run the examples in them, without any system."""
    from hub.flow import overlay
    from hub.mapping.examples.reconcile_tests import reconcile_results

    here = session.of(ctx)
    settings = here.settings_for_files()
    chosen = overlay.collect(settings, files or ())
    found = overlay.check(chosen, settings)
    if found.bundle is None:
        raise ConfigError(faults=found.faults)
    asked = [
        one for one in found.bundle.reconciliations.values()
        if not files or one.file in chosen.asked
    ]  # fmt: skip
    results = [result for one in asked for result in reconcile_results(one)]
    faults = [overlay.named(fault) for result in results for fault in result.faults]
    if faults:
        raise ConfigError(faults=faults)
    here.say("map.tested", count=len(results))


@app.command()
def run(
    ctx: typer.Context,
    name: _Name,
    side: Annotated[
        list[str] | None,
        typer.Option(metavar="SIDE=FILE", help="Read a side from a CSV or XLSX file instead."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was interrupted.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--full", help="Read everything, also where only changes are read.")
    ] = False,
    settle: Annotated[
        bool, typer.Option(help="Leave alone what changed a moment ago, as the file says.")
    ] = True,
    out: _Out = None,
    formats: _Formats = None,
    fail_on: _FailOn = FailOn.HIGH,
    json: Json = False,
) -> None:
    """Read all sides, compare them, and say what differs and why."""
    from hub.cli import reconcile_files

    here = session.of(ctx)
    given = dict(_side(one) for one in side or ())
    with reconcile_files.progress(here, name, json=json):
        done = here.act(
            "reconcile.run", name=name, files=given, resume=resume,
            language=str(here.language), settle=None if settle else "0", whole=whole,
        )  # fmt: skip
    with reconcile_files.opened(here, done["id"]) as report:
        _tell(here, report, json=json)
        if out is not None:
            reconcile_files.write_all(here, report, out, formats, quiet=json)
    raise typer.Exit(_exit(done["verdict"], done["figures"].get("severities", {}), fail_on))


def _side(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not equals or not name or not path:
        raise typer.BadParameter(f"{text!r}: SIDE=FILE, such as wms=stock.csv")
    return name.strip(), str(Path(path).absolute())


def _exit(verdict: str, severities: Mapping[str, int], fail_on: FailOn) -> int:
    if verdict in ("incomplete", "failed"):
        return 3
    counting = {
        FailOn.CRITICAL: ("critical",),
        FailOn.HIGH: ("critical", "high"),
        FailOn.ANY: ("critical", "high", "medium", "low"),
        FailOn.NEVER: (),
    }[fail_on]
    return int(any(severities.get(one, 0) for one in counting))


def _tell(here: Session, report: Report, *, json: bool) -> None:
    from hub.cli import reconcile_files
    from hub.reconcile.report import json_files, terminal

    if json:
        output.as_json(json_files.document(report, limit=1000))
        return
    for line in terminal.lines(report, here.language, reconcile_files.width()):
        output.line(line)


@app.command()
def quick(
    ctx: typer.Context,
    left: Annotated[Path, typer.Argument(metavar="LEFT", help="A CSV or XLSX file.")],
    right: Annotated[Path, typer.Argument(metavar="RIGHT", help="The file it must agree with.")],
    key: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="What both are known by, such as number, or number=Contract."
        ),
    ] = None,
    compare: Annotated[
        str,
        typer.Option(
            metavar="FIELDS",
            help="What is compared, and how closely: amount~0.01,due~3d. Otherwise all columns "
            "of the same name.",
        ),
    ] = "",
    header: Annotated[
        str | None,
        typer.Option(metavar="LINE", help="Line of the header, if the guess is wrong: 3, or 1,3."),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(metavar="SHEET", help="Sheet of the workbooks; two with a comma."),
    ] = None,
    out: _Out = None,
    formats: _Formats = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the comparison as a mapping file.")
    ] = None,
    fail_on: _FailOn = FailOn.ANY,
    json: Json = False,
) -> None:
    """Compare two spreadsheets. No settings, no store and no connection are needed."""
    from hub.cli import reconcile_files

    here = session.of(ctx)
    tables = reconcile_files.tables((left, right), header, sheet)
    severities = reconcile_files.quick(
        here, tables, key, compare, out, formats, save, json=json, tell=_tell
    )
    raise typer.Exit(_exit("findings", severities, fail_on))


@app.command()
def show(
    ctx: typer.Context,
    run: _Run,
    json: Json = False,
) -> None:
    """Show the report of a run."""
    from hub.cli import reconcile_files

    here = session.of(ctx)
    with reconcile_files.opened(here, run) as report:
        _tell(here, report, json=json)


@app.command("slices")
def show_slices(
    ctx: typer.Context,
    run: _Run,
    by: Annotated[
        str, typer.Option(metavar="SUBJECT", help="Cut by a subject of the file, such as seller.")
    ] = "",
    period: Annotated[
        str, typer.Option(metavar="PERIOD", help="Periods of the file, such as quarter.")
    ] = "",
    view: Annotated[
        View, typer.Option(help="By the date of each state, or by that of the first one.")
    ] = View.CASH,
    out: _Out = None,
    formats: _Formats = None,
    json: Json = False,
) -> None:
    """Show what a run added up by state, period and subject, with rates and how sure they are."""
    from hub.cli import reconcile_files

    here = session.of(ctx)
    reconcile_files.slices(here, run, by, period, str(view), out, formats, json=json)


@app.command("findings")
def list_findings(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Only of this one.")] = None,
    cause: Annotated[str | None, typer.Option(help="Only with this cause.")] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Also those that are resolved or waived.")
    ] = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """List findings, the gravest and oldest first."""
    from hub.store import reconciliations

    here = session.of(ctx)
    rows = here.read(
        reconciliations.findings, name, cause=cause, limit=limit,
        states=() if all_ else reconciliations.OPEN,
    )  # fmt: skip
    if not json:
        rows = [
            {**one["row"], **one, "key": one["original"], "finding": one["id"][:12]} for one in rows
        ]
    output.listing(here.language, _FINDINGS, rows, json=json)


@app.command()
def explain(
    ctx: typer.Context,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="A record's number, or the id of a finding.")
    ],
    note: Annotated[
        str | None, typer.Option(help="Note why it is as it is; it is explained from then on.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(help="Who looks after it: role:NAME or person:ID.")
    ] = None,
    json: Json = False,
) -> None:
    """Tell the whole story of a finding: what each side says, what was delivered, what is known."""
    from hub.cli import reconcile_files

    here = session.of(ctx)
    if note is not None or owner is not None:
        done = here.act("reconcile.explain", id=key, reason=note or "assigned", owner=owner)
        here.say("reconcile.explained", id=done["id"][:12])
        return
    reconcile_files.explain(here, key, json=json)


@app.command()
def repair(
    ctx: typer.Context,
    name: _Name,
    cause: Annotated[list[str] | None, typer.Option(help="Only findings with this cause.")] = None,
    finding: Annotated[
        list[str] | None, typer.Option(metavar="FINDING", help="Only these findings.")
    ] = None,
    action: Annotated[
        str | None, typer.Option(help="Instead of what the file proposes, if it allows it.")
    ] = None,
    apply: Annotated[
        str | None,
        typer.Option(metavar="PLAN", help="Do exactly what the plan of this hash says."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would do, as without --apply.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what would repair the open findings; with --apply, do exactly that."""
    here = session.of(ctx)
    if apply is not None and dry_run:
        raise ConfigError(here.text("reconcile.apply_or_not"))
    if apply is not None:
        done = here.act("reconcile.apply", plan=apply)
        for one in done:
            if json:
                output.as_json(one)
            else:
                here.say("reconcile.repaired", **{**one, "done": one["delivery"][-12:]
                         or one["command"] or "-"})  # fmt: skip
        return
    plan = here.act(
        "reconcile.plan", name=name, causes=cause or [], findings=finding or [], how=action
    )
    if json:
        output.as_json(plan)
        return
    rows = [
        {**step, "before": _short(step["before"]), "after": _short(step["after"])}
        for step in plan["steps"]
    ]
    output.listing(here.language, _STEPS, rows, json=False)
    here.say("reconcile.plan", name=name, plan=plan["plan"][:16], count=len(rows))
    if plan["second_person"]:
        here.say("reconcile.second_person")


def _short(document: Any) -> str:
    import msgspec

    if document is None:
        return "-"
    text = msgspec.json.encode(document).decode()
    return text if len(text) <= 120 else f"{text[:117]}…"


@app.command()
def waive(
    ctx: typer.Context,
    finding: _Finding,
    reason: _Reason,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Until when, such as 2026-12-31 or `30 days`."),
    ] = None,
    limit: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="It comes back when it grows over this.")
    ] = None,
) -> None:
    """Accept a finding for a while and up to an amount; every report shows it all the same."""
    here = session.of(ctx)
    done = here.act("reconcile.waive", id=finding, reason=reason, until=until, limit=limit)
    here.say("reconcile.waived", id=done["id"][:12], until=done["until"])


@app.command()
def signoff(
    ctx: typer.Context,
    run: _Run,
    role: Annotated[Role, typer.Option("--as", help="As who prepared it, or who looked at it.")],
) -> None:
    """Sign a complete run; preparer and reviewer are two persons."""
    here = session.of(ctx)
    done = here.act("reconcile.sign", run=run, role=str(role))
    here.say("reconcile.signed", run=done["run"][-12:], role=done["role"], hash=done["hash"][:16])


@app.command()
def health(
    ctx: typer.Context,
    record: Annotated[str, typer.Option(metavar="KIND", help="Of which records.")] = "commitment",
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="CONNECTION", help="Only those that come from there."),
    ] = None,
    since: Annotated[
        str,
        typer.Option(
            metavar="DAY", help="Received from then on: a day, or a time such as 6 weeks."
        ),
    ] = "30 days",
    until: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="Received until then; the day counts. Otherwise today."),
    ] = None,
    late: Annotated[
        str, typer.Option("--limit", metavar="TIME", help="What is underway for longer is late.")
    ] = "3 days",
    key: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="Tell what became of this one, and all that happened."),
    ] = None,
    out: _Out = None,
    formats: _Formats = None,
    json: Json = False,
) -> None:
    """Say how commitments are kept: how many, how fast, where time goes, what keeps the others."""
    from hub.cli import reconcile_health

    here = session.of(ctx)
    asked = reconcile_health.asked(here, record, source, since, until, late)
    with reconcile_health.opened(here, asked, key) as pages:
        reconcile_health.tell(here, pages, json=json)
        if out is not None or formats:
            reconcile_health.write_all(here, pages, out or Path(), formats, quiet=json)


@app.command()
def export(
    ctx: typer.Context,
    run: _Run,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to write to.")] = Path(),
    formats: _Formats = None,
) -> None:
    """Write the report of a run as HTML, XLSX, CSV, JSON or JSONL."""
    from hub.cli import reconcile_files

    here = session.of(ctx)
    with reconcile_files.opened(here, run) as report:
        reconcile_files.write_all(here, report, out, formats, quiet=False)
