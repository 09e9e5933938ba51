"""Signals while dfctl waits for something else than the service: a key, a journal."""

import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.told import (
    BEGUN_PLAIN,
    GET,
    POST,
    REFERENCE,
    RESUME,
    RUNNING,
    STARTED,
    SUCCEEDED,
    error,
    without_times,
)
from tests.faults.told import KNOWN_PLAIN as KNOWN
from tests.faults.wire import Peer, Wire, answer, http, read, silence, wait_for
from tests.long import sampled
from tests.process.processes import Desk, Process
from tests.shell import CANARY

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no signals to send to another process"
)
on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells which files a process has open"
)

Serve = Callable[..., Wire]

REFUSED = http("401 Unauthorized")
GOES_ON = error("interrupted; the run goes on") + RESUME
NOTHING = error("interrupted: nothing was started")


def _with_command_for_the_key(desk: Desk, wire: Wire) -> Path:
    """Let a command give the key once, and hang from then on; return where it says who it is."""
    key, hanging = desk.folder / "key", desk.folder / "hanging"
    key.write_text(CANARY)
    script = f"[ -e {key} ] || {{ echo $$ > {hanging}; exec sleep 600; }}; cat {key}; rm {key}"
    desk.configure(
        f'[profiles.sales]\nbackend = "invision"\naddress = "{wire.address}"\n'
        f'flow = "updatesales"\nkey = {{ command = ["/bin/sh", "-c", "{script}"] }}\n'
    )
    return hanging


def _wait_until_it_hangs(process: Process, hanging: Path) -> int:
    """Wait for the command to hang; return its process id."""
    process.wait_until(lambda: hanging.exists() and hanging.read_text().endswith("\n"))
    return int(hanging.read_text())


@pytest.mark.parametrize(("signal", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_while_a_refused_key_is_read_again_tells_how_to_go_on(
    signal: str, code: int, desk: Desk, serve: Serve
) -> None:
    wire = serve([answer(STARTED), answer(REFUSED)])
    hanging = _with_command_for_the_key(desk, wire)
    process = desk.begin("run", "sales")
    child = _wait_until_it_hangs(process, hanging)

    process.send(signal)

    exit_code, stdout, stderr = without_times(process.ended())
    assert exit_code == code
    assert REFERENCE in stdout
    assert stderr == KNOWN + GOES_ON
    assert wire.lines == [POST, GET]
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_signal_while_the_key_of_a_start_is_read_again_starts_nothing(
    desk: Desk, serve: Serve
) -> None:
    wire = serve([answer(REFUSED)])
    hanging = _with_command_for_the_key(desk, wire)
    process = desk.begin("run", "sales")
    _wait_until_it_hangs(process, hanging)

    process.send("SIGTERM")

    assert without_times(process.ended()) == (143, "", BEGUN_PLAIN + NOTHING)
    assert wire.lines == [POST]


# A journal that another process holds


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold the journal, which has begun, for writing."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield


def _has_open(process: Process, path: Path) -> bool:
    files: list[Path] = []
    with suppress(FileNotFoundError):  # it was closed meanwhile
        links = list(Path(f"/proc/{process.popen.pid}/fd").iterdir())
        files = [link.readlink() for link in links]
    return path in files


@on_linux
@pytest.mark.parametrize("overlap", ["allow", "refuse", "join"])
def test_a_signal_while_a_start_waits_for_a_locked_journal_starts_nothing(
    overlap: str, desk: Desk, serve: Serve
) -> None:
    wire = serve()
    assert desk("runs", "prune", "--older-than", "1d").exit_code == 0
    journal = desk.state / "journal.db"
    with _held(journal):
        process = desk.begin("run", "sales", "--overlap", overlap)
        process.wait_until(lambda: _has_open(process, journal))

        process.send("SIGTERM")

        assert process.ended().result == (143, "", NOTHING)
    assert wire.lines == []


class Lock:
    """Locks and frees the journal from the steps of a server."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._holder: sqlite3.Connection | None = None

    def take(self, peer: Peer) -> None:
        self._holder = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._holder.execute("PRAGMA busy_timeout = 20000")
        self._holder.execute("BEGIN IMMEDIATE")

    def free(self, peer: Peer | None = None) -> None:
        if self._holder:
            self._holder.close()
        self._holder = None


@pytest.fixture
def lock(desk: Desk) -> Iterator[Lock]:
    lock = Lock(desk.state / "journal.db")
    yield lock
    desk.close()
    lock.free()


def _say(data: bytes) -> Callable[[Peer], None]:
    return lambda peer: peer.send(data)


def test_what_is_seen_while_the_journal_is_locked_is_recorded_when_it_is_free(
    desk: Desk, serve: Serve, lock: Lock
) -> None:
    serve(
        [
            answer(STARTED),
            *[read, lock.take, _say(RUNNING)],
            *[answer(RUNNING), answer(RUNNING)],
            *[read, lock.free, _say(SUCCEEDED)],
        ]
    )

    code, stdout, stderr = without_times(desk("run", "sales"))

    assert code == 0
    assert stdout.startswith("sales: succeeded after ")
    assert stderr == KNOWN + "sales: running\nsales: succeeded\n"
    changes = desk("runs", "show", REFERENCE, "-o", "json").document["runs"][0]["changes"]
    assert [change["state"] for change in changes] == ["pending", "running", "succeeded"]


def test_a_signal_beside_a_locked_journal_tells_how_to_go_on(
    desk: Desk, serve: Serve, lock: Lock
) -> None:
    wire = serve(
        [answer(STARTED), *[read, lock.take, _say(RUNNING)], answer(RUNNING), read, silence]
    )
    process = desk.begin("run", "sales")
    wire.wait_for_requests(4)

    process.send("SIGTERM")

    code, stdout, stderr = without_times(process.ended())
    assert code == 143
    assert stdout.startswith("sales: running after ")
    assert stderr == (
        KNOWN + "sales: running\n"
        f"warning: the journal {desk.state / 'journal.db'} is locked by another process; "
        "this is not recorded there. End the process that holds it\n" + GOES_ON
    )


# Signals one after the other


@sampled(
    "first, code, second",
    [
        ("SIGINT", 130, "SIGINT"),
        ("SIGTERM", 143, "SIGINT"),
        ("SIGINT", 130, "SIGHUP"),
        ("SIGINT", 130, "SIGTERM"),
        ("SIGTERM", 143, "SIGTERM"),
        ("SIGTERM", 143, "SIGHUP"),
    ],
    short=3,
)
def test_no_second_signal_keeps_the_words_of_the_first_from_being_said(
    first: str, code: int, second: str, desk: Desk, serve: Serve
) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), read, silence])
    process = desk.begin("run", "sales")
    wire.wait_for_requests(3)
    process.send(first)
    # It tells its end line by line, and hears signals in between.
    process.says("error: sales: interrupted")
    while process.popen.poll() is None:
        process.send(second)

    exit_code, stdout, stderr = without_times(process.ended())
    assert exit_code == code
    assert stdout.startswith("sales: running after ")
    assert stderr == KNOWN + "sales: running\n" + GOES_ON


def test_many_signals_at_once_still_tell_how_to_go_on(desk: Desk, serve: Serve) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), read, silence])
    process = desk.begin("run", "sales", "-o", "json")
    wire.wait_for_requests(3)
    while process.popen.poll() is None:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            process.send(name)

    ended = process.ended()
    assert ended.exit_code in (129, 130, 143)
    assert ended.document["exit_code"] == ended.exit_code
    assert f"dfctl wait {REFERENCE}" in ended.stderr


def test_a_second_signal_during_the_grace_for_an_answer_still_tells_what_to_check(
    desk: Desk, serve: Serve
) -> None:
    is_over = threading.Event()
    wire = serve([read, wait_for(is_over)])
    process = desk.begin("run", "sales")
    wire.wait_for_requests(1)
    process.takes_note("SIGINT")
    while process.popen.poll() is None:
        process.send("SIGTERM")
    is_over.set()

    ended = process.ended()
    assert (ended.exit_code, ended.stdout) == (130, "")
    assert "look at the service before you start it again" in ended.stderr
