"""What the public page tells of a check: no more than whoever asks could compare with a paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.documents.verdict import Check, Verdict
from hub.documents.view import amount
from hub.flow.checking import masked
from hub.language import Language, told
from hub.settings import Settings
from hub.web.verify.texts import text

#: Verdict → its colour and sign.
TONES: Mapping[Verdict, tuple[str, str]] = {
    Verdict.GENUINE: ("good", "✓"),
    Verdict.BOUND: ("good", "✓"),
    Verdict.RECORD_ONLY: ("wait", "≟"),
    Verdict.GENUINE_SUPERSEDED: ("wait", "!"),
    Verdict.BAD_CHECK_DIGIT: ("wait", "?"),
    Verdict.UNREADABLE: ("wait", "?"),
}
_BAD = ("bad", "✕")
_FILES = (Verdict.GENUINE, Verdict.GENUINE_SUPERSEDED, Verdict.GENUINE_REVOKED, Verdict.BOUND)
_LINE = ("line_no", "sku", "name", "quantity", "unit", "unit_price", "gift", "note")
_PROMISE = ("text", "promised_date", "latest_ship_at", "payment_days", "currency", "amount")


@dataclass(frozen=True, slots=True)
class Facts:
    """A check as it is shown."""

    check: Check
    settings: Settings
    language: Language

    @property
    def tone(self) -> tuple[str, str]:
        """Return colour and sign."""
        state = self.check.registered.state if self.check.registered else "issued"
        if self.check.verdict is Verdict.RECORD_ONLY and state != "issued":
            return _BAD
        return TONES.get(self.check.verdict, _BAD)

    @property
    def heading(self) -> str:
        """Return the verdict in words."""
        found, name = self.check.registered, str(self.check.verdict)
        if self.check.verdict is Verdict.RECORD_ONLY and found and found.state != "issued":
            name = f"record_only.{found.state}"
        return text(self.language, name)

    @property
    def says(self) -> str:
        """Return what the verdict means; of a file that was not read, why."""
        if self.check.words:
            return told(self.check.words, self.language)
        return text(self.language, f"{self.check.verdict}.says")

    @property
    def limits(self) -> tuple[str, str]:
        """Return what it proves and what not; empty where it proves nothing."""
        if self.check.verdict in _FILES:
            kind = "file"
        elif self.check.verdict is Verdict.RECORD_ONLY:
            kind = "number" if self.check.given == "number" else "paper"
        else:
            return "", ""
        return text(self.language, f"proves.{kind}"), text(self.language, f"not.{kind}")

    @property
    def shows_lines(self) -> bool:
        """Say whether what stands in the document is shown."""
        found = self.check.registered
        open_ = self.check.opens and self.settings.documents.show_lines
        return bool(open_ and found and found.content)

    def told(self) -> dict[str, Any]:
        """Return the facts as data, for programs."""
        check, found = self.check, self.check.registered
        told: dict[str, Any] = {
            "serial": check.serial, "verdict": str(check.verdict), "given": check.given,
            "reasons": [str(one) for one in check.reasons], "unread": check.unread,
            "number": check.number.with_copy(check.copy) if check.number and check.copy
            else str(check.number) if check.number else None,
            "state": found.state if found else None, "page": check.page,
        }  # fmt: skip
        told |= {name: value for name, _, value in self._facts() if name not in told}
        if self.shows_lines and found and found.content:
            told["promise"] = {name: found.content["promise"][name] for name in _PROMISE}
            told["lines"] = [
                {name: line[name] for name in _LINE} for line in found.content["lines"]
            ]
        return told

    def rows(self) -> list[tuple[str, str]]:
        """Return labels and values, for people."""
        return [(text(self.language, f"fact.{label}"), value) for _, label, value in self._facts()]

    def lines(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield line number, item, quantity and price of each line."""
        content = (self.check.registered.content if self.check.registered else None) or {}
        for line in content.get("lines", ()):
            gift = f"（{text(self.language, 'gift')}）" if line["gift"] else ""
            parts = (f"{line['name'] or line['sku']}{gift}", line["sku"], line["note"])
            item = " · ".join(dict.fromkeys(one for one in parts if one))
            quantity = f"{amount(line['quantity'], 0)} {line['unit'] or ''}".strip()
            # as it is printed
            price = amount(None if line["gift"] else line["unit_price"])
            yield str(line["line_no"]), item, quantity, price

    def _facts(self) -> Iterator[tuple[str, str, str]]:
        """Yield name, label and value of everything that may be told."""
        check, found = self.check, self.check.registered
        if check.bound is not None:
            yield "name", "name", check.bound.name
            if check.bound.pages:
                yield "pages", "pages", str(check.bound.pages)
            yield "contract", "contract", check.bound.record_number
            yield "origin", "origin", check.bound.origin
        if check.number is not None:
            number = check.number
            yield "number", "number", number.with_copy(check.copy) if check.copy else str(number)
        if found is None:
            return
        content = found.content or {}
        yield "state", "state", text(self.language, f"state.{found.state}")
        if content:
            title = content["title"]["zh" if self.language is Language.ZH else "en"]
            yield "title", "title", title
            yield "issuer", "issuer", content["issuer"]["name"]
        yield "issued_at", "issued_at", self._moment(found.issued_at)
        if found.ended_at is not None:
            yield "ended_at", "ended_at", self._moment(found.ended_at)
        customer = masked(content["customer"]["name"]) if content else ""
        if customer:
            yield "customer", "customer", customer
        if check.opens:
            yield from self._opened(content)

    def _opened(self, content: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Yield what only those are told who have the paper or the file."""
        check, found = self.check, self.check.registered
        if found is None:
            return
        yield "revision", "revision", str(found.revision)
        yield "record", "record", found.record_number
        if content.get("contract"):
            yield "contract", "contract", str(content["contract"]["number"])
        if found.superseded_by is not None:
            yield "superseded_by", "superseded_by", str(found.superseded_by)
        copy = found.copy(check.copy) if check.copy is not None else None
        if copy is not None:
            if copy.recipient:
                yield "recipient", "recipient", masked(copy.recipient)
            if check.page is not None:
                shown = text(self.language, "page.of", page=check.page, pages=copy.pages)
                yield "page_of", "page", shown
            else:
                yield "pages", "pages", str(copy.pages)
        if self.shows_lines:
            yield from self._promised(content["promise"])
        yield "content_sha256", "content_sha256", found.content_sha256

    def _promised(self, promise: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        if promise["amount"] is not None:
            shown = f"{promise['currency'] or ''} {amount(promise['amount'])}".strip()
            yield "amount", "amount", shown
        for name in ("promised_date", "latest_ship_at", "payment_days"):
            value = promise[name]
            if value is not None:
                at = name == "latest_ship_at"
                shown = self._moment(datetime.fromisoformat(value)) if at else str(value)
                yield name, name, shown

    def _moment(self, at: datetime) -> str:
        local = at.astimezone(ZoneInfo(self.settings.documents.zone))
        offset = local.strftime("%z")
        return f"{local:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:]}"
