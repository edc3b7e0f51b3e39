"""What stands in a real product of the demo, asked through its connector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub import registry
from hub.clock import SystemClock
from hub.connector import Action, Command, Finds, Found
from hub.demo import texts
from hub.demo.watch import Books
from hub.settings import Settings
from hub.store.views import Row


async def standing(settings: Settings, name: str, books: Books) -> dict[str, int]:
    """Return key → how often what was last delivered under it stands at a connection."""
    connector = registry.build(settings.connections[name], SystemClock())
    if not isinstance(connector, Finds):
        raise texts.config_error("far_end.unreadable", name=name, product=connector.spec.name)
    try:
        found: dict[str, int] = {}
        for row in _last_delivered(books.deliveries, name):
            document = books.documents[row["id"]]
            shown = await connector.find(_command(row, document))
            if shown is not None and shown.mine:
                found[row["key"]] = _times(document, shown)
        return found
    finally:
        await connector.context.http.aclose()


def _last_delivered(rows: Sequence[Row], name: str) -> list[Row]:
    """Return the last delivered row of each key, without those that were taken back."""
    last = {
        row["key"]: row
        for row in sorted(rows, key=lambda row: str(row["id"]))
        if row["connection"] == name and row["state"] == "delivered" and row["key"]
    }
    return [row for row in last.values() if row["action"] != "cancel"]


def _command(row: Row, document: Mapping[str, Any]) -> Command:
    return Command(
        operation=row["operation"],
        action=Action(row["action"]),
        document=document,
        key=row["key"],
        external_id=row["external_id"],
        revision=row["revision"],
        options=row["options"],
        correlation_id=row["correlation_id"],
    )


def _times(document: Mapping[str, Any], shown: Found) -> int:
    """Return how often the lines that were sent stand there."""
    sent, there = len(document.get("lines") or ()), len(shown.document.get("lines") or ())
    return -(-there // sent) if sent and there else 1
