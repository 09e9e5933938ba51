"""`dfctl runs`: what the journal shows, and how it is settled and pruned."""

from datetime import UTC, datetime

import pytest

from dfctl.store.folders import journal_path
from dfctl.store.recorder import journal_to_write
from tests.journal.conftest import SALES
from tests.journal.service import Service
from tests.shell import Shell

NOON = "2026-03-01T12:00:00+00:00"
ONE = "2026-03-01T13:00:00+00:00"


@pytest.fixture
def told(shell: Shell, service: Service) -> Shell:
    """Return a shell whose journal has a start of each kind, and forget the requests.

    At noon: sales succeeded, stock was refused; an hour later: sales is unconfirmed, staff runs.
    """
    shell("run sales -q")
    service.will_answer("stock", 404)
    shell("start stock -q")
    shell.seconds_later = 3600.0
    service.will_answer("sales", 500)
    shell("start sales -q")
    shell("start staff -q")
    service.requests.clear()
    return shell


def test_runs_lists_the_newest_first(told: Shell, service: Service) -> None:
    listed = (
        f"{ONE}  pending      -      staff/staff/staff-1\n"
        f"{ONE}  unconfirmed  -      sales/start-0003\n"
        f"{NOON}  refused      -      stock/start-0002\n"
        f"{NOON}  succeeded    500ms  sales/sales/sales-1\n"
    )

    assert told("runs").result == (0, listed, "")
    assert told("runs list").result == (0, listed, "")
    assert service.requests == []


def test_a_list_is_filtered(told: Shell) -> None:
    newest = ["staff/staff/staff-1", "sales/start-0003"]
    oldest = ["stock/start-0002", "sales/sales/sales-1"]
    for options, entries in {
        "--limit 2": newest,
        "--profile sales": ["sales/start-0003", "sales/sales/sales-1"],
        "--state succeeded": ["sales/sales/sales-1"],
        "--state failed": [],
        "--since 30m": newest,
        "--since 2026-03-01T12:30:00+00:00": newest,
        "--since 2026-03-01": [*newest, *oldest],
        "--since 9999-12-30": [],
        "--profile sales --state succeeded --since 2h": ["sales/sales/sales-1"],
        "--limit 99999999999999999999": [*newest, *oldest],
    }.items():
        ended = told(f"runs list {options}")

        assert [line.split()[-1] for line in ended.stdout.splitlines()] == entries
        hint = "" if entries else "the journal has no such start or run\n"
        assert (ended.exit_code, ended.stderr) == (0, hint)


def test_a_time_that_means_nothing_is_refused(told: Shell) -> None:
    for time in ("yesterday", "none", "5", "0001-01-01", "''", "2026-13-01"):
        for line in (f"runs list --since {time}", f"runs prune --older-than {time}"):
            ended = told(line)

            assert (ended.exit_code, ended.stdout) == (2, "")
            assert ended.stderr.startswith("error: ")


def test_json_has_what_became_of_each_start(told: Shell) -> None:
    document = told("runs list -o json").document

    assert [
        (run["run"], run["state"], run["start"], run["at"], run["message"])
        for run in document["runs"]
    ] == [
        ("staff/staff/staff-1", "pending", "confirmed", "2026-03-01T13:00:00.000Z", None),
        (
            "sales/start-0003",
            None,
            "unconfirmed",
            "2026-03-01T13:00:00.000Z",
            "the start was sent, but it was answered with HTTP 500 Internal Server Error",
        ),
        (
            "stock/start-0002",
            None,
            "refused",
            "2026-03-01T12:00:00.000Z",
            "the service does not know the flow 'stock': HTTP 404 Not Found",
        ),
        ("sales/sales/sales-1", "succeeded", "confirmed", "2026-03-01T12:00:00.000Z", None),
    ]
    assert {name: document[name] for name in ("schema", "exit_code", "error")} == {
        "schema": 1,
        "exit_code": 0,
        "error": None,
    }


def test_an_intent_without_an_end_is_as_unconfirmed_as_any(shell: Shell, state: object) -> None:
    journal = journal_to_write(journal_path(shell.variables), lambda: datetime.now(UTC))
    journal.intend(SALES, open_for=None)
    journal.close()

    assert shell("runs list").stdout.split()[1] == "unconfirmed"
    assert shell("runs list -o json").document["runs"][0]["start"] == "unconfirmed"


@pytest.mark.parametrize("text", ["staff", "@last", "staff/staff/staff-1", "staff/start-0004"])
def test_show_tells_the_states_of_a_run(told: Shell, service: Service, text: str) -> None:
    told.seconds_later = 7200.0
    service.words["staff-1"] = "Running"
    told("status staff")
    service.requests.clear()

    ended, document = told(f"runs show {text}"), told(f"runs show {text} -o json").document

    assert ended.result == (
        0,
        f"{ONE}  running  -  staff/staff/staff-1\n"
        f"  {ONE}  pending\n"
        "  2026-03-01T14:00:00+00:00  running\n",
        "",
    )
    assert document == {
        "schema": 1,
        "exit_code": 0,
        "runs": [
            {
                "run": "staff/staff/staff-1",
                "profile": "staff",
                "backend": "invision",
                "flow": "staff",
                "locator": "staff/staff-1",
                "state": "running",
                "service_state": "Running",
                "started_at": "2026-03-01T13:00:00.000Z",
                "ended_at": None,
                "elapsed_s": None,
                "url": None,
                "exit_code": None,
                "message": None,
                "hint": None,
                "at": "2026-03-01T13:00:00.000Z",
                "start": "confirmed",
                "changes": [
                    {"at": "2026-03-01T13:00:00.000Z", "state": "pending", "service_state": None},
                    {
                        "at": "2026-03-01T14:00:00.000Z",
                        "state": "running",
                        "service_state": "Running",
                    },
                ],
            }
        ],
        "error": None,
    }
    assert service.requests == []


def test_show_tells_of_a_start_without_a_run(told: Shell) -> None:
    assert told("runs show sales").result == (0, f"{ONE}  unconfirmed  -  sales/start-0003\n", "")


def test_show_of_a_run_from_elsewhere_tells_when_it_was_seen(told: Shell) -> None:
    told("status staff/staff/77")
    told.seconds_later = 9000.0

    assert told("runs show staff/staff/77").result == (
        0,
        f"{ONE}  succeeded  -  staff/staff/77\n  {ONE}  succeeded\n",
        "",
    )


@pytest.mark.parametrize("text", ["sales/sales/nine", "nobody", "sales/start-00ff", "-"])
def test_show_of_what_is_not_known_is_not_found(told: Shell, text: str) -> None:
    ended = told(f"runs show {text}")

    assert (ended.exit_code, ended.stdout) == (6, "")


# Settling


def test_a_start_that_did_not_begin_is_settled(told: Shell, service: Service) -> None:
    assert told("runs resolve sales --as not-started").result == (
        0,
        "",
        "sales/start-0003 did not begin\n",
    )
    assert told("wait sales").result == (
        6,
        "",
        "error: the newest start of sales did not begin (not started): settled by hand\n"
        "hint: dfctl runs list shows earlier runs\n",
    )
    assert service.requests == []


@pytest.mark.parametrize("text", ["sales", "sales/start-0003"])
def test_a_start_that_gave_a_run_is_settled(told: Shell, service: Service, text: str) -> None:
    assert told(f"runs resolve {text} --as sales/sales/77").result == (
        0,
        "",
        "sales/start-0003 is sales/sales/77\n",
    )
    assert service.requests == []
    assert told("status sales").result == (0, "sales: succeeded (sales/sales/77)\n", "")
    assert service.requests == ["GET 77"]
    assert told("runs list --profile sales").stdout == (
        f"{ONE}  succeeded  -      sales/sales/77\n{NOON}  succeeded  500ms  sales/sales/sales-1\n"
    )


def test_settling_keeps_the_outcome_that_was_looked_up_before(
    told: Shell, service: Service
) -> None:
    service.words["77"] = "Failed"
    assert told("status sales/sales/77").exit_code == 3
    assert told("runs resolve sales --as sales/sales/77").exit_code == 0

    assert told("runs show sales").stdout == (
        f"{ONE}  failed  -  sales/sales/77\n  {ONE}  failed\n"
    )
    assert told("status --open -o json").document["runs"][0]["run"] == "staff/staff/staff-1"


def test_a_start_is_not_settled_as_what_it_cannot_be(told: Shell, service: Service) -> None:
    for meaning, message in {
        "stock/stock/1": "--as: 'stock/stock/1' is no run of the profile sales",
        "sales/start-0001": "--as: 'sales/start-0001' is no run of the profile sales",
        "sales/77": "'77' names no run of InVision",
        "finished": "'finished' is not a run reference",
        "ended": "--as ended is for a run that counts as open; sales/start-0003 is unconfirmed",
        "''": "'' is not a run reference",
        "sales/sales/sales-1": "--as: sales/sales/sales-1 was given by another start, "
        "sales/start-0001",
    }.items():
        ended = told(f"runs resolve sales --as {meaning}")

        assert (ended.exit_code, ended.stdout) == (2, "")
        assert ended.stderr.splitlines()[0] == f"error: {message}"
    assert told("status sales").exit_code == 9
    assert service.requests == []


def test_what_nobody_doubts_is_not_settled(told: Shell) -> None:
    before = told("runs").stdout

    for text in ("stock", "staff"):
        for meaning in ("not-started", "sales/sales/77"):
            assert told(f"runs resolve {text} --as {meaning}").result == (
                2,
                "",
                "error: there is nothing to settle: what became of it is known\n"
                "hint: for a run that counts as open and is not: --as ended\n",
            )
    assert told("runs").stdout == before


def test_a_run_that_was_seen_to_end_is_not_settled(told: Shell) -> None:
    for meaning in ("not-started", "sales/sales/77", "ended"):
        assert told(f"runs resolve sales/sales/sales-1 --as {meaning}").result == (
            2,
            "",
            "error: sales/sales/sales-1 has ended already (succeeded): "
            "there is nothing to settle\n",
        )


def test_the_references_of_a_list_can_be_handed_on(told: Shell) -> None:
    ended = told("runs list -o ref --limit 2")

    assert ended.result == (0, "staff/staff/staff-1\nsales/start-0003\n", "")
    assert told("profiles list -o ref").result == (
        2,
        "",
        "error: --output: ref lists runs, and these are profiles\n"
        "hint: leave it out, or use json\n",
    )


def test_a_run_that_nobody_will_see_end_is_closed(told: Shell, service: Service) -> None:
    service.words["staff-1"] = "gone"
    assert told("run staff --overlap refuse -q").exit_code == 12

    assert told("runs resolve staff --as ended").result == (
        0,
        "",
        "staff/staff/staff-1 counts as ended now\n",
    )
    assert "staff" not in told("status --open").stdout
    assert told("run staff --overlap refuse -q").exit_code == 0


def test_settling_what_is_not_known_is_not_found(told: Shell) -> None:
    assert told("runs resolve nobody --as not-started").exit_code == 6
    assert told("runs resolve sales/sales/nine --as ended").exit_code == 6


# Pruning


def test_prune_forgets_what_ended_and_says_how_much(told: Shell, service: Service) -> None:
    told("status staff/staff/77")
    told("run stock sales -q")
    told.seconds_later = 90000.0
    told("run sales -q")

    assert told("runs prune --older-than 1d").result == (0, "", "2 entries forgotten\n")

    assert [line.split()[1:] for line in told("runs").stdout.splitlines()] == [
        ["succeeded", "500ms", "sales/sales/sales-3"],
        ["succeeded", "500ms", "sales/sales/sales-2"],
        ["succeeded", "500ms", "stock/stock/stock-1"],
        ["pending", "-", "staff/staff/staff-1"],
        ["unconfirmed", "-", "sales/start-0003"],
        ["succeeded", "-", "staff/staff/77"],
    ]
    assert told("runs prune --older-than 23h").stderr == "2 entries forgotten\n"


def test_prune_of_no_journal_forgets_nothing(shell: Shell, state: object) -> None:
    assert shell("runs prune --older-than 1d").result == (0, "", "0 entries forgotten\n")


def test_prune_needs_an_age(told: Shell) -> None:
    assert told("runs prune").exit_code == 2
