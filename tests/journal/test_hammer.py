"""Many processes at one journal: nothing is lost, and a guarded start is sent once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.journal.processes import Worker, serving, surroundings, workers
from tests.long import IS_LONG

pytestmark = pytest.mark.long

PROCESSES = 16 if IS_LONG else 8
ROUNDS = 20 if IS_LONG else 3
STARTS = 20 if IS_LONG else 2


@pytest.fixture(scope="module")
def crowd() -> Iterator[list[Worker]]:
    with workers(PROCESSES) as crowd:
        yield crowd


def at_once(
    crowd: Sequence[Worker], line: str, variables: Mapping[str, str]
) -> list[tuple[int, str, str]]:
    """Run a command line in every process; return exit codes, stdouts and stderrs."""
    for worker in crowd:
        worker.send(line, variables)
    return [worker.result() for worker in crowd]


def test_processes_at_one_journal_lose_nothing(tmp_path: Path, crowd: list[Worker]) -> None:
    with serving() as server:
        variables = surroundings(tmp_path, server)
        printed = []
        for _ in range(STARTS):
            results = at_once(crowd, "start sales -o ref -q", variables)
            assert {(code, err) for code, _, err in results} == {(0, "")}
            printed += [out.strip() for _, out, _ in results]
        code, out, err = crowd[0].run("runs list -o json --limit 1000", variables)
        opened = crowd[0].run("status --open -o ref", variables)

    assert (code, err) == (0, "")
    entries = json.loads(out)["runs"]
    begun = sorted(f"sales/{flow}/{run}" for flow, run in server.begun)
    assert len(begun) == PROCESSES * STARTS
    assert sorted(printed) == begun
    assert sorted(entry["run"] for entry in entries) == begun
    assert {(entry["start"], entry["state"]) for entry in entries} == {("confirmed", "pending")}
    assert (opened[0], sorted(opened[1].splitlines()), opened[2]) == (8, begun, "")


def test_of_many_guarded_starts_exactly_one_is_sent(tmp_path: Path, crowd: list[Worker]) -> None:
    """In each round the run of the one before has ended, which nobody has seen yet."""
    with serving() as server:
        variables = surroundings(tmp_path, server)
        for number in range(1, ROUNDS + 1):
            results = at_once(crowd, "start sales --overlap refuse -o ref -q", variables)

            assert len(server.begun) == number
            assert sorted(code for code, _, _ in results) == [0] + [12] * (PROCESSES - 1)
            assert [out for _, out, _ in results if out] == [f"sales/sales/{number}\n"]
            server.ended.add(str(number))


def test_of_many_that_join_all_follow_the_one_run(tmp_path: Path, crowd: list[Worker]) -> None:
    with serving() as server:
        variables = surroundings(tmp_path, server)
        assert crowd[0].run("start sales -q", variables)[0] == 0

        results = at_once(crowd, "run sales --overlap join --timeout 200ms -o ref -q", variables)

    assert server.begun == [("sales", "1")]
    assert {(code, out) for code, out, _ in results} == {(124, "sales/sales/1\n")}
