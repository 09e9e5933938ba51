"""Several profiles and runs at once."""

import pytest
from pytest_httpserver import HTTPServer

from dfctl.core.exits import BY_WEIGHT, ExitCode, worst_of
from tests.journal.conftest import configure
from tests.journal.service import Service
from tests.shell import Shell

NOON = "2026-03-01T12:00:00+00:00"


def test_runs_of_several_profiles_are_followed_together(shell: Shell, service: Service) -> None:
    service.words_in_turn("sales-1", "Running", "Succeeded")

    ended = shell("run sales stock --interval 10s")

    assert ended.exit_code == 0
    assert ended.stdout == (
        "sales: succeeded after 20s (sales/sales/sales-1)\n"
        "stock: succeeded after 10s (stock/stock/stock-1)\n"
    )
    # Which of two answers is read first is not ours to say.
    told = ended.stderr.splitlines()
    assert told[:2] == [
        f"{NOON} {name}: starting {name} on invision, to follow it for up to 24h (--timeout)"
        for name in ("sales", "stock")
    ]
    assert [line for line in told[2:] if "sales" in line] == [
        f"{NOON} sales: started sales/sales/sales-1",
        f"{NOON} sales: pending",
        "2026-03-01T12:00:10+00:00 sales: running",
        "2026-03-01T12:00:20+00:00 sales: succeeded",
    ]
    assert [line for line in told[2:] if "stock" in line] == [
        f"{NOON} stock: started stock/stock/stock-1",
        f"{NOON} stock: pending",
        "2026-03-01T12:00:10+00:00 stock: succeeded",
    ]
    assert len(told) == 9
    assert sorted(service.requests) == [
        "GET sales-1",
        "GET sales-1",
        "GET stock-1",
        "POST sales",
        "POST stock",
    ]


def test_start_prints_a_reference_for_each_in_the_order_given(
    shell: Shell, service: Service
) -> None:
    ended = shell("start stock sales staff -o ref -q")

    assert (ended.exit_code, ended.stderr) == (0, "")
    assert [line.split("/")[0] for line in ended.stdout.splitlines()] == ["stock", "sales", "staff"]
    assert sorted(service.requests) == ["POST sales", "POST staff", "POST stock"]


@pytest.mark.parametrize("command", ["run", "start", "start --wait"])
@pytest.mark.parametrize(
    ("names", "broken"),
    [
        ("sales stock nowhere", ""),
        ("nowhere sales stock", ""),
        ("sales broken", '[profiles.broken]\nbackend = "invision"\naddress = "nonsense"\n'),
        (
            "sales keyless",
            '[profiles.keyless]\nbackend = "invision"\nflow = "x"\n'
            'address = "http://127.0.0.1:1/x"\nkey = { env = "NO_SUCH_VARIABLE" }\n',
        ),
        (
            "sales flowless",
            '[profiles.flowless]\nbackend = "invision"\naddress = "http://127.0.0.1:1/x"\n'
            'key = "k"\n',
        ),
    ],
)
def test_one_bad_profile_keeps_every_start_from_being_sent(
    shell: Shell, service: Service, state: object, command: str, names: str, broken: str
) -> None:
    shell.configure(shell.config.read_text(encoding="utf-8") + broken)

    ended = shell(f"{command} {names}")

    assert ended.exit_code in (2, 4)
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: ")
    assert service.requests == []
    # Each that is configured stands there as an attempt that failed, and none as a run.
    assert {row["start"] for row in shell("runs list -o json").document["runs"]} == {"refused"}


@pytest.mark.parametrize("option", ["--flow x", "-p a=b", "--param a=b", "--input -"])
@pytest.mark.parametrize("command", ["run", "start"])
def test_what_is_meant_for_one_profile_is_refused_for_two(
    shell: Shell, service: Service, command: str, option: str
) -> None:
    name = {"-p": "--param"}.get(option.split()[0], option.split()[0])

    assert shell(f"{command} sales stock {option}").result == (
        2,
        "",
        f"error: {name} goes with exactly one profile\n",
    )
    assert service.requests == []


@pytest.mark.parametrize("command", ["run", "start"])
def test_a_profile_that_is_named_twice_is_refused(
    shell: Shell, service: Service, command: str
) -> None:
    assert shell(f"{command} sales stock sales").result == (
        2,
        "",
        "error: the profile 'sales' is named twice\nhint: to start it twice, call dfctl twice\n",
    )
    assert service.requests == []


def test_one_start_that_fails_stops_no_other(shell: Shell, service: Service) -> None:
    service.will_answer("sales", 404)
    service.will_answer("stock", 500)

    ended = shell("run sales stock staff --progress none")

    assert ended.result == (
        9,
        "staff: succeeded after 500ms (staff/staff/staff-1)\n",
        "error: sales: the service does not know the flow 'sales': HTTP 404 Not Found\n"
        "hint: nothing was started; check flow and address of the profile\n"
        "error: stock: the start was sent, but it was answered with "
        "HTTP 500 Internal Server Error\n"
        "hint: InVision documents no other error than 500: the flow's id or the key may be "
        "wrong; it may be running: look at the service before you start it again; then settle "
        "it: dfctl runs resolve stock/start-0002 --as not-started, or --as RUN\n",
    )
    assert sorted(service.requests) == ["GET staff-1", "POST sales", "POST staff", "POST stock"]
    assert [line.split()[1] for line in shell("runs").stdout.splitlines()] == [
        "succeeded",
        "unconfirmed",
        "refused",
    ]


def test_one_that_is_refused_for_overlap_stops_no_other(shell: Shell, service: Service) -> None:
    shell("start sales -q")
    service.words["sales-1"] = "Running"
    service.requests.clear()

    ended = shell("run sales stock --overlap refuse --progress none")

    assert ended.result == (
        12,
        "stock: succeeded after 500ms (stock/stock/stock-1)\n",
        "error: sales: not started: an earlier run is open: sales/sales/sales-1\n"
        "hint: to follow it: dfctl wait sales/sales/sales-1\n",
    )
    assert sorted(service.requests) == ["GET sales-1", "GET stock-1", "POST stock"]


@pytest.mark.parametrize(
    ("words", "statuses", "code"),
    [
        ({"sales-1": "Failed"}, {}, 3),
        ({"sales-1": "Running"}, {}, 124),
        ({"sales-1": "Failed"}, {"stock": 500}, 9),
        ({"sales-1": "Running"}, {"stock": 404}, 124),
        ({}, {"stock": 404}, 6),
        ({}, {"stock": 401, "staff": 404}, 4),
        ({}, {"stock": 400, "staff": 404}, 6),
        ({}, {"stock": 400}, 2),
        ({"sales-1": "gone"}, {"stock": 500}, 9),
        ({"sales-1": "gone"}, {"stock": 404}, 7),
    ],
)
def test_the_gravest_end_is_the_exit_code(
    shell: Shell, service: Service, words: dict[str, str], statuses: dict[str, int], code: int
) -> None:
    service.words |= words
    for flow, status in statuses.items():
        service.will_answer(flow, status)

    ended = shell("run sales stock staff --timeout 60s -o json")

    assert ended.exit_code == ended.document["exit_code"] == code
    assert [run["profile"] for run in ended.document["runs"]] == ["sales", "stock", "staff"]


def test_the_order_of_codes_is_that_of_the_contract() -> None:
    assert [int(code) for code in BY_WEIGHT] == [1, 9, 7, 3, 10, 5, 124, 4, 6, 2, 11, 12, 8, 0]
    for index, code in enumerate(BY_WEIGHT):
        assert worst_of(BY_WEIGHT[index:]) is code
        assert worst_of(reversed(BY_WEIGHT[index:])) is code
    assert worst_of([]) is ExitCode.SUCCEEDED


def test_fail_fast_stops_following_when_one_ends_badly(shell: Shell, service: Service) -> None:
    for name in ("sales", "stock", "staff"):
        assert shell(f"start {name} -q").exit_code == 0
    service.words |= {"sales-1": "Failed", "stock-1": "Running"}

    ended = shell("wait stock sales staff --fail-fast --progress none --interval 1h")

    assert ended.exit_code == 3
    assert ended.stdout.splitlines()[1] == "sales: failed (sales/sales/sales-1)"
    assert (
        "error: stock: no longer followed, because another run ended badly (--fail-fast); "
        "the run goes on\n"
        "hint: to follow it: dfctl wait stock/stock/stock-1\n"
    ) in ended.stderr
    assert shell("status stock").exit_code == 8


def test_without_it_every_run_is_followed_to_its_end(shell: Shell, service: Service) -> None:
    service.words["sales-1"] = "Failed"
    service.words_in_turn("stock-1", "Running", "Running", "Succeeded")

    ended = shell("run sales stock --progress none --interval 10s")

    assert ended.result == (
        3,
        "sales: failed after 10s (sales/sales/sales-1)\n"
        "stock: succeeded after 30s (stock/stock/stock-1)\n",
        "",
    )


def test_fail_fast_sends_each_start_that_was_asked_for(shell: Shell, service: Service) -> None:
    service.words |= {"sales-1": "Failed", "stock-1": "Running"}

    ended = shell("run sales stock --fail-fast --progress none")

    assert ended.exit_code == 3
    assert (
        "error: stock: no longer followed, because another run ended badly (--fail-fast); "
        "the run goes on\n" in ended.stderr
    )
    assert [request for request in sorted(service.requests) if request.startswith("POST")] == [
        "POST sales",
        "POST stock",
    ]


@pytest.mark.parametrize("names", ["sales stock", "stock sales staff"])
def test_fail_fast_beside_a_start_that_is_refused_at_once(
    shell: Shell, service: Service, names: str
) -> None:
    service.will_answer("sales", 500)
    shell("start sales -q")

    assert shell(f"run {names} --overlap refuse --fail-fast").exit_code == 12


def test_json_is_one_document_for_all(shell: Shell, service: Service) -> None:
    service.words["stock-1"] = "Failed"

    ended = shell("run sales stock -o json --progress none")

    assert ended.exit_code == 3
    assert ended.stderr == ""
    assert [
        (run["run"], run["state"], run["exit_code"], run["elapsed_s"])
        for run in ended.document["runs"]
    ] == [
        ("sales/sales/sales-1", "succeeded", 0, 0.5),
        ("stock/stock/stock-1", "failed", 3, 0.5),
    ]
    assert (ended.document["schema"], ended.document["exit_code"], ended.document["error"]) == (
        1,
        3,
        None,
    )


def test_more_runs_than_threads_all_end(
    shell: Shell, service: Service, httpserver: HTTPServer
) -> None:
    names = [f"p{number}" for number in range(12)]
    configure(shell, service.address, *names)

    ended = shell(f"run {' '.join(names)} -o json -q")

    assert ended.exit_code == 0
    assert [run["profile"] for run in ended.document["runs"]] == names
    assert sum(request.startswith("POST") for request in service.requests) == 12
    assert len({run["run"] for run in ended.document["runs"]}) == 12
    assert len(shell("runs list").stdout.splitlines()) == 12
