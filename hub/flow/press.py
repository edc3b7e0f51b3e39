"""The press: documents are printed in a thread of their own, one after the other.

Nothing waits for it inside a transaction, and it gives way to everything else that needs the
processor.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hub import logs
from hub.clock import Clock
from hub.documents.annex import Printed, Printer
from hub.documents.errors import DocumentError
from hub.documents.keys import DocumentKeys
from hub.documents.register import Copy
from hub.errors import ConfigError
from hub.language import say
from hub.logs import Metrics
from hub.settings import Settings

log = logs.get_logger(__name__)

#: How far below the rest of the process the press stands, in steps of `nice`.
_BELOW = 10


@dataclass(frozen=True, slots=True)
class Order:
    """A document to be printed: its frozen content, and whose copies."""

    document_id: str
    content: Mapping[str, Any]
    #: SHA-256 of the content.
    sha256: str
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an order: its files, or why there are none."""

    sha256: str
    copies: tuple[Printed, ...] = ()
    error: DocumentError | ConfigError | None = None


class Press:
    """Prints orders; made once for each process that may issue documents."""

    def __init__(self, settings: Settings, metrics: Metrics, clock: Clock) -> None:
        self.settings = settings
        self._metrics, self._clock = metrics, clock
        self._thread = ThreadPoolExecutor(1, "press", initializer=_give_way)
        self._making = threading.Lock()

    @cached_property
    def keys(self) -> DocumentKeys:
        """Return the keys of documents; `ConfigError` where there is no master key."""
        return DocumentKeys.load(self.settings)

    @property
    def printer(self) -> Printer:
        """Return what prints; `ConfigError` or `DocumentError` where something needed is missing.

        The first call reads the font, which takes a moment.
        """
        with self._making:
            return self._printer

    @cached_property
    def _printer(self) -> Printer:
        return Printer(self.settings, self.keys)

    async def print(self, orders: Sequence[Order], seconds: float) -> dict[str, Done]:
        """Print orders until so many seconds are over, one at least; return document id → done."""
        loop = asyncio.get_running_loop()
        until = self._clock.monotonic() + seconds
        done: dict[str, Done] = {}
        for order in orders:
            done[order.document_id] = await loop.run_in_executor(self._thread, self._print, order)
            if self._clock.monotonic() > until:
                break
        return done

    def _print(self, order: Order) -> Done:
        try:
            with self._metrics.document_print_seconds.time():
                copies = tuple(
                    self.printer.print(order.content, order.sha256, copy) for copy in order.copies
                )
        except (DocumentError, ConfigError) as error:
            return Done(order.sha256, error=error)
        except BaseException as error:
            # what prints is not ours and may panic: one document must not keep all others waiting
            log.exception("document.not_printed", document=order.document_id)
            return Done(order.sha256, error=_unprintable(type(error).__name__))
        return Done(order.sha256, copies)

    def close(self) -> None:
        """End the thread with the document it prints, and remove what it printed from."""
        self._thread.shutdown(cancel_futures=True)
        printer = self.__dict__.get("_printer")
        if printer is not None:
            printer.close()


def _unprintable(problem: str) -> DocumentError:
    return DocumentError(
        "E_DOC_PRINT", say("The document could not be printed: {problem}.", problem=problem)
    )


def _give_way() -> None:
    # on Linux a thread has a priority of its own; elsewhere it would be the whole process
    if sys.platform == "linux":
        os.nice(_BELOW)
