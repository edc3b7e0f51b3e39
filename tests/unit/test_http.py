"""The HTTP seam without a network: what is sent, what a failure is called, what is refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import netcheck
from hub.errors import ConfigError, ConnectorError, Outcome
from hub.http import ANSWER_LIMIT, NOT_SENT, HttpClient, connect
from hub.testing.clock import FixedClock

UNKNOWN, NOT_APPLIED = Outcome.UNKNOWN, Outcome.UNAVAILABLE_NOT_APPLIED


class Far(httpx.AsyncBaseTransport):
    """Keeps the requests; fails with the planned exceptions first, then answers."""

    def __init__(self, *failures: Exception, answer: httpx.Response | None = None) -> None:
        self.failures = list(failures)
        self.answer = answer or httpx.Response(200, json={})
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        if self.failures:
            raise self.failures.pop(0)
        return self.answer


def client_of(
    far: httpx.AsyncBaseTransport,
    base_url: str = "https://erp.example.com/api",
    clock: FixedClock | None = None,
    hosts: tuple[str, ...] = (),
) -> HttpClient:
    return connect("erp", base_url, hosts=hosts, clock=clock or FixedClock(), transport=far)


# ---- what is sent ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "url", "sent"),
    [
        ("https://erp.example.com/api", "orders", "https://erp.example.com/api/orders"),
        ("https://erp.example.com/api/", "/orders", "https://erp.example.com/api/orders"),
        ("https://erp.example.com/rest", "", "https://erp.example.com/rest"),
        ("https://erp.example.com", "//evil.test/x", "https://erp.example.com/evil.test/x"),
        ("https://erp.example.com", "/x?next=http://a.b", "https://erp.example.com/x?next=http://a.b"),
        ("https://erp.example.com/api", "https://ERP.example.com/r/1", "https://erp.example.com/r/1"),
        ("https://erp.example.com", "http://files.example.com/f", "http://files.example.com/f"),
    ],
    ids=["path", "slashes", "empty", "double-slash", "address-in-query", "absolute", "named-host"],
)  # fmt: skip
async def test_an_address_is_absolute_or_below_the_base(base: str, url: str, sent: str) -> None:
    far = Far()
    client = client_of(far, base, hosts=("Files.example.com",))
    await client.request("GET", url, effect=False)
    assert str(far.requests[0].url) == sent


@pytest.mark.parametrize(
    "url",
    ["https://evil.test/x", "https://erp.example.com@evil.test/", "ftp://erp.example.com/x",
     "https://erp.example.com.evil.test/", "http://169.254.169.254/latest", "http://[bad/"],
)  # fmt: skip
async def test_a_host_that_is_not_the_connections_is_refused_before_anything_is_sent(
    url: str,
) -> None:
    far = Far()
    with pytest.raises(ConnectorError, match=r"^erp: POST .*nothing was sent") as raised:
        await client_of(far).request("POST", url, effect=True)
    assert raised.value.outcome is Outcome.MISCONFIGURED
    assert far.requests == []


@pytest.mark.parametrize(
    "params", [{"b": "2", "c": "&"}, [("b", "2"), ("c", "&")]], ids=["mapping", "pairs"]
)
async def test_parameters_are_added_to_the_query(params: dict[str, str]) -> None:
    far = Far()
    await client_of(far).request("GET", "/x?a=1", effect=False, params=params)
    assert far.requests[0].url.query == b"a=1&b=2&c=%26"


async def test_repeated_parameters_are_all_sent() -> None:
    far = Far()
    await client_of(far).request("GET", "/x", effect=False, params=[("id", "1"), ("id", "2")])
    assert far.requests[0].url.query == b"id=1&id=2"


async def test_json_is_sent_with_exact_decimals() -> None:
    far = Far()
    await client_of(far).request("POST", "/x", effect=True, json={"price": Decimal("1.10")})
    assert far.requests[0].content == b'{"price":1.10}'
    assert far.requests[0].headers.get_list("content-type") == ["application/json"]


async def test_a_content_type_of_the_connector_replaces_ours() -> None:
    far = Far()
    headers = {"content-type": "application/vnd.api+json"}
    await client_of(far).request("POST", "/x", effect=True, json=[], headers=headers)
    assert far.requests[0].headers.get_list("content-type") == ["application/vnd.api+json"]


async def test_a_form_and_files_are_sent() -> None:
    far = Far()
    client = client_of(far)
    await client.request("POST", "/f", effect=True, data={"method": "order.create"})
    await client.request("POST", "/f", effect=True, files={"annex": ("a.pdf", b"%PDF", "x/y")})
    assert far.requests[0].content == b"method=order.create"
    assert b'filename="a.pdf"' in far.requests[1].content


async def test_a_header_that_is_not_ascii_is_misconfigured_and_not_shown() -> None:
    far = Far()
    with pytest.raises(ConnectorError) as raised:
        await client_of(far).request("POST", "/x", effect=True, headers={"X-Key": "密钥geheim"})
    assert raised.value.outcome is Outcome.MISCONFIGURED
    assert "geheim" not in str(raised.value)
    assert raised.value.__suppress_context__


async def test_tokens_in_the_address_reach_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await client_of(Far()).request("GET", "/x?access_token=geheim", effect=False)
    assert "geheim" not in caplog.text


# ---- what a failure is called ----------------------------------------------------------------

#: Every failure httpx can raise for a request, and whether it proves that nothing was written.
PROVES_NOT_SENT = {
    httpx.RequestError: False,
    httpx.TransportError: False,
    httpx.TimeoutException: False,
    httpx.ConnectTimeout: True,
    httpx.ReadTimeout: False,
    httpx.WriteTimeout: False,
    httpx.PoolTimeout: True,
    httpx.NetworkError: False,
    httpx.ConnectError: True,
    httpx.ReadError: False,
    httpx.WriteError: False,
    httpx.CloseError: False,
    httpx.ProtocolError: False,
    httpx.LocalProtocolError: True,
    httpx.RemoteProtocolError: False,
    httpx.ProxyError: True,
    httpx.UnsupportedProtocol: True,
    httpx.DecodingError: False,
    httpx.TooManyRedirects: False,
}


def kinds_below(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(kinds_below(below) for below in kind.__subclasses__()))


def test_every_failure_httpx_knows_is_judged() -> None:
    known = {
        kind for kind in kinds_below(httpx.RequestError) if kind.__module__.startswith("httpx")
    }
    assert known == set(PROVES_NOT_SENT)
    assert {kind for kind, proof in PROVES_NOT_SENT.items() if proof} == set(NOT_SENT)


@pytest.mark.parametrize("kind", PROVES_NOT_SENT, ids=lambda kind: kind.__name__)
async def test_an_effect_is_unknown_unless_nothing_was_written(kind: type[Exception]) -> None:
    far = Far(*(kind("broken") for _ in range(3)))
    with pytest.raises(ConnectorError) as raised:
        await client_of(far).request("POST", "/x", effect=True)
    assert raised.value.outcome is (NOT_APPLIED if PROVES_NOT_SENT[kind] else UNKNOWN)
    connecting = kind in (httpx.ConnectError, httpx.ConnectTimeout)
    assert len(far.requests) == (3 if connecting else 1)


@pytest.mark.parametrize("kind", PROVES_NOT_SENT, ids=lambda kind: kind.__name__)
async def test_a_read_that_failed_is_not_applied(kind: type[Exception]) -> None:
    far = Far(*(kind("broken") for _ in range(3)))
    with pytest.raises(ConnectorError) as raised:
        await client_of(far).request("GET", "/x", effect=False)
    assert raised.value.outcome is NOT_APPLIED


@pytest.mark.parametrize("effect", [True, False], ids=["effect", "read"])
async def test_a_raw_socket_error_is_judged_like_a_written_request(effect: bool) -> None:
    far = Far(*(OSError("tls alert") for _ in range(3)))
    with pytest.raises(ConnectorError) as raised:
        await client_of(far).request("POST", "/x", effect=effect)
    assert raised.value.outcome is (UNKNOWN if effect else NOT_APPLIED)


@given(st.lists(st.sampled_from(list(PROVES_NOT_SENT)), max_size=4))
async def test_not_applied_is_never_claimed_after_a_failure_that_proves_nothing(
    kinds: list[type[Exception]],
) -> None:
    far = Far(*(kind("broken") for kind in kinds))
    try:
        await client_of(far).request("POST", "/x", effect=True)
        claimed = None
    except ConnectorError as exc:
        claimed = exc.outcome
    tried = kinds[: len(far.requests)]
    perhaps_written = sum(not PROVES_NOT_SENT[kind] for kind in tried)
    assert perhaps_written <= 1
    assert claimed is not NOT_APPLIED or perhaps_written == 0
    assert claimed is not None or perhaps_written == 0


async def test_a_failed_connect_is_repeated_and_then_works() -> None:
    clock = FixedClock()
    far = Far(httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"))
    answer = await client_of(far, clock=clock).request("POST", "/x", effect=True)
    assert answer.status_code == 200
    assert len(far.requests) == 3
    assert clock.monotonic() <= 3.0


async def test_a_connect_that_used_up_its_time_is_not_repeated() -> None:
    clock = FixedClock()

    class Slow(Far):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            clock.advance(timedelta(seconds=4))
            return await super().handle_async_request(request)

    far = Slow(httpx.ConnectTimeout("slow"))
    with pytest.raises(ConnectorError):
        await client_of(far, clock=clock).request("POST", "/x", effect=True)
    assert len(far.requests) == 1


async def test_a_read_is_repeated_once_and_then_works() -> None:
    far = Far(httpx.ReadError("reset"))
    answer = await client_of(far).request("GET", "/x", effect=False)
    assert answer.status_code == 200
    assert len(far.requests) == 2


async def test_an_error_names_place_reason_and_next_step_but_no_secret() -> None:
    far = Far(httpx.ReadError("reset by https://u:geheim@proxy/?token=geheim"))
    with pytest.raises(ConnectorError) as raised:
        await client_of(far).request(
            "POST", "/orders?sign=geheim", effect=True, headers={"Authorization": "geheim"}
        )
    text = str(raised.value)
    assert text.startswith("erp: POST erp.example.com/api/orders: ReadError: reset by")
    assert "ask the far end before it is sent again" in text
    assert "geheim" not in text


async def test_a_header_http_does_not_allow_is_not_shown() -> None:
    far = Far(httpx.LocalProtocolError("Illegal header value b'geheim\\n'"))
    with pytest.raises(ConnectorError) as raised:
        await client_of(far).request("POST", "/x", effect=True)
    assert raised.value.outcome is NOT_APPLIED
    assert "geheim" not in str(raised.value)
    assert raised.value.__suppress_context__


async def test_bytes_of_a_broken_answer_are_not_shown() -> None:
    far = Far(httpx.RemoteProtocolError("illegal status line: bytearray(b'Zhang San 13800000000')"))
    with pytest.raises(ConnectorError) as raised:
        await client_of(far).request("POST", "/x", effect=True)
    assert "illegal status line" in str(raised.value)
    assert "13800000000" not in str(raised.value)


@pytest.mark.parametrize("status", [204, 302, 404, 429, 500, 503])
async def test_any_status_is_an_answer(status: int) -> None:
    far = Far(answer=httpx.Response(status, headers={"Location": "/elsewhere"}))
    answer = await client_of(far).request("POST", "/x", effect=True)
    assert answer.status_code == status
    assert len(far.requests) == 1


async def test_an_answer_above_the_limit_is_unknown() -> None:
    async def blocks() -> AsyncIterator[bytes]:
        for _ in range((ANSWER_LIMIT >> 20) + 1):
            yield b"x" * (1 << 20)

    far = Far(answer=httpx.Response(200, content=blocks()))
    with pytest.raises(ConnectorError, match="larger than 32 MiB") as raised:
        await client_of(far).request("POST", "/x", effect=True)
    assert raised.value.outcome is UNKNOWN


@pytest.mark.parametrize("seconds", [None, timedelta(seconds=0.05)], ids=["default", "of-the-call"])
async def test_the_whole_call_is_bounded(seconds: timedelta | None) -> None:
    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            raise AssertionError

    client = connect(
        "erp",
        "https://erp.example.com",
        timeout=timedelta(seconds=0.05 if seconds is None else 30),
        clock=FixedClock(),
        transport=Silent(),
    )
    with pytest.raises(ConnectorError, match=r"no whole answer within 0\.05 s") as raised:
        await client.request("POST", "/x", effect=True, timeout=seconds)
    assert raised.value.outcome is UNKNOWN


# ---- settings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "base_url",
    ["erp.example.com", "ftp://erp.example.com", "https://", "", "https://h:x", "https://h/?a=1"],
)
def test_a_base_url_that_is_none_is_refused(base_url: str) -> None:
    with pytest.raises(ConfigError, match="erp: base_url"):
        connect("erp", base_url, clock=FixedClock())


def test_a_ca_file_that_is_none_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    for path in (broken, tmp_path / "missing.pem"):
        with pytest.raises(ConfigError, match=r"erp: ca_file .* cannot be read"):
            connect("erp", "https://erp.example.com", ca_file=path, clock=FixedClock())


def test_a_proxy_that_is_no_http_proxy_is_refused_without_its_password() -> None:
    with pytest.raises(ConfigError, match="erp: proxy must start with") as raised:
        connect("erp", "https://erp.example.com", proxy="socks5://u:geheim@p:1", clock=FixedClock())
    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("169.254.169.254", True),
        ("169.254.0.23", True),
        ("100.100.100.200", True),
        ("168.63.129.16", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("255.255.255.255", True),
        ("::", True),
        ("fe80::1", True),
        ("fe80::1%eth0", True),
        ("ff02::1", True),
        ("fd00:ec2::254", True),
        ("::ffff:169.254.169.254", True),
        ("64:ff9b::a9fe:a9fe", True),
        ("2002:a9fe:a9fe::", True),
        ("127.0.0.1", False),
        ("10.0.0.5", False),
        ("192.168.1.10", False),
        ("100.100.100.201", False),
        ("203.0.113.9", False),
        ("::1", False),
        ("fd12:3456::1", False),
        ("::ffff:10.0.0.5", False),
    ],
)
def test_addresses_that_are_never_a_far_end_are_refused(address: str, refused: bool) -> None:
    assert netcheck.is_refused(address) is refused


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_in_ipv6_does_not_change_the_verdict(address: object) -> None:
    assert netcheck.is_refused(f"::ffff:{address}") is netcheck.is_refused(str(address))
