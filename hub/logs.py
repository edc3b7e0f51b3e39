"""Log lines and figures of the daemon.

Normal operation logs little: one wide line per attempt, and what a person should know. Every line
carries the correlation id of the business event it belongs to. Secrets and personal data are
masked by type and by the name they are logged under, and passwords and tokens inside texts;
still, nobody should log them.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

MASK = "***"

#: Parts of a name that mark a secret.
_SECRET = (
    "password passwd secret token authorization cookie credential signature apikey "
    "privatekey masterkey 密码 密钥 令牌 签名"
).split()
#: Parts of a name that mark personal data: phone and identity-card numbers.
_PERSONAL = "phone mobile idcard idnumber identityno 手机 电话 身份证".split()
#: Words that mark a value only when they stand alone: `sign` does, `design` does not.
_WORDS = frozenset({"sign", "pwd", "tel", "pin"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
#: A password in a URL, and a secret among its parameters or in a header.
_IN_TEXT = (
    re.compile(r"(://[^/@:\s]*:)[^/@\s]+(?=@)"),
    re.compile(
        r"(?i)((?:access_token|token|secret|appsecret|password|sign|signature|api_?key)=)[^&\s\"']+"
    ),
    re.compile(r"(?i)(\b(?:bearer|basic) )[\w.~+/=-]{8,}"),
)

#: What structlog puts on a line for its own later processors.
_STRUCTLOG = frozenset({"exc_info", "_record", "_from_structlog"})

Logger = structlog.stdlib.BoundLogger


# ---- log lines -------------------------------------------------------------------------------


def configure(
    style: Literal["json", "console"] = "json",
    level: int = logging.INFO,
    stream: TextIO | None = None,
) -> None:
    """Set logging up for this process, structlog's and the standard library's alike.

    `json` writes an object a line, for machines; `console` is for a person. `stream` is standard
    error unless given.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redact_traceback,
                _json() if style == "json" else _console(colors=stream.isatty()),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # below WARNING these tell every request with its whole address, tokens in it
    for name in ("httpx", "httpcore", "uvicorn.access", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str = "hub") -> Logger:
    """Return a logger; its first argument is the name of an event, such as `poll.finished`."""
    return structlog.stdlib.get_logger(name)


@contextlib.contextmanager
def correlation(correlation_id: str) -> Iterator[None]:
    """Put the id on every line logged within the block, also by tasks begun in it."""
    with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
        yield


def attempted(
    log: Logger,
    *,
    connection: str,
    record: str,
    attempt: int,
    outcome: str,
    took: timedelta,
    **more: object,
) -> None:
    """Log one attempt in one wide line; one that had no effect as a warning."""
    good = outcome in {"applied", "already_applied"}
    log.log(
        logging.INFO if good else logging.WARNING,
        "delivery.attempted",
        connection=connection,
        record=record,
        attempt=attempt,
        outcome=outcome,
        ms=round(took / timedelta(milliseconds=1)),
        **more,
    )


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask secrets and personal data in a line, at any depth; a structlog processor."""
    return {
        name: value if name in _STRUCTLOG else masked(value, name) for name, value in event.items()
    }


def masked(value: Any, name: str = "") -> Any:
    """Return the value fit for a log, given the name it is logged under."""
    if value is None or isinstance(value, bool):
        return value
    if sensitive(name):
        return MASK
    match value:
        case int() | float() | Decimal():
            return value
        case bytes():
            return f"<{len(value)} bytes>"
        case Mapping():
            return {key: masked(item, str(key)) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [masked(item) for item in value]
    # an error or a URL object holds as much as a text does; `SecretStr` masks itself
    return _masked_text(str(value))


@functools.lru_cache(1024)
def sensitive(name: str) -> bool:
    """Say whether a name, in any spelling, is one of a secret or of personal data."""
    flat = re.sub(r"[\W_]", "", name).lower()
    if any(part in flat for part in (*_SECRET, *_PERSONAL)):
        return True
    return any(word.lower() in _WORDS for word in _WORD.findall(name))


def _masked_text(text: str) -> str:
    # most values are ids and codes; each pattern needs at least one of these
    if not any(mark in text for mark in ("://", "=", " ")):
        return text
    for pattern in _IN_TEXT:
        text = pattern.sub(rf"\1{MASK}", text)
    return text


def _redact_traceback(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what became text only now: a traceback's last line is the error's message."""
    if "exception" in event:
        event["exception"] = _masked_text(str(event["exception"]))
    return event


def _shared() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]


def _json() -> structlog.processors.JSONRenderer:
    return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)


def _console(*, colors: bool) -> structlog.dev.ConsoleRenderer:
    # the renderer's own tracebacks show local variables, secrets among them
    plain = structlog.dev.plain_traceback
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)


# ---- figures ---------------------------------------------------------------------------------


class Metrics:
    """The figures `/metrics` shows, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        #: Webhooks and polled events that were stored, by connection.
        self.messages_received = self._counter(
            "hub_messages_received", "Messages stored in the inbox", "connection"
        )
        #: Attempts by connection and outcome.
        self.deliveries = self._counter(
            "hub_deliveries", "Attempts at deliveries", "connection", "outcome"
        )
        #: Seconds of one attempt, by connection.
        self.delivery_seconds = Histogram(
            "hub_delivery_seconds", "Time of one attempt", ["connection"], registry=self.registry,
            buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )  # fmt: skip
        #: 1 while a connection is paused, by connection.
        self.paused = Gauge(
            "hub_connection_paused", "Connection is paused", ["connection"], registry=self.registry
        )
        #: Faults of mapping files that could not come into force, by file; gone once mended.
        self.mapping_broken = Gauge(
            "hub_mapping_broken", "Faults that keep mapping files from coming into force", ["file"],
            registry=self.registry,
        )  # fmt: skip
        #: What happened to documents: issued, copied, superseded, revoked.
        self.documents = self._counter("hub_documents", "What happened to documents", "event")
        #: Checks of documents, by what was given and what it proved.
        self.document_checks = self._counter(
            "hub_document_checks", "Checks of documents", "given", "verdict"
        )
        #: Seconds it takes to print one document with all its copies.
        self.document_print_seconds = Histogram(
            "hub_document_print_seconds", "Time of printing one document",
            registry=self.registry, buckets=(0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30),
        )  # fmt: skip

        #: Findings that are open, by reconciliation and severity.
        self.findings = Gauge(
            "hub_reconcile_findings_open", "Findings that are open", ["name", "severity"],
            registry=self.registry,
        )  # fmt: skip
        #: Seconds since the oldest open finding was seen first, by reconciliation.
        self.oldest_finding = Gauge(
            "hub_reconcile_oldest_finding_seconds", "Age of the oldest open finding", ["name"],
            registry=self.registry,
        )  # fmt: skip
        #: When the last run ended that read everything, by reconciliation.
        self.last_complete = Gauge(
            "hub_reconcile_last_complete_timestamp_seconds", "End of the last complete run",
            ["name"], registry=self.registry,
        )  # fmt: skip
        #: How long the last run took, by reconciliation.
        self.run_seconds = Gauge(
            "hub_reconcile_run_seconds", "Duration of the last run", ["name"],
            registry=self.registry,
        )  # fmt: skip

    def watch_queues(self, read: Callable[[], Mapping[tuple[str, str], int]]) -> None:
        """Show how long the queues are, asking `read` whenever the figures are read.

        It returns the count of each (queue, state), such as `("delivery", "ready")`.
        """
        self.registry.register(_Queues(read))

    def mappings_are(self, broken: Iterable[str]) -> None:
        """Show the faults of mapping files, given the file of each; none once they are mended."""
        self.mapping_broken.clear()
        for file in broken:
            self.mapping_broken.labels(file).inc()

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, title: str, *labels: str) -> Counter:
        return Counter(name, title, labels, registry=self.registry)


class _Queues(Collector):
    def __init__(self, read: Callable[[], Mapping[tuple[str, str], int]]) -> None:
        self._read = read

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name the figure without asking for it: the store may not be open yet."""
        return [self._family()]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Ask for the lengths now."""
        family = self._family()
        for labels, count in sorted(self._read().items()):
            family.add_metric(labels, count)
        return [family]

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily("hub_queue", "Rows that are open", labels=["queue", "state"])
