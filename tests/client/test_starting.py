"""Starting: at most one request that could begin a run is ever taken for sent."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.client.starting import CHECK_FIRST
from dfctl.client.tasks import Order
from dfctl.core.events import Accepted, Following, Missed, Seen, StartDelayed, Starting, Warned
from dfctl.core.exchange import Fault, FaultKind, Response, Result
from dfctl.core.runs import Run
from dfctl.core.settings import Settings
from dfctl.core.states import State
from dfctl.core.watch import Limits
from tests.client.stage import (
    INVISION_RUN,
    NOTHING,
    RUN,
    Answering,
    Keys,
    Stage,
    answer,
    by_method,
    dataform,
    fault,
    in_order,
    invision,
    seen,
    started,
)
from tests.core.properties import bounded

THROTTLED = answer(status=429)


def start(stage: Stage, answers: Answering, limits: Limits | None = None) -> Run:
    return stage.lead(stage.tasks.start(Order(invision(limits), NOTHING)), answers)


def run(stage: Stage, answers: Answering, limits: Limits | None = None) -> Run:
    return stage.lead(stage.tasks.run(Order(invision(limits), NOTHING)), answers)


# What follows from one answer


def test_a_start_that_is_confirmed_has_a_reference() -> None:
    stage = Stage()
    ended = start(stage, in_order(started()))
    assert (ended.exit_code, ended.reference, ended.state) == (0, INVISION_RUN, State.PENDING)
    assert ended.started_at == stage.clock.now()
    assert [type(event) for event in stage.events] == [Starting, Accepted]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, 4),
        (403, 4),
        (404, 6),
        *(
            (status, 2)
            for status in (400, 405, 409, 412, 413, 414, 421, 422, 431, 301, 302, 307, 308)
        ),
        *((status, 9) for status in (303, 408, 500, 502, 503, 504, 304, 410, 100)),
    ],
)
def test_a_refused_start_is_sent_once_and_ends_with_its_code(status: int, code: int) -> None:
    stage = Stage()
    ended = start(stage, in_order(answer(status=status)))
    assert (ended.exit_code, ended.reference, ended.state) == (code, None, None)
    assert (CHECK_FIRST in str(ended.hint)) is (code == 9)
    assert stage.heard(Accepted) == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", {}, {"status": "Failed"}, {"runId": ".."}])
def test_a_start_whose_answer_has_no_id_is_unconfirmed(body: object) -> None:
    ended = start(Stage(), in_order(answer(body)))
    assert (ended.exit_code, ended.hint) == (9, CHECK_FIRST)


@pytest.mark.parametrize("kind", FaultKind)
def test_a_start_that_broke_after_its_first_byte_is_unconfirmed(kind: FaultKind) -> None:
    ended = start(Stage(), in_order(fault(kind, was_sent=True)))
    assert ended.exit_code == 9
    assert ended.message == "the start was sent, but the network broke"


def test_a_start_that_cannot_be_cured_is_not_repeated() -> None:
    rejected = Fault(FaultKind.REJECTED, "not trusted", was_sent=False, hint="set ca_file")
    ended = start(Stage(), in_order(rejected))
    assert (ended.exit_code, ended.hint) == (2, "set ca_file")


@pytest.mark.parametrize("result", [fault(), fault(FaultKind.DEADLINE), THROTTLED])
def test_a_start_that_did_not_begin_is_repeated_until_the_outage_is_too_long(
    result: Result,
) -> None:
    stage = Stage()
    ended = start(stage, lambda _: result, Limits(max_outage=60.0))
    assert ended.exit_code == 11
    assert stage.clock.elapsed == 60.0
    assert len(stage.sent) > 5
    assert all(event.seconds >= 0 for event in stage.heard(StartDelayed))


def test_a_start_that_may_not_be_repeated_at_all_is_sent_once() -> None:
    stage = Stage()
    ended = start(stage, in_order(fault()), Limits(max_outage=0.0))
    assert ended.exit_code == 11


def test_the_delay_that_the_service_asks_for_is_kept() -> None:
    stage = Stage()
    start(stage, in_order(answer(status=429, retry_after=90.0), started()))
    assert stage.clock.elapsed == 90.0


def test_a_delay_longer_than_the_patience_ends_the_start_at_once() -> None:
    stage = Stage()
    ended = start(stage, in_order(answer(status=429, retry_after=1e9)), Limits(max_outage=299.0))
    assert (ended.exit_code, stage.clock.elapsed) == (11, 0.0)


def test_a_delay_is_capped_where_there_is_patience() -> None:
    stage = Stage()
    throttled = answer(status=429, retry_after=1e9)
    start(stage, in_order(throttled, started()), Limits(max_outage=None))
    assert stage.clock.elapsed == 300.0


def test_a_body_whose_form_is_refused_is_followed_by_an_empty_one() -> None:
    stage = Stage()
    ended = start(stage, in_order(answer(status=415), started()))
    assert ended.exit_code == 0
    assert [send.request.body for send in stage.sent] == [b"{}", b""]


def test_two_refused_forms_are_a_wrong_request() -> None:
    assert start(Stage(), in_order(answer(status=415), answer(status=415))).exit_code == 2


def test_dataform_s_word_for_throttling_is_no_refusal_of_the_key() -> None:
    stage = Stage()
    throttled = answer({"code": 8, "message": "quota"}, 403)
    task = stage.tasks.start(Order(dataform(), NOTHING))
    ended = stage.lead(task, in_order(throttled, answer({"id": "7"})))
    assert (ended.exit_code, str(ended.reference)) == (0, "nightly/7")


# Keys that are read once more


@pytest.mark.parametrize(
    ("later", "code", "requests"), [(["new"], 0, 2), (["key"], 4, 1), (["one", "two"], 0, 2)]
)
def test_a_refused_key_is_read_once_more(later: list[str], code: int, requests: int) -> None:
    stage, keys = Stage(), Keys(later)
    task = stage.tasks.start(Order(invision(read_key_again=keys), NOTHING))
    ended = stage.lead(task, in_order(answer(status=401), started()))
    assert (ended.exit_code, len(stage.sent), keys.reads) == (code, requests, 1)
    assert stage.sent[-1].key.reveal() == (later[0] if code == 0 else "key")


def test_a_source_that_always_has_another_key_is_not_asked_for_ever() -> None:
    stage, keys = Stage(), Keys([str(number) for number in range(100)])
    task = stage.tasks.start(Order(invision(read_key_again=keys), NOTHING))
    ended = stage.lead(task, lambda _: answer(status=401))
    assert (ended.exit_code, len(stage.sent)) == (4, 2)


# Deadlines of requests


def test_a_start_has_the_deadline_of_its_profile() -> None:
    stage, target = Stage(), invision()
    target = replace(target, profile=replace(target.profile, start_timeout=77.0))
    stage.lead(stage.tasks.start(Order(target, NOTHING)), in_order(started()))
    assert [send.seconds for send in stage.sent] == [77.0]


def test_a_start_that_is_held_until_the_run_ends_is_bounded_by_the_timeout_alone() -> None:
    for timeout in (123.0, None):
        stage = Stage()
        task = stage.tasks.run(Order(invision(Limits(timeout=timeout)), NOTHING, server_wait=True))
        ended = stage.lead(task, in_order(started("Succeeded")))
        assert [send.seconds for send in stage.sent] == [timeout]
        assert ended.exit_code == 0


def test_a_held_start_whose_time_is_over_is_unconfirmed() -> None:
    stage = Stage()
    task = stage.tasks.run(Order(invision(), NOTHING, server_wait=True))
    ended = stage.lead(task, in_order(fault(FaultKind.DEADLINE, was_sent=True)))
    assert (ended.exit_code, ended.reference) == (9, None)


@pytest.mark.parametrize(("word", "code"), [("Succeeded", 0), ("Failed", 3)])
def test_a_final_state_in_the_answer_of_the_start_needs_no_look(word: str, code: int) -> None:
    stage = Stage()
    ended = run(stage, in_order(started(word)))
    assert (ended.exit_code, stage.methods, stage.clock.elapsed) == (code, ["POST"], 0.0)
    assert ended.ended_at == ended.started_at
    assert ended.elapsed_s == 0.0


def test_an_odd_state_in_the_answer_of_the_start_is_warned_of() -> None:
    stage = Stage()
    ended = run(stage, in_order(started("Queued"), seen("Queued"), seen("Succeeded")))
    assert ended.exit_code == 0
    (warning,) = stage.heard(Warned)
    assert "Queued" in warning.message


def test_words_of_the_service_are_made_safe() -> None:
    stage = Stage()
    body = answer({"title": "\x1b[31m\u202eno\nway"}, 403)
    ended = start(stage, in_order(body))
    assert ended.exit_code == 4
    assert str(ended.message).isprintable() or "\ufffd" in str(ended.message)
    assert not {"\x1b", "\u202e", "\n"} & set(f"{ended.message}{ended.hint}")


# Any sequence of faults and answers

INTERESTING = [*range(200, 205), *range(300, 309), *range(400, 430), *range(500, 512)]
faults = st.builds(fault, st.sampled_from(FaultKind), was_sent=st.booleans())
bodies: st.SearchStrategy[object] = st.sampled_from(
    [
        b"",
        b"<html>",
        b"{",
        {"runId": RUN, "status": "Running"},
        {"runId": RUN, "status": "Succeeded"},
        {"runId": RUN, "status": "Failed"},
        {"runId": RUN, "status": "Odd"},
        {"runId": RUN},
        {"status": "Succeeded"},
        {"runId": "another", "status": "Succeeded"},
        {"title": "no"},
    ]
)
answers_of = st.builds(
    answer,
    bodies,
    st.sampled_from(INTERESTING),
    retry_after=st.none() | st.floats(0, 500),
)
# Most of what comes is harmless, so that stories grow long.
harmless = st.sampled_from([fault(), fault(FaultKind.DEADLINE), THROTTLED, answer(status=415)])
scripts = st.lists(harmless | faults | answers_of, max_size=12)
look_scripts = st.lists(
    faults | answers_of | st.sampled_from(["Pending", "Running", "Odd"]).map(seen), max_size=12
)
limits_of = st.builds(
    Limits,
    timeout=st.none() | st.floats(0, 600),
    queue_timeout=st.none() | st.floats(0, 600),
    interval=st.none() | st.floats(0.1, 60),
    max_outage=st.floats(0, 600),
)


def may_follow(result: Result, *, is_first_form: bool, has_newer_key: bool) -> bool:
    """Return whether another start may follow `result`, by the words of the contract."""
    if isinstance(result, Fault):
        return not result.was_sent and result.kind is not FaultKind.REJECTED
    if result.status == 415:
        return is_first_form
    return result.status == 429 or (result.status == 401 and has_newer_key)


def code_of_last(result: Result) -> set[int]:
    """Return the codes that the last start's result allows; none where a run is followed."""
    if isinstance(result, Fault):
        if result.was_sent:
            return {9}
        return {2} if result.kind is FaultKind.REJECTED else {11}
    table = {401: 4, 403: 4, 404: 6, 429: 11} | dict.fromkeys(
        (400, 405, 409, 412, 413, 414, 415, 421, 422, 431, 301, 302, 307, 308), 2
    )
    if 200 <= result.status < 300:
        return set() if has_id(result) else {9}
    return {table.get(result.status, 9)}


def has_id(result: Response) -> bool:
    return b'"runId"' in result.body


@bounded(200)
@given(
    scripts,
    look_scripts,
    limits_of,
    st.sampled_from([["key"], ["new"], [str(number) for number in range(50)]]),
    st.floats(0, 40),
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
)
def test_no_start_follows_one_that_may_have_begun_and_the_code_tells_the_truth(
    posts: list[Result],
    looks: list[Result],
    limits: Limits,
    keys: list[str],
    slowness: float,
    randoms: list[float],
) -> None:
    rolls = itertools.cycle(randoms)
    stage = Stage(random=lambda: next(rolls), slowness=slowness)
    source = Keys(keys)
    task = stage.tasks.run(Order(invision(limits, read_key_again=source), NOTHING))
    ended = stage.lead(
        task,
        by_method({"POST": posts, "GET": looks}, then={"POST": started(), "GET": seen("Failed")}),
    )

    *before, (_, last) = stage.starts
    for send, result in before:
        assert may_follow(
            result,
            is_first_form=send.request.body == b"{}",
            has_newer_key=keys != ["key"],
        ), result
    assert sum(isinstance(result, Response) and result.status == 401 for _, result in before) <= 1
    assert stage.methods == sorted(stage.methods, reverse=True), "a start came after a look"

    accepted = stage.heard(Accepted)
    expected = code_of_last(last)
    if expected:
        assert ended.exit_code in expected
        assert (ended.reference, ended.state, accepted) == (None, None, [])
        assert ended.message
        assert ended.hint
        return
    assert len(accepted) == 1
    assert ended.reference is not None
    assert ended.state is not None
    if ended.state.is_final:
        assert ended.exit_code == {State.SUCCEEDED: 0, State.FAILED: 3}[ended.state]
        told = stage.results[-1]
        assert isinstance(told, Response)
        word = {State.SUCCEEDED: b'"Succeeded"', State.FAILED: b'"Failed"'}[ended.state]
        assert word in told.body
        assert ended.message is None
    else:
        assert ended.exit_code in {7, 124}
        assert ended.message
        assert ended.hint == f"to follow it: dfctl wait {ended.reference}"
    assert [event.run.state.is_final for event in stage.heard(Seen)][:-1].count(True) == 0
    waits = [event.seconds for event in (*stage.heard(StartDelayed), *stage.heard(Missed))]
    assert all(seconds is None or seconds >= 0 for seconds in waits)


@bounded(25)
@given(scripts, look_scripts, limits_of)
def test_a_signal_at_any_step_ends_with_its_code_and_the_right_words(
    posts: list[Result], looks: list[Result], limits: Limits
) -> None:
    def play(interrupt_at: int | None) -> tuple[Stage, Run]:
        stage = Stage()
        task = stage.tasks.run(Order(invision(limits), NOTHING))
        given = by_method(
            {"POST": posts, "GET": looks}, then={"POST": started(), "GET": seen("Failed")}
        )
        return stage, stage.lead(task, given, interrupt_at=interrupt_at)

    whole, _ = play(None)
    for step in range(min(whole.steps, 25)):
        stage, ended = play(step)
        assert ended.exit_code == 143
        accepted = stage.heard(Accepted)
        was_under_way = stage.steps > len(stage.sent) and not accepted
        if accepted:
            assert ended.reference == accepted[0].run.reference
            assert ended.message == "interrupted; the run goes on"
            assert ended.hint == f"to follow it: dfctl wait {ended.reference}"
            assert ended.elapsed_s is not None
        elif ended.message == "interrupted: nothing was started":
            assert ended.hint is None
            assert ended.reference is None
        else:
            assert was_under_way
            assert ended.message == ("interrupted after the start was sent, before it was answered")
            assert ended.hint == CHECK_FIRST
            assert ended.reference is None


def test_a_signal_between_two_attempts_says_that_nothing_was_started() -> None:
    stage = Stage()
    task = stage.tasks.start(Order(invision(), NOTHING))
    ended = stage.lead(task, in_order(fault()), interrupt_at=1)
    assert (ended.exit_code, ended.message) == (143, "interrupted: nothing was started")


def test_a_signal_while_a_start_is_under_way_says_to_look_first() -> None:
    stage = Stage()
    task = stage.tasks.start(Order(invision(), NOTHING))
    ended = stage.lead(task, in_order(), interrupt_at=0)
    assert (ended.exit_code, ended.hint) == (143, CHECK_FIRST)


def test_a_run_tells_that_it_will_be_followed_before_it_is_started() -> None:
    stage = Stage()
    run(stage, in_order(started("Succeeded")), Limits(timeout=5.0))
    first = stage.events[0]
    assert isinstance(first, Following)
    assert (first.timeout, first.run.reference, first.run.flow) == (5.0, None, "updatesales")


def test_odd_flows_are_found_again() -> None:
    stage = Stage()
    target = invision(settings=Settings("a/b %2E?#ø"))
    task = stage.tasks.run(Order(target, NOTHING))
    ended = stage.lead(task, in_order(started(), seen("Failed")))
    assert ended.exit_code == 3
    post, get = (send.request.path for send in stage.sent)
    assert get.removesuffix(f"/runs/{RUN}/status") == post.removesuffix("/start")
