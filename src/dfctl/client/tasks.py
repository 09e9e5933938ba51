"""The tasks of the commands: start, start and follow, follow, look once.

Each returns a `Run` with the exit code and the words for its end, whatever came in between.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dfctl.client.clock import Clock
from dfctl.client.following import Follow, look_once
from dfctl.client.starting import CHECK_FIRST, Start
from dfctl.client.steps import Pause, Target, Task
from dfctl.core.durations import format_duration
from dfctl.core.errors import DfctlError, Interrupted
from dfctl.core.events import Accepted, Following, Listener, Starting
from dfctl.core.exits import ExitCode, exit_code_of, exit_code_of_signal
from dfctl.core.runs import Reference, Run, Sighting
from dfctl.core.settings import Parameters
from dfctl.core.states import State
from dfctl.core.watch import Ending


@dataclass(frozen=True)
class Tasks:
    """Makes tasks. `random` gives numbers from 0 to 1; `tell` hears what happens."""

    clock: Clock
    random: Callable[[], float]
    tell: Listener

    def start(self, target: Target, parameters: Parameters, *, server_wait: bool) -> Task[Run]:
        """Start a run and do not follow it."""
        run = _new_run(target)
        self.tell(Starting(run))
        try:
            begun = yield from self._begin(target, run, parameters, server_wait=server_wait)
            run = begun.run
        except (DfctlError, Interrupted) as end:
            return _not_begun(run, end)
        try:
            yield from self._moment()
        except Interrupted as end:
            return _ended_by(run, end)
        return replace(run, exit_code=ExitCode.SUCCEEDED)

    def run(self, target: Target, parameters: Parameters, *, server_wait: bool) -> Task[Run]:
        """Start a run and follow it to its end."""
        run = _new_run(target)
        self.tell(Following(run, target.profile.limits.timeout))
        try:
            begun = yield from self._begin(target, run, parameters, server_wait=server_wait)
        except (DfctlError, Interrupted) as end:
            return _not_begun(run, end)
        follow = self._follow(begun.target, begun.run)
        if begun.sighting:
            follow.saw(begun.sighting)
        return (yield from self._to_the_end(target, follow))

    def wait(self, target: Target, reference: Reference) -> Task[Run]:
        """Follow a run that was started before."""
        run = _known(target, reference)
        self.tell(Following(run, target.profile.limits.timeout))
        return (yield from self._to_the_end(target, self._follow(target, run)))

    def status(self, target: Target, reference: Reference) -> Task[Run]:
        """Look at a run once."""
        run = _known(target, reference)
        try:
            run = yield from look_once(
                target, run, clock=self.clock, random=self.random, tell=self.tell
            )
        except (DfctlError, Interrupted) as end:
            return _ended_by(run, end)
        return _with_outcome(target, run)

    def _moment(self) -> Task[None]:
        """Let a signal that came during the start end the task here, now that the id is known."""
        yield Pause(self.clock.monotonic())

    def _begin(
        self, target: Target, run: Run, parameters: Parameters, *, server_wait: bool
    ) -> Task["_Begun"]:
        attempt = Start(target, run, clock=self.clock, random=self.random, tell=self.tell)
        started = yield from attempt.task(parameters, server_wait=server_wait)
        state = started.sighting.state if started.sighting else State.PENDING
        run = replace(run, locator=started.locator, state=state, started_at=self.clock.now())
        self.tell(Accepted(run))
        return _Begun(replace(target, key=attempt.key), run, started.sighting)

    def _follow(self, target: Target, run: Run) -> Follow:
        return Follow(target, run, clock=self.clock, random=self.random, tell=self.tell)

    def _to_the_end(self, target: Target, follow: Follow) -> Task[Run]:
        try:
            yield from self._moment()
            run = yield from follow.task()
        except (DfctlError, Interrupted) as end:
            return self._timed(_ended_by(follow.run, end), follow)
        if follow.watch.ending is Ending.FINAL:
            return self._timed(_with_outcome(target, run), follow)
        return self._timed(_given_up(run, follow), follow)

    def _timed(self, run: Run, follow: Follow) -> Run:
        if run.started_at is None:
            return run
        return replace(run, elapsed_s=round(self.clock.monotonic() - follow.watch.began, 3))


@dataclass(frozen=True)
class _Begun:
    """A run that the service confirmed; `target` has the key that the service took."""

    target: Target
    run: Run
    sighting: Sighting | None


def _new_run(target: Target) -> Run:
    profile = target.profile
    return Run(profile=profile.name, backend=profile.backend, flow=profile.settings.flow)


def _known(target: Target, reference: Reference) -> Run:
    return replace(_new_run(target), flow=None, locator=reference.locator)


def _with_outcome(target: Target, run: Run) -> Run:
    assert run.state is not None
    code = exit_code_of(run.state, fail_on_warning=target.profile.fail_on_warning)
    return replace(run, exit_code=code)


def _not_begun(run: Run, end: DfctlError | Interrupted) -> Run:
    """Return a start that gave no run, with the words for why."""
    if isinstance(end, DfctlError):
        return replace(run, exit_code=end.exit_code, message=end.message, hint=end.hint)
    code = exit_code_of_signal(end.signal_number)
    if end.was_start_sent:
        message = "interrupted after the start was sent, before it was answered"
        return replace(run, exit_code=code, message=message, hint=CHECK_FIRST)
    return replace(run, exit_code=code, message="interrupted: nothing was started")


def _ended_by(run: Run, end: DfctlError | Interrupted) -> Run:
    """Return a run whose waiting ended early, with the words for why and how to go on."""
    if isinstance(end, DfctlError):
        hint = end.hint or resume(run)
        return replace(run, exit_code=end.exit_code, message=end.message, hint=hint)
    code = exit_code_of_signal(end.signal_number)
    message = "interrupted; the run goes on"
    return replace(run, exit_code=code, message=message, hint=resume(run))


def _given_up(run: Run, follow: Follow) -> Run:
    limits = follow.watch.limits
    if follow.watch.ending is Ending.OUTAGE:
        message = f"no contact for {format_duration(limits.max_outage)} (--max-outage)"
        code = ExitCode.LOST
    elif follow.watch.ending is Ending.QUEUE_TIMEOUT:
        still = "not seen" if run.state is None else "still pending"
        message = f"{still} after {format_duration(limits.queue_timeout)} (--queue-timeout)"
        code = ExitCode.TIMEOUT
    else:
        message = f"not ended after {format_duration(limits.timeout)} (--timeout)"
        code = ExitCode.TIMEOUT
    return replace(run, exit_code=code, message=f"{message}; the run goes on", hint=resume(run))


def resume(run: Run) -> str:
    """Return the command that follows `run` from here on."""
    return f"to follow it: dfctl wait {run.reference}"
