"""Mapping files as a person works on them: the shipped ones, a hub's own, and files at hand.

A file at hand takes the place of whatever has its name in the hub's folder or among the shipped
ones. No settings are needed; then `./mappings` is the hub's folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hub.errors import ConfigError, Fault, MappingError
from hub.flow import checks, sources
from hub.language import say
from hub.mapping.bundle import Bundle, kind_and_name, read_bundle
from hub.mapping.folder import files_in, read
from hub.mapping.rule.table_files import CSV, OWN, YAML, Beside, file_of, referred
from hub.mapping.shipped import shipped_folder
from hub.settings import Settings
from hub.yamlfile import Entries, Node, Scalar, words_of
from hub.yamlreader import parse, unreadable

_SHIPPED, _OWN = "shipped/", "own/"


@dataclass(frozen=True, slots=True)
class Overlay:
    """Files that are checked together."""

    #: Name as `Bundle.files` has it (`shipped/…`, else the absolute path) → what the file says.
    files: Mapping[str, bytes]
    #: Names of those that a person asked about: the hub's own, or only the files at hand.
    asked: tuple[str, ...]
    #: Files that cannot be opened.
    faults: tuple[Fault, ...] = ()
    #: Where the names of the hub's own files begin.
    own: str = OWN


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of an overlay found, every file named as a person would name it."""

    #: Warnings (W1xx) too.
    faults: tuple[Fault, ...]
    #: None where a file is wrong.
    bundle: Bundle | None = field(repr=False)


def own_folder(settings: Settings | None) -> Path | None:
    """Return the folder of a hub's own mapping files, None where there is none."""
    folder = settings.mappings_folder if settings else Path("mappings")
    return folder if folder.is_dir() else None


def collect(settings: Settings | None, given: Sequence[Path] = ()) -> Overlay:
    """Return the files to check: with `given` files or folders, those over all others.

    The tables that a given file names beside it come with it, and are not asked about. Raises
    `ConfigError` for a file that is not there, for a table that no mapping names, and for a
    folder without mapping files.
    """
    faults: list[Fault] = []
    shipped = shipped_folder()
    found = {
        _SHIPPED + path.relative_to(shipped).as_posix(): data
        for path, data in _read(files_in(shipped), faults)
    }
    folder = own_folder(settings)
    root = _name(folder) if folder else OWN
    own = {_name(path): data for path, data in _read(files_in(folder) if folder else (), faults)}
    if not given:
        return Overlay(found | own, tuple(own), tuple(faults), root)
    at_hand = {_name(path): data for path, data in _read(_given(given), faults)}
    taken = {what_it_is(data) for data in at_hand.values()} - {None}
    kept = {name: data for name, data in own.items() if what_it_is(data) not in taken}
    beside = {_name(path): data for path, data in _read(_tables_of(at_hand), faults)}
    files = found | kept | beside | at_hand
    _check_tables([path for path in given if path.is_file()], files, root)
    return Overlay(files, tuple(at_hand), tuple(faults), root)


def check(overlay: Overlay, settings: Settings | None) -> Checked:
    """Check the files, and with settings whether their routes fit the connections.

    Warnings are told of the asked files only: nobody mends those of the shipped ones.
    """
    faults, warnings, bundle = list(overlay.faults), [], None
    try:
        bundle = read_bundle(overlay.files, checks.schema, own=overlay.own)
        faults += checks.fitting(settings, bundle)[0] if settings else ()
        of_watches = sources.warnings(settings, bundle) if settings else ()
        asleep = checks.warnings(settings, bundle) if settings else ()
        told = (*bundle.warnings, *of_watches, *asleep)
        warnings = [one for one in told if one.file in overlay.asked]
    except MappingError as error:
        faults += error.faults
    found = map(named, (*faults, *warnings))
    ordered = sorted(found, key=lambda one: (one.file, one.line, one.column, one.code))
    return Checked(tuple(ordered), None if faults else bundle)


def what_it_is(data: bytes) -> tuple[str, str] | None:
    """Return `mapping` or `route` and its name, as far as the file can be read."""
    return kind_and_name(parse(data).root)


def named(fault: Fault) -> Fault:
    """Return the fault with its file as a person would name it."""
    return replace(fault, file=known_as(fault.file)) if fault.file else fault


def in_folder(name: str, settings: Settings) -> str:
    """Return the path of a file that a bundle names, of an own one in the folder of the hub."""
    rest = name.removeprefix(_OWN)
    return known_as(name if rest == name else (settings.mappings_folder / rest).as_posix())


def known_as(name: str) -> str:
    """Return the path of a file from here where it is below, else the whole one."""
    rest = name.removeprefix(_SHIPPED)
    path = shipped_folder() / rest if rest != name else Path(name)
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _given(given: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in given:
        inside = files_in(path) if path.is_dir() else [path]
        # a pipe or a device would be waited for
        if not (path.is_file() or path.is_dir()):
            raise ConfigError(say("There is no file or folder {path}.", path=path))
        if not inside:
            raise ConfigError(say("The folder {path} holds no mapping file (.yaml).", path=path))
        found += inside
    return found


def _tables_of(at_hand: Mapping[str, bytes]) -> list[Path]:
    """Return the table files that are named in these files, as far as they are there."""
    found: dict[str, Path] = {}
    for name, data in at_hand.items():
        for table in words_of(words_of(_root(name, data)).get("tables")).values():
            word = file_of(table)
            if word is not None and isinstance(word.node, Scalar):
                path = Path(os.path.normpath(Path(name).parent / word.node.text))
                if path.suffix in {*YAML, CSV} and path.is_file():
                    found[_name(path)] = path
    return [path for name, path in found.items() if name not in at_hand]


def _check_tables(given: Sequence[Path], files: Mapping[str, bytes], own: str) -> None:
    """Raise `ConfigError` for a table at hand that no mapping among the files names."""
    tables = [path for path in given if _is_table(_name(path), files.get(_name(path), b""))]
    if not tables:
        return
    named_ones = {
        table
        for name, data in files.items()
        for table in referred(_root(name, data), Beside(name, files, own=own))
    }
    for path in tables:
        if _name(path) not in named_ones:
            raise ConfigError(
                say(
                    "{path} is a table, and no mapping here names it. "
                    "Check the mapping that does, with {word} in its tables:",
                    path=path, word=f"file: {path.name}",
                )
            )  # fmt: skip


def _is_table(name: str, data: bytes) -> bool:
    """Return whether a file can be nothing else: CSV, or single values under each name."""
    root = _root(name, data)
    if not isinstance(root, Entries) or kind_and_name(root) is not None:
        return name.endswith(CSV)
    return bool(root.pairs) and all(isinstance(value, Scalar) for _, value in root.pairs)


def _root(name: str, data: bytes) -> Node | None:
    return parse(data, name).root if name.endswith(YAML) else None


def _read(paths: Iterable[Path], faults: list[Fault]) -> list[tuple[Path, bytes]]:
    found = []
    for path in paths:
        try:
            found.append((path, read(path)))
        except OSError as error:
            faults.append(unreadable(_name(path), error))
    return found


def _name(path: Path) -> str:
    return path.absolute().as_posix()
