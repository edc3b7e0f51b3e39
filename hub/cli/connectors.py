"""`hub connector`: the installed products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import output, session
from hub.cli.session import Json, Session
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.connector import Connector, FieldSpec

app = typer.Typer(name="connector", no_args_is_help=True, help="Connectors: what can be connected.")

_STREAM = ("name", "title", "title_zh", "polled")
_FIELD = ("name", "type", "required", "personal")
_OPERATION = ("name", "title", "title_zh", "idempotency", "on_revision", "on_revoke", "read_back")


@app.command("list")
def list_connectors(ctx: typer.Context, json: Json = False) -> None:
    """List the installed connectors."""
    from hub import registry

    here = session.of(ctx)
    rows = [_line(here, name) for name in registry.names()]
    output.listing(here.language, ("name", "title", "value"), rows, json=json)


def _line(here: Session, name: str) -> dict[str, Any]:
    from hub import registry
    from hub.connector import capabilities

    try:
        connector = registry.load(name)
    except ConfigError as error:
        return {"name": name, "title": here.text("connector.broken"), "value": str(error)}
    title = connector.spec.title_zh if here.language == "zh" else connector.spec.title
    return {"name": name, "title": title, "value": capabilities(connector)}


@app.command()
def describe(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the connector.")],
    json: Json = False,
) -> None:
    """Show what a connector can and cannot do, its settings, and the fields of its documents."""
    from hub import registry

    here = session.of(ctx)
    told = described(registry.load(name))
    if json:
        output.as_json(told)
        return
    chinese = here.language == "zh"
    output.line(f"{told['name']}  {told['title_zh'] if chinese else told['title']}")
    output.line(f"{here.text('connector.capabilities')}: {', '.join(told['capabilities'])}")
    for words in (chinese and told["cannot_zh"]) or told["cannot"]:
        output.line(f"{here.text('connector.cannot')}: {words}")
    for part, columns in (
        ("streams", ("name", "title", "polled")),
        ("operations", ("name", "title", "idempotency")),
        ("settings", ("name", "type", "required", "secret", "default")),
    ):
        output.line(f"\n{here.text(f'connector.{part}')}")
        rows = [_shown(row, chinese=chinese) for row in told[part]]
        output.listing(here.language, columns, rows, json=False)
    for one in (*told["streams"], *told["operations"]):
        if one["fields"]:
            output.line(f"\n{here.text('connector.fields', name=one['name'])}")
            output.listing(here.language, _FIELD, one["fields"], json=False)


def _shown(row: Mapping[str, Any], *, chinese: bool) -> dict[str, Any]:
    title = (chinese and row.get("title_zh")) or row.get("title")
    default = row.get("default")
    # as it is written in the settings, in any language
    written = str(default).lower() if isinstance(default, bool) else default
    return {**row, "title": title, "default": written}


def described(connector: type[Connector]) -> dict[str, Any]:
    """Return a connector's account of itself as plain data."""
    from hub.connector import capabilities

    spec = connector.spec
    return {
        "name": spec.name,
        "title": spec.title,
        "title_zh": spec.title_zh,
        "capabilities": capabilities(connector),
        "cannot": list(spec.cannot),
        "cannot_zh": list(spec.cannot_zh),
        "streams": [
            {name: getattr(one, name) for name in _STREAM}
            | {"fields": list(_fields(one.fields, ""))}
            for one in spec.streams
        ],
        "operations": [
            {name: str(getattr(one, name)) for name in _OPERATION}
            | {"options": {name: list(values) for name, values in one.options.items()}}
            | {"fields": list(_fields(one.fields, ""))}
            for one in spec.operations
        ],
        "settings": _settings(connector),
        "zone": spec.zone,
    }


def _fields(fields: Mapping[str, FieldSpec], above: str) -> Iterator[dict[str, Any]]:
    """Yield each field by its path, `[]` behind the name of a list, and what is inside it."""
    for name, field in fields.items():
        path = f"{above}{name}"
        yield {
            "name": path, "type": field.type, "required": field.required,
            "personal": field.personal, "title": field.title,
        }  # fmt: skip
        yield from _fields(field.fields, f"{path}{'[]' if field.type == 'list' else ''}.")


def _settings(connector: type[Connector]) -> list[dict[str, Any]]:
    from hub.settings import is_secret

    model = connector.Settings
    properties = model.model_json_schema()["properties"]
    found = []
    for name, field in model.model_fields.items():
        word = field.alias or name
        secret = is_secret(model, (word,))
        default = None if secret or field.is_required() else properties[word].get("default")
        found.append(
            {
                "name": word,
                "type": _type(properties[word]),
                "required": field.is_required(),
                "secret": secret,
                "default": default,
            }
        )
    return found


def _type(schema: dict[str, Any]) -> str:
    """Return a JSON Schema type in a word or two."""
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        kinds = (_type(one) for one in schema["anyOf"])
        return " | ".join(dict.fromkeys(kind for kind in kinds if kind != "null"))
    return str(schema.get("type", "object"))


@app.command()
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name in small letters, such as acme_erp.")],
    kind: Annotated[str, typer.Option(help="crm, erp, wms, finance, im, credit, rates or files.")],
) -> None:
    """Write a connector that works, with its simulator and tests, to be changed into yours."""
    from hub.testing.skeleton import write_skeleton

    here = session.of(ctx)
    made = write_skeleton(name, kind, Path.cwd())
    folder = next(path.parent for path in made.files if path.name == "connector.py")
    here.say("connector.written", count=len(made.files), folder=folder)
    if not made.registered:
        here.say("connector.register", line=made.entry_point)
    here.say("connector.test", path=made.test)
