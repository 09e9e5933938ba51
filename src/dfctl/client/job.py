"""A request under way, shared by the main thread and the worker that sends it."""

import contextlib
import socket
import threading
from collections.abc import Callable

from dfctl.client.steps import Send


class Abandoned(Exception):
    """The main thread gave the request up before its first byte was sent."""


class Job:
    """One request. Its gate decides, once and for both threads, whether it was sent."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.is_abandoned = False
        self.was_sent = False
        self._lock = threading.Lock()
        self._close: Callable[[], None] | None = None

    def pass_gate(self) -> None:
        """Called by the worker before the first byte. Raises `Abandoned` when it must not leave."""
        with self._lock:
            if self.is_abandoned:
                raise Abandoned
            self.was_sent = True

    def hold(self, connection: socket.socket) -> None:
        """Called by the worker with the socket that it is about to wait on."""

        def close() -> None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

        with self._lock:
            self._close = close
        if self.is_abandoned:
            close()

    def abandon(self) -> bool:
        """Give the request up, wake its worker, and return whether the request was sent."""
        with self._lock:
            self.is_abandoned = True
            close = self._close
        if close:
            close()
        return self.was_sent
