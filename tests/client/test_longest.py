"""The longest that a run takes, whatever a service and a source of keys do: docs/reliability.md."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from dfctl.client.steps import Pause, Send, Step, Target
from dfctl.client.tasks import Order
from dfctl.core.exchange import FaultKind, Result
from dfctl.core.secret import Secret
from dfctl.core.watch import Limits
from tests.client.stage import (
    INVISION_RUN,
    NOTHING,
    Answering,
    Stage,
    a_run,
    answer,
    fault,
    invision,
    seen,
    started,
)
from tests.core.properties import bounded

START_TIMEOUT = 300.0
KEY_READ_AGAIN = 65.0
LAST_LOOK = 15.0


@dataclass
class Slow(Stage):
    """Lets each request and each key take a share of the time that it has; all of it is too late.

    When `shares` are used up, everything comes at once.
    """

    shares: Iterator[float] = field(default_factory=lambda: iter(()))

    def _take(self, step: Step, answers: Answering) -> Result | None:
        if isinstance(step, Pause):
            return super()._take(step, answers)
        share = next(self.shares, 0.0)
        assert step.seconds is not None
        self.clock.elapsed += share * step.seconds
        if share == 1.0:
            return fault(FaultKind.DEADLINE, was_sent=not isinstance(step, Send))
        return super()._take(step, answers)


class Answers:
    """Answers starts and looks from a list each, and from then on goes on without an end."""

    def __init__(self, starts: list[Result], looks: list[Result]) -> None:
        self._starts, self._looks = iter(starts), iter(looks)

    def __call__(self, send: Send) -> Result:
        if send.request.method == "POST":
            return next(self._starts, fault())
        return next(self._looks, seen("Running"))


def renewing(limits: Limits) -> Target:
    """Return a profile whose source has another key each time."""
    keys = (Secret(f"key-{number}") for number in count())
    return invision(limits, read_key_again=lambda: next(keys))


SHARES = st.lists(st.sampled_from([0.0, 0.01, 0.5, 0.999, 1.0]), max_size=40)
LIMITS = st.builds(Limits, timeout=st.floats(0, 600), max_outage=st.floats(0, 600))
NOT_BEGUN = [
    fault(),
    answer(status=429),
    answer(status=429, retry_after=40.0),
    answer(status=401),
    answer(status=415),
]
SEEN = [answer(status=401), answer(status=503), answer(b"<html>"), seen("Pending"), seen("Odd")]


@bounded(100)
@given(st.lists(st.sampled_from([*NOT_BEGUN, started()]), max_size=12), SHARES, LIMITS)
def test_no_start_takes_longer_than_its_limits_and_what_comes_beside_them(
    starts: list[Result], shares: list[float], limits: Limits
) -> None:
    stage = Slow(shares=iter(shares))

    stage.lead(stage.tasks.start(Order(renewing(limits), NOTHING)), Answers(starts, []))

    assert limits.max_outage is not None
    # The answer to the last start, to one with another key, and to one without a body.
    longest = limits.max_outage + 3 * START_TIMEOUT + KEY_READ_AGAIN
    assert stage.clock.elapsed <= longest


@bounded(100)
@given(st.lists(st.sampled_from(SEEN), max_size=30), SHARES, LIMITS)
def test_no_run_is_followed_for_longer_than_the_timeout_and_a_last_look(
    looks: list[Result], shares: list[float], limits: Limits
) -> None:
    stage = Slow(shares=iter(shares))

    stage.lead(stage.tasks.wait(renewing(limits), a_run(INVISION_RUN)), Answers([], looks))

    assert limits.timeout is not None
    assert stage.clock.elapsed <= limits.timeout + LAST_LOOK


def test_a_last_look_with_a_key_that_is_refused_may_take_15_s() -> None:
    stage = Slow(shares=iter([0.999, 0.999, 0.999]))
    limits = Limits(timeout=0.0)
    looks: list[Result] = [answer(status=401), seen("Running")]

    ended = stage.lead(stage.tasks.wait(renewing(limits), a_run(INVISION_RUN)), Answers([], looks))

    assert ended.exit_code == 124
    assert 0 <= LAST_LOOK - stage.clock.elapsed < 0.1


def test_a_run_may_take_as_long_as_its_limits_say() -> None:
    # It is started at the end of the outage that is borne, and goes on past the timeout.
    stage = Slow(shares=iter([0.0, 0.999]))
    order = Order(invision(Limits(timeout=3600.0, max_outage=0.2)), NOTHING)

    ended = stage.lead(stage.tasks.run(order), Answers([fault(), started()], []))

    assert ended.exit_code == 124
    assert 0 <= 3600.0 + 0.2 + START_TIMEOUT - stage.clock.elapsed < 1.0
