"""What `hub reconcile` reads and writes: spreadsheets, reports, progress."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from hub.cli import output
from hub.cli.session import Session
from hub.errors import ConfigError, HubError
from hub.language import say

if TYPE_CHECKING:
    from hub.cli.reconcile import Format
    from hub.reconcile.report.plain.value import Pages
    from hub.reconcile.report.value import Report
    from hub.table_file import Table

#: Seconds between two looks at how far a run is.
_LOOK = 0.5


@contextlib.contextmanager
def opened(here: Session, given: str) -> Iterator[Report]:
    """Open the report of a run of the store."""
    from hub.reconcile import kept

    with here.store() as store, kept.report_of(store, kept.run_of(store, given)) as report:
        yield report


def write_all(
    here: Session, report: Report, folder: Path, formats: Sequence[Format] | None, *, quiet: bool
) -> None:
    """Write a report into a folder, in these formats or all there are."""
    from hub.reconcile.report import csv_files, html, json_files, xlsx

    folder.mkdir(parents=True, exist_ok=True)
    name = f"{report.name}-{report.ended:%Y%m%d-%H%M}"
    writers: Mapping[str, Callable[[], Path]] = {
        "html": lambda: _written(folder / f"{name}.html", html.write, report, here.language),
        "xlsx": lambda: _written(folder / f"{name}.xlsx", xlsx.write, report, here.language),
        "csv": lambda: _written(folder / f"{name}-csv", csv_files.write, report, here.language),
        "json": lambda: _written(folder / f"{name}.json", json_files.write, report),
        "jsonl": lambda: _written(folder / f"{name}.jsonl", json_files.write_lines, report),
    }
    for one in formats or ("html", "xlsx", "csv", "json"):
        path = writers[str(one)]()
        if not quiet:
            here.say("reconcile.written", path=path)


def _written(path: Path, write: Callable[..., Any], report: Report, *more: Any) -> Path:
    write(report, path, *more)
    return path


# ---- slices -------------------------------------------------------------------------------------


def slices(
    here: Session, run: str, by: str, period: str, view: str, out: Path | None,
    formats: Sequence[Format] | None, *, json: bool,
) -> None:  # fmt: skip
    """Print the slices of a run, and write them where that is asked for."""
    from hub.reconcile.report import slices as told
    from hub.reconcile.report.plain import json_files, terminal

    with opened(here, run) as report:
        sliced = report.slices
        if sliced is None:
            raise HubError(
                say("{name} adds nothing up: it had no slices: in its file.", name=report.name)
            )
        asked = told.asked(sliced, by, period, view)
        pages = told.pages(report, sliced, asked, here.language)
        if json:
            output.as_json(json_files.document(pages))
        else:
            for line in terminal.lines(pages, here.language, width()):
                output.line(line)
        if out is not None:
            write_pages(here, pages, out, formats, quiet=json)


def write_pages(
    here: Session, pages: Pages, folder: Path, formats: Sequence[Format] | None, *, quiet: bool
) -> None:
    """Write a report of figures and tables into a folder, in these formats or all there are."""
    from hub.reconcile.report.plain import csv_files, html, json_files, xlsx

    folder.mkdir(parents=True, exist_ok=True)
    name, language = f"{pages.name}-{pages.made:%Y%m%d-%H%M}", here.language
    writers: Mapping[str, tuple[str, Callable[[Path], None]]] = {
        "html": (".html", lambda path: html.write(pages, path, language)),
        "xlsx": (".xlsx", lambda path: xlsx.write(pages, path, language)),
        "csv": ("-csv", lambda path: csv_files.write(pages, path, language)),
        "json": (".json", lambda path: json_files.write(pages, path)),
        "jsonl": (".jsonl", lambda path: json_files.write_lines(pages, path)),
    }
    for one in formats or ("html", "xlsx", "csv", "json"):
        suffix, write = writers[str(one)]
        path = folder / f"{name}{suffix}"
        write(path)
        if not quiet:
            here.say("reconcile.written", path=path)


def width() -> int:
    """Return how many columns a line may have."""
    return shutil.get_terminal_size((100, 40)).columns if output.on_terminal() else 120


# ---- two files ---------------------------------------------------------------------------------


def tables(paths: tuple[Path, Path], header: str | None, sheet: str | None) -> tuple[Table, Table]:
    """Open two files; one line or sheet is that of both, two are of one each."""
    from hub.table_file import open_table

    headers, sheets = _two(header), _two(sheet)
    if not all(one is None or (one.isdecimal() and int(one) > 0) for one in headers):
        raise typer.BadParameter(f"--header {header!r}: LINE or LINE,LINE")
    left, right = (
        open_table(path, sheet=name, header=None if line is None else int(line))
        for path, line, name in zip(paths, headers, sheets, strict=True)
    )
    return left, right


def _two(text: str | None) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    first, comma, second = text.partition(",")
    return first.strip(), (second if comma else first).strip()


def quick(
    here: Session, files: tuple[Table, Table], key: str | None, compared: str, out: Path | None,
    formats: Sequence[Format] | None, save: Path | None, *, json: bool,
    tell: Callable[..., None],
) -> Mapping[str, int]:  # fmt: skip
    """Compare two files, print and write the report; return how many findings of each severity."""
    from hub.clock import SystemClock
    from hub.reconcile import quick as quickly
    from hub.reconcile.report.spool import Spool
    from hub.reconcile.report.stored import figures_of
    from hub.store.snapshots.sqlite import SqliteSnapshot

    left, right = files
    pair = _key(here, key, left, right)
    definition, text = quickly.definition(
        left, right, pair, quickly.pairs(compared, left, right), f"{left.name} ↔ {right.name}"
    )
    if not json:
        _tell_files(here, left, right, pair, definition)
    if save is not None:
        _save(here, save, text)
    with tempfile.TemporaryDirectory(prefix="hub-quick-") as folder:
        spool = Spool(Path(folder) / "report.db")
        snapshot = SqliteSnapshot(Path(folder) / "rows.db", 2)
        report = quickly.compare(
            left, right, definition, spool, snapshot, SystemClock().now(), here.language
        )
        tell(here, report, json=json)
        write_all(here, report, out or Path(), formats or _usual(), quiet=json)
        severities: Mapping[str, int] = figures_of(report)["severities"]
        snapshot.close()
        spool.close()
    return severities


def _usual() -> Sequence[Format]:
    from hub.cli.reconcile import Format

    return (Format.HTML, Format.XLSX)


def _key(here: Session, key: str | None, left: Table, right: Table) -> Any:
    from hub.reconcile import quick as quickly

    if key is not None:
        return quickly.key_pair(key, left, right)
    likely = quickly.likely_keys(left, right)
    if not likely:
        raise ConfigError(
            here.text("reconcile.no_key", left=left.name, right=right.name,
                      columns=", ".join(left.columns), others=", ".join(right.columns))
        )  # fmt: skip
    raise ConfigError(here.text("reconcile.name_key", likely=", ".join(likely[:5])))


def _tell_files(here: Session, left: Table, right: Table, pair: Any, definition: Any) -> None:
    """Say what was read and how: header, notes, and what a key looks like when it is compared."""
    from hub.compare import forms
    from hub.language import told

    fold = forms.folder(definition.key_rules)
    for table, column in ((left, pair.left), (right, pair.right)):
        here.say("reconcile.read", name=table.name, line=table.header_line,
                 columns=", ".join(table.columns))  # fmt: skip
        for note in table.notes:
            output.line(f"  {told(note, here.language)}")
        first = next(table.rows(), None)
        if first is not None:
            value = forms.plain(first.cells[table.columns.index(column)] or "")
            here.say("reconcile.key", column=column, value=value, key=fold(value))
    output.line()


def _save(here: Session, path: Path, text: str) -> None:
    if path.exists():
        raise ConfigError(here.text("reconcile.there", path=path))
    path.write_text(text, encoding="utf-8")
    here.say("reconcile.saved", path=path)


# ---- a run ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def progress(here: Session, name: str, *, json: bool) -> Iterator[None]:
    """Show how far a run is while it is done, by this process or by the daemon."""
    if not output.on_terminal() and not json:
        yield
        return
    ended = threading.Event()
    watching = threading.Thread(target=_watch, args=(here, name, ended, json), daemon=True)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


def _watch(here: Session, name: str, ended: threading.Event, json: bool) -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    with here.store() as store:
        if json:
            while not ended.wait(_LOOK):
                for one in _sides(store, name):
                    output.line(_plain(one), error=True)
            return
        bars = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]}"),
            TimeElapsedColumn(), transient=True,
        )  # fmt: skip
        tasks: dict[str, Any] = {}
        with bars:
            while not ended.wait(_LOOK):
                for one in _sides(store, name):
                    side = one["side"]
                    if side not in tasks:
                        tasks[side] = bars.add_task(side, total=one["declared_before"], rows="")
                    bars.update(tasks[side], completed=one["rows"], rows=f"{one['rows']:,}")


def _sides(store: Any, name: str) -> list[dict[str, Any]]:
    from hub.store import reconciliations

    running = store.read_now(reconciliations.running, name)
    if running is None:
        return []
    return [
        {"run": running.id, "phase": running.state, **one}
        for one in store.read_now(reconciliations.sides, running.id)
    ]


def _plain(one: Mapping[str, Any]) -> str:
    import msgspec

    names = ("run", "phase", "side", "state", "pages", "rows", "declared_before")
    return msgspec.json.encode({name: one.get(name) for name in names}).decode()


# ---- one finding ---------------------------------------------------------------------------------


def explain(here: Session, key: str, *, json: bool) -> None:
    """Print what is known of a finding, or of all findings of a key."""
    from hub.compare import forms
    from hub.store import reconciliations

    with here.store() as store:
        one = store.read_now(reconciliations.finding, key)
        canonical = forms.folder(forms.KEY_RULES)(key)
        rows = [one] if one is not None else store.read_now(
            reconciliations.findings, None, key=canonical, states=()
        )  # fmt: skip
        if not rows:
            raise HubError(here.text("missing.finding", given=key))
        for row in rows:
            row["events"] = store.read_now(reconciliations.events, row["id"])
            if json:
                output.as_json(row)
            else:
                _explain(here, row)


def _explain(here: Session, row: Mapping[str, Any]) -> None:
    from hub.reconcile.report.texts import text

    found = row["row"]
    output.line(
        f"{row['original']} · {row['side']} · {text(here.language, 'kind.' + row['kind'])} · "
        f"{text(here.language, 'cause.' + row['cause'])} · {row['severity']} · {row['state']}"
    )
    output.fields({
        "id": row["id"][:12], "field": found.get("field_title") or None,
        "expected": found.get("expected"), "actual": found.get("actual"),
        "difference": found.get("difference"), "words": found.get("words"),
        "owner": row["owner"], "note": row["note"], "until": row["until"],
        "proposal": found.get("proposal"),
    })  # fmt: skip
    for name, value in row["evidence"].items():
        if value:
            output.line(f"  {name}: {value}")
    for event in row["events"]:
        at = output.cell("", event["at"])
        words = f" ({event['words']})" if event["words"] else ""
        output.line(f"  {at}  {event['from_state'] or '·'} → {event['to_state']}  "
                    f"{event['actor']}{words}")  # fmt: skip
    number = row["original"]
    here.say("reconcile.trace", number=number)
