"""What went wrong on the way to a service, in words."""

import ssl

import httpx
import pytest

from dfctl.client.explaining import Way, explain

WAY = Way("service.example", 443, None, None)
NO_TLS = "what answers there does not speak TLS; is it an http:// address?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[SSL] record layer failure (_ssl.c:1006)", NO_TLS),
        ("[SSL] some new reason (_ssl.c:1)", "TLS failed: some new reason"),
        ("(336445449, 'no reason at all')", "(336445449, 'no reason at all')"),
    ],
)
def test_the_end_of_a_handshake_is_told_without_the_lines_of_python(text: str, words: str) -> None:
    error = httpx.ConnectError("it broke")
    error.__cause__ = ssl.SSLError(1, text)

    _, told, hint = explain(error, WAY, 30.0, str)

    assert (told, hint) == (f"cannot connect to service.example:443: {words}", None)
