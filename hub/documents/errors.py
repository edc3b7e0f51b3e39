"""What can be wrong with a document, or with a file somebody brought."""

from __future__ import annotations

from hub.errors import HubError


class DocumentError(HubError):
    """A document could not be issued or read. `code` is stable, such as `E_DOC_ENCRYPTED`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
