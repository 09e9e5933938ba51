"""The driver: deadlines, workers, order, heartbeats, and signals."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from dfctl.client.driver import GRACE, Driver
from dfctl.client.job import Abandoned, Job
from dfctl.client.starting import CHECK_FIRST
from dfctl.client.steps import Pause, Send, Target, Task
from dfctl.client.tasks import Order, Tasks
from dfctl.core.errors import Interrupted, UsageError
from dfctl.core.events import Event, Exchanged, Heartbeat, UnderWay
from dfctl.core.exchange import Effect, Fault, FaultKind, Request, Response, Result
from dfctl.core.exits import ExitCode
from dfctl.core.profiles import Line
from dfctl.core.runs import Run
from dfctl.core.secret import Secret
from dfctl.core.settings import Settings
from dfctl.core.states import State
from dfctl.process.signals import signals_raised
from tests.client.services import (
    PATIENCE,
    FakeConnection,
    FakeService,
    HangingClock,
    hang,
    signals_reset,
)
from tests.client.stage import (
    INVISION_RUN,
    NOTHING,
    NoLedger,
    a_run,
    answer,
    invision,
    seen,
    started,
)

LOOK = Request("GET", "/look", Effect.READ)
START = Request("POST", "/start", Effect.START)
FINE = answer(b"{}")
SIGNALS = [
    pytest.param(getattr(signal, name), code, id=name)
    for name, code in [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)]
    if hasattr(signal, name)
]


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    with signals_reset():
        yield


class Scene:
    """A driver, its service and its clock."""

    def __init__(
        self,
        play: Callable[[Job], Result],
        *,
        heartbeat: float | None = None,
        open_connection: Callable[[Line], FakeConnection] | None = None,
    ) -> None:
        self.clock = HangingClock()
        self.service = FakeService(play)
        self.events: list[Event] = []
        self.driver = Driver(
            clock=self.clock,
            open_connection=open_connection or self.service.open,
            tell=self.events.append,
            heartbeat=heartbeat,
        )

        self._has_stopped = threading.Event()

    @property
    def tasks(self) -> Tasks:
        return Tasks(self.clock, lambda: 0.5, self.events.append, NoLedger())

    def run_until_signal(self, *tasks: Task[Run]) -> list[Run]:
        """Lead tasks, and beside them one that sees when the driver has heard of a signal."""
        *runs, _ = self.driver.run([*tasks, self._witness()])
        return runs

    def _witness(self) -> Task[Any]:
        try:
            yield Pause(1e9)
        except Interrupted:
            self._has_stopped.set()

    def send_signal(self, number: int) -> None:
        """Called in a worker: send a signal, and go on when the driver has heard of it."""
        os.kill(os.getpid(), number)
        self.wait_for_signal()

    def wait_for_signal(self) -> None:
        """Called in a worker: go on when the driver has heard of the signal of another."""
        assert self._has_stopped.wait(PATIENCE)

    def heard(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


def ask(
    request: Request = LOOK, seconds: float | None = 30.0, target: Target | None = None
) -> Task[Result | Interrupted]:
    """Send one request and return what came of it, be it a signal."""
    try:
        result = yield Send(target or invision(), request, Secret("key"), seconds)
    except Interrupted as stop:
        return stop
    assert result is not None
    return result


def pause(until: float) -> Task[float]:
    """Return the moment that was paused for."""
    try:
        yield Pause(until)
    except Interrupted:
        return -1.0
    return until


# Answers and their order


def test_results_come_in_the_order_of_the_tasks() -> None:
    first_may_end = threading.Event()

    def play(job: Job) -> Response:
        job.pass_gate()
        number = int(job.send.request.path[1:])
        if number == 0:
            assert first_may_end.wait(PATIENCE)
        if number == 9:
            first_may_end.set()
        return answer(status=200 + number)

    scene = Scene(play)
    tasks = [ask(replace(LOOK, path=f"/{number}")) for number in range(10)]
    results = scene.driver.run(tasks)
    assert [result.status for result in results if isinstance(result, Response)] == list(
        range(200, 210)
    )
    scene.service.wait_until_closed()


def test_no_tasks_are_led_at_once() -> None:
    nothing: list[Task[float]] = []
    assert Scene(lambda job: FINE).driver.run(nothing) == []


def test_one_run_has_one_connection_and_one_thread() -> None:
    def task() -> Task[int]:
        for _ in range(5):
            yield Send(invision(), LOOK, Secret("key"), 30.0)
        return 5

    scene = Scene(lambda job: FINE)
    assert scene.driver.run([task()]) == [5]
    assert len(scene.service.connections) == len(scene.service.threads) == 1
    scene.service.wait_until_closed()


def test_few_threads_send_the_requests_of_many_tasks() -> None:
    together = threading.Barrier(4)

    def play(job: Job) -> Response:
        together.wait(PATIENCE)
        return FINE

    scene = Scene(play)
    results = scene.driver.run([ask() for _ in range(12)])
    assert results == [FINE] * 12
    assert scene.service.most_under_way == 4
    assert len(scene.service.threads) == 4
    scene.service.wait_until_closed()


def test_pauses_are_led_in_the_order_of_their_ends() -> None:
    scene = Scene(lambda job: FINE)
    order: list[float] = []

    def task(until: float) -> Task[float]:
        yield Pause(until)
        order.append(until)
        return scene.clock.monotonic()

    untils = [1030.0, 1010.0, 990.0, 1020.0]
    assert scene.driver.run([task(until) for until in untils]) == [1030.0, 1010.0, 1000.0, 1020.0]
    assert order == sorted(untils)


def test_each_exchange_is_told_with_the_key_masked() -> None:
    target = invision(settings=Settings("updatesales", {"key_in": "query"}))
    scene = Scene(lambda job: FINE)
    scene.driver.run([ask(target=target)])
    (event,) = scene.heard(Exchanged)
    assert isinstance(event, Exchanged)
    assert event.url == "https://sales.example/invision/look?api_key=***"
    assert (event.request, event.result, event.seconds) == (LOOK, FINE, 0.0)


# Deadlines


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_request_that_hangs_is_given_up_at_its_deadline(is_sent: bool) -> None:
    scene = Scene(lambda job: FINE)

    def play(job: Job) -> Response:
        if is_sent:
            job.pass_gate()
        hang(scene.clock, job)
        with pytest.raises(Abandoned):
            job.pass_gate()
        return FINE

    scene.service.play = play
    (result,) = scene.driver.run([ask(START, 300.0)])
    assert result == Fault(FaultKind.DEADLINE, "no whole answer came within 5m", was_sent=is_sent)
    assert scene.clock.elapsed == 300.0
    scene.service.wait_until_closed()


def test_a_deadline_counts_from_when_a_thread_takes_the_request() -> None:
    scene = Scene(lambda job: FINE)

    def play(job: Job) -> Response:
        hang(scene.clock, job)
        return FINE

    scene.service.play = play
    results = scene.driver.run([ask(seconds=30.0) for _ in range(9)])
    assert all(isinstance(result, Fault) for result in results)
    assert scene.clock.elapsed == 90.0
    scene.service.wait_until_closed()


def test_a_thread_that_hangs_is_replaced() -> None:
    scene = Scene(lambda job: FINE)
    hanging: list[Job] = []

    def play(job: Job) -> Response:
        if not hanging:
            hanging.append(job)
            hang(scene.clock, job)
        return FINE

    scene.service.play = play

    def task() -> Task[list[Result | None]]:
        results = []
        for _ in range(3):
            results.append((yield Send(invision(), LOOK, Secret("key"), 30.0)))
        return results

    ((first, *others),) = scene.driver.run([task()])
    assert isinstance(first, Fault)
    assert others == [FINE, FINE]
    assert len(scene.service.connections) == 2
    scene.service.wait_until_closed()


def test_other_tasks_go_on_while_one_hangs() -> None:
    scene = Scene(lambda job: FINE)
    others = threading.Semaphore(0)

    def play(job: Job) -> Response:
        if job.send.request is START:
            assert others.acquire(timeout=PATIENCE)
            assert others.acquire(timeout=PATIENCE)
            hang(scene.clock, job)
        return FINE

    def other() -> Task[Result | Interrupted]:
        result = yield from ask()
        others.release()
        return result

    scene.service.play = play
    hung, *ended = scene.driver.run([ask(START), other(), other()])
    assert isinstance(hung, Fault)
    assert ended == [FINE, FINE]
    scene.service.wait_until_closed()


# Bugs and what cannot be opened


@pytest.mark.parametrize("bug", [RuntimeError("a bug"), ZeroDivisionError(), SystemExit(5)])
def test_a_bug_in_a_worker_is_raised_in_the_main_thread(bug: BaseException) -> None:
    def play(job: Job) -> Response:
        raise bug

    with pytest.raises(type(bug)) as caught:
        Scene(play).driver.run([ask()])
    assert caught.value is bug


def test_a_service_that_cannot_be_opened_stops_no_other_task() -> None:
    """As with a file of certificates that went away: a run of another profile has begun."""
    service = FakeService(lambda job: FINE)

    def open_connection(line: Line) -> FakeConnection:
        if line.ca_file:
            raise UsageError("ca_file: gone.pem cannot be used", hint="write it again")
        return service.open(line)

    broken = invision()
    line = replace(broken.profile.line, ca_file="gone.pem")
    broken = replace(broken, profile=replace(broken.profile, line=line))
    scene = Scene(lambda job: FINE, open_connection=open_connection)
    good, bad = scene.driver.run([ask(), ask(target=broken)])
    assert good == FINE
    assert bad == Fault(
        FaultKind.REJECTED,
        "ca_file: gone.pem cannot be used",
        was_sent=False,
        hint="write it again",
    )


# Heartbeats


def test_a_heartbeat_is_told_while_time_passes() -> None:
    scene = Scene(lambda job: FINE, heartbeat=60.0)
    scene.driver.run([pause(1200.0)])
    assert len(scene.heard(Heartbeat)) == 3


def test_no_heartbeat_is_told_where_none_is_wanted() -> None:
    scene = Scene(lambda job: FINE, heartbeat=None)
    scene.driver.run([pause(1200.0)])
    assert scene.events == [UnderWay()]


def test_a_machine_that_slept_tells_one_heartbeat_for_the_night() -> None:
    scene = Scene(lambda job: FINE, heartbeat=60.0)

    def task() -> Task[None]:
        yield Pause(1010.0)
        scene.clock.elapsed += 9 * 3600.0
        yield Pause(1020.0)

    scene.driver.run([task()])
    assert len(scene.heard(Heartbeat)) <= 1


# Signals


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_while_a_run_is_followed_ends_at_once(number: int, code: int) -> None:
    scene = Scene(lambda job: FINE)

    def play(job: Job) -> Response:
        job.pass_gate()
        scene.send_signal(number)
        hang(scene.clock, job)
        return FINE

    scene.service.play = play
    (run,) = scene.run_until_signal(scene.tasks.wait(invision(), a_run(INVISION_RUN)))
    assert (run.exit_code, run.message) == (code, "interrupted; the run goes on")
    assert run.hint == f"to follow it: dfctl wait {INVISION_RUN}"
    assert scene.clock.elapsed == 0.0
    scene.service.wait_until_closed()


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_start_that_was_sent_may_still_bring_its_id(number: int, code: int) -> None:
    scene = Scene(lambda job: FINE)

    def play(job: Job) -> Response:
        job.pass_gate()
        scene.send_signal(number)
        return started()

    scene.service.play = play
    (run,) = scene.run_until_signal(scene.tasks.run(Order(invision(), NOTHING)))
    assert (run.exit_code, run.reference) == (code, INVISION_RUN)
    assert run.message == "interrupted; the run goes on"
    assert len(scene.service.jobs) == 1
    scene.service.wait_until_closed()


def test_a_start_alone_that_brings_its_id_after_a_signal_ends_with_the_signal_s_code() -> None:
    """So that a script that was interrupted does not go on as if nothing had happened."""
    scene = Scene(lambda job: FINE)

    def play(job: Job) -> Response:
        job.pass_gate()
        scene.send_signal(signal.SIGTERM)
        return started()

    scene.service.play = play
    (run,) = scene.run_until_signal(scene.tasks.start(Order(invision(), NOTHING)))
    assert (run.exit_code, run.reference) == (143, INVISION_RUN)


def test_an_outcome_that_comes_with_the_id_after_a_signal_is_the_outcome() -> None:
    scene = Scene(lambda job: FINE)

    def play(job: Job) -> Response:
        job.pass_gate()
        scene.send_signal(signal.SIGTERM)
        return started("Succeeded")

    scene.service.play = play
    (run,) = scene.run_until_signal(scene.tasks.run(Order(invision(), NOTHING)))
    assert (run.exit_code, run.message) == (0, None)


def test_requests_that_are_given_up_for_a_bad_end_leave_their_threads_to_others() -> None:
    """Four looks that hang take all threads; a start behind them is sent when they are given up."""
    scene = Scene(lambda job: FINE)

    def play(job: Job) -> Response:
        if job.send.request.method == "POST":
            job.pass_gate()
            return started("Succeeded")
        hang(scene.clock, job)
        return FINE

    def later(seconds: float, task: Task[Run]) -> Task[Run]:
        yield Pause(scene.clock.monotonic() + seconds)
        return (yield from task)

    def bad_end() -> Task[Run]:
        yield Pause(scene.clock.monotonic())
        return Run(profile="bad", backend="invision", exit_code=ExitCode.FAILED)

    scene.service.play = play
    waits = [scene.tasks.wait(invision(), a_run(INVISION_RUN)) for _ in range(4)]
    start = later(1.0, scene.tasks.start(Order(invision(), NOTHING)))
    runs = scene.driver.run(
        [*waits, start, later(2.0, bad_end())],
        is_enough=lambda run: run.exit_code is ExitCode.FAILED,
    )
    assert [run.exit_code for run in runs] == [8, 8, 8, 8, 8, 3]


def test_a_start_that_was_sent_is_waited_for_5_s() -> None:
    scene = Scene(lambda job: FINE)

    def play(job: Job) -> Response:
        job.pass_gate()
        scene.send_signal(signal.SIGTERM)
        hang(scene.clock, job)
        return FINE

    scene.service.play = play
    (run,) = scene.run_until_signal(scene.tasks.start(Order(invision(), NOTHING)))
    assert (run.exit_code, run.reference, run.hint) == (143, None, CHECK_FIRST)
    assert run.message == "interrupted after the start was sent, before it was answered"
    assert scene.clock.elapsed == GRACE == 5.0
    scene.service.wait_until_closed()


def test_a_second_signal_ends_at_once_with_the_code_of_the_first() -> None:
    scene = Scene(lambda job: FINE)

    def play(job: Job) -> Response:
        job.pass_gate()
        scene.send_signal(signal.SIGINT)
        scene.send_signal(signal.SIGTERM)
        hang(scene.clock, job)
        return FINE

    scene.service.play = play
    (run,) = scene.run_until_signal(scene.tasks.start(Order(invision(), NOTHING)))
    assert (run.exit_code, run.hint) == (130, CHECK_FIRST)
    assert scene.clock.elapsed == 0.0
    scene.service.wait_until_closed()


def test_a_start_whose_first_byte_did_not_leave_never_leaves_after_a_signal() -> None:
    scene = Scene(lambda job: FINE)
    gates: list[str] = []

    def play(job: Job) -> Response:
        scene.send_signal(signal.SIGTERM)
        hang(scene.clock, job)
        try:
            job.pass_gate()
        except Abandoned:
            gates.append("shut")
        return started()

    scene.service.play = play
    (run,) = scene.run_until_signal(scene.tasks.run(Order(invision(), NOTHING)))
    assert (run.exit_code, run.message) == (143, "interrupted: nothing was started")
    assert scene.clock.elapsed == 0.0
    scene.service.wait_until_closed()
    assert gates == ["shut"]


def test_an_answer_that_began_nothing_is_not_followed_by_another_start_after_a_signal() -> None:
    for status in (415, 429):
        scene = Scene(lambda job: FINE)

        def play(job: Job, scene: Scene = scene, status: int = status) -> Response:
            job.pass_gate()
            scene.send_signal(signal.SIGTERM)
            return answer(status=status)

        scene.service.play = play
        (run,) = scene.run_until_signal(scene.tasks.run(Order(invision(), NOTHING)))
        assert (run.exit_code, run.message) == (143, "interrupted: nothing was started")
        assert len(scene.service.jobs) == 1
        scene.service.wait_until_closed()


def test_an_outcome_that_comes_after_the_signal_is_still_the_signal_s_code_or_its_own() -> None:
    """A start that is answered with a final state has nothing left to interrupt."""

    def play(job: Job) -> Response:
        job.pass_gate()
        scene.send_signal(signal.SIGTERM)
        return started("Failed")

    scene = Scene(play)
    (run,) = scene.run_until_signal(scene.tasks.run(Order(invision(), NOTHING)))
    assert (run.reference, run.state) == (INVISION_RUN, State.FAILED)
    assert run.exit_code in {3, 143}


def test_a_signal_during_a_pause_ends_it() -> None:
    scene = Scene(lambda job: FINE)

    def sends_a_signal() -> Task[float]:
        yield Pause(1010.0)
        signal.raise_signal(signal.SIGTERM)
        return (yield from pause(2000.0))

    assert scene.driver.run([sends_a_signal(), pause(3000.0)]) == [-1.0, -1.0]
    assert scene.clock.elapsed == 10.0


def test_of_several_tasks_only_a_start_that_was_sent_is_waited_for() -> None:
    scene = Scene(lambda job: FINE)
    everybody_is_there = threading.Barrier(2)

    def play(job: Job) -> Response:
        job.pass_gate()
        everybody_is_there.wait(PATIENCE)
        if job.send.request.effect is Effect.START:
            scene.send_signal(signal.SIGTERM)
        scene.wait_for_signal()
        hang(scene.clock, job)
        return FINE

    scene.service.play = play
    start_run, wait_run = scene.run_until_signal(
        scene.tasks.start(Order(invision(), NOTHING)),
        scene.tasks.wait(invision(), a_run(INVISION_RUN)),
    )
    assert (start_run.exit_code, start_run.hint) == (143, CHECK_FIRST)
    assert (wait_run.exit_code, wait_run.message) == (143, "interrupted; the run goes on")
    assert scene.clock.elapsed == 5.0
    scene.service.wait_until_closed()


def test_starts_that_wait_for_a_thread_never_leave_after_a_signal() -> None:
    scene = Scene(lambda job: FINE)
    four_are_there = threading.Barrier(4)
    sent: list[Job] = []

    def play(job: Job) -> Response:
        job.pass_gate()
        sent.append(job)
        if four_are_there.wait(PATIENCE) == 0:
            scene.send_signal(signal.SIGTERM)
        scene.wait_for_signal()
        hang(scene.clock, job)
        return FINE

    scene.service.play = play
    targets = [invision(settings=Settings(f"flow-{number}")) for number in range(7)]
    runs = scene.run_until_signal(
        *(scene.tasks.start(Order(target, NOTHING)) for target in targets)
    )
    assert [run.exit_code for run in runs] == [143] * 7
    assert [run.hint for run in runs] == [CHECK_FIRST] * 4 + [None] * 3
    assert len(sent) == 4
    assert scene.clock.elapsed == 5.0


def test_an_answer_that_frees_a_thread_after_a_signal_lets_no_waiting_start_leave() -> None:
    scene = Scene(lambda job: FINE)
    four_are_there = threading.Barrier(4)
    sent: list[Job] = []

    def play(job: Job) -> Response:
        job.pass_gate()
        sent.append(job)
        four_are_there.wait(PATIENCE)
        if job is sent[0]:
            scene.send_signal(signal.SIGTERM)
        four_are_there.wait(PATIENCE)
        return started()

    scene.service.play = play
    targets = [invision(settings=Settings(f"flow-{number}")) for number in range(7)]
    runs = scene.run_until_signal(
        *(scene.tasks.start(Order(target, NOTHING)) for target in targets)
    )
    assert len(sent) == 4
    assert [run.reference is None for run in runs] == [False] * 4 + [True] * 3
    assert [run.message for run in runs[4:]] == ["interrupted: nothing was started"] * 3


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def play(job: Job) -> Response:
        os.kill(os.getpid(), signal.SIGTERM)
        return seen("Succeeded")

    scene = Scene(play)
    (run,) = scene.driver.run([scene.tasks.wait(invision(), a_run(INVISION_RUN))])
    assert run.exit_code == 0
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def test_the_handlers_of_signals_are_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    Scene(lambda job: FINE).driver.run([ask()])
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    with pytest.raises(RuntimeError):
        Scene(_failing).driver.run([ask()])
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def _failing(job: Job) -> Response:
    raise RuntimeError


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_outside_of_the_driver_a_signal_is_raised(number: int, code: int) -> None:
    with pytest.raises(Interrupted) as caught, signals_raised():
        signal.raise_signal(number)
    assert caught.value.signal_number == code - 128
    assert not caught.value.was_start_sent
