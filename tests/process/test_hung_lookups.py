"""A look-up of the service's name that hangs: neither a signal nor a deadline waits for it."""

import sys
import time
from typing import Any

import pytest

from tests.faults.told import BEGUN_PLAIN as BEGUN
from tests.faults.told import error, without_times
from tests.process.processes import Desk
from tests.process.system import OWN_FILES, needs_own_files
from tests.shell import CANARY

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="/etc/hosts is replaced as on Linux"),
    needs_own_files,
]

# Every look-up of a name reads this file first.
_PIPE_FOR_HOSTS = 'mkfifo hosts && mount --bind hosts /etc/hosts && exec "$@"'
HANGING = (*OWN_FILES, "sh", "-c", _PIPE_FOR_HOSTS, "sh")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk whose profile `sales` has a name for an address, and where no name is ever found."""
    desk.configure(
        '[profiles.sales]\nbackend = "invision"\naddress = "https://service.test"\n'
        f'flow = "updatesales"\nkey = "{CANARY}"\nstart_timeout = "500ms"\nmax_outage = "1ms"\n'
    )
    return desk


def _entry(desk: Desk) -> Any:
    [entry] = desk("runs", "list", "-o", "json").document["runs"]
    return entry


def test_a_start_whose_look_up_hangs_is_certainly_not_sent(desk: Desk) -> None:
    code, stdout, stderr = without_times(desk("run", "sales", before=HANGING))

    assert (code, stdout, stderr) == (
        11,
        "",
        BEGUN
        + error("nothing was started: no whole answer came within 500ms")
        + "hint: gave up after 1ms (--max-outage); it is safe to run the same command again\n",
    )
    assert _entry(desk)["start"] == "not started"


def test_a_signal_ends_a_look_up_that_hangs_at_once(desk: Desk) -> None:
    desk.configure(desk.config.read_text().replace("500ms", "5m"))
    process = desk.begin("run", "sales", before=HANGING)
    process.says("starting")
    process.wakes()

    began = time.monotonic()
    process.send("SIGTERM")
    ended = process.ended()

    assert time.monotonic() - began < 4.5
    assert without_times(ended) == (143, "", BEGUN + error("interrupted: nothing was started"))
    assert _entry(desk)["start"] == "not started"
