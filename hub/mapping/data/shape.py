"""What a document may hold: the one form of record models and connectors' field specs."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from hub.records import Record

#: Types of fields, as connectors and mappings name them; connectors have `file` too.
TYPES = ("text", "integer", "decimal", "boolean", "date", "datetime", "list", "object")
#: Kinds of personal data a mapping may mark a field with.
PERSONAL_KINDS = ("name", "phone", "id_card", "email", "bank", "address", "other")


@dataclass(frozen=True, slots=True)
class Shape:
    """One field, or a whole document (`type` object)."""

    type: str = "text"
    required: bool = False
    #: Kind of personal data it holds, such as `phone`; empty: none.
    personal: str = ""
    #: Fields of an object, or of each item of a list; empty when nothing is known of them.
    fields: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def holds_personal(self) -> bool:
        """Return whether anything in it is personal."""
        return bool(self.first_personal)

    @property
    def first_personal(self) -> str:
        """Return the kind of the first personal value in it; empty where nothing is personal."""
        inside = (one.first_personal for one in self.fields.values())
        return self.personal or next((kind for kind in inside if kind), "")

    @property
    def single(self) -> bool:
        """Return whether it is one value: neither list nor object."""
        return self.type not in {"list", "object"}


_TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    Decimal: "decimal",
    datetime: "datetime",
    date: "date",
}


def of_record(model: type[Record]) -> Shape:
    """Return the shape of a record kind."""
    return Shape("object", fields=_fields(model, model.personal, ""))


def of_fields(fields: Mapping[str, Any]) -> Shape:
    """Return the shape of a stream's or operation's fields (`.type .required .fields`)."""
    return Shape("object", fields={name: _of_spec(spec) for name, spec in fields.items()})


def _of_spec(spec: Any) -> Shape:
    fields = {name: _of_spec(inner) for name, inner in spec.fields.items()}
    personal = getattr(spec, "personal", None) or ""
    return Shape(spec.type, bool(spec.required), personal, fields)


def _fields(model: type[BaseModel], personal: Mapping[str, str], path: str) -> dict[str, Shape]:
    return {
        name: _of_annotation(info.annotation, info.is_required(), personal, f"{path}{name}")
        for name, info in model.model_fields.items()
    }


def _of_annotation(
    annotation: Any, required: bool, personal: Mapping[str, str], path: str
) -> Shape:
    bare = _bare(annotation)
    marked = personal.get(path, "")
    if get_origin(bare) in {tuple, list}:
        item = _bare(get_args(bare)[0])
        return Shape("list", required, marked, _inner(item, personal, path))
    inner = _inner(bare, personal, path)
    return Shape("object" if inner else _TYPES.get(bare, "text"), required, marked, inner)


def _inner(bare: Any, personal: Mapping[str, str], path: str) -> dict[str, Shape]:
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return _fields(bare, personal, f"{path}.")
    return {}


def _bare(annotation: Any) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return _bare(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation
