"""What tests of faults are given: servers that misbehave, and a look at the threads left."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.timed import TimedShell
from tests.faults.wire import Wire

MakeWire = Callable[..., Wire]


@pytest.fixture
def make_wire() -> Iterator[MakeWire]:
    """Make servers as `Wire` does; they are closed and checked after the test."""
    wires: list[Wire] = []

    def make(*scripts: object, **options: object) -> Wire:
        wires.append(Wire(*scripts, **options))  # type: ignore[arg-type]
        return wires[-1]

    yield make
    for wire in wires:
        wire.close()


@pytest.fixture
def timed_shell(tmp_path: Path) -> TimedShell:
    """A shell whose clock is the machine's own."""
    return TimedShell(tmp_path)


@pytest.fixture(autouse=True)
def _no_worker_is_left() -> Iterator[None]:
    """After each test every thread that sent its requests has ended."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name == "dfctl-worker":
            thread.join(10)
            assert not thread.is_alive(), "a thread of dfctl is left"
