"""An answer that breaks: a start is never repeated, and a look always is."""

import pytest

from dfctl import __version__
from tests.faults.conftest import MakeWire
from tests.faults.timed import StalledClock, TimedShell
from tests.faults.told import (
    CHECK_FIRST,
    GET,
    LOCAL,
    NOT_SEEN,
    NOTHING_STARTED,
    POST,
    REFERENCE,
    RESUME,
    RUN,
    START,
    STARTED,
    STATUS,
    SUCCEEDED,
    at,
    begun,
    error,
    known,
    missed,
    well,
    without_times,
)
from tests.faults.ways import BROKEN, STALLING, UNREADABLE, Way
from tests.faults.wire import Wire, answer, dribble, http, json_answer, read, reset, silence
from tests.shell import CANARY, Shell


def _host(wire: Wire) -> str:
    return f"127.0.0.1:{wire.port}"


def test_what_is_sent_is_what_the_service_documents_byte_for_byte(
    shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire([answer(STARTED), answer(SUCCEEDED)])
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    assert ended.result == (0, well("500ms"), known() + at(0, "succeeded"))
    assert [request.raw.decode() for request in wire.requests] == [
        f"POST {START} HTTP/1.1\r\n"
        f"Host: {_host(wire)}\r\n"
        f"User-Agent: dfctl/{__version__}\r\n"
        "Accept: application/json\r\n"
        "Accept-Encoding: identity\r\n"
        "Content-Type: application/json\r\n"
        f"x-api-key: {CANARY}\r\n"
        "Content-Length: 2\r\n"
        "\r\n"
        "{}",
        f"GET {STATUS} HTTP/1.1\r\n"
        f"Host: {_host(wire)}\r\n"
        f"User-Agent: dfctl/{__version__}\r\n"
        "Accept: application/json\r\n"
        "Accept-Encoding: identity\r\n"
        f"x-api-key: {CANARY}\r\n"
        "\r\n",
    ]


def test_a_run_whose_start_was_answered_by_nothing_may_be_running(
    shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire([read])
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    assert ended.result == (
        9,
        "",
        begun()
        + error(
            f"the start was sent, but the connection to {_host(wire)} broke off: "
            "Server disconnected without sending a response"
        )
        + CHECK_FIRST,
    )
    assert wire.lines == [POST]


def test_a_start_alone_whose_answer_is_lost_prints_no_reference(
    shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire([read, reset])
    shell.configure_invision(wire.address)

    ended = shell("start sales -o json")

    assert ended.exit_code == 9
    assert ended.document["exit_code"] == 9
    assert [(run["run"], run["state"], run["exit_code"]) for run in ended.document["runs"]] == [
        (LOCAL, None, 9)
    ]
    assert wire.lines == [POST]


@pytest.mark.parametrize("way", [*BROKEN, *UNREADABLE], ids=str)
def test_a_start_that_broke_after_its_first_byte_is_not_repeated(
    way: Way, shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire(way.steps)
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    said = "the start was answered with" if way.is_read else "the start was sent, but"
    whole = [
        begun() + error(f"{said} {why.replace('HOST', _host(wire))}") + CHECK_FIRST
        for why in way.why
    ]
    assert (ended.exit_code, ended.stdout) == (9, "")
    assert ended.stderr in whole
    assert len(wire.peers) == 1
    assert wire.lines in ([POST], [])


@pytest.mark.parametrize("way", [*BROKEN, *UNREADABLE], ids=str)
def test_a_look_that_broke_is_survived(way: Way, shell: Shell, make_wire: MakeWire) -> None:
    wire = make_wire([answer(STARTED), *way.steps], [answer(SUCCEEDED)])
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    answered = "it answered with " if way.is_read else ""
    whole = [
        known()
        + missed(0.5, f"{answered}{why.replace('HOST', _host(wire))}", "500ms")
        + at(1, "succeeded, in contact again")
        for why in way.why
    ]
    assert (ended.exit_code, ended.stdout) == (0, well("1s"))
    assert ended.stderr in whole
    assert [request.method for request in wire.posts] == ["POST"]
    assert wire.lines[-1] == GET


@pytest.mark.parametrize("surplus", [SUCCEEDED, SUCCEEDED[:30], b"\0"], ids=range(3))
def test_bytes_after_an_answer_are_not_taken_for_the_next_answer(
    surplus: bytes, shell: Shell, make_wire: MakeWire
) -> None:
    running = json_answer({"runId": RUN, "status": "Running"})
    failed = json_answer({"runId": RUN, "status": "Failed"})
    wire = make_wire(
        [answer(STARTED + surplus), silence],
        [answer(running + surplus), silence],
        [answer(failed)],
    )
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    assert ended.result == (
        3,
        f"sales: failed after 1s ({REFERENCE})\n",
        known() + at(0.5, "running") + at(1, "failed"),
    )
    assert wire.lines == [POST, GET, GET]


@pytest.mark.parametrize("way", STALLING, ids=str)
def test_a_start_has_a_deadline_whatever_dribbles_in(
    way: Way, timed_shell: TimedShell, make_wire: MakeWire
) -> None:
    wire = make_wire(way.steps)
    timed_shell.configure_invision(wire.address, heartbeat="none")
    timed_shell.make_clock = lambda: StalledClock(wire.take_stall)

    ended = timed_shell("run sales")

    wire.wait_until_gone()
    assert ended.result == (
        9,
        "",
        begun() + error("the start was sent, but no whole answer came within 5m") + CHECK_FIRST,
    )
    assert wire.lines == [POST]


@pytest.mark.parametrize("way", STALLING, ids=str)
def test_a_look_that_stalls_is_given_up_after_30_s_and_repeated(
    way: Way, timed_shell: TimedShell, make_wire: MakeWire
) -> None:
    wire = make_wire([answer(STARTED), *way.steps], [answer(SUCCEEDED)])
    timed_shell.configure_invision(wire.address, heartbeat="none")
    timed_shell.make_clock = lambda: StalledClock(wire.take_stall)

    ended = timed_shell("run sales")

    wire.wait_until(wire.peers[0].is_gone.is_set)
    assert ended.result == (
        0,
        well("31s"),
        known()
        + missed(30.5, "no whole answer came within 30s", "500ms")
        + at(31, "succeeded, in contact again"),
    )
    assert wire.lines == [POST, GET, GET]


@pytest.mark.parametrize("way", STALLING, ids=str)
def test_the_timeout_of_the_waiting_holds_against_whatever_dribbles_in(
    way: Way, timed_shell: TimedShell, make_wire: MakeWire
) -> None:
    wire = make_wire([answer(STARTED), *way.steps])
    timed_shell.configure_invision(wire.address, heartbeat="none", interval="1s")
    timed_shell.make_clock = lambda: StalledClock(wire.take_stall)

    ended = timed_shell("run sales --timeout 2s")

    wire.wait_until_gone()
    assert ended.result == (
        124,
        f"sales: pending after 7s ({REFERENCE})\n",
        known("2s")
        + at(7, "no news: no whole answer came within 6s")
        + error("not ended after 2s (--timeout); the run goes on")
        + RESUME,
    )
    assert wire.lines == [POST, GET]


@pytest.mark.parametrize("way", STALLING, ids=str)
def test_a_status_that_stalls_is_no_contact(
    way: Way, timed_shell: TimedShell, make_wire: MakeWire
) -> None:
    wire = make_wire(way.steps)
    timed_shell.configure_invision(wire.address)
    timed_shell.make_clock = lambda: StalledClock(wire.take_stall)

    ended = timed_shell(f"status {REFERENCE}")

    wire.wait_until_gone()
    assert ended.result == (
        7,
        NOT_SEEN,
        error("no answer about the run: no whole answer came within 30s")
        + "hint: the run itself goes on\n",
    )
    assert wire.lines == [GET]


def test_deadlines_hold_when_time_really_passes(
    timed_shell: TimedShell, make_wire: MakeWire
) -> None:
    wire = make_wire([answer(STARTED[:40]), dribble(b"x")])
    timed_shell.configure_invision(wire.address, start_timeout="300ms")

    ended = timed_shell("run sales")

    wire.wait_until_gone()
    assert without_times(ended) == (
        9,
        "",
        "sales: starting updatesales on invision, to follow it for up to 24h (--timeout)\n"
        + error("the start was sent, but no whole answer came within 300ms")
        + CHECK_FIRST,
    )
    assert wire.lines == [POST]


@pytest.mark.parametrize(
    ("location", "where"),
    [
        ("/elsewhere", ", to /elsewhere"),
        ("https://[::1", ", to https://[::1"),
        ("http://host:port/", ", to http://host:port/"),
        # A sign-in page is often handed what was asked for, with all that is in it.
        ("https://login.example/in?back=%2Fstart#top", ", to https://login.example/in"),
        ("/in#back=/start", ", to /in"),
        ("?back=/start", ""),
        ("", ""),
    ],
)
def test_a_start_that_is_redirected_is_not_followed_and_its_goal_is_told_without_its_query(
    location: str, where: str, shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire([answer(http("302 Found", f"Location: {location}"))])
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    assert ended.result == (
        2,
        "",
        begun() + error(f"the start was refused: HTTP 302 Found{where}") + NOTHING_STARTED,
    )
    assert wire.lines == [POST]


def test_a_reset_as_soon_as_it_connects_never_makes_two_starts(
    shell: Shell, make_wire: MakeWire
) -> None:
    # Whether the reset comes before the first byte or after it is a race that nobody leads.
    wire = make_wire([reset], rest=[answer(STARTED), answer(SUCCEEDED)])
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    assert (ended.exit_code, wire.lines) in [(9, []), (0, [POST, GET])]
