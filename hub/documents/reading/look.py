"""Look at a file: its bytes become what is seen of it. Runs in the child only."""

from __future__ import annotations

from hub.documents.reading import pdf, picture
from hub.documents.reading.answer import Answer, Refused
from hub.documents.reading.refusals import Refusal
from hub.documents.reading.sniff import kind_of


def look(content: bytes) -> Answer:
    """Return what is seen of a file, or why nothing is; a `MemoryError` is the caller's."""
    try:
        if kind_of(content) == "pdf":
            return pdf.look(content)
        return picture.look(content)
    except Refusal as refused:
        return Refused(refused.code, refused.looks)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 (the libraries raise whatever their parsers stumble over)
        return Refused("E_DOC_CORRUPT")
