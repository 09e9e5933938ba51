import re

import pytest

from dfctl.sandbox.dataform_web import flow_of, new_run_id
from dfctl.sandbox.exchange import Request, masked_target
from dfctl.sandbox.keys import is_same, new_dataform_token, new_invision_key


def test_a_path_is_split_before_it_is_decoded() -> None:
    assert Request("GET", "/a/b%2Fc/d%20e?x=1", {}).segments == ["a", "b/c", "d e"]


def test_a_query_parameter_is_read_decoded() -> None:
    request = Request("GET", "/a?api_key=x%2By&await=true&empty=", {})
    assert request.query("api_key") == "x+y"
    assert request.query("await") == "true"
    assert request.query("empty") == ""
    assert request.query("other") is None


def test_a_media_type_has_no_parameters() -> None:
    request = Request("POST", "/", {"content-type": "Application/JSON; charset=utf-8"})
    assert request.media_type() == "application/json"
    assert Request("POST", "/", {}).media_type() == ""


@pytest.mark.parametrize("body", [b"", b"{", b"flow=ok", b"\xff\xff"])
def test_what_is_not_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"line 1|codec"):
        Request("POST", "/", {}, body).json()


def test_json_that_is_nested_too_deeply_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"nested|line 1"):
        Request("POST", "/", {}, b"[" * 200_000).json()


@pytest.mark.parametrize(
    ("target", "masked"),
    [
        ("/a/b", "/a/b"),
        ("/a?await=true", "/a?await=true"),
        ("/a?api_key=secret&await=true", "/a?api_key=***&await=true"),
        ("/a?await=true&API%5FKEY=secret", "/a?await=true&API%5FKEY=***"),
        ("/a?api_key=one&api_key=two?three", "/a?api_key=***&api_key=***"),
        ("/a\x1b[31m\xe6", "/a%1B%5B31m%C3%A6"),
    ],
)
def test_a_key_in_a_query_is_masked_and_nothing_invisible_is_left(target: str, masked: str) -> None:
    assert masked_target(target) == masked


def test_a_dataform_token_has_the_documented_shape_and_every_awkward_character() -> None:
    token = new_dataform_token()
    assert re.fullmatch(r"[0-9]+\|[A-Za-z0-9+/=]+\|[0-9]+", token)
    assert set("|+/=") <= set(token)
    assert token != new_dataform_token()


def test_keys_are_random_visible_ascii() -> None:
    assert new_invision_key() != new_invision_key()
    assert re.fullmatch(r"[!-~]{20,}", new_invision_key())


@pytest.mark.parametrize("given", [None, "", "KEY", "key ", "kéy"])
def test_only_the_very_same_key_is_right(given: str | None) -> None:
    assert is_same("key", "key")
    assert not is_same(given, "key")


def test_a_dataform_run_id_is_an_int64_that_no_float_can_hold() -> None:
    for _ in range(100):
        number = int(new_run_id())
        assert 2**53 < number < 2**63
        assert int(float(number)) != number


@pytest.mark.parametrize(
    ("content", "flow"),
    [
        ({}, "ok"),
        ({"scheduleName": "fail"}, "fail"),
        ({"scheduleName": "fail", "environmentName": "production"}, "fail"),
        ({"scheduleName": None, "runConfig": None}, "ok"),
        ({"runConfig": {"tags": ["slow", "ok"]}}, "slow"),
        ({"runConfig": {"tags": []}}, "ok"),
        ({"runConfig": {}}, "ok"),
        ({"scheduleName": "fail", "runConfig": {"tags": ["slow"]}}, "fail"),
        ({"projectId": "1"}, "ok"),
    ],
)
def test_a_start_s_body_names_its_flow(content: object, flow: str) -> None:
    assert flow_of(content) == flow


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "ok",
        {"schedule": "ok"},
        {"scheduleName": 1},
        {"environmentName": ["production"]},
        {"runConfig": []},
        {"runConfig": {"tag": "ok"}},
        {"runConfig": {"tags": "ok"}},
        {"runConfig": {"tags": [1]}},
    ],
)
def test_an_undocumented_body_is_a_value_error(content: object) -> None:
    with pytest.raises(ValueError, match=r"expected|unknown field"):
        flow_of(content)
