"""A signal at any moment of a run's life: one end, at most one start, and nothing that is lost."""

import random
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.faults.tally import TALLY
from tests.journal.processes import Server, serving
from tests.long import IS_LONG, SEED
from tests.process.processes import Desk, Process
from tests.shell import CANARY, Ended

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        sys.platform == "win32", reason="Windows has no signals to send to another process"
    ),
]

ROUNDS = 300 if IS_LONG else 6
# About as long as a whole run takes, in seconds.
LONGEST = 0.6
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
MOMENTS = ("before", "after", "later")
OUTCOME = 0


class Sender:
    """Sends a signal to a process at its moment: as its run begins, or at any other time."""

    def __init__(self, chance: random.Random, moment: str) -> None:
        self.name = chance.choice(SIGNALS)
        self.names = [self.name, chance.choice(SIGNALS)] if chance.random() < 0.25 else [self.name]
        self._moment = moment
        self._delay = chance.uniform(0, LONGEST)
        self._process: Process | None = None
        self._is_known = threading.Event()

    def pause(self, moment: str) -> None:
        """Called by the service before and after a run begins."""
        if moment == self._moment and self._is_known.wait(60):
            self._send()

    def follow(self, process: Process) -> None:
        self._process = process
        self._is_known.set()
        if self._moment == "later":
            threading.Event().wait(self._delay)
            self._send()

    def _send(self) -> None:
        assert self._process
        for name in self.names:
            if self._process.popen.poll() is None:
                self._process.send(name)


class Service:
    """A service of flows that end soon; each start is that of a process with a sender."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.sender: Sender | None = None

    def pause(self, moment: str) -> None:
        if self.sender:
            self.sender.pause(moment)


@pytest.fixture
def service(desk: Desk) -> Iterator[Service]:
    pauses: list[Callable[[str], None]] = []
    with serving(lambda moment: pauses[0](moment)) as server:
        server.word = "Succeeded"
        service = Service(server)
        pauses.append(service.pause)
        desk.configure(
            f'[profiles.sales]\nbackend = "invision"\naddress = "{server.address}"\n'
            f'flow = "sales"\nkey = "{CANARY}"\n'
        )
        yield service
        desk.close()


def _codes(sender: Sender) -> set[int]:
    """Return the exit codes that are right: the outcome's, or that of a signal that was sent.

    Before Python has begun, a signal ends the process by itself.
    """
    numbers = [int(signal.Signals[name]) for name in sender.names]
    return {OUTCOME, *(128 + number for number in numbers), *(-number for number in numbers)}


def _is_pythons_own(ended: Ended) -> bool:
    """Return whether Ctrl-C met Python itself, before anything of dfctl was there to hear it."""
    return "KeyboardInterrupt\n" in ended.stderr and "dfctl" not in ended.stderr


def _check_told(ended: Ended, sender: Sender) -> None:
    if _is_pythons_own(ended) and "SIGINT" in sender.names:
        return
    assert ended.exit_code in _codes(sender), ended
    for line in ended.stderr.splitlines():
        assert re.match(r"\d{4}-\d\d-\d\dT\S+ sales: |error: sales: |hint: ", line), ended
    assert ended.exit_code or ended.stdout.startswith("sales: succeeded after ")


def _check_begun(ended: Ended, flow: str, begun: list[str], entry: Any) -> str:
    """Fail unless what began is told or recorded as what it is; return what became of it."""
    assert len(begun) <= 1
    outcome = entry["start"] if entry else "no trace"
    if begun:
        assert outcome in ("confirmed", "unconfirmed")
        reference = f"sales/{flow}/{begun[0]}"
        assert entry["run"] == reference or outcome == "unconfirmed"
    else:
        # The journal may believe less than it could know, but never that something did not begin.
        assert outcome in ("no trace", "not started", "unconfirmed")
    if ended.exit_code == OUTCOME:
        assert outcome == "confirmed"
    if _is_pythons_own(ended):
        assert outcome == "no trace"
    TALLY.add(["a signal to the process, at any moment"], len(begun), [])
    return str(outcome)


def test_a_signal_at_any_moment_ends_it_once_and_loses_nothing(
    desk: Desk, service: Service
) -> None:
    chance = random.Random(SEED)
    ends: list[tuple[str, Ended]] = []
    for number in range(ROUNDS):
        sender = service.sender = Sender(chance, MOMENTS[number % len(MOMENTS)])
        process = desk.begin("run", "sales", "--flow", f"flow-{number}")
        sender.follow(process)
        ended = process.ended()
        _check_told(ended, sender)
        ends.append((f"flow-{number}", ended))
    service.sender = None

    listed = desk("runs", "list", "-o", "json", "--limit", "1000").document["runs"]
    entries = {entry["flow"]: entry for entry in listed}
    assert len(entries) == len(listed)
    seen = Counter(
        _check_begun(
            ended, flow, [run for of, run in service.server.begun if of == flow], entries.get(flow)
        )
        for flow, ended in ends
    )
    print(f"seed {SEED}: {dict(seen)}")
    assert seen["confirmed"]
