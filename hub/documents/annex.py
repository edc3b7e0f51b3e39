"""Print an annex: frozen content and a copy's recipient become a PDF/A-3 file.

The same input gives the same bytes, in every process. The pages' codes are made for a guessed
number of pages; where there are more, the annex is printed once more with all of them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.documents import codes, extra, fonts, view
from hub.documents.content import total_of
from hub.documents.errors import DocumentError
from hub.documents.keys import DocumentKeys
from hub.documents.number import parse
from hub.documents.printable import Printable
from hub.documents.register import Copy
from hub.language import say
from hub.records.base import canonical
from hub.settings import Settings

_TEMPLATE = "annex.typ"
#: Where a scanner finds the public keys, below the address codes point to.
KEYS_AT = "/.well-known/hub-document-keys.json"
#: Lines a page has room for, and characters a line.
_ON_A_PAGE, _IN_A_LINE = 25, 40
#: Pictures that can be printed.
_LOGOS = (".svg", ".png", ".jpg", ".jpeg")


@dataclass(frozen=True, slots=True)
class Printed:
    """The file of one copy."""

    copy: Copy
    pdf: bytes
    sha256: str
    pages: int
    #: Key of its codes.
    kid: str


class Printer:
    """Prints annexes of one hub; for one thread at a time.

    Raises `DocumentError` E_DOC_FONT_MISSING or E_DOC_LOGO, and `ConfigError` where the extra is
    missing.
    """

    def __init__(self, settings: Settings, keys: DocumentKeys) -> None:
        self._typst = extra.require("typst")
        self._settings, self._keys = settings, keys
        self._font = fonts.find(settings.documents.fonts)
        self.printable = Printable(self._font.widths)
        #: Template and logos: typst reads nothing outside.
        self._folder = tempfile.TemporaryDirectory(prefix="hub-press-")
        shutil.copy(view.TEMPLATES / _TEMPLATE, self._folder.name)
        self._compiler = self._typst.Compiler(
            str(Path(self._folder.name) / _TEMPLATE),
            root=self._folder.name,
            font_paths=self._typst.Fonts(
                include_system_fonts=False, include_embedded_fonts=False,
                font_paths=[str(self._font.path.parent)],
            ),
            package_path=self._folder.name,
            package_cache_path=self._folder.name,
        )  # fmt: skip

    @property
    def font(self) -> tuple[str, str]:
        """Return name and SHA-256 of the font."""
        return self._font.name, self._font.sha256

    @cached_property
    def template(self) -> tuple[str, str]:
        """Return name and SHA-256 of template and labels."""
        files = (view.TEMPLATES / one for one in (_TEMPLATE, "labels.json"))
        whole = b"\0".join(path.read_bytes() for path in files)
        return _TEMPLATE, hashlib.sha256(whole).hexdigest()

    def print(self, content: Mapping[str, Any], content_sha256: str, copy: Copy) -> Printed:
        """Return the file of a copy; `DocumentError` where it cannot be printed."""
        self.printable.require(copy.recipient, "recipient")
        shown = self._view(content, content_sha256, copy)
        pages = _guessed(content)
        pdf = self._compiled(shown, content, self._codes(content, content_sha256, copy, pages))
        there = _pages(pdf)
        if there > pages:
            all_codes = self._codes(content, content_sha256, copy, there)
            pdf = self._compiled(shown, content, all_codes)
        return Printed(copy, pdf, hashlib.sha256(pdf).hexdigest(), there, self._keys.current.kid)

    def _view(self, content: Mapping[str, Any], content_sha256: str, copy: Copy) -> dict[str, Any]:
        zone = ZoneInfo(self._settings.documents.zone)
        words = view.Words(content["language"], self.printable, zone)
        return {
            **view.of(content, content_sha256, copy, words),
            "font": self._font.name,
            "logo": self._logo(content["company"]),
            "code-note": self._code_note(words),
            "seal": codes.qr_svg(self._seal(content, content_sha256, copy), "Q"),
            "seal-note": self._seal_note(words),
            "json": canonical(content).decode(),
        }

    def _codes(
        self, content: Mapping[str, Any], content_sha256: str, copy: Copy, pages: int
    ) -> list[str]:
        number, revision = parse(content["number"])[0], content["record"]["revision"]
        return [
            codes.qr_svg(
                codes.short_code(
                    self._keys.current, content["tenant"], number, revision, copy.copy, page,
                    content_sha256, codes.base_of(self._settings),
                ),
                "H",
            )
            for page in range(1, pages + 1)
        ]  # fmt: skip

    def _seal(self, content: Mapping[str, Any], content_sha256: str, copy: Copy) -> str:
        sealed = codes.Sealed(
            number=parse(content["number"])[0],
            revision=content["record"]["revision"],
            copy=copy.copy,
            issued_at=datetime.fromisoformat(content["issued_at"]),
            content=content_sha256[:32],
            recipient=codes.recipient_hash(copy.recipient),
            lines=len(content["lines"]),
            amount=total_of(content),
        )
        return codes.seal_code(self._keys.current, sealed, codes.base_of(self._settings))

    def _code_note(self, words: view.Words) -> list[str]:
        documents = self._settings.documents
        if codes.base_of(self._settings) is not None:
            return words.notes("scan")
        if documents.ask:
            return [*words.notes("ask"), words.text(documents.ask, 14)]
        return words.notes("ask_issuer")

    def _seal_note(self, words: view.Words) -> list[str]:
        notes = [*words.notes("seal_says"), *words.notes("attached")]
        address = self._settings.check_address
        if address is not None:
            notes.append(words.text(f"{words.label('keys_at')} {address}{KEYS_AT}", 35))
        return notes

    def close(self) -> None:
        """Remove the folder it prints from."""
        self._folder.cleanup()

    # -- logo

    def _logo(self, company: str | None) -> str | None:
        """Return the name of the issuer's logo in the printer's folder."""
        issuer = self._settings.issuer_of(company)
        if issuer.logo is None:
            return None
        kept = hashlib.sha256(str(issuer.logo).encode()).hexdigest()[:16] + issuer.logo.suffix
        path = Path(self._folder.name) / kept
        if not path.exists():
            _keep_logo(issuer.logo, path)
        return kept

    # -- typst

    def _compiled(
        self, shown: Mapping[str, Any], content: Mapping[str, Any], pages: list[str]
    ) -> bytes:
        given = json.dumps({**shown, "codes": pages}, ensure_ascii=False)
        try:
            pdf, warnings = self._compiler.compile_with_warnings(
                format="pdf",
                sys_inputs={"view": given},
                pdf_standards=["a-3b"],
                # typst takes whole seconds
                timestamp=datetime.fromisoformat(content["issued_at"]).replace(microsecond=0),
            )
        except self._typst.TypstError as error:
            raise _unprintable(error.message) from None
        if warnings:
            raise _unprintable(warnings[0].message)
        return bytes(pdf)


def _guessed(content: Mapping[str, Any]) -> int:
    """Return how many pages there are about; codes for one page more cost next to nothing."""
    texts = (content["promise"]["text"] or "", *content["terms"])
    rows = len(content["lines"]) + sum(len(one) // _IN_A_LINE for one in texts)
    return 2 + rows // _ON_A_PAGE


def _unprintable(problem: str) -> DocumentError:
    return DocumentError(
        "E_DOC_PRINT", say("The document could not be printed: {problem}.", problem=problem)
    )


def _keep_logo(logo: Path, path: Path) -> None:
    if logo.suffix.lower() not in _LOGOS:
        raise DocumentError(
            "E_DOC_LOGO",
            say("The logo {path} must be an SVG, PNG or JPEG file.", path=logo),
        )
    try:
        shutil.copy(logo, path)
    except OSError as error:
        raise DocumentError(
            "E_DOC_LOGO",
            say(
                "The logo {path} cannot be read: {problem}. Correct documents.issuer in hub.yaml.",
                path=logo, problem=error.strerror or type(error).__name__,
            ),
        ) from None  # fmt: skip


def _pages(pdf: bytes) -> int:
    document = extra.require("pypdfium2").PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()
