"""InVision: requests and answers as its documentation has them, and whatever else may come."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.backends.invision import InVision
from dfctl.core.answers import Kind
from dfctl.core.errors import UsageError
from dfctl.core.exchange import Effect, KeyPlace, Request, Response, Unreadable
from dfctl.core.runs import Reference, Sighting, Started
from dfctl.core.settings import Parameters, SettingProblem, Settings
from dfctl.core.states import State
from tests.backends.hands import answer, assert_safe, encoded, lead
from tests.core.properties import any_text, bounded, json_objects, plain_text

FLOW = "2b081248-4963-43b3-ba06-5b7403d58b4d"
RUN = "ad73a1ad-60eb-1066-4d61-1821009431b2"
START = f"/api/pub/v1/dataflows/{FLOW}/start"
STATUS = f"/api/pub/v1/dataflows/{FLOW}/runs/{RUN}/status"
JSON = (("Content-Type", "application/json"),)
FIRST = Request("POST", START, Effect.START, headers=JSON, body=b"{}", answers=frozenset({415}))
NOTHING = Parameters()
INVISION = InVision()


def start(
    *answers: Response,
    settings: Settings | None = None,
    parameters: Parameters = NOTHING,
    server_wait: bool = False,
) -> tuple[list[Request], Started]:
    exchange = INVISION.start(settings or Settings(FLOW), parameters, server_wait=server_wait)
    return lead(exchange, answers)


def look(body: object, locator: str = f"{FLOW}/{RUN}") -> tuple[list[Request], Sighting]:
    return lead(INVISION.look(Settings(), locator), [answer(body)])


# Starting


def test_a_start_is_the_documented_request() -> None:
    requests, started = start(answer({"runId": RUN, "status": "Pending"}))
    assert requests == [FIRST]
    assert started == Started(f"{FLOW}/{RUN}", Sighting(State.PENDING, "Pending"))


def test_a_start_that_waits_for_the_run_asks_the_service_to_hold_its_answer() -> None:
    requests, started = start(answer({"runId": RUN, "status": "Succeeded"}), server_wait=True)
    assert requests == [
        Request(
            "POST",
            START,
            Effect.START,
            query=(("await", "true"),),
            headers=JSON,
            body=b"{}",
            answers=frozenset({415}),
            is_held=True,
        )
    ]
    assert started.sighting == Sighting(State.SUCCEEDED, "Succeeded")


@pytest.mark.parametrize("server_wait", [False, True])
def test_a_body_whose_form_is_refused_is_sent_once_more_empty(server_wait: bool) -> None:
    requests, started = start(
        answer(b"", 415), answer({"runId": RUN, "status": "Running"}), server_wait=server_wait
    )
    first, second = requests
    assert (first.body, second.body) == (b"{}", b"")
    assert (first.answers, second.answers) == (frozenset({415}), frozenset())
    assert (second.method, second.path, second.query, second.headers, second.is_held) == (
        first.method,
        first.path,
        first.query,
        first.headers,
        first.is_held,
    )
    assert started.locator == f"{FLOW}/{RUN}"


def test_parameters_are_sent_in_the_form_documented_for_the_flow_action() -> None:
    parameters = Parameters(
        {"department": "100", "refresh": "true"},
        {"dataContext": "", "globalArguments": {"department": "7", "year": 2026}},
    )
    requests, _ = start(answer({"runId": RUN, "status": "Pending"}), parameters=parameters)
    (request,) = requests
    assert json.loads(request.body or b"") == {
        "dataContext": "",
        "globalArguments": {"department": "100", "year": 2026, "refresh": "true"},
    }
    assert (request.path, request.headers, request.answers) == (START, JSON, frozenset())


@pytest.mark.parametrize(
    ("parameters", "body"),
    [
        (Parameters({"a": "1"}), b'{"globalArguments": {"a": "1"}}'),
        (Parameters({}, {"dataContext": ""}), b'{"dataContext": ""}'),
        (Parameters({}, {}), b"{}"),
        (Parameters({"ø": "\U0001f642"}), b'{"globalArguments": {"\\u00f8": "\\ud83d\\ude42"}}'),
    ],
)
def test_the_body_of_parameters_is_ascii_json(parameters: Parameters, body: bytes) -> None:
    requests, _ = start(answer({"runId": RUN, "status": "Pending"}), parameters=parameters)
    assert [request.body for request in requests] == [body]


def test_the_document_that_the_user_gave_is_not_changed() -> None:
    document: dict[str, Any] = {"globalArguments": {"a": "1"}}
    start(answer({"runId": RUN}), parameters=Parameters({"b": "2"}, document))
    assert document == {"globalArguments": {"a": "1"}}


@pytest.mark.parametrize(
    ("body", "sighting"),
    [
        ({"runid": RUN, "STATUS": "pENDING"}, Sighting(State.PENDING, "pENDING")),
        ({"runId": RUN, "status": " Failed "}, Sighting(State.FAILED, " Failed ")),
        ({"runId": RUN, "status": "Queued"}, Sighting(State.UNKNOWN, "Queued")),
        ({"runId": RUN}, Sighting(State.UNKNOWN)),
        ({"runId": RUN, "status": 2}, Sighting(State.UNKNOWN)),
    ],
)
def test_the_state_of_a_start_is_read_with_care(body: object, sighting: Sighting) -> None:
    assert start(answer(body))[1] == Started(f"{FLOW}/{RUN}", sighting)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", {}, {"status": "Running"}, {"runId": None}, {"runId": ".."}]
)
def test_a_start_without_an_id_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable):
        start(answer(body))


# Looking


def test_a_look_is_the_documented_request() -> None:
    requests, sighting = look({"runId": RUN, "status": "Running"})
    assert requests == [Request("GET", STATUS, Effect.READ)]
    assert sighting == Sighting(State.RUNNING, "Running")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Pending", State.PENDING),
        ("Running", State.RUNNING),
        ("Succeeded", State.SUCCEEDED),
        ("Failed", State.FAILED),
        ("FAILED", State.FAILED),
        ("succeeded\n", State.SUCCEEDED),
        ("Completed", State.UNKNOWN),
        ("Success", State.UNKNOWN),
        ("Cancelled", State.UNKNOWN),
        ("Succeeded!", State.UNKNOWN),
    ],
)
def test_only_documented_words_are_states(word: str, state: State) -> None:
    assert look({"runId": RUN, "status": word})[1] == Sighting(state, word)


def test_an_answer_without_the_id_is_believed() -> None:
    assert look({"status": "Failed"})[1].state is State.FAILED


def test_an_id_is_compared_without_regard_to_case() -> None:
    assert look({"runId": RUN.upper(), "status": "Failed"})[1].state is State.FAILED


@pytest.mark.parametrize(
    "body",
    [{"runId": "other", "status": "Failed"}, {"runId": RUN[:-1], "status": "x"}, {}, b"{"],
)
def test_an_answer_about_another_run_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable):
        look(body)


@pytest.mark.parametrize(
    "locator",
    ["", "/", "flow", "flow/", "/run", "a/b/c", "./run", "../run", "flow/.", "flow/..", "a//b"],
)
def test_a_malformed_locator_is_refused_before_any_request(locator: str) -> None:
    with pytest.raises(UsageError) as caught:
        next(INVISION.look(Settings(), locator))
    assert caught.value.message == f"{locator!r} names no run of InVision"
    assert caught.value.hint == "a reference to a run of InVision is PROFILE/FLOW/RUN"


@pytest.mark.parametrize("locator", ["%2E%2E/run", "%2e./run", "flow/%2E", "flow/.%2E", "%2E/%2E"])
def test_a_locator_whose_dots_are_encoded_is_refused_too(locator: str) -> None:
    with pytest.raises(UsageError):
        next(INVISION.look(Settings(), locator))


@pytest.mark.parametrize("locator", ["flow/\udcff", "\ud800/run"])
def test_a_locator_of_bytes_that_are_no_text_is_refused(locator: str) -> None:
    """As Python hands over an argument that is not UTF-8."""
    with pytest.raises(UsageError):
        next(INVISION.look(Settings(), locator))


@bounded(100)
@given(plain_text.filter(lambda text: text not in {"", ".", ".."}), plain_text)
def test_odd_ids_are_encoded_and_found_again(flow: str, run: str) -> None:
    body = answer({"runId": run, "status": "Running"})
    try:
        requests, started = start(body, settings=Settings(flow))
    except Unreadable:
        assert not run.strip() or run in {".", ".."} or len(run) > 512
        return
    assert requests[0].path == f"/api/pub/v1/dataflows/{encoded(flow)}/start"
    assert_safe(requests[0].path)
    locator = Reference.parse(f"sales/{started.locator}").locator
    (request,), sighting = lead(INVISION.look(Settings(), locator), [body])
    assert request.path == f"/api/pub/v1/dataflows/{encoded(flow)}/runs/{encoded(run)}/status"
    assert_safe(request.path)
    assert sighting.state is State.RUNNING


@bounded(150)
@given(
    any_text
    | st.builds("{}/{}".format, any_text, any_text)
    | st.text(["%", "2", "E", "e", ".", "/", "F", "a"], max_size=10)
)
def test_no_locator_leads_out_of_its_path(locator: str) -> None:
    try:
        request = next(INVISION.look(Settings(), locator))
    except UsageError:
        return
    assert_safe(request.path)


@bounded(100)
@given(plain_text | st.text("./%2Ee", max_size=6))
def test_no_flow_leads_out_of_its_path(flow: str) -> None:
    settings = Settings(flow)
    try:
        INVISION.check(settings)
        INVISION.check_start(settings, NOTHING, server_wait=False)
    except SettingProblem:
        return
    assert_safe(next(INVISION.start(settings, NOTHING, server_wait=False)).path)


@bounded(80)
@given(json_objects("runId", "status"))
def test_any_object_as_an_answer_is_a_value_or_unreadable(body: dict[str, object]) -> None:
    response = answer(body)
    try:
        started = start(response)[1]
    except Unreadable:
        pass
    else:
        assert started.locator.startswith(f"{FLOW}/")
        assert started.sighting
        next(INVISION.look(Settings(), started.locator))
    try:
        sighting = look(body)[1]
    except Unreadable:
        return
    assert isinstance(sighting.state, State)
    assert sighting.service_state is None or isinstance(sighting.service_state, str)


# What is checked before anything is sent


def test_a_profile_can_look_without_a_flow() -> None:
    INVISION.check(Settings())
    INVISION.check(Settings(FLOW))


@pytest.mark.parametrize("flow", [".", ".."])
def test_a_flow_that_no_path_can_carry_is_refused(flow: str) -> None:
    with pytest.raises(SettingProblem) as caught:
        INVISION.check(Settings(flow))
    assert (caught.value.setting, caught.value.problem) == (
        "flow",
        f"{flow!r} cannot be the id of a flow",
    )


@pytest.mark.parametrize("flow", [None, ""])
def test_a_start_needs_a_flow(flow: str | None) -> None:
    with pytest.raises(SettingProblem) as caught:
        INVISION.check_start(Settings(flow), NOTHING, server_wait=False)
    assert (caught.value.setting, caught.value.problem) == ("flow", "is missing")
    assert caught.value.hint == "set it to the id of the Data Flow, or give --flow ID"


def test_a_start_without_parameters_has_no_warnings() -> None:
    assert INVISION.check_start(Settings(FLOW), NOTHING, server_wait=True) == ()


@pytest.mark.parametrize("parameters", [Parameters({"a": "1"}), Parameters({}, {})])
def test_parameters_are_refused_unless_the_profile_allows_them(parameters: Parameters) -> None:
    with pytest.raises(UsageError) as caught:
        INVISION.check_start(Settings(FLOW), parameters, server_wait=False)
    assert caught.value.message == (
        "InVision does not document that a start over HTTP reads parameters"
    )
    allowed = Settings(FLOW, {"experimental_parameters": True})
    (warning,) = INVISION.check_start(allowed, parameters, server_wait=False)
    assert "may be ignored" in warning


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({}, KeyPlace("x-api-key")),
        ({"key_in": "header"}, KeyPlace("x-api-key")),
        ({"key_in": "query"}, KeyPlace("api_key", in_query=True)),
    ],
)
def test_the_key_is_sent_where_the_profile_says(values: dict[str, object], place: KeyPlace) -> None:
    assert INVISION.key_place(Settings(FLOW, values)) == place


# Refusals


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Kind.ANSWERED),
        (301, Kind.WRONG),
        (303, Kind.BROKEN),
        (400, Kind.WRONG),
        (401, Kind.UNAUTHENTICATED),
        (403, Kind.FORBIDDEN),
        (404, Kind.NOT_FOUND),
        (408, Kind.BROKEN),
        (415, Kind.WRONG),
        (429, Kind.THROTTLED),
        (500, Kind.BROKEN),
        (503, Kind.BROKEN),
    ],
)
def test_a_status_alone_says_what_is_refused(status: int, kind: Kind) -> None:
    refusal = INVISION.refusal(answer(b"", status))
    assert (refusal.kind, refusal.message) == (kind, None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "x", "title": "Unsupported Media Type", "status": 415}, "Unsupported Media Type"),
        ({"title": "Wrong", "detail": "No such flow."}, "No such flow."),
        ({"Message": "An error has occurred."}, "An error has occurred."),
        ({"title": 5}, None),
        (b"<html>", None),
        (b"", None),
        ([], None),
    ],
)
def test_a_refusal_has_the_service_s_own_words(body: object, message: str | None) -> None:
    assert INVISION.refusal(answer(body, 400)).message == message


@bounded(100)
@given(
    st.integers(100, 599),
    st.binary()
    | json_objects("detail", "title", "message", "status").map(json.dumps).map(str.encode),
)
def test_any_answer_is_a_refusal_of_some_kind(status: int, body: bytes) -> None:
    refusal = INVISION.refusal(Response(status, body))
    assert refusal.kind in Kind
    assert refusal.message is None or isinstance(refusal.message, str)
