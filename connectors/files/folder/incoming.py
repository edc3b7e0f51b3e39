"""Files that come in: which are ready, whether each is whole, its rows page by page.

A file is moved to `archive/` by the call after the one whose cursor passed its end. Whoever asks
again with that cursor has stored the rows; so nothing is lost or taken twice, wherever the hub
is killed.
"""

from __future__ import annotations

import contextlib
import re
import threading
from array import array
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import islice, pairwise
from pathlib import Path

import msgspec

from connectors.files.folder import refusal
from connectors.files.folder.disk import Disk, Entry, failed, told
from connectors.files.folder.refusal import Refusal
from connectors.files.folder.settings import FolderSettings
from connectors.files.folder.wire import MOST_KEY, key_text, row_item
from hub import ConnectorError, Event, Outcome, Page
from hub.table_file import Table, TableChanged, TableFault, TableRow, open_table

PAGE = 500
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
#: What `disk.numbered` adds to a name.
_NUMBER = re.compile(r"~\d+(?=\.[^.]*$|$)")


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place in a file."""

    name: str = ""
    sha: str = ""
    #: Line up to which its rows were given.
    line: int = 0
    #: Its last row was given.
    end: bool = False
    #: Files that are older are left alone.
    since: datetime | None = None

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Return a stored cursor, or that of an ISO instant; without one everything is read."""
        if text is None:
            return cls()
        with contextlib.suppress(ValueError):
            since = datetime.fromisoformat(text)
            return cls(since=since if since.tzinfo else since.replace(tzinfo=UTC))
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError:
            raise ConnectorError(
                Outcome.MISCONFIGURED,
                "the stored cursor cannot be read; start the poll again from the beginning",
            ) from None

    def text(self) -> str:
        """Return the form that is stored."""
        return msgspec.json.encode(self).decode()


@dataclass(slots=True)
class Reading:
    """A file that was read to its end and found right, and how far its rows were given."""

    entry: Entry
    table: Table
    line: int = 0
    rows: Iterator[TableRow] = field(default_factory=lambda: iter(()))
    ahead: TableRow | None = None

    def begin(self, line: int) -> None:
        """Go behind a line, unless it stands there."""
        if self.line == line and self.ahead is not None:
            return
        self.rows = self.table.rows()
        self.line, self.ahead = line, next((row for row in self.rows if row.line > line), None)

    def take(self, most: int) -> list[TableRow]:
        """Return the next rows; none is left where `ahead` is None."""
        if self.ahead is None:
            return []
        taken = [self.ahead, *islice(self.rows, most - 1)]
        self.line, self.ahead = taken[-1].line, next(self.rows, None)
        return taken


@dataclass(frozen=True, slots=True)
class _Bad(Exception):
    """The file is not to be taken."""

    refusals: list[Refusal]


class Incoming:
    """The files of one folder, read by one thread at a time."""

    def __init__(self, settings: FolderSettings, connection: str, disk: Disk) -> None:
        self.settings = settings
        self.connection = connection
        self.disk = disk
        self.root = settings.folder
        #: Name → what it looked like, since when, and whether it was seen to change.
        self.seen: dict[str, tuple[tuple[int, int], datetime, bool]] = {}
        #: Of the poll and of the list, so that a page does not begin at the first line again.
        self.readings: dict[str, Reading] = {}
        #: Names of the files that went to quarantine and of which nobody has heard yet.
        self.refused: list[str] = []
        self.lock = threading.Lock()

    # ---- what changed

    def poll(self, cursor: Cursor, now: datetime) -> Page:
        """Return the next rows of the oldest file that is ready.

        Where there are none, files that were refused are told as a `ConnectorError`, once.
        """
        with self.lock:
            return self._poll(cursor, now)

    def _poll(self, cursor: Cursor, now: datetime) -> Page:
        inbox = self._make("inbox")
        if cursor.end:
            self._archive(cursor, now)
            cursor = Cursor(since=cursor.since)
        files = self._waiting(inbox, now)
        begun = next((one for one in files if one.name == cursor.name), None)
        ready = [one for one in files if self._is_ready(one, cursor.since, now) or one is begun]
        if begun is not None:
            ready.sort(key=lambda one: one is not begun)
        for number, entry in enumerate(ready, 1):
            page = self._page(entry, cursor, now)
            if page is not None:
                more = page.more or number < len(ready)
                return Page(page.events, page.cursor, more)
        self._tell_refused()
        return Page((), Cursor(since=cursor.since).text())

    def _tell_refused(self) -> None:
        names, self.refused = self.refused, []
        if names:
            raise ConnectorError(
                Outcome.REJECTED,
                f"{self.connection}: not taken: {', '.join(names)}; beside each in"
                f" {self.root / 'quarantine'} stands why",
            )

    def _page(self, entry: Entry, cursor: Cursor, now: datetime) -> Page | None:
        """Return a page of a file; None where it cannot be taken, or not yet."""
        try:
            reading = self._checked("poll", entry)
        except _Bad as bad:
            self._quarantine(entry, bad.refusals)
            self.refused.append(entry.name)
            return None
        if reading is None:
            return None
        same = (cursor.name, cursor.sha) == (entry.name, reading.table.sha256)
        return self._rows("poll", reading, cursor.line if same else 0, cursor.since)

    def _rows(
        self, purpose: str, reading: Reading, line: int, since: datetime | None = None
    ) -> Page | None:
        table, name = reading.table, reading.entry.name
        try:
            with told(self.connection, reading.entry.path):
                reading.begin(line)
                rows = reading.take(PAGE)
                reading.table.check_unchanged()
        except TableFault:  # somebody writes it: it was right before
            self.readings.pop(purpose, None)
            return None
        key = [table.columns.index(one) for one in self.settings.key]
        events = [
            Event(
                stream="row",
                # a file that brings back an older state is news, though its bytes are known
                external_id=f"{table.sha256[:32]}.{reading.entry.modified_ns:x}:{row.line}",
                item=row_item(table.columns, row.cells, name, row.line),
                # in one file, two rows of one key are two and no change of the first
                object_id=(
                    f"{name}:{row.line}"
                    if purpose == "list"
                    else key_text(row.cells[at] for at in key)
                ),
            )
            for row in rows
        ]
        end = reading.ahead is None
        position = Cursor(name, table.sha256, rows[-1].line if rows else line, end, since)
        return Page(events, position.text(), not end)

    # ---- everything there is

    def everything(self, cursor: Cursor | None, now: datetime) -> Page:
        """Return rows of the newest file, moving nothing."""
        with self.lock:
            return self._everything(cursor, now)

    def _everything(self, cursor: Cursor | None, now: datetime) -> Page:
        entry = self._newest(now) if cursor is None else self._listed(cursor)
        reading = self._whole(entry)
        if cursor is not None and reading.table.sha256 != cursor.sha:
            raise self._gone(cursor.name)
        page = self._rows("list", reading, cursor.line if cursor is not None else 0)
        if page is None:
            raise self._gone(entry.name)
        return page

    def count(self, now: datetime) -> int:
        """Return how many rows the newest file has."""
        with self.lock:
            return self._whole(self._newest(now)).table.count

    def _whole(self, entry: Entry) -> Reading:
        try:
            reading = self._checked("list", entry)
        except _Bad as bad:
            first = bad.refusals[0]
            raise ConnectorError(
                Outcome.REJECTED,
                f"{self.connection}: {entry.path}: {first} {first.hint}",
                words=first.english,
            ) from None
        if reading is None:
            raise self._gone(entry.name)
        return reading

    def _gone(self, name: str) -> ConnectorError:
        return ConnectorError(
            Outcome.CONFLICT,
            f"{self.connection}: {name} was changed or taken away while it was read; read again",
        )

    def _newest(self, now: datetime) -> Entry:
        inbox = self.root / "inbox"
        with told(self.connection, self.root):
            here = self._waiting(inbox, now) if inbox.is_dir() else []
        ready = [one for one in here if self._is_ready(one, None, now)]
        found = ready or next(filter(None, self._archived()), [])
        if not found:
            raise ConnectorError(
                Outcome.UNAVAILABLE_NOT_APPLIED,
                f"{self.connection}: no file {self.settings.pattern} is in inbox/ or archive/ of"
                f" {self.root}; put one into inbox/",
            )
        return max(found, key=lambda one: (one.modified_ns, one.name))

    def _listed(self, cursor: Cursor) -> Entry:
        """Return the file of a cursor, which may have gone from the inbox to the archive."""
        inbox = self.root / "inbox"
        with told(self.connection, inbox):
            files = [self.disk.files(inbox)] if inbox.is_dir() else []
        bare = _NUMBER.sub("", cursor.name)
        for one in (entry for part in (*files, *self._archived()) for entry in part):
            if _NUMBER.sub("", one.name) == bare and self._sha(one.path) == cursor.sha:
                return one
        raise self._gone(cursor.name)

    def _archived(self) -> Iterator[list[Entry]]:
        """Yield the files of each month, the newest month first."""
        archive = self.root / "archive"
        if not archive.is_dir():
            return
        with told(self.connection, archive):
            months = sorted(self.disk.folders(archive), reverse=True)
        for month in months:
            with told(self.connection, month):
                yield [one for one in self.disk.files(month) if self._is_meant(one.name)]

    # ---- which files

    def _waiting(self, inbox: Path, now: datetime) -> list[Entry]:
        """Return the files of the inbox that are meant, oldest first."""
        with told(self.connection, inbox):
            found = [one for one in self.disk.files(inbox) if self._is_meant(one.name)]
        names = {one.name for one in found}
        self.seen = {name: one for name, one in self.seen.items() if name in names}
        for one in found:
            known = self.seen.get(one.name)
            if known is None or known[0] != one.signature:
                self.seen[one.name] = (one.signature, now, known is not None)
        return sorted(found, key=lambda one: (one.modified_ns, one.name))

    def _is_meant(self, name: str) -> bool:
        low = name.lower()
        if low.startswith((".", "~$")) or low.endswith(_UNFINISHED):
            return False
        pattern = self.settings.pattern.lower()
        return fnmatchcase(low, pattern) or fnmatchcase(_NUMBER.sub("", low), pattern)

    def _is_ready(self, entry: Entry, since: datetime | None, now: datetime) -> bool:
        """Say whether nobody writes a file any more.

        Its own times tell, unless it was seen to change: the clock of a network drive may be
        another one. A time in the future tells nothing, so then it counts how long it was seen.
        """
        wait = self.settings.settled_after
        if since is not None and _moment(entry.modified_ns) < since:
            return False
        _, noticed, changed = self.seen[entry.name]
        age = now - max(_moment(entry.modified_ns), _moment(entry.changed_ns))
        return not wait or now - noticed >= wait or (not changed and age >= wait)

    # ---- one file

    def _checked(self, purpose: str, entry: Entry) -> Reading | None:
        """Return a file that is right from its first row to its last; None where it is in motion.

        Raises `_Bad`.
        """
        known = self.readings.get(purpose)
        if known is not None and (known.entry.path, known.entry.signature) == (
            entry.path, entry.signature,
        ):  # fmt: skip
            return known
        self.readings.pop(purpose, None)
        try:
            table = open_table(entry.path, sheet=self.settings.sheet, header=self.settings.header)
            found = self._refusals(table, twice=purpose == "list")
            refusals = list(islice(found, refusal.MOST + 1))
        except TableChanged:
            return None
        except TableFault as fault:
            cause = fault.__cause__
            if isinstance(cause, FileNotFoundError):
                return None
            if isinstance(cause, OSError):
                raise failed(self.connection, entry.path, cause) from fault
            raise _Bad([refusal.unreadable(fault)]) from None
        except OSError as error:
            raise failed(self.connection, entry.path, error) from error
        if refusals:
            raise _Bad(refusals)
        self.readings[purpose] = Reading(entry, table)
        return self.readings[purpose]

    def _refusals(self, table: Table, *, twice: bool) -> Iterator[Refusal]:
        """Yield what is wrong with a file; `twice`: two rows may have one key.

        So it is where files are compared: that a thing stands there twice is then found.
        """
        missing = [
            refusal.missing_column(
                name, table.columns, table.header_line, key=name in self.settings.key
            )
            for name in dict.fromkeys((*self.settings.key, *self.settings.columns))
            if name not in table.columns
        ]
        if missing:
            yield from missing
            return
        key = [(name, table.columns.index(name)) for name in self.settings.key]
        seen = array("q")
        for row in table.rows():
            text = key_text(row.cells[at] for _, at in key)
            seen.append(hash(text))
            if text is None:
                name, at = next(one for one in key if row.cells[one[1]] is None)
                yield refusal.no_key(name, row.line, table.place(at))
            elif len(text) > MOST_KEY:
                name, at = key[0]
                yield refusal.long_key(name, row.line, table.place(at), text, MOST_KEY)
        if twice:
            return
        ordered = sorted(seen)
        again = {one for one, following in pairwise(ordered) if one == following}
        if again:
            yield from self._repeated(table, again)

    def _repeated(self, table: Table, hashes: Collection[int]) -> Iterator[Refusal]:
        """Yield a refusal for each row whose key an earlier one has, given the hashes of such keys.

        They are looked for in a second reading: so the keys of a file need not be kept, but for
        those.
        """
        places = [table.columns.index(name) for name in self.settings.key]
        first: dict[str, int] = {}
        for row in table.rows():
            text = key_text(row.cells[at] for at in places)
            if text is None or hash(text) not in hashes:
                continue
            if text in first:
                name, at = self.settings.key[0], table.place(places[0])
                yield refusal.repeated_key(name, row.line, at, text, first[text])
            else:
                first[text] = row.line

    def _archive(self, cursor: Cursor, now: datetime) -> None:
        path = self.root / "inbox" / cursor.name
        if path.name != cursor.name or self._sha(path) != cursor.sha:
            return
        self.readings.pop("poll", None)
        month = self._make("archive", f"{now:%Y-%m}")
        with told(self.connection, path):
            self.disk.put_away(path, month)

    def _quarantine(self, entry: Entry, refusals: list[Refusal]) -> None:
        letter = refusal.letter(entry.name, refusals)

        def explain(moved: Path) -> None:
            why = moved.with_name(f"{moved.name}.why.txt")
            draft = moved.with_name(f".{why.name}.tmp")
            self.disk.write(draft, letter)
            self.disk.replace(draft, why)

        folder = self._make("quarantine")
        with told(self.connection, entry.path):
            self.disk.put_away(entry.path, folder, explain)

    def _sha(self, path: Path) -> str | None:
        with told(self.connection, path):
            return self.disk.sha(path)

    def _make(self, *names: str) -> Path:
        folder = self.root.joinpath(*names)
        with told(self.connection, folder):
            self.disk.make(folder, self.root)
        return folder


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
