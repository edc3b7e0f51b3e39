"""What the connector says of itself."""

from __future__ import annotations

from datetime import timedelta

from hub import (
    FieldSpec,
    Idempotency,
    Limits,
    OnRevision,
    OnRevoke,
    Operation,
    ReadBack,
    Spec,
    Stream,
)

ROW = Stream(
    name="row",
    title="Rows of the files in inbox/",
    title_zh="inbox/ 中文件的行",
    fields={
        "_file": FieldSpec(required=True, title="Name of the file"),
        "_line": FieldSpec("integer", required=True, title="Line of the file, row of the sheet"),
    },
    polled=True,
    # a file is read once, whatever its time
    overlap=timedelta(0),
)

WRITE_ROW = Operation(
    name="write_row",
    title="A CSV file of one row in out/",
    title_zh="在 out/ 写入一行的 CSV 文件",
    idempotency=Idempotency.NATURAL,
    full_state=True,
    on_revision=OnRevision.UPDATE,
    on_revoke=OnRevoke.CANCEL,
    # a write to a network drive that hangs may still end
    settle=timedelta(seconds=60),
    # a reader may have taken the file away
    read_back=ReadBack.NEVER,
)

SPEC = Spec(
    name="folder",
    title="Folder of CSV and XLSX files",
    title_zh="CSV 与 XLSX 文件夹",
    streams=(ROW,),
    operations=(WRITE_ROW,),
    limits=Limits(concurrency=4),
    cannot=(
        "A file is taken whole or not at all: one bad row sends all of it to quarantine/.",
        "A row that is no longer in a newer file is not taken for cancelled.",
        "A row has no lists: a document with lines inside is refused.",
        "Whether a reader has understood a file is not known: written is written.",
        "A file that vanished from out/ counts as taken by its reader; without out/taken/ nobody "
        "can tell what it held then.",
        "The folder .hub/ holds the proof of what was written: whoever deletes it makes the hub "
        "write again what was taken.",
        "Two hubs must not share one folder.",
    ),
    cannot_zh=(
        "文件要么整份接收，要么完全不收：一行有错，整份移入 quarantine/。",
        "新文件里不再出现的行，不视为已取消。",
        "一行没有列表：带明细行的单据会被拒绝。",
        "读取方是否理解文件无从得知：写出即视为完成。",
        "out/ 中消失的文件视为已被取走；没有 out/taken/ 时，无法再得知其内容。",
        "文件夹 .hub/ 保存写出的凭据：删除后，已被取走的内容会再次写出。",
        "两个中枢不得共用一个文件夹。",
    ),
)
