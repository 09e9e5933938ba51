"""The driver: leads 1 to N tasks to their ends, whatever a network or a signal does meanwhile.

The main thread only ever waits in a bounded look at its inbox, so that deadlines and signals hold
against a resolver that hangs and a server that dribbles.
"""

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from dfctl.client.clock import Clock
from dfctl.client.job import Job
from dfctl.client.steps import Pause, ReadKey, Send, Step, Task
from dfctl.client.timers import Timers
from dfctl.client.workers import Answered, Connection, KeyRead, Workers, begin_reading
from dfctl.core.durations import format_duration
from dfctl.core.errors import Interrupted
from dfctl.core.events import Exchanged, Heartbeat, Listener, UnderWay
from dfctl.core.exchange import Effect, Fault, FaultKind, Result, url_of
from dfctl.core.profiles import Line
from dfctl.core.secret import MASK
from dfctl.process.signals import heed_signal, is_signal_told, signals_told

# How long a signal waits for the answer of a start that is under way: it brings the run's id.
GRACE = 5.0

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Caught:
    """The message: this signal came."""

    number: int


@dataclass(eq=False)
class _Lane(Generic[_Value]):
    """One task and what it waits for: a job, a key, or a pause."""

    task: Task[_Value]
    job: Job | None = None
    reading: ReadKey | None = None
    submitted: float = 0.0
    results: list[_Value] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return not self.results


class Driver:
    """Leads tasks. `tell` hears of each exchange, and of a heartbeat every `heartbeat` seconds."""

    def __init__(
        self,
        *,
        clock: Clock,
        open_connection: Callable[[Line], Connection],
        tell: Listener,
        heartbeat: float | None = None,
    ) -> None:
        self._clock = clock
        self._tell = tell
        self._heartbeat = heartbeat
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._workers = Workers(self._inbox, open_connection)
        self._timers = Timers(clock)
        self._stop: Interrupted | None = None
        self._is_enough: Callable[[Any], bool] | None = None

    def run(
        self, tasks: Sequence[Task[_Value]], *, is_enough: Callable[[_Value], bool] | None = None
    ) -> list[_Value]:
        """Return the tasks' results, in their order. A signal is thrown into each of them.

        A task has to return soon after an `Interrupted`, without another step. So are the others
        stopped when a result `is_enough`.
        """
        lanes = [_Lane(task) for task in tasks]
        self._is_enough = is_enough
        # SimpleQueue.put is reentrant, which is what makes it fit for a signal's handler.
        with signals_told(lambda number: self._inbox.put(Caught(number))):
            try:
                self._lead(lanes)
            finally:
                self._workers.close()
        return [result for lane in lanes for result in lane.results]

    def _lead(self, lanes: list[_Lane[_Value]]) -> None:
        self._lanes: list[_Lane[Any]] = list(lanes)
        for lane in lanes:
            self._advance(lane, None)
        self._tell(UnderWay())
        self._schedule_heartbeat()
        self._stop_if_enough()
        while any(lane.is_open for lane in lanes):
            message = self._next_message()
            match message:
                case Answered():
                    self._answered(message)
                case KeyRead():
                    self._key_read(message)
                case Caught():
                    self._caught(message.number)
            self._timers.fire()
            self._stop_if_enough()

    def _next_message(self) -> Any:
        seconds = self._timers.seconds_to_next()
        is_idle = self._workers.is_idle and not any(lane.reading for lane in self._lanes)
        return self._clock.wait(self._inbox, GRACE if seconds is None else seconds, is_idle=is_idle)

    def _advance(self, lane: _Lane[Any], result: Result | None) -> None:
        """Send a result into a task and begin the step that it asks for."""
        if not lane.is_open:
            return
        lane.job = lane.reading = None
        try:
            step: Step = lane.task.send(result)
            if self._stop:
                step = lane.task.throw(self._stop)
        except StopIteration as done:
            self._end(lane, done.value)
            return
        if isinstance(step, Pause):
            self._timers.set(step.until, lambda: self._advance(lane, None))
        elif isinstance(step, ReadKey):
            self._read_key(lane, step)
        else:
            self._submit(lane, step)

    def _submit(self, lane: _Lane[Any], send: Send) -> None:
        if is_signal_told():
            return  # its message, which is in the inbox, ends the task
        lane.job = job = Job(send)
        if self._workers.submit(job):
            self._under_way(lane, job)

    def _read_key(self, lane: _Lane[Any], reading: ReadKey) -> None:
        lane.reading = reading
        begin_reading(reading, self._inbox)
        due = self._clock.monotonic() + reading.seconds
        self._timers.set(due, lambda: self._give_up_key(lane, reading))

    def _under_way(self, lane: _Lane[Any], job: Job) -> None:
        lane.submitted = self._clock.monotonic()
        if job.send.seconds is not None:
            self._timers.set(lane.submitted + job.send.seconds, lambda: self._give_up(lane, job))

    def _lane_of(self, job: Job) -> _Lane[Any] | None:
        return next((lane for lane in self._lanes if lane.job is job), None)

    def _answered(self, answered: Answered) -> None:
        job = answered.job
        lane = self._lane_of(job)
        if lane is None:
            return  # it was given up a moment before
        self._free_worker_of(job)
        if answered.bug:
            raise answered.bug
        assert answered.result is not None
        self._finish(lane, job, answered.result)

    def _key_read(self, read: KeyRead) -> None:
        lane = next((lane for lane in self._lanes if lane.reading is read.reading), None)
        if lane is None:
            return  # it was given up a moment before
        if read.bug:
            raise read.bug
        read.reading.key = read.key
        self._advance(lane, None)

    def _give_up_key(self, lane: _Lane[Any], reading: ReadKey) -> None:
        if lane.reading is reading:
            text = "the service refused the key, and it could not be read again in time"
            self._advance(lane, Fault(FaultKind.DEADLINE, text, was_sent=True))

    def _give_up(self, lane: _Lane[Any], job: Job) -> None:
        """Take a request that passed its deadline for a fault."""
        if lane.job is not job:
            return
        was_sent = job.abandon()
        self._free_worker_of(job)
        text = f"no whole answer came within {format_duration(job.send.seconds)}"
        self._finish(lane, job, Fault(FaultKind.DEADLINE, text, was_sent))

    def _finish(self, lane: _Lane[Any], job: Job, result: Result) -> None:
        seconds = self._clock.monotonic() - lane.submitted
        self._tell(Exchanged(job.send.request, _shown_url(job.send), result, seconds))
        if self._stop and isinstance(result, Fault):
            self._interrupt(lane)
        else:
            self._advance(lane, result)

    def _free_worker_of(self, job: Job) -> None:
        following = self._workers.done(job)
        if following and (lane := self._lane_of(following)):
            self._under_way(lane, following)

    def _caught(self, number: int) -> None:
        """Stop all tasks; but let a start that is under way bring its run's id, for a moment."""
        if self._stop and self._stop.signal_number is not None:
            self._interrupt_rest()
            return
        heed_signal()
        self._stop = Interrupted(number)
        self._interrupt_all_but(self._is_start_sent)
        self._timers.set(self._clock.monotonic() + GRACE, self._interrupt_rest)

    def _stop_if_enough(self) -> None:
        """Stop following when a result was enough; what is being started is started."""
        if self._stop or self._is_enough is None:
            return
        results = [result for lane in self._lanes for result in lane.results]
        if any(self._is_enough(result) for result in results):
            self._stop = Interrupted(None)
            self._interrupt_all_but(self._is_starting)

    def _interrupt_all_but(self, is_spared: Callable[[_Lane[Any]], bool]) -> None:
        for lane in self._lanes:
            if lane.is_open and not is_spared(lane):
                self._interrupt(lane)

    def _interrupt_rest(self) -> None:
        self._interrupt_all_but(lambda lane: False)

    def _is_starting(self, lane: _Lane[Any]) -> bool:
        return lane.job is not None and lane.job.send.request.effect is Effect.START

    def _is_start_sent(self, lane: _Lane[Any]) -> bool:
        return self._is_starting(lane) and lane.job is not None and lane.job.was_sent

    def _interrupt(self, lane: _Lane[Any]) -> None:
        assert self._stop is not None
        job, lane.job, lane.reading = lane.job, None, None
        was_sent = job.abandon() if job else False
        if job:
            self._free_worker_of(job)
        is_start = job is not None and job.send.request.effect is Effect.START
        try:
            lane.task.throw(
                Interrupted(self._stop.signal_number, was_start_sent=is_start and was_sent)
            )
        except StopIteration as done:
            self._end(lane, done.value)

    def _end(self, lane: _Lane[Any], result: Any) -> None:
        lane.results.append(result)

    def _schedule_heartbeat(self) -> None:
        if self._heartbeat is not None:
            self._timers.set(self._clock.monotonic() + self._heartbeat, self._beat)

    def _beat(self) -> None:
        self._tell(Heartbeat())
        self._schedule_heartbeat()


def _shown_url(send: Send) -> str:
    target = send.target
    return url_of(target.profile.line.address, send.request, target.key_place, MASK)
