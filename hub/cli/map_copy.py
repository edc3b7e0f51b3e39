"""`hub map copy`: a shipped file in a folder of one's own, to be changed there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import session
from hub.cli.texts import WordedConfig, text
from hub.errors import ConfigError
from hub.language import told

if TYPE_CHECKING:
    from hub.flow.overlay import Overlay

_SHIPPED = "shipped"


def copy(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(help="Name of a shipped mapping or route, or the path of its file.")
    ],
    file: Annotated[
        Path | None, typer.Option("--output", help="File to write; one that is there stays.")
    ] = None,
) -> None:
    """Copy a shipped mapping, route or table file into your folder, to be changed there.

    It stands there as it does among the shipped ones, and brings the table files it names.
    """
    from hub.flow import overlay

    here = session.of(ctx)
    settings = here.settings_for_files()
    folder = settings.mappings_folder if settings else Path("mappings")
    chosen = overlay.collect(settings)
    source = _source(chosen.files, name)
    target = file or folder / _below(source)
    _check_free(chosen, source, target, folder)
    for path in _write(brought(chosen.files, source, target)):
        here.say("init.written", path=overlay.known_as(path.absolute().as_posix()))
    what = overlay.what_it_is(chosen.files[source])
    here.say("copy.mapping" if what and what[0] == "mapping" else "copy.other")


def _source(files: Mapping[str, bytes], name: str) -> str:
    """Return the shipped file of a name; `ConfigError` with the nearest right one otherwise."""
    from hub.flow.overlay import what_it_is
    from hub.nearest import nearest

    known: dict[str, str] = {}
    paths = [path for path in files if PurePosixPath(path).parts[0] == _SHIPPED]
    for path in paths:
        known[_below(path)] = path
    for path in paths:
        is_ = what_it_is(files[path]) if path.endswith(".yaml") else None
        known.setdefault(is_[1] if is_ else PurePosixPath(path).name, path)
    if name in known:
        return known[name]
    # paths are taken, and names are what is offered
    hint = nearest(name, [one for one in known if "/" not in one])
    raise WordedConfig(
        lambda language: text(language, "copy.unknown", given=name, hint=told(hint, language))
    )


def _below(source: str) -> str:
    return PurePosixPath(source).relative_to(_SHIPPED).as_posix()


def brought(files: Mapping[str, bytes], source: str, target: Path) -> Mapping[str, Path]:
    """Return what is copied, and where to: the tables a mapping names, then the file itself."""
    from hub.mapping.rule.table_files import Beside, referred
    from hub.yamlreader import parse

    root = parse(files[source], source).root if source.endswith(".yaml") else None
    folder = PurePosixPath(source).parent
    tables = {
        table: target.parent / os.path.relpath(table, folder)
        for table in referred(root, Beside(source, files))
    }
    return {**{table: path for table, path in tables.items() if not path.exists()}, source: target}


def _check_free(chosen: Overlay, source: str, target: Path, folder: Path) -> None:
    """Raise `ConfigError` where the file is there, or another one of the folder has its name."""
    from hub.flow.overlay import known_as, what_it_is

    if target.exists():
        raise _refused("copy.there", file=known_as(target.absolute().as_posix()))
    is_ = what_it_is(chosen.files[source])
    if is_ is None or not target.resolve().is_relative_to(folder.resolve()):
        return
    for own in chosen.asked:
        if what_it_is(chosen.files[own]) == is_:
            raise _refused("copy.own", file=known_as(own), name=is_[1])


def _write(files: Mapping[str, Path]) -> list[Path]:
    from hub.mapping.shipped import shipped_folder

    for source, target in files.items():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as stream:
                # the bytes of the file: a table is read as UTF-8, whatever it is written in
                stream.write((shipped_folder() / _below(source)).read_bytes())
        except OSError as error:
            problem = error.strerror or error
            raise _refused("new.unwritable", file=target, problem=problem) from None
    return list(files.values())


def _refused(key: str, **values: object) -> ConfigError:
    return WordedConfig(lambda language: text(language, key, **values))
