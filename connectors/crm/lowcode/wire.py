"""The platform's shapes: records, values, pushes, the annex of a command."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from connectors.crm.lowcode.profile import Profile
from connectors.crm.lowcode.settings import LowcodeSettings
from hub import BadRequest, ConnectorError, Document, decode

#: Deeper JSON than any form makes; a push that goes deeper is refused.
MAX_DEPTH = 32

#: Words of a command's document that are no field of the form.
RESERVED = frozenset({"_id", "file", "field"})

#: A number as a number field shows it: "12" was written and 12 comes back; "0012" is a text.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?")


class Unfit(ValueError):
    """A command's document cannot be written to a form; the message says which field."""


_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(body: Mapping[str, Any]) -> bytes:
    """Return the JSON of a request; decimals become exact numbers."""
    return _encoder.encode(body)


def dig(document: Any, path: str) -> Any:
    """Return the value at a dotted path, None where there is none."""
    for name in path.split("."):
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def read_push(body: bytes) -> Mapping[str, Any]:
    """Return a push's JSON object; `BadRequest` where it is none."""
    try:
        body.decode("utf-8")
        push = decode(body)
    except UnicodeDecodeError as exc:
        raise BadRequest(f"The body is not UTF-8 at byte {exc.start}; send UTF-8.") from None
    except ConnectorError:
        raise BadRequest("The body is not JSON; send the platform's push as it is.") from None
    if not isinstance(push, Mapping):
        raise BadRequest(f"The body is a JSON {type(push).__name__}, not an object.")
    if _deeper(push, MAX_DEPTH):
        raise BadRequest(f"The body nests deeper than {MAX_DEPTH} levels.")
    return push


def _deeper(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        inner: list[Any] = []
        for item in layer:
            if isinstance(item, Mapping):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        layer = inner
    return bool(layer)


def item(record: Mapping[str, Any], settings: LowcodeSettings) -> dict[str, Any]:
    """Return a record as the mapping sees it: as it came, and `_approved` where configured."""
    rules = settings.approved_when
    if not rules:
        return dict(record)
    approved = all(text(record.get(name)) in values for name, values in rules.items())
    return {**record, "_approved": approved}


def identified(record: Any, profile: Profile) -> dict[str, Any] | None:
    """Return a record with its id as text, None where it has none; a whole number is an id too."""
    number = record.get(profile.system.id) if isinstance(record, Mapping) else None
    if isinstance(number, bool) or not isinstance(number, str | int) or number == "":
        return None
    return {**record, profile.system.id: str(number)}


def text(value: Any) -> str:
    """Return a plain value as the text a person would write; nothing is empty text."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def change_id(record: Mapping[str, Any], profile: Profile) -> str | None:
    """Return `id@modified`, which a push and a poll give alike; None where either is missing."""
    number, modified = (
        text(record.get(profile.system.id)),
        text(record.get(profile.system.modified)),
    )
    return f"{number}@{modified}" if number and modified else None


def writer(record: Mapping[str, Any], profile: Profile) -> set[str]:
    """Return every id of the user who wrote a record last; the platform gives a text or object."""
    value = record.get(profile.system.writer)
    ids = value.values() if isinstance(value, Mapping) else [value]
    return {text(one) for one in ids if isinstance(one, str | int)}


# ---- values written --------------------------------------------------------------------------


def wrap(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as they are written: `{"name": {"value": …}}`."""
    return {name: {"value": value} for name, value in values.items()}


def values_of(document: Document) -> dict[str, Any]:
    """Return the fields a command writes.

    Raises `Unfit` for a sub-form: writing one replaces all its rows.
    """
    values = {name: value for name, value in document.items() if name not in RESERVED}
    for name, value in values.items():
        if isinstance(value, Mapping) or (
            isinstance(value, list | tuple) and any(map(_is_row, value))
        ):
            raise Unfit(
                f"field {name}: a sub-form cannot be written, all its rows would be replaced;"
                " map a plain value to it"
            )
    return values


def _is_row(value: Any) -> bool:
    return isinstance(value, Mapping)


def shows(record: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Say whether a record has exactly these values; numbers by value, nothing equals empty."""
    return all(
        _comparable(record.get(name)) == _comparable(value) for name, value in values.items()
    )


def _comparable(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_comparable(one) for one in value]
    plain = unicodedata.normalize("NFC", text(value)).strip()
    return Decimal(plain) if _NUMBER.fullmatch(plain) else plain


# ---- the annex -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Annex:
    """A file to attach."""

    name: str
    media_type: str
    content: bytes

    def shown_in(self, value: Any) -> bool:
        """Say whether an attachment field, as it is read, holds a file of this name and size."""
        files = value if isinstance(value, list) else []
        return any(
            isinstance(file, Mapping)
            and text(file.get("name")) == self.name
            and text(file.get("size")) == str(len(self.content))
            for file in files
        )


def annex_of(document: Document) -> Annex:
    """Return the file of a command: `file: {name, media_type, content}`, content in Base64."""
    file = document.get("file")
    parts = file if isinstance(file, Mapping) else {}
    name, media_type, content = (parts.get(word) for word in ("name", "media_type", "content"))
    if not (isinstance(name, str) and name and isinstance(content, str)):
        raise Unfit("file: needs a name and content; map them from the rendered annex")
    try:
        raw = base64.b64decode(content, validate=True)
    except ValueError:
        raise Unfit(f"file {name}: content is not Base64; map it from the rendered annex") from None
    return Annex(name, text(media_type) or "application/octet-stream", raw)
