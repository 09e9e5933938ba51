"""Tasks led by hand: no threads, no network, and a clock that leaps over every pause."""

import contextlib
import json
import queue
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dfctl.backends import load_backend
from dfctl.client.steps import Pause, ReadKey, Send, Step, Target, Task
from dfctl.client.tasks import Tasks
from dfctl.core.errors import DfctlError, Interrupted
from dfctl.core.events import Event
from dfctl.core.exchange import Effect, Fault, FaultKind, Response, Result
from dfctl.core.profiles import Line, Profile
from dfctl.core.records import OpenEntry
from dfctl.core.runs import Reference, Run
from dfctl.core.secret import Secret
from dfctl.core.settings import Parameters, Settings
from dfctl.core.watch import Limits

RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"
INVISION_RUN = Reference("sales", f"updatesales/{RUN}")
DATAFORM_RUN = Reference("nightly", "1029591293203")
# No task asks for more than this: one that does never ends.
MOST_STEPS = 20_000


class HandClock:
    """Stands still but for the pauses that it is led over."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=self.elapsed)

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds

    def wait(self, inbox: "queue.SimpleQueue[Any]", seconds: float, *, is_idle: bool) -> Any:
        raise AssertionError("nobody waits here")


class NoLedger:
    """The journal of a machine that remembers nothing."""

    def claim(self, run: Run) -> OpenEntry | None:
        return None

    def local_reference(self, profile: str) -> Reference | None:
        return None

    def usual_seconds(self, profile: str) -> float | None:
        return None


def a_run(reference: Reference) -> Run:
    """Return a run of which only its reference is known."""
    return Run(profile=reference.profile, backend="", locator=reference.locator)


def answer(body: object = b"", status: int = 200, retry_after: float | None = None) -> Response:
    """Return an answer: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, data, retry_after=retry_after)


def started(word: str | None = "Pending") -> Response:
    """Return InVision's answer to a start."""
    return answer({"runId": RUN, "status": word})


def seen(word: object) -> Response:
    """Return InVision's answer to a look."""
    return answer({"runId": RUN, "status": word})


def dataform_seen(word: object) -> Response:
    """Return Dataform Web's answer to a look."""
    return answer({"id": DATAFORM_RUN.locator, "status": word})


def fault(kind: FaultKind = FaultKind.NETWORK, *, was_sent: bool = False) -> Fault:
    """Return a fault."""
    return Fault(kind, "the network broke", was_sent)


@dataclass
class Keys:
    """A source of keys: what it gives when it is read again, and how often that was."""

    later: Sequence[str] = ()
    reads: int = 0

    def __call__(self) -> Secret:
        self.reads += 1
        return Secret(self.later[min(self.reads, len(self.later)) - 1] if self.later else "key")


def invision(
    limits: Limits | None = None,
    *,
    read_key_again: Callable[[], Secret] | None = None,
    settings: Settings | None = None,
    fail_on_warning: bool = False,
) -> Target:
    """Return a profile of InVision called `sales`."""
    profile = Profile(
        name="sales",
        backend="invision",
        line=Line("https://sales.example/invision"),
        settings=settings or Settings("updatesales"),
        limits=limits or Limits(),
        fail_on_warning=fail_on_warning,
    )
    return Target(profile, load_backend("invision"), Secret("key"), read_key_again or Keys())


def dataform(
    limits: Limits | None = None, *, read_key_again: Callable[[], Secret] | None = None
) -> Target:
    """Return a profile of Dataform Web called `nightly`."""
    profile = Profile(
        name="nightly",
        backend="dataform-web",
        line=Line("https://api.dataform.co/v1"),
        settings=Settings("nightly", {"project": "1234"}),
        limits=limits or Limits(),
    )
    return Target(profile, load_backend("dataform-web"), Secret("key"), read_key_again or Keys())


Answering = Callable[[Send], Result]


@dataclass
class Stage:
    """Leads tasks one after the other, and keeps what they sent and told.

    `slowness` is how long each answer takes, in seconds.
    """

    random: Callable[[], float] = lambda: 0.5
    slowness: float = 0.0
    clock: HandClock = field(default_factory=HandClock)
    sent: list[Send] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    steps: int = 0

    @property
    def tasks(self) -> Tasks:
        return Tasks(self.clock, self.random, self.events.append, NoLedger())

    @property
    def methods(self) -> list[str]:
        return [send.request.method for send in self.sent]

    @property
    def starts(self) -> list[tuple[Send, Result]]:
        """Return each request that could begin a run, with what came of it."""
        pairs = zip(self.sent, self.results, strict=True)
        return [(send, got) for send, got in pairs if send.request.effect is Effect.START]

    def heard(self, kind: type[Event]) -> list[Any]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def lead(self, task: Task[Run], answers: Answering, *, interrupt_at: int | None = None) -> Run:
        """Lead a task to its end; at the step `interrupt_at` throw a signal into it instead."""
        result: Result | None = None
        try:
            step = next(task)
            while True:
                self.steps += 1
                assert self.steps < MOST_STEPS, "the task never ends"
                if interrupt_at is not None and self.steps > interrupt_at:
                    return self._interrupt(task, step)
                result = self._take(step, answers)
                step = task.send(result)
        except StopIteration as done:
            run: Run = done.value
            return run

    def _take(self, step: Step, answers: Answering) -> Result | None:
        if isinstance(step, Pause):
            self.clock.elapsed = max(self.clock.elapsed, step.until - 1000.0)
            return None
        if isinstance(step, ReadKey):
            with contextlib.suppress(DfctlError):
                step.key = step.target.read_key_again()
            return None
        result = answers(step)
        self.clock.elapsed += self.slowness
        self.sent.append(step)
        self.results.append(result)
        return result

    def _interrupt(self, task: Task[Run], step: Step) -> Run:
        """Throw a signal into a task, as if the request of its step had been sent."""
        is_start = isinstance(step, Send) and step.request.effect is Effect.START
        try:
            again = task.throw(Interrupted(15, was_start_sent=is_start))
        except StopIteration as done:
            run: Run = done.value
            return run
        raise AssertionError(f"the task goes on after a signal: {again}")


def in_order(*results: Result) -> Answering:
    """Return what gives `results` one by one; a request too many fails."""
    left = list(results)

    def next_one(send: Send) -> Result:
        assert left, f"an unexpected request: {send.request.method} {send.request.path}"
        return left.pop(0)

    return next_one


def by_method(given: Mapping[str, Sequence[Result]], *, then: Mapping[str, Result]) -> Answering:
    """Return what answers GET and POST from a list each, and with `then` when it is used up."""
    left = {method: list(results) for method, results in given.items()}

    def next_one(send: Send) -> Result:
        method = send.request.method
        return left[method].pop(0) if left.get(method) else then[method]

    return next_one


NOTHING = Parameters()
