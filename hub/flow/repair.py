"""Repairing mapping files on disk: what `fixes` can do, and only where it helps."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hub.errors import ConfigError, Fault, MappingError
from hub.flow import checks
from hub.flow.overlay import Overlay
from hub.language import say
from hub.mapping.bundle import read_bundle
from hub.mapping.writing.fixes import fixed
from hub.yamlreader import parse

_MARK = b"\xef\xbb\xbf"
#: Each round takes away the faults that those of the round before had hidden.
_MOST_ROUNDS = 20


def repaired(overlay: Overlay) -> Mapping[str, bytes]:
    """Return the asked files that have fewer faults after the safe repairs, as they would be."""
    files = dict(overlay.files)
    before = _faults(files, overlay.own)
    for _ in range(_MOST_ROUNDS):
        found = _faults(files, overlay.own)
        better = {name: _fixed(files[name], found[name]) for name in overlay.asked}
        if all(files[name] == data for name, data in better.items()):
            break
        files |= better
    after = _faults(files, overlay.own)
    return {
        name: files[name]
        for name in overlay.asked
        if files[name] != overlay.files[name]
        and _badness(files[name], after[name]) < _badness(overlay.files[name], before[name])
    }


def write(path: Path, data: bytes, expected: bytes) -> None:
    """Put new bytes in place of the expected ones, as a whole or not at all.

    Mode, owner and group stay. Raises `ConfigError` where the file holds something else by now,
    cannot be written, or would come to be somebody else's.
    """
    path = path.resolve()
    try:
        if path.read_bytes() != expected:
            raise ConfigError(
                say("{path} was changed meanwhile: nothing was written. Try again.", path=path)
            )
        _replace(path, data)
    except OSError as error:
        problem = error.strerror or str(error)
        message = say("{path} cannot be written: {problem}.", path=path, problem=problem)
        raise ConfigError(message) from error


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _keep_owner(path, name)
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _keep_owner(path: Path, name: str) -> None:
    """Give the file of that name to whomever the path belongs to; `ConfigError` if we may not."""
    was, now = path.stat(), Path(name).stat()
    if (was.st_uid, was.st_gid) == (now.st_uid, now.st_gid):
        return
    try:
        os.chown(name, was.st_uid, was.st_gid)
    except PermissionError:
        raise ConfigError(
            say(
                "{path} belongs to another user or group, and would come to be yours: nothing "
                "was written. Run this as its owner.",
                path=path,
            )
        ) from None


def in_text(data: bytes, change: Callable[[str], str]) -> bytes:
    """Return a file's bytes with its text changed; those that are no text stay as they are."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data
    mark = _MARK if data.startswith(_MARK) else b""
    return mark + change(text).encode()


def _fixed(data: bytes, faults: Sequence[Fault]) -> bytes:
    return in_text(data, lambda text: fixed(text, faults))


def _faults(files: Mapping[str, bytes], own: str) -> Mapping[str, list[Fault]]:
    found: dict[str, list[Fault]] = defaultdict(list)
    try:
        read_bundle(files, checks.schema, own=own)
    except MappingError as error:
        for fault in error.faults:
            found[fault.file].append(fault)
    return found


def _badness(data: bytes, faults: Sequence[Fault]) -> tuple[bool, int, int]:
    """Return what must go down: a file that cannot be read hides its other faults."""
    unread = parse(data).root is None
    return unread, sum(fault.code.startswith("E0") for fault in faults), len(faults)
