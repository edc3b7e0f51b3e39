"""Makes the data of `reconcile`: what two or three systems answer, page by page, in no order.

    reconcile_data.py FOLDER KEYS SIDES SHARE

Writes FOLDER/crm.jsonl, erp.jsonl and, of three, fin.jsonl: a line is a page, an array of 1,000
items. Each item is made from the seed and its number alone, so ten million take no memory.

SHARE of the keys are changed in one of 17 ways, as many in each; 15 of them are findings. Besides,
some keys are written in another form, and some items are shown a second time as they were before:
neither is a finding.
"""

from __future__ import annotations

import enum
import hashlib
import json
import math
import struct
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

Item: TypeAlias = dict[str, Any]

#: The first is the authority.
SIDES = ("crm", "erp", "fin")
SEED = 7
PAGE = 1_000


class Change(enum.IntEnum):
    """What is changed of a key. With two sides, what is said of fin is meant of erp."""

    NOT_IN_ERP = 0
    NOT_IN_FIN = 1
    ONLY_IN_CRM = 2
    ONLY_IN_FIN = 3
    #: By 0.02, and by 0.01, which is within the tolerance.
    AMOUNT_OVER = 4
    AMOUNT_WITHIN = 5
    #: By 0.0001.
    TAX = 6
    #: By five days, and by three, which is within the tolerance.
    DUE_OVER = 7
    DUE_WITHIN = 8
    CUSTOMER = 9
    STATUS = 10
    #: One less.
    REVISION = 11
    #: Two objects have the key.
    TWICE = 12
    #: Nothing where the others have a day.
    NO_DUE = 13
    QUANTITY = 14
    SIGNED = 15
    CURRENCY = 16


#: Changes erp shows; those fin shows are the others, as long as both have the key.
_IN_ERP = frozenset({
    Change.AMOUNT_OVER, Change.DUE_OVER, Change.CUSTOMER, Change.REVISION, Change.NO_DUE,
    Change.CURRENCY,
})  # fmt: skip
#: One of so many items is shown a second time, as it was before.
_SHOWN_AGAIN = 2_003
#: Side → how far apart in number items are that follow each other, as a share of all.
_ORDERS: Mapping[str, float] = {"crm": 0.6180, "erp": 0.4142, "fin": 0.7321, "change": 0.2361}

_CHANGES = tuple(Change)
#: What the plainest changes make of an item.
_OTHER: Mapping[Change, Item] = {
    Change.NO_DUE: {"due": None},
    Change.STATUS: {"status": "void"},
    Change.CURRENCY: {"currency": "JPY"},
}
_FOUR = struct.Struct("<4Q")
#: Side → where the number is that its way to write the key is drawn from.
_FORM_BITS: Mapping[str, int] = {"crm": 8, "erp": 14, "fin": 20}
_STATUSES = ("draft", "approved", "in_execution", "done", "cancelled")
_CURRENCIES = ("CNY",) * 8 + ("USD", "EUR")
_CUSTOMERS = tuple(f"华东{number}号机电设备有限公司" for number in range(20_000))
_DAYS = tuple((date(2021, 1, 1) + timedelta(days=at)).isoformat() for at in range(3_000))
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@dataclass(frozen=True)
class Plan:
    """The items of all sides."""

    keys: int
    sides: int
    share: float
    seed: int = SEED

    @property
    def names(self) -> Sequence[str]:
        """Return the sides there are."""
        return SIDES[: self.sides]

    @cached_property
    def each(self) -> int:
        """Return how many keys are changed in each way."""
        return round(self.keys * self.share / len(Change))

    @property
    def findings(self) -> int:
        """Return how many findings there are; two of three sides that lack a key are two."""
        within = (Change.AMOUNT_WITHIN, Change.DUE_WITHIN)
        on_two = (Change.ONLY_IN_CRM, Change.ONLY_IN_FIN) if self.sides > 2 else ()
        return self.each * (len(Change) - len(within) + len(on_two))

    def items(self, side: str) -> Iterator[Item]:
        """Yield the items of a side in the order it shows them."""
        keys, step, last = self.keys, self._steps[side], side == self.names[-1]
        again = 701 * SIDES.index(side)
        for at in range(keys):
            number = at * step % keys
            if self._has(side, self.change(number)):
                yield self.item(side, number)
            number = (at + keys // 3) * step % keys
            if number % _SHOWN_AGAIN == again and self._has(side, self.change(number)):
                yield self._before(side, number)
            number = (at + keys // 2) * step % keys
            if last and self.change(number) is Change.TWICE:
                yield self.item(side, number) | {"id": f"{side}-{number}-2"}

    def change(self, number: int) -> Change | None:
        """Return what is changed of a key."""
        at = number * self._steps["change"] % self.keys
        return _CHANGES[at // self.each] if at < self.each * len(_CHANGES) else None

    def item(self, side: str, number: int) -> Item:
        """Return what a side shows of a key."""
        item = self._unchanged(side, number)
        change = self.change(number)
        if change is not None:
            item["due"] = item["due"] or _DAYS[-1]
            if side == ("erp" if change in _IN_ERP else self.names[-1]):
                item |= _changed(item, change)
        return item

    def _unchanged(self, side: str, number: int) -> Item:
        one, two, three, four = self._drawn(number)
        amount, tax = 10_000 + one % 4_999_990_000, two % 500_000_000
        nothing = four % 200
        return {
            "number": _written(f"CM-2026-{number:08}", four >> _FORM_BITS[side] & 63),
            "rev": three % 3 + 1,
            "id": f"{side}-{number}",
            "modified": f"{_DAYS[1_900 + three % 97]}T{8 + three % 10:02}:30:00Z",
            "amount": f"{amount // 100}.{amount % 100:02}",
            "tax": f"{tax // 100}.{tax % 100:02}00",
            "qty": str(1 + one % 99_991),
            "due": None if nothing == 0 else _DAYS[1_500 + two % 1_021],
            "signed": _DAYS[400 + one % 1_019],
            "customer": None if nothing == 1 else _CUSTOMERS[three % 20_000],
            "currency": _CURRENCIES[two % 10],
            "status": _STATUSES[one % 5],
        }

    @cached_property
    def _steps(self) -> Mapping[str, int]:
        """Return what the numbers are multiplied with to be in no order."""
        return {name: _coprime(self.keys, ratio) for name, ratio in _ORDERS.items()}

    def _drawn(self, number: int) -> tuple[int, int, int, int]:
        drawn = hashlib.blake2b(b"%d" % number, digest_size=32, key=b"%d" % self.seed).digest()
        return _FOUR.unpack(drawn)

    def _has(self, side: str, change: Change | None) -> bool:
        if change is None or change > Change.ONLY_IN_FIN:
            return True
        last = self.names[-1]
        match change:
            case Change.NOT_IN_ERP:
                return side != "erp"
            case Change.NOT_IN_FIN:
                return side != last
            case Change.ONLY_IN_CRM:
                return side == "crm"
        return side == last

    def _before(self, side: str, number: int) -> Item:
        """Return an item as it was before it was changed last."""
        item = self.item(side, number)
        modified = item["modified"].replace(":30:00Z", ":00:00Z")
        return item | {"modified": modified, "status": "new", "due": None, "amount": "0.00"}


def _changed(item: Item, change: Change) -> Item:
    """Return what a change makes of the fields it changes."""
    match change:
        case Change.AMOUNT_OVER | Change.AMOUNT_WITHIN:
            more = "0.02" if change is Change.AMOUNT_OVER else "0.01"
            return {"amount": str(Decimal(item["amount"]) + Decimal(more))}
        case Change.DUE_OVER | Change.DUE_WITHIN:
            later = timedelta(days=5 if change is Change.DUE_OVER else 3)
            return {"due": (date.fromisoformat(item["due"]) + later).isoformat()}
        case Change.SIGNED:
            return {"signed": (date.fromisoformat(item["signed"]) + timedelta(1)).isoformat()}
        case Change.TAX:
            return {"tax": str(Decimal(item["tax"]) + Decimal("0.0001"))}
        case Change.QUANTITY:
            return {"qty": str(int(item["qty"]) + 1)}
        case Change.REVISION:
            return {"rev": item["rev"] - 1}
        case Change.CUSTOMER:
            return {"customer": f"{item['customer'] or '?'}（停用）"}
    return _OTHER.get(change, {})


def _written(key: str, form: int) -> str:
    """Return a key as its side writes it: one in about twenty is not in the usual form."""
    match form:
        case 0:
            return key.translate(_FULL_WIDTH)
        case 1:
            return key.lower()
        case 2:
            return f"{key} "
    return key


def _coprime(count: int, ratio: float) -> int:
    step = max(int(count * ratio), 1)
    while math.gcd(step, count) > 1:
        step += 1
    return step


def write(folder: Path, keys: int, sides: int, share: float, seed: int = SEED) -> Mapping[str, int]:
    """Write the pages of each side; return how many items each has."""
    plan = Plan(keys, sides, share, seed)
    folder.mkdir(parents=True, exist_ok=True)
    return {side: _write(plan, side, folder / f"{side}.jsonl") for side in plan.names}


def _write(plan: Plan, side: str, path: Path) -> int:
    count = 0
    page: list[Item] = []
    with path.open("w", encoding="utf-8") as file:
        for item in plan.items(side):
            page.append(item)
            if len(page) == PAGE:
                count += _write_page(file, page)
                page = []
        return count + _write_page(file, page)


def _write_page(file: Any, page: Sequence[Item]) -> int:
    if page:
        file.write(json.dumps(page, ensure_ascii=False, separators=(",", ":")) + "\n")
    return len(page)


def names(folder: Path) -> Sequence[str]:
    """Return the sides a folder has pages of."""
    return [side for side in SIDES if (folder / f"{side}.jsonl").exists()]


def pages(folder: Path, side: str) -> Iterator[list[Item]]:
    """Yield the pages of a side."""
    with (folder / f"{side}.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)


if __name__ == "__main__":
    _folder, _keys, _sides, _share = sys.argv[1:]
    _began = time.process_time()
    _plan = Plan(int(_keys), int(_sides), float(_share))
    _rows = write(Path(_folder), _plan.keys, _plan.sides, _plan.share)
    _took = round(time.process_time() - _began, 3)
    print(json.dumps({"rows": _rows, "findings": _plan.findings, "cpu_seconds": _took}))
