"""What stands in an annex, in words: frozen content and copy become what the template lays out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.documents.content import sum_of_lines
from hub.documents.printable import Printable
from hub.documents.register import Copy

TEMPLATES = Path(__file__).with_name("templates")
#: Width of a page between its margins, and size of its text, in points. All other widths are in
#: the size of the text, as `Printable` has them.
_WIDTH, _SIZE = 481.9, 9.5
ROOM = _WIDTH / _SIZE
#: What a cell has at its left and right together.
_INSET = 10 / _SIZE
#: A fact that is wider has a row of its own: in one language, and in both.
_NARROW, _NARROW_IN_BOTH = 16.5, 11.5
#: Room beside the code at the top, in the smaller size of what stands there.
_MASTHEAD = 40.0
#: What typst sets between Chinese and Latin characters.
_AIR = 0.4
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

    def text(self, value: Any, room: float = ROOM) -> str:
        """Return a text that can be set in this width; a dash for nothing."""
        if value in (None, ""):
            return _NOTHING
        return self.printable.within(self.printable.shown(str(value)), room)

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
    number = f"{content['number']}/C{copy.copy}"
    title, issuer = content["title"], content["issuer"]
    english = words.language == "en"
    heading = title["en" if english else "zh"]
    return {
        "lang": "en" if english else "zh",
        "size": _SIZE,
        "name": f"{heading} {number}",
        "heading": words.text(heading, 20),
        "subheading": words.text(title["en"], 30) if words.language == "both" else "",
        "number": number,
        "issuer": {"name": issuer["name"], "lines": list(_issuer(issuer, words))},
        "labels": {name: words.label(name) for name in ("number", "seal", "page")},
        "tile": [number, words.printable.cut(copy.recipient, 18)],
        "foot": _foot(content, content_sha256, copy, words),
        "facts": _facts(_standing(content, copy, words), words),
        "parts": list(_parts(content, words)),
    }


def _foot(content: Mapping[str, Any], content_sha256: str, copy: Copy, words: Words) -> list[str]:
    record, cut = content["record"], words.printable.cut
    return [
        f"{content['number']}/C{copy.copy} · {cut(record['number'], 16)} · "
        f"{words.label('revision')} {record['revision']}",
        f"{words.label('recipient')} {cut(copy.recipient, 38)}",
        f"{words.label('content')} {content_sha256[:16]}…{content_sha256[-8:]}",
    ]


def _issuer(issuer: Mapping[str, Any], words: Words) -> Iterator[str]:
    names = [issuer["name"]]
    if words.language != "zh" and issuer["name_en"]:
        names = [issuer["name_en"]] if words.language == "en" else [*names, issuer["name_en"]]
    yield words.text("  ".join(names), _MASTHEAD)
    rest = "  ".join(one for one in (issuer["address"], issuer["phone"]) if one)
    if rest:
        yield words.text(rest, _MASTHEAD)


def _standing(content: Mapping[str, Any], copy: Copy, words: Words) -> Iterator[tuple[str, str]]:
    """Yield what the document is and for whom."""
    record, contract = content["record"], content["contract"] or {}
    revision = str(record["revision"])
    if content["supersedes"]:
        revision += f" · {words.label('supersedes')} {content['supersedes']}"
    yield "contract", contract.get("number") or _NOTHING
    yield "record", record["number"]
    yield "customer", content["customer"]["name"]
    yield "revision", revision
    yield "recipient", copy.recipient
    yield "issued_at", words.moment(content["issued_at"])
    for label, name in (("order", "order_no"), ("company", "company")):
        if content[name]:
            yield label, content[name]


def _facts(found: Iterable[tuple[str, str]], words: Words) -> list[dict[str, Any]]:
    """Return facts with their labels, those that need a row of their own first."""
    most = _NARROW_IN_BOTH if words.language == "both" else _NARROW
    facts = [
        {
            "label": words.label(label),
            "text": words.text(text, ROOM / 2),
            "wide": words.printable.width(text) > most,
        }
        for label, text in found
    ]
    return sorted(facts, key=lambda one: not one["wide"])


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
    if content["terms"]:
        terms = [words.text(f"{at}. {one}") for at, one in enumerate(content["terms"], 1)]
        yield {"heading": words.label("terms"), "text": terms}


def _promise(content: Mapping[str, Any], words: Words) -> dict[str, Any]:
    promise = content["promise"]
    facts = [(name, _fact(name, promise, words)) for name in _FACTS if promise[name] is not None]
    return {"text": words.text(promise["text"]).split("\n"), "facts": _facts(facts, words)}


def _fact(name: str, promise: Mapping[str, Any], words: Words) -> str:
    match name:
        case "kind":
            label = f"kind.{promise[name]}"
            return words.label(label) if label in _labels() else str(promise[name])
        case "latest_ship_at":
            return words.moment(promise[name])
        case "amount":
            return f"{promise['currency'] or ''} {amount(promise[name])}".strip()
        case _:
            return str(promise[name])


def _lines(content: Mapping[str, Any], words: Words) -> dict[str, Any]:
    rows = [_line(line, words) for line in content["lines"]]
    total = sum_of_lines(content)
    if total is not None:
        rows.append(["", "", words.label("total"), "", "", amount(total)])
    head = [words.label(one) for one in ("line_no", "sku", "name", "quantity", "unit_price")]
    worth = f"{words.label('line_amount')} {content['promise']['currency'] or ''}".strip()
    return _table([*head, worth], rows, [3, 8, None, 6, 6, 8.5], words, right=[3, 4, 5])


def _line(line: Mapping[str, Any], words: Words) -> list[str]:
    name = line["name"] or _NOTHING
    if line["gift"]:
        name = f"{name}（{words.label('gift')}）"
    if line["note"]:
        name = f"{name}\n{line['note']}"
    price = None if line["gift"] else line["unit_price"]
    worth = None if price is None else Decimal(price) * Decimal(line["quantity"])
    quantity = f"{amount(line['quantity'], 0)} {line['unit'] or ''}".strip()
    return [line["line_no"], line["sku"], name, quantity, amount(price), amount(worth)]


def _files(files: Sequence[Mapping[str, Any]], words: Words) -> dict[str, Any]:
    names = ("name", "pages", "origin", "sha256")
    head = [words.label(one) for one in ("file", *names[1:])]
    rows = [[_NOTHING if one[name] is None else str(one[name]) for name in names] for one in files]
    return _table(head, rows, [None, 4, 8, 18.5], words, right=[1])


def _approvals(content: Mapping[str, Any], words: Words) -> dict[str, Any]:
    named = any(one["person"] for one in content["approvals"])
    roles = any(one["role"] for one in content["approvals"])
    columns = [
        ("level", "title", True), ("person", "person", named), ("role", "role", roles),
        ("decided_at", "decided_at", True),
    ]  # fmt: skip
    shown = [(label, name) for label, name, there in columns if there]
    rows = [
        [
            words.moment(one[name]) if name == "decided_at" else one[name] or _NOTHING
            for _, name in shown
        ]
        for one in content["approvals"]
    ]
    head = [words.label(label) for label, _ in shown]
    return _table(head, rows, [*[None] * (len(shown) - 1), 16], words)


def _table(
    head: list[str], rows: list[list[str]], most: Sequence[float | None], words: Words,
    right: Sequence[int] = (),
) -> dict[str, Any]:  # fmt: skip
    """Return a table: columns as wide as they need, up to `most`; those of None share the rest."""
    shown = [[words.printable.shown(one) for one in row] for row in (head, *rows)]
    needed = [max(map(words.printable.width, one)) + _AIR for one in zip(*shown, strict=True)]
    limits = zip(most, needed, strict=True)
    own = [None if limit is None else min(limit, need) for limit, need in limits]
    left = ROOM - sum(one for one in own if one is not None) - _INSET * len(own)
    rooms = [left / own.count(None) if one is None else one for one in own]
    return {
        "head": head,
        "widths": [(one + _INSET) * _SIZE for one in rooms],
        "right": right,
        "rows": [
            [words.text(one, room) if one else "" for one, room in zip(row, rooms, strict=True)]
            for row in rows
        ],
    }
