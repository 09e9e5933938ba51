"""The clock of the machine is set back between a start and what is asked about it later."""

from tests.journal.service import Service
from tests.shell import Shell

DAY = 86400.0
BEGAN = "2026-03-02T12:00:00+00:00"


def _start_tomorrow(shell: Shell, service: Service) -> None:
    """Start a run with a clock that is a day ahead."""
    shell.seconds_later = DAY
    assert shell("start sales -q").exit_code == 0
    shell.seconds_later = 0.0
    service.requests.clear()


def test_a_run_from_tomorrow_is_followed_with_no_negative_length(
    shell: Shell, service: Service
) -> None:
    service.words_in_turn("sales-1", "Running", "Succeeded")
    _start_tomorrow(shell, service)

    waited, listed = shell("wait sales -o json"), shell("runs list -o json")

    assert waited.exit_code == 0
    [run] = waited.document["runs"]
    assert run["elapsed_s"] >= 0
    [entry] = listed.document["runs"]
    assert entry["elapsed_s"] is None
    assert shell("runs list").stdout == f"{BEGAN}  succeeded  -  sales/sales/sales-1\n"


def test_a_run_from_tomorrow_is_open_today(shell: Shell, service: Service) -> None:
    service.words["sales-1"] = "Running"
    _start_tomorrow(shell, service)

    assert shell("run sales --overlap refuse").exit_code == 12
    assert shell("status --open").exit_code == 8
    assert shell("runs prune --older-than 1d").exit_code == 0
    assert shell("status sales").exit_code == 8
    assert "POST sales" not in service.requests
