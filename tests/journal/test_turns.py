"""Waiting for a journal that another process holds: once for all that a command writes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dfctl.core.errors import Interrupted
from dfctl.store.turns import BRIEF_SECONDS, BUSY_SECONDS, Turn
from tests.clocks import LeapingClock
from tests.journal.service import Service
from tests.journal.test_troubles import WRITES, held, made
from tests.shell import Shell


class Locked:
    """What is locked for some seconds of a clock, or for ever."""

    def __init__(self, path: Path, clock: LeapingClock, *, until: float = 1e9) -> None:
        self._error = _busy(path)
        self._clock = clock
        self._until = 1000.0 + until
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self._clock.monotonic() < self._until:
            raise self._error
        return "done"


def _busy(path: Path) -> sqlite3.OperationalError:
    """Return what SQLite says of a file that is locked."""
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as holder,
        closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as other,
    ):
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            other.execute("BEGIN IMMEDIATE")
        return caught.value


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


def turn_by(clock: LeapingClock, check: Callable[[], None] = lambda: None) -> Turn:
    return Turn(monotonic=clock.monotonic, pause=clock.sleep, check=check)


def elapsed(clock: LeapingClock) -> float:
    return clock.monotonic() - 1000.0


def test_a_lock_is_waited_out(tmp_path: Path, clock: LeapingClock) -> None:
    action = Locked(tmp_path / "file", clock, until=3.0)

    assert turn_by(clock).take(action) == "done"
    assert 3.0 <= elapsed(clock) < 3.1


def test_the_wait_for_a_lock_ends(tmp_path: Path, clock: LeapingClock) -> None:
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        turn_by(clock).take(Locked(tmp_path / "file", clock))

    assert BUSY_SECONDS <= elapsed(clock) < BUSY_SECONDS + 0.1


def test_all_that_meets_one_lock_waits_for_it_once(tmp_path: Path, clock: LeapingClock) -> None:
    turn, action = turn_by(clock), Locked(tmp_path / "file", clock)
    for _ in range(50):
        with pytest.raises(sqlite3.OperationalError):
            turn.take(action)

    assert elapsed(clock) < BUSY_SECONDS + 0.1


def test_each_lock_that_was_waited_out_is_forgotten(tmp_path: Path, clock: LeapingClock) -> None:
    turn = turn_by(clock)
    for _ in range(5):
        until = elapsed(clock) + 9.0
        assert turn.take(Locked(tmp_path / "file", clock, until=until)) == "done"

    assert elapsed(clock) > 40.0


def test_a_brief_turn_is_brief_and_may_be_begun_anew(tmp_path: Path, clock: LeapingClock) -> None:
    turn, action = turn_by(clock), Locked(tmp_path / "file", clock)
    turn.is_brief = True
    for number in (1, 2):
        with pytest.raises(sqlite3.OperationalError):
            turn.take(action)
        assert elapsed(clock) < number * (BRIEF_SECONDS + 0.1)
        turn.begin_anew()

    assert elapsed(clock) >= 2 * BRIEF_SECONDS


def test_a_signal_ends_a_long_turn(tmp_path: Path, clock: LeapingClock) -> None:
    def check() -> None:
        if elapsed(clock) > 1.0:
            raise Interrupted(15)

    with pytest.raises(Interrupted):
        turn_by(clock, check).take(Locked(tmp_path / "file", clock))

    assert elapsed(clock) < 1.1


def test_no_other_trouble_is_waited_for(clock: LeapingClock) -> None:
    def fail() -> None:
        raise sqlite3.OperationalError("no such table: runs")

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        turn_by(clock).take(fail)

    assert elapsed(clock) == 0.0


@pytest.mark.parametrize(("overlap", "code"), [("allow", 0), ("refuse", 2), ("join", 2)])
def test_several_starts_wait_for_a_locked_journal_once(
    shell: Shell, service: Service, state: Path, overlap: str, code: int
) -> None:
    path = made(state)
    clocks = [LeapingClock()]
    shell.make_clock = lambda: clocks[0]

    with held(path, *WRITES):
        ended = shell(f"run sales stock staff --overlap {overlap} --progress none")

    assert ended.exit_code == code
    assert ended.stderr.count("is locked by another process") == (1 if code == 0 else 3)
    assert len([line for line in service.requests if line.startswith("POST")]) == 3 * (code == 0)
    assert elapsed(clocks[0]) < BUSY_SECONDS + 2.0
