"""Annexes to measure with: the same two pages again and again, each with a number of its own."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "documents"))

import papers

from hub.documents.annex import Printer
from hub.documents.content import freeze
from hub.documents.keys import DocumentKeys
from hub.documents.number import draw, parse
from hub.records.base import canonical
from hub.settings import Settings
from hub.store import documents, engine, payloads, upkeep
from hub.store.engine import Store

FIRST = datetime(2026, 11, 21, 8, 31, tzinfo=UTC)
_LINES = 14
_ZONE = ZoneInfo("Asia/Shanghai")
_DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


class Paper:
    """What is printed, by whom, with and without what makes it an annex."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.printer = Printer(settings, DocumentKeys.load(settings))

    def content(self, at: int) -> dict[str, Any]:
        """Freeze the content of a document."""
        number = draw("HX", FIRST, _ZONE)
        lines = [
            papers.line(place, name=f"六角螺栓 M{place} 批次 {at}", quantity=str(at * 7 + place))
            for place in range(1, _LINES + 1)
        ]
        document = papers.promise(lines, number=f"CM-2026-{at:06}", revision=1)
        return freeze(
            papers.source(number=number, document=document, template=self.printer.template),
            self.printer.printable,
        )

    def plain(self, at: int) -> str:
        """Return what a page shows, without codes, seal and attachment."""
        content = self.content(at)
        sha = payloads.sha256(canonical(content))
        shown = self.printer._view(content, sha, papers.CUSTOMER)
        bare = {**shown, "codes": [_DOT, _DOT], "seal": _DOT, "json": "{}"}
        return json.dumps(bare, ensure_ascii=False)

    def bare(self, shown: str) -> None:
        """Print a page with nothing but typst."""
        self.printer._compiler.compile_with_warnings(
            format="pdf",
            sys_inputs={"view": shown},
            pdf_standards=["a-3b"],
            timestamp=FIRST,
        )

    def row(self, at: int, number: str, content: str) -> documents.Document:
        """Return the row of an issued document."""
        return documents.Document(
            id=f"{at:032}", number=parse(number)[0].text, record_id=f"{at:032}", revision=1,
            name="commitment-annex", state="issued", content=content, drawn_at=FIRST,
            correlation_id=f"{at:032}", issued_at=FIRST, issued_by="system",
        )  # fmt: skip


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[tuple[Paper, Store]]:
    """Make keys and a store in a folder; remove what was made elsewhere."""
    store = engine.connect(f"sqlite:///{folder / 'hub.db'}")
    upkeep.prepare(store.engine)
    store.open()
    paper = Paper(papers.settings(folder))
    try:
        yield paper, store
    finally:
        paper.printer.close()
        store.close()
