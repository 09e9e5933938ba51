"""`-o json`: one document, whatever the command and however it ends.

Each document is checked against the schema by the shell that runs the line.
"""

import json

import pytest
from pytest_httpserver import HTTPServer

from tests.shell import Shell

START = "/invision/api/pub/v1/dataflows/updatesales/start"
RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"
STATUS = f"/invision/api/pub/v1/dataflows/updatesales/runs/{RUN}/status"
REFERENCE = f"sales/updatesales/{RUN}"


def test_the_document_of_a_run_has_all_that_is_known_of_it(
    shell: Shell, httpserver: HTTPServer
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_request(START).respond_with_json({"runId": RUN, "status": "Pending"})
    httpserver.expect_request(STATUS).respond_with_json({"runId": RUN, "status": "Failed"})

    ended = shell("run sales -o json -q")

    assert ended.exit_code == 3
    assert (
        ended.stdout
        == f"""\
{{
  "schema": 1,
  "exit_code": 3,
  "runs": [
    {{
      "run": "{REFERENCE}",
      "profile": "sales",
      "backend": "invision",
      "flow": "updatesales",
      "locator": "updatesales/{RUN}",
      "state": "failed",
      "service_state": "Failed",
      "started_at": "2026-03-01T12:00:00.000Z",
      "ended_at": "2026-03-01T12:00:00.500Z",
      "elapsed_s": 0.5,
      "url": null,
      "exit_code": 3,
      "message": null,
      "hint": null
    }}
  ],
  "error": null
}}
"""
    )


def test_the_journal_tells_starts_and_the_states_of_runs(
    shell: Shell, httpserver: HTTPServer
) -> None:
    shell.variables["DFCTL_STATE_DIR"] = str(shell.folder)
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_request(START).respond_with_json({"runId": RUN, "status": "Pending"})
    httpserver.expect_request(STATUS).respond_with_json({"runId": RUN, "status": "Succeeded"})
    shell("run sales")

    [run] = shell("runs show sales -o json").document["runs"]

    assert (run["run"], run["start"]) == (REFERENCE, "confirmed")
    assert [(change["at"], change["state"]) for change in run["changes"]] == [
        ("2026-03-01T12:00:00.000Z", "pending"),
        ("2026-03-01T12:00:00.500Z", "succeeded"),
    ]
    assert len(shell("runs list -o json").document["runs"]) == 1


def test_runs_of_which_one_is_unknown_are_one_document(
    shell: Shell, httpserver: HTTPServer
) -> None:
    shell.configure_invision(httpserver.url_for("/invision"))
    httpserver.expect_request(STATUS).respond_with_json({"runId": RUN, "status": "Succeeded"})

    ended = shell(f"status {REFERENCE} 'no such' nowhere/1 -o json")

    assert [(run["run"], run["backend"], run["exit_code"]) for run in ended.document["runs"]] == [
        (REFERENCE, "invision", 0),
        (None, None, 6),
        ("nowhere/1", None, 2),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "profiles list",
        "profiles show sales",
        "profiles show nobody",
        "profiles path",
        "profiles add other --backend invision --address https://other.example --set timeout=2h",
        "profiles add other --backend nothing",
        "profiles check nobody",
        "keys list",
        "keys check nobody",
        "runs list",
        "runs show sales",
        "run nobody",
        "run sales --dry-run",
        "start sales --timeout 5m",
        "wait",
        "wait sales/1/2/3",
        "status --open",
    ],
)
def test_every_command_prints_a_document_that_the_schema_knows(shell: Shell, line: str) -> None:
    shell.variables["DFCTL_STATE_DIR"] = str(shell.folder / "state")
    shell.configure_invision("https://invision.example")

    ended = shell(f"{line} -o json")

    assert ended.document["exit_code"] == ended.exit_code
    assert ended.document["schema"] == 1


def test_a_dry_run_is_a_document_too(shell: Shell) -> None:
    shell.configure_invision("https://invision.example")

    ended = shell("run sales --dry-run -o json")

    curl = (
        "curl --request POST https://invision.example/api/pub/v1/dataflows/updatesales/start "
        "--header 'Content-Type: application/json' --header 'x-api-key: ***' --data '{}'"
    )
    assert ended.document == {
        "schema": 1,
        "exit_code": 0,
        "requests": [{"profile": "sales", "curl": curl}],
        "error": None,
    }
    assert shell("run sales --dry-run").stdout == f"{curl}\n"


def test_what_is_not_ascii_is_escaped(shell: Shell) -> None:
    shell.configure_invision("https://invision.example", flow="tägliche Übersicht")

    ended = shell("profiles list -o json")

    assert "t\\u00e4gliche \\u00dcbersicht" in ended.stdout
    assert json.loads(ended.stdout)["profiles"][0]["flow"] == "tägliche Übersicht"
