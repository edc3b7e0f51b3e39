"""Ask the process that looks at files; start it, limit it, and start it again when it ended."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import os
import signal
import struct
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from hub.documents import extra
from hub.documents.reading import refusals
from hub.documents.reading.answer import LONGEST_ANSWER, seen_of
from hub.documents.reading.seen import Seen
from hub.errors import ConfigError
from hub.language import say

#: Files looked at at a time, each by a process of its own.
_AT_ONCE = 2
#: Seconds a process has to start and to hand over, besides those for looking.
_GRACE = 10
_LIBRARIES = ("pypdfium2", "zxingcpp", "PIL")
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Limits:
    """What looking at one file may cost."""

    #: Bytes of memory, besides those of the libraries.
    memory: int = 1024**3
    cpu_seconds: int = 10
    #: By the clock on the wall.
    seconds: int = 15


class Reader:
    """Looks at files from outside, two at a time; for one event loop.

    The processes start with the first file, and end with `aclose` or with the hub.
    """

    def __init__(self, largest: int = 20 * 1024**2, limits: Limits | None = None) -> None:
        #: Bytes a file may have.
        self.largest = largest
        self._limits = limits or Limits()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._idle: list[_Server] = []

    async def look(self, content: bytes) -> Seen:
        """Return what is seen of a file.

        Raises `DocumentError` where it cannot be read, with why, and `ConfigError` where this
        machine cannot look at files.
        """
        if len(content) > self.largest:
            raise refusals.too_large(len(content), self.largest)
        async with self._turns:
            answer = await self._answer(content)
        return seen_of(answer, hashlib.sha256(content).hexdigest(), len(content))

    async def aclose(self) -> None:
        """End the processes; a later look starts new ones."""
        while self._idle:
            await self._idle.pop().end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _answer(self, content: bytes) -> bytes:
        while self._idle:
            server = self._idle.pop()
            with suppress(_Ended):
                # one that ended meanwhile is no fault of this file
                return await self._asked(server, content)
        server = await _Server.start(self._limits)
        try:
            return await self._asked(server, content)
        except _Ended:
            raise refusals.reader_ended(server.process.returncode) from None

    async def _asked(self, server: _Server, content: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._limits.seconds + _GRACE):
                answer = await server.ask(content)
        except TimeoutError:
            await server.end()
            raise refusals.refusal("E_DOC_TIMEOUT") from None
        except BaseException:
            # also when nobody waits any more: its answer must not be taken for another file's
            await server.end()
            raise
        self._idle.append(server)
        return answer


class _Ended(Exception):
    """The process ended before it answered."""


class _Server:
    """One process, which looks at one file at a time."""

    def __init__(self, process: Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, limits: Limits) -> _Server:
        _require_machine()
        given = map(str, (limits.memory, limits.cpu_seconds, limits.seconds))
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "hub.documents.reading.server", *given,
                stdin=PIPE, stdout=PIPE,
                # nothing of ours that a file could get at: no secrets, only where modules are
                env={"PYTHONPATH": os.pathsep.join(sys.path)},
                # a group of its own, so that it ends with its children
                start_new_session=True,
            )
        )  # fmt: skip

    async def ask(self, content: bytes) -> bytes:
        incoming, outgoing = self.process.stdout, self.process.stdin
        if incoming is None or outgoing is None:
            raise _Ended
        try:
            outgoing.write(_LENGTH.pack(len(content)))
            outgoing.write(content)
            await outgoing.drain()
            (length,) = _LENGTH.unpack(await incoming.readexactly(_LENGTH.size))
            if length > LONGEST_ANSWER:
                raise _Ended
            return await incoming.readexactly(length)
        except (ConnectionError, asyncio.IncompleteReadError):
            raise _Ended from None

    async def end(self) -> None:
        # once it was waited for, its number may be another process's
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        # reads what is left, so that both pipes are closed
        await self.process.communicate()


def _require_machine() -> None:
    if not hasattr(os, "fork"):
        raise ConfigError(
            say(
                "Files cannot be looked at on this system, which has no fork. Check by number, or "
                "run the hub on Linux or macOS."
            )
        )
    for name in _LIBRARIES:
        if importlib.util.find_spec(name) is None:
            extra.require(name)
