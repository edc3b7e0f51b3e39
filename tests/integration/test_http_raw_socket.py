"""What a failed call proves, against sockets that misbehave as far ends do.

Every row says what the hub may conclude and how often the request reached the far end. The one
thing that must never happen: "not applied" claimed, or a second request sent, when an effect
may have taken place.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.clock import SystemClock
from hub.errors import ConnectorError, Outcome
from hub.http import ANSWER_LIMIT, HttpClient, connect
from hub.testing.clock import FixedClock

UNKNOWN, NOT_APPLIED = Outcome.UNKNOWN, Outcome.UNAVAILABLE_NOT_APPLIED
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BODY = b'{"order": 1}'


@dataclass
class FarEnd:
    """A listening socket that counts requests and then does what `manner` says."""

    manner: Callable[[Line], Awaitable[None]]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    serving: list[asyncio.Task[None]] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.serving.append(task)
        try:
            with contextlib.suppress(
                ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError
            ):
                await self.manner(Line(self, reader, writer))
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    async def served(self) -> None:
        """Wait until every connection so far is closed at this side."""
        await asyncio.gather(*self.serving)

    async def stop(self) -> None:
        for task in self.serving:
            task.cancel()
        await asyncio.gather(*self.serving, return_exceptions=True)


@dataclass
class Line:
    """One connection of the far end."""

    far: FarEnd
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def head(self) -> bytes:
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.far.requests.append(head)
        return head

    async def request(self) -> None:
        head = await self.head()
        lengths = [
            int(line.split(b":")[1])
            for line in head.lower().splitlines()
            if line.startswith(b"content-length:")
        ]
        await self.reader.readexactly(sum(lengths))

    async def say(self, text: bytes) -> None:
        self.writer.write(text)
        await self.writer.drain()

    def reset(self) -> None:
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def hung_up(self) -> None:
        """Wait until the hub closes its side."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


@contextlib.asynccontextmanager
async def listening(
    manner: Callable[[Line], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[FarEnd]:
    far = FarEnd(manner)
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0, ssl=tls)
    far.port = server.sockets[0].getsockname()[1]
    async with server:
        try:
            yield far
        finally:
            await far.stop()


# ---- manners ---------------------------------------------------------------------------------


async def good(line: Line) -> None:
    while True:
        await line.request()
        await line.say(OK)


async def fin_before_answer(line: Line) -> None:
    await line.request()


async def reset_before_answer(line: Line) -> None:
    await line.request()
    line.reset()


async def reset_in_headers(line: Line) -> None:
    await line.request()
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Le")
    line.reset()


async def half_body(line: Line) -> None:
    await line.request()
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


async def chunks_cut_short(line: Line) -> None:
    await line.request()
    await line.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")


async def garbage(line: Line) -> None:
    await line.request()
    await line.say(b"\x16\x03\x01 what is this\r\n\r\n")


async def silence(line: Line) -> None:
    await line.request()
    await line.hung_up()


async def drip(line: Line) -> None:
    await line.request()
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        await line.say(b"x")
        await asyncio.sleep(0.05)


async def continue_then_fin(line: Line) -> None:
    await line.request()
    await line.say(b"HTTP/1.1 102 Processing\r\n\r\n")


async def too_large(line: Line) -> None:
    await line.request()
    await line.say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    block = b"x" * (1 << 20)
    for _ in range((ANSWER_LIMIT >> 20) + 1):
        await line.say(block)


async def broken_gzip(line: Line) -> None:
    await line.request()
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")


async def coding_nobody_asked_for(line: Line) -> None:
    await line.request()
    await line.say(b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 2\r\n\r\n{}")


@dataclass(frozen=True)
class Row:
    manner: Callable[[Line], Awaitable[None]]
    #: How often a read reaches the far end: twice where the first failure may be repeated.
    reads: int = 2
    seconds: float = 5.0


#: Each of these lets the request arrive once and gives no whole answer.
ROWS = [
    Row(fin_before_answer),
    Row(reset_before_answer),
    Row(reset_in_headers),
    Row(half_body),
    Row(chunks_cut_short),
    Row(garbage),
    Row(continue_then_fin),
    Row(silence, reads=1, seconds=0.6),
    Row(drip, reads=1, seconds=0.6),
    Row(too_large, reads=1, seconds=30.0),
    Row(broken_gzip, reads=1),
    Row(coding_nobody_asked_for, reads=1),
]
IDS = [row.manner.__name__ for row in ROWS]
EFFECTS = ["POST", "PUT", "DELETE"]


@contextlib.asynccontextmanager
async def client_of(port: int, seconds: float = 5.0, **more: object) -> AsyncIterator[HttpClient]:
    # A short time-out is real time, so the repeats inside the attempt are measured in it too.
    clock = SystemClock() if seconds < 1 else FixedClock()
    scheme = more.pop("scheme", "http")
    host = more.pop("host", "127.0.0.1")
    client = connect(
        "erp",
        f"{scheme}://{host}:{port}",
        timeout=datetime.timedelta(seconds=seconds),
        clock=clock,
        **more,  # type: ignore[arg-type]
    )
    try:
        yield client
    finally:
        await client.aclose()


async def outcome_of(client: HttpClient, method: str) -> Outcome | int:
    """Return what the hub concludes: an answer's status, or the outcome of the failure."""
    content = BODY if method != "GET" else None
    try:
        answer = await client.request(method, "/orders", effect=method != "GET", content=content)
    except ConnectorError as exc:
        return exc.outcome
    return answer.status_code


# ---- the table -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", EFFECTS)
@pytest.mark.parametrize("row", ROWS, ids=IDS)
async def test_an_effect_that_arrived_without_an_answer_is_unknown_and_sent_once(
    row: Row, method: str
) -> None:
    async with listening(row.manner) as far, client_of(far.port, row.seconds) as client:
        assert await outcome_of(client, method) is UNKNOWN
    assert len(far.requests) == 1


@pytest.mark.parametrize("row", ROWS, ids=IDS)
async def test_a_read_without_an_answer_is_repeated_once_where_that_may_help(row: Row) -> None:
    async with listening(row.manner) as far, client_of(far.port, row.seconds) as client:
        assert await outcome_of(client, "GET") is NOT_APPLIED
    assert len(far.requests) == row.reads


@pytest.mark.parametrize("method", [*EFFECTS, "GET"])
async def test_a_refused_port_is_not_applied(method: str) -> None:
    with socket.socket() as taken:  # bound, not listening: nobody else gets the port
        taken.bind(("127.0.0.1", 0))
        async with client_of(taken.getsockname()[1]) as client:
            assert await outcome_of(client, method) is NOT_APPLIED


@pytest.mark.parametrize("method", [*EFFECTS, "GET"])
async def test_a_name_dns_does_not_know_is_not_applied_and_asked_three_times(method: str) -> None:
    asked: list[str] = []

    async def resolver(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        raise OSError("no such name")

    async with client_of(80, host="name.invalid", resolver=resolver) as client:
        assert await outcome_of(client, method) is NOT_APPLIED
    assert asked == ["name.invalid"] * 3


@pytest.mark.parametrize("method", [*EFFECTS, "GET"])
async def test_a_failed_tls_handshake_is_not_applied(method: str) -> None:
    async def speaks_no_tls(line: Line) -> None:
        await line.reader.read(1)
        await line.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with listening(speaks_no_tls) as far, client_of(far.port, scheme="https") as client:
        assert await outcome_of(client, method) is NOT_APPLIED
    assert far.requests == []
    assert far.connections == 3


@pytest.mark.parametrize("method", EFFECTS)
async def test_a_connection_the_far_end_closed_while_idle_is_replaced(method: str) -> None:
    async def answers_once(line: Line) -> None:
        await line.request()
        await line.say(OK)

    async with listening(answers_once) as far, client_of(far.port) as client:
        assert await outcome_of(client, method) == 200
        await far.served()
        assert await outcome_of(client, method) == 200
    assert len(far.requests) == 2


@pytest.mark.parametrize("ending", ["fin", "reset"])
@pytest.mark.parametrize("method", EFFECTS)
async def test_an_effect_that_meets_a_closing_idle_connection_is_unknown_and_not_sent_again(
    method: str, ending: str
) -> None:
    async def closes_on_the_second(line: Line) -> None:
        await line.request()
        await line.say(OK)
        await line.reader.read(1)
        if ending == "reset":
            line.reset()

    async with listening(closes_on_the_second) as far, client_of(far.port) as client:
        assert await outcome_of(client, method) == 200
        assert await outcome_of(client, method) is UNKNOWN
    assert len(far.requests) == 1
    assert far.connections == 1


@pytest.mark.parametrize("method", EFFECTS)
async def test_an_answer_before_the_body_was_read_is_the_answer(method: str) -> None:
    async def refuses_by_the_head(line: Line) -> None:
        await line.head()
        await line.say(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await line.hung_up()

    async with listening(refuses_by_the_head) as far, client_of(far.port) as client:
        assert await outcome_of(client, method) == 413
    assert len(far.requests) == 1


@pytest.mark.parametrize("method", EFFECTS)
async def test_a_body_the_far_end_stops_reading_is_unknown(method: str) -> None:
    async def stops_reading(line: Line) -> None:
        await line.head()
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async with listening(stops_reading) as far, client_of(far.port, 0.6) as client:
        with pytest.raises(ConnectorError) as raised:
            await client.request(method, "/o", effect=True, content=b"x" * (16 << 20))
    assert raised.value.outcome is UNKNOWN
    assert len(far.requests) == 1


async def test_an_answer_nobody_asked_for_is_not_taken_for_the_next() -> None:
    async def answers_twice(line: Line) -> None:
        while True:
            await line.request()
            await line.say(OK + b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    async with listening(answers_twice) as far, client_of(far.port) as client:
        assert await outcome_of(client, "POST") == 200
        assert await outcome_of(client, "POST") is UNKNOWN
        assert await outcome_of(client, "POST") == 200
    assert len(far.requests) == 3
    assert far.connections == 2


async def test_time_outs_leave_the_pool_usable() -> None:
    calm = asyncio.Event()

    async def silent_at_first(line: Line) -> None:
        await (good(line) if calm.is_set() else silence(line))

    async with listening(silent_at_first) as far, client_of(far.port, 0.6) as client:
        results = await asyncio.gather(*(outcome_of(client, "POST") for _ in range(4)))
        assert results == [UNKNOWN] * 4
        calm.set()
        assert await outcome_of(client, "POST") == 200


async def test_a_call_that_waits_in_vain_for_a_free_connection_is_not_applied() -> None:
    async with listening(silence) as far, client_of(far.port, 0.8, concurrency=1) as client:
        results = await asyncio.gather(*(outcome_of(client, "POST") for _ in range(2)))
    assert sorted(map(str, results)) == sorted([UNKNOWN, NOT_APPLIED])
    assert len(far.requests) == 1


@pytest.mark.parametrize("concurrency", [1, 4, 6, 9])
async def test_no_more_connections_are_opened_than_the_connection_allows(concurrency: int) -> None:
    async with listening(good) as far, client_of(far.port, concurrency=concurrency) as client:
        results = await asyncio.gather(*(outcome_of(client, "POST") for _ in range(40)))
        assert results == [200] * 40
    assert far.connections == concurrency


async def test_redirects_are_answers() -> None:
    async def elsewhere(line: Line) -> None:
        await line.request()
        await line.say(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n")

    async with listening(elsewhere) as far, client_of(far.port) as client:
        assert await outcome_of(client, "POST") == 302
    assert len(far.requests) == 1


async def test_cookies_are_not_kept_between_calls() -> None:
    async def sets_a_cookie(line: Line) -> None:
        while True:
            await line.request()
            await line.say(b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=1\r\nContent-Length: 0\r\n\r\n")

    async with listening(sets_a_cookie) as far, client_of(far.port) as client:
        assert await outcome_of(client, "POST") == 200
        assert await outcome_of(client, "POST") == 200
    assert not any(b"cookie:" in head.lower() for head in far.requests)


# ---- names, addresses, TLS -------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a PEM file with a certificate for shop.test, its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "shop.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def loopback(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


async def test_the_checked_address_is_used_and_tls_still_verifies_the_name(
    certificate: Path,
) -> None:
    async with (
        listening(good, serving(certificate)) as far,
        client_of(
            far.port, scheme="https", host="shop.test", resolver=loopback, ca_file=certificate
        ) as right,
        client_of(
            far.port, scheme="https", host="other.test", resolver=loopback, ca_file=certificate
        ) as wrong,
    ):
        assert await outcome_of(right, "POST") == 200
        assert await outcome_of(wrong, "POST") is NOT_APPLIED
    assert len(far.requests) == 1


async def test_an_authority_nobody_named_is_not_trusted(certificate: Path) -> None:
    async with (
        listening(good, serving(certificate)) as far,
        client_of(far.port, scheme="https", host="shop.test", resolver=loopback) as client,
    ):
        assert await outcome_of(client, "POST") is NOT_APPLIED
    assert far.requests == []


async def test_a_tls_alert_after_the_handshake_is_unknown(certificate: Path) -> None:
    context = serving(certificate)  # TLS 1.3 asks for the client's certificate after the handshake
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificate)
    async with (
        listening(good, context) as far,
        client_of(
            far.port, scheme="https", host="shop.test", resolver=loopback, ca_file=certificate
        ) as client,
    ):
        assert await outcome_of(client, "POST") is UNKNOWN
    assert far.requests == []


async def test_a_name_with_refused_addresses_only_is_misconfigured() -> None:
    async def to_metadata(host: str, port: int) -> Sequence[str]:
        return ["169.254.169.254", "fe80::1"]

    async with client_of(80, host="shop.test", resolver=to_metadata) as client:
        with pytest.raises(ConnectorError, match=r"erp: shop\.test resolves to 169\.254") as raised:
            await client.request("GET", "/latest/meta-data", effect=False)
    assert raised.value.outcome is Outcome.MISCONFIGURED


async def test_a_refused_address_beside_a_good_one_is_passed_over() -> None:
    async def both(host: str, port: int) -> Sequence[str]:
        return ["fe80::1", "127.0.0.1"]

    async with (
        listening(good) as far,
        client_of(far.port, host="erp.local", resolver=both) as client,
    ):
        assert await outcome_of(client, "POST") == 200


async def test_the_next_address_is_tried_when_the_first_refuses() -> None:
    async def both(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]  # the server listens on .1 only

    async with (
        listening(good) as far,
        client_of(far.port, host="erp.local", resolver=both) as client,
    ):
        assert await outcome_of(client, "POST") == 200
    assert far.connections == 1


async def test_a_second_look_up_cannot_move_the_connection() -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async with (
        listening(good) as far,
        client_of(far.port, host="erp.local", resolver=rebinding) as client,
    ):
        assert await outcome_of(client, "POST") == 200
        assert await outcome_of(client, "POST") == 200
    assert len(answers) == 1


# ---- through a proxy -------------------------------------------------------------------------


async def test_a_proxy_that_refuses_the_tunnel_is_not_applied() -> None:
    async def refuses(line: Line) -> None:
        await line.head()
        await line.say(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    async with (
        listening(refuses) as far,
        client_of(
            443, scheme="https", host="shop.test", proxy=f"http://u:geheim@127.0.0.1:{far.port}"
        ) as client,
    ):
        with pytest.raises(ConnectorError) as raised:
            await client.request("POST", "/o", effect=True, content=BODY)
    assert raised.value.outcome is NOT_APPLIED
    assert "geheim" not in str(raised.value)
    assert all(head.startswith(b"CONNECT shop.test:443") for head in far.requests)


async def test_a_proxy_gets_the_name_not_an_address() -> None:
    async with (
        listening(good) as far,
        client_of(80, host="shop.test", proxy=f"http://127.0.0.1:{far.port}") as client,
    ):
        assert await outcome_of(client, "POST") == 200
    assert far.requests[0].startswith(b"POST http://shop.test/orders ")
