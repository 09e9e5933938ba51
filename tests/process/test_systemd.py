"""Under systemd: stderr leads to its journal, which gives each line its time."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.told import KNOWN_PLAIN, RUNNING, STARTED
from tests.faults.wire import Wire, answer, json_answer
from tests.process.processes import Desk

Serve = Callable[..., Wire]

STAMP = r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d "
FAILED = json_answer({"runId": "ad73a1ad-60eb-1066-4d61-1821009431b2", "status": "Failed"})
STORY = KNOWN_PLAIN + "sales: running\nsales: failed\n"


def _told(desk: Desk, serve: Serve, journal: str, *words: str) -> str:
    """Return what a run that fails tells, where JOURNAL_STREAM is `journal`.

    `{own}` in it is what systemd writes there for the stderr of this process.
    """
    serve([answer(STARTED), answer(RUNNING), answer(FAILED)])
    told = desk.folder / "stderr"
    with told.open("wb") as stderr:
        status = Path(told).stat()
        variable = journal.format(own=f"{status.st_dev}:{status.st_ino}")
        ended = desk("run", "sales", *words, stderr=stderr, variables={"JOURNAL_STREAM": variable})
    assert ended.exit_code == 3
    return told.read_text(encoding="utf-8")


def test_lines_have_no_times_of_their_own(desk: Desk, serve: Serve) -> None:
    assert _told(desk, serve, "{own}") == STORY


@pytest.mark.parametrize("journal", ["", "1:2", "nonsense"])
def test_lines_have_times_where_stderr_leads_elsewhere(
    desk: Desk, serve: Serve, journal: str
) -> None:
    told = _told(desk, serve, journal)

    assert len(re.findall(STAMP, told)) == len(STORY.splitlines())
    assert re.sub(STAMP, "", told) == STORY


def test_lines_that_quiet_kept_back_have_the_times_when_they_were(desk: Desk, serve: Serve) -> None:
    assert len(re.findall(STAMP, _told(desk, serve, "{own}", "-q"))) == len(STORY.splitlines())
