import http.client

import pytest

from dfctl.sandbox.runs import StartRecord
from dfctl.sandbox.server import PROJECT
from tests.sandbox.caller import Caller, Clock

RUNNING, DONE = "RUNNING", "SUCCESSFUL"


@pytest.mark.parametrize(
    ("flow", "ages", "expected"),
    [
        ("ok", [0, 9.9, 10], [RUNNING, RUNNING, DONE]),
        ("fail", [0, 9.9, 10], [RUNNING, RUNNING, "FAILED"]),
        ("slow", [0, 199, 200], [RUNNING, RUNNING, DONE]),
        ("cancelled", [0, 9.9, 10], [RUNNING, RUNNING, "CANCELLED"]),
        ("timed-out", [0, 9.9, 10], [RUNNING, RUNNING, "TIMED_OUT"]),
        ("strange", [0, 4, 7, 10], [RUNNING, "SUSPENDED", RUNNING, DONE]),
    ],
)
def test_a_run_tells_its_story(
    caller: Caller, clock: Clock, flow: str, ages: list[float], expected: list[str]
) -> None:
    started = caller.start_web({"environmentName": "production", "scheduleName": flow})
    run, began = started.json["id"], clock.now
    assert started.status == 200
    assert started.json == {"id": run}
    link = f"https://app.dataform.co/#/{PROJECT}/run/{run}"
    for age, status in zip(ages, expected, strict=True):
        clock.now = began + age
        assert caller.look_web(run).json == {"id": run, "status": status, "runLogUrl": link}
    assert caller.sandbox.starts == [StartRecord("dataform-web", flow, run)]


def test_a_flaky_run_can_be_followed_past_its_faults(caller: Caller, clock: Clock) -> None:
    run = caller.start_web({"scheduleName": "flaky"}).json["id"]
    seen: list[object] = []
    for _ in range(7):
        try:
            seen.append(caller.look_web(run).status)
        except http.client.RemoteDisconnected:
            seen.append("dropped")
    assert seen == [200, 502, "dropped", 200, "dropped", 502, 200]
    clock.now += 10
    assert caller.look_web(run).json["status"] == DONE


def test_a_lost_start_begins_a_run_and_answers_nothing(caller: Caller, clock: Clock) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        caller.start_web({"scheduleName": "lost-start"})
    [record] = caller.sandbox.starts
    assert (record.service, record.flow) == ("dataform-web", "lost-start")
    clock.now += 10
    assert caller.look_web(record.run).json["status"] == DONE


def test_a_busy_flow_starts_at_the_third_request(caller: Caller) -> None:
    answers = [caller.start_web({"scheduleName": "busy"}) for _ in range(3)]
    assert [answer.status for answer in answers] == [429, 429, 200]
    assert [answer.headers.get("retry-after") for answer in answers] == ["3", "3", None]
    assert answers[0].json["code"] == 8
    assert [record.flow for record in caller.sandbox.starts] == ["busy"]


def test_a_login_page_answers_for_its_flow(caller: Caller) -> None:
    answer = caller.start_web({"scheduleName": "html"})
    assert (answer.status, answer.json) == (200, None)
    assert answer.headers["content-type"].startswith("text/html")
    assert caller.sandbox.starts == []


@pytest.mark.parametrize("flow", ["pending", "no-such-flow", "OK"])
def test_a_flow_without_a_story_is_not_found(caller: Caller, flow: str) -> None:
    answer = caller.start_web({"scheduleName": flow})
    assert answer.status == 404
    assert answer.json == {
        "error": "schedule not found",
        "code": 5,
        "message": "schedule not found",
        "details": [],
    }


def test_an_empty_start_runs_everything_and_a_tag_picks_a_flow(caller: Caller) -> None:
    caller.start_web({})
    caller.start_web({"runConfig": {"tags": ["fail"]}})
    assert [record.flow for record in caller.sandbox.starts] == ["ok", "fail"]


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", "bare", "quoted", "shouted"])
def test_a_token_that_is_not_the_same_byte_for_byte_is_refused(caller: Caller, given: str) -> None:
    token = caller.sandbox.dataform_token
    sent = {
        "bare": token,
        "quoted": f"Bearer {token.replace('+', '%2B').replace('|', '%7C')}",
        "shouted": f"Bearer {token.swapcase()}",
    }.get(given, given)
    answer = caller.send("POST", caller.web_path(), {"Authorization": sent}, b"{}")
    assert answer.status == 401
    assert answer.json == {
        "error": "invalid token",
        "code": 16,
        "message": "invalid token",
        "details": [],
    }
    assert caller.sandbox.starts == []


def test_there_is_one_project_and_no_run_but_those_started(caller: Caller) -> None:
    token = {"Authorization": f"Bearer {caller.sandbox.dataform_token}"}
    assert len(caller.sandbox.project) == 16
    other = caller.send("POST", "/v1/project/1234567890123456/run", token, b"{}")
    assert (other.status, other.json["code"]) == (404, 5)
    unknown = caller.look_web("5678")
    assert (unknown.status, unknown.json["error"]) == (404, "run not found")
    plural = caller.send("POST", caller.web_path() + "s", token, b"{}")
    assert (plural.status, plural.json["code"]) == (404, 5)


@pytest.mark.parametrize("content", [[], {"schedule": "ok"}, {"runConfig": {"tags": "ok"}}])
def test_an_undocumented_body_is_refused(caller: Caller, content: object) -> None:
    answer = caller.start_web(content)
    assert (answer.status, answer.json["code"]) == (400, 3)
    assert caller.sandbox.starts == []


def test_another_method_is_refused(caller: Caller) -> None:
    token = {"Authorization": f"Bearer {caller.sandbox.dataform_token}"}
    answer = caller.send("GET", caller.web_path(), token)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    answer = caller.send("POST", f"{caller.web_path()}/1", token, b"{}")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
