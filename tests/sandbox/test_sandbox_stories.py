import pytest

from dfctl.sandbox.runs import Runs, StartRecord
from dfctl.sandbox.stories import STORIES, Fault, Stage, stories_without

STAGES_BY_AGE: dict[str, list[tuple[float, str]]] = {
    "ok": [(0, "pending"), (1.9, "pending"), (2, "running"), (9.9, "running"), (10, "succeeded")],
    "fail": [(0, "pending"), (2, "running"), (10, "failed")],
    "slow": [(0, "pending"), (40, "running"), (199, "running"), (200, "succeeded")],
    "pending": [(0, "pending"), (179, "pending"), (180, "running"), (200, "succeeded")],
    "cancelled": [(0, "pending"), (2, "running"), (10, "cancelled")],
    "timed-out": [(0, "pending"), (2, "running"), (10, "timed_out")],
    "flaky": [(0, "pending"), (2, "running"), (10, "succeeded")],
    "lost-start": [(0, "pending"), (2, "running"), (10, "succeeded")],
    "busy": [(0, "pending"), (2, "running"), (10, "succeeded")],
    "strange": [(0, "pending"), (2, "running"), (4, "strange"), (7, "running"), (10, "succeeded")],
    "html": [(0, "pending"), (2, "running"), (10, "succeeded")],
}


def test_every_story_has_its_stages_here() -> None:
    assert STAGES_BY_AGE.keys() == STORIES.keys()


@pytest.mark.parametrize("name", STORIES)
def test_a_story_goes_through_its_stages(name: str) -> None:
    told = [(age, STORIES[name].stage(age, 10.0)) for age, _ in STAGES_BY_AGE[name]]
    assert told == STAGES_BY_AGE[name]


def test_a_run_of_no_length_is_over_at_once() -> None:
    assert STORIES["fail"].stage(0.0, 0.0) is Stage.FAILED


def test_a_clock_that_stepped_back_shows_the_first_stage() -> None:
    assert STORIES["ok"].stage(-5.0, 10.0) is Stage.PENDING


def test_a_busy_flow_refuses_two_starts_before_each_that_it_takes() -> None:
    faults = [STORIES["busy"].start_fault(attempt) for attempt in range(6)]
    assert faults == [Fault.BUSY, Fault.BUSY, None, Fault.BUSY, Fault.BUSY, None]


def test_a_flaky_run_recovers_for_good() -> None:
    faults = [STORIES["flaky"].look_fault(look) for look in range(50)]
    assert {Fault.BAD_GATEWAY, Fault.DROPPED} <= set(faults[:6])
    assert set(faults[6:]) == {None}


def test_a_service_leaves_out_what_it_has_no_words_for() -> None:
    told = stories_without("cancelled", "timed-out")
    assert STORIES.keys() - told.keys() == {"cancelled", "timed-out"}


def test_runs_are_found_by_id_and_recorded_in_order() -> None:
    starts: list[StartRecord] = []
    ids = iter(["a", "b"])
    runs = Runs(service="invision", seconds=3.0, new_id=lambda: next(ids), starts=starts)
    first = runs.begin(STORIES["ok"], 0.0)
    runs.begin(STORIES["slow"], 0.0)
    assert starts == [StartRecord("invision", "ok", "a"), StartRecord("invision", "slow", "b")]
    assert runs.find("a") is first
    assert runs.find("c") is None


@pytest.mark.parametrize(("seconds", "asked"), [(0.0, 0), (0.1, 0), (3.0, 1), (30.0, 10)])
def test_a_busy_service_asks_for_a_third_of_a_run(seconds: float, asked: int) -> None:
    runs = Runs(service="invision", seconds=seconds, new_id=str, starts=[])
    assert runs.retry_after == asked
