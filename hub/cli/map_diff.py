"""`hub map diff`: what other mapping files mean, and what would become of known documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import cases, output, session
from hub.cli.session import Json, Personal, Session
from hub.cli.texts import WordedConfig, text
from hub.errors import ConfigError, MappingError
from hub.language import told

if TYPE_CHECKING:
    from sqlalchemy import Connection as Transaction

    from hub.mapping import Bundle, FieldMapping
    from hub.mapping.compared.meaning import Differing, Document, Effects

_SHA = re.compile(r"[0-9a-f]{6,64}")
_LAST = re.compile(r"last:([1-9][0-9]{0,2}|1000)")
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
#: Documents for a mapping, of both sides where a test has them.
_Documents = Callable[["FieldMapping", "FieldMapping"], Iterator["Document"]]
#: JSON files of a folder that are looked at.
_MOST_FILES = 1_000


@dataclass(frozen=True, slots=True)
class _Found:
    """One mapping or route that differs, with what becomes of its documents."""

    differing: Differing
    effects: Effects | None
    #: File as a bundle names it → as a person does.
    files: Mapping[str, str]


def diff(
    ctx: typer.Context,
    old: Annotated[
        str | None, typer.Argument(metavar="OLD", help="Folder, file, or bundle.")
    ] = None,
    new: Annotated[
        str | None, typer.Argument(metavar="NEW", help="The same; both or neither.")
    ] = None,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="Own files against the shipped ones of their name.")
    ] = False,
    docs: Annotated[
        str | None,
        typer.Option(help="Documents to try: last:N records, or a folder; otherwise the tests."),
    ] = None,
    personal: Personal = False,
    json: Json = False,
) -> None:
    """Show what other mapping files mean, not how they are written, and which results differ.

    Without arguments: what is in force against the folder. Exit code 1 where they differ.
    """
    here = session.of(ctx)
    if (old is None) != (new is None) or (shipped and old is not None):
        raise _refused("diff.sides")
    before, after = _sides(here, old, new, shipped=shipped)
    wanted = _documents(here, docs)
    if isinstance(wanted, int):
        found = here.read(_compared_with_store, here, before, after, wanted, personal=personal,
                          own_only=shipped)  # fmt: skip
    else:
        found = _compared(before, after, wanted, personal=personal, own_only=shipped)
    for one in found:
        if json:
            output.as_json(_as_object(here, one))
        else:
            output.line("\n".join(_lines(here, one)))
    if not (found or json):
        here.say("diff.same")
    if found:
        raise typer.Exit(1)


def _refused(key: str, **values: object) -> ConfigError:
    return WordedConfig(lambda language: text(language, key, **values))


# ---- the two sides ---------------------------------------------------------------------------


def _sides(
    here: Session, old: str | None, new: str | None, *, shipped: bool
) -> tuple[Bundle, Bundle]:
    from hub.flow import checks
    from hub.mapping import load_bundle
    from hub.mapping.shipped import shipped_folder

    if old is not None and new is not None:
        return _side(here, old), _side(here, new)
    if shipped:
        return load_bundle(shipped_folder(), None, checks.schema), cases.files_of(here)
    if here.settings_for_files() is None:
        raise _refused("diff.no_hub")
    return here.read(_active), cases.files_of(here)


def _active(tx: Transaction) -> Bundle:
    from hub.flow import preview
    from hub.store import bundles

    sha = bundles.active(tx)
    if sha is None:
        raise _refused("diff.none_active")
    return preview.bundle(tx, sha)


def _side(here: Session, given: str) -> Bundle:
    """Return what a person named: a folder as the hub's own, a file over all others, a bundle."""
    from hub.flow import checks, overlay, preview
    from hub.mapping import load_bundle, read_bundle
    from hub.mapping.shipped import shipped_folder

    path = Path(given)
    if path.is_dir():
        return load_bundle(shipped_folder(), path, checks.schema)
    if path.exists():
        collected = overlay.collect(here.settings_for_files(), [path])
        if collected.faults:
            # without it the side would be whatever else has the mapping's name
            raise MappingError(faults=[overlay.named(fault) for fault in collected.faults])
        return read_bundle(collected.files, checks.schema, own=collected.own)
    if _SHA.fullmatch(given):
        return here.read(preview.bundle, given)
    raise _refused("diff.no_side", given=given)


# ---- documents -------------------------------------------------------------------------------


def _documents(here: Session, docs: str | None) -> int | _Documents:
    """Return how many records to take from the store, or what gives documents without it."""
    if docs is None:
        return _of_tests
    last = _LAST.fullmatch(docs)
    if last is not None:
        return int(last[1])
    folder = Path(docs)
    if not folder.is_dir():
        raise _refused("diff.docs", given=docs)
    files = sorted(folder.rglob("*.json"))[:_MOST_FILES]
    if not files:
        raise _refused("diff.no_docs", given=docs)
    known = {path: cases.from_file(here.language, path) for path in files}

    def of_folder(old: FieldMapping, _new: FieldMapping) -> Iterator[Document]:
        # a folder of a mapping's name holds documents for it alone
        own = [one for path, one in known.items() if old.name in path.relative_to(folder).parts]
        yield from own or known.values()

    return of_folder


def _of_tests(old: FieldMapping, new: FieldMapping) -> Iterator[Document]:
    yield from cases.tests_of(new)
    known = {(test.name, repr(test.given)) for test in new.tests}
    gone = {test.name for test in old.tests if (test.name, repr(test.given)) not in known}
    yield from (document for document in cases.tests_of(old) if document.name in gone)


def _compared_with_store(
    tx: Transaction, here: Session, before: Bundle, after: Bundle, count: int,
    *, personal: bool, own_only: bool,
) -> list[_Found]:  # fmt: skip
    from hub.flow import preview

    settings = here.settings_for_files()
    secret = preview.secret_of(settings)

    def of_store(old: FieldMapping, _new: FieldMapping) -> Iterator[Document]:
        names = preview.connections_of(settings, old)
        found = preview.latest(tx, old, count, names, settings)
        return (preview.keyed(one, secret) for one in found)

    return _compared(before, after, of_store, personal=personal, own_only=own_only)


def _compared(
    before: Bundle, after: Bundle, documents: _Documents, *, personal: bool, own_only: bool
) -> list[_Found]:
    from hub.mapping.compared.meaning import difference, over_documents

    files = {**_named(before), **_named(after)}
    found = []
    for one in difference(before, after).found:
        if own_only and one.kind == "added":
            continue
        effects = None
        if one.what == "mapping" and one.kind == "changed":
            old, new = before.mappings[one.name], after.mappings[one.name]
            tried = documents(old, new)
            effects = over_documents(old, new, tried, personal=personal)
        found.append(_Found(one, effects, files))
    return found


def _named(bundle: Bundle) -> dict[str, str]:
    from hub.flow import overlay

    places = {one.file: one.place for one in bundle.mappings.values()}
    places.update({one.file: one.place for one in bundle.routes.values()})
    places.update({one.file: one.place for one in bundle.gates.values()})
    places.update({one.file: one.place for one in bundle.watches.values()})
    places.update({one.file: one.place for one in bundle.documents.values()})
    places.update({one.file: one.place for one in bundle.reconciliations.values()})
    return {name: overlay.known_as(place.file) for name, place in places.items()}


# ---- showing ---------------------------------------------------------------------------------


def _lines(here: Session, found: _Found) -> Iterator[str]:
    one = found.differing
    yield f"{_SIGNS[one.kind]} {here.text(f'apply.{one.what}', name=one.name)}"
    for change in one.changes:
        name = f"let {change.name}" if change.part == "let" else change.name
        yield f"    {_SIGNS[change.kind]} {name}"
        for sign, rule in (("-", change.old), ("+", change.new)):
            if rule is not None:
                file = found.files.get(rule.place.file, rule.place.file)
                yield output.clean(f"        {sign} {rule.text}    {file}:{rule.place.line}")
    if one.same_version:
        yield f"    {here.text('diff.version')}"
    if found.effects is not None and found.effects.documents:
        yield from _effect_lines(here, found.effects)


def _effect_lines(here: Session, effects: Effects) -> Iterator[str]:
    counts = {"documents": effects.documents, "changed": effects.changed}
    yield f"    {here.text('diff.effects', **counts)}"
    for effect in effects.fields:
        yield f"        {effect.target}  ×{effect.documents}"
        for sample in effect.samples:
            old, new = told(sample.old, here.language), told(sample.new, here.language)
            yield f"            {sample.document}  {sample.target}: {old} → {new}"


def _as_object(here: Session, found: _Found) -> dict[str, Any]:
    from hub.mapping.compared.difference_data import as_data

    one = found.differing
    effects = None if found.effects is None else asdict(found.effects)
    for effect in effects["fields"] if effects else ():
        for sample in effect["samples"]:
            sample.update({side: told(sample[side], here.language) for side in ("old", "new")})
    return {**as_data(one, lambda file: found.files.get(file, file)), "effects": effects}
