"""Whether the mapping files of a folder may come into force, found out beside everything else.

The files are read once, checked and tested in a process of its own: a thread could not be ended
when a check takes too long, and would take the event loop's time meanwhile. A process has a limit
of time and of memory, and leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import multiprocessing.context
import resource
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path

from hub import registry
from hub.errors import Fault, MappingError
from hub.flow import checks
from hub.language import say
from hub.mapping.folder import MAX_FILES, files_in
from hub.settings import Settings

#: How long a check may take, in seconds: 0.2 s for each file, on a machine that is busy.
SECONDS = MAX_FILES // 5
#: Memory it may take for itself.
MEMORY = 256 * 1024**2

#: What changes whenever a file changes: path, inode, size, times of change of content and inode.
Stamp = tuple[tuple[str, int, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Vetted:
    """Mapping files that may come into force, or what is wrong with them."""

    #: As `Bundle.files` has them; empty where something is wrong.
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    faults: tuple[Fault, ...] = ()
    #: The check was not done to its end; another one may be.
    unfinished: bool = False


def stamp(settings: Settings) -> Stamp:
    """Return what changes whenever a mapping file or a table beside one changes.

    Backups and half-saved copies of editors do not count.
    """
    return tuple(_state(path) for path in files_in(settings.mappings_folder))


def _state(path: Path) -> tuple[str, int, int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        # a link to nowhere, or gone meanwhile
        return str(path), 0, 0, 0, 0
    # a file that is written in place may keep its size and get its old time back
    return str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def vet(
    settings: Settings, *, needs_folder: bool, needs_files: bool = False,
    seconds: float = SECONDS, memory: int = MEMORY,
) -> Vetted:  # fmt: skip
    """Return the files of the folder as they are read now, or every fault of them.

    `needs_folder` says that a folder which is not there is a fault, as its files are in force;
    `needs_files` that one without any file is: a disk that is not mounted looks so.
    """
    context = _nursery(settings)
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_look_and_tell, args=(theirs, settings, needs_folder, needs_files, memory),
        daemon=True,
    )  # fmt: skip
    with contextlib.closing(ours):
        try:
            process.start()
        except OSError:
            # no place for a socket, or no process to be had: a check without limits is better
            return look(settings, needs_folder=needs_folder, needs_files=needs_files)
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
    except (EOFError, OSError):
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
    fault = Fault("E005", message, settings.mappings_folder.as_posix())
    return Vetted(faults=(fault,), unfinished=True)


# ---- in the process of its own ---------------------------------------------------------------


def _look_and_tell(
    line: Connection, settings: Settings, needs_folder: bool, needs_files: bool, memory: int
) -> None:
    # whoever asked ends it; where they died, it ends by itself
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.alarm(SECONDS + 5)
    _limit_memory(memory)
    try:
        found = look(settings, needs_folder=needs_folder, needs_files=needs_files)
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


def look(settings: Settings, *, needs_folder: bool, needs_files: bool = False) -> Vetted:
    """Do as `vet` does, in this process and without its limits."""
    faults = _gone(settings.mappings_folder, needs_folder, needs_files)
    if faults:
        return Vetted(faults=faults)
    try:
        return Vetted(checks.require(settings).files)
    except MappingError as error:
        told = error.faults or (Fault("E105", error.args[0]),)
        return Vetted(faults=tuple(told))


def _gone(folder: Path, needs_folder: bool, needs_files: bool) -> tuple[Fault, ...]:
    """Return a fault for each folder that is not there or shut: what it held would be missing."""
    failed: list[OSError] = []
    found, name = files_in(folder, failed.append), folder.as_posix()
    if needs_folder and not folder.is_dir():
        message = say("The folder is not there any more; what it held stays in force.")
        return (Fault("E105", message, name),)
    if folder.exists() and failed:
        return tuple(_shut(error) for error in failed)
    if needs_files and not found:
        message = say("The folder is empty; what it held stays in force.")
        hint = say("If that is meant: hub map apply")
        return (Fault("E105", message, name, hint=hint),)
    return ()


def _shut(error: OSError) -> Fault:
    message = say("The folder cannot be read: {reason}.", reason=error.strerror)
    return Fault("E001", message, Path(error.filename).as_posix())
