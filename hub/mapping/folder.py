"""The files of a folder with mapping files: YAML, and the CSV tables beside it."""

from __future__ import annotations

from pathlib import Path

from hub.mapping.table_files import CSV, YAML
from hub.sheet import MAX_BYTES, as_utf8
from hub.yamlreader import read_bytes


def files_in(folder: Path) -> list[Path]:
    """Return the files in order; what is hidden does not count."""
    return sorted(path for path in folder.rglob("*") if _is_ours(path, folder))


def _is_ours(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix in {*YAML, CSV} and not hidden and path.is_file()


def read(path: Path) -> bytes:
    """Return what stands in a file, of a CSV as UTF-8; of one that is too large enough to tell."""
    if path.suffix != CSV:
        return read_bytes(path)
    with path.open("rb") as file:
        return as_utf8(file.read(MAX_BYTES + 1))
