"""Files of documents on the command line: where they are written, and what their numbers are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli.session import Session
from hub.errors import ConfigError, HubError

if TYPE_CHECKING:
    from hub.documents.number import Number


def parsed(given: str) -> tuple[Number, int | None]:
    """Return the number somebody typed and the copy behind it; `ConfigError` where it is none."""
    from hub.documents.number import BadNumber, parse

    try:
        return parse(given)
    except BadNumber as error:
        raise ConfigError(error.args[0]) from None


def number_of(given: str) -> Number:
    """Return the number somebody typed, whichever copy stands behind it."""
    return parsed(given)[0]


def folder(here: Session, out: Path | None) -> Path | None:
    """Return the folder to write into, made if need be; `ConfigError` where it cannot be.

    Asked before anything is done, so that no document is issued that cannot be written.
    """
    if out is None:
        return None
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise ConfigError(here.text("document.out", path=out, problem=problem)) from None
    if not os.access(out, os.W_OK | os.X_OK):
        raise ConfigError(here.text("document.out", path=out, problem=os.strerror(13)))
    return out


def write(here: Session, number: str, copy: int | None, out: Path, *, quiet: bool) -> None:
    """Write the PDF of a copy, or of each; raises `HubError` where one is not there any more."""
    from hub.documents.number import parse
    from hub.flow.files import file_name
    from hub.service import annexes
    from hub.store import documents, pages

    found, _ = parse(number)
    row = here.read(annexes.found, found.text)
    known = [one["copy"] for one in here.read(pages.copies, row["id"])]
    if copy is not None and copy not in known:
        names = ", ".join(f"C{one}" for one in known)
        raise HubError(here.text("document.no_copy", number=number, copy=copy, known=names))
    for one in known if copy is None else [copy]:
        content = here.read(documents.pdf, found.text, one)
        if content is None:
            raise HubError(here.text("document.erased", number=found.with_copy(one)))
        path = out / file_name(found, one)
        _write(here, path, content)
        if not quiet:
            here.say("document.written", path=path)


def _write(here: Session, path: Path, content: bytes) -> None:
    try:
        if path.exists() and path.read_bytes() != content:
            raise ConfigError(here.text("document.other", path=path))
        path.write_bytes(content)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise ConfigError(here.text("document.out", path=path, problem=problem)) from None
