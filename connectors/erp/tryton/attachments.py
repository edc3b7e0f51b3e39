"""Operation `attach_document`: put a file on a sale.

Tryton takes the same name twice, so what stands there is looked for first: by the id of what an
earlier revision made, which takes the new name and content, else by sale and name.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from connectors.erp.tryton.promise import refused
from connectors.erp.tryton.rpc import Rpc
from hub import Action, Command, Document, Found, Receipt

_MODEL = "ir.attachment"
_OURS = re.compile(re.escape(_MODEL) + r",([1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class File:
    """The document of the operation, checked."""

    sale_id: int
    name: str
    content: bytes

    @property
    def resource(self) -> str:
        """Return the sale as Tryton writes references."""
        return f"sale.sale,{self.sale_id}"

    @property
    def values(self) -> dict[str, Any]:
        """Return the fields of the attachment."""
        return {"resource": self.resource, "name": self.name, "data": self.content}


def file_of(command: Command) -> File:
    """Return the command's file; `rejected` naming the field that cannot be read."""
    document = command.document
    sale_id, name = _named(document)
    try:
        content = base64.b64decode(str(document.get("content_base64") or ""), validate=True)
    except ValueError:
        raise refused("content_base64 is no base64") from None
    return File(sale_id, name, content)


def _named(document: Document) -> tuple[int, str]:
    sale_id, name = str(document.get("sale_id") or ""), str(document.get("name") or "")
    if not sale_id.isdecimal():
        raise refused(f"sale_id is {sale_id!r}, not the id add_commitment gave")
    if not name:
        raise refused("name is empty")
    return int(sale_id), name


async def deliver(rpc: Rpc, command: Command) -> Receipt:
    """Attach the file, let it take the place of the one before, or remove it."""
    if command.action is Action.CANCEL:
        return await _remove(rpc, command)
    file = file_of(command)
    standing = await _standing(rpc, command)
    if standing is None:
        (made,) = await rpc.change(_MODEL, "create", [{**file.values, "type": "data"}])
        return Receipt(external_id=_reference(made))
    changed = {name: value for name, value in file.values.items() if standing[name] != value}
    if changed:
        await rpc.change(_MODEL, "write", [standing["id"]], changed)
    return Receipt(external_id=_reference(standing["id"]), already=not changed)


async def _remove(rpc: Rpc, command: Command) -> Receipt:
    standing = await _standing(rpc, command)
    if standing is not None:
        await rpc.change(_MODEL, "delete", [standing["id"]])
    return Receipt(external_id=command.external_id, already=standing is None)


async def found(rpc: Rpc, command: Command) -> Found | None:
    """Return the file as it stands; mine when sale, name and bytes are ours."""
    standing = await _standing(rpc, command)
    if command.action is Action.CANCEL:
        return Found(mine=standing is None, external_id=command.external_id)
    if standing is None:
        return None
    values = file_of(command).values
    return Found(
        mine=all(standing[name] == value for name, value in values.items()),
        external_id=_reference(standing["id"]),
        document=_document(standing),
    )


async def _standing(rpc: Rpc, command: Command) -> dict[str, Any] | None:
    """Return the attachment the command is about: the one it made before, else that of its name."""
    made = _OURS.fullmatch(command.external_id or "")
    if made is not None:
        row = await _first(rpc, [["id", "=", int(made[1])]])
        if row is not None or command.action is Action.CANCEL:
            return row
    sale_id, name = _named(command.document)
    return await _first(rpc, [["resource", "=", f"sale.sale,{sale_id}"], ["name", "=", name]])


async def _first(rpc: Rpc, domain: list[Any]) -> dict[str, Any] | None:
    rows: list[dict[str, Any]] = await rpc.call(
        _MODEL, "search_read", domain, 0, 1, [["id", "ASC"]], ["resource", "name", "data"]
    )
    return rows[0] if rows else None


def _document(standing: dict[str, Any]) -> Document:
    _, _, sale_id = str(standing["resource"]).partition(",")
    text = base64.b64encode(standing["data"] or b"").decode("ascii")
    return {"sale_id": int(sale_id), "name": standing["name"], "content_base64": text}


def _reference(attachment: int) -> str:
    return f"{_MODEL},{attachment}"
