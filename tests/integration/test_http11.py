"""How an answer ends, and what becomes of the line it came on, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest
from far_socket import NOT_APPLIED, OK, UNKNOWN, FarEnd, Line, client_of, listening, outcome_of

from hub.http import HttpClient

HEAD = b"HTTP/1.1 200 OK\r\n"
ZIPPED = gzip.compress(b"{}")


@dataclass(frozen=True)
class Answer:
    name: str
    said: bytes
    body: bytes = b"{}"
    status: int = 200
    method: str = "POST"
    #: The far end closes its side after the answer.
    closes: bool = False
    #: Connections after two such calls: one where the line may be kept.
    connections: int = 1


WHOLE = [
    Answer("with a length", HEAD + b"Content-Length: 2\r\n\r\n{}"),
    Answer("in chunks", HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
    Answer(
        "in chunks with a trailer",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n",
    ),
    Answer("until the end", HEAD + b"\r\n{}", closes=True, connections=2),
    Answer("of HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\n{}", closes=True, connections=2),
    Answer(
        "of HTTP/1.0 with a length",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        connections=2,
    ),
    Answer(
        "with its last words",
        HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}",
        connections=2,
    ),
    Answer("without a body", b"HTTP/1.1 204 No Content\r\n\r\n", body=b"", status=204),
    Answer("not modified", b"HTTP/1.1 304 Not Modified\r\n\r\n", body=b"", status=304),
    Answer(
        "to HEAD, with the length of what is not sent",
        HEAD + b"Content-Length: 2\r\n\r\n",
        body=b"",
        method="HEAD",
        connections=2,
    ),
    Answer(
        "after interim ones",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK,
    ),
    Answer(
        "packed",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED) + ZIPPED,
    ),
]
#: What comes behind the answer in the same piece: the line is not used again.
FOLLOWED = {"another": OK, "noise": b"\x16\x03\x01\r\n\r\n"}


def manner_of(answer: Answer, pieces: int) -> Callable[[Line], Awaitable[None]]:
    async def manner(line: Line) -> None:
        while True:
            await line.request()
            for start in range(0, len(answer.said), pieces):
                await line.say(answer.said[start : start + pieces])
                await asyncio.sleep(0)
            if answer.closes:
                return

    return manner


@contextlib.asynccontextmanager
async def meeting(
    manner: Callable[[Line], Awaitable[None]],
) -> AsyncIterator[tuple[FarEnd, HttpClient]]:
    async with listening(manner) as far, client_of(far.port) as client:
        yield far, client


@pytest.mark.parametrize("pieces", [1, 1 << 20], ids=["byte-by-byte", "at-once"])
@pytest.mark.parametrize("answer", WHOLE, ids=lambda answer: answer.name)
async def test_an_answer_is_taken_whole(answer: Answer, pieces: int) -> None:
    async with meeting(manner_of(answer, pieces)) as (far, client):
        for _ in range(2):
            taken = await client.request(answer.method, "/orders", effect=True, content=b"{}")
            assert (taken.status_code, taken.content) == (answer.status, answer.body)
    assert len(far.requests) == 2
    assert far.connections == answer.connections


@pytest.mark.parametrize("more", FOLLOWED.values(), ids=FOLLOWED.keys())
async def test_a_line_with_more_than_the_answer_on_it_is_not_used_again(more: bytes) -> None:
    answer = Answer("followed", OK + more)
    async with meeting(manner_of(answer, 1 << 20)) as (far, client):
        assert [await outcome_of(client, "POST") for _ in range(2)] == [200, 200]
    assert far.connections == 2


BROKEN = {
    "a length that is none": HEAD + b"Content-Length: two\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}!",
    "a length and chunks": (
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    ),
    "a chunk without a size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxx\r\n{}\r\n0\r\n\r\n",
    "a header without a colon": HEAD + b"Content-Length 2\r\n\r\n{}",
    "another protocol": (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    ),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a head without an end": HEAD + b"X: " + b"y" * 100_000,
    "headers without an end": HEAD + b"X: y\r\n" * 20_000,
    "interim answers without an end": b"HTTP/1.1 102 Processing\r\n\r\n" * 20_000,
}


@pytest.mark.parametrize("said", BROKEN.values(), ids=BROKEN.keys())
async def test_an_answer_that_is_not_http_leaves_the_effect_unknown(said: bytes) -> None:
    async def manner(line: Line) -> None:
        await line.request()
        with contextlib.suppress(ConnectionError):
            await line.say(said)
        await line.hung_up()

    async with meeting(manner) as (far, client):
        assert await outcome_of(client, "POST") is UNKNOWN
    assert len(far.requests) == 1


async def test_a_far_end_that_hangs_up_at_once_was_sent_nothing_or_leaves_it_unknown() -> None:
    async def manner(line: Line) -> None:
        line.reset()

    async with meeting(manner) as (far, client):
        assert await outcome_of(client, "POST") in (UNKNOWN, NOT_APPLIED)
    assert far.requests == []


async def test_an_answer_to_a_request_still_being_written_ends_the_line() -> None:
    async def manner(line: Line) -> None:
        await line.head()
        await line.say(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await line.hung_up()

    async with meeting(manner) as (far, client):
        for _ in range(2):
            taken = await client.request("POST", "/o", effect=True, content=b"x" * (32 << 20))
            assert taken.status_code == 413
    assert far.connections == 2


async def test_a_call_that_was_given_up_leaves_no_line_behind() -> None:
    asked = asyncio.Event()

    async def manner(line: Line) -> None:
        await line.request()
        asked.set()
        await line.hung_up()

    async with meeting(manner) as (far, client):
        call = asyncio.create_task(client.request("POST", "/o", effect=True))
        await asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await far.served()  # the far end sees the line closed while the client lives on
    assert far.connections == 1


async def test_a_small_answer_that_unpacks_to_a_large_one_is_refused() -> None:
    packed = gzip.compress(b"0" * (64 << 20))

    async def manner(line: Line) -> None:
        await line.request()
        await line.say(
            HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed
        )
        await line.hung_up()

    async with meeting(manner) as (far, client):
        assert await outcome_of(client, "POST") is UNKNOWN
    assert len(far.requests) == 1


async def test_lines_to_other_hosts_make_room() -> None:
    async def manner(line: Line) -> None:
        while True:
            await line.request()
            await line.say(OK)

    async with (
        listening(manner) as one,
        listening(manner) as other,
        client_of(one.port, concurrency=1, hosts=["localhost"]) as client,
    ):
        for far in (one, other, one):
            answer = await client.request("GET", f"http://127.0.0.1:{far.port}/o", effect=False)
            assert answer.status_code == 200
        await asyncio.gather(*one.serving[:1], *other.serving)
    assert (one.connections, other.connections) == (2, 1)


async def test_a_host_and_a_body_are_sent_as_http_asks() -> None:
    async def manner(line: Line) -> None:
        await line.request()
        await line.say(OK)

    async with meeting(manner) as (far, client):
        await client.request("PUT", "/o/1?a=b c", effect=True, content=b"{}")
    lines = far.requests[0].split(b"\r\n")
    assert lines[0] == b"PUT /o/1?a=b%20c HTTP/1.1"
    headers = httpx.Headers([tuple(line.split(b": ", 1)) for line in lines[1:] if line])
    assert headers["host"] == f"127.0.0.1:{far.port}"
    assert headers["content-length"] == "2"
    assert headers["user-agent"] == "accord-hub"
