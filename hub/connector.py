"""What a connector is: its settings, its spec (data, not code) and its capabilities.

A connector implements the capabilities its product really has, each a small protocol:

    Receives  receive(request)           pure: verify the raw bytes, parse
    Polls     poll(stream, cursor)       a page of changed items, in (modified, id) order
    Fetches   fetch(stream, object_id)   one item whole, where an event is only a hint
    Lists     list(stream, cursor)       a page of everything there is, where a poll shows less
    Counts    count(stream)              how many items there are
    Files     file(stream, reference)    the bytes of a file that an item names
    Delivers  deliver(command, progress) do one operation
    Results   result(command, ticket)    where an operation can answer `Accepted`
    Finds     find(command)              ask the far end by our key

`deliver` returns a `Receipt` or `Accepted`. Everything else is a `ConnectorError`,
whose outcome decides what happens next.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from hub.errors import ConfigError, HubError

if TYPE_CHECKING:
    from hub.clock import Clock
    from hub.http import HttpClient

#: Plain data as JSON knows it, with `Decimal` for numbers that are not whole.
Document: TypeAlias = Mapping[str, Any]


# ---- what a connector says of itself ---------------------------------------------------------


class Idempotency(enum.StrEnum):
    """How a far end keeps one delivery from taking effect twice."""

    #: It takes an idempotency key and answers a repeat with the first result.
    KEY = "key"
    #: It refuses a second object with our reference.
    NATURAL = "natural"
    #: It can be searched by our reference.
    LOOKUP = "lookup"
    #: Neither: what is in doubt stops for a person.
    NONE = "none"


class OnRevision(enum.StrEnum):
    """What a newer revision of a record does to the object an older one made."""

    UPDATE = "update"
    CANCEL_THEN_CREATE = "cancel_then_create"
    APPEND = "append"
    PERSON = "person"


class OnRevoke(enum.StrEnum):
    """What a revoked approval does to the object it made."""

    CANCEL = "cancel"
    PERSON = "person"


class ReadBack(enum.StrEnum):
    """How often a delivered object is read back and compared; reading costs quota."""

    ALWAYS = "always"
    #: A share of the objects: `read_back_share` of the connection.
    SAMPLE = "sample"
    #: Also where a connection says otherwise: the far end cannot show it, or must not be asked.
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a document that a stream brings or an operation takes."""

    #: `text`, `integer`, `decimal`, `boolean`, `date`, `datetime`, `list`, `object`, or `file`:
    #: Base64, which a mapping fills by `$document.file` and the hub puts in right before a call.
    type: str = "text"
    required: bool = False
    #: `name`, `phone`, `address` …: masked in every log, error and trace.
    personal: str | None = None
    #: The far end shows this field again when asked, so it is compared.
    readable: bool = False
    #: Fields of the objects in a list, when `type` is `list` or `object`.
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    title: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of thing a connection brings in, by webhook or by polling."""

    name: str
    title: str
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    #: Can be polled.
    polled: bool = False
    #: A page of a poll starts this much before the cursor, against late arrivals.
    overlap: timedelta = timedelta(minutes=5)
    #: The title in Chinese; empty: the title serves both.
    title_zh: str = ""
    #: Names of fields that are lists of files: each an object of which `file` makes the bytes.
    #: The mapping sees `name`, `sha256`, `size`, `pages`, `origin` and `problem` instead.
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a connection can be told to do."""

    name: str
    title: str
    idempotency: Idempotency
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    #: How long the far end remembers our key; None: for ever.
    window: timedelta | None = None
    #: Path into the *record* that names the far end's object; None: the record's own key.
    #: Deliveries with the same handle go one after the other.
    lane: str | None = None
    #: The document carries the whole state of the object, so a later one replaces it.
    full_state: bool = False
    on_revision: OnRevision = OnRevision.UPDATE
    on_revoke: OnRevoke = OnRevoke.CANCEL
    #: How long after a request without an answer it may still take effect.
    settle: timedelta = timedelta(seconds=30)
    #: How long after `Accepted` may have been answered the job may still be queued.
    acceptance_window: timedelta | None = None
    read_back: ReadBack = ReadBack.NEVER
    #: How long the far end needs until a read shows what was written.
    read_back_after: timedelta = timedelta(seconds=5)
    #: Names and allowed values of what a route may choose, the first one being the default.
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: The operation can undo what it did (`Command.action == "cancel"`).
    cancellable: bool = True
    #: The title in Chinese; empty: the title serves both.
    title_zh: str = ""

    @property
    def takes_files(self) -> bool:
        """Say whether files go along with it."""
        return _has_files(self.fields)


def _has_files(fields: Mapping[str, FieldSpec]) -> bool:
    return any(one.type == "file" or _has_files(one.fields) for one in fields.values())


@dataclass(frozen=True, slots=True)
class Limits:
    """What the far end allows; `None` where it says nothing."""

    concurrency: int = 4
    per_second: float | None = None
    per_minute: float | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Spec:
    """A connector's account of itself. Pages, schemas and checks are made from it."""

    name: str
    title: str
    title_zh: str
    streams: Sequence[Stream] = ()
    operations: Sequence[Operation] = ()
    limits: Limits = Limits()
    #: IANA zone of times without an offset.
    zone: str = "UTC"
    timeout: timedelta = timedelta(seconds=30)
    #: What it cannot do, one sentence each, shown to whoever chooses it.
    cannot: Sequence[str] = ()
    #: The same in Chinese; empty: the sentences above serve both.
    cannot_zh: Sequence[str] = ()
    #: `module:Class` of the simulator, for tests and the demo.
    simulator: str | None = None
    #: `module:function` that installs and starts the real product, where that is possible.
    server: str | None = None

    def stream(self, name: str) -> Stream:
        """Return the stream of that name; `ConfigError` with the nearest names otherwise."""
        return _named(self.streams, name, f"{self.name} has no stream")

    def operation(self, name: str) -> Operation:
        """Return the operation of that name; `ConfigError` with the nearest names otherwise."""
        return _named(self.operations, name, f"{self.name} has no operation")


_Named = TypeVar("_Named", Stream, Operation)


def _named(items: Sequence[_Named], name: str, complaint: str) -> _Named:
    for item in items:
        if item.name == name:
            return item
    known = ", ".join(item.name for item in items) or "none"
    raise ConfigError(f"{complaint} {name!r}; it has: {known}")


class ConnectorSettings(BaseModel):
    """Options every connection has; a connector's own `Settings` adds to them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    #: Overrides of `profile.yaml`: codes, paths, field names that differ at this tenant.
    profile: dict[str, Any] = Field(default_factory=dict)


# ---- what comes in ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """An incoming call as it came: nothing decoded, header names in lower case."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What an event tells of one of our deliveries: it was applied, or it was refused."""

    #: The ticket `Accepted` gave us, where the event names it.
    ticket: str | None = None
    #: Our own key, where the event names it.
    key: str | None = None
    #: Set when the far end holds the effect.
    receipt: Receipt | None = None
    #: Set when the far end refused it for good, in its own words.
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One fact a webhook or a poll brought."""

    stream: str
    #: The far end's id of the *event*, its dedupe key.
    external_id: str
    #: The item, in the vendor's names.
    item: Document
    #: The far end's id of the object the event is about.
    object_id: str | None = None
    #: The item is not whole: read it again by `object_id` before use.
    hint: bool = False
    #: We wrote this ourselves (last-writer id or marker field says so).
    echo: bool = False
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the far end wants to hear back."""

    status: int = 200
    body: bytes = b"{}"
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Received:
    """A verified and parsed webhook. The reply is sent once the events are stored."""

    events: Sequence[Event]
    reply: Reply = Reply()
    #: The reply when the events could not be stored; the sender tries again.
    refusal: Reply = Reply(status=503, body=b'{"error": "not stored, send again"}')


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a poll, oldest change first."""

    events: Sequence[Event]
    #: Where to go on; opaque to the hub, stored with the events in one transaction.
    cursor: str
    more: bool = False


# ---- what goes out ---------------------------------------------------------------------------


class Action(enum.StrEnum):
    """What the hub decided the moment the delivery had its turn."""

    CREATE = "create"
    UPDATE = "update"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Command:
    """One operation to carry out at the far end."""

    operation: str
    action: Action
    #: The mapped document, in the far end's names.
    document: Document
    #: Our key for the object or the call; the same over all attempts.
    key: str
    #: The far end's id of the object to update or cancel, where known.
    external_id: str | None = None
    #: Our revision of the record the document was made from.
    revision: int = 1
    #: Choices of the route, checked against `Operation.options`.
    options: Mapping[str, str] = field(default_factory=dict)
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The far end holds the effect."""

    external_id: str | None = None
    answer: bytes = b""
    #: The far end said it had it already, under our key.
    already: bool = False
    #: Values later steps may use as `$results.<step>.<name>`.
    values: Document = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The far end took the request and will know the result later."""

    ticket: str
    ask_at: datetime
    give_up_at: datetime
    answer: bytes = b""


@dataclass(frozen=True, slots=True)
class Found:
    """What the far end shows under our key.

    `mine` is True when it shows *this* delivery, whole (our key, revision or content); for a
    cancel: when the object is gone. `begun` is True when part of this delivery stands there: it
    is sent again, and the connector finishes it. With neither, this delivery was not applied.
    """

    mine: bool
    external_id: str | None = None
    #: The object as it stands there, in the names of the operation's document.
    document: Document = field(default_factory=dict)
    answer: bytes = b""
    values: Document = field(default_factory=dict)
    begun: bool = False


class Progress(Protocol):
    """What several remote steps of one delivery have reached; survives a crash."""

    @property
    def saved(self) -> Document:
        """Return what was saved by the last attempt that got this far."""
        ...

    async def save(self, **values: Any) -> None:
        """Commit what was just learned, before the next remote call."""
        ...


class Tokens(Protocol):
    """Access tokens of one connection, shared by its calls."""

    async def get(self, name: str, fetch: Callable[[], Any], *, stale: str | None = None) -> str:
        """Return the token, calling `fetch() -> (token, lifetime)` once when there is none.

        `stale` is the token that was just refused: it is fetched anew, once for all callers.
        """
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What a connection gives its connector."""

    connection: str
    http: HttpClient
    clock: Clock
    tokens: Tokens
    #: Our own public address, for call-back URLs; None on a hub without one.
    public_url: str | None = None


# ---- the capabilities ------------------------------------------------------------------------


@runtime_checkable
class Receives(Protocol):
    """Takes webhooks. Pure: no I/O, so that it may run before anything is stored."""

    def receive(self, request: WebhookRequest) -> Received | Reply:
        """Verify and parse; a bare `Reply` answers a challenge.

        Raises `SignatureInvalid` or `BadRequest`; nothing is stored then.
        """
        ...


@runtime_checkable
class Refuses(Protocol):
    """Answers refused webhooks in the product's own words instead of 401 and 400."""

    def refuse(self, error: HubError) -> Reply:
        """Return what the far end understands as "not taken"."""
        ...


@runtime_checkable
class Polls(Protocol):
    """Can be asked what changed."""

    async def poll(self, stream: str, cursor: str | None) -> Page:
        """Return the changes after the cursor, less the stream's overlap; None: from the start.

        A person may begin anywhere: an ISO instant with its zone is a cursor too.
        """
        ...


@runtime_checkable
class Fetches(Protocol):
    """Can show one object whole."""

    async def fetch(self, stream: str, object_id: str) -> Document | None:
        """Return the item in the vendor's names, None when there is none."""
        ...


@runtime_checkable
class Lists(Protocol):
    """Can show everything there is, where a poll from the start would not."""

    async def list(self, stream: str, cursor: str | None) -> Page:
        """Return a page of all items as they stand now; None: from the start. Read-only."""
        ...


@runtime_checkable
class Counts(Protocol):
    """Can say how many items there are, so that whoever reads them all knows when it did."""

    async def count(self, stream: str) -> int:
        """Return how many items a list or a poll from the start would show."""
        ...


@runtime_checkable
class Files(Protocol):
    """Can give out the files of an item."""

    async def file(self, stream: str, reference: Document) -> bytes:
        """Return the bytes of a file, by what the item's field of `Stream.files` says of it.

        `rejected` where there is no such file, or its address has ended.
        """
        ...


@runtime_checkable
class Delivers(Protocol):
    """Can be told to do something."""

    async def deliver(self, command: Command, progress: Progress) -> Receipt | Accepted:
        """Carry the command out; anything but success is a `ConnectorError`."""
        ...


@runtime_checkable
class Results(Protocol):
    """Some operations answer `Accepted`; the result is asked for later."""

    async def result(self, command: Command, ticket: str) -> Receipt | Accepted:
        """Return the result, or `Accepted` again with a later `ask_at`."""
        ...


@runtime_checkable
class Finds(Protocol):
    """Can be searched by our key."""

    async def find(self, command: Command) -> Found | None:
        """Return what stands under our key; None is a proof of absence, not a failure to look."""
        ...


#: Capability → the method that makes it.
CAPABILITIES: Mapping[str, str] = {
    "receives": "receive",
    "polls": "poll",
    "fetches": "fetch",
    "lists": "list",
    "counts": "count",
    "files": "file",
    "delivers": "deliver",
    "results": "result",
    "finds": "find",
}


class Connector:
    """Base of all connectors: settings and context, nothing else."""

    Settings: ClassVar[type[ConnectorSettings]] = ConnectorSettings
    spec: ClassVar[Spec]
    #: Names of the capabilities it has; asking the protocols takes as long as storing a message.
    can: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        """Note the capabilities."""
        methods = CAPABILITIES.items()
        cls.can = frozenset(name for name, one in methods if callable(getattr(cls, one, None)))

    def __init__(self, settings: Any, context: Context) -> None:
        self.settings = settings
        self.context = context

    async def check(self) -> str:
        """Prove that the far end can be reached with these settings; return one line about it.

        Read-only; raises `ConnectorError` where it cannot.
        """
        raise ConfigError(f"{self.spec.name} has no check")

    @classmethod
    def polled_streams(cls, settings: Any) -> Sequence[Stream]:
        """Return the streams that can be polled with these settings."""
        del settings  # for those whose streams need something of them
        return [stream for stream in cls.spec.streams if stream.polled]

    @classmethod
    def check_profile(cls, settings: Any) -> None:
        """Check what these settings override in `profile.yaml`; nothing is called.

        Raises `ConfigError` naming every override that cannot work.
        """


def capabilities(connector: type[Connector]) -> list[str]:
    """Return the names of the capabilities a connector class has."""
    return [name for name in CAPABILITIES if name in connector.can]
