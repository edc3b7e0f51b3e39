"""Printing what `hub map check` and `hub map test` found."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hub.cli import fault_formats, output, session
from hub.cli.fault_formats import Format, Report, Source
from hub.cli.session import Session
from hub.errors import StoreError
from hub.language import Language, told

if TYPE_CHECKING:
    from hub.flow.overlay import Overlay
    from hub.mapping import FieldMapping
    from hub.mapping.examples.coverage import Part
    from hub.mapping.examples.inline import Result
    from hub.settings import Settings


def source_of(chosen: Overlay) -> Source:
    """Return what gives the text of each file of an overlay, and of no other file."""
    from hub.flow.overlay import known_as

    known = {known_as(name): data for name, data in chosen.files.items()}

    def read(file: str) -> str | None:
        data = known.get(file)
        try:
            return None if data is None else data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None

    return read


def show(here: Session, report: Report, form: Format, source: Source) -> None:
    """Print all that was found in one form."""
    language = here.language
    match form:
        case Format.JSON:
            output.faults(report.all(), language)
        case Format.GITHUB:
            for fault in report.all():
                output.line(fault_formats.annotation(fault, language))
        case Format.JUNIT:
            output.line(fault_formats.junit(report, language, source))
        case Format.HUMAN:
            for fault in report.all():
                output.line("\n".join(fault_formats.frame(fault, source(fault.file), language)))
                output.line()


def show_failures(here: Session, results: Iterable[Result]) -> None:
    """Print each test that failed: what kept it from being compared, or the fields that differ."""
    from hub.flow.overlay import named

    for result in results:
        if not result.faults:
            continue
        first = named(result.faults[0])
        title = here.text("map.test_failed", test=result.test.name, mapping=result.mapping)
        output.line(f"{first.where}  {first.code} {title}")
        for problem in result.problems:
            output.line(f"   {told(problem, here.language)}")
        if result.differences:
            _show_differences(here, result)
        output.line()


def _show_differences(here: Session, result: Result) -> None:
    rows = [tuple(here.text(f"map.{name}") for name in ("field", "expected", "got"))]
    rows += [
        (one.field, _value(one.expected, here.language), _value(one.got, here.language))
        for one in result.differences
    ]
    wide = [max(fault_formats.width(row[at]) for row in rows) for at in (0, 1)]
    for field, expected, got in rows:
        output.line(f"   {_filled(field, wide[0])}   {_filled(expected, wide[1])}   {got}")


def _filled(words: str, width: int) -> str:
    return words + " " * (width - fault_formats.width(words))


def _value(value: Any, language: Language) -> str:
    """Return a value of a test whole: its data are made up, and a person compares them."""
    import msgspec

    from hub.mapping.data.values import MISSING, shown

    if value is None or value is MISSING:
        return told(shown(value), language)
    if isinstance(value, Decimal):
        return str(value)
    return output.clean(msgspec.json.encode(value, enc_hook=str).decode())


def show_coverage(
    here: Session, mappings: Iterable[FieldMapping], chosen: Overlay, form: Format
) -> None:
    """Print the rules and table entries no test touches, and how many are; JUnit has no place."""
    from hub.mapping.examples.coverage import coverage
    from hub.yamlreader import parse

    parts: list[Part] = []
    for mapping in mappings:
        root = parse(chosen.files[mapping.file], mapping.file).root
        parts += coverage(mapping, root) if root is not None else ()
    untouched = [part for part in parts if not part.touched]
    if form is Format.HUMAN and untouched:
        here.say("map.untouched")
    for part in untouched:
        _show_untouched(here, part, form)
    if form is Format.HUMAN:
        counts = {
            f"{name}{kind}": sum(one.kind == kind and (one.touched or not name) for one in parts)
            for kind in ("rule", "entry")
            for name in ("touched_", "")
        }
        here.say("map.coverage", **counts)


def _show_untouched(here: Session, part: Part, form: Format) -> None:
    from hub.flow.overlay import known_as

    what = here.text(f"map.{part.kind}")
    file, line, column = known_as(part.place.file), part.place.line, part.place.column
    match form:
        case Format.HUMAN:
            output.line(f"   {file}:{line}:{column}  {what} {part.name}")
        case Format.JSON:
            output.as_json({
                "untouched": part.kind, "name": part.name,
                "file": file, "line": line, "column": column,
            })  # fmt: skip
        case Format.GITHUB:
            title = here.text("map.not_tested")
            place: dict[str, str | int] = {
                "file": file, "line": line, "col": column, "title": title,
            }  # fmt: skip
            output.line(fault_formats.workflow("notice", place, f"{what} {part.name}"))


def repairable(report: Report, source: Source) -> bool:
    """Return whether `--fix` mends any of it in the files that were asked about."""
    from hub.mapping.writing.fixes import fixed

    texts = ((file, source(file)) for file in report.files)
    return any(
        text is not None and fixed(text, faults) != text
        for file, text in texts
        if (faults := [fault for fault in report.faults if fault.file == file])
    )


def show_change(file: str, old: bytes, new: bytes, form: Format) -> None:
    """Print how a file changes, apart from what a program reads."""
    before, after = (data.decode("utf-8-sig").splitlines() for data in (old, new))
    for line in difflib.unified_diff(before, after, file, file, lineterm="", n=1):
        output.line(line, error=form is not Format.HUMAN)


def in_force(here: Session, settings: Settings) -> str | None:
    """Return the bundle a hub works with, as far as a file on this machine tells."""
    from hub.store import bundles

    path = session.sqlite_path(settings.store)
    if path is None or not path.exists():
        return None
    try:
        with session.reading(settings.store, here.language) as store:
            return store.read_now(bundles.active)
    except StoreError:
        return None
