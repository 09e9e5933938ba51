"""Answers of a service are read without trust."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.exchange import (
    Effect,
    KeyPlace,
    Members,
    Request,
    Response,
    Unreadable,
    url_of,
)
from dfctl.core.secret import Secret
from dfctl.core.text import clean
from tests.core.properties import bounded, json_objects, plain_text


def members(body: object) -> Members:
    """Return the members of a body: bytes as they are, anything else as JSON."""
    return Response(200, body if isinstance(body, bytes) else json.dumps(body).encode()).members()


def problem_of(body: bytes, content_type: str = "") -> str:
    """Return what is said of a body that cannot be read."""
    with pytest.raises(Unreadable) as caught:
        Response(200, body, content_type).members()
    return str(caught.value)


def test_names_are_read_without_regard_to_case() -> None:
    read = members({"RUNID": "one", "status": "Pending"})
    assert (read.text("runId"), read.text("STATUS")) == ("one", "Pending")


@pytest.mark.parametrize(
    "body", [b'{"runId": "one", "RUNID": "two"}', b'{"runId": "one", "runId": "two"}']
)
def test_a_name_with_two_values_has_none(body: bytes) -> None:
    assert members(body).text("runId") is None


def test_a_name_that_says_the_same_twice_has_its_value() -> None:
    assert members(b'{"runId": "one", "RUNID": "one"}').text("runId") == "one"


@pytest.mark.parametrize("value", [None, True, 1, 1.5, [], ["x"], {}, {"a": 1}, "", " \n"])
def test_what_is_no_text_is_no_text(value: object) -> None:
    assert members({"name": value}).text("name") is None


@pytest.mark.parametrize("value", [None, True, False, 1.0, 1e300, "1", [1], {}])
def test_what_is_no_whole_number_is_none(value: object) -> None:
    assert members({"name": value}).number("name") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ad73a1ad-60eb", "ad73a1ad-60eb"),
        (5678, "5678"),
        (0, "0"),
        (2**53 + 1, "9007199254740993"),
        (2**64 - 1, "18446744073709551615"),
        ("9007199254740993", "9007199254740993"),
        ("...", "..."),
        ("a/b ?#%2E", "a/b ?#%2E"),
        ("løp", "løp"),
        ("x" * 512, "x" * 512),
    ],
)
def test_an_id_is_text_or_a_whole_number_of_any_size(value: object, text: str) -> None:
    assert members({"id": value}).identifier("id") == text


@pytest.mark.parametrize("value", [None, True, 1.5, "", " ", [], {}])
def test_an_answer_without_an_id_is_unreadable(value: object) -> None:
    for body in ({}, {"id": value}):
        with pytest.raises(Unreadable, match="an object without id"):
            members(body).identifier("id")


@pytest.mark.parametrize(
    "value", [".", "..", "x" * 513, "x" * 1_000_000, "\ud800", "a\udfff", 10**600]
)
def test_an_id_that_no_path_can_carry_is_unreadable(value: object) -> None:
    with pytest.raises(Unreadable, match="an object whose id cannot be used"):
        members({"id": value}).identifier("id")


@pytest.mark.parametrize(
    "repeated", ["canary-key", "x canary-key y", "CANARY-KEY", "Y2FuYXJ5LWtleQ=="]
)
def test_an_id_that_repeats_the_key_is_unreadable(repeated: str) -> None:
    read = Members({"id": repeated}, Secret("canary-key").hide)
    with pytest.raises(Unreadable, match="an object whose id cannot be used"):
        read.identifier("id")


@pytest.mark.parametrize("identifier", ["test", "latest-run", "7465737", "test-run-3", 471112])
def test_an_id_in_which_a_short_key_stands_by_chance_is_read_as_it_is(identifier: object) -> None:
    for key in ("test", "4711"):
        assert Members({"id": identifier}, Secret(key).hide).identifier("id") == str(identifier)


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (b"", "", "an empty answer"),
        (b" \r\n", "application/json", "an empty answer"),
        (b"<!DOCTYPE html>", "", "a web page instead of JSON"),
        (b"Sign in", "text/html; charset=utf-8", "a web page instead of JSON"),
        (b"ok", "text/plain", "text that is not JSON"),
        (b"{runId : 'x'}", "application/json", "text that is not JSON"),
        (b'{"id": NaN}', "", "text that is not JSON"),
        (b'{"id": -Infinity}', "", "text that is not JSON"),
        (b'{"id": "x"} {}', "", "text that is not JSON"),
        (b'{"id": "\xff"}', "", "text that is not JSON"),
        (b'{"id": ' + b"9" * 5000 + b"}", "", "text that is not JSON"),
        (b"[" * 200_000, "", "text that is not JSON"),
        (b'{"a":' * 200_000, "", "text that is not JSON"),
        (b"[]", "", "JSON that is not an object"),
        (b"null", "", "JSON that is not an object"),
        (b'"text"', "", "JSON that is not an object"),
        (b"5", "", "JSON that is not an object"),
    ],
)
def test_a_body_that_is_no_object_is_said_to_be_what_it_is(
    body: bytes, content_type: str, problem: str
) -> None:
    assert problem_of(body, content_type) == problem


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (b"<html><head><title>Sign in</title></head>", "Sign in"),
        (b"<TITLE lang='no'>\n  L\xc3\xb8p &amp;\r\n sov </TITLE >", "L\u00f8p & sov"),
        (b"<title>a key: &#83;ecret42</title>", "a key: ***"),
        (b"<title>" + b"x" * 200 + b"</title>", "x" * 97 + "..."),
        (b"<title>\xff\x1b[31m&#x202e;</title>", "\ufffd\ufffd[31m\ufffd"),
        (b"<html>" + b" " * 20_000 + b"<title>far away</title>", None),
        (b"<title></title>", None),
        (b"<title>no end", None),
        (b"<html>", None),
        (b'{"a": "<title>of JSON</title>"}', None),
    ],
)
def test_a_page_is_told_by_its_title_which_is_safe_to_show(page: bytes, title: str | None) -> None:
    hide = Secret("Secret42").hide
    assert Response(200, page, hide=hide).title == title


@given(st.binary(max_size=300))
def test_a_title_of_any_bytes_is_short_and_harmless(words: bytes) -> None:
    title = Response(200, b"<title>" + words + b"</title>").title
    assert title is None or (0 < len(title) <= 100 and title == clean(title))


def test_a_page_with_a_title_is_said_to_be_that_page() -> None:
    assert problem_of(b"<title>Sign in</title>") == "a web page (Sign in) instead of JSON"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_body_in_another_unicode_form_is_read(encoding: str) -> None:
    assert members('{"id": "løp"}'.encode(encoding)).identifier("id") == "løp"


@bounded(150)
@given(
    st.binary()
    | plain_text.map(str.encode)
    | json_objects("id").map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda value, cut: json.dumps(value).encode()[:cut], json_objects("id"), st.integers(0, 40)
    )
)
def test_any_bytes_are_members_or_unreadable(body: bytes) -> None:
    try:
        read = Response(200, body).members()
    except Unreadable:
        return
    try:
        text = read.identifier("id")
    except Unreadable:
        return
    assert text not in {"", ".", ".."}
    assert text.encode()


@pytest.mark.parametrize(
    ("body", "is_about"),
    [
        ({"runId": "One", "status": "x"}, True),
        ({"RUNID": "oNE"}, True),
        ({"status": None}, True),
        ({"runId": "two", "status": "x"}, False),
        ({"runId": None, "status": "x"}, False),
        ({"runId": "", "status": "x"}, False),
        ({}, False),
        ({"error": "x"}, False),
    ],
)
def test_an_answer_is_about_the_run_that_was_asked_for(body: object, is_about: bool) -> None:
    read = members(body)
    if is_about:
        read.must_be_about("runId", "one", beside="status")
    else:
        with pytest.raises(Unreadable, match=r"an object (about another run|without runId)"):
            read.must_be_about("runId", "one", beside="status")


def test_the_body_of_an_answer_is_not_in_its_repr() -> None:
    assert "secret" not in repr(Response(200, b"secret"))


REQUEST = Request("GET", "/a%2Fb", Effect.READ, query=(("await", "true"), ("q", "a&b=c d/+")))


def test_an_address_carries_the_key_only_where_its_place_is_the_query() -> None:
    header = url_of("https://h.example/invision", REQUEST, KeyPlace("x-api-key"), "k|y")
    query = url_of("https://h.example", REQUEST, KeyPlace("api_key", in_query=True), "k|y&?#+/")
    assert header == "https://h.example/invision/a%2Fb?await=true&q=a%26b%3Dc%20d%2F%2B"
    assert query == (
        "https://h.example/a%2Fb?await=true&q=a%26b%3Dc%20d%2F%2B&api_key=k%7Cy%26%3F%23%2B%2F"
    )


def test_a_request_without_a_query_has_no_question_mark() -> None:
    request = Request("GET", "/x", Effect.READ)
    assert url_of("http://h", request, KeyPlace("x-api-key"), "k") == "http://h/x"
