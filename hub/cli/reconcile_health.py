"""What `hub reconcile health` asks the store, prints and writes."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hub.cli import output
from hub.cli.session import Session
from hub.errors import ConfigError, HubError

if TYPE_CHECKING:
    from hub.cli.reconcile import Format
    from hub.reconcile.health.value import Asked, Commitment
    from hub.reconcile.report.plain.value import Pages
    from hub.store.engine import Store

_UNITS = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_SHORT = {"m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week"}
_CHINESE = {"分钟": "minute", "小时": "hour", "天": "day", "周": "week"}
_TIME = re.compile(r"(\d{1,4})\s*([a-z]+|分钟|小时|天|周)")
#: Days of which every database and zone knows; nothing was received before or after.
_FIRST, _LAST = date(1970, 1, 2), date(2199, 12, 31)
_LONGEST = timedelta(days=36_500)
#: Columns of what is not read on a terminal.
_WIDE = 120


def asked(
    here: Session, kind: str, source: str | None, since: str, until: str | None, late: str
) -> Asked:
    """Return what a report is asked for; `ConfigError` names the option that is wrong."""
    from hub import records, settings
    from hub.clock import SystemClock
    from hub.reconcile.health.value import Asked

    records.kind(kind)
    configured = settings.load(here.config_path, whole=False)
    if source is not None and source not in configured.connections:
        known = ", ".join(sorted(configured.connections)) or "-"
        raise ConfigError(here.text("missing.connection", given=source, known=known))
    now, zone = SystemClock().now(), ZoneInfo(configured.calendar.zone)
    today = now.astimezone(zone).date()
    limit = _span(late)
    if not limit:
        raise ConfigError(here.text("health.limit", given=late))
    last = today if until is None else _day(here, "until", until, today)
    first = _day(here, "since", since, today)
    if first > last:
        raise ConfigError(here.text("health.order", since=first, until=last))
    return Asked(
        kind, _midnight(first, zone), _midnight(last + timedelta(days=1), zone), limit, now,
        configured.calendar.zone, source,
    )  # fmt: skip


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _day(here: Session, option: str, given: str, today: date) -> date:
    """Return a day, or the day that is so long ago."""
    found: date | None = None
    try:
        found = date.fromisoformat(given.strip())
    except ValueError:
        span = _span(given)
        if span is not None and timedelta(days=1) <= span <= _LONGEST:
            found = today - span
    if found is not None and _FIRST <= found <= _LAST:
        return found
    raise ConfigError(here.text("health.day", option=option, given=given))


def _span(given: str) -> timedelta | None:
    """Return a length of time such as `3 days`; None where it is none."""
    found = _TIME.fullmatch(given.strip().lower())
    if found is None:
        return None
    word = found[2]
    unit = _SHORT.get(word) or _CHINESE.get(word) or word.removesuffix("s")
    return timedelta(seconds=int(found[1]) * _UNITS[unit]) if unit in _UNITS else None


@contextlib.contextmanager
def opened(here: Session, asked: Asked, key: str | None) -> Iterator[Pages]:
    """Work out the report; it reads from the store as long as it is open."""
    from hub.reconcile.health import gather, timeline
    from hub.reconcile.health.pages import Builder
    from hub.reconcile.health.spool import Spool

    with here.store() as store, tempfile.TemporaryDirectory(prefix="hub-health-") as folder:
        builder = Builder(
            asked, here.language,
            lambda numbers: store.read_now(timeline.of, numbers, here.language),
            shows_owner=gather.shows_owner(asked.kind),
        )  # fmt: skip
        if key is not None:
            yield builder.one(_one(here, store, key.strip(), asked))
            return
        spool = Spool(Path(folder) / "commitments.db")
        try:
            yield builder.whole(store.read_now(gather.gather, asked, spool), spool)
        finally:
            spool.close()


def _one(here: Session, store: Store, number: str, asked: Asked) -> Sequence[Commitment]:
    from hub.reconcile.health import gather
    from hub.store import views

    found = store.read_now(gather.numbered, number, asked)
    if not found:
        others = store.read_now(views.records_numbered, number)
        known = ", ".join(f"{one['kind']} ({one['connection']})" for one in others)
        raise HubError(here.text("health.other", number=number, kind=asked.kind, known=known))
    return found


def tell(here: Session, pages: Pages, *, json: bool) -> None:
    """Print a report."""
    from hub.reconcile.report.plain import json_files, terminal

    if json:
        output.as_json(json_files.document(pages, limit=1000))
        return
    width = shutil.get_terminal_size((100, 40)).columns if output.on_terminal() else _WIDE
    for line in terminal.lines(pages, here.language, width):
        output.line(line)


def write_all(
    here: Session, pages: Pages, folder: Path, formats: Sequence[Format] | None, *, quiet: bool
) -> None:
    """Write a report into a folder, in these formats or all there are."""
    from hub.reconcile.report.plain import csv_files, html, json_files, xlsx

    folder.mkdir(parents=True, exist_ok=True)
    name = folder / f"{pages.name}-{pages.made.astimezone(ZoneInfo(pages.zone)):%Y%m%d-%H%M}"
    writers: Mapping[str, Callable[[Path], None]] = {
        "html": lambda path: html.write(pages, path, here.language),
        "xlsx": lambda path: xlsx.write(pages, path, here.language),
        "csv": lambda path: csv_files.write(pages, path, here.language),
        "json": lambda path: json_files.write(pages, path),
        "jsonl": lambda path: json_files.write_lines(pages, path),
    }
    for one in formats or ("html", "xlsx", "csv", "json"):
        path = Path(f"{name}-csv" if str(one) == "csv" else f"{name}.{one}")
        writers[str(one)](path)
        if not quiet:
            here.say("reconcile.written", path=path)
