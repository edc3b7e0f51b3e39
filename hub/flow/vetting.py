"""Whether the mapping files of a folder may come into force, found out beside everything else.

The files are read once, checked and tested in a process of its own: a thread could not be ended
when a check takes too long, and would take the event loop's time meanwhile. A process has a limit
of time and of memory, and leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import multiprocessing.context
import os
import resource
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path

from hub import registry
from hub.errors import Fault, MappingError
from hub.flow import checks
from hub.language import say
from hub.settings import Settings

#: How long a check may take, in seconds.
SECONDS = 10
#: Memory it may take for itself.
MEMORY = 256 * 1024**2

#: What changes whenever a file changes: path, inode, time of change, size.
Stamp = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Vetted:
    """Mapping files that may come into force, or what is wrong with them."""

    #: As `Bundle.files` has them; empty where something is wrong.
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    faults: tuple[Fault, ...] = ()


def stamp(settings: Settings) -> Stamp:
    """Return what changes whenever a mapping file or a table beside one changes.

    What vanishes meanwhile is not there; backups and half-saved copies of editors do not count.
    """
    found = []
    for path in _files(settings.mappings_folder):
        with contextlib.suppress(OSError):
            stat = path.stat()
            found.append((str(path), stat.st_ino, stat.st_mtime_ns, stat.st_size))
    return tuple(sorted(found))


def _files(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(at, name) for name in names if not _is_an_editors(name))


def _is_an_editors(name: str) -> bool:
    return name.startswith((".", "#")) or name.endswith(("~", ".swp", ".tmp", ".bak"))


def vet(
    settings: Settings, *, needs_folder: bool, seconds: float = SECONDS, memory: int = MEMORY
) -> Vetted:
    """Return the files of the folder as they are read now, or every fault of them.

    `needs_folder` says that a folder which is not there is a fault: its files are in force.
    """
    context = _nursery(settings)
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_look_and_tell, args=(theirs, settings, needs_folder, memory), daemon=True
    )
    with contextlib.closing(ours):
        try:
            process.start()
        except OSError:
            # no place for a socket, or no process to be had: a check without limits is better
            return look(settings, needs_folder=needs_folder)
        finally:
            theirs.close()
        try:
            return _told(ours, settings, seconds)
        finally:
            process.kill()
            process.join()
            process.close()


def _told(line: Connection, settings: Settings, seconds: float) -> Vetted:
    if not line.poll(seconds):
        return _unfinished(settings, say("took longer than {seconds} s", seconds=seconds))
    try:
        found: Vetted = line.recv()
    except EOFError:
        return _unfinished(settings, say("ended before it was done"))
    return found


def warm_up(settings: Settings) -> None:
    """Start the process that those of checks are forked off, which takes half a second to load."""
    _nursery(settings)
    with contextlib.suppress(OSError):
        forkserver.ensure_running()


def _nursery(settings: Settings) -> multiprocessing.context.ForkServerContext:
    """Return where processes come from: what a check needs is loaded once, not for each of them.

    Forking this process itself would copy locks that its threads hold.
    """
    used = {connection.connector for connection in settings.connections.values()}
    entries = entry_points(group=registry.GROUP)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [__name__, *(entry.module for entry in entries if entry.name in used)]
    )
    return context


def _unfinished(settings: Settings, what: str) -> Vetted:
    message = say("The check of the mapping files {what}. Are there too many, or too large ones?",
                  what=what)  # fmt: skip
    return Vetted(faults=(Fault("E005", message, settings.mappings_folder.as_posix()),))


# ---- in the process of its own ---------------------------------------------------------------


def _look_and_tell(line: Connection, settings: Settings, needs_folder: bool, memory: int) -> None:
    # whoever asked ends it; where they died, it ends by itself
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.alarm(int(SECONDS) + 5)
    _limit_memory(memory)
    try:
        found = look(settings, needs_folder=needs_folder)
    except MemoryError:
        found = _unfinished(settings, say("needs more than {size} MiB", size=memory // 1024**2))
    with contextlib.suppress(BrokenPipeError):
        line.send(found)


def _limit_memory(memory: int) -> None:
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (OSError, ValueError):
        return  # no Linux: time is limited all the same


def look(settings: Settings, *, needs_folder: bool) -> Vetted:
    """Do as `vet` does, in this process and without its limits."""
    folder = settings.mappings_folder
    faults = list(_unreadable(folder))
    if needs_folder and not folder.is_dir():
        message = say("The folder is not there any more; what it held stays in force.")
        faults.append(Fault("E105", message, folder.as_posix()))
    if faults:
        return Vetted(faults=tuple(faults))
    try:
        return Vetted(checks.require(settings).files)
    except MappingError as error:
        told = error.faults or (Fault("E105", error.args[0]),)
        return Vetted(faults=tuple(told))


def _unreadable(folder: Path) -> Iterator[Fault]:
    """Yield a fault for each folder that cannot be entered: what it holds would just be missing."""
    failed: list[OSError] = []
    for _ in os.walk(folder, onerror=failed.append):
        pass
    for error in failed:
        if folder.exists():
            message = say("The folder cannot be read: {reason}.", reason=error.strerror)
            yield Fault("E001", message, Path(error.filename).as_posix())
