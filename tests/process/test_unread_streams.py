"""Streams that nobody reads: signals and deadlines hold, and nothing of a result is lost."""

import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfctl.output.streams import NoticeStream, Writer
from tests.faults.told import GET, POST, REFERENCE, RESUME, RUNNING, STARTED, SUCCEEDED, error
from tests.faults.told import KNOWN_PLAIN as KNOWN
from tests.faults.wire import Wire, answer, read, silence, wait_for
from tests.long import sampled
from tests.process.processes import PATIENCE, Desk, Process
from tests.process.terminals import Terminal
from tests.shell import Ended

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has neither these pipes nor signals to send"
)

Serve = Callable[..., Wire]

FILLER = b"-" * 4096
GOES_ON = error("interrupted; the run goes on") + RESUME


def _fill(end: int) -> int:
    """Write to a pipe until it takes no more; return how many bytes it took."""
    if sys.platform != "win32":
        os.set_blocking(end, False)
        filled = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                filled += os.write(end, FILLER)
        os.set_blocking(end, True)
        return filled
    raise NotImplementedError


class Unread:
    """A pipe that is full, and that nobody reads until the test does. `end` is to be written to."""

    def __init__(self) -> None:
        self._reading, self.end = os.pipe()
        self._filled = _fill(self.end)
        self._content = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)

    def begin_reading(self) -> None:
        """Read all that comes from now on; the processes that write it have begun."""
        os.close(self.end)
        self._reader.start()

    def content(self) -> str:
        """Return all that was written, when every writer has ended."""
        self._reader.join(PATIENCE)
        assert not self._reader.is_alive(), "somebody still writes"
        return bytes(self._content[self._filled :]).decode()

    def close(self) -> None:
        if not self._reader.ident:
            self.begin_reading()
        self._reader.join(PATIENCE)
        os.close(self._reading)

    def _read(self) -> None:
        while data := os.read(self._reading, 1 << 16):
            self._content += data


@pytest.fixture
def unread(desk: Desk) -> Iterator[Unread]:
    pipe = Unread()
    yield pipe
    desk.close()
    pipe.close()


def _without_times(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line.split(" ", 1)[1] if line[:2] == "20" else line for line in lines)


def _is_result(ended: Ended, state: str) -> bool:
    return ended.stdout.startswith(f"sales: {state} after ") and REFERENCE in ended.stdout


def test_a_run_is_followed_to_its_end_though_nobody_reads_stderr(
    desk: Desk, serve: Serve, unread: Unread
) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), answer(SUCCEEDED)])

    ended = desk("run", "sales", stderr=unread.end)

    assert ended.exit_code == 0
    assert _is_result(ended, "succeeded")
    assert wire.lines == [POST, GET, GET]
    assert "succeeded" in desk("runs", "list").stdout


@sampled("signal, code", [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)], short=1)
def test_a_signal_ends_a_command_whose_stderr_nobody_reads(
    signal: str, code: int, desk: Desk, serve: Serve, unread: Unread
) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), read, silence])
    process = desk.begin("run", "sales", stderr=unread.end)
    wire.wait_for_requests(3)

    process.send(signal)

    ended = process.ended()
    assert ended.exit_code == code
    assert _is_result(ended, "running")


def test_a_timeout_holds_though_nobody_reads_stderr(
    desk: Desk, serve: Serve, unread: Unread
) -> None:
    serve([answer(STARTED)], rest=[answer(RUNNING)])
    process = desk.begin("run", "sales", "--timeout", "300ms", stderr=unread.end)
    process.says(REFERENCE, "stdout")

    unread.begin_reading()

    assert process.ended().exit_code == 124
    told = _without_times(unread.content())
    assert told.startswith("sales: starting ")
    assert told.endswith("sales: not ended after 300ms (--timeout); the run goes on\n" + RESUME)


def test_a_signal_ends_lines_of_json_that_nobody_reads_and_tells_how_to_go_on(
    desk: Desk, serve: Serve, unread: Unread
) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), read, silence])
    process = desk.begin("run", "sales", "-o", "jsonl", stdout=unread.end)
    wire.wait_for_requests(3)

    process.send("SIGTERM")

    ended = process.ended()
    assert ended.exit_code == 143
    assert _without_times(ended.stderr) == KNOWN + "sales: running\n" + GOES_ON


def test_lines_of_json_are_all_there_when_their_reader_is_back(
    desk: Desk, serve: Serve, unread: Unread
) -> None:
    is_back = threading.Event()
    wire = serve(
        [
            answer(STARTED),
            answer(RUNNING),
            read,
            wait_for(is_back),
            lambda peer: peer.send(SUCCEEDED),
        ]
    )
    process = desk.begin("run", "sales", "-o", "jsonl", stdout=unread.end)
    wire.wait_for_requests(3)
    is_back.set()
    process.says("sales: succeeded")
    assert process.popen.poll() is None, "it did not wait for the reader of its result"

    unread.begin_reading()

    assert process.ended().exit_code == 0
    told = [json.loads(line) for line in unread.content().splitlines()]
    events = [line.get("event") for line in told]
    assert events == ["following", "accepted", "state", "state", "state", None]
    assert told[-1]["exit_code"] == 0


@pytest.mark.parametrize(("limits", "code"), [((), 143), (("--timeout", "300ms"), 124)])
def test_a_signal_ends_the_wait_for_the_reader_of_a_result(
    limits: tuple[str, ...], code: int, desk: Desk, serve: Serve, unread: Unread
) -> None:
    last = RUNNING if limits else SUCCEEDED
    serve([answer(STARTED)], rest=[answer(last)])
    process = desk.begin("run", "sales", *limits, stdout=unread.end)
    process.says("--timeout); the run goes on" if limits else "sales: succeeded")
    process.wakes()
    assert process.popen.poll() is None

    process.send("SIGTERM")

    ended = process.ended()
    assert ended.exit_code == code
    assert "interrupted" not in ended.stderr


def test_what_is_written_to_one_unread_pipe_stays_in_order(
    desk: Desk, serve: Serve, unread: Unread
) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), answer(SUCCEEDED)])
    process = desk.begin("run", "sales", stdout=unread.end, stderr=unread.end)
    wire.wait_for_requests(3)

    unread.begin_reading()

    assert process.ended().exit_code == 0
    lines = _without_times(unread.content()).splitlines(keepends=True)
    assert "".join(lines[:-1]) == KNOWN + "sales: running\nsales: succeeded\n"
    assert lines[-1].startswith("sales: succeeded after ")


def test_progress_beyond_a_bounded_number_of_lines_is_left_out_and_counted() -> None:
    unread = Unread()
    with os.fdopen(os.dup(unread.end), "w", encoding="utf-8") as stream:
        notices = NoticeStream(stream, patience=0.05, most=3)
        for number in range(8):
            notices.news(f"news {number}")
        notices.line("error: this is always told")
        assert notices.deliver(0.05) is False

        unread.begin_reading()
        assert notices.deliver(PATIENCE)
    unread.close()

    assert unread.content() == (
        "news 0\nnews 1\nnews 2\nnews 3\n(4 lines were left out here: nobody read on)\n"
        "error: this is always told\n"
    )


def test_who_writes_waits_only_once_for_a_reader_who_stopped() -> None:
    unread = Unread()
    with os.fdopen(os.dup(unread.end), "w", encoding="utf-8") as stream:
        writer = Writer(stream, patience=0.05)
        writer.write("one\n")
        assert writer.is_behind
        # Each of these would wait longer than the test may take.
        slow = Writer(stream, beside=writer, patience=0.05)
        for _ in range(10_000):
            slow.write("more\n")

        unread.begin_reading()
        assert slow.is_done_within(PATIENCE)
        assert not slow.is_behind
    unread.close()
    assert unread.content().startswith("one\nmore\n")


@pytest.mark.skipif(
    not Path("/proc/self/wchan").exists(), reason="only Linux tells what a process waits for"
)
def test_a_signal_ends_a_page_of_help_that_nobody_reads(desk: Desk, unread: Unread) -> None:
    process = desk.begin("--help", stdout=unread.end)
    process.wait_until(lambda: _is_writing(process))

    process.send("SIGTERM")

    assert process.ended().exit_code == 143


def _is_writing(process: Process) -> bool:
    """Return whether the main thread waits for the reader of a pipe."""
    return "pipe" in Path(f"/proc/{process.popen.pid}/wchan").read_text(encoding="ascii")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


def test_a_terminal_that_was_stopped_shows_how_things_stand_when_it_goes_on(
    desk: Desk, serve: Serve, terminal: Terminal
) -> None:
    is_stopped = threading.Event()
    wire = serve(
        [answer(STARTED), read, wait_for(is_stopped), lambda peer: peer.send(RUNNING)],
        rest=[answer(RUNNING), answer(RUNNING), answer(SUCCEEDED)],
    )
    process = terminal.begin(desk, "run", "sales")
    wire.wait_for_requests(2)
    terminal.shows("started")
    terminal.types(b"\x13")
    is_stopped.set()
    wire.wait_for_requests(5)
    before = terminal.shown

    terminal.types(b"\x11")

    assert process.ended().exit_code == 0
    terminal.shows("sales: succeeded after ")
    assert "succeeded" not in before
    assert terminal.is_cursor_visible
    assert terminal.modes == terminal.modes_before


def test_a_signal_ends_a_command_whose_terminal_is_stopped(
    desk: Desk, serve: Serve, terminal: Terminal
) -> None:
    is_stopped = threading.Event()
    wire = serve(
        [answer(STARTED), read, wait_for(is_stopped), lambda peer: peer.send(RUNNING)],
        rest=[answer(RUNNING), answer(RUNNING), read, silence],
    )
    process = terminal.begin(desk, "run", "sales")
    wire.wait_for_requests(2)
    terminal.shows("started")
    terminal.types(b"\x13")
    is_stopped.set()
    wire.wait_for_requests(5)

    process.send("SIGTERM")

    assert process.ended().exit_code == 143
