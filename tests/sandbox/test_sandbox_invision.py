import http.client
import uuid

import pytest

from dfctl.sandbox.runs import StartRecord
from dfctl.sandbox.server import Sandbox
from tests.sandbox.caller import JSON, Caller, Clock, Heard

START = "/invision/api/pub/v1/dataflows/ok/start"
UNTOLD = ["cancelled", "timed-out", "no-such-flow"]


def states(caller: Caller, clock: Clock, flow: str, run: str, ages: list[float]) -> list[str]:
    """The states that are seen at some seconds after now."""
    began, seen = clock.now, []
    for age in ages:
        clock.now = began + age
        seen.append(caller.look_invision(flow, run).json["status"])
    return seen


@pytest.mark.parametrize(
    ("flow", "ages", "expected"),
    [
        ("ok", [0, 1.9, 2, 9.9, 10], ["Pending", "Pending", "Running", "Running", "Succeeded"]),
        ("fail", [0, 2, 10], ["Pending", "Running", "Failed"]),
        ("slow", [0, 40, 199, 200], ["Pending", "Running", "Running", "Succeeded"]),
        ("pending", [0, 179, 180, 200], ["Pending", "Pending", "Running", "Succeeded"]),
        ("strange", [0, 2, 4, 7, 10], ["Pending", "Running", "Suspended", "Running", "Succeeded"]),
    ],
)
def test_a_run_tells_its_story(
    caller: Caller, clock: Clock, flow: str, ages: list[float], expected: list[str]
) -> None:
    started = caller.start_invision(flow)
    run = started.json["runId"]
    assert started.status == 200
    assert started.json == {"runId": str(uuid.UUID(run)), "status": "Pending"}
    assert states(caller, clock, flow, run, ages) == expected
    assert caller.sandbox.starts == [StartRecord("invision", flow, run)]


def test_a_flaky_run_can_be_followed_past_its_faults(caller: Caller, clock: Clock) -> None:
    run = caller.start_invision("flaky").json["runId"]
    seen: list[object] = []
    for _ in range(8):
        try:
            seen.append(caller.look_invision("flaky", run).status)
        except http.client.RemoteDisconnected:
            seen.append("dropped")
    assert seen == [200, 502, "dropped", 200, "dropped", 502, 200, 200]
    clock.now += 10
    assert caller.look_invision("flaky", run).json["status"] == "Succeeded"


def test_a_lost_start_begins_a_run_and_answers_nothing(caller: Caller, clock: Clock) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        caller.start_invision("lost-start")
    [record] = caller.sandbox.starts
    assert (record.service, record.flow) == ("invision", "lost-start")
    clock.now += 10
    assert caller.look_invision("lost-start", record.run).json["status"] == "Succeeded"


def test_a_busy_flow_starts_at_the_third_request(caller: Caller) -> None:
    refused = [caller.start_invision("busy") for _ in range(2)]
    assert [(answer.status, answer.headers["retry-after"]) for answer in refused] == [
        (429, "3")
    ] * 2
    assert caller.sandbox.starts == []
    assert caller.start_invision("busy").status == 200
    assert [record.flow for record in caller.sandbox.starts] == ["busy"]


def test_a_login_page_answers_for_its_flow_and_runs(caller: Caller) -> None:
    for answer in (caller.start_invision("html"), caller.look_invision("html", "any")):
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert b"<html>" in answer.body
    assert caller.sandbox.starts == []


@pytest.mark.parametrize("flow", UNTOLD)
def test_a_flow_without_a_story_is_not_found(caller: Caller, flow: str) -> None:
    assert_problem(caller.start_invision(flow), 404)
    assert_problem(caller.look_invision(flow, "any"), 404)


def test_an_awaited_start_is_held_until_the_run_ends(caller: Caller, clock: Clock) -> None:
    began = clock.now
    answer = caller.start_invision("fail", "?await=true")
    assert answer.json["status"] == "Failed"
    assert clock.now == began + 10
    assert caller.look_invision("fail", answer.json["runId"]).json == answer.json


def test_another_word_than_true_does_not_await(caller: Caller, clock: Clock) -> None:
    began = clock.now
    assert caller.start_invision("ok", "?await=false").json["status"] == "Pending"
    assert clock.now == began


def test_flows_and_paths_are_compared_without_case(caller: Caller) -> None:
    key = {"x-api-key": caller.sandbox.invision_key}
    path = "/InVision/api/pub/v1/dataflows/OK/start"
    run = caller.send("POST", path, JSON | key, b"{}").json["runId"]
    assert caller.look_invision("Ok", run.upper()).json["runId"] == run
    assert [record.flow for record in caller.sandbox.starts] == ["ok"]


def test_a_run_is_found_under_its_own_flow_only(caller: Caller) -> None:
    run = caller.start_invision("ok").json["runId"]
    assert_problem(caller.look_invision("fail", run), 404)
    assert_problem(caller.look_invision("ok", str(uuid.UUID(int=0))), 404)


def test_the_key_may_come_in_the_query(caller: Caller) -> None:
    path = f"{START}?api_key={caller.sandbox.invision_key}"
    assert caller.send("POST", path, JSON, b"{}").status == 200


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "wrong"}, {"x-api-key": "k\xe9y"}])
def test_a_wrong_or_missing_key_is_refused(caller: Caller, headers: dict[str, str]) -> None:
    assert_problem(caller.send("POST", START, JSON | headers, b"{}"), 401)
    assert_problem(caller.send("POST", f"{START}?api_key=wrong", JSON, b"{}"), 401)
    assert caller.sandbox.starts == []


@pytest.mark.parametrize("kind", [{}, {"Content-Type": "application/x-www-form-urlencoded"}])
def test_a_start_without_a_json_content_type_is_refused(
    caller: Caller, kind: dict[str, str]
) -> None:
    key = {"x-api-key": caller.sandbox.invision_key}
    answer = caller.send("POST", START, key | kind)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status == 415
    assert answer.json == {
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.13",
        "title": "Unsupported Media Type",
        "status": 415,
    }
    assert caller.sandbox.starts == []


@pytest.mark.parametrize(
    ("body", "status"), [(b"{}", 200), (b'{"dataContext": ""}', 200), (b"", 200), (b"{", 400)]
)
def test_a_body_must_be_json_if_there_is_one(caller: Caller, body: bytes, status: int) -> None:
    assert caller.start_invision("ok", body=body).status == status


def test_another_method_is_refused_with_the_right_one(caller: Caller) -> None:
    key = {"x-api-key": caller.sandbox.invision_key}
    answer = caller.send("GET", START, key)
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "POST"
    answer = caller.send("DELETE", START.replace("start", "runs/1/status"), key)
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET"


def test_another_path_is_not_found(caller: Caller, sandbox: Sandbox) -> None:
    key = {"x-api-key": sandbox.invision_key}
    assert_problem(caller.send("GET", "/invision/api/v1/monitoring", key), 404)
    assert caller.send("GET", "/api/pub/v1/dataflows/ok/start", key).status == 404


def assert_problem(answer: Heard, status: int) -> None:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
