"""The whole command line against a service that misbehaves on real sockets, in any sequence."""

import json
import os
import queue
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.catalogue import AT_ONCE, NAMES, SLOW, Play, Service, Turn, plays, turns_of
from tests.faults.stories import INVISION, Says
from tests.faults.tally import Problem, Wrong, check
from tests.faults.timed import StalledClock, TimedShell
from tests.faults.wire import Wire
from tests.long import tried
from tests.process.processes import Desk
from tests.shell import CANARY, Ended

STOPPED = 143
FLOW = "updatesales"

options = st.sampled_from(["", "-o json", "-v", "--max-outage 0s"])


class LeapingOverStalls(StalledClock):
    """Leaps over a request that its service lets wait, until it is given up."""

    def __init__(self, service: Service) -> None:
        super().__init__(service.stalls.is_set)
        self._service = service

    def wait(self, inbox: "queue.SimpleQueue[Any]", seconds: float, *, is_idle: bool) -> Any:
        if is_idle:
            self._service.stalls.clear()
        return super().wait(inbox, seconds, is_idle=is_idle)


@contextmanager
def signals_borne() -> Iterator[None]:
    """Let a signal that comes when the command is just over do nothing."""
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def serving(service: Service) -> Iterator[Wire]:
    wire = Wire(rest=[service.serve], is_listening=not service.play.refusals)
    try:
        yield wire
    finally:
        wire.close()


def shell_of(folder: Path, service: Service, wire: Wire) -> TimedShell:
    """Return a shell whose clock leaps; the service comes up when it was refused often enough."""
    shell = TimedShell(folder)
    shell.variables["DFCTL_STATE_DIR"] = str(folder / "state")
    configure = {"sales": shell.configure_invision, "nightly": shell.configure_dataform}
    configure[service.play.contract.profile](wire.address, heartbeat="none")
    shell.make_clock = lambda: LeapingOverStalls(service)
    refusals = [None] * service.play.refusals

    def jitter() -> float:
        if refusals:
            refusals.pop()
            if not refusals:
                wire.listen()
        return 0.5

    shell.jitter = jitter
    return shell


# What is promised


def of_starts(service: Service) -> Iterator[Problem]:
    if len(service.runs) > 1:
        yield Problem(Wrong.OUTCOME, f"one start began the runs {service.runs}")
    if any(says is not Says.NOT_BEGUN for says in service.posts[:-1]):
        yield Problem(Wrong.OUTCOME, f"a start followed one that may have begun: {service.posts}")
    yield from (Problem(Wrong.OUTCOME, text) for text in service.problems)


def of_exit_code(code: int, service: Service, *, is_followed: bool) -> Iterator[Problem]:
    """The exit code is the truth, or says that it does not know it."""
    outcome = outcome_of(service)
    true = {
        Says.BEGUN: {outcome, 7, 124} if is_followed else {0},
        Says.NOTHING: {9},
        Says.NOT_BEGUN: {2, 4, 6, 11},
    }[last_of(service)]
    if AT_ONCE in service.met and last_of(service) is Says.NOT_BEGUN:
        true.add(9)  # whether the first byte had left then is a race that nobody leads
    if any(fault.startswith("signal") for fault in service.met):
        true.add(STOPPED)
    if code not in true:
        yield Problem(Wrong.OUTCOME, f"exit code {code}, not one of {sorted(true)}")


def outcome_of(service: Service) -> int:
    """Return the exit code of the run's own outcome."""
    return service.play.contract.outcomes[service.play.outcome]


def last_of(service: Service) -> Says:
    return service.posts[-1] if service.posts else Says.NOT_BEGUN


def of_reference(
    ended: Ended, service: Service, start: dict[str, Any], resume: Callable[[str], int | None]
) -> Iterator[Problem]:
    """What may run is named to the user and in the journal, and is found again by its name."""
    told = ended.stdout + ended.stderr
    if last_of(service) is Says.BEGUN:
        run = quote(service.runs[0], safe="")
        is_invision = service.play.contract is INVISION
        reference = f"sales/{FLOW}/{run}" if is_invision else f"nightly/{run}"
        if reference not in told:
            yield Problem(Wrong.REFERENCE, f"{reference} was not told")
        if (start["start"], start["run"]) != ("confirmed", reference):
            yield Problem(Wrong.REFERENCE, f"the journal has {start}")
        code = resume(reference)
        if code not in (None, outcome_of(service)):
            yield Problem(Wrong.REFERENCE, f"following {reference} ends with {code}")
    elif ended.exit_code in (9, STOPPED):
        local = f"{service.play.contract.profile}/start-0001"
        if local not in told or (start["start"], start["run"]) != ("unconfirmed", local):
            yield Problem(Wrong.REFERENCE, f"{local} was not told, or the journal has {start}")
    elif start["start"] not in ("refused", "not started"):
        yield Problem(Wrong.REFERENCE, f"exit code {ended.exit_code}, the journal has {start}")


def of_key(ended: Ended, folder: Path) -> Iterator[Problem]:
    """The key is neither told nor written down, whole or in part, however it is quoted."""
    told = ended.stdout + ended.stderr
    kept = b"".join(path.read_bytes() for path in (folder / "state").rglob("*") if path.is_file())
    for form in (CANARY, quote(CANARY, safe="")):
        if form[:12] in told or form[:12].encode() in kept:
            yield Problem(Wrong.KEY, "the key was told, or is in the journal")


def newest(listed: Ended) -> dict[str, Any]:
    runs: list[dict[str, Any]] = json.loads(listed.stdout)["runs"]
    [start] = runs
    return start


def met(service: Service) -> set[str]:
    refused = {"refused connection"} if service.play.refusals else set()
    return {f"socket: {fault}" for fault in service.met | refused or {"no fault"}}


def check_command(verb: str, play: Play, option: str) -> None:
    """Let a start meet a play, and count and check what came of it."""
    service = Service(play, stop=lambda: signal.raise_signal(signal.SIGTERM))
    problems: list[Problem] = []
    with tempfile.TemporaryDirectory() as name, serving(service) as wire, signals_borne():
        shell = shell_of(Path(name), service, wire)
        try:
            ended = shell(f"{verb} {play.contract.profile} {option}")
        except AssertionError as shown:
            check(met(service), len(service.runs), [Problem(Wrong.KEY, str(shown))])
            raise
        service.be_well()
        start = newest(shell("runs list -o json"))
        problems = [
            *of_starts(service),
            *of_exit_code(ended.exit_code, service, is_followed=verb == "run"),
            *of_reference(
                ended, service, start, lambda reference: shell(f"wait {reference} -q").exit_code
            ),
            *of_key(ended, Path(name)),
        ]
        if problems:
            problems.append(Problem(Wrong.OUTCOME, f"{ended} after {wire.lines[:20]}"))
    check(met(service), len(service.runs), problems)


@pytest.mark.parametrize("fault", NAMES)
@tried(2, 10)
@given(data=st.data())
def test_a_start_that_meets_a_fault_begins_at_most_one_run_and_its_end_is_true(
    fault: str, data: st.DataObject
) -> None:
    play = data.draw(plays(turns_of(fault)))
    check_command(data.draw(st.sampled_from(["run", "start"])), play, data.draw(options))


@pytest.mark.parametrize("fault", NAMES)
@tried(1, 10)
@given(data=st.data())
def test_a_look_that_meets_a_fault_hides_no_outcome_and_makes_none_up(
    fault: str, data: st.DataObject
) -> None:
    first = data.draw(turns_of(fault))
    play = data.draw(plays(st.just(Turn("well"))))
    # The run has not ended at once, so that there are looks.
    words = (*[play.contract.words[-1]] * 3, *play.words)
    play = replace(play, turns=(*play.turns[:1], first, *play.turns[1:]), words=words)
    check_command("run", play, data.draw(options | st.just("--timeout 10s")))


@tried(15, 600)
@given(play=plays(), verb=st.sampled_from(["run", "start"]), option=options)
def test_over_sockets_one_start_begins_at_most_one_run_and_its_end_is_true(
    play: Play, verb: str, option: str
) -> None:
    check_command(verb, play, option)


@pytest.mark.skipif(sys.platform == "win32", reason="signals that end processes are POSIX's")
@tried(2, 60)
@given(play=plays(without=SLOW - {"signal, then the answer"}))
def test_a_process_of_its_own_begins_at_most_one_run_and_its_end_is_true(play: Play) -> None:
    pids: queue.SimpleQueue[int] = queue.SimpleQueue()
    service = Service(play, stop=lambda: os.kill(pids.get(timeout=60), signal.SIGTERM))
    with tempfile.TemporaryDirectory() as name, serving(service) as wire:
        desk = Desk(Path(name))
        contract = play.contract
        project = "" if contract is INVISION else 'project = "1234"\n'
        desk.configure(
            f'[profiles.{contract.profile}]\nbackend = "{contract.backend}"\n'
            f'address = "{wire.address}"\nflow = "{FLOW}"\nkey = "{CANARY}"\n'
            f'interval = "50ms"\nmax_outage = "1s"\n{project}'
        )
        try:
            process = desk.begin("run", contract.profile)
            pids.put(process.popen.pid)
            ended = process.ended()
            service.be_well()
            start = newest(desk("runs", "list", "-o", "json"))
        finally:
            desk.close()
        problems = [
            *of_starts(service),
            *of_exit_code(ended.exit_code, service, is_followed=True),
            *of_reference(ended, service, start, lambda reference: None),
            *of_key(ended, Path(name)),
        ]
        if problems:
            problems.append(Problem(Wrong.OUTCOME, f"{ended} after {wire.lines[:20]}"))
    check(met(service), len(service.runs), problems)
