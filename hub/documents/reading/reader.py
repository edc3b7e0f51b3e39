"""The hub's side of looking at files: a few servers, asked one file at a time each."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import struct
import sys
from types import TracebackType

import msgspec

from hub.documents.errors import DocumentError
from hub.documents.reading.seen import Answer, Seen, Unread
from hub.errors import ConfigError
from hub.language import Message, say

#: Looks at the same time.
_AT_ONCE = 2
#: Seconds after which a server that does not answer is taken for dead.
_PATIENCE = 25
#: Bytes an answer may have.
_MOST_ANSWERED = 16 * 1024**2
_LENGTH = struct.Struct(">I")
_LIBRARIES = ("pypdfium2", "zxingcpp", "PIL")
_decoder = msgspec.json.Decoder(Answer)


class Reader:
    """Looks at files from outside; the processes start with the first one."""

    def __init__(self, largest: int = 20 * 1024**2) -> None:
        #: Bytes a file may have.
        self.largest = largest
        self._free: asyncio.LifoQueue[_Server] = asyncio.LifoQueue()
        for _ in range(_AT_ONCE):
            self._free.put_nowait(_Server())

    async def look(self, content: bytes) -> Seen:
        """Return what a file shows.

        Raises `DocumentError` where nothing can be seen, and `ConfigError` where the libraries
        are missing, or the system has no such processes.
        """
        if len(content) > self.largest:
            raise unread(Unread("E_DOC_TOO_LARGE", str(self.largest // 1024**2)))
        _require()
        server = await self._free.get()
        try:
            answer = await server.ask(content)
        finally:
            self._free.put_nowait(server)
        if answer.seen is None:
            raise unread(answer.unread or Unread("E_DOC_BOMB"))
        return answer.seen

    async def aclose(self) -> None:
        """End the processes."""
        while not self._free.empty():
            await self._free.get_nowait().end()

    async def __aenter__(self) -> Reader:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:  # fmt: skip
        await self.aclose()


class _Server:
    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def ask(self, content: bytes) -> Answer:
        """Return what a child said; a server that died or hangs is replaced for the next file."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._asked(content)
        except TimeoutError:
            await self.end()
            return Answer(unread=Unread("E_DOC_TIMEOUT"))
        except (OSError, EOFError, msgspec.DecodeError):
            await self.end()
            return Answer(unread=Unread("E_DOC_BOMB"))
        except asyncio.CancelledError:
            # the answer of this file must not be taken for that of the next one
            await self.end()
            raise

    async def _asked(self, content: bytes) -> Answer:
        process = await self._running()
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(_LENGTH.pack(len(content)) + content)
        await process.stdin.drain()
        (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
        if length > _MOST_ANSWERED:
            raise EOFError
        return _decoder.decode(await process.stdout.readexactly(length))

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hub.documents.reading.server",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return self._process

    async def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _require() -> None:
    if sys.platform == "win32":
        raise ConfigError(say("Files are read in WSL or a container, not on Windows itself."))
    for name in _LIBRARIES:
        if importlib.util.find_spec(name) is None:
            raise ConfigError(
                say(
                    'Documents need the library {name}: pip install "accord-hub[documents]"',
                    name=name,
                )
            )


# ---- what is said ----------------------------------------------------------------------------


def unread(why: Unread) -> DocumentError:
    """Return the error that says why nothing was seen."""
    return DocumentError(why.code, _sentence(why))


def _sentence(why: Unread) -> Message:
    match why.code:
        case "E_DOC_EMPTY":
            return say("The file is empty.")
        case "E_DOC_NOT_READABLE":
            return say(
                "The file is no PDF and no picture; it looks like {what}. Bring a PDF, JPEG or "
                "PNG.",
                what=say(why.detail),
            )
        case "E_DOC_CORRUPT":
            return say("The file is damaged or cut off. Have it sent once more.")
        case "E_DOC_ENCRYPTED":
            return say("The file needs a password. Save it without one.")
        case "E_DOC_NO_PAGES":
            return say("The file has no pages.")
        case "E_DOC_TOO_MANY_PAGES":
            return say("The file has {count} pages; 500 are looked at.", count=why.detail)
        case "E_DOC_PAGE_SIZE":
            return say("A page of the file measures {size} points: no paper is that large.",
                       size=why.detail)  # fmt: skip
        case "E_DOC_TOO_MANY_PIXELS":
            return say("The picture has too many pixels ({size}). Make it smaller.",
                       size=why.detail or "?")  # fmt: skip
        case "E_DOC_TOO_LARGE":
            return say("The file is larger than {most} MiB.", most=why.detail)
        case "E_DOC_TIMEOUT":
            return say("Looking at the file takes too long. Bring a simpler one, or a photo.")
        case _:
            return say("The file is built in a way that cannot be read safely.")
