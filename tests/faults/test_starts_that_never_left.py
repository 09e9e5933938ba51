"""A start of which no byte left is tried again, and begins at most one run."""

import select
import socket
import sys
import threading
from collections.abc import Callable

import pytest

from dfctl.backends import load_backend
from dfctl.client.http import HttpConnection
from dfctl.client.job import Job
from dfctl.client.steps import Send, Target
from dfctl.core.exchange import Fault, FaultKind
from dfctl.core.profiles import Line, Profile
from dfctl.core.secret import Secret
from dfctl.core.settings import Parameters, Settings
from tests.clocks import LeapingClock
from tests.faults.conftest import MakeWire
from tests.faults.timed import TimedShell
from tests.faults.told import (
    GET,
    NOT_SEEN,
    POST,
    REFERENCE,
    RESUME,
    RUN,
    STARTED,
    SUCCEEDED,
    at,
    begun,
    delayed,
    error,
    known,
    missed,
    well,
    without_times,
)
from tests.faults.wire import PATIENCE, answer, full_backlog, is_connecting_to, json_answer, silence
from tests.shell import CANARY, Shell

on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux keeps a connection waiting where the queue is full"
)


def test_a_refused_connection_is_tried_again_ever_later_and_then_nothing_was_started(
    shell: Shell, make_wire: MakeWire
) -> None:
    wire = make_wire(is_listening=False)
    shell.configure_invision(wire.address)

    ended = shell("run sales --max-outage 10s")

    why = f"cannot connect to 127.0.0.1:{wire.port}: Connection refused"
    assert ended.result == (
        11,
        "",
        begun()
        + delayed(0, why, "500ms")
        + delayed(0.5, why, "1s")
        + delayed(1.5, why, "2s")
        + delayed(3.5, why, "4s")
        + delayed(7.5, why, "2s")
        + error(f"nothing was started: {why}")
        + "hint: gave up after 10s (--max-outage); it is safe to run the same command again\n",
    )


def test_a_name_that_nobody_knows_starts_nothing(shell: Shell) -> None:
    shell.configure_invision("http://service.invalid", allow_http=True)

    ended = shell("run sales --max-outage 0s")

    [told, *rest] = [line for line in ended.stderr.splitlines() if "nothing was started" in line]
    assert (ended.exit_code, ended.stdout, rest) == (11, "", [])
    assert told.startswith("error: sales: nothing was started: cannot connect to service.invalid: ")


def test_a_service_that_comes_up_meanwhile_is_sent_one_start(
    timed_shell: TimedShell, make_wire: MakeWire
) -> None:
    wire = make_wire([answer(STARTED), answer(SUCCEEDED)], is_listening=False)
    timed_shell.configure_invision(wire.address)
    timed_shell.make_clock = LeapingClock
    failures: list[int] = []

    def jitter() -> float:
        failures.append(len(wire.requests))
        if len(failures) == 3:
            wire.listen()
        return 0.5

    timed_shell.jitter = jitter

    ended = timed_shell("run sales")

    why = f"cannot connect to 127.0.0.1:{wire.port}: Connection refused"
    assert ended.result == (
        0,
        well("500ms"),
        begun()
        + delayed(0, why, "500ms")
        + delayed(0.5, why, "1s")
        + delayed(1.5, why, "2s")
        + at(3.5, f"started {REFERENCE}")
        + at(3.5, "pending")
        + at(4, "succeeded"),
    )
    assert wire.lines == [POST, GET]


def test_a_look_is_repeated_until_the_service_comes_up(
    timed_shell: TimedShell, make_wire: MakeWire
) -> None:
    wire = make_wire([answer(SUCCEEDED)], is_listening=False)
    timed_shell.configure_invision(wire.address)
    timed_shell.make_clock = LeapingClock

    def jitter() -> float:
        wire.listen()
        return 0.5

    timed_shell.jitter = jitter

    ended = timed_shell(f"wait {REFERENCE}")

    why = f"cannot connect to 127.0.0.1:{wire.port}: Connection refused"
    assert ended.result == (
        0,
        f"sales: succeeded ({REFERENCE})\n",
        at(0, f"following {REFERENCE} for up to 24h (--timeout)")
        + missed(0, why, "500ms")
        + at(0.5, "succeeded, in contact again"),
    )
    assert wire.lines == [GET]


def test_a_run_that_is_waited_for_in_vain_is_lost(shell: Shell, make_wire: MakeWire) -> None:
    wire = make_wire(is_listening=False)
    shell.configure_invision(wire.address)

    ended = shell(f"wait {REFERENCE} --max-outage 2s")

    why = f"cannot connect to 127.0.0.1:{wire.port}: Connection refused"
    assert ended.result == (
        7,
        NOT_SEEN,
        at(0, f"following {REFERENCE} for up to 24h (--timeout)")
        + missed(0, why, "500ms")
        + missed(0.5, why, "1s")
        + missed(1.5, why, "500ms")
        + at(2, f"no news: {why}")
        + error(f"no contact for 2s (--max-outage): {why}; the run goes on")
        + RESUME,
    )


def test_a_status_without_contact_is_lost(shell: Shell, make_wire: MakeWire) -> None:
    wire = make_wire(is_listening=False)
    shell.configure_invision(wire.address)

    ended = shell(f"status {REFERENCE}")

    why = f"cannot connect to 127.0.0.1:{wire.port}: Connection refused"
    assert ended.result == (
        7,
        NOT_SEEN,
        missed(0, why, "500ms")
        + missed(0.5, why, "1s")
        + error(f"no answer about the run: {why}")
        + "hint: the run itself goes on\n",
    )


def test_a_throttled_start_is_repeated_on_a_connection_of_its_own(
    shell: Shell, make_wire: MakeWire
) -> None:
    # The first connection is closed while it is idle: a start sent on it would be unconfirmed.
    throttled = json_answer({}, "429 Too Many Requests", "Retry-After: 3")
    wire = make_wire([answer(throttled)], [answer(STARTED), answer(SUCCEEDED)])
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    assert ended.result == (
        0,
        well("500ms"),
        begun()
        + delayed(0, "HTTP 429 Too Many Requests", "3s")
        + at(3, f"started {REFERENCE}")
        + at(3, "pending")
        + at(3.5, "succeeded"),
    )
    assert wire.lines == [POST, POST, GET]
    assert len(wire.peers) == 2


def test_one_run_has_one_connection_where_the_service_keeps_it_open(
    shell: Shell, make_wire: MakeWire
) -> None:
    running = json_answer({"runId": RUN, "status": "Running"})
    wire = make_wire(
        [answer(STARTED), *[answer(running)] * 20, answer(SUCCEEDED), silence],
    )
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    wire.wait_until_gone()
    assert ended.exit_code == 0
    assert wire.lines == [POST, *[GET] * 21]
    assert len(wire.peers) == 1


def test_a_connection_that_the_service_closed_between_two_looks_is_no_loss_of_contact(
    shell: Shell, make_wire: MakeWire
) -> None:
    running = json_answer({"runId": RUN, "status": "Running"}, "200 OK", "Connection: close")
    wire = make_wire([answer(STARTED), answer(running)], [answer(running)], [answer(SUCCEEDED)])
    shell.configure_invision(wire.address)

    ended = shell("run sales")

    assert ended.result == (
        0,
        well("2s"),
        known() + at(0.5, "running") + at(1.5, "succeeded"),
    )
    assert wire.lines == [POST, GET, GET, GET]


# The gate


def _job(line: Line, seconds: float | None = None) -> Job:
    """Return the start of a run, as the driver hands it to a worker."""
    profile = Profile(name="sales", backend="invision", line=line, settings=Settings("updatesales"))
    backend = load_backend("invision")
    target = Target(profile, backend, Secret(CANARY), lambda: Secret(CANARY))
    request = next(backend.start(profile.settings, Parameters(), server_wait=False))
    return Job(Send(target, request, target.key, seconds))


class _Exchange:
    """An exchange in a thread of its own, as a worker does it."""

    def __init__(self, line: Line) -> None:
        self.job = _job(line)
        self._connection = HttpConnection(line)
        self._results: list[object] = []
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        self._results.append(self._connection.exchange(self.job))
        self._connection.close()

    def result(self) -> object:
        self._thread.join(PATIENCE)
        [result] = self._results
        return result


def _wait_for(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if is_so():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come within 30 s")


def _let_in(listener: socket.socket, fillers: list[socket.socket]) -> bytes:
    """Accept the fillers, then the one who waited; return all that it sends."""
    listener.settimeout(PATIENCE)
    for _ in fillers:
        listener.accept()[0].close()
    late, _ = listener.accept()
    with late:
        late.settimeout(PATIENCE)
        return late.recv(1 << 16)


@on_linux
def test_a_start_given_up_while_it_connects_never_arrives_later() -> None:
    with full_backlog() as (listener, fillers):
        port = listener.getsockname()[1]
        exchange = _Exchange(Line(f"http://127.0.0.1:{port}"))
        _wait_for(lambda: is_connecting_to(port))

        was_sent = exchange.job.abandon()

        assert was_sent is False
        assert _let_in(listener, fillers) == b""
    result = exchange.result()
    assert isinstance(result, Fault)
    assert result.was_sent is False


def test_a_start_given_up_before_its_worker_began_never_leaves(make_wire: MakeWire) -> None:
    wire = make_wire([silence])
    line = Line(wire.address)
    job = _job(line)
    connection = HttpConnection(line)

    assert job.abandon() is False

    result = connection.exchange(job)
    connection.close()
    assert result == Fault(FaultKind.DEADLINE, "the request was given up", was_sent=False)
    wire.wait_until(lambda: bool(wire.peers))
    wire.wait_until_gone()
    assert wire.peers[0].received == b""


@on_linux
def test_a_command_that_gave_up_connecting_leaves_no_start_behind(timed_shell: TimedShell) -> None:
    with full_backlog() as (listener, fillers):
        port = listener.getsockname()[1]
        timed_shell.configure_invision(f"http://127.0.0.1:{port}", start_timeout="200ms")

        ended = timed_shell("run sales --max-outage 100ms")

        _wait_for(lambda: not is_connecting_to(port))
        for _ in fillers:
            listener.accept()[0].close()
        assert select.select([listener], [], [], 0)[0] == []
    code, stdout, stderr = without_times(ended)
    assert (code, stdout) == (11, "")
    assert stderr.endswith(
        "hint: gave up after 100ms (--max-outage); it is safe to run the same command again\n"
    )
