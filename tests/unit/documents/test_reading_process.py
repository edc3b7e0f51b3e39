"""What happens to the process that looks at files ends nothing else, and gives nothing away."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.documents.errors import DocumentError
from hub.documents.reading import Limits, Reader, Seen
from hub.documents.reading.answer import Looked, Refused, packed, seen_of
from hub.errors import ConfigError
from tests.unit.documents import outside

GOOD = outside.pdf(outside.text("A text of more than twenty characters."))
MODULE = "hub.documents.reading.server"

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    async with Reader() as one:
        yield one


def children(process: int) -> list[int]:
    """Return the processes a process has started."""
    return [
        int(child)
        for task in Path(f"/proc/{process}/task").glob("*/children")
        for child in task.read_text().split()
    ]


def servers() -> list[int]:
    """Return the processes of this one that look at files."""
    return [
        child
        for child in children(os.getpid())
        if MODULE in Path(f"/proc/{child}/cmdline").read_text()
    ]


def is_alive(process: int) -> bool:
    """Say whether a process runs; one that nobody waited for has no command line."""
    line = Path(f"/proc/{process}/cmdline")
    return line.exists() and line.read_bytes() != b""


async def looking() -> tuple[int, int]:
    """Wait until a file is looked at; return the server and its child."""
    while True:
        for server in servers():
            for child in children(server):
                return server, child
        await asyncio.sleep(0)


async def code_of(look: asyncio.Task[Seen]) -> str:
    with pytest.raises(DocumentError) as refused:
        await look
    return refused.value.code


# ---- death and time --------------------------------------------------------------------------


@needs_proc
async def test_a_child_that_is_killed_costs_only_its_file(reader: Reader) -> None:
    look = asyncio.create_task(reader.look(outside.endless()))
    server, child = await looking()
    os.kill(child, signal.SIGKILL)
    assert await code_of(look) == "E_DOC_BOMB"
    assert (await reader.look(GOOD)).has_text
    assert servers() == [server]


@needs_proc
async def test_a_server_that_is_killed_between_files_is_not_noticed(reader: Reader) -> None:
    await reader.look(GOOD)
    (server,) = servers()
    os.kill(server, signal.SIGKILL)
    assert (await reader.look(GOOD)).has_text
    assert server not in servers()


@needs_proc
async def test_a_server_that_is_killed_with_a_file_is_told_and_replaced(reader: Reader) -> None:
    look = asyncio.create_task(reader.look(outside.endless()))
    server, child = await looking()
    os.kill(server, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    assert await code_of(look) == "E_DOC_READER"
    assert (await reader.look(GOOD)).has_text


@needs_proc
@pytest.mark.parametrize(
    "limits",
    [Limits(cpu_seconds=1, seconds=200), Limits(cpu_seconds=200, seconds=1)],
    ids=["of the processor", "on the wall"],
)
async def test_a_file_that_takes_too_long_is_given_up(limits: Limits) -> None:
    async with Reader(limits=limits) as reader, asyncio.timeout(60):
        await reader.look(GOOD)
        before = servers()
        look = asyncio.create_task(reader.look(outside.endless()))
        assert await code_of(look) == "E_DOC_TIMEOUT"
        assert servers() == before


async def test_a_file_that_needs_more_memory_than_is_allowed_is_given_up() -> None:
    large = outside.saved(outside.code("1").resize((4000, 4000)), "PNG")
    async with Reader(limits=Limits(memory=8 * 1024**2)) as reader:
        assert await code_of(asyncio.create_task(reader.look(large))) == "E_DOC_BOMB"


@needs_proc
async def test_a_look_nobody_waits_for_ends_and_its_answer_is_not_told_to_the_next(
    reader: Reader,
) -> None:
    look = asyncio.create_task(reader.look(outside.endless()))
    _, child = await looking()
    look.cancel()
    with pytest.raises(asyncio.CancelledError):
        await look
    assert servers() == []
    while is_alive(child):
        await asyncio.sleep(0)
    assert (await reader.look(GOOD)).has_text


@needs_proc
async def test_files_are_looked_at_two_at_a_time_each_with_its_own_answer(reader: Reader) -> None:
    files = [outside.pdf(pages=pages) for pages in range(1, 10)]
    seen = await asyncio.gather(*map(reader.look, files))
    assert [one.pages for one in seen] == list(range(1, 10))
    assert len(servers()) == 2


@needs_proc
async def test_closing_ends_the_processes_and_a_later_look_starts_anew(reader: Reader) -> None:
    await reader.look(GOOD)
    await reader.aclose()
    assert servers() == []
    assert (await reader.look(GOOD)).has_text


def test_a_command_of_one_look_leaves_nothing_behind() -> None:
    async def once() -> Seen:
        async with Reader() as reader:
            return await reader.look(GOOD)

    assert asyncio.run(once()).has_text
    assert asyncio.run(once()).has_text


# ---- what it may do --------------------------------------------------------------------------


@needs_proc
async def test_it_knows_no_secret_of_the_hub(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_SECRET", "s3cret")
    await reader.look(GOOD)
    (server,) = servers()
    assert b"s3cret" not in Path(f"/proc/{server}/environ").read_bytes()


CONFINED = f"""
import os, socket
from {MODULE} import confine, limits
before = os.open("/", os.O_RDONLY)
confine(limits(2**30, 5))
for name, attempt in dict(
    open=lambda: open("/etc/hostname"), socket=socket.socket, pipe=os.pipe,
    run=lambda: __import__("subprocess").run(["/bin/true"]),
    memory=lambda: bytes(2**31), write=lambda: os.write(1, b""),
).items():
    try:
        attempt()
    except (OSError, MemoryError, ImportError) as error:
        print(name, "refused")
    else:
        print(name, "allowed")
"""


def test_a_child_opens_nothing_and_starts_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CONFINED], capture_output=True, text=True, check=True
    )
    told = dict(line.split() for line in done.stdout.splitlines())
    assert told.pop("write") == "allowed"
    assert set(told.values()) == {"refused"}


@pytest.mark.parametrize("library", ["pypdfium2", "zxingcpp", "PIL"])
async def test_a_missing_library_is_named(
    reader: Reader, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ConfigError, match=rf"{library}.*accord-hub\[documents\]"):
        await reader.look(GOOD)


async def test_a_system_without_fork_is_told(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "fork")
    with pytest.raises(ConfigError, match="no fork"):
        await reader.look(GOOD)


def test_the_command_line_starts_without_the_libraries() -> None:
    script = (
        "import sys, hub.documents.reading, hub.cli.app\n"
        "print({'pypdfium2', 'zxingcpp', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


# ---- what it may say -------------------------------------------------------------------------

LOOKED = Looked("pdf", 1, None, ((1, "a"),), ("HX261148372059186410",), True, False)


def test_an_answer_goes_through_the_pipe_unchanged() -> None:
    seen = seen_of(packed(LOOKED), "hash", 7)
    assert (seen.sha256, seen.size, seen.pages) == ("hash", 7, 1)
    assert [str(one) for one in seen.numbers] == ["HX-2611-4837-2059-1864-10"]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "html"}, {"pages": 0}, {"pages": 501}, {"pages": "1"}, {"has_text": 1},
        {"attachment": bytes(32 * 1024**2 + 1)}, {"codes": [[0, "a"]]}, {"codes": [[1, 2]]},
        {"codes": [[1, "a" * 8001]]}, {"codes": [[1, "a"]] * 101}, {"numbers": ["HX"]},
        {"numbers": ["HX261148372059186411"]}, {"numbers": ["HX261148372059186410"] * 101},
        {"type": "seen"}, {"type": "refused"}, {"type": "refused", "code": "E_DOC_GENUINE"},
    ],
)  # fmt: skip
def test_an_answer_that_says_too_much_is_none(changes: dict[str, object]) -> None:
    said = {**msgspec.to_builtins(LOOKED, builtin_types=(bytes,)), **changes}
    with pytest.raises(DocumentError) as refused:
        seen_of(msgspec.msgpack.encode(said), "", 0)
    assert refused.value.code == "E_DOC_BOMB"


@given(st.binary(max_size=200))
def test_any_bytes_for_an_answer_are_an_error_of_a_document(raw: bytes) -> None:
    with pytest.raises(DocumentError):
        seen_of(raw, "", 0)


def test_a_refusal_keeps_its_code() -> None:
    with pytest.raises(DocumentError) as refused:
        seen_of(packed(Refused("E_DOC_ENCRYPTED")), "", 0)
    assert refused.value.code == "E_DOC_ENCRYPTED"


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_spoiled_file_is_seen_or_refused_and_nothing_else(chance: random.Random) -> None:
    codes = set()

    async def look_at_ten() -> None:
        async with Reader() as reader:
            for file in (outside.annex(), outside.saved(outside.code("1"), "TIFF")) * 5:
                spoiled = bytearray(file)
                for _ in range(chance.randint(1, 30)):
                    spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
                try:
                    assert (await reader.look(bytes(spoiled))).size == len(file)
                except DocumentError as refused:
                    codes.add(refused.code)

    asyncio.run(look_at_ten())
    assert "E_DOC_READER" not in codes
