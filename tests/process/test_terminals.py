"""On a terminal: whatever happens, the cursor is back and the modes are as they were."""

import re
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.faults.told import POST, REFERENCE, RUN, RUNNING, STARTED, SUCCEEDED
from tests.faults.wire import Wire, answer, json_answer, read, silence, wait_for
from tests.process.processes import Desk
from tests.process.terminals import Terminal
from tests.shell import CANARY

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind"
)

Serve = Callable[..., Wire]

FAILED = json_answer({"runId": RUN, "status": "Failed"})


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


def _assert_whole(terminal: Terminal) -> None:
    assert terminal.is_cursor_visible
    assert terminal.modes == terminal.modes_before
    assert CANARY not in terminal.shown


def _last_lines(terminal: Terminal, number: int) -> list[str]:
    """Return the last lines as they stand there, without what moves and colours them."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.shown)
    lines = [line.split("\r")[-1] for line in text.replace("\r\n", "\n").split("\n")]
    return [line for line in lines if line.strip()][-number:]


@pytest.mark.parametrize(
    ("last", "code", "word"), [(SUCCEEDED, 0, "succeeded"), (FAILED, 3, "failed")]
)
def test_the_terminal_is_whole_after_a_run_that_ended(
    last: bytes, code: int, word: str, desk: Desk, serve: Serve, terminal: Terminal
) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), answer(RUNNING), answer(last)])
    process = terminal.begin(desk, "run", "sales")

    assert process.ended().exit_code == code

    terminal.shows(f"sales: {word} after ")
    [final] = _last_lines(terminal, 1)
    assert final.startswith(f"sales: {word} after ")
    assert final.endswith(f"({REFERENCE})")
    assert "\x1b[?25l" in terminal.shown, "the live line was never drawn"
    _assert_whole(terminal)
    assert len(wire.posts) == 1


def test_ctrl_c_leaves_the_terminal_whole_and_tells_how_to_go_on(
    desk: Desk, serve: Serve, terminal: Terminal
) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), read, silence])
    process = terminal.begin(desk, "run", "sales")
    wire.wait_for_requests(3)
    terminal.shows("running")

    terminal.types(b"\x03")

    assert process.ended().exit_code == 130
    terminal.shows(f"hint: to follow it: dfctl wait {REFERENCE}")
    _assert_whole(terminal)


def test_ctrl_c_while_the_start_is_under_way_leaves_the_terminal_whole(
    desk: Desk, serve: Serve, terminal: Terminal
) -> None:
    wire = serve([read, silence])
    process = terminal.begin(desk, "run", "sales")
    wire.wait_for_requests(1)
    terminal.shows("starting")

    terminal.types(b"\x03")
    process.wakes()
    terminal.types(b"\x03")

    assert process.ended().exit_code == 130
    terminal.shows("look at the service before you start it again")
    _assert_whole(terminal)
    assert wire.lines == [POST]


def test_a_sigterm_leaves_the_terminal_whole(desk: Desk, serve: Serve, terminal: Terminal) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), read, silence])
    process = terminal.begin(desk, "run", "sales")
    wire.wait_for_requests(3)
    terminal.shows("running")

    process.send("SIGTERM")

    assert process.ended().exit_code == 143
    terminal.shows(f"hint: to follow it: dfctl wait {REFERENCE}")
    _assert_whole(terminal)


def test_an_error_of_usage_leaves_the_terminal_whole(desk: Desk, terminal: Terminal) -> None:
    desk.configure("")
    process = terminal.begin(desk, "run", "sales")

    assert process.ended().exit_code == 2

    terminal.shows("error: ")
    _assert_whole(terminal)


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"DFCTL_PROGRESS": "plain"}])
def test_nothing_moves_on_a_terminal_that_cannot_or_shall_not_draw(
    variables: dict[str, str], desk: Desk, serve: Serve, terminal: Terminal
) -> None:
    serve([answer(STARTED), answer(RUNNING), answer(SUCCEEDED)])
    process = terminal.begin(desk, "run", "sales", **variables)

    assert process.ended().exit_code == 0

    terminal.shows("sales: succeeded after ")
    assert "\x1b" not in terminal.shown
    _assert_whole(terminal)


def test_no_color_leaves_the_live_line_without_colours(
    desk: Desk, serve: Serve, terminal: Terminal
) -> None:
    serve([answer(STARTED), answer(RUNNING), answer(SUCCEEDED)])
    process = terminal.begin(desk, "run", "sales", NO_COLOR="1")

    assert process.ended().exit_code == 0

    terminal.shows("sales: succeeded after ")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", terminal.shown)
    _assert_whole(terminal)


def test_a_window_that_is_closed_hangs_the_command_up(
    desk: Desk, serve: Serve, terminal: Terminal
) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), read, silence])
    process = terminal.begin(desk, "run", "sales")
    wire.wait_for_requests(3)
    terminal.shows("running")

    terminal.hangs_up()

    assert process.ended().exit_code == 129


def test_a_window_that_is_closed_does_not_end_a_command_that_ignores_it(
    desk: Desk, serve: Serve, terminal: Terminal
) -> None:
    # As `nohup dfctl run sales` does, but with stderr left on the terminal.
    is_closed = threading.Event()
    wire = serve(
        [
            answer(STARTED),
            read,
            wait_for(is_closed),
            lambda peer: peer.send(RUNNING),
            answer(RUNNING),
            answer(SUCCEEDED),
        ]
    )
    result = desk.folder / "result"
    desk.environment["TERM"] = "xterm"
    with result.open("wb") as file:
        process = desk.begin(
            "run",
            "sales",
            before=["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh"],
            stdin=terminal.end,
            stdout=file,
            stderr=terminal.end,
            is_leader=True,
        )
        wire.wait_for_requests(2)

        terminal.hangs_up()
        is_closed.set()

        assert process.ended().exit_code == 0
    assert result.read_text().startswith("sales: succeeded after ")
