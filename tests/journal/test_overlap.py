"""`--overlap`: what a start does when an earlier run of its profile is open."""

import pytest
from pytest_httpserver import HTTPServer

from tests.journal.conftest import configure
from tests.journal.service import Service
from tests.shell import CANARY, Shell

NOON = "2026-03-01T12:00:00+00:00"
HOUR = 3600.0
SETTLE = (
    "hint: look at the service, then settle it: "
    "dfctl runs resolve sales/start-0001 --as not-started, or --as RUN\n"
)


@pytest.fixture
def busy(shell: Shell, service: Service) -> Shell:
    """Return a shell whose profile `sales` has a run that goes on."""
    assert shell("start sales -q").exit_code == 0
    service.words["sales-1"] = "Running"
    service.requests.clear()
    return shell


@pytest.fixture
def unsure(shell: Shell, service: Service) -> Shell:
    """Return a shell whose profile `sales` has an unconfirmed start."""
    service.will_answer("sales", 500)
    assert shell("start sales -q").exit_code == 9
    service.requests.clear()
    return shell


@pytest.mark.parametrize("line", ["run sales", "start sales", "start sales --wait"])
def test_refuse_starts_nothing_beside_an_open_run(busy: Shell, service: Service, line: str) -> None:
    assert busy(f"{line} --overlap refuse").result == (
        12,
        "",
        "error: sales: not started: an earlier run is open: sales/sales/sales-1\n"
        "hint: to follow it: dfctl wait sales/sales/sales-1\n",
    )
    assert service.requests == ["GET sales-1"]


def test_refuse_is_told_in_json(busy: Shell, service: Service) -> None:
    document = busy("run sales --overlap refuse -o json").document

    assert document["exit_code"] == 12
    assert document["runs"][0]["exit_code"] == 12
    assert document["runs"][0]["run"] is None
    assert document["runs"][0]["message"] == (
        "not started: an earlier run is open: sales/sales/sales-1"
    )


def test_join_follows_the_open_run_and_exits_with_its_outcome(
    busy: Shell, service: Service
) -> None:
    service.words_in_turn("sales-1", "Running", "Running", "Failed")

    assert busy("run sales --overlap join").result == (
        3,
        "sales: failed after 500ms (sales/sales/sales-1)\n",
        f"{NOON} sales: following sales/sales/sales-1 for up to 24h (--timeout)\n"
        f"{NOON} sales: running\n"
        f"{NOON} sales: failed\n",
    )
    assert service.requests == ["GET sales-1"] * 3
    assert busy("run sales --overlap refuse -q").exit_code == 0


def test_join_follows_within_the_limits_of_the_command(busy: Shell, service: Service) -> None:
    ended = busy("start sales --wait --overlap join --timeout 1s --interval 1s")

    assert ended.result == (
        124,
        "sales: running after 1s (sales/sales/sales-1)\n",
        f"{NOON} sales: following sales/sales/sales-1 for up to 1s (--timeout)\n"
        f"{NOON} sales: running\n"
        "error: sales: not ended after 1s (--timeout); the run goes on\n"
        "hint: to follow it: dfctl wait sales/sales/sales-1\n",
    )


def test_start_with_join_names_the_open_run(busy: Shell, service: Service) -> None:
    ended = busy("start sales --overlap join -o ref")

    assert (ended.exit_code, ended.stdout) == (0, "sales/sales/sales-1\n")
    assert service.requests == ["GET sales-1"]


@pytest.mark.parametrize("option", ["", "--overlap allow"])
def test_allow_starts_beside_an_open_run_and_asks_nothing(
    busy: Shell, service: Service, option: str
) -> None:
    assert busy(f"start sales -o ref -q {option}").result == (0, "sales/sales/sales-2\n", "")
    assert service.requests == ["POST sales"]


def test_the_profile_or_a_variable_may_say_it(busy: Shell, service: Service) -> None:
    assert busy("start sales -q", variables={"DFCTL_OVERLAP": "refuse"}).exit_code == 12
    configure(busy, service.address, "sales", overlap="refuse")
    assert busy("start sales -q").exit_code == 12
    assert busy("start sales -q --overlap allow").exit_code == 0
    assert service.requests == ["GET sales-1", "GET sales-1", "POST sales"]


@pytest.mark.parametrize("overlap", ["refuse", "join"])
@pytest.mark.parametrize("word", ["Succeeded", "Failed"])
def test_a_run_that_ended_meanwhile_is_seen_and_blocks_nothing(
    busy: Shell, service: Service, overlap: str, word: str
) -> None:
    service.words["sales-1"] = word

    ended = busy(f"run sales --overlap {overlap}")

    assert ended.result == (
        0,
        "sales: succeeded after 500ms (sales/sales/sales-2)\n",
        f"{NOON} sales: starting sales on invision, to follow it for up to 24h (--timeout)\n"
        f"{NOON} sales: started sales/sales/sales-2\n"
        f"{NOON} sales: pending\n"
        f"{NOON} sales: succeeded\n",
    )
    assert service.requests == ["GET sales-1", "POST sales", "GET sales-2"]
    assert busy("runs list").stdout == (
        f"{NOON}  succeeded  500ms  sales/sales/sales-2\n"
        f"{NOON}  {word.lower():9}  -      sales/sales/sales-1\n"
    )


def test_every_open_run_is_asked_about(busy: Shell, service: Service) -> None:
    for _ in range(3):
        busy("start sales -q")
    service.words |= {"sales-2": "Running"}
    service.requests.clear()

    ended = busy("start sales --overlap refuse")

    assert ended.exit_code == 12
    assert "an earlier run is open: sales/sales/sales-2\n" in ended.stderr
    assert service.requests == ["GET sales-4", "GET sales-3", "GET sales-2"]


def test_a_run_of_an_unknown_state_counts_as_open(busy: Shell, service: Service) -> None:
    service.words["sales-1"] = "Suspended"

    assert busy("start sales --overlap refuse").exit_code == 12
    assert service.requests == ["GET sales-1"]


def test_a_run_that_cannot_be_asked_about_counts_as_open(busy: Shell, service: Service) -> None:
    service.words["sales-1"] = "gone"

    assert busy("start sales --overlap refuse").result == (
        12,
        "",
        "error: sales: not started: an earlier run is open: sales/sales/sales-1\n"
        "hint: the service does not know it; if it is over: "
        "dfctl runs resolve sales/sales/sales-1 --as ended\n",
    )
    assert service.requests == ["GET sales-1"]


def test_a_service_that_cannot_be_reached_gets_no_start(
    busy: Shell, service: Service, httpserver: HTTPServer
) -> None:
    configure(busy, "http://127.0.0.1:1/invision", "sales")

    assert busy("start sales --overlap refuse --progress none").result == (
        12,
        "",
        "error: sales: not started: an earlier run is open: sales/sales/sales-1\n"
        "hint: to follow it: dfctl wait sales/sales/sales-1\n",
    )
    assert service.requests == []


def test_a_run_that_was_only_looked_at_here_counts_too(shell: Shell, service: Service) -> None:
    service.words["77"] = "Running"
    assert shell("status sales/sales/77").exit_code == 8

    assert shell("start sales --overlap refuse -q").exit_code == 12


def test_another_profile_is_in_nobodys_way(busy: Shell, service: Service) -> None:
    assert busy("start stock --overlap refuse -q").exit_code == 0
    assert service.requests == ["POST stock"]


@pytest.mark.parametrize("overlap", ["refuse", "join"])
def test_another_flow_of_the_profile_is_in_nobodys_way(
    busy: Shell, service: Service, overlap: str
) -> None:
    assert busy(f"run sales --flow stock --overlap {overlap} -o ref -q").result == (
        0,
        "sales/stock/stock-1\n",
        "",
    )
    assert service.requests == ["POST stock", "GET stock-1"]


@pytest.mark.parametrize("overlap", ["refuse", "join"])
def test_an_unconfirmed_start_of_another_flow_is_in_nobodys_way(
    unsure: Shell, service: Service, overlap: str
) -> None:
    assert unsure(f"start sales --flow stock --overlap {overlap} -q").result == (0, "", "")
    assert unsure("start sales --overlap refuse -q").exit_code == 12


def test_a_flow_in_other_letters_counts_as_the_same(busy: Shell, service: Service) -> None:
    assert busy("start sales --flow SALES --overlap refuse -q").exit_code == 12
    assert service.requests == ["GET sales-1"]


def test_the_environments_profile_joins_no_run_of_another_flow(
    shell: Shell, service: Service
) -> None:
    shell.variables |= {
        "DFCTL_BACKEND": "invision",
        "DFCTL_ADDRESS": service.address,
        "DFCTL_KEY": CANARY,
        "DFCTL_OVERLAP": "join",
    }
    assert shell("start -q", variables={"DFCTL_FLOW": "sales"}).exit_code == 0
    service.words["sales-1"] = "Running"

    assert shell("run -o ref -q", variables={"DFCTL_FLOW": "stock"}).result == (
        0,
        "env/stock/stock-1\n",
        "",
    )


def test_another_machine_is_not_known_here(busy: Shell, service: Service) -> None:
    elsewhere = {"DFCTL_STATE_DIR": str(busy.folder / "elsewhere")}

    assert busy("start sales --overlap refuse -q", variables=elsewhere).exit_code == 0
    assert service.requests == ["POST sales"]


# Unconfirmed starts


@pytest.mark.parametrize(("overlap", "code"), [("refuse", 12), ("join", 9)])
def test_an_unconfirmed_start_counts_as_open(
    unsure: Shell, service: Service, overlap: str, code: int
) -> None:
    assert unsure(f"run sales --overlap {overlap}").result == (
        code,
        "",
        "error: sales: not started: an earlier start is unconfirmed: sales/start-0001\n" + SETTLE,
    )
    assert service.requests == []


def test_a_start_that_is_settled_as_not_begun_blocks_nothing(
    unsure: Shell, service: Service
) -> None:
    unsure("runs resolve sales --as not-started")

    assert unsure("run sales --overlap refuse -q").exit_code == 0
    assert service.requests == ["POST sales", "GET sales-1"]


def test_a_start_that_is_settled_as_a_run_is_joined(unsure: Shell, service: Service) -> None:
    unsure("runs resolve sales --as sales/sales/77")
    service.words_in_turn("77", "Running", "Succeeded")

    assert unsure("run sales --overlap join -o ref -q").result == (0, "sales/sales/77\n", "")
    assert service.requests == ["GET 77", "GET 77"]


def test_an_unconfirmed_start_counts_for_the_profiles_timeout_then_it_warns(
    shell: Shell, service: Service
) -> None:
    configure(shell, service.address, "sales", timeout="2h")
    service.will_answer("sales", 500)
    shell("start sales -q")
    service.requests.clear()

    shell.seconds_later = 2 * HOUR - 1
    assert shell("run sales --overlap refuse -q").exit_code == 12
    assert service.requests == []

    shell.seconds_later = 2 * HOUR
    two = "2026-03-01T14:00:00+00:00"
    assert shell("run sales --overlap refuse").result == (
        0,
        "sales: succeeded after 500ms (sales/sales/sales-1)\n",
        "warning: an earlier start was never settled, and is too old to count as open: "
        "sales/start-0001\n"
        f"{two} sales: starting sales on invision, to follow it for up to 2h (--timeout)\n"
        f"{two} sales: started sales/sales/sales-1\n"
        f"{two} sales: pending\n"
        f"{two} sales: succeeded\n",
    )
    assert service.requests == ["POST sales", "GET sales-1"]
    assert shell("status --open").exit_code == 9


def test_a_day_is_how_long_it_counts_where_nothing_is_set(unsure: Shell, service: Service) -> None:
    unsure.seconds_later = 24 * HOUR - 1
    assert unsure("start sales --overlap join -q").exit_code == 9

    unsure.seconds_later = 24 * HOUR
    assert unsure("start sales --overlap join -q").exit_code == 0


def test_without_a_timeout_it_counts_for_ever(shell: Shell, service: Service) -> None:
    configure(shell, service.address, "sales", timeout="none")
    service.will_answer("sales", 500)
    shell("start sales -q")
    shell.seconds_later = 1000 * 24 * HOUR

    assert shell("start sales --overlap refuse -q").exit_code == 12


def test_a_start_that_was_refused_or_not_started_blocks_nothing(
    shell: Shell, service: Service
) -> None:
    service.will_answer("sales", 404)
    assert shell("start sales --overlap refuse -q").exit_code == 6
    service.will_answer("sales", 429)
    assert shell("start sales --overlap refuse -q --max-outage 0s").exit_code == 11

    assert shell("start sales --overlap refuse -q").exit_code == 0


def test_a_guarded_start_without_an_answer_guards_the_next(shell: Shell, service: Service) -> None:
    service.will_answer("sales", 200, {"status": "Pending"})

    assert shell("run sales --overlap refuse -q").exit_code == 9
    assert shell("run sales --overlap refuse -q").exit_code == 12
    assert service.requests == ["POST sales"]
