"""The files of a folder with mapping files: YAML, and the CSV tables beside it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from hub.language import say
from hub.mapping.rule.table_files import CSV, YAML
from hub.sheet import MAX_BYTES, as_utf8
from hub.yamlreader import read_bytes

#: Files one folder may hold. The time a check may take follows from it.
MAX_FILES = 300


def files_in(folder: Path, failed: Callable[[OSError], None] | None = None) -> list[Path]:
    """Return the files in order; what is hidden does not count.

    What is only named like one is among them, so that reading it tells. `failed` is told of each
    folder that cannot be entered.
    """
    found = []
    for at, folders, names in os.walk(folder, onerror=failed):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(at, name) for name in (*folders, *names) if _is_ours(Path(name))]
    return sorted(found)


def _is_ours(name: Path) -> bool:
    return name.suffix in {*YAML, CSV} and not name.name.startswith(".")


def read(path: Path) -> bytes:
    """Return what stands in a file, of a CSV as UTF-8; of one that is too large enough to tell.

    Raises `OSError` where it cannot be read.
    """
    if path.exists() and not path.is_file():
        # a pipe or a device would be waited for
        raise OSError(errno.EINVAL, say("it is no file"))
    if path.suffix != CSV:
        return read_bytes(path)
    with path.open("rb") as file:
        return as_utf8(file.read(MAX_BYTES + 1))
