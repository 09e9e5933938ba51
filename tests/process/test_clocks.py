"""Clocks that are wrong or set in mid-wait, zones that are none: what was measured stays true."""

import re
import sys
import threading
from collections.abc import Callable

import pytest

from tests.faults.told import GET, POST, REFERENCE, RUNNING, STARTED, SUCCEEDED
from tests.faults.wire import Wire, answer, read, send, wait_for
from tests.process.processes import Desk
from tests.process.system import at_times_in, needs_faketime
from tests.shell import Ended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no TZ")

Serve = Callable[..., Wire]

STORY = ["starting", "started", "pending", "running", "succeeded"]


def _stamps(ended: Ended) -> list[str]:
    """Return the times of the five lines of a run that succeeded."""
    lines = [line.split(" ") for line in ended.stderr.splitlines()]
    assert [line[2].rstrip(",") for line in lines] == STORY
    return [line[0] for line in lines]


def _assert_took_a_moment(ended: Ended) -> None:
    assert ended.exit_code == 0
    length = re.fullmatch(
        rf"sales: succeeded after (\d+)(ms|s) \({re.escape(REFERENCE)}\)\n", ended.stdout
    )
    assert length, ended.stdout
    assert length[2] == "ms" or int(length[1]) < 60


class Set:
    """A process whose clock is set while it follows a run."""

    def __init__(self, desk: Desk, serve: Serve) -> None:
        self._desk = desk
        self._is_set = threading.Event()
        self._file = desk.folder / "time"
        script = [answer(STARTED), read, wait_for(self._is_set), send(RUNNING), answer(SUCCEEDED)]
        self.wire = serve(script)

    def run(self, *options: str, before: str, after: str, zone: str = "UTC0") -> Ended:
        """Run the command with a clock that says `before`, and later `after`."""
        self._write(before)
        variables = {**at_times_in(self._file), "TZ": zone}
        process = self._desk.begin("run", "sales", *options, variables=variables)
        self.wire.wait_for_requests(2)
        self._write(after)
        self._is_set.set()
        return process.ended()

    def _write(self, time: str) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(f"{time}\n")
        new.replace(self._file)


@needs_faketime
def test_a_clock_that_is_set_back_by_a_day_makes_no_length_negative(
    desk: Desk, serve: Serve
) -> None:
    clock = Set(desk, serve)

    ended = clock.run(before="2026-03-02 12:00:00", after="2026-03-01 12:00:00")

    _assert_took_a_moment(ended)
    assert _stamps(ended)[0] == "2026-03-02T12:00:00+00:00"
    assert _stamps(ended)[-1] == "2026-03-01T12:00:00+00:00"
    assert clock.wire.lines == [POST, GET, GET]


@needs_faketime
def test_a_clock_that_is_set_forward_by_days_is_no_timeout(desk: Desk, serve: Serve) -> None:
    clock = Set(desk, serve)

    ended = clock.run("--timeout", "1h", before="2026-03-01 12:00:00", after="2026-03-05 12:00:00")

    _assert_took_a_moment(ended)
    assert clock.wire.lines == [POST, GET, GET]


@needs_faketime
def test_times_are_told_by_the_zone_on_both_sides_of_a_change_to_summer_time(
    desk: Desk, serve: Serve
) -> None:
    # The process's own zone decides what the file's time means: an hour there is left out.
    ended = Set(desk, serve).run(
        before="2026-03-29 01:59:59", after="2026-03-29 03:00:01", zone="CET-1CEST,M3.5.0,M10.5.0/3"
    )

    stamps = _stamps(ended)
    assert stamps[0] == "2026-03-29T01:59:59+01:00"
    assert stamps[-1] == "2026-03-29T03:00:01+02:00"


@needs_faketime
@pytest.mark.parametrize("time", ["1970-01-01 00:00:10", "2040-02-03 04:05:06"])
def test_a_clock_of_another_century_changes_nothing_else(
    time: str, desk: Desk, serve: Serve
) -> None:
    ended = Set(desk, serve).run("-o", "json", before=time, after=time)

    assert ended.exit_code == 0
    [run] = ended.document["runs"]
    moment = time.replace(" ", "T") + ".000Z"
    assert (run["started_at"], run["ended_at"]) == (moment, moment)
    assert 0 <= run["elapsed_s"] < 60
    assert set(_stamps(ended)) == {time.replace(" ", "T") + "+00:00"}


def test_times_are_told_in_utc_where_the_zone_is_none(desk: Desk, serve: Serve) -> None:
    serve([answer(STARTED), answer(RUNNING), answer(SUCCEEDED)])

    ended = desk("run", "sales", variables={"TZ": "XXX-24"})

    assert ended.exit_code == 0
    assert {stamp[-6:] for stamp in _stamps(ended)} == {"+00:00"}
