"""A system that refuses: no thread, no process, no socket, no room and no order on the disk."""

import shutil
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.told import (
    BEGUN_PLAIN as BEGUN,
)
from tests.faults.told import (
    GET,
    NOT_SEEN,
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
from tests.faults.wire import Wire, answer
from tests.process.processes import Desk
from tests.process.system import failing, needs_strace
from tests.process.terminals import Terminal

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="strace is a tool of Linux"),
    needs_strace,
]

Serve = Callable[..., Wire]

THREADS = "clone,clone3"
PROCESSES = "vfork,fork,clone,clone3"
NO_THREAD = "no thread can be begun: there are too many processes, or too little memory"
AGAIN = "hint: gave up after 1ms (--max-outage); it is safe to run the same command again\n"
TOLD = KNOWN + "sales: running\nsales: succeeded\n"
RUN = [answer(STARTED), answer(RUNNING), answer(SUCCEEDED)]


def _entry(desk: Desk) -> Any:
    """Return the only start of the journal."""
    [entry] = desk("runs", "list", "-o", "json").document["runs"]
    return entry


def test_a_start_for_which_there_is_no_thread_is_certainly_not_sent(
    desk: Desk, serve: Serve
) -> None:
    wire = serve()

    ended = desk("run", "sales", "--max-outage", "1ms", before=failing(THREADS, "error=EAGAIN"))

    code, stdout, stderr = without_times(ended)
    assert (code, stdout) == (11, "")
    assert stderr.startswith(BEGUN)
    assert stderr.endswith(error(f"nothing was started: {NO_THREAD}") + AGAIN)
    assert wire.requests == []
    assert _entry(desk)["start"] == "not started"


def test_a_thread_that_is_to_be_had_a_moment_later_starts_the_run(desk: Desk, serve: Serve) -> None:
    wire = serve(RUN)

    ended = desk("run", "sales", before=failing(THREADS, "error=EAGAIN:when=1..2"))

    assert ended.exit_code == 0
    assert f"sales: nothing started yet: {NO_THREAD}; trying again in " in ended.stderr
    assert wire.lines == [POST, GET, GET]


def test_a_program_for_which_there_is_no_thread_costs_a_warning(desk: Desk, serve: Serve) -> None:
    serve(RUN)

    # The first one sends the requests.
    ended = desk(
        *("run", "sales", "--progress", "none", "--on-done", "true"),
        before=failing(THREADS, "error=EAGAIN:when=2+"),
    )

    assert ended.exit_code == 0
    assert ended.stdout.startswith("sales: succeeded after ")
    program = shutil.which("true")
    assert ended.stderr == (
        f"warning: sales: --on-done: {program} cannot be run: no thread can be begun\n"
    )


def test_a_wait_for_which_there_is_no_thread_loses_contact(desk: Desk, serve: Serve) -> None:
    serve()

    ended = desk("wait", REFERENCE, "--max-outage", "1ms", before=failing(THREADS, "error=ENOMEM"))

    code, stdout, stderr = without_times(ended)
    assert (code, stdout) == (7, NOT_SEEN)
    assert stderr.endswith(
        error(f"no contact for 1ms (--max-outage): {NO_THREAD}; the run goes on") + RESUME
    )


def test_a_live_view_for_which_there_is_no_thread_leaves_plain_lines(
    desk: Desk, serve: Serve
) -> None:
    wire = serve(RUN)
    terminal = Terminal()
    try:
        process = desk.begin(
            "run",
            "sales",
            variables={"TERM": "xterm-256color"},
            # The first thread asks the service.
            before=failing(THREADS, "error=EAGAIN:when=2+"),
            stdin=terminal.end,
            stdout=terminal.end,
            stderr=terminal.end,
        )

        assert process.ended().exit_code == 0
        terminal.shows("sales: succeeded after ")
        assert f" sales: started {REFERENCE}\r\n" in terminal.shown
        assert terminal.is_cursor_visible
    finally:
        terminal.close()
    assert wire.lines == [POST, GET, GET]


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("1", "cannot be run: Resource temporarily unavailable"),
        ("2+", "cannot be run: no thread can be begun"),
    ],
    ids=["process", "thread"],
)
def test_a_command_for_the_key_that_cannot_be_begun_is_told(
    when: str, why: str, desk: Desk
) -> None:
    desk.configure(
        '[profiles.sales]\nbackend = "invision"\naddress = "http://127.0.0.1:9"\n'
        'flow = "updatesales"\nkey = { command = ["/bin/echo", "key"] }\n'
    )

    ended = desk("run", "sales", before=failing(PROCESSES, f"error=EAGAIN:when={when}"))

    problem = "the key of the profile sales (command /bin/echo) is missing: the command"
    assert ended.result == (4, "", f"error: {problem} {why}\n")


def test_a_start_for_which_there_is_no_socket_is_certainly_not_sent(
    desk: Desk, serve: Serve
) -> None:
    wire = serve()

    ended = desk("run", "sales", "--max-outage", "1ms", before=failing("socket", "error=EMFILE"))

    code, stdout, stderr = without_times(ended)
    assert (code, stdout) == (11, "")
    why = f"cannot connect to 127.0.0.1:{wire.port}: Too many open files"
    assert stderr.endswith(error(f"nothing was started: {why}") + AGAIN)
    assert wire.peers == []


def test_calls_that_are_broken_off_are_made_again(desk: Desk, serve: Serve) -> None:
    wire = serve(RUN)

    ended = desk("run", "sales", before=failing("sendto,recvfrom,poll", "error=EINTR:when=1..9+2"))

    assert (ended.exit_code, without_times(ended)[2]) == (0, TOLD)
    assert wire.lines == [POST, GET, GET]


def test_a_disk_that_fails_costs_the_journal_and_no_run(desk: Desk, serve: Serve) -> None:
    wire = serve(RUN)

    ended = desk("run", "sales", before=failing("fdatasync", "error=EIO"))

    code, stdout, stderr = without_times(ended)
    problem = f"the journal {desk.state}/journal.db cannot be read or written: the disk reports an"
    remedy = "Set DFCTL_STATE_DIR to a folder that can be written"
    warning = f"warning: {problem} error; this is not recorded there. {remedy}\n"
    assert (code, stderr) == (0, warning + TOLD)
    assert stdout.startswith("sales: succeeded after ")
    assert wire.lines == [POST, GET, GET]


def test_a_key_that_is_not_on_the_disk_is_not_kept(desk: Desk, serve: Serve) -> None:
    serve()
    keys = desk.home / ".config/dfctl/keys.toml"
    desk.configure(desk.config.read_text().split("key = ")[0])
    (desk.folder / "key").write_text("not-a-secret\n")
    with (desk.folder / "key").open("rb") as key:
        ended = desk("keys", "set", "sales", before=failing("fsync", "error=EIO"), stdin=key)

    assert ended.result == (2, "", f"error: {keys}: cannot be written: Input/output error\n")
    assert [path.name for path in keys.parent.iterdir()] == ["keys.toml.lock"]
