"""Files that go out, one a delivery, and the proof of each.

A reader takes a file away when it likes, so its absence proves nothing. Before a file gets its
name, a note in `.hub/` says which content is about to; the content waits under a name that
readers leave alone. Note without waiting content: the file had its name, whatever became of it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from connectors.files.folder.disk import Disk, in_doubt, told
from connectors.files.folder.wire import Unwritable, file_name, parse, render, sha_of
from hub import Action, Command, ConnectorError, Found, Outcome, Receipt


class Note(msgspec.Struct, frozen=True):
    """What the hub did last under a key."""

    key: str
    #: A file was written; it was removed before anybody took it; its reader was told so.
    state: Literal["written", "removed", "told"]
    #: Hash of what was written last.
    sha: str
    revision: int = 1
    #: An older content had its name before this one.
    seen: bool = False


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the files of one key are."""

    out: Path
    notes: Path
    name: str

    @property
    def file(self) -> Path:
        return self.out / f"{self.name}.csv"

    @property
    def taken(self) -> Path:
        return self.out / "taken" / f"{self.name}.csv"

    @property
    def cancel(self) -> Path:
        return self.out / f"{self.name}.cancel.csv"

    @property
    def note(self) -> Path:
        return self.notes / f"{self.name}.json"

    @property
    def gone(self) -> Path:
        """Name of a file that was taken from its readers."""
        return self.out / f".{self.name}.gone.tmp"

    def waiting(self, sha: str, state: str = "written") -> Path:
        """Name of a content that is about to get its name."""
        return self.out / f".{self.name}.{state}.{sha[:16]}.tmp"


class Outgoing:
    """The files that one folder gives out."""

    def __init__(self, root: Path, connection: str, disk: Disk) -> None:
        self.root = root
        self.connection = connection
        self.disk = disk

    def deliver(self, command: Command) -> Receipt:
        """Write the file of a key, replace it, or take it back."""
        places = self._places(command)
        for folder in (places.out, places.notes):
            with told(self.connection, folder):
                self.disk.make(folder, self.root)
        note = self._note(places, command)
        if command.action is Action.CANCEL:
            already = self._cancelled(places, note, command)
        else:
            already = self._written(places, note, command)
        return Receipt(external_id=places.file.name, already=already)

    def find(self, command: Command) -> Found | None:
        """Say what stands under a key."""
        places = self._places(command)
        with told(self.connection, places.notes):
            note = self._note(places, command)
            if command.action is Action.CANCEL:
                return self._find_cancelled(places, note)
            return self._find_written(places, note, sha_of(self._content(command)))

    # ---- writing

    def _written(self, places: _Places, note: Note | None, command: Command) -> bool:
        """Write a file; return whether it had been written before."""
        content = self._content(command)
        new = Note(command.key, "written", sha_of(content), command.revision)
        with told(self.connection, places.file):
            if note is None and content in self._standing(places):
                self._keep(places, new)
                return True
            if note is not None and note.sha == new.sha and self._is_written(places, note):
                return True
            seen = note is not None and note.state == "written" and self._stands(places, note)
            self.disk.remove(places.gone)
            if note is not None and note.state == "told":
                self.disk.remove(places.cancel)
            self._give(places, msgspec.structs.replace(new, seen=seen), content, places.file)
        if note is not None and note.sha != new.sha:
            with contextlib.suppress(OSError):  # nobody looks at it
                self.disk.remove(places.waiting(note.sha, note.state))
        return False

    def _give(self, places: _Places, note: Note, content: bytes, target: Path) -> None:
        """Give a content its name; what fails before has done nothing."""
        waiting = places.waiting(note.sha, note.state)
        self.disk.write(waiting, content)
        self._keep(places, note)
        with told(self.connection, target, unsure=True):
            self.disk.replace(waiting, target)
        try:
            self.disk.sync(places.out)
        except OSError as error:
            raise in_doubt(self.connection, target, error) from error

    # ---- taking back

    def _cancelled(self, places: _Places, note: Note | None, command: Command) -> bool:
        """Take a file back; return whether that had been done before."""
        with told(self.connection, places.file):
            if not self._stands(places, note):
                self._removed(places, command, note)
                return True
            if self._take_back(places):
                try:
                    self._removed(places, command, note)
                except OSError as error:
                    raise in_doubt(self.connection, places.file, error) from error
                return False
            content = self._content(command)
            word = Note(command.key, "told", sha_of(content), command.revision)
            self._give(places, word, content, places.cancel)
            return False

    def _take_back(self, places: _Places) -> bool:
        """Take a file from its readers; return whether it was still there."""
        try:
            with told(self.connection, places.file, unsure=True):
                self.disk.replace(places.file, places.gone)
        except ConnectorError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return False
            raise
        try:
            self.disk.sync(places.out)
        except OSError as error:
            raise in_doubt(self.connection, places.file, error) from error
        return True

    def _removed(self, places: _Places, command: Command, note: Note | None) -> None:
        """Note that nothing stands under a key any more, whatever was there before."""
        if note is not None and note.state == "written":
            self._keep(places, Note(command.key, "removed", note.sha, command.revision))
            self.disk.remove(places.waiting(note.sha))
        self.disk.remove(places.gone)

    # ---- looking

    def _find_written(self, places: _Places, note: Note | None, sha: str) -> Found | None:
        standing = self._standing(places)
        shown = parse(standing[0]) if standing else {}
        if note is not None and note.state != "written":
            return None
        if note is not None and self._is_written(places, note):
            return Found(note.sha == sha, places.file.name, shown)
        if not standing:
            return None
        mine = note is None and sha_of(standing[0]) == sha
        return Found(mine, places.file.name, shown)

    def _find_cancelled(self, places: _Places, note: Note | None) -> Found:
        standing = self._stands(places, note)
        return Found(not standing, places.file.name if standing else None)

    def _stands(self, places: _Places, note: Note | None) -> bool:
        """Say whether a reader may have the file, or get it, and was not told otherwise."""
        if note is None:
            return bool(self._standing(places))
        if note.state == "removed" or self.disk.exists(places.gone):
            return False
        if note.state == "told":
            return self._waits(places, note)
        return self._was_seen(places, note)

    def _was_seen(self, places: _Places, note: Note) -> bool:
        return note.seen or not self._waits(places, note)

    def _is_written(self, places: _Places, note: Note) -> bool:
        """Say whether the content of a note got its name, and was not taken back."""
        return (
            note.state == "written"
            and not self._waits(places, note)
            and not self.disk.exists(places.gone)
        )

    def _waits(self, places: _Places, note: Note) -> bool:
        """Say whether what a note is about has not got its name."""
        return self.disk.exists(places.waiting(note.sha, note.state))

    def _standing(self, places: _Places) -> list[bytes]:
        """Return what stands in `out/`, else where its reader puts what it took."""
        found = self.disk.read(places.file)
        if found is None:
            found = self.disk.read(places.taken)
        return [] if found is None else [found]

    # ---- notes and names

    def _note(self, places: _Places, command: Command) -> Note | None:
        with told(self.connection, places.note):
            data = self.disk.read(places.note)
        if data is None:
            return None
        try:
            note = msgspec.json.decode(data, type=Note)
        except msgspec.MsgspecError:
            raise ConnectorError(
                Outcome.MISCONFIGURED,
                f"{self.connection}: {places.note} cannot be read; restore it, or remove it once"
                " it is clear whether the file was taken",
            ) from None
        if note.key != command.key:
            raise ConnectorError(
                Outcome.REJECTED,
                f"{self.connection}: {places.file.name} is the file of another key, {note.key}",
            )
        return note

    def _keep(self, places: _Places, note: Note) -> None:
        draft = places.notes / f".{places.name}.tmp"
        self.disk.write(draft, msgspec.json.encode(note))
        self.disk.replace(draft, places.note)
        self.disk.sync(places.notes)

    def _content(self, command: Command) -> bytes:
        try:
            return render(command.document)
        except Unwritable as error:
            raise ConnectorError(
                Outcome.REJECTED, f"{self.connection}: {error}", words=str(error)
            ) from None

    def _places(self, command: Command) -> _Places:
        return _Places(self.root / "out", self.root / ".hub", file_name(command.key))
