"""Results: text for people, JSON and references for programs; whole texts are compared."""

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.errors import DfctlError, KeyProblem, OutputClosed, UsageError
from dfctl.core.exits import ExitCode
from dfctl.core.runs import Run
from dfctl.core.states import State
from dfctl.output.documents import run_document
from dfctl.output.results import JsonResults, ReferenceResults, Results, TextResults
from dfctl.output.streams import NoticeStream, ResultStream
from tests.core.properties import any_text, bounded, plain_text
from tests.output.stages import BEGUN, ENDED, FAILED, LOST, NEW, NOW, REFUSED, Broken

CODES = {int(code): code for code in ExitCode}


class Page:
    """Both streams of one kind of result."""

    def __init__(self, kind: str, *, is_quiet: bool = False) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        out, err = ResultStream(self.out), NoticeStream(self.err)
        self.results: Results
        if kind == "json":
            self.results = JsonResults(out, err)
        elif kind == "ref":
            self.results = ReferenceResults(out, err)
        else:
            self.results = TextResults(out, err, is_quiet=is_quiet)

    @property
    def both(self) -> tuple[str, str]:
        return self.out.getvalue(), self.err.getvalue()


def runs_shown(
    kind: str, runs: Sequence[Run], code: int, *, is_quiet: bool = False
) -> tuple[str, str]:
    page = Page(kind, is_quiet=is_quiet)
    page.results.runs(runs, CODES[code])
    return page.both


def starts_shown(
    kind: str, runs: Sequence[Run], code: int, *, is_quiet: bool = False
) -> tuple[str, str]:
    page = Page(kind, is_quiet=is_quiet)
    page.results.started(runs, CODES[code])
    return page.both


SUCCEEDED = "sales: succeeded after 1m30s (sales/updatesales/r1)\n"
LOST_ERROR = (
    "error: sales: no contact for 5m (--max-outage); the run goes on\n"
    "hint: to follow it: dfctl wait sales/updatesales/r1\n"
)
REFUSED_ERROR = "error: sales: the service refused the key: HTTP 401\nhint: nothing was started\n"


@pytest.mark.parametrize(
    ("run", "code", "shown"),
    [
        (ENDED, 0, (SUCCEEDED, "")),
        (FAILED, 3, ("sales: failed after 1m30s (sales/updatesales/r1)\n", "")),
        (LOST, 7, ("sales: running (sales/updatesales/r1)\n", LOST_ERROR)),
        (REFUSED, 4, ("", REFUSED_ERROR)),
        (
            replace(ENDED, state=State.WARNING, elapsed_s=None),
            0,
            ("sales: succeeded with warnings (sales/updatesales/r1)\n", ""),
        ),
        (
            replace(ENDED, state=State.TIMED_OUT, elapsed_s=0.25),
            10,
            ("sales: timed out after 250ms (sales/updatesales/r1)\n", ""),
        ),
    ],
)
def test_text_tells_each_run_in_a_line(run: Run, code: int, shown: tuple[str, str]) -> None:
    assert runs_shown("text", [run], code) == shown


def test_a_run_that_was_never_seen_has_its_line_too() -> None:
    unseen = replace(LOST, state=None, service_state=None, started_at=None)
    out, err = runs_shown("text", [unseen], 7)
    assert out.endswith("(sales/updatesales/r1)\n")
    assert err == LOST_ERROR


def test_quiet_text_is_silent_only_when_all_is_well() -> None:
    assert runs_shown("text", [ENDED], 0, is_quiet=True) == ("", "")
    assert runs_shown("text", [ENDED, LOST], 7, is_quiet=True) == (
        SUCCEEDED + "sales: running (sales/updatesales/r1)\n",
        LOST_ERROR,
    )
    assert starts_shown("text", [BEGUN], 0, is_quiet=True) == ("", "")


@pytest.mark.parametrize("kind", ["text", "ref"])
def test_a_start_is_told_by_its_reference(kind: str) -> None:
    assert starts_shown(kind, [BEGUN], 0) == ("sales/updatesales/r1\n", "")
    assert starts_shown(kind, [REFUSED, BEGUN], 4) == ("sales/updatesales/r1\n", REFUSED_ERROR)


def test_references_are_told_whatever_the_end() -> None:
    assert runs_shown("ref", [LOST, REFUSED], 7) == (
        "sales/updatesales/r1\n",
        LOST_ERROR + REFUSED_ERROR,
    )


def test_a_reference_is_ascii_for_programs() -> None:
    """A person may have typed the reference of the run that is waited for."""
    out, _ = runs_shown("ref", [replace(ENDED, locator="løp/r1")], 0)
    assert out.isascii()


def test_json_is_one_document() -> None:
    out, err = runs_shown("json", [ENDED], 0)
    assert err == ""
    assert out == (
        "{\n"
        '  "schema": 1,\n'
        '  "exit_code": 0,\n'
        '  "runs": [\n'
        "    {\n"
        '      "run": "sales/updatesales/r1",\n'
        '      "profile": "sales",\n'
        '      "backend": "invision",\n'
        '      "flow": "updatesales",\n'
        '      "locator": "updatesales/r1",\n'
        '      "state": "succeeded",\n'
        '      "service_state": "Succeeded",\n'
        '      "started_at": "2026-03-01T12:00:00.000Z",\n'
        '      "ended_at": "2026-03-01T12:01:30.004Z",\n'
        '      "elapsed_s": 90.004,\n'
        '      "url": null,\n'
        '      "exit_code": 0,\n'
        '      "message": null,\n'
        '      "hint": null\n'
        "    }\n"
        "  ],\n"
        '  "error": null\n'
        "}\n"
    )


def test_json_of_a_start_is_the_same_document() -> None:
    assert starts_shown("json", [BEGUN], 0) == runs_shown("json", [BEGUN], 0)


def test_json_tells_errors_of_runs_on_stderr_too() -> None:
    out, err = runs_shown("json", [LOST, REFUSED], 7)
    document = json.loads(out)
    assert err == LOST_ERROR + REFUSED_ERROR
    assert [run["exit_code"] for run in document["runs"]] == [7, 4]
    assert [run["run"] for run in document["runs"]] == ["sales/updatesales/r1", None]
    assert document["exit_code"] == 7


def test_json_of_no_runs_is_a_document() -> None:
    assert json.loads(runs_shown("json", [], 0)[0]) == {
        "schema": 1,
        "exit_code": 0,
        "runs": [],
        "error": None,
    }


@pytest.mark.parametrize(
    ("error", "told", "stderr"),
    [
        (
            UsageError("no such profile", hint="dfctl profiles list"),
            {"message": "no such profile", "hint": "dfctl profiles list"},
            "error: no such profile\nhint: dfctl profiles list\n",
        ),
        (KeyProblem("no key"), {"message": "no key", "hint": None}, "error: no key\n"),
        (None, None, ""),
    ],
)
def test_an_error_before_any_result_is_told(
    error: DfctlError | None, told: object, stderr: str
) -> None:
    page = Page("json")
    page.results.failed(error, ExitCode.USAGE)
    assert json.loads(page.out.getvalue()) == {
        "schema": 1,
        "exit_code": 2,
        "runs": [],
        "error": told,
    }
    assert page.err.getvalue() == stderr
    for kind in ("text", "ref"):
        page = Page(kind, is_quiet=True)
        page.results.failed(error, ExitCode.USAGE)
        assert page.both == ("", stderr)


def test_a_list_has_lines_for_people_and_rows_for_programs() -> None:
    page = Page("text")
    page.results.listing("profiles", [{"name": "a"}], ["NAME", "a"], ExitCode.SUCCEEDED)
    assert page.both == ("NAME\na\n", "")
    page = Page("json")
    page.results.listing("profiles", [{"name": "ø"}], ["NAME", "ø"], ExitCode.KEY)
    assert json.loads(page.out.getvalue()) == {
        "schema": 1,
        "exit_code": 4,
        "profiles": [{"name": "ø"}],
        "error": None,
    }


def test_a_list_without_rows_is_empty() -> None:
    page = Page("text")
    page.results.listing("profiles", [], [], ExitCode.SUCCEEDED)
    assert page.both == ("", "")


def test_times_are_told_in_utc_and_to_the_millisecond() -> None:
    oslo = timezone(timedelta(hours=2))
    run = replace(
        NEW,
        started_at=datetime(2026, 7, 1, 1, 2, 3, 456789, tzinfo=oslo),
        ended_at=datetime(2026, 7, 1, 1, 2, 3, tzinfo=UTC),
    )
    document = run_document(run)
    assert document["started_at"] == "2026-06-30T23:02:03.456Z"
    assert document["ended_at"] == "2026-07-01T01:02:03.000Z"


@bounded(150)
@given(
    st.builds(
        Run,
        profile=st.just("sales"),
        backend=any_text,
        flow=st.none() | any_text,
        locator=st.none() | any_text,
        state=st.none() | st.sampled_from(State),
        service_state=st.none() | any_text,
        started_at=st.none() | st.just(NOW),
        elapsed_s=st.none() | st.floats(0, 1e9),
        url=st.none() | any_text,
        exit_code=st.none() | st.sampled_from(ExitCode),
        message=st.none() | plain_text,
        hint=st.none() | plain_text,
    ),
    st.sampled_from(ExitCode),
)
def test_json_is_ascii_and_whole_whatever_is_in_it(run: Run, code: ExitCode) -> None:
    out, _ = runs_shown("json", [run], code)
    assert out.isascii()
    assert not set(out) & set(map(chr, (*range(10), *range(11, 32), 127)))
    document = json.loads(out)
    assert list(document) == ["schema", "exit_code", "runs", "error"]
    (told,) = document["runs"]
    assert (told["flow"], told["service_state"], told["url"]) == (
        run.flow,
        run.service_state,
        run.url,
    )
    assert told["exit_code"] == run.exit_code


def test_an_error_that_cannot_be_told_on_stderr_does_not_stop_the_result() -> None:
    out = io.StringIO()
    results = JsonResults(ResultStream(out), NoticeStream(Broken(OSError("gone"))))
    results.runs([LOST], ExitCode.LOST)
    assert json.loads(out.getvalue())["exit_code"] == 7


@pytest.mark.parametrize("kind", [TextResults, JsonResults])
def test_a_result_that_nobody_reads_is_told_once(kind: type) -> None:
    stream = Broken(BrokenPipeError())
    extra = {"is_quiet": False} if kind is TextResults else {}
    with pytest.raises(OutputClosed):
        kind(ResultStream(stream), NoticeStream(None), **extra).runs([ENDED], ExitCode.SUCCEEDED)
    assert stream.tries == 1
