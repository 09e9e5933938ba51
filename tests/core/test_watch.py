"""The polling rules: when to look next and when to give up, for any history and any clock."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.states import State
from dfctl.core.watch import Ending, Limits, Watch, backoff
from tests.core.properties import bounded

BEGAN = 1000.0
HOUR = 3600.0
OPEN = [state for state in State if not state.is_final]
FINAL = [state for state in State if state.is_final]


@dataclass(frozen=True)
class Look:
    """One look of a history, `late` seconds after it was due, and what came of it."""

    late: float
    state: State | None = None
    is_outage: bool = True
    asked: float | None = None
    random: float = 0.5


seconds = st.floats(0, 500)
lateness = st.just(0.0) | st.floats(0, 60) | st.sampled_from([HOUR, 9 * HOUR])
sightings = st.builds(Look, lateness, st.sampled_from(OPEN), random=st.floats(0, 1))
misses = st.builds(
    Look,
    lateness,
    st.none(),
    is_outage=st.booleans(),
    asked=st.none() | st.floats(0, 1000),
    random=st.floats(0, 1),
)
limit = st.none() | st.floats(0, 2000)
limits = st.builds(
    Limits,
    timeout=limit,
    queue_timeout=limit,
    interval=st.none() | st.floats(0.1, 100),
    max_outage=limit,
)
histories = st.lists(sightings | misses, max_size=25)


class Story:
    """A watch and the clock beside it."""

    def __init__(self, given_limits: Limits) -> None:
        self.randoms: list[float] = []
        self.watch = Watch(given_limits, began=BEGAN, random=lambda: self.randoms[-1])
        self.at = BEGAN

    def take(self, look: Look) -> None:
        """Look, `late` seconds after the look was due."""
        self.randoms.append(look.random)
        self.at = max(self.at, self.watch.due) + look.late
        if look.state is None:
            self.watch.missed(at=self.at, is_outage=look.is_outage, not_before=look.asked)
        else:
            self.watch.saw(look.state, at=self.at)


def told(given_limits: Limits, history: list[Look]) -> Iterator[tuple[Story, Look]]:
    """Tell a history to a watch until it ends the waiting; give the story after each look."""
    story = Story(given_limits)
    for look in history:
        story.take(look)
        yield story, look
        if story.watch.ending:
            return


def end_of(given_limits: Limits, history: list[Look]) -> Ending | None:
    """Return why the waiting was over at the end of a history."""
    *_, last = [None, *(story.watch.ending for story, _ in told(given_limits, history))]
    return last


def test_the_first_look_is_due_at_once() -> None:
    watch = Watch(Limits(), began=BEGAN, random=lambda: 0.5)
    assert (watch.due, watch.ending, watch.state, watch.failures) == (BEGAN, None, None, 0)


@pytest.mark.parametrize(
    ("age", "pace"),
    [(0, 0.5), (6.25, 0.5), (10, 0.8), (100, 8.0), (175, 14.0), (1000, 14.0), (80000, 14.0)],
)
def test_looks_grow_rarer_with_the_age_of_the_run(age: float, pace: float) -> None:
    for random, factor in [(0.0, 0.85), (0.5, 1.0), (1.0, 1.15)]:
        watch = Watch(Limits(), began=BEGAN, random=lambda random=random: random)  # type: ignore[misc]
        watch.saw(State.RUNNING, at=BEGAN + age)
        assert watch.due - (BEGAN + age) == pytest.approx(pace * factor)


def test_an_interval_fixes_the_time_between_looks() -> None:
    for age, random in itertools.product((0, 10, 5000), (0.0, 1.0)):
        watch = Watch(Limits(interval=7.0), began=BEGAN, random=lambda random=random: random)  # type: ignore[misc]
        watch.saw(State.RUNNING, at=BEGAN + age)
        assert watch.due == BEGAN + age + 7.0


@pytest.mark.parametrize(
    ("failures", "longest"), [(1, 1.0), (2, 2.0), (5, 16.0), (6, 20.0), (7, 20.0), (10**9, 20.0)]
)
def test_the_jitter_of_a_retry_is_full(failures: int, longest: float) -> None:
    assert backoff(failures, lambda: 0.0) == 0.0
    assert backoff(failures, lambda: 1.0) == longest


def test_a_good_answer_resets_the_backoff() -> None:
    story = Story(Limits(max_outage=None))
    for _ in range(8):
        story.take(Look(0.0, random=1.0))
    assert story.watch.due - story.at == 20.0
    story.take(Look(0.0, State.RUNNING))
    story.take(Look(0.0, random=1.0))
    assert story.watch.due - story.at == 1.0


@pytest.mark.parametrize(("asked", "waited"), [(0.0, 0.5), (7.0, 7.0), (300.0, 300.0), (1e9, 300)])
def test_a_delay_that_the_service_asks_for_is_a_floor_up_to_300_s(
    asked: float, waited: float
) -> None:
    story = Story(Limits())
    story.take(Look(0.0, is_outage=False, asked=asked))
    assert story.watch.due - story.at == waited


@bounded(150)
@given(limits, histories)
def test_a_look_is_never_due_in_the_past_nor_past_an_end(
    given: Limits, history: list[Look]
) -> None:
    outage_since: float | None = None
    for story, look in told(given, history):
        watch = story.watch
        if look.state or not look.is_outage:
            outage_since = None
        elif outage_since is None:
            outage_since = story.at
        if watch.ending:
            return
        assert watch.due >= story.at
        assert watch.deadline is None or watch.due <= watch.deadline
        if outage_since is not None and given.max_outage is not None:
            assert watch.due <= outage_since + given.max_outage


@bounded(150)
@given(limits, histories)
def test_the_pace_is_8_percent_of_the_age(given: Limits, history: list[Look]) -> None:
    for story, look in told(given, history):
        watch = story.watch
        if look.state is None or watch.ending or watch.due == watch.deadline:
            continue
        waited = watch.due - story.at
        if given.interval is not None:
            assert waited == pytest.approx(given.interval, abs=1e-6)
        else:
            pace = min(max(0.08 * (story.at - BEGAN), 0.5), 14.0)
            assert pace * 0.85 - 1e-6 <= waited <= pace * 1.15 + 1e-6


@bounded(150)
@given(limits, histories)
def test_a_miss_is_retried_within_its_backoff_or_after_the_delay_asked_for(
    given: Limits, history: list[Look]
) -> None:
    in_a_row = 0
    for story, look in told(given, history):
        in_a_row = 0 if look.state else in_a_row + 1
        assert story.watch.failures == in_a_row
        if look.state or story.watch.ending:
            continue
        floor = min(look.asked or 0.0, 300.0)
        longest = min(20.0, 0.5 * 2**in_a_row)
        waited = story.watch.due - story.at
        assert waited <= max(longest, floor) + 1e-6
        if given.timeout is None and given.queue_timeout is None and not look.is_outage:
            assert waited >= floor - 1e-6


@bounded(150)
@given(limits, histories)
def test_the_waiting_ends_for_the_reason_that_is_true(given: Limits, history: list[Look]) -> None:
    """Each ending, against a model that is told the same."""
    outage_since: float | None = None
    state: State | None = None
    for story, look in told(given, history):
        if look.state is State.PENDING and state not in (None, State.PENDING):
            return  # it was submitted again, which has its own example below
        state = look.state or state
        if look.state or not look.is_outage:
            outage_since = None
        elif outage_since is None:
            outage_since = story.at
        is_late = given.timeout is not None and story.at >= BEGAN + given.timeout
        is_queued = state in (None, State.PENDING)
        is_late_in_queue = (
            given.queue_timeout is not None
            and is_queued
            and story.at >= BEGAN + given.queue_timeout
        )
        is_out = (
            outage_since is not None
            and given.max_outage is not None
            and story.at >= outage_since + given.max_outage
        )
        match story.watch.ending:
            case None:
                assert (is_late, is_late_in_queue, is_out) == (False, False, False)
            case Ending.TIMEOUT:
                assert is_late
            case Ending.QUEUE_TIMEOUT:
                assert is_late_in_queue
            case Ending.OUTAGE:
                assert is_out
            case Ending.FINAL:
                pytest.fail("no look was final")


@bounded(100)
@given(limits, st.lists(st.builds(Look, lateness, is_outage=st.just(False), asked=seconds)))
def test_a_service_that_throttles_is_never_an_outage(given: Limits, history: list[Look]) -> None:
    assert end_of(given, history) is not Ending.OUTAGE


@bounded(100)
@given(limits, histories, st.sampled_from(FINAL), lateness)
def test_a_final_state_ends_the_waiting_however_late(
    given: Limits, history: list[Look], final: State, late: float
) -> None:
    story = Story(given)
    for look in history:
        if story.watch.ending:
            return
        story.take(look)
    story.take(Look(late, final))
    assert (story.watch.ending, story.watch.state) == (Ending.FINAL, final)


@bounded(30)
@given(limits, st.sampled_from(FINAL), sightings | misses)
def test_a_final_state_is_never_left(given: Limits, final: State, after: Look) -> None:
    story = Story(given)
    story.take(Look(0.0, final))
    story.take(after)
    assert (story.watch.ending, story.watch.state) == (Ending.FINAL, final)


def test_a_limit_that_is_lifted_never_ends_the_waiting() -> None:
    lifted = Limits(timeout=None, queue_timeout=None, max_outage=None)
    history = [Look(9 * HOUR), Look(9 * HOUR, State.PENDING), *[Look(100.0)] * 50]
    assert end_of(lifted, history) is None


def test_a_deadline_is_declared_only_on_a_look_at_or_after_it() -> None:
    story = Story(Limits(timeout=60.0, interval=50.0))
    story.take(Look(0.0, State.RUNNING))
    story.take(Look(0.0, State.RUNNING))
    assert story.watch.due == BEGAN + 60.0
    assert story.watch.ending is None
    story.take(Look(0.0, State.RUNNING))
    assert story.watch.ending is Ending.TIMEOUT


@pytest.mark.parametrize(
    ("look", "ending"),
    [
        (Look(9 * HOUR, State.SUCCEEDED), Ending.FINAL),
        (Look(9 * HOUR, State.RUNNING), Ending.TIMEOUT),
        (Look(9 * HOUR), Ending.TIMEOUT),
    ],
)
def test_a_machine_that_slept_looks_before_the_timeout_is_declared(
    look: Look, ending: Ending
) -> None:
    story = Story(Limits(timeout=HOUR))
    story.take(Look(0.0, State.RUNNING))
    assert story.watch.ending is None
    story.take(look)
    assert story.watch.ending is ending


def test_a_queue_timeout_counts_only_while_the_run_is_pending() -> None:
    waiting = Limits(queue_timeout=60.0, interval=10.0)
    assert end_of(waiting, [Look(0.0, State.PENDING)] * 7) is Ending.QUEUE_TIMEOUT
    assert end_of(waiting, [*[Look(0.0, State.PENDING)] * 6, Look(0.0, State.RUNNING)]) is None
    assert end_of(waiting, [Look(0.0, State.PENDING), *[Look(0.0, State.RUNNING)] * 99]) is None
    assert end_of(waiting, [Look(0.0, State.PENDING), *[Look(0.0, State.UNKNOWN)] * 99]) is None


def test_a_run_that_goes_back_to_pending_has_its_whole_queue_timeout_again() -> None:
    """As when a worker of the service died: the run is submitted again, hours after its start."""
    waiting = Limits(queue_timeout=60.0, interval=10.0)
    running = [Look(0.0, State.RUNNING)] * 20
    assert end_of(waiting, [*running, Look(0.0, State.PENDING)]) is None
    assert end_of(waiting, [*running, *[Look(0.0, State.PENDING)] * 7]) is Ending.QUEUE_TIMEOUT


def test_the_timeout_comes_before_the_queue_timeout_of_the_same_moment() -> None:
    assert end_of(Limits(timeout=0.0, queue_timeout=0.0), [Look(0.0)]) is Ending.TIMEOUT


def test_an_outage_is_unbroken_loss_of_contact() -> None:
    bearing = Limits(max_outage=60.0)
    assert end_of(bearing, [Look(0.0), Look(61.0)]) is Ending.OUTAGE
    assert end_of(bearing, [Look(0.0), Look(30.0), Look(0.0, State.RUNNING), Look(61.0)]) is None
    assert end_of(bearing, [Look(0.0), Look(30.0, is_outage=False), Look(61.0)]) is None


def test_an_outage_that_may_not_last_at_all_ends_the_waiting_on_the_first_miss() -> None:
    assert end_of(Limits(max_outage=0.0), [Look(0.0)]) is Ending.OUTAGE


def test_the_last_look_of_an_outage_is_made_at_its_end() -> None:
    story = Story(Limits(max_outage=30.0))
    for _ in range(9):
        story.take(Look(0.0, random=1.0))
        if story.watch.ending:
            break
    assert (story.at - BEGAN, story.watch.ending) == (30.0, Ending.OUTAGE)
