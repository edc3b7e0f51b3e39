"""Operation `attach_document`: put a file on a sale.

Tryton takes the same name twice, so it is searched by sale and name first.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from connectors.erp.tryton.promise import refused
from connectors.erp.tryton.rpc import Rpc
from hub import Action, Command, Document, Found, Receipt

_MODEL = "ir.attachment"


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


def file_of(command: Command) -> File:
    """Return the command's file; `rejected` naming the field that cannot be read."""
    document = command.document
    sale_id, name = str(document.get("sale_id") or ""), str(document.get("name") or "")
    if not sale_id.isdecimal():
        raise refused(f"sale_id is {sale_id!r}, not the id add_commitment gave")
    if not name:
        raise refused("name is empty")
    try:
        content = base64.b64decode(str(document.get("content_base64") or ""), validate=True)
    except ValueError:
        raise refused("content_base64 is no base64") from None
    return File(int(sale_id), name, content)


async def deliver(rpc: Rpc, command: Command) -> Receipt:
    """Attach the file, replace it where it differs, or remove it."""
    file = file_of(command)
    standing = await _read(rpc, file)
    if command.action is Action.CANCEL:
        if standing:
            await rpc.change(_MODEL, "delete", [standing["id"]])
        return Receipt(external_id=command.external_id, already=standing is None)
    if standing is None:
        values = {"resource": file.resource, "name": file.name, "type": "data"}
        (made,) = await rpc.change(_MODEL, "create", [{**values, "data": file.content}])
        return Receipt(external_id=_reference(made))
    same = standing["data"] == file.content
    if not same:
        await rpc.change(_MODEL, "write", [standing["id"]], {"data": file.content})
    return Receipt(external_id=_reference(standing["id"]), already=same)


async def found(rpc: Rpc, command: Command) -> Found | None:
    """Return the file as it stands; mine when its bytes are ours."""
    file = file_of(command)
    standing = await _read(rpc, file)
    if command.action is Action.CANCEL:
        return Found(mine=standing is None, external_id=command.external_id)
    if standing is None:
        return None
    return Found(
        mine=standing["data"] == file.content,
        external_id=_reference(standing["id"]),
        document=_document(file, standing["data"]),
    )


async def _read(rpc: Rpc, file: File) -> dict[str, Any] | None:
    domain = [["resource", "=", file.resource], ["name", "=", file.name]]
    rows: list[dict[str, Any]] = await rpc.call(
        _MODEL, "search_read", domain, 0, 1, [["id", "ASC"]], ["data"]
    )
    return rows[0] if rows else None


def _document(file: File, content: bytes | None) -> Document:
    text = base64.b64encode(content or b"").decode("ascii")
    return {"sale_id": file.sale_id, "name": file.name, "content_base64": text}


def _reference(attachment: int) -> str:
    return f"{_MODEL},{attachment}"
