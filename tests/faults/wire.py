"""A server that behaves as badly as its script says, and keeps every byte that it was sent.

A script is a sequence of steps for one connection; the first connection gets the first script.
When the server is closed, a connection without a script, a step that nobody came for and a thread
that hangs are errors.
"""

import contextlib
import itertools
import json
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Nothing that is waited for takes this long, not even on a loaded machine.
PATIENCE = 30.0
_PAUSE = 0.005
_STALLED_AFTER = 3
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Received:
    """One request as it came: `raw` is all of it, and names of headers are in lower case."""

    raw: bytes
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header's value, or None where it is absent."""
        return dict(self.headers).get(name)


class Gone(Exception):
    """The client closed the connection."""


class Peer:
    """The server's end of one connection. `received` is all that came over it."""

    def __init__(self, wire: "Wire", connection: socket.socket) -> None:
        self.wire = wire
        self.received = b""
        self.is_gone = threading.Event()
        self._read = 0
        self._connection = connection
        connection.settimeout(PATIENCE)

    def read_request(self) -> Received:
        """Return the next request, head and body."""
        while b"\r\n\r\n" not in self.received[self._read :]:
            self._receive()
        head, _, _ = self.received[self._read :].partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in lines]
        headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
        length = len(head) + 4 + int(dict(headers).get("content-length", "0"))
        while len(self.received) - self._read < length:
            self._receive()
        raw = self.received[self._read : self._read + length]
        self._read += length
        method, target, _ = first.split(" ")
        request = Received(raw, method, target, headers, raw[len(head) + 4 :])
        self.wire.note(request)
        return request

    def read_byte(self) -> None:
        """Wait for the first byte of a request, and leave the rest unread."""
        self._take(self._connection.recv(1))

    def send(self, data: bytes) -> None:
        """Send `data`. Raises `Gone` where the client went away meanwhile."""
        try:
            self._connection.sendall(data)
        except OSError:
            self._went()

    def repeat(self, data: bytes, *, pause: float) -> None:
        """Send the same bytes again and again, until the client goes away."""
        for number in itertools.count():
            if self.wire.is_closing.wait(pause):
                raise Gone
            self.send(data)
            if number == _STALLED_AFTER:
                self.wire.stalled.set()

    def wait_for_the_end(self) -> None:
        """Keep silent until the client closes the connection."""
        self.wire.stalled.set()
        with contextlib.suppress(Gone):
            while True:
                self._receive()

    def end(self) -> None:
        """Close the connection in order: the client reads what was sent, then its end."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
        self._connection.close()

    def reset(self) -> None:
        """Break the connection off with a reset."""
        with contextlib.suppress(OSError):
            linger = struct.pack("hh" if _IS_WINDOWS else "ii", 1, 0)
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._connection.close()

    def secure(self, context: ssl.SSLContext) -> None:
        """Begin TLS. Raises `Gone` where the client does not want it."""
        try:
            self._connection = context.wrap_socket(self._connection, server_side=True)
        except OSError:
            self._went()

    def tunnel(self, port: int) -> None:
        """Pass bytes to a local port and back until either end closes."""
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as other:
            ends = {self._connection: other, other: self._connection}
            while not self.wire.is_closing.is_set():
                for end in select.select(list(ends), [], [], 0.1)[0]:
                    data = end.recv(_CHUNK)
                    if not data:
                        return
                    ends[end].sendall(data)

    def interrupt(self) -> None:
        """Wake whoever waits on this connection."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)

    def _receive(self) -> None:
        try:
            data = self._connection.recv(_CHUNK)
        except OSError:
            data = b""
        self._take(data)

    def _take(self, data: bytes) -> None:
        self.received += data
        if not data:
            self._went()

    def _went(self) -> None:
        self.is_gone.set()
        self.wire.announce()
        raise Gone


_IS_WINDOWS = hasattr(socket, "SO_EXCLUSIVEADDRUSE")

Step = Callable[[Peer], None]
Script = Sequence[Step]


class Wire:
    """The server. `rest` is the script of connections beyond those that have one of their own."""

    def __init__(
        self,
        *scripts: Script,
        rest: Script | None = None,
        tls: ssl.SSLContext | None = None,
        is_listening: bool = True,
    ) -> None:
        self.requests: list[Received] = []
        self.peers: list[Peer] = []
        self.is_closing = threading.Event()
        # Set when a step has begun that no answer ends; who takes note of it clears it.
        self.stalled = threading.Event()
        self._scripts = list(scripts)
        self._rest = rest
        self._tls = tls
        self._errors: list[str] = []
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._wake, self._woken = socket.socketpair()
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        if is_listening:
            self.listen()

    @property
    def address(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def posts(self) -> list[Received]:
        """Every request that may have started a run."""
        return [request for request in self.requests if request.method == "POST"]

    @property
    def lines(self) -> list[str]:
        """Method and target of each request."""
        return [f"{request.method} {request.target}" for request in self.requests]

    def listen(self) -> None:
        """Take connections. Before, they are refused."""
        self._listener.listen(64)
        self._begin(self._accept)

    def note(self, request: Received) -> None:
        """Keep a request."""
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()

    def take_stall(self) -> bool:
        """Return whether a client now waits in vain; true once for each time."""
        is_stalled = self.stalled.is_set()
        self.stalled.clear()
        return is_stalled

    def announce(self) -> None:
        """Wake those who wait for something to happen."""
        with self._changed:
            self._changed.notify_all()

    def wait_until(self, is_so: Callable[[], bool], *, patience: float = PATIENCE) -> None:
        """Wait for something that this server sees."""
        with self._changed:
            assert self._changed.wait_for(is_so, patience), f"in vain; it was sent {self.lines}"

    def wait_for_requests(self, number: int) -> None:
        """Wait until so many requests came."""
        self.wait_until(lambda: len(self.requests) >= number)

    def wait_until_gone(self, *, patience: float = PATIENCE) -> None:
        """Wait until every client closed its connection."""
        self.wait_until(
            lambda: all(peer.is_gone.is_set() for peer in self.peers), patience=patience
        )

    def close(self) -> None:
        """End all, and raise what went against the scripts."""
        self.is_closing.set()
        self._wake.close()
        self.announce()
        for peer in list(self.peers):
            peer.interrupt()
        for thread in list(self._threads):
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a thread of the test's server hangs"
        self._listener.close()
        self._woken.close()
        assert not self._errors, self._errors
        assert not self._scripts, f"{len(self._scripts)} more connections were expected"

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="wire", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            ready = select.select([self._listener, self._woken], [], [], PATIENCE)[0]
            if self._woken in ready or self.is_closing.is_set():
                return
            if ready:
                self._serve_next(self._listener.accept()[0])

    def _serve_next(self, connection: socket.socket) -> None:
        peer = Peer(self, connection)
        with self._changed:
            self.peers.append(peer)
            self._changed.notify_all()
        script = self._scripts.pop(0) if self._scripts else self._rest
        if script is None:
            self._errors.append("a connection that no script expects")
            peer.reset()
        else:
            self._begin(lambda: self._serve(peer, script))

    def _serve(self, peer: Peer, script: Script) -> None:
        steps = list(script)
        try:
            if self._tls:
                peer.secure(self._tls)
            while steps:
                steps.pop(0)(peer)
        except Gone:
            if steps and not self.is_closing.is_set() and script is not self._rest:
                self._errors.append(f"the client left before {len(steps)} more steps")
        except Exception as error:  # noqa: BLE001 - told when the test ends
            if not self.is_closing.is_set():
                self._errors.append(repr(error))
        finally:
            peer.end()


# Steps


def answer(data: bytes) -> Step:
    """Read a request and send `data`."""

    def step(peer: Peer) -> None:
        peer.read_request()
        peer.send(data)

    return step


def read(peer: Peer) -> None:
    """Read a request, and do not answer."""
    peer.read_request()


def read_byte(peer: Peer) -> None:
    """Read the first byte of a request."""
    peer.read_byte()


def send(data: bytes) -> Step:
    """Send `data`, whatever was asked."""
    return lambda peer: peer.send(data)


def dribble(byte: bytes) -> Step:
    """Send `byte`, or a few, again and again for ever."""
    return lambda peer: peer.repeat(byte, pause=_PAUSE)


def flood(data: bytes) -> Step:
    """Send `data` for ever."""
    return lambda peer: peer.repeat(data, pause=0)


def silence(peer: Peer) -> None:
    """Say nothing until the client leaves."""
    peer.wait_for_the_end()


def reset(peer: Peer) -> None:
    """Break off."""
    peer.reset()


def wait_for(event: threading.Event) -> Step:
    """Go on when the test says so."""

    def step(peer: Peer) -> None:
        assert event.wait(PATIENCE), "the test never let the server go on"

    return step


def tell(event: threading.Event) -> Step:
    """Let the test go on."""
    return lambda peer: event.set()


def tunnel(port: int) -> Step:
    """Pass all to a local port, and back."""
    return lambda peer: peer.tunnel(port)


# Answers


def http(
    status: str = "200 OK",
    *headers: str,
    body: bytes = b"",
    length: int | None = None,
    version: str = "HTTP/1.1",
) -> bytes:
    """Return a whole answer; `length` is a Content-Length that is not the body's."""
    told = len(body) if length is None else length
    lines = [f"{version} {status}", "Content-Type: application/json", *headers]
    head = "\r\n".join([*lines, f"Content-Length: {told}", "", ""])
    return head.encode("latin-1") + body


def json_answer(content: object, status: str = "200 OK", *headers: str) -> bytes:
    """Return an answer that holds `content` as JSON."""
    return http(status, *headers, body=json.dumps(content).encode())


# Ports that do not connect


@contextmanager
def full_backlog() -> Iterator[tuple[socket.socket, list[socket.socket]]]:
    """Give a listening socket that lets nobody in, and the connections that fill its queue.

    Linux drops what comes then, so a connect hangs until the queue is accepted.
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers: list[socket.socket] = []
        while True:
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
            if not select.select([], [filler], [], 0.1)[1]:
                filler.close()
                break
            fillers.append(filler)
        yield listener, fillers


def is_connecting_to(port: int) -> bool:
    """Return whether this machine (Linux) waits for a connection to a local port."""
    table = Path("/proc/net/tcp").read_text(encoding="ascii")
    rows = [line.split() for line in table.splitlines()[1:]]
    syn_sent = "02"
    return any(row[2].endswith(f":{port:04X}") and row[3] == syn_sent for row in rows)
