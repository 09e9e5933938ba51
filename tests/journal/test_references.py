"""What people write for a run, and the runs that it means."""

import pytest

from tests.journal.conftest import configure
from tests.journal.service import Service
from tests.shell import Ended, Shell

UNCONFIRMED_HINT = (
    "hint: look at the service, then settle it: "
    "dfctl runs resolve {start} --as not-started, or --as RUN\n"
)
LIST_HINT = "hint: dfctl runs list shows what it has\n"


def unconfirmed(start: str) -> str:
    """What is said of a start that nobody has settled."""
    return f"error: the start {start} is unconfirmed: it may be running\n" + (
        UNCONFIRMED_HINT.format(start=start)
    )


def start(shell: Shell, service: Service, *profiles: str) -> None:
    """Start runs, one after the other, and forget the requests."""
    for profile in profiles:
        assert shell(f"start {profile} -q").exit_code == 0
    service.requests.clear()


def test_a_profile_means_its_newest_start_and_last_that_of_all(
    shell: Shell, service: Service
) -> None:
    start(shell, service, "sales", "sales", "stock")

    assert shell("status sales").result == (0, "sales: succeeded (sales/sales/sales-2)\n", "")
    assert shell("status @last").result == (0, "stock: succeeded (stock/stock/stock-1)\n", "")
    assert shell("status").result == (0, "stock: succeeded (stock/stock/stock-1)\n", "")
    assert service.requests == ["GET sales-2", "GET stock-1", "GET stock-1"]


def test_wait_follows_what_status_looks_at(shell: Shell, service: Service) -> None:
    start(shell, service, "sales", "stock")

    assert shell("wait -q -o ref").result == (0, "stock/stock/stock-1\n", "")
    assert shell("wait sales -o ref -q").result == (0, "sales/sales/sales-1\n", "")
    assert service.requests == ["GET stock-1", "GET sales-1"]


def test_the_length_of_a_run_that_had_ended_does_not_grow(shell: Shell, service: Service) -> None:
    [first] = shell("run sales -o json -q").document["runs"]
    shell.seconds_later = 900

    for command in ("wait", "status"):
        [again] = shell(f"{command} sales -o json -q").document["runs"]
        assert (again["ended_at"], again["elapsed_s"]) == (first["ended_at"], first["elapsed_s"])


def test_a_profile_that_was_never_started_has_no_newest_start(
    shell: Shell, service: Service
) -> None:
    start(shell, service, "sales")

    assert shell("wait stock").result == (
        6,
        "",
        f"error: this machine's journal has no start 'stock'\n{LIST_HINT}",
    )
    assert service.requests == []


@pytest.mark.parametrize("text", ["''", "@first", "sales/start-0009", "stock/start-0001"])
def test_what_names_nothing_is_not_found(shell: Shell, service: Service, text: str) -> None:
    """An empty text is what a script passes on after a start that failed."""
    start(shell, service, "sales")

    ended = shell(f"wait {text}")

    assert (ended.exit_code, ended.stdout) == (6, "")
    assert service.requests == []


@pytest.mark.parametrize("text", ["sales/", "/", "/sales", "a b/c", "sales/a/\udcff", "\udcff"])
def test_what_is_no_reference_is_refused(shell: Shell, service: Service, text: str) -> None:
    ended = shell(f"status '{text}'")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert service.requests == []


def test_a_local_reference_names_one_attempt(shell: Shell, service: Service) -> None:
    start(shell, service, "sales", "sales")
    service.will_answer("sales", 500)
    assert shell("start sales -q").exit_code == 9

    assert shell("status sales/start-0001").stdout == "sales: succeeded (sales/sales/sales-1)\n"
    assert shell("status sales/start-0003").result == (9, "", unconfirmed("sales/start-0003"))


def test_an_unconfirmed_start_is_told_with_its_local_reference(
    shell: Shell, service: Service
) -> None:
    service.will_answer("sales", 500)

    text, document = shell("start sales --progress none"), None
    service.will_answer("sales", 500)
    document = shell("start sales -o json").document

    hint = (
        "InVision documents no other error than 500: the flow's id or the key may be wrong; "
        "it may be running: look at the service before you start it again; "
        "then settle it: dfctl runs resolve {} --as not-started, or --as RUN"
    )
    assert text.result == (
        9,
        "",
        "error: sales: the start was sent, but it was answered with "
        "HTTP 500 Internal Server Error\n"
        f"hint: {hint.format('sales/start-0001')}\n",
    )
    assert document == {
        "schema": 1,
        "exit_code": 9,
        "runs": [
            {
                "run": "sales/start-0002",
                "profile": "sales",
                "backend": "invision",
                "flow": "sales",
                "locator": None,
                "state": None,
                "service_state": None,
                "started_at": None,
                "ended_at": None,
                "elapsed_s": None,
                "url": None,
                "exit_code": 9,
                "message": "the start was sent, but it was answered with "
                "HTTP 500 Internal Server Error",
                "hint": hint.format("sales/start-0002"),
            }
        ],
        "error": None,
    }


@pytest.mark.parametrize("line", ["wait sales", "status sales", "status", "wait @last"])
def test_an_unconfirmed_newest_start_exits_9_whatever_came_before(
    shell: Shell, service: Service, line: str
) -> None:
    start(shell, service, "sales")
    service.will_answer("sales", 500)
    shell("start sales")
    service.requests.clear()

    assert shell(line).result == (9, "", unconfirmed("sales/start-0002"))
    assert service.requests == []


@pytest.mark.parametrize(
    ("status", "outcome", "why"),
    [
        (404, "refused", "the service does not know the flow 'sales': HTTP 404 Not Found"),
        (401, "refused", "the service refused the key: HTTP 401 Unauthorized"),
        (400, "refused", "the start was refused: HTTP 400 Bad Request"),
        (429, "not started", "nothing was started: HTTP 429 Too Many Requests"),
    ],
)
def test_yesterdays_success_is_never_reported_for_a_start_that_failed(
    shell: Shell, service: Service, status: int, outcome: str, why: str
) -> None:
    start(shell, service, "sales")
    service.will_answer("sales", status)

    first = shell("start sales --max-outage 0s")
    service.requests.clear()
    then = shell("wait sales")

    assert first.exit_code in (2, 4, 6, 11)
    assert then.result == (
        6,
        "",
        f"error: the newest start of sales did not begin ({outcome}): {why}\n"
        "hint: dfctl runs list shows earlier runs\n",
    )
    assert service.requests == []


def test_yesterdays_success_is_never_reported_for_a_start_that_was_wrong(
    shell: Shell, service: Service
) -> None:
    start(shell, service, "sales")

    assert shell("start sales -p month=may").exit_code == 2
    assert shell("wait sales").exit_code != 0


def test_a_reference_works_on_a_machine_that_has_never_seen_the_run(
    shell: Shell, service: Service
) -> None:
    reference = shell("start sales -q -o ref").stdout.strip()
    service.words["sales-1"] = "Failed"
    elsewhere = {"DFCTL_STATE_DIR": str(shell.folder / "elsewhere")}

    ended = shell(f"wait {reference}", variables=elsewhere)

    assert ended.result == (
        3,
        "sales: failed (sales/sales/sales-1)\n",
        "2026-03-01T12:00:00+00:00 sales: following sales/sales/sales-1 for up to 24h "
        "(--timeout)\n"
        "2026-03-01T12:00:00+00:00 sales: failed\n",
    )
    assert shell("runs list", variables=elsewhere).stdout == (
        "2026-03-01T12:00:00+00:00  failed  -  sales/sales/sales-1\n"
    )
    assert shell("status sales", variables=elsewhere).exit_code == 6


def test_a_run_is_meant_once_however_it_is_written(shell: Shell, service: Service) -> None:
    start(shell, service, "sales")

    ended = shell("status sales sales/sales/sales-1 @last sales/start-0001")

    assert ended.result == (0, "sales: succeeded (sales/sales/sales-1)\n", "")
    assert service.requests == ["GET sales-1"]


def test_a_run_that_was_settled_by_hand_is_meant_once_too(shell: Shell, service: Service) -> None:
    service.will_answer("sales", 500)
    shell("start sales")
    assert shell("runs resolve sales --as sales/sales/7").exit_code == 0
    service.requests.clear()

    assert shell("status sales sales/sales/7").stdout == "sales: succeeded (sales/sales/7)\n"
    assert service.requests == ["GET 7"]


def test_runs_of_one_profile_are_told_apart(shell: Shell, service: Service) -> None:
    start(shell, service, "sales", "sales", "stock")
    service.words["sales-1"] = "Failed"

    ended = shell("status sales/sales/sales-1 sales stock")

    assert ended.result == (
        3,
        "sales/sales/sales-1: failed (sales/sales/sales-1)\n"
        "sales/sales/sales-2: succeeded (sales/sales/sales-2)\n"
        "stock: succeeded (stock/stock/stock-1)\n",
        "",
    )


def test_references_are_read_from_stdin_a_line_each(shell: Shell, service: Service) -> None:
    start(shell, service, "sales", "stock")
    shell.stdin = "sales/sales/sales-1\n\n  stock  \r\nsales/sales/sales-1\n"

    ended = shell("status -")

    assert ended.result == (
        0,
        "sales: succeeded (sales/sales/sales-1)\nstock: succeeded (stock/stock/stock-1)\n",
        "",
    )


def test_what_start_prints_is_what_wait_reads(shell: Shell, service: Service) -> None:
    shell.stdin = shell("start sales stock staff -q -o ref").stdout
    service.requests.clear()

    ended = shell("wait - -q -o ref")

    assert ended.result == (0, shell.stdin, "")
    assert len(service.requests) == 3


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_stdin_names_no_run(shell: Shell, service: Service, text: str) -> None:
    start(shell, service, "sales")
    shell.stdin = text

    assert shell("wait -").result == (2, "", "error: no run is named: stdin was empty\n")
    assert service.requests == []


def test_of_several_one_that_names_nothing_stops_no_other(shell: Shell, service: Service) -> None:
    start(shell, service, "sales")
    service.will_answer("stock", 500)
    shell("start stock")
    service.requests.clear()

    ended = shell("status staff stock sales nowhere/1 '?/1'")

    assert ended.result == (
        9,
        "sales: succeeded (sales/sales/sales-1)\nnowhere: not seen (nowhere/1)\n",
        f"error: staff: this machine's journal has no start 'staff'\n{LIST_HINT}"
        "error: stock: the start stock/start-0002 is unconfirmed: it may be running\n"
        + UNCONFIRMED_HINT.format(start="stock/start-0002")
        + f"error: nowhere: there is no profile 'nowhere' (account {account(ended)}, "
        f"looked at {shell.config})\n"
        "hint: the profiles are sales, stock and staff\n"
        "error: ?: '?/1' is not a run reference\n"
        "hint: a reference is PROFILE/RUN, as `dfctl start` prints it\n",
    )
    assert service.requests == ["GET sales-1"]


def account(ended: Ended) -> str:
    """The account that the tests run as, as a message names it."""
    return ended.stderr.partition("(account ")[2].partition(",")[0]


def test_a_run_that_pruning_took_is_not_called_one_that_did_not_begin(
    shell: Shell, service: Service
) -> None:
    start(shell, service, "sales", "sales")
    shell("status sales/sales/sales-1 sales")
    shell.seconds_later = 86400.0

    assert shell("runs prune --older-than 1h").stderr == "1 entry forgotten\n"

    assert shell("status sales").exit_code == 0
    assert shell("status sales/start-0001").result == (
        6,
        "",
        f"error: this machine's journal has no start 'sales/start-0001'\n{LIST_HINT}",
    )


def test_open_looks_at_every_run_that_has_not_ended(shell: Shell, service: Service) -> None:
    start(shell, service, "sales", "sales", "stock", "staff")
    service.words |= {"sales-1": "Running", "sales-2": "Failed", "staff-1": "Running"}
    assert shell("status staff").exit_code == 8
    service.requests.clear()

    assert shell("status --open").result == (
        3,
        "sales/sales/sales-1: running (sales/sales/sales-1)\n"
        "sales/sales/sales-2: failed (sales/sales/sales-2)\n"
        "stock: succeeded (stock/stock/stock-1)\n"
        "staff: running (staff/staff/staff-1)\n",
        "",
    )
    assert sorted(service.requests) == ["GET sales-1", "GET sales-2", "GET staff-1", "GET stock-1"]
    assert shell("status --open").result == (
        8,
        "sales: running (sales/sales/sales-1)\nstaff: running (staff/staff/staff-1)\n",
        "",
    )


def test_open_tells_unconfirmed_starts_too(shell: Shell, service: Service) -> None:
    service.will_answer("sales", 500)
    shell("start sales")
    start(shell, service, "stock")

    text, document = shell("status --open"), shell("status --open -o json").document

    assert text.result == (
        9,
        "stock: succeeded (stock/stock/stock-1)\n",
        "error: sales: the start sales/start-0001 is unconfirmed: it may be running\n"
        + UNCONFIRMED_HINT.format(start="sales/start-0001"),
    )
    assert [(run["run"], run["exit_code"]) for run in document["runs"]] == [("sales/start-0001", 9)]
    assert document["exit_code"] == 9


def test_open_of_a_journal_where_all_has_ended_is_well(shell: Shell, service: Service) -> None:
    start(shell, service, "sales")
    shell("status")

    assert shell("status --open").result == (
        0,
        "",
        "nothing is open, as far as the journal knows\n",
    )
    assert shell("status --open -o json").document == {
        "schema": 1,
        "exit_code": 0,
        "runs": [],
        "error": None,
    }


def test_open_goes_without_runs(shell: Shell, service: Service) -> None:
    assert shell("status --open sales").result == (
        2,
        "",
        "error: --open goes without runs: it looks at all that have not ended\n",
    )


def test_open_tells_of_runs_whose_profile_is_gone(shell: Shell, service: Service) -> None:
    start(shell, service, "sales", "stock")
    configure(shell, service.address, "stock")

    ended = shell("status --open")

    assert ended.exit_code == 2
    assert "stock: succeeded (stock/stock/stock-1)\n" in ended.stdout
    assert "error: sales: there is no profile 'sales'" in ended.stderr


def test_a_run_that_nobody_looked_at_has_no_state(shell: Shell, service: Service) -> None:
    start(shell, service, "sales", "stock")
    shell("status sales stock")
    configure(shell, service.address, "stock")

    assert "sales: succeeded" not in shell("status sales stock").stdout
