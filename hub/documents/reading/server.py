"""A small process that forks one child for each file it is given.

The libraries are loaded once, so that a look takes milliseconds. A child has limits of memory,
processor time and the clock, and may write no file; what it reads can only end the child. Asked by
frames on standard input, answered by frames on standard output: four bytes of length, then bytes.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from typing import BinaryIO

import msgspec

from hub.documents.reading.look import look
from hub.documents.reading.seen import Answer, Unread

#: Seconds of processor time and of the clock one look may take.
PROCESSOR_SECONDS, CLOCK_SECONDS = 10, 15
#: Memory a child may add to what is loaded.
_MEMORY = 1024**3
_LENGTH = struct.Struct(">I")
#: Bytes an answer may have.
MOST_ANSWERED = 16 * 1024**2


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    while (content := _frame(asked)) is not None:
        answers.write(_framed(_in_child(content)))
        answers.flush()


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = source.read(length)
    return content if len(content) == length else None


def _framed(answer: bytes) -> bytes:
    return _LENGTH.pack(len(answer)) + answer


def _in_child(content: bytes) -> bytes:
    """Return what a child says of a file, or what ended it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_the_child(content, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read(MOST_ANSWERED)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return answer
    return msgspec.json.encode(Answer(unread=Unread(_ended_by(status))))


def _ended_by(status: int) -> str:
    late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGALRM, signal.SIGXCPU)
    return "E_DOC_TIMEOUT" if late else "E_DOC_BOMB"


def _be_the_child(content: bytes, writing: int) -> None:
    """Look, answer and end; whatever happens, this process never serves."""
    status = 1
    try:
        _limit()
        answer = msgspec.json.encode(look(content))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
        status = 0
    finally:
        os._exit(status)


def _limit() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for taken in (0, 1, 2):
        os.dup2(null, taken)
    signal.setitimer(signal.ITIMER_REAL, CLOCK_SECONDS)
    limits = {
        resource.RLIMIT_CPU: PROCESSOR_SECONDS,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 16,
    }
    if sys.platform == "linux":
        limits[resource.RLIMIT_AS] = _loaded() + _MEMORY
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def _loaded() -> int:
    """Return the bytes of memory this process has laid out."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 (before the limit of files)
        return int(file.read().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main()
