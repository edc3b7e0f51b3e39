"""What the API gives, as its OpenAPI document describes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field

from hub.web.api.values import Id, MessageState, Sentences, Told

_Item = TypeVar("_Item")


class Page(Told, Generic[_Item]):
    """One page of a list, the newest first."""

    items: list[_Item]
    next: Annotated[
        str | None,
        Field(description="Cursor of the next page; null: this is the last. 下一页游标。"),
    ]


class Document(Told):
    """A stored document; null once erased."""

    sha256: str | None
    document: Any


class Message(Told):
    """A fact as received."""

    id: Id
    connection: str
    stream: str
    external_id: str
    state: MessageState
    reason: str | None
    record_id: str | None
    revision: int | None
    correlation_id: str
    tries: int
    received_at: datetime
    finished_at: datetime | None


class WholeMessage(Message):
    """A message with what it brought."""

    event: dict[str, Any]
    item: Document


class Delivery(Told):
    """One record revision for one connection."""

    id: Id
    route: str
    step: str
    connection: str
    operation: str
    kind: str | None
    number: str | None
    revision: int
    state: str
    reason: str | None
    words: Annotated[str | None, Field(description="What was said last. 最近一次的原话。")]
    confirm: str | None
    external_id: str | None
    tries: int
    due_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class WholeDelivery(Delivery):
    """A delivery with its document, what it waits for and every attempt."""

    mapping: str | None
    bundle: str
    intent: str
    action: str | None
    handle: str
    key: str | None
    ticket: str | None
    deadline: datetime
    settles_at: datetime | None
    message_id: str
    plan_id: str
    correlation_id: str
    payload: Document
    results: Any
    waits_for: list[dict[str, Any]]
    attempts: list[dict[str, Any]]


class Decided(Told):
    """What became of a row."""

    id: Id
    state: str


class Record(Told):
    """A business object as the hub knows it."""

    id: Id
    kind: str
    connection: str
    number: str
    company: str | None
    revision: int
    planned: int
    changed_at: datetime


class WholeRecord(Record):
    """A record with all that is known of it, the latest 500 rows of each kind."""

    standing: Any
    messages: list[dict[str, Any]]
    approvals: list[dict[str, Any]]
    revisions: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]
    links: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    ledger: list[dict[str, Any]]


class Trace(Told):
    """The whole story of a number."""

    number: str
    records: list[WholeRecord]


class Annex(Told):
    """A document in the register."""

    id: Id
    number: Annotated[str, Field(description="Watermark number, as it is printed. 水印编号。")]
    state: Literal["issued", "superseded", "revoked"]
    name: Annotated[str, Field(description="Of its document file. 文书文件名称。")]
    kind: str
    record_number: str
    revision: int
    connection: str
    company: str | None
    content_sha256: str
    issued_at: datetime | None
    issued_by: str | None
    superseded_by: str | None
    ended_at: datetime | None


class AnnexCopy(Told):
    """The file of one recipient."""

    copy_number: Annotated[int, Field(alias="copy")]
    number: str
    role: str
    recipient: Annotated[str | None, Field(description="Null once erased. 清除后为空。")]
    sha256: str
    size: int
    pages: int
    kid: Annotated[str, Field(description="Key of its codes. 验证码所用密钥。")]
    issued_at: datetime
    issued_by: str


class WholeAnnex(Annex):
    """A document with its copies, the deliveries of its revision and the last checks."""

    reason: Annotated[str | None, Field(description="Why it was revoked. 撤销原因。")]
    copies: list[AnnexCopy]
    deliveries: list[dict[str, Any]]
    checks: list[dict[str, Any]]


class Issued(Told):
    """A copy; without a number on a dry run of what was not issued yet."""

    number: str | None
    revision: int
    fresh: Annotated[bool, Field(description="Made by this call. 由本次调用出具。")]
    copy_number: str | None = None
    role: str | None = None
    sha256: str | None = None
    size: int | None = None
    pages: int | None = None


class Checked(Told):
    """What a number, a code or a file proves; names are masked."""

    serial: Annotated[str, Field(description="To be quoted. 核验流水号。")]
    verdict: Literal[
        "genuine",
        "genuine_superseded",
        "genuine_revoked",
        "record_only",
        "bound",
        "altered",
        "unknown",
        "bad_check_digit",
        "unreadable",
        "conflict",
    ]
    given: Literal["number", "code", "seal", "file", "image"]
    reasons: list[str]
    unread: Annotated[
        str | None, Field(description="Code of what kept a file from being read. 无法读取的原因。")
    ]
    words: Annotated[Sentences | None, Field(description="The same in words. 原因说明。")]
    number: str | None
    copy_number: Annotated[int | None, Field(alias="copy")]
    page: int | None
    sha256: str | None
    state: Literal["issued", "superseded", "revoked"] | None
    kind: str | None = None
    record: str | None = None
    revision: int | None = None
    issued_at: datetime | None = None
    ended_at: datetime | None = None
    superseded_by: str | None = None
    content_sha256: str | None = None
    customer: str | None = None
    recipient: str | None = None
    pages: int | None = None
    name: Annotated[str | None, Field(description="Of a bound file. 已绑定文件的名称。")] = None
    origin: str | None = None
    bound_at: datetime | None = None


class Revoked(Told):
    """What became of a document."""

    number: str
    state: str


class Link(Told):
    """Our handle of an object and a connection's id of it."""

    id: Id
    connection: str
    kind: str
    handle: str
    external_id: str | None
    alive: bool
    changed_at: datetime


class Hold(Told):
    """What a gate holds or held."""

    id: Id
    gate: str
    kind: str | None
    number: str | None
    record_id: str
    revision: int
    delivery_id: str | None
    action: str | None
    state: str
    reasons: list[Any]
    roles: list[Any]
    requested_by: str | None
    held_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    decision: str | None
    valid_until: datetime | None


class Watch(Told):
    """One thing a watch waits for."""

    id: Id
    watch: str
    key: str
    state: str
    record_id: str | None
    company: str | None
    armed_at: datetime | None
    deadline: datetime | None
    due_at: datetime | None
    step: int
    fired_at: datetime | None
    cleared_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    reason: str | None


class Alert(Told):
    """Something that needs a person, from when it began until it is over."""

    id: Id
    kind: str
    subject: str
    state: str
    what: Sentences
    do: Annotated[str, Field(description="The command that helps. 处理命令。")]
    facts: dict[str, Any]
    opened_at: datetime
    cleared_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class Acknowledged(Told):
    """The alert somebody looks after now."""

    id: Id
    kind: str
    subject: str


class Todo(Told):
    """One thing that goes on only when a person decides."""

    kind: str
    what: Sentences
    do: Annotated[str, Field(description="The command that settles it. 处理命令。")]
    since: datetime | None
    who: list[str]
    id: str | None
    connection: str | None
    number: str | None


class Todos(Told):
    """What waits for a person, what waits longest first."""

    items: list[Todo]


class Schedule(Told):
    """What the hub does by itself at its time."""

    name: str
    do: str
    rule: str
    connection: str | None
    streams: list[str]
    next_at: datetime | None
    last_at: datetime | None
    words: Annotated[Sentences | None, Field(description="How the last run ended. 上次运行结果。")]


class Ran(Told):
    """How a run ended."""

    words: Sentences


class Held(Told):
    """The hold that was made, and how many deliveries it stops."""

    id: Id
    deliveries: int


class Answer(Told):
    """What a gate answers."""

    gate: str
    answer: Literal["allow", "hold", "deny"]
    reasons: Annotated[
        list[dict[str, Any]],
        Field(description="Each with `en`, `zh`, `fields` and `roles`. 每条含中英文、字段与角色。"),
    ]
    basis: Annotated[
        Literal["judged", "unmapped", "unavailable"],
        Field(description="What it rests on: judged; not readable; not in time. 答复依据。"),
    ]
    id: Annotated[str | None, Field(description="Of the kept answer. 留存编号。")]


class Connection(Told):
    """A configured account and how it stands."""

    name: str
    connector: str
    mode: Literal["live", "observe"]
    state: Literal["open", "paused", "held"]
    reason: str | None
    paused_at: datetime | None
    paused_by: str | None
    not_before: datetime | None
    failures: int


class Me(Told):
    """Whose token it is, and what it may."""

    person: str
    name: str
    roles: Annotated[
        dict[str, str | None],
        Field(description="Role → who handed it over; null: one's own. 角色 → 授权人；空为本人。"),
    ]
    scope: str
    token: str | None


class Group(Told):
    """How many deliveries of a connection are in this state for this reason."""

    connection: str
    reason: str | None
    count: int


class Preview(Told):
    """What a decision about many would meet."""

    count: int
    groups: list[Group]
    unknown: list[str]
    token: Id


class Row(Told):
    """What became of one of many."""

    id: Id
    state: str | None = None
    refused: Annotated[
        dict[str, str] | None, Field(description="Why not, in English and Chinese. 未办理的原因。")
    ] = None


class Done(Told):
    """What became of many."""

    done: int
    refused: int
    rows: list[Row]


class WasLinked(Told):
    """The id it had before; null: none."""

    before: str | None


class Moved(Told):
    """Whether anything changed: false where it was so already."""

    changed: bool
