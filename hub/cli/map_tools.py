"""`hub map preview`, `explain`, `diff`, `new` and `copy`: mappings looked at, begun, taken over."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli import cases, map_copy, map_diff, map_explain, map_new, output, session
from hub.cli.cases import Asked, Chosen, Doc, Map, Number, OfDelivery, OfTest
from hub.cli.session import Json, Personal, Session

app = typer.Typer()
app.command()(map_explain.explain)
app.command()(map_diff.diff)
app.command()(map_new.new)
app.command()(map_copy.copy)


@app.command()
def preview(
    ctx: typer.Context,
    name: Map,
    doc: Doc = None,
    number: Number = None,
    delivery: OfDelivery = None,
    test: OfTest = None,
    back: Annotated[
        bool, typer.Option("--back", help="The way back of a two-way mapping.")
    ] = False,
    personal: Personal = False,
    json: Json = False,
) -> None:
    """Map a document and show what comes of it; nothing is stored or sent.

    Exit code 1 where the document does not fit, 3 where it needs links nobody has written.
    """
    here = session.of(ctx)
    told = cases.work_on(
        here, name, Asked(doc, number, delivery, test),
        lambda chosen: _previewed(here, chosen, personal=personal, json=json), back=back,
    )  # fmt: skip
    if json:
        output.as_json(told)
    elif not told["applies"]:
        here.say("preview.skipped", given=told["given"], mapping=name)
    else:
        output.fields({word: told[word] for word in ("key", "lane")})
        output.line(output.pretty(told["document"]))
        if not personal:
            here.say("masked")


def _previewed(here: Session, chosen: Chosen, *, personal: bool, json: bool) -> dict[str, Any]:
    from hub.cli import masking
    from hub.mapping import LinksMissing, MappingFault

    mapping, data, scope = chosen.mapping, chosen.given.data, chosen.given.scope
    told: dict[str, Any] = {"mapping": mapping.name, "given": chosen.given.name}
    try:
        if not mapping.applies(data, scope):
            return {**told, "applies": False, "key": None, "lane": None, "document": None}
        document: Any = mapping.apply(data, scope)
        key, lane = mapping.key(data, scope), mapping.lane(data, scope)
    except MappingFault as fault:
        raise typer.Exit(cases.show_faults(here, chosen, fault.faults, json=json)) from None
    except LinksMissing as missing:
        raise typer.Exit(cases.show_missing(here, missing.links, json=json)) from None
    if not personal:
        document = masking.made(mapping, document)
        key, lane = masking.handle(mapping, "key", key), masking.handle(mapping, "lane", lane)
    return {**told, "applies": True, "key": key, "lane": lane, "document": document}
