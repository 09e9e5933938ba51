"""Servers of others that people have in front of their services, as processes of the test."""

import contextlib
import os
import platform
import secrets
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

# Nothing that is waited for takes this long, not even on a loaded machine.
PATIENCE = 30.0
_SLICE = 0.01
_ATTEMPTS = 5
# Where systems keep servers, which a user's PATH may leave out.
_FOLDERS = os.pathsep.join(["/usr/sbin", "/usr/local/sbin"])


def program(name: str, package: str) -> str:
    """Return where a program is; a test that needs it is skipped where it is missing.

    Other systems than Linux judge certificates themselves, and have words of their own for it.
    """
    if platform.system() != "Linux":
        pytest.skip(f"needs {name} on Linux")
    path = shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + _FOLDERS)
    if path is None:
        pytest.skip(f"needs {name}: apt-get install {package}")
    return path


class Ports:
    """Gives ports of this machine that nobody has taken yet, none of them twice.

    They are neighbours, and below those that systems give to outgoing connections, so that hardly
    anybody takes one before the program does.
    """

    def __init__(self) -> None:
        self._next = 12_000 + 64 * secrets.randbelow(300)

    def free(self, host: str = "127.0.0.1") -> int:
        """Return another one."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        while True:
            self._next += 1
            with contextlib.suppress(OSError), socket.socket(family) as probe:
                probe.bind((host, self._next))
                return self._next


def has_ipv6() -> bool:
    """Return whether this machine has a loopback of IPv6."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for something that another process does."""
    never = threading.Event()
    for _ in range(int(PATIENCE / _SLICE)):
        if is_so():
            return
        never.wait(_SLICE)
    raise AssertionError(f"in vain: {what}")


class Taken(Exception):
    """The program ended at once: a port may have been taken meanwhile."""


class Program:
    """A process with a folder of its own, which writes `ready` into its `log` when it serves."""

    def __init__(self, folder: Path, command: list[str], *, log: str, ready: str) -> None:
        self.folder = folder
        self._command = command
        self._log = folder / log
        self._ready = ready
        self._turn = threading.Lock()
        self._popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it serves. Raises `Taken` where it ends instead."""
        with self._turn:
            self._start()

    def stop(self) -> None:
        """End it at once, with whatever is under way."""
        with self._turn:
            self._stop()

    @property
    def is_running(self) -> bool:
        """True unless it was stopped; where it is being stopped, that is waited for."""
        with self._turn:
            return self._popen is not None

    @property
    def written(self) -> str:
        """Return all of its log."""
        if not self._log.exists():
            return ""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _start(self) -> None:
        # Only its own word counts: a port that it waits for may be another's.
        before = self.written.count(self._ready)
        with (self.folder / "said").open("ab") as said:
            self._popen = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        try:
            wait_until(
                lambda: self._has_ended() or self.written.count(self._ready) > before,
                f"{self._command} serves",
            )
        except AssertionError:
            self._stop()
            raise
        if self._has_ended():
            self._popen = None
            raise Taken((self.folder / "said").read_text(encoding="utf-8") + self.written)

    def _stop(self) -> None:
        if self._popen is None:
            return
        self._popen.terminate()
        try:
            self._popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait(PATIENCE)
        self._popen = None

    def _has_ended(self) -> bool:
        return self._popen is None or self._popen.poll() is not None


_Program = TypeVar("_Program", bound=Program)


def start_somewhere(make: Callable[[], _Program]) -> _Program:
    """Start what `make` gives, and another with other ports where one was taken meanwhile."""
    for _ in range(_ATTEMPTS - 1):
        with contextlib.suppress(Taken):
            made = make()
            made.start()
            return made
    made = make()
    made.start()
    return made
