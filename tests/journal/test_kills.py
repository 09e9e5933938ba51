"""Processes that are killed between the intent and the run's id: the journal tells the truth."""

import json
import random
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.faults.tally import TALLY
from tests.journal.processes import Server, Worker, serving, surroundings
from tests.long import IS_LONG, SEED

pytestmark = pytest.mark.long

KILLS = 300 if IS_LONG else 12
# About as long as a start takes, in seconds.
LONGEST = 0.1


class Reaper:
    """Kills the worker that is at it when its moment comes."""

    def __init__(self) -> None:
        self.moment = ""
        self.worker: Worker | None = None

    def pause(self, moment: str) -> None:
        if self.worker and moment == self.moment:
            self.worker.kill()
            self.worker.process.wait(timeout=60)


class Asker(Worker):
    """The process that is asked after each kill."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__()
        self._variables = variables

    def ask(self, line: str) -> tuple[int, str, str]:
        return self.run(line, self._variables)


def test_whatever_is_killed_nothing_that_began_is_called_not_begun(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    reaper = Reaper()
    seen: Counter[str] = Counter()
    with serving(reaper.pause) as server:
        variables = surroundings(tmp_path, server)
        asker, following = Asker(variables), Worker()
        try:
            asker.wait_until_ready()
            for number in range(KILLS):
                reaper.worker, following = following, Worker()
                reaper.worker.wait_until_ready()
                kill(reaper, chance, variables, flow=f"flow-{number}")
                seen[outcome(asker, server, newest=f"flow-{number}")] += 1
            outcome(asker, server, newest=None)
        finally:
            asker.close()
            following.close()
    begun = {flow for flow, _ in server.begun}
    for number in range(KILLS):
        TALLY.add(["a kill of the process, at any moment"], f"flow-{number}" in begun, [])
    print(f"seed {SEED}: {dict(seen)}, {len(server.begun)} runs began")
    assert sum(seen.values()) == KILLS
    assert seen["unconfirmed"]


def kill(reaper: Reaper, chance: random.Random, variables: Mapping[str, str], *, flow: str) -> None:
    """Let a start begin, and kill it: as the service begins its run, or at any other time."""
    worker = reaper.worker
    assert worker
    reaper.moment = chance.choice(["before", "after", "later", "later"])
    worker.send(f"start sales --flow {flow} -q", variables)
    if reaper.moment == "later":
        threading.Event().wait(chance.uniform(0, LONGEST))
        worker.kill()
    worker.process.communicate(timeout=60)


def outcome(asker: Asker, server: Server, *, newest: str | None) -> str:
    """Compare what another process is told with the service's own record.

    Return what became of the start of the flow `newest`.
    """
    entries = listed(asker)
    starts = {entry["flow"]: entry for entry in entries}
    assert len(starts) == len(entries)
    for flow, run in list(server.begun):
        start = starts[flow]  # a run without a trace would be a KeyError
        assert start["start"] in ("confirmed", "unconfirmed")
        assert start["locator"] in (f"{flow}/{run}", None)
    begun = dict(server.begun)
    for flow, start in starts.items():
        assert (start["start"] == "confirmed") == (start["locator"] is not None)
        assert start["start"] != "confirmed" or flow in begun
    check_status(asker, entries)
    check_open(asker, entries)
    return str(starts[newest]["start"]) if newest in starts else "no trace"


def listed(asker: Asker) -> list[dict[str, Any]]:
    code, out, err = asker.ask("runs list -o json --limit 1000")
    assert (code, err) == (0, "")
    entries: list[dict[str, Any]] = json.loads(out)["runs"]
    return entries


def check_status(asker: Asker, entries: list[dict[str, Any]]) -> None:
    code, out, err = asker.ask("status sales")
    if not entries:
        assert (code, out) == (6, "")
    elif entries[0]["start"] == "confirmed":
        reference = entries[0]["run"]
        assert (code, out, err) == (8, f"sales: running ({reference})\n", "")
    else:
        assert (code, out) == (9, "")
        assert f"the start {entries[0]['run']} is unconfirmed: it may be running" in err


def check_open(asker: Asker, entries: list[dict[str, Any]]) -> None:
    code, out, err = asker.ask("status --open -o json")
    told = {run["run"] for run in json.loads(out)["runs"]}
    assert told == {entry["run"] for entry in entries}
    is_unsettled = any(entry["start"] == "unconfirmed" for entry in entries)
    assert code == (9 if is_unsettled else 8 if entries else 0)
    assert err.count("is unconfirmed") == sum(e["start"] == "unconfirmed" for e in entries)
