"""Issue documents, and print the same page with nothing but typst: processor time of both.

    documents_issue.py TURNS COUNT

A turn issues COUNT annexes of two pages (content frozen, codes and seal, printed, stored in
SQLite) and has typst print the same template with the same lines, without codes and attachment.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from document_papers import FIRST, Paper, opened

from hub.documents.register import Copy
from hub.records.base import canonical
from hub.store import documents, payloads
from hub.store.engine import Store


def main(turns: int, count: int) -> None:
    """Measure in turns; print the seconds of each."""
    ours, bare, memory = [], [], []
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as (paper, store):
        _issue(paper, store, 0)
        paper.bare(paper.plain(0))
        for turn in range(turns):
            began = time.process_time()
            for number in range(count):
                _issue(paper, store, 1 + turn * count + number)
            ours.append((time.process_time() - began) / count)
            pages = [paper.plain(10**6 + turn * count + number) for number in range(count)]
            began = time.process_time()
            for page in pages:
                paper.bare(page)
            bare.append((time.process_time() - began) / count)
            memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps({"ours": ours, "bare": bare, "memory": memory}))


def _issue(paper: Paper, store: Store, at: int) -> None:
    """Issue one document as the flow does, from its record to its rows."""
    content = paper.content(at)
    encoded = canonical(content)
    sha = payloads.sha256(encoded)
    copy = Copy(1, "customer", content["customer"]["name"])
    printed = paper.printer.print(content, sha, copy)

    def write(tx: Any) -> None:
        documents.keep(tx, encoded, FIRST)
        row = paper.row(at, content["number"], sha)
        documents.add(tx, row)
        made = documents.Copy(
            row.id, 1, copy.role, copy.recipient, printed.sha256, len(printed.pdf), printed.pages,
            printed.kid, FIRST, "system",
        )  # fmt: skip
        documents.add_copies(tx, [made], {printed.sha256: printed.pdf})

    store.write_now(write)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
