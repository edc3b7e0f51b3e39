"""What Tryton brings in: sales, shipments and BOMs, polled by the time of their last change.

`write_date` is empty until the first change, so a record's time is `write_date` or else
`create_date`. Both are UTC with microseconds; several records of one transaction have the
same time, hence the order by (time, id).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.erp.tryton import wire
from connectors.erp.tryton.rpc import Rpc
from hub import ConfigError, Document, Event, Page

_TIMES = ("create_date", "write_date")
_START = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where polling has got to."""

    modified: datetime = _START
    id: int = 0
    #: The next page goes on exactly here; otherwise it starts the stream's overlap earlier.
    exact: bool = True

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Return the cursor a page gave, or that of an ISO instant; else a `ConfigError`."""
        try:
            if " " not in text:
                return cls(_moment(text))
            modified, record, mode = text.split(" ")
            return cls(_moment(modified), int(record), mode == "exact")
        except ValueError:
            raise ConfigError(f"tryton: {text!r} is no cursor; poll from the start") from None

    def __str__(self) -> str:
        mode = "exact" if self.exact else "overlap"
        return f"{self.modified.isoformat()} {self.id} {mode}"

    def start(self, overlap: timedelta) -> Cursor:
        """Return the point after which the next page starts."""
        return self if self.exact else Cursor(max(self.modified, _START + overlap) - overlap, 0)


Fill = Callable[["Streams", list[dict[str, Any]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a stream's items come from."""

    model: str
    fields: Sequence[str]
    #: Adds the lines to the read rows, one call for all of them.
    fill: Fill


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of one connection."""

    rpc: Rpc
    page_size: int
    bom_drawing: re.Pattern[str]
    #: Name of the field with a BOM's code; empty: the series has none.
    bom_code_field: str
    #: Name of the field with a sale's promised date; empty: the series has none.
    shipping_date_field: str

    async def poll(self, stream: str, cursor: str | None, overlap: timedelta) -> Page:
        """Return the page after the cursor, oldest change first."""
        source = self._source(stream)
        last = Cursor.read(cursor) if cursor else Cursor()
        rows = await self._changed(source, last.start(overlap))
        page, more = rows[: self.page_size], len(rows) > self.page_size
        ends = [(last.modified, last.id), *((_time(row), int(row["id"])) for row in page[-1:])]
        modified, record = ends[-1] if more else max(ends)
        events = [
            Event(stream, f"{item['ref']}@{item['modified']}", item, object_id=item["ref"])
            for item in await self._items(source, page)
        ]
        return Page(events, str(Cursor(modified, record, exact=more)), more)

    async def fetch(self, stream: str, object_id: str) -> Document | None:
        """Return one item; `object_id` is `model,id` as events carry it."""
        source = self._source(stream)
        model, _, record = object_id.partition(",")
        if model != source.model or not record.isdecimal():
            raise ConfigError(f"tryton: {object_id!r} is no id of {source.model},NUMBER")
        rows = await self._read(source, [["id", "=", int(record)]], 1, None)
        items = await self._items(source, rows)
        return items[0] if items else None

    async def count(self, stream: str) -> int:
        """Return how many items a poll from the start shows."""
        source = self._source(stream)
        return int(await self.rpc.call(source.model, "search_count", [], active_test=False))

    def _source(self, stream: str) -> Source:
        source = SOURCES[stream]
        own = {"bom": self.bom_code_field, "order": self.shipping_date_field}.get(stream)
        return replace(source, fields=(*source.fields, own)) if own else source

    async def _changed(self, source: Source, after: Cursor) -> list[dict[str, Any]]:
        """Return one row more than a page, the oldest of changed and of never changed ones."""
        rows = [
            row
            for time, never in (("write_date", None), ("create_date", ["write_date", "=", None]))
            for row in await self._read(
                source,
                [_after(time, after), *([never] if never else [])],
                self.page_size + 1,
                [[time, "ASC"], ["id", "ASC"]],
            )
        ]
        return sorted(rows, key=lambda row: (_time(row), row["id"]))[: self.page_size + 1]

    async def _read(
        self, source: Source, domain: Sequence[Any], limit: int, order: Any
    ) -> list[dict[str, Any]]:
        fields = [*source.fields, *_TIMES]
        # inactive records are changes as well: the BOM that must no longer be used
        rows: list[dict[str, Any]] = await self.rpc.call(
            source.model, "search_read", list(domain), 0, limit, order, fields, active_test=False
        )
        return rows

    async def _items(self, source: Source, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        await source.fill(self, rows)
        return [_item(source.model, row) for row in rows]

    async def by_ids(
        self, model: str, ids: Sequence[int], fields: Sequence[str]
    ) -> dict[int, dict[str, Any]]:
        """Return records of a model by id."""
        if not ids:
            return {}
        rows = await self.rpc.call(model, "read", sorted(set(ids)), list(fields))
        return {int(row["id"]): row for row in rows}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is no moment")
    return moment


def _after(time: str, cursor: Cursor) -> list[Any]:
    later = [time, ">", cursor.modified]
    return ["OR", later, [[time, "=", cursor.modified], ["id", ">", cursor.id]]]


def _time(row: Mapping[str, Any]) -> datetime:
    time: datetime = row["write_date"] or row["create_date"]
    return time


def _item(model: str, row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in _TIMES}
    item: dict[str, Any] = wire.plain(
        {"ref": f"{model},{row['id']}", "modified": _time(row), **kept}
    )
    return item


async def _sale_lines(streams: Streams, sales: list[dict[str, Any]]) -> None:
    product = ("product.code", "product.name", "quantity", "unit.symbol")
    fields = ("type", *product, "unit_price", "description")
    lines = await streams.by_ids("sale.line", _ids(sales, "lines"), fields)
    for sale in sales:
        rows = (lines[line] for line in sale["lines"])
        sale["lines"] = [row for row in rows if row["type"] == "line"]
        sale["shipping_date"] = sale.pop(streams.shipping_date_field, None)


async def _shipment_moves(streams: Streams, shipments: list[dict[str, Any]]) -> None:
    """Add what goes out, and the sales it is for: shipments name them only line by line."""
    fields = ("product.code", "quantity", "unit.symbol", "state", "origin")
    moves = await streams.by_ids("stock.move", _ids(shipments, "outgoing_moves"), fields)
    origins = {move_id: _line_id(move["origin"]) for move_id, move in moves.items()}
    lines = await streams.by_ids(
        "sale.line", [line for line in origins.values() if line], ("sale.reference", "sale.number")
    )
    for shipment in shipments:
        ids = shipment["outgoing_moves"]
        shipment["outgoing_moves"] = [moves[move] for move in ids]
        mine = [lines[line]["sale."] for line in (origins[move] for move in ids) if line]
        shipment["sales"] = list({sale["id"]: sale for sale in mine}.values())
        shipment["sale"] = mine[0] if mine else None


async def _bom_lines(streams: Streams, boms: list[dict[str, Any]]) -> None:
    fields = ("product.code", "product.name", "quantity", "unit.symbol")
    for name, model in (
        ("inputs", "production.bom.input"), ("outputs", "production.bom.output"),
    ):  # fmt: skip
        lines = await streams.by_ids(model, _ids(boms, name), fields)
        for bom in boms:
            bom[name] = [lines[line] for line in bom[name]]
    for bom in boms:
        bom["code"] = bom.get(streams.bom_code_field)
        shown = bom["code"] if streams.bom_code_field else bom["name"]
        match = streams.bom_drawing.match(shown or "")
        bom["active"] = bool(bom["active"])  # SQLite answers 0 and 1
        bom["product"] = bom["outputs"][0]["product."] if bom["outputs"] else None
        bom["drawing_no"] = match["drawing_no"] if match else None
        bom["drawing_version"] = match["drawing_version"] if match else None


def _ids(rows: Sequence[Mapping[str, Any]], name: str) -> list[int]:
    return [record for row in rows for record in row[name]]


def _line_id(origin: str | None) -> int | None:
    model, _, record = (origin or "").partition(",")
    return int(record) if model == "sale.line" else None


SOURCES: Mapping[str, Source] = {
    "order": Source(
        "sale.sale",
        (
            "number", "reference", "description", "state", "sale_date", "party.code", "party.name",
            "currency.code", "total_amount", "lines",
        ),
        _sale_lines,
    ),
    "shipment": Source(
        "stock.shipment.out",
        (
            "number", "reference", "state", "customer.code", "planned_date", "effective_date",
            "outgoing_moves",
        ),
        _shipment_moves,
    ),
    "bom": Source(
        "production.bom", ("name", "active", "inputs", "outputs"), _bom_lines
    ),
}  # fmt: skip
