"""`-o jsonl`: each event as it happens, and at last the document of `-o json`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from dfctl.composition import Environment
from dfctl.main import main
from tests.clocks import LeapingClock
from tests.shell import Shell

START = "/invision/api/pub/v1/dataflows/updatesales/start"
RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"
STATUS = f"/invision/api/pub/v1/dataflows/updatesales/runs/{RUN}/status"
REFERENCE = f"sales/updatesales/{RUN}"

# A run before anything is known of it.
NEW: dict[str, object] = {
    "run": None,
    "profile": "sales",
    "backend": "invision",
    "flow": "updatesales",
    "locator": None,
    "state": None,
    "service_state": None,
    "started_at": None,
    "ended_at": None,
    "elapsed_s": None,
    "url": None,
    "exit_code": None,
    "message": None,
    "hint": None,
}
# The run that the service gave.
BEGUN = NEW | {
    "run": REFERENCE,
    "locator": f"updatesales/{RUN}",
    "state": "pending",
    "started_at": "2026-03-01T12:00:00.000Z",
}


def lines_of(stdout: str) -> list[Any]:
    return [json.loads(line) for line in stdout.splitlines()]


def event(name: str, at: str, **own: object) -> dict[str, object]:
    return {"schema": 1, "event": name, "at": f"2026-03-01T{at}Z", **own}


def end(code: int, *runs: dict[str, object]) -> dict[str, object]:
    return {"schema": 1, "exit_code": code, "runs": list(runs), "error": None}


def states(httpserver: HTTPServer, *words: str) -> None:
    for word in words:
        httpserver.expect_ordered_request(STATUS).respond_with_json({"runId": RUN, "status": word})


def test_a_run_is_told_from_its_start_to_its_end(shell: Shell, httpserver: HTTPServer) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_ordered_request(START).respond_with_json({"runId": RUN, "status": "Pending"})
    states(httpserver, "Pending", "Running", "Running", "Succeeded")

    ended = shell("run sales -o jsonl --interval 2s --progress none")

    httpserver.check()
    assert (ended.exit_code, ended.stderr) == (0, "")
    seen = BEGUN | {"service_state": "Pending"}
    running = BEGUN | {"state": "running", "service_state": "Running"}
    succeeded = BEGUN | {
        "state": "succeeded",
        "service_state": "Succeeded",
        "ended_at": "2026-03-01T12:00:08.000Z",
    }
    assert lines_of(ended.stdout) == [
        event("following", "12:00:00.000", run=NEW, timeout_s=86400.0, usual_s=None),
        event("accepted", "12:00:00.000", run=BEGUN),
        event("state", "12:00:00.000", run=seen),
        event("state", "12:00:04.000", run=running),
        event("state", "12:00:08.000", run=succeeded),
        end(0, succeeded | {"elapsed_s": 8.0, "exit_code": 0}),
    ]


def test_a_start_that_is_not_followed_tells_its_reference(
    shell: Shell, httpserver: HTTPServer
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_request(START).respond_with_json({"runId": RUN, "status": "Pending"})

    ended = shell("start sales -o jsonl --progress none")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert lines_of(ended.stdout) == [
        event("starting", "12:00:00.000", run=NEW),
        event("accepted", "12:00:00.000", run=BEGUN),
        end(0, BEGUN | {"exit_code": 0}),
    ]


def test_a_start_that_is_delayed_and_refused_tells_why(
    shell: Shell, httpserver: HTTPServer
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_ordered_request(START).respond_with_data(
        status=429, headers={"Retry-After": "7"}
    )
    httpserver.expect_ordered_request(START).respond_with_data(status=403)

    ended = shell("start sales -o jsonl --progress none")

    message = "the service refused the key: HTTP 403 Forbidden"
    hint = "nothing was started; check the key, and that it may start this flow"
    refused = NEW | {"exit_code": 4, "message": message, "hint": hint}
    assert (ended.exit_code, ended.stderr) == (4, f"error: sales: {message}\nhint: {hint}\n")
    assert lines_of(ended.stdout) == [
        event("starting", "12:00:00.000", run=NEW),
        event(
            "start_delayed",
            "12:00:00.000",
            run=NEW,
            why="HTTP 429 Too Many Requests",
            retry_in_s=7.0,
        ),
        event("not_begun", "12:00:07.000", run=refused, start="refused"),
        end(4, refused),
    ]


def test_looks_that_fail_and_states_that_nobody_knows_are_told(
    shell: Shell, httpserver: HTTPServer
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    states(httpserver, "Running")
    httpserver.expect_ordered_request(STATUS).respond_with_data(status=502)
    states(httpserver, "Running", "Resting", "Succeeded")

    ended = shell(f"wait {REFERENCE} -o jsonl --progress none --interval 10s --heartbeat 25s")

    told = [
        (line["event"], line.get("why"), line.get("message"), line.get("run", {}).get("state"))
        for line in lines_of(ended.stdout)[:-1]
    ]
    strange = (
        "Profitbase InVision calls the state 'Resting': dfctl takes that for no end, "
        "and goes on looking"
    )
    assert told == [
        ("following", None, None, None),
        ("state", None, None, "running"),
        ("missed", "HTTP 502 Bad Gateway", None, "running"),
        ("state", None, None, "running"),
        ("warning", None, strange, None),
        ("state", None, None, "unknown"),
        ("heartbeat", None, None, None),
        ("state", None, None, "succeeded"),
    ]
    assert (ended.exit_code, ended.stderr) == (0, f"warning: {strange}\n")


def test_a_command_that_cannot_begin_prints_its_document_alone(shell: Shell) -> None:
    shell.configure("")

    ended = shell("run sales -o jsonl", variables={"DFCTL_PROFILE": ""})

    assert ended.exit_code == 2
    assert ended.stdout.count("\n") == 1
    assert ended.document["error"]["message"] in ended.stderr


@pytest.mark.parametrize(
    "line",
    ["run --nope -o jsonl", "run --nope -qojsonl", "run --output=jsonl --nope"],
)
def test_a_mistake_on_the_command_line_is_one_line_too(shell: Shell, line: str) -> None:
    ended = shell(line)

    assert ended.result == (
        2,
        '{"schema": 1, "exit_code": 2, "runs": [], "error": {"message": "dfctl run has no option '
        '--nope", "hint": "dfctl run --help"}}\n',
        "error: dfctl run has no option --nope\nhint: dfctl run --help\n",
    )


def test_a_list_is_its_document_on_one_line(shell: Shell) -> None:
    shell.configure("")

    ended = shell("profiles list", variables={"DFCTL_OUTPUT": "jsonl"})

    assert ended.result == (
        0,
        '{"schema": 1, "exit_code": 0, "profiles": [], "error": null}\n',
        "",
    )


class _Deserted(io.StringIO):
    """A pipe whose reader leaves after `lines`."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._left = lines

    def write(self, text: str) -> int:
        if self._left == 0:
            raise BrokenPipeError
        self._left -= 1
        return super().write(text)


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_a_reader_who_leaves_stops_no_run(
    shell: Shell, httpserver: HTTPServer, tmp_path: Path, lines: int
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_ordered_request(START).respond_with_json({"runId": RUN, "status": "Pending"})
    states(httpserver, "Running", "Failed")
    variables = {**shell.variables, "DFCTL_STATE_DIR": str(tmp_path)}
    out, err = _Deserted(lines), io.StringIO()
    environment = Environment(
        stdin=None,
        stdout=out,
        stderr=err,
        variables=variables,
        make_clock=LeapingClock,
        random=lambda: 0.5,
    )

    code = main(["run", "sales", "-o", "jsonl"], environment)

    httpserver.check()
    assert code == 141
    assert out.getvalue().count("\n") == lines
    assert f"sales: started {REFERENCE}\n" in err.getvalue()
    assert err.getvalue().endswith("sales: failed\n")
    journal = shell("runs list -o json", variables=variables).document
    assert [(run["run"], run["state"]) for run in journal["runs"]] == [(REFERENCE, "failed")]
