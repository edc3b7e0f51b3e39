"""`hub map new`: the beginning of a mapping file, from what both ends say of themselves."""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import output, session
from hub.cli.session import Session
from hub.cli.texts import WordedConfig, text
from hub.errors import ConfigError
from hub.language import Message, told

if TYPE_CHECKING:
    from hub.mapping.data.shape import Shape
    from hub.mapping.field_mapping import End

#: Where `hub map schema` writes it in a folder of one's own.
_SCHEMA = Path("schema/mapping-1.json")
_NAME = re.compile(r"\w[\w.-]{0,99}")


def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the new mapping.")],
    source: Annotated[
        str, typer.Option("--from", help="record:KIND, or CONNECTOR.STREAM for what comes in.")
    ],
    target: Annotated[
        str, typer.Option("--to", help="record:KIND, or CONNECTOR.OPERATION for what goes out.")
    ],
    file: Annotated[
        Path | None, typer.Option("--output", help="File to write; one that is there stays.")
    ] = None,
) -> None:
    """Begin a mapping file: fields of the same name are filled in, others marked for you.

    Without --output it is printed. `hub map check FILE` says what is left to do.
    """
    from hub.mapping.writing.drafts import Ends
    from hub.mapping.writing.scaffold import scaffold

    here = session.of(ctx)
    if _NAME.fullmatch(name) is None:
        raise _refused("new.name", given=name)
    from_, to = _end(source, "--from"), _end(target, "--to")
    ends = Ends(from_, to, _shape(from_), _shape(to))
    schema = _schema_beside(here, file)
    made = scaffold(name, ends, schema, functools.partial(_told, here))
    if file is None:
        output.line(made.text.rstrip("\n"))
        return
    _write(file, made.text)
    key = "new.todo" if made.todo else "new.whole"
    here.say(key, file=file, count=len(made.todo), names=", ".join(made.todo))


def _told(here: Session, sentence: Message) -> str:
    return told(sentence, here.language)


def _refused(key: str, **values: object) -> ConfigError:
    return WordedConfig(lambda language: text(language, key, **values))


def _end(given: str, option: str) -> End:
    """Return what an option names; `ConfigError` with the nearest right name otherwise."""
    from hub import registry
    from hub.nearest import nearest
    from hub.records import kind

    before, colon, rest = given.partition(":")
    if colon and before == "record":
        kind(rest)
        return rest
    connector, dot, name = given.partition(".")
    if colon or not (connector and dot and name):
        raise _refused("new.end", option=option, given=given)
    spec = registry.load(connector).spec
    streams, operations = [one.name for one in spec.streams], [one.name for one in spec.operations]
    known = streams if option == "--from" else operations
    if name not in known:
        hint = nearest(name, known)
        raise WordedConfig(
            lambda language: text(
                language, f"new.unknown.{option[2:]}", connector=connector, name=name,
                hint=told(hint, language),
            )
        )  # fmt: skip
    return connector, name


def _shape(end: End) -> Shape | None:
    """Return what documents of an end may hold; None where nobody described them."""
    from hub.flow import checks
    from hub.mapping.data.shape import of_fields, of_record
    from hub.records import kind

    if isinstance(end, str):
        return of_record(kind(end))
    fields = checks.fields_of(*end)
    return None if fields is None else of_fields(fields)


def _schema_beside(here: Session, file: Path | None) -> str:
    """Return where the file finds the schema of the folder it is in, as editors want it."""
    from hub.flow import overlay

    folder = overlay.own_folder(here.settings_for_files())
    if file is None or folder is None or not file.resolve().is_relative_to(folder.resolve()):
        return _SCHEMA.as_posix()
    beside = os.path.relpath(folder.resolve() / _SCHEMA, file.resolve().parent)
    return Path(beside).as_posix()


def _write(file: Path, content: str) -> None:
    try:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
    except FileExistsError:
        raise _refused("new.there", file=file) from None
    except OSError as error:
        raise _refused("new.unwritable", file=file, problem=error.strerror or error) from None
