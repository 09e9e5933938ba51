"""Connections of tests: a service in the test's own words, and a clock that knows when it hangs."""

import queue
import signal
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dfctl.client.job import Job
from dfctl.core.exchange import Result
from dfctl.core.profiles import Line

# Real seconds; nothing here takes as long unless it is broken.
PATIENCE = 10.0


@dataclass(frozen=True)
class _Hangs:
    """The message that a job will never be answered."""

    job: Job


class HangingClock:
    """Leaps over pauses, and over requests that are known to hang; otherwise it stands still."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._inbox: queue.SimpleQueue[Any] | None = None
        self._has_inbox = threading.Event()

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=self.elapsed)

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds

    def wait(self, inbox: "queue.SimpleQueue[Any]", seconds: float, *, is_idle: bool) -> Any:
        self._inbox = inbox
        self._has_inbox.set()
        while True:
            message = self._next(inbox, 0.0 if is_idle or seconds <= 0 else PATIENCE)
            if message is None:
                assert is_idle or seconds <= 0, "a request was neither answered nor said to hang"
                self.elapsed += seconds
                return None
            if not isinstance(message, _Hangs):
                return message
            if message.job.is_abandoned:
                continue
            # What has come meanwhile comes first; then it is time to leap.
            inbox.put(message)
            if self._only_hangs(inbox):
                self.elapsed += seconds
                return None

    @staticmethod
    def _next(inbox: "queue.SimpleQueue[Any]", patience: float) -> Any:
        """Return the next message, or None.

        A signal that comes just before a wait begins is only seen when the wait ends, so that
        waits are short.
        """
        until = time.monotonic() + patience
        while True:
            try:
                return inbox.get(timeout=min(0.01, patience))
            except queue.Empty:
                if time.monotonic() >= until:
                    return None

    @staticmethod
    def _only_hangs(inbox: "queue.SimpleQueue[Any]") -> bool:
        messages = [inbox.get() for _ in range(inbox.qsize())]
        for message in sorted(messages, key=lambda message: isinstance(message, _Hangs)):
            inbox.put(message)
        return all(isinstance(message, _Hangs) for message in messages)

    def say_that_it_hangs(self, job: Job) -> None:
        """Called in a worker, before a request waits for an answer that never comes."""
        assert self._has_inbox.wait(PATIENCE)
        assert self._inbox is not None
        self._inbox.put(_Hangs(job))


def hang(clock: HangingClock, job: Job) -> None:
    """Wait for an answer that never comes; return when the request is given up."""
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE)
    with ours, theirs:
        job.hold(ours)
        clock.say_that_it_hangs(job)
        assert ours.recv(1) == b""


Playing = Callable[[Job], Result]


class FakeConnection:
    """A connection that plays what the test says."""

    def __init__(self, line: Line, service: "FakeService") -> None:
        self.line = line
        self._service = service
        self.is_closed = threading.Event()

    def exchange(self, job: Job) -> Result:
        return self._service.exchange(job)

    def close(self) -> None:
        self.is_closed.set()


class FakeService:
    """Opens connections, and counts what goes on at the same time."""

    def __init__(self, play: Playing) -> None:
        self.play = play
        self._lock = threading.Lock()
        self._under_way = 0
        self.most_under_way = 0
        self.connections: list[FakeConnection] = []
        self.threads: set[int] = set()
        self.jobs: list[Job] = []

    def open(self, line: Line) -> FakeConnection:
        connection = FakeConnection(line, self)
        with self._lock:
            self.connections.append(connection)
        return connection

    def exchange(self, job: Job) -> Result:
        with self._lock:
            self._under_way += 1
            self.most_under_way = max(self.most_under_way, self._under_way)
            self.threads.add(threading.get_ident())
            self.jobs.append(job)
        try:
            return self.play(job)
        finally:
            with self._lock:
                self._under_way -= 1

    def wait_until_closed(self) -> None:
        """Wait until each connection was closed: the threads have ended."""
        assert all(connection.is_closed.wait(PATIENCE) for connection in self.connections)


@contextmanager
def signals_reset() -> Iterator[None]:
    """Give each signal a handler, whatever those who started the tests had ignored."""
    names = [name for name in ("SIGHUP", "SIGINT", "SIGTERM") if hasattr(signal, name)]
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}

    def stray(number: int, frame: object) -> None:
        raise AssertionError(f"a stray signal {number}")

    for name in names:
        signal.signal(getattr(signal, name), stray)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


class _Handler(socketserver.StreamRequestHandler):
    timeout = PATIENCE
    server: "RawServer"

    def handle(self) -> None:
        while line := self.rfile.readline():
            length = 0
            while header := self.rfile.readline().strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            self.server.requests.append((line.decode().split()[0], self.rfile.read(length)))
            self.wfile.write(self.server.answer)


class RawServer(socketserver.ThreadingTCPServer):
    """A server on loopback that sends the bytes it is told to, whatever they are."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = b""
        self.requests: list[tuple[str, bytes]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def set_answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Answer each request with these; nothing is added to the headers but the length."""
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.answer = "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@contextmanager
def raw_server() -> Iterator[RawServer]:
    """Give a server that runs."""
    with RawServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(PATIENCE)
