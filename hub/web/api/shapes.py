"""What the API takes and gives, as its OpenAPI document describes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.types import AwareDatetime

from hub.service import bulk

_Item = TypeVar("_Item")

_EXAMPLE_ID = "0197a2b4c6d87e0f9a1b2c3d4e5f6071"
#: Id of a row, as lists give it.
Id: TypeAlias = Annotated[
    str, StringConstraints(pattern="^[0-9a-f]{32}$"), Field(examples=[_EXAMPLE_ID])
]
PathId: TypeAlias = Annotated[
    Id, Path(description="Its id, as lists give it. 列表中给出的编号。", examples=[_EXAMPLE_ID])
]
#: A name or number; no database takes a NUL in it.
Word: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00]+$")
]
Reason: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]+$"),
    Field(description="Why; it is kept. 理由，会留存。", examples=["Booked by hand as V-118"]),
]
MessageState: TypeAlias = Literal["received", "fetching", "routed", "waiting", "ignored", "failed"]
DeliveryState: TypeAlias = Literal[
    "blocked",
    "ready",
    "sending",
    "accepted",
    "in_doubt",
    "delivered",
    "dead",
    "superseded",
    "cancelled",
    "skipped",
]


class Given(BaseModel):
    """What a caller sends; what is not known is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid")


class Told(BaseModel):
    """What a caller is told."""


class Sentences(Told):
    """One sentence in both languages."""

    en: str
    zh: str


# ---- lists -----------------------------------------------------------------------------------


class Paging(Given):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=200, description="Rows of a page. 每页行数。")] = 50
    cursor: Annotated[
        str | None,
        Field(max_length=64, description="`next` of the page before. 上一页的 `next`。"),
    ] = None


class Page(Told, Generic[_Item]):
    """One page of a list, the newest first."""

    items: list[_Item]
    next: Annotated[
        str | None,
        Field(description="Cursor of the next page; null: this is the last. 下一页游标。"),
    ]


class MessageList(Paging):
    """Which messages."""

    state: MessageState | None = None
    connection: Word | None = None


class DeliveryList(Paging):
    """Which deliveries."""

    state: DeliveryState | None = None
    connection: Word | None = None
    number: Annotated[Word | None, Field(description="Number of the record. 单据号。")] = None
    reason: Annotated[
        Word | None, Field(description="Why it is dead, such as `rejected`. 死信原因。")
    ] = None
    since: Annotated[
        AwareDatetime | None, Field(description="Planned then or later. 计划时间不早于此。")
    ] = None


class RecordList(Paging):
    """Which records."""

    kind: Word | None = None
    connection: Word | None = None
    number: Word | None = None


class LinkList(Paging):
    """Which links."""

    connection: Word | None = None
    kind: Word | None = None
    handle: Word | None = None


class HoldList(Paging):
    """Which holds of gates."""

    state: Literal["held", "released", "refused", "passed", "lapsed"] | None = "held"
    gate: Word | None = None


class WatchList(Paging):
    """Which watches."""

    state: Literal["met", "armed", "fired", "cannot_tell", "cleared", "ended"] | None = None
    watch: Word | None = None


class AlertList(Paging):
    """Which alerts."""

    state: Literal["open", "cleared"] | None = "open"


class TodoList(Given):
    """What of it."""

    mine: Annotated[bool, Field(description="Only what is for me. 仅限我的待办。")] = False
    limit: Annotated[
        int, Field(ge=1, le=200, description="At most so many of a kind. 每类上限。")
    ] = 200


class Look(Given):
    """How one thing is shown."""

    personal: Annotated[
        bool,
        Field(
            description="Show personal data; takes the role operator or admin, and the ledger "
            "keeps it. 显示个人信息；须 operator 或 admin 角色，并记入台账。"
        ),
    ] = False


# ---- what is told ----------------------------------------------------------------------------


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


class Document(Told):
    """A stored document; null once erased."""

    sha256: str | None
    document: Any


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
    """A record with all that is known of it, up to 500 rows of each kind."""

    standing: Any
    messages: list[dict[str, Any]]
    approvals: list[dict[str, Any]]
    revisions: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]
    links: list[dict[str, Any]]
    ledger: list[dict[str, Any]]


class Trace(Told):
    """The whole story of a number."""

    number: str
    records: list[WholeRecord]


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


# ---- what is decided -------------------------------------------------------------------------


class Retry(Given):
    """How a dead delivery is tried again."""

    latest: Annotated[
        bool, Field(description="Map it anew with the mappings in force. 按现行映射重新转换。")
    ] = False


class Edit(Given):
    """The document to send instead."""

    document: Annotated[
        dict[str, Any],
        Field(description="The whole document. 完整单据。", examples=[{"order_no": "SO-1001"}]),
    ]
    anyway: Annotated[
        bool,
        Field(
            description="Send it although it does not fit what the connector says of the "
            "operation. 即使与连接器声明的字段不符也发送。"
        ),
    ] = False


class Skip(Given):
    """Done by hand."""

    reason: Reason
    external_id: Annotated[
        Word | None,
        Field(description="The far end's id of what was made by hand. 手工所建对象在对方的编号。"),
    ] = None


class Why(Given):
    """Why it is decided so."""

    reason: Reason


class Such(Given):
    """Deliveries that are such; at least one is named."""

    state: DeliveryState | None = None
    connection: Word | None = None
    number: Word | None = None
    reason: Word | None = None
    since: AwareDatetime | None = None


class Bulk(Given):
    """One decision about many deliveries: `preview` first, then the same with the `token`."""

    decision: Literal["retry", "skip", "cancel"]
    ids: Annotated[
        list[Id] | None, Field(description="These.", min_length=1, max_length=bulk.MOST)
    ] = None
    such: Annotated[Such | None, Field(description="Or all that are such.")] = None
    reason: Reason | None = None
    preview: Annotated[bool, Field(description="Only say what it would meet. 仅预览。")] = False
    token: Annotated[Id | None, Field(description="That of the preview. 预览给出的令牌。")] = None


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


class SetLink(Given):
    """Which object at a connection is ours."""

    connection: Word
    kind: Word
    handle: Word
    external_id: Word


class WasLinked(Told):
    """The id it had before; null: none."""

    before: str | None


class HoldRecord(Given):
    """Which record is held, and why."""

    number: Word
    kind: Annotated[
        Word | None,
        Field(description="Where records of two kinds have that number. 同号多类时填写。"),
    ] = None
    reason: Reason


class Snooze(Given):
    """Until when, and why."""

    until: Annotated[
        Word,
        Field(
            description="A span such as `1 working day`, or a moment. 时长或时间。",
            examples=["1 working day"],
        ),
    ]
    reason: Reason


class Question(Given):
    """A record, or what a stream of a connection brings."""

    record: Annotated[dict[str, Any] | None, Field(description="Canonical record. 标准单据。")] = (
        None
    )
    connection: Word | None = None
    stream: Word | None = None
    item: Annotated[
        dict[str, Any] | None, Field(description="As the stream brings it. 数据流原样内容。")
    ] = None


class Pause(Given):
    """Why it is paused."""

    reason: Reason | None = None


class Moved(Told):
    """Whether anything changed: false where it was so already."""

    changed: bool


# ---- what is wrong ---------------------------------------------------------------------------


class Wrong(Told):
    """One place at fault."""

    place: Annotated[str, Field(examples=["query.limit"])]
    code: Annotated[str, Field(examples=["less_than_equal"])]
    detail: str
    sentences: Sentences


class Problem(Told):
    """What is wrong: RFC 9457. `detail` is in the language of `Accept-Language`."""

    type: Annotated[str, Field(description="Which kind; its page explains it. 问题种类。")]
    title: str
    status: int
    detail: str
    sentences: Sentences
    faults: list[Wrong]


WholeMessage.model_rebuild()
