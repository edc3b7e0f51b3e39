"""Check documents: by hash in a full register, by picture, by PDF.

    documents_verify.py COUNT TURNS

Prints the milliseconds of each turn. A look includes the child process that is forked for it.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
from document_papers import FIRST, Paper, opened

from hub.documents.codes import bases_of
from hub.documents.keys import DocumentKeys
from hub.documents.reading import Reader
from hub.documents.register import Copy
from hub.documents.verdict import Judge, Verdict
from hub.flow.checking import StoreRegister
from hub.records.base import canonical
from hub.store import documents, ledger, payloads
from hub.store import tables as t
from hub.store.engine import Store


def main(count: int, turns: int) -> None:
    """Fill a register with so many documents, then check."""
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as (paper, store):
        pdf = _fill(paper, store, count)
        keys = DocumentKeys.load(paper.settings)
        by_hash = [_timed(lambda: _by_hash(paper, store, keys, payloads.sha256(pdf)))
                   for _ in range(turns)]  # fmt: skip
        page = pypdfium2.PdfDocument(pdf)[0].render(scale=150 / 72).to_pil()
        picture = io.BytesIO()
        page.save(picture, "JPEG", quality=90)
        changed = pdf[:-40] + bytes([pdf[-40] ^ 1]) + pdf[-39:]
        looks = asyncio.run(_look(picture.getvalue(), changed, turns))
    print(json.dumps({"hash": by_hash, **looks}))


def _fill(paper: Paper, store: Store, count: int) -> bytes:
    content = paper.content(1)
    encoded = canonical(content)
    sha = payloads.sha256(encoded)
    printed = paper.printer.print(content, sha, Copy(1, "customer", content["customer"]["name"]))

    def write(tx: Any) -> None:
        documents.keep(tx, encoded, FIRST)
        for at in range(count):
            number = content["number"] if at == 0 else paper.content(at + 1)["number"]
            row = paper.row(at, number, sha)
            documents.add(tx, row)
            pdf = printed.sha256 if at == 0 else payloads.sha256(str(at).encode())
            made = documents.Copy(row.id, 1, "customer", "x", pdf, len(printed.pdf),
                                  printed.pages, printed.kid, FIRST, "system")  # fmt: skip
            documents.add_copies(tx, [made], {printed.sha256: printed.pdf} if at == 0 else {})
            tx.execute(t.record.insert(), [_record(row.record_id, at)])
            copies = [{"copy": 1, "pdf": pdf, "pages": printed.pages, "kid": printed.kid}]
            facts = {
                "record": row.record_id, "revision": 1, "name": row.name, "content": sha,
                "copies": copies,
            }  # fmt: skip
            ledger.append(tx, [ledger.entry(row.id, FIRST, "document.issued", row.number,
                                            facts=facts)])  # fmt: skip

    store.write_now(write)
    return printed.pdf


def _record(record_id: str, at: int) -> dict[str, Any]:
    return {"id": record_id, "kind": "commitment", "connection": "crm", "number": str(at),
            "revision": 1, "planned": 1, "standing": {}, "changed_at": FIRST}  # fmt: skip


def _by_hash(paper: Paper, store: Store, keys: DocumentKeys, sha: str) -> None:
    def judge(tx: Any) -> Any:
        register = StoreRegister(tx)
        return Judge(register, keys, "HX", bases_of(paper.settings)).by_hash(sha)

    check = store.read_now(judge)
    if check.verdict is not Verdict.GENUINE:
        raise RuntimeError(check)


async def _look(picture: bytes, pdf: bytes, turns: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"image": [], "pdf": []}
    async with Reader() as reader:
        for name, content in (("image", picture), ("pdf", pdf)):
            await reader.look(content)
            for _ in range(turns):
                began = time.perf_counter()
                await reader.look(content)
                found[name].append((time.perf_counter() - began) * 1000)
    return found


def _timed(do: Callable[[], None]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
