"""One person at the console of the demo's hub: signs in, reads pages, sends their forms."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any

import httpx

from hub.demo import texts

_PROOF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_VERSION = re.compile(r'name="version" value="([^"]*)"')


class Console:
    """What a browser would do for a person, without one."""

    def __init__(self, url: str, token: str) -> None:
        self._token = token
        self._http = httpx.AsyncClient(
            base_url=url, headers={"Origin": url}, timeout=30, trust_env=False
        )

    async def __aenter__(self) -> Console:
        await self._sent("/login", {"token": self._token, "next": "/"})
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def page(self, path: str) -> str:
        """Return a page; `HubError` where the console does not show it."""
        response = await self._http.get(path)
        if response.status_code != 200:
            raise texts.error("console.refused", path=path, status=response.status_code)
        return response.text

    async def send(self, path: str, page: str, **form: Any) -> int:
        """Send a form of a page; return the status of the answer."""
        shown = await self.page(page)
        proof, version = _PROOF.search(shown), _VERSION.search(shown)
        given = {"csrf": proof[1] if proof else "", **form}
        if version is not None:
            given["version"] = version[1]
        return (await self._http.post(path, data=given)).status_code

    async def _sent(self, path: str, form: dict[str, str]) -> None:
        response = await self._http.post(path, data=form)
        if response.status_code != 303:
            raise texts.error("console.refused", path=path, status=response.status_code)
