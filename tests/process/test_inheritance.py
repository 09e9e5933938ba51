"""What a parent process hands down: closed streams, signals that it ignores or blocks."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.told import (
    KNOWN_PLAIN as KNOWN,
)
from tests.faults.told import (
    RESUME,
    RUNNING,
    STARTED,
    SUCCEEDED,
    error,
    without_times,
)
from tests.faults.wire import Wire, answer, read, silence, wait_for
from tests.process.processes import Desk
from tests.process.system import before_it, on_linux

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a parent of POSIX is needed")

Serve = Callable[..., Wire]

CHILDREN_IGNORED = "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)"


@on_linux
@pytest.mark.parametrize("closed", [(0,), (0, 1, 2)], ids=str)
def test_no_file_and_no_connection_takes_the_place_of_a_closed_stream(
    closed: tuple[int, ...], desk: Desk, serve: Serve
) -> None:
    wire = serve([answer(STARTED), read, silence])
    # SQLite would guard these places, if it opened a journal.
    desk.environment["DFCTL_STATE_DIR"] = "/dev/null"
    process = desk.begin("run", "sales", before=before_it(f"for fd in {closed}: os.close(fd)"))
    wire.wait_for_requests(2)

    descriptors = Path(f"/proc/{process.popen.pid}/fd")
    places = {number: str((descriptors / str(number)).readlink()) for number in closed}
    process.send("SIGTERM")

    assert places == dict.fromkeys(closed, "/dev/null")
    assert process.ended().exit_code == 143


def test_a_command_for_the_key_that_fails_is_told_though_children_are_ignored(desk: Desk) -> None:
    # It writes something that could be a key before it fails.
    desk.configure(
        '[profiles.sales]\nbackend = "invision"\naddress = "http://127.0.0.1:9"\n'
        'flow = "updatesales"\n'
        'key = { command = ["/bin/sh", "-c", "echo half-a-key; echo locked >&2; exit 3"] }\n'
    )

    assert desk("run", "sales", before=before_it(CHILDREN_IGNORED)).result == (
        4,
        "",
        "error: the key of the profile sales (command /bin/sh) is missing: "
        "the command exited with 3: locked\n",
    )


def test_a_signal_that_the_parent_blocked_stops_the_waiting(desk: Desk, serve: Serve) -> None:
    wire = serve([answer(STARTED), read, silence])
    blocking = "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())"
    process = desk.begin("run", "sales", before=before_it(blocking))
    wire.wait_for_requests(2)

    process.send("SIGTERM")

    exit_code, stdout, stderr = without_times(process.ended())
    assert exit_code == 143
    assert stdout.startswith("sales: pending after ")
    assert stderr == KNOWN + error("interrupted; the run goes on") + RESUME


@on_linux
def test_a_process_that_is_stopped_and_continued_goes_on(desk: Desk, serve: Serve) -> None:
    may_answer = threading.Event()
    wire = serve(
        [
            answer(STARTED),
            read,
            wait_for(may_answer),
            lambda peer: peer.send(RUNNING),
            answer(SUCCEEDED),
        ]
    )
    process = desk.begin("run", "sales")
    wire.wait_for_requests(2)

    process.send("SIGSTOP")
    status = Path(f"/proc/{process.popen.pid}/status")
    process.wait_until(lambda: "\nState:\tT (stopped)\n" in status.read_text())
    may_answer.set()
    process.send("SIGCONT")

    code, stdout, stderr = without_times(process.ended())
    assert (code, stderr) == (0, KNOWN + "sales: running\nsales: succeeded\n")
    assert stdout.startswith("sales: succeeded after ")
