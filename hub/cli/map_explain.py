"""`hub map explain`: how each value came about, word by word, with the line that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import cases, output, session
from hub.cli.cases import Asked, Chosen, Doc, Map, Number, OfDelivery, OfTest
from hub.cli.explained import Block, as_object, blocks_of, lines, plain, where
from hub.cli.session import Json, Session
from hub.cli.texts import WordedConfig, text
from hub.language import told

if TYPE_CHECKING:
    from hub.mapping import Bundle, FieldMapping
    from hub.mapping.outline import Filled
    from hub.mapping.running.trace import Explanation
    from hub.yamlfile import Node


def explain(
    ctx: typer.Context,
    name: Map,
    field: Annotated[
        str | None,
        typer.Argument(metavar="FIELD", help="Target field, such as lines.qty or lines[0].qty."),
    ] = None,
    doc: Doc = None,
    number: Number = None,
    delivery: OfDelivery = None,
    test: OfTest = None,
    personal: Annotated[
        bool,
        typer.Option("--personal", help="List what the rules decide about personal data instead."),
    ] = False,
    unused: Annotated[
        bool,
        typer.Option("--unused", help="List source fields no rule reads, and names nobody uses."),
    ] = False,
    json: Json = False,
) -> None:
    """Show how each target field came about: what was read, changed and looked up, and where.

    With --delivery by the files it was mapped with, beside what was stored to be sent.
    Exit code 1 where the document does not fit, 3 where it needs links nobody has written.
    """
    here = session.of(ctx)
    if personal or unused:
        bundle = cases.files_of(here)
        mapping = cases.mapping_of(bundle, name)
        if personal:
            _list_decisions(here, bundle, mapping, json=json)
        if unused:
            _list_unused(here, bundle, mapping, json=json)
        return
    code = cases.work_on(
        here, name, Asked(doc, number, delivery, test),
        lambda chosen: _explained(here, chosen, field, json=json),
        as_mapped=True,
    )  # fmt: skip
    if code:
        raise typer.Exit(code)


def _explained(here: Session, chosen: Chosen, field: str | None, *, json: bool) -> int:
    """Print the explanation; return the exit code."""
    from hub.mapping import MappingFault

    mapping, given = chosen.mapping, chosen.given
    _check_same_mapping(chosen)
    if field is not None:
        _check_field(field, _filled(chosen.bundle, mapping))
    try:
        applies = mapping.applies(given.data, given.scope)
    except MappingFault as fault:
        return cases.show_faults(here, chosen, fault.faults, json=json)
    explanation = mapping.explain(given.data, given.scope)
    blocks = list(blocks_of(chosen, explanation, field))
    for block in blocks:
        if json:
            output.as_json(as_object(block, here.language))
        else:
            output.line("\n".join(lines(here, block)))
    if not (blocks or json):
        here.say("explain.nothing", field=field or mapping.name)
    if not (applies or json):
        here.say("preview.skipped", given=given.name, mapping=mapping.name)
    if chosen.sent is not None and not json:
        _say_how_it_was_sent(here, chosen, blocks)
    return _end(here, chosen, explanation, json=json)


def _check_same_mapping(chosen: Chosen) -> None:
    sent, name = chosen.sent, chosen.mapping.name
    if sent is not None and sent.mapping != name:
        raise WordedConfig(
            lambda language: text(
                language, "explain.other", given=sent.given.name, name=name,
                mapping=sent.mapping or "-",
            )
        )  # fmt: skip


def _root(bundle: Bundle, mapping: FieldMapping) -> Node | None:
    from hub.yamlreader import parse

    return parse(bundle.files[mapping.file], mapping.place.file).root


def _filled(bundle: Bundle, mapping: FieldMapping) -> Sequence[Filled]:
    from hub.mapping.outline import filled

    return filled(_root(bundle, mapping))


def _check_field(field: str, known: Sequence[Filled]) -> None:
    from hub.nearest import nearest

    names = {plain(one.target) for one in known}
    if plain(field) not in names:
        hint = nearest(plain(field), names)
        raise WordedConfig(
            lambda language: text(
                language, "explain.no_field", field=field, hint=told(hint, language)
            )
        )


# ---- showing ---------------------------------------------------------------------------------


def _say_how_it_was_sent(here: Session, chosen: Chosen, blocks: Sequence[Block]) -> None:
    if chosen.sent is None or chosen.sent.document is None:
        here.say("explain.not_stored")
        return
    others = sum(block.same is False for block in blocks)
    if others:
        here.say("explain.others", count=others)


def _end(here: Session, chosen: Chosen, explanation: Explanation, *, json: bool) -> int:
    """Print what kept the document from being made; return the exit code."""
    if explanation.faults:
        return cases.show_faults(here, chosen, explanation.faults, json=json)
    if explanation.missing:
        return cases.show_missing(here, explanation.missing, json=json)
    return 0


def _list_decisions(here: Session, bundle: Bundle, mapping: FieldMapping, *, json: bool) -> None:
    from hub.mapping.outline import decisions

    found = decisions(_root(bundle, mapping))
    for one in found:
        if json:
            output.as_json({
                "target": one.target, "word": one.word, "says": one.says,
                "file": one.place.file, "line": one.place.line, "column": one.place.column,
            })  # fmt: skip
        else:
            output.line(f"{one.target}  {one.word}: {one.says}  {where(one.place)}")
    if not (found or json):
        here.say("nothing")


def _list_unused(here: Session, bundle: Bundle, mapping: FieldMapping, *, json: bool) -> None:
    from hub.cli import reports
    from hub.cli.fault_formats import Format, Report
    from hub.flow.overlay import named

    found = [
        named(fault)
        for fault in bundle.warnings
        if fault.file == mapping.place.file and fault.code in {"W101", "W102"}
    ]
    source = cases.source_of(bundle, mapping)
    form = Format.JSON if json else Format.HUMAN
    reports.show(here, Report(tuple(found)), form, source)
    if not (found or json):
        here.say("nothing")
