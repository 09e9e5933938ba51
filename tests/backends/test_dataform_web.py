"""Dataform Web: requests and answers as its documentation has them, and whatever else may come."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.backends.dataform_web import DataformWeb
from dfctl.core.answers import Judgement, Kind, judge_start, kind_of_status
from dfctl.core.errors import UsageError
from dfctl.core.exchange import Effect, KeyPlace, Request, Response, Unreadable
from dfctl.core.runs import Reference, Sighting, Started
from dfctl.core.settings import Parameters, SettingProblem, Settings
from dfctl.core.states import State
from tests.backends.hands import answer, assert_safe, encoded, lead
from tests.core.properties import any_text, bounded, json_objects, plain_text

PROJECT = "5685548636176384"
RUN = "1029591293203"
LINK = f"https://app.dataform.co/#/{PROJECT}/run/{RUN}"
JSON = (("Content-Type", "application/json"),)
NOTHING = Parameters()
DATAFORM = DataformWeb()


def settings_of(flow: str | None = None, **values: object) -> Settings:
    return Settings(flow, {"project": PROJECT, **values})


def start(body: object, settings: Settings | None = None) -> tuple[list[Request], Started]:
    exchange = DATAFORM.start(settings or settings_of("nightly"), NOTHING, server_wait=False)
    return lead(exchange, [answer(body)])


def look(body: object, locator: str = RUN) -> tuple[list[Request], Sighting]:
    return lead(DATAFORM.look(settings_of(), locator), [answer(body)])


# Starting


@pytest.mark.parametrize(
    ("settings", "body"),
    [
        (
            settings_of("nightly", environment="production"),
            b'{"environmentName": "production", "scheduleName": "nightly"}',
        ),
        (settings_of("nightly"), b'{"scheduleName": "nightly"}'),
        (
            settings_of(tags=("daily", "sales"), environment="production"),
            b'{"environmentName": "production", "runConfig": {"tags": ["daily", "sales"]}}',
        ),
        (settings_of(whole_project=True), b"{}"),
        (settings_of("nattlig ø"), b'{"scheduleName": "nattlig \\u00f8"}'),
    ],
)
def test_a_start_is_the_documented_request(settings: Settings, body: bytes) -> None:
    requests, started = start({"id": RUN}, settings)
    assert requests == [
        Request("POST", f"/project/{PROJECT}/run", Effect.START, headers=JSON, body=body)
    ]
    assert started == Started(RUN)


def test_an_id_is_never_read_as_a_float() -> None:
    assert start({"id": 2**63 - 1})[1].locator == "9223372036854775807"
    with pytest.raises(Unreadable):
        start(b'{"id": 1.029591293203e12}')


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "an object without id"),
        (
            {"error": "quota", "code": 8, "message": "quota used up"},
            "an object without id: quota used up",
        ),
        ({"error": "quota"}, "an object without id: quota"),
        ({"id": ".."}, "an object whose id cannot be used"),
        (b"", "an empty answer"),
        (b"<html>", "a web page instead of JSON"),
    ],
)
def test_a_start_without_an_id_is_unreadable(body: object, problem: str) -> None:
    with pytest.raises(Unreadable) as caught:
        start(body)
    assert str(caught.value) == problem


# Looking


def test_a_look_is_the_documented_request() -> None:
    requests, sighting = look({"id": RUN, "status": "RUNNING", "runLogUrl": LINK})
    assert requests == [Request("GET", f"/project/{PROJECT}/run/{RUN}", Effect.READ)]
    assert sighting == Sighting(State.RUNNING, "RUNNING", LINK)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("RUNNING", State.RUNNING),
        ("SUCCESSFUL", State.SUCCEEDED),
        ("FAILED", State.FAILED),
        ("CANCELLED", State.CANCELLED),
        ("TIMED_OUT", State.TIMED_OUT),
        ("UNKNOWN", State.UNKNOWN),
        ("SUCCEEDED", State.UNKNOWN),
        ("CANCELED", State.UNKNOWN),
        ("QUEUED", State.UNKNOWN),
    ],
)
def test_only_documented_words_are_states(word: str, state: State) -> None:
    assert look({"id": RUN, "status": word})[1] == Sighting(state, word)


def test_an_absent_status_is_the_zero_value_unknown() -> None:
    assert look({"id": RUN, "runLogUrl": LINK})[1] == Sighting(State.UNKNOWN, None, LINK)


def test_an_id_may_be_a_number() -> None:
    assert look({"id": int(RUN), "status": "FAILED"})[1].state is State.FAILED


@pytest.mark.parametrize(
    "body",
    [
        {"id": "1", "status": "SUCCESSFUL"},
        {"error": "run not found", "code": 5},
        {"runLogUrl": LINK},
        {},
        b"{",
    ],
)
def test_an_answer_that_is_not_about_the_run_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable):
        look(body)


@pytest.mark.parametrize("locator", [".", "..", "a/b", "/", "flow/run", f"{RUN}/"])
def test_a_malformed_locator_is_refused_before_any_request(locator: str) -> None:
    with pytest.raises(UsageError) as caught:
        next(DATAFORM.look(settings_of(), locator))
    assert caught.value.message == f"{locator!r} names no run of Dataform Web"
    assert caught.value.hint == "a reference to a run of Dataform Web is PROFILE/RUN"


@pytest.mark.parametrize("locator", ["%2E%2E", "%2e", ".%2E", "\udcff", ""])
def test_a_locator_that_no_path_can_carry_is_refused(locator: str) -> None:
    with pytest.raises(UsageError):
        next(DATAFORM.look(settings_of(), locator))


@bounded(100)
@given(plain_text)
def test_odd_ids_are_encoded_and_found_again(run: str) -> None:
    try:
        _, started = start({"id": run})
    except Unreadable:
        assert not run.strip() or run in {".", ".."} or len(run) > 512
        return
    locator = Reference.parse(f"nightly/{started.locator}").locator
    (request,), sighting = look({"id": run, "status": "FAILED"}, locator)
    assert request.path == f"/project/{PROJECT}/run/{encoded(run)}"
    assert_safe(request.path)
    assert sighting.state is State.FAILED


@bounded(150)
@given(any_text | st.text(["%", "2", "E", "e", ".", "/", "F", "a"], max_size=10))
def test_no_locator_leads_out_of_its_path(locator: str) -> None:
    try:
        request = next(DATAFORM.look(settings_of(), locator))
    except UsageError:
        return
    assert_safe(request.path)


@bounded(100)
@given(any_text | st.text("./%2Ee0\u0661", max_size=6))
def test_no_project_leads_out_of_its_path(project: str) -> None:
    settings = Settings("nightly", {"project": project})
    try:
        DATAFORM.check_start(settings, NOTHING, server_wait=False)
    except SettingProblem:
        return
    if project:  # whoever reads profiles demands it
        assert_safe(next(DATAFORM.start(settings, NOTHING, server_wait=False)).path)


@bounded(80)
@given(json_objects("id", "status", "runLogUrl", "code", "message", "error"))
def test_any_object_as_an_answer_is_a_value_or_unreadable(body: dict[str, object]) -> None:
    try:
        started = start(body)[1]
    except Unreadable:
        pass
    else:
        next(DATAFORM.look(settings_of(), started.locator))
    try:
        sighting = look(body)[1]
    except Unreadable:
        return
    assert isinstance(sighting.state, State)
    assert sighting.url is None or isinstance(sighting.url, str)


# What is checked before anything is sent


@pytest.mark.parametrize(
    "project", ["abc", "12a", "-1", "1.5", " 1", "../1", "\u0661\u0662", "\uff11\uff12"]
)
def test_a_project_is_a_number(project: str) -> None:
    with pytest.raises(SettingProblem) as caught:
        DATAFORM.check(Settings(None, {"project": project}))
    assert (caught.value.setting, caught.value.problem, caught.value.hint) == (
        "project",
        f"{project!r} is not a project's id",
        "it is the number in https://app.dataform.co/#/<number>/",
    )


def test_a_flow_and_tags_are_not_sent_together() -> None:
    both = settings_of("nightly", tags=("daily",))
    with pytest.raises(SettingProblem) as caught:
        DATAFORM.check(both)
    assert caught.value.setting == "tags"
    with pytest.raises(SettingProblem):
        DATAFORM.check_start(both, NOTHING, server_wait=False)


@pytest.mark.parametrize(
    "settings", [settings_of("nightly"), settings_of(tags=("a",)), settings_of(whole_project=True)]
)
def test_a_start_that_says_what_to_run_is_possible(settings: Settings) -> None:
    DATAFORM.check(settings)
    assert DATAFORM.check_start(settings, NOTHING, server_wait=False) == ()


@pytest.mark.parametrize("settings", [settings_of(), settings_of(""), settings_of(tags=())])
def test_a_start_that_says_nothing_would_run_all_and_is_refused(settings: Settings) -> None:
    DATAFORM.check(settings)
    with pytest.raises(SettingProblem) as caught:
        DATAFORM.check_start(settings, NOTHING, server_wait=False)
    assert (caught.value.setting, caught.value.problem) == ("flow", "is missing")


@pytest.mark.parametrize("parameters", [Parameters({"a": "1"}), Parameters({}, {})])
def test_parameters_are_refused(parameters: Parameters) -> None:
    with pytest.raises(UsageError, match="Dataform Web takes no parameters"):
        DATAFORM.check_start(settings_of("nightly"), parameters, server_wait=False)


def test_an_answer_cannot_be_held_until_the_run_ends() -> None:
    with pytest.raises(UsageError, match="Dataform Web cannot hold its answer"):
        DATAFORM.check_start(settings_of("nightly"), NOTHING, server_wait=True)


def test_the_key_is_a_bearer_token() -> None:
    assert DATAFORM.key_place(settings_of()) == KeyPlace("Authorization", prefix="Bearer ")


# Refusals

# What each code of gRPC says of a start: https://grpc.io/docs/guides/status-codes/
GRPC = {
    1: (Kind.BROKEN, Judgement.UNCONFIRMED),  # CANCELLED
    2: (Kind.BROKEN, Judgement.UNCONFIRMED),  # UNKNOWN
    3: (Kind.WRONG, Judgement.WRONG),  # INVALID_ARGUMENT
    4: (Kind.BROKEN, Judgement.UNCONFIRMED),  # DEADLINE_EXCEEDED
    5: (Kind.NOT_FOUND, Judgement.NOT_FOUND),
    6: (Kind.WRONG, Judgement.WRONG),  # ALREADY_EXISTS
    7: (Kind.FORBIDDEN, Judgement.KEY),  # PERMISSION_DENIED
    8: (Kind.THROTTLED, Judgement.RETRY),  # RESOURCE_EXHAUSTED
    9: (Kind.WRONG, Judgement.WRONG),  # FAILED_PRECONDITION
    10: (Kind.BROKEN, Judgement.UNCONFIRMED),  # ABORTED
    11: (Kind.WRONG, Judgement.WRONG),  # OUT_OF_RANGE
    12: (Kind.WRONG, Judgement.WRONG),  # UNIMPLEMENTED
    13: (Kind.BROKEN, Judgement.UNCONFIRMED),  # INTERNAL
    14: (Kind.BROKEN, Judgement.UNCONFIRMED),  # UNAVAILABLE
    15: (Kind.BROKEN, Judgement.UNCONFIRMED),  # DATA_LOSS
    16: (Kind.UNAUTHENTICATED, Judgement.KEY),
}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 412, 429, 500, 503])
@pytest.mark.parametrize("code", GRPC)
def test_the_code_of_the_error_counts_before_the_status(code: int, status: int) -> None:
    response = answer({"error": "why", "code": code, "message": "why"}, status)
    refusal = DATAFORM.refusal(response)
    assert (refusal.kind, judge_start(response, refusal.kind)) == GRPC[code]
    assert refusal.message == "why"


@pytest.mark.parametrize("body", [b"", b"<html>", {}, {"code": "5"}, {"code": True}, {"code": 5.0}])
def test_without_a_code_the_status_counts(body: object) -> None:
    kinds = {status: DATAFORM.refusal(answer(body, status)).kind for status in range(100, 600)}
    assert kinds == {status: kind_of_status(status) for status in range(100, 600)}


def test_a_code_beside_success_is_no_refusal() -> None:
    assert DATAFORM.refusal(answer({"code": 5, "id": RUN})).kind is Kind.ANSWERED


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": "invalid token", "code": 16, "message": "invalid token"}, "invalid token"),
        ({"error": "only this"}, "only this"),
        ({"Message": "any case"}, "any case"),
        ({"message": {"nested": 1}}, None),
        (b"no", None),
    ],
)
def test_a_refusal_has_the_service_s_own_words(body: object, message: str | None) -> None:
    assert DATAFORM.refusal(answer(body, 401)).message == message


@bounded(100)
@given(
    st.integers(100, 599),
    st.binary() | json_objects("code", "message", "error").map(json.dumps).map(str.encode),
)
def test_any_answer_is_a_refusal_of_some_kind(status: int, body: bytes) -> None:
    refusal = DATAFORM.refusal(Response(status, body))
    assert refusal.kind in Kind
    assert refusal.message is None or isinstance(refusal.message, str)
