"""Qimen's XML: reading it without trust, writing it in the order strict peers expect.

Read documents become plain data in the vendor's names. A list is always a list, also with one
entry or none: `<orderLines><orderLine>…</orderLine></orderLines>` is `orderLines: [{…}]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

#: Name of a list → name of its entries, over all documents of the protocol.
LISTS: Mapping[str, str] = {
    "batchs": "batch",
    "criteriaList": "criteria",
    "deliveryOrders": "deliveryOrder",
    "invoices": "invoice",
    "items": "item",
    "orderLines": "orderLine",
    "packageMaterialList": "packageMaterial",
    "packages": "package",
    "processes": "process",
    "relatedOrders": "relatedOrder",
    "snList": "sn",
}

#: Elements inside elements; the deepest document of the protocol has eight.
MAX_DEPTH = 24

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
#: What XML 1.0 cannot hold, not even as a character reference.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class WireError(ValueError):
    """The bytes are no document of this protocol."""


class _ShallowBuilder(TreeBuilder):
    """Refuses a document that is nested too deeply, while it is being read."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        """Open one element."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise WireError(f"nested more than {MAX_DEPTH} elements deep")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """Close one element."""
        self._depth -= 1
        return super().end(tag)


def parse(body: bytes) -> tuple[str, dict[str, Any]]:
    """Return the root's name and its content.

    `WireError` for what is no well-formed XML, holds a document type or entities, or is nested
    too deeply. Attributes are not part of the protocol and are passed over.
    """
    parser = DefusedXMLParser(target=_ShallowBuilder(), forbid_dtd=True)
    try:
        parser.feed(body)
        root: Element = parser.close()
    except DefusedXmlException:
        raise WireError("holds a document type or an entity, which this protocol has not") from None
    except ParseError as exc:
        line, column = exc.position
        raise WireError(f"is no well-formed XML (line {line}, column {column + 1})") from None
    except (LookupError, UnicodeError):
        raise WireError("is in an encoding that cannot be read; send UTF-8") from None
    except ValueError as exc:
        if isinstance(exc, WireError):
            raise
        raise WireError("is in an encoding that cannot be read; send UTF-8") from None
    content = _value(root)
    return root.tag, content if isinstance(content, dict) else {}


def _value(element: Element) -> Any:
    if element.tag in LISTS:
        entry = LISTS[element.tag]
        return [_value(child) for child in element if child.tag == entry]
    if len(element) == 0:
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    repeated: set[str] = set()
    for child in element:
        value = _value(child)
        if child.tag not in found:
            found[child.tag] = value
        elif child.tag in repeated:
            found[child.tag].append(value)
        else:
            repeated.add(child.tag)
            found[child.tag] = [found[child.tag], value]
    return found


def text_of(document: Mapping[str, Any], *path: str) -> str:
    """Return the text at a path, empty where there is none."""
    value: Any = document
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def objects_of(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list, none where there is no such list."""
    value = document.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def write(
    root: str, content: Mapping[str, Any], order: Mapping[str, Sequence[str]] | None = None
) -> bytes:
    """Return the document as UTF-8, ready to be signed and sent as it is.

    `order` names, per element, the children that come first and in which order; others follow as
    they stand. Nothing is written for None and for empty text. Characters that XML cannot hold
    become blanks. `WireError` for names and values that have no XML form.
    """
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return (head + _element(root, content, order or {}, root)).encode("utf-8")


def _element(name: str, value: Any, order: Mapping[str, Sequence[str]], path: str) -> str:
    if not _NAME.fullmatch(name):
        raise WireError(f"{path}: {name!r} is no element name")
    inner = _inner(name, value, order, path)
    return f"<{name}>{inner}</{name}>" if inner else ""


def _inner(name: str, value: Any, order: Mapping[str, Sequence[str]], path: str) -> str:
    match value:
        case None:
            return ""
        case Mapping():
            names = _ordered(value, order.get(name, ()))
            return "".join(_element(n, value[n], order, f"{path}.{n}") for n in names)
        case list() | tuple():
            entry = LISTS.get(name)
            if entry is None:
                raise WireError(f"{path}: the protocol has no list of that name")
            return "".join(
                _element(entry, item, order, f"{path}[{n}]") for n, item in enumerate(value, 1)
            )
        case _:
            return escape(_text(value, path), {"\r": "&#13;"})


def _ordered(value: Mapping[str, Any], first: Sequence[str]) -> list[str]:
    known = [name for name in first if name in value]
    return known + [name for name in value if name not in first]


def _text(value: Any, path: str) -> str:
    match value:
        case str():
            return _NOT_IN_XML.sub(" ", value)
        case bool():
            raise WireError(f"{path}: a truth value has no form in this protocol; map it to Y or N")
        case int():
            return str(value)
        case Decimal() if value.is_finite():
            return format(value, "f")
        case _:
            raise WireError(f"{path}: {type(value).__name__} has no form in this protocol")
