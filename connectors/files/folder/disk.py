"""What is done to the disk, one step each, so that it is known which step failed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hub import ConnectorError, Outcome

#: It is full or busy now, and nothing was done.
_PASSING = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EBUSY, errno.EAGAIN, errno.EMFILE, errno.ENFILE,
     errno.ENOMEM, errno.ENOLCK}
)  # fmt: skip
#: A person changes the folder, its rights or the settings; nothing was done.
_LASTING = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR,
     errno.ENAMETOOLONG, errno.ELOOP, errno.EEXIST}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as its folder shows it."""

    path: Path
    size: int
    #: When its content changed, as whoever brought it says.
    modified_ns: int
    #: When anything about it changed, as the disk says.
    changed_ns: int

    @property
    def name(self) -> str:
        """Name of the file in its folder."""
        return self.path.name

    @property
    def signature(self) -> tuple[int, int]:
        """What changes when somebody writes it."""
        return self.size, self.modified_ns


def failed(connection: str, path: Path, error: OSError, *, unsure: bool = False) -> ConnectorError:
    """Return what a failed step means; `unsure`: it may have taken effect nevertheless."""
    problem = error.strerror or str(error)
    if error.errno in _LASTING:
        outcome = Outcome.MISCONFIGURED
        todo = "see that the folder is there and the hub may read and write it"
    elif error.errno in _PASSING:
        outcome = Outcome.UNAVAILABLE_NOT_APPLIED
        todo = "make room, or wait: it goes on by itself"
    else:
        outcome = Outcome.UNKNOWN if unsure else Outcome.UNAVAILABLE_NOT_APPLIED
        todo = "see whether the disk or the network drive is well"
    return ConnectorError(outcome, f"{connection}: {path}: {problem}; {todo}", words=problem)


def in_doubt(connection: str, path: Path, error: OSError) -> ConnectorError:
    """Return that a file was changed, and nobody knows whether that lasts."""
    problem = error.strerror or str(error)
    return ConnectorError(
        Outcome.UNKNOWN,
        f"{connection}: {path} was changed, and the disk does not say that it lasts: {problem}",
        words=problem,
    )


@contextlib.contextmanager
def told(connection: str, path: Path, *, unsure: bool = False) -> Iterator[None]:
    """Raise what went wrong with a path as a `ConnectorError`."""
    try:
        yield
    except OSError as error:
        raise failed(connection, path, error, unsure=unsure) from error


class Disk:
    """The disk itself."""

    def make(self, folder: Path, below: Path) -> None:
        """Make a folder below one that must be there."""
        for part in reversed([folder, *folder.parents]):
            if part.is_relative_to(below) and part != below and not part.is_dir():
                part.mkdir(exist_ok=True)
                self.sync(part.parent)

    def files(self, folder: Path) -> list[Entry]:
        """Return the files of a folder; links to others are none."""
        found = []
        with os.scandir(folder) as entries:
            for one in entries:
                with contextlib.suppress(FileNotFoundError):  # taken away meanwhile
                    seen = one.stat(follow_symlinks=False)
                    if stat.S_ISREG(seen.st_mode):
                        found.append(
                            Entry(Path(one.path), seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
                        )
        return found

    def folders(self, folder: Path) -> list[Path]:
        """Return the folders of a folder."""
        with os.scandir(folder) as entries:
            return [Path(one.path) for one in entries if one.is_dir(follow_symlinks=False)]

    def read(self, path: Path) -> bytes | None:
        """Return what a file holds, None where there is none."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def exists(self, path: Path) -> bool:
        """Say whether there is such a file; raises where nobody can tell."""
        try:
            path.lstat()
        except FileNotFoundError:
            return False
        return True

    def sha(self, path: Path) -> str | None:
        """Return the hash of a file, None where there is none."""
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def write(self, path: Path, data: bytes) -> None:
        """Write a file of a name that no reader looks at, and wait until the disk holds it."""
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self.sync(path.parent)

    def replace(self, source: Path, target: Path) -> None:
        """Give a file its name, in one step."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)

    def sync(self, folder: Path) -> None:
        """Wait until the disk holds the names of a folder."""
        if os.name == "nt":  # it has no such call
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            # some network drives cannot, and hold names anyhow
            if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
                raise
        finally:
            os.close(handle)

    def put_away(
        self, source: Path, folder: Path, first: Callable[[Path], None] = lambda _: None
    ) -> None:
        """Move a file into a folder and overwrite nothing there.

        `first` is called with its new place before it leaves the old one, where the drive knows
        links; begun again after it was killed, it ends at the same place.
        """
        number = 1
        while True:
            target = folder / numbered(source.name, number)
            try:
                os.link(source, target)
            except FileExistsError:
                if not source.samefile(target):
                    number += 1
                    continue
                # linked before, and killed before it was removed
            except OSError:  # a drive without links
                if target.exists():
                    number += 1
                    continue
                source.rename(target)
                first(target)
                self.sync(folder)
                return
            first(target)
            self.sync(folder)
            source.unlink()
            return


def numbered(name: str, number: int) -> str:
    """Return a name for one more file of the same name: `orders~2.csv`."""
    path = Path(name)
    return name if number == 1 else f"{path.stem}~{number}{path.suffix}"
