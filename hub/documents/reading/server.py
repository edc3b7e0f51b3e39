"""The process that looks at files: loads the libraries once, and forks a child for each file.

    python -m hub.documents.reading.server MEMORY CPU_SECONDS SECONDS

Files come in at standard input and answers go out at standard output, each behind its length of
four bytes. A child may open no file and no connection, start no program, and write only its answer.
"""

from __future__ import annotations

import io
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO, NoReturn, TypeAlias

from PIL import Image

from hub.documents.reading.answer import LONGEST_ANSWER, Refused, packed
from hub.documents.reading.look import look
from hub.documents.reading.picture import FORMATS

#: Name of a limit of the system → where it warns, and where it ends.
_Limits: TypeAlias = Mapping[str, tuple[int, int]]
_LENGTH = struct.Struct(">I")
#: A PDF with everything that is looked for: a text and an attachment.
_PDF = b"""%PDF-1.7
1 0 obj << /Type /Catalog /Pages 2 0 R
/Names << /EmbeddedFiles << /Names [(annex.json) 6 0 R] >> >> >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 5 0 R
/Resources << /Font << /F 4 0 R >> >> >> endobj
4 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj
5 0 obj << /Length 30 >> stream
BT /F 12 Tf 9 9 Td (1) Tj ET  endstream endobj
6 0 obj << /Type /Filespec /F (annex.json) /UF (annex.json) /EF << /F 7 0 R >> >> endobj
7 0 obj << /Length 2 >> stream
{} endstream endobj
trailer << /Root 1 0 R >>
%%EOF
"""
#: What ends a child that takes too long.
_LATE = (signal.SIGALRM, signal.SIGXCPU)


def main(memory: int, cpu_seconds: int, seconds: int) -> None:
    """Answer for one file after the other until standard input ends."""
    _warm_up()
    allowed = limits(memory, cpu_seconds)
    while (content := _next(sys.stdin.buffer)) is not None:
        answer = _answer(content, allowed, seconds)
        sys.stdout.buffer.write(_LENGTH.pack(len(answer)) + answer)
        sys.stdout.buffer.flush()


def confine(allowed: _Limits) -> None:
    """Take from this process what it does not need to look at a file, for good."""
    for name, value in allowed.items():
        # some systems know a limit and refuse to set it
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), value)


def limits(memory: int, cpu_seconds: int) -> _Limits:
    """Return what a child is left with, by the names of the system."""
    space = _address_space() + memory
    return {
        "RLIMIT_AS": (space, space),
        # at the second one it is killed, which does not tell why
        "RLIMIT_CPU": (cpu_seconds, cpu_seconds + 1),
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_FSIZE": (0, 0),
        "RLIMIT_NPROC": (0, 0),
        # nothing can be opened any more: no file, and no connection
        "RLIMIT_NOFILE": (0, 0),
    }


def _next(incoming: BinaryIO) -> bytes | None:
    head = incoming.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = incoming.read(length)
    return content if len(content) == length else None


def _answer(content: bytes, allowed: _Limits, seconds: int) -> bytes:
    incoming, outgoing = os.pipe()
    child = os.fork()
    if child == 0:
        _look(content, outgoing, allowed, seconds)
    os.close(outgoing)
    with os.fdopen(incoming, "rb") as pipe:
        answer = pipe.read(LONGEST_ANSWER + 1)
        if len(answer) > LONGEST_ANSWER:
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if status == 0:
        return answer
    late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in _LATE
    return packed(Refused("E_DOC_TIMEOUT" if late else "E_DOC_BOMB"))


def _look(content: bytes, outgoing: int, allowed: _Limits, seconds: int) -> NoReturn:
    """Look at a file as the child, and end."""
    status = 1
    try:
        signal.alarm(seconds)
        os.dup2(os.open(os.devnull, os.O_RDWR), 2)
        os.closerange(0, 2)
        confine(allowed)
        answer = memoryview(packed(look(content)))
        while answer:
            answer = answer[os.write(outgoing, answer) :]
        status = 0
    finally:
        # whatever was raised: the copy of the server in this child must not go on
        os._exit(status)


def _address_space() -> int:
    """Return the bytes this process has mapped; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (a file of the kernel's)
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _warm_up() -> None:
    """Look at a little of everything: a child cannot load a module or a table it needs later."""
    for content in (_PDF, *_pictures()):
        answer = look(content)
        if isinstance(answer, Refused):
            raise SystemExit(f"Files cannot be looked at: {answer.code} of {content[:16]!r}")


def _pictures() -> Iterator[bytes]:
    blank = Image.new("L", (32, 32), "white")
    # MPO is what telephones make of a JPEG
    for kind in (*FORMATS, "MPO"):
        file = io.BytesIO()
        blank.save(file, kind)
        yield file.getvalue()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
