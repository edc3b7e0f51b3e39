"""Tables of the store, the same on SQLite and PostgreSQL.

Times are aware UTC and always bind parameters: the hub's clock decides, not the database's.
Ids are UUID version 7 in hex, so they sort by age.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Named,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypedColumns,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

metadata = MetaData()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC time: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column type of the database at hand."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn a time into what the database takes."""
        if value is None or dialect.name == "postgresql":
            return value
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Turn what the database gives into a time."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            stored: datetime = value
            return stored.astimezone(UTC)
        return _EPOCH + timedelta(microseconds=value)


#: A JSON document; decimals in it are text.
Json: TypeEngine[Any] = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _id() -> Column[str]:
    return Column(String(32), primary_key=True)


class payload_columns(TypedColumns):  # noqa: N801 (SQLAlchemy's naming of typed columns)
    """Bytes as they came or went, kept once per content."""

    sha256: Named[str] = Column(String(64), primary_key=True)
    #: zstd-compressed from 1 KiB on, plain below; None once erased.
    content: Named[bytes | None] = Column(LargeBinary)
    media_type: Named[str] = Column(String(100))
    size: Named[int] = Column(Integer)
    stored_at: Named[datetime] = Column(Instant)
    erased_at: Named[datetime | None] = Column(Instant)


class message_columns(TypedColumns):  # noqa: N801
    """The inbox: one row per fact received."""

    id: Named[str] = _id()
    connection: Named[str] = Column(String(64))
    stream: Named[str] = Column(String(64))
    external_id: Named[str] = Column(String(255))
    #: received, fetching, routed, waiting, ignored, failed.
    state: Named[str] = Column(String(12))
    reason: Named[str | None] = Column(Text)
    #: What a waiting message waits for; whoever supplies it wakes it.
    wake_key: Named[str | None] = Column(String(300))
    payload: Named[str] = Column(String(64))
    #: object_id, hint, echo, report: what the connector said of the event.
    event: Named[dict[str, Any]] = Column(Json)
    correlation_id: Named[str] = Column(String(32))
    record_id: Named[str | None] = Column(String(32))
    revision: Named[int | None] = Column(Integer)
    received_at: Named[datetime] = Column(Instant)
    #: When a stage may take it up; None: nothing to do.
    due_at: Named[datetime | None] = Column(Instant)
    lease_until: Named[datetime | None] = Column(Instant)
    fence: Named[int] = Column(Integer, default=0)
    tries: Named[int] = Column(Integer, default=0)
    finished_at: Named[datetime | None] = Column(Instant)


class message_key_columns(TypedColumns):  # noqa: N801
    """Dedupe keys of the inbox; they outlive their messages."""

    connection: Named[str] = Column(String(64), primary_key=True)
    external_id: Named[str] = Column(String(255), primary_key=True)
    sha256: Named[str] = Column(String(64))
    message_id: Named[str] = Column(String(32))
    received_at: Named[datetime] = Column(Instant)


class record_columns(TypedColumns):  # noqa: N801
    """One business object; its row lock serialises everything that is planned for it."""

    id: Named[str] = _id()
    kind: Named[str] = Column(String(40))
    connection: Named[str] = Column(String(64))
    number: Named[str] = Column(String(100))
    company: Named[str | None] = Column(String(100))
    #: Whose it is, as the source names the salesperson.
    owner: Named[str | None] = Column(String(100))
    #: Highest revision seen.
    revision: Named[int] = Column(Integer, default=0)
    #: Highest revision whose deliveries were planned.
    planned: Named[int] = Column(Integer, default=0)
    #: Latest values of the fields that do not count as content, such as the status.
    standing: Named[dict[str, Any]] = Column(Json)
    changed_at: Named[datetime] = Column(Instant)


class record_revision_columns(TypedColumns):  # noqa: N801
    """Each revision of a record as mapped, never changed."""

    record_id: Named[str] = Column(String(32))
    revision: Named[int] = Column(Integer)
    #: `kind@version` of the stored document.
    schema: Named[str] = Column(String(60))
    content_hash: Named[str] = Column(String(64))
    document: Named[dict[str, Any]] = Column(Json)
    modified_at: Named[datetime | None] = Column(Instant)
    message_id: Named[str] = Column(String(32))
    correlation_id: Named[str] = Column(String(32))
    stored_at: Named[datetime] = Column(Instant)


class approval_columns(TypedColumns):  # noqa: N801
    """Decisions about one revision of a record; only ever appended."""

    id: Named[str] = _id()
    record_id: Named[str] = Column(String(32))
    revision: Named[int] = Column(Integer)
    level: Named[str] = Column(String(100))
    person: Named[str] = Column(String(100))
    decision: Named[str] = Column(String(20))
    auto_passed: Named[bool] = Column(Boolean)
    role: Named[str | None] = Column(String(100))
    decided_at: Named[datetime | None] = Column(Instant)
    #: Where the person is called so; empty: at the hub itself.
    connection: Named[str] = Column(String(64))
    #: Message that brought it; empty: it was said at the hub itself.
    message_id: Named[str] = Column(String(32))
    stored_at: Named[datetime] = Column(Instant)
    #: Why, where somebody said so at the hub itself.
    words: Named[str | None] = Column(Text)


class revocation_columns(TypedColumns):  # noqa: N801
    """A revision that no longer counts; kept even before that revision comes."""

    record_id: Named[str] = Column(String(32))
    revision: Named[int] = Column(Integer)
    message_id: Named[str] = Column(String(32))
    stored_at: Named[datetime] = Column(Instant)


class lane_columns(TypedColumns):  # noqa: N801
    """All deliveries to one object of one connection; the row lock guards its seats."""

    id: Named[str] = _id()
    connection: Named[str] = Column(String(64))
    handle: Named[str] = Column(String(255))
    next_seat: Named[int] = Column(Integer, default=1)


class delivery_columns(TypedColumns):  # noqa: N801
    """The outbox: one record revision for one connection."""

    id: Named[str] = _id()
    record_id: Named[str] = Column(String(32))
    revision: Named[int] = Column(Integer)
    plan_id: Named[str] = Column(String(32))
    message_id: Named[str] = Column(String(32))
    correlation_id: Named[str] = Column(String(32))
    route: Named[str] = Column(String(100))
    step: Named[str] = Column(String(100))
    connection: Named[str] = Column(String(64))
    operation: Named[str] = Column(String(64))
    mapping: Named[str | None] = Column(String(100))
    bundle: Named[str] = Column(String(64))
    #: What the planner wants: put, cancel (before a re-creation), compensate.
    intent: Named[str] = Column(String(12))
    #: What the hub decided when the row had its turn: create, update, cancel.
    action: Named[str | None] = Column(String(8))
    #: Link of the object to update or cancel.
    target: Named[str | None] = Column(String(32))
    traits: Named[dict[str, Any]] = Column(Json)
    options: Named[dict[str, Any]] = Column(Json)
    state: Named[str] = Column(String(12))
    reason: Named[str | None] = Column(String(40))
    #: The last thing the far end or the mapping said, in its own words.
    words: Named[str | None] = Column(Text)
    lane_id: Named[str] = Column(String(32))
    seat: Named[int | None] = Column(Integer)
    holds_lane: Named[bool] = Column(Boolean, default=False)
    #: Open waits; the row is ready at 0.
    waits: Named[int] = Column(Integer, default=0)
    handle: Named[str] = Column(String(255))
    key: Named[str | None] = Column(String(255))
    payload: Named[str | None] = Column(String(64))
    external_id: Named[str | None] = Column(String(255))
    results: Named[dict[str, Any] | None] = Column(Json)
    progress: Named[dict[str, Any] | None] = Column(Json)
    ticket: Named[str | None] = Column(String(255))
    #: When a stage may take it up; None: nothing to do.
    due_at: Named[datetime | None] = Column(Instant)
    lease_until: Named[datetime | None] = Column(Instant)
    worker: Named[str | None] = Column(String(40))
    fence: Named[int] = Column(Integer, default=0)
    tries: Named[int] = Column(Integer, default=0)
    rescues: Named[int] = Column(Integer, default=0)
    #: An attempt ended without anybody knowing whether it was applied.
    unsure: Named[bool] = Column(Boolean, default=False)
    #: Proof of applied came in, whatever the row's state was.
    proven: Named[bool] = Column(Boolean, default=False)
    #: A person decided to send it although an attempt is unsure.
    approved: Named[bool] = Column(Boolean, default=False)
    first_sent_at: Named[datetime | None] = Column(Instant)
    #: Until then an old request may still take effect.
    settles_at: Named[datetime | None] = Column(Instant)
    gives_up_at: Named[datetime | None] = Column(Instant)
    deadline: Named[datetime] = Column(Instant)
    #: due, reading, confirmed, differs, unreadable, overtaken; None: not read back.
    confirm: Named[str | None] = Column(String(12))
    created_at: Named[datetime] = Column(Instant)
    finished_at: Named[datetime | None] = Column(Instant)


class delivery_wait_columns(TypedColumns):  # noqa: N801
    """What a blocked delivery waits for: lane, after, confirmed, link, hold, gate or observe."""

    delivery_id: Named[str] = Column(String(32))
    kind: Named[str] = Column(String(10))
    #: Id of the delivery, link or gate's hold waited for, name of the connection that is only
    #: observed; empty for a person's word.
    on_id: Named[str] = Column(String(32))


class delivery_key_columns(TypedColumns):  # noqa: N801
    """Keys ever given to a connection; a re-created object gets the next generation."""

    connection: Named[str] = Column(String(64))
    handle: Named[str] = Column(String(255))
    generation: Named[int] = Column(Integer)
    key: Named[str] = Column(String(255))
    delivery_id: Named[str] = Column(String(32))


class attempt_columns(TypedColumns):  # noqa: N801
    """Every call made for a delivery; only ever appended."""

    delivery_id: Named[str] = Column(String(32))
    fence: Named[int] = Column(Integer)
    #: send, ask, result, read, report.
    kind: Named[str] = Column(String(8))
    outcome: Named[str] = Column(String(24))
    code: Named[str | None] = Column(String(100))
    words: Named[str | None] = Column(Text)
    answer: Named[str | None] = Column(String(64))
    #: The result came after another worker had moved the row.
    late: Named[bool] = Column(Boolean, default=False)
    started_at: Named[datetime] = Column(Instant)
    ended_at: Named[datetime] = Column(Instant)


class link_columns(TypedColumns):  # noqa: N801
    """Our record ↔ the connection's own id: what stands at the far end because of us."""

    id: Named[str] = _id()
    connection: Named[str] = Column(String(64))
    #: Kind of our record, or of the object a person linked.
    kind: Named[str] = Column(String(40))
    #: Our handle of the object.
    handle: Named[str] = Column(String(255))
    record_id: Named[str | None] = Column(String(32))
    step: Named[str | None] = Column(String(100))
    #: Delivery that made the object.
    delivery_id: Named[str | None] = Column(String(32))
    key: Named[str | None] = Column(String(255))
    external_id: Named[str | None] = Column(String(255))
    results: Named[dict[str, Any] | None] = Column(Json)
    #: Hash of the document last written there.
    document_hash: Named[str | None] = Column(String(64))
    alive: Named[bool] = Column(Boolean)
    changed_at: Named[datetime] = Column(Instant)


class cursor_columns(TypedColumns):  # noqa: N801
    """Where polling has got to."""

    connection: Named[str] = Column(String(64), primary_key=True)
    stream: Named[str] = Column(String(64), primary_key=True)
    value: Named[str] = Column(Text)
    moved_at: Named[datetime] = Column(Instant)
    #: Beginning of the last poll that read to the end: until then nothing was missed.
    read_at: Named[datetime | None] = Column(Instant)


class connection_state_columns(TypedColumns):  # noqa: N801
    """What all workers know of a connection: pause, breaker, hold, budgets."""

    connection: Named[str] = Column(String(64), primary_key=True)
    paused_at: Named[datetime | None] = Column(Instant)
    pause_reason: Named[str | None] = Column(Text)
    paused_by: Named[str | None] = Column(String(100))
    #: No call before this moment: Retry-After, or an open breaker.
    not_before: Named[datetime | None] = Column(Instant)
    #: Since then deliveries wait for a person to let it go live; None: none does.
    observed_at: Named[datetime | None] = Column(Instant)
    failures: Named[int] = Column(Integer, default=0)
    opened: Named[int] = Column(Integer, default=0)
    #: Budget window → [start, used], as the connector's limits name them.
    budgets: Named[dict[str, Any]] = Column(Json)


class bundle_columns(TypedColumns):  # noqa: N801
    """All mapping files of one moment, content-addressed."""

    sha: Named[str] = Column(String(64), primary_key=True)
    #: File name → text.
    files: Named[dict[str, Any]] = Column(Json)
    active_at: Named[datetime] = Column(Instant)


class broken_columns(TypedColumns):  # noqa: N801
    """Mapping files that could not come into force, by the place they stand in."""

    #: Process and folder.
    place: Named[str] = Column(String(255), primary_key=True)
    since: Named[datetime] = Column(Instant)
    #: Faults, each with its place in a file.
    faults: Named[list[Any]] = Column(Json)


class ledger_columns(TypedColumns):  # noqa: N801
    """Append-only facts. `seq`, `previous` and `chain` are set by the sealer, in order."""

    id: Named[str] = _id()
    at: Named[datetime] = Column(Instant)
    kind: Named[str] = Column(String(40))
    actor: Named[str] = Column(String(100))
    subject: Named[str] = Column(String(100))
    correlation_id: Named[str | None] = Column(String(32))
    #: Codes, ids and hashes; never personal text.
    facts: Named[dict[str, Any]] = Column(Json)
    hash: Named[str] = Column(String(64))
    seq: Named[int | None] = Column(BigInteger)
    chain: Named[str | None] = Column(String(64))


class token_columns(TypedColumns):  # noqa: N801
    """Personal tokens: what proves a person; only their hashes are kept."""

    id: Named[str] = _id()
    person: Named[str] = Column(String(64))
    hash: Named[str] = Column(String(64))
    #: What it is used for, in the maker's words.
    label: Named[str] = Column(String(100))
    #: The one user of the operating system who may show it on a command line; None: any.
    os_user: Named[str | None] = Column(String(64))
    made_at: Named[datetime] = Column(Instant)
    made_by: Named[str] = Column(String(100))
    expires_at: Named[datetime | None] = Column(Instant)
    revoked_at: Named[datetime | None] = Column(Instant)
    used_at: Named[datetime | None] = Column(Instant)


class hold_columns(TypedColumns):  # noqa: N801
    """What a gate holds: a revision of a record, one delivery, or a person's action."""

    id: Named[str] = _id()
    gate: Named[str] = Column(String(100))
    record_id: Named[str] = Column(String(32))
    revision: Named[int] = Column(Integer)
    #: The delivery held; None: the record's planning.
    delivery_id: Named[str | None] = Column(String(32))
    #: The action held, such as `delivery.edit`; None: what comes by itself.
    action: Named[str | None] = Column(String(40))
    #: held, released, refused, passed (its conditions are met by now), lapsed.
    state: Named[str] = Column(String(10))
    #: Sentences as data, each with the fields at fault.
    reasons: Named[list[Any]] = Column(Json)
    #: Roles that may release it.
    roles: Named[list[Any]] = Column(Json)
    #: Who asked for what is held; may not release it.
    requested_by: Named[str | None] = Column(String(100))
    #: Payload before the edit that is held.
    before: Named[str | None] = Column(String(64))
    held_at: Named[datetime] = Column(Instant)
    decided_at: Named[datetime | None] = Column(Instant)
    decided_by: Named[str | None] = Column(String(100))
    decision: Named[str | None] = Column(Text)
    #: A release counts until then; None: without end.
    valid_until: Named[datetime | None] = Column(Instant)
    correlation_id: Named[str | None] = Column(String(32))


class decision_columns(TypedColumns):  # noqa: N801
    """Answers given to those who asked a gate beforehand."""

    id: Named[str] = _id()
    gate: Named[str] = Column(String(100))
    kind: Named[str] = Column(String(40))
    connection: Named[str | None] = Column(String(64))
    #: Number of the record, where the document had one already.
    number: Named[str | None] = Column(String(100))
    content_hash: Named[str | None] = Column(String(64))
    #: allow, hold, deny.
    answer: Named[str] = Column(String(8))
    reasons: Named[list[Any]] = Column(Json)
    actor: Named[str] = Column(String(100))
    asked_at: Named[datetime] = Column(Instant)
    #: Message that brought the record later, and whether it says what was asked about.
    message_id: Named[str | None] = Column(String(32))
    same: Named[bool | None] = Column(Boolean)


class watch_columns(TypedColumns):  # noqa: N801
    """One thing a watch waits for: by watch and key, armed by A and cleared by B."""

    id: Named[str] = _id()
    watch: Named[str] = Column(String(100))
    key: Named[str] = Column(String(200))
    #: met (B is here), armed, fired, cannot_tell, cleared, ended (A no longer holds); with an
    #: empty key, how far the watch has looked through what was there before it.
    state: Named[str] = Column(String(12))
    record_id: Named[str | None] = Column(String(32))
    company: Named[str | None] = Column(String(100))
    correlation_id: Named[str | None] = Column(String(32))
    armed_at: Named[datetime | None] = Column(Instant)
    #: B must have happened by then.
    deadline: Named[datetime | None] = Column(Instant)
    #: When it is looked at next; None: nothing to do.
    due_at: Named[datetime | None] = Column(Instant)
    #: B is absent only if everything was read past it; a look put off does not move it.
    asked_at: Named[datetime | None] = Column(Instant)
    #: Notices given so far.
    step: Named[int] = Column(Integer, default=0)
    fired_at: Named[datetime | None] = Column(Instant)
    #: When it was over: B is here, or A no longer holds.
    cleared_at: Named[datetime | None] = Column(Instant)
    #: Message that brought B.
    cleared_by: Named[str | None] = Column(String(32))
    acknowledged_at: Named[datetime | None] = Column(Instant)
    acknowledged_by: Named[str | None] = Column(String(100))
    snoozed_until: Named[datetime | None] = Column(Instant)
    #: Why it cannot be told, or how it ended: a code, then what it is about.
    reason: Named[str | None] = Column(Text)


class schedule_columns(TypedColumns):  # noqa: N801
    """When each schedule runs next; a run missed is caught up once."""

    name: Named[str] = Column(String(100), primary_key=True)
    #: What hub.yaml says of it, so that a change counts from now on.
    rule: Named[str] = Column(Text)
    next_at: Named[datetime] = Column(Instant)
    last_at: Named[datetime | None] = Column(Instant)
    #: How the last run ended.
    words: Named[str | None] = Column(Text)


class alert_columns(TypedColumns):  # noqa: N801
    """Something that needs a person, from when it began until it is over."""

    id: Named[str] = _id()
    #: dead_letter, paused, stuck_lane, silent_source, broken_mapping, disk, watch …
    kind: Named[str] = Column(String(40))
    #: What it is about; one open alert for each kind and subject.
    subject: Named[str] = Column(String(255))
    state: Named[str] = Column(String(8))
    #: Codes, names and counts for its sentence; never personal text.
    facts: Named[dict[str, Any]] = Column(Json)
    opened_at: Named[datetime] = Column(Instant)
    cleared_at: Named[datetime | None] = Column(Instant)
    acknowledged_at: Named[datetime | None] = Column(Instant)
    acknowledged_by: Named[str | None] = Column(String(100))


class notice_columns(TypedColumns):  # noqa: N801
    """The outbox of words to people: queued with what causes them, sent later, each once."""

    id: Named[str] = _id()
    #: The same cause gives the same one, however often it is found.
    cause: Named[str] = Column(String(300))
    #: Name of the alert channel; empty: all.
    channel: Named[str] = Column(String(64))
    #: Whom it is for: persons and roles.
    to: Named[list[Any]] = Column(Json)
    #: alert, cleared, watch, digest, flood, or what whoever queued it calls it.
    kind: Named[str] = Column(String(16))
    facts: Named[dict[str, Any]] = Column(Json)
    #: queued, sent, failed, folded (told in another one).
    state: Named[str] = Column(String(8))
    due_at: Named[datetime | None] = Column(Instant)
    tries: Named[int] = Column(Integer, default=0)
    #: What the channel said last.
    words: Named[str | None] = Column(Text)
    queued_at: Named[datetime] = Column(Instant)
    sent_at: Named[datetime | None] = Column(Instant)


class document_columns(TypedColumns):  # noqa: N801
    """Numbers of documents, one for each revision; what happened to them is in the ledger."""

    id: Named[str] = _id()
    #: In canonical form: letters and 18 digits.
    number: Named[str] = Column(String(22))
    record_id: Named[str] = Column(String(32))
    revision: Named[int] = Column(Integer)
    #: Name of the document file, such as `commitment-annex`.
    name: Named[str] = Column(String(100))
    #: drawn (printed by now, not yet issued), issued, superseded, revoked.
    state: Named[str] = Column(String(10))
    #: SHA-256 of the frozen content, which is its payload.
    content: Named[str] = Column(String(64))
    drawn_at: Named[datetime] = Column(Instant)
    issued_at: Named[datetime | None] = Column(Instant)
    issued_by: Named[str | None] = Column(String(100))
    #: Number of the document that took its place.
    superseded_by: Named[str | None] = Column(String(22))
    #: When it was superseded or revoked.
    ended_at: Named[datetime | None] = Column(Instant)
    #: Why a person revoked it, in the person's words.
    words: Named[str | None] = Column(Text)
    correlation_id: Named[str] = Column(String(32))


class document_copy_columns(TypedColumns):  # noqa: N801
    """Files of documents, one for each recipient."""

    document_id: Named[str] = Column(String(32))
    copy: Named[int] = Column(Integer)
    #: Name of the copy in the document file, such as `customer`.
    role: Named[str] = Column(String(40))
    #: As printed; None once erased.
    recipient: Named[str | None] = Column(Text)
    #: SHA-256 of the file, which is its payload.
    pdf: Named[str] = Column(String(64))
    #: Bytes.
    size: Named[int] = Column(Integer)
    pages: Named[int] = Column(Integer)
    #: Key its codes were made with.
    kid: Named[str] = Column(String(16))
    issued_at: Named[datetime] = Column(Instant)
    issued_by: Named[str] = Column(String(100))
    #: Key of whoever asked for it: the same key gives the same copy.
    key: Named[str | None] = Column(String(200))


class document_check_columns(TypedColumns):  # noqa: N801
    """Every check of a document that somebody asked for."""

    id: Named[str] = _id()
    #: What the asker is given to quote, such as `C-261127-7K2MQX4D`.
    serial: Named[str] = Column(String(20))
    checked_at: Named[datetime] = Column(Instant)
    #: number, code, seal, file, image.
    given: Named[str] = Column(String(8))
    verdict: Named[str] = Column(String(20))
    number: Named[str | None] = Column(String(22))
    copy: Named[int | None] = Column(Integer)
    #: Hash of the file that was looked at; the file itself is not kept.
    sha256: Named[str | None] = Column(String(64))
    #: `public` for whoever asked on the page.
    actor: Named[str] = Column(String(100))


class bound_file_columns(TypedColumns):  # noqa: N801
    """Files from outside, such as contracts, bound to a record by their hash."""

    sha256: Named[str] = Column(String(64))
    record_id: Named[str] = Column(String(32))
    name: Named[str] = Column(Text)
    pages: Named[int] = Column(Integer)
    #: Bytes.
    size: Named[int] = Column(Integer)
    #: Connection it came from.
    origin: Named[str] = Column(String(64))
    bound_at: Named[datetime] = Column(Instant)


class reconcile_run_columns(TypedColumns):  # noqa: N801
    """Runs of reconciliations: how far each came, and what it may say."""

    id: Named[str] = _id()
    name: Named[str] = Column(String(60))
    #: Version, title and SHA-256 of the file it ran by.
    version: Named[int] = Column(Integer)
    title: Named[str] = Column(Text)
    definition: Named[str] = Column(String(64))
    #: full, incremental.
    mode: Named[str] = Column(String(12))
    #: reading, comparing, rechecking, complete, incomplete, failed.
    state: Named[str] = Column(String(12))
    #: agreed, findings, incomplete, failed; None while it runs.
    verdict: Named[str | None] = Column(String(12))
    #: Why it is not complete: a sentence for each side.
    reasons: Named[list[Any]] = Column(Json)
    #: What changed after is left alone.
    as_of: Named[datetime] = Column(Instant)
    started_at: Named[datetime] = Column(Instant)
    ended_at: Named[datetime | None] = Column(Instant)
    started_by: Named[str] = Column(String(100))
    worker: Named[str] = Column(String(40))
    #: Until then the run is its worker's; past it somebody else may take it up.
    lease_until: Named[datetime | None] = Column(Instant)
    #: Counts, and how many findings are open, what they are worth.
    figures: Named[dict[str, Any]] = Column(Json)
    #: SHA-256 over definition, sides, findings and totals: what a signature is for.
    hash: Named[str | None] = Column(String(64))


class reconcile_side_columns(TypedColumns):  # noqa: N801
    """How far each side of a run was read."""

    run_id: Named[str] = Column(String(32))
    side: Named[str] = Column(String(30))
    #: reading, complete, partial.
    state: Named[str] = Column(String(10))
    reason: Named[str | None] = Column(Text)
    pages: Named[int] = Column(Integer, default=0)
    rows: Named[int] = Column(Integer, default=0)
    keyed: Named[int] = Column(Integer, default=0)
    rejected: Named[int] = Column(Integer, default=0)
    declared_before: Named[int | None] = Column(Integer)
    declared_after: Named[int | None] = Column(Integer)
    started_at: Named[datetime | None] = Column(Instant)
    ended_at: Named[datetime | None] = Column(Instant)


class reconcile_report_columns(TypedColumns):  # noqa: N801
    """What the report of a run holds, part by part; gone once it is pruned."""

    run_id: Named[str] = Column(String(32))
    #: 0 for the head, then rows.
    part: Named[int] = Column(Integer)
    payload: Named[str] = Column(String(64))


class finding_columns(TypedColumns):  # noqa: N801
    """Disagreements between systems, over all runs: one row for each, whatever its values."""

    #: Made of reconciliation, side, key, kind and field: a changed value keeps its age.
    id: Named[str] = _id()
    name: Named[str] = Column(String(60))
    side: Named[str] = Column(String(30))
    key: Named[str] = Column(String(200))
    #: The key as the authority writes it.
    original: Named[str] = Column(Text)
    kind: Named[str] = Column(String(20))
    cause: Named[str] = Column(String(30))
    field: Named[str] = Column(String(60))
    #: critical, high, medium, low.
    severity: Named[str] = Column(String(8))
    #: open, explained, waived, repairing, resolved, out_of_scope.
    state: Named[str] = Column(String(12))
    #: What is at stake, as plain decimal text, and its currency.
    amount: Named[str | None] = Column(String(40))
    currency: Named[str] = Column(String(12))
    owner: Named[str] = Column(String(100))
    cluster: Named[str] = Column(String(100))
    #: The row of the report: values, words, proposal.
    row: Named[dict[str, Any]] = Column(Json)
    #: Ids of record, delivery, link; mapping and its version; hashes of what was compared.
    evidence: Named[dict[str, Any]] = Column(Json)
    first_seen: Named[datetime] = Column(Instant)
    last_seen: Named[datetime] = Column(Instant)
    #: Runs that saw it first and last.
    first_run: Named[str] = Column(String(32))
    last_run: Named[str] = Column(String(32))
    #: Times it came back after it was resolved.
    reopened: Named[int] = Column(Integer, default=0)
    #: Reason and person of a waiver or explanation, until when and up to which amount.
    note: Named[str | None] = Column(Text)
    noted_by: Named[str | None] = Column(String(100))
    until: Named[datetime | None] = Column(Instant)
    limit: Named[str | None] = Column(String(40))


class finding_event_columns(TypedColumns):  # noqa: N801
    """What happened to findings; only ever appended."""

    id: Named[str] = _id()
    finding_id: Named[str] = Column(String(32))
    run_id: Named[str | None] = Column(String(32))
    at: Named[datetime] = Column(Instant)
    actor: Named[str] = Column(String(100))
    from_state: Named[str | None] = Column(String(12))
    to_state: Named[str] = Column(String(12))
    words: Named[str | None] = Column(Text)


class repair_columns(TypedColumns):  # noqa: N801
    """Repairs that were planned, and what became of them."""

    id: Named[str] = _id()
    name: Named[str] = Column(String(60))
    run_id: Named[str] = Column(String(32))
    #: SHA-256 of the plan: only that plan can be applied.
    plan: Named[str] = Column(String(64))
    finding_id: Named[str] = Column(String(32))
    #: redeliver, adopt, link, release, task, waive.
    action: Named[str] = Column(String(12))
    #: What would be done, where, old and new; hashes of what it was planned from.
    content: Named[dict[str, Any]] = Column(Json)
    #: proposed, applied, stale, failed, settled.
    state: Named[str] = Column(String(10))
    words: Named[str | None] = Column(Text)
    delivery_id: Named[str | None] = Column(String(32))
    proposed_at: Named[datetime] = Column(Instant)
    proposed_by: Named[str] = Column(String(100))
    applied_at: Named[datetime | None] = Column(Instant)
    applied_by: Named[str | None] = Column(String(100))


class sign_off_columns(TypedColumns):  # noqa: N801
    """Who prepared a run, and who looked at it."""

    run_id: Named[str] = Column(String(32))
    #: preparer, reviewer.
    role: Named[str] = Column(String(10))
    person: Named[str] = Column(String(100))
    at: Named[datetime] = Column(Instant)
    #: SHA-256 of what was signed.
    hash: Named[str] = Column(String(64))
    #: valid, lapsed.
    state: Named[str] = Column(String(8))
    reason: Named[str | None] = Column(Text)


class idempotency_columns(TypedColumns):  # noqa: N801
    """Answers of the API by the caller's own key, so that a repeat does nothing twice."""

    actor: Named[str] = Column(String(100), primary_key=True)
    key: Named[str] = Column(String(255), primary_key=True)
    #: Hash of method, path and body: the same key with another one is refused.
    request_hash: Named[str] = Column(String(64))
    #: Process that took the first call.
    worker: Named[str] = Column(String(40))
    #: None while the first call runs.
    status: Named[int | None] = Column(Integer)
    answer: Named[bytes | None] = Column(LargeBinary)
    asked_at: Named[datetime] = Column(Instant)


class session_columns(TypedColumns):  # noqa: N801
    """Visits to the console, each begun with a token; it ends with the token."""

    #: Of the random id that only the browser keeps.
    hash: Named[str] = Column(String(64), primary_key=True)
    token_id: Named[str] = Column(String(32))
    began_at: Named[datetime] = Column(Instant)
    seen_at: Named[datetime] = Column(Instant)


class worker_columns(TypedColumns):  # noqa: N801
    """Processes that work on this store, with the last sign of life."""

    id: Named[str] = Column(String(40), primary_key=True)
    host: Named[str] = Column(String(255))
    pid: Named[int] = Column(Integer)
    seen_at: Named[datetime] = Column(Instant)


class singleton_columns(TypedColumns):  # noqa: N801
    """Work only one process does at a time (poll, sweep, seal), by lease and fence."""

    name: Named[str] = Column(String(100), primary_key=True)
    worker: Named[str] = Column(String(40))
    lease_until: Named[datetime] = Column(Instant)
    fence: Named[int] = Column(Integer)


payload = Table("payload", metadata, payload_columns)
message = Table("message", metadata, message_columns)
message_key = Table("message_key", metadata, message_key_columns)
record = Table("record", metadata, record_columns)
record_revision = Table(
    "record_revision",
    metadata,
    record_revision_columns,
    PrimaryKeyConstraint("record_id", "revision"),
)
approval = Table("approval", metadata, approval_columns)
revocation = Table(
    "revocation", metadata, revocation_columns, PrimaryKeyConstraint("record_id", "revision")
)
lane = Table("lane", metadata, lane_columns)
delivery = Table("delivery", metadata, delivery_columns)
delivery_wait = Table(
    "delivery_wait",
    metadata,
    delivery_wait_columns,
    PrimaryKeyConstraint("delivery_id", "kind", "on_id"),
)
delivery_key = Table(
    "delivery_key",
    metadata,
    delivery_key_columns,
    PrimaryKeyConstraint("connection", "handle", "generation"),
)
attempt = Table("attempt", metadata, attempt_columns)
link = Table("link", metadata, link_columns)
cursor = Table("cursor", metadata, cursor_columns)
connection_state = Table("connection_state", metadata, connection_state_columns)
bundle = Table("bundle", metadata, bundle_columns)
broken = Table("broken", metadata, broken_columns)
ledger = Table("ledger", metadata, ledger_columns)
token = Table("token", metadata, token_columns)
hold = Table("hold", metadata, hold_columns)
decision = Table("decision", metadata, decision_columns)
watch = Table("watch", metadata, watch_columns)
schedule = Table("schedule", metadata, schedule_columns)
alert = Table("alert", metadata, alert_columns)
notice = Table("notice", metadata, notice_columns)
document = Table("document", metadata, document_columns)
document_copy = Table(
    "document_copy",
    metadata,
    document_copy_columns,
    PrimaryKeyConstraint("document_id", "copy"),
)
document_check = Table("document_check", metadata, document_check_columns)
bound_file = Table(
    "bound_file", metadata, bound_file_columns, PrimaryKeyConstraint("sha256", "record_id")
)
reconcile_run = Table("reconcile_run", metadata, reconcile_run_columns)
reconcile_side = Table(
    "reconcile_side", metadata, reconcile_side_columns, PrimaryKeyConstraint("run_id", "side")
)
reconcile_report = Table(
    "reconcile_report", metadata, reconcile_report_columns, PrimaryKeyConstraint("run_id", "part")
)
finding = Table("finding", metadata, finding_columns)
finding_event = Table("finding_event", metadata, finding_event_columns)
repair = Table("repair", metadata, repair_columns)
sign_off = Table("sign_off", metadata, sign_off_columns, PrimaryKeyConstraint("run_id", "role"))
idempotency = Table("idempotency", metadata, idempotency_columns)
session = Table("session", metadata, session_columns)
worker = Table("worker", metadata, worker_columns)
singleton = Table("singleton", metadata, singleton_columns)


def _index(name: str, *columns: Any, where: str | None = None, unique: bool = False) -> None:
    condition = text(where) if where else None
    Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


_index("message_due", message.c.due_at, message.c.id, where="due_at IS NOT NULL")
_index("message_leased", message.c.lease_until, where="lease_until IS NOT NULL")
_index("message_waiting", message.c.wake_key, where="wake_key IS NOT NULL")
_index("message_of_record", message.c.record_id)
_index("message_of_stream", message.c.connection, message.c.stream, message.c.id)
_index("message_by_state", message.c.state, message.c.id)
_index("message_failed", message.c.connection, message.c.stream, message.c.received_at,
       where="state = 'failed'")  # fmt: skip
_index("record_number", record.c.kind, record.c.connection, record.c.number, unique=True)
_index("record_by_number", record.c.number)
_index("record_by_owner", record.c.owner, where="owner IS NOT NULL")
_index("record_revision_stored", record_revision.c.stored_at, record_revision.c.record_id)
_index("approval_of", approval.c.record_id, approval.c.revision)
_index("lane_handle", lane.c.connection, lane.c.handle, unique=True)
_index("delivery_of_record", delivery.c.record_id, delivery.c.id)
_index(
    "delivery_due",
    delivery.c.connection,
    delivery.c.due_at,
    delivery.c.id,
    where="due_at IS NOT NULL",
)
_index("delivery_leased", delivery.c.lease_until, where="lease_until IS NOT NULL")
_index("delivery_lane", delivery.c.lane_id, delivery.c.seat)
_index("delivery_settling", delivery.c.settles_at, where="holds_lane AND settles_at IS NOT NULL")
_index("delivery_by_key", delivery.c.connection, delivery.c.key)
_index("delivery_by_ticket", delivery.c.connection, delivery.c.ticket, where="ticket IS NOT NULL")
_index("delivery_by_state", delivery.c.state, delivery.c.id)
_index("delivery_unconfirmed", delivery.c.id, where="confirm IN ('differs', 'unreadable')")
_index("delivery_wait_on", delivery_wait.c.on_id)
_index("delivery_wait_link", delivery_wait.c.on_id, where="kind = 'link'")
_index("attempt_of", attempt.c.delivery_id, attempt.c.fence)
_index("link_of_record", link.c.record_id, link.c.step)
_index("link_handle", link.c.connection, link.c.kind, link.c.handle)
_index("link_by_handle", link.c.handle)
_index("link_wanted", link.c.handle, where="record_id IS NULL")
_index("link_external", link.c.connection, link.c.external_id)
_index("bundle_active", bundle.c.active_at, bundle.c.sha)
_index("token_hash", token.c.hash, unique=True)
_index("session_seen", session.c.seen_at)
_index("session_of_token", session.c.token_id)
_index("hold_of_record", hold.c.record_id, hold.c.revision)
_index("hold_of_delivery", hold.c.delivery_id, where="delivery_id IS NOT NULL")
_index("hold_open", hold.c.id, where="state = 'held'")
_index("hold_ending", hold.c.valid_until, where="state = 'released' AND valid_until IS NOT NULL")
_index("decision_asked", decision.c.kind, decision.c.number, where="message_id IS NULL")
# the key first: who comes with many keys need not name the watches
_index("watch_key", watch.c.key, watch.c.watch, unique=True)
_index("watch_open", watch.c.watch, watch.c.id, where="cleared_at IS NULL")
_index("watch_due", watch.c.due_at, watch.c.id, where="due_at IS NOT NULL")
_index("watch_of_record", watch.c.record_id, where="record_id IS NOT NULL")
_index("watch_by_state", watch.c.state, watch.c.id)
_index("alert_open", alert.c.kind, alert.c.subject, where="state = 'open'", unique=True)
_index("alert_by_state", alert.c.state, alert.c.id)
_index("notice_cause", notice.c.cause, unique=True)
_index("notice_due", notice.c.due_at, notice.c.id, where="due_at IS NOT NULL")
_index("notice_unsent", notice.c.channel, notice.c.id, where="state IN ('queued', 'failed')")
_index("notice_queued", notice.c.queued_at)
_index("document_number", document.c.number, unique=True)
_index("document_of_record", document.c.record_id, document.c.revision, unique=True)
_index("document_drawn", document.c.drawn_at, where="state = 'drawn'")
_index("document_copy_pdf", document_copy.c.pdf)
_index("document_copy_key", document_copy.c.key, where="key IS NOT NULL", unique=True)
_index("document_check_serial", document_check.c.serial, unique=True)
_index("document_check_age", document_check.c.checked_at)
_index("document_check_of", document_check.c.number, document_check.c.id)
_index("bound_file_of", bound_file.c.record_id)
_index("reconcile_run_open", reconcile_run.c.name, where="ended_at IS NULL", unique=True)
_index("reconcile_run_of", reconcile_run.c.name, reconcile_run.c.id)
_index("finding_open", finding.c.state, finding.c.name, finding.c.severity, finding.c.first_seen)
_index("finding_of_key", finding.c.key)
_index("finding_until", finding.c.until, where="until IS NOT NULL")
_index("finding_event_of", finding_event.c.finding_id, finding_event.c.id)
_index("repair_plan", repair.c.plan)
_index("repair_of", repair.c.finding_id, repair.c.id)
_index("idempotency_age", idempotency.c.asked_at)
_index("ledger_seq", ledger.c.seq, unique=True)
_index("ledger_unsealed", ledger.c.id, where="seq IS NULL")
_index("ledger_todo", ledger.c.id, where="kind LIKE 'todo.%'")
_index("ledger_of", ledger.c.subject, ledger.c.id)
_index("ledger_correlated", ledger.c.correlation_id, ledger.c.id)
