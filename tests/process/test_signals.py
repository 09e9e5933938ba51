"""Signals: the run goes on, and what to type is told, whenever they come."""

import os
import re
import sys
import threading
import time
from collections.abc import Callable

import pytest

from tests.faults.told import BEGUN_PLAIN as BEGUN
from tests.faults.told import (
    CHECK_FIRST,
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
from tests.faults.wire import Wire, answer, full_backlog, is_connecting_to, read, silence, wait_for
from tests.process.processes import Desk
from tests.shell import CANARY

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no signals to send to another process"
)

Serve = Callable[..., Wire]

SIGNALS = pytest.mark.parametrize(
    ("signal", "code"),
    [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)],
    ids=["SIGINT", "SIGTERM", "SIGHUP"],
)
GOES_ON = error("interrupted; the run goes on") + RESUME
UNANSWERED = error("interrupted after the start was sent, before it was answered") + CHECK_FIRST


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a connection waiting")
@SIGNALS
def test_a_signal_before_the_start_was_sent_ends_it_and_nothing_was_started(
    signal: str, code: int, desk: Desk
) -> None:
    with full_backlog() as (listener, _):
        port = listener.getsockname()[1]
        desk.configure(
            f'[profiles.sales]\nbackend = "invision"\naddress = "http://127.0.0.1:{port}"\n'
            f'flow = "updatesales"\nkey = "{CANARY}"\n'
        )
        process = desk.begin("run", "sales")
        process.wait_until(lambda: is_connecting_to(port))

        process.send(signal)

        assert without_times(process.ended()) == (
            code,
            "",
            BEGUN + error("interrupted: nothing was started"),
        )


@SIGNALS
def test_a_signal_while_the_start_is_under_way_waits_for_the_id_and_tells_it(
    signal: str, code: int, desk: Desk, serve: Serve
) -> None:
    is_signalled = threading.Event()
    wire = serve([read, wait_for(is_signalled), lambda peer: peer.send(STARTED)], rest=[silence])
    process = desk.begin("run", "sales")
    wire.wait_for_requests(1)

    process.send(signal)
    is_signalled.set()

    exit_code, stdout, stderr = without_times(process.ended())
    assert exit_code == code
    assert re.fullmatch(rf"sales: pending after \w+ \({REFERENCE}\)\n", stdout)
    assert stderr == KNOWN + GOES_ON
    assert len(wire.posts) == 1


def test_a_signal_ends_a_start_that_is_not_followed_with_its_own_code(
    desk: Desk, serve: Serve
) -> None:
    is_signalled = threading.Event()
    wire = serve([read, wait_for(is_signalled), lambda peer: peer.send(STARTED)])
    process = desk.begin("start", "sales")
    wire.wait_for_requests(1)

    process.takes_note("SIGTERM")
    is_signalled.set()

    ended = process.ended()
    assert (ended.exit_code, ended.stdout) == (143, f"{REFERENCE}\n")
    assert f"dfctl wait {REFERENCE}" in ended.stderr
    assert wire.lines == [POST]


def test_a_signal_gives_a_start_that_is_never_answered_5_s(desk: Desk, serve: Serve) -> None:
    wire = serve([read, silence])
    process = desk.begin("run", "sales")
    wire.wait_for_requests(1)

    began = time.monotonic()
    process.send("SIGTERM")
    ended = process.ended()

    assert time.monotonic() - began >= 4.5
    assert without_times(ended) == (143, "", BEGUN + UNANSWERED)
    assert wire.lines == [POST]


def test_a_second_signal_ends_the_wait_for_an_answer_at_once(desk: Desk, serve: Serve) -> None:
    wire = serve([read, silence])
    process = desk.begin("run", "sales")
    wire.wait_for_requests(1)

    began = time.monotonic()
    process.send("SIGINT")
    process.send("SIGTERM")
    ended = process.ended()

    assert time.monotonic() - began < 4.5
    assert ended.exit_code in (130, 143)
    assert without_times(ended)[1:] == ("", BEGUN + UNANSWERED)
    assert wire.lines == [POST]


def test_a_signal_while_a_lost_answer_is_awaited_keeps_its_own_code(
    desk: Desk, serve: Serve
) -> None:
    is_signalled = threading.Event()
    wire = serve([read, wait_for(is_signalled)])
    process = desk.begin("run", "sales")
    wire.wait_for_requests(1)

    process.takes_note("SIGTERM")
    is_signalled.set()

    ended = process.ended()
    assert (ended.exit_code, ended.stdout) == (143, "")
    assert ended.stderr.endswith(CHECK_FIRST)


@SIGNALS
def test_a_signal_while_a_run_is_followed_tells_how_to_go_on(
    signal: str, code: int, desk: Desk, serve: Serve
) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), read, silence])
    process = desk.begin("run", "sales")
    wire.wait_for_requests(3)

    process.send(signal)

    exit_code, stdout, stderr = without_times(process.ended())
    assert exit_code == code
    assert stdout.startswith("sales: running after ")
    assert stdout.endswith(f" ({REFERENCE})\n")
    assert stderr == KNOWN + "sales: running\n" + GOES_ON
    assert wire.lines == [POST, GET, GET]
    wire.wait_until_gone()


def test_a_signal_before_the_first_look_at_a_run_tells_how_to_go_on(
    desk: Desk, serve: Serve
) -> None:
    wire = serve([read, silence])
    process = desk.begin("wait", REFERENCE)
    wire.wait_for_requests(1)

    process.send("SIGINT")

    assert without_times(process.ended()) == (
        130,
        f"sales: not seen ({REFERENCE})\n",
        f"sales: following {REFERENCE} for up to 24h (--timeout)\n" + GOES_ON,
    )


@pytest.mark.parametrize(
    ("name", "signal"), [("HUP", "SIGHUP"), ("INT", "SIGINT")], ids=["nohup", "SIGINT"]
)
def test_a_signal_that_was_ignored_from_the_start_stays_ignored(
    name: str, signal: str, desk: Desk, serve: Serve
) -> None:
    is_signalled = threading.Event()
    wire = serve(
        [
            answer(STARTED),
            read,
            wait_for(is_signalled),
            lambda peer: peer.send(RUNNING),
            answer(SUCCEEDED),
        ]
    )
    process = desk.begin(
        "run", "sales", before=["/bin/sh", "-c", f"trap '' {name}; exec \"$@\"", "sh"]
    )
    wire.wait_for_requests(2)

    process.send(signal)
    is_signalled.set()

    code, stdout, stderr = without_times(process.ended())
    assert code == 0
    assert stdout.startswith("sales: succeeded after ")
    assert stderr == KNOWN + "sales: running\nsales: succeeded\n"


def test_a_signal_while_the_command_for_the_key_runs_ends_both(desk: Desk) -> None:
    marker = desk.folder / "began"
    desk.configure(
        '[profiles.sales]\nbackend = "invision"\naddress = "http://127.0.0.1:9"\n'
        'flow = "updatesales"\n'
        f'key = {{ command = ["/bin/sh", "-c", "echo $$ > {marker}; exec sleep 600"] }}\n'
    )
    process = desk.begin("run", "sales")
    process.wait_until(lambda: marker.exists() and marker.read_text().endswith("\n"))

    process.send("SIGTERM")

    assert process.ended().result == (143, "", "")
    child = int(marker.read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_json_is_a_whole_document_after_a_signal(desk: Desk, serve: Serve) -> None:
    wire = serve([answer(STARTED), read, silence])
    process = desk.begin("run", "sales", "-o", "json")
    wire.wait_for_requests(2)

    process.send("SIGTERM")

    ended = process.ended()
    assert ended.exit_code == ended.document["exit_code"] == 143
    assert [(run["run"], run["state"], run["exit_code"]) for run in ended.document["runs"]] == [
        (REFERENCE, "pending", 143)
    ]
