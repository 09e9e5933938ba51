"""A request as a curl command: nothing of it is read by the shell, and the key is a mask."""

import shlex

from hypothesis import given
from hypothesis import strategies as st

from dfctl.core.exchange import Effect, KeyPlace, Request
from dfctl.output.curl import curl_of
from tests.core.properties import bounded, plain_text

HEADER = KeyPlace("x-api-key")
BEARER = KeyPlace("Authorization", prefix="Bearer ")
QUERY = KeyPlace("api_key", in_query=True)
START = Request(
    "POST",
    "/dataflows/a%20b/start",
    Effect.START,
    query=(("await", "true"),),
    headers=(("Content-Type", "application/json"),),
    body=b"{}",
)


def test_a_start_is_a_command_to_be_pasted() -> None:
    assert curl_of("https://h.example/invision", START, HEADER) == (
        "curl --request POST 'https://h.example/invision/dataflows/a%20b/start?await=true' "
        "--header 'Content-Type: application/json' --header 'x-api-key: ***' --data '{}'"
    )


def test_the_mask_stands_where_the_key_does() -> None:
    request = Request("GET", "/x", Effect.READ)
    assert curl_of("https://h", request, BEARER) == (
        "curl --request GET https://h/x --header 'Authorization: Bearer ***'"
    )
    assert curl_of("https://h", request, QUERY) == "curl --request GET 'https://h/x?api_key=***'"


@bounded(100)
@given(plain_text, st.dictionaries(plain_text, plain_text, max_size=3))
def test_a_shell_reads_back_each_word(body: str, query: dict[str, str]) -> None:
    request = Request("POST", "/x", Effect.START, query=tuple(query.items()), body=body.encode())
    words = shlex.split(curl_of("https://h", request, HEADER))
    assert words[:3] == ["curl", "--request", "POST"]
    assert words[3].startswith("https://h/x")
    assert words[-1] == body
