"""Exit codes that no answer of a service makes: signals, a closed pipe, a bug."""

import http.client
import io
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from dfctl.client.driver import Caught
from dfctl.core.exits import ExitCode
from tests.cli.services import Answer, InVision, Service, answer, check_first, final, resume, told
from tests.clocks import LeapingClock
from tests.shell import Shell

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX does")
PATIENCE = 20.0


class ClockThatWaitsFor(LeapingClock):
    """Stands still until a request has arrived, and takes it for one that is never answered."""

    def __init__(self, arrival: threading.Event) -> None:
        super().__init__(stall=0)
        self._arrival = arrival

    def wait(self, inbox: "queue.SimpleQueue[Any]", seconds: float, *, is_idle: bool) -> Any:
        if not is_idle:
            self._arrival.wait(PATIENCE)
        return super().wait(inbox, seconds, is_idle=is_idle)


class ClockThatHearsSignals(LeapingClock):
    """Tells that a signal was caught; from then on `stall` is how long it bears no answer."""

    def __init__(self, caught: threading.Event, stall: float = PATIENCE) -> None:
        super().__init__()
        self._caught = caught
        self._then = stall

    def wait(self, inbox: "queue.SimpleQueue[Any]", seconds: float, *, is_idle: bool) -> Any:
        message = super().wait(inbox, seconds, is_idle=is_idle)
        if isinstance(message, Caught):
            self._stall = self._then
            self._caught.set()
        return message


@pytest.fixture(autouse=True)
def _no_answer_is_under_way(httpserver: HTTPServer) -> Iterator[None]:
    """See to it that an answer which came too late is not counted by the next test.

    The server does one thing after the other: once it answers this, it has done all the rest.
    """
    yield
    connection = http.client.HTTPConnection(httpserver.host, httpserver.port)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def interrupting(name: str, until: threading.Event, body: Answer | None = None) -> Answer:
    """Return an answer before which this process gets a signal, and which waits for an event."""

    def interrupt() -> None:
        os.kill(os.getpid(), getattr(signal, name))
        until.wait(PATIENCE)

    return Answer(body=body.body if body else b"", meanwhile=interrupt)


@posix_only
@pytest.mark.parametrize(("name", "code"), [("SIGHUP", 129), ("SIGINT", 130), ("SIGTERM", 143)])
class TestASignal:
    def test_leaves_the_run_and_says_how_to_follow_it(
        self, shell: Shell, service: Service, name: str, code: int
    ) -> None:
        is_over = threading.Event()
        service.on_look(service.seen(service.running), interrupting(name, is_over))

        ended = shell(f"wait {service.reference} --progress none")
        is_over.set()

        assert ended.result == (
            code,
            final(service, "running"),
            told(f"error: {service.profile}: interrupted; the run goes on", resume(service)),
        )

    def test_during_a_start_waits_for_the_id_of_the_run(
        self, shell: Shell, invision: InVision, name: str, code: int
    ) -> None:
        is_caught = threading.Event()
        shell.make_clock = lambda: ClockThatHearsSignals(is_caught)
        invision.on_start(interrupting(name, is_caught, answer(invision.accepted())))

        ended = shell("run sales --progress none")

        assert invision.requests == [invision.start_line]
        assert ended.result == (
            code,
            final(invision, "pending after 0s"),
            told("error: sales: interrupted; the run goes on", resume(invision)),
        )

    def test_during_a_start_without_an_answer_says_what_to_check(
        self, shell: Shell, invision: InVision, name: str, code: int
    ) -> None:
        is_over = threading.Event()
        shell.make_clock = lambda: ClockThatHearsSignals(threading.Event(), stall=0)
        invision.on_start(interrupting(name, is_over))

        ended = shell("run sales --progress none")
        is_over.set()

        assert ended.result == (
            code,
            "",
            "error: sales: interrupted after the start was sent, before it was answered\n"
            f"hint: {check_first(invision)}\n",
        )


def test_a_closed_stdout_exits_141_and_the_reference_is_on_stderr(
    shell: Shell, service: Service
) -> None:
    shell.stdout = io.StringIO()
    shell.stdout.close()
    service.on_start(service.accepted())

    ended = shell(f"start {service.profile}")

    assert service.requests == [service.start_line]
    assert ended.exit_code == 141
    assert f"started {service.reference}" in ended.stderr


def test_a_bug_exits_1_without_a_traceback(shell: Shell, service: Service) -> None:
    # A source of chance that gives no numbers breaks what nobody expects to break.
    shell.random = "no number"  # type: ignore[assignment]
    service.on_look(service.seen(service.running))

    ended = shell(f"wait {service.reference} --progress none")

    assert service.requests == [service.look_line]
    assert ended.exit_code == 1
    assert ended.stderr.startswith("error: this is a bug in dfctl (TypeError)\nhint: ")
    assert "Traceback" not in ended.stderr


class TestAStartThatIsNeverAnswered:
    @pytest.fixture
    def silence(self, shell: Shell) -> Iterator[Answer]:
        """Return the answer that never comes; the shell's clock leaps once it is asked for."""
        is_asked_for, is_over = threading.Event(), threading.Event()
        shell.make_clock = lambda: ClockThatWaitsFor(is_asked_for)

        def keep_silent() -> None:
            is_asked_for.set()
            is_over.wait(PATIENCE)

        yield Answer(meanwhile=keep_silent)
        is_over.set()

    def test_exits_9_after_5_minutes(self, shell: Shell, service: Service, silence: Answer) -> None:
        service.on_start(silence)

        ended = shell(f"run {service.profile} --heartbeat none --progress none")

        assert ended.result == (
            9,
            "",
            f"error: {service.profile}: the start was sent, "
            f"but no whole answer came within 5m\nhint: {check_first(service)}\n",
        )

    def test_exits_9_at_the_timeout_with_server_wait(
        self, shell: Shell, invision: InVision, silence: Answer
    ) -> None:
        invision.on_awaited_start(silence)
        options = "--server-wait --timeout 2h --heartbeat none --progress none"

        ended = shell(f"run sales {options}")

        assert ended.result == (
            9,
            "",
            "error: sales: the start was sent, but no whole answer came within 2h\n"
            f"hint: {check_first(invision)}\n",
        )


def test_the_page_of_exit_codes_has_every_code(shell: Shell) -> None:
    ended = shell("help exit-codes")

    listed = [line.split()[0] for line in ended.stdout.splitlines() if line[:5].strip().isdigit()]
    assert listed == [str(int(code)) for code in ExitCode]
    assert ended.exit_code == 0
