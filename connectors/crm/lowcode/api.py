"""Calls to the platform, and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from connectors.crm.lowcode import wire
from connectors.crm.lowcode.profile import Kind, Meaning, Profile
from connectors.crm.lowcode.settings import LowcodeSettings
from connectors.crm.lowcode.wire import Annex
from hub import ConnectorError, Context, Outcome, decode, retry_after

#: What a person does about an outcome.
_NEXT = {
    Outcome.REJECTED: "correct the record or the mapping, then retry",
    Outcome.CONFLICT: "somebody else has the record open; it is tried again",
    Outcome.RATE_LIMITED: "too many calls; the connection waits",
    Outcome.NOT_AUTHORIZED: "check api_key, and that it is still enabled",
    Outcome.MISCONFIGURED: "check forms, field names and the key's rights and quota",
    Outcome.UNAVAILABLE_NOT_APPLIED: "nothing was done; it is tried again",
    Outcome.PERIOD_CLOSED: "a person decides where it belongs",
    Outcome.UNKNOWN: "the record is read before anything else",
}


class Duplicate(ConnectorError):
    """The platform had this transaction before; the record shows whether it took effect."""


class NotFound(ConnectorError):
    """The platform has no such record."""


class UploadRefused(ConnectorError):
    """Where files go, the one-time token was refused; that says nothing about our key."""


@dataclass(frozen=True, slots=True)
class Change:
    """One write to one record."""

    form: Mapping[str, str]
    record_id: str
    values: Mapping[str, Any]
    transaction: str


class Api:
    """The platform's interfaces for one connection."""

    def __init__(self, settings: LowcodeSettings, profile: Profile, context: Context) -> None:
        self.settings = settings
        self.profile = profile
        self.context = context

    async def get(self, form: Mapping[str, str], record_id: str) -> Mapping[str, Any] | None:
        """Return a record, None when the platform says that it has none of that id.

        A success without a record says nothing: the platform may be busy, or the profile wrong.
        """
        path = self.profile.paths.get
        try:
            answer = await self._call(path, {**form, "data_id": record_id}, effect=False)
        except NotFound:
            return None
        record = wire.dig(answer, self.profile.answers.record)
        if not record:
            raise self._misfit(path, self.profile.answers.record, effect=False)
        return self._record(path, record)

    async def page(
        self,
        form: Mapping[str, str],
        *,
        changed_since: datetime | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Mapping[str, Any]]:
        """Return a page of records by ascending id, after one id, changed since an instant."""
        body: dict[str, Any] = {**form, "limit": limit or self.profile.page_size}
        if after is not None:
            body["data_id"] = after
        if changed_since is not None:
            body["filter"] = self._since(changed_since)
        path = self.profile.paths.list
        answer = await self._call(path, body, effect=False)
        rows = wire.dig(answer, self.profile.answers.rows)
        if not isinstance(rows, list):
            raise self._misfit(path, self.profile.answers.rows, effect=False)
        return [self._record(path, row) for row in rows]

    def _since(self, instant: datetime) -> Mapping[str, Any]:
        condition = {
            "field": self.profile.system.modified,
            "type": "datetime",
            "method": "range",
            "value": [instant.strftime("%Y-%m-%dT%H:%M:%SZ"), None],
        }
        return {"rel": "and", "cond": [condition]}

    async def update(self, change: Change) -> bytes:
        """Write the values and return the raw answer.

        Raises `Duplicate` when the platform had the transaction before, `NotFound` without
        the record. An answer that does not show the record is no success.
        """
        body = {
            **change.form,
            "data_id": change.record_id,
            "data": wire.wrap(change.values),
            "is_start_trigger": self.profile.start_trigger,
            "transaction_id": change.transaction,
        }
        path = self.profile.paths.update
        response = await self._send(path, body, effect=True)
        answer = self._judge(path, response, effect=True)
        record = wire.identified(wire.dig(answer, self.profile.answers.record), self.profile)
        if record is None or record[self.profile.system.id] != change.record_id:
            raise self._misfit(path, self.profile.answers.record, response, effect=True)
        return response.content

    async def upload(self, form: Mapping[str, str], transaction: str, annex: Annex) -> str:
        """Upload a file for the update with the same transaction; return the file's key.

        A file that no update names disappears by itself, so this has no effect of its own.
        Raises `UploadRefused` where the file's own host refuses it.
        """
        path = self.profile.paths.upload_token
        answer = await self._call(path, {**form, "transaction_id": transaction}, effect=False)
        offers = wire.dig(answer, self.profile.answers.uploads)
        offer = offers[0] if isinstance(offers, list) and offers else None
        url, token = wire.dig(offer, "url"), wire.dig(offer, "token")
        if not (isinstance(url, str) and isinstance(token, str)):
            raise self._misfit(path, self.profile.answers.uploads, effect=False)
        response = await self.context.http.request(
            "POST",
            url,
            effect=False,
            data={"token": token},
            files={"file": (annex.name, annex.content, annex.media_type)},
        )
        key = wire.dig(_json(response), self.profile.answers.upload_key)
        if not response.is_success or not isinstance(key, str) or not key:
            raise self._not_uploaded(response)
        return key

    async def download(self, url: str) -> bytes:
        """Return a file the platform shows an address of; `rejected` once that has ended."""
        if not url:
            raise ConnectorError(
                Outcome.REJECTED,
                f"{self.context.connection}: the form shows a file with no address",
            )
        response = await self.context.http.request("GET", url, effect=False)
        if response.is_success:
            return response.content
        if response.status_code in _GONE:
            raise ConnectorError(
                Outcome.REJECTED,
                f"{self.context.connection}: the file's host answered status"
                f" {response.status_code}: the file is gone, or its address has ended",
                status=response.status_code,
            )
        raise self._failed("file download", response, effect=False)

    def _not_uploaded(self, response: httpx.Response) -> ConnectorError:
        if response.status_code not in _TOKEN_REFUSED:
            return self._failed("file upload", response, effect=False)
        return UploadRefused(
            Outcome.UNAVAILABLE_NOT_APPLIED,
            f"{self.context.connection}: the file's host refused it with status"
            f" {response.status_code}; it is tried again with a new token",
            status=response.status_code,
            answer=response.content,
        )

    # -- one call

    async def _call(self, path: str, body: Mapping[str, Any], *, effect: bool) -> Any:
        return self._judge(path, await self._send(path, body, effect=effect), effect=effect)

    async def _send(self, path: str, body: Mapping[str, Any], *, effect: bool) -> httpx.Response:
        auth, key = self.profile.auth, self.settings.api_key.get_secret_value()
        return await self.context.http.request(
            "POST",
            self.settings.base_url.rstrip("/") + path,
            effect=effect,
            headers={
                auth.header: auth.value.replace("{api_key}", key),
                "Content-Type": "application/json; charset=utf-8",
            },
            content=wire.encode(body),
        )

    def _judge(self, path: str, response: httpx.Response, *, effect: bool) -> Any:
        answer = _json(response)
        if response.is_success and isinstance(answer, Mapping) and self._succeeded(answer):
            return answer
        raise self._failed(path, response, effect=effect)

    def _succeeded(self, answer: Mapping[str, Any]) -> bool:
        rule = self.profile.success
        value = wire.dig(answer, rule.path)
        if value is None:
            return not rule.required
        return wire.text(value) in rule.values

    # -- what failed

    def _failed(self, path: str, response: httpx.Response, *, effect: bool) -> ConnectorError:
        answer = _json(response)
        code = wire.text(wire.dig(answer, self.profile.answers.code)) or None
        meaning = self._meaning(code, response.status_code, effect=effect)
        outcome = _outcome(meaning)
        told = f"status {response.status_code}" + (f", code {code[:50]}" if code else "")
        return _KINDS.get(meaning, ConnectorError)(
            outcome,
            f"{self.context.connection}: {path} failed with {told}: {_NEXT[outcome]}",
            code=code,
            words=wire.text(wire.dig(answer, self.profile.answers.words)) or None,
            status=response.status_code,
            retry_after=retry_after(response, self.context.clock.now())
            if outcome is Outcome.RATE_LIMITED
            else None,
            answer=response.content,
        )

    def _meaning(self, code: str | None, status: int, *, effect: bool) -> Meaning:
        unforeseen = Outcome.UNKNOWN if effect else Outcome.UNAVAILABLE_NOT_APPLIED
        by_status = self.profile.statuses.get(str(status), unforeseen)
        return self.profile.codes.get(code or "", by_status)

    def _misfit(
        self, path: str, missing: str, response: httpx.Response | None = None, *, effect: bool
    ) -> ConnectorError:
        return ConnectorError(
            Outcome.UNKNOWN if effect else Outcome.UNAVAILABLE_NOT_APPLIED,
            f"{self.context.connection}: the answer of {path} has no usable {missing!r};"
            " compare `answers` and `system` in the profile with the platform's manual",
            status=response.status_code if response else None,
            answer=response.content if response else None,
        )

    def _record(self, path: str, given: Any) -> Mapping[str, Any]:
        record = wire.identified(given, self.profile)
        if record is None:
            raise self._misfit(path, self.profile.system.id, effect=False)
        return record


#: Statuses with which a file's host refuses the one-time token of an upload.
_TOKEN_REFUSED = frozenset({401, 403, 404})
#: A file that is not there, or whose address has ended.
_GONE = frozenset({400, 401, 403, 404, 410})

#: Failures that callers look into.
_KINDS: Mapping[Meaning, type[ConnectorError]] = {
    Kind.DUPLICATE: Duplicate,
    Kind.NOT_FOUND: NotFound,
}


def _outcome(meaning: Meaning) -> Outcome:
    if isinstance(meaning, Outcome):
        return meaning
    return Outcome.UNKNOWN if meaning is Kind.DUPLICATE else Outcome.REJECTED


def _json(response: httpx.Response) -> Any:
    # a proxy's page instead of an answer is judged by its status alone
    try:
        return decode(response.content)
    except ConnectorError:
        return None
