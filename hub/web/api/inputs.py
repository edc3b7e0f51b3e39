"""What the API takes, as its OpenAPI document describes it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.types import AwareDatetime

from hub.service import annexes, bulk
from hub.web.api.values import DeliveryState, Given, Id, MessageState, Reason, Recipient, Word


class Paging(Given):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=200, description="Rows of a page. 每页行数。")] = 50
    cursor: Annotated[
        str | None,
        Field(max_length=64, description="`next` of the page before. 上一页的 `next`。"),
    ] = None


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


class DocumentList(Paging):
    """Which documents."""

    state: Literal["issued", "superseded", "revoked"] | None = None
    record: Annotated[Word | None, Field(description="Number of the record. 单据号。")] = None


class IssueDocument(Given):
    """Of which commitment, and whose copy."""

    number: Annotated[Word, Field(description="Number of the record. 单据号。")]
    kind: Word = annexes.COMMITMENT
    revision: Annotated[
        int | None, Field(ge=1, le=2**31 - 1, description="Otherwise the newest. 缺省为最新版。")
    ] = None
    connection: Annotated[Word | None, Field(description="Where it comes from. 来源连接。")] = None
    recipient: Annotated[
        Recipient | None, Field(description="Makes a further copy. 填写则另出一份副本。")
    ] = None
    dry_run: Annotated[
        bool, Field(description="Only say whether it could be issued. 仅检查能否出具。")
    ] = False


class ReissueDocument(Given):
    """Whose copy it is."""

    recipient: Recipient


class CheckDocument(Given):
    """What stands on a paper."""

    given: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            examples=["HX-2611-4837-2059-1864-10"],
            description="A number, or the text of a code. 水印编号或二维码内容。",
        ),
    ]


class SetLink(Given):
    """Which object at a connection is ours."""

    connection: Word
    kind: Word
    handle: Word
    external_id: Word


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
