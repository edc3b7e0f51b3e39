"""The demo on a terminal: what is where, and what happened last."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hub.cli.output import clean
from hub.demo.texts import TEXTS, text
from hub.demo.watch import Picture
from hub.errors import APPLIED_OUTCOMES
from hub.language import Language
from hub.store.views import Row

_COLUMNS = ("blocked", "ready", "sending", "in_doubt", "delivered", "confirmed", "dead")
_COLOURS = {"in_doubt": "yellow", "confirmed": "green", "dead": "red"}
_EVENTS = 12


class Screen:
    """Draws pictures as they come; as a context manager it holds the terminal."""

    def __init__(self, language: Language, connections: list[str]) -> None:
        self._language = language
        self._connections = connections
        self._events: deque[tuple[str, str]] = deque(maxlen=_EVENTS)
        self._picture: Picture | None = None
        self._live = Live(console=Console(emoji=False), auto_refresh=False)

    def __enter__(self) -> Screen:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def tell(self, key: str, number: str) -> None:
        """Show that people did something."""
        self._events.append((number, text(self._language, key)))

    def show(self, picture: Picture) -> None:
        """Draw a picture and what the hub's ledger says of the time before it."""
        for entry in picture.entries:
            if words := self._words(entry, picture.connections.get(entry["subject"], "")):
                self._events.append((picture.numbers.get(entry["subject"], ""), words))
        self._picture = picture
        self._live.update(self._drawn(picture), refresh=True)

    def _words(self, entry: Row, connection: str) -> str | None:
        kind, facts = entry["kind"], entry["facts"]
        if kind not in TEXTS:
            return None
        if kind == "delivery.attempted" and facts["outcome"] in APPLIED_OUTCOMES:
            return None
        return text(self._language, kind, **{**facts, "connection": connection})

    def _drawn(self, picture: Picture) -> RenderableType:
        inbox = Table.grid(padding=(0, 2))
        inbox.add_row(*(f"{state} {count}" for state, count in picture.messages.items()))
        events = Table.grid(padding=(0, 2))
        for number, words in self._events:
            events.add_row(Text(clean(number), style="bold"), Text(clean(words)))
        return Group(
            Panel(inbox, title=text(self._language, "inbox"), title_align="left"),
            self._outbox(picture.deliveries),
            Panel(events, title=text(self._language, "events"), title_align="left"),
        )

    def _outbox(self, deliveries: Mapping[str, Mapping[str, int]]) -> Table:
        table = Table(expand=True)
        table.add_column(text(self._language, "connection"))
        for name in _COLUMNS:
            table.add_column(text(self._language, name), justify="right", style=_COLOURS.get(name))
        for connection in self._connections:
            counts = deliveries.get(connection, {})
            table.add_row(connection, *(str(counts.get(name) or "·") for name in _COLUMNS))
        return table
