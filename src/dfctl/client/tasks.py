"""The tasks of the commands: start, start and follow, follow, look once.

Each returns a `Run` with the exit code and the words for its end, whatever came in between.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dfctl.client.clock import Clock
from dfctl.client.following import Follow, age_of, look_once
from dfctl.client.ledger import Ledger
from dfctl.client.starting import CHECK_FIRST, Start
from dfctl.client.steps import Pause, Target, Task
from dfctl.core.durations import format_duration
from dfctl.core.errors import DfctlError, Interrupted, NotFound
from dfctl.core.events import Accepted, Following, Listener, NotBegun, Starting
from dfctl.core.exits import ExitCode, exit_code_of, exit_code_of_signal
from dfctl.core.profiles import Overlap
from dfctl.core.records import OpenEntry, StartOutcome, outcome_of_exit, settle
from dfctl.core.runs import Run, Sighting
from dfctl.core.settings import Parameters
from dfctl.core.states import State
from dfctl.core.watch import Ending


@dataclass(frozen=True)
class Order:
    """One start: of which profile, with what, and whether the service holds its answer."""

    target: Target
    parameters: Parameters
    server_wait: bool = False


@dataclass(frozen=True)
class Tasks:
    """Makes tasks. `random` gives numbers from 0 to 1; `tell` hears what happens."""

    clock: Clock
    random: Callable[[], float]
    tell: Listener
    ledger: Ledger

    def start(self, order: Order) -> Task[Run]:
        """Start a run and do not follow it."""
        run = _new_run(order.target)
        try:
            entry = yield from self._open_entry(order.target, run)
            if entry:
                return _beside(run, entry, order.target.profile.overlap)
            self.tell(Starting(run))
            run = (yield from self._begin(order, run)).run
        except (DfctlError, Interrupted) as end:
            return self._not_begun(run, end)
        try:
            yield from self._moment()
        except Interrupted as end:
            return _ended_by(run, end)
        return replace(run, exit_code=ExitCode.SUCCEEDED)

    def run(self, order: Order) -> Task[Run]:
        """Start a run and follow it to its end."""
        target = order.target
        run = _new_run(target)
        try:
            entry = yield from self._open_entry(target, run)
            if entry and entry.run and target.profile.overlap is Overlap.JOIN:
                return (yield from self.wait(target, entry.run, is_known=True))
            if entry:
                return _beside(run, entry, target.profile.overlap)
            self._tell_following(target, run)
            begun = yield from self._begin(order, run)
        except (DfctlError, Interrupted) as end:
            return self._not_begun(run, end)
        follow = self._follow(begun.target, begun.run, is_ours=True, is_known=True)
        if begun.sighting:
            follow.saw(begun.sighting)
        return (yield from self._to_the_end(target, follow))

    def wait(self, target: Target, run: Run, *, is_known: bool = False) -> Task[Run]:
        """Follow a run that was started before.

        `is_known` says that the service is known to have begun it, so that it can only be lost.
        """
        self._tell_following(target, run)
        follow = self._follow(target, run, is_ours=False, is_known=is_known)
        return (yield from self._to_the_end(target, follow))

    def status(self, target: Target, run: Run) -> Task[Run]:
        """Look at a run once."""
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

    def _tell_following(self, target: Target, run: Run) -> None:
        usual = self.ledger.usual_seconds(run.profile)
        age = age_of(run, self.clock) or 0.0
        self.tell(Following(run, target.profile.limits.timeout, usual, age))

    def _open_entry(self, target: Target, run: Run) -> Task[OpenEntry | None]:
        """Return what of the profile is open, or None when the start is free and written down.

        The service is asked about a run that the journal holds open, until there is none, or one
        that has not ended.
        """
        if target.profile.overlap is Overlap.ALLOW:
            return None
        asked: set[str | None] = set()
        while (entry := self.ledger.claim(run)) and entry.run and entry.run.locator not in asked:
            asked.add(entry.run.locator)
            known = replace(entry.run, options=target.options)
            try:
                found = yield from look_once(
                    target, known, clock=self.clock, random=self.random, tell=self.tell
                )
            except NotFound:
                return OpenEntry(run=replace(known, hint=_ended_elsewhere(known)))
            except DfctlError:
                return OpenEntry(run=known)  # what cannot be asked about counts as open
            if found.state is None or not found.state.is_final:
                return OpenEntry(run=found)
        return entry

    def _begin(self, order: Order, run: Run) -> Task["_Begun"]:
        attempt = Start(order.target, run, clock=self.clock, random=self.random, tell=self.tell)
        sent_at = self.clock.now()
        started = yield from attempt.task(order.parameters, server_wait=order.server_wait)
        state = started.sighting.state if started.sighting else State.PENDING
        # A held answer comes when the run is over: it began when it was asked for.
        started_at = sent_at if order.server_wait else self.clock.now()
        run = replace(run, locator=started.locator, state=state, started_at=started_at)
        self.tell(Accepted(run))
        return _Begun(replace(order.target, key=attempt.key), run, started.sighting)

    def _follow(self, target: Target, run: Run, *, is_ours: bool, is_known: bool) -> Follow:
        return Follow(
            target,
            run,
            is_ours=is_ours,
            is_known=is_known,
            clock=self.clock,
            random=self.random,
            tell=self.tell,
        )

    def _to_the_end(self, target: Target, follow: Follow) -> Task[Run]:
        try:
            if follow.watch.ending is None:
                yield from self._moment()
            run = yield from follow.task()
        except (DfctlError, Interrupted) as end:
            return follow.timed(_ended_by(follow.run, end))
        if follow.watch.ending is Ending.FINAL:
            return follow.timed(_with_outcome(target, run))
        return follow.timed(_given_up(run, follow))

    def _not_begun(self, run: Run, end: DfctlError | Interrupted) -> Run:
        """Return a start that gave no run, with the words for why."""
        run = _without_run(run, end)
        assert run.exit_code is not None
        outcome = outcome_of_exit(run.exit_code)
        if isinstance(end, Interrupted):
            sent = end.was_start_sent
            outcome = StartOutcome.UNCONFIRMED if sent else StartOutcome.NOT_STARTED
        if outcome is StartOutcome.UNCONFIRMED:
            run = self._with_local_reference(run)
        self.tell(NotBegun(run, outcome))
        return run

    def _with_local_reference(self, run: Run) -> Run:
        reference = self.ledger.local_reference(run.profile)
        if reference is None:
            return run
        return replace(run, local_reference=reference, hint=f"{run.hint}; then {settle(reference)}")


@dataclass(frozen=True)
class _Begun:
    """A run that the service confirmed; `target` has the key that the service took."""

    target: Target
    run: Run
    sighting: Sighting | None


def _new_run(target: Target) -> Run:
    profile = target.profile
    return Run(
        profile=profile.name,
        backend=profile.backend,
        flow=profile.settings.flow,
        options=target.options,
    )


def _with_outcome(target: Target, run: Run) -> Run:
    assert run.state is not None
    code = exit_code_of(run.state, fail_on_warning=target.profile.fail_on_warning)
    return replace(run, exit_code=code)


def _without_run(run: Run, end: DfctlError | Interrupted) -> Run:
    if isinstance(end, DfctlError):
        return replace(run, exit_code=end.exit_code, message=end.message, hint=end.hint)
    signal = end.signal_number
    if end.was_start_sent:
        code = ExitCode.UNCONFIRMED if signal is None else exit_code_of_signal(signal)
        message = "interrupted after the start was sent, before it was answered"
        return replace(run, exit_code=code, message=message, hint=CHECK_FIRST)
    if signal is None:
        message = "not started, because another run ended badly (--fail-fast)"
        return replace(run, exit_code=ExitCode.NOT_STARTED, message=message)
    message = "interrupted: nothing was started"
    return replace(run, exit_code=exit_code_of_signal(signal), message=message)


def _beside(run: Run, entry: OpenEntry, overlap: Overlap) -> Run:
    """Return the end of a start beside which something of the profile is open."""
    if entry.run and overlap is Overlap.JOIN:
        hint = f"running already, and not started again; {resume(entry.run)}"
        return replace(entry.run, exit_code=ExitCode.SUCCEEDED, hint=hint)
    if entry.run:
        message = f"not started: an earlier run is open: {entry.run.reference}"
        hint = entry.run.hint or resume(entry.run)
        return replace(run, exit_code=ExitCode.OVERLAP, message=message, hint=hint)
    assert entry.start is not None
    reference = entry.start.local_reference
    message = f"not started: an earlier start is unconfirmed: {reference}"
    is_join = overlap is Overlap.JOIN
    return replace(
        run,
        exit_code=ExitCode.UNCONFIRMED if is_join else ExitCode.OVERLAP,
        message=message,
        hint=f"look at the service, then {settle(reference)}",
    )


def _ended_by(run: Run, end: DfctlError | Interrupted) -> Run:
    """Return a run whose waiting ended early, with the words for why and how to go on."""
    if isinstance(end, DfctlError):
        hint = end.hint or resume(run)
        return replace(run, exit_code=end.exit_code, message=end.message, hint=hint)
    if end.signal_number is None:
        code, message = (
            ExitCode.NOT_ENDED,
            "no longer followed, because another run ended badly (--fail-fast)",
        )
    else:
        code, message = exit_code_of_signal(end.signal_number), "interrupted"
    message = f"{message}; the run goes on"
    return replace(run, exit_code=code, message=message, hint=resume(run))


def _given_up(run: Run, follow: Follow) -> Run:
    limits = follow.watch.limits
    if follow.watch.ending is Ending.OUTAGE:
        limit = format_duration(limits.max_outage)
        message = f"no contact for {limit} (--max-outage): {follow.why}"
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
    return f"to follow it: dfctl wait {run.reference}{run.options}"


def _ended_elsewhere(run: Run) -> str:
    return (
        "the service does not know it; if it is over: "
        f"dfctl runs resolve {run.reference} --as ended"
    )
