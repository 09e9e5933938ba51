"""dfctl in processes of its own, and a small InVision that they talk to."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import which

import pytest

import dfctl

SOURCE = Path(dfctl.__file__).parents[1]
KEY = "not-a-secret"


def begin(
    *command: str, variables: Mapping[str, str], stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    """Begin a Python process that finds dfctl beside these tests."""
    return subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, "PYTHONPATH": str(SOURCE), **variables},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


# Small disks are mounted where nobody else sees them; not every machine lets its accounts do so.
_APART = ("unshare", "--user", "--map-root-user", "--mount")


def _has_small_disks() -> bool:
    program = which("unshare")
    if program is None:
        return False
    mount = "mount -t tmpfs -o size=64k tmpfs /tmp"
    return subprocess.run([*_APART, "sh", "-c", mount], capture_output=True).returncode == 0


needs_small_disk = pytest.mark.skipif(
    not _has_small_disks(), reason="this account may not mount a small disk"
)


def begin_apart(*command: str) -> subprocess.Popen[str]:
    """Begin a Python process that may mount disks."""
    return subprocess.Popen(
        [*_APART, sys.executable, *command],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a process; return exit code, stdout and stderr."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def run_dfctl(line: str, variables: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a command line of dfctl; return exit code, stdout and stderr."""
    return ended(begin("-m", "dfctl", *line.split(), variables=variables))


# Everything is imported before the first command line comes.
WORKER = """
import io, json, sys

import dfctl.client.driver, dfctl.client.http, dfctl.client.tasks
import dfctl.cli.app, dfctl.output.choosing, dfctl.store.config, dfctl.store.recorder
from dfctl.composition import Environment
from dfctl.main import main

print(flush=True)
for request in sys.stdin:
    argv, variables = json.loads(request)
    out, err = io.StringIO(), io.StringIO()
    code = main(argv, Environment(stdin=None, stdout=out, stderr=err, variables=variables))
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


class Worker:
    """A process that runs one command line of dfctl after the other, each as a new one would."""

    def __init__(self) -> None:
        self.process = begin("-c", WORKER, variables={}, stdin=subprocess.PIPE)

    def wait_until_ready(self) -> None:
        assert self.process.stdout
        assert self.process.stdout.readline() == "\n"

    def send(self, line: str, variables: Mapping[str, str]) -> None:
        """Let a command line begin."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps([line.split(), dict(variables)]) + "\n")
        self.process.stdin.flush()

    def result(self) -> tuple[int, str, str]:
        """Return exit code, stdout and stderr of the command line that was sent."""
        assert self.process.stdout
        code, out, err = json.loads(self.process.stdout.readline())
        return code, out, err

    def run(self, line: str, variables: Mapping[str, str]) -> tuple[int, str, str]:
        self.send(line, variables)
        return self.result()

    def kill(self) -> None:
        """End the process at once, whatever it is at."""
        self.process.kill()

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self.process.communicate(timeout=60)


@contextmanager
def workers(count: int) -> Iterator[list[Worker]]:
    """Begin workers, and end them at last."""
    begun = [Worker() for _ in range(count)]
    try:
        for worker in begun:
            worker.wait_until_ready()
        yield begun
    finally:
        for worker in begun:
            worker.close()


class Server(ThreadingHTTPServer):
    """Gives each start a number as its run, in a record that outlives who asked for it.

    `begun` are the flows and runs. A run is in the state `word`; or it is among those that `ended`,
    and has succeeded. `pause` is called "before" and "after" a run begins.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, pause: Callable[[str], object]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.begun: list[tuple[str, str]] = []
        self.word = "Running"
        self.ended: set[str] = set()
        self.pause = pause
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/invision"

    def begin_run(self, flow: str) -> str:
        with self._lock:
            run = str(len(self.begun) + 1)
            self.begun.append((flow, run))
            return run

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no error here."""


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.pause("before")
        run = self.server.begin_run(self.path.split("/")[-2])
        self.server.pause("after")
        self._answer({"runId": run, "status": "Pending"})

    def do_GET(self) -> None:
        run = self.path.split("/")[-2]
        self._answer({"runId": run, "status": self._word(run)})

    def _word(self, run: str) -> str:
        return "Succeeded" if run in self.server.ended else self.server.word

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(pause: Callable[[str], object] = lambda moment: None) -> Iterator[Server]:
    """Serve from a thread of its own."""
    server = Server(pause)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def surroundings(folder: Path, server: Server) -> dict[str, str]:
    """Configure the profile `sales` of the server; return the variables that name all this."""
    config = folder / "config.toml"
    config.touch(mode=0o600)
    config.write_text(
        f'[profiles.sales]\nbackend = "invision"\naddress = "{server.address}"\n'
        f'flow = "sales"\nkey = "{KEY}"\n',
        encoding="utf-8",
    )
    return {"DFCTL_CONFIG": str(config), "DFCTL_STATE_DIR": str(folder / "state")}
