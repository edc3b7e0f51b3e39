"""What a failed call proves, against sockets that misbehave as far ends do.

Every row says what the hub may conclude and how often the request reached the far end. The one
thing that must never happen: "not applied" claimed, or a second request sent, when an effect
may have taken place.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import pytest
from far_socket import (
    NOT_APPLIED,
    OK,
    UNKNOWN,
    Line,
    client_of,
    good,
    listening,
    outcome_of,
    silence,
)

from hub.errors import ConnectorError
from hub.http import ANSWER_LIMIT

# ---- manners ---------------------------------------------------------------------------------


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
        assert [await outcome_of(client, "POST") for _ in range(3)] == [200] * 3
    assert len(far.requests) == 3
    assert far.connections == 3


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
