"""What a file is, by its content; its name tells nothing."""

from __future__ import annotations

from hub.documents.reading.refusals import Looks, Refusal
from hub.documents.reading.seen import Kind

#: How far into a file its header may stand; readers of PDFs allow for so much junk before it.
_HEAD = 1024
_PICTURES = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*",
    b"II+\0", b"MM\0+",
)  # fmt: skip
_PACKED: tuple[tuple[bytes, Looks], ...] = (
    (b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx"), (b"OFD.xml", "ofd"),
)  # fmt: skip
_HEIC = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")


def kind_of(content: bytes) -> Kind:
    """Return what a file is; `Refusal` with what it looks like where it cannot be read."""
    if not content:
        raise Refusal("E_DOC_EMPTY")
    if content.startswith(_PICTURES) or (content[:4], content[8:12]) == (b"RIFF", b"WEBP"):
        return "image"
    if looks := _known(content):
        raise Refusal("E_DOC_NOT_READABLE", looks)
    if b"%PDF-" in content[:_HEAD]:
        return "pdf"
    raise Refusal("E_DOC_NOT_READABLE", "text" if _is_text(content[:_HEAD]) else "data")


def _known(content: bytes) -> Looks | None:
    if content.startswith((b"PK\3\4", b"PK\5\6")):
        return next((looks for name, looks in _PACKED if name in content), "zip")
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if content.startswith((b"Rar!", b"7z\xbc\xaf")):
        return "rar"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        return "heic"
    return _marked_up(content[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower())


def _marked_up(head: bytes) -> Looks | None:
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "html"
    if head.startswith((b"<?xml", b"<svg")):
        return "html" if b"<html" in head else "xml"
    return "json" if head.startswith((b"{", b"[")) and _is_text(head) else None


def _is_text(head: bytes) -> bool:
    return not any(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
