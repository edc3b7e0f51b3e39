"""Documents: the annexes of approved commitments, their copies, and whether a paper is genuine."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ValidationError

from hub.documents.number import Number, parse
from hub.flow.files import file_name
from hub.language import say
from hub.service import annexes
from hub.store import documents, pages
from hub.store.views import NotFound, Row
from hub.web.api import answers, inputs, outputs, problems
from hub.web.api.calls import Call, Calling, ExactRoute
from hub.web.api.inbox import records_seen
from hub.web.api.problems import Problem

router = APIRouter(prefix="/documents", tags=["documents"], route_class=ExactRoute)

PDF = "application/pdf"
_EXAMPLE = "HX-2611-4837-2059-1864-10"
_Number: TypeAlias = Annotated[
    str,
    Path(
        min_length=1, max_length=100, examples=[_EXAMPLE],
        description="Its number, with or without hyphens. 水印编号，可省略连字符。",
    ),
]  # fmt: skip
_Copy: TypeAlias = Annotated[
    int, Path(ge=1, le=65_535, description="Which copy: 2 of …/C2. 副本序号。")
]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_GIVEN = {
    "required": True,
    "content": {
        "application/json": {"schema": inputs.CheckDocument.model_json_schema()},
        "application/octet-stream": _BINARY,
    },
}
_FILE: answers.Answers = {
    200: {"description": "The file as it was issued", "content": {PDF: _BINARY}}
}
_DECISION = answers.of(404, 409)
_LOOK = answers.of(404)


@router.get("", summary="List documents · 列出文书")
async def list_documents(
    call: Calling, asked: Annotated[inputs.DocumentList, Query()]
) -> outputs.Page[outputs.Annex]:
    """The newest first. 最新的在前。"""
    page = await call.page(
        "documents", asked, pages.documents, state=asked.state, record_number=asked.record
    )
    page["items"] = [annexes.told(row) for row in page["items"]]
    return outputs.Page[outputs.Annex].model_validate(page)


@router.post("", summary="Issue a document · 出具文书", responses=_DECISION)
async def issue_document(call: Calling, asked: inputs.IssueDocument) -> outputs.Issued:
    """Of an approved commitment; what was issued before is returned as it is.

    With a recipient a further copy is made. With an Idempotency-Key the same key gives the same
    copy, however late.

    为已审批的承诺出具；已出具的原样返回。带收件人则另出一份副本；同一键始终得到同一副本。
    """
    given = asked.model_dump()
    given["connection"] = await call.read(_source, call, asked)
    return outputs.Issued.model_validate(
        await call.act("document.issue", **given, key=_key(call.request))
    )


@router.post(
    "/verify", summary="Check a document · 核验文书", openapi_extra={"requestBody": _GIVEN}
)
async def verify_document(call: Calling, request: Request) -> outputs.Checked:
    """A number or the text of a code as JSON; or a file, a PDF or a picture, as the body itself.

    The file is not kept. What each verdict proves is told in the docs.

    以 JSON 提交编号或二维码内容，或直接以请求体提交 PDF、图片文件；文件不留存。
    """
    return outputs.Checked.model_validate(await call.act("document.check", **await _given(request)))


@router.get(
    "/{number}", summary="Show a document · 查看文书", response_model=outputs.WholeAnnex,
    responses=_LOOK,
)  # fmt: skip
async def show_document(
    call: Calling, number: _Number, look: Annotated[inputs.Look, Query()]
) -> Any:
    """Its copies, where it went, and who checked it. 副本、去向与核验记录。"""
    row = await call.read(annexes.found, number, call.owners)
    personal = await call.unmasked(look.personal, row["number"])
    return await call.read(annexes.whole, row, personal=personal)


@router.get(
    "/{number}/copies/{copy}/file", summary="Get the PDF of a copy · 下载副本",
    response_class=Response, responses=_LOOK | _FILE,
)  # fmt: skip
async def get_file(call: Calling, number: _Number, copy: _Copy) -> Response:
    """Names stand in it: it takes a role, and the ledger keeps it.

    文件含姓名，须有角色，并记入台账。
    """
    row = await call.read(annexes.found, number, call.owners)
    content = await call.read(documents.pdf, row["number"], copy)
    if content is None:
        raise NotFound("document", Number(row["number"]).with_copy(copy))
    await call.act("document.file", number=row["number"])
    name = file_name(Number(row["number"]), copy)
    return Response(content, headers={"Content-Disposition": f'attachment; filename="{name}"'},
                    media_type=PDF)  # fmt: skip


@router.post("/{number}/copies", summary="Make a further copy · 加出副本", responses=_DECISION)
async def reissue_document(
    call: Calling, number: _Number, asked: inputs.ReissueDocument
) -> outputs.Issued:
    """For another recipient, of a document in force. 为其他收件人加出现行文书的副本。"""
    row = await call.read(annexes.found, number, call.owners)
    return outputs.Issued.model_validate(
        await call.act(
            "document.reissue", number=row["number"], recipient=asked.recipient,
            key=_key(call.request),
        )
    )  # fmt: skip


@router.post("/{number}/revoke", summary="Revoke it · 撤销", responses=_DECISION)
async def revoke_document(call: Calling, number: _Number, asked: inputs.Why) -> outputs.Revoked:
    """All its copies with it; final. 全部副本一并撤销，不可恢复。"""
    row = await call.read(annexes.found, number, call.owners)
    _, copy = parse(number)
    named = Number(row["number"])
    given = named.text if copy is None else named.with_copy(copy)
    done = await call.act("document.revoke", number=given, reason=asked.reason)
    return outputs.Revoked.model_validate(done)


def _source(tx: Any, call: Call, asked: inputs.IssueDocument) -> str | None:
    """Return the connection a record comes from, as far as the person sees only one of them."""
    rows: list[Row] = records_seen(tx, call, asked.number)
    found = [
        row["connection"]
        for row in rows
        if row["kind"] == asked.kind and asked.connection in (None, row["connection"])
    ]
    if not found:
        raise NotFound("record", asked.number)
    return found[0] if len(found) == 1 else None


def _key(request: Request) -> str | None:
    return request.headers.get("idempotency-key")


async def _given(request: Request) -> Row:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):
        raise Problem("bad-request", say("Send the file as the body itself, not as a form."))
    if kind != "application/json":
        return {"content": await request.body()}
    try:
        return inputs.CheckDocument.model_validate(await request.json()).model_dump()
    except ValidationError as error:
        raise problems.of_values(error.errors()) from None
    except ValueError:
        raise problems.of_status(400) from None
