"""Whatever sequence of faults comes: nothing is started twice, lost, misreported or leaked.

The real tasks are led by hand, without sockets, against a service that knows what really began; a
journal of their own writes down what they tell.
"""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.client.steps import Pause, ReadKey, Send, Step, Target, Task
from dfctl.client.tasks import Order, Tasks
from dfctl.core.errors import Interrupted
from dfctl.core.events import Accepted, Event, Seen
from dfctl.core.exchange import Effect, Response, Result
from dfctl.core.exits import ExitCode
from dfctl.core.profiles import Overlap
from dfctl.core.records import StartOutcome
from dfctl.core.runs import Run
from dfctl.core.secret import Secret
from dfctl.core.settings import Parameters
from dfctl.store.recorder import Recorder, journal_to_read
from tests.client.stage import HandClock, dataform, invision
from tests.faults.stories import DATAFORM, INVISION, Begun, Contract, Says, Story, Truth, stories
from tests.faults.tally import Problem, Wrong, check
from tests.long import tried
from tests.shell import CANARY

MOST_STEPS = 5000
_REFUSED = {ExitCode.USAGE, ExitCode.KEY, ExitCode.NOT_FOUND, ExitCode.NOT_STARTED}
_GOES_ON = {ExitCode.LOST, ExitCode.TIMEOUT}
_SIGTERM = 15

contracts = pytest.mark.parametrize(
    "contract", [INVISION, DATAFORM], ids=lambda contract: contract.backend
)


@dataclass
class Command:
    """One command that is led by hand: what it asked for and told, in order."""

    story: Story
    truth: Truth
    clock: HandClock
    recorder: Recorder
    is_followed: bool = True
    log: list[Event | Step | Result] = field(default_factory=list)
    was_stopped: bool = False
    ended: Run | None = None

    def lead(self, make: Callable[[Tasks], Task[Run]]) -> Run:
        """Lead a task to its end, as the driver does."""
        rolls = itertools.cycle(self.story.rolls)
        task = make(Tasks(self.clock, lambda: next(rolls), self._tell, self.recorder))
        result: Result | None = None
        for number in range(1, MOST_STEPS):
            try:
                step = task.send(result)
                if number == self.story.stop_at:
                    self._stop(task, step)
                result = self._take(step)
            except StopIteration as done:
                self.ended = done.value
                self.recorder.close()
                return self.ended
        raise AssertionError("the command never ends")

    def heard(self, kind: type[Event]) -> list[Any]:
        """Return the events of one kind."""
        return [entry for entry in self.log if isinstance(entry, kind)]

    def _tell(self, event: Event) -> None:
        self.recorder.hear(event)
        self.log.append(event)

    def _take(self, step: Step) -> Result | None:
        self.log.append(step)
        if isinstance(step, Pause):
            self.clock.elapsed = max(self.clock.elapsed, step.until - 1000.0)
            return None
        if isinstance(step, ReadKey):
            step.key = step.target.read_key_again()
            return None
        result, seconds = self.truth.answer(step)
        self.clock.elapsed += seconds
        self.log.append(result)
        return result

    def _stop(self, task: Task[Run], step: Step) -> None:
        """Bring a signal; it waits a moment for the answer of a start that has left."""
        self.was_stopped = True
        is_start = isinstance(step, Send) and step.request.effect is Effect.START
        was_sent = is_start and self.truth.is_sent()
        if was_sent:
            result = self._take(step)
            if isinstance(result, Response) and self.story.is_answered:
                task.send(result)
                was_sent = False
            else:
                self.truth.forget_answer()
        task.throw(Interrupted(_SIGTERM, was_start_sent=was_sent))
        raise AssertionError("the task goes on after a signal")


@dataclass
class Machine:
    """This machine and the service: one journal, and one command after the other."""

    contract: Contract
    story: Story
    folder: Path
    overlap: Overlap = Overlap.ALLOW
    clock: HandClock = field(default_factory=HandClock)
    warnings: list[str] = field(default_factory=list)
    readings: int = 0

    def __post_init__(self) -> None:
        self.truth = Truth(self.contract, self.story, CANARY)
        # Forever: what is unsettled stays so.
        self.open_for: float | None = None

    @property
    def journal(self) -> Path:
        return self.folder / "journal.db"

    @property
    def target(self) -> Target:
        made = invision if self.contract is INVISION else dataform
        target = made(self.story.limits, read_key_again=self._read_key)
        profile = replace(target.profile, overlap=self.overlap)
        return replace(target, profile=profile, key=self._read_key())

    def command(self, make: Callable[[Tasks], Task[Run]], *, is_followed: bool = True) -> Command:
        """Lead a command to its end. A run that is not `is_followed` is only started."""
        recorder = Recorder(self.journal, now=self.clock.now, warn=self.warnings.append)
        recorder.expect(self.contract.profile, open_for=self.open_for)
        command = Command(self.story, self.truth, self.clock, recorder, is_followed)
        command.lead(make)
        return command

    def _read_key(self) -> Secret:
        """Read the key's source: from the second time on it may have another, as good as any."""
        self.readings += 1
        is_newer = self.readings > 1 and self.story.newer_key
        return Secret(f"{CANARY}-newer" if is_newer else CANARY)


# What is promised


def of_starts(truth: Truth) -> Iterator[Problem]:
    """One start began at most one run, and nothing was sent after one that may have begun."""
    if len(truth.runs) > 1:
        yield Problem(Wrong.OUTCOME, f"one start began {len(truth.runs)} runs")
    if any(says is not Says.NOT_BEGUN for says in truth.posts[:-1]):
        yield Problem(Wrong.OUTCOME, f"a start was sent after one that may have begun: {truth}")


def of_exit_code(command: Command, truth: Truth) -> Iterator[Problem]:
    """The exit code of a command that starts is true, or says that it does not know."""
    assert command.ended is not None
    code = command.ended.exit_code
    said = f"exit code {code}, but "
    last = truth.posts[-1] if truth.posts else Says.NOT_BEGUN
    if code is None or code not in {*ExitCode}:
        yield Problem(Wrong.OUTCOME, f"no exit code: {code}")
    if code in _REFUSED and (truth.runs or last is not Says.NOT_BEGUN):
        yield Problem(Wrong.OUTCOME, f"{said}a run may have begun")
    if code in _GOES_ON and last is not Says.BEGUN:
        yield Problem(Wrong.OUTCOME, f"{said}nobody was told of a run")
    if code is ExitCode.UNCONFIRMED and last is not Says.NOTHING:
        yield Problem(Wrong.OUTCOME, f"{said}the service said that {last}")
    if last is Says.NOTHING and code not in (ExitCode.UNCONFIRMED, ExitCode.TERMINATED):
        yield Problem(Wrong.OUTCOME, f"{said}nobody knows what began")
    if code is ExitCode.TERMINATED and not command.was_stopped:
        yield Problem(Wrong.OUTCOME, f"{said}no signal came")
    if code in (ExitCode.BUG, ExitCode.NOT_ENDED, ExitCode.OVERLAP):
        yield Problem(Wrong.OUTCOME, f"{said}nothing like that happened")


def of_outcome(command: Command, truth: Truth) -> Iterator[Problem]:
    """An outcome is reported if, and only if, the service told it; nothing is asked after it."""
    assert command.ended is not None
    ended = command.ended
    told = next((run.told for run in truth.runs if run.told), None)
    is_final = ended.state is not None and ended.state.is_final
    if is_final != (told is not None):
        yield Problem(Wrong.OUTCOME, f"the service told {told!r}, dfctl {ended.state}")
    code = truth.contract.outcomes[told] if told and command.is_followed else ExitCode.SUCCEEDED
    if told and ended.exit_code not in (code, ExitCode.TERMINATED):
        yield Problem(Wrong.OUTCOME, f"the service told {told!r}, dfctl exit code {ended}")
    if truth.looks_after_the_end:
        yield Problem(Wrong.OUTCOME, "a run was looked at after its end was told")
    finals = [seen.run.state.is_final for seen in command.heard(Seen) if seen.run.state]
    if True in finals[:-1]:
        yield Problem(Wrong.OUTCOME, "an outcome was left")


def of_reference(command: Command, truth: Truth) -> Iterator[Problem]:
    """The reference of a run is told before anything else is done."""
    accepted = command.heard(Accepted)
    has_begun = Says.BEGUN in truth.posts
    if len(accepted) != has_begun:
        yield Problem(Wrong.REFERENCE, f"told {len(accepted)} times")
        return
    if not has_begun:
        return
    sends = [index for index, entry in enumerate(command.log) if isinstance(entry, Send)]
    answers = [index + 1 for index in sends if _is_start(command.log[index])]
    if not isinstance(command.log[answers[-1] + 1], Accepted):
        yield Problem(Wrong.REFERENCE, "something came before the reference was told")
    assert command.ended is not None
    if command.ended.reference is None:
        yield Problem(Wrong.REFERENCE, "the end has no reference")


def _is_start(entry: object) -> bool:
    return isinstance(entry, Send) and entry.request.effect is Effect.START


def of_words(command: Command, truth: Truth) -> Iterator[Problem]:
    """What is said of a start that was interrupted is true."""
    assert command.ended is not None
    message = command.ended.message or ""
    if "nothing was started" in message and truth.runs:
        yield Problem(Wrong.OUTCOME, f"it is said that {message}, and a run began")
    if "the run goes on" in message and not truth.runs:
        yield Problem(Wrong.OUTCOME, f"it is said that {message}, and none began")
    if command.ended.exit_code is not ExitCode.SUCCEEDED and not message:
        is_outcome = command.ended.state is not None and command.ended.state.is_final
        if not is_outcome:
            yield Problem(Wrong.OUTCOME, "nothing is said of a bad end")


def of_journal(machine: Machine, command: Command) -> Iterator[Problem]:
    """The journal holds the start, and says of it what is true."""
    if machine.warnings:
        yield Problem(Wrong.REFERENCE, f"the journal was not written: {machine.warnings}")
    truth = machine.truth
    journal = journal_to_read(machine.journal, machine.clock.now)
    start = journal.newest_start(machine.contract.profile)
    journal.close()
    if start is None:
        if truth.posts or truth.runs:
            yield Problem(Wrong.REFERENCE, "the journal has no start")
        return
    last = truth.posts[-1] if truth.posts else Says.NOT_BEGUN
    fitting = {
        Says.BEGUN: {StartOutcome.CONFIRMED},
        Says.NOTHING: {StartOutcome.UNCONFIRMED},
        Says.NOT_BEGUN: {StartOutcome.REFUSED, StartOutcome.NOT_STARTED},
    }[last]
    if start.outcome not in fitting:
        yield Problem(Wrong.REFERENCE, f"{last}, and the journal says {start.outcome}")
    assert command.ended is not None
    known = start.run.reference if start.run else None
    if known != command.ended.reference:
        yield Problem(Wrong.REFERENCE, f"the journal knows {known}, told was {command.ended}")
    if start.outcome is StartOutcome.UNCONFIRMED and not command.ended.local_reference:
        yield Problem(Wrong.REFERENCE, "an unconfirmed start is not named")


def of_key(command: Command) -> Iterator[Problem]:
    """The key is in nothing that is told."""
    told = [entry for entry in command.log if not isinstance(entry, Pause)]
    if CANARY in f"{told} {command.ended}":
        yield Problem(Wrong.KEY, "the key was told")


def problems_of(machine: Machine, command: Command) -> list[Problem]:
    truth = machine.truth
    return [
        *of_starts(truth),
        *of_exit_code(command, truth),
        *of_reference(command, truth),
        *of_outcome(command, truth),
        *of_words(command, truth),
        *of_journal(machine, command),
        *of_key(command),
    ]


def _check(machine: Machine, problems: list[Problem], *, was_stopped: bool) -> None:
    met = set(machine.truth.met) | ({"signal"} if was_stopped else set())
    check(met or {"no fault"}, len(machine.truth.runs), problems)


@contracts
@pytest.mark.parametrize("verb", ["run", "start"])
@tried(40, 4000)
@given(data=st.data())
def test_one_start_begins_at_most_one_run_and_its_end_is_true(
    verb: str, contract: Contract, data: st.DataObject
) -> None:
    story = data.draw(stories(contract))
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(contract, story, Path(folder))
        is_followed = verb == "run"
        is_held = is_followed and contract is INVISION and data.draw(st.booleans())
        order = Order(machine.target, Parameters(), server_wait=is_held)
        command = machine.command(
            lambda tasks: tasks.run(order) if is_followed else tasks.start(order),
            is_followed=is_followed,
        )
        problems = problems_of(machine, command)
    _check(machine, problems, was_stopped=command.was_stopped)


def of_wait(command: Command, truth: Truth) -> Iterator[Problem]:
    """A run that another machine started is followed; nothing is said of it that nobody saw."""
    assert command.ended is not None
    code, was_seen = command.ended.exit_code, bool(command.heard(Seen))
    told = truth.runs[0].told
    unknown = _GOES_ON | ({ExitCode.TERMINATED} if command.was_stopped else set())
    if not was_seen:
        unknown |= _REFUSED - {ExitCode.NOT_STARTED}
    if told is None and code not in unknown:
        yield Problem(Wrong.OUTCOME, f"exit code {code} of a run that has not ended")
    if truth.posts:
        yield Problem(Wrong.OUTCOME, "a run was started that was only to be followed")


@contracts
@tried(35, 1000)
@given(data=st.data())
def test_a_run_of_another_machine_is_followed_to_its_end_or_not_ended(
    contract: Contract, data: st.DataObject
) -> None:
    story = data.draw(stories(contract))
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(contract, story, Path(folder))
        machine.truth.runs.append(Begun(contract.run, iter(story.words), story.outcome))
        locator = f"updatesales/{contract.run}" if contract is INVISION else contract.run
        run = Run(profile=contract.profile, backend=contract.backend, locator=locator)
        command = machine.command(lambda tasks: tasks.wait(machine.target, run))
        problems = [
            *of_wait(command, machine.truth),
            *of_outcome(command, machine.truth),
            *of_key(command),
        ]
    machine.truth.runs.clear()
    _check(machine, problems, was_stopped=command.was_stopped)


def of_retry(machine: Machine, command: Command, posts_before: int) -> Iterator[Problem]:
    """A command that a scheduler repeats starts nothing beside what may be open."""
    assert command.ended is not None
    truth, code = machine.truth, command.ended.exit_code
    has_posted = len(truth.posts) > posts_before
    if truth.begun_beside_an_open_run:
        yield Problem(Wrong.OUTCOME, "a run began beside an open one")
    if code is ExitCode.OVERLAP and (has_posted or machine.overlap is Overlap.JOIN):
        yield Problem(Wrong.OUTCOME, f"exit code {code} after a start")
    if code in _REFUSED and has_posted and truth.posts[-1] is not Says.NOT_BEGUN:
        yield Problem(Wrong.OUTCOME, f"exit code {code}, but a run may have begun")
    if code in (ExitCode.BUG, None):
        yield Problem(Wrong.OUTCOME, f"exit code {code}")
    ended = command.ended.state
    if ended and ended.is_final and not truth.runs[-1].told:
        yield Problem(Wrong.OUTCOME, f"{ended}, of which the service told nothing")


@contracts
@pytest.mark.parametrize("overlap", [Overlap.JOIN, Overlap.REFUSE])
@tried(20, 500)
@given(data=st.data())
def test_a_guarded_start_that_a_scheduler_repeats_begins_nothing_beside_an_open_run(
    overlap: Overlap, contract: Contract, data: st.DataObject
) -> None:
    story = data.draw(stories(contract))
    problems: list[Problem] = []
    was_stopped = False
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(contract, story, Path(folder), overlap)
        for _ in range(3):
            posts_before = len(machine.truth.posts)
            order = Order(machine.target, Parameters())
            command = machine.command(partial(Tasks.run, order=order))
            was_stopped |= command.was_stopped
            problems += [*of_retry(machine, command, posts_before), *of_key(command)]
    _check(machine, problems, was_stopped=was_stopped)
