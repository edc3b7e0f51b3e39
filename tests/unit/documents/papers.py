"""What annexes are made of: settings, an approved promise, its frozen content, its file."""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub import yamlreader
from hub.documents import fonts
from hub.documents.annex import Printed, Printer
from hub.documents.content import Approved, Source, freeze
from hub.documents.keys import DocumentKeys
from hub.documents.number import Number
from hub.documents.printable import Printable
from hub.documents.register import Copy
from hub.mapping.document import DocumentFile, read_document
from hub.mapping.faults import Faults
from hub.records.base import canonical
from hub.settings import Documents, Issuer, Settings

NUMBER = Number("HX261148372059186410")
ISSUED = datetime(2026, 11, 21, 8, 31, tzinfo=UTC)
ISSUER = Issuer(
    name="华星电子制造（江苏）有限公司", name_en="Huaxing Electronics (Jiangsu) Co., Ltd.",
    address="江苏省昆山市长江北路 88 号", phone="0512-0000 0000",
)  # fmt: skip
CUSTOMER = Copy(1, "customer", "苏州恒远精密机械有限公司")
APPROVALS = (
    Approved("sales", "销售主管", "王磊", "", datetime(2026, 11, 20, 1, 14, 32, tzinfo=UTC)),
    Approved("finance", "财务总监", "陈思远", "", datetime(2026, 11, 20, 8, 45, tzinfo=UTC)),
)
_SPEC = {
    "document": "commitment-annex",
    "title": "{zh: 合同附件 · 承诺确认书, en: Contract annex · commitment confirmation}",
    "record": "commitment",
    "approval_order": "true",
    "copies": "[{copy: customer, to: customer.name}]",
    "terms": '["本附件为编号 {contract_no} 的合同的附件。", 请勿删除、遮盖或更改水印编号。]',
}


def settings(folder: Path | None = None, **changes: Any) -> Settings:
    """Return settings with a master key of their own; `documents` is what they say of those."""
    key = (folder or Path(tempfile.mkdtemp(prefix="hub-key-"))) / "hub.key"
    key.write_text("5e" * 32, "ascii")
    documents = Documents(**{"issuer": ISSUER, **changes.pop("documents", {})})
    given = {"tenant": "HX", "keys": key, "public_url": "https://hub.example.com", **changes}
    return Settings(documents=documents, **given)


def spec(**changes: Any) -> DocumentFile:
    """Return a document file; changes are words of it as YAML, such as `language="en"`."""
    text = "".join(f"{word}: {value}\n" for word, value in {**_SPEC, **changes}.items())
    node = yamlreader.require(yamlreader.parse(text.encode())).root
    assert node is not None
    return read_document(node, "annex.yaml", Faults())


def line(place: int, **changes: Any) -> dict[str, Any]:
    """Return one promised item."""
    return {
        "line_no": str(place), "sku": f"A-{place:04}", "name": f"六角螺栓 M{place}",
        "quantity": "1200", "unit": "件", "unit_price": "12.5", "gift": False, "note": "",
        **changes,
    }  # fmt: skip


def promise(lines: int | Sequence[dict[str, Any]] = 2, **changes: Any) -> dict[str, Any]:
    """Return a commitment as it was approved, with these or so many lines."""
    if isinstance(lines, int):
        lines = [line(place) for place in range(1, lines + 1)]
    return {
        "number": "CM-2026-000418", "revision": 2, "kind": "expedite", "status": "approved",
        "company": None, "customer": {"code": "C-1042", "name": CUSTOMER.recipient},
        "contract_no": "HT-2026-00217", "order_no": "SO-7781", "currency": "CNY",
        "amount": None, "text": "第二批由 15 个工作日缩短为 9 个工作日。",
        "promised_date": "2026-12-08", "latest_ship_at": "2026-12-06T10:00:00Z",
        "payment_days": 60, "lines": lines, **changes,
    }  # fmt: skip


def source(**changes: Any) -> Source:
    """Return what a content is made of."""
    font = fonts.find(())
    given = {
        "number": NUMBER, "tenant": "HX", "issuer": ISSUER, "spec": spec(), "document": promise(),
        "kind": "commitment", "approvals": APPROVALS,
        "contract": {"number": "HT-2026-00217", "files": []}, "supersedes": None,
        "issued_at": ISSUED, "template": ("annex.typ", "0" * 64),
        "font": (font.name, font.sha256), "bundle": "b" * 64, **changes,
    }  # fmt: skip
    return Source(**given)


@functools.cache
def printable() -> Printable:
    """Return what the installed font can print."""
    return Printable(fonts.find(()).widths)


def content(**changes: Any) -> dict[str, Any]:
    """Return a frozen content; changes are those of `source`."""
    return freeze(source(**changes), printable())


def hash_of(content: Mapping[str, Any]) -> str:
    """Return the content's SHA-256."""
    return hashlib.sha256(canonical(content)).hexdigest()


def printed(
    content: Mapping[str, Any], of: Settings | None = None, copy: Copy = CUSTOMER
) -> Printed:
    """Return the file of a copy."""
    of = of or settings()
    printer = Printer(of, DocumentKeys.load(of))
    try:
        return printer.print(content, hash_of(content), copy)
    finally:
        printer.close()
