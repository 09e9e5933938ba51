"""What tests of processes are given: a desk to start them from, and a service that obeys."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.wire import Wire
from tests.process.processes import Desk
from tests.shell import CANARY


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose processes have ended when the test has."""
    desk = Desk(tmp_path / "desk")
    yield desk
    desk.close()


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """A folder in which the desk's own folder exists."""
    (tmp_path / "desk").mkdir()
    return tmp_path


@pytest.fixture
def serve(desk: Desk) -> Iterator[Callable[..., Wire]]:
    """Serve scripts as `Wire` does, and configure the profile `sales` to be there."""
    wires: list[Wire] = []

    def serve(*scripts: object, **options: object) -> Wire:
        wire = Wire(*scripts, **options)  # type: ignore[arg-type]
        wires.append(wire)
        desk.configure(
            f'[profiles.sales]\nbackend = "invision"\naddress = "{wire.address}"\n'
            f'flow = "updatesales"\nkey = "{CANARY}"\ninterval = "100ms"\n'
        )
        return wire

    yield serve
    desk.close()
    for wire in wires:
        wire.close()
