"""Brings the pages of `reconcile` into canonical form, for the sides that compare tables.

    reconcile_canonical.py FOLDER

Writes FOLDER/crm.csv and so on, in the order of the pages and without a header. Numbers are
counted in 1/10,000, days from 1970-01-01, moments in microseconds; nothing is empty. The same
object twice is still two rows. Prints the seconds it took and the rows it wrote.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import time
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from reconcile_data import names, pages

#: Compared, in the order of their bits; `TOLERANCES` are in the units above.
FIELDS = ("rev", "amount", "tax", "qty", "due", "signed", "customer", "currency", "status")
TOLERANCES: Mapping[str, int] = {"amount": 100, "due": 3}
TEXTS = frozenset({"key", "id", "customer", "currency", "status"})
COLUMNS = ("key", "ordinal", "id", "modified", *FIELDS)

_EPOCH = date(1970, 1, 1).toordinal()
_DROPPED = re.compile(r"[\s\-_/]")


def rows(folder: Path, side: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a side, in the order of `COLUMNS`."""
    ordinal = 0
    for page in pages(folder, side):
        for item in page:
            ordinal += 1
            yield (
                _key(item["number"]), ordinal, item["id"], _microseconds(item["modified"]),
                item["rev"], *(_scaled(item[name]) for name in ("amount", "tax", "qty")),
                *(_day(item[name]) for name in ("due", "signed")),
                *(_text(item[name]) for name in ("customer", "currency", "status")),
            )  # fmt: skip


def _key(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _DROPPED.sub("", text.strip().upper())


def _scaled(text: str | None) -> int | None:
    if not text:
        return None
    number = Decimal(text).scaleb(4)
    if number != (whole := int(number)):
        raise ValueError(f"{text} is finer than 1/10,000")
    return whole


@lru_cache(100_000)
def _day(text: str | None) -> int | None:
    return date.fromisoformat(text).toordinal() - _EPOCH if text else None


@lru_cache(100_000)
def _microseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 10**6)


@lru_cache(100_000)
def _text(text: str | None) -> str | None:
    return unicodedata.normalize("NFKC", text or "").strip() or None


def write(folder: Path) -> int:
    """Write the tables of all sides; return how many rows there are."""
    count = 0
    for side in names(folder):
        with (folder / f"{side}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            for row in rows(folder, side):
                writer.writerow(row)
                count += 1
    return count


if __name__ == "__main__":
    _began = time.process_time()
    _count = write(Path(sys.argv[1]))
    print(json.dumps({"cpu_seconds": round(time.process_time() - _began, 3), "rows": _count}))
