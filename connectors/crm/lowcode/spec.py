"""What the connector says of itself."""

from __future__ import annotations

from hub import FieldSpec, Idempotency, Limits, Operation, Spec, Stream

_TEXT = FieldSpec()
_NUMBER = FieldSpec(type="decimal")
_WHOLE = FieldSpec(type="integer")
_DATE = FieldSpec(type="date")
_INSTANT = FieldSpec(type="datetime")

_SYSTEM = {
    "_id": FieldSpec(required=True, title="Id of the record"),
    "createTime": _INSTANT,
    "updateTime": _INSTANT,
    "deleteTime": FieldSpec(title="Only when the record was removed"),
    "flowState": FieldSpec(type="integer", title="0 running, 1 done, 2 closed by hand"),
    "_approved": FieldSpec(type="boolean", title="Only with approved_when"),
}

_LINE = {
    "line_no": FieldSpec(required=True),
    "sku": FieldSpec(required=True),
    "name": _TEXT,
    "quantity": FieldSpec(type="decimal", required=True),
    "unit": _TEXT,
    "unit_price": _NUMBER,
    "is_gift": FieldSpec(title="是 / 否"),
    "note": _TEXT,
}

_APPROVAL = {
    "level": FieldSpec(required=True),
    "person": FieldSpec(required=True, personal="name"),
    "role": _TEXT,
    "decision": FieldSpec(title="同意 / 拒绝 / 撤回"),
    "decided_at": _INSTANT,
    "auto_passed": FieldSpec(title="是 / 否"),
    "comment": _TEXT,
}

_COMMITMENT = {
    **_SYSTEM,
    "commitment_no": FieldSpec(required=True),
    "revision": _WHOLE,
    "kind": FieldSpec(required=True),
    "status": FieldSpec(required=True, title="草稿 / 审批中 / 已批准 / 已驳回 / 已撤销"),
    "customer_code": FieldSpec(required=True),
    "customer_name": _TEXT,
    "contact_name": FieldSpec(personal="name"),
    "contact_phone": FieldSpec(personal="phone"),
    "province": _TEXT,
    "city": _TEXT,
    "district": _TEXT,
    "street": FieldSpec(personal="address"),
    "contract_no": _TEXT,
    "order_no": _TEXT,
    "currency": _TEXT,
    "amount": _NUMBER,
    "promise_text": _TEXT,
    "promised_date": _DATE,
    "latest_ship_at": _INSTANT,
    "payment_days": _WHOLE,
    "warehouse": _TEXT,
    "salesperson": FieldSpec(personal="name"),
    "lines": FieldSpec(type="list", fields=_LINE),
    "approvals": FieldSpec(type="list", fields=_APPROVAL),
    "hub_status": _TEXT,
    "erp_number": _TEXT,
    "wms_number": _TEXT,
    "watermark": _TEXT,
}

#: A file as the hub bound it.
_FILE = {
    "name": _TEXT,
    "sha256": _TEXT,
    "size": _WHOLE,
    "pages": _WHOLE,
    "origin": _TEXT,
    "problem": _TEXT,
}

_CONTRACT = {
    **_SYSTEM,
    "contract_no": FieldSpec(required=True),
    "status": FieldSpec(required=True),
    "customer_code": FieldSpec(required=True),
    "customer_name": _TEXT,
    "signed_on": _DATE,
    "currency": _TEXT,
    "amount": _NUMBER,
    "payment_days": _WHOLE,
    "title": _TEXT,
    "contract_file": FieldSpec(type="list", fields=_FILE),
    "hub_status": _TEXT,
}

_FORM = {"form": ("commitment", "contract")}

_UPDATE = Operation(
    name="update_record",
    title="Write status and numbers into fields of the form",
    title_zh="把状态与单号回写到表单字段",
    idempotency=Idempotency.NATURAL,
    fields={
        "_id": FieldSpec(title="Id of the record, where the hub has no link to it"),
        "hub_status": FieldSpec(readable=True),
        "erp_number": FieldSpec(readable=True),
        "wms_number": FieldSpec(readable=True),
        "watermark": FieldSpec(readable=True),
    },
    options=_FORM,
)

_ATTACH = Operation(
    name="attach_annex",
    title="Attach the annex to the form",
    title_zh="把附件放入表单",
    idempotency=Idempotency.NATURAL,
    fields={
        "_id": FieldSpec(title="Id of the record, where the hub has no link to it"),
        "field": FieldSpec(title="Attachment field; annex_field of the connection without it"),
        "file": FieldSpec(
            type="object",
            required=True,
            fields={
                "name": FieldSpec(required=True),
                "media_type": _TEXT,
                "content": FieldSpec("file", required=True),
            },
        ),
        "watermark": FieldSpec(readable=True),
    },
    options=_FORM,
)

SPEC = Spec(
    name="lowcode",
    title="Low-code CRM (Jiandaoyun and alike)",
    title_zh="低代码 CRM（简道云等）",
    streams=(
        Stream("commitment", "Commitment forms", _COMMITMENT, polled=True, title_zh="承诺表单"),
        Stream(
            "contract",
            "Contract forms",
            _CONTRACT,
            polled=True,
            title_zh="合同表单",
            files=("contract_file",),
        ),
    ),
    operations=(_UPDATE, _ATTACH),
    limits=Limits(concurrency=4, per_second=20),
    cannot=(
        "Writing skips the form's own checks, formulas and duplicate rules: write only fields"
        " that belong to the hub.",
        "Sub-forms are not written: the platform would replace all their rows.",
        "Attaching replaces what the attachment field held.",
        "Revoking writes the mapped fields again, such as a status; what stood there before the hub"
        " does not come back.",
        "A file stays in the form when its promise is revoked: it is evidence, and only the mapped"
        " watermark says that it is revoked.",
        "Pushes are at most once: imports and batch edits send none, and after 100 failures the"
        " platform stops. Poll as well.",
        "A removed record is told only by a push; polling does not see it.",
        "Records are found by their id only, so a write needs a link to the record or its _id.",
    ),
    cannot_zh=(
        "写入会绕过表单自身的校验、公式与查重规则：只写属于中枢的字段。",
        "不写子表单：平台会替换其全部行。",
        "放入附件会替换附件字段原有内容。",
        "撤销时按映射重写字段（如状态），不会恢复中枢写入之前的内容。",
        "承诺撤销后附件仍留在表单中作为凭据，仅由映射的水印字段标明已撤销。",
        "推送至多一次：导入与批量编辑不推送，失败满 100 次后平台停止推送。请同时轮询。",
        "删除只能由推送得知，轮询看不到。",
        "记录只能按其编号查找，因此写入需要与记录的对照或其 _id。",
    ),
    simulator="connectors.crm.lowcode.simulator:LowcodeSimulator",
)
