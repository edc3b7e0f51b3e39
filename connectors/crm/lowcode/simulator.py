"""Plays a low-code platform with Jiandaoyun's interface, and the people who fill in its forms.

Over HTTP it offers what the connector uses, and `data/create` and `data/batch_create`. As on
the real platform, writes over HTTP push nothing, ids ascend, and a transaction id is taken once.

What people do is Python: `save_form`, `attach`, `approve`, `revoke`, `remove`. Each pushes a signed
webhook through `call_back`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.crm.lowcode import signing
from hub.testing import Fault, Simulator

API_KEY = "simulated-api-key"
WEBHOOK_SECRET = "simulated-webhook-secret"
APP_ID = "65f0000000000000000000a1"
ENTRY_IDS: Mapping[str, str] = {
    "commitment": "65f0000000000000000000c1",
    "contract": "65f0000000000000000000c2",
}

#: Levels that must agree before a commitment is approved, as the form lists them.
LEVELS = ("销售主管", "运营总监", "首席运营官")

#: User that writes over HTTP show as the last writer.
API_USER = {"_id": "65f0000000000000000000d1", "name": "接口", "username": "hub-api"}
PERSON = {"_id": "65f0000000000000000000d2", "name": "王芳", "username": "wangfang"}


class Refused(Exception):
    """The platform refuses a call with one of its codes."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.answer: dict[str, Any] = {"code": code, "msg": words}


class LowcodeSimulator(Simulator):
    """One company's account with a commitment form and a contract form."""

    name = "lowcode"
    #: Address below which files are shown.
    files_url = "http://crm/api"

    # -- what people do

    def save_form(
        self, data: Mapping[str, Any], *, form: str = "commitment", data_id: str | None = None
    ) -> str:
        """Save a form, new or changed, as a person does; return its id and push it."""
        old = self.record(data_id) if data_id else {"flowState": 0}
        saved = self._store({**old, **data}, ENTRY_IDS[form], PERSON)
        self.push("data_update" if data_id else "data_create", saved)
        return str(saved["_id"])

    def attach(self, data_id: str, name: str, content: bytes, field: str = "contract_file") -> str:
        """Put a file into an attachment field, beside those it has; return the file's key."""
        key = self._keep(name, content, "application/pdf")
        record = self.record(data_id)
        shown = [*record.get(field, []), self._shown(key)]
        self.push("data_update", self._store({**record, field: shown}, record["entryId"], PERSON))
        return key

    def end_addresses(self) -> None:
        """Let every address of a file that was shown so far end, as it does after some days."""
        self.state.put("number", "address", {"last": self._address() + 1})

    def approve(
        self,
        data_id: str,
        level: str,
        person: str,
        *,
        role: str = "",
        comment: str = "",
        auto_passed: bool = False,
        reject: bool = False,
    ) -> None:
        """Decide at one level; with the last of `LEVELS` the commitment is approved."""
        record = self.record(data_id)
        decided = self._decision(level, person, "拒绝" if reject else "同意")
        decided |= {"role": role, "comment": comment, "auto_passed": "是" if auto_passed else "否"}
        approvals = [*record.get("approvals", []), decided]
        agreed = {row["level"] for row in approvals if row["decision"] == "同意"}
        status, state = "审批中", 0
        if reject:
            status, state = "已驳回", 2
        elif agreed >= set(LEVELS):
            status, state = "已批准", 1
        self.save_form(
            {"approvals": approvals, "status": status, "flowState": state}, data_id=data_id
        )

    def revoke(self, data_id: str, person: str, level: str = LEVELS[-1]) -> None:
        """Take an approval back."""
        approvals = self.record(data_id).get("approvals", [])
        taken_back = self._decision(level, person, "撤回")
        taken_back |= {"role": "", "comment": "", "auto_passed": "否"}
        self.save_form(
            {"approvals": [*approvals, taken_back], "status": "已撤销", "flowState": 2},
            data_id=data_id,
        )

    def remove(self, data_id: str) -> None:
        """Delete a form."""
        record = self.record(data_id)
        self.state.delete("record", data_id)
        self.push("data_remove", {**record, "deleteTime": self._now()})

    def record(self, data_id: str) -> dict[str, Any]:
        """Return a form as it stands; raises `Refused` where there is none."""
        found = self.state.get("record", data_id)
        if found is None:
            raise Refused(4001, "数据不存在")
        return found

    def push(self, operation: str, record: Mapping[str, Any]) -> None:
        """Push a form's record, signed, where an address for it is set."""
        if self.webhook_url is None:
            return
        body = {
            "op": operation,
            "opTime": int(self.clock.now().timestamp() * 1000),
            "data": dict(record),
        }
        raw = json.dumps(body, ensure_ascii=False).encode()
        self.call_back(signed_push(self.webhook_url, raw, self.clock.now(), self.clock.new_id()))

    def _decision(self, level: str, person: str, decision: str) -> dict[str, Any]:
        return {"level": level, "person": person, "decision": decision, "decided_at": self._now()}

    # -- records

    def _now(self) -> str:
        return self.clock.now().astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"

    def _store(
        self, record: dict[str, Any], entry_id: str, user: Mapping[str, str]
    ) -> dict[str, Any]:
        if "_id" not in record:
            number = (self.state.get("number", "record") or {"last": 0})["last"] + 1
            self.state.put("number", "record", {"last": number})
            created = {"createTime": self._now(), "creator": dict(user)}
            record = {"_id": f"65f1{number:020x}", "appId": APP_ID, "entryId": entry_id} | record
            record |= created
        record |= {"updateTime": self._now(), "updater": dict(user)}
        self.state.put("record", record["_id"], record)
        return record

    # -- requests

    def name_of(self, request: Request) -> str:
        return request.url.path.removeprefix("/api")

    async def handle(self, request: Request) -> Response:
        if self.name_of(request).startswith("/files/"):
            return self._download(request)
        if self.name_of(request) == "/upload":
            return self._upload(await request.body(), request.headers.get("content-type", ""))
        if request.headers.get("authorization") != f"Bearer {API_KEY}":
            return _refuse(401, 17018, "API Key 无效")
        interface = self._interfaces().get(self.name_of(request))
        if interface is None or request.method != "POST":
            return Response("not found", status_code=404)
        try:
            return JSONResponse(interface(_object(await request.body()), request))
        except Refused as exc:
            return JSONResponse(exc.answer, status_code=400)

    def _interfaces(self) -> Mapping[str, Callable[[dict[str, Any], Request], dict[str, Any]]]:
        return {
            "/v5/app/entry/data/get": self._get,
            "/v5/app/entry/data/list": self._list,
            "/v5/app/entry/data/create": self._create,
            "/v5/app/entry/data/update": self._update,
            "/v5/app/entry/data/batch_create": self._batch_create,
            "/v5/app/entry/file/get_upload_token": self._upload_token,
        }

    def say(self, fault: Fault, request: Request) -> Response:
        match fault.kind:
            case "rate_limited":
                return _refuse(400, 8303, "请求频率超限")
            case "unauthorized":
                return _refuse(401, 17018, "API Key 无效")
            case "token_expired":
                return _refuse(400, 8301, "鉴权失败")
            case _:
                detail = fault.detail
                return _refuse(detail.get("status", 200), detail.get("code", 4402), "字段值不合法")

    def _entry(self, body: Mapping[str, Any]) -> str:
        if body.get("app_id") != APP_ID or body.get("entry_id") not in ENTRY_IDS.values():
            raise Refused(4025, "无表单权限")
        return str(body["entry_id"])

    def _get(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        entry = self._entry(body)
        record = self.record(str(body.get("data_id")))
        if record["entryId"] != entry:
            raise Refused(4001, "数据不存在")
        return {"data": self._as_read(record)}

    def _list(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        entry, after = self._entry(body), str(body.get("data_id") or "")
        limit = body.get("limit", 10)
        if not isinstance(limit, int) or not 1 <= limit <= 100:
            raise Refused(17017, "limit 须为 1 到 100")
        keep = _filter(body.get("filter"))
        rows = [row for row in self.state.all("record") if row["entryId"] == entry and keep(row)]
        rows = sorted((row for row in rows if row["_id"] > after), key=lambda row: row["_id"])
        return {"data": [self._as_read(row) for row in rows[:limit]]}

    def _create(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        entry = self._entry(body)
        transaction = self._take_transaction(body)
        record = self._store(self._values(body, transaction), entry, API_USER)
        self.effect(transaction or record["_id"], "create")
        return {"data": record}

    def _update(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        old = self._get(body, request)["data"]
        values = self._values(body, str(body.get("transaction_id") or ""))
        transaction = self._take_transaction(body)
        record = self._store(old | values, old["entryId"], API_USER)
        self.effect(transaction or record["_id"], "update")
        return {"data": record}

    def _batch_create(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        """Add the rows that this transaction has not added yet; rows that are no values fail."""
        entry, rows = self._entry(body), body.get("data_list") or []
        if len(rows) > 100:
            raise Refused(17023, "批量数据超过 100 条")
        transaction = str(body.get("transaction_id") or self.clock.new_id())
        added: dict[str, str] = self.state.get("batch", transaction) or {}
        new: list[str] = []
        for number, row in enumerate(rows):
            if str(number) in added or not isinstance(row, dict):
                continue
            record = self._store(self._values({"data": row}, transaction), entry, API_USER)
            self.effect(f"{transaction}/{number}", "create")
            added[str(number)] = record["_id"]
            new.append(record["_id"])
        self.state.put("batch", transaction, added)
        return {"status": "success", "success_count": len(new), "success_ids": new}

    def _take_transaction(self, body: Mapping[str, Any]) -> str:
        transaction = str(body.get("transaction_id") or "")
        if not transaction:
            return ""
        if self.state.get("transaction", transaction):
            raise Refused(17026, "transaction_id 重复")
        self.state.put("transaction", transaction, {"at": self._now()})
        return transaction

    def _values(self, body: Mapping[str, Any], transaction: str) -> dict[str, Any]:
        data = body.get("data")
        if not isinstance(data, dict):
            raise Refused(4000, "data 须为对象")
        values: dict[str, Any] = {}
        for name, wrapped in data.items():
            if not isinstance(wrapped, dict) or "value" not in wrapped:
                raise Refused(4402, f"字段 {name} 的值格式不正确")
            values[name] = self._files(wrapped["value"], transaction)
        return values

    # -- files

    def _files(self, value: Any, transaction: str) -> Any:
        """Turn keys of uploaded files into what the attachment field shows."""
        keys: Sequence[Any] = value if isinstance(value, list) else []
        files = [self.state.get("file", key) for key in keys if isinstance(key, str)]
        if not files or None in files:
            return value
        if any(file and file["transaction"] != transaction for file in files):
            raise Refused(4402, "文件不属于该 transaction_id")
        return [self._shown(str(key)) for key in keys]

    def _upload_token(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        self._entry(body)
        transaction = str(body.get("transaction_id") or "")
        if not transaction:
            raise Refused(17025, "transaction_id 不合法")
        token = self.clock.new_id()
        self.state.put("upload", token, {"transaction": transaction})
        url = str(request.base_url) + "api/upload"
        return {"token_and_url_list": [{"url": url, "token": token}]}

    def _keep(self, name: str, content: bytes, mime: str, transaction: str = "") -> str:
        key = self.clock.new_id()
        kept = {"name": name, "size": len(content), "mime": mime, "transaction": transaction}
        kept |= {"sha256": hashlib.sha256(content).hexdigest()}
        self.state.put("file", key, kept | {"content": base64.b64encode(content).decode()})
        return key

    def _shown(self, key: str) -> dict[str, Any]:
        """Return a file as an attachment field shows it: with an address that ends."""
        file = self.state.get("file", key) or {}
        address = f"{self.files_url}/files/{key}?until={self._address()}"
        return {name: file.get(name) for name in _FILE} | {"url": address}

    def _as_read(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a form with its files under addresses that hold from now."""
        return {
            name: [self._renewed(one) for one in value] if isinstance(value, list) else value
            for name, value in record.items()
        }

    def _renewed(self, one: Any) -> Any:
        url = one.get("url") if isinstance(one, dict) else None
        if not isinstance(url, str) or "/files/" not in url:
            return one
        return one | {"url": f"{url.partition('?')[0]}?until={self._address()}"}

    def _address(self) -> int:
        return int((self.state.get("number", "address") or {"last": 0})["last"])

    def _download(self, request: Request) -> Response:
        file = self.state.get("file", self.name_of(request).removeprefix("/files/"))
        if file is None or request.query_params.get("until") != str(self._address()):
            return Response("<Error><Code>AccessDenied</Code></Error>", status_code=403)
        return Response(base64.b64decode(file["content"]), media_type=file["mime"])

    def _upload(self, body: bytes, content_type: str) -> Response:
        parts = _multipart(body, content_type)
        token, file = parts.get("token", {}).get("content", b"").decode(), parts.get("file")
        upload = self.state.get("upload", token)
        if upload is None or file is None:
            return JSONResponse({"error": "bad token"}, status_code=401)
        self.state.delete("upload", token)
        key = self._keep(file["name"], file["content"], file["type"], upload["transaction"])
        return JSONResponse({"key": key})


_FILE = ("name", "size", "mime", "sha256")


def options(base_url: str) -> dict[str, Any]:
    """Return the options of a connection to this account, whose server is at an address."""
    return {
        "base_url": base_url,
        "api_key": API_KEY,
        "webhook_secret": WEBHOOK_SECRET,
        "app_id": APP_ID,
        "forms": {stream: {"entry_id": entry} for stream, entry in ENTRY_IDS.items()},
    }


def signed_push(url: str, body: bytes, at: datetime, deliver_id: str) -> httpx.Request:
    """Return a push as the platform signs it."""
    nonce, timestamp = deliver_id[-8:], str(int(at.timestamp()))
    signature = signing.jiandaoyun(body, secret=WEBHOOK_SECRET, nonce=nonce, timestamp=timestamp)
    query = urlencode({"nonce": nonce, "timestamp": timestamp})
    headers = {
        "Content-Type": "application/json;charset=utf-8",
        "X-JDY-Signature": signature,
        "X-JDY-DeliverId": deliver_id,
    }
    return httpx.Request("POST", f"{url}?{query}", headers=headers, content=body)


def _refuse(status: int, code: int, words: str) -> Response:
    return JSONResponse({"code": code, "msg": words}, status_code=status)


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        raise Refused(4000, "请求体不是 JSON") from None
    if not isinstance(parsed, dict):
        raise Refused(4000, "请求体须为对象")
    return parsed


def _filter(given: Any) -> Callable[[dict[str, Any]], bool]:
    conditions = given.get("cond", []) if isinstance(given, dict) else []
    tests = [_condition(one) for one in conditions]
    return lambda record: all(test(record) for test in tests)


def _condition(one: Mapping[str, Any]) -> Callable[[dict[str, Any]], bool]:
    name, method, value = str(one.get("field")), one.get("method"), one.get("value")
    if method == "range" and isinstance(value, list) and len(value) == 2:
        low, high = (end or default for end, default in zip(value, ("0001", "9999"), strict=True))
        # ISO texts in UTC sort as the instants do, up to the fraction of a second
        return lambda record: low.rstrip("Z") <= record[name].rstrip("Z") <= high.rstrip("Z")
    if method == "eq" and isinstance(value, list):
        return lambda record: record.get(name) in value
    raise Refused(4815, "过滤条件不合法")


def _multipart(body: bytes, content_type: str) -> dict[str, dict[str, Any]]:
    boundary = b"--" + content_type.partition("boundary=")[2].strip('"').encode()
    parts: dict[str, dict[str, Any]] = {}
    for part in body.split(boundary)[1:-1]:
        raw_head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        head = raw_head.decode()
        file_name, kind = _after(head, 'filename="', '"'), _after(head, "Content-Type: ", "\r")
        content = content.removesuffix(b"\r\n")
        parts[_after(head, ' name="', '"')] = {"content": content, "name": file_name, "type": kind}
    return parts


def _after(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]
