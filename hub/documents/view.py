"""What stands in an annex, in words: frozen content and copy become what the template lays out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.documents.content import sum_of_lines
from hub.documents.printable import Printable, breakable
from hub.documents.register import Copy
from hub.records.base import plain

TEMPLATES = Path(__file__).with_name("templates")
_NOTHING = "—"
_FACTS = ("kind", "promised_date", "latest_ship_at", "payment_days", "amount")


@cache
def _labels() -> Mapping[str, Sequence[str]]:
    found: Mapping[str, Sequence[str]] = json.loads((TEMPLATES / "labels.json").read_text("utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """Labels in the language of a document, and its texts as they can be printed."""

    language: str
    printable: Printable
    zone: ZoneInfo

    def label(self, name: str, **values: object) -> str:
        """Return a label; in both languages where the document is in both."""
        zh, en = (one.format(**values) if values else one for one in _labels()[name])
        if zh == en:
            return zh
        return {"zh": zh, "en": en}.get(self.language, f"{zh} {en}")

    def notes(self, name: str, **values: object) -> list[str]:
        """Return a label as lines, one for each language."""
        zh, en = (one.format(**values) if values else one for one in _labels()[name])
        return {"zh": [zh], "en": [en]}.get(self.language, [zh, en])

    def text(self, value: Any) -> str:
        """Return a text that may be broken; a dash for nothing."""
        return breakable(self.printable.shown(str(value))) if value not in (None, "") else _NOTHING

    def moment(self, value: str | None) -> str:
        """Return an instant as it is in the documents' time zone."""
        if not value:
            return _NOTHING
        at = datetime.fromisoformat(value).astimezone(self.zone)
        offset = at.strftime("%z")
        return f"{at:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}"


def amount(value: str | Decimal | None, places: int = 2) -> str:
    """Return a number with thousands, and at least so many places."""
    if value is None:
        return _NOTHING
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    have = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"{number:,.{max(places, have)}f}"


def of(content: Mapping[str, Any], content_sha256: str, copy: Copy, words: Words) -> dict[str, Any]:
    """Return the view of a copy, all but its codes and its font."""
    record, number = content["record"], f"{content['number']}/C{copy.copy}"
    title, issuer = content["title"], content["issuer"]
    english = words.language == "en"
    recipient = words.text(copy.recipient)
    return {
        "lang": "en" if english else "zh",
        "heading": title["en" if english else "zh"],
        "subheading": title["en"] if words.language == "both" else "",
        "number": number,
        "issuer": {"name": issuer["name"], "lines": list(_issuer(issuer, words))},
        "labels": {name: words.label(name) for name in ("number", "seal", "page")},
        "tile": [number, copy.recipient],
        "foot": [
            f"{number} · {record['number']} · {words.label('revision')} {record['revision']} · "
            f"{recipient}",
            f"{words.label('content')} {content_sha256[:16]}…{content_sha256[-8:]}",
        ],
        "facts": list(_facts(content, copy, words)),
        "parts": list(_parts(content, words)),
    }


def _issuer(issuer: Mapping[str, Any], words: Words) -> Iterator[str]:
    names = [issuer["name"]]
    if words.language != "zh" and issuer["name_en"]:
        names = [issuer["name_en"]] if words.language == "en" else [*names, issuer["name_en"]]
    yield "  ".join(names)
    rest = "  ".join(one for one in (issuer["address"], issuer["phone"]) if one)
    if rest:
        yield rest


def _facts(content: Mapping[str, Any], copy: Copy, words: Words) -> Iterator[tuple[str, str]]:
    record, contract = content["record"], content["contract"] or {}
    revision = f"{record['revision']}"
    if content["supersedes"]:
        revision += f" · {words.label('supersedes')} {content['supersedes']}"
    yield words.label("contract"), words.text(contract.get("number"))
    yield words.label("record"), words.text(record["number"])
    yield words.label("customer"), words.text(content["customer"]["name"])
    yield words.label("revision"), revision
    yield words.label("recipient"), words.text(copy.recipient)
    yield words.label("issued_at"), words.moment(content["issued_at"])
    if content["order_no"]:
        yield words.label("order"), words.text(content["order_no"])
    if content["company"]:
        yield words.label("company"), words.text(content["company"])


# ---- parts -----------------------------------------------------------------------------------


def _parts(content: Mapping[str, Any], words: Words) -> Iterator[dict[str, Any]]:
    yield {"heading": words.label("promise"), **_promise(content, words)}
    if content["lines"]:
        yield {"heading": words.label("lines"), "table": _lines(content, words)}
    files = (content["contract"] or {}).get("files") or ()
    if files:
        yield {"heading": words.label("files"), "table": _files(files, words)}
    if content["approvals"]:
        yield {"heading": words.label("approvals"), "table": _approvals(content, words)}
    terms = [f"{at}. {words.text(one)}" for at, one in enumerate(content["terms"], 1)]
    yield {"heading": words.label("terms"), "text": [*terms, *words.notes("attached")]}


def _promise(content: Mapping[str, Any], words: Words) -> dict[str, Any]:
    promise = content["promise"]
    names = [name for name in _FACTS if promise[name] is not None]
    facts = [(words.label(name), _fact(name, promise, words)) for name in names]
    return {"text": words.text(promise["text"]).split("\n"), "facts": facts}


def _fact(name: str, promise: Mapping[str, Any], words: Words) -> str:
    if name == "kind":
        label = f"kind.{promise[name]}"
        return words.label(label) if label in _labels() else words.text(promise[name])
    if name == "latest_ship_at":
        return words.moment(promise[name])
    if name == "amount":
        return f"{promise['currency'] or ''} {amount(promise[name])}".strip()
    return words.text(promise[name])


def _lines(content: Mapping[str, Any], words: Words) -> dict[str, Any]:
    currency = content["promise"]["currency"] or ""
    head = [words.label(one) for one in ("line_no", "sku", "name", "quantity", "unit_price")]
    rows = [_line(line, words) for line in content["lines"]]
    total = sum_of_lines(content)
    if total is not None:
        rows.append(["", "", words.label("total"), "", "", f"{currency} {amount(total)}".strip()])
    return {
        "head": [*head, words.label("line_amount")],
        "widths": ["own", "own", "rest", "own", "own", "own"],
        "right": [3, 4, 5],
        "rows": rows,
    }


def _line(line: Mapping[str, Any], words: Words) -> list[str]:
    name = words.text(line["name"])
    if line["gift"]:
        name = f"{name}（{words.label('gift')}）"
    if line["note"]:
        name = f"{name}\n{words.text(line['note'])}"
    price = None if line["gift"] else line["unit_price"]
    worth = None if price is None else Decimal(price) * Decimal(line["quantity"])
    quantity = f"{plain(Decimal(line['quantity']))} {line['unit'] or ''}".strip()
    return [
        words.text(line["line_no"]), words.text(line["sku"]), name, quantity, amount(price),
        amount(worth),
    ]  # fmt: skip


def _files(files: Sequence[Mapping[str, Any]], words: Words) -> dict[str, Any]:
    return {
        "head": [words.label(one) for one in ("file", "pages", "origin", "sha256")],
        "widths": ["rest", "own", "own", "rest"],
        "right": [1],
        "rows": [
            [words.text(one["name"]), words.text(one["pages"]), words.text(one["origin"]),
             words.text(one["sha256"])]
            for one in files
        ],
    }  # fmt: skip


def _approvals(content: Mapping[str, Any], words: Words) -> dict[str, Any]:
    named = any(one["person"] for one in content["approvals"])
    roles = any(one["role"] for one in content["approvals"])
    columns = [
        ("level", "title", True), ("person", "person", named), ("role", "role", roles),
        ("decided_at", "decided_at", True),
    ]  # fmt: skip
    shown = [(label, name) for label, name, there in columns if there]
    return {
        "head": [words.label(label) for label, _ in shown],
        "widths": ["rest"] * (len(shown) - 1) + ["own"],
        "right": [],
        "rows": [
            [
                words.moment(one[name]) if name == "decided_at" else words.text(one[name])
                for _, name in shown
            ]
            for one in content["approvals"]
        ],
    }
