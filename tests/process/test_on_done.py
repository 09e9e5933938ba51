"""`--on-done` with signals, and beside runs that go on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.faults.told import REFERENCE, RESUME, RUNNING, STARTED, SUCCEEDED, error, without_times
from tests.faults.wire import Wire, answer, read, silence
from tests.journal.processes import Server, serving
from tests.process.processes import Desk
from tests.programs.teller import Teller
from tests.shell import CANARY

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no signals to send to another process"
)
Serve = Callable[..., Wire]

HANGING = "import signal\nsignal.pause()"
# Writes down that it was asked to end, and goes on.
STUBBORN = """
import signal
def note(word): open(f"{__file__}.{os.getpid()}.{word}", "x").close()
signal.signal(signal.SIGTERM, lambda *given: note("asked"))
note("ready")
while True:
    signal.pause()
"""


def _runs(number: str) -> bool:
    """Return whether a process goes on; one that was killed may wait to be taken note of."""
    told = subprocess.run(["ps", "-o", "stat=", "-p", number], capture_output=True, text=True)
    return told.stdout.strip()[:1] not in ("", "Z")


@pytest.fixture
def sales() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def stock(desk: Desk, sales: Server) -> Iterator[Server]:
    """The service of a second profile; both profiles are configured."""
    with serving() as server:
        own = f'backend = "invision"\nflow = "updatesales"\nkey = "{CANARY}"\n'
        desk.configure(
            f'[profiles.sales]\n{own}address = "{sales.address}"\n'
            f'[profiles.stock]\n{own}address = "{server.address}"\n'
        )
        yield server
        desk.close()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_stops_the_program_and_the_outcome_stands(
    name: str, desk: Desk, serve: Serve
) -> None:
    serve([answer(STARTED), answer(SUCCEEDED)])
    teller = Teller(desk.folder, HANGING)
    process = desk.begin("run", "sales", "--progress", "none", "--on-done", teller.command)
    process.wait_until(lambda: bool(list(teller.folder.glob("*.json"))))

    process.send(name)

    code, stdout, stderr = without_times(process.ended())
    assert code == 0
    assert stdout.startswith("sales: succeeded after ")
    assert stderr == f"warning: sales: --on-done: {sys.executable} was stopped\n"
    [file] = teller.folder.glob("*.json")
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.stem.partition("-")[2]), 0)


def test_a_second_signal_kills_programs_that_go_on_and_the_outcomes_stand(
    desk: Desk, sales: Server, stock: Server
) -> None:
    sales.word = stock.word = "Succeeded"
    teller = Teller(desk.folder, STUBBORN)
    process = desk.begin("run", "sales", "stock", "--progress", "none", "--on-done", teller.command)
    process.wait_until(lambda: len(list(teller.folder.glob("*.ready"))) == 2)
    process.send("SIGTERM")
    # All are asked to end at once, and not one after the other.
    process.wait_until(lambda: len(list(teller.folder.glob("*.asked"))) == 2)
    process.wakes()

    process.send("SIGTERM")

    ended = process.ended()
    assert ended.exit_code == 0
    assert ended.stdout.count(": succeeded after ") == 2
    assert ended.stderr.count(" was stopped\n") == 2
    for file in teller.folder.glob("*.json"):
        assert not _runs(file.stem.partition("-")[2])


def test_a_signal_that_ends_the_following_is_no_end_to_tell(desk: Desk, serve: Serve) -> None:
    wire = serve([answer(STARTED), answer(RUNNING), read, silence])
    teller = Teller(desk.folder)
    process = desk.begin("run", "sales", "-q", "--on-done", teller.command)
    wire.wait_for_requests(3)

    process.send("SIGTERM")

    ended = process.ended()
    assert ended.exit_code == 143
    assert ended.stderr.endswith(error("interrupted; the run goes on") + RESUME)
    assert teller.calls == []


def test_a_run_is_told_of_at_once_while_another_goes_on(
    desk: Desk, sales: Server, stock: Server
) -> None:
    sales.word, stock.word = "Succeeded", "Running"
    teller = Teller(desk.folder)
    process = desk.begin("run", "sales", "stock", "-o", "json", "--on-done", teller.command)

    process.wait_until(lambda: bool(list(teller.folder.glob("*.json"))))
    process.wait_until(lambda: bool(stock.begun))
    assert process.popen.poll() is None
    process.send("SIGTERM")

    document = json.loads(process.ended().stdout)
    assert sorted(run["exit_code"] for run in document["runs"]) == [0, 143]
    assert [told["STATE"] for told in teller.told] == ["succeeded"]


def test_a_program_of_a_relative_path_and_a_small_environment(desk: Desk, serve: Serve) -> None:
    serve([answer(STARTED), answer(SUCCEEDED)])
    script = desk.folder / "notify"
    script.write_text('#!/bin/sh\necho "$DFCTL_DONE_RUN $DFCTL_DONE_EXIT_CODE" > told\n')
    script.chmod(0o700)

    ended = desk("run", "sales", "-q", "--on-done", "./notify")

    assert ended.result == (0, "", "")
    assert (desk.folder / "told").read_text() == f"{REFERENCE} 0\n"
