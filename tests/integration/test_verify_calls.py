"""The public page as the network calls it: bodies, methods, addresses, proxies, what is missing."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from plant import Plant
from test_verify_page import changed, client

from hub.web.app import build
from hub.web.verify import front

HOME = "https://hub.example/path"


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    plant = Plant(tmp_path, f"sqlite:///{tmp_path}/hub.db", documents=True)
    yield plant
    await plant.flow.close_tools()
    plant.close()


@pytest.fixture
async def http(plant: Plant) -> AsyncIterator[httpx.AsyncClient]:
    async with client(plant, plant.settings) as http:
        yield http


async def call(plant: Plant, messages: Iterator[Any], *headers: tuple[bytes, bytes]) -> list[Any]:
    """Send a form as a server hands it over; return what was answered."""
    answered: list[Any] = []

    async def receive() -> Any:
        message = next(messages, None)
        return await asyncio.Event().wait() if message is None else message

    async def send(message: Any) -> None:
        answered.append(message)

    plant.flow.settings = plant.settings
    form = (b"content-type", b"multipart/form-data; boundary=x")
    scope = {
        "type": "http", "method": "POST", "path": "/v", "raw_path": b"/v", "query_string": b"",
        "headers": [(b"host", b"hub"), form, *headers], "client": ("192.0.2.1", 1),
        "server": ("hub", 80), "scheme": "http", "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    async with asyncio.timeout(10):
        await build(plant.flow, 1000)(scope, receive, send)
    return answered


# ---- bodies ----------------------------------------------------------------------------------


async def test_a_body_that_is_announced_as_too_large_is_not_waited_for(plant: Plant) -> None:
    answered = await call(plant, iter(()), (b"content-length", b"10000000000"))
    assert answered[0]["status"] == 413


async def test_a_body_that_does_not_come_is_not_waited_for_for_ever(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "_SLOWEST_SECONDS", 0.01)
    begun = [{"type": "http.request", "body": b"--x\r\n", "more_body": True}]
    answered = await call(plant, iter(begun))
    assert answered[0]["status"] == 408


async def test_who_goes_away_in_the_midst_of_a_file_is_no_failure(plant: Plant) -> None:
    gone = [
        {"type": "http.request", "body": b"--x\r\n", "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered = await call(plant, iter(gone))
    assert answered[0]["status"] == 400


async def test_a_form_that_cannot_be_read_is_not_called_a_wrong_address(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.post(
        "/v?format=json&lang=en", content=b"x",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (
        400, {"error": "Send it once more, with one file."},
    )  # fmt: skip


async def test_why_a_file_cannot_be_read_is_said_in_the_readers_language(
    http: httpx.AsyncClient,
) -> None:
    for language, says in (("en", "This is a web page"), ("zh", "这是网页")):
        answer = await http.post(f"/v?lang={language}", files={"file": b"<html>login</html>"})
        assert says in answer.text


# ---- methods and addresses -------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "DELETE"])
async def test_other_methods_are_told_what_there_is(http: httpx.AsyncClient, method: str) -> None:
    answer = await http.request(method, "/v")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert "没有此页" not in answer.text


async def test_a_head_is_answered_as_a_get_is(http: httpx.AsyncClient) -> None:
    assert (await http.head("/v")).status_code == 200


@pytest.mark.parametrize("path", ["/v/", "/v/x/", "/V/X/Y/"])
async def test_a_slash_at_the_end_does_not_matter_and_leads_nowhere_else(
    http: httpx.AsyncClient, path: str
) -> None:
    answer = await http.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert "evil.example" not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/v", "/v/", "/v/HX1", "/V/HX1/C1P1.A", "/s/AAAA", "/v/a%2Fb",
     "/v/a%3Fb%23c", "/v/%252e%252e", "/v/%22%3E%3Cscript%3E", "/v/%00%0A", "/v/a/b/c"],
)  # fmt: skip
async def test_links_lead_to_the_page_itself_and_the_form_behind_any_address(
    http: httpx.AsyncClient, path: str
) -> None:
    text = (await http.get(path)).text
    (other,) = re.findall(r'<a href="([^"]*)"', text)
    (action,) = re.findall(r'<form action="([^"]*)"', text)
    assert urljoin(f"{HOME}{path}", other) == f"{HOME}{path}?lang=en"
    assert urljoin(f"{HOME}{path}", action) == f"{HOME}/v?lang=zh"
    assert "<script" not in text


async def test_another_language_is_told_of_the_same_number(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v", params={"number": "HX 1&lang=zh"})
    (other,) = re.findall(r'<a href="([^"]*)"', answer.text)
    again = await http.get(urljoin("http://hub/v", other.replace("&amp;", "&")))
    assert ("Unknown" in again.text, 'lang="en"' in again.text) == (True, True)


@pytest.mark.parametrize(
    ("path", "verdict"),
    [("/v/HX-2611-4837-2059-1864-10/C1", "unknown"),
     ("/v/HX-2611-4837-2059-1864-11/C1", "bad_check_digit")],
    ids=["nobody's", "mistyped"],
)  # fmt: skip
async def test_a_number_with_its_copy_is_a_number_in_an_address_too(
    http: httpx.AsyncClient, path: str, verdict: str
) -> None:
    told = (await http.get(path, params={"format": "json"})).json()
    assert (told["verdict"], told["given"]) == (verdict, "number")


# ---- rates -----------------------------------------------------------------------------------


async def test_a_number_in_the_form_counts_once(plant: Plant) -> None:
    async with client(plant, changed(plant, checks_per_minute=2)) as http:
        statuses = [(await http.post("/v", files={"number": (None, "x")})).status_code
                    for _ in range(3)]  # fmt: skip
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize("path", ["/v/nonsense", "/v/HX-2611-4837-2059-1864-11", "/s/AAAA"])
async def test_what_names_no_number_is_not_limited_over_all_addresses(
    plant: Plant, path: str
) -> None:
    plant.flow.settings = changed(plant, checks_per_minute=1)
    app = build(plant.flow, 1000)
    for host in range(12):
        transport = httpx.ASGITransport(app, client=(f"192.0.2.{host}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as http:
            assert (await http.get(path)).status_code == 200


async def test_a_proxy_that_adds_a_line_of_its_own_is_believed_and_not_the_client(
    plant: Plant,
) -> None:
    settings = changed(plant, checks_per_minute=1, trusted_proxies=("192.0.2.0/24",))
    async with client(plant, settings) as http:
        statuses = []
        for claimed in ("203.0.113.1", "203.0.113.2", "203.0.113.3"):
            lines = [("X-Forwarded-For", claimed), ("X-Forwarded-For", "198.51.100.7")]
            statuses.append((await http.get("/v/x", headers=lines)).status_code)
    assert statuses == [200, 429, 429]


async def test_addresses_of_ipv4_written_as_ipv6_are_told_apart(plant: Plant) -> None:
    settings = changed(plant, checks_per_minute=1, trusted_proxies=("192.0.2.0/24",))
    async with client(plant, settings, "::ffff:192.0.2.1") as http:
        for address in ("::ffff:198.51.100.7", "198.51.100.8"):
            headers = {"X-Forwarded-For": address}
            first = await http.get("/v/x", headers=headers)
            second = await http.get("/v/x", headers=headers)
            assert (first.status_code, second.status_code) == (200, 429)


@pytest.mark.parametrize(
    "claimed", ["", ",", "unknown", "1.2.3.4:80", "fe80::1%eth0", "::", "é", "1" * 5000]
)
async def test_odd_names_of_clients_are_no_failure(plant: Plant, claimed: str) -> None:
    settings = changed(plant, trusted_proxies=("192.0.2.0/24",))
    async with client(plant, settings) as http:
        headers = {"X-Forwarded-For": claimed.encode()}
        assert (await http.get("/v/x", headers=headers)).status_code == 200


# ---- what is missing -------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v/HX-2611-4837-2059-1864-10", "/s/AAAA", "/v/x/y"])
async def test_without_the_store_the_page_says_so_and_the_daemon_lives(
    plant: Plant, http: httpx.AsyncClient, path: str
) -> None:
    for table in ("document", "document_check"):
        gone = f"ALTER TABLE {table} RENAME TO gone_{table}"
        await plant.store.write(lambda tx, gone=gone: tx.exec_driver_sql(gone))
    answer = await http.get(path)
    assert (answer.status_code, "暂不可用" in answer.text) == (503, True)
    assert (await http.get("/healthz")).status_code == 200
    assert (await http.get("/v")).status_code == 200


async def test_without_the_libraries_of_documents_a_file_is_answered_all_the_same(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    answer = await http.post("/v?lang=en&format=json", files={"file": b"%PDF-1.7"})
    assert answer.status_code == 503
    assert answer.json() == {
        "error": "Documents cannot be checked here at the moment. Try again later, or ask the "
        "issuer."
    }
