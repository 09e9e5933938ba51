"""The ways in which an answer can go wrong, each as steps on one connection and dfctl's words."""

import errno
import gzip
import os
from dataclasses import dataclass

from tests.faults.told import STARTED
from tests.faults.wire import (
    Step,
    answer,
    dribble,
    flood,
    http,
    read,
    read_byte,
    reset,
    send,
    silence,
)

_LEFT = "Server disconnected without sending a response"
_RESET = os.strerror(errno.ECONNRESET)
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_HINTS = b"HTTP/1.1 103 Early Hints\r\n\r\n"
_BOMB = gzip.compress(bytes(32 << 20))


@dataclass(frozen=True)
class Way:
    """`steps` follow the connection; `why` are the words of which dfctl may use any.

    `is_read` says that an answer came whole, and is not what the service documents.
    """

    name: str
    steps: tuple[Step, ...]
    why: tuple[str, ...]
    is_read: bool = False

    def __str__(self) -> str:
        return self.name


def _broken(name: str, *steps: Step, why: str | tuple[str, ...]) -> Way:
    texts = (why,) if isinstance(why, str) else why
    return Way(name, steps, tuple(f"the connection to HOST broke off: {text}" for text in texts))


def _refused(name: str, *steps: Step, why: str) -> Way:
    return Way(name, steps, (why,))


def _unread(name: str, *steps: Step, why: str) -> Way:
    return Way(name, steps, (why,), is_read=True)


def _short(received: int, expected: int) -> str:
    return (
        "peer closed connection without sending complete message body "
        f"(received {received} bytes, expected {expected})"
    )


_NO_JSON = "text that is not JSON"
_BODY = len(STARTED.partition(b"\r\n\r\n")[2])

BROKEN = (
    _broken("the first byte, then a reset", read_byte, reset, why=(_RESET, _LEFT)),
    _broken("an end instead of an answer", read, why=_LEFT),
    _broken("a reset instead of an answer", read, reset, why=_RESET),
    _broken("half a status line", answer(b"HTTP/1.1 20"), why=_LEFT),
    _broken("half a head", answer(STARTED[:60]), why=_LEFT),
    _broken("half a head, then a reset", answer(STARTED[:60]), reset, why=_RESET),
    _broken("half a body", answer(STARTED[:-5]), why=_short(_BODY - 5, _BODY)),
    _broken("half a body, then a reset", answer(STARTED[:-5]), reset, why=_RESET),
    _broken("a length too long", answer(http(body=b"{}", length=9)), why=_short(2, 9)),
    _broken("a negative length", answer(http(length=-4)), why="bad Content-Length"),
    _broken(
        "two lengths",
        answer(http("200 OK", "Content-Length: 7", body=b"{}")),
        why="conflicting Content-Length headers",
    ),
    _broken(
        "half a chunk",
        answer(_CHUNKED + b'40\r\n{"runId"'),
        why="peer closed connection without sending complete message body "
        "(incomplete chunked read)",
    ),
    _broken(
        "a chunk without length",
        answer(_CHUNKED + b"zz\r\n"),
        why="illegal chunk header: bytearray(b'zz\\r\\n')",
    ),
    _broken(
        "garbage",
        answer(b"\x00\xff\x1b[31m\r\n\r\n"),
        why="illegal status line: bytearray(b'\\x00\\xff\\x1b[31m')",
    ),
    _broken(
        "another protocol",
        answer(b"220 mail.example ESMTP\r\n\r\n"),
        why="illegal status line: bytearray(b'220 mail.example ESMTP')",
    ),
    _broken(
        "a huge head",
        answer(b"HTTP/1.1 200 OK\r\nX-Long: "),
        send(b"x" * (1 << 20)),
        why="Receive buffer too long",
    ),
    _refused(
        "gzip",
        answer(http("200 OK", "Content-Encoding: gzip", body=gzip.compress(b"{}"))),
        why="the answer is compressed, though dfctl asked for plain",
    ),
    _refused(
        "a gzip bomb",
        answer(http("200 OK", "Content-Encoding: GZIP", body=_BOMB)),
        why="the answer is compressed, though dfctl asked for plain",
    ),
    _refused(
        "more than 8 MiB",
        answer(http(length=9 << 20)),
        flood(b"x" * (1 << 20)),
        why="the answer is larger than 8 MiB",
    ),
    _refused(
        "chunks without end",
        answer(_CHUNKED),
        flood(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"),
        why="the answer is larger than 8 MiB",
    ),
)


def _closed(body: bytes, *, length: int | None = None) -> Step:
    return answer(http("200 OK", "Connection: close", body=body, length=length))


UNREADABLE = (
    _unread("a length too short", _closed(b'{"runId": "a"}', length=5), why=_NO_JSON),
    _unread(
        "HTTP/1.0 that ends early",
        answer(b'HTTP/1.0 200 OK\r\n\r\n{"runId": "a'),
        why=_NO_JSON,
    ),
    _unread("nothing", _closed(b""), why="an empty answer"),
    _unread(
        "no content",
        answer(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
        why="an empty answer",
    ),
    _unread("a web page", _closed(b"<html>"), why="a web page instead of JSON"),
    _unread("a list", _closed(b"[]"), why="JSON that is not an object"),
    _unread("JSON without bottom", _closed(b"[" * 200_000), why=_NO_JSON),
)

STALLING = (
    Way("silence", (read, silence), ()),
    Way("a status line byte by byte", (read, dribble(b"H")), ()),
    Way("a head byte by byte", (answer(STARTED[:40] + b"\r\nX-Slow: "), dribble(b"x")), ()),
    Way("a body byte by byte", (answer(http(length=1 << 20)), dribble(b" ")), ()),
    Way("chunks byte by byte", (answer(_CHUNKED), dribble(b"1\r\nx\r\n")), ()),
    Way("early hints for ever", (read, dribble(_HINTS)), ()),
)
