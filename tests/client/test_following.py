"""Following and looking once: what is believed, what is borne, and when it is over."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.client.tasks import Order
from dfctl.core.errors import KeyProblem
from dfctl.core.events import Following, Missed, Seen, Warned
from dfctl.core.exchange import FaultKind, Response, Result
from dfctl.core.runs import Reference, Run
from dfctl.core.secret import Secret
from dfctl.core.states import State
from dfctl.core.watch import Limits
from tests.client.stage import (
    DATAFORM_RUN,
    INVISION_RUN,
    NOTHING,
    Answering,
    Keys,
    Stage,
    a_run,
    answer,
    dataform,
    dataform_seen,
    fault,
    in_order,
    invision,
    seen,
    started,
)
from tests.core.properties import bounded

RESUME = f"to follow it: dfctl wait {INVISION_RUN}"


def wait(
    stage: Stage,
    answers: Answering,
    limits: Limits | None = None,
    *,
    keys: Callable[[], Secret] | None = None,
    interrupt_at: int | None = None,
) -> Run:
    """Follow a run of InVision that another command started."""
    task = stage.tasks.wait(invision(limits, read_key_again=keys), a_run(INVISION_RUN))
    return stage.lead(task, answers, interrupt_at=interrupt_at)


def run(
    stage: Stage, *looks: Result, limits: Limits | None = None, keys: Keys | None = None
) -> Run:
    """Start a run of InVision and follow it."""
    task = stage.tasks.run(Order(invision(limits, read_key_again=keys), NOTHING))
    return stage.lead(task, in_order(started(), *looks))


def status(stage: Stage, answers: Answering, keys: Keys | None = None) -> Run:
    return stage.lead(
        stage.tasks.status(invision(read_key_again=keys), a_run(INVISION_RUN)), answers
    )


# Waiting


def test_a_run_is_followed_to_its_end() -> None:
    stage = Stage()
    ended = wait(stage, in_order(seen("Pending"), seen("Running"), seen("Succeeded")))
    assert (ended.exit_code, ended.state, ended.service_state) == (0, State.SUCCEEDED, "Succeeded")
    assert ended.ended_at == stage.clock.now()
    assert (ended.started_at, ended.elapsed_s, ended.flow) == (None, None, None)
    assert [type(event) for event in stage.events] == [Following, Seen, Seen, Seen]


def test_the_first_look_is_made_at_once() -> None:
    stage = Stage()
    wait(stage, in_order(seen("Failed")))
    assert stage.clock.elapsed == 0.0


def test_nobody_knows_when_a_run_ended_that_had_ended_before() -> None:
    assert wait(Stage(), in_order(seen("Failed"))).ended_at is None


def test_a_run_that_is_started_here_has_its_times() -> None:
    stage = Stage()
    ended = run(stage, seen("Running"), seen("Failed"))
    assert (ended.exit_code, ended.elapsed_s) == (3, stage.clock.elapsed)
    assert ended.ended_at == stage.clock.now()


@pytest.mark.parametrize(
    ("word", "code"),
    [("SUCCESSFUL", 0), ("FAILED", 3), ("CANCELLED", 5), ("TIMED_OUT", 10)],
)
def test_each_outcome_has_its_code(word: str, code: int) -> None:
    stage = Stage()
    task = stage.tasks.wait(dataform(), a_run(DATAFORM_RUN))
    assert stage.lead(task, in_order(dataform_seen(word))).exit_code == code


def test_a_state_that_nobody_documented_is_warned_of_once_and_is_no_end() -> None:
    stage = Stage()
    words = ["Odd", "Odd", "Running", "Odd", "Odder", None, "Failed"]
    ended = wait(stage, in_order(*map(seen, words)))
    assert ended.exit_code == 3
    (warning,) = stage.heard(Warned)
    assert warning.message == (
        "Profitbase InVision calls the state 'Odd': dfctl takes that for no end, "
        "and goes on looking"
    )


def test_an_unknown_word_is_made_safe() -> None:
    stage = Stage()
    wait(stage, in_order(seen("\x1b[2J\u202eOdd\n"), seen("Failed")))
    said = stage.heard(Warned)[0].message + str(stage.heard(Seen)[0].run.service_state)
    assert not {"\x1b", "\u202e", "\n"} & set(said)


def test_a_link_is_kept_only_where_it_is_one() -> None:
    stage = Stage()
    task = stage.tasks.wait(dataform(), a_run(DATAFORM_RUN))
    link = "https://app.dataform.co/#/1234/run/1"
    looks = [
        answer({"id": DATAFORM_RUN.locator, "status": "RUNNING", "runLogUrl": url})
        for url in ("javascript:x", link, "file:///etc/passwd")
    ]
    stage.lead(task, in_order(*looks, dataform_seen("FAILED")))
    assert [event.run.url for event in stage.heard(Seen)] == [None, link, link, link]


# Refusals after the start


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_after_the_start_is_lost_contact_at_once(status: int) -> None:
    stage = Stage()
    ended = run(stage, seen("Running"), answer(status=status))
    assert (ended.exit_code, ended.hint, ended.state) == (7, RESUME, State.RUNNING)


def test_a_source_of_keys_that_fails_meanwhile_does_not_say_that_nothing_began() -> None:
    def fail() -> Secret:
        raise KeyProblem("the key's file is gone", hint="write it again")

    stage = Stage()
    task = stage.tasks.run(Order(invision(read_key_again=fail), NOTHING))
    ended = stage.lead(task, in_order(started(), answer(status=401)))
    assert ended.exit_code == 7


@pytest.mark.parametrize(("later", "code"), [(["new"], 0), (["key"], 7)])
def test_a_key_that_expires_meanwhile_is_read_once_more(later: list[str], code: int) -> None:
    stage, keys = Stage(), Keys(later)
    looks = [answer(status=401), *([seen("Succeeded")] if code == 0 else [])]
    assert run(stage, *looks, keys=keys).exit_code == code
    assert keys.reads == 1


def test_a_key_is_read_again_each_time_that_it_expires() -> None:
    stage, keys = Stage(), Keys(["one", "two"])
    refused = answer(status=401)
    looks = [refused, seen("Running"), refused, seen("Failed")]
    assert run(stage, *looks, keys=keys).exit_code == 3
    assert [send.key.reveal() for send in stage.sent] == ["key", "key", "one", "one", "two"]


def test_a_source_that_always_has_another_key_does_not_keep_a_refused_look_going() -> None:
    """As a command that makes a new token each time, where the right to look was taken away."""
    stage, keys = Stage(), Keys([str(number) for number in range(100)])
    looks = [answer(status=401)] * 10
    assert run(stage, *looks[:2], keys=keys).exit_code == 7


def test_a_status_whose_source_always_has_another_key_ends() -> None:
    stage, keys = Stage(), Keys([str(number) for number in range(100)])
    assert status(stage, in_order(answer(status=401), answer(status=401)), keys).exit_code == 4


def test_a_run_that_is_not_found_yet_is_borne_for_30_s_after_its_start() -> None:
    stage = Stage()
    missing = answer(status=404)
    assert run(stage, missing, missing, seen("Succeeded")).exit_code == 0
    stage = Stage(slowness=12.0)
    assert run(stage, missing, missing, missing).exit_code == 7
    assert stage.clock.elapsed >= 30.0


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (answer(status=401), 4),
        (answer(status=403), 4),
        (answer(status=404), 6),
        (answer(status=400), 2),
        (answer(status=302), 2),
    ],
)
@pytest.mark.parametrize("is_status", [True, False])
def test_a_run_that_was_never_seen_is_refused_with_the_usual_codes(
    result: Result, code: int, is_status: bool
) -> None:
    ended = (status if is_status else wait)(Stage(), in_order(result))
    assert (ended.exit_code, ended.state, ended.reference) == (code, None, INVISION_RUN)
    assert ended.message
    assert ended.hint


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "Bad Request"),
        (409, "Conflict"),
        (302, "Found"),
        (410, "Gone"),
        (500, "Internal Server Error"),
        (503, "Service Unavailable"),
    ],
)
def test_any_other_refusal_of_a_known_run_is_an_outage(status: int, reason: str) -> None:
    stage = Stage()
    task = stage.tasks.run(Order(invision(Limits(max_outage=60.0)), NOTHING))
    looks = itertools.chain([started(), seen("Running")], itertools.repeat(answer(status=status)))
    ended = stage.lead(task, lambda _: next(looks))
    assert (ended.exit_code, ended.hint, ended.state) == (7, RESUME, State.RUNNING)
    assert ended.message == (
        f"no contact for 1m (--max-outage): HTTP {status} {reason}; the run goes on"
    )


# Limits


def test_the_timeout_ends_the_waiting_and_not_the_run() -> None:
    stage = Stage()
    ended = wait(stage, lambda _: seen("Running"), Limits(timeout=90.0))
    assert (ended.exit_code, ended.hint, stage.clock.elapsed) == (124, RESUME, 90.0)
    assert ended.message == "not ended after 1m30s (--timeout); the run goes on"


def test_a_run_that_stays_pending_too_long_is_given_up() -> None:
    stage = Stage()
    ended = wait(stage, lambda _: seen("Pending"), Limits(queue_timeout=60.0))
    assert (ended.exit_code, ended.hint, stage.clock.elapsed) == (124, RESUME, 60.0)
    assert ended.message == "still pending after 1m (--queue-timeout); the run goes on"


def test_a_run_that_ends_on_the_look_at_the_deadline_has_its_outcome() -> None:
    stage = Stage()

    def look(send: object) -> Response:
        return seen("Succeeded" if stage.clock.elapsed >= 90.0 else "Running")

    assert wait(stage, look, Limits(timeout=90.0)).exit_code == 0


def test_a_look_may_not_take_much_longer_than_the_waiting() -> None:
    stage = Stage()
    wait(stage, lambda _: seen("Running"), Limits(timeout=40.0))
    assert stage.sent[0].seconds == 30.0
    assert stage.sent[-1].seconds == 5.0
    assert all(send.seconds is not None and 5.0 <= send.seconds <= 30.0 for send in stage.sent)


def test_a_service_that_throttles_is_not_lost() -> None:
    stage = Stage()
    ended = wait(stage, lambda _: answer(status=429), Limits(timeout=3600.0, max_outage=60.0))
    assert ended.exit_code == 124
    stage = Stage()
    task = stage.tasks.wait(dataform(Limits(timeout=3600.0, max_outage=60.0)), a_run(DATAFORM_RUN))
    throttled = answer({"code": 8, "message": "quota"}, 403)
    assert stage.lead(task, lambda _: throttled).exit_code == 124


def test_answers_about_another_run_are_never_believed() -> None:
    stage = Stage()
    other = answer({"runId": "another", "status": "Succeeded"})
    ended = wait(stage, lambda _: other, Limits(max_outage=60.0))
    assert (ended.exit_code, ended.state) == (7, None)


def test_no_further_look_is_announced_where_there_is_none() -> None:
    stage = Stage(slowness=7.0)
    wait(stage, lambda _: fault(), Limits(timeout=20.0))
    *before, last = [event.seconds for event in stage.heard(Missed)]
    assert last is None
    assert all(seconds >= 0 for seconds in before)


def test_a_signal_at_any_step_says_how_to_go_on() -> None:
    for step in range(6):
        stage = Stage()
        looks = in_order(seen("Running"), fault(), seen("Running"))
        ended = wait(stage, looks, interrupt_at=step)
        assert (ended.exit_code, ended.hint) == (143, RESUME)
        assert ended.message == "interrupted; the run goes on"


# Any sequence of faults and answers

words = st.sampled_from(["RUNNING", "UNKNOWN", "ODD", None, 5])
lost = st.builds(fault, st.sampled_from(FaultKind), was_sent=st.booleans())
odd = st.builds(
    answer,
    st.sampled_from([b"", b"<html>", {"code": 8}, {"code": 14}, {"code": 16}, {"id": "9"}, []]),
    st.sampled_from([200, 302, 400, 403, 404, 408, 429, 500, 503]),
    retry_after=st.none() | st.floats(0, 500),
)
FINAL = {"SUCCESSFUL": 0, "FAILED": 3, "CANCELLED": 5, "TIMED_OUT": 10}


@bounded(200)
@given(
    st.lists(words.map(dataform_seen) | lost | odd | st.just(fault()), max_size=15),
    st.sampled_from(sorted(FINAL)),
    st.builds(
        Limits,
        timeout=st.none() | st.floats(0, 600),
        queue_timeout=st.none() | st.floats(0, 600),
        max_outage=st.floats(0, 600),
    ),
    st.floats(0, 40),
)
def test_a_wait_ends_with_the_truth_or_says_that_it_does_not_know(
    looks: list[Result], truth: str, limits: Limits, slowness: float
) -> None:
    stage = Stage(slowness=slowness)
    left = iter([*looks, dataform_seen(truth)])
    ended = stage.lead(
        stage.tasks.wait(dataform(limits), a_run(DATAFORM_RUN)), lambda _: next(left)
    )
    if len(stage.sent) == len(looks) + 1:
        assert ended.exit_code == FINAL[truth]
        assert ended.state is not None
        assert ended.state.is_final
    else:
        assert ended.exit_code in {2, 4, 6, 7, 124}
        assert ended.state is None or not ended.state.is_final
        assert ended.message
        assert ended.hint
        if ended.state is not None:
            assert ended.exit_code in {7, 124}
    assert set(stage.methods) == {"GET"}
    assert len(stage.heard(Warned)) <= 1


# Looking once


@pytest.mark.parametrize(
    ("word", "code"), [("Pending", 8), ("Running", 8), ("Odd", 8), ("Succeeded", 0), ("Failed", 3)]
)
def test_a_status_is_one_look(word: str, code: int) -> None:
    stage = Stage()
    ended = status(stage, in_order(seen(word)))
    assert (ended.exit_code, ended.service_state, stage.clock.elapsed) == (code, word, 0.0)


def test_a_status_tries_three_times() -> None:
    stage = Stage()
    ended = status(stage, in_order(fault(), answer(status=500), answer(b"<html>")))
    assert (ended.exit_code, ended.reference) == (7, INVISION_RUN)
    assert len(stage.sent) == 3
    stage = Stage()
    assert status(stage, in_order(fault(), answer(status=429), seen("Failed"))).exit_code == 3


@bounded(100)
@given(st.lists(lost | odd, min_size=3, max_size=3), st.floats(0, 30))
def test_a_status_takes_about_30_s_at_most(results: list[Result], slowness: float) -> None:
    stage = Stage()
    left = iter(results)

    def slow(send: object) -> Result:
        stage.clock.elapsed += slowness
        return next(left)

    ended = status(stage, slow)
    assert ended.exit_code in {2, 4, 6, 7}
    assert len(stage.sent) <= 3
    assert all(send.seconds is not None and 5 <= send.seconds <= 30 for send in stage.sent)
    assert stage.clock.elapsed <= 30 + slowness


def test_a_status_that_is_throttled_for_longer_does_not_wait() -> None:
    stage = Stage()
    ended = status(stage, in_order(answer(status=429, retry_after=120.0)))
    assert (ended.exit_code, stage.clock.elapsed) == (7, 0.0)


def test_a_malformed_reference_is_a_usage_error_before_any_request() -> None:
    for make in ("wait", "status"):
        stage = Stage()
        task = getattr(stage.tasks, make)(invision(), a_run(Reference("sales", "no-run")))
        ended = stage.lead(task, in_order())
        assert (ended.exit_code, stage.sent) == (2, [])
