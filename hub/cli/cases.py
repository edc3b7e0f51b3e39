"""What `hub map preview` and its neighbours are tried on: the mapping, and a document for it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hub.cli import output
from hub.cli.texts import WordedConfig, text
from hub.errors import ConfigError, Fault

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction

    from hub.cli.session import Session
    from hub.flow.preview import Sent
    from hub.language import Language, Message
    from hub.mapping import Bundle, FieldMapping, MissingLink
    from hub.mapping.compared.effects import Document

_T = TypeVar("_T")

Map = Annotated[str, typer.Argument(metavar="MAP", help="Name of the mapping.")]
Doc = Annotated[Path | None, typer.Option("--doc", help="JSON file with the document.")]
Number = Annotated[
    str | None, typer.Option("--id", help="Number of a record, or id of a message that came in.")
]
OfDelivery = Annotated[
    str | None, typer.Option("--delivery", help="Id of a delivery, or its ending: its record.")
]
OfTest = Annotated[str | None, typer.Option("--test", help="Name of a test of the mapping.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which document a person named; exactly one of the four ways."""

    doc: Path | None
    number: str | None
    delivery: str | None
    test: str | None

    def check(self) -> None:
        """Raise `ConfigError` unless exactly one is given."""
        given = [self.doc, self.number, self.delivery, self.test]
        if sum(one is not None for one in given) != 1:
            raise WordedConfig(lambda language: text(language, "case.one"))


@dataclass(frozen=True, slots=True)
class Chosen:
    """A mapping and the document to try it on."""

    bundle: Bundle
    mapping: FieldMapping
    given: Document
    #: The delivery, where one was named.
    sent: Sent | None = None


def source_of(bundle: Bundle, mapping: FieldMapping) -> Callable[[str], str | None]:
    """Return what gives the text of the mapping's file, and of no other."""
    from hub.flow.overlay import known_as

    names = {mapping.place.file, known_as(mapping.place.file)}

    def read(file: str) -> str | None:
        return bundle.files[mapping.file].decode("utf-8-sig") if file in names else None

    return read


def work_on(
    here: Session,
    name: str,
    asked: Asked,
    work: Callable[[Chosen], _T],
    *,
    as_mapped: bool = False,
    back: bool = False,
) -> _T:
    """Do some work with the mapping and the document; what they look up is there meanwhile.

    `as_mapped` takes the mapping out of the files the named delivery was mapped with; `back` is
    the way back, from what the mapping made. Raises `ConfigError` and `NotFound`.
    """
    asked.check()

    def try_on(chosen: Chosen) -> _T:
        return work(_keyed(here, chosen))

    if as_mapped and asked.delivery is not None:
        return here.read(lambda tx: try_on(_as_mapped(here, tx, name, str(asked.delivery))))
    bundle = files_of(here)
    forth = mapping_of(bundle, name)
    mapping = _way_back(forth) if back else forth
    if asked.doc is not None:
        return try_on(Chosen(bundle, mapping, from_file(here.language, asked.doc)))
    if asked.test is not None:
        given = _from_test(forth, asked.test)
        if back:
            given = replace(given, data=forth.apply(given.data, given.scope))
        return work(Chosen(bundle, mapping, given))

    return here.read(lambda tx: try_on(_from_store(here, tx, bundle, mapping, asked, back=back)))


def _keyed(here: Session, chosen: Chosen) -> Chosen:
    """Return the same, hashed as this hub does; tests have a key of their own."""
    from hub.flow import preview

    secret = preview.secret_of(here.settings_for_files())
    return replace(chosen, given=preview.keyed(chosen.given, secret))


def _as_mapped(here: Session, tx: Transaction, name: str, delivery: str) -> Chosen:
    from hub.flow import preview

    sent = preview.of_delivery(tx, delivery, here.settings_for_files())
    bundle = preview.bundle(tx, sent.bundle)
    return Chosen(bundle, mapping_of(bundle, name), sent.given, sent)


def _from_store(
    here: Session, tx: Transaction, bundle: Bundle, mapping: FieldMapping, asked: Asked,
    *, back: bool,
) -> Chosen:  # fmt: skip
    from hub.flow import preview

    settings = here.settings_for_files()
    if asked.number is not None:
        names = preview.connections_of(settings, mapping)
        given = preview.of_number(tx, mapping, asked.number, names, settings)
        return Chosen(bundle, mapping, given)
    sent = preview.of_delivery(tx, str(asked.delivery), settings)
    if not back:
        return Chosen(bundle, mapping, sent.given, sent)
    if not isinstance(sent.document, dict):
        raise WordedConfig(lambda language: text(language, "explain.not_stored"))
    return Chosen(bundle, mapping, replace(sent.given, data=sent.document), sent)


def _way_back(mapping: FieldMapping) -> FieldMapping:
    if mapping.back is None:
        raise WordedConfig(lambda language: text(language, "case.one_way", name=mapping.name))
    return mapping.back


def files_of(here: Session) -> Bundle:
    """Return the mapping files of hub.yaml's folder over the shipped ones.

    Without a hub.yaml those of `./mappings`, so that files can be written before there is a hub.
    """
    from hub.flow import checks, overlay
    from hub.mapping import load_bundle
    from hub.mapping.shipped import shipped_folder

    own = overlay.own_folder(here.settings_for_files())
    return load_bundle(shipped_folder(), own, checks.schema)


def mapping_of(bundle: Bundle, name: str) -> FieldMapping:
    """Return a mapping by its name; `ConfigError` with the nearest name otherwise."""
    from hub.mapping.field_mapping import unknown_mapping

    if name not in bundle.mappings:
        raise refused(unknown_mapping(name, bundle.mappings))
    return bundle.mappings[name]


def refused(message: Message | str) -> ConfigError:
    """Return an error of what was typed, told in the language of whoever typed it."""
    from hub.language import told

    return WordedConfig(functools.partial(told, message))


def _from_test(mapping: FieldMapping, name: str) -> Document:
    found = {test.name: test for test in tests_of(mapping)}
    if name not in found:
        from hub.language import told
        from hub.nearest import nearest

        hint = nearest(name, found)
        raise WordedConfig(
            lambda language: text(
                language, "case.no_test", mapping=mapping.name, name=name, hint=told(hint, language)
            )
        )
    return found[name]


def tests_of(mapping: FieldMapping) -> Iterator[Document]:
    """Yield what the tests of a mapping are given."""
    from hub.mapping.compared.effects import Document

    for test in mapping.tests:
        yield Document(test.name, test.given, test.scope)


# ---- what kept a document from being made ----------------------------------------------------


def show_faults(here: Session, chosen: Chosen, found: Sequence[Fault], *, json: bool) -> int:
    """Print why a document does not fit; return the exit code."""
    from hub.cli import reports
    from hub.cli.fault_formats import Format, Report
    from hub.flow.overlay import named

    form = Format.JSON if json else Format.HUMAN
    report = Report(tuple(map(named, found)))
    reports.show(here, report, form, source_of(chosen.bundle, chosen.mapping))
    if not json:
        here.say("preview.unfit", count=len(found))
    return 1


def show_missing(here: Session, links: Sequence[MissingLink], *, json: bool) -> int:
    """Print which links a document waits for; return the exit code."""
    rows = [
        {
            "connection": link.connection, "kind": link.kind,
            "handle": None if link.theirs else link.handle,
            "external_id": link.handle if link.theirs else None,
        }
        for link in links
    ]  # fmt: skip
    if not json:
        here.say("preview.missing", count=len(rows))
    columns = ("connection", "kind", "handle", "external_id")
    output.listing(here.language, columns, rows, json=json)
    return 3


# ---- a document in a file --------------------------------------------------------------------


def from_file(language: Language, path: Path) -> Document:
    """Return the JSON object of a file, numbers exact; `ConfigError` with its line otherwise."""
    import msgspec

    from hub.mapping.compared.effects import Document

    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        found = msgspec.json.Decoder(float_hook=Decimal).decode(data)
    except OSError as error:
        problem = error.strerror or error
        raise ConfigError(text(language, "edit.unreadable", path=path, problem=problem)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        line, column = _place(data, str(error))
        words = text(language, "case.not_json", path=path, line=line, column=column)
        raise ConfigError(words) from None
    if not isinstance(found, dict):
        raise ConfigError(text(language, "edit.not_object", path=path))
    return Document(path.as_posix(), found)


def _place(data: bytes, problem: str) -> tuple[int, int]:
    """Return line and column from 1 of where JSON ends to be JSON; its end where that is unsaid."""
    _, _, said = problem.rpartition("(byte ")
    at = int(said[:-1]) if said[:-1].isdigit() else len(data)
    before = data[:at].decode("utf-8", "replace")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
