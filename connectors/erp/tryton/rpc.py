"""Calls to one Tryton database: finds the path, keeps the session, accepts listed warnings."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from connectors.erp.tryton import wire
from hub import ConnectorError, Context, Outcome, retry_after

#: Sessions live 30 days at most (trytond/config.py, [session] max_age).
_SESSION_LIFE = timedelta(days=30)
_HEADERS = {
    "Content-Type": "application/json",
    # 8.0 labels long answers as gzip although they are not when the client did not ask for it
    "Accept-Encoding": "gzip",
}
#: Statuses of a server, or a proxy before it, that cannot answer now.
_NOT_NOW = frozenset({429, 500, 502, 503, 504})
#: A record and its warnings: more questions about one call than this are no questions.
_MOST_WARNINGS = 10


@dataclass(frozen=True, slots=True)
class Account:
    """The database and the user we work as."""

    database: str
    username: str
    password: str
    language: str
    #: Last parts of the names of warnings that are accepted without asking a person.
    accepted_warnings: Collection[str]


class Rpc:
    """One database of one server."""

    def __init__(self, context: Context, account: Account) -> None:
        self._context = context
        self._account = account
        self._base: str | None = None
        self._preferences: Mapping[str, Any] | None = None

    async def version(self) -> str:
        """Return the server's version, such as `8.0`.

        Raises `misconfigured` for other servers, not for one that cannot answer now.
        """
        for base in ("rpc/", ""):
            response = await self._post(base, "common.server.version", [], effect=False)
            if response.status_code in _NOT_NOW:
                self._result("common.server.version", response, effect=False)
            version = _version_in(response)
            if version is not None:
                self._base = f"{self._account.database}/{base}"
                return version
        raise wire.failure(
            self._place("common.server.version"),
            Outcome.MISCONFIGURED,
            "no Tryton server answers at base_url",
        )

    async def call(self, model: str, method: str, *params: Any, **context: Any) -> Any:
        """Call a method that only reads and return its result, typed."""
        return await self._model_call(model, method, params, context, effect=False)

    async def change(self, model: str, method: str, *params: Any, **context: Any) -> Any:
        """Call a method that changes something, accepting the warnings the profile lists."""
        for _ in range(_MOST_WARNINGS):
            try:
                return await self._model_call(model, method, params, context, effect=True)
            except wire.Warned as warning:
                if warning.name.rpartition(".")[2] not in self._account.accepted_warnings:
                    raise
                await self._accept(warning.name)
        raise wire.failure(
            self._place(f"{model}.{method}"), Outcome.REJECTED, "the warnings do not end"
        )

    async def preferences(self) -> Mapping[str, Any]:
        """Return the part of the user's preferences that calls need: company, employee …"""
        if self._preferences is None:
            method = "model.res.user.get_preferences"
            answer = await self._session_call(method, [True, {}], effect=False)
            names = ("company", "company_filter", "employee")
            kept = {name: answer[name] for name in names if name in answer}
            self._preferences = {**kept, "language": self._account.language}
        return self._preferences

    async def _accept(self, name: str) -> None:
        user = int((await self._session()).partition(":")[0])
        warning = {"user": user, "name": name, "always": False}
        await self._model_call("res.user.warning", "create", [[warning]], {}, effect=True)

    async def _model_call(
        self,
        model: str,
        method: str,
        params: Sequence[Any],
        more: Mapping[str, Any],
        *,
        effect: bool,
    ) -> Any:
        context = {**await self.preferences(), **more}
        return await self._session_call(
            f"model.{model}.{method}", [*params, context], effect=effect
        )

    async def _session_call(self, method: str, params: Sequence[Any], *, effect: bool) -> Any:
        """Call with the session; a lost one is opened again once (nothing ran without it)."""
        session = await self._session()
        response = await self._in_database(method, params, session, effect=effect)
        if response.status_code == 401:
            session = await self._session(stale=session)
            response = await self._in_database(method, params, session, effect=effect)
        return self._result(method, response, effect=effect)

    async def _session(self, stale: str | None = None) -> str:
        return await self._context.tokens.get("session", self._log_in, stale=stale)

    async def _log_in(self) -> tuple[str, timedelta]:
        """Log in once: every failed try makes Tryton slower, the seventh locks the user out."""
        account = self._account
        params = [account.username, {"password": account.password}, account.language]
        response = await self._in_database("common.db.login", params, None, effect=False)
        # 8.0 answers with three items, 7.0 with two
        match self._result("common.db.login", response, effect=False):
            case [int(user), str(token), *_]:
                return f"{user}:{token}", _SESSION_LIFE
        raise wire.failure(
            self._place("common.db.login"),
            Outcome.NOT_AUTHORIZED,
            "user or password is refused",
        )

    async def _in_database(
        self, method: str, params: Sequence[Any], session: str | None, *, effect: bool
    ) -> httpx.Response:
        if self._base is None:
            await self.version()
        headers = {}
        if session is not None:
            secret = f"{self._account.username}:{session}".encode()
            headers["Authorization"] = f"Session {base64.b64encode(secret).decode('ascii')}"
        return await self._post(self._base or "", method, params, effect=effect, headers=headers)

    async def _post(
        self, path: str, method: str, params: Sequence[Any], *, effect: bool,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        return await self._context.http.request(
            "POST",
            path or "/",
            effect=effect,
            headers={**_HEADERS, **(headers or {})},
            content=wire.envelope(method, params),
        )

    def _result(self, method: str, response: httpx.Response, *, effect: bool) -> Any:
        try:
            return wire.result(
                self._place(method), response.status_code, response.content, effect=effect
            )
        except ConnectorError as exc:
            exc.retry_after = retry_after(response, self._context.clock.now())
            raise

    def _place(self, method: str) -> str:
        return f"{self._context.connection}: {method.removeprefix('model.')}"


def _version_in(response: httpx.Response) -> str | None:
    try:
        version = wire.result("", response.status_code, response.content, effect=False)
    except ConnectorError:
        return None
    return version if isinstance(version, str) else None
